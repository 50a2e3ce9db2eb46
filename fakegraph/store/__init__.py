"""Where records live: collections with their indexes, one tenant's store, and the template."""

from fakegraph.store.collection import Collection
from fakegraph.store.errors import (
    DataFileError,
    FolderError,
    FolderInUse,
    KeyTaken,
    StorageFailure,
    StoreClosed,
    StoreError,
    TenantNameError,
)
from fakegraph.store.folder import Durability
from fakegraph.store.indexes import Index
from fakegraph.store.names import check_tenant_name, is_tenant_name
from fakegraph.store.reading import read_records
from fakegraph.store.rows import Record, Row
from fakegraph.store.storage import Snapshot
from fakegraph.store.store import Store, Stores
from fakegraph.store.template import Template

__all__ = [
    "Collection",
    "DataFileError",
    "Durability",
    "FolderError",
    "FolderInUse",
    "Index",
    "KeyTaken",
    "Record",
    "Row",
    "Snapshot",
    "StorageFailure",
    "Store",
    "StoreClosed",
    "StoreError",
    "Stores",
    "Template",
    "TenantNameError",
    "check_tenant_name",
    "is_tenant_name",
    "read_records",
]
