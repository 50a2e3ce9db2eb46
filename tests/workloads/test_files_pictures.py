"""Thumbnails, previews, and other forms of what is in files."""

from __future__ import annotations

import io
import struct
import zlib

import pytest

from tests.conftest import assert_error
from tests.graph.whole.conftest import listed, make, seed
from tests.workloads.test_files import folder, put

ROOT = "me/drive/root:"


def png(width: int, height: int) -> bytes:
    """A picture whose upper half is red, and the lower one blue."""
    lines = [
        b"\0" + (b"\xff\0\0" if y < height / 2 else b"\0\0\xff") * width for y in range(height)
    ]
    parts = {
        b"IHDR": struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0),
        b"IDAT": zlib.compress(b"".join(lines)),
        b"IEND": b"",
    }
    found = b"\x89PNG\r\n\x1a\n"
    for name, data in parts.items():
        found += struct.pack(">I", len(data)) + name + data
        found += struct.pack(">I", zlib.crc32(name + data))
    return found


def plain(found):
    """A set of thumbnails without its URLs, which are others with each second."""
    sets = {name: each for name, each in found.items() if name[0] != "@"}
    return {
        n: {k: v for k, v in each.items() if k != "url"} if n != "id" else each
        for n, each in sets.items()
    }


@pytest.fixture
def item(client):
    return put(client, f"{ROOT}/A/p.png:/content", png(400, 200))


def test_a_picture_says_how_large_it_is(client, item):
    assert item["image"] == {"height": 200, "width": 400}
    assert item["file"]["mimeType"] == "image/png"
    assert "image" not in put(client, f"{ROOT}/A/p.png:/content", b"text")
    assert "image" not in put(client, f"{ROOT}/A/t.txt:/content", b"text")


def test_the_sizes_of_thumbnails(client, item):
    path = f"me/drive/items/{item['id']}/thumbnails"

    (usual,) = listed(client, path)
    (chosen,) = listed(client, f"{path}?select=smallSquare,c300x400_crop,c100x100")

    assert (usual["id"], set(usual)) == ("0", {"id", "small", "medium", "large"})
    sizes = [(usual[name]["width"], usual[name]["height"]) for name in ("small", "medium", "large")]
    assert sizes == [(96, 48), (176, 88), (400, 200)]
    assert {
        name: (each["width"], each["height"]) for name, each in chosen.items() if name != "id"
    } == {
        "smallSquare": (96, 96),
        "c300x400_crop": (300, 400),
        "c100x100": (100, 50),
    }
    one = client.get(f"/v1.0/{path}/0").json
    assert plain(one) == plain(usual)
    assert client.get(f"/v1.0/{path}/0?$select=c200x150").json["c200x150"]["width"] == 200
    small = client.get(f"/v1.0/{path}/0/small").json
    assert (small["width"], "thumbnail.aspx" in small["url"]) == (96, True)
    assert_error(client.get(f"/v1.0/{path}/1"), 404, "itemNotFound")
    for led in (
        listed(client, f"{ROOT}/A:/children?$expand=thumbnails"),
        [client.get(f"/v1.0/{ROOT}/A/p.png?$expand=thumbnails($select=small)").json],
    ):
        assert plain(led[0]["thumbnails"][0])["small"] == plain(usual)["small"]


def test_what_is_no_picture_has_no_thumbnails(client):
    item = put(client, f"{ROOT}/t.txt:/content")
    above = folder(client, "F")
    for each in (item, above):
        path = f"me/drive/items/{each['id']}/thumbnails"
        assert listed(client, path) == []
        assert_error(client.get(f"/v1.0/{path}/0"), 404, "itemNotFound")
        assert_error(client.get(f"/v1.0/{path}/0/small/content"), 404, "itemNotFound")


def test_thumbnails_that_are_put_there_stay(client):
    own = {"id": "7", "small": {"width": 1, "height": 2, "url": "https://x.example/1"}}
    make(client, "me/drive/root/children", {"name": "d.docx", "file": {}})
    item = client.get(f"/v1.0/{ROOT}/d.docx").json
    seed(client, {f"me/drive/items/{item['id']}/thumbnails": [own]})
    path = f"me/drive/items/{item['id']}/thumbnails"

    assert [each["id"] for each in listed(client, path)] == ["7"]
    led = client.get(f"/v1.0/{path}/7/small/content")
    assert (led.status_code, led.headers["Location"]) == (302, "https://x.example/1")


