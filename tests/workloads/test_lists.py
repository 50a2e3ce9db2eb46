"""Lists: their columns, their items' fields, and what may be asked of these."""

from __future__ import annotations

import re

import pytest

from tests.conftest import assert_error
from tests.graph.whole.conftest import listed, make, seed, user

LISTS = "sites/root/lists"
BOOKS = f"{LISTS}/Books"
COLUMNS = [
    {"name": "Pages", "number": {"minimum": 1}, "indexed": True},
    {"name": "Kind", "choice": {"choices": ["Novel", "Play"]}, "indexed": True},
    {"name": "Topics", "choice": {"choices": ["Sea", "War"], "displayAs": "checkBoxes"}},
    {"name": "Lent", "boolean": {}, "defaultValue": {"value": "0"}},
    {"name": "Bought", "dateTime": {}},
    {"name": "Price", "currency": {"locale": "en-us"}},
    {"name": "Isbn", "text": {"maxLength": 5}, "enforceUniqueValues": True, "indexed": True},
    {"name": "Notes", "text": {"allowMultipleLines": True}},
    {"name": "Readers", "personOrGroup": {"allowMultipleSelection": True}},
    {"name": "Site", "hyperlinkOrPicture": {}},
    {"name": "Twice", "calculated": {"formula": "=[Pages]*2"}},
    {"displayName": "Two Words", "text": {}},
]
ANYWAY = {"Prefer": "HonorNonIndexedQueriesWarningMayFailRandomly"}


@pytest.fixture
def books(client):
    authors = make(client, LISTS, {"displayName": "Authors"})["id"]
    other = {"name": "Next", "lookup": {"listId": authors, "columnName": "Title"}}
    make(client, LISTS, {"displayName": "Books", "columns": [*COLUMNS, other]})
    return client


def add(client, path=BOOKS, **fields):
    return make(client, f"{path}/items", {"fields": fields})


def fields_of(client, id_, path=BOOKS):
    return client.get(f"/v1.0/{path}/items/{id_}/fields").json


# Lists -------------------------------------------------------------------------------------------


def test_a_list_says_what_it_is(books):
    found = books.get(f"/v1.0/{BOOKS}").json

    usual = {"contentTypesEnabled": False, "hidden": False, "template": "genericList"}
    assert found["list"] == usual
    assert (found["name"], found["displayName"]) == ("Books", "Books")
    assert "." not in found["createdDateTime"] + found["lastModifiedDateTime"]
    assert found["webUrl"] == "https://contoso.sharepoint.com/Lists/Books"
    assert found["eTag"].endswith(',1"')
    assert [each["name"] for each in listed(books, f"{BOOKS}/contentTypes")] == ["Item", "Folder"]


def test_lists_of_the_system_are_listed_where_that_is_selected(client):
    hidden = [
        {"displayName": "Users", "system": {}},
        {"displayName": "Looks", "list": {"hidden": True}},
    ]
    seed(client, {LISTS: [{"displayName": "Books"}, *hidden]})

    names = [each["displayName"] for each in listed(client, LISTS)]
    assert names == ["Books", "Documents"] or names == ["Documents", "Books"]
    for select in ("displayName,system", "displayName, System"):
        shown = listed(client, f"{LISTS}?$select={select}")
        assert {"Users", "Looks"} < {each["displayName"] for each in shown}, select
    assert client.get(f"/v1.0/{LISTS}/Users").status_code == 200


def test_a_taken_name_of_a_list(books):
    answer = books.post(f"/v1.0/{LISTS}", json={"displayName": "books"})

    assert_error(answer, 409, "nameAlreadyExists", "Name already exists")


# Columns -----------------------------------------------------------------------------------------


def test_a_column_is_made_changed_and_deleted(books):
    made = make(books, f"{BOOKS}/columns", {"name": "Shelf", "text": {}})
    path = f"/v1.0/{BOOKS}/columns/{made['id']}"

    assert (made["displayName"], made["indexed"], made["required"]) == ("Shelf", False, False)
    assert books.patch(path, json={"indexed": True}).json["indexed"] is True
    add(books, Shelf="A")
    assert books.delete(path).status_code == 204
    answer = books.post(f"/v1.0/{BOOKS}/items", json={"fields": {"Shelf": "B"}})
    assert_error(answer, 400, "invalidRequest", "Field 'Shelf' is not recognized")


def test_spaces_in_the_name_of_a_column(books):
    assert add(books, Two_x0020_Words="x")["fields"]["Two_x0020_Words"] == "x"
    answer = books.post(f"/v1.0/{BOOKS}/items", json={"fields": {"Two Words": "x"}})
    assert answer.json["error"]["message"] == "Field 'Two Words' is not recognized"
    made = make(books, f"{BOOKS}/columns", {"name": "Page Count", "number": {}})
    assert (made["name"], made["displayName"]) == ("Page_x0020_Count", "Page Count")
    assert add(books, Page_x0020_Count=7)["fields"]["Page_x0020_Count"] == 7


