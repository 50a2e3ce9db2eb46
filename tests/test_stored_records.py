"""Records that somebody edited in a data file: checked as a fixture's are, or the tenant is refused."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from fakegraph.app import close_app, create_app
from fakegraph.settings import Settings
from fakegraph.store import DataFileError
from tests.conftest import SET, assert_error, event
from tests.control.conftest import Asked

NAME = "userCredentialUsageDetails"
REGISTRATIONS = "userRegistrationDetails"
POSITION = "2"  # of the record that is edited


def edit(file, change):
    """Change a data file as somebody does with an editor."""
    tables = json.loads(file.read_text())
    change(tables)
    file.write_text(json.dumps(tables, indent=1, ensure_ascii=False))


def with_property(name, value, table=NAME):
    return lambda tables: tables[table][POSITION].update({name: value})


def without_property(name, table=NAME):
    return lambda tables: tables[table][POSITION].pop(name)


@pytest.fixture
def folder(tmp_path):
    """A data folder whose default tenant was given three events, and then ``contoso``'s records."""
    folder = tmp_path / "data"
    app = create_app(Settings(fixture=(), auth="off", data_dir=folder))
    asked = Asked(app.test_client())
    asked.control("POST", "/seed", {NAME: [event(id=key) for key in "abc"]})
    asked.control("POST", "/seed", {"fixture": "contoso"})
    close_app(app)
    return folder


def started(folder):
    return create_app(Settings(fixture=(), auth="off", data_dir=folder))


# What is changed, the property that the error names, and words of it.
BAD = {
    "an enum member": (with_property("feature", "nope"), "feature", "Requested value 'nope' was not found."),
    "an enum member in other case": (with_property("authMethod", "Email"), "authMethod", "Did you mean 'email'?"),
    "a date": (with_property("eventDateTime", "yesterday"), "eventDateTime", "a date and time is written like"),
    "a day that is none": (with_property("eventDateTime", "2023-02-29T00:00:00Z"), "eventDateTime", "does not exist"),
    "a time without offset": (with_property("eventDateTime", "2023-02-28T00:00:00"), "eventDateTime", "no offset"),
    "an unknown property": (with_property("colour", "red"), "colour", "does not exist on type"),
    "a misspelt property": (with_property("isSucces", True), "isSucces", "Did you mean 'isSuccess'?"),
    "a missing property": (without_property("isSuccess"), "isSuccess", "It is required: send true or false."),
    "a null": (with_property("userDisplayName", None), "userDisplayName", "A null value was found"),
    "another type": (with_property("isSuccess", "true"), "isSuccess", "Cannot convert the literal 'true'"),
    "1 for true": (with_property("isSuccess", 1), "isSuccess", "Cannot convert the literal '1'"),
    "an object for a text": (with_property("userDisplayName", {"a": 1}), "userDisplayName", "'StartObject' node"),
    "an id that is none": (with_property("id", ""), "id", "a string of 1 to 256 characters"),
    "an annotation that lies": (with_property("@odata.type", "#microsoft.graph.user"), "@odata.type", "it must be"),
    "a member in a collection": (with_property("methodsRegistered", ["x", 5], REGISTRATIONS), "methodsRegistered[1]", "Cannot convert"),
}  # fmt: skip


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_record_stops_the_start_and_is_named(folder, kind):
    change, target, words = BAD[kind]
    file = folder / "default.json"
    edit(file, change)
    before = file.read_bytes()

    with pytest.raises(DataFileError) as raised:
        started(folder)
    (problem,) = raised.value.problems
    table = REGISTRATIONS if "[" in target else NAME
    assert problem.startswith(f"{file}: table '{table}', document {POSITION}: {target}: ")
    assert words in problem
    assert file.read_bytes() == before


def test_every_problem_of_every_record_is_named(folder):
    def change(tables):
        tables[NAME]["1"] |= {"feature": "nope", "isSuccess": "yes"}
        tables[NAME]["3"]["colour"] = "red"
        tables[REGISTRATIONS][POSITION]["isAdmin"] = "no"

    edit(folder / "default.json", change)
    with pytest.raises(DataFileError) as raised:
        started(folder)
    places = [problem.split(": ")[1:3] for problem in raised.value.problems]
    assert places == [
        [f"table '{NAME}', document 1", "feature"],
        [f"table '{NAME}', document 1", "isSuccess"],
        [f"table '{NAME}', document 3", "colour"],
        [f"table '{REGISTRATIONS}', document {POSITION}", "isAdmin"],
    ]


def test_problems_are_bounded(folder):
    def change(tables):
        record = tables[NAME]["1"]
        tables[NAME] = {str(n): {**record, "id": str(n), "feature": "nope"} for n in range(1, 300)}

    edit(folder / "default.json", change)
    with pytest.raises(DataFileError) as raised:
        started(folder)
    assert len(raised.value.problems) == 101
    assert raised.value.problems[-1] == "and 199 more"


TWINS = {
    "a property": (b'"isSuccess": true', b'"isSuccess": true, "isSuccess" : false', "in the record with the id 'a', 'isSuccess' is there twice"),
    "a document": (b'"2": {', b'"1": {', "'1' is there twice in one object"),
    "a table": (b'"userRegistrationDetails": {', b'"userRegistrationDetails": {}, "userRegistrationDetails": {', "'userRegistrationDetails' is there twice"),
}  # fmt: skip


