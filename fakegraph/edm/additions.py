"""What is declared in Python, added to a published model: the report family on beta.

Its lines are those of its CSDL document, so that the whole is a published model again. Where both
have something, it stays as it is published: declarations agree with what the service publishes.
Only what was read off an SDK, which does not say all, is taken as it is declared.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping

from fakegraph.edm.csdl import csdl
from fakegraph.edm.documented import documented
from fakegraph.edm.from_csdl import model_lines
from fakegraph.edm.lines import MAGIC, UNSURE, Lines, named, text_of
from fakegraph.edm.model import EntitySet, Model, Resource
from fakegraph.edm.published import PublishedModel

_SCHEMES = ("DelegatedWork", "Application")
_MARKS = "*+!=~?^"
_ORDER = (
    *("base", "heirs", "keys", "alternate", "underlying", "members", "properties", "navigation"),
    *("capabilities", "core"),
)
_GROWING = ("heirs", "properties", "navigation", "capabilities", "core")

# By what follows a set's path: the methods, with the statuses of their successes.
_READ: Mapping[str, Mapping[str, int]] = {
    "": {"GET": 200},
    "/{id}": {"GET": 200},
    "/$count": {"GET": 200},
}
_WRITE: Mapping[str, Mapping[str, int]] = {
    "": {"GET": 200, "POST": 201},
    "/{id}": {"DELETE": 204, "GET": 200, "PATCH": 200},
    "/$count": {"GET": 200},
}


def with_declared(published: PublishedModel, declared: Model) -> PublishedModel:
    """A model of both. Raises ValueError where they contradict each other."""
    lines = _with_documented(published.lines)
    added = [
        _merged(lines, columns)
        for columns in model_lines(csdl(declared, strict=False))
        if columns[0] != MAGIC
    ]
    surface = {
        line[0]: line
        for resource in declared.resources
        for line in _surface(published, declared, resource)
        if lines.find(line[0]) is None
    }
    return PublishedModel(Lines(text_of([*added, *surface.values()]).encode(), lines))


def _with_documented(lines: Lines) -> Lines:
    """A model with what pages say that it lacks; of an operation they say what it gives."""
    added = []
    for columns in documented(lines):
        published = lines.find(columns[0])
        if published is None or not columns[0].startswith(("type ", "operation ")):
            added.append(columns)
        elif columns[0].startswith("type "):
            added.append(_merged(lines, columns))
        else:
            known = set(map(_form, columns[1:]))
            others = [each for each in published[1:] if _form(each) not in known]
            added.append([published[0], *sorted([*others, *columns[1:]])])
    return Lines(text_of(added).encode(), lines) if added else lines


def _merged(lines: Lines, declared: list[str]) -> list[str]:
    published = lines.find(declared[0])
    if published is None:
        return declared
    if declared[0].startswith("operation "):
        known = set(map(_form, published[1:]))
        more = [overload for overload in declared[1:] if _form(overload) not in known]
        return [published[0], *sorted([*published[1:], *more])]
    if declared[0].startswith("root "):
        if published[1] != declared[1]:
            raise ValueError(f"'{declared[0]}' is published as '{published[1]}'")
        return published
    more_parts = named(declared[1:])
    heirs = more_parts.get("heirs", "").split()  # what is published keeps its base
    more_parts["heirs"] = " ".join(h for h in heirs if lines.find(f"type {h}") is None)
    return [published[0], *_merged_type(published, more_parts)]


def _form(overload: str) -> tuple[str, ...]:
    """What no two overloads have in common: the name, what it is bound to, the parameters."""
    _, name, bound, *others = overload.partition(" -> ")[0].split()
    names = [word.partition(":")[0] for word in others if not word.startswith("@")]
    return (name, bound.rstrip("!"), *names)


def _merged_type(published: list[str], more: Mapping[str, str]) -> list[str]:
    parts = named(published[1:])
    kind = next(iter(parts))
    unsure = UNSURE in parts[kind].split()
    if unsure:
        parts |= {column: words for column, words in more.items() if column not in _GROWING}
    for column in _GROWING:
        words = {_name(word): word for word in parts.get(column, "").split()}
        for word in more.get(column, "").split():
            other = words.setdefault(_name(word), word)
            if column == "navigation" and other.rstrip(_MARKS) != word.rstrip(_MARKS):
                raise ValueError(f"'{published[0]}' is published with '{other}', not with '{word}'")
            if other.endswith("^") or unsure:
                words[_name(word)] = word
        parts[column] = " ".join(_in_order(column, words.values(), parts))
    written = (name for name in (kind, *_ORDER) if parts.get(name) or name == kind)
    return [f"{name} {parts[name]}".rstrip() for name in written]


def _in_order(column: str, words: Iterable[str], parts: Mapping[str, str]) -> Iterable[str]:
    """Heirs by name, members as they were added, and what is said of them in their order."""
    if column == "heirs":
        return sorted(words)
    members = f"{parts.get('properties', '')} {parts.get('navigation', '')}".split()
    places = {name: place for place, name in enumerate(["", *map(_name, members)])}
    return sorted(words, key=lambda word: places.get(_name(word).rpartition("/")[0], 0))


def _name(word: str) -> str:
    """Of a member, of what is said of it, or of an heir."""
    return re.split("[:=+-]", word, maxsplit=1)[0]


def _surface(published: PublishedModel, declared: Model, resource: Resource) -> Iterator[list[str]]:
    """Which methods are at its paths, and who may use them."""
    columns = [f"{scheme} {' '.join(resource.permissions)}" for scheme in _SCHEMES]
    group = hashlib.sha256("\t".join(columns).encode()).hexdigest()[:6]
    group = group if resource.permissions else "-"
    if resource.permissions:
        yield [f"permissions {group}", *columns]
    above, _, name = resource.path.rpartition("/")
    types = {each.path: each.type_name for each in declared.containers}
    owner = types[above].removeprefix(published.namespace) + "/" if above else ""
    options = ",".join(sorted(resource.options or ())) or "-"
    if isinstance(resource, EntitySet):
        for end, methods in (_WRITE if resource.writable else _READ).items():
            uses = [f"{method} {group} {status}" for method, status in methods.items()]
            uses = [
                f"{use} {options}" if use.startswith("GET") and not end else use for use in uses
            ]
            yield [f"path /{resource.path}{end}", *uses]
            yield [f"use {owner}{name}{end}", *uses]
        return
    use = f"GET {group} 200 {options}".removesuffix(" -")
    yield [f"use {owner}{name}()", use]
    for overload in resource.overloads:
        call = ",".join(f"{each.name}={{{each.name}}}" for each in overload)
        yield [f"path /{resource.path}{f'({call})' if call else ''}", use]
