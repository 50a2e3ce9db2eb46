"""The command line, as a user runs it: processes, exit codes, streams."""

from __future__ import annotations

import csv
import io
import itertools
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import urllib.request
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from fakegraph import __version__
from fakegraph.generate.sets import GENERATED
from tests.conftest import SET, event

NAME = "userCredentialUsageDetails"


def run(*arguments, cwd, input=None, **environ):
    command = [sys.executable, "-m", "fakegraph", *map(str, arguments)]
    return subprocess.run(
        command, cwd=cwd, env=os.environ | environ, input=input, capture_output=True, text=True, check=False
    )  # fmt: skip


@contextmanager
def serving(*arguments, cwd, stop=signal.SIGTERM, **environ):
    """A served fakegraph and its base URL; stopped as an operator would, and cleanly."""
    command = [sys.executable, "-m", "fakegraph", "serve", "--port", "0", *map(str, arguments)]
    with subprocess.Popen(
        command, cwd=cwd, env=os.environ | environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:  # fmt: skip
        try:
            line = process.stdout.readline()
            assert line.startswith("fakegraph listening on http"), process.stderr.read()
            yield line.split()[-1], process
            process.send_signal(stop)
            out, errors = process.communicate()
            process.errors = errors
            assert process.returncode == 0, errors
            assert out == ""
            assert "Traceback" not in errors
        finally:
            process.kill()


def call(url, method="GET", body=None, token="x"):
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, headers, method=method)
    with urllib.request.urlopen(request) as response:
        content = response.read()
        return json.loads(content) if content.startswith(b"{") else content.decode()


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_serve_answers_and_stops_cleanly(tmp_path, stop):
    ready = tmp_path / "ready.json"
    with serving("--ready-file", ready, cwd=tmp_path, stop=stop) as (url, process):
        assert json.loads(ready.read_text()) == {"url": url, "pid": process.pid, "ca": None}
        assert call(f"{url}{SET}/$count") == "400"
        assert call(f"{url}/_fakegraph/health") == {"status": "ok", "version": __version__}
    assert not ready.exists()
    assert f"GET {SET}/$count 200" in process.errors


def test_serve_ends_in_order_however_often_it_is_told_to(tmp_path):
    command = [sys.executable, "-m", "fakegraph", "serve", "--port", "0", "--ready-file", "ready"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, cwd=tmp_path, text=True, **pipes) as process:
        process.stdout.readline()
        for number in itertools.cycle((signal.SIGTERM, signal.SIGINT)):
            if process.poll() is not None:
                break
            process.send_signal(number)
            with suppress(subprocess.TimeoutExpired):  # Python says so when it is told too often
                process.wait(0.01)
        assert (process.returncode, "Traceback" in process.stderr.read()) == (0, False)
    assert not (tmp_path / "ready").exists()


def test_a_server_that_cannot_start_leaves_another_ones_ready_file(tmp_path):
    with serving("--ready-file", "ready", cwd=tmp_path) as (url, process):
        port = url.rpartition(":")[2]
        done = run("serve", "--port", port, "--ready-file", "ready", cwd=tmp_path)
        assert (done.returncode, "is there already" in done.stderr) == (1, True)
        assert json.loads((tmp_path / "ready").read_text())["pid"] == process.pid
    assert not (tmp_path / "ready").exists()


