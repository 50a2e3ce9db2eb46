"""What the sources of a Graph SDK for Python say of the service: types, enumerations and paths.

The SDKs (``msgraph-sdk``, ``msgraph-beta-sdk``) are generated from the service's description by
Kiota, so their text has nearly all of it. It is read as text; nothing of a package is imported.
Names and kinds alone are taken. ``sdk_model.py`` says what they mean in OData's terms.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import unquote

NAMESPACE = "microsoft.graph"
SDKS = {"msgraph": "msgraph-sdk", "msgraph_beta": "msgraph-beta-sdk"}
"""Their packages, with the names that pip knows them by."""

_FIELD = re.compile(
    r'^            "((?:[^"\\]|\\.)*)": lambda n : setattr\(self, \'\w+\', n\.(\w+)\(([^)]*)\)',
    re.M,
)
_CLASS = re.compile(r"^class (\w+)\((.*)\):", re.M)
_MEMBER = re.compile(r'^    \w+ = "([^"]*)",', re.M)
_OWN_NAME = re.compile(r'^    odata_type: Optional\[str\] = "#([^"]+)"', re.M)
_MAPPING = re.compile(
    r'mapping_value\.casefold\(\) == "#?([^"]+)"\.casefold\(\):\n'
    r"((?: +from \.[\w.]* import \w+\n)+)"
)
_IMPORT = re.compile(r"^\s*from (\.[\w.]*) import (\w+)$", re.M)
_TEMPLATE = re.compile(r'super\(\).__init__\(request_adapter, "([^"]*)"')
_METHOD = re.compile(
    r"^    async def (get|post|put|patch|delete)\(self,(?:body: ([^,]+), )?.*\) -> (.+):$", re.M
)
_ABOUT = re.compile(r'^class \w+RequestBuilder\(BaseRequestBuilder\):\n    """\n    (.*)$', re.M)
_ARGUMENTS = re.compile(
    r"def __init__\(self,request_adapter: RequestAdapter, "
    r"path_parameters: [^=]*?\]\](?:, (.*))?\) -> None:"
)
_ARGUMENT = re.compile(r"(\w+): Optional\[([\w.]+)\]")
_ON_THE_WIRE = re.compile(r"path_parameters\['([^']+)'\] = (\w+)")
_QUERY = re.compile(r"^        (\w+): Optional\[(.+)\] = None", re.M)
_RENAMED = re.compile(r'if original_name == "(\w+)":\s+return "([^"]+)"')
_LINKED = re.compile(
    r"^    async def (get|post|put|patch|delete)\(self,.*\n"
    r"((?:(?!    async def |    def ).*\n)*?) +Find more info here: (\S+)",
    re.M,
)

_KINDS = {
    "get_str_value": "String",
    "get_bool_value": "Boolean",
    "get_int_value": "Int64",
    "get_float_value": "Double",
    "get_datetime_value": "DateTimeOffset",
    "get_date_value": "Date",
    "get_time_value": "TimeOfDay",
    "get_timedelta_value": "Duration",
    "get_uuid_value": "Guid",
    "get_bytes_value": "Binary",
}
_PRIMITIVES = {
    "str": "String",
    "int": "Int64",
    "bool": "Boolean",
    "float": "Double",
    "UUID": "Guid",
    "datetime.datetime": "DateTimeOffset",
    "datetime.date": "Date",
    "datetime.time": "TimeOfDay",
    "datetime.timedelta": "Duration",
    "bytes": "Binary",
}

Module = tuple[str, ...]


@dataclass(frozen=True)
class Reference:
    """A type as something refers to it: ``String``, a qualified name, or the module of a body."""

    name: str
    many: bool = False


@dataclass(frozen=True)
class Field:
    """What a type says that it has."""

    name: str
    type: Reference


@dataclass(frozen=True)
class Structure:
    """A class with fields: a type of the service, or what is written for one body or answer."""

    name: str
    base: str | None
    fields: tuple[Field, ...]


@dataclass(frozen=True)
class Enumeration:
    """Its members in their order, and whether several may be set."""

    name: str
    members: tuple[str, ...]
    flags: bool


@dataclass(frozen=True)
class Route:
    """A path with braces for keys, and what may be done there.

    ``about`` is the generator's sentence on it, which says whether it calls something. ``linked``
    are the methods that have a page of documentation. ``arguments`` are the types of those in
    parentheses and of query parameters that are not the system's.
    """

    template: str
    answers: Mapping[str, Reference | None]
    bodies: Mapping[str, Reference | None]
    about: str
    linked: frozenset[str]
    arguments: Mapping[str, Reference]