KEPT = [
    ("Title", "Moby-Dick", "Moby-Dick"),
    ("Pages", 3, 3),
    ("Pages", 3.5, 3.5),
    ("Kind", "Play", "Play"),
    ("Lent", True, True),
    ("Bought", "2026-03-01", "2026-03-01T00:00:00Z"),
    ("Bought", "2026-03-01T10:00:00.25+02:00", "2026-03-01T08:00:00Z"),
    ("Price", 9.99, 9.99),
    ("Isbn", "12345", "12345"),
    ("Notes", "x" * 300, "x" * 300),
    ("NextLookupId", 2, "2"),
    ("NextLookupId", "2", "2"),
    (
        "Site",
        {"Url": "https://x", "Description": "y"},
        {"Url": "https://x", "Description": "y"},
    ),
]


def test_each_kind_of_column_keeps_its_values(books):
    for name, sent, kept in KEPT:
        made = add(books, **{name: sent})

        assert made["fields"][name] == kept, name
        assert fields_of(books, made["id"])[name] == kept, name
        books.delete(f"/v1.0/{BOOKS}/items/{made['id']}")


@pytest.mark.parametrize(
    ("name", "kind", "sent"),
    [("Topics", "String", ["Sea", "War"]), ("ReadersLookupId", "Int32", [7, 9])],
)
def test_several_values_say_their_type(books, name, kind, sent):
    fields = {f"{name}@odata.type": f"Collection(Edm.{kind})", name: sent}

    assert add(books, **fields)["fields"][name] == sent
    answer = books.post(f"/v1.0/{BOOKS}/items", json={"fields": {name: sent}})
    assert_error(answer, 400, "invalidRequest")
    assert answer.json["error"]["message"] == "Invalid request"


REFUSED = [
    ("Title", 3),
    ("Title", "x" * 256),
    ("Pages", "three"),
    ("Pages", True),
    ("Pages", 0),
    ("Kind", "Poem"),
    ("Kind", ["Play"]),
    ("Lent", "yes"),
    ("Bought", "yesterday"),
    ("Bought", "2026-02-30"),
    ("Bought", "0001-01-01T00:00:00+14:00"),
    ("Price", "9"),
    ("Isbn", "123456"),
    ("NextLookupId", "two"),
    ("NextLookupId", -1),
    ("ReadersLookupId", 7),
    ("Site", "https://x"),
    ("Twice", 4),
    ("id", "9"),
    ("Created", "2026-03-01T00:00:00Z"),
    ("AuthorLookupId", "7"),
    ("LinkTitle", "x"),
    ("_UIVersionString", "7.0"),
]


@pytest.mark.parametrize("way", ["made", "changed", "fields"])
def test_what_a_column_does_not_take(books, way):
    id_ = add(books)["id"]
    method, path, wrapped = {
        "made": ("POST", f"{BOOKS}/items", True),
        "changed": ("PATCH", f"{BOOKS}/items/{id_}", True),
        "fields": ("PATCH", f"{BOOKS}/items/{id_}/fields", False),
    }[way]
    for name, value in REFUSED:
        sent = {name: value}
        body = {"fields": sent} if wrapped else sent
        answer = books.open(f"/v1.0/{path}", method=method, json=body)

        assert_error(answer, 400, "invalidRequest")
        assert answer.json["error"]["message"] == "Invalid request", name
    assert len(listed(books, f"{BOOKS}/items")) == 1
    assert fields_of(books, id_)["_UIVersionString"] == "1.0"


def test_a_list_that_was_seeded_without_columns_takes_what_it_is_given(client):
    seed(client, {f"{LISTS}": [{"id": "l1", "displayName": "Things"}]})

    assert add(client, f"{LISTS}/l1", Title="A", Weight=3)["fields"]["Weight"] == 3


def test_a_default_is_there_and_what_is_unique_is_so_once(books):
    first = add(books, Isbn="1")
    second = add(books, Isbn="2")
    add(books), add(books)  # nothing is no value

    assert first["fields"]["Lent"] is False
    make(books, f"{BOOKS}/columns", {"name": "Odd", "number": {}, "defaultValue": {"value": "x"}})
    assert "Odd" not in add(books)["fields"]
    path = f"/v1.0/{BOOKS}/items/{second['id']}/fields"
    for answer in (
        books.post(f"/v1.0/{BOOKS}/items", json={"fields": {"Isbn": "1"}}),
        books.patch(path, json={"Isbn": "1"}),
    ):
        assert_error(answer, 400, "invalidRequest", "duplicate values", "[Isbn]")
    assert books.patch(path, json={"Isbn": "2", "Pages": 4}).status_code == 200


