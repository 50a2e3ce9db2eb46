"""OneNote's declarations."""

from __future__ import annotations

import io
import json

import pytest

from tests.conftest import assert_error
from tests.graph.whole.conftest import counting, listed, make, seed


@pytest.fixture
def notebook(client):
    """A notebook."""
    return make(client, "me/onenote/notebooks", {"displayName": "Notes"})


def test_sections_are_seen_in_what_they_are_in(client, notebook):
    path = f"me/onenote/notebooks/{notebook['id']}"
    section = make(client, f"{path}/sections", {"displayName": "Work"})
    group = make(client, f"{path}/sectionGroups", {"displayName": "More"})
    inner = make(client, f"me/onenote/sectionGroups/{group['id']}/sections", {"displayName": "In"})

    assert [each["id"] for each in listed(client, f"{path}/sections")] == [section["id"]]
    there = listed(client, f"me/onenote/sectionGroups/{group['id']}/sections")
    assert [each["id"] for each in there] == [inner["id"]]
    everything = listed(client, "me/onenote/sections")
    assert {each["id"] for each in everything} == {section["id"], inner["id"]}


def test_what_is_in_something_says_in_what(client, notebook):
    path = f"me/onenote/notebooks/{notebook['id']}"
    group = make(client, f"{path}/sectionGroups", {"displayName": "More"})
    inner = make(client, f"me/onenote/sectionGroups/{group['id']}/sections", {"displayName": "In"})

    there = f"/v1.0/me/onenote/sections/{inner['id']}"
    found = client.get(f"{there}?$expand=parentNotebook,parentSectionGroup").json
    assert found["parentNotebook"]["id"] == notebook["id"]
    assert found["parentSectionGroup"]["id"] == group["id"]


def test_what_something_is_in_can_be_selected_and_is_for_expand_to_show(client, notebook):
    path = f"me/onenote/notebooks/{notebook['id']}"
    section = make(client, f"{path}/sections", {"displayName": "Work"})
    seed(client, {f"me/onenote/sections/{section['id']}/pages": [{"title": "One"}]})

    (page,) = listed(client, "me/onenote/pages?$select=title,parentSection,parentNotebook")
    assert {name for name in page if "@" not in name} == {"id", "title"}
    both = "$select=displayName,parentNotebook&$expand=parentNotebook($select=displayName,sections)"
    (found,) = listed(client, f"me/onenote/sections?{both}")
    assert found["parentNotebook"]["displayName"] == "Notes"
    refused = client.get("/v1.0/me/onenote/pages?$select=parentSectionGroup")
    assert_error(refused, 400, "BadRequest")


def test_pages_are_seen_in_their_section(client, notebook):
    path = f"me/onenote/notebooks/{notebook['id']}/sections"
    section = make(client, path, {"displayName": "Work"})
    seed(client, {f"me/onenote/sections/{section['id']}/pages": [{"title": "One"}]})
    seed(client, {"me/onenote/pages": [{"title": "Two"}]})

    there = listed(client, f"me/onenote/sections/{section['id']}/pages")
    assert [each["title"] for each in there] == ["One"]
    assert {each["title"] for each in listed(client, "me/onenote/pages")} == {"One", "Two"}


def test_a_page_is_made_of_html(client, notebook):
    path = f"me/onenote/notebooks/{notebook['id']}/sections"
    section = make(client, path, {"displayName": "Work"})
    html = (
        "<html><head><title>One\n page</title>"
        '<meta name="created" content="2026-11-25T08:00:00Z"/></head><body>Hi</body></html>'
    )
    pages = f"/v1.0/me/onenote/sections/{section['id']}/pages"

    response = client.post(pages, data=html, headers={"Content-Type": "text/html"})

    assert response.status_code == 201, response.text
    page = response.json
    assert (page["title"], page["createdDateTime"]) == ("One page", "2026-11-25T08:00:00Z")
    content = client.get(f"/v1.0/me/onenote/pages/{page['id']}/content")
    assert content.mimetype == "text/html"
    assert "<title>One page</title>" in content.text
    assert '<meta name="created" content="2026-11-25T08:00:00Z" />' in content.text
    assert '<div data-id="_default"' in content.text
    assert "<p>Hi</p></div></body>" in content.text
    assert [each["id"] for each in listed(client, pages.removeprefix("/v1.0/"))] == [page["id"]]


