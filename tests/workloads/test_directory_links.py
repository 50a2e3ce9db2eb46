"""Who may be a member or an owner of a group."""

from __future__ import annotations

from itertools import pairwise

import pytest

from tests.conftest import assert_error
from tests.graph.whole.conftest import listed, make, seed, user
from tests.workloads.test_directory_values import IDS, group, member_ids, refusal, unified, urls

USER = "4e7a3f0a-0000-4000-8000-000000000001"
OTHER = "4e7a3f0a-0000-4000-8000-000000000002"
DEVICE = "4e7a3f0a-0000-4000-8000-000000000003"
APP = "4e7a3f0a-0000-4000-8000-000000000004"
CONTACT = "4e7a3f0a-0000-4000-8000-000000000005"
GROUP = "02bd9fd6-8f93-4758-87c3-1fb73740a315"
NESTING = "A group of this type cannot be added as a member."
DYNAMIC = {
    "groupTypes": ["DynamicMembership"],
    "membershipRule": 'user.city -eq "x"',
    "membershipRuleProcessingState": "On",
}


@pytest.fixture
def things(client):
    seed(
        client,
        {
            "users": [{"id": USER}, {"id": OTHER}],
            "devices": [{"id": DEVICE}],
            "servicePrincipals": [{"id": APP}],
            "contacts": [{"id": CONTACT}],
        },
    )
    return client


def add(client, id_, other, links="members"):
    (url,) = urls(other)
    return client.post(f"/v1.0/groups/{id_}/{links}/$ref", json={"@odata.id": url})


def test_whoever_is_a_member_already_is_not_added_again(things):
    id_ = make(things, "groups", group())["id"]
    assert add(things, id_, USER).status_code == 204
    assert refusal(add(things, id_, USER)) == (
        "One or more added object references already exist for the following modified "
        "properties: 'members'."
    )


@pytest.mark.parametrize("member", [USER, DEVICE, APP, CONTACT])
def test_a_security_group_has_members_of_many_kinds(things, member):
    id_ = make(things, "groups", group())["id"]
    assert add(things, id_, member).status_code == 204
    assert member_ids(things, id_) == [member]


@pytest.mark.parametrize(
    ("member", "kind"),
    [(DEVICE, "device"), (APP, "servicePrincipal"), (CONTACT, "orgContact")],
)
def test_a_microsoft_365_group_has_users(things, member, kind):
    id_ = make(things, "groups", unified())["id"]
    assert add(things, id_, USER).status_code == 204
    message = f"'{kind}' cannot be a member of a Microsoft 365 group."
    assert refusal(add(things, id_, member)) == message
    body = unified(mailNickname="b", **{"members@odata.bind": urls(member)})
    assert refusal(things.post("/v1.0/groups", json=body)) == message


def test_groups_are_nested_as_their_kinds_allow(things):
    secure, inner = (make(things, "groups", group())["id"] for _ in range(2))
    mail, other = (make(things, "groups", unified(mailNickname=n))["id"] for n in "ab")

    assert add(things, secure, inner).status_code == 204
    for outer, member in ((secure, mail), (mail, secure), (mail, other), (secure, secure)):
        assert refusal(add(things, outer, member)) == NESTING
    assert member_ids(things, secure) == [inner]
    assert member_ids(things, mail) == []


@pytest.mark.parametrize("owner", [DEVICE, CONTACT])
def test_only_users_and_service_principals_own_groups(things, owner):
    id_, other = (make(things, "groups", group())["id"] for _ in range(2))
    for good in (USER, APP):
        assert add(things, id_, good, "owners").status_code == 204
    for bad in (owner, other):
        assert "cannot be an owner" in refusal(add(things, id_, bad, "owners"))
    assert member_ids(things, id_, "owners") == [USER, APP]


def test_the_last_owner_stays(things):
    id_ = make(things, "groups", group(**{"owners@odata.bind": urls(USER, OTHER)}))["id"]

    def remove(owner):
        return things.delete(f"/v1.0/groups/{id_}/owners/{owner}/$ref")

    assert remove(APP).status_code == 404
    assert remove(USER).status_code == 204
    assert refusal(remove(OTHER)) == (
        "The group must have at least one owner, hence this owner cannot be removed."
    )
    assert member_ids(things, id_, "owners") == [OTHER]


def test_members_of_a_dynamic_group_are_nobodys_to_write(things):
    assert things.patch(f"/v1.0/users/{USER}", json={"city": "x"}).status_code == 204
    id_ = make(things, "groups", group(**DYNAMIC))["id"]

    body = {"members@odata.bind": urls(OTHER)}
    for refused in (
        add(things, id_, OTHER),
        things.delete(f"/v1.0/groups/{id_}/members/{USER}/$ref"),
        things.patch(f"/v1.0/groups/{id_}", json=body),
        things.post("/v1.0/groups", json=group(**DYNAMIC, **body)),
    ):
        assert refused.status_code == 403
        error = refused.json["error"]
        assert error["code"] == "Authorization_RequestDenied"
        assert error["message"] == "Insufficient privileges to complete the operation."
    assert member_ids(things, id_) == [USER]
    assert add(things, id_, USER, "owners").status_code == 204


