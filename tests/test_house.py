"""docs/explanation/house.md tells the truth: what it names is there, and what is there is on its map."""

from __future__ import annotations

import re
from configparser import ConfigParser
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "explanation" / "house.md").read_text()
NAMES = sorted(
    set(re.findall(r"(?<![\w/])(?:(?:[a-z][\w-]*/)+(?:\w+\.(?:py|md|cfg))?|\w+\.py\b)", PAGE))
)
PLACES = (ROOT, ROOT / "fakegraph", ROOT / "fakegraph" / "edm", ROOT / "fakegraph" / "workloads")


@pytest.mark.parametrize("name", NAMES)
def test_what_is_named_is_there(name):
    assert any((place / name).exists() for place in PLACES), name


def test_names_are_found_in_the_page():
    assert {"fakegraph/app.py", "web/later.py", "tests/test_layers.py", "fixtures/"} <= set(NAMES)


def test_every_room_is_on_the_map():
    rooms = {path.name for path in (ROOT / "fakegraph").iterdir() if path.is_dir()} - {
        "__pycache__"
    }
    files = {
        path.name for path in (ROOT / "fakegraph").glob("*.py") if not path.name.startswith("_")
    }
    floors = PAGE.partition("## A request's way")[0]
    assert {room for room in rooms if f"fakegraph/{room}/" not in floors} == set()
    assert {file for file in files if file not in floors} == set()


def test_the_server_stays_a_thin_adapter() -> None:
    files = sorted((ROOT / "fakegraph" / "serving").glob("*.py"))

    lines = {file.name: len(file.read_text().splitlines()) for file in files}
    assert sum(lines.values()) <= 500, lines


def test_every_room_is_in_the_wheel() -> None:
    config = ConfigParser()
    config.read(ROOT / "setup.cfg")
    named = set(config["options"]["packages"].split())
    rooms = {each.parent.relative_to(ROOT) for each in ROOT.glob("fakegraph/**/__init__.py")}

    assert {".".join(each.parts) for each in rooms} <= named
