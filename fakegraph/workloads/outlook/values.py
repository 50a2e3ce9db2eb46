"""How Outlook keeps and shows values: recipients, bodies, moments."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from fakegraph.edm.values import Instant, format_instant, instant, is_plain_instant
from fakegraph.quoting import quoted
from fakegraph.workloads.directory.addresses import ADDRESSES
from fakegraph.workloads.handed import Compute, Formed, Making, Others, Reading
from fakegraph.workloads.outlook.html import of_text, text_of_html, whole

PREVIEW = 255
_KIND, _UNSAFE = "outlook.body-content-type", "outlook.allow-unsafe-html"


def named(recipient: Mapping[str, Any]) -> dict[str, Any]:
    """A recipient; one without a name is called by the address."""
    address = dict(recipient.get("emailAddress") or {})
    if address.get("address") and not address.get("name"):
        address["name"] = address["address"]
    return {**recipient, "emailAddress": address}


def all_named(recipients: list[Any]) -> list[Any]:
    """Recipients, each with a name."""
    return [named(each) for each in recipients]


def people(name: str, none: Any = None) -> Formed:
    """Recipients by the names that the directory has for them, where they were given none.

    ``none``: what stands where a body has null.
    """
    return Formed(name, none, _known)


def _known(value: Any, making: Making) -> Any:
    if isinstance(value, list):
        return [called(each, making) for each in value]
    return called(value, making)


def called(recipient: Mapping[str, Any], making: Making) -> Mapping[str, Any]:
    """A recipient by the name that the directory has, where none was given."""
    address = recipient.get("emailAddress") or {}
    if address.get("name") or not address.get("address") or making.others is None:
        return recipient
    name = _name_of(str(address["address"]), making.others)
    return {**recipient, "emailAddress": {**address, "name": name}} if name else recipient


def _name_of(address: str, others: Others) -> str | None:
    for container in ("users", "groups"):
        for record in others.equal(container, ADDRESSES, f"smtp:{address.casefold()}"):
            return record.get("displayName")
    user = others.find("users", "userPrincipalName", address)
    return None if user is None else user.get("displayName")


@lru_cache(maxsize=256)  # a message has the same moment several times
def whole_seconds(moment: str) -> str:
    """A moment in UTC without fractions of a second."""
    if moment[-1:] == "Z" and is_plain_instant(moment):
        return f"{moment[:19]}Z"
    return format_instant(Instant(instant(moment)))[:19] + "Z"


def preview(making: Making) -> str:
    """The first characters of a body as plain text."""
    return plain(making.record.get("body"), PREVIEW)[:PREVIEW]


def plain(body: Mapping[str, Any] | None, most: int | None = None) -> str:
    """A body's text in one line. ``most``: how many characters are wanted; None for all."""
    return " ".join(text_of(body or {}, most).split())


def text_of(body: Mapping[str, Any], most: int | None = None) -> str:
    """A body's text without markup, so much of it at least where there is."""
    content = str(body.get("content") or "")
    return text_of_html(content, most) if body.get("contentType") == "html" else content


def bytes_in(text: str | None) -> int:
    """How many bytes a text in base64 stands for."""
    return len((text or "").rstrip("=")) * 3 // 4


def size_of(message: Mapping[str, Any], attached: Iterable[Mapping[str, Any]]) -> int:
    """What a message weighs, in bytes, with what is attached to it."""
    texts = (message.get("subject"), (message.get("body") or {}).get("content"))
    own = sum(len(str(each or "").encode(errors="replace")) for each in texts)
    return own + sum(int(each.get("size") or 0) for each in attached)


def as_preferred(body: Mapping[str, Any], preferences: Mapping[str, str]) -> Mapping[str, Any]:
    """A body in the form that the client prefers; HTML is a whole document."""
    is_html, preferred = body.get("contentType") == "html", preferences.get(_KIND)
    content = str(body.get("content") or "")
    if is_html and preferred == "text":
        return {**body, "contentType": "text", "content": text_of(body)}
    if is_html:
        return {**body, "content": whole(content, unsafe=_UNSAFE in preferences)}
    if preferred == "html":
        return {**body, "contentType": "html", "content": of_text(content)}
    return body


_BEGINNING = datetime.min.replace(tzinfo=UTC)


def moment_now(reading: Reading) -> datetime:
    """The tenant's time."""
    return _BEGINNING + timedelta(seconds=reading.now)


def web_link(form: str) -> Compute:
    """Where people see a thing; ``form`` is the query, with ``{}`` for the id that it has now."""

    def link(reading: Reading) -> str:
        item = quoted(str(reading.record.get("id")))
        said = reading.record.get("webLink")
        return said or f"https://outlook.office365.com/owa/?{form.format(item)}"

    return link


def mailbox_owner(making: Making) -> dict[str, Any]:
    """Whose mailbox it is, as a recipient."""
    owner = making.owner or {}
    address = owner.get("mail") or owner.get("userPrincipalName") or ""
    return {"emailAddress": {"name": owner.get("displayName") or address, "address": address}}
