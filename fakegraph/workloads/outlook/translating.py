"""Ids of what a mailbox has, in the forms that different protocols want.

https://learn.microsoft.com/graph/api/user-translateexchangeids
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from typing import NamedTuple

from fakegraph.errors import GraphError
from fakegraph.store import Record
from fakegraph.workloads.operations import Call, Thing, operation
from fakegraph.workloads.outlook.ids import immutable_id, key_of, may_be_id
from fakegraph.workloads.outlook.words import NOT_FOUND, OUTLOOK

_MOST = 1000
_CONTAINERS = ("user/messages", "user/events", "user/contacts")


class _Form(NamedTuple):
    """How ids are written; ``lasting``: of those that things keep wherever they are."""

    lasting: bool
    write: Callable[[str], str]
    read: Callable[[str], str]


def _same(id_: str) -> str:
    return id_


def _entry(id_: str) -> str:
    """A binary id, for MAPI: how much padding there would be stands at the end."""
    text = urlsafe_b64encode(urlsafe_b64decode(id_)).decode()
    bare = text.rstrip("=")
    return f"{bare}{len(text) - len(bare)}"


def _of_entry(text: str) -> str:
    return text[:-1] + "=" * int(text[-1:])


def _ews(id_: str) -> str:
    return id_.replace("-", "+").replace("_", "/")


def _of_ews(text: str) -> str:
    return text.replace("+", "-").replace("/", "_")


_FORMS = {
    "restId": _Form(False, _same, _same),
    "ewsId": _Form(False, _ews, _of_ews),
    "entryId": _Form(False, _entry, _of_entry),
    "restImmutableEntryId": _Form(True, _same, _same),
    "immutableEntryId": _Form(True, _entry, _of_entry),
}


@operation("user/translateExchangeIds", reads=True, workload=OUTLOOK)
def translate_exchange_ids(call: Call) -> list[Record]:
    """https://learn.microsoft.com/graph/api/user-translateexchangeids"""
    given = call.arguments["InputIds"]
    if len(given) > _MOST:
        message = f"{len(given)} ids are to be translated, and {_MOST} can be at once."
        raise GraphError(400, "ErrorInvalidArgument", message, "InputIds")
    source, target = (_FORMS[call.arguments[f"{each}IdType"]] for each in ("Source", "Target"))
    return [_translated(call, each, source, target) for each in given]


def _translated(call: Call, text: str, source: _Form, target: _Form) -> Record:
    try:
        id_ = source.read(text)
        if not may_be_id(id_) or (source.lasting and key_of(id_) is None):
            raise ValueError(text)
        found = id_
        if source.lasting is not target.lasting:
            thing = _thing(call, id_)
            if thing is None:
                return _failed(text, "ErrorItemNotFound", NOT_FOUND)
            found = immutable_id(thing.key) if target.lasting else thing.id
        return {"sourceId": text, "targetId": target.write(found)}
    except ValueError:
        return _failed(text, "ErrorInvalidIdMalformed", "Id is malformed.")


def _thing(call: Call, id_: str) -> Thing | None:
    found = (call.held(call.thing, each, id_) for each in _CONTAINERS)
    return next((each for each in found if each is not None), None)


def _failed(text: str, code: str, message: str) -> Record:
    return {"sourceId": text, "targetId": None, "errorDetails": {"code": code, "message": message}}


OPERATIONS = (translate_exchange_ids,)
