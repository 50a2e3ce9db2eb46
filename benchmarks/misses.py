"""Where the time and the bytes of what missed its aim go. Prints a table for each, as markdown.

    python benchmarks/misses.py [requests] [whole] [expand] [tail] [start] [fixture] [memory]
                                [--seconds N]

Requests are answered in this process, without HTTP, and looked at whenever it has used the
processor for some milliseconds; what the sockets, the parser and the loop take is the same for a
constant view. A start is told by the interpreter (``-X importtime``). What a test's fixture does is
counted in operations of the interpreter. What is in memory is followed from the rows.
"""

from __future__ import annotations

import argparse
import gc
import json
import math
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import types
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

import expanding
import fixture_cost
import weights
from commits import ROOT, environment
from flame import Stack, _stack
from floors import flask_app
from inside import Inside, called
from records import SET, record_id, write_jsonl
from whole import MESSAGES, NEW_REPORT, OURS, OWNER, USERS, message, user

from fakegraph.process import _SELDOM

SIZE = 10_000
WARM = 200
Step = Callable[[int], Any]

FIND, WRITE = "finding what is asked for", "records, keys, indexes, change log"
# Of a stack the innermost function counts that is in one of these.
PARTS: Mapping[str, Sequence[str]] = {
    "the log, on disk": tuple(f"store/{e}.py" for e in ("files", "log", "openlog", "folder")),
    "journal and counters": (
        *("tenants/journal.py", "tenants/metrics.py", "tenants/notes.py", "web/visit.py"),
        "graph/api.py GraphApi._note",
    ),
    "JSON and headers of the answer": (
        *("graph/shape.py", "graph/whole/shape.py", "graph/whole/seeing.py", "web/exchange.py"),
        *("web/headers.py", "web/wsgi.py", "store/rows.py json_of", "store/rows.py Row.json"),
    ),
    "reading and checking the body": (
        "web/body.py",
        "strict_json.py",
        "edm/",
        "graph/whole/bodies",
    ),
    "reading the query": ("odata/query_string.py", "odata/reading.py", "graph/effort.py"),
    FIND: ("odata/", "store/", "graph/paging.py", "graph/whole/narrowing.py"),
    "rules of the type": ("workloads/", "graph/whole/making.py", "graph/whole/completing.py"),
    "the way there: tenant, path, who asks": ("",),
}


class Took(NamedTuple):
    """What a request took: microseconds by part, and those of threads beside it."""

    parts: Mapping[str, float]
    beside: float


def part_of(stack: Stack) -> str:
    """Which part a stack is in."""
    for name in reversed(stack):
        for part, begins in PARTS.items():
            if begins[0] and name.startswith(tuple(begins)):
                writes = any("Storage.transact" in each for each in stack)
                return WRITE if part == FIND and writes else part
    return "the way there: tenant, path, who asks"


def taken(step: Step, seconds: float) -> Took:
    """Where the time of a step goes."""
    seen: Counter[str] = Counter()

    def look(_: int, frame: types.FrameType | None) -> None:
        stack = _stack(frame)
        seen[part_of(stack) if stack else _outside(frame)] += 1

    for number in range(WARM):
        step(number)
    before = signal.signal(signal.SIGPROF, look)
    own, whole = time.thread_time(), time.process_time()
    signal.setitimer(signal.ITIMER_PROF, 1e-3, 1e-3)
    try:
        for number in count(WARM):
            step(number)
            if time.thread_time() - own > seconds:
                break
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
    own, whole = time.thread_time() - own, time.process_time() - whole
    done = number - WARM + 1
    looks = sum(seen.values())
    share = {part: own * 1e6 / done * each / looks for part, each in seen.items() if part}
    return Took(share, (whole - own) * 1e6 / done)


def _outside(frame: types.FrameType | None) -> str:
    while frame is not None:
        if re.search(r"/(flask|werkzeug)/", frame.f_code.co_filename):
            return "Flask and Werkzeug"
        frame = frame.f_back
    return ""  # this benchmark's own


def table(head: str, columns: Mapping[str, Mapping[str, float]]) -> None:
    """A table of parts, what is greatest first."""
    found: Counter[str] = Counter()
    for column in columns.values():
        found.update(column)
    print(f"| {head} | {' | '.join(columns)} |")
    print(f"| --- |{' ---: |' * len(columns)}")
    for part, _ in found.most_common():
        cells = (column.get(part, 0) for column in columns.values())
        print(f"| {part} | {' | '.join(f'{each:,.0f}' if each else '-' for each in cells)} |")
    sums = (f"{sum(column.values()):,.0f}" for column in columns.values())
    print(f"| all | {' | '.join(sums)} |\n", flush=True)


