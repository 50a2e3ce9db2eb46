"""fakegraph: a local stand-in for Microsoft Graph, for tests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakegraph._version import __version__

if TYPE_CHECKING:
    from fakegraph.app import create_app
    from fakegraph.handle import ControlError, FakeGraph

__all__ = ["ControlError", "FakeGraph", "__version__", "create_app"]

_HOMES = {
    "ControlError": "fakegraph.handle",
    "FakeGraph": "fakegraph.handle",
    "create_app": "fakegraph.app",
}


def __getattr__(name: str) -> Any:
    """Import what is asked for only then: pytest imports this package in every run."""
    if name not in _HOMES:
        raise AttributeError(f"module 'fakegraph' has no attribute '{name}'")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)
