"""What the store costs, beside what it was before rows had owners and links. Prints markdown.

    python benchmarks/store.py [--rounds N] [--quick]

Each round is a process of its own with the former store, taken from git, and one with this one, in
turn: the speed of a machine drifts, and ratios are taken between neighbours. Medians are printed,
and for what the former store had too, the median of the ratios. Memory is counted by tracemalloc,
for each kind of row as the store has it after it was inserted.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time
import tracemalloc
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from io import BytesIO
from itertools import islice
from pathlib import Path
from typing import Any

FORMER = "c69edef"
ROOT = Path(__file__).parents[1]
PAGE = 100

Figures = dict[str, float]
"""Microseconds by what was measured; ratios and sizes as their names say."""

BUDGETS = {
    "50 of one of 2,000 owners, newest first": "20",
    "50 of one of 2,000 owners, as inserted": "20",
    "page of 100 of 10,000 links": "60",
    "links from the other side": "6",
    "new tenant, 150 containers, 100,000 rows": "100",
    "reset of it after a write": "1000",
    "a million rows of one owner beside a thousand: get": "1.2 times",
    "a million rows of one owner beside a thousand: page": "1.2 times",
    "a million rows of one owner beside a thousand: create": "1.2 times",
    "memory by row, by its JSON: message": "2.5 times",
}


# The records


def event(number: int) -> dict[str, Any]:
    """One of the report family."""
    from records import record

    return record(number)


def user(number: int) -> dict[str, Any]:
    """A person of the directory, with what Graph gives of one by default and a little more."""
    name = f"user{number}"
    return {
        "id": f"{number:08x}-1111-4000-8000-000000000000",
        "businessPhones": ["+1 425 555 0100"],
        "displayName": f"User {number}",
        "givenName": "User",
        "jobTitle": "Auditor" if number % 3 else "Retail Manager",
        "mail": f"{name}@contoso.com",
        "mobilePhone": None,
        "officeLocation": f"{number % 40}/1{number % 100:02}",
        "preferredLanguage": "en-US",
        "surname": f"Number{number}",
        "userPrincipalName": f"{name}@contoso.com",
        "accountEnabled": True,
        "userType": "Member",
        "createdDateTime": f"2024-0{number % 9 + 1}-{number % 28 + 1:02}T08:00:00Z",
    }


def message(number: int) -> dict[str, Any]:
    """A mail of a few lines, with what Graph gives of one."""
    when = f"2024-06-{number % 28 + 1:02}T{number % 24:02}:{number % 60:02}:00Z"
    sender = {"emailAddress": {"name": f"User {number % 99}", "address": f"u{number % 99}@x.com"}}
    to = {"emailAddress": {"name": f"User {number % 97}", "address": f"u{number % 97}@x.com"}}
    text = f"Dear {number},\r\n" + "the figures of the quarter are in; please look at them. " * 12
    return {
        "id": f"AAMkADE{number:09}AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        "createdDateTime": when,
        "lastModifiedDateTime": when,
        "changeKey": f"CQAAABYAAA{number:012}",
        "categories": [],
        "receivedDateTime": when,
        "sentDateTime": when,
        "hasAttachments": number % 5 == 0,
        "internetMessageId": f"<{number:012}@contoso.com>",
        "subject": f"Figures of the quarter ({number})",
        "bodyPreview": text[:255],
        "importance": "normal",
        "parentFolderId": "AQMkADYAAAIBDAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        "conversationId": f"AAQkADE{number % 1000:09}AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        "isDeliveryReceiptRequested": None,
        "isReadDeliveryReceiptRequested": False,
        "isRead": number % 3 == 0,
        "isDraft": False,
        "webLink": f"https://outlook.office365.com/owa/?ItemID=AAMkADE{number:09}&exvsurl=1",
        "inferenceClassification": "focused",
        "body": {"contentType": "text", "content": text},
        "sender": sender,
        "from": sender,
        "toRecipients": [to],
        "ccRecipients": [],
        "bccRecipients": [],
        "replyTo": [],
        "flag": {"flagStatus": "notFlagged"},
    }


def rows_of(store: Any, name: str) -> Any:
    """A container, which the former store called a collection."""
    return store.container(name) if hasattr(store, "container") else store.collection(name)


def as_read(record: dict[str, Any]) -> dict[str, Any]:
    """A record as a request brings it: nothing of it is shared with another one."""
    import orjson

    found: dict[str, Any] = orjson.loads(orjson.dumps(record))
    return found


# Measuring


def same(value: Any) -> Any:
    return value


def each(actions: Iterator[Callable[[], object]], count: int) -> float:
    """Microseconds of one of so many actions, of the processor's time: what else the machine does
    counts little. As in the quickest of nine parts, since that can only make it slower.
    """
    found, part = [], max(count // 9, 1)
    for _ in range(9):
        made = list(islice(actions, part))
        began = time.thread_time()
        for action in made:
            action()
        found.append((time.thread_time() - began) / part * 1e6)
    return min(found)


def of(values: Iterable[Any], action: Callable[..., object]) -> Iterator[Callable[[], object]]:
    """The same action with each of the values in turn."""
    return (partial(action, value) for value in values)


def always(action: Callable[[], object]) -> Iterator[Callable[[], object]]:
    while True:
        yield action


def page(rows: Iterator[Any], size: int = PAGE) -> list[Any]:
    return [row.record for row in islice(rows, size)]


def both(size: int, folder: Path) -> Figures:
    """What the former store can do too."""
    from fakegraph.store import Index, Stores, Template

    name = "events"
    indexes = {name: [Index("feature", same), Index("eventDateTime", same, True)]}
    template = Template({name: [event(n) for n in range(size)]}, indexes)
    figures: Figures = {}
    for kind, stores in (("memory", Stores(template)), ("disk", Stores(template, folder / "data"))):
        collection = rows_of(stores.open("contoso"), name)
        figures |= {f"{word}, {kind}": took for word, took in writes(collection, size).items()}
        stores.close()
    figures |= reads(rows_of(Stores(template).open("contoso"), name), size)
    empty = rows_of(Stores(Template({name: []}, indexes)).open("contoso"), name)
    figures |= weight(
        "event", event, lambda new: empty.insert([new]), 1_000 if size < 100_000 else 10_000
    )
    return figures


def writes(collection: Any, size: int) -> Figures:
    """Creating, changing and deleting one at a time."""
    count = max(size // 10, 900)
    fresh = [event(number) for number in range(size, size + count)]
    ids = [event(number * 7 % size)["id"] for number in range(count)]
    return {
        "create": each(of(fresh, lambda new: collection.insert([new])), count),
        "update": each(
            of(ids, lambda id: collection.update(id, lambda r: {**r, "feature": "x"})), count
        ),
        "delete": each(of(ids, collection.delete), count),
    }


def reads(collection: Any, size: int) -> Figures:
    """One at a time, and pages from the middle."""
    ids = [event(number * 7 % size)["id"] for number in range(9_000)]
    some = size // 3

    def failed() -> Iterator[Any]:
        found = collection.equal("feature", ["reset"], some)
        return (row for row in found if not row.record["isSuccess"])

    pages: dict[str, Callable[[], Iterator[Any]]] = {
        "filtered page of 100": failed,
        "page of 100 by an index": lambda: collection.equal("feature", ["reset"], some),
        "page of 100 in order": lambda: collection.walk("eventDateTime", low="2024-06-11"),
        "page of 100 in reverse order": lambda: collection.walk("eventDateTime", descending=True),
        "page of 100 as inserted": lambda: collection.scan(some),
    }

    def first(rows: Callable[[], Iterator[Any]]) -> list[Any]:
        return page(rows())

    found = {"get": each(of(ids, collection.get), 9_000)}
    return found | {name: each(always(partial(first, rows)), 900) for name, rows in pages.items()}


def many_beside_few(few: int, many: int) -> Figures:
    """What ``get`` costs of many rows beside few: the machine's own memory has a part in it."""
    from fakegraph.store import Stores, Template

    ratios = []
    gets = []
    for size in (few, many):
        stores = Stores(Template({"rows": [short(number) for number in range(size)]}))
        gets.append((size, rows_of(stores.open("contoso"), "rows").get))
    for _ in range(3):
        took = []
        for size, get in gets:
            ids = [f"m{number * 7919 % size}" for number in range(9_000)]
            took.append(each(of(ids, get), 9_000))
        ratios.append(took[1] / took[0])
    return {"a million rows beside a thousand: get": statistics.median(ratios)}


