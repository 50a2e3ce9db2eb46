"""Any sequence of requests to the Graph API, against the simplest model of what they do.

``HTTP_EXAMPLES`` says how many sequences are tried, and makes them other ones each time;
``make crash-test`` does. Without it they are few, and the same each time.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import uuid
from pathlib import Path
from typing import Any

import httpx
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from fakegraph.app import close_app, create_app
from fakegraph.serving import InProcessServer
from fakegraph.settings import Settings

from .simple import KINDS, LINKS, PLACES, Number, Simple, Thing

EXAMPLES = int(os.environ.get("HTTP_EXAMPLES", "0"))
TENANTS = st.sampled_from(["one", "one", "one", "two", "three"])
PLACE = st.integers(0, 60)
KIND = st.sampled_from(sorted({kind for _, kind in PLACES}))
LABELS = st.sampled_from(["Ada", "ada", "Bo", "O'Neil", "Zoë", "日本", "a & b", "x%2Fy", "inbox"])
VERSIONS = st.sampled_from([None, None, "now", "before", "*"])
WRONG = st.sampled_from([{"noSuchName": 1}, {"LABEL": 1}, []])
STEPS = st.one_of(
    st.tuples(st.just("make"), KIND, PLACE, LABELS),
    st.tuples(st.just("change"), PLACE, LABELS, VERSIONS),
    st.tuples(st.just("change_wrongly"), PLACE, WRONG),
    st.tuples(st.just("delete"), PLACE, VERSIONS),
    st.tuples(st.just("purge"), PLACE),
    st.tuples(st.just("link"), st.sampled_from(sorted(LINKS)), PLACE, PLACE),
    st.tuples(st.just("unlink"), PLACE, st.booleans()),
    st.tuples(st.just("read_as_it_was"), PLACE),
    st.tuples(st.just("filter"), PLACE, LABELS),
    st.tuples(st.just("begin_reading"), PLACE, st.integers(1, 4)),
    st.tuples(st.just("read_on"), PLACE),
)
NOBODY = "00000000-1111-4222-8333-444444444444"
EVENTUAL = {"ConsistencyLevel": "eventual"}


class Tenant:
    """A tenant, what it has to be like, and what was read of it half."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.model = Simple()
        self.snapshots: list[tuple[str, Simple]] = []
        self.readings: list[Reading] = []


class Reading:
    """A collection that is read page by page while things change.

    ``must``: what was there from its beginning, and has not changed since.
    """

    def __init__(self, url: str, must: set[str]) -> None:
        self.url: str | None = url
        self.must = must
        self.seen: list[str] = []


