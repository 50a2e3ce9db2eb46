"""What files have of exchanges with the service: archives (HAR), mocks, and saved answers.

A file is untrusted: its size and depth are bounded, nothing that it names is opened.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote, unquote

from fakegraph import strict_json
from fakegraph.regular import read_regular

MAX_BYTES = 256 << 20  # of a file
RECORDS = "records"  # in the place of a method: they are a fixture's, for the path in the URL
_BOM = b"\xef\xbb\xbf"
GRAPH = "https://graph.microsoft.com/v1.0"
_CONTEXT = re.compile(r"^(.*?/(?:v1\.0|beta))/\$metadata#(.+)$", re.IGNORECASE | re.DOTALL)
_BEHIND = re.compile(r"(\([^()']*\)|/\$(entity|delta)|/@\$delta)$")  # of a context, what is no path


class Exchange(NamedTuple):
    """One answer, and what asked for it. ``place`` is where in which file."""

    method: str
    url: str
    status: int
    body: Any
    place: str


Note = Callable[[str, str], object]
"""Takes what cannot be used: where it is, and why."""


def exchanges(path: Path, place: str, note: Note) -> Iterator[Exchange]:
    """What a file has. ``place`` is its path in a folder, without the suffix."""
    name = str(path)
    try:
        data = read_regular(path, MAX_BYTES).removeprefix(_BOM)
        value = strict_json.loads(data)
    except (OSError, strict_json.JsonError) as error:
        note(name, f"it cannot be read: {getattr(error, 'strerror', None) or error}")
        return
    yield from unbatched(_in(value, name, place, note), note)


def _in(value: Any, name: str, place: str, note: Note) -> Iterator[Exchange]:
    if isinstance(value, dict) and isinstance(value.get("log"), dict):
        yield from _of_archive(value["log"], name, note)
    elif isinstance(value, dict) and isinstance(value.get("mocks"), list):
        yield from _of_mocks(value["mocks"], name, note)
    elif isinstance(value, dict) and isinstance(value.get("responses"), list):
        yield from _of_old_mocks(value["responses"], name, note)
    elif isinstance(value, dict | list):
        yield from _saved(value, name, place, note)
    else:
        note(name, "it is no archive, no mocks, and no answer of the service")


def _of_archive(log: Mapping[str, Any], name: str, note: Note) -> Iterator[Exchange]:
    entries = log.get("entries")
    if not isinstance(entries, list):
        note(name, "log/entries is no array")
        return
    for number, entry in enumerate(entries, 1):
        place = f"{name}[{number}]"
        try:
            request, response = entry["request"], entry["response"]
            method, url, status = str(request["method"]), str(request["url"]), response["status"]
            content = response.get("content") or {}
            asked = (request.get("postData") or {}).get("text")
            text = _text(content)
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            note(place, f"it is no entry of an archive: {type(error).__name__} {error}")
            continue
        if isinstance(status, int):
            body = _json(text)
            if url.partition("?")[0].endswith("/$batch"):
                body = [_json(asked), body]
            yield Exchange(method.upper(), url, status, body, place)


def _text(content: Mapping[str, Any]) -> str:
    text = content.get("text") or ""
    if content.get("encoding") == "base64":
        try:
            return base64.b64decode(text, validate=True).decode("utf-8", "replace")
        except binascii.Error:
            return ""
    return str(text)


def _json(text: Any) -> Any:
    """What a text means as JSON; None for what is none."""
    try:
        return strict_json.loads(text.encode()) if isinstance(text, str) and text else None
    except (strict_json.JsonError, UnicodeEncodeError):
        return None


def _of_mocks(mocks: list[Any], name: str, note: Note) -> Iterator[Exchange]:
    for number, mock in enumerate(mocks, 1):
        place = f"{name}[{number}]"
        try:
            request, response = mock["request"], mock["response"]
            method, url = str(request.get("method") or "GET"), str(request["url"])
            status, body = response.get("statusCode") or 200, response.get("body")
        except (KeyError, TypeError, AttributeError):
            note(place, "it is no mock: it has no request with a url, or no response")
            continue
        yield from _mocked(method, url, status, body, place, note)


def _of_old_mocks(mocks: list[Any], name: str, note: Note) -> Iterator[Exchange]:
    for number, mock in enumerate(mocks, 1):
        place = f"{name}[{number}]"
        if not isinstance(mock, dict) or not isinstance(mock.get("url"), str):
            note(place, "it is no mock: it has no url")
            continue
        status, body = mock.get("responseCode") or 200, mock.get("responseBody")
        yield from _mocked(str(mock.get("method") or "GET"), mock["url"], status, body, place, note)


def _mocked(
    method: str, url: str, status: Any, body: Any, place: str, note: Note
) -> Iterator[Exchange]:
    if isinstance(body, str):
        why = "names a file, which is not opened" if body.startswith("@") else "is no JSON"
        note(place, f"its body {why}")
    elif "*" in url.partition("?")[0]:
        note(place, f"its url is a pattern, and of no one thing: {url[:200]}")
    elif isinstance(status, int):
        yield Exchange(method.upper(), url, status, body, place)


def _saved(body: Any, name: str, place: str, note: Note) -> Iterator[Exchange]:
    """A saved answer: what it is of is said by its context, or by the name of the file."""
    context = body.get("@odata.context") if isinstance(body, dict) else None
    whole = body if isinstance(body, dict) else {"value": body}
    if isinstance(context, str):
        url = _url_of(context, body)
        if url is None:
            note(name, f"its context is of nothing that is stored: {context[:200]}")
            return
    else:
        url = f"{GRAPH}/{place}"
    yield Exchange("GET", url, 200, whole, name)


def _url_of(context: str, body: Mapping[str, Any]) -> str | None:
    """The URL of what a context is of: ``…#users('ID')/messages(subject)/$entity``."""
    found = _CONTEXT.match(context)
    if found is None:
        return None
    path, key = unquote(found[2]), body.get("id")
    is_one = path.endswith("/$entity")
    while (behind := _BEHIND.search(path)) is not None:
        path = path[: behind.start()]
    path = re.sub(r"/(microsoft\.)?graph\.\w+$", "", path)
    if path.startswith("Collection(") or path == "Edm.String" or not path:
        return None
    of_one = is_one and isinstance(key, str) and "value" not in body
    more = f"/{quote(key, safe='')}" if of_one and isinstance(key, str) else ""
    return f"{found[1]}/{path}{more}"


def unbatched(found: Iterator[Exchange], note: Note) -> Iterator[Exchange]:
    """Exchanges with the items of batches in the place of these."""
    for each in found:
        if not each.url.partition("?")[0].endswith("/$batch"):
            yield each
            continue
        asked, told = each.body if isinstance(each.body, list) else (None, None)
        yield from _items(each, asked, told, note)


def _items(batch: Exchange, asked: Any, told: Any, note: Note) -> Iterator[Exchange]:
    try:
        requests = {str(item["id"]): item for item in asked["requests"]}
        answers = list(told["responses"])
    except (KeyError, TypeError):
        note(batch.place, "it is a batch of which the requests or the answers are not there")
        return
    root = batch.url.partition("?")[0].removesuffix("/$batch")
    for answer in answers:
        id_ = answer.get("id") if isinstance(answer, dict) else None
        request = requests.get(str(id_))
        if request is None or not isinstance(answer.get("status"), int):
            note(f"{batch.place}/{id_}", "it is an answer to nothing that is asked")
            continue
        url = f"{root}/{str(request.get('url', '')).lstrip('/')}"
        place, method = f"{batch.place}/{id_}", str(request.get("method", "GET")).upper()
        yield Exchange(method, url, answer["status"], answer.get("body"), place)
