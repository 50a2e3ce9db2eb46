"""The protocol's own shapes: parameters of a form, and errors as Microsoft Entra ID has them.

https://learn.microsoft.com/entra/identity-platform/reference-error-codes
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from fakegraph.edm.fields import shown
from fakegraph.edm.values import Instant, format_instant
from fakegraph.signin.aadsts import ERRORS

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


# What clients add for the service's statistics, or for itself; none of it changes an answer.
_IGNORED = frozenset(
    {"client-request-id", "return-client-request-id", "x-anchormailbox", "clidata"}
)
_IGNORED_PREFIXES = ("x-client-", "x-app-", "x-ms-")


def parse(text: str) -> list[tuple[str, str]]:
    """Names and values of a query string or form. Raises OAuthError."""
    try:
        return parse_qsl(
            text,
            keep_blank_values=True,
            strict_parsing=bool(text),
            errors="strict",
            max_num_fields=MAX_PARAMETERS,
        )
    except ValueError as error:
        hint = f"It must be form-encoded UTF-8, with {MAX_PARAMETERS} parameters at most."
        raise refusal(9002313, hint=hint) from error


class Form(Mapping[str, str]):
    """Parameters, each once. Empty ones were not sent, as far as OAuth is concerned."""

    def __init__(self, pairs: list[tuple[str, str]]) -> None:
        """Raises OAuthError for a parameter that is there twice."""
        self._values: dict[str, str] = {}
        seen: set[str] = set()
        for name, value in pairs:
            if name in seen:
                raise refusal(9000411, name=name)
            seen.add(name)
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
            raise refusal(900144, name=name)
        return self._values[name]

    def allow(self, known: frozenset[str]) -> None:
        """Raise OAuthError for a parameter that would have to be ignored, though it matters."""
        for name in self._values:
            folded = name.casefold()
            if name in known or folded in _IGNORED or folded.startswith(_IGNORED_PREFIXES):
                continue
            hint = f"fakegraph does not know the parameter '{shown(name)}' here."
            raise refusal(90023, hint=hint)
        if "claims" in self._values:
            _check_claims(self._values["claims"])


def _check_claims(text: str) -> None:
    """Which claims a token has does not depend on ``claims`` here; it must be JSON all the same."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise refusal(90023, hint="The parameter 'claims' takes a JSON object.")
