"""What mailboxes are set to.

https://learn.microsoft.com/graph/api/resources/mailboxsettings
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from fakegraph.errors import GraphError, Problem
from fakegraph.store import Record
from fakegraph.workloads.declarations import Type
from fakegraph.workloads.handed import Reading
from fakegraph.workloads.operations import Call, operation
from fakegraph.workloads.outlook.languages import language, languages
from fakegraph.workloads.outlook.words import OUTLOOK, OutlookWords, invalid
from fakegraph.workloads.outlook.zones import moment_of, names_of, zone

_NEVER = {"dateTime": "0001-01-01T00:00:00.0000000", "timeZone": "UTC"}
DEFAULTS: dict[str, Any] = {
    "archiveFolder": None,
    "automaticRepliesSetting": {
        "status": "disabled",
        "externalAudience": "all",
        "internalReplyMessage": "",
        "externalReplyMessage": "",
        "scheduledStartDateTime": _NEVER,
        "scheduledEndDateTime": _NEVER,
    },
    "dateFormat": "M/d/yyyy",
    "timeFormat": "h:mm tt",
    "timeZone": "UTC",
    "delegateMeetingMessageDeliveryOptions": "sendToDelegateOnly",
    "language": {"locale": "en-US", "displayName": "English (United States)"},
    "userPurpose": "user",
    "workingHours": {
        "daysOfWeek": ["monday", "tuesday", "wednesday", "thursday", "friday"],
        "startTime": "08:00:00.0000000",
        "endTime": "17:00:00.0000000",
        "timeZone": {"name": "UTC"},
    },
}
_LAST = "00:00:00.0000000"
_FIXED = ("archiveFolder", "userPurpose")
_WHOLE = ("automaticRepliesSetting", "workingHours")
_DATES = re.compile(
    r"(?=.*d)(?=.*M)(?=.*y)(?:d{1,4}+|M{1,4}+|y{1,5}+|[-/.,\s]|'[^']*+'|[年月日])++"
)
_TIMES = re.compile(
    r"(?=.*[hH])(?=.*m)(?:h{1,2}+|H{1,2}+|m{1,2}+|s{1,2}+|t{1,2}+|[-:.\s]|'[^']*+')++"
)


def _settings(reading: Reading) -> dict[str, Any]:
    """What was set, and what nobody has set yet."""
    found = {**DEFAULTS, **(reading.record.get("mailboxSettings") or {})}
    archive = (
        each for each in reading.inside("user/mailFolders") if each.get("@well") == "archive"
    )
    return {**found, "archiveFolder": next((each["id"] for each in archive), None)}


def _completed(settings: Record) -> Record:
    """Settings, with all that belongs to what was set of them."""
    found = {**settings}
    for name in _WHOLE:
        if isinstance(settings.get(name), Mapping):
            found[name] = {**DEFAULTS[name], **settings[name]}
    if found.get("workingHours"):
        found["workingHours"] = _on_the_clock(found["workingHours"])
    known = language(str((settings.get("language") or {}).get("locale")))
    return found if known is None else {**found, "language": known}


def _on_the_clock(hours: Mapping[str, Any]) -> Record:
    """Hours as a mailbox says them: each to seven digits of a second, whoever sent fewer."""
    times = {name: str(hours[name]) for name in ("startTime", "endTime")}
    return {**hours, **{name: f"{time}{_LAST[len(time) :]}" for name, time in times.items()}}


def _check(record: Record, before: Record | None) -> None:
    """Raise GraphError (400) for what no mailbox can be set to."""
    said = record.get("mailboxSettings")
    if not said:
        return
    known = (before or {}).get("mailboxSettings") or {}
    fixed = [name for name in _FIXED if name in said and said[name] != known.get(name)]
    if fixed:
        raise OutlookWords().read_only("mailboxSettings", fixed)
    for name in (each for each in said if each in DEFAULTS and said[each] is None):
        if name not in _FIXED:
            raise invalid(f"A mailbox always has '{name}'.", f"mailboxSettings/{name}")
    for name, check in _CHECKS.items():
        value = said.get(name)
        if value is not None:
            check({**(known.get(name) or {}), **value} if isinstance(value, dict) else value)


def _check_format(form: re.Pattern[str], name: str, example: str) -> Callable[[str], None]:
    def check(value: str) -> None:
        if form.fullmatch(value) is None:
            raise invalid(f"'{value}' is no format: {example}.", f"mailboxSettings/{name}")

    return check


def _check_language(value: Mapping[str, Any]) -> None:
    locale = str(value.get("locale"))
    if language(locale) is None:
        message = f"'{locale}' is no language of a mailbox: outlook/supportedLanguages lists them."
        raise invalid(message, "mailboxSettings/language/locale")


def _check_hours(value: Mapping[str, Any]) -> None:
    """https://learn.microsoft.com/graph/api/user-update-mailboxsettings has what is wrong."""
    hours = _on_the_clock({**DEFAULTS["workingHours"], **value})
    if hours["startTime"] >= hours["endTime"]:
        message, where = "Start Time should occur before End Time.", "workingHours/endTime"
        raise GraphError(400, "ErrorInvalidTimeSettings", message, f"mailboxSettings/{where}")
    named = hours.get("timeZone") or {}
    if named.get("name") and "customTimeZone" not in str(named.get("@odata.type")):
        try:
            zone(named["name"])
        except GraphError as unknown:
            message, where = "Time Zone settings provided are invalid.", "workingHours/timeZone"
            raise GraphError(
                400,
                "InvalidTimeZone",
                message,
                f"mailboxSettings/{where}",
                [Problem(unknown.message, f"mailboxSettings/{where}/name", unknown.code)],
            ) from unknown


