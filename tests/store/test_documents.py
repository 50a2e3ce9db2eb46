"""What contains, what is hidden and what refers to what, as the data file and the log have it."""

from __future__ import annotations

import json
import logging
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zlib import crc32

import pytest
from tinydb import TinyDB

from fakegraph.store import ChangesLost, DataFileError, Store, Stores, Template
from fakegraph.store.changes import MOST_CHANGES

from .faulty import NO_SPACE, FaultyFiles, the
from .worlds import LAYOUTS, MANAGER, MEMBERS, RECORDS, do, dump, ids, insert, key, said, seed


@pytest.fixture
def template() -> Template:
    return Template(RECORDS, LAYOUTS, seed=seed)


@pytest.fixture
def stores(tmp_path: Path, template: Template) -> Any:
    stores = Stores(template, tmp_path / "data")
    yield stores
    stores.close()


@pytest.fixture
def store(stores: Stores) -> Any:
    return stores.open("contoso")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data"


def tables(folder: Path) -> dict[str, Any]:
    """What stock TinyDB finds in the tenant's file, but for the table about the file itself."""
    with TinyDB(folder / "contoso.json") as stock:
        found = {
            name: {each.doc_id: dict(each) for each in stock.table(name).all()}
            for name in stock.tables()
        }
    del found["_fakegraph"]
    return found


def header(folder: Path) -> Any:
    return json.loads((folder / "contoso.json").read_bytes())["_fakegraph"]["1"]


def crashed(folder: Path) -> Path:
    """A copy of the folder as it is now."""
    return Path(
        shutil.copytree(folder, folder.with_name(f"crash{len(list(folder.parent.iterdir()))}"))
    )


def test_a_file_has_what_differs_from_the_template_and_nothing_else(
    folder: Path, stores: Any, store: Any
) -> None:
    assert tables(folder) == {}, "a new tenant differs in nothing"
    insert(store, "groups", "new")
    store.close()

    found = tables(folder)
    assert found.keys() == {"groups", "_changes"}
    assert found["groups"] == {1: {"id": "staff"}, 2: {"id": "new"}}
    assert ids(stores.open("contoso").container("users").scan()) == ["ada", "bo"]


def test_owners_deleted_rows_and_links_are_written_so_that_people_can_follow(
    folder: Path, store: Any
) -> None:
    ada, bo = key(store, "users", "ada"), key(store, "users", "bo")
    inbox = key(store, "user/folders", "f1")
    insert(store, "user/folders", "f3", bo, name="Mine")
    do(store, "link", MANAGER, bo, ada)
    do(store, "hide", inbox)
    do(store, "hide", bo)
    store.close()

    found = tables(folder)
    assert found["user/folders"] == {
        1: {"id": "f1", "name": "Inbox", "@owner": "users/1", "@deleted": "user/folders/1"},
        2: {"id": "f2", "name": "Bills", "@owner": "user/folders/1", "@deleted": "user/folders/1"},
        3: {"id": "f3", "name": "Mine", "@owner": "users/2", "@deleted": "users/2"},
    }
    assert found["users"][2] == {**RECORDS["users"][1], "@deleted": "users/2"}
    assert found["links:user/manager"] == {
        1: {"from": "users/2", "to": "users/1", "@deleted": "users/2"}
    }
    assert found["links:group/members"] == {
        1: {"from": "groups/1", "to": "users/2", "@deleted": "users/2"},
        2: {"from": "groups/1", "to": "users/1"},
    }
    assert "user/messages" not in found


def all_kinds(store: Any) -> None:
    """A write of each kind."""
    ada, bo = key(store, "users", "ada"), key(store, "users", "bo")
    insert(store, "made/now", "x", bo, received=3)
    insert(store, "user/messages", "m2", ada, received=2)
    do(store, "move", key(store, "user/messages", "m2"), bo)
    do(store, "replace", bo, {"id": "BO", "upn": "b@contoso.com", "age": 7})
    do(store, "link", MANAGER, bo, ada)
    do(store, "hide", key(store, "user/folders", "f2"))
    do(store, "hide", ada)
    do(store, "restore", ada)
    do(store, "unlink", MEMBERS, key(store, "groups", "staff"), ada)
    insert(store, "groups", "gone")
    do(store, "delete", key(store, "groups", "gone"))


