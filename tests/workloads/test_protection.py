"""Backups, sensors and policies of data: what is found, set going, made anew, and let through."""

from __future__ import annotations

import pytest

from tests.conftest import assert_error
from tests.graph.whole.conftest import seed

BACKUP = "solutions/backupRestore"
UNIT = {"@odata.type": "#microsoft.graph.siteProtectionUnit"}
SEARCH = {
    "protectionUnitIds": ["u", "v"],
    "protectionTimePeriod": {
        "startDateTime": "2026-01-01T00:00:00Z",
        "endDateTime": "2026-01-08T00:00:00Z",
    },
}


def point(id_, day, tags="none", unit="u"):
    return {
        "id": id_,
        "protectionDateTime": f"2026-01-{day:02}T00:00:00Z",
        "tags": tags,
        "protectionUnit": {**UNIT, "id": unit},
    }


@pytest.fixture
def backed_up(client):
    """Points of two units, of one of which there is none in the first week of the year."""
    points = [
        point("p2", 2, "fastRestore"),
        point("p1", 1),
        point("p9", 9),
        point("q", 20, "", "v"),
    ]
    points[3]["tags"] = "none"
    seed(client, {f"{BACKUP}/restorePoints": points})
    return client


def search(client, **changes):
    response = client.post(f"/v1.0/{BACKUP}/restorePoints/search", json=SEARCH | changes)
    assert response.status_code == 200, response.text
    found = [each["restorePoint"] for each in response.json["searchResults"]]
    assert response.json["searchResponseId"]
    return found, response.json["noResultProtectionUnitIds"]


@pytest.mark.parametrize(
    ("changes", "ids"),
    [
        ({}, ["p1", "p2"]),
        ({"restorePointPreference": "latest"}, ["p2"]),
        ({"restorePointPreference": "oldest"}, ["p1"]),
        ({"tags": "fastRestore"}, ["p2"]),
        ({"tags": "none"}, ["p1", "p2"]),
    ],
)
def test_points_are_found_by_their_units_and_times(backed_up, changes, ids):
    found, nothing = search(backed_up, **changes)

    assert [each["id"] for each in found] == ids
    assert {each["protectionUnit"]["id"] for each in found} == {"u"}
    assert nothing == ["v"]


@pytest.mark.parametrize(
    ("changes", "status", "code", "words"),
    [
        ({"protectionUnitIds": []}, 400, "BadRequest", "protectionUnitIds"),
        ({"protectionTimePeriod": None}, 400, "BadRequest", "protectionTimePeriod"),
        (
            {
                "protectionTimePeriod": {
                    "startDateTime": "2026-01-08T00:00:00Z",
                    "endDateTime": "2026-01-01T00:00:00Z",
                }
            },
            400,
            "BadRequest",
            "before it begins",
        ),
        ({"artifactQuery": {"queryExpression": "a"}}, 501, "NotImplemented", "artifactQuery"),
    ],
)
def test_a_search_for_points_says_of_what_and_when(backed_up, changes, status, code, words):
    refused = backed_up.post(f"/v1.0/{BACKUP}/restorePoints/search", json=SEARCH | changes)
    assert_error(refused, status, code, words)


def test_a_rule_that_is_run_is_active(client):
    policy = f"{BACKUP}/sharePointProtectionPolicies"
    rules = f"{policy}/p/siteInclusionRules"
    seed(client, {policy: [{"id": "p"}], rules: [{"id": "r", "status": "draft"}]})

    ran = client.post(f"/v1.0/{rules}/r/run")

    assert (ran.json["id"], ran.json["status"]) == ("r", "active")
    assert client.get(f"/v1.0/{rules}/r").json["status"] == "active"


def test_the_key_of_sensors_is_the_same_until_it_is_made_anew(client):
    sensors = "/v1.0/security/identities/sensors"

    def key():
        return client.get(f"{sensors}/getDeploymentAccessKey").json["deploymentAccessKey"]

    first = key()
    assert first == key()
    made = client.post(f"{sensors}/regenerateDeploymentAccessKey").json["deploymentAccessKey"]
    assert made == key() != first


CONTENT = {
    "contentEntries": [
        {
            "@odata.type": "#microsoft.graph.processConversationMetadata",
            "identifier": "1",
            "content": {"@odata.type": "#microsoft.graph.textContent", "data": "secret"},
            "name": "message",
            "correlationId": "c",
            "isTruncated": False,
            "createdDateTime": "2026-01-01T00:00:00Z",
            "modifiedDateTime": "2026-01-01T00:00:00Z",
        }
    ],
    "activityMetadata": {"activity": "uploadText"},
    "deviceMetadata": {},
    "integratedAppMetadata": {"name": "App", "version": "1.0"},
}


def test_no_policy_holds_up_what_is_processed_and_that_is_noted(people):
    data = "/v1.0/users/ada/dataSecurityAndGovernance"
    asked = {"activities": "uploadText"}
    tenant = "/v1.0/security/dataSecurityAndGovernance"

    scopes = people.post(f"{data}/protectionScopes/compute", json=asked)
    assert (scopes.status_code, scopes.json["value"]) == (200, [])
    assert people.post(f"{tenant}/protectionScopes/compute", json=asked).json["value"] == []
    processed = people.post(f"{data}/processContent", json={"contentToProcess": CONTENT})
    assert processed.status_code == 200, processed.text
    assert processed.json["policyActions"] == processed.json["processingErrors"] == []
    assert processed.json["protectionScopeState"] == "notModified"
    many = [{"requestId": "r", "userId": "bob", "contentToProcess": CONTENT}]
    later = people.post(f"{tenant}/processContentAsync", json={"processContentRequests": many})
    assert (later.status_code, later.text) == (204, "")

    first, second = people.get("/_fakegraph/noted").json["processedContent"]
    assert first["contentEntries"][0]["content"]["data"] == "secret"
    assert (first["userId"], second["userId"], second["requestId"]) == ("ada", "bob", "r")


@pytest.mark.parametrize(
    ("path", "body", "words"),
    [
        (
            "processContent",
            {"contentToProcess": CONTENT | {"contentEntries": []}},
            "contentEntries",
        ),
        ("processContent", {}, "contentEntries"),
        ("processContentAsync", {"processContentRequests": []}, "processContentRequests"),
    ],
)
def test_nothing_is_not_processed(people, path, body, words):
    root = "security" if path.endswith("Async") else "me"
    refused = people.post(f"/v1.0/{root}/dataSecurityAndGovernance/{path}", json=body)
    assert_error(refused, 400, refused.json["error"]["code"], words)
    assert people.get("/_fakegraph/noted").json == {}
