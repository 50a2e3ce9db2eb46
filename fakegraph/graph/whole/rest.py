"""What of a tenant no record at a path makes again: rows and links as they are stored, by line.

``written`` compares what a store has with what the records alone make of it, so whatever is left
is told. ``Rest`` reads such lines and puts down what they say, when all records are in place.

A thing is named by the containers and ids that lead to it, from the outermost: ``["users", ID,
"user/messages", ID]``. A container with ``~`` before it has what was deleted and can be restored.
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from collections.abc import Callable, Collection, Container, Iterable, Iterator, Mapping, Sequence
from typing import Any, cast

from fakegraph.errors import GraphError, Problem, bad_request
from fakegraph.graph.whole.edited import check_of
from fakegraph.graph.whole.records import BYTES
from fakegraph.graph.whole.world import PROVIDED, World, is_aside
from fakegraph.store import Key, KeyTaken, Record, Row, Store, Transaction
from fakegraph.store.names import is_links, relation_of
from fakegraph.store.rows import Link
from fakegraph.tenants.guids import ORGANIZATION
from fakegraph.workloads.operations import NOTES

#: Where a seed has such lines, in the place of a path.
REST = "@rest"

Ref = tuple[str, ...]
_MOST_DEEP = 64  # containers in one another
_GONE = "~"
_LINE_KINDS = (
    *({"row", "is"}, {"row", "is", "deleted"}, {"place", "of", "keeps"}),
    *({"place", "of", "order"}, {"links", "of", "to"}),
    *({"unmade", "records"}, {"begun"}),
)
# What the server notes beside the model: by container, of which kind each property is. What is a
# ``Ref`` here is a key in the store.
_ASIDE: Mapping[str, Mapping[str, type | tuple[type, ...]]] = {
    PROVIDED: {},
    "@totals": {"size": int},
    "@links": dict.fromkeys(("drive", "item", "permission"), str),
    "@sent": {
        **dict.fromkeys(
            ("time", "sender", "from", "subject", "body", "bodyType", "internetMessageId"), str
        ),
        **dict.fromkeys(("to", "cc", "bcc"), list),
        "@message": Ref,
    },
    "@sessions": {
        **dict.fromkeys(("received", "expires"), int),
        **dict.fromkeys(("record", "by"), dict),
        "at": Ref,
        "names": list,
        "what": str,
        "size": (int, type(None)),
        "deferred": bool,
    },
    "@uploads": {
        **dict.fromkeys(("size", "received", "expires"), int),
        "record": dict,
        "stream": str,
    },
    "@workbooks": {"persists": bool, "until": (int, float)},
    "@blobs": {"expires": int, "blocks": dict},
}
_LIKE = {"@sent/parts": "message/attachments"}  # what has things of the model, too
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class _Seen:
    """What a store has, by what it is called."""

    def __init__(self, world: World, store: Store) -> None:
        self._world = world
        self._rows: dict[Key, tuple[str, Row]] = {}
        self._refs: dict[Key, Ref] = {}
        self._deleted: dict[Key, str] = {}  # how many like each were deleted, up to it
        tables = dict(store.every())
        for name, rows in tables.items():
            if not is_links(name):
                self._take(name, cast(list[Row], rows))
        self.rows = {self.ref(key): row for key, (_, row) in self._rows.items()}
        self.links: dict[tuple[str, Ref], list[Any]] = {}
        for name, links in tables.items():
            if is_links(name):
                for link in cast(list[Link], links):
                    said: Any = list(self.ref(link.target))
                    if link.root:
                        said = {"to": said, "deleted": list(self.ref(link.root))}
                    at = relation_of(name), self.ref(link.source)
                    self.links.setdefault(at, []).append(said)

    def _take(self, name: str, rows: Iterable[Row]) -> None:
        twins: dict[tuple[Key, str], str] = {}
        for row in rows:
            self._rows[row.key] = name, row
            if row.root:
                alike = row.owner, self._id(name, row)
                self._deleted[row.key] = twins[alike] = twins.get(alike, "") + _GONE

    def _id(self, name: str, row: Row) -> str:
        return str(row.record[self._world.layout(name).keys[0].name])

    def ref(self, key: Key) -> Ref:
        """What a row is called."""
        known = self._refs.get(key)
        if known is None:
            name, row = self._rows[key]
            above = self.ref(row.owner) if row.owner else ()
            known = (*above, f"{self._deleted.get(key, '')}{name}", self._id(name, row))
            self._refs[key] = known
        return known

    def keep(self, roots: Collection[Ref], known: Collection[Ref] | None = None) -> None:
        """Know only of what is in some things, and of links to that and to what is ``known``."""
        inner = {
            ref: row
            for ref, row in self.rows.items()
            if any(ref[:end] in roots for end in range(2, len(ref) + 1, 2))
        }
        ends = None if known is None else inner.keys() | set(known)
        self.rows = inner
        self.links = {
            at: [each for each in links if ends is None or tuple(_end(each)) in ends]
            for at, links in self.links.items()
        }

    def said(self, row: Row) -> tuple[Record, Ref | None]:
        """What a row says, in words that go for every store, and with what it was deleted."""
        record, kinds = row.record, _ASIDE.get(self._rows[row.key][0], {})
        for name, kind in kinds.items():
            if kind is Ref and isinstance(record.get(name), int):
                there = record[name] in self._rows
                record = {**record, name: list(self.ref(record[name])) if there else None}
        return record, self.ref(row.root) if row.root else None


def written(
    world: World,
    store: Store,
    made: Store,
    unmade: Mapping[str, Sequence[str]],
    *,
    begun: bool,
    part: Collection[Key] | None = None,
) -> Iterator[Record]:
    """The lines that have what records make (``made``) be what a store has. ``unmade``: the ids of
    records, by path, of which something cannot be made again. ``begun``: what is in each tenant
    from the start is there. ``part``: only of these rows, and what is in them.
    """
    if begun:
        yield {"begun": True}
    for path, ids in sorted(unmade.items()):
        yield {"unmade": path, "records": list(ids)}
    wanted, found = _Seen(world, store), _Seen(world, made)
    if part is not None:
        roots = {wanted.ref(key) for key in part} & found.rows.keys()
        wanted.keep(roots, found.rows.keys())
        found.keep(roots)
    yield from _places(wanted, found)
    laid: list[Ref] = []
    for ref, row in sorted(wanted.rows.items(), key=lambda each: _rank(each[0], each[1].position)):
        said, other = wanted.said(row), found.rows.get(ref)
        if _is_ours(ref) or (other is not None and _alike(said, found.said(other))):
            continue
        record, root = said
        marks = {} if root is None else {"deleted": list(root)}
        laid += [ref] if other is None else []
        yield {"row": list(ref), "is": _with_bytes(record, store), **marks}
    yield from _orders(wanted, found, laid)
    for relation, source in sorted(wanted.links.keys() | found.links.keys()):
        links = wanted.links.get((relation, source), [])
        if source in wanted.rows and links != found.links.get((relation, source), []):
            yield {"links": relation, "of": list(source), "to": links}


def _places(wanted: _Seen, found: _Seen) -> Iterator[Record]:
    """The lines that say what is to stay, where there is more."""
    extra = {ref[:-1] for ref in found.rows.keys() - wanted.rows.keys() if not _is_ours(ref)}
    places = (each for each in extra if len(each) == 1 or each[:-1] in wanted.rows)
    inside: dict[Ref, list[str]] = {place: [] for place in places}
    for ref in wanted.rows:
        if ref[:-1] in inside:
            inside[ref[:-1]].append(ref[-1])
    for place, ids in sorted(inside.items()):
        yield {"place": place[-1], "of": list(place[:-1]), "keeps": sorted(ids)}


def _end(link: Any) -> Sequence[str]:
    """What a link leads to."""
    found: Sequence[str] = link["to"] if isinstance(link, dict) else link
    return found


def _orders(wanted: _Seen, found: _Seen, laid: Sequence[Ref]) -> Iterator[Record]:
    """The lines that have things come in the order in which a store has them."""
    kept = [ref for ref in found.rows if ref in wanted.rows]
    kept.sort(key=lambda ref: found.rows[ref].position)
    places: dict[Ref, list[str]] = {}
    for ref in (*kept, *laid):
        if not (ref[-2].startswith(_GONE) or is_aside(ref[-2])):
            places.setdefault(ref[:-1], []).append(ref[-1])
    for place, ids in sorted(places.items()):
        in_order = sorted(ids, key=lambda id_: wanted.rows[(*place, id_)].position)
        if in_order != ids:
            yield {"place": place[-1], "of": list(place[:-1]), "order": in_order}


def _alike(one: tuple[Record, Ref | None], other: tuple[Record, Ref | None]) -> bool:
    """Whether both say the same, and in JSON: Python alone takes 1 for true."""
    import orjson

    if one != other:
        return False
    first, second = (orjson.dumps(each[0], option=orjson.OPT_SORT_KEYS) for each in (one, other))
    return first == second


def _is_ours(ref: Ref) -> bool:
    """Whether it tells how a tenant came by its organisation: each load notes that itself."""
    return ref == (PROVIDED, ORGANIZATION)


def _rank(ref: Ref, position: int) -> tuple[bool, int, str, Ref, int]:
    """What contains others comes first, and last of all what may name any row by its key."""
    return _names_keys(ref), len(ref), ref[-2], ref[:-2], position


def _names_keys(ref: Ref) -> bool:
    """Whether it is, or is in, what names a row by its key."""
    return any(Ref in _ASIDE.get(name, {}).values() for name in ref[::2])


def _with_bytes(record: Record, store: Store) -> Record:
    if BYTES not in record:
        return record
    streams = {
        name: b64encode(store.bytes.get(content) or b"").decode()
        for name, content in record[BYTES].items()
    }
    return {**record, BYTES: streams}


def read_rest(
    world: World, records: Iterable[tuple[int | None, Any]], note: Callable[[Any, Problem], object]
) -> list[tuple[int | None, Record]]:
    """Lines that can be put down. ``note`` is told of what is wrong with the others."""
    found = []
    for number, line in records:
        problems = list(_problems(world, line))
        for each in problems:
            note(number, each)
        if not problems:
            found.append((number, line))
    return found


def _problems(world: World, line: Any) -> Iterator[Problem]:
    if not isinstance(line, dict) or set(line) not in _LINE_KINDS:
        yield Problem(
            f"A line has {'; or '.join(', '.join(sorted(each)) for each in _LINE_KINDS)}."
        )
    elif "row" in line:
        yield from _row_problems(world, line)
    elif "place" in line:
        name = line["place"].lstrip(_GONE) if isinstance(line["place"], str) else ""
        if not _is_known(world, name):
            yield Problem(f"{line['place']!r} is no container.", "place")
        if line["of"] != [] and not _is_ref(world, line["of"]):
            yield Problem(_NO_REF, "of")
        kind = "keeps" if "keeps" in line else "order"
        if not _are_texts(line[kind]) or len(set(line[kind])) < len(line[kind]):
            yield Problem("It has ids, each once.", kind)
    elif "links" in line:
        if not _is_relation(world, line["links"]):
            yield Problem(f"{line['links']!r} is nothing that things are linked by.", "links")
        if not _is_ref(world, line["of"]):
            yield Problem(_NO_REF, "of")
        if not isinstance(line["to"], list) or not all(_is_end(world, each) for each in line["to"]):
            yield Problem(_NO_REF, "to")
    elif "begun" in line:
        if line["begun"] is not True:
            yield Problem("It is true, where it is said.", "begun")
    elif not isinstance(line["unmade"], str) or not _are_texts(line["records"]):
        yield Problem("It has a path and the ids of records.", "unmade")


_UNSHOWN = (
    {BYTES},
    {BYTES, "deletedDateTime"},
)  # what was deleted has a time that its type has not
_NO_REF = "It has the containers and ids that lead to a thing, such as ['users', ID]."


def _row_problems(world: World, line: Mapping[str, Any]) -> Iterator[Problem]:
    ref, record = line["row"], line["is"]
    if not _is_ref(world, ref):
        yield Problem(_NO_REF, "row")
        return
    is_gone = ref[-2].startswith(_GONE)
    if is_gone != ("deleted" in line) or (is_gone and not _is_ref(world, line["deleted"])):
        yield Problem("What was deleted, and nothing else, says with what: a container.", "deleted")
    elif is_gone and line["deleted"] != ref[: len(line["deleted"])]:
        yield Problem("It is the thing itself, or what contains it.", "deleted")
    name = ref[-2].lstrip(_GONE)
    if not isinstance(record, dict) or record.get(world.layout(name).keys[0].name) != ref[-1]:
        yield Problem("It is a record with the id that the line names.", "is")
        return
    for mark in ("@owner", "@deleted"):
        if mark in record:
            yield Problem(f"A record cannot have {mark}.", "is")
    streams = record.get(BYTES, {})
    if not isinstance(streams, dict) or not all(_is_base64(each) for each in streams.values()):
        yield Problem("It has bytes in base64, by property.", f"is/{BYTES}")
    if name in _ASIDE:
        yield from _aside_problems(world, name, record)
        return
    if name in NOTES:
        return
    plain = {each: value for each, value in record.items() if each not in _UNSHOWN[is_gone]}
    for found in check_of(world, _LIKE.get(name, name))([plain]):
        yield from (Problem(each, "is") for each in found if isinstance(found, list))


def _aside_problems(world: World, name: str, record: Record) -> Iterator[Problem]:
    for each, value in record.items():
        kind = _ASIDE[name].get(each)
        if each == "id":
            continue
        if kind is Ref:
            good = value is None or _is_ref(world, value)
        else:
            good = kind is not None and isinstance(value, kind)
        if not good:
            yield Problem(f"{each}: a record of {name} does not have {value!r}.", "is")
    for each in _ASIDE[name].keys() - record.keys():
        yield Problem(f"{each}: it is missing.", "is")


def _is_base64(value: Any) -> bool:
    try:
        b64decode(value, validate=True)
    except (TypeError, ValueError):
        return False
    return isinstance(value, str)


def _are_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


def _is_ref(world: World, value: Any) -> bool:
    if not _are_texts(value) or not value or len(value) % 2 or len(value) > 2 * _MOST_DEEP:
        return False
    names, ids = value[::2], value[1::2]
    return all(_is_known(world, each.lstrip(_GONE)) for each in names) and all(
        each and not _CONTROL.search(each) for each in ids
    )


def _is_end(world: World, value: Any) -> bool:
    if isinstance(value, dict):
        return value.keys() == {"to", "deleted"} and all(_is_ref(world, e) for e in value.values())
    return _is_ref(world, value)


def _is_known(world: World, container: str) -> bool:
    """Whether there is a container of that name."""
    if container in _ASIDE or container in _LIKE or container in NOTES:
        return True
    try:
        world.type_in(container)
    except KeyError:
        return False
    return not is_aside(container)


def _is_relation(world: World, name: Any) -> bool:
    return isinstance(name, str) and "/" in name and name[0] != "@" and _is_known(world, name)


class Rest:
    """Puts down what lines say, in the write that has put the records."""

    def __init__(
        self, world: World, transaction: Transaction, lines: Sequence[tuple[int | None, Record]]
    ) -> None:
        self._world = world
        self._transaction = transaction
        self._lines = lines
        self._keys: dict[Ref, Key] = {}

    def forgives(self, path: str, id_: Any) -> bool:
        """Whether a record at a path is known to make less than it says."""
        return any(line.get("unmade") == path and id_ in line["records"] for _, line in self._lines)

    @property
    def has_begun(self) -> bool:
        """Whether what is in each tenant from the start is to be there."""
        return any("begun" in line for _, line in self._lines)

    def put(self, kept: Container[Key], failed: Callable[[int | None, GraphError], object]) -> None:
        """Put all of it down. ``kept``: the rows that records say. ``failed`` is told of lines
        about what is not there.
        """
        work: Sequence[tuple[str, Callable[[Record], object]]] = (
            ("keeps", lambda line: self._tidy(line, kept)),
            ("row", self._clear),
            ("row", lambda line: self._row(line, names_keys=False)),
            ("order", self._order),
            ("row", lambda line: self._row(line, names_keys=True)),
            ("links", self._link),
        )
        for kind, put in work:
            for number, line in self._lines:
                if kind not in line:
                    continue
                try:
                    put(line)
                except KeyTaken as error:
                    message = f"The {error.name} {error.value!r} is taken."
                    failed(number, GraphError(409, "Conflict", message, kind))
                except GraphError as error:
                    failed(number, error)

    def _find(self, ref: Ref) -> Key:
        """The key of a row; 0 where there is none."""
        if not ref:
            return 0
        known = self._keys.get(ref)
        if known is not None:
            return known
        owner = self._find(ref[:-2])
        if len(ref) > 2 and not owner:
            return 0
        name = ref[-2].lstrip(_GONE)
        twins = [
            row
            for row in self._transaction.owned(name, owner, hidden=ref[-2] != name)
            if row.record[self._world.layout(name).keys[0].name] == ref[-1]
        ]
        number = max(len(ref[-2]) - len(name) - 1, 0)
        found = twins[number].key if number < len(twins) else 0
        if found:
            self._keys[ref] = found
        return found

    def _key(self, ref: Sequence[str], target: str) -> Key:
        found = self._find(tuple(ref))
        if not found:
            raise bad_request(f"There is no {list(ref)!r}.", target)
        return found

    def _tidy(self, line: Record, kept: Container[Key]) -> None:
        """Take away what came with the records and is not to be there."""
        owner = self._key(line["of"], "of") if line["of"] else 0
        name, keeps = line["place"].lstrip(_GONE), set(line["keeps"])
        key = self._world.layout(name).keys[0].name
        rows = self._transaction.owned(name, owner, hidden=line["place"] != name)
        gone = [r for r in rows if r.record[key] not in keeps and r.key not in kept]
        self._transaction.end(gone)

    def _clear(self, line: Record) -> None:
        """Have a row let go of what is unique: the line of another one may say it."""
        ref = tuple(line["row"])
        found = self._find(ref)
        name = ref[-2]
        row = self._transaction.row(found) if found else None  # hidden ones have no such values
        if row is not None:
            key = self._world.layout(name).keys[0].name
            self._transaction.lay(name, {key: row.record[key]}, row.owner, old=row)

    def _order(self, line: Record) -> None:
        keys = [self._key((*line["of"], line["place"], id_), "order") for id_ in line["order"]]
        self._transaction.reorder(line["place"], keys)
        self._keys.clear()  # they have others now

    def _row(self, line: Record, *, names_keys: bool) -> None:
        ref = tuple(line["row"])
        if _names_keys(ref) is not names_keys:
            return
        name, owner = ref[-2].lstrip(_GONE), self._key(ref[:-2], "row") if len(ref) > 2 else 0
        record = dict(line["is"])
        if BYTES in record:
            record[BYTES] = {
                each: self._transaction.keep(b64decode(data))
                for each, data in record[BYTES].items()
            }
        for each, kind in _ASIDE.get(name, {}).items():
            if kind is Ref:
                record[each] = self._find(tuple(record[each] or ()))
        found, root = self._find(ref), tuple(line.get("deleted", ()))
        old = self._transaction.any_row(found) if found else None
        with_ = -1 if root == ref else self._key(root, "deleted") if root else 0
        row = self._transaction.lay(name, record, owner, with_, old)
        self._keys[ref] = row.key

    def _link(self, line: Record) -> None:
        ends = [
            (self._key(each["to"], "to"), self._key(each["deleted"], "to"))
            if isinstance(each, dict)
            else (self._key(each, "to"), 0)
            for each in line["to"]
        ]
        if len({target for target, _ in ends}) < len(ends):
            raise bad_request("A thing is linked to another one once.", "to")
        self._transaction.lay_links(line["links"], self._key(line["of"], "of"), ends)