def requests(seconds: float) -> None:
    """Of the report set, beside a view of constants."""
    path = f"/beta/reports/{SET}"
    page = f"{path}?$filter=feature%20eq%20%27reset%27&$top=100"
    with tempfile.TemporaryDirectory(prefix="fakegraph-misses-") as folder:
        fixture = write_jsonl(SIZE, Path(folder) / f"{SET}.jsonl")
        app = Inside(str(fixture), data_dir=Path(folder) / "data", auth="bearer")
        bodies = {
            "get": called(app.app, "GET", f"{path}/{record_id(0)}"),
            "page": called(app.app, "GET", page),
            "create": called(app.app, "POST", path, NEW_REPORT),
        }
        view = flask_app(bodies)
        steps: dict[str, Step] = {
            "get": lambda n: called(app.app, "GET", f"{path}/{record_id(n % SIZE)}"),
            "of the view": lambda _: called(view, "GET", "/set/1"),
            "page": lambda _: called(app.app, "GET", page),
            "of the view ": lambda _: called(view, "GET", "/set"),
            "create": lambda _: called(app.app, "POST", path, NEW_REPORT),
            "of the view  ": lambda _: called(view, "POST", "/set", NEW_REPORT),
        }
        found = {name: taken(step, seconds) for name, step in steps.items()}
        app.end()
    columns = {name: dict(each.parts) for name, each in found.items()}
    columns["create"]["a thread that writes the data file"] = found["create"].beside
    table("µs of the processor", columns)


def whole(seconds: float) -> None:
    """Of what the generic engine has."""
    app = Inside()
    made = {"users": user, f"users/{OWNER}/messages": message}
    for path, make in made.items():
        app.ask("POST", "/_fakegraph/seed", {path: [make(number) for number in range(1000)]})
    columns = {}
    for name, place in ((USERS, OURS[USERS]), (MESSAGES, OURS[MESSAGES])):
        body, query = json.loads(place.body), place.filter.replace(" ", "%20").replace("'", "%27")
        said = name.strip("/").replace("{id}/", "").replace("users/", "")

        def get(n: int, item: str = place.item) -> Any:
            return called(app.app, "GET", item.replace("{id}", record_id(n % 1000)))

        def page(_: int, target: str = f"{place.path}?$filter={query}&$top=100") -> Any:
            return called(app.app, "GET", target)

        def create(n: int, path: str = place.path, body: Any = body, turn: str = said) -> Any:
            text = json.dumps(body).replace("{n}", str(n)).replace("{turn}", turn)
            return called(app.app, "POST", path, json.loads(text))

        for what, step in (("get", get), ("page", page), ("create", create)):
            columns[f"{said}: {what}"] = taken(step, seconds).parts
    app.end()
    table("µs of the processor", columns)


def expand(seconds: float) -> None:
    """Of a page of users and of one with their groups, three each, and what a change adds."""
    app = Inside()
    expanding.fill(app.app.test_client(), 1_000, 50, 3)
    other = f"/v1.0/users/{expanding.user(expanding.PAGE)['id']}"

    def page(target: str) -> Step:
        return lambda _: called(app.app, "GET", target)

    def changed(number: int) -> None:
        called(app.app, "PATCH", other, {"city": f"City {number}"})

    def after(read: Step) -> Step:
        def both(number: int) -> None:
            changed(number)
            read(number)

        return both

    plain, expanded = page(expanding.PLAIN), page(f"{expanding.PLAIN}&$expand=memberOf")
    steps = {
        "page": plain,
        "expanded": expanded,
        "change": changed,
        "change, page": after(plain),
        "change, expanded": after(expanded),
    }
    columns = {name: taken(step, seconds).parts for name, step in steps.items()}
    app.end()
    table("µs of the processor", columns)


def tail(seconds: float) -> None:
    """What is long of creates on disk."""
    path, pauses = f"/beta/reports/{SET}", [0.0, 0.0]

    def collected(phase: str, _: Any) -> None:
        pauses[phase == "stop"] = time.perf_counter()

    with tempfile.TemporaryDirectory(prefix="fakegraph-misses-") as folder:
        fixture = write_jsonl(SIZE, Path(folder) / f"{SET}.jsonl")
        app = Inside(str(fixture), data_dir=Path(folder) / "data", auth="bearer")
        gc.collect()
        gc.freeze()  # as `serve` does
        before = gc.get_threshold()
        gc.set_threshold(*_SELDOM)
        gc.callbacks.append(collected)
        took: list[tuple[float, bool, bool]] = []
        until = time.thread_time() + 3 * seconds
        while time.thread_time() < until:
            pauses[:] = (0.0, 0.0)
            own, whole = time.thread_time(), time.process_time()
            called(app.app, "POST", path, NEW_REPORT)
            own, whole = time.thread_time() - own, time.process_time() - whole
            took.append((whole * 1e6, bool(pauses[1]), whole - own > 1e-4))
        gc.callbacks.remove(collected)
        gc.set_threshold(*before)
        gc.unfreeze()
        app.end()
    rows = {
        "all": took,
        "in which the collector of cycles ran": [each for each in took if each[1]],
        "beside which a thread wrote the data file": [each for each in took if each[2]],
        "all others": [each for each in took if not (each[1] or each[2])],
    }
    print("| creates | of a thousand | median | p99 | p99.9 |")
    print("| --- | ---: | ---: | ---: | ---: |")
    for name, part in rows.items():
        times = sorted(each[0] for each in part) or [0.0]
        at = (times[int(len(times) * share)] for share in (0.5, 0.99, 0.999))
        cells = " | ".join(f"{each:,.0f}" for each in at)
        print(f"| {name} | {1000 * len(part) / len(took):,.1f} | {cells} |")
    print()


