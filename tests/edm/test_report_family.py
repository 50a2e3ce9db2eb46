"""The declared report family agrees with the published model wherever v1.0 has it, to the member."""

from __future__ import annotations

import pytest

from fakegraph.edm.published import PublishedEnum, PublishedType, built_in
from fakegraph.edm.surface import Surface
from fakegraph.edm.types import EnumType, StructuredType
from fakegraph.workloads.reports import build_models

MODEL = built_in("v1.0")
MODELS = build_models()
DECLARED = {type_.name: type_ for model in MODELS.values() for type_ in model.types}
SHARED = [type_ for name, type_ in DECLARED.items() if MODEL.type_named(name)]

# The declared class does not let these be null; the published model does. The records that the
# set has are fakegraph's own, and always have them.
NEVER_NULL_HERE = {
    ("microsoft.graph.userRegistrationDetails", "methodsRegistered"),
    ("microsoft.graph.userRegistrationDetails", "systemPreferredAuthenticationMethods"),
    ("microsoft.graph.userRegistrationDetails", "userType"),
}


def test_v1_has_eleven_of_the_declared_types_and_beta_alone_the_others():
    assert len(SHARED) == 11
    assert {type_.name for type_ in MODELS["v1.0"].types} <= {type_.name for type_ in SHARED}


@pytest.mark.parametrize("type_", SHARED, ids=str)
def test_a_declared_type_has_the_members_of_the_published_one(type_):
    published = MODEL.type_named(type_.name)

    if isinstance(type_, EnumType):
        assert isinstance(published, PublishedEnum)
        assert list(type_.members.items()) == list(published.members.items())
        assert (type_.flags, type_.documented) == (published.flags, published.documented)
        return
    assert isinstance(type_, StructuredType)
    assert isinstance(published, PublishedType)
    assert (type_.key, not published.navigation) == (published.key, True)
    assert _members(type_) == {
        (name, of, nullable and (type_.name, name) not in NEVER_NULL_HERE)
        for name, of, nullable in _members(published)
    }


def test_the_known_differences_are_differences():
    for owner, name in NEVER_NULL_HERE:
        assert MODEL.structured(owner).properties[name].nullable
        assert not DECLARED[owner].properties[name].nullable


def _members(type_):
    return {(prop.name, str(prop.type), prop.nullable) for prop in type_.properties.values()}


@pytest.mark.parametrize("resource", MODELS["v1.0"].resources, ids=lambda each: each.path)
def test_a_declared_path_is_one_of_the_model_and_its_surface(resource):
    root, *between, last = resource.path.split("/")
    at = MODEL.root(root).type
    for name in between:
        at = at.member(name).type
    overloads = MODEL.bound(last, at, many=False)

    if overloads:
        assert {tuple((p.name, str(p.type)) for p in each.parameters) for each in overloads} == {
            tuple((p.name, str(p.type)) for p in overload) for overload in resource.overloads
        }
        assert {str(each.result) for each in overloads} == {resource.type.name}
    else:
        assert (at.member(last).type.name, at.member(last).many) == (resource.type.name, True)
    permitted = dict(Surface(MODEL.lines).permitted())[f"/{resource.path}"]
    for names in permitted["GET"].permissions.schemes.values():
        assert set(names) <= set(resource.permissions)
