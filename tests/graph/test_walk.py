"""From the text of a path to what it leads to: every kind of path, and every kind of refusal."""

from __future__ import annotations

import gc
import threading

import pytest

from fakegraph.edm.published import built_in
from fakegraph.edm.surface import Evidence, Surface
from fakegraph.errors import GraphError
from fakegraph.graph import walk as walk_module
from fakegraph.graph.shapes import Shape, Step
from fakegraph.graph.walk import MAX_LENGTH, MAX_SEGMENTS, Walk

MODEL = built_in("v1.0")
WALK = Walk(MODEL)
GUID = "48d31887-5fad-4d73-a9f5-3c356e68a038"


def refusal(path, read=False):
    with pytest.raises(GraphError) as caught:
        WALK(path).segments() if read else WALK(path)
    assert (caught.value.status, caught.value.code) == (400, "BadRequest")
    return caught.value.message


def values(path, aliases=None):
    """What stands in the segments that have something in them."""
    found = [
        dict(segment.keys) or dict(segment.arguments) or segment.path
        for segment in WALK(path).segments(aliases or {})
    ]
    return [each for each in found if each]


def led_to(path):
    walked = WALK(path)
    many = "*" if walked.many else ""
    return walked.template, walked.kind, f"{walked.type}{many}".removeprefix("microsoft.graph")


LEADS = [
    ("/users", "/users", "collection", ".user*"),
    ("/users/x", "/users/{id}", "item", ".user"),
    ("/me", "/me", "single", ".user"),
    ("/me/messages", "/me/messages", "collection", ".message*"),
    ("/users/x/manager", "/users/{id}/manager", "single", ".directoryObject"),
    ("/users/x/manager/$ref", "/users/{id}/manager/$ref", "ref", ".directoryObject"),
    ("/groups/x/members/$ref", "/groups/{id}/members/$ref", "refs", ".directoryObject*"),
    ("/groups/x/members/y/$ref", "/groups/{id}/members/{id}/$ref", "ref", ".directoryObject"),
    ("/users/$count", "/users/$count", "count", "Edm.Int32"),
    ("/users/x/displayName", "/users/{id}/displayName", "property", "Edm.String"),
    ("/users/x/displayName/$value", "/users/{id}/displayName/$value", "value", "Edm.String"),
    ("/users/x/businessPhones", "/users/{id}/businessPhones", "property", "Edm.String*"),
    ("/users/x/assignedPlans/$count", "/users/{id}/assignedPlans/$count", "count", "Edm.Int32"),
    ("/me/mailboxSettings/language", "/me/mailboxSettings/language", "property", ".localeInfo"),
    ("/me/mailboxSettings/language/locale", None, "property", "Edm.String"),
    ("/me/photo/$value", "/me/photo/$value", "value", "Edm.Stream"),
    ("/me/drive/root/content", "/me/drive/root/content", "stream", "Edm.Stream"),
    ("/me/sendMail", "/me/sendMail", "action", "None"),
    ("/users/delta", "/users/delta", "function", ".user*"),
    ("/places/microsoft.graph.room", "/places/microsoft.graph.room", "collection", ".room*"),
    ("/places/microsoft.graph.room/r", "/places/microsoft.graph.room/{id}", "item", ".room"),
    ("/places/microsoft.graph.room/$count", None, "count", "Edm.Int32"),
    ("/groups/g/members/m/microsoft.graph.user/messages", None, "collection", ".message*"),
    ("/users/x/microsoft.graph.directoryObject", None, "item", ".directoryObject"),
    ("/users/x/mailboxSettings/microsoft.graph.mailboxSettings", None, "property",
     ".mailboxSettings"),
    ("", "/", "service", "None"),
    ("/", "/", "service", "None"),
    ("/$metadata", "/$metadata", "metadata", "None"),
    ("/$BATCH", "/$batch", "batch", "None"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "template", "kind", "type_"), LEADS)
def test_a_path_leads_to_something_of_a_type(path, template, kind, type_):
    assert led_to(path) == (template or led_to(path)[0], kind, type_)