def _check_replies(value: Mapping[str, Any]) -> None:
    ends = [value.get(f"scheduled{each}DateTime") for each in ("Start", "End")]
    moments = [moment_of(each)[0] for each in ends if each]
    if value.get("status") != "scheduled":
        return
    if len(moments) < len(ends) or moments[0] >= moments[1]:
        message = "Scheduled replies have a scheduledStartDateTime, and an end after it."
        where = "mailboxSettings/automaticRepliesSetting/scheduledEndDateTime"
        raise invalid(message, where)


_CHECKS: Mapping[str, Callable[[Any], object]] = {
    "timeZone": zone,
    "language": _check_language,
    "dateFormat": _check_format(_DATES, "dateFormat", "M/d/yyyy"),
    "timeFormat": _check_format(_TIMES, "timeFormat", "h:mm tt"),
    "workingHours": _check_hours,
    "automaticRepliesSetting": _check_replies,
}


# What there is to choose from -----------------------------------------------------------------


@operation("outlookUser/supportedLanguages", reads=True, workload=OUTLOOK)
def supported_languages(call: Call) -> list[Record]:
    """https://learn.microsoft.com/graph/api/outlookuser-supportedlanguages"""
    return [{"locale": locale, "displayName": name} for locale, name in languages().items()]


@operation("outlookUser/supportedTimeZones", reads=True, workload=OUTLOOK)
def supported_time_zones(call: Call) -> list[Record]:
    """https://learn.microsoft.com/graph/api/outlookuser-supportedtimezones"""
    if call.arguments.get("TimeZoneStandard") == "iana":
        return [{"alias": name, "displayName": name} for name in names_of("iana")]
    winter = datetime(2026, 1, 1, tzinfo=UTC)
    return [
        {"alias": name, "displayName": f"(UTC{_offset(winter, name)}) {name}"}
        for name in names_of("windows")
    ]


def _offset(moment: datetime, name: str) -> str:
    text = moment.astimezone(zone(name)).strftime("%z")
    return "" if text == "+0000" else f"{text[:3]}:{text[3:5]}"


TYPES = (
    Type(
        "user",
        computed={"mailboxSettings": _settings},
        written={"mailboxSettings": _completed},
        refuses=(_check,),
        only_when_selected=frozenset({"mailboxSettings"}),
        merged=frozenset({"mailboxSettings", "mailboxSettings/*"}),
    ),
    Type("mailboxSettings", tells_changes=True),
)
NAVIGATION = ()
OPERATIONS = (supported_languages, supported_time_zones)
