"""Make the model file of beta: what it adds to v1.0's model, and what it lacks; ``make model``.

    python -m tools.make_beta ../shared/metadata fakegraph/edm/builtin/beta.model

``msgraph-sdk`` and ``msgraph-beta-sdk`` have to be installed. What the two SDKs say differently is
what differs between the versions, so v1.0's model is taken as it is published, and only that is
changed. What comes from an SDK alone carries a mark: whether it may be null, how wide its numbers
are, whether it is contained, abstract or open, nobody has said.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from fakegraph.edm.lines import CHANGED, FORMAT, GONE, MAGIC, Lines, named, text_of
from fakegraph.edm.published import Operation, PublishedModel, built_in
from tools.make_model import SOURCES, surface_lines, walked_on
from tools.sdk_model import Call, SdkModel, fields_of
from tools.sdk_sources import (
    NAMESPACE,
    SDKS,
    Enumeration,
    Field,
    Reference,
    facts_of,
    read_from,
    sources_of,
)

UNSURE = "^"
_MEMBERS = ("properties", "navigation")
_LISTS = ("heirs", *_MEMBERS, "capabilities", "core")

Columns = list[str]


def make(metadata: Path, v1: SdkModel, beta: SdkModel) -> str:
    """The text of the model file."""
    base = built_in("v1.0").lines
    lines = list(_Changes(base, v1, beta).lines())
    published = [w for w in (base.find(MAGIC) or [])[1:] if not w.startswith(("format ", "sdks "))]
    header = [MAGIC, f"format {FORMAT}", "over v1.0", f"sdks {read_from(*SDKS)}", *published]
    model = PublishedModel(Lines(text_of([header, *lines]).encode(), base))
    lines = _going_on(lines, base, walked_on(metadata, model))
    surface = surface_lines(metadata, model, known=beta.linked)
    return text_of([header, *lines, *_different(base, surface)])


def _going_on(lines: list[Columns], base: Lines, functions: Iterable[Operation]) -> list[Columns]:
    """The lines, where paths go on from these functions, whatever is published of v1.0."""
    by_key = {columns[0]: columns for columns in lines}
    for function in functions:
        key = f"operation {function.name}"
        bound = f"{_short(str(function.bound_to))}{'*' * function.bound_to_many}"
        form = f".{function.name}", bound, *sorted(each.name for each in function.parameters)
        _, *words = by_key.get(key) or base.find(key) or [key]
        by_key[key] = [
            key,
            *(w.replace("function ", "function+ ", 1) if _form(w) == form else w for w in words),
        ]
    return list(by_key.values())


def _different(base: Lines, lines: list[Columns]) -> Iterator[Columns]:
    """The lines of these that v1.0 has not so, and keys of those that it has and these have not."""
    kept = {columns[0] for columns in lines}
    yield from (columns for columns in lines if base.find(columns[0]) != columns)
    for kind in ("path ", "use ", "permissions "):
        for columns in base.starting(kind):
            if columns[0] not in kept:
                yield [columns[0], GONE]


class _Changes:
    """What of v1.0's types, operations and roots is another thing in beta."""

    def __init__(self, base: Lines, v1: SdkModel, beta: SdkModel) -> None:
        self._base, self._v1, self._beta = base, v1, beta
        self._published = {c[0].removeprefix("type "): c for c in base.starting("type ")}
        self._complex = {n for n, c in self._published.items() if c[1].startswith("complex")}

    def lines(self) -> Iterator[Columns]:
        """Those that differ; of what is not there any more the key and ``gone``."""
        types = {**self._types(), **self._enums()}
        heirs = defaultdict(list)
        for name, parts in types.items():
            if parts is not None and "base" in parts:
                heirs[parts["base"]].append(name)
        for name, parts in sorted(types.items()):
            if parts is not None:
                parts["heirs"] = " ".join(sorted(heirs[name]))
            yield from self._changed(f"type {name}", parts)
        yield from self._operations()
        yield from self._roots()

    def _changed(self, key: str, parts: Mapping[str, str] | None) -> Iterator[Columns]:
        before = self._base.find(key)
        if parts is None:
            if before is not None:
                yield [key, GONE]
        elif before is None:
            yield [key, *(f"{name} {words}".rstrip() for name, words in parts.items() if words)]
        else:
            columns = [
                column
                for name, words in parts.items()
                for column in _differing(name, named(before[1:]).get(name, ""), words)
            ]
            if columns:
                yield [key, CHANGED, *columns]

    # Types ------------------------------------------------------------------------------------

    def _types(self) -> dict[str, dict[str, str] | None]:
        names = {*map(_short, self._beta.types)} | {
            name for name, columns in self._published.items() if not columns[1].startswith("enum")
        }
        return {name: self._type(name) for name in names if not self._is_enum(name)}

    def _is_enum(self, name: str) -> bool:
        return name in self._published and self._published[name][1].startswith("enum")

    def _type(self, name: str) -> dict[str, str] | None:
        full = _full(name)
        published = self._published.get(name)
        if full not in self._beta.types:
            return None if full in self._v1.types else self._as_it_is(name)
        if published is None:
            return self._new_type(full)
        return self._changed_type(name, full)

    def _as_it_is(self, name: str) -> dict[str, str]:
        return named(self._published[name][1:])

    def _new_type(self, full: str) -> dict[str, str]:
        type_, entity = self._beta.types[full], full in self._beta.entities
        parts = {"entity" if entity else "complex": "unsure"}
        if type_.base in self._beta.types:
            parts["base"] = _short(type_.base)
        if entity:
            parts["keys"] = " ".join(self._keys(full))
        parts["alternate"] = " ".join(sorted(self._beta.alternate.get(full, ())))
        for column, words in self._words(full, type_.fields).items():
            parts[column] = " ".join(words).replace(UNSURE, "")  # the type says that of all
        return parts

    def _changed_type(self, name: str, full: str) -> dict[str, str]:
        parts = self._as_it_is(name)
        self._rebase(parts, full)
        before, now = fields_of(self._v1, full), fields_of(self._beta, full)
        kept = {
            column: [
                word
                for word in parts.get(column, "").split()
                if _name(word) not in before or now.get(_name(word)) == before[_name(word)]
            ]
            for column in _MEMBERS
        }
        have = {_name(word) for words in kept.values() for word in words}
        new = (f for f in now.values() if f.name not in have and not self._inherits(full, f.name))
        for column, words in self._words(full, new).items():
            parts[column] = " ".join([*kept[column], *words])
        return parts

    def _rebase(self, parts: dict[str, str], full: str) -> None:
        """Have a type be derived from another one, where it is in beta."""
        old, new = (m.types[full].base if full in m.types else None for m in (self._v1, self._beta))
        if old == new or new not in self._beta.types:
            return
        parts["base"] = _short(new)
        if "entity" in parts:
            parts["keys"] = " ".join(self._keys(full)) or parts.get("keys", "")

    def _words(self, owner: str, fields: Iterable[Field]) -> dict[str, list[str]]:
        """How members are written, by column. A complex type is no entity where v1.0 says so."""
        found: dict[str, list[str]] = {column: [] for column in _MEMBERS}
        for each in fields:
            is_complex = _short(each.type.name) in self._complex
            leads = self._beta.is_navigation(each) and not is_complex
            contained = "+" if leads and (owner, each.name) in self._beta.contained else ""
            is_stream = (owner, each.name) in self._beta.streams
            kind = "Stream" if is_stream else self._reference(each.type)
            word = f"{each.name}:{kind}{contained}{UNSURE}"
            found["navigation" if leads else "properties"].append(word)
        return found

    def _keys(self, full: str) -> list[str]:
        """The keys that an entity type has itself: what paths have in braces, else ``id``."""
        _, *above = self._beta.chain(full)
        if any("id" in fields_of(self._beta, name) for name in above):
            return []
        own = fields_of(self._beta, full)
        heirs = [name for name in self._beta.types if full in self._beta.chain(name)]
        used = {key for name in heirs for key in self._beta.keys.get(name, ())}
        return sorted(used & own.keys()) or ["id"] * ("id" in own)

    def _inherits(self, full: str, name: str) -> bool:
        """Whether a base of it is published with that, which the SDK has here instead."""
        for above in list(self._beta.chain(full))[1:]:
            columns = self._published.get(_short(above))
            parts = named(columns[1:]) if columns else {}
            if any(name in map(_name, parts.get(column, "").split()) for column in _MEMBERS):
                return True
        return False

    def _reference(self, type_: Reference) -> str:
        many = "*" if type_.many else ""
        if type_.name in self._beta.enums:
            return f"%{_short(type_.name)}{many}"
        if type_.name in self._beta.types or _short(type_.name) in self._published:
            return f"{_short(type_.name)}{many}"
        return f"{'.Json' if '/' in type_.name else type_.name}{many}"

    # Enumerations -----------------------------------------------------------------------------

    def _enums(self) -> dict[str, dict[str, str] | None]:
        names = {*map(_short, self._beta.enums)} | {
            name for name in self._published if self._is_enum(name)
        }
        return {name: self._enum(name) for name in names}

    def _enum(self, name: str) -> dict[str, str] | None:
        full = _full(name)
        now = self._beta.enums.get(full)
        if now is None:
            return None if full in self._v1.enums else self._as_it_is(name)
        if name not in self._published:
            return _new_enum(now)
        parts = self._as_it_is(name)
        before = self._v1.enums.get(full)
        parts["members"] = _merged_members(parts["members"].split(), before, now)
        return parts

    # Operations -------------------------------------------------------------------------------

    def _operations(self) -> Iterator[Columns]:
        known = {_form(self._overload(call)) for call in self._v1.calls}
        spelt = {c[0].lower(): c[0] for c in self._base.starting("operation ")}
        now: dict[str, list[str]] = defaultdict(list)
        for call in sorted(self._beta.calls, key=lambda call: call.name):
            key = f"operation {call.name.rpartition('.')[2]}"
            now[spelt.setdefault(key.lower(), key)].append(self._overload(call))
        for key in sorted(spelt.values()):
            published = self._base.find(key)
            words = published[1:] if published else []
            forms = {_form(word) for word in now[key]}
            kept = [w for w in words if _form(w) in forms or _form(w) not in known]
            have = {_form(word) for word in kept}
            new = [word for word in now[key] if _form(word) not in have]
            if overloads := sorted({*kept, *new}):
                if [key, *overloads] != published:
                    yield [key, *overloads]
            elif published:
                yield [key, GONE]

    def _overload(self, call: Call) -> str:
        # Whether a path may go on from a function, nobody has said: it may.
        words = ["action" if call.is_action else "function+", _short(call.name)]
        words.append(self._reference(call.bound))
        words += [f"{p.name}:{self._reference(p.type)}{UNSURE}" for p in call.parameters]
        if call.result is not None and "/" not in call.result.name:
            words += ["->", self._reference(call.result)]
        return " ".join(words)

    # What paths begin with --------------------------------------------------------------------

    def _roots(self) -> Iterator[Columns]:
        for name, type_ in sorted(self._beta.roots.items()):
            key, before = f"root {name}", self._v1.roots.get(name)
            published = self._base.find(key)
            said = f"{'set' if type_.many else 'singleton'} {_short(type_.name)}"
            if published is None:
                yield [key, said]
            elif before is not None and before != type_:
                yield [key, said, *published[2:]]
        for name in self._v1.roots.keys() - self._beta.roots.keys():
            if self._base.find(f"root {name}") is not None:
                yield [f"root {name}", GONE]


