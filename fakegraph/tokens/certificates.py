"""Certificates: that of this server's key, and those of keys that nobody has, of principals."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

# As the service names it, which some clients look for.
_ISSUER = "accounts.accesscontrol.windows.net"
_ALWAYS = datetime(2020, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)


def signing_certificate(name: str, start: datetime, end: datetime) -> tuple[bytes, bytes]:
    """A certificate (DER) by itself of a common name, and its SHA-1 thumbprint."""
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(65537, 2048)
    return _signed(key, name, x509.random_serial_number(), start, end)


def certificate_of(key: RSAPrivateKey) -> tuple[bytes, bytes]:
    """The same of a key: the same each time, so that all who have the key say the same."""
    serial = key.public_key().public_numbers().n % (1 << 127)
    return _signed(key, _ISSUER, serial, *_ALWAYS)


def _signed(
    key: RSAPrivateKey, name: str, serial: int, start: datetime, end: datetime
) -> tuple[bytes, bytes]:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization

    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(serial)
        .not_valid_before(start)
        .not_valid_after(end)
        .sign(key, hashes.SHA256())
    )
    data = made.public_bytes(serialization.Encoding.DER)
    return data, made.fingerprint(hashes.SHA1())
