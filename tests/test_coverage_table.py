"""``docs/coverage.md`` cannot lie: it is made of a table whose rows name the tests that show them."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.coverage_table import CLASSES, DOCUMENT, SECTIONS, text

TESTS = Path(__file__).parent
ROWS = [row for rows in SECTIONS.values() for row in rows]
FACTS = TESTS.parents[1] / "shared" / "graph-behaviour.md"


def functions(file):
    tree = ast.parse((TESTS / file).read_text())
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def test_the_page_is_made_of_the_table():
    assert DOCUMENT.read_text() == text(), "run: python -m tests.coverage_table"


@pytest.mark.parametrize("file", sorted({row.test.partition("::")[0] for row in ROWS}))
def test_named_tests_exist(file):
    named = {row.test.partition("::")[2] for row in ROWS if row.test.startswith(f"{file}::")}
    assert named <= functions(file)


def test_rows_are_classed_and_say_what_differs():
    assert {row.grade for row in ROWS} == set(CLASSES)
    assert len({row.behaviour for row in ROWS}) == len(ROWS)
    for row in ROWS:
        assert row.note or row.grade in ("real", "refused"), row.behaviour


def test_no_row_is_shown_by_a_test_that_is_left_out():
    for row in ROWS:
        file, _, name = row.test.partition("::")
        source = (TESTS / file).read_text()
        before = source.partition(f"def {name}(")[0].rstrip().rpartition("\n\n")[2]
        assert "mark.skip" not in before, row.test


@pytest.mark.skipif(not FACTS.exists(), reason="the list of facts lies beside the repository")
def test_every_chapter_of_the_facts_has_rows():
    titles = re.findall(r"^## \d+\. (.+)$", FACTS.read_text(), re.MULTILINE)
    assert len(titles) - 1 <= len(SECTIONS), "a chapter has no section here"
    assert all(SECTIONS.values())


def test_the_command_prints_it():
    command = [sys.executable, "-m", "fakegraph", "routes", "--coverage"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == text()
