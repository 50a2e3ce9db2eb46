"""What ``--tls`` and ``--auth strict`` add to the start of a server. Prints markdown.

    python benchmarks/start_up.py [--rounds N]

Each round starts every kind of server once, one after the other, and takes the time from the
start of the process to its first good answer; a ratio is of one round, so that both had the same
machine. CA and key are made beforehand, but for the kind whose first answer is a token signed with
a key that it has to make. The built-in fixture is served.
"""

from __future__ import annotations

import argparse
import json
import ssl
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from contextlib import suppress
from pathlib import Path

from running import free_port

PAGE = "/beta/reports/userCredentialUsageDetails?$top=1"
TOKEN = "/default/oauth2/v2.0/token"
FORM = (
    b"grant_type=client_credentials&client_id=a&client_secret=b"
    b"&scope=https%3A%2F%2Fgraph.microsoft.com%2F.default"
)
KINDS = {
    "plain": ((), PAGE),
    "--tls": (("--tls",), PAGE),
    "--auth strict": (("--auth", "strict"), PAGE),
    "--tls --auth strict": (("--tls", "--auth", "strict"), PAGE),
    "--auth strict, and a first token": (("--auth", "strict"), TOKEN),
}


def command(*arguments: str | Path) -> list[str]:
    """A command line of fakegraph."""
    return [sys.executable, "-m", "fakegraph", *map(str, arguments)]


def printed(*arguments: str | Path) -> str:
    """What a command of fakegraph prints."""
    done = subprocess.run(command(*arguments), capture_output=True, text=True, check=True)
    return done.stdout.strip()


def started(options: tuple[str, ...], path: str, data: Path, ca: str, token: str) -> float:
    """Seconds from the start of a process to its first good answer."""
    port, fresh = free_port(), path == TOKEN
    scheme = "https" if "--tls" in options else "http"
    context = ssl.create_default_context(cafile=ca) if scheme == "https" else None
    folder = () if fresh else ("--data-dir", str(data))
    line = command("serve", "--port", str(port), "--log-level", "warning", *folder, *options)
    request = urllib.request.Request(
        f"{scheme}://127.0.0.1:{port}{path}",
        data=FORM if fresh else None,
        headers={} if fresh else {"Authorization": f"Bearer {token}"},
    )
    began = time.perf_counter()
    with subprocess.Popen(line, stdout=subprocess.DEVNULL) as process:
        try:
            while process.poll() is None:
                with suppress(ConnectionError, urllib.error.URLError):
                    with urllib.request.urlopen(request, context=context) as answer:
                        json.load(answer)
                    return time.perf_counter() - began
                time.sleep(0.002)
            raise RuntimeError("fakegraph serve ended before it answered")
        finally:
            process.terminate()
            process.wait()


def main() -> None:
    """Start them all, round by round, and print what that took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=10)
    rounds = parser.parse_args().rounds
    took: dict[str, list[float]] = {kind: [] for kind in KINDS}
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        ca = printed("ca", "--data-dir", data)
        token = printed("token", "--data-dir", data)
        for number in range(rounds + 1):
            for kind, (options, path) in KINDS.items():
                seconds = started(options, path, data, ca, token)
                if number:  # the first round makes certificates and warms the disk's cache
                    took[kind].append(seconds)
    print("| start | to the first answer | of plain, median (least to most) |")
    print("| --- | ---: | ---: |")
    for kind, times in took.items():
        ratios = [one / plain for one, plain in zip(times, took["plain"], strict=True)]
        spread = f"{statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"
        print(f"| `{kind}` | {statistics.median(times) * 1000:.0f} ms | {spread} |")


if __name__ == "__main__":
    main()
