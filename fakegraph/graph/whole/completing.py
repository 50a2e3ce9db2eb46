"""``Completing``: what records get that are made or changed in a write: keys, defaults, values."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from fakegraph.edm.published import PublishedType
from fakegraph.edm.values import Instant, binary, format_instant
from fakegraph.graph.whole.finding import Me
from fakegraph.graph.whole.lookup import InTransaction
from fakegraph.graph.whole.names import FAIL
from fakegraph.graph.whole.others import Others
from fakegraph.graph.whole.records import BYTES, has_values, with_keys
from fakegraph.graph.whole.references import References
from fakegraph.graph.whole.tenancy import Tenancy, identities
from fakegraph.graph.whole.world import PROVIDED, World
from fakegraph.store import Key, Record, Row, Transaction, compact
from fakegraph.tenants import DEFAULT_TENANT
from fakegraph.tenants.guids import ORGANIZATION, guid_of_name
from fakegraph.tenants.trail import Deed
from fakegraph.workloads.declarations import Type
from fakegraph.workloads.handed import Formed, Making, Word, short

_NOTHING: Mapping[str, Any] = MappingProxyType({})


class Completing:
    """One write of one tenant, as far as it completes records."""

    def __init__(
        self,
        world: World,
        tenant: Tenancy,
        transaction: Transaction,
        references: References,
        me: Me,
        app: str = "",
        by: Mapping[str, Any] | None = None,
    ) -> None:
        """``by``: who writes, where that is not whom ``me`` and ``app`` say."""
        self.world = world
        self.transaction = transaction
        self.lookup = InTransaction(transaction)
        self.others = Others(transaction, self.lookup)
        self._references = references
        self._me = me
        self.app = app
        self._by = by
        self.deeds: list[Deed] = []
        """What was done to things of which there is a log."""
        self._tenant = tenant
        self.new_id = tenant.new_id
        self._instant = tenant.instant()
        self._now = format_instant(self._instant)
        self.touched: dict[Key, Record | None] = {}  # as it was before, None for what is made
        self.lagging: set[Key] = set()  # what of it gets about late
        self.conflict = FAIL  # what becomes of a name that is taken
        self.held: Mapping[Key, Record | None] = {}  # what is seen when an operation is done
        self.held_until = Instant(0)

    @property
    def moment(self) -> str:
        """The tenant's time."""
        return self._now

    @property
    def caller(self) -> Mapping[str, Any]:
        """Who writes, as an ``identitySet``."""
        if self._by is None:
            self._by = identities(self.lookup, self._me, self.app)
        return self._by

    def completed(
        self,
        type_: PublishedType,
        record: Record,
        about: Record | None,
        owner: Key,
        container: str,
        **around: Any,
    ) -> Record:
        """A record with its key, defaults and generated values; ``about`` what contains it."""
        recipe = _recipe(self.world, type_)
        rules, sent = recipe.rules, record.keys()
        whole: Record = {}
        making = self._making(type_, whole, about, owner, container, **around)
        key = recipe.key
        if not record.get(key):
            whole[key] = self.new_id() if recipe.gives_key else None
        whole |= recipe.defaults
        whole |= record
        for name in recipe.merged & sent:
            if isinstance(record[name], dict):  # the rest of it is as where nothing is said
                whole[name] = {**rules.defaults[name], **record[name]}
        for name in recipe.times:
            whole.setdefault(name, self._now)
        get = whole.get
        for name, generate in recipe.generated:
            if get(name) is None:
                value = generate(making)
                if value is not None:
                    whole[name] = value
                elif name in whole:
                    del whole[name]
        for name, form in recipe.formed:
            put_or_drop(whole, name, form(making))
        for name in recipe.at_rest.keys() & sent:
            put_or_drop(whole, name, recipe.at_rest[name](making))
        for check in rules.checks:
            check(making)
        for name in recipe.written & (recipe.moving | sent):
            value = get(name)
            if value is not None:
                whole[name] = rules.written[name](value)
        if rules.aside:
            self._set_aside(rules, whole)
        identity = self.world.layout(container).keys[0].name
        if identity not in whole:
            whole[identity] = str(whole[key])
        return with_keys(whole, rules.together) if rules.together else whole

    plants = False  # whether nobody asks for it: a record of a seed says it

    def _making(
        self,
        type_: PublishedType,
        record: Record,
        about: Record | None,
        owner: Key,
        container: str,
        **around: Any,
    ) -> Making:
        owner_type = short(self._owner_type(owner, about)) if owner else ""
        return _Made(self, type_, record, about, owner, container, owner_type, **around)

    def rows_having(self, container: str, owner: Key, name: str, value: Any) -> Iterable[Row]:
        """The things of a container, of one owner, that have a value of an indexed property or
        of the one that they are found by.
        """
        if name != self.world.layout(container).keys[0].name:
            return self.transaction.equal(container, name, value, owner)
        row = self.lookup.find(container, name, value, owner)
        return () if row is None else (row,)

    def beside(self, row: Row, name: str, value: object) -> Sequence[Row]:
        """Those in the container of a row, of its owner, that have a value of something indexed."""
        return [*self.rows_having(self.transaction.container_of(row.key), row.owner, name, value)]

    def _owner_type(self, owner: Key, about: Record | None) -> str:
        """The name of the type of what contains something; ``about``: its record, if known."""
        if not owner:
            return ""
        if about is None:
            row = self.transaction.row(owner)
            if row is None:
                return ""
            about = row.record
        return self.world.type_of(about, self.transaction.container_of(owner)).name

    def id_of(self, word: Word, owner: Key) -> str:
        """The id of what a word means among the things that an owner has."""
        container = word.navigation
        sought = self.world.declared.navigation(container).words[word.word]

        def is_meant(row: Row) -> bool:
            return has_values(row.record, sought)

        def first() -> Row | None:
            return self.transaction.first_of(container, owner, is_meant)

        row = self.transaction.remembered(container, (word.word, owner), first)
        if row is None:
            self._provide(owner, container)
            row = first()
        if row is not None:
            return str(row.record["id"])
        raise LookupError(f"nothing is '{word.word}' in {container}")

    def _provide(self, owner: Key, container: str) -> None:
        said = self.world.declared.navigation(container)
        transaction = self.transaction
        given = said.provisioned if owner else said.given
        if not given or transaction.find(PROVIDED, "id", container, owner):
            return
        transaction.insert(PROVIDED, {"id": container}, owner)
        if said.itself and self._settled(container):
            return
        row = transaction.row(owner) if owner else None
        about = None if row is None else row.record
        type_ = self.world.type_in(container)
        for record in given(about or {}) if callable(given) else given:
            resolved = self._resolved(record, owner)
            whole = self.completed(type_, resolved, about, owner, container)
            if self._has_one_of(container, whole, owner):
                continue  # a seed has it
            transaction.insert(container, whole, owner)

    def _has_one_of(self, container: str, record: Mapping[str, Any], owner: Key) -> bool:
        """Whether something there has a unique value of a record's."""
        for each in self.world.layout(container).keys:
            with suppress(KeyError):  # where another model is the main one, less is unique
                if each.name in record and self.transaction.find(
                    container, each.name, record[each.name], owner
                ):
                    return True
        return False

    def tenants_guid(self) -> str:
        """The tenant's GUID."""
        said = self.transaction.rows_of(ORGANIZATION, [0]) if not self._tenant.guid else ()
        ids = (str(row.record["id"]) for row in said)
        return self._tenant.guid or next(ids, guid_of_name(DEFAULT_TENANT))

    def _settled(self, container: str) -> bool:
        """Have the tenant's GUID in what all tenants start with; False where there is nothing."""
        row = next(iter(self.transaction.rows_of(container, [0])), None)
        if row is not None and row.record["id"] != self._tenant.guid:
            self.transaction.replace(row.key, {**row.record, "id": self._tenant.guid})
        return row is not None

    def say_itself(self, container: str) -> None:
        """Note that somebody has said what is there of the tenant itself."""
        said = self.world.declared.navigation(container)
        if (
            said.itself
            and self._tenant.id
            and not self.transaction.find(PROVIDED, "id", container, 0)
        ):
            self.transaction.insert(PROVIDED, {"id": container})

    def _resolved(self, values: Mapping[str, Any], owner: Key) -> Record:
        """Values, with the ids that words mean."""
        return {
            name: self.id_of(value, owner) if isinstance(value, Word) else value
            for name, value in values.items()
        }

    def _set_aside(self, rules: Type, record: Record) -> None:
        """Keep bytes of properties beside the record."""
        for name in rules.aside & record.keys():
            data = binary(record.pop(name) or "")
            record[BYTES] = {**record.get(BYTES, {}), name: self.transaction.keep(data)}


