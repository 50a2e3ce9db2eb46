"""How Azure Arc has those who ask it for a token prove that they are on its machine.

They are told the name of a file, and say what is in it:
https://learn.microsoft.com/azure/azure-arc/servers/managed-identity-authentication
"""

from __future__ import annotations

import atexit
import hmac
import os
import secrets
from pathlib import Path
from threading import Lock

from fakegraph.signin.oauth import OAuthError
from fakegraph.tokens.ca import passing_folder

VERSIONS = ("2019-11-01", "2020-06-01")
# Client libraries read no file elsewhere.
FOLDER = Path("/var/opt/azcmagent/tokens")


class Proof:
    """A secret and the file that has it, mode 0600; made when first asked for, gone at the end.

    The file is in Azure Arc's folder where there is one that this process may write to, and else in
    a folder of its own. Threads may share it.
    """

    def __init__(self, folder: Path = FOLDER) -> None:
        self._folder = folder
        self._lock = Lock()
        self._secret = ""
        self._file = folder

    def check(self, authorization: str) -> None:
        """Raise OAuthError (401), which names the file, unless a header tells what is in it."""
        with self._lock:
            if not self._secret:
                self._make()
        scheme, _, sent = authorization.strip().partition(" ")
        known = hmac.compare_digest(sent.strip().encode(), self._secret.encode())
        if scheme.casefold() != "basic" or not known:
            message = "Authorization takes Basic and what is in the file that this challenge names."
            challenge = {"WWW-Authenticate": f"Basic realm={self._file}"}
            raise OAuthError("unauthorized_client", 401, message, headers=challenge)

    def _make(self) -> None:
        here = os.access(self._folder, os.W_OK | os.X_OK)
        folder = self._folder if here else passing_folder()
        file, secret = folder / f"fakegraph-{secrets.token_hex(8)}.key", secrets.token_urlsafe(32)
        with os.fdopen(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as stream:
            stream.write(secret)
        atexit.register(file.unlink, missing_ok=True)
        self._file, self._secret = file, secret
