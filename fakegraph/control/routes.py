"""Routes of the control API. ``ROUTES`` is the list of them all.

``/_fakegraph/tenants/{tenant}/X`` is about that tenant, ``/_fakegraph/X`` about the default one.
"""

from __future__ import annotations

import hmac
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import orjson
from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from fakegraph._version import __version__
from fakegraph.control import notifications
from fakegraph.control.bodies import (
    SnapshotBody,
    TenantBody,
    TokenBody,
    fixtures_of,
    read_clock,
    read_course,
    read_criteria,
    read_fault,
    read_stub,
)
from fakegraph.control.inspector import (
    FILE_HEADERS,
    LOOKED_HEADERS,
    MOST_SUMMARIES,
    SCREENS,
    entry_of,
    look,
    page,
    page_file,
    replay,
    summary,
    whole,
)
from fakegraph.control.records import Records, place, record_json, unknown_set
from fakegraph.control.seeding import Seeds
from fakegraph.dataclass import dataclass
from fakegraph.digits import natural
from fakegraph.edm.fields import shown
from fakegraph.edm.model import Model
from fakegraph.edm.values import format_instant
from fakegraph.errors import GraphError, bad_request, refused
from fakegraph.fixtures.reading import declared_set
from fakegraph.graph.api import GraphApi
from fakegraph.graph.versions import Versions
from fakegraph.store import Record, SnapshotTaken, StoreError
from fakegraph.tenants import DEFAULT_TENANT, Tenant, Tenants, unavailable
from fakegraph.tenants.journal import har
from fakegraph.tenants.metrics import Metrics
from fakegraph.tenants.stubs import Reply, Stub
from fakegraph.tokens.claims import APP, User, forge, forge_workflows
from fakegraph.tokens.keys import SigningKey
from fakegraph.web.body import read_json
from fakegraph.web.exchange import Exchange
from fakegraph.web.guard import Guard

ROOT = "/_fakegraph"

# What a body may say of a new tenant: its key, and the tenant's attribute.
_TRAITS = {
    "auth": "auth",
    "pageSize": "page_size",
    "retired": "retired",
    "strictQueries": "strict_queries",
    "strictDirectory": "strict_directory",
    "deviceAutoApprove": "device_auto_approve",
    "test": "test",
}


@dataclass(frozen=True)
class Control:
    """What the control API is about. ``describe`` gives its OpenAPI document, ``leaving`` says
    whether the server is about to end.

    ``secret`` is that key, or else one that only those know who are in this process.
    """

    tenants: Tenants
    seeds: Seeds
    metrics: Metrics
    max_body: int
    key: SigningKey
    models: Mapping[str, Model]
    secret: str
    describe: Callable[[], Any]
    published: Versions
    graph: GraphApi
    ca: Path | None = None
    leaving: Callable[[], bool] = bool
    workers: int = 1

    def body(self) -> Any:
        """The request's JSON. Raises GraphError."""
        return read_json(Exchange(request.environ, self.max_body))

    def optional_body(self) -> Any:
        """The request's JSON; an empty object where nothing was sent."""
        exchange = Exchange(request.environ, self.max_body)
        return read_json(exchange) if exchange.has_body else {}

    @property
    def trusts_caller(self) -> bool:
        """Whether the request has the key, or comes from this process or a child of it."""
        sent: str = request.environ.get("HTTP_X_FAKEGRAPH_KEY", "")
        return hmac.compare_digest(sent.encode("latin-1"), self.secret.encode())

    def open_tenant(self, body: object, *, trusted: bool = True) -> Tenant:
        """Make the tenant that a body describes. Raises GraphError."""
        wanted = TenantBody.take(body) if body != {} else {}  # most tests wish for nothing
        template = directory = None
        if "fixture" in wanted:
            template, directory = self.seeds.start(fixtures_of(wanted["fixture"]), trusted=trusted)
        tenant = self.tenants.create(wanted.get("id"), template, directory)
        traits = {trait: wanted[key] for key, trait in _TRAITS.items() if key in wanted}
        tenant.said.say(traits, wanted.get("consistencyDelay"), directory)
        return tenant

    def add_stub(self, tenant: Tenant, stub: Stub) -> None:
        """Add a stub to a tenant. Raises GraphError with all that is wrong with its answer."""
        if stub.shown.get("check", True):
            from fakegraph.graph.stubbing import checking

            check = checking(self.published, stub.match.method, str(stub.match.path))
            stub = replace(stub, check=check)
        problems = () if stub.function is not None else stub.check(stub.status, stub.json)
        if problems:
            raise refused(problems)
        tenant.stubs.add(stub)

    def add_function(self, name: str, body: object, function: Reply) -> str:
        """Add a stub whose answers a function of this process says; its id. Raises GraphError."""
        tenant = self.tenants.named(name)
        try:
            stub = replace(read_stub(body, tenant.new_id()), function=function)
            self.add_stub(tenant, stub)
        finally:
            self.tenants.leave(tenant)
        return stub.id

    def close_tenant(self, name: str) -> None:
        """Remove a tenant with all that it holds. Raises GraphError (404)."""
        if not self.tenants.delete(name):
            raise GraphError(404, "ResourceNotFound", f"There is no tenant '{name}'.")


