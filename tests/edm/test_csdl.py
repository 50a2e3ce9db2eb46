"""``$metadata``: well-formed by the rules of CSDL, and true of what is served."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest
from lxml import etree

from fakegraph.app import close_app, create_app
from fakegraph.edm import fields
from fakegraph.edm import metadata as described
from fakegraph.edm.csdl import csdl
from fakegraph.edm.model import EntitySet, Function, Model, Parameter
from fakegraph.edm.published import built_in
from fakegraph.edm.schema import ComplexSchema, EntitySchema
from fakegraph.edm.types import INT32, PRIMITIVES, EnumType, enum_type
from fakegraph.settings import Settings
from fakegraph.workloads.reports import build_models
from tests.conftest import SET, assert_error

EDM = "{http://docs.oasis-open.org/odata/ns/edm}"
EDMX = "{http://docs.oasis-open.org/odata/ns/edmx}"
STRUCTURE = etree.RelaxNG(file=str(Path(__file__).with_name("csdl.rng")))
CAPABILITIES = "Org.OData.Capabilities.V1."
TYPES = ("EnumType", "EntityType", "ComplexType")


class Dimensions(ComplexSchema):
    edm_name = "shop.model.dimensions"
    width = fields.Decimal(nullable=True)


class Gadget(EntitySchema):
    edm_name = "shop.model.gadget"
    colour = fields.Enum(enum_type("colour", "red", "unknownFutureValue", "octarine"))
    rights = fields.Enum(EnumType("shop.model.rights", {"read": 1, "all": 2**40}, None, flags=True))
    sizes = fields.Collection(fields.Complex(Dimensions))
    made = fields.DateTimeOffset(filters=("eq",), sorts=True)


def run_time_model():
    """Things that the built-in resources do not have: other namespaces, flags, roots, depths."""
    model = Model("beta")
    model.add(EntitySet("gadgets", Gadget, options=frozenset({"filter", "orderby"})))
    model.add(Function("count", Dimensions, lambda *_: [{}], ((Parameter("of", INT32),),), False))
    model.add(EntitySet("shops/west/shelf", Gadget, writable=False))
    model.name_container("shops", "shop.model.shops")
    return model


def one_registration():
    model = Model("beta")
    model.add(EntitySet("things/widgets", Gadget))
    return model


MODELS = {**build_models(), "run time": run_time_model(), "one": one_registration()}


@pytest.fixture(params=[(name, strict) for name in MODELS for strict in (False, True)], ids=str)
def document(request):
    name, strict = request.param
    return etree.fromstring(csdl(MODELS[name], strict))


def declared(document):
    """The types of a document by every name that they can be referred to by."""
    found = {}
    for schema in document.iter(f"{EDM}Schema"):
        for kind in TYPES:
            for type_ in schema.iter(EDM + kind):
                for prefix in filter(None, (schema.get("Namespace"), schema.get("Alias"))):
                    found[f"{prefix}.{type_.get('Name')}"] = type_
    return found


def properties_of(type_, types):
    """Names of a type's properties and navigation properties, inherited ones included."""
    names = [child.get("Name") for child in type_ if child.tag != f"{EDM}Key"]
    base = type_.get("BaseType")
    return names + (properties_of(types[base], types) if base else [])


def test_structure_is_that_of_csdl(document):
    assert STRUCTURE.validate(document), STRUCTURE.error_log


def test_every_type_that_is_named_is_declared(document):
    types = declared(document)
    for element in document.iter(etree.Element):
        for attribute in ("Type", "BaseType", "EntityType"):
            name = re.sub(r"^Collection\((.*)\)$", r"\1", element.get(attribute, "Edm.String"))
            assert name in types or name in PRIMITIVES, name


def test_names_and_values_are_unique_where_they_stand(document):
    for parent in document.iter(etree.Element):
        named = [c for c in parent if c.get("Name") and c.tag != f"{EDM}Function"]
        assert max(Counter(child.get("Name") for child in named).values(), default=1) == 1
        values = [child.get("Value") for child in parent if child.tag == f"{EDM}Member"]
        assert len(values) == len(set(values))
    forms = [
        (function.get("Name"), *((p.get("Name"), p.get("Type")) for p in function))
        for function in document.iter(f"{EDM}Function")
    ]
    assert len(forms) == len(set(forms))


def test_every_entity_type_has_one_key_of_its_own_or_inherited(document):
    types = declared(document)
    for type_ in document.iter(f"{EDM}EntityType"):
        root = type_
        while root.get("BaseType"):
            root = types[root.get("BaseType")]
            assert root.tag == type_.tag
        (key,) = root.findall(f"{EDM}Key/{EDM}PropertyRef")
        keys = [p for p in root.iter(f"{EDM}Property") if p.get("Name") == key.get("Name")]
        assert [p.get("Nullable") for p in keys] == ["false"]
        assert len(properties_of(type_, types)) == len(set(properties_of(type_, types)))


