"""Damage to a tenant's files, and what a server says that opens them afterwards.

Run as a program it prints how much of the damage went unnoticed, as a table in Markdown:
``python -m tests.store.damage [HOW_OFTEN]``.
"""

from __future__ import annotations

import logging
import random
import re
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from fakegraph.store import DataFileError, Stores, Template
from fakegraph.store.bytes import names_in
from tests.store.worlds import LAYOUTS, MANAGER, MEMBERS, RECORDS, do, dump, insert, key, said, seed

SAVED, WRITES = 85, 200  # so many writes are in the data file, and the rest is in the log
BLOCK = 512
TEMPLATE = Template(
    {**RECORDS, "groups": [{"id": "staff"}, *({"id": f"g{n}"} for n in range(30))]},
    LAYOUTS,
    seed=seed,
)


@dataclass(frozen=True)
class Found:
    """What came of opening a folder: refused, or read, with or without a warning."""

    refused: str | None
    warnings: tuple[str, ...]
    contents: Any = None

    @property
    def noticed(self) -> bool:
        return self.refused is not None or bool(self.warnings)

    @property
    def missing(self) -> int | None:
        """How many writes it says are lost; None where it says that this cannot be told."""
        said = " ".join(self.warnings)
        number = re.search(r"(\d+) writes? (?:is|are) missing", said)
        if number is not None:
            return int(number[1])
        return None if "cannot be told" in said else 0


