"""Bytes of a target that are no ASCII, which our server refuses and others let pass (PEP 3333)."""

from __future__ import annotations

import pytest

from tests.graph.whole.conftest import seed

NAMES = ["Zoë", "日本", "a & b", "O'Neil", "🙂"]


@pytest.fixture(scope="module")
def app():
    from fakegraph.app import close_app, create_app
    from fakegraph.settings import Settings

    app = create_app(Settings(fixture=(), auth="off"))
    seed(
        app.test_client(),
        {"groups": [{"id": f"g{n}", "displayName": each} for n, each in enumerate(NAMES)]},
    )
    yield app
    close_app(app)


def ask(app, path, query, *, raw=True):
    """What a server that decodes nothing hands over; without ``raw``, one that tells less."""
    path, query = (each.encode().decode("latin-1") for each in (path, query))
    environ = {"PATH_INFO": path, "QUERY_STRING": query, "REQUEST_URI": "", "RAW_URI": ""}
    if raw:
        environ["RAW_URI"] = f"{path}?{query}"
    return app.test_client().get("/", environ_overrides=environ)


@pytest.mark.parametrize("raw", [True, False])
@pytest.mark.parametrize(("number", "name"), list(enumerate(NAMES)))
def test_they_mean_in_a_query_what_they_are(app, number, name, raw):
    literal = name.replace("'", "''").replace("&", "%26")
    for condition in (f"displayName eq '{literal}'", f"startswith(displayName,'{literal}')"):
        found = ask(app, "/v1.0/groups", f"$filter={condition}&$select=id", raw=raw)
        assert found.status_code == 200, found.text
        assert [each["id"] for each in found.json["value"]] == [f"g{number}"]


def test_they_stand_in_the_answers_links_percent_encoded(app):
    page = ask(app, "/v1.0/groups", "$filter=displayName in ('Zoë','日本')&$top=1")
    assert page.json["value"][0]["displayName"] == "Zoë"
    link = page.json["@odata.nextLink"]
    assert link.isascii()
    assert [each["displayName"] for each in app.test_client().get(link).json["value"]] == ["日本"]


@pytest.mark.parametrize("raw", [True, False])
def test_they_are_found_in_a_path(app, raw):
    found = ask(app, "/v1.0/groups/Zoë", "", raw=raw)
    assert found.status_code == 400  # no id looks like that
    assert "'Zoë'" in found.json["error"]["message"]
