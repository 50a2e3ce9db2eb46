"""A whole organisation of any size, written as it is made: nothing of it is held.

Who somebody is, and what is between two people, is worked out of their numbers. So the copy of a
message in one mailbox is known from the other without looking there, and the same arguments give
the same bytes on every machine. ``docs/how-to/fixtures.md`` states how often what is there.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any, ClassVar

from fakegraph.dataclass import dataclass
from fakegraph.edm.values import TICKS_PER_DAY, TICKS_PER_MINUTE, Instant, format_instant
from fakegraph.generate.people import Person, person

Record = dict[str, Any]

DOMAIN, ELSEWHERE = "contoso.com", "fabrikam.com"
PARTS = ("users", "groups", "messages", "events", "contacts", "files", "teams")
SPAN = 8  # people who report to one
PER_GUEST = 20  # people for one who is a guest
ROUNDS = 10  # people for a project
DAYS = 365
_MASK = (1 << 64) - 1

_DEPARTMENTS = (
    "Engineering",
    "Sales",
    "Finance",
    "Marketing",
    "Human Resources",
    "Legal & Compliance",
    "Operations",
    "Research",
)
_TITLES = ("Specialist", "Engineer", "Analyst", "Account Manager", "Consultant", "Coordinator")
_PLACES = (
    ("Redmond", "US", "en-US", "98052"),
    ("København", "DK", "da-DK", "2100"),
    ("München", "DE", "de-DE", "80331"),
    ("大阪", "JP", "ja-JP", "530-0001"),
    ("القاهرة", "EG", "ar-EG", "11511"),
    ("São Paulo", "BR", "pt-BR", "01310-100"),
)
_SUBJECTS = (
    "Quarterly figures",
    "Re: offer for O'Hara & Sons",
    "Einladung: Jour fixe",
    "会議の資料",
    "Déjeuner d'équipe 🥐",
    "تحديث المشروع",
    "Протокол встречи",
    'Fwd: [EXTERNAL] "urgent" <invoice>',
    "Lunch? 🍜🍣",
    "Budget 50% — final (v2)",
    "",
    "Status of the migration, week by week, with all open points and who is to take care of them",
)
_SENTENCES = (
    "Please have a look by Friday.",
    "Die Zahlen für das dritte Quartal liegen bei.",
    'I\'d rather not change the \\"plan\\" now; what do you think?',
    "資料を添付しました。ご確認ください。",
    "Merci beaucoup, à demain !",
    "Thanks 👍🏽, that works for me.",
    "Жду вашего ответа.",
    "نلتقي يوم الاثنين.",
    "1 < 2 && 3 > 2; <b>not bold</b> in a text.",
)
_FOLDERS = (
    "Documents",
    "Projects",
    "Berichte 2024",
    "写真",
    "R&D (draft)",
    "O'Neill #1",
    "100% done",
)
_FILES = (
    "notes.txt",
    "plan v2.md",
    "données.csv",
    "議事録.txt",
    "a & b.json",
    "long " + "name " * 20 + ".txt",
)
_EMOJI = ("🦊", "👩‍🚀", "🏳️‍🌈", "✨")
_HOURS = (8, 9, 9, 10, 10, 11, 13, 14, 14, 15, 16, 17, 20)
_TIMES = (8, 9, 10, 11, 13, 14, 15)


@lru_cache(maxsize=1 << 16)
def _person(number: int) -> Person:
    return person(number)


def mixed(*numbers: int) -> int:
    """64 bits that hang on all of these numbers, the same everywhere (splitmix64)."""
    state = 0x9E3779B97F4A7C15
    for number in numbers:
        state = (state ^ number) * 0xBF58476D1CE4E5B9 & _MASK
        state = (state ^ state >> 27) * 0x94D049BB133111EB & _MASK
        state ^= state >> 31
    return state


def _share(bits: int) -> float:
    return (bits >> 11) / (1 << 53)


@dataclass(frozen=True)
class Organisation:
    """``users`` people, each with so many ``messages`` on average, up to ``end``."""

    users: int
    seed: int
    messages: int
    end: Instant
    parts: frozenset[str] = frozenset(PARTS)

    PERSONAL: ClassVar[frozenset[str]] = frozenset(PARTS) - {"groups", "teams"}
    """What is told of with people."""

    # Who there is ------------------------------------------------------------------------------

    def id(self, kind: int, *numbers: int) -> str:
        """A GUID of something."""
        high, low = mixed(self.seed, kind, *numbers), mixed(self.seed, kind + 1_000, *numbers)
        text = f"{high:016x}{low:016x}"
        return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-a{text[17:20]}-{text[20:]}"

    def is_guest(self, number: int) -> bool:
        return number % PER_GUEST == PER_GUEST - 1

    def manager(self, number: int) -> int | None:
        """Who somebody reports to: eight to one, and nobody to a guest."""
        if number == 0 or self.is_guest(number):
            return None
        above = (number - 1) // SPAN
        return above - 1 if self.is_guest(above) else above

    def department(self, number: int) -> str:
        """That of who is next to the chief among those above."""
        while number > SPAN:
            number = (number - 1) // SPAN
        return _DEPARTMENTS[max(number - 1, 0) % len(_DEPARTMENTS)]

    def reports(self, number: int) -> list[int]:
        """Who reports to somebody."""
        lead = [] if self.is_guest(number) else [number]
        if number + 1 < self.users and self.is_guest(number + 1):
            lead.append(number + 1)  # a guest leads nobody: who is before does
        below = (one for each in lead for one in range(SPAN * each + 1, SPAN * each + SPAN + 1))
        return [one for one in below if one < self.users and not self.is_guest(one)]

    def address(self, number: int) -> str:
        local = _person(number).principal.partition("@")[0]
        return f"{local}@{ELSEWHERE if self.is_guest(number) else DOMAIN}"

    def name(self, number: int) -> str:
        """A name to display: of some with an emoji, of few as long as may be."""
        name = _person(number).name
        if number % 97 == 13:
            return f"{name} {_EMOJI[number % len(_EMOJI)]}"
        return f"{name} {'von und zu ' * 22}{number}"[:256] if number % 499 == 17 else name

    def users_with(self) -> Iterator[Record]:
        """Everybody, each with what they have."""
        for number in range(self.users):
            record = self._user(number)
            if not self.is_guest(number):
                self._fill(number, record)
            yield record

    def _user(self, number: int) -> Record:
        bits, guest = mixed(self.seed, 1, number), self.is_guest(number)
        city, country, language, code = _PLACES[bits % len(_PLACES)]
        first, _, last = _person(number).name.partition(" ")
        local, _, _ = self.address(number).partition("@")
        boss = number == 0
        title = "Chief Executive Officer" if boss else f"Head of {self.department(number)}"
        works = title if number <= SPAN else _TITLES[bits // 7 % len(_TITLES)]
        hired = self.end - (60 + bits // 11 % 3_000) * TICKS_PER_DAY
        record: Record = {
            "id": self.id(1, number),
            "userPrincipalName": f"{local}_{ELSEWHERE}#EXT#@{DOMAIN}"
            if guest
            else self.address(number),
            "displayName": self.name(number),
            "givenName": first,
            "surname": last or None,
            "mail": self.address(number),
            "mailNickname": local,
            "accountEnabled": bits % 50 != 3,
            "userType": "Guest" if guest else "Member",
            "jobTitle": None if guest or bits % 10 == 1 else works,
            "department": None if guest else self.department(number),
            "companyName": "Fabrikam" if guest else "Contoso",
            "officeLocation": None if bits % 3 == 0 else f"{bits % 9 + 1}/{bits % 400}",
            "city": city,
            "country": country,
            "postalCode": code,
            "streetAddress": "" if bits % 40 == 7 else f"{bits % 200} Main St., 'The Mill'",
            "usageLocation": country,
            "preferredLanguage": language,
            "businessPhones": [] if bits % 4 == 0 else [f"+1 425 555 {number % 10_000:04}"],
            "mobilePhone": None,
            "employeeId": f"{number + 1:06}",
            "aboutMe": "Long. " * 160 if number % 101 == 5 else None,
            "createdDateTime": format_instant(Instant(hired)),
        }
        del record["aboutMe" if record["aboutMe"] is None else "mobilePhone"]
        manager = self.manager(number)
        return record if manager is None else {**record, "manager": {"id": self.id(1, manager)}}

    def _fill(self, number: int, record: Record) -> None:
        """Give somebody what they have, of the parts that are wanted."""
        made = {
            "messages": ("messages", self._mailbox),
            "events": ("events", self._events),
            "contacts": ("contacts", self._contacts),
            "files": ("drive", self._drive),
        }
        for part, (name, make) in made.items():
            found: Any = make(number) if part in self.parts else None
            if found:
                record[name] = found

    # Mail --------------------------------------------------------------------------------------

    def _sends(self, sender: int, turn: int) -> int:
        """To how many somebody writes in a turn: who writes much does so in most."""
        if self.is_guest(sender):
            return 0
        bits = mixed(self.seed, 2, sender, turn)
        eager = _share(mixed(self.seed, 3, sender))
        return 1 + bits % 3 // 2 + bits % 5 // 4 if _share(bits) < 0.1 + 0.9 * eager * eager else 0

    def _offset(self, turn: int) -> int:
        """How far the numbers are of who writes and who reads: colleagues write more often."""
        bits = mixed(self.seed, 4, turn)
        return 1 + bits // 5 % (SPAN if bits % 5 else max(self.users - 1, 1))

    def _turns(self) -> int:
        """So many give each the wanted number of messages on average, sent and received."""
        return self.messages if self.users > 1 else 0

    def _mailbox(self, number: int) -> list[Record]:
        found = []
        for turn in range(self._turns()):
            offset = self._offset(turn)
            if self._sends(number, turn):
                found.append(self._message(number, turn, number))
            for step in range(3):
                sender = (number - offset - step) % self.users
                if sender != number and self._sends(sender, turn) > step:
                    found.append(self._message(sender, turn, number))
        return found

    def _message(self, sender: int, turn: int, owner: int) -> Record:
        """A message in somebody's mailbox; all copies say the same."""
        bits, mine = mixed(self.seed, 5, sender, turn), mixed(self.seed, 6, sender, turn, owner)
        first = sender + self._offset(turn)
        to = [(first + step) % self.users for step in range(self._sends(sender, turn))]
        sent, own = self._moment(bits), sender == owner
        moment = format_instant(sent)
        subject = _SUBJECTS[bits % len(_SUBJECTS)]
        words = " ".join(
            _SENTENCES[(bits >> step) % len(_SENTENCES)] for step in range(bits % 4 + 1)
        )
        html = bits % 3 == 0
        content = f"<html><body><p>{words}</p></body></html>" if html else words
        record: Record = {
            "id": f"AAMk{mine:016x}{sender:08x}{turn:08x}",
            "internetMessageId": f"<{bits:016x}.{sender}.{turn}@{DOMAIN}>",
            "conversationId": f"AAQk{mixed(self.seed, 7, sender, turn // 3):016x}",
            "subject": subject,
            "body": {"contentType": "html" if html else "text", "content": content},
            "from": self._recipient(sender),
            "toRecipients": [self._recipient(each) for each in to if each != sender],
            "sentDateTime": moment,
            "receivedDateTime": moment,
            "parentFolderId": "sentitems" if own else "archive" if mine % 8 == 1 else "inbox",
            "isRead": own or mine % 5 != 0,
            "importance": "high" if bits % 20 == 1 else "normal",
            "isDraft": False,
        }
        if bits % 25 == 3:
            record["attachments"] = [self._attachment(bits)]
            record["hasAttachments"] = True
        return record

    def _attachment(self, bits: int) -> Record:
        data = f"{bits},{_SENTENCES[bits % len(_SENTENCES)]}\n".encode()
        return {
            "@odata.type": "#microsoft.graph.fileAttachment",
            "id": f"AAMk{bits:016x}",
            "name": _FILES[bits % len(_FILES)],
            "contentType": "text/csv",
            "contentBytes": b64encode(data).decode(),
            "size": len(data),
        }

    def _moment(self, bits: int) -> Instant:
        """In working hours of the last year, more often than not on a working day."""
        day = bits // 13 % DAYS
        midnight = (self.end // TICKS_PER_DAY - 1 - day) * TICKS_PER_DAY
        minutes = _HOURS[bits // 17 % len(_HOURS)] * 60 + bits // 19 % 60
        return Instant(midnight + minutes * TICKS_PER_MINUTE)

    def _recipient(self, number: int) -> Record:
        return {"emailAddress": {"name": self.name(number), "address": self.address(number)}}

    # Calendars, contacts, files ----------------------------------------------------------------

    def _events(self, number: int) -> list[Record]:
        """The weekly meetings of one's own team and of one's manager's, and a talk with that one
        for each of three months.
        """
        manager = self.manager(number)
        leads = [each for each in (number, manager) if each is not None and self.reports(each)]
        found = [self._meeting(lead, number) for lead in leads]
        talks = [] if manager is None else [(manager, number, month) for month in range(3)]
        below = self.reports(number)
        talks += [(number, each, month) for each in below for month in range(3)]
        return found + [self._talk(*each, owner=number) for each in talks]

    def _meeting(self, lead: int, owner: int) -> Record:
        bits = mixed(self.seed, 8, lead)
        day = self.end // TICKS_PER_DAY - 180 + bits % 7
        start = Instant(day * TICKS_PER_DAY + _TIMES[bits % len(_TIMES)] * 60 * TICKS_PER_MINUTE)
        date = format_instant(start)[:10]
        name = _WEEK[(day + 1) % 7]
        pattern = {
            "type": "weekly",
            "interval": 1,
            "daysOfWeek": [name],
            "firstDayOfWeek": "monday",
        }
        limits = {"type": "noEnd", "startDate": date, "recurrenceTimeZone": "UTC"}
        more = {"recurrence": {"pattern": pattern, "range": limits}}
        people = [each for each in self.reports(lead) if each != lead]
        subject = f"{self.department(lead)}: weekly meeting"
        return self._event(9, lead, lead, subject, start, 60, lead, people, owner) | more

    def _talk(self, lead: int, report: int, month: int, owner: int) -> Record:
        bits = mixed(self.seed, 10, report, month)
        day = self.end // TICKS_PER_DAY - 30 * (month + 1) + bits % 28
        start = Instant(day * TICKS_PER_DAY + _TIMES[bits % len(_TIMES)] * 60 * TICKS_PER_MINUTE)
        return self._event(11, report, month, "1:1 ☕", start, 30, lead, [report], owner)

    def _event(
        self,
        kind: int,
        first: int,
        second: int,
        subject: str,
        start: Instant,
        minutes: int,
        organizer: int,
        people: Sequence[int],
        owner: int,
    ) -> Record:
        end = Instant(start + minutes * TICKS_PER_MINUTE)
        uid = f"{mixed(self.seed, kind, first, second):016X}"
        return {
            "id": f"AAMk{uid}{owner:08x}",
            "iCalUId": f"040000008200E00074C5B7101A82E008{uid}",
            "subject": subject,
            "start": {"dateTime": format_instant(start).removesuffix("Z"), "timeZone": "UTC"},
            "end": {"dateTime": format_instant(end).removesuffix("Z"), "timeZone": "UTC"},
            "organizer": self._recipient(organizer),
            "isOrganizer": organizer == owner,
            "attendees": [
                {**self._recipient(each), "type": "required", "status": _ACCEPTED}
                for each in people
            ],
        }

    def _contacts(self, number: int) -> list[Record]:
        """Up to four people elsewhere."""
        found = []
        for turn in range(mixed(self.seed, 12, number) % 5):
            bits = mixed(self.seed, 13, number, turn)
            other = person(bits % 50_000)
            first, _, last = other.name.partition(" ")
            address = {
                "name": other.name,
                "address": f"{other.principal.partition('@')[0]}@{ELSEWHERE}",
            }
            found.append(
                {
                    "id": f"AAMk{bits:016x}{turn:02x}",
                    "displayName": other.name,
                    "givenName": first,
                    "surname": last,
                    "emailAddresses": [address],
                    "companyName": "Fabrikam",
                    "personalNotes": "" if bits % 3 else "Met at the fair — call back!",
                }
            )
        return found

    def _drive(self, number: int) -> Record | None:
        """Folders in folders: half of them have another one inside, five deep at most."""
        count = 1 + mixed(self.seed, 14, number) % 3
        items = [self._folder(number, turn, 1) for turn in range(count)]
        return {"root": {"children": items}} if items else None

    def _folder(self, number: int, turn: int, depth: int) -> Record:
        bits = mixed(self.seed, 15, number, turn, depth)
        inside = [self._file(bits, each) for each in range(bits % 3)]
        if depth < 5 and bits // 3 % 2:
            inside.append(self._folder(number, turn, depth + 1))
        folder: Record = {"name": f"{_FOLDERS[bits % len(_FOLDERS)]} {turn}", "folder": {}}
        return {**folder, "children": inside} if inside else folder

    def _file(self, bits: int, turn: int) -> Record:
        name = _FILES[(bits + turn) % len(_FILES)]
        words = _SENTENCES[(bits >> turn) % len(_SENTENCES)]
        return {"name": f"{turn} {name}", "file": {"mimeType": "text/plain"}, "content": words}

    # Groups and teams --------------------------------------------------------------------------

    def _leads(self) -> Iterator[int]:
        """Who has somebody who reports to them."""
        last = (self.users - 2) // SPAN + 1 if self.users > 1 else 0
        return (each for each in range(last + 1) if self.reports(each))

    def groups(self) -> Iterator[Record]:
        """All, the departments with the teams inside of them, the teams of leads, projects."""
        staff = [each for each in range(self.users) if not self.is_guest(each)]
        yield self._group(0, 0, "All Company", staff, [0], unified=True)
        inside: dict[str, list[str]] = {name: [] for name in _DEPARTMENTS}
        for lead in self._leads():
            inside[self.department(lead)].append(self.id(20, 1, lead))
            name = f"Team of {self.name(lead)}"[:256]
            yield self._group(1, lead, name, [lead, *self.reports(lead)], [lead], unified=True)
        departments = [name for name in _DEPARTMENTS if inside[name]]
        for number, name in enumerate(departments):
            nested = [_linked("group", id_) for id_ in inside[name]]
            yield {**self._group(2, number, name, [], [0]), "members": nested}
        all_ids = [self.id(20, 2, number) for number in range(len(departments))]
        whole = self._group(3, 0, "Departments", [], [0])
        yield {**whole, "members": [_linked("group", id_) for id_ in all_ids]}
        for number in range(self.users // ROUNDS):
            yield self._project(number)
        guests = [each for each in range(self.users) if self.is_guest(each)]
        yield self._group(5, 0, "Guests 🌍", guests, [0])

    def _project(self, number: int) -> Record:
        """Of three to sixty people: most are small."""
        bits = mixed(self.seed, 16, number)
        size = min(3 + int(57 * _share(bits) ** 3), self.users)
        first, step = bits % self.users, 1 + bits // 7 % 5
        people = dict.fromkeys((first + step * each) % self.users for each in range(size))
        name = f"Project {_FOLDERS[bits % len(_FOLDERS)]} {number}"
        return self._group(4, number, name, list(people), list(people)[:1], unified=bits % 2 == 0)

    def _group(
        self,
        kind: int,
        number: int,
        name: str,
        members: Sequence[int],
        owners: Sequence[int],
        *,
        unified: bool = False,
    ) -> Record:
        nickname = f"group-{kind}-{number}"
        bits = mixed(self.seed, 17, kind, number)
        made = Instant(self.end - (30 + bits % 1_000) * TICKS_PER_DAY)
        team = kind == 1 and self._is_team(number)
        return {
            "id": self.id(20, kind, number),
            "displayName": name,
            "description": None
            if bits % 3 == 0
            else f"{name}: for everybody who is concerned"[:1024],
            "mailNickname": nickname,
            "mail": f"{nickname}@{DOMAIN}" if unified else None,
            "mailEnabled": unified,
            "securityEnabled": not unified,
            "groupTypes": ["Unified"] if unified else [],
            "visibility": ("Private" if bits % 2 else "Public") if unified else None,
            **({"resourceProvisioningOptions": ["Team"]} if team else {}),
            "createdDateTime": format_instant(made),
            "members": [_linked("user", self.id(1, each)) for each in members],
            "owners": [_linked("user", self.id(1, each)) for each in owners],
        }

    def _is_team(self, lead: int) -> bool:
        return lead % 3 == 0

    def teams(self) -> Iterator[Record]:
        """A third of the teams of leads, each with channels in which its people write."""
        for lead in self._leads():
            if self._is_team(lead):
                yield self._team(lead)

    def _team(self, lead: int) -> Record:
        people = [lead, *self.reports(lead)]
        channels = []
        for number, name in enumerate(
            ("General", "Ideas 💡")[: 1 + mixed(self.seed, 19, lead) % 2]
        ):
            said = [self._post(lead, number, each, people) for each in range(6)]
            id_ = f"19:{mixed(self.seed, 20, lead, number):016x}@thread.tacv2"
            channels.append({"id": id_, "displayName": name, "messages": said})
        name = f"Team of {self.name(lead)}"[:256]
        return {"id": self.id(20, 1, lead), "displayName": name, "channels": channels}

    def _post(self, lead: int, channel: int, turn: int, people: Sequence[int]) -> Record:
        bits = mixed(self.seed, 21, lead, channel, turn)
        who, moment = people[bits % len(people)], self._moment(bits)
        return {
            "id": str(1_600_000_000_000 + bits % 99_999_999_999),
            "createdDateTime": format_instant(moment),
            "body": {"contentType": "text", "content": _SENTENCES[bits % len(_SENTENCES)]},
            "from": {"user": {"id": self.id(1, who), "displayName": self.name(who)}},
        }


_ACCEPTED = {"response": "accepted", "time": "0001-01-01T00:00:00Z"}
_WEEK = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")


def _linked(kind: str, id_: str) -> Record:
    return {"@odata.type": f"#microsoft.graph.{kind}", "id": id_}
