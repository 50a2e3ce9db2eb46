"""Bodies of published types: the heir that they name, relations, open types, and the words."""

from __future__ import annotations

import difflib

import pytest

from fakegraph.edm.from_csdl import model_text
from fakegraph.edm.published import PublishedModel, built_in
from fakegraph.edm.schema import MAX_PROBLEMS, InvalidEntity
from fakegraph.edm.typed import schema_of
from tests.edm.test_from_csdl import document

MODEL = built_in("v1.0")


def reader(name, **options):
    return schema_of(MODEL.structured(f"microsoft.graph.{name}")).reader(**options)


def problems(name, body, **options):
    with pytest.raises(InvalidEntity) as raised:
        reader(name, **options).read(body)
    return [(problem.target, problem.message) for problem in raised.value.problems]


FILE = {"@odata.type": "#microsoft.graph.fileAttachment", "name": "a.txt", "contentBytes": "aGk="}


def test_the_heir_that_a_body_names_reads_it():
    assert reader("attachment").read(FILE) == FILE
    assert reader("attachment").read({**FILE, "@odata.type": FILE["@odata.type"][1:]}) == FILE
    ((target, _),) = problems("attachment", {**FILE, "contentBytes": 1})
    assert target == "contentBytes"


def test_the_declared_type_need_not_be_named_and_is_not_kept():
    typed = {"@odata.type": "#microsoft.graph.user", "displayName": "Ada"}

    assert (
        reader("user").read(typed)
        == reader("user").read({"displayName": "Ada"})
        == {"displayName": "Ada"}
    )


def test_heirs_are_picked_inside_of_bodies():
    body = {
        "conditions": {
            "applications": {"includeApplications": ["All"]},
            "users": {
                "includeGuestsOrExternalUsers": {
                    "externalTenants": {
                        "@odata.type": "#microsoft.graph.conditionalAccessEnumeratedExternalTenants",
                        "members": ["a"],
                    }
                }
            },
        },
    }

    assert reader("conditionalAccessPolicy").read(body) == body
    tenants = body["conditions"]["users"]["includeGuestsOrExternalUsers"]["externalTenants"]
    del tenants["@odata.type"]
    ((target, message),) = problems("conditionalAccessPolicy", body)
    assert target == "conditions/users/includeGuestsOrExternalUsers/externalTenants/@odata.type"
    assert "conditionalAccessEnumeratedExternalTenants" in message


@pytest.mark.parametrize(
    ("name", "said", "words"),
    [
        ("attachment", None, "A value without a type name was found: 'microsoft.graph.attachment' is abstract. @odata.type is one of #microsoft.graph.fileAttachment, "),
        ("attachment", "#microsoft.graph.attachment", "Cannot create an abstract class: "),
        ("attachment", "#microsoft.graph.fileAttachmen", "A type named 'microsoft.graph.fileAttachmen' could not be resolved by the model. Did you mean 'microsoft.graph.fileAttachment'?"),
        ("attachment", "#Microsoft.Graph.FileAttachment", "could not be resolved by the model. Did you mean 'microsoft.graph.fileAttachment'?"),
        ("attachment", "#microsoft.graph.importance", "could not be resolved by the model."),
        ("attachment", "#microsoft.graph.user", "A resource with type 'microsoft.graph.user' was found, but it is not assignable to the expected type 'microsoft.graph.attachment'. @odata.type is one of "),
        ("user", "#microsoft.graph.directoryObject", "is not assignable to the expected type 'microsoft.graph.user'"),
        ("user", 5, "A type named '5' could not be resolved"),
        ("user", ["x"], "could not be resolved"),
        ("user", "", "could not be resolved"),
        ("entity", None, " and 1"),
    ],
)  # fmt: skip
def test_a_type_that_cannot_be_is_refused(name, said, words):
    ((target, message),) = problems(name, {} if said is None else {"@odata.type": said})

    assert target == "@odata.type"
    assert words in message


@pytest.mark.parametrize("body", [None, [], "x", 5])
def test_what_is_no_object_is_refused(body):
    for name in ("user", "attachment"):
        ((target, message),) = problems(name, body)
        assert (target, message.startswith("A JSON object was expected")) == (None, True)


