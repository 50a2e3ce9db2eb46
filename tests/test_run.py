"""``fakegraph run`` and ``fakegraph env``: programs that ask Graph by its own name, unchanged."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fakegraph.tenants.guids import guid_of_name
from tests.ports import ReservedPort

RUN = (sys.executable, "-m", "fakegraph", "run")
ASK = """
import json, sys, urllib.error, urllib.request
for target in sys.argv[1:]:
    request = urllib.request.Request(target, headers={"Authorization": "Bearer x"})
    try:
        with urllib.request.urlopen(request) as answer:
            print(answer.status, len(json.load(answer).get("value", ())))
    except (urllib.error.HTTPError, OSError) as error:
        print(error)
"""
CONTOSO = "c0a70500-0000-4000-8000-0000000000ff"
TENANT = """
import json, os, urllib.request
url = f"https://login.microsoftonline.com/{os.environ['AZURE_TENANT_ID']}/v2.0"
with urllib.request.urlopen(f"{url}/.well-known/openid-configuration") as answer:
    print(os.environ["AZURE_TENANT_ID"], json.load(answer)["issuer"] == url)
"""
UNMODIFIED = (Path(__file__).parents[1] / "docs" / "how-to" / "unmodified.md").read_text()
USERS = "https://graph.microsoft.com/v1.0/users?$top=3"
METADATA = "https://login.microsoftonline.com/common/v2.0/.well-known/openid-configuration"


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)


def run(*options: str, of: tuple[str, ...], **how: Any) -> subprocess.CompletedProcess[str]:
    command = [*RUN, *options, "--", *of]
    return subprocess.run(command, capture_output=True, text=True, check=False, **how)


def ask(*targets: str) -> tuple[str, ...]:
    """A program that asks for these URLs."""
    return (sys.executable, "-c", ASK, *targets)


def test_a_program_asks_graph_by_its_name_and_no_other_host() -> None:
    done = run("--report", of=ask(USERS, METADATA, f"{USERS}&$filter=x", "https://example.com/"))
    assert done.stdout.splitlines() == [
        "200 3",
        "200 0",
        "HTTP Error 400: Bad Request",
        "<urlopen error Tunnel connection failed: 403 Forbidden>",
    ]
    warned, *report = done.stderr.splitlines()
    assert re.search("WARNING .* example.com:443: .*--proxy-others tunnel", warned)
    assert report[:5] == [
        "fakegraph was asked 3 times",
        "asked:",
        "     1 x GET /v1.0/users 200",
        "     1 x GET /{tenant}/v2.0/.well-known/openid-configuration 200",
        "     1 x GET /v1.0/users 400",
    ]
    assert re.fullmatch(" +1 x GET /v1.0/users 400 .*'x'.*", report[6])
    assert report[7:] == [
        "other hosts, not reached (--proxy-others tunnel lets clients through):",
        "     1 x example.com:443",
    ]
    assert done.returncode == 0


@pytest.mark.parametrize(
    ("options", "tenant"),
    [
        ((), CONTOSO),
        (("--fixture", "contoso@fixed"), CONTOSO),
        (("--no-fixture",), guid_of_name("default")),
        (("--fixture", "own"), "11111111-0000-4000-8000-000000000001"),
    ],
)
def test_the_tenant_is_what_programs_compare_it_with(
    tmp_path: Path, options: tuple[str, ...], tenant: str
) -> None:
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "organization.json").write_text(
        '[{"id": "11111111-0000-4000-8000-000000000001", "displayName": "Ours"}]'
    )
    done = run(*options, of=(sys.executable, "-c", TENANT))
    assert (done.stdout, done.returncode) == (f"{tenant} True\n", 0)


def test_mail_that_was_sent_is_reported() -> None:
    body = {
        "message": {
            "subject": "Hello",
            "toRecipients": [{"emailAddress": {"address": "b@c.example"}}],
        }
    }
    send = f"""
import urllib.request
request = urllib.request.Request(
    "https://graph.microsoft.com/v1.0/me/sendMail", data={json.dumps(body).encode()!r},
    headers={{"Authorization": "Bearer x", "Content-Type": "application/json"}},
)
print(urllib.request.urlopen(request).status)
"""  # fmt: skip
    done = run("--report", of=(sys.executable, "-c", send))
    assert done.stdout == "202\n"
    assert re.search(r"\nmail sent:\n     1 x from \S+@\S+ to b@c\.example: Hello\n$", done.stderr)


@pytest.mark.parametrize(
    ("options", "command", "status", "says"),
    [
        ((), ("sh", "-c", "exit 7"), 7, ""),
        ((), ("sh", "-c", "kill -9 $$"), 137, ""),
        ((), ("no-such-command",), 127, "Error: no-such-command: No such file"),
        ((), ("/dev/null",), 126, "Error: /dev/null: Permission denied"),
        (("--fixture", "nowhere"), ("true",), 1, "Error: nowhere: there is no such"),
        (("--no-proxy",), ("true",), 2, "--no-proxy goes with serve"),
        (("--auth", "lax"), ("true",), 2, "--auth is 'lax'"),
        (("--model", "beta=nowhere"), ("true",), 2, "--model is"),
    ],
)
def test_the_exit_status_is_the_commands(
    options: tuple[str, ...], command: tuple[str, ...], status: int, says: str
) -> None:
    done = run(*options, of=command)
    assert (done.returncode, says in done.stderr) == (status, True)
    assert "Traceback" not in done.stderr


def test_without_a_command_it_says_so() -> None:
    done = subprocess.run([*RUN], capture_output=True, text=True, check=False)
    assert (done.returncode, "Missing argument" in done.stderr) == (2, True)


TELL = """
import os, signal, sys
def tell(number, _):
    print(signal.Signals(number).name, flush=True)
    sys.exit(3)
