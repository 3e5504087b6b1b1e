"""The warm parent: one thread, modules imported and nothing computed, forked for each kernel and job.

A fork has all modules at hand and shares no state that a run made: the parent runs no cell. Requests
come as messages over a socket, each with the channel that hears of the fork's process id and end.
Forks end with the parent, and the parent with the process that holds its standard input open.
"""

import fcntl
import gc
import json
import os
import select
import selectors
import signal
import socket
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn

from equity_lib.batch.lifeline import die_with_parent, kill_group, name_process
from equity_lib.batch.preload import Preload

_MESSAGE = 1 << 20
#: Seconds without a request after which what is still to be imported goes on.
_PAUSE = 0.15


@dataclass
class _Fork:
    """A fork that is alive, and who hears of its end."""

    pid: int
    channel: socket.socket
    deadline: float


class WarmParent:
    """Forks on request until nobody holds its standard input open.

    Parameters
    ----------
    requests
        Socket on which requests come.
    own
        The other end of it, for forks that need forks: a job starts a kernel.
    preload
        What is still to be imported, while nobody asks for anything.
    """

    def __init__(self, requests: socket.socket, own: socket.socket, preload: Preload) -> None:
        self.pid = os.getpid()
        self.requests = requests
        self.own = own
        self.forks: dict[int, _Fork] = {}
        self.retired = False
        self.asked_at = 0.0
        self.preload = preload
        self.selector = selectors.DefaultSelector()
        self.awake, wake = os.pipe()
        for end in (self.awake, wake):
            os.set_blocking(end, False)
        self.wake = wake
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(wake)
        for source in (sys.stdin.fileno(), requests, self.awake):
            self.selector.register(source, selectors.EVENT_READ)

    def serve(self) -> dict[str, Any] | None:
        """Answer requests; returns the request in each fork, and None in the parent at its end."""
        _at_end_of_input(self._end)
        while True:
            asked = self.selector.select(self._pause() if self.preload.todo else self._until_deadline())
            if not asked and self.preload.todo:
                self.preload.step()
            for key, _ in asked:
                if key.fileobj is self.requests:
                    request = self._answer()
                    if request is not None:
                        return request
                elif key.fileobj == sys.stdin.fileno():  # of which not every system sends a signal
                    self._end()
                elif key.fileobj == self.awake:
                    with suppress(BlockingIOError):
                        os.read(self.awake, 4096)
                else:
                    self._left(key.data)
            self._reap()
            if self.retired and not self.forks:
                return None

    def _pause(self) -> float:
        """Who was just forked asks for a kernel at once, and an import would keep it waiting."""
        return max(0.0, self.asked_at + _PAUSE - time.monotonic())

    def _answer(self) -> dict[str, Any] | None:
        data, descriptors, _, _ = socket.recv_fds(self.requests, _MESSAGE, 3)
        if not descriptors:
            self.retired = self.retired or bool(data)
            return None
        channel, streams = socket.socket(fileno=descriptors[0]), descriptors[1:]
        request = json.loads(data)
        refusal = self._refusal(request)
        pid = -1 if refusal else self._fork()
        self.asked_at = time.monotonic()
        if pid == 0:
            self._become_child(channel, request, streams)
            return {**request, "channel": channel}
        for descriptor in streams:
            os.close(descriptor)
        if refusal:
            _tell(channel, {"refused": refusal})
            channel.close()
            return None
        seconds = float(request.get("seconds") or 0)
        fork = _Fork(pid, channel, time.monotonic() + seconds if seconds else 0.0)
        self.forks[pid] = fork
        self.selector.register(channel, selectors.EVENT_READ, fork)
        _tell(channel, {"pid": pid})
        return None

    def _refusal(self, request: Mapping[str, Any]) -> str:
        threads = len(list(Path("/proc/self/task").iterdir()))
        if threads != 1:
            return f"the warm parent has {threads} threads"
        if request.get("fresh") and self.preload.stale():
            return "stale"
        return ""

    def _fork(self) -> int:
        sys.stdout.flush()
        sys.stderr.flush()
        gc.freeze()  # pages of what is imported stay shared: no collection of a fork writes to them
        return os.fork()

    def _become_child(self, channel: socket.socket, request: Mapping[str, Any], streams: list[int]) -> None:
        """Make a fork look like a process of its own, started with that environment, folder and streams."""
        gc.enable()
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGIO):
            signal.signal(number, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        die_with_parent()
        os.setsid()
        if os.getppid() != self.pid:  # it ended before we were bound to it, and couldn't take us along
            os._exit(1)
        self.selector.close()
        os.close(self.awake)
        os.close(self.wake)
        self.requests.close()
        for fork in self.forks.values():
            fork.channel.close()
        if request["do"] == "kernel":
            self.own.close()
            channel.close()
        name_process(f"equity-{request['do']}")
        _redirect(streams)
        become(request)

    def _reap(self) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            fork = self.forks.pop(pid, None)
            if fork is None:
                continue
            kill_group(pid)  # what it started ends with it
            _tell(fork.channel, {"exit": os.waitstatus_to_exitcode(status)})
            with suppress(KeyError):
                self.selector.unregister(fork.channel)
            fork.channel.close()

    def _left(self, fork: _Fork) -> None:
        """Nobody listens to a fork any more: end it, as a kernel ends with its manager."""
        try:
            if fork.channel.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT):
                return  # the fork's next job, which it reads itself
        except BlockingIOError:  # and has read
            return
        except OSError:
            pass
        self.selector.unregister(fork.channel)
        kill_group(fork.pid)

    def _until_deadline(self) -> float | None:
        deadlines = [fork.deadline for fork in self.forks.values() if fork.deadline]
        if not deadlines:
            return None
        for fork in self.forks.values():
            if fork.deadline and fork.deadline <= time.monotonic():
                kill_group(fork.pid)
                fork.deadline = 0.0
        return max(0.0, min(deadlines) - time.monotonic())

    def _end(self) -> NoReturn:
        for fork in self.forks.values():
            kill_group(fork.pid)
        os._exit(0)


