"""Is the server up that these settings start? For ``fakegraph health`` and containers."""

from __future__ import annotations

import http.client
import json
import ssl
from urllib.parse import urlsplit

from fakegraph.settings import Settings

TIMEOUT = 5  # seconds
_ANY_HOST = {"0.0.0.0": "127.0.0.1", "::": "::1"}


def ask(settings: Settings) -> str:
    """What it says of itself. Raises OSError or ValueError where it is not up, or is another."""
    scheme, host, port = _where(settings)
    connection: http.client.HTTPConnection
    if scheme == "https":
        # The question is whether it answers, on this machine, not whether it is trusted.
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        connection = http.client.HTTPSConnection(host, port, timeout=TIMEOUT, context=context)
    else:
        connection = http.client.HTTPConnection(host, port, timeout=TIMEOUT)
    try:
        connection.request("GET", "/_fakegraph/health")
        answer = connection.getresponse()
        said = json.loads(answer.read(1_000))
    except http.client.HTTPException as error:
        raise ValueError(f"what listens at {host}:{port} is no fakegraph") from error
    finally:
        connection.close()
    if answer.status != 200 or not isinstance(said, dict) or said.get("status") != "ok":
        raise ValueError(f"what listens at {host}:{port} is no fakegraph")
    return f"ok: fakegraph {said['version']} at {scheme}://{host}:{port}"


def _where(settings: Settings) -> tuple[str, str, int]:
    if settings.ready_file is not None:
        url = urlsplit(json.loads(settings.ready_file.read_text())["url"])
        return url.scheme, url.hostname or "", url.port or 0
    if settings.port == 0:
        raise ValueError("with port 0 only a ready file can say where it listens")
    scheme = "https" if settings.tls or settings.tls_cert else "http"
    return scheme, _ANY_HOST.get(settings.host, settings.host), settings.port