@pytest.mark.skipif(os.name == "nt", reason="there it is closed otherwise")
def test_serve_answers_although_nobody_reads_its_output(tmp_path):
    command = f"exec {sys.executable} -m fakegraph serve --port 0 --until-eof >&-"
    pipes = {"stdin": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(["sh", "-c", command], cwd=tmp_path, text=True, **pipes) as process:
        said = process.stderr.readline()
        found = re.search(r"(http://\S+)/_fakegraph/ui", said)
        assert found, said
        assert call(f"{found[1]}{SET}/$count") == "400"
        process.stdin.close()
    assert process.returncode == 0


def test_serve_stops_when_standard_input_ends(tmp_path):
    command = [sys.executable, "-m", "fakegraph", "serve", "--port", "0", "--until-eof"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, cwd=tmp_path, text=True, **pipes) as process:
        url = process.stdout.readline().split()[-1]
        process.stdin.write("words\n")
        process.stdin.flush()
        assert call(f"{url}/_fakegraph/health")["status"] == "ok"
        process.stdin.close()
        assert process.wait() == 0


def test_js_prints_the_folder_of_the_npm_package(tmp_path):
    folder = Path(run("js", cwd=tmp_path).stdout.rstrip("\n"))
    package = json.loads((folder / "package.json").read_text())
    assert (package["name"], package["version"]) == ("fakegraph", __version__)
    ci = (Path(__file__).parents[1] / "docs" / "how-to" / "ci.md").read_text()
    assert re.findall(r"actions/start@(\S+)", ci) == [f"v{__version__}"]


def test_records_survive_in_the_data_folder(tmp_path):
    with serving("--data-dir", "data", "--no-fixture", cwd=tmp_path) as (url, _):
        created = call(url + SET, "POST", event(id="a"))
    with serving("--data-dir", "data", cwd=tmp_path) as (url, _):
        kept = call(f"{url}{SET}/a")
        assert kept["eventDateTime"] == created["eventDateTime"]
        assert call(f"{url}{SET}/$count") == "1"


def test_link_to_the_next_page_outlives_a_restart(tmp_path):
    with serving("--data-dir", "data", cwd=tmp_path) as (url, _):
        link = call(f"{url}{SET}?$top=399&$orderby=eventDateTime")["@odata.nextLink"]
    with serving("--data-dir", "data", cwd=tmp_path) as (other, _):
        assert len(call(link.replace(url, other))["value"]) == 1


def test_environment_and_file_configure_it(tmp_path):
    (tmp_path / "fakegraph.toml").write_text("page-size = 3\nlog-format = 'json'\n")
    with serving(cwd=tmp_path, FAKEGRAPH_AUTH="off") as (url, process):
        assert len(call(url + SET)["value"]) == 3
    line = json.loads(process.errors.splitlines()[-1])
    assert (line["method"], line["status"], line["level"]) == ("GET", 200, "info")


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["serve", "--page-size", "x"], 2, "--page-size is 'x': it takes a whole number from 1 to 999"),
        (["serve", "--colour", "x"], 2, "No such option '--colour'"),
        (["serve", "--auth", "lax"], 2, "it takes one of off, bearer"),
        (["serve", "--fixture", "a", "--no-fixture"], 2, "exclude each other"),
        (["serve", "--config", "gone.toml"], 2, "there is no such file"),
        (["serve", "--fixture", "gone"], 1, "no such built-in fixture: contoso"),
        (["serve", "--data-dir", "file.txt"], 1, "file.txt"),
        (["serve", "--host", "256.256.256.256"], 1, "cannot listen on 256.256.256.256"),
        (["serve", "--host", "192.0.2.1"], 1, "give a --host that is an address of this machine"),
        (["serve", "--host", "a..b"], 2, "--host is 'a..b': it takes an address or a name"),
        (["serve", "--host", "x" * 70], 2, "it takes an address or a name"),
        (["health", "--host", "a..b"], 2, "it takes an address or a name"),
        (["serve", "--tls", "--tls-name", "fake_graph"], 2, "no certificate can have 'fake_graph'"),
        (["ca", "--tls", "--tls-name", "x" * 70], 2, "no certificate can have"),
        (["serve", "--port", "0", "--ready-file", "gone/ready.json"], 1, "cannot write the ready file gone/ready.json: No such file"),
        (["serve", "--port", "0", "--ready-file", "file.txt/ready.json"], 1, "cannot write the ready file file.txt/ready.json: Not a directory"),
        (["serve", "--data-dir", "x" * 5000], 1, "File name too long"),
        (["serve", "--fixture", "x" * 5000], 1, "File name too long"),
        (["serve", "--config", "."], 2, "Is a directory"),
        (["ca", "--data-dir", "file.txt"], 1, "no CA can be kept: file.txt/tls cannot be used"),
        (["token", "--data-dir", "file.txt"], 1, "Error: file.txt: File exists"),
        (["token", "--data-dir", "data", "--tenant", "a/b"], 2, "no tenant can have that name"),
        (["token", "--data-dir", "data", "--role", "a\nb"], 2, "--role is 'a\\nb': it takes one permission"),
        (["token", "--data-dir", "data", "--scope", ""], 2, "--scope is '': it takes one permission"),
        (["token", "--data-dir", "data", "--expires-in", "9" * 30], 2, "--expires-in"),
        (["token", "--data-dir", "spoilt"], 1, "it is no RSA key in PEM"),
        (["dance"], 2, "No such command 'dance'"),
        (["generate", "--count", "1", "--seed", "1", "-o", "x.yaml"], 2, "must end in .json, .jsonl or .csv"),
        (["generate", "--count", "1", "--seed", "1", "--set", "userz", "-o", "-"], 2, "there is no entity set 'userz'"),
        (["generate", "--count", "1", "--seed", "1", "--set", "users", "-o", "users.csv"], 2, "users have others inside"),
        (["generate", "--count", "1", "--seed", "1", "--events", "9", "-o", "-"], 2, "--events goes with credentialUserRegistrationDetails and userRegistrationDetails"),
        (["generate", "--count", "1", "--seed", "1", "--until", "x", "-o", "-"], 2, "--until x"),
        (["generate", "--count", "1", "--seed", "1", "-o", "no/such/x.json"], 1, "cannot write no/such/x.json: No such file"),
        (["export", "gone.json"], 1, "gone.json"),
        (["model", "gone.csdl", "-o", "x"], 1, "gone.csdl"),
        (["model", "file.txt", "-o", "x"], 1, "file.txt: it is not well-formed XML"),
        (["model", "file.txt"], 2, "Missing option '-o'"),
        (["export", "file.txt"], 1, "not JSON"),
        (["export", "file.txt", "--set", "userz"], 1, "it is not JSON"),
    ],
)  # fmt: skip
def test_mistake_is_one_clear_line(tmp_path, arguments, code, words):
    (tmp_path / "file.txt").write_text("x")
    (tmp_path / "spoilt" / "identity").mkdir(parents=True)
    (tmp_path / "spoilt" / "identity" / "signing-key.pem").write_text("x")

    done = run(*arguments, cwd=tmp_path)

    assert done.returncode == code, done.stderr
    assert done.stderr.startswith("Error: ")
    assert words in done.stderr
    assert done.stderr.count("\n") == 1
    assert done.stdout == ""


