"""``POST /search/query``: what is found of what is stored."""

from __future__ import annotations

import pytest

from tests.conftest import assert_error
from tests.graph.whole.conftest import make, seed
from tests.graph.whole.test_permissions import send as ask
from tests.workloads.test_teams import bound


@pytest.fixture
def stored(client):
    people = ("ada", "Ada Lovelace"), ("bob", "Bob Contoso")
    seed(client, {"users": [{"id": id_, "displayName": name} for id_, name in people]})
    return client


def query(client, kind, text, **more):
    request = {"entityTypes": [kind], "query": {"queryString": text}, **more}
    return client.post("/v1.0/search/query", json={"requests": [request]})


def found(client, kind, text, **more):
    answer = query(client, kind, text, **more)
    assert answer.status_code == 200, answer.text
    (response,) = answer.json["value"]
    (container,) = response["hitsContainers"]
    assert ("hits" in container) is bool(container["total"])
    return container


def names(container, name):
    return [each["resource"][name] for each in container.get("hits", [])]


def mail(client, **more):
    seed(client, {"me/messages": [{"receivedDateTime": "2026-01-01T08:00:00Z", **more}]})


def put_file(client, name, data, drive="me/drive"):
    path = f"/v1.0/{drive}/root:/{name}:/content"
    assert client.put(path, data=data, content_type="text/plain").status_code == 201


def test_a_hit_says_where_and_why(stored):
    mail(stored, subject="Plans", body={"contentType": "html", "content": "<p>of Contoso & co</p>"})
    mail(stored, subject="Lunch")

    answer = query(stored, "message", "contoso")

    assert answer.json["@odata.context"].endswith("#Collection(microsoft.graph.searchResponse)")
    (response,) = answer.json["value"]
    assert response["searchTerms"] == ["contoso"]
    (container,) = response["hitsContainers"]
    assert (container["total"], container["moreResultsAvailable"]) == (1, False)
    (hit,) = container["hits"]
    assert hit["rank"] == 1
    assert "<c0>Contoso</c0> &amp; co" in hit["summary"]
    assert hit["resource"]["@odata.type"] == "#microsoft.graph.message"
    assert hit["resource"]["subject"] == "Plans"
    assert stored.get(f"/v1.0/me/messages/{hit['hitId']}").json["subject"] == "Plans"
    assert not any(name[0] == "@" and "@odata." not in name for name in hit["resource"])


def test_who_is_signed_in_and_not_there_finds_nothing_of_others(client):
    seed(client, {"groups": [{"id": "g", "displayName": "G", "groupTypes": ["Unified"]}]})
    put_file(client, "theirs.txt", b"", drive="groups/g/drive")

    assert found(client, "message", "x") == {"total": 0, "moreResultsAvailable": False}
    assert names(found(client, "driveItem", "filetype:txt"), "name") == ["theirs.txt"]


def test_a_site_in_another_is_searched_too(stored):
    below = {"displayName": "Zork", "lists": [{"displayName": "Zork tasks"}]}
    seed(stored, {"sites": [{"displayName": "Above", "sites": [below]}]})
    (site,) = found(stored, "site", "zork")["hits"]
    drive = f"sites/{site['hitId']}/drive"
    put_file(stored, "zork.txt", b"", drive=drive)

    assert names(found(stored, "driveItem", "filename:zork"), "name") == ["zork.txt"]
    assert names(found(stored, "list", "zork"), "displayName") == ["Zork tasks"]
    path = f"/v1.0/{drive}/root:/zork.txt:/invite"
    body = {"recipients": [{"objectId": "bob"}], "roles": ["read"]}
    assert stored.post(path, json=body).status_code == 200
    shared = stored.get("/v1.0/users/bob/drive/sharedWithMe").json["value"]
    assert [each["name"] for each in shared] == ["zork.txt"]


def test_nothing_found_has_no_hits(stored):
    assert found(stored, "event", "nothing") == {"total": 0, "moreResultsAvailable": False}


