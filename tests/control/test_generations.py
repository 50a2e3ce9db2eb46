"""Paging tokens belong to what the store was when they were given."""

from __future__ import annotations

import json

import pytest

from fakegraph.app import close_app
from tests.conftest import SET, assert_error, event
from tests.control.conftest import Asked
from tests.control.test_passing import bearer

IDS = ["a", "b", "c"]


def fill(asked, tenant=None):
    for key in IDS:
        assert asked.graph("POST", json=event(id=key), tenant=tenant).status_code == 201


def next_link(asked, query="?$top=1", **options):
    """The link to the second page."""
    link = asked.client.get(SET + query, **options).json["@odata.nextLink"]
    return link[link.index("/beta") :]


def page(answer):
    assert answer.status_code == 200, answer.text
    return [each["id"] for each in answer.json["value"]]


BACK = [
    [("POST", "/reset", None)],
    [("POST", "/snapshots", {"name": "one"}), ("POST", "/snapshots/one/restore", None)],
]


@pytest.mark.parametrize("steps", BACK)
@pytest.mark.parametrize("query", ["?$top=1", "?$top=1&$orderby=id desc"])
@pytest.mark.parametrize("on_disk", [False, True])
def test_a_token_from_before_a_reset_or_restore_is_refused(
    make_client, tmp_path, steps, query, on_disk
):
    asked = Asked(make_client(**({"data_dir": tmp_path} if on_disk else {})))
    fill(asked)
    link = next_link(asked, query)
    for method, path, body in steps:
        asked.control(method, path, body)

    assert_error(asked.client.get(link), 400, "BadRequest", "Invalid skip token.")
    if asked.count() == 0:
        fill(asked)
    assert_error(asked.client.get(link), 400, "BadRequest", "Invalid skip token.")
    assert page(asked.client.get(next_link(asked, query))) == ["b"]


def test_a_token_of_a_function_is_refused_after_a_reset(make_client, tmp_path):
    asked = Asked(make_client(fixture=("contoso",)))
    url = "/beta/reports/getCredentialUsageSummary(period='D30')"
    link = asked.client.get(f"{url}?$top=1").json["@odata.nextLink"]
    link = link[link.index("/beta") :]
    assert asked.client.get(link).status_code == 200
    asked.control("POST", "/reset")

    assert_error(asked.client.get(link), 400, "BadRequest", "Invalid skip token.")


def test_a_token_of_another_tenant_is_refused(make_client):
    asked = Asked(make_client())
    fill(asked)
    fill(asked, asked.tenant(id="two"))
    link = next_link(asked)

    assert_error(asked.client.get(f"/tenants/two{link}"), 400, "BadRequest", "Invalid skip token.")


def test_pages_go_on_when_the_server_is_started_anew(make_client, tmp_path):
    asked = Asked(make_client(data_dir=tmp_path))
    fill(asked)
    link = next_link(asked)
    close_app(asked.client.application)

    assert page(make_client(data_dir=tmp_path).get(link)) == ["b"]


@pytest.mark.parametrize("on_disk", [False, True])
def test_pages_go_on_when_a_reader_makes_its_tenant_by_writing(make_client, tmp_path, on_disk):
    fixture = tmp_path / "userCredentialUsageDetails.json"
    fixture.write_text(json.dumps([event(id=key) for key in IDS]))
    data = {"data_dir": tmp_path / "data"} if on_disk else {}
    client = make_client(fixture=(str(fixture),), auth="bearer", **data).application.test_client()
    asked, headers = Asked(client), bearer("zN")
    link = next_link(asked, headers=headers)
    written = client.post(SET, json=event(id="d"), headers=headers)
    assert written.status_code == 201, written.text

    assert page(client.get(link, headers=headers)) == ["b"]
