"""POST, PATCH, PUT and DELETE: things are made, changed, replaced and deleted."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from fakegraph.edm.types import StructuredType
from fakegraph.errors import GraphError, Problem
from fakegraph.graph.whole.asked import Asked
from fakegraph.graph.whole.bodies import read_record
from fakegraph.graph.whole.calling import Calling
from fakegraph.graph.whole.checks import check_change, check_kind, check_new
from fakegraph.graph.whole.conflicts import SOURCE, behaviour, source
from fakegraph.graph.whole.lasting import made
from fakegraph.graph.whole.locate import Located
from fakegraph.graph.whole.making import Maker, type_said
from fakegraph.graph.whole.names import FAIL, RENAME, REPLACE, free_name, namesake
from fakegraph.graph.whole.places import One
from fakegraph.graph.whole.shape import entity, tag_header, tag_of
from fakegraph.odata.reading import read_select
from fakegraph.quoting import quoted
from fakegraph.store import Record, Row
from fakegraph.strict_json import JsonError, loads
from fakegraph.web.exchange import Answer
from fakegraph.web.headers import split_media_type
from fakegraph.workloads.declarations import Type
from fakegraph.workloads.handed import Given

log = logging.getLogger("fakegraph")

_ITSELF = (
    "DELETE %s deleted the %s '%s' itself, and not only the link to it: that is DELETE %s/$ref"
)
_ON_WRITES = "Only $select goes with a write."
_ON_DELETE = "No query option goes with a DELETE."
_ONE_TAG = 'It takes one ETag as it was read, quotes and all, like W/"a"'
_TAG = re.compile(r'(?:W/)?"[^"]*"')
_SAFE = "'@:!$*,;~-._"


def create(asked: Asked) -> Answer:
    """POST on a collection."""
    select = _read_select(asked)
    asked.check_way()
    rules = asked.world.rules(asked.type)
    if rules.reads:
        media = split_media_type(asked.exchange.header("CONTENT_TYPE"))[0]
        read = rules.reads.get(media)
        if read is not None:
            return _create_read(asked, select, read(asked.exchange.read_body()), media)
    try:
        record = _posted(asked, _read_new(asked))
    except GraphError as refused:
        taken = _put(asked, refused)
        if taken is None:
            raise
        return taken
    check_kind(asked.words, rules, record)
    asked.brought = rules.returned & record.keys()
    _check_source(asked, rules)
    if rules.subscribes:
        from fakegraph.graph.whole import subscribing

        record = subscribing.prepare_new(asked, record)
    name = rules.conflicts
    if name is None:
        row = _added(asked, record)
        imported = rules.imported_with in record
        status = 200 if imported else asked.status("POST", made=True)
        return _answer(asked, row, select, status)
    return _create_named(asked, select, record, name)


def _put(asked: Asked, refused: GraphError) -> Answer | None:
    """What comes of a body that makes nothing, if it puts there what is elsewhere."""
    puts = asked.plan.said.puts
    if puts is None or asked.exchange.body is None:
        return None
    try:
        body = loads(asked.exchange.body)
    except JsonError:  # which is what it was refused for
        return None

    def work(maker: Maker, found: Located) -> None:
        holder = found.many.beneath
        if holder is None or not puts(calling(asked, maker, holder, body)):
            raise refused

    if not isinstance(body, dict):
        return None
    asked.write(work)
    return Answer(204)


def _check_source(asked: Asked, rules: Type) -> None:
    """Raise GraphError for bytes that are to be brought from elsewhere: PUT alone takes these."""
    if rules.conflicts and source(asked) is not None:
        raise GraphError(400, "notSupported", "Operation not supported", SOURCE)


def _added(asked: Asked, record: Record) -> Row:
    """What is made of a record, at once or as a long-running operation."""
    if not asked.world.rules(asked.type).monitors:
        return asked.write(lambda maker, found: _add(asked, maker, found, record))
    with asked.keep().courses.one() as course:
        return asked.write(
            lambda maker, found: made(asked, maker, _add(asked, maker, found, record), course)
        )


def _add(asked: Asked, maker: Maker, found: Located, record: Record) -> Row:
    row = maker.add_sent(found.many, record, asked.founder)
    maker.touch_owner(row)
    return _followed(asked, maker, row, None)


def _followed(asked: Asked, maker: Maker, row: Row, before: Record | None) -> Row:
    """A thing after what comes of a body that makes or changes it."""
    type_ = maker.world.type_of(row.record, maker.transaction.container_of(row.key))
    rules = maker.world.rules(type_)
    for tell in rules.idle:
        for what, why in tell(row.record, before, maker.others):
            asked.exchange.note_ignored(what, why)
    if rules.follows is not None:
        place = maker.way(()).place_of(row)
        rules.follows(calling(asked, maker, place), row.record, before)
    elif rules.once or rules.later:
        return row  # what its answer alone shows is not stored
    whole = maker.transaction.row(row.key) or row  # what it has may have changed it too
    at_first = (
        {}
        if before is not None
        else {n: row.record[n] for n in rules.later.keys() & row.record.keys()}
    )
    return Row.of(whole.key, whole.record | at_first, whole.owner) if at_first else whole


def _posted(asked: Asked, record: Record) -> Record:
    """What a body says of a thing, with what the query says of it besides."""
    for name, say in asked.plan.said.posted.items():
        if name in asked.options.others:
            record = say(asked.options.others[name], record)
    return record


def _create_read(asked: Asked, select: tuple[str, ...] | None, given: Given, media: str) -> Answer:
    """Make a thing of a body that is no JSON."""

    record = _posted(asked, given.record)

    def work(maker: Maker, found: Located) -> Row:
        row = maker.add(found.many, record)
        for stream, data in given.streams.items():
            row = maker.fill(row, stream, data, given.media.get(stream, media))
        return _followed(asked, maker, row, None)

    return _answer(asked, asked.write(work), select, asked.status("POST", made=True))


def _create_named(
    asked: Asked, select: tuple[str, ...] | None, record: Record, name: str
) -> Answer:
    """Make a thing whose name may be taken where it is made."""
    what = behaviour(asked, FAIL)

    def work(maker: Maker, found: Located) -> tuple[Row, bool]:
        maker.check_beneath(found.many, record)
        other = namesake(found.many, name, record[name])
        if other is None:
            return maker.add_sent(found.many, record), True
        if what == RENAME:
            free = free_name(found.many, name, record[name])
            return maker.add_sent(found.many, {**record, name: free}), True
        if what == REPLACE and "folder" in record and "folder" in other.record:
            return other, False
        raise asked.words.taken(asked.world.rules(asked.type).name, name, record[name])

    row, made = asked.write(work)
    return _answer(asked, row, select, asked.status("POST", made=True) if made else 200)


def create_single(asked: Asked) -> Answer:
    """POST on a single navigation property: what it leads to is made. Raises GraphError (409)."""
    select = _read_select(asked)
    one = asked.located().one
    if one.row is not None:
        rules = asked.world.rules(one.type)
        raise asked.words.taken(rules.name, one.type.key or "id", one.key)
    return _make(asked, select)


def change(asked: Asked) -> Answer:
    """PATCH on one thing: the properties that are sent replace the stored ones.

    One that is not there is made, where the documentation says so.
    """
    select = _read_select(asked)
    one = asked.located().one
    if not one.there and asked.may_be_made(one):
        return _make(asked, select)
    one.check()
    check_version(asked, one)
    changes = read_record(asked, one.type, partial=True, known=one.record)
    rules = asked.world.rules(one.type)
    _check_source(asked, rules)
    if rules.subscribes:
        from fakegraph.graph.whole import subscribing

        changes = subscribing.prepare_change(asked, one.record, changes)
    check_change(asked.words, rules, one.record, changes)
    asked.check_number(one.type, {**one.record, **changes})
    what = behaviour(asked, FAIL) if rules.conflicts else FAIL

    def work(maker: Maker, found: Located) -> Row:
        maker.conflict = what
        there = _there(asked, found)
        before, amend = there.record, rules.amends
        sent = changes if amend is None else amend(calling(asked, maker, there), changes)
        return _followed(asked, maker, maker.put_sent(there, sent), before)

    row = asked.write(work)
    status = None if rules.changed_with is None else rules.changed_with(changes)
    return _answer(asked, row, select, status or asked.status("PATCH"))


def replace(asked: Asked) -> Answer:
    """PUT on one thing: it is made, or has exactly what is sent from then on."""
    select = _read_select(asked)
    one = asked.located().one
    makes, beneath = asked.plan.said.makes, one.place.beneath
    if makes is not None and beneath is not None:
        makes(beneath.record, one.there)
    if asked.world.rules(one.type).conflicts:
        asked.exchange.peek_body()
    if asked.world.rules(one.type).conflicts and source(asked) is not None:
        return _make_of_session(asked, select)
    if not one.there:
        return _make(asked, select)
    record = _read_new(asked)
    # What nobody has made yet, though it can be read: the first PUT makes it, where that is a 201.
    made = one.row is None and asked.plan.success("PUT") == 201
    row = asked.write(lambda maker, found: maker.replace_sent(found.one, record))
    return _answer(asked, row, select, asked.status("PUT", made=made))


def _make_of_session(asked: Asked, select: tuple[str, ...] | None) -> Answer:
    """PUT with the URL of an upload session that has all bytes, but could not end where it began.

    Raises GraphError: 400 for any other URL, 404, 409.
    """
    from fakegraph.graph.whole import fragments

    what = behaviour(asked, FAIL)
    id_, now = fragments.id_in(str(source(asked))), asked.tenant.instant()
    if id_ is None:
        raise GraphError(400, "notSupported", "Operation not supported", SOURCE)

    def work(maker: Maker, found: Located) -> tuple[Row, bool]:
        return fragments.commit_at(maker, id_, now, found.one, what)

    row, made = asked.write(work, making=True)
    return _answer(asked, row, select, 201 if made else 200)


def delete(asked: Asked) -> Answer:
    """DELETE on one thing: it goes with all that it contains, and with all links to it."""
    asked.options.allow((), _ON_DELETE)
    one = asked.located().one
    if not one.there and asked.plan.said.absent_too:
        return Answer(asked.status("DELETE"))
    one.check()
    check_version(asked, one)

    def work(maker: Maker, found: Located) -> None:
        there = _there(asked, found)
        drops, place = asked.plan.said.drops, there.place
        if drops is not None and place.question is not None and place.beneath is not None:
            drops(calling(asked, maker, place.beneath), there.record)
            return
        check_kept(asked, there)
        leave = asked.world.rules(there.type).leaves
        if leave is not None:
            leave(calling(asked, maker, there), there.record)
        if there.row is not None:
            maker.touch_owner(there.row)
        maker.delete(there)

    asked.write(work)
    if asked.plan.borrows and not asked.plan.unites:
        log.warning(_ITSELF, asked.plan.template, one.type.name, one.key, asked.plan.template)
    return Answer(asked.status("DELETE"))


def calling(
    asked: Asked, maker: Maker, one: One, arguments: Mapping[str, Any] = MappingProxyType({})
) -> Calling:
    """A call on a thing, for what comes of a request that is about it."""
    about = asked.about()
    return Calling(asked.tenant, maker.way(()), one, arguments, asked.words, maker, about)


def check_version(asked: Asked, one: One) -> None:
    """Raise GraphError unless a write is about the version of a thing that is there."""
    rules = asked.world.rules(one.type)
    if rules.etag is None and not rules.tags:
        return
    sent: str | None = asked.exchange.environ.get("HTTP_IF_MATCH")
    if not sent and rules.must_match:
        raise asked.words.no_version(rules.name)
    if sent is None:
        return
    wanted = sent.strip()
    if wanted == "*" and not rules.must_match:
        return
    if not _TAG.fullmatch(wanted):
        error = asked.words.bad_version(rules.name, wanted)
        any_ = "" if rules.must_match else ", or *"
        error.details = (Problem(f"{_ONE_TAG}{any_}.", "If-Match", error.code),)
        raise error
    known = [str(one.record.get(name)) for name in rules.tags] or [tag_of(one.record, rules)]
    if wanted.removeprefix("W/") not in {tag.removeprefix("W/") for tag in known}:
        raise asked.words.stale(rules.name, wanted)


def check_kept(asked: Asked, one: One) -> None:
    """Raise GraphError for what cannot be deleted."""
    kept = asked.world.rules(one.type).kept
    if any(
        one.record.get(name) in (value if isinstance(value, tuple) else (value,))
        for name, value in kept.items()
    ):
        raise asked.words.kept(asked.world.rules(one.type).name, one.key)


def _there(asked: Asked, found: Located) -> One:
    """The thing that a path leads to. Raises GraphError: 404, or what its version says."""
    found.one.check()
    check_version(asked, found.one)
    return found.one


def _make(asked: Asked, select: tuple[str, ...] | None) -> Answer:
    """Make the thing that a path leads to, with the keys that stand in it."""
    own = asked.located().one.keys
    record = _read_new(asked, {name: own[name] for name in own if "/" not in name})

    def work(maker: Maker, found: Located) -> Row:
        one = found.one
        keys = {path: value for path, value in one.keys.items() if "/" not in path}
        row = maker.add_sent(one.place, {**(one.start or {}), **keys, **record})
        return _followed(asked, maker, row, None)

    row = asked.write(work)
    return _answer(asked, row, select, asked.status(asked.method, made=True))


def _read_new(asked: Asked, keys: Record | None = None) -> Record:
    record = read_record(asked, asked.type, partial=False)
    rules = asked.world.rules(type_said(asked.world, record, asked.type))
    asked.check_number(asked.type, record)
    check_new(asked.words, rules, {**(keys or {}), **record} if rules.if_missing else record)
    return record


def _read_select(asked: Asked) -> tuple[str, ...] | None:
    return selected(asked, asked.source.type) if asked.options else None  # nearly always


def selected(asked: Asked, type_: StructuredType) -> tuple[str, ...] | None:
    """What is selected of a thing that a write is answered with. Raises GraphError (400)."""
    asked.options.allow({"select", "format"}, _ON_WRITES)
    return read_select(asked.options, type_)


def _location(asked: Asked, row: Row, called: str | None) -> str:
    """Where what was made is, as the service says: in Graph, or what it is ``called`` beneath."""
    key = quoted(str(row.record[asked.type.key or "id"]), _SAFE)
    if called:
        service, directory = asked.root.rpartition("/")[0], asked.tenant.guid
        return f"{service}/v2/{directory}/directoryObjects/{key}/{called}"
    return f"{asked.url}/{key}" if asked.path.many else asked.url


def _answer(asked: Asked, row: Row, select: tuple[str, ...] | None, status: int) -> Answer:
    accepted = asked.world.rules(asked.type).accepted
    if status == 204 or (status == 202 and (asked.method == "POST" or accepted is not None)):
        told = accepted is not None and status == 202
        headers = accepted(row.record) if accepted and told else {}
        said = {name: value.replace("{root}", asked.root) for name, value in headers.items()}
        return Answer(status, headers=said)
    type_ = asked.type_of(row)
    headers = tag_header(row, asked.world.rules(type_))
    if status == 201:
        headers["Location"] = _location(asked, row, asked.world.rules(type_).located)
        if asked.plan.said.quiet:
            return Answer(status, headers=headers)
    echoes = asked.brought or asked.world.rules(asked.type).echoed
    known = None if echoes or not row.number else type_
    return asked.ok(status, entity(asked, row, select, one=True, type_=known), headers)
