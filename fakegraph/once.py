"""Made when somebody first asks for it, and once: for what is known by its identity.

``functools.cache`` lets threads that ask together make one each, and all but one of them go on with
what nobody else has: with the types of a model that is not the model.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from threading import Lock, get_ident
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from functools import _lru_cache_wrapper

T = TypeVar("T")


def once(make: Callable[..., T], most: int | None = None) -> _lru_cache_wrapper[T]:
    """As ``functools.lru_cache``, which keeps so many; who asks while one is made waits for it."""
    lock, maker = Lock(), 0

    def made(*of: object) -> T:
        nonlocal maker
        if maker == get_ident():
            return make(*of)
        with lock:
            maker = get_ident()
            try:
                return asked(*of)  # which somebody else may have made meanwhile
            finally:
                maker = 0

    asked = lru_cache(most)(made)
    return asked
