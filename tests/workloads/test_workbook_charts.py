"""Charts of a sheet, in a real file."""

from __future__ import annotations

import base64
import io
import zipfile
from xml.etree import ElementTree

import pytest
from PIL import Image

from tests.conftest import assert_error
from tests.graph.whole.conftest import listed
from tests.workloads.test_workbook_formats import DENIED, SHEET, book, kept, patched, posted

__all__ = ["book"]
CHARTS = f"{SHEET}/charts"
FILE = "/v1.0/me/drive/root:/b.xlsx"
BLUE = (68, 114, 196)
KINDS = ("ColumnClustered", "BarStacked100", "Line", "AreaStacked", "Pie", "Doughnut", "Radar")
SAME = ("BarStacked100",)  # one series is all of each


def add(client, kind="ColumnClustered", source="A1:B4", **more):
    body = {"type": kind, "sourceData": source, **more}
    return posted(client, f"{CHARTS}/add", body, 201).json


def shown(client):
    (chart,) = kept(client)._charts
    return [(each.tx.strRef.f if each.tx else None, each.val.numRef.f) for each in chart.series]


def test_a_chart_is_in_the_file_and_says_where_it_is(book):
    made = add(book)

    assert made["@odata.context"].endswith("$metadata#microsoft.graph.workbookChart")
    assert {name: made[name] for name in ("name", "left", "top", "width", "height")} == {
        "name": "Chart 1",
        "left": 144.0,
        "top": 15.0,
        "width": 360.0,
        "height": 216.0,
    }
    (chart,) = kept(book)._charts
    assert (chart.type, chart.grouping) == ("col", "clustered")
    assert shown(book) == [("'People'!B1", "'People'!$B$2:$B$4")]
    assert chart.series[0].cat.strRef.f == "'People'!$A$2:$A$4"
    for path in (made["id"], "Chart 1", "itemAt(index=0)"):
        assert book.get(f"{CHARTS}/{path}").json["id"] == made["id"]
    assert [
        each["name"] for each in listed(book, f"{CHARTS}/Chart 1/series".removeprefix("/v1.0/"))
    ] == ["Age"]
    add(book, "Pie")
    assert len(listed(book, CHARTS.removeprefix("/v1.0/"))) == 2
    assert book.delete(f"{CHARTS}/Chart 1").status_code == 204
    assert [type(each).__name__ for each in kept(book)._charts] == ["PieChart"]
    assert_error(book.get(f"{CHARTS}/Chart 1"), 404, "ItemNotFound")
    assert book.get(f"{CHARTS}/Chart 2").json["name"] == add(book)["name"].replace("3", "2")


@pytest.mark.parametrize(
    ("source", "by", "series"),
    [
        ("A1:B4", "Auto", [("'People'!B1", "'People'!$B$2:$B$4")]),
        ("B2:B4", "Columns", [(None, "'People'!$B$2:$B$4")]),
        ("A1:B3", "Rows", [("'People'!A2", "'People'!$B$2"), ("'People'!A3", "'People'!$B$3")]),
    ],
)
def test_a_chart_shows_a_range_by_columns_or_rows(book, source, by, series):
    add(book, "Line", source, seriesBy=by)
    assert shown(book) == series

    posted(book, f"{CHARTS}/Chart 1/setData", {"sourceData": "A1:B2", "seriesBy": "Columns"})
    assert shown(book) == [("'People'!B1", "'People'!$B$2")]


