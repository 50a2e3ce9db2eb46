"""The URLs of upload sessions, where the bytes of files and of what is printed come in ranges.

https://learn.microsoft.com/graph/api/driveitem-createuploadsession
https://learn.microsoft.com/graph/upload-data-to-upload-session
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qs, quote

from fakegraph.edm.values import Instant
from fakegraph.errors import GraphError
from fakegraph.graph.whole.addresses import address
from fakegraph.graph.whole.bare import Asking, refusal, told
from fakegraph.graph.whole.filling import check_free, put_bytes
from fakegraph.graph.whole.lookup import InStore
from fakegraph.graph.whole.making import Maker
from fakegraph.graph.whole.places import One
from fakegraph.graph.whole.records import BYTES
from fakegraph.graph.whole.references import References
from fakegraph.graph.whole.sessions import LASTS, SESSIONS, is_session, shown
from fakegraph.quoting import parts_of
from fakegraph.store import Record, Row, Transaction
from fakegraph.web.exchange import Answer
from fakegraph.workloads.words import Words

_STREAM = "content"
_ITEMS = "drive/items"
_MEDIA = "application/octet-stream"
_RANGE = re.compile(r"bytes (\d{1,18})-(\d{1,18})/(\d{1,18})", re.ASCII)
_LENGTH = "The Content-Range header length does not match the provided number of bytes."


def upload(asking: Asking) -> Answer:
    """The answer to a request for the URL of a session."""
    try:
        answer = _METHODS.get(asking.exchange.method)
        if answer is None:
            allowed = {"Allow": ", ".join(_METHODS)}
            what = "An upload session takes PUT, GET, POST and DELETE."
            raise GraphError(405, "invalidRequest", what, headers=allowed)
        return answer(_Upload(asking))
    except GraphError as error:
        return refusal(error)


class _Upload:
    """One request to a session's URL."""

    def __init__(self, asking: Asking) -> None:
        self._asking = asking
        self._id = parse_qs(asking.exchange.query).get("tempauth", [""])[0]
        self._now = asking.tenant.instant()
        _session(asking.tenant.store.container(SESSIONS).find("id", self._id), self._now)
        if asking.exchange.header("HTTP_AUTHORIZATION"):
            asking.exchange.note_ignored("Authorization", "The URL says who may upload.")

    def show(self) -> Answer:
        """GET: which bytes come next."""
        found = self._asking.tenant.store.container(SESSIONS).find("id", self._id)
        return told(200, shown(_session(found, self._now).record))

    def give_up(self) -> Answer:
        """DELETE: nothing is made of it."""
        self._write(lambda maker, row: maker.transaction.delete(row.key))
        return Answer(204)

    def take(self) -> Answer:
        """PUT: the next range; the last one makes the file of what there is."""
        exchange = self._asking.exchange
        data = exchange.take_body()
        first, total = _said(exchange.header("HTTP_CONTENT_RANGE"), len(data))

        def add(maker: Maker, row: Row) -> Record | GraphError | tuple[Row, bool]:
            session = row.record
            if session["size"] not in (None, total):
                raise _unlike()
            if first != session["received"]:
                raise _misplaced(first < session["received"])
            names = {**session.get(BYTES, {}), str(first): maker.transaction.keep(data)}
            received = first + len(data)
            whole = {
                **session,
                BYTES: names,
                "received": received,
                "size": total,
                "expires": self._now + LASTS,
            }
            if received < total or session["deferred"]:
                return maker.transaction.replace(row.key, whole).record
            taken = self._taken(maker, whole)
            if taken is not None:  # what came may still go elsewhere
                maker.transaction.replace(row.key, whole)
                return taken
            return self._made(maker, row, whole)

        done = self._write(add)
        if isinstance(done, GraphError):
            raise done
        if isinstance(done, dict):
            return told(202, shown(done))
        return self._told(*done)

    def commit(self) -> Answer:
        """POST: make the file of what there is."""

        def make(maker: Maker, row: Row) -> tuple[Row, bool]:
            _check_whole(row)
            return self._made(maker, row, row.record)

        return self._told(*self._write(make))

    def _made(self, maker: Maker, row: Row, session: Record) -> tuple[Row, bool]:
        """The file, and whether it is new."""
        return _ended(maker, row, session, self._place(maker, session), session["what"])

    def _place(self, maker: Maker, session: Record) -> One:
        """Where the file is to be. Raises GraphError (404)."""
        way, at = maker.way(()), maker.transaction.row(session["at"])
        if at is None:
            raise _words(maker).not_found("driveItem", "")
        one = way.place_of(at)
        return way.along(one, session["names"]) if session["names"] else one

    def _taken(self, maker: Maker, session: Record) -> GraphError | None:
        """Why a file cannot be there, where somebody has taken its name meanwhile."""
        try:
            check_free(maker, _words(maker), self._place(maker, session), session["what"])
        except GraphError as error:
            return error if error.status == 409 else None
        return None

    def _write(self, work: Callable[[Maker, Row], Any]) -> Any:
        asking, store = self._asking, self._asking.keep().store

        def whole(transaction: Transaction) -> Any:
            row = _session(transaction.find(SESSIONS, "id", self._id), self._now)
            by: Mapping[str, Any] = row.record["by"]
            references = References(asking.world, asking.walk, dict)
            maker = Maker(asking.world, asking.tenant, transaction, references, dict, by=by)
            found = work(maker, row)
            maker.settle()
            return found

        return store.transact(whole)

    def _told(self, row: Row, new: bool) -> Answer:
        store = self._asking.keep().store
        path = f"/{address(self._asking.world, InStore(store), row)}"
        if store.container_of(row.key) == _ITEMS:
            drive = store.row(row.owner)
            assert drive is not None
            path = f"/drives/{quote(drive.record['id'])}/items/{quote(row.record['id'])}"
        return told(201 if new else 200, self._asking.shown(path))


