"""Formats, encodings, and the methods that ask about others: what a client may wish for."""

from __future__ import annotations

import gzip
import json
import zlib

import pytest

from fakegraph.app import close_app, create_app
from fakegraph.edm import fields
from fakegraph.edm.model import EntitySet, Model
from fakegraph.edm.schema import ComplexSchema, EntitySchema
from fakegraph.edm.types import enum_type
from fakegraph.settings import Settings
from tests.conftest import EVENT, SET, assert_error, create, event

COLOUR = enum_type("colour", "red", "unknownFutureValue", "octarine")


class Size(ComplexSchema):
    edm_name = "size"
    width = fields.Int64()
    colour = fields.Enum(COLOUR)


class Widget(EntitySchema):
    edm_name = "widget"
    name = fields.String()
    weight = fields.Int64()
    price = fields.Decimal(nullable=True)
    ready = fields.Boolean()
    when = fields.DateTimeOffset()
    colours = fields.Collection(fields.Enum(COLOUR))
    size = fields.Complex(Size)
    sizes = fields.Collection(fields.Complex(Size))


WIDGET = {
    "id": "w",
    "name": "Wheel",
    "weight": 9007199254740993,
    "price": 12.5,
    "ready": True,
    "when": "2024-01-01T00:00:00Z",
    "colours": ["red", "octarine"],
    "size": {"width": 5, "colour": "octarine"},
    "sizes": [{"width": 6, "colour": "red"}],
}
TYPED = {
    "@odata.type": "#microsoft.graph.widget",
    "@odata.id": "things/widgets('w')",
    "@odata.editLink": "things/widgets('w')",
    "id": "w",
    "name": "Wheel",
    "weight@odata.type": "#Int64",
    "weight": 9007199254740993,
    "price@odata.type": "#Decimal",
    "price": 12.5,
    "ready": True,
    "when@odata.type": "#DateTimeOffset",
    "when": "2024-01-01T00:00:00Z",
    "colours@odata.type": "#Collection(microsoft.graph.colour)",
    "colours": ["red", "unknownFutureValue"],
    "size": {
        "@odata.type": "#microsoft.graph.size",
        "width@odata.type": "#Int64",
        "width": 5,
        "colour@odata.type": "#microsoft.graph.colour",
        "colour": "unknownFutureValue",
    },
    "sizes@odata.type": "#Collection(microsoft.graph.size)",
    "sizes": [
        {
            "@odata.type": "#microsoft.graph.size",
            "width@odata.type": "#Int64",
            "width": 6,
            "colour@odata.type": "#microsoft.graph.colour",
            "colour": "red",
        }
    ],
}


@pytest.fixture
def widgets():
    """A client of a model with one entity set of the test's own."""
    model = Model("beta")
    model.add(EntitySet("things/widgets", Widget))
    app = create_app(Settings(fixture=(), auth="off"), models={"beta": model})
    client = app.test_client()
    body = {"widgets": [WIDGET]}
    assert client.post("/_fakegraph/seed", json=body).status_code == 200
    yield client
    close_app(app)


def accept(text):
    return {"Accept": f"application/json;{text}"}


def test_full_metadata_types_everything_that_json_does_not(widgets):
    answer = widgets.get("/beta/things/widgets/w", headers=accept("odata.metadata=full"))

    context = "http://localhost/beta/$metadata#things/widgets/$entity"
    assert answer.json == {"@odata.context": context, **TYPED}
    assert answer.headers["Content-Type"].startswith("application/json;odata.metadata=full;")
    page = widgets.get("/beta/things/widgets?$format=application/json;metadata=full").json
    assert page["value"] == [TYPED]
    selected = widgets.get("/things/widgets?$select=name", headers=accept("odata.metadata=full"))
    assert selected.json["value"] == [
        {**{name: TYPED[name] for name in TYPED if name[0] == "@"}, "name": "Wheel"}
    ]


def test_no_metadata_leaves_links_and_counts(contoso):
    url = f"{SET}?$top=2&$count=true"
    page = contoso.get(url, headers=accept("odata.metadata=none"))

    assert set(page.json) == {"@odata.nextLink", "@odata.count", "value"}
    assert page.headers["Content-Type"].startswith("application/json;odata.metadata=none;")
    key = page.json["value"][0]["id"]
    one = contoso.get(f"{SET}/{key}", headers=accept("odata.metadata=none")).json
    assert not [name for name in one if "@" in name]
    created = contoso.post(SET, json=EVENT, headers=accept("odata.metadata=none")).json
    assert not [name for name in created if "@" in name]


def test_long_numbers_are_texts_where_the_client_wants_it(widgets):
    wish = accept("IEEE754Compatible=true")
    one = widgets.get("/beta/things/widgets/w", headers=wish)

    assert (one.json["weight"], one.json["price"]) == ("9007199254740993", "12.5")
    assert one.json["size"]["width"] == "5"
    assert "IEEE754Compatible=true" in one.headers["Content-Type"]
    assert widgets.get("/things/widgets?$count=true", headers=wish).json["@odata.count"] == "1"
    assert widgets.get("/beta/things/widgets/w").json["weight"] == 9007199254740993


