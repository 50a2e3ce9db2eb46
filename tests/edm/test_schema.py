"""Schemas: every field's yes and no, the words of the service, nested and run-time types."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import ValidationError

from fakegraph.edm import EntitySet, InvalidEntity, Model, fields
from fakegraph.edm.model import all_entity_sets
from fakegraph.edm.schema import ComplexSchema, EntitySchema
from fakegraph.edm.types import EnumType, enum_type
from fakegraph.errors import MAX_PROBLEMS
from fakegraph.workloads.reports import build_models

COLOUR = enum_type("colour", "red", "green", "unknownFutureValue", "blue")
RIGHTS = EnumType("microsoft.graph.rights", {"read": 1, "write": 2}, None, flags=True)


def thing(**declared):
    """A schema made at run time."""
    return type("Thing", (EntitySchema,), {"edm_name": "thing", **declared})


def read(schema, body, **options):
    return schema.reader(**options).read(body)


def problems(schema, body, **options):
    with pytest.raises(InvalidEntity) as raised:
        read(schema, body, **options)
    return [(problem.target, problem.message) for problem in raised.value.problems]


FIELDS = [
    (fields.Boolean(), [True, False], [1, "true", 0.0, [], {}]),
    (fields.String(), ["", "a", "\U0001f600"], [1, True, ["a"], {"a": 1}]),
    (fields.Int32(), [0, -(2**31), 2**31 - 1], [2**31, 1.0, True, "1", []]),
    (fields.Int64(), [2**63 - 1], [2**63, "1", 1.5]),
    (fields.Double(), [1, 1.5, "INF", "NaN"], ["1.5", True, [], 10**400]),
    (fields.Decimal(), [1, 12.5], ["1", True, 10**400]),
    (fields.Guid(), ["4c03f248-f248-4c03-48f2-034c48f2034c"], ["4c03f248", 5, True]),
    (fields.Date(), ["2024-02-29"], ["2023-02-29", "2024-02-29T00:00:00Z", 20240229]),
    (fields.DateTimeOffset(), ["2024-02-29T00:00:00.1234567+14:00"], ["2024-02-29T00:00:00", 0]),
    (fields.TimeOfDay(), ["23:59:59.9999999"], ["24:00", 5]),
    (fields.Duration(), ["-P1DT2H"], ["P1Y", "1 day", 5]),
    (fields.Binary(), ["Zm9v", ""], ["*", 5]),
    (fields.Enum(COLOUR), ["red", "unknownFutureValue"], ["Red", "blue", "", 0, ["red"]]),
    (fields.Enum(RIGHTS), ["read", "write, read"], ["fly", "read,fly", ""]),
    (fields.Collection(fields.Int32()), [[], [1, 2]], [1, {}, ["a"], [None], "[]"]),
]


@pytest.mark.parametrize(("field", "good", "bad"), FIELDS, ids=lambda f: type(f).__name__)
def test_fields_take_and_refuse(field, good, bad):
    schema = thing(value=field)
    for value in good:
        assert read(schema, {"value": value}) == {"value": value}
    for value in [*bad, None]:
        found = problems(schema, {"value": value})
        assert all(target.startswith("value") for target, _ in found)
        assert all("value" in message for _, message in found)


NESTED = type("Nested", (ComplexSchema,), {"edm_name": "nested", "name": fields.String(nullable=True)})  # fmt: skip
STORED = [
    *FIELDS,
    (fields.String(nullable=True), ["", None], [1]),
    (fields.Complex(NESTED), [{"name": "x"}, {}, {"name": None}, {"name@odata.type": "#String"}], [{"name": 1}, {"x": 1}, []]),
    (fields.Key(), ["a", "x" * 256], ["", "x" * 257, "a\n", 5]),
]  # fmt: skip


def stored(schema, records):
    return list(schema.reader(future_members=True).read_stored(records))


def read_or_refuse(schema, record):
    try:
        return read(schema, record, future_members=True)
    except InvalidEntity as error:
        return [f"{problem.target}: {problem.message}" for problem in error.problems]


@pytest.mark.parametrize(("field", "good", "bad"), STORED, ids=lambda f: type(f).__name__)
def test_stored_records_are_read_as_sent_ones(field, good, bad):
    """One by one and among others, which are looked at together."""
    schema = thing(value=field)
    for values in ([value] for value in [*good, *bad, None]):
        for many in (values, values * 3, [*good, *values, *good]):
            records = [{"id": str(n), "value": value} for n, value in enumerate(many)]
            assert stored(schema, records) == [read_or_refuse(schema, each) for each in records]


def test_1_is_not_true_among_stored_records_either():
    records = [{"id": str(n), "value": value} for n, value in enumerate([True, 1, False, 0, 1.0])]
    found = stored(thing(value=fields.Boolean()), records)
    assert [isinstance(each, dict) for each in found] == [True, False, True, False, False]
    found = stored(thing(value=fields.Int32()), records)
    assert [isinstance(each, dict) for each in found] == [False, True, False, True, False]


def test_stored_records_have_the_properties_that_there_are():
    schema = thing(value=fields.String(nullable=True), other=fields.Boolean())
    whole = {"id": "a", "value": "x", "other": True}
    records = [
        whole,
        {"other": True, "id": "a", "value": "x"},
        {"id": "a", "other": True},
        {**whole, "@odata.type": "#microsoft.graph.thing"},
        {"id": "a", "value": "x"},
        {**whole, "colour": "red"},
        {"id": "a", "other": True, "colour": "red"},
        5,
        None,
        [],
    ]
    found = stored(schema, records)

    assert found[:4] == [whole, whole, {**whole, "value": None}, whole]
    assert [[problem.partition(":")[0] for problem in each] for each in found[4:7]] == [
        ["other"],
        ["colour"],
        ["colour"],
    ]
    for each in found[7:]:
        assert each == ["A JSON object was expected, with the properties of microsoft.graph.thing."]


def test_what_is_wrong_with_a_stored_record_stays_its_own_among_many():
    schema = thing(value=fields.Enum(COLOUR))
    wrong = {0, 999, 1000, 2500, 2501}
    records = [{"id": str(n), "value": "nope" if n in wrong else "blue"} for n in range(2502)]

    found = stored(schema, records)
    assert {n for n, each in enumerate(found) if isinstance(each, list)} == wrong
    assert [each for each in found if isinstance(each, dict)] == [
        record for n, record in enumerate(records) if n not in wrong
    ]


@pytest.mark.parametrize("field", [fields.Double(), fields.Decimal(), fields.Untyped()])
def test_whole_numbers_beyond_64_bits_are_kept_as_far_as_json_writers_do(field):
    kept = read(thing(value=field), {"value": 10**30})["value"]

    assert (kept, type(kept)) == (1e30, float)


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        (fields.Boolean(), "x", "Cannot convert the literal 'x' to the expected type 'Edm.Boolean'."),
        (fields.Boolean(), None, "A null value was found for the property named 'value', which has the expected type 'Edm.Boolean[Nullable=False]'. The expected type 'Edm.Boolean[Nullable=False]' does not allow null values."),
        (fields.Enum(COLOUR), "x", "Requested value 'x' was not found."),
        (fields.String(), {}, "An unexpected 'StartObject' node was found for property named 'value' when reading from the JSON reader. A 'PrimitiveValue' node was expected"),
        (fields.Collection(fields.String()), "x", "An unexpected 'PrimitiveValue' node was found"),
        (fields.String(), "x" * 5 + "y" * 500, None),
        (fields.Int32(), "y" * 500, "y" * 80 + "…"),
    ],
)  # fmt: skip
def test_words_are_the_service_s(field, value, words):
    schema = thing(value=field)
    if words is None:
        assert read(schema, {"value": value}) == {"value": value}
    else:
        assert words in problems(schema, {"value": value})[0][1]


@pytest.mark.parametrize("annotations", [{}, {"other@vendor.note": 1}])  # read quickly, and not
def test_nullable_properties_may_be_null_or_missing(annotations):
    schema = thing(value=fields.String(nullable=True), other=fields.Boolean())
    for sent in ({"value": None}, {}):
        assert read(schema, {**sent, **annotations, "other": True}) == {
            "value": None,
            "other": True,
        }
        assert list(read(schema, {"other": True, **annotations})) == ["value", "other"]
    assert read(schema, {**annotations, "other": True}, partial=True) == {"other": True}
    assert problems(schema, {"x": 1, "other": True})[0][0] == "x"


def test_partial_reading_misses_nothing():
    schema = thing(one=fields.String(), two=fields.String())
    assert read(schema, {"two": "x"}, partial=True) == {"two": "x"}
    assert problems(schema, {"two": None}, partial=True)[0][0] == "two"
    assert [target for target, _ in problems(schema, {})] == ["one", "two"]


def test_problems_come_in_the_order_of_the_body_missing_last():
    schema = thing(one=fields.String(), two=fields.String(), three=fields.Boolean())
    found = problems(schema, {"x": 1, "three": 5, "@odata.type": "#wrong", "two": 5})
    assert [target for target, _ in found] == ["x", "three", "@odata.type", "two", "one"]


def test_problems_are_bounded():
    assert len(problems(thing(), dict.fromkeys((f"p{n}" for n in range(5000)), 1))) == MAX_PROBLEMS


def messages(schema, body):
    """What was collected before anything was listed."""
    with pytest.raises(ValidationError) as raised:
        schema().load_annotated(body)
    return raised.value.messages


def test_collecting_stops_at_as_many_problems_as_are_listed():
    class Place(ComplexSchema):
        edm_name = "place"
        city = fields.String()

    many = range(5_000)
    schema = thing(
        name=fields.String(),
        tags=fields.Collection(fields.String()),
        places=fields.Collection(fields.Complex(Place)),
    )
    body = {**{f"p{n}": n for n in many}, "name": 1, "tags": list(many), "places": [{}] * 5_000}
    found = messages(schema, body)
    assert [len(found[name]) for name in ("name", "tags", "places")] == [1, *[MAX_PROBLEMS] * 2]
    assert len(found) == MAX_PROBLEMS + 3
    nested = messages(schema, {"places": [{f"p{n}": n for n in many}]})["places"][0]
    assert len(nested) == MAX_PROBLEMS + 1  # city is missing


def test_unknown_names_among_few_are_all_told():
    schema = thing(name=fields.String())
    found = problems(schema, {**{f"p{n}": n for n in range(MAX_PROBLEMS - 1)}, "name": 1})
    assert len(found) == MAX_PROBLEMS
    assert found[-1][0] == "name"


def test_nested_objects_may_name_their_type():
    class Place(ComplexSchema):
        edm_name = "place"
        city = fields.String()

    schema = thing(home=fields.Complex(Place))
    typed = {"@odata.type": "#microsoft.graph.place", "city": "Ely", "city@vendor.note": 1}

    assert read(schema, {"home": typed})["home"] == {"city": "Ely"}
    other = {"home": {**typed, "@odata.type": "#microsoft.graph.city"}}
    assert [target for target, _ in problems(schema, other)] == ["home/@odata.type"]


def test_nested_problems_have_paths():
    class Place(ComplexSchema):
        edm_name = "place"
        city = fields.String()
        ways = fields.Collection(fields.Enum(COLOUR), nullable=True)

    schema = thing(home=fields.Complex(Place), others=fields.Collection(fields.Complex(Place)))
    body = {"home": {"city": 5, "x": 1}, "others": [{"city": "a"}, {"ways": ["red", "x"]}, 7]}

    assert [target for target, _ in problems(schema, body)] == [
        "home/city",
        "home/x",
        "others[1]/city",
        "others[1]/ways[1]",
        "others[2]",
    ]
    assert "microsoft.graph.place" in problems(schema, body)[1][1]
    good = {"home": {"city": "a"}, "others": [{"city": "b", "ways": ["green"]}]}
    assert read(schema, good) == {**good, "home": {"city": "a", "ways": None}}


def test_later_members_reach_into_collections_and_complex_types():
    class Place(ComplexSchema):
        edm_name = "place"
        colours = fields.Collection(fields.Enum(COLOUR))

    schema = thing(home=fields.Complex(Place))
    body = {"home": {"colours": ["blue"]}}
    assert read(schema, body, future_members=True) == body
    assert problems(schema, body)[0][0] == "home/colours[0]"


@pytest.mark.parametrize(
    "annotations",
    [
        {"@odata.type": "#microsoft.graph.thing"},
        {"value@odata.type": "#Boolean"},
        {"value@odata.type": "#Edm.Boolean"},
        {"tags@odata.type": "#Collection(String)"},
        {"colour@odata.type": "#microsoft.graph.colour"},
        {"@odata.id": "x", "@vendor.note": {"a": 1}, "value@vendor.note#q": 2, "nothing@odata.type": "x"},
    ],
)  # fmt: skip
def test_annotations_are_dropped(annotations):
    schema = thing(
        value=fields.Boolean(),
        tags=fields.Collection(fields.String(), nullable=True),
        colour=fields.Enum(COLOUR, nullable=True),
    )
    found = read(schema, {**annotations, "value": True})
    assert found == {"value": True, "tags": None, "colour": None}


@pytest.mark.parametrize(
    "annotations",
    [
        {"@odata.type": "microsoft.graph.thing"},
        {"@odata.type": None},
        {"@odata.type": ["#microsoft.graph.thing"]},
        {"value@odata.type": "#String"},
        {"value@odata.bind": "x"},
        {"@": 1},
        {"@odata": 1},
        {"value@": 1},
    ],
)
def test_other_annotations_are_refused(annotations):
    (name,) = annotations
    assert problems(thing(value=fields.Boolean()), {**annotations, "value": True})[0][0] == name


@pytest.mark.parametrize("body", [None, 5, "x", [], [{}], True])
def test_only_objects_are_entities(body):
    assert problems(thing(), body)[0][1].startswith("A JSON object was expected")


def test_a_schema_describes_its_type():
    schema = thing(text=fields.String(ignore_case=True), n=fields.Int32(nullable=True))
    type_ = schema.edm_type()
    assert (type_.name, type_.key, list(type_.properties)) == ("microsoft.graph.thing", "id", ["id", "text", "n"])  # fmt: skip
    assert type_.find("TEXT").ignore_case
    assert type_.find("n").nullable
    assert type_.find("x") is None


def test_the_page_s_properties_and_members_in_their_order():
    entity_set = all_entity_sets(build_models())["userCredentialUsageDetails"]
    properties = entity_set.type.properties
    assert list(properties) == ["id", "feature", "userPrincipalName", "userDisplayName", "isSuccess", "authMethod", "failureReason", "eventDateTime"]  # fmt: skip
    assert properties["feature"].type.documented == ("registration", "reset", "unknownFutureValue")
    assert properties["authMethod"].type.documented == ("email", "mobileSMS", "mobileCall", "officePhone", "securityQuestion", "appNotification", "appCode", "alternateMobileCall", "fido", "appPassword", "unknownFutureValue")  # fmt: skip
    assert properties["authMethod"].type.members["qrCode"] == 28
    assert not any(prop.nullable for prop in properties.values())


def test_model_finds_sets_and_types_in_any_case():
    model = Model("beta")
    entity_set = EntitySet("a/things", thing(colours=fields.Collection(fields.Enum(COLOUR))))
    model.add(entity_set)

    assert model.find("A/Things") is entity_set
    assert model.find("things") is None
    assert model.has_container("A")
    assert not model.has_container("a/things")
    assert model.type_named("Microsoft.Graph.Colour") is COLOUR
    assert model.type_named("microsoft.graph.thing") == entity_set.type
    assert model.type_named("microsoft.graph.x") is None


@pytest.mark.parametrize("path", ["a/things", "A/THINGS", "b/things"])
def test_model_refuses_a_taken_path_or_name(path):
    model = Model("beta")
    model.add(EntitySet("a/things", thing()))
    with pytest.raises(ValueError, match="already has"):
        model.add(EntitySet(path, thing()))


def test_a_resource_made_at_run_time_is_served():
    from fakegraph.app import close_app, create_app
    from fakegraph.settings import Settings

    model = Model("beta")
    model.add(
        EntitySet(
            "shop/things", thing(colour=fields.Enum(COLOUR, index="equality"), n=fields.Int32())
        )
    )
    app = create_app(Settings(fixture=(), auth="off"), models={"beta": model})
    client = app.test_client()

    for n, colour in enumerate(["red", "green", "red"]):
        assert (
            client.post("/shop/things", json={"id": f"t{n}", "colour": colour, "n": n}).status_code
            == 201
        )
    assert client.post("/shop/things", json={"colour": "x", "n": "1"}).status_code == 400

    page = client.get("/beta/shop/things?$filter=colour eq 'red' and n gt 0&$select=n&$count=true")
    assert (page.json["value"], page.json["@odata.count"]) == ([{"n": 2}], 1)
    assert client.patch("/shop/things/t0", json={"n": 9}).json["n"] == 9
    assert client.delete("/shop/things/t0").status_code == 204
    close_app(app)


ANYTHING = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 3),
    st.floats(allow_nan=False),
    st.sampled_from(["", "red", "blue", "2024-01-31T00:00:00Z", "#microsoft.graph.thing", "x\0"]),
    st.lists(st.sampled_from(["red", "blue", 1, None]), max_size=2),
    st.dictionaries(st.sampled_from(["a", "b"]), st.none(), max_size=1),
)
NAMES = ["id", "colour", "colours", "flag", "at", "note", "other", "@odata.type", "flag@odata.type"]


@pytest.mark.parametrize("options", [{}, {"partial": True}, {"future_members": True}])
@given(body=st.dictionaries(st.sampled_from(NAMES), ANYTHING))
def test_the_quick_way_reads_as_the_whole_one_does(options, body):
    schema = thing(
        colour=fields.Enum(COLOUR),
        colours=fields.Collection(fields.Enum(COLOUR), nullable=True),
        flag=fields.Boolean(),
        at=fields.DateTimeOffset(nullable=True),
        note=fields.String(nullable=True),
    )
    quick, whole = schema(**options), schema(**options)
    assert quick._quick_fields
    whole._quick_fields = []

    def outcome(reader):
        try:
            return list(reader.read(body).items())
        except InvalidEntity as error:
            return error.problems

    assert outcome(quick) == outcome(whole)
