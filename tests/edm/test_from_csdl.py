"""From CSDL to a model file: what is kept, under which names, and what no model is made of."""

from __future__ import annotations

import pytest

from fakegraph.edm.from_csdl import MAX_BYTES, CsdlError, model_text
from fakegraph.edm.published import PublishedModel
from fakegraph.edm.types import CollectionType, StructuredType


def document(schema, *, attributes='Namespace="shop" Alias="s"', before=""):
    return f"""<?xml version="1.0" encoding="utf-8"?>{before}
<edmx:Edmx Version="4.0" xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx">
  <edmx:Reference Uri="https://example.test/core.xml">
    <edmx:Include Namespace="Org.OData.Core.V1" Alias="Core"/>
  </edmx:Reference>
  <edmx:DataServices><Schema {attributes} xmlns="http://docs.oasis-open.org/odata/ns/edm">
    {schema}
  </Schema></edmx:DataServices></edmx:Edmx>""".encode()


def model(schema, **kwargs):
    return PublishedModel(model_text(document(schema, **kwargs)).encode())


SHOP = """
<TypeDefinition Name="money" UnderlyingType="Edm.Decimal"/>
<EnumType Name="colour"><Member Name="red"/><Member Name="green"/><Member Name="blue" Value="9"/>
  <Member Name="black"/></EnumType>
<EnumType Name="rights" IsFlags="true"><Member Name="read" Value="1"/><Member Name="write" Value="2"/></EnumType>
<EnumType Name="size" UnderlyingType="Edm.Byte"><Member Name="big" Value="200"/></EnumType>
<ComplexType Name="place"><Property Name="inside" Type="s.place"/></ComplexType>
<EntityType Name="thing" Abstract="true">
  <Key><PropertyRef Name="shelf"/><PropertyRef Name="number"/></Key>
  <Property Name="shelf" Type="Edm.String" Nullable="false"/>
  <Property Name="number" Type="Edm.Int32" Nullable="false"/>
</EntityType>
<EntityType Name="tool" BaseType="s.thing" OpenType="true" HasStream="true">
  <Property Name="price" Type="Edm.Decimal" Scale="2"/>
  <Property Name="weight" Type="Edm.Decimal" Scale="variable"/>
  <Property Name="pieces" Type="Edm.Decimal"/>
  <Property Name="colours" Type="Collection(shop.colour)" Nullable="false"/>
  <Property Name="home" Type="s.place"><Annotation Term="Core.Computed"/></Property>
  <Property Name="made" Type="Edm.Date"/>
  <NavigationProperty Name="parts" Type="Collection(s.tool)" ContainsTarget="true"/>
  <NavigationProperty Name="rival" Type="s.thing" Nullable="false"/>
  <Annotation Term="Core.AlternateKeys"><Collection>
    <Record><PropertyValue Property="Key"><Collection><Record>
      <PropertyValue Property="Alias" String="serial"/><PropertyValue Property="Name" PropertyPath="home/code"/>
    </Record></Collection></PropertyValue></Record>
  </Collection></Annotation>
</EntityType>
<Function Name="cost" IsBound="true" IsComposable="true">
  <Parameter Name="it" Type="Collection(s.tool)"/>
  <Parameter Name="in" Type="Edm.String" Nullable="false"/>
  <Parameter Name="at" Type="Edm.Date"><Annotation Term="Org.OData.Core.V1.OptionalParameter"/></Parameter>
  <ReturnType Type="s.money" Nullable="false"/>
</Function>
<Function Name="near" IsBound="true" EntitySetPath="tool/parts">
  <Parameter Name="tool" Type="s.tool"/><Parameter Name="far" Type="Edm.Decimal"/>
  <ReturnType Type="Collection(s.tool)"/>
  <Annotation Term="Core.RequiresExplicitBinding"/>
</Function>
<Function Name="near" IsBound="true" EntitySetPath="tool">
  <Parameter Name="tool" Type="s.tool"/><ReturnType Type="s.tool"/>
</Function>
<Action Name="sell" IsBound="true"><Parameter Name="it" Type="s.tool"/><Parameter Name="to" Type="Edm.String"/></Action>
<Term Name="worn" Type="Collection(s.rights)" Nullable="false" AppliesTo="Property  EntityType"/>
<Action Name="cost"><Parameter Name="of" Type="s.rights"/></Action>
<EntityContainer Name="Service">
  <EntitySet Name="tools" EntityType="s.tool"><NavigationPropertyBinding Path="rival" Target="tools"/></EntitySet>
  <Singleton Name="best" Type="s.tool"/>
  <ActionImport Name="cost" Action="s.cost"/>
</EntityContainer>
<Annotations Target="s.tool/made"><Annotation Term="Core.Immutable" Bool="true"/></Annotations>
<Annotations Target="s.tool/price"><Annotation Term="Core.Computed" Bool="false"/></Annotations>
<Annotations Target="s.near(s.tool, Edm.Decimal)">
  <Annotation Term="Core.Revisions"><Collection>
    <Record><PropertyValue Property="Kind"><EnumMember>Core.RevisionKind/Deprecated</EnumMember></PropertyValue>
      <PropertyValue Property="Date" Date="2024-01-01"/>
      <PropertyValue Property="Description" String="Never copied either."/></Record>
    <Record><PropertyValue Property="Version" String="1.2 or so"/>
      <PropertyValue Property="Kind" EnumMember="Core.RevisionKind/Modified"/></Record>
  </Collection></Annotation>
</Annotations>
<Annotations Target="s.sell(s.tool)"><Annotation Term="Core.RequiresExplicitBinding" Bool="true"/></Annotations>
<Annotations Target="s.size"><Annotation Term="Core.Revisions"><Collection><Record>
  <PropertyValue Property="RemovalDate"><Date>2025-01-01</Date></PropertyValue>
</Record></Collection></Annotation></Annotations>
<Annotations Target="s.tool/parts"><Annotation Term="Core.ExplicitOperationBindings">
  <Collection><String>s.near</String><String>s.sell</String></Collection>
</Annotation><Annotation Term="Core.AutoExpand"/></Annotations>
<Annotations Target="s.tool/weight"><Annotation Term="Core.Permissions" EnumMember="Core.Permission/Read"/></Annotations>
<Annotations Target="s.Service/best">
  <Annotation Term="Org.OData.Capabilities.V1.ReadRestrictions"><Record>
    <PropertyValue Property="ReadByKeyRestrictions"><Record>
      <PropertyValue Property="Readable"><Bool>false</Bool></PropertyValue>
    </Record></PropertyValue>
    <PropertyValue Property="Readable"/>
  </Record></Annotation>
  <Annotation Term="Org.OData.Capabilities.V1.SearchRestrictions"><Record>
    <PropertyValue Property="UnsupportedExpressions" EnumMember="a.b/AND a.b/OR"/>
  </Record></Annotation>
  <Annotation Term="Org.OData.Capabilities.V1.FilterFunctions">
    <Collection><String>eq</String><String>starts with</String></Collection></Annotation>
  <Annotation Term="Org.OData.Capabilities.V1.TopSupported"/>
</Annotations>
<Annotations Target="s.Service/tools">
  <Annotation Term="Org.OData.Capabilities.V1.SkipSupported" Bool="false"/>
  <Annotation Term="Org.OData.Capabilities.V1.UpdateRestrictions"><Record>
    <PropertyValue Property="Upsertable" Bool="true"/>
    <PropertyValue Property="UpdateMethod"><EnumMember>Org.OData.Capabilities.V1.HttpMethod/PUT</EnumMember></PropertyValue>
    <PropertyValue Property="Description" String="Never copied."/>
  </Record></Annotation>
  <Annotation Term="Org.OData.Capabilities.V1.SortRestrictions"><Record>
    <PropertyValue Property="NonSortableProperties"><Collection><PropertyPath>a</PropertyPath><PropertyPath>b</PropertyPath></Collection></PropertyValue>
  </Record></Annotation>
</Annotations>
"""