def test_everything_is_there_after_a_crash_and_after_a_clean_stop(
    folder: Path, template: Template, stores: Any, store: Any
) -> None:
    began = store.sequence
    all_kinds(store)
    written = dump(store), store.sequence, store.generation, said(store, began)
    keys = {id: key(store, name, id) for name, id in [("made/now", "x"), ("users", "bo")]}
    crash = crashed(folder)
    stores.close()

    for place in (crash, crash, folder):
        later = Stores(template, place)
        found = later.open("contoso")
        assert (dump(found), found.sequence, found.generation, said(found, began)) == written
        assert {
            id: key(found, name, id) for name, id in [("made/now", "x"), ("users", "bo")]
        } == keys
        later.close()


@pytest.mark.parametrize("back", ["reset", "restore"])
def test_going_back_is_there_after_a_crash(
    folder: Path, template: Template, stores: Any, store: Any, back: str
) -> None:
    insert(store, "groups", "early")
    snapshot = store.snapshot()
    all_kinds(store)
    store.restore(snapshot) if back == "restore" else store.reset()
    do(store, "hide", key(store, "users", "ada"))
    written = dump(store), store.sequence, store.generation
    crash = crashed(folder)
    stores.close()

    for place in (crash, folder):
        later = Stores(template, place)
        found = later.open("contoso")
        assert (dump(found), found.sequence, found.generation) == written
        do(found, "restore", key_of_hidden(found, "users"))
        assert ids(found.container("users").scan()) == ["ada", "bo"]
        later.close()


def key_of_hidden(store: Any, container: str) -> int:
    (row,) = store.hidden(container).scan()
    return int(row.key)


def test_a_tenant_that_was_reset_is_the_templates_again(
    folder: Path, stores: Any, store: Any
) -> None:
    all_kinds(store)
    store.reset()
    store.close()

    assert tables(folder).keys() <= {"_changes", "made/now", "links:user/manager"}


# Templates

OTHER = {"groups": [{"id": "others"}], "users": [{"id": "cy"}, *RECORDS["users"]]}


def test_a_tenant_keeps_the_template_that_it_began_with(
    folder: Path, template: Template, stores: Any, store: Any
) -> None:
    insert(store, "groups", "new")
    written = dump(store)
    stores.close()

    later = Stores(Template(OTHER, LAYOUTS), folder)
    store = later.open("contoso")
    assert dump(store) == written
    insert(store, "user/messages", "m2", key(store, "users", "ada"))
    written = dump(store)
    crash = crashed(folder)
    later.close()
    for place in (crash, folder):
        later = Stores(Template(OTHER, LAYOUTS), place)
        assert dump(later.open("contoso")) == written
        later.close()


def test_reset_goes_to_the_template_of_now(folder: Path, stores: Any, store: Any) -> None:
    insert(store, "groups", "new")
    stores.close()
    later = Stores(Template(OTHER, LAYOUTS), folder)
    store = later.open("contoso")
    before = store.snapshot()
    store.reset()
    assert ids(store.container("users").scan()) == ["cy", "ada", "bo"]
    written = dump(store)
    crash = crashed(folder)
    store.restore(before)
    assert ids(store.container("groups").scan()) == ["staff", "new"]
    assert ids(store.container("user/messages").of(key(store, "users", "ada")).scan()) == ["m1"]
    back = dump(store)
    crash_back = crashed(folder)
    later.close()

    for place, expected in ((crash, written), (crash_back, back), (folder, back)):
        for template in (Template(OTHER, LAYOUTS), Template({}, LAYOUTS)):
            later = Stores(template, place)
            assert dump(later.open("contoso")) == expected
            later.close()


def templates(folder: Path) -> list[Path]:
    return sorted((folder / ".templates").iterdir())


