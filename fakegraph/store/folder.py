"""``DataFolder``: where tenants' data files are, held by one process at a time."""

from __future__ import annotations

import errno
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from fakegraph.store.bytes import FolderBytes
from fakegraph.store.changes import ChangeLog
from fakegraph.store.datafile import DataFile, write_data
from fakegraph.store.errors import (
    DataFileError,
    FolderError,
    FolderInUse,
    StorageFailure,
    TenantNameError,
)
from fakegraph.store.files import Files
from fakegraph.store.logged import LoggedStorage
from fakegraph.store.names import check_tenant_name, is_tenant_name
from fakegraph.store.openlog import Log, OpenLogs
from fakegraph.store.reading import Reader, TenantFiles, bytes_folder
from fakegraph.store.records import without_gc
from fakegraph.store.storage import new_generation
from fakegraph.store.template import Template
from fakegraph.store.templates import TemplateFiles

if sys.platform == "win32":
    import msvcrt

    def _lock(fd: int) -> None:
        msvcrt.locking(fd, msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _lock(fd: int) -> None:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)


Durability = Literal["flush", "fsync"]

LOCK_FILE = "fakegraph.lock"
_TENANT_FILE = re.compile(r"([A-Za-z0-9_-]{1,64})\.(json|wal|bytes)")
_HELD = {errno.EACCES, errno.EAGAIN, errno.EDEADLK}


def has_tenants(path: Path) -> bool:
    """Whether tenants' files seem to be there; nothing is made or taken."""
    return any(_TENANT_FILE.fullmatch(entry.name) for entry in path.iterdir())