def test_a_chart_is_moved_and_given_a_title_and_a_legend(book):
    add(book)
    chart = f"{CHARTS}/Chart 1"

    moved = patched(book, chart, left=10, top=20, height=99)
    title = patched(book, f"{chart}/title", text="Ages", overlay=True)
    legend = patched(book, f"{chart}/legend", position="Bottom")

    assert [moved[name] for name in ("left", "top", "width", "height")] == [10, 20, 360, 99]
    assert title == {"text": "Ages", "visible": True, "overlay": True}
    assert legend == {"visible": True, "position": "Bottom", "overlay": False}
    (kept_,) = kept(book)._charts
    assert (kept_.title.tx.rich.p[0].r[0].t, kept_.legend.position) == ("Ages", "b")
    posted(book, f"{chart}/setPosition", {"startCell": "B2", "endCell": "C5"})
    found = book.get(chart).json
    assert [found[name] for name in ("left", "top", "width", "height")] == [48, 15, 96, 60]
    for part in ("title", "legend"):
        assert patched(book, f"{chart}/{part}", visible=False)["visible"] is False
    assert kept(book)._charts[0].legend is None


def test_what_is_no_chart_is_refused(book):
    add(book)
    for method, path, body, status in (
        ("POST", f"{CHARTS}/add", {"type": "Sunburst", "sourceData": "A1:B2"}, 501),
        ("POST", f"{CHARTS}/add", {"type": "Pie"}, 400),
        ("POST", f"{CHARTS}/add", {"type": "Pie", "sourceData": "A1:B2", "seriesBy": "x"}, 400),
        ("PATCH", f"{CHARTS}/Chart 1", {"height": -1}, 400),
        ("PATCH", f"{CHARTS}/Chart 1", {"name": ""}, 400),
        ("PATCH", f"{CHARTS}/Chart 1", {"name": "a\nb"}, 400),
        ("PATCH", f"{CHARTS}/Chart 1/legend", {"position": "Middle"}, 400),
        ("PATCH", f"{CHARTS}/Chart 1/title", {"text": 5}, 400),
        ("GET", f"{CHARTS}/Chart 1/image(width=-1)", None, 400),
        ("GET", f"{CHARTS}/Chart 1/image(width=5000)", None, 400),
        ("GET", f"{CHARTS}/Chart 1/image(width=9,height=9,fittingMode='Tiny')", None, 400),
        ("POST", f"{CHARTS}/Chart 1/setPosition", {"startCell": "C5", "endCell": "A1"}, 400),
    ):
        assert book.open(path, method=method, json=body).status_code == status, (path, body)
    posted(book, f"{SHEET}/protection/protect")
    refused = book.patch(f"{CHARTS}/Chart 1", json={"left": 1})
    assert_error(refused, 403, "AccessDenied", DENIED)


@pytest.mark.parametrize("word", [[], {}, [[]], 7, True, "Edge"])
@pytest.mark.parametrize(
    ("path", "name"),
    [
        (f"{CHARTS}/Chart 1/legend", "position"),
        (f"{SHEET}/range(address='A1')/format", "horizontalAlignment"),
        (f"{SHEET}/range(address='A1')/format", "verticalAlignment"),
        (f"{SHEET}/range(address='A1')/format/font", "underline"),
    ],
)
def test_what_is_no_word_is_refused(book, path, name, word):
    add(book)
    assert_error(book.patch(path, json={name: word}), 400, "InvalidArgument")


