"""Rule one: what the model knows is done, what it does not know is refused, nothing is ignored."""

from __future__ import annotations

import pytest

from fakegraph.app import close_app, create_app
from fakegraph.graph.entities import handlers_of, targets_of
from fakegraph.graph.paths import Kind
from fakegraph.odata.query_string import SYSTEM_OPTIONS
from fakegraph.settings import Settings
from fakegraph.web import headers
from fakegraph.workloads.reports import build_models
from tests.conftest import SET, assert_error, event

MODELS = build_models()
ARGUMENTS = {"getCredentialUsageSummary": "(period='D30')"}
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND")
KEY = "known-id"
RECORDS = {
    "userCredentialUsageDetails": [
        event(id=KEY, eventDateTime="2024-06-30T00:00:00Z"),
        event(id="other-id", eventDateTime="2024-06-29T00:00:00Z", authMethod="fido"),
    ],
    "credentialUserRegistrationDetails": [
        {
            "id": id_,
            "userPrincipalName": "ada@contoso.com",
            "userDisplayName": "Ada",
            "authMethods": ["email"],
            "isRegistered": True,
            "isEnabled": True,
            "isCapable": True,
            "isMfaRegistered": False,
        }
        for id_ in (KEY, "other-id")
    ],
    "userRegistrationDetails": [
        {
            "id": id_,
            "isMfaCapable": True,
            "isMfaRegistered": True,
            "isPasswordlessCapable": False,
            "isSsprCapable": True,
            "isSsprEnabled": True,
            "isSsprRegistered": True,
            "lastUpdatedDateTime": "2024-06-30T00:00:00Z",
            "methodsRegistered": ["email"],
            "systemPreferredAuthenticationMethods": [],
            "userDisplayName": "Ada",
            "userPrincipalName": "ada@contoso.com",
            "userType": "member",
        }
        for id_ in (KEY, "other-id")
    ],
}


@pytest.fixture(scope="module")
def known():
    app = create_app(Settings(fixture=(), auth="off"))
    client = app.test_client()
    assert client.post("/_fakegraph/seed", json=RECORDS).status_code == 200
    client.put("/_fakegraph/clock", json={"now": "2024-06-30T12:00:00Z", "frozen": True})
    yield client
    close_app(app)


def url_of(version, target):
    name = "" if target.resource is None else target.resource.name
    return f"/{version}{target.route}".replace("{id}", KEY) + ARGUMENTS.get(name, "")


TARGETS = [(version, target) for version, model in MODELS.items() for target in targets_of(model)]
ROUTES = [pytest.param(v, t, id=f"{v}{t.route}") for v, t in TARGETS]
COLLECTIONS = [
    pytest.param(v, t, id=f"{v}{t.route}")
    for v, t in TARGETS
    if t.kind is Kind.COLLECTION or (t.kind is Kind.FUNCTION and t.function.many)
]
READABLE = [pytest.param(v, t, id=f"{v}{t.route}") for v, t in TARGETS if "GET" in handlers_of(t)]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(("version", "target"), ROUTES)
def test_every_method_of_every_route_is_done_or_refused(known, version, target, method):
    served = (
        set(handlers_of(target))
        | {"OPTIONS"}
        | ({"HEAD"} if "GET" in handlers_of(target) else set())
    )
    answer = known.open(url_of(version, target), method=method)

    if method not in served:
        assert answer.status_code == 405
        if method != "HEAD":
            assert_error(answer, 405, "BadRequest", "not allowed")
        assert set(answer.headers["Allow"].split(", ")) == served
    elif method in ("GET", "HEAD", "OPTIONS"):
        assert answer.status_code == 200
    elif method == "DELETE":
        assert answer.status_code == 204
        name = target.entity_set.collection
        known.post("/_fakegraph/seed", json={name: [r for r in RECORDS[name] if r["id"] == KEY]})
    else:
        assert_error(answer, 400, "BadRequest", "Content-Type")


