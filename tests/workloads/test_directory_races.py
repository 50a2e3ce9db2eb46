"""What is unique stays so when many make it at once."""

from __future__ import annotations

import sys
from collections import Counter
from threading import Barrier, Thread

import pytest

from tests.graph.whole.conftest import listed, seed, user
from tests.workloads.test_directory_values import unified

THREADS = 16
APP_ID = "4e7a3f0a-0000-4000-8000-0000000000aa"


def same_mail(number):
    return "users", user(userPrincipalName=f"u{number}@contoso.com", mail="crew@contoso.com")


def same_principal(number):
    return "users", user(mailNickname=f"u{number}")


def same_immutable_id(number):
    own = f"u{number}@contoso.com"
    return "users", user(userPrincipalName=own, onPremisesImmutableId="aGk=")


def same_nickname(number):
    return "groups", unified(mailNickname="crew", description=str(number))


def same_address(number):
    return same_nickname(number) if number % 2 else same_mail(number)


def same_application(number):
    return "servicePrincipals", {"appId": APP_ID, "displayName": str(number)}


@pytest.fixture
def switching():
    """Threads take turns as often as they can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("switching")
@pytest.mark.parametrize(
    "body",
    [
        *(same_mail, same_principal, same_immutable_id, same_nickname, same_address),
        same_application,
    ],
)
def test_of_sixteen_at_once_one_is_made(client, body):
    seed(client, {"applications": [{"appId": APP_ID}]})
    start, answers = Barrier(THREADS), []

    def make(number):
        path, record = body(number)
        own = client.application.test_client()
        start.wait()
        answers.append(own.post(f"/v1.0/{path}", json=record).status_code)

    threads = [Thread(target=make, args=(number,)) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    refused = 409 if body is same_application else 400
    assert Counter(answers) == {201: 1, refused: THREADS - 1}
    paths = ("users", "groups", "servicePrincipals")
    made = [each["displayName"] for path in paths for each in listed(client, path)]
    made.remove("Microsoft Graph")
    assert len(made) == 1
