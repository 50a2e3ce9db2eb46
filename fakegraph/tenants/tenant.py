"""``Tenant``: the unit of isolation, and the registry of them."""

from __future__ import annotations

import logging
import os
import re
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import field
from itertools import count
from typing import TYPE_CHECKING, Any, NoReturn
from uuid import NAMESPACE_URL, uuid5

from fakegraph.dataclass import dataclass
from fakegraph.errors import GraphError, Problem, bad_request
from fakegraph.settings import AT_ONCE, Delay, RateLimit
from fakegraph.store import (
    DataFileError,
    Snapshot,
    Store,
    StoreClosed,
    StoreError,
    Stores,
    Template,
    TenantNameError,
    TenantTaken,
)
from fakegraph.tenants.beyond import Beyond
from fakegraph.tenants.clock import Clock, TenantClock, system_clock
from fakegraph.tenants.courses import Courses
from fakegraph.tenants.directory import Directory
from fakegraph.tenants.faults import Faults, Weather
from fakegraph.tenants.guids import GUID_LENGTH, Guids, guid_of_name, is_guid, said_of
from fakegraph.tenants.journal import Journal
from fakegraph.tenants.lag import Lag
from fakegraph.tenants.moments import Moments
from fakegraph.tenants.said import Said
from fakegraph.tenants.signins import SignIns
from fakegraph.tenants.stubs import Stubs
from fakegraph.tenants.throttle import Throttle
from fakegraph.tenants.trail import Trail
from fakegraph.tenants.turns import alone

if TYPE_CHECKING:
    from fakegraph.tenants.states import States

DEFAULT_TENANT = "default"
PASSING = 100

log = logging.getLogger("fakegraph")

NewId = Callable[[], str]


def unavailable(error: StoreError) -> GraphError:
    """The 503 for what the store cannot do, with every reason that it gives; 404 where its tenant
    was removed meanwhile.
    """
    if isinstance(error, StoreClosed):
        return GraphError(
            404, "ResourceNotFound", "The tenant was removed while the request was under way."
        )
    reasons = error.problems if isinstance(error, DataFileError) else (str(error),)
    code = "serviceNotAvailable"
    details = [Problem(reason, None, code) for reason in reasons] if len(reasons) > 1 else ()
    again = {} if error.retry_after is None else {"Retry-After": str(error.retry_after)}
    message = f"{error.refusal}{reasons[0]}"
    return GraphError(503, code, message, details=details, headers=again)


_IDS = 64  # made at once: asking the system for many takes a tenth of the time
_ids: list[str] = []  # that are to come
_DIGITS = re.compile("(.{8})(.{4}).(.{3})(.)(.{3})(.{12})")
_VARIANTS = {digit: "89ab"[number & 3] for number, digit in enumerate("0123456789abcdef")}
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_ids.clear)


def random_id() -> str:
    """A fresh GUID (RFC 9562, version 4). Every request takes one: this is a tenth of uuid4()."""
    try:
        return _ids.pop()
    except IndexError:
        found = _DIGITS.findall(os.urandom(_IDS * 16).hex())
        first, *rest = [f"{a}-{b}-4{c}-{_VARIANTS[d]}{e}-{f}" for a, b, c, d, e, f in found]
        _ids.extend(rest)
        return first


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
    consistency_delay: Delay = AT_ONCE
    retired: bool = False
    strict_queries: bool = False
    me: str = ""