@pytest.fixture(scope="module")
def shop():
    return model(SHOP)


def test_a_structured_type_has_what_the_document_says(shop):
    tool = shop.structured("shop.tool")

    assert (tool.abstract, tool.open, tool.has_stream, tool.base.abstract) == (
        False,
        True,
        True,
        True,
    )
    assert tool.base.name == "shop.thing"
    assert [heir.name for heir in tool.base.heirs] == ["shop.tool"]
    assert (tool.keys, tool.alternate_keys) == (("shelf", "number"), ({"serial": "home/code"},))
    assert list(tool.properties) == [
        "shelf",
        "number",
        "price",
        "weight",
        "pieces",
        "colours",
        "home",
        "made",
    ]
    assert {name for name, prop in tool.properties.items() if not prop.nullable} == {
        "shelf",
        "number",
        "colours",
    }
    assert [name for name, prop in tool.properties.items() if prop.computed] == ["weight", "home"]
    assert [name for name, prop in tool.properties.items() if prop.immutable] == ["made"]
    assert [tool.properties[name].scale for name in ("price", "weight", "pieces")] == [2, None, 0]
    assert tool.properties["home"].type is shop.structured("shop.place")
    assert tool.properties["colours"].type == CollectionType(shop.type_named("shop.colour"))


def test_navigation_says_where_it_leads(shop):
    parts, rival = shop.structured("shop.tool").navigation.values()

    assert (parts.type.name, parts.many, parts.contained, parts.nullable) == (
        "shop.tool",
        True,
        True,
        True,
    )
    assert (rival.type.name, rival.many, rival.contained, rival.nullable) == (
        "shop.thing",
        False,
        False,
        False,
    )
    assert rival.owner == "shop.tool"


