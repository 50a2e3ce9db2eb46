"""Applications out of the gallery: one that is instantiated is an application and who it is.

https://learn.microsoft.com/graph/api/applicationtemplate-instantiate
"""

from __future__ import annotations

from fakegraph.errors import GraphError
from fakegraph.store import Record
from fakegraph.workloads.declarations import Navigation
from fakegraph.workloads.operations import Call, Shown, Thing, operation

_TAG = "WindowsAzureActiveDirectoryIntegratedApp"


def _whole(thing: Thing) -> Shown:
    """A thing with all that it has."""
    return Shown(thing, tuple(dict.fromkeys(("id", *thing.type.properties))))


@operation("applicationTemplate/instantiate", status=201)
def instantiate(call: Call) -> Record:
    """Make an application and its service principal."""
    template = call.thing
    name = call.arguments.get("displayName") or template.record.get("displayName")
    if not name:
        raise GraphError(400, "Request_BadRequest", "A displayName is required.", "displayName")
    about = {"displayName": name, "applicationTemplateId": template.id}
    app = call.make("applications", about)
    principal = {**about, "appId": app.record["appId"], "tags": [_TAG]}
    made = call.make("servicePrincipals", principal)
    return {"application": _whole(app), "servicePrincipal": _whole(made)}


OPERATIONS = (instantiate,)

#: What every tenant has, for applications that no gallery has.
CUSTOM = {"id": "8adf8e6e-67b2-4cf2-a259-e3dc5476c621", "displayName": "Custom"}
NAVIGATION = (Navigation("applicationTemplates", given=(CUSTOM,), besides=True),)
