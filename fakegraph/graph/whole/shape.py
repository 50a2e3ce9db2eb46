"""From stored records to the JSON that a client may see."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache, lru_cache
from operator import attrgetter, itemgetter
from typing import Any

import orjson

from fakegraph.edm.published import PublishedType
from fakegraph.edm.typed import is_dictionary
from fakegraph.edm.types import STREAM, CollectionType
from fakegraph.graph.shape import entity_json
from fakegraph.graph.whole.addresses import address
from fakegraph.graph.whole.asked import Asked, hidden_of
from fakegraph.graph.whole.contexts import projection
from fakegraph.graph.whole.conversion import conversion
from fakegraph.graph.whole.expansions import Expansion, check_expansions, expansions
from fakegraph.graph.whole.gated import check_expansion
from fakegraph.graph.whole.leading import may_expand
from fakegraph.graph.whole.lookup import InStore
from fakegraph.graph.whole.seeing import Seer
from fakegraph.graph.whole.world import TYPE, World
from fakegraph.store import Key, Record, Row
from fakegraph.web.headers import Format
from fakegraph.workloads.declarations import Type
from fakegraph.workloads.handed import Compute

Show = Callable[[Record], Record]
Hidden = frozenset[tuple[str, frozenset[str]]]
"""What a client may not see, by type."""

ETAG = "@odata.etag"
_NOBODYS: Hidden = frozenset()
_shown_as, _mark, _text = attrgetter("shown_as"), itemgetter(0), itemgetter(1)
_NOTHING = object()
_SHOWN = frozenset({TYPE, ETAG, "@odata.mediaContentType", "@odata.mediaEtag"})


class Mark:
    """Says of the JSON that a row keeps how it was made: for a view, of what was worked out of what
    was stored at one time. Each equals itself alone.
    """

    __slots__ = ("view",)

    def __init__(self, view: View) -> None:
        self.view = view


class View:
    """How things of one type are shown to clients of one kind, by a path that says ``type_``."""

    def __init__(
        self,
        world: World,
        actual: PublishedType,
        type_: PublishedType,
        select: tuple[str, ...] | None,
        masks: bool,
        format_: Format,
        hidden: Hidden,
    ) -> None:
        self.type = actual
        self.rules = world.rules(actual)
        self.computed = _computed(self.rules, heads(select))
        self._select = _selecting(self.rules, actual, heads(select))
        selected = heads(select) or ()
        veiled = self.rules.veiled.items()
        self._veils = {name: veil for name, veil in veiled if name not in selected}
        whole = world.declared.workload([actual]).whole
        self._parts = {} if whole else _parts(select or ())
        self._conversion = conversion(world.model, masks, format_)
        names = heads(select) or self.rules.default_select
        always = (*(names or ()), *self.rules.always_shown)
        self._converts = self._conversion.touches(actual, None if names is None else always)
        self._hidden = hidden_of(dict(hidden), actual)
        self._named = actual is not type_
        self._type_note = f"#{actual.name}"
        self._linked = format_.metadata == "full"
        self._personal = bool(self.rules.told or self.rules.lasting)
        self._is_kept = not self.rules.aside & self.computed.keys()  # else it is in memory already
        self._mark = Mark(self)
        self._marks = lru_cache(maxsize=16)(lambda stamp: Mark(self))

    def mark(self, asked: Asked) -> Mark | None:
        """What rows bear whose JSON need not be made again; None where none is kept."""
        if self._linked or self.rules.faced or (self._personal and asked.preferences.texts):
            return None
        return self._marks(asked.stamp) if self.computed else self._mark

    def record(self, asked: Asked, row: Row) -> Record:
        """What of a row a client sees, with its type where the path does not tell it."""
        more = asked.seer.worked_out(row, self.computed, self.type)
        found = self._shown(asked, row.record | more, row.key)
        if self._linked and row.key:
            path = address(asked.world, InStore(asked.tenant.store), row)
            links = dict.fromkeys(("@odata.id", "@odata.editLink"), path)
            found = {TYPE: found[TYPE], **links, **found}
        return found

    def json(self, asked: Asked, row: Row, mark: Mark | None) -> bytes:
        """The same as JSON, which the row keeps with the mark."""
        if mark is None or not self._is_kept:
            return orjson.dumps(self.record(asked, row))
        if not self.computed:
            found = orjson.dumps(self._shown(asked, row.record, row.key))
            row.show(mark, found, None)
            return found
        seer = asked.seer
        more = seer.worked_out(row, self.computed, self.type)
        if seer.is_fleeting:
            mark = Mark(self)  # the next time it is worked out anew
        known, found, of = row.shown_as
        sign = hash(orjson.dumps(more))  # of many things, what was worked out weighs much
        if type(known) is not Mark or known.view is not self or of != sign:
            found = orjson.dumps(self._shown(asked, {**row.record, **more}, row.key))
        row.show(mark, found, sign)
        return found

    def _shown(self, asked: Asked, record: Record, key: Key) -> Record:
        rules = self.rules
        found = self._select(record)
        if TYPE in found and found[TYPE] != self._type_note:
            del found[TYPE]  # a type that only another version has
        for name, parts in self._parts.items():
            if name in found:
                found[name] = _part(found[name], parts)
        for name in self._hidden & found.keys() if self._hidden else ():
            if rules.nulls:
                found[name] = [] if isinstance(found[name], list) else None
            else:
                del found[name]
        for name, veil in self._veils.items():
            if found.get(name):
                found[name] = veil(found[name])
        if rules.told:
            for name, tell in rules.told.items():
                if found.get(name) is not None:
                    found[name] = tell(found[name], asked.preferences.texts)
        for name, face in rules.faced.items():
            if name in found:
                found[name] = face(record, asked.viewer)
        if rules.lasting and found.get("id") and key:
            found["id"] = id_of(rules, found["id"], key, asked)
        if rules.etag:
            found = {ETAG: tag_of(record, rules), **found}
        if self._named and TYPE not in found:
            found = {TYPE: self._type_note, **found}
        return self._conversion.shown(found, self.type) if self._converts else found


class Views:
    """How things are shown to clients of one kind where a path leads to ``type_``."""

    def __init__(
        self,
        world: World,
        type_: PublishedType,
        select: tuple[str, ...] | None,
        masks: bool,
        format_: Format,
        hidden: Hidden,
    ) -> None:
        self._type = type_
        self.expands = any(map(world.unasked, (type_, *type_.descendants)))
        """Whether some are shown with what they lead to although nobody asks for it."""
        about = type_, select, masks, format_, hidden
        self._view = cache(lambda actual: View(world, actual, *about))

    def of(self, seer: Seer, row: Row) -> View:
        """How a row is shown."""
        if row.number or TYPE in row.record:
            return self._view(seer.type_of(row))
        return self._view(self._type)

    def json(self, asked: Asked, rows: Sequence[Row]) -> list[bytes]:
        """The rows' JSON objects."""
        return self.seen(asked, rows)[0]

    def seen(self, asked: Asked, rows: Sequence[Row]) -> tuple[list[bytes], PublishedType | None]:
        """The same, and the type that all the rows have, where that is known by then."""
        if len(rows) == 1:
            return [self.one(asked, rows[0])], None
        kept = list(map(_shown_as, rows))
        marks = set(map(_mark, kept))
        if len(marks) == 1:
            first = self.of(asked.seer, rows[0])
            if marks == {first.mark(asked)}:  # all are as they were shown before: nearly always
                return list(map(_text, kept)), first.type if rows[0].number else None
        mark: Mark | None = None
        view: View | None = None  # that of the row before, which mostly does
        number: int | None = None  # of its container, where that says the type
        found: list[bytes] = []
        for row in rows:
            known, shown, _ = row.shown_as
            if known is not mark or mark is None:
                if view is None or row.number != number or TYPE in row.record:
                    view = self.of(asked.seer, row)
                    number = None if TYPE in row.record else row.number
                    mark = view.mark(asked)
                if known is not mark or mark is None:
                    shown = view.json(asked, row, mark)
            found.append(shown)
        return found, None

    def one(self, asked: Asked, row: Row, type_: PublishedType | None = None) -> bytes:
        """The row's JSON object. ``type_`` is what it has, where that is known."""
        view = self.of(asked.seer, row) if type_ is None else self._view(type_)
        mark = view.mark(asked)
        known, shown, _ = row.shown_as
        return view.json(asked, row, mark) if known is not mark or mark is None else shown