def test_templates_that_no_tenant_names_are_removed_at_the_start(
    folder: Path, stores: Any, store: Any
) -> None:
    assert len(templates(folder)) == 1
    stores.close()
    later = Stores(Template(OTHER, LAYOUTS), folder)
    assert len(templates(folder)) == 1
    later.open("another")
    assert len(templates(folder)) == 2
    later.remove("contoso")
    later.close()

    later = Stores(Template(OTHER, LAYOUTS), folder)
    assert len(templates(folder)) == 1
    assert ids(later.open("another").container("groups").scan()) == ["others"]
    later.remove("another")
    later.close()
    Stores(Template({}), folder).close()
    assert templates(folder) == []


def test_a_template_whose_tenants_cannot_be_read_is_kept(folder: Path, stores: Any) -> None:
    stores.open("contoso")
    stores.close()
    data = (folder / "contoso.json").read_bytes()
    (folder / "contoso.json").write_bytes(data[:-20])
    Stores(Template({}), folder).close()

    assert len(templates(folder)) == 1


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda path: path.unlink(), "which is not there"),
        (lambda path: path.write_bytes(path.read_bytes()[:-5]), "is damaged or was edited"),
        (lambda path: path.write_bytes(path.read_bytes().replace(b"ada", b"eva")), "was edited"),
    ],
)
def test_a_template_that_is_not_as_it_was_refuses_the_tenant(
    folder: Path, stores: Any, store: Any, damage: Callable[[Path], object], message: str
) -> None:
    stores.close()
    damage(templates(folder)[0])

    later = Stores(Template(OTHER, LAYOUTS), folder)
    with pytest.raises(DataFileError) as error:
        later.open("contoso")
    assert message in str(error.value)
    assert str(folder / "contoso.json") in str(error.value)
    later.close()


@pytest.mark.parametrize("damaged", ["json", "bytes"])
def test_a_damaged_template_that_the_server_has_is_written_anew(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, damaged: str
) -> None:
    def seeded(transaction: Any) -> None:
        transaction.insert("files", {"id": "f", "@bytes": {"content": transaction.keep(b"hello")}})

    template = Template(RECORDS, LAYOUTS, seed=seeded)
    stores = Stores(template, tmp_path)
    stores.open("contoso")
    stores.close()
    path = next(path for path in templates(tmp_path) if path.suffix == f".{damaged}")
    path = path if damaged == "json" else next(path.iterdir())
    data = path.read_bytes()
    path.write_bytes(data[:-3])
    stores = Stores(template, tmp_path)
    stores.open("contoso")
    stores.close()

    assert path.read_bytes() == data
    assert "was damaged or edited. It was written anew." in caplog.text


# Edited files


def edit(folder: Path, change: Callable[[Any], object]) -> None:
    path = folder / "contoso.json"
    found = json.loads(path.read_bytes())
    change(found)
    path.write_bytes(json.dumps(found).encode())


@pytest.fixture
def closed(folder: Path, stores: Any, store: Any) -> Path:
    """A folder whose tenant has every table, a deleted user among them."""
    for name in ("users", "groups"):
        insert(store, name, "gone", upn="gone")
    gone = key(store, "users", "gone")
    insert(store, "user/messages", "m2", gone)
    insert(store, "user/folders", "f3", key(store, "user/folders", "f2"), name="Deep")
    do(store, "link", MEMBERS, key(store, "groups", "staff"), gone)
    do(store, "link", MANAGER, gone, key(store, "users", "ada"))
    do(store, "hide", gone)
    stores.close()
    return folder


