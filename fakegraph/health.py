"""Is the server up that these settings start? For ``fakegraph health`` and containers."""

from __future__ import annotations

import http.client
import json
from http import HTTPStatus
from urllib.parse import urlsplit

from fakegraph.settings import Settings

TIMEOUT = 5  # seconds
NOT_READY = HTTPStatus.SERVICE_UNAVAILABLE
_ANY_HOST = {"0.0.0.0": "127.0.0.1", "::": "::1"}


class NotReady(ValueError):
    """It is up, and takes no requests: it is about to end, or its database does not answer."""


def ask(settings: Settings) -> str:
    """What it says of itself. Raises OSError or ValueError where it is not up, or is another."""
    scheme, host, port = _where(settings)
    return f"ok: {_name(scheme, host, port, TIMEOUT)}"


def certificate(settings: Settings) -> tuple[str, bytes]:
    """Its address, and what it says that its clients are to trust; empty where it says nothing.

    Raises OSError or ValueError where it is not up.
    """
    scheme, host, port = _where(settings)
    _name(scheme, host, port, TIMEOUT)
    connection = _connection(scheme, host, port, TIMEOUT)
    try:
        connection.request("GET", "/_fakegraph/ca.pem")
        answer = connection.getresponse()
        found = answer.read(100_000)
    finally:
        connection.close()
    return f"{scheme}://{_address(host, port)}", found if answer.status == HTTPStatus.OK else b""


def tenant_id(settings: Settings, tenant: str) -> str:
    """The GUID of a tenant there, from its OpenID configuration. Raises OSError or ValueError."""
    connection = _connection(*_where(settings), TIMEOUT)
    try:
        connection.request("GET", f"/{tenant}/v2.0/.well-known/openid-configuration")
        issuer = json.loads(connection.getresponse().read(100_000))["issuer"]
    except (KeyError, http.client.HTTPException) as error:
        raise ValueError("it does not say what its tenant is") from error
    finally:
        connection.close()
    return str(urlsplit(issuer).path.split("/")[1])


def listening(settings: Settings, timeout: float = 1) -> str | None:
    """The fakegraph that answers where these settings would listen, if one does."""
    for scheme in ("http", "https"):
        try:
            return _name(scheme, _reached(settings.host), settings.port, timeout)
        except (OSError, ValueError):
            continue
    return None


def _name(scheme: str, host: str, port: int, timeout: float) -> str:
    """The version and the address of a fakegraph. Raises OSError, ValueError."""
    connection = _connection(scheme, host, port, timeout)
    address = _address(host, port)
    try:
        connection.request("GET", "/_fakegraph/health")
        answer = connection.getresponse()
        match json.loads(answer.read(1_000)):
            case {"status": "ok", "version": str(version)} if answer.status == 200:
                return f"fakegraph {version} at {scheme}://{address}"
            case {"error": {"message": str(reason)}} if answer.status == NOT_READY:
                raise NotReady(f"fakegraph at {scheme}://{address} is not ready: {reason}")
    except (http.client.HTTPException, json.JSONDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"what listens at {address} is no fakegraph") from error
    finally:
        connection.close()
    raise ValueError(f"what listens at {address} is no fakegraph")


def _address(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _connection(scheme: str, host: str, port: int, timeout: float) -> http.client.HTTPConnection:
    if scheme == "http":
        return http.client.HTTPConnection(host, port, timeout=timeout)
    import ssl

    # The question is whether it answers, on this machine, not whether it is trusted.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return http.client.HTTPSConnection(host, port, timeout=timeout, context=context)


def _where(settings: Settings) -> tuple[str, str, int]:
    if settings.ready_file is not None:
        match json.loads(settings.ready_file.read_text()):
            case {"url": str(text)}:
                url = urlsplit(text)
                return url.scheme, url.hostname or "", url.port or 0
        raise ValueError(f"{settings.ready_file} is not what a server writes once it is ready")
    if settings.port == 0:
        raise ValueError("with port 0 only a ready file can say where it listens")
    scheme = "https" if settings.tls or settings.tls_cert else "http"
    return scheme, _reached(settings.host), settings.port


def _reached(host: str) -> str:
    return _ANY_HOST.get(host, host)