_views = lru_cache(maxsize=4096)(Views)


def views(asked: Asked, select: tuple[str, ...] | None, type_: PublishedType) -> Views:
    """How what is found is shown to who asks; always the same for clients of one kind."""
    hidden = frozenset(asked.hidden.items()) if asked.hidden else _NOBODYS
    masks = not asked.preferences.future_members
    return _views(asked.world, type_, select, masks, asked.format, hidden)


def shown(
    asked: Asked, rows: Sequence[Row], select: tuple[str, ...] | None, type_: PublishedType
) -> list[bytes]:
    """The rows' JSON objects; ``type_`` is the one that the path says they have."""
    found = _to_expand(asked, type_)
    if found is None:
        return views(asked, select, type_).json(asked, rows)
    from fakegraph.graph.whole.expanding import Expander

    return Expander(asked, views).shown(rows, found, select, type_)


def pieces(asked: Asked, rows: Sequence[Row], select: tuple[str, ...] | None) -> list[bytes]:
    """What gives the JSON objects of rows that a path lists where commas join it."""
    found = _to_expand(asked, asked.type)
    if found is None:
        return views(asked, select, asked.type).json(asked, rows)
    from fakegraph.graph.whole.expanding import Expander

    return Expander(asked, views).pieces(rows, found, select, asked.type)


