"""``/delta``: what has changed since a token."""

from __future__ import annotations

import base64
import json
import re
from functools import partial
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.conftest import assert_error
from tests.graph.whole.conftest import counting, make, seed, user


def rounds(client, path, **options):
    """All items of a round, and the deltaLink at its end."""
    items: list[Any] = []
    link = path if path.startswith("http") else f"/v1.0/{path}"
    for _ in range(1_000):
        response = client.get(link, **options)
        assert response.status_code == 200, response.text
        page = response.json
        assert ("@odata.nextLink" in page) != ("@odata.deltaLink" in page)
        items += page["value"]
        if "@odata.deltaLink" in page:
            return items, page["@odata.deltaLink"]
        link = page["@odata.nextLink"]
    raise AssertionError("the round does not end")


def ids(items):
    return [each["id"] for each in items]


def people(client, *names):
    return [
        make(
            client,
            "users",
            user(displayName=name, mailNickname=name, userPrincipalName=f"{name}@contoso.com"),
        )["id"]
        for name in names
    ]


def group(client, name, *members):
    bound = {"members@odata.bind": [f"http://localhost/v1.0/users/{each}" for each in members]}
    body = {"displayName": name, "mailNickname": name, "mailEnabled": True}
    body |= {"securityEnabled": False, "groupTypes": ["Unified"], **(bound if members else {})}
    return make(client, "groups", body)["id"]


def link_members(client, group, *members):
    for each in members:
        body = {"@odata.id": f"http://localhost/v1.0/directoryObjects/{each}"}
        assert client.post(f"/v1.0/groups/{group}/members/$ref", json=body).status_code == 204


# Rounds and tokens --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "form", ["delta", "delta()", "microsoft.graph.delta", "microsoft.graph.delta()", "Delta"]
)
def test_the_first_round_pages_and_ends_with_a_delta_link(make_client, form):
    client = make_client(page_size=2)
    there = people(client, "ada", "bo", "cy", "di", "eve")
    first = client.get(f"/v1.0/users/{form}").json
    assert len(first["value"]) == 2
    assert first["@odata.context"] == "http://localhost/v1.0/$metadata#users"
    assert "$skiptoken=" in first["@odata.nextLink"]

    items, link = rounds(client, f"users/{form}")
    assert ids(items) == there
    assert link.startswith(f"http://localhost/v1.0/users/{form}?$deltatoken=")


def test_a_round_tells_what_came_changed_and_went(client):
    _, bo, cy, di = people(client, "ada", "bo", "cy", "di")
    _, link = rounds(client, "users/delta")
    client.patch(f"/v1.0/users/{bo}", json={"jobTitle": "Pilot"})
    client.delete(f"/v1.0/users/{cy}")
    (eve,) = people(client, "eve")
    client.delete(f"/v1.0/users/{di}")
    client.delete(f"/v1.0/directory/deletedItems/{di}")

    items, again = rounds(client, link)
    told = {each["id"]: each for each in items}
    assert told.keys() == {bo, cy, di, eve}
    assert told[bo]["jobTitle"] == "Pilot"
    assert told[bo]["userPrincipalName"] == "bo@contoso.com"
    assert told[cy] == {"id": cy, "@removed": {"reason": "changed"}}
    assert told[di] == {"id": di, "@removed": {"reason": "deleted"}}

    empty, last = rounds(client, again)
    assert empty == []
    assert last != again
    assert ids(rounds(client, link)[0]) == ids(items), "a token can be used again"


def test_what_is_purged_and_restored_later_is_told_then(client):
    ada, bo = people(client, "ada", "bo")
    for each in (ada, bo):
        client.delete(f"/v1.0/users/{each}")
    _, link = rounds(client, "users/delta")
    client.delete(f"/v1.0/directory/deletedItems/{ada}")
    items, link = rounds(client, link)
    assert items == [{"id": ada, "@removed": {"reason": "deleted"}}]

    assert client.post(f"/v1.0/directory/deletedItems/{bo}/restore").status_code == 200
    items, link = rounds(client, link)
    assert items[0]["userPrincipalName"] == "bo@contoso.com"
    assert rounds(client, link)[0] == []


