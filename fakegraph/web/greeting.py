"""Which host a client asks for by the first bytes that it sends: in a ClientHello, or in a request.

https://www.rfc-editor.org/rfc/rfc8446#section-4.1.2 and https://www.rfc-editor.org/rfc/rfc6066#section-3
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator

from fakegraph.errors import GraphError
from fakegraph.hosts import host_name

LONGEST = 1 << 14
_HANDSHAKE, _CLIENT_HELLO, _SERVER_NAME, _HOST_NAME = 22, 1, 0, 0
_RECORD, _MESSAGE = 5, 4  # bytes before what they have
_VERSION_AND_RANDOM = 34
_MAYBE_REQUEST = re.compile(rb"[A-Z]{1,20}(?: [^\r\n]*)?\r?")
_REQUEST = re.compile(rb"[A-Z]{1,20} (?:https?://)?([^/\s]*)\S* HTTP/1\.[01]\r?\n", re.IGNORECASE)
_HOST = re.compile(rb"\nhost:[ \t]*([^\r\n]*)", re.IGNORECASE)


class Unfinished(Exception):
    """More has to come before it can be told."""


def hosts_in(data: bytes) -> frozenset[str]:
    """The hosts that the first bytes of a connection name, in small letters; none where they are
    of another protocol, or name nobody. Raises Unfinished.
    """
    if not data:
        raise Unfinished
    named = _in_hello(data) if data[0] == _HANDSHAKE else _in_request(data)
    return frozenset(_read(each) for each in named)


def _read(name: bytes) -> str:
    text = name.decode("latin-1").strip()
    try:
        return host_name(text)
    except GraphError:
        return text.casefold()


def _in_request(data: bytes) -> list[bytes]:
    line = _REQUEST.match(data)
    if line is None:
        if _MAYBE_REQUEST.fullmatch(data):
            raise Unfinished
        return []
    head, end, _ = data.replace(b"\r\n", b"\n").partition(b"\n\n")
    if not end:
        raise Unfinished
    return [each for each in (line[1], *_HOST.findall(head)) if each]


def _in_hello(data: bytes) -> list[bytes]:
    try:
        return list(_names(_hello(data)))
    except (struct.error, ValueError):
        return []  # no server would take it for one


def _hello(data: bytes) -> bytes:
    """The message that a ClientHello is, which may come in several records."""
    message = b""
    while True:
        if len(data) < _RECORD:
            raise Unfinished
        kind, _, size = struct.unpack_from(">BHH", data)
        if kind != _HANDSHAKE or not size:
            raise ValueError
        message += data[_RECORD : _RECORD + size]
        if message[0] != _CLIENT_HELLO:
            raise ValueError
        whole = _MESSAGE + int.from_bytes(message[1:_MESSAGE].ljust(3, b"\xff"), "big")
        if len(message) >= whole:
            return message[_MESSAGE:whole]
        data = data[_RECORD + size :]


def _names(hello: bytes) -> Iterator[bytes]:
    at = _VERSION_AND_RANDOM
    for form in (">B", ">H", ">B"):  # the session, ciphers, compressions
        at += struct.calcsize(form) + struct.unpack_from(form, hello, at)[0]
    (end,) = struct.unpack_from(">H", hello, at)
    at += 2
    end += at
    while at < end:
        kind, size = struct.unpack_from(">HH", hello, at)
        at += 4
        if kind == _SERVER_NAME:
            yield from _listed(hello[at : at + size])
        at += size


def _listed(names: bytes) -> Iterator[bytes]:
    at = 2
    while at < len(names):
        kind, size = struct.unpack_from(">BH", names, at)
        at += 3
        if kind == _HOST_NAME:
            yield names[at : at + size]
        at += size
