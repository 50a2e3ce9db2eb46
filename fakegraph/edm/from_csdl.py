"""From a CSDL document to a model file: facts of types, operations and what paths begin with.

https://docs.oasis-open.org/odata/odata-csdl-xml/v4.01/odata-csdl-xml-v4.01.html. ``published.py``
reads what is written here and says what the marks mean; ``to_csdl.py`` writes the document again.
What is in a document that no model file has is descriptions, facets other than those of decimals,
names of binding parameters, and annotations beyond capabilities and the terms of ``_CORE_TERMS``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from xml.etree.ElementTree import Element, ParseError, TreeBuilder, XMLParser

from fakegraph.edm.lines import FORMAT, MAGIC, text_of

MAX_BYTES = 32 << 20
MAX_DEPTH = 40
MAX_ELEMENTS = 600_000
MAX_BASES = 50

_EDM = "{http://docs.oasis-open.org/odata/ns/edm}"
_EDMX = "{http://docs.oasis-open.org/odata/ns/edmx}"
_CORE = "Org.OData.Core.V1."
_CAPABILITIES = "Org.OData.Capabilities.V1."
_CORE_TERMS = (
    "AutoExpand",
    "ExplicitOperationBindings",
    "IsLanguageDependent",
    "IsURL",
    "RequiresExplicitBinding",
    "Revisions",
)
_REVISION = ("Kind", "Date", "RemovalDate", "Version")
_INT32 = "Edm.Int32"
_IDENTIFIER = re.compile(r"[^\W\d]\w{0,127}")
_NAMESPACE = re.compile(rf"{_IDENTIFIER.pattern}(\.{_IDENTIFIER.pattern})*")
_INTEGER = re.compile(r"-?\d{1,19}", re.ASCII)
_COLLECTION = re.compile(r"Collection\((.+)\)")
_PLAIN = re.compile(r"[\w./-]*", re.ASCII)
_BETWEEN_WORDS = frozenset(" \t\r\n,;")


class CsdlError(ValueError):
    """A document that no model can be made of; the text says why."""


Columns = list[str]


def model_text(document: bytes) -> str:
    """The model file of a CSDL document. Raises CsdlError."""
    return text_of(model_lines(document))


def model_lines(document: bytes) -> list[Columns]:
    """The lines of that file, to add to them."""
    return _Document(_parsed(document)).lines()


class _BoundedTree(TreeBuilder):
    """A tree that refuses what can make a small document large: a document type, and depth."""

    def __init__(self) -> None:
        super().__init__()
        self._depth = self._elements = 0

    def start(self, tag: Any, attrs: Any) -> Element:
        self._depth += 1
        self._elements += 1
        if self._depth > MAX_DEPTH or self._elements > MAX_ELEMENTS:
            raise CsdlError(
                f"it has more than {MAX_ELEMENTS} elements, or nests them deeper than {MAX_DEPTH}"
            )
        return super().start(tag, attrs)

    def end(self, tag: Any) -> Element:
        self._depth -= 1
        return super().end(tag)

    def doctype(self, name: str, pubid: str, system: str) -> None:
        """Called by the parser where a document type, which may define entities, begins."""
        raise CsdlError("it has a document type declaration, which no CSDL document needs")


def _parsed(document: bytes) -> Element:
    if len(document) > MAX_BYTES:
        raise CsdlError(f"it is larger than {MAX_BYTES >> 20} MB")
    parser = XMLParser(target=_BoundedTree())
    try:
        parser.feed(document)
        root: Element = parser.close()
    except (ParseError, LookupError, ValueError) as error:
        if isinstance(error, CsdlError):
            raise
        raise CsdlError(f"it is not well-formed XML: {error}") from error
    if root.tag != f"{_EDMX}Edmx":
        raise CsdlError("it is not CSDL: the outermost element must be edmx:Edmx of OData 4")
    return root


class _Document:
    """What the document defines, and how its names are written in a model file."""

    def __init__(self, root: Element) -> None:
        self.schemas = list(root.iter(f"{_EDM}Schema"))
        if not self.schemas:
            raise CsdlError("it has no Schema of OData 4")
        self.aliases = {
            each.get("Alias"): _checked(each.get("Namespace"), _NAMESPACE)
            for each in (*self.schemas, *root.iter(f"{_EDMX}Include"))
        }
        container = next(root.iter(f"{_EDM}EntityContainer"), None)
        self.container = "" if container is None else _name(container)
        self.home = self._home_namespace()
        self.structured: dict[str, Element] = {}
        self.enums: dict[str, Element] = {}
        self.definitions: dict[str, str] = {}
        for schema, element in self._members("EntityType", "ComplexType"):
            self._define(self.structured, schema, element)
        for schema, element in self._members("EnumType"):
            self._define(self.enums, schema, element)
        for schema, element in self._members("TypeDefinition"):
            name = f"{schema.get('Namespace')}.{_name(element)}"
            self.definitions[name] = element.get("UnderlyingType", "")
        self.bases = {name: self._base_of(element) for name, element in self.structured.items()}
        self._check_bases()
        self.annotations = self._annotations()

    def lines(self) -> list[Columns]:
        """Every line, in no order."""
        heirs: dict[str, list[str]] = {}
        for name, base in self.bases.items():
            if base:
                heirs.setdefault(base, []).append(name)
        header = [MAGIC, f"format {FORMAT}", f"namespace {self.home}"]
        if self.container:
            header.append(f"container {self.container}")
        aliases = {each.get("Alias"): each.get("Namespace") for each in self.schemas}
        header += _columns({"aliases": sorted(f"{a}={name}" for a, name in aliases.items() if a)})
        structured = [
            self._structured_line(name, element, heirs.get(name, ()))
            for name, element in self.structured.items()
        ]
        enums = [self._enum_line(name, element) for name, element in self.enums.items()]
        others = (*self._operation_lines(), *self._root_lines(), *self._term_lines())
        return [header, *structured, *enums, *others]

    # Names ------------------------------------------------------------------------------------

    def _home_namespace(self) -> str:
        """The namespace that a model file leaves out: that of what paths begin with."""
        for schema in self.schemas:
            if schema.find(f"{_EDM}EntityContainer") is not None:
                return str(schema.get("Namespace"))
        return str(self.schemas[0].get("Namespace"))

    def _full(self, name: str) -> str:
        """A name with its namespace, where the document may have written an alias."""
        namespace, dot, last = name.rpartition(".")
        return f"{self.aliases.get(namespace, namespace)}{dot}{last}"

    def _short(self, name: str) -> str:
        return name.removeprefix(self.home) if name.startswith(f"{self.home}.") else name

    def _reference(self, type_: str | None) -> str:
        """A type as a model file refers to it: ``String``, ``.user*``, ``%.importance``."""
        many = _COLLECTION.fullmatch(type_ or "")
        name = self._full(many.group(1) if many else type_ or "")
        return self._item_reference(self.definitions.get(name, name)) + ("*" if many else "")

    def _item_reference(self, name: str) -> str:
        if name.startswith("Edm."):
            return _checked(name.removeprefix("Edm."), _IDENTIFIER)
        if name in self.enums:
            return f"%{self._short(name)}"
        if name not in self.structured:
            raise CsdlError(f"the type '{name[:80]}' is used and not defined")
        return self._short(name)

    # Definitions ------------------------------------------------------------------------------

    def _members(self, *tags: str) -> Iterator[tuple[Element, Element]]:
        """Each such element with the schema that it stands in."""
        for schema in self.schemas:
            for tag in tags:
                for element in schema.findall(f"{_EDM}{tag}"):
                    yield schema, element

    def _define(self, known: dict[str, Element], schema: Element, element: Element) -> None:
        name = f"{schema.get('Namespace')}.{_name(element)}"
        if name in self.structured or name in self.enums:
            raise CsdlError(f"the type '{name}' is defined twice")
        known[name] = element

    def _base_of(self, element: Element) -> str:
        base = element.get("BaseType")
        name = self._full(base) if base else ""
        if name and (name not in self.structured or self.structured[name].tag != element.tag):
            raise CsdlError(f"the base type '{base}' of '{_name(element)}' is not defined")
        return name

    def _check_bases(self) -> None:
        for name in self.bases:
            base = name
            for _ in range(MAX_BASES):
                base = self.bases.get(base, "")
            if base:
                raise CsdlError(
                    f"the type '{name}' is derived from itself, or over more than {MAX_BASES} types"
                )

    def _structured_line(self, name: str, element: Element, heirs: Iterable[str]) -> Columns:
        kind = "entity" if element.tag == f"{_EDM}EntityType" else "complex"
        flags = [
            flag
            for flag, attribute in (
                ("abstract", "Abstract"),
                ("open", "OpenType"),
                ("stream", "HasStream"),
            )
            if element.get(attribute) == "true"
        ]
        properties = element.findall(f"{_EDM}Property")
        navigation = element.findall(f"{_EDM}NavigationProperty")
        _check_distinct(name, [*properties, *navigation])
        parts = {
            "base": [self._short(self.bases[name])] if self.bases[name] else [],
            "heirs": [self._short(heir) for heir in sorted(heirs)],
            "keys": [
                ref.get("Name", "") for ref in element.iterfind(f"{_EDM}Key/{_EDM}PropertyRef")
            ],
            "alternate": self._alternate_keys(name),
            "properties": [self._property(name, each) for each in properties],
            "navigation": [self._navigation(each) for each in navigation],
            **self._annotated(name, properties + navigation),
        }
        return [f"type {self._short(name)}", " ".join([kind, *flags]), *_columns(parts)]

    def _enum_line(self, name: str, element: Element) -> Columns:
        flags = element.get("IsFlags") == "true"
        members, following = [], 0
        for member in element.findall(f"{_EDM}Member"):
            value = int(_checked(member.get("Value", str(following)), _INTEGER))
            members.append(_name(member) + ("" if value == following else f"={value}"))
            following = value + 1
        _check_distinct(name, element.findall(f"{_EDM}Member"))
        kind = "enum flags" if flags else "enum"
        underlying = element.get("UnderlyingType", _INT32)
        parts = {
            "underlying": [] if underlying == _INT32 else [self._reference(underlying)],
            "members": members,
            **self._annotated(name),
        }
        return [f"type {self._short(name)}", kind, *_columns(parts)]

    def _property(self, owner: str, element: Element) -> str:
        name = _name(element)
        reference = self._reference(element.get("Type"))
        if reference == "Decimal" and element.get("Scale", "0") not in ("variable", "floating"):
            reference = f"Decimal({_checked(element.get('Scale', '0'), _INTEGER)})"
        marks = "!" if element.get("Nullable") == "false" else ""
        told = self.annotations.get(f"{owner}/{name}", {})
        if _is_true(told.get(f"{_CORE}Computed")) or _may_only_be_read(told):
            marks += "="
        if _is_true(told.get(f"{_CORE}Immutable")):
            marks += "~"
        return f"{name}:{reference}{marks}"

    def _navigation(self, element: Element) -> str:
        marks = "+" if element.get("ContainsTarget") == "true" else ""
        marks += "!" if element.get("Nullable") == "false" else ""
        return f"{_name(element)}:{self._reference(element.get('Type'))}{marks}"

    # Operations and what paths begin with -----------------------------------------------------

    def _operation_lines(self) -> Iterator[Columns]:
        overloads: dict[str, Columns] = {}
        for schema, element in self._members("Action", "Function"):
            overload = self._overload(f"{schema.get('Namespace')}.{_name(element)}", element)
            overloads.setdefault(_name(element), []).append(overload)
        for name, columns in overloads.items():
            yield [f"operation {name}", *sorted(columns)]

    def _overload(self, name: str, element: Element) -> str:
        """``function+ .range .workbookWorksheet address:String? @IsURL+ -> .workbookRange``."""
        kind = element.tag.removeprefix(_EDM).lower()
        kind += "+" if element.get("IsComposable") == "true" else ""
        parameters = element.findall(f"{_EDM}Parameter")
        told = self._told_of_operation(name, element, parameters)
        bound = element.get("IsBound") == "true" and bool(parameters)
        words = [kind, self._short(name)]
        words.append(self._typed(parameters.pop(0)) if bound else "-")
        for parameter in parameters:
            optional = any(
                self._full(each.get("Term", "")) == f"{_CORE}OptionalParameter"
                for each in parameter.findall(f"{_EDM}Annotation")
            )
            words.append(f"{_name(parameter)}:{self._typed(parameter)}{'?' if optional else ''}")
        if bound and "EntitySetPath" in element.attrib:
            words.append(f"@EntitySetPath={element.attrib['EntitySetPath'].partition('/')[2]}")
        words += [f"@{word}" for word in _core_words("", told)]
        result = element.find(f"{_EDM}ReturnType")
        if result is not None:
            words += ["->", self._typed(result)]
        return _joined(words)

    def _told_of_operation(
        self, name: str, element: Element, parameters: list[Element]
    ) -> Mapping[str, Element]:
        """What is said of one overload: in it, or by its name and the types of its parameters."""
        types = [self._named_by(each.get("Type", "")) for each in parameters]
        targets = [name, f"{name}({','.join(types)})"]
        if element.tag == f"{_EDM}Action":
            targets.append(f"{name}({','.join(types[:1])})")
        inside: dict[str, dict[str, Element]] = {}
        self._add_annotations(inside, name, element)
        told: dict[str, Element] = {}
        for said in (*(self.annotations.get(target, {}) for target in targets), *inside.values()):
            told |= said
        return told

    def _typed(self, element: Element) -> str:
        return self._reference(element.get("Type")) + (
            "!" if element.get("Nullable") == "false" else ""
        )

    def _root_lines(self) -> Iterator[Columns]:
        for schema, container in self._members("EntityContainer"):
            for element in container:
                kind = element.tag.removeprefix(_EDM)
                if kind not in _ROOTS:
                    continue
                name, attribute = _name(element), _ROOTS[kind][1]
                target = self._full(element.get(attribute, ""))
                if kind in ("EntitySet", "Singleton") and target not in self.structured:
                    raise CsdlError(f"the type of '{name}' is not defined")
                bindings = [
                    f"{each.get('Path')}={each.get('Target')}"
                    for each in element.findall(f"{_EDM}NavigationPropertyBinding")
                ]
                place = f"{schema.get('Namespace')}.{_name(container)}/{name}"
                parts = {"bindings": sorted(bindings), **self._annotated(place)}
                yield [f"root {name}", f"{_ROOTS[kind][0]} {self._short(target)}", *_columns(parts)]

    def _term_lines(self) -> Iterator[Columns]:
        for schema, element in self._members("Term"):
            name = self._short(f"{schema.get('Namespace')}.{_name(element)}")
            applies = element.get("AppliesTo", "").split()
            yield [f"term {name}", self._typed(element), *_columns({"applies": applies})]

    # Annotations ------------------------------------------------------------------------------

    def _annotations(self) -> Mapping[str, Mapping[str, Element]]:
        """What is said, by target and term: inside of the target, and apart from it."""
        found: dict[str, dict[str, Element]] = {}
        for _, element in self._members("Annotations"):
            self._add_annotations(found, self._target(element.get("Target", "")), element)
        for name, type_ in (*self.structured.items(), *self.enums.items()):
            self._add_annotations(found, name, type_)
            for member in type_:
                self._add_annotations(found, f"{name}/{member.get('Name')}", member)
        for schema, container in self._members("EntityContainer"):
            for member in container.findall("*"):
                place = f"{schema.get('Namespace')}.{_name(container)}/{member.get('Name')}"
                self._add_annotations(found, place, member)
        return found

    def _target(self, text: str) -> str:
        """A target with the namespaces that aliases stand for; of overloads the types as well."""
        owner, slash, part = text.partition("/")
        name, bracket, types = owner.partition("(")
        if bracket:
            inner = types.removesuffix(")").split(",")
            types = f"{','.join(self._named_by(each.strip()) for each in inner)})"
        return f"{self._full(name)}{bracket}{types}{slash}{part}"

    def _named_by(self, type_: str) -> str:
        many = _COLLECTION.fullmatch(type_)
        return f"Collection({self._full(many.group(1))})" if many else self._full(type_)

    def _add_annotations(
        self, found: dict[str, dict[str, Element]], target: str, element: Element
    ) -> None:
        for annotation in element.findall(f"{_EDM}Annotation"):
            term = self._full(annotation.get("Term", ""))
            found.setdefault(target, {})[term] = annotation

    def _alternate_keys(self, name: str) -> list[str]:
        annotation = self.annotations.get(name, {}).get(f"{_CORE}AlternateKeys")
        if annotation is None:
            return []
        keys = []
        for record in annotation.iterfind(f"{_EDM}Collection/{_EDM}Record"):
            parts = [_fields(each) for each in record.iter(f"{_EDM}Record") if each is not record]
            named = [(part["Name"], part.get("Alias") or part["Name"]) for part in parts]
            keys.append(",".join(p if p == alias else f"{alias}={p}" for p, alias in named))
        return sorted(keys)

    def _annotated(self, owner: str, members: Iterable[Element] = ()) -> dict[str, list[str]]:
        """The columns of what is said of something, and after ``name/`` of its members."""
        targets = {"": owner} | {f"{m.get('Name')}/": f"{owner}/{m.get('Name')}" for m in members}
        told = {prefix: self.annotations.get(place, {}) for prefix, place in targets.items()}
        return {
            "capabilities": [w for at, said in told.items() for w in _capability_words(at, said)],
            "core": [word for at, said in told.items() for word in _core_words(at, said)],
        }


def _capability_words(prefix: str, told: Mapping[str, Element]) -> list[str]:
    return sorted(
        f"{prefix}{word}"
        for term, annotation in told.items()
        if term.startswith(_CAPABILITIES)
        for word in _words(term.removeprefix(_CAPABILITIES), annotation)
    )


def _core_words(prefix: str, told: Mapping[str, Element]) -> list[str]:
    return [
        f"{prefix}{word}"
        for term in _CORE_TERMS
        if (annotation := told.get(f"{_CORE}{term}")) is not None
        for word in (_revisions if term == "Revisions" else _words)(term, annotation)
    ]


_ROOTS: Mapping[str, tuple[str, str]] = {
    "EntitySet": ("set", "EntityType"),
    "Singleton": ("singleton", "Type"),
    "FunctionImport": ("import", "Function"),
    "ActionImport": ("import", "Action"),
}

_PATHS = tuple(f"{_EDM}{kind}" for kind in ("PropertyPath", "NavigationPropertyPath", "String"))


def _words(name: str, annotation: Element) -> list[str]:
    """``Insertable-``, ``UpdateMethod=PUT``: what it says, but for what takes a sentence."""
    if len(annotation) == 0 and annotation.attrib.keys() <= {"Term", "Qualifier"}:
        return [f"{name}+"]  # a tag
    return list(_said(name, annotation))


def _said(name: str, element: Element) -> Iterator[str]:
    for value in element.findall(f"{_EDM}Record/{_EDM}PropertyValue"):
        yield from _said(f"{name}.{value.get('Property')}", value)
    listed = [
        (each.text or "").strip()
        for each in element.findall(f"{_EDM}Collection/*")
        if each.tag in _PATHS
    ]
    truth, member = _constant(element, "Bool"), _constant(element, "EnumMember")
    if truth is not None:
        yield f"{name}{'+' if truth == 'true' else '-'}"
    elif listed and not any(set(text) & _BETWEEN_WORDS for text in listed):
        yield f"{name}={','.join(listed)}"
    elif member is not None:
        yield f"{name}={','.join(_member_names(member))}"


def _revisions(name: str, annotation: Element) -> list[str]:
    """``Revisions=Deprecated,2024-04-10,2026-04-10,2024-01/Deprecation``, with ``;`` between."""
    found = []
    for record in annotation.iterfind(f"{_EDM}Collection/{_EDM}Record"):
        fields = _fields(record)
        said = [fields.get(part, "").rpartition("RevisionKind/")[2] for part in _REVISION]
        found.append(",".join(text if _PLAIN.fullmatch(text) else "" for text in said))
    return [f"{name}={';'.join(found)}"] if found else []


def _constant(element: Element, *kinds: str) -> str | None:
    """The value of such a constant expression: an attribute, or an element inside."""
    for kind in kinds:
        child = element.find(f"{_EDM}{kind}")
        text = element.get(kind) if child is None else child.text or ""
        if text is not None:
            return text.strip()
    return None


def _member_names(text: str) -> list[str]:
    """The names of the members of an enumeration: ``Org.…V1.Permission/Read``, or several."""
    return [member.rpartition("/")[2] for member in text.split()]


def _fields(record: Element) -> dict[str, str]:
    kinds = ("PropertyPath", "Path", "String", "Date", "EnumMember")
    return {
        value.get("Property", ""): _constant(value, *kinds) or ""
        for value in record.findall(f"{_EDM}PropertyValue")
    }


def _is_true(annotation: Element | None) -> bool:
    return annotation is not None and (_constant(annotation, "Bool") or "true") == "true"


def _may_only_be_read(told: Mapping[str, Element]) -> bool:
    annotation = told.get(f"{_CORE}Permissions")
    member = None if annotation is None else _constant(annotation, "EnumMember")
    return member is not None and _member_names(member) == ["Read"]


def _columns(parts: Mapping[str, list[str]]) -> Columns:
    return [_joined([name, *words]) for name, words in parts.items() if words]


def _joined(words: list[str]) -> str:
    """Words of a column with blanks between them; none may have a blank of its own."""
    column = " ".join(words)
    if column.split() != words:
        wrong = next(word for word in words if word.split() != [word])
        raise CsdlError(f"'{wrong[:80]}' stands where a name or path of CSDL should")
    return column


def _name(element: Element) -> str:
    return _checked(element.get("Name"), _IDENTIFIER)


def _checked(text: str | None, pattern: re.Pattern[str]) -> str:
    if text is None or pattern.fullmatch(text) is None:
        raise CsdlError(f"'{(text or '')[:80]}' stands where a name or number of CSDL should")
    return text


def _check_distinct(owner: str, members: list[Element]) -> None:
    names = [member.get("Name") for member in members]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise CsdlError(f"'{owner}' has '{twice}' twice")
