"""Random walks by navigation through the built-in organisation: whatever leads on, leads somewhere,
and to what the model says.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from urllib.parse import quote

from fakegraph.app import close_app, create_app
from fakegraph.edm.published import PublishedType
from fakegraph.edm.results import problems_of
from fakegraph.errors import GraphError
from fakegraph.generate.sets import DEFAULT_UNTIL
from fakegraph.graph.versions import Versions
from fakegraph.settings import Settings
from fakegraph.workloads.reports import build_models

VERSIONS = Versions(build_models())  # as they are served
MODEL, WALK = VERSIONS.model("v1.0"), VERSIONS.walk("v1.0")
WALKS, STEPS, TRIES = 300, 5, 3
STARTS = (
    *("me", "users", "groups", "applications", "servicePrincipals", "devices", "organization"),
    *("directoryRoles", "directory/administrativeUnits", "sites", "teams", "chats", "domains"),
    *("planner/plans", "planner/tasks", "places/graph.room", "auditLogs/signIns"),
    *("auditLogs/directoryAudits", "subscribedSkus", "oauth2PermissionGrants", "drives"),
)
# What the service gives to those alone who say what they want of it.
ASKS_MORE = frozenset({"calendarView", "instances", "getActivitiesByInterval"})

# What groups have that are no security groups.
OF_MICROSOFT_365 = frozenset(
    {"acceptedSenders", "calendar", "calendarView", "conversations", "drive", "drives", "events"}
    | {"onenote", "planner", "rejectedSenders", "threads"}
)


class Walker:
    """Goes from thing to thing, and remembers what it met that it should not have."""

    def __init__(self, client, seed):
        self.client, self.dice = client, random.Random(seed)
        self.met, self.visited, self.types = [], 0, set()

    def walk(self):
        found = self.ask(self.dice.choice(STARTS))
        for _ in range(STEPS):
            if found is None:
                return
            onward = [*leading_on(*found)]
            tried = self.dice.sample(onward, min(TRIES, len(onward)))
            found = next(filter(None, map(self.ask, tried)), None)

    def ask(self, path):
        """A thing at a path, or of the collection there: its path, its type and its id."""
        answer = self.client.get(f"/v1.0/{path}")
        self.visited += 1
        if answer.status_code == 404 and (
            self.is_nothing(path) or is_of_a_guest(answer.json) or self.is_of_security(path)
        ):
            return None
        if answer.status_code in (400, 403, 405, 501):
            return None  # it is refused, with the reason: nothing was promised
        if answer.status_code != 200:
            self.met.append((path, answer.status_code, answer.text))
            return None
        said = WALK(f"/{path}")
        body = answer.json
        self.check(path, said, body)
        if not said.many:
            return path, typed(body, said.type), str(body.get("id"))
        things = [each for each in body["value"] if "id" in each]
        if not things:
            return None
        thing = self.dice.choice(things)
        id_ = quote(thing["id"], safe="")
        return f"{path}/{id_}", typed(thing, said.type), id_

    def check(self, path, said, body):
        things = body["value"] if said.many else [body]
        for each in things:
            type_ = typed(each, said.type)
            self.types.add(type_.name)
            if not type_.is_heir_of(said.type):
                self.met.append((path, f"{type_.name} is no {said.type.name}", each))
            problems = problems_of(type_, many=False, body=each)
            if problems:
                self.met.append((path, [str(problem) for problem in problems], each))

    def is_of_security(self, path):
        """Whether it is of a group that is for security alone: it has no mailbox and no site."""
        first, id_, name, *_ = [*path.split("/"), "", ""]
        if first != "groups" or name not in OF_MICROSOFT_365:
            return False
        group = self.client.get(f"/v1.0/groups/{id_}?$select=groupTypes").json
        return "Unified" not in group["groupTypes"]

    def is_nothing(self, path):
        """Whether a single thing is not there, and nothing is stored of it."""
        said = WALK(f"/{path}")
        if (said.many and not path.endswith("/photos")) or said.kind == "item":
            return False  # of photos, the service says in this way that there are none
        stored = self.client.get(f"/_fakegraph/records/{path}")
        return stored.status_code == 404 or stored.json["value"] == []


def is_of_a_guest(body):
    """Whether it is said that a guest has no mailbox, and no files."""
    error = body["error"]
    return error["code"] == "MailboxNotEnabledForRESTAPI" or "mysite" in error["message"]


def typed(record, declared):
    name = record.get("@odata.type", "").removeprefix("#")
    found = MODEL.type_named(name) if name else declared
    assert isinstance(found, PublishedType), name
    return found


def leading_on(path: str, type_: PublishedType, id_: str) -> Iterator[str]:
    """Where navigation leads on to, as far as it can be asked for."""
    for base in (path, *homes(path, type_, id_)):
        for name in type_.navigation:
            onward = f"{base}/{name}"
            try:
                said = WALK(f"/{onward}")
            except GraphError:  # not there on this way
                continue
            if name not in ASKS_MORE and "GET" in said.allowed():
                yield onward


def homes(path: str, type_: PublishedType, id_: str) -> Iterator[str]:
    """Where a thing that links lead to lives itself."""
    sets = {"user": "users", "group": "groups", "device": "devices", "team": "teams"}
    home = sets.get(type_.name.rpartition(".")[2])
    if home is not None and "/" in path and not path.startswith(f"{home}/"):
        yield f"{home}/{id_}"


def test_walks_meet_nothing_that_is_not_there_and_no_other_type():
    app = create_app(Settings(auth="off", fixture="contoso@fixed"))
    client = app.test_client()
    assert client.put("/_fakegraph/clock", json={"now": DEFAULT_UNTIL}).status_code == 200
    walker = Walker(client, 25)
    for _ in range(WALKS):
        walker.walk()
    assert walker.met == []
    assert walker.visited > 3 * WALKS
    assert len(walker.types) > 60
    close_app(app)


def test_a_walk_notices_what_is_wrong(make_client):
    client = make_client()
    client.post("/_fakegraph/seed", json={"users": [{"id": "a", "displayName": "Ada"}]})
    walker = Walker(client, 1)
    assert walker.ask("users/a") is not None
    assert walker.ask("users/b") is None
    walker.check("users", WALK("/users"), {"value": [{"@odata.type": "#microsoft.graph.group"}]})
    walker.check("users/a", WALK("/users/a"), {"id": "a", "accountEnabled": "yes", "x": 1})
    assert [each[0] for each in walker.met] == ["users/b", "users", "users/a"]
