"""What is asked of a subscription before it is made or changed, and of who is to be notified.

https://learn.microsoft.com/graph/api/subscription-post-subscriptions
"""

from __future__ import annotations

import re
from base64 import b64decode
from binascii import Error as NoBase64
from dataclasses import replace
from typing import Any
from urllib.parse import unquote

from fakegraph.changes.lifecycle import REAUTHORIZED, SUBSCRIBER
from fakegraph.edm.values import TICKS_PER_MINUTE, Instant, format_instant, instant
from fakegraph.errors import GraphError, Problem
from fakegraph.graph.resource_path import ResourcePath
from fakegraph.graph.whole import guarding
from fakegraph.graph.whole.asked import Asked
from fakegraph.graph.whole.places import One
from fakegraph.graph.whole.plan import Plan
from fakegraph.graph.whole.watching import Resource, Watch, read_resource
from fakegraph.odata.query_string import split_options
from fakegraph.store import Record
from fakegraph.tenants.beyond import Refused
from fakegraph.workloads.subscriptions.resources import (
    CREATED,
    DELETED,
    SECURED,
    UPDATED,
    Watched,
    watched_at,
)

LEAST_MINUTES = 45
"""A subscription lives for so long at least: an earlier end is moved there."""

_URLS = ("notificationUrl", "lifecycleNotificationUrl")
_OTHER_CHANNELS = ("eventhub:", "eventgrid:")
_SECURITY = "includesecuritywebhooks"
_BODIES = re.compile(r"\b(?:body|uniqueBody)\b", re.IGNORECASE)
_UNPAGED = ("top", "skip", "orderby", "expand")
_HOUR = 60


def prepare_new(asked: Asked, record: Record) -> Record:
    """A subscription as it is made, once whoever is to be notified has said that this is wanted.

    Raises GraphError, and then nothing is made.
    """
    types = _types(record["changeType"])
    resource = _resource(asked, record)
    watched = resource.watched
    for each in types:
        if each not in watched.told:
            raise _refused(f"Invalid 'changeType' attribute: '{each}'.", "changeType")
    told = {name: _destination(asked, name, record.get(name)) for name in _URLS}
    _check_contents(record, resource)
    end = _end(asked, record["expirationDateTime"], _longest(record, watched))
    hours = watched.lasts and end - asked.tenant.instant() > _HOUR * TICKS_PER_MINUTE
    if hours and not record.get("lifecycleNotificationUrl"):
        raise _refused(
            "lifecycleNotificationUrl is a required property for subscription creation on this "
            "resource when the expirationDateTime value is set to greater than 1 hour.",
            "lifecycleNotificationUrl",
        )
    _check_there(asked, resource)
    _check_single(asked, record, watched)
    _check_quotas(asked, resource)
    for name, found in told.items():
        _greet(asked, name, found)
    secured = _SECURITY in asked.preferences.texts and bool(watched.secured)
    more = {SECURED: True} if secured else {}
    return {**record, **more, "expirationDateTime": _text(end, record["expirationDateTime"])}


def prepare_change(asked: Asked, known: Record, changes: Record) -> Record:
    """The changes of a subscription, as they are made. Raises GraphError."""
    if not {"expirationDateTime", "notificationUrl"} & {
        name for name, value in changes.items() if value is not None
    } and not any(name.startswith("encryption") for name in changes):
        raise _refused(
            "Subscription must contain either the 'expirationDateTime' or 'notificationUrl' "
            "property and its value.",
            None,
        )
    whole = {**known, **changes}
    found = {**changes, REAUTHORIZED: format_instant(asked.tenant.instant())}
    resource = _resource(asked, known)
    _check_contents(whole, resource)
    if changes.get("expirationDateTime") is not None:
        end = _end(asked, changes["expirationDateTime"], _longest(whole, resource.watched))
        found["expirationDateTime"] = _text(end, changes["expirationDateTime"])
    url = changes.get("notificationUrl")
    if url is not None and url != known.get("notificationUrl"):
        _greet(asked, "notificationUrl", _destination(asked, "notificationUrl", url))
    return found


def _types(text: str) -> list[str]:
    """The types of changes that a subscription names. Raises GraphError."""
    found = [each.strip() for each in text.split(",")]
    for each in found:
        if each not in (CREATED, UPDATED, DELETED):
            raise _refused(f"Invalid 'changeType' attribute: '{each}'.", "changeType")
    return found


