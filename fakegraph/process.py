"""``fakegraph serve`` as a process: build the app, listen, say so, stop cleanly."""

from __future__ import annotations

import gc
import json
import logging
import os
import signal
import sys
from pathlib import Path

from fakegraph.app import close_app, create_app
from fakegraph.control.guard import is_loopback
from fakegraph.fixtures import FixtureError
from fakegraph.identity.ca import tls_files
from fakegraph.serving import CannotServe, ServerCrashed, serve
from fakegraph.settings import Settings
from fakegraph.store import StoreError

log = logging.getLogger("fakegraph")


class ServeError(Exception):
    """Why the server cannot run, as lines for stderr."""


def run(settings: Settings) -> None:
    """Serve until SIGINT or SIGTERM, then close everything. Raises ServeError."""
    _set_up_logging(settings)
    # Until it serves. Without a handler, the first process of a container ignores the signal.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        files = tls_files(settings)
        app = create_app(settings, ca=files.ca)
    except (FixtureError, StoreError, OSError) as error:
        raise ServeError(str(error)) from error
    # What was loaded stays; looking through a million records for garbage takes seconds.
    gc.freeze()
    gc.enable()
    try:
        serve(
            app,
            host=settings.host,
            port=settings.port,
            cert=files.cert,
            key=files.key,
            max_body=settings.max_body,
            ready=lambda url: _announce(url, settings, files.ca),
        )
    except (CannotServe, ServerCrashed, OSError) as error:
        raise ServeError(str(error)) from error
    finally:
        if settings.ready_file is not None:
            settings.ready_file.unlink(missing_ok=True)
        close_app(app)


def _announce(url: str, settings: Settings, ca: Path | None) -> None:
    if not is_loopback(settings.host) and settings.control_key is None:
        log.warning(
            "listening on %s without --control-key: whoever reaches it can use the control face",
            settings.host,
        )
    ready_file = settings.ready_file
    if ready_file is not None:
        temporary = ready_file.with_name(f".{ready_file.name}.{os.getpid()}.tmp")
        shown = None if ca is None else str(ca)
        temporary.write_text(json.dumps({"url": url, "pid": os.getpid(), "ca": shown}))
        temporary.replace(ready_file)
    sys.stdout.write(f"fakegraph listening on {url}\n")
    if ca is not None:
        sys.stdout.write(f"CA certificate: {ca}\n")
    sys.stdout.flush()


def _set_up_logging(settings: Settings) -> None:
    # A line a request: what no line shows need not be found out (logging's page on optimization).
    logging._srcfile = None
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    handler = logging.StreamHandler(sys.stderr)
    formatter = _JsonFormatter() if settings.log_format == "json" else logging.Formatter(_LINE)
    handler.setFormatter(formatter)
    logger = logging.getLogger("fakegraph")
    logger.handlers = [handler]
    logger.propagate = False
    logger.setLevel(settings.log_level.upper())


_LINE = "%(asctime)s %(levelname)s %(message)s"


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
