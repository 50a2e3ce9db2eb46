"""What requests to a mailbox take, by how many messages it has. Prints markdown.

    python benchmarks/mailbox.py [--messages N]

A mailbox of 1,000 and one of N are asked the same, one connection at a time; the median of each
request is taken, and the ratio of the two. Memory is that of the server's process, the file what
its data folder has, both by message.
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
from contextlib import contextmanager
from pathlib import Path
from typing import Any

HEADERS = {"Authorization": "Bearer mailbox", "Content-Type": "application/json"}
FEW, AT_ONCE, TIMES = 1_000, 2_000, 200
ME = "users/ada@contoso.com"
TO = [{"emailAddress": {"address": "bob@fabrikam.com"}}]
ASKED = {
    "a page, latest first": ("GET", "messages?$orderby=receivedDateTime%20desc&$top=10", None),
    "a page of a folder": ("GET", "mailFolders/inbox/messages?$top=10", None),
    "unread": ("GET", "mailFolders/inbox/messages?$filter=isRead%20eq%20false&$top=10", None),
    "unread, by date": (
        "GET",
        "messages?$filter=receivedDateTime%20ge%201900-01-01T00:00:00Z%20and%20isRead%20eq%20false"
        "&$orderby=receivedDateTime%20desc&$top=10",
        None,
    ),
    "how many": ("GET", "messages/$count", None),
    "with $count": ("GET", "messages?$count=true&$top=10", None),
    "counts of a folder": ("GET", "mailFolders/inbox", None),
    "people": ("GET", "people", None),
    "send": ("POST", "sendMail", {"message": {"subject": "Hi", "toRecipients": TO}}),
}


class Mailbox:
    """A served mailbox with so many messages."""

    def __init__(self, process: subprocess.Popen[bytes], port: int, folder: Path) -> None:
        self._process = process
        self._folder = folder
        self._connection = http.client.HTTPConnection("127.0.0.1", port)

    def ask(self, method: str, path: str, body: Any = None) -> float:
        """How long a request takes, in ms."""
        data = None if body is None else json.dumps(body)
        began = time.perf_counter()
        self._connection.request(method, path, data, HEADERS)
        answer = self._connection.getresponse()
        said = answer.read()
        took = (time.perf_counter() - began) * 1000
        if answer.status >= 400:
            raise SystemExit(f"{method} {path}: {answer.status} {said[:300]!r}")
        return took

    def fill(self, count: int) -> None:
        """Put messages into the inbox, every tenth of them unread."""
        for first in range(0, count, AT_ONCE):
            numbers = range(first, min(first + AT_ONCE, count))
            self.ask("POST", "/_fakegraph/seed", {f"{ME}/messages": list(map(_message, numbers))})

    def medians(self) -> dict[str, float]:
        """What each request takes."""
        return {
            name: statistics.median(
                self.ask(method, f"/v1.0/{ME}/{path}", body) for _ in range(TIMES)
            )
            for name, (method, path, body) in ASKED.items()
        }

    @property
    def memory(self) -> int:
        """The server's memory, in bytes."""
        pages = Path(f"/proc/{self._process.pid}/statm").read_text().split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE")

    @property
    def on_disk(self) -> int:
        """What its data folder has, in bytes."""
        return sum(each.stat().st_size for each in self._folder.rglob("*") if each.is_file())


def _message(number: int) -> dict[str, Any]:
    day, second = divmod(number, 86_400)
    moment = f"{2000 + day % 25}-01-01T{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}Z"
    sender = {"emailAddress": {"name": "Bob", "address": "bob@fabrikam.com"}}
    return {
        "subject": f"Message {number}",
        "body": {"contentType": "text", "content": f"This is number {number}."},
        "from": sender,
        "sender": sender,
        "toRecipients": [{"emailAddress": {"name": "Ada", "address": "ada@contoso.com"}}],
        "isRead": number % 10 != 0,
        "receivedDateTime": moment,
        "sentDateTime": moment,
        "parentFolderId": "inbox",
    }


@contextmanager
def served() -> Any:
    """A ``fakegraph serve`` without records that keeps what it is given on disk."""
    with tempfile.TemporaryDirectory() as name:
        folder, ready = Path(name) / "data", Path(name) / "ready.json"
        line = [sys.executable, "-m", "fakegraph", "serve", "--port", "0", "--log-level", "error"]
        line += ["--ready-file", str(ready), "--data-dir", str(folder), "--no-fixture"]
        process = subprocess.Popen(line, stdout=subprocess.DEVNULL)
        try:
            while not ready.exists():
                time.sleep(0.01)
            port = int(json.loads(ready.read_text())["url"].rpartition(":")[2])
            yield Mailbox(process, port, folder)
        finally:
            process.terminate()
            process.wait()


def measured(count: int) -> tuple[dict[str, float], float, float]:
    """Medians, and bytes of memory and of file by message, of a mailbox with so many."""
    with served() as mailbox:
        mailbox.fill(FEW)
        began = mailbox.memory, mailbox.on_disk
        mailbox.fill(count - FEW)
        ended = mailbox.memory, mailbox.on_disk
        more = max(count - FEW, 1)
        return mailbox.medians(), *((b - a) / more for a, b in zip(began, ended, strict=True))


def main() -> None:
    """Measure both, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--messages", type=int, default=100_000)
    many = parser.parse_args().messages
    few_took, _, _ = measured(FEW)
    many_took, memory, file = measured(many)
    print(f"| request, ms | {FEW:,} messages | {many:,} | ratio |\n| --- | --- | --- | --- |")
    for name, took in few_took.items():
        print(f"| {name} | {took:.2f} | {many_took[name]:.2f} | {many_took[name] / took:.2f} |")
    print(f"\nA message takes {memory:,.0f} bytes of memory and {file:,.0f} bytes of file.")


if __name__ == "__main__":
    main()