def test_a_start_that_nobody_can_be_told_of_is_one_clear_line(tmp_path):
    with Path("/dev/full").open("wb") as full:
        command = [
            sys.executable,
            "-m",
            "fakegraph",
            "serve",
            "--port",
            "0",
            "--log-level",
            "error",
        ]
        done = subprocess.run(
            command, cwd=tmp_path, stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert done.returncode == 1
    assert done.stderr == "Error: [Errno 28] No space left on device\n"


def test_busy_port_is_one_clear_line(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = run("serve", "--port", port, cwd=tmp_path)
    assert done.returncode == 1
    assert f"cannot listen on 127.0.0.1 port {port}" in done.stderr
    assert "give another --port (0 takes a free one)" in done.stderr
    assert "already:" not in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("options", [(), ("--tls",)])
def test_a_fakegraph_on_the_port_is_named(tmp_path, options):
    with serving(*options, cwd=tmp_path, XDG_CACHE_HOME=str(tmp_path / "cache")) as (url, process):
        port = url.rpartition(":")[2]
        for host, said in (
            ("127.0.0.1", "127.0.0.1"),
            ("0.0.0.0", "127.0.0.1"),
            ("localhost", "localhost"),
        ):
            done = run("serve", "--port", port, "--host", host, cwd=tmp_path)
            assert done.returncode == 1
            there = f"fakegraph {__version__} at {url.replace('127.0.0.1', said)} is there already"
            assert f"{there}: use it, stop it" in done.stderr
            assert done.stderr.count("\n") == 1
        if options:
            process.stdout.readline()


def test_an_address_may_stand_in_brackets(tmp_path):
    ready = tmp_path / "ready.json"
    with serving("--host", "[::1]", "--ready-file", ready, cwd=tmp_path) as (url, _):
        assert url.startswith("http://[::1]:")
        assert call(f"{url}{SET}/$count") == "400"
        port = url.rpartition(":")[2]
        for arguments in (("--host", "::1", "--port", port), ("--ready-file", ready)):
            done = run("health", *arguments, cwd=tmp_path)
            assert done.stdout == f"ok: fakegraph {__version__} at {url}\n"


@pytest.mark.parametrize(
    "environ",
    [
        {"FAKEGRAPH_SERVICE_HOST": "10.0.0.1", "FAKEGRAPH_SERVICE_PORT": "1"},
        {"FAKEGRAPH_PORT": "tcp://10.0.0.1:8365", "FAKEGRAPH_PORT_8365_TCP_PROTO": "tcp"},
        {"FAKEGRAPH_URL": "http://127.0.0.1:1"},
    ],
)
def test_variables_that_others_write_are_passed_over(tmp_path, environ):
    with serving(cwd=tmp_path, **environ) as (url, process):
        port = url.rpartition(":")[2]
        assert run("health", "--port", port, cwd=tmp_path, **environ).returncode == 0
        assert run("ca", "--data-dir", "data", cwd=tmp_path, **environ).returncode == 0
    assert "is no setting" not in process.errors


def test_a_variable_that_has_no_effect_is_told(tmp_path):
    with serving(cwd=tmp_path, FAKEGRAPH_COLOUR="x") as (_, process):
        pass
    assert "WARNING FAKEGRAPH_COLOUR is no setting of fakegraph" in process.errors


@pytest.mark.parametrize("command", ["serve", "health", "ca"])
def test_a_misspelt_variable_is_refused(tmp_path, command):
    done = run(command, cwd=tmp_path, FAKEGRAPH_DATADIR="x")
    assert done.returncode == 2
    assert "did you mean FAKEGRAPH_DATA_DIR?" in done.stderr


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ((), "serves contoso: 400 userCredentialUsageDetails, 60 credentialUserRegistrationDetails, 60 userRegistrationDetails, and the rest is read when it is asked for; whoever sends some bearer token is let in (--auth bearer)"),
        (("--no-fixture", "--auth", "off"), "serves no fixture: no records; nobody is asked for a token (--auth off)"),
        (("--data-dir", "data", "--auth", "strict"), "serves the data folder data: 400 userCredentialUsageDetails, 60 credentialUserRegistrationDetails, 60 userRegistrationDetails, 31 users, "),
    ],
)  # fmt: skip
def test_a_start_says_what_is_served_to_whom(tmp_path, options, words):
    with serving(*options, cwd=tmp_path) as (url, process):
        pass
    (line,) = (line for line in process.errors.splitlines() if "serves" in line)
    assert f"INFO fakegraph {__version__} {words}" in line
    assert f"{url}/_fakegraph/ui" in line


