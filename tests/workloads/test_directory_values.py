"""Values that the directory refuses, and those that it gives."""

from __future__ import annotations

import re

import pytest

from tests.conftest import assert_error
from tests.graph.whole.conftest import listed, make, refusal, seed, user

GROUP = "02bd9fd6-8f93-4758-87c3-1fb73740a315"
IDS = [f"4e7a3f0a-0000-4000-8000-{n:012}" for n in range(25)]
WEAK = (
    "The specified password does not comply with password complexity requirements. Please provide "
    "a different password."
)
NO_DOMAIN = (
    "The domain portion of the userPrincipalName property is invalid. You must use one of the "
    "verified domain names in your organization."
)
NO_MAIL = (
    "The service does not currently support writes of mail-enabled groups. Please ensure that the "
    "mail-enablement property is unset and the security-enablement property is set."
)
KEPT = "Cannot Update a mail-enabled security groups and or distribution list."


def group(**changes):
    return {
        "displayName": "Group",
        "mailEnabled": False,
        "mailNickname": "group",
        "securityEnabled": True,
        **changes,
    }


def unified(**changes):
    return group(groupTypes=["Unified"], mailEnabled=True, **changes)


def invalid(name, resource):
    return f"Invalid value specified for property '{name}' of resource '{resource}'."


USER_VALUES = [
    ("displayName", "x" * 257),
    ("givenName", "x" * 65),
    ("jobTitle", "x" * 129),
    ("streetAddress", "x" * 1025),
    ("postalCode", "x" * 41),
    ("employeeId", "x" * 17),
    ("mailNickname", "a b"),
    ("mailNickname", "a@b"),
    ("mailNickname", "a,b"),
    ("usageLocation", "USA"),
    ("usageLocation", "1X"),
    ("businessPhones", ["1", "2"]),
]


@pytest.mark.parametrize(("name", "value"), USER_VALUES)
def test_a_user_is_not_made_or_changed_with_such_a_value(client, name, value):
    response = client.post("/v1.0/users", json=user(**{name: value}))
    assert refusal(response) == invalid(name, "User")
    assert response.json["error"]["details"][0]["target"] == name

    id_ = make(client, "users", user())["id"]
    changed = client.patch(f"/v1.0/users/{id_}", json={"jobTitle": "y", name: value})
    assert refusal(changed) == invalid(name, "User")
    assert client.get(f"/v1.0/users/{id_}").json["jobTitle"] is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("displayName", "x" * 256),
        ("mailNickname", "a.b-c_d"),
        ("usageLocation", "DE"),
        ("businessPhones", ["1"]),
        ("employeeId", "x" * 16),
    ],
)
def test_a_user_may_have_as_much_as_is_allowed(client, name, value):
    made = make(client, "users", user(**{name: value}))
    assert client.get(f"/v1.0/users/{made['id']}?$select={name}").json[name] == value


@pytest.mark.parametrize("name", ["displayName", "usageLocation"])
def test_some_of_a_user_cannot_be_cleared(client, name):
    id_ = make(client, "users", user(usageLocation="DE", city="Ulm"))["id"]

    refused = client.patch(f"/v1.0/users/{id_}", json={name: None})

    assert refusal(refused) == invalid(name, "User")
    assert client.patch(f"/v1.0/users/{id_}", json={"city": None}).status_code == 204


@pytest.mark.parametrize(
    "password",
    ["Ab1!xyz", "x" * 257, "abcdefgh", "abcdefg1", "ABCDEFG1", "xAda1!yyy", "P@ssw0rd"],
)
def test_a_password_that_is_too_simple_is_refused(client, password):
    response = client.post("/v1.0/users", json=user(passwordProfile={"password": password}))
    assert refusal(response) == WEAK
    assert response.json["error"]["details"][0]["target"] == "password"

    id_ = make(client, "users", user())["id"]
    body = {"passwordProfile": {"password": password}}
    assert refusal(client.patch(f"/v1.0/users/{id_}", json=body)) == WEAK


@pytest.mark.parametrize(
    "policies",
    ["DisableStrongPassword", "DisablePasswordExpiration, DisableStrongPassword"],
)
def test_a_policy_takes_any_password(client, policies):
    body = user(passwordProfile={"password": "abc"}, passwordPolicies=policies)
    make(client, "users", body)
    again = {**body, "userPrincipalName": "b@contoso.com"}
    again["passwordPolicies"] = "DisablePasswordExpiration"
    assert refusal(client.post("/v1.0/users", json=again)) == WEAK


@pytest.mark.parametrize("profile", [None, {}, {"forceChangePasswordNextSignIn": True}])
def test_a_user_has_a_password(client, profile):
    response = client.post("/v1.0/users", json=user(passwordProfile=profile))
    assert refusal(response) == "A password must be specified to create a new user."


def test_who_signs_in_elsewhere_has_no_password(client):
    identity = {"signInType": "federated", "issuer": "facebook.com", "issuerAssignedId": "1"}
    make(client, "users", {"displayName": "Ada", "identities": [identity]})


