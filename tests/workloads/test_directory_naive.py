"""What a simple fake of the directory gets wrong: a test for each row, with the service's words."""

from __future__ import annotations

import base64
import json

import pytest

from tests.graph.whole.conftest import listed, make, seed, user
from tests.workloads.test_directory_queries import EVENTUAL, HELP
from tests.workloads.test_directory_values import NO_DOMAIN, group, unified, urls

ELEVEN = {
    *("businessPhones", "displayName", "givenName", "id", "jobTitle", "mail", "mobilePhone"),
    *("officeLocation", "preferredLanguage", "surname", "userPrincipalName"),
}
IDS = [f"4e7a3f0a-0000-4000-8000-{n:012}" for n in range(25)]
APP_ID = "4e7a3f0a-0000-4000-8000-0000000000aa"
GRAPH = "00000003-0000-0000-c000-000000000000"


def error(response, status=400):
    """The code and the message of a refusal."""
    assert response.status_code == status, response.text
    return response.json["error"]["code"], response.json["error"]["message"]


def own(record):
    """What of a record is no annotation."""
    return {name for name in record if not name.startswith("@")}


def no_such(key):
    return (
        "Request_ResourceNotFound",
        f"Resource '{key}' does not exist or one of its queried reference-property objects are "
        "not present.",
    )


def same(name):
    return f"Another object with the same value for property {name} already exists."


def test_1_users_have_eleven_properties_unless_others_are_selected(client):
    made = make(client, "users", user(department="Sales", usageLocation="DE"))
    id_ = made["id"]
    group_id = make(client, "groups", group(**{"members@odata.bind": urls(id_)}))["id"]
    seed(client, {f"users/{id_}/manager": {"id": IDS[0], "department": "Law"}})
    found = [
        made,
        client.get(f"/v1.0/users/{id_}").json,
        client.get("/v1.0/users/ada@contoso.com").json,
        client.get("/v1.0/me").json,
        client.get(f"/v1.0/directoryObjects/{id_}").json,
        client.get(f"/v1.0/users/{id_}/manager").json,
        client.get(f"/v1.0/users/{IDS[0]}?$expand=directReports").json["directReports"][0],
        client.post("/v1.0/directoryObjects/getByIds", json={"ids": [id_]}).json["value"][0],
        *listed(client, "users"),
        *listed(client, f"groups/{group_id}/members"),
        *listed(client, f"groups/{group_id}/members/microsoft.graph.user"),
        *listed(client, f"groups/{group_id}/transitiveMembers"),
        *listed(client, f"users/{IDS[0]}/directReports"),
    ]
    assert [own(each) for each in found] == [ELEVEN] * len(found)
    selected = client.get(f"/v1.0/users/{id_}?$select=department,accountEnabled").json
    assert (selected["department"], selected["accountEnabled"]) == ("Sales", True)
    assert own(listed(client, "users?$select=department")[0]) == {"department"}


def test_2_writes_answer_204_without_a_body(client):
    id_ = make(client, "users", user())["id"]
    other = make(client, "users", user(userPrincipalName="b@contoso.com"))["id"]
    group_id = make(client, "groups", group())["id"]
    app = make(client, "applications", {"displayName": "x"})["id"]
    (ref,) = ({"@odata.id": url} for url in urls(id_))
    prefer = {"Prefer": "return=representation"}
    answers = [
        client.patch(f"/v1.0/users/{id_}", json={"jobTitle": "x"}),
        client.patch(f"/v1.0/users/{id_}", json={"jobTitle": "y"}, headers=prefer),
        client.patch(f"/v1.0/groups/{group_id}", json={"displayName": "y"}),
        client.patch(f"/v1.0/applications/{app}", json={"displayName": "y"}),
        client.post(f"/v1.0/groups/{group_id}/members/$ref", json=ref),
        client.post(f"/v1.0/groups/{group_id}/owners/$ref", json=ref),
        client.put(f"/v1.0/users/{other}/manager/$ref", json=ref),
        client.delete(f"/v1.0/users/{other}/manager/$ref"),
        client.delete(f"/v1.0/groups/{group_id}/members/{id_}/$ref"),
        client.delete(f"/v1.0/users/{other}"),
        client.delete(f"/v1.0/groups/{group_id}"),
    ]
    assert [(each.status_code, each.data) for each in answers] == [(204, b"")] * len(answers)
    assert not any("Content-Type" in each.headers for each in answers)
    assert client.get(f"/v1.0/users/{id_}").json["jobTitle"] == "y"