def test_what_people_write_into_a_file_is_there(closed: Path, template: Template) -> None:
    def change(data: Any) -> None:
        data["user/messages"]["9"] = {"id": "m9", "@owner": "users/2"}
        data["user/messages"]["1"]["@owner"] = "users/2"
        data["links:group/members"]["9"] = {"from": "groups/2", "to": "users/2"}
        data["notes"] = {"1": {"id": "n", "@owner": "user/messages/9"}}

    edit(closed, change)
    stores = Stores(template, closed)
    store = stores.open("contoso")
    bo, group = key(store, "users", "bo"), key(store, "groups", "gone")
    assert ids(store.container("user/messages").of(bo).scan()) == ["m1", "m9"]
    assert ids(store.links(MEMBERS).targets(group).scan()) == ["bo"]
    assert ids(store.container("notes").of(key(store, "user/messages", "m9")).scan()) == ["n"]
    do(store, "delete", bo)
    assert ids(store.container("notes").scan()) == []
    written = dump(store)
    crash = crashed(closed)
    stores.close()
    for place in (crash, closed):
        stores = Stores(template, place)
        assert dump(stores.open("contoso")) == written
        stores.close()


def put(table: str, position: int, document: Any) -> Callable[[Any], object]:
    return lambda data: data[table].update({str(position): document})


def mark(table: str, position: int, **marks: Any) -> Callable[[Any], object]:
    return lambda data: data[table][str(position)].update(
        {f"@{name}": value for name, value in marks.items()}
    )


def drop(table: str, position: int) -> Callable[[Any], object]:
    return lambda data: data[table].pop(str(position))


M, F, L = "user/messages", "user/folders", "links:group/members"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (mark(M, 1, owner="users/77"), "table 'user/messages', document 1: @owner: 'users/77' is not there"),
        (mark(M, 1, owner="nobody/1"), "document 1: @owner: 'nobody/1' is not the key of a row"),
        (mark(M, 1, owner=7), "document 1: @owner: 7 is not the key of a row"),
        (mark(M, 1, owner="users/01"), "'users/01' is not the key of a row"),
        (mark(M, 1, owner="users/"), "'users/' is not the key of a row"),
        (mark(M, 1, owner="users/3"), "document 1: @owner: 'users/3' is deleted (@deleted), and this row is not"),
        (mark(F, 1, owner="user/folders/3"), "document 1: @owner: 'user/folders/3' is in the end contained in this"),
        (mark(F, 1, owner="user/folders/1"), "document 1: @owner: 'user/folders/1' is in the end contained in this"),
        (drop("users", 1), "table 'user/messages', document 1: @owner: 'users/1' is not there"),
        (drop("users", 2), "table 'links:group/members', document 1: to: 'users/2' is not there"),
        (drop("users", 3), "table 'user/messages', document 2: @owner: 'users/3' is not there"),
        (drop("groups", 1), "table 'links:group/members', document 1: from: 'groups/1' is not there"),
        (mark(M, 1, deleted="users/3"), "document 1: @deleted: it is not contained in what was deleted with 'users/3'"),
        (mark(M, 1, deleted="users/2"), "document 1: @deleted: 'users/2' is not a row that was deleted itself"),
        (mark(M, 1, deleted="x"), "document 1: @deleted: 'x' is not the key of a row"),
        (mark("users", 1, deleted="users/1"), "@owner: 'users/1' is deleted (@deleted), and this row is not"),
        (mark("users", 2, deleted="users/2"), "document 1: to: 'users/2' is deleted (@deleted), and this link is not"),
        (mark(L, 1, deleted="users/3"), "document 1: @deleted: neither end was deleted with 'users/3'"),
        (mark(L, 1, more=1), "document 1: it is not a link, which has from and to"),
        (put(L, 9, {"from": "groups/1"}), "document 9: it is not a link"),
        (put(L, 9, None), "document 9: it is not a link"),
        (put(L, 9, {"from": "groups/1", "to": "users/99"}), "document 9: to: 'users/99' is not there"),
        (put(L, 9, {"from": "groups/1", "to": 3}), "document 9: 3 is not the key of a row"),
        (put(L, 9, {"from": "groups/1", "to": "users/1"}), "document 9: the same two rows are linked twice"),
        (put("users", 9, {"id": "ADA"}), "document 9: the id 'ADA' is there twice"),
        (put("users", 9, {"id": "z", "upn": "Ada@contoso.com"}), "document 9: the upn 'Ada@contoso.com' is there twice"),
        (put(F, 9, {"id": "z", "name": "inbox", "@owner": "users/1"}), "document 9: the name 'inbox' is there twice"),
        (put("users", 9, {"id": 5}), "document 9: it is not a record"),
        (put("users", 9, {"id": "z", "@bytes": {"photo": "x"}}), "@bytes: it must have the SHA-256 of bytes"),
        (put("users", 9, {"id": "z", "@bytes": {"photo": "0" * 64}}), f"@bytes: photo: the bytes {'0' * 64} are not there"),
        (lambda data: data["_fakegraph"]["1"].pop("numbers"), "it must have a store, a generation"),
        (lambda data: data["_fakegraph"]["1"]["numbers"].update(users=2), "numbers"),
        (lambda data: data["_fakegraph"]["1"].update(template="x"), "it must have a store, a generation"),
        (lambda data: data["_fakegraph"]["1"].update(template="0" * 64), "which is not there"),
        (lambda data: data["_changes"].update({"1": {}}), "table '_changes', document 1"),
        (put("_changes", 1, {"made": [{"kind": "created", "row": "nowhere/1", "id": "x"}]}), "table '_changes', document 1"),
    ],
)  # fmt: skip
def test_an_edited_file_that_does_not_fit_is_refused(
    closed: Path, template: Template, change: Callable[[Any], object], message: str
) -> None:
    edit(closed, change)
    before = (closed / "contoso.json").read_bytes()
    stores = Stores(template, closed)

    with pytest.raises(DataFileError) as error:
        stores.open("contoso")
    assert message in str(error.value)
    assert str(closed / "contoso.json") in str(error.value)
    stores.close()
    assert (closed / "contoso.json").read_bytes() == before


