"""What is made without saying more than its type is what the service itself would take."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fakegraph.generate.likely import likely
from fakegraph.workloads.handed import short
from tests.sweep.places import ID, Place, creatable, parents
from tests.sweep.samples import CATALOGS, MORE, NEEDED, USERS

# What a body has to have that is not filled in, or that is not shown as it was sent.
SENT = {
    "device": {"deviceId": ID},
    "fileAttachment": {"contentBytes": "AA=="},
    "itemAttachment": {"item": {"@odata.type": "#microsoft.graph.message"}},
    "user": {"passwordProfile": {"password": "Sweep-1234"}},
    "team": MORE["team"] | {"displayName": "Sweep"},
    "teamworkTag": MORE["teamworkTag"],
    "identityGovernance.workflow": MORE["identityGovernance.workflow"],
    "aadUserConversationMember": {"roles": ["owner"]},
    **{name: {"planId": ID} for name in ("plannerBucket", "plannerTask")},
    "teamworkTagMember": {"userId": USERS[0]},
}
# What the path decides, and nobody fills in from it.
DECIDED = {"appRoleAssignment": {"principalId": ID}}
ROOT = "https://graph.microsoft.com/v1.0"
# Where things are that others are bound to.
BOUND = {
    "teamsApp": "appCatalogs/teamsApps",
    "user": "users",
    "printer": "print/printers",
    "catalog": CATALOGS,
    "accessPackage": "identityGovernance/entitlementManagement/accessPackages",
}
# What is there because of it.
COMES_OF_IT = [
    f"?path=roleManagement/directory/role{kind}{what}"
    for kind in ("Assignment", "Eligibility")
    for what in ("ScheduleInstances", "Schedules", "s")
] + [
    f"?path=identityGovernance/privilegedAccess/group/{kind}{what}"
    for kind in ("assignment", "eligibility")
    for what in ("ScheduleInstances", "Schedules")
]


def first_places() -> Iterator[Place]:
    """Each type that can be made, where it can be first."""
    seen: set[str] = set()
    for place in creatable():
        if place.type.name not in seen:
            seen.add(place.type.name)
            yield place


def wrong_with(client: Any, place: Place) -> str | None:
    """What goes wrong with a thing that is made without properties, and sent again."""
    said = {} if place.type is place.declared else {"@odata.type": f"#{place.type.name}"}
    said |= DECIDED.get(short(place.type.name), {})
    made = client.post(f"/_fakegraph/records{place.path}", json=said)
    if made.status_code != 201:
        return f"made: {made.status_code} {made.text}"
    path = f"{place.path}/{made.json[place.key]}"
    if "GET" in place.allowed and client.get(f"/v1.0{path}").status_code != 200:
        return f"read: {client.get(f'/v1.0{path}').text}"
    names = [*place.rules.required, *likely([short(each.name) for each in place.type.chain])]
    body = {name: made.json[name] for name in names if name in made.json} | said
    body |= {name: bound(client, path, name) for name in names if "@odata.bind" in name}
    if "members" in names:
        body["members"] = members(client, path)
    for each in place.type.chain:
        body |= SENT.get(short(each.name), {})
    for each in (path, f"/directoryObjects/{made.json[place.key]}", *COMES_OF_IT):
        client.delete(f"/_fakegraph/records{each}")
    sent = client.post(f"/v1.0{place.path}", json=body)
    return None if sent.status_code < 300 else f"sent: {body} {sent.status_code} {sent.text}"


def bound(client: Any, path: str, name: str) -> str:
    """The URL of what something is bound to, as a body says it."""
    navigation = name.partition("@")[0]
    (found,) = client.get(f"/_fakegraph/records{path}/{navigation}").json["value"]
    return f"{ROOT}/{BOUND[navigation]}/{found['id']}"


def members(client: Any, path: str) -> list[dict[str, Any]]:
    """Who is in a chat, as a body says it."""
    found = client.get(f"/_fakegraph/records{path}/members").json["value"]
    users = [f"https://graph.microsoft.com/v1.0/users('{each['userId']}')" for each in found]
    kind = "#microsoft.graph.aadUserConversationMember"
    return [{"@odata.type": kind, "roles": ["owner"], "user@odata.bind": url} for url in users]


def test_every_type_is_made_of_nothing_as_the_service_would_take_it(swept):
    wrong, count = {}, 0
    for place in first_places():
        swept.post("/_fakegraph/reset")
        users = [{"id": each} for each in USERS]
        needed = NEEDED.get(short(place.type.name), {})
        there = {"users": users, **parents(place.template), **needed}
        swept.post("/_fakegraph/seed", json=there)
        found = wrong_with(swept, place)
        count += 1
        if found is not None:
            wrong[str(place)] = found
    swept.post("/_fakegraph/reset")
    assert list(wrong.items()) == []
    assert count > 450
