"""Make the model file that comes with fakegraph from the published metadata; ``make model``.

    python -m tools.make_model ../shared/metadata fakegraph/edm/builtin/v1.0.model

From ``v1.0.csdl`` come types, operations and what paths begin with; from ``permissions.json`` which
method of which path needs which permission; from ``operations.jsonl`` what is documented of it.
Paths that the model does not have are left out: the permissions are those of beta as well.
``fakegraph/edm/surface.py`` reads what is written here and says what it means.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from fakegraph.edm.from_csdl import model_lines
from fakegraph.edm.lines import text_of
from fakegraph.edm.published import Operation, PublishedModel, PublishedType
from fakegraph.edm.types import CollectionType, NavigationProperty, Property, Type
from tools.sdk_model import SdkModel
from tools.sdk_sources import facts_of, read_from, sources_of

SOURCES = ("v1.0.csdl", "permissions.json", "operations.jsonl")
SCHEMES = ("DelegatedWork", "DelegatedPersonal", "Application")

Grants = dict[str, dict[str, bool]]
"""By scheme the permissions that are enough, each with whether it is the least."""


@dataclass
class Use:
    """What is known of one method at one place."""

    grants: Grants = field(default_factory=lambda: defaultdict(dict))
    statuses: set[int] = field(default_factory=set)
    options: set[str] = field(default_factory=set)

    def add(self, other: Use) -> None:
        for scheme, names in other.grants.items():
            for name, least in names.items():
                self.grants[scheme][name] = self.grants[scheme].get(name, False) or least
        self.statuses |= other.statuses
        self.options |= other.options


Uses = dict[tuple[str, str], Use]
"""By method and path."""


class Place(NamedTuple):
    """Where a path leads: its template, and the place that it shares with other paths."""

    template: str
    shared: str
    is_action: bool


def make(folder: Path, *sdks: str) -> str:
    """The text of the model file; ``sdks``: packages whose methods link to pages that are not
    among the ``operations``. Raises ModuleNotFoundError for one that is not installed.
    """
    lines = model_lines((folder / SOURCES[0]).read_bytes())
    model = PublishedModel(text_of(lines).encode())
    names = [each.name for each in model.types()]
    known = [each for sdk in sdks for each in SdkModel(facts_of(sources_of(sdk), names)).linked]
    if sdks:
        lines[0].append(f"sdks {read_from(*sdks)}")
    return text_of(lines + surface_lines(folder, model, known))


def surface_lines(
    folder: Path, model: PublishedModel, known: Iterable[tuple[str, str]] = ()
) -> list[list[str]]:
    """What is documented and permitted of the paths that a model has.

    ``known`` has methods with paths that are better than declared and yet not documented there.
    """
    permissions, operations = (folder / name for name in SOURCES[1:])
    lines: list[list[str]] = []
    exact: dict[str, dict[str, Use]] = defaultdict(lambda: defaultdict(Use))
    shared: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for (method, path), use in _uses(permissions, operations).items():
        place = Resolver(model).resolve(path)
        if place is not None and (method == "POST" or not place.is_action):
            exact[place.template][method].add(use)
            shared[place.shared][method].add(place.template)
    uses = {f"path {template}": methods for template, methods in exact.items()}
    for name, by_method in shared.items():
        uses[f"use {name}"] = {
            method: _nearest([exact[path][method] for path in sorted(paths, key=_distance)])
            for method, paths in by_method.items()
        }
    for method, path in known:
        place = Resolver(model).resolve(path)
        if place is not None and (method == "POST" or not place.is_action):
            uses.setdefault(f"use {place.shared}", {}).setdefault(method, Use())
    grants: dict[str, list[str]] = {}
    for key, methods in uses.items():
        lines.append([key, *(_method(name, methods[name], grants) for name in sorted(methods))])
    lines += [[f"permissions {name}", *columns] for name, columns in grants.items()]
    return lines + _permission_lines(permissions)


def _permission_lines(permissions: Path) -> list[list[str]]:
    """``permission User.Read``: for users, who may consent to it; for apps, an administrator."""
    lines = []
    for name, said in json.loads(permissions.read_bytes())["permissions"].items():
        schemes = said["schemes"] if said["authorizationType"] == "oAuth2" else {}
        by_admins = schemes.get("DelegatedWork", {}).get("requiresAdminConsent", False)
        who = {"DelegatedWork": "admin" if by_admins else "user", "Application": "admin"}
        columns = [f"{scheme} {by}" for scheme, by in who.items() if scheme in schemes]
        if columns:
            lines.append([f"permission {name}", *columns])
    return lines


def _distance(template: str) -> tuple[int, str]:
    return template.count("/"), template


def _nearest(uses: list[Use]) -> Use:
    """What is said of the shortest paths to a place, for those of which less is said.

    Of permissions, that of the shortest by which every kind of caller may come: the shortest of
    all, ``/drive``, is for personal accounts alone.
    """
    return Use(
        max(uses, key=lambda use: len(use.grants)).grants,
        next((use.statuses for use in uses if use.statuses), set()),
        next((use.options for use in uses if use.options), set()),
    )


def _method(method: str, use: Use, known: dict[str, list[str]]) -> str:
    """``GET 6be168 200 filter,select``: the permissions, the status and the query options."""
    columns = [
        " ".join([scheme, *sorted(names, key=lambda name: (not names[name], name))])
        for scheme in SCHEMES
        if (names := use.grants.get(scheme))
    ]
    name = hashlib.sha256("\t".join(columns).encode()).hexdigest()[:6] if columns else "-"
    if columns and known.setdefault(name, columns) != columns:
        raise ValueError(f"two sets of permissions are called {name}: use more digits")
    status = str(next(iter(use.statuses))) if len(use.statuses) == 1 else "-"
    options = ",".join(sorted(use.options)) or "-"
    return re.sub("( -)+$", "", f"{method} {name} {status} {options}")


_MISSPELT = re.compile(r"(?<=/)\(([\w-]+)\)(?=/)")  # a key in parentheses instead of braces


def _uses(permissions: Path, operations: Path) -> Uses:
    """What the two files say, by method and path as they spell them."""
    found: Uses = defaultdict(Use)
    for name, permission in json.loads(permissions.read_bytes())["permissions"].items():
        for path_set in permission["pathSets"]:
            for path, said in path_set["paths"].items():
                _grant(found, name, path_set, _MISSPELT.sub(r"{\1}", path), said)
    for line in operations.read_text().splitlines():
        operation = json.loads(line)
        use = found[operation["method"], operation["template"]]
        if "status" in operation:
            use.statuses.add(operation["status"])
        use.options |= {option.removeprefix("$") for option in operation.get("query", ())}
    return found


def _grant(found: Uses, name: str, path_set: dict[str, Any], path: str, said: str) -> None:
    """``said`` is such as ``least=DelegatedWork,Application;AlsoRequires=Policy.Read.All``."""
    parts = dict(part.split("=", 1) for part in said.split(";") if part)
    least = parts.get("least", "").split(",")
    written = name
    if "AlsoRequires" in parts:
        written += "+" + "|".join(sorted(parts["AlsoRequires"].split(",")))
    for method in path_set["methods"]:
        for scheme in path_set["schemeKeys"]:
            found[method, path].grants[scheme][written] = scheme in least


_BY_PATH = ":/{path}"
_ADDRESSED_BY_PATH = {
    "microsoft.graph.driveItem": ".drive/items/{id}",
    "microsoft.graph.site": "sites/{id}",
}
_WELL_KNOWN = ("inbox", "root")  # words that stand for a key: /sites/root
_PARAMETER = re.compile(r"\{[^{}]*\}")
_CALL = re.compile(r"([\w.]+)\((.*)\)")


class Resolver:
    """Reads one path of the sources against the model, segment by segment."""

    def __init__(self, model: PublishedModel) -> None:
        self._model = model
        self._template = ""
        self._shared = ""
        self._type: Type | None = None
        self._many = False
        self._is_action = False
        self._last: Operation | None = None
        self.walked_on: Operation | None = None
        """The last operation that the path goes on from."""

    def resolve(self, path: str) -> Place | None:
        """The place of a path, or None for one that the model does not have."""
        segments = list(_split(path))
        if not segments or not self._begin(segments[0]):
            return None
        for segment in segments[1:]:
            if not self._go_on(segment):
                return None
        return Place(self._template, self._shared, self._is_action)

    def _begin(self, segment: str) -> bool:
        name, arguments = _called(segment)
        root = self._model.root(name)
        if root is None or root.type is None:
            return False
        self._at(f"/{root.name}", root.name, root.type, root.many)
        return not arguments or self._key(arguments)

    def _at(self, segment: str, shared: str, type_: Type | None, many: bool) -> bool:
        closed = ":" if self._template.endswith(_BY_PATH) else ""
        self._template += closed + segment
        self._shared = shared
        self._type, self._many = type_, many
        self._is_action = False
        if self._last is not None:
            self.walked_on, self._last = self._last, None
        return True

    def _go_on(self, segment: str) -> bool:
        if segment == "$value" and self._many:
            return False  # a collection has none
        if segment in ("$ref", "$value", "$count"):
            return self._at(f"/{segment}", f"{self._shared}/{segment}", None, False)
        if segment == ":/":
            return self._by_path()
        type_ = self._type
        if not isinstance(type_, PublishedType):
            return False
        if self._many:
            if _PARAMETER.fullmatch(segment) or segment.lower() in _WELL_KNOWN:
                return self._at("/{id}", f"{self._shared}/{{id}}", type_, False)
            return self._cast(segment, type_) or self._operation(segment, type_)
        return (
            self._member(segment, type_)
            or self._operation(segment, type_)
            or self._cast(segment, type_)
        )

    def _by_path(self) -> bool:
        if not isinstance(self._type, PublishedType) or self._many:
            return False
        shared = _ADDRESSED_BY_PATH.get(self._type.name)
        return shared is not None and self._at(_BY_PATH, shared, self._type, False)

    def _cast(self, segment: str, type_: PublishedType) -> bool:
        cast = self._model.type_named(segment) if "." in segment else None
        if not isinstance(cast, PublishedType) or not cast.is_heir_of(type_):
            return False
        return self._at(f"/{cast.name}", self._shared, cast, self._many)

    def _member(self, segment: str, type_: PublishedType) -> bool:
        name, arguments = _called(segment)
        member = type_.member(name)
        if member is None and (of_heir := type_.member_of_heir(name)):
            type_, member = of_heir
        if isinstance(member, Property):
            owner = next(each for each in type_.chain if member.name in each.own_properties)
            many = isinstance(member.type, CollectionType)
            shared = f"{self._short(owner.name)}/{member.name}"
            return not arguments and self._at(f"/{member.name}", shared, member.type, many)
        if isinstance(member, NavigationProperty):
            shared = f"{self._short(member.owner)}/{member.name}"
            self._at(f"/{member.name}", shared, member.type, member.many)
            return not arguments or self._key(arguments)
        return False

    def _key(self, arguments: str) -> bool:
        """A key in parentheses: ``(appid={value})``; such a name is that of an alternate key."""
        if not self._many or not isinstance(self._type, PublishedType):
            return False
        name, equals, _ = arguments.partition("=")
        if not equals:
            return self._at("/{id}", f"{self._shared}/{{id}}", self._type, False)
        alternate = [alias for key in self._type.alternate_keys for alias in key if len(key) == 1]
        spelt = next((each for each in alternate if each.lower() == name.lower()), None)
        if spelt is None and self._type.find(name) is None:
            return False
        by_key = f"({spelt}={{{spelt}}})" if spelt else "/{id}"
        return self._at(by_key, f"{self._shared}/{{id}}", self._type, False)

    def _operation(self, segment: str, type_: PublishedType) -> bool:
        name, arguments = _called(segment)
        given = {part.partition("=")[0].strip().lower() for part in arguments.split(",") if part}
        found = list(self._operations(name, type_))
        for operation in found:
            names = {parameter.name.lower() for parameter in operation.parameters}
            required = {name.lower() for name in operation.required}
            if not given if operation.is_action else required <= given <= names:
                return self._called_on(operation, given)
        if len(found) == 1 and not given:  # some paths are written without the parameters
            return self._called_on(found[0], {name.lower() for name in found[0].required})
        return False

    def _operations(self, name: str, type_: PublishedType) -> Iterator[Operation]:
        """Those of the type, and where it has none of that name, of the types derived from it."""
        found = self._model.bound(name, type_, self._many)
        heirs = () if found else type_.descendants
        yield from found
        for heir in heirs:
            yield from self._model.bound(name, heir, self._many)

    def _called_on(self, operation: Operation, given: set[str]) -> bool:
        spelt = [p.name for p in operation.parameters if p.name.lower() in given]
        arguments = ",".join(f"{name}={{{name}}}" for name in spelt)
        call = f"{operation.name}({arguments})" if arguments else operation.name
        owner = self._short(str(operation.bound_to)) + ("*" if operation.bound_to_many else "")
        result = operation.result
        many = isinstance(result, CollectionType)
        item = result.item if isinstance(result, CollectionType) else result
        self._at(f"/{call}", f"{owner}/{operation.name}()", item, many)
        self._is_action, self._last = operation.is_action, operation
        return True

    def _short(self, name: str) -> str:
        return name.removeprefix(self._model.namespace)


def walked_on(folder: Path, model: PublishedModel) -> set[Operation]:
    """The functions that paths which are documented or permitted go on from."""
    found = set()
    for _, path in _uses(*(folder / name for name in SOURCES[1:])):
        resolver = Resolver(model)
        if resolver.resolve(path) is not None and resolver.walked_on is not None:
            found.add(resolver.walked_on)
    return found


def _called(segment: str) -> tuple[str, str]:
    match = _CALL.fullmatch(segment)
    return (match.group(1), match.group(2)) if match else (segment, "")


def _split(path: str) -> Iterator[str]:
    """The segments of a path; an address by path, which may end with a colon, is one, ``:/``."""
    for segment in re.sub(r":/(?:[^:]+:|[^:/]+)", "/:", path).strip("/").split("/"):
        yield ":/" if segment == ":" else segment


if __name__ == "__main__":
    source, target = map(Path, sys.argv[1:])
    missing = [str(source / name) for name in SOURCES if not (source / name).exists()]
    if missing:
        sys.exit(f"{', '.join(missing)}: not there; make model METADATA=FOLDER says where")
    target.write_text(make(source, "msgraph"))
