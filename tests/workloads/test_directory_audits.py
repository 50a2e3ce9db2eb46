"""The logs: what was done to the directory over the wire, by whom; and who signed in."""

from __future__ import annotations

import base64
import json
from itertools import pairwise

import pytest

from tests.conftest import assert_error
from tests.graph.whole.conftest import listed, make, ref, seed, user

AUDITS = "auditLogs/directoryAudits"
SIGN_INS = "auditLogs/signIns"
APP = "1a111111-1111-4111-8111-111111111111"
GROUP = {"displayName": "G", "mailEnabled": False, "mailNickname": "g", "securityEnabled": True}


def bearer(**claims):
    parts = ({"alg": "none"}, claims)
    told = [base64.urlsafe_b64encode(json.dumps(each).encode()).decode() for each in parts]
    return {"Authorization": f"Bearer {'.'.join(each.rstrip('=') for each in told)}."}


def told(client, **options):
    """The words of the log, oldest first, each with the types and ids of what it is about."""
    return [
        (
            each["activityDisplayName"],
            *((one["type"], one["id"]) for one in each["targetResources"]),
        )
        for each in reversed(listed(client, AUDITS, **options))
    ]


def test_what_is_done_to_a_user_is_told(client):
    id_ = make(client, "users", user())["id"]
    at = f"/v1.0/users/{id_}"
    client.patch(at, json={"jobTitle": "Head"})
    client.delete(at)
    client.post(f"/v1.0/directory/deletedItems/{id_}/restore")
    client.delete(at)
    client.delete(f"/v1.0/directory/deletedItems/{id_}")
    words = ("Add", "Update", "Delete", "Restore", "Delete", "Hard Delete")
    assert told(client) == [(f"{word} user", ("User", id_)) for word in words]


def test_an_entry_says_who_did_what_when_and_what_has_changed(client):
    id_ = make(client, "users", user(jobTitle="Hand"))["id"]
    agent = {"User-Agent": "tests/1"}
    client.patch(f"/v1.0/users/{id_}", json={"jobTitle": "Head"}, headers=agent)
    entry = listed(client, AUDITS)[0]
    assert entry["id"].startswith("Directory_")
    assert (entry["category"], entry["result"]) == ("UserManagement", "success")
    assert (entry["loggedByService"], entry["operationType"]) == ("Core Directory", "Update")
    assert entry["initiatedBy"]["app"] is None
    assert entry["initiatedBy"]["user"]["userPrincipalName"] == "ada@contoso.com"
    assert entry["additionalDetails"] == [{"key": "User-Agent", "value": "tests/1"}]
    (target,) = entry["targetResources"]
    assert (target["displayName"], target["userPrincipalName"]) == (
        "Ada Lovelace",
        "ada@contoso.com",
    )
    assert target["modifiedProperties"] == [
        {"displayName": "JobTitle", "oldValue": '["Hand"]', "newValue": '["Head"]'}
    ]
    again = client.get(f"/v1.0/{AUDITS}/{entry['id']}").json
    assert again["activityDateTime"] == entry["activityDateTime"]


def test_a_password_is_in_no_entry(client):
    id_ = make(client, "users", user())["id"]
    profile = {"password": "Rg9-zzzz-111", "forceChangePasswordNextSignIn": False}
    client.patch(f"/v1.0/users/{id_}", json={"passwordProfile": profile})
    assert "Rg9" not in client.get(f"/v1.0/{AUDITS}").text


def test_links_are_told_with_both_ends(client):
    ada = make(client, "users", user())["id"]
    members = {"members@odata.bind": [f"http://localhost/v1.0/users/{ada}"]}
    group = make(client, "groups", {**GROUP, **members})["id"]
    client.delete(f"/v1.0/groups/{group}/members/{ada}/$ref")
    client.post(f"/v1.0/groups/{group}/owners/$ref", json=ref(f"users/{ada}"))
    both = (("User", ada), ("Group", group))
    assert told(client)[1:] == [
        ("Add group", ("Group", group)),
        ("Add member to group", *both),
        ("Remove member from group", *both),
        ("Add owner to group", *both),
    ]
    categories = {each["category"] for each in listed(client, AUDITS)}
    assert categories == {"UserManagement", "GroupManagement"}


def test_roles_and_applications_are_told(client):
    ada = make(client, "users", user())["id"]
    role = make(
        client, "directoryRoles", {"roleTemplateId": "62e90394-69f5-4237-9190-012177145e10"}
    )["id"]
    client.post(f"/v1.0/directoryRoles/{role}/members/$ref", json=ref(f"users/{ada}"))
    app = make(client, "applications", {"displayName": "App"})["id"]
    client.post(f"/v1.0/applications/{app}/addPassword", json={})
    client.delete(f"/v1.0/applications/{app}")
    assert told(client)[1:] == [
        ("Add member to role", ("User", ada), ("DirectoryRole", role)),
        ("Add application", ("Application", app)),
        ("Update application", ("Application", app)),
        ("Delete application", ("Application", app)),
    ]