@pytest.mark.parametrize(
    ("path", "same"),
    [
        ("/USERS/x/Mailfolders/y/ChildFolders", "/users/x/mailFolders/y/childFolders"),
        ("/users/x/MICROSOFT.GRAPH.SendMail", "/users/x/sendMail"),
        ("/users/microsoft.graph.delta()", "/users/delta"),
        ("/users/delta()", "/users/delta"),
        ("/users()", "/users"),
        ("//users///x//messages/", "/users/x/messages"),
        ("users/x/messages", "/users/x/messages"),
        ("/myorganization/users", "/users"),
        ("/MyOrganization", "/"),
        ("/%75sers/x/m%65ssages", "/users/x/messages"),
        ("/users/x/memberOf/$COUNT", "/users/x/memberOf/$count"),
        ("/places/Microsoft.Graph.Room", "/places/microsoft.graph.room"),
        ("/me/drive/root:", "/me/drive/root"),
        ("/me/drive/root:/", "/me/drive/root"),
        ("/me/drive/root:/:/children", "/me/drive/root/children"),
        ("/identityGovernance/lifecycleWorkflows/workflows/w/microsoft.graph.identityGovernance.activate",
         "/identityGovernance/lifecycleWorkflows/workflows/w/activate"),
        ("/groups/g/members/graph.user/$count", "/groups/g/members/microsoft.graph.user/$count"),
        ("/users/Graph.Delta()", "/users/delta()"),
        ("/me/graph.sendMail", "/me/sendMail"),
    ],
)  # fmt: skip
def test_other_spellings_lead_to_the_same(path, same):
    assert led_to(path) == led_to(same)
    assert WALK(path).operation is WALK(same).operation


# Keys -----------------------------------------------------------------------------------------

KEYS = [
    (f"/users/{GUID}", [{"id": GUID}]),
    ("/users/ada@contoso.com", [{"id": "ada@contoso.com"}]),
    ("/users/o'neil@contoso.com", [{"id": "o'neil@contoso.com"}]),
    ("/me/messages/AAMk%2FA+b==", [{"id": "AAMk/A+b=="}]),
    ("/me/mailFolders/INBOX", [{"id": "INBOX"}]),
    ("/sites/root", [{"id": "root"}]),
    ("/sites/contoso.sharepoint.com", [{"id": "contoso.sharepoint.com"}]),
    ("/chats/19:a_b@unq.gbl.spaces", [{"id": "19:a_b@unq.gbl.spaces"}]),
    ("/users/a:", [{"id": "a:"}]),
    ("/users/Ger%C3%A4t%20(1)", [{"id": "Gerät (1)"}]),
    ("/users/sendMail", [{"id": "sendMail"}]),  # is not called on users
    ("/users/x(y", [{"id": "x(y"}]),
    ("/users/100%", [{"id": "100%"}]),
    ("/users/x(1's/messages/it's", [{"id": "x(1's"}, {"id": "it's"}]),
    ("/users('x')", [{"id": "x"}]),
    ("/users('O''Neil')", [{"id": "O'Neil"}]),
    ("/users('a%2Fb')", [{"id": "a/b"}]),
    ("/users('a/b//c')/messages", [{"id": "a/b//c"}]),
    ("/users( ID = 'x' )", [{"id": "x"}]),
    ("/users(id='a=b,c')", [{"id": "a=b,c"}]),
    ("/users('x')/messages('y')", [{"id": "x"}, {"id": "y"}]),
    ("/places/microsoft.graph.room('x')", [{"id": "x"}]),
    ("/applications(appId='x')/owners", [{"appId": "x"}]),
    ("/applications(UNIQUENAME='x')", [{"uniqueName": "x"}]),
    ("/users(userPrincipalName='ada@contoso.com')", [{"userPrincipalName": "ada@contoso.com"}]),
    ("/directoryRoles/roleTemplateId=x/members", [{"roleTemplateId": "x"}]),
    ("/directoryRoles/RoleTemplateId='x'", [{"roleTemplateId": "x"}]),
    ("/directoryRoles/other=x", [{"id": "other=x"}]),
    ("/identityGovernance/lifecycleWorkflows/workflows/w/versions/7",
     [{"id": "w"}, {"versionNumber": 7}]),
    ("/identityGovernance/lifecycleWorkflows/workflows/w/versions(7)",
     [{"id": "w"}, {"versionNumber": 7}]),
    ("/policies/crossTenantAccessPolicy/partners/t", [{"tenantId": "t"}]),
    ("/policies/crossTenantAccessPolicy/partners(tenantId='t')", [{"tenantId": "t"}]),
]  # fmt: skip


@pytest.mark.parametrize(("path", "found"), KEYS)
def test_keys_are_read_by_their_type(path, found):
    assert values(path) == found


def test_a_key_by_another_name_has_a_template_of_its_own():
    assert WALK("/applications(APPID='x')/owners").template == "/applications(appId={appId})/owners"
    assert WALK("/applications(id='x')").template == "/applications/{id}"


def test_a_key_may_be_an_alias():
    walked = WALK("/users(@who)/messages(id=@what)")

    assert walked.aliases == {"@who", "@what"}
    assert values("/users(@w)/messages", {"@w": "'O''Neil'"}) == [{"id": "O'Neil"}]


