"""The model that comes with fakegraph: made of the published metadata, to the byte, and true to it.

What it is made of does not come with the code; where it is not there, these tests are skipped.
"""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from pathlib import Path

import pytest
from lxml import etree

from fakegraph.edm import published
from fakegraph.edm.lines import MAGIC, Lines
from fakegraph.edm.published import PublishedEnum, PublishedType, built_in
from fakegraph.edm.surface import Evidence, Surface
from fakegraph.edm.types import CollectionType
from tools.make_model import SOURCES, make

ROOT = Path(__file__).parents[2]
METADATA = Path(os.environ.get("METADATA", ROOT.parent / "shared" / "metadata"))
FILE = Path(published.__file__).parent / "builtin" / "v1.0.model"
EDM = "{http://docs.oasis-open.org/odata/ns/edm}"
MODEL = built_in("v1.0")

with_metadata = pytest.mark.skipif(
    not all((METADATA / name).exists() for name in SOURCES),
    reason=f"the published metadata is not in {METADATA}; METADATA says where it is",
)


@with_metadata
def test_the_file_is_what_the_metadata_makes_of_it():
    """Beside what an SDK tells, which ``tests/clients/test_beta_model.py`` has at hand."""
    made, kept = (set(columns_of(text)) for text in (make(METADATA), FILE.read_text()))

    assert not made - kept, "run make model, and look over what has changed"
    assert {key.partition(" ")[0] for key, _ in kept - made} <= {MAGIC, "use"}


def columns_of(text):
    """The columns of the lines of a model file, each with the key of its line."""
    for line in text.splitlines():
        key, *columns = line.split("\t")
        yield from ((key, column) for column in columns)


@pytest.fixture(scope="module")
def csdl():
    return etree.parse(METADATA / "v1.0.csdl")


@pytest.fixture(scope="module")
def full(csdl):
    """From a name that may begin with an alias to the qualified one."""
    aliases = {each.get("Alias"): each.get("Namespace") for each in csdl.iter(f"{EDM}Schema")}

    def qualified(name):
        if name.startswith("Collection("):
            return f"Collection({qualified(name[11:-1])})"
        namespace, dot, last = name.rpartition(".")
        return f"{aliases.get(namespace, namespace)}{dot}{last}"

    return qualified


def elements(csdl, *tags):
    """Each such element of a schema with its qualified name."""
    for schema in csdl.iter(f"{EDM}Schema"):
        for tag in tags:
            for element in schema.findall(f"{EDM}{tag}"):
                yield f"{schema.get('Namespace')}.{element.get('Name')}", element


def told(csdl, term, value="true"):
    """The targets of which a term of the core vocabulary is said."""
    return {
        each.getparent().get("Target")
        for each in csdl.iter(f"{EDM}Annotation")
        if each.get("Term") == f"Org.OData.Core.V1.{term}"
        and value in (each.get("Bool"), *(member.text for member in each))
    }


@with_metadata
def test_structured_types_are_those_of_the_document(csdl, full):
    found = dict(elements(csdl, "EntityType", "ComplexType"))

    assert {t.name for t in MODEL.types() if isinstance(t, PublishedType)} == set(found)
    for name, element in found.items():
        type_ = MODEL.structured(name)
        assert type_.is_entity == element.tag.endswith("EntityType")
        assert (type_.base.name if type_.base else None) == (
            full(element.get("BaseType")) if element.get("BaseType") else None
        )
        assert type_.abstract == (element.get("Abstract") == "true")
        assert type_.open == (element.get("OpenType") == "true")
        assert all(heir.base is type_ for heir in type_.heirs)
        assert type_.base is None or type_ in type_.base.heirs
        keys = tuple(ref.get("Name") for ref in element.iter(f"{EDM}PropertyRef"))
        assert type_.keys == (keys or (type_.base.keys if type_.base else ()))


