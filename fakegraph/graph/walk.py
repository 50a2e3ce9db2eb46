"""Walk: from the text of a path to a ``ResourcePath``, typed by the model, knowing no record.

A path is that of a URL behind its version, as the client sent it, percent-encoded:
``/users/ada@contoso.com/messages``. What only records can tell is left as it is written: ``me``,
well-known words, aliases, names that a type does not declare. The conventions are those of OData
4.01 Part 2, section 4, as Microsoft Graph goes by them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from fakegraph.edm.published import PublishedModel, PublishedType
from fakegraph.edm.surface import READ_AS_PART, READ_WITH_OWNER, Evidence, Surface, Use, Uses
from fakegraph.edm.types import Type
from fakegraph.graph import refusals
from fakegraph.graph.reader import Reader
from fakegraph.graph.resource_path import ResourcePath
from fakegraph.graph.segments import check_text, decoded, folded, is_open
from fakegraph.graph.shapes import ADDRESSED_BY_PATH, KEY, Shape, Value, service

MAX_LENGTH = 16_384  # about what the service takes of a URL
MAX_SEGMENTS = 100
MAX_SHAPES = 16_384
_KEPT = 2_048  # paths, of no more characters than ...
_SHORT = 256

# What can be nothing but a key: it has no dot, or beside it something that no name has; and no
# parentheses, and no equals sign but at its end. Whether it is an operation's name is asked apart.
_KEY = re.compile(r"(?:[^$(=.][^(=.]*+|[\w.]*+[^\w.$(=][^(=]*+)=*+")
_TENANT = "myorganization"  # may come first, and means the tenant that is asked anyway
_READ_BY_OWNER = READ_WITH_OWNER | READ_AS_PART
_SAME = {"me": "users/{id}"}  # who is signed in is one of the users
_OF_THE_MODEL = {"service": "GET", "metadata": "GET", "batch": "POST"}


class Walk:
    """Reads paths against one model. It may be shared by threads.

    What it has read is kept by shape, without ids, and no more than ``MAX_SHAPES`` of them; and the
    last short paths are, as clients ask for the same ones again.
    """

    def __init__(self, model: PublishedModel) -> None:
        self.model = model
        self.surface = Surface(model.lines)
        self._reader = Reader(model)
        self._start = self._begun()
        self._known = lru_cache(maxsize=_KEPT)(self._read)

    def __call__(self, path: str) -> ResourcePath:
        """What a path leads to. Raises GraphError (400) where the model has no such path."""
        return self._known(path) if len(path) <= _SHORT else self._read(path)

    def _read(self, path: str) -> ResourcePath:
        check_text(path)
        parts = path.split("/")
        if len(path) > MAX_LENGTH or len(parts) - parts.count("") > MAX_SEGMENTS:
            raise refusals.too_long(
                f"A path has at most {MAX_LENGTH} characters and {MAX_SEGMENTS} segments."
            )
        if self._reader.kept > MAX_SHAPES:
            self._reader.kept, self._start = 0, self._begun()
        return self._walked(parts)

    def uses(self, shape: Shape) -> Uses:
        """What the surface says of each method; kept with the shape."""
        if shape.uses is None:
            waiting = [shape]
            while shape.kind in _READ_BY_OWNER and shape.before is not None:
                shape = shape.before
                waiting.append(shape)
            uses: Uses = {}
            for each in reversed(waiting):
                uses = each.uses = each.uses or self._looked_up(each, uses)
            return uses
        return shape.uses

    def _looked_up(self, shape: Shape, owner: Uses) -> Uses:
        method = _OF_THE_MODEL.get(shape.kind)
        if method is not None:
            return {method: Use(method, Evidence.PERMITTED)}
        shared = shape.shared(self._reader.model.namespace)
        shared = _SAME.get(shared, shared)
        return self.surface.at(shape.template, shared, shape.kind, owner)

    @staticmethod
    def _begun() -> Shape:
        start = service()
        start.after[_TENANT] = service()
        return start

    def _walked(self, parts: list[str]) -> ResourcePath:
        shape, place = self._start, 0
        values: list[Value] = []
        while place < len(parts):
            raw = parts[place]
            place += 1
            if not raw or (shape.many and _stands_before_a_cast(parts, place)):
                continue
            text = decoded(raw)
            if "(" in text and is_open(text):
                text, place = self._closed(shape, text, parts, place)
            elif raw[-1] == ":" and raw != ":":
                following, value = self._next(shape, decoded(raw[:-1]))
                if not following.many and _has_paths(following.type):
                    if following.valued:
                        values.append(value)
                    shape, place = self._by_path(following, parts, place, values)
                    continue
            following, value = self._next(shape, text)
            if following.valued:
                values.append(value)
            shape = following
        return ResourcePath(shape, values, self.uses)

    def _next(self, shape: Shape, text: str) -> tuple[Shape, Value]:
        """What a segment leads to, and what stands in it; quickly, where that is known."""
        spelt = folded(text)
        following = shape.after.get(spelt)
        if following is not None:
            return following, ()
        following = shape.after.get(KEY)
        if following and _KEY.fullmatch(text) and spelt not in self._reader.operations:
            return following, text
        return self._reader.read(shape, text)

    def _closed(self, shape: Shape, text: str, parts: list[str], place: int) -> tuple[str, int]:
        """The segment with what follows, where a slash stands in its quotes."""
        if shape.many and not self._reader.may_be_name(text):
            return text, place
        for end in range(place, len(parts)):
            if decoded(parts[end]).count("'") % 2:
                return "/".join([text, *map(decoded, parts[place : end + 1])]), end + 1
        return text, place

    def _by_path(
        self, shape: Shape, parts: list[str], place: int, values: list[Value]
    ) -> tuple[Shape, int]:
        """What the names up to the next colon lead to, and where it goes on behind them.

        No name has a slash, so one that is coded parts names too: programs code a whole path.
        """
        names: list[str] = []
        closed = False
        while place < len(parts) and not closed:
            raw = parts[place]
            place += 1
            closed = raw.endswith(":")
            names += decoded(raw.removesuffix(":")).split("/")
        path = tuple(filter(None, names))
        if path:
            shape = self._reader.by_path(shape)
            values.append(path)
        return shape, place


def _stands_before_a_cast(parts: Sequence[str], place: int) -> bool:
    """Whether a segment is the ``$`` that old clients write before a cast: ``memberOf/$/a.b.c``."""
    is_sign = parts[place - 1] in ("$", "%24")
    return is_sign and place < len(parts) and "." in parts[place]


def _has_paths(type_: Type | None) -> bool:
    return isinstance(type_, PublishedType) and type_.name in ADDRESSED_BY_PATH