def rows(answer):
    assert answer.status_code == 200, answer.text
    return answer.json["value"]


def check_filter(known, url):
    assert rows(known.get(f"{url}?$filter=false")) == []


def check_orderby(known, url):
    up, down = (rows(known.get(f"{url}?$orderby=id {way}")) for way in ("asc", "desc"))
    assert up == sorted(up, key=lambda each: each["id"]) == down[::-1]


def check_select(known, url):
    assert {name for each in rows(known.get(f"{url}?$select=id")) for name in each} == {"id"}


def check_top(known, url):
    page = known.get(f"{url}?$top=1")
    assert len(rows(page)) == 1
    assert ("@odata.nextLink" in page.json) == (len(rows(known.get(url))) > 1)


def check_skip(known, url):
    assert rows(known.get(f"{url}?$skip=1")) == rows(known.get(url))[1:]


def check_count(known, url):
    assert known.get(f"{url}?$count=true").json["@odata.count"] == len(rows(known.get(url)))


def check_search(known, url):
    assert rows(known.get(f"{url}?$search=no-such-text")) == []


def check_skiptoken(known, url):
    assert_error(known.get(f"{url}?$skiptoken=x"), 400, "BadRequest", "Invalid skip token.")


def check_format(known, url):
    assert known.get(f"{url}?$format=json").status_code == 200
    assert_error(known.get(f"{url}?$format=xml"), 406, "NotAcceptable", "xml")


def check_expand(known, url):
    assert known.get(f"{url}?$expand=id").json["error"]["code"] == "ExpandNotSupported"


EFFECTS = {
    "count": check_count,
    "expand": check_expand,
    "filter": check_filter,
    "format": check_format,
    "orderby": check_orderby,
    "search": check_search,
    "select": check_select,
    "skip": check_skip,
    "skiptoken": check_skiptoken,
    "top": check_top,
}


@pytest.mark.parametrize("option", sorted(SYSTEM_OPTIONS))
@pytest.mark.parametrize(("version", "target"), COLLECTIONS)
def test_every_option_of_every_collection_has_its_effect(known, version, target, option):
    EFFECTS[option](known, url_of(version, target))


VALUES = {
    "count": "true",
    "expand": "id",
    "filter": "false",
    "format": "json",
    "orderby": "id",
    "search": "x",
    "select": "totalUserCount",
    "skip": "1",
    "skiptoken": "x",
    "top": "1",
}
TAKEN = {
    Kind.ENTITY: {"select", "format", "expand"},
    Kind.COUNT: {"filter", "search"},
    Kind.FUNCTION: {"select", "format"},
    Kind.SERVICE: {"format"},
    Kind.METADATA: {"format"},
    Kind.BATCH: set(),
}


@pytest.mark.parametrize("option", sorted(SYSTEM_OPTIONS))
@pytest.mark.parametrize(("version", "target"), READABLE)
def test_options_elsewhere_are_taken_or_named(known, version, target, option):
    if target.kind is Kind.COLLECTION or (target.kind is Kind.FUNCTION and target.function.many):
        return
    answer = known.get(f"{url_of(version, target)}?${option}={VALUES[option]}")

    if option not in TAKEN[target.kind]:
        assert_error(answer, 400, "BadRequest", f"'${option}' is not supported")
    else:
        assert answer.status_code in (200, 400, 406), answer.text
        if answer.status_code != 200:
            assert option in answer.text.lower()


KNOWN_HEADERS = [
    *(
        (name, value)
        for name, values, *_ in headers._CONSTRAINED.values()
        for value in sorted(values)
    ),
    *(
        ("Accept", f"application/json;{parameter}={value}")
        for parameter, values in headers._MEDIA_PARAMETERS.items()
        for value in values
    ),
    ("Accept-Encoding", "gzip"),
    ("Accept-Encoding", "identity"),
    ("Prefer", "odata.maxpagesize=1"),
    ("Prefer", "maxpagesize=1"),
    ("Prefer", "include-unknown-enum-members"),
]


