"""``--model``: a version with a model of the user's own."""

from __future__ import annotations

import pytest

from fakegraph.settings import Settings, SettingsError
from tests.conftest import assert_error

CSDL = """<edmx:Edmx Version="4.0" xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx">
<edmx:DataServices><Schema Namespace="shop" xmlns="http://docs.oasis-open.org/odata/ns/edm">
  <EntityType Name="gadget"><Key><PropertyRef Name="id"/></Key>
    <Property Name="id" Type="Edm.String" Nullable="false"/>
    <Property Name="weight" Type="Edm.Int32"/>
  </EntityType>
  <EntityContainer Name="service"><EntitySet Name="gadgets" EntityType="shop.gadget"/></EntityContainer>
</Schema></edmx:DataServices></edmx:Edmx>"""


@pytest.fixture
def shop(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    file = tmp_path / "shop.csdl"
    file.write_text(CSDL)
    return file


def test_a_version_can_have_another_model(make_client, shop):
    client = make_client(model=f"v1.0={shop}", surface="declared")

    made = client.post("/v1.0/gadgets", json={"id": "a", "weight": 3})
    assert made.status_code == 201
    heavy = client.get("/v1.0/gadgets?$filter=weight gt 2").json["value"]
    assert heavy == [{"id": "a", "weight": 3}]
    assert_error(client.get("/v1.0/gadgets/a/colour"), 400, "BadRequest", "'colour'")
    assert_error(client.get("/v1.0/users"), 400, "BadRequest", "'users'")
    assert client.get("/beta/users").json["value"] == []
    names = [each["name"] for each in client.get("/v1.0/").json["value"]]
    assert "gadgets" in names
    assert "users" not in names
    assert b'Name="gadget"' in client.get("/v1.0/$metadata").data


def test_the_family_is_served_beside_it(make_client, shop):
    client = make_client(model=f"beta={shop}")
    assert client.get("/beta/reports/userCredentialUsageDetails").json["value"] == []


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("beta", "it takes VERSION=FILE"),
        ("v2.0={file}", "the versions are beta and v1.0"),
        ("beta={file}.none", "No such file"),
        ("beta={folder}", "it is a folder"),
        ("beta={broken}", "broken.csdl"),
    ],
)
def test_what_is_no_model_stops_the_start_in_one_line(make_client, shop, text, says):
    broken = shop.with_name("broken.csdl")
    broken.write_text("<a>&b;</a>")
    with pytest.raises(SettingsError) as caught:
        make_client(model=text.format(file=shop, folder=shop.parent, broken=broken))
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_what_the_surface_takes_is_one_of_three():
    with pytest.raises(SettingsError, match="permitted, known, declared"):
        Settings(surface="all")