@dataclass
class Facts:
    """All of one SDK. ``inline`` are the bodies and answers that have no name of the service's."""

    types: dict[str, Structure] = field(default_factory=dict)
    enums: dict[str, Enumeration] = field(default_factory=dict)
    inline: dict[str, Structure] = field(default_factory=dict)
    routes: list[Route] = field(default_factory=list)


def facts_of(generated: Path, spelt: Iterable[str] = ()) -> Facts:
    """What the folder ``generated`` of an installed SDK says; ten seconds of reading.

    ``spelt``: qualified names whose capitals are known; the sources do not have all of them.
    """
    return _Sources(generated, {name.casefold(): name for name in spelt}).facts()


class _Sources:
    """The texts of a package by module, and what the service calls each of its models."""

    def __init__(self, root: Path, spelt: Mapping[str, str]) -> None:
        self.texts: dict[Module, str] = {
            path.relative_to(root).with_suffix("").parts: path.read_text(encoding="utf-8")
            for path in root.rglob("*.py")
            if path.name != "__init__.py"
        }
        self.names = {m: spelt.get(name.casefold(), name) for m, name in self._names()}

    def facts(self) -> Facts:
        found, flags = Facts(), self._flags()
        for module, text in sorted(self.texts.items()):
            said = _CLASS.search(text)
            if said is None:
                continue
            if module[-1].endswith("_request_builder"):
                found.routes += self._routes(module, text)
            elif module not in self.names:
                if "Parsable" in said[2]:
                    name = "/".join(module)
                    found.inline[name] = self._structure(name, module, text, said[2])
            elif "Enum" in said[2]:
                name, members = self.names[module], tuple(_MEMBER.findall(text))
                found.enums[name] = Enumeration(name, members, name in flags)
            else:
                name = self.names[module]
                found.types[name] = self._structure(name, module, text, said[2])
        return found

    # Names ------------------------------------------------------------------------------------

    def _names(self) -> Iterator[tuple[Module, str]]:
        """The qualified name of each model: where the text has it, else by class and folder."""
        given = dict(self._given_names())
        spaces = {module[1:-1]: name.rpartition(".")[0] for module, name in given.items()}
        for module, text in self.texts.items():
            said = _CLASS.search(text) if module[0] == "models" else None
            if said is None:
                continue
            name, folder = given.get(module, ""), ".".join([NAMESPACE, *map(_camel, module[1:-1])])
            if name.rpartition(".")[2].casefold() == said[1].casefold():
                yield module, name
            elif module[-1] == module[-2]:  # a type named like its namespace is in its folder
                yield module, folder
            else:
                own = (said[1][:1].lower() + said[1][1:]).rstrip("_")
                yield module, f"{spaces.get(module[1:-1]) or folder}.{own}"

    def _given_names(self) -> Iterator[tuple[Module, str]]:
        """Modules with the name that they or the class they derive from are said to have."""
        for module, text in self.texts.items():
            if module[0] != "models":
                continue
            for name in _OWN_NAME.findall(text):
                yield module, name
            for name, imports in _MAPPING.findall(text):
                # Of two classes of one name both are imported.
                options = [_resolved(module, each) for each, _ in _IMPORT.findall(imports)]
                place = max(options, key=lambda option: _likeness(option, name))
                if place[0] == "models":
                    yield place, name

    def _imports(self, module: Module, text: str) -> dict[str, Module]:
        """Where the classes come from; of two of one name the first, as the service's namespace."""
        found: dict[str, Module] = {}
        for where, name in _IMPORT.findall(text):
            found.setdefault(name, _resolved(module, where))
        return found

    def _named(self, imports: Mapping[str, Module], class_: str, module: Module) -> str:
        target = imports.get(class_)
        if target is None:
            own = _CLASS.search(self.texts[module])
            target = module if own and own[1] == class_ else (class_,)
        return self.names.get(target, "/".join(target))

    # Types ------------------------------------------------------------------------------------

    def _structure(self, name: str, module: Module, text: str, bases: str) -> Structure:
        imports = self._imports(module, text)
        base = bases.split(",")[0].strip()
        named = self._named(imports, base, module) if base in imports else None
        return Structure(name, named, tuple(self._fields(module, text, imports)))

    def _fields(self, module: Module, text: str, imports: Mapping[str, Module]) -> Iterator[Field]:
        for name, getter, argument in _FIELD.findall(text):
            if name == "@odata.type":
                continue
            many = getter.startswith("get_collection")
            if getter == "get_collection_of_primitive_values":
                yield Field(name, Reference(_PRIMITIVES[argument], many))
            elif getter in _KINDS:
                yield Field(name, Reference(_KINDS[getter]))
            else:
                many = many and not _writes_flags(text, name)
                yield Field(name, Reference(self._named(imports, argument, module), many))

    def _flags(self) -> set[str]:
        """Enumerations that are read as lists and written as one value: several may be set."""
        found = set()
        for module, text in self.texts.items():
            for name, getter, argument in _FIELD.findall(text):
                if getter == "get_collection_of_enum_values" and _writes_flags(text, name):
                    found.add(self._named(self._imports(module, text), argument, module))
        return found

    # Paths ------------------------------------------------------------------------------------

    def _routes(self, module: Module, text: str) -> Iterator[Route]:
        said = _TEMPLATE.search(text)
        if said is None:
            return
        imports = self._imports(module, text)
        answers: dict[str, Reference | None] = {}
        bodies: dict[str, Reference | None] = {}
        for method, body, answer in _METHOD.findall(text):
            answers[method.upper()] = self._typed(answer, imports, module)
            bodies[method.upper()] = self._typed(body, imports, module) if body else None
        about = _ABOUT.search(text)
        yield Route(
            unquote(said[1])
            .replace("{+baseurl}", "")
            .partition("{?")[0]
            .partition("{&")[0]
            .partition("?")[0],
            answers,
            bodies,
            about[1] if about else "",
            frozenset(method.upper() for method, _, _ in _LINKED.findall(text)),
            dict(self._arguments(text, imports, module)),
        )

    def _arguments(
        self, text: str, imports: Mapping[str, Module], module: Module
    ) -> Iterator[tuple[str, Reference]]:
        head = _ARGUMENTS.search(text)
        given = dict(_ARGUMENT.findall(head[1] or "")) if head else {}
        for name, variable in _ON_THE_WIRE.findall(text):
            yield unquote(name), Reference(_PRIMITIVES.get(given.get(variable, "str"), "String"))
        renamed = dict(_RENAMED.findall(text))
        for variable, type_ in _QUERY.findall(text):
            name = unquote(renamed.get(variable, variable))
            if not name.startswith("$"):
                yield name, self._typed(type_, imports, module) or Reference("String")

    def _typed(self, text: str, imports: Mapping[str, Module], module: Module) -> Reference | None:
        text = text.strip().removeprefix("Optional[").removesuffix("]" * text.count("Optional["))
        if text == "None":
            return None
        many = text.startswith("list[")
        text = text.removeprefix("list[").removesuffix("]") if many else text
        return Reference(_PRIMITIVES.get(text) or self._named(imports, text, module), many)


