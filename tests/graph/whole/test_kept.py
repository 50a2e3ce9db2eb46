"""What rows keep of how they were shown is never shown to another client, nor after a change."""

from __future__ import annotations

import json

import orjson
import pytest

from fakegraph.app import tenants_of
from fakegraph.graph.whole.keeping import KEPT, Kept
from tests.graph.whole.conftest import listed, make, seed, user

MAIL = "users/u1/messages"
FILE = {"@odata.type": "#microsoft.graph.fileAttachment", "name": "a", "contentBytes": ""}


@pytest.fixture
def mail(client):
    """Who has one message, which was shown before, each time in two ways."""
    seed(client, {"users": [{"id": "u1", **user()}], MAIL: [{"id": "m1", "subject": "Plans"}]})
    assert attachments(client) == [False, False]
    return client


def attachments(client, prefix="/v1.0"):
    """What the message says of attachments, by itself and in the list, asked for twice."""
    for _ in range(2):
        one = client.get(f"{prefix}/{MAIL}/m1").json["hasAttachments"]
        (row,) = client.get(f"{prefix}/{MAIL}").json["value"]
    return [one, row["hasAttachments"]]


def test_what_is_worked_out_follows_what_it_is_worked_out_of(mail):
    attached = make(mail, f"{MAIL}/m1/attachments", FILE)
    assert attachments(mail) == [True, True]

    mail.delete(f"/v1.0/{MAIL}/m1/attachments/{attached['id']}")
    assert attachments(mail) == [False, False]


def test_what_is_worked_out_follows_resets_and_snapshots(mail):
    assert mail.post("/_fakegraph/snapshots", json={"name": "before"}).status_code == 201
    make(mail, f"{MAIL}/m1/attachments", FILE)
    assert attachments(mail) == [True, True]

    assert mail.post("/_fakegraph/snapshots/before/restore").status_code == 204
    assert attachments(mail) == [False, False]
    make(mail, f"{MAIL}/m1/attachments", FILE)
    assert attachments(mail) == [True, True]

    assert mail.post("/_fakegraph/reset").status_code == 204
    assert mail.get(f"/v1.0/{MAIL}/m1").status_code == 404


def test_tenants_with_the_same_rows_show_each_its_own(make_client, tmp_path):
    (tmp_path / "users" / "u1").mkdir(parents=True)
    people, mails = tmp_path / "users.json", tmp_path / f"{MAIL}.json"
    people.write_text(json.dumps([{"id": "u1", **user()}]))
    mails.write_text(json.dumps([{"id": "m1", "subject": "Plans"}]))
    client = make_client(fixture=(str(tmp_path),))
    tenants = ("/tenants/a/v1.0", "/tenants/b/v1.0")
    for name in "ab":
        assert client.post("/_fakegraph/tenants", json={"id": name}).status_code == 201
    assert [attachments(client, each) for each in tenants] == [[False, False]] * 2

    client.post(f"{tenants[0]}/{MAIL}/m1/attachments", json=FILE)
    client.patch(f"{tenants[1]}/users/u1", json={"city": "Oslo"})  # one write, too

    for _ in range(2):
        assert [attachments(client, each) for each in tenants] == [[True, True], [False, False]]


def test_a_url_to_read_bytes_at_is_made_for_each_who_asks(client):
    seed(client, {"me/drive/items": [{"id": "i1", "name": "a.txt"}]})
    client.put("/v1.0/me/drive/items/i1/content", data=b"a", content_type="text/plain")
    name = "@microsoft.graph.downloadUrl"

    urls = [
        client.get("/v1.0/me/drive/items/i1", base_url=f"http://{host}").json[name]
        for host in ("a.test", "b.test", "a.test")
    ]

    hosts = [url.partition("//")[2].partition("/")[0] for url in urls]
    assert hosts == ["a.test", "b.test", "a.test"]


@pytest.mark.parametrize("path", ["users", MAIL], ids=["kept whole", "worked out"])
def test_rows_are_shown_as_each_client_asks(mail, path):
    ways = [
        ("", {}),
        ("?$select=id", {}),
        ("", {"Accept": "application/json;odata.metadata=none"}),
        ("", {"Accept": "application/json;odata.metadata=full"}),
        ("?$select=id", {"Accept": "application/json;odata.metadata=full"}),
    ]
    first = [mail.get(f"/v1.0/{path}{query}", headers=headers).json for query, headers in ways]
    again = [mail.get(f"/v1.0/{path}{query}", headers=headers).json for query, headers in ways]

    assert again == first
    assert len({str(body) for body in first}) == len(ways)


