"""What a newcomer writes to say something of a part of Graph: a few lines, and it holds."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from fakegraph.workloads import registry
from fakegraph.workloads.declarations import Navigation, Type, Workload
from fakegraph.workloads.words import Words


class TicketWords(Words):
    bad = "BadTicket"


def register(declarations):
    declarations.add(
        Workload("agreements", types=("agreement",), words=TicketWords()),
        Type(
            "agreement",
            required=("displayName",),
            defaults={"isPerDeviceAcceptanceRequired": True},
        ),
        Navigation("termsOfUseContainer/agreements", page_size=1),
    )


@pytest.fixture
def newcomer(monkeypatch, make_client):
    known = registry.import_module
    registry.declared.cache_clear()
    monkeypatch.setattr(registry, "WORKLOADS", (*registry.WORKLOADS, "agreements"))
    monkeypatch.setattr(
        registry,
        "import_module",
        lambda name: (
            SimpleNamespace(register=register) if name.endswith(".agreements") else known(name)
        ),
    )
    yield make_client()
    registry.declared.cache_clear()


def test_what_is_declared_in_five_lines_holds(newcomer):
    refused = newcomer.post("/v1.0/identityGovernance/termsOfUse/agreements", json={})
    assert (refused.status_code, refused.json["error"]["code"]) == (400, "BadTicket")

    for name in ("a", "b"):
        made = newcomer.post(
            "/v1.0/identityGovernance/termsOfUse/agreements",
            json={"displayName": name, "isViewingBeforeAcceptanceRequired": False},
        )
        assert made.json["isPerDeviceAcceptanceRequired"] is True

    page = newcomer.get("/v1.0/identityGovernance/termsOfUse/agreements").json
    assert [each["displayName"] for each in page["value"]] == ["a"]
    assert "@odata.nextLink" in page
