"""How a server ends that is told to: at once, or once it has said for a while that it will."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Iterable, Mapping

Stop = Callable[[], object]
End = Callable[[Stop], object]
"""Called in the server's loop at each signal that says to end, with what ends it."""


def at_once(stop: Stop) -> None:
    """End."""
    stop()


AT_ONCE: Mapping[int, End] = {signal.SIGINT: at_once, signal.SIGTERM: at_once}
"""What either signal does where nothing else is said."""


def heed_no_more(loop: asyncio.AbstractEventLoop, numbers: Iterable[int]) -> None:
    """Ignore signals from now on, to which a loop has listened: what ends goes on to its end. The
    loop itself would leave the process to them.
    """
    for number in numbers:
        loop.remove_signal_handler(number)
        signal.signal(number, signal.SIG_IGN)


class Drain:
    """``leave`` at the first signal, and end so many seconds after it, or at the second."""

    def __init__(self, seconds: float, leave: Callable[[], object]) -> None:
        self._seconds, self._leave = seconds, leave
        self._begun = False

    def __call__(self, stop: Stop) -> None:
        if self._begun:
            stop()
        else:
            self.begin(stop)

    def begin(self, stop: Stop) -> None:
        """``leave``, and end some time later; to be told so again changes nothing."""
        self._leave()
        if not self._begun:
            self._begun = True
            asyncio.get_running_loop().call_later(self._seconds, stop)
