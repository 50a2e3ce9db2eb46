"""``Watching``: what subscriptions are about, for who tells of changes."""

from __future__ import annotations

from urllib.parse import quote

from fakegraph.changes.lifecycle import SUBSCRIBER
from fakegraph.graph.versions import Versions
from fakegraph.graph.whole.addresses import address
from fakegraph.graph.whole.answer import Request, answer, world_of
from fakegraph.graph.whole.lookup import InStore
from fakegraph.graph.whole.watching import Watch, read_resource
from fakegraph.store import Record, Row
from fakegraph.tenants import Tenant
from fakegraph.tokens.strict import Access
from fakegraph.web.exchange import Exchange
from fakegraph.web.later import ended
from fakegraph.workloads.subscriptions.resources import watched_at


class Watching:
    """What subscriptions are about, and what their contents are, for who tells of changes."""

    def __init__(self, versions: Versions) -> None:
        self._versions = versions

    def watch(self, tenant: Tenant, record: Record) -> Watch | None:
        """What one is about; None where that cannot be subscribed to. Raises GraphError."""
        version = self._versions.main
        resource = read_resource(record, self._versions.walk(version))
        if resource is None:
            return None
        world = world_of(self._versions, version)
        known = {"id": str(record.get(SUBSCRIBER) or record.get("creatorId") or "")}
        return Watch(world, tenant.store, resource, lambda: known, tenant.instant)

    def ends_with_account(self, record: Record) -> bool:
        """Whether one ends with what the account of who made it could do."""
        watched = watched_at(str(record.get("resource") or "").lstrip("/").partition("?")[0])
        return watched is not None and watched.revoked

    def content(self, tenant: Tenant, record: Record, row: Row) -> bytes:
        """What a thing is, as JSON. Raises GraphError."""
        world = world_of(self._versions, self._versions.main)
        path = address(world, InStore(tenant.store), row)
        walk = self._versions.walk(self._versions.main)
        resource = read_resource(record, walk)
        select = "" if resource is None else resource.options.get("select") or ""
        query = f"?$select={quote(select, safe=',/')}" if select else ""
        annotated = resource is not None and resource.watched.outlook
        return self._read(tenant, path, query, _FULL if annotated else "")

    def _read(self, tenant: Tenant, path: str, query: str, accept: str) -> bytes:
        """What GET gives, as nobody in particular."""
        version = self._versions.main
        environ = {
            "REQUEST_METHOD": "GET",
            "RAW_URI": f"/{path}{query}",
            "SERVER_NAME": _HOST,
            "SERVER_PORT": "443",
            "HTTP_HOST": _HOST,
            "QUERY_STRING": query.removeprefix("?"),
            "wsgi.url_scheme": "https",
            **({"HTTP_ACCEPT": accept} if accept else {}),
        }
        read = self._versions.walk(version)(f"/{path}")
        about = read, f"https://{_HOST}/{version}", Access(), lambda: tenant, _no_route
        request = Request(Exchange(environ, 0), tenant, version, *about)
        return ended(answer(self._versions, request)).body


_FULL = "application/json;odata.metadata=full"
"""As Outlook's contents are written: values say their types, as ``"sent@odata.type"``."""
_HOST = "graph.microsoft.com"


def _no_route(route: str) -> None:
    """What is read to be told is no request."""
