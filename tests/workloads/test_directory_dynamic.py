"""Dynamic groups: their members are those whom their rule matches."""

from __future__ import annotations

import itertools

import pytest

from fakegraph.edm.published import built_in
from fakegraph.errors import GraphError
from fakegraph.workloads.directory.rule import MAX_GROUPS, MAX_RULE, read_rule
from fakegraph.workloads.directory.rule_terms import PROPERTIES
from tests.graph.whole.conftest import listed, make, seed, user
from tests.workloads.test_directory_values import group, refusal

ERROR = "Dynamic membership rule validation error: "
PLAN = "4e7a3f0a-0000-4000-8000-0000000000aa"
ADA = {
    "id": "a1",
    "accountEnabled": True,
    "department": "Sales",
    "displayName": "Ada Lovelace",
    "jobTitle": None,
    "userPrincipalName": "ada@contoso.com",
    "businessPhones": ["+49 731"],
    "mobilePhone": "1",
    "officeLocation": "18/2111",
    "otherMails": ["ada@fabrikam.com", "a@x.org"],
    "proxyAddresses": ["SMTP:ada@contoso.com"],
    "onPremisesExtensionAttributes": {"extensionAttribute3": "blue"},
    "assignedPlans": [{"servicePlanId": PLAN, "capabilityStatus": "Enabled", "service": "SCO"}],
    "extension_ab_size": "XL",
    "employeeHireDate": "2024-05-01T00:00:00Z",
}
MATCHING = [
    'user.department -eq "Sales"',
    'user.department -eq "sales"',
    "user.department -eq 'Sales'",
    "user.department -eq Sales",
    'user.department eq "Sales"',
    'USER.Department -EQ "Sales"',
    '(user.department -eq "Sales")',
    'user.department -eq "Sales" -and (user.accountEnabled -eq true)',
    'user.department -eq "Sales" and user.accountEnabled -eq True',
    'user.department -eq "x" -or user.displayName -startsWith "ada"',
    'user.department -eq "x" or user.department -eq "y" -or user.accountEnabled -eq true',
    # and binds closer than or
    'user.department -eq "Sales" -or user.department -eq "x" -and user.accountEnabled -eq false',
    'not (user.department -eq "x")',
    '-not (user.department -eq "x")',
    '-not user.department -eq "x"',
    'user.department -ne "x"',
    'user.jobTitle -ne "x"',
    "user.jobTitle -eq null",
    "user.jobTitle -eq $null",
    "user.department -ne null",
    'user.displayName -notStartsWith "love"',
    'user.displayName -contains "LOVE"',
    'user.displayName -notContains "x"',
    'user.jobTitle -notContains "x"',
    'user.displayName -match "^a.a"',
    'user.displayName -notMatch "^love"',
    'user.department -in ["x","sales"]',
    "user.department -in ['Sales']",
    'user.department -notIn ["x", "y"]',
    'user.otherMails -contains "a@x.org"',
    'user.otherMails -notContains "x.org"',
    'user.otherMails -any (_ -contains "FABRIKAM")',
    'user.otherMails -all (_ -contains "@")',
    'user.proxyAddresses -any (_ -startsWith "smtp:")',
    f'user.assignedPlans -any (assignedPlan.servicePlanId -eq "{PLAN}" -and '
    'assignedPlan.capabilityStatus -eq "Enabled")',
    'user.telephoneNumber -startsWith "+49"',
    'user.mobile -eq "1"',
    'user.physicalDeliveryOfficeName -eq "18/2111"',
    'user.objectId -eq "a1"',
    'user.extensionAttribute3 -eq "blue"',
    'user.extension_ab_size -eq "xl"',
    "user.dirSyncEnabled -eq null",
    'user.displayName -endsWith "LACE"',
    'user.displayName -notEndsWith "ada"',
    'user.otherMails -startsWith "ADA@"',
    'user.otherMails -endsWith "@X.org"',
    'user.proxyAddresses -notEndsWith "@outlook.com"',
    'user.otherMails -any _ -startsWith "a@"',
    "user.employeeHireDate -ge 2024-05-01T00:00:00Z",
    'user.employeeHireDate -le "2024-05-01T02:00:00+02:00"',
    "user.employeehiredate -eq 2024-05-01",
    "user.employeeHireDate -ne 2024-05-02",
    "user.employeeHireDate -ne null",
    "user.employeeHireDate -ge 2024-04-30 -and user.employeeHireDate -le 2024-05-02",
]
OTHERS = [
    'user.department -ne "sales"',
    'user.department -eq "Sale"',
    "user.accountEnabled -eq false",
    "user.accountEnabled -ne true",
    "user.department -eq null",
    'user.department -eq "null"',
    'user.jobTitle -contains "x"',
    'user.displayName -startsWith "love"',
    'user.department -in ["x"]',
    'user.department -notIn ["SALES"]',
    'user.otherMails -contains "x.org"',
    'user.otherMails -all (_ -contains "fabrikam")',
    f'user.assignedPlans -any (assignedPlan.servicePlanId -eq "{PLAN}" -and '
    'assignedPlan.capabilityStatus -eq "Deleted")',
    'not (user.department -eq "Sales" -or user.department -eq "x")',
    'user.department -eq "Sales" -and user.accountEnabled -eq false',
    'user.displayName -eq "a`"b"',
    'user.displayName -endsWith "ada"',
    'user.otherMails -notStartsWith "ada@"',
    "user.employeeHireDate -ge 2024-05-02",
    "user.employeeHireDate -le 2024-04-30T23:59:59Z",
    "user.employeeHireDate -eq null",
]