def test_a_change_is_shown_and_so_is_what_comes_and_goes(mail):
    mail.patch(f"/v1.0/{MAIL}/m1", json={"subject": "Others"})
    assert [each["subject"] for each in listed(mail, MAIL)] == ["Others"]
    assert mail.get(f"/v1.0/{MAIL}/m1").json["subject"] == "Others"

    made = make(mail, MAIL, {"subject": "More"})
    assert {each["id"] for each in listed(mail, MAIL)} == {"m1", made["id"]}

    mail.delete(f"/v1.0/{MAIL}/m1")  # it is in the bin, with another id
    assert mail.get(f"/v1.0/{MAIL}/m1").status_code == 400
    assert "m1" not in {each["id"] for each in listed(mail, MAIL)}


def test_what_is_no_more_keeps_nothing_of_how_it_was_shown(mail):
    """It is still told of, by who asks what has changed."""
    for number in range(3):
        mail.patch(f"/v1.0/{MAIL}/m1", json={"subject": f"Plans {number}"})
        assert attachments(mail) == [False, False]
    mail.delete(f"/v1.0/{MAIL}/m1")

    store = tenants_of(mail.application).of_token(None).store
    before = [each.before for each in store.changes.written_after(0)]
    gone = [row for row in before if row is not None and "subject" in row.record]
    assert [row.record["subject"] for row in gone] == ["Plans", *(f"Plans {n}" for n in range(3))]
    assert [row.shown_as[1] for row in gone] == [b""] * 4


def test_what_is_shown_is_kept_once(mail):
    (row,) = tenants_of(mail.application).of_token(None).store.container("user/messages").scan()
    text, shown = orjson.dumps(row.record), row.shown_as[1]

    assert json.loads(shown)["subject"] == "Plans"
    assert sum(map(len, (each for each in (row._json, shown) if each))) < len(text) + len(shown)
    assert row.json == text


GROUPS = {name: {"displayName": name, "mailEnabled": False, "mailNickname": name} for name in "ab"}


@pytest.fixture
def people(client):
    """Two users in the groups a and b, and one in none."""
    names = ["u1", "u2", "u3"]
    users = [{"id": each, **user(userPrincipalName=f"{each}@contoso.com")} for each in names]
    groups = [{"id": id_, "securityEnabled": True, **body} for id_, body in GROUPS.items()]
    seed(client, {"users": users, "groups": groups})
    kind = "#microsoft.graph.user"
    members = [{"@odata.type": kind, **each} for each in users[:2]]
    seed(client, {f"groups/{id_}/members": members for id_ in GROUPS})
    return client


def expanded(client, query="$expand=memberOf", prefix="/v1.0", **options):
    """The body of the page of users, asked for so often that what is kept is in it."""
    first, *again = [client.get(f"{prefix}/users?{query}", **options) for _ in range(4)]
    assert first.status_code == 200, first.text
    assert {each.data for each in again} == {first.data}
    return first.json


def groups_of(client, **options):
    """The names of the groups that users are shown in."""
    page = expanded(client, **options)["value"]
    return [[each["displayName"] for each in one["memberOf"]] for one in page]


def test_what_is_expanded_is_kept_until_something_is_written(people):
    before = KEPT.size
    assert groups_of(people) == [["a", "b"], ["a", "b"], []]
    assert KEPT.size > before

    people.patch("/v1.0/groups/a", json={"displayName": "Other"})
    assert groups_of(people) == [["Other", "b"], ["Other", "b"], []]

    assert people.delete("/v1.0/groups/b/members/u1/$ref").status_code == 204
    assert groups_of(people) == [["Other"], ["Other", "b"], []]

    assert people.post("/_fakegraph/snapshots", json={"name": "before"}).status_code == 201
    people.delete("/v1.0/groups/a")
    assert groups_of(people) == [[], ["b"], []]
    people.post("/_fakegraph/snapshots/before/restore")
    assert groups_of(people) == [["Other"], ["Other", "b"], []]