def health(control: Control) -> Response:
    """Whether the server is there, and its version.

    Raises GraphError (503) where it is about to end, StorageFailure where the database does not
    answer that it shares with others.
    """
    if control.leaving():
        raise GraphError(503, "serviceNotAvailable", "The server is about to end: ask another one.")
    if control.tenants.stores.shared:
        control.tenants.stores.check()
    return _json({"status": "ok", "version": __version__})


def ca_certificate(control: Control) -> Response:
    """The certificate of the local CA, with ``--tls``."""
    if control.ca is None:
        raise GraphError(
            404, "ResourceNotFound", "There is no local CA: the server was started without --tls."
        )
    return Response(control.ca.read_bytes(), content_type="application/x-pem-file")


def metrics(control: Control) -> Response:
    """Counters and gauges as Prometheus text."""
    if control.workers > 1:
        raise GraphError(
            501,
            "NotImplemented",
            f"Each of the {control.workers} workers counts for itself, and a request reaches any "
            "of them: the figures of one are not the server's. A server without --workers, or one "
            "of several over a --store, has metrics of its own.",
        )
    gauges = {
        "fakegraph_tenants": ("Tenants.", lambda: len(control.tenants.list())),
        "fakegraph_records": ("Records that open tenants hold.", control.tenants.records),
    }
    return Response(control.metrics.text(gauges), content_type="text/plain; version=0.0.4")


def openapi(control: Control) -> Response:
    """What is served, both APIs of it, as OpenAPI 3.1; with ``path``, what Graph has there."""
    _takes_only("path")
    pattern = request.args.get("path")
    if pattern is None:
        return _json(control.describe())
    return Response(control.published.openapi(pattern), content_type="application/json")


def show_page(control: Control) -> Response:
    """The inspector, a page for people."""
    data, headers = page(Exchange(request.environ, 0).host_url)
    return Response(data, headers=headers)


def show_page_file(control: Control, file: str) -> Response:
    """A part of that page."""
    data, kind = page_file(file)
    return Response(data, headers=dict(FILE_HEADERS), content_type=kind)


def show_screen_file(control: Control, file: str) -> Response:
    """A screen of that page."""
    data, kind = page_file(file, SCREENS)
    return Response(data, headers=dict(FILE_HEADERS), content_type=kind)


def show_model(control: Control, read: str) -> Response:
    """What the model has at a path: members, operations, methods with permissions and bodies."""
    from fakegraph.graph.described import described

    path = Exchange(request.environ, 0).raw_path.removeprefix(f"{ROOT}/model/")
    return _json(described(control.graph, path, control.tenants.clock()))


def list_tenants(control: Control) -> Response:
    """The tenants, those on disk included."""
    tests = control.tenants.tests()
    shown = [(_shown_tenant(name), tests.get(name)) for name in control.tenants.list()]
    return _json({"value": [{**each, "test": test} if test else each for each, test in shown]})


def create_tenant(control: Control) -> Response:
    """Make a tenant: a fresh, isolated copy of the template."""
    made = control.open_tenant(control.optional_body(), trusted=control.trusts_caller)
    shown = _shown_tenant(made.id)
    return _json(shown, 201, Location=shown["url"])


def _shown_tenant(name: str) -> dict[str, str]:
    host = Exchange(request.environ, 0).host_url
    return {"id": name, "url": f"{host}/tenants/{name}"}