# Items -------------------------------------------------------------------------------------------


def test_fields_come_only_expanded(books):
    add(books, Title="A", Pages=3)

    (plain,) = listed(books, f"{BOOKS}/items")
    (selected,) = listed(books, f"{BOOKS}/items?$select=id,fields")
    (some,) = listed(books, f"{BOOKS}/items?expand=fields(select=Title,Pages)")
    (both,) = listed(books, f"{BOOKS}/items?$select=id,fields&$expand=fields($select=Pages)")

    assert "fields" not in plain
    assert selected.keys() == {"@odata.etag", "id"}
    assert some["fields"] == {"Title": "A", "Pages": 3}
    assert both["fields"] == {"Pages": 3}


def test_an_item_and_its_fields_say_what_the_service_says(books):
    made = add(books, Title="A")
    fields = fields_of(books, "1")

    assert made["contentType"]["name"] == "Item"
    assert "." not in made["createdDateTime"] + made["lastModifiedDateTime"]
    assert made["webUrl"] == "https://contoso.sharepoint.com/Lists/Books/1_.000"
    expected = {
        "id": "1",
        "ContentType": "Item",
        "LinkTitle": "A",
        "LinkTitleNoMenu": "A",
        "Attachments": False,
        "Edit": "",
        "ItemChildCount": "0",
        "FolderChildCount": "0",
        "_UIVersionString": "1.0",
        "_ComplianceFlags": "",
        "_ComplianceTag": "",
        "@odata.etag": made["eTag"],
        "Created": made["createdDateTime"],
        "Modified": made["lastModifiedDateTime"],
    }
    assert {name: fields[name] for name in expected} == expected
    assert fields["AuthorLookupId"].isdigit()
    assert "Pages" not in fields  # what is empty is not there


def test_a_change_changes_what_is_sent_and_null_clears(books):
    made = add(books, Title="A", Pages=3, Kind="Play")
    path = f"/v1.0/{BOOKS}/items/1"

    answer = books.patch(f"{path}/fields", json={"Pages": 4, "Kind": None})

    assert answer.status_code == 200
    assert (answer.json["Title"], answer.json["Pages"]) == ("A", 4)
    assert "Kind" not in answer.json
    whole = books.patch(path, json={"fields": {"Title": "B"}})
    assert whole.status_code == 200
    assert (whole.json["fields"]["Title"], whole.json["fields"]["Pages"]) == ("B", 4)
    assert whole.json["eTag"] != made["eTag"]
    for stale in (path, f"{path}/fields"):
        late = books.patch(stale, json={}, headers={"If-Match": made["eTag"]})
        message = "ETag does not match current item's value"
        assert_error(late, 412, "resourceModified", message)


def test_a_number_of_many_digits_is_kept_as_far_as_json_writers_do(books):
    id_ = add(books, Title="Long", Pages=10**30)["id"]

    assert fields_of(books, id_)["Pages"] == 1e30
    path = f"/v1.0/{BOOKS}/items/{id_}/fields"
    assert books.patch(path, json={"Price": 10**20}).json["Price"] == 1e20
    assert_error(books.patch(path, json={"Price": 10**400}), 400, "invalidRequest")


def test_numbers_do_not_come_again(books):
    ids = [add(books)["id"] for _ in range(3)]
    books.delete(f"/v1.0/{BOOKS}/items/3")
    seed(books, {f"{BOOKS}/items": [{"fields": {}}, {"fields": {}}, {"fields": {}}]})

    assert ids == ["1", "2", "3"]
    assert [each["id"] for each in listed(books, f"{BOOKS}/items")] == ["1", "2", "4", "5", "6"]
    assert add(books)["id"] == "7"


def test_versions_of_an_item_are_kept_and_restored(books):
    add(books, Title="A", Pages=3)
    path = f"{BOOKS}/items/1"
    books.patch(f"/v1.0/{path}/fields", json={"Title": "B", "Kind": "Play"})

    assert [each["id"] for each in listed(books, f"{path}/versions")] == ["2.0", "1.0"]
    first = books.get(f"/v1.0/{path}/versions/1.0?$expand=fields").json["fields"]
    assert (first["Title"], first["Pages"]) == ("A", 3)
    assert books.post(f"/v1.0/{path}/versions/1.0/restoreVersion").status_code == 204
    now = fields_of(books, "1")
    assert (now["Title"], now["Pages"], now["_UIVersionString"]) == ("A", 3, "3.0")
    assert "Kind" not in now


# Queries -----------------------------------------------------------------------------------------


@pytest.fixture
def shelf(books):
    for title, pages, kind in (("C", 30, "Play"), ("a", 10, "Novel"), ("B", 20, "Novel")):
        add(books, Title=title, Pages=pages, Kind=kind, Bought=f"2026-01-{pages}", Lent=pages > 15)
    return books


