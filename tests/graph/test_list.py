"""GET on a collection: options, pages, links, counts."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest

from tests.conftest import SET, assert_error, create


def names(response):
    assert response.status_code == 200, response.text
    return [record["id"] for record in response.json["value"]]


@pytest.fixture
def three(client):
    create(
        client, id="a", isSuccess=True, eventDateTime="2024-01-03T00:00:00Z", userDisplayName="Ada"
    )
    create(
        client,
        id="b",
        isSuccess=False,
        eventDateTime="2024-01-01T00:00:00Z",
        userDisplayName="Bo",
        authMethod="fido",
    )
    create(
        client,
        id="c",
        isSuccess=True,
        eventDateTime="2024-01-02T00:00:00Z",
        userDisplayName="cy",
        feature="reset",
    )
    return client


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", "abc"),
        ("$filter=isSuccess eq true", "ac"),
        ("filter=isSuccess eq true", "ac"),
        ("$FILTER=issuccess EQ true", "ac"),
        ("$filter=authMethod eq microsoft.graph.usageAuthMethod'fido'", "b"),
        ("$filter=authMethod eq 'fido' or feature eq 'reset'", "bc"),
        ("$filter=startswith(userDisplayName,'C')", "c"),
        ("$filter=userDisplayName eq 'ADA'", "a"),
        ("$filter=eventDateTime ge 2024-01-02T01:00:00%2B01:00", "ac"),
        ("$filter=eventDateTime lt 2024-01-02", "b"),
        ("$filter=id in ('a','c','x')", "ac"),
        ("$filter=isSuccess eq @s&@s=false", "b"),
        ("$orderby=eventDateTime", "bca"),
        ("$orderby=eventDateTime desc", "acb"),
        ("$orderby=isSuccess desc,eventDateTime", "cab"),
        ("$orderby=userDisplayName", "abc"),
        ("$skip=1", "bc"),
        ("$skip=2&$orderby=eventDateTime", "a"),
        ("$search=cy", "c"),
        ('$search="userDisplayName:A"', "a"),
        ("$search=NOT Ada", "bc"),
        ("$top=999", "abc"),
    ],
)
def test_options_do_what_they_say(three, query, expected):
    assert names(three.get(f"{SET}?{query}")) == list(expected)


@pytest.mark.parametrize("blank", ["%20", "%09", "%0D%0A", "%C2%A0", "%E2%80%83", "%E3%80%80", "+"])
def test_white_space_is_skipped_as_by_the_service(three, blank):
    query = "$filter=_isSuccess_eq_true_&$orderby=_eventDateTime_desc_,_id_&$select=_id_,_feature_"
    answer = three.get(f"{SET}?{query.replace('_', blank)}")

    assert names(answer) == ["a", "c"]
    assert answer.json["@odata.context"].endswith("(id,feature)")


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("$filter=((((", "Invalid filter clause: Expression expected at position 4 in '(((('."),
        ("$filter=", "Invalid filter clause: Expression expected at position 0 in ''."),
        ("$filter=(isSuccess eq true", "Invalid filter clause: ')' or operator expected at position 18 in '(isSuccess eq true'."),
        ("$filter=startswith(id,'a'", "Invalid filter clause: ')' or ',' expected at position 17 in 'startswith(id,'a''."),
        ("$filter=isSuccess = true", "Invalid filter clause: Syntax error at position 11 in 'isSuccess = true'."),
        ("$filter=isSuccess == true", "Invalid filter clause: Syntax error at position 11 in 'isSuccess == true'."),
        ("$filter=isSuccess %26%26 true", "Invalid filter clause: Syntax error: character '&' is not valid at position 10 in 'isSuccess && true'."),
        ("$filter=eventDateTime ge 2024-01-01T00:00:00", "Invalid filter clause: The DateTimeOffset text '2024-01-01T00:00:00' should be in format 'yyyy-mm-ddThh:mm:ss('.'s+)?(zzzzzz)?' and each field value is within valid range."),
        ("$filter=id in ()", "Invalid filter clause: The right operand for the IN operation is not a collection value."),
        ("$select=id feature", "Parsing OData Select and Expand failed: Term 'id feature' is not valid in a $select or $expand expression."),
        ("$select=,id", "Parsing OData Select and Expand failed: An identifier was expected at position 0."),
        ("$orderby=", "Invalid orderby clause: Expression expected at position 0 in ''."),
        ("$search=(x", "Invalid search clause: ')' or operator expected at position 2 in '(x'."),
        ("$filter=colour eq 'red'", "Could not find a property named 'colour' on type 'microsoft.graph.userCredentialUsageDetails'."),
        ("$filter=isSuccess eq 'true'", "Found operand types 'Edm.Boolean' and 'Edm.String' for operator kind 'Equal'"),
        ("$filter=eventDateTime ge '2024-01-01T00:00:00Z'", "A date stands without quotes"),
        ("$filter=authMethod eq 'pigeon'", "The string 'pigeon' is not a valid enumeration type constant."),
        ("$filter=authMethod eq microsoft.graph.usageAuthMethod'Email'", "is not a valid enumeration type constant"),
        ("$filter=authMethod eq microsoft.graph.authMethod'email'", "No enumeration is called microsoft.graph.authMethod"),
        ("$filter=explode(userDisplayName)", "An unknown function with name 'explode' was found."),
        ("$filter=userDisplayName eq 'x", "unterminated string literal"),
        ("$filter=userDisplayName", "must evaluate to a single boolean value"),
        ("$filter=length(isSuccess) eq 1", "No function signature for the function with name 'length'"),
        ("$filter=geo.length(userDisplayName) eq 1", "fakegraph does not serve"),
        ("$filter=1 div 0 eq 1", "divide by zero"),
        ("$filter=isSuccess eq @s", "The parameter alias '@s' has no value."),
        ("@s=true", "No expression uses this alias"),
        ("$orderby=colour", "Invalid orderby clause: Could not find a property named 'colour'"),
        ("$orderby=feature upwards", "Invalid orderby clause"),
        ("$select=colour", "Parsing OData Select and Expand failed: Could not find a property named 'colour'"),
        ("$select=", "Parsing OData Select and Expand failed"),
        ("$expand=colour", "Parsing OData Select and Expand failed: Could not find a property named 'colour'"),
        ("$top=0", "Must be between 1 and 999"),
        ("$top=1000", "Must be between 1 and 999"),
        ("$top=-1", "Invalid value '-1' for $top query option found. The $top query option requires a non-negative integer value."),
        ("$top=two", "Invalid value 'two' for $top"),
        ("$skip=-1", "Invalid value '-1' for $skip"),
        ("$skip=", "Invalid value '' for $skip"),
        ("$count=yes", "Invalid value 'yes' for $count query option found. Valid values are 'true, false'."),
        ("$search='x'", "double quotes"),
        ('$search="feature:x"', "not a text property"),
        ("$skiptoken=abc", "Invalid skip token."),
        ("$apply=x", "The query parameter '$apply' is not supported."),
        ("foo=bar", "The query parameter 'foo' is not supported."),
        ("$top=1&top=2", "more than once"),
        ("$top", "has no value"),
        ("$filter=%FF", "percent-encoded UTF-8"),
    ],
)  # fmt: skip
def test_what_is_not_understood_is_refused(three, query, words):
    assert_error(three.get(f"{SET}?{query}"), 400, "BadRequest", words)


def chain(length, link="@a{}"):
    """Aliases each of which is the next one, the last one true."""
    links = [f"@a{n}={link.replace('{}', str(n + 1))}" for n in range(length)]
    return "&".join([*links, f"@a{length}=true"])


def test_a_long_chain_of_aliases_is_followed(three):
    assert names(three.get(f"{SET}?$filter=isSuccess eq @a0&{chain(1_000)}")) == ["a", "c"]


@pytest.mark.parametrize("option", ["$filter=@a0", "$orderby=@a0"])
@pytest.mark.parametrize("link", ["not @a{}", "(@a{} and isSuccess)", "@a{} eq (@a{} or false)"])
def test_a_deep_nest_of_aliases_is_refused(three, option, link):
    answer = three.get(f"{SET}?{option}&{chain(800, link)}")

    assert_error(answer, 400, "BadRequest", "too large once its aliases are put in")
    assert len(answer.data) < 1_000


def test_aliases_that_go_round_are_refused(three):
    around = chain(300).removesuffix("=true") + "=@a0"
    assert_error(three.get(f"{SET}?$filter=@a0&{around}"), 400, "BadRequest", "defined by itself")


def test_expand_of_a_property_is_not_supported(three):
    error = assert_error(three.get(f"{SET}?$expand=feature"), 400, "ExpandNotSupported")
    assert error["message"] == (
        "Expand is not allowed for property 'feature' according to the entity schema."
    )


def test_error_names_the_option_and_the_position(three):
    error = assert_error(
        three.get(f"{SET}?$filter=isSuccess eq true and colour eq 1"),
        400,
        "BadRequest",
        "position 22",
    )
    assert error["target"] == "$filter"


def test_select_projects_and_says_so(three):
    body = three.get(f"{SET}?$select=isSuccess,ID").json

    assert body["value"][0] == {"id": "a", "isSuccess": True}
    assert body["@odata.context"].endswith("#reports/userCredentialUsageDetails(id,isSuccess)")
    assert set(three.get(f"{SET}?$select=*").json["value"][0]) > {"id", "feature"}


def test_count_is_of_all_matches(three):
    body = three.get(f"{SET}?$count=true&$top=1&$filter=isSuccess eq true").json

    assert body["@odata.count"] == 2
    assert "@odata.count" not in three.get(f"{SET}?$count=false").json


def test_count_segment_is_plain_text(three):
    response = three.get(f"{SET}/$count?$filter=isSuccess eq true")

    assert response.headers["Content-Type"].startswith("text/plain")
    assert response.text == "2"
    assert_error(three.get(f"{SET}/$count?$top=1"), 400, "BadRequest", "'$top'")


def test_top_is_a_page_size(three):
    first = three.get(f"{SET}?$top=2&$orderby=eventDateTime desc&$select=id")

    assert names(first) == ["a", "c"]
    link = first.json["@odata.nextLink"]
    options = parse_qs(urlsplit(link).query)
    assert link.startswith("http://localhost/beta/reports/userCredentialUsageDetails?")
    assert options["$top"] == ["2"]
    assert options["$select"] == ["id"]
    second = three.get(link)
    assert names(second) == ["b"]
    assert "@odata.nextLink" not in second.json


def test_full_last_page_has_no_link(three):
    assert "@odata.nextLink" not in three.get(f"{SET}?$top=3").json


@pytest.mark.parametrize(
    "query", ["", "$orderby=isSuccess,userDisplayName desc", "$filter=isSuccess eq true", "$skip=1"]
)
def test_links_reach_every_record_once(three, query):
    whole = names(three.get(f"{SET}?{query}"))
    found, link = [], f"{SET}?$top=1&{query}"
    while link:
        response = three.get(link)
        found += names(response)
        link = response.json.get("@odata.nextLink")
    assert found == whole


@pytest.mark.parametrize(
    "change",
    [
        lambda link: link.replace("%24skiptoken=", "%24skiptoken=A").replace(
            "$skiptoken=", "$skiptoken=A"
        ),
        lambda link: link[:-1],
        lambda link: link + "AAAA",
        lambda link: link + "!",
        lambda link: link + "&$filter=isSuccess%20eq%20true",
        lambda link: link + "&$orderby=id",
        lambda link: link + "&$skip=1",
    ],
)
def test_token_that_was_tampered_with_is_refused(three, change):
    link = three.get(f"{SET}?$top=1").json["@odata.nextLink"]

    assert_error(three.get(change(link)), 400, "BadRequest", "Invalid skip token.")


def test_page_size_preference_lowers_but_never_raises(make_client):
    client = make_client(page_size=2)
    for key in "abc":
        create(client, id=key)

    lower = client.get(SET, headers={"Prefer": "odata.maxpagesize=1, maxpagesize=50"})
    higher = client.get(SET, headers={"Prefer": "odata.maxpagesize=50"})
    topped = client.get(f"{SET}?$top=3")

    assert names(lower) == ["a"]
    assert lower.headers["Preference-Applied"] == "odata.maxpagesize=1"
    assert names(higher) == ["a", "b"]
    assert names(topped) == ["a", "b", "c"]


def test_links_keep_prefix_scheme_and_host(client):
    create(client, id="a")
    create(client, id="b")

    for prefix in ("", "/beta", "/tenants/default/beta", "/tenants/default"):
        body = client.get(
            f"{prefix}/reports/userCredentialUsageDetails?$top=1",
            base_url="https://graph.test:8443",
        ).json
        root = f"https://graph.test:8443{prefix}"
        assert body["@odata.nextLink"].startswith(f"{root}/reports/userCredentialUsageDetails?")
        assert body["@odata.context"].startswith(f"{root}/$metadata#")
        assert names(client.get(body["@odata.nextLink"])) == ["b"]
