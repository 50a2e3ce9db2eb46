"""A certificate authority of one's own, for ``--tls``: made once, then used again.

Sign-in libraries refuse any authority that is not https, and Graph clients send tokens over plain
http to localhost only. What it signs opens nothing but this server.
"""

from __future__ import annotations

import os
import shutil
import socket
import tempfile
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from fakegraph.settings import Settings

_CA, _CA_KEY = "ca.pem", "ca-key.pem"
_ALWAYS = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True)
class TlsFiles:
    """PEM files: the server's certificate with its chain, its key, and the local authority's."""

    cert: Path | None = None
    key: Path | None = None
    ca: Path | None = None


def tls_files(settings: Settings) -> TlsFiles:
    """What the settings say: made, brought, or none. Raises OSError."""
    if settings.tls:
        return _made(settings)
    return TlsFiles(settings.tls_cert, settings.tls_key)


def ca_folder(settings: Settings) -> Path:
    """Where the authority is kept: with the data, or else in the user's cache."""
    if settings.data_dir is not None:
        return settings.data_dir / "tls"
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache) / "fakegraph" / "tls"


def ca_file(settings: Settings) -> Path:
    """The authority's certificate, which is made where there is none. Raises OSError."""
    folder = ca_folder(settings)
    if not (folder / _CA).exists():
        _make_authority(folder)
    return folder / _CA


def _made(settings: Settings) -> TlsFiles:
    """A certificate for this machine's names and those of ``--tls-name``, kept by its names."""
    ca = ca_file(settings)
    names = sorted({*_ALWAYS, socket.gethostname(), *settings.tls_name})
    digest = sha256("\n".join(names).encode()).hexdigest()[:16]
    cert, key = ca.with_name(f"server-{digest}.pem"), ca.with_name(f"server-{digest}-key.pem")
    if not (cert.exists() and key.exists()):
        _issue(ca, cert, key, names)
    return TlsFiles(cert, key, ca)


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