@with_metadata
def test_members_of_types_are_those_of_the_document(csdl, full):
    read_only = told(csdl, "Permissions", "Org.OData.Core.V1.Permission/Read")
    computed, immutable = told(csdl, "Computed") | read_only, told(csdl, "Immutable")
    for name, element in elements(csdl, "EntityType", "ComplexType"):
        type_ = MODEL.structured(name)
        assert {
            (prop.name, str(prop.type), prop.nullable, prop.computed, prop.immutable)
            for prop in type_.own_properties.values()
        } == {
            (
                each.get("Name"),
                full(each.get("Type")),
                each.get("Nullable") != "false",
                f"{name}/{each.get('Name')}" in computed,
                f"{name}/{each.get('Name')}" in immutable,
            )
            for each in element.findall(f"{EDM}Property")
        }
        assert {
            (
                nav.name,
                f"Collection({nav.type})" if nav.many else str(nav.type),
                nav.contained,
                nav.owner,
            )
            for nav in type_.own_navigation.values()
        } == {
            (each.get("Name"), full(each.get("Type")), each.get("ContainsTarget") == "true", name)
            for each in element.findall(f"{EDM}NavigationProperty")
        }


@with_metadata
def test_enumerations_are_those_of_the_document(csdl):
    found = dict(elements(csdl, "EnumType"))

    assert {t.name for t in MODEL.types() if isinstance(t, PublishedEnum)} == set(found)
    for name, element in found.items():
        type_ = MODEL.type_named(name)
        assert list(type_.members.items()) == [
            (m.get("Name"), int(m.get("Value"))) for m in element
        ]
        assert type_.flags == (element.get("IsFlags") == "true")


@with_metadata
def test_operations_are_those_of_the_document(csdl, full):
    expected = Counter()
    for name, element in elements(csdl, "Action", "Function"):
        binding, *parameters = element.findall(f"{EDM}Parameter")
        result = element.find(f"{EDM}ReturnType")
        expected[
            element.tag.removeprefix(EDM),
            name,
            element.get("IsComposable") == "true",
            full(binding.get("Type")),
            tuple(
                (p.get("Name"), full(p.get("Type")), p.find(f"{EDM}Annotation") is not None)
                for p in parameters
            ),
            None if result is None else full(result.get("Type")),
        ] += 1
    assert expected == Counter(
        (
            "Action" if each.is_action else "Function",
            each.qualified,
            each.composable,
            str(CollectionType(each.bound_to) if each.bound_to_many else each.bound_to),
            tuple((p.name, str(p.type), p.optional) for p in each.parameters),
            str(each.result) if each.result else None,
        )
        for each in MODEL.all_operations()
    )


@with_metadata
def test_paths_begin_with_what_the_document_says(csdl, full):
    assert {(root.name, root.type.name, root.many) for root in MODEL.roots()} == {
        (
            each.get("Name"),
            full(each.get("EntityType") or each.get("Type")),
            each.tag.endswith("EntitySet"),
        )
        for each in (*csdl.iter(f"{EDM}EntitySet"), *csdl.iter(f"{EDM}Singleton"))
    }


@with_metadata
def test_no_text_of_the_documentation_is_in_the_file(csdl):
    text = FILE.read_text()
    sentences = {
        each.get("String", "") for each in csdl.iter(f"{EDM}Annotation", f"{EDM}PropertyValue")
    }
    permissions = json.loads((METADATA / "permissions.json").read_text())["permissions"].values()
    for permission in permissions:
        for scheme in permission["schemes"].values():
            sentences |= {str(said) for said in scheme.values()}
    sentences = {sentence for sentence in sentences if len(sentence.split()) > 3}

    assert len(sentences) > 3000
    assert not [sentence for sentence in sentences if sentence in text]


@with_metadata
def test_every_documented_operation_is_permitted_with_its_status():
    surface = dict(Surface(MODEL.lines).permitted())
    folded = {_shape(template): uses for template, uses in surface.items()}
    rows = [json.loads(line) for line in (METADATA / "operations.jsonl").read_text().splitlines()]
    missing = [
        (row["method"], row["template"])
        for row in rows
        if row["method"] not in folded.get(_shape(row["template"]), {})
    ]

    pages = "/identity/b2xUserFlows/{id}/languages/{id}/overridesPages"
    assert missing == [
        ("DELETE", f"{pages}/$value"),  # documented without the key that is due before $value
        ("POST", "/$batch"),
    ]
    for row in rows:
        use = folded.get(_shape(row["template"]), {}).get(row["method"])
        if use and "status" in row:
            assert use.status in (row["status"], None), row
            assert set(row.get("query", ())) <= {f"${option}" for option in use.options or ()}


