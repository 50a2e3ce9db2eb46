"""Filters and orders against an independent oracle: text and meaning are made side by side."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from fakegraph.app import close_app, create_app
from fakegraph.settings import Settings
from tests.conftest import SET, event

Record = dict[str, Any]
Meaning = Callable[[Record], bool]

FEATURES = ["registration", "reset", "unknownFutureValue"]
METHODS = ["email", "mobileSMS", "fido", "appPassword"]
NAMES = ["Ada", "ada", "Bo O'Hara", "Çelik", "Zoë", "", "a,b;c&d", "100%"]
START = datetime(2024, 1, 1, tzinfo=UTC)


def instants() -> st.SearchStrategy[str]:
    def text(seconds: int, ticks: int, hours: int) -> str:
        moment = (START + timedelta(seconds=seconds)).astimezone(timezone(timedelta(hours=hours)))
        zone = moment.strftime("%z")
        return f"{moment:%Y-%m-%dT%H:%M:%S}.{ticks:07d}{zone[:3]}:{zone[3:]}"

    return st.builds(
        text, st.integers(0, 90), st.sampled_from([0, 1, 9_999_999]), st.integers(-12, 14)
    )


def ticks(text: str) -> int:
    """The oracle's own reading of an instant, by way of datetime's microseconds and one digit."""
    head, tail = text[:26], text[26]
    moment = datetime.fromisoformat(head + text[27:])
    return ((moment - START) // timedelta(microseconds=1)) * 10 + int(tail)


def records() -> st.SearchStrategy[Record]:
    return st.fixed_dictionaries(
        {
            "feature": st.sampled_from(FEATURES),
            "userPrincipalName": st.sampled_from(NAMES),
            "userDisplayName": st.sampled_from(NAMES),
            "isSuccess": st.booleans(),
            "authMethod": st.sampled_from(METHODS),
            "failureReason": st.sampled_from(["", "Locked", "LOCKED out"]),
            "eventDateTime": instants(),
        }
    )


def quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "eq": lambda a, b: a == b,
    "ne": lambda a, b: a != b,
    "gt": lambda a, b: a > b,
    "ge": lambda a, b: a >= b,
    "lt": lambda a, b: a < b,
    "le": lambda a, b: a <= b,
}
TEXTS = ["userPrincipalName", "userDisplayName", "failureReason"]
PARTS: dict[str, Callable[[str, str], bool]] = {
    "startswith": lambda whole, part: whole[: len(part)] == part,
    "endswith": lambda whole, part: whole.endswith(part),
    "contains": lambda whole, part: whole.find(part) >= 0,
}


def leaf() -> st.SearchStrategy[tuple[str, Meaning]]:
    def on_date(op: str, value: str) -> tuple[str, Meaning]:
        return (
            f"eventDateTime {op} {value}",
            lambda r: COMPARE[op](ticks(r["eventDateTime"]), ticks(value)),
        )

    def on_text(name: str, op: str, value: str) -> tuple[str, Meaning]:
        return (
            f"{name} {op} {quoted(value)}",
            lambda r: COMPARE[op](r[name].casefold(), value.casefold()),
        )

    def on_part(function: str, name: str, value: str) -> tuple[str, Meaning]:
        return (
            f"{function}({name},{quoted(value)})",
            lambda r: PARTS[function](r[name].casefold(), value.casefold()),
        )

    def on_enum(name: str, op: str, value: str, typed: bool) -> tuple[str, Meaning]:
        type_ = {"feature": "featureType", "authMethod": "usageAuthMethod"}[name]
        literal = f"microsoft.graph.{type_}{quoted(value)}" if typed else quoted(value)
        return f"{literal} {op} {name}", lambda r: COMPARE[op](value, r[name])

    def on_length(name: str, op: str, size: int) -> tuple[str, Meaning]:
        return f"length({name}) {op} {size}", lambda r: COMPARE[op](len(r[name]), size)

    def one_of(values: list[str]) -> tuple[str, Meaning]:
        return (
            f"authMethod in ({','.join(map(quoted, values))})",
            lambda r: r["authMethod"] in values,
        )

    ops = st.sampled_from(list(COMPARE))
    equal = st.sampled_from(["eq", "ne"])
    return st.one_of(
        st.builds(on_date, ops, instants()),
        st.builds(on_text, st.sampled_from(TEXTS), ops, st.sampled_from(NAMES)),
        st.builds(
            on_part,
            st.sampled_from(list(PARTS)),
            st.sampled_from(TEXTS),
            st.sampled_from(["a", "A", "O'", "", "ë", "LOCK"]),
        ),
        st.builds(on_enum, st.just("feature"), equal, st.sampled_from(FEATURES), st.booleans()),
        st.builds(on_enum, st.just("authMethod"), equal, st.sampled_from(METHODS), st.booleans()),
        st.builds(on_length, st.sampled_from(TEXTS), ops, st.integers(0, 9)),
        st.builds(one_of, st.lists(st.sampled_from(METHODS), min_size=1, max_size=3)),
        st.just(("isSuccess", lambda r: r["isSuccess"])),
        st.just(("isSuccess eq false", lambda r: not r["isSuccess"])),
    )


def branch(
    inner: st.SearchStrategy[tuple[str, Meaning]],
) -> st.SearchStrategy[tuple[str, Meaning]]:
    def both(a: tuple[str, Meaning], b: tuple[str, Meaning]) -> tuple[str, Meaning]:
        return f"({a[0]}) and ({b[0]})", lambda r: a[1](r) and b[1](r)

    def either(a: tuple[str, Meaning], b: tuple[str, Meaning]) -> tuple[str, Meaning]:
        return f"({a[0]} or ({b[0]}))", lambda r: a[1](r) or b[1](r)

    def neither(a: tuple[str, Meaning]) -> tuple[str, Meaning]:
        return f"not ({a[0]})", lambda r: not a[1](r)

    return st.one_of(
        st.builds(both, inner, inner), st.builds(either, inner, inner), st.builds(neither, inner)
    )


FILTERS = st.recursive(leaf(), branch, max_leaves=6)
ORDERS = st.lists(
    st.tuples(
        st.sampled_from(["feature", "isSuccess", "eventDateTime", "userDisplayName", "authMethod"]),
        st.booleans(),
    ),
    max_size=3,
    unique_by=lambda term: term[0],
)

# Enumerations sort by value, the order in which the documentation lists the members.
SORT_KEYS: dict[str, Callable[[Record], Any]] = {
    "feature": lambda r: FEATURES.index(r["feature"]),
    "authMethod": lambda r: METHODS.index(r["authMethod"]),
    "isSuccess": lambda r: r["isSuccess"],
    "eventDateTime": lambda r: ticks(r["eventDateTime"]),
    "userDisplayName": lambda r: r["userDisplayName"].casefold(),
}


@settings(max_examples=150)
@given(st.lists(records(), max_size=25), FILTERS, ORDERS, st.integers(1, 7))
def test_lists_agree_with_the_oracle(
    stored: list[Record],
    asked: tuple[str, Meaning],
    order: list[tuple[str, bool]],
    page: int,
) -> None:
    text, meaning = asked
    app = create_app(Settings(fixture=(), auth="off"))
    client = app.test_client()
    for number, record in enumerate(stored):
        body = event(**record, id=f"r{number}") | record
        assert client.post(SET, json=body).status_code == 201
    expected = _expected(stored, meaning, order)
    terms = ",".join(f"{name} desc" if descending else name for name, descending in order)
    query = {"$filter": text, "$count": "true", "$top": str(page)}
    found: list[str] = []
    response = client.get(SET, query_string=query | ({"$orderby": terms} if terms else {}))
    while True:
        assert response.status_code == 200, response.text
        found += [record["id"] for record in response.json["value"]]
        assert response.json["@odata.count"] == len(expected)
        if "@odata.nextLink" not in response.json:
            break
        response = client.get(response.json["@odata.nextLink"])
    close_app(app)
    assert found == expected


def _expected(stored: list[Record], meaning: Meaning, order: list[tuple[str, bool]]) -> list[str]:
    """Sort by the last key first; Python's sort is stable, reversed too."""
    pairs = [(f"r{n}", r) for n, r in enumerate(stored) if meaning(r)]
    for name, descending in reversed(order):
        pairs.sort(key=lambda pair, key=SORT_KEYS[name]: key(pair[1]), reverse=descending)
    return [name for name, _ in pairs]
