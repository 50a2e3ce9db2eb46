"""What can go wrong with records and where they are kept. The caller says it in its own words."""

from __future__ import annotations


class StoreError(Exception):
    """Base of all that this package raises on purpose."""


class KeyTaken(StoreError):
    """A record with this id is there already, or came twice in one call."""

    def __init__(self, key: str) -> None:
        super().__init__(f"the id '{key}' is taken")
        self.key = key


class TenantNameError(StoreError):
    """A tenant's name that could not be a file's name on every system."""


class StorageFailure(StoreError):
    """A write that could not be kept, and so was not made. ``error`` is the system's reason."""

    def __init__(self, message: str, error: OSError) -> None:
        super().__init__(f"{message}: {error.strerror or error}")
        self.error = error


class FolderError(StoreError):
    """A data folder that cannot be used."""


class FolderInUse(FolderError):
    """A data folder that another server holds."""


class DataFileError(StoreError):
    """A data file or log that is damaged, or not one of ours. It was left as it is."""
