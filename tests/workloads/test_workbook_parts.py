"""What lies beside the cells of a workbook: comments with their replies, and pivot tables."""

from __future__ import annotations

import io
import zipfile

import openpyxl
import pytest
from openpyxl.pivot.cache import CacheDefinition, CacheField, CacheSource, WorksheetSource
from openpyxl.pivot.fields import Number, Text
from openpyxl.pivot.record import Record, RecordList
from openpyxl.pivot.table import Location, TableDefinition

from fakegraph.workloads.files.excel.threads import Said, Threads, write_threads
from tests.conftest import assert_error
from tests.graph.whole.conftest import listed
from tests.workloads.test_files import put

FILE = "me/drive/root:/p.xlsx"
BOOK = f"{FILE}:/workbook"
ONE, TWO, REPLY = (f"{{0000000{each}-0000-4000-8000-000000000000}}" for each in (1, 2, 3))
PERSON = "{0000000A-0000-4000-8000-000000000000}"
SAID = [
    Said({"ref": "A1", "dT": "2026-01-01T00:00:00.00", "personId": PERSON, "id": ONE}, "Why <4>?"),
    Said({"ref": "A1", "personId": PERSON, "id": REPLY, "parentId": ONE}, "So & so"),
    Said({"ref": "B2", "personId": PERSON, "id": TWO}, "Later"),
]
PERSONS = (
    b'<personList xmlns="http://schemas.microsoft.com/office/spreadsheetml/2018/threadedcomments">'
    b'<person displayName="Ada" id="%b" userId="ada" providerId="None"/></personList>'
) % PERSON.encode()


def sheet_of(rows):
    book = openpyxl.Workbook()
    book.active.title = "Data"
    for row in rows:
        book.active.append(row)
    return book


def saved(book):
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def parts(client):
    data = client.get(f"/v1.0/{FILE}:/content", follow_redirects=True).data
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        return {name: packed.read(name) for name in packed.namelist()}


@pytest.fixture
def talked(client):
    book = sheet_of([("a", 1)])
    data = saved(book)
    put(client, f"{FILE}:/content", write_threads(data, book, Threads({"Data": SAID}, PERSONS)))
    return client


def test_comments_and_their_replies_are_read(talked):
    comments = listed(talked, f"{BOOK}/comments")
    replies = listed(talked, f"{BOOK}/comments/{ONE}/replies")

    assert comments == [
        {"id": ONE, "content": "Why <4>?", "contentType": "Plain"},
        {"id": TWO, "content": "Later", "contentType": "Plain"},
    ]
    assert [each["content"] for each in replies] == ["So & so"]
    assert talked.get(f"/v1.0/{BOOK}/comments/{TWO}").json["content"] == "Later"
    one = talked.get(f"/v1.0/{BOOK}/comments/{ONE}/replies/{REPLY}").json
    assert one["@odata.context"].endswith("#microsoft.graph.workbookCommentReply")
    for path in (f"comments/{REPLY}", f"comments/{TWO}/replies/{REPLY}"):
        assert_error(talked.get(f"/v1.0/{BOOK}/{path}"), 404, "ItemNotFound")


def test_a_reply_is_in_the_file_and_what_was_said_stays(talked):
    body = {"content": "<yes>", "contentType": "plain"}
    made = talked.post(f"/v1.0/{BOOK}/comments/{ONE}/replies", json=body)
    path = f"/v1.0/{BOOK}/worksheets/Data"
    assert talked.patch(f"{path}/range(address='C1')", json={"values": 1}).status_code == 200
    assert talked.patch(path, json={"name": "Other"}).status_code == 200

    assert (made.status_code, made.json["content"]) == (201, "<yes>")
    found = [each["content"] for each in listed(talked, f"{BOOK}/comments/{ONE}/replies")]
    assert found == ["So & so", "<yes>"]
    there = parts(talked)
    assert there["xl/persons/person.xml"] == PERSONS
    assert there["xl/threadedComments/threadedComment1.xml"].count(b"personId=") == 4
    assert b"threadedcomments+xml" in there["[Content_Types].xml"]
    talked.post(f"/v1.0/{BOOK}/worksheets", json={"name": "New"})
    talked.delete(f"/v1.0/{BOOK}/worksheets/Other")
    assert listed(talked, f"{BOOK}/comments") == []


