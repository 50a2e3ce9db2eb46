"""A tenant is written out as a fixture, and is the same again from it."""

from __future__ import annotations

import json
from base64 import b64encode

import pytest
import requests
from click.testing import CliRunner

from fakegraph import FakeGraph
from fakegraph.app import control_of, create_app, tenants_of
from fakegraph.cli import cli
from fakegraph.graph.whole.stored import Things
from fakegraph.settings import Settings
from tests.sweep.conftest import WHOLE
from tests.sweep.places import parents
from tests.sweep.test_filled import first_places

ADA, BOB = "ada.lovelace@contoso.com", "bob@contoso.com"
PNG = bytes.fromhex("89504e470d0a1a0a0000000d494844520000000100000001080600000001f15c48")


def run(*arguments, check=True):
    done = CliRunner().invoke(cli, list(map(str, arguments)), prog_name="fakegraph")
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    assert not check or done.exit_code == 0, done.output
    return done


def ask(method, graph, path):
    return requests.request(method, f"{graph.v1}/{path}", headers=graph.headers, timeout=60)


def get(graph, path):
    return ask("GET", graph, path)


def files(folder):
    found = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(found)}


def fill(graph):
    """A tenant with some of everything."""
    graph.create("users", displayName="Ada Lovelace", manager=BOB)
    graph.create("groups", displayName="Sales", members=[ADA], owners=[BOB])
    graph.create(f"users/{ADA}/mailFolders", id="inbox", displayName="In")
    graph.create(f"users/{ADA}/mailFolders/inbox/messages", subject="Ä's ☃", to=BOB, body="Hi")
    kind = "#microsoft.graph.fileAttachment"
    attached = {"@odata.type": kind, "name": "a.png", "contentBytes": b64encode(PNG).decode()}
    graph.seed({f"users/{ADA}/messages": [{"subject": "With", "attachments": [attached]}]})
    calendar = graph.create(f"users/{ADA}/calendars", name="Travel")
    graph.create(f"users/{ADA}/calendars/{calendar['id']}/events", subject="Trip")
    contents = {"contentBytes": b64encode(PNG).decode(), "contentType": "image/png"}
    graph.seed({f"users/{ADA}/drive/root:/Pictures/a.png": {"content": contents}})
    graph.seed({f"users/{ADA}/drive/root:/b.txt": {"content": "Text"}})
    graph.create("teams", displayName="Team")
    group = graph.create("groups", groupTypes=["Unified"], mailEnabled=True)["id"]
    graph.create(f"groups/{group}/calendar/events", subject="Of all")
    graph.create("directory/administrativeUnits", displayName="Unit")
    graph.build("userCredentialUsageDetails", 3)


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    with FakeGraph(fixture=None, data_dir=folder) as graph:
        fill(graph)
        yield graph, folder


def test_a_tenant_is_the_same_again_from_what_is_exported(filled, tmp_path):
    graph, data = filled
    run("export", data, "--tenant", graph.id, "-o", tmp_path / "one")
    first = files(tmp_path / "one")
    assert {"users.jsonl", "groups.jsonl", "directory/administrativeUnits.jsonl"} <= first.keys()
    assert b"Microsoft Graph" not in first.get("servicePrincipals.jsonl", b"")
    run("check", tmp_path / "one")
    with FakeGraph(graph.server, fixture=tmp_path / "one") as again:
        run("export", "--url", again.server.url, "--tenant", again.id, "-o", tmp_path / "two")
        inbox = get(again, f"users/{ADA}/mailFolders/inbox/messages").json()
        assert [each["subject"] for each in inbox["value"]] == ["Ä's ☃"]
        picture = get(again, f"users/{ADA}/drive/root:/Pictures/a.png:/content")
        assert picture.content == PNG
        group = next(each for each in again.records("groups") if each["mailEnabled"])["id"]
        (event,) = get(again, f"groups/{group}/events").json()["value"]
        assert event["subject"] == "Of all"
        events = get(again, f"users/{ADA}/calendar/events").json()["value"]
        assert events == []
    assert files(tmp_path / "two") == first