INDEXED = [
    ("$filter=fields/Pages gt 10", ["1", "3"]),
    ("$filter=fields/Kind eq 'Novel'", ["2", "3"]),
    ("$filter=startswith(fields/Kind,'Pl')", ["1"]),
    ("$filter=fields/Pages ge 10 and fields/Kind ne 'Play'", ["2", "3"]),
    ("$filter=not (fields/Pages lt 20)", ["1", "3"]),
    ("$filter=id eq '2'", ["2"]),
    ("$filter=Fields/Pages eq @n&@n=30", ["1"]),
    ("$filter=10 lt fields/Pages and fields/Kind ne 'fields/Zork in (1)'", ["1", "3"]),
    ("$orderby=fields/Pages", ["2", "3", "1"]),
    ("$orderby=fields/Pages desc&$expand=fields($select=Pages)&$top=2", ["1", "3"]),
]


def test_indexed_columns_are_asked(shelf):
    for query, ids in INDEXED:
        found = listed(shelf, f"{BOOKS}/items?{query}")
        assert [each["id"] for each in found] == ids, query


NOT_INDEXED = [
    ("$filter=fields/Title eq 'B'", "Title", ["3"]),
    ("$filter=startswith(fields/Title,'B')", "Title", ["3"]),
    ("$filter=fields/Bought gt '2026-01-15'", "Bought", ["1", "3"]),
    ("$filter=fields/Bought gt 2026-01-15T00:00:00Z", "Bought", ["1", "3"]),
    ("$filter=fields/Lent eq true", "Lent", ["1", "3"]),
    ("$filter=fields/Title eq null", "Title", []),
    ("$filter=fields/Pages gt 10 and fields/Title ne 'C'", "Title", ["3"]),
    ("$orderby=fields/Title", "Title", ["2", "3", "1"]),
    ("$filter=fields/Created gt '2020-01-01'", "Created", ["1", "2", "3"]),
]


def test_a_column_that_is_not_indexed_wants_the_header(shelf):
    for query, name, ids in NOT_INDEXED:
        answer = shelf.get(f"/v1.0/{BOOKS}/items?{query}")

        assert_error(answer, 400, "invalidRequest")
        assert answer.json["error"]["message"] == (
            f"Field '{name}' cannot be referenced in filter or orderby as it is not indexed. "
            "Provide the 'Prefer: HonorNonIndexedQueriesWarningMayFailRandomly' header to allow "
            "this, but be warned that such queries may fail on large lists."
        )
        for header in (ANYWAY, {"Prefer": "allowthrottleablequeries"}):
            found = listed(shelf, f"{BOOKS}/items?{query}", headers=header)
            assert [each["id"] for each in found] == ids, query


UNASKED = [
    ("$filter=fields/Zork eq 'x'", "invalidRequest", "Field 'Zork' is not recognized"),
    ("$orderby=fields/Zork", "invalidRequest", "Field 'Zork' is not recognized"),
    ("$filter=contains(fields/Title,'x')", "notSupported", "Operation not supported"),
    ("$filter=endswith(fields/Kind,'x')", "notSupported", "Operation not supported"),
    ("$filter=fields/Kind in ('x')", "notSupported", "Operation not supported"),
    ("$filter=tolower(fields/Kind) eq 'x'", "notSupported", "Operation not supported"),
    ("$filter=fields/Pages add 1 eq 31", "notSupported", "Operation not supported"),
    ("$filter=@c&@c=fields/Pages add 1 eq 31", "notSupported", "Operation not supported"),
    ("$filter=@c&@c=fields/Zork eq 'x'", "invalidRequest", "Field 'Zork' is not recognized"),
    ("$orderby=tolower(fields/Kind)", "notSupported", "Operation not supported"),
    ("$filter=contains(webUrl,'x')", "notSupported", "Operation not supported"),
]


def test_what_lists_cannot_be_asked(shelf):
    for query, code, message in UNASKED:
        answer = shelf.get(f"/v1.0/{BOOKS}/items?{query}", headers=ANYWAY)

        assert_error(answer, 400, code, message)


def test_an_item_of_no_library_is_no_file(shelf):
    expanded = listed(shelf, f"{BOOKS}/items?$select=id&$expand=driveItem($expand=children)")
    read = shelf.get(f"/v1.0/{BOOKS}/items/1/driveItem")
    filled = shelf.put(f"/v1.0/{BOOKS}/items/1/driveItem/content", data=b"x")

    assert [each["driveItem"] for each in expanded] == [None] * 3
    for answer in (read, filled):
        assert_error(answer, 404, "itemNotFound", "The resource could not be found.")


