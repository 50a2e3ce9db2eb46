"""The one file that knows every room: settings in, a Flask app out."""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence, Sized
from dataclasses import fields
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flask import Flask

from fakegraph.changes.notifier import Notifier
from fakegraph.clouds import MANAGEMENT, SIGN_IN, service_of
from fakegraph.edm.model import EntitySet, Model, all_entity_sets, permissions_of
from fakegraph.edm.values import TICKS_PER_DAY, Instant
from fakegraph.fixtures.folders import MAX_BYTES, is_builtin
from fakegraph.fixtures.reading import load_directories
from fakegraph.graph.api import GraphApi
from fakegraph.graph.paths import SHORT
from fakegraph.graph.versions import Versions
from fakegraph.once import once
from fakegraph.settings import Settings, SettingsError
from fakegraph.store import (
    Store,
    Stores,
    Template,
)
from fakegraph.store.names import is_aside, is_links
from fakegraph.template import counted_ids, template
from fakegraph.tenants import DEFAULT_TENANT, NewId, Tenants, Traits, random_id
from fakegraph.tenants.clock import system_clock
from fakegraph.tenants.guids import SETTLED
from fakegraph.tenants.metrics import Metrics
from fakegraph.tokens.grantable import Grantable
from fakegraph.tokens.keys import SharedKey, SigningKey
from fakegraph.tokens.strict import Checker
from fakegraph.web.guard import Guard
from fakegraph.web.later import CONTROL, Pause, Steps, begin
from fakegraph.web.listening import own_listeners
from fakegraph.workloads.reports import build_models

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

    from fakegraph.control.routes import Control
    from fakegraph.edm.published import PublishedModel
    from fakegraph.graph.whole.subscribed import Watching
    from fakegraph.signin.api import SignInApi
    from fakegraph.signin.management import ManagementApi
    from fakegraph.signin.office import Office
    from fakegraph.tenants.clock import Clock
    from fakegraph.tenants.directory import Directory
    from fakegraph.tenants.tenant import Tenant

log = logging.getLogger("fakegraph")

_TOLD = 4  # entity sets that a start tells of by name

# What follows the tenant in the paths of the sign-in endpoints.
_SIGN_IN = re.compile(
    r"/([^/]+)/+(?:oauth2|discovery|userrealm|openid|metadata/identity|(?:v2\.0/)?\.well-known)/"
    r"|/(?:metadata/(?:endpoints|identity/oauth2/token)|oidc/userinfo)$",
    re.IGNORECASE,
)
_TENANTS, _CONTROL, _LEAVING = "fakegraph_tenants", "fakegraph_control", "fakegraph_leaving"


def create_app(
    settings: Settings | None = None,
    *,
    models: Mapping[str, Model] | None = None,
    clock: Clock = system_clock,
    new_id: NewId = random_id,
    ca: Path | None = None,
) -> Flask:
    """A WSGI app that serves Graph as the settings say.

    The first of ``models`` answers paths without a version. ``clock`` and ``new_id`` stand in for
    the machine's. Raises FixtureError for a bad fixture and the store's errors for a bad data
    folder. ``ca`` is the certificate that ``/_fakegraph/ca.pem`` gives. Call
    ``fakegraph.app.close_app`` when the app is no longer used.
    """
    settings = settings or Settings()
    models = models if models is not None else _built_in()
    published = _published(models, settings)
    sets = all_entity_sets(models)
    start = _start(settings, settings.fixture, models, new_id, clock(), published)
    stores = Stores(start, settings.data_dir, settings.durability, url=settings.store)
    directory = load_directories(settings.fixture)
    pool = stores.pool
    key = SigningKey(settings.data_dir) if pool is None else SharedKey(pool)
    beyond = _beyond(settings, published, key, ca)
    about = _traits(settings), clock, new_id, settings.max_tenants, directory
    tenants = Tenants(stores, *about, beyond=beyond)
    if stores.on_disk:
        # Records that cannot be used stop the start, not a request.
        _open_folder(tenants, settings)
    checker, guard = Checker(key, grantable(models)), Guard(settings.host, settings.control_key)
    graph = GraphApi(models, tenants, settings.max_body, Metrics(), checker, guard, published)
    rest = _Rest(settings, models, sets, tenants, key, graph, clock, new_id, ca)
    app = FakeGraphApp(
        graph,
        lambda: rest.register(app),
        {SIGN_IN: rest.sign_in, MANAGEMENT: rest.management},
        frozenset(_first_segments(models)),
    )
    app.config["MAX_CONTENT_LENGTH"] = settings.max_body
    app.extensions.update({_TENANTS: tenants, _CONTROL: rest.control, _LEAVING: rest.leaving})
    return app


