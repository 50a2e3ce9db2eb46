"""What Python starts with by ``PYTHONPATH``: certifi's bundle is then that of ``SSL_CERT_FILE``.

Programs trust certifi's file alone where they name it, and where they send what requests has
prepared, for which it does not look at the environment. Every Python of a command reads this:
nothing of this project is imported, and what is, when it is needed.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

_HERE = os.path.dirname(os.path.abspath(__file__))


class _Certifi:
    """Finds certifi's own module, and reads it so that it names the other file."""

    def __init__(self) -> None:
        self._loader: Any = None

    def find_spec(self, name: str, path: Sequence[str] | None = None, _: object = None) -> Any:
        if name != "certifi.core":
            return None
        from importlib.machinery import PathFinder

        spec = PathFinder.find_spec(name, path)
        if spec is not None:
            self._loader, spec.loader = spec.loader, self  # type: ignore[assignment]
        return spec

    def create_module(self, spec: Any) -> Any:
        return self._loader.create_module(spec)

    def exec_module(self, module: Any) -> None:
        self._loader.exec_module(module)
        if os.environ.get("SSL_CERT_FILE"):
            module.where, module.contents = _bundle, _contents


def _bundle() -> str:
    return os.environ["SSL_CERT_FILE"]


def _contents() -> str:
    with open(_bundle(), encoding="ascii") as file:
        return file.read()


def _go_on() -> None:
    """Do what the file of this name says that this one stands before."""
    from importlib.machinery import PathFinder
    from importlib.util import module_from_spec

    rest = [each for each in sys.path if os.path.abspath(each) != _HERE]
    spec = PathFinder.find_spec("sitecustomize", rest)
    if spec is not None and spec.loader is not None:
        module = sys.modules["sitecustomize"] = module_from_spec(spec)
        spec.loader.exec_module(module)


sys.meta_path.insert(0, _Certifi())
_go_on()