@pytest.mark.parametrize(("name", "value"), KNOWN_HEADERS)
def test_known_header_values_are_taken_and_said_back(known, name, value):
    answer = known.get(SET, headers={name: value})

    assert answer.status_code == 200
    if "metadata=" in value or "ieee754" in value:
        said = value.partition(";")[2].removeprefix("odata.")
        assert said in answer.headers["Content-Type"].lower()
    if "maxpagesize" in value:
        assert len(rows(answer)) == 1
    if name == "Prefer":
        assert value.removeprefix("odata.") in answer.headers["Preference-Applied"]
        assert known.patch(f"{SET}/{KEY}", json={}, headers={name: value}).status_code == 200


PATHS = (
    """
    /beta/people /beta/userz /beta/users/ada /beta/groups/g /beta/sites/a/b /beta/drive/a /beta/apps
    /beta/devices/a /beta/organizations /beta/auditLogs/a /beta/identity/a /beta/policies/nothing
    /beta/reportz /beta/reports/authenticationMethod /beta/reports/security/a
    /beta/reports/getTeamsUserActivityCounts(period='D8') /beta/reports/dailyPrintUsage
    /v1.0/reports/authenticationMethods/userMfaSignInSummary /beta/reports/$count
    /beta/reports/authenticationMethods/$count /beta/reports/authenticationMethods/usersRegisteredBy
    /beta/$entity /beta/$all /beta/$crossjoin(a,b) /beta/$query /beta/$metadata/x /beta/$batch/1
    /v1.0/reports/userCredentialUsageDetails /v1.0/reports/getCredentialUsageSummary(period='D7')
    /v1.0/reports/authenticationMethods/userEventsSummary /v1.0/mee /v1.1/me /v2.0/reports /1.0/me
    SET/KEY/feature SET/KEY/$value SET/KEY/feature/$value SET/KEY/$ref SET/$ref SET/KEY/$links
    SET/KEY/other SET/$filter(true) SET/$each SET/$value SET/$query SET/$delta SET/delta()
    SET/microsoft.graph.delta SET/microsoft.graph.user SET/KEY/microsoft.graph.user SET/$count/x
    SET(5) SET(id=5) SET(name='x') SET('a','b') SET() SET(''x) SET/KEY('x') SET//KEY SET('KEY')('x')
    /beta/reports/getCredentialUsageSummary /beta/reports/getCredentialUsageSummary()
    /beta/reports/getCredentialUsageSummary(period=D30)
    /beta/reports/getCredentialUsageSummary(period='D31')
    /beta/reports/getCredentialUsageSummary(period=30)
    /beta/reports/getCredentialUsageSummary(days='D30')
    /beta/reports/getCredentialUsageSummary(period='D7',period='D7')
    /beta/reports/getCredentialUsageSummary(period='D7',x='y')
    /beta/reports/getCredentialUsageSummary(period='D7',)
    /beta/reports/getCredentialUsageSummary(period=@p)
    /beta/reports/getCredentialUsageSummary(period='D7')/$count
    /beta/reports/getCredentialUsageSummary(period='D7')/x
    /beta/reports/getCredentialUsageSummary(period='D7')('x')
    /beta/reports/getCredentialUserRegistrationCount(period='D7')
    /beta/reports/authenticationMethods/usersRegisteredByFeature(includedUserTypes='all')
    /beta/reports/authenticationMethods/usersRegisteredByFeature(includedUserTypes='all',includedUserRoles='nobody')
    /beta/reports/authenticationMethods/usersRegisteredByMethod(includedUserTypes='all',includedUserRoles='privilegedAdmin')
    /beta/reports/authenticationMethods/usersRegisteredByMethod(includedUserTypes=microsoft.graph.featureType'all',includedUserRoles='all')
    /beta/reports/microsoft.graph.userCredentialUsageDetails /beta/other.graph.getCredentialUsageSummary
""".replace("SET", SET)
    .replace("KEY", KEY)
    .split()
)

