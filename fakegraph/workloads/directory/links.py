"""Who may be a member or an owner of a group, or somebody's manager.

https://learn.microsoft.com/graph/api/group-post-members
https://learn.microsoft.com/graph/api/group-delete-owners
"""

from __future__ import annotations

from fakegraph.errors import GraphError
from fakegraph.store import Record
from fakegraph.workloads.directory.addresses import is_unified
from fakegraph.workloads.directory.dynamic import is_dynamic
from fakegraph.workloads.directory.mastered import check_links
from fakegraph.workloads.handed import Linking

_NESTING = "A group of this type cannot be added as a member."
_LAST = "The group must have at least one owner, hence this owner cannot be removed."
_CLOSED = "Cannot Update a mail-enabled security groups and or distribution list."
_DENIED = "Insufficient privileges to complete the operation."
_OWNERS = frozenset({"user", "servicePrincipal"})
_MEMBERS = frozenset({"user", "group", "device", "servicePrincipal", "orgContact"})
_MANAGERS = frozenset({"user", "orgContact"})
_SPONSORS = frozenset({"user", "group"})
_MOST_OWNERS = 100


def _refused(message: str) -> GraphError:
    return GraphError(400, "Request_BadRequest", message)


def _check_written(group: Record) -> None:
    if group.get("mailEnabled") and not is_unified(group):
        raise _refused(_CLOSED)


def _check_static(group: Record) -> None:
    """Raise GraphError for a group whose members a rule says."""
    if is_dynamic(group):
        raise GraphError(403, "Authorization_RequestDenied", _DENIED)


def member_joins(linking: Linking) -> None:
    """Raise GraphError for what cannot be a member of a group."""
    group, other = linking.holder, linking.other
    _check_written(group)
    check_links(group)
    _check_static(group)
    if linking.type == "group" and (
        is_unified(group) or is_unified(other) or other.get("id") == group.get("id")
    ):
        raise _refused(_NESTING)
    if linking.type not in _MEMBERS:
        raise _refused(f"'{linking.type}' cannot be a member of a group.")
    if is_unified(group) and linking.type != "user":
        raise _refused(f"'{linking.type}' cannot be a member of a Microsoft 365 group.")


def member_leaves(linking: Linking) -> None:
    """Raise GraphError for a group whose members are not taken out by hand."""
    _check_written(linking.holder)
    check_links(linking.holder)
    _check_static(linking.holder)


def owner_joins(linking: Linking) -> None:
    """Raise GraphError for what cannot own a group."""
    _check_written(linking.holder)
    owned_joins(linking)


def owned_joins(linking: Linking) -> None:
    """Raise GraphError for what cannot own anything, and for one owner too many."""
    if linking.type not in _OWNERS:
        raise _refused(f"'{linking.type}' cannot be an owner: users and service principals can.")
    if linking.links() >= _MOST_OWNERS:
        message = (
            f"Unable to perform operation as '{_MOST_OWNERS + 1}' would exceed the maximum quota "
            f"count '{_MOST_OWNERS}' for forward-link 'owners'."
        )
        raise GraphError(403, "Directory_QuotaExceeded", message)


def sponsor_joins(linking: Linking) -> None:
    """Raise GraphError for what cannot answer for a guest or an agent."""
    if linking.type not in _SPONSORS:
        raise _refused(f"'{linking.type}' cannot be a sponsor: users and groups can.")


def owner_leaves(linking: Linking) -> None:
    """Raise GraphError for the last owner."""
    _check_written(linking.holder)
    if linking.links() == 1:
        raise _refused(_LAST)


def manager_joins(linking: Linking) -> None:
    """Raise GraphError for who is to be their own manager."""
    if linking.other.get("id") == linking.holder.get("id"):
        raise _refused("Nobody can be their own manager.")
    if linking.type not in _MANAGERS:
        raise _refused(f"'{linking.type}' cannot be a manager: users and contacts can.")
