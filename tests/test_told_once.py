"""Fixtures that say once what several have, by path, and with bytes in files."""

from __future__ import annotations

import base64
import json

import pytest

from fakegraph.fixtures.problems import FixtureError

ADA, BOB, CY = ({"id": f"id-{n}", "userPrincipalName": f"{n}@contoso.com", "mail": f"{n}@contoso.com",
                 "displayName": n.title()} for n in ("ada", "bob", "cy"))  # fmt: skip
GROUP = {
    "id": "g",
    "displayName": "Both",
    "mail": "both@contoso.com",
    "members": [{"id": "id-bob"}, {"id": "id-cy"}],
}
MAIL = {"from": "ada@contoso.com", "to": ["bob@contoso.com"], "sent": "2024-06-28T09:30:00Z", "subject": "Roof"}  # fmt: skip
MEETING = {"organizer": "ada@contoso.com", "created": "2024-06-20T08:00:00Z", "subject": "Plan",
           "start": "2024-06-28T10:00", "end": "2024-06-28T11:00"}  # fmt: skip


@pytest.fixture
def served(make_client, tmp_path):
    """A client of a server with the files of a fixture."""

    def serve(**files):
        (tmp_path / "users.json").write_text(json.dumps([ADA, BOB, CY]))
        (tmp_path / "groups.json").write_text(json.dumps([GROUP]))
        for name, rows in files.items():
            (tmp_path / f"{name}.jsonl").write_text("\n".join(map(json.dumps, rows)))
        return make_client(fixture=str(tmp_path))

    return serve


def listed(client, path):
    answer = client.get(f"/v1.0/{path}")
    assert answer.status_code == 200, answer.text
    return answer.json["value"]


def problems(served, **files):
    with pytest.raises(FixtureError) as caught:
        served(**files)
    return str(caught.value)


def test_a_mail_is_in_the_mailboxes_of_who_wrote_and_got_it(served):
    told = {**MAIL, "cc": ["both@contoso.com", "eve@elsewhere.example"], "bcc": ["cy@contoso.com"], "unread": ["cy@contoso.com"]}  # fmt: skip
    client = served(mail=[told])
    (sent,) = listed(client, "users/ada@contoso.com/mailFolders/sentitems/messages")
    copies = [sent]
    for who in ("bob", "cy"):
        (copy,) = listed(client, f"users/{who}@contoso.com/mailFolders/inbox/messages")
        assert (copy["isRead"], copy["bccRecipients"]) == (who == "bob", [])
        copies.append(copy)
    assert len({each["internetMessageId"] for each in copies}) == 1
    assert [each["importance"] for each in copies] == ["normal"] * 3
    assert sent["bccRecipients"][0]["emailAddress"] == {"name": "Cy", "address": "cy@contoso.com"}
    assert listed(client, "users/ada@contoso.com/mailFolders/inbox/messages") == []


def test_a_thread_is_one_conversation_in_each_mailbox(served):
    answer = {**MAIL, "from": "bob@contoso.com", "to": ["ada@contoso.com"], "subject": "Re: Roof", "sent": "2024-06-28T10:00:00Z"}  # fmt: skip
    other = {**MAIL, "subject": "Else"}
    client = served(mail=[{**MAIL, "thread": "r"}, {**answer, "thread": "r"}, other])
    for who in ("ada", "bob"):
        found = {e["subject"]: e for e in listed(client, f"users/{who}@contoso.com/messages")}
        assert found["Roof"]["conversationId"] == found["Re: Roof"]["conversationId"]
        assert found["Roof"]["conversationId"] != found["Else"]["conversationId"]
        first, second = (base64.b64decode(found[n]["conversationIndex"]) for n in ("Roof", "Re: Roof"))  # fmt: skip
        assert second.startswith(first)
        assert len(second) == len(first) + 5


def test_a_mail_lies_where_it_was_put(served):
    told = {**MAIL, "in": {"bob@contoso.com": "Houses", "ada@contoso.com": "archive"}, "categories": {"bob@contoso.com": ["Red category"]}, "flagged": ["bob@contoso.com"]}  # fmt: skip
    client = served(mail=[told, {**told, "subject": "Two"}])
    (folder,) = [e for e in listed(client, "users/bob@contoso.com/mailFolders") if e["displayName"] == "Houses"]  # fmt: skip
    found = listed(client, f"users/bob@contoso.com/mailFolders/{folder['id']}/messages")
    assert folder["totalItemCount"] == len(found) == 2
    assert found[0]["categories"] == ["Red category"]
    assert found[0]["flag"] == {"flagStatus": "flagged"}
    assert len(listed(client, "users/ada@contoso.com/mailFolders/archive/messages")) == 2