OPTIONS = [
    "$apply=aggregate(id)",
    "$compute=1%20as%20x",
    "$deltatoken=x",
    "$index=1",
    "$levels=2",
    "$schemaversion=1",
    "$id=x",
    "$value=1",
    "$query=x",
    "$inlinecount=allpages",
    "$callback=f",
    "$batch=1",
    "$ref=1",
    "$links=1",
    "$it=1",
    "$root=1",
    "$filters=true",
    "$selects=id",
    "$orderBy2=id",
    "$Top1=1",
    "top1=1",
    "pagesize=5",
    "page=2",
    "limit=5",
    "offset=5",
    "q=x",
    "api-version=1.0",
    "access_token=x",
    "foo=bar",
    "$=1",
    "@=1",
    "@p=1",
    "$$filter=true",
    "%24%24top=1",
    "filter[]=x",
    "$filter",
    "$top",
    "$count=",
    "$top=5&top=5",
    "$TOP=5&$top=6",
    "$select=id&select=id",
    "$skip=1&$skiptoken=x",
]

OPTION_VALUES = [
    "$filter=((((",
    "$filter=))))",
    "$filter=true%20and",
    "$filter=and%20true",
    "$filter=isSuccess%20eq",
    "$filter=colour%20eq%20'red'",
    "$filter=feature%20eq%20'colour'",
    "$filter=feature%20eq%20registration",
    "$filter=feature%20eq%20microsoft.graph.usageAuthMethod'email'",
    "$filter=isSuccess%20eq%20'true'",
    "$filter=isSuccess%20eq%201",
    "$filter=isSuccess%20like%20true",
    "$filter=frobnicate(userDisplayName)",
    "$filter=startswith(userDisplayName)",
    "$filter=startswith(isSuccess,'a')",
    "$filter=substringof('a',id)",
    "$filter=userDisplayName%20eq%20'a",
    '$filter=userDisplayName%20eq%20"a"',
    "$filter=id%20eq%205",
    "$filter=eventDateTime%20ge%20'2024-01-01'",
    "$filter=eventDateTime%20ge%202024-13-01T00:00:00Z",
    "$filter=eventDateTime%20ge%20datetime'2024-01-01T00:00:00'",
    "$filter=userDisplayName",
    "$filter=feature/name%20eq%20'x'",
    "$filter=userDisplayName/any(x:x%20eq%20'a')",
    "$filter=@p",
    "$filter=geo.distance(id,id)%20lt%205",
    "$filter=$root/users('x')/name%20eq%20'a'",
    "$filter=1%20add%202",
    "$filter=userDisplayName%20has%20'a'",
    "$filter=not%20id",
    "$filter=(id)",
    "$filter=matchesPattern(id,'(?=a)')",
    "$filter=isof(microsoft.graph.user)",
    "$filter=cast(id,Edm.Foo)%20eq%201",
    "$orderby=5 $orderby='id' $orderby=colour",
    "$orderby=id%20up",
    "$orderby=id%20desc%20desc",
    "$orderby=id,,",
    "$orderby=",
    "$orderby=id%20asc;",
    "$select=colour",
    "$select=id,colour",
    "$select=",
    "$select=id/x",
    "$select=id;",
    "$select=$count",
    "$expand=colour",
    "$expand=id",
    "$expand=manager",
    "$expand=*",
    "$top=0",
    "$top=-1",
    "$top=1000",
    "$top=x",
    "$top=1.5",
    "$top=%201",
    "$skip=-1",
    "$skip=x",
    "$skip=99999999999",
    "$count=yes",
    "$count=1",
    "$count=TRUE",
    "$search=",
    '$search="',
    "$search=(a",
    "$search=a)",
    '$search="colour:x"',
    "$format=xml",
    "$format=atom",
    "$format=csv",
    "$format=application/json;odata.metadata=verbose",
    "$skiptoken=",
    "$skiptoken=AAAA",
    "$skiptoken=%00",
    "$filter=%FF",
    "$filter=isSuccess%20eq%20@p&@q=true",
]