def test_values_of_another_kind_are_none(client):
    values = [3, "x", True, ["a"], {"b": 1}, None]
    items = [{"id": str(n), "fields": {"X": value}} for n, value in enumerate(values, 1)]
    seed(client, {LISTS: [{"id": "l1", "displayName": "L"}], f"{LISTS}/l1/items": items})

    for condition, ids in (("gt 2", ["1"]), ("gt '3'", ["2"]), ("eq true", ["3"])):
        query = f"{LISTS}/l1/items?$filter=fields/X {condition}"
        assert [each["id"] for each in listed(client, query, headers=ANYWAY)] == ids, condition
    ordered = listed(client, f"{LISTS}/l1/items?$orderby=fields/X", headers=ANYWAY)
    assert len(ordered) == len(values)


def test_a_page_has_as_many_items_as_are_asked_for_up_to_five_thousand(client):
    made = make(client, LISTS, {"displayName": "Many"})["id"]
    path = f"{LISTS}/{made}/items"
    client.post("/_fakegraph/seed", json={path: [{"fields": {"Title": "t"}} for _ in range(1300)]})
    for top, found in ((998, 998), (1200, 1200), (4999, 1300), (5000, 1300), (9999, 1300)):
        page = client.get(f"/v1.0/{path}?$top={top}&$select=id")
        assert page.status_code == 200, page.text
        assert len(page.json["value"]) == found
        assert ("@odata.nextLink" in page.json) == (found < 1300)
    link = client.get(f"/v1.0/{path}?$top=1200&$select=id").json["@odata.nextLink"]
    assert len(client.get(link.partition("localhost")[2]).json["value"]) == 100


def test_items_come_in_pages_and_changes_are_told(shelf):
    first = shelf.get(f"/v1.0/{BOOKS}/items?$top=2").json
    rest = shelf.get(first["@odata.nextLink"]).json
    assert [each["id"] for each in (*first["value"], *rest["value"])] == ["1", "2", "3"]

    latest = shelf.get(f"/v1.0/{BOOKS}/items/delta?token=latest").json
    assert latest["value"] == []
    shelf.patch(f"/v1.0/{BOOKS}/items/2/fields", json={"Pages": 11})
    shelf.delete(f"/v1.0/{BOOKS}/items/3")
    told = {each["id"]: each for each in shelf.get(latest["@odata.deltaLink"]).json["value"]}
    assert told.keys() == {"2", "3"}
    (whole,) = (shelf.get(f"/v1.0/{BOOKS}/items/{id_}").json for id_ in ("2",))
    assert whole["parentReference"] == {"siteId": shelf.get("/v1.0/sites/root").json["id"]}
    assert told["2"]["parentReference"] == whole["parentReference"]
    same = {name: whole[name] for name in ("contentType", "parentReference")}
    assert told["3"] == {"id": "3", **same, "deleted": {"state": "deleted"}}


@pytest.mark.parametrize("name", ["_xFFFFFF_", "_xd800_"])
def test_a_number_of_no_letter_stays_in_the_name_of_a_column(client, name):
    made = make(client, "sites/root/columns", {"name": name, "text": {}})

    assert (made["name"], made["displayName"]) == (name, name)


def test_a_content_type_takes_over_a_column_of_its_site(client):
    column = {"name": "Colour", "choice": {"choices": ["Red"]}, "required": True}
    made = make(client, "sites/root/columns", column)
    kind = make(client, "sites/root/contentTypes", {"name": "Car", "group": "Own"})
    path = f"sites/root/contentTypes/{kind['id']}"
    assert re.fullmatch("0x0100[0-9A-F]{32}", kind["id"])
    again = client.post("/v1.0/sites/root/contentTypes", json={"name": "Car"})
    assert_error(again, 409, "nameAlreadyExists")
    url = f"https://graph.microsoft.com/v1.0/sites/root/columns/{made['id']}"

    taken = make(client, f"{path}/columns", {"sourceColumn@odata.bind": url})

    assert (taken["name"], taken["required"], taken["choice"]["choices"]) == (
        "Colour",
        True,
        ["Red"],
    )
    hubs = {"hubSiteUrls": ["https://x/v1.0/sites/a"], "propagateToExistingLists": False}
    for _ in range(2):
        assert client.post(f"/v1.0/{path}/associateWithHubSites", json=hubs).status_code == 204
    assert client.get(f"/v1.0/{path}").json["associatedHubsUrls"] == hubs["hubSiteUrls"]
    spread = client.post(
        f"/v1.0/{path}/associateWithHubSites", json={**hubs, "propagateToExistingLists": True}
    )
    assert_error(spread, 501, "NotImplemented")
    file = {"sourceFile": {"sharepointIds": {"listItemId": "2"}}, "destinationFileName": "n.txt"}
    copied = client.post(f"/v1.0/{path}/copyToDefaultContentLocation", json=file)
    assert copied.status_code == 204, copied.text
    (noted,) = client.get("/_fakegraph/noted").json["defaultContents"]
    assert (noted["about"], noted["destinationFileName"]) == (kind["id"], "n.txt")