def owners(size: int, count: int) -> Figures:
    """Rows of one of many owners."""
    store = new_store()
    people = insert(store, "users", [user(number) for number in range(count)])
    insert(
        store,
        "user/messages",
        [short(number) for number in range(size)],
        [people[number % count].key for number in range(size)],
    )
    messages = store.container("user/messages")
    keys = [person.key for person in people]

    def newest(key: int) -> Callable[[], object]:
        owned = messages.of(key)
        return lambda: page(owned.walk("receivedDateTime", descending=True), 50)

    def inserted(key: int) -> Callable[[], object]:
        owned = messages.of(key)
        return lambda: page(owned.scan(), 50)

    some = keys[:10] * 90  # whose rows the processor has at hand after the first time
    return {
        "50 of one of 2,000 owners, newest first": each(map(newest, some), 900),
        "50 of one of 2,000 owners, as inserted": each(map(inserted, some), 900),
        "50 of each of 2,000 owners in turn, newest first": each(map(newest, keys), 1_800),
        "50 of each of 2,000 owners in turn, as inserted": each(map(inserted, keys), 1_800),
    }


def short(number: int) -> dict[str, Any]:
    """A record with what the index of messages needs: so that its size is no part of the figure."""
    return {"id": f"m{number}", "receivedDateTime": f"2024-06-11T00:00:00.{number:07}Z", "n": 0}


