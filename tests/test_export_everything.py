"""A tenant that was changed in many ways is written out and read again: all that its store holds is
the same, and not only what requests show.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from fakegraph.app import control_of, create_app, tenants_of
from fakegraph.cli import cli
from fakegraph.cli.folders import write_fixture
from fakegraph.graph.whole.stored import Things
from fakegraph.settings import Settings
from fakegraph.store import Store
from tests.contoso_changes import Changes

# What names a row by its key, which is another one in each store.
KEYED = {"@sent": "@message", "@sessions": "at"}


class Everything:
    """All that a store holds, by containers and ids."""

    def __init__(self, things: Things, store: Store) -> None:
        self._things = things
        tables = {name: list(entries) for name, entries in store.every()}
        self._rows = {
            row.key: (name, row)
            for name, rows in tables.items()
            if not name.startswith("links:")
            for row in rows
        }
        self.rows = {self.name(key): self.said(key) for key in self._rows}
        assert len(self.rows) == len(self._rows)
        self.links: dict[Any, list[Any]] = {}
        self.order: dict[Any, list[Any]] = {}
        for name, entries in tables.items():
            for each in entries:
                if name.startswith("links:"):
                    at = name, self.name(each.source)
                    self.links.setdefault(at, []).append((self.name(each.target), each.root > 0))
                elif not each.root and name[0] != "@" and name != "provided":
                    at = name, self.name(each.owner)
                    self.order.setdefault(at, []).append(self.name(each.key))

    def name(self, key: int) -> tuple[str, ...]:
        if key not in self._rows:
            return ()
        name, row = self._rows[key]
        id_ = row.record[self._things.world.layout(name).keys[0].name]
        return (*self.name(row.owner), f"{'gone ' if row.root else ''}{name}", id_)

    def said(self, key: int) -> tuple[str, tuple[str, ...]]:
        name, row = self._rows[key]
        record = dict(row.record)
        if name in KEYED:
            record[KEYED[name]] = self.name(record[KEYED[name]])
        return json.dumps(record, sort_keys=True), self.name(row.root)


def write(told: Mapping[str, Any], folder: Any) -> None:
    folder.mkdir()
    many = {path: isinstance(found, list) for path, found in told.items()}
    write_fixture(
        folder, ((each, told[each] if many[each] else [told[each]], many[each]) for each in told)
    )


@pytest.fixture(scope="module")
def changed() -> tuple[Any, Any, Any]:
    app = create_app(Settings(fixture=("contoso@fixed",), auth="off"))
    client = app.test_client()
    assert client.post("/_fakegraph/tenants", json={"id": "one"}).status_code == 201
    Changes(client, "/tenants/one").all()
    return app, client, client.get("/_fakegraph/tenants/one/export").get_json()


def test_everything_is_the_same_again(changed, tmp_path):
    app, _, told = changed
    write(told, tmp_path / "out")
    done = CliRunner().invoke(cli, ["check", str(tmp_path / "out")])
    assert done.exit_code == 0, done.output
    assert "good records of @rest" in done.output
    again = create_app(Settings(fixture=(str(tmp_path / "out"),), auth="off"))
    assert again.test_client().get("/v1.0/users?$top=1").status_code == 200
    things = Things(control_of(app).published)
    first = Everything(things, tenants_of(app).named("one").store)
    second = Everything(things, tenants_of(again).named("default").store)
    assert {name for name in first.rows if second.rows.get(name) != first.rows[name]} == set()
    ours = {("provided", "organization")}  # each load notes that it was said
    assert second.rows.keys() - first.rows.keys() <= ours
    assert first.links == second.links
    assert first.order == second.order
    twice = again.test_client().get("/_fakegraph/tenants/default/export").get_json()
    assert {path for path in told if twice.get(path) != told[path]} == set()
    assert twice.keys() == told.keys()
    kinds = {line["row"][-2] for line in told["@rest"] if "row" in line}
    kept = {"list/columns", "listItem/versions", "~drive/items", "@sent", "@blobs", "@activities"}
    kept |= {"~chats"}
    assert kept <= kinds


@pytest.mark.parametrize("path", ["groups", "me/todo", "sites", "users/{ada}"])
def test_parts_are_the_same_again(changed, path):
    _, client, told = changed
    ada = next(each["id"] for each in told["users"] if each["displayName"] == "Ada Abara")
    path = path.replace("{ada}", ada).replace("me/", f"users/{ada}/")
    part = client.get(f"/_fakegraph/tenants/one/export?path={path}").get_json()
    client.delete("/_fakegraph/tenants/part")
    assert client.post("/_fakegraph/tenants", json={"id": "part", "fixture": []}).status_code == 201
    loaded = client.post("/_fakegraph/tenants/part/seed", json=part)
    assert loaded.status_code == 200, loaded.text
    assert client.get(f"/_fakegraph/tenants/part/export?path={path}").get_json() == part


def test_a_line_is_put_down_as_it_is_documented(changed):
    _, client, _ = changed
    client.post("/_fakegraph/tenants", json={"id": "line", "fixture": []})
    page = (Path(__file__).parents[1] / "docs/reference/fixture-files.md").read_text()
    line = json.loads(next(each for each in page.splitlines() if each.startswith('{"row"')))
    user = {**USER, "id": line["row"][1]}
    seed = {"users": [user], "@rest": [line]}
    assert client.post("/_fakegraph/tenants/line/seed", json=seed).status_code == 200
    found = client.get(f"/tenants/line/v1.0/users/{user['id']}/messages/AAMk1")
    assert found.get_json()["id"] == "AAMk1"


ROW = ["users", "a", "user/messages", "m"]
USER = {"id": "a", "userPrincipalName": "a@contoso.com", "displayName": "A"}


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (3, "A line has"),
        ({"row": ROW}, "A line has"),
        ({"row": ["users"], "is": {}}, "lead to a thing"),
        ({"row": ["users", "a", "banana", "m"], "is": {"id": "m"}}, "lead to a thing"),
        ({"row": ["users", "a\n"], "is": {"id": "a\n"}}, "lead to a thing"),
        ({"row": ["users", "a"] * 200, "is": USER}, "lead to a thing"),
        ({"row": ["@banana", "a"], "is": {"id": "a"}}, "lead to a thing"),
        ({"row": ["_changes", "a"], "is": {"id": "a"}}, "lead to a thing"),
        ({"row": ROW, "is": {"id": "other"}}, "with the id that the line names"),
        ({"row": ROW, "is": {"id": "m", "subject": 3}}, "subject"),
        ({"row": ROW, "is": {"id": "m", "banana": 3}}, "banana"),
        ({"row": ROW, "is": {"id": "m", "@owner": "users/1"}}, "@owner"),
        ({"row": ROW, "is": {"id": "m", "@bytes": {"content": "é"}}}, "base64"),
        ({"row": ROW, "is": {"id": "m"}, "deleted": ROW}, "What was deleted"),
        ({"row": ["~users", "a"], "is": USER}, "What was deleted"),
        ({"row": ["~users", "a"], "is": USER, "deleted": ["~users", "b"]}, "contains it"),
        ({"row": ["users", "x", *ROW[2:]], "is": {"id": "m"}}, "There is no"),
        ({"row": ["@totals", "t"], "is": {"id": "t", "size": "x"}}, "size"),
        ({"row": ["@sent", "t"], "is": {"id": "t"}}, "it is missing"),
        ({"place": "banana", "of": [], "keeps": []}, "no container"),
        ({"place": "users", "of": [], "keeps": [3]}, "has ids"),
        ({"place": "users", "of": [], "order": ["a", "a"]}, "each once"),
        ({"place": "users", "of": [], "order": ["x"]}, "There is no"),
        ({"links": "user/banana", "of": ["users", "a"], "to": []}, "linked by"),
        ({"links": "user/manager", "of": ["users", "a"], "to": [["users", "x"]]}, "There is no"),
        ({"links": "user/manager", "of": ["users", "a"], "to": "x"}, "lead to a thing"),
        ({"unmade": "users", "records": [3]}, "ids of records"),
        ({"begun": 1}, "It is true"),
    ],
)
def test_what_no_line_says_is_refused(changed, line, words):
    _, client, _ = changed
    client.delete("/_fakegraph/tenants/bad")
    client.post("/_fakegraph/tenants", json={"id": "bad", "fixture": []})
    seed = {"users": [USER], "@rest": [{"begun": True}, line]}
    answer = client.post("/_fakegraph/tenants/bad/seed", json=seed)
    assert answer.status_code in (400, 409), answer.text
    problems = answer.get_json()["error"]["details"]
    assert any(words in each["message"] for each in problems), problems
    assert all(each["target"].startswith("@rest[2]") for each in problems)
    assert client.get("/_fakegraph/tenants/bad/records/users").get_json() == {"value": []}