def delete_tenant(control: Control, tenant: str) -> Response:
    """Remove a tenant with all that it holds."""
    control.close_tenant(tenant)
    return _no_content()


def reset(control: Control, tenant: Tenant) -> Response:
    """Put records, faults, clock and journal back to the start."""
    _nothing(control)
    tenant.reset()
    return _no_content()


def seed(control: Control, tenant: Tenant) -> Response:
    """Add fixtures and records by path, all or nothing."""
    return _json(control.seeds.add(tenant, control.body(), trusted=control.trusts_caller))


def count_records(control: Control, tenant: Tenant) -> Response:
    """How many records of each set are stored, and in each container that has some."""
    from fakegraph.graph.whole.world import is_aside

    store, sets = tenant.store.frozen(), control.seeds.entity_sets.values()
    counts = {each.name: len(store.container(each.collection)) for each in sets}
    names = [name for name in store.names() if name not in counts and not is_aside(name)]
    others = {name: len(store.container(name)) for name in names}
    return _json(counts | {name: count for name, count in others.items() if count})


def _takes_only(*options: str) -> None:
    if request.args.keys() - {*options}:
        names = " and ".join(options)
        raise bad_request(f"'{request.path}' takes the query option {names} and no other.")


def _number(option: str, usual: int) -> int:
    """A whole number of the query, of at most eighteen digits."""
    text = request.args.get(option)
    if text is None:
        return usual
    number = natural(text, DIGITS)
    if number is None:
        wanted = f"a whole number of at most {DIGITS} digits"
        raise bad_request(f"'{option}' is {wanted}, not '{shown(text)}'.", option)
    return number


def clear_records(control: Control, tenant: Tenant) -> Response:
    """Take all records away, or with ``?path=`` those of one collection."""
    _takes_only("path")
    if "path" in request.args:
        _place(control, tenant, request.args["path"]).clear()
    else:
        tenant.store.clear(tenant.store.names())
    return _no_content()


def records(control: Control, tenant: Tenant, path: str) -> Response:
    """What is stored at a path, as it is stored; of several the one with ``?id=``."""
    _takes_only("id")
    rows = _place(control, tenant, path).rows(request.args.get("id"))
    return _raw(b'{"value":[' + b",".join(map(record_json, rows)) + b"]}")


def export(control: Control, tenant: Tenant) -> Response:
    """What the tenant has, or what is at each ``?path=``, as a seed takes it."""
    from fakegraph.graph.whole.stored import Things

    _takes_only("path")
    things, store = Things(control.published), tenant.store.frozen()
    sets, paths = control.seeds.entity_sets, request.args.getlist("path")
    for path in paths:
        try:
            if declared_set(path.strip("/"), sets) is None:
                things.entities(path.strip("/"))
        except GraphError as error:
            raise unknown_set(path, sets, error.message) from error
    told = things.exported(tenant, store, sets, [path.strip("/") for path in paths])
    return _json(
        {path: list(records) if many else next(records, {}) for path, records, many in told}
    )


def create_record(control: Control, tenant: Tenant, path: str) -> Response:
    """Add a record, or all of an array; what is required and left out gets realistic values."""
    body, there = control.body(), _place(control, tenant, path)
    if isinstance(body, list):
        rows = there.create_all(body)
        return _raw(b'{"value":[' + b",".join(map(record_json, rows)) + b"]}", 201)
    return _raw(record_json(there.create(body)), 201)


def update_record(control: Control, tenant: Tenant, path: str) -> Response:
    """Change some properties of a record."""
    return _raw(record_json(_place(control, tenant, path).update(control.body())))


def delete_record(control: Control, tenant: Tenant, path: str) -> Response:
    """Take a record away."""
    _place(control, tenant, path).delete()
    return _no_content()


def _place(control: Control, tenant: Tenant, path: str) -> Records:
    return place(tenant, control.seeds.entity_sets, control.published, path)


def find_records(control: Control, tenant: Tenant) -> Response:
    """The paths of what has an id, or another key, of that value; of contained things ``near``."""
    from fakegraph.control.finding import found
    from fakegraph.graph.whole.stored import Things

    _takes_only("key", "near")
    if not (value := request.args.get("key")):
        raise bad_request("key is what to look for, such as an id.", "key")
    near = request.args.get("near")
    rows = islice(_place(control, tenant, near).rows(), 2) if near else ()
    sets, world = control.seeds.entity_sets, Things(control.published).world
    return _json({"value": found(world, tenant.store.frozen(), sets, value, rows)})