@pytest.mark.parametrize("rule", MATCHING)
def test_a_rule_matches(rule):
    assert read_rule(rule).container == "users"
    assert read_rule(rule).test(ADA)


@pytest.mark.parametrize("rule", OTHERS)
def test_a_rule_does_not_match(rule):
    assert not read_rule(rule).test(ADA)


def test_a_quote_is_written_behind_a_backtick():
    assert read_rule('user.displayName -eq "a`"b"').test({"displayName": 'A"B'})


@pytest.mark.parametrize(
    ("rule", "record"),
    [
        ('device.deviceOSType -eq "Windows"', {"operatingSystem": "Windows"}),
        ('device.deviceOSVersion -startsWith "10."', {"operatingSystemVersion": "10.0"}),
        ('device.devicePhysicalIds -any (_ -startsWith "[ZTDId]")', {"physicalIds": ["[ZTDId]:1"]}),
        ("device.isRooted -eq true", {"isRooted": True}),
        ('device.devicePhysicalIds -any _ -eq "[OrderID]:1"', {"physicalIds": ["[OrderID]:1"]}),
        ("device.accountEnabled -ne false", {}),
    ],
)
def test_a_rule_is_about_devices(rule, record):
    assert read_rule(rule).container == "devices"
    assert read_rule(rule).test(record)
    assert not read_rule(f"-not ({rule})").test(record)


