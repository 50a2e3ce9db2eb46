"""fakegraph: a local stand-in for Microsoft Graph, for tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fakegraph._version import __version__

__all__ = ["ControlError", "FakeGraph", "FaultNeverHitWarning", "__version__", "create_app"]

if TYPE_CHECKING:
    from fakegraph.app import create_app
    from fakegraph.handle import ControlError, FakeGraph, FaultNeverHitWarning
else:
    _HOMES = {
        "ControlError": "fakegraph.handle",
        "FakeGraph": "fakegraph.handle",
        "FaultNeverHitWarning": "fakegraph.handle",
        "create_app": "fakegraph.app",
    }

    def __getattr__(name: str) -> object:
        """Import what is asked for only then: pytest imports this package in every run."""
        if name not in _HOMES:
            raise AttributeError(f"module 'fakegraph' has no attribute '{name}'")
        from importlib import import_module

        return getattr(import_module(_HOMES[name]), name)
