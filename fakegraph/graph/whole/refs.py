"""``/$ref``: links are read, added, set and taken away, and what they lead to stays as it is."""

from __future__ import annotations

from typing import Any

import orjson

from fakegraph.edm.published import PublishedType
from fakegraph.errors import GraphError, bad_request
from fakegraph.graph.shape import collection_json
from fakegraph.graph.whole.addresses import address
from fakegraph.graph.whole.asked import Asked
from fakegraph.graph.whole.locate import Located
from fakegraph.graph.whole.lookup import InStore
from fakegraph.graph.whole.making import Maker
from fakegraph.graph.whole.places import Many, One
from fakegraph.graph.whole.reading import page_of
from fakegraph.store import Row
from fakegraph.web.body import read_json
from fakegraph.web.exchange import Answer

ID = "@odata.id"
_ON_REFERENCES = "It goes with things, and not with links to them."


def list_references(asked: Asked) -> Answer:
    """GET on the links of a collection: a page of URLs."""
    asked.options.allow({"filter", "top", "skiptoken", "count", "format"}, _ON_REFERENCES)
    page, link, _ = page_of(asked, asked.located().many)
    found = [orjson.dumps({ID: _url(asked, row)}) for row in page.rows]
    context = f"{asked.root}/$metadata#Collection($ref)"
    return asked.ok(200, collection_json(context, found, page.total, link, asked.format))


def get_reference(asked: Asked) -> Answer:
    """GET on the one link that there is."""
    asked.options.allow({"format"}, _ON_REFERENCES)
    one = asked.located().one
    if one.row is None:
        raise one.missing()
    found = {"@odata.context": f"{asked.root}/$metadata#$ref", ID: _url(asked, one.row)}
    return asked.ok(200, orjson.dumps(found))


def add_reference(asked: Asked) -> Answer:
    """POST on the links of a collection: one more."""
    url = read_reference(asked)

    def work(maker: Maker, found: Located) -> None:
        many = _linking(found.many)
        target = target_of(asked, maker, url, many)
        maker.check_link(many, target)
        if not maker.link(many, maker.stored(target)):
            raise asked.words.linked(asked.plan.about.word)

    asked.write(work)
    return Answer(asked.use.status or 204)


def set_reference(asked: Asked) -> Answer:
    """PUT on the one link: that, in the stead of what was there."""
    url = read_reference(asked)

    def work(maker: Maker, found: Located) -> None:
        many = _linking(found.one.place)
        target = target_of(asked, maker, url, many)
        maker.check_link(many, target)
        maker.put_link(found.one, target)

    asked.write(work)
    return Answer(asked.use.status or 204)


def remove_reference(asked: Asked) -> Answer:
    """DELETE on one link: of an item of a collection, or the one that there is."""
    asked.options.allow((), _ON_REFERENCES)

    def work(maker: Maker, found: Located) -> None:
        _unlink(asked, maker, _linking(found.one.place), found.one)

    asked.write(work)
    return Answer(204)


def remove_named_reference(asked: Asked) -> Answer:
    """DELETE on the links of a collection: the one to what ``@id`` means, or ``$id``."""
    named = asked.options.others
    if len(named) != 1:
        raise bad_request("One query option @id says which link is to be deleted.", "@id")
    ((option, url),) = named.items()
    asked.options.allow((), _ON_REFERENCES)

    def work(maker: Maker, found: Located) -> None:
        many = _linking(found.many)
        _unlink(asked, maker, many, asked.references.find(maker.lookup, url, option))

    asked.write(work)
    return Answer(204)


def _unlink(asked: Asked, maker: Maker, many: Many, one: One) -> None:
    refused = asked.words.bad_end(many.said.name.rpartition("/")[2], one.key)
    if one.row is None and refused is not None:
        raise refused
    if one.row is None or not maker.is_linked(many, one.row.key):
        raise one.missing()
    maker.check_link(many, one, leaves=True)
    maker.unlink(many, one.row.key)


def _linking(many: Many) -> Many:
    """A collection that has links. Raises GraphError (400) for one that contains what it has."""
    if many.relation is None:
        raise bad_request(f"What '{many.said.name}' has is made there, and cannot be linked.")
    return many


def read_reference(asked: Asked) -> str:
    """The URL in a body ``{"@odata.id": URL}``. Raises GraphError (400)."""
    asked.options.allow((), _ON_REFERENCES)
    asked.located()
    body: Any = read_json(asked.exchange)
    url = body.get(ID) if isinstance(body, dict) else None
    others = [name for name in body if "@" not in name] if isinstance(body, dict) else []
    if not isinstance(url, str) or others:
        raise asked.words.bad_reference(
            f'A link is a JSON object with one URL: {{"{ID}": "https://…"}}.'
        )
    return url


def target_of(asked: Asked, maker: Maker, url: str, many: Many) -> One:
    """The thing that a URL means, which may be linked there. Raises GraphError: 400, 404."""
    one = asked.references.find(maker.lookup, url, ID, maker.provide)
    wanted: PublishedType = many.type
    if not one.type.is_heir_of(wanted) and not wanted.is_heir_of(one.type):
        raise _stranger(asked, one, wanted)
    return one


def _stranger(asked: Asked, one: One, wanted: PublishedType) -> GraphError:
    return asked.words.bad_reference(
        f"'{asked.plan.about.word}' leads to {wanted.name}, and '{one.key}' is {one.type.name}."
    )


def _url(asked: Asked, row: Row) -> str:
    return f"{asked.root}/{address(asked.world, InStore(asked.tenant.store), row)}"