def changes(control: Control, tenant: Tenant) -> Response:
    """What was created, changed, deleted and linked, by path; with ``?since=`` after that write."""
    from fakegraph.graph.whole.history import History
    from fakegraph.graph.whole.stored import Things

    _takes_only("since")
    since = request.args.get("since")
    if since is not None and not re.fullmatch(r"\d{1,18}", since, re.ASCII):
        raise bad_request("since is the sequence of a change, a whole number.", "since")
    store = tenant.store.frozen()  # what is told has to be there, or known to be gone
    things = Things(control.published)
    history = History(store, control.seeds.entity_sets, lambda: things.world)
    found = history.after(None if since is None else int(since))
    return _json({"value": found, "sequence": store.sequence})


def compare(control: Control, tenant: Tenant) -> Response:
    """How the records differ from those at the start, or from ``?with=`` a snapshot."""
    from fakegraph.graph.whole.history import History
    from fakegraph.graph.whole.stored import Things

    _takes_only("with")
    name = request.args.get("with")
    since = None if name is None else _snapshot(tenant, name)
    things = Things(control.published)
    store = tenant.store.frozen()
    history = History(store, control.seeds.entity_sets, lambda: things.world)
    return _json({"value": history.between(store.differences(since))})


def show_throttle(control: Control, tenant: Tenant) -> Response:
    """The budget of requests, and what each app has used of it; null where there is none."""
    if tenant.throttle is None:
        return _json({"requests": None, "seconds": None, "apps": []})
    return _json(tenant.throttle.shown(tenant.instant()))


def show_operations(control: Control, tenant: Tenant) -> Response:
    """How long-running operations go."""
    return _json(tenant.courses.shown())


def say_operations(control: Control, tenant: Tenant) -> Response:
    """Say how long-running operations that begin from now on go."""
    tenant.courses.say(*read_course(control.body()))
    return _json(tenant.courses.shown())


def reset_operations(control: Control, tenant: Tenant) -> Response:
    """Let them go well and at once."""
    tenant.courses.clear()
    return _no_content()


def sent(control: Control, tenant: Tenant) -> Response:
    """The mail that was sent, oldest first."""
    from fakegraph.control.outbox import sent_mail
    from fakegraph.graph.whole.stored import Things

    world, store = Things(control.published).world, tenant.store.frozen()
    return _json({"value": list(sent_mail(world, store))})


def activities(control: Control, tenant: Tenant) -> Response:
    """The notifications that were sent to the feeds of users, oldest first."""
    from fakegraph.workloads.teams.activity import NOTIFIED

    rows = tenant.store.container(NOTIFIED).scan()
    return _json({"value": [row.record for row in rows]})


def noted(control: Control, tenant: Tenant) -> Response:
    """What operations did of which Graph shows nothing, by what it is, oldest first."""
    from fakegraph.graph.whole.sessions import SESSIONS
    from fakegraph.workloads.files.totals import TOTALS
    from fakegraph.workloads.operations import SENT
    from fakegraph.workloads.teams.activity import NOTIFIED

    told = {SENT, NOTIFIED, SESSIONS, TOTALS}  # which are told elsewhere, or to nobody
    store = tenant.store.frozen()
    names = [name for name in store.names() if name[0] == "@" and "/" not in name]
    found = ((name, store.container(name).scan()) for name in sorted({*names} - told))
    return _json({name[1:]: [row.record for row in rows] for name, rows in found})


def list_sign_ins(control: Control, tenant: Tenant) -> Response:
    """Who signed in and how, what was given or why not, and with which tokens Graph was asked."""
    from fakegraph.control.signed_in import signed_in

    return _json(signed_in(tenant))


def list_notifications(control: Control, tenant: Tenant) -> Response:
    """The change notifications, oldest first, each with its attempts."""
    outbox = notifications.outbox_of(tenant)
    return _json({"value": outbox.turn.look(outbox.shown)})


def flush_notifications(control: Control, tenant: Tenant) -> Response:
    """Wait until all is delivered, or tried, that is due now."""
    _nothing(control)
    return _json(notifications.notifier_of(tenant).flush(tenant))