@pytest.mark.parametrize(
    "principal",
    ["", "ada", "a da@contoso.com", "ada.@contoso.com", "a/b@contoso.com", f"{'a' * 110}@x.org"],
)
def test_a_principal_that_is_none_is_refused(client, principal):
    response = client.post("/v1.0/users", json=user(userPrincipalName=principal))
    assert refusal(response) in (
        "Property userPrincipalName is invalid.",
        "A value is required for property 'userPrincipalName' of resource 'User'.",
    )
    id_ = make(client, "users", user())["id"]
    changed = client.patch(f"/v1.0/users/{id_}", json={"userPrincipalName": principal})
    assert refusal(changed) == "Property userPrincipalName is invalid."


@pytest.mark.parametrize("alias", ["o'neil", "a.b-c_d!e#f^g~h", "x_y.org#EXT#", "A1"])
def test_a_principal_may_have_these(client, alias):
    make(client, "users", user(userPrincipalName=f"{alias}@contoso.com"))


def test_the_domain_of_a_principal_is_verified(client):
    make(client, "users", user(userPrincipalName="any@where.org"))
    seed(
        client,
        {
            "domains": [
                {"id": "contoso.com", "isVerified": True},
                {"id": "new.org", "isVerified": False},
            ]
        },
    )

    id_ = make(client, "users", user(userPrincipalName="ada@Contoso.com"))["id"]
    for domain in ("fabrikam.com", "new.org", "sub.contoso.com"):
        body = {"userPrincipalName": f"b@{domain}"}
        assert refusal(client.post("/v1.0/users", json=user(**body))) == NO_DOMAIN
        assert refusal(client.patch(f"/v1.0/users/{id_}", json=body)) == NO_DOMAIN


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("createdDateTime", "2024-01-01T00:00:00Z"),
        ("proxyAddresses", ["smtp:a@b.org"]),
        ("creationType", "Invitation"),
        ("onPremisesSyncEnabled", True),
        ("securityIdentifier", "S-1"),
        ("assignedLicenses", []),
    ],
)
def test_what_the_service_sets_of_a_user_is_read_only(client, name, value):
    message = f"Property '{name}' is read-only and cannot be set."
    assert refusal(client.post("/v1.0/users", json=user(**{name: value}))) == message


def test_a_user_is_given_a_sid_and_an_identity(client):
    id_ = make(client, "users", user())["id"]
    found = client.get(f"/v1.0/users/{id_}?$select=securityIdentifier,identities").json
    assert found["identities"] == [
        {
            "signInType": "userPrincipalName",
            "issuer": "contoso.com",
            "issuerAssignedId": "ada@contoso.com",
        }
    ]
    assert found["securityIdentifier"].startswith("S-1-12-1-")


def test_a_sid_is_the_id_in_other_words(client):
    seed(client, {"groups": [{"id": GROUP}]})
    found = client.get(f"/v1.0/groups/{GROUP}").json
    assert found["securityIdentifier"] == "S-1-12-1-45981654-1196986259-3072312199-363020343"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("displayName", "x" * 257),
        ("mailNickname", "x" * 65),
        ("mailNickname", "a.b"),
        ("mailNickname", "a b"),
        ("mailNickname", "ü"),
        ("description", ""),
        ("description", "x" * 1025),
        ("visibility", "Secret"),
        ("visibility", "HiddenMembership"),
    ],
)
def test_a_group_is_not_made_or_changed_with_such_a_value(client, name, value):
    assert refusal(client.post("/v1.0/groups", json=group(**{name: value}))) == invalid(
        name, "Group"
    )
    id_ = make(client, "groups", group())["id"]
    changed = client.patch(f"/v1.0/groups/{id_}", json={name: value})
    assert refusal(changed) == invalid(name, "Group")


def test_a_description_can_be_taken_away(client):
    id_ = make(client, "groups", group(description="x"))["id"]
    assert client.patch(f"/v1.0/groups/{id_}", json={"description": None}).status_code == 204
    refused = client.patch(f"/v1.0/groups/{id_}", json={"displayName": None})
    assert refusal(refused) == invalid("displayName", "Group")


@pytest.mark.parametrize(
    "kind",
    [
        {"mailEnabled": True, "securityEnabled": True},
        {"mailEnabled": True, "securityEnabled": False},
        {"mailEnabled": False, "securityEnabled": False},
        {"groupTypes": ["Unified"], "mailEnabled": False},
    ],
)
def test_some_kinds_of_groups_cannot_be_made(client, kind):
    assert refusal(client.post("/v1.0/groups", json=group(**kind))) == NO_MAIL


@pytest.mark.parametrize("secure", [True, False])
def test_mail_enabled_groups_that_are_there_are_not_changed(client, secure):
    kind = {"mailEnabled": True, "securityEnabled": secure}
    seed(client, {"groups": [{"id": GROUP, **group(**kind)}]})
    changed = client.patch(f"/v1.0/groups/{GROUP}", json={"displayName": "x"})
    assert refusal(changed) == KEPT


