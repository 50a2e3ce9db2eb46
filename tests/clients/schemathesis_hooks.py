"""What schemathesis cannot know from the description: texts of the formats that it names."""

from __future__ import annotations

import schemathesis
from hypothesis import strategies as st

from fakegraph.edm.model import all_entity_sets
from fakegraph.graph.batch import HEADER_NAME
from fakegraph.workloads.reports import build_models

SETS = all_entity_sets(build_models())

_FILTERS = ("id eq 'x'", "not startswith(id,'x') and true", "id in ('a','O''Neil')", "false")
_ORDERS = ("tolower(id) desc,id", "length(id)", "id asc")
_SEARCHES = ('"ada"', "ada OR NOT reset", '"two words"')

schemathesis.openapi.format("odata-filter", st.sampled_from(_FILTERS))
schemathesis.openapi.format("odata-orderby", st.sampled_from(_ORDERS))
schemathesis.openapi.format("odata-search", st.sampled_from(_SEARCHES))
schemathesis.openapi.format("fixture", st.just("contoso"))


@schemathesis.check
def no_error_of_the_server(context, response, case):
    """What is not built is a 501, which says so; a 500 never is an answer."""
    assert response.status_code != 500, response.text


@schemathesis.check
def no_success_that_is_not_described(context, response, case):
    """What succeeds does so with a status that the description has for the operation."""
    if case.method.upper() != case.operation.method.upper():
        return  # what another method does is not said there
    described = case.operation.definition.raw["responses"]
    good = 200 <= response.status_code < 300
    assert not good or str(response.status_code) in described, (response.status_code, described)


@schemathesis.hook
def before_call(context, case, kwargs):
    """Put right what JSON Schema has no words for; what is wrong otherwise stays so.

    A record goes to a set that has its type, and several are of the first one's. In a batch, ids are unique, ``dependsOn`` has some of them, and of headers there is one of a name in any
    case, none of them the connection's.
    """
    if "/records/" in case.path:
        if isinstance(case.body, list):
            case.body = [each for each in case.body if _is_like(each, case.body[0])]
        first = case.body[0] if isinstance(case.body, list) and case.body else case.body
        if isinstance(first, dict):
            _send_to_its_set(case, first)
    if case.path.endswith("/stubs") and isinstance(case.body, dict):
        _leave_unchecked(case.body)
    if case.path.endswith("/clock") and isinstance(case.body, dict):
        _stay_in_time(case.body)
    requests = case.body.get("requests") if isinstance(case.body, dict) else None
    if not case.path.endswith("/$batch") or not isinstance(requests, list):
        return
    for number, request in enumerate(requests):
        if isinstance(request, dict):
            _put_right(number, request)


def _leave_unchecked(stub):
    """What a checked stub answers has to be what the model says of its method and path."""
    if stub.get("check", True) is True:
        stub["check"] = False


def _stay_in_time(body):
    """A clock goes from the year 1 to 9999."""
    if str(body.get("advance", "")).lstrip("-").startswith("P"):
        body["advance"] = "PT1H"


def _is_like(record, first):
    """Whether two records say that they are of one type; what is no record is left where it is."""
    both = isinstance(record, dict) and isinstance(first, dict)
    return not both or record.get("@odata.type") == first.get("@odata.type")


def _send_to_its_set(case, record):
    named = str(record.get("@odata.type", "")).rpartition(".")[2]
    sent = {name for name in record if "@" not in name}
    fitting = [
        name
        for name, each in SETS.items()
        if sent <= each.type.properties.keys() and named in {"", name}
    ]
    if fitting:
        case.path_parameters["path"] = fitting[0] + ("/nobody" if case.method == "PATCH" else "")


def _put_right(number, request):
    if isinstance(request.get("id"), str) and request["id"]:
        request["id"] = str(number)
    if _are_texts(request.get("dependsOn")):
        request["dependsOn"] = []
    headers = request.get("headers")
    if isinstance(headers, dict) and _are_texts(list(headers.values())):
        for name in headers.keys() - {"Content-Type", "Authorization", "Prefer"}:
            if HEADER_NAME.fullmatch(name):
                del headers[name]


def _are_texts(values):
    return isinstance(values, list) and all(isinstance(value, str) for value in values)
