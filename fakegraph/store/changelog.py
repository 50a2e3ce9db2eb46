"""The table ``_changes`` of a data file: what became of rows and links, by the number of the write.

A document is one write: ``{"made": [{"kind": "updated", "row": "users/17", …}]}``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from itertools import groupby
from operator import itemgetter
from typing import Any

import orjson

from fakegraph.store.change import Change, said
from fakegraph.store.changes import ChangeLog
from fakegraph.store.datafile import CHANGES_TABLE, DataFile
from fakegraph.store.documents import Documents
from fakegraph.store.loading import Problems
from fakegraph.store.rows import Key


class ChangesTable:
    """What a store tells of its writes, to be written to a file."""

    next_position = 1  # writes are numbered by the store itself

    def __init__(self, changes: ChangeLog, documents: Documents) -> None:
        self._changes = changes
        self._text_of = documents.text_of

    def documents(self) -> Iterator[tuple[int, bytes]]:
        """Numbers of writes, and what each made."""
        for sequence, entries in groupby(self._changes, itemgetter(0)):
            made: list[Any] = []
            for entry in entries:
                if len(entry) == 3:
                    made.append(entry[2])  # as it was read
                else:
                    made += [_document(change, self._text_of) for change in said(entry)]
            yield sequence, orjson.dumps({"made": made})


def _document(change: Change, text_of: Callable[[Key], str]) -> dict[str, Any]:
    found: dict[str, Any] = {"kind": change.kind}
    if change.source:
        found["relation"] = change.container
        found["from"], found["to"] = text_of(change.source), text_of(change.target)
        return found
    found["row"], found["id"] = text_of(change.key), change.id
    if change.owner:
        found["owner"] = text_of(change.owner)
    if change.old:
        found["old"] = change.old
    if change.left:
        found["left"] = change.left
    return found


def read_changes(
    table: Mapping[int, Any], data: DataFile, documents: Documents, problems: Problems
) -> ChangeLog:
    """The change log that a data file has as a table. Where nobody edited the file, its changes are
    only read when somebody asks for them.
    """
    found, read = ChangeLog(data.changes), partial(_change, documents)
    for sequence, document in sorted(table.items()):
        try:
            made = document["made"]
            if not data.changes < sequence <= data.sequence:
                raise ValueError
            for each in () if data.whole else made:
                read(sequence, each)
            found.extend(sequence, made, read)
        except (KeyError, TypeError, ValueError):
            problems.add(CHANGES_TABLE, sequence, "it does not tell what a write has made")
    return found


def _change(documents: Documents, sequence: int, found: Any) -> Change:
    key_of = documents.key_of
    if "relation" in found:
        source, target = key_of(found["from"]), key_of(found["to"])
        return Change(sequence, found["kind"], found["relation"], source=source, target=target)
    key = key_of(found["row"])
    container = documents.container(key)
    assert container is not None
    owner = key_of(found["owner"]) if "owner" in found else 0
    identity, old, left = str(found["id"]), found.get("old", {}), found.get("left", {})
    return Change(sequence, found["kind"], container, key, owner, identity, old, left=left)
