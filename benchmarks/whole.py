"""The generic engine beside the report set, and beside a mock that a model drives. Prints markdown.

    python benchmarks/whole.py CSDL [--size N] [--rounds N] [--seconds N]
    python benchmarks/whole.py --operations

Each place has ``size`` records, in memory; of each the rate at one id, at the first page of 100
that a filter leaves, and at a POST is measured, one place after the other within seconds, so that
ratios are taken between neighbours. The mock is @sap-ux/fe-mockserver-core, with the same CSDL and
users; it does not find what a user contains.

With ``--operations`` it is counted how many operations Python's interpreter does for each in
process, which is the same on a busy machine and on a quiet one.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

from contenders import HERE, PAGE
from growth import operations
from inside import Inside
from records import SET, record, record_id
from running import Running, free_port

MODES = {"get": "get by id", "page": "filtered page of 100", "create": "create"}
CONNECTIONS = 16
CHUNK = 1000
Ask = Callable[[str, str, Any], Any]
Rates = Mapping[tuple[str, str, str], "list[Rate]"]
OWNER = record_id(0)


class Place(NamedTuple):
    """What is measured: where its things are, one of them, and a filter that half of them pass."""

    path: str
    item: str
    filter: str
    body: str


def _place(path: str, filter_: str, body: Mapping[str, Any], item: str = "/{id}") -> Place:
    return Place(path, path + item, filter_, json.dumps(body, separators=(",", ":")))


REPORTS, USERS, MESSAGES = "reports", "/users", "/users/{id}/messages"
NEW_USER = {
    "accountEnabled": True,
    "displayName": "New {n}",
    "mailNickname": "new{n}",
    "userPrincipalName": "new{n}.{turn}@contoso.com",
    "passwordProfile": {"password": "xWwvJ]6NMw+bWH-d"},
    "city": "Oslo",
}
# What is created passes the filters, so that pages stay as long where the newest come first.
NEW_REPORT = {n: value for n, value in record(0).items() if n != "id"} | {"feature": "reset"}
_USERS = _place("/v1.0/users", "city eq 'Oslo'", NEW_USER)
OURS = {
    REPORTS: _place(f"/beta/reports/{SET}", "feature eq 'reset'", NEW_REPORT),
    USERS: _USERS,
    MESSAGES: _place(
        f"/v1.0/users/{OWNER}/messages",
        "importance eq 'high'",
        {"subject": "New {n}", "importance": "high"},
    ),
}
THEIRS = {USERS: _USERS._replace(item="/v1.0/users(id='{id}')")}


def user(number: int) -> dict[str, Any]:
    """The user of that number. Every other one is in Oslo."""
    return {
        "id": record_id(number),
        "accountEnabled": True,
        "displayName": f"User {number}",
        "mailNickname": f"user{number}",
        "userPrincipalName": f"user{number}@contoso.com",
        "city": "Oslo" if number % 2 else "Rome",
    }


def message(number: int) -> dict[str, Any]:
    """The message of that number. Every other one matters much."""
    importance = "high" if number % 2 else "normal"
    return {"id": record_id(number), "subject": f"Message {number}", "importance": importance}


def start_fakegraph(size: int, folder: Path) -> Running:
    """With its records put there over the control API."""
    port, program = free_port(), Path(sys.executable).with_name("fakegraph")
    command = [str(program), "serve", "--port", str(port), "--no-fixture"]
    server = Running([*command, "--log-level", "warning"], port, "/v1.0/users", folder / "log")
    seed(server.ask, size)
    return server


def seed(ask: Ask, size: int) -> None:
    """Put so many records at each place."""
    made = {SET: record, "users": user, f"users/{OWNER}/messages": message}
    for path, make in made.items():
        for start in range(0, size, CHUNK):
            numbers = range(start, min(start + CHUNK, size))
            ask("POST", "/_fakegraph/seed", {path: [make(number) for number in numbers]})


def start_mock(csdl: Path, size: int, folder: Path) -> Running:
    """The mock, with the same users."""
    data, port = folder / "mock", free_port()
    data.mkdir()
    (data / "users.json").write_text(json.dumps([user(number) for number in range(size)]))
    command = ["node", str(HERE / "fe-mockserver.js"), str(port), str(csdl), str(data)]
    return Running(command, port, "/v1.0/users?$top=1", folder / "mock.log")


def check(server: Running, places: Mapping[str, Place]) -> None:
    """Does it answer as it should? Raises AssertionError if not."""
    for name, place in places.items():
        found = server.ask("GET", place.item.replace("{id}", record_id(1)))
        assert found["id"] == record_id(1), (name, found)
        page = server.ask("GET", _page(place))["value"]
        assert len(page) == PAGE, (name, len(page))


def _page(place: Place) -> str:
    return f"{place.path}?$top={PAGE}&$filter={quote(place.filter)}"


class Rate(NamedTuple):
    """Requests a second by the clock, and by the processor time of the server, which is the same
    on a busy machine.
    """

    clock: float
    processor: float


def rate(server: Running, place: Place, mode: str, size: int, seconds: int, turn: int) -> Rate:
    """How fast it answers. Raises AssertionError where it refused."""
    path = {"get": place.item, "page": _page(place), "create": place.path}[mode]
    body = place.body.replace("{turn}", str(turn)) if mode == "create" else ""
    server.ask("GET", place.item.replace("{id}", record_id(1)))  # what came before is done by then
    took = server.load(mode, size, path, CONNECTIONS, seconds, body)
    assert not took["refused"] + took["broken"], (place.path, mode, took)
    return Rate(took["requests"] / took["seconds"], took["requests"] / took["spent"])


def measured(
    servers: Mapping[str, tuple[Running, Mapping[str, Place]]], size: int, rounds: int, seconds: int
) -> Rates:
    """Rates of each round, by mode, server and place."""
    rates: dict[tuple[str, str, str], list[Rate]] = defaultdict(list)
    for turn in range(rounds):
        for mode in MODES:
            for server, (running, places) in servers.items():
                for name, place in places.items():
                    found = rate(running, place, mode, size, seconds, turn)
                    rates[mode, server, name].append(found)
                    print(f"  {mode} {server} {name}: {found.clock:,.0f}/s", file=sys.stderr)
    return rates


def table(rates: Rates) -> Iterator[str]:
    """Markdown: our rates, and their ratios to the report set's and to the mock's; in brackets
    these in processor time.
    """
    yield "| operation | place | fakegraph /s | of the report set's | of fe-mockserver's |"
    yield "| --- | --- | ---: | ---: | ---: |"
    for mode, words in MODES.items():
        reports = rates[mode, "fakegraph", REPORTS]
        for name in OURS:
            ours = rates[mode, "fakegraph", name]
            theirs = rates.get((mode, "mock", name))
            median = statistics.median(each.clock for each in ours)
            cells = (f"{median:,.0f}", _ratio(ours, reports), _ratio(ours, theirs))
            yield f"| {words} | {name} | {' | '.join(cells)} |"


def _ratio(ours: list[Rate], theirs: list[Rate] | None) -> str:
    if theirs is None:
        return "-"
    pairs = list(zip(ours, theirs, strict=True))
    ratios = ([a[n] / b[n] if b[n] else math.inf for a, b in pairs] for n in range(2))
    return "{:.2f} ({:.2f})".format(*map(statistics.median, ratios))


WARM = 20  # until all is imported and worked out that is so once


def counted(ask: Ask, mode: str, place: Place) -> int:
    """How many operations one such request takes."""
    path = {"get": place.item, "page": _page(place), "create": place.path}[mode]
    number = 0

    def work() -> None:
        nonlocal number
        number += 1
        body = place.body.replace("{n}", str(number)).replace("{turn}", "0")
        sent = json.loads(body) if mode == "create" else None
        ask("POST" if sent else "GET", path.replace("{id}", record_id(1)), sent)

    for _ in range(WARM):
        work()
    return operations(work)


def counts() -> Iterator[str]:
    """Markdown: the operations of each, and their ratio to the report set's."""
    app = Inside()
    try:
        seed(app.ask, CHUNK)
        yield "| operation | place | thousand operations | of the report set's |"
        yield "| --- | --- | ---: | ---: |"
        for mode, words in MODES.items():
            found = {name: counted(app.ask, mode, place) for name, place in OURS.items()}
            for name, count in found.items():
                ratio = count / found[REPORTS]
                yield f"| {words} | {name} | {count / 1000:.1f} | {ratio:.1f} |"
    finally:
        app.end()


def main() -> None:
    """Measure, then print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("csdl", type=Path, nargs="?")
    parser.add_argument("--operations", action="store_true")
    parser.add_argument("--size", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=5)
    options = parser.parse_args()
    if options.operations:
        print("\n".join(counts()))
        return
    if options.csdl is None:
        parser.error("whose CSDL the mock goes by is to be said")
    servers: dict[str, tuple[Running, Mapping[str, Place]]] = {}
    with tempfile.TemporaryDirectory(prefix="fakegraph-whole-") as folder:
        try:
            servers["fakegraph"] = (start_fakegraph(options.size, Path(folder)), OURS)
            servers["mock"] = (start_mock(options.csdl, options.size, Path(folder)), THEIRS)
            for server, places in servers.values():
                check(server, places)
            rates = measured(servers, options.size, options.rounds, options.seconds)
        finally:
            for server, _ in servers.values():
                server.end()
    print("\n".join(table(rates)))


if __name__ == "__main__":
    main()