def test_axes_have_titles_scales_and_grids(book):
    add(book)
    axes = f"{CHARTS}/Chart 1/axes"
    automatic = dict.fromkeys(("majorUnit", "maximum", "minimum", "minorUnit"), "")
    assert automatic.items() <= book.get(f"{axes}/valueAxis").json.items()

    scale = patched(book, f"{axes}/valueAxis", maximum=100, minimum=10, majorUnit=30)
    title = patched(book, f"{axes}/valueAxis/title", text="Years")
    grid = patched(book, f"{axes}/categoryAxis/majorGridlines", visible=True)
    font = patched(book, f"{axes}/valueAxis/title/format/font", bold=True, size=14, color="#FF0000")
    line = patched(book, f"{axes}/categoryAxis/format/line", color="#00FF00")

    assert scale == {**automatic, "maximum": 100, "minimum": 10, "majorUnit": 30}
    assert title == {"text": "Years", "visible": True}
    assert grid == {"visible": True}
    assert (font["bold"], font["size"], font["color"]) == (True, 14, "#FF0000")
    assert line == {"color": "#00FF00"}
    (chart,) = kept(book)._charts
    assert (chart.y_axis.scaling.max, chart.y_axis.scaling.min, chart.y_axis.majorUnit) == (
        100,
        10,
        30,
    )
    (run,) = chart.y_axis.title.tx.rich.p[0].r
    assert (run.t, run.rPr.sz, run.rPr.solidFill.srgbClr) == ("Years", 1400, "FF0000")
    assert chart.x_axis.majorGridlines is not None
    assert chart.x_axis.spPr.ln.solidFill.srgbClr == "00FF00"
    assert (chart.x_axis.delete, chart.y_axis.delete) == (False, False)
    patched(book, f"{axes}/valueAxis", maximum="")
    assert kept(book)._charts[0].y_axis.scaling.max is None
    for part in ("title", "majorGridlines"):
        assert patched(book, f"{axes}/valueAxis/{part}", visible=False)["visible"] is False
    assert kept(book)._charts[0].y_axis.title is None
    for path, body in (
        ("valueAxis", {"maximum": 1}),
        ("valueAxis", {"majorUnit": 0}),
        ("valueAxis", {"minimum": True}),
        ("categoryAxis", {"maximum": 3}),
        ("categoryAxis/format/line", {"color": "red"}),
        ("categoryAxis/title", {"visible": "yes"}),
    ):
        assert_error(book.patch(f"{axes}/{path}", json=body), 400, "InvalidArgument")
    assert_error(book.get(f"{axes}/seriesAxis"), 404, "ItemNotFound")
    assert_error(book.get(f"{axes}/valueAxis/title/format"), 404, "ItemNotFound")


def test_what_is_written_at_values_and_how_parts_look(book):
    add(book)
    chart = f"{CHARTS}/Chart 1"
    patched(book, f"{chart}/title", text="Ages")

    labels = patched(book, f"{chart}/dataLabels", showValue=True, position="OutsideEnd")
    patched(book, f"{chart}/legend/format/font", italic=True, name="Arial", underline="Single")
    patched(book, f"{chart}/title/format/font", bold=True)
    patched(book, f"{chart}/legend", position="Left")
    for path, color in (
        ("format/fill", "#FFFF00"),
        ("title/format/fill", "#00FFFF"),
        ("series/itemAt(index=0)/format/fill", "#0000FF"),
    ):
        posted(book, f"{chart}/{path}/setSolidColor", {"color": color}, 204)
    renamed = patched(book, f"{chart}/series/itemAt(index=0)", name="How old")

    assert (labels["showValue"], labels["showSeriesName"]) == (True, False)
    assert labels["position"] == "OutsideEnd"
    assert renamed == {"name": "How old"}
    (there,) = kept(book)._charts
    assert (there.dataLabels.showVal, there.dataLabels.position) == (True, "outEnd")
    letters = there.legend.txPr.p[0].pPr.defRPr
    assert (letters.i, letters.latin.typeface, letters.u) == (True, "Arial", "sng")
    assert there.legend.position == "l"
    assert there.title.tx.rich.p[0].r[0].rPr.b is True
    assert there.graphical_properties.solidFill.srgbClr == "FFFF00"
    assert there.title.spPr.solidFill.srgbClr == "00FFFF"
    (series,) = there.series
    assert (series.spPr.solidFill.srgbClr, series.tx.v) == ("0000FF", "How old")
    assert book.get(f"{chart}/legend/format/font").json["name"] == "Arial"
    posted(book, f"{chart}/format/fill/clear", {}, 204)
    assert kept(book)._charts[0].graphical_properties.noFill
    posted(book, f"{SHEET}/protection/protect")
    for path, body in (
        ("axes/valueAxis/title", {"visible": True}),
        ("legend/format/font", {"bold": True}),
        ("series/itemAt(index=0)", {"name": "x"}),
    ):
        assert_error(book.patch(f"{chart}/{path}", json=body), 403, "AccessDenied", DENIED)


