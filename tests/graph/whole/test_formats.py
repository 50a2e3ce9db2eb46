"""How much things say of themselves, and to whom: formats, and members that not all know."""

from __future__ import annotations

from tests.graph.whole.conftest import listed, make, seed, user

PIXEL = b"\x89PNG\r\n\x1a\n" + b"\0\0\0\rIHDR" + bytes([0, 0, 1, 0, 0, 0, 0, 240]) + bytes(8)


def accept(metadata, ieee754="false"):
    return {"Accept": f"application/json;odata.metadata={metadata};IEEE754Compatible={ieee754}"}


def test_full_metadata_tells_types_and_addresses(client):
    made = make(client, "users", user())
    found = client.get(
        "/v1.0/me?$select=id,createdDateTime,signInSessionsValidFromDateTime,identities",
        headers=accept("full"),
    )

    assert found.json["@odata.type"] == "#microsoft.graph.user"
    assert found.json["@odata.id"] == f"users/{made['id']}"
    assert found.json["createdDateTime@odata.type"] == "#DateTimeOffset"
    assert "odata.metadata=full" in found.content_type


def test_no_metadata_leaves_annotations_out(client):
    seed(client, {"groups/g1/members": [{"@odata.type": "#microsoft.graph.user", "id": "u1"}]})

    body = client.get("/v1.0/groups/g1/members?$select=id", headers=accept("none")).json

    assert body == {"value": [{"id": "u1"}]}


def test_long_numbers_are_texts_where_that_is_asked_for(client):
    seed(client, {"me/drive/items": [{"id": "i1", "name": "a.txt", "size": 12}]})

    found = client.get("/v1.0/me/drive/items/i1?$select=size", headers=accept("minimal", "true"))

    assert found.json["size"] == "12"


def test_members_behind_the_sentinel_are_for_those_who_ask(client):
    path = "identity/conditionalAccess/policies"
    grants = {"grantControls": {"operator": "OR", "builtInControls": ["mfa", "riskRemediation"]}}
    seed(client, {path: [{"id": "p1", **grants}]})

    (shown,) = listed(client, path)
    assert shown["grantControls"]["builtInControls"] == ["mfa", "unknownFutureValue"]
    (whole,) = listed(client, path, headers={"Prefer": "include-unknown-enum-members"})
    assert whole["grantControls"]["builtInControls"] == ["mfa", "riskRemediation"]


def test_bytes_are_given_whatever_is_asked_for(client):
    seed(client, {"me/messages": [{"id": "m1", "subject": "Moon"}]})
    client.put("/v1.0/me/photo/$value", data=PIXEL, content_type="image/png")
    wished = ("text/plain", "message/rfc822", "image/*", "application/octet-stream")

    for path in ("me/messages/m1/$value", "me/photo/$value"):
        for each in wished:
            assert client.get(f"/v1.0/{path}", headers={"Accept": each}).status_code == 200

    put = client.put("/v1.0/me/photo/$value", data=PIXEL, headers={"Accept": "image/*"})
    assert put.status_code == 406


def test_a_report_is_a_table_for_who_asks_for_one(client):
    path = "/v1.0/reports/getEmailActivityUserDetail(period='D7')"

    taken = [client.get(path, headers={"Accept": f"{each}"}) for each in ("text/csv", "image/png")]

    assert [each.status_code for each in taken] == [302, 406]
