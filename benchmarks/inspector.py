"""What the inspector's page costs a program's requests while it is open, and how it scrolls. Prints
markdown.

    python benchmarks/inspector.py [--steps N] [--requests N] [--rows N] [--records N]

While a program asks as fast as it can, the page asks once a second what came since: the latest 500
requests in short, and 1,000 that it has not read. What that takes of the server's processor is what
the program's requests lose at most: its share of a second. Processor time is measured, and not
rates: what else a machine does changes these by far more.

Then Chromium shows lists of many rows and scrolls them 300 rows a frame: requests while they are
read, requests while further ones come, and records. A frame is the time from one drawing to the
next. A task is what the page does in one go, of which browsers tell those of 50 ms and more.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from pathlib import Path
from threading import Event, Thread
from typing import Any

HEADERS = {"Authorization": "Bearer program"}
PATH = "/v1.0/users?$top=5"
SUMMARIES = "/_fakegraph/tenants/default/requests/summaries"


@contextmanager
def serving(folder: Path, fixture: str = "contoso") -> Iterator[tuple[int, int]]:
    """The port and the process of a server."""
    ready = folder / "ready.json"
    line = [sys.executable, "-m", "fakegraph", "serve", "--port", "0", "--log-level", "error"]
    line += ["--journal-size", "100000", "--fixture", fixture, "--ready-file", str(ready)]
    process = subprocess.Popen(line, stdout=subprocess.DEVNULL)
    try:
        while not ready.exists():
            if process.poll() is not None:
                sys.exit("The server ended before it answered: see what it said.")
            time.sleep(0.01)
        yield int(json.loads(ready.read_text())["url"].rpartition(":")[2]), process.pid
    finally:
        process.terminate()
        process.wait()
        ready.unlink(missing_ok=True)


def processor(pid: int) -> float:
    """The processor time of a process so far, in seconds, to a hundredth (proc(5))."""
    said = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(said[11]) + int(said[12])) / os.sysconf("SC_CLK_TCK")


def ask(connection: HTTPConnection, path: str) -> bytes:
    """The body of an answer."""
    connection.request("GET", path, headers=HEADERS)
    return connection.getresponse().read()


def costs(folder: Path, requests: int, steps: int) -> None:
    """Print what a request takes of the server, and what the page does."""
    with serving(folder) as (port, pid), closing(HTTPConnection("127.0.0.1", port)) as connection:
        for _ in range(500):
            ask(connection, PATH)
        begun = processor(pid)
        for _ in range(requests):
            ask(connection, PATH)
        request = (processor(pid) - begun) / requests
        begun = processor(pid)
        for _ in range(steps):
            ask(connection, f"{SUMMARIES}?after=0&most=500")
            ask(connection, f"{SUMMARIES}?before={requests}&most=1000")
        step = (processor(pid) - begun) / steps
    print("| takes of the server's processor | |")
    print("| --- | --- |")
    print(f"| a request of the program | {request * 1e6:.0f} µs |")
    print(f"| the page, in a second, as requests come | {step * 1e3:.1f} ms |")
    print(f"| **what the program's requests lose of their rate, at most** | **{step:.2%}** |")


WATCH = """() => {
    const seen = window.seen = { frames: [], tasks: [], on: true };
    const note = (list) => seen.tasks.push(...list.getEntries().map((each) => each.duration));
    seen.watcher = new PerformanceObserver(note);
    seen.watcher.observe({ entryTypes: ["longtask"] });
    let before = performance.now();
    const frame = (now) => {
        seen.frames.push(now - before);
        before = now;
        const box = document.querySelector("[role=grid]");
        const next = box && box.scrollTop + 9000;
        if (box) box.scrollTop = next + box.clientHeight > box.scrollHeight + 8999 ? 0 : next;
        if (seen.on) requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
}"""
SEEN = """() => {
    window.seen.on = false;
    window.seen.watcher.disconnect();
    return [window.seen.frames.slice(5), window.seen.tasks];
}"""
HEAD = """
| scrolled, 300 rows a frame | frames | half within | 95 % within | longest | tasks of 50 ms and more |
| --- | --- | --- | --- | --- | --- |"""  # noqa: E501


def told(what: str, page: Any) -> None:
    """Print the frames that were drawn since WATCH."""
    frames, tasks = page.evaluate(SEEN)
    parts = statistics.quantiles(frames, n=20)
    longest = max(tasks, default=0)
    print(
        f"| {what} | {len(frames)} | {parts[9]:.0f} ms | {parts[18]:.0f} ms | {max(frames):.0f} ms "
        f"| {f'{len(tasks)}, {longest:.0f} ms' if tasks else 'none'} |"
    )


@contextmanager
def asking(port: int, rate: int) -> Iterator[None]:
    """Ask so many times a second, meanwhile."""
    over = Event()

    def program() -> None:
        with closing(HTTPConnection("127.0.0.1", port)) as connection:
            while not over.wait(1 / rate):
                ask(connection, PATH)

    thread = Thread(target=program)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def ask_much(port: int, requests: int) -> None:
    """Have the journal hold so many requests, by the batch."""
    items = [{"id": str(n), "method": "GET", "url": f"/users/{n}"} for n in range(20)]
    body = json.dumps({"requests": items})
    headers = {**HEADERS, "Content-Type": "application/json"}
    with closing(HTTPConnection("127.0.0.1", port)) as connection:
        for _ in range(requests // 21 + 1):
            connection.request("POST", "/v1.0/$batch", body, headers)
            connection.getresponse().read()


def records(folder: Path, rows: int) -> str:
    """A fixture with so many groups."""
    place = folder / "groups-alone"
    place.mkdir()
    with (place / "groups.jsonl").open("w") as file:
        for n in range(rows):
            id_ = f"00000000-0000-4000-8000-{n:012}"
            file.write(f'{{"id": "{id_}", "displayName": "Group {n}", "mail": "g{n}@a.example"}}\n')
    return str(place)


def scrolls(folder: Path, rows: int, many: int) -> None:
    """Print how long frames are while somebody scrolls."""
    chromium = shutil.which("chromium")
    if chromium is None:
        print("Frames were not measured: there is no chromium on the path.")
        return
    from playwright.sync_api import sync_playwright

    print(HEAD)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.set_default_timeout(200_000)
        with serving(folder) as (port, _):
            ask_much(port, rows)
            at = f"http://127.0.0.1:{port}/_fakegraph/ui"
            page.goto(at)
            page.wait_for_selector("[role=rowgroup] [role=row]")
            page.evaluate(WATCH)
            page.wait_for_selector("text=/of [0-9]+$/")
            told(f"{rows:,} requests, while they are read", page)
            for query, words in (("", ""), ("?text=users/1", ", filtered")):
                page.goto(f"{at}#/requests{query}")
                with asking(port, 50):
                    page.wait_for_timeout(2_000)
                    page.evaluate(WATCH)
                    page.wait_for_timeout(20_000)
                    told(f"{rows:,} requests{words}, while 50 a second come", page)
            page.goto(f"{at}#/overview")
            with asking(port, 50):
                page.wait_for_selector("[aria-label='Asked most'] td")
                page.evaluate(WATCH)
                page.wait_for_timeout(10_000)
                told(f"{rows:,} requests, as charts", page)
        with serving(folder, records(folder, many)) as (port, _):
            page.goto(f"http://127.0.0.1:{port}/_fakegraph/ui#/data?path=groups")
            page.wait_for_selector("[role=rowgroup] [role=row]")
            page.evaluate(WATCH)
            page.wait_for_timeout(20_000)
            told(f"{many:,} records", page)
        browser.close()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--requests", type=int, default=8_000)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--records", type=int, default=5_000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        costs(Path(folder), given.requests, given.steps)
        scrolls(Path(folder), given.rows, given.records)


if __name__ == "__main__":
    main()
