"""JSON batching: up to twenty requests in one, each answered as if it had come alone.

https://learn.microsoft.com/graph/json-batching, and OData JSON Format 4.01, section 19, where that
page is silent: how bodies that are not JSON are written, and absolute URLs.
"""

from __future__ import annotations

import base64
import binascii
import io
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import field
from itertools import islice
from typing import Any
from urllib.parse import quote

import orjson

from fakegraph.dataclass import dataclass
from fakegraph.edm.fields import shown
from fakegraph.errors import MAX_PROBLEMS, Problem, bad_request, refused
from fakegraph.graph.call import Call
from fakegraph.tenants.journal import REDACTED, SECRET_HEADERS
from fakegraph.web.body import read_json
from fakegraph.web.exchange import HOME, Answer, Exchange, Headers
from fakegraph.web.headers import split_media_type
from fakegraph.web.later import Steps

MAX_ITEMS = 20
MAX_HEADERS = 16_384  # characters of one item's, as much as servers take
WITHOUT_BODY = ("GET", "HEAD", "DELETE", "OPTIONS")
WITH_BODY = ("POST", "PUT", "PATCH")
METHODS = (*WITHOUT_BODY, *WITH_BODY)
# Nothing is atomic in the service: it takes atomicityGroup and does nothing about it.
ITEM_KEYS = ("id", "method", "url", "headers", "body", "dependsOn", "atomicityGroup")
HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^`|~-]+")  # and no underscore: it stands for a dash
# What the Graph SDK for Python (msgraph-core 1.5) sends with every item, in place of dependsOn. The
# service does not know it and runs the items as if it were not there; so only an empty one will do.
_MISSPELT = "depends_on"
_MALFORMED = "Invalid batch payload format."
# What belongs to the connection or to the batch as a whole, and so not into an item.
_NOT_IN_ITEMS = frozenset(
    {"accept-encoding", "connection", "content-encoding", "content-length", "host", "te"}
    | {"trailer", "transfer-encoding", "upgrade"}
)
_URL_CHARACTERS = "%/:=&?~+!$,;'@()*[]-._"  # also the percent sign: what is encoded stays so
_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
# An item's own token is not looked at: the batch's counts.
_INHERITED = (
    "HTTP_AUTHORIZATION",
    "HTTP_ORIGIN",
    "HTTP_SEC_FETCH_SITE",
    "HTTP_USER_AGENT",
    "HTTP_CLIENT_REQUEST_ID",
)
_NOT_OVERRIDDEN = ("authorization",)
_OF_THE_CONNECTION = ("REMOTE_ADDR", "fakegraph.disturb", "fakegraph.gone", HOME)


@dataclass(frozen=True)
class Item:
    """One request of a batch."""

    id: str
    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    depends_on: tuple[str, ...] = ()


def answer_batch(call: Call) -> Steps[Answer]:
    """POST on ``/$batch``. Raises GraphError (400) for a batch that is none as a whole."""
    call.options.allow((), "No query option goes with a batch.")
    if "fakegraph.batch" in call.exchange.environ:
        raise bad_request("A batch request cannot be an item of a batch.")
    body = read_json(call.exchange)
    _redact(call.exchange, body)
    items = read_items(body, call.root)
    statuses: dict[str, int] = {}
    responses = []
    for item in items:
        if any(statuses[name.lower()] >= 400 for name in item.depends_on):
            response = _failed_dependency(item)
        else:
            response = yield from _answered(call, item)
        statuses[item.id.lower()] = response["status"]
        responses.append(response)
    return Answer(200, orjson.dumps({"responses": responses}), call.format.content_type)


def _redact(exchange: Exchange, body: object) -> None:
    """Keep tokens that items bring along out of the journal's record of the batch."""
    requests = body.get("requests") if isinstance(body, dict) else None
    if not isinstance(body, dict) or not isinstance(requests, list):
        return
    shown = [_without_secrets(request) for request in requests]
    if shown != requests:
        exchange.body = _json({**body, "requests": shown})


def _without_secrets(request: Any) -> Any:
    headers = request.get("headers") if isinstance(request, dict) else None
    if not isinstance(headers, dict):
        return request
    secret = [name for name in headers if name.lower() in SECRET_HEADERS]
    return {**request, "headers": {**headers, **dict.fromkeys(secret, REDACTED)}}


def _json(value: Any) -> bytes:
    """As orjson would, which cannot write the whole numbers over 64 bits that JSON may have."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def read_items(body: object, root: str) -> list[Item]:
    """The requests of a batch. Raises GraphError (400) with every problem."""
    requests = body.get("requests") if isinstance(body, dict) else None
    if not isinstance(body, dict) or not isinstance(requests, list):
        raise bad_request(f'{_MALFORMED} Send {{"requests": [{{"id", "method", "url"}}, ...]}}.')
    unknown = [name for name in body if name != "requests"]
    if unknown:
        raise bad_request(f"{_MALFORMED} '{shown(unknown[0])}' does not belong there.", unknown[0])
    if not requests:
        raise bad_request(f"{_MALFORMED} It has no requests.", "requests")
    if len(requests) > MAX_ITEMS:
        raise bad_request(
            f"Number of batch request steps exceeds the maximum value of {MAX_ITEMS}. It has "
            f"{len(requests)}.",
            "requests",
        )
    problems: list[Problem] = []
    items = []
    for position, request in enumerate(requests):
        found = list(_problems(request, root))
        problems.extend(
            Problem(f"{_MALFORMED} {what}", f"requests[{position}]{where}") for where, what in found
        )
        if not found and _lacks_body(request):
            which = f"Write request id : {shown(str(request['id']))}"
            message = f"{which} does not contain Content-Type header or body."
            problems.append(Problem(message, f"requests[{position}]"))
        elif not found:
            items.append(_item(request, root))
    if problems:
        raise refused(problems)
    _check_ids(items)
    _check_shape(items)
    return items


def _lacks_body(request: Mapping[str, Any]) -> bool:
    """Whether a write has no body, or no type of it: the service takes nothing of such a batch."""
    if request["method"].upper() not in WITH_BODY:
        return False
    names = {name.lower() for name in request.get("headers", {})}
    return request.get("body") is None or "content-type" not in names


def _problems(request: Any, root: str) -> list[tuple[str, str]]:
    """What is wrong with one request: where below it, and what."""
    if not isinstance(request, dict):
        return [("", "A request is an object with id, method and url.")]
    unknown = (name for name in request if name not in (*ITEM_KEYS, _MISSPELT))
    found = [
        (f"/{shown(name)}", f"A request has no '{shown(name)}': it has {', '.join(ITEM_KEYS)}.")
        for name in islice(unknown, MAX_PROBLEMS)
    ]
    id_, method, url = request.get("id"), request.get("method"), request.get("url")
    if _id_of(id_) is None:
        found.append(("/id", "Request Id is missing: it is a text that is not empty."))
    if not isinstance(method, str) or method.upper() not in METHODS:
        found.append(("/method", f"The method is one of {', '.join(METHODS)}."))
    wrong = _url_problem(url, root)
    if wrong is not None:
        found.append(("/url", wrong))
    found.extend(_body_problems(request))
    if request.get(_MISSPELT) not in (None, []):
        found.append((f"/{_MISSPELT}", "The service knows dependsOn; other spellings do nothing."))
    depends = request.get("dependsOn", [])
    if not isinstance(depends, list) or not all(isinstance(name, str) for name in depends):
        found.append(("/dependsOn", "dependsOn is an array of the ids of other requests."))
    return found


def _id_of(given: Any) -> str | None:
    """The id that is meant, which programs write as a whole number too; None where it is none."""
    is_number = isinstance(given, int | float) and not isinstance(given, bool)
    if is_number and abs(given) < 2**31 and given == int(given):  # 2.0 is a whole number in JSON
        return str(int(given))
    return given if isinstance(given, str) and given else None


def _body_problems(request: Mapping[str, Any]) -> list[tuple[str, str]]:
    headers = request.get("headers", {})
    if not isinstance(headers, dict) or not all(
        isinstance(value, str) and value.isprintable() and value.isascii()
        for value in headers.values()
    ):
        return [("/headers", "headers is an object of texts.")]
    if sum(map(len, (*headers, *headers.values()))) > MAX_HEADERS:
        return [("/headers", f"The headers are longer than {MAX_HEADERS} characters.")]
    odd = next((name for name in headers if not HEADER_NAME.fullmatch(name)), None)
    if odd is not None:
        return [("/headers", f"'{shown(odd)}' is no name of a header.")]
    names = {name.lower() for name in headers}
    if len(names) < len(headers):
        return [("/headers", "A header is there twice.")]
    if names & _NOT_IN_ITEMS:
        header = sorted(names & _NOT_IN_ITEMS)[0]
        return [("/headers", f"The header {header} is for the batch as a whole.")]
    if request.get("body") is not None and str(request.get("method")).upper() in WITHOUT_BODY:
        return [("/body", f"A {request['method']} has no body.")]
    wrong = _spelling_problem(request.get("body"), _media_of(headers))
    return [] if wrong is None else [("/body", wrong)]


def _spelling_problem(body: Any, media: str | None) -> str | None:
    """What is wrong with how a body is written, in words: JSON as it is, all else as base64. That
    it says of which media type it is, is looked at elsewhere.
    """
    if isinstance(body, str):
        if _decoded(body) is None:
            return "A body that is a text is the base64 of what is to be sent."
    elif body is not None and media not in (None, "application/json"):
        kind = shown(media) or "no media type"
        return f"A body of {kind} is a text: the base64 of what is to be sent."
    return None


def _url_problem(url: Any, root: str) -> str | None:
    """What is wrong with an item's URL, in words."""
    if not isinstance(url, str) or not url:
        return "The url is a text: relative to the version, or one that begins with this server's."
    if "#" in url:
        return (
            "A # in a url is written %23, as in the name of a guest: "
            "/users/ada_fabrikam.com%23EXT%23@contoso.com."
        )
    if not url.isprintable():
        return "Characters of a url that cannot be printed are percent-encoded."
    base = _base_of(root)
    if _ABSOLUTE.match(url) and url[: len(base)].lower() != base.lower():
        return f"A url is relative to the version, or begins with this server's {base}."
    return None


def _base_of(root: str) -> str:
    """Scheme and host of a service root."""
    scheme, _, rest = root.partition("://")
    return f"{scheme}://{rest.partition('/')[0]}/"


def _path_of(url: str, root: str) -> str:
    """The path and query that an item's URL leads to."""
    base = _base_of(root)
    if _ABSOLUTE.match(url):
        return f"/{url[len(base) :]}"
    prefix = root[len(base) - 1 :]
    return f"{prefix}/{url.removeprefix('/')}"


def _item(request: Mapping[str, Any], root: str) -> Item:
    headers = request.get("headers", {})
    body = request.get("body")
    if body is None:
        data = b""
    elif isinstance(body, str):
        data = _decoded(body) or b""
    else:
        data = _json(body)
    return Item(
        _id_of(request["id"]) or "",
        request["method"].upper(),
        _path_of(request["url"], root),
        headers,
        data,
        tuple(request.get("dependsOn", [])),
    )


def _decoded(body: str) -> bytes | None:
    """The bytes of a body that is a text: base64, of whichever alphabet."""
    try:
        plain = body.replace("-", "+").replace("_", "/")
        return base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None


def _media_of(headers: Mapping[str, str]) -> str | None:
    found = {name.lower(): value for name, value in headers.items()}
    said = found.get("content-type")
    return None if said is None else split_media_type(said)[0]


def _check_ids(items: Sequence[Item]) -> None:
    """Each id once, in any case, and dependencies on items that come before.

    https://github.com/microsoftgraph/msgraph-sdk-dotnet-core/issues/891: the service wants them in
    that order, as OData's library does.
    """
    ids = [item.id.lower() for item in items]
    for position, item in enumerate(items):
        times = ids.count(item.id.lower())
        if times > 1:
            raise bad_request(
                f"{_MALFORMED} Request Ids are not unique: '{shown(item.id)}' is there {times} "
                "times, whatever its case.",
                "requests",
            )
        known = ids[:position]
        wrong = next((name for name in item.depends_on if name.lower() not in known), None)
        if wrong is not None:
            why = "does not come before it" if wrong.lower() in ids else "is not in the batch"
            raise bad_request(
                f"Invalid dependency for request Id '{shown(item.id)}': '{shown(wrong)}' {why}.",
                "requests",
            )


def _check_shape(items: Sequence[Item]) -> None:
    """Nothing depends on anything, each on the one before it, or all that do on the same one."""
    ids = [item.id.lower() for item in items]
    needs = [tuple(name.lower() for name in item.depends_on) for item in items]
    serial = not needs[0] and needs[1:] == [(name,) for name in ids[:-1]]
    stated = {need for need in needs if need}
    same = len(stated) <= 1 and all(len(need) == 1 for need in stated)
    if not (serial or same):
        raise bad_request(
            "Batch should be either fully sequential or fully parallel. Have each request depend "
            "on the one just before it, or all that depend on one on the same.",
            "requests",
        )


def _answered(call: Call, item: Item) -> Steps[dict[str, Any]]:
    exchange = Exchange(_environ(call.exchange, item), call.exchange.max_body)
    answer, headers = yield from call.respond(exchange)
    return _response(item, answer, headers)


def _environ(outer: Exchange, item: Item) -> dict[str, Any]:
    """The WSGI environ (PEP 3333) of an item: its own headers, on the batch's connection."""
    kept = ("SERVER_NAME", "SERVER_PORT", "SERVER_PROTOCOL", "HTTP_HOST", *_INHERITED)
    environ = {
        name: value
        for name, value in outer.environ.items()
        if name in kept or name.startswith("wsgi.") or name in _OF_THE_CONNECTION
    }
    path, _, query = item.url.partition("?")
    environ |= {
        "REQUEST_METHOD": item.method,
        "RAW_URI": quote(item.url, safe=_URL_CHARACTERS),
        "PATH_INFO": path,
        "QUERY_STRING": quote(query, safe=_URL_CHARACTERS),
        "wsgi.input": io.BytesIO(item.body),
        "CONTENT_LENGTH": str(len(item.body)) if item.body else "",
        "fakegraph.batch": outer.request_id,
    }
    for name, value in item.headers.items():
        if name.lower() in _NOT_OVERRIDDEN:
            continue
        key = name.upper().replace("-", "_")
        environ[key if key == "CONTENT_TYPE" else f"HTTP_{key}"] = value
    return environ


def _response(item: Item, answer: Answer, headers: Headers) -> dict[str, Any]:
    response: dict[str, Any] = {
        "id": item.id,
        "status": answer.status,
        "headers": {name: value for name, value in headers if name != "Content-Length"},
    }
    if answer.body and item.method != "HEAD":
        response["body"] = _body(answer)
    return response


def _body(answer: Answer) -> Any:
    media = split_media_type(answer.content_type or "")[0]
    if media == "application/json":
        return orjson.Fragment(answer.body)
    return base64.b64encode(answer.body).decode()


def _failed_dependency(item: Item) -> dict[str, Any]:
    names = ", ".join(item.depends_on)
    error = {
        "code": "FailedDependency",
        "message": f"Failed Dependency: one of the requests that it depends on ({names}) failed.",
    }
    return {
        "id": item.id,
        "status": 424,
        "headers": {"Content-Type": "application/json"},
        "body": {"error": error},
    }