@with_metadata
def test_permissions_of_a_path_are_those_that_the_metadata_names():
    """By the very spelling of the path, for the paths that need no reading: plain names and keys."""
    expected = {}
    permissions = json.loads((METADATA / "permissions.json").read_text())["permissions"]
    for name, permission in permissions.items():
        for path_set in permission["pathSets"]:
            for path in path_set["paths"]:
                for method in path_set["methods"]:
                    for scheme in path_set["schemeKeys"]:
                        expected.setdefault((_shape(path), method, scheme), set()).add(name)
    compared = 0
    for template, uses in Surface(MODEL.lines).permitted():
        for method, use in uses.items():
            for scheme, names in (use.permissions.schemes if use.permissions else {}).items():
                wanted = expected.get((_shape(template), method, scheme))
                if wanted is not None:
                    assert wanted <= set(names), (template, method, scheme)
                    compared += 1
    assert compared > 9000


def _shape(path):
    """A path as the sources and the file spell it alike."""
    bare = re.sub(r"\{[^{}]*\}", "{}", path).lower().replace("()", "")
    return bare.replace("/borders(sideindex={})", "/borders/{}")


@with_metadata
def test_a_path_of_several_names_is_one_address():
    uses = dict(Surface(MODEL.lines).permitted())["/me/drive/root:/{path}:/content"]

    assert uses["PUT"].permissions.allow("DelegatedWork", {"Files.ReadWrite"})


def test_evidence_has_three_grades():
    surface = Surface(MODEL.lines)
    exact = surface.at("/users/{id}/messages", ".user/messages", "collection")
    other = surface.at("/groups/{id}/members/{id}/messages", ".user/messages", "collection")
    item = surface.at(
        "/users/{id}/insights/shared/{id}", ".officeGraphInsights/shared/{id}", "item"
    )

    assert (exact["POST"].evidence, exact["POST"].status) == (Evidence.PERMITTED, 201)
    assert (other["POST"].evidence, other["POST"].status) == (Evidence.KNOWN, 201)
    assert other["POST"].permissions.schemes == exact["POST"].permissions.schemes
    assert (item["PATCH"].evidence, item["PATCH"].permissions) == (Evidence.DECLARED, None)


def test_a_thing_addressed_by_path_is_the_thing_that_it_is_by_key():
    surface = Surface(MODEL.lines)
    by_path = surface.at("/drives/{id}/root:/{path}", ".drive/items/{id}", "item")

    assert (by_path["GET"].evidence, by_path["PATCH"].evidence) == (
        Evidence.PERMITTED,
        Evidence.KNOWN,
    )
    assert by_path["DELETE"].permissions.allow("Application", {"Files.ReadWrite.All"})


def test_what_is_documented_of_one_way_holds_for_another():
    me = Surface(MODEL.lines).at("/ME/messages", ".user/messages", "collection")["POST"]

    assert (me.evidence, me.status) == (Evidence.PERMITTED, 201)
    assert me.permissions.allow("DelegatedWork", {"Mail.ReadWrite"})
    assert not me.permissions.allow("DelegatedWork", {"Mail.Read"})
    assert not me.permissions.allow("NoSuchScheme", {"Mail.ReadWrite"})


def test_a_permission_may_count_only_beside_another():
    lines = Lines(b"path /a\tGET 1\npermissions 1\tApplication A+B|C D\n")
    permissions = Surface(lines).at("/a", "a", "collection")["GET"].permissions

    assert permissions.schemes == {"Application": ("A", "D")}
    for granted, enough in (("A", False), ("B", False), ("AB", True), ("CA", True), ("D", True)):
        assert permissions.allow("Application", set(granted)) is enough