def _resource(asked: Asked, record: Record) -> Resource:
    """What a subscription is about. Raises GraphError."""
    text = str(record.get("resource") or "")
    try:
        found = read_resource(record, asked.walk)
    except GraphError as error:
        raise _by_workload("BadRequest", error.message, 400) from error
    if found is None:
        raise _refused(
            f"Resource '{text}' is invalid or not supported. What can be subscribed to is listed "
            "at https://learn.microsoft.com/graph/api/resources/change-notifications-api-overview.",
            "resource",
        )
    if record.get("notificationQueryOptions") and not found.watched.queried:
        raise _refused(
            "notificationQueryOptions are for the jobs of printers alone: of others the resource "
            "has the $filter.",
            "notificationQueryOptions",
        )
    return found


def _destination(asked: Asked, name: str, url: Any) -> Any:
    """Where a URL leads, looked up once; None where there is none. Raises GraphError."""
    if url is None:
        return None
    if url.casefold().startswith(_OTHER_CHANNELS):
        raise _refused(
            f"The {name} '{url.partition(':')[0]}:…' is none that this server delivers to: it "
            "sends notifications to webhooks alone.",
            name,
        )
    try:
        return asked.tenant.beyond.find(url)
    except Refused as error:
        said = re.sub(r"^(?:It|The notificationUrl)\b", f"The {name}", str(error))
        raise _refused(said, name) from error


def _longest(record: Record, watched: Watched) -> int:
    """How many minutes a subscription lives at most."""
    return watched.rich if record.get("includeResourceData") else watched.minutes


def _end(asked: Asked, text: str, minutes: int) -> Instant:
    """When a subscription ends. Raises GraphError for what is too late, or over."""
    now, end = asked.tenant.instant(), instant(text)
    if end > now + minutes * TICKS_PER_MINUTE:
        message = f"Subscription expiration can only be {minutes} minutes in the future."
        raise GraphError(400, "ValidationError", message, "expirationDateTime")
    if end <= now:
        raise _refused("Subscription expiration must be in the future.", "expirationDateTime")
    least = Instant(now + LEAST_MINUTES * TICKS_PER_MINUTE)
    if end < least:
        asked.exchange.note_ignored(
            f"expirationDateTime '{text}'", f"A subscription lives for {LEAST_MINUTES} minutes."
        )
        return least
    return end


def _text(end: Instant, said: str) -> str:
    return said if instant(said) == end else format_instant(end)


def _check_contents(record: Record, resource: Resource) -> None:
    """Raise GraphError for contents that are not to be had, or cannot be encrypted."""
    watched = resource.watched
    if record.get("encryptionCertificate"):
        _check_certificate(record["encryptionCertificate"])
    if not record.get("includeResourceData"):
        if watched.encrypted:
            raise _refused(
                "Notifications of this resource have contents: includeResourceData has to be true.",
                "includeResourceData",
            )
        return
    if not watched.rich:
        raise _refused(
            f"includeResourceData is not supported for the resource '{resource.text}'.",
            "includeResourceData",
        )
    for name in ("encryptionCertificate", "encryptionCertificateId"):
        if not record.get(name):
            raise _refused(f"{name} is a required property for subscription creation", name)
    if len(record["encryptionCertificateId"]) > _LONGEST_ID:
        raise _refused(
            f"encryptionCertificateId has at most {_LONGEST_ID} characters.",
            "encryptionCertificateId",
        )
    if watched.selects:
        _check_selected(resource)


_LONGEST_ID = 128


def _check_selected(resource: Resource) -> None:
    """Raise GraphError for contents of Outlook that are not told which they are."""
    select = resource.options.get("select")
    if not select:
        raise _refused(
            "Subscriptions with contents of this resource have a $select in their resource.",
            "resource",
        )
    paged = [name for name in _UNPAGED if resource.options.get(name) is not None]
    if paged or _BODIES.search(select):
        what = f"${paged[0]}" if paged else "body"
        raise _refused(f"'{what}' cannot be in the resource of such a subscription.", "resource")


def _check_certificate(text: str) -> None:
    """Raise GraphError unless it is a certificate with a key that contents can be encrypted to."""
    from fakegraph.changes.contents import BadCertificate, read_certificate

    try:
        read_certificate(b64decode("".join(text.split()), validate=True))
    except (NoBase64, ValueError, BadCertificate) as error:
        why = str(error) if isinstance(error, BadCertificate) else "It is no base64."
        message = f"encryptionCertificate is not valid. {why}"
        raise _refused(message, "encryptionCertificate") from error


