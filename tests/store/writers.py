"""Writers that each keep to their own records, and tell what was acknowledged.

Run as a program it writes until it is killed: ``python -m tests.store.writers FOLDER DURABILITY``.
"""

from __future__ import annotations

import random
import sys
import threading
from collections.abc import Callable
from typing import Any

from fakegraph.store import Collection, Stores, Template
from tests.store.conftest import INDEXES, person

WRITERS = 8
FILLER = "x" * 200  # so that the log outgrows the data file now and then

Tell = Callable[[str], object]
"""Takes ``begin KEY VALUE`` and ``done KEY VALUE``; VALUE is ``-`` for a deletion."""


def write(collection: Collection, name: str, tell: Tell, count: int, seed: int) -> None:
    """Create, change and delete records ``NAME.N``, telling before and after each write."""
    choice = random.Random(seed)
    values: dict[str, int] = {}
    for number in range(count):
        step = choice.random()
        if not values or step < 0.4:
            keys = [f"{name}.{number}", f"{name}.{number}+"][: 1 + (step < 0.1)]
            change = dict.fromkeys(keys, number)
            _tell_all(tell, "begin", change)
            collection.insert([record(key, number) for key in keys])
            values |= change
        else:
            key = choice.choice(list(values))
            change = {key: number if step < 0.8 else None}
            _tell_all(tell, "begin", change)
            if change[key] is None:
                assert collection.delete(key)
                del values[key]
            else:
                assert collection.update(key, lambda old, key=key, n=number: record(key, n))
                values[key] = number
        _tell_all(tell, "done", change)


def _tell_all(tell: Tell, word: str, change: dict[str, int | None]) -> None:
    tell("".join(f"{word} {key} {'-' if n is None else n}\n" for key, n in change.items()))


def record(key: str, value: int) -> dict[str, Any]:
    """A record whose parts all say the value, so that a half-made one would show."""
    return person(key, age=value, name=f"n{value}", group=f"g{value % 7}", note=FILLER)


def main(folder: str, durability: Any, seed: str) -> None:
    """Write until killed, telling on stdout."""
    out, lock = sys.stdout.buffer, threading.Lock()

    def tell(lines: str) -> None:
        with lock:
            out.write(lines.encode())
            out.flush()

    stores = Stores(Template({"people": []}, INDEXES), folder, durability)
    collection = stores.open("crash").collection("people")
    names = [f"s{seed}w{number}" for number in range(WRITERS)]
    tell("ready\n")
    for number, name in enumerate(names):
        arguments = (collection, name, tell, 1_000_000_000, int(seed) * WRITERS + number)
        threading.Thread(target=write, args=arguments).start()


if __name__ == "__main__":
    main(*sys.argv[1:])
