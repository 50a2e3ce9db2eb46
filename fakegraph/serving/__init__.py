"""The HTTP server: one for tests in this process and for ``fakegraph serve`` alike."""

from fakegraph.serving.server import InProcessServer, ServerCrashed, serve
from fakegraph.web.listening import CannotServe

__all__ = ["CannotServe", "InProcessServer", "ServerCrashed", "serve"]