def test_a_file_has_no_more_changes_than_are_to_be_kept(
    folder: Path, stores: Stores, store: Store
) -> None:
    began = store.sequence
    insert(store, "groups", "first")
    many = [{"id": f"g{number}"} for number in range(MOST_CHANGES)]
    store.insert_many({"groups": many})
    store.close()

    assert tables(folder)["_changes"].keys() == {began + 2}
    changes = stores.open("contoso").changes
    found = changes.after(began + 1, MOST_CHANGES)
    assert [change.id for change in found] == [record["id"] for record in many]
    with pytest.raises(ChangesLost):
        changes.after(began, 1)


def test_ids_that_are_unique_within_an_owner_may_be_there_twice(
    closed: Path, template: Template
) -> None:
    edit(closed, put(F, 9, {"id": "z", "name": "inbox", "@owner": "users/2"}))
    stores = Stores(template, closed)
    assert len(stores.open("contoso").container(F)) == 4
    stores.close()


def test_rows_of_the_template_whose_owner_was_taken_out_are_told_of(
    folder: Path, template: Template, stores: Any, store: Any
) -> None:
    insert(store, "users", "new")
    stores.close()
    edit(folder, drop("users", 1))
    stores = Stores(template, folder)

    with pytest.raises(DataFileError) as error:
        stores.open("contoso")
    assert (
        "table 'user/messages', document 1: @owner: 'users/1' is not there (it is the template's)"
        in str(error.value)
    )
    stores.close()


def test_a_table_that_the_template_has_is_not_begun_by_hand(
    folder: Path, template: Template, stores: Any, store: Any
) -> None:
    """The one record would take the place of all that the template has."""
    stores.close()
    with TinyDB(folder / "contoso.json") as stock:
        stock.table("users").insert({"id": "new"})
    stores = Stores(template, folder)

    with pytest.raises(DataFileError, match=r"table 'users': .* the template's"):
        stores.open("contoso")
    stores.close()


def test_a_table_that_was_dropped_by_hand_is_empty(
    folder: Path, template: Template, stores: Any, store: Any
) -> None:
    insert(store, "groups", "new")
    do(store, "unlink", MEMBERS, key(store, "groups", "staff"), key(store, "users", "ada"))
    stores.close()
    with TinyDB(folder / "contoso.json") as stock:
        stock.drop_table("groups")
        stock.drop_table("links:group/members")
    stores = Stores(template, folder)

    store = stores.open("contoso")
    assert ids(store.container("groups").scan()) == []
    assert insert(store, "groups", "later").position == 3
    stores.close()