def test_a_group_stays_of_its_kind(client):
    id_ = make(client, "groups", group())["id"]
    changed = client.patch(f"/v1.0/groups/{id_}", json={"groupTypes": ["Unified"]})
    assert refusal(changed) == invalid("groupTypes", "Group")

    rule = {"membershipRule": 'user.city -eq "x"', "membershipRuleProcessingState": "On"}
    dynamic = {"groupTypes": ["DynamicMembership"]}
    changed = client.patch(f"/v1.0/groups/{id_}", json=dynamic)
    message = "A value is required for property 'membershipRule' of resource 'Group'."
    assert refusal(changed) == message
    changed = client.patch(f"/v1.0/groups/{id_}", json={**dynamic, **rule})
    assert changed.status_code == 204


@pytest.mark.parametrize(
    "body",
    [group(isAssignableToRole=True, securityEnabled=False), unified(isAssignableToRole=True)],
)
def test_a_group_for_roles_is_a_security_group(client, body):
    body = {**body, "securityEnabled": False, "groupTypes": ["Unified"], "mailEnabled": True}
    refused = client.post("/v1.0/groups", json=body)
    assert refusal(refused) == invalid("isAssignableToRole", "Group")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("isAssignableToRole", True),
        ("resourceBehaviorOptions", ["HideGroupInOutlook"]),
        ("uniqueName", "x"),
    ],
)
def test_some_of_a_group_is_said_when_it_is_made_or_never(client, name, value):
    id_ = make(client, "groups", group())["id"]
    changed = client.patch(f"/v1.0/groups/{id_}", json={name: value})
    assert refusal(changed) == f"Property '{name}' is read-only and cannot be set."
    make(client, "groups", group(**{name: value}))


@pytest.mark.parametrize("name", ["allowExternalSenders", "autoSubscribeNewMembers"])
def test_what_is_of_the_mailbox_is_not_said_when_a_group_is_made(client, name):
    message = f"Property '{name}' cannot be set when a group is made: PATCH it afterwards."
    assert refusal(client.post("/v1.0/groups", json=unified(**{name: True}))) == message


def test_visibility_is_of_the_kind(client):
    assert make(client, "groups", unified())["visibility"] == "Public"
    assert make(client, "groups", group())["visibility"] is None
    assignable = group(isAssignableToRole=True, visibility="Public")
    assert make(client, "groups", assignable)["visibility"] == "Private"
    hidden = make(client, "groups", unified(mailNickname="h", visibility="HiddenMembership"))
    assert hidden["visibility"] == "HiddenMembership"


def test_a_nickname_is_unique_among_groups_with_mail(client):
    make(client, "groups", group())
    make(client, "groups", group())
    first = make(client, "groups", unified())
    other = make(client, "groups", unified(mailNickname="other"))

    message = "Another object with the same value for property mailNickname already exists."
    refused = client.post("/v1.0/groups", json=unified(mailNickname="GROUP"))
    assert refusal(refused) == message
    targets = [each["target"] for each in refused.json["error"]["details"]]
    assert targets == ["mailNickname", f"Group_{first['id']}"]
    changed = client.patch(f"/v1.0/groups/{other['id']}", json={"mailNickname": "group"})
    assert refusal(changed) == message


def urls(*ids):
    return [f"https://graph.microsoft.com/v1.0/directoryObjects/{id_}" for id_ in ids]


def member_ids(client, id_, links="members"):
    return [each["id"] for each in client.get(f"/v1.0/groups/{id_}/{links}").json["value"]]


def test_twenty_are_bound_at_once_at_most(client):
    seed(client, {"users": [{"id": id_} for id_ in IDS]})
    body = {"members@odata.bind": urls(*IDS[:19]), "owners@odata.bind": urls(IDS[20])}
    id_ = make(client, "groups", group(**body))["id"]
    assert len(member_ids(client, id_)) == 19

    message = "A request can bind 20 members and owners at most, and this has 21."
    more = {"members@odata.bind": urls(*IDS[:19]), "owners@odata.bind": urls(*IDS[19:21])}
    assert refusal(client.post("/v1.0/groups", json=group(**more))) == message
    empty = make(client, "groups", group())["id"]
    assert refusal(client.patch(f"/v1.0/groups/{empty}", json=more)) == message
    assert member_ids(client, empty) == []


def test_what_is_bound_is_all_linked_or_nothing_is(client):
    seed(client, {"users": [{"id": id_} for id_ in IDS[:3]]})
    id_ = make(client, "groups", group(**{"members@odata.bind": urls(IDS[0])}))["id"]

    body = {"members@odata.bind": urls(IDS[1], IDS[0])}
    refused = client.patch(f"/v1.0/groups/{id_}", json=body)
    assert refusal(refused) == (
        "One or more added object references already exist for the following modified "
        "properties: 'members'."
    )
    assert member_ids(client, id_) == [IDS[0]]
    body = {"members@odata.bind": urls(IDS[1], IDS[2])}
    assert client.patch(f"/v1.0/groups/{id_}", json=body).status_code == 204
    assert member_ids(client, id_) == IDS[:3]


