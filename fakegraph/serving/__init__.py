"""The HTTP server: one for tests in this process and for ``fakegraph serve`` alike."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from fakegraph.web.listening import CannotServe, ServerCrashed

if TYPE_CHECKING:
    from fakegraph.serving.server import InProcessServer, serve

__all__ = ["CannotServe", "InProcessServer", "ServerCrashed", "serve"]


def __getattr__(name: str) -> Any:  # naming them costs nothing: uvicorn comes on use
    if name not in __all__:
        raise AttributeError(name)
    return getattr(import_module("fakegraph.serving.server"), name)