def test_what_came_and_went_between_two_rounds_is_not_told(client):
    _, link = rounds(client, "users/delta")
    (ada,) = people(client, "ada")
    client.delete(f"/v1.0/users/{ada}")
    assert rounds(client, link)[0] == []


def test_a_later_round_pages_too_and_misses_nothing_that_changes_meanwhile(make_client):
    client = make_client(page_size=2)
    _, link = rounds(client, "users/delta")
    there = people(client, "ada", "bo", "cy", "di", "eve")
    first = client.get(link).json
    assert ids(first["value"]) == there[:2]
    client.patch(f"/v1.0/users/{there[0]}", json={"jobTitle": "Pilot"})
    client.delete(f"/v1.0/users/{there[3]}")

    rest, link = rounds(client, first["@odata.nextLink"])
    assert there[2] in ids(rest)
    assert there[4] in ids(rest)
    items, _ = rounds(client, link)
    assert {each["id"]: each.get("jobTitle") for each in items if "@removed" not in each} == {
        there[0]: "Pilot"
    }


def test_a_page_costs_what_it_tells_and_not_what_else_has_changed(make_client):
    costs = []
    for many in (50, 2_000):
        client = make_client(page_size=20)
        _, link = rounds(client, "users/delta?$select=displayName")
        seed(client, {"groups": [{"id": _guid(f"g{n}")} for n in range(many)]})
        seed(client, {"users": [{"id": _guid(f"u{n}"), "displayName": "x"} for n in range(many)]})
        link = client.get(link).json["@odata.nextLink"]  # by now it is known what is where
        answer, cost = counting(partial(client.get, link))
        costs.append(cost)
        assert ids(answer.json["value"]) == [_guid(f"u{n}") for n in range(20, 40)]
    assert costs[1] < 1.1 * costs[0]


def test_a_round_goes_on_where_a_page_has_looked_at_enough(client):
    _, link = rounds(client, f"users/delta?$filter=id eq '{_guid('u1')}'")
    seed(client, {"users": [{"id": _guid(f"x{n}"), "displayName": "x"} for n in range(2_600)]})
    seed(client, {"users": [{"id": _guid("u1"), "displayName": "last"}]})
    pages = [client.get(link).json]
    while "@odata.nextLink" in pages[-1]:
        pages.append(client.get(pages[-1]["@odata.nextLink"]).json)
    assert [ids(each["value"]) for each in pages] == [[], [_guid("u1")]]


def test_what_a_round_has_shown_of_what_came_meanwhile_is_told_when_it_goes(make_client):
    client = make_client(page_size=1)
    people(client, "ada", "bo")
    first = client.get("/v1.0/users/delta").json
    (cy,) = people(client, "cy")
    items, link = rounds(client, first["@odata.nextLink"])
    assert cy in ids(items)
    client.delete(f"/v1.0/users/{cy}")
    gone = [{"id": cy, "@removed": {"reason": "changed"}}]
    items, link = rounds(client, link)
    assert items == gone
    assert rounds(client, link)[0] == []


def test_links_that_a_round_has_shown_meanwhile_are_told_when_they_go(make_client):
    client = make_client(page_size=1)
    ada, bo = people(client, "ada", "bo")
    group(client, "club")
    band = group(client, "band", ada)
    first = client.get("/v1.0/groups/delta").json
    link_members(client, band, bo)
    items, link = rounds(client, first["@odata.nextLink"])
    assert items[0]["members@delta"] == refs(ada, bo)
    for each in (ada, bo):
        client.delete(f"/v1.0/groups/{band}/members/{each}/$ref")
    client.patch(f"/v1.0/groups/{band}", json={"description": "loud"})
    (item,), link = rounds(client, link)
    gone = refs(ada, bo, **{"@removed": {"reason": "deleted"}})
    assert sorted(map(str, item["members@delta"])) == sorted(map(str, gone))
    assert rounds(client, link)[0] == []