def test_a_data_folder_that_wins_over_the_fixture_says_so(tmp_path):
    (tmp_path / f"{NAME}.json").write_text(json.dumps([event(), event()]))
    others = ("--fixture", f"{NAME}.json")
    with serving("--data-dir", "data", cwd=tmp_path) as (url, process):
        call(url + SET, "POST", event())
        call(f"{url}/_fakegraph/tenants", "POST", {"id": "t1"})
    assert "is not applied" not in process.errors
    with serving("--data-dir", "data", cwd=tmp_path) as (_, process):
        pass
    assert "INFO the data folder data has records already (401 " in process.errors
    with serving("--data-dir", "data", *others, cwd=tmp_path) as (url, process):
        call(f"{url}/_fakegraph/reset", "POST")
        assert call(f"{url}{SET}/$count") == "2"
    (line,) = (line for line in process.errors.splitlines() if "is not applied" in line)
    assert (
        "WARNING the data folder data has records already (401 userCredentialUsageDetails, " in line
    )
    assert (
        ", and 1 more tenants), so the fixture userCredentialUsageDetails.json (2 userCredentialUsageDetails)"
        in line
    )
    with serving("--data-dir", "data", "--no-fixture", cwd=tmp_path) as (_, process):
        pass
    assert "is not applied" not in process.errors


def test_second_server_on_a_folder_is_refused(tmp_path):
    with serving("--data-dir", "data", cwd=tmp_path) as (url, _):
        done = run("serve", "--port", "0", "--data-dir", "data", cwd=tmp_path)
        assert done.returncode == 1
        assert "data" in done.stderr
        assert call(f"{url}{SET}/$count") == "400"


def test_health_asks_the_server_that_the_settings_start(tmp_path):
    ready = tmp_path / "ready.json"
    with serving("--ready-file", ready, cwd=tmp_path) as (url, _):
        port = url.rpartition(":")[2]
        for arguments, environ in (
            (("--port", port), {}),
            (("--ready-file", ready), {}),
            ((), {"FAKEGRAPH_PORT": port, "FAKEGRAPH_HOST": "0.0.0.0"}),
        ):
            done = run("health", *arguments, cwd=tmp_path, **environ)
            assert (done.returncode, done.stdout) == (0, f"ok: fakegraph {__version__} at {url}\n")
    for arguments in (("--port", port), ("--port", "0"), ("--ready-file", ready)):
        done = run("health", *arguments, cwd=tmp_path)
        assert done.returncode == 1
        assert done.stderr.startswith("Error: fakegraph is not up: ")
        assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    "said",
    [
        b"SSH-2.0-x\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]",
        b'HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\n{"status":"ok"}',
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n\xff",
    ],
)
def test_health_knows_another_server(tmp_path, said):
    with socket.create_server(("127.0.0.1", 0)) as other:

        def answer():
            client, _ = other.accept()
            with client:
                client.recv(4096)
                client.sendall(said)

        thread = threading.Thread(target=answer)
        thread.start()
        done = run("health", "--port", other.getsockname()[1], cwd=tmp_path)
        thread.join()
    assert done.returncode == 1
    assert "is no fakegraph" in done.stderr