@pytest.mark.parametrize(
    ("query", "message"),
    [
        (
            "$filter=displayName ne 'x'",
            "Unsupported property filter clause operator 'NotEqualsMatch'.",
        ),
        (
            "$filter=not startsWith(displayName,'x')",
            "Operator 'Not' is not supported because the 'ConsistencyLevel:eventual' header is "
            f"missing. {HELP}",
        ),
        (
            "$filter=endsWith(mail,'x')",
            "Operator 'endsWith' is not supported because the 'ConsistencyLevel:eventual' header "
            f"is missing. {HELP}",
        ),
        (
            '$search="displayName:x"',
            "Request with $search query parameter only works through MSGraph with a special "
            "request header: 'ConsistencyLevel: eventual'",
        ),
        (
            "$filter=displayName eq 'x'&$orderby=displayName",
            "Sorting not supported for current query.",
        ),
    ],
)
def test_3_advanced_queries_want_the_header_and_the_count(client, query, message):
    assert error(client.get(f"/v1.0/users?{query}")) == ("Request_UnsupportedQuery", message)
    advanced = client.get(f"/v1.0/users?{query}&$count=true", headers=EVENTUAL)
    assert advanced.json["@odata.count"] == 0
    alone = client.get("/v1.0/users?$count=true")
    assert (alone.status_code, "@odata.count" in alone.json) == (200, False)


def test_4_a_count_wants_the_header(client):
    refused = client.get("/v1.0/users/$count")
    assert error(refused) == ("Request_BadRequest", "$count is not currently supported.")
    assert client.get("/v1.0/users/$count", headers=EVENTUAL).data == b"0"


def test_5_a_member_is_added_once(client):
    id_ = make(client, "users", user())["id"]
    (url,) = urls(id_)
    body = {"owners@odata.bind": [url], "members@odata.bind": [url]}
    path = f"/v1.0/groups/{make(client, 'groups', group(**body))['id']}"
    for links in ("members", "owners"):
        message = (
            "One or more added object references already exist for the following modified "
            f"properties: '{links}'."
        )
        again = client.post(f"{path}/{links}/$ref", json={"@odata.id": url})
        assert error(again) == ("Request_BadRequest", message)
        assert error(client.patch(path, json={f"{links}@odata.bind": [url]}))[1] == message
        assert len(client.get(f"{path}/{links}").json["value"]) == 1


def test_6_a_principal_is_of_a_verified_domain(client):
    seed(client, {"domains": [{"id": "contoso.com", "isVerified": True}]})
    id_ = make(client, "users", user())["id"]
    body = {"userPrincipalName": "b@elsewhere.org"}
    for refused in (
        client.post("/v1.0/users", json=user(**body)),
        client.patch(f"/v1.0/users/{id_}", json=body),
    ):
        assert error(refused) == ("Request_BadRequest", NO_DOMAIN)


def test_7_some_values_are_unique_and_others_are_not(client):
    first = make(client, "users", user(mail="ada@contoso.com"))
    make(client, "users", user(userPrincipalName="b@contoso.com"))  # displayName and mailNickname
    mailed = make(client, "groups", unified(mailNickname="crew"))
    for _ in range(2):
        make(client, "groups", group(mailNickname="crew"))
    for body, name, holder in (
        (user(userPrincipalName="ADA@contoso.com"), "userPrincipalName", f"User_{first['id']}"),
        (
            user(userPrincipalName="c@contoso.com", mail="Ada@contoso.com"),
            "proxyAddresses",
            f"User_{first['id']}",
        ),
        (
            user(userPrincipalName="c@contoso.com", mail="crew@contoso.com"),
            "proxyAddresses",
            f"Group_{mailed['id']}",
        ),
    ):
        refused = client.post("/v1.0/users", json=body)
        assert error(refused) == ("Request_BadRequest", same(name))
        assert refused.json["error"]["details"] == [
            {"code": "ObjectConflict", "message": same(name), "target": name},
            {"code": "ConflictingObjects", "message": same(name), "target": holder},
        ]
    refused = client.post("/v1.0/groups", json=unified(mailNickname="CREW"))
    assert error(refused) == ("Request_BadRequest", same("mailNickname"))
    assert refused.json["error"]["details"][1]["target"] == f"Group_{mailed['id']}"


def test_8_expanded_members_are_twenty(client):
    seed(client, {"users": [{"id": id_} for id_ in IDS]})
    members = [{"id": id_} for id_ in IDS]
    id_ = make(client, "groups", group())["id"]
    seed(client, {f"groups/{id_}/members": members})
    for found in (
        client.get(f"/v1.0/groups/{id_}?$expand=members").json,
        *listed(client, "groups?$expand=members"),
    ):
        assert len(found["members"]) == 20
        assert not any("nextLink" in name for name in found)
    assert len(listed(client, f"groups/{id_}/members")) == 25


