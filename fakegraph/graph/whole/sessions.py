"""Upload sessions of files: bytes that come in ranges to a URL which needs no token.

https://learn.microsoft.com/graph/api/driveitem-createuploadsession; Outlook's are of another kind.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from fakegraph.edm.values import Instant, format_instant
from fakegraph.errors import GraphError
from fakegraph.graph.whole.checks import check_new
from fakegraph.graph.whole.filling import check_free
from fakegraph.graph.whole.making import Maker
from fakegraph.graph.whole.names import RENAME, REPLACE
from fakegraph.graph.whole.places import One
from fakegraph.store import Record, Transaction
from fakegraph.workloads.words import Words

#: Where sessions are, by the id of the folder that a file is to be in: of drives, and of any one.
_AT, _LAST = "_api/v2.0/drive/items", "uploadSession"
SESSIONS = "@sessions"
LASTS = 24 * 3600 * 10_000_000


def begin(
    maker: Maker, now: Instant, one: One, said: str | None, wanted: str, words: Words
) -> Record:
    """What a session has to remember of what it is about. Raises GraphError: 400, 404, 409."""
    what = wanted or REPLACE
    if said is not None and said != one.keys.get("name", said):
        raise GraphError(400, "invalidRequest", "'name' is another one than in the path.", "name")
    if one.there:
        check_free(maker, words, one, what)
        if {"folder", "package", "root"} & one.record.keys():
            raise words.taken(one.type.name, maker.world.rules(one.type).conflicts or "", one.key)
    at, names = _place(maker, one, words)
    return {
        "at": maker.stored(at),
        "names": names,
        "what": what,
        "received": 0,
        "expires": now + LASTS,
        "by": maker.caller,
    }


def _place(maker: Maker, one: One, words: Words) -> tuple[One, list[str]]:
    """What is there of the way to a thing, and the names behind that. Raises GraphError."""
    names: list[str] = []
    at = one
    while at.plan is not None and (not at.there or at is one):
        above = at.place.beneath
        assert above is not None
        if not at.there:
            planned = dict(at.keys) if at is one else at.plan
            check_new(words, maker.world.rules(at.type), planned)
            maker.check(at, planned, above.record if above.there else above.plan)
        names.insert(0, at.plan["name"])
        at = above
    at.check()
    return at, names


def keep(transaction: Transaction, session: Record, root: str, id_: str) -> Record:
    """Begin a session. Gives what the service says of it."""
    row = transaction.row(session["at"])
    assert row is not None
    owner, begun = row.owner, session["expires"] - LASTS
    for other in list(transaction.rows_of(SESSIONS, [owner])):
        if other.record["expires"] <= begun:
            transaction.delete(other.key)
    transaction.insert(SESSIONS, {"id": id_, **session}, owner)
    overwrite, rename = session["what"] == REPLACE, session["what"] == RENAME
    query = f"overwrite={overwrite}&rename={rename}&dc={int(session['deferred'])}"
    place, name = _folder_of(row.record, session["names"])
    what = f"guid='{quote(id_)}'&path='{quote(name)}'"
    url = f"{root}/{_AT}/{quote(place)}/{_LAST}?{what}&{query}&tempauth={quote(id_)}"
    return {"uploadUrl": url, **shown(session), "nextExpectedRanges": ["0-"]}


def _folder_of(record: Record, names: Sequence[str]) -> tuple[str, str]:
    """The id of the folder that a file is to be in, and its name there."""
    if names:
        return str(record["id"]), "/".join(names)
    above = (record.get("parentReference") or {}).get("id")
    return str(above or record["id"]), str(record.get("name"))


def is_session(path: str) -> bool:
    """Whether the path of a URL is that of a session."""
    before, _, last = path.rpartition("/")
    return last == _LAST and before.rpartition("/")[0].endswith(f"/{_AT}")


def shown(session: Record) -> dict[str, Any]:
    """What a session says of itself."""
    last = "" if session["size"] is None else session["size"] - 1
    whole = session["received"] == session["size"]
    return {
        "expirationDateTime": format_instant(Instant(session["expires"])),
        "nextExpectedRanges": [] if whole else [f"{session['received']}-{last}"],
    }
