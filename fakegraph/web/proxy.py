"""The forward proxy: where a client that asks for another host is led.

For the hosts of Graph and Entra ID this server answers itself, in TLS by a certificate for that
host. Others are refused, or tunnelled to (``web.tunnel``).
https://www.rfc-editor.org/rfc/rfc9110#name-connect
"""

from __future__ import annotations

import base64
import hmac
import logging
import socket
import tempfile
from collections import OrderedDict
from collections.abc import Mapping
from functools import cached_property, partial
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from fakegraph.clouds import ABSENT, is_below, service_of
from fakegraph.errors import GraphError
from fakegraph.hosts import host_name, host_port, is_loopback
from fakegraph.settings import Settings
from fakegraph.tokens.ca import LOOPBACK, TlsFiles, passing_folder
from fakegraph.web.exchange import HOME
from fakegraph.web.head import GRANTED, Fields, Refused, Way

if TYPE_CHECKING:
    from ssl import SSLContext

    from fakegraph.tokens.chain import Signer
    from fakegraph.web.hall import Hall

log = logging.getLogger("fakegraph")

HTTPS = 443
_MOST_CONTEXTS = 64  # more than there are hosts, but for regions
_MOST_REFUSED = 1000  # hosts that are remembered


class Client(Protocol):
    """A connection that asked to be led somewhere."""

    def hand_over(self, protocol: Any, word: bytes = b"") -> None:
        """Let another protocol go on with it, after this word to the client."""

    def inside(self, place: dict[str, str], hall: Any) -> Any:
        """A connection like it, for what comes in TLS; ``place``: what its environ says of where
        it came to.
        """


def proxy_of(settings: Settings, files: TlsFiles) -> Proxy | None:
    """The proxy that settings ask for, if they do."""
    if files.chain is None:
        return None
    own = frozenset({*LOOPBACK, socket.gethostname().casefold(), settings.host.casefold()})
    afar = not is_loopback(settings.host)
    tunnels = settings.proxy_others == "tunnel"
    password = settings.control_key if afar else None
    return Proxy(files.chain, own, tunnels=tunnels, password=password)