def test_members_of_enumerations_keep_their_values(shop):
    colour, rights = shop.type_named("shop.colour"), shop.type_named("shop.rights")

    assert (colour.members, colour.flags) == ({"red": 0, "green": 1, "blue": 9, "black": 10}, False)
    assert (rights.members, rights.flags) == ({"read": 1, "write": 2}, True)


def test_operations_have_their_overloads(shop):
    action, function = shop.operations("COST")

    assert (function.is_action, function.composable, function.bound_to_many) == (False, True, True)
    assert function.bound_to is shop.structured("shop.tool")
    assert [(p.name, str(p.type), p.nullable, p.optional) for p in function.parameters] == [
        ("in", "Edm.String", False, False),
        ("at", "Edm.Date", True, True),
    ]
    assert (str(function.result), function.result_nullable) == ("Edm.Decimal", False)
    assert (action.is_action, action.bound_to, action.result) == (True, None, None)
    assert action.parameters[0].type is shop.type_named("shop.rights")


def test_facts_of_operations_beyond_their_form(shop):
    far, near = sorted(shop.operations("near"), key=lambda each: -len(each.parameters))
    (sell,) = shop.operations("sell")

    assert (far.entity_set_path, near.entity_set_path, sell.entity_set_path) == ("parts", "", None)
    assert [p.name for p in far.parameters] == ["far"]
    assert far.core == {
        "RequiresExplicitBinding": True,
        "Revisions": "Deprecated,2024-01-01,,;Modified,,,",
    }
    assert (near.core, sell.core) == ({}, {"RequiresExplicitBinding": True})


def test_facts_of_types_beyond_their_form(shop):
    tool = shop.structured("shop.tool")

    assert tool.core == {
        "parts/AutoExpand": True,
        "parts/ExplicitOperationBindings": "s.near,s.sell",
    }
    assert shop.columns_of("shop.size")["underlying"] == "Byte"
    assert shop.columns_of("shop.size")["core"] == "Revisions=,,2025-01-01,"
    assert tool.properties["weight"].computed
    assert shop.lines.find("term .worn") == [
        "term .worn",
        "%.rights*!",
        "applies Property EntityType",
    ]


def test_constants_may_be_attributes_elements_or_left_out(shop):
    assert shop.root("best").capabilities == {
        "ReadRestrictions.ReadByKeyRestrictions.Readable": False,
        "SearchRestrictions.UnsupportedExpressions": "AND,OR",
        "TopSupported": True,
    }


def test_what_paths_begin_with(shop):
    tools, best, cost = shop.root("Tools"), shop.root("best"), shop.root("cost")

    assert (tools.kind, tools.type.name, tools.many) == ("set", "shop.tool", True)
    assert tools.bindings == {"rival": "tools"}
    assert tools.capabilities == {
        "SkipSupported": False,
        "UpdateRestrictions.Upsertable": True,
        "UpdateRestrictions.UpdateMethod": "PUT",
        "SortRestrictions.NonSortableProperties": "a,b",
    }
    assert (best.kind, best.type.name, best.many) == ("singleton", "shop.tool", False)
    assert (cost.kind, cost.type, cost.operation) == ("import", None, "shop.cost")
    assert [root.name for root in shop.roots()] == ["best", "cost", "tools"]
    assert shop.root("tool") is None


def test_no_sentence_goes_into_the_file():
    text = model_text(document(SHOP))

    assert "copied" not in text
    assert "or so" not in text
    assert "starts with" not in text


def test_types_may_hold_themselves(shop):
    place = shop.structured("shop.place")

    assert place.properties["inside"].type is place


def test_the_order_of_a_document_does_not_matter():
    types = [f'<ComplexType Name="{name}"/><Action Name="{name}"/>' for name in ("b", "A", "c")]

    assert model_text(document("".join(types))) == model_text(document("".join(reversed(types))))


