"""Request headers that mean something, read into values; and the headers of every answer."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from fakegraph.errors import GraphError, bad_request

JSON = (
    "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;"
    "charset=utf-8"
)
DIAGNOSTIC = (
    '{"ServerInfo":{"DataCenter":"fakegraph","Slice":"fake","Ring":"0","ScaleUnit":"000",'
    '"RoleInstance":"fakegraph"}}'
)

# What a media type's parameters may be; anything else would be ignored, so it is refused.
_MEDIA_PARAMETERS: Mapping[str, frozenset[str]] = {
    "charset": frozenset({"utf-8"}),
    "ieee754compatible": frozenset({"false"}),
    "odata.metadata": frozenset({"minimal"}),
    "odata.streaming": frozenset({"true", "false"}),
    "q": frozenset(),
}
_QUALITY = re.compile(r"0(\.\d{0,3})?|1(\.0{0,3})?")
_PREFERENCE = re.compile(r'\s*([\w!#$%&\'*+.^`|~-]+)\s*(?:=\s*("(?:[^"\\]|\\.)*"|[^\s;,"]*))?\s*')


@dataclass(frozen=True)
class Preferences:
    """The ``Prefer`` header (RFC 7240) as far as it is known here; others are rightly ignored."""

    max_page_size: int | None = None
    minimal: bool | None = None
    future_members: bool = False

    def applied(self, *, to_writes: bool) -> str:
        """The value of ``Preference-Applied`` for a read or a write."""
        names = []
        if to_writes and self.minimal is not None:
            names.append("return=minimal" if self.minimal else "return=representation")
        if not to_writes and self.max_page_size is not None:
            names.append(f"odata.maxpagesize={self.max_page_size}")
        if self.future_members:
            names.append("include-unknown-enum-members")
        return ", ".join(names)


@lru_cache(maxsize=64)
def read_preferences(header: str) -> Preferences:
    """Read a ``Prefer`` header. Raises GraphError (400) for a bad value of a known preference."""
    max_page_size: int | None = None
    minimal: bool | None = None
    future_members = False
    for part in re.split(r',(?=(?:[^"]*"[^"]*")*[^"]*$)', header) if header else ():
        match = _PREFERENCE.match(part)
        name = match[1].casefold() if match else ""
        value = (match[2] or "").strip('"') if match else ""
        if name in {"odata.maxpagesize", "maxpagesize"}:
            max_page_size = _page_size(value)
        elif name == "return":
            minimal = _return_preference(value)
        elif name == "include-unknown-enum-members":
            future_members = True
    return Preferences(max_page_size, minimal, future_members)


def _page_size(value: str) -> int:
    if not (value.isascii() and value.isdigit() and len(value) < 10 and int(value) > 0):
        raise bad_request(
            f"Invalid value '{value}' for the preference odata.maxpagesize. "
            "It takes a whole number from 1.",
            "Prefer",
        )
    return int(value)


def _return_preference(value: str) -> bool:
    if value not in {"minimal", "representation"}:
        raise bad_request(
            f"Invalid value '{value}' for the preference return. "
            "It takes minimal or representation.",
            "Prefer",
        )
    return value == "minimal"


@lru_cache(maxsize=64)
def check_accept(header: str) -> None:
    """Raise GraphError (406) unless JSON with minimal metadata is acceptable (RFC 9110, 12.5.1)."""
    if header and not any(_acceptable(part) for part in header.split(",")):
        raise GraphError(
            406,
            "NotAcceptable",
            f"None of the media types in '{header}' can be given. fakegraph answers with "
            "application/json;odata.metadata=minimal.",
            "Accept",
        )


def _acceptable(part: str) -> bool:
    media, parameters = split_media_type(part)
    quality = parameters.pop("q", "1")
    if not _QUALITY.fullmatch(quality) or float(quality) == 0:
        return False
    if media in {"*/*", "application/*"}:
        return True
    return media == "application/json" and not unknown_parameters(parameters)


def split_media_type(text: str) -> tuple[str, dict[str, str]]:
    """A media type and its parameters, lower-cased."""
    media, *rest = (part.strip() for part in text.lower().split(";"))
    pairs = (part.partition("=") for part in rest if part)
    return media, {name.strip(): value.strip().strip('"') for name, _, value in pairs}


def unknown_parameters(parameters: Mapping[str, str]) -> list[str]:
    """The parameters of a JSON media type that would have to be ignored."""
    return [
        f"{name}={value}"
        for name, value in parameters.items()
        if value not in _MEDIA_PARAMETERS.get(name, ())
    ]


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
        frozenset({"eventual", "session"}),
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
}


def check_refused_headers(environ: Mapping[str, Any]) -> None:
    """Raise GraphError for headers that change what a request means and are not served."""
    for key in _CONSTRAINED.keys() & environ.keys():
        name, allowed, status, code, reason = _CONSTRAINED[key]
        if environ[key].strip().lower() not in allowed:
            raise GraphError(
                status,
                code,
                f"The value '{environ[key]}' of the header {name} is not supported. {reason}",
                name,
            )


def check_format(text: str | None) -> None:
    """Raise GraphError (406) unless ``$format`` asks for what is given anyway."""
    if text is not None and text.lower() != "json":
        check_accept(text)
