"""What describes the service: the service document and ``$metadata``, of the whole model."""

from __future__ import annotations

from typing import Any

import orjson

from fakegraph.graph.call import Call
from fakegraph.web.exchange import Answer

_NO_OPTIONS = "It describes the service, and takes $format only."


def service_document(call: Call) -> Answer:
    """GET on the root: what there is (OData JSON Format 4.01, section 5)."""
    call.options.allow({"format"}, _NO_OPTIONS)
    from fakegraph.edm.metadata import service_document as described

    body: dict[str, Any] = {}
    if call.format.metadata != "none":
        body["@odata.context"] = f"{call.root}/$metadata"
    body["value"] = described(call.published.model(call.model.version))
    return Answer(200, orjson.dumps(body), call.format.content_type)


def metadata_document(call: Call) -> Answer:
    """GET on ``/$metadata``: the model as CSDL XML, with what this tenant takes of it."""
    call.options.allow({"format"}, _NO_OPTIONS)
    described = call.published.metadata(call.model.version, call.tenant.strict_queries)
    return Answer(200, described, "application/xml")
