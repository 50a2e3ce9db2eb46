"""``$metadata`` of the whole: valid CSDL, which gives the model back to the byte."""

from __future__ import annotations

import pytest
from lxml import etree

from fakegraph.chunks import CHUNK
from fakegraph.edm import types
from fakegraph.edm.additions import with_declared
from fakegraph.edm.csdl import annotations_of
from fakegraph.edm.from_csdl import model_text
from fakegraph.edm.metadata import metadata, service_document
from fakegraph.edm.model import EntitySet, Function, Model, Parameter
from fakegraph.edm.model_check import check
from fakegraph.edm.published import PublishedModel, built_in
from fakegraph.edm.surface import Evidence, Surface
from fakegraph.edm.to_csdl import csdl_chunks
from fakegraph.workloads.reports import build_models
from tests.edm.test_csdl import CAPABILITIES, EDM, STRUCTURE, Gadget, annotation, values
from tests.edm.test_from_csdl import SHOP, document

V1 = built_in("v1.0")
DECLARED = build_models()
SURFACE = ("path ", "permission ", "permissions ", "use ")


def whole(model, **kwargs):
    return b"".join(metadata(model, **kwargs))


def without_surface(model):
    """The lines that a CSDL document has a place for."""
    kept = ([c for c in columns if not c.startswith("sdks ")] for columns in model.lines.starting())
    lines = ("\t".join(columns) + "\n" for columns in kept)
    return "".join(line for line in lines if not line.startswith(SURFACE))


@pytest.fixture(scope="module")
def v1():
    return whole(V1)


@pytest.fixture(scope="module")
def beta():
    return whole(V1, declared=DECLARED["beta"])


def test_the_document_of_the_whole_is_csdl(v1, beta):
    for text in (v1, beta):
        assert STRUCTURE.validate(etree.fromstring(text)), STRUCTURE.error_log


def test_read_back_it_is_the_same_model(v1):
    assert model_text(v1) == without_surface(V1)


def test_with_declared_additions_too(beta):
    assert model_text(beta) == without_surface(with_declared(V1, DECLARED["beta"]))


def test_a_small_model_with_everything_comes_back():
    text = model_text(document(SHOP))
    written = b"".join(csdl_chunks(PublishedModel(text.encode()).lines))

    assert STRUCTURE.validate(etree.fromstring(written)), STRUCTURE.error_log
    assert model_text(written) == text


def test_it_comes_in_pieces(v1):
    pieces = list(metadata(V1))

    assert max(map(len, pieces)) < 2 * CHUNK
    assert b"".join(pieces) == v1


def test_what_could_break_the_document_is_escaped():
    text = (
        "!fakegraph-model\tformat 1\tnamespace a\n"
        'type .t\tentity\tproperties p"<&>:String\tcapabilities p"<&>/X.Y="<&>\n'
    )
    written = b"".join(csdl_chunks(PublishedModel(text.encode()).lines))

    (prop,) = etree.fromstring(written).iter(f"{EDM}Property")
    assert prop.get("Name") == 'p"<&>'


def test_types_are_referred_to_as_the_service_does(v1):
    tree = etree.fromstring(v1)
    home = next(tree.iter(f"{EDM}Schema"))
    entities = {each.get("Name"): each for each in home.iter(f"{EDM}EntityType")}
    user = {each.get("Name"): each for each in entities["user"]}
    security = {each.get("Name"): each for each in entities["security"]}

    assert (home.get("Namespace"), home.get("Alias")) == ("microsoft.graph", "graph")
    assert entities["user"].get("BaseType") == "graph.directoryObject"
    assert user["messages"].get("Type") == "Collection(graph.message)"
    assert user["messages"].get("ContainsTarget") == "true"
    assert security["alerts_v2"].get("Type") == "Collection(self.alert)"