def _at_end_of_input(end: Callable[[], NoReturn]) -> None:
    """Have the system interrupt even an import, which may take seconds, once nobody holds our input open.

    A signal on the parent's death would follow the thread that started us, not its process.
    """
    signal.signal(signal.SIGIO, lambda *_: end())
    fcntl.fcntl(0, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(0, fcntl.F_SETFL, fcntl.fcntl(0, fcntl.F_GETFL) | os.O_ASYNC)
    if select.select([0], [], [], 0)[0]:  # it was closed before
        end()


def become(request: Mapping[str, Any]) -> None:
    """Take on what a process gets from whoever starts it, and randomness of its own.

    Parameters
    ----------
    request
        `env`, `cwd`, `memory` (bytes of address space; 0: no limit).
    """
    import random
    import resource

    os.environ.clear()
    os.environ.update(request["env"])
    time.tzset()
    os.chdir(request["cwd"])
    if request.get("memory"):
        limit = int(request["memory"])
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    seed = os.environ.get("EQUITY_SEED")
    random.seed(int(seed) if seed else None)
    numpy = sys.modules.get("numpy")
    if numpy is not None:  # else every fork would draw the same numbers
        numpy.random.seed(int(seed) % 2**32 if seed else None)


def kernel(request: Mapping[str, Any]) -> None:
    """Be an IPython kernel, as `python -m ipykernel_launcher` with these arguments would be."""
    from ipykernel.kernelapp import IPKernelApp

    sys.argv = [import_module("importlib.util").find_spec("ipykernel_launcher").origin, *request["argv"]]
    app = IPKernelApp.instance(parent_handle=os.getppid())
    app.initialize(request["argv"])  # type: ignore[no-untyped-call]
    matplotlib = sys.modules.get("matplotlib")
    if matplotlib is not None:  # it was imported under another environment; the kernel has set its own now
        matplotlib.rcParams["backend"] = os.environ["MPLBACKEND"]
    app.start()  # type: ignore[no-untyped-call]


def _redirect(streams: list[int]) -> None:
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, 0)
    for number, descriptor in enumerate(streams or [nowhere, nowhere], 1):
        os.dup2(descriptor, number)
    for descriptor in {nowhere, *streams} - {0, 1, 2}:
        os.close(descriptor)


def _tell(channel: socket.socket, event: Mapping[str, Any]) -> None:
    with suppress(OSError):
        channel.send(json.dumps(event).encode() + b"\n", socket.MSG_DONTWAIT)


def main() -> None:
    """Import, then serve; in a fork, do what was asked for."""
    requests, own = (socket.socket(fileno=int(number)) for number in sys.argv[1:3])
    sys.path[:] = [entry for entry in sys.path if entry != str(Path.cwd())]
    further, sys.argv[1:] = sys.argv[3:], []
    name_process("equity-warm")
    gc.disable()  # nothing that is imported is ever garbage
    _at_end_of_input(lambda: os._exit(0))
    preload = Preload(further)
    while not preload.ready:
        preload.step()
    request = WarmParent(requests, own, preload).serve()
    if request is None:
        os._exit(0)
    if request["do"] == "kernel":
        kernel(request)
    else:
        from equity_lib.batch import forks, worker

        forks.inherit(own)
        worker.work(request, request.pop("channel"), become)


if __name__ == "__main__":
    main()
