"""Conditions and orders that go along navigation properties, and that ask what something is."""

from __future__ import annotations

import pytest

from tests.conftest import assert_error
from tests.graph.whole.conftest import listed, seed

EVENTUAL = {"ConsistencyLevel": "eventual"}
WINDOWS = "microsoft.graph.windows10GeneralConfiguration"
IOS = "microsoft.graph.iosGeneralDeviceConfiguration"
ALL = "microsoft.graph.allDevicesAssignmentTarget"
ITEM = "microsoft.graph.itemAttachment"
FILE = "microsoft.graph.fileAttachment"
MEMBER = "microsoft.graph.aadUserConversationMember"
CONFIGURATIONS = "deviceManagement/deviceConfigurations"


@pytest.fixture
def devices(client):
    """A configuration of Windows that is assigned to all, and one of iOS that is not."""
    windows = {"@odata.type": f"#{WINDOWS}", "id": "w", "displayName": "A"}
    ios = {"@odata.type": f"#{IOS}", "id": "i", "displayName": "A"}
    assigned = [{"id": "a1", "target": {"@odata.type": f"#{ALL}"}}]
    seed(
        client,
        {CONFIGURATIONS: [windows, ios], f"{CONFIGURATIONS}/w/assignments": assigned},
    )
    return client


@pytest.fixture
def mail(client):
    """Three messages: one with a file and an item, one with a file, one with nothing."""
    file = {"@odata.type": "#microsoft.graph.fileAttachment", "contentBytes": "YQ=="}
    item = {
        "@odata.type": "#microsoft.graph.itemAttachment",
        "item": {"@odata.type": "#microsoft.graph.message", "subject": "inner"},
    }
    messages = "users/u1/messages"
    seed(
        client,
        {
            messages: [{"id": f"m{n}", "subject": f"S{n}"} for n in range(3)],
            f"{messages}/m0/attachments": [{**file, "name": "a"}, {**item, "name": "b"}],
            f"{messages}/m1/attachments": [{**file, "name": "c"}],
        },
    )
    return client


def _ids(client, path, option, text, **more):
    found = client.get(f"/v1.0/{path}", query_string={option: text, **more})
    assert found.status_code == 200, found.text
    return [each["id"] for each in found.json["value"]]


@pytest.mark.parametrize(
    ("condition", "wanted"),
    [
        (f"isof('{WINDOWS}')", ["w"]),
        (f"isof({WINDOWS})", ["w"]),
        (f"not isof('{WINDOWS}')", ["i"]),
        ("isof('microsoft.graph.deviceConfiguration')", ["w", "i"]),
        ("isof('microsoft.graph.iosUpdateConfiguration')", []),
        ("isof('microsoft.graph.user')", []),
        (f"{WINDOWS}/displayName eq 'A'", ["w"]),
        (f"{WINDOWS}/displayName eq null", ["i"]),
        (f"{WINDOWS}/passwordMinimumLength eq null and displayName eq 'A'", ["w", "i"]),
        (f"assignments/any(a:isof(a/target,'{ALL}'))", ["w"]),
        ("assignments/any(a:isof(a/target,'microsoft.graph.groupAssignmentTarget'))", []),
        ("assignments/any(a:isof(a,'microsoft.graph.deviceConfigurationAssignment'))", ["w"]),
        (f"{WINDOWS}/assignments/any()", ["w"]),
        (f"{IOS}/assignments/any()", []),
    ],
)
def test_types_are_those_of_what_is_stored(devices, condition, wanted):
    assert _ids(devices, CONFIGURATIONS, "$filter", condition) == wanted


def test_a_condition_is_about_members_of_a_chat(client):
    member = {"@odata.type": f"#{MEMBER}", "id": "m1", "userId": "u", "displayName": "A"}
    seed(client, {"chats/c1/members": [member], "chats": [{"id": "c2"}]})

    for condition in (
        f"members/any(m:isof(m,'{MEMBER}'))",
        f"members/any(m:m/{MEMBER}/userId eq 'u')",
        "members/any(m:m/displayName eq 'A')",
        "members/$count eq 1",
        "members/$count($filter=displayName eq 'A') gt 0",
        "Members/Any(M:M/displayName eq 'A')",
    ):
        assert _ids(client, "chats", "$filter", condition) == ["c1"], condition


