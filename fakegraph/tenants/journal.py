"""The journal: the bounded list of requests that a tenant received, newest last."""

from __future__ import annotations

import fnmatch
import gzip
import json
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from http import HTTPStatus
from itertools import count, islice
from typing import Any, NoReturn
from urllib.parse import parse_qsl, quote, unquote, unquote_plus

from fakegraph.dataclass import dataclass
from fakegraph.edm.values import Instant, format_instant
from fakegraph.tenants.concealed import without_secrets
from fakegraph.tenants.faults import path_matches

REDACTED = "[redacted]"
_BARE_HEADERS = frozenset({"CONTENT_TYPE", "CONTENT_LENGTH"})
SECRET_HEADERS = frozenset({"authorization", "cookie", "proxy-authorization", "x-fakegraph-key"})
MAX_KEPT_BODY = 64 * 1024  # bytes; of a larger one the journal only says how large it was
MAX_KEPT_ANSWERS = 4 * 1024 * 1024  # bytes of a tenant's answers; the oldest lose theirs first
MAX_KEPT_REASON = 1_000  # characters


@dataclass(eq=False)
class Entry:
    """One request and what became of it. Most of it is only worked out when somebody looks.

    The journal gives the ``number``. ``time`` is the tenant's; ``duration_ms`` is real time.
    ``environ`` is what ``kept`` leaves of the request's. ``target`` is the undecoded path and
    query. ``route`` is the path that matched, with ``{id}`` for a key, None where none did.
    ``body`` is what was sent, empty where it was too large to keep; ``size`` is its length.
    ``status`` is 0 where the connection was reset. ``error_message`` is the reason, of an answer
    that is no success. ``answer_body`` is kept as ``body`` is, compressed where it went out so.
    Both are as they were on the wire: ``content`` and ``answer_content`` are what may be shown of
    them. ``fault`` is the id of the fault that hit it, ``stub`` of the stub that answered.
    """

    time: Instant
    environ: Mapping[str, Any]
    target: str
    route: str | None
    body: bytes
    size: int
    status: int
    error_code: str | None
    error_message: str | None
    answer_headers: Sequence[tuple[str, str]]
    answer_body: bytes
    answer_size: int
    duration_ms: float
    tenant: str
    request_id: str
    fault: str | None
    stub: str | None
    number: int = 0

    @property
    def method(self) -> str:
        """The request's method."""
        method: str = self.environ["REQUEST_METHOD"]
        return method

    @property
    def url(self) -> str:
        """The absolute URL, as far as the client's Host header can be believed."""
        host = self.environ.get("HTTP_HOST") or self.environ["SERVER_NAME"]
        return f"{self.environ['wsgi.url_scheme']}://{host}{self.target}"

    @cached_property
    def path(self) -> str:
        """The decoded path, without the tenant that it may have in front."""
        path = self.target.partition("?")[0]
        if path[:9].casefold() == "/tenants/":
            path = "/" + path[9:].partition("/")[2]
        return unquote(path)

    @cached_property
    def query(self) -> Mapping[str, str]:
        """The decoded query options as they were named."""
        return dict(parse_qsl(self.target.partition("?")[2], keep_blank_values=True))

    @cached_property
    def headers(self) -> Mapping[str, str]:
        """The request's headers by name in lower case, secrets left out."""
        found = {
            key.removeprefix("HTTP_").replace("_", "-").lower(): value
            for key, value in self.environ.items()
            if key.startswith("HTTP_") or (key in _BARE_HEADERS and value)
        }
        return {
            name: REDACTED if name in SECRET_HEADERS else value for name, value in found.items()
        }

    @cached_property
    def json(self) -> Any:
        """The request's body where it is JSON, else None."""
        return _read_json(self.content)

    @property
    def content(self) -> bytes:
        """The request's body without secrets; empty where it was not kept."""
        return without_secrets(self.body)

    @property
    def answer_content(self) -> bytes:
        """The answer's body before it was compressed, without secrets; empty if it was not kept."""
        packed = self.answer_body and ("Content-Encoding", "gzip") in self.answer_headers
        return without_secrets(gzip.decompress(self.answer_body) if packed else self.answer_body)

    def to_json(self) -> dict[str, Any]:
        """The entry as the control API shows it."""
        return {
            "number": self.number,
            "time": format_instant(self.time),
            "method": self.method,
            "path": self.path,
            "route": self.route,
            "query": self.query,
            "headers": self.headers,
            "json": self.json,
            "bodySize": self.size,
            "status": self.status,
            "errorCode": self.error_code,
            "errorMessage": self.error_message,
            "responseJson": _read_json(self.answer_content),
            "responseSize": self.answer_size,
            "durationMs": self.duration_ms,
            "tenant": self.tenant,
            "requestId": self.request_id,
            "fault": self.fault,
            "stub": self.stub,
            "ignored": list(self.environ.get("fakegraph.ignored", ())),
            "inferred": "fakegraph.inferred" in self.environ,
            "batch": self.environ.get("fakegraph.batch"),
        }


