"""Apps: the catalog, where they are installed, and the tabs that show them.

https://learn.microsoft.com/graph/api/resources/teamsapp
"""

from __future__ import annotations

import base64
import json
import zipfile
import zlib
from collections.abc import Iterator
from io import BytesIO
from typing import Any
from urllib.parse import quote

from fakegraph.errors import GraphError, bad_request
from fakegraph.store import Record
from fakegraph.workloads.declarations import Navigation, Type
from fakegraph.workloads.handed import Given, Making
from fakegraph.workloads.operations import Call, Thing, operation
from fakegraph.workloads.teams.migration import is_said
from fakegraph.workloads.teams.rights import check_open

_APP = "teamsApp@odata.bind"
_BUILT_IN = "com.microsoft.teamspace.tab."  # what Teams itself has for tabs
_LARGEST_MANIFEST = 1_000_000

CATALOG = "appCatalogs/teamsApps"
#: Of an app, the types of activities that its manifest has; a seed may say them.
ACTIVITIES = "@activityTypes"


def _installation_id(making: Making) -> str:
    scope = (making.owner or {}).get("id", "")
    return base64.b64encode(f"{scope}##{making.new_id()}".encode()).decode()


def _apps(call: Call, thing: Thing) -> set[str]:
    return {each.id for each in call.leads_to(thing, "teamsApp")}


# Where they are installed -----------------------------------------------------------------------


def _installed(call: Call, record: Record, before: Record | None) -> None:
    """Raise GraphError (409) for an app that is installed there already."""
    owner = call.owner(call.thing)
    if before is not None or owner is None:
        return
    check_open(call, owner)
    own = _apps(call, call.thing)
    for each in call.inside(owner, call.thing.container):
        if each.id != call.thing.id and own & _apps(call, each):
            raise GraphError(409, "Conflict", "App has already been added to the scope.")


def _removed(call: Call, record: Record) -> None:
    """The tabs of an app go with it."""
    owner = call.owner(call.thing)
    check_open(call, owner)
    own = _apps(call, call.thing)
    for tab in _tabs(call, owner) if owner is not None else ():
        if own & _apps(call, tab):
            call.delete(tab)


def _tabs(call: Call, holder: Thing) -> Iterator[Thing]:
    if holder.container == "chats":
        yield from call.inside(holder, "chat/tabs")
    if holder.container == "teams":
        for channel in call.inside(holder, "team/channels"):
            yield from call.inside(channel, "channel/tabs")


@operation("teamsAppInstallation/upgrade")
def upgrade(call: Call) -> None:
    """https://learn.microsoft.com/graph/api/team-teamsappinstallation-upgrade"""
    apps = call.leads_to(call.thing, "teamsApp")
    newest = [each for app in apps for each in call.leads_to(app, "appDefinitions")]
    if newest:
        call.link(call.thing, "teamsAppDefinition", newest[-1])


# Tabs -------------------------------------------------------------------------------------------


def _tabbed(call: Call, record: Record, before: Record | None) -> None:
    """Raise GraphError for a tab of an app that is not where the tab is."""
    place = call.owner(call.thing)
    check_open(call, place)
    if before is not None or place is None:
        return
    holder = call.owner(place) if place.container == "team/channels" else place
    app = next(iter(_apps(call, call.thing)), "")
    if app.startswith(_BUILT_IN) or holder is None:
        return
    kind = "team" if holder.container == "teams" else "chat"
    there = call.inside(holder, f"{kind}/installedApps")
    if not there and not is_said(holder.record):
        return
    if not any(app in _apps(call, each) for each in there):
        raise bad_request(f"The app '{app}' is not installed in the {kind}.", _APP)


def _tab_url(making: Making) -> str | None:
    owner, record = making.owner or {}, making.record
    if making.owner_type != "channel":
        return None
    where = quote(f"{owner['id']}/tab::{record['id']}", safe="/")
    label = quote(str(record.get("displayName") or ""), safe="")
    return f"https://teams.microsoft.com/l/channel/{where}?label={label}"


# The catalog ------------------------------------------------------------------------------------


def _package(data: bytes) -> Given:
    """What a package of an app says of it. Raises GraphError for what is none."""
    try:
        with zipfile.ZipFile(BytesIO(data)) as package:
            entry = package.getinfo("manifest.json")
            if entry.file_size > _LARGEST_MANIFEST:
                raise bad_request("The manifest of the app is too large.")
            with package.open(entry) as file:
                manifest = json.loads(file.read(_LARGEST_MANIFEST))
    except _NO_PACKAGE:
        raise bad_request("The package is a zip with a 'manifest.json' in it.") from None
    return Given(_of_manifest(manifest))


