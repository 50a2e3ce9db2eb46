"""What the ``fakegraph`` fixture costs a test, beside pytest-httpserver's. Prints markdown.

    python benchmarks/fixture_cost.py [--tests N] [--rounds N]

Each test has its fixture made, asks for one record over a new connection, and has the fixture torn
down again: a fresh tenant with the built-in fixture's records on the one hand, a server with one
expectation, a constant of the same size, on the other. What a test without a fixture costs is
taken off. It wants pytest-httpserver installed.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

CONFTEST = """
import time, pytest

@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item):
    began, busy = time.perf_counter(), time.process_time()
    result = yield
    item.config.took.append((time.perf_counter() - began, time.process_time() - busy))
    return result

def pytest_configure(config):
    config.took = []

def pytest_unconfigure(config):
    import statistics
    # The first tests of a session start its server.
    for times in zip(*config.took[5:]):
        print("took", statistics.median(times) * 1e6)
"""

ASK = """
import http.client, pytest
from urllib.parse import urlsplit

def ask(url, headers={}):
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc)
    connection.request("GET", f"{parts.path}?$top=1", headers=headers)
    answer = connection.getresponse()
    assert answer.status == 200 and len(answer.read()) > 100
    connection.close()
"""

TESTS = {
    "nothing": """
@pytest.mark.parametrize("n", range(COUNT))
def test(n):
    pass
""",
    "fakegraph": """
@pytest.mark.parametrize("n", range(COUNT))
def test(fakegraph, n):
    ask(fakegraph.beta + "/reports/userCredentialUsageDetails", fakegraph.headers)
""",
    "pytest-httpserver": """
@pytest.mark.parametrize("n", range(COUNT))
def test(httpserver, n):
    httpserver.expect_request("/reports").respond_with_data("x" * 600)
    ask(httpserver.url_for("/reports"))
""",
}


class Took(NamedTuple):
    """The median of a test's time in microseconds: by the clock, and of the processor, which is
    the same on a busy machine.
    """

    clock: float
    processor: float


def took(name: str, folder: Path, count: int) -> Took:
    """What a test takes."""
    home = folder / name
    home.mkdir(exist_ok=True)
    (home / "conftest.py").write_text(CONFTEST)
    (home / "test_it.py").write_text(ASK + TESTS[name].replace("COUNT", str(count)))
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_it.py"]
    environ = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    said = subprocess.run(
        command, cwd=home, env=environ, capture_output=True, text=True, check=True
    ).stdout
    _, clock, processor = said.split("took ")
    return Took(float(clock), float(processor.split()[0]))


def main() -> None:
    """Measure, then print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tests", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="fakegraph-bench-") as folder:
        rounds = [
            {
                name: took(name, Path(folder), options.tests)
                for name in random.sample(list(TESTS), 3)
            }
            for _ in range(options.rounds)
        ]
    print("| a test with | µs by the clock | ours, of it | µs of the processor | ours, of it |")
    print("| --- | ---: | ---: | ---: | ---: |")
    for name in list(TESTS)[1:]:
        cells = []
        for place in range(len(Took._fields)):
            alone = [each[name][place] - each["nothing"][place] for each in rounds]
            ours = (each["fakegraph"][place] - each["nothing"][place] for each in rounds)
            ratios = (a / b for a, b in zip(ours, alone, strict=True))
            cells.append(f"{statistics.median(alone):,.0f} | {statistics.median(ratios):.2f}")
        print(f"| {name} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
