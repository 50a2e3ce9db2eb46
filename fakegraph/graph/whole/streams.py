"""Streams: bytes that things have, by the name of a property or as ``$value`` of the thing."""

from __future__ import annotations

from collections.abc import Callable

from fakegraph.edm.published import PublishedType
from fakegraph.errors import GraphError, Problem
from fakegraph.graph.whole.asked import Asked
from fakegraph.graph.whole.conflicts import behaviour
from fakegraph.graph.whole.downloads import content_of, download_url, media_of
from fakegraph.graph.whole.filling import put_bytes
from fakegraph.graph.whole.gathering import gather, gathers
from fakegraph.graph.whole.locate import Located, not_built
from fakegraph.graph.whole.making import Maker
from fakegraph.graph.whole.names import REPLACE
from fakegraph.graph.whole.ranges import ranged
from fakegraph.graph.whole.reading import is_known
from fakegraph.graph.whole.records import BYTES, value_at
from fakegraph.graph.whole.shape import json_of
from fakegraph.graph.whole.writing import calling, check_version, selected
from fakegraph.store import Row
from fakegraph.web.encoding import inflated
from fakegraph.web.exchange import Answer
from fakegraph.web.headers import split_media_type
from fakegraph.workloads.handed import Rendered, Rendering
from fakegraph.workloads.operations import Call

VALUE = "$value"
_WHOLE = "The header Content-Range is not supported here: the bytes of it all come at once."
_ON_STREAMS = "It goes with what is listed, not with bytes."
_ANY_MEDIA = "application/octet-stream"


def read_stream(asked: Asked) -> Answer:
    """GET on bytes: the bytes, or where they can be read without a token."""
    found = asked.located()
    found.one.check()
    if len(found.properties) > 1 and asked.path.kind == "stream":
        return _of_value(asked, found)
    one, stream = found.one, _stream(asked, found)
    format_, kept_in = asked.options.get("format"), asked.world.rules(one.type).kept_in
    if format_ is not None and format_ != kept_in:
        raise asked.words.no_format(one.record, str(format_))
    asked.options.allow(() if format_ is None else ("format",), _ON_STREAMS)
    store, name = asked.tenant.store, asked.world.rules(one.type).name
    if stream in asked.world.rules(one.type).redirects and asked.path.shape.name == stream:
        if {"folder", "package"} & set(one.record):
            raise asked.words.not_found(name, one.key)
        if is_known(asked, one.record, asked.world.rules(one.type)):
            return Answer(304)
        check = asked.world.rules(one.type).opens
        if check is not None and one.row is not None:
            check(asked.seer.around(one.row))
        row = one.row or Row(0, one.record)
        url = download_url(store, asked.root, asked.seconds, row, stream)
        return Answer(302, headers={"Location": url})
    rendered = asked.world.rules(one.type).rendered.get(stream)
    if rendered is not None and one.row is not None:
        return _rendered(asked, one.row, stream, rendered)
    give = asked.world.rules(one.type).contents.get(stream)
    if stream not in one.record.get(BYTES, {}) and give is not None and one.row is not None:
        return ranged(asked.exchange, *give(asked.seer.around(one.row)), {})
    if stream == VALUE and stream not in one.record.get(BYTES, {}) and not one.type.has_stream:
        message = f"'{name}' has no bytes, which /$value would read: it is read without that."
        raise GraphError(400, "BadRequest", message)
    if stream != VALUE and stream not in one.record.get(BYTES, {}):
        if stream in asked.world.rules(one.type).blank:
            return Answer(204)
        raise asked.words.unnamed(name, stream)
    data = content_of(store, one.record, stream)
    return ranged(asked.exchange, data, kept_in or media_of(one.record, stream), {})


def _rendered(asked: Asked, row: Row, stream: str, how: Rendered) -> Answer:
    """Bytes that are shown otherwise than they are kept."""
    data = content_of(asked.tenant.store, row.record, stream)
    url = f"{asked.exchange.host_url}{asked.exchange.raw_path}"
    reading = asked.seer.around(row)
    shown = how.show(Rendering(data, reading, asked.options.others, url))
    return ranged(asked.exchange, shown, "text/html", {})


def _of_value(asked: Asked, found: Located) -> Answer:
    """Bytes of an object that is a property, which says the URL that they are read at."""
    asked.options.allow((), _ON_STREAMS)
    value = value_at(found.one.record, "/".join(found.properties[:-1]))
    if not isinstance(value, dict) or not value.get("url"):
        raise asked.words.unnamed(asked.world.rules(found.one.type).name, found.properties[0])
    return Answer(302, headers={"Location": value["url"]})