def test_members_of_a_list_of_mail_are_nobodys_to_write(things):
    seed(things, {"groups": [{"id": GROUP, **group(mailEnabled=True)}]})
    message = "Cannot Update a mail-enabled security groups and or distribution list."
    for links in ("members", "owners"):
        assert refusal(add(things, GROUP, USER, links)) == message


def test_nobody_is_their_own_manager(things):
    (own,), (other,) = urls(USER), urls(OTHER)
    path = f"/v1.0/users/{USER}/manager/$ref"
    refused = things.put(path, json={"@odata.id": own})
    assert refusal(refused) == "Nobody can be their own manager."
    assert things.put(path, json={"@odata.id": other}).status_code == 204


@pytest.mark.parametrize("links", ["members", "owners"])
def test_a_link_is_taken_away_by_a_guid(things, links):
    id_ = make(things, "groups", group())["id"]
    refused = things.delete(f"/v1.0/groups/{id_}/{links}/x@y.org/$ref")
    assert refused.status_code == 400
    error = refused.json["error"]
    assert error["code"] == "Request_UnsupportedQuery"
    assert error["message"] == (
        f"Unsupported referenced-object resource identifier for link property '{links}'."
    )
    assert things.delete(f"/v1.0/groups/{id_}/{links}/{USER}/$ref").status_code == 404
    assert things.delete(f"/v1.0/users/{USER}/manager/$ref").status_code == 404


@pytest.mark.parametrize("kind", ["groups", "applications", "servicePrincipals"])
def test_a_thing_has_a_hundred_owners(client, kind):
    ids = [f"4e7a3f0a-0000-4000-8000-{n:012}" for n in range(101)]
    seed(client, {"users": [{"id": each} for each in ids], kind: [{"id": GROUP}]})
    seed(client, {f"{kind}/{GROUP}/owners": [{"id": each} for each in ids[:100]]})
    url = {"@odata.id": f"https://graph.microsoft.com/v1.0/users/{ids[100]}"}
    answer = client.post(f"/v1.0/{kind}/{GROUP}/owners/$ref", json=url)
    message = (
        "Unable to perform operation as '101' would exceed the maximum quota count '100' for "
        "forward-link 'owners'."
    )
    assert_error(answer, 403, "Directory_QuotaExceeded", message)


def test_what_cannot_be_a_member_or_a_manager(client):
    app = make(client, "applications", {"displayName": "A"})["id"]
    group_id = make(client, "groups", group())["id"]
    person = make(client, "users", user())["id"]
    for method, path, other in (
        ("POST", f"groups/{group_id}/members/$ref", app),
        ("PUT", f"users/{person}/manager/$ref", group_id),
    ):
        url = {"@odata.id": f"https://graph.microsoft.com/v1.0/directoryObjects/{other}"}
        answer = client.open(f"/v1.0/{path}", method=method, json=url)
        assert_error(answer, 400, "Request_BadRequest", "cannot be a m")
    kinds = client.post("/v1.0/groups", json=group(groupTypes=["Nonsense"]))
    said = "Invalid value specified for property 'groupTypes' of resource 'Group'."
    assert_error(kinds, 400, "Request_BadRequest", said)


def test_what_is_derived_from_a_user_goes_where_users_go(client):
    agent = {"@odata.type": "#microsoft.graph.agentUser", "id": USER}
    seed(client, {"users": [agent, {"id": OTHER}]})
    team = make(client, "groups", unified())["id"]
    url = {"@odata.id": f"https://graph.microsoft.com/v1.0/users/{USER}"}
    for path in (f"groups/{team}/members/$ref", f"groups/{team}/owners/$ref"):
        assert client.post(f"/v1.0/{path}", json=url).status_code == 204
    assert client.put(f"/v1.0/users/{OTHER}/manager/$ref", json=url).status_code == 204


def test_a_cast_may_come_behind_a_sign_as_old_clients_write_it(client):
    one = make(client, "users", user())["id"]
    link = {"members@odata.bind": [f"https://graph.microsoft.com/v1.0/users/{one}"]}
    body = {"displayName": "G", "mailNickname": "g", "mailEnabled": False, "securityEnabled": True}
    group = make(client, "groups", {**body, **link})["id"]
    seed(client, {f"directory/administrativeUnits/{IDS[3]}/members": [{"id": one}]})

    for sign in ("$", "%24"):
        found = listed(client, f"users/{one}/memberOf/{sign}/microsoft.graph.group")
        assert [each["id"] for each in found] == [group]
    for other in (f"users/{one}/memberOf/$/groups", f"users/{one}/$/microsoft.graph.user"):
        assert client.get(f"/v1.0/{other}").status_code == 400


