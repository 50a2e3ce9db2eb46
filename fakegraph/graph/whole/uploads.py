"""Upload sessions: bytes that come in ranges to a URL which needs no token, and are attached.

https://learn.microsoft.com/graph/outlook-large-attachments; files have sessions of another kind.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from math import inf
from typing import Any, NamedTuple
from urllib.parse import parse_qs, quote

import orjson

from fakegraph.edm.values import Instant, format_instant
from fakegraph.errors import GraphError
from fakegraph.graph.whole.addresses import address
from fakegraph.graph.whole.bare import Asking
from fakegraph.graph.whole.lookup import InStore
from fakegraph.graph.whole.making import Maker
from fakegraph.graph.whole.records import BYTES
from fakegraph.graph.whole.references import References
from fakegraph.store import Key, Record, Row, Store, Transaction
from fakegraph.store.bytes import content
from fakegraph.web.exchange import Answer, Exchange
from fakegraph.web.headers import MINIMAL
from fakegraph.workloads.outlook.words import too_long

PATH = "_uploads/attachment"
SESSIONS = "@uploads"
MOST_AT_ONCE = 4 * 1024 * 1024
_TICKS = 10_000_000
_LASTS = 24 * 3600 * _TICKS
_RANGE = re.compile(r"bytes (\d{1,18})-(\d{1,18})/(\d{1,18})", re.ASCII)


def begin(
    transaction: Transaction, id_: str, now: int, owner: Key, record: Record, size: int, stream: str
) -> Record:
    """Begin a session: as soon as all bytes are there, what contains it gets that attachment.

    ``now`` is the tenant's time. Gives what the service says of it, without its URL.
    """
    session = {
        "id": id_,
        "record": record,
        "size": size,
        "stream": stream,
        "received": 0,
        "expires": now + _LASTS,
    }
    transaction.insert(SESSIONS, session, owner)
    return {**_shown(session), "nextExpectedRanges": ["0-"]}


def upload_url(root: str, id_: str) -> str:
    """Where the bytes of a session are put, asked for, and given up."""
    return f"{root}/{PATH}?authtoken={quote(id_)}"


def _shown(session: Record) -> dict[str, Any]:
    expires = format_instant(Instant(session["expires"]))
    return {"expirationDateTime": expires, "nextExpectedRanges": [str(session["received"])]}


def upload(asking: Asking) -> Answer:
    """The answer to a request for the URL of a session. Raises GraphError: 400, 404, 405, 413."""
    id_ = parse_qs(asking.exchange.query).get("authtoken", [""])[0]
    now = asking.tenant.instant()
    answer = _METHODS.get(asking.exchange.method)
    if answer is None:
        raise GraphError(405, "ErrorInvalidRequest", "An upload session takes PUT, GET and DELETE.")
    _session(asking.tenant.store.container(SESSIONS).find("id", id_), now)
    return answer(_Upload(asking, id_, now))


class _Upload:
    """One request to a session's URL."""

    def __init__(self, asking: Asking, id_: str, now: int) -> None:
        self.exchange = asking.exchange
        self._tenant = asking.tenant
        self._world = asking.world
        self._walk = asking.walk
        self._root = asking.root
        self._keep = asking.keep
        self._id = id_
        self._now = now

    def show(self) -> Answer:
        """GET: which bytes come next."""
        found = self._tenant.store.container(SESSIONS).find("id", self._id)
        return self._told(_session(found, self._now).record)

    def give_up(self) -> Answer:
        """DELETE: nothing is made of it."""
        self._write(lambda transaction, row: transaction.delete(row.key))
        return Answer(204)

    def take(self) -> Answer:
        """PUT: the next range; the last one attaches what there is."""
        part = read_part(self.exchange)

        def add(transaction: Transaction, row: Row) -> Record | Row:
            whole = with_part(transaction, row.record, part)
            if whole["received"] < part.total:
                return transaction.replace(row.key, whole).record
            return self._attach(transaction, row, whole, part.data)

        made = self._write(add)
        if not isinstance(made, Row):
            return self._told(made)
        return Answer(201, headers={"Location": self._location(made)})

    def _attach(self, transaction: Transaction, row: Row, session: Record, last: bytes) -> Row:
        references = References(self._world, self._walk, _nobody)
        maker = Maker(self._world, self._tenant, transaction, references, _nobody)
        return attach(maker, self._tenant.store, row, session, last)

    def _write(self, work: Callable[[Transaction, Row], Any]) -> Any:
        def whole(transaction: Transaction) -> Any:
            row = _session(transaction.find(SESSIONS, "id", self._id), self._now)
            return work(transaction, row)

        self._tenant = self._keep()
        return self._tenant.store.transact(whole)

    def _told(self, session: Record) -> Answer:
        context = f"{self._root}/$metadata#microsoft.graph.uploadSession"
        body = orjson.dumps({"@odata.context": context, **_shown(session)})
        return Answer(200, body, MINIMAL.content_type)

    def _location(self, made: Row) -> str:
        """``Users('…')/Messages('…')/Attachments('…')``: clients cut the last key out of it."""
        store: Store = self._tenant.store
        segments = address(self._world, InStore(store), made).split("/")
        pairs = zip(segments[::2], segments[1::2], strict=True)
        path = "/".join(f"{name[0].upper()}{name[1:]}('{key}')" for name, key in pairs)
        return f"{self._root}/{path}"


