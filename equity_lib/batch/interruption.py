"""Ctrl-C, SIGTERM and SIGHUP: each ends a command in the same way, and once."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_told: list[int] = []


@contextmanager
def interruptible(to_the_end: bool = False) -> Iterator[None]:
    """Let a signal raise KeyboardInterrupt once: clearing up isn't disturbed by the next one.

    Parameters
    ----------
    to_the_end
        After an interruption this process only ends, so no further signal is heard; else the
        handlers are put back.
    """
    if threading.current_thread() is not threading.main_thread() or signal.getsignal(signal.SIGTERM) is _stop:
        yield
        return
    _told.clear()
    before = {number: signal.getsignal(number) for number in _SIGNALS}
    for number in _SIGNALS:
        if before[number] is not signal.SIG_IGN:  # as `nohup` wants it
            signal.signal(number, _stop)
    try:
        yield
    finally:
        if not to_the_end or signal.getsignal(signal.SIGTERM) is not signal.SIG_IGN:
            for number, handler in before.items():
                signal.signal(number, handler)


def heed() -> None:
    """Raise KeyboardInterrupt if a signal came: a library may swallow one while it is imported."""
    if _told:
        raise KeyboardInterrupt


def _stop(number: int, frame: FrameType | None) -> None:
    del frame
    _told.append(number)
    for each in _SIGNALS:
        signal.signal(each, signal.SIG_IGN)
    raise KeyboardInterrupt
