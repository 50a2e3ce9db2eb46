"""What may take long is not done where everybody waits for it."""

from __future__ import annotations

import io
import json

import pytest

from fakegraph.web.later import Unfinished
from tests.graph.whole.conftest import seed

MESSAGES = "users/u/messages"
SEARCH = {"requests": [{"entityTypes": ["message"], "query": {"queryString": "x"}}]}


def ask(client, method, path, body=None, query=""):
    """The body of an answer as the server gets it: unfinished where it goes on elsewhere."""
    sent = b"" if body is None else json.dumps(body).encode()
    environ = {
        "REQUEST_METHOD": method,
        "PATH_INFO": f"/v1.0/{path}",
        "QUERY_STRING": query,
        "RAW_URI": f"/v1.0/{path}?{query}" if query else f"/v1.0/{path}",
        "SERVER_NAME": "test",
        "SERVER_PORT": "80",
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(sent),
        "CONTENT_LENGTH": str(len(sent)),
        "CONTENT_TYPE": "application/json",
    }
    return client.application(environ, lambda status, headers, error=None: None)


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "search/query", SEARCH),
        ("GET", "me/drive/root/search(q='x')", None),
        ("POST", "me/getMemberGroups", {"securityEnabledOnly": False}),
    ],
)
@pytest.mark.parametrize(("number", "is_long"), [(10, False), (2_001, True)])
def test_an_operation_of_a_large_tenant_holds_nobody_up(
    client, method, path, body, number, is_long
):
    seed(client, {"users": [{"id": "u"}], MESSAGES: [{"subject": "a"} for _ in range(number)]})

    assert isinstance(ask(client, method, path, body), Unfinished) is is_long


UNINDEXED = "$filter=importance eq 'high'&$select=subject&$top=20"


def important(number, every):
    """So many messages, of which one in ``every`` matters much."""
    return [
        {"subject": f"{place:04}", "importance": "normal" if place % every else "high"}
        for place in range(number)
    ]


@pytest.mark.parametrize(("every", "is_long"), [(1, False), (45, False), (60, True), (5_000, True)])
def test_a_page_that_is_found_among_a_few_things_is_given_at_once(client, every, is_long):
    seed(client, {"users": [{"id": "u"}], MESSAGES: important(2_001, every)})

    found = ask(client, "GET", MESSAGES, query=UNINDEXED)
    assert isinstance(found, Unfinished) is is_long
    page = [each["subject"] for each in json.loads(b"".join(found))["value"]]
    assert len(page) == min(20, 1 + 2_000 // every)
    assert len({each for each in page if int(each) % every == 0}) == len(page)


def test_a_page_that_is_counted_or_sorted_by_what_no_index_has_holds_nobody_up(client):
    seed(client, {"users": [{"id": "u"}], MESSAGES: important(2_001, 1)})
    for more in ("&$count=true", "&$orderby=bodyPreview"):
        assert isinstance(ask(client, "GET", MESSAGES, query=UNINDEXED + more), Unfinished)


def test_what_was_ignored_is_told_once_where_a_page_was_begun_in_vain(client):
    seed(client, {"users": [{"id": "u", "displayName": f"a{n}"} for n in "u"]})
    seed(client, {"users": [{"displayName": "x"} for _ in range(2_001)]})
    query = "$filter=city eq 'a'&$select="

    assert json.loads(b"".join(ask(client, "GET", "users", query=query)))["value"] == []
    (entry,) = client.get("/_fakegraph/requests?path=/v1.0/users").json["value"]
    assert len(entry["ignored"]) == 1


FILTER = "$filter=contains(subject,'x') and contains(bodyPreview,'y')"


@pytest.mark.parametrize("kind", ["collection", "count"])
@pytest.mark.parametrize(("number", "is_long"), [(10, False), (2_001, True)])
def test_a_scan_of_many_things_holds_nobody_up(client, kind, number, is_long):
    seed(client, {"users": [{"id": "u"}], MESSAGES: [{"subject": "a"} for _ in range(number)]})
    path, query = f"{MESSAGES}{'/$count' if kind == 'count' else ''}", FILTER

    found = ask(client, "GET", path, query=query)
    assert isinstance(found, Unfinished) is is_long


@pytest.mark.parametrize(("number", "is_long"), [(10, False), (2_001, True)])
@pytest.mark.parametrize("behind", ["", "/messages", "/messages/$count"])
def test_what_a_search_folder_finds_holds_nobody_up(client, behind, number, is_long):
    folder = {"@odata.type": "#microsoft.graph.mailSearchFolder", "id": "AQMkAGI2", "displayName": "S"}  # fmt: skip
    folder |= {"sourceFolderIds": ["inbox"], "filterQuery": "contains(subject,'x')"}
    seed(client, {"users": [{"id": "u"}], "users/u/mailFolders": [folder], MESSAGES: [{"subject": "a", "receivedDateTime": "2026-01-01T00:00:00Z"}] * number})  # fmt: skip

    found = ask(client, "GET", f"users/u/mailFolders/AQMkAGI2{behind}")
    assert isinstance(found, Unfinished) is is_long
