"""What the pages of things say: what they must have, what nobody may set, what they are at first."""

from __future__ import annotations

import pytest

from tests.conftest import assert_error
from tests.graph.whole.conftest import make, seed

EM = "identityGovernance/entitlementManagement"
IE = "admin/edge/internetExplorerMode/siteLists"
CASE = "security/cases/ediscoveryCases"
WEBINARS = "solutions/virtualEvents/webinars"
SITE = {
    "allowRedirect": True,
    "comment": "old",
    "compatibilityMode": "default",
    "mergeType": "default",
    "targetEnvironment": "internetExplorerMode",
    "webUrl": "www.contoso.com",
}
ITEM = {
    "acl": [{"type": "everyone", "value": "everyone", "accessType": "grant"}],
    "properties": {"title": "A"},
}
LOGO = "https://contoso.com/logo.png"
FLOW = {
    "@odata.type": "#microsoft.graph.externalUsersSelfServiceSignUpEventsFlow",
    "displayName": "F",
    "onInteractiveAuthFlowStart": {
        "@odata.type": "#microsoft.graph.onInteractiveAuthFlowStartExternalUsersSelfServiceSignUp",
        "isSignUpAllowed": True,
    },
    "onAuthenticationMethodLoadStart": {
        "@odata.type": (
            "#microsoft.graph.onAuthenticationMethodLoadStartExternalUsersSelfServiceSignUp"
        ),
    },
}
#: What can be made, by where: the least that a body has.
LEAST = {
    f"{EM}/catalogs": {"displayName": "A"},
    f"{EM}/accessPackages": {"displayName": "A", "catalog": {"id": "c"}},
    "identityGovernance/termsOfUse/agreements": {
        "displayName": "A",
        "isViewingBeforeAcceptanceRequired": True,
    },
    "identityGovernance/lifecycleWorkflows/workflows": {
        "displayName": "A",
        "category": "joiner",
        "executionConditions": {
            "@odata.type": "#microsoft.graph.identityGovernance.onDemandExecutionOnly"
        },
        "tasks": [{"displayName": "T", "taskDefinitionId": "t", "arguments": []}],
    },
    "identity/authenticationEventsFlows": FLOW,
    "identity/verifiedId/profiles": {
        "name": "A",
        "description": "B",
        "verifierDid": "did:web:contoso.com",
        "verifiedIdUsageConfigurations": [],
    },
    "employeeExperience/learningProviders": {
        "displayName": "A",
        **{
            f"{shape}LogoWebUrlFor{theme}Theme": LOGO
            for shape in ("long", "square")
            for theme in ("Dark", "Light")
        },
    },
    "employeeExperience/learningProviders/p/learningCourseActivities": {
        "@odata.type": "#microsoft.graph.learningAssignment",
        "learnerUserId": "8b8b0e4a-2f3b-4c65-9a53-7d2a0e1f3f10",
        "learningContentId": "c",
        "status": "notStarted",
    },
    "external/connections": {"id": "people", "name": "People"},
    IE: {"displayName": "A", "description": "B"},
    f"{IE}/l/sites": SITE,
    CASE: {"displayName": "A"},
    f"{CASE}/c/custodians": {"email": "ada@contoso.com"},
    "security/labels/retentionLabels": {"displayName": "A"},
    "storage/fileStorage/containers": {
        "displayName": "A",
        "containerTypeId": "91710488-5756-407f-9046-fbe5f0b4de73",
    },
    f"{WEBINARS}/w/registrations": {
        "preferredTimezone": "Pacific Standard Time",
        "preferredLanguage": "en-us",
    },
    "tenantRelationships/multiTenantOrganization/tenants": {
        "tenantId": "4b827261-d21f-4aa9-b7db-7fa1f56fb163"
    },
}
NEEDED = {
    f"{EM}/catalogs": [{"id": "c"}],
    "employeeExperience/learningProviders": [{"id": "p"}],
    IE: [{"id": "l"}],
    CASE: [{"id": "c"}],
    WEBINARS: [{"id": "w"}],
}


