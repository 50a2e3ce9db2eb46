"""What describes the service: the service document and ``$metadata``, from the model alone."""

from __future__ import annotations

from typing import Any

import orjson

from fakegraph.graph.call import Call
from fakegraph.web.exchange import Answer

_NO_OPTIONS = "It describes the service, and takes $format only."


def service_document(call: Call) -> Answer:
    """GET on the root: what there is (OData JSON Format 4.01, section 5)."""
    call.options.allow({"format"}, _NO_OPTIONS)
    body: dict[str, Any] = {}
    if call.format.metadata != "none":
        body["@odata.context"] = f"{call.root}/$metadata"
    roots = {container.path for container in call.model.containers if "/" not in container.path}
    sets = [each.path for each in call.model if "/" not in each.path]
    body["value"] = [
        *({"name": name, "kind": "EntitySet", "url": name} for name in sets),
        *({"name": name, "kind": "Singleton", "url": name} for name in sorted(roots)),
    ]
    return Answer(200, orjson.dumps(body), call.format.content_type)


def metadata_document(call: Call) -> Answer:
    """GET on ``/$metadata``: the model as CSDL XML. It says what this tenant takes."""
    from fakegraph.edm.csdl import csdl

    call.options.allow({"format"}, _NO_OPTIONS)
    return Answer(200, csdl(call.model, call.tenant.strict_queries), "application/xml")
