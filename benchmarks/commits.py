"""An older commit of this repository beside the tree that is at work here."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def git(*arguments: str) -> str:
    """What git says here. Raises CalledProcessError."""
    command = ["git", "-C", str(ROOT), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def is_there(commit: str) -> bool:
    """Whether there is such a commit; a clone may have the last one alone."""
    with suppress(subprocess.CalledProcessError, FileNotFoundError):
        git("rev-parse", "--verify", "--quiet", f"{commit}^{{commit}}")
        return True
    return False


@contextmanager
def checked_out(commit: str) -> Iterator[Path]:
    """The folder of a commit, as long as it is needed."""
    with tempfile.TemporaryDirectory(prefix="fakegraph-commit-") as folder:
        place = Path(folder) / "tree"
        git("worktree", "add", "--detach", str(place), commit)
        try:
            yield place
        finally:
            git("worktree", "remove", "--force", str(place))


def environment(tree: Path) -> dict[str, str]:
    """What makes Python take fakegraph from a folder, and from nowhere else."""
    return {"PYTHONPATH": str(tree), "PYTHONSAFEPATH": "1"}
