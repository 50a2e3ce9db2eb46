"""The key that signs this server's tokens: made when first needed, and kept with the data."""

from __future__ import annotations

import base64
import os
import threading
import uuid
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fakegraph.store import StoreError
from fakegraph.tokens.certificates import certificate_of

if TYPE_CHECKING:
    from joserfc.jwk import RSAKey

    from fakegraph.store.postgres.pool import Pool

FILE = Path("identity") / "signing-key.pem"
_BITS = 2048


class KeyUnusable(StoreError):
    """A key that cannot be kept, or whose file is none or damaged; that was left as it is."""

    refusal = "No token can be signed or checked: "


class SigningKey:
    """An RSA key for RS256. ``folder`` is the data folder; without one it dies with the server."""

    def __init__(self, folder: Path | None) -> None:
        self._file = None if folder is None else folder / FILE
        self._key: RSAKey | None = None
        self._lock = threading.Lock()

    @property
    def key(self) -> RSAKey:
        """The key itself. Raises KeyUnusable."""
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
        return {"keys": [{**public, **named, **self._certificate}]}

    @cached_property
    def _certificate(self) -> dict[str, Any]:
        """Its certificate, by which some clients know the key, and the thumbprint of that."""
        key = self.key.private_key
        assert key is not None
        made, thumbprint = certificate_of(key)
        short = base64.urlsafe_b64encode(thumbprint).decode().rstrip("=")
        return {"x5t": short, "x5c": [base64.b64encode(made).decode()]}

    def _load(self) -> RSAKey | None:
        if self._file is None:
            return None
        try:
            return _read(self._file, self._file.read_bytes())
        except FileNotFoundError:
            return None
        except OSError as error:
            raise _unusable("read", self._file, error) from error

    def _make(self) -> RSAKey:
        from joserfc.jwk import RSAKey

        key = RSAKey.generate_key(_BITS, auto_kid=False)
        self._keep(key.as_pem(private=True))
        return self._load() or key  # whoever was first has the word

    def _keep(self, pem: bytes) -> None:
        """Keep a key unless there is one."""
        if self._file is None:
            return
        try:
            _keep(self._file, pem)
        except OSError as error:
            raise _unusable("written", self._file, error) from error

    def copy_to(self, other: SigningKey) -> bool:
        """Have another place keep this key, if one is kept and none there; whether the key that is
        there then knows the tokens of this one. Raises KeyUnusable, StorageFailure.
        """
        own = self._load()
        if own is None:
            return True
        other._keep(own.as_pem(private=True))
        return other.kid == str(own.thumbprint())


class SharedKey(SigningKey):
    """A key that the servers over one database have together. It is made where none has one."""

    def __init__(self, pool: Pool) -> None:
        super().__init__(None)
        self._pool = pool

    def _load(self) -> RSAKey | None:
        [rows] = self._pool.ask((_FIND,))
        return _read("the signing key in the database", rows[0][0].encode()) if rows else None

    def _keep(self, pem: bytes) -> None:
        self._pool.ask((_KEEP, pem))


_FIND = "SELECT value FROM fakegraph_states WHERE tenant = '' AND kind = 'key' AND id = 'signing'"
_KEEP = (
    "INSERT INTO fakegraph_states VALUES ('', 'key', 'signing', 0, $1) "
    "ON CONFLICT (tenant, kind, id) DO NOTHING"
)


def _unusable(done: str, file: Path, error: OSError) -> KeyUnusable:
    return KeyUnusable(f"{file} cannot be {done}: {error.strerror or error}")


def _read(file: Path | str, pem: bytes) -> RSAKey:
    from cryptography.exceptions import UnsupportedAlgorithm
    from joserfc.errors import JoseError
    from joserfc.jwk import RSAKey

    try:
        key = RSAKey.import_key(pem)
        if key.is_private:
            return key
    except (JoseError, TypeError, UnsupportedAlgorithm, ValueError):
        pass
    raise KeyUnusable(
        f"{file}: it is no RSA key in PEM, or it is damaged: put it back as it was, or remove it; "
        "then another one is made, which does not know tokens that were signed before"
    )


def _keep(file: Path, pem: bytes) -> None:
    """Write a secret whole, unless somebody has done so meanwhile.

    A data folder that is not there was removed: it is not begun anew with a key alone.
    """
    file.parent.mkdir(exist_ok=True, mode=0o700)
    temporary = file.with_name(f".{file.name}.{uuid.uuid4()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(pem)
            stream.flush()
            os.fsync(descriptor)
        os.link(temporary, file)
    except FileExistsError:
        pass
    finally:
        temporary.unlink()