@pytest.mark.parametrize("text", ["[]", "x", '{"url": 5}', '{"url": "http://[x"}', "\xff"])
def test_health_knows_a_ready_file_from_others(tmp_path, text):
    (tmp_path / "ready.json").write_text(text, encoding="latin-1")
    done = run("health", "--ready-file", "ready.json", cwd=tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith("Error: fakegraph is not up: ")
    assert done.stderr.count("\n") == 1


def test_who_can_be_reached_by_others_is_told(tmp_path):
    command = [sys.executable, "-m", "fakegraph", "serve", "--port", "0", "--host", "0.0.0.0"]
    for options, told in (((), True), (("--control-key", "k"), False)):
        with subprocess.Popen(
            [*command, *options], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as process:  # fmt: skip
            assert process.stdout.readline().startswith("fakegraph listening on http://127.0.0.1:")
            process.terminate()
            assert ("without --control-key" in process.communicate()[1]) is told


def test_check_lists_every_problem(tmp_path):
    (tmp_path / f"{NAME}.json").write_text(
        json.dumps([event(feature="String", isSuccess=1), event()])
    )

    done = run("check", f"{NAME}.json", "contoso", cwd=tmp_path)

    assert done.returncode == 1
    lines = done.stdout.splitlines()
    assert lines[0].startswith(f"{NAME}.json:1: feature: Requested value 'String' was not found.")
    assert lines[1].startswith(f"{NAME}.json:1: isSuccess: ")
    assert f"contoso: 400 good records of {NAME}" in lines


def test_check_is_content_with_good_files(tmp_path):
    assert run("check", "contoso", cwd=tmp_path).returncode == 0


@pytest.mark.parametrize("name", GENERATED)
def test_check_reads_what_generate_writes(tmp_path, name):
    printed = run("generate", "--count", "9", "--seed", "4", "--set", name, "-o", "-", cwd=tmp_path)
    for options in ((), ("--set", name)):
        done = run("check", "-", *options, cwd=tmp_path, input=printed.stdout)
        shown = NAME if name == "userEventsSummary" and not options else name  # they are alike
        assert (done.returncode, done.stdout) == (0, f"-: 9 good records of {shown}\n")


@pytest.mark.parametrize("form", ["json", "jsonl", "csv"])
def test_check_reads_what_export_writes(tmp_path, form):
    with serving("--data-dir", "data", cwd=tmp_path):
        pass
    printed = run("export", "data/default.json", "--format", form, cwd=tmp_path)
    done = run("check", "-", "--format", form, cwd=tmp_path, input=printed.stdout)
    assert (done.returncode, done.stdout) == (0, f"-: 400 good records of {NAME}\n")


@pytest.mark.parametrize(
    ("arguments", "text", "line"),
    [
        (("-",), f"\n{json.dumps(event(feature='x'))}", "-:2: feature: Requested value 'x' was not found."),
        (("-",), "{", "-:1: not JSON: "),
        (("-", "--set", "userRegistrationDetails"), json.dumps(event()), "-:1: @odata.type: "),
        (("-", "--format", "json"), "{}", "-: it must be an array of records"),
        (("-", "--format", "json"), json.dumps([event(id="a")] * 2), "-:2: id: 'a' is the id of another record"),
        (("-", "--format", "csv"), "sep=;\nid;feature\n", "-:1: its first line is for spreadsheets"),
        (("-", "--format", "csv"), "id;feature\na;reset\n", "-:1: semicolons stand between its columns"),
        (("-", "--format", "csv"), "", "-: it is empty"),
    ],
)  # fmt: skip
def test_check_says_what_is_wrong_in_standard_input(tmp_path, arguments, text, line):
    done = run("check", *arguments, cwd=tmp_path, input=text)
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.startswith(line)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("contoso", "--set", NAME), "--set and --format say what standard input has"),
        (("contoso", "--format", "csv"), "--set and --format say what standard input has"),
        (("-", "-"), "standard input can be read once"),
        (("-", "--set", "userz"), "there is no entity set 'userz'"),
        (("-", "--format", "yaml"), "Invalid value for '--format'"),
    ],
)
def test_check_is_asked_for_what_it_cannot_do(tmp_path, arguments, words):
    done = run("check", *arguments, cwd=tmp_path, input="")
    assert (done.returncode, done.stdout) == (2, "")
    assert words in done.stderr


