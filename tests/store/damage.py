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
from pathlib import Path
from typing import Any

from fakegraph.store import DataFileError, Stores, Template
from tests.store.conftest import INDEXES, dump, person

WRITES = 200
BLOCK = 512
TEMPLATE = Template({"people": [person(f"p{n}", age=n) for n in range(50)], "places": []}, INDEXES)


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
            contents = dump(store)
            store.discard()
        except DataFileError as error:
            return Found(str(error), tuple(said))
        finally:
            stores.close()
    return Found(None, tuple(said), contents)


class Damaged:
    """A tenant's two files as ``kill -9`` leaves them, to be damaged and opened again and again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "damaged"
        stores = Stores(TEMPLATE, folder / "running")
        store = stores.open("contoso")
        self.states = [dump(store)]
        for write in _writes(store.collection("people")):
            write()
            self.states.append(dump(store))
        left = shutil.copytree(folder / "running", folder / "left")
        stores.close()
        self.files = {path.name: path.read_bytes() for path in left.glob("contoso.*")}

    def after(self, name: str, change: Callable[[bytes], bytes]) -> Found:
        """What a server finds when one of the files has been changed."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir()
        for each, data in self.files.items():
            (self.folder / each).write_bytes(change(data) if each == name else data)
        return opened(self.folder)

    def flipped(self, name: str, bit: int) -> Found:
        """One bit of a file has fallen over."""

        def flip(data: bytes) -> bytes:
            changed = bytearray(data)
            changed[bit // 8] ^= 1 << bit % 8
            return bytes(changed)

        return self.after(name, flip)

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


def _writes(people: Any) -> Iterator[Callable[[], object]]:
    choice = random.Random(1)
    for number in range(WRITES):
        if number % 5 < 3:
            yield lambda number=number: people.insert([person(f"n{number}", age=number)])
        elif number % 5 == 3:
            key = f"p{choice.randrange(0, 50, 2)}"
            yield lambda key=key, n=number: people.update(key, lambda old: {**old, "age": n})
        else:
            yield lambda number=number: people.delete(f"n{number - 3}")


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
