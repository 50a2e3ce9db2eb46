"""This process is led to a tenant, for a while: code under test that names Graph's own hosts."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Any

from fakegraph.environment.python import sitecustomize as others
from fakegraph.handle.errors import Misuse

_one = threading.Lock()


@contextmanager
def in_place(variables: Mapping[str, str]) -> Iterator[None]:
    """Have these in the environment, and libraries that do not heed it heed it. Raises Misuse where
    another block runs.
    """
    if not _one.acquire(blocking=False):
        raise Misuse(
            "this process is led to another tenant already: in_place() is for one tenant at a time"
        )
    with ExitStack() as stack:
        stack.callback(_one.release)
        stack.callback(_restore, {name: os.environ.get(name) for name in variables})
        os.environ.update(variables)
        stack.callback(others.heed())
        for name, anew in _ANEW.items():
            if name in sys.modules:
                stack.enter_context(anew(sys.modules[name]))
        yield


def _restore(before: Mapping[str, str | None]) -> None:
    for name, value in before.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


def _trusting(connector: Any) -> AbstractContextManager[None]:
    """aiohttp has read what it trusts when it was imported."""
    return _held(connector, "_SSL_CONTEXT_VERIFIED", connector._make_ssl_context(True))


def _opening(request: Any) -> AbstractContextManager[None]:
    """urllib has read which proxies there are when it was first asked to open a URL."""
    return _held(request, "_opener", None)


@contextmanager
def _held(module: Any, name: str, value: Any) -> Iterator[None]:
    before = getattr(module, name)
    setattr(module, name, value)
    try:
        yield
    finally:
        setattr(module, name, before)


# Libraries that go by what the environment was, and how they begin anew.
_ANEW = {"aiohttp.connector": _trusting, "urllib.request": _opening}
