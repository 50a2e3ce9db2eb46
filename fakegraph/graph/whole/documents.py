"""What lies in a document: it is read out of the bytes of a thing, and written back to them.

A session (``workbook-session-id``) keeps what is changed for itself where it was made so.

https://learn.microsoft.com/graph/workbook-best-practice
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import orjson

from fakegraph.digits import natural
from fakegraph.edm.published import PublishedType
from fakegraph.errors import GraphError, Problem
from fakegraph.graph.refusals import method_not_allowed
from fakegraph.graph.resource_path import Segment
from fakegraph.graph.shape import collection_json, entity_json
from fakegraph.graph.shapes import Step
from fakegraph.graph.whole.asked import Asked
from fakegraph.graph.whole.downloads import content_of
from fakegraph.graph.whole.locate import Located, not_built
from fakegraph.graph.whole.making import Maker
from fakegraph.graph.whole.names import FAIL
from fakegraph.graph.whole.records import BYTES, MEDIA
from fakegraph.odata.reading import read_select
from fakegraph.quoting import quoted
from fakegraph.store import Key, Record, Row
from fakegraph.web.body import read_json
from fakegraph.web.exchange import Answer
from fakegraph.workloads.handed import Document, Opened, Part, Shown

#: What of a document is asked by actions and changes nothing, which holds no write up.
_READ_ONLY = frozenset({"functions"})
STREAM, SESSIONS = "content", "@workbooks"
_LASTS = 300  # seconds without a request
_LISTED = frozenset({"select", "top", "skip", "count", "format"})
_WHY = "Lists of a workbook take $select, $top, $skip and $count."


def ask(asked: Asked, at: int, document: Document) -> Answer | None:
    """The answer of the document behind a segment; None where the thing has no bytes."""
    inner = replace(asked, segments=asked.segments[:at])
    one = inner.located().one
    if one.row is None or STREAM not in one.record.get(BYTES, {}):
        return None
    parts = list(_parts(asked.segments[at + 1 :]))
    if not parts:
        return None
    if parts[-1].acts and asked.method != "POST":
        raise method_not_allowed("POST, OPTIONS")
    asked.options.allow(_LISTED, _WHY)
    page = _page(asked)
    body = {} if asked.method in ("GET", "DELETE") else _body(asked)
    if parts[0].name in _SESSION and parts[0].acts:
        return _SESSION[parts[0].name](inner, body)
    if asked.method == "GET" and parts[0].name in _OF_SESSIONS:
        told = _OF_SESSIONS[parts[0].name](inner, parts)
        if told is not None:
            return told
    if asked.method == "GET" or parts[0].name in _READ_ONLY:
        data = _bytes_of(asked, one.record, _session(asked, one.row.key))
        shown = _checked(asked, document(Opened(data, parts, asked.method, body, asked.seconds)))
        if asked.exchange.header(_HEADER):
            inner.write(lambda maker, found: _written(asked, maker, found))
    else:
        shown = inner.write(lambda maker, found: _write(asked, maker, found, document, parts, body))
    if shown is None:
        raise not_built(asked.plan.operation or asked.path.shape, _named(asked))
    return _answer(asked, shown, page)


def _named(asked: Asked) -> str:
    return f"{asked.method} {asked.plan.template}"


def _parts(segments: Sequence[Segment]) -> Iterator[Part]:
    """The segments of a path through a document, each with its key."""
    before: Part | None = None
    for segment in segments:
        shape = segment.shape
        if shape.step is Step.KEY and before is not None:
            before = before._replace(key=str(next(iter(segment.keys.values()))))
            continue
        if before is not None:
            yield before
        called = shape.operation if shape.step is Step.OPERATION else None
        name = segment.name if called is None else called.name.rpartition(".")[2]
        acts = called is not None and called.is_action
        before = Part(name, arguments=segment.arguments, acts=acts)
    if before is not None:
        yield before


def _body(asked: Asked) -> Mapping[str, Any]:
    """The body, which need not be there. Raises GraphError (400)."""
    if not asked.exchange.body_size:
        return {}
    body = read_json(asked.exchange)
    if not isinstance(body, dict):
        raise GraphError(400, "InvalidArgument", "The body of a request is a JSON object.")
    _check_named(asked, body)
    return body


def _check_named(asked: Asked, body: Mapping[str, Any]) -> None:
    """Raise GraphError (400) for what an action does not take, nor what is posted has. What a
    change may name the document says itself.
    """
    called = asked.segments[-1].shape.operation
    if called is not None and called.is_action:
        known = {each.name for each in called.parameters}
    elif (
        called is None
        and asked.method == "POST"
        and isinstance(asked.plan.about.type, PublishedType)
    ):
        known = {*asked.plan.about.type.properties}
    else:
        return
    for name in body:
        if "@" not in name and name not in known:
            what = f"'{asked.segments[-1].name}', which takes {', '.join(sorted(known)) or 'none'}"
            message = f"The parameter '{name}' in the request payload is not a valid parameter for"
            raise asked.words.invalid([Problem(f"{message} the operation {what}.", name)])


# Sessions ---------------------------------------------------------------------------------------

_HEADER, _INFO = "HTTP_WORKBOOK_SESSION_ID", "workbookSessionInfo"


def _no_session(inner: str) -> GraphError:
    message = "The session id of the request is that of no session, or of one that is over."
    return GraphError(404, "itemNotFound", message, "workbook-session-id", inner={"code": inner})


def _session(asked: Asked, item: Key) -> Row | None:
    """The session that a request names. Raises GraphError (404) for none that is open."""
    id_ = asked.exchange.header(_HEADER)
    if not id_:
        return None
    rows = asked.tenant.store.container(SESSIONS).of(item).scan()
    return _open(asked, next((row for row in rows if row.record["id"] == id_), None))


def _open(asked: Asked, row: Row | None) -> Row:
    if row is None:
        raise _no_session("invalidSessionNotFound")
    if row.record["until"] < asked.seconds:
        raise _no_session("invalidSessionReCreatable")
    return row


def _written(asked: Asked, maker: Maker, found: Located) -> Row | None:
    """The same in a write, which lets it last on."""
    id_ = asked.exchange.header(_HEADER)
    if not id_:
        return None
    rows = maker.transaction.rows_of(SESSIONS, [found.one.stored])
    row = _open(asked, next((each for each in rows if each.record["id"] == id_), None))
    record = {**row.record, "until": asked.seconds + _LASTS}
    return maker.transaction.replace(row.key, record)


def _create(asked: Asked, body: Mapping[str, Any]) -> Answer:
    """POST createSession."""
    persists = body.get("persistChanges", True)
    if not isinstance(persists, bool):
        raise GraphError(400, "InvalidArgument", "'persistChanges' is true or false.")
    _select(asked, _INFO)
    id_ = f"cluster=FG1&session={asked.tenant.new_id()}"
    until, operation = asked.seconds + _LASTS, asked.tenant.new_id()
    record: Record = {"id": id_, "persists": persists, "until": until, _OPERATION: operation}

    def work(maker: Maker, found: Located) -> None:
        there = maker.transaction.rows_of(SESSIONS, [found.one.stored])
        over = [row.key for row in there if row.record["until"] < asked.seconds]
        maker.transaction.delete(*over)
        maker.transaction.insert(SESSIONS, record, found.one.stored)

    asked.write(work)
    if "respond-async" in asked.preferences.texts:
        where = f"{_workbook(asked)}/operations/{operation}"
        return Answer(202, headers={"Location": where, "Preference-Applied": "respond-async"})
    return _one(asked, 201, _info(record), _INFO)


_OPERATION = "operation"


def _info(session: Record) -> Record:
    return {"id": session["id"], "persistChanges": session["persists"]}


def _workbook(asked: Asked) -> str:
    """The URL of the workbook that a request is about."""
    return f"{asked.url.rpartition('/workbook/')[0]}/workbook"


def _operation(asked: Asked, parts: Sequence[Part]) -> Answer | None:
    """GET operations/{id}: how far it is that a session is made."""
    key = None if len(parts) > 1 else parts[0].key
    if key is None:
        return None
    session = _made_session(asked, _OPERATION, key)
    where = f"{_workbook(asked)}/sessionInfoResource(key='{quoted(session['id'], '')}')"
    told = {"id": key, "status": "succeeded", "resourceLocation": where}
    return _one(asked, 200, told, "workbookOperation")


def _session_info(asked: Asked, parts: Sequence[Part]) -> Answer | None:
    """GET sessionInfoResource: a session that was made in its own time."""
    return _one(asked, 200, _info(_made_session(asked, "id", parts[0].arguments.get("key"))), _INFO)


def _made_session(asked: Asked, name: str, value: object) -> Record:
    item = asked.located().one.stored
    rows = asked.tenant.store.container(SESSIONS).of(item).scan()
    return _open(asked, next((row for row in rows if row.record.get(name) == value), None)).record


def _refresh(asked: Asked, body: Mapping[str, Any]) -> Answer:
    """POST refreshSession."""
    asked.write(lambda maker, found: _named_one(_written(asked, maker, found)))
    return Answer(204)


def _named_one(row: Row | None) -> Row:
    if row is None:
        raise _no_session("invalidSessionNotFound")
    return row


def _close(asked: Asked, body: Mapping[str, Any]) -> Answer:
    """POST closeSession."""

    def work(maker: Maker, found: Located) -> None:
        maker.transaction.delete(_named_one(_written(asked, maker, found)).key)

    asked.write(work)
    return Answer(204)


_OF_SESSIONS = {"operations": _operation, "sessionInfoResource": _session_info}
_SESSION = {"createSession": _create, "refreshSession": _refresh, "closeSession": _close}

# What is read and written -----------------------------------------------------------------------


def _bytes_of(asked: Asked, item: Record, session: Row | None) -> bytes:
    """The bytes of the document as a session has them."""
    own = session is not None and BYTES in session.record
    record = session.record if own and session is not None else item
    return content_of(asked.tenant.store, record, STREAM)


def _write(
    asked: Asked,
    maker: Maker,
    found: Located,
    document: Document,
    parts: Sequence[Part],
    body: Mapping[str, Any],
) -> Shown | None:
    """Let the document do what is asked, and keep it: for all, or for the session alone."""
    one = found.one
    one.check()
    session = _written(asked, maker, found)
    data = _bytes_of(asked, one.record, session)
    shown = _checked(asked, document(Opened(data, parts, asked.method, body, asked.seconds)))
    if shown is None or shown.data is None or one.row is None:
        return shown
    content = maker.kept(shown.data)
    if session is not None and not session.record["persists"]:
        kept = {**session.record, BYTES: {STREAM: content.name}}
        maker.transaction.replace(session.key, kept)
        return shown
    maker.conflict = FAIL
    media = one.record.get(MEDIA, {}).get(STREAM, "application/octet-stream")
    maker.fill_with(one.row, STREAM, content, media)
    return shown


def _checked(asked: Asked, shown: Shown | None) -> Shown | None:
    """What is shown, before it is kept. Raises GraphError (400) where it has no such property."""
    if shown is not None and not isinstance(shown.value, str | int | None):
        _select(asked, shown.kind)
    return shown


def _select(asked: Asked, kind: str) -> Sequence[str] | None:
    """The names that are selected of a kind of things; None for all."""
    return read_select(asked.options, asked.world.type_named(kind))


def _answer(asked: Asked, shown: Shown, page: slice) -> Answer:
    """What is shown, with its context."""
    if shown.value is None:
        return Answer(shown.status)
    if asked.path.kind == "count":
        return Answer(shown.status, str(shown.value).encode(), content_type="text/plain")
    if isinstance(shown.value, str | int):
        body = b'{"value":%b}' % orjson.dumps(shown.value)
        context = f"{asked.root}/$metadata#{shown.kind}"
        return asked.ok(shown.status, entity_json(context, body, asked.format))
    if not isinstance(shown.value, list):
        return _one(asked, shown.status, shown.value, shown.kind)
    select = _select(asked, shown.kind)
    rows = [_selected(each, select) for each in shown.value[page]]
    total = len(shown.value) if asked.options.get("count") == "true" else None
    context = f"{asked.root}/$metadata#Collection(microsoft.graph.{shown.kind})"
    return asked.ok(shown.status, collection_json(context, rows, total, None, asked.format))


def _one(asked: Asked, status: int, value: Record, kind: str) -> Answer:
    context = f"{asked.root}/$metadata#microsoft.graph.{kind}"
    body = _selected(value, _select(asked, kind))
    return asked.ok(status, entity_json(context, body, asked.format))


def _page(asked: Asked) -> slice:
    """Which of several things are asked for. Raises GraphError (400)."""
    skip, top = _number(asked, "skip") or 0, _number(asked, "top")
    return slice(skip, None if top is None else skip + top)


def _number(asked: Asked, name: str) -> int | None:
    text = asked.options.get(name)
    if text is None:
        return None
    number = natural(text, 9)
    if number is None:
        raise GraphError(400, "InvalidArgument", f"'{text}' is no number.", f"${name}")
    return number


def _selected(value: Record, select: Sequence[str] | None) -> bytes:
    if select is not None:
        value = {name: value[name] for name in select if name in value}
    return orjson.dumps(value)
