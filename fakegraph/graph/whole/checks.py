"""What a body has to pass, by what is declared of its type."""

from __future__ import annotations

from collections.abc import Iterable

from fakegraph.errors import Problem
from fakegraph.graph.whole.records import blended
from fakegraph.store import Record
from fakegraph.workloads.declarations import Type
from fakegraph.workloads.words import Words


def check_new(words: Words, rules: Type, record: Record) -> None:
    """Raise GraphError for a record that cannot be made so."""
    _refuse_read_only(words, rules, record, rules.read_only)
    missing = [name for name in rules.required if record.get(name) is None]
    if missing and rules.spared is not None:
        spared = rules.spared(record)
        missing = [name for name in missing if name not in spared]
    if missing:
        raise words.required(rules.name, missing)
    for refuse in rules.refuses:
        refuse(record, None)


def check_kind(words: Words, rules: Type, record: Record) -> None:
    """Raise GraphError for a body that is posted without the one thing that says its kind."""
    found = [name for name in rules.one_of if record.get(name) is not None]
    if rules.one_of and len(found) != 1:
        said = " and ".join(found) or "none"
        names = ", ".join(rules.one_of)
        target = found[-1] if found else rules.one_of[0]
        message = f"A {rules.name} has exactly one of {names}; this one has {said}."
        raise words.invalid([Problem(message, target)])


def check_change(words: Words, rules: Type, record: Record, changes: Record) -> None:
    """Raise GraphError for changes that cannot be made to a record."""
    unsaid = {name for name in rules.required if record.get(name) is None}  # a seed left it out
    fixed = rules.read_only | (rules.immutable - unsaid) | {"id"}
    different = {name: value for name, value in changes.items() if record.get(name) != value}
    _refuse_read_only(words, rules, different, fixed)
    after = changes
    if not rules.merged.isdisjoint(changes):
        after = {
            name: blended(record.get(name), value, rules.merged, name)
            for name, value in changes.items()
        }
    for refuse in rules.refuses:
        refuse({**record, **after}, record)
    for names in rules.paired:
        absent = [name for name in names if name not in changes]
        if 0 < len(absent) < len(names):
            message = f"A change of {' or '.join(names)} has all of these."
            raise words.invalid([Problem(message, absent[0])])
    emptied = [name for name in rules.required if different.get(name, name) is None]
    if emptied:
        raise words.required(rules.name, emptied)


def _refuse_read_only(
    words: Words, rules: Type, sent: Iterable[str], names: frozenset[str]
) -> None:
    if not names.isdisjoint(sent):
        refused = [name for name in sent if name in names]
        raise words.read_only(rules.name, refused)
