"""One class and one registration: everything else follows."""

from __future__ import annotations

import json

import pytest

from fakegraph.app import close_app, create_app
from fakegraph.edm import fields
from fakegraph.edm.model import EntitySet, Model
from fakegraph.edm.schema import EntitySchema
from fakegraph.edm.types import enum_type
from fakegraph.settings import Settings
from tests.conftest import assert_error

SHAPE = enum_type("gadgetShape", "round", "square", "unknownFutureValue", "klein")


class Gadget(EntitySchema):
    edm_name = "gadget"
    name = fields.String(ignore_case=True, index="equality", filters=("eq",))
    weight = fields.Int64()
    shape = fields.Enum(SHAPE)
    made = fields.DateTimeOffset(index="order", sorts=True)
    tags = fields.Collection(fields.String())


def models():
    model = Model("beta")
    model.add(EntitySet("shop/gadgets", Gadget, ("Shop.Read",), options=frozenset({"filter"})))
    return {"beta": model}


@pytest.fixture
def make():
    apps = []

    def make(**settings):
        app = create_app(Settings(**{"fixture": (), "auth": "off", **settings}), models=models())
        apps.append(app)
        return app.test_client()

    yield make
    for app in apps:
        close_app(app)


def gadget(**changes):
    whole = {
        "name": "Top",
        "weight": 5,
        "shape": "round",
        "made": "2024-01-01T00:00:00Z",
        "tags": ["a"],
    }
    return {**whole, **changes}


URL = "/beta/shop/gadgets"


def test_it_is_stored_and_queried(make):
    client = make()
    for number in range(5):
        created = client.post(URL, json=gadget(id=str(number), weight=number))
        assert created.status_code == 201
        assert created.json["@odata.type"] == "#microsoft.graph.gadget"
    assert client.get(f"{URL}/3").json["weight"] == 3
    assert client.patch(f"{URL}/3", json={"tags": ["b"]}).json["tags"] == ["b"]
    page = client.get(
        f"{URL}?$filter=weight ge 2 and tags/any(t:t eq 'a')&$orderby=weight desc&$top=1&$count=true"
    ).json
    assert page["@odata.count"] == 2
    assert [each["id"] for each in page["value"]] == ["4"]
    assert [each["id"] for each in client.get(page["@odata.nextLink"]).json["value"]] == ["2"]
    assert client.get(f"{URL}/$count?$filter=name eq 'TOP'").text == "5"
    assert client.delete(f"{URL}/0").status_code == 204
    assert_error(client.post(URL, json=gadget(shape="flat")), 400, "BadRequest", "round, square")
    assert_error(
        client.get(f"{URL}?$filter=colour eq 'x'"), 400, "BadRequest", "microsoft.graph.gadget"
    )


def test_its_enum_evolves(make):
    client = make()
    asked = {"Prefer": "include-unknown-enum-members"}
    assert_error(client.post(URL, json=gadget(shape="klein")), 400, "BadRequest", "Prefer")
    assert client.post(URL, json=gadget(id="k", shape="klein"), headers=asked).status_code == 201
    assert client.get(f"{URL}/k").json["shape"] == "unknownFutureValue"
    assert client.get(f"{URL}/k", headers=asked).json["shape"] == "klein"


def test_it_is_batched(make):
    requests = [
        {
            "id": "1",
            "method": "POST",
            "url": "/shop/gadgets",
            "headers": {"Content-Type": "application/json"},
            "body": gadget(id="b"),
        },
        {"id": "2", "method": "GET", "url": "/shop/gadgets/b?$select=name", "dependsOn": ["1"]},
    ]
    answer = make().post("/beta/$batch", json={"requests": requests}).json["responses"]
    assert [each["status"] for each in answer] == [201, 200]
    assert answer[1]["body"]["name"] == "Top"


def test_it_is_described(make):
    client = make()
    listed = client.get("/beta/").json["value"]
    assert {"name": "shop", "kind": "Singleton", "url": "shop"} in listed
    assert {"name": "users", "kind": "EntitySet", "url": "users"} in listed
    metadata = client.get("/beta/$metadata").text
    for name in ("gadget", "gadgetShape", "shopRoot", "klein"):
        assert f'"{name}"' in metadata
    paths = client.get("/_fakegraph/openapi.json").json["paths"]
    assert {"get", "post"} <= paths["/beta/shop/gadgets"].keys()
    assert {"get", "patch", "delete"} <= paths["/beta/shop/gadgets/{id}"].keys()


def test_it_is_typed_where_that_is_asked_for(make):
    client = make()
    client.post(URL, json=gadget(id="t"))
    full = client.get(f"{URL}/t", headers={"Accept": "application/json;odata.metadata=full"}).json
    assert full["weight@odata.type"] == "#Int64"
    assert full["@odata.id"] == "shop/gadgets('t')"
    long = client.get(f"{URL}/t", headers={"Accept": "application/json;IEEE754Compatible=true"})
    assert long.json["weight"] == "5"


def test_it_is_seeded_and_kept(make, tmp_path):
    (tmp_path / "gadgets.jsonl").write_text(json.dumps(gadget(id="f")))
    client = make(fixture=(str(tmp_path / "gadgets.jsonl"),), data_dir=tmp_path / "data")
    assert client.post("/_fakegraph/seed", json={"gadgets": [gadget(id="s")]}).status_code == 200
    stored = client.get("/_fakegraph/records/shop/gadgets").json["value"]
    assert [each["id"] for each in stored] == ["f", "s"]
    bad = client.post("/_fakegraph/seed", json={"gadgets": [gadget(weight="5")]})
    assert_error(bad, 400, "BadRequest", "weight")
    assert client.post("/_fakegraph/reset").status_code == 204
    assert client.get(f"{URL}/$count").text == "1"


def test_it_is_guarded(make):
    client = make(auth="strict")
    for roles, status in ((["Shop.Read"], 200), (["Reports.Read.All"], 403), (None, 200)):
        body = {} if roles is None else {"roles": roles}
        token = client.post("/_fakegraph/tokens", json=body).json["access_token"]
        answer = client.get(URL, headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == status


def test_it_is_strict_where_that_is_asked_for(make):
    client = make(strict_queries=True)
    assert client.get(f"{URL}?$filter=name eq 'x'").status_code == 200
    assert_error(
        client.get(f"{URL}?$filter=weight eq 1"), 400, "BadRequest", "'weight' cannot be used"
    )
    assert_error(client.get(f"{URL}?$top=1"), 400, "BadRequest", "'Top' is not allowed")
