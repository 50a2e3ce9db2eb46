"""``Tenant``: the unit of isolation, and the registry of them."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass

from fakegraph.edm.values import TICKS_PER_DAY, Instant
from fakegraph.errors import GraphError, bad_request
from fakegraph.store import Store, Stores, TenantNameError

DEFAULT_TENANT = "default"
_EPOCH = 719_162 * TICKS_PER_DAY  # from 0001-01-01 to 1970-01-01

Clock = Callable[[], Instant]
NewId = Callable[[], str]


def system_clock() -> Instant:
    """The machine's time."""
    return Instant(_EPOCH + time.time_ns() // 100)


def random_id() -> str:
    """A fresh GUID."""
    return str(uuid.uuid4())


@dataclass(frozen=True)
class Tenant:
    """One tenant: its records, its idea of now, and where its ids come from."""

    id: str
    store: Store
    instant: Clock
    new_id: NewId


class Tenants:
    """The tenants of one server. ``stores`` has their records."""

    def __init__(
        self, stores: Stores, clock: Clock = system_clock, new_id: NewId = random_id
    ) -> None:
        self._stores = stores
        self._clock = clock
        self._new_id = new_id
        self._tenants: dict[str, Tenant] = {}
        self._lock = threading.Lock()

    def create(self, name: str | None = None) -> Tenant:
        """Make a tenant that starts as the template. Raises GraphError for a bad or taken name."""
        name = name or self._new_id()
        with self._lock:
            if name in self._tenants:
                raise GraphError(409, "Conflict", f"There is a tenant '{name}' already.")
            return self._add(name)

    def named(self, name: str) -> Tenant:
        """The tenant of that name. Raises GraphError (404) where there is none."""
        tenant = self._tenants.get(name)
        if tenant is not None:
            return tenant
        if name == DEFAULT_TENANT:
            return self.of_token(None)
        raise GraphError(
            404,
            "ResourceNotFound",
            f"There is no tenant '{name}'. In Python, FakeGraph and the pytest fixture make one; "
            "a token whose tid names it makes it too.",
        )

    def of_token(self, name: str | None) -> Tenant:
        """The tenant that a token names, made on first sight; the default one without a name."""
        name = name or DEFAULT_TENANT
        tenant = self._tenants.get(name)
        if tenant is not None:
            return tenant
        with self._lock:
            return self._tenants.get(name) or self._add(name)

    def _add(self, name: str) -> Tenant:
        try:
            store = self._stores.open(name)
        except TenantNameError as error:
            raise bad_request(f"Invalid tenant. {error}") from error
        tenant = Tenant(name, store, self._clock, self._new_id)
        self._tenants[name] = tenant
        return tenant

    def delete(self, name: str) -> None:
        """Forget a tenant and all that it holds. Unknown names are no error."""
        with self._lock:
            if self._tenants.pop(name, None) is not None:
                self._stores.remove(name)

    def close(self) -> None:
        """Close every tenant's records, so that what is on disk is complete."""
        self._tenants.clear()
        self._stores.close()
