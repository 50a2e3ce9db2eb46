"""What the handle takes: types, names, and the names that there were before."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final, Literal, TypedDict

from fakegraph.edm.fields import did_you_mean
from fakegraph.handle.errors import Misuse

Preset = Literal[
    "mailboxConcurrency",
    "mailboxPolicy",
    "throttled",
    "unavailable",
    "gatewayTimeout",
    "claimsChallenge",
    "tokenExpired",
    "forbidden",
    "conflict",
    "locked",
    "serverError",
    "connectionReset",
    "truncatedBody",
    "slow",
    "slowBody",
]
Auth = Literal["off", "bearer", "strict"]
DeliveryEffect = Literal["drop", "duplicate", "delay", "reorder", "clientState"]
LifecycleEvent = Literal["reauthorizationRequired", "subscriptionRemoved", "missed"]
RecordPath = (
    Literal[
        "applications",
        "chats",
        "devices",
        "directoryRoles",
        "drives",
        "groups",
        "places",
        "servicePrincipals",
        "sites",
        "subscriptions",
        "teams",
        "users",
    ]
    | str
)
"""A path without version; editors propose those with which it mostly begins."""
Fixtures = str | Path | Iterable[str | Path]
Moment = str | datetime | date
Seeds = Mapping[str, Iterable[Mapping[str, Any]] | Mapping[str, Any]]
"""Records by path: many of a collection, or one single thing."""


class Unset:
    """Stands for an argument that was not given, where None means something."""

    def __repr__(self) -> str:
        return "UNSET"


UNSET: Final = Unset()


class ServerSettings(TypedDict, total=False):
    """The settings of ``fakegraph serve`` that a server in a test's process has, too.

    Those that a tenant can have of its own are arguments of ``FakeGraph`` itself.
    """

    host: str
    port: int
    fixtures_from: Fixtures
    surface: Literal["permitted", "known", "declared"]
    me: str
    model: str | Iterable[str]
    data_dir: str | Path
    store: str
    durability: Literal["flush", "fsync"]
    tls: bool
    tls_name: str | Iterable[str]
    tls_cert: str | Path
    tls_key: str | Path
    proxy: bool
    proxy_others: Literal["refuse", "tunnel"]
    max_body: int | str
    rate_limit: str
    chaos: float
    chaos_seed: int
    latency: int | str | tuple[int, int]
    journal_size: int
    max_tenants: int
    notify: str | Iterable[str]
    notify_seconds: int


# The settings that a tenant may have of its own, and what the control API calls them.
OF_A_TENANT: Mapping[str, str] = {
    "fixture": "fixture",
    "auth": "auth",
    "page_size": "pageSize",
    "consistency_delay": "consistencyDelay",
    "retired": "retired",
    "strict_queries": "strictQueries",
    "strict_directory": "strictDirectory",
    "device_auto_approve": "deviceAutoApprove",
}


MOST_NAMED = 1_000  # characters of what a tenant is for


def check_settings(given: Iterable[str]) -> None:
    """Raise Misuse for a setting of a server that there is not."""
    known = list(ServerSettings.__annotations__)
    for name in given:
        if name not in known:
            hint = did_you_mean(name, [*OF_A_TENANT, "records", "clock", *known])
            raise Misuse(f"FakeGraph takes no {name}.{hint}")


def fixture_names(given: Fixtures | None) -> str | list[str]:
    """Fixtures as the settings and the control API take them."""
    if given is None:
        return []
    if isinstance(given, str | Path):
        return str(given)
    if isinstance(given, bytes) or not isinstance(given, Iterable):
        raise Misuse(f"fixture takes a name or a path, or several of them, not {given!r}")
    return list(map(str, given))


class Criteria(TypedDict, total=False):
    """What else requests can be asked for by. Patterns are as in file names."""

    route: str
    query: Mapping[str, str | int] | str
    headers: Mapping[str, str] | str
    error_code: str
    fault: str
    stub: str
    request_id: str
    since: Moment
    min_duration_ms: float
    # As they were spelt before:
    header: str
    errorCode: str
    requestId: str
    minDurationMs: float


# By old name, the new ones.
OLD_CRITERIA: Mapping[str, str] = {
    "header": "headers",
    "errorCode": "error_code",
    "requestId": "request_id",
    "minDurationMs": "min_duration_ms",
}


class OldEffects(TypedDict, total=False):
    """Effects of a fault as they were spelt before."""

    delayMs: int
    bodyMs: int
    truncateBody: bool


OLD_EFFECTS: Mapping[str, str] = {
    "delayMs": "delay_ms",
    "bodyMs": "body_ms",
    "truncateBody": "truncate_body",
}


class OldTokenOptions(TypedDict, total=False):
    """Options of a token as they were spelt before."""

    expiresIn: int
    scp: str


OLD_TOKEN_OPTIONS: Mapping[str, str] = {"expiresIn": "expires_in", "scp": "scopes"}