BAD = [
    ("", "Query compilation error: the rule ends too early."),
    ("user.department", "Query compilation error: the rule ends too early."),
    ('user.department "x"', "Query compilation error at 'x'."),
    ('user.department -eq "x" "y"', "Query compilation error at 'y'."),
    ('(user.department -eq "x"', "Query compilation error: the rule ends too early."),
    ('user.department -eq "x")', "Query compilation error at ')'."),
    ('user.department -eq "x', "Query compilation error at '\"x'."),
    ('user.department -is "x"', "Query compilation error: 'is' is no operator."),
    ("user.department -in [", "Query compilation error: the rule ends too early."),
    (
        'user.nickname -eq "x"',
        "Wrong property applied. Property 'nickname' cannot be applied to 'User'.",
    ),
    (
        'group.id -eq "x"',
        "Wrong property applied. 'group.id' is no property of a user or a device.",
    ),
    (
        'department -eq "x"',
        "Wrong property applied. 'department' is no property of a user or a device.",
    ),
    ('user.accountEnabled -contains "x"', "Invalid operands found for operator -contains"),
    ('user.accountEnabled -eq "true1"', "Invalid operands found for operator -eq"),
    ("user.department -eq true", "Invalid operands found for operator -eq"),
    ("user.department -contains null", "Invalid operands found for operator -contains"),
    ('user.department -in "x"', "Invalid operands found for operator -in"),
    ('user.department -eq ["x"]', "Invalid operands found for operator -eq"),
    ('user.otherMails -eq "x"', "Invalid operands found for operator -eq"),
    ('user.department -any (_ -eq "x")', "Invalid operands found for operator -any"),
    (
        'user.otherMails -any (user.city -eq "x")',
        "Wrong property applied. 'user.city' is nothing of an item here.",
    ),
    (
        'user.city -eq "x" -and device.displayName -eq "y"',
        "Mixed use of properties from different types of object.",
    ),
    ("(" * 41 + 'user.city -eq "x"' + ")" * 41, "Query compilation error: more than 40 levels."),
    ("-not " * 41 + 'user.city -eq "x"', "Query compilation error: more than 40 levels."),
    (
        "user.employeeHireDate -eq system.now -plus p1d",
        "Invalid operands found for operator -eq",
    ),
    (
        "user.employeeHireDate -ge system.now -plus day",
        "Query compilation error at 'day': a duration is written like P1DT2H30M5.5S.",
    ),
    (
        'user.employeeHireDate -ge "x"',
        "Invalid operands found for operator -ge: a date and time is written like "
        "2024-01-31T23:59:59.1234567Z.",
    ),
    (
        "user.employeeHireDate -contains 2024-01-01",
        "Invalid operands found for operator -contains",
    ),
    ('user.department -ge "x"', "Invalid operands found for operator -ge"),
    ("user.employeeHireDate -ge null", "Invalid operands found for operator -ge"),
    ("Direct Reports to 'x'", "Query compilation error at 'to'."),
    ("Direct Reports for [", "Query compilation error at '['."),
    (
        "Direct Reports for 'x' and user.city -eq 'y'",
        "Direct Reports cannot be combined with other rules.",
    ),
    (
        "user.memberOf -any (group.objectId -in ['x']) or user.city -eq 'y'",
        "memberOf cannot be combined with other rules.",
    ),
    (
        "-not user.memberOf -any (group.objectId -in ['x'])",
        "memberOf cannot be combined with other rules.",
    ),
    ("user.memberOf -all (group.objectId -in ['x'])", "Query compilation error at '-all'."),
    (
        "user.memberOf -any (group.displayName -in ['x'])",
        "Query compilation error at 'group.displayName'.",
    ),
    ("user.memberOf -any (group.objectId -in 'x')", "Invalid operands found for operator -in"),
    (
        f"user.memberOf -any (group.objectId -in [{','.join(['x'] * (MAX_GROUPS + 1))}])",
        "memberOf takes 50 groups at most.",
    ),
    ("x" * (MAX_RULE + 1), "a rule has 3072 characters at most."),
]


@pytest.mark.parametrize(("rule", "message"), BAD)
def test_a_rule_that_is_none_is_refused(rule, message):
    with pytest.raises(GraphError) as caught:
        read_rule(rule)
    assert (caught.value.status, caught.value.message) == (400, ERROR + message)


@pytest.mark.parametrize("pattern", ["(", "(?=x)", r"(a)\1"])
def test_a_pattern_that_cannot_be_matched_is_refused(pattern):
    with pytest.raises(GraphError) as caught:
        read_rule(f'user.city -match "{pattern}"')
    assert caught.value.status == 400
    assert f"fakegraph cannot match the pattern '(?i){pattern}'" in caught.value.message