def test_only_what_was_done_over_the_wire_is_told(client):
    seed(client, {"users": [user()], "groups": [GROUP]})
    refused = client.post("/v1.0/users", json=user(mailNickname="a b"))
    assert refused.status_code == 400
    assert client.post("/v1.0/users", json=user()).status_code == 400
    assert listed(client, AUDITS) == []
    make(client, "me/messages", {"subject": "s"})
    assert listed(client, AUDITS) == []


def test_who_calls_is_who_did_it(make_client):
    client = make_client(auth="bearer")
    principal = {"id": APP, "appId": APP, "displayName": "Daemon"}
    seed(client, {"servicePrincipals": [principal]})
    by_app = bearer(tid="default", appid=APP, idtyp="app", roles=["User.ReadWrite.All"])
    by_ada = bearer(tid="default", oid=APP, upn="ada@contoso.com", scp="User.ReadWrite.All")
    for number, headers in enumerate((by_app, by_ada)):
        body = user(userPrincipalName=f"u{number}@contoso.com")
        assert client.post("/v1.0/users", json=body, headers=headers).status_code == 201
    newest, oldest = (each["initiatedBy"] for each in listed(client, AUDITS, headers=by_ada))
    assert oldest["app"] == {
        "appId": APP,
        "displayName": "Daemon",
        "servicePrincipalId": APP,
        "servicePrincipalName": None,
    }
    assert oldest["user"] is newest["app"] is None
    assert (newest["user"]["id"], newest["user"]["userPrincipalName"]) == (APP, "ada@contoso.com")


def test_entries_are_found_and_come_newest_first(client):
    ids = [
        make(client, "users", user(userPrincipalName=f"u{n}@contoso.com"))["id"] for n in range(3)
    ]
    client.delete(f"/v1.0/users/{ids[0]}")
    times = [each["activityDateTime"] for each in listed(client, AUDITS)]
    assert all(later >= earlier for later, earlier in pairwise(times))
    for condition, number in (
        ("activityDisplayName eq 'Delete user'", 1),
        (f"targetResources/any(t:t/id eq '{ids[0]}')", 2),
        ("category eq 'UserManagement'", 4),
        ("loggedByService eq 'Core Directory' and activityDateTime ge 2000-01-01", 4),
        ("initiatedBy/user/id eq 'nobody'", 0),
    ):
        assert len(listed(client, f"{AUDITS}?$filter={condition}")) == number
    assert len(listed(client, f"{AUDITS}?$top=2")) == 2
    assert client.post(f"/v1.0/{AUDITS}", json={}).status_code == 405


def test_entries_that_seeds_have_put_there_stay(client):
    old = {"id": "old", "activityDateTime": "2001-01-01T00:00:00Z", "category": "Other"}
    seed(client, {AUDITS: [old, {"id": "bare"}]})
    make(client, "users", user())
    assert {each["id"] for each in listed(client, AUDITS)} > {"old", "bare"}


def test_the_log_keeps_thirty_days(client):
    make(client, "users", user())
    assert len(listed(client, AUDITS)) == 1
    client.put("/_fakegraph/clock", json={"advance": "P31D"})
    make(client, "users", user(userPrincipalName="b@contoso.com"))
    assert len(listed(client, AUDITS)) == 1


def test_the_log_is_as_empty_as_the_tenant_after_a_reset(client):
    make(client, "users", user())
    client.post("/_fakegraph/reset")
    assert listed(client, AUDITS) == []


def test_the_log_is_bounded(client):
    from fakegraph.tenants.trail import MOST, Caller, Deed, Trail

    trail = Trail()
    caller = Caller("", "", "", False, "", "", "")
    for number in range(3):
        deeds = [Deed("Add user", "", "Add", "user", {"id": f"{number}{n}"}) for n in range(MOST)]
        trail.add(0, caller, deeds)
    assert len(trail.take_audits()) == MOST
    assert trail.take_audits() == []


