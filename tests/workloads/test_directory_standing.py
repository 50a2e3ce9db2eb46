"""``--auth strict``: what directory roles decide beside permissions, and what basic ones show."""

from __future__ import annotations

import gzip
import json

import pytest

from fakegraph.app import close_app, create_app
from fakegraph.settings import Settings
from tests.graph.whole.conftest import listed, seed

DENIED = "Authorization_RequestDenied"
SAID = "Insufficient privileges to complete the operation."
IDS = {
    name: f"4e7a3f0a-0000-4000-8000-00000000000{number}"
    for number, name in enumerate(("ada", "bob", "gil", "hal", "uma", "pim", "app"))
}
ROLES = {
    "gil": "62e90394-69f5-4237-9190-012177145e10",  # Global Administrator
    "hal": "729827e3-9c14-49f7-bb1b-9608f156bbb8",  # Helpdesk Administrator
    "uma": "fe930be7-5e62-47db-91af-98c3a49a38b1",  # User Administrator
    "pim": "e8611ab8-c189-46e8-94e1-60213ab1f814",  # Privileged Role Administrator
}
APP_ID = "4e7a3f0a-0000-4000-8000-0000000000aa"
WRITE = "User.ReadWrite.All"
PASSWORD = {"passwordProfile": {"password": "xWwvJ]6NMw+bWH-e"}}


@pytest.fixture(scope="module")
def served():
    app = create_app(Settings(fixture=(), auth="strict"))
    yield app.test_client()
    close_app(app)


@pytest.fixture
def strict(served):
    client = served
    assert client.post("/_fakegraph/reset").status_code == 204
    people = [
        {
            "id": IDS[name],
            "userPrincipalName": f"{name}@contoso.com",
            "displayName": name,
            "jobTitle": f"job of {name}",
            "businessPhones": ["1"],
            "accountEnabled": True,
        }
        for name in ("ada", "bob", *ROLES)
    ]
    seed(client, {"users": people, "servicePrincipals": [{"id": IDS["app"], "appId": APP_ID}]})
    for name, template in ROLES.items():
        have(client, template, IDS[name])
    return client


def have(client, template, id_):
    assignment = {"roleDefinitionId": template, "principalId": id_, "directoryScopeId": "/"}
    answer = ask(client, "POST", f"{ASSIGNMENTS}", assignment, ROLE_WRITER)
    assert answer.status_code == 201, answer.text


ASSIGNMENTS = "roleManagement/directory/roleAssignments"
ROLE_WRITER = {"roles": ["RoleManagement.ReadWrite.Directory"]}


def ask(client, method, path, body=None, token=(), **headers):
    made = client.post("/_fakegraph/tokens", json=dict(token)).json["access_token"]
    headers = {"Authorization": f"Bearer {made}", **headers}
    return client.open(f"/v1.0/{path}", method=method, json=body, headers=headers)


def by(name, scp=WRITE):
    return {"user": f"{name}@contoso.com", "scp": scp}


def app(*roles):
    return {"roles": list(roles), "app": APP_ID}


SENSITIVE = (
    *({"accountEnabled": False}, {"businessPhones": []}, {"mobilePhone": "1"}),
    *({"otherMails": ["a@b.c"]}, {"jobTitle": "x", "accountEnabled": False}),
)


@pytest.mark.parametrize(("caller", "allowed"), [
    (by("ada"), ("ada", "bob")),
    (by("hal"), ("bob", "hal")),
    (by("uma"), ("bob", "hal", "uma")),
    (by("pim"), ("bob", "pim")),
    (by("gil"), ("bob", "hal", "uma", "pim", "gil")),
    (by("nobody"), ("bob",)),
    (app(WRITE), ("bob",))])  # fmt: skip
def test_what_matters_of_administrators_needs_a_role_that_is_above_theirs(strict, caller, allowed):
    for name in ("bob", "hal", "uma", "pim", "gil"):
        path = f"users/{IDS[name]}"
        answers = [ask(strict, "PATCH", path, body, caller) for body in SENSITIVE]
        if name not in allowed:
            answers.append(ask(strict, "DELETE", path, token=caller))
            assert {each.json["error"]["code"] for each in answers} == {DENIED}
            assert all(each.json["error"]["message"].startswith(SAID) for each in answers)
        statuses = {each.status_code for each in answers}
        assert statuses == ({204} if name in allowed else {403}), (name, answers[0].text)
        assert ask(strict, "PATCH", path, {"jobTitle": "x"}, caller).status_code == 204


