"""What exchanges say of things: records by path, each thing once, in the place that it lives in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Mapping
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from fakegraph.clouds import GRAPH, service_of
from fakegraph.edm.published import PublishedType
from fakegraph.edm.types import NavigationProperty
from fakegraph.errors import GraphError, Problem
from fakegraph.graph.resource_path import ResourcePath, Segment
from fakegraph.graph.shapes import Step
from fakegraph.graph.whole.stored import Things
from fakegraph.recorded.cleaning import clean
from fakegraph.recorded.exchanges import RECORDS, Exchange, Note
from fakegraph.workloads.handed import Word, short

_TYPE = "@odata.type"
_VERSIONS = ("v1.0", "beta")
_SAFE = "@:!$*,;~-._="
_READS, _WRITES = frozenset({"GET"}), frozenset({"POST", "PATCH", "PUT"})
_VIEWS = {"calendarView": "events"}
_WORKED_OUT = frozenset({"occurrence", "exception"})  # events that come of the one of their series

Record = dict[str, Any]


class _Unusable(Exception):
    """Why an exchange says nothing of a thing."""


class _Where(NamedTuple):
    """Where things live: in a collection, or as one; by which relation of whom they are there."""

    path: str
    many: bool
    type: PublishedType
    key: str | None
    more: Mapping[str, Any]
    links: tuple[str, NavigationProperty] | None


class Gathering:
    """Gathers things; ``note`` is told of what cannot be used.

    ``selected``: of things of which only a part was ever asked, by ``$select``, what was.
    """

    def __init__(self, things: Things, note: Note, declared: Container[str] = ()) -> None:
        """``declared``: paths of what the published model does not have, and fixtures may."""
        self._declared = declared
        self._things, self._world, self._note = things, things.world, note
        self._records: dict[str, dict[str, Record]] = {}
        self._singles: dict[str, Record] = {}
        self._links: dict[tuple[str, str], dict[str, Any]] = {}
        self._me: str | None = None
        self._ids: dict[str, str] = {}  # of users, by the name that they sign in with
        self._whole: set[tuple[str, str]] = set()
        self.selected: dict[str, set[str]] = {}
        self.others: Counter[str] = Counter()
        """How many exchanges were with other hosts."""
        self._sets = {
            root.type.name: root.name
            for root in self._world.model.roots()
            if root.many and root.type is not None and root.name in _SETS
        }

    def add(self, found: Iterable[Exchange]) -> None:
        """Take in what exchanges say."""
        kept = [each for each in found if self._is_asked(each)]
        for each in kept:
            self._learn(each)
        for each in kept:
            try:
                if each.method == RECORDS:
                    self._plant(each)
                else:
                    self._take(each)
            except _Unusable as error:
                self._note(each.place, f"{each.method} {each.url[:200]}: {error}")
            except GraphError as error:
                self._note(each.place, f"{each.method} {each.url[:200]}: {error.message}")

    def _is_asked(self, each: Exchange) -> bool:
        """Whether it says what was asked; else that is told."""
        try:
            _ = urlsplit(each.url).hostname
        except ValueError as error:
            self._note(each.place, f"{each.method} {each.url[:200]}: its url is none: {error}")
            return False
        return True

    def _learn(self, each: Exchange) -> None:
        """Who is signed in, and which names have which ids."""
        body = each.body if isinstance(each.body, dict) else {}
        items = body.get("value") if isinstance(body.get("value"), list) else [body]
        for item in items or ():
            name = item.get("userPrincipalName") if isinstance(item, dict) else None
            if isinstance(name, str) and isinstance(item.get("id"), str):
                self._ids[name.casefold()] = item["id"]
        path = urlsplit(each.url).path.rstrip("/")
        if path.endswith("/me") and isinstance(body.get("id"), str):
            self._me = body["id"]
        context = body.get("@odata.context")
        if "/me/" in path and isinstance(context, str) and "#users('" in context:
            self._me = self._me or unquote(context.partition("#users('")[2].partition("'")[0])

    def _take(self, each: Exchange) -> None:
        parts = urlsplit(each.url)
        host = (parts.hostname or "").casefold()
        if service_of(host) != GRAPH and host not in ("localhost", "127.0.0.1"):
            self.others[host] += 1
            return
        if each.method not in _READS | _WRITES:
            raise _Unusable("it has nothing to keep")
        if not 200 <= each.status < 300:
            raise _Unusable(f"its answer is a {each.status}")
        if not isinstance(each.body, dict):
            raise _Unusable("its answer is no JSON, or is not there")
        where = self._where(parts.path)
        body, many = each.body, isinstance(each.body.get("value"), list)
        if many and not where.many:
            raise _Unusable("its answer is a list, and its path of one thing")
        items = body["value"] if many else [body]
        selected = _selected(parts.query)
        for number, item in enumerate(items):
            if not isinstance(item, dict):
                raise _Unusable("its answer has what is no thing")
            if "@removed" in item or item.get("type") in _WORKED_OUT:
                continue
            place = f"{each.place}/value[{number}]" if many else each.place
            self._put(where, item, place, selected, alone=not many)

    def _plant(self, each: Exchange) -> None:
        """Take in what a fixture has for a path: each as it is, merged with what has its id."""
        path = "/".join(map(self._named, urlsplit(each.url).path.split("/")[2:]))
        if path not in self._declared and not self._things.knows(path):
            raise _Unusable(f"there is nothing at '{path}', which its name says")
        type_ = None if path in self._declared else self._things.follow(path).type
        key_name = (type_.key if isinstance(type_, PublishedType) else None) or "id"
        many = isinstance(each.body, dict) and isinstance(each.body.get("value"), list)
        for number, item in enumerate(each.body["value"] if many else [each.body], 1):
            if not isinstance(item, dict):
                self._note(f"{each.place}:{number}", "it is no object")
                continue
            record = clean(item, annotated=True)
            if not many:
                _merge(self._singles.setdefault(path, {}), record, inside=True)
                continue
            known = self._records.setdefault(path, {})
            said = record.get(key_name)
            key = said if isinstance(said, str) else f"#{len(known)}"
            _merge(known.setdefault(key, {}), record, inside=True)
            self._whole.add((path, key))

    def _named(self, segment: str) -> str:
        """A segment of a path, with the id in the place of the name that somebody signs in with."""
        found = self._ids.get(unquote(segment).casefold())
        return segment if found is None else quote(found, safe=_SAFE)

    # Where things are --------------------------------------------------------------------------

    def _where(self, path: str) -> _Where:
        version, _, rest = path.strip("/").partition("/")
        if version == "tenants":  # as our own server has them
            version, _, rest = rest.partition("/")[2].partition("/")
        if version not in _VERSIONS or not rest:
            raise _Unusable("its path has no version, or nothing behind that")
        is_delta = rest.partition("?")[0].rstrip("/").removesuffix("()").endswith("/delta")
        if is_delta:
            rest = (
                rest.rstrip("/")
                .removesuffix("()")
                .rpartition("/")[0]
                .removesuffix("/microsoft.graph.delta")
            )
        found = self._things.walk(f"/{rest}")
        if found.kind not in ("collection", "item", "single") or not isinstance(
            found.type, PublishedType
        ):
            raise _Unusable("what it leads to is no thing that is stored")
        return self._living(found, found.segments())

    def _living(self, found: ResourcePath, segments: Iterable[Segment]) -> _Where:
        """Where what a path leads to lives: what is a view of it is no place."""
        names: list[str] = []
        types: list[PublishedType] = []  # of the thing at each of them
        more: dict[str, Any] = {}
        links: tuple[str, NavigationProperty] | None = None
        key: str | None = None
        for segment in segments:
            shape = segment.shape
            if shape.step is Step.CAST:
                continue
            if not isinstance(shape.type, PublishedType) or segment.path:
                raise _Unusable("what it leads to is addressed by names, which is not kept")
            if shape.step is Step.KEY:
                key = self._key(segment)
                names.append(quote(key, safe=_SAFE))
                types.append(shape.type)
                continue
            links, key, more = None, None, {}
            member, owner = shape.declared, types[-1] if types else None
            if isinstance(member, NavigationProperty) and owner is not None:
                names, types, more, called = self._at_home(names, types, member, owner)
                if self._world.is_linked(member):
                    links = "/".join(names), member
                names.append(called)
            elif segment.name == "me" and self._me is not None:
                key = self._me
                names += ["users", quote(key, safe=_SAFE)]
                types += [shape.type, shape.type]
                continue
            else:
                names.append(segment.name)
            types.append(shape.type)
        assert isinstance(found.type, PublishedType)
        if key is not None:
            names.pop()
        if links is not None:
            self._check_link(links[1])
        return _Where("/".join(names), key is not None or found.many, found.type, key, more, links)

    def _at_home(
        self,
        names: list[str],
        types: list[PublishedType],
        member: NavigationProperty,
        owner: PublishedType,
    ) -> tuple[list[str], list[PublishedType], dict[str, Any], str]:
        """The path of what contains the home of a navigation property, what is said by being
        there, and what it is called at home.
        """
        said, called = self._world.navigation(owner, member), _VIEWS.get(member.name, member.name)
        holder, _, home = (said.home or "").rpartition("/")
        for at in range(len(types) - 1, -1, -1) if holder else ():
            if any(short(base.name) == holder for base in types[at].chain):
                more = {n: v for n, v in said.where.items() if not isinstance(v, Word)}
                for name, of in (said.view or {}).items():
                    if of == "id" and "/" not in name:
                        more[name] = unquote(names[-1])
                return names[: at + 1], types[: at + 1], more, home
        return names, types, {}, called

    def _key(self, segment: Segment) -> str:
        values = list(segment.keys.values())
        if len(values) != 1:
            raise _Unusable("its key is of several values")
        key = str(values[0])
        return self._ids.get(key.casefold(), key)

    def _check_link(self, member: NavigationProperty) -> None:
        said = self._world.declared.navigation(f"{short(member.owner)}/{member.name}")
        if said.closure is not None:
            raise _Unusable("what is there is worked out of other links")

    # What is there -----------------------------------------------------------------------------

    def _put(
        self, where: _Where, item: Record, place: str, selected: frozenset[str], *, alone: bool
    ) -> None:
        record = self._known(where.type, clean(item), place)
        if where.more:
            record = {**where.more, **record}
        if not isinstance(record.get("id", ""), str):
            self._note(place, "its id is no text")
            return
        key = str(record.get("id") or (where.key if alone else "") or "")
        if where.links is not None:
            self._link(where.links, where.type, record, place, selected)
        elif not where.many:
            _merge(self._singles.setdefault(where.path, {}), record)
        elif not key:
            self._note(place, "it has no id, so nobody knows what it is of")
        else:
            self._keep(where.path, key, record, selected)

    def _keep(self, path: str, key: str, record: Record, selected: frozenset[str]) -> None:
        name = "userPrincipalName" if path == "users" and "@" in key else "id"
        key = self._ids.get(key.casefold(), key)
        _merge(self._records.setdefault(path, {}).setdefault(key, {}), {name: key, **record})
        if not selected:
            self._whole.add((path, key))
        else:
            self.selected.setdefault(f"{path}/{key}", set()).update(selected)

    def _link(
        self,
        links: tuple[str, NavigationProperty],
        type_: PublishedType,
        record: Record,
        place: str,
        selected: frozenset[str],
    ) -> None:
        """Keep a thing that lives elsewhere, and that it is linked."""
        owner, member = links
        actual = self._said(type_, record)
        home = next((self._sets[b.name] for b in actual.chain if b.name in self._sets), None)
        if home is None and any(short(base.name) == "directoryObject" for base in actual.chain):
            home, actual = "users", self._world.model.structured("microsoft.graph.user")
        key = record.get("id")
        if not isinstance(key, str) or home is None:
            self._note(place, "it is linked, and nothing says what it is")
            return
        plain = {name: value for name, value in record.items() if name != _TYPE}
        self._keep(home, key, plain, selected)
        path, _, holder = owner.rpartition("/")
        target = {_TYPE: f"#{actual.name}", "id": key}
        said = self._world.declared.navigation(f"{short(member.owner)}/{member.name}")
        for relation in said.inverse:
            of, _, back = relation.rpartition("/")
            if any(short(base.name) == of for base in actual.chain):
                found = actual.navigation.get(back)
                here = {_TYPE: "#microsoft.graph.user", "id": unquote(holder)}
                self._tie(home, key, back, here, many=found is None or found.many)
                return
        if said.inverse or not path:
            return
        self._tie(path, unquote(holder), member.name, target, many=member.many)

    def _tie(self, path: str, key: str, name: str, target: Record, *, many: bool) -> None:
        links = self._links.setdefault((path, key), {})
        if many:
            links.setdefault(name, {})[target["id"]] = target
        else:
            links[name] = target

    def _said(self, type_: PublishedType, record: Mapping[str, Any]) -> PublishedType:
        said = str(record.get(_TYPE, "")).removeprefix("#")
        return next((each for each in type_.descendants if each.name == said), type_)

    def _known(self, type_: PublishedType, record: Record, place: str) -> Record:
        """What of a record the model has, at any depth of things in things."""
        actual = self._said(type_, record)
        found: Record = {}
        if record.get(_TYPE, f"#{actual.name}") != f"#{actual.name}":
            self._note(f"{place}/{_TYPE}", f"'{record[_TYPE]}' is no type that can be there")
        for name, value in record.items():
            member = actual.member(name)
            if name == _TYPE:
                if actual is not type_:
                    found[name] = f"#{actual.name}"
            elif member is None and not actual.open:
                self._note(f"{place}/{name}", f"{actual.name} has no such property")
            elif not isinstance(member, NavigationProperty):
                found[name] = value
            elif isinstance(member.type, PublishedType) and isinstance(value, dict | list):
                things = value if isinstance(value, list) else [value]
                inner = [each for each in things if isinstance(each, dict)]
                known = [self._known(member.type, each, f"{place}/{name}") for each in inner]
                if known:
                    found[name] = known if isinstance(value, list) else known[0]
        return found

    # All together ------------------------------------------------------------------------------

    def seeds(self) -> dict[str, Any]:
        """Records by path, all of which the model takes."""
        for (path, key), links in self._links.items():
            record = self._records.setdefault(path, {}).setdefault(key, {"id": key})
            for name, value in links.items():
                one = _TYPE in value
                _merge(record, {name: value if one else list(value.values())}, inside=True)
        found: dict[str, Any] = {}
        self._join()
        for path, by_key in sorted(self._records.items()):
            if path in self._declared:
                found[path] = list(by_key.values())
                continue
            good = [self._good(path, record, many=True) for record in by_key.values()]
            found[path] = [record for record in good if record is not None]
        for path, record in sorted(self._singles.items()):
            good_one = self._good(path, record, many=False)
            if good_one is not None:
                found[path] = good_one
        for path, key in self._whole:
            self.selected.pop(f"{path}/{key}", None)
        return found

    def _join(self) -> None:
        """Have what a record contains, and what was put there by a path of its own, be one."""
        for path in [*self._records]:
            inside = self._inside(path)
            if inside is not None:
                more = list(self._records.pop(path).values())
                inside[:] = _joined(inside, more)

    def _inside(self, path: str) -> list[Any] | None:
        """What a record has where a path leads into it."""
        first, *rest = path.split("/")
        found: Any = list(self._records.get(first, {}).values())
        for key, name in zip(rest[::2], rest[1::2], strict=False):
            holder: Record = next((each for each in found if each.get("id") == unquote(key)), {})
            found = holder.get(name)
            if not _are_things(found):
                return None
        return found if rest and len(rest) % 2 == 0 else None

    def _good(self, path: str, record: Record, *, many: bool) -> Record | None:
        """A record without what the model refuses; None where too little is left."""
        for _ in range(3):
            problems = self._problems(path, record, many=many)
            if not problems:
                return record
            names = {
                str(each.target or "").partition("/")[0].partition("[")[0] for each in problems
            }
            for each in problems:
                self._note(f"{path}/{record.get('id', '')}", f"{each.target}: {each.message}")
            if not names & record.keys():
                return None
            record = {name: value for name, value in record.items() if name not in names}
        return None

    def _problems(self, path: str, record: Record, *, many: bool) -> list[Problem]:
        problems: list[Problem] = []
        numbered = [(1 if many else None, record)]
        self._things.read(path, numbered, lambda _, each: problems.append(each), many=many)
        return problems


_SETS = frozenset(
    {"users", "groups", "applications", "servicePrincipals", "devices", "contacts", "sites"}
    | {"drives", "teams", "chats", "directoryRoles", "domains", "organization", "places"}
)


def _selected(query: str) -> frozenset[str]:
    """What a query selects; nothing where it selects all."""
    for name, value in parse_qsl(query):
        if name.casefold() in ("$select", "select"):
            return frozenset(filter(None, (each.strip() for each in value.split(","))))
    return frozenset()


def _merge(known: Record, more: Mapping[str, Any], *, inside: bool = False) -> None:
    """Have a record say what another one says besides; what is later wins, but null says less.
    ``inside``: things in lists are merged by their ids.
    """
    for name, value in more.items():
        if inside and _are_things(value) and _are_things(known.get(name)):
            known[name] = _joined(known[name], value)
        elif value is not None or name not in known:
            known[name] = value


def _are_things(value: Any) -> bool:
    """Whether it is a list of things with ids."""
    return isinstance(value, list) and all(
        isinstance(each, dict) and isinstance(each.get("id"), str) for each in value
    )


def _joined(known: Iterable[Record], more: Iterable[Record]) -> list[Record]:
    """Things of two lists, each id once."""
    found: dict[str, Record] = {}
    for each in (*known, *more):
        _merge(found.setdefault(each["id"], {}), each, inside=True)
    return list(found.values())