@pytest.mark.parametrize(
    ("rule", "what"),
    [
        ('user.sipProxyAddress -eq "x"', "'user.sipProxyAddress'"),
        ('device.extensionAttribute1 -eq "x"', "'device.extensionAttribute1'"),
    ],
)
def test_what_of_the_language_is_not_built_is_refused_by_name(client, rule, what):
    refused = client.post("/v1.0/groups", json=dynamic(rule))
    assert refused.status_code == 501
    assert (
        f"fakegraph does not work out {what} in a membershipRule."
        in (refused.json["error"]["message"])
    )
    kept = {"id": PLAN, **dynamic(rule, state="Paused"), "members": [{"id": PLAN[:-2] + "bb"}]}
    seed(client, {"groups": [kept]})
    assert len(listed(client, f"groups/{PLAN}/members")) == 1


class Noting(dict):
    """A record that says what it was asked for."""

    def get(self, name, default=None):
        self[name] = None
        return default


@pytest.mark.parametrize(
    ("kind", "own"), [("user", "department userType mobile"), ("device", "deviceOSType isRooted")]
)
def test_rules_name_what_the_model_has(kind, own):
    properties = built_in("v1.0").structured(f"microsoft.graph.{kind}").properties
    asked = Noting()
    for prop in PROPERTIES[kind].values():
        prop.value(asked)
    assert set(asked) <= set(properties)
    assert {name.casefold() for name in own.split()} <= set(PROPERTIES[kind])


# Groups ---------------------------------------------------------------------------------------


def dynamic(rule, state="On", **changes):
    kind = {"groupTypes": ["DynamicMembership"], "membershipRuleProcessingState": state}
    return group(**{**kind, "membershipRule": rule, **changes})


SALES = 'user.department -eq "Sales"'


def hire(client, name, **changes):
    body = user(displayName=name, userPrincipalName=f"{name}@contoso.com", **changes)
    return make(client, "users", body)["id"]


def names(client, path):
    return [each["displayName"] for each in listed(client, path)]


@pytest.fixture
def sales(client):
    """A group of all in Sales: Ada, and not Bob."""
    hire(client, "ada", department="Sales")
    hire(client, "bob", department="Law")
    return make(client, "groups", dynamic(SALES))["id"]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("groups", dynamic(SALES, "on")),
        (
            "directory/administrativeUnits",
            {
                "displayName": "U",
                "membershipType": "Dynamic",
                "membershipRule": SALES,
                "membershipRuleProcessingState": "on",
            },
        ),
    ],
)
def test_the_state_of_a_rule_is_written_in_any_case(client, path, body):
    made = make(client, path, body)
    assert made["membershipRuleProcessingState"] == "On"
    one = f"/v1.0/{path}/{made['id']}"
    assert client.patch(one, json={"membershipRuleProcessingState": "paused"}).status_code == 204
    assert client.get(one).json["membershipRuleProcessingState"] == "Paused"


def test_the_members_of_a_dynamic_group_follow_the_values_of_users(client, sales):
    assert names(client, f"groups/{sales}/members") == ["ada"]

    client.patch("/v1.0/users/bob@contoso.com", json={"department": "SALES"})
    cyd = hire(client, "cyd", department="Sales")
    assert sorted(names(client, f"groups/{sales}/members")) == ["ada", "bob", "cyd"]
    client.patch("/v1.0/users/ada@contoso.com", json={"department": None})
    client.delete(f"/v1.0/users/{cyd}")
    assert names(client, f"groups/{sales}/members") == ["bob"]
    client.post(f"/v1.0/directory/deletedItems/{cyd}/restore")
    assert names(client, f"groups/{sales}/members") == ["bob", "cyd"]


