"""What was delivered of a tenant's changes, where it moves from several servers to one."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import orjson

from fakegraph.changes.outbox import put_rows
from fakegraph.changes.shared import delivered
from fakegraph.store import Transaction
from fakegraph.tenants.beyond import OUTBOX


def written_down(
    generation: str, states: Iterable[tuple[str, str, str]]
) -> Callable[[Transaction], object]:
    """What writes down in a tenant's records what was delivered, as one server alone does.

    ``states``: kinds, ids and JSON of what several share. Where the records are others than those
    that were told of, nothing is.
    """
    told = [(id_, orjson.loads(value)) for kind, id_, value in states if kind == OUTBOX]
    known, rows = delivered(told)
    return lambda transaction: put_rows(transaction, rows if known == generation else ())