def test_members_in_a_body_make_nobody(client):
    body = group(members=[{"@odata.type": "#microsoft.graph.user", "displayName": "New"}])
    refused = client.post("/v1.0/groups", json=body)
    assert "'members@odata.bind'" in refusal(refused)
    assert client.get("/v1.0/users").json["value"] == []


def addresses_of(client, id_):
    found = client.get(f"/v1.0/users/{id_}?$select=mail,proxyAddresses").json
    return found["mail"], found["proxyAddresses"]


def test_the_mail_of_a_user_is_the_first_of_the_addresses(client):
    id_ = make(client, "users", user())["id"]
    assert addresses_of(client, id_) == (None, [])

    for mail, others in (
        ("a@x.org", []),
        ("b@x.org", ["smtp:a@x.org"]),
        ("a@x.org", ["smtp:b@x.org"]),
    ):
        assert client.patch(f"/v1.0/users/{id_}", json={"mail": mail}).status_code == 204
        assert addresses_of(client, id_) == (mail, [f"SMTP:{mail}", *others])


def test_an_address_is_nobody_elses(client):
    first = make(client, "users", user(mail="a@x.org"))
    message = "Another object with the same value for property proxyAddresses already exists."
    other = user(userPrincipalName="b@x.org", mail="A@x.org")
    refused = client.post("/v1.0/users", json=other)
    assert refusal(refused) == message
    targets = [each["target"] for each in refused.json["error"]["details"]]
    assert targets == ["proxyAddresses", f"User_{first['id']}"]
    id_ = make(client, "users", {**other, "mail": "b@x.org"})["id"]
    client.patch(f"/v1.0/users/{first['id']}", json={"mail": "c@x.org"})
    assert refusal(client.patch(f"/v1.0/users/{id_}", json={"mail": "a@x.org"})) == message


@pytest.mark.parametrize("domain", [None, "fabrikam.com"])
def test_a_microsoft_365_group_has_mail_in_the_default_domain(client, domain):
    if domain is not None:
        seed(client, {"domains": [{"id": "x.org"}, {"id": domain, "isDefault": True}]})
    mail = f"group@{domain or 'contoso.com'}"
    made = make(client, "groups", unified())
    assert (made["mail"], made["proxyAddresses"]) == (mail, [f"SMTP:{mail}"])
    assert made["renewedDateTime"] == made["createdDateTime"]
    plain = make(client, "groups", group())
    assert (plain["mail"], plain["proxyAddresses"]) == (None, [])


APP_ID = "4e7a3f0a-0000-4000-8000-0000000000aa"


def test_a_service_principal_is_of_an_application_that_is_there(client):
    missing = client.post("/v1.0/servicePrincipals", json={"appId": APP_ID})
    assert refusal(missing) == (
        f"The appId '{APP_ID}' of the service principal does not reference a valid application "
        "object."
    )
    (detail,) = missing.json["error"]["details"]
    assert (detail["code"], detail["target"]) == ("NoBackingApplicationObject", "appId")

    seed(client, {"applications": [{"appId": APP_ID}]})
    make(client, "servicePrincipals", {"appId": APP_ID})
    again = client.post("/v1.0/servicePrincipals", json={"appId": APP_ID.upper()})
    assert again.status_code == 409
    assert again.json["error"]["code"] == "Request_MultipleObjectsWithSameKeyValue"
    assert "is already in use." in again.json["error"]["message"]
    make(client, "servicePrincipals", {"appId": "00000002-0000-0000-c000-000000000000"})


