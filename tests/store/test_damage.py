"""No damage to a tenant's files goes unnoticed, and what is said of it is true.

``DAMAGE`` says how many places of each file are tried (150 if not given; ``make crash-test`` says
20,000). ``python -m tests.store.damage`` prints what became of each kind.
"""

from __future__ import annotations

import os

import pytest

from .damage import BLOCK, Damaged, line_ends, offsets

HOW_OFTEN = int(os.environ.get("DAMAGE", "150"))
FILES = range(4)  # the data file, the log, the template, some bytes


@pytest.fixture(scope="module")
def damaged(tmp_path_factory: pytest.TempPathFactory) -> Damaged:
    return Damaged(tmp_path_factory.mktemp("damage"))


def test_undamaged_files_are_opened_without_a_word(damaged: Damaged) -> None:
    found = damaged.after("none of them", lambda data: data)
    assert not found.noticed
    assert damaged.lost(found) == 0


@pytest.mark.parametrize("number", FILES)
def test_a_flipped_bit_is_noticed(damaged: Damaged, number: int) -> None:
    name = [*damaged.files][number]
    data = damaged.files[name]
    heads_end = {(end - 1) * 8 + bit for end in line_ends(data)[:2] for bit in range(8)}
    silent = [
        bit
        for bit in sorted({*offsets(len(data) * 8, HOW_OFTEN), *heads_end})
        if not damaged.flipped(name, bit).noticed
    ]
    assert silent == []


@pytest.mark.parametrize("number", FILES)
def test_a_block_of_zeros_is_noticed(damaged: Damaged, number: int) -> None:
    name = [*damaged.files][number]
    places = range(0, len(damaged.files[name]), BLOCK)
    assert [place for place in places if not damaged.zeroed(name, place).noticed] == []


@pytest.mark.parametrize("number", FILES)
def test_a_file_that_was_cut_is_noticed(damaged: Damaged, number: int) -> None:
    name = [*damaged.files][number]
    data = damaged.files[name]
    places = {*offsets(len(data), HOW_OFTEN), *line_ends(data)[:-1]}
    silent = [size for size in sorted(places) if not damaged.cut(name, size).noticed]
    assert silent == []


def test_a_log_that_was_cut_says_how_many_writes_are_missing(damaged: Damaged) -> None:
    data = damaged.files["contoso.wal"]
    head = line_ends(data)[1]  # what comes before it says how many there were
    for size in {*offsets(len(data), HOW_OFTEN), *line_ends(data)}:
        found = damaged.cut("contoso.wal", size)
        lost = damaged.lost(found)
        assert lost is not None, "what is left is a state that there was"
        assert found.missing == (lost if size >= head else None), size


def test_no_flipped_bit_of_the_log_changes_what_is_stored(damaged: Damaged) -> None:
    for bit in offsets(len(damaged.files["contoso.wal"]) * 8, HOW_OFTEN):
        found = damaged.flipped("contoso.wal", bit)
        if found.refused is None:
            assert damaged.lost(found) == (found.missing or 0), bit