def test_without_the_permission_the_logs_say_so(make_client):
    client = make_client(auth="strict")
    wanted = {"scp": "User.Read", "user": "ada@contoso.com"}
    token = client.post("/_fakegraph/tokens", json=wanted).json["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    for path in (AUDITS, SIGN_INS):
        refused = client.get(f"/v1.0/{path}", headers=headers)
        assert refused.status_code == 403
        assert refused.json["error"]["code"] == "Authentication_MSGraphPermissionMissing"
        assert refused.json["error"]["message"] == (
            "The principal does not have required Microsoft Graph permission(s): AuditLog.Read.All"
        )


def sign_in(client, **changes):
    body = {
        "grant_type": "password",
        "client_id": "c0a70500-0000-4000-8000-000000000003",
        "username": "aiko.dvorak002@contoso.com",
        "password": "contoso-aiko-password",
        "scope": "https://graph.microsoft.com/User.Read offline_access",
        **changes,
    }
    return client.post("/default/oauth2/v2.0/token", data=body)


def test_who_signs_in_is_told_and_who_could_not(contoso):
    before = {each["id"] for each in listed(contoso, SIGN_INS)}

    def new(path):
        return [each for each in listed(contoso, path) if each["id"] not in before]

    first = sign_in(contoso)
    assert first.status_code == 200
    assert "@user" not in first.json
    assert sign_in(contoso, password="wrong").status_code == 400
    renewed = contoso.post(
        "/default/oauth2/v2.0/token",
        data={
            "grant_type": "refresh_token",
            "client_id": "c0a70500-0000-4000-8000-000000000003",
            "refresh_token": first.json["refresh_token"],
        },
    )
    assert renewed.status_code == 200
    failed, good = new(SIGN_INS)
    assert (good["status"]["errorCode"], failed["status"]["errorCode"]) == (0, 50126)
    assert good["userPrincipalName"] == failed["userPrincipalName"] == "aiko.dvorak002@contoso.com"
    assert (good["appDisplayName"], good["isInteractive"]) == ("Command line tool", True)
    aiko = contoso.get("/v1.0/users/aiko.dvorak002@contoso.com").json
    assert (good["userId"], good["userDisplayName"]) == (aiko["id"], aiko["displayName"])
    found = new(f"{SIGN_INS}?$filter=status/errorCode eq 50126")
    assert [each["id"] for each in found] == [failed["id"]]
    assert new(f"{SIGN_INS}?$filter=startswith(userPrincipalName,'ADA')") == []


SAID = "Unsupported or invalid query filter clause specified for property"
AT = "2026-01-01T00:00:00Z"


@pytest.mark.parametrize(
    ("log", "condition"),
    [
        *((AUDITS, f"activityDateTime {each} {AT}") for each in ("eq", "ge", "gt", "le", "lt")),
        *((SIGN_INS, f"createdDateTime {each} {AT}") for each in ("eq", "ge", "gt", "le", "lt")),
        *((AUDITS, f"{each} eq 'x'") for each in ("category", "correlationId", "id")),
        (AUDITS, "loggedByService eq 'x' and activityDisplayName eq 'x'"),
        (AUDITS, "startswith(activityDisplayName,'x') or initiatedBy/user/id eq 'x'"),
        (AUDITS, "initiatedBy/app/displayName eq 'x'"),
        (AUDITS, "targetResources/any(t:t/id eq 'x')"),
        (AUDITS, "targetResources/any(t:startswith(t/displayName,'x'))"),
        *((SIGN_INS, f"{each} eq 'x'") for each in ("userId", "appId", "ipAddress", "id")),
        *((SIGN_INS, f"startswith({each},'x')") for each in ("userPrincipalName", "ipAddress")),
        (SIGN_INS, "status/errorCode eq 50126 and isInteractive eq true"),
        (SIGN_INS, "conditionalAccessStatus eq 'failure' and riskState eq 'atRisk'"),
        (SIGN_INS, "location/city eq 'x' and startswith(deviceDetail/browser,'x')"),
        (SIGN_INS, "riskEventTypes_v2/any(t:t eq 'x')"),
    ],
)
def test_what_the_logs_are_asked_by(client, log, condition):
    name = "createdDateTime" if log == SIGN_INS else "activityDateTime"
    assert listed(client, f"{log}?$filter={condition}") == []
    assert listed(client, f"{log}?$filter={condition}&$orderby={name} desc&$top=5") == []


@pytest.mark.parametrize(
    ("log", "query", "words"),
    [
        (AUDITS, "$filter=resultReason eq 'x'", f"Invalid filter clause. {SAID} 'resultReason'"),
        (AUDITS, "$filter=category ne 'x'", f"Invalid filter clause. {SAID} 'category'"),
        (AUDITS, "$filter=contains(category,'x')", "clause operator 'Contains'"),
        (AUDITS, "$filter=startswith(category,'x')", f"{SAID} 'category'"),
        (AUDITS, "$filter=targetResources/any(t:t/type eq 'User')", f"{SAID} 'type'"),
        (AUDITS, "$orderby=category", "Sorting not supported for current query."),
        (AUDITS, "$skip=1", "'$skip' is not supported by the service."),
        (SIGN_INS, "$filter=userAgent eq 'x'", f"{SAID} 'userAgent' of resource 'SignIn'"),
        (SIGN_INS, "$filter=status/failureReason eq 'x'", f"{SAID} 'failureReason'"),
        (SIGN_INS, f"$filter=createdDateTime ge '{AT}'", "Invalid filter clause"),
        (SIGN_INS, f"$filter=not (createdDateTime ge {AT})", f"{SAID} 'createdDateTime'"),
        (SIGN_INS, "$orderby=userDisplayName", "Sorting not supported for current query."),
        (SIGN_INS, '$search="x"', "'$search' is not supported by the service."),
    ],
)
def test_what_the_logs_are_not_asked_by(client, log, query, words):
    assert_error(client.get(f"/v1.0/{log}?{query}"), 400, "BadRequest", words)
