"""What follows from a write is worked out after every write that it goes by."""

from __future__ import annotations

from typing import Any

import pytest

from fakegraph.app import tenants_of
from fakegraph.edm.values import Instant
from fakegraph.workloads.registry import declared

SETTLING = [each for each in declared()._workloads if each.settled_by]


class Heard:
    """A transaction, with the names of what it is asked the changes of."""

    def __init__(self, transaction: Any) -> None:
        self._transaction, self.names = transaction, set[str]()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transaction, name)

    def changed(self, container: str) -> Any:
        self.names.add(container)
        return self._transaction.changed(container)

    def relinked(self, relation: str) -> Any:
        self.names.add(relation)
        return self._transaction.relinked(relation)


@pytest.mark.parametrize("workload", SETTLING, ids=lambda each: each.name)
def test_it_says_all_that_it_goes_by(client: Any, workload: Any) -> None:
    group = {"displayName": "G", "mailEnabled": False, "mailNickname": "g", "securityEnabled": True,
             "groupTypes": ["DynamicMembership"], "membershipRule": 'user.city -eq "Oslo"',
             "membershipRuleProcessingState": "On"}  # fmt: skip
    assert client.post("/v1.0/groups", json=group).status_code == 201

    def work(transaction: Any) -> set[str]:
        heard = Heard(transaction)
        workload.settles(heard, Instant(0))
        return heard.names

    store = tenants_of(client.application).of_token(None).store
    names = store.transact(work)

    assert names
    assert names <= workload.settled_by


def test_a_write_touches_what_it_has_changed_and_no_more(client: Any) -> None:
    store = tenants_of(client.application).of_token(None).store

    def work(transaction: Any) -> list[bool]:
        transaction.equal("groups", "membershipRuleProcessingState", "on")
        user = transaction.insert("users", {"id": "u"})
        group = transaction.insert("groups", {"id": "g"})
        before = transaction.touches(frozenset({"group/members", "devices"}))
        transaction.link("group/members", group.key, user.key)
        asked = ({"users"}, {"devices", "group/members"}, {"devices"}, {"user/manager"})
        return [before, *(transaction.touches(frozenset(each)) for each in asked)]

    assert store.transact(work) == [False, True, True, False, False]
