"""Sessions that are things of the model: bytes come in ranges to a stream, with a token.

https://learn.microsoft.com/graph/todo-attachments-upload
"""

from __future__ import annotations

from typing import Any

import orjson

from fakegraph.edm.published import PublishedType
from fakegraph.edm.values import instant
from fakegraph.graph.whole.addresses import address
from fakegraph.graph.whole.asked import Asked
from fakegraph.graph.whole.locate import Located
from fakegraph.graph.whole.lookup import InStore
from fakegraph.graph.whole.making import Maker
from fakegraph.graph.whole.records import BYTES
from fakegraph.graph.whole.uploads import attach, read_part, with_part
from fakegraph.store import Record, Row
from fakegraph.web.exchange import Answer

UPLOAD, EXPIRES, NEXT = "@upload", "expirationDateTime", "nextExpectedRanges"
"""What a session has: what is uploaded, of what size, and how much has come; until when; from
where on.
"""


def gathers(asked: Asked) -> bool:
    """Whether a path leads to a stream that ranges come to."""
    before = asked.path.shape.before
    owner = None if before is None else before.type
    if not isinstance(owner, PublishedType):
        return False
    stream = asked.world.rules(owner).gathers
    return bool(stream) and asked.path.shape.name == stream


def gather(asked: Asked) -> Answer:
    """PUT: the next range. The last one is answered with where the attachment is."""
    part = read_part(asked.exchange)

    def work(maker: Maker, found: Located) -> Row | Record:
        one = found.one
        one.check()
        assert one.row is not None
        if instant(one.record[EXPIRES]) <= asked.tenant.instant():
            raise asked.words.not_found(asked.world.rules(one.type).name, one.key)
        kept = {**one.record[UPLOAD], BYTES: one.record.get(BYTES, {})}
        session = with_part(maker.transaction, kept, part)
        if session["received"] == part.total:
            return attach(maker, asked.tenant.store, one.row, session, part.data)
        told = {EXPIRES: one.record[EXPIRES], NEXT: [str(session["received"])]}
        names = session.pop(BYTES)
        record = {**one.record, **told, UPLOAD: session, BYTES: names}
        maker.transaction.replace(one.row.key, record)
        return told

    made: Any = asked.write(work)
    if isinstance(made, Row):
        return Answer(201, headers={"Location": _location(asked, made)})
    context = f"{asked.root}/$metadata#{_SESSION}"
    return asked.ok(200, orjson.dumps({"@odata.context": context, **made}))


_SESSION = "microsoft.graph.uploadSession"


def _location(asked: Asked, made: Row) -> str:
    return f"{asked.root}/{address(asked.world, InStore(asked.tenant.store), made)}"
