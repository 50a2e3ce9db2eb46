"""What schemathesis cannot know from the description: texts of the formats that it names."""

from __future__ import annotations

import schemathesis
from hypothesis import strategies as st

_FILTERS = ("id eq 'x'", "not startswith(id,'x') and true", "id in ('a','O''Neil')", "false")
_SEARCHES = ('"ada"', "ada OR NOT reset", '"two words"')

schemathesis.openapi.format("odata-filter", st.sampled_from(_FILTERS))
schemathesis.openapi.format("odata-search", st.sampled_from(_SEARCHES))
schemathesis.openapi.format("fixture", st.just("contoso"))


@schemathesis.hook
def before_call(context, case, kwargs):
    """Make the ids of a batch unique, and let nothing depend on what is not there.

    JSON Schema has no words for either. What was made wrong on purpose stays as it is.
    """
    requests = case.body.get("requests") if isinstance(case.body, dict) else None
    if not case.path.endswith("/$batch") or not isinstance(requests, list):
        return
    for number, request in enumerate(requests):
        if not isinstance(request, dict):
            continue
        if isinstance(request.get("id"), str) and request["id"]:
            request["id"] = str(number)
        depends = request.get("dependsOn")
        if isinstance(depends, list) and all(isinstance(name, str) for name in depends):
            request["dependsOn"] = []