# By path --------------------------------------------------------------------------------------

BY_PATH = [
    ("/me/drive/root:/a/b.txt", "/me/drive/root:/{path}", [("a", "b.txt")]),
    ("/me/drive/root:/a/b.txt:", "/me/drive/root:/{path}", [("a", "b.txt")]),
    ("/me/drive/root:/a/b:/children", "/me/drive/root:/{path}:/children", [("a", "b")]),
    ("/me/drive/root:/a//b:/children", "/me/drive/root:/{path}:/children", [("a", "b")]),
    ("/me/drive/root:/a%20b/c%2Fd%3A:/content", "/me/drive/root:/{path}:/content",
     [("a b", "c", "d:")]),
    ("/me/drive/root:/a%3A/b:/children", "/me/drive/root:/{path}:/children", [("a:", "b")]),
    ("/me/drive/root:/children", "/me/drive/root:/{path}", [("children",)]),
    ("/me/drive/root:/it's(1)/(b:/content", "/me/drive/root:/{path}:/content",
     [("it's(1)", "(b")]),
    ("/drives/d/items/i:/n.txt:/content", "/drives/{id}/items/{id}:/{path}:/content",
     [{"id": "d"}, {"id": "i"}, ("n.txt",)]),
    ("/drives/d/items('i'):/n.txt:/createUploadSession",
     "/drives/{id}/items/{id}:/{path}:/createUploadSession", [{"id": "d"}, {"id": "i"}, ("n.txt",)]),
    ("/me/drive/special/approot:/f:/content", "/me/drive/special/{id}:/{path}:/content",
     [{"id": "approot"}, ("f",)]),
    ("/sites/h.sharepoint.com:/sites/x", "/sites/{id}:/{path}",
     [{"id": "h.sharepoint.com"}, ("sites", "x")]),
    ("/sites/h:/sites/x:/drive/root:/a:/children",
     "/sites/{id}:/{path}:/drive/root:/{path}:/children", [{"id": "h"}, ("sites", "x"), ("a",)]),
    ("/groups/g/sites/root:/x:/lists", "/groups/{id}/sites/{id}:/{path}:/lists",
     [{"id": "g"}, {"id": "root"}, ("x",)]),
]  # fmt: skip


@pytest.mark.parametrize(("path", "template", "found"), BY_PATH)
def test_drives_and_sites_are_addressed_by_path(path, template, found):
    assert WALK(path).template == template
    assert values(path) == found


def test_an_encoded_colon_is_part_of_a_name():
    assert refusal("/me/drive/root%3A/a").startswith(NOT_FOUND.format("root:"))
    assert values("/me/drive/items/root%3A/children") == [{"id": "root:"}]


def test_what_is_addressed_by_path_is_what_it_is_by_key():
    by_path, by_key = WALK("/me/drive/root:/a"), WALK("/me/drive/items/a")

    assert (by_path.type, by_path.many) == (by_key.type, False)
    assert by_path.use("DELETE").permissions.allow("DelegatedWork", {"Files.ReadWrite"})


# Functions and actions ------------------------------------------------------------------------

