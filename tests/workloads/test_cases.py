"""Cases of eDiscovery: what is asked of them is an operation from then on."""

from __future__ import annotations

import pytest

from tests.conftest import assert_error
from tests.graph.whole.conftest import listed, seed

CASES = "security/cases/ediscoveryCases"
CASE = f"{CASES}/c"
OF = "#microsoft.graph.security.ediscovery"
EXPORT = {"outputName": "Out", "exportOptions": "originalFiles"}
REPORT = {"displayName": "R", "exportCriteria": "searchHits"}


@pytest.fixture
def case(client):
    seed(
        client,
        {
            CASES: [{"id": "c"}],
            f"{CASE}/searches": [{"id": "s"}],
            f"{CASE}/custodians": [{"id": "u"}],
            f"{CASE}/noncustodialDataSources": [{"id": "n"}],
            f"{CASE}/reviewSets": [{"id": "r"}],
            f"{CASE}/reviewSets/r/queries": [{"id": "q"}],
        },
    )
    return client


@pytest.mark.parametrize(
    ("path", "body", "kind", "said"),
    [
        ("custodians/u/updateIndex", {}, "Index", {"action": "index"}),
        ("noncustodialDataSources/n/updateIndex", {}, "Index", {"action": "index"}),
        (
            "searches/s/estimateStatistics",
            {"statisticsOptions": "includeQueryStats"},
            "Estimate",
            {
                "action": "estimateStatistics",
                "indexedItemCount": 0,
                "statisticsOptions": "includeQueryStats",
            },
        ),
        ("searches/s/exportReport", REPORT, "SearchExport", {"action": "exportReport", **REPORT}),
        ("searches/s/exportResult", REPORT, "SearchExport", {"action": "exportResult", **REPORT}),
        (
            "searches/s/purgeData",
            {"purgeType": "recoverable"},
            "PurgeData",
            {"action": "purgeData"},
        ),
        (
            "reviewSets/r/addToReviewSet",
            {"search": {"id": "s"}},
            "AddToReviewSet",
            {"action": "addToReviewSet"},
        ),
        ("reviewSets/r/export", EXPORT, "Export", {"action": "contentExport", **EXPORT}),
        ("reviewSets/r/queries/q/export", EXPORT, "Export", {"action": "contentExport", **EXPORT}),
        ("reviewSets/r/queries/q/applyTags", {}, "Tag", {"action": "applyTags"}),
    ],
)
def test_what_is_asked_is_an_operation_of_the_case(case, path, body, kind, said):
    answer = case.post(f"/v1.0/{CASE}/{path}", json=body)

    assert (answer.status_code, answer.data) == (202, b"")
    known = {"Prefer": "include-unknown-enum-members"}
    shown = case.get(answer.headers["Location"], headers=known).json
    assert shown["@odata.type"] == f"{OF}{kind}Operation"
    assert (shown["status"], shown["percentProgress"]) == ("succeeded", 100)
    assert {name: shown.get(name) for name in said} == said
    assert [each["id"] for each in listed(case, f"{CASE}/operations")] == [shown["id"]]


@pytest.mark.parametrize(
    ("path", "body", "leads"),
    [
        ("custodians/u/updateIndex", {}, "custodians/u/lastIndexOperation"),
        ("searches/s/estimateStatistics", {}, "searches/s/lastEstimateStatisticsOperation"),
        (
            "reviewSets/r/addToReviewSet",
            {"search": {"id": "s"}},
            "searches/s/addToReviewSetOperation",
        ),
    ],
)
def test_the_last_operation_is_found_where_it_was_asked_for(case, path, body, leads):
    case.post(f"/v1.0/{CASE}/{path}", json=body)
    answer = case.post(f"/v1.0/{CASE}/{path}", json=body)

    holder, _, name = leads.rpartition("/")
    last = case.get(f"/v1.0/{CASE}/{holder}?$expand={name}").json[name]
    assert last["id"] == case.get(answer.headers["Location"]).json["id"]


def test_an_operation_leads_to_what_it_is_about(case):
    body = {"search": {"id": "s"}}
    answer = case.post(f"/v1.0/{CASE}/reviewSets/r/addToReviewSet", json=body)

    (made,) = listed(case, f"{CASE}/operations")
    of_kind = "microsoft.graph.security.ediscoveryAddToReviewSetOperation"
    path = f"/v1.0/{CASE}/operations/{made['id']}/{of_kind}"
    found = case.get(f"{path}?$expand=search,reviewSet").json
    assert answer.headers["Location"].endswith(f"operations('{made['id']}')")
    assert (found["search"]["id"], found["reviewSet"]["id"]) == ("s", "r")


def test_only_a_search_of_the_case_is_added(case):
    path = f"/v1.0/{CASE}/reviewSets/r/addToReviewSet"

    assert_error(case.post(path, json={"search": {"id": "x"}}), 404, "ResourceNotFound")
    assert_error(case.post(path, json={}), 400, "BadRequest")
    assert listed(case, f"{CASE}/operations") == []


def test_an_operation_goes_on_by_the_clock_of_the_tenant(case):
    case.put("/_fakegraph/clock", json={"now": "2026-03-01T08:00:00Z", "frozen": True})
    case.put("/_fakegraph/operations", json={"lastMs": 60_000, "times": 1})

    answer = case.post(f"/v1.0/{CASE}/searches/s/exportReport", json=REPORT)

    assert answer.status_code == 202
    (shown,) = listed(case, f"{CASE}/operations")
    assert (shown["status"], shown["percentProgress"]) == ("running", 0)
    case.put("/_fakegraph/clock", json={"advance": "PT2M"})
    (shown,) = listed(case, f"{CASE}/operations")
    assert (shown["status"], shown["percentProgress"]) == ("succeeded", 100)


def test_tags_are_shown_from_the_top(case):
    tags = f"{CASE}/tags"
    seed(case, {tags: [{"id": "t"}, {"id": "v"}], f"{tags}/v/parent": {"id": "t"}})

    assert [each["id"] for each in listed(case, f"{tags}/asHierarchy")] == ["t"]


def test_settings_are_as_they_were(case):
    path = f"/v1.0/{CASE}/settings"
    case.patch(path, json={"ocr": {"isEnabled": True}})

    assert case.post(f"{path}/resetToDefault").status_code == 204

    assert case.get(path).json["ocr"]["isEnabled"] is False


def test_an_operation_fails_where_a_test_says_so(case):
    case.put("/_fakegraph/operations", json={"code": "Broken", "message": "It broke."})

    case.post(f"/v1.0/{CASE}/searches/s/exportReport", json=REPORT)

    (shown,) = listed(case, f"{CASE}/operations")
    assert shown["status"] == "failed"
    assert shown["resultInfo"]["message"] == "It broke."