class DataFolder:
    """A folder of data files. The system holds the lock, so a crash leaves none behind."""

    def __init__(self, path: str | Path, files: Files) -> None:
        """Take the folder, which is made if need be. Raises FolderError, FolderInUse."""
        self.path = Path(path)
        self.files = files
        self._lock_file = str(self.path / LOCK_FILE)
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            self._fd = os.open(self._lock_file, os.O_RDWR | os.O_CREAT, 0o666)
        except OSError as error:
            raise FolderError(
                f"the data folder {self.path} cannot be used: {error.strerror}"
            ) from error
        try:
            _lock(self._fd)
            self._identity = files.identity(self._fd)
        except OSError as error:
            os.close(self._fd)
            raise self._refusal(error) from error
        self._logs = OpenLogs()
        tenants = self.tenants()
        self._spelt = {name.lower(): name for name in tenants}
        self._templates = TemplateFiles(files, self.path)
        self._templates.sweep(self._file(name) for name in tenants)

    def _refusal(self, error: OSError) -> FolderError:
        if error.errno in _HELD:
            return FolderInUse(
                f"the data folder {self.path} is in use by another server: stop that one, or give "
                "this one a folder of its own"
            )
        return FolderError(f"the data folder {self.path} cannot be locked: {error.strerror}")

    def __contains__(self, tenant: str) -> bool:
        """Whether a tenant of exactly that name has a data file here, or what is left of one."""
        if not is_tenant_name(tenant) or not self._is_here(tenant):
            return False
        return self._spelt.setdefault(tenant.lower(), tenant) == tenant

    def _is_here(self, tenant: str) -> bool:
        path = self._file(tenant)
        return path.exists() or _left_of(path) is not None

    def _file(self, tenant: str) -> Path:
        return self.path / f"{tenant}.json"

    def tenants(self) -> list[str]:
        """The tenants whose data files are here, or what is left where one is gone; none where the
        folder was removed meanwhile.
        """
        try:
            found = [_TENANT_FILE.fullmatch(entry.name) for entry in self.path.iterdir()]
        except OSError:
            return []
        whole = {match[1] for match in found if match and match[2] == "json"}
        others = {match[1] for match in found if match} - whole
        return sorted(whole | {name for name in others if _left_of(self._file(name))})

    def open(
        self,
        tenant: str,
        template: Template,
        durability: Durability,
        new_id: Callable[[], str],
        generation: str | None = None,
        *,
        new: bool = False,
    ) -> LoggedStorage:
        """A tenant's records; a new tenant's are the template's, and on disk at once. They are of
        that ``generation`` if one is told.

        Raises TenantNameError, DataFileError, StorageFailure.
        """
        self.check_name(tenant)
        path = self._file(tenant)
        try:
            with without_gc():
                opened = self._open(
                    path, template, durability == "fsync", new_id, generation or new_generation()
                )
        except OSError as error:
            raise StorageFailure(f"{path} cannot be written", error) from error
        self._spelt[tenant.lower()] = tenant
        return opened

    def check_name(self, tenant: str) -> None:
        """Raise TenantNameError for a name that cannot be one, or not beside those here."""
        check_tenant_name(tenant)
        spelt = self._spelt.get(tenant.lower(), tenant)
        if spelt != tenant and self._is_here(spelt):
            raise TenantNameError(
                f"The tenant name {tenant!r} does not do: there is a tenant {spelt!r}, and on "
                "some systems the two would be the same file."
            )

    @property
    def is_quick(self) -> bool:
        """Whether a tenant that is open can be asked for without waiting."""
        return True

    def unmade_generation(self, tenant: str) -> str | None:
        """The generation of a tenant that nobody has made: any."""
        return None

    def _open(
        self,
        path: Path,
        template: Template,
        fsync: bool,
        new_id: Callable[[], str],
        generation: str,
    ) -> LoggedStorage:
        self.check()
        journal, name = path.with_suffix(".wal"), str(path)
        for leftover in (path, journal):
            self.files.remove(leftover.with_name(leftover.name + ".tmp"))
        if path.exists():
            found = Reader(self.files, self._templates, template).read(path)
            if found.base is template:
                self._templates.keep(template)
        else:
            _refuse_orphan(path)
            found = self._begin(path, template, new_id(), generation)
        storage = LoggedStorage(
            self.files,
            path,
            found,
            Log(
                self.files,
                journal,
                found.data.store,
                found.log,
                found.data.sequence,
                self._logs,
                lambda: self.check(name),
            ),
            template,
            self._templates,
            fsync=fsync,
            check=self.check,
        )
        if found.complete:  # else what the lost writes named is evidence, as the log is
            storage.sweep()
        return storage

    def _begin(self, path: Path, template: Template, store: str, generation: str) -> TenantFiles:
        """Write the file of a new tenant, which differs from its template in nothing."""
        digest = self._templates.keep(template)
        data = DataFile(store, generation, 0, digest)
        write_data(self.files, path, data, {})
        logged = set(template.tables.numbers)  # its file tells them
        return TenantFiles(template.fork(), template, ChangeLog(), data, logged=logged)

    def check(self, file: str | None = None) -> None:
        """Raise OSError when this is no longer the folder that was taken, or a file is gone."""
        try:
            there = self.files.identity(self._lock_file)
        except FileNotFoundError:
            there = None
        if there != self._identity:
            raise OSError(
                errno.ENOENT,
                f"the data folder {self.path} was removed or replaced while the server runs",
            )
        if file is not None and not os.path.exists(file):  # noqa: PTH110  # with each write
            raise OSError(errno.ENOENT, f"{file} was removed while the server runs")

    def remove(self, tenant: str) -> None:
        """Remove a tenant's files; nobody has them open. Raises StorageFailure."""
        try:
            # The data file last: what is left without it is no tenant, and an error.
            path = self._file(tenant)
            self.files.remove(path.with_suffix(".wal"))
            FolderBytes(self.files, bytes_folder(path)).remove()
            self.files.remove(path)
        except OSError as error:
            raise StorageFailure(f"the files of {tenant} cannot be removed", error) from error

    def close(self) -> None:
        """Let others have the folder."""
        self._logs.close()
        os.close(self._fd)


def _left_of(path: Path) -> Path | None:
    """What there is of a tenant beside its data file: the log, or the folder of bytes."""
    journal, kept = path.with_suffix(".wal"), bytes_folder(path)
    if journal.exists() and (not journal.is_file() or journal.stat().st_size):
        return journal
    return None if FolderBytes(Files(), kept).is_empty() else kept


def _refuse_orphan(path: Path) -> None:
    left = _left_of(path)
    if left is not None:
        what = "the log" if left.suffix == ".wal" else "the folder"
        raise DataFileError(
            f"{left}: the data file {path.name} that it goes with is not there: put that back, or "
            f"remove {what} to begin anew"
        )
