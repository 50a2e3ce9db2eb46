"""Failures on demand: rules that make some requests fail, wait, or break off.

A rule looks at a request before anything is done for it. One with a status answers in the
service's stead, so a write that it hits was not made. The bodies and headers of the presets are
those of https://learn.microsoft.com/graph/errors and https://learn.microsoft.com/graph/throttling.
"""

from __future__ import annotations

import fnmatch
import random
from base64 import b64encode
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, field, replace
from typing import Any, TypeVar

from fakegraph.dataclass import dataclass
from fakegraph.errors import GraphError
from fakegraph.tenants.rules import Rules
from fakegraph.tenants.turns import Turns, alone

T = TypeVar("T")

DEFAULT_RETRY_AFTER = 1  # seconds


@dataclass(frozen=True)
class Effect:
    """What a fault does to a request.

    ``status`` with ``code`` and ``message`` is an answer of its own; ``inner`` goes into its
    ``innerError``; ``retry_after`` is in seconds, or the header as it is to be sent. ``delay_ms``
    passes first. ``drop`` resets the connection instead of answering. ``truncate`` breaks off in
    the middle of the answer's body, ``body_ms`` stretches it over that time; the request itself is
    carried out then.
    """

    status: int | None = None
    code: str = ""
    message: str = ""
    retry_after: float | str | None = None
    delay_ms: int = 0
    drop: bool = False
    truncate: bool = False
    body_ms: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    inner: Mapping[str, str] = field(default_factory=dict)

    def error(self) -> GraphError | None:
        """The answer in the service's stead, where it is one."""
        if self.status is None:
            return None
        headers = dict(self.headers)
        if self.retry_after is not None:
            headers["Retry-After"] = _header(self.retry_after)
        return GraphError(
            self.status, self.code, self.message, headers=headers, inner=dict(self.inner)
        )


def _header(retry_after: float | str) -> str:
    if isinstance(retry_after, str):
        return retry_after
    return f"{retry_after:f}".rstrip("0").rstrip(".")


THROTTLED = Effect(
    429,
    "TooManyRequests",
    "Please retry again later.",
    retry_after=DEFAULT_RETRY_AFTER,
    inner={"code": "429", "message": "Please retry after", "status": "429"},
)

REVOKED = (
    "Continuous access evaluation resulted in claims challenge with result: InteractionRequired "
    "and code: TokenIssuedBeforeRevocationTimestamp"
)
"""What continuous access evaluation says: a token was revoked, and a newer one is wanted."""


def challenging(since: int) -> dict[str, str]:
    """The header that asks for a token from after then, in seconds since 1970. It is as it was
    seen, with one value that has no quotes.
    """
    claims = b64encode(
        b'{"access_token":{"nbf":{"essential":true, "value":"%d"}}}' % since
    ).decode()
    return {
        "WWW-Authenticate": 'Bearer realm="", authorization_uri='
        "https://login.microsoftonline.com/common/oauth2/authorize, "
        'client_id="00000003-0000-0000-c000-000000000000", error="insufficient_claims", '
        f'claims="{claims}", errorDescription="{REVOKED}"'
    }


PRESETS: Mapping[str, Effect] = {
    # What mailboxes say; of these two statuses alone the service says what is further below.
    "mailboxConcurrency": Effect(
        429,
        "ApplicationThrottled",
        "Application is over its MailboxConcurrency limit.",
        retry_after=DEFAULT_RETRY_AFTER,
    ),
    "mailboxPolicy": Effect(403, "ErrorAccessDenied", "Access to OData is disabled."),
    "throttled": THROTTLED,
    "unavailable": Effect(
        503, "serviceNotAvailable", "The service is temporarily unavailable. Try again later."
    ),
    "gatewayTimeout": Effect(
        504, "GatewayTimeout", "The server did not receive a timely response from upstream."
    ),
    "claimsChallenge": Effect(
        401, "InvalidAuthenticationToken", REVOKED, headers=challenging(1657834417)
    ),
    "tokenExpired": Effect(
        401,
        "InvalidAuthenticationToken",
        "Lifetime validation failed, the token is expired.",
        headers={
            "WWW-Authenticate": 'Bearer realm="", error="invalid_token", '
            'error_description="Lifetime validation failed, the token is expired."'
        },
    ),
    "forbidden": Effect(
        403,
        "Authorization_RequestDenied",
        "Insufficient privileges to complete the operation.",
    ),
    "conflict": Effect(
        409, "Conflict", "The request conflicts with the current state of the resource."
    ),
    "locked": Effect(423, "resourceLocked", "The resource that is being accessed is locked."),
    "serverError": Effect(500, "InternalServerError", "An internal server error occurred."),
    "connectionReset": Effect(drop=True),
    "truncatedBody": Effect(truncate=True),
    "slow": Effect(delay_ms=2_000),
    "slowBody": Effect(body_ms=2_000),
}

