"""Bodies of several parts, as forms send them (RFC 7578)."""

from __future__ import annotations

from email.message import Message
from email.parser import BytesHeaderParser

from fakegraph.dataclass import dataclass
from fakegraph.errors import GraphError

_MOST, _LONGEST = 500, 25 << 20
_PLAIN = "text/plain"


@dataclass(frozen=True, slots=True)
class Part:
    """One part: the name that it has in the form, its media type, and its bytes."""

    name: str
    media: str
    data: bytes

    @property
    def stream(self) -> str:
        """What its bytes are called beside those of a page."""
        return f"part {self.name}"


def read_parts(data: bytes) -> list[Part]:
    """The parts of a body. Its first line says what is between them. Raises GraphError (400)."""
    first = data.lstrip(b"\r\n").split(b"\n", 1)[0].rstrip()
    if not first.startswith(b"--") or len(first) < 3:
        raise _malformed("it does not begin with its boundary")
    pieces = (b"\n" + data.lstrip(b"\r\n")).split(b"\n" + first)
    if not pieces[-1].strip().startswith(b"--"):
        raise _malformed("its last line is not the boundary with '--' behind it")
    if len(pieces) - 2 > _MOST:
        raise GraphError(400, "20015", f"The request has more than {_MOST} parts.")
    parts = [_part(piece) for piece in pieces[1:-1]]
    names = [part.name for part in parts]
    if len(names) != len(set(names)):
        raise GraphError(400, "20009", "The names of parts are unique.")
    return parts


def _part(piece: bytes) -> Part:
    head, blank, data = (
        piece.lstrip(b"\r").removeprefix(b"\n").replace(b"\r\n\r\n", b"\n\n", 1).partition(b"\n\n")
    )
    if not blank:
        raise _malformed("a part has no blank line behind its headers")
    if len(data) > _LONGEST:
        raise GraphError(413, "20014", "A part of the request has more than 25 MB.")
    headers: Message = BytesHeaderParser().parsebytes(head)
    name = headers.get_param("name", header="content-disposition")
    if not isinstance(name, str) or not name:
        raise GraphError(400, "20010", "Each part has a Content-Disposition with its name.")
    media = headers.get_content_type() if headers["content-type"] else _PLAIN
    return Part(name, media, data.removesuffix(b"\r"))


def _malformed(why: str) -> GraphError:
    return GraphError(400, "20011", f"The request contains a malformed multipart payload: {why}.")