def test_a_chart_is_called_as_the_file_says(book):
    """Excel reads the name too; another chart, and another request, leave it as it is."""
    add(book)
    second = add(book, "Pie")
    renamed = book.patch(f"{CHARTS}/Chart 1", json={"name": 'Ages & "more"'})
    assert (renamed.status_code, renamed.json["name"]) == (200, 'Ages & "more"')
    taken = book.patch(f"{CHARTS}/Chart 2", json={"name": 'AGES & "more"'})
    assert_error(taken, 409, "ItemAlreadyExists")
    book.patch(f"{SHEET}/range(address='D1')", json={"values": 1})

    names = [each["name"] for each in listed(book, CHARTS.removeprefix("/v1.0/"))]
    data = book.get(f"{FILE}:/content", follow_redirects=True).data
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        drawing = ElementTree.fromstring(packed.read("xl/drawings/drawing1.xml"))
    said = [each.get("name") for each in drawing.iter() if each.tag.endswith("cNvPr")]
    assert names == said == ['Ages & "more"', "Chart 2"]
    assert book.get(f'{CHARTS}/Ages & "more"').json["id"] == renamed.json["id"]
    book.delete(f"{CHARTS}/{renamed.json['id']}")
    assert book.get(f"{CHARTS}/Chart 2").json["id"] == second["id"]
    assert add(book)["name"] == "Chart 3"


def image(client, chart, how=""):
    answer = client.get(f"{CHARTS}/{chart}/image{how}")
    assert answer.status_code == 200, answer.text
    assert answer.json["@odata.context"].endswith("#Edm.String")
    return Image.open(io.BytesIO(base64.b64decode(answer.json["value"]))).convert("RGB")


@pytest.mark.parametrize("kind", KINDS)
def test_a_picture_shows_the_values_of_a_chart(book, kind):
    add(book, kind)
    before = image(book, "Chart 1")
    assert before.size == (480, 288)
    assert len(before.getcolors(480 * 288)) > 1
    book.patch(f"{SHEET}/range(address='B2')", json={"values": 400})

    after = image(book, "Chart 1")

    assert (after.tobytes() != before.tobytes()) is (kind not in SAME)


def test_a_bar_is_as_long_as_its_value(book):
    """Of 36, 20 and 52: the longest is over half longer than the shortest."""
    add(book)
    picture = image(book, "Chart 1")

    heights = [
        sum(picture.getpixel((x, y)) == BLUE for y in range(picture.height)) for x in (96, 240, 384)
    ]
    assert heights[0] / heights[2] == pytest.approx(36 / 52, abs=0.02)
    assert heights[1] / heights[2] == pytest.approx(20 / 52, abs=0.02)


@pytest.mark.parametrize(
    ("how", "size"),
    [
        ("(width=240)", (240, 144)),
        ("(width=240,height=240)", (240, 144)),
        ("(width=240,height=240,fittingMode='Fit')", (240, 144)),
        ("(width=240,height=240,fittingMode='fitAndCenter')", (240, 240)),
        ("(width=240,height=240,fittingMode='Fill')", (240, 240)),
        ("(width=0,height=72,fittingMode='fit')", (120, 72)),
    ],
)
def test_a_picture_is_as_large_as_is_asked_for(book, how, size):
    add(book)

    assert image(book, "Chart 1", how).size == size


def test_a_series_has_points(book):
    add(book)
    points = f"{CHARTS}/Chart 1/series/itemAt(index=0)/points"

    assert [each["value"] for each in listed(book, points.removeprefix("/v1.0/"))] == [36, 20, 52]
    assert book.get(f"{points}/itemAt(index=2)").json["value"] == 52
    assert_error(book.get(f"{points}/itemAt(index=3)"), 404, "ItemNotFound")
