"""What threads do to one app at the same moment comes to the same as one after the other."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import count
from threading import Barrier
from typing import Any

import pytest

from fakegraph.app import create_app, tenants_of
from fakegraph.settings import Settings
from fakegraph.store import SnapshotTaken
from fakegraph.tenants.guids import Guids, guid_of_name
from fakegraph.tenants.signins import SignIns
from tests.conftest import SET, event

THREADS, MANY, ROUNDS, FEW = 4, 2000, 100, 4


@pytest.fixture
def at_once() -> Iterator[Callable[..., list[Any]]]:
    """What as many calls give as there are threads, which take turns every other moment."""
    together, before = Barrier(THREADS), sys.getswitchinterval()

    with ThreadPoolExecutor(THREADS) as threads:

        def begin(work: Callable[[int], Any], number: int) -> Any:
            together.wait()
            return work(number)

        def ask(work: Callable[[int], Any]) -> list[Any]:
            return list(threads.map(begin, [work] * THREADS, range(THREADS)))

        sys.setswitchinterval(1e-6)
        yield ask
        sys.setswitchinterval(before)


def test_those_who_retire_a_tenant_do_so_once(at_once):
    guids = Guids()
    names = [f"t{number}" for number in range(MANY)]
    for name in names:
        guids.add(name)

    at_once(lambda _: [guids.retire(name) for name in names])

    assert guids.name(guid_of_name("t7")) == "t7"
    assert guids.of("another", guid_of_name("t7")) == guid_of_name("t7")


def test_a_name_is_that_of_one_snapshot(at_once):
    store = tenants_of(create_app(Settings(fixture=()))).create().store
    names = [f"s{number}" for number in range(MANY)]

    def taken(_: int) -> Iterator[str]:
        for name in names:
            with suppress(SnapshotTaken):
                store.mark(name)
                yield name

    found = at_once(lambda number: list(taken(number)))

    assert sorted(name for names_ in found for name in names_) == sorted(names)


def test_a_user_who_signs_in_to_apps_has_one_session(at_once):
    sign_ins, ids = SignIns(), map(str, count())
    users = [f"{number}@x.com" for number in range(MANY)]

    at_once(lambda app: [sign_ins.join(user, f"{app}", "", ids.__next__) for user in users])

    apps = [session.apps for user in users if (session := sign_ins.session(user))]
    assert apps == [[str(number) for number in range(THREADS)]] * MANY


def test_no_request_by_a_path_makes_a_tenant_again_that_was_removed(client, at_once):
    tenants = tenants_of(client.application)
    clients = [client.application.test_client() for _ in range(THREADS)]
    clients[0].post(f"/tenants/{tenants.create().id}/v1.0/groups", json={})  # loads what answers

    def remove_or_write(number: int, name: str) -> int:
        if number == 0:
            return 204 if tenants.delete(name) else 404
        return clients[number].post(f"/tenants/{name}{SET}", json=event()).status_code

    for _ in range(ROUNDS):
        name = tenants.create().id
        said = at_once(lambda number, name=name: remove_or_write(number, name))
        assert name not in tenants, said
        assert set(said) <= {201, 204, 404}


def test_a_tenant_has_one_list_of_what_is_to_be_told(at_once):
    tenants = tenants_of(create_app(Settings(fixture=())))

    for _ in range(FEW):
        tenant = tenants.create()
        outboxes = at_once(lambda _, of=tenant: tenants.beyond.outbox(of))
        assert len(set(map(id, outboxes))) == 1
    tenants.close()


def test_who_asks_while_the_first_subscription_is_written_misses_it_not():
    tenants = tenants_of(create_app(Settings(fixture=())))
    tenant = tenants.create()
    tenant.store.listen(None)  # as while it is shown and not yet told of
    tenant.store.insert_many({"subscriptions": [{"id": "first"}]})

    outbox = tenants.beyond.known(tenant)

    assert outbox.knows("first")
    tenants.close()
