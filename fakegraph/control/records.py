"""Records by path, as tests look at them and change them: what the wire forbids is allowed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol
from urllib.parse import unquote

import orjson

from fakegraph.dataclass import dataclass
from fakegraph.edm.model import EntitySet
from fakegraph.edm.schema import InvalidEntity, Record
from fakegraph.edm.values import Instant
from fakegraph.errors import MAX_PROBLEMS, GraphError, Problem, bad_request, refused
from fakegraph.graph.versions import Versions
from fakegraph.store import Container, KeyTaken, Row
from fakegraph.tenants import NewId, Tenant


@dataclass(frozen=True)
class Place:
    """What a path leads to in a tenant: a set, or with a key a record of it."""

    tenant: Tenant
    entity_set: EntitySet
    key: str | None

    @property
    def collection(self) -> Container:
        """Where the records of the set are stored."""
        return self.tenant.store.container(self.entity_set.collection)

    def rows(self, id_: str | None = None) -> Iterable[Row]:
        """What is there, or of a set the one with that id."""
        if self.key is None and id_ is None:
            return self.collection.scan()
        row = self._find() if id_ is None else self.collection.get(id_)
        return () if row is None else (row,)

    def create(self, body: object) -> Row:
        """Store one record; what is required and was left out gets realistic values.

        Raises GraphError: 400 with every problem, 409 for a taken id.
        """
        self._check_set()
        return self._store([self._whole(body, 0, self.tenant.built_ids())])[0]

    def create_all(self, bodies: Sequence[object]) -> list[Row]:
        """Store several records, all or none."""
        self._check_set()
        problems: list[Problem] = []
        records: list[Record] = []
        new_id = self.tenant.built_ids()
        for number, body in enumerate(bodies):
            try:
                records.append(self._whole(body, number, new_id))
            except GraphError as error:
                said = error.details or [Problem(error.message, error.target)]
                problems += (
                    Problem(each.message, f"[{number + 1}]/{each.target}") for each in said
                )
        if problems:
            raise refused(problems[:MAX_PROBLEMS])
        return self._store(records)

    def _check_set(self) -> None:
        if self.key is not None:
            raise bad_request(f"A record is made in a set: POST to '{self.entity_set.name}'.")

    def _store(self, records: Sequence[Record]) -> list[Row]:
        try:
            return list(self.collection.insert(records))
        except KeyTaken as error:
            raise GraphError(409, "Conflict", f"The id '{error.value}' is taken.", "id") from error

    def _whole(self, body: object, number: int, new_id: NewId) -> Record:
        """One of the records that are made, by its number among them."""
        turn, now = len(self.collection) + number, self.tenant.instant()
        given = completed(self.entity_set, body, turn, now) if isinstance(body, dict) else body
        record = self._read(given)
        return {"id": record.pop("id", None) or new_id(), **record}

    def update(self, body: object) -> Row:
        """Have the properties that are sent replace the stored ones.

        Raises GraphError: 400 with every problem, 404.
        """
        key = self._found()
        changes = self._read(body, partial=True)
        if changes.get("id", key) != key:
            raise bad_request(f"A record keeps its id, and this one's is '{key}'.", "id")
        row = self.collection.update(key, lambda record: {**record, **changes})
        if row is None:
            raise self._missing()
        return row

    def delete(self) -> None:
        """Take a record away. Raises GraphError (404)."""
        if not self.collection.delete(self._found()):
            raise self._missing()

    def clear(self) -> None:
        """Take all records of a set away."""
        if self.key is not None:
            message = f"'{self.entity_set.name}' can be cleared, not one of its records."
            raise GraphError(404, "ResourceNotFound", message, "path")
        self.tenant.store.clear([self.entity_set.collection])

    def _find(self) -> Row | None:
        """The record whose id is the key as it is written, or else percent-decoded."""
        assert self.key is not None
        return self.collection.get(self.key) or self.collection.get(unquote(self.key))

    def _found(self) -> str:
        if self.key is None:
            name = self.entity_set.name
            message = f"'{name}' is a set: one of its records is '{name}/ID'."
            raise GraphError(404, "ResourceNotFound", message)
        row = self._find()
        if row is None:
            raise self._missing()
        return str(row.record["id"])

    def _missing(self) -> GraphError:
        return GraphError(
            404, "ResourceNotFound", f"No {self.entity_set.name} has the id '{self.key}'."
        )

    def _read(self, body: object, *, partial: bool = False) -> Record:
        try:
            schema = self.entity_set.schema.reader(partial=partial, future_members=True)
            return schema.read(body)
        except InvalidEntity as error:
            raise refused(error.problems) from error


def record_json(row: Row) -> bytes:
    """A record as JSON, without what the server has in it for itself."""
    found = row.dump()
    if b'"@' not in found:  # nearly always
        return found
    from fakegraph.graph.whole.edited import shown_of

    return orjson.dumps(shown_of(row.record))


def completed(
    entity_set: EntitySet, given: Mapping[str, Any], turn: int, now: Instant
) -> dict[str, Any]:
    """A record of a set with realistic values for what is required and was left out."""
    fields = entity_set.schema.edm_fields()
    missing = [name for name, each in fields.items() if each.required and name not in given]
    if not missing:
        return dict(given)
    from fakegraph.generate.fitting import fitting

    found = fitting(entity_set.name, given, turn, now)
    whole = {**given, **{name: found[name] for name in missing if name in found}}
    return {name: whole.pop(name) for name in fields if name in whole} | whole


class Records(Protocol):
    """What a path leads to in a tenant: a declared set's records, or what the model has there."""

    def rows(self, id_: str | None = None) -> Iterable[Row]:
        """What is there, or of several the one with that id."""

    def create(self, body: object) -> Row:
        """Store one record; what is required and was left out gets realistic values."""

    def create_all(self, bodies: Sequence[object]) -> list[Row]:
        """Store several, all or none."""

    def update(self, body: object) -> Row:
        """Have the properties that are sent replace the stored ones."""

    def delete(self) -> None:
        """Take a record away."""

    def clear(self) -> None:
        """Take all of them away."""


def place(
    tenant: Tenant, entity_sets: Mapping[str, EntitySet], published: Versions, path: str
) -> Records:
    """What a path leads to: by a declared set's name or path, and perhaps a key, or else by a path
    of the published model, without version. Raises GraphError (404).
    """
    path = path.removeprefix("/")
    for entity_set in entity_sets.values():
        for name in (entity_set.name, entity_set.path):
            if path == name:
                return Place(tenant, entity_set, None)
            if path.startswith(f"{name}/"):
                return Place(tenant, entity_set, path[len(name) + 1 :])
    from fakegraph.graph.whole.stored import Things

    try:
        return Things(published).at(tenant, path)
    except GraphError as error:
        raise unknown_set(path, entity_sets, error.message) from error


def unknown_set(name: str, entity_sets: Mapping[str, EntitySet], why: str) -> GraphError:
    """The error for a name or path of which neither a declared set nor the model knows."""
    known = ", ".join(entity_sets)
    return GraphError(
        404,
        "ResourceNotFound",
        f"There is no entity set '{name}'. There is {known}, and what Graph has at its paths, such "
        f"as users/ID/messages: {why}",
    )