def _start(
    settings: Settings,
    fixtures: Sequence[str],
    models: Mapping[str, Model],
    new_id: NewId,
    now: Instant,
    published: Versions,
    most: int = MAX_BYTES,
) -> Template:
    """What tenants start as. What is built in is made once a day and process: it is always the same
    and never changed, and reading all of it takes longer than most tests.
    """
    sets = all_entity_sets(models)
    is_usual = models is _built_in() and not settings.model and new_id is random_id
    if not (is_usual and fixtures and all(map(is_builtin, fixtures))):
        if settings.store is not None:  # servers that share it make the same of the same fixtures
            new_id, now = counted_ids("fakegraph"), Instant(now - now % TICKS_PER_DAY)
        return template(fixtures, sets, new_id, now, most, published, settings.me)
    key = (*fixtures, now // TICKS_PER_DAY, settings.me, settings.surface)
    with _MAKING:
        if key not in _MADE:
            made = template(fixtures, sets, new_id, now, most, published, settings.me)
            while len(_MADE) >= _MOST_MADE:
                del _MADE[next(iter(_MADE))]
            _MADE[key] = made
        return _MADE[key]


def warm(settings: Settings) -> None:
    """Make what apps of these settings begin with, for processes that this one forks: where all of
    it is built in, they need not. Raises FixtureError, SettingsError.
    """
    models = _built_in()
    if settings.fixture and all(map(is_builtin, settings.fixture)):
        published, now = _published(models, settings), system_clock()
        _start(settings, settings.fixture, models, random_id, now, published).complete()


_MADE: dict[tuple[object, ...], Template] = {}
_MOST_MADE = 8
_MAKING = threading.Lock()


@once
def _built_in() -> Mapping[str, Model]:
    """The models of a server that is given none; nothing is added to them."""
    return build_models()


def grantable(models: Mapping[str, Model]) -> Grantable:
    """What can be granted to those who call; the published part is read when it is asked for."""

    def usual(scheme: str) -> Sequence[str]:
        from fakegraph.workloads.directory import microsoft_graph

        return microsoft_graph.usual(scheme)

    def published(scheme: str) -> frozenset[str]:
        from fakegraph.workloads.directory import microsoft_graph

        return microsoft_graph.all_permissions(scheme)

    return Grantable(permissions_of(models), usual, published)


def _beyond(settings: Settings, published: Versions, key: SigningKey, ca: Path | None) -> Notifier:
    """Who is told of changes by notifications."""

    def watching() -> Watching:
        from fakegraph.graph.whole.subscribed import Watching

        return Watching(published)

    def sign(tenant: Tenant, app: str) -> str:
        from fakegraph.tokens.claims import validation_token

        return validation_token(tenant.guid, app, tenant.instant(), key)

    keeps = settings.data_dir is not None or settings.store is not None
    about = settings.notify, own_listeners, settings.notify_seconds, ca
    return Notifier(watching, sign, *about, keeps=keeps)


class _Rest:
    """What is made when it is first asked for: loading it takes a tenth of a start."""

    def __init__(
        self,
        settings: Settings,
        models: Mapping[str, Model],
        sets: Mapping[str, EntitySet],
        tenants: Tenants,
        key: SigningKey,
        graph: GraphApi,
        clock: Clock,
        new_id: NewId,
        ca: Path | None,
    ) -> None:
        self._settings, self._models, self._sets = settings, models, sets
        self._tenants, self._key, self._graph = tenants, key, graph
        self._clock, self._new_id, self._ca = clock, new_id, ca
        self.leaving = threading.Event()
        self.control = once(self._control)

    def sign_in(self) -> SignInApi:
        """The endpoints to sign in at."""
        from fakegraph.signin.api import SignInApi

        graph = self._graph
        return SignInApi(self._office(), self._settings.max_body, graph.metrics, graph.guard)

    def management(self) -> ManagementApi:
        """Azure Resource Manager's tenants and subscriptions."""
        from fakegraph.signin.management import ManagementApi

        return ManagementApi(self._office(), self._settings.max_body, self._graph.metrics)

    def _office(self) -> Office:
        from fakegraph.signin.office import Office

        return Office(self._tenants, self._key, self._graph.checker)

    def register(self, app: Flask) -> None:
        """Add the routes of the control API to an app."""
        from fakegraph.control.routes import register

        register(app, self.control(), self._graph.guard)

    def _control(self) -> Control:
        from fakegraph.control.routes import Control
        from fakegraph.control.seeding import Seeds

        settings = self._settings
        named = (*settings.fixture, *settings.fixtures_from)
        return Control(
            tenants=self._tenants,
            seeds=Seeds(
                self._sets, self._new_id, self._load, self._clock, self._graph.published, named
            ),
            metrics=self._graph.metrics,
            max_body=settings.max_body,
            key=self._key,
            models=self._models,
            secret=settings.control_key or random_id(),
            describe=self._describe,
            published=self._graph.published,
            graph=self._graph,
            ca=self._ca,
            leaving=self.leaving.is_set,
            workers=settings.workers,
        )

    def _load(self, fixtures: Sequence[str], most: int) -> tuple[Template, Directory]:
        published = self._graph.published
        about = self._models, self._new_id, self._clock(), published, most
        start = _start(self._settings, fixtures, *about)
        return start, load_directories(fixtures, most)

    def _describe(self) -> Any:
        from fakegraph.control.openapi import document

        traits, keyed = self._tenants.traits, self._settings.control_key is not None
        return document(self._models, traits.strict_queries, traits.auth != "off", keyed)


def _open_folder(tenants: Tenants, settings: Settings) -> None:
    """Open the default tenant; where its records are not the fixture's, the log says so."""
    stores, kept = tenants.stores, tenants.list()
    tenant = tenants.of_token(None)
    store = tenant.store
    tenants.leave(tenant)
    if DEFAULT_TENANT not in kept or not (settings.fixture or settings.store):
        return
    level = logging.WARNING if settings.fixture != Settings.fixture else logging.INFO
    if settings.store is not None:  # where every server but the first finds records
        _tell_of_store(settings, level, as_begun=store.as_begun)
        return
    log.log(
        level,
        "the data folder %s has records already (%s%s), so the fixture %s (%s) is not applied: "
        "POST /_fakegraph/reset applies it, and so does another --data-dir",
        settings.data_dir,
        counts_so_far(store),
        f", and {len(kept) - 1} more tenants" if len(kept) > 1 else "",
        ", ".join(settings.fixture),
        counts(stores.template.snapshot.records),
    )


def _tell_of_store(settings: Settings, level: int, *, as_begun: bool) -> None:
    """Say that the default tenant was there, unless nothing else was to be expected."""
    fixtures = ", ".join(settings.fixture)
    if not as_begun:
        log.log(
            level,
            "the store's default tenant was made with other fixtures than %s, or on another day: "
            "POST /_fakegraph/reset makes it anew with this server's, for all servers",
            fixtures or "none",
        )
    elif fixtures:
        log.log(
            level,
            "the store has records already, so the fixture %s is not applied: POST "
            "/_fakegraph/reset applies it, and so does another database",
            fixtures,
        )


def counts_so_far(store: Store) -> str:
    """How much a store has, in words, without what its template makes later."""
    said = counts({name: store.container(name) for name in store.names_so_far()})
    return said if store.is_whole else f"{said}, and the rest is read when it is asked for"


def counts(records: Mapping[str, Sized]) -> str:
    """How many there are of the entity sets that have most, and of all other things, in words."""
    found = {
        name: len(each)
        for name, each in records.items()
        if not (is_links(name) or is_aside(name) or name == SETTLED) and len(each)
    }
    sets = [name for name in found if "/" not in name]
    told = sorted(sets, key=lambda name: -found[name])[:_TOLD]
    said = [f"{found.pop(name)} {name}" for name in told]
    others = sum(found.values())
    return ", ".join([*said, *([f"{others} others"] if others else [])]) or "no records"


def _published(models: Mapping[str, Model], settings: Settings) -> Versions:
    """What each version has. Raises SettingsError for a file that is no model."""
    given: dict[str, PublishedModel] = {}
    if settings.model:
        from fakegraph.edm.model_files import model_in, read_option

        for text in settings.model:
            try:
                version, file = read_option(text)
                if version not in models:
                    raise ValueError(f"the versions are {' and '.join(models)}")
                given[version] = model_in(file, settings.data_dir)
                Versions(models, given).model(version)  # with what is declared
            except ValueError as error:
                raise SettingsError(f"--model is {text!r}: {error}") from error
    return Versions(models, given, settings.surface)


def _traits(settings: Settings) -> Traits:
    return Traits(**{trait.name: getattr(settings, trait.name) for trait in fields(Traits)})


def _first_segments(models: Mapping[str, Model]) -> Iterable[str]:
    """How paths of the Graph API begin, in lower case: no tenant of this name can sign in."""
    yield "tenants"
    for version, model in models.items():
        yield version.casefold()
        for resource in model.resources:
            yield resource.path.partition("/")[0].casefold()


_FRONT_DOORS = frozenset({"/", "/_fakegraph", "/_fakegraph/"})
_PAGE = "/_fakegraph/ui"


def _service_at(host: str) -> str | None:
    """Whose host a ``Host`` header names."""
    return service_of(host.partition(":")[0].casefold())


class FakeGraphApp(Flask):
    """Flask for everything that is fakegraph's own, an API for those who sign in, and the Graph
    API for all other paths.

    ``register`` adds the routes. It is called when the first of them is asked for: compiling them
    takes longer than all else at the start of a server in a test's process. ``rooms`` make what
    answers for another service than Graph when it is first asked; ``reserved`` are first segments
    that are Graph's.
    """

    def __init__(
        self,
        graph: GraphApi,
        register: Callable[[], object],
        rooms: Mapping[str, Callable[[], WSGIApplication]],
        reserved: frozenset[str],
    ) -> None:
        super().__init__("fakegraph", static_folder=None)
        self._register: Callable[[], object] | None = register
        self._registering = threading.Lock()
        self._makers = rooms
        self._rooms: dict[str, WSGIApplication] = {}
        self._reserved = reserved
        self._known_room = lru_cache(maxsize=4096)(self._found_room)
        self.json.sort_keys = False  # type: ignore[attr-defined]  # Flask's default provider has it
        self.graph = graph

    def wsgi_app(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """The WSGI app (PEP 3333)."""
        path = environ["PATH_INFO"]
        if path in _FRONT_DOORS and self.graph.guard.is_reader(environ):
            start_response("302 Found", [("Location", _PAGE), ("Content-Length", "0")])
            return []
        if path.startswith("/_fakegraph"):
            return begin(self._control(environ, start_response), lambda body: body)
        room = self._room(path, environ.get("HTTP_HOST", ""))
        if room is None:
            return self.graph(environ, start_response)
        return self._made(room)(environ, start_response)

    def _room(self, path: str, host: str) -> str | None:
        is_short = len(path) + len(host) <= SHORT
        return (self._known_room if is_short else self._found_room)(path, host)

    def _found_room(self, path: str, host: str) -> str | None:
        """Who answers in Graph's stead, by the path or by the host that a request names."""
        found = _SIGN_IN.match(path)
        service = _service_at(host)
        if service == MANAGEMENT and (found is None or found[1] is not None):
            return service
        if found is not None and (found[1] or "").casefold() not in self._reserved:
            return SIGN_IN
        return SIGN_IN if service == SIGN_IN else None

    def _control(
        self, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Steps[Iterable[bytes]]:
        yield Pause(share=CONTROL)
        with self._registering:
            if self._register is not None:
                self._register()
                self._register = None
        return super().wsgi_app(environ, start_response)

    def _made(self, room: str) -> WSGIApplication:
        with self._registering:
            if room not in self._rooms:
                self._rooms[room] = self._makers[room]()
            return self._rooms[room]


def tenants_of(app: Flask) -> Tenants:
    """The tenants that an app serves."""
    tenants: Tenants = app.extensions[_TENANTS]
    return tenants


def control_of(app: Flask) -> Control:
    """What the control API of an app can do."""
    control: Control = app.extensions[_CONTROL]()
    return control


def leave(app: Flask) -> None:
    """Have an app say that it is about to end, to those who ask for its health."""
    app.extensions[_LEAVING].set()


def close_app(app: Flask) -> None:
    """Write out and let go of what the app holds."""
    tenants_of(app).close()