def test_the_role_of_an_app_counts_and_that_of_a_group_and_a_token(strict):
    path = f"users/{IDS['uma']}"
    assert ask(strict, "DELETE", path, token=app(WRITE)).status_code == 403
    have(strict, ROLES["gil"], IDS["app"])
    assert ask(strict, "PATCH", path, {"accountEnabled": False}, app(WRITE)).status_code == 204

    group = {"id": IDS["ada"][:-2] + "ff", "isAssignableToRole": True, "displayName": "g"}
    seed(strict, {"groups": [{**group, "members": [{"id": IDS["bob"]}]}]})
    assert ask(strict, "DELETE", path, token=by("bob")).status_code == 403
    have(strict, ROLES["gil"], group["id"])
    assert ask(strict, "DELETE", path, token=by("bob")).status_code == 204


@pytest.mark.parametrize("path", ["users/{}", "directoryObjects/{}", "groups/g/members/{}"])
def test_an_administrator_is_one_by_whichever_way(strict, path):
    gil = {"id": IDS["gil"], "@odata.type": "#microsoft.graph.user"}
    seed(strict, {"groups": [{"id": "g", "displayName": "g", "members": [gil]}]})
    token = app(WRITE, "Directory.ReadWrite.All")
    answer = ask(strict, "DELETE", path.format(IDS["gil"]), token=token)
    assert (answer.status_code, answer.json["error"]["code"]) == (403, DENIED)
    other = ask(strict, "DELETE", f"directoryObjects/{IDS['bob']}", token=token)
    assert other.status_code == 204


def test_what_lies_in_an_administrator_needs_a_role_too(strict):
    for name, status in (("gil", 403), ("bob", 200)):
        path = f"users/{IDS[name]}/revokeSignInSessions"
        assert ask(strict, "POST", path, token=app("User.RevokeSessions.All")).status_code == status
    own = ask(strict, "POST", "me/revokeSignInSessions", token=by("gil", "User.RevokeSessions.All"))
    assert own.status_code == 200


@pytest.mark.parametrize(("caller", "status"), [
    (by("ada"), 403),
    (app(WRITE), 403),
    (by("uma"), 204),
    (by("hal"), 204),
    (app("User-PasswordProfile.ReadWrite.All"), 204),
    (by("ada", "User-PasswordProfile.ReadWrite.All"), 204)])  # fmt: skip
def test_a_password_is_set_by_who_may_do_that(strict, caller, status):
    assert ask(strict, "PATCH", f"users/{IDS['bob']}", PASSWORD, caller).status_code == status
    packed = gzip.compress(json.dumps(PASSWORD).encode())
    made = strict.post("/_fakegraph/tokens", json=caller).json["access_token"]
    headers = {"Authorization": f"Bearer {made}", "Content-Encoding": "gzip"}
    headers["Content-Type"] = "application/json"
    path = f"/v1.0/users/{IDS['bob']}"
    assert strict.patch(path, data=packed, headers=headers).status_code == status


@pytest.mark.parametrize(("permission", "body", "status"), [
    ("User.EnableDisableAccount.All User.Read.All", {"accountEnabled": False}, 204),
    ("User.EnableDisableAccount.All User.Read.All", {"jobTitle": "x"}, 403),
    ("User-Phone.ReadWrite.All User.Read.All", {"mobilePhone": "1", "businessPhones": []}, 204),
    ("User-Phone.ReadWrite.All User.Read.All", {"mobilePhone": "1", "otherMails": []}, 403),
    ("User-Mail.ReadWrite.All User.Read.All", {"otherMails": ["a@b.c"]}, 204),
    ("User-Mail.ReadWrite.All User.Read.All", PASSWORD, 403),
    ("User-Mail.ReadWrite.All User.ReadWrite.All", {"jobTitle": "x"}, 204)])  # fmt: skip
def test_some_permissions_are_for_some_properties(strict, permission, body, status):
    for token in (by("ada", permission), app(*permission.split())):
        answer = ask(strict, "PATCH", f"users/{IDS['bob']}", body, token)
        assert answer.status_code == status, answer.text


