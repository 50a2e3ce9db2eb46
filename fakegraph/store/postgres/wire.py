"""``Wire``: one connection to PostgreSQL, on which a round trip is exactly one.

Statements go out together in libpq's pipeline mode, each prepared when it is sent first, and their
answers come back together: what the store promises of round trips is what is sent here.
"""

from __future__ import annotations

import select
import time
from itertools import count
from typing import Any

from psycopg import Error, pq

Value = str | int | bytes | None

Statement = tuple[Value, ...]
"""A statement with ``$1`` placeholders, and what these stand for."""

Rows = list[tuple[Any, ...]]
"""What a statement gave: texts, or bytes where these were asked for; None for null."""

CONNECTING = 5.0  # seconds
PATIENCE = 12.0  # seconds for an answer; the database refuses what waits for a lock before that
SOON = 3.0  # seconds for what a read waits for; it may be the loop that waits
LONG = 30.0  # seconds for what changes or reads all of a tenant

_GIVEN = frozenset({pq.ExecStatus.TUPLES_OK, pq.ExecStatus.COMMAND_OK, pq.ExecStatus.EMPTY_QUERY})


class Lost(Exception):
    """The connection is gone: whether what was sent last was done cannot be told."""


class Silent(Lost):
    """There is a connection, and no answer: another try would only wait again."""


class Refused(Exception):
    """The database has refused a statement, so none of what was sent with it was done.

    ``state`` is the SQLSTATE.
    """

    def __init__(self, state: str, message: str) -> None:
        super().__init__(message)
        self.state = state


class Wire:
    """A connection. One thread at a time uses it."""

    def __init__(self, conninfo: str, within: float = CONNECTING) -> None:
        """Connect, within so many seconds. Raises Lost, with the reason."""
        self._names: dict[str, bytes] = {}  # of statements that are prepared
        self._numbers = count()
        self._patience = PATIENCE * 1000
        self.trips = 0
        """How many round trips it has made."""
        try:
            self._conn = pq.PGconn.connect_start(conninfo.encode())
            self._connect(within)
        except Error as error:
            raise Lost(one_line(str(error))) from error
        self._conn.notice_handler = None
        self._conn.nonblocking = 1
        self._conn.enter_pipeline_mode()
        self._poll = select.poll()
        self._poll.register(self._conn.socket, select.POLLIN)

    def _connect(self, within: float) -> None:
        """Wait until it is connected, and no other thread with it, as libpq itself would."""
        conn, until = self._conn, time.monotonic() + within
        wanted = pq.PollingStatus.WRITING
        while conn.status != pq.ConnStatus.BAD and wanted != pq.PollingStatus.OK:
            poll = select.poll()
            reads = wanted == pq.PollingStatus.READING
            poll.register(conn.socket, select.POLLIN if reads else select.POLLOUT)
            left = until - time.monotonic()
            if left <= 0 or not poll.poll(left * 1000):
                conn.finish()
                raise Silent(f"it cannot be connected to within {within:g} seconds")
            wanted = pq.PollingStatus(conn.connect_poll())
            if wanted == pq.PollingStatus.FAILED:
                break
        if conn.status != pq.ConnStatus.OK:
            message = _text(conn.error_message)
            conn.finish()
            raise Lost(one_line(message))

    @property
    def is_open(self) -> bool:
        """Whether it is there, as far as is known here."""
        return self._conn.status == pq.ConnStatus.OK

    @property
    def is_idle(self) -> bool:
        """Whether it is there and in no transaction, as far as is known here."""
        return self.is_open and self._conn.transaction_status == pq.TransactionStatus.IDLE

    def ask(
        self, *statements: Statement, binary: bool = False, patience: float = PATIENCE
    ) -> list[Rows]:
        """Send statements, which are one transaction unless they say otherwise, and give what each
        gave. ``patience``: how many seconds it may be silent. Raises Lost, Refused.
        """
        self._patience = patience * 1000
        try:
            sent: list[str | None] = []  # what is prepared, and None for what is asked
            for statement in statements:
                self._send(statement, sent, binary)
            self._conn.pipeline_sync()
            self.trips += 1
            return self._answers(sent, binary)
        except Error as error:
            self.close()
            raise Lost(one_line(str(error))) from error
        except Lost:
            self.close()
            raise

    def _send(self, statement: Statement, sent: list[str | None], binary: bool) -> None:
        sql, *values = statement
        assert isinstance(sql, str)
        name = self._names.get(sql)
        if name is None:
            name = self._names[sql] = b"fakegraph%d" % next(self._numbers)
            self._conn.send_prepare(name, sql.encode())
            sent.append(sql)
        sent.append(None)
        self._conn.send_query_prepared(
            name,
            [_encoded(value) for value in values],
            [1 if isinstance(value, bytes) else 0 for value in values],
            1 if binary else 0,
        )

    def _answers(self, sent: list[str | None], binary: bool) -> list[Rows]:
        found: list[Rows] = []
        refused: Refused | None = None
        for what in sent:
            result = self._result()
            if result.status in _GIVEN:
                if what is None:
                    found.append(_rows(result, binary))
            else:
                if what is not None:
                    self._names.pop(what, None)  # it is not prepared now
                if refused is None:
                    refused = _refusal(result)
            self._end()
        synced = self._result()
        if synced.status != pq.ExecStatus.PIPELINE_SYNC:
            raise Lost("the answers of the database do not fit what was asked")
        if refused is not None:
            raise refused
        return found

    def _result(self) -> Any:
        self._wait()
        result = self._conn.get_result()
        if result is None:
            raise Lost(one_line(_text(self._conn.error_message)) or "the connection was closed")
        if result.status == pq.ExecStatus.FATAL_ERROR and self._conn.status != pq.ConnStatus.OK:
            raise Lost(one_line(_text(result.error_message)))
        return result

    def _end(self) -> None:
        self._wait()
        if self._conn.get_result() is not None:
            raise Lost("the answers of the database do not fit what was asked")

    def _wait(self) -> None:
        """Return when there is a result to be had."""
        conn = self._conn
        while conn.flush():
            self._poll.modify(conn.socket, select.POLLIN | select.POLLOUT)
            self._come()
            conn.consume_input()
            self._poll.modify(conn.socket, select.POLLIN)
        while conn.is_busy():
            self._come()
            conn.consume_input()

    def _come(self) -> None:
        if not self._poll.poll(self._patience):
            raise Silent(f"it has not answered within {self._patience / 1000:g} seconds")

    def close(self) -> None:
        """Let go of the connection; what was under way ends with it."""
        self._conn.finish()


def _encoded(value: Value) -> bytes | None:
    if value is None or isinstance(value, bytes):
        return value
    return str(value).encode()


def _rows(result: Any, binary: bool) -> Rows:
    columns = range(result.nfields)
    get = result.get_value
    if binary:
        return [tuple([get(row, each) for each in columns]) for row in range(result.ntuples)]
    return [
        tuple([None if (v := get(row, each)) is None else v.decode() for each in columns])
        for row in range(result.ntuples)
    ]


def _refusal(result: Any) -> Refused:
    if result.status == pq.ExecStatus.PIPELINE_ABORTED:
        return Refused("25P02", "what was sent before it has failed")
    state = _text(result.error_field(pq.DiagnosticField.SQLSTATE))
    primary = _text(result.error_field(pq.DiagnosticField.MESSAGE_PRIMARY))
    return Refused(state, one_line(primary or _text(result.error_message)))


def _text(found: bytes | None) -> str:
    return (found or b"").decode("utf-8", "replace")


def one_line(text: str) -> str:
    """A message of the database in one line."""
    return " ".join(text.split())