def remind_subscriber(control: Control, tenant: Tenant) -> Response:
    """Tell who made a subscription what becomes of it."""
    notifications.remind(tenant, control.body())
    return _no_content()


def redeliver_notification(control: Control, tenant: Tenant, number: int) -> Response:
    """Deliver a notification once more."""
    _nothing(control)
    notifications.redeliver(tenant, number)
    return _no_content()


def list_delivery_faults(control: Control, tenant: Tenant) -> Response:
    """What is to go wrong with deliveries."""
    return _json({"value": notifications.outbox_of(tenant).disturbances.shown})


def add_delivery_fault(control: Control, tenant: Tenant) -> Response:
    """Have deliveries go wrong."""
    return _json(notifications.disturb(tenant, control.body()).shown, 201)


def clear_delivery_faults(control: Control, tenant: Tenant) -> Response:
    """Let deliveries go well."""
    notifications.clear(tenant)
    return _no_content()


def list_snapshots(control: Control, tenant: Tenant) -> Response:
    """The snapshots that were taken."""
    return _json({"value": [{"name": name} for name in sorted(tenant.store.marks())]})


def take_snapshot(control: Control, tenant: Tenant) -> Response:
    """Remember the records under a name."""
    name = SnapshotBody.take(control.body())["name"]
    try:
        tenant.store.mark(name)
    except SnapshotTaken as error:
        raise GraphError(409, "Conflict", str(error), "name") from error
    return _json({"name": name}, 201)


def restore_snapshot(control: Control, tenant: Tenant, name: str) -> Response:
    """Put the records back to what a snapshot remembers."""
    _nothing(control)
    tenant.restore(_snapshot(tenant, name))
    return _no_content()


def delete_snapshot(control: Control, tenant: Tenant, name: str) -> Response:
    """Forget a snapshot."""
    _snapshot(tenant, name)
    tenant.store.unmark(name)
    return _no_content()


def _snapshot(tenant: Tenant, name: str) -> Any:
    found = tenant.store.marked(name)
    if found is None:
        taken = ", ".join(sorted(tenant.store.marks())) or "none"
        raise GraphError(
            404, "ResourceNotFound", f"There is no snapshot '{name}'. There is {taken}."
        )
    return found


def delete_snapshots(control: Control, tenant: Tenant) -> Response:
    """Forget all snapshots."""
    for name in tenant.store.marks():
        tenant.store.unmark(name)
    return _no_content()


def list_requests(control: Control, tenant: Tenant) -> Response:
    """The journal: what was asked, oldest first."""
    entries = tenant.journal.entries(_criteria())
    return _json({"value": [entry.to_json() for entry in entries]})


def near_misses(control: Control, tenant: Tenant) -> Response:
    """What came closest to what is asked for, and how it differs."""
    near = tenant.journal.nearest(_criteria())
    return _json(
        {"value": [{"request": entry.to_json(), "differences": how} for entry, how in near]}
    )


def requests_as_har(control: Control, tenant: Tenant) -> Response:
    """The journal as an HTTP Archive."""
    return _json(har(tenant.journal.entries(_criteria()), __version__))


def _criteria() -> dict[str, Any]:
    return read_criteria(request.query_string.decode("latin-1"))


def list_summaries(control: Control, tenant: Tenant) -> Response:
    """The journal in short, oldest first: the latest, or those between two numbers."""
    _takes_only("after", "before", "most")
    after, before = _number("after", 0), _number("before", _LAST)
    most = min(_number("most", MOST_SUMMARIES), MOST_SUMMARIES)
    entries = tenant.journal.between(after, before, most)
    first = tenant.journal.first()
    return _json({"value": [summary(entry) for entry in entries], "first": first})


def show_request(control: Control, tenant: Tenant, number: int) -> Response:
    """A request whole: both of its sides."""
    return _json(whole(entry_of(tenant, number)))


def explain_request(control: Control, tenant: Tenant, number: int) -> Response:
    """Why it was answered so: what its path means, who may ask, how it is read."""
    from fakegraph.graph.why import why

    return _json(why(control.graph, tenant, entry_of(tenant, number)))


def replay_request(control: Control, tenant: Tenant, number: int) -> Response:
    """Send it again."""
    _nothing(control)
    return _json(replay(control.graph, entry_of(tenant, number)))