HEADERS = [
    ("Accept", "application/xml"),
    ("Accept", "text/html"),
    ("Accept", "application/json;odata.metadata=verbose"),
    ("Accept", "application/json;odata=verbose"),
    ("Accept", "application/json;IEEE754Compatible=1"),
    ("Accept", "application/json;charset=utf-16"),
    ("Accept", "application/json;ExponentialDecimals=true"),
    ("Accept", "application/json;q=0"),
    ("Accept", "application/json;q=nine"),
    ("Accept", "application/atom+xml"),
    ("Accept-Encoding", "br, identity;q=0"),
    ("Accept-Encoding", "*;q=0"),
    ("ConsistencyLevel", "strong"),
    ("ConsistencyLevel", ""),
    ("Prefer", "odata.maxpagesize=-1"),
    ("Prefer", "odata.maxpagesize=many"),
    ("OData-Version", "3.0"),
    ("OData-MaxVersion", "2.0"),
    ("OData-Isolation", "snapshot"),
    ("Isolation", "snapshot"),
    ("If-Match", 'W/"1"'),
    ("If-None-Match", "*"),
    ("If-Modified-Since", "Mon, 01 Jan 2024 00:00:00 GMT"),
    ("If-Unmodified-Since", "Mon, 01 Jan 2024 00:00:00 GMT"),
    ("Range", "bytes=0-9"),
    ("X-HTTP-Method-Override", "GET"),
    ("X-HTTP-Method", "MERGE"),
]

BODIES = [
    {"colour": "red"},
    {"Feature": "reset"},
    {"feature": "Reset"},
    {"feature": "colour"},
    {"feature": 1},
    {"isSuccess": "true"},
    {"isSuccess": None},
    {"authMethod": "qrCode"},
    {"authMethod": ["email"]},
    {"eventDateTime": "2024-01-01"},
    {"eventDateTime": "2024-01-01T00:00:00"},
    {"eventDateTime": "2024-01-01T00:00:00.12345678Z"},
    {"userDisplayName": {"first": "Ada"}},
    {"id": ""},
    {"id": 5},
    {"@odata.type": "#microsoft.graph.user"},
    {"isSuccess@odata.type": "#String"},
    {"manager@odata.bind": "users/ada"},
]


def test_the_lists_are_long_enough():
    assert len(PATHS) + len(OPTIONS) + len(OPTION_VALUES) + len(HEADERS) + len(BODIES) >= 200
    for each in (PATHS, OPTIONS, OPTION_VALUES):
        assert len(set(each)) == len(each)


def assert_refused(answer, *statuses):
    assert answer.status_code in statuses, answer.text
    assert_error(answer, answer.status_code, answer.json["error"]["code"])
    assert len(answer.json["error"]["message"].split()) > 3, "it says what is wrong"


@pytest.mark.parametrize("path", PATHS)
def test_unknown_paths_are_refused(known, path):
    assert_refused(known.get(path), 400, 404, 405, 501)


@pytest.mark.parametrize("option", [*OPTIONS, *OPTION_VALUES])
def test_unknown_options_and_values_are_refused(known, option):
    assert_refused(known.get(f"{SET}?{option}"), 400, 406)


@pytest.mark.parametrize(("name", "value"), HEADERS)
def test_unknown_header_values_are_refused(known, name, value):
    assert_refused(known.get(SET, headers={name: value}), 400, 406, 412, 416)


@pytest.mark.parametrize("changes", BODIES)
def test_unknown_properties_and_values_are_refused(known, changes):
    assert_refused(known.post(SET, json={**event(), **changes}), 400)
    assert_refused(known.patch(f"{SET}/{KEY}", json=changes), 400)
