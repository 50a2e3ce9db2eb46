"""Identity, policies and governance."""

from __future__ import annotations

import pytest

from tests.graph.whole.conftest import listed, make, seed


def test_what_the_service_expands_unasked_is_shown(client):
    policy = {"id": "low", "includes": [{"id": "i1"}], "excludes": []}
    seed(client, {"policies/permissionGrantPolicies": [policy]})

    (included,) = client.get("/v1.0/policies/permissionGrantPolicies/low").json["includes"]
    assert included["id"] == "i1"
    (found,) = listed(client, "policies/permissionGrantPolicies")
    assert (found["includes"], found["excludes"]) == ([included], [])
    (narrow,) = listed(client, "policies/permissionGrantPolicies?$select=id")
    assert narrow == {"id": "low"}


def test_what_is_shown_unasked_shows_its_own_unasked(client):
    request = {"id": "r1", "approval": {"id": "a1", "stages": [{"id": "s1"}]}}
    path = "identityGovernance/appConsent/appConsentRequests"
    seed(client, {path: [{"id": "c1", "userConsentRequests": [request]}]})

    (found,) = listed(client, path)

    (inner,) = found["userConsentRequests"]
    assert [each["id"] for each in inner["approval"]["stages"]] == ["s1"]


def test_what_leads_to_itself_is_shown_once_unasked(client):
    base = {"id": "0x01", "name": "Item"}
    seed(client, {"sites/s/contentTypes": [{**base, "base": base}]})

    found = client.get("/v1.0/sites/s/contentTypes/0x01").json

    assert found["base"] == base
    assert "base" not in client.get("/v1.0/sites/s/contentTypes/0x01/base").json.get("base", {})


def test_what_the_model_marks_is_shown_unasked(client):
    seed(client, {"communications/callRecords": [{"id": "c", "organizer_v2": {"id": "o"}}]})

    assert client.get("/v1.0/communications/callRecords/c").json["organizer_v2"]["id"] == "o"


def test_a_change_of_a_policy_has_no_body_where_nothing_else_is_documented(client):
    body = {
        "id": "d",
        "displayName": "A",
        "isEnabled": True,
        "rolePermissions": [{"allowedResourceActions": ["microsoft.directory/users/basic/update"]}],
    }
    role = make(client, "roleManagement/directory/roleDefinitions", body)
    path = f"/v1.0/roleManagement/directory/roleDefinitions/{role['id']}"

    response = client.patch(path, json={"displayName": "B"})

    assert (response.status_code, response.data) == (204, b"")
    assert client.get(path).json["displayName"] == "B"


def test_a_documented_status_comes_before_the_usual_one(client):
    seed(client, {"identityGovernance/termsOfUse/agreements": [{"id": "a", "displayName": "A"}]})

    response = client.patch(
        "/v1.0/identityGovernance/termsOfUse/agreements/a", json={"displayName": "B"}
    )

    assert response.status_code == 200
    assert response.json["displayName"] == "B"


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("connectedOrganizations/o/internalSponsors", "users"),
        ("connectedOrganizations/o/externalSponsors", "users"),
        ("accessPackages/o/incompatibleGroups", "groups"),
    ],
)
def test_groups_and_sponsors_are_linked_although_the_model_says_contained(client, path, kind):
    root = "identityGovernance/entitlementManagement"
    id_ = "4e7a3f0a-0000-4000-8000-000000000001"
    seed(client, {f"{root}/{path.partition('/')[0]}": [{"id": "o"}], kind: [{"id": id_}]})
    url = {"@odata.id": f"https://graph.microsoft.com/v1.0/{kind}/{id_}"}

    assert client.post(f"/v1.0/{root}/{path}/$ref", json=url).status_code == 204

    assert [each["id"] for each in listed(client, f"{root}/{path}")] == [id_]
    assert client.delete(f"/v1.0/{root}/{path}/{id_}/$ref").status_code == 204
    assert listed(client, f"{root}/{path}") == []
    assert client.get(f"/v1.0/{kind}/{id_}").status_code == 200


def test_what_a_rollout_applies_to_is_listed(client):
    id_ = "4e7a3f0a-0000-4000-8000-000000000001"
    seed(client, {"policies/featureRolloutPolicies": [{"id": "f"}], "groups": [{"id": id_}]})
    path = "policies/featureRolloutPolicies/f/appliesTo"
    url = {"@odata.id": f"https://graph.microsoft.com/v1.0/directoryObjects/{id_}"}

    client.post(f"/v1.0/{path}/$ref", json=url)

    assert [each["id"] for each in listed(client, path)] == [id_]


