"""Asking the warm parent for a fork: a kernel or a job, handled like a process that we started."""

import json
import os
import select
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import IO, Any

from equity_lib.batch import preload
from equity_lib.batch.lifeline import kill_group

#: What a process takes in at its start and never looks at again: other values need another parent.
_AT_START = ("PYTHON", "LD_", "MPL", "LC_", "LANG", "JUPYTER_PATH", "JUPYTER_PREFER_ENV_PATH", "MALLOC_")
#: Threads at the fork are a hazard: libraries of the parent, and so its forks, compute in one.
ONE_THREAD = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
_NO_HELPERS = {"JE_ARROW_MALLOC_CONF": "background_thread:false"}


class Refused(Exception):
    """There is no fork to be had; its text says why."""


class Forked:
    """A fork, with the interface of `subprocess.Popen` that Jupyter uses.

    Parameters
    ----------
    channel
        Tells the process id, what the fork itself says, and the exit code.
    """

    stdin = stdout = stderr = None

    def __init__(self, channel: socket.socket, args: Sequence[str] = ()) -> None:
        self.args = list(args)
        self.pid = 0
        self.returncode: int | None = None
        #: Jobs that it was given, as who asks counts them.
        self.jobs = 1
        self._channel = channel
        self._rest = b""

    def started(self) -> "Forked":
        """Wait until it is there.

        Raises
        ------
        Refused
            If the parent can't fork, or is gone.
        """
        event = self._next()
        if event is None or "refused" in event:
            self._channel.close()
            raise Refused("the warm parent ended" if event is None else event["refused"])
        self.pid = event["pid"]
        return self

    def events(self) -> Iterator[dict[str, Any]]:
        """What it says, until its end."""
        while self.returncode is None:
            event = self._next()
            if event is not None and "exit" not in event:
                yield event

    def ask(self, request: Mapping[str, Any]) -> bool:
        """Give it another job; whether it is there to take it."""
        if self.poll() is not None:
            return False
        try:
            self._channel.sendall(json.dumps(request).encode() + b"\n")
        except OSError:
            return False
        return True

    def poll(self) -> int | None:
        """The exit code, if it has ended."""
        return self._wait(0.0)

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end."""
        code = self._wait(timeout)
        if code is None:
            raise subprocess.TimeoutExpired(self.args, timeout or 0.0)
        return code

    def send_signal(self, number: int) -> None:
        """Send it a signal, if it is alive."""
        if self.poll() is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def terminate(self) -> None:
        """SIGTERM."""
        self.send_signal(15)

    def kill(self) -> None:
        """SIGKILL."""
        self.send_signal(9)

    def close(self) -> None:
        """Let go of it: the parent ends what nobody listens to."""
        self._channel.close()

    def _wait(self, timeout: float | None) -> int | None:
        until = None if timeout is None else time.monotonic() + timeout
        while self.returncode is None:
            left = None if until is None else max(0.0, until - time.monotonic())
            if left is not None and b"\n" not in self._rest:
                ready = select.poll()
                ready.register(self._channel, select.POLLIN)
                if not ready.poll(left * 1000):
                    return None
            self._next()
        return self.returncode

    def _next(self) -> dict[str, Any] | None:
        """The next event; None at the end, which may be that of the parent: forks die with it."""
        while b"\n" not in self._rest:
            try:
                read = self._channel.recv(65536)
            except OSError:
                read = b""
            if not read:
                if self.returncode is None:
                    self.returncode = -9
                    if self.pid:
                        kill_group(self.pid)
                return None
            self._rest += read
        line, _, self._rest = self._rest.partition(b"\n")
        event: dict[str, Any] = json.loads(line)
        if "exit" in event:
            self.returncode = event["exit"]
            self._channel.close()
        return event


class Parent:
    """A warm parent, started by this process or inherited from the process that forked it."""

    def __init__(self, control: socket.socket, life: IO[bytes] | None = None) -> None:
        self._control = control
        self._life = life
        self.process: subprocess.Popen[bytes] | None = None

    @staticmethod
    def start(env: Mapping[str, str], cwd: str = "/", further: Sequence[str] = ()) -> "Parent":
        """Start one; it imports what a kernel needs while requests wait, and `further` modules at last."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            process = subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "equity_lib.batch.warm",
                    str(theirs.fileno()),
                    str(ours.fileno()),
                    *further,
                ],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=(theirs.fileno(), ours.fileno()),
                cwd=cwd,
                env={**env, **dict.fromkeys(ONE_THREAD, "1"), **_NO_HELPERS},
                start_new_session=True,
            )
        parent = Parent(ours, process.stdin)
        parent.process = process
        return parent

    @property
    def alive(self) -> bool:
        """Whether it still runs, as far as we can know."""
        return self.process is None or self.process.poll() is None

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
                socket.send_fds(self._control, [message], [theirs.fileno(), *streams])
            except OSError as error:
                ours.close()
                raise Refused(f"the warm parent can't be asked ({type(error).__name__})") from None
        return Forked(ours, args)

    def retire(self) -> None:
        """Have it end when the last of its forks has."""
        self._control.send(json.dumps({"do": "retire"}).encode())

    def end(self) -> None:
        """End it and all its forks."""
        if self._life is not None:
            self._life.close()
        self._control.close()
        if self.process is not None:
            try:
                self.process.wait(2)
            except subprocess.TimeoutExpired:  # it was importing
                kill_group(self.process.pid)
                self.process.wait()


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


def inherit(control: socket.socket) -> None:
    """In a fork: further forks are asked of the parent that made this one."""
    _parents.clear()
    _inherited[:] = [Parent(control)]


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
            parent = _parents[key] = Parent.start(env, further=preload.THEN)
        return parent


def drop(parent: Parent) -> None:
    """Use a parent no longer: its modules are no longer those on the disk. It ends with its last fork."""
    with suppress(OSError):
        parent.retire()
    with _lock:
        _retired[:] = [each for each in (*_retired, parent) if each.alive]
        for key in [key for key, value in _parents.items() if value is parent]:
            del _parents[key]
