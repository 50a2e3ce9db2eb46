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
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import cache, partial
from hashlib import sha256
from pathlib import Path

from fakegraph.clouds import HOSTS
from fakegraph.dataclass import dataclass
from fakegraph.places import user_cache
from fakegraph.settings import Settings, can_be_certified

log = logging.getLogger("fakegraph")

_CA, _CA_KEY = "ca.pem", "ca-key.pem"
LOOPBACK = ("localhost", "127.0.0.1", "::1")
_MEMORY = Path("/dev/shm")  # files that are on no disk; also where a container's root is read-only
_TURN = 5.0  # seconds for which one waits for another that makes an authority
_one_at_a_time = threading.Lock()

Issue = Callable[[Path, Sequence[str]], tuple[bytes, bytes]]


class NoCertificate(OSError):
    """There is no certificate to be had; the message is one line: why, and what helps."""


@dataclass(frozen=True)
class TlsFiles:
    """PEM files: the server's certificate with its chain, its key, and the local authority's."""

    cert: Path | None = None
    key: Path | None = None
    ca: Path | None = None
    chain: Path | None = None  # the folder with what signs for the hosts that are stood in for


def tls_files(settings: Settings) -> TlsFiles:
    """What the settings say: made, brought, or none. Raises NoCertificate.

    Without a data folder, and without a home to keep the authority in, one is made that ends with
    this process.
    """
    if settings.proxy:
        return _of_proxy(settings)
    if settings.tls:
        ca = _lasting_or_passing(settings, _authority)
        return _certified(ca, _own_names(settings), _issue)
    return _brought(settings)


def _brought(settings: Settings) -> TlsFiles:
    if settings.tls_cert is not None and settings.tls_key is not None:
        _check(settings.tls_cert, settings.tls_key)
    return TlsFiles(settings.tls_cert, settings.tls_key)


def ca_file(settings: Settings) -> Path:
    """The certificate to trust, kept with the data or else in the user's cache.

    It is made where there is none. Raises NoCertificate where it cannot be kept.
    """
    folder = _lasting(settings)
    return _chain(settings, folder) if settings.proxy else _authority(folder)


def _lasting(settings: Settings) -> Path:
    if settings.data_dir is not None:
        return settings.data_dir / "tls"
    try:
        return user_cache() / "tls"
    except OSError as error:
        raise _nowhere(str(error)) from error


def _authority(folder: Path) -> Path:
    """The certificate of an authority that is kept there."""
    return _kept(folder, _new_authority)


def _chain(settings: Settings, folder: Path) -> Path:
    """The root's certificate of a chain for what this server may stand in for, kept below there."""

    def new() -> dict[str, bytes]:
        from fakegraph.tokens.chain import make_chain

        return make_chain(names)

    names = sorted({*HOSTS, *_own_names(settings)})
    return _kept(folder / f"proxy-{_digest(names)}", new)


def _kept(folder: Path, new: Callable[[], Mapping[str, bytes]]) -> Path:
    """The certificate in a folder; ``new`` are the files to make where there is none."""
    try:
        if not (folder / _CA).exists():
            _make(folder, new())
    except OSError as error:
        raise _nowhere(f"{folder} cannot be used: {error.strerror or error}") from error
    return folder / _CA


def _nowhere(why: str) -> NoCertificate:
    return NoCertificate(f"no CA can be kept: {why}; --data-dir DIR keeps one there")


@cache
def passing_folder() -> Path:
    """A folder that goes with this process; in memory where there is such a file system."""
    place = _MEMORY if os.access(_MEMORY, os.W_OK | os.X_OK) else None
    folder = Path(tempfile.mkdtemp(prefix="fakegraph-", dir=place))  # mode 0700
    owner = os.getpid()

    def remove() -> None:
        if os.getpid() == owner:  # not when a forked child ends
            shutil.rmtree(folder, ignore_errors=True)

    atexit.register(remove)
    return folder


def _of_proxy(settings: Settings) -> TlsFiles:
    """The chain, and by it this server's own certificate, unless that is brought or not wanted."""
    ca = _lasting_or_passing(settings, partial(_chain, settings))
    files = _brought(settings)
    if settings.tls:
        files = _certified(ca, _own_names(settings), _sign)
    return replace(files, ca=ca, chain=ca.parent)