def test_every_way_of_asking_sees_the_members_of_a_dynamic_group(client, sales):
    outer = make(client, "groups", group(displayName="outer"))["id"]
    url = f"https://graph.microsoft.com/v1.0/groups/{sales}"
    client.post(f"/v1.0/groups/{outer}/members/$ref", json={"@odata.id": url})
    ada = "users/ada@contoso.com"

    assert [each["id"] for each in listed(client, f"{ada}/memberOf")] == [sales]
    assert {each["id"] for each in listed(client, f"{ada}/transitiveMemberOf")} == {sales, outer}
    assert "ada" in names(client, f"groups/{outer}/transitiveMembers")
    headers = {"ConsistencyLevel": "eventual"}
    assert client.get(f"/v1.0/groups/{sales}/members/$count", headers=headers).text == "1"
    ids = {"groupIds": [sales, outer]}
    found = client.post(f"/v1.0/{ada}/checkMemberGroups", json=ids).json["value"]
    assert found == [sales, outer]
    other = "users/bob@contoso.com"
    assert client.post(f"/v1.0/{other}/checkMemberGroups", json=ids).json["value"] == []
    expanded = client.get(f"/v1.0/groups/{sales}?$expand=members").json["members"]
    assert [each["displayName"] for each in expanded] == ["ada"]


def test_delta_tells_who_joined_and_who_left_by_the_rule(client, sales):
    first = client.get("/v1.0/groups/delta?$select=members").json
    (group_,) = first["value"]
    assert len(group_["members@delta"]) == 1
    ids = {each["displayName"]: each["id"] for each in listed(client, "users")}

    client.patch(f"/v1.0/users/{ids['ada']}", json={"department": "Law"})
    client.patch(f"/v1.0/users/{ids['bob']}", json={"department": "Sales"})
    link = first["@odata.deltaLink"].partition("/v1.0")[2]
    (changed,) = client.get(f"/v1.0{link}").json["value"]
    found = {each["id"]: "@removed" in each for each in changed["members@delta"]}
    assert found == {ids["ada"]: True, ids["bob"]: False}


def test_another_rule_has_other_members(client, sales):
    path = f"/v1.0/groups/{sales}"
    assert client.patch(path, json={"membershipRule": "user.city -eq"}).status_code == 400
    assert names(client, f"groups/{sales}/members") == ["ada"]
    changed = client.patch(path, json={"membershipRule": 'user.department -eq "Law"'})
    assert changed.status_code == 204
    assert names(client, f"groups/{sales}/members") == ["bob"]
    client.patch(path, json={"groupTypes": []})
    client.patch("/v1.0/users/bob@contoso.com", json={"department": None})
    assert names(client, f"groups/{sales}/members") == ["bob"]


def test_a_paused_rule_keeps_the_members_as_they_are(client, sales):
    path = f"/v1.0/groups/{sales}"
    paused = client.patch(path, json={"membershipRuleProcessingState": "Paused"})
    assert paused.status_code == 204
    client.patch("/v1.0/users/ada@contoso.com", json={"department": "Law"})
    client.patch("/v1.0/users/bob@contoso.com", json={"department": "Sales"})
    assert names(client, f"groups/{sales}/members") == ["ada"]
    client.patch(path, json={"membershipRuleProcessingState": "On"})
    assert names(client, f"groups/{sales}/members") == ["bob"]


def test_a_group_that_becomes_dynamic_loses_whom_the_rule_does_not_match(client, sales):
    bob = listed(client, "users?$filter=displayName eq 'bob'")[0]["id"]
    bound = {"members@odata.bind": [f"https://graph.microsoft.com/v1.0/users/{bob}"]}
    id_ = make(client, "groups", group(**bound))["id"]
    rule = {"membershipRule": SALES, "membershipRuleProcessingState": "On"}
    body = {"groupTypes": ["DynamicMembership"], **rule}
    assert client.patch(f"/v1.0/groups/{id_}", json=body).status_code == 204
    assert names(client, f"groups/{id_}/members") == ["ada"]


