"""What a token grants that says it has everything: all that there is, which no token could list."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property

from fakegraph.dataclass import dataclass

EVERYTHING = ".default"
"""As a role or a scope in a token: beside those that it lists, it has all others too."""

APPLICATION, DELEGATED = "Application", "DelegatedWork"


@dataclass
class Grantable:
    """The permissions of one server.

    ``declared`` are those that its declared resources ask for; ``usual`` gives, by the kind of
    caller, what most apps have, and ``published`` all that the published model asks for.
    """

    declared: Sequence[str]
    usual: Callable[[str], Sequence[str]]
    published: Callable[[str], frozenset[str]]

    def listed(self, *, app_only: bool) -> list[str]:
        """What a token lists that has everything."""
        usual = self.usual(APPLICATION if app_only else DELEGATED)
        return [*dict.fromkeys((*self.declared, *usual)), EVERYTHING]

    def meant(self, granted: frozenset[str], *, app_only: bool) -> frozenset[str]:
        """What is granted by what a token lists."""
        if EVERYTHING not in granted:
            return granted
        everything = self._of_apps if app_only else self._of_users
        return everything if granted <= everything else everything | granted

    def spelt(self, permission: str) -> str:
        """A delegated permission as it is published, in whichever case it was asked for."""
        return self._spelling.get(permission.casefold(), permission)

    @cached_property
    def _spelling(self) -> Mapping[str, str]:
        return {name.casefold(): name for name in self._of_users}

    @cached_property
    def _of_apps(self) -> frozenset[str]:
        return self._all(APPLICATION)

    @cached_property
    def _of_users(self) -> frozenset[str]:
        return self._all(DELEGATED)

    def _all(self, scheme: str) -> frozenset[str]:
        return self.published(scheme) | {*self.declared, EVERYTHING}