@pytest.mark.parametrize(
    ("condition", "wanted"),
    [
        ("attachments/any(a:a/name eq 'a')", ["m0"]),
        ("attachments/any()", ["m0", "m1"]),
        ("not attachments/any()", ["m2"]),
        ("attachments/all(a:a/name eq 'c')", ["m1", "m2"]),
        ("attachments/$count eq 0", ["m2"]),
        ("attachments/$count gt 1 or subject eq 'S2'", ["m0", "m2"]),
        ("attachments/any(a:isof(a,'microsoft.graph.itemAttachment'))", ["m0"]),
        (f"attachments/{FILE}/any()", ["m0", "m1"]),
        (f"attachments/{ITEM}/any()", ["m0"]),
        (f"not attachments/{ITEM}/any()", ["m1", "m2"]),
        (f"attachments/{FILE}/any(a:a/contentId eq null)", ["m0", "m1"]),
        (f"attachments/{FILE}/any(a:a/name eq 'b')", []),
        (f"attachments/{ITEM}/any(a:a/item/microsoft.graph.message/subject eq 'inner')", ["m0"]),
        (f"attachments/{FILE}/all(a:a/name eq 'a')", ["m0", "m2"]),
        (f"attachments/{FILE}/$count eq 1", ["m0", "m1"]),
        (f"attachments/{ITEM}/$count eq 0", ["m1", "m2"]),
        (f"attachments/{FILE}/$count($filter=contains(name,'a')) eq 1", ["m0"]),
        ("attachments/microsoft.graph.attachment/$count eq 2", ["m0"]),
        (
            f"attachments/any(a:a/{ITEM}/item/microsoft.graph.message/subject eq 'inner')",
            ["m0"],
        ),
        ("attachments/any(a:a/microsoft.graph.itemAttachment/name eq 'c')", []),
        ("attachments/any(a:a/microsoft.graph.fileAttachment/name eq 'c')", ["m1"]),
    ],
)
def test_a_condition_goes_along_to_what_things_have(mail, condition, wanted):
    path = "users/u1/messages"
    assert sorted(_ids(mail, path, "$filter", condition)) == wanted
    assert sorted(_ids(mail, path, "$filter", "@c", **{"@c": condition})) == wanted
    count = mail.get(f"/v1.0/{path}/$count", query_string={"$filter": condition})
    assert int(count.text) == len(wanted)


@pytest.mark.parametrize("end", ["any()", "all(a:a/name eq 'b')", "$count eq 1"])
def test_items_are_cast_to_what_they_can_be(mail, end):
    path = f"/v1.0/users/u1/messages?$filter=attachments/microsoft.graph.user/{end}"
    assert_error(mail.get(path), 400, "BadRequest", "not assignable")
    path = path.replace("graph.user", "graph.nothing")
    assert_error(mail.get(path), 400, "BadRequest", "'microsoft.graph.nothing' is not defined")


def test_a_condition_goes_along_several_times(mail):
    seed(mail, {"users/u1/mailFolders/inbox/messages": [{"subject": "other"}]})

    names = listed(
        mail,
        "users/u1/mailFolders?$select=displayName"
        "&$filter=messages/any(m:m/attachments/any(a:a/name eq 'c') and m/subject eq 'S1')",
    )

    assert len(names) == 1
    assert names[0]["displayName"] != "Inbox"


@pytest.mark.parametrize(
    ("condition", "kind"),
    [
        ("attachments eq null", "Equal"),
        ("null ne attachments", "NotEqual"),
        ("attachments gt 1", "GreaterThan"),
        ("attachments has 'a'", "Has"),
    ],
)
def test_many_things_are_no_operand(mail, condition, kind):
    refused = mail.get(f"/v1.0/users/u1/messages?$filter={condition}")
    said = f"The operand for a binary operator '{kind}' is not a single value."
    assert_error(refused, 400, "BadRequest", said)