def test_a_group_that_came_while_it_was_told_is_told_with_the_links_that_went(make_client):
    client = make_client(page_size=1)
    (ada,) = people(client, "ada")
    group(client, "club")
    group(client, "choir")
    first = client.get("/v1.0/groups/delta").json
    band = group(client, "band", ada)
    items, link = rounds(client, first["@odata.nextLink"])
    assert items[-1]["members@delta"] == refs(ada)
    client.delete(f"/v1.0/groups/{band}/members/{ada}/$ref")
    (item,), _ = rounds(client, link)
    assert item["id"] == band
    assert item["members@delta"] == refs(ada, **{"@removed": {"reason": "deleted"}})


@pytest.mark.parametrize("word", ["latest", "LATEST"])
@pytest.mark.parametrize("name", ["$deltatoken", "$deltaToken", "deltatoken"])
def test_latest_begins_now(client, name, word):
    people(client, "ada")
    items, link = rounds(client, f"users/delta?{name}={word}")
    assert items == []
    (bo,) = people(client, "bo")
    assert ids(rounds(client, link)[0]) == [bo]


def test_an_empty_token_begins_anew(client):
    there = people(client, "ada", "bo")
    assert ids(rounds(client, "users/delta?$deltatoken=")[0]) == there


def token_of(link):
    ((token,),) = parse_qs(urlsplit(link).query).values()
    return token


def test_tokens_go_for_nothing_else(client):
    people(client, "ada", "bo", "cy")
    _, link = rounds(client, "users/delta")
    token = token_of(link)
    changed = token[:20] + ("A" if token[20] != "A" else "B") + token[21:]
    for path in (
        f"users/delta?$deltatoken={changed}",
        "users/delta?$deltatoken=nonsense",
        "users/delta?$deltatoken=%20",
        f"users/delta?$skiptoken={token}",
        f"groups/delta?$deltatoken={token}",
        f"users/delta?$skiptoken={token}&$deltatoken={token}",
        "users/delta?$skiptoken=",
    ):
        error = client.get(f"/v1.0/{path}")
        assert_error(error, 400, "Request_BadRequest", "Badly formed token.")
    client.post("/_fakegraph/tenants", json={"id": "other"})
    other = client.get(f"/tenants/other/v1.0/users/delta?$deltatoken={token}")
    assert_error(other, 400, "Request_BadRequest", "Badly formed token.")
    refused = client.get(f"{link}&$select=displayName")
    assert_error(refused, 400, "Request_UnsupportedQuery", "$select", "first request")


@pytest.mark.parametrize(
    ("said", "status", "code"),
    [
        ({"since": 5}, 400, "Request_BadRequest"),
        ({"at": [1, "x"]}, 400, "Request_BadRequest"),
        ({"options": {"filter": "id eq"}}, 400, "Request_BadRequest"),
        ({"generation": "0123456789abcdef"}, 410, "syncStateNotFound"),
        ({"generation": "0123456789abcdef", "at": "x", "place": ""}, 410, "syncStateNotFound"),
        ({"generation": "0123456789abcdef", "since": "x"}, 400, "Request_BadRequest"),
        ({"generation": "0123456789abcdef", "issued": None}, 400, "Request_BadRequest"),
        ({"generation": "0123456789abcdef", "options": [1]}, 400, "Request_BadRequest"),
        ({"generation": "0123456789abcdef", "others": {"a": 1}}, 400, "Request_BadRequest"),
        ({"generation": "0123456789abcdef", "aliases": None}, 400, "Request_BadRequest"),
        ({"generation": "0123456789abcdef", "more": 1}, 400, "Request_BadRequest"),
        ({"generation": 1}, 400, "Request_BadRequest"),
        ({"tenant": "0123456789abcdef"}, 400, "Request_BadRequest"),
    ],
)
def test_a_token_that_somebody_made_up_is_none(client, said, status, code):
    people(client, "ada")
    _, link = rounds(client, "users/delta")
    raw = base64.urlsafe_b64decode(token_of(link) + "==")
    head, true = raw[:8], json.loads(raw[8:])
    tenant = client.application.extensions["fakegraph_tenants"].named("default")
    assert tenant.store.generation.encode() not in raw, "with it, anybody could make tokens"
    made = base64.urlsafe_b64encode(head + json.dumps({**true, **said}).encode()).decode()
    assert_error(client.get(f"/v1.0/users/delta?$deltatoken={made.rstrip('=')}"), status, code)


