"""``fakegraph run``: a server around a command, in whose environment Graph's host names lead to it.

The server is a child of this process, in a session of its own, so that what is sent to the command
from the terminal does not reach it. A socket between the two says when it answers, asks for the
report, and ends it when this process is no more.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from fakegraph.environment import TENANT, variables
from fakegraph.settings import Settings

if TYPE_CHECKING:
    from fakegraph.process import Serving

_PASSED_ON = (signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2, signal.SIGCONT)
_OF_TERMINALS = (signal.SIGINT, signal.SIGQUIT)  # which send them to the command too
_NOT_FOUND, _NOT_RUN = 127, 126  # what shells exit with
_KEEP, _REPORT = b"k", b"r"


class Up(NamedTuple):
    """A server that answers; ``tenant``: the GUID of its default tenant."""

    url: str
    ca: Path
    tenant: str
    pid: int


def run(settings: Settings, command: Sequence[str], *, report: bool, keep: bool) -> int:
    """Run a command beside a server; the command's exit status.

    ``report`` says on stderr what was asked; with ``keep`` the server stays. 128 and the signal's
    number where a signal ended the command, 127 where there is none of that name, 1 where the
    server does not start, 2 where a setting will not do.
    """
    ours, theirs = socket.socketpair()
    pid = os.fork()
    if pid == 0:
        ours.close()
        sys.exit(_serve(settings, theirs))
    theirs.close()
    with ours, ours.makefile("rb") as answers:
        told = answers.readline()
        if not told:
            return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        up = Up(pid=pid, **_read(told))
        status = _run(command, {**os.environ, **variables(up.url, up.ca, os.environ, up.tenant)})
        if report:
            ours.sendall(_REPORT)
            sys.stderr.write(json.loads(answers.readline() or b'""'))
        if keep:
            ours.sendall(_KEEP)
            answers.readline()
            sys.stderr.write(f"fakegraph stays at {up.url}; kill {pid} ends it\n")
            return status
    # The end of the socket is what tells it to stop.
    os.waitpid(pid, 0)
    return status


def _read(told: bytes) -> dict[str, Any]:
    known = json.loads(told)
    return {**known, "ca": Path(known["ca"])}


def _run(command: Sequence[str], environ: Mapping[str, str]) -> int:
    """Run it, passing signals on."""
    waiting: list[int] = []
    process: subprocess.Popen[bytes] | None = None

    def pass_on(number: int, _: object) -> None:
        if process is None:
            waiting.append(number)
        elif number not in _OF_TERMINALS or not _in_foreground():
            process.send_signal(number)

    kept = {number: _handled(number, pass_on) for number in (*_PASSED_ON, *_OF_TERMINALS)}
    try:
        process = subprocess.Popen(command, env=environ)
        for number in waiting:
            process.send_signal(number)
        status = process.wait()
    except OSError as error:
        sys.stderr.write(f"Error: {command[0]}: {error.strerror}\n")
        return _NOT_FOUND if isinstance(error, FileNotFoundError) else _NOT_RUN
    finally:
        for number, handler in kept.items():
            signal.signal(number, handler)
    return status if status >= 0 else 128 - status


def _handled(number: int, handler: Callable[[int, Any], None]) -> Any:
    """Have a signal handled, unless it is ignored, as under nohup; how it was handled before."""
    before = signal.getsignal(number)
    if before is not signal.SIG_IGN:
        signal.signal(number, handler)
    return before


def _in_foreground() -> bool:
    """Whether the terminal's signals reach this process, and the command with it."""
    try:
        with Path("/dev/tty").open("rb") as terminal:
            return os.tcgetpgrp(terminal.fileno()) == os.getpgrp()
    except OSError:
        return False


def _serve(settings: Settings, line: socket.socket) -> int:
    """Be the server, until the line ends or a signal says so; the exit status."""
    os.setsid()
    _silence(0, 1)
    gc.disable()  # until it serves
    from fakegraph.process import ServeError, run
    from fakegraph.settings import SettingsError

    kept = settings.data_dir is not None and (settings.data_dir / f"{TENANT}.json").exists()

    def ready(serving: Serving) -> None:
        tenant = _tenant_id(serving, settings, kept=kept)
        told = {"url": serving.url, "ca": str(serving.ca), "tenant": tenant}
        line.sendall(json.dumps(told).encode() + b"\n")
        threading.Thread(target=_listen, args=(line, serving), daemon=True).start()

    try:
        run(settings, ready)
    except (ServeError, SettingsError) as error:
        sys.stderr.write(f"Error: {error}\n")
        return 2 if isinstance(error, SettingsError) else 1
    return 0


def _tenant_id(serving: Serving, settings: Settings, *, kept: bool) -> str:
    """The GUID of the default tenant; ``kept``: it is one of before.

    What is built in is not read as a whole for it: that takes longer than the start, and is done
    when it is first asked for.
    """
    from fakegraph.app import tenants_of
    from fakegraph.fixtures.folders import is_builtin, organisation_of

    if not kept and len(settings.fixture) == 1 and is_builtin(settings.fixture[0]):
        return organisation_of(settings.fixture[0])
    tenants = tenants_of(serving.app)
    tenant = tenants.named(TENANT)
    try:
        return tenant.guid
    finally:
        tenants.leave(tenant)


def _silence(*descriptors: int) -> None:
    with Path(os.devnull).open("r+b") as nothing:
        for each in descriptors:
            os.dup2(nothing.fileno(), each)


def _listen(line: socket.socket, serving: Any) -> None:
    """Do what the other end says; end the server when there is no other end any more."""
    from fakegraph.report import report

    with suppress(OSError):
        while said := line.recv(1):
            if said == _KEEP:
                _silence(2)
                line.sendall(b"\n")
                return
            line.sendall(json.dumps(report(serving)).encode() + b"\n")
    os.kill(os.getpid(), signal.SIGTERM)