def links(size: int) -> Figures:
    """A group with many members; a person in ten groups."""
    store = new_store()
    people = [row.key for row in insert(store, "users", [user(n) for n in range(size)])]
    groups = [row.key for row in insert(store, "groups", [{"id": f"g{n}"} for n in range(10)])]

    def work(transaction: Any) -> None:
        for person in people:
            transaction.link("group/members", groups[0], person)
        for group in groups[1:]:
            for person in people[:50]:
                transaction.link("group/members", group, person)

    store.transact(work)
    members, middle = store.links("group/members"), size // 2
    figures = {
        "page of 100 of 10,000 links": each(
            always(lambda: members.page(groups[0], middle, PAGE)), 900
        ),
        "page of 100 of 10,000 links, as a collection": each(
            always(lambda: page(members.targets(groups[0]).scan(middle))), 900
        ),
        "links from the other side": each(
            of(people[50:], lambda key: page(members.sources(key).scan())), 900
        ),
        "ten links from the other side": each(
            of(people[:50] * 18, lambda key: page(members.sources(key).scan())), 900
        ),
        "does a link exist": each(of(people, partial(members.has, groups[0])), 900),
    }
    fresh = (row.key for row in insert(store, "users", [user(size + n) for n in range(900)]))
    figures["link, memory"] = each(
        of(fresh, lambda key: store.transact(lambda t: t.link("group/members", groups[0], key))),
        900,
    )
    return figures


