"""What files of fixtures have, such as an export or an import wrote: records for where they are.

They are whole, unlike what was recorded of the service: links by ids and what only a server notes
stay. Secrets do not, and no file is opened that a record names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from fakegraph import strict_json
from fakegraph.edm.types import Property
from fakegraph.errors import GraphError
from fakegraph.fixtures.folders import DIRECTORY, FILES, PATHS
from fakegraph.fixtures.formats import decoded
from fakegraph.fixtures.problems import FixtureProblem
from fakegraph.graph.whole.rest import REST
from fakegraph.recorded.exchanges import GRAPH, MAX_BYTES, RECORDS, Exchange, Note
from fakegraph.regular import read_regular

TABLES = (".jsonl", ".csv")
"""What only fixtures have: where one is in a folder, it is a fixture's."""
_AT_FILE = "@file"
_BOM = b"\xef\xbb\xbf"
_SAVED = ("@odata.context", "log", "mocks", "responses")  # a file with one says what it is

Properties = Callable[[str], Mapping[str, Property]]


def records_in(path: Path, place: str, properties: Properties, note: Note) -> Iterator[Exchange]:
    """What a fixture's file has. ``place`` is its path in the folder, without the suffix."""
    name, first = str(path), place.partition("/")[0]
    if first == FILES or (first == "directory" and path.name == DIRECTORY and "/" not in place):
        note(name, "it is not of records: copy it into the new folder")
        return
    if place in ("mail", "meetings"):
        note(name, "what it tells is of several mailboxes: serve the fixture, and export it")
        return
    try:
        known = properties(place) if path.suffix == ".csv" else {}
        data = read_regular(path, MAX_BYTES)
    except (OSError, GraphError) as error:
        note(name, f"it cannot be read: {getattr(error, 'strerror', None) or error}")
        return
    problems: list[FixtureProblem] = []
    found = list(decoded(name, data, known, path.suffix, problems, alone=True))
    for each in problems:
        note(name if each.record is None else f"{name}:{each.record}", each.message)
    alone = bool(found) and found[0][0] is None
    given = [_opened_none(record, f"{name}:{number or 1}", note) for number, record in found]
    if first == PATHS and alone and isinstance(given[0], dict):
        for at, value in given[0].items():
            yield _at(at, {"value": value} if isinstance(value, list) else value, name)
    elif given:
        yield _at(place, given[0] if alone else {"value": given}, name)


def is_rest(exchange: Exchange) -> bool:
    """Whether it is not of records, but of what these do not make again."""
    return exchange.method == RECORDS and exchange.url == f"{GRAPH}/{REST}"


def is_saved(file: Path) -> bool:
    """Whether a file of JSON says itself what it is: archive, mocks, or answer of the service."""
    try:
        value = strict_json.loads(read_regular(file, MAX_BYTES).removeprefix(_BOM))
    except (OSError, strict_json.JsonError):
        return False  # which whoever reads it says
    return isinstance(value, dict) and any(name in value for name in _SAVED)


def _at(place: str, body: Any, name: str) -> Exchange:
    path = place.strip("/").replace("?", "%3F").replace("#", "%23")
    return Exchange(RECORDS, f"{GRAPH}/{path}", 200, body, name)


def _opened_none(value: Any, place: str, note: Note) -> Any:
    """A value without what names files."""
    if isinstance(value, list):
        return [_opened_none(each, place, note) for each in value]
    if not isinstance(value, dict):
        return value
    found = {}
    for name, each in value.items():
        if name.endswith(_AT_FILE):
            note(f"{place}/{name}", "it names a file, which is not opened")
        else:
            found[name] = _opened_none(each, place, note)
    return found
