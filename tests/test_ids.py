"""The ids of requests and of what is made."""

from __future__ import annotations

import uuid

from fakegraph.tenants import random_id


def test_ids_are_guids_of_version_4_as_they_are_written() -> None:
    ids = [random_id() for _ in range(500)]

    found = [uuid.UUID(each) for each in ids]
    assert {(each.version, each.variant) for each in found} == {(4, uuid.RFC_4122)}
    assert list(map(str, found)) == ids
    assert len(set(ids)) == 500
    assert {each[19] for each in ids} == set("89ab")
