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


def test_names_are_one_in_each_place(client, notebook):
    taken = client.post("/v1.0/me/onenote/notebooks", json={"displayName": "notes"})
    assert_error(taken, 409, "20117", "already exists")
    bad = client.post("/v1.0/me/onenote/notebooks", json={"displayName": "a/b"})
    assert_error(bad, 400, "20153", "invalid characters")


def test_what_is_not_there_is_said_in_numbers(client):
    missing = client.get("/v1.0/me/onenote/notebooks/1-x")

    assert_error(missing, 404, "20102", "does not exist")
