"""``Database``: Debian's PostgreSQL as an ordinary user, in a folder of its own on a free port.

It ends with whoever started it, however that ends, and can be killed and started again meanwhile.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from itertools import count
from pathlib import Path

from tests.ports import ReservedPort

USER = "postgres"  # that Debian's package brings
_NUMBERS = count(1)


def programs() -> Path:
    """Where the newest PostgreSQL of this machine has its programs."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=_version)
    assert found, "there is no PostgreSQL here: `make test-postgres` installs it"
    return found[-1].parent


def _version(program: Path) -> float:
    return float(program.parents[1].name)


class Database:
    """A server of databases. ``stop`` ends it and takes its folder away."""

    def __init__(self, *options: str) -> None:
        self._programs = programs()
        self._folder = Path(tempfile.mkdtemp(prefix="fakegraph-postgres-", dir="/tmp"))
        self._options = options
        self._process: subprocess.Popen[bytes] | None = None
        if os.geteuid() == 0:
            shutil.chown(self._folder, USER, pwd.getpwnam(USER).pw_gid)
        self._reserved = ReservedPort()  # also while it is down, to come back there
        self.port = self._reserved.number
        made = ("--auth=trust", "--username=fakegraph", "--encoding=UTF8", "--locale=C.UTF-8")
        try:
            self._run("initdb", "--no-sync", *made, "--pgdata", str(self._data))
            self.start()
        except BaseException:
            self.stop()
            raise

    @property
    def _data(self) -> Path:
        return self._folder / "data"

    @property
    def url(self) -> str:
        """The database that is there from the start."""
        return self.url_of("postgres")

    def url_of(self, name: str) -> str:
        """The URL of a database of that name."""
        return f"postgresql://fakegraph@127.0.0.1:{self.port}/{name}"

    def create(self) -> str:
        """Make an empty database; its URL."""
        name = f"fresh{next(_NUMBERS)}"
        self._ask(f"CREATE DATABASE {name}")
        return self.url_of(name)

    @property
    def pid(self) -> int:
        """The process whose children serve."""
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Serve, and wait until it answers."""
        log = (self._folder / "log").open("ab")
        options = ("-D", str(self._data), "-p", str(self.port), "-k", str(self._folder))
        spoken = ("-c", "listen_addresses=127.0.0.1", *self._options)
        self._process = subprocess.Popen(
            self._as_user("postgres", *options, *spoken), stdout=log, stderr=log, cwd="/"
        )
        log.close()
        while not self._answers():
            assert self._process.poll() is None, (self._folder / "log").read_text()
            time.sleep(0.02)

    def kill(self) -> None:
        """End it at once: connections break off, and what was not written is recovered later."""
        self._end(signal.SIGQUIT)

    def stop(self) -> None:
        """End it in order and take its folder away."""
        self._end(signal.SIGINT)
        self._reserved.release()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _end(self, how: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait()
            self._process = None

    def _answers(self) -> bool:
        ready = ("pg_isready", "--quiet", "--host=127.0.0.1", f"--port={self.port}")
        return subprocess.run([self._programs / ready[0], *ready[1:]], check=False).returncode == 0

    def _ask(self, statement: str) -> None:
        self._run("psql", "--quiet", "--no-psqlrc", "--command", statement, self.url)

    def _run(self, program: str, *arguments: str) -> None:
        ran = subprocess.run(
            self._as_user(program, *arguments), capture_output=True, text=True, cwd="/", check=False
        )
        assert ran.returncode == 0, ran.stderr

    def _as_user(self, program: str, *arguments: str) -> list[str]:
        """The command, as nobody who is root, and to end when this process has ended."""
        who = pwd.getpwnam(USER) if os.geteuid() == 0 else None
        user = (
            ()
            if who is None
            else (f"--reuid={who.pw_uid}", f"--regid={who.pw_gid}", "--clear-groups")
        )
        command = [str(self._programs / program), *arguments]
        return ["setpriv", *user, "--pdeathsig", "INT", "--", *command]