_METHODS: dict[str, Callable[[_Upload], Answer]] = {
    "PUT": _Upload.take,
    "GET": _Upload.show,
    "POST": _Upload.commit,
    "DELETE": _Upload.give_up,
}


def _session(row: Row | None, now: Instant) -> Row:
    if row is None or row.record["expires"] <= now:
        raise GraphError(404, "itemNotFound", "The upload session was not found")
    return row


def _said(header: str, size: int) -> tuple[int, int]:
    """Where a range begins, and how many bytes there are in all. Raises GraphError (400)."""
    found = _RANGE.fullmatch(header.strip())
    if found is None:
        why = "The Content-Range header has to be as in 'bytes 0-327679/1048576'."
        raise GraphError(400, "invalidRequest", why)
    first, last, total = map(int, found.groups())
    if last - first + 1 != size or last >= total:
        raise _unlike()
    return first, total


def _unlike() -> GraphError:
    return GraphError(400, "invalidRequest", _LENGTH, inner={"code": "fragmentLengthMismatch"})


def _misplaced(repeats: bool) -> GraphError:
    if repeats:
        message, inner = "Uploaded fragment overlaps with existing data.", "fragmentOverlap"
    else:
        message, inner = "Uploaded fragment is out of order.", "fragmentOutOfOrder"
    return GraphError(416, "invalidRange", message, inner={"code": inner})


def _words(maker: Maker) -> Words:
    return maker.world.declared.workload([maker.world.type_named("driveItem")]).words


def _check_whole(row: Row) -> None:
    if row.record["received"] != row.record["size"]:
        raise GraphError(400, "invalidRequest", "Not all bytes of the file are there yet.")


def _ended(maker: Maker, row: Row, session: Record, one: One, what: str) -> tuple[Row, bool]:
    """The file that a session's bytes become at a place, and whether it is new."""
    names = [name for _, name in sorted(session[BYTES].items(), key=lambda each: int(each[0]))]
    transaction = maker.transaction
    content = transaction.content(transaction.join(names))
    transaction.delete(row.key)
    stream, media = session.get("stream", _STREAM), session.get("media", _MEDIA)
    made, new = put_bytes(maker, _words(maker), one, stream, content, media, what)
    if session["record"]:
        made = maker.change(maker.way(()).place_of(made), session["record"])
    return made, new or stream != _STREAM


def id_in(url: str) -> str | None:
    """The id of the session that a URL is of; None for any other URL."""
    parts = parts_of(url)
    if parts is None or not is_session(parts.path):
        return None
    return parse_qs(parts.query).get("tempauth", [""])[0]


def commit_at(maker: Maker, id_: str, now: Instant, one: One, what: str) -> tuple[Row, bool]:
    """End a session that has all bytes, at a place. Raises GraphError: 400, 404, 409."""
    row = _session(maker.transaction.find(SESSIONS, "id", id_), now)
    _check_whole(row)
    return _ended(maker, row, row.record, one, what)
