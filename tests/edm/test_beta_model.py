"""The built-in model of beta: v1.0's with what beta adds, and without what it lacks."""

from __future__ import annotations

from collections import Counter

from fakegraph.edm.csdl import csdl
from fakegraph.edm.from_csdl import model_lines
from fakegraph.edm.lines import MAGIC, Lines, named
from fakegraph.edm.model_check import check
from fakegraph.edm.published import PublishedModel, PublishedType, built_in
from fakegraph.edm.surface import Evidence, Surface
from fakegraph.workloads.reports import build_models

BETA, V1 = built_in("beta"), built_in("v1.0")
DECLARED = build_models()["beta"]


def test_every_line_of_it_says_what_it_should():
    check(BETA)


def test_it_has_what_beta_adds():
    names = {each.name for each in BETA.types()}
    added = names - {each.name for each in V1.types()}
    kinds = Counter(isinstance(BETA.type_named(name), PublishedType) for name in added)

    assert kinds[True] > 2800
    assert kinds[False] > 1000
    assert len(list(BETA.roots())) > len(list(V1.roots())) + 50
    assert BETA.structured("microsoft.graph.user").member("profile")
    assert V1.structured("microsoft.graph.user").member("profile") is None


def test_it_lacks_what_only_v1_has():
    name = "microsoft.graph.selectionLikelihoodInfo"
    assert V1.type_named(name)
    assert BETA.type_named(name) is None
    entitlement = "microsoft.graph.entitlementManagement"
    assert V1.structured(entitlement).member("assignments")
    assert BETA.structured(entitlement).member("assignments") is None


def test_what_both_have_is_as_it_is_published():
    said = {prop.name: prop for prop in V1.structured("microsoft.graph.event").properties.values()}
    there = BETA.structured("microsoft.graph.event").properties
    assert said.keys() <= there.keys()
    assert {name: there[name].nullable for name in said} == {
        name: prop.nullable for name, prop in said.items()
    }


def test_what_nobody_says_is_marked():
    assert BETA.structured("microsoft.graph.deviceShellScript").unsure
    assert not BETA.structured("microsoft.graph.user").unsure
    columns = BETA.lines.find("type .user")
    words = " ".join(columns).split()
    assert "infoCatalogs:String*^" in words
    assert "displayName:String" in words


def test_permissions_of_beta_alone_are_known():
    uses = Surface(BETA.lines).at(
        "/deviceManagement/deviceShellScripts", ".deviceManagement/deviceShellScripts", "collection"
    )
    assert uses["POST"].evidence is Evidence.PERMITTED
    assert "DeviceManagementConfiguration.ReadWrite.All" in str(uses["POST"].permissions.schemes)


# What the family's page documents otherwise than beta's own SDK has it.
DIFFERENT: dict[str, str] = {}


def test_the_report_family_agrees_to_the_member():
    found = {
        f"{key}: {word}"
        for columns in model_lines(csdl(DECLARED, strict=False))
        for key, word in members(columns)
        if word not in dict.fromkeys(w for k, w in members(BETA.lines.find(key) or [key]))
    }
    assert found == DIFFERENT.keys()


def members(columns):
    """A type's line as the names of its members with what they are, marks apart."""
    key = columns[0]
    if not key.startswith("type "):
        return
    for column in ("members", "properties", "navigation"):
        for word in named(columns[1:]).get(column, "").split():
            yield key, word.rstrip("!=~?^+")


def test_a_user_may_give_what_is_laid_over_it():
    text = b"!fakegraph-model\tformat 1\tover v1.0\tnamespace microsoft.graph\tcontainer GraphService\n"
    model = PublishedModel(text + b"type .thing\tcomplex\n")
    assert model.structured("microsoft.graph.thing")
    assert model.structured("microsoft.graph.user").member("mail")
    assert isinstance(model.lines, Lines)
    assert model.lines.find(MAGIC)[2] == "over v1.0"
