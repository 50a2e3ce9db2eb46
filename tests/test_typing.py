"""What a type checker says of code that uses the handle: nothing of good uses, and a lot of bad ones."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest

from fakegraph import FakeGraph
from fakegraph.control.bodies import FaultBody, StubBody, TenantBody, TokenBody
from fakegraph.edm.published import built_in
from fakegraph.handle.options import (
    OF_A_TENANT,
    Auth,
    Criteria,
    Preset,
    RecordPath,
    ServerSettings,
)
from fakegraph.handle.request_log import _WRITTEN
from fakegraph.settings import Settings
from fakegraph.tenants.faults import PRESETS
from fakegraph.tenants.journal import CRITERIA

ROOT = Path(__file__).parents[1]
DECLARED = (ROOT / "fakegraph" / "js" / "index.d.cts").read_text()

GOOD = """
from datetime import date, datetime, timedelta, timezone
from pathlib import Path

import fakegraph
from fakegraph import ControlError, FakeGraph, FaultNeverHitWarning, __version__, create_app

def test(fakegraph: FakeGraph) -> None:
    fakegraph.fail("throttled", path="/reports/*", times=2, retry_after=0)
    fakegraph.fail(503, code="busy", delay_ms=5, retry_after="30,120")
    fakegraph.fail("slow", retry_after=datetime.now(timezone.utc), times=None, query={"$top": "5"})
    fakegraph.fail(429, retry_after=timedelta(seconds=3), delayMs=5, bodyMs=1, truncateBody=True)
    fakegraph.assert_called("GET", "/x", times=1, error_code="x", since=date(2024, 1, 1))
    fakegraph.assert_called(query={"$top": 5}, headers={"prefer": "*"}, errorCode="old")
    fakegraph.assert_not_called(json=None, status=200, min_duration_ms=5)
    fakegraph.freeze(date(2024, 1, 1))
    fakegraph.freeze()
    fakegraph.advance(timedelta(days=1))
    fakegraph.seed("contoso")
    fakegraph.seed(Path("data"))
    fakegraph.seed({"x": [{"id": "a"}]})
    record = fakegraph.create("x", userPrincipalName="x", eventDateTime=datetime.now())
    record["id"].lower()
    fakegraph.update("x/a", isSuccess=True)
    fakegraph.delete("x/a")
    fakegraph.clear()
    status: int = fakegraph.requests[-1].status
    message: str | None = fakegraph.requests[-1].error_message
    fakegraph.create("places/anywhere", displayName="x")
    fakegraph.as_user("ada@contoso.com", scopes=["User.Read"])["Authorization"].lower()
    fakegraph.as_app(roles="User.Read.All").copy()
    token: str = fakegraph.token(roles=["a"], signature="wrong", claims={"aud": None})
    print(token, message, status, fakegraph.headers["Authorization"])
    with fakegraph.snapshot():
        pass

with FakeGraph(fixture=["contoso", Path("x")], auth="strict", page_size=5, tls=True, chaos=0.1) as graph:
    test(graph)
with FakeGraph(url="http://localhost:8365", control_key="k", fixture=None) as other:
    test(other)
graph = FakeGraph(data_dir="x", durability="fsync", rate_limit="5/1", latency=(1, 2), port=8365).start()
graph.stop()
print(fakegraph.FakeGraph, __version__, create_app, ControlError, FaultNeverHitWarning)
"""

BAD = """
import fakegraph
from fakegraph import FakeGraph
from fakegraph import RemoteServer  # attr-defined
from fakegraph import FakeGraf  # attr-defined
from fakegraph.odata.nodes import EnumLiteral