def test_annotations_are_about_something_there_and_of_known_vocabularies(document):
    types = declared(document)
    vocabularies = {include.get("Namespace") for include in document.iter(f"{EDMX}Include")}
    seen = Counter(a.get("Target") for a in document.iter(f"{EDM}Annotations"))
    assert max(seen.values()) == 1
    for place in document.iter(f"{EDM}Annotations"):
        entity_type = target_type(document, types, place.get("Target"))
        for said in place:
            assert said.get("Term").rpartition(".")[0] in vocabularies
        for path in place.iter(f"{EDM}PropertyPath"):
            assert path.text in properties_of(entity_type, types)
        for value in place.iter(f"{EDM}PropertyValue"):
            path = value.get("PropertyPath")
            assert path is None or path in properties_of(entity_type, types)


def target_type(document, types, target):
    """The type of what is annotated; it fails where there is nothing of that path."""
    form = re.fullmatch(r"([\w.]+)\.(\w+)\(([\w.,]*)\)(/\$ReturnType)?", target)
    if form:
        wanted = list(filter(None, form[3].split(",")))
        (function,) = [
            function
            for function in document.iter(f"{EDM}Function")
            if function.get("Name") == form[2]
            and [full(p.get("Type")) for p in function.iter(f"{EDM}Parameter")] == wanted
        ]
        result = function.find(f"{EDM}ReturnType").get("Type")
        return types[result.removeprefix("Collection(").removesuffix(")")]
    owner, _, name = target.partition("/")
    if owner.endswith(".GraphService"):
        (found,) = [e for e in document.iter(f"{EDM}EntitySet") if e.get("Name") == name]
        return types[found.get("EntityType")]
    (found,) = [e for e in types[owner] if e.get("Name") == name]
    return types[found.get("Type").removeprefix("Collection(").removesuffix(")")]


def full(name):
    return name.replace("graph.", "microsoft.graph.") if name.startswith("graph.") else name


def annotation(document, target, term):
    (found,) = document.xpath(
        "//e:Annotations[@Target=$target]/e:Annotation[@Term=$term]",
        namespaces={"e": EDM[1:-1]},
        target=target,
        term=term,
    )
    return found


def values(element):
    """An annotation's value as Python has it."""
    for name in ("Bool", "String", "Date", "EnumMember", "PropertyPath"):
        if element.get(name) is not None:
            return {"true": True, "false": False}.get(element.get(name), element.get(name))
    (child,) = element
    if child.tag == f"{EDM}EnumMember":
        return child.text
    if child.tag == f"{EDM}Record":
        return {value.get("Property"): values(value) for value in child}
    return [item.text if len(item) == 0 else record(item) for item in child]


def record(element):
    return {value.get("Property"): values(value) for value in element}


DETAILS = "microsoft.graph.reportRoot/userCredentialUsageDetails"


def metadata(client, version="beta"):
    return etree.fromstring(client.get(f"/{version}/$metadata").data)


def test_everything_can_be_asked_for_unless_queries_are_strict(make_client):
    loose, strict = metadata(make_client()), metadata(make_client(strict_queries=True))

    def said(document, term):
        return values(annotation(document, DETAILS, CAPABILITIES + term))

    assert said(loose, "FilterRestrictions") == {"Filterable": True}
    assert said(loose, "SortRestrictions") == {"Sortable": True}
    assert said(loose, "SkipSupported") is True
    assert said(strict, "SkipSupported") is False
    assert said(strict, "SearchRestrictions") == {"Searchable": False}
    assert said(strict, "FilterFunctions") == ["eq", "startswith"]
    filters = said(strict, "FilterRestrictions")
    assert filters["NonFilterableProperties"] == ["id", "eventDateTime"]
    assert {"Property": "isSuccess", "AllowedExpressions": "MultiValue"} in filters[
        "FilterExpressionRestrictions"
    ]
    assert "isSuccess" not in said(strict, "SortRestrictions")["NonSortableProperties"]
    assert "feature" in said(strict, "SortRestrictions")["NonSortableProperties"]
    old = "microsoft.graph.reportRoot/credentialUserRegistrationDetails"
    sorting = values(annotation(strict, old, f"{CAPABILITIES}SortRestrictions"))
    assert sorting == {"Sortable": False}


def test_what_strict_metadata_denies_is_refused(make_client):
    client = make_client(strict_queries=True)
    document = metadata(client)
    restrictions = annotation(document, DETAILS, f"{CAPABILITIES}FilterRestrictions")
    denied = values(restrictions)["NonFilterableProperties"]
    literals = {"id": "'x'", "eventDateTime": "2024-01-01T00:00:00Z"}

    for name in denied:
        assert client.get(f"{SET}?$filter={name} eq {literals[name]}").status_code == 400
    assert client.get(f"{SET}?$filter=isSuccess eq true or isSuccess eq false").status_code == 200


