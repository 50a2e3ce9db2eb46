"""Where the surface lets things be made, and how such a path is filled in."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from fakegraph.edm.published import PublishedType, built_in
from fakegraph.edm.surface import Evidence
from fakegraph.edm.types import NavigationProperty
from fakegraph.errors import GraphError
from fakegraph.graph.resource_path import ResourcePath
from fakegraph.graph.shapes import Step
from fakegraph.graph.walk import Walk
from fakegraph.graph.whole.plan import Plan
from fakegraph.graph.whole.world import World
from fakegraph.workloads.declarations import Navigation, Type
from fakegraph.workloads.handed import short
from fakegraph.workloads.registry import declared


class Version:
    """One version of Graph, as its built-in model has it."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.model = built_in(name)
        self.walk = Walk(self.model)
        self.world = World(self.model, declared())


V1, BETA = Version("v1.0"), Version("beta")
MODEL, WALK, WORLD = V1.model, V1.walk, V1.world

ID = "4b6e5a53-96b0-4f9f-8d3c-2c1d8b0c7a01"
# Keys that are numbers.
NUMBERED = ("workflows/{id}/versions/{id}", f"workflows/{ID}/versions/1")
NOT_SIMPLE = re.compile(r"[(]|:/")  # functions, alternate keys, paths by name


@dataclass(frozen=True)
class Place:
    """A collection that takes a POST, and a type that can be made there."""

    template: str
    type: PublishedType
    version: Version = V1

    def __str__(self) -> str:
        return f"{self.template}-{short(self.type.name)}"

    @property
    def path(self) -> str:
        """The path with ids in it, as a client writes it."""
        return with_ids(self.template)

    @cached_property
    def parts(self) -> ResourcePath:
        return self.version.walk(self.path)

    @property
    def declared(self) -> PublishedType:
        """The type that the model says is there."""
        assert isinstance(self.parts.type, PublishedType)
        return self.parts.type

    @property
    def rules(self) -> Type:
        return self.version.world.rules(self.type)

    @property
    def key(self) -> str:
        return self.type.key or "id"

    @cached_property
    def item(self) -> ResourcePath:
        """What is known of one thing there."""
        return self.version.walk(f"{self.path}/{ID}")

    @cached_property
    def allowed(self) -> tuple[str, ...]:
        """What can be done with one thing there."""
        return self.item.allowed()

    @cached_property
    def said(self) -> Navigation:
        """What a workload says of the collection."""
        return Plan(self.version.world, self.parts, Evidence.KNOWN).said

    @property
    def is_listed(self) -> bool:
        """Whether all that is there is listed; some is only where it is asked for in a way."""
        try:
            for check in self.said.queries:
                check({})
        except GraphError:
            return False
        return "GET" in self.parts.allowed()


def with_ids(template: str) -> str:
    """A template with something for each key."""
    return template.replace(*NUMBERED).replace("{id}", ID)


# Made of more, or of less, than the model says; rules are of inboxes alone, references of beta, and
# tasks of scenarios of plans that are theirs.
APART = frozenset(
    {"businessScenarioTask", "domain", "messageRule", "namedLocation", "referenceAttachment"}
)
# Where the published permissions let in what pages say that there is none of: events of groups have
# no attachments (https://learn.microsoft.com/graph/api/resources/attachment), and drives for work no
# bundles, into which nothing is put (https://learn.microsoft.com/graph/api/bundle-create).
NONE = re.compile(r"/groups/\{id\}/(?:calendar/)?events/\{id\}/attachments|.*/bundles.*")
# What else has to be there.
BESIDE: Mapping[str, Mapping[str, Any]] = {
    "/directory/customSecurityAttributeDefinitions": {"directory/attributeSets": [{"id": "Sweep"}]},
    "/directory/administrativeUnits/{id}/scopedRoleMembers": {
        "directoryRoles": [{"id": "f2ef992c-3afb-46b9-b7cf-a126ee74c451"}]
    },
}


def creatable(version: Version = V1) -> Iterator[Place]:
    """Each type that can be made, at the first path; and every path, with a type."""
    types: set[str] = set()
    for template, uses in version.walk.surface.permitted():
        if "POST" not in uses or NOT_SIMPLE.search(template) or NONE.fullmatch(template):
            continue
        path = version.walk(with_ids(template))
        if path.kind != "collection" or not isinstance(path.type, PublishedType):
            continue
        if _hangs_on_a_window(version, path):
            continue
        if any(
            shape.operation is not None or shape.kind == "property" for shape in path.shape.line
        ):
            continue  # what lies behind these is not served yet
        if version.world.rules(path.type).subscribes:
            continue  # whoever is to be notified has to be there
        said = Plan(version.world, path, Evidence.KNOWN).said
        if said.asked is not None:
            continue  # what is there is asked by parameters
        if said.joins is not None and said.joined is not None:
            continue  # not all that the type allows may be there
        made = [
            each
            for each in concrete(path.type)
            if short(each.name) not in APART and _lives_there(version.world, path.type, each)
        ]
        new = [each for each in made if each.name not in types]
        types.update(each.name for each in new)
        yield from (Place(template, each, version) for each in new or made[:1])


def _lives_there(world: World, declared: PublishedType, type_: PublishedType) -> bool:
    """Whether things of a type are somewhere among all directory objects, where these are linked."""
    if short(declared.name) != "directoryObject":
        return True
    return any(world.type_in(each) in type_.chain for each in world.union("directoryObjects"))


def _hangs_on_a_window(version: Version, path: ResourcePath) -> bool:
    """Whether what is listed there hangs on parameters that a query has to have."""
    member, owner = path.shape.declared, path.shape.before and path.shape.before.type
    if not isinstance(member, NavigationProperty) or not isinstance(owner, PublishedType):
        return False
    return version.world.navigation(owner, member).asked is not None


def concrete(type_: PublishedType) -> list[PublishedType]:
    """What things of a type may be."""
    return [each for each in (type_, *type_.descendants) if not each.abstract]


def parents(template: str, version: Version = V1) -> Mapping[str, Any]:
    """Seeds that make the thing that a collection belongs to, and what has to be there besides."""
    return {**_owners(template, version), **BESIDE.get(template, {})}


def _owners(template: str, version: Version) -> Mapping[str, Any]:
    steps = with_ids(template).strip("/").split("/")[:-1]
    if len(steps) < 2:
        return {}
    owner = version.walk("/" + "/".join(steps)).shape
    cast = None
    while owner.step is Step.CAST:
        cast = cast or owner.type
        steps.pop()
        owner = owner.before
    path = "/".join(steps)
    heir = version.walk(with_ids(template)).shape.heir
    assert isinstance(owner.type, PublishedType)
    if owner.many or not concrete(owner.type):
        return {}  # nothing is in the way, or nothing can be of its type
    actual = cast or heir or concrete(owner.type)[0]
    record = {} if actual is owner.type else {"@odata.type": f"#{actual.name}"}
    if owner.step is not Step.KEY:
        return {path: record}
    key = int(steps[-1]) if steps[-1].isdigit() else steps[-1]
    return {"/".join(steps[:-1]): [{actual.key or "id": key, **record}]}
