"""Bodies of actions: parameters in any case, each of its type, and the words for what is wrong."""

from __future__ import annotations

import pytest

from fakegraph.edm.parameters import parameters_of
from fakegraph.edm.published import built_in
from fakegraph.edm.schema import InvalidEntity

MODEL = built_in("v1.0")


def reader(name, type_, **options):
    (operation,) = MODEL.bound(name, MODEL.structured(f"microsoft.graph.{type_}"), many=False)
    return parameters_of(operation).reader(**options)


def problems(name, type_, body, **options):
    with pytest.raises(InvalidEntity) as raised:
        reader(name, type_, **options).read(body)
    return [(problem.target, problem.message) for problem in raised.value.problems]


MAIL = {"subject": "Hi", "toRecipients": [{"emailAddress": {"address": "a@contoso.com"}}]}


@pytest.mark.parametrize("spelt", ["message", "Message", "MESSAGE"])
def test_parameters_are_taken_in_any_case_and_read_as_declared(spelt):
    assert reader("sendMail", "user").read({spelt: MAIL, "saveToSentItems": False}) == {
        "Message": MAIL,
        "SaveToSentItems": False,
    }


def test_what_may_be_null_need_not_be_there():
    assert reader("sendMail", "user").read({"Message": MAIL}) == {"Message": MAIL}
    assert (
        reader("sendMail", "user").read({"Message": MAIL, "SaveToSentItems": None})[
            "SaveToSentItems"
        ]
        is None
    )


@pytest.mark.parametrize(
    ("body", "target", "words"),
    [
        ({}, "Message", "One or more parameters of the operation 'sendMail' are missing from the request payload. The missing parameters are: Message."),
        ({"Message": MAIL, "x": 1}, "x", "The parameter 'x' in the request payload is not a valid parameter for the operation 'sendMail'."),
        ({"Message": MAIL, "saveToSentItem": 1}, "saveToSentItem", "Did you mean 'SaveToSentItems'?"),
        ({"Message": MAIL, "message": MAIL}, "message", "Multiple parameters with the name 'Message'"),
        ({"Message": None}, "Message", "does not allow null values"),
        ({"Message": {"subject": 1}}, "Message/subject", "'Edm.String'"),
        ({"Message": {"attachments": []}}, "Message/attachments", "cannot be set here"),
        ({"Message": MAIL, "SaveToSentItems": "yes"}, "SaveToSentItems", "'Edm.Boolean'"),
        ([], None, "A JSON object was expected"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(body, target, words):
    ((found, message),) = problems("sendMail", "user", body)

    assert found == target
    assert words in message


def test_relations_of_a_parameter_are_set_where_they_may_be():
    file = {"@odata.type": "#microsoft.graph.fileAttachment", "name": "a"}
    body = {"message": {"attachments": [file]}}

    allowed = reader("sendMail", "user", related=frozenset({"Message/attachments"}))
    assert allowed.read(body) == {"Message": {"attachments": [file]}}
    assert reader("sendMail", "user", related=None).read(body) == {
        "Message": {"attachments": [file]}
    }


def test_annotations_are_left_out():
    body = {"message@odata.type": "#microsoft.graph.message", "x@vendor.note": 1, "Message": MAIL}

    assert reader("sendMail", "user").read(body) == {"Message": MAIL}


def test_an_action_without_parameters_takes_an_empty_object():
    assert reader("revokeSignInSessions", "user").read({}) == {}
    assert problems("revokeSignInSessions", "user", {"a": 1})[0][0] == "a"


def test_every_action_of_the_model_has_a_body():
    actions = [each for each in MODEL.all_operations() if each.is_action]

    assert len(actions) == 857
    for action in actions:
        schema = parameters_of(action).reader()
        if action.required:
            with pytest.raises(InvalidEntity, match="missing"):
                schema.read({})
        else:
            assert schema.read({}) == {}
