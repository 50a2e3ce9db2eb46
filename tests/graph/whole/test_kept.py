"""What rows keep of how they were shown is never shown to another client, nor after a change."""

from __future__ import annotations

import json

import orjson
import pytest

from fakegraph.app import tenants_of
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
