"""``$expand``: pages inside with links of their own, what stands inside, and what is refused."""

from __future__ import annotations

import pytest

from tests.conftest import assert_error
from tests.graph.whole.conftest import listed, seed

FOLDER = "drives/d1/root:/a"


@pytest.fixture
def drive(client):
    """A drive: a/ with b0.txt to b6.txt and sub/ with x.txt; and z.txt."""
    files = {f"drives/d1/root:/a/b{n}.txt": {"content": "x" * n} for n in range(7)}
    files |= {"drives/d1/root:/a/sub/x.txt": {"content": "x"}}
    seed(client, {**files, "drives/d1/root:/z.txt": {"content": "x"}})
    return client


@pytest.fixture
def school(client):
    """Two classes: c0 with pupils u0 to u4, c1 with u3 to u7, and one with nobody."""
    seed(
        client,
        {
            "education/users": [{"id": f"u{n}", "displayName": f"N{n % 3}"} for n in range(8)],
            "education/classes": [{"id": f"c{n}"} for n in range(3)],
            "education/classes/c0/members": [{"id": f"u{n}"} for n in range(5)],
            "education/classes/c1/members": [{"id": f"u{n}"} for n in range(3, 8)],
        },
    )
    return client


def get(client, path, expand, **more):
    found = client.get(f"/v1.0/{path}", query_string={"$expand": expand, **more})
    assert found.status_code == 200, found.text
    return found.json


def followed(client, found, name):
    """All that a thing leads to, by the links that stand in it and in their pages."""
    items, link = found[name], found.get(f"{name}@odata.nextLink")
    while link:
        page = client.get(link)
        assert page.status_code == 200, page.text
        items = [*items, *page.json["value"]]
        link = page.json.get("@odata.nextLink")
    return items


@pytest.mark.parametrize(
    ("inside", "wanted"),
    [
        ("$top=2", ["b0", "b1", "b2", "b3", "b4", "b5", "b6", "su"]),
        ("$top=3;$filter=startswith(name,'b')", ["b0", "b1", "b2", "b3", "b4", "b5", "b6"]),
        ("$top=2;$orderby=name desc", ["su", "b6", "b5", "b4", "b3", "b2", "b1", "b0"]),
        ("$top=1;$filter=name eq 'b0.txt' or name eq 'b5.txt'", ["b0", "b5"]),
        ("$top=2;$filter=name eq @name", ["b5"]),
        ("$top=1;$filter=folder ne null", ["su"]),
    ],
)
def test_a_page_inside_goes_on_by_its_link(drive, inside, wanted):
    aliases = {"@name": "'b5.txt'"} if "@" in inside else {}
    found = get(drive, FOLDER, f"children({inside};$select=name)", **aliases)

    names = [each["name"][:2] for each in followed(drive, found, "children")]

    assert names == wanted
    assert (len(names) > len(found["children"])) == ("children@odata.nextLink" in found)


def test_a_link_inside_keeps_what_is_expanded_further(drive):
    inner = "children($select=name;$expand=children($select=name))"
    found = get(drive, FOLDER, f"children($top=3;$orderby=name desc;$expand={inner})")
    found["children"] = []

    sub = get(drive, "drives/d1/root", "children($top=1;$levels=2;$orderby=name desc)")
    rest = followed(drive, {**sub, "children": []}, "children")

    assert [each["name"] for each in rest] == ["a"]
    assert [each["name"] for each in rest[0]["children"]] == ["sub"]
    assert all("children" in each for each in followed(drive, found, "children"))


def test_a_link_inside_works_in_a_batch_and_for_a_tenant(drive):
    url = f"/{FOLDER}:?$expand=children($top=5;$select=name)"
    body = {"requests": [{"id": "1", "method": "GET", "url": url}]}
    (found,) = drive.post("/v1.0/$batch", json=body).json["responses"]
    assert len(followed(drive, found["body"], "children")) == 8

    drive.post("/_fakegraph/tenants", json={"id": "other"})
    records = {"education/classes/c1/members": [{"id": f"u{n}"} for n in range(3)]}
    drive.post("/_fakegraph/tenants/other/seed", json=records)
    there = drive.get("/tenants/other/v1.0/education/classes/c1?$expand=members($top=2)").json
    assert "/tenants/other/v1.0/" in there["members@odata.nextLink"]
    assert len(followed(drive, there, "members")) == 3


@pytest.mark.parametrize(("top", "wanted"), [("0", 0), ("2", 2), ("5000", 12)])
def test_as_many_may_be_asked_for_inside_as_at_the_place_itself(client, top, wanted):
    inbox = "users/ada@contoso.com/mailFolders/inbox"
    seed(client, {f"{inbox}/messages": [{"subject": str(n)} for n in range(12)]})
    found = get(client, inbox, f"messages($select=subject;$top={top})")
    assert len(found["messages"]) == wanted
    assert len(listed(client, f"{inbox}/messages?$top={top}")) == wanted
    assert ("messages@odata.nextLink" in found) == (top == "2")


