"""The mail that was sent in a tenant, as tests look at it."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from typing import Any

from fakegraph.graph.whole.addresses import address
from fakegraph.graph.whole.downloads import content_of
from fakegraph.graph.whole.lookup import InStore
from fakegraph.graph.whole.records import BYTES
from fakegraph.graph.whole.world import World
from fakegraph.store import Record, Row, Store
from fakegraph.workloads.operations import SENT

_OF_AN_ATTACHMENT = ("name", "contentType", "size", "isInline")
CONTENT = "contentBytes"


def sent_mail(world: World, store: Store) -> Iterator[Record]:
    """What was sent, oldest first; ``path`` is that of the sender's copy, while there is one."""
    lookup = InStore(store)
    parts = store.container(f"{SENT}/parts")
    for row in store.container(SENT).scan():
        shown = {name: value for name, value in row.record.items() if name[0] != "@"}
        del shown["id"]
        copy = store.row(row.record["@message"])
        shown["path"] = None if copy is None else address(world, lookup, copy)
        shown["attachments"] = [_attachment(store, each) for each in parts.of(row.key).scan()]
        yield shown


def _attachment(store: Store, row: Row) -> dict[str, Any]:
    shown = {name: row.record.get(name) for name in _OF_AN_ATTACHMENT}
    has_bytes = CONTENT in row.record.get(BYTES, {})
    content = b64encode(content_of(store, row.record, CONTENT)).decode() if has_bytes else None
    return {**shown, CONTENT: content}
