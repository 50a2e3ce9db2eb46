"""How Outlook keeps and shows values: recipients, bodies, moments."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from html.parser import HTMLParser
from typing import Any

from fakegraph.edm.values import Instant, format_instant, instant
from fakegraph.workloads.declarations import Making

PREVIEW = 255
_BREAKS = frozenset({"br", "p", "div", "tr", "li", "h1", "h2", "h3", "h4", "h5", "h6"})
_UNSEEN = frozenset({"head", "script", "style", "title"})


def named(recipient: Mapping[str, Any]) -> dict[str, Any]:
    """A recipient; one without a name is called by the address."""
    address = dict(recipient.get("emailAddress") or {})
    if address.get("address") and not address.get("name"):
        address["name"] = address["address"]
    return {**recipient, "emailAddress": address}


def all_named(recipients: list[Any]) -> list[Any]:
    """Recipients, each with a name."""
    return [named(each) for each in recipients]


@lru_cache(maxsize=256)  # a message has the same moment several times
def whole_seconds(moment: str) -> str:
    """A moment in UTC without fractions of a second."""
    return format_instant(Instant(instant(moment)))[:19] + "Z"


def preview(making: Making) -> str:
    """The first characters of a body as plain text."""
    return plain(making.record.get("body"))[:PREVIEW]


def plain(body: Mapping[str, Any] | None) -> str:
    """A body's text in one line."""
    return " ".join(text_of(body or {}).split())


def text_of(body: Mapping[str, Any]) -> str:
    """A body's text without markup."""
    content = str(body.get("content") or "")
    if body.get("contentType") != "html":
        return content
    reader = _Text()
    reader.feed(content)
    reader.close()
    return "".join(reader.parts).strip()


def as_preferred(body: Mapping[str, Any], preferences: Mapping[str, str]) -> Mapping[str, Any]:
    """A body in the form that the client prefers."""
    if preferences.get("outlook.body-content-type") != "text" or body.get("contentType") != "html":
        return body
    return {**body, "contentType": "text", "content": text_of(body)}


def mailbox_owner(making: Making) -> dict[str, Any]:
    """Whose mailbox it is, as a recipient."""
    owner = making.owner or {}
    address = owner.get("mail") or owner.get("userPrincipalName") or ""
    return {"emailAddress": {"name": owner.get("displayName") or address, "address": address}}


class _Text(HTMLParser):
    """The text of HTML, with the breaks that its blocks make."""

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []
        self._unseen = 0

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self._unseen += tag in _UNSEEN
        if tag in _BREAKS and self.parts:
            self.parts.append("\r\n")

    def handle_endtag(self, tag: str) -> None:
        self._unseen -= tag in _UNSEEN and self._unseen > 0

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self.parts.append(data)
