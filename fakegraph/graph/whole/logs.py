"""Logs: what was noted of a tenant is written down when somebody asks for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fakegraph.edm.values import TICKS_PER_DAY, format_instant, instant
from fakegraph.graph.whole.asked import Asked
from fakegraph.graph.whole.locate import Located, rows_in
from fakegraph.graph.whole.lookup import InStore
from fakegraph.graph.whole.making import Maker
from fakegraph.graph.whole.tenancy import somebody
from fakegraph.store import Record
from fakegraph.tenants.trail import MOST, Audit, Caller, SignIn
from fakegraph.workloads.directory.audits import audit_of, sign_in_of

_DAYS = 30
_NOTED = "@noted"  # what tells entries of the log itself from those that seeds have put there


def write_down(asked: Asked, what: str) -> None:
    """Put what was noted where the path's collection is, and take away what is too old."""
    trail = asked.tenant.trail
    records = (
        [_audit(asked, each) for each in trail.take_audits()]
        if what == "audits"
        else [_sign_in(asked, each) for each in trail.take_sign_ins()]
    )
    if not records:
        return
    time = "activityDateTime" if what == "audits" else "createdDateTime"

    def work(maker: Maker, found: Located) -> None:
        many = maker.way(asked.segments[:2]).located().many
        for record in reversed(records):  # of those of one moment, the last comes first
            maker.add(many, {**record, _NOTED: True})
        oldest = asked.tenant.instant() - _DAYS * TICKS_PER_DAY
        noted = (row for row in rows_in(maker.lookup, many) if row.record.get(_NOTED))
        rows = sorted(noted, key=lambda row: str(row.record[time]))
        for number, row in enumerate(rows):
            if number < len(rows) - MOST or instant(row.record[time]) < oldest:
                maker.remove(row)

    asked.write(work)


def _audit(asked: Asked, audit: Audit) -> Record:
    at = format_instant(audit.instant)
    return audit_of(audit, asked.tenant.new_id(), at, _initiator(asked, audit.caller))


def _initiator(asked: Asked, caller: Caller) -> Mapping[str, Any]:
    """Who did it: the app where nobody is signed in, else the user."""
    lookup = InStore(asked.tenant.store)
    if caller.app_only:
        row = lookup.find("servicePrincipals", "appId", caller.app, None)
        known: Mapping[str, Any] = {} if row is None else row.record
        app = {
            "appId": caller.app,
            "displayName": known.get("displayName"),
            "servicePrincipalId": known.get("id"),
            "servicePrincipalName": None,
        }
        return {"user": None, "app": app}
    user = _user(asked, caller) or somebody(asked.tenant, lookup)
    id_, name = user.get("id"), user.get("userPrincipalName")
    if name is None:
        row = lookup.find("users", "id", id_, None)
        name = None if row is None else row.record.get("userPrincipalName")
    found = {"id": id_, "displayName": None, "userPrincipalName": name}
    return {"user": {**found, "ipAddress": caller.address}, "app": None}


def _user(asked: Asked, caller: Caller) -> Mapping[str, Any]:
    """What is known of who was signed in; nothing where nobody said who."""
    lookup = InStore(asked.tenant.store)
    for name, value in (("id", caller.user), ("userPrincipalName", caller.upn)):
        row = lookup.find("users", name, value, None) if value else None
        if row is not None:
            return row.record
    if not caller.user:
        return {}
    return {"id": caller.user, "userPrincipalName": caller.upn or None}


def _sign_in(asked: Asked, sign_in: SignIn) -> Record:
    at = format_instant(sign_in.instant)
    user = _user(asked, sign_in.caller)
    return sign_in_of(sign_in, asked.tenant.new_id(), at, user, asked.tenant.guid)
