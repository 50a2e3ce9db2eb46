"""Contacts and their folders.

https://learn.microsoft.com/graph/api/resources/contact
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from fakegraph.errors import GraphError
from fakegraph.store import Record
from fakegraph.workloads.declarations import Navigation, Type
from fakegraph.workloads.handed import Findings, Formed, Making, Reading, Word
from fakegraph.workloads.operations import Call
from fakegraph.workloads.outlook import ids
from fakegraph.workloads.outlook.checks import (
    check_filter,
    check_search,
    named_by,
    refuse_search,
    refuse_within,
)
from fakegraph.workloads.outlook.extended import EXTENDED, check_asked, check_expanded
from fakegraph.workloads.outlook.search import read_words
from fakegraph.workloads.outlook.values import whole_seconds

FOLDERS = "user/contactFolders"
_DEFAULT = Word(FOLDERS, "contacts")
_ABOVE = "AQMkAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAuAAAC"
_MOST = {"emailAddresses": 3, "businessPhones": 2, "homePhones": 2, "imAddresses": 3}
_EMPTY = ("businessPhones", "children", "emailAddresses", "homePhones", "imAddresses")
_ADDRESSES = ("homeAddress", "businessAddress", "otherAddress")
_NAMES = ("givenName", "middleName", "surname")


def _refuse_many(record: Record, before: Record | None) -> None:
    for name, most in _MOST.items():
        found = len(record.get(name) or ())
        if found > most:
            spelt = name[0].upper() + name[1:]
            raise GraphError(
                400,
                "ErrorInvalidProperty",
                f"The multi value property {spelt} has {found} entries, that exceeds the max "
                f"allowed value of {most}",
                name,
            )


def _refuse_renaming(record: Record, before: Record | None) -> None:
    if (
        before is not None
        and before.get("@kept")
        and record["displayName"] != before["displayName"]
    ):
        message = "Distinguished folders cannot be renamed."
        raise GraphError(400, "ErrorInvalidOperation", message, "displayName")


def _moved(call: Call, record: Record, before: Record | None) -> None:
    """Let a contact, or a folder, be where a body says that it is. Raises GraphError for nowhere.

    https://learn.microsoft.com/graph/api/contact-update and contactfolder-update
    """
    thing, wanted = call.thing, str(record.get("parentFolderId"))
    owner = call.owner(thing)
    assert owner is not None
    usual = call.id_of(owner, _DEFAULT) if before is None else before.get("parentFolderId")
    if wanted == usual:
        return
    if (before or {}).get("@kept"):
        message = "Distinguished folders cannot be moved."
        raise GraphError(400, "ErrorMoveDistinguishedFolder", message, "parentFolderId")
    if call.beside(thing, FOLDERS, wanted) is None:
        raise call.words.not_found("contactFolder", wanted)
    refuse_within(call, thing, FOLDERS, wanted, "parentFolderId")


def _whole_name(record: Record) -> str:
    return " ".join(str(record[name]) for name in _NAMES if record.get(name))


def _display_name(making: Making) -> Any:
    """Made of the parts of the name, again when these change and it does not."""
    record, before = making.record, making.before
    if before is None:
        return _whole_name(record)
    parts_changed = any(record.get(name) != before.get(name) for name in _NAMES)
    if parts_changed and record.get("displayName") == before.get("displayName"):
        return _whole_name(record)
    return record.get("displayName")


def _filed(record: Record) -> str:
    parts = [str(record[name]) for name in ("surname", "givenName") if record.get(name)]
    return ", ".join(parts) or str(record.get("displayName") or "")


def _file_as(making: Making) -> str:
    """Made of the name; again with each change of it, until somebody says another."""
    record, before = making.record, making.before
    said = record.get("fileAs")
    if said and (before is None or said != before.get("fileAs") or said != _filed(before)):
        return str(said)
    return _filed(record)


def _addresses(addresses: list[Any]) -> list[Any]:
    return [{**each, "name": each.get("name") or each.get("address")} for each in addresses]


def _listed(making: Making) -> list[Any]:
    """The addresses; where only single ones are given, or changed, these."""
    record, before = making.record, making.before or {}
    listed = record.get("emailAddresses") or []
    single = [record.get(name) for name in _MIRRORED]
    if listed != (before.get("emailAddresses") or []) or single == [
        before.get(n) for n in _MIRRORED
    ]:
        return listed
    return _addresses([each for each in single if each])


def _address(number: int) -> Any:
    def address(making: Making) -> Any:
        found = making.record.get("emailAddresses") or []
        return found[number] if len(found) > number else None

    return address


_MIRRORED = {
    f"{name}EmailAddress": _address(number)
    for number, name in enumerate(("primary", "secondary", "tertiary"))
}

_BLANK = {
    **{name: Formed(name, []) for name in _EMPTY},
    **{name: Formed(name, {}) for name in _ADDRESSES},
}


# Searching ------------------------------------------------------------------------------------

_SAID = (*_NAMES, "displayName", "nickName", "companyName", "department", "jobTitle")
_UNTOLD = ("createdDateTime", "lastModifiedDateTime", "birthday", *_MIRRORED)


def _texts(contact: Reading) -> Iterator[str]:
    yield from (str(contact.record.get(name) or "") for name in _SAID)
    for each in contact.record.get("emailAddresses") or ():
        yield f"{each.get('name') or ''} {each.get('address') or ''}"


def _read_search(text: str) -> Callable[[Reading], bool]:
    """Words of names, addresses and companies. No page says that contacts are searched, or how."""
    return read_words(text, _texts)


def _as_found(contact: Record) -> Record:
    """What the service was seen to tell of a contact that it finds: less than it knows."""
    told = {name: value for name, value in contact.items() if name not in _UNTOLD}
    return {**told, "emailAddresses": [], "categories": []}


TYPES = (
    Type(
        "contact",
        lasting=ids.LASTING,
        generated={
            "parentFolderId": lambda making: making.id_of(_DEFAULT),
            "displayName": _display_name,
            "fileAs": _file_as,
        },
        formed={**_BLANK, "emailAddresses": _listed, **_MIRRORED},
        changed={
            **_BLANK,
            "displayName": _display_name,
            "fileAs": _file_as,
            "emailAddresses": _listed,
            **_MIRRORED,
        },
        defaults={**{name: [] for name in _EMPTY}, **{name: {} for name in _ADDRESSES}},
        written={
            "emailAddresses": _addresses,
            "createdDateTime": whole_seconds,
            "lastModifiedDateTime": whole_seconds,
        },
        refuses=(_refuse_many,),
        follows=_moved,
        queries=(check_filter, check_search, check_expanded),
        searched=(_read_search,),
        findings=Findings(told=_as_found),
        related=frozenset({"extensions"}) | EXTENDED,
        returned=frozenset({"extensions"}),
        indexed=("parentFolderId",),
    ),
    Type(
        "contactFolder",
        required=("displayName",),
        ignored=frozenset({"id"}),
        follows=_moved,
        generated={"id": ids.folder_id, "parentFolderId": lambda making: making.id_of(_DEFAULT)},
        refuses=(_refuse_renaming, named_by("displayName")),
        queries=(refuse_search, check_asked),
        related=EXTENDED,
        always_shown=frozenset({"id"}),
        kept={"@kept": True},
        together=(("parentFolderId", "displayName"),),
        holds=(("user/contacts", "parentFolderId"), (FOLDERS, "parentFolderId")),
    ),
)

NAVIGATION = (
    Navigation("user/contacts", listed={"parentFolderId": _DEFAULT}, page_size=10, max_page=1000),
    Navigation(
        "contactFolder/contacts",
        home="user/contacts",
        view={"parentFolderId": "id"},
        page_size=10,
        max_page=1000,
    ),
    Navigation(
        FOLDERS,
        listed={"parentFolderId": _DEFAULT, "@well": None},
        provisioned=(
            {
                "@well": "contacts",
                "@kept": True,
                "displayName": "Contacts",
                "parentFolderId": _ABOVE,
            },
        ),
        words={"contacts": {"@well": "contacts"}},
        page_size=10,
        tracked="all",
    ),
    Navigation(
        "contactFolder/childFolders",
        home=FOLDERS,
        view={"parentFolderId": "id"},
        page_size=10,
    ),
)
