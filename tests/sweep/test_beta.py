"""Every type that beta alone has and that can be made there lives as those of v1.0 do."""

from __future__ import annotations

import pytest

from tests.sweep.conftest import sample
from tests.sweep.places import BETA, MODEL, creatable
from tests.sweep.sweep import Sweep, Tenant

PLACES = [
    place
    for place in creatable(BETA)
    if place.type.unsure or MODEL.type_named(place.declared.name) is None
]


def test_there_is_much_to_sweep():
    assert len({place.type.name for place in PLACES}) > 300


@pytest.mark.parametrize("place", sample(PLACES, 25), ids=str)
def test_a_thing_of_beta_lives_from_its_post_to_its_delete(swept, place):
    Sweep(Tenant(swept, place), place).live()