RANGE = "/me/drive/items/i/workbook/worksheets/w"
CALLS = [
    (f"{RANGE}/range(address='A1:B2')", {"address": "A1:B2"}),
    (f"{RANGE}/RANGE(Address='$A$1')", {"address": "$A$1"}),
    (f"{RANGE}/range", {}),
    (f"{RANGE}/range()", {}),
    (f"{RANGE}/cell(column=2,row=1)", {"row": 1, "column": 2}),
    (f"{RANGE}/cell( row = -1 , column = 2 )", {"row": -1, "column": 2}),
    (f"{RANGE}/usedRange(valuesOnly=true)", {"valuesOnly": True}),
    (f"{RANGE}/usedRange(valuesOnly=False)", {"valuesOnly": False}),
    ("/me/drive/root/search(q='a,b=c(d)')", {"q": "a,b=c(d)"}),
    ("/me/drive/root/search(q='it''s')", {"q": "it's"}),
    ("/me/drive/root/search(q=%27it%27%27s%27)", {"q": "it's"}),
    ("/me/drive/root/search(q='a/b:/c')", {"q": "a/b:/c"}),
    ("/me/drive/root/search(q=null)", {"q": None}),
    ("/sites/s/getByPath(path='/sites/x')", {"path": "/sites/x"}),
    ("/reports/getEmailActivityUserDetail(date=2024-02-29)", {"date": "2024-02-29"}),
    ("/reports/getEmailActivityUserDetail(date='2024-02-29')", {"date": "2024-02-29"}),
    ("/reports/getEmailActivityUserDetail(period='D7')", {"period": "D7"}),
    ("/me/drive/root/delta(token='x')", {"token": "x"}),
    ("/me/drive/root/delta", {}),
    ("/communications/callRecords/microsoft.graph.callRecords.getPstnCalls"
     "(fromDateTime=2024-01-01T00:00:00Z,toDateTime=2024-01-02T00:00:00.5+01:00)",
     {"fromDateTime": "2024-01-01T00:00:00Z", "toDateTime": "2024-01-02T00:00:00.5+01:00"}),
    ("/roleManagement/directory/roleAssignmentSchedules/filterByCurrentUser(on='PRINCIPAL')",
     {"on": "principal"}),
    ("/roleManagement/directory/roleAssignmentSchedules/filterByCurrentUser"
     "(on=microsoft.graph.roleAssignmentScheduleFilterByCurrentUserOptions'principal')",
     {"on": "principal"}),
    ("/security/dataSecurityAndGovernance/sensitivityLabels/computeInheritance"
     "(labelIds=['a','b,'''],locale='en',contentFormats=[\"x\",\"y]\"])",
     {"labelIds": ["a", "b,'"], "locale": "en", "contentFormats": ["x", "y]"]}),
    ("/security/dataSecurityAndGovernance/sensitivityLabels/computeInheritance"
     "(labelIds=[],locale='en',contentFormats=[ 'x' ])",
     {"labelIds": [], "locale": "en", "contentFormats": ["x"]}),
]  # fmt: skip


@pytest.mark.parametrize(("path", "arguments"), CALLS)
def test_arguments_are_read_by_their_type(path, arguments):
    assert WALK(path).segments()[-1].arguments == arguments


def test_an_overload_is_the_one_that_takes_just_what_is_given():
    both, one, none = (
        WALK(f"/me/drive/items/i/workbook/worksheets/w/charts/c/image{given}")
        for given in ("(height=1,width=2)", "(width=2)", "")
    )

    assert [each.name for each in both.operation.parameters] == ["width", "height"]
    assert [each.name for each in one.operation.parameters] == ["width"]
    assert none.operation.parameters == ()
    assert both.template.endswith("/image(width={width},height={height})")


def test_an_optional_parameter_may_be_left_out():
    walked = WALK("/users/u/onlineMeetings/getAllRecordings(meetingOrganizerUserId='x')")

    assert walked.segments()[-1].arguments == {"meetingOrganizerUserId": "x"}
    assert len(walked.operation.parameters) == 3
    assert walked.absent == frozenset()


def test_aliases_are_left_for_the_query():
    walked = WALK(f"{RANGE}/cell(row=@r,column=@c)/format")

    assert walked.aliases == {"@r", "@c"}
    assert walked.segments({"@r": "1", "@c": " 2 "})[-2].arguments == {"row": 1, "column": 2}
    with pytest.raises(GraphError, match="alias '@c' has no value: give it as @c="):
        walked.segments({"@r": "1"})


def test_absent_arguments_may_stand_elsewhere():
    walked = WALK(f"{RANGE}/range/boundingRect")

    assert walked.template.endswith("/range/boundingRect(anotherRange={anotherRange})")
    assert walked.absent == {"anotherRange"}
    assert walked.segments(elsewhere={"anotherRange"})[-1].arguments == {}
    with pytest.raises(GraphError) as caught:
        walked.segments()
    assert caught.value.message == (
        "Resource not found for the segment 'boundingRect'. It is called as "
        "boundingRect(anotherRange)."
    )


def test_a_composable_function_goes_on():
    walked = WALK(f"{RANGE}/range(address='A1')/format/borders/itemAt(index=0)/color")

    assert (walked.kind, str(walked.type)) == ("property", "Edm.String")
    assert walked.operation is None
    assert led_to("/places/p/descendants/$count")[1:] == ("count", "Edm.Int32")
    assert led_to("/places/p/descendants/d") == ("/places/{id}/descendants/{id}", "item", ".place")