def test_names_are_one_in_each_place(client, notebook):
    taken = client.post("/v1.0/me/onenote/notebooks", json={"displayName": "notes"})
    assert_error(taken, 409, "20117", "already exists")


def test_names_are_none_that_the_service_refuses(client, notebook):
    own = f"notebooks/{notebook['id']}"
    for place, most, code in (("notebooks", 128, "20115"), (f"{own}/sections", 50, "20153")):
        path = f"/v1.0/me/onenote/{place}"
        for wrong, said in (
            ({"displayName": "a/b"}, code),
            ({"displayName": " a"}, "20154"),
            ({"displayName": "x" * (most + 1)}, "20155"),
            *((each, "20152") for each in ({}, {"displayName": ""}, {"displayName": "  "})),
        ):
            assert_error(client.post(path, json=wrong), 400, said)
        made = client.post(path, json={"displayName": "x" * most})
        assert made.status_code == 201, made.text
    copied = client.post(f"/v1.0/me/onenote/{own}/copyNotebook", json={"renameAs": "a?b"})
    assert_error(copied, 400, "20115", "invalid characters")


def test_pages_say_where_in_their_section_they_are(client, notebook):
    section = make(client, f"me/onenote/notebooks/{notebook['id']}/sections", {"displayName": "S"})
    path = f"me/onenote/sections/{section['id']}/pages"
    seed(client, {path: [{"title": title} for title in ("One", "Two", "Three")]})

    there = listed(client, f"{path}?pagelevel=true")

    found = {each["title"]: (each["level"], each["order"]) for each in there}
    assert found == {"One": (0, 0), "Two": (0, 1), "Three": (0, 2)}
    last = next(each["id"] for each in there if each["title"] == "Three")
    page = client.get(f"/v1.0/me/onenote/pages/{last}?pagelevel=true").json
    assert (page["level"], page["order"]) == (0, 2)
    wrong = client.get(f"/v1.0/{path}?pagelevel=zork")
    assert_error(wrong, 400, "BadRequest", "pagelevel")


def test_where_pages_are_is_told_as_quickly_of_many(make_client):
    costs = []
    for size in (25, 250):
        client = make_client()
        book = make(client, "me/onenote/notebooks", {"displayName": "N"})
        of = f"me/onenote/notebooks/{book['id']}/sections"
        path = f"me/onenote/sections/{make(client, of, {'displayName': 'S'})['id']}/pages"
        seed(client, {path: [{"title": f"P{number}"} for number in range(size)]})
        last = listed(client, f"{path}?pagelevel=true&$top=1")[0]["id"]
        one = f"/v1.0/me/onenote/pages/{last}?pagelevel=true"
        assert client.get(one).json["order"] == client.get(one).json["order"]
        costs.append(counting(lambda client=client, one=one: client.get(one))[1])
    assert costs[1] < 1.2 * costs[0], costs


def test_a_page_of_pages_has_a_hundred_at_most(client):
    assert client.get("/v1.0/me/onenote/pages?$top=100").status_code == 200
    assert_error(client.get("/v1.0/me/onenote/pages?$top=101"), 400, "20129", "100")


def test_what_is_not_there_is_said_in_numbers(client):
    missing = client.get("/v1.0/me/onenote/notebooks/1-x")

    assert_error(missing, 404, "20102", "does not exist")


# What a page says -----------------------------------------------------------------------------


def written(client, section, body, head="<title>T</title>", **attributes):
    """A page of a body; gives its path."""
    said = "".join(f' {name.replace("_", "-")}="{each}"' for name, each in attributes.items())
    html = f"<html><head>{head}</head><body{said}>{body}</body></html>"
    answer = client.post(
        f"/v1.0/me/onenote/sections/{section}/pages",
        data=html,
        headers={"Content-Type": "text/html"},
    )
    assert answer.status_code == 201, answer.text
    return f"/v1.0/me/onenote/pages/{answer.json['id']}"