def test_what_no_reply_is(talked):
    for body in ({}, {"content": ""}, {"content": 5}, {"content": "a", "contentType": "html"}):
        answer = talked.post(f"/v1.0/{BOOK}/comments/{ONE}/replies", json=body)
        assert_error(answer, 400, "InvalidArgument")
    refused = talked.post(f"/v1.0/{BOOK}/comments", json={"content": "a"})
    assert_error(refused, 501, "NotImplemented")


@pytest.fixture
def turned(client):
    """A workbook with a pivot table of what its first sheet says."""
    book = sheet_of([("Tree", "Yield"), ("Apple", 4), ("Pear", 5)])
    records = [
        Record(_fields=[Text(v=name), Number(v=many)]) for name, many in (("Apple", 4), ("Pear", 5))
    ]
    source = WorksheetSource(ref="A1:B3", sheet="Data")
    cache = CacheDefinition(
        cacheSource=CacheSource(type="worksheet", worksheetSource=source),
        cacheFields=[CacheField(name="Tree"), CacheField(name="Yield")],
    )
    cache.records = RecordList(r=records)
    table = TableDefinition(
        name="Harvest",
        cacheId=1,
        dataCaption="Values",
        location=Location(ref="A1:B2", firstHeaderRow=1, firstDataRow=1, firstDataCol=1),
    )
    table.cache = cache
    book.create_sheet("Summary").add_pivot(table)
    put(client, f"{FILE}:/content", saved(book))
    return client


def test_pivot_tables_are_told(turned):
    path = f"{BOOK}/worksheets/Summary/pivotTables"
    (found,) = listed(turned, path)

    assert found["name"] == "Harvest"
    for key in ("harvest", found["id"]):
        assert turned.get(f"/v1.0/{path}/{key}").json["id"] == found["id"], key
    assert turned.get(f"/v1.0/{path}/Harvest/worksheet").json["name"] == "Summary"
    assert listed(turned, f"{BOOK}/worksheets/Data/pivotTables") == []
    assert_error(turned.get(f"/v1.0/{path}/Zork"), 404, "ItemNotFound")


def test_a_pivot_table_is_fresh_until_its_source_is_another(turned):
    path = f"/v1.0/{BOOK}/worksheets/Summary/pivotTables"
    for each in ("refreshAll", "Harvest/refresh"):
        assert turned.post(f"{path}/{each}").status_code == 204, each
    assert "xl/pivotTables/pivotTable1.xml" in parts(turned)

    turned.patch(f"/v1.0/{BOOK}/worksheets/Data/range(address='B2')", json={"values": 7})

    for each in ("refreshAll", "Harvest/refresh"):
        assert_error(turned.post(f"{path}/{each}"), 501, "NotImplemented", "its source is another")
    assert turned.post(f"/v1.0/{BOOK}/worksheets/Data/pivotTables/refreshAll").status_code == 204


PEOPLE = f"{BOOK}/worksheets/Data"


@pytest.fixture
def people(client):
    """A table of two rows."""
    put(client, f"{FILE}:/content", saved(sheet_of([("Name", "Age"), ("Ada", 36), ("Bob", 20)])))
    body = {"address": "Data!A1:B3", "hasHeaders": True}
    assert client.post(f"/v1.0/{BOOK}/tables/add", json=body).status_code == 201
    return client