# What an answer of this status says where a rule names nothing but the status.
_BY_STATUS: Mapping[int, Effect] = {
    effect.status: effect for effect in PRESETS.values() if effect.status is not None
}

CHAOS = ("throttled", "unavailable", "gatewayTimeout")


def throttled() -> GraphError:
    """The refusal of a request that is over its budget; how long to wait is for others to say."""
    error = replace(THROTTLED, retry_after=None).error()
    assert error is not None
    return error


def effect_of_status(status: int) -> Effect:
    """The service's usual answer of a status; without a ``Retry-After``."""
    known = _BY_STATUS.get(status)
    if known is not None:
        return replace(known, retry_after=None)
    return Effect(status, "generalException", f"fakegraph was told to answer with {status}.")


@dataclass(frozen=True)
class Facts:
    """What a rule may look at: the decoded path, option names without ``$``, and the app's id.

    ``sign_in``: it is a request to a sign-in endpoint, which only rules with a path mean.
    """

    method: str
    path: str
    query: Mapping[str, str]
    app: str
    sign_in: bool = False


@dataclass(frozen=True)
class Match:
    """Which requests a rule is for; None leaves a side open. Patterns are as in file names.

    ``path`` is compared in any case, with and without the tenant and the version in front of it,
    and an operation by any of its names: ``delta``, ``microsoft.graph.delta()``;
    slashes that stand together count as one.
    ``query`` has a pattern for each option that must be there.
    """

    method: str | None = None
    path: str | None = None
    query: Mapping[str, str] = field(default_factory=dict)
    app: str | None = None

    def __call__(self, facts: Facts) -> bool:
        """Whether a request is meant."""
        return (
            (self.method is None or self.method.upper() == facts.method)
            and (not facts.sign_in if self.path is None else path_matches(self.path, facts.path))
            and (self.app is None or self.app == facts.app)
            and all(
                _bare(name) in facts.query
                and fnmatch.fnmatchcase(facts.query[_bare(name)], pattern)
                for name, pattern in self.query.items()
            )
        )

    def misses(self, facts: Facts) -> dict[str, str]:
        """What of a request is another than is named here: by what is named, in words."""
        found = {}
        if self.method is not None and self.method.upper() != facts.method:
            found["method"] = f"method is {facts.method}, not {self.method.upper()}"
        if self.path is not None and not path_matches(self.path, facts.path):
            found["path"] = f"path is {facts.path}, not {self.path}"
        if self.app is not None and self.app != facts.app:
            found["app"] = f"app is {facts.app or 'nobody'}, not {self.app}"
        for name, pattern in self.query.items():
            value = facts.query.get(_bare(name))
            if value is None or not fnmatch.fnmatchcase(value, pattern):
                said = "not there" if value is None else value
                found[f"query {name}"] = f"{name} is {said}, not {pattern}"
        return found


def _bare(name: str) -> str:
    return name.removeprefix("$").casefold()


def path_matches(pattern: str, path: str) -> bool:
    """Whether a path meets a pattern, with or without the tenant and version in front of it, and
    however either names operations: ``delta``, ``delta()``, ``microsoft.graph.delta()``.
    """
    wanted = "/" + pattern.strip("/").casefold()
    forms = _forms(path.casefold())
    if any(fnmatch.fnmatchcase(form, wanted) for form in forms):
        return True
    plain = _plain(wanted)
    if plain == wanted and all(map(_is_plain, forms)):
        return False
    return any(fnmatch.fnmatchcase(_plain(form), plain) for form in forms)


_NAMESPACE, _NOTHING = "/microsoft.graph.", "()"


def _is_plain(path: str) -> bool:
    return _NAMESPACE not in path and _NOTHING not in path


def _plain(path: str) -> str:
    """A path whose operations go by their short names, without parentheses that say nothing."""
    return path.replace(_NAMESPACE, "/").replace(_NOTHING, "")


def _forms(path: str) -> list[str]:
    segments = [segment for segment in path.split("/") if segment]
    forms = [segments]
    if segments[:1] == ["tenants"]:
        forms.append(segments[2:])
    if forms[-1][:1] in (["beta"], ["v1.0"]):
        forms.append(forms[-1][1:])
    if forms[-1][:1] == ["myorganization"]:
        forms.append(forms[-1][1:])
    return ["/" + "/".join(form) for form in forms]


