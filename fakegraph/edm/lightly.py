"""marshmallow, imported without its patterns for e-mail addresses.

Compiling these takes 28 ms, a tenth of the start of a server, and no property here has them
checked. They are compiled when they are first used, which other code in the process may do.
"""

from __future__ import annotations

import re
import sys
from typing import Any

_OF = "marshmallow.validate"


class Later:
    """A pattern that is compiled when something is first asked of it."""

    def __init__(self, *arguments: Any) -> None:
        self._arguments = arguments

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # classes ask what stands in them whether it is abstract
            raise AttributeError(name)
        return getattr(re.compile(*self._arguments), name)  # `re` keeps what it compiled


def _import_marshmallow() -> None:
    """Import it so, unless it was imported before."""
    if _OF in sys.modules:
        return
    compile_: Any = re.compile

    def later(*arguments: Any) -> Any:
        of = sys._getframe(1).f_globals.get("__name__")  # other threads may be importing too
        return (Later if of == _OF else compile_)(*arguments)

    re.compile = later  # type: ignore[assignment]
    try:
        import marshmallow  # noqa: F401
    finally:
        re.compile = compile_


_import_marshmallow()
