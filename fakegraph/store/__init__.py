"""Where records live: collections with their indexes, one tenant's store, and the template."""

from fakegraph.store.collection import Collection, Index, Record, Row
from fakegraph.store.errors import (
    DataFileError,
    FolderError,
    FolderInUse,
    KeyTaken,
    StorageFailure,
    StoreError,
    TenantNameError,
)
from fakegraph.store.names import check_tenant_name
from fakegraph.store.store import Store, Template

__all__ = [
    "Collection",
    "DataFileError",
    "FolderError",
    "FolderInUse",
    "Index",
    "KeyTaken",
    "Record",
    "Row",
    "StorageFailure",
    "Store",
    "StoreError",
    "Template",
    "TenantNameError",
    "check_tenant_name",
]