@pytest.mark.parametrize(
    ("kind", "body", "target"),
    [
        ("groups", {"theme": "Grey"}, "theme"),
        ("groups", {"resourceBehaviorOptions": ["x"]}, "resourceBehaviorOptions"),
        ("groups", {"resourceProvisioningOptions": ["x"]}, "resourceProvisioningOptions"),
        ("groups", {"isManagementRestricted": True}, "isManagementRestricted"),
        ("groups", {"hasMembersWithLicenseErrors": True}, "hasMembersWithLicenseErrors"),
        ("applications", {"groupMembershipClaims": "Some"}, "groupMembershipClaims"),
        ("applications", {"api": {"requestedAccessTokenVersion": 5}}, "api"),
        (
            "applications",
            {"parentalControlSettings": {"legalAgeGroupRule": "x"}},
            "parentalControlSettings",
        ),
        (
            "applications",
            {"requiredResourceAccess": [{"resourceAppId": "x"}]},
            "requiredResourceAccess",
        ),
        (
            "applications",
            {
                "requiredResourceAccess": [
                    {"resourceAppId": APP_ID, "resourceAccess": [{"id": APP_ID, "type": "x"}]}
                ]
            },
            "requiredResourceAccess",
        ),
        ("applications", {"info": {"logoUrl": "https://x"}}, "info"),
        ("applications", {"description": "x" * 1025}, "description"),
        ("applications", {"appId": APP_ID}, "appId"),
        ("applications", {"createdDateTime": "2020-01-01T00:00:00Z"}, "createdDateTime"),
        ("servicePrincipals", {"preferredSingleSignOnMode": "x"}, "preferredSingleSignOnMode"),
        ("servicePrincipals", {"servicePrincipalType": "x"}, "servicePrincipalType"),
        ("servicePrincipals", {"signInAudience": "x"}, "signInAudience"),
        ("servicePrincipals", {"appOwnerOrganizationId": APP_ID}, "appOwnerOrganizationId"),
    ],
)
def test_values_that_no_page_names_are_refused(client, kind, body, target):
    seed(client, {"applications": [{"appId": IDS[1], "displayName": "x"}]})
    whole = {
        "groups": group(),
        "applications": {"displayName": "x"},
        "servicePrincipals": {"appId": IDS[1]},
    }[kind]
    assert_error(
        client.post(f"/v1.0/{kind}", json={**whole, **body}),
        *(400, "Request_BadRequest", f"'{target}'"),
    )
    made = make(client, kind, whole)["id"]
    changed = client.patch(f"/v1.0/{kind}/{made}", json=body)
    assert_error(changed, 400, "Request_BadRequest", f"'{target}'")


def test_what_exchange_keeps_is_of_microsoft_365_groups(client):
    secure = make(client, "groups", group())["id"]
    refused = client.patch(f"/v1.0/groups/{secure}", json={"allowExternalSenders": True})
    assert_error(refused, 400, "Request_BadRequest", "Microsoft 365 groups alone")


@pytest.mark.parametrize("kind", ["applications", "servicePrincipals"])
def test_secrets_are_not_written_by_bodies(client, kind):
    kept = [{"keyId": IDS[0], "hint": "a"}, {"keyId": IDS[1], "hint": "b"}]
    record = {"id": GROUP, "appId": APP_ID, "displayName": "x", "passwordCredentials": kept}
    seed(client, {"applications": [{"appId": APP_ID}], kind: [record]})
    message = "New password credentials must be generated using service actions."
    body = {"displayName": "y", "passwordCredentials": [{"displayName": "z"}]}
    if kind == "applications":
        assert refusal(client.post(f"/v1.0/{kind}", json=body)) == message

    path = f"/v1.0/{kind}/{GROUP}"
    for more in ({"displayName": "z"}, {"keyId": IDS[0], "secretText": "s"}):
        changed = client.patch(path, json={"passwordCredentials": [kept[1], more]})
        assert refusal(changed) == message
    assert client.patch(path, json={"passwordCredentials": kept[1:]}).status_code == 204


@pytest.mark.parametrize(("path", "body"), [
    ("users", user()), ("groups", group()), ("applications", {"displayName": "x"}),
    ("directory/administrativeUnits", {"displayName": "x"})])  # fmt: skip
def test_an_id_that_a_client_sends_is_not_heeded_and_the_journal_says_so(client, path, body):
    made = make(client, path, {**body, "id": IDS[0]})
    assert made["id"] != IDS[0]
    assert client.get(f"/v1.0/{path}/{IDS[0]}").status_code == 404
    entry = client.get("/_fakegraph/requests?method=POST").json["value"][-1]
    assert entry["ignored"] == ["'id' in the body was ignored. The service sets that itself."]
    refused = client.patch(f"/v1.0/{path}/{made['id']}", json={"id": IDS[0]})
    said = "Property 'id' is read-only and cannot be set."
    assert_error(refused, 400, "Request_BadRequest", said)
    other = {"userPrincipalName": "z@contoso.com"} if path == "users" else {}
    seed(client, {path: [{**body, **other, "id": IDS[0]}]})
    assert client.get(f"/v1.0/{path}/{IDS[0]}").status_code == 200


SECONDS = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


def test_times_have_no_fractions_but_in_the_answer_that_makes_an_application(client):
    id_ = make(client, "users", user())["id"]
    made = make(client, "groups", unified())
    times = "createdDateTime,lastPasswordChangeDateTime,signInSessionsValidFromDateTime"
    found = client.get(f"/v1.0/users/{id_}?$select={times}").json
    client.delete(f"/v1.0/users/{id_}")
    gone = client.get(f"/v1.0/directory/deletedItems/{id_}?$select=deletedDateTime").json
    shown = [*map(found.get, times.split(",")), gone["deletedDateTime"]]
    shown += [made["createdDateTime"], made["renewedDateTime"]]
    assert all(map(SECONDS.fullmatch, shown)), shown
    client.put("/_fakegraph/clock", json={"now": "2026-05-04T03:02:01.1234567Z"})
    app = make(client, "applications", {"displayName": "x"})
    assert app["createdDateTime"] == "2026-05-04T03:02:01.1234567Z"
    again = client.get(f"/v1.0/applications/{app['id']}").json
    assert again["createdDateTime"] == "2026-05-04T03:02:01Z"


