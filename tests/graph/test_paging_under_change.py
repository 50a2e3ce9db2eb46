"""Paging through a collection while somebody else changes it."""

from __future__ import annotations

import threading
from urllib.parse import quote

import pytest

from tests.conftest import SET, event

SIZE = 4_000
CHANGES = 1_600  # so that there is an end of the pages, however slow their reader is


@pytest.mark.parametrize("order", ["", "eventDateTime", "isSuccess desc,eventDateTime"])
def test_every_surviving_record_comes_exactly_once(make_client, order):
    client = make_client(page_size=200)
    tenant = client.application.extensions["fakegraph_tenants"].named("default")
    collection = tenant.store.container("userCredentialUsageDetails")
    collection.insert([_record(number) for number in range(SIZE)])
    deleted, done = set(), threading.Event()

    def churn():
        other = client.application.test_client()
        for number in range(CHANGES):
            if done.is_set():
                return
            key = f"r{(number * 7919) % SIZE}"
            if other.delete(f"{SET}/{key}").status_code == 204:
                deleted.add(key)
            other.post(SET, json=_body(number) | {"id": f"new{number}"})

    writer = threading.Thread(target=churn)
    writer.start()
    try:
        found, link = [], f"{SET}?$orderby={quote(order)}" if order else SET
        while link:
            page = client.get(link).json
            found += [record["id"] for record in page["value"]]
            link = page.get("@odata.nextLink")
    finally:
        done.set()
        writer.join()

    assert len(deleted) > 0
    assert len(found) == len(set(found))
    survivors = {f"r{number}" for number in range(SIZE)} - deleted
    assert survivors <= set(found)


def _body(number):
    return event(
        isSuccess=number % 3 == 0,
        eventDateTime=f"2024-01-{number % 28 + 1:02d}T{number % 24:02d}:00:00.{number:07d}Z",
    )


def _record(number):
    return {k: v for k, v in _body(number).items() if not k.startswith("@")} | {"id": f"r{number}"}