def test_a_link_inside_skips_no_more(school):
    found = get(school, "education/classes/c1", "members($top=2;$skip=1;$orderby=id desc)")

    assert [each["id"] for each in followed(school, found, "members")] == ["u6", "u5", "u4", "u3"]


def test_links_inside_belong_to_their_collections(school):
    classes = listed(school, "education/classes?$expand=members($top=2;$select=id)")

    found = {each["id"]: followed(school, each, "members") for each in classes}

    wanted = {"c0": range(5), "c1": range(3, 8), "c2": ()}
    assert found == {name: [{"id": f"u{n}"} for n in some] for name, some in wanted.items()}
    link = classes[0]["members@odata.nextLink"]
    wrong = school.get(link.replace("/c0/", "/c1/"))
    assert_error(wrong, 400, "BadRequest", "Invalid skip token")


def test_thousands_inside_come_page_by_page(client):
    """More than any index gives at once, and than is shown on a page: none is lost between."""
    seed(client, {"education/classes": [{"id": "c1"}], "education/users": [{"id": "u0"}]})
    store = client.application.extensions["fakegraph_tenants"].named("default").store
    (class_,) = store.container("educationRoot/classes").scan()
    (user,) = store.container("educationRoot/users").scan()

    def join(transaction):
        for number in range(10_000):
            record = {"id": f"m{number}"}
            row = transaction.insert("educationRoot/users", record, user.owner)
            transaction.link("educationClass/members", class_.key, row.key)

    store.transact(join)

    found = get(client, "education/classes/c1", "members($top=999;$select=id;$count=true)")

    assert (len(found["members"]), found["members@odata.count"]) == (999, 10_000)
    ids = [each["id"] for each in followed(client, found, "members")]
    assert ids == [f"m{n}" for n in range(10_000)]
    plain = get(client, "education/classes/c1", "members($top=600;$select=id)")
    assert len(plain["members"]) == 600


def test_only_urls_or_numbers_are_shown_where_only_they_are_asked_for(school):
    found = get(school, "education/classes/c0", "members/$ref($top=2),schools/$count")
    urls = [each["@odata.id"] for each in followed(school, found, "members")[:2]]
    assert urls == [f"http://localhost/v1.0/education/users/u{n}" for n in range(2)]
    assert found["schools@odata.count"] == 0
    assert "schools" not in found
    counted = get(school, "education/classes/c0", "members/$count($filter=displayName eq 'N0')")
    assert counted["members@odata.count"] == 2
    both = get(school, "education/classes/c0", "members($count=true;$top=1)")
    assert (both["members@odata.count"], len(both["members"])) == (5, 1)


def test_a_star_is_all_that_can_be_expanded(school):
    found = get(school, "education/classes/c0", "*,members($top=1;$select=id)", **{"$select": "id"})
    assert {"members", "teachers", "schools", "assignments"} <= found.keys()
    assert found["members"] == [{"id": "u0"}]
    urls = get(school, "education/classes/c0", "*/$ref")
    assert all(each.keys() == {"@odata.id"} for each in urls["members"])


def test_a_cast_shows_what_is_of_that_type(client):
    file = {"@odata.type": "#microsoft.graph.fileAttachment", "contentBytes": "YQ=="}
    item = {"@odata.type": "#microsoft.graph.itemAttachment", "name": "i"}
    item["item"] = {"@odata.type": "#microsoft.graph.message", "subject": "inner"}
    messages = "users/u1/messages"
    seed(client, {messages: [{"id": "m1"}], f"{messages}/m1/attachments": [item]})
    seed(client, {f"{messages}/m1/attachments": [{**file, "name": f"f{n}"} for n in range(3)]})
    kind = "microsoft.graph.fileAttachment"

    found = get(client, f"{messages}/m1", f"attachments/{kind}($top=2;$select=name)")

    assert [each["name"] for each in followed(client, found, "attachments")] == ["f0", "f1", "f2"]
    kind = "microsoft.graph.itemAttachment"
    found = get(client, f"{messages}/m1", f"attachments($expand={kind}/item($select=id))")
    assert [each["name"] for each in found["attachments"] if "item" in each] == ["i"]


def test_what_is_computed_is_asked_about_inside(client):
    seed(client, {"users/u1/mailFolders/inbox/messages": [{"subject": "a", "isRead": False}]})
    inside = "childFolders($filter=unreadItemCount gt 0;$select=displayName)"
    seed(client, {"users/u1/mailFolders/inbox/childFolders": [{"id": "x", "displayName": "X"}]})
    assert get(client, "users/u1/mailFolders/inbox", inside)["childFolders"] == []
    seed(client, {"users/u1/mailFolders/x/messages": [{"subject": "b", "isRead": False}]})

    (found,) = get(client, "users/u1/mailFolders/inbox", inside)["childFolders"]

    assert found["displayName"] == "X"


