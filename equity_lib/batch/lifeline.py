"""No orphans: a worker and its kernel end with the process that started them, however it ends."""

import ctypes
import os
import signal
import sys
from contextlib import suppress

_PR_SET_PDEATHSIG = 1
_PR_SET_NAME = 15
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None

#: Process groups that end with this process; a kernel leads one, with whatever it started.
groups: list[int] = []


def die_with_parent(number: int = signal.SIGKILL) -> None:
    """Have the system send this process a signal when its parent dies (Linux; elsewhere nothing)."""
    if _libc is not None:
        _libc.prctl(_PR_SET_PDEATHSIG, int(number))


def name_process(name: str) -> None:
    """What `top` and `ps -o comm` call this process (Linux; elsewhere nothing), 15 bytes at most."""
    if _libc is not None:
        _libc.prctl(_PR_SET_NAME, name.encode(), 0, 0, 0)


def bind(parent: int) -> None:
    """End when the process `parent` does, taking `groups` along; call it before anything slow."""
    signal.signal(signal.SIGTERM, lambda *_: end())
    die_with_parent(signal.SIGTERM)
    if os.getppid() != parent:
        os._exit(1)


def watch() -> None:
    """Wait for the end of standard input, which the parent holds open as long as it lives."""
    while os.read(0, 1):
        pass
    end()


def end() -> None:
    """End this process, its group and `groups`, at once."""
    for group in [*groups, os.getpgrp()]:
        kill_group(group)
    os._exit(1)


def kill_group(group: int) -> None:
    """Kill a process group, if there is one."""
    with suppress(OSError):
        os.killpg(group, signal.SIGKILL)
