"""Where records live: containers and links, one tenant's store, and the template."""

from fakegraph.store.change import Change
from fakegraph.store.changes import ChangeLog
from fakegraph.store.container import Container, Owned
from fakegraph.store.errors import (
    ChangesLost,
    DataFileError,
    FolderError,
    FolderInUse,
    KeyTaken,
    NoSuchRow,
    SnapshotTaken,
    StorageFailure,
    StoreClosed,
    StoreError,
    TenantNameError,
    TenantTaken,
)
from fakegraph.store.folder import Durability
from fakegraph.store.layouts import (
    END,
    EachIndex,
    GroupIndex,
    Index,
    Layout,
    UniqueKey,
    value_at,
)
from fakegraph.store.links import Links
from fakegraph.store.names import check_tenant_name, is_tenant_name
from fakegraph.store.opened import read_store
from fakegraph.store.reading import read_records
from fakegraph.store.rows import Key, Record, Row, json_of, keys_of
from fakegraph.store.sharing import Common, compact
from fakegraph.store.store import Store, Stores
from fakegraph.store.tables import Snapshot
from fakegraph.store.template import Template
from fakegraph.store.transaction import Transaction

__all__ = [
    "END",
    "Change",
    "ChangeLog",
    "ChangesLost",
    "Common",
    "Container",
    "DataFileError",
    "Durability",
    "EachIndex",
    "FolderError",
    "FolderInUse",
    "GroupIndex",
    "Index",
    "Key",
    "KeyTaken",
    "Layout",
    "Links",
    "NoSuchRow",
    "Owned",
    "Record",
    "Row",
    "Snapshot",
    "SnapshotTaken",
    "StorageFailure",
    "Store",
    "StoreClosed",
    "StoreError",
    "Stores",
    "Template",
    "TenantNameError",
    "TenantTaken",
    "Transaction",
    "UniqueKey",
    "check_tenant_name",
    "compact",
    "is_tenant_name",
    "json_of",
    "keys_of",
    "read_records",
    "read_store",
    "value_at",
]