BY_DEFAULT = """
id deletedDateTime classification createdDateTime creationOptions description displayName expirationDateTime
groupTypes isAssignableToRole mail mailEnabled mailNickname membershipRule
membershipRuleProcessingState onPremisesDomainName onPremisesLastSyncDateTime onPremisesNetBiosName
onPremisesSamAccountName onPremisesSecurityIdentifier onPremisesSyncEnabled preferredDataLocation
preferredLanguage proxyAddresses renewedDateTime resourceBehaviorOptions resourceProvisioningOptions
securityEnabled securityIdentifier theme uniqueName visibility onPremisesProvisioningErrors
serviceProvisioningErrors
"""


def test_groups_have_their_properties_and_others_when_they_are_selected(client):
    made = make(client, "groups", group())
    id_ = made["id"]
    found = [made, client.get(f"/v1.0/groups/{id_}").json, *listed(client, "groups")]
    for each in found:
        assert {name for name in each if not name.startswith("@")} == set(BY_DEFAULT.split())
    names = {"assignedLabels", "assignedLicenses", "licenseProcessingState", "unseenCount"}
    selected = client.get(f"/v1.0/groups/{id_}?$select={','.join(names)}").json
    assert names <= selected.keys()
    never = client.get(f"/v1.0/groups/{id_}?$select=id,hasMembersWithLicenseErrors").json
    assert "hasMembersWithLicenseErrors" not in never
    assert made["creationOptions"] == []
    refused = client.post("/v1.0/groups", json=group(creationOptions=["Team"]))
    assert_error(refused, 400, "Request_BadRequest")


@pytest.mark.parametrize(
    ("path", "body", "called"),
    [
        ("users", user(), "User"),
        ("groups", group(), "Group"),
        ("applications", {"displayName": "x"}, "Application"),
    ],
)
def test_what_was_made_is_at_a_url_of_the_directory_itself(client, path, body, called):
    made = client.post(f"/v1.0/{path}", json=body)
    (about,) = listed(client, "organization")
    found = f"/v2/{about['id']}/directoryObjects/{made.json['id']}/Microsoft.DirectoryServices"
    assert made.headers["Location"] == f"http://localhost{found}.{called}"


@pytest.mark.parametrize(("place", "status"), [
    ("DE", 201), ("us", 201), ("ZZ", 400), ("UK", 400), ("D", 400), ("DEU", 400), ("", 400), ("12", 400)])  # fmt: skip
def test_a_usage_location_is_a_country_that_there_is(client, place, status):
    answer = client.post("/v1.0/users", json=user(usageLocation=place))
    assert answer.status_code == status, answer.text
    if status == 400:
        said = "Invalid value specified for property 'usageLocation' of resource 'User'."
        assert_error(answer, 400, "Request_BadRequest", said)


def test_who_is_of_a_federated_domain_is_tied_to_it(client):
    domains = [{"id": "contoso.com", "isVerified": True, "authenticationType": "Managed"}]
    domains.append({"id": "fed.com", "isVerified": True, "authenticationType": "Federated"})
    seed(client, {"domains": domains})
    make(client, "users", user())
    body = user(userPrincipalName="ada@fed.com")
    refused = client.post("/v1.0/users", json=body)
    said = "A value is required for property 'onPremisesImmutableId' of resource 'User'."
    assert_error(refused, 400, "Request_BadRequest", said)
    made = make(client, "users", {**body, "onPremisesImmutableId": "abc="})
    changed = client.patch(f"/v1.0/users/{made['id']}", json={"jobTitle": "x"})
    assert changed.status_code == 204


@pytest.mark.parametrize("path", [
    "directory/deletedItems", "directory/deletedItems/$count", "directoryObjects",
    "directoryObjects?$filter=displayName eq 'x'", "directoryObjects?$top=1"])  # fmt: skip
def test_things_of_all_types_are_not_listed_together(client, path):
    refused = client.get(f"/v1.0/{path}", headers={"ConsistencyLevel": "eventual"})
    assert_error(refused, 400, "Request_UnsupportedQuery", "/microsoft.graph.user.")
    own = path.partition("?")[0].removesuffix("/$count")
    assert client.get(f"/v1.0/{own}/microsoft.graph.group").status_code == 200


def test_what_exchange_keeps_of_a_group_is_changed_with_200(client):
    id_ = make(client, "groups", unified())["id"]
    answer = client.patch(f"/v1.0/groups/{id_}", json={"allowExternalSenders": True})
    assert (answer.status_code, answer.json["id"]) == (200, id_)
    shown = client.get(f"/v1.0/groups/{id_}?$select=allowExternalSenders").json
    assert shown["allowExternalSenders"] is True
    other = client.patch(f"/v1.0/groups/{id_}", json={"description": "x"})
    assert (other.status_code, other.data) == (204, b"")


NOT_THERE = "does not exist or one of its queried reference-property objects are not present."
MISSING = {"Prefer": "create-if-missing"}


