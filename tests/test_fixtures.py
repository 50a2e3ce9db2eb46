"""Fixture files of every form, and everything that can be wrong with them."""

from __future__ import annotations

import csv
import io
import itertools
import json
import os
import socket
from pathlib import Path

import pytest

from fakegraph.app import create_app
from fakegraph.edm.model import all_entity_sets
from fakegraph.fixtures.encoding import encoded
from fakegraph.fixtures.fixture import Fixture
from fakegraph.fixtures.folders import MAX_BYTES, MAX_FILES, builtin_folder
from fakegraph.fixtures.problems import MAX_PROBLEMS, FixtureError
from fakegraph.fixtures.reading import load_directories, read_fixture
from fakegraph.generate.sets import GENERATED, generate
from fakegraph.graph.versions import Versions
from fakegraph.handle.errors import Misuse
from fakegraph.handle.options import fixture_names
from fakegraph.regular import TooLarge, read_regular
from fakegraph.settings import Settings
from fakegraph.template import things_of
from fakegraph.workloads.reports import build_models
from fakegraph.workloads.reports.credential_usage import FEATURE_TYPE, USAGE_AUTH_METHOD
from tests.conftest import assert_error, event

SETS = all_entity_sets(build_models())
NAME = "userCredentialUsageDetails"


def load(path):
    numbers = itertools.count(1)
    return loaded(path, lambda: f"new{next(numbers)}")


def loaded(path, new_id=str, **options):
    things = things_of(Versions(build_models()))
    return read_fixture(str(path), SETS, new_id, reader=lambda: things, **options).records


def problems(path):
    with pytest.raises(FixtureError) as raised:
        load(path)
    return [str(problem) for problem in raised.value.problems]


def plain(**changes):
    return {name: value for name, value in event(**changes).items() if not name.startswith("@")}


def test_contoso_has_what_it_promises():
    records = load("contoso")[NAME]

    assert len(records) >= 300
    assert len({record["userPrincipalName"] for record in records}) >= 60
    assert {record["authMethod"] for record in records} == set(USAGE_AUTH_METHOD.documented)
    assert {record["feature"] for record in records} == set(FEATURE_TYPE.documented)
    assert {record["isSuccess"] for record in records} == {True, False}
    assert all(bool(record["failureReason"]) != record["isSuccess"] for record in records)
    dates = [record["eventDateTime"] for record in records]
    assert len({date[:10] for date in dates}) >= 28
    assert len({date[-6:] for date in dates}) >= 6
    assert sum(len(date.split(".")[1].rstrip("Z")[:7].split("+")[0]) == 7 for date in dates) > 300
    names = "".join(record["userDisplayName"] for record in records)
    assert "'" in names
    assert not names.isascii()
    assert all(
        r["userPrincipalName"].endswith(("@contoso.com", "@contoso.onmicrosoft.com"))
        for r in records
    )


@pytest.mark.parametrize(
    ("name", "count"),
    [(NAME, 400), ("credentialUserRegistrationDetails", 60), ("userRegistrationDetails", 60)],
)
def test_contoso_is_what_generate_makes(name, count):
    stored = (builtin_folder() / "contoso" / f"{name}.jsonl").read_bytes()
    assert b"".join(encoded(generate(count, 2024, set_name=name), SETS[name], "jsonl")) == stored


@pytest.mark.parametrize(
    ("suffix", "content"),
    [
        ("json", json.dumps([plain(id="a"), plain()])),
        ("json", json.dumps({"@odata.context": "x", "@odata.nextLink": "y", "value": [event(id="a"), plain()]})),
        ("json", "\ufeff" + json.dumps([plain(id="a"), plain()])),
        ("jsonl", f"\n{json.dumps(plain(id='a'))}\r\n\n{json.dumps(plain())}"),
    ],
)  # fmt: skip
def test_json_forms(tmp_path, suffix, content):
    file = tmp_path / f"{NAME}.{suffix}"
    file.write_text(content, encoding="utf-8", newline="")

    assert load(file) == {NAME: [plain(id="a") | {}, {"id": "new1", **plain()}]}


