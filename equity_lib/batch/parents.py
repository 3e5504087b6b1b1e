"""Asking a warm parent for forks: for each environment one is started when it is first wanted."""

import json
import os
import select
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import IO, Any

from equity_lib.batch import preload
from equity_lib.batch.forks import Forked, Refused
from equity_lib.batch.lifeline import kill_group

#: What a process takes in at its start and never looks at again: other values need another parent.
_AT_START = ("PYTHON", "LD_", "MPL", "LC_", "LANG", "JUPYTER_PATH", "JUPYTER_PREFER_ENV_PATH", "MALLOC_")
#: Threads at the fork are a hazard: libraries of the parent, and so its forks, compute in one.
ONE_THREAD = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
_NO_HELPERS = {"JE_ARROW_MALLOC_CONF": "background_thread:false"}


class Parent:
    """A warm parent, started by this process or inherited from the process that forked it.

    Parameters
    ----------
    kernels, jobs
        Where forks of either kind are asked for.
    life
        It ends when this is closed.
    """

    def __init__(
        self, kernels: socket.socket, jobs: socket.socket | None = None, life: IO[bytes] | None = None
    ) -> None:
        self._ask = {"kernel": kernels} | ({"job": jobs} if jobs else {})
        self._life = life
        self.process: subprocess.Popen[bytes] | None = None

    @staticmethod
    def start(
        env: Mapping[str, str], cwd: str = "/", then: Sequence[str] = (), pages: Sequence[str] | None = None
    ) -> "Parent":
        """Start one; it imports what its forks need while requests wait.

        Parameters
        ----------
        then
            Modules that it imports at last, for kernels.
        pages
            The same for jobs; None: it is for kernels alone.
        """
        kernels, its_kernels = _pair()
        jobs, its_jobs = _pair() if pages is not None else (None, None)
        passed = [its_kernels.fileno(), *((its_jobs.fileno(), kernels.fileno()) if its_jobs else ())]
        asked = {"kernels": passed[0], "jobs": passed[1:], "then": list(then), "pages": list(pages or ())}
        process = subprocess.Popen(
            [sys.executable, "-m", "equity_lib.batch.warm", json.dumps(asked)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=passed,
            cwd=cwd,
            env={**env, **dict.fromkeys(ONE_THREAD, "1"), **_NO_HELPERS},
            start_new_session=True,
        )
        for each in (its_kernels, its_jobs):
            if each is not None:
                each.close()
        parent = Parent(kernels, jobs, process.stdin)
        parent.process = process
        return parent

    @property
    def alive(self) -> bool:
        """Whether it still takes requests, of either kind."""
        looks = select.poll()
        for each in self._ask.values():
            looks.register(each, 0)  # of an end without a listener one is told unasked
        return not looks.poll(0)

    def fork(
        self, request: Mapping[str, Any], streams: Sequence[int] = (), args: Sequence[str] = ()
    ) -> Forked:
        """Ask for a fork.

        Parameters
        ----------
        request
            `do` (`kernel` or `job`), `env`, `cwd`, `memory`, `seconds`, and what the kind needs.
        streams
            Standard output and standard error of the fork; none: they go nowhere.

        Raises
        ------
        Refused
            If there is none to be had.
        """
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                message = json.dumps(request).encode()
                socket.send_fds(self._ask[request["do"]], [message], [theirs.fileno(), *streams])
            except OSError as error:
                ours.close()
                raise Refused(f"the warm parent can't be asked ({type(error).__name__})") from None
        return Forked(ours, args)

    def retire(self) -> None:
        """Have it end when the last of its forks has."""
        self._ask["kernel"].send(json.dumps({"do": "retire"}).encode())

    def end(self) -> None:
        """End it and all its forks."""
        if self._life is not None:
            self._life.close()
        for each in self._ask.values():
            each.close()
        if self.process is not None:
            try:
                self.process.wait(2)
            except subprocess.TimeoutExpired:  # it was importing
                kill_group(self.process.pid)
                self.process.wait()


def _pair() -> tuple[socket.socket, socket.socket]:
    return socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)


_lock = threading.Lock()
_inherited: list[Parent] = []
_retired: list[Parent] = []
_parents: dict[tuple[tuple[str, str], ...], Parent] = {}
os.register_at_fork(after_in_child=_parents.clear)


def why_not() -> str:
    """Why kernels can't be forked here; empty if they can."""
    if sys.platform != "linux":  # elsewhere system libraries start threads that a fork loses
        return f"no safe fork on {sys.platform}"
    if os.environ.get("EQUITY_WARM") == "0":
        return "EQUITY_WARM=0"
    return ""


def inherit(kernels: socket.socket) -> None:
    """In a fork: kernels are asked for where whoever started its parent asks for them."""
    _parents.clear()
    _inherited[:] = [Parent(kernels)]


def inherited() -> bool:
    """Whether this process is a fork itself."""
    return bool(_inherited)


def parent_for(env: Mapping[str, str]) -> Parent:
    """The parent for processes of an environment; one is started if there is none yet."""
    if _inherited:
        return _inherited[0]
    key = tuple(sorted((k, v) for k, v in env.items() if k.startswith(_AT_START)))
    with _lock:
        parent = _parents.get(key)
        if parent is None or not parent.alive:
            parent = _parents[key] = Parent.start(env, then=preload.THEN)
        return parent


def drop(parent: Parent) -> None:
    """Use a parent no longer: its modules are no longer those on the disk. It ends with its last fork."""
    with suppress(OSError):
        parent.retire()
    with _lock:
        _retired[:] = [each for each in (*_retired, parent) if each.alive]
        for key in [key for key, value in _parents.items() if value is parent]:
            del _parents[key]