def test_all_problems_come_at_once_with_their_paths():
    body = {
        "dispayName": "x",
        "accountEnabled": "yes",
        "passwordProfile": {"pasword": "x", "forceChangePasswordNextSignIn": 1},
        "assignedLicenses": [{"skuId": "x"}, 5, {"@odata.type": "#microsoft.graph.user"}],
        "manager": {},
    }

    assert {target for target, _ in problems("user", body)} == {
        "dispayName",
        "accountEnabled",
        "passwordProfile/pasword",
        "passwordProfile/forceChangePasswordNextSignIn",
        "assignedLicenses[0]/skuId",
        "assignedLicenses[1]",
        "assignedLicenses[2]/@odata.type",
        "manager",
    }


def test_annotations_inside_of_items_are_left_out_like_outside():
    body = {"assignedLicenses": [{"@odata.type": "microsoft.graph.assignedLicense", "disabledPlans@odata.type": "#Collection(Guid)", "disabledPlans": []}]}  # fmt: skip

    assert reader("user").read({**body, "@odata.etag": "x"}) == {
        "assignedLicenses": [{"disabledPlans": []}]
    }


@pytest.mark.parametrize("said", ["#Collection(String)", "Collection(Edm.String)"])
def test_types_of_properties_may_be_said(said):
    body = {"businessPhones@odata.type": said, "businessPhones": ["1"]}

    assert reader("user").read(body) == {"businessPhones": ["1"]}
    wrong = {**body, "businessPhones@odata.type": "#Collection(Int32)"}
    assert problems("user", wrong)[0][0] == "businessPhones@odata.type"


def test_long_numbers_may_be_texts_wherever_they_stand():
    model = PublishedModel(
        model_text(
            document(
                '<ComplexType Name="a"><Property Name="n" Type="Edm.Int64"/>'
                '<Property Name="many" Type="Collection(Edm.Int64)"/>'
                '<Property Name="inner" Type="Collection(s.a)"/></ComplexType>'
            )
        ).encode()
    )
    schema = schema_of(model.structured("shop.a"))
    body = {"n": "5", "many": ["6"], "inner": [{"n": "7"}]}

    assert schema.reader(ieee754=True).read(body) == {"n": 5, "many": [6], "inner": [{"n": 7}]}
    with pytest.raises(InvalidEntity):
        schema.reader().read(body)


RELATED = frozenset({"members", "members/manager", "owners"})


def test_relations_are_set_where_they_may_be():
    group = reader("group", related=RELATED)
    body = {
        "displayName": "A",
        "owners@odata.bind": ["https://graph.microsoft.com/v1.0/users/1"],
        "members": [
            {
                "@odata.type": "#microsoft.graph.user",
                "displayName": "B",
                "manager@odata.bind": "/users/1",
            },
            {
                "@odata.type": "#microsoft.graph.user",
                "manager": {"@odata.type": "#microsoft.graph.user"},
            },
        ],
    }

    assert group.read(body) == body
    assert reader("group", related=None).read(body) == body


@pytest.mark.parametrize(
    ("body", "target", "words"),
    [
        ({"sites": []}, "sites", "The navigation property 'sites' of 'microsoft.graph.group' cannot be set here"),
        ({"sites@odata.bind": ["x"]}, "sites@odata.bind", "cannot be set here"),
        ({"members": {}}, "members", "takes an array"),
        ({"members": [5]}, "members[0]", "A JSON object was expected"),
        ({"members": [{"@odata.type": "#microsoft.graph.message"}]}, "members[0]/@odata.type", "microsoft.graph.directoryObject"),
        ({"members": [{"@odata.type": "#microsoft.graph.user", "messages": []}]}, "members[0]/messages", "cannot be set here"),
        ({"owners@odata.bind": "x"}, "owners@odata.bind", "Invalid URL format specified in @odata.bind for owners. It takes an array of URLs."),
        ({"owners@odata.bind": [1]}, "owners@odata.bind", "an array of URLs"),
        ({"owners@odata.bind": []}, "owners@odata.bind", "non-empty array"),
        ({"x@odata.bind": ["y"]}, "x@odata.bind", "does not exist on type 'microsoft.graph.group'"),
        ({"displayName@odata.bind": "y"}, "displayName@odata.bind", "does not exist"),
    ],
)  # fmt: skip
def test_relations_that_cannot_be_set_are_refused(body, target, words):
    ((found, message),) = problems("group", body, related=RELATED)

    assert found == target
    assert words in message


def test_one_relation_takes_one_link_or_nothing():
    user = reader("user", related=None)

    assert user.read({"manager": None}) == {"manager": None}
    assert problems("user", {"manager@odata.bind": ["x"]}, related=None)[0][1].endswith("a URL.")


def test_nothing_may_be_set_inline_unless_it_is_said():
    assert [target for target, _ in problems("user", {"manager": {}, "messages": []})] == [
        "manager",
        "messages",
    ]


