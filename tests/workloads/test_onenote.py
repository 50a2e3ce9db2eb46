"""OneNote's declarations."""

from __future__ import annotations

import pytest

from tests.conftest import assert_error
from tests.graph.whole.conftest import listed, make, seed


@pytest.fixture
def notebook(client):
    """A notebook."""
    return make(client, "me/onenote/notebooks", {"displayName": "Notes"})


def test_sections_are_seen_in_what_they_are_in(client, notebook):
    path = f"me/onenote/notebooks/{notebook['id']}"
    section = make(client, f"{path}/sections", {"displayName": "Work"})
    group = make(client, f"{path}/sectionGroups", {"displayName": "More"})
    inner = make(client, f"me/onenote/sectionGroups/{group['id']}/sections", {"displayName": "In"})

    assert [each["id"] for each in listed(client, f"{path}/sections")] == [section["id"]]
    there = listed(client, f"me/onenote/sectionGroups/{group['id']}/sections")
    assert [each["id"] for each in there] == [inner["id"]]
    everything = listed(client, "me/onenote/sections")
    assert {each["id"] for each in everything} == {section["id"], inner["id"]}


def test_what_is_in_something_says_in_what(client, notebook):
    path = f"me/onenote/notebooks/{notebook['id']}"
    group = make(client, f"{path}/sectionGroups", {"displayName": "More"})
    inner = make(client, f"me/onenote/sectionGroups/{group['id']}/sections", {"displayName": "In"})

    there = f"/v1.0/me/onenote/sections/{inner['id']}"
    found = client.get(f"{there}?$expand=parentNotebook,parentSectionGroup").json
    assert found["parentNotebook"]["id"] == notebook["id"]
    assert found["parentSectionGroup"]["id"] == group["id"]


def test_pages_are_seen_in_their_section(client, notebook):
    path = f"me/onenote/notebooks/{notebook['id']}/sections"
    section = make(client, path, {"displayName": "Work"})
    seed(client, {f"me/onenote/sections/{section['id']}/pages": [{"title": "One"}]})
    seed(client, {"me/onenote/pages": [{"title": "Two"}]})

    there = listed(client, f"me/onenote/sections/{section['id']}/pages")
    assert [each["title"] for each in there] == ["One"]
    assert {each["title"] for each in listed(client, "me/onenote/pages")} == {"One", "Two"}


def test_a_page_is_made_of_html(client, notebook):
    path = f"me/onenote/notebooks/{notebook['id']}/sections"
    section = make(client, path, {"displayName": "Work"})
    html = (
        "<html><head><title>One\n page</title>"
        '<meta name="created" content="2026-11-25T08:00:00Z"/></head><body>Hi</body></html>'
    )
    pages = f"/v1.0/me/onenote/sections/{section['id']}/pages"

    response = client.post(pages, data=html, headers={"Content-Type": "text/html"})

    assert response.status_code == 201, response.text
    page = response.json
    assert (page["title"], page["createdDateTime"]) == ("One page", "2026-11-25T08:00:00Z")
    content = client.get(f"/v1.0/me/onenote/pages/{page['id']}/content")
    assert (content.text, content.mimetype) == (html, "text/html")
    assert [each["id"] for each in listed(client, pages.removeprefix("/v1.0/"))] == [page["id"]]


def test_names_are_one_in_each_place(client, notebook):
    taken = client.post("/v1.0/me/onenote/notebooks", json={"displayName": "notes"})
    assert_error(taken, 409, "20117", "already exists")
    bad = client.post("/v1.0/me/onenote/notebooks", json={"displayName": "a/b"})
    assert_error(bad, 400, "20153", "invalid characters")


def test_what_is_not_there_is_said_in_numbers(client):
    missing = client.get("/v1.0/me/onenote/notebooks/1-x")

    assert_error(missing, 404, "20102", "does not exist")


def test_the_commands_that_change_a_page_are_not_taken_for_its_bytes(client):
    seed(client, {"me/onenote/pages": [{"id": "p", "title": "A"}]})
    commands = [{"target": "body", "action": "append", "content": "<p>more</p>"}]

    response = client.patch("/v1.0/me/onenote/pages/p/content", json=commands)

    assert_error(response, 501, "NotImplemented", "PATCH")
