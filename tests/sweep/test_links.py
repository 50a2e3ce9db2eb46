"""Wherever the surface lets things be linked: linked, listed, not twice, and taken away again."""

from __future__ import annotations

from typing import Any

import pytest

from fakegraph.edm.published import PublishedType
from fakegraph.workloads.handed import short
from tests.sweep.conftest import sample
from tests.sweep.places import ID, NOT_SIMPLE, WALK, Place, concrete
from tests.sweep.sweep import Tenant

OTHER = "4b6e5a53-96b0-4f9f-8d3c-2c1d8b0c7c01"
# Where things are of types that no entity set has.
HOMES = {
    "educationCategory": f"education/classes/{ID}/assignmentCategories",
    "educationClass": "education/classes",
    "educationGradingScheme": f"education/classes/{ID}/assignmentSettings/gradingSchemes",
    "educationRubric": "education/me/rubrics",
    "educationUser": "education/users",
    "teamsApp": "appCatalogs/teamsApps",
}
_ORGANIZATIONS = "/identityGovernance/entitlementManagement/connectedOrganizations"
# What is linked where not all that the type allows may be.
SUITED = dict.fromkeys(
    (
        *("/groups/{id}/owners/$ref", "/directory/administrativeUnits/{id}/members/$ref"),
        *("/devices/{id}/registeredOwners/$ref", "/devices/{id}/registeredUsers/$ref"),
        *("/directoryRoles/{id}/members/$ref", "/groups/{id}/members/$ref"),
        *("/applications/{id}/owners/$ref", "/servicePrincipals/{id}/owners/$ref"),
        *("/groups/{id}/acceptedSenders/$ref", "/groups/{id}/rejectedSenders/$ref"),
        *("/users/{id}/sponsors/$ref", "/servicePrincipals/{id}/sponsors/$ref"),
        "/applications/microsoft.graph.agentIdentityBlueprint/{id}/sponsors/$ref",
        "/servicePrincipals/microsoft.graph.agentIdentity/{id}/sponsors/$ref",
        *(f"{_ORGANIZATIONS}/{{id}}/{kind}Sponsors/$ref" for kind in ("external", "internal")),
        "/users/{id}/manager/$ref",
    ),
    "user",
)
NOBODY = "00000000-1111-4222-8333-444444444444"


def _places(method: str) -> list[Place]:
    found = []
    for template, uses in WALK.surface.permitted():
        if method in uses and template.endswith("/$ref") and not NOT_SIMPLE.search(template):
            path = WALK(template.replace("{id}", ID))
            if path.shape.kind in ("refs", "ref") and not _passes_operation(path):
                assert isinstance(path.type, PublishedType)
                kinds, suited = concrete(path.type), SUITED.get(template)
                kind = next((each for each in kinds if short(each.name) == suited), kinds[0])
                found.append(Place(template.removesuffix("/$ref"), kind))
    return found


def _passes_operation(path: Any) -> bool:
    """Or a property: what lies behind these is not served yet."""
    return any(shape.operation is not None or shape.kind == "property" for shape in path.shape.line)


MANY = [place for place in _places("POST") if place.parts.many]
ONE = [place for place in _places("PUT") if not place.parts.many]


class Linked:
    """A tenant with a thing that can be linked at a place; ``url`` is what a body says of it."""

    def __init__(self, client: Any, place: Place) -> None:
        self.tenant, self.place = Tenant(client, place), place
        self.path = f"{place.path}/$ref"
        seeds = self._things()
        self.tenant.seed(seeds)
        (at,) = seeds
        self.url = f"http://localhost{self.tenant.root}/{at}/{OTHER}"

    def _things(self) -> dict[str, Any]:
        """A thing in the first entity set that has such ones."""
        type_ = self.place.type
        for root in WALK.model.roots():
            if root.many and root.type is not None and type_.is_heir_of(root.type):
                record = {type_.key or "id": OTHER}
                if type_ is not root.type:
                    record["@odata.type"] = f"#{type_.name}"
                return {root.name: [record]}
        return {HOMES[short(type_.name)]: [{"id": OTHER}]}

    def ask(self, method: str, id_: str = OTHER) -> Any:
        url = self.url.replace(OTHER, id_)
        return self.tenant.ask(method, self.path, {"@odata.id": url})

    def ids(self) -> list[str]:
        if "GET" not in self.place.parts.allowed():
            pytest.skip("what is linked cannot be listed")
        return [each["id"] for each in self.tenant.list(self.place.path)]


def test_there_is_much_to_link():
    assert len(MANY) > 20
    assert len(ONE) > 3


@pytest.mark.parametrize("place", sample(MANY, 10), ids=lambda place: place.template)
def test_things_are_linked_once_and_unlinked(swept, place):
    linked = Linked(swept, place)

    if short(place.type.name) != "teamsApp":  # those of the store are not in the catalogue
        assert linked.ask("POST", NOBODY).status_code in (400, 404)
    use = WALK(linked.path).uses["POST"]
    assert linked.ask("POST").status_code == (use.status or 204)
    assert linked.ids() == [OTHER]
    assert linked.ask("POST").status_code == 400
    assert linked.ids() == [OTHER]
    item = f"{place.path}/{OTHER}/$ref"
    if place.template == "/groups/{id}/owners":  # of which the last one stays
        assert linked.tenant.ask("DELETE", item).status_code == 400
        assert linked.ids() == [OTHER]
    elif "DELETE" in WALK(item).allowed():
        assert linked.tenant.ask("DELETE", item).status_code == 204
        assert linked.tenant.ask("DELETE", item).status_code == 404
        assert linked.ids() == []


@pytest.mark.parametrize("place", sample(ONE, 5), ids=lambda place: place.template)
def test_a_thing_is_set_and_taken_away(swept, place):
    linked = Linked(swept, place)

    assert linked.ask("PUT", NOBODY).status_code in (400, 404)
    assert linked.ask("PUT").status_code == 204
    if "GET" in place.parts.allowed():
        assert linked.tenant.get(place.path)["id"] == OTHER
    if "DELETE" in WALK(linked.path).allowed():
        assert linked.tenant.ask("DELETE", linked.path).status_code == 204
        if "GET" in place.parts.allowed():
            assert linked.tenant.ask("GET", place.path).status_code == 404
