"""Downloads: URLs of bytes that need no token, since what they say in the query is enough.

The service has them at other hosts, whose answers are not Graph's.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import parse_qs, quote, urlencode

from fakegraph.errors import GraphError
from fakegraph.graph.whole.ranges import UNKNOWN, ranged
from fakegraph.graph.whole.records import BYTES, MEDIA
from fakegraph.graph.whole.seals import sealed, unsealed
from fakegraph.store import Row, Store
from fakegraph.store.bytes import Content
from fakegraph.web.exchange import Answer, Exchange

PATH = "_layouts/15/download.aspx"
DRAWN = "_layouts/15/thumbnail.aspx"
VIEW = "~view"
_SECONDS = 3600


def download_url(store: Store, root: str, now: float, row: Row, stream: str) -> str:
    """The URL of the bytes that a row has as a stream; it lasts an hour, and not over a reset."""
    text = sealed([row.key, stream, int(now) + _SECONDS], store.generation)
    tag = str(row.record.get("eTag"))
    unique = {"UniqueId": tag[2:38].lower()} if tag.startswith('"{') else {}
    query = urlencode({**unique, "Translate": "false", "tempauth": text})
    drawn = "~" in stream and not stream.endswith(VIEW)
    return f"{root}/{DRAWN if drawn else PATH}?{query}"


def read_open(exchange: Exchange, store: Store, now: float) -> Answer:
    """The answer to a request for such a URL. Raises GraphError (401, 404)."""
    row, stream = opened(exchange, store, now)
    to_view = stream.endswith(VIEW)
    stream = stream.removesuffix(VIEW)
    data = _content(store, row.record, stream)
    tag = str(row.record.get("eTag"))
    name = quote(str(row.record.get("name", "content")), safe="")
    headers = {
        "Content-Disposition": f"{'inline' if to_view else 'attachment'}; filename*=UTF-8''{name}",
        "ETag": tag if _TAG.fullmatch(tag) else f'"{row.key}"',
    }
    known, wanted = (exchange.header(name).strip() for name in _CONDITIONS)
    tags = {"*", headers["ETag"]}
    if wanted and not tags & _tags(wanted):
        raise GraphError(412, "resourceModified", "ETag does not match current item's value")
    if known and tags & _tags(known):
        return Answer(304, headers={"ETag": headers["ETag"]})
    return ranged(exchange, data, media_of(row.record, stream), headers)


_TAG = re.compile(r'(?:W/)?"[!#-~]*"')
_CONDITIONS = ("HTTP_IF_NONE_MATCH", "HTTP_IF_MATCH")


def _tags(text: str) -> set[str]:
    """The tags of a header, which have commas of their own."""
    return {"*"} if text == "*" else {*re.findall(r'"[^"]*"', text)}


def content_of(store: Store, record: Mapping[str, object], stream: str) -> bytes:
    """The bytes that a record has as a stream; empty where it has none. Raises DataFileError."""
    found = _content(store, record, stream)
    return found if isinstance(found, bytes) else found.read()


def _content(store: Store, record: Mapping[str, object], stream: str) -> bytes | Content:
    names = record.get(BYTES)
    name = names.get(stream) if isinstance(names, dict) else None
    return Content(store.bytes, name) if name else b""


def media_of(record: Mapping[str, object], stream: str) -> str:
    """Their media type: what the service says of a file, or else what they were sent with."""
    file = record.get("file")
    said = file.get("mimeType") if isinstance(file, dict) else None
    sent = record.get(MEDIA)
    return str(said or (sent.get(stream) if isinstance(sent, dict) else None) or UNKNOWN)


def opened(exchange: Exchange, store: Store, now: float) -> tuple[Row, str]:
    """The row and the stream that such a URL is about. Raises GraphError (401, 404, 405)."""
    if exchange.method not in ("GET", "HEAD"):
        raise GraphError(405, "notAllowed", "A download is read with GET.")
    (text,) = parse_qs(exchange.query).get("tempauth", [""])[:1]
    said = unsealed(text, store.generation)
    if said is not None and now <= said[2]:
        row = store.row(said[0])
        if row is None:
            raise GraphError(404, "itemNotFound", "Item not found")
        return row, said[1]
    raise GraphError(401, "unauthenticated", "The download URL has expired, or is not whole.")