_METHODS: dict[str, Callable[[_Upload], Answer]] = {
    "PUT": _Upload.take,
    "GET": _Upload.show,
    "DELETE": _Upload.give_up,
}


def attach(maker: Maker, store: Store, row: Row, session: Record, last: bytes) -> Row:
    """Attach what all ranges of a session have brought to what contains its row, which goes."""
    names = sorted(session[BYTES].items(), key=lambda each: int(each[0]))
    data = b"".join([*(content(store.bytes, name) for _, name in names[:-1]), last])
    owner = maker.transaction.row(row.owner)
    assert owner is not None
    maker.transaction.delete(row.key)
    kept = {BYTES: {session["stream"]: maker.transaction.keep(data)}}
    place = maker.way(()).member_of(owner, "attachments")
    made = maker.put(place, {**session["record"], **kept})
    maker.touch_owner(made)
    return made


class Part(NamedTuple):
    """A range of bytes, and how many there are in all."""

    first: int
    last: int
    total: int
    data: bytes


def read_part(exchange: Exchange) -> Part:
    """The range that a body is. Raises GraphError: 400, 413."""
    if MOST_AT_ONCE < exchange.body_size < inf:
        raise too_long()
    exchange.max_body = min(exchange.max_body, MOST_AT_ONCE)
    data = exchange.read_body()
    found = _RANGE.fullmatch(exchange.header("HTTP_CONTENT_RANGE").strip())
    if found is None:
        raise _refused("Content-Range has to be as in 'bytes 0-2097151/3483322'.")
    first, last, total = map(int, found.groups())
    if last < first:
        raise _refused("Content-Range ends before it begins.")
    if last - first + 1 != len(data):
        raise _refused(f"Content-Range says {last - first + 1} bytes, and {len(data)} came.")
    return Part(first, last, total, data)


def with_part(transaction: Transaction, session: Record, part: Part) -> Record:
    """A session with its next range. Raises GraphError (400) for another one."""
    if part.total != session["size"]:
        raise _refused(f"The attachment was said to have {session['size']} bytes.")
    if part.first != session["received"] or part.last >= part.total:
        raise _refused(f"The next byte is {session['received']}; ranges come in order.")
    names = {**session.get(BYTES, {}), str(part.first): transaction.keep(part.data)}
    return {**session, BYTES: names, "received": part.last + 1}


def _session(row: Row | None, now: int) -> Row:
    if row is None or row.record["expires"] <= now:
        why = "The specified object was not found in the store., The upload session is not there."
        raise GraphError(404, "ErrorItemNotFound", why)
    return row


def _refused(message: str) -> GraphError:
    return GraphError(400, "ErrorInvalidRequest", message, "Content-Range")


def _nobody() -> dict[str, str]:
    return {}