def test_what_exchange_keeps_of_a_group_is_for_users_who_are_signed_in(strict):
    seed(strict, {"groups": [{"id": "g", "displayName": "g", "groupTypes": ["Unified"]}]})
    body = {"allowExternalSenders": True}
    for token, status in (
        (app("Group.ReadWrite.All"), 403),
        (by("ada", "Group.ReadWrite.All"), 200),
    ):
        assert ask(strict, "PATCH", "groups/g", body, token).status_code == status


BASIC = "User.ReadBasic.All"
SHOWN = {"id", "displayName", "givenName", "surname", "mail", "userPrincipalName"}


@pytest.mark.parametrize("token", [by("ada", BASIC), by("ada", f"{BASIC} User.Read"), app(BASIC)])
def test_basic_permissions_show_of_others_only_who_they_are(strict, token):
    for path in (f"users/{IDS['bob']}", "users"):
        answer = ask(strict, "GET", path, token=token).json
        (found,) = (x for x in answer.get("value", [answer]) if x["id"] == IDS["bob"])
        assert found["displayName"] == "bob"
        others = {found[name] for name in found.keys() - SHOWN if not name.startswith(("@", "bus"))}
        assert (others, found["businessPhones"]) == ({None}, [])
        answer = ask(strict, "GET", f"{path}?$select=id,jobTitle,accountEnabled", token=token).json
        (found,) = (x for x in answer.get("value", [answer]) if x["id"] == IDS["bob"])
        assert (found["jobTitle"], found["accountEnabled"]) == (None, None)
    for path in (
        f"users/{IDS['bob']}/jobTitle",
        "users?$filter=jobTitle eq 'job of bob'",
        "users?$filter=accountEnabled eq true",
    ):
        answer = ask(strict, "GET", path, token=token)
        assert (answer.status_code, answer.json["error"]["code"]) == (403, DENIED)
    named = ask(strict, "GET", "users?$filter=startswith(displayName,'b')", token=token)
    assert [each["displayName"] for each in named.json["value"]] == ["bob"]


def test_basic_permissions_hide_nothing_of_oneself_nor_from_who_has_more(strict):
    for path, token in (
        (f"users/{IDS['ada']}", by("ada", f"{BASIC} User.Read")),
        ("me", by("ada", f"{BASIC} User.Read")),
        (f"users/{IDS['ada']}", by("bob", f"{BASIC} User.Read.All")),
        (f"users/{IDS['ada']}", app(BASIC, "User.Read.All")),
    ):
        assert ask(strict, "GET", path, token=token).json["jobTitle"] == "job of ada"


@pytest.mark.parametrize("path", ["auditLogs/signIns", "auditLogs/directoryAudits"])
def test_the_logs_are_for_certain_roles(strict, path):
    for name, status in (("ada", 403), ("nobody", 403), ("gil", 200), ("uma", 403)):
        answer = ask(strict, "GET", path, token=by(name, "AuditLog.Read.All Directory.Read.All"))
        assert answer.status_code == status, (name, answer.text)
        if status == 403:
            error = answer.json["error"]
            assert error["code"] == "Authentication_RequestFromUnsupportedUserRole"
            assert error["message"] == "User is not in the allowed roles"
    assert ask(strict, "GET", path, token=app("AuditLog.Read.All")).status_code == 200
    lacking = ask(strict, "GET", path, token=by("gil", "User.Read"))
    assert lacking.json["error"]["code"] == "Authentication_MSGraphPermissionMissing"


def test_nothing_of_it_is_asked_of_who_shows_any_token(make_client):
    client = make_client(auth="bearer")
    headers = {"Authorization": "Bearer x"}
    assert client.get("/v1.0/auditLogs/signIns", headers=headers).status_code == 200
    assert listed(client, "auditLogs/directoryAudits", headers=headers) == []


@pytest.mark.parametrize(
    ("token", "status"),
    [
        (by("ada", "GroupMember.ReadWrite.All"), 204),
        (app("GroupMember.ReadWrite.All"), 204),
        (by("ada", "User.Read"), 403),
        (by("gil", "GroupMember.Read.All"), 403),
        (app("User.ReadWrite.All"), 403),
    ],
)
def test_who_may_add_a_member_may_take_it_out_by_its_url(strict, token, status):
    group = "4e7a3f0a-0000-4000-8000-0000000000bb"
    seed(strict, {"groups": [{"id": group, "securityEnabled": True, "mailEnabled": False}]})
    url = f"https://graph.microsoft.com/v1.0/users/{IDS['bob']}"
    path = f"groups/{group}/members/$ref"
    assert ask(strict, "POST", path, {"@odata.id": url}, token).status_code == status
    writer = app("GroupMember.ReadWrite.All")
    ask(strict, "POST", path, {"@odata.id": url}, writer)
    assert ask(strict, "DELETE", f"{path}?@id={url}", None, token).status_code == status


