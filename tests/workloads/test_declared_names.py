"""What workloads declare is declared of what the model has: a name that is misspelt has no effect."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest

from fakegraph import workloads
from fakegraph.graph.versions import Versions
from fakegraph.workloads.declarations import Navigation, Operation, Type
from fakegraph.workloads.declared import Declarations
from fakegraph.workloads.registry import declared
from fakegraph.workloads.reports import build_models

VERSIONS = Versions(build_models())
MODELS = [VERSIONS.model("v1.0"), VERSIONS.model("beta")]
# Of a type: sequences and mappings of names of properties.
NAMED = (
    *("required", "read_only", "immutable", "fixed", "ignored", "settled", "unique", "one_of"),
    *("default_select", "only_when_selected", "never_shown", "always_shown", "recent"),
    *("defaults", "generated", "formed", "computed", "written", "told"),
)


# What things of it have is what the columns of their list are.
ANYTHING = "fieldValueSet"


def known(type_name):
    """All that things of a type may have, in some version."""
    types = [model.type_named(f"microsoft.graph.{type_name}") for model in MODELS]
    every = [each for type_ in types if type_ for each in (type_, *type_.descendants)]
    return {name for each in every for name in (*each.properties, *each.navigation)}


def misspelt(declarations):
    """What is declared of nothing that there is."""
    for name in declarations._navigation:
        owner, slash, own = name.rpartition("/")
        if own not in known(owner) if slash else all(model.root(own) is None for model in MODELS):
            yield name
    for name, type_ in declarations._types.items():
        names = known(name)
        if not names:
            yield name
        for field in NAMED if name != ANYTHING else ():
            said = [each.split("/")[0] for each in getattr(type_, field) or ()]
            yield from (f"{name}.{each}" for each in said if "@" not in each and each not in names)


def test_all_that_is_declared_is_there():
    assert list(misspelt(declared())) == []


@pytest.mark.parametrize(
    ("said", "name"),
    [
        (Navigation("user/manger"), "user/manger"),
        (Navigation("grops"), "grops"),
        (Type("usr"), "usr"),
        (Type("user", required=("displayNam",)), "user.displayNam"),
        (Type("group", defaults={"visiblity": "Public"}), "group.visiblity"),
    ],
)
def test_what_is_misspelt_is_told(said, name):
    declarations = Declarations()
    declarations.add(said)
    assert list(misspelt(declarations)) == [name]


def declared_in(file):
    """What a file of a workload declares, each with its name: under a name of its own, or in a list."""
    module = import_module(f"{workloads.__name__}.{file.parent.name}.{file.stem}")
    lists = [each for each in vars(module).values() if isinstance(each, tuple)]
    return {
        id(each): f"{file.name}: {each.name}"
        for each in (*vars(module).values(), *(each for some in lists for each in some))
        if isinstance(each, Operation | Navigation)
    }


def test_nothing_that_a_file_declares_is_left_out():
    declarations = declared()
    operations = list(declarations._operations.values())
    gathered = [
        *operations,
        *declarations._navigation.values(),
        *(each.lists for each in operations),
    ]
    known = set(map(id, gathered))
    made = {}
    for file in Path(workloads.__file__).parent.glob("*/*.py"):
        made |= declared_in(file)

    assert len(made) > 500
    assert sorted(name for each, name in made.items() if each not in known) == []