def test_9_members_say_their_type_and_those_of_a_cast_do_not(client):
    seed(client, {"users": [{"id": IDS[0]}], "devices": [{"id": IDS[1], "displayName": "pc"}]})
    inner = make(client, "groups", group())
    body = {"members@odata.bind": urls(IDS[0], IDS[1], inner["id"])}
    path = f"/v1.0/groups/{make(client, 'groups', group(**body))['id']}/members"
    found = client.get(path).json
    assert found["@odata.context"].endswith("/$metadata#directoryObjects")
    types = {each["id"]: each["@odata.type"] for each in found["value"]}
    assert types == {
        IDS[0]: "#microsoft.graph.user",
        IDS[1]: "#microsoft.graph.device",
        inner["id"]: "#microsoft.graph.group",
    }
    by_id = {each["id"]: own(each) for each in found["value"]}
    assert by_id[IDS[0]] == ELEVEN
    assert by_id[inner["id"]] == own(inner)
    cast = client.get(f"{path}/microsoft.graph.user").json
    assert cast["@odata.context"].endswith("/$metadata#users")
    assert [own(each) for each in cast["value"]] == [ELEVEN]
    assert "@odata.type" not in cast["value"][0]


def test_10_deleted_users_free_their_principal_and_leave_their_groups(client):
    id_ = make(client, "users", user(mail="ada@contoso.com"))["id"]
    secure = make(client, "groups", group(**{"members@odata.bind": urls(id_)}))["id"]
    mailed = make(client, "groups", unified(mailNickname="m"))["id"]
    deleted = "/v1.0/directory/deletedItems"

    assert client.delete(f"/v1.0/users/{id_}").status_code == 204
    assert error(client.delete(f"/v1.0/users/{id_}"), 404) == no_such(id_)
    assert error(client.get(f"/v1.0/users/{id_}"), 404) == no_such(id_)
    assert listed(client, f"groups/{secure}/members") == []
    (gone,) = client.get(f"{deleted}/microsoft.graph.user").json["value"]
    mangled = f"{id_.replace('-', '')}ada@contoso.com"
    assert (gone["userPrincipalName"], gone["mail"]) == (mangled, "ada@contoso.com")
    assert client.get(f"{deleted}/{id_}?$select=deletedDateTime").json["deletedDateTime"]
    assert client.get(f"{deleted}/{id_}").json["userPrincipalName"] == mangled

    other = make(client, "users", user())["id"]
    refused = client.post(f"{deleted}/{id_}/restore")
    assert error(refused) == ("Request_BadRequest", same("userPrincipalName"))
    client.delete(f"/v1.0/users/{other}")
    restored = client.post(f"{deleted}/{id_}/restore").json
    assert restored["userPrincipalName"] == "ada@contoso.com"
    assert [each["id"] for each in listed(client, f"groups/{secure}/members")] == [id_]

    for group_id in (secure, mailed):
        assert client.delete(f"/v1.0/groups/{group_id}").status_code == 204
    kept = client.get(f"{deleted}/microsoft.graph.group").json["value"]
    assert [each["id"] for each in kept] == [mailed]
    assert client.delete(f"{deleted}/{mailed}").status_code == 204
    assert error(client.get(f"{deleted}/{mailed}"), 404) == no_such(mailed)


def bearer(claims):
    def part(value):
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    return {"Authorization": f"Bearer {part({'alg': 'none'})}.{part(claims)}.x"}


@pytest.mark.parametrize("path", ["", "/messages", "/memberOf", "/manager", "/drive/root"])
def test_11_an_app_is_nobody_to_be_me(make_client, path):
    client = make_client(auth="bearer")
    seed(client, {"users": [{"id": IDS[0]}]})
    app = bearer({"oid": IDS[1], "idtyp": "app", "roles": ["User.Read.All"]})
    message = "/me request is only valid with delegated authentication flow."
    assert error(client.get(f"/v1.0/me{path}", headers=app)) == ("BadRequest", message)
    person = bearer({"oid": IDS[0], "scp": "User.Read"})
    assert client.get("/v1.0/me", headers=person).json["id"] == IDS[0]
    opaque = {"Authorization": "Bearer anything"}
    assert client.get("/v1.0/me", headers=opaque).json["id"] == IDS[0]


def test_12_secrets_are_shown_once_and_never_sent(client):
    path = f"/v1.0/applications/{make(client, 'applications', {'displayName': 'x'})['id']}"
    shown = client.post(f"{path}/addPassword", json={}).json
    assert shown["secretText"][:3] == shown["hint"]
    for found in (client.get(path).json, *listed(client, "applications")):
        assert [each["secretText"] for each in found["passwordCredentials"]] == [None]
    message = "New password credentials must be generated using service actions."
    body = {"displayName": "y", "passwordCredentials": [{"displayName": "z"}]}
    for refused in (client.post("/v1.0/applications", json=body), client.patch(path, json=body)):
        assert error(refused) == ("Request_BadRequest", message)

    id_ = make(client, "users", user())["id"]
    for found in (f"users/{id_}?$select=passwordProfile", "users?$select=passwordProfile"):
        assert "xWwvJ" not in client.get(f"/v1.0/{found}").text
    passes = f"/v1.0/users/{id_}/authentication/temporaryAccessPassMethods"
    made = client.post(passes, json={"lifetimeInMinutes": 60})
    assert made.status_code == 201
    assert made.json["temporaryAccessPass"]
    (kept,) = client.get(passes).json["value"]
    assert kept.get("temporaryAccessPass") is None