# The log


def _line(payload: str) -> bytes:
    return b"%08x %s\n" % (crc32(payload.encode()), payload.encode())


@pytest.mark.parametrize(
    "line",
    [
        '{"n":1,"set":{"users":{"9":{"id":"z","@owner":"x"}}}}',
        '{"n":1,"set":{"users":{"9":7}}}',
        '{"n":1,"set":{"links:group/members":{"9":{"from":"groups/1"}}}}',
        '{"n":1,"del":{"links:group/members":[9]}}',
        '{"n":1,"del":{"nothing":[1]}}',
        '{"n":1,"set":{"users":{"-9":{"id":"z"}}}}',
        '{"n":1,"numbers":{"made":"x"},"set":{"made":{"9":{"id":"z"}}}}',
    ],
)
def test_a_line_that_does_not_fit_is_refused(
    folder: Path, template: Template, stores: Any, store: Any, line: str
) -> None:
    insert(store, "groups", "new")
    crash = crashed(folder)
    stores.close()
    journal = crash / "contoso.wal"
    head = b"".join(journal.read_bytes().splitlines(keepends=True)[:2])
    journal.write_bytes(head + _line(line))

    later = Stores(template, crash)
    with pytest.raises(DataFileError, match="write 1 does not fit the data file"):
        later.open("contoso")
    later.close()


# Bytes


def with_bytes(store: Any, data: bytes, id: str) -> str:
    def work(transaction: Any) -> str:
        name: str = transaction.keep(data)
        transaction.insert("files", {"id": id, "@bytes": {"content": name}})
        return name

    name: str = store.transact(work)
    return name


def kept(folder: Path) -> set[str]:
    return {path.name for path in (folder / "contoso.bytes").iterdir()}


def test_bytes_are_files_beside_the_tenants(folder: Path, template: Template, store: Any) -> None:
    name = with_bytes(store, b"hello", "f")
    assert (folder / "contoso.bytes" / name).read_bytes() == b"hello"
    store.close()
    assert tables(folder)["files"] == {1: {"id": "f", "@bytes": {"content": name}}}


def test_bytes_that_nothing_names_go_when_the_data_file_is_written(
    folder: Path, stores: Any, store: Any
) -> None:
    names = [with_bytes(store, b"%d" % number, f"f{number}") for number in range(3)]
    snapshot = store.snapshot()
    do(store, "hide", key(store, "files", "f0"))
    do(store, "delete", key(store, "files", "f1"))
    do(store, "delete", key(store, "files", "f2"))
    store._storage.save()
    assert kept(folder) == set(names), "the snapshot has them"
    del snapshot
    store._storage.save()
    assert kept(folder) == set(names), "nothing was written, so nothing was looked at"
    insert(store, "groups", "new")
    store._storage.save()
    assert kept(folder) == {names[0]}


def test_bytes_that_are_missing_refuse_the_tenant(
    folder: Path, template: Template, stores: Any, store: Any
) -> None:
    name = with_bytes(store, b"hello", "f")
    crash = crashed(folder)
    stores.close()
    for place in (crash, folder):
        (place / "contoso.bytes" / name).unlink()
        later = Stores(template, place)
        with pytest.raises(DataFileError, match=f"content: the bytes {name} are not there"):
            later.open("contoso")
        later.close()


def test_bytes_are_not_swept_while_the_log_has_lost_its_end(
    folder: Path, template: Template, stores: Any, store: Any
) -> None:
    """They are what the lost writes named."""
    with_bytes(store, b"hello", "f")
    insert(store, "groups", "new")
    crash = crashed(folder)
    stores.close()
    journal = crash / "contoso.wal"
    lines = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join(lines[:2]))
    later = Stores(template, crash)
    later.open("contoso")

    assert len(kept(crash)) == 1
    later.close()


def test_a_removed_tenants_bytes_are_removed(folder: Path, stores: Any, store: Any) -> None:
    with_bytes(store, b"hello", "f")
    stores.remove("contoso")

    assert not (folder / "contoso.bytes").exists()