def test_a_table_has_totals_as_the_page_of_tables_shows(people):
    """The body of https://learn.microsoft.com/graph/api/table-update."""
    body = {"name": "Folk", "showHeaders": True, "showTotals": True, "style": "TableStyleLight1"}
    changed = people.patch(f"/v1.0/{BOOK}/tables/Table1", json=body)
    table = f"/v1.0/{BOOK}/tables/Folk"

    assert changed.status_code == 200, changed.text
    assert {name: changed.json[name] for name in body} == body
    totals = people.get(f"{table}/totalRowRange").json
    assert totals["address"] == "Data!A4:B4"
    assert totals["formulas"] == [["Total", "=SUBTOTAL(109,Folk[Age])"]]
    people.post(f"{table}/rows/add", json={"values": [["Cy", 52]]})
    assert people.get(f"{table}/totalRowRange").json["address"] == "Data!A5:B5"
    assert people.get(f"{table}/dataBodyRange").json["address"] == "Data!A2:B4"
    assert people.patch(table, json={"name": "Crew"}).status_code == 200
    table = f"/v1.0/{BOOK}/tables/Crew"
    totals = people.get(f"{table}/totalRowRange").json
    assert totals["formulas"][0][1] == "=SUBTOTAL(109,Crew[Age])"
    assert people.patch(table, json={"showTotals": False}).json["showTotals"] is False
    assert_error(people.get(f"{table}/totalRowRange"), 404, "ItemNotFound")
    people.patch(f"/v1.0/{PEOPLE}/range(address='A5')", json={"values": "below"})
    refused = people.patch(table, json={"showTotals": True})
    assert_error(refused, 501, "NotImplemented", "those below it are used")


def test_a_button_to_filter_comes_and_goes(people):
    table = f"/v1.0/{BOOK}/tables/Table1"

    for shown in (False, True):
        changed = people.patch(table, json={"showFilterButton": shown})
        assert changed.json["showFilterButton"] is shown


def test_columns_and_rows_are_hidden_and_what_is_seen_is_told(people):
    whole = f"/v1.0/{PEOPLE}/range(address='A1:C3')"
    people.patch(f"/v1.0/{PEOPLE}/range(address='B:C')/format", json={"columnWidth": 96})
    hidden = people.patch(f"/v1.0/{PEOPLE}/range(address='B:B')", json={"columnHidden": True})
    assert (hidden.status_code, hidden.json["columnHidden"]) == (200, True)
    people.patch(f"/v1.0/{PEOPLE}/range(address='A2')", json={"rowHidden": True})

    found = people.get(whole).json
    view = people.get(f"{whole}/visibleView").json

    assert [found[name] for name in ("columnHidden", "rowHidden", "hidden")] == [None] * 3
    assert people.get(f"/v1.0/{PEOPLE}/range(address='B1')").json["hidden"] is True
    assert (view["rowCount"], view["columnCount"]) == (2, 2)
    assert view["values"] == [["Name", ""], ["Bob", ""]]
    assert view["cellAddresses"] == [["Data!A1", "Data!C1"], ["Data!A3", "Data!C3"]]
    rows = people.get(f"{whole}/visibleView/rows").json["value"]
    assert [(each["index"], each["values"]) for each in rows] == [
        (0, [["Name", ""]]),
        (1, [["Bob", ""]]),
    ]
    one = people.get(f"{whole}/visibleView/rows/itemAt(index=1)").json
    assert one["cellAddresses"] == [["Data!A3", "Data!C3"]]
    assert (
        people.patch(whole, json={"columnHidden": False, "rowHidden": False}).json["hidden"]
        is False
    )
    width = people.get(f"/v1.0/{PEOPLE}/range(address='B:C')/format").json["columnWidth"]
    assert width == 96
    assert_error(people.patch(whole, json={"rowHidden": "x"}), 400, "InvalidArgument")


def seen(client):
    rows = client.get(f"/v1.0/{PEOPLE}/range(address='A2:B6')/visibleView").json["values"]
    return [row[1] for row in rows]


