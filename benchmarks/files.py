"""What a large file takes up and down, and what requests take by how many items a folder has.

    python benchmarks/files.py [--megabytes N] [--items N]

Prints markdown. A file comes in ranges of 10 MiB, as clients send them, and is read at its download
URL; memory is what the server's process had most of, beyond what it had before. A bare view of a
file under the same server takes and gives the same bytes: the ratio is of what its process and
fakegraph's need of a processor. Then the same
requests go to a folder of 1,000 items and to one of N, in turn, and what the servers' processes
need of a processor is compared: the median of nine times fifty requests, and the ratio of the two.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

HEADERS = {"Authorization": "Bearer files", "Content-Type": "application/json"}
RANGE, MIB = 10 << 20, 1 << 20
ROUNDS = 5
AT_MOST = 240  # MiB of a file that comes at once
FEW, AT_ONCE, TURNS, AT_A_TIME = 1_000, 5_000, 9, 50
DEEP = "/".join("abcdefgh")
FLAT = "/v1.0/me/drive/root:/flat:"


class Served:
    """A served fakegraph."""

    def __init__(self, process: subprocess.Popen[Any], port: int) -> None:
        self._process = process
        self._connection = http.client.HTTPConnection("127.0.0.1", port)

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """The JSON of an answer, or its bytes."""
        data = body if isinstance(body, bytes) or body is None else json.dumps(body)
        self._connection.request(method, path, data, {**HEADERS, **headers})
        answer = self._connection.getresponse()
        said = answer.read()
        if answer.status >= 400:
            raise SystemExit(f"{method} {path}: {answer.status} {said[:300]!r}")
        is_json = (answer.getheader("Content-Type") or "").startswith("application/json")
        return json.loads(said) if is_json else said

    def megabytes(self, what: str) -> float:
        """Memory of the process: ``VmRSS`` now, ``VmHWM`` at most."""
        lines = Path(f"/proc/{self._process.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith(what)) / 1024

    def busy(self) -> float:
        """The seconds that the process was busy so far."""
        tasks = Path(f"/proc/{self._process.pid}/task").glob("*/schedstat")
        return sum(int(each.read_text().split()[0]) for each in tasks) / 1e9

    def upload(self, size: int) -> dict[str, Any]:
        """Send a file of so many bytes in ranges; gives the item."""
        path = "/v1.0/me/drive/root:/large.bin:/createUploadSession"
        item: dict[str, Any] = self.send(_target(self.ask("POST", path, {})["uploadUrl"]), size)
        return item

    def send(self, url: str, size: int) -> Any:
        """Send so many bytes in ranges; gives what is answered to the last one."""
        item: Any = {}
        for first in range(0, size, RANGE):
            last = min(first + RANGE, size) - 1
            data = os.urandom(MIB) * ((last - first + MIB) // MIB)
            about = {"Content-Range": f"bytes {first}-{last}/{size}"}
            item = self.ask("PUT", url, data[: last - first + 1], **about)
        return item

    def download(self, item: dict[str, Any]) -> int:
        """Read a file block by block; gives how many bytes came."""
        return self.receive(_target(item["@microsoft.graph.downloadUrl"]))

    def receive(self, url: str) -> int:
        """Read what is there block by block; gives how many bytes came."""
        self._connection.request("GET", url)
        answer = self._connection.getresponse()
        return sum(len(block) for block in iter(lambda: answer.read(MIB), b""))


def filled(served: Served, count: int) -> None:
    """Put so many items into one folder, and a file eight folders deep."""
    served.ask("PUT", f"/v1.0/me/drive/root:/{DEEP}/deep.txt:/content", b"deep")
    served.ask("PUT", f"{FLAT[:-1]}/first.txt:/content", b"first")
    folder = served.ask("GET", FLAT[:-1])["id"]
    for first in range(0, count, AT_ONCE):
        items = [
            {
                "name": f"file {number}.txt",
                "file": {"mimeType": "text/plain"},
                "size": 5,
                "parentReference": {"id": folder},
            }
            for number in range(first, min(first + AT_ONCE, count))
        ]
        served.ask("POST", "/_fakegraph/seed", {"me/drive/items": items})


def requests(served: Served) -> dict[str, Callable[[], float]]:
    """What is asked, each with the ms of a processor that one request of it takes."""
    item = served.ask("GET", f"{FLAT[:-1]}/first.txt")["id"]

    def changes() -> float:
        link = served.ask("GET", "/v1.0/me/drive/root/delta?token=latest")["@odata.deltaLink"]
        for number in range(10):
            path = f"/v1.0/me/drive/items/{item}"
            served.ask("PATCH", path, {"name": f"{time.perf_counter_ns()} {number}.txt"})
        return took(lambda: served.ask("GET", _target(link)), 10)

    def took(work: Callable[[], object], times: int = AT_A_TIME) -> float:
        began = served.busy()
        for _ in range(times):
            work()
        return (served.busy() - began) / times * 1000

    def upload() -> object:
        return served.ask("PUT", f"/v1.0/me/drive/items/{item}/content", os.urandom(1000))

    def rename() -> object:
        about = {"description": str(time.perf_counter_ns())}
        return served.ask("PATCH", FLAT[:-1], about)

    def get(path: str) -> Callable[[], float]:
        return lambda: took(lambda: served.ask("GET", path))

    return {
        "an item by path, eight deep": get(f"/v1.0/me/drive/root:/{DEEP}/deep.txt"),
        "a page of 50 children": get(f"{FLAT}/children?$top=50"),
        "a page of 200 children": get(f"{FLAT}/children"),
        "the folder, with its size": get(FLAT[:-1]),
        "a small file up": lambda: took(upload),
        "a change of the folder": lambda: took(rename),
        "the quota": get("/v1.0/me/drive"),
        "a delta of ten changes": changes,
    }


def many(count: int) -> None:
    """Compare a folder of few items with one of many; both are asked in turn."""
    with (
        tempfile.TemporaryDirectory() as small,
        tempfile.TemporaryDirectory() as big,
        serving(Path(small)) as few,
        serving(Path(big)) as many,
    ):
        filled(many, count)
        filled(few, FEW)  # the last one: who asks nothing for long is let go
        memory = many.megabytes("VmRSS")
        found: dict[str, list[tuple[float, float]]] = {}
        sides = requests(few), requests(many)
        for _ in range(TURNS):
            for what, ask in sides[0].items():
                found.setdefault(what, []).append((ask(), sides[1][what]()))
    print(f"\nms of a processor | {FEW:,} items | {count:,} | ratio\n--- | ---: | ---: | ---:")
    for what, pairs in found.items():
        less, more = (statistics.median(each) for each in zip(*pairs, strict=True))
        print(f"{what} | {less:.2f} | {more:.2f} | {more / less:.2f}")
    print(f"\nmemory: {memory:,.0f} MiB")


def _target(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}"


@contextmanager
def serving(folder: Path, *options: str) -> Iterator[Served]:
    """A fakegraph that keeps its data in a folder."""
    ready = folder / "ready.json"
    command = [
        sys.executable,
        "-m",
        "fakegraph",
        "serve",
        "--port",
        "0",
        "--no-fixture",
        "--log-level",
        "error",
    ]
    told = ["--ready-file", str(ready), "--data-dir", str(folder / "data"), *options]
    with subprocess.Popen([*command, *told], stdout=subprocess.DEVNULL) as process:
        try:
            while not ready.exists():
                time.sleep(0.05)
            port = urlsplit(json.loads(ready.read_text())["url"]).port
            yield Served(process, port or 80)
        finally:
            process.terminate()
            process.wait()


@contextmanager
def bare(folder: Path) -> Iterator[Served]:
    """A view of one file, under the same server."""
    command = [sys.executable, str(Path(__file__).with_name("floors.py")), "files", "0"]
    with subprocess.Popen([*command, str(folder)], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            port = urlsplit(process.stdout.readline().strip()).port
            yield Served(process, port or 80)
        finally:
            process.terminate()
            process.wait()


def beside(megabytes: int) -> None:
    """Compare with a bare view what the process is busy for, up and down."""
    ups, downs, size = [], [], megabytes * MIB
    for _ in range(ROUNDS):
        with tempfile.TemporaryDirectory() as name, bare(Path(name)) as view:
            began = view.busy()
            view.send("/", size)
            up = view.busy() - began
            assert view.receive("/") == size
            down = view.busy() - began - up
        with tempfile.TemporaryDirectory() as name, serving(Path(name)) as served:
            served.ask("PUT", "/v1.0/me/drive/root:/small.bin:/content", b"x")
            began = served.busy()
            item = served.upload(size)
            ups.append((up, served.busy() - began))
            began = served.busy()
            assert served.download(item) == size
            downs.append((down, served.busy() - began))
    print(f"\n{megabytes} MiB, seconds of a processor | bare view | fakegraph | ratio")
    print("--- | ---: | ---: | ---:")
    for what, found in (("up", ups), ("down", downs)):
        plain, own = (statistics.median(each) for each in zip(*found, strict=True))
        ratio = statistics.median(one / other for one, other in found)
        print(f"{what} | {plain:.2f} | {own:.2f} | {ratio:.2f}")


def large(megabytes: int) -> None:
    """Send and read one large file."""
    with tempfile.TemporaryDirectory() as name, serving(Path(name)) as served:
        served.ask("PUT", "/v1.0/me/drive/root:/small.bin:/content", b"x")
        before = served.megabytes("VmHWM")
        began = time.perf_counter()
        item = served.upload(megabytes * MIB)
        up = time.perf_counter() - began
        after_up = served.megabytes("VmHWM") - before
        began = time.perf_counter()
        assert served.download(item) == megabytes * MIB == item["size"]
        down = time.perf_counter() - began
        most = served.megabytes("VmHWM") - before
        began = time.perf_counter()
        data = os.urandom(MIB) * AT_MOST
        served.ask("PUT", "/v1.0/me/drive/root:/whole.bin:/content", data)
        whole = time.perf_counter() - began
        after_whole = served.megabytes("VmHWM") - before
    print(f"\n{megabytes} MiB | seconds | MiB/s | memory, MiB\n--- | ---: | ---: | ---:")
    print(f"up | {up:.1f} | {megabytes / up:.0f} | {after_up:.0f}")
    print(f"{AT_MOST} MiB at once | {whole:.1f} | {AT_MOST / whole:.0f} | {after_whole:.0f}")
    print(f"down | {down:.1f} | {megabytes / down:.0f} | {most:.0f}")


def main() -> None:
    """Print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, default=1024)
    parser.add_argument("--items", type=int, default=1_000_000)
    options = parser.parse_args()
    if options.megabytes:
        large(options.megabytes)
        beside(options.megabytes // 4)
    if options.items:
        many(options.items)


if __name__ == "__main__":
    main()
