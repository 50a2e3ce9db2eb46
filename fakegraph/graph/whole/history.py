"""What became of a tenant's things, by path: as its change log has it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import quote

from fakegraph.edm.model import EntitySet
from fakegraph.errors import GraphError
from fakegraph.graph.whole.addresses import is_many
from fakegraph.graph.whole.world import World, is_aside
from fakegraph.store import ChangesLost, Key, Store
from fakegraph.store.change import Change

_KINDS = {
    "created": "created",
    "restored": "created",
    "updated": "changed",
    "moved": "changed",
    "hidden": "deleted",
    "deleted": "deleted",
    "linked": "linked",
    "unlinked": "unlinked",
}
_SAFE = "@:!$*,;~-._="
_MOST = 1 << 30


class History:
    """The changes of one tenant. ``sets`` are the declared ones; the world is asked for when the
    log has others.
    """

    def __init__(
        self, store: Store, sets: Mapping[str, EntitySet], world: Callable[[], World]
    ) -> None:
        self._store = store
        self._paths = {each.collection: each.path for each in sets.values() if not each.view_of}
        self._world = world
        self._gone: dict[Key, Change] = {}  # what was told of each row last
        self._deleted: dict[Key, Change] = {}

    def _know(self, changes: list[Change]) -> None:
        self._gone = {each.key: each for each in changes if each.key}
        self._deleted = {each.key: each for each in changes if _is_deleted(each)}

    def _is_given(self, change: Change) -> bool:
        if change.container in self._paths or change.owner:
            return False
        given = self._world().declared.given.get(change.container, ())
        return any(record["id"] == change.id for record in given)

    def after(self, since: int | None) -> list[dict[str, Any]]:
        """What was done after the write of that number, or all that is remembered.

        Raises GraphError (410) where what came after it is not known any more.
        """
        log = self._store.changes
        try:
            found = log.after(log.begins if since is None else since, _MOST)
        except ChangesLost as error:
            raise GraphError(
                410,
                "Gone",
                f"What came after {since} is not known any more: the records were reset or "
                f"restored, or too much has happened. The first that is known is {log.begins}.",
                "since",
            ) from error
        known = log.after(log.begins, _MOST)
        self._know(known)
        return list(self._told(found))

    def between(self, changes: list[Change]) -> list[dict[str, Any]]:
        """What is told of differences, of what has changed with both values. They are of no write,
        so they have no sequence.
        """
        self._know(changes)
        told = [{**said, **self._now(each)} for each, said in self._told_each(changes)]
        return [{name: each[name] for name in each if name != "sequence"} for each in told]

    def _now(self, change: Change) -> dict[str, Any]:
        row = self._store.row(change.key) if change.kind == "updated" else None
        return {} if row is None else {"new": {name: row.record.get(name) for name in change.old}}

    def _told(self, changes: list[Change]) -> Iterator[dict[str, Any]]:
        return (told for _, told in self._told_each(changes))

    def _told_each(self, changes: list[Change]) -> Iterator[tuple[Change, dict[str, Any]]]:
        hidden = {(each.sequence, each.key) for each in changes if each.kind == "hidden"}
        for each in changes:
            if each.kind not in _KINDS or is_aside(each.container):
                continue
            if each.kind == "created" and self._is_given(each):
                continue  # it was there from the start, and is made when it is first asked for
            if each.kind == "updated" and (each.sequence, each.key) in hidden:
                continue  # that it says when it was deleted
            told = {"sequence": each.sequence, "kind": _KINDS[each.kind], "path": self._path(each)}
            yield each, {**told, "old": each.old} if each.kind == "updated" else told

    def _path(self, change: Change) -> str:
        if not change.key:
            name = change.container.rpartition("/")[2]
            return f"{self._of(change.source)}/{name}/{quote(self._id(change.target), safe=_SAFE)}"
        return self._of(change.key, change if _is_deleted(change) else None)

    def _of(self, key: Key, gone: Change | None = None) -> str:
        """Where a row is or was; ``gone``: by which it is not there any more, nor its container.

        Another container may have the number of one that is there no more.
        """
        row, was_deleted = None if gone else self._store.row(key), gone is not None
        gone = gone or (self._gone.get(key) if row is None else None)
        container = self._store.container_of(key) if gone is None else gone.container
        owner = row.owner if row is not None else 0 if gone is None else gone.owner
        id_ = quote(self._id(key) if gone is None else gone.id, safe=_SAFE)
        if container in self._paths:
            return f"{self._paths[container]}/{id_}"
        name = container.rpartition("/")[2]
        if not owner:
            return f"{name}/{id_}" if is_many(self._world(), container) else name
        above = f"{self._of(owner, self._deleted.get(owner) if was_deleted else None)}/{name}"
        return f"{above}/{id_}" if is_many(self._world(), container) else above

    def _id(self, key: Key) -> str:
        row = self._store.row(key)
        if row is not None:
            container = self._store.container_of(key)
            name = "id"
            if container not in self._paths:
                name = self._world().type_of(row.record, container).key or "id"
            return str(row.record.get(name, ""))
        return self._gone[key].id if key in self._gone else ""


def _is_deleted(change: Change) -> bool:
    return _KINDS.get(change.kind) == "deleted"