@pytest.mark.parametrize(("word", "expected"), [("today", ["New"]), ("yesterday", ["Old"])])
def test_days_go_by_the_tenants_clock(stored, word, expected):
    stored.put("/_fakegraph/clock", json={"now": "2026-03-02T08:00:00Z", "frozen": True})
    mail(stored, subject="New", receivedDateTime="2026-03-02T07:00:00Z")
    mail(stored, subject="Old", receivedDateTime="2026-03-01T07:00:00Z")

    assert names(found(stored, "message", f"received:{word}"), "subject") == expected


def test_pages_go_by_from_and_size(stored):
    for day in range(1, 6):
        mail(stored, subject=f"Plan {day}", receivedDateTime=f"2026-01-0{day}T08:00:00Z")

    first = found(stored, "message", "plan", size=2)
    last = found(stored, "message", "plan", **{"from": 4, "size": 2})

    assert names(first, "subject") == ["Plan 5", "Plan 4"]
    assert (first["total"], first["moreResultsAvailable"]) == (5, True)
    assert names(last, "subject") == ["Plan 1"]
    assert [each["rank"] for each in last["hits"]] == [5]
    assert not last["moreResultsAvailable"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("subject:plan", ["Plan a"]),
        ("plan OR lunch", ["Plan a", "Lunch"]),
        ("from:bob AND lunch", ["Lunch"]),
        ("pla*", ["Plan a"]),
        ('"plan a"', ["Plan a"]),
        ("NOT plan", ["Lunch"]),
    ],
)
def test_mail_is_found_in_kql(stored, text, expected):
    mail(stored, subject="Plan a", receivedDateTime="2026-01-02T08:00:00Z")
    mail(stored, subject="Lunch", **{"from": {"emailAddress": {"address": "bob@contoso.com"}}})

    assert names(found(stored, "message", text), "subject") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("contoso", {"contoso.txt", "b.md"}),
        ("contoso filetype:txt", {"contoso.txt"}),
        ("filename:b", {"b.md"}),
        ("author:lovelace AND contoso", {"contoso.txt", "b.md"}),
    ],
)
def test_files_are_found_by_name_and_by_what_they_say(stored, text, expected):
    put_file(stored, "contoso.txt", b"nothing")
    put_file(stored, "b.md", b"all of Contoso")

    assert set(names(found(stored, "driveItem", text), "name")) == expected


def test_what_is_found_lies_below_a_path(stored):
    for name in ("A/a%20b.docx", "A/c.txt", "Ab.txt"):
        put_file(stored, name, b"x")
    top = stored.get("/v1.0/me/drive").json["webUrl"]

    def below(kind, path, more=""):
        return found(stored, kind, f'path:"{path}" {more}')

    assert set(names(below("driveItem", f"{top}/A/A B"), "name")) == {"a b.docx"}
    assert set(names(below("driveItem", f"{top}/a/"), "name")) == {"a b.docx", "c.txt"}
    assert below("driveItem", top, "filetype:txt")["total"] == 2
    assert below("driveItem", "https://contoso.sharepoint.com/sites/b")["total"] == 0
    assert below("drive", top)["total"] == 1
    assert found(stored, "drive", f'path="{top}/"')["total"] == 0
    assert found(stored, "drive", f'path="{top}"')["total"] == 1
    assert query(stored, "driveItem", "path>x").status_code == 400


def test_items_of_lists_are_found_by_path_and_type(stored):
    top = "https://contoso.sharepoint.com/sites/s"
    seed(stored, {"sites": [{"id": "s", "displayName": "S", "webUrl": top}]})
    put_file(stored, "c.txt", b"x", drive="sites/s/drive")

    make(
        stored,
        "sites/s/lists",
        {"id": "l", "displayName": "L", "list": {"template": "genericList"}},
    )
    (made,) = stored.get("/v1.0/sites/s/lists?$filter=displayName eq 'L'").json["value"]
    make(stored, f"sites/s/lists/{made['id']}/items", {"fields": {"Title": "t"}})

    assert found(stored, "listItem", f'path:"{top}"')["total"] == 2
    assert found(stored, "listItem", f'path:"{made["webUrl"]}"')["total"] == 1
    assert found(stored, "listItem", "filetype:txt")["total"] == 1


def test_a_user_finds_no_files_of_another(stored):
    put_file(stored, "mine.txt", b"", drive="me/drive")
    put_file(stored, "theirs.txt", b"", drive="users/bob/drive")

    assert names(found(stored, "driveItem", "filetype:txt"), "name") == ["mine.txt"]


