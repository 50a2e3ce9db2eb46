"""Bodies of every type of the built-in model: valid ones are taken, spoilt ones refused by name."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fakegraph.edm.published import PublishedType, built_in
from fakegraph.edm.schema import TYPE_ANNOTATION, InvalidEntity
from fakegraph.edm.typed import schema_of
from tests.edm.bodies import bodies, concrete, spoilt

MODEL = built_in("v1.0")
STRUCTURED = [type_ for type_ in MODEL.types() if isinstance(type_, PublishedType)]
WRITTEN = [
    type_ for type_ in STRUCTURED if concrete(type_) and type_.name != "microsoft.graph.Json"
]

# A sample of the types in everyday runs; all of them where BODIES says how many bodies of each.
EACH = int(os.environ.get("BODIES", "0"))
GROUPS = [[type_] for type_ in WRITTEN] if EACH else [WRITTEN]


def check(type_, body):
    reader = schema_of(type_).reader()
    record = reader.read(body)
    assert set(record) | {TYPE_ANNOTATION} == set(body) | {TYPE_ANNOTATION}
    assert record.get(TYPE_ANNOTATION, f"#{type_.name}") == body.get(
        TYPE_ANNOTATION, f"#{type_.name}"
    )
    for kind, changed, target in spoilt(MODEL, type_, body):
        with pytest.raises(InvalidEntity) as raised:
            reader.read(changed)
        assert [problem.target for problem in raised.value.problems] == [target], (kind, changed)


@pytest.mark.parametrize("types", GROUPS, ids=lambda types: types[0].name)
def test_bodies_of_every_type_are_checked_to_the_property(types):
    @settings(
        max_examples=EACH or 300,
        deadline=None,
        database=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    @given(st.data())
    def some_body(data):
        type_ = data.draw(st.sampled_from(types))
        check(type_, data.draw(bodies(type_)))

    some_body()


def test_nothing_is_a_body_of_an_abstract_type_that_has_no_heirs():
    hopeless = [type_ for type_ in STRUCTURED if not concrete(type_)]

    assert hopeless
    for type_ in hopeless:
        for body in ({}, {TYPE_ANNOTATION: f"#{type_.name}"}):
            with pytest.raises(InvalidEntity, match="abstract"):
                schema_of(type_).reader().read(body)
