"""The pages of docs/ as things to run: their blocks, and a reader who does what a page says.

A block with ``title="NAME"`` is a file, which is written into the reader's folder. A block of ``sh``
without one is run there, and a block of ``text`` after it is what it has to print, ``…`` standing for
anything. What a page says of ``http://127.0.0.1:8365`` is about a server that is up already.

A block after a line that begins ``*Not run``, and all of a page with ``**Not run.**``, are shown only.
"""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import signal
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from tests.ports import ReservedPort

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
DEFAULT_URL = "http://127.0.0.1:8365"
# What a page needs beside Python and fakegraph: such pages are run by `make test-clients`.
TOOLS = {"curl", "git", "go", "java", "keytool", "node", "npm", "npx", "openssl", "pip"}
_FENCE = re.compile(r"^```(\w*)(?: title=\"(.+?)\")?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_SECONDS = 120


class Block(NamedTuple):
    language: str
    title: str
    text: str
    shown_only: bool


class Page:
    """A file of ``docs/``, or the README."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.name = str(path.relative_to(DOCS)) if path.is_relative_to(DOCS) else path.name
        self.text = path.read_text()
        whole = "**Not run.**" in self.text
        self.blocks = [
            Block(found[1], found[2] or "", found[3], whole or _is_marked(self.text, found))
            for found in _FENCE.finditer(self.text)
        ]

    @property
    def commands(self) -> list[Block]:
        """What is run of it in a shell."""
        return [
            each
            for each in self.blocks
            if each.language == "sh" and not each.title and not each.shown_only
        ]

    @property
    def needs(self) -> set[str]:
        """The tools that its commands call."""
        scripts = "\n".join(each.text for each in self.commands)
        found = set(re.findall(r"(?:^|[|;&({]|--|\$\()\s*(\w+)", scripts, re.MULTILINE))
        return found & TOOLS

    def play(self, folder: Path, url: str = DEFAULT_URL, **environ: str) -> None:
        """Do what the page says, in this folder. Fails where a command does, or prints otherwise."""
        if not any("fakegraph serve" in each.text for each in self.commands):
            self._play(folder, url, environ)
            return
        with ReservedPort() as port:
            self._play(folder, f"http://127.0.0.1:{port}", {**environ, "FAKEGRAPH_PORT": f"{port}"})

    def _play(self, folder: Path, url: str, environ: dict[str, str]) -> None:
        script = ["set -eu"]
        notes = folder.parent / f"{folder.name}-notes"
        notes.mkdir()
        expected: dict[Path, str] = {}
        printed: Path | None = None
        for number, block in enumerate(self.blocks):
            text, note = block.text.replace(DEFAULT_URL, url), notes / str(number)
            if block.shown_only:
                continue
            if block.title:
                note.write_text(text)
                place = shlex.quote(block.title)
                script.append(f'mkdir -p "$(dirname {place})"; cp {shlex.quote(str(note))} {place}')
            elif block.language == "sh":
                printed = note
                script.append(f"{{\n{text}}} >{shlex.quote(str(note))} 2>&1")
            elif block.language == "text" and printed is not None:
                expected[printed] = text
        status = run_script("\n".join(script), folder, {**found_here(), **environ})
        said = "\n".join(each.read_text() for each in sorted(notes.iterdir()) if each.exists())
        assert status == 0, f"{self.name}: exit {status}\n{said}"
        for note, text in expected.items():
            for line in text.splitlines():
                wanted = ".*".join(map(re.escape, line.split("…")))
                assert re.search(wanted, note.read_text()), f"{self.name}: {line}\n{said}"


def run_script(script: str, folder: Path, environ: dict[str, str]) -> int:
    """Run it and end what it leaves running; its status."""
    with subprocess.Popen(
        ["sh", "-c", script], cwd=folder, env={**os.environ, **environ}, start_new_session=True
    ) as shell:
        try:
            return shell.wait(timeout=_SECONDS)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(shell.pid, signal.SIGTERM)


def _is_marked(text: str, found: re.Match[str]) -> bool:
    before = text[: found.start()].rstrip().rpartition("\n\n")[2]
    return before.startswith("*Not run")


def found_here() -> dict[str, str]:
    """Where a shell finds the fakegraph and the Python of these tests."""
    return {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "PYTHONDONTWRITEBYTECODE": "1",
    }


PAGES = [Page(path) for path in (ROOT / "README.md", *sorted(DOCS.rglob("*.md")))]