@pytest.mark.parametrize("payload", [b"", b"null", b"[1, 2]", b"{}", b"{", b"\xff"])
def test_a_token_of_nothing_is_none(client, payload):
    made = base64.urlsafe_b64encode(b"12345678" + payload).decode().rstrip("=")
    error = client.get(f"/v1.0/users/delta?$deltatoken={made}")
    assert_error(error, 400, "Request_BadRequest", "Badly formed token.")


def test_the_same_options_may_be_sent_with_the_token_again(client):
    people(client, "ada")
    _, link = rounds(client, "users/delta?$select=displayName")
    assert rounds(client, f"{link}&$select=displayName")[0] == []


@pytest.mark.parametrize(
    ("path", "status", "code", "location"),
    [
        ("users/delta", 410, "syncStateNotFound", "/users/delta?$deltatoken="),
        (
            "users/delta?$select=displayName",
            410,
            "syncStateNotFound",
            "/users/delta?$select=displayName&$deltatoken=",
        ),
        ("users/ada@contoso.com/mailFolders/delta", 410, "SyncStateNotFound", None),
        ("users/ada@contoso.com/drive/root/delta", 410, "resyncRequired", "/delta?token="),
        ("users/ada@contoso.com/todo/lists/delta", 410, "syncStateNotFound", "?$deltatoken="),
    ],
)
def test_after_a_reset_a_round_begins_anew(make_client, path, status, code, location):
    client = make_client()
    people(client, "ada")
    tenant = client.application.extensions["fakegraph_tenants"].named("default")
    snapshot = tenant.store.snapshot()
    _, link = rounds(client, path)
    tenant.store.restore(snapshot)
    refused = client.get(link)
    error = assert_error(refused, status, code)
    if location is None:
        assert "Location" not in refused.headers
        numbers = re.search(r"not found; generation=(\d+);\[highest=(\d+)\]\.$", error["message"])
        assert numbers is not None
        assert 0 < int(numbers[1]) <= int(numbers[2])
        return
    assert refused.headers["Location"].endswith(location)
    assert client.get(refused.headers["Location"]).status_code == 200


def advance(client, days):
    by = {"advance": f"P{days}D"}
    assert client.put("/_fakegraph/clock", json=by).status_code == 200


def test_a_token_is_refused_after_seven_days_of_the_tenants_clock(client):
    people(client, "ada")
    _, link = rounds(client, "users/delta")
    _, folders = rounds(client, "users/ada@contoso.com/mailFolders/delta")
    advance(client, 6)
    assert rounds(client, link)[0] == []
    advance(client, 2)
    assert_error(client.get(link), 400, "syncStateNotFound", "delta token is expired")
    assert rounds(client, folders)[0] == [], "Outlook's have no such end"


def test_what_the_log_has_forgotten_is_begun_anew(client):
    (ada,) = people(client, "ada")
    _, link = rounds(client, "users/delta")
    tenant = client.application.extensions["fakegraph_tenants"].named("default")
    for _ in range(3):
        tenant.store.insert_many({"things": [{"id": str(uuid)} for uuid in _numbers()]})
    refused = client.get(link)
    assert_error(refused, 410, "syncStateNotFound")
    items, _ = rounds(client, refused.headers["Location"])
    assert ids(items) == [ada]