def test_files_are_sorted_and_shown_as_is_asked(stored):
    for name in ("b.txt", "a.txt"):
        put_file(stored, name, b"x")
    by_name = [{"name": "name", "isDescending": False}]

    hits = found(stored, "driveItem", "filetype:txt", sortProperties=by_name, fields=["name"])

    assert names(hits, "name") == ["a.txt", "b.txt"]
    assert hits["hits"][0]["resource"].keys() == {"@odata.type", "id", "name"}


def test_people_events_and_chats_are_found(stored):
    seed(stored, {"me/events": [{"subject": "Review of plans"}]})
    members = [bound("ada", "owner"), bound("bob", "owner")]
    chat = make(stored, "chats", {"chatType": "group", "members": members})["id"]
    make(stored, f"chats/{chat}/messages", {"body": {"content": "what about lunch"}})

    assert names(found(stored, "person", "lovelace"), "id") == ["ada"]
    assert names(found(stored, "event", "plans"), "subject") == ["Review of plans"]
    assert names(found(stored, "chatMessage", "lunch"), "chatId") == [chat]


@pytest.mark.parametrize(
    ("status", "words", "request_"),
    [
        (400, "'size' is from 1 to 25", {"size": 26}),
        (400, "'size' is from 1 to 25", {"size": 0}),
        (400, "'from' is not negative", {"from": -1}),
        (400, "queryString", {"query": {"queryString": ""}}),
        (400, "go together", {"entityTypes": ["message", "event"]}),
        (400, "go together", {"entityTypes": []}),
        (400, "cannot be sorted", {"sortProperties": [{"name": "subject"}]}),
        (501, "collapseProperties", {"collapseProperties": [{"fields": ["author"], "limit": 1}]}),
        (501, "queryAlterationOptions", {"queryAlterationOptions": {"enableSuggestion": True}}),
        (400, "not searched by", {"entityTypes": ["driveItem"], "query": {"queryString": "x:1"}}),
        (400, "cannot be read", {"query": {"queryString": "((("}}),
    ],
)
def test_what_is_not_searched_is_refused(stored, status, words, request_):
    request = {"entityTypes": ["message"], "query": {"queryString": "x"}, **request_}

    answer = stored.post("/v1.0/search/query", json={"requests": [request]})

    code = {400: "BadRequest", 501: "NotImplemented"}[status]
    assert_error(answer, status, code, words)


def test_an_app_by_itself_says_the_region_and_finds_no_mail(make_client):
    client = make_client(auth="strict")
    roles = ["Files.Read.All", "Sites.Read.All", "Mail.Read", "ExternalItem.Read.All"]

    def search(kind, **more):
        request = {"entityTypes": [kind], "query": {"queryString": "x"}, **more}
        return ask(client, "POST", "search/query", {"requests": [request]}, roles=roles)

    error = assert_error(search("driveItem"), 400, "BadRequest")
    assert error["message"] == (
        "SearchRequest Invalid (Region is required when request with application permission.)"
    )
    assert_error(search("driveItem", region="XYZ"), 400, "BadRequest", "Only valid regions are")
    assert search("driveItem", region="EMEA").status_code == 200
    assert_error(search("message", region="EMEA"), 400, "BadRequest", "delegated")


# Aggregations, sources, templates and answers ----------------------------------------------------

BY_KIND = {"field": "fileType", "bucketDefinition": {"sortBy": "count", "isDescending": True}}