def test_facts_that_are_no_names_are_said(v1):
    tree = etree.fromstring(v1)
    types_ = {each.get("Name"): each for each in tree.iter(f"{EDM}EnumType")}
    delta = [each for each in tree.iter(f"{EDM}Function") if each.get("Name") == "getAllMessages"]

    assert types_["caseStatus"].get("UnderlyingType") == "Edm.Byte"
    assert {each.get("EntitySetPath") for each in delta} >= {"bindingParameter/messages"}
    assert values(annotation(tree, "microsoft.graph.alert", "Org.OData.Core.V1.Revisions")) == [
        {
            "Kind": "Org.OData.Core.V1.RevisionKind/Deprecated",
            "Date": "2024-04-10",
            "RemovalDate": "2026-04-10",
            "Version": "2024-01/Deprecation",
        }
    ]
    groups = annotation(
        tree, "microsoft.graph.GraphService/users", f"{CAPABILITIES}ExpandRestrictions"
    )
    assert "chats" in values(groups)["NonExpandableProperties"]
    places = {each.get("Target"): each for each in tree.iter(f"{EDM}Annotations")}
    assert "microsoft.graph.recent(microsoft.graph.drive)" in places
    assert "microsoft.graph.backupRestoreRoot/protectionUnits" in places


def test_additions_say_what_the_server_takes(beta):
    strict = etree.fromstring(whole(V1, declared=DECLARED["beta"], strict=True))
    loose = etree.fromstring(beta)
    place = "microsoft.graph.reportRoot/userCredentialUsageDetails"
    term = f"{CAPABILITIES}SkipSupported"

    assert values(annotation(loose, place, term)) is True
    assert values(annotation(strict, place, term)) is False
    for target in annotations_of(DECLARED["beta"], strict=False):
        assert (
            len(loose.xpath("//e:Annotations[@Target=$t]", namespaces={"e": EDM[1:-1]}, t=target))
            == 1
        )


def test_additions_are_types_and_paths_of_the_model():
    both = with_declared(V1, DECLARED["beta"])
    details = both.structured("microsoft.graph.userCredentialUsageDetails")
    reports = both.root("reports").type

    check(both)
    assert details.base in details.chain
    assert details in details.base.heirs
    assert reports.member("userCredentialUsageDetails").type is details
    assert reports.base is None  # as it is published
    assert both.bound("getCredentialUsageSummary", reports, many=False)[0].required == ("period",)
    template = "/reports/userCredentialUsageDetails"
    uses = Surface(both.lines).at(template, ".reportRoot/userCredentialUsageDetails", "collection")
    assert (uses["POST"].evidence, uses["POST"].status) == (Evidence.PERMITTED, 201)
    assert uses["GET"].permissions.allow("Application", {"Reports.Read.All"})


def test_what_is_published_stays():
    both = with_declared(V1, DECLARED["v1.0"])

    key = "operation usersRegisteredByFeature"
    assert both.lines.find(key) == V1.lines.find(key)
    assert [t.name for t in both.types()] == [t.name for t in V1.types()]


def declared_at(*paths):
    model = Model("beta")
    model.name_container("reports", "reportRoot")
    for path in paths:
        model.add(EntitySet(path, Gadget))
    return model


def test_additions_may_begin_paths_of_their_own():
    declared = declared_at("gadgets", "shops/east/tools")
    parameters = (Parameter("of", types.INT32),)
    declared.add(Function("count", Gadget, compute=lambda *_: [], overloads=(parameters,)))
    both = with_declared(V1, declared)

    check(both)
    assert both.root("gadgets").type is not None
    assert both.root("shops").type is not None
    assert (both.root("count").kind, both.root("count").operation) == (
        "import",
        "microsoft.graph.count",
    )
    assert model_text(whole(V1, declared=declared)) == without_surface(both)


@pytest.mark.parametrize(
    ("path", "words"),
    [("users/gadgets", "root users"), ("reports/security/gadgets", "security:")],
)
def test_additions_that_contradict_what_is_published_are_refused(path, words):
    with pytest.raises(ValueError, match=words):
        with_declared(V1, declared_at(path))


def test_the_service_document_names_sets_and_singletons():
    found = service_document(V1)

    assert {"name": "users", "kind": "EntitySet", "url": "users"} in found
    assert {"name": "me", "kind": "Singleton", "url": "me"} in found
    assert len(found) == len(list(V1.roots()))
    imports = service_document(PublishedModel(model_text(document(SHOP)).encode()))
    assert [each["name"] for each in imports] == ["tools", "best"]