def look_at(control: Control, tenant: Tenant, read: str) -> Response:
    """What a read of Graph answers, without a trace: the path has the version in it."""
    answer = look(control.graph, tenant, request.environ)
    headers = {**answer.headers, **LOOKED_HEADERS}
    return Response(answer.body, answer.status, headers, content_type=answer.content_type)


def clear_requests(control: Control, tenant: Tenant) -> Response:
    """Empty the journal."""
    tenant.journal.clear()
    return _no_content()


def list_faults(control: Control, tenant: Tenant) -> Response:
    """The faults, with how often each matched and hit."""
    return _json({"value": tenant.faults.shown()})


def add_fault(control: Control, tenant: Tenant) -> Response:
    """Have some requests fail, wait or break off."""
    fault = read_fault(control.body(), tenant.new_id())
    tenant.faults.add(fault)
    return _json({"id": fault.id, **fault.shown}, 201)


def clear_faults(control: Control, tenant: Tenant) -> Response:
    """Take all faults away."""
    tenant.faults.clear()
    return _no_content()


def delete_fault(control: Control, tenant: Tenant, fault: str) -> Response:
    """Take a fault away."""
    if not tenant.faults.remove(fault):
        raise GraphError(404, "ResourceNotFound", f"There is no fault '{fault}'.")
    return _no_content()


def list_stubs(control: Control, tenant: Tenant) -> Response:
    """The stubs, with how often each answered."""
    return _json({"value": tenant.stubs.shown()})


def add_stub(control: Control, tenant: Tenant) -> Response:
    """Have some requests answered with what is sent, checked against the model."""
    stub = read_stub(control.body(), tenant.new_id())
    control.add_stub(tenant, stub)
    return _json({"id": stub.id, **stub.shown}, 201)


def clear_stubs(control: Control, tenant: Tenant) -> Response:
    """Take all stubs away."""
    tenant.stubs.clear()
    return _no_content()


def delete_stub(control: Control, tenant: Tenant, stub: str) -> Response:
    """Take a stub away."""
    if not tenant.stubs.remove(stub):
        raise GraphError(404, "ResourceNotFound", f"There is no stub '{stub}'.")
    return _no_content()


def show_clock(control: Control, tenant: Tenant) -> Response:
    """The tenant's time, and whether it stands still."""
    clock = tenant.instant
    return _json({"now": format_instant(clock()), "frozen": clock.frozen})


def set_clock(control: Control, tenant: Tenant) -> Response:
    """Set, stop or move the tenant's clock."""
    change = read_clock(control.body())
    if change.advance is not None:
        try:
            tenant.instant.advance(change.advance)
        except ValueError as error:
            raise bad_request(f"advance does not do: {error}.", "advance") from error
    else:
        now = tenant.instant() if change.now is None else change.now
        tenant.instant.set(now, frozen=bool(change.frozen))
    tenant.beyond.moved(tenant)
    return show_clock(control, tenant)


def reset_clock(control: Control, tenant: Tenant) -> Response:
    """Give the machine's time again."""
    tenant.instant.reset()
    tenant.beyond.moved(tenant)
    return _no_content()


def make_token(control: Control, tenant: Tenant) -> Response:
    """Sign an access token for the tenant, good or bad."""
    wanted = TokenBody.take(control.optional_body())
    if wanted.get("kind") == "github":
        token = forge_workflows(wanted, control.tenants.clock(), control.key)
    else:
        grantable = control.graph.checker.grantable
        own = "tenant" not in wanted
        user = _user(tenant, wanted["user"]) if own and "user" in wanted else None
        app = _row(tenant, "servicePrincipals", "appId", wanted.get("app", APP)) if own else None
        oid = "" if app is None else str(app["id"])
        token = forge(wanted, tenant.guid, tenant.instant(), control.key, grantable, user, oid)
    return _json({"access_token": token, "token_type": "Bearer"}, 201)


def _user(tenant: Tenant, name: str) -> User | None:
    """Who of the tenant has that name to sign in with, or that id."""
    by_name = _row(tenant, "users", "userPrincipalName", name)
    found = by_name or _row(tenant, "users", "id", name)
    if found is None:
        return None
    upn = str(found.get("userPrincipalName") or name)
    return User(upn, found.get("displayName") or upn.partition("@")[0], str(found["id"]))