def one_owner(thousand: int, million: int) -> Figures:
    """What many rows of one owner cost beside few: ratios, of measurements taken in turn."""
    few, many = owned_by_one(thousand), owned_by_one(million)
    ratios: dict[str, list[float]] = {}
    for _ in range(3):
        for name, took in many(150).items():
            ratios.setdefault(name, []).append(took)
        for name, took in few(150).items():
            ratios[name][-1] /= took
    return {
        f"a million rows of one owner beside a thousand: {name}": statistics.median(found)
        for name, found in ratios.items()
    }


def owned_by_one(size: int) -> Callable[[int], Figures]:
    """What measures a store in which one user has so many messages."""
    store = new_store()
    owner = insert(store, "users", [user(0)])[0].key
    for start in range(0, size, 10_000):
        part = [short(number) for number in range(start, min(start + 10_000, size))]
        insert(store, "user/messages", part, [owner] * len(part))
    owned = store.container("user/messages").of(owner)
    fresh = iter(short(size + number) for number in range(10**9))

    def create() -> None:
        new = next(fresh)
        store.transact(lambda transaction: transaction.insert("user/messages", new, owner))

    def measured(count: int) -> Figures:
        ids = [f"m{number * 7919 % size}" for number in range(count * 60)]
        return {
            "get": each(of(ids, owned.get), count * 60),
            "page": each(
                always(lambda: page(owned.walk("receivedDateTime", descending=True))), count * 6
            ),
            "create": each(always(create), count * 2),
        }

    return measured


def forks(size: int, containers: int) -> Figures:
    """New tenants, and going back."""
    from fakegraph.store import Stores, Template

    part = size // containers
    records = {f"set{n}": [short(number) for number in range(part)] for n in range(containers)}
    stores = Stores(Template(records))
    tenants = iter(range(10_000))
    figures = {
        "new tenant, 150 containers, 100,000 rows": each(
            always(lambda: stores.open(f"t{next(tenants)}")), 180
        )
    }
    opened = iter([stores.open(f"w{n}") for n in range(180)])
    figures["first write of it"] = each(
        always(lambda: next(opened).container("set7").insert([{"id": "new"}])), 180
    )
    store = stores.open("reset")
    took = []
    for number in range(50):
        store.container(f"set{number % containers}").insert([{"id": "new"}])
        began = time.thread_time()
        store.reset()
        took.append((time.thread_time() - began) * 1e6)
    figures["reset of it after a write"] = min(took)
    return figures


def memory(count: int) -> Figures:
    """Bytes of a row by its kind, and how that is to its JSON."""
    figures: Figures = {"memory by row, bytes: link": weight_of_links(count)}
    for name, container, make in (
        ("message", "user/messages", message),
        ("user", "users", user),
    ):
        store = new_store()
        owner = insert(store, "users", [user(10**6)])[0].key if name == "message" else 0

        def create(new: Any, to: Any = store, name: str = container, owner: int = owner) -> None:
            to.transact(lambda transaction: transaction.insert(name, new, owner))

        figures |= weight(name, make, create, count)
    return figures


def weight(
    name: str, make: Callable[[int], Any], create: Callable[[Any], object], count: int
) -> Figures:
    """Bytes of a row, each made by a write of its own."""
    import orjson

    json_size = statistics.mean(len(orjson.dumps(make(number))) for number in range(count))
    with counted() as left:
        for number in range(count):
            create(as_read(make(number)))
    found = left() / count
    return {
        f"memory by row, bytes: {name}": found,
        f"memory by row, by its JSON: {name}": found / json_size,
    }


def weight_of_links(count: int) -> float:
    """Bytes of a link, a hundred in a write."""
    store = new_store()
    people = [row.key for row in insert(store, "users", [user(n) for n in range(count)])]
    group = insert(store, "groups", [{"id": "g"}])[0].key
    with counted() as left:
        for start in range(0, count, 100):
            some = people[start : start + 100]
            store.transact(lambda t, keys=some: [t.link("group/members", group, k) for k in keys])
    return left() / count


