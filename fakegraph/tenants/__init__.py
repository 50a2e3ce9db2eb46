"""The unit of isolation, and what belongs to one."""

from fakegraph.tenants.tenant import (
    DEFAULT_TENANT,
    PASSING,
    NewId,
    Tenant,
    Tenants,
    Traits,
    random_id,
    unavailable,
)

__all__ = [
    "DEFAULT_TENANT",
    "PASSING",
    "NewId",
    "Tenant",
    "Tenants",
    "Traits",
    "random_id",
    "unavailable",
]
