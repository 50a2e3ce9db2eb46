"""What an error looks like to a client, before anyone knows it will travel over HTTP.

Every refusal in fakegraph is a :class:`GraphError` or becomes one. The envelope around it
(``innerError``, ids, the date) is written in one place, ``graph/exchange.py``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from itertools import islice

from fakegraph.dataclass import dataclass


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with what was sent: the service's words, and the property meant."""

    message: str
    target: str | None = None
    code: str = "BadRequest"


@dataclass(eq=False)
class GraphError(Exception):
    """An answer that is not a success.

    ``code`` and ``message`` are the service's own; ``target`` names the property or query option
    that is meant; ``details`` lists every problem where there are several (OData JSON format 4.01,
    section 21.1); ``headers`` go out with the answer; ``inner`` stands in its ``innerError``.
    """

    status: int
    code: str
    message: str
    target: str | None = None
    details: Sequence[Problem] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    inner: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.message

    @property
    def reason(self) -> str:
        """All that is wrong, in one text."""
        found = dict.fromkeys(problem.message for problem in self.details)
        return " ".join(found) or self.message


def bad_request(message: str, target: str | None = None) -> GraphError:
    """A 400 in the words that most of the service uses."""
    return GraphError(400, "BadRequest", message, target)


MAX_PROBLEMS = 100  # what one answer lists; a hostile body may have a million


def refused(problems: Iterable[Problem]) -> GraphError:
    """A 400 that leads with the first problem and lists them all, up to ``MAX_PROBLEMS``."""
    listed = tuple(islice(problems, MAX_PROBLEMS))
    first = listed[0]
    return GraphError(400, first.code, first.message, first.target, details=listed)
