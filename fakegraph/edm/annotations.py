"""Annotations of CSDL as text: from the words of a model file to elements.

An expression is what follows in the tag of the element that it is the value of: an attribute, or
``>`` and the elements inside. https://oasis-tcs.github.io/odata-vocabularies/vocabularies
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from xml.sax.saxutils import escape

CORE = "Org.OData.Core.V1"
CAPABILITIES = "Org.OData.Capabilities.V1"
TRUE = ' Bool="true"'

_QUOTE = {'"': "&quot;"}

# Properties of capabilities whose values are members of enumerations; others are paths or texts.
_ENUMERATIONS: Mapping[str, str] = {
    "ConformanceLevel": "ConformanceLevelType",
    "IsolationSupported": "IsolationLevel",
    "Navigability": "NavigationType",
    "UnsupportedExpressions": "SearchExpressions",
    "UpdateMethod": "HttpMethod",
}
_TEXTS = ("AcceptableEncodings", "ExplicitOperationBindings", "FilterFunctions", "SupportedFormats")
_REVISION: Mapping[str, str] = {
    "Kind": "EnumMember",
    "Date": "Date",
    "RemovalDate": "Date",
    "Version": "String",
}


def by_member(words: Iterable[str]) -> dict[str, list[str]]:
    """Words by the member that they are about: ``photo/InsertRestrictions.Insertable-``.

    Those without one are about what the words stand at, and come under the empty name.
    """
    found: dict[str, list[str]] = {}
    for word in words:
        name, equals, value = word.partition("=")
        member, _, rest = name.rpartition("/")
        found.setdefault(member, []).append(f"{rest}{equals}{value}")
    return found


def annotated(vocabulary: str, words: Iterable[str]) -> Iterator[str]:
    """An element for each term that words such as ``SkipSupported-`` are about."""
    terms: dict[str, list[str]] = {}
    for word in words:
        terms.setdefault(_path(word)[0], []).append(word)
    for term, of_term in terms.items():
        value = _revisions(of_term[0]) if term == "Revisions" else _value(_tree(of_term)[term])
        yield annotation(f"{vocabulary}.{term}", value)


def annotation(term: str, value: str = "") -> str:
    """The element that says that of a term; without a value, what the term says by itself."""
    return _closed("Annotation", attributes(Term=term), value) + "\n"


def alternate_keys(keys: Iterable[str]) -> str:
    """``appId userId=id,kind``: of each key its parts, a name in URLs and the property it means."""
    records = (_record({"Key": _list(map(_key_part, key.split(",")))}) for key in keys)
    return annotation(f"{CORE}.AlternateKeys", _list(records))


def attributes(**values: str | None) -> str:
    """Those that have a value."""
    return "".join(
        f' {name}="{escape(value, _QUOTE)}"' for name, value in values.items() if value is not None
    )


def element(tag: str, opening: str, inside: Iterable[str]) -> str:
    """An element with its attributes and what is inside of it."""
    text = "".join(inside)
    return f"<{tag}{opening}>\n{text}</{tag}>\n" if text else f"<{tag}{opening}/>\n"


def _path(word: str) -> list[str]:
    name, equals, _ = word.partition("=")
    return (name if equals else name[:-1]).split(".")


def _tree(words: Iterable[str]) -> dict[str, Any]:
    """``["A.B.C+", "A.D=x"]`` as ``{"A": {"B": {"C": True}, "D": "<…"}}``."""
    tree: dict[str, Any] = {}
    for word in words:
        *above, last = _path(word)
        at = tree
        for part in above:
            at = at.setdefault(part, {})
        equals, text = word.partition("=")[1:]
        at[last] = _listed(last, text) if equals else word.endswith("+")
    return tree


def _listed(name: str, text: str) -> str:
    """``a,b``: members of an enumeration, paths or texts."""
    if name in _ENUMERATIONS:
        return _members(f"{CAPABILITIES}.{_ENUMERATIONS[name]}", text)
    tag = "NavigationPropertyPath" if name.startswith("NonExpandable") else "PropertyPath"
    if name in _TEXTS:
        tag = "String"
    return _list(f"<{tag}>{escape(each)}</{tag}>" for each in text.split(","))


def _members(type_: str, text: str) -> str:
    members = " ".join(f"{type_}/{escape(each)}" for each in text.split(","))
    return f"><EnumMember>{members}</EnumMember>"


def _revisions(word: str) -> str:
    """``Revisions=Deprecated,2024-04-10,2026-04-10,2024-01/Deprecation``, with ``;`` between."""
    return _list(map(_revision, word.partition("=")[2].split(";")))


def _revision(text: str) -> str:
    said = zip(_REVISION.items(), text.split(","), strict=False)
    return _record({name: _constant(kind, value) for (name, kind), value in said if value})


def _constant(kind: str, value: str) -> str:
    if kind == "EnumMember":
        return _members(f"{CORE}.RevisionKind", value)
    return attributes(**{kind: value})


def _key_part(word: str) -> str:
    alias, _, path = word.partition("=")
    return _record(
        {"Alias": attributes(String=alias), "Name": attributes(PropertyPath=path or alias)}
    )


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return f">{_record({name: _value(inner) for name, inner in value.items()})}"
    return attributes(Bool=str(value).lower()) if isinstance(value, bool) else str(value)


def _record(values: Mapping[str, str]) -> str:
    parts = (
        _closed("PropertyValue", attributes(Property=name), value) for name, value in values.items()
    )
    return element("Record", "", parts)


def _list(items: Iterable[str]) -> str:
    return f"><Collection>{''.join(items)}</Collection>"


def _closed(tag: str, opening: str, value: str) -> str:
    more, bracket, inside = value.partition(">")
    return f"<{tag}{opening}{more}" + (f">{inside}</{tag}>" if bracket else "/>")
