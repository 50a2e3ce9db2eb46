"""Things of the whole model, as a test's author has them: through the handle and the plugin."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from fakegraph import ControlError, FakeGraph
from fakegraph.handle import Change


@pytest.fixture(scope="module")
def server():
    with FakeGraph(fixture=None) as graph:
        yield graph.server


@pytest.fixture
def graph(server):
    """An empty tenant."""
    with FakeGraph(server, fixture=None) as graph:
        yield graph


def read(graph, path):
    with graph.httpx() as client:
        answer = client.get(f"{graph.v1}/{path}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_one_line_makes_a_user(graph):
    ada = graph.create("users", displayName="Ada Lovelace")
    assert read(graph, f"users/{ada['userPrincipalName']}")["displayName"] == "Ada Lovelace"
    assert graph.records("users") == [ada]


def test_records_are_made_below_others(graph):
    message = graph.create(
        "users/ada@contoso.com/messages",
        subject="Hello",
        receivedDateTime=datetime(2024, 5, 17, 9, tzinfo=UTC),
    )
    (found,) = read(graph, "users/ada@contoso.com/messages")["value"]
    assert (found["id"], found["receivedDateTime"]) == (message["id"], "2024-05-17T09:00:00Z")
    assert [each["userPrincipalName"] for each in graph.records("users")] == ["ada@contoso.com"]


def test_dates_and_times_are_taken_at_any_depth(graph):
    graph.seed(
        {
            "users": (
                {
                    "displayName": name,
                    "hireDate": datetime(2024, 5, 17, tzinfo=UTC),
                    "employeeHireDate": datetime(2024, 5, 18, tzinfo=UTC),
                    "manager": {"displayName": "Boss", "createdDateTime": datetime(2020, 1, 1, tzinfo=UTC)},
                }
                for name in ("Ada",)
            )
        }
    )  # fmt: skip
    ada, boss = graph.records("users")
    assert ada["employeeHireDate"] == "2024-05-18T00:00:00Z"
    assert boss["createdDateTime"] == "2020-01-01T00:00:00Z"


def test_records_are_changed_taken_away_and_cleared(graph):
    ada = graph.create("users", displayName="Ada")
    assert graph.update(f"users/{ada['id']}", jobTitle="Countess")["jobTitle"] == "Countess"
    group = graph.create("groups", displayName="Staff", members=[{"id": ada["id"]}])
    members = f"groups/{group['id']}/members"
    assert [each["id"] for each in graph.records(members)] == [ada["id"]]
    graph.delete(f"{members}/{ada['id']}")
    assert graph.records(members) == []
    graph.create(members, id=ada["id"])
    graph.clear("users")
    assert graph.records(members) == graph.records("users") == []
    assert len(graph.records("groups")) == 1
    graph.clear()
    assert graph.records("groups") == []


def test_single_things_are_seeded_as_objects(graph):
    counts = graph.seed({"users/ada@contoso.com/manager": {"displayName": "Bob"}})
    assert counts == {"users/ada@contoso.com/manager": 1}
    assert read(graph, "users/ada@contoso.com/manager")["displayName"] == "Bob"
    assert graph.records("users/ada@contoso.com/manager")[0]["displayName"] == "Bob"


def test_changes_are_told(graph):
    ada = graph.create("users", displayName="Ada")
    (made,) = graph.changes
    assert made == Change("created", f"users/{ada['id']}", made.sequence)
    assert str(made) == f"created users/{ada['id']}"
    with graph.httpx() as client:
        client.patch(f"{graph.v1}/users/{ada['id']}", json={"jobTitle": "Countess"})
        client.delete(f"{graph.v1}/users/{ada['id']}")
    changed, deleted = graph.changes_since(made.sequence)
    assert (changed.kind, changed.old) == ("changed", {"jobTitle": None})
    assert (deleted.kind, deleted.path) == ("deleted", f"users/{ada['id']}")


def test_problems_name_their_property(graph):
    with pytest.raises(ControlError, match="displayNam: The property 'displayNam' does not exist"):
        graph.create("users", displayNam="Ada")
    with pytest.raises(ControlError, match=r"users\[1\]/accountEnabled"):
        graph.seed({"users": [{"accountEnabled": "yes"}]})
    with pytest.raises(ControlError, match="no entity set 'userz'"):
        graph.create("userz")


def test_records_are_the_whole_content_and_come_back(server):
    records = {"users": [{"id": "a", "displayName": "Ada"}], "me/messages": [{"subject": "x"}]}
    with FakeGraph(server, records=records) as graph:
        assert [each["id"] for each in graph.records("users")] == ["a"]
        assert [each["subject"] for each in read(graph, "me/messages")["value"]] == ["x"]
        graph.clear()
        graph.reset()
        assert [each["subject"] for each in graph.records("users/a/messages")] == ["x"]


def test_a_snapshot_has_things(graph):
    graph.create("users", id="a", displayName="Ada")
    with graph.snapshot():
        graph.create("users/a/messages", subject="x")
        graph.delete("users/a")
    assert len(graph.records("users")) == 1
    assert graph.records("users/a/messages") == []


def test_a_handle_tells_what_it_holds(graph):
    graph.create("groups", members=[{"displayName": "Ada"}])
    assert "1 groups, 1 users\n" in str(graph)


def test_the_marker_takes_paths(pytester):
    pytester.makepyfile(
        """
        import pytest

        USERS = [{"id": "a", "displayName": "Ada"}]

        def held(graph):
            return [each["id"] for each in graph.records("users")]

        @pytest.mark.fakegraph(fixture=None)
        def test_empty(fakegraph):
            assert fakegraph.records("users") == []
            assert fakegraph.records("userCredentialUsageDetails") == []

        @pytest.mark.fakegraph(records={"users": USERS, "users/a/manager": {"id": "b"}})
        def test_whole(fakegraph):
            assert held(fakegraph) == ["a", "b"]
            assert fakegraph.records("userCredentialUsageDetails") == []

        @pytest.mark.fakegraph(fixture="contoso", records={"users": USERS})
        def test_beside(fakegraph):
            assert held(fakegraph)[-1] == "a"
            assert len(fakegraph.records("userCredentialUsageDetails")) == 400

        @pytest.mark.fakegraph(records={"users": [{"colour": "red"}]})
        def test_bad(fakegraph):
            pass
        """
    )
    result = pytester.runpytest_subprocess("-q", "-p", "no:cacheprovider")
    result.assert_outcomes(passed=3, errors=1)
    result.stdout.fnmatch_lines(["*users[[]1]/colour: The property 'colour' does not exist*"])


def test_what_a_clock_says_is_what_times_are(graph):
    graph.freeze(date(2024, 5, 17))
    made = graph.create("users/ada@contoso.com/events", subject="x")
    assert made["createdDateTime"].startswith("2024-05-17")
    graph.advance(timedelta(days=1))
    changed = graph.update(f"users/ada@contoso.com/events/{made['id']}", subject="y")
    assert changed["lastModifiedDateTime"].startswith("2024-05-18")


def test_who_is_signed_in_may_be_said():
    records = {"users": [{"id": "a"}, {"id": "b", "userPrincipalName": "bo@contoso.com"}]}
    with FakeGraph(records=records, me="bo@contoso.com") as graph:
        assert read(graph, "me")["id"] == "b"


# Mail that was sent -----------------------------------------------------------------------------


@pytest.fixture(params=["in process", "elsewhere"])
def mailer(server, request):
    """A tenant with Ada and Bob, held through a handle of this process and through a URL."""
    where = {"server": server} if request.param == "in process" else {"url": server.url}
    people = [{"userPrincipalName": f"{name}@contoso.com", "mail": f"{name}@contoso.com"} for name in ("ada", "bob")]  # fmt: skip
    with FakeGraph(**where, records={"users": people}) as graph:
        yield graph


def send(graph, *, save=True, **message):
    recipient = {"emailAddress": {"address": "Bob@contoso.com"}}
    whole = {"subject": "Invoice [7]", "toRecipients": [recipient], **message}
    url = f"{graph.v1}/users/ada@contoso.com/sendMail"
    with graph.httpx() as client:
        answer = client.post(url, json={"message": whole, "saveToSentItems": save})
    assert answer.status_code == 202, answer.text


PDF = {
    "@odata.type": "#microsoft.graph.fileAttachment",
    "name": "invoice.pdf",
    "contentType": "application/pdf",
    "contentBytes": "JVBERg==",
}


def test_sent_mail_is_told(mailer):
    assert mailer.sent == []
    mailer.assert_not_sent()
    copied = [{"emailAddress": {"address": "cy@fabrikam.com"}}]
    send(
        mailer,
        body={"contentType": "html", "content": "<b>Hi</b>"},
        ccRecipients=copied,
        attachments=[PDF],
    )
    (mail,) = mailer.sent
    assert (mail.sender, mail.from_) == ("ada@contoso.com", "ada@contoso.com")
    assert (mail.to, mail.cc, mail.bcc) == (("Bob@contoso.com",), ("cy@fabrikam.com",), ())
    assert mail.recipients == ("Bob@contoso.com", "cy@fabrikam.com")
    assert (mail.subject, mail.body_type) == ("Invoice [7]", "html")
    assert "<b>Hi</b>" in mail.body
    (file,) = mail.attachments
    assert (file.name, file.content_type, file.content) == (
        "invoice.pdf",
        "application/pdf",
        b"%PDF",
    )
    assert not file.is_inline
    assert read(mailer, mail.path)["internetMessageId"] == mail.internet_message_id
    assert [each.kind for each in mailer.changes if "@" in each.path.split("/")[0]] == []


def test_mail_without_a_copy_is_told_without_a_path(mailer):
    send(mailer, save=False)
    assert [each.path for each in mailer.sent] == [None]
    mailer.reset()
    assert mailer.sent == []


def test_sent_mail_can_be_asserted(mailer):
    send(mailer, attachments=[PDF])
    send(mailer, subject="Bye")
    asked = {"to": "bob@CONTOSO.com", "subject": "Invoice [7]", "attachments": ["invoice.pdf"]}
    assert len(mailer.assert_sent(**asked, sender="ada@contoso.com", times=1)) == 1
    assert len(mailer.assert_sent(subject="*", times=2)) == 2
    mailer.assert_not_sent(to="bob@contoso.com", subject="Hello")


@pytest.mark.parametrize(
    "asked",
    [
        {"to": "cy@contoso.com"},
        {"subject": "invoice [7]"},
        {"subject": "Invoice"},
        {"body": "Hi"},
        {"cc": "bob@contoso.com"},
        {"bcc": "bob@contoso.com"},
        {"sender": "bob@contoso.com"},
        {"attachments": "invoice.txt"},
        {"times": 2},
    ],
)
def test_a_failure_shows_what_was_sent_instead(mailer, asked):
    with pytest.raises(AssertionError, match="no mail was sent"):
        mailer.assert_sent(**asked)
    send(mailer, attachments=[PDF])
    said = r"expected mail.*was [01] times; what was sent:\n  'Invoice \[7\]' from ada@contoso.com to Bob@contoso.com with invoice.pdf"
    with pytest.raises(AssertionError, match=said):
        mailer.assert_sent(**asked)
    with pytest.raises(AssertionError, match="expected no mail"):
        mailer.assert_not_sent()


def test_answers_and_drafts_that_are_sent_are_told(mailer):
    send(mailer)
    inbox = f"{mailer.v1}/users/bob@contoso.com/mailFolders/inbox/messages"
    with mailer.httpx() as client:
        (got,) = client.get(inbox).json()["value"]
        client.post(f"{mailer.v1}/users/bob@contoso.com/messages/{got['id']}/reply", json={"comment": "Yes"})  # fmt: skip
    (mail,) = mailer.assert_sent(subject="RE: Invoice [7]", body="*Yes*")
    assert (mail.sender, mail.to) == ("bob@contoso.com", ("ada@contoso.com",))