def test_a_draft_is_in_one_mailbox(served):
    client = served(mail=[{**MAIL, "draft": True}])
    (draft,) = listed(client, "users/ada@contoso.com/mailFolders/drafts/messages")
    assert draft["isDraft"]
    assert listed(client, "users/bob@contoso.com/messages") == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"sbject": "x"}, "sbject: There is no 'sbject': there is from, fromName, sent"),
        ({"subject": ""}, "subject: 'subject' is required."),
        ({"to": "bob@contoso.com"}, "to: 'to' cannot be 'bob@contoso.com'."),
        ({"to": []}, "to: A mail that is no draft goes to somebody"),
        ({"sent": "28.6.2024"}, "sent: '28.6.2024' is no time"),
        ({"sent": "2024-06-28T09:30:00+02:00"}, "is to be in UTC"),
        ({"unread": ["cy@contoso.com"]}, "somebody who neither wrote nor got it"),
        ({"unread": ["eve@elsewhere.example"]}, "'eve@elsewhere.example' has no mailbox here"),
        ({"attachments": ["a"]}, "attachments: An attachment is an object with a 'name'."),
        ({"attachments": [{"name": "a", "contentBytes@file": "none"}]}, "'files/none': No such"),
        ({"attachments": [{"name": "a", "x@file": "../users.json"}]}, "no file below 'files'"),
        ({"importance": "huge"}, "huge"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_mail_is_said_with_its_place(served, change, words):
    found = problems(served, mail=[MAIL, {**MAIL, **change}])
    assert words in found
    assert "mail.jsonl" in found


def test_a_meeting_is_in_the_calendars_of_all_who_are_in_it(served):
    told = {**MEETING, "attendees": {"bob@contoso.com": "accepted"}, "optional": {"cy@contoso.com": "declined"}, "zone": "Tokyo Standard Time", "room": "room@contoso.com", "location": "Room", "invited": True, "unread": ["bob@contoso.com"]}  # fmt: skip
    client = served(meetings=[told])
    (own,) = listed(client, "users/ada@contoso.com/events")
    (copy,) = listed(client, "users/bob@contoso.com/events")
    assert listed(client, "users/cy@contoso.com/events") == []
    assert own["iCalUId"] == copy["iCalUId"]
    assert own["start"] == copy["start"] == {"dateTime": "2024-06-28T01:00:00.0000000", "timeZone": "UTC"}  # fmt: skip
    assert (own["isOrganizer"], copy["isOrganizer"]) == (True, False)
    assert copy["responseStatus"]["response"] == "accepted"
    assert [e["status"]["response"] for e in own["attendees"]] == ["accepted", "declined", "accepted"]  # fmt: skip
    (asked,) = listed(client, "users/bob@contoso.com/mailFolders/inbox/messages")
    assert not asked["isRead"]
    path = (
        f"users/bob@contoso.com/messages/{asked['id']}?$expand=microsoft.graph.eventMessage/event"
    )
    assert client.get(f"/v1.0/{path}").json["event"]["id"] == copy["id"]


def test_a_series_has_its_exceptions_in_all_calendars(served):
    told = {**MEETING, "attendees": {"bob@contoso.com": "accepted"}, "every": "week", "until": "2024-07-31",
            "skipped": ["2024-07-05"], "changed": [{"day": "2024-07-12", "start": "2024-07-13T10:00", "end": "2024-07-13T12:00", "subject": "Late"}]}  # fmt: skip
    client = served(meetings=[told])
    window = "startDateTime=2024-06-01T00:00:00Z&endDateTime=2024-07-20T00:00:00Z"
    views = []
    for who in ("ada", "bob"):
        found = listed(client, f"users/{who}@contoso.com/calendarView?{window}")
        views.append(sorted((e["start"]["dateTime"][:16], e["subject"], e["type"], e["iCalUId"]) for e in found))  # fmt: skip
        late = next(e for e in found if e["type"] == "exception")
        again = client.get(f"/v1.0/users/{who}@contoso.com/events/{late['id']}").json
        assert again["subject"] == "Late"
    assert views[0] == views[1]
    assert [(start, kind) for start, _, kind, _ in views[0]] == [
        ("2024-06-28T10:00", "occurrence"),
        ("2024-07-13T10:00", "exception"),
        ("2024-07-19T10:00", "occurrence"),
    ]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"organizer": "eve@elsewhere.example"}, "organizer: 'eve@elsewhere.example' has no mailbox"),
        ({"attendees": {"bob@contoso.com": "yes"}}, "attendees/bob@contoso.com: An answer is one of"),
        ({"start": "2024-06-28T10:00:00Z"}, "start: Its times are like 2024-06-28T09:30"),
        ({"allDay": True}, "start: Its times are like 2024-06-28,"),
        ({"every": "moon"}, "every: It is one of day, weekday"),
        ({"every": "day", "changed": [{"day": "2024-07-01"}]}, "changed: A change has 'day'"),
        ({"every": "day", "skipped": ["soon"]}, "changed: 'soon' is no day"),
        ({"end": "2024-06-28T09:00"}, "end is not before its start"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_meeting_is_said_with_its_place(served, change, words):
    found = problems(served, meetings=[MEETING, {**MEETING, **change}])
    assert words in found
    assert "meetings.jsonl" in found


def test_records_by_path_and_bytes_in_files(make_client, tmp_path):
    (tmp_path / "paths").mkdir()
    (tmp_path / "files" / "deep").mkdir(parents=True)
    (tmp_path / "files" / "deep" / "a.bin").write_bytes(b"\0\1\2")
    paths = {"users": [BOB], "users/bob@contoso.com/drive/root:/x/a.bin": {"content@file": "deep/a.bin"}}  # fmt: skip
    (tmp_path / "paths" / "directory.json").write_text(json.dumps(paths))
    client = make_client(fixture=str(tmp_path))
    item = client.get("/v1.0/users/bob@contoso.com/drive/root:/x/a.bin").json
    assert (item["size"], item["file"]["mimeType"]) == (3, "application/octet-stream")
    answer = client.get("/v1.0/users/bob@contoso.com/drive/root:/x/a.bin:/content")
    assert client.get(answer.headers["Location"]).data == b"\0\1\2"


@pytest.mark.parametrize(
    ("paths", "words"),
    [
        ([], "It has an object"),
        ({"nothing": []}, "there is no entity set 'nothing'"),
        ({"users": {}}, "users: It takes an array of records."),
        ({"users": [BOB, {"displayNme": "x"}]}, "users[2]/displayNme"),
        ({"me/drive/root:/a": {"content@file": "/etc/passwd"}}, "no file below 'files'"),
        ({"users": [{**BOB, "jobTitle@file": "a"}]}, "'files/a'"),
    ],
)
def test_what_is_wrong_with_records_by_path_is_said(make_client, tmp_path, paths, words):
    (tmp_path / "paths.json").write_text(json.dumps(paths if paths else [{}]))
    with pytest.raises(FixtureError) as caught:
        make_client(fixture=str(tmp_path))
    assert words in str(caught.value)
    assert "paths.json" in str(caught.value)


@pytest.mark.parametrize("link", ["files/a", "files"])
def test_bytes_outside_of_a_fixture_are_not_read(make_client, tmp_path, link):
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "a").write_text("secret")
    inside = tmp_path / "fixture"
    (inside / "files").mkdir(parents=True)
    (inside / "files" / "b").write_text("mine")
    (inside / "files" / "c").symlink_to("b")
    at = "users/bob@contoso.com/drive/root:/a"
    (inside / "paths.json").write_text(json.dumps({"users": [BOB], at: {"content@file": "c"}}))
    client = make_client(fixture=str(inside))  # a link that stays inside
    assert client.get(f"/v1.0/{at}").json["size"] == 4
    if link == "files":
        (inside / "files").rename(tmp_path / "before")
    target = tmp_path / "other" / ("a" if link == "files/a" else "")
    (inside / link).symlink_to(target)
    (inside / "paths.json").write_text(json.dumps({"users": [BOB], at: {"content@file": "a"}}))
    with pytest.raises(FixtureError, match=r"'files/a': it leads out of the fixture's folder"):
        make_client(fixture=str(inside))


def test_what_is_no_regular_file_is_not_read(make_client, tmp_path):
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "a").symlink_to("/dev/zero")
    (tmp_path / "paths.json").write_text(json.dumps({"me/drive/root:/a": {"content@file": "a"}}))
    with pytest.raises(FixtureError, match="files/a"):
        make_client(fixture=str(tmp_path))
