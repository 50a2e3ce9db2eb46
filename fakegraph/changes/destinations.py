"""Where notifications may be sent: ``--notify``.

A URL is looked at once, when a subscription is made, and its host's address is kept: what a name
leads to later changes nothing (RFC 1918, 3927, 4291; CWE-918).
"""

from __future__ import annotations

import fnmatch
import re
import socket
from collections.abc import Callable, Iterable
from contextlib import suppress
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from urllib.parse import urlsplit

from fakegraph.clouds import METADATA
from fakegraph.dataclass import dataclass

LOOPBACK, NAMES, NOWHERE = "loopback", "names", "none"
USUAL = (LOOPBACK, NAMES)
"""This machine, and names without a dot, as a compose network gives them."""

Address = IPv4Address | IPv6Address

_PORTS = {"http": 80, "https": 443}
_NAME = re.compile(r"(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,62})(\.[a-z0-9_]([a-z0-9_-]{0,62}))*\.?")
_NUMBER = re.compile(r"(0x[0-9a-f]*|[0-9]+)(\.(0x[0-9a-f]*|[0-9]+)){0,3}\.?")
_METADATA_NAMES = frozenset(
    {"metadata", "metadata.google.internal", "metadata.azure.internal", "instance-data"}
    | {"instance-data.ec2.internal", "metadata.packet.net", "metadata.platformequinix.com"}
)
_PRIVATE = tuple(
    map(ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7"))
)


class Unreachable(Exception):
    """A URL that notifications cannot go to; the message says why, for who wrote it.

    ``insecure``: it would do if it were https.
    """

    def __init__(self, message: str, *, insecure: bool = False) -> None:
        super().__init__(message)
        self.insecure = insecure


@dataclass(frozen=True)
class Destination:
    """A URL, taken apart, and the address that its host had when it was looked at."""

    url: str
    scheme: str
    host: str
    port: int
    address: str
    target: str


Resolve = Callable[[str, int], Iterable[str]]


def resolve(host: str, port: int) -> Iterable[str]:
    """The addresses of a host. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(each[4][0]).partition("%")[0] for each in found]


@dataclass(frozen=True)
class Destinations:
    """What ``--notify`` allows: ``allowed`` are LOOPBACK, NAMES, hosts, ``*.domain`` or networks.

    ``own`` gives the addresses and ports that this process listens at: they are never allowed.
    """

    allowed: tuple[str, ...] = USUAL
    own: Callable[[], Iterable[tuple[str, int]]] = tuple
    resolve: Resolve = resolve

    def find(self, url: str) -> Destination:
        """Where a URL leads. Raises Unreachable."""
        scheme, host, port, target = _parts(url)
        literal = _literal(host)
        if literal is None and host.rstrip(".") in _METADATA_NAMES:
            raise Unreachable(f"{host} is a name of cloud metadata, which is never sent anything.")
        self._check_secure(scheme, host, literal)
        if literal is not None:
            addresses = [literal]
        elif not self._takes_name(host):
            raise Unreachable(self._refusal(host))
        else:
            addresses = self._resolved(host, port)
        for address in addresses:
            self._check(host, address, port, is_name=literal is None)
        return Destination(url, scheme, host, port, str(addresses[0]), target)

    def _check_secure(self, scheme: str, host: str, literal: Address | None) -> None:
        """Raise Unreachable for what goes to another machine's name in the clear."""
        near = literal.is_loopback if literal is not None else "." not in host.rstrip(".")
        if scheme == "http" and not near and not host.endswith(".localhost"):
            raise Unreachable("The notificationUrl must use the HTTPS protocol.", insecure=True)

    def _resolved(self, host: str, port: int) -> list[Address]:
        try:
            found = [ip_address(each) for each in self.resolve(host, port)]
        except (OSError, UnicodeError, ValueError) as error:
            raise Unreachable(f"{host} has no address.") from error
        if not found:
            raise Unreachable(f"{host} has no address.")
        return found

    def _check(self, host: str, address: Address, port: int, *, is_name: bool) -> None:
        """Raise Unreachable for an address that nothing may be sent to."""
        plain = _plain(address)
        if str(plain) in METADATA or plain.is_link_local:
            why = "is where clouds keep their metadata"
            raise Unreachable(f"{host} ({plain}) {why}: it is never sent anything.")
        if plain.is_unspecified or plain.is_multicast or not _is_one(plain):
            raise Unreachable(f"{host} ({plain}) is no address of one machine.")
        if any(_is_same(own, plain) and port == number for own, number in self.own()):
            raise Unreachable(f"{host}:{port} is this server itself.")
        if not self._takes_address(host, plain, is_name=is_name):
            raise Unreachable(self._refusal(host if not is_name else f"{host} ({plain})"))

    def _takes_name(self, host: str) -> bool:
        """Whether a name may be looked up at all."""
        name = host.rstrip(".")
        if name == "localhost" or name.endswith(".localhost"):
            return LOOPBACK in self.allowed or self._is_listed(name)
        return (NAMES in self.allowed and "." not in name) or self._is_listed(name)

    def _takes_address(self, host: str, address: Address, *, is_name: bool) -> bool:
        if address.is_loopback and LOOPBACK in self.allowed:
            return not is_name or "." not in host.rstrip(".") or host.endswith(".localhost")
        if any(address in each for each in self._networks()):
            return True
        if not is_name:
            return False
        if self._is_listed(host.rstrip(".")):
            return not address.is_loopback or LOOPBACK in self.allowed
        return NAMES in self.allowed and any(address in each for each in _PRIVATE)

    def _is_listed(self, name: str) -> bool:
        return any(fnmatch.fnmatchcase(name, each.casefold()) for each in self.allowed)

    def _networks(self) -> Iterable[IPv4Network | IPv6Network]:
        for each in self.allowed:
            try:
                yield ip_network(each, strict=False)
            except ValueError:
                continue

    def _refusal(self, what: str) -> str:
        allowed = ", ".join(self.allowed)
        return (
            f"{what} is not among those that notifications may be sent to: --notify is {allowed}."
        )


def _parts(url: str) -> tuple[str, str, int, str]:
    """Scheme, host, port and target of a URL. Raises Unreachable."""
    if not url.isascii() or any(c <= " " or c in '\\"<>^`{|}' for c in url) or "\x7f" in url:
        raise Unreachable("It has characters that a URL does not have (RFC 3986).")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise Unreachable("It is no URL.") from error
    scheme = parts.scheme.lower()
    if scheme not in _PORTS:
        raise Unreachable("The notificationUrl must use the HTTPS protocol.", insecure=True)
    if "@" in parts.netloc:
        raise Unreachable("It has credentials in front of the host.")
    if parts.fragment or url.endswith("#"):
        raise Unreachable("It has a fragment.")
    host = (parts.hostname or "").lower()
    if "%" in host or not host:
        raise Unreachable("It has no host.")
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return scheme, host, _PORTS[scheme] if port is None else port, target


def _literal(host: str) -> Address | None:
    """The address that a host is written as; None for a name. Raises Unreachable for others."""
    try:
        return ip_address(host)
    except ValueError:
        pass
    if ":" in host or _NUMBER.fullmatch(host):
        raise Unreachable(f"{host} is no address as RFC 3986 has them: four decimal numbers.")
    if not _NAME.fullmatch(host):
        raise Unreachable(f"{host} is no name of a host.")
    return None


def _plain(address: Address) -> Address:
    """What an address of IPv6 stands for that has one of IPv4 in it."""
    if isinstance(address, IPv4Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None or address.teredo is not None or address in _TRANSLATED:
        raise Unreachable(f"{address} stands for another address.")
    return address


def _is_one(address: Address) -> bool:
    """Whether an address can be that of one machine."""
    if isinstance(address, IPv4Address):
        return not address.is_reserved
    return address.is_loopback or any(address in each for each in _OF_MACHINES)


_OF_MACHINES = (ip_network("2000::/3"), ip_network("fc00::/7"))
_TRANSLATED = ip_network("64:ff9b::/96")


def _is_same(own: str, address: Address) -> bool:
    """Whether who listens at ``own`` is reached at an address."""
    listens = ip_address(own)
    if listens.is_unspecified:
        return _is_here(address)
    return listens == address or (listens.is_loopback and address.is_loopback)


def _is_here(address: Address) -> bool:
    """Whether an address is one of this machine's: only these can be bound to."""
    family = socket.AF_INET if isinstance(address, IPv4Address) else socket.AF_INET6
    with suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as probe:
        probe.bind((str(address), 0))
        return True
    return False