def test_standard_input_is_no_fixture_of_a_server(tmp_path):
    done = run("serve", "--port", "0", "--fixture", "-", cwd=tmp_path, input="")
    assert (done.returncode, done.stdout) == (1, "")
    assert "only fakegraph check reads from standard input" in done.stderr


def test_generate_is_repeatable_and_whole(tmp_path):
    for name in ("one.jsonl", "two.jsonl"):
        assert (
            run("generate", "--count", "50", "--seed", "4", "-o", name, cwd=tmp_path).returncode
            == 0
        )
    printed = run("generate", "--count", "50", "--seed", "4", "-o", "-", cwd=tmp_path)

    one = (tmp_path / "one.jsonl").read_text()
    assert one == (tmp_path / "two.jsonl").read_text() == printed.stdout
    assert one.count("\n") == 50
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one.jsonl", "two.jsonl"]


def test_generated_files_make_a_fixture(tmp_path):
    for name, count in (("userEventsSummary", 40), ("credentialUserRegistrationDetails", 9), ("userRegistrationDetails", 9)):  # fmt: skip
        for form in ("jsonl", "csv"):
            output = tmp_path / form / f"{name}.{form}"
            output.parent.mkdir(exist_ok=True)
            arguments = ("--count", count, "--seed", 4, "--users", 9, "--set", name, "-o", output)
            assert run("generate", *arguments, cwd=tmp_path).returncode == 0
    for form in ("jsonl", "csv"):
        done = run("check", form, cwd=tmp_path)
        assert done.stdout.splitlines() == [
            f"{form}: 9 good records of credentialUserRegistrationDetails",
            f"{form}: 40 good records of userEventsSummary",
            f"{form}: 9 good records of userRegistrationDetails",
        ]


def test_registrations_are_told_from_as_many_events_as_is_said(tmp_path):
    arguments = (
        "generate",
        "--count",
        60,
        "--seed",
        4,
        "--set",
        "userRegistrationDetails",
        "-o",
        "-",
    )
    default, same, more = (
        run(*arguments, *extra, cwd=tmp_path).stdout
        for extra in ((), ("--events", 400), ("--events", 4000))
    )
    assert default == same != more


def test_failed_output_leaves_nothing_behind(tmp_path):
    (tmp_path / "x.json").mkdir()
    done = run("generate", "--count", "5", "--seed", "4", "-o", "x.json", cwd=tmp_path)
    assert done.returncode == 1
    assert [path.name for path in tmp_path.iterdir()] == ["x.json"]


def contents(folder):
    """What is in a folder and those in it."""
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("form", ["json", "jsonl", "csv"])
def test_export_writes_a_fixture_and_leaves_the_file_alone(tmp_path, form):
    with serving("--data-dir", "data", cwd=tmp_path) as (url, _):
        call(url + SET, "POST", event(id="late", userDisplayName="=1+1"))
        before = contents(tmp_path / "data")
        done = run("export", "data/default.json", "--format", form, cwd=tmp_path)
        assert contents(tmp_path / "data") == before
    assert done.returncode == 0
    (tmp_path / f"{NAME}.{form}").write_text(done.stdout, newline="")
    assert (
        run("check", f"{NAME}.{form}", cwd=tmp_path).stdout
        == f"{NAME}.{form}: 401 good records of {NAME}\n"
    )
    view = run("export", "data/default.json", "--set", "userEventsSummary", "--format", form, cwd=tmp_path)  # fmt: skip
    assert view.stdout == done.stdout
    if form == "csv":
        assert list(csv.DictReader(io.StringIO(done.stdout)))[-1]["userDisplayName"] == "=1+1"