def test_csv_cells_are_converted_by_type(tmp_path):
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(plain(id="a"))
    writer.writerow(
        [
            "a" if name == "id" else "TRUE" if name == "isSuccess" else value
            for name, value in plain(id="a", userDisplayName='Ada "A",\nO\'Hara').items()
        ]
    )
    writer.writerow(
        [
            ""
            if name in {"id", "failureReason"}
            else str(value).lower()
            if name == "isSuccess"
            else value
            for name, value in plain(id="a").items()
        ]
    )
    file = tmp_path / f"{NAME}.csv"
    file.write_bytes(b"\xef\xbb\xbf" + text.getvalue().encode())

    one, two = load(file)[NAME]

    assert one == plain(id="a", userDisplayName='Ada "A",\nO\'Hara')
    assert two == plain(id="new1") | {"failureReason": ""}


def test_folder_loads_all_its_files(tmp_path):
    (tmp_path / f"{NAME}.json").write_text(json.dumps([plain(id="a")]))
    (tmp_path / f"{NAME}.jsonl").write_text(json.dumps(plain(id="b")))
    (tmp_path / "README.md").write_text("what it is")
    (tmp_path / ".hidden").write_text("x")

    assert {record["id"] for record in load(tmp_path)[NAME]} == {"a", "b"}


def test_an_id_is_there_once_whatever_the_set_is_called(tmp_path):
    (tmp_path / f"{NAME}.json").write_text(json.dumps([plain(id="a")]))
    (tmp_path / "userEventsSummary.json").write_text(json.dumps([plain(id="b"), plain(id="a")]))

    with pytest.raises(FixtureError) as raised:
        load(tmp_path)
    (problem,) = raised.value.problems
    assert problem.message == "'a' is the id of another record"
    assert (problem.file, problem.record) == (str(tmp_path / "userEventsSummary.json"), 2)


@pytest.mark.parametrize("name", GENERATED)
@pytest.mark.parametrize("form", ["json", "jsonl", "csv"])
def test_whatever_is_generated_is_read_back(tmp_path, form, name):
    records = list(generate(60, 2024, set_name=name))
    file = tmp_path / f"{name}.{form}"
    file.write_bytes(b"".join(encoded(records, SETS[name], form)))
    assert load(file) == {name: records}


@pytest.mark.parametrize("form", ["json", "jsonl", "csv"])
def test_what_is_written_is_read_back(tmp_path, form):
    records = [
        *generate(50, 3),
        plain(id="=1+1", userDisplayName="=HYPERLINK()", failureReason="-x"),
    ]
    file = tmp_path / f"{NAME}.{form}"
    file.write_bytes(b"".join(encoded(records, SETS[NAME], form)))

    assert load(file)[NAME] == records


@pytest.mark.parametrize("form", ["json", "jsonl", "csv"])
def test_nothing_is_a_fixture_too(tmp_path, form):
    file = tmp_path / f"{NAME}.{form}"
    file.write_bytes(b"".join(encoded([], SETS[NAME], form)))

    assert load(file)[NAME] == []


def test_later_members_are_taken(tmp_path):
    file = tmp_path / f"{NAME}.json"
    file.write_text(json.dumps([plain(authMethod="qrCode")]))

    assert load(file)[NAME][0]["authMethod"] == "qrCode"


def test_what_could_not_be_read_is_left_for_who_asks_next():
    found = Fixture(seeds=["read before"])

    def read():
        if len(asked) == 1:
            raise OSError("too many open files")
        return Fixture(seeds=["read later"])

    asked = []
    found.later.append(lambda: (asked.append(True), read())[1])
    with pytest.raises(OSError, match="too many"):
        found.read_on()
    found.read_on()

    assert (found.seeds, found.later) == (["read before", "read later"], [])


