"""What mailboxes are set to.

https://learn.microsoft.com/graph/api/resources/mailboxsettings
"""

from __future__ import annotations

from typing import Any

from fakegraph.workloads.declarations import Type
from fakegraph.workloads.handed import Reading

_DEFAULTS: dict[str, Any] = {
    "archiveFolder": None,
    "automaticRepliesSetting": {
        "status": "disabled",
        "externalAudience": "all",
        "internalReplyMessage": "",
        "externalReplyMessage": "",
        "scheduledStartDateTime": {"dateTime": "0001-01-01T00:00:00.0000000", "timeZone": "UTC"},
        "scheduledEndDateTime": {"dateTime": "0001-01-01T00:00:00.0000000", "timeZone": "UTC"},
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


def _settings(reading: Reading) -> dict[str, Any]:
    """What was set, and what nobody has set yet."""
    return {**_DEFAULTS, **(reading.record.get("mailboxSettings") or {})}


TYPES = (
    Type(
        "user",
        computed={"mailboxSettings": _settings},
        only_when_selected=frozenset({"mailboxSettings"}),
        merged=frozenset({"mailboxSettings"}),
    ),
)
NAVIGATION = ()
