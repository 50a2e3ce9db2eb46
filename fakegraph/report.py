"""What ``fakegraph run --report`` says: what a server was asked, what it refused, what was sent."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from fakegraph.app import control_of, tenants_of
from fakegraph.process import Serving
from fakegraph.tenants.journal import printable

if TYPE_CHECKING:
    from fakegraph.store import Record
    from fakegraph.tenants import Tenant
    from fakegraph.tenants.journal import Entry

_VERSION = re.compile(r"/(?:v1\.0|beta)(?=/)", re.IGNORECASE)
_FAILED = 400  # the first status of those that refuse


def report(serving: Serving) -> str:
    """All of it, as lines for people."""
    entries: list[Entry] = []
    mail: list[Record] = []
    for tenant in _tenants(serving):
        entries += tenant.journal.entries({})
        mail += _mail(serving, tenant)
    hosts = {} if serving.proxy is None else serving.proxy.refused
    asked = Counter((each.method, _template(each), each.status) for each in entries)
    refused = Counter(_refusal(each) for each in entries if each.status >= _FAILED)
    named = [f"{method} {template} {status}" for method, template, status in asked.elements()]
    sections = (
        ("asked", Counter(named)),
        ("refused", refused),
        ("ignored, as by the service", Counter(_ignored(entries))),
        ("other hosts, not reached (--proxy-others tunnel lets clients through)", Counter(hosts)),
        ("mail sent", Counter(map(_letter, mail))),
    )
    lines = [line for title, counts in sections for line in _section(title, counts)]
    return "\n".join(["fakegraph was " + _asked(len(entries)), *lines]) + "\n"


def _asked(number: int) -> str:
    return f"asked {number} {'time' if number == 1 else 'times'}"


def _tenants(serving: Serving) -> Iterator[Tenant]:
    tenants = tenants_of(serving.app)
    for name in tenants.list():
        tenant = tenants.named(name)
        try:
            yield tenant
        finally:
            tenants.leave(tenant)


def _mail(serving: Serving, tenant: Tenant) -> Iterable[Record]:
    from fakegraph.control.outbox import sent_mail
    from fakegraph.graph.whole.stored import Things

    return sent_mail(Things(control_of(serving.app).published).world, tenant.store)


def _template(entry: Entry) -> str:
    """The path that matched, with the version that was asked."""
    version = _VERSION.match(entry.path)
    return f"{version[0] if version else ''}{entry.route}" if entry.route else _path(entry)


def _path(entry: Entry) -> str:
    return printable(entry.path)


def _refusal(entry: Entry) -> str:
    why = printable(entry.error_message or "")
    return f"{entry.method} {_path(entry)} {entry.status} {entry.error_code}: {why}"


def _ignored(entries: Iterable[Entry]) -> Iterator[str]:
    for entry in entries:
        yield from map(printable, entry.environ.get("fakegraph.ignored", ()))


def _letter(record: Record) -> str:
    to = ", ".join((*record["to"], *record["cc"], *record["bcc"]))
    return printable(f"from {record['sender']} to {to}: {record['subject']}")


def _section(title: str, counts: Counter[str]) -> Iterator[str]:
    if counts:
        yield f"{title}:"
    for text, number in counts.items():
        yield f"  {number:4} x {text}"