def test_an_order_goes_along_to_single_things_and_counts(client):
    plans = [{"id": f"p{n}", "title": f"P{n}", "container": {"url": "x"}} for n in range(3)]
    details = {f"planner/plans/p{n}/details": {"id": f"p{n}"} for n in range(3)}
    tasks = [{"id": f"t{n}", "planId": "p1"} for n in range(2)] + [{"id": "t9", "planId": "p2"}]
    seed(client, {"planner/plans": plans, **details, "planner/tasks": tasks})

    assert _ids(client, "planner/plans", "$orderby", "details/id desc") == ["p2", "p1", "p0"]
    assert _ids(client, "planner/plans", "$orderby", "tasks/$count desc") == ["p1", "p2", "p0"]
    url = "planner/plans?$orderby=tasks/$count desc&$top=2"
    first = client.get(f"/v1.0/{url}").json
    second = client.get(first["@odata.nextLink"]).json
    assert [each["id"] for each in (*first["value"], *second["value"])] == ["p1", "p2", "p0"]


def test_what_is_asked_about_is_not_shown(mail):
    (found,) = listed(mail, "users/u1/messages?$filter=attachments/any(a:a/name eq 'a')")
    assert "attachments" not in found

    both = listed(mail, "users/u1/messages?$filter=attachments/any()&$select=subject,attachments")
    assert both
    assert all("attachments" not in each and "subject" in each for each in both)


def test_text_that_looks_like_a_way_is_text(mail):
    assert _ids(mail, "users/u1/messages", "$filter", "subject eq 'attachments/any()'") == []


@pytest.mark.parametrize(
    ("path", "condition"),
    [
        ("groups", "members/any(m:isof(m,'microsoft.graph.group'))"),
        ("groups/g1/members", "isof('microsoft.graph.group')"),
        ("users", "manager/id eq 'u1'"),
        ("users", "memberOf/any(m:m/displayName eq 'x')"),
    ],
)
def test_the_directory_refuses_what_its_matrix_does_not_have(client, path, condition):
    seed(client, {"groups": [{"id": "g1"}]})
    query = {"$filter": condition, "$count": "true"}

    response = client.get(f"/v1.0/{path}", query_string=query, headers=EVENTUAL)

    assert_error(response, 400, "Request_UnsupportedQuery")


def test_the_directory_counts_links(client):
    seed(client, {"groups": [{"id": "g1"}, {"id": "g2"}], "groups/g1/owners": [{"id": "u1"}]})
    query = {"$filter": "owners/$count eq 0", "$count": "true"}

    found = client.get("/v1.0/groups", query_string=query, headers=EVENTUAL).json

    assert [each["id"] for each in found["value"]] == ["g2"]
    assert found["@odata.count"] == 1


def test_changes_are_told_by_types_and_not_by_ways(client):
    lists = "users/u1/todo/lists"
    seed(client, {lists: [{"id": "l1", "displayName": "A"}]})
    task = {"id": "t1", "title": "T"}
    seed(client, {f"{lists}/l1/tasks": [task]})

    refused = client.get(f"/v1.0/{lists}/l1/tasks/delta?$filter=checklistItems/any()")
    assert_error(refused, 400, "BadRequest", "not by what they lead to")
    told = client.get(f"/v1.0/{lists}/l1/tasks/delta?$filter=isof('microsoft.graph.todoTask')")
    assert [each["id"] for each in told.json["value"]] == ["t1"]


def test_a_batch_asks_so_too(mail):
    url = "/users/u1/messages?$filter=attachments/any(a:a/name eq 'c')&$select=id"
    body = {"requests": [{"id": "1", "method": "GET", "url": url}]}

    (found,) = mail.post("/v1.0/$batch", json=body).json["responses"]

    assert [each["id"] for each in found["body"]["value"]] == ["m1"]
