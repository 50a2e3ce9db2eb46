"""The records that every server is loaded with: the n-th is the same for all."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

SET = "userCredentialUsageDetails"
_METHODS = ("email", "mobileSMS", "mobileCall", "officePhone", "securityQuestion", "appCode")


def record(number: int) -> dict[str, Any]:
    """The record of that number. Every other one has the feature ``reset``."""
    user = number % 997
    return {
        "id": record_id(number),
        "feature": "reset" if number % 2 else "registration",
        "userPrincipalName": f"user{user}@contoso.com",
        "userDisplayName": f"User {user}",
        "isSuccess": number % 3 > 0,
        "authMethod": _METHODS[number % len(_METHODS)],
        "failureReason": "" if number % 3 else "The user cancelled.",
        "eventDateTime": f"2024-06-{number % 28 + 1:02}T{number % 24:02}:00:00.1234567Z",
    }


def record_id(number: int) -> str:
    """Its id, which load.lua can work out too."""
    return f"{number:08x}-0000-4000-8000-000000000000"


def records(size: int) -> Iterator[dict[str, Any]]:
    """The first ``size`` records."""
    return map(record, range(size))


def write_jsonl(size: int, path: Path) -> Path:
    """One record a line."""
    with path.open("w") as file:
        file.writelines(json.dumps(each) + "\n" for each in records(size))
    return path