@pytest.mark.parametrize(("kind", "key", "body"), [
    ("groups", "uniqueName", group()), ("applications", "uniqueName", {"displayName": "x"}),
    ("servicePrincipals", "appId", {"displayName": "x"})])  # fmt: skip
def test_what_is_not_there_is_made_by_a_key_where_that_is_preferred(client, kind, key, body):
    seed(client, {"applications": [{"appId": IDS[1]}]})
    value = IDS[1] if key == "appId" else "one"
    path = f"/v1.0/{kind}({key}='{value}')"
    refused = client.patch(path, json=body)
    assert_error(refused, 404, "Request_ResourceNotFound", f"Resource '{value}' {NOT_THERE}")
    made = client.patch(path, json=body, headers=MISSING)
    assert (made.status_code, made.json[key]) == (201, value), made.text
    again = client.patch(path, json={"displayName": "two"}, headers=MISSING)
    assert (again.status_code, again.data) == (204, b"")
    found = client.get(path).json
    assert (found["id"], found["displayName"]) == (made.json["id"], "two")


def test_nothing_is_made_by_an_id_nor_without_what_it_needs(client):
    answer = client.patch(f"/v1.0/groups/{IDS[0]}", json=group(), headers=MISSING)
    assert_error(answer, 404, "Request_ResourceNotFound", f"Resource '{IDS[0]}' {NOT_THERE}")
    lacking = client.patch(
        "/v1.0/groups(uniqueName='x')", json={"displayName": "x"}, headers=MISSING
    )
    said = "A value is required for property 'mailEnabled' of resource 'Group'."
    assert_error(lacking, 400, "Request_BadRequest", said)
    unbacked = client.patch(f"/v1.0/servicePrincipals(appId='{IDS[2]}')", json={}, headers=MISSING)
    assert_error(unbacked, 400, "Request_BadRequest", "does not reference a valid application")


@pytest.mark.parametrize("path", [
    "groups(uniqueName='x')", "applications(appId='x')", "applications(uniqueName='x')/owners",
    "devices(deviceId='x')", "directoryRoles(roleTemplateId='x')"])  # fmt: skip
def test_nothing_has_a_key_that_is_no_id(client, path):
    answer = client.get(f"/v1.0/{path}")
    assert_error(answer, 404, "Request_ResourceNotFound", f"Resource 'x' {NOT_THERE}")


def test_what_is_no_guid_is_no_id_to_read_by(client):
    answer = client.post("/v1.0/directoryObjects/getByIds", json={"ids": [IDS[0], "x"]})
    assert_error(answer, 400, "Request_BadRequest", "Invalid GUID:x")


LOCAL = {"signInType": "emailAddress", "issuer": "contoso.com", "issuerAssignedId": "l@x.com"}
SIGNS_IN = {
    "displayName": "L",
    "identities": [LOCAL],
    "passwordProfile": {"password": "xWwvJ]6NMw+bWH-d"},
    "passwordPolicies": "DisablePasswordExpiration",
}
FOUND = "users?$select=id&$filter=identities/any(c:c/issuer eq 'contoso.com' and c/{} eq '{}')"


def identities_of(client, id_):
    found = client.get(f"/v1.0/users/{id_}?$select=identities").json["identities"]
    return [(each["signInType"], each["issuer"], each["issuerAssignedId"]) for each in found]


def test_who_signs_in_otherwise_has_what_nobody_else_has(client):
    first = make(client, "users", SIGNS_IN)["id"]
    other = make(client, "users", user())["id"]
    taken = "Another object with the same value for property identities already exists."
    same = {**LOCAL, "issuerAssignedId": "L@X.com"}
    for answer in (
        client.post("/v1.0/users", json={**SIGNS_IN, "identities": [same]}),
        client.patch(f"/v1.0/users/{other}", json={"identities": [LOCAL]}),
    ):
        assert_error(answer, 400, "Request_BadRequest", taken)
        (conflict, holder) = answer.json["error"]["details"]
        assert (conflict["target"], holder["target"]) == ("identities", f"User_{first}")
    client.delete(f"/v1.0/users/{first}")
    change = {"identities": [LOCAL], "jobTitle": "x"}
    assert client.patch(f"/v1.0/users/{other}", json=change).status_code == 204
    assert client.patch(f"/v1.0/users/{other}", json=change).status_code == 204
    back = client.post(f"/v1.0/directory/deletedItems/{first}/restore")
    assert_error(back, 400, "Request_BadRequest", taken)
    found = FOUND.format("issuerAssignedId", "l@x.com")
    assert [each["id"] for each in listed(client, found)] == [other]