def test_whoever_may_read_an_entity_may_read_what_belongs_to_it():
    surface = Surface(MODEL.lines)
    users = surface.at("/users", "users", "collection")
    user = surface.at("/users/{id}", "users/{id}", "item")

    count = surface.at("/users/{id}/messages/$count", ".user/messages/$count", "count", users)
    name = surface.at("/users/{id}/displayName", ".user/displayName", "property", user)
    assert count["GET"].evidence == Evidence.PERMITTED
    assert name["GET"].permissions is user["GET"].permissions
    assert name["PATCH"].evidence == Evidence.DECLARED


def test_opening_reads_no_type():
    model = published.open_model(FILE)

    assert model.namespace == "microsoft.graph"
    assert model._types == {}
    user = model.structured("MICROSOFT.GRAPH.User")
    assert (user.name, user.key, list(model._types)) == (
        "microsoft.graph.user",
        "id",
        [".user", ".directoryObject", ".entity"],
    )
    assert "displayName" in user.properties


@pytest.mark.parametrize(
    "name", ["microsoft.graph.no", "user", "", ".user\tentity", "microsoft.graph.", "a\nb"]
)
def test_names_that_no_type_has_are_not_found(name):
    assert MODEL.type_named(name) is None
    with pytest.raises(KeyError):
        MODEL.structured(name)
    assert MODEL.root(name) is None
    assert MODEL.operations(name) == ()


def test_members_are_found_in_any_case_with_inherited_ones():
    user = MODEL.structured("microsoft.graph.user")

    assert user.member("DELETEDDATETIME").name == "deletedDateTime"
    assert user.member("mailfolders").type.name == "microsoft.graph.mailFolder"
    assert user.member("fileSystemInfo") is None
    assert user.member("messages") is user.member("Messages")


def test_a_member_is_made_without_the_others():
    user = published.open_model(FILE).structured("microsoft.graph.user")

    assert user.member("MESSAGES") == user.navigation["messages"]
    assert user.member("deletedDateTime").nullable
    assert "properties" not in vars(user)
    assert user.member("displayName") == user.properties["displayName"]


def test_members_of_heirs_are_found_without_a_cast():
    heir, member = MODEL.structured("microsoft.graph.directoryObject").member_of_heir("mailFolders")

    assert (heir.name, member.many) == ("microsoft.graph.user", True)
    assert MODEL.structured("microsoft.graph.user").member_of_heir("noSuchMember") is None


def test_operations_are_found_by_what_they_are_called_on():
    user = MODEL.structured("microsoft.graph.user")
    agent = MODEL.structured("microsoft.graph.agentUser")

    (send,) = MODEL.bound("SENDMAIL", agent, many=False)
    assert (send.name, send.qualified, send.bound_to) == (
        "sendMail",
        "microsoft.graph.sendMail",
        user,
    )
    assert MODEL.bound("sendMail", user, many=True) == ()
    assert MODEL.bound("microsoft.graph.security.sendMail", user, many=False) == ()
    nearest = [str(each.bound_to) for each in MODEL.bound("delta", user, many=True)]
    assert nearest == ["microsoft.graph.user", "microsoft.graph.directoryObject"]


def test_types_show_themselves_by_name():
    assert repr(MODEL.structured("microsoft.graph.user")) == "<microsoft.graph.user>"
    assert repr(MODEL.type_named("microsoft.graph.importance")) == "<microsoft.graph.importance>"


def test_a_file_of_another_format_is_no_model(tmp_path):
    (tmp_path / "x").write_text("!fakegraph-model\tformat 99\n")

    with pytest.raises(ValueError, match="no model file"):
        published.open_model(tmp_path / "x")
    with pytest.raises(ValueError, match="no model file"):
        published.PublishedModel(b"")


@with_metadata
def test_a_document_may_be_opened_as_it_is():
    model = published.open_model(METADATA / "v1.0.csdl")

    assert [type_.name for type_ in model.types()] == [type_.name for type_ in MODEL.types()]
    assert dict(Surface(model.lines).permitted()) == {}