def _read_json(data: bytes) -> Any:
    try:
        return json.loads(data, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        return None


def _no_constant(word: str) -> NoReturn:
    raise ValueError(f"{word} is not JSON")


def kept_body(data: bytes) -> bytes:
    """A body as far as it is kept: whole, or not at all."""
    return data if len(data) <= MAX_KEPT_BODY else b""


def kept_reason(reason: str) -> str:
    """A reason, cut to a length that can be kept."""
    return reason if len(reason) <= MAX_KEPT_REASON else f"{reason[: MAX_KEPT_REASON - 1]}…"


def readable(target: str) -> str:
    """A path and query decoded for people; what would not show, such as a line break, is not."""
    if "%" not in target and "+" not in target and target.isprintable():
        return target
    path, mark, query = target.partition("?")
    return printable(unquote(path) + mark + unquote_plus(query))


def printable(text: str) -> str:
    """A text with everything percent-encoded that would not show, or would break its line."""
    if text.isprintable():
        return text
    return "".join(
        each if each.isprintable() else quote(each, safe="", errors="replace") for each in text
    )


_PASSING = ("wsgi.input", "wsgi.errors", "fakegraph.disturb", "fakegraph.gone")


def kept(environ: dict[str, Any]) -> dict[str, Any]:
    """A WSGI environ that is no longer needed, without what would keep the request's body and
    connection in memory. A copy for each request would be a twentieth of what that costs.
    """
    for name in _PASSING:
        environ.pop(name, None)
    return environ


Difference = Callable[[Any, Entry], str | None]
"""What about an entry is not as asked, in words, or None."""


def _pattern(name: str, shown: Callable[[Entry], str | None]) -> Difference:
    def differs(wanted: str, entry: Entry) -> str | None:
        found = shown(entry)
        if found is not None and fnmatch.fnmatchcase(found.casefold(), wanted.casefold()):
            return None
        return f"{name} is {found}, not {wanted}"

    return differs


def _path(wanted: str, entry: Entry) -> str | None:
    return None if path_matches(wanted, entry.path) else f"path is {entry.path}, not {wanted}"


def _status(wanted: int, entry: Entry) -> str | None:
    return None if entry.status == wanted else f"status is {entry.status}, not {wanted}"


def _since(wanted: Instant, entry: Entry) -> str | None:
    if entry.time >= wanted:
        return None
    return f"time is {format_instant(entry.time)}, before {format_instant(wanted)}"


def _slower(wanted: float, entry: Entry) -> str | None:
    took = entry.duration_ms
    return None if took >= wanted else f"durationMs is {took}, less than {wanted:g}"


def _pairs(name: str, shown: Callable[[Entry], Mapping[str, str]], fold: str) -> Difference:
    def differs(wanted: Mapping[str, str], entry: Entry) -> str | None:
        found = {key.removeprefix(fold).casefold(): v for key, v in shown(entry).items()}
        for key, pattern in wanted.items():
            value = found.get(key.removeprefix(fold).casefold())
            if value is None:
                return f"{name} has no {key}"
            if not fnmatch.fnmatchcase(value, pattern):
                return f"{name} {key} is {value}, not {pattern}"
        return None

    return differs


def _json(wanted: Any, entry: Entry) -> str | None:
    difference = _json_difference(wanted, entry.json, "")
    return None if difference is None else f"body{difference}"


def _json_difference(wanted: Any, found: Any, place: str) -> str | None:
    """The first place where ``found`` lacks what ``wanted`` has; objects may have more."""
    if isinstance(wanted, Mapping) and isinstance(found, Mapping):
        for name, value in wanted.items():
            if name not in found:
                return f"{place} has no {name}"
            below = _json_difference(value, found[name], f"{place} {name}")
            if below is not None:
                return below
        return None
    if type(wanted) is type(found) and wanted == found:
        return None
    return f"{place} is {json.dumps(found)}, not {json.dumps(wanted)}"


# What entries can be asked for, by the names of the control API. Patterns are as in file names,
# in any case; ``query`` and ``header`` have a pattern by name.
CRITERIA: Mapping[str, Difference] = {
    "method": _pattern("method", lambda entry: entry.method),
    "path": _path,
    "route": _pattern("route", lambda entry: entry.route),
    "query": _pairs("query", lambda entry: entry.query, "$"),
    "header": _pairs("header", lambda entry: entry.headers, ""),
    "json": _json,
    "status": _status,
    "errorCode": _pattern("errorCode", lambda entry: entry.error_code),
    "fault": _pattern("fault", lambda entry: entry.fault),
    "stub": _pattern("stub", lambda entry: entry.stub),
    "requestId": _pattern("requestId", lambda entry: entry.request_id),
    "since": _since,
    "minDurationMs": _slower,
}


def differences(criteria: Mapping[str, Any], entry: Entry) -> list[str]:
    """What about an entry is not as asked, in words; nothing where it matches."""
    found = (CRITERIA[name](wanted, entry) for name, wanted in criteria.items())
    return [difference for difference in found if difference is not None]


class Journal:
    """The last ``size`` requests of a tenant. Threads may share it."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._entries: deque[Entry] = deque(maxlen=size)
        self._answered: deque[Entry] = deque()  # those whose answer's body is kept
        self._answers = 0  # bytes of these
        self._numbers = count(1)
        self._lock = threading.Lock()

    def add(self, entry: Entry) -> None:
        """Note a request and number it; the oldest goes where there is no room."""
        with self._lock:
            entry.number = next(self._numbers)
            self._append(entry)

    def _append(self, entry: Entry) -> None:
        if len(self._entries) == self.size:
            self._drop_answer(self._entries[0])
        self._entries.append(entry)
        if entry.answer_body:
            self._answered.append(entry)
            self._answers += len(entry.answer_body)
        while self._answers > MAX_KEPT_ANSWERS:
            self._drop_answer(self._answered[0])

    def _drop_answer(self, oldest: Entry) -> None:
        if self._answered and self._answered[0] is oldest:
            self._answered.popleft()
            self._answers -= len(oldest.answer_body)
            oldest.answer_body = b""

    def entries(self, criteria: Mapping[str, Any] | None = None) -> list[Entry]:
        """What was noted and meets the criteria, oldest first."""
        with self._lock:
            noted = list(self._entries)
        return [entry for entry in noted if not criteria or not differences(criteria, entry)]

    def one(self, number: int) -> Entry | None:
        """The entry with a number; None where it is not there, or there no more."""
        return next(iter(self.between(number - 1, number + 1, 1)), None)

    def first(self) -> int | None:
        """The number of the oldest entry; None where there is none."""
        with self._lock:
            return self._entries[0].number if self._entries else None

    def between(self, after: int, before: int, most: int) -> list[Entry]:
        """At most so many entries whose numbers lie between two others, oldest first: the latest
        of them. Those that an answer of it shows are all there is between their numbers.
        """
        with self._lock:
            if not self._entries:
                return []
            oldest = self._entries[0].number  # from which on every number is there
            stop = max(0, min(before - oldest, len(self._entries)))
            start = max(0, after + 1 - oldest, stop - most)
            return list(islice(self._entries, start, max(start, stop)))

    def nearest(self, criteria: Mapping[str, Any], most: int = 3) -> list[tuple[Entry, list[str]]]:
        """The entries that come closest to criteria that they miss, and how they differ.

        Of equally near ones the earliest: what went wrong first is the cause of what follows.
        """
        judged = [(entry, differences(criteria, entry)) for entry in self.entries()]
        missed = [(entry, how) for entry, how in judged if how]
        return sorted(missed, key=lambda pair: (len(pair[1]), pair[0].number))[:most]

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._entries.clear()
            self._answered.clear()
            self._answers = 0


def har(entries: Sequence[Entry], version: str) -> dict[str, Any]:
    """Entries as an HTTP Archive 1.2 (http://www.softwareishard.com/blog/har-12-spec/)."""
    return {
        "log": {
            "version": "1.2",
            "creator": {"name": "fakegraph", "version": version},
            "entries": [_har_entry(entry) for entry in entries],
        }
    }


def _har_entry(entry: Entry) -> dict[str, Any]:
    request: dict[str, Any] = {
        "method": entry.method,
        "url": entry.url,
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": _har_pairs(entry.headers.items()),
        "queryString": _har_pairs(entry.query.items()),
        "headersSize": -1,
        "bodySize": entry.size,
    }
    if entry.body:
        text = entry.content.decode("utf-8", "replace")
        request["postData"] = {"mimeType": entry.headers.get("content-type", ""), "text": text}
    answer_headers = dict(entry.answer_headers)
    answered = entry.answer_content
    content: dict[str, Any] = {
        "size": len(answered) or entry.answer_size,
        "mimeType": answer_headers.get("Content-Type", "x-unknown"),
    }
    if answered:
        content["text"] = answered.decode("utf-8", "replace")
    known = entry.status in {status.value for status in HTTPStatus}
    return {
        "startedDateTime": format_instant(entry.time),
        "time": entry.duration_ms,
        "request": request,
        "response": {
            "status": entry.status,
            "statusText": HTTPStatus(entry.status).phrase if known else "",
            "httpVersion": "HTTP/1.1",
            "cookies": [],
            "headers": _har_pairs(entry.answer_headers),
            "content": content,
            "redirectURL": "",
            "headersSize": -1,
            "bodySize": entry.answer_size,
        },
        "cache": {},
        "timings": {"send": 0, "wait": entry.duration_ms, "receive": 0},
    }


def _har_pairs(pairs: Any) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in pairs]
