"""The sweep the other way: what is wrong is refused wherever things are made, and stores nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import pytest

from fakegraph.app import tenants_of
from tests.edm.bodies import spoilt
from tests.sweep.conftest import sample
from tests.sweep.places import ID, MODEL, creatable
from tests.sweep.sweep import Sweep, Tenant

PLACES = list(creatable())
METHODS = ("GET", "POST", "PATCH", "PUT", "DELETE")
NOBODY = "00000000-1111-4222-8333-444444444444"
NO_FOLDER = "AQMkADAwMDAwMDAwLTAwMDAtMDAwMC0wMDAwLTAwMDAwMDAwMDAwMAA="


def wrong_bodies(sweep: Sweep) -> Iterator[tuple[str, dict[str, Any]]]:
    """Of each way to spoil a body the first three."""
    seen: dict[str, int] = defaultdict(int)
    body = sweep.body(1)
    known = {"@odata.type", *sweep.place.type.properties}
    declared = {name: value for name, value in body.items() if name in known}
    for kind, changed, _ in spoilt(MODEL, sweep.place.declared, declared):
        is_mine = kind == "unknown property" and sweep.place.type.open
        if seen[kind] < 3 and not is_mine:
            seen[kind] += 1
            yield kind, body | changed
    yield "foreign key", body | {f"{_link(sweep)}@odata.bind": f"{sweep.place.path}/{NOBODY}"}


def _link(sweep: Sweep) -> str:
    return next(iter(sweep.place.type.navigation), "noSuchNavigation")


@pytest.mark.parametrize("place", sample(PLACES, 25), ids=str)
def test_what_is_wrong_is_refused_and_nothing_is_stored(swept, place):
    tenant = Tenant(swept, place)
    sweep = Sweep(tenant, place)
    store = tenants_of(swept.application).named(tenant.id).store
    for path in (place.path, "/servicePrincipals"):
        tenant.ask("GET", path)  # makes what is there from the start
    before = store.sequence

    for kind, body in wrong_bodies(sweep):
        answer = tenant.ask("POST", place.path, body)
        assert answer.status_code in (400, 404), (kind, body, answer.status_code, answer.text)
        assert store.sequence == before, (kind, body)
    for path, method, status in wrong_requests(sweep):
        answer = tenant.ask(method, path, {} if method in ("POST", "PATCH", "PUT") else None)
        assert answer.status_code == status, (method, path, answer.status_code, answer.text)
        assert store.sequence == before, (method, path)

    tenant.end()


def wrong_requests(sweep: Sweep) -> Iterator[tuple[str, str, int]]:
    """Requests that are refused, each with the status of that."""
    place = sweep.place
    if not place.declared.open:
        yield f"{place.path}/{ID}/noSuchSegment", "GET", 400
        yield f"{place.path}/{ID}/noSuchSegment/{ID}", "DELETE", 400
    for method in METHODS:
        if method not in place.said.documented.union(place.parts.allowed()):
            yield place.path, method, 405
        if method not in place.allowed:
            yield f"{place.path}/{ID}", method, 405
    for method in ("GET", "DELETE"):
        if method in place.allowed and not (method == "DELETE" and place.said.absent_too):
            yield f"{place.path}/{key_of_nobody(sweep)}", method, 404


def key_of_nobody(sweep: Sweep) -> str:
    prop = sweep.place.declared.properties.get(sweep.place.key)
    if sweep.place.declared.name == "microsoft.graph.calendar":  # no GUID is an id of one
        return NO_FOLDER
    return "999" if prop is not None and "Int" in str(prop.type) else NOBODY