# What a zip is made to raise that is none, or whose manifest is no JSON or nested without end.
_NO_PACKAGE = (
    *(zipfile.BadZipFile, zlib.error, EOFError, KeyError, ValueError),
    *(RuntimeError, NotImplementedError, RecursionError, OSError),
)


def _of_manifest(manifest: Any) -> Record:
    said = manifest if isinstance(manifest, dict) else {}
    names = said.get("name")
    name = names.get("short") if isinstance(names, dict) else None
    found = {"id": said.get("id"), "name": name, "version": said.get("version")}
    for wanted, value in found.items():
        if not isinstance(value, str) or not value:
            raise bad_request(f"The manifest of the app has no '{wanted}'.", wanted)
    shown = {"displayName": name, "distributionMethod": "organization"}
    definition = {"displayName": name, "version": found["version"], "publishingState": "published"}
    client = _named_in(said, "webApplicationInfo", "id")
    authorized = {"authorization": {"clientAppId": client}} if isinstance(client, str) else {}
    return {
        **shown,
        "externalId": found["id"],
        "appDefinitions": [{**definition, **authorized}],
        ACTIVITIES: _activities(said),
    }


def _reviewed(text: str, app: Record) -> Record:
    """An app that waits for an administrator to publish it, where ``requiresReview`` says so.

    https://learn.microsoft.com/graph/api/teamsapp-publish
    """
    if text not in ("true", "false"):
        message = f"Invalid value '{text}' for 'requiresReview': it is true or false."
        raise bad_request(message, "requiresReview")
    if text == "false":
        return app
    state = {"publishingState": "submitted"}
    return {**app, "appDefinitions": [{**e, **state} for e in app.get("appDefinitions") or ()]}


_EXTERNAL = "@externalId"  # of a version that comes as a package, the id in its manifest


def _version(data: bytes) -> Given:
    """The version of an app that a package is. Raises GraphError for what is none."""
    said = _package(data).record
    (definition,) = said["appDefinitions"]
    return Given({**definition, _EXTERNAL: said["externalId"], ACTIVITIES: said[ACTIVITIES]})


def _updated(call: Call, record: Record, before: Record | None) -> None:
    """An app is called as its newest version is. Raises GraphError for a version of another app."""
    app = call.owner(call.thing)
    if app is None or before is not None or _EXTERNAL not in record:
        return
    known = app.record.get("externalId")
    if known is not None and known != record[_EXTERNAL]:
        message = f"The manifest is of the app '{record[_EXTERNAL]}', and not of '{known}'."
        raise bad_request(message, "id")
    said = {"displayName": record["displayName"], ACTIVITIES: record[ACTIVITIES]}
    call.change(app, said)


def _version_id(making: Making) -> str:
    scope = (making.owner or {}).get("id", "")
    version = making.record.get("version") or making.new_id()
    return base64.b64encode(f"{scope}##{version}".encode()).decode()


def _named_in(manifest: Record, part: str, name: str) -> Any:
    """What a part of a manifest has by a name; None where there is no such part."""
    found = manifest.get(part)
    return found.get(name) if isinstance(found, dict) else None


def _activities(manifest: Record) -> list[str]:
    """The types of activities that a manifest has."""
    said = _named_in(manifest, "activities", "activityTypes")
    kinds = [each.get("type") for each in said or () if isinstance(each, dict)]
    return [each for each in kinds if isinstance(each, str)]


def _are_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


TYPES = (
    Type(
        "teamsApp",
        reads={"application/zip": _package},
        seeded={ACTIVITIES: _are_texts},
        related=frozenset({"appDefinitions"}),
        together=(("externalId",),),
    ),
    Type(
        "teamsAppDefinition",
        reads={"application/zip": _version},
        generated={
            "id": _version_id,
            "teamsAppId": lambda making: (making.owner or {}).get("id"),
        },
        follows=_updated,
    ),
    Type(
        "teamsAppInstallation",
        generated={"id": _installation_id},
        one_of=(_APP,),
        related=frozenset({"teamsApp", "teamsAppDefinition"}),
        follows=_installed,
        leaves=_removed,
        nulls=False,
    ),
    Type(
        "teamsTab",
        required=("displayName",),
        one_of=(_APP,),
        generated={"webUrl": _tab_url},
        related=frozenset({"teamsApp"}),
        merged=frozenset({"configuration"}),
        follows=_tabbed,
    ),
)

NAVIGATION = (
    Navigation(
        CATALOG,
        foreign={"distributionMethod": "store"},
        statuses={"POST": 201},
        posted={"requiresReview": _reviewed},
    ),
    *(
        Navigation(f"{holder}/installedApps", quiet=True, statuses={"POST": 201})
        for holder in ("team", "chat", "userTeamwork")
    ),
)

OPERATIONS = (upgrade,)
