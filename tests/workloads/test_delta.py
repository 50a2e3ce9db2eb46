"""``/delta`` as each workload has it."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from tests.conftest import assert_error
from tests.graph.whole.conftest import make, seed
from tests.graph.whole.test_delta import ids, people, rounds

MAIL = "users/ada@contoso.com"


@pytest.fixture
def ada(client):
    people(client, "ada")
    return client


def message(client, folder, subject, **more):
    path = f"{MAIL}/mailFolders/{folder}/messages"
    return make(client, path, {"subject": subject, **more})


# Outlook ------------------------------------------------------------------------------------------


def test_messages_are_told_for_each_folder(ada):
    one, two = message(ada, "inbox", "one"), message(ada, "inbox", "two")
    message(ada, "drafts", "elsewhere")
    inbox = f"{MAIL}/mailFolders/inbox/messages/delta"
    page = ada.get(f"/v1.0/{inbox}").json
    assert page["@odata.context"] == "http://localhost/v1.0/$metadata#Collection(message)"
    items, link = rounds(ada, inbox)
    assert sorted(ids(items)) == sorted([one["id"], two["id"]])
    assert {each["@odata.type"] for each in items} == {"#microsoft.graph.message"}
    assert all("@odata.etag" in each and each["parentFolderId"] for each in items)

    ada.patch(f"/v1.0/{MAIL}/messages/{one['id']}", json={"isRead": True})
    ada.delete(f"/v1.0/{MAIL}/messages/{two['id']}")
    three = message(ada, "inbox", "three")
    items, link = rounds(ada, link)
    told = {each["id"]: each for each in items}
    assert told.keys() == {one["id"], two["id"], three["id"]}
    assert told[one["id"]]["isRead"] is True
    assert told[two["id"]] == {
        "@odata.type": "#microsoft.graph.message",
        "id": two["id"],
        "@removed": {"reason": "deleted"},
    }
    assert rounds(ada, link)[0] == []


def test_a_message_that_is_deleted_comes_to_the_deleted_ones(ada):
    one = message(ada, "inbox", "one")
    _, link = rounds(ada, f"{MAIL}/mailFolders/deleteditems/messages/delta")
    ada.delete(f"/v1.0/{MAIL}/messages/{one['id']}")
    (item,), link = rounds(ada, link)
    assert item["subject"] == "one"
    ada.delete(f"/v1.0/{MAIL}/messages/{item['id']}")
    (gone,), _ = rounds(ada, link)
    assert gone["id"] == item["id"]
    assert gone["@removed"] == {"reason": "deleted"}


def test_what_is_deleted_for_good_in_one_folder_is_not_told_in_another(ada):
    one = message(ada, "deleteditems", "one")
    _, inbox = rounds(ada, f"{MAIL}/mailFolders/inbox/messages/delta")
    _, bin_ = rounds(ada, f"{MAIL}/mailFolders/deleteditems/messages/delta")
    ada.delete(f"/v1.0/{MAIL}/messages/{one['id']}")
    assert rounds(ada, inbox)[0] == []
    assert ids(rounds(ada, bin_)[0]) == [one["id"]]


@pytest.mark.parametrize(
    ("kind", "subjects", "removed"),
    [("created", {"new"}, 0), ("updated", {"old"}, 0), ("deleted", set(), 1)],
)
def test_messages_are_told_by_the_kind_of_change(ada, kind, subjects, removed):
    old, gone = message(ada, "inbox", "old"), message(ada, "inbox", "gone")
    items, link = rounds(ada, f"{MAIL}/mailFolders/inbox/messages/delta?changeType={kind}")
    assert len(items) == (2 if kind == "created" else 0)
    message(ada, "inbox", "new")
    ada.patch(f"/v1.0/{MAIL}/messages/{old['id']}", json={"isRead": True})
    ada.delete(f"/v1.0/{MAIL}/messages/{gone['id']}")
    items, _ = rounds(ada, link)
    assert {each["subject"] for each in items if "@removed" not in each} == subjects
    assert len([each for each in items if "@removed" in each]) == removed


def test_messages_are_told_as_the_first_request_asked(ada):
    seed(
        ada,
        {
            f"{MAIL}/mailFolders/inbox/messages": [
                {"subject": str(day), "receivedDateTime": f"2024-01-0{day}T00:00:00Z"}
                for day in (1, 3, 2)
            ]
        },
    )
    options = "$select=subject&$filter=receivedDateTime ge 2024-01-02T00:00:00Z"
    path = f"{MAIL}/mailFolders/inbox/messages/delta?{options}&$orderby=receivedDateTime desc"
    items, link = rounds(ada, path, headers={"Prefer": "odata.maxpagesize=1"})
    assert [each["subject"] for each in items] == ["3", "2"]
    loud = path.replace(" ge ", " GE ").replace(" desc", " DESC")
    assert ids(rounds(ada, loud)[0]) == ids(items)
    assert "body" not in items[0]
    for each in items:
        ada.delete(f"/v1.0/{MAIL}/messages/{each['id']}")
    assert sorted(ids(rounds(ada, link)[0])) == sorted(ids(items))


@pytest.mark.parametrize(
    "option",
    [
        '$search="a"',
        "$count=true",
        "$filter=isRead eq true",
        "$filter=receivedDateTime lt 2024-01-01T00:00:00Z",
        "$orderby=subject",
        "$orderby=receivedDateTime",
        "changeType=moved",
        "$skip=1",
    ],
)
def test_messages_are_told_by_nothing_else(ada, option):
    path = f"/v1.0/{MAIL}/mailFolders/inbox/messages/delta?{option}"
    assert_error(ada.get(path), 400, "BadRequest")


def test_outlook_knows_no_latest(ada):
    path = f"/v1.0/{MAIL}/mailFolders/inbox/messages/delta?$deltatoken=latest"
    assert_error(ada.get(path), 400, "ErrorInvalidSyncStateData", "an @odata.nextLink or")


def test_all_mail_folders_are_told_flat(ada):
    inbox = ada.get(f"/v1.0/{MAIL}/mailFolders/inbox").json["id"]
    items, link = rounds(ada, f"{MAIL}/mailFolders/delta")
    assert inbox in ids(items)
    below = make(ada, f"{MAIL}/mailFolders/inbox/childFolders", {"displayName": "below"})
    assert ids(rounds(ada, link)[0]) == [below["id"]]
    items, link = rounds(ada, f"{MAIL}/mailFolders/delta")
    assert below["id"] in ids(items)
    assert len(set(ids(items))) == len(items)
    ada.delete(f"/v1.0/{MAIL}/mailFolders/{below['id']}")
    assert below["id"] in ids(rounds(ada, link)[0])


def test_contacts_are_told_for_each_folder(ada):
    folder = make(ada, f"{MAIL}/contactFolders", {"displayName": "band"})
    path = f"{MAIL}/contactFolders/{folder['id']}/contacts"
    _, folders = rounds(ada, f"{MAIL}/contactFolders/delta")
    _, link = rounds(ada, f"{path}/delta?$select=displayName")
    made = make(ada, path, {"givenName": "Bo"})
    make(ada, f"{MAIL}/contacts", {"givenName": "Cy"})
    (item,), link = rounds(ada, link)
    assert item["id"] == made["id"]
    ada.delete(f"/v1.0/{MAIL}/contactFolders/{folder['id']}")
    assert ids(rounds(ada, folders)[0]) == [folder["id"]]


def test_events_are_told(ada):
    times = {
        name: {"dateTime": "2024-01-01T10:00:00", "timeZone": "UTC"} for name in ("start", "end")
    }
    _, link = rounds(
        ada, f"{MAIL}/calendarView/delta?startDateTime=2024-01-01&endDateTime=2024-01-02"
    )
    made = make(ada, f"{MAIL}/events", {"subject": "gig", **times})
    (item,), link = rounds(ada, link)
    assert item["subject"] == "gig"
    ada.delete(f"/v1.0/{MAIL}/events/{made['id']}")
    assert ids(rounds(ada, link)[0]) == [made["id"]]


def test_tasks_are_told_for_each_list(ada):
    _, lists = rounds(ada, f"{MAIL}/todo/lists/delta")
    made = make(ada, f"{MAIL}/todo/lists", {"displayName": "songs"})
    (item,), _ = rounds(ada, lists)
    assert item["displayName"] == "songs"
    path = f"{MAIL}/todo/lists/{made['id']}/tasks"
    _, link = rounds(ada, f"{path}/delta?$filter=importance eq 'high'")
    low = make(ada, path, {"title": "hum"})
    high = make(ada, path, {"title": "sing", "importance": "high"})
    assert ids(rounds(ada, link)[0]) == [high["id"]]
    ada.patch(f"/v1.0/{path}/{low['id']}", json={"importance": "high"})
    ada.patch(f"/v1.0/{path}/{high['id']}", json={"importance": "low"})
    told = {each["id"]: "@removed" in each for each in rounds(ada, link)[0]}
    assert told[low["id"]] is False


# Files --------------------------------------------------------------------------------------------

DRIVE = f"{MAIL}/drive"


def folder(client, above, name):
    return make(client, f"{DRIVE}/{above}/children", {"name": name, "folder": {}})["id"]


def file(client, path):
    answer = client.put(f"/v1.0/{DRIVE}/root:/{path}:/content", data=b"x")
    assert answer.status_code == 201, answer.text
    return answer.json["id"]


def test_a_drive_tells_all_items_each_behind_its_folder(ada):
    a = folder(ada, "root", "a")
    early = file(ada, "early.txt")
    b = folder(ada, f"items/{a}", "b")
    deep = file(ada, "a/b/deep.txt")
    ada.patch(f"/v1.0/{DRIVE}/items/{early}", json={"parentReference": {"id": b}})
    path = f"{DRIVE}/root/delta"
    page = ada.get(f"/v1.0/{path}").json
    assert page["@odata.context"] == "http://localhost/v1.0/$metadata#Collection(driveItem)"
    for query in ("", "?$top=1", "?$top=2"):
        items, link = rounds(ada, path + query)
        root, *rest = items
        assert "root" in root
        assert set(ids(rest)) == {a, b, deep, early}
        assert len(rest) == 4
        order = ids(items)
        for each in rest:
            assert order.index(each["parentReference"]["id"]) < order.index(each["id"])
            assert "path" not in each["parentReference"]
            assert "cTag" not in each
        assert "?token=" in link


def test_a_drive_tells_changes_with_the_folders_above(ada):
    a = folder(ada, "root", "a")
    b = folder(ada, f"items/{a}", "b")
    deep = file(ada, "a/b/deep.txt")
    folder(ada, "root", "other")
    root = ada.get(f"/v1.0/{DRIVE}/root").json["id"]
    _, link = rounds(ada, f"{DRIVE}/root/delta")
    ada.patch(f"/v1.0/{DRIVE}/items/{deep}", json={"name": "deeper.txt"})
    items, _ = rounds(ada, link)
    assert ids(items) == [root, a, b, deep]
    assert items[-1]["name"] == "deeper.txt"
    alone, _ = rounds(ada, link, headers={"deltaExcludeParent": "true"})
    assert ids(alone) == [deep]

    _, link = rounds(ada, link)
    ada.delete(f"/v1.0/{DRIVE}/items/{a}")
    gone = {each["id"]: each for each in rounds(ada, link)[0] if "deleted" in each}
    assert gone.keys() == {a, b, deep}
    assert gone[a]["deleted"] == {"state": "deleted"}
    assert "name" not in gone[a]
    assert "@removed" not in gone[a]
    assert gone[deep]["parentReference"]["id"] == b


def test_a_drive_tells_that_sharing_has_changed_to_who_wishes_to_know(ada):
    shared, other = file(ada, "a.txt"), file(ada, "b.txt")
    _, link = rounds(ada, f"{DRIVE}/root/delta")
    made = ada.post(f"/v1.0/{DRIVE}/items/{shared}/createLink", json={"type": "view"})
    assert made.status_code == 201, made.text
    ada.patch(f"/v1.0/{DRIVE}/items/{other}", json={"name": "c.txt"})
    words = "deltashowremovedasdeleted, deltatraversepermissiongaps, deltashowsharingchanges"
    wish = {"Prefer": words}
    mark = "@microsoft.graph.sharedChanged"
    assert ada.get(link, headers=wish).headers["Preference-Applied"] == words
    told = {each["id"]: each.get(mark) for each in rounds(ada, link, headers=wish)[0]}
    assert (told[shared], told[other]) == ("True", None)
    for less in ({}, {"Prefer": "deltatraversepermissiongaps, deltashowsharingchanges"}):
        assert not any(mark in each for each in rounds(ada, link, headers=less)[0])


def test_a_drive_tells_where_sharing_begins_and_ends_to_who_wishes_to_know(ada):
    wish = {"Prefer": "hierarchicalsharing"}
    once, inner = folder(ada, "root", "once"), file(ada, "once/a.txt")
    link = f"{DRIVE}/items/{once}/createLink"
    made = ada.post(f"/v1.0/{link}", json={"type": "view"})
    assert made.status_code == 201, made.text
    items, link = rounds(ada, f"{DRIVE}/root/delta", headers=wish)
    told = {each["id"]: each.get("shared") for each in items}
    (root,) = (each["id"] for each in items if "root" in each)
    assert (told[root], told[inner], bool(told[once])) == ({}, None, True)
    assert "shared" not in rounds(ada, f"{DRIVE}/root/delta")[0][0]
    unselected, _ = rounds(ada, f"{DRIVE}/root/delta?$select=id", headers=wish)
    assert "shared" not in unselected[0]

    granted = f"/v1.0/{DRIVE}/items/{once}/permissions/{made.json['id']}"
    assert (
        ada.patch(granted, json={"expirationDateTime": "2099-01-01T00:00:00Z"}).status_code == 200
    )
    items, link = rounds(ada, link, headers=wish)
    assert [bool(each["shared"]) for each in items if each["id"] == once] == [True]
    assert ada.delete(granted).status_code == 204
    assert "shared" not in ada.get(f"/v1.0/{DRIVE}/items/{once}").json
    items, _ = rounds(ada, link, headers=wish)
    assert {each["id"]: each.get("shared") for each in items} == {root: {}, once: {}}
    assert ada.get(f"/v1.0/{DRIVE}/root/delta", headers=wish).headers["Preference-Applied"]


@pytest.mark.parametrize(
    "form", ["delta?token=latest", "delta(token='latest')", "microsoft.graph.delta(token='latest')"]
)
def test_a_drive_knows_latest(ada, form):
    file(ada, "a.txt")
    items, link = rounds(ada, f"{DRIVE}/root/{form}")
    assert items == []
    b = file(ada, "b.txt")
    token = link.partition("token=")[2]
    assert b in ids(rounds(ada, link)[0])
    assert b in ids(rounds(ada, f"{DRIVE}/root/delta(token='{token}')")[0])
    assert b in ids(rounds(ada, f"{DRIVE}/root/delta()?token={token}")[0])


def test_a_token_may_be_an_alias(ada):
    file(ada, "a.txt")
    items, link = rounds(ada, f"{DRIVE}/root/delta(token=@t)?@t='latest'")
    assert items == []
    b = file(ada, "b.txt")
    items, link = rounds(ada, link)
    assert b in ids(items)
    again = link.partition("token=")[2]
    assert rounds(ada, f"{DRIVE}/root/delta(token=@t)?@t='{again}'")[0] == []


def test_a_drive_refuses_what_it_does_not_know(ada):
    assert_error(ada.get(f"/v1.0/{DRIVE}/root/delta?token=x"), 400, "invalidRequest")
    for option in ("$filter=name eq 'a'", "$orderby=name", "$count=true", "$skip=1"):
        assert ada.get(f"/v1.0/{DRIVE}/root/delta?{option}").status_code == 400
    for time in ("2021-13-29T20:00:00Z", "2021-09-29T20", "2021-09-29Tx"):
        since = ada.get(f"/v1.0/{DRIVE}/root/delta?token={time}")
        assert_error(since, 400, "invalidRequest", "Invalid paging token")
    assert ada.get(f"/v1.0/{DRIVE}/items/nothing/delta").status_code == 404


def test_a_drive_tells_changes_since_a_point_in_time(ada):
    a, b = file(ada, "a.txt"), file(ada, "b.txt")
    ada.put("/_fakegraph/clock", json={"advance": "PT1H"})
    now = ada.get("/_fakegraph/clock").json["now"]
    ada.put("/_fakegraph/clock", json={"advance": "PT1H"})
    ada.delete(f"/v1.0/{DRIVE}/items/{a}")
    c = file(ada, "c.txt")

    items, link = rounds(ada, f"{DRIVE}/root/delta?token={quote(now)}&$select=id,name")

    assert {each["id"] for each in items if "root" not in each} >= {a, c}
    assert b not in ids(items)
    assert [each["name"] for each in items if each["id"] == c] == ["c.txt"]
    assert rounds(ada, link)[0] == []
    later = ada.get("/_fakegraph/clock").json["now"]
    assert rounds(ada, f"{DRIVE}/root/delta(token='{quote(later)}')")[0] == []
    early, _ = rounds(ada, f"{DRIVE}/root/delta?token=2001-09-29T20%3A00%3A00Z")
    assert {each["id"] for each in early} >= {b, c}


@pytest.mark.parametrize("top", [1000, 20_000])
def test_a_page_may_be_as_large_as_one_of_a_list(ada, top):
    a = folder(ada, "root", "a")
    assert a in ids(rounds(ada, f"{DRIVE}/root/delta?$top={top}")[0])


def test_a_folder_tells_changes_of_what_lies_in_it(ada):
    a, other = folder(ada, "root", "a"), folder(ada, "root", "other")
    b = folder(ada, f"items/{a}", "b")
    deep, out = file(ada, "a/b/deep.txt"), file(ada, "other/out.txt")
    path = f"{DRIVE}/items/{a}/delta"
    items, link = rounds(ada, path)
    assert ids(items) == [a, b, deep]
    assert ids(rounds(ada, f"{DRIVE}/root:/a:/delta")[0]) == [a, b, deep]
    assert rounds(ada, f"{path}?token=latest")[0] == []

    ada.patch(f"/v1.0/{DRIVE}/items/{out}", json={"name": "o.txt"})
    assert rounds(ada, link)[0] == []
    ada.patch(f"/v1.0/{DRIVE}/items/{deep}", json={"name": "d.txt"})
    assert ids(rounds(ada, link)[0]) == [a, b, deep]

    _, link = rounds(ada, link)
    ada.patch(f"/v1.0/{DRIVE}/items/{other}", json={"parentReference": {"id": b}})
    assert ids(rounds(ada, link)[0]) == [a, b, other, out]
    _, link = rounds(ada, link)
    root = ada.get(f"/v1.0/{DRIVE}/root").json["id"]
    ada.patch(f"/v1.0/{DRIVE}/items/{other}", json={"parentReference": {"id": root}})
    (gone,), link = rounds(ada, link)
    assert (gone["id"], gone["deleted"]) == (other, {"state": "deleted"})
    ada.delete(f"/v1.0/{DRIVE}/items/{out}")
    assert rounds(ada, link)[0] == []
    ada.delete(f"/v1.0/{DRIVE}/items/{b}")
    items, link = rounds(ada, link)
    assert {each["id"] for each in items if "deleted" in each} == {b, deep}
    refused = ada.get(f"/v1.0/{DRIVE}/root/delta?{link.partition('?')[2]}")
    assert_error(refused, 400, "invalidRequest", "Invalid paging token")


def test_lists_tell_their_items(client):
    seed(client, {"sites": [{"id": "h,1,2", "name": "s"}]})
    made = make(client, "sites/h,1,2/lists", {"displayName": "songs"})
    path = f"sites/h,1,2/lists/{made['id']}/items"
    _, link = rounds(client, f"{path}/delta?token=latest")
    item = make(client, path, {"fields": {"Title": "one"}})
    told, link = rounds(client, link)
    assert ids(told) == [item["id"]]
    client.delete(f"/v1.0/{path}/{item['id']}")
    (gone,), _ = rounds(client, link)
    assert gone["id"] == item["id"]
    assert gone["deleted"] == {"state": "deleted"}
    assert rounds(client, f"{path}/delta")[0] == []


# Teams, education, the directory ------------------------------------------------------------------


def test_messages_of_a_channel_are_told(client):
    seed(client, {"teams/t1/channels": [{"id": "c1", "displayName": "General"}]})
    path = "teams/t1/channels/c1/messages"
    made = make(client, path, {"body": {"content": "one"}})
    items, link = rounds(client, f"{path}/delta")
    assert items[0]["@odata.type"] == "#microsoft.graph.chatMessage"
    assert ids(items) == [made["id"]]
    make(client, f"{path}/{made['id']}/replies", {"body": {"content": "two"}})
    client.patch(f"/v1.0/{path}/{made['id']}", json={"body": {"content": "uno"}})
    (item,), _ = rounds(client, link)
    assert item["body"]["content"] == "uno"
    for option in ("$top=51", "$select=body", "$filter=createdDateTime gt 2024-01-01T00:00:00Z"):
        assert client.get(f"/v1.0/{path}/delta?{option}").status_code == 400


GIVEN = ("Microsoft Graph", "Communication site")  # what each tenant has anyway


@pytest.mark.parametrize(
    "path",
    [
        "applications",
        "servicePrincipals",
        "devices",
        "directoryRoles",
        "contacts",
        "directory/administrativeUnits",
        "oauth2PermissionGrants",
        "education/classes",
        "education/schools",
        "education/users",
        "sites",
    ],
)
def test_what_is_seeded_changed_and_cleared_is_told(client, path):
    id_ = "00000000-0000-4000-8000-000000000001"
    name = "scope" if path.startswith("oauth2") else "displayName"
    _, link = rounds(client, f"{path}/delta")
    seed(client, {path: [{"id": id_, name: "one"}]})
    (item,), link = rounds(client, link)
    assert item["id"] == id_
    assert item[name] == "one"
    names = [each[name] for each in rounds(client, f"{path}/delta")[0]]
    assert [each for each in names if each not in GIVEN] == ["one"]
    tenant = client.application.extensions["fakegraph_tenants"].named("default")
    row = tenant.store.container(path).get(id_) if "/" not in path else None
    if row is None:
        return
    tenant.store.transact(lambda t: t.replace(row.key, {**row.record, name: "two"}))
    (item,), link = rounds(client, link)
    assert item[name] == "two"
    tenant.store.transact(lambda t: t.delete(row.key))
    assert ids(rounds(client, link)[0]) == [id_]


def test_permissions_are_asked_for(make_client):
    client = make_client(auth="strict", fixture=("contoso",))
    assert client.get("/v1.0/users/delta").status_code == 401
