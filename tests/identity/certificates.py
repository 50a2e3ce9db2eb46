"""A certificate for a client to prove itself by."""

from __future__ import annotations

import base64
import datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID


class Pair:
    """A key and its self-signed certificate."""

    def __init__(self, key=None, name="app", issuer=None, until=2090):
        self.key = key or rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        now, by = datetime.datetime(2020, 1, 1), issuer or self
        builder = x509.CertificateBuilder(
            by.name, self.name, self.key.public_key(), 7, now, now.replace(until)
        )
        self.certificate = builder.sign(by.key, hashes.SHA256())

    @property
    def pem(self):
        return self.certificate.public_bytes(serialization.Encoding.PEM).decode()

    @property
    def key_pem(self):
        private = serialization.PrivateFormat.PKCS8
        plain = serialization.NoEncryption()
        return self.key.private_bytes(serialization.Encoding.PEM, private, plain).decode()

    @property
    def x5c(self):
        der = self.certificate.public_bytes(serialization.Encoding.DER)
        return [base64.b64encode(der).decode()]

    def thumbprint(self, kind=hashes.SHA256):
        return self.certificate.fingerprint(kind())

    def header(self, kind=hashes.SHA256):
        name = "x5t" if kind is hashes.SHA1 else "x5t#S256"
        return {name: base64.urlsafe_b64encode(self.thumbprint(kind)).decode().rstrip("=")}
