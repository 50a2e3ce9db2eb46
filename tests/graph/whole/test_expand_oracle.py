"""Any ``$expand`` and any condition along navigation, against lists that are gone through."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from fakegraph.app import close_app, create_app
from fakegraph.settings import Settings

EXAMPLES = int(os.environ.get("HTTP_EXAMPLES", "0"))
NAMES = ["a", "b", "c"]
OTHER = {"classes": "members", "members": "classes"}
KEYS = {"classes": [f"c{n}" for n in range(3)], "members": [f"u{n}" for n in range(4)]}
PLACES = {"classes": "education/classes", "members": "education/users"}


@dataclass
class School:
    """Who is in what, in the order in which they came; everything has an id and a name."""

    names: dict[str, str]
    links: list[tuple[str, str]]

    def led(self, kind: str, id_: str) -> list[str]:
        """What a thing of a kind leads to."""
        if kind == "classes":
            return [user for class_, user in self.links if class_ == id_]
        return [class_ for class_, user in self.links if user == id_]


Holds = Any
"""The text of a condition, and what tells of a thing in a school whether it holds."""


def _equals(name: str | None, negated: bool) -> tuple[str, Holds]:
    literal = "null" if name is None else f"'{name}'"
    text = f"%sdisplayName {'ne' if negated else 'eq'} {literal}"
    return text, lambda school, kind, id_: (school.names[id_] == name) is not negated


def _joined(one: Any, other: Any, word: str) -> tuple[str, Holds]:
    both = {"and": all, "or": any}[word]
    text = f"({one[0]} {word} {other[0]})"
    return text, lambda *at: both([one[1](*at), other[1](*at)])


def _negated(one: Any) -> tuple[str, Holds]:
    return f"not ({one[0]})", lambda *at: not one[1](*at)


def _quantified(kind: str, word: str, inner: Any, depth: int) -> tuple[str, Holds]:
    variable, name = f"x{depth}", OTHER[kind]
    text = f"%s{name}/{word}({variable}:{inner[0].replace('%s', f'{variable}/')})"
    each = {"any": any, "all": all}[word]

    def holds(school: School, kind: str, id_: str) -> bool:
        return each(inner[1](school, OTHER[kind], one) for one in school.led(kind, id_))

    return text, holds


def _counted(kind: str, operator: str, number: int) -> tuple[str, Holds]:
    test = {"eq": int.__eq__, "gt": int.__gt__, "le": int.__le__}[operator]
    text = f"%s{OTHER[kind]}/$count {operator} {number}"
    return text, lambda school, kind, id_: test(len(school.led(kind, id_)), number)


def conditions(kind: str, depth: int = 2) -> st.SearchStrategy[tuple[str, Holds]]:
    """Conditions on things of a kind; ``%s`` stands before each name."""
    plain = st.one_of(
        st.builds(_equals, st.sampled_from([*NAMES, None]), st.booleans()),
        st.builds(partial(_counted, kind), st.sampled_from(["eq", "gt", "le"]), st.integers(0, 3)),
    )
    if not depth:
        return plain
    inner = conditions(OTHER[kind], depth - 1)
    along = st.builds(
        lambda word, one: _quantified(kind, word, one, depth),
        st.sampled_from(["any", "all"]),
        inner,
    )
    simple = st.one_of(plain, along)
    return st.one_of(
        simple,
        st.builds(_negated, simple),
        st.builds(_joined, simple, simple, st.sampled_from(["and", "or"])),
    )


@dataclass
class Asked:
    """What is asked of a collection of things of a kind."""

    kind: str
    condition: tuple[str, Holds] | None
    order: str | None
    skip: int
    top: int | None
    count: bool
    inner: Asked | None

    def options(self) -> dict[str, str]:
        values = {"$select": "id"}
        if self.condition is not None:
            values["$filter"] = self.condition[0].replace("%s", "")
        if self.order is not None:
            values["$orderby"] = self.order
        if self.skip:
            values["$skip"] = str(self.skip)
        if self.top is not None:
            values["$top"] = str(self.top)
        if self.count:
            values["$count"] = "true"
        if self.inner is not None:
            inside = ";".join(f"{name}={text}" for name, text in self.inner.options().items())
            values["$expand"] = f"{self.inner.kind}({inside})"
        return values

    def wanted(self, school: School, ids: list[str]) -> tuple[list[Any], int]:
        """What is shown of things, over all pages, and how many match."""
        test = (lambda *at: True) if self.condition is None else self.condition[1]
        found = [id_ for id_ in ids if test(school, self.kind, id_)]
        if self.order is not None:
            names = sorted({*NAMES}, reverse=self.order.endswith(" desc"))
            found = [id_ for name in names for id_ in found if school.names[id_] == name]
        return [self._shown(school, id_) for id_ in found[self.skip :]], len(found)

    def _shown(self, school: School, id_: str) -> Any:
        if self.inner is None:
            return id_
        items, total = self.inner.wanted(school, school.led(self.kind, id_))
        return id_, items, total if self.inner.count else None


def asking(kind: str, depth: int = 2) -> st.SearchStrategy[Asked]:
    """What may be asked of things of a kind."""
    return st.builds(
        Asked,
        st.just(kind),
        st.none() | conditions(kind, 1 if depth < 2 else 2),
        st.sampled_from([None, "displayName", "displayName desc"]),
        st.sampled_from([0, 0, 1, 2]),
        st.sampled_from([None, 1, 2, 3]),
        st.booleans(),
        asking(OTHER[kind], depth - 1) if depth else st.none(),
    )


SCHOOLS = st.builds(
    School,
    st.fixed_dictionaries({id_: st.sampled_from(NAMES) for ids in KEYS.values() for id_ in ids}),
    st.lists(
        st.tuples(st.sampled_from(KEYS["classes"]), st.sampled_from(KEYS["members"])),
        unique=True,
        max_size=8,
    ),
)


@pytest.fixture(scope="module")
def client() -> Any:
    app = create_app(Settings(fixture=(), auth="off"))
    yield app.test_client()
    close_app(app)


def read(client: Any, asked: Asked, body: Any, name: str) -> tuple[list[Any], int | None]:
    """What is under a name, on all pages, and what is counted."""
    note = "" if name == "value" else name
    items, link = body[name], body.get(f"{note}@odata.nextLink")
    while link:
        page = client.get(link).json
        assert "value" in page, (link, page)
        items, link = [*items, *page["value"]], page.get("@odata.nextLink")
    return [_shown(client, asked, each) for each in items], body.get(f"{note}@odata.count")


def _shown(client: Any, asked: Asked, item: Any) -> Any:
    if asked.inner is None:
        return item["id"]
    return (item["id"], *read(client, asked.inner, item, asked.inner.kind))


def _fill(client: Any, school: School) -> None:
    client.post("/_fakegraph/reset")
    things = {
        PLACES[kind]: [{"id": id_, "displayName": school.names[id_]} for id_ in ids]
        for kind, ids in KEYS.items()
    }
    assert client.post("/_fakegraph/seed", json=things).status_code == 200
    for class_, user in school.links:
        path = f"{PLACES['classes']}/{class_}/members"
        assert client.post("/_fakegraph/seed", json={path: [{"id": user}]}).status_code == 200


@settings(
    max_examples=EXAMPLES or 5,
    derandomize=not EXAMPLES,
    deadline=None,
    phases=set(Phase) if EXAMPLES else {Phase.generate},  # to shrink them takes minutes
    suppress_health_check=list(HealthCheck),
)
@given(
    school=SCHOOLS, asked=st.lists(st.sampled_from([*KEYS]).flatmap(asking), min_size=4, max_size=4)
)
def test_what_is_expanded_is_what_lists_say(client, school, asked):
    _fill(client, school)
    for each in asked:
        answer = client.get(f"/v1.0/{PLACES[each.kind]}", query_string=each.options())
        assert answer.status_code == 200, (each.options(), answer.text)

        items, total = each.wanted(school, KEYS[each.kind])

        found = read(client, each, answer.json, "value")
        assert found == (items, total if each.count else None), (school, each.options())
        for _ in range(2):  # what is kept of the second answer is in the third
            again = client.get(f"/v1.0/{PLACES[each.kind]}", query_string=each.options())
            assert again.data == answer.data, (school, each.options())