fakegraph.RemoteServer  # attr-defined
EnumLiteral("a", ()).position = 2  # misc
FakeGraph(fixtures="x")  # call-arg
FakeGraph(auth="of")  # arg-type
FakeGraph(page_size="5")  # arg-type
FakeGraph(fixture=5)  # arg-type
FakeGraph(durability="none")  # arg-type
FakeGraph(log_level="info")  # call-arg
graph = FakeGraph()
graph.fail("throtled")  # arg-type
graph.fail(503, delay="5")  # call-arg
graph.fail(503, delay_ms="5")  # arg-type
graph.fail(503, delayms=5)  # call-arg
graph.fail(503, retry_after=[1])  # arg-type
graph.assert_called(errorcode="x")  # call-arg
graph.assert_called(error_code=5)  # arg-type
graph.assert_not_called(times=5)  # call-arg
graph.token(signature="bad")  # arg-type
graph.token(wanted=5)  # call-arg
graph.freeze(5)  # arg-type
graph.advance(None)  # arg-type
graph.seed([{}])  # arg-type
graph.records(5)  # arg-type
graph.update()  # call-arg
graph.as_user(5)  # arg-type
graph.as_app(scopes="x")  # call-arg
graph.sent[0].subjct  # attr-defined
graph.assert_sent(subject=5)  # arg-type
graph.assert_sent(titel="x")  # call-arg
graph.requests[0].stats  # attr-defined
"""


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """What mypy says, as file, line and code."""
    folder = tmp_path_factory.mktemp("typed")
    (folder / "good.py").write_text(GOOD)
    (folder / "bad.py").write_text(BAD)
    (folder / "mypy.ini").write_text(
        f"[mypy]\nstrict = True\nmypy_path = {ROOT}\nfollow_imports = silent\n"
        f"ignore_missing_imports = True\ncache_dir = {ROOT / '.mypy_cache' / 'uses'}\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "good.py", "bad.py"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout, done.stderr
    errors = re.findall(r"^(\w+)\.py:(\d+): error: .*\[([\w-]+)\]$", done.stdout, re.MULTILINE)
    assert len(errors) == done.stdout.count(" error: "), done.stdout
    return {(file, int(line), code) for file, line, code in errors}


def test_good_uses_are_taken(found):
    assert not {error for error in found if error[0] == "good"}


def test_bad_uses_are_refused(found):
    wanted = {
        (number, line.partition("  # ")[2])
        for number, line in enumerate(BAD.splitlines(), 1)
        if "  # " in line
    }
    assert {error[1:] for error in found if error[0] == "bad"} == wanted


def test_the_types_say_what_there_is():
    settings = set(Settings.__dataclass_fields__)
    kept_out = {"drain", "workers", "log_level", "log_format"}  # of a process
    kept_out |= {"ready_file", "until_eof"}
    assert get_args(Preset) == tuple(PRESETS)
    assert get_args(Auth) == Settings.__dataclass_fields__["auth"].metadata["choices"]
    assert settings - kept_out == {*OF_A_TENANT, *ServerSettings.__annotations__, "control_key"}
    assert set(OF_A_TENANT.values()) == set(TenantBody.edm_fields()) - {"id", "test"}
    asked = {"method", "path", "json", "status"}
    assert {*_WRITTEN.values()} | asked == set(CRITERIA)
    assert set(_WRITTEN) < set(Criteria.__annotations__)


def interface(name):
    """The names and types of a TypeScript interface, or the members of a union, in the npm package."""
    body = re.search(
        rf"^export interface {name} .*?{{\n(.*?)\n}}", DECLARED, re.MULTILINE | re.DOTALL
    )
    return dict(re.findall(r"^  (?:readonly )?(\w+)\??: (.*);$", body[1], re.MULTILINE))


def union(name):
    body = re.search(rf"^export type {name} =(.*?);", DECLARED, re.MULTILINE | re.DOTALL)
    return re.findall(r'"(\w+)"', body[1])


def camel(name):
    return re.sub("_(.)", lambda match: match[1].upper(), name)


def test_the_types_for_javascript_say_the_same():
    process = {"drain", "workers", "log_level", "log_format"}  # of its own
    assert set(union("Preset")) == set(PRESETS)
    assert union("Auth") == list(get_args(Auth))
    wanted = {*OF_A_TENANT, *ServerSettings.__annotations__, *process}
    assert set(interface("ServerSettings")) == set(map(camel, wanted))
    assert set(interface("TenantOptions")) == {*TenantBody.edm_fields(), "records", "clock"} - {
        "id"
    }
    asked = {"method", "path", "status", "json", "headers"}
    assert set(interface("Criteria")) == {*_WRITTEN.values(), *asked} - {"header"}
    effects = set(FaultBody.edm_fields()) - {"match", "preset", "status"}
    assert set(interface("FaultOptions")) == {*effects, "method", "path", "query", "app"}
    assert set(interface("TokenOptions")) == {*TokenBody.edm_fields(), "scopes"} - {"scp"}
    options = {"json", "status", "headers", "times", "check"}
    assert set(interface("StubOptions")) == {*options, "query", "body"}
    assert set(StubBody.edm_fields()) == {*options, "match"}


def test_paths_that_are_proposed_are_of_the_model():
    proposed = set(get_args(get_args(RecordPath)[0]))
    assert set(union("RecordPath")) == proposed
    assert proposed <= {root.name for root in built_in("v1.0").roots()}


@pytest.mark.parametrize(
    ("method", "body", "said_otherwise"),
    [
        (FakeGraph.fail, FaultBody, {"match", "preset", "status"}),
        (FakeGraph.token, TokenBody, {"scp"}),
    ],
)
def test_a_method_takes_whatever_its_body_has(method, body, said_otherwise):
    taken = {
        re.sub("_(.)", lambda match: match[1].upper(), name)
        for name in inspect.signature(method).parameters
    }
    assert set(body.edm_fields()) - said_otherwise <= taken