def inside(client, page, query=""):
    """What is in the body of a page."""
    text = client.get(f"{page}/content{query}").text
    return text.partition("<body")[2].partition(">")[2].partition("</body>")[0]


def within(client, page):
    """What is in the first div of a page."""
    return inside(client, page).partition(">")[2].removesuffix("</div>")


@pytest.fixture
def section(client, notebook):
    """The id of a section."""
    path = f"me/onenote/notebooks/{notebook['id']}/sections"
    return make(client, path, {"displayName": "Work"})["id"]


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("<p>a</p>", "<p>a</p>"),
        ("a <b>b</b>", "<p>a <b>b</b></p>"),
        ("<div><p>a</p><div><p>b</p></div></div>", "<p>a</p><p>b</p>"),
        ('<div data-id="d"><p>a</p></div>', '<div data-id="d"><p>a</p></div>'),
        ('<p id="mine">a</p>', "<p>a</p>"),
        ("<script>alert(1)</script><p>a</p>", "<p>a</p>"),
        ('<p onclick="x()">a</p>', "<p>a</p>"),
        ("<form><p>a &lt; b</p></form>", "<p>a &lt; b</p>"),
        ("<ul><li>a<li>b</ul>", "<ul><li>a<li>b</li></li></ul>"),
        ('<img src="https://a/b.png" />', '<img src="https://a/b.png" />'),
        ("<p>a</p><!-- b -->c", "<p>a</p><p>c</p>"),
        ("<p>a</p>" + "<!-- b " * 100_000, "<p>a</p>"),  # in one go, not once for each sign
        ("<p>a</p>" + "<![CDATA[b " * 100_000, "<p>a</p>"),
    ],
)
def test_what_comes_out_of_what_went_in(client, section, sent, kept):
    assert within(client, written(client, section, sent)) == kept


def test_what_has_its_place_keeps_it(client, section):
    placed = '<div style="position:absolute;left:9px"><p>there</p></div>'

    page = written(client, section, f"<p>here</p>{placed}", data_absolute_enabled="true")

    found = inside(client, page)
    assert found.startswith('<div data-id="_default"')
    assert found.endswith(placed)
    unplaced = written(client, section, placed)
    assert within(client, unplaced) == "<p>there</p>"


def test_ids_are_shown_to_who_wants_them(client, section):
    page = written(client, section, "<p>a</p><p>b</p>")

    plain, named = inside(client, page), inside(client, page, "?includeIDs=true")

    assert " id=" not in plain
    assert named.count('<p id="p:{') == 2
    assert named == inside(client, page, "?includeIDs=true")
    assert_error(client.get(f"{page}/content?preAuthenticated=true"), 400, "BadRequest")


LIST = '<p data-id="p">a</p><ul data-id="l"><li>1</li></ul><img data-id="i" src="https://a/b" />'


def id_of(client, page, tag):
    """The generated id of the first element of a tag."""
    return inside(client, page, "?includeIDs=true").partition(f'id="{tag}:')[2].partition('"')[0]


def change(client, page, **command):
    return client.patch(f"{page}/content", json=[command])


@pytest.mark.parametrize(
    ("command", "kept"),
    [
        ({"target": "body", "action": "append"}, LIST + "<p>new</p>"),
        ({"target": "body", "action": "append", "position": "before"}, "<p>new</p>" + LIST),
        ({"target": "body", "action": "prepend"}, "<p>new</p>" + LIST),
        (
            {"target": "#p", "action": "insert"},
            LIST.replace("a</p>", "a</p><p>new</p>"),
        ),
        ({"target": "#p", "action": "insert", "position": "before"}, "<p>new</p>" + LIST),
        ({"target": "#l", "action": "append"}, LIST.replace("</ul>", "<p>new</p></ul>")),
        ({"target": "#i", "action": "replace"}, LIST.partition("<img")[0] + "<p>new</p>"),
    ],
    ids=["append", "append-before", "prepend", "insert", "insert-before", "list", "replace"],
)
def test_commands_change_a_page(client, section, command, kept):
    page = written(client, section, LIST)

    answer = change(client, page, content='<p id="x">new</p>', **command)

    assert (answer.status_code, answer.data) == (204, b""), answer.text
    assert within(client, page) == kept