_next = iter(range(10**9))


def _numbers():
    return [next(_next) for _ in range(10_000)]


def test_tokens_outlive_the_server(make_client, tmp_path):
    from fakegraph.app import close_app

    client = make_client(data_dir=tmp_path, page_size=2)
    there = people(client, "ada", "bo", "cy")
    first = client.get("/v1.0/users/delta").json["@odata.nextLink"]
    _, link = rounds(client, "users/delta")
    client.delete(f"/v1.0/users/{there[0]}")
    client.patch(f"/v1.0/users/{there[1]}", json={"jobTitle": "Pilot"})
    people(client, "di")
    second = client.get(link).json["@odata.nextLink"]
    whole, _ = rounds(client, link)
    close_app(client.application)

    client = make_client(data_dir=tmp_path, page_size=2)
    assert rounds(client, link)[0] == whole
    assert rounds(client, second)[0] == whole[2:]
    assert there[2] in ids(rounds(client, first)[0])


def test_a_token_of_a_tenant_that_nobody_wrote_to_outlives_the_server(make_client, tmp_path):
    from fakegraph.app import close_app

    client = make_client(data_dir=tmp_path, fixture=("contoso",))
    _, link = rounds(client, "users/delta")
    close_app(client.application)
    client = make_client(data_dir=tmp_path, fixture=("contoso",))
    assert rounds(client, link)[0] == []


def test_it_works_in_batches_and_the_journal_has_it(client):
    (ada,) = people(client, "ada")
    body = {"requests": [{"id": "1", "method": "GET", "url": "/users/delta?$select=displayName"}]}
    (answer,) = client.post("/v1.0/$batch", json=body).json["responses"]
    assert answer["status"] == 200
    assert ids(answer["body"]["value"]) == [ada]
    assert rounds(client, answer["body"]["@odata.deltaLink"])[0] == []
    journal = client.get("/_fakegraph/requests").json
    assert any("/users/delta" in str(each) for each in journal["value"])


# Options ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "option",
    [
        "$orderby=displayName",
        "$expand=manager",
        '$search="displayName:a"',
        "$count=true",
        "$skip=1",
        "$filter=displayName eq 'a'",
        "$filter=id eq 'a' and id eq 'b'",
        "$filter=" + " or ".join(f"id eq '{number}'" for number in range(51)),
    ],
)
def test_the_directory_refuses_other_options(client, option):
    refused = client.get(f"/v1.0/users/delta?{option}")
    assert refused.status_code == 400
    assert refused.json["error"]["code"] in ("Request_UnsupportedQuery", "Request_BadRequest")


@pytest.mark.parametrize("option", ["$unknown=1", "token=latest", "$select=nothing"])
def test_what_nobody_knows_is_refused(client, option):
    assert client.get(f"/v1.0/users/delta?{option}").status_code == 400


def test_the_directory_tells_of_changes_to_what_is_selected(client):
    ada, bo = people(client, "ada", "bo")
    items, link = rounds(client, "users/delta?$select=displayName,jobTitle")
    assert items[0] == {"id": ada, "displayName": "ada"}
    client.patch(f"/v1.0/users/{ada}", json={"city": "Paris"})
    client.patch(f"/v1.0/users/{bo}", json={"jobTitle": "Pilot", "city": "Oslo"})
    items, link = rounds(client, link)
    assert items == [{"id": bo, "displayName": "bo", "jobTitle": "Pilot"}]
    client.patch(f"/v1.0/users/{bo}", json={"jobTitle": None})
    cleared = {"id": bo, "displayName": "bo", "jobTitle": None}
    assert rounds(client, link)[0] == [cleared]
    minimal = rounds(client, link, headers={"Prefer": "return=minimal"})[0]
    assert minimal == [{"id": bo, "jobTitle": None}]


