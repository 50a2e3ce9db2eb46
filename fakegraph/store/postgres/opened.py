"""What a tenant is opened with, and what finds the templates for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from fakegraph.store.changes import ChangeLog
from fakegraph.store.layouts import Layout
from fakegraph.store.tables import Snapshot, Tables
from fakegraph.store.template import Template


class Opened:
    """What there is at the number of a write, and what is told of it."""

    def __init__(self, tables: Tables, changes: ChangeLog, generation: str, sequence: int) -> None:
        self.tables = tables
        self.changes = changes
        self.generation = generation
        self.sequence = sequence


class Mark:
    """A snapshot that each server has by the same id; one that is not in memory is in a base."""

    def __init__(self, number: int, generation: str, snapshot: Snapshot | None = None) -> None:
        self.number = number
        self.generation = generation
        self.snapshot = snapshot


class Templates(Protocol):
    """Finds templates by their digests."""

    @property
    def layouts(self) -> Mapping[str, Layout]:
        """What is declared of containers now."""

    def template(self, digest: str) -> Template:
        """The template of that digest. Raises DataFileError, StorageFailure."""
