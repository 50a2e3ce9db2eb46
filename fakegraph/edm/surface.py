"""``Surface``: which method exists at which path, on what evidence, and who may use it.

A model declares six times the writes that the service takes. A model file therefore also has, for
each path that is documented or that a permission names, a line ``path /users/{id}/messages`` with
its methods; and for what paths lead to, by whichever way, a line ``use .user/messages``, which has
what is said of the shortest such paths. Of a method it says ``GET 6be168 200 filter,select``: the
line ``permissions 6be168``, the documented status and query options, ``-`` where there are none.
Which permissions there are is said by lines such as ``permission User.Read``: for users, for apps.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from enum import IntEnum
from functools import cached_property, lru_cache
from itertools import chain

from fakegraph.dataclass import dataclass
from fakegraph.edm.declared_methods import DECLARED, DeclaredMethods
from fakegraph.edm.lines import Lines, named


class Evidence(IntEnum):
    """How well it is known that a method exists at a path; the better, the greater."""

    DECLARED = 1  # the model has the path
    KNOWN = 2  # what the path leads to has that method by another path
    PERMITTED = 3  # that very path is documented, or a permission names it


_METHODS = frozenset(method for methods in DECLARED.values() for method in methods)

# Whoever may read what it belongs to may read this: nothing documents it apart from that.
READ_WITH_OWNER = frozenset({"property", "stream", "value", "count"})
# What can be read because its like can: an item of what may be listed, links to things.
READ_AS_PART = frozenset({"item", "ref", "refs"})
_WRITES = ("PATCH", "PUT", "DELETE")

CHANGED = {"PATCH": 204, "PUT": 200}
"""The statuses of changes, where the documented one is 201: that of making what is not there."""


@dataclass(frozen=True)
class Use:
    """One method at one path.

    ``status`` is that of a success, ``options`` the query options: where they are documented.
    """

    method: str
    evidence: Evidence
    status: int | None = None
    options: frozenset[str] | None = None
    permissions: Permissions | None = None


Uses = Mapping[str, Use]

_READ_WHERE_WRITTEN = frozenset({"item", "single"})
_REFERENCES = frozenset({"ref", "refs"})


def _readable(known: Uses, owner: Uses) -> Uses:
    """That a thing may be read: where what it is in may be listed, or where it may be changed."""
    like = [owner.get("GET"), *map(known.get, _WRITES)]
    for use in like:
        if "GET" not in known and use is not None and use.evidence > Evidence.DECLARED:
            return {"GET": Use("GET", Evidence.KNOWN, None, None, use.permissions)}
    return {}


def _read_by_all(use: Use, reading: Use) -> Use:
    """How bytes are read whose path some permissions name, for apps say: who signs in in a way
    that these leave out may read them as what they belong to.
    """
    if use.permissions is None or reading.permissions is None:
        return use
    return replace(use, permissions=use.permissions.or_else(reading.permissions))


def _of_items(found: Uses, owner: Uses) -> dict[str, Use]:
    """What may be done with an item: some permissions name its collection for it."""
    return {
        name: Use(name, Evidence.KNOWN, None, None, owner[name].permissions)
        for name in _WRITES
        if name in owner and name in found and owner[name].evidence is Evidence.PERMITTED
    }


def _linked(found: Uses, known: Uses, owner: Uses) -> dict[str, Use]:
    """What may be done with links: permissions name the path before ``/$ref`` for it."""
    more = {}
    for method, use in owner.items():
        if method in found and use.evidence is Evidence.PERMITTED:
            own = known.get(method) or Use(method, Evidence.KNOWN)
            more[method] = replace(own, permissions=own.permissions or use.permissions)
    return more


def _joining(found: Uses, known: Uses, leaving: Use | None) -> dict[str, Use]:
    """What may be done with links where they are added. Who may add one may take it away, there
    too; and where nothing says who may add one, it is who may take it away by its own path.
    """
    adds = known.get("POST")
    if adds is None:
        return {}
    if adds.permissions is None and leaving is not None:
        adds = replace(adds, permissions=leaving.permissions)
    takes = known.get("DELETE") or replace(adds, method="DELETE", status=None, options=None)
    takes = replace(takes, permissions=takes.permissions or adds.permissions)
    return {name: use for name, use in (("POST", adds), ("DELETE", takes)) if name in found}


class Permissions:
    """The permissions of which one is enough, by how the caller signed in: a scheme.

    ``schemes`` has ``DelegatedWork``, ``DelegatedPersonal``, ``Application``; a scheme that is not
    there cannot be used at all. The least permission comes first.
    """

    def __init__(self, columns: Mapping[str, str]) -> None:
        self._columns = columns

    @cached_property
    def schemes(self) -> Mapping[str, tuple[str, ...]]:
        """The names of the permissions."""
        return {
            scheme: tuple(word.partition("+")[0] for word in words.split())
            for scheme, words in self._columns.items()
        }

    def or_else(self, others: Permissions) -> Permissions:
        """These, and those of others for the schemes that are not here."""
        return Permissions({**others._columns, **self._columns})

    def allow(self, scheme: str, granted: Collection[str]) -> bool:
        """Whether these permissions are enough; some count only beside one of certain others."""
        granted = {*granted, *chain.from_iterable(map(included, granted))}
        for word in self._columns.get(scheme, "").split():
            name, _, others = word.partition("+")
            if name in granted and (not others or any(o in granted for o in others.split("|"))):
                return True
        return False


@lru_cache(maxsize=1024)
def included(name: str) -> tuple[str, ...]:
    """What a permission to a mailbox has within it, though pages of what needs the lesser one do
    not name it: who writes may read, and who comes to shared things comes to their own.
    """
    kind, _, rest = name.partition(".")
    what, _, reach = rest.partition(".")
    if kind not in _OF_MAILBOXES or what not in _WITHIN:
        return ()
    ends = {"Shared": (".Shared", ""), "": ("",)}.get(reach, (f".{reach}",))
    found = tuple(f"{kind}.{each}{end}" for each in _WITHIN[what] for end in ends)
    return found if reach else (*found, f"{kind}.ReadBasic.All")  # which is an app's least


_OF_MAILBOXES = frozenset({"Mail", "Calendars", "Contacts", "MailboxSettings", "Tasks"})
_WITHIN = {"ReadWrite": ("ReadWrite", "Read", "ReadBasic"), "Read": ("Read", "ReadBasic")}


def _completed(use: Use, known: Use | None) -> Use:
    """What is said of a path, and what is not from others that lead to the same."""
    if known is None:
        return use
    return replace(
        use,
        status=use.status or known.status,
        options=use.options or known.options,
        permissions=use.permissions or known.permissions,
    )


@dataclass(frozen=True)
class Permission:
    """What can be granted: by ``scheme``, ``DelegatedWork`` for users, ``Application`` for apps.

    ``by_admins``: whether an administrator has to consent.
    """

    name: str
    scheme: str
    by_admins: bool


class Surface:
    """What a model file says of paths. ``lines`` is that of a ``PublishedModel``."""

    def __init__(self, lines: Lines) -> None:
        self._lines = lines
        self._permissions: dict[str, Permissions] = {}
        self._declared = DeclaredMethods(lines)

    def at(self, template: str, shared: str, kind: str, owner: Uses | None = None) -> Uses:
        """What each method is at a path.

        ``template`` is the path as declared, with ``{id}`` for keys: ``/users/{id}/messages``.
        ``shared`` names what it leads to apart from the way: ``.user/messages``, after the type
        that declares the member. ``kind`` is one of ``DECLARED``. ``owner`` are the uses of the
        path before the last segment, which say who may read a property, a raw value or a count,
        and that one may be read of what may be listed. What may be changed may be read as well.
        """
        declared = self._declared.methods(shared, kind)
        found = {name: Use(name, Evidence.DECLARED) for name in declared}
        if kind in READ_WITH_OWNER and owner and "GET" in owner:
            reading = owner["GET"]
            found["GET"] = Use("GET", reading.evidence, None, None, reading.permissions)
        known = {use.method: use for use in self._uses(f"use {shared}", Evidence.KNOWN)}
        for use in self._uses(f"path {template}", Evidence.PERMITTED):
            known[use.method] = _completed(use, known.get(use.method))
        if kind == "value" and "GET" in known and "GET" in found:
            known["GET"] = _read_by_all(known["GET"], found["GET"])
        if kind in _READ_WHERE_WRITTEN and "GET" in found:
            known |= _readable(known, owner or {} if kind in READ_AS_PART else {})
        if kind == "item":
            known = {**_of_items(found, owner or {}), **known}
        if kind in _REFERENCES:
            known |= _linked(found, known, owner or {})
        if kind == "refs":
            known |= _joining(found, known, self._leaving(template, shared))
        return found | known

    def _leaving(self, template: str, shared: str) -> Use | None:
        """Who may take a link away by its own path."""
        keys = (f"path {template}", f"use {shared}")
        items = [key.removesuffix("/$ref") + "/{id}" for key in keys]
        for key in (*items, *(f"{each}/$ref" for each in items)):
            for use in self._uses(key, Evidence.KNOWN):
                if use.method == "DELETE" and use.permissions is not None:
                    return use
        return None

    def grantable(self) -> Iterator[Permission]:
        """Every permission that there is, one for users before the same for apps."""
        for key, *columns in self._lines.starting("permission "):
            with self._lines.reading(key):
                name = key.removeprefix("permission ")
                found = [self._grantable(name, column) for column in columns]
            yield from found

    def _grantable(self, name: str, column: str) -> Permission:
        """``DelegatedWork user``."""
        scheme, _, who = column.partition(" ")
        if scheme not in ("DelegatedWork", "Application") or who not in ("user", "admin"):
            raise ValueError(f"nobody grants as '{scheme} {who}'")
        return Permission(name, scheme, who == "admin")

    def permitted(self) -> Iterator[tuple[str, Uses]]:
        """Every path with evidence of its own, by template. This reads them all."""
        return self._all("path ", Evidence.PERMITTED)

    def known(self) -> Iterator[tuple[str, Uses]]:
        """What such paths lead to, by the name that it has apart from them. This reads them all."""
        return self._all("use ", Evidence.KNOWN)

    def _all(self, kind: str, evidence: Evidence) -> Iterator[tuple[str, Uses]]:
        for columns in self._lines.starting(kind):
            key = columns[0]
            yield key.removeprefix(kind), {use.method: use for use in self._uses(key, evidence)}

    def _uses(self, key: str, evidence: Evidence) -> list[Use]:
        columns = self._lines.find(key) or []
        with self._lines.reading(key):
            return [self._use(column, evidence) for column in columns[1:]]

    def _use(self, column: str, evidence: Evidence) -> Use:
        """``GET 6be168 200 filter,select``."""
        method, permissions, status, options = (*column.split(" "), "-", "-", "-")[:4]
        if method not in _METHODS:
            raise ValueError(f"there is no method '{method}'")
        return Use(
            method,
            evidence,
            None if status == "-" else int(status),
            None if options == "-" else frozenset(options.split(",")),
            None if permissions == "-" else self._named(permissions),
        )

    def _named(self, name: str) -> Permissions:
        if name not in self._permissions:
            columns = self._lines.find(f"permissions {name}")
            if columns is None:
                raise KeyError(f"permissions {name}")
            self._permissions[name] = Permissions(named(columns[1:]))
        return self._permissions[name]