@pytest.mark.parametrize(
    ("path", "takes"),
    [
        (f"{RANGE}/cell(row=1.5,column=2)", "parameter 'row' of cell, it takes a whole number"),
        (f"{RANGE}/cell(row='1',column=2)", "it takes a whole number from -2147483648"),
        (f"{RANGE}/cell(row=2147483648,column=2)", "to 2147483647"),
        (f"{RANGE}/cell(row=null,column=2)", "the parameter 'row' of cell may not be null"),
        (f"{RANGE}/usedRange(valuesOnly=1)", "it takes true or false"),
        (f"{RANGE}/range(address=A1)", "it takes a string in single quotes"),
        (f"{RANGE}/range(address=x'A1')", "it takes a string in single quotes"),
        (f"{RANGE}/range(address=[1])", "it takes a string in single quotes"),
        ("/reports/getEmailActivityUserDetail(date=2024-02-30)", "a date, as in 2024-01-31"),
        ("/roleManagement/directory/roleAssignmentSchedules/filterByCurrentUser(on='x')",
         "it takes one of 'principal', in quotes"),
        ("/roleManagement/directory/roleAssignmentSchedules/filterByCurrentUser(on=principal)",
         "one of 'principal'"),
        ("/roleManagement/directory/roleAssignmentSchedules/filterByCurrentUser"
         "(on=microsoft.graph.importance'principal')", "one of 'principal'"),
        ("/security/dataSecurityAndGovernance/sensitivityLabels/computeInheritance"
         "(labelIds='a',locale='en',contentFormats=['x'])", "an array in brackets"),
        ("/security/dataSecurityAndGovernance/sensitivityLabels/computeInheritance"
         "(labelIds=['a',b],locale='en',contentFormats=['x'])", "a string in single quotes"),
        ("/security/dataSecurityAndGovernance/sensitivityLabels/computeInheritance"
         "(labelIds=[1],locale='en',contentFormats=['x'])", "a string in single quotes"),
        ("/security/dataSecurityAndGovernance/sensitivityLabels/computeInheritance"
         "(labelIds=[\"a\",],locale='en',contentFormats=['x'])", "not well-formed JSON"),
        ("/identityGovernance/lifecycleWorkflows/workflows/w/versions/x", "of the key, it takes a"),
        ("/identityGovernance/lifecycleWorkflows/workflows/w/versions('7')", "a whole number"),
        ("/users(null)", "a key may not be null"),
        ("/users('x'y)", "of the key, it takes a string in single quotes"),
        ("/users(x)", "of the key, it takes a string in single quotes"),
    ],
)  # fmt: skip
def test_a_value_that_is_none_of_its_type_is_refused(path, takes):
    assert WALK(path).template  # a path is known by its names alone
    message = refusal(path, read=True)
    assert message.startswith("Bad Request - Error in query syntax.")
    assert takes in message


# What only records can tell -------------------------------------------------------------------


def test_members_of_derived_types_are_found_without_a_cast():
    shape = WALK("/groups/g/members/m/mailFolders").shape
    called = WALK("/directoryObjects/d/sendMail").shape

    assert (shape.template, shape.heir.name) == (
        "/groups/{id}/members/{id}/mailFolders",
        "microsoft.graph.user",
    )
    assert called.heir.name == "microsoft.graph.user"
    many = WALK("/me/authentication/methods/creationOptions").shape
    assert (many.step, many.heir.name) == (
        Step.OPERATION,
        "microsoft.graph.fido2AuthenticationMethod",
    )
    assert WALK("/users/u/mailFolders").shape.heir is None
    assert WALK("/groups/g/members/m/microsoft.graph.user/mailFolders").shape.heir is None


@pytest.mark.parametrize(
    "path",
    [
        "/users/u/extension_b7d8e648520f41d3b9c0fdeb91768a0a_jobGroup",
        "/groups/g/extcivhhslh_sbtest1",
        "/sites/s/lists/l/items/i/fields/Farbe",
        "/users/u/extensions/e/theme",
        "/users/u/customSecurityAttributes/Engineering",
    ],
)
def test_undeclared_names_are_kept_where_an_open_type_can_have_them(path):
    walked = WALK(path)

    assert walked.template.endswith("/{property}")
    assert (walked.kind, str(walked.type)) == ("property", "Edm.Untyped")
    assert walked.segments()[-1].name == path.rpartition("/")[2]
    assert WALK(f"{path}/$value").kind == "value"


# The surface ----------------------------------------------------------------------------------


def test_the_surface_says_what_each_method_is():
    send, messages = WALK("/users/u/sendMail"), WALK("/me/messages")

    assert send.allowed() == ("POST",)
    assert send.use("POST").status == 202
    assert send.use("POST").permissions.allow("Application", {"Mail.Send"})
    assert send.use("GET") is None
    assert messages.allowed() == ("GET", "POST")
    assert messages.use("POST").status == 201
    assert messages.use("POST").evidence is Evidence.PERMITTED


