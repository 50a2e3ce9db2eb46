"""One request to the generic engine, read once into the parts that handlers work with."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from functools import cache
from itertools import chain
from typing import Any, TypeGuard, TypeVar, cast

from fakegraph.dataclass import dataclass
from fakegraph.edm.published import PublishedType
from fakegraph.edm.surface import CHANGED, Use
from fakegraph.graph.resource_path import ResourcePath, Segment
from fakegraph.graph.walk import Walk
from fakegraph.graph.whole.asking import rows_asked
from fakegraph.graph.whole.calling import About, Calling
from fakegraph.graph.whole.collections import Instead, Part, Showing
from fakegraph.graph.whole.extended import MOST_VALUES, Added
from fakegraph.graph.whole.finding import Me, Unprovided
from fakegraph.graph.whole.locate import Located, Way, locate, not_built
from fakegraph.graph.whole.lookup import InStore, Lagging, Monitoring, Veiled
from fakegraph.graph.whole.making import Maker
from fakegraph.graph.whole.places import Listed, Many, One, Place, Rows, UnstoredRow
from fakegraph.graph.whole.plan import Plan
from fakegraph.graph.whole.references import References
from fakegraph.graph.whole.seeing import Seer
from fakegraph.graph.whole.straight import Hop, find
from fakegraph.graph.whole.world import TYPE, World
from fakegraph.odata.query import Source
from fakegraph.odata.query_string import Options
from fakegraph.store import Key, Record, Row, Transaction
from fakegraph.tenants import Tenant
from fakegraph.tenants.lag import Lag, Sight
from fakegraph.tenants.trail import Caller, Deed
from fakegraph.tokens.strict import Access
from fakegraph.web.exchange import Answer, Exchange
from fakegraph.web.headers import Format, Preferences
from fakegraph.workloads.declarations import Type, Workload
from fakegraph.workloads.directory.standing import role_templates
from fakegraph.workloads.handed import Asker, Beyond, Extension, Sought, Veil
from fakegraph.workloads.words import Words

T = TypeVar("T")

_USUAL = {"POST": 201, "PATCH": 200, "PUT": 200, "DELETE": 204}


def selected_of(options: Options) -> tuple[str, ...]:
    """The names that are selected, empty where none are."""
    return tuple(each.strip() for each in (options.get("select") or "").split(",") if each.strip())


def hidden_of(hidden: Mapping[str, frozenset[str]], type_: object) -> frozenset[str]:
    """What is not shown of things of a type."""
    if not hidden or not isinstance(type_, PublishedType):
        return frozenset()
    return frozenset().union(*(hidden.get(each.name, ()) for each in type_.chain))


def hidden_together(*each: Mapping[str, frozenset[str]]) -> dict[str, frozenset[str]]:
    """What is not shown for one reason or another, by type."""
    found: dict[str, frozenset[str]] = {}
    for type_, names in chain.from_iterable(hidden.items() for hidden in each):
        found[type_] = found.get(type_, frozenset()) | names
    return found


def _is_known(type_: object) -> TypeGuard[PublishedType]:
    return isinstance(type_, PublishedType)


@dataclass(slots=True)
class Asked:
    """What a handler may know. ``root`` is the service root as the caller addressed it.

    ``method`` is GET for HEAD too. ``keep`` gives the tenant to write to: one that nobody made is
    made by that, so it comes after all that can be refused. ``me`` says who is signed in,
    ``access`` who calls. ``hidden`` is what is not shown to them, by the name of a type;
    ``conceals`` gives the navigation properties of a row whose links are not, None where all are.
    ``sight`` is what is seen of what gets about late, None where it is all. ``is_glance``: others
    wait, so that a page may read few rows only; TooLong for more. ``brought``: the navigation
    properties that the answer shows because the body brought what they lead to.
    """

    exchange: Exchange
    method: str
    tenant: Tenant
    world: World
    path: ResourcePath
    plan: Plan
    segments: tuple[Segment, ...]
    use: Use
    options: Options
    preferences: Preferences
    format: Format
    root: str
    keep: Callable[[], Tenant]
    me: Me
    walk: Walk
    access: Access
    hidden: Mapping[str, frozenset[str]] = field(default_factory=dict)
    conceals: Callable[[Row], frozenset[str]] | None = None
    sight: Sight | None = None
    is_glance: bool = False
    brought: frozenset[str] = frozenset()
    # What was found so far; of what is made of this by ``replace`` nothing is.
    _seer: Seer | None = field(default=None, init=False)
    _located: Located | None = field(default=None, init=False)
    _listed: Many | Listed | None = field(default=None, init=False)
    _source: Source | None = field(default=None, init=False)
    _straight: tuple[Sequence[Hop], Row | None] = field(default=((), None), init=False)

    @property
    def references(self) -> References:
        """Finds what URLs in bodies mean."""
        return References(self.world, self.walk, self.me, self._is_late)

    def _is_late(self, row: Row) -> bool:
        """Whether a thing is not seen yet."""
        return self.sight is not None and self.sight.hides(row)

    @property
    def lookup(self) -> InStore:
        """What is stored, as it is seen."""
        store = self.tenant.store
        if self.plan.said.monitors:
            return Monitoring(store)
        return InStore(store) if self.sight is None else Lagging(store, self.sight)

    def see_through(self, veil: Veil) -> None:
        """See of things from now on what a veil shows of them."""
        self.sight = Veiled(self.tenant.lag, self.tenant.store, veil)
        self._located = None

    def listed(self) -> Many | Listed:
        """The collection that the path leads to, to be listed. Raises GraphError (404)."""
        if self._listed is None:
            self._listed = self._to_be_listed()
        return self._listed

    def _to_be_listed(self) -> Many | Listed:
        found = self.plan.inside
        if found is None or self.sight is not None or found.said.unfolds is not None:
            return self.located().many
        whole = self.tenant.store.container(found.container)
        row = self.straight(found.way)
        if row is not None and TYPE not in row.record:
            return Listed(found.type, found.said, (found.container,), lambda: whole.of(row.key))
        if found.way:
            return self.located().many
        return Listed(found.type, found.said, (found.container,), lambda: whole)

    def rows(self, many: Many | Listed) -> Rows:
        """What is in a collection, as it is seen."""
        sight, rows = self.sight, many.rows()
        theirs = self.world.rules(many.type).theirs
        if theirs is not None:
            asker = self.asker
            rows = Part(rows, lambda row: theirs(self.seer.around(row), asker))
        if sight is None:
            return rows
        seen = Part(rows, lambda row: not sight.hides(row))
        show = Showing if isinstance(sight, Veiled) else Instead
        return show(seen, sight.shown)

    @property
    def type(self) -> PublishedType:
        """The type of the thing, or of each, that the path leads to."""
        return self.plan.type

    @property
    def source(self) -> Source:
        """What queries are bound against."""
        if self._source is None:
            type_ = self.plan.about.type
            added = self.added(type_).named_in(self.options) if _is_known(type_) else ()
            beyond = self.world.rules(type_).beyond if _is_known(type_) else None
            if beyond is not None:
                added += self._beyond(beyond)
            future = self.preferences.future_members or self.plan.said.all_members
            strict = self.tenant.strict_queries
            self._source = self.plan.source(added, future, strict)
        return self._source

    def _beyond(self, beyond: Beyond) -> tuple[Extension, ...]:
        """What the query may name behind what is declared. Raises GraphError."""
        if not any(map(self.options.get, ("filter", "orderby"))) or not self.path.many:
            return ()
        owner = self.located().many.owner
        row = None if owner is None else owner.row
        if row is None:
            return ()
        around, options = self.seer.around(row), self.options
        sought = Sought(options.values, options.aliases, self.preferences.texts, around)
        return beyond(sought)

    def added(self, type_: PublishedType) -> Added:
        """What the tenant's applications have added to things of a type."""
        extend = self.world.rules(type_).extended
        return Added(type_, extend, self.tenant.store, self.words)

    def check_number(self, type_: PublishedType, record: Record) -> None:
        """Raise GraphError (403) for more added values than one thing may have."""
        if len(record) > MOST_VALUES:  # nearly never
            self.added(type_).check_number(record)

    @property
    def workload(self) -> Workload:
        """Whose the path is."""
        return self.plan.workload

    @property
    def words(self) -> Words:
        """What its workload says when something is wrong."""
        return self.workload.words

    def preferred(self, name: str) -> str | None:
        """What the client prefers, where the workload heeds that."""
        return self.preferences.texts.get(name) if name in self.workload.preferences else None

    @property
    def seconds(self) -> float:
        """The tenant's time, in seconds."""
        return self.tenant.instant() / 10_000_000

    @property
    def seer(self) -> Seer:
        """What stands around the things that are shown."""
        if self._seer is None:
            tenant = self.tenant
            about = self.root, tenant.instant, rows_asked, lambda: tenant.guid
            self._seer = Seer(self.world, tenant.store, *about)
        return self._seer

    def type_of(self, row: Row) -> PublishedType:
        """The type of a thing that is found at the end of the path."""
        if self.plan.inside is not None and TYPE not in row.record:
            return self.plan.inside.kept
        return self.seer.type_of(row) if row.number else self.type

    @property
    def stamp(self) -> tuple[str, int]:
        """What the store held before things were looked up that stand around others."""
        return self.tenant.store.stamp if self._seer is None else self._seer.stamp

    def rules_of(self, row: Row) -> Type:
        """What is declared of the type of a thing that is found at the end of the path."""
        return self.world.rules(self.type_of(row))

    @property
    def eventual(self) -> bool:
        """Whether the client takes what an index gives that may lag behind."""
        return self.exchange.header("HTTP_CONSISTENCYLEVEL").strip().casefold() == "eventual"

    @property
    def person(self) -> str:
        """The id of the user whom the token names; empty where it names none."""
        if self.access.app_only:
            return ""
        users, names = self.tenant.store.container("users"), ("id", "userPrincipalName")
        known = zip(names, (self.access.user, self.access.upn), strict=True)
        found = (users.find(name, value) for name, value in known if value)
        row = next((each for each in found if each is not None), None)
        return self.access.user if row is None else str(row.record["id"])

    @property
    def viewer(self) -> str:
        """The id of the user in whose way things are shown, with a token that names nobody that of
        ``/me``; empty for an app by itself.
        """
        if self.access.app_only or self.access.user:
            return self.person
        return str(self.me().get("id", ""))

    @property
    def checked(self) -> str:
        """The same, where tokens are checked; else empty."""
        return self.person if self.access.granted is not None else ""

    @property
    def asker(self) -> Asker:
        """Who asks, for what is there for some alone."""
        access, roles = self.access, cache(self._roles)  # which are asked for row by row
        granted = access.granted or frozenset()
        return Asker(access.app, self.person, access.app_only, granted, roles)

    def _roles(self) -> frozenset[str]:
        """The templates of the directory roles of the user whom the token names."""
        row = self.tenant.store.container("users").find("id", self.person)
        held = [] if row is None else role_templates(self.tenant.store, row)
        return self.access.wids | frozenset(held)

    def check_theirs(self) -> None:
        """Raise GraphError where the path leads over what is not there for who asks."""
        for end in self.plan.theirs:
            place = self._along(self.segments[:end], lambda way: way.located().one)
            rules, row = self.world.rules(place.type), place.row
            if rules.theirs is None or row is None:
                continue
            if not rules.theirs(self.seer.around(row), self.asker):
                said = rules.strangers and rules.strangers(row.record, self.asker)
                raise said or place.missing()
        for end, opens in self.plan.opened:
            place = self._along(self.segments[:end], lambda way: way.located().one)
            opens(place.record, self.asker)

    def founder(self, rules: Type) -> tuple[str, str]:
        """The id of who makes a thing, where the token says it, and what leads to them from what
        is made; where an app does by itself, what some of its permissions say.
        """
        if not self.access.app_only:
            return self.person, ""
        granted = self.access.granted or ()
        leads = (way for name, way in rules.founded_with.items() if name in granted)
        navigation = next(leads, "")
        apps = self.tenant.store.container("servicePrincipals")
        row = apps.find("appId", self.access.app) if navigation else None
        return ("", "") if row is None else (str(row.record["id"]), navigation)

    def me_id(self) -> str:
        """The id of who is signed in."""
        row = self.straight(self.plan.to_me)
        if row is not None:
            return str(row.record["id"])
        found = locate(self.world, InStore(self.tenant.store), self.segments[:1], self.me)
        return str(found.one.record["id"])

    def located(self) -> Located:
        """What the path leads to, as it was before this request wrote. Raises GraphError (404)."""
        if self._located is None:
            self._located = self.read(lambda way: way.located())
        return self._located

    def straight(self, hops: Sequence[Hop]) -> Row | None:
        """The row at the end of a straight way; None where it may be elsewhere, or not be seen."""
        if self.sight is not None:
            return None
        known, row = self._straight
        if row is None or hops[: len(known)] != known:
            known, row = (), None
        row = find(self.tenant.store, hops, self.segments, self.me, len(known), row)
        self._straight = hops, row
        return row

    def check_way(self) -> None:
        """Raise GraphError (404) unless all is there that leads to the collection at the end."""
        inside = self.plan.inside
        if inside is not None and not inside.way:
            return  # a set is always there
        row = self.straight(self.plan.approach)
        if row is None or TYPE in row.record:
            self.located()

    def read(self, work: Callable[[Way], T]) -> T:
        """What comes of going along the path, as things are stored."""
        return self._along(self.segments, work)

    def _along(self, segments: Sequence[Segment], work: Callable[[Way], T]) -> T:
        while True:
            way = Way(self.world, self.lookup, self.me, segments)
            way.operate = self._operate
            way.reads = self.method == "GET"
            way.app = self.access.app
            way.select = lambda: selected_of(self.options)
            way.around = lambda row: self.seer.around(row)
            try:
                return work(way)
            except Unprovided as missing:
                self.provide(missing)
            finally:
                way.leave()

    def about(self, conflict: str = "fail") -> About:
        """What calls of operations may know of it."""
        texts = self.preferences.texts
        wished = (self.options.get("format") or "").lower()
        return About(self.root, conflict, self.tenant.store, self.checked, texts, wished)

    def _operate(self, way: Way, place: Place, segment: Segment) -> Any:
        """What a function gives that the path names."""
        shape = segment.shape
        assert shape.operation is not None
        built = self.world.declared.operation(shape.operation)
        if built is None:
            raise not_built(shape, shape.template)
        if isinstance(place, One):
            place.check()
        arguments = {**segment.arguments, **self.plan.read_others(self.options.others, shape)}
        return built.function(
            Calling(self.tenant, way, place, arguments, self.words, about=self.about())
        )

    def member_of(self, row: Row, name: str) -> Place:
        """What a navigation property of a row leads to now."""
        while True:
            lookup = self.lookup
            way = Way(self.world, lookup, self.me, self.segments[:1])
            try:
                if isinstance(row, UnstoredRow):
                    return way.led_from(row.one, name)
                return way.member_of(lookup.row(row.key) or row, name)
            except Unprovided as missing:
                self.provide(missing)

    def provide(self, missing: Unprovided) -> None:
        """Make what was found to be there from the start, and not made yet."""
        self._forget()
        self.tenant = self.keep()
        owner, container = missing.owner, missing.container
        self.tenant.store.transact(
            lambda transaction: self._maker(transaction).provide(owner, container)
        )

    def begin(self, transaction: Transaction) -> None:
        """Make what is there from the start."""
        self._maker(transaction).begin()

    def alter(self, changes: Mapping[Key, Record]) -> None:
        """Change what is stored, by keys, beside what the request itself does."""
        self._forget()
        self.tenant = self.keep()

        def work(transaction: Transaction) -> None:
            maker = self._maker(transaction)
            way = maker.way(())
            for key, record in changes.items():
                row = transaction.row(key)
                if row is not None:
                    maker.change(way.place_of(row), record)
            maker.settle()

        self.tenant.store.transact(work)

    def _forget(self) -> None:
        """Forget what was found before something is written."""
        self._located = self._listed = self._seer = None
        self._straight = (), None

    def _maker(self, transaction: Transaction) -> Maker:
        app = self.access.app
        return Maker(self.world, self.tenant, transaction, self.references, self.me, app)

    def write(self, work: Callable[[Maker, Located], T], *, making: bool = False) -> T:
        """Make one write, all of it or nothing, about what the path leads to then.

        ``making``: what has the property that the path ends with need not be there.
        """
        tenant = self.keep()
        touched: set[Key] = set()

        deeds: list[Deed] = []

        def whole(transaction: Transaction) -> T:
            nonlocal deeds
            maker = self._maker(transaction)
            deeds = maker.deeds
            way = maker.way(self.segments)
            way.operate = self._operate
            way.making = making
            found = work(maker, self._located_in(transaction, way, known))
            stored = transaction.row(found.key) if isinstance(found, Row) else None
            maker.settle()
            if isinstance(found, Row) and transaction.row(found.key) is not stored:
                found = cast(T, transaction.row(found.key) or found)  # what follows changed it
            touched.update(maker.touched)
            self._hold(tenant.lag, maker)
            return found

        known = self._straight
        self._forget()
        try:
            result = tenant.store.transact(whole, again=True)
        except BaseException:
            tenant.lag.forget(touched)
            raise
        now = tenant.instant()
        tenant.moments.note(now, tenant.store)
        if deeds:
            tenant.trail.add(now, self._caller(), deeds)
        return result

    def _located_in(
        self, transaction: Transaction, way: Way, known: tuple[Sequence[Hop], Row | None]
    ) -> Located:
        """What the path leads to in a write: where keys alone tell the way, they are enough.

        ``known``: what they led to before it. It need not be looked for where it lies in nothing
        and nobody has changed it since.
        """
        inside = self.plan.inside
        if inside is None:
            return way.located()
        hops, row = known
        is_same = row is not None and len(hops) == 1 and hops == inside.way
        if row is None or not is_same or transaction.row(row.key) is not row:
            row = find(transaction, inside.way, self.segments, self.me)
        if inside.way and (row is None or TYPE in row.record):
            return way.located()
        return Located(way.all_inside(inside, row))

    def _hold(self, lag: Lag, maker: Maker) -> None:
        """Let what was made or changed be seen late, where it is; but this request sees it."""
        if lag.delay and maker.lagging:
            lag.hold({key: maker.touched[key] for key in maker.lagging})
        if maker.held:
            lag.hold(maker.held, maker.held_until)
        if self.sight is not None:
            self.sight.spare(maker.touched)

    def _caller(self) -> Caller:
        """Who asks, as logs have it."""
        access, environ = self.access, self.exchange.environ
        return Caller(
            access.app,
            access.user,
            access.upn,
            access.app_only,
            environ.get("REMOTE_ADDR", ""),
            environ.get("HTTP_USER_AGENT", ""),
            self.exchange.request_id,
        )

    def ok(
        self, status: int, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> Answer:
        """A success."""
        content_type = self.format.content_type if body else None
        return Answer(status, body, content_type, headers or {})

    def status(self, method: str, *, made: bool = False) -> int:
        """The status of a success: as documented for this very path, or else the usual one."""
        found = self.plan.success(method)
        if found == 204 and self.preferred("return") == "representation":
            return 200
        if method in ("PATCH", "PUT") and (made or found == 201):
            said = self.plan.said.statuses.get(method)
            return (said or 201) if made else CHANGED[method]
        return found or _USUAL[method]

    def may_be_made(self, one: One) -> bool:
        """Whether changing what is not there makes it."""
        upsertable = one.place.type.capabilities.get("UpdateRestrictions.Upsertable")
        wished = "create-if-missing" in self.preferences.texts
        by_key = self.world.rules(one.type).if_missing & one.keys.keys()
        if self.plan.said.upserts:
            return True
        return self.use.status == 201 or upsertable is True or (wished and bool(by_key))

    @property
    def url(self) -> str:
        """The absolute URL of what is asked for, on the host that the caller used."""
        scheme, _, rest = self.root.partition("://")
        return f"{scheme}://{rest.partition('/')[0]}{self.exchange.raw_path.rstrip('/')}"