def test_a_provider_is_taken_away_from_a_user_flow(client):
    root = "identity/b2xUserFlows/f/userFlowIdentityProviders"
    seed(client, {root: [{"id": "p", "@odata.type": "#microsoft.graph.builtInIdentityProvider"}]})
    assert [each["id"] for each in listed(client, root)] == ["p"]

    assert client.delete(f"/v1.0/{root}/p/$ref").status_code == 204

    assert listed(client, root) == []


def test_who_has_two_packages_that_do_not_go_together(client):
    top = "identityGovernance/entitlementManagement"
    seed(
        client,
        {
            "users": [{"id": each, "displayName": each} for each in ("ada", "bob", "cy")],
            f"{top}/accessPackages": [{"id": "p"}, {"id": "q"}],
            f"{top}/assignmentPolicies": [{"id": "any"}],
        },
    )
    for package, who in (("p", "ada"), ("q", "ada"), ("p", "bob"), ("q", "cy")):
        of = {"targetId": who, "assignmentPolicyId": "any", "accessPackageId": package}
        make(client, f"{top}/assignmentRequests", {"requestType": "adminAdd", "assignment": of})

    def found(package, other):
        names = f"accessPackageId='{package}',incompatibleAccessPackageId='{other}'"
        path = f"{top}/assignments/additionalAccess({names})?$expand=target,accessPackage"
        return [
            (each["target"]["objectId"], each["accessPackage"]["id"])
            for each in listed(client, path)
        ]

    assert found("p", "q") == [("ada", "p")]
    assert found("q", "p") == [("ada", "q")]
    same = "additionalAccess(accessPackageId='p',incompatibleAccessPackageId='p')"
    assert client.get(f"/v1.0/{top}/assignments/{same}").status_code == 400


def test_the_id_of_a_policy_of_grants_is_chosen(client):
    path = "policies/permissionGrantPolicies"
    made = make(client, path, {"id": "my-own_1", "displayName": "Own"})

    assert made["id"] == "my-own_1"
    assert client.get(f"/v1.0/{path}/my-own_1").json["displayName"] == "Own"
    for bad in ({}, {"id": "microsoft-own"}, {"id": "my own"}, {"id": "my-own_1"}):
        refused = client.post(f"/v1.0/{path}", json={"displayName": "Two", **bad})
        assert refused.status_code in (400, 409), refused.text
    assert [each["id"] for each in listed(client, path)] == ["my-own_1"]
    assert client.patch(f"/v1.0/{path}/my-own_1", json={"id": "other"}).status_code == 400


REVIEW = {
    "displayName": "A",
    "descriptionForAdmins": "a",
    "descriptionForReviewers": "r",
    "scope": {
        "@odata.type": "#microsoft.graph.accessReviewQueryScope",
        "query": "/groups/g/transitiveMembers",
        "queryType": "MicrosoftGraph",
    },
}
PRINTER = "print/printers"
CALL = {
    "callbackUri": "https://bot.contoso.com/callback",
    "mediaConfig": {"@odata.type": "#microsoft.graph.serviceHostedMediaConfig"},
}


@pytest.mark.parametrize(
    ("path", "whole", "wrong"),
    [
        ("identityGovernance/accessReviews/definitions", REVIEW, {}),
        ("communications/calls", CALL, {"callbackUri": "http://bot.contoso.com"}),
        (
            "print/shares",
            {"displayName": "x" * 50, "printer@odata.bind": f"https://localhost/v1.0/{PRINTER}/p"},
            {"displayName": "x" * 51},
        ),
    ],
)
def test_what_pages_call_required_is_in_the_body(client, path, whole, wrong):
    seed(client, {PRINTER: [{"id": "p"}]})
    lacking = [{key: each for key, each in whole.items() if key != name} for name in whole]
    for body in (*lacking, *([{**whole, **wrong}] if wrong else [])):
        assert client.post(f"/v1.0/{path}", json=body).status_code == 400, body
    assert client.post(f"/v1.0/{path}", json=whole).status_code == 201


def test_a_moment_stands_for_the_day_on_which_reviews_begin(client):
    path = "identityGovernance/accessReviews/definitions"

    def recurring(start):
        span = {"type": "noEnd", "startDate": start}
        pattern = {"type": "weekly", "interval": 1}
        return {"settings": {"recurrence": {"pattern": pattern, "range": span}}}

    made = make(client, path, {**REVIEW, **recurring("2020-09-08T12:02:30.667Z")})

    assert made["settings"]["recurrence"]["range"]["startDate"] == "2020-09-08"
    for bad in ("2020-09-08T", "2020-13-08T12:02:30Z", "2020-09-08T1"):
        wrong = {**REVIEW, **recurring(bad)}
        assert client.post(f"/v1.0/{path}", json=wrong).status_code == 400, bad
    event = {"subject": "A", "recurrence": recurring("2020-09-08T12:02:30Z")["settings"]}
    assert client.post("/v1.0/me/events", json=event).status_code == 400


