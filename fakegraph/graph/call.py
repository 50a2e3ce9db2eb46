"""One request to the Graph API, read once into the parts that handlers work with."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote

from fakegraph.dataclass import dataclass
from fakegraph.edm.model import EntitySet, Model, Resource
from fakegraph.graph.paths import Target
from fakegraph.graph.shape import Look
from fakegraph.graph.versions import Versions
from fakegraph.odata.query import Source
from fakegraph.odata.query_string import Options
from fakegraph.tenants import Tenant
from fakegraph.web.exchange import Answer, Exchange, Headers
from fakegraph.web.headers import Format, Preferences
from fakegraph.web.later import Steps

_SAFE = "'@:!$*,;~-._"


@dataclass(slots=True)  # not frozen: every request makes one, and that would take thrice as long
class Call:
    """What a handler may know. ``root`` is the service root as the caller addressed it.

    ``respond`` answers another request, such as an item of a batch. ``keep`` gives the tenant to
    write to: one that nobody made is made by that, so it comes after all that can be refused.
    """

    exchange: Exchange
    tenant: Tenant
    model: Model
    target: Target
    options: Options
    preferences: Preferences
    format: Format
    root: str
    respond: Callable[[Exchange], Steps[tuple[Answer, Headers]]]
    keep: Callable[[], Tenant]
    published: Versions

    @property
    def resource(self) -> Resource:
        """The entity set or function that the path addresses."""
        assert self.target.resource is not None
        return self.target.resource

    @property
    def entity_set(self) -> EntitySet:
        """The set that the path addresses."""
        return self.target.entity_set

    @property
    def retired(self) -> bool:
        """Whether this is gone, as deprecated things are on a server that says so."""
        return self.tenant.retired and self.resource.deprecation is not None

    @property
    def source(self) -> Source:
        """What queries are bound against."""
        return Source(
            self.model,
            self.resource,
            self.preferences.future_members,
            self.tenant.strict_queries,
            self.target.arguments or "",
        )

    def look(self, select: tuple[str, ...] | None) -> Look:
        """How the client wants to see what it selected."""
        return Look(select, self.preferences.future_members, self.format)

    def url(self) -> str:
        """The absolute URL of the set or function, on the host and prefix that the caller used."""
        return f"{self.root}/{quote(self.target.path, safe=_SAFE + '()=/')}"

    def entity_path(self, key: str) -> str:
        """Where an entity is below the root; the form in parentheses takes every key."""
        escaped = quote(key.replace("'", "''"), safe=_SAFE)
        return f"{self.resource.path}('{escaped}')"

    def entity_url(self, key: str) -> str:
        """The absolute URL of an entity."""
        return f"{self.root}/{self.entity_path(key)}"

    def context(self, select: tuple[str, ...] | None, *, one: bool = False) -> str:
        """The ``@odata.context`` of the answer (OData JSON 4.01, section 10); ``one``: no list."""
        projection = f"({','.join(select)})" if select is not None else ""
        resource = self.resource
        if isinstance(resource, EntitySet):
            what = f"{resource.path}{projection}{'/$entity' if one else ''}"
        elif one:
            what = f"{resource.type.name}{projection}"
        else:
            what = f"Collection({resource.type.name}){projection}"
        return f"{self.root}/$metadata#{what}"
