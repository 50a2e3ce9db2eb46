"""The pytest plugin: ``fakegraph``, ``fakegraph_url``, ``fakegraph_server`` and the marker.

Loaded in every run of everyone who has fakegraph installed, so it imports nothing until used.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from fakegraph.handle import FakeGraph, FakeGraphServer, Server

# Defaults for the run: each is --fakegraph-NAME, and fakegraph_name in the ini file.
_OPTIONS = {
    "url": "run against the server at this URL instead of one in this process",
    "control-key": "the control key of the server at --fakegraph-url",
    "ca": "the certificate of the CA that --fakegraph-url is to be trusted by",
    "fixture": "what tenants start with: a built-in fixture, a file or a folder; several by commas",
    "auth": "what tenants ask for: off, bearer or strict",
    "page-size": "how many records a page of theirs has",
    "consistency-delay": "how late what is made or changed in their directory is seen",
}
_MARKER = (
    "fakegraph(fixture=..., records=..., auth=..., clock=..., page_size=..., "
    "consistency_delay=..., retired=..., strict_queries=...): what the fakegraph fixture of this "
    "test starts with; no records with fixture=None, nothing but records= unless fixture= stands "
    "beside it"
)
_DEFAULTS = pytest.StashKey[dict[str, Any]]()
_GRAPH: pytest.StashKey[FakeGraph] = pytest.StashKey()
_FAILED = pytest.StashKey[bool]()
_KEPT = pytest.StashKey[list[str]]()
_MOST_KEPT = 20  # tenants of tests that failed
# Together they are what the tenant holds, so one marker decides about both.
_CONTENT = frozenset({"fixture", "records"})
_MARKED = (
    *("fixture", "records", "auth", "clock", "page_size", "consistency_delay"),
    *("retired", "strict_queries"),
)


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("fakegraph")
    for name, meaning in _OPTIONS.items():
        group.addoption(f"--fakegraph-{name}", default=None, help=meaning)
        parser.addini(f"fakegraph_{name.replace('-', '_')}", meaning)


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", _MARKER)


def _option(config: pytest.Config, name: str) -> str | None:
    given = config.getoption(f"--fakegraph-{name}") or config.getini(
        f"fakegraph_{name.replace('-', '_')}"
    )
    return str(given) if given else None


@pytest.fixture(scope="session")
def fakegraph_server(request: pytest.FixtureRequest) -> Iterator[Server]:
    """One fakegraph server for the whole run, in this process; under xdist, one per worker.

    With ``--fakegraph-url``, the one that runs there.
    """
    from fakegraph.handle import FakeGraphServer, RemoteServer

    config = request.config
    url = _option(config, "url")
    server: FakeGraphServer | RemoteServer
    with _one_message():
        if url is not None:
            server = RemoteServer(url, _option(config, "control-key"), _option(config, "ca"))
        else:
            server = FakeGraphServer().start()
    yield server
    server.stop()


@pytest.fixture
def fakegraph(request: pytest.FixtureRequest, fakegraph_server: Server) -> Iterator[FakeGraph]:
    """A tenant of its own for the test, seeded with the template, gone afterwards."""
    from fakegraph.handle import FakeGraph

    chosen = _chosen(request)
    with _one_message():
        graph = FakeGraph(fakegraph_server, test=request.node.nodeid, **chosen).start()
    request.node.stash[_GRAPH] = graph
    yield graph
    del request.node.stash[_GRAPH]
    with _one_message():
        if request.node.stash.get(_FAILED, False) and _outlives(request.config):
            _keep(request.config, graph, fakegraph_server)
        else:
            graph.stop()


def _outlives(config: pytest.Config) -> bool:
    """Whether the server is there when the run is over."""
    return _option(config, "url") is not None


def _keep(config: pytest.Config, graph: FakeGraph, server: Server) -> None:
    """Leave a failed test's tenant for people to look at; the oldest such one goes."""
    kept = config.stash.setdefault(_KEPT, [])
    kept.append(graph.id)
    graph.stop(keep=True)
    if len(kept) > _MOST_KEPT:
        server.close_tenant(kept.pop(0))


@contextmanager
def _one_message() -> Iterator[None]:
    """Have a test fail with what is wrong with its fixture, and not with how that came out."""
    from fakegraph.handle.errors import REFUSALS

    try:
        yield
    except REFUSALS as error:
        notes = getattr(error, "__notes__", ())
        words = "\n".join([str(error), *notes])
        raise pytest.fail.Exception(f"{type(error).__name__}: {words}", pytrace=False) from None


@pytest.fixture
def fakegraph_url(fakegraph: FakeGraph) -> str:
    """The root of the test's tenant: ``{fakegraph_url}/beta/reports/…``."""
    return fakegraph.url


def _defaults(config: pytest.Config) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if (fixture := _option(config, "fixture")) is not None:
        found["fixture"] = [name.strip() for name in fixture.split(",")]
    if (auth := _option(config, "auth")) is not None:
        found["auth"] = auth
    if (page_size := _option(config, "page-size")) is not None:
        found["page_size"] = int(page_size) if page_size.isdigit() else page_size
    if (delay := _option(config, "consistency-delay")) is not None:
        found["consistency_delay"] = delay
    return found


def _chosen(request: pytest.FixtureRequest) -> dict[str, Any]:
    """What the tenant starts with: the nearest marker beats the run's options."""
    stash = request.config.stash
    if _DEFAULTS not in stash:
        stash[_DEFAULTS] = _defaults(request.config)
    chosen = stash[_DEFAULTS].copy()
    for marker in reversed(list(request.node.iter_markers("fakegraph"))):
        _check_marker(marker)
        if not _CONTENT.isdisjoint(marker.kwargs):
            chosen = {name: value for name, value in chosen.items() if name not in _CONTENT}
            chosen["fixture"] = None
        chosen |= marker.kwargs
    return chosen


def _check_marker(marker: pytest.Mark) -> None:
    unknown = [name for name in marker.kwargs if name not in _MARKED] or [*map(repr, marker.args)]
    if unknown:
        pytest.fail(
            f"@pytest.mark.fakegraph takes {', '.join(_MARKED)} by name, not {unknown[0]}",
            pytrace=False,
        )


def _inspector(item: pytest.Item, graph: FakeGraph) -> str:
    """Where people can look at what a test asked, or how to have such a place."""
    if _outlives(item.config):
        root = graph.url.partition("/tenants/")[0]
        return f"{root}/_fakegraph/ui#/requests?tenant={graph.id}"
    import shlex

    return (
        "The server of this run ends with it. To look at what was asked, start one that stays, "
        "fakegraph serve, and run the test against it:\n"
        f"  pytest --fakegraph-url http://127.0.0.1:8365 {shlex.quote(item.nodeid)}"
    )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show what was asked of the tenant in the report of a test that failed, unless it says so."""
    report = yield
    graph = item.stash.get(_GRAPH, None)
    if report.failed and call.excinfo is not None and graph is not None:
        try:
            item.stash[_FAILED] = True
            report.sections.append(("fakegraph inspector", _inspector(item, graph)))
            journal = graph.journal()
            if journal not in str(call.excinfo.value):
                report.sections.append(("fakegraph requests", journal.strip()))
        except Exception as error:  # a server that is gone must not hide why the test failed
            report.sections.append(("fakegraph requests", f"cannot be had: {error}"))
    return report