class _Kept(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.said.append(record.getMessage())


@contextmanager
def listening() -> Iterator[list[str]]:
    """The warnings of the store."""
    handler, log = _Kept(), logging.getLogger("fakegraph.store")
    log.addHandler(handler)
    try:
        yield handler.said
    finally:
        log.removeHandler(handler)


def opened(folder: Path) -> Found:
    """Open the tenant as a server does, and leave it as it is."""
    with listening() as said:
        stores = Stores(TEMPLATE, folder)
        try:
            store = stores.open("contoso")
            contents = everything(store)
            store.discard()
        except DataFileError as error:
            return Found(str(error), tuple(said))
        finally:
            stores.close()
    return Found(None, tuple(said), contents)


def everything(store: Any) -> Any:
    """All that can be read of a store, what became of it and the bytes that it names among it.

    Raises DataFileError.
    """
    rows = [*store.container("user/messages").scan(), *store.hidden("user/messages").scan()]
    names = sorted(name for row in rows for name in names_in(row.record))
    contents = [store.bytes.get(name) for name in names]
    return store.sequence, store.generation, dump(store), said(store, 0), contents


class Damaged:
    """A tenant's files as ``kill -9`` leaves them, to be damaged and opened again and again:
    the data file, the log, the template that it refers to, and some bytes.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "damaged"
        stores = Stores(TEMPLATE, folder / "running")
        store = stores.open("contoso")
        self.states = [everything(store)]
        for number, write in enumerate(_writes(store)):
            write()
            self.states.append(everything(store))
            if number == SAVED:
                store._storage.save()
        left = Path(shutil.copytree(folder / "running", folder / "left"))
        stores.close()
        found = {path: path.read_bytes() for path in left.rglob("*") if path.is_file()}
        self._all = {str(path.relative_to(left)): data for path, data in found.items()}
        names = ["contoso.json", "contoso.wal", *_first(self._all, ".templates/", "contoso.bytes/")]
        self.files = {name: self._all[name] for name in names}
        """Those to be damaged."""
        self._written: dict[str, object] = {}  # as they were when they were written last

    def after(self, name: str, change: Callable[[bytes], bytes]) -> Found:
        """What a server finds when one of the files has been changed."""
        self._restore()
        if name in self._all:
            (self.folder / name).write_bytes(change(self._all[name]))
        return opened(self.folder)

    def _restore(self) -> None:
        """Have all files as they were left. What nobody has touched since need not be written."""
        found = [path for path in self.folder.rglob("*") if path.is_file()]
        there = {str(path.relative_to(self.folder)): path for path in found}
        for name in there.keys() - self._all.keys():
            there[name].unlink()
        for name, data in self._all.items():
            path = self.folder / name
            if name not in there or self._written.get(name) != _stamp(path):
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(data)
                self._written[name] = _stamp(path)

    @cache  # noqa: B019  # two tests look at what came of it, and it lives as long as they do
    def flipped(self, name: str, bit: int) -> Found:
        """One bit of a file has fallen over."""

        def flip(data: bytes) -> bytes:
            changed = bytearray(data)
            changed[bit // 8] ^= 1 << bit % 8
            return bytes(changed)

        return self.after(name, flip)

    @cache  # noqa: B019  # in the same way
    def cut(self, name: str, size: int) -> Found:
        """A file ends early."""
        return self.after(name, lambda data: data[:size])

    def zeroed(self, name: str, place: int) -> Found:
        """A block of a file reads as zeros."""
        start = place - place % BLOCK
        return self.after(
            name, lambda data: (data[:start] + bytes(BLOCK) + data[start + BLOCK :])[: len(data)]
        )

    def lost(self, found: Found) -> int | None:
        """How many writes are not in what was found; None where it is no state there ever was."""
        if found.contents not in self.states:
            return None
        return len(self.states) - 1 - self.states.index(found.contents)


def _stamp(path: Path) -> object:
    """What is another one after a file was written."""
    told = path.stat()
    return told.st_mtime_ns, told.st_size, told.st_ino


def _first(names: Iterable[str], *beginnings: str) -> list[str]:
    """The first name with each of the beginnings."""
    return [min(name for name in names if name.startswith(each)) for each in beginnings]


def _writes(store: Any) -> Iterator[Callable[[], object]]:
    """Writes of every kind, that depend on each other."""
    ada, bo = key(store, "users", "ada"), key(store, "users", "bo")
    groups = [key(store, "groups", f"g{number}") for number in range(30)]
    kinds: list[Callable[[int], object]] = [
        lambda n: store.transact(_with_bytes(f"n{n}", ada, b"%d " % n * 300)),
        lambda n: insert(store, "user/messages", f"n{n}", bo, received=n, text="Zo\u00eb\n" * 5),
        lambda n: do(store, "replace", bo, {"id": "bo", "age": n}),
        lambda n: do(store, "link", MEMBERS, groups[n % 30], bo),
        lambda n: do(store, "move", key(store, "user/messages", f"n{n - 3}"), ada),
        lambda n: do(store, "hide", groups[(n - 2) % 30]),
        lambda n: do(store, "restore", groups[(n - 3) % 30]),
        lambda n: do(store, "delete", key(store, "user/messages", f"n{n - 6}")),
        lambda n: do(store, "unlink", MEMBERS, groups[(n - 5) % 30], bo),
        lambda n: do(store, ["link", "unlink"][n // 10 % 2], MANAGER, bo, ada),
    ]
    for number in range(WRITES):
        yield lambda number=number: kinds[number % 10](number)


def _with_bytes(id: str, owner: int, data: bytes) -> Callable[[Any], object]:
    return lambda transaction: transaction.insert(
        "user/messages", {"id": id, "@bytes": {"content": transaction.keep(data)}}, owner
    )


def offsets(size: int, how_often: int, seed: int = 1) -> list[int]:
    """Some places of a file, its very first and last ones among them."""
    edges = {0, 1, size // 2, size - 2, size - 1}
    some = random.Random(seed).sample(range(size), min(how_often, size))
    return sorted(edges | {*some})


def line_ends(data: bytes) -> list[int]:
    """The places at which lines of a file end."""
    return [match.end() for match in re.finditer(b"\n", data)]


def _verdict(damaged: Damaged, found: Found) -> str:
    if found.refused is not None:
        return "refused"
    lost = damaged.lost(found)
    if not found.warnings:
        return "silent, nothing lost" if lost == 0 else "silent, and not the same"
    if lost is None or found.missing is None:
        return "warned"
    return "warned, true number" if found.missing == lost else "warned, wrong number"


def main(how_often: int) -> None:
    """Print what became of each kind of damage."""
    verdicts: dict[str, Counter[str]] = {}
    kinds: dict[str, tuple[Callable[[str, int], Found], Iterable[int]]]
    with tempfile.TemporaryDirectory() as folder:
        damaged = Damaged(Path(folder))
        for name, data in damaged.files.items():
            kinds = {
                "a flipped bit": (damaged.flipped, offsets(len(data) * 8, how_often)),
                "a block of zeros": (damaged.zeroed, range(0, len(data), BLOCK)),
                "cut anywhere": (damaged.cut, offsets(len(data), how_often)),
                "cut at a line's end": (damaged.cut, line_ends(data)[:-1]),
            }
            for kind, (damage, places) in kinds.items():
                verdicts[f"{name}: {kind}"] = Counter(
                    _verdict(damaged, damage(name, place)) for place in places
                )
    columns = sorted({verdict for each in verdicts.values() for verdict in each})
    print("| damage |", " | ".join(columns), "|")
    print("| --- |", " | ".join("---:" for _ in columns), "|")
    for kind, found in verdicts.items():
        print(f"| {kind} |", " | ".join(str(found[column]) for column in columns), "|")


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else 400)