@pytest.mark.parametrize(
    ("action", "body", "left", "told"),
    [
        (
            "apply",
            {
                "criteria": {
                    "filterOn": "custom",
                    "criterion1": ">15",
                    "operator": "and",
                    "criterion2": "<50",
                }
            },
            [36, 20],
            {"filterOn": "Custom", "criterion1": ">15", "criterion2": "<50", "operator": "And"},
        ),
        (
            "applyCustomFilter",
            {"criteria1": "<10", "criteria2": "=52", "oper": "Or"},
            [52, 5],
            {"filterOn": "Custom", "criterion1": "<10", "criterion2": "=52", "operator": "Or"},
        ),
        (
            "applyTopItemsFilter",
            {"count": 2},
            [36, 52],
            {"filterOn": "TopItems", "criterion1": "2"},
        ),
        (
            "applyBottomPercentFilter",
            {"percent": 50},
            [20, 5],
            {"filterOn": "BottomPercent", "criterion1": "50"},
        ),
        ("applyValuesFilter", {"values": ["20"]}, [20], {"filterOn": "Values", "values": ["20"]}),
    ],
)
def test_a_column_is_filtered(client, action, body, left, told):
    rows = [("Name", "Age"), ("Ada", 36), ("Bob", 20), ("Cy", 52), ("Dee", 5), ("Eve", "young")]
    put(client, f"{FILE}:/content", saved(sheet_of(rows)))
    client.post(f"/v1.0/{BOOK}/tables/add", json={"address": "Data!A1:B6", "hasHeaders": True})
    table = f"/v1.0/{BOOK}/tables/Table1"

    answer = client.post(f"{table}/columns/Age/filter/{action}", json=body)

    assert answer.status_code == 204, answer.text
    assert seen(client) == left
    assert client.get(f"{table}/columns/Age/filter").json["criteria"] == told
    client.patch(f"/v1.0/{PEOPLE}/range(address='B2:B6')", json={"values": [[1]] * 5})
    assert client.post(f"{table}/reapplyFilters").status_code == 204
    assert seen(client) != left
    assert client.post(f"{table}/clearFilters").status_code == 204
    assert len(seen(client)) == 5


def test_what_no_filter_and_no_style_is(people):
    table = f"/v1.0/{BOOK}/tables/Table1"
    path = f"{table}/columns/Age/filter"
    for action, body, status, code in (
        ("applyTopItemsFilter", {"count": 0}, 400, "InvalidArgument"),
        ("applyTopPercentFilter", {"percent": 101}, 400, "InvalidArgument"),
        (
            "applyCustomFilter",
            {"criteria1": ">1", "criteria2": "<2", "oper": "xor"},
            400,
            "InvalidArgument",
        ),
        ("apply", {}, 400, "InvalidArgument"),
        ("apply", {"criteria": {"filterOn": "Dynamic"}}, 501, "NotImplemented"),
        ("applyCellColorFilter", {"color": "#FF0000"}, 501, "NotImplemented"),
    ):
        assert_error(people.post(f"{path}/{action}", json=body), status, code)
    assert_error(people.patch(table, json={"style": "Zork"}), 400, "InvalidArgument")


def test_actions_are_posted_alone(people):
    """A DELETE of what clears a range cleared it, and a PATCH of what adds a sheet added one."""
    for method in ("GET", "PATCH", "DELETE"):
        for path in (f"{PEOPLE}/range(address='A1')/clear", f"{BOOK}/functions/pi"):
            answer = people.open(
                f"/v1.0/{path}", method=method, json=None if method == "GET" else {}
            )
            assert answer.status_code == 405, (method, path)
            assert answer.headers["Allow"] == "POST, OPTIONS"
    assert people.get(f"/v1.0/{PEOPLE}/range(address='A1')").json["values"] == [["Name"]]


def test_what_a_workbook_has_is_counted(people):
    counted = people.get(f"/v1.0/{BOOK}/tables/$count")
    called = people.get(f"/v1.0/{BOOK}/tables/Table1/columns/count()").json

    assert (counted.text, counted.content_type.partition(";")[0]) == ("1", "text/plain")
    assert called["value"] == 2
    assert called["@odata.context"].endswith("#Edm.Int32")