def test_a_filter_by_id_is_in_the_token(client):
    ada, bo, cy = people(client, "ada", "bo", "cy")
    path = f"users/delta?$filter=id eq '{ada}' or id EQ '{bo}'"
    items, link = rounds(client, path)
    assert ids(items) == [ada, bo]
    for each in (bo, cy):
        client.patch(f"/v1.0/users/{each}", json={"jobTitle": "Pilot"})
    client.delete(f"/v1.0/users/{ada}")
    items, link = rounds(client, link)
    assert sorted(ids(items)) == sorted([ada, bo])
    assert "members@delta" not in items[0]


def test_directory_objects_are_told_by_their_types(client):
    (ada,) = people(client, "ada")
    band = group(client, "band", ada)
    graph = client.get("/v1.0/servicePrincipals?$select=id").json["value"]
    items, _ = rounds(client, "directoryObjects/delta")
    assert {each["id"]: each["@odata.type"] for each in items} == {
        ada: "#microsoft.graph.user",
        band: "#microsoft.graph.group",
        **{each["id"]: "#microsoft.graph.servicePrincipal" for each in graph},
    }
    path = "directoryObjects/delta?$filter=isof('microsoft.graph.group')"
    assert ids(rounds(client, path.replace("isof('m", "isOf('M"))[0]) == [band]
    items, link = rounds(client, path)
    assert ids(items) == [band]
    client.patch(f"/v1.0/users/{ada}", json={"displayName": "Countess"})
    client.patch(f"/v1.0/groups/{band}", json={"displayName": "The band"})
    assert ids(rounds(client, link)[0]) == [band]


def test_a_page_is_as_long_as_the_client_prefers(client):
    people(client, "ada", "bo", "cy")
    answer = client.get("/v1.0/users/delta", headers={"Prefer": "odata.maxpagesize=2"})
    assert len(answer.json["value"]) == 2
    assert answer.headers["Preference-Applied"] == "odata.maxpagesize=2"


@pytest.mark.parametrize("what", ["users", "devices", "applications"])
def test_the_directory_says_itself_how_long_a_page_is(client, what):
    refused = client.get(f"/v1.0/{what}/delta?$top=1")
    assert_error(refused, 400, "Request_UnsupportedQuery", "$top")


# Links --------------------------------------------------------------------------------------------


def refs(*ids, **more):
    return [{"@odata.type": "#microsoft.graph.user", "id": each, **more} for each in ids]


def test_groups_tell_their_members(client):
    ada, bo, cy = people(client, "ada", "bo", "cy")
    band, club = group(client, "band", ada, bo), group(client, "club")
    items, link = rounds(client, "groups/delta")
    told = {each["id"]: each for each in items}
    assert told[band]["members@delta"] == refs(ada, bo)
    assert "members@delta" not in told[club]

    link_members(client, band, cy)
    client.delete(f"/v1.0/groups/{band}/members/{ada}/$ref")
    link_members(client, club, bo)
    client.delete(f"/v1.0/groups/{club}/members/{bo}/$ref")
    items, link = rounds(client, link)
    (item,) = items
    assert item["displayName"] == "band"
    removed = {"@removed": {"reason": "deleted"}}
    assert sorted(item["members@delta"], key=lambda each: each["id"]) == sorted(
        [*refs(cy), *refs(ada, **removed)], key=lambda each: each["id"]
    )
    assert rounds(client, link)[0] == []


def test_members_are_told_only_when_they_are_selected(client):
    ada, bo = people(client, "ada", "bo")
    band = group(client, "band", ada)
    _, without = rounds(client, "groups/delta?$select=displayName")
    items, link = rounds(client, "groups/delta?$select=members")
    assert items == [{"id": band, "members@delta": refs(ada)}]
    link_members(client, band, bo)
    assert rounds(client, without)[0] == []
    client.patch(f"/v1.0/groups/{band}", json={"description": "loud"})
    assert rounds(client, link)[0] == [{"id": band, "members@delta": refs(bo)}]


