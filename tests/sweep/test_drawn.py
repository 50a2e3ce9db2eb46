"""Every type that can be made is made of values at the edges of what their types can have.

What is drawn is the same each time. ``DRAWN_EXAMPLES`` says how often something is drawn for each
place, and makes it other values each time; ``make crash-test`` does.
"""

from __future__ import annotations

import os

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from tests.sweep.conftest import sample
from tests.sweep.places import creatable
from tests.sweep.samples import Drawer
from tests.sweep.sweep import Sweep, Tenant

# Of each type the first place: where it is made changes little of what values it can have.
PLACES = list({place.type.name: place for place in reversed(list(creatable()))}.values())
EXAMPLES = int(os.environ.get("DRAWN_EXAMPLES", "2"))
SAME = "DRAWN_EXAMPLES" not in os.environ


class DrawnSweep(Sweep):
    """One thing, of which each body is drawn."""

    def __init__(self, tenant, place, draw):
        super().__init__(tenant, place)
        self._draw = draw

    def body(self, number):
        body = Drawer(number, self._draw).body(self.place.type, self.place.rules)
        if self.place.type is not self.place.declared:
            body["@odata.type"] = f"#{self.place.type.name}"
        return body

    def query(self):
        """Values at the edges cannot all be written in a query; test_things asks for others."""


@pytest.mark.parametrize("place", sample(PLACES, 25), ids=str)
def test_a_thing_of_drawn_values_lives_from_its_post_to_its_delete(swept, place):
    @settings(max_examples=EXAMPLES, derandomize=SAME, phases=[Phase.generate])
    @given(st.data())
    def live(data):
        DrawnSweep(Tenant(swept, place), place, data.draw).live()

    live()
