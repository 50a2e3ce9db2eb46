"""How cells look, and what a protected sheet lets be done: written to a real file."""

from __future__ import annotations

import io

import pytest

from tests.conftest import assert_error
from tests.graph.whole.conftest import listed
from tests.workloads.test_files import content, put

openpyxl = pytest.importorskip("openpyxl")

FILE = "me/drive/root:/b.xlsx"
SHEET = f"/v1.0/{FILE}:/workbook/worksheets/People"
ROWS = (("Name", "Age"), ("Ada", 36), ("Bob", 20), ("Cy", 52))
DENIED = "You cannot perform the requested operation."


@pytest.fixture
def book(client):
    made = openpyxl.Workbook()
    made.active.title = "People"
    for row in ROWS:
        made.active.append(row)
    target = io.BytesIO()
    made.save(target)
    put(client, f"{FILE}:/content", target.getvalue())
    return client


def kept(client):
    """The sheet, as it is in the file now."""
    return openpyxl.load_workbook(io.BytesIO(content(client, f"{FILE}:/content")))["People"]


def of(address, *parts):
    return "/".join([f"{SHEET}/range(address='{address}')", "format", *parts])


def patched(client, path, **body):
    answer = client.patch(path, json=body)
    assert answer.status_code == 200, answer.text
    return {name: value for name, value in answer.json.items() if "@" not in name}


def posted(client, path, body=None, status=204):
    answer = client.post(path, json=body or {})
    assert answer.status_code == status, answer.text
    return answer


def test_cells_look_as_usual_until_somebody_changes_that(book):
    shown = book.get(of("A1:D9")).json
    assert shown.pop("@odata.context").endswith("$metadata#microsoft.graph.workbookRangeFormat")
    usual = {"horizontalAlignment": "General", "verticalAlignment": "Bottom", "wrapText": False}
    assert shown == {"columnWidth": 48.0, "rowHeight": 15.0, **usual}
    font = {
        "bold": False,
        "color": "#000000",
        "italic": False,
        "name": "Calibri",
        "size": 11.0,
        "underline": "None",
    }
    for part, expected in (
        ("font", font),
        ("fill", {"color": "#FFFFFF"}),
        ("protection", {"formulaHidden": False, "locked": True}),
    ):
        found = book.get(of("A1:D9", part)).json
        assert {name: found[name] for name in found if "@" not in name} == expected


def test_fonts_and_fills_are_in_the_file(book):
    changes = {"bold": True, "color": "#4B180E", "size": 26, "underline": "Single", "name": "Arial"}
    font = patched(book, of("A1:B1", "font"), **changes)
    fill = patched(book, of("A2", "fill"), color="#FF0000")

    assert (font, fill) == ({**changes, "italic": False}, {"color": "#FF0000"})
    sheet = kept(book)
    assert (sheet["B1"].font.b, sheet["B1"].font.sz, sheet["B1"].font.color.rgb) == (
        True,
        26,
        "FF4B180E",
    )
    assert (sheet["B1"].font.name, sheet["A2"].font.b) == ("Arial", False)
    assert (sheet["A2"].fill.fill_type, sheet["A2"].fill.fgColor.rgb) == ("solid", "FFFF0000")
    mixed = book.get(of("A1:A2", "font")).json
    assert (mixed["bold"], mixed["italic"]) == (None, False)
    assert book.get(of("A1:A2", "fill")).json["color"] is None
    posted(book, of("A2", "fill", "clear"))
    assert kept(book)["A2"].fill.fill_type is None


def test_alignment_and_sizes_are_in_the_file(book):
    said = {"verticalAlignment": "Center", "rowHeight": 49, "columnWidth": 135, "wrapText": True}
    shown = patched(book, of("B2:C3"), **said, horizontalAlignment="CenterAcrossSelection")

    assert shown == {**said, "horizontalAlignment": "CenterAcrossSelection"}
    sheet = kept(book)
    assert (sheet["C3"].alignment.horizontal, sheet["C3"].alignment.vertical) == (
        "centerContinuous",
        "center",
    )
    assert (sheet["C3"].alignment.wrap_text, sheet.row_dimensions[3].height) == (True, 49)
    assert book.get(of("A1:B1")).json["columnWidth"] is None
    patched(book, of("C:C"), columnWidth=48)
    widths = [book.get(of(f"{letter}1")).json["columnWidth"] for letter in "ABCD"]
    assert widths == [48.0, 135.0, 48.0, 48.0]
    book.patch(f"{SHEET}/range(address='A2')", json={"values": [["a long name of somebody"]]})
    posted(book, of("A1:A4", "autofitColumns"))
    assert book.get(of("A1")).json["columnWidth"] > 100
    posted(book, of("B2:C3", "autofitRows"))
    assert kept(book).row_dimensions[2].height is None


