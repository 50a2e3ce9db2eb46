"""Workbooks: what is asked of them is read from a real file, and written to it."""

from __future__ import annotations

import io
import re
import zipfile
from itertools import pairwise

import pytest

from tests.conftest import assert_error
from tests.graph.whole.conftest import listed, seed
from tests.workloads.test_files import put

openpyxl = pytest.importorskip("openpyxl")

FILE = "me/drive/root:/b.xlsx"
BOOK = f"{FILE}:/workbook"
SHEET = f"{BOOK}/worksheets/People"
TABLE = f"{BOOK}/tables/Table1"
ROWS = (("Name", "Age"), ("Ada", 36), ("Bob", 20), ("Cy", 52))
BAD_ARGUMENT = "The argument is invalid or missing or has an incorrect format."
MISSING = "The requested resource doesn't exist."
MERGED = "Some of these cells are merged: fakegraph changes them so once they are unmerged."
BARE = "application/json;odata.metadata=none"
TAKEN = "The resource name already exists. Please rename and try again."


def packed(**sheets):
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def rewritten(data, part, old, new):
    """A file with something else in one of its parts."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(target, "w") as made:
        for name in source.namelist():
            there = source.read(name)
            assert name != part or old in there
            made.writestr(name, there.replace(old, new) if name == part else there)
    return target.getvalue()


@pytest.fixture
def book(client):
    put(client, f"{FILE}:/content", packed(People=ROWS, Empty=()))
    return client


@pytest.fixture
def table(book):
    done(book, "POST", f"{BOOK}/tables/add", {"address": "People!A1:B4", "hasHeaders": True})
    return book


def done(client, method, path, body=None, status=None, **headers):
    answer = client.open(f"/v1.0/{path}", method=method, json=body, headers=headers)
    expected = {"POST": (200, 201, 204), "DELETE": (204,)}.get(method, (200,))
    assert answer.status_code in ((status,) if status else expected), answer.text
    return answer.json if answer.data else None


def refused(client, method, path, body, status, code, message, **headers):
    answer = client.open(f"/v1.0/{path}", method=method, json=body, headers=headers)
    assert_error(answer, status, code)
    assert answer.json["error"]["message"] == message, path
    return answer.json["error"]


def stored(client):
    """The file as it is now, as another program reads it."""
    where = client.get(f"/v1.0/{FILE}:/content").headers["Location"]
    return openpyxl.load_workbook(io.BytesIO(client.get(where).data))


def cells(client, path):
    return done(client, "GET", path)["values"]


# Sheets ------------------------------------------------------------------------------------------


def test_sheets_are_made_renamed_moved_hidden_and_deleted(book):
    first, second = listed(book, f"{BOOK}/worksheets")
    assert (first["name"], first["position"], first["visibility"]) == ("People", 0, "Visible")
    assert re.fullmatch(r"\{[0-9A-F-]{36}\}", first["id"])

    made = done(book, "POST", f"{BOOK}/worksheets/add", {"name": "New"}, 201)
    assert done(book, "POST", f"{BOOK}/worksheets/add", {})["name"] == "Sheet4"
    path = f"{BOOK}/worksheets/{made['id']}"
    changed = done(book, "PATCH", path, {"name": "Newer", "position": 0, "visibility": "Hidden"})
    assert changed == {**changed, "id": made["id"], "position": 0, "visibility": "Hidden"}
    people = done(book, "PATCH", SHEET, {"name": "Folk"})
    assert people["id"] == first["id"]  # as it was before it was renamed
    assert done(book, "GET", f"{BOOK}/worksheets/{first['id']}")["name"] == "Folk"
    done(book, "DELETE", f"{BOOK}/worksheets/{second['id']}")

    file = stored(book)
    assert file.sheetnames == ["Newer", "Folk", "Sheet4"]
    assert file["Newer"].sheet_state == "hidden"


def test_a_file_without_a_byte_is_a_new_workbook(client):
    put(client, f"{FILE}:/content", b"")
    (sheet,) = listed(client, f"{BOOK}/worksheets")
    assert (sheet["id"], sheet["name"]) == ("{00000000-0001-0000-0000-000000000000}", "Sheet1")
    done(client, "PATCH", f"{BOOK}/worksheets/{sheet['id']}/range(address='A1')", {"values": [[7]]})
    done(client, "PATCH", f"{BOOK}/worksheets/Sheet1", {"name": "Ours"})
    (renamed,) = listed(client, f"{BOOK}/worksheets")
    assert (renamed["id"], renamed["name"]) == (sheet["id"], "Ours")
    used = client.get(f"/v1.0/{BOOK}/worksheets/Ours/usedRange").json
    assert (used["address"], used["values"]) == ("Ours!A1", [[7]])


def test_what_is_no_sheet_or_no_name_of_one(book):
    refused(book, "GET", f"{BOOK}/worksheets/Zork", None, 404, "ItemNotFound", MISSING)
    refused(book, "GET", f"{BOOK}/tables/Zork", None, 404, "ItemNotFound", MISSING)
    refused(book, "GET", f"{BOOK}/names/Zork", None, 404, "ItemNotFound", MISSING)
    add = f"{BOOK}/worksheets/add"
    refused(book, "POST", add, {"name": "people"}, 409, "ItemAlreadyExists", TAKEN)
    for name in ("a/b", "a:b", "", "x" * 32, 7):
        refused(book, "POST", add, {"name": name}, 400, "InvalidArgument", BAD_ARGUMENT)
    for body in ({"visibility": []}, {"visibility": "x"}, {"position": 9}, {"position": "0"}):
        refused(book, "PATCH", SHEET, body, 400, "InvalidArgument", BAD_ARGUMENT)
    named = {"name": "ages", "reference": "People!A1", "comment": 1}
    refused(book, "POST", f"{BOOK}/names/add", named, 400, "InvalidArgument", BAD_ARGUMENT)
    done(book, "DELETE", f"{BOOK}/worksheets/Empty")
    last = "A workbook must contain at least one visible worksheet."
    refused(book, "DELETE", SHEET, None, 400, "InvalidOperation", last)
    refused(book, "PATCH", SHEET, {"visibility": "Hidden"}, 400, "InvalidOperation", last)


# Ranges ------------------------------------------------------------------------------------------


def test_a_range_says_all_of_its_cells(book):
    shown = done(book, "GET", f"{SHEET}/range(address='A1:B2')")

    expected = {
        "address": "People!A1:B2",
        "rowCount": 2,
        "columnCount": 2,
        "cellCount": 4,
        "rowIndex": 0,
        "columnIndex": 0,
        "values": [["Name", "Age"], ["Ada", 36]],
        "text": [["Name", "Age"], ["Ada", "36"]],
        "formulas": [["Name", "Age"], ["Ada", 36]],
        "numberFormat": [["General", "General"]] * 2,
        "valueTypes": [["String", "String"], ["String", "Double"]],
    }
    assert {name: shown[name] for name in expected} == expected


def test_ranges_are_found_in_each_way(book):
    for way, address in (
        ("usedRange", "People!A1:B4"),
        ("usedRange(valuesOnly=true)", "People!A1:B4"),
        ("cell(row=1,column=0)", "People!A2"),
        ("range(address='$B$2:$B$3')", "People!B2:B3"),
        ("range(address='Empty!A1')", "Empty!A1"),
        ("range(address='B2:C3')/cell(row=1,column=1)", "People!C3"),
        ("range(address='B2:C3')/row(row=1)", "People!B3:C3"),
        ("range(address='B2:C3')/column(column=0)", "People!B2:B3"),
        ("range(address='A:B')/usedRange(valuesOnly=true)", "People!A1:B4"),
        ("range/usedRange", "People!A1:B4"),
    ):
        assert done(book, "GET", f"{SHEET}/{way}")["address"] == address, way
    whole = done(book, "GET", f"{SHEET}/range")
    assert (whole["values"], whole["rowCount"]) == (None, 1_048_576)
    empty = done(book, "GET", f"{BOOK}/worksheets/Empty/usedRange")
    assert (empty["address"], empty["values"]) == ("Empty!A1", [[""]])


def test_values_are_put_as_if_they_were_typed(book):
    before = book.get(f"/v1.0/{FILE}").json
    values = [["Eve", None], ["7", "TRUE"], ["'8", 2.5], ["", "=B2*2"]]

    done(book, "PATCH", f"{SHEET}/range(address='A1:B4')", {"values": values})

    assert cells(book, f"{SHEET}/range(address='A1:B3')") == [["Eve", "Age"], [7, True], ["8", 2.5]]
    shown = done(book, "GET", f"{SHEET}/range(address='A4:B4')")
    assert (shown["formulas"], shown["valueTypes"]) == ([["", "=B2*2"]], [["Empty", "Unknown"]])
    sheet = stored(book)["People"]
    assert [[each.value for each in row] for row in sheet["A1:B4"]] == [
        ["Eve", "Age"],
        [7, True],
        ["8", 2.5],
        [None, "=B2*2"],
    ]
    after = book.get(f"/v1.0/{FILE}").json
    assert after["eTag"] != before["eTag"]
    assert [each["id"] for each in listed(book, f"{FILE}:/versions")] == ["2.0", "1.0"]
    assert after["size"] == listed(book, f"{FILE}:/versions")[0]["size"]


def test_formats_decide_how_numbers_look(book):
    path = f"{SHEET}/range(address='B2:B4')"
    forms = [["0.00"], ["0%"], ["#,##0.0"]]
    body = {"values": [[1.5], [0.25], [12345]], "numberFormat": forms}

    shown = done(book, "PATCH", path, body)

    assert shown["text"] == [["1.50"], ["25%"], ["12,345.0"]]
    assert shown["numberFormat"] == forms
    done(book, "PATCH", path, {"values": 0})  # one for all
    assert cells(book, path) == [[0], [0], [0]]


def test_numbers_are_as_exact_as_in_excel(book):
    path = f"{SHEET}/range(address='D1')"
    for sent, shown in (
        ("5" + "0" * 23, 5e23),
        (10**30, 1e30),
        ("1" * 400, "1" * 400),  # more than there is: somebody has typed a text
        ("1" * 5000, "1" * 5000),
        ("1e999", "1e999"),
        ("900719925474099", 900719925474099),
    ):
        assert done(book, "PATCH", path, {"values": [[sent]]})["values"] == [[shown]], sent
        assert cells(book, path) == [[shown]], sent
    beyond = {"values": [[10**400]]}
    refused(book, "PATCH", path, beyond, 400, "InvalidArgument", BAD_ARGUMENT)


def test_a_file_has_numbers_that_are_larger(client):
    file = {"People": (("Name", 36), ("Ada", 36))}
    for written, status, shown in (
        (b"12345678901234567890123", 200, 1.2345678901234568e22),
        (b"1" * 400, 400, None),
        (b"1e999", 400, None),
    ):
        data = rewritten(
            packed(**file), "xl/worksheets/sheet1.xml", b"<v>36</v>", b"<v>%b</v>" % written
        )
        put(client, f"{FILE}:/content", data)
        answer = client.get(f"/v1.0/{SHEET}/range(address='B1')")
        assert answer.status_code == status, written
        if shown is None:
            assert_error(answer, 400, "GenericFileOpenError")
        else:
            assert answer.json["values"] == [[shown]]


def worked_out(rows):
    """A file with formulas in place of ages, and what Excel has worked out of them."""
    data = packed(People=rows)
    for value in {row[1] for row in rows[1:]}:
        there, formula = b"<v>%d</v>" % value, b"<f>0+%d</f><v>%d</v>" % (value, value)
        data = rewritten(data, "xl/worksheets/sheet1.xml", there, formula)
    return data


def test_a_formula_has_the_value_that_excel_worked_out_until_something_is_written(client):
    put(client, f"{FILE}:/content", worked_out(ROWS))
    path = f"{SHEET}/range(address='A2:B3')"
    assert cells(client, path) == [["Ada", 36], ["Bob", 20]]

    shown = done(client, "PATCH", path, {"values": [["Eve", None], [None, None]]})

    assert shown["formulas"] == [["Eve", "=0+36"], ["Bob", "=0+20"]]
    assert shown["values"] == cells(client, path) == [["Eve", ""], ["Bob", ""]]


def test_a_file_is_opened_once_for_all_of_its_formulas(client, monkeypatch):
    put(client, f"{FILE}:/content", worked_out((*ROWS, *ROWS[1:])))
    done(client, "POST", f"{BOOK}/tables/add", {"address": "People!A1:B7", "hasHeaders": True})
    opened, load = [], openpyxl.load_workbook
    monkeypatch.setattr(
        openpyxl, "load_workbook", lambda *a, **k: opened.append(k) or load(*a, **k)
    )

    assert len(listed(client, f"{TABLE}/rows")) == 6

    assert len(opened) == 2  # with the formulas, and with their values


def test_a_table_is_changed_though_a_body_says_what_stays(table):
    whole = {"name": "Crew", "showHeaders": True, "showTotals": False, "style": "TableStyleLight1"}
    changed = table.patch(f"/v1.0/{TABLE}", json=whole)
    assert changed.status_code == 200
    assert {name: changed.json[name] for name in whole} == whole
    crew = f"/v1.0/{BOOK}/tables/Crew"
    assert_error(table.patch(crew, json={"showHeaders": False}), 501, "NotImplemented")
    assert_error(table.patch(crew, json={"showTotals": 1}), 400, "InvalidArgument")


@pytest.mark.parametrize(
    ("function", "address"),
    [
        ("lastRow", "B3:C3"),
        ("lastColumn", "C2:C3"),
        ("lastCell", "C3"),
        ("entireRow", "2:3"),
        ("entireColumn", "B:C"),
        ("offsetRange(rowOffset=1,columnOffset=-1)", "A3:B4"),
        ("resizedRange(deltaRows=2,deltaColumns=-1)", "B2:B5"),
        ("rowsAbove", "B1:C1"),
        ("rowsAbove(count=-1)", "B2:C2"),
        ("rowsBelow(count=2)", "B4:C5"),
        ("rowsBelow(count=-2)", "B2:C3"),
        ("columnsBefore(count=1)", "A2:A3"),
        ("columnsAfter(count=3)", "D2:F3"),
        ("columnsAfter(count=-1)", "C2:C3"),
        ("boundingRect(anotherRange='D5')", "B2:D5"),
        ("intersection(anotherRange='People!A1:B2')", "B2"),
        ("offsetRange(rowOffset=1,columnOffset=0)/lastRow", "B4:C4"),
    ],
)
def test_ranges_lead_to_others(book, function, address):
    found = book.get(f"/v1.0/{SHEET}/range(address='B2:C3')/{function}").json
    assert found["address"] == f"People!{address}"


@pytest.mark.parametrize(
    ("function", "status", "code"),
    [
        ("offsetRange(rowOffset=-2,columnOffset=0)", 400, "InvalidArgument"),
        ("resizedRange(deltaRows=-2,deltaColumns=0)", 400, "InvalidArgument"),
        ("rowsAbove(count=2)", 400, "InvalidArgument"),
        ("rowsBelow(count=0)", 400, "InvalidArgument"),
        ("columnsAfter(count=-3)", 400, "InvalidArgument"),
        ("boundingRect(anotherRange='Empty!A1')", 400, "InvalidArgument"),
        ("intersection(anotherRange='D4')", 404, "ItemNotFound"),
    ],
)
def test_where_no_range_is(book, function, status, code):
    path = f"/v1.0/{SHEET}/range(address='B2:C3')/{function}"
    assert_error(book.get(path), status, code, BAD_ARGUMENT if status == 400 else MISSING)


def test_cells_are_merged_and_taken_apart(book):
    cells = f"/v1.0/{SHEET}/range(address='A2:B3')"
    assert book.post(f"{cells}/merge", json={"across": True}).status_code == 204
    assert sorted(map(str, stored(book)["People"].merged_cells.ranges)) == ["A2:B2", "A3:B3"]
    assert book.get(cells).json["values"] == [["Ada", ""], ["Bob", ""]]
    again = book.post(f"{cells}/merge", json={})
    assert_error(again, 501, "NotImplemented", MERGED)
    assert book.post(f"{cells}/unmerge").status_code == 204
    assert not stored(book)["People"].merged_cells.ranges
    assert book.patch(cells, json={"values": [[1, 2], [3, 4]]}).status_code == 200


def test_merged_cells_are_read_and_written_as_the_one_that_is_seen(book):
    file = openpyxl.load_workbook(io.BytesIO(packed(People=ROWS)))
    file["People"].merge_cells("A2:B3")
    target = io.BytesIO()
    file.save(target)
    put(book, f"{FILE}:/content", target.getvalue())
    whole = f"{SHEET}/range(address='A1:B4')"
    rows = [["Name", "Age"], ["Ada", ""], ["", ""], ["Cy", 52]]
    assert cells(book, whole) == rows

    rows[1][0] = "Eve"
    assert done(book, "PATCH", whole, {"values": rows})["values"] == rows  # as it was read
    done(book, "POST", f"{whole}/clear", {"applyTo": "Contents"}, 204)
    assert cells(book, whole) == [["", ""]] * 4
    for path, body in (
        ("clear", {}),
        ("clear", {"applyTo": "Formats"}),
        ("delete", {"shift": "Up"}),
        ("sort/apply", {"fields": [{"key": 0}]}),
    ):
        refused(book, "POST", f"{whole}/{path}", body, 501, "NotImplemented", MERGED)
    line = f"{SHEET}/range(address='A1:B1')"
    refused(book, "POST", f"{line}/insert", {"shift": "Down"}, 501, "NotImplemented", MERGED)
    hidden = f"{SHEET}/range(address='B2')"
    refused(book, "PATCH", hidden, {"values": [[1]]}, 501, "NotImplemented", MERGED)
    table = {"address": "People!A3:B4", "hasHeaders": True}
    refused(book, "POST", f"{BOOK}/tables/add", table, 501, "NotImplemented", MERGED)
    assert stored(book)["People"].merged_cells.ranges


def test_cells_are_cleared_deleted_and_moved(book):
    done(book, "POST", f"{SHEET}/range(address='A2:B2')/insert", {"shift": "Down"}, 200)
    rows = [list(row) for row in ROWS]
    assert cells(book, f"{SHEET}/usedRange") == [rows[0], ["", ""], *rows[1:]]
    done(book, "POST", f"{SHEET}/range(address='A2:B3')/delete", {"shift": "Up"}, 204)
    assert cells(book, f"{SHEET}/usedRange") == [rows[0], *rows[2:]]
    done(book, "POST", f"{SHEET}/range(address='A1:A3')/delete", {"shift": "Left"}, 204)
    assert cells(book, f"{SHEET}/usedRange") == [["Age"], [20], [52]]
    done(book, "POST", f"{SHEET}/range(address='A1')/insert", {"shift": "Right"}, 200)
    assert cells(book, f"{SHEET}/range(address='A1:B1')") == [["", "Age"]]
    done(book, "POST", f"{SHEET}/range(address='A2:A3')/clear", {"applyTo": "Contents"}, 204)
    assert cells(book, f"{SHEET}/usedRange(valuesOnly=true)") == [["Age"]]


def test_what_is_no_range_or_no_value(book):
    for address in ("", "A", "A0", "zork", "A1:", "1:A", "XFE1", "A1048577", "A1:B2:C3", "A1,B2"):
        path = f"{SHEET}/range(address='{address}')"
        refused(book, "GET", path, None, 400, "InvalidArgument", BAD_ARGUMENT)
    missing = f"{SHEET}/range(address='Zork!A1')"
    refused(book, "GET", missing, None, 404, "ItemNotFound", MISSING)
    path = f"{SHEET}/range(address='A2:B2')"
    for values in ([["Eve"]], [["Eve", 1], ["Bob", 2]], [], ["Eve", 1], [[{}, 1]], [["a\x00", 1]]):
        refused(book, "PATCH", path, {"values": values}, 400, "InvalidArgument", BAD_ARGUMENT)
    refused(book, "POST", f"{path}/insert", {"shift": "Up"}, 400, "InvalidArgument", BAD_ARGUMENT)
    all_ = {"values": 1}
    refused(book, "PATCH", f"{SHEET}/range", all_, 400, "InvalidArgument", BAD_ARGUMENT)
    assert cells(book, f"{SHEET}/usedRange") == [list(row) for row in ROWS]


@pytest.mark.parametrize(
    ("said", "value"),
    [
        ("values", "'\x00"),
        ("values", "'" + "a" * 40_000),
        ("formulas", "'\x01"),
        ("numberFormat", "0." + "0" * 254),
    ],
)
def test_what_no_cell_can_have(book, said, value):
    body = {said: [[value]]}
    target = f"{SHEET}/range(address='A2')"
    refused(book, "PATCH", target, body, 400, "InvalidArgument", BAD_ARGUMENT)


# Tables ------------------------------------------------------------------------------------------


def test_a_table_is_made_and_says_what_it_is(table):
    (shown,) = listed(table, f"{BOOK}/tables")

    assert (shown["id"], shown["name"], shown["showHeaders"]) == ("1", "Table1", True)
    assert listed(table, f"{SHEET}/tables") == [shown]
    assert listed(table, f"{BOOK}/worksheets/Empty/tables") == []
    assert done(table, "GET", f"{BOOK}/tables/1") == {**done(table, "GET", TABLE)}
    assert [each["name"] for each in listed(table, f"{TABLE}/columns")] == ["Name", "Age"]
    for part, address in (
        ("range", "People!A1:B4"),
        ("headerRowRange", "People!A1:B1"),
        ("dataBodyRange", "People!A2:B4"),
        ("columns/Age/dataBodyRange", "People!B2:B4"),
        ("columns/1/range", "People!A1:A4"),
    ):
        assert done(table, "GET", f"{TABLE}/{part}")["address"] == address, part
    refused(table, "GET", f"{TABLE}/totalRowRange", None, 404, "ItemNotFound", MISSING)
    assert stored(table)["People"].tables["Table1"].ref == "A1:B4"


def test_rows_are_added_read_changed_and_deleted(table):
    assert [each["values"] for each in listed(table, f"{TABLE}/rows?$top=2&$skip=1")] == [
        [["Bob", 20]],
        [["Cy", 52]],
    ]
    added = done(table, "POST", f"{TABLE}/rows/add", {"values": [["Di", 1], ["Ed", 2]]}, 201)
    assert (added["index"], added["values"]) == (3, [["Di", 1]])
    first = done(table, "POST", f"{TABLE}/rows", {"index": 0, "values": [["Al", 9]]}, 201)
    assert first["index"] == 0
    row = f"{TABLE}/rows/itemAt(index=1)"
    assert done(table, "PATCH", row, {"values": [[None, 37]]})["values"] == [["Ada", 37]]
    done(table, "DELETE", f"{TABLE}/rows/itemAt(index=2)")

    there = [each["values"][0] for each in listed(table, f"{TABLE}/rows")]
    assert there == [["Al", 9], ["Ada", 37], ["Cy", 52], ["Di", 1], ["Ed", 2]]
    file = stored(table)["People"]
    assert file.tables["Table1"].ref == file.tables["Table1"].autoFilter.ref == "A1:B6"
    assert [each.value for each in file["A"]] == ["Name", "Al", "Ada", "Cy", "Di", "Ed"]


def test_what_is_no_row(table):
    for values in ([["x"]], [["x", 1, 2]], [], None):
        body = {"values": values}
        refused(table, "POST", f"{TABLE}/rows/add", body, 400, "InvalidArgument", BAD_ARGUMENT)
    body = {"index": 9, "values": [["x", 1]]}
    refused(table, "POST", f"{TABLE}/rows/add", body, 400, "InvalidArgument", BAD_ARGUMENT)
    refused(table, "GET", f"{TABLE}/rows/itemAt(index=9)", None, 404, "ItemNotFound", MISSING)
    assert_error(table.get(f"/v1.0/{TABLE}/rows/0"), 400, "ApiNotFound", "rows/itemAt(index=0)")


def test_columns_are_added_renamed_and_deleted(table):
    values = [["Town"], ["Rome"], ["Bonn"], ["Oslo"]]
    made = done(table, "POST", f"{TABLE}/columns/add", {"index": 1, "values": values}, 201)

    assert (made["name"], made["index"], made["values"]) == ("Town", 1, values)
    done(table, "PATCH", f"{TABLE}/columns/Town", {"name": "City"})
    assert [each["name"] for each in listed(table, f"{TABLE}/columns")] == ["Name", "City", "Age"]
    done(table, "DELETE", f"{TABLE}/columns/Name")
    for name in ("\x01", "", 7):
        bad = {"name": name}
        path = f"{TABLE}/columns/Age"
        refused(table, "PATCH", path, bad, 400, "InvalidArgument", BAD_ARGUMENT)
    assert cells(table, f"{TABLE}/range")[:2] == [["City", "Age"], ["Rome", 36]]
    assert [each.name for each in stored(table)["People"].tables["Table1"].tableColumns] == [
        "City",
        "Age",
    ]


def test_a_table_is_sorted_and_filtered(table):
    done(table, "POST", f"{TABLE}/sort/apply", {"fields": [{"key": 1, "ascending": False}]}, 204)
    assert cells(table, f"{TABLE}/dataBodyRange") == [["Cy", 52], ["Ada", 36], ["Bob", 20]]
    order = done(table, "GET", f"{TABLE}/sort")
    by = {"ascending": False, "key": 1, "sortOn": "Value", "dataOption": "Normal"}
    assert (order["fields"], order["matchCase"]) == ([by], False)
    (condition,) = stored(table)["People"].tables["Table1"].sortState.sortCondition
    assert (condition.ref, condition.descending) == ("B2:B4", True)
    done(table, "PATCH", f"{SHEET}/range(address='B4')", {"values": [[99]]})
    done(table, "POST", f"{TABLE}/sort/reapply", None, 204)
    assert cells(table, f"{TABLE}/dataBodyRange") == [["Bob", 99], ["Cy", 52], ["Ada", 36]]
    done(table, "POST", f"{TABLE}/sort/clear", None, 204)
    assert done(table, "GET", f"{TABLE}/sort")["fields"] == []
    colors = {"fields": [{"key": 0, "sortOn": "CellColor", "color": "#FF0000"}]}
    by_color = table.post(f"/v1.0/{TABLE}/sort/apply", json=colors)
    assert_error(by_color, 501, "NotImplemented", "'sortOn'")
    criteria = {"criteria": {"filterOn": "Values", "values": ["36"]}}
    done(table, "POST", f"{TABLE}/columns/Age/filter/apply", criteria, 204)

    sheet = stored(table)["People"]
    assert [sheet.row_dimensions[at].hidden for at in (2, 3, 4)] == [True, True, False]
    assert done(table, "GET", f"{TABLE}/columns/Age/filter")["criteria"]["values"] == ["36"]
    done(table, "POST", f"{TABLE}/columns/Age/filter/clear", None, 204)
    sheet = stored(table)["People"]
    assert not any(sheet.row_dimensions[at].hidden for at in (2, 3, 4))
    bad = {"fields": [{"key": 7}]}
    refused(table, "POST", f"{TABLE}/sort/apply", bad, 400, "InvalidArgument", BAD_ARGUMENT)


def test_a_table_is_renamed_and_goes(table):
    assert done(table, "PATCH", TABLE, {"name": "Folk", "showBandedRows": False})["name"] == "Folk"
    without = {"address": "Empty!A1:B2", "hasHeaders": False}
    other = done(table, "POST", f"{BOOK}/tables/add", without, 201)
    assert other["name"] == "Table1"
    assert cells(table, f"{BOOK}/tables/Table1/headerRowRange") == [["Column1", "Column2"]]
    over = {"address": "People!B2:C3", "hasHeaders": True}
    refused(table, "POST", f"{BOOK}/tables/add", over, 400, "InvalidArgument", BAD_ARGUMENT)
    style = {"style": {}}
    refused(table, "PATCH", TABLE, style, 400, "InvalidArgument", BAD_ARGUMENT)
    same = {"name": "folk"}
    refused(table, "PATCH", TABLE, same, 409, "ItemAlreadyExists", TAKEN)
    done(table, "POST", f"{TABLE}/convertToRange", None, 200)
    done(table, "DELETE", f"{BOOK}/tables/Folk")
    assert listed(table, f"{BOOK}/tables") == []
    assert cells(table, f"{SHEET}/usedRange(valuesOnly=true)") == [[""]]


@pytest.mark.parametrize("name", ["A1", "xfd12", "R", "two words", "", "1st", None])
def test_what_is_no_name_of_a_table_or_a_range(table, name):
    wrong = (400, "InvalidArgument", BAD_ARGUMENT)
    refused(table, "PATCH", TABLE, {"name": name}, *wrong)
    named = {"name": name, "reference": "=People!$A$1"}
    refused(table, "POST", f"{BOOK}/names/add", named, *wrong)


def test_names_mean_ranges(book):
    body = {"name": "ages", "reference": "=People!B2:B4", "comment": "years"}
    made = done(book, "POST", f"{BOOK}/names/add", body, 201)

    assert (made["name"], made["value"]) == ("ages", "=People!$B$2:$B$4")
    assert cells(book, f"{BOOK}/names/Ages/range") == [[36], [20], [52]]
    assert [each["comment"] for each in listed(book, f"{BOOK}/names")] == ["years"]
    assert done(book, "PATCH", f"{BOOK}/names/ages", {"comment": "x"})["comment"] == "x"
    refused(book, "POST", f"{BOOK}/names/add", body, 409, "ItemAlreadyExists", TAKEN)
    done(book, "DELETE", f"{BOOK}/names/ages")
    assert listed(book, f"{BOOK}/names") == []


# Sessions, and what is not built -----------------------------------------------------------------

ID = "workbook-session-id"


def test_a_session_keeps_changes_to_itself_or_not(book):
    path = f"{SHEET}/range(address='A1')"
    for persists, seen in ((False, "Name"), (True, "mine")):
        said = {"persistChanges": persists}
        session = done(book, "POST", f"{BOOK}/createSession", said, 201)
        assert session["persistChanges"] is persists
        header = {ID: session["id"]}
        done(book, "PATCH", path, {"values": "mine"}, **header)
        assert done(book, "GET", path, **header)["values"] == [["mine"]]
        assert cells(book, path) == [[seen]]
        done(book, "POST", f"{BOOK}/refreshSession", {}, 204, **header)
        done(book, "POST", f"{BOOK}/closeSession", {}, 204, **header)
        over = book.get(f"/v1.0/{path}", headers=header)
        assert_error(over, 404, "itemNotFound")
        assert over.json["error"]["innerError"]["code"] == "invalidSessionNotFound"


def test_a_workbook_without_formulas_is_worked_out_as_it_is(book):
    said = {"calculationType": "Full"}
    assert done(book, "GET", f"{BOOK}/application")["calculationMode"] == "Automatic"
    done(book, "POST", f"{BOOK}/application/calculate", said, 204)
    wrong = book.post(f"/v1.0/{BOOK}/application/calculate", json={"calculationType": "x"})
    assert_error(wrong, 400, "InvalidArgument", BAD_ARGUMENT)

    done(book, "PATCH", f"{SHEET}/range(address='C1')", {"values": [["=1+1"]]})

    answer = book.post(f"/v1.0/{BOOK}/application/calculate", json=said)
    assert_error(answer, 501, "NotImplemented", "formulas")


def test_a_session_can_be_made_after_the_answer(book):
    said = {"persistChanges": False}
    begun = book.post(f"/v1.0/{BOOK}/createSession", json=said, headers={"Prefer": "respond-async"})
    assert (begun.status_code, begun.data) == (202, b"")
    operation = book.get(begun.headers["Location"]).json
    assert operation["status"] == "succeeded"
    assert begun.headers["Location"].endswith(f"/workbook/operations/{operation['id']}")

    session = book.get(operation["resourceLocation"]).json

    assert session["persistChanges"] is False
    path, header = f"{SHEET}/range(address='A1')", {ID: session["id"]}
    done(book, "PATCH", path, {"values": "mine"}, **header)
    assert done(book, "GET", path, **header)["values"] == [["mine"]]
    assert cells(book, path) == [["Name"]]
    for other in ("operations/x", "sessionInfoResource(key='x')"):
        assert_error(book.get(f"/v1.0/{BOOK}/{other}"), 404, "itemNotFound")


def test_a_session_ends_by_the_tenants_clock(book):
    header = {ID: done(book, "POST", f"{BOOK}/createSession", {})["id"]}
    book.put("/_fakegraph/clock", json={"advance": "PT4M"})
    done(book, "GET", f"{BOOK}/worksheets", **header)  # which lets it last on
    book.put("/_fakegraph/clock", json={"advance": "PT4M"})
    done(book, "GET", f"{BOOK}/worksheets", **header)
    book.put("/_fakegraph/clock", json={"advance": "PT6M"})
    for method in ("GET", "PATCH"):
        path = f"/v1.0/{SHEET}/range(address='A1')"
        answer = book.open(path, method=method, headers=header, json={"values": 1})
        assert_error(answer, 404, "itemNotFound")
        assert answer.json["error"]["innerError"]["code"] == "invalidSessionReCreatable"
    assert cells(book, f"{SHEET}/range(address='A1')") == [["Name"]]


def test_what_is_not_built_is_refused_by_name(book):
    for method, path in (
        ("POST", f"{BOOK}/functions/besselI"),
        ("POST", f"{SHEET}/charts"),
    ):
        answer = book.open(f"/v1.0/{path}", method=method, json={} if method == "POST" else None)
        assert answer.status_code == 501, (path, answer.text)
        assert answer.json["error"]["code"] == "NotImplemented"


def test_what_is_selected_is_there(table):
    assert listed(table, f"{BOOK}/worksheets?$select=Name,position&$skip=1&$top=1") == [
        {"name": "Empty", "position": 1}
    ]
    counted = done(table, "GET", f"{BOOK}/worksheets?$count=true&$top=1", Accept=BARE)
    assert (counted["@odata.count"], "@odata.context" in counted) == (2, False)
    cell = f"{SHEET}/range(address='A1')"
    for method, path, body in (
        ("GET", f"{BOOK}/worksheets", None),
        ("GET", cell, None),
        ("PATCH", cell, {"values": 7}),
        ("POST", f"{BOOK}/createSession", {}),
    ):
        wrong = table.open(f"/v1.0/{path}?$select=zork", method=method, json=body)
        assert_error(wrong, 400, "BadRequest", "Could not find a property named 'zork'")
    wrong = table.patch(f"/v1.0/{cell}?$top=zork", json={"values": 7})
    assert_error(wrong, 400, "InvalidArgument")
    assert cells(table, cell) == [["Name"]]  # what was refused has changed nothing


@pytest.mark.parametrize("data", [b"hello", b"PK\x03\x04"])
def test_what_is_no_workbook_is_not_opened(client, data):
    put(client, f"{FILE}:/content", data)

    answer = client.get(f"/v1.0/{BOOK}/worksheets")

    assert_error(answer, 400, "GenericFileOpenError")


def test_a_damaged_workbook_is_not_opened(client):
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as packed_:
        packed_.writestr("[Content_Types].xml", "<Types/>")
    put(client, f"{FILE}:/content", target.getvalue())

    assert_error(client.get(f"/v1.0/{BOOK}/worksheets"), 400, "GenericFileOpenError")


BOMBS = {
    "merged": b'<mergeCells><mergeCell ref="A1:XFD1048576"/></mergeCells>',
    "merged in parts": b"<mergeCells>%b</mergeCells>" % (b'<mergeCell ref="A1:A200000"/>' * 9),
    "linked": b'<hyperlinks><hyperlink ref="A1:XFD1048576" location="A1"/></hyperlinks>',
    "linked in columns": b'<hyperlinks><hyperlink ref="A:XFD" location="A1"/></hyperlinks>',
    "hidden": b'<mergeCells><mergeCell ref="&#65;1:XFD1048576"/></mergeCells>',
}


@pytest.mark.parametrize("more", BOMBS.values(), ids=BOMBS)
def test_a_workbook_with_more_cells_than_there_is_room_for_is_not_opened(client, more):
    end = b"</sheetData>"
    data = rewritten(packed(People=ROWS), "xl/worksheets/sheet1.xml", end, end + more)
    put(client, f"{FILE}:/content", data)

    assert_error(client.get(f"/v1.0/{BOOK}/worksheets"), 400, "GenericFileOpenError")


@pytest.mark.parametrize(
    ("many", "status"), [(b"<row><c/></row>", 200), (b"<row>%b</row>" % (b"<c/>" * 600_000), 400)]
)
def test_a_file_with_more_cells_than_there_is_room_for_is_not_opened(client, many, status):
    end = b"</sheetData>"
    data = rewritten(packed(People=ROWS), "xl/worksheets/sheet1.xml", end, many + end)
    put(client, f"{FILE}:/content", data)

    assert client.get(f"/v1.0/{BOOK}/worksheets").status_code == status


def test_sheets_do_not_share_a_part(client):
    data = packed(People=ROWS, Empty=[])
    for written in (b"/xl/worksheets/sheet1.xml", b"worksheets/../worksheets/sheet1.xml"):
        shared = rewritten(
            data, "xl/_rels/workbook.xml.rels", b"/xl/worksheets/sheet2.xml", written
        )
        put(client, f"{FILE}:/content", shared)
        assert_error(client.get(f"/v1.0/{BOOK}/worksheets"), 400, "GenericFileOpenError")
    put(client, f"{FILE}:/content", data)
    assert len(listed(client, f"{BOOK}/worksheets")) == 2


def test_entities_that_grow_without_bounds_are_not_opened(client):
    names = "abcdefghijkl"
    grown = (f'<!ENTITY {own} "{f"&{less};" * 10}">' for less, own in pairwise(names))
    doctype = f'<!DOCTYPE worksheet [<!ENTITY a "1">{"".join(grown)}]><worksheet'.encode()
    part = "xl/worksheets/sheet1.xml"
    data = rewritten(packed(People=ROWS), part, b"<worksheet", doctype)
    put(client, f"{FILE}:/content", rewritten(data, part, b"<v>36</v>", b"<v>&l;</v>"))

    assert_error(client.get(f"/v1.0/{BOOK}/worksheets"), 400, "GenericFileOpenError")


def test_workbooks_want_openpyxl(book, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "openpyxl", None)

    answer = book.get(f"/v1.0/{BOOK}/worksheets")

    assert_error(answer, 501, "NotImplemented", "pip install openpyxl")


def test_what_is_checked_out_is_changed_by_nobody_else(make_client):
    client = make_client(auth="strict")
    seed(client, {"users/ada@contoso.com/drive": {}})

    def head(**token):
        made = client.post("/_fakegraph/tokens", json=token).json["access_token"]
        return {"Authorization": f"Bearer {made}"}

    ada = head(user="ada@contoso.com", scp="Files.ReadWrite Files.ReadWrite.All")
    app, reader = head(roles=["Files.ReadWrite.All"]), head(roles=["User.Read.All"])
    item = put(client, f"{FILE}:/content", packed(People=ROWS), headers=ada)
    drive = f"drives/{item['parentReference']['driveId']}/items/{item['id']}"
    cell = f"{drive}/workbook/worksheets/People/range(address='A1')"
    assert client.post(f"/v1.0/{drive}/checkout", headers=app).status_code == 204

    locked = client.patch(f"/v1.0/{cell}", json={"values": 1}, headers=ada)
    assert_error(locked, 423, "notAllowed", "The resource you are attempting to access is locked")
    assert client.post(f"/v1.0/{drive}/checkin", json={}, headers=app).status_code == 204
    assert done(client, "PATCH", cell, {"values": 1}, **ada)["values"] == [[1]]
    for method in ("GET", "PATCH"):
        answer = client.open(f"/v1.0/{cell}", method=method, json={"values": 2}, headers=reader)
        assert_error(answer, 403, "accessDenied")


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("worksheets/add", {"name": "New", "colour": "red"}),
        ("worksheets", {"name": "New", "colour": "red"}),
        ("tables/Table1/rows/add", {"values": [["Cy", 7]], "at": 0}),
        ("createSession", {"persistChanges": True, "minutes": 5}),
    ],
)
def test_what_no_action_takes_is_refused(table, path, body):
    before = table.get(f"/v1.0/{FILE}").json["eTag"]

    answer = table.post(f"/v1.0/{BOOK}/{path}", json=body)

    assert_error(answer, 400, "invalidRequest", "is not a valid parameter for the operation")
    assert table.get(f"/v1.0/{FILE}").json["eTag"] == before
