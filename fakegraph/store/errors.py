"""What can go wrong with records and where they are kept. The caller says it in its own words."""

from __future__ import annotations

import errno
from typing import Any, ClassVar


class StoreError(Exception):
    """Base of all that this package raises on purpose.

    ``refusal``: how a request is refused that runs into it; the error itself goes on from there.
    """

    refusal: ClassVar[str] = "The request cannot be answered: "
    retry_after: ClassVar[int | None] = None
    """After how many seconds it is worth another try, where it is soon."""


class KeyTaken(StoreError):
    """Another row has this value of a unique key already, or it came twice in one call.

    ``holder``: the identity of that row; empty where it is not known.
    """

    def __init__(self, name: str, value: Any, holder: str = "") -> None:
        super().__init__(f"the {name} '{value}' is taken")
        self.name = name
        self.value = value
        self.holder = holder


class NoSuchRow(StoreError):
    """A row that is not there: to be changed, to own another one, to be an end of a link."""

    def __init__(self, key: int) -> None:
        super().__init__(f"there is no row with the key {key}")
        self.key = key


class ChangesLost(StoreError):
    """What has changed since then is not known any more, as the change log begins later."""

    def __init__(self, sequence: int) -> None:
        super().__init__(f"the changes since {sequence} are not kept any more")
        self.sequence = sequence


class TenantNameError(StoreError):
    """A tenant's name that could not be a file's name on every system."""


class TenantTaken(StoreError):
    """A tenant that was to be made, and that somebody else has made meanwhile."""

    def __init__(self, name: str) -> None:
        super().__init__(f"There is a tenant '{name}' already.")


class SnapshotTaken(StoreError):
    """A snapshot that was to be taken, under an id that another one has."""

    def __init__(self, id_: str) -> None:
        super().__init__(f"There is a snapshot '{id_}' already: delete it first.")


class StorageFailure(StoreError):
    """A write that could not be kept, and so was not made. ``error`` is the system's reason."""

    refusal = "The write was not made, for it could not be kept: "

    def __init__(self, message: str, error: OSError) -> None:
        super().__init__(f"{message}: {error.strerror or error}")
        self.error = error


def is_full(error: StoreError) -> bool:
    """Whether a write could not be kept for want of room."""
    full = (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC))
    return isinstance(error, StorageFailure) and error.error.errno in full


class StoreClosed(StorageFailure):
    """A write to a store that takes no more: its tenant was removed, or the server stops."""

    def __init__(self) -> None:
        super().__init__("the store cannot be written", OSError(errno.EBADF, "it is closed"))


class FolderError(StoreError):
    """A data folder that cannot be used."""


class FolderInUse(FolderError):
    """A data folder that another server holds."""


class DataFileError(StoreError):
    """A data file or log that is damaged, or not one of ours. It was left as it is.

    ``problems`` has every reason, each with its place.
    """

    refusal = "The tenant's records cannot be used before its file is mended: "

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems
