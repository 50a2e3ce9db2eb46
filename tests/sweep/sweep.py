"""The life of one thing of a type: made, read, found, sorted by, selected, changed, deleted."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from flask.testing import FlaskClient

from fakegraph.edm.published import PublishedEnum, PublishedType
from fakegraph.edm.types import CollectionType, PrimitiveType, Property
from fakegraph.errors import GraphError
from fakegraph.graph.whole.narrowing import check_conditions
from fakegraph.graph.whole.queries import queried_as
from fakegraph.odata.query import Source
from fakegraph.odata.query_string import Options
from fakegraph.odata.reading import read_query
from fakegraph.workloads.handed import short
from fakegraph.workloads.registry import declared
from tests.sweep.places import Place, parents
from tests.sweep.samples import NEEDED, USERS, sample

Json = Any
NUMBERS = ("Byte", "Decimal", "Double", "Int16", "Int32", "Int64", "SByte", "Single")
BARE = {f"Edm.{name}" for name in (*NUMBERS, "Date", "DateTimeOffset", "Guid", "TimeOfDay")}


class Tenant:
    """A tenant of its own on an app; where a place is given, with what its path leads over."""

    def __init__(self, client: FlaskClient, place: Place | None = None) -> None:
        self._client = client
        made = client.post("/_fakegraph/tenants", json={"fixture": []}).json
        self.id: str = made["id"]
        self.root = f"/tenants/{self.id}/{'v1.0' if place is None else place.version.name}"
        if place is not None:
            needed = NEEDED.get(short(place.type.name), {})
            users = [{"id": each} for each in USERS]
            self.seed({"users": users, **parents(place.template, place.version), **needed})

    def seed(self, records: Mapping[str, Json]) -> None:
        answer = self._client.post(f"/_fakegraph/tenants/{self.id}/seed", json=records)
        assert answer.status_code == 200, (records, answer.text)

    def ask(self, method: str, path: str, body: Json = None, **headers: str) -> Any:
        """The answer to a request; one without an error of the server's own."""
        answer = self._client.open(self.root + path, method=method, json=body, headers=headers)
        assert answer.status_code != 500, (method, path, answer.text)
        return answer

    def get(self, path: str) -> Json:
        answer = self.ask("GET", path)
        assert answer.status_code == 200, (path, answer.status_code, answer.text)
        return answer.json

    def list(self, path: str) -> list[dict[str, Any]]:
        """All pages of a collection."""
        found: list[dict[str, Any]] = []
        url: str | None = path
        while url is not None:
            page = self.get(url)
            found += page["value"]
            link = page.get("@odata.nextLink")
            url = link and link.partition(self.root)[2]
        return found

    def end(self) -> None:
        self._client.delete(f"/_fakegraph/tenants/{self.id}")


class Sweep:
    """One thing at a place."""

    def __init__(self, tenant: Tenant, place: Place) -> None:
        self.tenant, self.place = tenant, place
        self.hidden = place.rules.never_shown | place.rules.told.keys()
        self.thing: dict[str, Any] = {}
        self.at = ""

    def live(self) -> None:
        """Its whole life, and the end of its tenant."""
        self.make()
        if self.thing:
            self.read()
            self.query()
            self.change()
            self.replace()
            self.delete()
        self.tenant.end()

    def make(self) -> None:
        """POST makes it, and what was sent is what is there."""
        body = self.body(1)
        answer = self.tenant.ask("POST", self.place.path, body)
        assert 200 <= answer.status_code < 300, (answer.status_code, answer.text)
        if not answer.data:
            if not self.place.is_listed:
                return  # what was made cannot be seen in any way
            found = self.tenant.list(self.place.path)
            assert len(found) == 1, found
            self.thing = found[0]
        else:
            self.thing = answer.json
        self.at = f"{self.place.path}/{escaped(self.thing[self.place.key])}"
        self.is_as(body)

    def body(self, number: int) -> dict[str, Any]:
        body = sample(self.place.type, self.place.rules, number)
        if self.place.type is not self.place.declared:
            body["@odata.type"] = f"#{self.place.type.name}"
        return body

    @property
    def is_read(self) -> bool:
        return "GET" in self.place.allowed

    @property
    def typed(self) -> str:
        """Its URL, with its type where that is not the declared one."""
        is_heir = self.place.type is not self.place.declared
        return f"{self.at}/{self.place.type.name}" if is_heir else self.at

    def is_as(self, sent: Mapping[str, Any]) -> None:
        """Reading it, with all of its properties selected, gives what was sent."""
        shown = self.shown(sent)
        names = ",".join(shown)
        if not self.is_read:
            return
        found = self.tenant.get(f"{self.typed}?$select={names}" if names else self.typed)
        for name, value in shown.items():
            if value is None and self.place.rules.sparse:
                assert name not in found
                continue
            assert name in found, (name, found)
            assert contains(found[name], value), (name, found[name], value)

    def shown(self, sent: Mapping[str, Any]) -> dict[str, Any]:
        """What of a body can be read again as it was sent."""
        type_, rules = self.place.type, self.place.rules
        closed = self.hidden | rules.written.keys() | rules.changed.keys() | rules.computed.keys()
        closed |= rules.formed.keys()
        return {
            name: value
            for name, value in sent.items()
            if name in type_.properties and name not in closed
        }

    def addresses(self) -> Iterator[str]:
        """Its URLs: by key as a segment and in parentheses, and by what else names it."""
        key = self.thing[self.place.key]
        literal = key if isinstance(key, int) else quoted(key)
        yield self.at
        yield f"{self.place.path}({escaped(literal)})"
        yield f"{self.place.path}({self.place.key}={escaped(literal)})"
        yield f"{self.at}/{self.place.type.name}"
        for alternate in self.place.declared.alternate_keys:
            values = {name: self.thing.get(path) for name, path in alternate.items()}
            if all(values.values()):
                said = ",".join(f"{name}={escaped(quoted(each))}" for name, each in values.items())
                yield f"{self.place.path}({said})"

    def read(self) -> None:
        """Each of its addresses leads to it, and it is listed and counted once."""
        key = self.place.key
        for address in self.addresses() if self.is_read else ():
            assert self.tenant.get(address)[key] == self.thing[key], address
        if self.place.is_listed:
            listed = [each[key] for each in self.tenant.list(self.place.path)]
            assert listed.count(self.thing[key]) == 1, listed

    def query(self) -> None:
        """It is found by each property, which it is sorted by and which can be selected."""
        if not (self.place.is_listed and self.is_read):
            return
        whole = self.tenant.get(self.at)
        for prop in self.place.type.properties.values():
            if prop.name in self.hidden or self.place.declared.find(prop.name) is None:
                continue
            self.select(prop)
            self.look_for({"filter": _filter(prop, whole.get(prop.name))})
            if isinstance(prop.type, PrimitiveType | PublishedEnum) and _sorts(prop):
                self.look_for({"orderby": f"{prop.name} desc"})

    def select(self, prop: Property) -> None:
        found = self.tenant.get(f"{self.at}?$select={prop.name}")
        others = set(found) - {prop.name, *self.place.rules.always_shown}
        assert all("@" in name for name in others), (prop.name, found)

    def look_for(self, options: dict[str, str | None]) -> None:
        """A query finds it, or is refused where the workload does not answer such ones."""
        ((name, text),) = options.items()
        if text is None:
            return
        answer = self.tenant.ask("GET", f"{self.place.path}?${name}={quote(text)}")
        if self.is_refused({name: text}):
            assert answer.status_code == 400, (text, answer.text)
            return
        assert answer.status_code == 200, (text, answer.text)
        found = self.tenant.list(f"{self.place.path}?${name}={quote(text)}")
        keys = [each.get(self.place.key) for each in found]
        assert self.thing[self.place.key] in keys, (text, keys, self.tenant.get(self.at))

    def is_refused(self, options: Mapping[str, str]) -> bool:
        """Whether the workload says that it does not answer such a query."""
        unheeded = self.place.said.unheeded
        try:
            if unheeded is not None and unheeded(options):
                return False
            for check in (*self.place.rules.queries, *self.place.said.queries):
                check(options)
            if self.place.rules.conditions or self.place.rules.orders:
                self._check_understood(options)
        except GraphError:
            return True
        matrix = declared().advanced(self.place.declared)
        if matrix is None:
            return False
        if "orderby" in options:
            return matrix.sorts.get(options["orderby"].split()[0]) != "D"
        asked = re.split(r"[ /]", options["filter"], maxsplit=1)[0]
        return matrix.filters.get(asked, {}).get("eq") != "D"

    def _check_understood(self, options: Mapping[str, str]) -> None:
        """Raise GraphError for a filter or an order that the workload refuses as it was read."""
        world, declared_ = self.place.version.world, self.place.declared
        source = Source(world.model, queried_as(world, declared_, ()))
        query = read_query(Options(dict(options), {}), source)
        check_conditions(self.place.rules, query, options)

    def change(self) -> None:
        """PATCH changes each property that may be changed, and leaves the others."""
        if "PATCH" not in self.place.allowed:
            return
        rules = self.place.rules
        body = self.body(2)
        fixed = rules.immutable | rules.fixed | rules.read_only | set(rules.unique)
        sent = {name: value for name, value in body.items() if name not in fixed}
        sent = {name: value for name, value in sent.items() if name in self.place.type.properties}
        answer = self.tenant.ask("PATCH", self.at, sent, **self.version())
        assert 200 <= answer.status_code < 300, (answer.status_code, answer.text)
        self.is_as(sent)

    def replace(self) -> None:
        """PUT gives it exactly what is sent; when it was made stays."""
        if "PUT" not in self.place.allowed:
            return
        body = self.body(3)
        body.pop("createdDateTime", None)
        answer = self.tenant.ask("PUT", self.at, body, **self.version())
        assert 200 <= answer.status_code < 300, (answer.status_code, answer.text)
        self.is_as(body)

    def version(self) -> dict[str, str]:
        """The headers that name the version that a write is about."""
        if not self.place.rules.must_match:
            return {}
        return {"If-Match": self.tenant.get(self.at)["@odata.etag"]}

    def delete(self) -> None:
        """DELETE takes it away: a 404, not listed, and mostly not deleted again."""
        if "DELETE" not in self.place.allowed:
            return
        answer = self.tenant.ask("DELETE", self.at, **self.version())
        use = self.place.item.uses["DELETE"]
        assert answer.status_code == (use.status or 204), (answer.status_code, answer.text)
        assert not answer.data
        again = self.tenant.ask("DELETE", self.at).status_code
        assert again == (204 if self.place.said.absent_too else 404)
        if self.is_read:
            assert self.tenant.ask("GET", self.at).status_code == 404
        if self.place.is_listed:
            listed = [each[self.place.key] for each in self.tenant.list(self.place.path)]
            assert self.thing[self.place.key] not in listed, listed


def quoted(text: object) -> str:
    return "'" + str(text).replace("'", "''") + "'"


def escaped(key: object) -> str:
    return quote(str(key), safe="'@,=")


def _sorts(prop: Property) -> bool:
    return str(prop.type) not in ("Edm.Binary", "Edm.Stream", "Edm.Untyped")


def _filter(prop: Property, value: Json) -> str | None:
    """What is true of a thing that has a value."""
    type_ = prop.type
    if isinstance(type_, PublishedType) or value in (None, [], "INF", "NaN"):
        return None
    if isinstance(type_, CollectionType):
        literal = _literal(type_.item, value[0])
        return literal and f"{prop.name}/any(x:x eq {literal})"
    literal = _literal(type_, value)
    return literal and f"{prop.name} eq {literal}"


def _literal(type_: object, value: Json) -> str | None:
    if isinstance(type_, PublishedEnum):
        return f"'{value}'"
    name = str(type_)
    if name in BARE:
        return str(value)
    if name == "Edm.Boolean":
        return str(value).lower()
    if name == "Edm.String":
        return quoted(value)
    if name == "Edm.Duration":
        return f"duration'{value}'"
    return None


def contains(found: Json, sent: Json) -> bool:
    """Whether all that was sent is there."""
    if isinstance(sent, dict):
        return isinstance(found, dict) and all(
            name in found and contains(found[name], value) for name, value in sent.items()
        )
    if isinstance(sent, list):
        return (
            isinstance(found, list) and len(found) == len(sent) and all(map(contains, found, sent))
        )
    return bool(found == sent)
