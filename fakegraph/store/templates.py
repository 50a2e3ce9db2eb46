"""``DIR/.templates``: what tenants began as, as long as the file of one of them refers to it.

A tenant's data file has what differs from its template, and names that by a digest: the SHA-256 of
the file here, which is one like a tenant's. So a tenant's file means what it meant, whatever the
fixtures of a later server are. The bytes that a template's rows name are in a folder beside it.
"""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary, WeakValueDictionary

from fakegraph.regular import read_regular
from fakegraph.store.bytes import Content, FolderBytes
from fakegraph.store.datafile import DataFile, Table, blocks, read_data, template_of, write_data
from fakegraph.store.documents import Documents, document_of
from fakegraph.store.errors import DataFileError
from fakegraph.store.files import Files
from fakegraph.store.layouts import Layout
from fakegraph.store.loading import Loaded, Problems
from fakegraph.store.records import Records
from fakegraph.store.template import Template

FOLDER = ".templates"
log = logging.getLogger("fakegraph.store")
_FILE = re.compile(r"([0-9a-f]{64})\.(json|json\.tmp|bytes)")


class WrittenTable:
    """A table to be written to a file; nobody changes it meanwhile."""

    def __init__(self, records: Records[Any], documents: Documents) -> None:
        self.next_position = records.next_position
        self._records = records
        self._text_of = documents.text_of

    def documents(self) -> Iterator[tuple[int, bytes]]:
        """Positions and documents, in order."""
        text_of = self._text_of
        return ((each.position, document_of(each, text_of)) for each in self._records.every())


def contents_of(template: Template) -> tuple[DataFile, Mapping[str, Table]]:
    """What its file has: nothing that would differ from one server to the next."""
    numbers, records = template.tables.numbers, template.tables.records
    documents = Documents(numbers)
    written = {
        name: WrittenTable(found, documents) for name, found in records.items() if is_begun(found)
    }
    return DataFile("template", "", 0, numbers=numbers), written


def is_begun(records: Records[Any] | None) -> bool:
    """Whether a table ever had anything in it."""
    return records is not None and records.next_position > 1


def kept_of(template: Template) -> Iterator[Content]:
    """The contents of a template."""
    return (Content(template.bytes, name) for name in template.bytes)


def _made_here(template: Template) -> Iterator[Content]:
    """The contents of a template; those of one that was read are files already."""
    return iter(()) if isinstance(template.bytes, FolderBytes) else kept_of(template)


def digest_of(template: Template) -> str:
    """The SHA-256 of what a template's data file says, which names it wherever it is kept."""
    content = sha256()
    for block in blocks(*contents_of(template)):
        content.update(block)
    return content.hexdigest()


class TemplateFiles:
    """The templates of a data folder."""

    def __init__(self, files: Files, folder: Path) -> None:
        self._files = files
        self._path = folder / FOLDER
        self._lock = threading.Lock()
        self._sound: set[str] = set()  # what this process has written or looked at
        self._digests: WeakKeyDictionary[Template, str] = WeakKeyDictionary()
        self._read: WeakValueDictionary[str, Template] = WeakValueDictionary()

    def digest(self, template: Template) -> str:
        """What names a template."""
        found = self._digests.get(template)
        if found is None:
            found = self._digests[template] = digest_of(template)
        return found

    def keep(self, template: Template) -> str:
        """Write a template, unless it is there, and give its digest. Raises OSError.

        Where it is there and damaged it is written anew, which is logged as a warning.
        """
        with self._lock:
            digest = self.digest(template)
            path = self._file(digest)
            is_there = path.exists()
            if is_there and digest not in self._sound and not self._is_sound(digest, template):
                log.warning("%s was damaged or edited. It was written anew.", path)
                is_there = False
            if not is_there:
                self._write(digest, template)
            self._sound.add(digest)
            return digest

    def _is_sound(self, digest: str, template: Template) -> bool:
        """Whether the files of a template are as they were written."""
        kept = self._bytes(digest)
        try:
            content = sha256(read_regular(self._file(digest))).hexdigest()
            same = all(kept.get(each.name) == each.read() for each in _made_here(template))
            return same and content == digest
        except (OSError, DataFileError):
            return False

    def _write(self, digest: str, template: Template) -> None:
        self._files.make_folder(self._path)
        kept = self._bytes(digest, fsync=True)
        for each in _made_here(template):
            kept.take(each)
        write_data(self._files, self._file(digest), *contents_of(template))
        self._files.fsync_folder(self._path.parent)

    def find(self, digest: str, now: Template) -> Template:
        """The template with that digest, which may be the one of ``now``.

        Raises DataFileError where it is not there, or not as it was.
        """
        if digest == self.digest(now):
            return now
        with self._lock:
            found = self._read.get(digest)
            if found is None:
                found = self._read[digest] = self.read(digest, now.layouts)
            self._digests[found] = digest
            return found

    def read(self, digest: str, layouts: Mapping[str, Layout]) -> Template:
        """A template as its file has it. Raises DataFileError."""
        path = self._file(digest)
        if not path.exists():
            raise DataFileError(f"{path}, which is not there: put it back")
        try:
            content = sha256(read_regular(path)).hexdigest()
        except OSError as error:
            raise DataFileError(f"{path}: it cannot be read: {error.strerror}") from error
        if content != digest:
            raise DataFileError(
                f"{path}, which is damaged or was edited: put it back as it was, for its name is "
                "the SHA-256 of that"
            )
        data = read_data(path)
        problems = Problems(path)
        loaded = Loaded(data, None)
        loaded.take(data, problems)
        problems.refuse()
        return Template.of(loaded.finish(layouts), self._bytes(digest))

    def sweep(self, tenants: Iterable[Path]) -> None:
        """Remove the templates that none of the tenants' files refers to; where one of these cannot
        be read, none.
        """
        there = {match[1] for match in self._names()}
        try:
            for tenant in tenants:
                if not there:
                    return
                there.discard(template_of(tenant) or "")
        except DataFileError:
            return
        for digest in there:
            self._remove(digest)

    def _remove(self, digest: str) -> None:
        path = self._file(digest)
        with suppress(OSError):  # then a later start removes it
            self._files.remove(path)
            self._files.remove(path.with_name(path.name + ".tmp"))
            self._bytes(digest).remove()

    def _names(self) -> Iterator[re.Match[str]]:
        found = list(self._path.iterdir()) if self._path.is_dir() else []
        return (match for path in found if (match := _FILE.fullmatch(path.name)))

    def _file(self, digest: str) -> Path:
        return self._path / f"{digest}.json"

    def _bytes(self, digest: str, *, fsync: bool = False) -> FolderBytes:
        return FolderBytes(self._files, self._path / f"{digest}.bytes", fsync=fsync)
