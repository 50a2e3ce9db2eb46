"""Long-running operations: what they do is seen when they are done, or not done at all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fakegraph.edm.values import Instant
from fakegraph.graph.whole.asked import Asked
from fakegraph.graph.whole.making import Maker
from fakegraph.store import Key, Record, Row
from fakegraph.tenants.courses import Course
from fakegraph.workloads.declarations import Operation
from fakegraph.workloads.operations import Call, Ending, FailsLater

_TICKS_PER_MS = 10_000


def begun(
    asked: Asked, call: Call, maker: Maker, built: Operation, course: Course
) -> tuple[Any, Mapping[str, str]]:
    """What an operation gives that goes on after its answer, and the headers of that."""
    assert built.tells is not None
    result, error = None, _error(course)
    if error is None:
        try:
            result = built.function(call)
        except FailsLater as later:
            error = later.error
    touched = dict(maker.touched)
    ending = _ending(asked, course, error)
    headers = built.tells(call, result, ending)
    _hold(maker, touched, ending)
    return result, headers


def made(asked: Asked, maker: Maker, row: Row, course: Course) -> Row:
    """A thing whose making goes on after the answer; it is hidden where that fails."""
    container = asked.world.rules(asked.type).monitors
    assert container is not None
    ending = _ending(asked, course, _error(course))
    (monitor,) = maker.transaction.rows_of(container, [row.key])
    touched = {key: old for key, old in maker.touched.items() if key != monitor.key}
    failed = {"status": "failed"} if ending.error else {}
    maker.transaction.replace(monitor.key, {**monitor.record, **failed, **ending.kept})
    if ending.error:
        _undo(maker, {key: old for key, old in touched.items() if key != row.key})
        maker.transaction.hide(monitor.key)  # by itself, so that it is found by itself
        maker.transaction.hide(row.key)
    else:
        _hold(maker, touched, ending)
    return row


def _error(course: Course) -> Mapping[str, str] | None:
    return {"code": course.code, "message": course.message} if course.code else None


def _ending(asked: Asked, course: Course, error: Mapping[str, str] | None) -> Ending:
    now = int(asked.tenant.instant()) // _TICKS_PER_MS
    return Ending(now, now + course.last_ms, error)


def _hold(maker: Maker, touched: Mapping[Key, Record | None], ending: Ending) -> None:
    """Let what was done be seen when the operation is done."""
    if ending.lasts:
        maker.held, maker.held_until = touched, Instant(ending.until * _TICKS_PER_MS)


def _undo(maker: Maker, touched: Mapping[Key, Record | None]) -> None:
    """Have things as they were before."""
    for key, old in touched.items():
        row = maker.transaction.row(key)
        if old is not None:
            maker.transaction.replace(key, old)
        elif row is not None:
            maker.transaction.delete(key)