def _camel(folder: str) -> str:
    first, *others = folder.split("_")
    return first + "".join(word[:1].upper() + word[1:] for word in others)


def _likeness(module: Module, name: str) -> tuple[bool, bool]:
    """Whether a class of that name is in that folder, or at least as deep."""
    space = ".".join([NAMESPACE, *map(_camel, module[1:-1])])
    return space == name.rpartition(".")[0], len(module) == name.count(".")


def _resolved(module: Module, dotted: str) -> Module:
    """``..x.y`` in a module, from the package's root."""
    rest = dotted.lstrip(".")
    folder = module[: len(module) - (len(dotted) - len(rest))]
    return (*folder, *(part for part in rest.split(".") if part))


def _writes_flags(text: str, name: str) -> bool:
    return f'writer.write_enum_value("{name}"' in text


def sources_of(package: str) -> Path:
    """The generated sources of an installed SDK. Raises ModuleNotFoundError."""
    found = find_spec(package)
    if found is None or found.origin is None:
        raise ModuleNotFoundError(f"{package} is not installed: pip install {SDKS[package]}")
    return Path(found.origin).parent / "generated"


def read_from(*packages: str) -> str:
    """What a model file says of the SDKs that it was made from: their names and versions."""
    return " ".join(f"{SDKS[each]}={version(SDKS[each])}" for each in packages)