_IMPORT = re.compile(r"import time:\s+(\d+) \|\s+\d+ \|\s+(\S+)")
_LIBRARIES = {
    "Flask, Werkzeug, Jinja, click": "flask werkzeug jinja2 markupsafe itsdangerous blinker click",
    "asyncio, uvicorn, the parser": "asyncio uvicorn httptools h11 ssl _ssl socket selectors",
    "marshmallow, TinyDB, orjson": "marshmallow tinydb orjson",
    "modules of our own": "fakegraph",
}
_OTHERS = "other modules of Python's own"


def start(seconds: float) -> None:
    """Of a start that serves contoso, until it says so: of some the least, by the clock."""
    owners = {name: part for part, names in _LIBRARIES.items() for name in names.split()}
    least: dict[str, float] = {}
    with tempfile.TemporaryDirectory(prefix="fakegraph-misses-") as folder:
        _started(folder)  # leaves there what has been compiled, as an installation does
        rounds = [_started(folder) for _ in range(max(5, int(2 * seconds)))]
    rest = math.inf
    for took, told in rounds:
        imports = [(name, int(own) / 1000) for own, name in _IMPORT.findall(told)]
        rest = min(rest, took - sum(own for _, own in imports))
        for name, own in imports:
            least[name] = min(least.get(name, math.inf), own)
    parts: dict[str, float] = dict.fromkeys((*owners.values(), _OTHERS), 0)
    for name, own in least.items():
        parts[owners.get(name.partition(".")[0], _OTHERS)] += own
    parts = {f"importing {part}": own for part, own in parts.items()}
    table("ms", {"a start": {**parts, "the interpreter, the app, contoso, the listener": rest}})


def _started(compiled: str) -> tuple[float, str]:
    """The milliseconds of a start, and what the interpreter says of its imports."""
    with tempfile.TemporaryDirectory(prefix="fakegraph-misses-") as folder:
        ready, told = Path(folder) / "ready.json", Path(folder) / "told"
        line = [sys.executable, "-X", "importtime", "-m", "fakegraph", "serve", "--port", "0"]
        line += ["--fixture", "contoso", "--log-level", "error", "--ready-file", str(ready)]
        environ = os.environ | environment(ROOT) | {"PYTHONPYCACHEPREFIX": compiled}
        environ.pop("PYTHONDONTWRITEBYTECODE", None)
        began = time.perf_counter()
        with (
            told.open("w") as err,
            subprocess.Popen(line, env=environ, stdout=subprocess.DEVNULL, stderr=err) as process,
        ):
            while not ready.exists():
                assert process.poll() is None, told.read_text()
                time.sleep(0.001)
            took = time.perf_counter() - began
            process.terminate()
        return took * 1000, told.read_text()


COUNTING = """
import collections, json, re, sys, threading

def pytest_configure(config):
    config.took = []

WHO = [
    ("fakegraph: handle, plugin", "/fakegraph/(handle|pytest_plugin)"),
    ("fakegraph: making the tenant, and its end", "/fakegraph/(tenants|store|control|workloads)/"),
    ("fakegraph: answering", "/fakegraph/"), ("Werkzeug", "/werkzeug/"),
    ("uvicorn, asyncio", "/uvicorn/|/asyncio/"),
    ("the test and its HTTP client", "http/client|test_it|/socket.py|urllib|email/"),
    ("pytest-httpserver", "/pytest_httpserver/"), ("pytest", "pytest|pluggy"),
]
REST = "the rest of Python's library"
found, on = collections.Counter(), [False]
known = {}

def who(code):
    if code not in known:
        file = code.co_filename
        known[code] = next((name for name, words in WHO if re.search(words, file)), REST)
    return known[code]

def trace(frame, event, _):
    if event == "call":
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
    elif event == "opcode" and on[0]:
        found[who(frame.f_code)] += 1
    return trace

import pytest

threading.settrace(trace)
sys.settrace(trace)
seen = []

@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item):
    on[0] = len(seen) >= 5  # the first tests of a session start its server
    seen.append(item)
    return (yield)

def pytest_unconfigure(config):
    sys.settrace(None)
    threading.settrace(None)
    print("found", json.dumps({name: each / (len(seen) - 5) for name, each in found.items()}))
"""