class Machine(RuleBasedStateMachine):
    """Tenants of an app in memory, asked by werkzeug's client."""

    def __init__(self) -> None:
        super().__init__()
        self.run = uuid.uuid4().hex[:8]
        self.tenants: dict[str, Tenant] = {}
        self.touched: set[str] = set()
        self.steps = 0
        self.begin()

    # How requests get there

    def begin(self) -> None:
        self.app = create_app(Settings(fixture=(), auth="off"))
        self.client: Any = self.app.test_client()

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        return self.client.open(path, method=method, json=body, headers=headers)

    def end(self) -> None:
        close_app(self.app)

    def teardown(self) -> None:
        self.steps = 11
        try:
            self.all_is_as_it_has_to_be()
        finally:
            self.end()

    def control(self, method: str, path: str, body: Any = None) -> Any:
        answer = self.send(method, f"/_fakegraph{path}", body)
        assert answer.status_code < 300, (method, path, answer.text)
        return answer

    def ask(self, tenant: Tenant, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """An answer of the Graph API, which has no error of the server's own."""
        url = path if path.startswith("/tenants/") else f"/tenants/{tenant.name}/v1.0{path}"
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        answer = self.send(method, url, body, **EVENTUAL, **names)
        assert answer.status_code < 500, (method, path, body, answer.text)
        return answer

    def done(self, answer: Any, *statuses: int) -> Any:
        assert answer.status_code in statuses, (answer.status_code, statuses, answer.text)
        return read(answer)

    # What is there

    def open(self, name: str) -> Tenant:
        self.touched.add(name)
        if name not in self.tenants:
            self.tenants[name] = Tenant(f"{name}-{self.run}")
            self.control("POST", "/tenants", {"id": self.tenants[name].name})
            self._fill(self.tenants[name])
        return self.tenants[name]

    def pick(self, tenant: Tenant, place: int, *kinds: str) -> Number:
        """A thing of one of the kinds; of any; 0 where there is none."""
        model = tenant.model
        numbers = model.of_kind(*kinds or KINDS)
        own = [number for number in numbers if not model.things[number].given]
        among = own if own and place % 3 else numbers
        return among[place % len(among)] if among else 0

    def listed(self, tenant: Tenant, path: str) -> list[dict[str, Any]]:
        """All pages of a collection, none of them twice."""
        found: list[dict[str, Any]] = []
        url: str | None = path
        while url:
            page = self.done(self.ask(tenant, "GET", url), 200)
            found += page["value"]
            url = after_host(page.get("@odata.nextLink"))
        ids = [each["id"] for each in found]
        assert len(set(ids)) == len(ids), (path, ids)
        return found

    # Things

    def _fill(self, at: Tenant) -> None:
        """Of every kind there is one from the start, and of users two."""
        for kind, label in [("user", "Bo"), *((kind, "Ada") for kind in KINDS)]:
            self._make(at, kind, self._places(at, kind)[-1], label)

    def _places(self, at: Tenant, kind: str) -> list[Number]:
        return [number for number, each in at.model.places() if each == kind]

    @rule(tenant=TENANTS, steps=st.lists(STEPS, min_size=5, max_size=9))
    def several(self, tenant: str, steps: list[tuple[Any, ...]]) -> None:
        for word, *rest in steps:
            getattr(self, word)(self.open(tenant), *rest)

    def make(self, at: Tenant, kind: str, place: int, label: str) -> None:
        places = self._places(at, kind)
        if places and not (kind == "user" and len(at.model.of_kind("user")) > 2):
            self._make(at, kind, places[place % len(places)], label)

    def _make(self, at: Tenant, kind: str, within: Number, label: str) -> None:
        model, said = at.model, KINDS[kind]
        body = {**said.body, said.label: label}
        taken = model.is_taken(kind, within, label)
        if kind == "user":
            name = f"{label.encode().hex()[:6]}@contoso.com"
            body |= {"userPrincipalName": name, "passwordProfile": {"password": "x 1234567 X"}}
            names = [each.record["userPrincipalName"] for each in self._all(model, "user")]
            taken = name in names
        if kind == "group" and label > "a":
            named = f"g{model.next}"  # no two Microsoft 365 groups have the same
            body |= {"groupTypes": ["Unified"], "mailEnabled": True, "mailNickname": named}
        answer = self.ask(at, "POST", model.place(within, kind), body)
        if taken:
            self.done(answer, 400, 409)
            return
        made = self.done(answer, 201)
        shown = {n: v for n, v in body.items() if n not in ("passwordProfile", "folder")}
        if kind == "user":
            shown = {n: v for n, v in shown.items() if n in made}
        number = model.add(Thing(kind, made["id"], within, shown, etag=made.get("@odata.etag")))
        if kind == "user":
            self._is_given(at, number)
        if kind == "attachment":
            self._has_another_tag(at, within)

    def _has_another_tag(self, at: Tenant, number: Number) -> None:
        """What was given something, or lost it, is another version."""
        thing = at.model.things[number]
        found = self.done(self.ask(at, "GET", at.model.path(number)), 200)
        assert found["@odata.etag"] != thing.etag
        thing.etag = found["@odata.etag"]
        self._reads_anew(at, thing.id)

    def _all(self, model: Simple, kind: str) -> list[Thing]:
        return [model.things[number] for number in model.of_kind(kind)]

    def _is_given(self, at: Tenant, user: Number) -> None:
        """Every user has folders and lists from the start."""
        for kind in ("mailFolder", "todoTaskList"):
            for each in self.listed(at, at.model.place(user, kind)):
                record = {"displayName": each["displayName"]}
                etag = each.get("@odata.etag")
                at.model.add(Thing(kind, each["id"], user, record, given=True, etag=etag))

    def change(self, at: Tenant, place: int, label: str, version: str | None) -> None:
        number = self.pick(at, place)
        if not number:
            return
        thing, model = at.model.things[number], at.model
        said = KINDS[thing.kind]
        if thing.kind == "attachment":
            return  # these cannot be changed
        answer = self.ask(
            at, "PATCH", model.path(number), {said.label: label}, **self._match(thing, version)
        )
        if version == "before" and said.tagged:
            self.done(answer, 412)
        elif thing.given and label != thing.label:
            self.done(answer, 400)
        elif model.is_taken(thing.kind, thing.within, label, number):
            self.done(answer, 400, 409)
        else:
            self.done(answer, said.patched)
            self._reads_anew(at, thing.id)
            thing.record[said.label] = label
            if said.tagged:
                found = self.done(self.ask(at, "GET", model.path(number)), 200)
                assert found["@odata.etag"] != thing.etag
                thing.etag = found["@odata.etag"]

    def _match(self, thing: Thing, version: str | None) -> dict[str, str]:
        if version is None or not KINDS[thing.kind].tagged:
            return {}
        return {
            "If_Match": {"now": thing.etag or "*", "before": 'W/"CQAAABYAAA=="'}.get(version, "*")
        }

    def _reads_anew(self, at: Tenant, id_: str) -> None:
        """What has changed may be on another page than it was: before or behind a reading."""
        for reading in at.readings:
            reading.must.discard(id_)

    def change_wrongly(self, at: Tenant, place: int, wrong: Any) -> None:
        """What cannot be is refused, and nothing changes."""
        number = self.pick(at, place)
        if number and at.model.things[number].kind != "attachment":
            label = KINDS[at.model.things[number].kind].label
            body = {label: 1} if "LABEL" in wrong else wrong
            self.done(self.ask(at, "PATCH", at.model.path(number), body), 400)

    def delete(self, at: Tenant, place: int, version: str | None) -> None:
        number = self.pick(at, place)
        if not number:
            return
        model, thing = at.model, at.model.things[number]
        path, held = model.path(number), self._messages_in(at, number)
        answer = self.ask(at, "DELETE", path, **self._match(thing, version))
        if version == "before" and KINDS[thing.kind].tagged:
            self.done(answer, 412)
            return
        if thing.given:
            self.done(answer, 400)
            return
        self.done(answer, 204)
        self.done(self.ask(at, "GET", path), 404)
        self.done(self.ask(at, "DELETE", path), KINDS[thing.kind].again)
        for each in model.tree(number):
            self._reads_anew(at, model.things[each].id)
        bin_ = self._bin(model, number)
        if bin_ and thing.within != bin_:
            self._is_binned(at, number, bin_)
            self._are_renewed(at, held)
        else:
            model.remember_deleted(number)
            model.delete(number)
        if thing.kind == "attachment":
            self._has_another_tag(at, thing.within)

    def _bin(self, model: Simple, number: Number) -> Number:
        """The folder that deleted mail goes to; 0 for what is no mail."""
        if model.things[number].kind not in ("message", "mailFolder"):
            return 0
        folders = model.below(model.user_of(number), "mailFolder")
        return next(n for n in folders if model.things[n].label == "Deleted Items")

    def _is_binned(self, at: Tenant, number: Number, bin_: Number) -> None:
        """It is there under another id."""
        model, thing = at.model, at.model.things[number]
        known = {model.things[each].id for each in model.below(bin_, thing.kind)}
        listed = self.listed(at, model.place(bin_, thing.kind))
        (new,) = [each for each in listed if each["id"] not in known]
        assert new["id"] != thing.id
        label, taken = KINDS[thing.kind].label, model.is_taken(thing.kind, bin_, thing.label)
        assert new[label].rstrip("0123456789" if taken else "") == thing.label
        thing.id, thing.within, thing.record[label] = new["id"], bin_, new[label]
        thing.etag = new.get("@odata.etag")

    def _messages_in(self, at: Tenant, number: Number) -> dict[Number, list[dict[str, Any]]]:
        """The messages of each folder in a tree, as they are listed."""
        model = at.model
        folders = [each for each in model.tree(number) if model.things[each].kind == "mailFolder"]
        return {each: self.listed(at, model.place(each, "message")) for each in folders}

    def _are_renewed(self, at: Tenant, held: dict[Number, list[dict[str, Any]]]) -> None:
        """Messages of a folder that went elsewhere are there under other ids."""
        model = at.model
        for folder, before in held.items():
            things = {model.things[n].id: model.things[n] for n in model.below(folder, "message")}
            after = self.listed(at, model.place(folder, "message"))
            for old, new in zip(before, after, strict=True):
                assert (new["id"] != old["id"], new["subject"]) == (True, old["subject"])
                thing = things[old["id"]]
                thing.id, thing.etag = new["id"], new["@odata.etag"]

    def purge(self, at: Tenant, place: int) -> None:
        if at.model.deleted:
            thing = at.model.deleted.pop(place % len(at.model.deleted))
            path = f"/directory/deletedItems/{thing.id}"
            self.done(self.ask(at, "DELETE", path), 204)
            self.done(self.ask(at, "DELETE", path), 404)

    def read_as_it_was(self, at: Tenant, place: int) -> None:
        """Who has the version that there is gets nothing again."""
        number = self.pick(at, place, *(name for name, kind in KINDS.items() if kind.tagged))
        if number:
            path, etag = at.model.path(number), at.model.things[number].etag
            self.done(self.ask(at, "GET", path, If_None_Match=etag or ""), 304)
            self.done(self.ask(at, "GET", path, If_None_Match='W/"other"'), 200)

    # Links

    def link(self, at: Tenant, relation: str, one: int, other: int) -> None:
        model = at.model
        kind, kinds, many, _ = LINKS[relation]
        source, target = self.pick(at, one, kind), self.pick(at, other, *kinds)
        if not source or not target or source == target:
            return
        id_ = model.things[target].id
        url = {"@odata.id": f"https://graph.microsoft.com/v1.0/directoryObjects/{id_}"}
        path = f"{model.path(source)}/{relation}/$ref"
        answer = self.ask(at, "POST" if many else "PUT", path, url)
        if model.refuses(relation, source, target):
            self.done(answer, 400)
            return
        if not many:
            model.links = [each for each in model.links if each[:2] != (relation, source)]
        if (relation, source, target) in model.links:
            self.done(answer, 400)
        else:
            self.done(answer, 204)
            model.links.append((relation, source, target))

    def unlink(self, at: Tenant, place: int, there: bool) -> None:
        model = at.model
        if not model.links:
            return
        relation, source, end = model.links[place % len(model.links)]
        *_, many, _ = LINKS[relation]
        id_ = model.things[end].id if there else NOBODY
        path = f"{model.path(source)}/{relation}{f'/{id_}' if many else ''}/$ref"
        answer = self.ask(at, "DELETE", path)
        if there or not many:
            self.done(answer, 204)
            self.done(self.ask(at, "DELETE", path), 404)
            model.links.remove((relation, source, end))
        else:
            self.done(answer, 404)

    # Lists

    def filter(self, at: Tenant, place: int, label: str) -> None:
        """What is listed has what was asked for, counted and selected."""
        model = at.model
        places = list(model.places())
        within, kind = places[place % len(places)]
        said, wanted = KINDS[kind], model.named(within, kind, label)
        if kind == "attachment":
            return
        literal = label.replace("'", "''").replace("&", "%26").replace("%2F", "%252F")
        query = f"?$filter={said.label} eq '{literal}'&$select=id,{said.label}&$count=true"
        found = self.done(self.ask(at, "GET", model.place(within, kind) + query), 200)
        assert found["@odata.count"] == len(wanted)
        assert sorted(each["id"] for each in found["value"]) == sorted(wanted)
        for each in found["value"]:
            assert {name for name in each if "@" not in name} == {"id", said.label}

    def begin_reading(self, at: Tenant, place: int, top: int) -> None:
        model = at.model
        places = [each for each in model.places() if model.below(*each)]
        if places:
            within, kind = places[place % len(places)]
            ids = {model.things[number].id for number in model.below(within, kind)}
            url = f"{model.place(within, kind)}?$top={top}&$select=id"
            at.readings = [*at.readings[-4:], Reading(url, ids)]
            self._read_on(at, at.readings[-1])

    def read_on(self, at: Tenant, place: int) -> None:
        if at.readings:
            self._read_on(at, at.readings[place % len(at.readings)])

    def _read_on(self, at: Tenant, reading: Reading) -> None:
        """One more page: nothing again, and in the end all that was there from the beginning."""
        assert reading.url is not None
        answer = self.ask(at, "GET", reading.url)
        if answer.status_code == 404 and not reading.must:
            at.readings.remove(reading)  # what it was below is gone
            return
        page = self.done(answer, 200)
        reading.seen += [each["id"] for each in page["value"]]
        again = [each for each in reading.must if reading.seen.count(each) > 1]
        assert not again
        reading.url = after_host(page.get("@odata.nextLink"))
        if reading.url is None:
            assert reading.must <= set(reading.seen)
            at.readings.remove(reading)

    # Tenants

    @rule(tenant=TENANTS, word=st.sampled_from(["take", "restore", "reset", "remove"]))
    def all_at_once(self, tenant: str, word: str) -> None:
        """All that a tenant has goes, or comes again."""
        at = self.open(tenant)
        if word == "take" or (word == "restore" and not at.snapshots):
            name = f"s{uuid.uuid4().hex}"
            self.control("POST", f"/tenants/{at.name}/snapshots", {"name": name})
            at.snapshots.append((name, at.model.copy()))
            return
        at.readings = []
        if word == "restore":
            name, model = at.snapshots[-1]
            self.control("POST", f"/tenants/{at.name}/snapshots/{name}/restore")
            at.model = model.copy()
        elif word == "reset":
            self.control("POST", f"/tenants/{at.name}/reset")
            at.model = Simple()
        else:
            self.control("DELETE", f"/tenants/{self.tenants.pop(tenant).name}")
            self.touched.discard(tenant)

    # What must hold

    @invariant()
    def all_is_as_it_has_to_be(self) -> None:
        """Of the tenants that were written to; now and then of those too that were not."""
        self.steps += 1
        if self.steps % 3:
            return
        for name in self.touched if self.steps % 12 else set(self.tenants):
            self._is_as_it_has_to_be(self.tenants[name])
        self.touched = set()

    def _is_as_it_has_to_be(self, at: Tenant) -> None:
        model = at.model
        for within, kind in model.places():
            self._is_listed(at, within, kind)
        for relation, (kind, kinds, many, back) in LINKS.items():
            for number in model.of_kind(kind):
                self._leads_to(at, number, relation, many, model.targets(relation, number))
            for number in model.of_kind(*kinds):
                self._leads_to(at, number, back, True, model.sources(relation, number))
        for kind in ("user", "group", "application"):
            path = f"/directory/deletedItems/microsoft.graph.{kind}"
            found = [each["id"] for each in self.listed(at, path)]
            assert sorted(found) == sorted(each.id for each in model.deleted if each.kind == kind)

    def _is_listed(self, at: Tenant, within: Number, kind: str) -> None:
        model, place = at.model, at.model.place(within, kind)
        found = {each["id"]: each for each in self.listed(at, place)}
        things = [model.things[number] for number in model.below(within, kind)]
        assert sorted(found) == sorted(each.id for each in things), place
        for thing in things:
            said = found[thing.id]
            assert said.get("@odata.etag") == thing.etag
            assert said.items() >= thing.record.items(), (said, thing.record)
        if kind != "attachment" and found:
            count = self.done(self.ask(at, "GET", f"{place}/$count"), 200)
            assert int(count) == len(found)

    def _leads_to(
        self, at: Tenant, number: Number, name: str, many: bool, wanted: list[Number]
    ) -> None:
        path = f"{at.model.path(number)}/{name}"
        ids = [at.model.things[each].id for each in wanted]
        if many:
            assert sorted(each["id"] for each in self.listed(at, path)) == sorted(ids), path
            return
        answer = self.ask(at, "GET", path)
        if ids:
            assert self.done(answer, 200)["id"] == ids[0]
        else:
            self.done(answer, 404)


class OnDisk(Machine):
    """The same with a data directory, which the app is closed over and opened again."""

    def begin(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.open_app()

    def open_app(self) -> None:
        self.app = create_app(Settings(fixture=(), auth="off", data_dir=self.folder))
        self.client = self.app.test_client()

    @rule()
    def open_again(self) -> None:
        close_app(self.app)
        self.open_app()
        for each in self.tenants.values():
            each.snapshots = []
        self.touched = set(self.tenants)

    def end(self) -> None:
        super().end()
        shutil.rmtree(self.folder)


class OverSockets(Machine):
    """The same over connections to a server."""

    def begin(self) -> None:
        self.app = create_app(Settings(fixture=(), auth="off"))
        self.server = InProcessServer(self.app)
        self.server.start()
        self.http = httpx.Client(base_url=self.server.url)

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        return self.http.request(method, path, json=body, headers=headers)

    def end(self) -> None:
        self.http.close()
        self.server.stop()
        super().end()


def read(answer: Any) -> Any:
    if "json" not in answer.headers.get("Content-Type", ""):
        return answer.text
    return answer.json() if isinstance(answer, httpx.Response) else answer.json


def after_host(url: str | None) -> str | None:
    """A URL without the host."""
    return url and "/" + url.split("/", 3)[3]


def sequences(machine: type[Machine], few: int, many: int) -> Any:
    case = machine.TestCase
    case.settings = settings(
        max_examples=many or few,
        stateful_step_count=30 if many else 12,
        deadline=None,
        derandomize=not many,
        phases=set(Phase) if many else {Phase.generate},  # to shrink them takes minutes
        suppress_health_check=list(HealthCheck),
    )
    return case


TestInMemory = sequences(Machine, 3, EXAMPLES)
TestOnDisk = sequences(OnDisk, 2, EXAMPLES // 2)
TestOverSockets = sequences(OverSockets, 1, EXAMPLES // 10)
