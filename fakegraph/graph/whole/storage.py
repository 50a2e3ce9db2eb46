"""Where the bytes of an app of Intune go: a block blob, as Azure's storage takes it, by its URL.

The bytes themselves are counted and not kept: nobody gets them back from the service either.
https://learn.microsoft.com/rest/api/storageservices/put-block
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from urllib.parse import quote, unquote
from xml.sax.saxutils import escape

from fakegraph.chunks import Spooled
from fakegraph.edm.values import Instant, format_instant
from fakegraph.errors import GraphError
from fakegraph.graph.whole.bare import Asking
from fakegraph.store import Key, Record, Row, Transaction
from fakegraph.web.exchange import Answer
from fakegraph.workloads.others.intune import UPLOADED

Bytes = bytes | Spooled

PATH = "_uploads/content"
BLOBS = "@blobs"
_LASTS = 24 * 3600 * 10_000_000
_VERSION = "2023-11-03"
_MOST_BLOCKS = 50_000
_LONGEST_LIST = 8 * 1024 * 1024
_LIST = re.compile(
    r"(?:<\?xml[^<>]*\?>\s*)?<BlockList\s*(?:/>|>(?P<blocks>.*)</BlockList>)",
    re.DOTALL,
)
_BLOCK = re.compile(r"\s*<(Latest|Uncommitted|Committed)>([^<>]*)</\1>")


def begin(transaction: Transaction, id_: str, now: int, root: str, owner: Key) -> Record:
    """Give a file somewhere for its bytes, in the stead of before. Says where, and until when."""
    for row in list(transaction.rows_of(BLOBS, [owner])):
        transaction.delete(row.key)
    transaction.insert(BLOBS, {"id": id_, "expires": now + _LASTS, "blocks": {}}, owner)
    ends = format_instant(Instant(now + _LASTS))
    signed = f"sv={_VERSION}&se={quote(ends, safe='')}&sr=b&sp=w&sig={quote(id_)}"
    return {
        "azureStorageUri": f"{root}/{PATH}?{signed}",
        "azureStorageUriExpirationDateTime": ends,
    }


def upload(asking: Asking) -> Answer:
    """The answer to a request for such a URL, errors too, which are XML here."""
    try:
        return _Blob(asking).take()
    except GraphError as error:
        said = f"<Code>{error.code}</Code><Message>{escape(error.message)}</Message>"
        body = f'<?xml version="1.0" encoding="utf-8"?><Error>{said}</Error>'
        return Answer(error.status, body.encode(), "application/xml", _headers(asking))


def _headers(asking: Asking, more: Mapping[str, str] | None = None) -> dict[str, str]:
    return {"x-ms-version": _VERSION, **(more or {})}


class _Blob:
    """One request for the URL of a blob."""

    def __init__(self, asking: Asking) -> None:
        self._asking = asking
        pairs = (part.partition("=") for part in asking.exchange.query.split("&"))
        self._said = {unquote(name): unquote(value) for name, _, value in pairs}

    def take(self) -> Answer:
        """PUT: a block, the list of those that are the blob, or all of it."""
        self._found(self._asking.tenant.store.container(BLOBS).find("id", self._said.get("sig")))
        if self._asking.exchange.method != "PUT":
            why = "This request is not authorized to perform this operation using this permission."
            raise GraphError(403, "AuthorizationPermissionMismatch", why)
        work = _WORKS.get(self._said.get("comp"))
        if work is None:
            raise _wrong("InvalidQueryParameterValue", "'comp' is block, blocklist, or not there.")
        data = self._asking.exchange.take_body()
        digest = _digest(data)
        if self._asking.exchange.header("HTTP_CONTENT_MD5") not in ("", digest):
            why = "The MD5 value specified in the request did not match that of the body."
            raise _wrong("Md5Mismatch", why)
        self._write(lambda transaction, row: work(self, transaction, row, data))
        tag = {"Content-MD5": digest, "ETag": f'"0x{digest[:12].encode().hex().upper()}"'}
        return Answer(201, b"", "", _headers(self._asking, tag))

    def block(self, transaction: Transaction, row: Row, data: Bytes) -> None:
        """A part, by the name that it is given: so much is known of it."""
        id_ = self._said.get("blockid")
        if not id_:
            why = "A block has a 'blockid'."
            raise _wrong("MissingRequiredQueryParameter", why)
        try:
            base64.b64decode(id_, validate=True)
        except ValueError:  # also of letters that ASCII does not have
            why = f"The 'blockid' is base64, and '{id_}' is not."
            raise _wrong("InvalidQueryParameterValue", why) from None
        blocks = {**row.record["blocks"], id_: len(data)}
        if len(blocks) > _MOST_BLOCKS:
            why = f"A blob has no more than {_MOST_BLOCKS} blocks."
            raise GraphError(409, "BlockCountExceedsLimit", why)
        transaction.replace(row.key, {**row.record, "blocks": blocks})

    def blocks(self, transaction: Transaction, row: Row, data: Bytes) -> None:
        """Which parts are the blob, one after the other."""
        if len(data) > _LONGEST_LIST:
            raise GraphError(413, "RequestBodyTooLarge", "The list of blocks is too long.")
        known = row.record["blocks"]
        try:
            sizes = [known[name] for name in _listed(b"".join(_parts(data)))]
        except KeyError:
            raise _wrong("InvalidBlockList", "The specified block list is invalid.") from None
        self._is_there(transaction, row, sum(sizes))

    def whole(self, transaction: Transaction, row: Row, data: Bytes) -> None:
        """All of it at once."""
        kind = self._asking.exchange.header("HTTP_X_MS_BLOB_TYPE")
        if kind != "BlockBlob":
            why = f"The header x-ms-blob-type is BlockBlob, and not '{kind}'."
            raise _wrong("InvalidHeaderValue" if kind else "MissingRequiredHeader", why)
        self._is_there(transaction, row, len(data))

    def _is_there(self, transaction: Transaction, row: Row, size: int) -> None:
        file = transaction.row(row.owner)
        assert file is not None
        transaction.replace(file.key, {**file.record, UPLOADED: size})

    def _write(self, work: Callable[[Transaction, Row], None]) -> None:
        id_ = self._said.get("sig")

        def all_of_it(transaction: Transaction) -> None:
            work(transaction, self._found(transaction.find(BLOBS, "id", id_)))

        self._asking.keep().store.transact(all_of_it)

    def _found(self, row: Row | None) -> Row:
        if row is None or row.record["expires"] <= self._asking.tenant.instant():
            why = (
                "Server failed to authenticate the request. No URL of a file has this signature, "
                "or it has expired: renewUpload gives another one."
            )
            raise GraphError(403, "AuthenticationFailed", why)
        return row


_WORKS = {"block": _Blob.block, "blocklist": _Blob.blocks, None: _Blob.whole}


def _parts(data: Bytes) -> Iterable[bytes]:
    return (data,) if isinstance(data, bytes) else data


def _digest(data: Bytes) -> str:
    found = hashlib.md5(usedforsecurity=False)
    for part in _parts(data):
        found.update(part)
    return base64.b64encode(found.digest()).decode()


def _listed(data: bytes) -> list[str]:
    """The names in a ``BlockList``. Raises GraphError (400) for anything else."""
    found = _LIST.fullmatch(data.decode("utf-8-sig", "replace").strip())
    rest = "" if found is None else found["blocks"] or ""
    names, place = [], 0
    while (each := _BLOCK.match(rest, place)) is not None:
        names.append(each[2].strip())
        place = each.end()
    if found is None or rest[place:].strip():
        why = (
            "A body as '<BlockList><Latest>MDA=</Latest></BlockList>' says which blocks there are."
        )
        raise _wrong("InvalidXmlDocument", why)
    return names


def _wrong(code: str, message: str) -> GraphError:
    return GraphError(400, code, message)