def _differing(column: str, before: str, now: str) -> Iterator[str]:
    """What changes a column from one text to another: words less, words more, or all anew."""
    if column not in _LISTS:
        if now != before:
            yield f"{column} {now}".rstrip()
        return
    old, new = before.split(), now.split()
    if gone := [_name(word) for word in old if word not in new]:
        yield f"{column}- {' '.join(gone)}"
    if more := [word for word in new if word not in old]:
        yield f"{column}+ {' '.join(more)}"


def _new_enum(enum: Enumeration) -> dict[str, str]:
    if not enum.flags:
        return {"enum": "unsure", "members": " ".join(enum.members)}
    values, words = 0, []
    for name in enum.members:  # the sources do not have the numbers
        words.append(f"{name}={0 if name == 'none' else 1 << values}")
        values += name != "none"
    return {"enum": "flags unsure", "members": " ".join(words)}


def _merged_members(published: list[str], before: Enumeration | None, now: Enumeration) -> str:
    """In beta's order, with the numbers that are published; new ones get the next."""
    values: dict[str, int] = {}
    last = -1
    for word in published:
        name, _, number = word.partition("=")
        last = values[name] = int(number) if number else last + 1
    gone = set(before.members if before else ()) - set(now.members)
    order = [*now.members, *(name for name in values if name not in now.members)]
    following, words = 0, []
    for name in order:
        if name in gone:
            continue
        value = values.setdefault(name, max(values.values(), default=-1) + 1)
        words.append(name if value == following else f"{name}={value}")
        following = value + 1
    return " ".join(words)


def _form(overload: str) -> tuple[str, ...]:
    """What overloads differ in: name, what they are bound to, and of functions the parameters."""
    kind, name, bound, *others = overload.partition(" -> ")[0].split()
    words = (word.partition(":")[0] for word in others if not word.startswith("@"))
    return name, bound.rstrip("!"), *(() if kind == "action" else sorted(words))


def _name(word: str) -> str:
    return word.partition(":")[0]


def _short(name: str | None) -> str:
    name = name or ""
    return name.removeprefix(NAMESPACE) if name.startswith(f"{NAMESPACE}.") else name


def _full(name: str) -> str:
    return f"{NAMESPACE}{name}" if name.startswith(".") else name


def main(arguments: Iterable[str]) -> None:
    """Write the file."""
    metadata, target = map(Path, arguments)
    missing = [str(metadata / name) for name in SOURCES if not (metadata / name).exists()]
    if missing:
        sys.exit(f"{', '.join(missing)}: not there; make model METADATA=FOLDER says where")
    names = [each.name for each in built_in("v1.0").types()]
    v1, beta = (SdkModel(facts_of(sources_of(each), names)) for each in SDKS)
    target.write_text(make(metadata, v1, beta))


if __name__ == "__main__":
    main(sys.argv[1:])