class _Made(Making):
    """What is made or changed in a write, which knows what is around it."""

    __slots__ = ("_at", "_write")

    def __init__(
        self,
        write: Completing,
        type_: PublishedType,
        record: Record,
        owner: Record | None,
        owned_by: Key,
        container: str,
        owner_type: str,
        before: Record | None = None,
        related: Mapping[str, Any] = _NOTHING,
        beneath: Record | None = None,
    ) -> None:
        self._write = write
        self._at = container, owned_by
        self.type = type_
        self.record = record
        self.owner = owner
        self.owner_type = owner_type
        self.before = before
        self.related = related
        self.beneath = beneath
        self.now = write.moment
        self.new_id = write.new_id
        self.app = write.app
        self.others = write.others
        self.plants = write.plants

    def id_of(self, word: Word) -> str:
        return self._write.id_of(word, self._at[1])

    def beside(self) -> Iterable[Record]:
        container, owner = self._at
        return (row.record for row in self._write.transaction.rows_of(container, [owner]))

    def having(self, name: str, value: Any) -> Iterable[Record]:
        return (row.record for row in self._write.rows_having(*self._at, name, value))

    def beside_in(self, container: str, id_: object) -> Record | None:
        rows = self._write.rows_having(container, self._at[1], "id", id_)
        return next((row.record for row in rows), None)

    def there(self, container: str) -> Iterable[Record]:
        return (row.record for row in self._write.transaction.rows_of(container, [0]))

    def tenant(self) -> str:
        return self._write.tenants_guid()

    def by(self) -> Mapping[str, Any]:
        return self._write.caller


