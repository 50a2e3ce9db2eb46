"""What people did, worked out of what is stored: who wrote mail, changed files, said something.

Each deed is of a day. Reports are two days late, as the service's are: what was done since is not
told of yet.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from functools import cached_property
from hashlib import blake2s
from typing import Any, NamedTuple

from fakegraph.store import Key, Record, Row
from fakegraph.workloads.handed import Stored

LATE = timedelta(days=2)
SETTINGS = "admin/reportSettings"
_THREADS, _POSTS = "group/threads", "conversationThread/posts"

MAIL, DRIVE, SITE, TEAMS, GROUP = "mail", "drive", "site", "teams", "group"
PRODUCTS = (MAIL, DRIVE, SITE, TEAMS)


class Deed(NamedTuple):
    """What somebody did on a day: ``mail sent``; ``who`` is the id of a user, or of a group."""

    kind: str
    who: str
    day: str


class Account(NamedTuple):
    """A user, or a drive or a site, that a report has a row for."""

    key: Key
    record: Record
    is_deleted: bool = False

    @property
    def id(self) -> str:
        """As deeds have it."""
        return str(self.record["id"]).casefold()


def day_of(moment: object) -> str:
    """The day of a moment as it is stored; empty for none."""
    return str(moment or "")[:10]


class Usage:
    """What was done in the days that a report is about, of which ``today`` is two days after the
    last one.
    """

    def __init__(self, stored: Stored, today: date, period: int, tenant: str) -> None:
        self._stored = stored
        self._tenant = tenant
        self.refreshed = today - LATE
        self.period = period
        self.last = self.refreshed

    def only(self, day: date) -> Usage:
        """The same of one day alone."""
        self.last, self.period = day, 1
        return self

    @cached_property
    def days(self) -> Sequence[str]:
        """The days, the latest first."""
        return [(self.last - timedelta(days=back)).isoformat() for back in range(self.period)]

    # People and places ------------------------------------------------------------------------

    @cached_property
    def users(self) -> Sequence[Account]:
        """Everybody, and who was deleted."""
        there = [Account(row.key, row.record) for row in self._stored.rows("users")]
        return [
            *there,
            *(Account(row.key, row.record, True) for row in self._stored.hidden("users")),
        ]

    @cached_property
    def groups(self) -> Sequence[Account]:
        """The Microsoft 365 groups."""
        found = (Account(row.key, row.record) for row in self._stored.rows("groups"))
        return [each for each in found if "Unified" in (each.record.get("groupTypes") or ())]

    @cached_property
    def drives(self) -> Sequence[Account]:
        """The drives of users."""
        return [each for each in self.all_drives.values() if _holder(each, "user")]

    @cached_property
    def sites(self) -> Sequence[Account]:
        """The sites; the deeds of one are in its drives."""
        return [Account(row.key, row.record) for row in self._stored.rows("sites")]

    @cached_property
    def all_drives(self) -> Mapping[Key, Account]:
        """Every drive, by the key of its row."""
        return {row.key: Account(row.key, row.record) for row in self._stored.rows("drives")}

    @cached_property
    def _drives_of(self) -> Mapping[Key, list[Account]]:
        found: dict[Key, list[Account]] = {}
        for row in self._stored.rows("drives"):
            found.setdefault(row.owner, []).append(self.all_drives[row.key])
        return found

    @cached_property
    def conceals(self) -> bool:
        """Whether names are hashed, as they are where nobody says otherwise."""
        said = next(iter(self._stored.rows(SETTINGS)), None)
        return said is None or said.record.get("displayConcealedNames") is not False

    def name(self, text: object) -> str:
        """A name as reports show it."""
        if not self.conceals or not text:
            return str(text or "")
        hashed = blake2s(f"{self._tenant} {text}".encode(), digest_size=16)
        return hashed.hexdigest().upper()

    # Licences ---------------------------------------------------------------------------------

    @cached_property
    def _skus(self) -> Mapping[str, Record]:
        rows = self._stored.rows("subscribedSkus")
        return {str(row.record.get("skuId")).casefold(): row.record for row in rows}

    def products(self, user: Account) -> list[str]:
        """The names of what somebody has licences for."""
        return [str(each.get("skuPartNumber") or "") for each, _ in self._licences(user)]

    def has_plan(self, user: Account, *words: str) -> bool:
        """Whether a service plan of somebody's licences has one of these words in its name."""
        names = (
            str(plan.get("servicePlanName") or "").upper()
            for sku, disabled in self._licences(user)
            for plan in sku.get("servicePlans") or ()
            if str(plan.get("servicePlanId")).casefold() not in disabled
        )
        return any(word in name for name in names for word in words)

    def _licences(self, user: Account) -> Iterator[tuple[Record, set[str]]]:
        for each in user.record.get("assignedLicenses") or ():
            sku = self._skus.get(str(each.get("skuId")).casefold())
            if sku is not None:
                yield sku, {str(plan).casefold() for plan in each.get("disabledPlans") or ()}

    # Deeds ------------------------------------------------------------------------------------

    @cached_property
    def deeds(self) -> Sequence[Deed]:
        """All of them, up to the last day."""
        last = self.last.isoformat()
        sources = (_of_mail, _of_meetings, _of_files, _of_talk, _of_online, _of_threads)
        return [each for source in sources for each in source(self) if each.day <= last]

    @cached_property
    def _of_day(self) -> Mapping[tuple[str, str], Counter[str]]:
        """How often who did what on which day, in the days of the report."""
        days = frozenset(self.days)
        found: dict[tuple[str, str], Counter[str]] = {}
        for kind, who, day in self.deeds:
            if day in days:
                found.setdefault((kind, day), Counter())[who] += 1
                found.setdefault((kind.partition(" ")[0], day), Counter())[who] += 1
        return found

    @cached_property
    def _of_person(self) -> Counter[tuple[str, str]]:
        counts = Counter[tuple[str, str]]()
        for (kind, _), found in self._of_day.items():
            for who, number in found.items():
                counts[kind, who] += number
        return counts

    def count(self, account: Account, *kinds: str) -> int:
        """How often somebody did something of these kinds; ``mail`` is any that begins so."""
        return sum(self._of_person[kind, account.id] for kind in kinds)

    def on(self, day: str, *kinds: str) -> int:
        """How often that was done on a day."""
        return sum(sum(self._of_day.get((kind, day), Counter()).values()) for kind in kinds)

    def people(self, days: Iterable[str], *kinds: str) -> int:
        """How many did something of these kinds on one of the days."""
        done = (self._of_day.get((kind, day), Counter()) for day in days for kind in kinds)
        return len({who for each in done for who in each})

    @cached_property
    def _latest(self) -> Mapping[tuple[str, str], str]:
        found: dict[tuple[str, str], str] = {}
        for kind, who, day in self.deeds:
            for name in (kind, kind.partition(" ")[0]):
                found[name, who] = max(day, found.get((name, who), ""))
        return found

    def latest(self, account: Account, *kinds: str) -> str:
        """The day on which somebody last did something of these kinds; empty for never."""
        return max((self._latest.get((kind, account.id), "") for kind in kinds), default="")

    # What there is ----------------------------------------------------------------------------

    def rows(self, container: str) -> Iterable[Row]:
        """All that is in a container."""
        return self._stored.rows(container)

    @cached_property
    def of(self) -> Callable[[str, Key], Sequence[Record]]:
        """What somebody has in a container."""
        known: dict[str, dict[Key, list[Record]]] = {}

        def find(container: str, owner: Key) -> Sequence[Record]:
            if container not in known:
                known[container] = {}
                for row in self._stored.rows(container):
                    known[container].setdefault(row.owner, []).append(row.record)
            return known[container].get(owner, ())

        return find

    def files(self, drive: Account) -> list[Record]:
        """The files of a drive."""
        return [each for each in self.of("drive/items", drive.key) if "file" in each]

    def files_of(self, holder: Account) -> list[Record]:
        """The files in all drives of a site or a group."""
        drives = self._drives_of.get(holder.key, ())
        return [each for drive in drives for each in self.files(drive)]

    def members(self, group: Account, *, guests: bool = False) -> int:
        """How many are in a group, or how many guests."""
        found = self._stored.linked("group/members", group.key)
        return sum(not guests or row.record.get("userType") == "Guest" for row in found)

    def posts(self, group: Account) -> int:
        """How much was said in the threads of a group."""
        threads = (row.key for row in self._stored.rows(_THREADS) if row.owner == group.key)
        return sum(len(self.of(_POSTS, key)) for key in threads)

    def mailbox(self, user: Account) -> Sequence[Record]:
        """The messages that somebody has."""
        return self.of("user/messages", user.key)

    @cached_property
    def keyed(self) -> Mapping[Key, Account]:
        """The users by the keys of their rows."""
        return {each.key: each for each in self.users}


