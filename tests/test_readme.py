"""The README's examples are run, and the lists of the reference compared with what is there."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from fakegraph import pytest_plugin
from fakegraph.control.routes import SERVER_ROUTES, TENANT_ROUTES
from fakegraph.handle import FakeGraph
from fakegraph.settings import Settings
from fakegraph.signin.api import routes as sign_in_routes
from fakegraph.signin.grants import GRANTS
from fakegraph.signin.oauth import ERRORS
from fakegraph.tenants.directory import read_directory
from fakegraph.tenants.faults import PRESETS
from fakegraph.tenants.journal import CRITERIA
from fakegraph.workloads.reports import build_models
from tools import reference
from tools.reference import PAGES as GENERATED

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
README = (ROOT / "README.md").read_text()
CONTROL = (ROOT / "docs" / "reference" / "control.md").read_text()
SERVED = (ROOT / "docs" / "reference" / "served.md").read_text()
HANDLE = (ROOT / "docs" / "reference" / "handle-at-a-glance.md").read_text()
NOTIFICATIONS = (ROOT / "docs" / "reference" / "notifications.md").read_text()
JAVASCRIPT = (ROOT / "docs" / "how-to" / "javascript.md").read_text()
FIXTURES = (ROOT / "docs" / "reference" / "fixture-files.md").read_text()
DEPENDENCIES = (ROOT / "docs" / "explanation" / "dependencies.md").read_text()
MOST_LINES = 150  # of the README
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
ERROR = {"error", "code", "message", "target", "details", "innerError"}  # what any refusal has
DEFAULT_URL = "http://127.0.0.1:8365"


def blocks(language, word, page=README):
    told = re.findall(r"^```(\w+)\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    found = [text for name, text in told if name == language and word in text]
    assert found, f"there is no {language} block with {word}"
    return found


def run_curl(arguments, url):
    """Do what the curl command line says, without curl; only the flags that the README uses."""
    headers, data, method, address = {}, None, None, ""
    words = iter(arguments)
    for word in words:
        if word == "-H":
            name, _, value = next(words).partition(": ")
            headers[name] = value
        elif word == "-d":
            data = next(words).encode()
        elif word == "-X":
            method = next(words)
        elif not word.startswith("-"):
            address = word.replace(DEFAULT_URL, url)
        else:
            assert word == "-s"
    request = urllib.request.Request(address, data, headers, method=method)
    try:
        with urllib.request.urlopen(request) as response:
            return response.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.read().decode()


@pytest.mark.parametrize("text", blocks("console", "curl", SERVED))
def test_calls_print_what_is_printed_here(fakegraph_server, text):
    command, _, printed = text.removeprefix("$ curl ").rpartition("\n{")
    answer = run_curl(shlex.split(command.replace("\\\n", " ")), fakegraph_server.url)

    expected = json.loads("{" + printed)
    got = json.loads(answer.replace(fakegraph_server.url, DEFAULT_URL))
    if "error" in got:
        assert set(got["error"]["innerError"]) == set(expected["error"]["innerError"])
        got["error"]["innerError"] = expected["error"]["innerError"]
    assert list(got) == list(expected)
    assert got == expected


def test_the_first_five_questions_are_answered_as_is_said(fakegraph_server):
    (text,) = blocks("sh", "sharedWithMe")
    settings = text.partition("curl")[0].splitlines()
    lines = [line for line in text.splitlines() if line.startswith("curl")]
    assert len(lines) == 5
    for line in lines:
        command, _, said = line.rpartition("# ")
        words = command.removeprefix("curl")
        script = "\n".join([*settings, f"printf '%s\\n' {words}"])
        done = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True)
        answer = json.loads(run_curl(done.stdout.splitlines(), fakegraph_server.url))
        assert said.strip() in json.dumps(answer["value"], ensure_ascii=False), line


def test_the_readme_is_short():
    assert len(README.splitlines()) <= MOST_LINES


def test_pytest_example_passes(pytester):
    pytester.makepyfile(blocks("python", "def test_")[0])
    pytester.runpytest_subprocess("-q").assert_outcomes(passed=1)


def test_script_example_prints_its_tenant(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(blocks("python", "with FakeGraph", HANDLE)[0])

    done = subprocess.run([sys.executable, script], capture_output=True, text=True, check=True)

    url, rest = done.stdout.split(" ", 1)
    assert url.startswith("http://127.0.0.1:")
    assert int(rest.rsplit(" ", 1)[1]) > 300


def test_fixture_commands_work(tmp_path):
    (commands,) = blocks("sh", "fakegraph generate", FIXTURES)
    for line in commands.splitlines():
        program, *arguments = shlex.split(line)
        assert program == "fakegraph"
        if arguments[0] == "serve":
            arguments += ["--port", "0", "--ready-file", "ready.json"]
            _serve_once(arguments, tmp_path)
            continue
        done = _fakegraph(arguments, tmp_path)
        assert done.returncode == 0, done.stderr
    assert done.stdout.count("\n") == 10_001


def _fakegraph(arguments, folder):
    command = [sys.executable, "-m", "fakegraph", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def _serve_once(arguments, folder):
    command = [sys.executable, "-m", "fakegraph", *arguments]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        assert server.stdout.readline().startswith("fakegraph listening on http://127.0.0.1:")
        server.terminate()
        assert server.wait() == 0


def test_every_served_path_is_listed():
    for model in build_models().values():
        for resource in model.resources:
            assert re.search(rf"`GET /{resource.path}[`(]", SERVED), resource.path


def test_the_first_table_says_what_is_served():
    start = SERVED.split("\n")[:10]
    header, rule, *rows = (line.strip("|").split("|") for line in start if line.startswith("|"))
    versions = [re.findall(r"`(.+?)`", cell)[0] for cell in header[1:]]
    assert rule == [" --- "] * 3
    told = {version: set() for version in versions}
    for row in rows[:-1]:
        (folder,) = re.findall(r"`/(.+?)`", row[0])
        for version, cell in zip(versions, row[1:], strict=True):
            told[version] |= {f"{folder}/{name}" for name in re.findall(r"`(.+?)`", cell)}
    served = {
        version: {resource.path for resource in model.resources}
        for version, model in build_models().items()
    }
    assert told == served
    assert "the rest" in rows[-1][0]
    numbers = (
        f"**{len(served['beta'])} members of `/reports`**, {len(served['v1.0'])} of them on `v1.0`"
    )
    assert numbers in start[2]


def test_nobody_is_sent_to_an_index_that_does_not_have_it():
    for document in DOCUMENTS:
        told = re.findall(r"pip install ([^`&\n]*)", document.read_text())
        assert not [arguments for arguments in told if arguments.strip("'").startswith("fakegraph")]


@pytest.mark.parametrize("name", sorted(PRESETS))
def test_every_preset_is_described(name):
    assert f"`{name}`" in CONTROL


def test_every_control_route_is_described():
    for path in (*SERVER_ROUTES, *TENANT_ROUTES):
        first = path.split("<")[0].rstrip("/")
        assert f"_fakegraph{first}" in CONTROL or f"…{first}" in CONTROL, path


def members(document, schema):
    """The names of an object, and those of the objects in its lists, however deep."""
    schema = reference._resolved(document, schema)
    for name, member in reference._members(document, schema).items():
        yield name
        yield from members(document, reference._resolved(document, member).get("items", {}))


def test_every_name_that_the_control_api_takes_or_gives_is_described(fakegraph_server):
    document = fakegraph_server.control("GET", "/openapi.json")
    code = re.findall(r"```json\n.+?```|`[^`\n]+`", CONTROL + NOTIFICATIONS, re.DOTALL)
    described = set(re.findall(r"[\w-]+", " ".join(code)))
    paths = [each for each in document["paths"] if each.startswith("/_fakegraph/")]
    own = [each for each in paths if not each.endswith(("/seed", "/records/{path}"))]
    spoken = [way for path in own for way in document["paths"][path].values() if "responses" in way]
    assert len(spoken) > 60

    for way in spoken:
        for query in way.get("parameters", ()):
            assert reference._resolved(document, query)["name"] in described, query
        for said in (way.get("requestBody", {}), *way["responses"].values()):
            for content in reference._resolved(document, said).get("content", {}).values():
                names = set(members(document, content.get("schema", {})))
                assert names <= described | ERROR, (way["summary"], names - described)


def test_every_criterion_is_described():
    for name in CRITERIA:
        assert f"`{name}" in CONTROL


def test_every_name_of_the_handle_is_described():
    public = {name for name in vars(FakeGraph) if not name.startswith("_")}
    for name in public - {"control", "journal", "server"}:
        assert f".{name}" in HANDLE, name


def test_every_option_of_the_plugin_is_at_a_glance():
    for name in pytest_plugin._OPTIONS:
        assert f"`--fakegraph-{name}" in HANDLE, name
    for name in pytest_plugin._MARKED:
        assert f"{name}=" in HANDLE, name


def test_every_method_of_the_helper_for_javascript_is_described():
    types = (ROOT / "fakegraph" / "js" / "index.d.cts").read_text()
    tenant = types.partition("export class Tenant {")[2].partition("\n}")[0]
    names = re.findall(r"^  (?:readonly )?(\w+)[(<:?]", tenant, re.MULTILINE)
    assert len(names) > 30

    for name in names:
        assert f".{name}`" in JAVASCRIPT or f".{name}(" in JAVASCRIPT, name


def test_links_between_documents_lead_somewhere():
    for document in DOCUMENTS:
        for link in re.findall(r"\]\(([^)#]+)\)", document.read_text()):
            place = Path(os.path.normpath(document.parent / link))
            made = place.is_relative_to(DOCS) and str(place.relative_to(DOCS)) in GENERATED
            assert link.startswith("https://") or place.exists() or made, link


def prose(document):
    """The lines of a page with their numbers, but for code and tables."""
    in_code = False
    for number, line in enumerate(document.read_text().splitlines(), 1):
        in_code ^= line.lstrip().startswith("```")
        if not in_code and not line.lstrip().startswith("|"):
            yield number, line


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_lines_of_prose_are_short_enough_to_be_read_anywhere(document):
    found = [f"{number}: {line}" for number, line in prose(document) if len(line) > 120]
    assert found == []


def test_every_dependency_has_a_line():
    config = (ROOT / "setup.cfg").read_text()
    required = config.split("install_requires =")[1].split("\n\n")[0]
    for line in required.split("\n")[1:]:
        assert line.split()[0].rstrip(";").casefold() in DEPENDENCIES.casefold()


def test_default_port_is_the_documented_one():
    assert DEFAULT_URL.endswith(f":{Settings().port}")
    assert os.environ.get("FAKEGRAPH_PORT") is None


IDENTITY = (ROOT / "docs" / "reference" / "identity.md").read_text()


@pytest.mark.parametrize("number", sorted(ERRORS))
def test_every_sign_in_error_is_described(number):
    assert re.search(rf"\b{number}\b", IDENTITY)


def test_every_sign_in_endpoint_and_grant_is_described():
    for _, path in sign_in_routes():
        assert path in IDENTITY or f"…{path.removeprefix('/{tenant}')}" in IDENTITY, path
    for grant in GRANTS:
        assert grant in IDENTITY


def test_the_directory_in_the_documentation_is_one():
    (example,) = re.findall(r"^```json\n(.*?)^```$", IDENTITY, re.MULTILINE | re.DOTALL)
    found = read_directory(json.loads(example))
    assert (len(found.apps), len(found.people), len(found.domains)) == (3, 1, 1)
