"""Data classes that cost little to declare and to make: the start of a server declares a hundred.

``dataclasses.dataclass`` compiles six functions for each class; this compiles ``__init__`` alone,
and the others do the same for all classes. What is ``frozen`` mypy holds to, which takes this for
the standard library's decorator: classes that refuse assignments themselves take twice as long to
make. ``fields``, ``replace`` and ``asdict`` of ``dataclasses`` take instances as they are.
"""

from __future__ import annotations

import dataclasses
from operator import attrgetter
from reprlib import recursive_repr
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from dataclasses import dataclass as dataclass
else:

    def dataclass(cls=None, *, frozen=False, eq=True, repr=True, **options):
        """A data class; with ``eq``, instances are equal where all their fields are.

        Those of a ``frozen`` one have a hash then; others have none.
        """

        def declare(cls):
            made = dataclasses.dataclass(cls, repr=False, eq=False, **options)
            methods = _compared(made, frozen) if eq else {}
            if repr:
                methods["__repr__"] = _shown(made)
            for name, method in methods.items():
                if cls.__dict__.get(name) is None:  # what has its own keeps it
                    setattr(made, name, method)
            return made

        return declare if cls is None else declare(cls)


def _shown(cls: Any) -> Callable[[Any], str]:
    names = [each.name for each in dataclasses.fields(cls) if each.repr]

    @recursive_repr()
    def shown(self: Any) -> str:
        parts = (f"{name}={getattr(self, name)!r}" for name in names)
        return f"{type(self).__qualname__}({', '.join(parts)})"

    return shown


def _compared(cls: Any, hashed: bool) -> dict[str, Any]:
    fields = [each for each in dataclasses.fields(cls) if each.compare]
    compared, counted = _values(fields), _values(each for each in fields if each.hash is not False)

    def equal(self: Any, other: object) -> Any:
        if other.__class__ is not self.__class__:
            return NotImplemented
        return compared(self) == compared(other)

    def hash_(self: Any) -> int:
        return hash(counted(self))

    return {"__eq__": equal, "__hash__": hash_ if hashed else None}


def _values(fields: Iterable[Any]) -> Callable[[Any], Any]:
    names = [each.name for each in fields]
    return attrgetter(*names) if names else type
