"""``$expand``: how much of it there may be, and how far it goes."""

from __future__ import annotations

import json

import pytest

from tests.conftest import assert_error
from tests.graph.whole.conftest import seed

EVENTUAL = {"ConsistencyLevel": "eventual"}
ONE = "/v1.0/users/u0?$expand=manager($levels=1;$select=id)"


def _chain(client, length, *, back_to=None):
    """Users u0 to u<length>, each with the next as manager."""
    records = {
        f"users/u{n}/manager": {"@odata.type": "#microsoft.graph.user", "id": f"u{n + 1}"}
        for n in range(length)
    }
    if back_to is not None:
        last = {"@odata.type": "#microsoft.graph.user", "id": back_to}
        records[f"users/u{length}/manager"] = last
    seed(client, records)


def _chain_of(client, levels):
    """What is shown of u0 with its managers. The whole chain wants the advanced parameters."""
    url = f"/v1.0/users/u0?$expand=manager($levels={levels};$select=id)&$count=true"
    return json.loads(client.get(url, headers=EVENTUAL).text)


def _managers(found):
    ids = []
    while found := found.get("manager"):
        ids.append(found["id"])
    return ids


@pytest.mark.parametrize(
    "expand",
    [
        ",".join(["members"] * 1500),
        "members,members",
        "members,microsoft.graph.group/members",
        "members($select=id),members",
    ],
)
def test_what_is_expanded_twice_is_refused(client, expand):
    seed(client, {"groups": [{"id": "g1"}]})

    response = client.get(f"/v1.0/groups/g1?$expand={expand}")

    assert_error(response, 400, "BadRequest", "'members' is expanded more than once")


@pytest.mark.parametrize("path", ["groups/g1", "groups", "users/u1/memberOf/microsoft.graph.group"])
def test_the_directory_expands_one_thing(client, path):
    user = {"@odata.type": "#microsoft.graph.user", "id": "u1"}
    seed(client, {"groups/g1/members": [user]})

    response = client.get(f"/v1.0/{path}?$expand=members,owners")

    message = "Only one property can be expanded in a single query"
    assert_error(response, 400, "Request_BadRequest", message)


def test_others_expand_several(client):
    seed(client, {"chats/c1/members": [{"id": "m1"}]})

    found = client.get("/v1.0/chats/c1?$expand=members,lastMessagePreview")

    assert found.status_code == 200, found.text


def test_an_expansion_of_too_much_is_given_up(client):
    pupils = [{"id": f"u{n}"} for n in range(60)]
    seed(client, {"education/classes/c1/members": pupils})
    seed(client, {f"education/users/u{n}/classes": [{"id": "c1"}] for n in range(60)})
    text = "members"
    for _ in range(3):
        text = f"members($expand=classes($expand={text}))"

    response = client.get(f"/v1.0/education/classes/c1?$expand={text}")

    assert_error(response, 504, "UnknownError", "too long")


def test_what_leads_to_several_things_is_never_cut_silently(client):
    seed(client, {f"drives/d1/root:/{'a/' * 70}b.txt": {"content": "x"}})

    response = client.get("/v1.0/drives/d1/root?$expand=children($levels=max)")

    assert_error(response, 501, "NotImplemented", "64 levels")


@pytest.mark.parametrize("length", [40, 300])
def test_a_chain_is_shown_whole(client, length):
    _chain(client, length)

    found = _chain_of(client, "max")

    assert _managers(found) == [f"u{n}" for n in range(1, length + 1)]


def test_a_chain_in_a_batch_is_shown_whole(client):
    _chain(client, 300)
    url = "/users/u0?$expand=manager($levels=max;$select=id)&$count=true"
    body = {"requests": [{"id": "1", "method": "GET", "url": url, "headers": EVENTUAL}]}

    (found,) = client.post("/v1.0/$batch", json=body).json["responses"]

    assert len(_managers(found["body"])) == 300


def test_a_chain_is_followed_as_far_as_is_asked(client):
    _chain(client, 60)

    for levels in (1, 3, 50):
        found = _chain_of(client, levels) if levels > 1 else client.get(ONE).json
        assert len(_managers(found)) == levels


def test_a_circle_ends_where_it_began(client):
    _chain(client, 3, back_to="u0")

    found = _chain_of(client, "max")

    assert _managers(found) == ["u1", "u2", "u3", "u0"]


@pytest.mark.parametrize("levels", ["0", "1001", "9" * 17, "-1"])
def test_levels_are_a_thousand_at_most(client, levels):
    _chain(client, 1)

    response = client.get(f"/v1.0/users/u0?$expand=manager($levels={levels})")

    assert_error(response, 400, "BadRequest", f"it is set to '{levels}' instead")


def test_a_chain_is_a_thousand_long_at_most(client):
    _chain(client, 1)
    assert _chain_of(client, 1000)["manager"]["id"] == "u1"