VENDOR = {"vendorInformation": {"provider": "SecureScore", "vendor": "Microsoft"}}


@pytest.mark.parametrize("path", ["security/alerts", "security/secureScoreControlProfiles"])
def test_what_a_vendor_tells_of_is_changed_with_its_name_and_shown_if_preferred(client, path):
    seed(client, {path: [{"id": "a"}]})
    url = f"/v1.0/{path}/a"

    for bad in ({}, {"vendorInformation": {"vendor": "Microsoft"}}):
        refused = client.patch(url, json=bad)
        assert refused.status_code == 400
        assert "provider" in refused.json["error"]["message"]
    assert client.patch(url, json=VENDOR).status_code == 204
    shown = client.patch(url, json=VENDOR, headers={"Prefer": "return=representation"})

    assert shown.status_code == 200
    assert "representation" in shown.headers["Preference-Applied"]
    assert shown.json["vendorInformation"]["provider"] == "SecureScore"


def test_what_an_analyst_says_of_a_control_is_one_more_update(client):
    path = "security/secureScoreControlProfiles"
    seed(client, {path: [{"id": "AdminMFA", "maxScore": 5}]})
    url = f"/v1.0/{path}/AdminMFA"

    said = {"assignedTo": "", "comment": "it is reviewed", "state": "Reviewed"}
    assert client.patch(url, json={**said, **VENDOR}).status_code == 204
    assert client.patch(url, json={"state": "Ignored", **VENDOR}).status_code == 204
    for bad in ({"state": "Gone"}, {"comment": 1}):
        assert client.patch(url, json={**bad, **VENDOR}).status_code == 400

    found = client.get(url).json
    first, second = found["controlStateUpdates"]
    assert {name: first[name] for name in said} == said
    assert first["updatedDateTime"]
    assert (second["state"], second["comment"]) == ("Ignored", None)
    assert found["maxScore"] == 5
    assert not {"state", "comment", "assignedTo"} & found.keys()


PARTNER = "policies/crossTenantAccessPolicy/partners"
TENANT = "3d0f5dec-5d3d-455c-8016-e2af1ae4d31a"


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("patch", f"{PARTNER}/{TENANT}", {"inboundTrust": {"isMfaAccepted": True}}),
        ("put", f"{PARTNER}/{TENANT}/identitySynchronization", {"displayName": "Fabrikam"}),
        ("patch", f"{PARTNER}/{TENANT}/identitySynchronization", {"displayName": "Fabrikam"}),
        (
            "patch",
            "policies/crossTenantAccessPolicy/default",
            {"inboundTrust": {"isMfaAccepted": True}},
        ),
        ("patch", "tenantRelationships/multiTenantOrganization", {"displayName": "Group"}),
    ],
)
def test_changes_of_what_is_between_tenants_have_no_body(client, method, path, body):
    partner = {"tenantId": TENANT, "identitySynchronization": {"tenantId": TENANT}}
    seed(client, {PARTNER: [partner]})

    changed = getattr(client, method)(f"/v1.0/{path}", json=body)

    assert (changed.status_code, changed.data) == (204, b""), changed.text
    found = client.get(f"/v1.0/{path}").json
    assert {name: found[name] for name in body if name == "displayName"} == {
        name: value for name, value in body.items() if name == "displayName"
    }
    if "inboundTrust" in body:
        assert found["inboundTrust"]["isMfaAccepted"] is True


def test_synchronization_with_a_partner_is_made_without_a_body(client):
    seed(client, {PARTNER: [{"tenantId": TENANT}]})
    path = f"/v1.0/{PARTNER}/{TENANT}/identitySynchronization"

    made = client.put(path, json={"userSyncInbound": {"isSyncAllowed": True}})

    assert (made.status_code, made.data) == (204, b"")
    assert client.get(path).json["userSyncInbound"] == {"isSyncAllowed": True}


def test_an_authentication_context_is_made_by_a_change(client):
    path = "/v1.0/identity/conditionalAccess/authenticationContextClassReferences"

    made = client.patch(f"{path}/c1", json={"displayName": "Medium", "isAvailable": True})
    assert (made.status_code, made.data) == (204, b"")
    assert client.patch(f"{path}/c1", json={"description": "As it was"}).status_code == 204
    found = client.get(f"{path}/c1").json
    assert (found["displayName"], found["description"]) == ("Medium", "As it was")

    assert client.patch(f"{path}/c100", json={}).status_code == 400
    assert client.post(path, json={"id": "medium", "displayName": "M"}).status_code == 400
    assert len(client.get(path).json["value"]) == 1


