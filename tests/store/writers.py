"""Writers that each keep to their own records, and tell what was acknowledged.

A family is a person with things that it owns, a file whose content is kept beside, and friends that
it is linked to. What there is follows from a person's key and age alone, so that half a write would
show. Run as a program it writes until it is killed:
``python -m tests.store.writers FOLDER DURABILITY SEED``, or with the URL of a database for the
folder and ``postgres`` for the durability.
"""

from __future__ import annotations

import json
import random
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from fakegraph.store import Stores, Template
from tests.store.conftest import INDEXES, person

WRITERS = 8
FILLER = "x" * 200  # so that the log outgrows the data file now and then
THINGS, PARTS, FRIENDS = "person/things", "thing/parts", "person/friends"

Items = dict[str, int]
"""What a reader finds: ages by person (``KEY``, ``KEY hidden``), 1 for each link ``KEY>KEY``."""

Tell = Callable[[str], object]
"""Takes a line before each write and one after it: the word and, as JSON, what it changes."""


def template() -> Template:
    """Nobody yet."""
    return Template({"people": []}, INDEXES)


@dataclass
class Family:
    """What one writer has made."""

    ages: dict[str, int] = field(default_factory=dict)
    hidden: set[str] = field(default_factory=set)
    links: set[tuple[str, str]] = field(default_factory=set)
    keys: dict[str, int] = field(default_factory=dict)

    def items(self) -> Items:
        """What a reader finds of it."""
        found = {f"{k} hidden" if k in self.hidden else k: age for k, age in self.ages.items()}
        return found | {f"{a}>{b}": 1 for a, b in self.links if not {a, b} & self.hidden}

    def copy(self) -> Family:
        return Family(dict(self.ages), set(self.hidden), set(self.links), self.keys)

    def without(self, key: str) -> Family:
        """The family when one is gone for good."""
        after = self.copy()
        del after.ages[key]
        after.hidden.discard(key)
        after.links = {link for link in after.links if key not in link}
        return after


Work = Callable[[Any], object]


def write(store: Any, name: str, tell: Tell, count: int, seed: int) -> None:
    """Make, change, link, hide, delete people ``NAME.N``, telling before and after each write."""
    choice, family = random.Random(seed), Family()
    for number in range(count):
        step = choice.choices(list(_STEPS), list(_STEPS.values()))[0]
        planned = step(family, choice, f"{name}.{number}", number)
        if planned is None:
            continue
        after, work = planned
        change = json.dumps(_difference(family.items(), after.items()))
        tell(f"begin {name} {change}\n")
        store.transact(work)
        tell(f"done {name} {change}\n")
        family = after


def _difference(before: Items, after: Items) -> dict[str, int | None]:
    names = before.keys() | after.keys()
    return {each: after.get(each) for each in names if before.get(each) != after.get(each)}


Planned = tuple[Family, Work] | None


def _come(family: Family, choice: random.Random, key: str, number: int) -> Planned:
    """One or two come, with all that is theirs, linked to somebody who was there."""
    after = family.copy()
    keys = [key, f"{key}+"][: 1 + (number % 4 == 0)]
    friend = _somebody(family, choice)
    after.ages |= dict.fromkeys(keys, number)
    if friend is not None:
        after.links |= {(each, friend) for each in keys}

    def work(transaction: Any) -> None:
        for each in keys:
            row = transaction.insert("people", record(each, number, transaction.keep))
            family.keys[each] = row.key
            add_things(transaction, each, row.key, number)
            if friend is not None:
                transaction.link(FRIENDS, row.key, family.keys[friend])

    return after, work


def _change(family: Family, choice: random.Random, key: str, number: int) -> Planned:
    """Somebody gets another age, and with it other things."""
    who = _somebody(family, choice)
    if who is None:
        return None
    after, owner = family.copy(), family.keys[who]
    after.ages[who] = number

    def work(transaction: Any) -> None:
        for name in things(who, family.ages[who]):
            transaction.delete(transaction.find(THINGS, "id", name, owner).key)
        transaction.replace(owner, record(who, number, transaction.keep))
        add_things(transaction, who, owner, number)

    return after, work


def _befriend(family: Family, choice: random.Random, key: str, number: int) -> Planned:
    """Two become friends, or are no longer."""
    one, other = _somebody(family, choice), _somebody(family, choice)
    if one is None or other is None:
        return None
    after = family.copy()
    after.links ^= {(one, other)}
    word = "unlink" if (one, other) in family.links else "link"
    ends = family.keys[one], family.keys[other]
    return after, lambda transaction: getattr(transaction, word)(FRIENDS, *ends)


def _hide(family: Family, choice: random.Random, key: str, number: int) -> Planned:
    who = _somebody(family, choice)
    if who is None:
        return None
    after = family.copy()
    after.hidden.add(who)
    return after, lambda transaction: transaction.hide(family.keys[who])


def _restore(family: Family, choice: random.Random, key: str, number: int) -> Planned:
    if not family.hidden:
        return None
    who = choice.choice(sorted(family.hidden))
    after = family.copy()
    after.hidden.remove(who)
    return after, lambda transaction: transaction.restore(family.keys[who])


def _purge(family: Family, choice: random.Random, key: str, number: int) -> Planned:
    if not family.hidden:
        return None
    who = choice.choice(sorted(family.hidden))
    return family.without(who), lambda transaction: transaction.purge(family.keys[who])


def _go(family: Family, choice: random.Random, key: str, number: int) -> Planned:
    who = _somebody(family, choice)
    if who is None:
        return None
    return family.without(who), lambda transaction: transaction.delete(family.keys[who])


_STEPS = {_come: 35, _change: 25, _befriend: 15, _go: 8, _hide: 8, _restore: 6, _purge: 3}
"""What is done, and how often."""


def _somebody(family: Family, choice: random.Random) -> str | None:
    there = [each for each in family.ages if each not in family.hidden]
    return choice.choice(there) if there else None


# What there is of a person, by key and age


def record(key: str, age: int, keep: Callable[[bytes], str]) -> dict[str, Any]:
    """A person's record, whose parts all say the age."""
    made = person(key, age=age, name=f"n{age}", group=f"g{age % 7}", note=FILLER)
    return {**made, "@bytes": {"photo": keep(photo(key, age))}}


def photo(key: str, age: int) -> bytes:
    """The content of a person's file; some people have the same."""
    return b"nobody" if age % 5 == 0 else f"{key} {age}".encode() * 20


def things(key: str, age: int) -> list[str]:
    """The ids of what a person owns."""
    return [f"{key}/{number}" for number in range(age % 4)]


def add_things(transaction: Any, key: str, owner: int, age: int) -> None:
    """Give a person its things, each with a part."""
    for name in things(key, age):
        thing = transaction.insert(THINGS, {"id": name, "age": age}, owner)
        transaction.insert(PARTS, {"id": f"{name}/part", "age": age}, thing.key)


def main(folder: str, durability: Any, seed: str) -> None:
    """Write until killed, telling on stdout."""
    out, lock = sys.stdout.buffer, threading.Lock()

    def tell(line: str) -> None:
        with lock:
            out.write(line.encode())
            out.flush()

    if durability == "postgres":
        store = Stores(template(), url=folder).open("crash")
    else:
        store = Stores(template(), folder, durability).open("crash")
    tell("ready\n")
    for number in range(WRITERS):
        name = f"s{seed}w{number}"
        arguments = (store, name, tell, 1_000_000_000, int(seed) * WRITERS + number)
        threading.Thread(target=write, args=arguments).start()


if __name__ == "__main__":
    main(*sys.argv[1:])
