"""A tunnel through the proxy to another host: bytes one way and the other, within limits.

What only this machine is meant to reach is not to be had through it: link-local addresses, those
where clouds tell a machine its credentials, and for those who come from afar what is on loopback.
Nor are the hosts that are stood in for, by whatever address: nothing that a client says goes on
before it has said which host it means, in its ClientHello or its request, as far as it does.
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import socket
from collections.abc import Iterator
from http import HTTPStatus

from fakegraph.clouds import ABSENT, METADATA, is_below, service_of
from fakegraph.web import limits
from fakegraph.web.greeting import LONGEST, Unfinished, hosts_in
from fakegraph.web.hall import Hall
from fakegraph.web.head import GRANTED, Refused
from fakegraph.web.wsgi import error_answer

log = logging.getLogger("fakegraph")

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

# RFC 6052 and RFC 8215: their last four bytes are IPv4.
_TRANSLATED = tuple(map(ipaddress.ip_network, ("64:ff9b::/96", "64:ff9b:1::/48")))


def is_forbidden(address: str, afar: bool) -> bool:
    """Whether no tunnel may lead to an address; ``afar``: its client need not be this machine."""
    return any(
        each.is_link_local
        or each.is_multicast
        or each.is_unspecified
        or str(each) in METADATA
        or (afar and each.is_loopback)
        for each in _meanings(ipaddress.ip_address(address.partition("%")[0]))
    )


def _meanings(address: Address) -> Iterator[Address]:
    """An address, and those of IPv4 that it may be translated to."""
    yield address
    if isinstance(address, ipaddress.IPv4Address):
        return
    if address.ipv4_mapped:
        yield address.ipv4_mapped
    if address.sixtofour:
        yield address.sixtofour
    if address.teredo:
        yield address.teredo[1]
    if int(address) < 1 << 32 or any(address in each for each in _TRANSLATED):
        yield ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)


def _is_theirs(name: str) -> bool:
    return service_of(name) is not None or name in ABSENT or is_below(name)


class Near(asyncio.Protocol):
    """The client's end. It waits for its client as connections do, and goes when it is silent."""

    def __init__(self, hall: Hall, name: str, port: int, afar: bool) -> None:
        self._hall = hall
        self._name, self._port, self._afar = name, port, afar
        self._transport: asyncio.Transport | None = None
        self._far: asyncio.Transport | None = None
        self._early = b""  # what came before there was another end, and it was known whom it is for
        self._judged = False
        self._task: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        if not self._hall.enter(self):
            transport.abort()
            return
        self._hall.waits(self, limits.CONNECT_TIMEOUT)
        transport.pause_reading()
        self._task = asyncio.ensure_future(self._open(transport))

    async def _open(self, near: asyncio.Transport) -> None:
        try:
            far = await self._reached()
        except (Refused, OSError) as error:
            reason = getattr(error, "reason", f"{self._name} cannot be reached.")
            status = getattr(error, "status", HTTPStatus.BAD_GATEWAY)
            log.warning("no tunnel to %s:%d: %s", self._name, self._port, reason)
            near.write(error_answer(status, reason, last=True))
            near.close()
            return
        if near.is_closing():
            far.abort()
            return
        self._far = far
        near.write(GRANTED)
        self.heard()
        if self._early:
            self._greet(far)
        near.resume_reading()

    def _greet(self, far: asyncio.Transport) -> None:
        """Send on what a client says first, unless it names a host that is stood in for."""
        try:
            hosts = hosts_in(self._early)
        except Unfinished:
            if len(self._early) > LONGEST:
                self.abort()
            return
        theirs = next((each for each in hosts if _is_theirs(each)), None)
        if theirs is not None:
            log.warning(
                "the tunnel to %s:%d was closed: it is used for %s, which is stood in for.",
                self._name,
                self._port,
                theirs,
            )
            self.abort()
            return
        self._judged = True
        far.write(self._early)
        self._early = b""

    async def _reached(self) -> asyncio.Transport:
        """A connection to the first address that may be asked and answers. What was looked up is
        looked up once: it could be another the next time. Raises Refused, OSError.
        """
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(self._name, self._port, type=socket.SOCK_STREAM)
        addresses = dict.fromkeys(str(where[0]) for *_, where in found)
        if any(is_forbidden(each, self._afar) for each in addresses):
            reason = f"{self._name} is an address of this machine or its network alone."
            raise Refused(HTTPStatus.FORBIDDEN, reason)
        failed: OSError = OSError("it has no address")
        for address in addresses:
            try:
                transport, _ = await loop.create_connection(lambda: _Far(self), address, self._port)
            except OSError as error:
                failed = error
            else:
                return transport
        raise failed

    def heard(self) -> None:
        """One of the two said something."""
        self._hall.waits(self, limits.IDLE_TIMEOUT)

    def data_received(self, data: bytes) -> None:
        self.heard()
        if self._judged and self._far is not None:
            self._far.write(data)
            return
        self._early += data
        if self._far is not None:
            self._greet(self._far)

    def eof_received(self) -> bool:
        if self._far is not None and not self._far.is_closing():
            self._far.write(self._early)  # too little to name a host
            self._early = b""
            self._far.write_eof()
        return self._far is not None

    def say(self, data: bytes) -> None:
        """Send what the other host said."""
        self.heard()
        assert self._transport is not None
        self._transport.write(data)

    def end(self) -> None:
        """The other host says no more."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write_eof()

    def pause_writing(self) -> None:
        if self._far is not None:
            self._far.pause_reading()

    def resume_writing(self) -> None:
        if self._far is not None:
            self._far.resume_reading()

    def pause(self) -> None:
        """The other host takes no more at present."""
        assert self._transport is not None
        self._transport.pause_reading()

    def resume(self) -> None:
        """It does again."""
        assert self._transport is not None
        self._transport.resume_reading()

    def connection_lost(self, exc: Exception | None) -> None:
        self._hall.leave(self)
        if self._task is not None:
            self._task.cancel()
        if self._far is not None:
            self._far.close()

    def abort(self) -> None:
        """End now."""
        if self._transport is not None:
            self._transport.abort()
        if self._far is not None:
            self._far.abort()

    give_up = shutdown = abort

    def close(self) -> None:
        """End when all is sent."""
        if self._transport is not None:
            self._transport.close()


class _Far(asyncio.Protocol):
    """The other host's end."""

    def __init__(self, near: Near) -> None:
        self._near = near

    def data_received(self, data: bytes) -> None:
        self._near.say(data)

    def eof_received(self) -> bool:
        self._near.end()
        return True

    def pause_writing(self) -> None:
        self._near.pause()

    def resume_writing(self) -> None:
        self._near.resume()

    def connection_lost(self, exc: Exception | None) -> None:
        self._near.close()
