"""One client's connection: what was read from it, and what is still to be sent."""

from __future__ import annotations

import math
import socket
import struct
import time
from contextlib import suppress
from itertools import pairwise

from fakegraph.serving.request import RequestReader

_RECEIVE = 64 * 1024
_ABORT = struct.pack("ii", 1, 0)  # linger on, for no time: closing sends RST in place of FIN

_PIECES = 20  # of a body that is sent slowly

NEVER = math.inf


class Connection:
    """A non-blocking socket with the requests read from it and the bytes not yet sent to it.

    ``deadline`` is when the client's patience, or ours, ends on the monotonic clock; NEVER while a
    request is being answered. ``closing``: nothing more is answered once ``unsent`` is sent.
    ``draining``: all was said, and what the client still sends is thrown away, because closing a
    socket with unread bytes could take the answer from the client. ``dropped``: cut it off.
    """

    __slots__ = (
        "address",
        "body_seconds",
        "closing",
        "deadline",
        "draining",
        "dropped",
        "interest",
        "reader",
        "sock",
        "truncated",
        "unsent",
    )

    def __init__(self, sock: socket.socket, address: tuple[str, int], max_body: int) -> None:
        self.sock = sock
        self.address = address
        self.reader = RequestReader(max_body)
        self.unsent = memoryview(b"")
        self.deadline = NEVER
        self.interest = 0  # what the selector watches for: 0, EVENT_READ or EVENT_WRITE
        self.closing = False
        self.draining = False
        self.dropped = False
        self.truncated = False
        self.body_seconds = 0.0

    @property
    def disturbed(self) -> bool:
        """Whether the next answer is to be sent as ``disturb`` was told to."""
        return self.truncated or self.body_seconds > 0

    @property
    def idle(self) -> bool:
        """Neither being answered nor being sent an answer."""
        return self.deadline is not NEVER and not self.unsent

    @property
    def open(self) -> bool:
        """An answer may be sent on it now."""
        return not (self.unsent or self.closing or self.dropped)

    def receive(self) -> bytes | None:
        """What has arrived; None where nothing has, empty at the end."""
        try:
            return self.sock.recv(_RECEIVE)
        except BlockingIOError:
            return None
        except OSError:
            return b""

    def send(self, data: bytes | memoryview) -> None:
        """Send, and keep as ``unsent`` what the client does not take now."""
        try:
            sent = self.sock.send(data)
        except BlockingIOError:
            sent = 0
        except OSError:
            self.dropped = True
            sent = len(data)
        self.unsent = memoryview(data)[sent:]

    def disturb(
        self, *, drop: bool = False, truncate: bool = False, body_seconds: float = 0.0
    ) -> None:
        """Have the connection reset where the answer would have been; or break off in the middle
        of the answer's body; or let the body take that time.
        """
        self.dropped = drop
        self.truncated = truncate
        self.body_seconds = body_seconds

    def send_disturbed(self, data: bytes, body_size: int) -> None:
        """Send an answer as ``disturb`` was told to; its last bytes are the body."""
        head = len(data) - body_size
        end = len(data)
        if self.truncated:
            self.closing = True
            end -= (body_size + 1) // 2
        pieces = _PIECES if self.body_seconds else 1
        cuts = [head + (end - head) * piece // pieces for piece in range(1, pieces + 1)]
        self.send(data[: cuts[0]])
        for start, stop in pairwise(cuts):
            time.sleep(self.body_seconds / (pieces - 1))
            if self.dropped:
                break
            self.send(bytes(self.unsent) + data[start:stop])
        self.truncated, self.body_seconds = False, 0.0

    def drain(self) -> None:
        """Say that nothing more will come from here; what the client says is thrown away."""
        self.draining = True
        with suppress(OSError):
            self.sock.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        """Close the socket; with a reset if the connection was dropped."""
        with suppress(OSError):
            if self.dropped:
                self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _ABORT)
            elif not self.draining:
                self.sock.shutdown(socket.SHUT_WR)
        self.sock.close()
        self.reader.release()