def test_what_was_found_is_counted_by_values_and_left_by_their_tokens(stored):
    for name in ("Contoso a.docx", "Contoso b.docx", "Contoso c.pdf", "other.docx"):
        put_file(stored, name, b"x" * (5 if "c.pdf" in name else 500))
    ranges = [{"to": "100"}, {"from": "100", "to": "1000"}, {"from": "1000"}]
    by_size = {"field": "Size", "bucketDefinition": {"ranges": ranges, "minimumCount": 0}}

    whole = found(stored, "driveItem", "contoso", aggregations=[BY_KIND, by_size])

    kinds, sizes = (each["buckets"] for each in whole["aggregations"])
    assert [(each["key"], each["count"]) for each in kinds] == [("docx", 2), ("pdf", 1)]
    assert kinds[0]["aggregationFilterToken"] == '"ǂǂ646f6378"'
    assert [(each["key"], each["count"]) for each in sizes] == [
        ("Less than 100", 1),
        ("100 up to 1000", 2),
        ("1000 and up", 0),
    ]
    docx, pdf = (each["aggregationFilterToken"] for each in kinds)
    small = sizes[0]["aggregationFilterToken"]
    for filters, names_ in (
        ([f"fileType:{docx}"], {"Contoso a.docx", "Contoso b.docx"}),
        ([f"fileType:or({docx},{pdf})", f"size:{small}"], {"Contoso c.pdf"}),
        ([f"fileType:{docx}", f"Size:{small}"], set()),
    ):
        left = found(stored, "driveItem", "contoso", aggregationFilters=filters)
        assert {*names(left, "name")} == names_


def test_aggregations_that_mean_nothing_are_refused(stored):
    for more, status in (
        ({"aggregations": [{"field": "RefinableString01"}]}, 501),
        ({"aggregationFilters": ["fileType:docx"]}, 400),
        ({"aggregationFilters": ["docx"]}, 400),
        ({"aggregations": [{"field": "size", "bucketDefinition": {"ranges": [{}]}}]}, 400),
        ({"contentSources": ["/external/connections/a"]}, 400),
        ({"enableTopResults": True}, 400),
    ):
        assert query(stored, "driveItem", "x", **more).status_code == status, more
    assert query(stored, "message", "x", aggregations=[BY_KIND]).status_code == 400


def test_items_from_outside_are_of_the_connections_that_are_named(stored):
    for id_ in ("hr", "it"):
        item = {"id": f"i-{id_}", "properties": {"title": "Contoso product", "team": id_}}
        seed(stored, {"external/connections": [{"id": id_}]})
        seed(stored, {f"external/connections/{id_}/items": [item]})
    by_team = [{"field": "team", "bucketDefinition": {"sortBy": "keyAsString"}}]

    both = found(stored, "externalItem", "contoso", aggregations=by_team)
    one = found(stored, "externalItem", "contoso", contentSources=["/external/connections/it"])

    assert [each["key"] for each in both["aggregations"][0]["buckets"]] == ["hr", "it"]
    assert [each["hitId"] for each in one["hits"]] == ["i-it"]


def test_a_template_says_more_than_the_words(stored):
    for name in ("Contoso a.docx", "Contoso c.pdf"):
        put_file(stored, name, b"x")

    template = {"queryString": "contoso", "queryTemplate": "{searchTerms} filetype:pdf"}
    whole = found(stored, "driveItem", "contoso", query=template)

    assert names(whole, "name") == ["Contoso c.pdf"]
    refused = query(stored, "driveItem", "x", query={"queryString": "x", "queryTemplate": "y"})
    assert refused.status_code == 400


def test_the_most_relevant_messages_come_first(stored):
    for number, subject in enumerate(("contoso contoso contoso", "contoso", "contoso", "contoso")):
        mail(
            stored,
            id=f"m{number}",
            subject=subject,
            receivedDateTime=f"2026-01-0{number + 1}T08:00:00Z",
        )

    usual = found(stored, "message", "contoso")
    top = found(stored, "message", "contoso", enableTopResults=True)

    assert [each["hitId"] for each in usual["hits"]] == ["m3", "m2", "m1", "m0"]
    assert [each["hitId"] for each in top["hits"]] == ["m0", "m3", "m2", "m1"]


def test_answers_of_admins_are_found_once_they_are_published(stored):
    words = {"keywords": ["Contoso", "install"], "reservedKeywords": []}
    for state in ("published", "draft"):
        said = {"webUrl": "https://x", "state": state}
        make(stored, "search/bookmarks", {"displayName": state, "keywords": words, **said})
        make(stored, "search/acronyms", {"displayName": "GDPR", "standsFor": "x", **said})

    assert names(found(stored, "bookmark", "install"), "displayName") == ["published"]
    assert names(found(stored, "acronym", "gdpr"), "displayName") == ["GDPR"]
    assert found(stored, "bookmark", "gdpr")["total"] == 0
