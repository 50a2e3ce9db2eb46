"""Operations: how they are called, what they take, what they give."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakegraph.app import close_app, create_app
from fakegraph.errors import GraphError
from fakegraph.graph.whole.calling import Calling
from fakegraph.settings import Settings
from fakegraph.workloads import registry
from fakegraph.workloads.operations import Call, operation
from tests.conftest import assert_error
from tests.graph.whole.conftest import listed, make, seed, user

ADA = "ada@contoso.com"
TEAM = "02bd9fd6-8f93-4758-87c3-1fb73740a315"
PLACE = "/v1.0/sites/contoso.sharepoint.com,a,b"


@operation("site/getByPath")
def get_by_path(call):
    if call.arguments["path"] == "broken":
        raise GraphError(400, "invalidRequest", "The path is broken.")
    return call.find("sites", call.arguments["path"])


@operation("user/reminderView")
def reminder_view(call):
    start, end = call.arguments["StartDateTime"], call.arguments.get("EndDateTime")
    return [{"eventSubject": f"from {start} to {end}", "eventId": call.thing.id}]


@operation("group/addFavorite")
def add_favourite(call):
    call.change(call.thing, {"description": "a favourite"})
    call.link(call.thing, "members", call.caller())
    raise GraphError(400, "Request_BadRequest", "Not that one.")


@operation("group/subscribeByMail")
def subscribe(call):
    call.link(call.thing, "members", call.caller())


@operation("group/unsubscribeByMail")
def unsubscribe(call):
    if not call.unlink(call.thing, "members", call.caller()):
        raise call.words.not_found("user", call.caller().id)


@operation("site*/getAllSites")
def all_sites(call):
    return call.things()


@operation("site/getApplicableContentTypesForList")
def content_types(call):
    names = ("a", "b", "c")
    return [{"id": f"0x{name}", "name": f"{call.arguments['listId']}{name}"} for name in names]


@operation("site/getActivitiesByInterval")
def activities(call):
    return [{"id": "+".join(sorted(call.arguments)) or "nothing"}]


@operation("group/removeFavorite")
def breaks(call):
    call.change(call.thing, {"description": "broken"})
    call.make("groups", _group("made"))
    call.delete(call.find("users", ADA, "userPrincipalName"))
    call.note("@activities", {"id": "noted"})
    raise ZeroDivisionError("a bug of ours")


@operation("group/resetUnseenCount", reads=True)
def reads_alone(call):
    call.change(call.thing, {"description": "changed"})


@operation("user/getManagedDevicesWithAppFailures")
def everything(call):
    found = [call.thing, *call.inside(None, "users"), *call.inside(None, "groups")]
    named = (("users", ADA, "userPrincipalName"), ("groups", TEAM, "id"))
    found += [each for each in (call.find(*way) for way in named) if each is not None]
    found += call.leads_to(call.thing, "memberOf")
    return sorted({each.record["displayName"] for each in found})


OWN = (
    *(get_by_path, reminder_view, add_favourite, content_types, subscribe, unsubscribe, all_sites),
    *(activities, breaks, reads_alone, everything),
)


def register(declarations):
    """Add the operations above, in the place of those that a workload has by now."""
    for each in OWN:
        declarations._operations.pop(each.name, None)
    declarations.add(*OWN)


@pytest.fixture
def called(monkeypatch, make_client):
    known = registry.import_module
    more = SimpleNamespace(register=register)
    registry.declared.cache_clear()
    monkeypatch.setattr(registry, "WORKLOADS", (*registry.WORKLOADS, "more"))
    monkeypatch.setattr(
        registry, "import_module", lambda name: more if name.endswith(".more") else known(name)
    )
    yield make_client()
    registry.declared.cache_clear()


@pytest.fixture
def site(called):
    seed(called, {"sites": [{"id": "contoso.sharepoint.com,a,b"}, {"id": "other", "name": "two"}]})
    seed(called, {"sites/other/lists": [{"id": "l1", "displayName": "Plans"}]})
    return called


@pytest.mark.parametrize(
    "call",
    [
        "getByPath(path='other')",
        "microsoft.graph.getByPath(path='other')",
        "getByPath(path=@p)?@p='other'",
        "getByPath?path=other",
        "getByPath?path='other'",
    ],
)
def test_a_function_takes_its_arguments_in_every_form(site, call):
    answer = site.get(f"{PLACE}/{call}")

    assert answer.status_code == 200, answer.text
    assert answer.json["name"] == "two"
    assert answer.json["@odata.context"].endswith("$metadata#sites/$entity")


@pytest.mark.parametrize("call", ["getByPath", "getByPath()", "getByPath(way='x')"])
def test_a_function_without_its_arguments_is_not_found(site, call):
    assert_error(site.get(f"{PLACE}/{call}"), 400, "BadRequest", "getByPath")


def test_a_path_goes_on_behind_what_a_function_gives(site):
    found = site.get(f"{PLACE}/getByPath(path='other')/lists").json["value"]

    assert [each["displayName"] for each in found] == ["Documents", "Plans"]
    assert site.get(f"{PLACE}/getByPath(path='other')/name").json["value"] == "two"
    assert_error(site.get(f"{PLACE}/getByPath(path='nowhere')/lists"), 400, "invalidRequest")
    assert_error(site.get(f"{PLACE}/getByPath(path='broken')/lists"), 400, "invalidRequest")


def test_what_a_function_gives_is_queried(site):
    place = f"{PLACE}/getApplicableContentTypesForList(listId='l')"

    page = site.get(f"{place}?$filter=name ne 'la'&$select=name&$top=1&$count=true").json

    assert (page["@odata.count"], page["value"]) == (2, [{"name": "lb"}])
    rest = site.get(page["@odata.nextLink"].removeprefix("http://localhost")).json
    assert rest["value"] == [{"name": "lc"}]


def test_what_gives_no_things_takes_no_query(site):
    seed(site, {"users": [{"id": "u1"}]})
    place = "/v1.0/users/u1/reminderView"
    answer = site.get(f"{place}(startDateTime='a',endDateTime='b')").json

    assert [each["eventSubject"] for each in answer["value"]] == ["from a to b"]
    assert answer["@odata.context"].endswith("#Collection(microsoft.graph.reminder)")
    bare = site.get(f"{place}?StartDateTime=a&EndDateTime=b").json
    assert bare["value"] == answer["value"]
    refused = site.get(f"{place}?StartDateTime=a&EndDateTime=b&$top=1")
    assert_error(refused, 400, "BadRequest", "$top")


@pytest.mark.parametrize(
    ("method", "path", "name"),
    [
        ("POST", "me/drive/root/workbook/names/addFormulaLocal", "microsoft.graph.addFormulaLocal"),
        ("POST", "me/drive/root/workbook/functions/delta", "microsoft.graph.delta"),
        ("POST", "security/runHuntingQuery", "microsoft.graph.security.runHuntingQuery"),
        (
            "GET",
            "reports/deviceConfigurationUserActivity",
            "microsoft.graph.deviceConfigurationUserActivity",
        ),
    ],
)
def test_what_is_published_is_501_by_its_name(client, method, path, name):
    answer = client.open(f"/v1.0/{path}", method=method, json={} if method == "POST" else None)

    assert_error(answer, 501, "NotImplemented", name)
    assert answer.headers["x-fakegraph"] == "not-served"
    wrong = "POST" if method == "GET" else "GET"
    assert client.open(f"/v1.0/{path}", method=wrong, json={}).status_code == 405


def test_only_what_is_permitted_is_there_where_that_is_wanted(make_client):
    client = make_client(surface="permitted")

    path = "me/exportDeviceAndAppManagementData(skip=1,top=1)"
    assert client.get(f"/v1.0/{path}").status_code == 405


def test_the_other_method_is_405(site):
    assert site.post(f"{PLACE}/getByPath(path='other')", json={}).status_code == 405
    assert site.get("/v1.0/directoryObjects/getByIds").status_code == 405


def test_a_function_is_called_on_a_collection(site):
    found = site.get("/v1.0/sites/getAllSites?$filter=name eq 'two'").json["value"]

    assert [each["id"] for each in found] == ["other"]
    assert site.get("/v1.0/sites/getAllSites()").json["value"] != found


def test_links_are_made_and_taken_away(site):
    made = make(site, "groups", _group("a"))["id"]
    make(site, "users", user())

    def members():
        return [each["displayName"] for each in listed(site, f"groups/{made}/members")]

    assert site.post(f"/v1.0/groups/{made}/subscribeByMail").status_code == 204
    assert members() == ["Ada Lovelace"]
    assert site.post(f"/v1.0/groups/{made}/unsubscribeByMail").status_code == 204
    assert members() == []
    assert site.post(f"/v1.0/groups/{made}/unsubscribeByMail").status_code == 404


def test_an_error_undoes_all_that_was_done(site):
    made = make(site, "groups", _group("a"))
    make(site, "users", user())

    refused = site.post(f"/v1.0/groups/{made['id']}/addFavorite")

    assert_error(refused, 400, "Request_BadRequest", "Not that one.")
    assert site.get(f"/v1.0/groups/{made['id']}").json["description"] is None
    assert listed(site, f"groups/{made['id']}/members") == []


def test_a_bug_of_an_operation_leaves_nothing_and_tells_nothing(site, caplog):
    made = make(site, "groups", _group("a"))
    make(site, "users", user())
    before = site.get("/_fakegraph/snapshots").json, site.get("/_fakegraph/records").json

    refused = site.post(f"/v1.0/groups/{made['id']}/removeFavorite")

    error = assert_error(refused, 500, "InternalServerError")
    assert "ZeroDivisionError" not in refused.text
    assert "a bug of ours" not in error["message"]
    assert "a bug of ours" in caplog.text
    assert (site.get("/_fakegraph/snapshots").json, site.get("/_fakegraph/records").json) == before
    assert site.get(f"/v1.0/groups/{made['id']}").json["description"] is None
    assert site.get(f"/v1.0/users/{ADA}").status_code == 200


def test_an_operation_that_reads_changes_nothing(site, caplog):
    made = make(site, "groups", _group("a"))

    assert site.post(f"/v1.0/groups/{made['id']}/resetUnseenCount").status_code == 500

    assert "only reads cannot change" in caplog.text
    assert site.get(f"/v1.0/groups/{made['id']}").json["description"] is None


def test_an_operation_sees_its_tenant_alone(site):
    name = "getManagedDevicesWithAppFailures"
    other = site.post("/_fakegraph/tenants", json={"id": "other"})
    assert other.status_code == 201, other.text
    make(site, "users", user(displayName="Here"))
    make(site, "groups", _group("team", id=TEAM) | {"displayName": "Here's"})
    there = "/tenants/other/v1.0"
    made = site.post(
        f"{there}/users", json=user(displayName="There", userPrincipalName="x@contoso.com")
    )
    assert made.status_code == 201, made.text

    assert site.get(f"{there}/users/x@contoso.com/{name}").json["value"] == ["There"]
    assert site.get(f"/v1.0/users/{ADA}/{name}").json["value"] == ["Here", "Here's"]
    assert site.get(f"/v1.0/users/x@contoso.com/{name}").status_code == 404


def test_what_an_operation_is_handed_is_what_is_said_and_nothing_else(site):
    said = {name for name in vars(Call) if not name.startswith("_")} | set(Call.__annotations__)
    handed = {name for name in vars(Calling) if not name.startswith("_")}
    handed |= {"arguments", "words", "now", "new_id", "root", "person", "conflict"}
    handed |= {"preferences", "format"}

    assert handed == said


@pytest.mark.parametrize(
    ("given", "had"),
    [
        ("", "nothing"),
        ("()", "nothing"),
        (
            "(startDateTime='a',endDateTime='b',interval='day')",
            "endDateTime+interval+startDateTime",
        ),
    ],
)
def test_the_overload_of_a_function_goes_by_what_is_given(site, given, had):
    answer = site.get(f"{PLACE}/getActivitiesByInterval{given}")

    assert answer.status_code == 200, answer.text
    assert [each["id"] for each in answer.json["value"]] == [had]


@pytest.mark.parametrize(
    "given", ["(interval='day')", "(startDateTime='a',endDateTime='b',interval='day',more='x')"]
)
def test_what_no_overload_takes_is_refused_with_those_that_are_there(site, given):
    answer = site.get(f"{PLACE}/getActivitiesByInterval{given}")

    assert_error(answer, 400, "BadRequest", "getActivitiesByInterval", "interval")


def _group(name, **more):
    return {
        "displayName": name,
        "mailEnabled": False,
        "mailNickname": name,
        "securityEnabled": True,
        **more,
    }


def test_all_that_is_wrong_with_a_body_is_said_at_once(client):
    body = {"IDS": [5], "sorts": ["user"], "types": "user"}

    error = assert_error(
        client.post("/v1.0/directoryObjects/getByIds", json=body), 400, "Request_BadRequest"
    )

    assert {each["target"] for each in error["details"]} == {"ids[0]", "sorts", "types"}
    missing = client.post("/v1.0/directoryObjects/getByIds", json={})
    assert_error(missing, 400, "Request_BadRequest", "The missing parameters are: ids.")
    assert_error(client.post("/v1.0/directoryObjects/getByIds"), 400, "BadRequest", "Content-Type")


def test_what_it_is_called_on_has_to_be_there(client):
    place = "/v1.0/users/00000000-0000-0000-0000-000000000001/revokeSignInSessions"
    assert_error(client.post(place), 404, "Request_ResourceNotFound")


def test_the_long_name_and_parentheses_mean_the_same(client):
    ada = make(client, "users", user())["id"]
    for name in ("revokeSignInSessions", "microsoft.graph.revokeSignInSessions"):
        answer = client.post(f"/v1.0/users/{ada}/{name}")
        assert answer.json == {
            "@odata.context": "http://localhost/v1.0/$metadata#Edm.Boolean",
            "value": True,
        }


def test_only_select_goes_with_an_action(client):
    ada = make(client, "users", user())["id"]
    place = "/v1.0/directoryObjects/getByIds"
    found = client.post(f"{place}?$select=displayName", json={"ids": [ada]}).json["value"]
    assert found == [{"@odata.type": "#microsoft.graph.user", "displayName": "Ada Lovelace"}]
    refused = client.post(f"{place}?$top=1", json={"ids": [ada]})
    assert_error(refused, 400, "BadRequest", "$top")


def test_operations_go_in_batches_and_are_in_the_journal_by_name(client):
    ada = make(client, "users", user())["id"]
    item = {"id": "1", "method": "POST", "url": f"/users/{ada}/getMemberGroups"}
    item |= {
        "body": {"securityEnabledOnly": False},
        "headers": {"Content-Type": "application/json"},
    }

    answer = client.post("/v1.0/$batch", json={"requests": [item]}).json["responses"][0]

    assert (answer["status"], answer["body"]["value"]) == (200, [])
    entries = client.get("/_fakegraph/requests").json["value"]
    assert "/users/{id}/getMemberGroups" in {each["route"] for each in entries}


def test_an_operation_needs_the_permissions_of_its_path(make_client):
    client = make_client(auth="strict", fixture=("contoso",))

    def asked(*roles):
        body = {"roles": list(roles)}
        token = client.post("/_fakegraph/tokens", json=body).json["access_token"]
        return client.post(
            "/v1.0/directoryObjects/getByIds",
            json={"ids": []},
            headers={"Authorization": f"Bearer {token}"},
        )

    assert_error(asked("Mail.Read"), 403, "Authorization_RequestDenied")
    assert asked("Directory.Read.All").status_code == 200


def test_a_fault_hits_an_operation_by_its_path(client):
    ada = make(client, "users", user())["id"]
    match = {"path": "/users/*/revokeSignInSessions"}
    client.post("/_fakegraph/faults", json={"status": 503, "match": match})
    assert client.post(f"/v1.0/users/{ada}/revokeSignInSessions").status_code == 503
    assert client.post(f"/v1.0/users/{ada}/revokeSignInSessions").status_code == 200


@pytest.fixture(scope="module")
def shared():
    app = create_app(Settings(fixture=(), auth="off"))
    client = app.test_client()
    make(client, "users", user())
    yield client
    close_app(app)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)
NAMES = st.sampled_from(
    [
        "ids",
        "types",
        "securityEnabledOnly",
        "groupIds",
        "message",
        "saveToSentItems",
        "addLicenses",
        "removeLicenses",
        "passwordCredential",
        "keyId",
        "destinationId",
        "entityType",
    ]
)
PLACES = st.sampled_from(
    [
        "directoryObjects/getByIds",
        "users/ada@contoso.com/getMemberGroups",
        "me/sendMail",
        "me/checkMemberGroups",
        "me/assignLicense",
        "directoryObjects/validateProperties",
        "me/checkMemberObjects",
        "me/revokeSignInSessions",
    ]
)


@given(PLACES, st.dictionaries(NAMES | st.text(max_size=5), JSON, max_size=4) | JSON)
def test_any_body_is_done_or_refused_with_words(shared, path, body):
    answer = shared.post(f"/v1.0/{path}", json=body)

    assert answer.status_code in {200, 202, 204, 400, 422}, (path, body, answer.text)
    if answer.status_code >= 400:
        assert answer.json["error"]["message"]


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("users(@id)", "@id='ada@contoso.com'"),
        ("users(@id)?$select=id", "@id='ada@contoso.com'"),
        ("me/drive/root/search(q=@q)", "@q='plan'"),
        (
            "me/reminderView(startDateTime=@a,endDateTime=@b)",
            "@a='2027-01-01T00:00:00'&@b='2027-01-02T00:00:00'",
        ),
    ],
)
def test_what_stands_in_parentheses_may_be_an_alias(client, path, query):
    seed(client, {"users": [{"id": "u", "userPrincipalName": "ada@contoso.com"}]})
    url = f"/v1.0/{path}{'&' if '?' in path else '?'}{query}"

    assert client.get(url).status_code == 200, client.get(url).text
    assert client.get(f"{url}&@never='x'").status_code == 400


def test_an_annotation_in_a_query_is_refused_where_nothing_heeds_it(client):
    query = "@microsoft.graph.conflictBehavior=fail"
    made = client.put(f"/v1.0/me/drive/root:/a.txt:/content?{query}", data=b"a")

    assert made.status_code == 201, made.text
    assert client.get(f"/v1.0/me/drive/root:/a.txt?{query}").status_code == 400
    assert client.patch(f"/v1.0/me?{query}", json={"jobTitle": "x"}).status_code == 400


def test_null_is_no_body_where_an_operation_takes_nothing(client):
    seed(
        client,
        {"me/messages": [{"id": "m1", "toRecipients": [{"emailAddress": {"address": "a@b.c"}}]}]},
    )
    null = {"data": "null", "content_type": "application/json"}

    assert client.post("/v1.0/me/messages/m1/send", **null).status_code == 202
    assert_error(client.post("/v1.0/me/sendMail", **null), 400, "RequestBodyRead")