def _row(tenant: Tenant, container: str, key: str, value: str) -> Record | None:
    """What has that value of something unique, in any case."""
    try:
        things = tenant.store.container(container)
    except KeyError:
        return None
    row = things.find(key, value) or things.find(key, value.lower())
    return None if row is None else row.record


def _nothing(control: Control) -> None:
    """Refuse a body where there is nothing to say."""
    if control.optional_body() != {}:
        raise bad_request("Nothing is to be sent here: leave the body out.")


DIGITS = 18
_LAST = 10**DIGITS

View = Callable[..., Response]

# By path below /_fakegraph, the view of each method. Those about a tenant are there twice.
SERVER_ROUTES: Mapping[str, Mapping[str, View]] = {
    "/health": {"GET": health},
    "/ca.pem": {"GET": ca_certificate},
    "/metrics": {"GET": metrics},
    "/openapi.json": {"GET": openapi},
    "/ui": {"GET": show_page},
    "/ui/<file>": {"GET": show_page_file},
    "/ui/screens/<file>": {"GET": show_screen_file},
    "/model/<path:read>": {"GET": show_model},
    "/tenants": {"GET": list_tenants, "POST": create_tenant},
    "/tenants/<tenant>": {"DELETE": delete_tenant},
}
TENANT_ROUTES: Mapping[str, Mapping[str, View]] = {
    "/reset": {"POST": reset},
    "/seed": {"POST": seed},
    "/records": {"GET": count_records, "DELETE": clear_records},
    "/records/<path:path>": {
        "GET": records,
        "POST": create_record,
        "PATCH": update_record,
        "DELETE": delete_record,
    },
    "/find": {"GET": find_records},
    "/compare": {"GET": compare},
    "/export": {"GET": export},
    "/changes": {"GET": changes},
    "/sent": {"GET": sent},
    "/activities": {"GET": activities},
    "/noted": {"GET": noted},
    "/sign-ins": {"GET": list_sign_ins},
    "/notifications": {"GET": list_notifications},
    "/notifications/flush": {"POST": flush_notifications},
    "/notifications/remind": {"POST": remind_subscriber},
    "/notifications/<int:number>/redeliver": {"POST": redeliver_notification},
    "/notifications/faults": {
        "GET": list_delivery_faults,
        "POST": add_delivery_fault,
        "DELETE": clear_delivery_faults,
    },
    "/snapshots": {"GET": list_snapshots, "POST": take_snapshot, "DELETE": delete_snapshots},
    "/snapshots/<name>": {"DELETE": delete_snapshot},
    "/snapshots/<name>/restore": {"POST": restore_snapshot},
    "/requests": {"GET": list_requests, "DELETE": clear_requests},
    "/requests/summaries": {"GET": list_summaries},
    "/requests/<int:number>": {"GET": show_request},
    "/requests/<int:number>/why": {"GET": explain_request},
    "/requests/<int:number>/replay": {"POST": replay_request},
    "/look/<path:read>": {"GET": look_at},
    "/requests/near-misses": {"GET": near_misses},
    "/requests.har": {"GET": requests_as_har},
    "/faults": {"GET": list_faults, "POST": add_fault, "DELETE": clear_faults},
    "/faults/<fault>": {"DELETE": delete_fault},
    "/stubs": {"GET": list_stubs, "POST": add_stub, "DELETE": clear_stubs},
    "/stubs/<stub>": {"DELETE": delete_stub},
    "/operations": {
        "GET": show_operations,
        "PUT": say_operations,
        "DELETE": reset_operations,
    },
    "/throttle": {"GET": show_throttle},
    "/tokens": {"POST": make_token},
    "/clock": {"GET": show_clock, "PUT": set_clock, "DELETE": reset_clock},
}
OPEN = frozenset({"/health"})  # open to every healthcheck, and says nothing
PUBLIC = frozenset({"/ui", "/ui/<file>", "/ui/screens/<file>"})  # without a key: no data is there
_QUERIED = frozenset(
    {
        openapi,
        clear_records,
        records,
        find_records,
        compare,
        export,
        changes,
        list_requests,
        list_summaries,
        look_at,
    }
    | {near_misses, requests_as_har}
)