@pytest.mark.parametrize("of", ["assignments", "assignmentRequests"])
def test_what_is_processed_again_is_accepted(client, of):
    path = f"identityGovernance/entitlementManagement/{of}"
    seed(
        client, {path: [{"id": "a", "state": "deliveryFailed"}, {"id": "b", "state": "delivering"}]}
    )

    answer = client.post(f"/v1.0/{path}/a/reprocess")

    assert (answer.status_code, answer.data) == (202, b"")
    after = "delivered" if of == "assignments" else "submitted"
    assert client.get(f"/v1.0/{path}/a").json["state"] == after
    assert client.post(f"/v1.0/{path}/b/reprocess").status_code == 400


DEFAULTS = {
    "identityGovernance/accessReviews/definitions": (
        REVIEW,
        {"status": "NotStarted", "reviewers": [], "additionalNotificationRecipients": []},
    ),
    "policies/permissionGrantPolicies/own/includes": (
        {"permissionType": "delegated"},
        {
            "permissionClassification": "all",
            "resourceApplication": "any",
            "permissions": ["all"],
            "clientApplicationTenantIds": ["all"],
            "clientApplicationsFromVerifiedPublisherOnly": False,
        },
    ),
    "identityGovernance/entitlementManagement/catalogs": (
        {"displayName": "A"},
        {"catalogType": "userManaged", "state": "published", "isExternallyVisible": False},
    ),
    "identityGovernance/accessReviews/historyDefinitions": (
        {"displayName": "A", "scopes": []},
        {"status": "requested"},
    ),
    "identityGovernance/lifecycleWorkflows/workflows": (
        {
            "displayName": "A",
            "category": "joiner",
            "executionConditions": {
                "@odata.type": "#microsoft.graph.identityGovernance.onDemandExecutionOnly"
            },
            "tasks": [],
        },
        {"version": 1, "isSchedulingEnabled": False},
    ),
    "informationProtection/threatAssessmentRequests": (
        {
            "@odata.type": "#microsoft.graph.urlAssessmentRequest",
            "url": "http://contoso.com",
            "expectedAssessment": "block",
            "category": "phishing",
        },
        {"status": "pending", "contentType": "url", "requestSource": "administrator"},
    ),
    "print/shares": (
        {"displayName": "A", "printer@odata.bind": f"https://localhost/v1.0/{PRINTER}/p"},
        {"isAcceptingJobs": True, "allowAllUsers": False},
    ),
    "education/classes/c/assignments": (
        {"displayName": "A"},
        {
            "status": "draft",
            "classId": "c",
            "allowLateSubmissions": True,
            "addToCalendarAction": "none",
            "closeDateTime": None,
        },
    ),
}


@pytest.mark.parametrize("path", DEFAULTS)
def test_what_nobody_says_is_as_the_pages_show_it(client, path):
    body, rest = DEFAULTS[path]
    own = {"id": "own", "displayName": "A"}
    seed(client, {"policies/permissionGrantPolicies": [own], "education/classes": [{"id": "c"}]})
    seed(client, {PRINTER: [{"id": "p"}]})

    made = make(client, path, body)

    assert {name: made[name] for name in rest} == rest
    if "createdBy" in made:
        who = made["createdBy"]
        assert who.get("user", who)["id"]
    if "modifiedDateTime" in made:
        assert made["modifiedDateTime"] == made["createdDateTime"]


def test_a_resource_of_an_assignment_says_who_put_it_there(client):
    seed(client, {"education/classes/c/assignments": [{"id": "a"}]})
    link = {"@odata.type": "#microsoft.graph.educationLinkResource", "link": "https://contoso.com"}
    path = "education/classes/c/assignments/a/resources"

    made = make(client, path, {"resource": link})["resource"]

    assert made["createdDateTime"] == made["lastModifiedDateTime"]
    assert made["createdBy"]["user"]["id"]
    assert made["link"] == link["link"]


def test_a_review_that_asks_of_nobody_is_told(client):
    seed(client, {"groups": [{"id": "g"}]})
    reviewers = [{"query": "/users/nobody", "queryType": "MicrosoftGraph"}]
    path = "identityGovernance/accessReviews/definitions"

    def told():
        return client.get("/_fakegraph/requests").json["value"][-1]["ignored"]

    make(client, path, {**REVIEW, "reviewers": [{"query": "./manager"}]})
    assert told() == []
    make(client, path, {**REVIEW, "reviewers": reviewers})
    assert [("/users/nobody" in each, "'nobody'" in each) for each in told()] == [(True, True)]
