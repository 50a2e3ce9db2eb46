"""What the gate says of a replay."""

from __future__ import annotations

import pytest

from tests.replay.gate import KNOWN, Failure, below, compared, read_known, summed

FAILED = Failure("a#0", "GET /v1.0/users", "status", "got 404, documented 200")


def test_what_fails_is_known_and_what_is_known_fails():
    assert compared([FAILED], {"a#0": "why"}) == []
    (said,) = compared([FAILED], {})
    assert said.startswith("a#0 fails status and is not in known.tsv")
    assert compared([], {"a#0": "why"}) == ["a#0 passes: take it out of known.tsv"]


def test_a_score_below_its_floor_is_said():
    assert below({"all": (97, 100)}, {"all": 97}) == []
    assert below({"all": (96, 100)}, {"all": 97}) == ["all: 96/100 96.0 %, and 97 % are to pass"]


def test_areas_are_added_up():
    areas = {"a": {"all": (1, 2)}, "b": {"all": (3, 4), "state": (1, 1)}, "c": {"all": (9, 9)}}

    assert summed(areas, ["a", "b"]) == {"all": (4, 6), "state": (1, 1)}


def test_only_a_501_by_name_says_that_an_operation_is_not_built():
    assert Failure("a", "", "", "got 501, documented 200: NotImplemented: GET /x").not_built
    assert not Failure("a", "", "", "got 501, documented 200: None").not_built
    assert not FAILED.not_built


@pytest.mark.parametrize("text", ["a#0", "a#0\t ", "a#0\twhy\na#0\twhy"])
def test_a_known_failure_has_one_reason(text):
    with pytest.raises(ValueError, match="a#0"):
        read_known(text)


def test_the_list_can_be_read():
    assert all(read_known(KNOWN.read_text()).values())
