"""Where things are kept that nobody said a place for."""

from __future__ import annotations

import os
from pathlib import Path


def user_cache() -> Path:
    """This user's folder for what can be made again. Raises OSError where there can be none."""
    named = Path(os.environ.get("XDG_CACHE_HOME", ""))
    if named.is_absolute():  # others have no meaning: XDG Base Directory Specification
        return named / "fakegraph"
    try:
        home = Path.home()
    except RuntimeError as error:
        raise OSError("this user has no home folder") from error
    if not home.is_absolute():
        raise OSError(f"the home folder {home} is no absolute path")
    return home / ".cache" / "fakegraph"
