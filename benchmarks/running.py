"""A server as a process: started, waited for, measured, loaded and ended."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

LOAD = Path(__file__).with_name("load.lua")
_PAGE = os.sysconf("SC_PAGE_SIZE")


def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


class Running:
    """A server that was started with ``command`` and answers ``path`` on ``port``.

    ``started`` is how long its first good answer took, in seconds.
    """

    def __init__(self, command: list[str], port: int, path: str, log: Path) -> None:
        self.port = port
        began = time.perf_counter()
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                command, stdout=output, stderr=output, start_new_session=True
            )
        while not self._answers(path):
            if self._process.poll() is not None:
                raise RuntimeError(f"{command[0]} ended: {log.read_text(errors='replace')[-2000:]}")
            time.sleep(0.005)
        self.started = time.perf_counter() - began

    def _answers(self, path: str) -> bool:
        with suppress(OSError):
            self.ask("GET", path)
            return True
        return False

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """One request; the JSON of its answer. Raises OSError for an answer that is no 2xx."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": "Bearer benchmark", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=120) as answer:
            return json.loads(answer.read() or b"null")

    def load(
        self, mode: str, size: int, path: str, connections: int, seconds: int, body: str = ""
    ) -> Any:
        """What wrk measured: requests, seconds, p50 and p99 in ms, refused, broken; and ``spent``,
        the processor time of the server in seconds.
        """
        before = self.spent()
        said = subprocess.run(
            [
                "wrk",
                "-t1",
                f"-c{connections}",
                f"-d{seconds}",
                "--timeout",
                "30",
                "-s",
                str(LOAD),
                f"http://127.0.0.1:{self.port}",
                "--",
                mode,
                str(size),
                path,
                *([body] if body else []),
            ],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        found = json.loads(said.strip().splitlines()[-1])
        return {**found, "spent": self.spent() - before}

    def memory(self) -> float:
        """Resident memory of the process and its descendants, in MB."""
        return sum(int(fields[21]) for _, fields in self._processes()) * _PAGE / 1e6

    def spent(self) -> float:
        """Processor time of the process and its descendants so far, in seconds."""
        total = 0
        for folder, _ in self._processes():
            for task in (folder / "task").iterdir():
                with suppress(OSError):  # it has ended
                    total += int((task / "schedstat").read_text().split()[0])
        return total / 1e9

    def _processes(self) -> Iterator[tuple[Path, list[str]]]:
        """Their folders in /proc, and what their ``stat`` says behind the name."""
        for folder in Path("/proc").iterdir():
            if folder.name.isdigit():
                with suppress(OSError):
                    fields = (folder / "stat").read_text().rpartition(")")[2].split()
                    if int(fields[3]) == self._process.pid:
                        yield folder, fields

    def end(self) -> None:
        """End the process and all that it started."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGTERM)
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