def test_most_is_replaced_by_its_generated_id(client, section):
    page = written(client, section, LIST)
    target = f"p:{id_of(client, page, 'p')}"

    assert (
        change(client, page, target=target, action="replace", content="<p>b</p>").status_code == 204
    )

    assert within(client, page).startswith("<p>b</p><ul")


def test_the_title_is_replaced_and_the_page_says_so(client, section):
    page = written(client, section, "<p>a</p>")

    assert change(client, page, target="title", action="replace", content="New").status_code == 204

    assert client.get(page).json["title"] == "New"
    assert "<title>New</title>" in client.get(f"{page}/content").text


@pytest.mark.parametrize(
    ("command", "code"),
    [
        ({"target": "#none", "action": "append"}, "20149"),
        ({"target": "p", "action": "insert"}, "20134"),
        ({"target": "#p", "action": "replace"}, "20134"),
        ({"target": "#p", "action": "append"}, "20138"),
        ({"target": "#_default", "action": "replace"}, "20141"),
        ({"target": "title", "action": "append"}, "20141"),
        ({"target": "#p", "action": "remove"}, "20122"),
        ({"target": "#p", "action": "insert", "position": "left"}, "20121"),
        ({"target": "#p"}, "20121"),
        ({"target": "#p", "action": "insert", "where": "x"}, "20126"),
    ],
)
def test_what_no_command_may_be_is_refused_and_nothing_is_changed(client, section, command, code):
    page = written(client, section, LIST)
    first = {"target": "body", "action": "append", "content": "<p>first</p>"}

    answer = client.patch(f"{page}/content", json=[first, {"content": "<p>new</p>", **command}])

    assert_error(answer, 400, code)
    assert within(client, page) == LIST


@pytest.mark.parametrize(
    ("body", "media", "code"),
    [
        (b"[]", "application/json", "20125"),
        (b"{}", "application/json", "20109"),
        (b"[", "application/json", "20020"),
        (b"[]", "text/html", "20131"),
        (b"--x\r\n\r\n", "multipart/form-data; boundary=x", "20011"),
    ],
)
def test_what_is_no_body_of_commands_is_refused(client, section, body, media, code):
    page = written(client, section, LIST)

    answer = client.patch(f"{page}/content", data=body, headers={"Content-Type": media})

    assert_error(answer, 400, code)


# Files ----------------------------------------------------------------------------------------

FORM = "multipart/form-data; boundary=MyBoundary"


def form(**parts):
    """A body of several parts, each a media type and bytes."""
    lines = []
    for name, (media, data) in parts.items():
        said = f'Content-Disposition: form-data; name="{name}"\r\nContent-Type: {media}'
        lines.append(f"--MyBoundary\r\n{said}\r\n\r\n".encode() + data + b"\r\n")
    return b"".join(lines) + b"--MyBoundary--\r\n"


def post_form(client, section, body):
    path = f"/v1.0/me/onenote/sections/{section}/pages"
    return client.post(path, data=body, headers={"Content-Type": FORM})


IMAGE = b"\x89PNG\r\n\r\n\x00\xff"


def test_a_page_comes_with_its_files(client, section):
    html = b'<html><head><title>T</title></head><body><img src="name:one" /></body></html>'
    body = form(Presentation=("text/html", html), one=("image/png", IMAGE))

    answer = post_form(client, section, body)

    assert answer.status_code == 201, answer.text
    assert answer.json["title"] == "T"
    page = f"/v1.0/me/onenote/pages/{answer.json['id']}"
    content = client.get(f"{page}/content").text
    url = content.partition('src="')[2].partition('"')[0]
    assert 'data-src-type="image/png"' in content
    assert "/onenote/resources/0-" in url
    image = client.get(url.partition("//")[2].partition("/")[2])
    assert (image.data, image.mimetype) == (IMAGE, "image/png")


