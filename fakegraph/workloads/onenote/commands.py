"""What changes a page: commands, each with a target, an action and new content.

https://learn.microsoft.com/graph/onenote-update-page
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from fakegraph.errors import GraphError
from fakegraph.store import Record
from fakegraph.workloads.onenote import html
from fakegraph.workloads.onenote.multipart import Part, read_parts
from fakegraph.workloads.onenote.pages import PARTS, keep_parts, stored_page
from fakegraph.workloads.operations import Call

_ACTIONS = frozenset({"append", "insert", "prepend", "replace"})
_POSITIONS = frozenset({"after", "before"})
_TEXT = frozenset({"p", "li"} | {f"h{level}" for level in range(1, 7)})
_LISTS = frozenset({"ol", "ul"})
_SHOWN = frozenset({"img", "object"})
#: What can be done to an element that lies in a div, by its tag.
_CAN = {
    **dict.fromkeys(("div", *_LISTS), frozenset({"append", "insert", "replace"})),
    **dict.fromkeys((*_TEXT, *_SHOWN, "table"), frozenset({"insert", "replace"})),
}


def change_page(call: Call) -> None:
    """Carry out the commands of a body, all of them or none. Raises GraphError."""
    data, media = call.arguments["data"], call.arguments["media"]
    parts = read_parts(data) if media == "multipart/form-data" else []
    commands = _commands(parts, data, media)
    page = call.thing
    known = call.content(page, "content") or b""
    document = stored_page(known, page.record)
    for each in commands:
        _carry_out(document, each)
    html.name(document.body, known + data)
    changes: Record = {"title": document.title, "lastModifiedDateTime": call.now}
    files = [part for part in parts if part.name.casefold() != "commands"]
    if files:
        changes[PARTS] = {part.name: part.media for part in files}
    changed = call.change(page, changes)
    for part in files:
        changed = call.fill(changed, part.stream, part.data, part.media)
    whole = html.written(document, ids=True).encode()
    changed = call.fill(changed, "content", whole, "text/html")
    keep_parts(call, changed.record, page.record)


def _commands(parts: Sequence[Part], data: bytes, media: str) -> list[Mapping[str, Any]]:
    if parts:
        found = [part for part in parts if part.name.casefold() == "commands"]
        if len(found) != 1:
            message = 'A multipart request has one part named "Commands", with the changes.'
            raise GraphError(400, "20124", message)
        data, media = found[0].data, "application/json"
    if media != "application/json":
        message = "The Content-Type is application/json, or multipart/form-data with files."
        raise GraphError(400, "20131", message)
    try:
        commands = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise GraphError(400, "20020", "Encountered malformed Json in request body.") from error
    if not isinstance(commands, list) or not all(isinstance(each, dict) for each in commands):
        message = "The payload in the PATCH request is an array of objects."
        raise GraphError(400, "20109", message)
    if not commands:
        raise GraphError(400, "20125", "The PATCH request contains no actions.")
    return commands


def _text(command: Mapping[str, Any], name: str, usual: str | None = None) -> str:
    found = command.get(name, usual)
    if not isinstance(found, str):
        raise GraphError(400, "20121", f"A command has a '{name}', which is a text.", name)
    return found


def _carry_out(page: html.Page, command: Mapping[str, Any]) -> None:
    unknown = next((name for name in command if name not in _NAMES), None)
    if unknown is not None:
        message = f"The command has '{unknown}': it has {', '.join(_NAMES)}."
        raise GraphError(400, "20126", message, unknown)
    target, action = _text(command, "target"), _text(command, "action").lower()
    position = _text(command, "position", "after").lower()
    content = _text(command, "content")
    if action not in _ACTIONS:
        message = f"'{action}' is no action: {', '.join(sorted(_ACTIONS))} are."
        raise GraphError(400, "20122", message, "action")
    if position not in _POSITIONS:
        message = f"'{position}' is no position: after and before are."
        raise GraphError(400, "20121", message, "position")
    if target == "title":
        if action != "replace":
            raise _unsupported("title", action)
        page.title = content
        return
    if action == "prepend":
        action, position = "append", "before"
    element, parent = _found(page.body, target)
    _check(element, parent, target, action)
    new = html.read_part(content)
    if action == "append":
        where = len(element.children) if position == "after" else 0
        element.children[where:where] = new
        return
    assert parent is not None
    at = next(n for n, each in enumerate(parent.children) if each is element)
    begin = at + (action == "insert" and position == "after")
    parent.children[begin : at + 1 if action == "replace" else begin] = new


_NAMES = ("target", "action", "position", "content")


def _found(body: html.Element, target: str) -> tuple[html.Element, html.Element | None]:
    """The element that is meant, and what it lies in; ``body`` is the first div of the page."""
    if target == "body":
        first = next((each for each in body.elements() if each.tag == "div"), None)
        if first is None:
            raise GraphError(400, "20120", "The page has no div to change.", "target")
        return first, body
    name = "data-id" if target.startswith("#") else "id"
    wanted = target.removeprefix("#")
    for parent in body.elements():
        for each in parent.children:
            if isinstance(each, html.Element) and each.attributes.get(name) == wanted:
                return each, parent
    if name == "id" and any(each.attributes.get("data-id") == wanted for each in body.elements()):
        message = f"The target '{target}' is a data-id: it has a # before it."
        raise GraphError(400, "20134", message, "target")
    raise GraphError(400, "20149", f"The target element '{target}' cannot be found.", "target")


def _check(element: html.Element, parent: html.Element | None, target: str, action: str) -> None:
    """Raise GraphError (400) for what cannot be done to an element."""
    outer = parent is not None and parent.tag == "body"
    can = frozenset({"append"} if element.tag == "div" else ()) if outer else _CAN.get(element.tag)
    if not can:
        message = f"The target '{target}' is a {element.tag}, which is changed by nothing."
        raise GraphError(400, "20133", message, "target")
    if action not in can:
        if action == "append":
            message = f"A {element.tag} doesn't support the append action."
            raise GraphError(400, "20138", message, "action")
        raise _unsupported(element.tag, action)
    if action == "replace" and target.startswith("#") and element.tag not in _SHOWN:
        message = f"A {element.tag} is replaced by its generated id (includeIDs=true)."
        raise GraphError(400, "20134", message, "target")


def _unsupported(what: str, action: str) -> GraphError:
    return GraphError(400, "20141", f"A {what} doesn't support the {action} action.", "action")