def test_devices_are_members_by_rules_too(client):
    seed(client, {"devices": [{"id": PLAN, "displayName": "pc", "operatingSystem": "Windows"}]})
    id_ = make(client, "groups", dynamic('device.deviceOSType -eq "Windows"'))["id"]
    hire(client, "ada")
    assert names(client, f"groups/{id_}/members") == ["pc"]
    client.patch(f"/v1.0/devices/{PLAN}", json={"operatingSystem": "Linux"})
    assert names(client, f"groups/{id_}/members") == []


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (dynamic("user.city -eq"), f"{ERROR}Query compilation error: the rule ends too early."),
        (
            dynamic(SALES, state="Off"),
            "Invalid value specified for property 'membershipRuleProcessingState' of resource "
            "'Group'.",
        ),
        (
            {
                **dynamic('device.displayName -eq "x"'),
                "groupTypes": ["Unified", "DynamicMembership"],
                "mailEnabled": True,
            },
            "Invalid value specified for property 'membershipRule' of resource 'Group'.",
        ),
    ],
)
def test_a_dynamic_group_is_not_made_so(client, body, message):
    assert refusal(client.post("/v1.0/groups", json=body)) == message
    assert listed(client, "groups") == []


def test_seeds_give_a_dynamic_group_nobody_else(client, sales):
    bob = listed(client, "users?$filter=displayName eq 'bob'")[0]["id"]
    refused = client.post("/_fakegraph/seed", json={f"groups/{sales}/members": [{"id": bob}]})
    assert refused.status_code == 400
    assert f"Whether '{bob}' is a member of the group '{sales}'" in refused.json["error"]["message"]
    seed(client, {"users": [{"displayName": "dan", "department": "Sales"}]})
    assert names(client, f"groups/{sales}/members") == ["ada", "dan"]
    seed(client, {"groups": [{"id": PLAN, **dynamic('user.department -eq "Law"')}]})
    assert names(client, f"groups/{PLAN}/members") == ["bob"]


def test_tests_take_nobody_out_of_a_dynamic_group(client, sales):
    ada = listed(client, "users?$filter=displayName eq 'ada'")[0]["id"]
    members = f"groups/{sales}/members"
    for path in (f"records?path={members}", f"records/{members}/{ada}"):
        refused = client.delete(f"/_fakegraph/{path}")
        assert refused.status_code == 400
        assert f"Whether '{ada}' is a member" in refused.json["error"]["message"]
    assert names(client, members) == ["ada"]
    client.patch(f"/_fakegraph/records/users/{ada}", json={"department": "Law"})
    assert names(client, members) == []
    client.delete("/_fakegraph/records?path=users")
    client.post("/_fakegraph/records/users", json={"displayName": "dan", "department": "Sales"})
    assert names(client, members) == ["dan"]


def test_a_change_of_one_user_asks_the_rules_about_that_user_alone(client, sales, monkeypatch):
    from fakegraph.workloads.directory import dynamic as groups

    asked = itertools.count()

    def counting(text):
        rule = read_rule(text)

        def test(record):
            next(asked)
            return rule.test(record)

        return rule._replace(test=test)

    for number in range(20):
        hire(client, f"u{number}")
    monkeypatch.setattr(groups, "read_rule", counting)
    client.patch("/v1.0/users/bob@contoso.com", json={"department": "Sales"})
    assert next(asked) <= 3


# Members by links -----------------------------------------------------------------------------


def link(client, path, id_, *, method="post"):
    body = {"@odata.id": f"https://graph.microsoft.com/v1.0/directoryObjects/{id_}"}
    answer = getattr(client, method)(f"/v1.0/{path}/$ref", json=body)
    assert answer.status_code == 204, answer.text


