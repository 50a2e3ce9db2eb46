"""What threads ask for together is made once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from fakegraph.once import once


def test_threads_that_ask_together_are_given_one():
    together, made = Barrier(4), []

    @once
    def thing(name: str) -> object:
        made.append(name)
        together.wait()  # until the others have asked
        return object()

    def ask(name: str) -> object:
        if name == "first":
            return thing(name)
        together.wait()
        return thing("first")

    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(ask, ("first", "second", "third", "fourth")))

    assert made == ["first"]
    assert len(set(map(id, found))) == 1


def test_what_could_not_be_made_is_made_by_who_asks_next():
    given = iter([0, 2])
    shares = once(lambda whole: whole / next(given))

    with pytest.raises(ZeroDivisionError):
        shares(8)
    assert [shares(8), shares(8)] == [4, 4]


def test_the_oldest_goes_where_there_is_no_room():
    made: list[int] = []
    kept = once(made.append, most=2)

    for number in (1, 2, 2, 3, 1):
        kept(number)
    assert made == [1, 2, 3, 1]