class _Recipe:
    """What goes into every record of a type that is made, worked out once for all of them.

    ``at_rest``: what is formed of a value that is sent alone, because what stands there otherwise
    is formed already. ``written`` are the properties that are kept in another form, and ``moving``
    those of them that have a value which is not the default, whether it is sent or not.
    """

    __slots__ = (
        *("at_rest", "defaults", "formed", "generated", "gives_key", "key", "merged", "moving"),
        *("rules", "times", "written"),
    )

    def __init__(self, world: World, type_: PublishedType) -> None:
        rules = self.rules = world.rules(type_)
        self.key = type_.key or "id"
        self.gives_key = rules.generated.get(self.key) is None
        self.defaults = compact(dict(rules.defaults))
        self.merged = rules.merged & rules.defaults.keys()
        self.times = world.times(type_)
        self.generated = tuple(rules.generated.items())
        given = {self.key, *self.times, *rules.generated}
        self.at_rest = {
            name: form
            for name, form in rules.formed.items()
            if isinstance(form, Formed) and form.rests(rules.defaults, given)
        }
        self.formed = tuple((n, form) for n, form in rules.formed.items() if n not in self.at_rest)
        given |= {name for name, _ in self.formed}
        self.written = rules.written.keys()
        self.moving = frozenset(
            name
            for name, write in rules.written.items()
            if name in given
            or (name in rules.defaults and write(rules.defaults[name]) != rules.defaults[name])
        )


_recipe = lru_cache(maxsize=4096)(_Recipe)


def put_or_drop(record: Record, name: str, value: Any) -> None:
    """Give a record a value that was worked out; None: it has none."""
    if value is None:
        record.pop(name, None)
    else:
        record[name] = value


def keep_forms(rules: Type, record: Record) -> None:
    """Bring values into the form in which they are kept."""
    written = rules.written
    for name in filter(record.__contains__, written):
        value = record[name]
        if value is not None:
            record[name] = written[name](value)


def set_anew(rules: Type, making: Making, sent: Collection[str]) -> None:
    """Set what each change sets anew. What bodies may not have, seeds do: that stays as sent."""
    for name, give in rules.changed.items():
        if name not in sent or name not in rules.ignored:
            put_or_drop(making.record, name, give(making))
