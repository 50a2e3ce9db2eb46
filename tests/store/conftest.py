from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fakegraph.store import Container, Index, Record, Store, Stores, Template

from .worlds import KINDS, LASTING, STORES, World, stores_of


def same(value: Any) -> Any:
    return value


INDEXES = {"people": [Index("group", same), Index("name", str.casefold), Index("age", same, True)]}


def person(key: str, **properties: Any) -> Record:
    return {"id": key, "group": "staff", "name": "Ada", "age": 36, **properties}


def people(*ages: int | None) -> list[Record]:
    """Records p1, p2, …, one for each age."""
    return [person(f"p{number}", age=age) for number, age in enumerate(ages, start=1)]


def ids(rows: Any) -> list[str]:
    return [row.record["id"] for row in rows]


def dump(store: Store) -> dict[str, list[tuple[int, Record]]]:
    """Everything in a store: positions and records by set."""
    return {
        name: [(row.position, row.record) for row in store.container(name).scan()]
        for name in store.names()
    }


def filled(store: Store) -> dict[str, list[tuple[int, Record]]]:
    """Everything in a store; an empty container is as good as none."""
    return {name: rows for name, rows in dump(store).items() if rows}


@pytest.fixture
def template() -> Template:
    return Template({"people": people(30, 40), "places": []}, INDEXES)


@pytest.fixture(params=STORES)
def stores(request: pytest.FixtureRequest, tmp_path: Path, template: Template) -> Iterator[Stores]:
    """Stores of each kind; what holds for one must hold for all."""
    stores = stores_of(request.param, template, tmp_path)
    yield stores
    stores.close()


@pytest.fixture
def store(stores: Stores) -> Store:
    return stores.open("contoso")


@pytest.fixture
def collection(store: Store) -> Container:
    return store.container("people")


@pytest.fixture(params=KINDS)
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    """Stores of each kind and the oracle, with a template of rows, owners and links."""
    yield from _world(request.param, tmp_path)


@pytest.fixture(params=LASTING)
def lasting(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    """Stores of each kind that can be closed and opened again."""
    yield from _world(request.param, tmp_path)


def _world(kind: str, folder: Path) -> Iterator[World]:
    world = World(kind, folder)
    yield world
    world.close()