def test_open_types_hold_anything_where_that_is_their_point():
    notes = {"extensionName": "com.x", "colour": "red", "sizes": [1, {"a": None}]}
    tasks = {
        "assignments": {
            "fbab97d0": {"@odata.type": "#microsoft.graph.plannerAssignment", "orderHint": " !"}
        }
    }

    assert reader("openTypeExtension").read(notes) == notes
    assert reader("plannerTask").read(tasks) == tasks
    tasks["assignments"]["fbab97d0"]["orderHint"] = 5
    assert problems("plannerTask", tasks)[0][0] == "assignments/fbab97d0/orderHint"
    tasks["assignments"] = {"a": [{"@odata.type": "#microsoft.graph.none"}], "b@c": 1}
    assert {target for target, _ in problems("plannerTask", tasks)} == {
        "assignments/a[0]/@odata.type",
        "assignments/b@c",
    }


def test_other_open_types_of_graph_refuse_what_they_do_not_declare():
    assert MODEL.structured("microsoft.graph.user").open
    assert problems("user", {"colour": 1})[0][0] == "colour"


def test_open_types_of_other_services_hold_anything():
    text = model_text(
        document(
            '<ComplexType Name="a" OpenType="true"><Property Name="n" Type="Edm.Byte"/></ComplexType>'
        )
    )
    schema = schema_of(PublishedModel(text.encode()).structured("shop.a"))

    assert schema.reader().read({"n": 1, "m": [2]}) == {"n": 1, "m": [2]}


@pytest.mark.parametrize("value", [None, 1, [[1, "a", None]], {"a": {}}, "x"])
def test_json_of_any_shape_is_taken_as_it_is(value):
    assert reader("workbookRange").read({"values": value}) == {"values": value}


def test_streams_are_not_written_in_bodies():
    assert problems("driveItem", {"content": "aGk="})[0][0] == "content"
    ((target, message),) = problems("application", {"logo": None})
    assert target == "logo"
    assert "at its own URL" in message


def test_a_type_that_is_known_by_name_alone_takes_nothing():
    text = model_text(
        document(
            '<ComplexType Name="a"><Property Name="p" Type="Edm.GeographyPoint"/></ComplexType>'
        )
    )
    schema = schema_of(PublishedModel(text.encode()).structured("shop.a"))

    with pytest.raises(InvalidEntity, match=r"Edm\.GeographyPoint"):
        schema.reader().read({"p": "POINT(1 2)"})


def test_keys_are_what_the_model_says_they_are():
    assert reader("identityGovernance.workflowVersion").read({"versionNumber": 3}) == {
        "versionNumber": 3
    }
    assert (
        problems("identityGovernance.workflowVersion", {"versionNumber": "3"})[0][0]
        == "versionNumber"
    )
    assert (
        problems("crossTenantAccessPolicyConfigurationPartner", {"tenantId": ""})[0][0]
        == "tenantId"
    )


def test_members_of_enumerations_are_taken_in_any_case_and_kept_as_declared():
    assert reader("message").read({"importance": "HIGH"}) == {"importance": "high"}
    assert reader("channel").read({"membershipType": "shared"}) == {"membershipType": "shared"}
    conditions = reader("conditionalAccessConditionSet").read(
        {"clientAppTypes": ["All", "browser"]}
    )
    assert conditions == {"clientAppTypes": ["all", "browser"]}


def test_flags_are_joined_without_spaces():
    violation = reader("chatMessagePolicyViolation")

    assert violation.read({"dlpAction": "BlockAccess , notifySender"}) == {
        "dlpAction": "blockAccess,notifySender"
    }
    assert problems("chatMessagePolicyViolation", {"dlpAction": "none,"})[0][0] == "dlpAction"


def test_the_sentinel_of_an_enumeration_is_sent_by_nobody():
    ((target, message),) = problems("channel", {"membershipType": "unknownFutureValue"})
    assert target == "membershipType"
    assert message == (
        "Requested value 'unknownFutureValue' was not found. Property 'membershipType' takes "
        "one of standard, private, shared."
    )
    stored = {"membershipType": "unknownFutureValue"}
    assert reader("channel", future_members=True).read(stored) == stored


def test_an_update_may_leave_everything_out():
    assert reader("user", partial=True).read({}) == {}
    assert problems("user", {"birthday": None}, partial=True)[0][0] == "birthday"