class Proxy:
    """What a server does as a proxy. ``chain``: the folder with what signs for the hosts that it
    stands in for. ``own``: the names of this server. ``tunnels``: clients are let through to other
    hosts, for which they give ``password`` where there is one.

    ``refused`` has how often which other host was asked for.
    """

    def __init__(
        self,
        chain: Path,
        own: frozenset[str],
        *,
        tunnels: bool = False,
        password: str | None = None,
    ) -> None:
        self.refused: dict[str, int] = {}
        self._chain = chain
        self._own = own
        self._tunnels = tunnels
        self._password = password
        self._contexts: OrderedDict[str, SSLContext] = OrderedDict()

    def way(self, target: bytes, headers: Fields) -> Way:
        """Where CONNECT leads. Raises Refused."""
        name, port = _authority(target)
        service = service_of(name)
        if service is not None and port == HTTPS:
            return partial(self._stand_in, name, _home(headers))
        if service is not None:
            reason = f"{name} is stood in for on port {HTTPS} alone."
            raise self._refusal(name, port, reason)
        if name in ABSENT:
            raise self._refusal(name, port, f"{name} is {ABSENT[name]}.")
        if is_below(name):
            reason = f"{name} is none of the hosts that are stood in for, and not to be reached."
            raise self._refusal(name, port, reason)
        if not self._tunnels:
            raise self._refusal(name, port, f"{name} {_NOT_THEIRS}; {_LETS_THROUGH}.")
        self._check_password(headers)
        return partial(self._tunnel, name, port)

    def check(self, scheme: str, headers: Fields, port: int) -> dict[str, str]:
        """What an environ says of where ``GET http://host/…`` came to, if that is answered here, on
        this port; ``headers`` end with the host. Raises Refused.
        """
        host = headers[-1][1]
        usual = _USUAL[scheme]
        name, asked = _authority(host, usual)
        own = (service_of(name), asked) == (None, port) and name in self._own
        if not own and (service_of(name) is None or asked != usual):
            reason = f"{name}:{asked} {_NOT_THEIRS}, nor this server; CONNECT leads to others"
            raise self._refusal(name, asked, f"{reason} with --proxy-others tunnel.")
        return {"wsgi.url_scheme": scheme, **_home(headers)}

    def check_host(self, place: Mapping[str, str], headers: Fields) -> None:
        """See that a request is for the host that its client was led to. Raises Refused."""
        hosts = [value for name, value in headers if name == b"host"]
        if hosts and _authority(hosts[0], HTTPS) != (place["SERVER_NAME"], HTTPS):
            reason = f"This connection is to {place['SERVER_NAME']}, and the Host is another."
            raise Refused(HTTPStatus.MISDIRECTED_REQUEST, reason)

    def context(self, name: str) -> SSLContext:
        """What TLS is spoken with as that host. Raises OSError, ValueError."""
        found = self._contexts.pop(name, None) or self._new_context(name)
        self._contexts[name] = found  # the one that was not used for longest is the first to go
        if len(self._contexts) > _MOST_CONTEXTS:
            self._contexts.popitem(last=False)
        return found

    def _new_context(self, name: str) -> SSLContext:
        from fakegraph.web.tls import tls_context

        chain, key = self._signer.certificate((name,))
        with tempfile.NamedTemporaryFile(dir=passing_folder()) as file:  # mode 0600
            file.write(key + chain)
            file.flush()
            return tls_context(Path(file.name), Path(file.name))

    @cached_property
    def _signer(self) -> Signer:
        from fakegraph.tokens.chain import Signer

        return Signer(self._chain)

    def _stand_in(self, name: str, home: dict[str, str], client: Client, hall: Hall) -> None:
        from fakegraph.web.tls import Doorway

        context = self.context(name)
        place = {
            "wsgi.url_scheme": "https",
            "SERVER_NAME": name,
            "SERVER_PORT": str(HTTPS),
            **home,
        }
        client.hand_over(Doorway(partial(client.inside, place, hall), hall, context), GRANTED)

    def _tunnel(self, name: str, port: int, client: Client, hall: Hall) -> None:
        from fakegraph.web.tunnel import Near

        client.hand_over(Near(hall, name, port, afar=self._password is not None))

    def _check_password(self, headers: Fields) -> None:
        """Any user will do."""
        if self._password is None:
            return
        if not hmac.compare_digest(_credentials(headers)[1].encode(), self._password.encode()):
            reason = "To other hosts it leads those who send its control key as their password."
            raise Refused(HTTPStatus.PROXY_AUTHENTICATION_REQUIRED, reason)

    def _refusal(self, name: str, port: int, reason: str) -> Refused:
        """403, and a line in the log the first time."""
        shown = f"{name}:{port}"
        if shown not in self.refused and len(self.refused) < _MOST_REFUSED:
            self.refused[shown] = 0
            log.warning("the proxy refused %s: %s", shown, reason)
        if shown in self.refused:
            self.refused[shown] += 1
        return Refused(HTTPStatus.FORBIDDEN, reason)


_USUAL = {"http": 80, "https": HTTPS}
_NOT_THEIRS = "is no host of Microsoft Graph's or Entra ID's"
_LETS_THROUGH = "--proxy-others tunnel lets clients through to others"


def _home(headers: Fields) -> dict[str, str]:
    """What an environ says of the tenant that the client names as its user. Raises Refused."""
    user, _ = _credentials(headers)
    return {HOME: user} if user else {}


def _credentials(headers: Fields) -> tuple[str, str]:
    """User and password (RFC 7617), each empty where it was not sent. Raises Refused (407)."""
    given = dict(headers).get(b"proxy-authorization")
    if given is None:
        return "", ""
    scheme, _, sent = given.partition(b" ")
    try:
        user, colon, password = base64.b64decode(sent, validate=True).decode().partition(":")
    except ValueError:
        colon = ""
    if not colon or scheme.lower() != b"basic":
        reason = "The proxy takes Basic credentials: a tenant as the user, and a password."
        raise Refused(HTTPStatus.PROXY_AUTHENTICATION_REQUIRED, reason)
    return user, password


def _authority(target: bytes, usual: int | None = None) -> tuple[str, int]:
    """The name, in lower case, and the port. Raises Refused (400)."""
    text = target.decode("latin-1")
    try:
        name, port = host_name(text), host_port(text) or usual
    except GraphError:
        port = None
    if port is None:
        reason = "CONNECT takes a host and a port, such as graph.microsoft.com:443."
        raise Refused(HTTPStatus.BAD_REQUEST, reason)
    return name, port
