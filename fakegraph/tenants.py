"""``Tenant``: the unit of isolation, and the registry of them."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count

from fakegraph.clock import Clock, TenantClock, system_clock
from fakegraph.directory import Directory
from fakegraph.errors import GraphError, Problem, bad_request
from fakegraph.faults import Faults, Weather
from fakegraph.journal import Journal
from fakegraph.settings import RateLimit
from fakegraph.signins import SignIns
from fakegraph.store import (
    DataFileError,
    Snapshot,
    Store,
    StoreError,
    Stores,
    Template,
    TenantNameError,
)
from fakegraph.throttle import Throttle

DEFAULT_TENANT = "default"

NewId = Callable[[], str]


def unavailable(error: StoreError) -> GraphError:
    """The 503 for what the store cannot do, with every reason that it gives."""
    reasons = error.problems if isinstance(error, DataFileError) else (str(error),)
    code = "serviceNotAvailable"
    details = [Problem(reason, None, code) for reason in reasons] if len(reasons) > 1 else ()
    return GraphError(503, code, f"{error.refusal}{reasons[0]}", details=details)


def random_id() -> str:
    """A fresh GUID."""
    return str(uuid.uuid4())


@dataclass(frozen=True)
class Traits:
    """What a tenant starts with, and may differ from others in. See the settings of these names."""

    auth: str = "bearer"
    strict_directory: bool = False
    device_auto_approve: bool = False
    page_size: int = 100
    journal_size: int = 1000
    rate_limit: RateLimit | None = None
    chaos: float = 0.0
    chaos_seed: int = 0
    latency: tuple[int, int] = (0, 0)
    retired: bool = False
    strict_queries: bool = False


class Tenant:
    """One tenant: records, clock, faults, journal and snapshots, and where its ids come from.

    ``directory`` lists who may sign in.
    """

    def __init__(
        self,
        id_: str,
        store: Store,
        traits: Traits,
        clock: Clock,
        new_id: NewId,
        directory: Directory,
    ) -> None:
        self.id = id_
        self.store = store
        self.new_id = new_id
        self.directory = directory
        self.auth = traits.auth
        self.strict_directory = traits.strict_directory
        self.device_auto_approve = traits.device_auto_approve
        self.sign_ins = SignIns()
        self.page_size = traits.page_size
        self.retired = traits.retired
        self.strict_queries = traits.strict_queries
        self.instant = TenantClock(clock)
        self.faults = Faults()
        self.journal = Journal(traits.journal_size)
        self.throttle = None if traits.rate_limit is None else Throttle(traits.rate_limit)
        self.weather = Weather(traits.chaos, traits.latency, traits.chaos_seed)
        self.snapshots: dict[str, Snapshot] = {}
        self.used = 0  # the turn in which it was last asked for

    def reset(self) -> None:
        """Records, clock, faults, journal and sign-ins as they were at the start; snapshots stay.

        Raises StorageFailure, and then nothing has changed.
        """
        self.store.reset()
        self.instant.reset()
        self.faults.clear()
        self.journal.clear()
        self.weather.reset()
        self.sign_ins.clear()
        if self.throttle is not None:
            self.throttle.reset()


@dataclass
class Tenants:
    """The tenants of one server. ``stores`` has their records, ``directory`` who may sign in.

    ``most``: so many are kept, the default one not counted; the longest unused goes first. What
    is on disk stays there, and is opened again when it is asked for.
    """

    stores: Stores
    traits: Traits = Traits()
    clock: Clock = system_clock
    new_id: NewId = random_id
    most: int | None = None
    directory: Directory = field(default_factory=Directory)
    _tenants: dict[str, Tenant] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _turns: count[int] = field(default_factory=count)

    def __contains__(self, name: str) -> bool:
        return name in self._tenants or name in self.stores

    def is_open(self, name: str | None) -> bool:
        """Whether the tenant of a token is at hand, without anything read or written."""
        return (name or DEFAULT_TENANT) in self._tenants

    def create(
        self,
        name: str | None = None,
        template: Template | None = None,
        directory: Directory | None = None,
    ) -> Tenant:
        """Make a tenant that starts as the template. Raises GraphError for a bad or taken name."""
        name = name or self.new_id()
        with self._lock:
            if name in self:
                raise GraphError(409, "Conflict", f"There is a tenant '{name}' already.", "id")
            return self._add(name, template, directory)

    def named(self, name: str) -> Tenant:
        """The tenant of that name. Raises GraphError (404) where there is none."""
        tenant = self._tenants.get(name)
        if tenant is None:
            tenant = self._stored(name)
        tenant.used = next(self._turns)
        return tenant

    def _stored(self, name: str) -> Tenant:
        """A tenant that is on disk, or the default one, which is always there."""
        if name == DEFAULT_TENANT or name in self.stores:
            return self.of_token(name)
        raise GraphError(
            404,
            "ResourceNotFound",
            f'There is no tenant \'{name}\'. POST /_fakegraph/tenants with {{"id": "{name}"}} '
            "makes it, and so does a token whose tid names it.",
        )

    def of_token(self, name: str | None) -> Tenant:
        """The tenant that a token names, made on first sight; the default one without a name."""
        name = name or DEFAULT_TENANT
        tenant = self._tenants.get(name)
        if tenant is None:
            with self._lock:
                tenant = self._tenants.get(name) or self._add(name)
        tenant.used = next(self._turns)
        return tenant

    def _add(
        self, name: str, template: Template | None = None, directory: Directory | None = None
    ) -> Tenant:
        try:
            store = self.stores.open(name, template)
        except TenantNameError as error:
            raise bad_request(f"Invalid tenant. {error}", "id") from error
        listed = self.directory if directory is None else directory
        tenant = Tenant(name, store, self.traits, self.clock, self.new_id, listed)
        tenant.used = next(self._turns)
        self._tenants[name] = tenant
        self._make_room(tenant)
        return tenant

    def _make_room(self, newest: Tenant) -> None:
        if self.most is None:
            return
        others = [
            tenant
            for tenant in self._tenants.values()
            if tenant.id != DEFAULT_TENANT and tenant is not newest
        ]
        if len(others) < self.most:
            return
        oldest = min(others, key=lambda tenant: tenant.used)
        del self._tenants[oldest.id]
        oldest.store.close()

    def list(self) -> list[str]:
        """The names of all tenants, those on disk included."""
        return sorted({*self._tenants, *self.stores.tenants()})

    def records(self) -> int:
        """How many records the open tenants hold."""
        stores = [tenant.store for tenant in tuple(self._tenants.values())]
        return sum(len(store.collection(name)) for store in stores for name in store.names())

    def delete(self, name: str) -> bool:
        """Remove a tenant and all that it holds, on disk too; False where there is none."""
        with self._lock:
            found = self._tenants.pop(name, None) is not None or name in self.stores
            if found:
                self.stores.remove(name)
            return found

    def close(self) -> None:
        """Close every tenant's records, so that what is on disk is complete."""
        self._tenants.clear()
        self.stores.close()
