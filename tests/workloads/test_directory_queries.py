"""The gate of advanced queries: what the directory can be asked, and what wants the header."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from fakegraph.odata import engine
from tests.conftest import assert_error
from tests.graph.whole.conftest import listed, seed

EVENTUAL = {"ConsistencyLevel": "eventual"}
USERS = [
    {
        "id": f"4e7a3f0a-0000-4000-8000-00000000000{n}",
        "displayName": name,
        "userPrincipalName": f"{name.split()[0].lower()}@contoso.com",
        "mail": f"{name.split()[0].lower()}@contoso.com",
        "companyName": "Contoso",
        "accountEnabled": n != 2,
    }
    for n, name in enumerate(("Ada Lovelace", "Grace Hopper", "HelloWorld Test", "Hello-World X"))
]
BOSS, GRACE = USERS[0]["id"], USERS[1]["id"]
GROUP = "02bd9fd6-8f93-4758-87c3-1fb73740a315"
OTHER = "02bd9fd6-8f93-4758-87c3-1fb73740a316"
UNSUPPORTED = "Unsupported or invalid query filter clause specified for property '{}' of resource"
UNINDEXED = "The request uses a filter property that is not indexed"
SORTING = "Sorting not supported for current query."
HELP = "Refer to https://aka.ms/graph-docs/advanced-queries for more information"
BARE = "is not supported because the 'ConsistencyLevel:eventual' header is missing. " + HELP


@pytest.fixture
def people(client):
    seed(client, {"users": USERS})
    seed(client, {f"users/{GRACE}/manager": {"id": BOSS}})
    return client


def message_of(response, status=400):
    assert response.status_code == status, response.text
    return response.json["error"]["code"], response.json["error"]["message"]


def test_a_count_wants_the_header(people):
    refused = people.get("/v1.0/users/$count")
    assert message_of(refused) == ("Request_BadRequest", "$count is not currently supported.")

    found = people.get("/v1.0/users/$count", headers=EVENTUAL)
    assert (found.text, found.content_type) == ("4", "text/plain")


def test_what_is_expanded_can_be_selected_too(people):
    """Scripts name what they want of a user once for both options; what only expanding shows is
    told of where it is not expanded."""
    found = people.get(f"/v1.0/users/{GRACE}?$select=id,manager&$expand=manager($select=id)").json
    assert (found["id"], found["manager"]["id"], len(found)) == (GRACE, BOSS, 4)
    alone = people.get("/v1.0/users?$select=id,manager")
    assert alone.json["value"][1] == {"id": GRACE}
    entry = people.get("/_fakegraph/requests").json["value"][-1]
    assert ["manager" in each for each in entry["ignored"]] == [True]
    refused = people.get("/v1.0/users?$select=id,messages")
    assert message_of(refused)[0] == "Request_UnsupportedQuery"


def test_counting_without_the_header_is_ignored_and_the_journal_tells_so(people):
    found = people.get("/v1.0/users?$count=true&$top=2")
    assert (found.status_code, "@odata.count" in found.json) == (200, False)
    entry = people.get("/_fakegraph/requests").json["value"][-1]
    assert entry["ignored"] == [
        "$count=true was ignored. It takes effect with the header ConsistencyLevel: eventual."
    ]

    counted = people.get("/v1.0/users?$count=true&$top=2", headers=EVENTUAL)
    assert (counted.json["@odata.count"], len(counted.json["value"])) == (4, 2)
    assert people.get("/_fakegraph/requests").json["value"][-1]["ignored"] == []
    page = people.get(counted.json["@odata.nextLink"], headers=EVENTUAL)
    assert (len(page.json["value"]), "@odata.count" in page.json) == (2, False)


@pytest.mark.parametrize("path", ["groups", "devices", "applications", "servicePrincipals"])
def test_every_collection_of_the_directory_is_gated(client, path):
    assert client.get(f"/v1.0/{path}/$count").status_code == 400
    assert client.get(f"/v1.0/{path}?$filter=displayName ne 'x'").status_code == 400
    query = "$filter=displayName ne 'Microsoft Graph'&$count=true"
    assert listed(client, f"{path}?{query}", headers=EVENTUAL) == []


def test_what_is_no_directory_object_is_not_gated(client):
    seed(client, {"users": USERS[:1]})
    path = f"/v1.0/users/{BOSS}/messages"
    assert client.get(f"{path}?$filter=subject ne 'x'&$count=true").json["@odata.count"] == 0
    assert client.get(f"{path}/$count").text == "0"


@pytest.mark.parametrize(
    ("query", "message"),
    [
        (
            '$search="displayName:x"',
            "Request with $search query parameter only works through MSGraph with a special "
            "request header: 'ConsistencyLevel: eventual'",
        ),
        ("$filter=endswith(mail,'.com')", f"Operator 'endsWith' {BARE}"),
        ("$filter=not(displayName eq 'x')", f"Operator 'Not' {BARE}"),
        ("$filter=not startswith(displayName,'x')", f"Operator 'Not' {BARE}"),
        (
            "$filter=displayName ne 'x'",
            "Unsupported property filter clause operator 'NotEqualsMatch'.",
        ),
        ("$filter=companyName eq 'x'", f"{UNSUPPORTED.format('companyName')} 'User'."),
        ("$filter=displayName eq ''", f"{UNSUPPORTED.format('displayName')} 'User'."),
        ("$filter=displayName eq null", f"{UNSUPPORTED.format('displayName')} 'User'."),
        ("$filter=displayName ne null", f"{UNSUPPORTED.format('displayName')} 'User'."),
        ("$filter=null eq mail", f"{UNSUPPORTED.format('mail')} 'User'."),
        ("$filter=startswith(displayName,'A')&$orderby=displayName", SORTING),
        ("$orderby=department", SORTING),
        ("$orderby=createdDateTime", SORTING),
        (
            "$filter=assignedLicenses/$count eq 0",
            f"{UNSUPPORTED.format('assignedLicenses')} 'User'.",
        ),
        (
            "$filter=contains(displayName,'x')",
            "Unsupported property filter clause operator 'Contains'.",
        ),
        ("$filter=tolower(displayName) eq 'x'", f"{UNSUPPORTED.format('displayName')} 'User'."),
        ("$filter=accountEnabled", f"{UNSUPPORTED.format('accountEnabled')} 'User'."),
        ("$filter=displayName gt 'x'", f"{UNSUPPORTED.format('displayName')} 'User'."),
        (
            "$filter=" + " or ".join(f"displayName eq '{n}'" for n in range(18)),
            "Too many child clauses specified in search filter expression containing 'OR' "
            "operators: 18. Max allowed: 15.",
        ),
        (
            "$filter=displayName in (" + ",".join(f"'{n}'" for n in range(16)) + ")",
            "Too many child clauses specified in search filter expression containing 'OR' "
            "operators: 16. Max allowed: 15.",
        ),
    ],
)
def test_what_wants_the_advanced_parameters_is_refused_without(people, query, message):
    code = "Request_UnsupportedQuery"
    assert message_of(people.get(f"/v1.0/users?{query}")) == (code, message)


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("$filter=endswith(mail,'contoso.com')", 4),
        ("$filter=not(displayName eq 'Ada Lovelace')", 3),
        ("$filter=not startswith(displayName,'a')", 3),
        ("$filter=displayName ne 'ADA Lovelace'", 3),
        ("$filter=companyName eq 'contoso'", 4),
        ("$filter=department eq null", 4),
        ("$filter=startswith(displayName,'h')&$orderby=displayName desc", 2),
        ("$orderby=createdDateTime", 4),
        ("$filter=assignedLicenses/$count eq 0", 4),
        ("$filter=" + " or ".join(f"displayName eq '{n}'" for n in range(18)), 0),
    ],
)
def test_it_is_taken_with_the_advanced_parameters(people, query, count):
    found = people.get(f"/v1.0/users?{query}&$count=true", headers=EVENTUAL)
    assert (found.status_code, found.json.get("@odata.count")) == (200, count)
    assert len(found.json["value"]) == count


def test_the_header_alone_says_that_the_count_is_missing(people):
    refused = people.get("/v1.0/users?$filter=endswith(mail,'m')", headers=EVENTUAL)
    message = (
        "Operator 'endsWith' is not supported because the '$count=true' query parameter is "
        f"missing. {HELP}"
    )
    assert message_of(refused) == ("Request_UnsupportedQuery", message)
    counted = people.get("/v1.0/users/$count?$filter=endswith(mail,'m')", headers=EVENTUAL)
    assert counted.text == "4"


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("$filter=id ge 'a'", UNINDEXED),
        ("$filter=passwordPolicies eq 'x'", UNINDEXED),
        (
            "$filter=contains(displayName,'x')",
            "Unsupported property filter clause operator 'Contains'.",
        ),
        ("$orderby=department", SORTING),
    ],
)
def test_some_is_refused_with_the_advanced_parameters_too(people, query, message):
    refused = people.get(f"/v1.0/users?{query}&$count=true", headers=EVENTUAL)
    assert message_of(refused) == ("Request_UnsupportedQuery", message)


# Columns: eq ne not ge le in startsWith null
MATRIX = [
    ("users", "department", "'x'", "D A A D D D D A"),
    ("users", "city", "'x'", "D A A D D D D A"),
    ("users", "accountEnabled", "true", "D A A - - D - -"),
    ("groups", "securityEnabled", "true", "D A A - - D - -"),
    ("applications", "signInAudience", "'x'", "D A A - - D - -"),
    ("users", "userType", "'Member'", "D A A - - D - A"),
    ("users", "userPrincipalName", "'x'", "D A A D D D D -"),
    ("groups", "renewedDateTime", "2024-01-01T00:00:00Z", "D A A D D D - -"),
    ("users", "createdDateTime", "2024-01-01T00:00:00Z", "D A A D D A - A"),
    ("groups", "mailEnabled", "true", "D A A - - - - -"),
    ("groups", "membershipRuleProcessingState", "'x'", "D A A - - D - -"),
    ("devices", "deviceId", "'x'", "D A A - - - A -"),
    ("servicePrincipals", "appId", "'x'", "D A A - - D - -"),
    ("groups", "classification", "'x'", "D A A D D - D -"),
    ("devices", "operatingSystem", "'x'", "D A A D D - D A"),
    ("applications", "publisherDomain", "'x'", "D A - D D - D -"),
    ("users", "companyName", "'x'", "A A A A A A A A"),
    ("users", "employeeType", "'x'", "A A A A A A A -"),
    ("users", "employeeHireDate", "2024-01-01T00:00:00Z", "A A A A A A - -"),
    ("users", "onPremisesExtensionAttributes/extensionAttribute1", "'x'", "A A A A A A - A"),
    ("groups", "description", "'x'", "A A A A A - A -"),
    ("users", "showInAddressList", "true", "A A A - - A - -"),
    ("servicePrincipals", "appRoleAssignmentRequired", "true", "A A A - - - - -"),
    ("users", "passwordPolicies", "'x'", "- A A - - - - A"),
    ("users", "securityIdentifier", "'x'", "A - A A A - A -"),
    ("devices", "registrationDateTime", "2024-01-01T00:00:00Z", "A A A A A - - -"),
    ("users", "aboutMe", "'x'", "- - - - - - - -"),
]
CLAUSES = (
    *("{0} eq {1}", "{0} ne {1}", "not({0} eq {1})", "{0} ge {1}", "{0} le {1}"),
    *("{0} in ({1})", "startswith({0},{1})", "{0} eq null"),
)


@pytest.mark.parametrize(("path", "name", "value", "row"), MATRIX)
def test_each_operator_is_taken_as_the_matrix_has_it(client, path, name, value, row):
    for clause, cell in zip(CLAUSES, row.split(), strict=True):
        if clause.startswith("startswith") and not value.startswith("'"):
            continue
        if clause.startswith("not") and row.startswith("-"):
            continue  # what is negated has to be taken itself
        url = f"/v1.0/{path}?$filter={clause.format(name, value)}"
        bare = client.get(url)
        advanced = client.get(f"{url}&$count=true", headers=EVENTUAL)
        assert (bare.status_code, advanced.status_code) == {
            "D": (200, 200),
            "A": (400, 200),
            "-": (400, 400),
        }[cell], clause
        for refused in (bare, advanced):
            if refused.status_code == 400:
                assert refused.json["error"]["code"] == "Request_UnsupportedQuery"


@pytest.mark.parametrize(
    ("path", "clause", "cell"),
    [
        ("users", "proxyAddresses/any(p:p eq 'x')", "D"),
        ("users", "proxyAddresses/any(p:startswith(p,'x'))", "D"),
        ("users", "proxyAddresses/any(p:endswith(p,'x'))", "A"),
        ("groups", "groupTypes/any(c:c eq 'Unified')", "D"),
        ("groups", "resourceProvisioningOptions/Any(x:x eq 'Team')", "D"),
        ("groups", "NOT(resourceProvisioningOptions/any(x:x eq 'Team'))", "A"),
        ("groups", "resourceProvisioningOptions/any(x:x ne 'Team')", "-"),
        ("groups", "NOT groupTypes/any(c:c eq 'Unified')", "A"),
        ("groups", "groupTypes/any(c:startswith(c,'U'))", "-"),
        ("users", f"assignedLicenses/any(x:x/skuId eq {GROUP})", "D"),
        ("users", "businessPhones/any(p:p eq 'x')", "A"),
        ("groups", "assignedLicenses/any()", "D"),
        ("devices", "alternativeSecurityIds/any(a:a/type le 2)", "A"),
        ("users", "authorizationInfo/certificateUserIds/any(x:startswith(x,'9'))", "A"),
        ("users", "serviceProvisioningErrors/any(e:e/isResolved eq false)", "A"),
        ("users", "serviceProvisioningErrors/any(e:e/serviceInstance ge 'x')", "-"),
        ("users", "onPremisesProvisioningErrors/any(e:e/category eq 'x')", "A"),
        ("groups", "not(assignedLicenses/any())", "A"),
        ("users", "businessPhones/any()", "A"),
        ("groups", "members/any()", "-"),
        ("users", "identities/any(c:c/issuer eq 'i' and c/issuerAssignedId eq 'v')", "D"),
        ("users", "identities/any(c:c/issuer eq 'i')", "-"),
        ("users", "identities/any(c:c/issuerAssignedId eq 'v')", "-"),
        ("groups", "groupTypes/all(c:c eq 'Unified')", "-"),
        ("groups", "groupTypes/any(c:true)", "-"),
        ("groups", "groupTypes/any(c:displayName eq 'x')", "-"),
        ("groups", "groupTypes/any(c:c eq 'Unified' and displayName eq 'x')", "-"),
        ("users", f"memberOf/any(g:g/id eq '{GROUP}')", "-"),
        ("users", f"memberOf/any(g:id eq '{GROUP}')", "-"),
        ("users", "memberOf/any(g:true)", "-"),
        ("groups", "members/any(m:not (displayName eq 'x'))", "-"),
    ],
)
def test_items_of_collections_have_a_row_too(client, path, clause, cell):
    url = f"/v1.0/{path}?$filter={clause}"
    found = (
        client.get(url).status_code,
        client.get(f"{url}&$count=true", headers=EVENTUAL).status_code,
    )
    assert found == {"D": (200, 200), "A": (400, 200), "-": (400, 400)}[cell]


def test_what_is_no_condition_on_items_is_refused_by_the_name_of_these(client):
    code, said = message_of(client.get("/v1.0/groups?$filter=members/any(m:true)"))
    assert code == "Request_UnsupportedQuery"
    assert "for property 'members' of resource 'Group'" in said


@pytest.fixture
def members(people):
    seed(people, {"groups": [{"id": GROUP}]})
    seed(people, {f"groups/{GROUP}/members": [{"id": each["id"]} for each in USERS]})
    return people


@pytest.mark.parametrize("links", ["memberOf", "transitiveMemberOf"])
def test_what_somebody_is_a_member_of_is_filtered_with_the_parameters_alone(members, links):
    url = f"/v1.0/users/{BOSS}/{links}"
    message = f"$filter {BARE}"
    refused = members.get(f"{url}?$filter=id eq '{GROUP}'")
    assert message_of(refused) == ("Request_UnsupportedQuery", message)
    query = f"$filter=id eq '{GROUP}'&$count=true"
    assert members.get(f"{url}?{query}", headers=EVENTUAL).json["@odata.count"] == 1


def test_a_cast_takes_no_condition_without_the_parameters(members):
    url = f"/v1.0/groups/{GROUP}/members/microsoft.graph.user"
    assert len(members.get(url).json["value"]) == 4
    refused = members.get(f"{url}?$filter=displayName eq 'Ada Lovelace'")
    message = f"A cast with $filter or $orderby {BARE}"
    assert message_of(refused) == ("Request_UnsupportedQuery", message)
    query = "$filter=displayName eq 'Ada Lovelace'&$count=true"
    assert members.get(f"{url}?{query}", headers=EVENTUAL).json["@odata.count"] == 1
    assert members.get(f"{url}/$count").status_code == 400
    assert members.get(f"{url}/$count", headers=EVENTUAL).text == "4"


def test_the_groups_of_one_kind_that_somebody_is_in_need_no_parameters(members):
    kind = {"groupTypes": ["Unified"], "mailEnabled": True, "mailNickname": "crew"}
    members.post(
        "/_fakegraph/seed", json={"groups": [{"id": OTHER, "displayName": "Crew", **kind}]}
    )
    seed(members, {f"groups/{OTHER}/members": [{"id": BOSS}]})
    for cast in ("microsoft.graph.group", "$/microsoft.graph.group"):
        url = f"/v1.0/users/{BOSS}/memberOf/{cast}?$filter=groupTypes/any(a:a eq 'unified')"
        assert [each["id"] for each in members.get(url).json["value"]] == [OTHER]
        for more in (" and displayName eq 'Crew'", "&$orderby=displayName"):
            assert message_of(members.get(url + more))[0] == "Request_UnsupportedQuery"
    bare = members.get(f"/v1.0/users/{BOSS}/memberOf?$filter=groupTypes/any(a:a eq 'unified')")
    assert bare.status_code == 400


def searched(client, text):
    found = listed(client, f"users?$search={text}", headers=EVENTUAL)
    return {each["displayName"] for each in found}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('"displayName:love"', {"Ada Lovelace"}),
        ('"displayName:lovelace ada"', {"Ada Lovelace"}),
        ('"displayName:ovelace"', set()),
        ('"displayName:world"', {"HelloWorld Test", "Hello-World X"}),
        ('"displayName:helloworld"', {"HelloWorld Test", "Hello-World X"}),
        ('"mail:ada"', {"Ada Lovelace"}),
        ('"mail:contoso"', set()),
        ('"displayName:ada" OR "displayName:grace"', {"Ada Lovelace", "Grace Hopper"}),
        ('"displayName:ada" AND "mail:grace"', set()),
        ('("displayName:ada" OR "displayName:hello") AND "mail:a"', {"Ada Lovelace"}),
    ],
)
def test_a_search_is_by_property(people, text, found):
    assert searched(people, text) == found


def test_a_search_without_double_quotes_is_no_search(people):
    refused = people.get("/v1.0/users?$search=displayName:x", headers=EVENTUAL)
    message = "Syntax error: character ':' is not valid at position 11 in 'displayName:x'."
    hint = 'A clause stands in double quotes: "displayName:ada".'
    assert message_of(refused) == ("BadRequest", f"{message} {hint}")


@pytest.mark.parametrize(
    "text", ['"ada"', '"aboutMe:x"', '"displayName: "', "ada", 'NOT "displayName:a"']
)
def test_a_search_names_a_property_that_can_be_searched(people, text):
    refused = people.get(f"/v1.0/users?$search={text}", headers=EVENTUAL)
    assert_error(refused, 400, "Request_UnsupportedQuery", "search clause")


def test_a_search_goes_with_a_filter_and_an_order(people):
    query = "$search=\"displayName:hello\"&$filter=endswith(mail,'.com')&$orderby=displayName"
    found = listed(people, f"users?{query}&$count=true", headers=EVENTUAL)
    assert [each["displayName"] for each in found] == ["Hello-World X", "HelloWorld Test"]


def test_an_expansion_has_twenty_and_no_link_to_more(client):
    many = [{"id": f"4e7a3f0a-0000-4000-8000-{n:012}", "displayName": str(n)} for n in range(25)]
    seed(client, {"users": many})
    seed(client, {"groups": [{"id": GROUP}]})
    seed(client, {f"groups/{GROUP}/members": [{"id": each["id"]} for each in many]})

    found = client.get(f"/v1.0/groups/{GROUP}?$expand=members").json
    assert len(found["members"]) == 20
    assert "members@odata.nextLink" not in found
    assert found["members"][0]["@odata.type"] == "#microsoft.graph.user"
    (only,) = listed(client, "groups?$expand=members($select=id)")
    assert len(only["members"]) == 20


def test_an_expansion_does_not_go_with_the_advanced_parameters(people):
    query = "$expand=manager&$count=true"
    assert people.get(f"/v1.0/users?{query}").status_code == 200
    refused = people.get(f"/v1.0/users?{query}", headers=EVENTUAL)
    assert_error(refused, 400, "Request_UnsupportedQuery", "$expand=manager")


def test_a_chain_of_managers_wants_the_advanced_parameters(people):
    url = f"/v1.0/users/{GRACE}?$expand=manager($levels=max)"
    assert message_of(people.get(url)) == (
        "Request_UnsupportedQuery",
        f"$expand with $levels {BARE}",
    )
    found = people.get(f"{url}&$count=true", headers=EVENTUAL).json
    assert found["manager"]["id"] == BOSS


def test_expansions_are_not_nested(people):
    refused = people.get("/v1.0/users?$expand=manager($expand=microsoft.graph.user/manager)")
    message = "Only one property can be expanded in a single query."
    assert message_of(refused) == ("Request_UnsupportedQuery", message)


def test_an_item_of_a_batch_has_the_header_of_its_own(people):
    def item(id_, **more):
        return {"id": id_, "method": "GET", "url": "/users/$count", **more}

    batch = {"requests": [item("1"), item("2", headers=EVENTUAL)]}
    answers = people.post("/v1.0/$batch", json=batch, headers=EVENTUAL).json["responses"]
    assert {each["id"]: each["status"] for each in answers} == {"1": 400, "2": 200}


LAST = chr(0x10FFFF)
NAMES = ["Ada", "ADA B", "adb", "ad", "Bob", "a", f"ada{LAST}x", "Straße", "STRASSE x", None, "o'x"]
BEGINNINGS = ["a", "AD", "ada", "ada ", "b", "zz", "strass", "straß", f"ada{LAST}", LAST, "o''", ""]


@pytest.mark.parametrize("most", [engine.MOST_BEGINNING, 2])
@pytest.mark.parametrize("text", BEGINNINGS)
def test_what_begins_so_is_found_by_the_index_as_by_looking(client, monkeypatch, text, most):
    monkeypatch.setattr(engine, "MOST_BEGINNING", most)
    names = [name for name in NAMES for _ in range(2)]
    seed(client, {"users": [{"displayName": name} for name in names]})
    wanted = text.replace("''", "'").casefold()
    begin = [name for name in names if name is not None and name.casefold().startswith(wanted)]

    query = f"startsWith(displayName,'{quote(text)}')&$count=true&$top=3"
    page = client.get(f"/v1.0/users?$filter={query}", headers=EVENTUAL).json
    assert page["@odata.count"] == len(begin)
    found = page["value"]
    while "@odata.nextLink" in page:
        page = client.get(page["@odata.nextLink"], headers=EVENTUAL).json
        found += page["value"]
    assert [each["displayName"] for each in found] == begin


@pytest.mark.parametrize("name", ["users", "groups", "devices", "applications"])
@pytest.mark.parametrize("query", ["$select=nonsense", "$filter=nonsense eq 'x'"])
def test_a_name_that_nobody_declares_is_taken_for_an_extensions(client, name, query):
    answer = client.get(f"/v1.0/{name}?{query}")
    message = "Property 'nonsense' does not exist as a declared property or extension property."
    assert_error(answer, 400, "Request_UnsupportedQuery", message)


@pytest.mark.parametrize(
    "path", ["domains", "subscribedSkus", "groupSettings", "groupLifecyclePolicies"]
)
def test_what_is_not_there_is_said_in_the_directorys_words(client, path):
    said = "Resource 'x' does not exist or one of its queried reference-property objects are not"
    assert_error(client.get(f"/v1.0/{path}/x"), 404, "Request_ResourceNotFound", said)


def test_a_condition_on_when_somebody_signed_in_stands_alone(people):
    seed(
        people,
        {f"users/{BOSS}": {"signInActivity": {"lastSignInDateTime": "2026-02-01T08:00:00Z"}}},
    )
    since = "signInActivity/lastSignInDateTime ge 2026-01-01T00:00:00Z"
    until = "signInActivity/lastSignInDateTime le 2026-03-01T00:00:00Z"

    for condition in (since, f"{since} and {until}"):
        found = listed(people, f"users?$filter={quote(condition)}")
        assert [each["id"] for each in found] == [BOSS]
    for headers in ({}, EVENTUAL):
        condition = quote(f"{since} and displayName eq 'Ada Lovelace'")
        answer = people.get(f"/v1.0/users?$count=true&$filter={condition}", headers=headers)
        assert message_of(answer)[1] == f"{UNSUPPORTED.format('signInActivity')} 'User'."
