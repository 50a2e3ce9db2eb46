"""TLS on non-blocking sockets. Imported on use only: ssl costs time and memory."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

_LATER = (ssl.SSLWantReadError, ssl.SSLWantWriteError)
_SENT_HTTP = b"This port speaks https, and was sent http.\n"
_ANSWER_TO_HTTP = (
    b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n"
    b"Connection: close\r\n\r\n%s" % (len(_SENT_HTTP), _SENT_HTTP)
)


class _TlsSocket(ssl.SSLSocket):
    """Says "not now" as a plain socket does, and shakes hands when it is first read."""

    def recv(self, buflen: int = 1024, flags: int = 0) -> bytes:
        try:
            # A record has 16 KiB at most, so none is left halfway, where no selector looks.
            return super().recv(buflen, flags)
        except _LATER as error:
            raise BlockingIOError from error
        except ssl.SSLError as error:
            if error.reason == "HTTP_REQUEST":
                socket.socket.send(self, _ANSWER_TO_HTTP)
                socket.socket.recv(self, buflen)  # closing with it unread would undo the answer
            raise

    def send(self, data: Any, flags: int = 0) -> int:
        try:
            return super().send(data, flags)
        except _LATER as error:
            raise BlockingIOError from error

    def shutdown(self, how: int) -> None:
        with suppress(OSError, ValueError):
            self.unwrap()  # tells the client that this is the end; its own word is not waited for
        super().shutdown(how)


def tls_wrapper(cert: Path, key: Path) -> Callable[[socket.socket], socket.socket]:
    """A function that makes an accepted socket speak TLS 1.2 or later with this certificate.

    Raises OSError where the files cannot be read or do not belong together.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.sslsocket_class = _TlsSocket
    context.set_alpn_protocols(["http/1.1"])
    context.load_cert_chain(cert, key)
    return partial(context.wrap_socket, server_side=True, do_handshake_on_connect=False)
