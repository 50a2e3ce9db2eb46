"""Documented requests, replayed against a server: fails when the score falls.

    python -m tests.replay.gate FOLDER [URL]

``URL`` is that of a server that is there, with no fixture; without it one is started. ``FOLDER`` has ``replay.py`` and files of requests, ``*.jsonl``. What fails has to be in ``known.tsv``, by its id and
with the reason, and what is there has to fail: whoever mends one takes it out.
"""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import NamedTuple

from fakegraph.handle import FakeGraphServer
from fakegraph.settings import Settings

KNOWN = Path(__file__).with_name("known.tsv")
# What is reached; they are raised when more is: to 97, 97 and 95.
FLOORS = {"all": 93.3, "state": 91.2, "values": 92.9}  # per cent
WORKBOOK = "/workbook/"
INTUNE = frozenset({"deviceManagement", "deviceAppManagement"})

Score = Mapping[str, tuple[int, int]]
"""How many passed a check, and of how many."""


class Failure(NamedTuple):
    """One request that failed: the checks that it failed, and what was said."""

    id: str
    request: str
    checks: str
    note: str

    @property
    def not_built(self) -> bool:
        """Whether all that is wrong is that an operation is not built, and said so by name."""
        return self.note.startswith("got 501") and ": NotImplemented: " in self.note


def read_known(text: str) -> dict[str, str]:
    """The reasons by id. Raises ValueError for a line without one, and for an id twice."""
    found: dict[str, str] = {}
    for line in text.splitlines():
        id_, tab, reason = line.partition("\t")
        if not tab or not reason.strip() or id_ in found:
            raise ValueError(f"no id with a reason, or one that is there already: {line!r}")
        found[id_] = reason
    return found


def summed(areas: Mapping[str, Score], names: Iterable[str]) -> dict[str, tuple[int, int]]:
    """The score of some areas together."""
    passed: Counter[str] = Counter()
    whole: Counter[str] = Counter()
    for name in names:
        for check, (good, all_) in areas[name].items():
            passed[check] += good
            whole[check] += all_
    return {check: (passed[check], whole[check]) for check in whole}


def below(score: Score, floors: Mapping[str, float]) -> list[str]:
    """What is said of checks that too few passed."""
    return [
        f"{check}: {_said(score[check])}, and {floor:g} % are to pass"
        for check, floor in floors.items()
        if 100 * score[check][0] < floor * score[check][1]
    ]


def compared(failures: Iterable[Failure], known: Mapping[str, str]) -> list[str]:
    """What is said of failures that are not known, and of known ones that are none."""
    failed = {each.id: each for each in failures}
    new = [
        f"{each.id} fails {each.checks} and is not in known.tsv: {each.request}: {each.note}"
        for each in failed.values()
        if each.id not in known
    ]
    return new + [f"{id_} passes: take it out of known.tsv" for id_ in known if id_ not in failed]


def _said(cell: tuple[int, int]) -> str:
    good, all_ = cell
    return f"{good}/{all_} {100 * good / all_:.1f} %" if all_ else "-"


def _replayed(
    folder: Path, url: str, operations: str
) -> tuple[dict[str, dict[str, tuple[int, int]]], list[Failure]]:
    """The scores by area, of all files of requests together, and what failed."""
    several = [_replayed_file(file, url, operations) for file in sorted(folder.glob("*.jsonl"))]
    names = {name for areas, _ in several for name in areas}
    areas = {
        name: _together([areas[name] for areas, _ in several if name in areas]) for name in names
    }
    return areas, [each for _, failures in several for each in failures]


def _replayed_file(
    file: Path, url: str, operations: str
) -> tuple[dict[str, dict[str, tuple[int, int]]], list[Failure]]:
    with tempfile.TemporaryDirectory() as made:
        scores, failures = Path(made, "scores.json"), Path(made, "failures.tsv")
        command = [sys.executable, file.with_name("replay.py"), url, file]
        command += ["--operations", operations, "--json", scores, "--failures", failures]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        areas = json.loads(scores.read_text())
        lines = failures.read_text().splitlines()
        return areas, [Failure(*line.split("\t", 3)) for line in lines if line]


def _together(scores: Iterable[Score]) -> dict[str, tuple[int, int]]:
    """Several scores as one."""
    numbered = {str(number): score for number, score in enumerate(scores)}
    return summed(numbered, numbered)


class _Heard(logging.Handler):
    """What the server says of errors of its own."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.said.append(f"the server says: {self.format(record)}")


@contextmanager
def _serving(heard: _Heard) -> Iterator[str]:
    logging.getLogger("fakegraph").addHandler(heard)
    server = FakeGraphServer(Settings(fixture=())).start()
    try:
        yield server.url
    finally:
        server.stop()


def _print(areas: Mapping[str, Score]) -> None:
    areas = {name: areas[name] for name in areas if name != "TOTAL"}
    rest = [name for name in areas if name not in INTUNE]
    rows = {name: areas[name] for name in sorted(areas, key=lambda n: -areas[n]["all"][1])}
    rows |= {"Intune": summed(areas, INTUNE), "without Intune": summed(areas, rest)}
    rows["all areas"] = summed(areas, areas)
    checks = ("route", "status", "typed", "context", "values", "state", "all")
    print(f"{'':24}" + "".join(f"{check:>16}" for check in checks))
    for name, score in rows.items():
        cells = (_said(score.get(check, (0, 0))) for check in checks)
        print(f"{name:24}" + "".join(f"{cell:>16}" for cell in cells))


def main() -> None:
    """Replay, print the score and what is wrong with it. Exits with 1 where something is."""
    folder = Path(sys.argv[1])
    heard = _Heard()
    with nullcontext(sys.argv[2]) if len(sys.argv) > 2 else _serving(heard) as url:
        areas, failures = _replayed(folder, url, "without")
        of_operations, refused = _replayed(folder, url, "only")
    _print(areas)
    failures += [each for each in refused if not each.not_built]
    passed, operations = of_operations["TOTAL"]["all"]
    missing = [each for each in refused if each.not_built]
    of_books = [each for each in missing if WORKBOOK in each.request]
    print(
        f"operations: {passed} of the {operations - len(missing)} requests pass that are for built "
        f"ones, of {operations}; {len(of_books)} that are not built are of workbooks, whose bytes "
        "no seed has"
    )
    others = [each for each in missing if WORKBOOK not in each.request]
    print("\n".join(f"  not built: {each.request}" for each in others))
    print("\n".join(f"  fails: {each.request}" for each in refused if not each.not_built))
    wrong = heard.said + below(areas["TOTAL"], FLOORS)
    wrong += compared(failures, read_known(KNOWN.read_text()))
    print("\n".join(wrong) or f"{len(failures)} fail, all of them known")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