def test_paths_are_exported_alone(filled, tmp_path):
    graph, data = filled
    run(
        *("export", data, "--tenant", graph.id, "-o", tmp_path / "part"),
        *("--path", f"users/{ADA}", "--path", "userCredentialUsageDetails"),
    )
    found = files(tmp_path / "part")
    assert found.keys() - {"@rest.jsonl"} == {
        f"users/{ADA}.json",
        "userCredentialUsageDetails.jsonl",
    }
    assert json.loads(found[f"users/{ADA}.json"])["displayName"] == "Ada Lovelace"
    run("check", tmp_path / "part")
    inbox = f"users/{ADA}/mailFolders/inbox/messages"
    run("export", data, "--tenant", graph.id, "-o", tmp_path / "inbox", "--path", inbox)
    assert files(tmp_path / "inbox").keys() == {f"{inbox}.jsonl"}
    run("check", tmp_path / "inbox")


def test_a_running_server_says_what_it_has_as_a_seed_takes_it(filled):
    graph, _ = filled
    told = graph.control("GET", "/export")
    with FakeGraph(graph.server, fixture=None) as other:
        other.seed(told)
        assert other.control("GET", "/export") == told
        users = graph.control("GET", f"/export?path=users/{ADA}/manager")
        assert users[f"users/{ADA}/manager"]["userPrincipalName"] == BOB


def test_the_url_of_a_tenant_is_of_that_tenant(filled, tmp_path):
    graph, _ = filled
    base = f"{graph.server.url}/tenants/{graph.id}"
    for number, url in enumerate((base, f"{base}/", f"{base}/v1.0")):
        run("export", "--url", url, "--path", "users", "-o", tmp_path / str(number))
        assert ADA.encode() in files(tmp_path / str(number))["users.jsonl"]


def test_contoso_is_the_same_again(filled):
    graph, _ = filled
    with FakeGraph(graph.server, fixture="contoso@fixed") as one:
        one.records("users/ada.abara001@contoso.onmicrosoft.com")
        told = one.control("GET", "/export")
        with FakeGraph(graph.server, fixture=None) as two:
            two.seed(told)
            assert two.control("GET", "/export") == told


def test_what_was_deleted_can_be_restored_after_it(filled):
    graph, _ = filled
    with FakeGraph(graph.server, fixture=None) as one, FakeGraph(graph.server, fixture=None) as two:
        ada = one.create("users", displayName="Ada Lovelace", manager=BOB)
        one.create(f"users/{ADA}/mailFolders", id="inbox", displayName="In")
        one.create(f"users/{ADA}/mailFolders/inbox/messages", subject="Late", to=BOB, body="Hi")
        one.create(f"users/{ADA}/contacts", displayName="Rosa")
        one.seed({f"users/{ADA}/drive/root:/Papers/b.txt": {"content": "Text"}})
        assert ask("DELETE", one, f"users/{ada['id']}").status_code == 204
        told = one.control("GET", "/export")
        two.seed(told)
        assert two.control("GET", "/export") == told
        assert [each["displayName"] for each in two.records("users")] == ["Bob"]
        path = f"directory/deletedItems/{ada['id']}/restore"
        assert ask("POST", two, path).status_code == 200
        assert ADA in {each["userPrincipalName"] for each in two.records("users")}
        for path, name, value in (
            (f"users/{ADA}/mailFolders/inbox/messages", "subject", "Late"),
            (f"users/{ADA}/contacts", "displayName", "Rosa"),
            (f"users/{ADA}/drive/root:/Papers:/children", "name", "b.txt"),
        ):
            (found,) = get(two, path).json()["value"]
            assert found[name] == value
        contents = get(two, f"users/{ADA}/drive/root:/Papers/b.txt:/content")
        assert contents.text == "Text"


