"""A page of users, and the same expanded with the groups that they are in. Prints markdown.

    python benchmarks/expanding.py [--users N] [--groups N] [--rounds N]

In process, by werkzeug's client: a page of 100 is asked for plain and expanded in turn, and the
least processor time of each counts, so that a busy machine says the same as an idle one. The last
column is of pages before each of which a user was changed who is on none of them: what answers keep
from one to the next while nobody writes does not help these. Then all of a class of many members is
read through the nextLinks that stand in the expansion.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from fakegraph.app import close_app, create_app
from fakegraph.settings import Settings

PAGE = 100
CHUNK = 1_000
PLAIN = f"/v1.0/users?$top={PAGE}"
EXPANDED = ("memberOf", "memberOf($select=id)", "manager($select=id)")


def user(number: int) -> dict[str, Any]:
    """The user of that number."""
    return {
        "id": f"00000000-0000-4000-8000-{number:012}",
        "displayName": f"User {number}",
        "userPrincipalName": f"user{number}@contoso.com",
        "accountEnabled": True,
        "mailNickname": f"user{number}",
    }


def group(number: int) -> dict[str, Any]:
    """The group of that number."""
    return {
        "id": f"00000000-0000-4000-9000-{number:012}",
        "displayName": f"Group {number}",
        "mailEnabled": False,
        "mailNickname": f"group{number}",
        "securityEnabled": True,
    }


def seed(client: Any, records: dict[str, Any]) -> None:
    """Put records there. Raises AssertionError where they are refused."""
    answer = client.post("/_fakegraph/seed", json=records)
    assert answer.status_code == 200, answer.text


def fill(client: Any, users: int, groups: int, each: int) -> None:
    """Users, groups, and each user in some of these."""
    chosen = random.Random(1)
    seed(client, {"users": [user(n) for n in range(users)]})
    members: dict[int, list[dict[str, Any]]] = {n: [] for n in range(groups)}
    for number in range(users):
        for one in chosen.sample(range(groups), each):
            members[one].append({"@odata.type": "#microsoft.graph.user", **user(number)})
    seed(client, {"groups": [group(n) for n in range(groups)]})
    for number, some in members.items():
        seed(client, {f"groups/{group(number)['id']}/members": some})


def least(
    client: Any, url: str, rounds: int, before: Callable[[int], object] = lambda number: None
) -> tuple[float, float]:
    """The least times of the plain page and of another one, in milliseconds, asked in turn;
    ``before`` is done before each of them.
    """
    found = {PLAIN: float("inf"), url: float("inf")}
    for number in range(rounds):
        for each in found:
            before(number)
            start = time.process_time()
            answer = client.get(each)
            took = (time.process_time() - start) * 1_000
            assert answer.status_code == 200, answer.text
            found[each] = min(found[each], took)
    return found[PLAIN], found[url]


def change(client: Any, number: int) -> None:
    """Change a user who is on no page that is asked for. Raises AssertionError."""
    url = f"/v1.0/users/{user(PAGE)['id']}"
    answer = client.patch(url, json={"city": f"City {number}"})
    assert answer.status_code == 204, answer.text


def followed(client: Any, members: int) -> tuple[int, float]:
    """How many members an expansion and its links give, and the seconds that it takes."""
    seed(client, {"education/classes": [{"id": "c1"}]})
    for start in range(0, members, CHUNK):
        some = range(start, min(start + CHUNK, members))
        seed(client, {"education/users": [{"id": f"u{number}"} for number in some]})
    store = client.application.extensions["fakegraph_tenants"].named("default").store
    (class_,) = store.container("educationRoot/classes").scan()
    keys = [row.key for row in store.container("educationRoot/users").scan()]
    relation = "educationClass/members"
    store.transact(lambda write: [write.link(relation, class_.key, key) for key in keys])
    start_time = time.process_time()
    body = client.get("/v1.0/education/classes/c1?$expand=members($select=id;$top=999)").json
    found, link = len(body["members"]), body.get("members@odata.nextLink")
    while link:
        page = client.get(link).json
        found, link = found + len(page["value"]), page.get("@odata.nextLink")
    return found, time.process_time() - start_time


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--users", type=int, default=1_000)
    parser.add_argument("--groups", type=int, default=50)
    parser.add_argument("--rounds", type=int, default=200)
    given = parser.parse_args()
    print("| each user in | $expand | plain, ms | expanded, ms | ratio | ratio after a write |")
    print("| --- | --- | --- | --- | --- | --- |")
    for each in (1, 3):
        app = create_app(Settings(fixture=(), auth="off"))
        client = app.test_client()
        fill(client, given.users, given.groups, each)
        for text in EXPANDED:
            url = f"{PLAIN}&$expand={text}"
            plain, took = least(client, url, given.rounds)
            other, later = least(client, url, given.rounds, partial(change, client))
            figures = f"{plain:.2f} | {took:.2f} | {took / plain:.1f} | {later / other:.1f}"
            print(f"| {each} | {text} | {figures} |")
        close_app(app)
    print("\n| members | s |\n| --- | --- |")
    for members in (1_000, 10_000):
        app = create_app(Settings(fixture=(), auth="off"))
        found, seconds = followed(app.test_client(), members)
        assert found == members
        print(f"| {members:,} | {seconds:.2f} |")
        close_app(app)


if __name__ == "__main__":
    main()
