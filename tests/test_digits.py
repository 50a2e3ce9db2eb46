"""Numbers that strangers send: signs that Python calls digits, and more digits than it reads."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from fakegraph.app import create_app
from fakegraph.digits import natural
from fakegraph.settings import Settings

LISTS = (
    "users",
    "me/messages",
    "me/onenote/pages",
    "me/drive/root/children",
    "me/chats",
    "me/joinedTeams",
    "me/todo/lists",
    "sites/root/lists",
    "auditLogs/signIns",
)


@pytest.fixture(scope="module")
def contoso():
    return create_app(Settings(auth="off", fixture="contoso@fixed")).test_client()


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", 0),
        ("007", 7),
        ("9" * 18, 10**18 - 1),
        ("9" * 19, None),
        ("9" * 5000, None),
        ("²", None),
        ("٥", None),
        ("-1", None),
        ("", None),
        ("1_0", None),
    ],
)
def test_a_number_is_one_of_a_few_plain_digits(text, number):
    assert natural(text) == number


@pytest.mark.parametrize("text", ["²", "٥", "9" * 5000, "-1"])
def test_no_other_number_says_how_many_are_on_a_page(contoso, text):
    for name in LISTS:
        answer = contoso.get(f"/v1.0/{name}?$top={quote(text)}")
        assert (name, answer.status_code) == (name, 400), answer.text


@pytest.mark.parametrize("id_", ["²", "9" * 18, "9" * 250])
def test_an_id_of_odd_digits_is_an_id(client, id_):
    teams = [{"id": "t", "displayName": "T"}]
    seeds = {"teams": teams, "teams/t/channels": [{"id": "c", "displayName": "C"}]}
    message = {"id": id_, "body": {"content": "x"}}

    answer = client.post(
        "/_fakegraph/seed", json={**seeds, "teams/t/channels/c/messages": [message]}
    )

    assert answer.status_code == 200, answer.text
