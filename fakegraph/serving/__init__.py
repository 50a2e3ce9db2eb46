"""The HTTP server: one for tests in this process and for ``fakegraph serve`` alike."""

from fakegraph.serving.server import CannotServe, InProcessServer, ServerCrashed, serve

__all__ = ["CannotServe", "InProcessServer", "ServerCrashed", "serve"]
