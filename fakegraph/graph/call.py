"""One request to the Graph face, read once into the parts that handlers work with."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

from fakegraph.edm.model import EntitySet, Model
from fakegraph.graph.exchange import Exchange
from fakegraph.graph.headers import Preferences
from fakegraph.graph.paths import Target
from fakegraph.odata.query import Source
from fakegraph.odata.query_string import Options
from fakegraph.tenants import Tenant


@dataclass(frozen=True)
class Call:
    """What a handler may know. ``root`` is the service root as the caller addressed it."""

    exchange: Exchange
    tenant: Tenant
    model: Model
    target: Target
    options: Options
    preferences: Preferences
    root: str
    page_size: int

    @property
    def entity_set(self) -> EntitySet:
        """The set that the path addresses."""
        return self.target.entity_set

    @property
    def source(self) -> Source:
        """What queries are bound against."""
        return Source(self.model, self.entity_set, self.preferences.future_members)

    def collection_url(self) -> str:
        """The absolute URL of the addressed set, on the host and prefix that the caller used."""
        return f"{self.root}/{self.entity_set.path}"

    def entity_url(self, key: str) -> str:
        """The absolute URL of an entity; the form in parentheses takes every key."""
        escaped = quote(key.replace("'", "''"), safe="'@:!$*,;~-._")
        return f"{self.collection_url()}('{escaped}')"

    def context(self, select: tuple[str, ...] | None, *, entity: bool = False) -> str:
        """The ``@odata.context`` of the answer (OData JSON 4.01, section 10)."""
        projection = f"({','.join(select)})" if select is not None else ""
        suffix = "/$entity" if entity else ""
        return f"{self.root}/$metadata#{self.entity_set.path}{projection}{suffix}"
