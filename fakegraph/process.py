"""``fakegraph serve`` as a process: build the app, listen, say so, stop cleanly."""

from __future__ import annotations

import errno
import gc
import json
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import NamedTuple

from flask import Flask

from fakegraph._version import __version__
from fakegraph.app import close_app, counts_so_far, create_app, leave, tenants_of
from fakegraph.fixtures.problems import FixtureError
from fakegraph.hosts import is_loopback
from fakegraph.serving import CannotServe, ServerCrashed, serve
from fakegraph.settings import Settings, unknown_variables
from fakegraph.store import StoreError
from fakegraph.tokens.ca import TlsFiles, tls_files
from fakegraph.web.leaving import Drain
from fakegraph.web.listening import Shared
from fakegraph.web.proxy import Proxy, proxy_of

log = logging.getLogger("fakegraph")

_LET_IN = {
    "off": "nobody is asked for a token",
    "bearer": "whoever sends some bearer token is let in",
    "strict": "only tokens that it signed itself are let in",
}
# What to try where the system lets nobody listen.
_ADVICE = {
    errno.EADDRINUSE: "give another --port (0 takes a free one)",
    errno.EACCES: "give a --port from 1024 on, those below are the administrator's",
    errno.EADDRNOTAVAIL: "give a --host that is an address of this machine",
}
# How many objects come before cycles are looked for among the new ones in the midst of requests,
# then among more: there is nearly always time for that between them (``web/loops.py``).
_SELDOM = (200_000, 10, 20)


class ServeError(Exception):
    """Why the server cannot run, as lines for stderr."""


class Serving(NamedTuple):
    """A server that answers. ``ca``: what clients of it are to trust."""

    app: Flask
    url: str
    ca: Path | None
    proxy: Proxy | None


def run(settings: Settings, told: Callable[[Serving], object] = lambda _: None) -> None:
    """Serve until SIGINT or SIGTERM, then close everything; ``told`` is called once it answers.

    Raises ServeError.
    """
    files = prepare(settings)

    def ready(serving: Serving) -> None:
        if settings.until_eof:
            threading.Thread(target=_stop_at_eof, daemon=True).start()
        announce(settings, serving.url, serves(serving, settings), files.ca)
        told(serving)

    try:
        operate(settings, files, ready)
    finally:
        remove_ready_file(settings)


def prepare(settings: Settings) -> TlsFiles:
    """Set up the log, and make what TLS wants: what comes before an app. Raises ServeError."""
    _set_up_logging(settings)
    for name in unknown_variables(os.environ):
        log.warning("%s is no setting of fakegraph: it has no effect", name)
    # Until it serves. Without a handler, the first process of a container ignores the signal.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        return tls_files(settings)
    except OSError as error:
        raise ServeError(str(error)) from error


def operate(
    settings: Settings,
    files: TlsFiles,
    told: Callable[[Serving], object],
    listener: Shared | None = None,
) -> None:
    """Be a server until SIGINT or SIGTERM, then close everything; ``told`` is called once it
    answers. Others may accept at the ``listener`` too. Raises ServeError.
    """
    try:
        app = create_app(settings, ca=files.ca)
    except (FixtureError, StoreError, OSError) as error:
        raise ServeError(str(error)) from error
    proxy = proxy_of(settings, files)
    drain = Drain(settings.drain, partial(leave, app))
    # What was loaded stays, and next to nothing that requests make is garbage in cycles: looking
    # through a million records for some takes seconds, through some thousand what a create does.
    gc.freeze()
    gc.set_threshold(*_SELDOM)
    gc.enable()
    failed: list[OSError] = []

    def ready(url: str) -> None:
        try:
            told(Serving(app, url, files.ca, proxy))
            threading.Thread(target=_read_ahead, args=(app,), daemon=True).start()
        except OSError as error:
            failed.append(error)
            signal.raise_signal(signal.SIGTERM)  # an orderly end, as if it had been asked for

    try:
        serve(
            app,
            host=settings.host,
            port=settings.port,
            cert=files.cert,
            key=files.key,
            proxy=proxy,
            listener=listener,
            max_body=settings.max_body,
            ready=ready,
            # One of several is told to by SIGTERM from two sides, and at once by SIGINT.
            ends={signal.SIGTERM: drain if listener is None else drain.begin, signal.SIGINT: drain},
        )
        if failed:
            raise failed[0]
    except CannotServe as error:
        raise cannot_serve(error, settings) from error
    except (ServerCrashed, OSError) as error:
        raise ServeError(str(error)) from error
    finally:
        close_app(app)