def _holder(drive: Account, kind: str) -> str:
    """The id of the user, or of the group, whose drive it is; empty where it is nobody's."""
    said = (drive.record.get("owner") or {}).get(kind) or {}
    return str(said.get("id") or "").casefold()


def addresses(user: Record) -> frozenset[str]:
    """What mail of somebody is from."""
    named = [user.get("mail"), user.get("userPrincipalName")]
    more = [str(each).partition(":")[2] for each in user.get("proxyAddresses") or ()]
    return frozenset(str(each).casefold() for each in (*named, *more) if each)


def _of_mail(usage: Usage) -> Iterator[Deed]:
    for user in usage.users:
        own = addresses(user.record)
        for each in usage.mailbox(user):
            sender = ((each.get("from") or {}).get("emailAddress") or {}).get("address")
            if each.get("isDraft"):
                continue
            if str(sender or "").casefold() in own:
                yield Deed("mail sent", user.id, day_of(each.get("sentDateTime")))
                continue
            day = day_of(each.get("receivedDateTime"))
            yield Deed("mail received", user.id, day)
            if each.get("isRead"):
                yield Deed("mail read", user.id, day)


def _of_meetings(usage: Usage) -> Iterator[Deed]:
    for user in usage.users:
        for each in usage.of("user/events", user.key):
            if not each.get("attendees"):
                continue
            said = each.get("responseStatus") or {}
            if each.get("isOrganizer"):
                yield Deed("mail meeting", user.id, day_of(each.get("createdDateTime")))
            elif said.get("response") in ("accepted", "declined", "tentativelyAccepted"):
                yield Deed("mail answer", user.id, day_of(said.get("time")))