def test_a_file_comes_with_a_change(client, section):
    page = written(client, section, LIST)
    commands = [{"target": "#i", "action": "replace", "content": '<img src="name:two" />'}]
    body = form(
        Commands=("application/json", json.dumps(commands).encode()), two=("image/png", IMAGE)
    )

    answer = client.patch(f"{page}/content", data=body, headers={"Content-Type": FORM})

    assert answer.status_code == 204, answer.text
    url = within(client, page).partition('src="')[2].partition('"')[0]
    assert client.get(url.partition("//")[2].partition("/")[2]).data == IMAGE


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        ({"one": ("image/png", IMAGE)}, "20001"),
        ({"Presentation": ("application/json", b"{}")}, "20003"),
        ({"Presentation": ("text/html", b""), "presentation": ("text/html", b"")}, "20002"),
    ],
)
def test_what_is_no_page_with_files_is_refused(client, section, parts, code):
    assert_error(post_form(client, section, form(**parts)), 400, code)
    assert listed(client, "me/onenote/pages") == []


# Copies ---------------------------------------------------------------------------------------


def copied(client, path, body):
    """Copy something; gives what tells of it."""
    answer = client.post(f"/v1.0/me/onenote/{path}", json=body)
    assert answer.status_code == 202, answer.text
    assert answer.data == b""
    url = answer.headers["Operation-Location"]
    told = client.get(url.partition("//")[2].partition("/")[2]).json
    assert (told["status"], told["percentComplete"]) == ("Completed", "100")
    return told


def test_a_page_is_copied_to_another_section(client, notebook, section):
    page = written(client, section, "<p>a</p>")
    path = f"me/onenote/notebooks/{notebook['id']}/sections"
    other = make(client, path, {"displayName": "Other"})["id"]

    told = copied(client, f"pages/{page.rpartition('/')[2]}/copyToSection", {"id": other})

    (there,) = listed(client, f"me/onenote/sections/{other}/pages")
    assert there["id"] == told["resourceId"] != page.rpartition("/")[2]
    assert within(client, f"/v1.0/me/onenote/pages/{there['id']}") == "<p>a</p>"
    assert len(listed(client, f"me/onenote/sections/{section}/pages")) == 1


def test_a_section_is_copied_with_its_pages(client, section):
    written(client, section, "<p>a</p>")
    other = make(client, "me/onenote/notebooks", {"displayName": "Other"})["id"]

    body = {"id": other, "renameAs": "Copy"}
    told = copied(client, f"sections/{section}/copyToNotebook", body)

    (there,) = listed(client, f"me/onenote/notebooks/{other}/sections")
    assert (there["id"], there["displayName"]) == (told["resourceId"], "Copy")
    assert len(listed(client, f"me/onenote/sections/{there['id']}/pages")) == 1


def test_a_section_is_copied_into_a_group(client, notebook, section):
    path = f"me/onenote/notebooks/{notebook['id']}/sectionGroups"
    group = make(client, path, {"displayName": "More"})["id"]

    copied(client, f"sections/{section}/copyToSectionGroup", {"id": group})

    (there,) = listed(client, f"me/onenote/sectionGroups/{group}/sections")
    assert there["displayName"] == "Work"


def test_a_notebook_is_copied_with_all_that_is_in_it(client, notebook, section):
    written(client, section, "<p>a</p>")
    path = f"me/onenote/notebooks/{notebook['id']}/sectionGroups"
    group = make(client, path, {"displayName": "More"})["id"]
    make(client, f"me/onenote/sectionGroups/{group}/sections", {"displayName": "In"})

    told = copied(client, f"notebooks/{notebook['id']}/copyNotebook", {"renameAs": "Copy"})

    there = f"me/onenote/notebooks/{told['resourceId']}"
    assert [each["displayName"] for each in listed(client, f"{there}/sections")] == ["Work"]
    (more,) = listed(client, f"{there}/sectionGroups")
    assert more["id"] != group
    inner = listed(client, f"me/onenote/sectionGroups/{more['id']}/sections")
    assert [each["displayName"] for each in inner] == ["In"]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"id": "1-none"}, 404, "20156"),
        ({}, 404, "20156"),
        ({"id": "1-none", "groupId": "none"}, 404, "20160"),
        ({"id": "1-none", "siteId": "s"}, 501, "NotImplemented"),
    ],
)
def test_a_copy_goes_nowhere_that_is_not_there(client, section, body, status, code):
    answer = client.post(f"/v1.0/me/onenote/sections/{section}/copyToNotebook", json=body)

    assert_error(answer, status, code)
    assert len(listed(client, "me/onenote/sections")) == 1