@pytest.mark.parametrize(
    ("token", "status"),
    [
        (by("ada"), 204),
        (by("ada", "User.ReadWrite"), 204),
        (by("bob", "User.ReadWrite"), 403),
        (by("ada", "Mail.Send"), 403),
        (app("User.ReadWrite.All"), 204),
        (app("Mail.Send"), 403),
    ],
)
def test_an_extension_is_changed_by_who_may_change_what_has_it(strict, token, status):
    name = "Com.Contoso.X"
    body = {"@odata.type": "microsoft.graph.openTypeExtension", "extensionName": name}
    path = f"users/{IDS['ada']}/extensions"
    made = ask(strict, "POST", path, {**body, "size": 1}, token)
    assert made.status_code == (201 if status == 204 else status), made.text
    ask(strict, "POST", path, body, app("User.ReadWrite.All"))
    for method in ("PATCH", "DELETE"):
        answer = ask(strict, method, f"{path}/{name}", {"size": 2}, token)
        assert answer.status_code == status


OWNED, ALL = "Application.ReadWrite.OwnedBy", "Application.ReadWrite.All"


def owners_of(strict, path):
    found = ask(strict, "GET", f"{path}/owners?$select=id", token=app("Application.Read.All"))
    return [each["id"] for each in found.json["value"]]


@pytest.mark.parametrize(
    ("token", "owner"),
    [(by("ada", ALL), "ada"), (app(OWNED), "app"), (app(ALL), None), (by("nobody", ALL), None)],
)
def test_an_application_is_owned_by_who_makes_it(strict, token, owner):
    made = ask(strict, "POST", "applications", {"displayName": "A"}, token).json
    owners = [IDS[owner]] if owner else []
    assert owners_of(strict, f"applications/{made['id']}") == owners
    body = {"appId": made["appId"]}
    principal = ask(strict, "POST", "servicePrincipals", body, token).json["id"]
    expected = owners if owner == "app" else []
    assert owners_of(strict, f"servicePrincipals/{principal}") == expected


def test_an_app_that_may_change_its_own_changes_no_others(strict):
    mine = ask(strict, "POST", "applications", {"displayName": "A"}, app(OWNED)).json
    other = ask(strict, "POST", "applications", {"displayName": "B"}, by("ada", ALL)).json
    for one, allowed in ((mine, True), (other, False)):
        path = f"applications/{one['id']}"
        answers = [
            ask(strict, "PATCH", path, {"displayName": "x"}, app(OWNED)),
            ask(strict, "POST", f"{path}/addPassword", {}, app(OWNED)),
            ask(strict, "DELETE", path, token=app(OWNED)),
        ]
        assert {each.status_code < 300 for each in answers} == {allowed}
        if not allowed:
            assert {each.json["error"]["code"] for each in answers} == {DENIED}
    assert ask(strict, "DELETE", f"applications/{other['id']}", token=app(ALL)).status_code == 204


def test_an_app_that_may_change_its_own_makes_principals_of_this_tenants_applications(strict):
    body = {"appId": "00000002-0000-0000-c000-000000000000"}
    refused = ask(strict, "POST", "servicePrincipals", body, app(OWNED))
    assert refused.json["error"]["code"] == DENIED
    assert refused.json["error"]["message"] == (
        "When using this permission, the backing application of the service principal being "
        "created must in the local tenant."
    )
    assert ask(strict, "POST", "servicePrincipals", body, app(ALL)).status_code == 201


ROLES_TOO = "RoleManagement.ReadWrite.Directory"


