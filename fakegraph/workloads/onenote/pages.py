"""Pages of OneNote as clients send them and get them: HTML, and what goes with it.

https://learn.microsoft.com/graph/onenote-create-page
"""

from __future__ import annotations

from collections.abc import Mapping

from fakegraph.errors import GraphError
from fakegraph.store import Record
from fakegraph.workloads.handed import Given, Rendering
from fakegraph.workloads.onenote import html
from fakegraph.workloads.onenote.multipart import Part, read_parts
from fakegraph.workloads.operations import Call, operation

PARTS, RESOURCES = "@parts", "@resources"
_PRESENTATION = "presentation"
_HTML = ("text/html", "application/xhtml+xml")
_NAMED = "name:"


def read_page(data: bytes) -> Given:
    """The page that a body means: its title, when it was made, and all of it as the content."""
    if not data.strip():
        raise GraphError(400, "20132", "The request has no content for the page.")
    return _given(data, ())


def read_multipart(data: bytes) -> Given:
    """The page that a body of several parts means, and what goes with it."""
    parts = read_parts(data)
    found = [part for part in parts if part.name.casefold() == _PRESENTATION]
    if len(found) != 1:
        code = "20002" if found else "20001"
        raise GraphError(400, code, 'The request has exactly one part named "Presentation".')
    (page,) = found
    if page.media not in _HTML:
        raise GraphError(400, "20003", f"The Presentation part is {' or '.join(_HTML)}.")
    return _given(page.data, [part for part in parts if part is not page])


def _given(data: bytes, parts: tuple[()] | list[Part]) -> Given:
    page = html.read(data)
    record: Record = {"title": page.title}
    if page.created:
        record["createdDateTime"] = page.created
    if parts:
        record[PARTS] = {part.name: part.media for part in parts}
    streams = {part.stream: part.data for part in parts}
    media = {part.stream: part.media for part in parts}
    whole = html.written(html.arranged(page, data), ids=True).encode()
    return Given(record, {"content": whole, **streams}, {"content": _HTML[0], **media})


def keep_parts(call: Call, record: Record, before: Record | None) -> None:
    """Make resources of what came with a page."""
    page, sent = call.thing, record.get(PARTS)
    notes = call.owner(page)
    if not sent or notes is None:
        return
    known = dict(record.get(RESOURCES) or {})
    for name, media in sent.items():
        resource = call.add(notes, "resources", {"id": f"0-{call.new_id()}"})
        call.fill_as(resource, "content", page, of=Part(name, media, b"").stream)
        known[name] = {"id": resource.id, "media": media}
    call.change(page, {PARTS: None, RESOURCES: known})


def show_page(rendering: Rendering) -> bytes:
    """A page as it is read: with ids where the query wants them, and URLs of its resources."""
    record, data = rendering.reading.record, rendering.data
    page = stored_page(data, record)
    page.created = str(record.get("createdDateTime") or page.created)
    ids = rendering.parameters.get("includeIDs", "").lower() == "true"
    found = record.get(RESOURCES) or {}
    _say_media(page.body, found)
    root = rendering.url.partition("/onenote/")[0]

    def source(name: str) -> str:
        resource = found.get(name.removeprefix(_NAMED)) if name.startswith(_NAMED) else None
        return name if resource is None else f"{root}/onenote/resources/{resource['id']}/content"

    return html.written(page, ids=ids, source=source).encode()


def stored_page(data: bytes, record: Record) -> html.Page:
    """What is kept of a page, as OneNote has it, with the title that it has by now."""
    page = html.read(data)
    if page.body.attributes.get("data-absolute-enabled") != "true" or not _is_named(page.body):
        page = html.arranged(page, data or str(record.get("id")).encode())
    page.title = str(record.get("title") or page.title)
    return page


def _is_named(body: html.Element) -> bool:
    return all("id" in each.attributes for each in body.elements() if each.tag in html.NAMED)


def _say_media(body: html.Element, found: Mapping[str, Mapping[str, str]]) -> None:
    """Images say their types, and where they are in full."""
    for each in body.elements():
        known = found.get(each.attributes.get("src", "").removeprefix(_NAMED))
        if each.tag == "img" and known is not None:
            media = {"data-src-type": known["media"], "data-fullres-src-type": known["media"]}
            each.attributes |= {**media, "data-fullres-src": each.attributes["src"]}
        file = found.get(each.attributes.get("data", "").removeprefix(_NAMED))
        if each.tag == "object" and file is not None:
            each.attributes["type"] = file["media"]


# What of a page is seen at a glance ----------------------------------------------------------


_MOST_SEEN = 300  # letters
_LINKED = ("http://", "https://")


@operation("onenotePage/preview", reads=True)
def preview(call: Call) -> Record:
    """How a page begins, and its first picture.

    https://learn.microsoft.com/graph/api/page-preview
    """
    page = call.thing
    body = stored_page(call.content(page, "content") or b"", page.record).body
    text = " ".join(" ".join(body.texts()).split())
    sources = [each.attributes.get("src", "") for each in body.elements() if each.tag == "img"]
    urls = (_picture(call, each) for each in sources)
    url = next(filter(None, urls), None)
    image = None if url is None else {"href": url}
    return {"previewText": text[:_MOST_SEEN], "links": {"previewImageUrl": image}}


def _picture(call: Call, source: str) -> str | None:
    """The URL of a picture: of one that came with the page, that of its resource."""
    if source.startswith(_LINKED):
        return source
    known = (call.thing.record.get(RESOURCES) or {}).get(source.removeprefix(_NAMED))
    notes = call.owner(call.thing)
    holder = None if notes is None else call.owner(notes)
    if known is None or holder is None:
        return None
    place = f"{call.root}/{holder.container}/{holder.id}"
    return f"{place}/onenote/resources/{known['id']}/content"