def test_a_type_of_another_namespace_keeps_its_own():
    two = """<ComplexType Name="a"/></Schema>
    <Schema Namespace="shop.east" xmlns="http://docs.oasis-open.org/odata/ns/edm"><ComplexType Name="a"/></Schema>
    <Schema Namespace="yard" xmlns="http://docs.oasis-open.org/odata/ns/edm"><ComplexType Name="a"/>"""
    found = {type_.name for type_ in model(two).types()}

    assert found == {"shop.a", "shop.east.a", "yard.a"}
    assert model(two).type_named("YARD.A").name == "yard.a"


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ('<ComplexType Name="a" BaseType="s.b"/><ComplexType Name="b" BaseType="s.a"/>', "derived from itself"),
        ('<ComplexType Name="a" BaseType="s.none"/>', "'s.none' of 'a' is not defined"),
        ('<ComplexType Name="a"/><EntityType Name="b" BaseType="s.a"/>', "base type 's.a'"),
        ('<ComplexType Name="a"><Property Name="p" Type="s.none"/></ComplexType>', "'shop.none' is used and not defined"),
        ('<ComplexType Name="a"><Property Name="p"/></ComplexType>', "not defined"),
        ('<ComplexType Name="a"/><EnumType Name="a"/>', "'shop.a' is defined twice"),
        ('<ComplexType Name="a"><Property Name="p" Type="Edm.Date"/><Property Name="p" Type="Edm.Date"/></ComplexType>', "'p' twice"),
        ('<EnumType Name="a"><Member Name="m" Value="one"/></EnumType>', "'one' stands where"),
        ('<ComplexType Name="a&#9;b"/>', "stands where a name"),
        ('<ComplexType Name="a b"/>', "stands where a name"),
        ("<ComplexType/>", "stands where a name"),
        ('<ComplexType Name="a"><Property Name="p" Type="Edm.Decimal" Scale="x"/></ComplexType>', "'x' stands"),
        ('<EntityContainer Name="c"><EntitySet Name="a" EntityType="s.none"/></EntityContainer>', "type of 'a'"),
        ('<TypeDefinition Name="a" UnderlyingType="s.a"/><ComplexType Name="c"><Property Name="p" Type="s.a"/></ComplexType>', "'s.a' is used"),
        ('<EntityType Name="a"><Key><PropertyRef Name="p q"/></Key></EntityType>', "'p q' stands where a name or path"),
        ('<EntityType Name="a"/><EntityContainer Name="c"><EntitySet Name="a" EntityType="s.a"><NavigationPropertyBinding Path="b" Target="c&#9;d"/></EntitySet></EntityContainer>', "stands where a name or path"),
        (f'<ComplexType Name="a"><Property Name="p" Type="{"Collection(" * 9**4}Edm.Date{")" * 9**4}"/></ComplexType>', "Collection"),
    ],
)  # fmt: skip
def test_documents_that_contradict_themselves_are_refused(schema, words):
    with pytest.raises(CsdlError, match=words):
        model_text(document(schema))


ENTITIES = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>'


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (document('<ComplexType Name="&b;"/>', before=ENTITIES), "document type"),
        (document("", before='<!DOCTYPE x SYSTEM "file:///etc/passwd">'), "document type"),
        (document("<a>" * 100 + "</a>" * 100), "deeper"),
        (b"<a/>", "not CSDL"),
        (b'<edmx:Edmx Version="1.0" xmlns:edmx="http://schemas.microsoft.com/ado/2007/06/edmx"/>', "of OData 4"),
        (b'<edmx:Edmx xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx"/>', "no Schema"),
        (document("", attributes='Namespace=""'), "stands where"),
        (b"", "not well-formed"),
        (b"\xff\xfe", "not well-formed"),
        (b'<?xml version="1.0" encoding="no-such"?><a/>', "not well-formed"),
        (b"{}", "not well-formed"),
        (document("<!-- unfinished"), "not well-formed"),
        (b" " * (MAX_BYTES + 1), "larger than 32 MB"),
    ],
)  # fmt: skip
def test_hostile_and_broken_documents_are_refused(data, words):
    with pytest.raises(CsdlError, match=words):
        model_text(data)


def test_wide_documents_are_bounded(monkeypatch):
    monkeypatch.setattr("fakegraph.edm.from_csdl.MAX_ELEMENTS", 50)

    with pytest.raises(CsdlError, match="more than 50 elements"):
        model_text(document('<ComplexType Name="a"/>' * 60))


def test_a_built_in_type_that_is_not_known_is_named_only():
    place = model(
        '<ComplexType Name="a"><Property Name="p" Type="Edm.GeographyPoint"/></ComplexType>'
    )
    type_ = place.structured("shop.a").properties["p"].type

    assert str(type_) == "Edm.GeographyPoint"
    assert not isinstance(type_, StructuredType)