def _to_expand(asked: Asked, type_: PublishedType) -> tuple[Expansion, ...] | None:
    """What is expanded, be it unasked; None where nothing is. Raises GraphError (400)."""
    found = _expansions(asked, type_) or _echoed(asked, type_)
    if not found and not may_expand(asked.world, type_):
        return None
    check_expansions(found, asked.world.declared.workload([type_]))
    _check_shown(asked.world, found, ())
    if asked.plan.gate is not None:
        for each in found:
            nested = bool(each.inner)
            check_expansion(each.name, nested, each.followed, asked.options, asked.eventual)
    return found


def _check_shown(world: World, found: Iterable[Expansion], way: tuple[str, ...]) -> None:
    """Raise GraphError for what is expanded and cannot be, or not there."""
    for each in found:
        check, further = world.navigation(each.owner, each.member).expands, (*way, each.name)
        if check is not None:
            check(further)
        _check_shown(world, each.inner, further)


def _expansions(asked: Asked, type_: PublishedType) -> tuple[Expansion, ...]:
    """What is expanded of what is read."""
    return expansions(asked.options, type_) if asked.method == "GET" else ()


def _echoed(asked: Asked, type_: PublishedType) -> tuple[Expansion, ...]:
    """What an answer shows besides which says what became of a thing."""
    if asked.method == "GET":
        return ()
    names = sorted(asked.world.rules(type_).echoed | asked.brought)
    return tuple(Expansion(type_, type_.navigation[name], unasked=True) for name in names)


def show(asked: Asked, row: Row, select: tuple[str, ...] | None, type_: PublishedType) -> Record:
    """What of a record a client sees, with its type where the path does not tell it."""
    return views(asked, select, type_).of(asked.seer, row).record(asked, row)


def entity(
    asked: Asked,
    row: Row,
    select: tuple[str, ...] | None,
    *,
    one: bool = True,
    type_: PublishedType | None = None,
) -> bytes:
    """One thing on its own, with its context. ``type_`` is the row's, where that is known."""
    if type_ is None or asked.options or may_expand(asked.world, asked.type):
        (found,) = shown(asked, [row], select, asked.type)
    else:
        found = views(asked, select, asked.type).one(asked, row, type_)
    if asked.plan.said.turned:
        found = _turned(found, asked.plan.said.turned)
    return entity_json(context_of(asked, select, one=one), found, asked.format)


def _turned(found: bytes, how: Mapping[str, Callable[[Any], Any]]) -> bytes:
    """A thing as the place shows it that it is found at."""
    record = orjson.loads(found)
    there = {name: turn(record[name]) for name, turn in how.items() if name in record}
    return orjson.dumps({**record, **there})


def json_of(asked: Asked, row: Row, type_: PublishedType, select: tuple[str, ...] | None) -> bytes:
    """A thing that a path leads to the bytes of."""
    found = orjson.dumps(show(asked, row, select, type_))
    fragment = asked.plan.of_thing
    me = asked.me_id() if fragment.names_me else ""
    what = fragment.text(asked.segments, me, projection(select), one=True)
    return entity_json(f"{asked.root}/$metadata#{what}", found, asked.format)


def context_of(asked: Asked, select: tuple[str, ...] | None, *, one: bool = False) -> str:
    """The ``@odata.context`` of an answer; ``one`` of what a collection has."""
    path, fragment = asked.path, asked.plan.fragment
    is_plain = select is None and not fragment.names_me and "expand" not in asked.options.values
    about = asked.root, one
    if is_plain and path.context is not None and path.context[0] == about:  # nearly always
        return path.context[1]
    me = asked.me_id() if fragment.names_me else ""
    expanded = _expansions(asked, asked.type) if isinstance(path.type, PublishedType) else ()
    what = fragment.text(asked.segments, me, projection(select, expanded), one=one)
    found = f"{asked.root}/$metadata#{what}"
    if is_plain and not path.aliases:
        path.context = about, found
    return found