def test_a_templates_bytes_are_there_for_each_tenant(folder: Path, tmp_path: Path) -> None:
    def seeded(transaction: Any) -> None:
        transaction.insert("files", {"id": "f", "@bytes": {"content": transaction.keep(b"hello")}})

    template = Template(RECORDS, {}, seed=seeded)
    stores = Stores(template, folder)
    store = stores.open("contoso")
    name = store.container("files").get("f").record["@bytes"]["content"]
    assert store.bytes.get(name) == b"hello"
    stores.close()
    for number, now in enumerate([template, Template({})]):
        stores = Stores(now, folder)
        store = stores.open("contoso")
        assert store.bytes.get(name) == b"hello"
        insert(store, "files", f"g{number}")
        stores.close()
    assert not (folder / "contoso.bytes").exists()
    stores = Stores(Template({}), folder)
    store = stores.open("contoso")
    snapshot = store.snapshot()
    store.reset()
    store.restore(snapshot)
    assert store.bytes.get(name) == b"hello"
    stores.remove("default")
    stores.close()
    for _ in range(2):
        stores = Stores(Template({}), folder)
        assert stores.open("contoso").bytes.get(name) == b"hello"
        stores.close()


def test_a_change_of_template_that_cannot_be_written_loses_nothing(tmp_path: Path) -> None:
    """What was the first template's is kept before the file refers to the second one."""

    def seeded(content: bytes) -> Callable[[Any], object]:
        return lambda transaction: transaction.insert(
            "files", {"id": "f", "@bytes": {"content": transaction.keep(content)}}
        )

    first = Template(RECORDS, LAYOUTS, seed=seeded(b"first"))
    second = Template({**RECORDS, "more": [{"id": "m"}]}, LAYOUTS, seed=seeded(b"second"))
    stores = Stores(first, tmp_path / "data")
    stores.open("contoso")
    stores.close()
    files = FaultyFiles()
    failed = set()
    for number in range(1, 60):
        folder = Path(shutil.copytree(tmp_path / "data", tmp_path / f"data{number}"))
        stores = Stores(second, folder, files=files)
        store: Any = stores.open("contoso")
        record = store.container("files").get("f").record
        store.reset()
        do(store, "insert", "files", {**record, "id": "f1"})
        expected = everything(store)
        assert [data for _, data in expected] == [b"second", b"first"]
        with files.failing(the(number, NO_SPACE)):
            try:
                store._storage.save()
            except OSError:
                failed.add(files.failed[-1])
        crash = crashed(folder)
        stores.close()
        for place in (crash, folder):
            later = Stores(first, place)
            assert everything(later.open("contoso")) == expected, number
            later.close()

    assert {"open", "write", "rename", "fsync", "make_folder"} <= failed
    assert files.number < number, "with all calls working it is written"


def everything(store: Any) -> list[Any]:
    """The names and bytes of all files, by id."""
    return [
        (row.record["id"], store.bytes.get(row.record.get("@bytes", {}).get("content", "")))
        for row in store.container("files").scan()
    ]


# The former format


FORMER = Path(__file__).parent / "former"


@pytest.mark.parametrize("tenant", ["alone", "logged", "killed", "torn", "sets"])
def test_a_former_file_is_brought_up_to_date_once_and_says_so(
    tmp_path: Path, tenant: str, caplog: pytest.LogCaptureFixture
) -> None:
    for path in FORMER.glob(f"{tenant}.*"):
        shutil.copy(path, tmp_path / path.name.replace(tenant, "contoso"))
    said_so: list[int] = []
    for _ in range(2):
        caplog.clear()
        with caplog.at_level(logging.INFO, "fakegraph.store"):
            stores = Stores(Template({}), tmp_path)
            store = stores.open("contoso")
            insert(store, "people", f"new{len(said_so)}")
            stores.close()
        said_so.append(caplog.text.count("was brought up from format 1 to format 2"))

    assert said_so == [1, 0]
    assert header(tmp_path)["format"] == 2
    assert header(tmp_path)["template"] is None
