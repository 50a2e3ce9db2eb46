"""What a path takes of which the published permissions say nothing."""

from __future__ import annotations

import pytest

from fakegraph.edm.published import built_in
from fakegraph.graph.needs import nearest
from fakegraph.graph.walk import Walk
from tests.graph.whole.conftest import seed
from tests.workloads.test_directory_standing import app, ask, by, served, strict

__all__ = ["served", "strict"]  # fixtures

# Method, path, and one permission that does for users, or None: nothing near it says any.
NEAREST = [
    # Who changes it in one way may in another,
    ("PUT", "/organization/x/branding", "OrganizationalBranding.ReadWrite.All"),
    ("PATCH", "/teams/x/schedule/shifts/x", "Schedule.ReadWrite.All"),
    # one of a collection takes what that does,
    ("GET", "/groups/x/planner/plans/x", "Tasks.Read"),
    ("GET", "/users/x/joinedTeams/x", "Team.ReadBasic.All"),
    ("PATCH", "/me/calendars/x", "Calendars.ReadWrite"),
    # what leads to the same kind of thing what the other way there takes,
    ("GET", "/me/calendar", "Calendars.Read"),
    ("PATCH", "/users/x/calendar", "Calendars.ReadWrite"),
    # and what lies in a thing what the thing takes.
    ("PATCH", "/users/x/calendar/calendarPermissions/x", "Calendars.ReadWrite"),
    ("GET", "/groups/x/calendar", "Group.Read.All"),
    ("GET", "/me/drive/root/subscriptions/x", "Files.Read"),
    (
        "DELETE",
        "/sites/x/pages/x/microsoft.graph.sitePage/webParts/x",
        "Sites.ReadWrite.All",
    ),
    (
        "PUT",
        "/identity/b2xUserFlows/x/languages/x/overridesPages/x/$value",
        "IdentityUserFlow.ReadWrite.All",
    ),
    ("GET", "/applicationTemplates/x", None),
    ("GET", "/connections", None),
    ("POST", "/subscriptions", None),  # it takes what the resource does
    ("POST", "/me/revokeSignInSessions", None),  # operations have their own, or none
]


@pytest.mark.parametrize(("method", "path", "name"), NEAREST)
def test_what_nothing_is_said_of_takes_what_is_nearest(method, path, name):
    walk = Walk(built_in("v1.0"))
    found = nearest(walk, walk(path).shape, method)
    if name is None:
        assert found is None
        return
    assert found is not None
    names = found.schemes["DelegatedWork"]
    assert name in names
    if method != "GET":
        assert not any(".Read." in each for each in names)


BRANDING = {"backgroundColor": "#FFFF33"}
READS = "User.Read.All"


@pytest.mark.parametrize(
    ("method", "path", "body", "name"),
    [
        ("GET", "users/bob@contoso.com/calendar", None, "Calendars.Read"),
        ("PATCH", "users/bob@contoso.com/calendar", {"name": "B"}, "Calendars.ReadWrite"),
        ("PUT", "organization/{org}/branding", BRANDING, "Organization.ReadWrite.All"),
    ],
)
def test_what_nothing_is_said_of_is_not_open_to_everybody(strict, method, path, body, name):
    seed(strict, {"organization": [{"displayName": "Contoso"}]})
    token = app("Organization.Read.All")
    org = ask(strict, "GET", "organization", token=token).json["value"][0]["id"]
    path = path.replace("{org}", org)
    assert ask(strict, method, path, body, app(READS)).status_code == 403
    allowed = ask(strict, method, path, body, app(name))
    assert allowed.status_code < 300, allowed.text
    number = strict.get("/_fakegraph/requests").json["value"][-1]["number"]
    said = strict.get(f"/_fakegraph/requests/{number}/why").json["permissions"]
    assert name in str(said)


def test_a_users_own_calendar_takes_a_permission_for_calendars(strict):
    assert ask(strict, "GET", "me/calendar", token=by("bob", "User.Read")).status_code == 403
    assert ask(strict, "GET", "me/calendar", token=by("bob", "Calendars.Read")).status_code == 200
