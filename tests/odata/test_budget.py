"""The work of one query is bounded, whatever it is made of; what is little work is always done."""

from __future__ import annotations

import pytest

from fakegraph.edm import fields
from fakegraph.edm.model import EntitySet, Model
from fakegraph.edm.schema import ComplexSchema, EntitySchema
from fakegraph.edm.values import instant
from fakegraph.errors import GraphError
from fakegraph.graph.functions import Rows
from fakegraph.odata import budget, engine
from fakegraph.odata.query import Source
from fakegraph.odata.query_string import split_options
from fakegraph.odata.reading import read_query
from tests.conftest import SET, assert_error, event


class Part(ComplexSchema):
    edm_name = "part"
    tags = fields.Collection(fields.String())


class Thing(EntitySchema):
    edm_name = "thing"
    name = fields.String(ignore_case=True)
    size = fields.Int32()
    tags = fields.Collection(fields.String())
    parts = fields.Collection(fields.Complex(Part))


MODEL = Model("beta")
THINGS = EntitySet("things", Thing)
MODEL.add(THINGS)
NOW = instant("2024-06-01T12:00:00Z")
TAGS = [f"t{n}" for n in range(40)]
RECORDS = [
    {"id": f"{n}", "name": f"Thing {n}", "size": n, "tags": TAGS, "parts": [{"tags": TAGS}] * 3}
    for n in range(200)
]


def run(text, rows=RECORDS):
    query = read_query(split_options(text), Source(MODEL, THINGS))
    return engine.run(query, Rows(rows), 5, None, NOW)


@pytest.fixture
def small(monkeypatch):
    """A budget that is used up by 200 records with 50 parts each."""
    monkeypatch.setattr(budget, "MAX_WORK", 10_000)


def words(count, joint):
    return f"%20{joint}%20".join(f"w{n}" for n in range(count))


def terms(count, term):
    return "%20or%20".join(term.format(n) for n in range(count))


TOO_MUCH = [
    f"$search={words(60, 'OR')}",
    f"$search=({words(60, 'OR')})%20AND%20NOT%20x",
    f"$filter={terms(60, 'size eq -{}')}",
    f"$filter={terms(20, 'startswith(name,%27{}%27)')}",
    f"$filter=not%20({terms(60, 'size gt -{}')})",
    "$filter=case(" + ",".join(f"size%20eq%20-{n}:1" for n in range(1, 60)) + ")%20eq%202",
    f"$orderby={','.join(['name', 'size desc'] * 10)}",
    "$orderby=" + "size add 1,size add 2 desc,size add 3,size add 4,size add 5,size add 6,size add 7,size add 8",
    "$filter=tags/any(a:tags/any(b:a eq concat(b,%27x%27)))",
    "$filter=parts/all(p:p/tags/any(t:startswith(t,%27x%27) or t eq %27y%27) eq false) and false",
    "$filter=parts/$count($filter=tags/$count($filter=$this eq %27x%27) gt 0) gt 0",
    "$filter=hassubset(tags,concat(tags,tags))",
    "$filter=indexof(tags,concat(tags,tags)) gt 0",
    "$filter=contains(tags,concat(tags,tags))",
]  # fmt: skip


@pytest.mark.parametrize("text", TOO_MUCH, ids=range(len(TOO_MUCH)))
def test_too_much_work_is_given_up(small, text):
    with pytest.raises(GraphError) as raised:
        run(text.replace(" ", "%20"))
    assert (raised.value.status, raised.value.code) == (504, "UnknownError")
    assert "takes too long" in raised.value.message


def test_counting_too_much_is_given_up(small):
    query = read_query(split_options(f"$search={words(60, 'OR')}"), Source(MODEL, THINGS))
    with pytest.raises(GraphError) as raised:
        engine.count(query, Rows(RECORDS), NOW)
    assert raised.value.status == 504


@pytest.mark.parametrize("text", TOO_MUCH, ids=range(len(TOO_MUCH)))
def test_for_few_records_it_is_done(small, text):
    run(text.replace(" ", "%20"), RECORDS[:1])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "$count=true",
        f"$filter={terms(30, 'size eq 1{}')}",
        f"$search={words(30, 'OR')}",
        "$orderby=name,size desc,id",
        "$filter=tags/any(t:t eq %27t1%27)&$count=true",
        "$top=1&$filter=size ge 0 or size lt 0",
    ],
)
def test_what_is_little_work_is_done(small, text):
    assert len(run(text.replace(" ", "%20")).rows) in (0, 5)


def test_a_page_that_is_found_early_is_given(small):
    assert len(run(f"$filter=size%20lt%2010%20or%20{terms(99, 'size%20eq%20-{}')}").rows) == 5


def test_what_is_worked_out_at_once_stays_small():
    doubled = "&".join(f"@a{n}=concat(@a{n + 1},@a{n + 1})" for n in range(12))
    text = f"$filter=name%20eq%20@a0&{doubled}&@a12='{'x' * 5_000}'"
    with pytest.raises(GraphError) as raised:
        run(text)
    assert raised.value.status == 400
    assert "too large once it is worked out" in raised.value.message


def test_texts_that_are_joined_again_and_again_are_too_much():
    doubled = "&".join(f"@a{n}=concat(@a{n + 1},@a{n + 1})" for n in range(11))
    record = {**RECORDS[0], "name": "x" * 1_000_000}
    with pytest.raises(GraphError) as raised:
        run(f"$filter=length(@a0)%20gt%200&{doubled}&@a11=name", [record])
    assert raised.value.status == 504


def test_the_service_gives_up_on_long_searches(client):
    records = [event(id=f"{n}", userDisplayName=f"Ada {n}") for n in range(900)]
    seeded = client.post("/_fakegraph/seed", json={"userCredentialUsageDetails": records})
    assert seeded.status_code == 200

    answer = client.get(f"{SET}?$search={words(1_900, 'OR')}")
    assert_error(answer, 504, "UnknownError", "takes too long")
    assert client.get(f"{SET}?$search={words(100, 'OR')}").status_code == 200