def tag_header(row: Row, rules: Type) -> dict[str, str]:
    """``ETag``, where the type of a thing has it."""
    return {} if rules.etag is None else {"ETag": tag_of(row.record, rules)}


def tag_of(record: Record, rules: Type) -> str:
    """What tells this version of a thing from all others: a weak ETag where it is not one yet."""
    value = str(record.get(rules.etag or ""))
    return value if value.startswith(('W/"', '"')) else f'W/"{value}"'


def id_of(rules: Type, id_: str, key: Key, asked: Asked) -> str:
    """The id that a thing has for who asks."""
    texts, lasting = asked.preferences.texts, rules.lasting
    return lasting.write(key) if texts and lasting and lasting.prefers(texts) else id_


def heads(select: tuple[str, ...] | None) -> tuple[str, ...] | None:
    """The properties that are selected, or parts of which are."""
    if select is None:
        return None
    return tuple(dict.fromkeys(name.partition("/")[0] for name in select))


def _parts(select: Sequence[str]) -> dict[str, Any]:
    """Of which properties only parts are selected: these by name, and so on; nothing for all."""
    found: dict[str, Any] = {}
    for path in sorted(select, key=len, reverse=True):  # what is selected whole comes last
        at, (*names, last) = found, path.split("/")
        for name in names:
            at = at.setdefault(name, {})
        at[last] = {}
    return {name: parts for name, parts in found.items() if parts}


def _part(value: Any, parts: Mapping[str, Any]) -> Any:
    """Of a value, or of each of several, what is selected."""
    if isinstance(value, list):
        return [_part(each, parts) for each in value]
    if not isinstance(value, dict) or not parts:
        return value
    kept = {TYPE: {}, **parts}
    return {name: _part(each, kept[name]) for name, each in value.items() if name in kept}


def _computed(rules: Type, select: tuple[str, ...] | None) -> dict[str, Compute]:
    """What of a type has to be worked out for who selected that."""
    names = select if select is not None else rules.default_select
    if names is None:
        names = tuple(rules.computed.keys() - rules.only_when_selected - rules.veiled.keys())
    found = {name: give for name, give in rules.computed.items() if name in names}
    if rules.selects is None or select is None:
        return found
    return found | {name: rules.selects(name) for name in select if name not in found}


def _selecting(rules: Type, type_: PublishedType, select: tuple[str, ...] | None) -> Show:
    """What makes of a record of a type what a client sees who selected that."""
    names = select if select is not None else rules.default_select
    absent, sparse = _absent(type_) if rules.nulls else {}, rules.sparse
    if names is not None:
        names = tuple(dict.fromkeys((*sorted(rules.always_shown), *names)))
        wanted = [name for name in names if name not in rules.never_shown]
        nulls_of_wanted = [absent.get(name, _NOTHING) for name in wanted]
        never_null = [name for name in wanted if name not in absent]

        def selected(record: Record) -> Record:
            if sparse:
                record = {name: value for name, value in record.items() if value is not None}
            found = dict(zip(wanted, map(record.get, wanted, nulls_of_wanted), strict=True))
            for name in never_null:
                if found[name] is _NOTHING:
                    del found[name]
            if record.keys().isdisjoint(_SHOWN):  # nearly always
                return found
            return {name: record[name] for name in _SHOWN if name in record} | found

        return selected
    hidden = rules.never_shown | rules.only_when_selected
    nulls = {name: value for name, value in absent.items() if name not in hidden}
    added = "_" if rules.extended else "\n"  # what names have in them of what must be selected

    is_open = rules.open is True or is_dictionary(type_)

    def is_shown(name: str) -> bool:
        if name in hidden or added in name:
            return False
        if not (is_open or type_.member(name) or "_" in name or "@" in name):
            return False  # another version has it
        return name[:1] != "@" or name in _SHOWN or "." in name

    @lru_cache(maxsize=256)
    def parts(names: tuple[str, ...]) -> tuple[list[str], Record]:
        """What is shown of a record with such names, and what it lacks."""
        found = [name for name in names if is_shown(name)]
        return found, {name: value for name, value in nulls.items() if name not in names}

    def whole(record: Record) -> Record:
        if sparse:
            record = {name: value for name, value in record.items() if value is not None}
        names, lacking = parts(tuple(record))
        return dict(zip(names, map(record.__getitem__, names), strict=True)) | lacking

    return whole


def _absent(type_: PublishedType) -> dict[str, Any]:
    """What is shown of properties that have no value."""
    return {
        name: [] if isinstance(prop.type, CollectionType) else None
        for name, prop in type_.properties.items()
        if prop.type != STREAM and (prop.nullable or isinstance(prop.type, CollectionType))
    }