def test_members_are_expanded_with_what_they_lead_to_themselves(client):
    people = [
        make(client, "users", user(userPrincipalName=f"u{n}@contoso.com", displayName=f"u{n}"))[
            "id"
        ]
        for n in range(4)
    ]
    for boss, own in pairwise(people):
        seed(client, {f"users/{own}/manager": {"id": boss}})
    members = [people[3], people[1]]  # in another order than they are in among users
    id_ = make(client, "groups", group(**{"members@odata.bind": urls(*members)}))["id"]

    for path in ("members/microsoft.graph.user", "members"):
        expanded = "manager" if "." in path else "microsoft.graph.user/manager"
        found = listed(client, f"groups/{id_}/{path}?$expand={expanded}")
        shown = [(each["displayName"], each["manager"]["displayName"]) for each in found]
        assert sorted(shown) == [("u1", "u0"), ("u3", "u2")]
    (bosses,) = listed(client, f"groups/{id_}/members/microsoft.graph.user?$expand=directReports")[
        1:
    ]
    assert [each["displayName"] for each in bosses["directReports"]] == ["u2"]


# What only Microsoft 365 groups have --------------------------------------------------------------


@pytest.mark.parametrize(("path", "code"), [
    ("calendar", "MailboxNotEnabledForRESTAPI"), ("events", "MailboxNotEnabledForRESTAPI"),
    ("calendarView?startDateTime=2026-01-01&endDateTime=2026-02-01", "MailboxNotEnabledForRESTAPI"),
    ("threads", "MailboxNotEnabledForRESTAPI"), ("conversations", "MailboxNotEnabledForRESTAPI"),
    ("acceptedSenders", "MailboxNotEnabledForRESTAPI"), ("drive", "ResourceNotFound"),
    ("rejectedSenders", "MailboxNotEnabledForRESTAPI"), ("drives", "ResourceNotFound"),
    ("drive/root/children", "ResourceNotFound"), ("sites/root", "ResourceNotFound"),
    ("planner/plans", ""), ("onenote/notebooks", "ResourceNotFound")])  # fmt: skip
def test_a_security_group_has_no_mailbox_and_no_site(client, path, code):
    """https://learn.microsoft.com/graph/api/resources/groups-overview"""
    plain, team = (make(client, "groups", each)["id"] for each in (group(), unified()))
    assert client.get(f"/v1.0/groups/{team}/{path}").status_code == 200
    refused = client.get(f"/v1.0/groups/{plain}/{path}")
    assert (refused.status_code, refused.json["error"]["code"]) == (404, code)


def test_a_security_group_takes_no_posts_files_or_plans(client):
    plain = f"/v1.0/groups/{make(client, 'groups', group())['id']}"
    posts = [{"body": {"content": "x"}}]
    answers = [
        client.post(f"{plain}/threads", json={"topic": "x", "posts": posts}),
        client.put(f"{plain}/drive/root:/a.txt:/content", data=b"x", content_type="text/plain"),
        client.post("/v1.0/planner/plans", json={"owner": plain[-36:], "title": "x"}),
    ]
    assert [each.status_code for each in answers] == [404, 404, 400]
    assert client.get("/_fakegraph/records/planner/plans").json["value"] == []


def test_a_sender_is_on_one_of_the_lists(things):
    """https://learn.microsoft.com/graph/api/group-post-acceptedsenders"""
    path = f"/v1.0/groups/{make(things, 'groups', unified())['id']}"

    def add(name, of, id_):
        body = {"@odata.id": f"https://graph.microsoft.com/v1.0/{of}/{id_}"}
        return things.post(f"{path}/{name}/$ref", json=body)

    assert add("acceptedSenders", "users", USER).status_code == 204
    said = f"'{USER}' is among acceptedSenders, and cannot be on both lists."
    assert_error(add("rejectedSenders", "users", USER), 400, "BadRequest", said)
    assert add("rejectedSenders", "users", OTHER).status_code == 204
    said = f"'{OTHER}' is among rejectedSenders"
    assert_error(add("acceptedSenders", "users", OTHER), 400, "BadRequest", said)
    assert_error(add("acceptedSenders", "devices", DEVICE), 400, "BadRequest", "sends nothing")
    assert [each["id"] for each in things.get(f"{path}/acceptedSenders").json["value"]] == [USER]


def test_users_and_groups_are_sponsors(things):
    """https://learn.microsoft.com/graph/api/user-post-sponsors"""
    path = f"/v1.0/users/{USER}/sponsors/$ref"
    team = make(things, "groups", group())["id"]
    for of, id_, status in (("users", OTHER, 204), ("groups", team, 204), ("devices", DEVICE, 400)):
        body = {"@odata.id": f"https://graph.microsoft.com/v1.0/{of}/{id_}"}
        assert things.post(path, json=body).status_code == status
    assert len(listed(things, f"users/{USER}/sponsors")) == 2