def test_every_problem_has_its_place(tmp_path):
    file = tmp_path / f"{NAME}.jsonl"
    lines = [plain(id="a"), plain(id="a"), plain(feature="String", isSuccess=1), {"colour": 1}]
    file.write_text("\n\n".join(map(json.dumps, lines)))

    found = problems(file)

    assert found[0] == f"{file}:3: id: 'a' is the id of another record"
    assert found[1].startswith(f"{file}:5: feature: Requested value 'String' was not found.")
    assert found[2].startswith(f"{file}:5: isSuccess: Cannot convert the literal '1'")
    assert found[3].startswith(f"{file}:7: colour: The property 'colour' does not exist")
    assert len(found) == 4 + 7


def test_ids_are_unique_across_files(tmp_path):
    (tmp_path / f"{NAME}.json").write_text(json.dumps([plain(id="a")]))
    (tmp_path / f"{NAME}.jsonl").write_text(json.dumps(plain(id="a")))

    assert problems(tmp_path) == [f"{tmp_path / NAME}.jsonl:1: id: 'a' is the id of another record"]


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        (f"{NAME}.json", b"", "not JSON"),
        (f"{NAME}.json", b"5", "it must be an array of records"),
        (f"{NAME}.json", b'{"value": 5}', "it must be an array of records"),
        (f"{NAME}.json", b"[1]", "A JSON object was expected"),
        (f"{NAME}.json", b"[NaN]", "NaN is not JSON"),
        (f"{NAME}.json", b"[" * 100_000, "nested deeper"),
        (f"{NAME}.json", b'[{"a":1,"a":2}]', "there twice"),
        (f"{NAME}.jsonl", b"{}\n{", ":2: not JSON"),
        (f"{NAME}.jsonl", b"\xff", "not UTF-8"),
        (f"{NAME}.csv", b"", "it is empty"),
        (f"{NAME}.csv", b"\xff", "not UTF-8"),
        (f"{NAME}.csv", b"id,id\n", "two columns have the same name"),
        (f"{NAME}.csv", b"id,feature\na\n", ":2: it has 1 cells, and the header 2"),
        (f"{NAME}.csv", b'id\n"a\n', "not CSV"),
        (f"{NAME}.csv", b"id,colour\na,red\n", "The property 'colour' does not exist"),
        (f"{NAME}.csv", b"id,isSuccess\na,yes\n", "Cannot convert the literal 'yes'"),
        (f"{NAME}.yaml", b"", "a fixture file ends in .json, .jsonl, .csv"),
        ("userz.json", b"[]", f"there is no entity set 'userz': there is {NAME}"),
    ],
)  # fmt: skip
def test_bad_file_is_refused(tmp_path, name, content, words):
    file = tmp_path / name
    file.write_bytes(content)

    assert words in "\n".join(problems(file))


def table(delimiter, *, first="", between="\n", data=None):
    """A CSV file in which something else stands between the columns, of the header or of all."""
    head, row = list(plain()), [str(value) for value in plain().values()]
    rows = (data or delimiter).join(row)
    return f"{first}{delimiter.join(head)}{between}{rows}{between}".encode()


