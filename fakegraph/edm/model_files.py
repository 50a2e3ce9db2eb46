"""Models that are not built in: from a file, of which a model file is made once and kept.

A CSDL document takes a quarter of a second to read, a model file nothing. What is kept goes by the
content that it was made of, so it is never out of date.
"""

from __future__ import annotations

import hashlib
import re
import uuid
from contextlib import suppress
from pathlib import Path

from fakegraph._version import __version__
from fakegraph.edm.from_csdl import MAX_BYTES, model_text
from fakegraph.edm.lines import FORMAT, MAGIC
from fakegraph.edm.model_check import check
from fakegraph.edm.published import PublishedModel, open_model
from fakegraph.places import user_cache
from fakegraph.regular import read_regular

_VERSION = re.compile(r"[A-Za-z][A-Za-z0-9._-]{0,31}", re.ASCII)


class NoModelError(ValueError):
    """No model can be had from what was said; the text is one line: what, and why."""


def read_option(text: str) -> tuple[str, Path]:
    """``VERSION=FILE``: which version of the Graph API has the model in that file."""
    version, equals, file = text.partition("=")
    if not (equals and file and _VERSION.fullmatch(version)):
        raise NoModelError(f"'{text}' is not VERSION=FILE, as in beta=metadata.xml")
    return version, Path(file)


def model_in(file: Path, data_dir: Path | None = None) -> PublishedModel:
    """The model in a model file or a CSDL document, which was checked whole.

    The model file that is made of it is kept with the data, or else in the user's cache. Raises
    NoModelError.
    """
    try:
        data = read_regular(file, MAX_BYTES)
    except OSError as error:
        raise NoModelError(f"{file}: {error.strerror or error}") from error
    kept = _place(data, data_dir)
    if kept is not None and (model := _opened(kept)):
        return model
    model = _checked(file, data)
    if kept is not None:
        _keep(model, kept)
    return model


def _place(data: bytes, data_dir: Path | None) -> Path | None:
    """Where the model file of that content is kept; None where there is no place."""
    name = hashlib.sha256(f"{__version__} {FORMAT} ".encode() + data).hexdigest()[:32]
    try:
        return (data_dir or user_cache()) / "models" / f"{name}.model"
    except OSError:
        return None


def _opened(kept: Path) -> PublishedModel | None:
    try:
        return open_model(kept)
    except (OSError, ValueError):
        return None  # it is not there, or can be made again


def _checked(file: Path, data: bytes) -> PublishedModel:
    try:
        model = PublishedModel(
            data if data.startswith(MAGIC.encode()) else model_text(data).encode()
        )
        check(model)
    except ValueError as error:
        raise NoModelError(f"{file}: {error}") from error
    return model


def _keep(model: PublishedModel, kept: Path) -> None:
    """Others find it whole or not at all; where it cannot be kept, it is made at each start."""
    temporary = kept.with_name(f".{kept.name}.{uuid.uuid4()}")
    try:
        kept.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_bytes(model.lines.data)
        temporary.replace(kept)
    except OSError:
        with suppress(OSError):
            temporary.unlink()
