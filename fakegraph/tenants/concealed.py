"""Passwords and secrets as they are kept: so that they can be compared, and not be read again.

One round of SHA-256 with a salt, deliberately: it keeps a secret out of data files and answers,
and costs a test nothing. It does not withstand guessing, and opens nothing but this server.
"""

from __future__ import annotations

import hmac
import re
import secrets
from hashlib import sha256

_SECRET = re.compile(
    rb'("(?:password|newPassword|currentPassword|secretText)"\s*+:\s*+)"(?:[^"\\]|\\.)*+"'
)
_CONCEALED = re.compile(r"sha256:([0-9a-f]{16}):[0-9a-f]{64}")


def conceal(secret: str) -> str:
    """A secret in the form that it is kept in; what is in that form already stays as it is."""
    return secret if _CONCEALED.fullmatch(secret) else _form(secret, secrets.token_hex(8))


def matches(kept: str, secret: str) -> bool:
    """Whether a secret is the one that is kept. One kept as plain text is compared as such."""
    found = _CONCEALED.fullmatch(kept)
    form = secret if found is None else _form(secret, found[1])
    return hmac.compare_digest(kept.encode(), form.encode())


def without_secrets(body: bytes) -> bytes:
    """The JSON of a request or an answer as it may be shown: passwords and secrets are redacted."""
    if b"assword" not in body and b"secretText" not in body:
        return body
    return _SECRET.sub(rb'\1"[redacted]"', body)


def _form(secret: str, salt: str) -> str:
    return f"sha256:{salt}:{sha256(f'{salt}{secret}'.encode()).hexdigest()}"
