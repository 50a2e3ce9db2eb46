"""A large directory beside a small one, in this process. Prints markdown.

    python benchmarks/directory.py [--users N] [--rounds N]

The large one has 100,000 users, 10,000 groups and 1,000,000 memberships, the small one a hundredth
of each: everybody is in ten groups of a hundred members in both, so that answers are alike. Every
tenth group is in another one. Requests to the one and the other take turns; what is printed is the
processor's time for each, and the ratio of the medians, which is to be 2 at most.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import sys
import time
from collections.abc import Iterator, Mapping
from typing import Any

from flask.testing import FlaskClient
from records import record_id

from fakegraph.app import close_app, create_app
from fakegraph.settings import Settings
from fakegraph.store import Transaction

DEGREE = 10
MEMBERS = 100
EVENTUAL = {"ConsistencyLevel": "eventual"}
GROUPS = 10_000_000  # ids of groups begin there
BEGINNING = "User 5 "  # ten names begin so, in both


def user(number: int, users: int) -> dict[str, Any]:
    """The user of that number; ten have the same first number in their names."""
    return {
        "id": record_id(number),
        "displayName": f"User {number % (users // DEGREE)} {number}",
        "userPrincipalName": f"user{number}@contoso.com",
        "mailNickname": f"user{number}",
        "accountEnabled": True,
        "userType": "Member",
    }


def group(number: int) -> dict[str, Any]:
    """The group of that number."""
    return {
        "id": record_id(GROUPS + number),
        "displayName": f"Group {number}",
        "mailNickname": f"group{number}",
        "mailEnabled": False,
        "securityEnabled": True,
        "groupTypes": [],
    }


def fill(transaction: Transaction, users: int) -> None:
    """Put a directory of so many users there, past what requests are checked by."""
    people = [transaction.insert("users", user(n, users)).key for n in range(users)]
    groups = [transaction.insert("groups", group(n)).key for n in range(users // DEGREE)]
    for number, key in enumerate(groups):
        for turn in range(MEMBERS):
            transaction.link("group/members", key, people[(number * 37 + turn * 101) % users])
    for number in range(1, len(groups), DEGREE):
        transaction.link("group/members", groups[number - 1], groups[number])


def directory(users: int) -> FlaskClient:
    """A client of an app whose tenant has so many users."""
    app = create_app(Settings(fixture=(), auth="off"))
    store = app.extensions["fakegraph_tenants"].of_token(None).store
    store.transact(lambda transaction: fill(transaction, users))
    return app.test_client()


REQUESTS: Mapping[str, tuple[str, str, Any]] = {
    "a page of users": ("GET", "/users", None),
    "memberOf": ("GET", "/users/{user}/memberOf", None),
    "transitiveMemberOf": ("GET", "/users/{user}/transitiveMemberOf", None),
    "a page of members": ("GET", "/groups/{group}/members", None),
    "transitiveMembers": ("GET", "/groups/{group}/transitiveMembers", None),
    "startswith and $count": (
        "GET",
        f"/users?$filter=startswith(displayName,'{BEGINNING}')&$count=true",
        None,
    ),
    "a change of a user": ("PATCH", "/users/{user}", {"jobTitle": "Pilot {turn}"}),
    "a new user with mail": (
        "POST",
        "/users",
        {
            "accountEnabled": True,
            "displayName": "New",
            "mailNickname": "new{turn}",
            "userPrincipalName": "new{turn}@contoso.com",
            "mail": "new{turn}@contoso.com",
            "passwordProfile": {"password": "xWwvJ]6NMw+bWH-d"},
        },
    ),
}


def asked(client: FlaskClient, name: str, turn: int, users: int) -> tuple[float, Any]:
    """What time one request takes, and what it gives. Raises AssertionError where it is refused."""
    method, path, body = REQUESTS[name]
    number = (turn * 7919) % (users // DEGREE)
    path = path.format(user=record_id(number * DEGREE), group=record_id(GROUPS + number))
    whole = None if body is None else {key: _turned(value, turn) for key, value in body.items()}
    began = time.process_time()
    answer = client.open(f"/v1.0{path}", method=method, json=whole, headers=EVENTUAL)
    took = time.process_time() - began
    assert answer.status_code in (200, 201, 204), answer.text
    return took, answer.json if answer.data else None


def _turned(value: Any, turn: int) -> Any:
    return value.replace("{turn}", str(turn)) if isinstance(value, str) else value


def check(client: FlaskClient, users: int) -> None:
    """Does it answer as it should? Raises AssertionError if not."""
    _, found = asked(client, "startswith and $count", 0, users)
    assert found["@odata.count"] == len(found["value"]) == DEGREE, found
    _, found = asked(client, "a page of members", 1, users)
    assert len(found["value"]) == MEMBERS
    _, found = asked(client, "memberOf", 1, users)
    assert found["value"]


def measured(clients: Mapping[int, FlaskClient], rounds: int) -> Iterator[tuple[str, list[float]]]:
    """The median seconds of each request, in each of the directories."""
    for name in REQUESTS:
        took: dict[int, list[float]] = {users: [] for users in clients}
        for turn in range(rounds):
            for users, client in clients.items():
                took[users].append(asked(client, name, turn, users)[0])
        yield name, [statistics.median(each) for each in took.values()]


def table(found: Iterator[tuple[str, list[float]]]) -> Iterator[str]:
    """Markdown."""
    yield "| request | small, ms | large, ms | ratio |"
    yield "| --- | ---: | ---: | ---: |"
    for name, (small, large) in found:
        yield f"| {name} | {small * 1e3:.2f} | {large * 1e3:.2f} | {large / small:.2f} |"


def main() -> None:
    """Fill two directories, measure, then print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--users", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=200)
    options = parser.parse_args()
    clients: dict[int, FlaskClient] = {}
    for users in (options.users // 100, options.users):
        began = time.perf_counter()
        clients[users] = directory(users)
        check(clients[users], users)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        print(
            f"  {users:,} users: {time.perf_counter() - began:.1f} s, {peak:,} MB", file=sys.stderr
        )
    for line in table(measured(clients, options.rounds)):
        print(line)
    for client in clients.values():
        close_app(client.application)


if __name__ == "__main__":
    main()