def test_export_reads_a_tenants_file_with_its_template(tmp_path):
    with serving("--data-dir", "data", cwd=tmp_path):
        pass
    done = run("export", "data/default.json", cwd=tmp_path)
    assert done.stdout.count("\n") == 400, "all are the template's"

    (tmp_path / "default.json").write_bytes((tmp_path / "data" / "default.json").read_bytes())
    done = run("export", "default.json", cwd=tmp_path)
    assert done.returncode == 1
    assert "default.json: it refers to the template .templates/" in done.stderr
    assert "which is not there: put it back" in done.stderr


def test_reader_that_goes_away_is_no_error(tmp_path):
    script = f"{sys.executable} -m fakegraph generate --count 100000 --seed 1 -o - | head -1"
    done = subprocess.run(
        ["sh", "-c", script], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert json.loads(done.stdout)["id"]
    assert done.stderr == ""


def test_routes_lists_what_is_served(tmp_path):
    done = run("routes", cwd=tmp_path)
    assert f"GET, POST            /beta/reports/{NAME}\n" in done.stdout
    assert f"GET, PATCH, DELETE   /beta/reports/{NAME}/{{id}}\n" in done.stdout
    assert "GET                  /_fakegraph/health\n" in done.stdout
    assert "/_fakegraph[/tenants/<tenant>]/faults\n" in done.stdout


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (
            "/users/x/messages",
            r"GET    /v1\.0/users/\{id\}/messages permitted work Mail\.ReadBasic, .*",
        ),
        ("/v1.0/me/mess*", r"POST   /v1\.0/me/messages +permitted work Mail\.ReadWrite, .*"),
        ("/beta/reports/userC*", rf"PATCH  /beta/reports/{NAME}/\{{id\}} +permitted work Rep.*"),
    ],
)
def test_routes_of_paths_say_what_is_published(tmp_path, path, line):
    done = run("routes", "--path", path, cwd=tmp_path)

    assert (done.returncode, done.stderr) == (0, "")
    assert any(re.fullmatch(line, each) for each in done.stdout.splitlines()), done.stdout


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/nothing*", "Error: no path of v1.0 meets '/nothing*'\n"),
        ("/reports/userCredential*", "Error: no path of v1.0 meets '/reports/userCredential*'\n"),
        ("/nothing/x", "Error: Resource not found for the segment 'nothing'."),
    ],
)
def test_routes_of_paths_that_are_not_there_are_refused_in_a_line(tmp_path, path, words):
    done = run("routes", "--path", path, cwd=tmp_path)

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(words)
    assert done.stderr.count("\n") == 1


CSDL = """<Edmx xmlns="http://docs.oasis-open.org/odata/ns/edmx"><DataServices>
<Schema Namespace="shop" xmlns="http://docs.oasis-open.org/odata/ns/edm"><ComplexType Name="place"/></Schema>
</DataServices></Edmx>"""


def test_model_makes_a_model_file(tmp_path):
    (tmp_path / "shop.csdl").write_text(CSDL)
    done = run("model", "shop.csdl", "-o", "shop.model", cwd=tmp_path)

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert (tmp_path / "shop.model").read_text() == (
        "!fakegraph-model\tformat 1\tnamespace shop\ntype .place\tcomplex\n"
    )
    assert run("model", "shop.csdl", "-o", "-", cwd=tmp_path).stdout.startswith("!fakegraph-model")


@pytest.mark.parametrize(
    "command", ["serve", "generate", "check", "export", "model", "routes", "health"]
)
def test_each_command_explains_itself(tmp_path, command):
    done = run(command, "--help", cwd=tmp_path)
    assert done.returncode == 0
    if command != "routes":
        assert f"  fakegraph {command}" in done.stdout


def test_without_a_command_it_says_what_it_can_do(tmp_path):
    done = run(cwd=tmp_path)
    assert done.returncode == 0
    assert done.stdout.startswith("Usage: fakegraph ")
    assert "fakegraph serve --fixture my-data/" in done.stdout
    assert done.stderr == ""
    assert run("--help", cwd=tmp_path).stdout == done.stdout


@pytest.mark.parametrize(
    ("command", "used"),
    [
        ("health", {"--host", "--port", "--tls", "--tls-cert", "--tls-key", "--ready-file", "--config", "--help"}),
        ("ca", {"--data-dir", "--proxy", "--tls-name", "--pem", "--config", "--help"}),
        ("env", {"--host", "--port", "--tls", "--tls-name", "--data-dir", "--ready-file", "--wait", "--tenant", "--config", "--help"}),
    ],
)  # fmt: skip
def test_help_lists_what_makes_a_difference(tmp_path, command, used):
    done = run(command, "--help", cwd=tmp_path)
    assert set(re.findall(r"^ +(?:-h, )?(--[a-z-]+)", done.stdout, re.MULTILINE)) == used
    assert done.stdout.count("\n") < 30