def _own_names(settings: Settings) -> list[str]:
    """This machine's names and those of ``--tls-name``."""
    hostname = socket.gethostname()
    own = {hostname} if can_be_certified(hostname) else set()
    return sorted({*LOOPBACK, *own, *settings.tls_name})


def _lasting_or_passing(settings: Settings, made: Callable[[Path], Path]) -> Path:
    try:
        return made(_lasting(settings))
    except NoCertificate as error:
        if settings.data_dir is not None:
            raise
        try:
            with _one_at_a_time:
                passing = made(passing_folder() / "tls")
        except OSError:
            raise error from None
        log.info("%s; this one ends with the server", error)
        return passing


def _digest(names: Sequence[str]) -> str:
    return sha256("\n".join(names).encode()).hexdigest()[:16]


def _certified(ca: Path, names: Sequence[str], issue: Issue) -> TlsFiles:
    """A certificate for these names, kept by them beside the authority's.

    It is in one file with its key: two that start at once cannot leave those of each other.
    """
    both = ca.with_name(f"server-with-key-{_digest(names)}.pem")
    try:
        if not both.exists():
            pem, key_pem = issue(ca, names)
            write_file(both, key_pem + pem, secret=True)
    except (OSError, ValueError) as error:
        raise NoCertificate(
            f"the CA in {ca.parent} cannot sign: {error}; where that folder is gone a new one is "
            "made, and --data-dir DIR keeps another there"
        ) from error
    return TlsFiles(both, both, ca)


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


def _make(folder: Path, files: Mapping[str, bytes]) -> None:
    """Make it in a folder beside, and put that in place: others find it whole or not at all."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(prefix=".tls-", dir=folder.parent))  # mode 0700
    try:
        for name, data in files.items():
            write_file(made / name, data, secret="key" in name)
        try:
            made.rename(folder)
        except OSError:
            if (folder / _CA).exists():  # another process was quicker
                return
            if not folder.is_dir():
                raise
            _fill(folder, files)  # chains of proxies are below it already
    finally:
        shutil.rmtree(made, ignore_errors=True)


def _fill(folder: Path, files: Mapping[str, bytes]) -> None:
    """Put them into a folder that is there: one process at a time, and the certificate last."""
    turn = folder / ".making"
    until = time.monotonic() + _TURN
    while time.monotonic() < until:  # who has not ended by then was killed
        with suppress(FileExistsError):
            turn.mkdir()
            break
        time.sleep(0.02)
    try:
        if not (folder / _CA).exists():
            folder.chmod(0o700)
            for name in sorted(files, key=_CA.__eq__):
                write_file(folder / name, files[name], secret="key" in name)
    finally:
        with suppress(OSError):
            turn.rmdir()


def _new_authority() -> dict[str, bytes]:
    import trustme

    authority = trustme.CA(organization_name="fakegraph")
    return {_CA_KEY: authority.private_key_pem.bytes(), _CA: authority.cert_pem.bytes()}


def _issue(ca: Path, names: Sequence[str]) -> tuple[bytes, bytes]:
    """A certificate with its chain, and its key, by an authority that has its key beside it."""
    import trustme

    authority = trustme.CA.from_pem(ca.read_bytes(), ca.with_name(_CA_KEY).read_bytes())
    issued = authority.issue_cert(*names, organization_name="fakegraph")
    return b"".join(pem.bytes() for pem in issued.cert_chain_pems), issued.private_key_pem.bytes()


def _sign(ca: Path, names: Sequence[str]) -> tuple[bytes, bytes]:
    """The same by a chain."""
    from fakegraph.tokens.chain import Signer

    return Signer(ca.parent).certificate(names)


def write_file(path: Path, data: bytes, *, secret: bool = False) -> None:
    temporary = path.with_name(f".{path.name}.{uuid.uuid4()}")
    descriptor = os.open(
        temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600 if secret else 0o644
    )
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
    temporary.replace(path)