def test_a_principal_is_an_identity_that_no_condition_finds(client):
    for domain, is_default in (("contoso.com", False), ("example.com", True)):
        seed(client, {"domains": [{"id": domain, "isDefault": is_default, "isVerified": True}]})
    id_ = make(client, "users", user())["id"]
    assert identities_of(client, id_) == [("userPrincipalName", "example.com", "ada@contoso.com")]
    found = FOUND.format("issuerAssignedId", "ada@contoso.com")
    assert listed(client, found.replace("eq 'contoso.com'", "eq 'example.com'")) == []
    change = {"userPrincipalName": "eve@example.com", "identities": [LOCAL]}
    assert client.patch(f"/v1.0/users/{id_}", json=change).status_code == 204
    local = tuple(LOCAL[name] for name in ("signInType", "issuer", "issuerAssignedId"))
    assert identities_of(client, id_) == [
        ("userPrincipalName", "example.com", "eve@example.com"),
        local,
    ]


@pytest.mark.parametrize(
    ("name", "value", "good"),
    [
        ("userType", "Owner", "Guest"),
        ("ageGroup", "Old", "NotAdult"),
        ("consentProvidedForMinor", "Yes", "Granted"),
        ("passwordPolicies", "None, Strong", "DisableStrongPassword, DisablePasswordExpiration"),
        ("mail", "ada", "ada@contoso.com"),
        ("mail", "ada lovelace@contoso.com", None),
        ("otherMails", ["a@b.c", "x"], ["a@b.c"]),
    ],
)
def test_some_values_are_of_a_few_or_of_a_form(client, name, value, good):
    id_ = make(client, "users", user())["id"]
    answer = client.patch(f"/v1.0/users/{id_}", json={name: value})
    message = f"Invalid value specified for property '{name}' of resource 'User'."
    assert_error(answer, 400, "Request_BadRequest", message)
    assert client.patch(f"/v1.0/users/{id_}", json={name: good}).status_code == 204


@pytest.mark.parametrize(
    "body",
    [
        {"DisplayName": "Ada", "MAILNICKNAME": "ada"},
        {"displayname": "Ada", "mailNickName": "ada"},
    ],
)
def test_names_are_taken_in_any_case(client, body):
    made = make(client, "groups", {"MailEnabled": False, "securityenabled": True, **body})

    assert (made["displayName"], made["mailNickname"]) == ("Ada", "ada")
    path = f"/v1.0/groups/{made['id']}"
    assert client.patch(path, json={"DESCRIPTION": "x"}).status_code == 204
    assert client.get(path).json["description"] == "x"


def test_names_inside_of_values_are_taken_in_any_case(client):
    profile = {"Password": "Abcd-1234", "forcechangepasswordnextsignin": False}
    body = {**user(), "PasswordProfile": profile}
    del body["passwordProfile"]
    assert make(client, "users", body)["userPrincipalName"] == body["userPrincipalName"]

    del profile["Password"]
    del body["userPrincipalName"]
    refused = client.post("/v1.0/users", json={**body, "userPrincipalName": "other@contoso.com"})
    assert_error(refused, 400, "Request_BadRequest", "A password must be")


@pytest.mark.parametrize("name", ["DisplayName", "displaynames"])
def test_what_is_named_twice_or_is_no_name_is_refused(client, name):
    response = client.post("/v1.0/groups", json=group(**{name: "Other"}))

    said = f"The property '{name}' does not exist on type 'microsoft.graph.group'"
    assert_error(response, 400, "Request_BadRequest", said)


def test_what_was_deleted_can_be_asked_as_what_is_there(client):
    unified_, other = (
        make(client, "groups", body)["id"]
        for body in (unified(), group(displayName="B", mailNickname="b"))
    )
    for id_ in (unified_, other):
        assert client.delete(f"/v1.0/groups/{id_}").status_code == 204
    bin_ = "directory/deletedItems/microsoft.graph.group"

    found = listed(client, f"{bin_}?$filter=groupTypes/any(c:c eq 'Unified')&$top=100")
    assert [each["id"] for each in found] == [unified_]
    response = client.get(f"/v1.0/{bin_}?$filter=deletedDateTime ge 2020-01-01T00:00:00Z")
    assert response.status_code == 200
    response = client.get(f"/v1.0/{bin_}?$filter=endswith(mail,'.com')")
    assert_error(response, 400, "Request_UnsupportedQuery", "ConsistencyLevel:eventual")


@pytest.mark.parametrize(("changes", "said"), [
    ({"passwordPolicies": None}, "A value is required for property 'passwordPolicies'"),
    ({"passwordPolicies": "DisableStrongPassword"}, "property 'passwordPolicies' of resource"),
    ({"identities": [{**LOCAL, "issuer": None}]}, "for property 'identities' of resource 'User'."),
    ({"identities": [{"signInType": "userName", "issuer": "contoso.com"}]}, "property 'identities'"),
    ({"isManagementRestricted": True}, "Property 'isManagementRestricted' is read-only")])  # fmt: skip
def test_an_account_of_the_tenants_own_says_what_it_has_to(client, changes, said):
    refused = client.post("/v1.0/users", json={**SIGNS_IN, **changes})
    assert_error(refused, 400, "Request_BadRequest", said)
    assert listed(client, "users") == []
