"""Which methods a model declares: those that OData has for the kind of thing that a path leads to,
less what the model's capability restrictions and its read-only properties rule out.
"""

from __future__ import annotations

from collections.abc import Mapping

from fakegraph.edm.lines import Lines, named

# By the kind of thing that a path leads to: the methods that OData has for it.
DECLARED: Mapping[str, tuple[str, ...]] = {
    "collection": ("GET", "POST"),
    "item": ("GET", "PATCH", "PUT", "DELETE"),
    "single": ("GET", "PATCH", "PUT", "DELETE"),
    "property": ("GET", "PATCH", "PUT", "DELETE"),
    "stream": ("GET", "PUT", "PATCH", "DELETE"),
    "value": ("GET", "PUT", "PATCH", "DELETE"),
    "count": ("GET",),
    "refs": ("GET", "POST", "DELETE"),
    "ref": ("GET", "PUT", "DELETE"),
    "action": ("POST",),
    "function": ("GET",),
}

_OPERATIONS = ("action", "function")
_REFERENCES = ("refs", "ref")
_ENTITIES = ("collection", "item", "single", "stream", "value")
_ENDS = ("/{id}", "/$ref", "/$value", "/$count")
_PROPERTIES = ("property", "stream", "value")
_WRITES = ("PATCH", "PUT", "DELETE")

# What a word of a model file rules out: for things of these kinds, these methods.
_RULED_OUT: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "CountRestrictions.Countable-": (("count",), ("GET",)),
    "DeleteRestrictions.Deletable-": (_ENTITIES, ("DELETE",)),
    "InsertRestrictions.Insertable-": (_ENTITIES, ("POST",)),
    "NavigationRestrictions.Navigability=None": (tuple(DECLARED), ("GET",)),
    "NavigationRestrictions.Referenceable-": (_REFERENCES, ("POST", "PUT", "DELETE")),
    "ReadRestrictions.ReadByKeyRestrictions.Readable-": (("item",), ("GET",)),
    "ReadRestrictions.Readable-": (_ENTITIES, ("GET",)),
    "UpdateRestrictions.Updatable-": (_ENTITIES, ("PATCH", "PUT")),
    "UpdateRestrictions.UpdateMethod=PATCH": (_ENTITIES, ("PUT",)),
    "UpdateRestrictions.UpdateMethod=PUT": (_ENTITIES, ("PATCH",)),
}


class DeclaredMethods:
    """The methods that the lines of a model declare."""

    def __init__(self, lines: Lines) -> None:
        self._lines = lines
        self._known: dict[str, Mapping[str, str]] = {}

    def methods(self, shared: str, kind: str) -> tuple[str, ...]:
        """Those of a thing of that kind; ``shared`` names it apart from the way to it."""
        if kind in _OPERATIONS:
            return DECLARED[kind]
        while shared.endswith(_ENDS):
            shared = shared.rpartition("/")[0]
        owner, _, member = shared.partition("/")
        columns = self._columns(f"type {owner}" if member else f"root {owner}")
        type_, marks = _type_of(member, columns)
        said = _capabilities(self._columns(f"type {type_}"), "") if "." in type_ else {}
        said |= _capabilities(columns, f"{member}/" if member else "")
        out = {
            method
            for word in said.values()
            if word in _RULED_OUT and kind in _RULED_OUT[word][0]
            for method in _RULED_OUT[word][1]
        }
        if kind in _PROPERTIES and ("=" in marks or "~" in marks):
            out.update(_WRITES)
        return tuple(method for method in DECLARED[kind] if method not in out)

    def _columns(self, key: str) -> Mapping[str, str]:
        if key not in self._known:
            self._known[key] = named((self._lines.find(key) or [key])[1:])
        return self._known[key]


def _type_of(member: str, columns: Mapping[str, str]) -> tuple[str, str]:
    """The type of a member, and the marks behind it; without a member, of a root."""
    if not member:
        return columns.get("set") or columns.get("singleton", ""), ""
    for column in ("navigation", "properties"):
        _, found, rest = f" {columns.get(column, '')}".partition(f" {member}:")
        if found:
            written = rest.partition(" ")[0]
            type_ = written.rstrip("*+!=~")
            return type_, written[len(type_) :]
    return "", ""


def _capabilities(columns: Mapping[str, str], prefix: str) -> dict[str, str]:
    """What is said of a member, or without a prefix of all, by capability."""
    found = {}
    for word in columns.get("capabilities", "").split():
        name, equals, _ = word.partition("=")
        about, slash, capability = (name if equals else name[:-1]).rpartition("/")
        if about + slash == prefix:
            found[capability] = word[len(prefix) :]
    return found
