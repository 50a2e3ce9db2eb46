"""The protocol's own shapes: parameters of a form, and errors as Microsoft Entra ID has them.

https://learn.microsoft.com/entra/identity-platform/reference-error-codes
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import field
from typing import Any
from urllib.parse import parse_qsl

from fakegraph.dataclass import dataclass
from fakegraph.edm.fields import shown
from fakegraph.edm.values import Instant, format_instant
from fakegraph.signin.aadsts import ERRORS
from fakegraph.signin.parameters import meant, shown_name

MAX_PARAMETERS = 100

# What some numbers come with, for clients to tell them apart by.
_SUBERRORS: Mapping[int, str] = {65001: "consent_required", 54005: "bad_token"}


@dataclass(frozen=True)
class SendBack:
    """Where an error, or a code, goes: to a redirect URI, in a response mode."""

    uri: str
    mode: str
    state: str | None


@dataclass(eq=False)
class OAuthError(Exception):
    """An answer that is no success. ``back``: it goes to the app that asked, by redirection."""

    error: str
    status: int
    message: str
    number: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    back: SendBack | None = None

    def __str__(self) -> str:
        return self.message

    @property
    def description(self) -> str:
        """The message with its number in front."""
        return self.message if self.number is None else f"AADSTS{self.number}: {self.message}"

    def body(self, now: Instant, trace: str, correlation: str) -> dict[str, object]:
        """The JSON that tells of it; ``now`` is the tenant's time."""
        stamp = f"{format_instant(now)[:19].replace('T', ' ')}Z"
        found: dict[str, object] = {
            "error": self.error,
            "error_description": f"{self.description}\r\nTrace ID: {trace}\r\n"
            f"Correlation ID: {correlation}\r\nTimestamp: {stamp}",
            "error_codes": [] if self.number is None else [self.number],
            "timestamp": stamp,
            "trace_id": trace,
            "correlation_id": correlation,
        }
        if self.number is not None:
            found["error_uri"] = f"https://login.microsoftonline.com/error?code={self.number}"
        if self.number is not None and self.number in _SUBERRORS:
            found["suberror"] = _SUBERRORS[self.number]
        return found


def refusal(number: int, **parts: str) -> OAuthError:
    """The error of an AADSTS number; ``parts`` fill its words."""
    error, status, words = ERRORS[number]
    parts = {name: shown(text) for name, text in parts.items()} | (
        {"hint": parts["hint"]} if "hint" in parts else {}
    )
    return OAuthError(error, status, words.format(**parts), number)


# OpenID Connect Core, 6 and 7.2.1, and the key of a token that proves its possession: nobody
# ignores what says more than all others, or what a token is to be.
_CARRIERS = ("request", "request_uri", "registration", "req_cnf")


# The most characters of a parameter, by its name; what is kept of a sign-in has to be bounded.
_LENGTH = 8_192
_LENGTHS: Mapping[str, int] = dict.fromkeys(
    ("state", "claims", "assertion", "client_assertion", "id_token_hint"), 32_768
)


def parse(text: str) -> list[tuple[str, str]]:
    """Names and values of a query string or form. Raises OAuthError."""
    try:
        return parse_qsl(
            text,
            keep_blank_values=True,  # so is a name alone, as a client writes what it has not
            errors="strict",
            max_num_fields=MAX_PARAMETERS,
        )
    except ValueError as error:
        hint = f"It must be form-encoded UTF-8, with {MAX_PARAMETERS} parameters at most."
        raise refusal(9002313, hint=hint) from error


class Form(Mapping[str, str]):
    """Parameters, each once. Empty ones were not sent, as far as OAuth is concerned. ``why`` says
    why none was, where a client may think that it sent some.
    """

    def __init__(self, pairs: list[tuple[str, str]], why: str = "") -> None:
        """Raises OAuthError for a parameter that is there twice."""
        self._values: dict[str, str] = {}
        self._sent: set[str] = set()
        self._why = why
        for name, value in pairs:
            if name in self._sent:
                raise refusal(9000411, name=shown_name(name))
            self._sent.add(name)
            if value:
                self._values[name] = value

    def __getitem__(self, name: str) -> str:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def need(self, name: str) -> str:
        """The value of a parameter. Raises OAuthError where it was not sent."""
        if name not in self._values:
            near = next(
                (f" '{each}' was sent." for each in self._sent if meant(each) == name), self._why
            )
            raise refusal(900144, name=name, near=near)
        return self._values[name]

    @property
    def is_capable(self) -> bool:
        """Whether the client can be told that its token no longer holds good: ``cp1``.

        https://learn.microsoft.com/entra/identity-platform/claims-challenge
        """
        found: Any = (_object(self.get("claims", "")) or {}).get("access_token")
        for name in ("xms_cc", "values"):
            found = found.get(name) if isinstance(found, dict) else None
        values = found if isinstance(found, list) else ()
        return any(isinstance(each, str) and each.casefold() == "cp1" for each in values)

    def claims(self, kind: str) -> tuple[str, ...]:
        """The claims that are asked for in one kind of token (OpenID Connect Core, 5.5)."""
        found = (_object(self.get("claims", "")) or {}).get(kind)
        return tuple(found) if isinstance(found, dict) else ()

    def heed(self, known: frozenset[str]) -> list[str]:
        """Drop the parameters that are without effect here, as at the service; their names.

        Raises OAuthError for one that is refused instead, and for ``claims`` that are not JSON.
        """
        others = [name for name in self._values if name not in known]
        for name in others:
            if name == "resource":
                raise refusal(901002)
            if name in _CARRIERS:
                raise refusal(90023, hint=f"The parameter '{name}' is not supported.")
        if "claims" in self._values:
            _check_claims(self._values["claims"])
        for name in others:
            del self._values[name]
        for name, value in self._values.items():
            if len(value) > _LENGTHS.get(name, _LENGTH):
                raise refusal(9002313, hint=f"The parameter '{name}' is too long.")
        return others


def _check_claims(text: str) -> None:
    """Raise OAuthError unless it is a JSON object (OpenID Connect Core, 5.5)."""
    if _object(text) is None:
        raise refusal(90023, hint="The parameter 'claims' takes a JSON object.")


def _object(text: str) -> dict[str, Any] | None:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None