def test_a_deep_body_with_something_wrong_at_the_bottom_is_read_in_time_that_grows_with_it():
    """Each level is read at most twice; were it twice for each level above, this would not end."""
    body = {"x": 1}
    for _ in range(60):
        body = {"parent": body}
    text = model_text(
        document('<ComplexType Name="a"><Property Name="parent" Type="s.a"/></ComplexType>')
    )
    schema = schema_of(PublishedModel(text.encode()).structured("shop.a"))

    with pytest.raises(InvalidEntity) as raised:
        schema.reader().read(body)
    assert raised.value.problems[0].target == "parent/" * 60 + "x"


def test_of_many_problems_only_those_are_put_into_words_that_are_told(monkeypatch):
    hinted = []
    search = difflib.get_close_matches
    monkeypatch.setattr(
        difflib, "get_close_matches", lambda *a, **k: hinted.append(a) or search(*a, **k)
    )
    wrong = [{"@odata.type": "#microsoft.graph.fileAttachmen"}] * 30
    folder = {
        "childFolders": [{"messages": [{"attachments": wrong, "importance": "hih"}] * 30}] * 30
    }

    assert len(problems("mailFolder", folder, related=None)) == MAX_PROBLEMS
    assert len(hinted) <= MAX_PROBLEMS + 1


def test_what_is_right_is_read_quickly_whatever_was_refused_before(monkeypatch):
    assert problems("site", {"displayName": 1})
    later = reader("site", future_members=True)
    monkeypatch.setattr(type(later), "load", lambda *_: pytest.fail("marshmallow is not needed"))
    assert later.read({"displayName": "Hall"}) == {"displayName": "Hall"}


def test_nested_schemas_are_made_when_a_value_comes():
    model = PublishedModel(
        model_text(
            document(
                '<ComplexType Name="a"><Property Name="b" Type="s.b"/></ComplexType><ComplexType Name="b"/>'
            )
        ).encode()
    )
    known = schema_of.cache_info().currsize
    schema_of(model.structured("shop.a")).reader().read({})
    assert schema_of.cache_info().currsize == known + 1
    schema_of(model.structured("shop.a")).reader().read({"b": {}})
    assert schema_of.cache_info().currsize == known + 2


NUMBERS = [
    ("Edm.Byte", [0, 255], [256, -1, 1.0, "1", True]),
    ("Edm.SByte", [-128, 127], [128, -129]),
    ("Edm.Int16", [-32768, 32767], [32768, "1"]),
    ("Edm.Single", [1, 3.4e38, "INF", "NaN"], [3.5e38, "1.5", True, 10**400]),
    ('Edm.Decimal" Scale="2', [1, 1.25, -0.5, 100, 1e20], [1.125, 0.001, "1", True]),
    ("Edm.Decimal", [1, 1e3, 2.0], [1.5]),
    ('Edm.Decimal" Scale="variable', [1.123456789], ["x"]),
    ("Edm.Untyped", [1, {"a": [1]}], [10**400, {"a": [10**400]}]),
]


@pytest.mark.parametrize(("type_", "good", "bad"), NUMBERS, ids=[row[0] for row in NUMBERS])
def test_types_take_and_refuse(type_, good, bad):
    text = model_text(
        document(
            f'<ComplexType Name="a"><Property Name="p" Nullable="false" Type="{type_}"/></ComplexType>'
        )
    )
    schema = schema_of(PublishedModel(text.encode()).structured("shop.a")).reader()

    for value in good:
        assert schema.read({"p": value}) == {"p": value}
    for value in bad:
        with pytest.raises(InvalidEntity) as raised:
            schema.read({"p": value})
        assert [problem.target for problem in raised.value.problems] == ["p"]


@pytest.mark.parametrize("options", [{}, {"related": None}])
def test_a_value_is_not_taken_for_one_of_several_types_that_it_could_be_of(options):
    writer = {"id": "1", "displayName": "Ada", "email": "ada@contoso.com"}
    body = {"createdBy": {"user": writer}}

    assert reader("driveItem", **options).read(body) == body  # guests and mail have that too
    teamwork = {**writer, "userIdentityType": "aadUser"}
    del teamwork["email"]
    assert reader("identity", **options).read(teamwork) == {
        "@odata.type": "#microsoft.graph.teamworkUserIdentity",
        **teamwork,
    }


def test_what_clients_leave_open_is_one_of_the_properties_of_those_types():
    assert problems("identity", {"emial": "x"})[0][0] == "emial"
    assert problems("identity", {"displayName": {}, "email": "x"})[0][0] == "displayName"
    typed = {"@odata.type": "#microsoft.graph.identity", "email": "x"}
    assert problems("identity", typed)[0][0] == "email"