def test_a_group_that_has_roles_is_changed_by_who_may_assign_them(strict):
    body = {"displayName": "g", "mailEnabled": False, "mailNickname": "g", "securityEnabled": True}
    body["isAssignableToRole"] = True
    groups, both = "Group.ReadWrite.All", ("Group.ReadWrite.All", ROLES_TOO)
    assert ask(strict, "POST", "groups", body, app(groups)).status_code == 403
    plain = ask(strict, "POST", "groups", {**body, "isAssignableToRole": False}, app(groups))
    assert plain.status_code == 201
    group = f"groups/{ask(strict, 'POST', 'groups', body, app(*both)).json['id']}"
    ref = {"@odata.id": f"https://graph.microsoft.com/v1.0/users/{IDS['bob']}"}
    for method, path, sent in (
        ("POST", f"{group}/members/$ref", ref),
        ("POST", f"{group}/owners/$ref", ref),
        ("DELETE", f"{group}/members/{IDS['bob']}/$ref", None),
        ("PATCH", group, {"displayName": "x"}),
        ("DELETE", group, None),
    ):
        for token, status in ((app(groups), 403), (by("gil", groups), 403), (app(*both), 204)):
            answer = ask(strict, method, path, sent, token)
            assert answer.status_code == status, (method, path, token)


def test_hidden_members_are_shown_to_each_other(strict):
    group = "4e7a3f0a-0000-4000-8000-0000000000bb"
    hidden = {"id": group, "groupTypes": ["Unified"], "visibility": "HiddenMembership"}
    seed(strict, {"groups": [{**hidden, "members": [{"id": IDS["bob"]}]}]})
    reads, shows = "GroupMember.Read.All", "Member.Read.Hidden"
    paths = ("/members", "/transitiveMembers", "/members/microsoft.graph.user", "?$expand=members")
    for path in paths:
        for token, status in (
            (by("bob", reads), 200),
            (by("ada", reads), 403),
            (by("ada", f"{reads} {shows}"), 200),
            (app(reads), 403),
            (app(reads, shows), 200),
        ):
            found = ask(strict, "GET", f"groups/{group}{path}", token=token)
            assert found.status_code == status, (path, token)


@pytest.mark.parametrize(
    ("path", "kind", "reads"),
    [
        ("groups", {"groupTypes": ["Unified"]}, "GroupMember.Read.All"),
        ("directory/administrativeUnits", {}, "AdministrativeUnit.Read.All"),
    ],
)
def test_hidden_members_are_left_out_where_many_are_read(strict, path, kind, reads):
    ids = [f"4e7a3f0a-0000-4000-8000-0000000000b{number}" for number in (0, 1)]
    members = {"members": [{"id": IDS["bob"]}]}
    hidden = {"id": ids[0], "visibility": "HiddenMembership", **kind, **members}
    seed(strict, {path: [hidden, {"id": ids[1], **kind, **members}]})
    both, one = {id_: ["bob"] for id_ in ids}, {ids[0]: [], ids[1]: ["bob"]}
    for token, wanted in (
        (by("bob", reads), both),
        (by("ada", f"{reads} User.Read.All"), one),
        (by("ada", f"{reads} Member.Read.Hidden"), both),
        (app(reads), one),
        (app(reads, "Member.Read.Hidden"), both),
    ):
        found = ask(strict, "GET", f"{path}?$expand=members", token=token).json["value"]
        shown = {each["id"]: [one["displayName"] for one in each["members"]] for each in found}
        assert shown == wanted, token
        found = ask(strict, "GET", f"{path}/delta?$select=members", token=token).json["value"]
        told = {each["id"]: [IDS["bob"]] if "members@delta" in each else [] for each in found}
        assert told == {id_: [IDS[name] for name in names] for id_, names in wanted.items()}
    one_unit = f"{path}/{ids[0]}/members"
    assert ask(strict, "GET", one_unit, token=app(reads)).status_code == 403
    assert ask(strict, "GET", one_unit, token=by("bob", reads)).status_code == 200


def test_delta_tells_nobody_else_that_hidden_members_changed(strict):
    group = "4e7a3f0a-0000-4000-8000-0000000000bb"
    hidden = {"id": group, "groupTypes": ["Unified"], "visibility": "HiddenMembership"}
    seed(strict, {"groups": [hidden]})
    reads = app("GroupMember.Read.All")
    first = ask(strict, "GET", "groups/delta?$deltatoken=latest", token=reads).json
    seed(strict, {f"groups/{group}/members": [{"id": IDS["bob"]}]})
    path = first["@odata.deltaLink"].partition("/v1.0/")[2]
    assert ask(strict, "GET", path, token=reads).json["value"] == []
    shows = app("GroupMember.Read.All", "Member.Read.Hidden")
    (told,) = ask(strict, "GET", path, token=shows).json["value"]
    assert [each["id"] for each in told["members@delta"]] == [IDS["bob"]]