@pytest.mark.parametrize(
    ("name", "size", "below"),
    [
        ("small", (96, 48), (0, 0, 255)),
        ("medium", (176, 88), (0, 0, 255)),
        ("large", (400, 200), (0, 0, 255)),
    ],
)
def test_a_thumbnail_is_a_picture(client, item, name, size, below):
    image = pytest.importorskip("PIL.Image")

    led = client.get(f"/v1.0/me/drive/items/{item['id']}/thumbnails/0/{name}/content")

    assert (led.status_code, led.data) == (302, b"")
    answer = client.get(led.headers["Location"])
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "image/jpeg")
    drawn = image.open(io.BytesIO(answer.data))
    assert drawn.size == size
    for y, wanted in ((0, (255, 0, 0)), (size[1] - 1, below)):
        assert all(abs(a - b) < 40 for a, b in zip(drawn.getpixel((3, y)), wanted, strict=True))


def test_a_thumbnail_fills_a_box_that_crops(client, item):
    image = pytest.importorskip("PIL.Image")
    (found,) = listed(client, f"me/drive/items/{item['id']}/thumbnails?select=c200x150_crop")

    answer = client.get(found["c200x150_crop"]["url"])

    assert image.open(io.BytesIO(answer.data)).size == (200, 150)


def test_what_only_looks_like_a_picture_has_no_thumbnail(client):
    pytest.importorskip("PIL")
    for data in (
        png(400, 200)[:60],
        png(60_000, 1)[:20] + struct.pack(">I", 60_000) + png(1, 1)[24:],
    ):
        item = put(client, f"{ROOT}/bad.png:/content", data)
        (found,) = listed(client, f"me/drive/items/{item['id']}/thumbnails")
        answer = client.get(found["small"]["url"])
        assert (answer.status_code, answer.json) == (
            404,
            {"error": {"code": "itemNotFound", "message": "There is no thumbnail of this file."}},
        )


def test_a_thumbnail_wants_pillow(client, item, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "PIL", None)
    (found,) = listed(client, f"me/drive/items/{item['id']}/thumbnails")

    answer = client.get(found["small"]["url"])

    assert (answer.status_code, answer.json["error"]["code"]) == (501, "NotImplemented")
    assert "pip install pillow" in answer.json["error"]["message"]


def test_a_preview_is_shown_in_a_browser(client, item):
    path = f"/v1.0/me/drive/items/{item['id']}/preview"

    plain, there = client.post(path, json={}), client.post(path, json={"page": "2", "zoom": 1.5})

    assert plain.status_code == 200
    shown = client.get(plain.json["getUrl"])
    assert shown.data == png(400, 200)
    assert shown.headers["Content-Disposition"] == "inline; filename*=UTF-8''p.png"
    assert there.json["getUrl"].endswith("#page=2&zoom=1.5")
    assert plain.json.get("postUrl") is None
    assert_error(client.post(f"/v1.0/{ROOT}/A:/preview", json={}), 400, "notSupported")


@pytest.mark.parametrize(
    ("name", "form", "status", "code"),
    [
        ("a.docx", "pdf", 501, "NotImplemented"),
        ("a.CSV", "pdf", 501, "NotImplemented"),
        ("a.png", "pdf", 406, "notSupported"),
        ("a.docx", "text", 406, "notSupported"),
        ("a", "html", 406, "notSupported"),
    ],
)
def test_files_are_not_converted(client, name, form, status, code):
    put(client, f"{ROOT}/{name}:/content")

    assert_error(client.get(f"/v1.0/{ROOT}/{name}:/content?format={form}"), status, code)


def test_a_picture_without_a_size_has_no_thumbnails(client):
    put(client, f"{ROOT}/a.gif:/content", b"GIF8" + bytes(10))
    seed(client, {"me/drive/items": [{"name": "b.png", "file": {}, "image": {}}]})

    for name in ("a.gif", "b.png"):
        assert listed(client, f"{ROOT}/{name}:/thumbnails") == []
        assert client.get(f"/v1.0/{ROOT}/{name}:/thumbnails/0").status_code == 404


@pytest.mark.parametrize("size", ["nope", "c0x0", "c99999x1", "small,c1x"])
def test_what_is_no_size_of_thumbnails_is_refused(client, item, size):
    for path in ("thumbnails", "thumbnails/0"):
        refused = client.get(f"/v1.0/me/drive/items/{item['id']}/{path}?select={size}")
        assert_error(refused, 400, "invalidRequest", "is no size of thumbnails")