@pytest.mark.parametrize(
    ("content", "line", "words"),
    [
        (table(";"), 1, "semicolons stand between its columns"),
        (table(";", between="\r\n"), 1, "semicolons"),
        (b"\xef\xbb\xbf" + table(";"), 1, "semicolons"),
        (b"id;colour\na;red\n", 1, "semicolons"),
        (b'"id";"feature"\n"a";"reset"\n', 1, "semicolons"),
        (b"id;feature;userDisplayName,x\n", 1, "semicolons"),
        (table(",", data=";"), 2, "semicolons stand between them, not commas"),
        (table("\t"), 1, "tabs stand between its columns"),
        (table("|"), 1, "vertical bars stand between its columns"),
        (table(";", first="sep=;\n"), 1, "with commas between the columns, not semicolons"),
        (table(";", first="sep=;\r\n", between="\r\n"), 1, "not semicolons"),
        (table(";", first="\ufeffSEP=;\n"), 1, "not semicolons"),
        (table(";", first='"sep=;"\n'), 1, "not semicolons"),
        (table("\t", first="sep=\t\n"), 1, "not tabs"),
        (table("^", first="sep=^\n"), 1, "not '^'"),
        (table(",", first="sep=,\n"), 1, "its first line is for spreadsheets: leave it out"),
        (b"id,feature,\na,reset,\n", 1, "column 3 has no name"),
        (table(",").decode().encode("utf-16"), None, "it is UTF-16"),
        (table(",").decode().encode("utf-16-le"), None, "it is UTF-16"),
        (table(",").decode().encode("utf-16-be"), None, "it is UTF-16"),
        ("id,userDisplayName\na,Zoë\n".encode("latin-1"), None, "byte 23 is not UTF-8: save it as UTF-8"),
    ],
)  # fmt: skip
def test_other_tables_than_csv_with_commas_are_told_apart(tmp_path, content, line, words):
    file = tmp_path / f"{NAME}.csv"
    file.write_bytes(content)

    (problem,) = problems(file)
    assert problem.startswith(f"{file}: " if line is None else f"{file}:{line}: ")
    assert words in problem


def test_semicolons_in_cells_are_no_delimiters(tmp_path):
    file = tmp_path / f"{NAME}.csv"
    record = plain(id="a", userDisplayName="a;b;c|d\te:f", failureReason="sep=;")
    file.write_bytes(b"".join(encoded([record], SETS[NAME], "csv")))

    assert load(file)[NAME] == [record]


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        (f"{NAME}.json", f"{json.dumps(plain())}\n{json.dumps(plain())}\n", "With a record on each line it is a .jsonl file."),
        (f"{NAME}.jsonl", f"[{json.dumps(plain())}]", "with an array it is a .json file"),
        (f"{NAME}.jsonl", f"\n[\n {json.dumps(plain())}\n]", "with an array it is a .json file"),
    ],
)  # fmt: skip
def test_the_two_kinds_of_json_are_told_apart(tmp_path, name, content, words):
    (tmp_path / name).write_text(content)
    assert words in problems(tmp_path / name)[0]


@pytest.mark.parametrize("kind", ["pipe", "socket", "folder", "device"])
def test_what_is_no_file_is_not_read(tmp_path, kind):
    file = tmp_path / f"{NAME}.jsonl"
    if kind == "pipe":
        os.mkfifo(file)
    elif kind == "socket":
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(file))
        listener.close()
    elif kind == "folder":
        file.mkdir()
    else:
        file.symlink_to("/dev/zero")
    (problem,) = problems(tmp_path)
    assert problem == f"{file}: " + (
        "it is a folder"
        if kind == "folder"
        else "it is no regular file, but a pipe, a socket or a device"
    )
    (tmp_path / "directory.json").symlink_to(file)
    with pytest.raises(FixtureError, match=r"directory\.json: it is "):
        load_directories([str(tmp_path)])


def test_a_file_without_end_is_not_read_to_its_end(tmp_path, monkeypatch):
    """Some say that they are empty, and are not."""
    file = tmp_path / f"{NAME}.jsonl"
    file.write_bytes(b" " * 5000)
    real = os.stat_result

    def empty(found):
        return real((found.st_mode, *found[1:6], 0, *found[7:]))

    monkeypatch.setattr(os, "fstat", lambda fd, fstat=os.fstat: empty(fstat(fd)))
    monkeypatch.setattr(Path, "stat", lambda path, stat=Path.stat, **how: empty(stat(path, **how)))
    with pytest.raises(FixtureError, match="it is too large: a fixture may have 4096 bytes"):
        loaded(file, most=4096)