@pytest.mark.parametrize("way", ["roleAssignments", "roleDefinitions/r/roleAssignments"])
def test_roles_of_intune_allow_their_members_what_they_say(strict, way):
    group, scope = "4e7a3f0a-0000-4000-8000-0000000000bc", "4e7a3f0a-0000-4000-8000-0000000000bd"
    read, wipe = "Microsoft.Intune_ManagedDevices_Read", "Microsoft.Intune_ManagedDevices_Wipe"
    said = {"allowedResourceActions": [wipe, read], "notAllowedResourceActions": [wipe]}
    kinds = {
        "role": {"@odata.type": "#microsoft.graph.deviceAndAppManagementRoleDefinition"},
        "assignment": {"@odata.type": "#microsoft.graph.deviceAndAppManagementRoleAssignment"},
    }
    role = {"id": "r", **kinds["role"], "rolePermissions": [{"resourceActions": [said]}]}
    assignment = {"members": [group], "resourceScopes": [scope], **kinds["assignment"]}
    definitions = "deviceManagement/roleDefinitions"
    at = f"http://localhost/v1.0/{definitions}/r"
    linked = {} if "/" in way else {"roleDefinition@odata.bind": at}
    seed(strict, {definitions: [role], "groups": [{"id": group, "members": [{"id": IDS["bob"]}]}]})
    seed(strict, {f"deviceManagement/{way}": [{"id": "a", **assignment, **linked}]})

    def allowed(token, where="*"):
        path = f"deviceManagement/getEffectivePermissions(scope='{where}')"
        answer = ask(strict, "GET", path, token=token)
        assert answer.status_code == 200, answer.text
        return [
            action
            for permission in answer.json["value"]
            for each in permission["resourceActions"]
            for action in each["allowedResourceActions"]
        ]

    reads = "DeviceManagementRBAC.Read.All"
    assert allowed(by("bob", reads)) == allowed(by("bob", reads), scope) == [read]
    assert allowed(by("bob", reads), group) == allowed(by("ada", reads)) == []
    assert allowed(by("gil", reads)) == allowed(app(reads)) == ["*"]


def test_roles_of_apps_are_assigned_by_who_may_do_that(strict):
    graph = "servicePrincipals(appId='00000003-0000-0000-c000-000000000000')?$select=id"
    resource = ask(strict, "GET", graph, token=app("Application.Read.All")).json["id"]
    role = "df021288-bdef-4463-88db-98f22de89214"
    body = {"principalId": IDS["app"], "resourceId": resource, "appRoleId": role}
    for path in (
        f"servicePrincipals/{IDS['app']}/appRoleAssignments",
        f"servicePrincipals/{resource}/appRoleAssignedTo",
    ):
        for token in (app("Directory.Read.All"), app(ALL), by("gil", "Directory.Read.All")):
            assert ask(strict, "POST", path, body, token).status_code == 403
        allowed = app("AppRoleAssignment.ReadWrite.All", "Application.Read.All")
        made = ask(strict, "POST", path, body, allowed)
        assert made.status_code == 201, made.text
        at = f"{path}/{made.json['id']}"
        assert ask(strict, "DELETE", at, token=app(ALL)).status_code == 403
        assert ask(strict, "DELETE", at, token=allowed).status_code == 204


def test_who_reads_themselves_sees_little_of_the_organisation(strict):
    names = ("city", "technicalNotificationMails", "displayName", "verifiedDomains")
    (tenant,) = ask(strict, "GET", "organization", token=app("Organization.Read.All")).json["value"]
    change = {"technicalNotificationMails": ["a@b.c"]}
    writer = by("gil", "Organization.ReadWrite.All")
    assert ask(strict, "PATCH", f"organization/{tenant['id']}", change, writer).status_code == 204
    for token, mails in (
        (by("ada", "User.Read"), []),
        (by("ada", "User.Read Organization.Read.All"), ["a@b.c"]),
        (app("Organization.Read.All"), ["a@b.c"]),
    ):
        select = ",".join(names)
        found = ask(strict, "GET", f"organization?$select={select}", token=token).json["value"][0]
        assert found["technicalNotificationMails"] == mails
        assert found["displayName"] == tenant["displayName"]


