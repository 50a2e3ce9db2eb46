"""Numbers of every width are numbers everywhere: in queries, in links to next pages, in cells."""

from __future__ import annotations

import pytest

from fakegraph.app import close_app, create_app
from fakegraph.edm import fields
from fakegraph.edm.model import EntitySet, Model
from fakegraph.edm.schema import EntitySchema
from fakegraph.fixtures.encoding import encoded
from fakegraph.fixtures.reading import read_fixture
from fakegraph.settings import Settings

URL = "/beta/gauges"
WIDTHS = ("byte", "sbyte", "short", "whole", "long", "money", "single", "double")
FLOATS = ("single", "double")


class Gauge(EntitySchema):
    edm_name = "gauge"

    byte = fields.Byte()
    sbyte = fields.SByte()
    short = fields.Int16()
    whole = fields.Int32()
    long = fields.Int64()
    money = fields.Decimal()
    single = fields.Single()
    double = fields.Double()


SET = EntitySet("gauges", Gauge)


def gauge(number):
    return {"id": f"g{number}", **dict.fromkeys(WIDTHS, number)}


@pytest.fixture
def client():
    model = Model("beta")
    model.add(SET)
    app = create_app(Settings(fixture=(), auth="off"), models={"beta": model})
    client = app.test_client()
    for number in (3, 1, 2):
        assert client.post(URL, json=gauge(number)).status_code == 201
    yield client
    close_app(app)


def every_page(client, url):
    found = []
    while url and len(found) < 20:
        page = client.get(url)
        assert page.status_code == 200, page.text
        found += [each["id"] for each in page.json["value"]]
        url = page.json.get("@odata.nextLink")
    return found


@pytest.mark.parametrize("name", WIDTHS)
def test_they_are_computed_with_and_sorted_by(client, name):
    assert every_page(client, f"{URL}?$filter={name} add {name} gt 3&$orderby={name}") == [
        "g2",
        "g3",
    ]
    assert every_page(client, f"{URL}?$orderby={name} desc&$top=1") == ["g3", "g2", "g1"]


@pytest.mark.parametrize("name", FLOATS)
def test_pages_go_on_behind_what_json_has_no_number_for(client, name):
    for number, value in enumerate(("INF", "-INF", "NaN"), 7):
        assert client.post(URL, json={**gauge(number), name: value}).status_code == 201

    found = every_page(client, f"{URL}?$orderby={name}&$top=1")
    assert sorted(found) == ["g1", "g2", "g3", "g7", "g8", "g9"]
    finite = [each for each in found if each != "g9"]
    assert finite == ["g8", "g1", "g2", "g3", "g7"]


def test_cells_of_a_spreadsheet_are_read_as_numbers(tmp_path):
    records = [gauge(number) for number in (1, 2)]
    file = tmp_path / "gauges.csv"
    file.write_bytes(b"".join(encoded(records, SET, "csv")))

    assert read_fixture(str(file), {"gauges": SET}, lambda: "x").records == {"gauges": records}