def test_notebooks_are_found_by_their_url_and_by_when_they_changed(client, notebook):
    make(client, "me/onenote/notebooks", {"displayName": "Other"})
    url = notebook["links"]["oneNoteWebUrl"]["href"]

    path = "/v1.0/me/onenote/notebooks"
    found = client.post(f"{path}/getNotebookFromWebUrl", json={"webUrl": url})
    recent = client.get(f"{path}/getRecentNotebooks(includePersonalNotebooks=true)")

    assert (found.status_code, found.json["name"]) == (200, "Notes"), found.text
    assert [each["displayName"] for each in recent.json["value"]] == ["Other", "Notes"]
    missing = client.post(f"{path}/getNotebookFromWebUrl", json={"webUrl": "https://x"})
    assert_error(missing, 404, "20102")


def test_a_section_is_copied_to_a_group(client, section):
    written(client, section, "<p>a</p>")
    seed(client, {"groups": [{"id": "g", "displayName": "Team", "groupTypes": ["Unified"]}]})
    other = make(client, "groups/g/onenote/notebooks", {"displayName": "Theirs"})["id"]

    body = {"id": other, "groupId": "g"}
    answer = client.post(f"/v1.0/me/onenote/sections/{section}/copyToNotebook", json=body)

    assert answer.status_code == 202, answer.text
    (there,) = listed(client, f"groups/g/onenote/notebooks/{other}/sections")
    assert len(listed(client, f"groups/g/onenote/sections/{there['id']}/pages")) == 1
    assert len(listed(client, "me/onenote/pages")) == 1


def test_a_page_is_seen_at_a_glance(client, notebook):
    section = make(
        client, f"me/onenote/notebooks/{notebook['id']}/sections", {"displayName": "Work"}
    )
    path = f"/v1.0/me/onenote/sections/{section['id']}/pages"
    words = "<p>To  <b>buy</b></p><p>" + "milk " * 100 + "</p>"
    plain = client.post(
        path, data=f"<html><title>A</title><body>{words}</body></html>", content_type="text/html"
    ).json
    linked = '<img src="name:pic" /><img src="https://x.test/a.png" />'
    parts = {
        "Presentation": (
            io.BytesIO(f"<html><body>{linked}</body></html>".encode()),
            "p",
            "text/html",
        ),
        "pic": (io.BytesIO(b"png"), "pic", "image/png"),
    }
    drawn = client.post(path, data=parts, content_type="multipart/form-data").json

    first, second = (
        client.get(f"/v1.0/me/onenote/pages/{each['id']}/preview").json for each in (plain, drawn)
    )

    assert first["previewText"].startswith("To buy milk milk")
    assert len(first["previewText"]) == 300
    assert first["links"] == {"previewImageUrl": None}
    assert client.get(second["links"]["previewImageUrl"]["href"]).data == b"png"


def test_a_resource_that_was_seeded_without_bytes_is_there(client):
    seed(client, {"me/onenote/resources": [{"id": "r"}]})

    answer = client.get("/v1.0/me/onenote/resources/r/content")

    assert (answer.status_code, answer.data) == (200, b"")


@pytest.mark.parametrize("sign", ["</", "<a ", "<?", "<!"])
def test_tags_without_an_end_are_none(client, section, sign):
    head = {"Content-Type": "text/html"}
    data = f"<html><body><p>a</p>{sign * 100_000}"
    made = client.post(f"/v1.0/me/onenote/sections/{section}/pages", data=data, headers=head)
    assert made.status_code == 201, made.text
    assert within(client, f"/v1.0/me/onenote/pages/{made.json['id']}") == "<p>a</p>"