ATTRIBUTES = {
    "defines": "8424c6f0-a189-499e-bbd0-26c1753c96d4",
    "assigns": "58a13ea3-c632-46ae-9ee0-9c0d43cd7f3d",
    "reads": "ffd52fa5-98dc-465c-991d-fc073eb59f8f",
}


def test_security_attributes_are_for_those_who_have_roles_for_them(strict):
    may = "CustomSecAttributeDefinition.ReadWrite.All CustomSecAttributeAssignment.ReadWrite.All"
    may += " User.ReadWrite.All"
    for role, name in zip(("defines", "assigns", "reads"), ("ada", "hal", "pim"), strict=True):
        have(strict, ATTRIBUTES[role], IDS[name])
    sets, definitions = "directory/attributeSets", "directory/customSecurityAttributeDefinitions"
    new = {"attributeSet": "Eng", "name": "Project", "type": "String", "status": "Available"}
    new |= {"isCollection": False, "isSearchable": True, "usePreDefinedValuesOnly": False}
    for path, body in ((sets, {"id": "Eng"}), (definitions, new)):
        for name, status in (("gil", 403), ("hal", 403), ("ada", 201)):
            assert ask(strict, "POST", path, body, by(name, may)).status_code == status, name
    for name, status in (("gil", 403), ("uma", 403), ("pim", 200), ("hal", 200), ("ada", 200)):
        assert ask(strict, "GET", definitions, token=by(name, may)).status_code == status, name
    kind = "#Microsoft.DirectoryServices.CustomSecurityAttributeValue"
    value = {"customSecurityAttributes": {"Eng": {"@odata.type": kind, "Project": "a"}}}
    bob = f"users/{IDS['bob']}"
    for name, status in (("gil", 403), ("ada", 403), ("pim", 403), ("hal", 204)):
        assert ask(strict, "PATCH", bob, value, by(name, may)).status_code == status, name
    assert ask(strict, "PATCH", bob, value, app("User.ReadWrite.All")).status_code == 403
    assert ask(strict, "PATCH", bob, value, app(*may.split())).status_code == 204
    selected = f"{bob}?$select=id,customSecurityAttributes"
    for token, shown in (
        (by("gil", may), False),
        (by("hal", may), True),
        (by("pim", may), True),
        (by("pim", "User.Read.All"), False),
        (app(*may.split()), True),
    ):
        found = ask(strict, "GET", selected, token=token).json
        assert bool(found.get("customSecurityAttributes")) is shown, token
    condition = "users?$count=true&$filter=customSecurityAttributes/Eng/Project eq 'a'"
    eventual = {"ConsistencyLevel": "eventual"}
    for name, status in (("gil", 403), ("hal", 200)):
        found = ask(strict, "GET", condition, token=by(name, may), **eventual)
        assert found.status_code == status, found.text


def test_who_sees_little_of_users_searches_what_they_see(strict):
    eventual = {"ConsistencyLevel": "eventual"}
    for query, status in (("displayName:bob", 200), ("jobTitle:job", 403)):
        path = f'users?$search="{query}"&$select=id'
        found = ask(strict, "GET", path, token=by("ada", BASIC), **eventual)
        assert found.status_code == status, found.text


def test_an_app_is_told_what_a_group_has_granted_to_it(strict):
    group = "4e7a3f0a-0000-4000-8000-0000000000f1"
    grants = [
        {"id": id_, "clientAppId": app_id, "permission": "TeamSettings.Read.Group"}
        for id_, app_id in (("a", APP_ID), ("b", IDS["ada"]))
    ]
    seed(strict, {"groups": [{"id": group, "displayName": "G", "permissionGrants": grants}]})

    path = f"groups/{group}/checkGrantedPermissionsForApp"
    answer = ask(strict, "POST", path, {}, app("Group.Read.All"))

    assert answer.status_code == 200, answer.text
    assert [each["id"] for each in answer.json["value"]] == ["a"]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ('me/people?$search="bob"', 200),
        ("me/messages?$filter=contains(subject, 'x')", 200),
        ('me/messages?$search="bob"', 403),
        ("me/messages?$filter=contains(body/content, 'x')", 403),
        ("me/mailFolders?$expand=messages($select=body)", 403),
    ],
)
def test_what_is_withheld_of_some_things_may_be_asked_of_others(strict, path, status):
    token = by("ada", "Mail.ReadBasic People.Read")
    found = ask(strict, "GET", path, token=token)
    assert found.status_code == status, found.text