@dataclass(frozen=True)
class Fault:
    """A rule. Of the requests that match, ``skip`` pass, then ``times`` are hit (None: all).

    ``probability`` is the share of those that are hit, drawn from ``seed``. ``shown`` is the rule
    as it was given.
    """

    id: str
    match: Match
    effect: Effect
    skip: int = 0
    times: int | None = 1
    probability: float = 1.0
    seed: int = 0
    preset: str | None = None
    shown: Mapping[str, Any] = field(default_factory=dict)


class _Rule:
    """A fault with what has come of it."""

    def __init__(self, fault: Fault) -> None:
        self.fault = fault
        self.id = fault.id
        self.matched = 0
        self.hit = 0
        self._drawn = 0
        self._random = random.Random(fault.seed)

    def shown(self) -> dict[str, Any]:
        """The fault as it was given, with its id and how often it has matched and hit."""
        return {"id": self.id, **self.fault.shown, "matched": self.matched, "hit": self.hit}

    def said(self) -> dict[str, Any]:
        come = {"matched": self.matched, "hit": self.hit, "drawn": self._drawn}
        return {"id": self.id, "fault": asdict(self.fault), **come}

    def hear(self, said: Mapping[str, Any]) -> None:
        self.matched, self.hit = said["matched"], said["hit"]
        if said["drawn"] < self._drawn:  # what was drawn here has come to nothing
            self._drawn, self._random = 0, random.Random(self.fault.seed)
        while self._drawn < said["drawn"]:
            self._draw()

    def _draw(self) -> float:
        self._drawn += 1
        return self._random.random()

    def may_hit(self, facts: Facts) -> bool:
        fault = self.fault
        return (fault.times is None or self.hit < fault.times) and fault.match(facts)

    def hits(self, facts: Facts) -> bool:
        fault = self.fault
        if not self.may_hit(facts):
            return False
        self.matched += 1
        if self.matched <= fault.skip:
            return False
        if fault.probability < 1 and self._draw() >= fault.probability:
            return False
        self.hit += 1
        return True


def _read(said: Mapping[str, Any]) -> _Rule:
    fault = said["fault"]
    match, effect = Match(**fault["match"]), Effect(**fault["effect"])
    return _Rule(Fault(**{**fault, "match": match, "effect": effect}))


class Faults(Rules[_Rule]):
    """A tenant's faults; the first that hits is taken."""

    def __init__(self, turns: Turns = alone) -> None:
        super().__init__("faults", _read, turns)

    def add(self, fault: Fault) -> None:
        """Add a rule behind the others."""
        self._add(_Rule(fault))

    def pick(self, facts: Facts) -> Fault | None:
        """The first rule that hits this request. One that matches and lets it pass counts it."""
        if not any(rule.may_hit(facts) for rule in self._rules):
            return None

        def work() -> Fault | None:
            self._turn.note()
            return next((rule.fault for rule in self._rules if rule.hits(facts)), None)

        return self._turn(work)


class Weather:
    """Failures and delays by chance: ``--chaos``, ``--latency``. The same seed, the same weather.

    ``latency`` is the least and the most in ms.
    """

    kind = "weather"

    def __init__(
        self, chaos: float, latency: tuple[int, int], seed: int, turns: Turns = alone
    ) -> None:
        self._chaos = chaos
        self._latency = latency
        self._seed = seed
        self._turn = turns(self)
        self._chance: random.Random | None = None  # made when first needed: most never do

    @property
    def _random(self) -> random.Random:
        if self._chance is None:
            self._chance = random.Random(self._seed)
        return self._chance

    def reset(self) -> None:
        """Begin anew with the seed."""
        if self._chance is not None:
            self._turn(self._begin_anew)

    def _begin_anew(self) -> None:
        self._chance = None
        self._turn.note()

    def delay_ms(self) -> int:
        """How long the next request waits."""
        least, most = self._latency
        if least == most:
            return least
        return self._drawn(lambda: self._random.randint(least, most))

    def failure(self) -> str | None:
        """The preset that hits the next request, if one does."""
        if not self._chaos:
            return None
        hit, name = self._drawn(
            lambda: (self._random.random() < self._chaos, self._random.choice(CHAOS))
        )
        return name if hit else None

    def _drawn(self, draw: Callable[[], T]) -> T:
        def work() -> T:
            self._turn.note()
            return draw()

        return self._turn(work)

    def ids(self) -> Iterable[str]:
        """The one row, where something was drawn."""
        return [] if self._chance is None else [""]

    def row(self, id_: str) -> Any:
        """What is drawn next, as ``random`` tells it."""
        return None if self._chance is None else self._chance.getstate()

    def hear(self, id_: str, value: Any) -> None:
        """Go on where another replica has come to."""
        if value is None:
            self._chance = None
            return
        version, numbers, following = value
        self._random.setstate((version, tuple(numbers), following))