@contextmanager
def counted() -> Iterator[Callable[[], int]]:
    """How many bytes are left of what was taken inside."""
    gc.collect()
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    left = [0]
    try:
        yield lambda: left[0]
    finally:
        gc.collect()
        left[0] = tracemalloc.get_traced_memory()[0] - before
        tracemalloc.stop()


def new_store() -> Any:
    from fakegraph.store import Index, Layout, Stores, Template, UniqueKey

    layouts = {
        "users": Layout(keys=(UniqueKey("id", str.casefold), UniqueKey("userPrincipalName"))),
        "user/messages": Layout(indexes=(Index("receivedDateTime", same, True, True),)),
        "events": Layout(indexes=(Index("feature", same), Index("eventDateTime", same, True))),
    }
    return Stores(Template({}, layouts)).open("contoso")


def insert(store: Any, name: str, records: list[Any], owners: list[int] | None = None) -> Any:
    """Insert records in one transaction, each with its owner; gives the rows."""
    pairs = list(zip(records, owners or [0] * len(records), strict=True))
    return store.transact(lambda t: [t.insert(name, record, owner) for record, owner in pairs])


# Comparing


def measure(which: str, quick: bool) -> Figures:
    """Everything, of the store that is imported here."""
    size = 10_000 if quick else 100_000
    with tempfile.TemporaryDirectory() as folder:
        figures = both(size, Path(folder))
    many = 100_000 if quick else 1_000_000
    figures |= many_beside_few(1_000, many)
    if which == "former":
        return figures
    figures |= owners(size, 2_000) | links(10_000) | forks(size, 150)
    figures |= one_owner(1_000, many)
    return figures | memory(1_000 if quick else 10_000)


def former_code(folder: Path) -> Path | None:
    """The package as it was, from git; None where git does not have it."""
    command = ["git", "-C", str(ROOT), "archive", FORMER, "fakegraph"]
    found = subprocess.run(command, capture_output=True, check=False)
    if found.returncode:
        return None
    with tarfile.open(fileobj=BytesIO(found.stdout)) as archive:
        archive.extractall(folder, filter="data")
    return folder


def measured(which: str, code: Path, quick: bool) -> Figures:
    """What a process of its own measures, with the package that is in a folder."""
    command = [sys.executable, __file__, "--measure", which, *(["--quick"] if quick else [])]
    environment = {**os.environ, "PYTHONPATH": str(code)}
    found = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True)
    figures: Figures = json.loads(found.stdout)
    return figures


def compare(rounds: int, quick: bool) -> None:
    """Measure both in turn, and print."""
    with tempfile.TemporaryDirectory() as folder:
        code = former_code(Path(folder))
        if code is None:
            print(f"git has no {FORMER}: the former store is not measured.\n", flush=True)
        former, new = [], []
        for _ in range(rounds):
            if code is not None:
                former.append(measured("former", code, quick))
            new.append(measured("new", ROOT, quick))
    print("| µs, or as it says | former | now | ratio | budget |\n| --- | --- | --- | --- | --- |")
    for name in new[0]:
        now = [figures[name] for figures in new]
        was = [figures[name] for figures in former if name in figures]
        ratio = [a / b for a, b in zip(now, was, strict=False)]
        cells = [_median(was), _median(now), _median(ratio)]
        print(f"| {name} | {' | '.join(cells)} | {BUDGETS.get(name, '1.0 times' if was else '')} |")


def _median(values: list[float]) -> str:
    return f"{statistics.median(values):.3g}" if values else ""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--quick", action="store_true", help="small, one round: does it all run?")
    parser.add_argument("--measure", choices=("former", "new"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        import fakegraph

        expected = os.environ["PYTHONPATH"]
        assert Path(fakegraph.__file__).is_relative_to(expected), fakegraph.__file__
        print(json.dumps(measure(options.measure, options.quick)))
    else:
        compare(options.rounds or (1 if options.quick else 5), options.quick)


if __name__ == "__main__":
    main()
