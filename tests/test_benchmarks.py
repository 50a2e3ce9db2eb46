"""What is measured for each commit still does what it says."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"


@pytest.fixture(scope="module", autouse=True)
def importable():
    """The benchmarks are no package: they import each other by name."""
    sys.path.insert(0, str(BENCHMARKS))
    yield
    sys.path.remove(str(BENCHMARKS))


@pytest.fixture(scope="module")
def application(importable):
    from application import Application
    from inside import Inside

    app = Inside("contoso")
    yield Application(app.ask)
    app.end()


def test_each_round_of_the_application_asks_the_same(application):
    from application import STEPS

    events, names = application.steps()["calendarView"], []
    before = events()
    for name, step in application.rounds(2):
        names.append(name)
        step()
    assert names == [*STEPS, *STEPS]
    assert [each["id"] for each in events()["value"]] == [each["id"] for each in before["value"]]


def test_a_refusal_ends_what_is_measured(application):
    with pytest.raises(AssertionError, match="404"):
        application._ask("GET", "/v1.0/users/nobody", None)


def test_operations_are_counted_the_same_each_time_and_grow_with_the_work():
    from growth import operations

    def work(times):
        return lambda: [number * number for number in range(times)]

    assert operations(work(10)) == operations(work(10))
    assert operations(work(1_000)) > 50 * operations(work(10)) > 0


def test_counting_leaves_alone_who_else_follows_the_interpreter():
    from growth import operations

    def other(*_):
        return None

    before = sys.gettrace()
    sys.settrace(other)
    try:
        operations(lambda: None)
        left = sys.gettrace()
    finally:
        sys.settrace(before)
    assert left is other


def test_what_has_become_dearer_is_named():
    from application import STEPS
    from growth import grown

    before = dict.fromkeys(STEPS, 1000.0)
    assert grown(before, before, 1.1, 1.3) == []
    assert grown(before, dict.fromkeys(STEPS, 1090.0), 1.1, 1.3) == []
    assert grown(before, before | {"delta": 1400.0}, 1.1, 1.3) == [
        "'delta' takes 1.40 of what it took"
    ]
    (whole,) = grown(before, dict.fromkeys(STEPS, 1200.0), 1.1, 1.3)
    assert whole == "a round takes 1.20 of that"


def test_stacks_are_told_by_the_innermost_step_of_the_way_and_drawn():
    from collections import Counter

    from flame import REST, picture, step_of, tree_of

    way = ("serving/adapter.py Adapter.__call__", "graph/api.py GraphApi.respond")
    reading = (*way, "graph/whole/answer.py answer", "odata/engine.py run")
    assert step_of(way) == "sockets, parser, loop"
    assert step_of(reading) == "find and sort"
    assert step_of(("graph/whole/answer.py answer",)) == REST

    drawn = picture(tree_of(Counter({way: 1, reading: 999, ("app.py <a>",): 1})))
    assert "odata/engine.py run: 99.8%" in drawn
    assert "app.py" not in drawn  # too narrow
    assert drawn.count("<g>") == 4


def test_where_time_goes_is_told_by_the_innermost_part():
    from misses import FIND, WRITE, part_of

    assert part_of(("graph/api.py GraphApi.respond", "odata/engine.py find")) == FIND
    writing = ("store/logged.py LoggedStorage.transact", "store/records.py Records.apply")
    assert part_of(writing) == WRITE
    assert part_of((*writing, "store/files.py Files.write_at")) == "the log, on disk"
    assert part_of(("app.py FakeGraphApp.wsgi_app",)) == "the way there: tenant, path, who asks"


def test_what_is_held_is_counted_once_and_by_kind():
    from misses import held

    text, seen = "a text of its own", set()
    roots = [{"name": text}, [text]]
    assert held(roots, seen, str) == sys.getsizeof("name") + sys.getsizeof(text)
    assert held(roots, seen, dict, list) == sum(map(sys.getsizeof, roots))
    assert held(roots, seen) == 0


def test_a_profile_leaves_the_timer_and_its_signal_as_they_were():
    import signal

    from misses import taken

    before = signal.getsignal(signal.SIGPROF)
    took = taken(lambda _: sum(range(1_000)), 0.05)
    assert signal.getsignal(signal.SIGPROF) is before
    assert signal.getitimer(signal.ITIMER_PROF) == (0.0, 0.0)
    assert not took.parts  # nothing of it was ours
