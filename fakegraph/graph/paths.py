"""From the path of a URL to what it addresses.

The conventions are those of OData 4.01 Part 2 section 4 as Microsoft Graph uses them: segments in
any case, keys in parentheses or as a segment of their own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from enum import Enum
from functools import lru_cache
from typing import NamedTuple

from fakegraph.dataclass import dataclass
from fakegraph.edm.model import EntitySet, Function, Model, Resource
from fakegraph.edm.types import NAMESPACE
from fakegraph.errors import GraphError, bad_request
from fakegraph.graph.segments import decoded

#: What may stand behind the version, for the organization of the token, and changes nothing.
ORGANIZATION = "myorganization"

_VERSION_LIKE = re.compile(r"v?\d+(\.\d+)*", re.IGNORECASE)
_PARENTHESES = re.compile(r"([^()]*)\((.*)\)", re.DOTALL)
_NAMED = re.compile(rf"\$|{re.escape(NAMESPACE)}\.", re.IGNORECASE)  # what no key begins with
_KEY = re.compile(r"\s*(?:id\s*=\s*)?'((?:[^']|'')*)'\s*", re.IGNORECASE)


# SDKs write a whole address by path as one key: ``items/root%3A%2Fa%2Fb.txt%3A``.
# Others escape the path behind its colon as one segment: ``root:%2Fa%2Fb.txt:``.
_SHUT = re.compile(
    r"(/(?:items|sites)/[^/:]*?(?=%3A)|/(?:root|(?:items|sites|special)/[^/:]+):)"
    r"((?:%3A)?%2F[^/]*)",
    re.IGNORECASE,
)
_MARKS = re.compile(r"%(3A|2F)", re.IGNORECASE)


def _opened(found: re.Match[str]) -> str:
    """Such a key with its marks as they are; no name has them, so that all of them are marks."""
    return found[1] + _MARKS.sub(lambda mark: chr(int(mark[1], 16)), found[2])


class Kind(Enum):
    """The shapes of thing that a path can address."""

    COLLECTION = "collection"
    COUNT = "count"
    ENTITY = "entity"
    FUNCTION = "function"
    SERVICE = "service document"
    METADATA = "metadata"
    BATCH = "batch"

    __hash__ = object.__hash__  # each is one object, and Enum's own takes thrice as long


_ENDS = {
    Kind.COUNT: "/$count",
    Kind.ENTITY: "/{id}",
    Kind.SERVICE: "/",
    Kind.METADATA: "/$metadata",
    Kind.BATCH: "/$batch",
}
BATCH_SEGMENTS = ("$batch",)
_OF_THE_MODEL = {(): Kind.SERVICE, ("$metadata",): Kind.METADATA, BATCH_SEGMENTS: Kind.BATCH}


class Target(NamedTuple):
    """What a path addresses: something of a resource, or of the model itself (resource None).

    ``key`` is an entity's; ``arguments`` is what stands in a function's parentheses, None where
    there are none.
    """

    kind: Kind
    resource: Resource | None = None
    key: str = ""
    arguments: str | None = None

    @property
    def entity_set(self) -> EntitySet:
        """The set, where it is one that is addressed."""
        assert isinstance(self.resource, EntitySet)
        return self.resource

    @property
    def function(self) -> Function:
        """The function, where it is one that is addressed."""
        assert isinstance(self.resource, Function)
        return self.resource

    @property
    def permissions(self) -> tuple[str, ...]:
        """Any one of these is enough."""
        return () if self.resource is None else self.resource.permissions

    @property
    def path(self) -> str:
        """The path below the version, without a key."""
        if self.resource is None:
            return ""
        written = "" if self.arguments is None else f"({self.arguments})"
        return f"{self.resource.path}{written}"

    @property
    def route(self) -> str:
        """The path without its key: ``/reports/userCredentialUsageDetails/{id}``."""
        path = "" if self.resource is None else f"/{self.resource.path}"
        return path + _ENDS.get(self.kind, "")


@dataclass(eq=False)
class PathError(GraphError):
    """A path that leads nowhere, in the service's words; what else is known is for others to say.

    ``segments`` are those behind the version; ``declared``: they begin with a declared set.
    """

    version: str = ""
    segments: tuple[str, ...] = ()
    declared: bool = False


SHORT = 512
"""Characters of a path that is remembered: longer ones are few, and would take much memory."""


class Location(NamedTuple):
    """A path cut into its parts.

    ``prefix`` is what precedes the resource path, as the caller wrote it (``/tenants/t1/beta``,
    ``/beta``, or nothing where the version was left out); links in the answer begin with it.
    ``raw`` is the resource path, undecoded; ``segments`` are its parts, decoded.
    """

    prefix: str
    tenant: str | None
    version: str
    raw: str
    segments: tuple[str, ...]


def locate(raw_path: str, versions: tuple[str, ...]) -> Location:
    """Cut the undecoded path of a request into tenant, version and decoded resource segments.

    The first of ``versions`` is meant where the path names none. Raises GraphError (400) for a
    version that is not served, an empty segment, and a path that is not percent-encoded UTF-8.
    """
    if _SHUT.search(raw_path):
        raw_path = _SHUT.sub(_opened, raw_path)
    parts = _begun(raw_path.removesuffix("/").split("/"))
    if ":/" in raw_path:
        parts = _without_gaps(parts) if "" in parts else parts
        for part in parts[:-1]:
            if part.endswith(("http:", "https:")):
                raise _pasted(decoded(part))
    prefix, tenant = "", None
    if len(parts) > 1 and parts[0].casefold() == "tenants":
        tenant = _segments(parts[:2])[1]
        prefix = f"/{parts[0]}/{parts[1]}"
        parts = _begun(parts[2:])
    first = decoded(parts[0]) if parts else ""
    version = _spelt(versions).get(first.casefold())
    if version is not None:
        parts = _begun(parts[1:])
        if parts and parts[0].casefold() == ORGANIZATION:
            parts = _begun(parts[1:])
        return Location(f"{prefix}/{version}", tenant, version, "/".join(parts), _segments(parts))
    if _VERSION_LIKE.fullmatch(first):
        message = f"Invalid version. fakegraph serves {' and '.join(versions)}."
        raise PathError(400, "BadRequest", message, segments=_segments(_begun(parts[1:])))
    return Location(prefix, tenant, versions[0], "/".join(parts), _segments(parts))


_known = lru_cache(maxsize=4096)(locate)


def located(raw_path: str, versions: tuple[str, ...]) -> Location:
    """The same, remembered: clients ask for the same paths again."""
    return (_known if len(raw_path) <= SHORT else locate)(raw_path, versions)


@lru_cache(maxsize=16)
def _spelt(versions: tuple[str, ...]) -> Mapping[str, str]:
    """The versions, by their names in small letters."""
    return {version.casefold(): version for version in versions}


def _begun(parts: list[str]) -> list[str]:
    """From the first part on that is not empty: clients join a root and a path with two slashes."""
    start = 0
    while start < len(parts) and not parts[start]:
        start += 1
    return parts[start:]


def _without_gaps(parts: list[str]) -> list[str]:
    """The parts without empty ones among the names between ``:/`` and ``:``, which count for
    nothing.
    """
    found: list[str] = []
    inside = False
    for part in parts:
        if part or not inside:
            found.append(part)
        inside ^= part[-1:] == ":" and part != ":"
    return found


def _segments(parts: Sequence[str]) -> tuple[str, ...]:
    parts = _joined(parts)
    if "" in parts:
        raise bad_request(
            "Empty segment encountered in request URL. Please make sure that a valid request URL "
            "is specified. Two slashes stand together in its path."
        )
    found = tuple(map(decoded, parts))
    if len(found) == 1 and found[0].startswith("$"):  # $batch and $metadata, in any case
        return (found[0].lower(),)
    return found


def _joined(parts: Sequence[str]) -> Sequence[str]:
    """Without what is empty behind the colon that closes a path: ``root:/a.txt://content``, which
    the service takes, and clients send.
    """
    if "" not in parts:
        return parts
    colons = [number for number, part in enumerate(parts) if part.endswith(":")]
    behind = {number + 1 for number in colons[1::2]}
    return [part for number, part in enumerate(parts) if part or number not in behind]


def _pasted(segment: str) -> GraphError:
    """A link that was put behind the service root, or behind a path, instead of being called."""
    return bad_request(
        f"Resource not found for the segment '{segment}'. A whole URL stands in the path: links "
        "are called as they are. The JavaScript client takes them apart over https only, and with "
        "http pastes them: serve with --tls."
    )


def resolve(model: Model, segments: Sequence[str]) -> Target:
    """Find what resource segments address.

    Raises PathError (400) where the model has nothing, GraphError (400) for a bad key.
    """
    kind = _OF_THE_MODEL.get(tuple(segments))
    if kind is not None:
        return Target(kind)
    path = ""
    for position, segment in enumerate(segments):
        name, inside = _split_parentheses(segment)
        path = f"{path}/{name}" if path else name
        resource = model.find(path) or _qualified_function(model, path)
        if resource is not None:
            rest = list(segments[position + 1 :])
            if isinstance(resource, Function):
                return _resolve_function(resource, inside, rest)
            key = None if inside is None else _key(inside, segment)
            return _resolve_below(model, resource, key, rest)
        if inside is not None or not model.has_container(path):
            raise _not_found(segment, model, segments)
    raise _not_found(segments[-1], model, segments)


def _qualified_function(model: Model, path: str) -> Function | None:
    """The function that a path names with its namespace."""
    before, slash, name = path.rpartition("/")
    qualifier, _, short = name.rpartition(".")
    if qualifier.casefold() != NAMESPACE:
        return None
    found = model.find(f"{before}{slash}{short}")
    return found if isinstance(found, Function) else None


def _resolve_function(function: Function, inside: str | None, rest: list[str]) -> Target:
    if rest:
        raise bad_request(
            f"Resource not found for the segment '{rest[0]}'. Nothing can be addressed below "
            f"the result of the function {function.name}."
        )
    return Target(Kind.FUNCTION, function, arguments=inside)


def _resolve_below(model: Model, entity_set: EntitySet, key: str | None, rest: list[str]) -> Target:
    _drop_cast(entity_set, rest)
    if key is None and rest == ["$count"]:
        return Target(Kind.COUNT, entity_set)
    if key is None and rest and not _NAMED.match(rest[0]):
        key = rest.pop(0)
        _drop_cast(entity_set, rest)
    if rest:
        raise _nothing_below(model, entity_set, rest[0], key is not None)
    if key is None:
        return Target(Kind.COLLECTION, entity_set)
    return Target(Kind.ENTITY, entity_set, key)


def _drop_cast(entity_set: EntitySet, rest: list[str]) -> None:
    """A segment that casts to the type it already is changes nothing."""
    if rest and rest[0].casefold() == entity_set.type.name.casefold():
        rest.pop(0)


def _split_parentheses(segment: str) -> tuple[str, str | None]:
    match = _PARENTHESES.fullmatch(segment) if "(" in segment else None
    return (segment, None) if match is None else (match[1], match[2])


def _key(inside: str, segment: str) -> str:
    key = _KEY.fullmatch(inside)
    if key is None:
        raise bad_request(
            f"Bad Request - Error in query syntax. The key in '{segment}' must be one string in "
            "single quotes, as in ('KEY') or (id='KEY')."
        )
    return key[1].replace("''", "'")


def _not_found(segment: str, model: Model, segments: Sequence[str]) -> PathError:
    message = f"Resource not found for the segment '{segment}'."
    return PathError(400, "BadRequest", message, version=model.version, segments=tuple(segments))


def _nothing_below(model: Model, entity_set: EntitySet, segment: str, is_entity: bool) -> PathError:
    below = (
        "An entity is served whole" if is_entity else "A collection has keys and $count below it"
    )
    return PathError(
        400,
        "BadRequest",
        f"Resource not found for the segment '{segment}'. {below}: "
        f"fakegraph serves no '{segment}' under /{entity_set.path}.",
        version=model.version,
        segments=(*entity_set.path.split("/"), *("{id}",) * is_entity, segment),
        declared=True,
    )
