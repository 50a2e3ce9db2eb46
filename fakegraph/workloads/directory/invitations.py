"""Invitations, and the guests that are made by them.

https://learn.microsoft.com/graph/api/invitation-post
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from fakegraph.errors import GraphError, bad_request
from fakegraph.store import Record
from fakegraph.workloads.declarations import Navigation, Type
from fakegraph.workloads.directory.addresses import DEFAULT_DOMAIN
from fakegraph.workloads.handed import Making, Reading

_ADDRESS = re.compile(r"[^@\s]{1,64}@[^@\s]{1,255}")
_KINDS = ("Guest", "Member")
_REDEEM = "https://login.microsoftonline.com/redeem?rd="


_URL = re.compile(r"https?://[^\s/]\S*", re.IGNORECASE)


def _check(record: Record, before: Record | None, of: Callable[[str], Iterable[Record]]) -> None:
    """Raise GraphError for who cannot be invited."""
    address = str(record.get("invitedUserEmailAddress"))
    if not _ADDRESS.fullmatch(address):
        raise bad_request(
            f"'{address}' is no address of mail for invitedUserEmailAddress.",
            "invitedUserEmailAddress",
        )
    redirect = str(record.get("inviteRedirectUrl"))
    if not _URL.fullmatch(redirect):
        raise bad_request(f"'{redirect}' is no URL for inviteRedirectUrl.", "inviteRedirectUrl")
    if record.get("invitedUserType") not in (None, *_KINDS):
        raise bad_request("invitedUserType is Guest or Member.", "invitedUserType")
    if record.get("resetRedemption"):
        raise GraphError(
            501,
            "NotImplemented",
            "Microsoft Graph has somebody redeem an invitation again by resetRedemption, fakegraph "
            "does not.",
            "resetRedemption",
        )
    domain = address.rpartition("@")[2].casefold()
    if any(each["id"].casefold() == domain and each.get("isVerified") for each in of("domains")):
        raise bad_request(
            f"The invited user has an address of {domain}, which is a verified domain of this "
            "directory.",
            "invitedUserEmailAddress",
        )
    for user in of("users"):
        if _is_here(user, address):
            raise bad_request(
                f"The invited user already exists in the directory as object ID: {user['id']}. "
                "They can use that account to sign in to shared apps and resources.",
                "invitedUserEmailAddress",
            )


def _is_here(user: Record, address: str) -> bool:
    """Whether somebody with that address is there, and not only invited."""
    known = {str(user.get(name)).casefold() for name in ("mail", "userPrincipalName")}
    return address.casefold() in known and user.get("externalUserState") != "PendingAcceptance"


def _guest(making: Making) -> Record:
    """Who is invited."""
    invitation = making.record
    address = str(invitation["invitedUserEmailAddress"])
    alias = address.replace("@", "_")
    domains = making.there("domains")
    initial = next((each["id"] for each in domains if each.get("isInitial")), DEFAULT_DOMAIN)
    return {
        "accountEnabled": True,
        "creationType": "Invitation",
        "displayName": invitation.get("invitedUserDisplayName") or address.partition("@")[0],
        "externalUserState": "PendingAcceptance",
        "externalUserStateChangeDateTime": making.now,
        "mail": address,
        "mailNickname": f"{alias}#EXT#",
        "otherMails": [address],
        "showInAddressList": False,
        "userPrincipalName": f"{alias}#EXT#@{initial}",
        "userType": invitation.get("invitedUserType") or "Guest",
    }


def _redeem_url(making: Making) -> str:
    return f"{_REDEEM}{making.record['id']}"


def _invited(reading: Reading) -> Any:
    found = reading.linked("invitation/invitedUser")
    return {"id": found[0]["id"]} if found else None


# What an invitation says of a message that nobody has worded.
_UNWORDED = {
    "messageLanguage": None,
    "customizedMessageBody": None,
    "ccRecipients": [{"emailAddress": {"name": None, "address": None}}],
}

TYPES = (
    Type(
        "invitation",
        nulls=True,
        required=("invitedUserEmailAddress", "inviteRedirectUrl"),
        suits=(_check,),
        read_only=frozenset({"inviteRedeemUrl", "status"}),
        generated={"inviteRedeemUrl": _redeem_url},
        defaults={
            "invitedUserMessageInfo": _UNWORDED,
            "invitedUserType": "Guest",
            "resetRedemption": False,
            "sendInvitationMessage": False,
            "status": "PendingAcceptance",
        },
        brings={"invitedUser": _guest},
        computed={"invitedUser": _invited},
    ),
)

NAVIGATION = (Navigation("invitation/invitedUser", home="users", linked=True),)