class Tenant:
    """One tenant: records, clock, faults, stubs, journal, snapshots, where its ids come from.

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
        guids: Guids,
        beyond: Beyond,
        states: States | None = None,
    ) -> None:
        """``states``: what has the rest of it where replicas share it; None in one process."""
        turns = alone if states is None else states.join
        self.id = id_
        self.states = states
        self.beyond = beyond
        self.store = store
        self._guids = guids
        self.new_id = new_id
        self.directory = directory
        self.auth = traits.auth
        self.strict_directory = traits.strict_directory
        self.device_auto_approve = traits.device_auto_approve
        self.sign_ins = SignIns(turns)
        self.trail = Trail() if states is None else states.trail(traits.journal_size)
        self.moments = Moments()
        self.turned: Any = None  # what time has done to its records, see ``graph.whole.turning``
        self.page_size = traits.page_size
        self.retired = traits.retired
        self.strict_queries = traits.strict_queries
        self.me = traits.me
        self.test = ""  # what it is for, as who made it says
        self._built = 0  # how many calls of a builder there were, of this process
        self.instant = TenantClock(clock, turns)
        self.lag = Lag(traits.consistency_delay, self.instant, turns)
        self.faults = Faults(turns)
        self.stubs = Stubs(turns)
        self.courses = Courses(turns)
        size = traits.journal_size
        self.journal = Journal(size) if states is None else states.journal(size)
        self.throttle = None if traits.rate_limit is None else Throttle(traits.rate_limit, turns)
        self.weather = Weather(traits.chaos, traits.latency, traits.chaos_seed, turns)
        self.said = Said(self._be, turns)
        # For the registry, which alone changes them:
        self.passing = False  # nobody made it; it goes when others come, unless it is kept
        self.busy = 0  # how many requests are under way
        self.used = 0  # the turn in which it was last asked for

    def _be(self, traits: dict[str, Any], delay: Delay | None, directory: Directory | None) -> None:
        """Be as it was said."""
        for name, value in traits.items():
            setattr(self, name, value)
        if delay is not None:
            self.lag.delay = delay
        if directory is not None:
            self.directory = directory

    def built_ids(self) -> NewId:
        """What gives ids to what one call of a builder makes: to the same test the same ones each
        time that it runs; to a tenant without a name, or with replicas, any.
        """
        label = self.test or ("" if is_guid(self.id) else self.id)
        if not label or self.states is not None:
            return self.new_id
        self._built += 1
        numbers, call = count(1), f"{label} {self.store.sequence}.{self._built}"
        return lambda: str(uuid5(NAMESPACE_URL, f"{call} {next(numbers)}"))

    @property
    def guid(self) -> str:
        """Its GUID, by which tokens call it: the id of its organisation."""
        return self.note_guid()

    def note_guid(self) -> str:
        """Have its GUID lead to it, which seeds may have said; the GUID."""
        said = said_of(self.store, by_template=self.id == DEFAULT_TENANT)
        return self._guids.of(self.id, said)

    def answers_to(self, name: object) -> bool:
        """Whether it is called so: by its name, or by a GUID of its own."""
        if name == self.id:
            return True
        if not isinstance(name, str):
            return False
        return name.lower() in (guid_of_name(self.id), self.guid)

    def restore(self, snapshot: Snapshot) -> None:
        """Have the records of a snapshot. Raises StorageFailure, and then nothing has changed."""
        self.store.restore(snapshot)
        self.lag.clear()
        self.trail.clear()

    def reset(self) -> None:
        """Records, clock, faults, stubs, journal, sign-ins as at the start; snapshots stay.

        Raises StorageFailure, and then nothing has changed.
        """
        self.store.reset()
        self.lag.clear()
        self.instant.reset()
        self.faults.clear()
        self.stubs.clear()
        self.courses.clear()
        self.journal.clear()
        self.weather.reset()
        self.sign_ins.clear()
        self.trail.clear()
        if self.throttle is not None:
            self.throttle.reset()
        self.beyond.reset(self)


@dataclass
class Tenants:
    """The tenants of one server. ``stores`` has their records, ``directory`` who may sign in.

    ``most``: so many are kept, the default one not counted; the longest unused goes first, but none
    with a request under way. What is on disk stays there, and is opened again when it is asked for.

    A tenant is made by who is to (``create``) or by the first write to it (``keep``). Until then,
    whoever asks for it by its token or signs in to it gets a *passing* one: it has the template's
    records, to be read, takes no place among the tenants, and is on no disk. The last ``PASSING``
    of them are remembered, for their journals and for codes that are to be redeemed.
    """

    stores: Stores
    traits: Traits = Traits()
    clock: Clock = system_clock
    new_id: NewId = random_id
    most: int | None = None
    directory: Directory = field(default_factory=Directory)
    guids: Guids = field(default_factory=Guids)
    beyond: Beyond = field(default_factory=Beyond)
    _tenants: dict[str, Tenant] = field(default_factory=dict)
    _passing: dict[str, Tenant] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)  # while one is opened or closed
    _counting: threading.Lock = field(default_factory=threading.Lock)  # held for moments
    _turns: count[int] = field(default_factory=count)

    def __post_init__(self) -> None:
        for name in (DEFAULT_TENANT, *self.stores.tenants()):
            self.guids.add(name)

    def __contains__(self, name: str) -> bool:
        name = self.name_of(name)
        return (name in self._tenants and not self.stores.shared) or name in self.stores

    def name_of(self, name: str) -> str:
        """The name of the tenant that is called so, by its name or its GUID."""
        if len(name) != GUID_LENGTH:
            return name
        found = self.guids.name(name)
        if found is None and self.stores.shared:
            for each in self.stores.tenants():  # other servers may have made it
                self.guids.add(each)
            found = self.guids.name(name)
        default = self._tenants.get(DEFAULT_TENANT)
        if found is None and default is not None and name.lower() == default.guid:
            return DEFAULT_TENANT
        return found or name

    def resolved(self, name: str | None) -> str:
        """The same; the default tenant is opened for it, where its organisation may be meant."""
        name = name or DEFAULT_TENANT
        if len(name) == GUID_LENGTH and DEFAULT_TENANT not in self._tenants:
            self.leave(self.of_token(DEFAULT_TENANT))
        return self.name_of(name)

    def is_open(self, name: str | None) -> bool:
        """Whether the tenant of a token is at hand, without anything read or written."""
        name = self.name_of(name or DEFAULT_TENANT)
        return name in self._tenants or name in self._passing

    def create(
        self,
        name: str | None = None,
        template: Template | None = None,
        directory: Directory | None = None,
    ) -> Tenant:
        """Make a tenant that starts as the template. Raises GraphError for a bad or taken name."""
        given = name is not None
        name = name or self.new_id()
        with self._lock:
            try:
                if given and name in self:  # which may have to read all that the default one has
                    raise TenantTaken(name)
                if self.stores.shared and name in self._tenants:
                    self._forget(self._tenants[name])  # another server has removed it
                return self._open(name, template, directory, new=given)
            except TenantTaken as error:
                raise GraphError(409, "Conflict", str(error), "id") from error

    def of_token(self, name: str | None) -> Tenant:
        """The tenant of a token or of a sign-in, the default one without a name; to ``leave``.

        It is a passing one where there is none of that name. Raises GraphError (400) for what no
        tenant can be called, StoreError.
        """
        name = self.resolved(name)
        while True:
            tenant = self._at_hand(name)
            if tenant is None:
                with self._lock:
                    tenant = self._at_hand(name) or self._entered(
                        self._found(name) or self._pass(name)
                    )
            if self._is_current(tenant):
                return tenant

    def named(self, name: str) -> Tenant:
        """The tenant of that name; to ``leave``. Raises GraphError (404) where nobody made one,
        StoreError.
        """
        name = self.resolved(name)
        while True:
            tenant = self._at_hand(name)
            if tenant is None or tenant.passing:
                self.leave(tenant)
                with self._lock:
                    found = self._tenants.get(name) or self._found(name) or _missing(name)
                    tenant = self._entered(found)
            if self._is_current(tenant):
                return tenant

    def _is_current(self, tenant: Tenant) -> bool:
        """Whether a tenant has what other servers have written by now. Where these have removed it,
        or made a passing one, it is left and forgotten. Raises StoreError.
        """
        if not self.stores.shared:
            return True
        try:
            if not tenant.passing:
                tenant.store.catch_up()
                return True
            if tenant.id not in self.stores:
                return True
        except StoreClosed:
            pass
        except BaseException:
            self.leave(tenant)
            raise
        self.leave(tenant)
        with self._lock:  # else it is opened again before it is closed
            self._forget(tenant)
        return False

    def _forget(self, tenant: Tenant) -> None:
        """Hold a tenant no longer that is another one by now."""
        with self._counting:
            if self._passing.get(tenant.id) is tenant:
                del self._passing[tenant.id]
            is_open = self._tenants.get(tenant.id) is tenant
            if is_open:
                del self._tenants[tenant.id]
        if is_open:
            self.beyond.closed(tenant)
            tenant.store.close()

    def leave(self, tenant: Tenant | None) -> None:
        """Say that a request to a tenant has been answered."""
        if tenant is not None:
            with self._counting:
                tenant.busy -= 1

    def _at_hand(self, name: str) -> Tenant | None:
        """The tenant of that name that is open or passing, entered."""
        with self._counting:
            tenant = self._tenants.get(name)
            if tenant is None and name in self._passing:
                tenant = self._passing[name] = self._passing.pop(name)  # the last one to go
            return None if tenant is None else self._counted(tenant)

    def _entered(self, tenant: Tenant) -> Tenant:
        with self._counting:
            return self._counted(tenant)

    def _counted(self, tenant: Tenant) -> Tenant:
        tenant.busy += 1
        tenant.used = next(self._turns)
        return tenant

    def _found(self, name: str) -> Tenant | None:
        """A tenant that is on disk, or the default one, which is always there."""
        return self._open(name) if name == DEFAULT_TENANT or name in self.stores else None

    def _pass(self, name: str) -> Tenant:
        with _bad_name():
            tenant = self._made(name, self.stores.unmade(name), self.directory)
        tenant.passing = True
        with self._counting:
            self._passing[name] = tenant
            while len(self._passing) > PASSING:
                oldest = next(iter(self._passing))
                del self._passing[oldest]
                if oldest not in self._tenants:
                    self.guids.retire(oldest)
        return tenant

    def seen(self, name: str) -> Tenant | None:
        """A passing tenant that some request has been noted of."""
        tenant = self._passing.get(self.name_of(name))
        return tenant if tenant is not None and tenant.journal.entries() else None

    def keep(self, tenant: Tenant) -> None:
        """Make a passing tenant one of the tenants, unless there is one of its name by now.

        Raises GraphError, StoreError.
        """
        with self._lock:
            if not tenant.passing or tenant.id in self._tenants:
                return
            with _bad_name():
                tenant.store = self.stores.open(tenant.id, generation=tenant.store.generation)
            self._share(tenant)
            tenant.passing = False
            self._add(tenant)

    def _open(
        self,
        name: str,
        template: Template | None = None,
        directory: Directory | None = None,
        *,
        new: bool = False,
    ) -> Tenant:
        with _bad_name():
            store = self.stores.open(name, template, new=new)
        tenant = self._made(name, store, self.directory if directory is None else directory)
        self._share(tenant)
        tenant.used = next(self._turns)
        self._add(tenant)
        return tenant

    def _made(self, name: str, store: Store, directory: Directory) -> Tenant:
        self.guids.add(name)
        about = self.traits, self.clock, self.new_id, directory, self.guids, self.beyond
        return Tenant(name, store, *about, _new_states() if self.stores.shared else None)

    def _share(self, tenant: Tenant) -> None:
        """Share what a tenant has beside its records, where others may have it open."""
        pool = self.stores.pool
        if tenant.states is not None and pool is not None:
            tenant.states.bind(pool, tenant.id.lower())
            tenant.store.share(tenant.states)
            tenant.store.catch_up()

    def _add(self, tenant: Tenant) -> None:
        with self._counting:
            self._passing.pop(tenant.id, None)
            self._tenants[tenant.id] = tenant
        self.beyond.opened(tenant)
        for other in self._too_many(tenant):
            log.warning(
                "the tenant %s is let go, as there are more than %s (--max-tenants)%s",
                other.id,
                self.most,
                "" if self.stores.on_disk else ", with its records: they are in memory only",
            )
            self.beyond.closed(other)
            other.store.close()

    def _too_many(self, newest: Tenant) -> list[Tenant]:
        """The tenants that have to go, no longer among the others."""
        if self.most is None:
            return []
        with self._counting:
            others = [
                tenant
                for tenant in self._tenants.values()
                if tenant.id != DEFAULT_TENANT and tenant is not newest
            ]
            idle = sorted((each for each in others if not each.busy), key=lambda each: each.used)
            gone = idle[: max(len(others) + 1 - self.most, 0)]
            for tenant in gone:
                del self._tenants[tenant.id]
            return gone

    def list(self) -> list[str]:
        """The names of all tenants, those on disk included."""
        return sorted({*(() if self.stores.shared else self._tenants), *self.stores.tenants()})

    def opened(self) -> Sequence[Tenant]:
        """Those whose records are at hand, the default one first."""
        return sorted(self._tenants.values(), key=lambda each: each.id != DEFAULT_TENANT)

    def tests(self) -> dict[str, str]:
        """What open tenants are for, by their names, where who made them has said so."""
        return {name: each.test for name, each in tuple(self._tenants.items()) if each.test}

    def records(self) -> int:
        """How many records the open tenants hold."""
        stores = [tenant.store for tenant in tuple(self._tenants.values())]
        return sum(len(store.container(name)) for store in stores for name in store.names())

    def delete(self, name: str) -> bool:
        """Remove a tenant and all that it holds, on disk too; False where there is none."""
        self.stores.check()
        name = self.name_of(name)
        with self._lock:
            self.guids.retire(name)
            with self._counting:
                self._passing.pop(name, None)
            gone = self._tenants.pop(name, None)
            if gone is not None:
                self.beyond.closed(gone)
            found = (gone is not None and not self.stores.shared) or name in self.stores
            if found or gone is not None:
                self.stores.remove(name)
            return found

    def close(self) -> None:
        """Close every tenant's records, so that what is on disk is complete."""
        self.beyond.close()
        self._tenants.clear()
        self.stores.close()


@contextmanager
def _bad_name() -> Iterator[None]:
    """Say of a name that it does not do as the Graph API says it."""
    try:
        yield
    except TenantNameError as error:
        raise bad_request(f"Invalid tenant. {error}", "id") from error


def _new_states() -> States:
    from fakegraph.tenants.states import States  # loads what speaks to the database

    return States()


def _missing(name: str) -> NoReturn:
    raise GraphError(
        404,
        "ResourceNotFound",
        f'There is no tenant \'{name}\'. POST /_fakegraph/tenants with {{"id": "{name}"}} '
        "makes it, and so does the first write with a token whose tid names it.",
    )
