"""What is done to a tenant before it is asked: what it has from the start is made, and what time
alone has done to what is stored.
"""

from __future__ import annotations

from collections.abc import Callable

from fakegraph.dataclass import dataclass
from fakegraph.edm.values import Instant
from fakegraph.store import Store, Transaction
from fakegraph.tenants import Tenant
from fakegraph.tenants.guids import SETTLED as PROVIDED
from fakegraph.workloads.declared import Declarations

Begin = Callable[[Transaction], object]


@dataclass(frozen=True, slots=True)
class Turned:
    """Up to what moment ``at`` it is done, and when there is more to do, as far as the store with
    that stamp says; None for never.
    """

    stamp: tuple[str, int]
    at: Instant
    due: Instant | None


def catch_up(declared: Declarations, tenant: Tenant, begin: Begin) -> None:
    """Do what is due by a tenant's clock. ``begin`` makes what is there from the start.

    Raises GraphError, StorageFailure.
    """
    known, stamp = tenant.turned, tenant.store.stamp
    if known is None or known.stamp[0] != stamp[0]:
        _begin(declared, tenant, begin)
        stamp = tenant.store.stamp
    if known is not None and known.stamp == stamp and known.due is None:  # nearly always
        return
    now = tenant.instant()
    if known is None or known.stamp[0] != stamp[0] or now < known.at:
        known = Turned(stamp, Instant(0), _due(declared, tenant, Instant(0)))
    elif known.stamp != stamp:
        known = Turned(stamp, known.at, _due(declared, tenant, known.at))
    if known.due is not None and known.due <= now:
        tenant.store.transact(lambda transaction: _turn(declared, transaction, now))
        known = Turned(tenant.store.stamp, now, _due(declared, tenant, now))
    tenant.turned = known


def _begin(declared: Declarations, tenant: Tenant, begin: Begin) -> None:
    if is_due(declared, tenant.store):
        tenant.store.transact(begin)


def is_due(declared: Declarations, store: Store) -> bool:
    """Whether what a tenant has from the start is not there yet."""
    known = store.container(PROVIDED)
    return any(known.find("id", name, 0) is None for name in declared.given)


def _due(declared: Declarations, tenant: Tenant, after: Instant) -> Instant | None:
    first: Instant | None = None
    for each in declared.turns:
        due = each.next_after(tenant.store, after)
        if due is not None and (first is None or due < first):
            first = due
    return first


def _turn(declared: Declarations, transaction: Transaction, now: Instant) -> None:
    for each in declared.turns:
        each.make(transaction, now)
    declared.settle(transaction, now)
