"""``directory.json``: who may sign in, and everything that can be wrong with it."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from fakegraph.cli import cli
from fakegraph.fixtures.problems import MAX_PROBLEMS, FixtureError
from fakegraph.fixtures.reading import load_directories
from fakegraph.tenants.directory import Directory, read_directory
from tests.conftest import assert_error
from tests.identity.conftest import GRAPH, SignIn, claims_of


def written(folder, value, name="directory.json"):
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(value if isinstance(value, str) else json.dumps(value))
    return str(folder)


def problems(path):
    with pytest.raises(FixtureError) as raised:
        load_directories([path])
    assert len(raised.value.problems) <= MAX_PROBLEMS
    return [str(problem).partition("directory.json: ")[2] for problem in raised.value.problems]


APP = {"id": "a"}
USER = {"userPrincipalName": "a@b.c"}
WRONG = [
    ("x", "not JSON"),
    ([], "A JSON object was expected"),
    ({"colour": 1}, "colour: The property 'colour' does not exist"),
    ({"apps": {}}, "apps: "),
    ({"apps": [{}]}, "apps[0]/id: "),
    ({"apps": [{"id": "a b"}]}, "apps[0]/id: "),
    ({"apps": [{"id": ""}]}, "apps[0]/id: "),
    ({"apps": [APP, APP]}, "apps[1]/id: 'a' is there twice"),
    ({"apps": [{**APP, "secret": "x"}]}, "apps[0]/secret: "),
    ({"apps": [{**APP, "secrets": "x"}]}, "apps[0]/secrets: "),
    ({"apps": [{**APP, "secrets": [""]}]}, "apps[0]/secrets[0]: "),
    ({"apps": [{**APP, "secrets": None}]}, "apps[0]/secrets: "),
    ({"apps": [{**APP, "roles": ["a b"]}]}, "apps[0]/roles[0]: "),
    ({"apps": [{**APP, "scopes": [1]}]}, "apps[0]/scopes[0]: "),
    ({"apps": [{**APP, "redirectUris": ["javascript:x"]}]}, "apps[0]/redirectUris[0]: "),
    ({"apps": [{**APP, "certificates": ["-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----"]}]}, "apps[0]/certificates[0]: "),
    ({"apps": [{**APP, "certificates": ["abc"]}]}, "apps[0]/certificates[0]: "),
    ({"apps": [{**APP, "certificateSubjects": [{"subject": "CN=x", "issuer": "abc"}]}]}, "apps[0]/certificateSubjects[0]/issuer: "),
    ({"apps": [{**APP, "certificateSubjects": [{"subject": "", "issuer": "abc"}]}]}, "apps[0]/certificateSubjects[0]/subject: "),
    ({"apps": [{**APP, "certificateSubjects": [{"subject": "CN=x"}]}]}, "apps[0]/certificateSubjects[0]/issuer: "),
    ({"apps": [{**APP, "public": "yes"}]}, "apps[0]/public: "),
    ({"apps": [{**APP, "public": True, "secrets": ["x"]}]}, "apps[0]/public: a public app has neither"),
    ({"users": [{}]}, "users[0]/userPrincipalName: "),
    ({"users": [{"userPrincipalName": "ada"}]}, "users[0]/userPrincipalName: "),
    ({"users": [USER, {"userPrincipalName": "A@B.C"}]}, "users[1]/userPrincipalName: 'A@B.C' is there twice"),
    ({"users": [{**USER, "id": "1"}, {"userPrincipalName": "d@e.f", "id": "1"}]}, "users[1]/id: "),
    ({"users": [{**USER, "wids": "x"}]}, "users[0]/wids: "),
    ({"domains": {"nodot": "t"}}, "domains: "),
    ({"domains": {"a.b": "no tenant"}}, "domains: "),
]  # fmt: skip


@pytest.mark.parametrize(("value", "words"), WRONG)
def test_a_directory_that_is_wrong_is_refused(tmp_path, value, words):
    path = written(tmp_path, value)
    assert problems(path)[0].startswith(words)
    done = CliRunner().invoke(cli, ["check", path])
    assert done.exit_code == 1
    assert f"directory.json: {words}" in done.output


def test_every_problem_is_listed_and_no_secret_shown(tmp_path):
    wrong = {"apps": [{"id": "a b", "secrets": ["x" * 1001]}], "users": [{"password": 5}]}
    found = problems(written(tmp_path, wrong))
    assert len(found) == 4
    assert "xxx" not in "".join(found)


def test_a_server_does_not_start_on_a_wrong_one(tmp_path, make_client):
    with pytest.raises(FixtureError, match="apps"):
        make_client(fixture=(written(tmp_path, {"apps": 1}),))


def test_two_fixtures_do_not_list_the_same(tmp_path):
    one, two = tmp_path / "one", tmp_path / "two"
    written(one, {"apps": [APP], "domains": {"a.b": "t"}})
    written(two, {"apps": [APP], "users": [USER]})
    with pytest.raises(FixtureError, match="another of the fixtures has 'a' too"):
        load_directories([str(one), str(two)])
    written(two, {"apps": [{"id": "b"}], "users": [USER]})
    both = load_directories([str(one), str(two)])
    assert (set(both.apps), set(both.people), set(both.domains)) == ({"a", "b"}, {"a@b.c"}, {"a.b"})


def test_nothing_in_it_is_a_directory_too():
    assert read_directory({}) == Directory()


def test_the_built_in_one_lets_its_users_in(contoso):
    entra = SignIn(contoso)
    contoso.post("/_fakegraph/reset")
    found = entra.token(
        "password",
        client_id="c0a70500-0000-4000-8000-000000000003",
        username="ada.abara001@contoso.onmicrosoft.com",
        password="contoso-ada-password",
        scope=GRAPH,
    )
    assert claims_of(found["access_token"])["scp"] == "Reports.Read.All User.Read"
    done = CliRunner().invoke(cli, ["check", "contoso"])
    assert "contoso: a good directory of 12 apps and 3 users" in done.output


def test_a_tenant_has_the_directory_of_its_fixture(tmp_path, make_client):
    entra = SignIn(
        make_client(fixture=("contoso",), fixtures_from=(tmp_path,), strict_directory=True)
    )
    path = written(tmp_path, {"apps": [{"id": "only", "secrets": ["x"]}]})
    name = entra.tenant(fixture=path)
    sent = {"client_secret": "x", "scope": GRAPH}
    assert entra.token("client_credentials", name, client_id="only", **sent)
    entra.refused(700016, "client_credentials", client_id="only", **sent)
    entra.control("POST", f"/tenants/{name}/reset")
    assert entra.token("client_credentials", name, client_id="only", **sent)
    (tmp_path / "directory.json").write_text("{")
    answer = entra.client.post("/_fakegraph/tenants", json={"fixture": path})
    assert_error(answer, 400, "BadRequest", "not JSON")
