"""Every type that can be made is made, read, found, sorted by, selected, changed and deleted."""

from __future__ import annotations

import pytest

from tests.sweep.conftest import WHOLE, sample
from tests.sweep.places import creatable
from tests.sweep.sweep import Sweep, Tenant

PLACES = list(creatable())


def test_there_is_much_to_sweep():
    assert len(PLACES) > 600
    assert len({place.type.name for place in PLACES}) > 450
    assert WHOLE or len(sample(PLACES, 40)) < 50


@pytest.mark.parametrize("place", sample(PLACES, 40), ids=str)
def test_a_thing_lives_from_its_post_to_its_delete(swept, place):
    Sweep(Tenant(swept, place), place).live()