def _person(by: Any) -> str:
    return str(((by or {}).get("user") or {}).get("id") or "").casefold()


def _of_files(usage: Usage) -> Iterator[Deed]:
    shared = {
        row.owner: _reach(row.record)
        for row in usage.rows("driveItem/permissions")
        if row.record.get("link") or row.record.get("invitation")
    }
    for row in usage.rows("drive/items"):
        drive = usage.all_drives.get(row.owner)
        if drive is None or "file" not in row.record:
            continue
        owner, group = _holder(drive, "user"), _holder(drive, "group")
        product = DRIVE if owner else SITE
        who = _person(row.record.get("lastModifiedBy")) or owner
        day = day_of(row.record.get("lastModifiedDateTime"))
        yield Deed(f"{product} edit", who, day)
        if group:
            yield Deed("group file", group, day)
        if row.key in shared:
            yield Deed(f"{product} {shared[row.key]}", who, day)


def _reach(permission: Record) -> str:
    """Whether somebody from elsewhere may have what is shared."""
    scope = (permission.get("link") or {}).get("scope")
    return "outside" if scope == "anonymous" else "inside"


def _of_talk(usage: Usage) -> Iterator[Deed]:
    places = {"channel/messages": "post", "chat/messages": "chat", "chatMessage/replies": "reply"}
    for container, kind in places.items():
        for row in usage.rows(container):
            who = _person(row.record.get("from"))
            if who and row.record.get("messageType", "message") == "message":
                yield Deed(f"teams {kind}", who, day_of(row.record.get("createdDateTime")))


def _of_online(usage: Usage) -> Iterator[Deed]:
    for row in usage.rows("user/onlineMeetings"):
        user = usage.keyed.get(row.owner)
        if user is not None:
            yield Deed("teams meeting", user.id, day_of(row.record.get("startDateTime")))
    for row in usage.rows("cloudCommunications/callRecords"):
        if row.record.get("type") == "peerToPeer":
            who = _person(row.record.get("organizer"))
            yield Deed("teams call", who, day_of(row.record.get("startDateTime")))


def _of_threads(usage: Usage) -> Iterator[Deed]:
    groups = {each.key: each for each in usage.groups}
    threads = {row.key: row.owner for row in usage.rows(_THREADS)}
    for row in usage.rows(_POSTS):
        group = groups.get(threads.get(row.owner, 0))
        if group is not None:
            yield Deed("group mail", group.id, day_of(row.record.get("receivedDateTime")))
