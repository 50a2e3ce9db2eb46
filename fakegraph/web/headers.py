"""Request headers that mean something, read into values; and the headers of every answer."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import field
from functools import lru_cache
from typing import Any, NamedTuple

from fakegraph.dataclass import dataclass
from fakegraph.digits import natural
from fakegraph.errors import GraphError, bad_request

DIAGNOSTIC = (
    '{"ServerInfo":{"DataCenter":"fakegraph","Slice":"fake","Ring":"0","ScaleUnit":"000",'
    '"RoleInstance":"fakegraph"}}'
)

_QUALITY = re.compile(r"0(\.\d{0,3})?|1(\.0{0,3})?")
_PARTS = re.compile(r'(?:[^",]++|"[^"]*+"|")+')  # between commas that are not in quotes
_TAG = re.compile(r'(?:W/)?"[^"]*"')
_PREFERENCE = re.compile(r'\s*([\w!#$%&\'*+.^`|~-]+)\s*(?:=\s*("(?:[^"\\]|\\.)*"|[^\s;,"]*))?\s*')


class Format(NamedTuple):
    """The JSON that a client wants (OData JSON Format 4.01, sections 3 and 4.1).

    ``metadata``: how many annotations; ``ieee754``: 64-bit and decimal numbers as texts.
    """

    metadata: str = "minimal"
    ieee754: bool = False

    @property
    def content_type(self) -> str:
        """The media type of such an answer, as the service writes it."""
        return _content_type(self)


@lru_cache(maxsize=16)
def _content_type(format_: Format) -> str:
    return (
        f"application/json;odata.metadata={format_.metadata};odata.streaming=true;"
        f"IEEE754Compatible={str(format_.ieee754).lower()};charset=utf-8"
    )


MINIMAL = Format()
JSON = MINIMAL.content_type

# What the parameters of a JSON media type may be; OData 4.01 allows them without their prefix.
_BOOLEANS = ("true", "false")
_MEDIA_PARAMETERS: Mapping[str, tuple[str, ...]] = {
    "charset": ("utf-8",),
    "ieee754compatible": _BOOLEANS,
    "odata.metadata": ("minimal", "full", "none"),
    "metadata": ("minimal", "full", "none"),
    # OData 3 spelt it so; nothing of the service understands it any more: minimal it is.
    "odata": ("minimalmetadata", "fullmetadata", "nometadata"),
    "odata.streaming": _BOOLEANS,
    "streaming": _BOOLEANS,
}


@dataclass(frozen=True)
class Preferences:
    """The ``Prefer`` header (RFC 7240) as far as it is known here; others are rightly ignored.

    ``texts`` are those that single workloads know, ``unmet`` those whose value nothing means.
    """

    max_page_size: int | None = None
    future_members: bool = False
    texts: Mapping[str, str] = field(default_factory=dict)
    unmet: tuple[str, ...] = ()

    def applied(self, *, to_writes: bool, texts: Collection[str] = ()) -> str:
        """The value of ``Preference-Applied`` for a read or a write; ``texts`` were heeded too."""
        names = [
            f'{_SPELT.get(name, name)}="{value}"' if value else _SPELT.get(name, name)
            for name, value in self.texts.items()
            if name in texts
        ]
        if not to_writes and self.max_page_size is not None:
            names.append(f"odata.maxpagesize={self.max_page_size}")
        if self.future_members:
            names.append("include-unknown-enum-members")
        return ", ".join(names)


NO_PREFERENCES = Preferences()


@lru_cache(maxsize=64)
def read_preferences(header: str) -> Preferences:
    """Read a ``Prefer`` header. Raises GraphError (400) for a bad value of a known preference."""
    if not header:
        return NO_PREFERENCES
    max_page_size: int | None = None
    future_members = False
    texts: dict[str, str] = {}
    unmet: tuple[str, ...] = ()
    for name, value in _firsts(header).items():
        if name == "odata.maxpagesize":
            max_page_size = _page_size(value)
        elif name == "include-unknown-enum-members":
            future_members = True
        elif name in _OF_WORKLOADS:
            met = _text(name, value)
            texts |= met
            unmet += () if met else (name,)
    return Preferences(max_page_size, future_members, texts, unmet)


def _firsts(header: str) -> dict[str, str]:
    """The preferences of a header; of one that is there twice the first counts (RFC 7240)."""
    found: dict[str, str] = {}
    for match in filter(None, map(_PREFERENCE.match, _PARTS.findall(header))):
        name = match[1].casefold()
        found.setdefault(_PREFIXED.get(name, name), (match[2] or "").strip('"'))
    return found


_PREFIXED = {"maxpagesize": "odata.maxpagesize"}  # OData 4.01 allows it without

# What single workloads know, and the values that can be met where that is not any.
_OF_WORKLOADS: Mapping[str, tuple[str, ...]] = {
    "outlook.timezone": (),
    "outlook.body-content-type": ("text", "html"),
    "outlook.allow-unsafe-html": (),
    "idtype": ("ImmutableId",),
    "return": (),
    "create-if-missing": (),
    "deltashowsharingchanges": (),
    "deltashowremovedasdeleted": (),
    "deltatraversepermissiongaps": (),
    "hierarchicalsharing": (),
    "includesecuritywebhooks": (),
    "odata.track-changes": (),
    "redeemsharinglink": (),
    "redeemsharinglinkifnecessary": (),
    "honornonindexedquerieswarningmayfailrandomly": (),
    "allowthrottleablequeries": (),
    "respond-async": (),
}
_SPELT = {
    "idtype": "IdType",
    "redeemsharinglink": "redeemSharingLink",
    "redeemsharinglinkifnecessary": "redeemSharingLinkIfNecessary",
    "honornonindexedquerieswarningmayfailrandomly": "HonorNonIndexedQueriesWarningMayFailRandomly",
}


def values_of(name: str) -> str:
    """What a preference that single workloads know can be, in words."""
    return " or ".join(f'{_SPELT.get(name, name)}="{each}"' for each in _OF_WORKLOADS[name])


def _text(name: str, value: str) -> dict[str, str]:
    """A preference as it is met; nothing for a value that nothing means, as RFC 7240 has it."""
    known = _OF_WORKLOADS[name]
    met = [each for each in known if each.casefold() == value.casefold()] if known else [value]
    return dict.fromkeys([name], *met) if met else {}


def entity_tags(header: str) -> frozenset[str]:
    """The ETags of ``If-None-Match``, whether or not they are weak: both match in reads.

    Empty for a header that is no list of them (RFC 9110, section 13.1.2).
    """
    found = [each.strip() for each in _PARTS.findall(header)]
    if not all(map(_TAG.fullmatch, found)):
        return frozenset()
    return frozenset(each.removeprefix("W/") for each in found)


def _page_size(value: str) -> int:
    size = natural(value, 9)
    if not size:
        raise bad_request(
            f"Invalid value '{value}' for the preference odata.maxpagesize. "
            "It takes a whole number from 1.",
            "Prefer",
        )
    return size


@lru_cache(maxsize=256)
def json_format(accept: str, format_option: str | None) -> Format:
    """The format that ``$format``, or else the Accept header, asks for.

    Raises GraphError (406) where none that it names can be given (RFC 9110, 12.5.1).
    """
    if format_option is not None:
        media_type = "application/json" if format_option.lower() == "json" else format_option
        named = _format(*split_media_type(media_type))
        if named is None:
            raise _not_acceptable(format_option, "$format")
        return named
    ranges = media_ranges(accept)
    if not ranges:
        return MINIMAL
    refused = {_format(media, parameters) for media, parameters, quality in ranges if not quality}
    chosen: Format | None = None
    best = 0.0
    for media, parameters, quality in ranges:
        found = MINIMAL if media in {"*/*", "application/*"} else _format(media, parameters)
        if quality > best and found is not None and found not in refused:
            chosen, best = found, quality
    if chosen is None:
        raise _not_acceptable(accept, "Accept")
    return chosen


def media_ranges(accept: str) -> list[tuple[str, dict[str, str], float]]:
    """The ranges of an Accept header: media type, parameters, quality (0 for a bad one)."""
    found = []
    for part in filter(str.strip, accept.split(",")):
        media, parameters = split_media_type(part)
        quality = parameters.pop("q", "1")
        found.append((media, parameters, float(quality) if _QUALITY.fullmatch(quality) else 0.0))
    return found


def _format(media: str, parameters: Mapping[str, str]) -> Format | None:
    if media != "application/json" or unknown_parameters(parameters):
        return None
    metadata = parameters.get("odata.metadata") or parameters.get("metadata") or "minimal"
    return Format(metadata, parameters.get("ieee754compatible") == "true")


def check_accept(header: str, *media_types: str) -> None:
    """Raise GraphError (406) unless one of the media types is acceptable; the first is given."""
    if not is_acceptable(header, *media_types):
        raise _not_acceptable(header, "Accept", media_types[0])


def is_acceptable(header: str, *media_types: str) -> bool:
    """Whether an Accept header takes one of the media types."""
    fitting = {"*/*", *media_types, *(f"{name.partition('/')[0]}/*" for name in media_types)}
    ranges = media_ranges(header)
    return not ranges or any(media in fitting and quality for media, _, quality in ranges)


def check_xml_format(option: str) -> None:
    """Raise GraphError (406) unless ``$format`` asks for XML."""
    if option.lower() != "xml" and split_media_type(option)[0] not in XML_TYPES:
        raise _not_acceptable(option, "$format", XML_TYPES[0])


XML_TYPES = ("application/xml", "text/xml")
_GIVEN = "application/json, with odata.metadata minimal, full or none"


def _not_acceptable(asked: str, target: str, given: str = _GIVEN) -> GraphError:
    return GraphError(
        406,
        "NotAcceptable",
        f"None of the media types in '{asked}' can be given. fakegraph answers with {given}.",
        target,
    )


def split_media_type(text: str) -> tuple[str, dict[str, str]]:
    """A media type and its parameters, lower-cased."""
    media, *rest = (part.strip() for part in text.lower().split(";"))
    pairs = (part.partition("=") for part in rest if part)
    return media, {name.strip(): value.strip().strip('"') for name, _, value in pairs}


@lru_cache(maxsize=256)
def has_long_numbers_as_text(content_type: str) -> bool:
    """Whether a request says that its 64-bit and decimal numbers are texts."""
    return split_media_type(content_type)[1].get("ieee754compatible") == "true"


def unknown_parameters(parameters: Mapping[str, str]) -> list[str]:
    """The parameters of a JSON media type that would have to be ignored."""
    return [
        f"{name}={value}"
        for name, value in parameters.items()
        if value not in _MEDIA_PARAMETERS.get(name, ())
    ]


CONSISTENCY_LEVELS = frozenset({"eventual", "session"})

# Headers that change what a request means and are not served: what they may be, the status and
# code of the refusal, and the reason.
_CONSTRAINED: Mapping[str, tuple[str, frozenset[str], int, str, str]] = {
    "HTTP_X_HTTP_METHOD_OVERRIDE": (
        "X-HTTP-Method-Override",
        frozenset(),
        400,
        "BadRequest",
        "Send the method itself.",
    ),
    "HTTP_X_HTTP_METHOD": (
        "X-HTTP-Method",
        frozenset(),
        400,
        "BadRequest",
        "Send the method itself.",
    ),
    "HTTP_CONSISTENCYLEVEL": (
        "ConsistencyLevel",
        CONSISTENCY_LEVELS,
        400,
        "BadRequest",
        "It takes eventual; session is the default.",
    ),
    "HTTP_ODATA_VERSION": (
        "OData-Version",
        frozenset({"4.0", "4.01"}),
        400,
        "BadRequest",
        "It takes 4.0 or 4.01.",
    ),
    "HTTP_ODATA_MAXVERSION": (
        "OData-MaxVersion",
        frozenset({"4.0", "4.01"}),
        400,
        "BadRequest",
        "It takes 4.0 or 4.01.",
    ),
    "HTTP_IF_MATCH": (
        "If-Match",
        frozenset({"*"}),
        412,
        "PreconditionFailed",
        "These resources have no ETag.",
    ),
    "HTTP_IF_NONE_MATCH": (
        "If-None-Match",
        frozenset(),
        412,
        "PreconditionFailed",
        "These resources have no ETag.",
    ),
    "HTTP_IF_UNMODIFIED_SINCE": (
        "If-Unmodified-Since",
        frozenset(),
        412,
        "PreconditionFailed",
        "These resources have no date of their last change.",
    ),
    "HTTP_IF_MODIFIED_SINCE": (
        "If-Modified-Since",
        frozenset(),
        412,
        "PreconditionFailed",
        "These resources have no date of their last change.",
    ),
    "HTTP_RANGE": (
        "Range",
        frozenset(),
        416,
        "RequestedRangeNotSatisfiable",
        "These resources are given whole.",
    ),
    "HTTP_ODATA_ISOLATION": (
        "OData-Isolation",
        frozenset(),
        412,
        "PreconditionFailed",
        "Pages are positions in what is stored now.",
    ),
    "HTTP_ISOLATION": (
        "Isolation",
        frozenset(),
        412,
        "PreconditionFailed",
        "Pages are positions in what is stored now.",
    ),
}


#: What is served where things have ETags.
WITH_ETAGS = frozenset({"HTTP_IF_MATCH", "HTTP_IF_NONE_MATCH", "HTTP_RANGE"})


def check_refused_headers(environ: Mapping[str, Any], served: frozenset[str] = frozenset()) -> None:
    """Raise GraphError for headers that change what a request means and are not ``served``."""
    if environ.keys().isdisjoint(_CONSTRAINED):  # nearly always
        return
    for key in (_CONSTRAINED.keys() & environ.keys()) - served:
        name, allowed, status, code, reason = _CONSTRAINED[key]
        if environ[key].strip().lower() not in allowed:
            raise GraphError(
                status,
                code,
                f"The value '{environ[key]}' of the header {name} is not supported. {reason}",
                name,
            )
