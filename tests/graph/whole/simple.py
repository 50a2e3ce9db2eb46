"""The directory, mailboxes, tasks and drives once more, as simple as can be: dicts and lists.

What requests to the Graph API do is worked out here by going through everything. No index, no
fork, no file: a snapshot is a copy, and a deletion goes through all there is.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Kind:
    """A type of things: the property that is its ``label``, and what becomes of a deleted one.

    ``alone``: no two in one place have the same label. ``tagged``: has an ETag. ``exact``: filters
    on the label mind its case. ``again``: what it says to who deletes it again.
    """

    name: str
    label: str
    patched: int = 200
    alone: bool = False
    tagged: bool = False
    exact: bool = False
    again: int = 404
    body: dict[str, Any] = field(default_factory=dict)


KINDS = {
    kind.name: kind
    for kind in (
        Kind("user", "displayName", 204, body={"accountEnabled": True, "mailNickname": "a"}),
        Kind(
            "group",
            "displayName",
            204,
            body={"mailEnabled": False, "mailNickname": "g", "securityEnabled": True},
        ),
        Kind("application", "displayName", 204),
        Kind("mailFolder", "displayName", alone=True),
        Kind("message", "subject", tagged=True),
        Kind(
            "attachment",
            "name",
            body={"@odata.type": "#microsoft.graph.fileAttachment", "contentBytes": "YQ=="},
        ),
        Kind("todoTaskList", "displayName", tagged=True, again=204),
        Kind("todoTask", "title", tagged=True),
        Kind("driveItem", "name", alone=True, exact=True, body={"folder": {}}),
    )
}

# Where things of a kind are made, and listed, below one of another kind.
PLACES = {
    ("", "user"): "/users",
    ("", "group"): "/groups",
    ("", "application"): "/applications",
    ("user", "mailFolder"): "/mailFolders",
    ("user", "todoTaskList"): "/todo/lists",
    ("user", "driveItem"): "/drive/root/children",
    ("mailFolder", "mailFolder"): "/childFolders",
    ("mailFolder", "message"): "/messages",
    ("message", "attachment"): "/attachments",
    ("todoTaskList", "todoTask"): "/tasks",
    ("driveItem", "driveItem"): "/children",
}
# Where one is found from the thing that contains it, where that is not where it was made.
HOMES = {"mailFolder": "/mailFolders", "message": "/messages", "driveItem": "/drive/items"}

# Links: who has them, to what kinds; whether to many; and how they are seen from the other end.
LINKS = {
    "members": ("group", ("user", "group"), True, "memberOf"),
    "owners": ("application", ("user",), True, "ownedObjects"),
    "manager": ("user", ("user",), False, "directReports"),
}

Number = int
"""What a thing is called here: its id may become another."""


@dataclass
class Thing:
    """``within``: the thing that it was made below; 0 at the top."""

    kind: str
    id: str
    within: Number
    record: dict[str, Any]
    given: bool = False
    etag: str | None = None

    @property
    def label(self) -> str:
        return str(self.record[KINDS[self.kind].label])


@dataclass
class Simple:
    """All that one tenant has."""

    things: dict[Number, Thing] = field(default_factory=dict)
    links: list[tuple[str, Number, Number]] = field(default_factory=list)
    deleted: list[Thing] = field(default_factory=list)
    next: Number = 1

    def copy(self) -> Simple:
        return copy.deepcopy(self)

    # Reading

    def below(self, number: Number, kind: str) -> list[Number]:
        return [n for n, each in self.things.items() if (each.within, each.kind) == (number, kind)]

    def places(self) -> Iterator[tuple[Number, str]]:
        """Everything that can be listed: a thing, and the kind of what is below it."""
        for number, kind in [(0, ""), *((n, each.kind) for n, each in self.things.items())]:
            yield from ((number, each) for above, each in PLACES if above == kind)

    def of_kind(self, *kinds: str) -> list[Number]:
        return [number for number, each in self.things.items() if each.kind in kinds]

    def path(self, number: Number) -> str:
        """The URL of a thing."""
        thing = self.things[number]
        if thing.kind in HOMES:
            return f"{self.path(self.user_of(number))}{HOMES[thing.kind]}/{thing.id}"
        return f"{self.place(thing.within, thing.kind)}/{thing.id}"

    def place(self, number: Number, kind: str) -> str:
        """The URL of what is below a thing."""
        if number == 0:
            return PLACES["", kind]
        return self.path(number) + PLACES[self.things[number].kind, kind]

    def named(self, within: Number, kind: str, label: str) -> list[str]:
        """The ids of what a filter on the label finds."""
        fold = str if KINDS[kind].exact else str.lower
        things = [self.things[number] for number in self.below(within, kind)]
        return [each.id for each in things if fold(each.label) == fold(label)]

    def user_of(self, number: Number) -> Number:
        while self.things[number].within:
            number = self.things[number].within
        return number

    def targets(self, relation: str, source: Number) -> list[Number]:
        return [end for name, start, end in self.links if (name, start) == (relation, source)]

    def sources(self, relation: str, target: Number) -> list[Number]:
        return [start for name, start, end in self.links if (name, end) == (relation, target)]

    def is_taken(self, kind: str, within: Number, label: str, but: Number = 0) -> bool:
        """Whether something else in a place, where labels are alone, has that one."""
        beside = [self.things[n].label for n in self.below(within, kind) if n != but]
        return KINDS[kind].alone and label.lower() in [each.lower() for each in beside]

    # Writing

    def add(self, thing: Thing) -> Number:
        number, self.next = self.next, self.next + 1
        self.things[number] = thing
        return number

    def delete(self, number: Number) -> None:
        """A thing goes with all below it, and the links to and from these."""
        gone = self.tree(number)
        self.links = [each for each in self.links if not gone & {*each[1:]}]
        for each in gone:
            del self.things[each]

    def tree(self, number: Number) -> set[Number]:
        found = {number}
        while more := {n for n, each in self.things.items() if each.within in found} - found:
            found |= more
        return found

    def refuses(self, relation: str, source: Number, target: Number) -> bool:
        """Whether one cannot have the other: Microsoft 365 groups are in no group, and have none."""
        ends = [self.things[number] for number in (source, target)]
        nested = relation == "members" and all(each.kind == "group" for each in ends)
        return nested and any(each.record.get("groupTypes") for each in ends)

    def remember_deleted(self, number: Number) -> None:
        """Of users, applications and Microsoft 365 groups it is known that they were there."""
        thing = self.things[number]
        if thing.kind in ("user", "application") or thing.record.get("groupTypes"):
            self.deleted.append(thing)
