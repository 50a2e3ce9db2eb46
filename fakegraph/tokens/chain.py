"""What clients trust of the forward proxy: a root that can sign nothing any more.

The key of the root is thrown away once it has signed an intermediate, which may sign for a few
hosts only (name constraints, RFC 5280, 4.2.1.10). The root could not bear them itself: Java does
not heed those of what it trusts. So whoever steals the key that is kept gains no other host.

Imported on use only: what makes certificates takes long to load.
"""

from __future__ import annotations

import ipaddress
import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path

import idna
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from fakegraph.hosts import is_address

ROOT, SIGNER, SIGNER_KEY = "ca.pem", "intermediate.pem", "intermediate-key.pem"

_LOOPBACK = ("127.0.0.0/8", "::1/128")
# Long, as clocks are set to any time in tests; systems that limit it do so to those from 2019 on.
_FROM, _UNTIL = datetime(2000, 1, 1), datetime(2100, 1, 1)
_LONGEST_NAME = 64  # characters of a common name
_SIGNS = x509.KeyUsage(
    key_cert_sign=True,
    crl_sign=True,
    digital_signature=False,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    encipher_only=False,
    decipher_only=False,
)


def make_chain(names: Iterable[str]) -> dict[str, bytes]:
    """The files of a chain that may sign for these names and addresses, what is below them, and
    loopback. The key of its root is in none of them.
    """
    root_key, key = _new_key(), _new_key()
    root_name, name = _named("root"), _named("intermediate")
    root = _signed(root_name, root_key, root_name, root_key, *_authority(1))
    allowed = {*_LOOPBACK, *(name.removeprefix("*.") for name in names)}
    limits = x509.NameConstraints([*map(_subtree, sorted(allowed))], None)
    signer = _signed(name, key, root_name, root_key, *_authority(0), (limits, True))
    return {ROOT: _pem(root), SIGNER: _pem(signer), SIGNER_KEY: _key_pem(key)}


class Signer:
    """Makes certificates by the chain in a folder. All have one key, which is kept nowhere.

    Raises OSError and ValueError where the folder has no chain.
    """

    def __init__(self, folder: Path) -> None:
        self._signer = x509.load_pem_x509_certificate((folder / SIGNER).read_bytes())
        key = serialization.load_pem_private_key((folder / SIGNER_KEY).read_bytes(), None)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise ValueError(f"{folder / SIGNER_KEY} is no such key as is made here")
        self._signs = key
        self._key = _new_key()

    def certificate(self, names: Sequence[str]) -> tuple[bytes, bytes]:
        """A certificate with its chain, and its key; both are PEM."""
        extensions: tuple[tuple[x509.ExtensionType, bool], ...] = (
            (x509.SubjectAlternativeName([*map(_general, names)]), False),
            (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False),
            (x509.BasicConstraints(ca=False, path_length=None), True),
        )
        subject, issuer = _named(names[0]), self._signer.subject
        made = _signed(subject, self._key, issuer, self._signs, *extensions)
        return _pem(made) + _pem(self._signer), _key_pem(self._key)


def _general(name: str) -> x509.GeneralName:
    """A name or an address, as certificates have them."""
    if is_address(name):
        return x509.IPAddress(ipaddress.ip_address(name))
    wildcard = "*." if name.startswith("*.") else ""
    return x509.DNSName(wildcard + idna.encode(name.removeprefix("*."), uts46=True).decode())


def _subtree(name: str) -> x509.GeneralName:
    """All that constraints permit with a name, an address or a network."""
    if is_address(name.partition("/")[0]):
        return x509.IPAddress(ipaddress.ip_network(name))
    return _general(name)


def _named(common: str) -> x509.Name:
    """A name that no other certificate's is, lest one be taken for another."""
    shown = f"fakegraph {common}"[: _LONGEST_NAME - 9] + f" {uuid.uuid4().hex[:8]}"
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, shown)])


def _authority(below: int) -> tuple[tuple[x509.ExtensionType, bool], ...]:
    """What makes it an authority, with so many others below it at most."""
    return (x509.BasicConstraints(ca=True, path_length=below), True), (_SIGNS, True)


def _signed(
    subject: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    issuer: x509.Name,
    issuer_key: ec.EllipticCurvePrivateKey,
    *extensions: tuple[x509.ExtensionType, bool],
) -> x509.Certificate:
    of_issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key())
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(_FROM)
        .not_valid_after(_UNTIL)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(of_issuer, critical=False)
    )
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical=critical)
    return builder.sign(issuer_key, hashes.SHA256())


def _new_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
