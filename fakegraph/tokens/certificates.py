"""Certificates that service principals sign tokens with: nobody has their keys."""

from __future__ import annotations

from datetime import datetime


def signing_certificate(name: str, start: datetime, end: datetime) -> tuple[bytes, bytes]:
    """A certificate (DER) by itself of a common name, and its SHA-1 thumbprint."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    key = rsa.generate_private_key(65537, 2048)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(end)
        .sign(key, hashes.SHA256())
    )
    data = made.public_bytes(serialization.Encoding.DER)
    return data, made.fingerprint(hashes.SHA1())
