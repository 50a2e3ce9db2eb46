"""From a model file to the CSDL document that it is of, as Microsoft Graph writes it.

``from_csdl.py`` reads it back to the same lines. It is written a piece at a time and straight from
the lines, so that a ``$metadata`` of megabytes makes no types and no tree.
https://docs.oasis-open.org/odata/odata-csdl-xml/v4.01/odata-csdl-xml-v4.01.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from fakegraph.chunks import in_chunks
from fakegraph.edm.annotations import (
    CAPABILITIES,
    CORE,
    TRUE,
    alternate_keys,
    annotated,
    annotation,
    attributes,
    by_member,
    element,
)
from fakegraph.edm.lines import MAGIC, UNSURE, Lines, named

_VOCABULARIES = "https://oasis-tcs.github.io/odata-vocabularies/vocabularies"
_BOUND_TO = "bindingParameter"
_MARKS = "*+!=~?^"
_INFERRED = annotation(f"{CORE}.Description", ' String="inferred"')
_PATH = "@EntitySetPath="
_STRUCTURED = {"entity": "EntityType", "complex": "ComplexType"}
_FLAGS = {"abstract": "Abstract", "open": "OpenType", "stream": "HasStream"}
_ROOTS = {"set": ("EntitySet", "EntityType"), "singleton": ("Singleton", "Type")}


def csdl_chunks(lines: Lines, told: Mapping[str, str] | None = None) -> Iterator[bytes]:
    """The document of the model that these lines are.

    ``told``: by target the annotations that are said of it in place of the model's own.
    """
    return in_chunks(text.encode() for text in _Document(lines, told or {}).texts())


class _Document:
    """The schemas of a model, with what is said of each kept until its types are written."""

    def __init__(self, lines: Lines, told: Mapping[str, str]) -> None:
        header = named((lines.find(MAGIC) or [])[1:])
        self.lines = lines
        self.home = header["namespace"]
        self.container = header.get("container")
        words = (word.partition("=") for word in header.get("aliases", "").split())
        self.aliases = {namespace: alias for alias, _, namespace in words}
        self.told = told
        self.references: dict[str, str] = {}
        self.said: dict[str, list[str]] = {}
        self.operations: dict[str, dict[str, list[str]]] = {}
        for columns in lines.starting("operation "):
            with lines.reading(columns[0]):
                self._sort_in(columns[1:])

    def _sort_in(self, overloads: Iterable[str]) -> None:
        for overload in overloads:
            kind, name, _ = overload.split(" ", 2)
            of = self.operations.setdefault(_namespace(self._full(name)), {})
            of.setdefault(kind.rstrip("+"), []).append(overload)

    def texts(self) -> Iterator[str]:
        """The document in pieces."""
        yield '<?xml version="1.0" encoding="utf-8"?>\n'
        yield '<edmx:Edmx Version="4.0" xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx">\n'
        for name in (CAPABILITIES, CORE):
            yield f'<edmx:Reference Uri="{_VOCABULARIES}/{name}.xml">'
            yield f'<edmx:Include Namespace="{name}"/></edmx:Reference>\n'
        yield "<edmx:DataServices>\n"
        for namespace in self._namespaces():
            yield from self._schema(namespace)
        yield "</edmx:DataServices>\n</edmx:Edmx>\n"

    def _namespaces(self) -> list[str]:
        """Those of all lines; that of the container is always there, and the first."""
        found = {*self.operations, *self.aliases}
        for kind in ("type", "term"):
            for columns in self.lines.starting(f"{kind} "):
                found.add(_namespace(self._full(columns[0].partition(" ")[2])))
        return [self.home, *sorted(found - {self.home})]

    def _schema(self, namespace: str) -> Iterator[str]:
        yield "<Schema" + attributes(Namespace=namespace, Alias=self.aliases.get(namespace))
        yield ' xmlns="http://docs.oasis-open.org/odata/ns/edm">\n'
        self.said = {}
        for name, columns in self._lines_of("type", namespace):
            with self.lines.reading(columns[0]):
                text = self._type(name, columns)
            yield text
        operations = self.operations.get(namespace, {})
        for kind in ("action", "function"):
            for overload in operations.get(kind, ()):
                with self.lines.reading(f"operation {_last(overload.split(' ', 2)[1])}"):
                    text = self._operation(overload)
                yield text
        for name, columns in self._lines_of("term", namespace):
            with self.lines.reading(columns[0]):
                text = self._term(name, columns)
            yield text
        if namespace == self.home:
            if self.container:
                yield self._container(self.container)
            self.said.update((target, [text]) for target, text in self.told.items())
        for target, texts in self.said.items():
            yield f"<Annotations{attributes(Target=target)}>\n{''.join(texts)}</Annotations>\n"
        yield "</Schema>\n"

    def _lines_of(self, kind: str, namespace: str) -> Iterator[tuple[str, list[str]]]:
        """The lines of a kind whose names are of that very namespace, by qualified name."""
        for columns in self.lines.starting(f"{kind} {self._short(namespace)}."):
            name = self._full(columns[0].partition(" ")[2])
            if _namespace(name) == namespace:
                yield name, columns

    # Names ------------------------------------------------------------------------------------

    def _full(self, written: str) -> str:
        return f"{self.home}{written}" if written.startswith(".") else written

    def _short(self, name: str) -> str:
        own = name == self.home or name.startswith(f"{self.home}.")
        return name.removeprefix(self.home) if own else name

    def _reference(self, written: str) -> str:
        """``.user*!`` as CSDL refers to it: ``Collection(graph.user)``."""
        known = self.references.get(written)
        if known is None:
            namespace, _, last = self._item(written).rpartition(".")
            name = f"{self.aliases.get(namespace, namespace)}.{last}"
            known = f"Collection({name})" if "*" in written else name
            self.references[written] = known
        return known

    def _item(self, written: str) -> str:
        """The qualified name of the type that such a text refers to."""
        name = written.rstrip(_MARKS).partition("(")[0]
        name = self._full(name.removeprefix("%"))
        return name if "." in name else f"Edm.{name}"

    def _typed(self, written: str) -> str:
        return attributes(
            Type=self._reference(written), Nullable="false" if "!" in written else None
        )

    # Types ------------------------------------------------------------------------------------

    def _type(self, name: str, columns: list[str]) -> str:
        parts = named(columns[1:])
        self._say(name, parts)
        if UNSURE in columns[1].split():
            self._add(name, _INFERRED)
        return self._enum(name, parts) if "enum" in parts else self._structured(name, parts)

    def _enum(self, name: str, parts: Mapping[str, str]) -> str:
        underlying = parts.get("underlying")
        opening = attributes(
            Name=_last(name),
            UnderlyingType=underlying and self._reference(underlying),
            IsFlags="true" if "flags" in parts["enum"] else None,
        )
        members = []
        following = 0
        for word in parts.get("members", "").split():
            member, equals, value = word.partition("=")
            following = int(value) if equals else following
            members.append(f"<Member{attributes(Name=member, Value=str(following))}/>\n")
            following += 1
        return element("EnumType", opening, members)

    def _structured(self, name: str, parts: Mapping[str, str]) -> str:
        kind = "entity" if "entity" in parts else "complex"
        flags = parts[kind].split()
        opening = attributes(
            Name=_last(name), BaseType=self._reference(parts["base"]) if "base" in parts else None
        )
        opening += "".join(f' {_FLAGS[flag]}="true"' for flag in flags if flag != UNSURE)
        inside = []
        if "keys" in parts:
            keys = (f"<PropertyRef{attributes(Name=key)}/>" for key in parts["keys"].split())
            inside.append(f"<Key>{''.join(keys)}</Key>\n")
        inside += [self._property(name, word) for word in parts.get("properties", "").split()]
        inside += [self._navigation(name, word) for word in parts.get("navigation", "").split()]
        if "alternate" in parts:
            inside.append(alternate_keys(parts["alternate"].split()))
        return element(_STRUCTURED[kind], opening, inside)

    def _property(self, owner: str, word: str) -> str:
        name, _, written = word.partition(":")
        if "=" in written:
            self._add(f"{owner}/{name}", annotation(f"{CORE}.Computed", TRUE))
        if "~" in written:
            self._add(f"{owner}/{name}", annotation(f"{CORE}.Immutable", TRUE))
        if "^" in written:
            self._add(f"{owner}/{name}", _INFERRED)
        return f"<Property{attributes(Name=name)}{self._typed(written)}{_scale(written)}/>\n"

    def _navigation(self, owner: str, word: str) -> str:
        name, _, written = word.partition(":")
        if "^" in written:
            self._add(f"{owner}/{name}", _INFERRED)
        contained = ' ContainsTarget="true"' if "+" in written else ""
        opening = f"{attributes(Name=name)}{self._typed(written)}{contained}"
        return f"<NavigationProperty{opening}/>\n"

    # Operations, terms and the container ------------------------------------------------------

    def _operation(self, overload: str) -> str:
        """``function+ .range .workbookWorksheet address:String? @IsURL+ -> .workbookRange``."""
        signature, _, result = overload.partition(" -> ")
        kind, written, bound, *others = signature.split()
        name = self._full(written)
        parameters = [word.partition(":")[::2] for word in others if not word.startswith("@")]
        path = next((word[len(_PATH) :] for word in others if word.startswith(_PATH)), None)
        opening = attributes(
            Name=_last(name),
            IsBound=None if bound == "-" else "true",
            EntitySetPath=None if path is None else "/".join(filter(None, (_BOUND_TO, path))),
            IsComposable="true" if kind.endswith("+") else None,
        )
        inside = [] if bound == "-" else [self._parameter(_BOUND_TO, bound)]
        inside += [self._parameter(parameter, type_) for parameter, type_ in parameters]
        if result:
            inside.append(f"<ReturnType{self._typed(result)}/>\n")
        types = [type_ for type_ in (bound, *(type_ for _, type_ in parameters)) if type_ != "-"]
        target = f"{name}({','.join(map(self._target_type, types))})"
        told = [word[1:] for word in others if word[0] == "@" and not word.startswith(_PATH)]
        self._add(target, *annotated(CORE, told))
        return element("Action" if kind == "action" else "Function", opening, inside)

    def _target_type(self, written: str) -> str:
        return f"Collection({self._item(written)})" if "*" in written else self._item(written)

    def _parameter(self, name: str, written: str) -> str:
        optional = [annotation(f"{CORE}.OptionalParameter")] if "?" in written else []
        return element("Parameter", attributes(Name=name) + self._typed(written), optional)

    def _term(self, name: str, columns: list[str]) -> str:
        applies = named(columns[2:]).get("applies")
        opening = attributes(Name=_last(name)) + self._typed(columns[1])
        return f"<Term{opening}{attributes(AppliesTo=applies)}/>\n"

    def _container(self, container: str) -> str:
        inside = []
        for columns in self.lines.starting("root "):
            with self.lines.reading(columns[0]):
                inside.append(self._root(container, columns))
        return element("EntityContainer", attributes(Name=container), inside)

    def _root(self, container: str, columns: list[str]) -> str:
        name = columns[0].partition(" ")[2]
        kind, _, written = columns[1].partition(" ")
        parts = named(columns[2:])
        self._say(f"{self.home}.{container}/{name}", parts)
        if kind == "import":
            kind = "Action" if self._is_action(written) else "Function"
            return f"<{kind}Import{attributes(Name=name, **{kind: self._full(written)})}/>\n"
        tag, attribute = _ROOTS[kind]
        opening = attributes(Name=name, **{attribute: self._full(written)})
        bindings = (word.partition("=") for word in parts.get("bindings", "").split())
        inside = [
            f"<NavigationPropertyBinding{attributes(Path=path, Target=target)}/>\n"
            for path, _, target in bindings
        ]
        return element(tag, opening, inside)

    def _is_action(self, written: str) -> bool:
        """Whether the operation of that name that is bound to nothing is an action."""
        columns = self.lines.find(f"operation {_last(written)}") or []
        return any(overload.startswith(f"action {written} -") for overload in columns[1:])

    # What is said of them ---------------------------------------------------------------------

    def _say(self, owner: str, parts: Mapping[str, str]) -> None:
        for column, vocabulary in (("capabilities", CAPABILITIES), ("core", CORE)):
            for member, words in by_member(parts.get(column, "").split()).items():
                place = f"{owner}/{member}" if member else owner
                self._add(place, *annotated(vocabulary, words))

    def _add(self, target: str, *said: str) -> None:
        if said and target not in self.told:
            self.said.setdefault(target, []).extend(said)


def _scale(written: str) -> str:
    """How many fractional digits a decimal of its own may have: 0 where nothing is said."""
    item = written.rstrip(_MARKS)
    if not item.startswith("Decimal") or "*" in written:
        return ""
    digits = item.removeprefix("Decimal").strip("()")
    return "" if digits == "0" else attributes(Scale=digits or "variable")


def _namespace(name: str) -> str:
    return name.rpartition(".")[0]


def _last(name: str) -> str:
    return name.rpartition(".")[2]