@pytest.mark.parametrize("holder", ["users", "groups", "sites"])
def test_what_is_known_of_files_is_told_whoever_has_the_library(filled, holder):
    graph, _ = filled
    body = {"groups": {"groupTypes": ["Unified"], "mailEnabled": True}}.get(holder, {})
    with FakeGraph(graph.server, fixture=None) as one, FakeGraph(graph.server, fixture=None) as two:
        drive = f"{holder}/{one.create(holder, displayName='Some', **body)['id']}/drive"
        for name in ("a.txt", "b.txt"):
            one.seed({f"{drive}/root:/Papers/{name}": {"content": "Text"}})
        fields = "root:/Papers/b.txt:/listItem/fields"
        column = {"name": "Color", "text": {}}
        made = requests.post(f"{one.v1}/{drive}/list/columns", json=column, headers=one.headers)
        assert made.status_code == 201, made.text
        said = {"Color": "red", "Title": "B"}
        answer = requests.patch(f"{one.v1}/{drive}/{fields}", json=said, headers=one.headers)
        assert answer.status_code == 200, answer.text
        told = one.control("GET", "/export")
        two.seed(told)
        assert two.control("GET", "/export") == told
        found = get(two, f"{drive}/{fields}").json()
        assert said.items() <= found.items()
        more = requests.put(
            f"{two.v1}/{drive}/root:/c.txt:/content", data=b"c", headers=two.headers
        )
        assert more.status_code == 201, more.text
        numbers = get(two, f"{drive}/list/items").json()["value"]
        assert len({each["id"] for each in numbers}) == 4


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "give a data folder or file"),
        (["data", "--url", "http://127.0.0.1:1"], "give a data folder or file"),
        (["data", "--path", "users"], "a fixture is a folder"),
        (["data", "--tenant", "../x", "-o", "out"], "no tenant is called"),
        (["data", "--format", "csv", "-o", "out"], "give --set too"),
        (["--url", "http://127.0.0.1:1", "-o", "out"], "nothing answers at"),
        (["--url", "ftp://a", "-o", "out"], "is no URL of a server"),
        (["--url", "http://127.0.0.1:1/banana", "-o", "out"], "or of one of its tenants"),
        (["--url", "http://127.0.0.1:1/v1.0", "-o", "out"], "or of one of its tenants"),
        (["--url", "http://127.0.0.1:1/tenants/a/users", "-o", "out"], "or of one of its tenants"),
        (["--url", "http://127.0.0.1:1?x=y", "-o", "out"], "or of one of its tenants"),
        (["--url", "http://[::1", "-o", "out"], "is no URL"),
        (
            ["--url", "http://127.0.0.1:1/tenants/a", "--tenant", "b", "-o", "out"],
            "is of the tenant",
        ),
        (["missing", "-o", "out"], "missing"),
        (["data", "-o", "out"], "data is no data folder: there is no default.json in it"),
        (["data", "--set", "users", "-o", "out.jsonl"], "data is no data folder"),
    ],
)
def test_what_cannot_be_exported_is_a_line(arguments, words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").mkdir()
    done = run("export", *arguments, check=False)
    assert done.exit_code
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out").exists()


def test_a_tenant_that_a_data_folder_does_not_have_is_said(filled, tmp_path):
    done = run("export", filled[1], "--tenant", "nobody", "-o", tmp_path / "out", check=False)
    assert "has no such tenant: there is no nobody.json in it" in done.stderr


def test_a_folder_that_has_something_is_left_alone(filled, tmp_path):
    graph, data = filled
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "mine.txt").write_text("mine")
    for output in (tmp_path / "there", tmp_path / "link"):
        if output.name == "link":
            output.symlink_to(tmp_path / "elsewhere")
        done = run("export", data, "--tenant", graph.id, "-o", output, check=False)
        assert "is there already" in done.stderr
    assert files(tmp_path) == {"there/mine.txt": b"mine"}


# Things of these types are made by the sweep among owners alone, where no record can put them.
NOWHERE = "/applications/{id}/owners"


def test_every_type_is_the_same_again():
    app = create_app(Settings(fixture=(), auth="off"))
    client, control, tenants = app.test_client(), control_of(app), tenants_of(app)
    things = Things(control.published)

    def told(name):
        tenant = tenants.named(name)
        sets = control.seeds.entity_sets
        found = {
            path: list(records) if many else next(records, {})
            for path, records, many in things.exported(tenant, tenant.store, sets)
        }
        return json.dumps(found)

    wrong, count = {}, 0
    for place in list(first_places())[:: 1 if WHOLE else 12]:
        if place.template == NOWHERE:
            continue
        for name in ("one", "two"):
            client.delete(f"/_fakegraph/tenants/{name}")
            client.post("/_fakegraph/tenants", json={"id": name, "fixture": []})
        said = {} if place.type is place.declared else {"@odata.type": f"#{place.type.name}"}
        client.post("/_fakegraph/tenants/one/seed", json=dict(parents(place.template)))
        client.post(f"/_fakegraph/tenants/one/records{place.path}", json=said)
        first = told("one")
        loaded = client.post("/_fakegraph/tenants/two/seed", json=json.loads(first))
        count += 1
        if loaded.status_code != 200:
            wrong[str(place)] = loaded.text
        elif told("two") != first:
            wrong[str(place)] = "another one"
    assert wrong == {}
    assert count > (400 if WHOLE else 30)
