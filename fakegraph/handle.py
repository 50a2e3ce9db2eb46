"""``FakeGraph``: the handle that tests hold, in pytest, unittest and scripts alike."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from copy import deepcopy
from types import TracebackType
from typing import Any

from fakegraph.app import close_app, create_app, models_of, tenants_of
from fakegraph.edm.model import EntitySet, all_entity_sets
from fakegraph.edm.schema import Record
from fakegraph.fixtures import FixtureError, FixtureProblem, check_records, load_fixture
from fakegraph.serving import InProcessServer
from fakegraph.settings import Settings
from fakegraph.store import KeyTaken
from fakegraph.tenants import Tenant


class FakeGraphServer:
    """One server in this process, on a free port of the loopback address, with many tenants."""

    def __init__(self, settings: Settings | None = None) -> None:
        self.app = create_app(settings)
        self.entity_sets: Mapping[str, EntitySet] = all_entity_sets(models_of(self.app))
        self._http = InProcessServer(self.app)

    @property
    def url(self) -> str:
        """Where it listens: scheme, host and port."""
        return self._http.url

    def start(self) -> FakeGraphServer:
        """Begin to answer."""
        self._http.start()
        return self

    def stop(self) -> None:
        """Stop answering and let go of everything."""
        self._http.stop()
        close_app(self.app)


class FakeGraph:
    """A fresh tenant of its own, seeded with the template, gone when it is closed.

    Without a ``server`` it starts one, with the settings given by name (see ``fakegraph serve``)::

        with FakeGraph(fixture=["contoso"]) as graph:
            requests.get(f"{graph.beta}/reports/userCredentialUsageDetails", headers=graph.headers)
    """

    def __init__(self, server: FakeGraphServer | None = None, **settings: Any) -> None:
        if server is not None and settings:
            raise TypeError("settings belong to the server: give one or the other")
        self._own = FakeGraphServer(Settings(**settings)) if server is None else None
        self._server = server or self._own
        self._tenant: Tenant | None = None

    def __enter__(self) -> FakeGraph:
        if self._own is not None:
            self._own.start()
        self._tenant = tenants_of(self.server.app).create()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        tenants_of(self.server.app).delete(self.tenant.id)
        self._tenant = None
        if self._own is not None:
            self._own.stop()

    @property
    def server(self) -> FakeGraphServer:
        """The server that answers for this tenant."""
        assert self._server is not None
        return self._server

    @property
    def tenant(self) -> Tenant:
        """The tenant itself. Raises RuntimeError outside the ``with`` block."""
        if self._tenant is None:
            raise RuntimeError("FakeGraph is used inside a with block")
        return self._tenant

    @property
    def url(self) -> str:
        """The root of this tenant, to be followed by ``/beta`` or ``/v1.0``."""
        return f"{self.server.url}/tenants/{self.tenant.id}"

    @property
    def beta(self) -> str:
        """The service root of the beta version."""
        return f"{self.url}/beta"

    @property
    def v1(self) -> str:
        """The service root of version 1.0."""
        return f"{self.url}/v1.0"

    @property
    def headers(self) -> dict[str, str]:
        """Request headers that are let in."""
        return {"Authorization": "Bearer fakegraph"}

    def records(self, entity_set: str) -> list[Record]:
        """What is stored, oldest first, as copies. Raises LookupError for an unknown set."""
        collection = self.tenant.store.collection(self._set(entity_set).name)
        return [deepcopy(row.record) for row in collection.scan()]

    def create(self, entity_set: str, **properties: Any) -> Record:
        """Store one record and give it back, its ``id`` included.

        Raises FixtureError with every problem, and stores nothing, when the schema refuses it.
        """
        (record,) = self.seed({entity_set: [properties]})[self._set(entity_set).name]
        return record

    def seed(
        self, records: str | Mapping[str, Iterable[Mapping[str, Any]]]
    ) -> dict[str, list[Record]]:
        """Add a fixture (built-in name, file or folder) or records by entity set, all or nothing.

        Gives what was stored. Raises FixtureError for what the schemas refuse, LookupError for an
        unknown entity set.
        """
        if isinstance(records, str):
            loaded = load_fixture(records, self.server.entity_sets, self.tenant.new_id)
        else:
            loaded = {
                self._set(name).name: check_records(self._set(name), items, self.tenant.new_id)
                for name, items in records.items()
            }
        try:
            self.tenant.store.insert_many(loaded)
        except KeyTaken as error:
            problem = FixtureProblem("seed", None, "id", f"'{error.key}' is taken")
            raise FixtureError([problem]) from error
        return deepcopy(loaded)

    def reset(self) -> None:
        """Go back to the template."""
        self.tenant.store.reset()

    def _set(self, name: str) -> EntitySet:
        """The entity set of that name or path."""
        entity_set = self.server.entity_sets.get(name.rpartition("/")[2])
        if entity_set is None or name not in {entity_set.name, entity_set.path}:
            known = ", ".join(self.server.entity_sets)
            raise LookupError(f"there is no entity set '{name}': there is {known}")
        return entity_set


__all__ = ["FakeGraph", "FakeGraphServer"]