def _check_there(asked: Asked, resource: Resource) -> None:
    """Raise GraphError for a resource that is not there, or not for who asks."""
    reading = _reading(asked, resource.asked)
    try:
        guarding.check(reading, asked.access)
        if resource.watched.outlook:
            _check_mailbox(reading)
        if not resource.watched.everywhere:
            place = _reading(asked, resource.path).located().place  # makes what is there anyway
            if isinstance(place, One):
                place.check()
        Watch(asked.world, asked.tenant.store, resource, asked.me, asked.tenant.instant)
    except GraphError as error:
        if error.status == 403:
            raise _by_workload("Forbidden", "Forbidden", 403) from error
        reason = "Not Found" if error.status == 404 else error.message
        raise _by_workload(_NAMES.get(error.status, "BadRequest"), reason, error.status) from error


def _check_mailbox(reading: Asked) -> None:
    """Raise GraphError (403) for a mailbox of another user: what is shared can be read, but only
    apps by themselves subscribe to it.

    https://learn.microsoft.com/graph/outlook-share-messages-folders
    """
    access = reading.access
    if access.granted is None or access.app_only or not reading.plan.private:
        return
    if not guarding.is_own(reading):
        raise reading.words.forbidden("Shared mailboxes are subscribed to by apps by themselves.")


_NAMES = {404: "NotFound", 403: "Forbidden", 400: "BadRequest"}


def _reading(asked: Asked, path: ResourcePath) -> Asked:
    """Who asks for a subscription, as who reads a path. Raises GraphError."""
    plan = Plan(asked.world, path, asked.plan.least)
    if asked.access.app_only and plan.of_me:
        raise plan.workload.words.no_user()
    return replace(
        asked,
        method="GET",
        path=path,
        plan=plan,
        segments=path.segments({}, {}),
        use=plan.uses.get("GET", asked.use),
        options=split_options("", ()),
    )


def _check_single(asked: Asked, record: Record, watched: Watched) -> None:
    """Raise GraphError where an application has one for that already, and may have one alone."""
    if not watched.single:
        return
    app = asked.access.app or None
    for row in asked.tenant.store.container("subscriptions").scan():
        same = row.record.get("resource", "").strip("/") == record["resource"].strip("/")
        if same and row.record.get("applicationId") == app:
            raise _by_workload(
                "Conflict",
                "A subscripton already exists. It must be deleted before a another can be made.",
                409,
            )


def _check_quotas(asked: Asked, resource: Resource) -> None:
    """Raise GraphError (403) where there are as many subscriptions as there may be."""
    app, mine = asked.access.app or None, _whose(asked, resource.text, asked.person)
    counts = dict.fromkeys(resource.watched.quotas, 0)
    for row in asked.tenant.store.container("subscriptions").scan() if counts else ():
        path = str(row.record.get("resource") or "").lstrip("/").partition("?")[0]
        other = watched_at(path)
        for quota in () if other is None else counts.keys() & {*other.quotas}:
            is_ours = not quota.by_app or row.record.get("applicationId") == app
            if is_ours and quota.by_owner:
                is_ours = _whose(asked, path, row.record.get(SUBSCRIBER)) == mine
            counts[quota] += is_ours
    over = next((quota for quota, count in counts.items() if count >= quota.most), None)
    if over is not None:
        error = _by_workload("Forbidden", "Maximum number of subscriptions has been reached", 403)
        hint = f"There are {over.most} at most of this kind ({over.name})."
        error.details = [Problem(hint, "resource", error.code)]
        raise error


_OWNER = re.compile(r"me\b|users(?:/([^/()]+)|\('?([^()']*)'?\))", re.IGNORECASE)


def _whose(asked: Asked, path: str, subscriber: Any) -> Any:
    """Whose that is what a subscription is about: the key of the user, or what the path says."""
    found = _OWNER.match(path)
    if found is None:
        return None
    wanted = unquote(found[1] or found[2] or "") or subscriber
    users = asked.tenant.store.container("users")
    rows = (users.find(name, wanted) for name in ("id", "userPrincipalName") if wanted)
    row = next(filter(None, rows), None)
    return wanted if row is None else row.key


def _greet(asked: Asked, name: str, found: Any) -> None:
    """Ask whoever listens there whether notifications are wanted. Raises GraphError."""
    if found is None:
        return
    try:
        asked.tenant.beyond.greet(found, asked.tenant.new_id())
    except Refused as error:
        raise GraphError(400, "ValidationError", str(error), name) from error


def _refused(message: str, target: str | None) -> GraphError:
    return GraphError(400, "InvalidRequest", message, target)


def _by_workload(name: str, reason: str, status: int) -> GraphError:
    """What a workload refuses, as the service passes it on."""
    message = f"Operation: Create; Exception: [Status Code: {name}; Reason: {reason}]"
    return GraphError(status, "ExtensionError", message, "resource")