@pytest.mark.parametrize("kind", TWINS)
def test_what_is_there_twice_is_refused_and_not_half_read(folder, kind):
    file = folder / "default.json"
    edit(file, lambda tables: tables)
    old, new, words = TWINS[kind]
    assert old in file.read_bytes()
    file.write_bytes(file.read_bytes().replace(old, new, 1))

    with pytest.raises(DataFileError, match=words):
        started(folder)


GOOD = {
    "another value": (with_property("userDisplayName", "Zoë"), "userDisplayName", "Zoë"),
    "a text that looks like a name": (with_property("userDisplayName", 'x": "y" :'), "userDisplayName", 'x": "y" :'),
    "a later member": (with_property("authMethod", "qrCode"), "authMethod", "unknownFutureValue"),
    "the annotation of its type": (with_property("@odata.type", f"#microsoft.graph.{NAME}"), "@odata.type", None),
}  # fmt: skip


@pytest.mark.parametrize("kind", GOOD)
def test_a_good_edit_is_served(folder, kind):
    change, name, value = GOOD[kind]
    edit(folder / "default.json", change)
    app = started(folder)
    shown = app.test_client().get(f"{SET}/b").json
    close_app(app)
    assert shown.get(name) == value


def test_what_may_be_null_and_is_left_out_is_null(folder):
    edit(folder / "default.json", without_property("isAdmin", REGISTRATIONS))
    app = started(folder)
    url = "/v1.0/reports/authenticationMethods/userRegistrationDetails"
    assert app.test_client().get(f"{url}?$skip=1&$top=1").json["value"][0]["isAdmin"] is None
    close_app(app)


def test_a_byte_order_mark_does_no_harm(folder):
    file = folder / "default.json"
    file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes())
    app = started(folder)
    assert app.test_client().get(f"{SET}/$count").text == "403"
    close_app(app)


def test_a_set_that_nobody_serves_may_hold_what_it_likes(folder):
    edit(folder / "default.json", lambda tables: tables.update(pets={"1": {"id": "x", "legs": 4}}))
    close_app(started(folder))
    assert json.loads((folder / "default.json").read_text())["pets"]["1"]["legs"] == 4


@pytest.fixture
def asked(make_client, tmp_path):
    """A server whose tenant ``other`` was edited for the worse while it was stopped."""
    folder = tmp_path / "data"
    first = Asked(make_client(data_dir=folder))
    for name in ("other", "sound"):
        first.tenant(id=name)
        for key in "abc":
            first.graph("POST", json=event(id=key), tenant=name)
    close_app(first.client.application)
    edit(folder / "other.json", with_property("eventDateTime", "garbage"))
    asked = Asked(make_client(data_dir=folder))
    asked.file = folder / "other.json"
    return asked


REQUESTS = [
    ("GET", f"/tenants/other{SET}"),
    ("GET", f"/tenants/other{SET}?$orderby=eventDateTime"),
    ("GET", f"/tenants/other{SET}?$filter=eventDateTime gt 2020-01-01T00:00:00Z"),
    ("GET", f"/tenants/other{SET}?$filter=feature eq 'reset'"),
    ("GET", f"/tenants/other{SET}/a"),
    ("DELETE", f"/tenants/other{SET}/a"),
    ("GET", f"/_fakegraph/tenants/other/records/{NAME}"),
    ("POST", "/_fakegraph/tenants/other/reset"),
]


@pytest.mark.parametrize(("method", "url"), REQUESTS)
def test_a_tenant_with_a_bad_record_refuses_every_request_in_the_same_words(asked, method, url):
    error = assert_error(asked.client.open(url, method=method), 503, "serviceNotAvailable")
    assert error["message"].startswith(
        "The tenant's records cannot be used before its file is mended: "
        f"{asked.file}: table '{NAME}', document {POSITION}: eventDateTime: "
    )
    assert "Property 'eventDateTime': a date and time is written like" in error["message"]


def test_a_bad_record_is_no_reason_to_refuse_others(asked):
    assert asked.graph(tenant="other").status_code == 503
    assert asked.count("sound") == 3
    assert asked.count() == 0


def test_a_mended_file_is_served_without_a_restart(asked):
    assert asked.graph(tenant="other").status_code == 503
    edit(asked.file, with_property("eventDateTime", "2024-01-31T00:00:00Z"))
    assert asked.count("other") == 3


def test_a_tenant_that_cannot_be_opened_can_be_removed(asked):
    asked.control("DELETE", "/tenants/other", status=204)
    assert asked.graph(tenant="other").status_code == 404


def test_signing_in_to_such_a_tenant_is_refused_in_oauths_shape(asked):
    form = {"grant_type": "client_credentials", "client_id": "a", "client_secret": "b"}
    form["scope"] = "https://graph.microsoft.com/.default"
    answer = asked.client.post("/other/oauth2/v2.0/token", data=form)
    assert answer.status_code == 503
    assert answer.json["error"] == "temporarily_unavailable"
    assert "eventDateTime" in answer.json["error_description"]


def test_the_command_line_says_it_in_lines_and_without_a_traceback(folder):
    edit(folder / "default.json", with_property("feature", "nope"))
    for command in (
        ("serve", "--port", "0", "--no-fixture", "--data-dir", folder),
        ("export", folder / "default.json"),
    ):
        line = [sys.executable, "-m", "fakegraph", *map(str, command)]
        done = subprocess.run(line, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout) == (1, "")
        place = f"{folder / 'default.json'}: table '{NAME}', document {POSITION}: feature: "
        assert place in done.stderr
        assert "Traceback" not in done.stderr