def test_13_an_application_is_no_service_principal_and_has_two_keys(client):
    make(client, "applications", {"displayName": "x"})
    seed(client, {"applications": [{"id": IDS[0], "appId": APP_ID}]})
    assert [each["appId"] for each in listed(client, "servicePrincipals")] == [GRAPH]
    path = f"/v1.0/applications(appId='{APP_ID}')"
    assert client.get(path).json["id"] == IDS[0]
    assert client.patch(path, json={"displayName": "y"}).status_code == 204
    principal = make(client, "servicePrincipals", {"appId": APP_ID})
    by_app = f"/v1.0/servicePrincipals(appId='{APP_ID}')"
    assert client.get(by_app).json["id"] == principal["id"]
    assert error(client.get(f"/v1.0/applications/{APP_ID}"), 404) == no_such(APP_ID)


def test_14_delta_remembers_and_tells_why_things_are_gone(client):
    def asked(link):
        return client.get(f"/v1.0{link.partition('/v1.0')[2]}").json

    gone, kept = (
        make(client, "users", user(userPrincipalName=f"{name}@contoso.com"))["id"] for name in "ab"
    )
    first = client.get("/v1.0/users/delta?$select=jobTitle,displayName").json
    assert [own(each) for each in first["value"]] == [{"id", "displayName"}] * 2  # no nulls
    client.patch(f"/v1.0/users/{kept}", json={"city": "Ulm"})
    again = asked(first["@odata.deltaLink"])
    assert again["value"] == []
    client.patch(f"/v1.0/users/{kept}", json={"jobTitle": "x"})
    client.delete(f"/v1.0/users/{gone}")
    later = asked(again["@odata.deltaLink"])
    told = {each["id"]: each for each in later["value"]}
    assert told == {
        gone: {"id": gone, "@removed": {"reason": "changed"}},
        kept: {"id": kept, "displayName": "Ada Lovelace", "jobTitle": "x"},
    }
    client.delete(f"/v1.0/directory/deletedItems/{gone}")
    (removed,) = asked(later["@odata.deltaLink"])["value"]
    assert removed == {"id": gone, "@removed": {"reason": "deleted"}}

    id_ = make(client, "groups", group(**{"members@odata.bind": urls(kept)}))["id"]
    groups = client.get("/v1.0/groups/delta").json
    member = {"@odata.type": "#microsoft.graph.user", "id": kept}
    assert groups["value"][0]["members@delta"] == [member]
    client.delete(f"/v1.0/groups/{id_}/members/{kept}/$ref")
    (changed,) = asked(groups["@odata.deltaLink"])["value"]
    assert changed["members@delta"] == [{**member, "@removed": {"reason": "deleted"}}]


@pytest.mark.parametrize(
    "path", ["users", "groups", "applications", "servicePrincipals", "devices", "contacts"]
)
def test_15_pages_and_keys_are_refused_as_the_service_does(client, path):
    for top in ("1000", "0"):
        assert error(client.get(f"/v1.0/{path}?$top={top}")) == (
            "Request_UnsupportedQuery",
            f"Invalid page size specified: '{top}'. Must be between 1 and 999 inclusive.",
        )
    assert client.get(f"/v1.0/{path}?$top=999").status_code == 200
    skipped = client.get(f"/v1.0/{path}?$skip=1")
    assert error(skipped) == ("Request_BadRequest", "'$skip' is not supported by the service.")
    assert error(client.get(f"/v1.0/{path}/{IDS[0]}"), 404) == no_such(IDS[0])
    nonsense = client.get(f"/v1.0/{path}/nonsense")
    if path in ("users", "contacts"):
        assert error(nonsense, 404) == no_such("nonsense")
    else:
        message = "Invalid object identifier 'nonsense'."
        assert error(nonsense) == ("Request_BadRequest", message)


def test_15_a_page_has_a_hundred(client):
    seed(client, {"groups": [{"id": IDS[0]}], "users": [{"displayName": "x"} for _ in range(101)]})
    members = [{"id": each["id"]} for each in listed(client, "users?$top=999")]
    seed(client, {f"groups/{IDS[0]}/members": members})
    for path in ("users", f"groups/{IDS[0]}/members"):
        page = client.get(f"/v1.0/{path}").json
        assert len(page["value"]) == 100
        assert "$skiptoken=" in page["@odata.nextLink"]