for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1):
    signal.signal(number, tell)
print(os.environ["FAKEGRAPH_URL"], flush=True)
signal.pause()
"""


def _heeds_all() -> None:
    """What runs tests in the background may have had this ignored, which is inherited."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.fixture
def telling() -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A run without a terminal, whose command tells which signal ends it; and the server's URL."""
    with subprocess.Popen(
        [*RUN, "--", sys.executable, "-c", TELL],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=_heeds_all,
    ) as process:
        assert process.stdout is not None
        yield process, process.stdout.readline().strip()
        process.kill()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGUSR1])
def test_signals_are_passed_on(
    telling: tuple[subprocess.Popen[str], str], number: signal.Signals
) -> None:
    process, url = telling
    process.send_signal(number)
    assert process.communicate()[0] == f"{number.name}\n"
    assert process.returncode == 3
    assert not answers(url)


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/_fakegraph/health") as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def test_the_server_ends_with_whoever_ran_it(
    telling: tuple[subprocess.Popen[str], str],
) -> None:
    process, url = telling
    assert answers(url)
    process.kill()
    while answers(url):  # it is told at once, and ends in its own time
        pass
    os.killpg(process.pid, signal.SIGTERM)


def test_it_can_be_left_up_and_its_environment_printed(tmp_path: Path) -> None:
    done = run("--keep", "--ready-file", "ready.json", of=("sh", "-c", "exit 4"))
    ready = json.loads((tmp_path / "ready.json").read_text())
    try:
        assert done.returncode == 4
        assert done.stderr == f"fakegraph stays at {ready['url']}; kill {ready['pid']} ends it\n"
        command = [sys.executable, "-m", "fakegraph", "env", "--ready-file", "ready.json"]
        script = 'eval "$("$@")"; echo "$AZURE_TENANT_ID"; exec "$PYTHON" -c "$ASK" "$USERS"'
        environ = {**os.environ, "PYTHON": sys.executable, "ASK": ASK, "USERS": USERS}

        def asked(*options: str) -> str:
            shell = ["sh", "-c", script, "sh", *command, *options]
            return subprocess.check_output(shell, env=environ, text=True, stderr=subprocess.STDOUT)

        assert asked() == f"{CONTOSO}\n200 3\n"
        body = {"id": "other", "fixture": []}
        told = urllib.request.Request(
            f"{ready['url']}/_fakegraph/tenants", json.dumps(body).encode(), {"Content-Type": "application/json"}
        )  # fmt: skip
        urllib.request.urlopen(told).close()
        assert asked("--tenant", "other").endswith("200 0\n")
    finally:
        os.kill(ready["pid"], signal.SIGTERM)
        while answers(ready["url"]):
            pass


def test_env_waits_for_a_server_that_is_starting(tmp_path: Path) -> None:
    blocks = re.findall(r"^```sh\n(.*?)^```$", UNMODIFIED, re.MULTILINE | re.DOTALL)
    (command,) = (each for each in blocks if "--ready-file" in each)
    command = command.replace("--proxy", "--proxy --port 0")
    serve, env = command.replace("fakegraph ", f"{sys.executable} -m fakegraph ").splitlines()
    script = f'{serve}\n{env}\n"$PYTHON" -c "$ASK" "$USERS"; kill $!; wait $!'
    known = {**os.environ, "PYTHON": sys.executable, "ASK": ASK, "USERS": USERS}
    done = subprocess.run(
        ["sh", "-c", script], env=known, capture_output=True, text=True, check=False
    )
    assert (done.stdout.splitlines()[-1], done.returncode) == ("200 3", 0), done.stderr


def test_env_wants_a_server_that_is_a_proxy(tmp_path: Path) -> None:
    def env(*options: str) -> tuple[int, str]:
        command = [sys.executable, "-m", "fakegraph", "env", *options]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.stdout == ""
        return done.returncode, done.stderr

    with ReservedPort() as port:
        code, says = env("--port", str(port), "--wait", "0")
    assert (code, "fakegraph is not up" in says) == (1, True)
    serve = [sys.executable, "-m", "fakegraph", "serve", "--port", "0", "--log-level", "error"]
    with subprocess.Popen(serve, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().split()[-1]
        code, says = env("--port", url.rpartition(":")[2])
        process.terminate()
    assert (code, "serve with --proxy" in says) == (1, True)


def test_two_at_once_without_a_home(tmp_path: Path) -> None:
    """What they make for their clients to trust is each its own, in memory."""
    environ = {**os.environ, "XDG_CACHE_HOME": "", "HOME": "/dev/null"}
    both = [
        subprocess.Popen([*RUN, "--", *ask(USERS)], stdout=subprocess.PIPE, text=True, env=environ)
        for _ in range(2)
    ]
    assert [process.communicate()[0] for process in both] == ["200 3\n"] * 2
    assert [process.returncode for process in both] == [0, 0]
    assert not list(tmp_path.iterdir())