def test_long_numbers_are_taken_as_texts_where_the_client_says_so(widgets):
    changes = {
        "weight": "-9223372036854775808",
        "price": "0.5",
        "size": {"width": "7", "colour": "red"},
    }
    typed = {"Content-Type": "application/json;IEEE754Compatible=true"}
    url = "/beta/things/widgets/w"

    assert_error(widgets.patch(url, json=changes), 400, "BadRequest", "Edm.Int64")
    changed = widgets.patch(url, data=json.dumps(changes), headers=typed)
    assert changed.json["weight"] == -9223372036854775808
    assert (changed.json["price"], changed.json["size"]["width"]) == (0.5, 7)
    for bad in ("1.5", "1e3", "", "9223372036854775808", "0x1", " 1"):
        answer = widgets.patch(url, data=json.dumps({"weight": bad}), headers=typed)
        assert_error(answer, 400, "BadRequest", "Edm.Int64")


def test_later_members_are_hidden_in_nested_objects_too(widgets):
    url = "/beta/things/widgets/w"

    assert widgets.get(url).json["size"]["colour"] == "unknownFutureValue"
    shown = widgets.get(url, headers={"Prefer": "include-unknown-enum-members"})
    assert shown.json["size"]["colour"] == "octarine"
    assert shown.json["colours"] == ["red", "octarine"]


@pytest.mark.parametrize(
    ("accepted", "metadata"),
    [
        (
            "application/json;odata.metadata=none;q=0.2, application/json;odata.metadata=full;q=0.9",
            "full",
        ),
        ("text/html, application/json;metadata=none", "none"),
        ("*/*;q=0.1, application/json;odata.metadata=full", "full"),
        ("application/*", "minimal"),
    ],
)
def test_the_most_wanted_format_is_given(client, accepted, metadata):
    answer = client.get(SET, headers={"Accept": accepted})

    assert f"odata.metadata={metadata};" in answer.headers["Content-Type"]


def test_a_delete_has_no_body_to_be_picky_about(client):
    create(client, id="a")

    assert client.delete(f"{SET}/a", headers={"Accept": "text/plain"}).status_code == 204


def test_format_option_beats_the_accept_header(client):
    answer = client.get(f"{SET}?$format=json", headers=accept("odata.metadata=full"))

    assert "odata.metadata=minimal" in answer.headers["Content-Type"]


def test_large_answers_are_compressed_for_those_who_take_it(contoso):
    plain = contoso.get(SET)
    packed = contoso.get(SET, headers={"Accept-Encoding": "br, gzip;q=0.8"})

    assert packed.headers["Content-Encoding"] == "gzip"
    assert packed.headers["Vary"] == "Accept-Encoding"
    assert int(packed.headers["Content-Length"]) == len(packed.data) < len(plain.data) / 3
    assert gzip.decompress(packed.data) == plain.data
    assert "Content-Encoding" not in plain.headers


@pytest.mark.parametrize("wish", ["identity", "gzip;q=0", "br", "", "*;q=0, identity", "deflate"])
def test_others_get_them_as_they_are(contoso, wish):
    assert "Content-Encoding" not in contoso.get(SET, headers={"Accept-Encoding": wish}).headers


@pytest.mark.parametrize("wish", ["identity;q=0", "br, *;q=0", "gzip;q=0, identity;q=0"])
def test_an_encoding_that_cannot_be_given_is_406(contoso, wish):
    answer = contoso.get(SET, headers={"Accept-Encoding": wish})

    assert_error(answer, 406, "NotAcceptable", "gzip and identity")


def test_small_answers_are_not_compressed(client):
    assert "Content-Encoding" not in client.get(SET, headers={"Accept-Encoding": "gzip"}).headers


def send(client, data, encoding="gzip"):
    headers = {"Content-Type": "application/json", "Content-Encoding": encoding}
    return client.post(SET, data=data, headers=headers)


def test_compressed_bodies_are_read(client):
    body = json.dumps(event(id="a")).encode()

    assert send(client, gzip.compress(body)).status_code == 201
    assert client.get(f"{SET}/a").status_code == 200
    (entry,) = client.get("/_fakegraph/requests?method=POST").json["value"]
    assert entry["json"]["id"] == "a"


# The same bytes in every run: they are the names of tests.
PACKED = gzip.compress(b"{}", mtime=0)


@pytest.mark.parametrize(
    ("data", "status", "words"),
    [
        (b"xyz", 400, "not gzip"),
        (b"", 400, "not one whole"),
        (PACKED[:-4], 400, "not one whole"),
        (PACKED + b"more", 400, "not one whole"),
        (PACKED * 2, 400, "not one whole"),
        (zlib.compress(b"{}"), 400, "not gzip"),
        (gzip.compress(b" " * 5_000_000, mtime=0), 413, "inflates to more"),
    ],
)
def test_bad_compressed_bodies_are_refused(client, data, status, words):
    answer = send(client, data)

    assert answer.status_code == status
    assert words in answer.json["error"]["message"]