def test_members_stay_until_they_are_gone_for_good(client):
    ada, bo = people(client, "ada", "bo")
    band = group(client, "band", ada, bo)
    _, link = rounds(client, "groups/delta?$select=members")
    client.delete(f"/v1.0/users/{ada}")
    items, link = rounds(client, link)
    assert items == []
    client.delete(f"/v1.0/directory/deletedItems/{ada}")
    items, link = rounds(client, link)
    gone = refs(ada, **{"@removed": {"reason": "deleted"}})
    assert items == [{"id": band, "members@delta": gone}]


def test_a_member_that_came_back_and_left_is_told(client):
    ada, bo = people(client, "ada", "bo")
    band = group(client, "band", ada, bo)
    _, link = rounds(client, "groups/delta?$select=members")
    client.delete(f"/v1.0/users/{ada}")
    tenant = client.application.extensions["fakegraph_tenants"].named("default")
    (hidden,) = tenant.store.hidden("users").scan()
    tenant.store.transact(lambda transaction: transaction.restore(hidden.key))
    client.delete(f"/v1.0/groups/{band}/members/{ada}/$ref")
    gone = refs(ada, **{"@removed": {"reason": "deleted"}})
    assert rounds(client, link)[0] == [{"id": band, "members@delta": gone}]


def test_a_group_with_many_members_comes_on_several_pages(client):
    tenant = client.application.extensions["fakegraph_tenants"].named("default")
    names = [f"{number:04d}" for number in range(2_500)]
    band = group(client, "band")
    seed(client, {"users": [user(id=_guid(n), userPrincipalName=f"u{n}@x.com") for n in names]})

    def link(transaction):
        source = transaction.find("groups", "id", band).key
        for name in names:
            transaction.link(
                "group/members", source, transaction.find("users", "id", _guid(name)).key
            )

    tenant.store.transact(link)
    found, link, pages = [], "/v1.0/groups/delta", 0
    while link:
        page = client.get(link).json
        pages += 1
        for each in page["value"]:
            assert each["id"] == band
            found += ids(each["members@delta"])
        link = page.get("@odata.nextLink")
    assert pages == 3
    assert found == [_guid(name) for name in names]


def _guid(name):
    return f"00000000-0000-4000-8000-00000000{name}"


def test_users_tell_their_manager_when_it_is_selected(client):
    ada, bo, cy = people(client, "ada", "bo", "cy")

    def set_manager(key):
        body = {"@odata.id": f"http://localhost/v1.0/users/{key}"}
        assert client.put(f"/v1.0/users/{ada}/manager/$ref", json=body).status_code == 204

    set_manager(bo)
    items, link = rounds(client, "users/delta?$select=displayName,manager")
    assert items[0] == {"id": ada, "displayName": "ada", "manager@delta": refs(bo)}
    set_manager(cy)
    ((item,), link) = rounds(client, link)
    assert sorted(map(str, item["manager@delta"])) == sorted(
        map(str, [*refs(cy), *refs(bo, **{"@removed": {"reason": "deleted"}})])
    )


# Where it is not ----------------------------------------------------------------------------------


def test_what_nobody_tracks_is_refused_in_the_services_words(client):
    people(client, "ada")
    for path in ("users/ada@contoso.com/messages/delta", "me/messages/delta"):
        answer = client.get(f"/v1.0/{path}")
        assert_error(answer, 400, "BadRequest", "Change tracking is not supported against")
    for path in ("users/ada@contoso.com/events/x/instances/delta", "me/events/x/instances/delta"):
        answer = client.get(f"/v1.0/{path}")
        assert_error(answer, 501, "NotImplemented", "microsoft.graph.delta")


def test_other_methods_are_not_there(client):
    for method in ("POST", "PATCH", "DELETE"):
        assert client.open("/v1.0/users/delta", method=method).status_code == 405
