"""Every ``delta`` of the published model: each is real by rules of its own, or refused by name.

https://learn.microsoft.com/graph/delta-query-overview
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import pytest

from fakegraph.edm.published import built_in
from tests.conftest import assert_error
from tests.graph.whole.conftest import seed
from tests.graph.whole.test_delta import advance, rounds

ADA = "users/ada@contoso.com"
IDS = ONE, TWO = (
    "00000000-0000-4000-8000-000000000001",
    "00000000-0000-4000-8000-000000000002",
)
SELECTED = frozenset({"$select"})
DIRECTORY = SELECTED | {"$filter"}
OUTLOOK = SELECTED | {"$top", "$expand"}
GENERAL = OUTLOOK | {"$filter"}
TODO = GENERAL | {"$orderby"}
OPTIONS = {
    "$select": "id",
    "$filter": f"id eq '{ONE}'",
    "$top": "1",
    "$orderby": "id",
    "$expand": "nothing",
    "$search": '"x"',
    "$count": "true",
    "$skip": "1",
}


class Delta(NamedTuple):
    """One function: the path that it is called on, and what is seeded above that.

    ``takes``: its query options, of which ``own`` are tried in forms of their own. ``gone``: what
    is told of one that was deleted. ``days``: how long tokens are good, None for ever. ``token``:
    the parameter that they are in; ``latest``: whether that word is one.
    ``typed``: whether all say their type; ``tracks``: whether it is said that they are followed.
    ``kept``: what is told of one that was deleted besides.
    """

    at: str
    above: Mapping[str, Any] = {}
    takes: frozenset[str] = GENERAL
    own: Mapping[str, str] = {}
    gone: str = "deleted"
    days: int | None = None
    token: str = "$deltatoken"
    latest: bool = False
    typed: bool = False
    tracks: bool = False
    context: str = ""
    kept: frozenset[str] = frozenset()


def directory(at: str, gone: str = "deleted", takes: frozenset[str] = DIRECTORY) -> Delta:
    about = {"days": 7, "latest": True, "context": f"#{at}"}
    return Delta(at, takes=takes, gone=gone, **about)


def outlook(at: str, above: Mapping[str, Any] | None = None, **more: Any) -> Delta:
    return Delta(at, above or {}, **{"takes": OUTLOOK, "typed": True, "tracks": True, **more})


def education(at: str) -> Delta:
    return Delta(at, {"education/classes": [{"id": "c"}]} if "/c/" in at else {}, days=7)


MEETING = {f"{ADA}/onlineMeetings": [{"id": "m"}]}
MAILBOX = {"admin/exchange/mailboxes": [{"id": "m"}]}
FOLDER = {**MAILBOX, "admin/exchange/mailboxes/m/folders": [{"id": "f"}]}
LIST = {"sites": [{"id": "s"}], "sites/s/lists": [{"id": "l"}]}
CHANNEL = {"teams": [{"id": "t"}], "teams/t/channels": [{"id": "c"}]}
RECEIVED = {"$filter": "receivedDateTime ge 2020-01-01T00:00:00Z"}
RECEIVED |= {"$orderby": "receivedDateTime desc"}
MODIFIED = {"$filter": "lastModifiedDateTime gt 2020-01-01T00:00:00Z"}
OF_ITEMS = frozenset({"contentType", "parentReference"})
FILES = {"token": "token", "latest": True, "takes": OUTLOOK}
TABLE = {
    "administrativeUnit": directory("directory/administrativeUnits", "changed"),
    "application": directory("applications", "changed"),
    "callRecording": Delta(f"{ADA}/onlineMeetings/m/recordings", MEETING),
    "callTranscript": Delta(f"{ADA}/onlineMeetings/m/transcripts", MEETING),
    "chatMessage": Delta(
        "teams/t/channels/c/messages",
        CHANNEL,
        frozenset({"$top", "$filter"}),
        MODIFIED,
        typed=True,
    ),
    "contact": outlook(f"{ADA}/contacts"),
    "contactFolder": outlook(f"{ADA}/contactFolders"),
    "device": directory("devices"),
    "directoryRole": directory("directoryRoles"),
    "educationAssignment": education("education/classes/c/assignments"),
    "educationCategory": education("education/classes/c/assignmentCategories"),
    "educationClass": education("education/classes"),
    "educationSchool": education("education/schools"),
    "educationUser": education("education/users"),
    "group": directory("groups", takes=DIRECTORY | {"$top"}),
    "listItem": Delta("sites/s/lists/l/items", LIST, gone="facet", kept=OF_ITEMS, **FILES),
    "mailFolder": outlook(f"{ADA}/mailFolders"),
    "mailboxFolder": outlook("admin/exchange/mailboxes/m/folders", MAILBOX, tracks=False),
    "mailboxItem": outlook("admin/exchange/mailboxes/m/folders/f/items", FOLDER),
    "message": outlook(
        f"{ADA}/mailFolders/inbox/messages", takes=OUTLOOK | RECEIVED.keys(), own=RECEIVED
    ),
    "oAuth2PermissionGrant": directory("oauth2PermissionGrants"),
    "orgContact": directory("contacts"),
    "servicePrincipal": directory("servicePrincipals", "changed"),
    "site": Delta("sites", **FILES),
    "todoTask": Delta(f"{ADA}/todo/lists/l/tasks", {f"{ADA}/todo/lists": [{"id": "l"}]}, TODO),
    "todoTaskList": Delta(f"{ADA}/todo/lists", takes=TODO),
    "user": directory("users", "changed"),
}
ELSEWHERE = {
    "directoryObject": "tests/graph/whole/test_delta.py has these: they are made elsewhere",
    "driveItem": "tests/workloads/test_delta.py has these, which are a tree",
    "event": "tests/workloads/test_calendar_delta.py has views of calendars, which alone tell in v1.0",
    "workbookFunctions": "this one is a function of workbooks, and tells of no changes",
}


def test_every_function_of_the_model_is_here():
    operations = built_in("v1.0").operations("delta")
    found = [str(each.bound_to).removeprefix("microsoft.graph.") for each in operations]
    assert len(found) == 34
    assert set(found) == TABLE.keys() | ELSEWHERE.keys()


@pytest.fixture(params=sorted(TABLE))
def name(request):
    return request.param


@pytest.fixture
def row(client, name):
    found = TABLE[name]
    seed(client, {"users": [{"userPrincipalName": "ada@contoso.com"}]})
    if found.above:
        seed(client, found.above)
    seed(client, {found.at: [{"id": each} for each in IDS]})
    return found


def removed(row, name, id_):
    if row.gone == "facet":
        return {"id": id_, "deleted": {"state": "deleted"}}
    typed = {"@odata.type": f"#microsoft.graph.{name}"} if row.typed else {}
    return {**typed, "id": id_, "@removed": {"reason": row.gone}}


def test_each_is_real_by_its_own_rules(client, name, row):
    path, prefer = f"{row.at}/delta", {"Prefer": "odata.maxpagesize=1, odata.track-changes"}
    first = client.get(f"/v1.0/{path}", headers=prefer)
    page = first.json
    assert page["@odata.context"].endswith(row.context or f"$metadata#Collection({name})")
    assert len(page["value"]) == 1, "as the client prefers"
    applied = first.headers["Preference-Applied"].split(", ")
    assert "odata.maxpagesize=1" in applied
    assert ("odata.track-changes" in applied) == row.tracks
    skip = row.token if row.token == "token" else "$skiptoken"
    assert urlsplit(page["@odata.nextLink"]).query.startswith(f"{skip}=")

    items, link = rounds(client, path)
    told = {each["id"]: each for each in items}
    assert set(IDS) <= told.keys()
    assert ("@odata.type" in told[ONE]) == row.typed
    assert urlsplit(link).query.startswith(f"{row.token}=")
    again, later = rounds(client, link)
    assert again == []

    if name == "mailFolder":  # which goes to the deleted ones first
        assert client.delete(f"/v1.0/{row.at}/{ONE}").status_code == 204
    if client.delete(f"/v1.0/{row.at}/{ONE}").status_code != 204:
        gone = client.delete(f"/_fakegraph/records/{row.at}/{ONE}")
        assert gone.status_code == 204, gone.text
    items, latest = rounds(client, later)
    (told,) = [each for each in items if each["id"] == ONE]
    assert row.kept <= told.keys()
    assert {n: v for n, v in told.items() if n not in row.kept} == removed(row, name, ONE)
    assert TWO not in [each["id"] for each in items]

    advance(client, 6)
    assert client.get(latest).status_code == 200
    advance(client, 2)
    old = client.get(latest)
    assert old.status_code == (200 if row.days is None else 400)
    assert row.days is None or old.json["error"]["code"] == "syncStateNotFound"


def test_each_takes_its_own_options(client, name, row):
    path = f"/v1.0/{row.at}/delta"
    taken = set()
    for option, value in OPTIONS.items():
        answer = client.get(path, query_string={option: row.own.get(option, value)})
        assert answer.status_code in (200, 400), answer.text
        refused = answer.status_code == 400 and "is not supported." in answer.text
        taken |= set() if refused else {option}
    assert taken == row.takes
    for option in row.own:
        assert client.get(path, query_string={option: OPTIONS[option]}).status_code == 400
    latest = client.get(path, query_string={row.token: "latest"})
    assert (latest.status_code == 200) == row.latest
    assert not row.latest or latest.json["value"] == []
    assert client.get(path, query_string={row.token: "nonsense"}).status_code == 400


NAMED = {"user", "group", "application", "servicePrincipal", "device", "administrativeUnit"}


@pytest.mark.parametrize("name", sorted(NAMED), indirect=True)
def test_only_what_has_changed_is_told_where_that_is_preferred(client, row):
    path = f"{row.at}/{ONE}"
    client.patch(f"/_fakegraph/records/{path}", json={"displayName": "old"})
    _, link = rounds(client, f"{row.at}/delta?$select=displayName,id")
    client.patch(f"/_fakegraph/records/{path}", json={"displayName": "new"})
    (item,), _ = rounds(client, link, headers={"Prefer": "return=minimal"})
    assert item == {"id": ONE, "displayName": "new"}


@pytest.mark.parametrize("kind", ["Recordings", "Transcripts"])
def test_what_is_behind_a_function_that_is_not_built_is_not_either(client, kind):
    seed(client, {"users": [{"userPrincipalName": "ada@contoso.com"}]})
    path = f"{ADA}/onlineMeetings/getAll{kind}(meetingOrganizerUserId='a')/delta"
    assert_error(client.get(f"/v1.0/{path}"), 501, "NotImplemented")
