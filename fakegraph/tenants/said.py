"""``Said``: what was said of a tenant when it was made, and differs from others."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from typing import Any

from fakegraph.settings import Delay
from fakegraph.tenants.directory import App, Directory, Person
from fakegraph.tenants.turns import Turns, alone

Traits = dict[str, Any]
Be = Callable[[Traits, Delay | None, Directory | None], object]
"""Has a tenant be so; None: of that nothing is said."""


class Said:
    """Attributes of a tenant by name, how late it is, and who may sign in."""

    kind = "said"

    def __init__(self, be: Be, turns: Turns = alone) -> None:
        self._be = be
        self._turn = turns(self)
        self._traits: Traits = {}
        self._delay: Delay | None = None
        self._directory: Directory | None = None

    def say(
        self, traits: Mapping[str, Any], delay: Delay | None, directory: Directory | None
    ) -> None:
        """Have the tenant be so."""
        if not traits and delay is None and directory is None:
            return

        def work() -> None:
            self._take(dict(traits), delay, directory)
            self._turn.note()

        self._turn(work)

    def _take(self, traits: Traits, delay: Delay | None, directory: Directory | None) -> None:
        self._traits, self._delay, self._directory = traits, delay, directory
        self._be(traits, delay, directory)

    def ids(self) -> Iterable[str]:
        """The one row, where something was said."""
        return [""] if self._traits or self._delay or self._directory else []

    def row(self, id_: str) -> Any:
        """All of it."""
        return {
            "traits": self._traits,
            "delay": None if self._delay is None else asdict(self._delay),
            "directory": None if self._directory is None else asdict(self._directory),
        }

    def hear(self, id_: str, value: Any) -> None:
        """Be as another replica was told that the tenant is."""
        if value is not None:
            delay, directory = value["delay"], value["directory"]
            self._take(
                value["traits"],
                None if delay is None else Delay(**delay),
                None if directory is None else _directory(directory),
            )


def _directory(said: Mapping[str, Any]) -> Directory:
    apps = {id_: App(**_tuples(each)) for id_, each in said["apps"].items()}
    people = {upn: Person(**_tuples(each)) for upn, each in said["people"].items()}
    return Directory(apps, people, said["domains"])


def _tuples(said: Mapping[str, Any]) -> dict[str, Any]:
    return {name: tuple(v) if isinstance(v, list) else v for name, v in said.items()}