# Libraries ---------------------------------------------------------------------------------------


def put(client, path, data=b"hello"):
    answer = client.put(f"/v1.0/{path}:/content", data=data)
    assert answer.status_code in (200, 201), answer.text
    return answer.json


def test_a_document_set_says_which_columns_its_documents_share(client):
    """The body of https://learn.microsoft.com/graph/api/contenttype-update."""
    shared = [{"id": "cbb92da4-fd46-4c7d-af6c-3128c2a5576e", "name": "Description"}]
    welcome = [{"id": "fc2e188e-ba91-48c9-9dd3-16431afddd50", "name": "Address"}]
    said = {"shouldPrefixNameToFile": True, "sharedColumns": shared, "welcomePageColumns": welcome}
    made = make(client, "sites/root/contentTypes", {"name": "Set", "documentSet": said})
    path = f"/v1.0/sites/root/contentTypes/{made['id']}"

    changed = client.patch(path, json={"documentSet": {"sharedColumns": []}})

    assert made["documentSet"] == said
    assert changed.json["documentSet"] == {**said, "sharedColumns": []}
    expanded = client.get(f"{path}/documentSet?$expand=welcomePageColumns").json
    assert expanded["welcomePageColumns"] == welcome


def test_a_library_is_a_list_and_a_drive(client):
    made = make(client, LISTS, {"displayName": "Plans", "list": {"template": "documentLibrary"}})
    (drive,) = [each for each in listed(client, "sites/root/drives") if each["name"] == "Plans"]

    assert client.get(f"/v1.0/{LISTS}/Plans/drive").json["id"] == drive["id"]
    assert client.get(f"/v1.0/drives/{drive['id']}/list").json["id"] == made["id"]
    put(client, f"{LISTS}/Plans/drive/root:/a.txt")
    assert [each["id"] for each in listed(client, f"{LISTS}/Plans/items")] == ["1"]
    assert listed(client, f"{LISTS}/Documents/items") == []


@pytest.mark.parametrize("drive", ["sites/root/drive", "me/drive", "groups/g1/drive"])
def test_files_are_items_of_the_list(client, drive):
    seed(client, {"groups": [{"id": "g1"}]})
    item = put(client, f"{drive}/root:/A/b.txt")
    (folder, file) = listed(client, f"{drive}/list/items?$expand=fields,driveItem($select=name)")

    assert (folder["contentType"]["name"], file["contentType"]["name"]) == ("Folder", "Document")
    assert (file["driveItem"], file["fields"]["FileLeafRef"]) == ({"name": "b.txt"}, "b.txt")
    assert file["fields"]["FileSizeDisplay"] == "5"
    path = f"/v1.0/{drive}/items/{item['id']}"
    assert client.get(f"{path}/listItem").json["id"] == file["id"]
    there = client.get(f"{path}?$expand=listItem($expand=fields($select=DocIcon))").json
    assert there["listItem"]["fields"] == {"DocIcon": "txt"}
    assert client.get(f"/v1.0/{drive}/list/items/2/driveItem").json["id"] == item["id"]
    client.patch(path, json={"name": "c.md"})
    assert client.get(f"{path}/listItem/fields").json["FileLeafRef"] == "c.md"
    client.delete(f"/v1.0/{drive}/root:/A")
    assert listed(client, f"{drive}/list/items") == []


def test_metadata_of_a_file_is_set_after_it_is_uploaded(client):
    make(client, f"{LISTS}/Documents/columns", {"name": "Dept", "text": {}, "indexed": True})
    before = put(client, "sites/root/drive/root:/a.txt")
    path = f"/v1.0/sites/root/drive/items/{before['id']}/listItem/fields"

    assert client.patch(path, json={"Dept": "HR"}).json["Dept"] == "HR"
    assert client.patch(path, json={"Dept": "IT"}).json["Dept"] == "IT"

    after = client.get(f"/v1.0/sites/root/drive/items/{before['id']}").json
    assert int(after["eTag"].rpartition(",")[2][:-1]) == int(before["eTag"][-2]) + 2
    assert after["cTag"] == before["cTag"]
    found = listed(client, f"{LISTS}/Documents/items?$filter=fields/Dept eq 'IT'")
    assert [each["id"] for each in found] == ["1"]
    answer = client.patch(path, json={"Zork": 1})
    assert_error(answer, 400, "invalidRequest", "Field 'Zork' is not recognized")
    answer = client.patch(path, json={"DocIcon": "txt"})
    assert_error(answer, 400, "invalidRequest", "Invalid request")