def fixture(_: float) -> None:
    """Of a test with a fixture and one request, in operations."""
    columns = {}
    for name, text in fixture_cost.TESTS.items():
        with tempfile.TemporaryDirectory(prefix="fakegraph-misses-") as folder:
            (Path(folder) / "conftest.py").write_text(COUNTING)
            test = fixture_cost.ASK + text.replace("COUNT", "45")
            (Path(folder) / "test_it.py").write_text(test)
            line = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_it.py"]
            said = subprocess.run(
                line,
                cwd=folder,
                env=os.environ | environment(ROOT),
                capture_output=True,
                text=True,
                check=True,
            ).stdout
        columns[name] = json.loads(said.partition("found ")[2].splitlines()[0])
    nothing = columns.pop("nothing")
    for column in columns.values():
        column["pytest"] -= nothing["pytest"]
    table("operations of a test", columns)


NUMBER = 2_000


def memory(_: float) -> None:
    """Of one thing, followed from the rows that it has."""
    table("bytes", {name: weighed(kind) for name, kind in weights.KINDS.items()})


def weighed(kind: weights.Kind) -> dict[str, float]:
    """The bytes that one thing has more, by part."""
    from fakegraph.store.changes import ChangeLog
    from fakegraph.store.records import Records
    from fakegraph.store.rows import Row

    with tempfile.TemporaryDirectory(prefix="fakegraph-misses-") as folder:
        app: Any = Inside(data_dir=Path(folder) / "data", journal_size=0)
        app.ask("POST", "/_fakegraph/seed", {"users": [{"id": OWNER}]})
        weights.make(app, kind, 0, NUMBER)
        weights.read(app, kind)
        gc.collect()
        there = gc.get_objects()
        tables = [each for each in there if type(each) is Records]
        logs = [each for each in there if type(each) is ChangeLog]
        rows: list[Any] = [each for each in there if type(each) is Row]
        del there
        leave: set[int] = {id(name) for row in rows for name in row.record}  # one for all rows
        shown = [row.shown_as[1] for row in rows] + [row._json for row in rows]
        records = [row.record for row in rows]
        found = {
            "dictionaries and arrays of the record": held(records, leave, dict, list),
            "the values in them": held(records, leave, str, int, float),
            "the JSON that was last shown": held(shown, leave, bytes),
            "the object of a row": sum(map(sys.getsizeof, rows))
            + held([(row.position, row.owner, row.shown_as[2]) for row in rows], leave, int)
            + sum(sys.getsizeof(row.shown_as) for row in rows),
            "unique keys": held([each.keys for each in tables], leave),
            "indexes": held([each.indexes for each in tables], leave),
            "order": held([each._rows for each in tables], leave),
            "change log, its last 10,000": held(logs, leave),
        }
        app.end()
    return {part: each / NUMBER for part, each in found.items()}


def held(roots: Iterable[Any], seen: set[int], *kinds: type) -> int:
    """The bytes of what is reached, or of what of it is of some kinds; what was seen is not again.

    What is reached by rows alone is theirs.
    """
    from fakegraph.graph.whole.shape import Mark
    from fakegraph.store.layouts import Layout
    from fakegraph.store.rows import Row

    ends = (type, types.FunctionType, types.ModuleType, types.MethodType, Layout, Row, Mark)
    waiting, passed, size = list(roots), set() if kinds else set(seen), 0
    while waiting:
        each = waiting.pop()
        if id(each) in passed or each is None or isinstance(each, (*ends, bool)):
            continue
        passed.add(id(each))
        if id(each) not in seen and (not kinds or isinstance(each, kinds)):
            seen.add(id(each))
            size += sys.getsizeof(each)
        if not isinstance(each, str | bytes | int | float):
            waiting += gc.get_referents(each)
            if isinstance(each, dict):  # of texts as keys the collector is told nothing
                waiting += each
    return size


ALL = {each.__name__: each for each in (requests, whole, expand, tail, start, fixture, memory)}


def main() -> None:
    """Measure, then print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", nargs="*", choices=[*ALL, []], help="all, if nothing is named")
    parser.add_argument("--seconds", type=float, default=10, help="of the processor, for each step")
    options = parser.parse_args()
    for name in options.what or ALL:
        print(f"### {name}\n")
        ALL[name](options.seconds)


if __name__ == "__main__":
    main()