def test_what_is_expanded_is_shown_as_each_client_asks(people):
    bare = {"headers": {"Accept": "application/json;odata.metadata=none"}}
    people.post(
        "/v1.0/groups/b/owners/$ref",
        json={"@odata.id": "http://localhost/v1.0/directoryObjects/u2"},
    )
    ways = [
        ("$expand=memberOf", {}),
        ("$expand=memberOf($select=id)", {}),
        ("$expand=memberOf($select=displayName)", {}),
        ("$expand=transitiveMemberOf", {}),
        ("$expand=memberOf", {"base_url": "http://other.test"}),
        ("$expand=memberOf", bare),
        ("$expand=memberOf($select=id)", bare),
        ("$expand=ownedObjects", bare),
        ("$expand=memberOf", {"headers": {"Accept": "application/json;odata.metadata=full"}}),
    ]
    bodies = [expanded(people, query, **options) for query, options in ways]
    assert [expanded(people, query, **options) for query, options in ways] == bodies
    assert len({str(body) for body in bodies}) == len(ways)
    (other,) = [body for body in bodies if "http://other.test/" in str(body)]
    assert "http://localhost/" not in str(other)


def test_a_page_of_some_of_what_is_kept_and_others_is_whole(people):
    for query in ("$top=1", "$top=2", "$filter=id eq 'u2'", "$top=3"):
        page = expanded(people, f"$expand=memberOf&{query}")["value"]
        assert [len(each["memberOf"]) for each in page] == [
            {"u3": 0}.get(each["id"], 2) for each in page
        ]


def test_what_the_time_changes_is_not_kept(client):
    for path in ("a/a.txt", "b/b.txt"):
        client.put(f"/v1.0/me/drive/root:/{path}:/content", data=b"a", content_type="text/plain")

    def urls():
        page = listed(client, "me/drive/root/children?$expand=children")
        return [item["@microsoft.graph.downloadUrl"] for each in page for item in each["children"]]

    client.put("/_fakegraph/clock", json={"frozen": True, "now": "2026-01-01T00:00:00Z"})
    for _ in range(2):
        before = [urls() for _ in range(4)]
        client.put("/_fakegraph/clock", json={"advance": "PT2H"})
        assert len(before[0]) == 2
        assert set(urls()).isdisjoint(before[0] + before[-1])


def test_a_page_inside_is_as_long_as_asked(client):
    pupils = [{"id": f"u{number}"} for number in range(3)]
    classes = [{"id": "c1"}, {"id": "c2"}]
    seed(client, {"education/users": pupils, "education/classes": classes})
    seed(client, {f"education/classes/{each['id']}/members": pupils for each in classes})
    for top in (3, 1, 2, 3):
        for _ in range(3):
            page = listed(client, f"education/classes?$expand=members($select=id;$top={top})")
            assert [len(each["members"]) for each in page] == [top, top]


def test_tenants_expand_each_its_own(people):
    for name in "ab":
        people.post("/_fakegraph/tenants", json={"id": name})
        prefix = f"/tenants/{name}/v1.0"
        assert people.post(f"{prefix}/users", json=user()).status_code == 201
    groups = people.get("/tenants/a/v1.0/groups").json["value"]
    assert groups_of(people, prefix="/tenants/b/v1.0") == [[]]
    assert groups == []
    assert groups_of(people) == [["a", "b"], ["a", "b"], []]


def test_what_is_kept_is_bounded_and_what_was_asked_for_last_stays():
    kept = Kept(10_000)
    for way in ("a", "b", "c"):
        for _ in range(2):
            known = kept.of(("store", 1), way)
        assert known == {}
        kept.keep(("store", 1), way, {1: b"x" * 2_000})
        kept.of(("store", 1), "a")
    assert kept.size <= 10_000
    assert kept.of(("store", 1), "a") == {1: b"x" * 2_000}
    assert kept.of(("store", 1), "b") is None

    kept.keep(("store", 1), "a", {2: b"x" * 10_000})
    assert kept.size <= 10_000
    assert kept.of(("store", 1), "a") is None


def test_what_was_found_before_a_write_is_not_kept_behind_it():
    kept = Kept(10_000)
    kept.of(("store", 1), "a")
    kept.of(("store", 2), "a")
    kept.keep(("store", 1), "a", {1: b"old"})
    assert kept.of(("store", 2), "a") == {}
    kept.keep(("store", 2), "a", {1: b"new"})
    assert kept.of(("store", 2), "a") == {1: b"new"}
    assert kept.of(("store", 1), "a") is None
