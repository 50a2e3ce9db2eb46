"""Files for clients that are to trust a root beside the system's."""

from __future__ import annotations

import base64
import re
import struct
import time
from collections.abc import Mapping, Sequence
from hashlib import sha1, sha256
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from fakegraph.tokens.ca import passing_folder, write_file

JAVA_PASSWORD = "changeit"  # every Java has this one: it keeps nothing secret

# Where systems have what they trust; the first that is there is taken.
_SYSTEMS = (
    "/etc/ssl/certs/ca-certificates.crt",  # Debian, Ubuntu, Arch, Alpine
    "/etc/pki/tls/certs/ca-bundle.crt",  # Fedora, RHEL
    "/etc/ssl/ca-bundle.pem",  # openSUSE
    "/etc/ssl/cert.pem",  # Alpine, BSD, macOS
)
_GIVEN = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS")
_PEM = re.compile(rb"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)


class Trusted(NamedTuple):
    """A PEM file and a Java keystore: what was trusted before, and the root."""

    bundle: Path
    java: Path


def trusted(ca: Path, given: Mapping[str, str]) -> Trusted:
    """The files, beside the root's or, where that cannot be, in memory for this process.

    What was trusted before is what the environment says, or else the system. Raises OSError.
    """
    named = [given[name] for name in _GIVEN if given.get(name)]
    known = (data for data in map(_read, named or _SYSTEMS) if data)
    pem = b"".join((ca.read_bytes(), *(known if named else islice(known, 1))))
    certificates = list(dict.fromkeys(_PEM.findall(pem)))
    digest = sha256(b"".join(certificates)).hexdigest()[:16]
    try:
        return _written(ca.parent, digest, certificates)
    except OSError:
        return _written(passing_folder(), digest, certificates)


def _read(path: str) -> bytes:
    """What is in a file; nothing where it is none."""
    try:
        return Path(path).read_bytes()
    except OSError:
        return b""


def _written(folder: Path, digest: str, certificates: list[bytes]) -> Trusted:
    found = Trusted(folder / f"trusted-{digest}.pem", folder / f"trusted-{digest}.jks")
    if not found.bundle.exists():
        write_file(found.bundle, b"\n".join((*certificates, b"")))
    if not found.java.exists():
        write_file(found.java, java_keystore(certificates))
    return found


def java_keystore(certificates: Sequence[bytes]) -> bytes:
    """Certificates (PEM) in a keystore of Java's own form, which every Java reads."""
    entries = b"".join(map(_entry, range(len(certificates)), certificates))
    body = struct.pack(">III", 0xFEEDFEED, 2, len(certificates)) + entries
    salted = JAVA_PASSWORD.encode("utf-16-be") + b"Mighty Aphrodite" + body
    return body + sha1(salted, usedforsecurity=False).digest()


def _entry(number: int, certificate: bytes) -> bytes:
    data = base64.b64decode(b"".join(certificate.splitlines()[1:-1]))
    head = struct.pack(">I", 2) + _text(f"ca{number}") + struct.pack(">Q", int(time.time() * 1000))
    return head + _text("X.509") + struct.pack(">I", len(data)) + data


def _text(text: str) -> bytes:
    return struct.pack(">H", len(text)) + text.encode()
