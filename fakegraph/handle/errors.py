"""What the handle raises and warns of, and how it does so: one message, at the caller's line."""

from __future__ import annotations

import functools
import inspect
import sys
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, ParamSpec, TypeVar

from fakegraph.edm.fields import did_you_mean
from fakegraph.errors import GraphError
from fakegraph.fixtures.problems import FixtureError
from fakegraph.settings import SettingsError
from fakegraph.store import StoreError
from fakegraph.web.listening import CannotServe

P = ParamSpec("P")
T = TypeVar("T")


class ControlError(ValueError):
    """What the control API refused; nothing was done. The message has every problem."""

    __module__ = "fakegraph"  # where people know it from

    def __init__(self, status: int, error: Mapping[str, Any]) -> None:
        problems = error.get("details") or [error]
        lines = [
            ": ".join(filter(None, (problem.get("target"), problem["message"])))
            for problem in problems
        ]
        super().__init__("\n".join(lines))
        self.status = status
        self.code: str = error["code"]
        self.problems: Sequence[Mapping[str, Any]] = problems

    @classmethod
    def of(cls, error: GraphError) -> ControlError:
        """The same error as its caller sees it who is in this process."""
        details = [asdict(problem) for problem in error.details]
        named = {"code": error.code, "message": error.message, "target": error.target}
        return cls(error.status, {**named, "details": details})


class Misuse(TypeError):
    """Arguments that do not go together, or that there are not."""


class WrongTime(RuntimeError):
    """Something is asked of a handle that was not started yet, or is stopped already."""


class BadValue(ValueError):
    """A value that is none of its kind."""


class FaultNeverHitWarning(UserWarning):
    """A fault was scripted, and no request came that it could have hit."""

    __module__ = "fakegraph"


REFUSALS = (
    *(ControlError, Misuse, WrongTime, BadValue, AssertionError),
    *(SettingsError, FixtureError, StoreError, CannotServe, OSError, Warning),
)
"""What says all that there is to know in its message."""


def plain(cls: type[T]) -> type[T]:
    """Have the methods of a class raise refusals as if at their caller's line.

    How the handle came by one is nothing that a test's author has to scroll past.
    """
    for name, member in list(vars(cls).items()):
        if isinstance(member, property) and member.fget is not None:
            setattr(cls, name, property(_plain(member.fget), doc=member.__doc__))
        elif inspect.isfunction(member):
            setattr(cls, name, _plain(member))
    return cls


def _plain(method: Callable[P, T]) -> Callable[P, T]:
    @functools.wraps(method)
    def plainly(*args: P.args, **kwargs: P.kwargs) -> T:
        __tracebackhide__ = True
        try:
            return method(*args, **kwargs)
        except REFUSALS as error:
            if not _is_ours(_origin(error)):  # what the caller handed in failed, a generator say
                raise
            raise error.with_traceback(None) from None

    return plainly


def _origin(error: BaseException) -> str:
    """The module that raised an error."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return "" if trace is None else str(trace.tb_frame.f_globals.get("__name__", ""))


@dataclass(frozen=True)
class Line:
    """A line of somebody's code."""

    file: str
    number: int
    module: str

    @classmethod
    def of_caller(cls) -> Line:
        """The innermost one outside this package."""
        frame = sys._getframe(1)
        while frame.f_back is not None and _is_ours(frame.f_globals.get("__name__", "")):
            frame = frame.f_back
        module = str(frame.f_globals.get("__name__", ""))
        return cls(frame.f_code.co_filename, frame.f_lineno, module)

    def warn(self, message: Warning) -> None:
        """Warn of what was done there."""
        warnings.warn_explicit(message, type(message), self.file, self.number, self.module)


def _is_ours(module: str) -> bool:
    return module.startswith("fakegraph.")


def renamed(given: Mapping[str, Any], names: Mapping[str, str], taker: str) -> dict[str, Any]:
    """Arguments by their new names, warning of the old ones. Raises Misuse for any other."""
    for name in given:
        if name not in names:
            raise Misuse(f"{taker} takes no {name}.{did_you_mean(name, list(names.values()))}")
        warn_of_old(f"{taker}: {name}", names[name])
    return {names[name]: value for name, value in given.items()}


def warn_of_old(spelling: str, new: str) -> None:
    """Warn the caller of a spelling that the next version will not have."""
    message = f"{spelling} is called {new} now; the next version will not know the old name"
    Line.of_caller().warn(DeprecationWarning(message))