def test_methods_are_allowed_by_how_well_they_are_known():
    elsewhere = WALK("/groups/g/members/m/messages")
    photo = WALK("/me/insights/shared/s")

    assert (elsewhere.allowed(Evidence.PERMITTED), elsewhere.allowed()) == ((), ("GET", "POST"))
    assert "PATCH" not in photo.allowed()
    assert photo.allowed(Evidence.DECLARED) == ("GET", "PATCH", "PUT", "DELETE")


@pytest.mark.parametrize(
    ("path", "method"),
    [
        ("/directoryObjects/d/mailboxSettings", "PATCH"),  # a derived type's
        ("/users/microsoft.graph.agentUser/x", "PATCH"),  # a cast is still the same thing
        ("/me/mailFolders/a/childFolders/b/childFolders/c/messages/delta", "GET"),
        ("/groups/g/members/m/microsoft.graph.user/sendMail", "POST"),
    ],
)
def test_what_is_known_is_known_by_any_way(path, method):
    assert WALK(path).use(method).evidence is Evidence.KNOWN
    assert WALK(path).use(method).permissions.schemes


def test_who_may_read_a_thing_may_read_what_is_in_it():
    user = WALK("/users/u")
    for path in ("displayName", "mailboxSettings/language/locale/$value", "assignedPlans/$count"):
        inside = WALK(f"/users/u/{path}")
        assert inside.use("GET").evidence is Evidence.PERMITTED
        if path == "displayName":
            assert inside.use("GET").permissions is user.use("GET").permissions


@pytest.mark.parametrize(
    ("path", "methods"), [("/", ("GET",)), ("/$metadata", ("GET",)), ("/$batch", ("POST",))]
)
def test_what_is_of_the_model_itself_has_one_method(path, methods):
    assert WALK(path).allowed(Evidence.PERMITTED) == methods


def test_every_template_of_the_surface_leads_to_itself():
    walk = Walk(MODEL)
    for template, uses in Surface(MODEL.lines).permitted():
        walked = walk(template)
        assert walked.template == template
        assert set(uses) <= set(walked.uses), template
        assert all(walked.use(method).evidence is Evidence.PERMITTED for method in uses), template


# What is kept ---------------------------------------------------------------------------------


def kept(walk):
    """Every shape that is kept, and every text by which one is found."""
    shapes, texts, waiting = [], [], [walk._start]
    while waiting:
        shape = waiting.pop()
        shapes.append(shape)
        texts += [str(spelt) for spelt in shape.after]
        waiting += [each for each in shape.after.values() if each.before is shape]
    return shapes, texts


def test_no_ids_are_kept():
    walk = Walk(MODEL)
    paths = [
        "/users/zqzq{n}@contoso.com/messages/zqzq{n}=",
        "/users/zqzq{n}/messages",
        "/users('zqzq{n}')/mailFolders/zqzq{n}",
        "/applications(appId='zqzq{n}')",
        "/directoryRoles/roleTemplateId=zqzq{n}",
        "/me/drive/root:/zqzq{n}/b:/children",
        "/me/drive/root/search(q='zqzq{n}')",
        "/me/drive/items/i/workbook/worksheets/w/range(address=@zqzq{n})",
        "/sites/s/lists/l/items/i/fields/zqzq{n}",
    ]
    sizes = set()
    for n in range(30):
        for path in paths:
            assert walk(path.format(n=n)).template
        shapes, texts = kept(walk)
        sizes.add(len(shapes))

    assert len(sizes) == 1
    assert not [text for text in texts if "zqzq" in text]
    assert not [
        each for each in gc.get_objects() if isinstance(each, Shape) and "zqzq" in each.name
    ]


def test_refused_names_are_not_kept():
    walk = Walk(MODEL)
    for n in range(50):
        for path in (f"/users/u/nothing{n}", f"/nothing{n}", f"/me/drive/root/search(x{n}='a')"):
            with pytest.raises(GraphError):
                walk(path)

    assert not [text for text in kept(walk)[1] if "nothing" in text or "x1" in text]


def test_what_is_kept_is_bounded(monkeypatch):
    monkeypatch.setattr(walk_module, "MAX_SHAPES", 200)
    walk = Walk(MODEL)
    most = 0
    for template, _ in Surface(MODEL.lines).permitted():
        assert walk(template).template == template
        most = max(most, len(kept(walk)[0]))

    assert 150 < most <= 200 + MAX_SEGMENTS


