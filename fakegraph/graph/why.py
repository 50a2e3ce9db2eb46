"""Why a request was answered as it was: what its path means, who may ask, and how it is read.

It is worked out when somebody looks, from what is there then.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import suppress
from difflib import SequenceMatcher
from functools import partial
from io import BytesIO
from typing import TYPE_CHECKING, Any, NamedTuple

from fakegraph.edm.surface import Evidence, Permissions
from fakegraph.errors import GraphError
from fakegraph.graph.needs import nearest
from fakegraph.graph.paths import PathError, Target
from fakegraph.graph.paths import locate as located
from fakegraph.odata.collection import observed
from fakegraph.store import StoreError
from fakegraph.tenants import Tenant
from fakegraph.tenants.faults import Facts, Match
from fakegraph.tokens.bearer import is_app_only, payload_of
from fakegraph.web.exchange import Exchange
from fakegraph.web.later import ended

if TYPE_CHECKING:
    from fakegraph.graph.api import GraphApi
    from fakegraph.graph.resource_path import ResourcePath
    from fakegraph.graph.shapes import Shape
    from fakegraph.graph.walk import Walk
    from fakegraph.graph.whole.plan import Plan
    from fakegraph.tenants.journal import Entry

_CLAIMS = ("appid", "azp", "app_displayname", "oid", "upn", "preferred_username", "tid", "aud")
_MOST_READINGS = 20


def why(graph: GraphApi, tenant: Tenant, entry: Entry) -> dict[str, Any]:
    """All that can be said of a request: ``path``, ``caller``, ``permissions``, ``query`` and what
    came between. ``path`` is None where nothing is there, and ``query`` where nothing is read.
    """
    caller = caller_of(entry)
    place = place_of(graph, entry.target.partition("?")[0])
    needed = None if place is None else place.needed(entry.method)
    meant = graph.checker.grantable.meant
    return {
        "path": None if place is None else place.shown,
        "caller": caller,
        "permissions": _permissions(needed, caller, meant),
        "query": _query(graph, tenant, entry),
        "refusal": None if entry.error_code is None else _refusal(entry),
        "ignored": list(entry.environ.get("fakegraph.ignored", ())),
        "fault": _rule(tenant.faults.shown(), entry.fault),
        "stub": _rule(tenant.stubs.shown(), entry.stub),
        "nearMisses": _near_misses(tenant, entry, caller or {}),
    }


def caller_of(entry: Entry) -> dict[str, Any] | None:
    """Who asked: see ``caller_in``."""
    return caller_in(str(entry.environ.get("HTTP_AUTHORIZATION", "")))


def caller_in(authorization: str) -> dict[str, Any] | None:
    """Who asks, as their token says it: its claims by name, ``appOnly``, and what it grants as
    ``held``. None without a token, and no claims of one that is no JWT.
    """
    scheme, _, token = authorization.strip().partition(" ")
    if scheme.casefold() != "bearer" or not token:
        return None
    claims = payload_of(token.strip())
    found = {name: claims[name] for name in _CLAIMS if isinstance(claims.get(name), str)}
    roles = claims.get("roles")
    held = roles if isinstance(roles, list) else str(claims.get("scp") or "").split()
    return {**found, "appOnly": is_app_only(claims), "held": [str(name) for name in held]}


def _refusal(entry: Entry) -> dict[str, Any]:
    return {"status": entry.status, "code": entry.error_code, "reason": entry.error_message}


def _rule(rules: Iterable[Mapping[str, Any]], name: str | None) -> Any:
    """A fault or a stub as it was added; its id alone where it is there no more."""
    if name is None:
        return None
    return next((rule for rule in rules if rule.get("id") == name), {"id": name})


_SIDES = ("method", "path", "query", "app")
_CLOSE = 0.8  # of two paths, as difflib measures it
_PASSED = "It matches: it came later, was used up, let this pass, or wants another body."


def _near_misses(tenant: Tenant, entry: Entry, caller: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The faults and stubs that were not for a request by one thing alone, and by which."""
    query = {name.removeprefix("$").casefold(): value for name, value in entry.query.items()}
    app = caller.get("appid") or caller.get("azp") or ""
    facts = Facts(entry.method, entry.path, query, str(app))
    found = []
    for kind, rules, own in (
        ("fault", tenant.faults.shown(), entry.fault),
        ("stub", tenant.stubs.shown(), entry.stub),
    ):
        for rule in rules:
            told = _missed(rule.get("match") or {}, facts)
            if rule["id"] != own and told is not None:
                found.append({"kind": kind, "id": rule["id"], "difference": told})
    return found[:_MOST_READINGS]