def test_direct_reports_follow_who_is_whose_manager(client):
    boss, ada, bob = (hire(client, name) for name in ("boss", "ada", "bob"))
    link(client, f"users/{ada}/manager", boss, method="put")
    link(client, f"users/{bob}/manager", ada, method="put")  # a report of a report is none
    rule = f'Direct Reports for "{boss.upper()}"'
    members = f"groups/{make(client, 'groups', dynamic(rule))['id']}/members"
    assert names(client, members) == ["ada"]

    link(client, f"users/{bob}/manager", boss, method="put")
    assert sorted(names(client, members)) == ["ada", "bob"]
    client.delete(f"/v1.0/users/{ada}/manager/$ref")
    assert names(client, members) == ["bob"]
    client.delete(f"/v1.0/users/{boss}")
    assert names(client, members) == []
    client.post(f"/v1.0/directory/deletedItems/{boss}/restore")
    assert names(client, members) == ["bob"]
    link(client, f"users/{bob}/manager", ada, method="put")
    assert names(client, members) == []


def member_of(*ids, kind="user"):
    return f"{kind}.memberof -any (group.objectId -in {list(ids)})"


def test_member_of_follows_the_members_of_other_groups(client):
    ada, bob, cyd = (hire(client, name) for name in ("ada", "bob", "cyd"))
    seed(client, {"devices": [{"id": PLAN, "displayName": "pc"}]})
    inner, one, two = (make(client, "groups", group(displayName=name))["id"] for name in "xyz")
    for holder, member in ((one, ada), (one, inner), (one, PLAN), (inner, cyd), (two, bob)):
        link(client, f"groups/{holder}/members", member)
    members = f"groups/{make(client, 'groups', dynamic(member_of(one, two)))['id']}/members"
    devices = make(client, "groups", dynamic(member_of(one, kind="device")))["id"]
    # Those of the groups alone: neither a group among them nor that group's members.
    assert sorted(names(client, members)) == ["ada", "bob"]
    assert names(client, f"groups/{devices}/members") == ["pc"]

    link(client, f"groups/{two}/members", cyd)
    client.delete(f"/v1.0/groups/{one}/members/{ada}/$ref")
    client.delete(f"/v1.0/groups/{one}/members/{PLAN}/$ref")
    assert sorted(names(client, members)) == ["bob", "cyd"]
    assert names(client, f"groups/{devices}/members") == []
    client.delete(f"/v1.0/users/{bob}")
    assert names(client, members) == ["cyd"]
    client.post(f"/v1.0/directory/deletedItems/{bob}/restore")
    assert sorted(names(client, members)) == ["bob", "cyd"]
    client.delete(f"/v1.0/groups/{two}")
    assert names(client, members) == []


def test_a_group_by_member_of_follows_groups_that_other_rules_make(client, sales):
    boss = hire(client, "boss")
    cyd = hire(client, "cyd")
    reports = make(client, "groups", dynamic(f'Direct Reports for "{boss}"'))["id"]
    members = f"groups/{make(client, 'groups', dynamic(member_of(reports, sales)))['id']}/members"
    assert names(client, members) == ["ada"]
    client.patch("/v1.0/users/bob@contoso.com", json={"department": "Sales"})
    link(client, f"users/{cyd}/manager", boss, method="put")
    assert sorted(names(client, members)) == ["ada", "bob", "cyd"]
    client.patch(f"/v1.0/groups/{sales}", json={"membershipRule": 'user.city -eq "Ulm"'})
    assert names(client, members) == ["cyd"]


def test_a_group_by_member_of_is_not_named_by_another(client, sales):
    first = make(client, "groups", dynamic(member_of(sales)))["id"]
    refused = client.post("/v1.0/groups", json=dynamic(member_of(first)))
    assert refusal(refused) == (
        f"The group '{first}' has the members of other groups by its rule, "
        "and such a group cannot be named by memberOf in another rule."
    )
    make(client, "groups", dynamic(member_of(PLAN)))
    seeded = {"groups": [{"id": PLAN, **dynamic(member_of(sales))}]}
    refused = client.post("/_fakegraph/seed", json=seeded)
    assert f"The group '{PLAN}' has the members of other groups" in refused.text