def test_threads_share_a_walk():
    walk = Walk(MODEL)
    templates = [template for template, _ in Surface(MODEL.lines).permitted()][::7]
    wrong = []

    def read():
        wrong.extend(t for t in templates if walk(t).template != t)

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_a_known_shape_is_found_again():
    walk = Walk(MODEL)

    first = walk(f"/users/{GUID}/messages/x")
    assert walk("/USERS/ada@contoso.com/Messages/AAMk=").shape is first.shape
    assert walk("/users('y')/messages('z')").shape is first.shape
    assert walk("/users/y/messages/z").uses is first.uses


# Refusals -------------------------------------------------------------------------------------

NOT_FOUND = "Resource not found for the segment '{}'."
COLLECTION = (
    "The request URI is not valid. Since the segment '{}' refers to a collection, this must be the "
    "last segment in the request URI or it must be followed by an function or action that can be "
    "bound to it otherwise all intermediate segments must refer to a single resource."
)
LAST = "The request URI is not valid. The segment '{}' must be the last segment in the URI"
NO_COUNT = "The request URI is not valid. $count cannot be applied to the segment '{}' since"
NO_REF = "The request URI is not valid. $ref cannot be applied to the segment '{}' since"
VALUE = (
    "The segment 'x' in the request URI is not valid. Since the segment '{}' refers to a primitive "
    "type property, the only supported value from the next segment is '$value'."
)
SYNTAX = "Bad Request - Error in query syntax."
UNRELATED = (
    "The type '{}' specified in the URI is neither a base type nor a sub-type of the "
    "previously-specified type '{}'."
)
REFUSED = [
    ("/usrs", NOT_FOUND.format("usrs"), "Did you mean 'users'?"),
    ("/v1.0/users", NOT_FOUND.format("v1.0"), "No path begins with that."),
    ("/$entity", NOT_FOUND.format("$entity"), ""),
    ("/$count", NOT_FOUND.format("$count"), ""),
    ("/microsoft.graph.user", NOT_FOUND.format("microsoft.graph.user"), ""),
    ("/users\tset", NOT_FOUND.format("users\tset"), ""),
    ("/me/mesages", NOT_FOUND.format("mesages"), "/me leads to one microsoft.graph.user"),
    ("/me/mesages", NOT_FOUND.format("mesages"), "Did you mean 'messages'?"),
    ("/users/u/sendMial", NOT_FOUND.format("sendMial"), "Did you mean 'sendMail'?"),
    ("/me/microsoft.graph.sendMial", "", "Did you mean 'microsoft.graph.sendMail'?"),
    ("/users/u/delta", NOT_FOUND.format("delta"), "It is called on many microsoft.graph.user,"),
    ("/me/graph.sendMial", NOT_FOUND.format("graph.sendMial"), "/me leads to one microsoft.graph.user"),
    ("/users/graph.group", "", "microsoft.graph.agentUser"),
    ("/users/microsoft.graph.usre", "", "/users leads to many microsoft.graph.user"),
    ("/users/microsoft.graph.detla", "", "Did you mean 'microsoft.graph.delta'?"),
    ("/users/$cuont", NOT_FOUND.format("$cuont"), "Did you mean '$count'?"),
    ("/me/extension", NOT_FOUND.format("extension"), ""),
    ("/me/todo/lists/l/extension_a_b", NOT_FOUND.format("extension_a_b"), ""),
    ("/me/chats/c/extension_a_b", NOT_FOUND.format("extension_a_b"), ""),
    ("/users/u/message_x/y", VALUE.format("{property}").replace("'x'", "'y'"), ""),
    ("/users/$value", COLLECTION.format("users"), "It has nothing called '$value'."),
    ("/users/u/businessPhones/0", COLLECTION.format("businessPhones"), ""),
    ("/users/u/assignedPlans/x", COLLECTION.format("assignedPlans"), ""),
    ("/users/u/sendMail/x", LAST.format("sendMail"), ""),
    ("/users/u/photo/$value/x", LAST.format("$value"), ""),
    ("/users/$count/x", LAST.format("$count"), ""),
    ("/groups/g/members/$ref/x", LAST.format("$ref"), ""),
    ("/$metadata/users", LAST.format("$metadata"), ""),
    ("/$batch/x", LAST.format("$batch"), ""),
    ("/me/drive/root/content/$value", LAST.format("content"), ""),
    ("/reports/getMailboxUsageStorage(period='D7')/x", LAST.format("getMailboxUsageStorage"), ""),
    ("/me/$count", NO_COUNT.format("me"), "an entity set, a collection navigation property"),
    ("/users/u/$count", NO_COUNT.format("users"), ""),
    ("/users/u/displayName/$count", NO_COUNT.format("displayName"), ""),
    ("/users/u/displayName/$ref", NO_REF.format("displayName"), ""),
    ("/users/u/mailboxSettings/$ref", NO_REF.format("mailboxSettings"), ""),
    ("/users/u/displayName/x", VALUE.format("displayName"), ""),
    ("/users/u/mailboxSettings/$value", NOT_FOUND.format("$value"), ""),
    ("/users/microsoft.graph.group",
     UNRELATED.format("microsoft.graph.group", "microsoft.graph.user"), "microsoft.graph.agentUser"),
    ("/me/microsoft.graph.message",
     UNRELATED.format("microsoft.graph.message", "microsoft.graph.user"), ""),
    ("/users/microsoft.graph.user('x')/microsoft.graph.importance",
     NOT_FOUND.format("microsoft.graph.importance"), ""),
    ("/me('x')", SYNTAX, "'me' is not a collection with keys."),
    ("/me()", SYNTAX, ""),
    ("/users/u/manager('x')", SYNTAX, "'manager' is not a collection with keys."),
    ("/users/u/businessPhones('x')", SYNTAX, ""),
    ("/users(appId='x')", SYNTAX, "The keys of microsoft.graph.user are (id=…)"),
    ("/users('x','y')", SYNTAX, "and (userPrincipalName=…)."),
    ("/users(id='x',id='y')", SYNTAX, ""),
    ("/users('x", SYNTAX, "its parenthesis does not end with it."),
    ("/users('x)", SYNTAX, "'x' is none of these."),
    ("/users('x',)", SYNTAX, "',' is none of these."),
    ("/users(,)", SYNTAX, ""),
    ("/('x')", "Empty segment encountered in request URL.", ""),
    ("/users/('x')", "Empty segment encountered in request URL.", ""),
    ("/me/drive/root/search(q='a", SYNTAX, ""),
    ("/me/drive/root/search(query='a')", NOT_FOUND.format("search"), "It is called as search(q)."),
    ("/me/drive/root/search()", NOT_FOUND.format("search"), "It is called as search(q)."),
    ("/me/drive/root/search('a')", NOT_FOUND.format("search"), "It is called as search(q)."),
    ("/me/drive/root/search(q='a',q='b')", NOT_FOUND.format("search"), ""),
    ("/me/sendMail(Message='x')", NOT_FOUND.format("sendMail"), "It is called as sendMail."),
    ("/reports/getEmailActivityUserDetail", NOT_FOUND.format("getEmailActivityUserDetail"),
     "called as getEmailActivityUserDetail(date) or getEmailActivityUserDetail(period)."),
    ("/me/drive/root/children:/a", NOT_FOUND.format("children:"), ""),
    ("/me/drive:/a", NOT_FOUND.format("drive:"), "Did you mean 'drive'?"),
    ("/me/drive/root:/a:/nothing", NOT_FOUND.format("nothing"), "/me/drive/root:/{path} leads to"),
    ("/me" + "/manager" * 90 + "/x", NOT_FOUND.format("x"), "…/manager/manager"),
    ("/:/x", NOT_FOUND.format(":"), ""),
    ("/users/%ff", "The path is not percent-encoded UTF-8.", ""),
    ("/me/drive/root:/%ff:/x", "The path is not percent-encoded UTF-8.", ""),
    ("/users/\ud800", "The path is not percent-encoded UTF-8.", ""),
    ("/me/me\u017fsages", NOT_FOUND.format("me\u017fsages"), "Did you mean 'messages'?"),
    ("/me/drive/wor\u212bbook", NOT_FOUND.format("wor\u212bbook"), ""),
    ("/me/drive/items/i/wor\u212abook", NOT_FOUND.format("wor\u212abook"), ""),
]  # fmt: skip


@pytest.mark.parametrize(("path", "words", "teaches"), REFUSED)
def test_a_path_that_is_not_in_the_model_is_refused(path, words, teaches):
    message = refusal(path)

    assert message.startswith(words)
    assert teaches in message


@pytest.mark.parametrize(
    "path", ["/users/" + "x" * MAX_LENGTH, "/x" * (MAX_SEGMENTS + 1), "/a" * MAX_LENGTH]
)
def test_a_path_that_is_too_long_is_refused_with_the_limit(path):
    assert refusal(path) == (
        f"Too many segments in URI. A path has at most {MAX_LENGTH} characters and {MAX_SEGMENTS} "
        "segments."
    )


def test_a_path_of_the_greatest_length_is_read():
    key = "x" * (MAX_LENGTH - len("/users/"))

    assert values(f"/users/{key}") == [{"id": key}]
    assert len(WALK("/me" + "/manager" * (MAX_SEGMENTS - 1)).segments()) == MAX_SEGMENTS
