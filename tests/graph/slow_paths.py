"""A second, slow reading of paths, straight off a CSDL document: what ``Walk`` is compared with.

It shares no code with fakegraph, and looks through the elements of the document for each segment. A path may be a template of the published sources, in which ``{…}`` stands for a key or an
argument; ``Reading.url`` is then a URL of it, with values of the right types.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import unquote
from xml.etree import ElementTree

EDM = "{http://docs.oasis-open.org/odata/ns/edm}"
HAS_PATHS = ("microsoft.graph.driveItem", "microsoft.graph.site")
LITERALS = {
    "Edm.Boolean": "true",
    "Edm.Date": "2024-02-29",
    "Edm.DateTimeOffset": "2024-02-29T12:00:00.1234567%2B01:00",
    "Edm.Int32": "42",
    "Edm.String": "'It''s%20%C3%A9'",
    "Collection(Edm.String)": '["a","b"]',
}
KEYS = (
    "48d31887-5fad-4d73-a9f5-3c356e68a038",
    "ada@contoso.com",
    "AAMkAGI2THVSAAA=",
    "19:4b6b@thread.tacv2",
    "contoso.sharepoint.com,2C712604-1370-44E7-A1F5-426573FDA80A",
    "inbox",
    "a%2Fb%2B%C3%A9'",
    "12",
)
WELL_KNOWN = ("inbox", "root")


@dataclass
class Reading:
    """What a path leads to, so far. ``operation`` is its qualified name and what is given to it."""

    type: str | None
    many: bool
    operation: tuple[str, frozenset[str]] | None = None
    url: str = ""
    composable: bool = True
    passed: list[tuple[str | None, bool]] = field(default_factory=list)


class SlowReader:
    def __init__(self, document) -> None:
        root = ElementTree.parse(document).getroot()
        self.aliases = {s.get("Alias"): s.get("Namespace") for s in root.iter(f"{EDM}Schema")}
        self.container = list(next(root.iter(f"{EDM}EntityContainer")))
        self.types, self.heirs, self.enums, self.alternate = {}, {}, {}, {}
        self.called_so = {}
        for schema in root.iter(f"{EDM}Schema"):
            for element in schema:
                self.define(f"{schema.get('Namespace')}.{element.get('Name')}", element)

    # Declarations ---------------------------------------------------------------------------

    def define(self, name, element):
        kind = element.tag.removeprefix(EDM)
        if kind in ("EntityType", "ComplexType"):
            self.types[name.lower()] = (name, element)
            base = element.get("BaseType")
            self.heirs.setdefault(self.full(base) if base else None, []).append(name)
            self.annotated(name, element)
        elif kind == "EnumType":
            self.enums[name] = element
        elif kind in ("Action", "Function"):
            self.called_so.setdefault(element.get("Name").lower(), []).append((name, element))
        elif kind == "Annotations":
            self.annotated(self.full(element.get("Target")), element)

    def annotated(self, name, element):
        for child in element:
            if child.get("Term", "").endswith("AlternateKeys"):
                self.alternate[name] = child

    def full(self, name):
        if name.startswith("Collection("):
            return f"Collection({self.full(name[11:-1])})"
        head, _, tail = name.rpartition(".")
        return f"{self.aliases.get(head, head)}.{tail}"

    def bases(self, name):
        found = []
        while name:
            spelt, element = self.types[name.lower()]
            found.append(spelt)
            name = self.full(element.get("BaseType")) if element.get("BaseType") else None
        return found

    def derived(self, name):
        """Types derived from it, nearest first, each generation by name."""
        generation = [name]
        while generation:
            generation = sorted(h for type_ in generation for h in self.heirs.get(type_, ()))
            yield from generation

    def member(self, type_, name):
        for base in self.bases(type_):
            for child in self.types[base.lower()][1]:
                if child.tag.endswith("Property") and child.get("Name").lower() == name.lower():
                    return child
        return None

    def key_of(self, type_):
        for base in self.bases(type_):
            for child in self.types[base.lower()][1].iter(f"{EDM}PropertyRef"):
                return child.get("Name")
        return None

    def alternate_keys(self, type_):
        return [
            value.get("PropertyPath") or value.get("String")
            for base in self.bases(type_)
            if base in self.alternate
            for value in self.alternate[base].iter(f"{EDM}PropertyValue")
            if value.get("Property") == "Name"
        ]

    def is_structured(self, type_):
        return (type_ or "").lower() in self.types

    def is_entity(self, type_):
        found = self.types.get((type_ or "").lower())
        return found is not None and found[1].tag.endswith("EntityType")

    def operations(self, name, type_, many):
        """The overloads of a name that are bound to exactly that."""
        binding = f"Collection({type_})" if many else type_
        return [
            (full, element)
            for full, element in self.called_so.get(name.rpartition(".")[2].lower(), ())
            if name.lower() in (full.lower(), element.get("Name").lower())
            and self.full(element.find(f"{EDM}Parameter").get("Type")) == binding
        ]

    # Reading --------------------------------------------------------------------------------

    def read(self, path, template=False):
        """What a path leads to, or None."""
        at = None
        for place, segment in enumerate(_segments(path)):
            at = self.go_on(at, segment, template, place) if place else self.begin(segment)
            if at is None:
                return None
            at.passed.append((at.type, at.many))
        return at

    def begin(self, segment):
        name, arguments = _call(segment)
        for each in self.container:
            if each.get("Name").lower() == name.lower():
                type_ = self.full(each.get("EntityType") or each.get("Type"))
                at = Reading(type_, each.tag.endswith("EntitySet"), url=f"/{name}")
                return at if arguments is None else self.in_parentheses(at, arguments)
        return None

    def go_on(self, at, segment, template, place):
        if not at.composable:
            return None
        low = segment.lower()
        if low == "$value":
            whole = self.is_entity(at.type)
            raw = at.type is not None and not self.is_structured(at.type)
            return (
                None
                if at.many or not (whole or raw)
                else self.to(at, segment, "Edm.Stream" if whole else at.type, False, ends=True)
            )
        if low == "$count":
            return self.to(at, segment, "Edm.Int32", False, ends=True) if at.many else None
        if low == "$ref":
            there = self.is_entity(at.type)
            return self.to(at, segment, at.type, at.many, ends=True) if there else None
        if segment.startswith(":"):
            addressed = at.type in HAS_PATHS and not at.many
            return self.to(at, segment, at.type, False) if addressed else None
        if not self.is_structured(at.type):
            return None
        if at.many:
            found = self.cast(at, segment) or self.called(at, segment)
            key = re.fullmatch(r"\{[^{}]*\}", segment) or low in WELL_KNOWN or not template
            if found is None and key and self.is_entity(at.type):
                text = self.key(at.type, place) if template and low not in WELL_KNOWN else segment
                found = self.to(at, text, at.type, False)
            return found
        return (
            self.to_member(at, segment, at.type)
            or self.called(at, segment)
            or self.cast(at, segment)
            or next(
                filter(None, (self.to_member(at, segment, t) for t in self.derived(at.type))), None
            )
        )

    def to(self, at, segment, type_, many, ends=False, operation=None):
        type_, many = (type_[11:-1], True) if (type_ or "").startswith("Coll") else (type_, many)
        path = "" if segment.startswith((":", "(")) else "/"
        return Reading(type_, many, operation, at.url + path + segment, not ends, at.passed)

    def key(self, type_, place):
        if self.full(self.member(type_, self.key_of(type_)).get("Type")) == "Edm.String":
            return KEYS[(place + len(type_)) % len(KEYS)]
        return "7"

    def to_member(self, at, segment, type_):
        name, arguments = _call(segment)
        member = self.member(type_, name)
        if member is None:
            return None
        stream = member.get("Type") == "Edm.Stream"
        found = self.to(at, name, self.full(member.get("Type")), False, ends=stream)
        return found if arguments is None else self.in_parentheses(found, arguments)

    def cast(self, at, segment):
        name, arguments = _call(segment)
        cast, _ = self.types.get(name.lower(), (None, None))
        if cast is None:
            return None
        if at.type not in self.bases(cast) and cast not in self.bases(at.type):
            return None
        found = self.to(at, name, cast, at.many)
        return found if arguments is None else self.in_parentheses(found, arguments)

    def in_parentheses(self, at, arguments):
        """A key: one value, or one of the names that keys have."""
        if not (at.many and self.is_entity(at.type)) or len(arguments) != 1:
            return None
        ((name, _),) = arguments
        known = {each.lower() for each in (self.key_of(at.type), *self.alternate_keys(at.type))}
        if name and name.lower() not in known:
            return None
        url = f"({name}='x%27%27y')" if name else "('x')"
        at.passed.append((at.type, at.many))
        return self.to(at, url, at.type, False)

    def called(self, at, segment):
        name, arguments = _call(segment)
        for type_ in (*self.bases(at.type), *self.derived(at.type)):
            overloads = self.operations(name, type_, at.many)
            found = self.overload(at, name, arguments, overloads)
            if found is not None:
                return found
        return None

    def overload(self, at, name, arguments, overloads):
        given = [key.lower() for key, _ in arguments or ()]
        shapes = [(n, e, e.findall(f"{EDM}Parameter")[1:]) for n, e in overloads]
        if not arguments and len(shapes) == 1 and shapes[0][1].tag.endswith("Function"):
            given = [p.get("Name").lower() for p in shapes[0][2] if not len(p)]
        for full, element, parameters in sorted(shapes, key=lambda shape: len(shape[2])):
            names = {p.get("Name").lower() for p in parameters}
            needed = {p.get("Name").lower() for p in parameters if not len(p)}  # no annotation
            if element.tag.endswith("Action"):
                fits = not given
                parameters = []
            else:
                fits = needed <= set(given) <= names
            if not fits:
                continue
            takes = [p for p in parameters if p.get("Name").lower() in given]
            result = element.find(f"{EDM}ReturnType")
            type_ = None if result is None else self.full(result.get("Type"))
            text = ",".join(f"{p.get('Name')}={self.literal(p)}" for p in takes)
            return self.to(
                at,
                f"{name}({text})" if text else name,
                type_,
                False,
                ends=element.get("IsComposable") != "true",
                operation=(full, frozenset(p.get("Name") for p in takes)),
            )
        return None

    def literal(self, parameter):
        type_ = self.full(parameter.get("Type"))
        if type_ in self.enums:
            return f"'{self.enums[type_][0].get('Name')}'"
        return LITERALS[type_]


def _segments(path):
    """Segments, with what is addressed by path as one that begins with a colon."""
    found, quoted, depth, text = [], False, 0, ""
    parts = iter(path.strip("/").split("/"))
    for part in parts:
        text = f"{text}/{part}" if text else part
        opened = text.find("(")
        quoted = opened >= 0 and text[opened:].count("'") % 2 == 1
        if quoted:
            continue
        if text.endswith(":"):
            names = []
            for name in parts:
                names.append(name.removesuffix(":"))
                if name.endswith(":"):
                    break
            found += [unquote(text[:-1]), f":/{'/'.join(names)}:"]
        else:
            found.append(unquote(text))
        text, depth = "", depth
    return [each for each in found if each]


def _call(segment):
    """A name, and None or the pairs in its parentheses."""
    match = re.fullmatch(r"([\w.]+)\((.*)\)", segment, re.DOTALL)
    if match is None:
        return segment, None
    pairs, text, quoted = [], "", False
    for character in match[2] + ",":
        quoted ^= character == "'"
        if character == "," and not quoted:
            name, equals, value = text.partition("=")
            pairs += [(name.strip(), value) if equals else ("", text)] if text.strip() else []
            text = ""
        else:
            text += character
    return match[1], pairs
