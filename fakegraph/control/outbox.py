"""The mail that was sent in a tenant, as tests look at it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fakegraph.graph.whole.addresses import address
from fakegraph.graph.whole.lookup import InStore
from fakegraph.graph.whole.world import World
from fakegraph.store import Record, Row, Store
from fakegraph.workloads.outlook.sending import SENT

_OF_AN_ATTACHMENT = ("name", "contentType", "size", "isInline", "contentBytes")


def sent_mail(world: World, store: Store) -> Iterator[Record]:
    """What was sent, oldest first; ``path`` is that of the sender's copy, while there is one."""
    lookup = InStore(store)
    parts = store.container(f"{SENT}/parts")
    for row in store.container(SENT).scan():
        shown = {name: value for name, value in row.record.items() if name[0] != "@"}
        del shown["id"]
        copy = store.row(row.record["@message"])
        shown["path"] = None if copy is None else address(world, lookup, copy)
        shown["attachments"] = [_attachment(each) for each in parts.of(row.key).scan()]
        yield shown


def _attachment(row: Row) -> dict[str, Any]:
    return {name: row.record.get(name) for name in _OF_AN_ATTACHMENT}
