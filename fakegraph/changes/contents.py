"""Contents of notifications, encrypted to who made the subscription.

A random key for each: AES-256-CBC with it, HMAC-SHA256 of what comes out, and the key itself by
RSA-OAEP to the certificate (RFC 8017, 7.1; RFC 2104).
https://learn.microsoft.com/graph/change-notifications-with-resource-data
"""

from __future__ import annotations

import hashlib
import hmac
import os
from base64 import b64decode, b64encode
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

_BITS = range(2048, 4097)
_KEY_BYTES, _BLOCK = 32, 16


class BadCertificate(Exception):
    """It is none that contents can be encrypted to; the message says why."""


class Certificate(NamedTuple):
    """A certificate's key and its SHA-1 thumbprint, upper case, as notifications name it."""

    key: RSAPublicKey
    thumbprint: str


def read_certificate(data: bytes) -> Certificate:
    """An X.509 certificate in DER, or PEM as text. Raises BadCertificate."""
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
    from cryptography.hazmat.primitives.serialization import Encoding

    load = (
        x509.load_pem_x509_certificate if b"-----BEGIN" in data else x509.load_der_x509_certificate
    )
    try:
        found = load(data)
        key = found.public_key()
    except Exception as error:  # the library raises many kinds for what is none
        raise BadCertificate("It is no X.509 certificate.") from error
    if not isinstance(key, RSAPublicKey) or key.key_size not in _BITS:
        raise BadCertificate("Its key has to be an RSA key of 2048 to 4096 bits.")
    return Certificate(key, hashlib.sha1(found.public_bytes(Encoding.DER)).hexdigest().upper())


@lru_cache(maxsize=64)
def _certificate(text: str) -> Certificate:
    return read_certificate(b64decode("".join(text.split())))


def encrypted(content: bytes, certificate: str, certificate_id: str) -> dict[str, Any]:
    """What a notification has for contents; ``certificate`` is as in the subscription, base64."""
    from cryptography.hazmat.primitives import hashes, padding
    from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP
    from cryptography.hazmat.primitives.ciphers import Cipher
    from cryptography.hazmat.primitives.ciphers.algorithms import AES
    from cryptography.hazmat.primitives.ciphers.modes import CBC

    to = _certificate(certificate)
    key = os.urandom(_KEY_BYTES)
    padder = padding.PKCS7(8 * _BLOCK).padder()
    padded = padder.update(content) + padder.finalize()
    cipher = Cipher(AES(key), CBC(key[:_BLOCK])).encryptor()
    data = cipher.update(padded) + cipher.finalize()
    sha1 = hashes.SHA1()  # as receivers decrypt it
    return {
        "data": _text(data),
        "dataSignature": _text(hmac.digest(key, data, "sha256")),
        "dataKey": _text(to.key.encrypt(key, OAEP(MGF1(sha1), sha1, None))),
        "encryptionCertificateId": certificate_id,
        "encryptionCertificateThumbprint": to.thumbprint,
    }


def _text(data: bytes) -> str:
    return b64encode(data).decode()