@pytest.mark.parametrize("path", LEAST)
def test_a_body_has_what_its_page_wants_and_no_less(client, path):
    seed(client, NEEDED)
    least = LEAST[path]

    for name in least:
        if name != "@odata.type":
            short = {each: value for each, value in least.items() if each != name}
            lacking = client.post(f"/v1.0/{path}", json=short)
            assert lacking.status_code == 400, (name, lacking.text)
            assert name in lacking.text
    made = client.post(f"/v1.0/{path}", json=least)
    assert made.status_code == 201, made.text


#: What the service alone sets, by where: a value that a body would give it.
READ_ONLY = {
    f"{EM}/catalogs": {
        "createdDateTime": "2001-01-01T00:00:00Z",
        "modifiedDateTime": "2001-01-01T00:00:00Z",
    },
    f"{EM}/accessPackages": {"createdDateTime": "2001-01-01T00:00:00Z"},
    "external/connections": {"state": "ready"},
    IE: {"status": "published", "publishedDateTime": "2001-01-01T00:00:00Z"},
    f"{IE}/l/sites": {"status": "published"},
    CASE: {"status": "closed", "closedDateTime": "2001-01-01T00:00:00Z"},
    f"{CASE}/c/custodians": {"status": "released", "holdStatus": "applied"},
    "security/labels/retentionLabels": {"isInUse": True},
    "storage/fileStorage/containers": {"status": "active", "lockState": "unlocked"},
    f"{WEBINARS}/w/registrations": {"status": "canceled"},
    "tenantRelationships/multiTenantOrganization/tenants": {"state": "active"},
    "identityGovernance/lifecycleWorkflows/workflows": {"version": 4},
    "search/bookmarks": {"isSuggested": True, "lastModifiedDateTime": "2001-01-01T00:00:00Z"},
    "print/shares": {"createdDateTime": "2001-01-01T00:00:00Z"},
    WEBINARS: {"status": "published"},
}


@pytest.mark.parametrize("path", READ_ONLY)
def test_what_the_service_sets_nobody_else_does(client, path):
    seed(client, NEEDED)

    for name, value in READ_ONLY[path].items():
        body = {**LEAST.get(path, {"displayName": "A"}), name: value}
        refused = client.post(f"/v1.0/{path}", json=body)
        assert refused.status_code == 400, (name, refused.text)
        assert f"'{name}' is read-only" in refused.text


#: What a new one says that a body said nothing of.
AT_FIRST = {
    IE: {"status": "draft", "revision": "", "publishedBy": None},
    f"{IE}/l/sites": {"status": "pendingAdd", "history": []},
    CASE: {"status": "active", "closedBy": None},
    f"{CASE}/c/custodians": {"status": "active", "releasedDateTime": None},
    "security/labels/retentionLabels": {"isInUse": False},
    "storage/fileStorage/containers": {"status": "inactive"},
    "tenantRelationships/multiTenantOrganization/tenants": {"role": "member", "state": "pending"},
    "external/connections": {"state": "draft"},
    WEBINARS: {"status": "draft"},
    "employeeExperience/learningProviders/p/learningCourseActivities": {"learningProviderId": "p"},
}


@pytest.mark.parametrize("path", AT_FIRST)
def test_what_a_body_does_not_say_is_as_the_page_shows_it(client, path):
    seed(client, NEEDED)

    made = make(client, path, LEAST.get(path, {"displayName": "A"}))

    expected = AT_FIRST[path]
    assert {name: made.get(name, "nothing") for name in expected} == expected


@pytest.mark.parametrize("id_", ["ab", "with-dash", "Microsoft1", "Exchange", "a" * 33])
def test_a_connection_has_no_such_id(client, id_):
    refused = client.post("/v1.0/external/connections", json={"id": id_, "name": "A"})
    assert_error(refused, 400, "BadRequest", "cannot be the id of a connection")