def routes() -> list[tuple[list[str], str]]:
    """Methods and path of each route, for people."""
    places = [(ROOT, SERVER_ROUTES), (f"{ROOT}[/tenants/<tenant>]", TENANT_ROUTES)]
    return [(list(views), root + path) for root, table in places for path, views in table.items()]


def register(app: Flask, control: Control, guard: Guard) -> None:
    """Add the control API to an app. Paths under ``/_fakegraph`` that it does not have are 404."""
    app.url_map.merge_slashes = False  # a record's id may have two in a row
    for path, views in SERVER_ROUTES.items():
        _add(app, ROOT + path, _dispatch(views, control), views)
    for path, views in TENANT_ROUTES.items():
        dispatch = _dispatch_to_tenant(views, control)
        _add(app, ROOT + path, dispatch, views)
        _add(app, f"{ROOT}/tenants/<tenant>{path}", dispatch, views)

    def check_caller() -> None:
        guard.check_own(request.environ)
        rule = "" if request.url_rule is None else request.url_rule.rule.removeprefix(ROOT)
        if rule in PUBLIC:
            guard.check_host(request.environ)
        elif rule not in OPEN:
            guard.check(request.environ)

    def answer_error(error: Exception) -> Response:
        exchange = Exchange(request.environ, 0)
        answer = exchange.refusal(_as_graph_error(error), control.tenants.clock())
        return Response(answer.body, answer.status, exchange.headers(answer))

    app.before_request(check_caller)
    for kind in (GraphError, StoreError, HTTPException):
        app.register_error_handler(kind, answer_error)


def _add(app: Flask, path: str, dispatch: View, views: Mapping[str, View]) -> None:
    app.add_url_rule(path, path, dispatch, methods=list(views), provide_automatic_options=False)


def _dispatch(views: Mapping[str, View], control: Control) -> View:
    def dispatch(**parts: str) -> Response:
        return _chosen(views)(control, **parts)

    return dispatch


def _dispatch_to_tenant(views: Mapping[str, View], control: Control) -> View:
    def dispatch(tenant: str = DEFAULT_TENANT, **parts: str) -> Response:
        view = _chosen(views)
        found = _entered(control.tenants, tenant)
        try:
            return view(control, found, **parts)
        finally:
            control.tenants.leave(found)

    return dispatch


def _entered(tenants: Tenants, name: str) -> Tenant:
    """The tenant of that name; one that was only read from so far is made by what changes it."""
    passing = tenants.seen(name)
    if passing is None:
        return tenants.named(name)
    if request.method not in {"GET", "HEAD"}:
        tenants.keep(passing)
    return tenants.of_token(name)


def _chosen(views: Mapping[str, View]) -> View:
    """The view of the request's method; Flask answers a HEAD as a GET."""
    view = views["GET" if request.method == "HEAD" else request.method]
    _refuse_options(view)
    return view


def _refuse_options(view: View) -> None:
    if request.query_string and view not in _QUERIED:
        raise bad_request(f"'{request.path}' takes no query options.")


def _json(value: Any, status: int = 200, **headers: str) -> Response:
    try:
        data = orjson.dumps(value)
    except TypeError:  # what clients send may have longer numbers and halves of surrogate pairs
        data = json.dumps(value).encode()
    return _raw(data, status, headers)


def _no_content() -> Response:
    return Response(status=204)


def _raw(data: bytes, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    return Response(data, status, headers, content_type="application/json")


def _as_graph_error(error: Exception) -> GraphError:
    """Other errors in the words of the control API."""
    if isinstance(error, GraphError):
        return error
    if isinstance(error, StoreError):
        return unavailable(error)
    assert isinstance(error, HTTPException)
    allowed = getattr(error, "valid_methods", None) or ()
    headers = {"Allow": ", ".join(allowed)} if allowed else {}
    if error.code == 404:
        paths = ", ".join(path for _, path in routes())
        hint = f"The control API has no '{request.path}'. It has {paths}."
        return GraphError(404, "ResourceNotFound", hint)
    if allowed:
        taken = ", ".join(sorted(set(allowed) - {"HEAD", "OPTIONS"}))
        hint = f"'{request.path}' takes {taken}, and no {request.method}."
        return GraphError(405, "MethodNotAllowed", hint, headers=headers)
    return GraphError(error.code or 500, error.name.replace(" ", ""), str(error), headers=headers)
