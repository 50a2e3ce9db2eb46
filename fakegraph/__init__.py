"""fakegraph: a local stand-in for Microsoft Graph, for tests."""

from fakegraph._version import __version__

__all__ = ["__version__"]