def test_health_takes_the_options_of_serve(tmp_path):
    options = ("--fixture", "contoso", "--page-size", "5", "--data-dir", "data", "--auth", "off")
    with serving(*options, cwd=tmp_path) as (url, _):
        done = run("health", *options, "--port", url.rpartition(":")[2], cwd=tmp_path)
    assert done.returncode == 0
    assert run("health", "--page-size", "0", cwd=tmp_path).returncode == 2


def test_help_imports_nothing_heavy(tmp_path):
    code = (
        "import sys; from fakegraph import cli\n"
        "try: cli.cli(['--help'])\n"
        "except SystemExit: pass\n"
        "print({'flask','marshmallow','tinydb','orjson','re2'} & set(sys.modules), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr == "set()\n"


def test_version_is_printed(tmp_path):
    assert __version__ in run("--version", cwd=tmp_path).stdout


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """A data folder that a server has written and left."""
    folder = tmp_path_factory.mktemp("written")
    with serving("--data-dir", "data", cwd=folder) as (url, _):
        call(url + SET, "POST", event(id="late"))
    return folder / "data"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("isSuccess", "x"),
        ("isSuccess", 1),
        ("isSuccess", None),
        ("userDisplayName", 5),
        ("userPrincipalName", ["a"]),
        ("feature", {"a": 1}),
        ("failureReason", None),
        ("eventDateTime", True),
    ],
)
def test_a_data_file_with_a_value_of_the_wrong_type_stops_the_start(tmp_path, written, name, value):
    shutil.copytree(written, tmp_path / "data")
    file = tmp_path / "data" / "default.json"
    content = json.loads(file.read_text())
    document, record = next(iter(content[NAME].items()))
    record[name] = value
    file.write_text(json.dumps(content))

    done = run("serve", "--data-dir", "data", "--port", "0", cwd=tmp_path)

    assert done.returncode == 1
    assert done.stderr.startswith("Error: data/default.json: table ")
    assert f"document {document}: {name}: " in done.stderr
    assert done.stderr.count("\n") == 1
    assert json.loads(file.read_text()) == content


def test_a_generated_company_is_served_and_exported(tmp_path):
    """From generate to check, serve, and export of what a data file has of any container."""
    company = tmp_path / "company"
    company.mkdir()
    for name in ("users", "groups"):
        done = run("generate", "--count", 30, "--seed", 7, "--set", name, "-o", company / f"{name}.jsonl", cwd=tmp_path)  # fmt: skip
        assert done.returncode == 0, done.stderr
    checked = run("check", company, cwd=tmp_path)
    assert f"{company}: 30 good records of users" in checked.stdout.splitlines()
    assert checked.returncode == 0
    with serving("--fixture", company, "--data-dir", "data", cwd=tmp_path) as (url, _):
        me = call(f"{url}/v1.0/me")
        call(f"{url}/v1.0/me/messages", "POST", {"subject": "kept"})
    exported = run(
        "export", "data/default.json", "--set", "users", "--format", "json", cwd=tmp_path
    )
    assert exported.returncode == 0, exported.stderr
    assert json.loads(exported.stdout)[0]["id"] == me["id"]
    exported = run("export", "data/default.json", "--set", "user/messages", cwd=tmp_path)
    assert json.loads(exported.stdout)["subject"] == "kept"
    exported = run("export", "data/default.json", "--set", "user/message", cwd=tmp_path)
    assert exported.returncode == 2
    assert "there is no entity set 'user/message': there is userC" in exported.stderr


def test_check_tells_what_is_wrong_in_a_folder_by_path(tmp_path):
    (tmp_path / "users" / "a").mkdir(parents=True)
    bad = tmp_path / "users" / "a" / "messages.jsonl"
    bad.write_text('{"subject": "a"}\n{"importance": "huge"}\n')
    twice = tmp_path / "users.json"
    twice.write_text('[{"id": "a"}, {"id": "a"}]')
    done = run("check", tmp_path, cwd=tmp_path)
    assert done.returncode == 1
    assert done.stdout.startswith(f"{bad}:2: importance: ")
    bad.unlink()
    done = run("check", tmp_path, cwd=tmp_path)
    assert done.stdout == f"{twice}:2: id: The id 'a' is taken.\n"
