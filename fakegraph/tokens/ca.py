"""A certificate authority of one's own, for ``--tls``: made once, then used again.

Sign-in libraries refuse any authority that is not https, and Graph clients send tokens over plain
http to localhost only. What it signs opens nothing but this server.
"""

from __future__ import annotations

import atexit
import logging
import os
import shutil
import socket
import tempfile
import threading
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path

from fakegraph.places import user_cache
from fakegraph.settings import Settings, can_be_certified

log = logging.getLogger("fakegraph")

_CA, _CA_KEY = "ca.pem", "ca-key.pem"
_ALWAYS = ("localhost", "127.0.0.1", "::1")
_MEMORY = Path("/dev/shm")  # files that are on no disk; also where a container's root is read-only
_one_at_a_time = threading.Lock()


class NoCertificate(OSError):
    """There is no certificate to be had; the message is one line: why, and what helps."""


@dataclass(frozen=True)
class TlsFiles:
    """PEM files: the server's certificate with its chain, its key, and the local authority's."""

    cert: Path | None = None
    key: Path | None = None
    ca: Path | None = None


def tls_files(settings: Settings) -> TlsFiles:
    """What the settings say: made, brought, or none. Raises NoCertificate.

    Without a data folder, and without a home to keep the authority in, one is made that ends with
    this process.
    """
    if settings.tls:
        return _made(settings)
    if settings.tls_cert is not None and settings.tls_key is not None:
        _check(settings.tls_cert, settings.tls_key)
    return TlsFiles(settings.tls_cert, settings.tls_key)


def ca_file(settings: Settings) -> Path:
    """The authority's certificate, kept with the data or else in the user's cache.

    It is made where there is none. Raises NoCertificate where it cannot be kept.
    """
    if settings.data_dir is not None:
        return _authority(settings.data_dir / "tls")
    try:
        cache = user_cache()
    except OSError as error:
        raise _nowhere(str(error)) from error
    return _authority(cache / "tls")


def _authority(folder: Path) -> Path:
    try:
        if not (folder / _CA).exists():
            _make_authority(folder)
    except OSError as error:
        raise _nowhere(f"{folder} cannot be used: {error.strerror or error}") from error
    return folder / _CA


def _nowhere(why: str) -> NoCertificate:
    return NoCertificate(f"no CA can be kept: {why}; --data-dir DIR keeps one there")


@cache
def _passing_folder() -> Path:
    """A folder that goes with this process; in memory where there is such a file system."""
    place = _MEMORY if os.access(_MEMORY, os.W_OK | os.X_OK) else None
    folder = Path(tempfile.mkdtemp(prefix="fakegraph-", dir=place))  # mode 0700
    owner = os.getpid()

    def remove() -> None:
        if os.getpid() == owner:  # not when a forked child ends
            shutil.rmtree(folder, ignore_errors=True)

    atexit.register(remove)
    return folder


def _made(settings: Settings) -> TlsFiles:
    """A certificate for this machine's names and those of ``--tls-name``, kept by its names."""
    hostname = socket.gethostname()
    own = {hostname} if can_be_certified(hostname) else set()
    names = sorted({*_ALWAYS, *own, *settings.tls_name})
    return _certified(_lasting_or_passing(settings), names)


def _lasting_or_passing(settings: Settings) -> Path:
    try:
        return ca_file(settings)
    except NoCertificate as error:
        if settings.data_dir is not None:
            raise
        try:
            with _one_at_a_time:
                passing = _authority(_passing_folder() / "tls")
        except OSError:
            raise error from None
        log.info("%s; this one ends with the server", error)
        return passing


def _certified(ca: Path, names: Sequence[str]) -> TlsFiles:
    digest = sha256("\n".join(names).encode()).hexdigest()[:16]
    cert, key = ca.with_name(f"server-{digest}.pem"), ca.with_name(f"server-{digest}-key.pem")
    try:
        if not (cert.exists() and key.exists()):
            _issue(ca, cert, key, names)
    except (OSError, ValueError) as error:
        raise NoCertificate(
            f"the CA in {ca.parent} cannot sign: {error}; where that folder is gone a new one is "
            "made, and --data-dir DIR keeps another there"
        ) from error
    return TlsFiles(cert, key, ca)


def _check(cert: Path, key: Path) -> None:
    """Refuse what the server could not use, before it would ask the terminal for a password."""
    import ssl

    def no_password() -> str:
        raise NoCertificate(f"the key {key} has a password: give one that has none")

    for path in (cert, key):
        try:
            path.open("rb").close()
        except OSError as error:
            raise NoCertificate(f"cannot read {path}: {error.strerror}") from error
    if not (cert.is_file() and key.is_file()):
        return  # pipes can be read once
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(cert, key, no_password)
    except ssl.SSLError as error:
        raise NoCertificate(
            f"{cert} and {key} are no certificate and its key in PEM form: {error.reason or error}"
        ) from error


def _make_authority(folder: Path) -> None:
    """Make it in a folder beside, and put that in place: others find it whole or not at all."""
    import trustme

    folder.parent.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(prefix=".tls-", dir=folder.parent))  # mode 0700
    try:
        authority = trustme.CA(organization_name="fakegraph")
        _write(made / _CA_KEY, authority.private_key_pem.bytes(), secret=True)
        _write(made / _CA, authority.cert_pem.bytes())
        try:
            made.rename(folder)
        except OSError:
            if not (folder / _CA).exists():  # else another process was quicker
                raise
    finally:
        shutil.rmtree(made, ignore_errors=True)


def _issue(ca: Path, cert: Path, key: Path, names: Sequence[str]) -> None:
    import trustme

    authority = trustme.CA.from_pem(ca.read_bytes(), ca.with_name(_CA_KEY).read_bytes())
    issued = authority.issue_cert(*names, organization_name="fakegraph")
    _write(key, issued.private_key_pem.bytes(), secret=True)
    _write(cert, b"".join(pem.bytes() for pem in issued.cert_chain_pems))


def _write(path: Path, data: bytes, *, secret: bool = False) -> None:
    temporary = path.with_name(f".{path.name}.{uuid.uuid4()}")
    descriptor = os.open(
        temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600 if secret else 0o644
    )
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
    temporary.replace(path)
