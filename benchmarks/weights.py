"""What a thing weighs, by kind: in memory and on disk, against its JSON. Prints markdown.

    python benchmarks/weights.py [--number N]

Each kind has a server of its own with a data folder. ``N`` things are created over HTTP, as
applications do, and read once, so that what answers keep is counted. Memory is the process's
resident one, less what it was with a hundred of them; the JSON is what a client is shown of one.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from contenders import serve_fakegraph
from records import record_id
from running import Running

OWNER = record_id(0)
FEW = 200
BATCH = 20
TEXT = "It is about the plans for the next quarter, and who is to do what by when. " * 4


class Kind(NamedTuple):
    """A kind of things: where they are made, and the body of the one of a number."""

    path: str
    body: Callable[[int], Mapping[str, Any]]


def _user(number: int) -> Mapping[str, Any]:
    return {
        "accountEnabled": True,
        "displayName": f"User {number}",
        "mailNickname": f"user{number}",
        "userPrincipalName": f"user{number}@contoso.com",
        "passwordProfile": {"password": "xWwvJ]6NMw+bWH-d"},
        "city": "Oslo",
        "jobTitle": "Analyst",
    }


def _person(number: int) -> Mapping[str, Any]:
    name = f"User {number % 50}"
    return {"emailAddress": {"address": f"user{number % 50}@contoso.com", "name": name}}


def _message(number: int) -> Mapping[str, Any]:
    return {
        "subject": f"Plans {number}",
        "body": {"contentType": "text", "content": TEXT},
        "toRecipients": [_person(number), _person(number + 1)],
    }


def _event(number: int) -> Mapping[str, Any]:
    day = f"2026-03-{1 + number % 28:02}T"
    return {
        "subject": f"Meeting {number}",
        "body": {"contentType": "text", "content": TEXT},
        "start": {"dateTime": f"{day}09:00:00", "timeZone": "UTC"},
        "end": {"dateTime": f"{day}10:00:00", "timeZone": "UTC"},
    }


KINDS = {
    "user": Kind("/users", _user),
    "message": Kind(f"/users/{OWNER}/messages", _message),
    "event": Kind(f"/users/{OWNER}/events", _event),
    "driveItem": Kind(
        f"/users/{OWNER}/drive/root/children",
        lambda number: {"name": f"Folder {number}", "folder": {}},
    ),
}


def make(server: Running, kind: Kind, begin: int, end: int) -> None:
    """Create things in batches, and read all once."""
    for first in range(begin, end, BATCH):
        items = [
            {
                "id": str(number),
                "method": "POST",
                "url": kind.path,
                "headers": {"Content-Type": "application/json"},
                "body": kind.body(number),
            }
            for number in range(first, min(first + BATCH, end))
        ]
        answers = server.ask("POST", "/v1.0/$batch", {"requests": items})["responses"]
        assert all(each["status"] == 201 for each in answers), answers[0]


def read(server: Running, kind: Kind) -> tuple[int, int]:
    """How many there are, and the bytes of their JSON."""
    number = size = 0
    target = f"/v1.0{kind.path}?$top=100"
    while target:
        page = server.ask("GET", target)
        number += len(page["value"])
        size += sum(len(json.dumps(e, separators=(",", ":")).encode()) for e in page["value"])
        link = page.get("@odata.nextLink", "")
        target = "/" + link.partition("://")[2].partition("/")[2] if link else ""
    return number, size


def on_disk(folder: Path) -> int:
    """The bytes of all files of a data folder."""
    return sum(each.stat().st_size for each in folder.rglob("*") if each.is_file())


def weighed(kind: Kind, number: int, folder: Path) -> tuple[float, float, float]:
    """Of one thing: the bytes of its JSON, in memory, on disk."""
    server = serve_fakegraph(
        ["--data-dir", str(folder / "data"), "--no-fixture", "--journal-size", "0"], folder / "log"
    )
    try:
        server.ask("POST", "/_fakegraph/seed", {"users": [{"id": OWNER}]})
        make(server, kind, 0, FEW)
        read(server, kind)
        memory, disk = server.memory() * 1e6, on_disk(folder / "data")
        make(server, kind, FEW, number + FEW)
        found, size = read(server, kind)
        grown = server.memory() * 1e6 - memory
        return size / found, grown / number, (on_disk(folder / "data") - disk) / number
    finally:
        server.end()


def main() -> None:
    """Weigh, then print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--number", type=int, default=5_000)
    number = parser.parse_args().number
    print("| one | its JSON, bytes | in memory | of its JSON | on disk | of its JSON |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    for name, kind in KINDS.items():
        with tempfile.TemporaryDirectory(prefix="fakegraph-weights-") as folder:
            size, memory, disk = weighed(kind, number, Path(folder))
        ratios = (f"{each:,.0f} | {each / size:.2f}" for each in (memory, disk))
        print(f"| {name} | {size:,.0f} | {' | '.join(ratios)} |", flush=True)


if __name__ == "__main__":
    main()
