"""The key that signs this server's tokens: made when first needed, and kept with the data."""

from __future__ import annotations

import os
import threading
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from joserfc.jwk import RSAKey

FILE = Path("identity") / "signing-key.pem"
_BITS = 2048


class SigningKey:
    """An RSA key for RS256. ``folder`` is the data folder; without one it dies with the server."""

    def __init__(self, folder: Path | None) -> None:
        self._file = None if folder is None else folder / FILE
        self._key: RSAKey | None = None
        self._lock = threading.Lock()

    @property
    def key(self) -> RSAKey:
        """The key itself. Raises OSError where it cannot be kept, ValueError for another's file."""
        with self._lock:
            if self._key is None:
                self._key = self._load() or self._make()
            return self._key

    @property
    def made(self) -> bool:
        """Whether it is there already: to make it, or to load what loads it, takes long."""
        return self._key is not None

    @property
    def kid(self) -> str:
        """Its name in the JWKS: the thumbprint of RFC 7638."""
        return str(self.key.thumbprint())

    def jwks(self) -> dict[str, Any]:
        """The public half as a JSON Web Key Set (RFC 7517)."""
        public = self.key.as_dict(private=False)
        named = {"kid": self.kid, "use": "sig", "alg": "RS256"}
        return {"keys": [{**public, **named}]}

    def _load(self) -> RSAKey | None:
        from joserfc.jwk import RSAKey

        if self._file is None or not self._file.exists():
            return None
        return RSAKey.import_key(self._file.read_bytes())

    def _make(self) -> RSAKey:
        from joserfc.jwk import RSAKey

        key = RSAKey.generate_key(_BITS, auto_kid=False)
        if self._file is not None:
            _keep(self._file, key.as_pem(private=True))
            return RSAKey.import_key(self._file.read_bytes())  # whoever was first has the word
        return key


def _keep(file: Path, pem: bytes) -> None:
    """Write a secret whole, unless somebody has done so meanwhile."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    temporary = file.with_name(f".{file.name}.{uuid.uuid4()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(pem)
        os.link(temporary, file)
    except FileExistsError:
        pass
    finally:
        temporary.unlink()
