"""The straight way finds what ``locate`` finds, and leaves the rest to it."""

from __future__ import annotations

import pytest

from fakegraph.app import tenants_of
from fakegraph.edm.surface import Evidence
from fakegraph.graph.whole.answer import world_of
from fakegraph.graph.whole.locate import locate
from fakegraph.graph.whole.lookup import InStore
from fakegraph.graph.whole.plan import Plan
from fakegraph.graph.whole.straight import ME, Hop, find, inside, straight
from fakegraph.graph.whole.tenancy import somebody
from tests.graph.whole.conftest import make, seed, user
from tests.graph.whole.test_signed_in import bearer

ID = "11111111-2222-4333-8444-555555555555"
SEEDS = {
    "users": [{"id": ID, **user()}, {"id": "u2", **user(userPrincipalName="bo@contoso.com")}],
    "groups": [{"id": "g1", "displayName": "G", "members": [{"id": "u2"}]}],
    "users/u2/messages": [{"id": "m1", "subject": "Plans"}],
    f"users/{ID}/messages": [{"id": "m1", "subject": "Others"}],
    "users/u2/todo/lists": [{"id": "l1", "displayName": "L", "tasks": [{"id": "t1"}]}],
    "directoryObjects": [{"@odata.type": "#microsoft.graph.device", "id": "o1"}],
}


class Both:
    """One store, and both ways through it."""

    def __init__(self, client):
        self._versions = client.application.graph.published
        self._tenant = tenants_of(client.application).of_token(None)
        self._world = world_of(self._versions, "v1.0")

    def ids(self, path):
        """The key of what is found straight, None where it is not; and of what is there."""
        found = self._versions.walk("v1.0")(path)
        store, segments = self._tenant.store, found.segments()
        hops = Plan(self._world, found, Evidence.DECLARED).straight
        assert hops == straight(self._world, found.shape)
        lookup = InStore(store)

        def me():
            return somebody(self._tenant, lookup)

        row = find(store, hops, segments, me)
        one = locate(self._world, lookup, segments, me).one
        return None if row is None else row.key, one.stored


@pytest.fixture
def both(client):
    seed(client, SEEDS)
    return Both(client)


@pytest.mark.parametrize(
    "path",
    [
        f"users/{ID}",
        f"USERS('{ID.upper()}')",
        "users/u2/messages/m1",
        f"users/{ID}/messages('m1')",
        "groups/g1",
        "me",
        "ME/messages/m1",
    ],
)
def test_what_is_found_straight_is_what_is_there(both, path):
    straightly, there = both.ids(path)
    assert straightly == there
    assert there


@pytest.mark.parametrize(
    ("path", "is_there"),
    [
        ("users/bo@contoso.com", True),
        ("users/nobody", False),
        ("users/bo@contoso.com/messages/m1", True),
        ("users/u2/messages/m2", False),
        ("me/messages/m2", False),
        ("me/mailFolders/inbox", True),
        ("me/manager", False),
        ("users/u2/mailFolders/inbox", True),
        ("groups/g1/members/u2", True),
        ("directoryObjects/u2", True),
        ("users/u2/todo/lists/l1", True),
        ("users/u2/manager", False),
    ],
)
def test_what_is_not_found_straight_is_left_to_locate(both, client, path, is_there):
    client.get("/v1.0/users/u2/mailFolders")  # which makes those that everybody has
    straightly, there = both.ids(path)
    assert straightly is None
    assert bool(there) is is_there


def test_what_was_deleted_or_reset_is_not_found(both, client):
    client.delete("/v1.0/users/u2")
    assert both.ids("users/u2") == (None, 0)
    assert client.get("/v1.0/users/u2/messages/m1").status_code == 404

    made = make(client, "users", user(userPrincipalName="cy@contoso.com"))
    assert both.ids(f"users/{made['id']}")[0]
    client.post("/_fakegraph/reset")
    assert both.ids(f"users/{made['id']}") == (None, 0)


def test_what_another_one_contains_is_not_found(both):
    (plans, _), (others, _) = both.ids("users/u2/messages/m1"), both.ids(f"users/{ID}/messages/m1")
    assert plans != others


def test_who_is_signed_in_is_whom_the_token_names_at_that_time(make_client):
    client = make_client(auth="bearer")

    def me(claims, path=""):
        found = client.get(f"/v1.0/me{path}", headers=bearer(claims))
        return found.json.get("id") or found.json.get("value") or found.json["error"]["code"]

    seed(client, SEEDS)
    bo, nobody = {"oid": "u2"}, {"oid": "u3"}
    assert (me("any"), me(bo), me(nobody)) == (ID, "u2", "Request_ResourceNotFound")
    assert [each["subject"] for each in me(bo, "/messages")] == ["Plans"]
    assert client.delete(f"/v1.0/users/{ID}", headers=bearer("any")).status_code == 204
    assert (me("any"), me(bo)) == ("u2", "u2")
    context = client.get("/v1.0/me/messages/m1", headers=bearer("any")).json["@odata.context"]
    assert context.endswith("/$metadata#users('u2')/messages/$entity")


def _with_ids(template):
    """A path with ``i0`` as its first key, ``i1`` as the second, and so on."""
    first, *others = template.split("{id}")
    return first + "".join(f"i{number}{part}" for number, part in enumerate(others))


def test_what_is_listed_straight_is_what_is_there(client):
    """Wherever the surface has a collection that is all of a container."""
    versions = client.application.graph.published
    world, store = world_of(versions, "v1.0"), tenants_of(client.application).of_token(None).store
    walk, lookup = versions.walk("v1.0"), InStore(store)

    def row(container, name, owner, id_):
        record = {"id": id_, name: id_}
        return store.transact(lambda write: write.insert(container, record, owner)).key

    found = 0
    for template, _ in walk.surface.permitted():
        if "(" in template or ":" in template:
            continue
        path = walk(_with_ids(f"/{template.strip('/')}"))
        straightly = inside(world, path.shape)
        if straightly is None:
            continue
        hops = [*straightly.way, Hop(straightly.container, straightly.type.key or "id", 0)]
        keys, ids = [0], iter(f"i{number}" for number, _ in enumerate(hops))
        for hop in hops:
            keys.append(
                row(hop.container, hop.name, keys[-1], "me" if hop.place == ME else next(ids))
            )
        many = locate(world, lookup, path.segments(), lambda: {"id": "me"}, lambda *_: None).many
        assert (many.type, many.said) == (straightly.type, straightly.said), template
        assert many.containers == (straightly.container,), template
        assert [each.key for each in many.rows().scan()] == keys[-1:], template
        container = store.container(straightly.container)
        listed = container.of(keys[-2]) if straightly.way else container
        assert [each.key for each in listed.scan()] == keys[-1:], template
        store.transact(lambda write, key=keys[1]: write.delete(key))
        found += 1
    assert found > 80
