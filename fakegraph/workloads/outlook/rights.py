"""Who has a mailbox, and who may do what with another's.

Exchange keeps rights, and Graph does not tell them: seeds say them of whom the mailbox is. Each is
a list of who has it, by id or address.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fakegraph.errors import GraphError, Problem
from fakegraph.store import Record
from fakegraph.workloads.declarations import Type
from fakegraph.workloads.directory.addresses import only_unified

MAILBOX, FULL_ACCESS = "@mailbox", "@fullAccess"
SEND_AS, ON_BEHALF = "@sendAs", "@sendOnBehalf"
_SENDING = frozenset({"sendMail"})
_OPEN = frozenset({"findMeetingTimes", "onlineMeetings"})
"""What wants no right to what is in the mailbox."""
_WITHOUT = "The mailbox is either inactive, soft-deleted, or is hosted on-premise."


def own_addresses(user: Mapping[str, Any]) -> frozenset[str]:
    """What somebody gets mail at, in small letters."""
    aliases = [str(each).partition(":")[2] for each in user.get("proxyAddresses") or ()]
    said = [user.get("mail"), user.get("userPrincipalName"), *aliases]
    return frozenset(str(each).casefold() for each in said if each)


def is_room(user: Mapping[str, Any]) -> bool:
    """Whether a mailbox is that of a room or of equipment."""
    purpose = (user.get("mailboxSettings") or {}).get("userPurpose")
    return purpose in ("room", "equipment")


def has_right(right: str, holder: Record, who: Record) -> bool:
    """Whether somebody has a right to what a holder has."""
    named = {str(each).casefold() for each in holder.get(right) or ()}
    return bool(named & {str(who.get("id")).casefold(), *own_addresses(who)})


def has_mailbox(user: Record) -> bool:
    """Whether somebody has a mailbox: guests have none, unless a seed says otherwise of one."""
    return bool(user.get(MAILBOX, user.get("userType") != "Guest"))


def check_mailbox(user: Record) -> None:
    """Raise GraphError (404) for who has no mailbox."""
    if not has_mailbox(user):
        raise GraphError(404, "MailboxNotEnabledForRESTAPI", _WITHOUT)


of_unified = only_unified("MailboxNotEnabledForRESTAPI", _WITHOUT)
"""What refuses (404) what is in a mailbox, to groups that have none."""


def is_open(holder: Record, who: Record, what: str) -> bool:
    """Whether a user lets another at what is in the mailbox, or send from there."""
    rights = (FULL_ACCESS, SEND_AS, ON_BEHALF) if what in _SENDING else (FULL_ACCESS,)
    return what in _OPEN or any(has_right(each, holder, who) for each in rights)


def sender_of(holder: Record | None, who: Record) -> Record:
    """Whose name a message bears as its ``sender``, which is from a holder of an address.

    ``who`` sends it. Raises GraphError (403) for who has no right to.
    """
    if holder is not None and (
        holder.get("id") == who.get("id") or has_right(SEND_AS, holder, who)
    ):
        return holder
    if holder is not None and has_right(ON_BEHALF, holder, who):
        return who
    hint = f"Who may is in '{SEND_AS}' and '{ON_BEHALF}' of whom the address is, which seeds set."
    raise GraphError(
        403,
        "ErrorSendAsDenied",
        "The user account which was used to submit this request does not have the right to send "
        "mail on behalf of the specified sending account., Cannot submit message.",
        "from",
        [Problem(hint, "from", "ErrorSendAsDenied")],
    )


def _names(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


_RIGHTS = dict.fromkeys((FULL_ACCESS, SEND_AS, ON_BEHALF), _names)
TYPES = (
    Type("user", seeded={**_RIGHTS, MAILBOX: lambda value: isinstance(value, bool)}),
    Type("group", seeded=_RIGHTS),
)
NAVIGATION = ()