def test_permissions_writes_and_deprecation_are_said(make_client):
    document = metadata(make_client())
    read = values(annotation(document, DETAILS, f"{CAPABILITIES}ReadRestrictions"))
    assert read["Permissions"] == [
        {"SchemeName": "bearer", "Scopes": [{"Scope": "Reports.Read.All"}]}
    ]
    successor = "microsoft.graph.authenticationMethodsRoot/userEventsSummary"
    for target, writable in ((DETAILS, True), (successor, False)):
        for term, able in (
            ("Insert", "Insertable"),
            ("Update", "Updatable"),
            ("Delete", "Deletable"),
        ):
            found = annotation(document, target, f"{CAPABILITIES}{term}Restrictions")
            assert values(found)[able] is writable
    (revision,) = values(annotation(document, DETAILS, "Org.OData.Core.V1.Revisions"))
    assert revision["Kind"] == "Org.OData.Core.V1.RevisionKind/Deprecated"
    assert (revision["Date"], revision["RemovalDate"]) == ("2023-06-21", "2024-06-30")
    assert "/reports/authenticationMethods/userEventsSummary" in revision["Description"]


def test_enums_have_later_members_and_real_values(make_client):
    document = metadata(make_client())

    def members(name):
        (found,) = [e for e in document.iter(f"{EDM}EnumType") if e.get("Name") == name]
        return {member.get("Name"): int(member.get("Value")) for member in found}

    assert members("usageAuthMethod")["unknownFutureValue"] == 10
    assert members("usageAuthMethod")["qrCode"] == 28
    assert members("signInUserType") == {"member": 0, "guest": 1, "unknownFutureValue": 3}


def test_functions_have_an_element_for_each_form():
    document = etree.fromstring(csdl(MODELS["v1.0"], False))
    forms = [
        [parameter.get("Name") for parameter in function.iter(f"{EDM}Parameter")]
        for function in document.iter(f"{EDM}Function")
        if function.get("Name") == "usersRegisteredByFeature"
    ]
    included = ["bindingParameter", "includedUserTypes", "includedUserRoles"]
    assert forms == [["bindingParameter"], included]


def test_paths_can_be_followed_from_the_container(document):
    """What is served at a path is where the document's navigation leads."""
    types = declared(document)
    (service,) = document.iter(f"{EDM}EntityContainer")
    paths = set()
    for child in service:
        if child.tag == f"{EDM}EntitySet":
            paths.add(child.get("Name"))
        elif child.tag == f"{EDM}Singleton":
            paths |= set(below(types[child.get("Type")], types, child.get("Name")))
    assert paths in [{entity_set.path for entity_set in model} for model in MODELS.values()]


def below(type_, types, path):
    for child in type_.iter(f"{EDM}NavigationProperty"):
        place, target = f"{path}/{child.get('Name')}", child.get("Type")
        if target.startswith("Collection("):
            yield place
        else:
            yield from below(types[target], types, place)


def whole(version: str) -> bytes:
    """The published model with what is declared."""
    return b"".join(described.metadata(built_in(version), MODELS[version], False))


def test_it_is_served_to_everybody_as_xml(make_client):
    client = make_client(auth="bearer")
    for path, version in (("/beta/", "beta"), ("/v1.0/", "v1.0"), ("/", "beta")):
        answer = client.get(f"{path}$metadata")
        assert (answer.status_code, answer.content_type) == (200, "application/xml")
        assert answer.data == whole(version)
        assert answer.headers["OData-Version"] == "4.0"
    head = client.head("/beta/$metadata")
    assert (head.status_code, head.data) == (200, b"")
    assert int(head.headers["Content-Length"]) > 1000
    assert client.get("/tenants/default/beta/$metadata").data == whole("beta")


@pytest.mark.parametrize(
    ("query", "accept", "status"),
    [
        ("?$format=xml", "application/json", 200),
        ("?$format=application/xml", "*/*", 200),
        ("?$format=json", "*/*", 406),
        ("?$format=", "*/*", 406),
        ("?$format=*/*", "*/*", 406),
        ("?$format=application/json", "application/xml", 406),
        ("", "application/json", 406),
        ("", "text/html, application/xml;q=0.9", 200),
        ("?$select=id", "*/*", 400),
    ],
)
def test_other_forms_are_refused(client, query, accept, status):
    answer = client.get(f"/beta/$metadata{query}", headers={"Accept": accept})

    assert answer.status_code == status
    if status == 406:
        target = "$format" if query else "Accept"
        assert assert_error(answer, 406, "NotAcceptable", "application/xml")["target"] == target


def test_contexts_lead_to_it(contoso):
    context = contoso.get(f"{SET}?$top=1").json["@odata.context"]

    url, _, fragment = context.partition("#")
    assert contoso.get(url).content_type == "application/xml"
    assert fragment == "reports/userCredentialUsageDetails"


def test_a_model_that_grows_says_so():
    model = one_registration()
    before = csdl(model, False)
    model.add(EntitySet("things/others", Gadget))

    assert b'"others"' not in before
    assert b'Name="others"' in csdl(model, False)


def test_one_registration_gives_a_served_document():
    app = create_app(Settings(fixture=(), auth="off"), models={"beta": one_registration()})
    document = metadata(app.test_client())
    close_app(app)

    assert STRUCTURE.validate(document), STRUCTURE.error_log
    assert values(
        annotation(document, "microsoft.graph.thingsRoot/widgets", f"{CAPABILITIES}TopSupported")
    )
