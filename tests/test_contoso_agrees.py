"""The whole of the built-in organisation agrees with itself, whichever way one asks over the API."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fakegraph.app import close_app, create_app
from fakegraph.generate import DEFAULT_UNTIL
from fakegraph.settings import Settings

FIXTURE = Path(__file__).parents[1] / "fixtures" / "contoso"
GRAPH = "00000003-0000-0000-c000-000000000000"
EVENTUAL = {"ConsistencyLevel": "eventual"}


class Company:
    """What v1.0 serves of the company as it was written."""

    def __init__(self, client):
        self.client = client

    def get(self, path, **headers):
        answer = self.client.get(f"/v1.0/{path}", headers=headers)
        assert answer.status_code == 200, (path, answer.text)
        return answer.json if answer.is_json else answer.data

    def every(self, path):
        """All of a list, over its pages."""
        found, page = [], self.get(path)
        while True:
            found += page["value"]
            if "@odata.nextLink" not in page:
                return found
            answer = self.client.get(page["@odata.nextLink"])
            assert answer.status_code == 200, answer.text
            page = answer.json


@pytest.fixture(scope="module")
def company():
    app = create_app(Settings(auth="off", fixture="contoso@fixed"))
    client = app.test_client()
    assert client.put("/_fakegraph/clock", json={"now": DEFAULT_UNTIL}).status_code == 200
    yield Company(client)
    close_app(app)


@pytest.fixture(scope="module")
def users(company):
    """Everybody, by id."""
    select = "id,displayName,userPrincipalName,mail,userType,country,assignedLicenses,department"
    return {each["id"]: each for each in company.every(f"users?$select={select}&$top=999")}


@pytest.fixture(scope="module")
def employees(users):
    return [each for each in users.values() if each["userType"] == "Member"]


# The directory ---------------------------------------------------------------------------------


def test_licences_are_counted(company, employees):
    skus = {each["skuId"]: each for each in company.every("subscribedSkus")}
    used = [sku["skuId"] for user in employees for sku in user["assignedLicenses"]]
    assert {key: used.count(key) for key in skus} == {
        key: sku["consumedUnits"] for key, sku in skus.items()
    }
    assert all(
        0 < each["consumedUnits"] <= each["prepaidUnits"]["enabled"] for each in skus.values()
    )
    for user in employees:
        details = company.every(f"users/{user['id']}/licenseDetails")
        assert {each["skuId"] for each in details} == {e["skuId"] for e in user["assignedLicenses"]}
        for each in details:
            assert each["servicePlans"] == skus[each["skuId"]]["servicePlans"]


def test_most_have_a_photo_in_all_sizes(company, employees):
    without = []
    for user in employees:
        answer = company.client.get(f"/v1.0/users/{user['id']}/photo/$value")
        if answer.status_code == 404:
            without.append(user["displayName"])
            continue
        assert answer.headers["Content-Type"] == "image/png"
        sizes = {each["id"] for each in company.every(f"users/{user['id']}/photos")}
        assert sizes >= {"48X48", "120X120"}
    assert without == ["Finn García", "Hedvig 山田"]


def test_apps_were_granted_what_they_sign_in_with(company):
    directory = json.loads((FIXTURE / "directory.json").read_text())
    (graph,) = company.every(f"servicePrincipals?$filter=appId eq '{GRAPH}'")
    roles = {each["id"]: each["value"] for each in graph["appRoles"]}
    scopes = {each["id"]: each["value"] for each in graph["oauth2PermissionScopes"]}
    principals = {each["appId"]: each for each in company.every("servicePrincipals?$top=999")}
    grants = {each["clientId"]: each for each in company.every("oauth2PermissionGrants")}
    applications = {each["appId"]: each for each in company.every("applications?$top=999")}
    assert len(directory["apps"]) == len(applications) == 12
    for app in directory["apps"]:
        principal = principals[app["id"]]
        assigned = company.every(f"servicePrincipals/{principal['id']}/appRoleAssignments")
        granted = [roles[each["appRoleId"]] for each in assigned]
        assert granted == app.get("roles", [])
        assert {each["principalDisplayName"] for each in assigned} <= {app["displayName"]}
        delegated = grants.get(principal["id"], {"scope": ""})["scope"].split()
        assert [each for each in delegated if each != "offline_access"] == app["scopes"]
        wanted = [
            access["id"]
            for each in applications[app["id"]]["requiredResourceAccess"]
            for access in each["resourceAccess"]
        ]
        assert {(roles | scopes)[each] for each in wanted} == {*granted, *delegated}
        assert len(applications[app["id"]]["passwordCredentials"]) == len(app.get("secrets", []))
        assert company.every(f"applications/{applications[app['id']]['id']}/owners")


def test_each_app_with_a_secret_signs_in(company):
    directory = json.loads((FIXTURE / "directory.json").read_text())
    for app in directory["apps"]:
        for secret in app.get("secrets", ()):
            form = {
                "grant_type": "client_credentials",
                "client_id": app["id"],
                "client_secret": secret,
                "scope": "https://graph.microsoft.com/.default",
            }
            answer = company.client.post("/contoso.com/oauth2/v2.0/token", data=form)
            assert answer.status_code == 200, answer.text


def test_roles_are_seen_from_all_sides(company, users):
    roles = {each["roleTemplateId"]: each for each in company.every("directoryRoles")}
    assigned = company.every("roleManagement/directory/roleAssignments")
    whole = [each for each in assigned if each["directoryScopeId"] == "/"]
    members = [
        (template, member["id"])
        for template, role in roles.items()
        for member in company.every(f"directoryRoles/{role['id']}/members")
    ]
    assert sorted((e["roleDefinitionId"], e["principalId"]) for e in whole) == sorted(members)
    for template, member in members:
        assert roles[template]["id"] in {e["id"] for e in company.every(f"users/{member}/memberOf")}
    wids = {
        (wid, user["id"])
        for user in json.loads((FIXTURE / "directory.json").read_text())["users"]
        for wid in user.get("wids", ())
    }
    assert wids <= set(members)


def test_units_are_of_places(company, users, employees):
    units = {e["displayName"]: e for e in company.every("directory/administrativeUnits")}
    found = {}
    for name, unit in units.items():
        path = f"directory/administrativeUnits/{unit['id']}"
        found[name] = {each["id"] for each in company.every(f"{path}/members")}
        for each in company.every(f"{path}/scopedRoleMembers"):
            assert each["roleMemberInfo"]["id"] in found[name]
    assert sorted(key for ids in found.values() for key in ids) == sorted(
        e["id"] for e in employees
    )
    countries = {name: {users[key]["country"] for key in ids} for name, ids in found.items()}
    assert countries == {"Europe": {"DK", "DE"}, "Asia": {"JP"}, "Americas": {"US"}}


def test_devices_are_somebodys(company, users):
    devices = company.every("devices")
    assert len(devices) == 10
    for device in devices:
        (owner,) = company.every(f"devices/{device['id']}/registeredOwners")
        owned = company.every(f"users/{owner['id']}/ownedDevices")
        assert device["id"] in {each["id"] for each in owned}
        assert device["approximateLastSignInDateTime"] < DEFAULT_UNTIL


def test_phones_are_nobody_elses(company, employees):
    numbers = []
    for user in employees:
        known = company.get(f"users/{user['id']}?$select=businessPhones,mobilePhone")
        numbers += [*known["businessPhones"], known["mobilePhone"]]
    assert len(numbers) == len(set(numbers)) == 2 * len(employees)
