"""``$expand``: what things lead to, shown with them (OData 4.01 Part 1, 11.2.5.2).

A page is expanded level by level: what all its rows lead to is found together, what several lead
to is shown once, and JSON is put together of JSON.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import lru_cache
from itertools import chain, repeat
from operator import attrgetter, mul
from typing import Any, NamedTuple

import orjson

from fakegraph.edm.published import PublishedType
from fakegraph.edm.types import NavigationProperty
from fakegraph.errors import GraphError
from fakegraph.graph.whole.addresses import address
from fakegraph.graph.whole.asked import Asked
from fakegraph.graph.whole.collections import Part, original
from fakegraph.graph.whole.contexts import key_text, led_to, projection, set_of
from fakegraph.graph.whole.expansions import DEEPEST, Expansion
from fakegraph.graph.whole.following import Ended, link_to
from fakegraph.graph.whole.keeping import KEPT
from fakegraph.graph.whole.leading import Leading, may_expand, plain
from fakegraph.graph.whole.lookup import InStore
from fakegraph.graph.whole.narrowing import at_most, check_conditions, cut, finding, narrowed
from fakegraph.graph.whole.places import Many, One, UnstoredRow, row_in
from fakegraph.graph.whole.queries import queried_as
from fakegraph.graph.whole.world import World
from fakegraph.odata import engine
from fakegraph.odata.budget import Budget
from fakegraph.odata.query import Query, Source
from fakegraph.odata.reading import read_query
from fakegraph.store import Key, Row, keys_of
from fakegraph.workloads.declarations import Navigation, Workload

_WORK = 20  # of finding, and of showing, one thing: as that many comparisons
_BYTES = 10  # so many that are shown are as one comparison
_FEW_BYTES = 1_000_000

_NONE = (b"",)
_PLAIN = frozenset({"select", "top"})
_number = attrgetter("number")

Where = Callable[[Row], str | None]
"""The path of a row as contexts have it; None where it has none."""


class Level(NamedTuple):
    """Things that are expanded together, and their JSON without that.

    ``types`` are theirs, and ``kinds`` those that are among these. ``way``: what led to them, which
    is not shown again unasked; ``where`` is their path. ``kept``: the rows keep that JSON.
    """

    rows: Sequence[Row]
    texts: list[bytes]
    types: Sequence[PublishedType]
    kinds: Collection[PublishedType]
    way: tuple[NavigationProperty, ...]
    where: Where
    kept: bool = False

    def part(self, numbers: Sequence[int]) -> Level:
        """Some of them."""
        if len(numbers) == len(self.rows):
            return self
        rows = [self.rows[number] for number in numbers]
        types = [self.types[number] for number in numbers]
        return self._replace(rows=rows, types=types, kinds=dict.fromkeys(types))


class Pages(NamedTuple):
    """What of the collections of several things is shown.

    ``names``: of each collection what names the rows, by which they are in ``rows``. ``notes``:
    what is said of each beside what is in it; empty where nothing is said of any.
    """

    names: Sequence[Sequence[Key]]
    rows: Mapping[Key, Row]
    notes: Sequence[bytes] = ()


class Lists(NamedTuple):
    """The lists of what several things lead to.

    ``starts``: what stands before each, after a comma; ``names``: what names the things in it;
    ``texts``: the JSON objects of all. ``lasting``: they stay so for as long as nothing is written.
    """

    starts: Sequence[bytes]
    names: Sequence[Sequence[Key]]
    texts: Mapping[Key, bytes]
    lasting: bool

    def joined(self, some: Sequence[Key]) -> bytes:
        """The JSON of what is in a list."""
        if len(some) == 1:
            return self.texts[some[0]]
        return b",".join(map(self.texts.__getitem__, some))


class Expander:
    """Shows things with what they lead to, as one request asks for it.

    ``views`` gives what shows things of a type without that, as JSON.
    """

    def __init__(self, asked: Asked, views: Callable[..., Any]) -> None:
        self._asked = asked
        self._views = views
        self._leading = Leading(asked)
        self._budget = Budget()

    def shown(
        self,
        rows: Sequence[Row],
        found: tuple[Expansion, ...],
        select: tuple[str, ...] | None,
        type_: PublishedType,
    ) -> list[bytes]:
        """The JSON objects of rows that the path of the request leads to."""
        return self._with(self._first(rows, select, type_), found, select, type_)

    def pieces(
        self,
        rows: Sequence[Row],
        found: tuple[Expansion, ...],
        select: tuple[str, ...] | None,
        type_: PublishedType,
    ) -> list[bytes]:
        """What gives the same where commas join it: most of what is shown is then copied once."""
        level = self._first(rows, select, type_)
        asking = list(self._asking(level, found, select, type_))
        each, numbers = asking[0] if len(asking) == 1 else (None, ())
        is_list = each is not None and each.member.many and each.form != "$count"
        if each is None or not is_list or len(numbers) < len(rows) or b"{}" in level.texts:
            return self._together(level, asking)
        query = self._query(each)
        way = self._way(level, each, query)
        if way is None:
            lists = self._lists(level, each, query)
            return _in_pieces(level.texts, lists.starts, lists.names, lists.texts)
        return self._from_kept(level, each, query, way)

    def _from_kept(self, level: Level, each: Expansion, query: Query, way: Hashable) -> list[bytes]:
        """The same, of what is kept where that has it; else it is kept, where it may be."""
        stamp = self._asked.seer.stamp
        known = KEPT.of(stamp, way)
        keys = () if known is None else keys_of(level.rows)
        if known:
            with suppress(KeyError):
                found = list(map(known.__getitem__, keys))
                if sum(map(len, found)) <= _FEW_BYTES:  # else it is for the budget to say
                    opened = [text[:-1] for text in level.texts]
                    return list(chain.from_iterable(zip(opened, found, strict=True)))
        lists = self._lists(level, each, query)
        if known is not None and lists.lasting:
            shown = zip(keys, lists.starts, map(lists.joined, lists.names), strict=True)
            more = {key: b"%b%b]}" % (start[1:], text) for key, start, text in shown}
            KEPT.keep(stamp, way, more)
        return _in_pieces(level.texts, lists.starts, lists.names, lists.texts)

    def _way(self, level: Level, each: Expansion, query: Query) -> Hashable | None:
        """What tells how lists are shown that depend on what is stored alone; None of others."""
        asked = self._asked
        known_to_all = asked.conceals is None and asked.sight is None and len(level.kinds) == 1
        inside = each.form or each.inner or each.levels or each.cast
        if not known_to_all or inside or each.options.values.keys() - _PLAIN:
            return None
        (type_,) = level.kinds
        way = plain(asked.world, type_, each.member)
        if way is None:
            return None
        views, size = self._views(asked, query.select, each.type), self._size(type_, each, query)
        return each.name, way, views, size, next(self._heads(level, each, query), b"")

    def _first(
        self, rows: Sequence[Row], select: tuple[str, ...] | None, type_: PublishedType
    ) -> Level:
        return self._level(rows, select, type_, (), self._top())

    def _level(
        self,
        rows: Sequence[Row],
        select: tuple[str, ...] | None,
        type_: PublishedType,
        way: tuple[NavigationProperty, ...],
        where: Where,
    ) -> Level:
        if len(way) > DEEPEST:
            raise _too_deep()
        texts, alike = self._views(self._asked, select, type_).seen(self._asked, rows)
        if alike is not None:
            return Level(rows, texts, [alike] * len(rows), (alike,), way, where, kept=True)
        types = self._leading.types_of(rows, type_)
        return Level(rows, texts, types, dict.fromkeys(types), way, where)

    def _top(self) -> Where:
        asked = self._asked
        fragment = asked.plan.fragment
        me = asked.me_id() if fragment.names_me else ""
        path = fragment.above(asked.segments, me)
        if not asked.path.many:
            return lambda row: path
        return lambda row: None if path is None else f"{path}{self._key(row)}"

    def _key(self, row: Row) -> str:
        return key_text(str(row.record.get(self._leading.type_of(row).key or "id")))

    def _with(
        self,
        level: Level,
        found: tuple[Expansion, ...],
        select: tuple[str, ...] | None,
        type_: PublishedType,
    ) -> list[bytes]:
        """The rows' JSON objects with what they lead to."""
        return self._together(level, list(self._asking(level, found, select, type_)))

    def _together(
        self, level: Level, asking: Sequence[tuple[Expansion, Sequence[int]]]
    ) -> list[bytes]:
        """The same, where it is known what is shown of which."""
        texts = level.texts
        if not asking:
            return texts
        ends = [b""] * (len(asking) - 1) + [b"}"]
        columns = [
            _spread(self._parts(level.part(numbers), each, end), numbers, len(texts), end)
            for (each, numbers), end in zip(asking, ends, strict=True)
        ]
        parts = columns[0] if len(columns) == 1 else map(b"".join, zip(*columns, strict=True))
        return _opened(texts, parts)

    def _asking(
        self,
        level: Level,
        found: tuple[Expansion, ...],
        select: tuple[str, ...] | None,
        type_: PublishedType,
    ) -> Iterator[tuple[Expansion, Sequence[int]]]:
        """What is expanded, and of which rows: of those that can have it."""
        world, types = self._asked.world, level.types
        all_there = all(map(_number, level.rows)) or all(map(_is_there, level.rows))
        if may_expand(world, type_) and all_there:
            names = {each.name for each in found}
            unasked = (_unasked(world, type_) for type_ in level.kinds)
            for each in dict.fromkeys(chain.from_iterable(unasked)):
                wanted = select is None or each.name in select
                if wanted and each.name not in names and each.member not in level.way:
                    yield each, [n for n, type_ in enumerate(types) if type_ is each.owner]
        if found and not all_there:
            raise _nowhere_stored()
        for each in found:
            fits = {type_: type_.is_heir_of(each.owner) for type_ in level.kinds}
            if all(fits.values()):
                yield each, range(len(types))
            else:
                yield each, [number for number, type_ in enumerate(types) if fits[type_]]

    def _parts(self, level: Level, each: Expansion, end: bytes) -> list[bytes]:
        """What is shown of each row under the name that is expanded, each after a comma and with
        an end behind it.
        """
        query = self._query(each)
        if not each.member.many:
            return [part + end for part in self._singles(level, each, query)]
        if each.form == "$count":
            notes = self._seen_pages(level, each, query).notes
            return [b",%b%b" % (note, end) for note in notes]
        lists, end = self._lists(level, each, query), b"]" + end
        texts = map(lists.joined, lists.names)
        return [start + text + end for start, text in zip(lists.starts, texts, strict=True)]

    def _lists(self, level: Level, each: Expansion, query: Query) -> Lists:
        pages = self._seen_pages(level, each, query)
        texts, lasting = self._texts(level, pages, each, query)
        self._spend(pages, texts)
        heads, name = self._heads(level, each, query), b'"%b":[' % each.name.encode()
        if isinstance(heads, repeat) and not pages.notes:  # nearly always
            starts = [b",%b%b" % (next(heads, b""), name)] * len(level.rows)
        else:
            lasting = False
            notes = pages.notes or repeat(b"", len(pages.names))
            parts = zip(heads, notes, strict=True)
            starts = [b",%b%b%b" % (head, note, name) for head, note in parts]
        return Lists(starts, pages.names, texts, lasting)

    def _spend(self, pages: Pages, texts: Mapping[Key, bytes]) -> None:
        """Take the work off that it is to show all that. Raises GraphError (504)."""
        shown = sum(map(len, pages.names))
        self._budget.spend(_WORK * (len(pages.names) + shown))
        most = shown * max(map(len, texts.values()), default=0)
        if most > _FEW_BYTES:  # else it is so little that nobody need know it exactly
            times = Counter(chain.from_iterable(pages.names))
            most = sum(map(mul, map(len, map(texts.__getitem__, times)), times.values()))
        self._budget.spend(most // _BYTES)

    def _note(self, each: Expansion, total: int | None, link: str | None) -> bytes:
        """What is said of a collection beside what is in it."""
        note = b"" if total is None else self._count(each, total) + b","
        if link is not None:
            note += b'"%b@odata.nextLink":%b,' % (each.name.encode(), orjson.dumps(link))
        return note

    def _count(self, each: Expansion, total: int) -> bytes:
        number: object = str(total) if self._asked.format.ieee754 else total
        return b'"%b@odata.count":%b' % (each.name.encode(), orjson.dumps(number))

    def _texts(
        self, level: Level, pages: Pages, each: Expansion, query: Query
    ) -> tuple[Mapping[Key, bytes], bool]:
        """The JSON objects of all that the rows lead to, each once, and whether they stay the same
        for as long as nothing is written.
        """
        if each.form == "$ref":
            return {name: self._reference(row) for name, row in pages.rows.items()}, False
        inner = each.inner
        if each.levels > 0:
            inner = (*inner, replace(each, levels=each.levels - 1))
        where = self._below(level, pages, each) if inner else _nowhere
        rows, way = list(pages.rows.values()), (*level.way, each.member)
        further = self._level(rows, query.select, each.type, way, where)
        texts = self._with(further, inner, query.select, each.type)
        lasting = further.kept and texts is further.texts
        return dict(zip(pages.rows, texts, strict=True)), lasting

    def _reference(self, row: Row) -> bytes:
        asked = self._asked
        if not row.key and not isinstance(row, UnstoredRow):
            raise _nowhere_stored()
        path = address(asked.world, InStore(asked.tenant.store), row)
        return orjson.dumps({"@odata.id": f"{asked.root}/{path}"})

    # Contexts ---------------------------------------------------------------------------------

    def _heads(self, level: Level, each: Expansion, query: Query) -> Iterator[bytes]:
        """What says what is shown under a name, where clients want to know."""
        if self._asked.format.metadata == "none":
            return repeat(b"", len(level.rows))
        behind = f"/{each.cast.name}" if each.cast is not None else ""
        behind += projection(query.select, each.inner) + ("" if each.member.many else "/$entity")
        start, name = f"{self._asked.root}/$metadata#", each.name
        if each.form == "$ref":
            kind = "Collection($ref)" if each.member.many else "$ref"
            return repeat(self._head(name, f"{start}{kind}"), len(level.rows))
        usual = self._head(name, f"{start}{led_to(self._asked.world, each.member)}{behind}")
        if not each.member.contained:
            return repeat(usual, len(level.rows))
        return (
            usual if path is None else self._head(name, f"{start}{path}/{name}{behind}")
            for path in map(level.where, level.rows)
        )

    @staticmethod
    def _head(name: str, context: str) -> bytes:
        return b'"%b@odata.context":%b,' % (name.encode(), orjson.dumps(context))

    def _below(self, level: Level, pages: Pages, each: Expansion) -> Where:
        """Where what the rows lead to is."""
        if not each.member.contained:
            known = set_of(self._asked.world, each.type)
            return lambda row: None if known is None else f"{known}{self._key(row)}"
        paths: dict[Key, str | None] = {}
        for row, names in zip(level.rows, pages.names, strict=True):
            path = level.where(row)
            above = None if path is None else f"{path}/{each.name}"
            for name in names:
                key = self._key(pages.rows[name]) if each.member.many else ""
                paths[name] = None if above is None else f"{above}{key}"
        return lambda row: paths.get(_named(row))

    # Single things ----------------------------------------------------------------------------

    def _singles(self, level: Level, each: Expansion, query: Query) -> list[bytes]:
        """What is shown of each row that leads to one thing: that, and maybe where it leads."""
        starts = self._single_rows(level.rows, level.kinds, each)
        chains = [
            () if found is None else self._chain(row, found, each)
            for row, found in zip(level.rows, starts, strict=True)
        ]
        rows = {_named(row): row for chain in chains for row in chain}
        pages = Pages([list(map(_named, chain)) for chain in chains], rows)
        texts, _ = self._texts(level, pages, replace(each, levels=0, endless=False), query)
        self._spend(pages, texts)
        heads = self._heads(level, each, query)
        name = b'"%b":' % each.name.encode()
        blank = b",%bnull" % name if self._workload(each).blank and not each.unasked else b""
        return [
            self._single(b",%b%b" % (head, name), [texts[one] for one in names]) if names else blank
            for head, names in zip(heads, pages.names, strict=True)
        ]

    @staticmethod
    def _single(name: bytes, texts: list[bytes]) -> bytes:
        """A thing, in it the one that it leads to, and so on; as it stands in what leads to it."""
        *before, last = texts
        opened = _opened(before, repeat(name, len(before)))
        return b"".join((name, *opened, last, b"}" * len(before)))

    def _chain(self, start: Row, first: Row, each: Expansion) -> Sequence[Row]:
        """What a row leads to, what that leads to, and so on for as many levels as asked."""
        chain: list[Row] = []
        found: Row | None = first
        seen = {start.key}
        while found is not None and self._is_cast(found, each):
            chain.append(found)
            type_ = self._leading.type_of(found)
            can = len(chain) <= each.levels and type_.is_heir_of(each.owner)
            if not can or (each.endless and found.key in seen):
                break
            seen.add(found.key)
            (found,) = self._single_rows([found], (type_,), each)
        return chain

    def _is_cast(self, row: Row, each: Expansion) -> bool:
        return each.cast is None or self._leading.type_of(row).is_heir_of(each.cast)

    def _single_rows(
        self, rows: Sequence[Row], kinds: Collection[PublishedType], each: Expansion
    ) -> list[Row | None]:
        """The one thing that each row leads to. ``kinds`` are the types that they have."""
        at_once = self._at_once(rows, kinds, each, 1)
        if at_once is not None:
            return [at_once.rows[names[0]] if names else None for names in at_once.names]
        places = [self._leading.place(row, each.name) for row in rows]
        return [
            row_in(place) if isinstance(place, One) and place.there else None for place in places
        ]

    # Collections ------------------------------------------------------------------------------

    def _seen_pages(self, level: Level, each: Expansion, query: Query) -> Pages:
        """The same as ``_pages``, with nothing in collections that are not shown to who asks."""
        conceals = self._asked.conceals
        if conceals is None:
            return self._pages(level, each, query)
        shown = [number for number, row in enumerate(level.rows) if each.name not in conceals(row)]
        pages = self._pages(level.part(shown), each, query)
        if len(shown) == len(level.rows):
            return pages
        count = self._count(each, 0) if each.form == "$count" else b""
        names = dict(zip(shown, pages.names, strict=True))
        notes = dict(zip(shown, pages.notes, strict=False))
        numbers = range(len(level.rows))
        return Pages(
            [names.get(number, ()) for number in numbers],
            pages.rows,
            [notes.get(number, count) for number in numbers],
        )

    def _pages(self, level: Level, each: Expansion, query: Query) -> Pages:
        """What of each row's collection is shown."""
        rows: dict[Key, Row] = {}
        at_once, size = None, 0
        asks = each.options.values.keys() - _PLAIN
        if level.rows and not asks and each.cast is None and each.form != "$count":
            size = self._size(level.types[0], each, query)
            at_once = self._at_once(level.rows, level.kinds, each, size + 1)
        if at_once is None:
            things = zip(level.rows, level.types, strict=True)
            pages = [self._page(*thing, each, query, rows) for thing in things]
            return Pages([names for names, _ in pages], rows, [note for _, note in pages])
        if max(map(len, at_once.names)) <= size:
            return at_once
        if self._workload(each).expanded is not None:
            return Pages([names[:size] for names in at_once.names], at_once.rows)
        pages = [
            (names, b"") if len(names) <= size else self._page(row, type_, each, query, rows)
            for row, type_, names in zip(level.rows, level.types, at_once.names, strict=True)
        ]
        there = {**at_once.rows, **rows}
        return Pages([names for names, _ in pages], there, [note for _, note in pages])

    def _at_once(
        self, rows: Sequence[Row], kinds: Collection[PublishedType], each: Expansion, most: int
    ) -> Pages | None:
        """The first things that each of the rows leads to; None where it is not that plain."""
        world, store = self._asked.world, self._asked.tenant.store
        ways = {plain(world, type_, each.member) for type_ in kinds}
        way = ways.pop() if len(ways) == 1 else None
        keys = keys_of(rows)
        if way is None or 0 in keys or self._asked.sight is not None:
            return None
        said = [world.navigation(type_, each.member) for type_ in kinds]
        if any(one.order is not None or one.asked is not None for one in said):
            return None
        if way.container:
            owned = store.container(way.container).first_of(keys, most)
            found = {row.key: row for each_ in owned for row in each_}
            return Pages([[row.key for row in each_] for each_ in owned], found)
        links = list(map(store.links, way.links))
        several = [
            each.ends(keys, most, backwards=way.backwards)
            for each in list(filter(len, links)) or links[:1]
        ]
        first, *more = several
        if more:
            first = [list(chain(*ends)) for ends in zip(*several, strict=True)]
        names = list(dict.fromkeys(chain.from_iterable(first)))
        targets = store.rows(names)
        there = list(filter(None, targets))
        if len(there) < len(targets):  # one is being deleted at this moment
            names = [name for name, row in zip(names, targets, strict=True) if row is not None]
            first = [[name for name in ends if name in set(names)] for ends in first]
        return Pages(first, dict(zip(names, there, strict=True)))

    def _size(self, type_: PublishedType, each: Expansion, query: Query) -> int:
        """How many things are shown at most of what one of a type leads to."""
        said = self._asked.world.navigation(type_, each.member)
        size = query.top or said.expanded or said.page_size or self._asked.tenant.page_size
        return min(size, self._workload(each).expanded or said.max_page or size)

    def _page(
        self,
        row: Row,
        type_: PublishedType,
        each: Expansion,
        query: Query,
        found: dict[Key, Row],
    ) -> tuple[Sequence[Key], bytes]:
        """What of one collection is shown, and said of it; its rows are put into ``found``."""
        many = self._leading.place(row, each.name)
        assert isinstance(many, Many)
        asked, cast = self._asked, each.cast
        if cast is not None:
            whole = many.rows
            fits = lambda one: self._leading.type_of(one).is_heir_of(cast)  # noqa: E731
            many = replace(many, type=cast, rows=lambda: Part(whole(), fits))
        source = inner_source(asked, each)
        query, rows = narrowed(asked, many, query, each.options, source)
        self._budget.spend(_WORK + engine.effort(query, rows))
        now = asked.tenant.instant()
        if each.form == "$count":
            return (), self._count(each, engine.count(query, rows, now))
        page = engine.run(query, rows, self._size(type_, each, query), None, now)
        page = cut(page, each.options, self._said(each).max_page)
        link = None
        if page.next is not None and self._workload(each).expanded is None:
            link = link_to(asked, row, type_, each, Ended(page.next, query.order))
        some = {_named(one): one for one in map(original, page.rows)}
        found |= some
        return list(some), self._note(each, page.total, link)

    def _workload(self, each: Expansion) -> Workload:
        return self._asked.world.declared.workload([each.owner])

    def _query(self, each: Expansion) -> Query:
        """What is asked of what an expansion shows. Raises GraphError (400)."""
        rules, said = self._asked.world.rules(each.type), self._said(each)
        for check in (*rules.queries, *rules.listings, *said.queries):
            check(each.options.values)
        options = finding(each.options, bool(rules.searched), said.max_page)
        query = read_query(options, inner_source(self._asked, each))
        check_conditions(rules, query, each.options.values)
        return at_most(query, each.options, said.max_page)

    def _said(self, each: Expansion) -> Navigation:
        return self._asked.world.navigation(each.owner, each.member)


def inner_source(asked: Asked, each: Expansion) -> Source:
    """What queries are bound against that stand in an ``$expand``. Raises GraphError (400) for
    what nobody has added to things of that type.
    """
    strict, type_ = asked.tenant.strict_queries, each.type
    added = asked.added(type_).named_in(each.options)
    queried = queried_as(asked.world, type_, added)
    return Source(asked.world.model, queried, asked.preferences.future_members, strict)


@lru_cache(maxsize=1024)
def _unasked(world: World, type_: PublishedType) -> tuple[Expansion, ...]:
    """What is expanded of things of a type although nobody asks for it."""
    return tuple(
        Expansion(type_, type_.navigation[name], unasked=True) for name in world.unasked(type_)
    )


def _is_there(row: Row) -> bool:
    """Whether a row can be gone on from: it is stored, or known to be there."""
    return bool(row.number) or isinstance(row, UnstoredRow)


def _nowhere(row: Row) -> str | None:
    return None


def _named(row: Row) -> Key:
    """What tells a row from others in one answer."""
    return row.key or -id(row)


def _opened(texts: Sequence[bytes], parts: Iterable[bytes]) -> list[bytes]:
    """JSON objects, each with what begins with a comma in the stead of the brace that closes it."""
    found = list(map(bytes.__add__, [text[:-1] for text in texts], parts))
    return [text.replace(b"{,", b"{", 1) for text in found] if b"{}" in texts else found


def _in_pieces(
    texts: Sequence[bytes],
    starts: Sequence[bytes],
    names: Sequence[Sequence[Key]],
    inner: Mapping[Key, bytes],
) -> list[bytes]:
    """JSON objects, each with a list in the end, which begins as said, in pieces."""
    text_of = inner.__getitem__
    if all(names):
        found = list(map(text_of, chain.from_iterable(names)))
    else:  # what is in none has a piece too, which begins and ends it
        found = list(chain.from_iterable(map(text_of, some) if some else _NONE for some in names))
    place = 0
    for text, start, many in zip(texts, starts, map(len, names), strict=True):
        found[place] = text[:-1] + start + found[place]
        place += many or 1
        found[place - 1] += b"]}"
    return found


def _spread(parts: list[bytes], numbers: Sequence[int], size: int, end: bytes) -> list[bytes]:
    """The parts of some rows of so many; the others have the end alone."""
    if len(parts) == size:
        return parts
    known = dict(zip(numbers, parts, strict=True))
    return [known.get(number, end) for number in range(size)]


def _nowhere_stored() -> GraphError:
    return GraphError(
        501,
        "NotImplemented",
        "What is given here is stored nowhere: fakegraph knows nothing that it leads to.",
        "$expand",
    )


def _too_deep() -> GraphError:
    return GraphError(
        501,
        "NotImplemented",
        f"fakegraph expands what leads to several things no more than {DEEPEST} levels deep. Ask "
        "with smaller $levels.",
        "$expand",
    )