def _missed(said: Mapping[str, Any], facts: Facts) -> str | None:
    """By what alone a rule misses, in words; None where it is for something else."""
    named = {name: said[name] for name in _SIDES if said.get(name)}
    missed = Match(**named).misses(facts)
    if not missed:
        return _PASSED if "path" in named else None
    (name, words), *others = missed.items()
    if others or (name != "path" and "path" not in named):
        return None
    return words if name != "path" or _is_close(named["path"], facts.path) else None


def _is_close(pattern: str, path: str) -> bool:
    """Whether a path, with its version or without, is nearly what a pattern says."""
    whole = path.strip("/").casefold()
    return any(
        SequenceMatcher(None, pattern.strip("/").casefold(), each).ratio() >= _CLOSE
        for each in (whole, whole.partition("/")[2])
    )


class Place(NamedTuple):
    """What a path leads to: in words, what one needs for each method, and as it was walked."""

    shown: dict[str, Any]
    needed: Callable[[str], Permissions | None]
    path: ResourcePath | None


def place_of(graph: GraphApi, path: str) -> Place | None:
    """What an undecoded path with its version leads to; None where nothing is there."""
    from fakegraph.graph.whole.answer import plan_of

    with suppress(GraphError):
        location = located(path, graph.versions)
        with suppress(PathError):
            if (declared := graph.declared(location)) is not None:
                return _of_declared(location.version, *declared)
        walked = graph.published.walk(location.version)(location.raw)
        plan = plan_of(graph.published, location.version, walked)
        needed = partial(_needed, graph.published.walk(location.version), plan, walked.shape)
        return Place(_shown(location.version, walked, plan), needed, walked)
    return None


_SCHEMES = ("DelegatedWork", "Application")


def _of_declared(version: str, target: Target, methods: Iterable[str]) -> Place:
    permitted = Evidence.PERMITTED.name.lower()
    shown = {
        "version": version,
        "template": target.route,
        "kind": target.kind.name.lower(),
        "type": getattr(target.resource, "name", None),
        "inferred": False,
        "operation": None,
        "methods": [{"method": name, "evidence": permitted, "built": True} for name in methods],
    }
    needed = Permissions(dict.fromkeys(_SCHEMES, " ".join(target.permissions)))
    return Place(shown, lambda _: needed, None)


def _needed(walk: Walk, plan: Plan, shape: Shape, method: str) -> Permissions | None:
    read = "GET" if method == "HEAD" else method
    use = plan.uses.get(read)
    said = None if use is None else use.permissions
    return said if said is not None or use is None else nearest(walk, shape, read)


def _shown(version: str, path: ResourcePath, plan: Plan) -> dict[str, Any]:
    return {
        "version": version,
        "template": plan.template,
        "kind": path.kind,
        "type": None if path.type is None else getattr(path.type, "name", None),
        "inferred": plan.is_inferred,
        "operation": None if plan.operation is None else plan.operation.name,
        "methods": [
            {"method": name, "evidence": _evidence(plan, name), "built": plan.is_built(name)}
            for name in plan.allowed
        ],
    }


def _evidence(plan: Plan, method: str) -> str:
    use = plan.uses.get(method)
    return (Evidence.DECLARED if use is None else use.evidence).name.lower()


def _permissions(
    needed: Permissions | None,
    caller: Mapping[str, Any] | None,
    meant: Callable[..., Collection[str]],
) -> dict[str, Any]:
    """What is needed by each kind of caller, the least first; what is held, and whether it does."""
    held = [] if caller is None else caller["held"]
    app_only = caller is not None and caller["appOnly"]
    scheme = "Application" if app_only else "DelegatedWork"
    schemes = {} if needed is None else by_scheme(needed)
    enough = (
        None
        if needed is None or not held
        else needed.allow(scheme, meant(frozenset(held), app_only=app_only))
    )
    return {"needed": schemes, "scheme": scheme, "held": held, "enough": enough}


def by_scheme(needed: Permissions) -> dict[str, list[str]]:
    """What is needed by each kind of caller, the least first."""
    return {name: list(has) for name, has in needed.schemes.items()}


def _query(graph: GraphApi, tenant: Tenant, entry: Entry) -> list[dict[str, Any]] | None:
    """How a read goes about it, found by reading again; None for what is no read."""
    if entry.method != "GET" or tenant.lag:  # whose delay may be counted in reads
        return None
    environ = {**entry.environ, "wsgi.input": BytesIO()}
    environ.pop("fakegraph.ignored", None)
    with observed() as readings, suppress(GraphError, StoreError):
        ended(graph.read_again(Exchange(environ, 0), tenant))
    return [
        {"by": each.by or None, "records": each.records, "read": each.read}
        for each in readings[:_MOST_READINGS]
    ]