def test_what_is_selected_of_fields_has_a_column(books):
    add(books, Title="A", Pages=3)
    path = f"/v1.0/{BOOKS}/items"
    unknown = ("?$expand=fields($select=Title,Nope)", "/1?$expand=fields($select=Nope)")
    for query in (*unknown, "/1/fields?$select=Nope", "/1/versions?$expand=fields($select=Nope)"):
        refused = books.get(f"{path}{query}")
        assert_error(refused, 400, "invalidRequest", "Field 'Nope' is not recognized")
    unbuilt = books.get(f"{path}/1/fields?$select=UniqueId")
    assert_error(unbuilt, 501, "NotImplemented", "'UniqueId'")

    found = books.get(f"{path}/1/fields?$select=Isbn,Pages,ContentTypeId,FileRef,FileDirRef").json

    del found["@odata.context"]
    item = books.get(f"{path}/1").json
    where = {"FileRef": "/Lists/Books/1_.000", "FileDirRef": "/Lists/Books"}
    assert found == {"Pages": 3, "ContentTypeId": item["contentType"]["id"], **where}


def test_what_is_looked_up_is_shown_where_it_is_selected(books):
    make(books, "users", user(displayName="Ada"))
    first, second = add(books, Title="A"), add(books, Title="B")
    list_ = books.get(f"/v1.0/{BOOKS}").json["id"]
    of = {"listId": list_, "columnName": "Title"}
    columns = [
        {"name": "Book", "lookup": of},
        {"name": "More", "lookup": {**of, "allowMultipleValues": True}},
        {"name": "Owner", "personOrGroup": {}},
    ]
    make(books, LISTS, {"displayName": "Loans", "columns": columns})
    loans = f"{LISTS}/Loans"
    me = books.get(f"/v1.0/{BOOKS}/items/1/fields?$select=AuthorLookupId").json["AuthorLookupId"]
    typed = {"MoreLookupId@odata.type": "Collection(Edm.Int32)"}
    several = [int(first["id"]), int(second["id"])]
    add(books, loans, BookLookupId=2, OwnerLookupId=me, MoreLookupId=several, **typed)

    names = "Book,More,Owner,Author"
    found = books.get(f"/v1.0/{loans}/items/1?$expand=fields($select={names})").json["fields"]

    looked_up = [{"LookupId": 1, "LookupValue": "A"}, {"LookupId": 2, "LookupValue": "B"}]
    assert found == {"Book": "B", "More": looked_up, "Owner": "Ada", "Author": "Ada"}
    books.patch(f"/v1.0/{BOOKS}/items/2/fields", json={"Title": "Other"})
    again = books.get(f"/v1.0/{loans}/items/1/fields?$select=Book").json
    assert again["Book"] == "Other"


def test_columns_look_up_what_there_is(books):
    authors = books.get(f"/v1.0/{LISTS}/Authors").json["id"]
    of = {"listId": authors, "columnName": "Title"}
    wrong = ({**of, "listId": "x"}, {**of, "columnName": "Nope"}, {"columnName": "Title"})
    for lookup in wrong:
        column = {"name": "Look", "lookup": lookup}
        answers = (
            books.post(f"/v1.0/{BOOKS}/columns", json=column),
            books.post("/v1.0/sites/root/columns", json=column),
            books.post(f"/v1.0/{LISTS}", json={"displayName": "L", "columns": [column]}),
        )
        for answer in answers:
            error = assert_error(answer, 400, "invalidRequest", "Invalid request")
            assert error["details"][0]["target"].startswith("lookup/")
    assert books.get(f"/v1.0/{LISTS}/L").status_code == 404

    made = make(books, f"{BOOKS}/columns", {"name": "Look", "lookup": of})

    assert made["lookup"]["listId"] == authors
    path = f"/v1.0/{BOOKS}/columns/{made['id']}"
    assert books.patch(path, json={"lookup": {**of, "listId": "x"}}).status_code == 400


def test_items_are_of_content_types_that_their_list_has(books):
    types = {each["name"]: each["id"] for each in listed(books, f"{BOOKS}/contentTypes")}
    path = f"/v1.0/{BOOKS}/items"
    for said in ({"id": "0x0199"}, {"name": "Nope"}, {"id": types["Item"], "name": "Folder"}, {}):
        refused = books.post(path, json={"contentType": said, "fields": {}})
        assert_error(refused, 400, "invalidRequest", "Invalid request")
    assert_error(books.post(path, json={"fields": {"ContentType": "Nope"}}), 400, "invalidRequest")
    whole = {"id": types["Folder"], "name": "Folder"}

    for said in ({"id": "0x0120"}, {"name": "Folder"}):
        made = make(books, f"{BOOKS}/items", {"contentType": said, "fields": {"Title": "A"}})
        assert made["contentType"] == whole
    other = add(books, ContentType="Folder")
    one = f"{path}/{other['id']}"
    assert books.get(one).json["contentType"] == whole
    assert books.patch(f"{one}/fields", json={"ContentType": "Item"}).status_code == 200
    shown = books.get(f"{one}?$expand=fields").json
    assert (shown["contentType"]["name"], shown["fields"]["ContentType"]) == ("Item", "Item")
    changed = books.patch(one, json={"contentType": {"name": "Folder"}})
    assert changed.json["contentType"] == whole
    assert books.patch(one, json={"contentType": {"name": "Nope"}}).status_code == 400


