"""The reports: what each has as columns, and how its rows come of what was done.

https://learn.microsoft.com/graph/api/resources/report
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from fakegraph.dataclass import dataclass
from fakegraph.store import Record
from fakegraph.workloads.usage.facts import (
    DRIVE,
    MAIL,
    SITE,
    TEAMS,
    Account,
    Usage,
    day_of,
)
from fakegraph.workloads.usage.talk import COUNTS, Said, is_private, said_in_teams, teams_of

Values = Sequence[Any]
OfAccount = Callable[[Usage, Account], Any]
OfDay = Callable[[Usage, str], Any]
OfAll = Callable[[Usage], Any]


@dataclass(frozen=True, slots=True)
class Table:
    """One report: its columns but for the date of refresh, and the rows that it has.

    ``nested``: the name of what has the last columns in JSON, from ``nested_from`` on, of each row
    that has the same before; ``of_period``: whether JSON alone says of how many days it is.
    """

    name: str
    columns: tuple[str, ...]
    rows: Callable[[Usage], Iterable[Values]]
    nested: str = ""
    nested_from: int = 0
    of_period: bool = False


# The kinds of tables ------------------------------------------------------------------------------


def _by_day(name: str, measures: Mapping[str, OfDay]) -> Table:
    """A row for each day."""

    def rows(usage: Usage) -> Iterable[Values]:
        for day in usage.days:
            yield (*(of(usage, day) for of in measures.values()), day, usage.period)

    return Table(name, (*measures, "Report Date", "Report Period"), rows)


def _in_all(name: str, measures: Mapping[str, OfAll]) -> Table:
    """A single row."""

    def rows(usage: Usage) -> Iterable[Values]:
        yield (*(of(usage) for of in measures.values()), usage.period)

    return Table(name, (*measures, "Report Period"), rows)


def _by_account(
    name: str,
    accounts: Callable[[Usage], Iterable[Account]],
    values: Mapping[str, OfAccount],
    *,
    period: bool = True,
) -> Table:
    """A row for each user, group or place."""

    def rows(usage: Usage) -> Iterable[Values]:
        for each in accounts(usage):
            found = [of(usage, each) for of in values.values()]
            yield (*found, usage.period) if period else found

    return Table(name, (*values, "Report Period") if period else tuple(values), rows)


def _of_nothing(name: str, *columns: str) -> Table:
    """A report of what nothing that is stored tells: of products that are gone, of devices."""
    return Table(name, columns, lambda usage: ())


# What rows have -----------------------------------------------------------------------------------


def _done(*kinds: str) -> OfAccount:
    return lambda usage, who: usage.count(who, *kinds)


def _latest(*kinds: str) -> OfAccount:
    return lambda usage, who: usage.latest(who, *kinds)


def _on(*kinds: str) -> OfDay:
    return lambda usage, day: usage.on(day, *kinds)


def _people(*kinds: str) -> OfDay:
    return lambda usage, day: usage.people((day,), *kinds)


def _zero(usage: Usage, *about: object) -> int:
    return 0


def _no(usage: Usage, *about: object) -> str:
    return "No"


def _none(usage: Usage, *about: object) -> str:
    return ""


def _principal(usage: Usage, who: Account) -> str:
    return usage.name(who.record.get("userPrincipalName"))


def _display(usage: Usage, who: Account) -> str:
    return usage.name(who.record.get("displayName"))


def _deleted(usage: Usage, who: Account) -> bool:
    return who.is_deleted


def _deleted_on(usage: Usage, who: Account) -> str:
    return day_of(who.record.get("deletedDateTime")) if who.is_deleted else ""


def _products(usage: Usage, who: Account) -> str:
    return "+".join(usage.products(who))


def _users(usage: Usage) -> Iterable[Account]:
    return usage.users


_PRINCIPAL: Mapping[str, OfAccount] = {"User Principal Name": _principal}
_NAMED: Mapping[str, OfAccount] = {**_PRINCIPAL, "Display Name": _display}
_GONE: Mapping[str, OfAccount] = {"Is Deleted": _deleted, "Deleted Date": _deleted_on}
_OWNED: Mapping[str, OfAccount] = {"Assigned Products": _products}

# Mail -----------------------------------------------------------------------------------------

_MAIL = {
    "Send": "mail sent",
    "Receive": "mail received",
    "Read": "mail read",
    "Meeting Created": "mail meeting",
    "Meeting Interacted": "mail answer",
}
_MAIL_APPS = (
    *("Mail For Mac", "Outlook For Mac", "Outlook For Windows", "Outlook For Mobile"),
    *("Other For Mobile", "Outlook For Web", "POP3 App", "IMAP4 App", "SMTP App"),
)
_QUOTAS = {
    "Issue Warning Quota (Byte)": 98 << 30,
    "Prohibit Send Quota (Byte)": 99 << 30,
    "Prohibit Send/Receive Quota (Byte)": 100 << 30,
}


def _size(message: Record) -> int:
    return len(str((message.get("body") or {}).get("content") or "").encode())


def _stored(usage: Usage, who: Account) -> int:
    return sum(map(_size, usage.mailbox(who)))


def _there(record: Record, day: str) -> bool:
    return day_of(record.get("createdDateTime")) <= day


def _boxes(usage: Usage, day: str) -> int:
    return sum(_there(each.record, day) and not each.is_deleted for each in usage.users)


def _mail_stored(usage: Usage, day: str) -> int:
    found = (each for who in usage.users for each in usage.mailbox(who))
    return sum(_size(each) for each in found if day_of(each.get("receivedDateTime")) <= day)


def _quota(size: int) -> OfAccount:
    return lambda usage, who: size


_OF_MAIL = (
    _by_account(
        "getEmailActivityUserDetail",
        _users,
        {
            **_NAMED,
            **_GONE,
            "Last Activity Date": _latest(MAIL),
            **{f"{title} Count": _done(kind) for title, kind in _MAIL.items()},
            **_OWNED,
        },
    ),
    _by_day("getEmailActivityCounts", {title: _on(kind) for title, kind in _MAIL.items()}),
    _by_day("getEmailActivityUserCounts", {title: _people(kind) for title, kind in _MAIL.items()}),
    _by_account(
        "getEmailAppUsageUserDetail",
        _users,
        {
            **_NAMED,
            **_GONE,
            "Last Activity Date": _none,
            **dict.fromkeys(_MAIL_APPS, _no),
        },
    ),
    _in_all("getEmailAppUsageAppsUserCounts", dict.fromkeys(_MAIL_APPS, _zero)),
    _by_day("getEmailAppUsageUserCounts", dict.fromkeys(_MAIL_APPS, _zero)),
    _in_all(
        "getEmailAppUsageVersionsUserCounts",
        dict.fromkeys(
            ("Outlook 2016", "Outlook 2013", "Outlook 2010", "Outlook 2007", "Undetermined"), _zero
        ),
    ),
    _by_account(
        "getMailboxUsageDetail",
        _users,
        {
            **_NAMED,
            **_GONE,
            "Created Date": lambda usage, who: day_of(who.record.get("createdDateTime")),
            "Last Activity Date": _latest(MAIL),
            "Item Count": lambda usage, who: len(usage.mailbox(who)),
            "Storage Used (Byte)": _stored,
            **{title: _quota(size) for title, size in _QUOTAS.items()},
            "Deleted Item Count": _zero,
            "Deleted Item Size (Byte)": _zero,
        },
    ),
    _by_day("getMailboxUsageMailboxCounts", {"Total": _boxes, "Active": _people(MAIL)}),
    _by_day(
        "getMailboxUsageQuotaStatusMailboxCounts",
        {
            "Under Limit": _boxes,
            **dict.fromkeys(("Warning Issued", "Send Prohibited"), _zero),
            **dict.fromkeys(("Send/Receive Prohibited", "Indeterminate"), _zero),
        },
    ),
    _by_day("getMailboxUsageStorage", {"Storage Used (Byte)": _mail_stored}),
)

# Everything -----------------------------------------------------------------------------------

#: A product's title, what it does, and what the names of its service plans have.
_SERVICES: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "Exchange": (MAIL, ("EXCHANGE",)),
    "OneDrive": (DRIVE, ("ONEDRIVE", "SHAREPOINT")),
    "SharePoint": (SITE, ("SHAREPOINT",)),
    "Skype For Business": ("skype", ("MCO",)),
    "Yammer": ("yammer", ("YAMMER",)),
    "Teams": (TEAMS, ("TEAMS",)),
}
_ALL = tuple(kind for kind, _ in _SERVICES.values())


def _licensed(words: tuple[str, ...]) -> OfAccount:
    return lambda usage, who: usage.has_plan(who, *words)


def _active(*kinds: str) -> OfAll:
    return lambda usage: usage.people(usage.days, *kinds)


def _inactive(*kinds: str) -> OfAll:
    return lambda usage: len(usage.users) - usage.people(usage.days, *kinds)


_PLATFORMS = ("Windows", "Mac", "Mobile", "Web")
_APPS = ("Outlook", "Word", "Excel", "PowerPoint", "OneNote", "Teams")


def _app_users(usage: Usage) -> Iterable[Values]:
    apps = len(_PLATFORMS) + len(_APPS)
    for who in usage.users:
        yield (_principal(usage, who), "", "", usage.period, *("No",) * apps)


_OF_ALL = (
    _by_account(
        "getOffice365ActiveUserDetail",
        _users,
        {
            **_NAMED,
            **_GONE,
            **{f"Has {title} License": _licensed(each) for title, (_, each) in _SERVICES.items()},
            **{
                f"{title} Last Activity Date": _latest(kind)
                for title, (kind, _) in _SERVICES.items()
            },
            **{f"{title} License Assign Date": _none for title in _SERVICES},
            **_OWNED,
        },
        period=False,
    ),
    _by_day(
        "getOffice365ActiveUserCounts",
        {
            "Office 365": _people(*_ALL),
            **{title: _people(kind) for title, (kind, _) in _SERVICES.items()},
        },
    ),
    _in_all(
        "getOffice365ServicesUserCounts",
        {
            title: value
            for name, kinds in (
                *((title, (kind,)) for title, (kind, _) in _SERVICES.items()),
                ("Office 365", _ALL),
            )
            for title, value in (
                (f"{name} Active", _active(*kinds)),
                (f"{name} Inactive", _inactive(*kinds)),
            )
        },
    ),
    _of_nothing(
        "getOffice365ActivationsUserDetail",
        *("User Principal Name", "Display Name", "Product Type", "Last Activated Date"),
        *("Windows", "Mac", "Windows 10 Mobile", "iOS", "Android", "Activated On Shared Computer"),
    ),
    _of_nothing(
        "getOffice365ActivationCounts",
        *("Product Type", "Windows", "Mac", "Android", "iOS", "Windows 10 Mobile"),
    ),
    _of_nothing(
        "getOffice365ActivationsUserCounts",
        *("Product Type", "Assigned", "Activated", "Shared Computer Activation"),
    ),
    Table(
        "getM365AppUserDetail",
        (
            *("User Principal Name", "Last Activation Date", "Last Activity Date"),
            *("Report Period", *_PLATFORMS, *_APPS),
        ),
        _app_users,
        nested="details",
        nested_from=3,
    ),
    _by_day("getM365AppUserCounts", dict.fromkeys(_APPS, _zero)),
    _by_day("getM365AppPlatformUserCounts", dict.fromkeys(_PLATFORMS, _zero)),
)

# Groups ---------------------------------------------------------------------------------------


def _since(usage: Usage, record: Record) -> bool:
    day = day_of(record.get("lastModifiedDateTime"))
    return usage.days[-1] <= day <= usage.days[0]


def _group_files(usage: Usage, group: Account) -> list[Record]:
    return usage.files_of(group)


def _weight(files: Iterable[Record]) -> int:
    return sum(int(each.get("size") or 0) for each in files)


def _all_group_files(usage: Usage, day: str) -> list[Record]:
    found = (each for group in usage.groups for each in usage.files_of(group))
    return [each for each in found if _there(each, day)]


def _changed_on(files: Iterable[Record], day: str) -> int:
    return sum(day_of(each.get("lastModifiedDateTime")) == day for each in files)


def _visibility(usage: Usage, group: Account) -> str:
    return str(group.record.get("visibility") or "Public")


_YAMMER = ("Yammer Posted Message Count", "Yammer Read Message Count", "Yammer Liked Message Count")

_OF_GROUPS = (
    _by_account(
        "getOffice365GroupsActivityDetail",
        lambda usage: usage.groups,
        {
            "Group Display Name": _display,
            "Is Deleted": _deleted,
            "Owner Principal Name": _none,
            "Last Activity Date": _latest("group"),
            "Group Type": _visibility,
            "Member Count": lambda usage, group: usage.members(group),
            "External Member Count": lambda usage, group: usage.members(group, guests=True),
            "Exchange Received Email Count": _done("group mail"),
            "SharePoint Active File Count": lambda usage, group: sum(
                _since(usage, each) for each in usage.files_of(group)
            ),
            **dict.fromkeys(_YAMMER, _zero),
            "Exchange Mailbox Total Item Count": lambda usage, group: usage.posts(group),
            "Exchange Mailbox Storage Used (Byte)": _zero,
            "SharePoint Total File Count": lambda usage, group: len(usage.files_of(group)),
            "SharePoint Site Storage Used (Byte)": lambda usage, group: _weight(
                usage.files_of(group)
            ),
            "Group Id": lambda usage, group: usage.name(group.record["id"]),
        },
    ),
    _by_day(
        "getOffice365GroupsActivityCounts",
        {
            "Exchange Emails Received": _on("group mail"),
            **dict.fromkeys(
                ("Yammer Messages Posted", "Yammer Messages Read", "Yammer Messages Liked"), _zero
            ),
        },
    ),
    _by_day(
        "getOffice365GroupsActivityGroupCounts",
        {
            "Total": lambda usage, day: sum(_there(each.record, day) for each in usage.groups),
            "Active": _people("group"),
        },
    ),
    _by_day(
        "getOffice365GroupsActivityStorage",
        {
            "Mailbox Storage Used (Byte)": _zero,
            "Site Storage Used (Byte)": lambda usage, day: _weight(_all_group_files(usage, day)),
        },
    ),
    _by_day(
        "getOffice365GroupsActivityFileCounts",
        {
            "Total": lambda usage, day: len(_all_group_files(usage, day)),
            "Active": lambda usage, day: _changed_on(_all_group_files(usage, day), day),
        },
    ),
)

# Files ----------------------------------------------------------------------------------------


def _file_deeds(product: str) -> Mapping[str, str]:
    return {
        "Viewed Or Edited": f"{product} edit",
        "Synced": f"{product} sync",
        "Shared Internally": f"{product} inside",
        "Shared Externally": f"{product} outside",
    }


def _of_files(product: str) -> dict[str, OfAccount]:
    return {f"{title} File Count": _done(kind) for title, kind in _file_deeds(product).items()}


_PAGES: Mapping[str, OfAccount] = {"Visited Page Count": _zero}


def _id(usage: Usage, place: Account) -> str:
    """The GUID in the id of a site; of a drive its own id."""
    found = str(place.record["id"])
    return usage.name(found.split(",")[1] if found.count(",") == 2 else found)


def _url(usage: Usage, place: Account) -> str:
    return usage.name(place.record.get("webUrl"))


def _owner(usage: Usage, drive: Account) -> str:
    said = (drive.record.get("owner") or {}).get("user") or {}
    return usage.name(said.get("displayName") or said.get("id"))


def _owner_principal(usage: Usage, drive: Account) -> str:
    said = (drive.record.get("owner") or {}).get("user") or {}
    wanted = str(said.get("id") or "").casefold()
    user = next((each for each in usage.users if each.id == wanted), None)
    return "" if user is None else _principal(usage, user)


def _allocated(usage: Usage, place: Account) -> int:
    return int((place.record.get("quota") or {}).get("total") or 1 << 40)


def _last_change(files: Callable[[Usage, Account], list[Record]]) -> OfAccount:
    def last(usage: Usage, place: Account) -> str:
        days = (day_of(each.get("lastModifiedDateTime")) for each in files(usage, place))
        return max((day for day in days if day <= usage.last.isoformat()), default="")

    return last


def _place(files: Callable[[Usage, Account], list[Record]], *more: str) -> dict[str, OfAccount]:
    return {
        "Is Deleted": _deleted,
        "Last Activity Date": _last_change(files),
        "File Count": lambda usage, place: len(files(usage, place)),
        "Active File Count": lambda usage, place: sum(
            _since(usage, each) for each in files(usage, place)
        ),
        **dict.fromkeys(more, _zero),
        "Storage Used (Byte)": lambda usage, place: _weight(files(usage, place)),
        "Storage Allocated (Byte)": _allocated,
    }


Places = Callable[[Usage], Sequence[Account]]
Files = Callable[[Usage, Account], list[Record]]


def _trends(prefix: str, places: Places, files: Files, counts: str, type_: str) -> list[Table]:
    """How many places there are, files, and bytes, on each day."""

    def every(usage: Usage, day: str) -> list[list[Record]]:
        return [
            [each for each in files(usage, place) if _there(each, day)] for place in places(usage)
        ]

    def changed(usage: Usage, day: str) -> int:
        return sum(_changed_on(each, day) for each in every(usage, day))

    kind: dict[str, OfDay] = {"Site Type": lambda usage, day: type_}
    return [
        _by_day(
            f"{prefix}{counts}",
            {
                **kind,
                "Total": lambda usage, day: sum(_there(each.record, day) for each in places(usage)),
                "Active": lambda usage, day: sum(
                    _changed_on(each, day) > 0 for each in every(usage, day)
                ),
            },
        ),
        _by_day(
            f"{prefix}FileCounts",
            {
                **kind,
                "Total": lambda usage, day: sum(map(len, every(usage, day))),
                "Active": changed,
            },
        ),
        _by_day(
            f"{prefix}Storage",
            {
                **kind,
                "Storage Used (Byte)": lambda usage, day: sum(map(_weight, every(usage, day))),
            },
        ),
    ]


_OF_DRIVES = (
    _by_account(
        "getOneDriveActivityUserDetail",
        _users,
        {
            **_PRINCIPAL,
            **_GONE,
            "Last Activity Date": _latest(DRIVE),
            **_of_files(DRIVE),
            **_OWNED,
        },
    ),
    _by_day(
        "getOneDriveActivityUserCounts",
        {title: _people(kind) for title, kind in _file_deeds(DRIVE).items()},
    ),
    _by_day(
        "getOneDriveActivityFileCounts",
        {title: _on(kind) for title, kind in _file_deeds(DRIVE).items()},
    ),
    _by_account(
        "getOneDriveUsageAccountDetail",
        lambda usage: usage.drives,
        {
            "Site Id": _id,
            "Site URL": _url,
            "Owner Display Name": _owner,
            **_place(Usage.files),
            "Owner Principal Name": _owner_principal,
        },
    ),
    *_trends(
        "getOneDriveUsage", lambda usage: usage.drives, Usage.files, "AccountCounts", "OneDrive"
    ),
)

_OF_SITES = (
    _by_account(
        "getSharePointActivityUserDetail",
        _users,
        {
            **_PRINCIPAL,
            **_GONE,
            "Last Activity Date": _latest(SITE),
            **_of_files(SITE),
            **_PAGES,
            **_OWNED,
        },
    ),
    _by_day(
        "getSharePointActivityFileCounts",
        {title: _on(kind) for title, kind in _file_deeds(SITE).items()},
    ),
    _by_day(
        "getSharePointActivityUserCounts",
        {
            "Visited Page": _zero,
            **{title: _people(kind) for title, kind in _file_deeds(SITE).items()},
        },
    ),
    _by_day("getSharePointActivityPages", {"Visited Page Count": _zero}),
    _by_account(
        "getSharePointSiteUsageDetail",
        lambda usage: usage.sites,
        {
            "Site Id": _id,
            "Site URL": _url,
            "Owner Display Name": _none,
            **_place(Usage.files_of, "Page View Count", "Visited Page Count"),
            "Root Web Template": _none,
            "Owner Principal Name": _none,
        },
    ),
    *_trends(
        "getSharePointSiteUsage", lambda usage: usage.sites, Usage.files_of, "SiteCounts", "All"
    ),
    _by_day(
        "getSharePointSiteUsagePages",
        {"Site Type": lambda usage, day: "All", "Page View Count": _zero},
    ),
)

# Teams ----------------------------------------------------------------------------------------

_DEVICES = ("Web", "Windows Phone", "iOS", "Mac", "Android Phone", "Windows")
_TALK = {
    "Team Chat Message": ("teams post", "teams reply"),
    "Private Chat Message": ("teams chat",),
    "Call": ("teams call",),
    "Meeting": ("teams meeting",),
}

_OF_TEAMS = (
    _by_account(
        "getTeamsUserActivityUserDetail",
        _users,
        {
            **_PRINCIPAL,
            "Last Activity Date": _latest(TEAMS),
            **_GONE,
            **_OWNED,
            **{f"{title} Count": _done(*kinds) for title, kinds in _TALK.items()},
            "Has Other Action": _no,
        },
    ),
    _by_day(
        "getTeamsUserActivityCounts",
        {f"{title}s": _on(*kinds) for title, kinds in _TALK.items()},
    ),
    _by_day(
        "getTeamsUserActivityUserCounts",
        {
            **{f"{title}s": _people(*kinds) for title, kinds in _TALK.items()},
            "Other Actions": _zero,
        },
    ),
    _by_account(
        "getTeamsDeviceUsageUserDetail",
        _users,
        {
            **_PRINCIPAL,
            "Last Activity Date": _none,
            **_GONE,
            **dict.fromkeys((f"Used {each}" for each in _DEVICES), _no),
        },
    ),
    _in_all("getTeamsDeviceUsageDistributionUserCounts", dict.fromkeys(_DEVICES, _zero)),
    _by_day("getTeamsDeviceUsageUserCounts", dict.fromkeys(_DEVICES, _zero)),
)

# Teams by team --------------------------------------------------------------------------------

_MESSAGES = ("Reply Messages", "Urgent Messages", "Mentions")
_ACTIVE = ("Active Shared Channels", "Active External Users")
_BY_TEAM = (*COUNTS,)
_BY_DAY = (*(each for each in COUNTS if each not in (*_MESSAGES, *_ACTIVE)), *_ACTIVE, *_MESSAGES)


def _counted(usage: Usage, said: Sequence[Said], titles: Sequence[str]) -> list[int]:
    return [COUNTS[title](usage, said) for title in titles]


def _each_team(usage: Usage) -> Iterable[Values]:
    said = said_in_teams(usage)
    for team in teams_of(usage):
        own = [each for each in said if each.team == team.key]
        kind = "Private" if is_private(team.record) else "Public"
        latest = max((each.day for each in own), default="")
        name, id_ = (usage.name(team.record.get(each)) for each in ("displayName", "id"))
        yield (name, id_, kind, latest, usage.period, *_counted(usage, own, _BY_TEAM))


def _each_day(usage: Usage) -> Iterable[Values]:
    said = said_in_teams(usage)
    for day in usage.days:
        own = [each for each in said if each.day == day]
        yield (usage.period, day, *_counted(usage, own, _BY_DAY))


def _all_days(usage: Usage) -> Iterable[Values]:
    yield (usage.period, *_counted(usage, said_in_teams(usage), _BY_DAY))


def _teams_there(usage: Usage) -> Iterable[Values]:
    said, teams = said_in_teams(usage), teams_of(usage)
    for day in usage.days:
        active = {each.team for each in said if each.day == day}
        found: list[int] = []
        for private in (False, True):
            there = [e for e in teams if is_private(e.record) is private and _there(e.record, day)]
            found += [len(there), sum(each.key in active for each in there)]
        yield (day, *found)


_TEAM = ("Team Name", "Team Id", "Team Type", "Last Activity Date")
_OF_EACH_TEAM = (
    Table(
        "getTeamsTeamActivityDetail",
        (*_TEAM, "Report Period", *_BY_TEAM),
        _each_team,
        nested="details",
        nested_from=len(_TEAM),
    ),
    Table(
        "getTeamsTeamActivityCounts",
        ("Report Period", "Report Date", *_BY_DAY),
        _each_day,
        nested="userCounts",
        nested_from=1,
    ),
    Table(
        "getTeamsTeamActivityDistributionCounts",
        ("Report Period", *_BY_DAY),
        _all_days,
        nested="userCounts",
    ),
    Table(
        "getTeamsTeamCounts",
        ("Report Date", *(f"{a}{b} Teams" for b in ("Public", "Private") for a in ("", "Active "))),
        _teams_there,
        nested="teamsTeamUsageByDate",
        of_period=True,
    ),
)

# What is gone: nothing that is stored tells of it -------------------------------------------------

_PHONES = ("Windows", "Windows Phone", "Android Phone", "iPhone", "iPad")
_YAMMER_DEVICES = ("Web", "Windows Phone", "Android Phone", "iPhone", "iPad", "Other")
_DAILY = ("Report Date", "Report Period")
_ORGANIZED = (
    *("IM", "Audio/Video", "App Sharing", "Web", "Dial-in/out 3rd Party"),
    "Dial-in/out Microsoft",
)
_PEER = ("IM", "Audio", "Video", "App Sharing", "File Transfer")
_SKYPE = "getSkypeForBusiness"
_DONE = ("Liked", "Posted", "Read")

_GONE_BY = (
    _of_nothing(
        f"{_SKYPE}ActivityUserDetail",
        *("User Principal Name", "Is Deleted", "Deleted Date", "Last Activity Date"),
        *("Total Peer-to-peer Session Count", "Total Organized Conference Count"),
        *("Total Participated Conference Count", "Assigned Products", "Report Period"),
    ),
    *(
        _of_nothing(f"{_SKYPE}{name}", *columns, *_DAILY)
        for name, columns in {
            "ActivityCounts": ("Peer-to-peer", "Organized", "Participated"),
            "ActivityUserCounts": ("Peer-to-peer", "Organized", "Participated"),
            "DeviceUsageUserCounts": _PHONES,
            "OrganizerActivityCounts": _ORGANIZED,
            "OrganizerActivityUserCounts": _ORGANIZED,
            "OrganizerActivityMinuteCounts": (
                *("Audio/Video", "Dial-in Microsoft", "Dial-out Microsoft"),
            ),
            "ParticipantActivityCounts": _ORGANIZED[:-1],
            "ParticipantActivityUserCounts": _ORGANIZED[:-1],
            "ParticipantActivityMinuteCounts": ("Audio/Video",),
            "PeerToPeerActivityCounts": _PEER,
            "PeerToPeerActivityUserCounts": _PEER,
            "PeerToPeerActivityMinuteCounts": ("Audio", "Video"),
        }.items()
    ),
    _of_nothing(f"{_SKYPE}DeviceUsageDistributionUserCounts", *_PHONES, "Report Period"),
    _of_nothing(
        f"{_SKYPE}DeviceUsageUserDetail",
        *("User Principal Name", "Last Activity Date", *_PHONES, "Report Period"),
    ),
    _of_nothing(
        "getYammerActivityUserDetail",
        *("User Principal Name", "Display Name", "User State", "State Change Date"),
        *("Last Activity Date", "Posted Count", "Read Count", "Liked Count"),
        *("Assigned Products", "Report Period"),
    ),
    _of_nothing("getYammerActivityCounts", *_DONE, *_DAILY),
    _of_nothing("getYammerActivityUserCounts", *_DONE, *_DAILY),
    _of_nothing(
        "getYammerDeviceUsageUserDetail",
        *("User Principal Name", "Display Name", "User State", "State Change Date"),
        *("Last Activity Date", *(f"Used {each}" for each in _YAMMER_DEVICES), "Report Period"),
    ),
    _of_nothing("getYammerDeviceUsageDistributionUserCounts", *_YAMMER_DEVICES, "Report Period"),
    _of_nothing("getYammerDeviceUsageUserCounts", *_YAMMER_DEVICES, *_DAILY),
    _of_nothing(
        "getYammerGroupsActivityDetail",
        *("Group Display Name", "Is Deleted", "Owner Principal Name", "Last Activity Date"),
        *("Group Type", "Office 365 Connected", "Member Count", "Posted Count", "Read Count"),
        *("Liked Count", "Report Period"),
    ),
    _of_nothing("getYammerGroupsActivityCounts", *_DONE, *_DAILY),
    _of_nothing("getYammerGroupsActivityGroupCounts", "Total", "Active", *_DAILY),
)

TABLES: Mapping[str, Table] = {
    each.name: each
    for each in (
        *(*_OF_MAIL, *_OF_ALL, *_OF_GROUPS, *_OF_DRIVES, *_OF_SITES, *_OF_TEAMS),
        *_OF_EACH_TEAM,
        *_GONE_BY,
    )
}

# What is sent -------------------------------------------------------------------------------------

_REFRESHED = "Report Refresh Date"


def as_csv(table: Table, usage: Usage) -> bytes:
    """A report as the file that it is: with a mark of its encoding, and lines of CRLF."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow((_REFRESHED, *table.columns))
    refreshed = usage.refreshed.isoformat()
    writer.writerows((refreshed, *each) for each in table.rows(usage))
    return text.getvalue().encode("utf-8-sig")


def as_json(table: Table, usage: Usage) -> list[Record]:
    """The same as objects."""
    names = [_member(title) for title in table.columns]
    refreshed: Record = {_member(_REFRESHED): usage.refreshed.isoformat()}
    if table.of_period:
        refreshed["reportPeriod"] = usage.period
    found: list[Record] = []
    for row in table.rows(usage):
        values = {name: None if each == "" else each for name, each in zip(names, row, strict=True)}
        if table.nested:
            inner = {name: values.pop(name) for name in names[table.nested_from :]}
            if found and found[-1].items() >= values.items():
                found[-1][table.nested].append(inner)
                continue
            values[table.nested] = [inner]
        found.append({**refreshed, **values})
    return found


def _member(title: str) -> str:
    """The name of a column in JSON: ``Storage Used (Byte)`` is ``storageUsedInBytes``."""
    words: list[str] = re.findall(r"[A-Za-z0-9]+", title.replace("(Byte)", "In Bytes"))
    joined = "".join(each[:1].upper() + each[1:] for each in words)
    return joined[:1].lower() + joined[1:]
