"""``/delta``: what has changed since a token (OData 4.01 Part 1, 11.3, as Microsoft Graph does it).

The first round gives what is there, page by page; each page's token has the number of the write
that the round began with, so that what changes meanwhile is told once more in the next round. Later
rounds go by the change log: what it has of a thing says whether it came, changed or went; what is
shown is always how it is now. ``workloads/declarations.py`` has what workloads do differently.

https://learn.microsoft.com/graph/delta-query-overview
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

import orjson

from fakegraph.edm.values import Instant, instant
from fakegraph.errors import GraphError
from fakegraph.graph.paging import read_token, write_token
from fakegraph.graph.whole import deltatokens
from fakegraph.graph.whole.asked import Asked
from fakegraph.graph.whole.collections import Beheld, originals
from fakegraph.graph.whole.deltatokens import DONE, FIRST, LATER, Token
from fakegraph.graph.whole.lookup import Veiled
from fakegraph.graph.whole.narrowing import at_most, finding
from fakegraph.graph.whole.places import Rows
from fakegraph.graph.whole.plan import DELTA_TOKENS
from fakegraph.graph.whole.shape import context_of, heads, id_of, shown
from fakegraph.graph.whole.tracked import KINDS, Scope, Story, place_of
from fakegraph.graph.whole.world import TYPE
from fakegraph.odata import engine
from fakegraph.odata.engine import Position
from fakegraph.odata.query import Query
from fakegraph.odata.query_string import Options
from fakegraph.odata.reading import read_query
from fakegraph.store import ChangesLost, Key, Record, Row
from fakegraph.store.change import CREATED
from fakegraph.web.exchange import Answer
from fakegraph.workloads.handed import short

_ALL = 1 << 30
_TICKS_PER_DAY = 864_000_000_000
_MOST_LINKS = 1_000  # of one page of the first round
_MOST_LOOKED = 5_000  # changes that are looked at for one page
_FILES_PAGE = 200
_TIME = re.compile(r"\d{4}-\d\d-\d\dT")
_OF_EACH_REQUEST = frozenset({"skiptoken", "format"})
_LED = (
    "Unsupported or invalid query filter clause specified: changes are told by what things have, "
    "and not by what they lead to."
)
_CHANGE_TYPES = ("created", "updated", "deleted")


class Page(NamedTuple):
    """What is told, and how it goes on: ``at`` is how far it came, None where that is all."""

    items: list[Record]
    at: Any = None


def tell_changes(asked: Asked) -> Answer:
    """GET on ``/delta``: one page of a round."""
    given = _given(asked)
    when = _time(asked, given)
    token = _read(asked, given) if when is None else _since(asked, when)
    if token is None or when is not None:
        _check_options(asked)
    else:
        _take_options(asked, token)
    place = place_of(asked)
    asked.tenant = asked.keep()  # a token goes for what is kept
    round_ = Round(asked, place, token)
    page = Page([]) if token is None and given.lower() == "latest" else round_.page()
    following = round_.following(page)
    link = "@odata.deltaLink" if following.kind == DONE else "@odata.nextLink"
    body: Record = {link: _url(asked, following), "value": page.items}
    if asked.format.metadata != "none":
        body = {"@odata.context": _context(asked, round_.selected), **body}
    return asked.ok(200, orjson.dumps(body))


# Tokens -------------------------------------------------------------------------------------------


def _given(asked: Asked) -> str:
    """The token that a request has, empty for none. Raises GraphError (400) for two."""
    own, others = asked.plan.tracking.token, asked.options.others
    names = (own,) if own else DELTA_TOKENS
    found = [others[name] for name in names if name in others]
    found += [each for each in (asked.options.get("skiptoken"),) if each is not None]
    found += map(str, asked.segments[-1].arguments.values())
    if len(found) > 1:
        raise asked.words.bad_token(names[0])
    return found[0] if found else ""


def _time(asked: Asked, given: str) -> Instant | None:
    """The point in time that a token is; None for another one. Raises GraphError (400)."""
    tracking = asked.plan.tracking
    if not (tracking.latest and tracking.token and _TIME.match(given)):
        return None
    try:
        return instant(given)
    except ValueError:
        raise asked.words.bad_token(tracking.token) from None


def _since(asked: Asked, when: Instant) -> Token | None:
    """A token since a point in time; None for one before all that is known."""
    store = asked.tenant.store
    since = asked.tenant.moments.at(when, store)
    if since is None or since < store.changes.begins:
        return None
    tenant, generation = map(deltatokens.mark_of, (asked.tenant.id, store.generation))
    return Token(DONE, tenant, generation, "", since, int(asked.tenant.instant()))


def _read(asked: Asked, given: str) -> Token | None:
    """What a token says, None where a round begins. Raises GraphError (400)."""
    tracking = asked.plan.tracking
    name = tracking.token or DELTA_TOKENS[0]
    is_skip = asked.options.get("skiptoken") is not None
    if (not given and not is_skip) or (tracking.latest and given.lower() == "latest"):
        return None
    found = deltatokens.read(given, asked.tenant.id, asked.tenant.store.generation)
    if found is None or (not tracking.token and is_skip == (found.kind == DONE)):
        raise asked.words.bad_token(name)
    return found


def _take_options(asked: Asked, token: Token) -> None:
    """Go on as the first request began. Raises GraphError (400) for what would be another one."""
    skipped = {*_OF_EACH_REQUEST, asked.plan.tracking.token, *DELTA_TOKENS, *asked.options.used}
    for said, known, sign in (
        (asked.options.values, token.options, "$"),
        (asked.options.others, token.others, ""),
        (asked.options.aliases, token.aliases, ""),
    ):
        for name, value in said.items():
            if name not in skipped and known.get(name) != value:
                raise GraphError(
                    400,
                    asked.words.bad_query,
                    f"The query parameter '{sign}{name}' is for the first request alone: the token "
                    "has what was asked then. Use the link whole, as it was given.",
                    f"{sign}{name}",
                )
    form = asked.options.get("format")
    values = {**token.options, **({} if form is None else {"format": form})}
    asked.options = Options(values, token.aliases, others=token.others)


def _check_options(asked: Asked) -> None:
    """Raise GraphError (400) for options that changes are not told by."""
    tracking, words = asked.plan.tracking, asked.words
    for name in asked.options.values:
        if name not in tracking.options and name not in _OF_EACH_REQUEST:
            taken = ", ".join(f"${each}" for each in sorted(tracking.options))
            raise GraphError(
                400,
                words.bad_query,
                f"The query parameter '${name}' is not supported. Changes are told by {taken}.",
                f"${name}",
            )
    rules = asked.world.rules(asked.type)
    for check in (*rules.queries, *rules.listings):
        check(asked.options.values)
    text = asked.options.get("filter")
    if text is not None and tracking.filters and not tracking.filters.fullmatch(text):
        raise GraphError(
            400,
            words.bad_query,
            f"Unsupported or invalid query filter clause specified: '{text}' is none that changes "
            "are told by.",
            "$filter",
        )
    order = (asked.options.get("orderby") or "").casefold().split()
    if order and tracking.filters and order != ["receiveddatetime", "desc"]:
        raise GraphError(
            400,
            words.bad_query,
            "The query parameter '$orderby' is only supported as 'receivedDateTime desc' here.",
            "$orderby",
        )
    kind = asked.options.others.get("changeType")
    if kind is not None and kind not in _CHANGE_TYPES:
        raise GraphError(
            400,
            words.bad_query,
            f"Invalid value '{kind}' for changeType: it is {', '.join(_CHANGE_TYPES)}.",
            "changeType",
        )


def _plain_url(asked: Asked) -> str:
    """The URL without what stands in parentheses behind it."""
    if not asked.segments[-1].arguments:
        return asked.url
    return f"{asked.url.rpartition('/')[0]}/delta"


def _url(asked: Asked, token: Token) -> str:
    name = asked.plan.tracking.token
    if not name:
        name = "$deltatoken" if token.kind == DONE else "$skiptoken"
    return f"{_plain_url(asked)}?{name}={token.text(asked.tenant.store.generation)}"


def _once(told: Iterable[Record], gone: set[str]) -> Iterator[Record]:
    """What is to be told, but for what has gone already: a series tells of an occurrence that it
    has lost, and so does the exception that was there instead.
    """
    for each in told:
        id_ = str(each.get("id"))
        if "@removed" not in each or id_ not in gone:
            yield each
        if "@removed" in each:
            gone.add(id_)


def _url_anew(asked: Asked) -> str:
    """Where a client begins again that has asked the same."""
    values = [(f"${name}", value) for name, value in asked.options.values.items()]
    values += [*asked.options.others.items(), *asked.options.aliases.items()]
    values.append((asked.plan.tracking.token or DELTA_TOKENS[0], ""))
    return f"{_plain_url(asked)}?{urlencode(values, safe='$@,()/:', quote_via=quote)}"


def _context(asked: Asked, select: tuple[str, ...] | None) -> str:
    if asked.plan.tracking.placed:
        return context_of(asked, select)
    return f"{asked.root}/$metadata#Collection({short(asked.type.name)})"


# Rounds -------------------------------------------------------------------------------------------


class Round:
    """One round of telling: the first, or one since a token."""

    def __init__(self, asked: Asked, place: Any, token: Token | None) -> None:
        """Raises GraphError: for a token of another place, and of what is not known any more."""
        self._asked = asked
        self._store = asked.tenant.store
        self._tracking = asked.plan.tracking
        self._links, self.selected, query = _selected(asked)
        self._query: Query = query
        if query.about.led:
            raise GraphError(400, asked.words.bad_query, _LED, "$filter")
        self._scope = Scope(asked, place, self._links)
        self._token = token
        self._now = int(asked.tenant.instant())
        self._generation = self._store.generation
        self._mark = deltatokens.mark_of(self._generation)
        self._ends = self._store.changes.ends
        if token is not None:
            self._check(token)
        self._size = self._page_size(place)

    def _page_size(self, place: Any) -> int:
        """How many are told of at once; of what takes that, as many as are preferred."""
        asked, top = self._asked, self._query.top
        is_tree = self._scope.is_tree
        own: int | None = _FILES_PAGE if is_tree else place.said.page_size
        most: int = 0 if is_tree or top else place.said.max_page or 0
        size = top or own or asked.tenant.page_size
        return min(max(size, most), asked.preferences.max_page_size or size)

    def _check(self, token: Token) -> None:
        asked, words = self._asked, self._asked.words
        if token.place not in ("", self._scope.name) and token.generation == self._mark:
            raise words.bad_token(self._tracking.token or DELTA_TOKENS[0])
        days = self._tracking.days
        if days is not None and self._now - token.issued > days * _TICKS_PER_DAY:
            raise words.expired_token(token.since, self._ends, _url_anew(asked))
        if token.generation != self._mark or token.since < self._store.changes.begins:
            raise words.lost_token(token.since, self._ends, _url_anew(asked))

    def page(self) -> Page:
        """What is told in this answer."""
        token = self._token
        if token is None or token.kind == FIRST:
            return self._first(None if token is None else token.at)
        return self._later(token)

    def following(self, page: Page) -> Token:
        """The token for what comes after a page."""
        before = self._token
        options = self._asked.options
        seen = self._store.changes.ends
        token = Token(
            DONE,
            deltatokens.mark_of(self._asked.tenant.id),
            self._mark,
            self._scope.name,
            self._ends,
            self._now,
            options={k: v for k, v in options.values.items() if k not in _OF_EACH_REQUEST},
            others={
                name: value
                for name, value in options.others.items()
                if name not in (self._tracking.token, *DELTA_TOKENS)
            },
            aliases={k: v for k, v in options.aliases.items() if k not in options.used},
        )
        if before is None or before.kind == FIRST:
            since = self._ends if before is None else before.since
            kind = DONE if page.at is None else FIRST
            return replace(token, kind=kind, since=since, at=page.at, seen=seen)
        until = before.until if before.kind == LATER else self._ends
        if page.at is None:
            return replace(token, since=until, seen=seen)
        going_on = replace(token, kind=LATER, since=before.since, seen=before.seen)
        return replace(going_on, until=until, at=page.at)

    # The first round --------------------------------------------------------------------------

    def _first(self, at: Any) -> Page:
        """What is there, from where the last page ended."""
        if self._asked.options.others.get("changeType", "created") != "created":
            return Page([])  # nothing has changed or gone yet
        if self._scope.is_tree:
            return self._first_of_tree(at)
        told, links_at = at or (None, 0)
        after = None if told is None else read_token(told, self._query, self._generation)
        rows: Rows = Beheld(self._scope.rows(), self._scope.leading.seen)
        found = engine.run(self._query, rows, self._size, after, self._asked.tenant.instant())
        page = originals(found)
        if not self._scope.relations:
            return Page(self._objects(page.rows), self._engine_at(page.next, 0))
        return self._first_with_links(page, told, links_at)

    def _engine_at(self, position: Position | None, links_at: int) -> Any:
        if position is None:
            return None
        return [write_token(position, self._query, self._generation), links_at]

    def _first_with_links(self, page: engine.Page, told: Any, links_at: int) -> Page:
        """Things with their links, as many as go on a page; of one with more, it goes on."""
        items: list[Record] = []
        left, before = _MOST_LINKS, told
        for row, item in zip(page.rows, self._objects(page.rows), strict=True):
            found, links_at, complete = self._some_links(row, links_at, left)
            items.append({**item, **found})
            left -= sum(map(len, found.values()))
            if not complete:
                return Page(items, [before, links_at])
            links_at = 0
            before = write_token(Position((), row.position), self._query, self._generation)
            if left <= 0 and row is not page.rows[-1]:
                return Page(items, [before, 0])
        return Page(items, self._engine_at(page.next, 0))

    def _some_links(self, row: Row, after: int, limit: int) -> tuple[Record, int, bool]:
        """The links of a thing from a number on: what is told, the next number, whether that is
        all of them.
        """
        found: Record = {}
        number = 0
        for relation, name in self._relations_of(row):
            for target in self._store.links(relation).targets(row.key).scan():
                number += 1
                if number <= after:
                    continue
                if number > after + max(limit, 1):
                    return found, number - 1, False
                found.setdefault(f"{name}@delta", []).append(self._reference(target))
        return found, 0, True

    def _first_of_tree(self, at: Any) -> Page:
        found = self._scope.tree()
        if at is not None:
            found = [each for each in found if each[:2] > tuple(at)]
        page, more = found[: self._size], len(found) > self._size
        items = self._objects([row for _, _, row in page])
        return Page(items, list(page[-1][:2]) if more else None)

    # Later rounds -----------------------------------------------------------------------------

    def _later(self, token: Token) -> Page:
        until = token.until if token.kind == LATER else self._ends
        try:
            self._since = self._store.changes.since(token.since)
        except ChangesLost:
            words, url = self._asked.words, _url_anew(self._asked)
            raise words.lost_token(token.since, self._ends, url) from None
        last = None if token.at is None else tuple(token.at)
        items: list[Record] = []
        seen: set[Key] = set()
        gone: set[str] = set()
        looked = 0
        for at, story in self._scope.stories(self._since, last, until, token.seen):
            if looked > _MOST_LOOKED or (story is not None and len(items) >= self._size):
                return Page(items, last)
            if story is not None:
                items += _once(self._told(story, seen), gone)
                looked += story.size
            looked += 1
            last = at
        return Page(items)

    def _told(self, story: Story, seen: set[Key]) -> Iterator[Record]:
        """What is to be told of a thing."""
        row = self._scope.now(story)
        if self._scope.unfolds and row is not None:
            yield from self._unfolded(story, row)
            return
        condition = self._query.filter
        if row is not None and not self._scope.fits(row, condition):
            row = None
        was = self._scope.had(story, condition)
        wanted = self._asked.options.others.get("changeType")
        if wanted in (None, "deleted"):
            yield from (self._removed(story, each) for each in self._gone(story, row, was=was))
        kind = "updated" if was else "created"
        if row is not None and (wanted in (None, kind) or (story.unsure and wanted != "deleted")):
            yield from self._present(row, story, seen, whole=story.unsure or not was)

    def _unfolded(self, story: Story, row: Row) -> Iterator[Record]:
        """What is to be told where things are worked out of one that has changed."""
        found = self._scope.traces(row)
        yield from self._objects([each for each in found if isinstance(each, Row)])
        yield from (self._removed(story, each) for each in found if isinstance(each, str))
        if not found and story.was_there:
            yield self._removed(story, story.id)

    def _gone(self, story: Story, row: Row | None, *, was: bool) -> list[str]:
        """The ids by which the client may know a thing that has none of them here any more."""
        if was or (row is None and self._is_ended(story)):
            known = story.ids if story.unsure else story.ids[:1]
            lasting = self._id(story, known[0]) if known else ""
            if known and lasting != known[0]:
                return [] if row is not None else [lasting]
            now = None if row is None else row.record.get("id")
            return [id_ for id_ in known if id_ != now and not self._scope.is_taken(story, id_)]
        return []

    def _id(self, story: Story, id_: str) -> str:
        """The id that a thing has for who asks."""
        rules = self._asked.world.rules(self._asked.type)
        return id_of(rules, id_, story.key, self._asked)

    def _is_ended(self, story: Story) -> bool:
        """Whether what was deleted softly at the start is gone for good."""
        ends = story.fates[-1:] if story.was_hidden else []
        return bool(ends) and ends[0] in ("purged", "deleted")

    def _present(self, row: Row, story: Story, seen: set[Key], *, whole: bool) -> Iterator[Record]:
        links = self._changed_links(row, story)
        if whole:
            links = self._all_links(row, links if story.unsure else {})
        if not whole and not links and not self._is_told(row, story):
            return
        below: list[Row] = []
        if self._scope.top and whole and story.first != CREATED:  # a folder that has come in
            below = [each for _, _, each in self._scope.tree(row)[1:] if each.key not in seen]
        if self._scope.is_tree and self._wants_parents():
            parents = [each for each in self._scope.ancestors(row) if each.key not in seen]
            seen.update(each.key for each in parents)
            yield from self._objects(parents)
        if row.key in seen and self._scope.is_tree:
            return
        seen.add(row.key)
        (item,) = self._objects([row])
        if not whole and self._tracking.sparse:
            changed = self._wanted(row) & story.old.keys()
            cleared = sorted(changed - item.keys())
            item = {**item, **dict.fromkeys(cleared)}
            if self._tracking.minimal and self._asked.preferences.texts.get("return") == "minimal":
                item = {k: v for k, v in item.items() if k in changed or k == "id" or k[0] == "@"}
        yield {**({} if whole else self._marks(story)), **item, **links}
        seen.update(each.key for each in below)
        yield from self._objects(below)

    def _marks(self, story: Story) -> Record:
        """What says that something has changed of which the client wishes to know that."""
        found: Record = {}
        for word, (name, mark) in self._tracking.marks.items():
            if name in story.old and word in self._heeded:
                found |= mark
        for word, name in self._tracking.emptied.items():
            if name in story.old and word in self._heeded and self._shows(name):
                found[name] = {}
        return found

    def _wants_parents(self) -> bool:
        said = self._asked.exchange.header("HTTP_DELTAEXCLUDEPARENT").strip().lower()
        if said not in ("", "true", "false"):
            message = f"The header deltaExcludeParent is true or false, not '{said}'."
            raise GraphError(400, self._asked.words.bad, message, "deltaExcludeParent")
        return said != "true"

    def _is_told(self, row: Row, story: Story) -> bool:
        """Whether something has changed that the client wants to know of."""
        if not self._tracking.by_selected:
            return bool(story.first)
        return not self._wanted(row).isdisjoint(story.old)

    def _wanted(self, row: Row) -> frozenset[str]:
        """The properties that are shown of a thing where they have values."""
        type_ = self._asked.seer.type_of(row)
        rules = self._asked.world.rules(type_)
        names = heads(self._query.select) or rules.default_select
        if names is not None:
            return frozenset(names)
        return frozenset(type_.properties) - rules.only_when_selected - rules.never_shown

    def _removed(self, story: Story, id_: str) -> Record:
        """What is told of a thing that is not there any more."""
        is_hidden = story.fates[-1:] == ["hidden"]
        said: Record = {"id": id_}
        facet = self._tracking.facet
        if facet and facet in self._asked.type.properties:
            record = story.record(self._store.row(story.key))
            above = self._store.row(story.owner) if story.owner else None
            around = None if above is None else self._asked.seer.around(above)
            tell = self._tracking.lost
            known = {} if tell is None else tell(record, around)
            known = {**known, facet: {"state": "deleted"}}
            selected = heads(self._query.select)
            shown = known if selected is None else known.keys() & set(selected)
            return {**said, **{name: known[name] for name in known if name in shown}}
        if self._tracking.typed:
            said = {TYPE: f"#{self._asked.type.name}", **said}
        return {**said, "@removed": {"reason": "changed" if is_hidden else "deleted"}}

    # What is shown ----------------------------------------------------------------------------

    def _objects(self, rows: Sequence[Row]) -> list[Record]:
        """Things as they are now, and never late; but what is veiled stays so."""
        sight = self._asked.sight
        if isinstance(sight, Veiled):
            rows = [sight.shown(row) if row.key else row for row in rows]
        found = map(orjson.loads, shown(self._asked, rows, self._query.select, self._asked.type))
        return [self._object(row, item) for row, item in zip(rows, found, strict=True)]

    @cached_property
    def _left_out(self) -> tuple[str, ...]:
        """The paths of names that are not told."""
        said, selected = self._tracking, self.selected or ()
        more = (each for each in said.unselected if each.partition("/")[0] not in selected)
        return (*said.without, *more)

    @cached_property
    def _heeded(self) -> frozenset[str]:
        """What of ``Prefer`` is heeded."""
        return self._tracking.heeds(self._asked.preferences.texts)

    def _shows(self, name: str) -> bool:
        selected = heads(self._query.select)
        return selected is None or name in selected

    def _object(self, row: Row, item: Record) -> Record:
        tracking = self._tracking
        if self._scope.is_tree and self._scope.is_top(row):
            names = (tracking.emptied[word] for word in tracking.emptied.keys() & self._heeded)
            item = {**{name: {} for name in names if self._shows(name)}, **item}
        if tracking.brief is not None:
            item = tracking.brief(item)
        if self._scope.shows is not None:
            item = {n: v for n, v in item.items() if n in self._scope.shows or n[0] == "@"}
        if tracking.sparse:
            item = {k: v for k, v in item.items() if v not in (None, []) or k in row.record}
        if tracking.typed and self._asked.format.metadata != "none":
            type_ = self._asked.seer.type_of(row) if row.number else self._asked.type
            item = {TYPE: f"#{type_.name}", **item}
        for path in self._left_out:
            name, _, inner = path.partition("/")
            if not inner:
                item.pop(name, None)
            elif isinstance(item.get(name), dict):
                item[name] = {k: v for k, v in item[name].items() if k != inner}
        return item

    def _relations_of(self, row: Row) -> Iterator[tuple[str, str]]:
        """The relations whose links are told of a thing, and the properties that they are of."""
        names = {short(each.name) for each in self._asked.seer.type_of(row).chain}
        conceals = self._asked.conceals
        concealed: frozenset[str] = frozenset() if conceals is None else conceals(row)
        for relation, name in self._scope.relations.items():
            if relation.rpartition("/")[0] in names and name not in concealed:
                yield relation, name

    def _all_links(self, row: Row, changed: Record) -> Record:
        """The links of a thing, and those that are gone of the ones that have changed."""
        found = self._some_links(row, 0, _ALL)[0]
        for name, each in changed.items():
            found.setdefault(name, []).extend(one for one in each if "@removed" in one)
        return {name: each for name, each in found.items() if each}

    def _changed_links(self, row: Row, story: Story) -> Record:
        """What became of the links of a thing."""
        found: Record = {}
        for relation, name in self._relations_of(row):
            links = self._store.links(relation)
            for key, was in story.links.get(relation, {}).items():
                target = self._store.row(key)
                if target is not None and links.has(row.key, key):
                    found.setdefault(f"{name}@delta", []).append(self._reference(target))
                elif was:
                    gone = target or Row.of(key, {"id": self._gone_id(key)})
                    removed = {**self._reference(gone), "@removed": {"reason": "deleted"}}
                    found.setdefault(f"{name}@delta", []).append(removed)
        return found

    def _gone_id(self, key: Key) -> str:
        """The id of what is not there any more."""
        made = self._since.of(key, [self._store.container_of(key)])
        return next(iter([change.id for _, change in made][-1:]), "")

    def _reference(self, row: Row) -> Record:
        return {TYPE: f"#{self._asked.seer.type_of(row).name}", "id": row.record["id"]}


def _selected(asked: Asked) -> tuple[tuple[str, ...] | None, tuple[str, ...] | None, Query]:
    """The links that are selected and all names that are, None for none, and the query."""
    text = asked.options.get("select")
    values = dict(asked.options.values)
    links: tuple[str, ...] = ()
    if text is not None:
        types = (asked.type, *asked.type.descendants)
        known = {
            name.casefold(): name for each in types for name in asked.world.rules(each).tracked
        }
        names = [each.strip() for each in text.split(",")]
        links = tuple(known[name.casefold()] for name in names if name.casefold() in known)
        values["select"] = ",".join(n for n in names if n.casefold() not in known) or "id"
    for name in ("expand", "skiptoken"):
        values.pop(name, None)
    if KINDS.fullmatch(asked.options.get("filter") or ""):
        values.pop("filter")  # the types are asked for apart
    used = asked.options.used  # by the path
    options, most = Options(values, asked.options.aliases, used), asked.workload.max_page
    query = at_most(read_query(finding(options, False, most), asked.source), options, most)
    if text is None or query.select is None:
        return None, None, query
    key = asked.type.key or "id"
    own = query.select if values["select"] != "id" or not links else ()
    whole = query if key in query.select else replace(query, select=(key, *query.select))
    return links, (*own, *links), whole
