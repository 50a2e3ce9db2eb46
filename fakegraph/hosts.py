"""What a ``Host`` header may say: one rule for the Graph API, signing in and the control API.

Names are those that containers, compose and machines have, underscores included, not only those
that may be registered in the DNS.
"""

from __future__ import annotations

import ipaddress
import re
from functools import lru_cache

from fakegraph.errors import GraphError, bad_request

_LABEL = r"[\w~-]{1,63}"
_HOST = re.compile(
    rf"(?:(?P<name>{_LABEL}(?:\.{_LABEL})*\.?)|\[(?P<address>[0-9A-Fa-f:.]+(?:%[\w.~-]+)?)\])"
    r"(?::(?P<port>\d*))?",
    re.ASCII,
)
_DEFAULT_PORTS = {"http": 80, "https": 443}
_LAST_PORT = 65535


@lru_cache(maxsize=256)
def host_url(scheme: str, host: str) -> str:
    """How URLs of this server begin for who sent this header. Raises GraphError (400).

    The port is left out where it is empty or the scheme's own.
    """
    name, port = _parts(host)
    if port is None or port == _DEFAULT_PORTS.get(scheme):
        return f"{scheme}://{name}"
    return f"{scheme}://{name}:{port}"


def host_name(host: str) -> str:
    """The name or address alone, in lower case, without brackets. Raises GraphError (400)."""
    return _parts(host)[0].strip("[]").removesuffix(".").casefold()


def host_port(host: str) -> int | None:
    """The port, where one is given. Raises GraphError (400)."""
    return _parts(host)[1]


def _parts(host: str) -> tuple[str, int | None]:
    found = _HOST.fullmatch(host)
    if found is None or (found["address"] and not is_address(found["address"])):
        raise _no_host()
    port = int(found["port"][:9]) if found["port"] else None
    if port is not None and not 0 < port <= _LAST_PORT:
        raise _no_host()
    return found["name"] or f"[{found['address']}]", port


def _no_host() -> GraphError:
    return bad_request("Bad Request - Invalid Hostname: the Host header is not a host name.")


def is_address(name: str) -> bool:
    """Whether it is an IP address, rather than a name."""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def is_loopback(name: str) -> bool:
    """Whether a host name or address means this machine alone."""
    name = name.casefold()
    if name == "localhost" or name.endswith(".localhost"):
        return True
    return is_address(name) and ipaddress.ip_address(name).is_loopback


def is_private(name: str) -> bool:
    """Whether nobody can have this name in the public DNS, as those that containers have.

    Compose's have an underscore in their last part (``fakegraph.my_project_default``), those of
    Kubernetes end in ``cluster.local``, and Docker's of the machine is ``host.docker.internal``.
    """
    last = name.rpartition(".")[2]
    return last == name or "_" in last or last in {"local", "internal"}