def test_a_sparse_file_is_refused_for_its_size(tmp_path):
    file = tmp_path / f"{NAME}.json"
    with file.open("wb") as sparse:
        sparse.truncate(2 << 30)
    assert problems(file) == [
        f"{file}: it is too large: a fixture may have {MAX_BYTES} bytes in all"
    ]


def test_the_files_of_a_folder_count_together(tmp_path):
    line = json.dumps(plain()).encode() + b"\n"
    for suffix in ("jsonl", "json"):
        (tmp_path / f"{NAME}.{suffix}").write_bytes(line if suffix == "jsonl" else b"[]")
    size = len(line) + len(b"[]")
    assert len(loaded(tmp_path, most=size)[NAME]) == 1
    with pytest.raises(FixtureError, match="it is too large"):
        loaded(tmp_path, most=size - 1)


def test_a_folder_of_very_many_files_is_refused(tmp_path):
    for number in range(MAX_FILES + 1):
        (tmp_path / f"{number}.txt").touch()
    assert problems(tmp_path) == [f"{tmp_path}: it has more than {MAX_FILES} files, the limit"]


@pytest.mark.parametrize("name", ["nothing", "no/such/folder", "../contoso", "a\0b", "", "-"])
def test_fixture_that_is_not_there(name):
    with pytest.raises(FixtureError):
        load(name)


def test_folder_with_a_stranger_is_refused(tmp_path):
    (tmp_path / "notes.txt").write_text("x")
    assert "a fixture file ends in" in problems(tmp_path)[0]


def test_problems_are_bounded(tmp_path):
    file = tmp_path / f"{NAME}.json"
    file.write_text(json.dumps([{}] * 3000))

    assert len(problems(file)) == MAX_PROBLEMS


LONG_NAMES = [
    "x" * 5_000,
    "é" * 200,
    "~" * 300,
    "a/" * 3_000,
    f"/{'x' * 5_000}",
    f"{'x' * 5_000}.json",
]


@pytest.mark.parametrize("name", LONG_NAMES, ids=range(len(LONG_NAMES)))
def test_a_name_that_no_file_can_have_is_a_problem(name):
    (problem,) = problems(name)
    assert problem.endswith(": File name too long")
    assert len(problem) < 200


@pytest.mark.parametrize("name", LONG_NAMES, ids=range(len(LONG_NAMES)))
def test_a_name_that_no_file_can_have_is_refused_over_http(make_client, name):
    client = make_client(control_key="let-me-in")
    for path, body in (
        ("tenants", {"fixture": name}),
        ("tenants", {"fixture": [name]}),
        ("seed", {"fixture": name}),
    ):
        key = {"X-Fakegraph-Key": "let-me-in"}
        answer = client.post(f"/_fakegraph/{path}", json=body, headers=key)
        assert_error(answer, 400, "BadRequest", "File name too long")


# What follows paths ---------------------------------------------------------------------------

ADA = "11111111-1111-4111-8111-111111111111"


def folder_of(tmp_path, files):
    """A folder with these files, by path."""
    for name, content in files.items():
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content if isinstance(content, str) else json.dumps(content))
    return tmp_path


COMPANY = {
    "users.json": [{"id": ADA, "displayName": "Ada", "userPrincipalName": "ada@contoso.com"}],
    "users/ada@contoso.com/messages.jsonl": '{"subject": "a"}\n\n{"subject": "b"}\n',
    "users/ada@contoso.com/manager.json": {"displayName": "Bob"},
    "users/ada%2Bx@contoso.com/messages.csv": "subject,isRead\nc,true\n",
    "groups.json": {"@odata.context": "x", "value": [{"id": "g", "members": [{"id": ADA}]}]},
    f"reports/{NAME}.json": [plain()],
    "README.md": "words",
}