def test_what_nobody_has_stored_leads_somewhere_too(client):
    seed(client, {"users": [{"id": "u1"}]})

    found = get(client, "users/u1/drive", "root($select=id)")

    assert found["root"]["id"] == client.get("/v1.0/users/u1/drive/root").json["id"]


def test_contexts_say_what_is_expanded(school):
    found = get(school, "education/classes/c0", "members($select=id),assignments")

    start = "http://localhost/v1.0/$metadata#"
    place = "education/classes"
    assert found["@odata.context"] == f"{start}{place}(members(id),assignments())/$entity"
    above = f"{start}{place}('c0')/assignments"
    assert found["assignments@odata.context"] == above
    none = school.get(
        "/v1.0/education/classes/c0?$expand=members",
        headers={"Accept": "application/json;odata.metadata=none"},
    ).json
    assert "members" in none
    assert not [name for name in none if name.endswith("context")]


def test_a_single_thing_that_is_not_there_is_null_or_absent(client):
    seed(client, {"users": [{"id": "u1"}], "teams/t1": {"id": "t1"}})
    tab = {"id": "x", "displayName": "X"}
    seed(client, {"teams/t1/channels": [{"id": "c1"}], "teams/t1/channels/c1/tabs": [tab]})

    assert "manager" not in get(client, "users/u1", "manager")
    (found,) = get(client, "teams/t1/channels/c1/tabs", "teamsApp")["value"]
    assert found["teamsApp"] is None


@pytest.mark.parametrize(
    ("path", "expand", "code", "words"),
    [
        ("classes/c0", "members($compute=id as x)", "BadRequest", "'$compute' is not supported"),
        ("classes/c0", "members($levels=2)", "BadRequest", "could not be cast to source type"),
        ("classes/c0", "members/classes", "BadRequest", "multiple navigation properties"),
        ("classes/c0", "members/microsoft.graph.user", "BadRequest", "is no type derived"),
        ("classes/c0", "*($levels=2)", "BadRequest", "takes no options"),
        ("classes/c0", "members($filter=nope eq 1)", "BadRequest", "named 'nope'"),
        ("classes/c0", "members($filter=id eq @x)", "BadRequest", "'@x' has no value"),
        ("classes/c0", "members($top=1;$top=2)", "BadRequest", "more than once"),
        ("classes/c0", "$value", "BadRequest", "/$value"),
        ("classes/c0", "group/$count", "BadRequest", "single-valued 'group'"),
        ("classes/c0", "group($top=1)", "BadRequest", "applied only on collections"),
        ("classes/c0", "group($filter=id eq '1')", "BadRequest", "applied only on collections"),
    ],
    ids=str,
)
def test_what_does_not_go_is_refused_by_name(school, path, expand, code, words):
    response = school.get(f"/v1.0/education/{path}", query_string={"$expand": expand})

    assert_error(response, 400, code, words)


@pytest.mark.parametrize(
    ("expand", "words"),
    [
        ("members($filter=id eq '1')", "'$filter' is not supported inside"),
        ("members($orderby=id)", "'$orderby' is not supported inside"),
        ("members($top=1)", "'$top' is not supported inside"),
        ("members($count=true)", "'$count' is not supported inside"),
        ("members/$count", "'$count' is not supported inside"),
        ("members($levels=2)", "only manager($levels=…) is"),
    ],
)
def test_the_directory_selects_alone_inside(client, expand, words):
    seed(client, {"groups": [{"id": "g1"}]})

    response = client.get("/v1.0/groups/g1", query_string={"$expand": expand})

    assert_error(response, 400, "Request_UnsupportedQuery", words)


def test_the_directory_does_not_expand_all(client):
    seed(client, {"groups": [{"id": "g1"}]})

    response = client.get("/v1.0/groups/g1?$expand=*")

    told = "Only one property can be expanded in a single query"
    assert_error(response, 400, "Request_BadRequest", told)


def test_expansions_are_so_deep_and_no_deeper(client):
    seed(client, {"drives/d1/root:/a.txt": {"content": "x"}})
    text = "children"
    for _ in range(64):
        text = f"children($expand={text})"
    response = client.get("/v1.0/drives/d1/root", query_string={"$expand": text})
    assert_error(response, 400, "BadRequest", "at least 65 levels deep, but the maximum")

    deep = "sections($expand=pages($expand=parentSection))"
    response = client.get("/v1.0/me/onenote/notebooks", query_string={"$expand": deep})
    assert_error(response, 400, "BadRequest", "maximum allowed is 2")


def test_an_alias_that_nothing_uses_is_refused(school):
    response = school.get("/v1.0/education/classes?$expand=members($top=1)&@x=1")

    assert_error(response, 400, "BadRequest", "No expression uses this alias")
