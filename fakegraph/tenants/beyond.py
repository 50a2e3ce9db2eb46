"""Who is outside of a tenant, and told of its changes: declared here, done in ``changes/``."""

from __future__ import annotations

from typing import Any

OUTBOX = "outbox"
"""What is to be told, among what replicas share of a tenant."""


class Refused(Exception):
    """Nobody there can be told, or wants to be; the message says why as the service does."""


class Beyond:
    """Nobody: what a registry has that no server gave anyone to."""

    def find(self, url: str) -> Any:
        """Where a URL leads, looked up now. Raises Refused."""
        raise Refused(f"Nothing is sent to {url}: this server sends nothing.")

    def greet(self, found: Any, id_: str) -> None:
        """Ask whoever listens where a URL was found to lead whether notifications are wanted.

        Raises Refused.
        """

    def opened(self, tenant: Any) -> None:
        """Begin to look after a tenant."""

    def moved(self, tenant: Any) -> None:
        """See what is due by a tenant's clock, which a test has moved."""

    def reset(self, tenant: Any) -> None:
        """Forget what was told of a tenant, which is as at the start."""

    def closed(self, tenant: Any) -> None:
        """Let go of a tenant, and of what it would have told."""

    def close(self) -> None:
        """Let go of all of them."""