def test_members_by_links_are_not_given_by_hand(client, sales):
    bob = listed(client, "users?$filter=displayName eq 'bob'")[0]["id"]
    ada = listed(client, "users?$filter=displayName eq 'ada'")[0]["id"]
    id_ = make(client, "groups", dynamic(member_of(sales)))["id"]
    for refused, who in (
        (client.post("/_fakegraph/seed", json={f"groups/{id_}/members": [{"id": bob}]}), bob),
        (client.delete(f"/_fakegraph/records/groups/{id_}/members/{ada}"), ada),
    ):
        assert f"Whether '{who}' is a member of the group '{id_}'" in refused.text
    assert names(client, f"groups/{id_}/members") == ["ada"]


# Time -----------------------------------------------------------------------------------------


def at(client, now):
    client.put("/_fakegraph/clock", json={"now": now})


def test_who_is_a_member_by_the_date_joins_and_leaves_as_time_goes(client):
    at(client, "2030-01-10T00:00:00Z")
    hire(client, "ada", employeeHireDate="2030-01-11T00:00:00Z")
    bob = hire(client, "bob", employeeHireDate="2030-01-05T00:00:00Z")
    hire(client, "cyd")
    recent = "user.employeeHireDate -ge system.now -minus p7d"
    rule = f"({recent}) -and (user.employeeHireDate -le system.now)"
    members = f"groups/{make(client, 'groups', dynamic(rule))['id']}/members"
    assert names(client, members) == ["bob"]

    at(client, "2030-01-10T23:59:59Z")
    assert names(client, members) == ["bob"]
    at(client, "2030-01-11T00:00:00Z")
    assert sorted(names(client, members)) == ["ada", "bob"]
    at(client, "2030-01-12T00:00:00Z")  # seven days later he still is
    assert sorted(names(client, members)) == ["ada", "bob"]
    at(client, "2030-01-12T00:00:01Z")
    assert client.post(f"/v1.0/users/{bob}/getMemberGroups", json=ONLY).json["value"] == []
    assert names(client, members) == ["ada"]
    at(client, "2030-01-10T00:00:00Z")
    assert names(client, members) == ["bob"]


ONLY = {"securityEnabledOnly": False}


def test_what_time_has_done_is_done_again_after_a_snapshot(client):
    at(client, "2030-01-10T00:00:00Z")
    hire(client, "ada", employeeHireDate="2030-01-11T00:00:00Z")
    id_ = make(client, "groups", dynamic("user.employeeHireDate -le system.now"))["id"]
    client.post("/_fakegraph/snapshots", json={"name": "before"})
    at(client, "2030-02-01T00:00:00Z")
    assert names(client, f"groups/{id_}/members") == ["ada"]
    client.post("/_fakegraph/snapshots/before/restore")
    hire(client, "bob", employeeHireDate="2030-01-31T00:00:00Z")
    assert sorted(names(client, f"groups/{id_}/members")) == ["ada", "bob"]


def test_a_read_when_nothing_is_due_writes_nothing(client):
    at(client, "2030-01-10T00:00:00Z")
    hire(client, "ada", employeeHireDate="2030-01-11T00:00:00Z")
    id_ = make(client, "groups", dynamic("user.employeeHireDate -le system.now"))["id"]
    first = client.get("/v1.0/groups/delta?$select=members").json["@odata.deltaLink"]
    at(client, "2030-01-10T12:00:00Z")
    link = first.partition("/v1.0")[2]
    assert client.get(f"/v1.0{link}").json["value"] == []
    at(client, "2030-01-11T12:00:00Z")
    (changed,) = client.get(f"/v1.0{link}").json["value"]
    assert (changed["id"], len(changed["members@delta"])) == (id_, 1)