@pytest.mark.parametrize(
    ("column", "target"),
    [
        ({"text": {}}, "name"),
        ({"name": "A", "text": {}, "number": {}}, "number"),
        ({"name": "", "text": {}}, "name"),
        ({"name": "A" * 256, "text": {}}, "name"),
        ({"name": "A", "text": {"maxLength": 256}}, "text/maxLength"),
        ({"name": "A", "text": {"textType": "zork"}}, "text/textType"),
        ({"name": "A", "dateTime": {"format": "zork"}}, "dateTime/format"),
        ({"name": "A", "number": {"minimum": 2, "maximum": 1}}, "number/minimum"),
        ({"name": "A", "calculated": {}}, "calculated/formula"),
        ({"name": "A", "text": {}, "enforceUniqueValues": True}, "enforceUniqueValues"),
        (
            {"name": "A", "boolean": {}, "indexed": True, "enforceUniqueValues": True},
            "enforceUniqueValues",
        ),
        ({"name": "A", "text": {"allowMultipleLines": True}, "indexed": True}, "indexed"),
        ({"name": "A", "hyperlinkOrPicture": {}, "indexed": True}, "indexed"),
        ({"name": "A", "choice": {"displayAs": "checkBoxes"}, "indexed": True}, "indexed"),
        (
            {"name": "A", "personOrGroup": {"allowMultipleSelection": True}, "indexed": True},
            "indexed",
        ),
    ],
)
def test_no_column_is_as_no_column_can_be(books, column, target):
    answers = (
        books.post(f"/v1.0/{BOOKS}/columns", json=column),
        books.post(f"/v1.0/{LISTS}", json={"displayName": "L", "columns": [column]}),
    )
    for answer in answers:
        error = assert_error(answer, 400, "invalidRequest", "Invalid request")
        assert error["details"][0]["target"] == target


def test_a_column_keeps_its_name_and_its_kind_and_the_services_own_stay(books):
    columns = {each["name"]: each["id"] for each in listed(books, f"{BOOKS}/columns")}
    pages = f"/v1.0/{BOOKS}/columns/{columns['Pages']}"
    assert_error(books.patch(pages, json={"name": "Other"}), 400, "invalidRequest", "'name'")
    for change in ({"text": {}}, {"number": None, "text": {}}):
        assert_error(books.patch(pages, json=change), 400, "invalidRequest", "Invalid request")
    shown = {"displayName": "How many", "number": {"maximum": 9}}
    assert books.patch(pages, json=shown).json["displayName"] == "How many"
    for name in ("Title", "ID", "Created"):
        answer = books.delete(f"/v1.0/{BOOKS}/columns/{columns[name]}")
        assert_error(answer, 400, "invalidRequest", "Invalid request")
    assert books.delete(pages).status_code == 204
    made = make(books, f"{BOOKS}/columns", {"name": "2nd part/é", "text": {}})
    assert (made["name"], made["displayName"]) == (
        "_x0032_nd_x0020_part_x002f__x00e9_",
        "2nd part/é",
    )


def test_a_list_has_a_title_and_a_url_without_what_no_url_has(books):
    for title in ("", " / ", "x" * 256):
        answer = books.post(f"/v1.0/{LISTS}", json={"displayName": title})
        assert_error(answer, 400, "invalidRequest", "Invalid request")

    made = make(books, LISTS, {"displayName": "To do: A/B"})

    assert (made["displayName"], made["name"]) == ("To do: A/B", "To do AB")
    assert made["webUrl"] == "https://contoso.sharepoint.com/Lists/To%20do%20AB"


def test_an_answer_has_the_tag_that_the_item_has_from_then_on(books):
    add(books, Title="A")
    one = f"/v1.0/{BOOKS}/items/1"

    changed = books.patch(one, json={"fields": {"Title": "B"}}).json

    assert changed["eTag"] == changed["fields"]["@odata.etag"] == books.get(one).json["eTag"]
    again = books.patch(one, json={"fields": {"Title": "C"}}, headers={"If-Match": changed["eTag"]})
    assert again.status_code == 200
    before = fields_of(books, "1")
    for nothing in ({}, {"Title": "C"}):
        same = books.patch(f"{one}/fields", json=nothing).json
        for name in ("@odata.etag", "_UIVersionString"):
            assert same[name] == before[name]
