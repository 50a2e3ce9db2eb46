"""Many threads at rows that contain and refer to each other: nothing is ever left hanging.

``STRESS_SECONDS`` says for how long (1 if not given; ``make crash-test`` says 30).
"""

from __future__ import annotations

import random
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from fakegraph.store import KeyTaken, NoSuchRow

from .test_threads import SECONDS, run
from .worlds import MEMBERS, SHARED, STORES, World, cut_logs, do, dump

FOLDERS, MESSAGES = "user/folders", "user/messages"
ABSENT = (KeyTaken, NoSuchRow, ValueError)
"""What a write says that another one came before."""


class Shared:
    """The keys that all threads write to."""

    def __init__(self, store: Any) -> None:
        self.users = [row.key for row in store.container("users").scan()]
        self.folders = [row.key for row in store.container(FOLDERS).scan()]


def work(store: Any, shared: Shared, seed: int, until: float) -> int:
    """Make, move, link, hide and delete what others do too."""
    choice, number = random.Random(seed), 0
    while time.monotonic() < until:
        number += 1
        name, step = f"{seed}.{number}", choice.random()
        user, folder = choice.choice(shared.users[-20:]), choice.choice(shared.folders[-40:])
        try:
            if step < 0.15:
                shared.users.append(do(store, "insert", "users", {"id": name}).key)
            elif step < 0.35:
                owner = choice.choice([user, folder])
                row = do(store, "insert", FOLDERS, {"id": name, "name": name}, owner)
                shared.folders.append(row.key)
            elif step < 0.6:
                store.transact(lambda t, i=name, o=folder, s=step: _with_bytes(t, i, o, s))
            elif step < 0.75:
                do(store, "link", MEMBERS, user, folder)
            elif step < 0.8:
                do(store, "move", folder, choice.choice([user, *shared.folders[-9:]]))
            else:
                words = ["unlink", "hide", "restore", "restore", "purge", "delete"]
                word, it = choice.choice(words), choice.choice([user, folder])
                do(store, word, *((MEMBERS, user, folder) if word == "unlink" else (it,)))
        except ABSENT:
            pass
    return number


def _with_bytes(transaction: Any, name: str, owner: int, step: float) -> None:
    content = transaction.keep(b"%d" % int(step * 40))
    record = {"id": name, "received": step, "@bytes": {"content": content}}
    transaction.insert(MESSAGES, record, owner)


def look(store: Any, shared: Shared, seed: int, until: float) -> None:
    """Read what belongs to somebody: in order, once, and of that one alone."""
    choice = random.Random(seed)
    while time.monotonic() < until:
        folder, user = choice.choice(shared.folders[-40:]), choice.choice(shared.users[-20:])
        owned = store.container(MESSAGES).of(folder)
        for rows in (
            owned.scan(),
            owned.walk("received"),
            store.container(FOLDERS).of(user).scan(),
        ):
            found = list(rows)
            assert {row.owner for row in found} <= {folder, user}
            assert len({row.key for row in found}) == len(found)
        times = [row.record["received"] for row in owned.walk("received", descending=True)]
        assert times == sorted(times, reverse=True)
        places = [row.position for row in store.links(MEMBERS).targets(user).scan()]
        assert places == sorted(set(places))
        list(store.links(MEMBERS).sources(folder).scan())
        store.rows([folder, user])


def check_nothing_hangs(store: Any) -> None:
    """Every owner and every end of a link is there, and all ways to read agree."""
    names = ["users", "groups", FOLDERS, MESSAGES]
    rows = {row.key: row for name in names for row in store.container(name).scan()}
    for name in names:
        container = store.container(name)
        assert len(container) == len(list(container.scan()))
        owned = {row.key for owner in [0, *rows] for row in container.of(owner).scan()}
        assert owned == {row.key for row in container.scan()}, "each has an owner that is there"
    links = store.links(MEMBERS)
    pairs = {(key, row.key) for key in rows for row in links.targets(key).scan()}
    assert pairs == {(row.key, key) for key in rows for row in links.sources(key).scan()}
    assert {key for pair in pairs for key in pair} <= rows.keys()
    for row in store.container(MESSAGES).scan():
        name = row.record.get("@bytes", {}).get("content")
        assert name is None or store.bytes.get(name) is not None


@pytest.mark.parametrize("kind", [*STORES, *SHARED])
@pytest.mark.parametrize("going_back", [False, True])
def test_nothing_is_left_hanging(
    kind: str, going_back: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cut_logs(monkeypatch)
    world = World(kind, tmp_path)
    store = world.open()
    shared, until, done = Shared(store), time.monotonic() + SECONDS, []

    def go_back() -> None:
        while going_back and time.monotonic() < until:
            snapshot = store.snapshot()
            time.sleep(0.1)
            store.restore(snapshot)

    run(
        [lambda n=n: done.append(work(store, shared, n, until)) for n in range(8)]
        + [lambda n=n: look(store, shared, n, until) for n in range(3)]
        + [go_back]
    )
    assert sum(done) > 8
    check_nothing_hangs(store)
    expected = dump(store)
    if kind != "memory":
        store = world.open_again()
        assert dump(store) == expected
    for name in ("users", FOLDERS, MESSAGES):
        for row in list(store.hidden(name).scan()):
            try:
                do(store, "restore", row.key)
            except ABSENT:
                with suppress(NoSuchRow):  # it went with the one that contained it
                    do(store, "purge", row.key)
    check_nothing_hangs(store)
    world.close()
