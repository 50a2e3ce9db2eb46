"""What Outlook says when something is wrong: codes as those of Exchange Web Services."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from fakegraph.errors import GraphError, Problem
from fakegraph.workloads.declarations import Tracking, Workload
from fakegraph.workloads.outlook.extended import spelt_in
from fakegraph.workloads.outlook.ids import may_be_id
from fakegraph.workloads.outlook.rights import check_mailbox
from fakegraph.workloads.outlook.shared import shares, veils
from fakegraph.workloads.outlook.zones import zone
from fakegraph.workloads.words import WHOLE_LINKS, Words

NOT_FOUND = "The specified object was not found in the store."
_DAYS = re.compile(r"(?:.*/)?workingHours/daysOfWeek(?:\[\d+\])?")
_NO_DAY = re.compile(r"Requested value '.*?' was not found\.")
SINGLE = frozenset(
    {"calendar", "photo", "event", "$value"}
)  # what a path may lead to without a key


class OutlookWords(Words):
    """Outlook's sentences; many end in a second one after a comma."""

    bad = "RequestBodyRead"
    denied = ("ErrorAccessDenied", "Access is denied. Check credentials and try again.")

    def not_found(self, type_name: str, key: str) -> GraphError:
        if type_name == "profilePhoto":
            return GraphError(
                404,
                "ImageNotFound",
                "Exception of type 'Microsoft.Fast.Profile.Core.Exception.ImageNotFoundException' "
                "was thrown.",
            )
        if type_name == "messageRule":
            return GraphError(404, "ErrorMessageRuleNotFound", NOT_FOUND)
        if key not in SINGLE and not may_be_id(key, guid=type_name != "calendar"):
            return GraphError(400, "ErrorInvalidIdMalformed", "Id is malformed.")
        return GraphError(404, "ErrorItemNotFound", NOT_FOUND)

    def no_holder(self, key: str, tenant: str) -> GraphError:
        who = key if "@" in key else f"{key}@{tenant}"
        return GraphError(404, "ErrorInvalidUser", f"The requested user '{who}' is invalid.")

    def read_only(self, type_name: str, names: Sequence[str]) -> GraphError:
        message = "Set action is invalid for property."
        details = [
            Problem(f"{message} '{name}' cannot be set.", name, "ErrorInvalidPropertySet")
            for name in names
        ]
        return GraphError(400, "ErrorInvalidPropertySet", message, names[0], details)

    def invalid(self, problems: Sequence[Problem]) -> GraphError:
        """As everywhere, but for the days of working hours: the store reads them, and says so."""
        first, *_ = problems
        said = _NO_DAY.match(first.message) if _DAYS.fullmatch(first.target or "") else None
        if said is None:
            return super().invalid(problems)
        whole = [Problem(each.message, each.target, "InvalidArguments") for each in problems]
        return GraphError(400, "InvalidArguments", said[0], first.target, whole)

    def required(self, type_name: str, names: Sequence[str]) -> GraphError:
        if type_name.endswith("ttachment"):
            return missing_part(names[0])
        message = "At least one property failed validation."
        details = [
            Problem(
                f"{message} A value is required for '{name}'.",
                name,
                "ErrorPropertyValidationFailure",
            )
            for name in names
        ]
        return GraphError(400, "ErrorPropertyValidationFailure", message, names[0], details)

    def taken(self, type_name: str, name: str, value: object, holder: str = "") -> GraphError:
        if type_name in ("mailFolder", "contactFolder", "calendar"):
            message = "A folder with the specified name already exists."
            return GraphError(409, "ErrorFolderExists", message, name.rpartition("+")[2])
        return GraphError(409, "ErrorItemExists", f"'{value}' exists already.", name.lstrip("@"))

    def too_long(self) -> GraphError:
        return too_long()

    def stale(self, type_name: str, tag: str) -> GraphError:
        return GraphError(
            412,
            "ErrorIrresolvableConflict",
            "The send or update operation could not be performed because the change key passed in "
            "the request does not match the current change key for the item.",
            "If-Match",
        )

    def kept(self, type_name: str, key: str) -> GraphError:
        if type_name == "mailFolder":
            message = "Distinguished folders cannot be deleted."
            return GraphError(400, "ErrorDeleteDistinguishedFolder", message)
        message = f"The {type_name} '{key}' is always there and cannot be deleted."
        return GraphError(400, "ErrorDeleteDistinguishedFolder", message)

    def bad_token(self, token: str) -> GraphError:
        message = f"The sync state data is invalid. {WHOLE_LINKS}"
        return GraphError(400, "ErrorInvalidSyncStateData", message, token)

    def expired_token(self, since: int, ends: int, url: str) -> GraphError:
        numbers = f"generation={since};[highest={ends}]"
        message = f"The sync state generation is not found; {numbers}."
        return GraphError(410, "SyncStateNotFound", message)

    def lost_token(self, since: int, ends: int, url: str) -> GraphError:
        return self.expired_token(since, ends, url)


def too_long() -> GraphError:
    """More than one request may bring."""
    return GraphError(413, "BadRequest", "The maximum request length supported is 4MB.")


def missing_part(target: str) -> GraphError:
    """Something that is attached without all that it takes."""
    code, name = "ErrorRequiredPropertyMissing", target.rpartition("/")[2]
    why = f"A value is required for '{name}'."
    said = "Required property is missing."
    return GraphError(400, code, said, target, [Problem(why, target, code)])


def invalid(message: str, target: str) -> GraphError:
    """A property that fails Exchange's own checks."""
    code = "ErrorPropertyValidationFailure"
    said = "At least one property failed validation."
    return GraphError(400, code, said, target, [Problem(message, target, code)])


def _check_zone(preferences: Mapping[str, str]) -> None:
    """Raise GraphError (400) for a time zone that there is none of, though no time is shown."""
    name = preferences.get("outlook.timezone")
    if name is not None:
        zone(name)


OUTLOOK = Workload(
    "outlook",
    max_page=1000,
    texts=True,
    any_case=True,
    respells=spelt_in,
    holder=check_mailbox,
    shares=shares,
    veils=veils,
    types=(
        *("outlookItem", "mailFolder", "messageRule", "calendar", "calendarGroup"),
        *("calendarPermission", "contactFolder", "person", "profilePhoto", "outlookCategory"),
        *("outlookUser", "inferenceClassification", "inferenceClassificationOverride"),
        *("attachment", "conversation", "conversationThread", "mailboxSettings"),
    ),
    words=OutlookWords(),
    longest=4 * 1024 * 1024,
    private=True,
    nulls=True,
    whole=True,
    walks=True,
    prefers=_check_zone,
    preferences=frozenset(
        {"outlook.timezone", "outlook.body-content-type", "outlook.allow-unsafe-html", "idtype"}
    ),
    tracking=Tracking(
        options=frozenset({"select", "top", "expand"}),
        heeded=frozenset({"odata.track-changes"}),
        typed=True,
    ),
)