def write_stream(asked: Asked) -> Answer:
    """PUT on bytes: what has them is made where the path says its name."""
    select = _read_select(asked)
    if gathers(asked):
        return gather(asked)
    exchange = asked.exchange
    if exchange.header("HTTP_CONTENT_RANGE"):  # RFC 9110: a part is never taken for the whole
        raise asked.words.invalid([Problem(_WHOLE, "Content-Range")])
    data = exchange.take_body()
    zipped = exchange.header("HTTP_CONTENT_ENCODING").strip().lower() == "gzip"
    if zipped and isinstance(data, bytes):
        data = inflated(data, exchange.max_body)
    media = exchange.header("CONTENT_TYPE").partition(";")[0].strip() or _ANY_MEDIA
    what = behaviour(asked, REPLACE)

    def work(maker: Maker, found: Located) -> tuple[Row, bool]:
        one, stream = found.one, _stream(asked, found)
        if one.there:
            check_version(asked, one)
            if is_known(asked, one.record, asked.world.rules(one.type)):
                raise asked.words.stale(one.type.name, asked.exchange.header("HTTP_IF_NONE_MATCH"))
        elif asked.exchange.header("HTTP_IF_MATCH"):
            raise asked.words.stale(one.type.name, asked.exchange.header("HTTP_IF_MATCH"))
        return put_bytes(maker, asked.words, one, stream, maker.kept(data), media, what)

    row, made = asked.write(work, making=True)
    container = asked.tenant.store.container_of(row.key)
    type_ = asked.world.type_of(row.record, container)
    if asked.world.rules(type_).filled is None or _is_value(asked):
        return Answer(_status(asked, type_))
    return asked.ok(201 if made else 200, json_of(asked, row, type_, select))


def _read_select(asked: Asked) -> tuple[str, ...] | None:
    """What is selected of the thing that an answer to PUT shows. Raises GraphError (400)."""
    before = asked.path.shape.before
    owner = None if before is None else before.type
    if (
        not isinstance(owner, PublishedType)
        or asked.world.rules(owner).filled is None
        or _is_value(asked)
    ):
        asked.options.allow((), _ON_STREAMS)
        return None
    return selected(asked, owner)


def change_stream(asked: Asked) -> Answer:
    """PATCH on bytes: as PUT where that is how they are written; else it is of parts of them."""
    before = asked.path.shape.before
    owner = before.type if before is not None else None
    rules = asked.world.rules(owner) if isinstance(owner, PublishedType) else None
    if rules is not None and asked.path.shape.name in rules.patched:
        return _patch(asked, rules.patched[asked.path.shape.name])
    is_written = rules is not None and (
        "PATCH" in rules.all_bytes if _is_value(asked) else asked.path.shape.name in rules.blank
    )
    if not is_written:
        raise not_built(asked.path.shape, f"PATCH {asked.plan.template}")
    return write_stream(asked)


def _patch(asked: Asked, change: Callable[[Call], object]) -> Answer:
    """Change parts of bytes, as a body says."""
    asked.options.allow((), _ON_STREAMS)
    exchange = asked.exchange
    media = split_media_type(exchange.header("CONTENT_TYPE").partition(",")[0])[0]  # sent twice
    arguments = {"data": exchange.read_body(), "media": media}

    def work(maker: Maker, found: Located) -> None:
        found.one.check()
        change(calling(asked, maker, found.one, arguments))

    asked.write(work)
    return Answer(204)


def _status(asked: Asked, type_: PublishedType) -> int:
    """The status where bytes were written: as documented."""
    if asked.use.status:
        return asked.status("PUT")
    return 204 if asked.path.shape.name in asked.world.rules(type_).blank else 200


def _is_value(asked: Asked) -> bool:
    """Whether the bytes are all that a thing is about: an answer does not show it then."""
    return asked.path.kind == "value"


def delete_stream(asked: Asked) -> Answer:
    """DELETE on bytes."""
    asked.options.allow((), _ON_STREAMS)

    def work(maker: Maker, found: Located) -> None:
        one, stream = found.one, _stream(asked, found)
        record = one.record
        if stream == VALUE and not one.keys:
            maker.delete(one)
            return
        names = dict(record.get(BYTES, {}))
        if names.pop(stream, None) is None:
            raise asked.words.unnamed(asked.world.rules(one.type).name, stream)
        rest = {name: value for name, value in record.items() if name != BYTES}
        if names:
            rest[BYTES] = names
        maker.transaction.replace(maker.stored(one), rest)

    asked.write(work)
    return Answer(204)


def _stream(asked: Asked, found: Located) -> str:
    """The name of the stream that a path leads to."""
    before = asked.path.shape.before
    of_property = asked.path.kind == "value" and before is not None and before.kind == "property"
    if len(found.properties) > 1 or of_property:
        raise not_built(asked.path.shape, asked.path.template)
    name = found.properties[-1] if found.properties else VALUE
    return asked.world.rules(found.one.type).same_bytes.get(name, name)
