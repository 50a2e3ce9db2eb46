"""Which names a tenant may have: those that are a file's name on every system; and a table."""

from __future__ import annotations

import re

from fakegraph.store.errors import TenantNameError

_RULE = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)
_DEVICES = {"CON", "PRN", "AUX", "NUL"} | {
    f"{port}{n}" for port in ("COM", "LPT") for n in range(10)
}


def check_tenant_name(name: str) -> None:
    """Raise TenantNameError unless the name is 1 to 64 of ``A-Z a-z 0-9 _ -`` and no device."""
    if not _RULE.fullmatch(name):
        raise TenantNameError(
            f"The tenant name {name[:80]!r} does not do: it is 1 to 64 of the characters "
            "A-Z, a-z, 0-9, _ and -."
        )
    if name.upper() in _DEVICES:
        raise TenantNameError(
            f"The tenant name {name!r} does not do: Windows keeps it for a device."
        )


def is_tenant_name(name: str) -> bool:
    """Whether a tenant may be called so."""
    return bool(_RULE.fullmatch(name)) and name.upper() not in _DEVICES


_LINKS = "links:"


def links_table(relation: str) -> str:
    """The name of the table of a relation's links."""
    return _LINKS + relation


def is_links(table: str) -> bool:
    """Whether a table is a relation's."""
    return table.startswith(_LINKS)


def relation_of(table: str) -> str:
    """Whose links a table has."""
    return table.removeprefix(_LINKS)


def is_aside(table: str) -> bool:
    """Whether nobody is told what becomes of a table: the server notes there for itself."""
    return table.startswith("@")


def check_container_name(name: str) -> None:
    """Raise ValueError for what no container can be called: such tables are the store's own."""
    if not name or name.startswith("_") or is_links(name):
        raise ValueError(f"a container cannot be called {name!r}")
