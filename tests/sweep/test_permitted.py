"""Every permitted path and method, asked once: no error of the server's own, no empty success."""

from __future__ import annotations

import logging
import re
from collections import Counter
from typing import Any

from flask.testing import FlaskClient

from fakegraph.app import tenants_of
from fakegraph.edm.published import PublishedType
from fakegraph.edm.surface import Uses
from fakegraph.edm.types import EnumType, Type
from fakegraph.graph.resource_path import ResourcePath
from fakegraph.graph.shapes import Step
from tests.sweep.conftest import sample
from tests.sweep.places import ID, NOT_SIMPLE, WALK, WORLD, concrete, parents, with_ids
from tests.sweep.samples import sample as record_of
from tests.sweep.sweep import Tenant

METHODS = ("GET", "POST", "PATCH", "PUT", "DELETE")
LITERALS = {
    "Edm.Boolean": "true",
    "Edm.Date": "2024-05-01",
    "Edm.DateTimeOffset": "2024-05-01T08:00:00Z",
    "Edm.Int32": "1",
    "Edm.String": f"'{ID}'",
}


def filled(template: str) -> str:
    """A path as a client writes it, with something for each key and argument."""
    path = with_ids(template).replace("/{path}", "/a/b.txt")
    literals = {
        parameter.name.lower(): _literal(parameter.type)
        for shape in WALK(path).shape.line
        for parameter in (shape.operation.parameters if shape.operation else ())
    }
    return re.sub(
        r"(\w+)=\{\w+\}",
        lambda found: f"{found[1]}={literals.get(found[1].lower(), LITERALS['Edm.String'])}",
        path,
    )


def _literal(type_: Type) -> str:
    if isinstance(type_, EnumType):
        return f"'{type_.documented[0]}'"
    return LITERALS.get(str(type_), "1")  # those of actions are not in paths


TEMPLATES = list(WALK.surface.permitted())


def body(path: ResourcePath, method: str) -> dict[str, Any]:
    """The arguments of a request with something in it that the place takes."""
    type_ = path.type
    if method not in ("POST", "PATCH", "PUT"):
        return {}
    if path.kind in ("stream", "value"):
        return {"data": b"bytes", "content_type": "text/plain"}
    if path.kind in ("refs", "ref"):
        return {"json": {"@odata.id": f"http://localhost/v1.0/directoryObjects/{ID}"}}
    if path.kind in ("collection", "item", "single") and isinstance(type_, PublishedType):
        kinds = {each.name: each for each in concrete(type_)}
        made = kinds.get(
            "microsoft.graph.user", concrete(type_)[0]
        )  # no directory object is just that
        sent = record_of(made, WORLD.rules(made), 1)
        return {"json": sent if made is type_ else {"@odata.type": f"#{made.name}", **sent}}
    return {"json": {}}


def seeds(template: str) -> dict[str, Any]:
    """What makes there be something at a path, where it is a plain one."""
    path = WALK(filled(template))
    at = filled(template).strip("/")
    if NOT_SIMPLE.search(template) or "/$" in at or not isinstance(path.type, PublishedType):
        return {}
    behind = any(shape.operation or shape.kind == "property" for shape in path.shape.line)
    if behind or path.kind not in ("collection", "item", "single") or not concrete(path.type):
        return {}
    made = concrete(path.type)[0]
    record = {} if made is path.type else {"@odata.type": f"#{made.name}"}
    if path.shape.step is Step.KEY:
        collection, _, key = at.rpartition("/")
        if WALK(f"/{collection}").shape.step is Step.CAST:
            return {}
        keyed = {made.key or "id": int(key) if key == "1" else key}
        return {**parents(template), collection: [{**record, **keyed}]}
    if path.many:
        return dict(parents(template))
    alone = path.kind == "single" and "/" in at and path.shape.step is not Step.CAST
    return {**parents(template), at: record} if alone else {}


class Asking:
    """What one run over templates has seen."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client
        self.statuses: Counter[int] = Counter()

    def ask(self, template: str, uses: Uses) -> None:
        """Every method that a template has, in a tenant where the thing is."""
        path = WALK(filled(template))
        tenant = Tenant(self.client)
        records = seeds(template)
        if records:  # those that lie in one with the same id are not there
            answer = self.client.post(f"/_fakegraph/tenants/{tenant.id}/seed", json=records)
            assert answer.status_code < 500, (template, answer.text)
        store = tenants_of(self.client.application).named(tenant.id).store
        for method in METHODS:
            if method not in uses:
                continue
            request = body(path, method)
            before = store.sequence
            answer = self.client.open(tenant.root + filled(template), method=method, **request)
            said = (method, template, answer.status_code, answer.text[:300])
            if records or answer.status_code != 404:  # else there is nothing to be found
                self.statuses[answer.status_code] += 1
            assert answer.status_code < 500 or _says_not_built(answer), said
            sent = request.get("json", request.get("data"))
            if method != "GET" and answer.status_code < 300 and (sent or method == "DELETE"):
                assert store.sequence > before, said
        tenant.end()


def _says_not_built(answer: Any) -> bool:
    error = answer.json["error"]
    return answer.status_code == 501 and error["code"] == "NotImplemented" and "/" in str(error)


def test_every_permitted_path_and_method_answers(swept, caplog):
    caplog.set_level(logging.ERROR, "fakegraph")
    asking = Asking(swept)

    for template, uses in sample(TEMPLATES, 200):
        asking.ask(template, uses)

    assert not caplog.records, "errors of the server's own"
    good = sum(asking.statuses[status] for status in (200, 201, 202, 204, 302))
    assert good > 10 * asking.statuses[400], asking.statuses
    assert good > 5 * asking.statuses[404], asking.statuses