PROPERTY = {"name": "title", "type": "string"}


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({"baseType": "other", "properties": [PROPERTY]}, "baseType"),
        ({"properties": [PROPERTY]}, "baseType"),
        ({"properties": []}, "1 to 128 properties"),
        ({"properties": [{"name": f"p{each}", "type": "string"} for each in range(129)]}, "128"),
        ({"properties": [{"name": "with space", "type": "string"}]}, "letters and digits"),
        ({"properties": [{"name": "n", "type": "int64", "isSearchable": True}]}, "searchable"),
        ({"properties": [PROPERTY, {**PROPERTY, "name": "Title"}]}, "the same name"),
    ],
)
def test_no_schema_is_as_no_schema_can_be(client, schema, words):
    seed(client, {"external/connections": [{"id": "people", "name": "A"}]})
    base = {} if words == "baseType" else {"baseType": "microsoft.graph.externalItem"}

    refused = client.patch("/v1.0/external/connections/people/schema", json={**base, **schema})

    assert_error(refused, 400, "BadRequest", words)
    assert client.get("/v1.0/external/connections/people/schema").status_code == 404


def test_a_connection_is_ready_once_its_schema_is_registered(client):
    path = "external/connections"
    assert make(client, path, LEAST[path])["state"] == "draft"
    schema = {"baseType": "microsoft.graph.externalItem", "properties": [PROPERTY]}

    registered = client.patch(f"/v1.0/{path}/people/schema", json=schema)

    assert registered.status_code == 202
    assert f"/v1.0/{path}/people/operations/" in registered.headers["Location"]
    assert client.get(registered.headers["Location"]).json["status"] == "completed"
    assert client.get(f"/v1.0/{path}/people").json["state"] == "ready"
    again = client.patch(f"/v1.0/{path}/people/schema", json=schema)
    assert again.headers["Location"] != registered.headers["Location"]


def test_an_item_without_rights_is_none(client):
    seed(client, {"external/connections": [{"id": "people", "name": "A"}]})
    for name in ITEM:
        short = {each: value for each, value in ITEM.items() if each != name}
        refused = client.put("/v1.0/external/connections/people/items/i", json=short)
        assert_error(refused, 400, "BadRequest", name)


def test_a_site_is_published_with_its_list_and_pending_once_it_is_changed(client):
    sites = make(client, IE, LEAST[IE])
    path = f"/v1.0/{IE}/{sites['id']}"
    one, two = (make(client, f"{path[6:]}/sites", SITE)["id"] for _ in range(2))

    def states():
        return [client.get(f"{path}/sites/{each}").json["status"] for each in (one, two)]

    client.post(f"{path}/publish", json={"revision": "1", "sites": [{"id": one}]})
    assert states() == ["published", "pendingAdd"]
    client.post(f"{path}/publish", json={"revision": "2", "sites": []})
    assert states() == ["published", "published"]
    client.patch(f"{path}/sites/{two}", json={"comment": "new"})
    assert states() == ["published", "pendingEdit"]
    assert client.get(path).json["status"] == "published"


def test_who_registers_for_a_webinar_is_known_by_the_directory(people):
    seed(people, {WEBINARS: [{"id": "w"}], "me": {"id": "ada", "givenName": "Ada"}})

    made = make(people, f"{WEBINARS}/w/registrations", LEAST[f"{WEBINARS}/w/registrations"])

    assert (made["userId"], made["firstName"], made["email"]) == ("ada", "Ada", "ada@contoso.com")
    assert made["status"] == "registered"
    assert made["registrationDateTime"]


def test_a_workflow_that_is_not_enabled_does_not_run_by_itself(client):
    path = "identityGovernance/lifecycleWorkflows/workflows"
    body = {**LEAST[path], "isEnabled": False, "isSchedulingEnabled": True}
    assert_error(client.post(f"/v1.0/{path}", json=body), 400, "BadRequest", "isSchedulingEnabled")


def test_a_custodian_has_the_name_of_the_user(people):
    seed(people, {CASE: [{"id": "c"}]})
    made = make(people, f"{CASE}/c/custodians", {"email": "bob@contoso.com"})
    assert made["displayName"] == "Bob"
