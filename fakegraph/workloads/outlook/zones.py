"""Time zones by the names that Windows has for them, and by those of the IANA database.

Which is which is a fact of Unicode's CLDR (supplemental data, windowsZones).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from fakegraph.errors import GraphError

_ZONES = """
Dateline Standard Time=Etc/GMT+12
UTC-11=Etc/GMT+11
Aleutian Standard Time=America/Adak
Hawaiian Standard Time=Pacific/Honolulu
Marquesas Standard Time=Pacific/Marquesas
Alaskan Standard Time=America/Anchorage
UTC-09=Etc/GMT+9
Pacific Standard Time (Mexico)=America/Tijuana
UTC-08=Etc/GMT+8
Pacific Standard Time=America/Los_Angeles
US Mountain Standard Time=America/Phoenix
Mountain Standard Time (Mexico)=America/Mazatlan
Mountain Standard Time=America/Denver
Yukon Standard Time=America/Whitehorse
Central America Standard Time=America/Guatemala
Central Standard Time=America/Chicago
Easter Island Standard Time=Pacific/Easter
Central Standard Time (Mexico)=America/Mexico_City
Canada Central Standard Time=America/Regina
SA Pacific Standard Time=America/Bogota
Eastern Standard Time (Mexico)=America/Cancun
Eastern Standard Time=America/New_York
Haiti Standard Time=America/Port-au-Prince
Cuba Standard Time=America/Havana
US Eastern Standard Time=America/Indianapolis
Turks And Caicos Standard Time=America/Grand_Turk
Paraguay Standard Time=America/Asuncion
Atlantic Standard Time=America/Halifax
Venezuela Standard Time=America/Caracas
Central Brazilian Standard Time=America/Cuiaba
SA Western Standard Time=America/La_Paz
Pacific SA Standard Time=America/Santiago
Newfoundland Standard Time=America/St_Johns
Tocantins Standard Time=America/Araguaina
E. South America Standard Time=America/Sao_Paulo
SA Eastern Standard Time=America/Cayenne
Argentina Standard Time=America/Buenos_Aires
Greenland Standard Time=America/Godthab
Montevideo Standard Time=America/Montevideo
Magallanes Standard Time=America/Punta_Arenas
Saint Pierre Standard Time=America/Miquelon
Bahia Standard Time=America/Bahia
UTC-02=Etc/GMT+2
Azores Standard Time=Atlantic/Azores
Cape Verde Standard Time=Atlantic/Cape_Verde
UTC=Etc/UTC
GMT Standard Time=Europe/London
Greenwich Standard Time=Atlantic/Reykjavik
Sao Tome Standard Time=Africa/Sao_Tome
Morocco Standard Time=Africa/Casablanca
W. Europe Standard Time=Europe/Berlin
Central Europe Standard Time=Europe/Budapest
Romance Standard Time=Europe/Paris
Central European Standard Time=Europe/Warsaw
W. Central Africa Standard Time=Africa/Lagos
Jordan Standard Time=Asia/Amman
GTB Standard Time=Europe/Bucharest
Middle East Standard Time=Asia/Beirut
Egypt Standard Time=Africa/Cairo
E. Europe Standard Time=Europe/Chisinau
Syria Standard Time=Asia/Damascus
West Bank Standard Time=Asia/Hebron
South Africa Standard Time=Africa/Johannesburg
FLE Standard Time=Europe/Kiev
Israel Standard Time=Asia/Jerusalem
South Sudan Standard Time=Africa/Juba
Kaliningrad Standard Time=Europe/Kaliningrad
Sudan Standard Time=Africa/Khartoum
Libya Standard Time=Africa/Tripoli
Namibia Standard Time=Africa/Windhoek
Arabic Standard Time=Asia/Baghdad
Turkey Standard Time=Europe/Istanbul
Arab Standard Time=Asia/Riyadh
Belarus Standard Time=Europe/Minsk
Russian Standard Time=Europe/Moscow
E. Africa Standard Time=Africa/Nairobi
Iran Standard Time=Asia/Tehran
Arabian Standard Time=Asia/Dubai
Astrakhan Standard Time=Europe/Astrakhan
Azerbaijan Standard Time=Asia/Baku
Russia Time Zone 3=Europe/Samara
Mauritius Standard Time=Indian/Mauritius
Saratov Standard Time=Europe/Saratov
Georgian Standard Time=Asia/Tbilisi
Volgograd Standard Time=Europe/Volgograd
Caucasus Standard Time=Asia/Yerevan
Afghanistan Standard Time=Asia/Kabul
West Asia Standard Time=Asia/Tashkent
Ekaterinburg Standard Time=Asia/Yekaterinburg
Pakistan Standard Time=Asia/Karachi
Qyzylorda Standard Time=Asia/Qyzylorda
India Standard Time=Asia/Calcutta
Sri Lanka Standard Time=Asia/Colombo
Nepal Standard Time=Asia/Katmandu
Central Asia Standard Time=Asia/Bishkek
Bangladesh Standard Time=Asia/Dhaka
Omsk Standard Time=Asia/Omsk
Myanmar Standard Time=Asia/Rangoon
SE Asia Standard Time=Asia/Bangkok
Altai Standard Time=Asia/Barnaul
W. Mongolia Standard Time=Asia/Hovd
North Asia Standard Time=Asia/Krasnoyarsk
N. Central Asia Standard Time=Asia/Novosibirsk
Tomsk Standard Time=Asia/Tomsk
China Standard Time=Asia/Shanghai
North Asia East Standard Time=Asia/Irkutsk
Singapore Standard Time=Asia/Singapore
W. Australia Standard Time=Australia/Perth
Taipei Standard Time=Asia/Taipei
Ulaanbaatar Standard Time=Asia/Ulaanbaatar
Aus Central W. Standard Time=Australia/Eucla
Transbaikal Standard Time=Asia/Chita
Tokyo Standard Time=Asia/Tokyo
North Korea Standard Time=Asia/Pyongyang
Korea Standard Time=Asia/Seoul
Yakutsk Standard Time=Asia/Yakutsk
Cen. Australia Standard Time=Australia/Adelaide
AUS Central Standard Time=Australia/Darwin
E. Australia Standard Time=Australia/Brisbane
AUS Eastern Standard Time=Australia/Sydney
West Pacific Standard Time=Pacific/Port_Moresby
Tasmania Standard Time=Australia/Hobart
Vladivostok Standard Time=Asia/Vladivostok
Lord Howe Standard Time=Australia/Lord_Howe
Bougainville Standard Time=Pacific/Bougainville
Russia Time Zone 10=Asia/Srednekolymsk
Magadan Standard Time=Asia/Magadan
Norfolk Standard Time=Pacific/Norfolk
Sakhalin Standard Time=Asia/Sakhalin
Central Pacific Standard Time=Pacific/Guadalcanal
Russia Time Zone 11=Asia/Kamchatka
New Zealand Standard Time=Pacific/Auckland
UTC+12=Etc/GMT-12
Fiji Standard Time=Pacific/Fiji
Chatham Islands Standard Time=Pacific/Chatham
UTC+13=Etc/GMT-13
Tonga Standard Time=Pacific/Tongatapu
Samoa Standard Time=Pacific/Apia
Line Islands Standard Time=Pacific/Kiritimati
"""


@cache
def _windows() -> Mapping[str, str]:
    pairs = (line.partition("=") for line in _ZONES.strip().splitlines())
    return {name.casefold(): zone for name, _, zone in pairs}


@cache
def zone(name: str) -> tzinfo:
    """The time zone of a name, of either kind. Raises GraphError (400)."""
    if name.casefold() in ("utc", "etc/utc", "etc/gmt", "gmt"):
        return UTC
    known = _windows().get(name.casefold(), name)
    try:
        # The service has no "EST" nor "MST", and pages list none of that kind; some machines have
        # all zones again by names of theirs.
        if "/" not in known or known.partition("/")[0] in ("posix", "right"):
            raise ValueError(known)
        return ZoneInfo(known)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise GraphError(
            400,
            "TimeZoneNotSupportedException",
            "A valid TimeZone value must be specified. The following TimeZone value is not "
            f"supported: '{name}'.",
        ) from error


def names_of(standard: str) -> list[str]:
    """The names of all zones, ``windows`` or ``iana``."""
    if standard == "iana":
        return sorted(set(_windows().values()))
    return [line.partition("=")[0] for line in _ZONES.strip().splitlines()]


FLOATING = "@floating"
"""Marks the ends of what lasts all day: they are midnight wherever somebody looks on."""


def in_utc(value: Mapping[str, Any]) -> dict[str, Any]:
    """A ``dateTimeTimeZone`` as Outlook keeps it: in UTC, with seven digits."""
    return in_zone(value, "UTC")


def in_zone(value: Mapping[str, Any], name: str) -> dict[str, Any]:
    """A ``dateTimeTimeZone`` in another time zone. Raises GraphError (400)."""
    moment, rest = moment_of(value)
    try:
        local = moment.astimezone(zone(name))
    except OverflowError as error:  # at an end of the calendar
        raise _unread(str(value.get("dateTime"))) from error
    return {**value, "dateTime": _text(local, rest), "timeZone": name}


def as_told(value: Mapping[str, Any], name: str | None) -> Mapping[str, Any]:
    """A kept ``dateTimeTimeZone`` in the zone of that name, in UTC for None."""
    if value.get(FLOATING):
        return {"dateTime": value["dateTime"], "timeZone": name or "UTC"}
    return value if name is None else in_zone(value, name)


def utc_of(local: datetime, here: tzinfo) -> dict[str, Any]:
    """A time of a zone, as Outlook keeps it. Raises OverflowError at an end of the calendar."""
    return {"dateTime": _text(local.replace(tzinfo=here).astimezone(UTC)), "timeZone": "UTC"}


def floating(local: datetime) -> dict[str, Any]:
    """Midnight of a day, wherever somebody looks on."""
    midnight = local.replace(hour=0, minute=0, second=0)
    return {"dateTime": _text(midnight), "timeZone": "UTC", FLOATING: True}


def _text(moment: datetime, rest: str = "0000000") -> str:
    return f"{moment.replace(tzinfo=None, microsecond=0).isoformat()}.{rest}"


_SHAPE = re.compile(
    r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d)?)?(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)?", re.ASCII
)


def read_iso(text: str) -> datetime:
    """A date, or a date and a time, as ISO 8601 writes it at length. Raises ValueError."""
    if _SHAPE.fullmatch(text) is None:
        raise ValueError(text)
    return datetime.fromisoformat(text)


def moment_of(value: Mapping[str, Any]) -> tuple[datetime, str]:
    """The moment that a ``dateTimeTimeZone`` means, and its seven digits. Raises GraphError."""
    text, name = str(value.get("dateTime") or ""), str(value.get("timeZone") or "UTC")
    plain = text.removesuffix("Z")
    whole, _, fraction = plain.partition(".")
    try:
        found = read_iso(whole)
        if fraction and not (fraction.isascii() and fraction.isdigit()):
            raise ValueError(fraction)
    except ValueError as error:
        raise _unread(text) from error
    if found.tzinfo is None:
        found = found.replace(tzinfo=UTC if text.endswith("Z") else zone(name))
    try:
        found.astimezone(UTC)
    except OverflowError as error:  # at an end of the calendar
        raise _unread(text) from error
    return found, fraction[:7].ljust(7, "0")


def _unread(text: str) -> GraphError:
    message = f"The value of parameter 'DateTime' is invalid: '{text}'."
    return GraphError(400, "ErrorInvalidParameter", message)


_EDGE = timedelta(days=3)  # to look around without an end of the calendar
_FIRST, _LAST = (each.replace(tzinfo=UTC) for each in (datetime.min, datetime.max))


def within(moment: datetime) -> datetime:
    """A moment, as far as there are days about it."""
    return min(max(moment, _FIRST + _EDGE), _LAST - _EDGE)


def slot_of(slot: Mapping[str, Any], what: str) -> tuple[datetime, datetime]:
    """When a ``timeSlot`` begins and ends. Raises GraphError (400) for what is none."""
    values = [slot.get(name) for name in ("start", "end")]
    known = [within(moment_of(each)[0].astimezone(UTC)) for each in values if each is not None]
    if len(known) < len(values) or known[1] <= known[0]:
        message = f"The time duration specified for {what} is invalid."
        raise GraphError(400, "ErrorInvalidTimeInterval", message, what)
    return known[0], known[1]
