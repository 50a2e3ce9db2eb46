"""Many apps in one process, one after the other, as in the run of a test suite, and what each keeps."""

from __future__ import annotations

import gc
import tracemalloc
import weakref
from typing import Any

from fakegraph.app import close_app, create_app
from fakegraph.settings import Settings


def asked(surface: str = "known") -> Any:
    """An app after some requests."""
    app = create_app(Settings(fixture=(), auth="off", surface=surface))
    client = app.test_client()
    user = {"displayName": "Ada", "mailNickname": "ada", "userPrincipalName": "ada@contoso.com",
            "accountEnabled": True, "passwordProfile": {"password": "xWwvJ]6NMw+bWH-d"}}  # fmt: skip
    made = client.post("/v1.0/users", json=user)
    assert made.status_code == 201, made.text
    messages = f"/v1.0/users/{made.json['id']}/messages"
    message = client.post(messages, json={"subject": "Hi"}).json["id"]
    assert client.get(f"{messages}/{message}").status_code == 200
    assert client.get(f"{messages}?$filter=subject eq 'Hi'&$select=id").status_code == 200
    return app


def test_they_share_what_is_worked_out_of_the_models_and_nothing_else() -> None:
    one, other = asked(), asked("permitted")

    versions = [each.graph.published for each in (one, other)]
    assert versions[0].model("v1.0") is versions[1].model("v1.0")
    assert versions[0].walk("v1.0") is not versions[1].walk("v1.0")
    for each in (one, other):
        assert len(each.test_client().get("/v1.0/users").json["value"]) == 1
    for each in (one, other):
        close_app(each)


def test_one_that_is_closed_is_kept_by_nothing() -> None:
    app = asked()
    walk = app.graph.published.walk("v1.0")
    left = [weakref.ref(each) for each in (app, walk, walk("users").shape.plan)]

    close_app(app)
    del app, walk
    gc.collect()

    assert [each() for each in left] == [None, None, None]


def test_what_is_no_name_of_a_host_is_not_remembered() -> None:
    app, size, count = create_app(Settings(fixture=())), 60_000, 50
    client = app.test_client()
    assert client.get("/", headers={"Host": "/" * size}).status_code == 400
    tracemalloc.start()
    try:
        for number in range(count):
            client.get("/", headers={"Host": f"{'/' * size}{number}"})
        gc.collect()
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    close_app(app)
    assert kept < size * count / 10