def test_files_and_folders_follow_the_path(make_client, tmp_path):
    client = make_client(fixture=(str(folder_of(tmp_path, COMPANY)),))

    def read(path):
        return client.get(f"/v1.0/{path}").json

    assert [each["subject"] for each in read("users/ada@contoso.com/messages")["value"]] == [
        "b",
        "a",
    ]
    assert read(f"users/{ADA}/manager")["displayName"] == "Bob"
    (message,) = read("users/ada%2Bx@contoso.com/messages")["value"]
    assert (message["subject"], message["isRead"]) == ("c", True)
    assert [each["id"] for each in read("groups/g/members")["value"]] == [ADA]
    assert len(client.get("/_fakegraph/records/userCredentialUsageDetails").json["value"]) == 1
    client.delete("/_fakegraph/records")
    client.post("/_fakegraph/reset")
    assert len(read("users")["value"]) == 3


def bad_company(tmp_path):
    return folder_of(
        tmp_path,
        {
            "users.json": [{"id": ADA}, {"accountEnabled": 1, "colour": "red"}],
            "users/a/messages.jsonl": '{"subject": "a"}\n{"importance": "huge"}\n{"x',
            "users/a/manager.json": [{}],
            "groups.json": [{"members": [{"@odata.type": "#microsoft.graph.user", "surname": 1}]}],
            "userz.json": [],
            "users/a/messages.csv": "subject;isRead\n",
        },
    )


def test_a_bad_record_names_its_file_its_place_and_every_problem(tmp_path):
    folder = bad_company(tmp_path)
    with pytest.raises(FixtureError) as raised:
        create_app(Settings(fixture=(str(folder),)))
    found = [
        (str(Path(each.file).relative_to(folder)), each.record, each.property)
        for each in raised.value.problems
    ]
    assert found == [
        ("groups.json", 1, "members[0]/surname"),
        ("users/a/manager.json", None, None),
        ("users/a/messages.csv", 1, None),
        ("users/a/messages.jsonl", 3, None),
        ("users.json", 2, "accountEnabled"),
        ("users.json", 2, "colour"),
        ("userz.json", None, None),
    ]


def test_what_is_taken_names_its_file_and_place(tmp_path):
    folder = folder_of(tmp_path, {"users.json": [{"id": "a"}, {"id": "b"}, {"id": "a"}]})
    with pytest.raises(FixtureError, match=r"users\.json:3: id: .*'a' is taken"):
        create_app(Settings(fixture=(str(folder),)))


def test_only_at_the_top_a_directory_says_who_may_sign_in(make_client, tmp_path):
    (tmp_path / "roleManagement").mkdir()
    (tmp_path / "roleManagement" / "directory.json").write_text('{"isEnabled": 1}')
    with pytest.raises(FixtureError, match="rbacApplication"):
        make_client(fixture=(str(tmp_path),))


def test_one_file_is_a_fixture_of_its_name(make_client, tmp_path):
    file = tmp_path / "users.json"
    file.write_text(json.dumps(COMPANY["users.json"]))
    client = make_client(fixture=(str(file),))
    assert client.get("/v1.0/me").json["displayName"] == "Ada"


def test_files_below_folders_are_counted(make_client, tmp_path):
    deep = tmp_path / "users" / "a" / "messages"
    deep.mkdir(parents=True)
    for number in range(MAX_FILES + 1):
        (deep / f"{number}.json").touch()
    assert f"more than {MAX_FILES} files" in problems(tmp_path)[0]


def test_no_more_memory_is_taken_for_a_file_than_it_has(tmp_path):
    file = tmp_path / "small"
    file.write_bytes(b"four")
    assert read_regular(file, 1 << 50) == b"four"
    assert read_regular(file, 4) == b"four"
    with pytest.raises(TooLarge):
        read_regular(file, 3)


@pytest.mark.parametrize("given", [5, b"contoso", True])
def test_what_names_no_fixture_is_said_so(given):
    with pytest.raises(Misuse, match="fixture takes a name or a path"):
        fixture_names(given)
