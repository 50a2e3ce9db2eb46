"""Another service than Graph: what its model can have and Graph's has not."""

from __future__ import annotations

import pytest

from fakegraph.edm.published import open_model
from fakegraph.errors import GraphError
from fakegraph.graph.walk import Walk

DOCUMENT = """<?xml version="1.0" encoding="utf-8"?>
<edmx:Edmx Version="4.0" xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx"><edmx:DataServices>
<Schema Namespace="shop.base" xmlns="http://docs.oasis-open.org/odata/ns/edm">
  <EnumType Name="colour"><Member Name="red"/><Member Name="green"/></EnumType>
  <EntityType Name="thing"><Key><PropertyRef Name="code"/></Key>
    <Property Name="code" Type="Edm.Guid" Nullable="false"/>
    <Property Name="straße" Type="Edm.String"/></EntityType>
  <Action Name="mend" IsBound="true"><Parameter Name="it" Type="shop.base.thing"/></Action>
</Schema>
<Schema Namespace="shop" xmlns="http://docs.oasis-open.org/odata/ns/edm">
  <EntityType Name="line"><Key><PropertyRef Name="order"/><PropertyRef Name="number"/></Key>
    <Property Name="order" Type="Edm.String" Nullable="false"/>
    <Property Name="number" Type="Edm.Int32" Nullable="false"/></EntityType>
  <EntityType Name="tool" BaseType="shop.base.thing">
    <NavigationProperty Name="lines" Type="Collection(shop.line)"/>
    <Property Name="at" Type="shop.place"/>
    <Annotation Term="Org.OData.Core.V1.AlternateKeys"><Collection>
      <Record><PropertyValue Property="Key"><Collection><Record>
        <PropertyValue Property="Alias" String="shelf"/>
        <PropertyValue Property="Name" PropertyPath="at/shelf"/>
      </Record></Collection></PropertyValue></Record></Collection></Annotation></EntityType>
  <ComplexType Name="place"><Property Name="shelf" Type="Edm.Int16"/></ComplexType>
  <EntityType Name="paint"><Key><PropertyRef Name="colour"/></Key>
    <Property Name="colour" Type="shop.base.colour" Nullable="false"/></EntityType>
  <Function Name="nearest"><Parameter Name="lat" Type="Edm.Double" Nullable="false"/>
    <Parameter Name="within" Type="Edm.Duration"/><ReturnType Type="shop.tool"/></Function>
  <Function Name="open" IsComposable="true"><ReturnType Type="Collection(shop.tool)"/></Function>
  <Action Name="reset"/>
  <Function Name="cost" IsBound="true"><Parameter Name="it" Type="shop.tool"/>
    <Parameter Name="at" Type="Edm.Date"><Annotation Term="Org.OData.Core.V1.OptionalParameter"/></Parameter>
    <Parameter Name="in" Type="Edm.String"/>
    <ReturnType Type="Edm.Int32"/></Function>
  <Function Name="cost" IsBound="true"><Parameter Name="it" Type="shop.tool"/>
    <Parameter Name="in" Type="Edm.String"/><ReturnType Type="Edm.Int64"/></Function>
  <EntityContainer Name="Service">
    <EntitySet Name="tools" EntityType="shop.tool"/>
    <EntitySet Name="lines" EntityType="shop.line"/>
    <EntitySet Name="paints" EntityType="shop.paint"/>
    <FunctionImport Name="nearby" Function="shop.nearest"/>
    <FunctionImport Name="open" Function="shop.open"/>
    <ActionImport Name="reset" Action="shop.reset"/>
  </EntityContainer>
</Schema></edmx:DataServices></edmx:Edmx>"""
CODE = "4c03f248-f248-4c03-48f2-034c48f2034c"


@pytest.fixture(scope="module")
def walk(tmp_path_factory):
    file = tmp_path_factory.mktemp("model") / "shop.csdl"
    file.write_text(DOCUMENT)
    return Walk(open_model(file))


@pytest.mark.parametrize(
    ("path", "template", "type_", "keys"),
    [
        (f"/tools/{CODE.upper()}", "/tools/{id}", "shop.tool", {"code": CODE}),
        (f"/tools({CODE})", "/tools/{id}", "shop.tool", {"code": CODE}),
        ("/lines(number=7,order='a')", "/lines/{id}", "shop.line", {"order": "a", "number": 7}),
        (f"/tools/{CODE}/lines(Order='a',Number=7)", "/tools/{id}/lines/{id}", "shop.line",
         {"order": "a", "number": 7}),
        ("/tools(Shelf=7)", "/tools(shelf={shelf})", "shop.tool", {"at/shelf": 7}),
        ("/tools/shelf=7", "/tools(shelf={shelf})", "shop.tool", {"at/shelf": 7}),
        ("/paints/Green", "/paints/{id}", "shop.paint", {"colour": "green"}),
        ("/paints(shop.base.colour'green')", "/paints/{id}", "shop.paint", {"colour": "green"}),
        (f"/tools/shop.base.thing/{CODE}", "/tools/shop.base.thing/{id}", "shop.base.thing",
         {"code": CODE}),
    ],
)  # fmt: skip
def test_keys_are_of_any_type_and_number(walk, path, template, type_, keys):
    walked = walk(path)

    assert (walked.template, str(walked.type), walked.kind) == (template, type_, "item")
    assert walked.segments()[-1].keys == keys


def test_operations_may_stand_at_the_beginning(walk):
    nearby = walk("/nearby(lat=1.5,within=duration'PT1H')")

    assert (nearby.template, nearby.kind) == ("/nearest(lat={lat},within={within})", "function")
    assert nearby.segments()[-1].arguments == {"lat": 1.5, "within": "PT1H"}
    assert (walk("/reset").kind, walk("/reset").allowed()) == ("action", ())
    assert str(walk(f"/open/{CODE}/lines").type) == "shop.line"


def test_the_overload_that_leaves_nothing_out_is_nearest(walk):
    assert str(walk(f"/tools/{CODE}/cost(in='EUR')").type) == "Edm.Int64"
    assert str(walk(f"/tools/{CODE}/cost(at=2024-02-29,in='EUR')").type) == "Edm.Int32"


def test_names_of_other_namespaces_are_found(walk):
    assert walk(f"/tools/{CODE}/shop.base.mend").kind == "action"
    assert walk(f"/tools/{CODE}/stra%C3%9Fe").kind == "property"


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/lines/7", "The keys of shop.line are (order=…,number=…)."),
        ("/lines('a')", "The keys of shop.line are (order=…,number=…)."),
        ("/lines(order='a')", "The keys of shop.line are (order=…,number=…)."),
        ("/tools/x", "it takes a GUID, as in"),
        ("/paints/blue", "it takes one of 'red', 'green'"),
        ("/nearby(lat=1)", "It is called as nearest(lat,within)."),
        ("/nearby/x", "must be the last segment"),
        (f"/tools/{CODE}/STRASSE", "Resource not found for the segment 'STRASSE'."),
        ("/mend", "Resource not found for the segment 'mend'."),
    ],
)
def test_what_it_does_not_have_is_refused(walk, path, words):
    with pytest.raises(GraphError) as caught:
        walk(path).segments()
    assert caught.value.status == 400
    assert words in caught.value.message