def _stop_at_eof() -> None:
    """Have the server stop once nobody holds the other end of standard input any more."""
    with suppress(OSError, ValueError):  # it is closed, or was never open
        while sys.stdin.buffer.read(1 << 16):
            pass
    os.kill(os.getpid(), signal.SIGTERM)


def _read_ahead(app: Flask) -> None:
    """Read what a fixture leaves for later as soon as the server answers: who asks for it first
    need not wait then.
    """
    with suppress(FixtureError, StoreError):  # who asks for it is told
        tenants_of(app).stores.template.complete()


def cannot_serve(error: CannotServe, settings: Settings) -> ServeError:
    """Why nobody listens, and what to try."""
    number = getattr(error.__cause__, "errno", None)
    if number not in _ADVICE:
        return ServeError(str(error))
    from fakegraph.health import listening  # it brings an HTTP client, which few starts need

    advice = _ADVICE[number]
    if number == errno.EADDRINUSE and (other := listening(settings)):
        advice = f"{other} is there already: use it, stop it, or {advice}"
    return ServeError(f"{error}; {advice}")


def announce(settings: Settings, url: str, served: str, ca: Path | None) -> None:
    """Say that it answers, to people and to programs."""
    _write_ready_file(url, settings, ca)
    if not is_loopback(settings.host) and settings.control_key is None:
        log.warning(
            "listening on %s without --control-key: whoever reaches it can use the control API",
            settings.host,
        )
    log.info(
        "fakegraph %s serves %s; %s (--auth %s); `fakegraph routes` lists what it answers, "
        "%s/_fakegraph/ui shows what it was asked",
        __version__,
        served,
        _LET_IN[settings.auth],
        settings.auth,
        url,
    )
    if sys.stdout is None:  # whoever started it has closed it, and reads the log or the ready file
        return
    sys.stdout.write(f"fakegraph listening on {url}\n")
    if ca is not None:
        sys.stdout.write(f"CA certificate: {ca}\n")
    sys.stdout.flush()


def serves(serving: Serving, settings: Settings) -> str:
    """Where the default tenant's records are from, and how many there are."""
    store = tenants_of(serving.app).of_token(None).store
    origin = ", ".join(settings.fixture) or "no fixture"
    if settings.data_dir is not None:
        origin = f"the data folder {settings.data_dir}"
    return f"{origin}: {counts_so_far(store)}"


def _write_ready_file(url: str, settings: Settings, ca: Path | None) -> None:
    file = settings.ready_file
    if file is None:
        return
    shown = None if ca is None else str(ca)
    temporary = file.with_name(f".{file.name}.{os.getpid()}.tmp")
    try:
        temporary.write_text(json.dumps({"url": url, "pid": os.getpid(), "ca": shown}))
        temporary.replace(file)
    except OSError as error:
        raise OSError(f"cannot write the ready file {file}: {error.strerror}") from error


def remove_ready_file(settings: Settings) -> None:
    """Nobody answers any more; another server that is told of there may, where this one could not
    start.
    """
    file = settings.ready_file
    if file is None:
        return
    with suppress(OSError, ValueError, LookupError, TypeError):  # it is gone, or none of ours
        if json.loads(file.read_text())["pid"] == os.getpid():
            file.unlink()


def _set_up_logging(settings: Settings) -> None:
    # A line a request: what no line shows need not be found out (logging's page on optimization).
    logging._srcfile = None
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    handler = logging.StreamHandler(sys.stderr)
    formatter = _JsonFormatter() if settings.log_format == "json" else _LineFormatter()
    handler.setFormatter(formatter)
    logger = logging.getLogger("fakegraph")
    logger.handlers = [handler]
    logger.propagate = False
    logger.setLevel(settings.log_level.upper())


class _LineFormatter(logging.Formatter):
    """A line for people; the time is put together once a second, as there may be many lines."""

    def __init__(self) -> None:
        super().__init__()
        self._second, self._shown = 0, ""

    def format(self, record: logging.LogRecord) -> str:
        second = int(record.created)
        if second != self._second:
            self._second, self._shown = second, time.strftime("%Y-%m-%d %H:%M:%S")
        line = f"{self._shown},{int(record.msecs):03d} {record.levelname} {record.getMessage()}"
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


class _JsonFormatter(logging.Formatter):
    """One JSON object a line; what a request's line says is in fields of its own."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z"),
            "level": record.levelname.lower(),
            "message": record.getMessage(),
            **getattr(record, "request", {}),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line)