def test_borders_are_around_a_range_and_inside_it(book):
    path = of("A1:B2", "borders")
    assert [each["id"] for each in listed(book, path.removeprefix("/v1.0/"))] == [
        *("EdgeTop", "EdgeBottom", "EdgeLeft", "EdgeRight"),
        *("InsideVertical", "InsideHorizontal", "DiagonalDown", "DiagonalUp"),
    ]
    top = patched(book, f"{path}/EdgeTop", style="Continuous", weight="Thick", color="#00FF00")
    made = posted(book, path, {"sideIndex": "InsideVertical", "style": "Dash"}, 201).json
    patched(book, f"{path}/DiagonalUp", style="Double")

    named = {"id": "EdgeTop", "sideIndex": "EdgeTop"}
    assert top == {**named, "color": "#00FF00", "style": "Continuous", "weight": "Thick"}
    assert (made["id"], made["style"], made["weight"]) == ("InsideVertical", "Dash", "Thin")
    sheet = kept(book)
    drawn = [
        (sheet[cell].border.top.style, sheet[cell].border.right.style)
        for cell in ("A1", "B1", "A2")
    ]
    assert drawn == [("thick", "dashed"), ("thick", None), (None, "dashed")]
    assert (sheet["A2"].border.diagonalUp, sheet["A2"].border.diagonalDown) == (True, False)
    assert patched(book, f"{path}/EdgeTop", style="None")["style"] == "None"
    assert kept(book)["A1"].border.top.style is None
    assert_error(book.get(f"{path}/Edge"), 404, "ItemNotFound")


@pytest.mark.parametrize(
    ("part", "body", "status"),
    [
        ("font", {"color": "red"}, 400),
        ("font", {"size": 0}, 400),
        ("font", {"bold": "yes"}, 400),
        ("font", {"underline": "Wavy"}, 400),
        ("fill", {"color": "#12345"}, 400),
        ("", {"columnWidth": -1}, 400),
        ("", {"horizontalAlignment": "left"}, 400),
        ("", {"shrinkToFit": True}, 501),
        ("borders/EdgeTop", {"style": "Zigzag"}, 400),
        ("borders/EdgeTop", {"sideIndex": "EdgeLeft"}, 400),
        ("protection", {"locked": 1}, 400),
    ],
)
def test_what_is_no_format_is_refused_and_changes_nothing(book, part, body, status):
    before = content(book, f"{FILE}:/content")

    answer = book.patch(of("A1:B2", *filter(None, [part])), json=body)

    assert_error(answer, status, "InvalidArgument" if status == 400 else "NotImplemented")
    assert content(book, f"{FILE}:/content") == before


def test_what_of_a_range_is_not_built_is_named(book):
    cell = f"{SHEET}/range(address='A1')"
    refused = book.patch(cell, json={"values": [["x"]], "formulasLocal": [["x"]]})

    assert_error(refused, 501, "NotImplemented", "'formulasLocal' of a workbookRange")
    assert book.get(cell).json["values"] == [["Name"]]
    assert patched(book, cell, values=[["x"]], address="People!A1")["values"] == [["x"]]


def test_a_protected_sheet_lets_only_what_it_allows(book):
    patched(book, of("B2:B3", "protection"), locked=False)
    posted(book, f"{SHEET}/protection/protect", {"options": {"allowFormatCells": True}})

    shown = book.get(f"{SHEET}/protection").json
    assert shown["protected"] is True
    assert [name for name, value in shown["options"].items() if value] == ["allowFormatCells"]
    assert (kept(book).protection.sheet, kept(book).protection.formatCells) == (True, False)
    assert (
        book.patch(f"{SHEET}/range(address='B2:B3')", json={"values": [[1], [2]]}).status_code
        == 200
    )
    patched(book, of("A1", "font"), bold=True)
    for method, path, body in (
        ("PATCH", "range(address='A2:B2')", {"values": [["x", 1]]}),
        ("PATCH", "range(address='Z99')", {"values": [["x"]]}),
        ("POST", "range(address='A2')/clear", {"applyTo": "Contents"}),
        ("POST", "range(address='A2')/insert", {"shift": "Down"}),
        ("POST", "range(address='B2:B3')/sort/apply", {"fields": [{"key": 0}]}),
        ("POST", "tables/add", {"address": "A1:B4", "hasHeaders": True}),
        ("POST", "protection/protect", {}),
    ):
        refused = book.open(f"{SHEET}/{path}", method=method, json=body)
        assert_error(refused, 403, "AccessDenied", DENIED)
    posted(book, f"{SHEET}/protection/unprotect")
    assert book.get(f"{SHEET}/protection").json["protected"] is False
    assert book.patch(f"{SHEET}/range(address='A2')", json={"values": [["x"]]}).status_code == 200
    posted(book, f"{SHEET}/protection/protect")
    assert_error(book.patch(of("A1", "font"), json={"bold": True}), 403, "AccessDenied", DENIED)


def test_the_table_of_a_protected_sheet_stays_as_it_is(book):
    table = f"/v1.0/{FILE}:/workbook/tables/Table1"
    posted(book, f"{SHEET}/tables/add", {"address": "A1:B4", "hasHeaders": True}, 201)
    posted(book, f"{SHEET}/protection/protect", {"options": {"allowAutoFilter": True}})

    for method, path, body in (
        ("POST", "rows/add", {"values": [["x", 1]]}),
        ("PATCH", "rows/itemAt(index=0)", {"values": [["x", 1]]}),
        ("DELETE", "columns/Age", None),
        ("POST", "columns/add", {"values": None}),
        ("PATCH", "", {"name": "Other"}),
        ("DELETE", "", None),
        ("POST", "sort/apply", {"fields": [{"key": 0}]}),
    ):
        refused = book.open(f"{table}/{path}".rstrip("/"), method=method, json=body)
        assert_error(refused, 403, "AccessDenied", DENIED)
    values = {"criteria": {"filterOn": "Values", "values": ["Ada"]}}
    posted(book, f"{table}/columns/Name/filter/apply", values)
