"""Our data classes are the standard library's in all but what they cost."""

from __future__ import annotations

import copy
import inspect
import pickle
from dataclasses import asdict, field, replace
from typing import Any

import pytest

from fakegraph.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Point:
    x: int
    y: int = 0
    note: str = field(default="", compare=False, repr=False)


@dataclass(frozen=True)
class Other:
    x: int
    y: int = 0


@dataclass(frozen=True)
class Nothing:
    pass


@dataclass
class Changing:
    items: list[Any] = field(default_factory=list)


@dataclass(frozen=True)
class Named:
    name: str
    about: dict[str, Any] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, eq=False)
class Itself:
    x: int


@dataclass(frozen=True)
class Particular:
    name: str

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Particular) and self.name.lower() == other.name.lower()

    def __repr__(self) -> str:
        return self.name


def test_values_are_equal_where_what_is_compared_is() -> None:
    assert Point(1, 2, "a") == Point(1, 2, "b")
    assert Point(1, 2) != Point(1, 3)
    assert Point(1, 2) != Other(1, 2)
    assert Nothing() == Nothing() != Other(1)
    assert Itself(1) != Itself(1)
    assert Changing([1]) == Changing([1]) != Changing([2])


def test_frozen_ones_have_the_hash_of_what_is_compared() -> None:
    assert {Point(1, 2, "a"), Point(1, 2, "b"), Point(2)} == {Point(1, 2), Point(2)}
    assert len({Nothing(), Nothing()}) == 1
    assert len({Itself(1), Itself(1)}) == 2
    assert hash(Named("a", {"x": 1})) == hash(Named("a"))
    assert Named("a", {"x": 1}) != Named("a")
    with pytest.raises(TypeError, match="unhashable"):
        hash(Changing())


def test_what_a_class_has_of_its_own_it_keeps() -> None:
    assert Particular("A") == Particular("a")
    assert repr(Particular("A")) == "A"
    assert hash(Particular("A")) == hash(Particular("A"))


def test_they_are_shown_as_the_standard_library_shows_them() -> None:
    changing = Changing()
    changing.items.append(changing)
    assert repr(Point(1, note="a")) == "Point(x=1, y=0)"
    assert repr(Nothing()) == "Nothing()"
    assert repr(changing) == "Changing(items=[...])"


def test_what_takes_data_classes_takes_them() -> None:
    point = Point(1, 2, "a")
    assert replace(point, y=3) == Point(1, 3)
    assert asdict(point) == {"x": 1, "y": 2, "note": "a"}
    assert copy.deepcopy(point) == pickle.loads(pickle.dumps(point)) == point
    with pytest.raises(AttributeError):
        object.__setattr__(point, "z", 1)  # slots
    with pytest.raises(TypeError):
        Point()  # type: ignore[call-arg]
    match point:
        case Point(x, y):
            assert (x, y) == (1, 2)


@pytest.mark.parametrize("name", ["__eq__", "__hash__", "__repr__"])
def test_what_is_the_same_for_all_is_compiled_once(name: str) -> None:
    shared = [inspect.unwrap(getattr(each, name)).__code__ for each in (Point, Other)]
    assert shared[0] is shared[1]