def test_head_is_a_get_without_its_body(contoso):
    for url in (SET, f"{SET}/$count", "/beta/", "/reports/getCredentialUserRegistrationCount"):
        whole, head = contoso.get(url), contoso.head(url)
        assert head.status_code == 200
        assert head.data == b""
        for name in ("Content-Length", "Content-Type", "OData-Version"):
            assert head.headers[name] == whole.headers[name]
    missing = contoso.head(f"{SET}/nobody")
    assert (missing.status_code, missing.data) == (404, b"")


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        (SET, "GET, POST, HEAD, OPTIONS"),
        (f"{SET}/a", "GET, PATCH, DELETE, HEAD, OPTIONS"),
        ("/beta/$batch", "POST, OPTIONS"),
    ],
)
def test_options_says_what_is_allowed(make_client, url, allowed):
    answer = make_client(auth="bearer").options(url)

    assert (answer.status_code, answer.data) == (200, b"")
    assert answer.headers["Allow"] == allowed


def test_options_of_nothing_is_refused(client):
    assert_error(client.options("/beta/people"), 400, "BadRequest", "Resource not found")


def test_pages_may_not_send_their_token_along_to_where_a_file_is(make_client):
    client = make_client(auth="bearer")
    path, token = "/v1.0/me/drive/root:/a.txt", {"Authorization": "Bearer x"}
    seed = {"users": [{"userPrincipalName": "ada@contoso.com"}]}
    assert client.post("/_fakegraph/seed", json=seed).status_code == 200
    client.put(f"{path}:/content", data=b"a", headers={**token, "Content-Type": "text/plain"})
    session = client.post(f"{path}:/createUploadSession", json={}, headers=token).json
    for url, method in (
        (client.get(f"{path}:/content", headers=token).headers["Location"], "GET"),
        (session["uploadUrl"], "PUT"),
    ):
        ask = {
            "Origin": "https://app.example",
            "Access-Control-Request-Method": method,
            "Access-Control-Request-Headers": "Authorization,content-range,SdkVersion",
        }
        allowed = client.options(url, headers=ask).headers["Access-Control-Allow-Headers"]
        assert allowed == "content-range"


def test_pages_of_other_origins_may_call(make_client):
    client = make_client(auth="bearer")
    ask = {
        "Origin": "https://app.example",
        "Access-Control-Request-Method": "PATCH",
        "Access-Control-Request-Headers": "authorization,content-type,consistencylevel",
    }
    preflight = client.options(f"{SET}/a", headers=ask)

    assert preflight.status_code == 200
    assert preflight.headers["Access-Control-Allow-Origin"] == "*"
    methods = preflight.headers["Access-Control-Allow-Methods"].split(", ")
    assert {"GET", "POST", "PUT", "PATCH", "DELETE"} <= set(methods)
    assert (
        preflight.headers["Access-Control-Allow-Headers"] == ask["Access-Control-Request-Headers"]
    )
    assert "Access-Control-Allow-Private-Network" not in preflight.headers
    for headers, status in (({}, 401), ({"Authorization": "Bearer x"}, 200)):
        answer = client.get(SET, headers={"Origin": "https://app.example", **headers})
        assert answer.status_code == status
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        exposed = answer.headers["Access-Control-Expose-Headers"].split(", ")
        assert {"request-id", "WWW-Authenticate"} <= {*exposed}  # claims challenges are read there
    assert "Access-Control-Allow-Origin" not in client.get(SET).headers


def test_pages_of_other_origins_may_not_use_the_control_face(client):
    answer = client.get("/_fakegraph/tenants", headers={"Origin": "https://app.example"})
    preflight = client.options(
        "/_fakegraph/reset",
        headers={"Origin": "https://app.example", "Access-Control-Request-Method": "POST"},
    )

    for refused in (answer, preflight):
        assert refused.status_code in (403, 405)
        assert "Access-Control-Allow-Origin" not in refused.headers


def test_what_browsers_ask_by_themselves_uses_up_no_fault(client):
    client.post("/_fakegraph/faults", json={"status": 503})

    assert client.options(SET).status_code == 200
    assert client.get(SET).status_code == 503


def test_service_document_lists_what_there_is(make_client):
    client = make_client(auth="bearer")
    body = client.get("/beta/").json

    assert body["@odata.context"] == "http://localhost/beta/$metadata"
    assert {"name": "reports", "kind": "Singleton", "url": "reports"} in body["value"]
    assert {"name": "users", "kind": "EntitySet", "url": "users"} in body["value"]
    assert len(body["value"]) == 123
    assert len(client.get("/v1.0/").json["value"]) == 72
    assert client.get("/").json["@odata.context"] == "http://localhost/$metadata"
    assert_error(client.get("/beta/?$top=1"), 400, "BadRequest", "$top")
