"""The warm parents: one thread each, modules imported and nothing computed, forked for each kernel and job.

A fork has all modules at hand and shares no state that a run made: the parents run no cell. Requests
come as messages over a socket, each with the channel that hears of the fork's process id and end.

The first parent makes kernels. In a batch it forks a second, for who drives them and makes pages, before
either has imported what only its own forks need: they do that side by side. Forks end with their parent,
the parents with each other, and with the process that holds the first one's standard input open.
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
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from equity_lib.batch import preload
from equity_lib.batch.child import become, kernel, redirect
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
    """Forks on request.

    Parameters
    ----------
    requests
        Socket on which requests come.
    imports
        What is still to be imported, while nobody asks for anything.
    beside
        Process id of the second parent, which ends with this one; 0: there is none.
    """

    def __init__(self, requests: socket.socket, imports: Preload, beside: int = 0) -> None:
        self.pid = os.getpid()
        self.requests = requests
        self.forks: dict[int, _Fork] = {}
        self.retired = False
        self.asked_at = 0.0
        self.imports = imports
        self.beside = beside
        self.selector = selectors.DefaultSelector()
        self.awake, wake = os.pipe()
        for end in (self.awake, wake):
            os.set_blocking(end, False)
        self.wake = wake
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(wake)
        for source in (requests, self.awake):
            self.selector.register(source, selectors.EVENT_READ)

    def serve(self) -> dict[str, Any] | None:
        """Answer requests; returns the request in each fork, and None in the parent at its end."""
        while not self.imports.ready:
            self.imports.step()
        self._reap()
        while True:
            asked = self.selector.select(self._pause() if self.imports.todo else self._until_deadline())
            if not asked and self.imports.todo:
                self.imports.step()
            for key, _ in asked:
                if key.fileobj is self.requests:
                    request = self._answer()
                    if request is not None:
                        return request
                elif key.fileobj == 0:  # of which not every system sends a signal
                    self.end()
                elif key.fileobj == self.awake:
                    with suppress(BlockingIOError):
                        os.read(self.awake, 4096)
                else:
                    self._left(key.data)
            self._reap()
            if self.retired and not self.forks:
                return None

    def end_with_input(self) -> None:
        """End when nobody holds our standard input open any more."""
        _at_end_of_input(self.end)
        self.selector.register(0, selectors.EVENT_READ)

    def end_with(self, parent: int) -> None:
        """End when the parent that forked this one does."""
        signal.signal(signal.SIGTERM, lambda *_: self.end())
        die_with_parent(signal.SIGTERM)
        if os.getppid() != parent:
            self.end()

    def _pause(self) -> float:
        """Requests seldom come alone, and an import would keep the next one waiting."""
        return max(0.0, self.asked_at + _PAUSE - time.monotonic())

    def _answer(self) -> dict[str, Any] | None:
        data, descriptors, _, _ = socket.recv_fds(self.requests, _MESSAGE, 3)
        if not data:
            self.selector.unregister(self.requests)
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
        if self.imports.broken:
            return self.imports.broken
        if request.get("fresh") and self.imports.stale():
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
            channel.close()
        name_process(f"equity-{request['do']}")
        redirect(streams)
        become(request)

    def _reap(self) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            if pid == self.beside:
                self.beside = 0
                self.end()
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

    def end(self) -> NoReturn:
        """End with all forks, and the parent beside."""
        for fork in self.forks.values():
            kill_group(fork.pid)
        if self.beside:
            with suppress(OSError):  # it has just ended
                os.kill(self.beside, signal.SIGTERM)
                os.waitpid(self.beside, 0)
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


def _tell(channel: socket.socket, event: Mapping[str, Any]) -> None:
    with suppress(OSError):
        channel.send(json.dumps(event).encode() + b"\n", socket.MSG_DONTWAIT)


def main() -> None:
    """Import, then serve; in a fork, do what was asked for."""
    asked = json.loads(sys.argv[1])
    kernels = socket.socket(fileno=asked["kernels"])
    jobs = [socket.socket(fileno=number) for number in asked["jobs"]]
    sys.path[:] = [entry for entry in sys.path if entry != str(Path.cwd())]
    sys.argv[1:] = []
    name_process("equity-warm")
    gc.disable()  # nothing that is imported is ever garbage
    _at_end_of_input(lambda: os._exit(0))
    both = Preload(preload.BOTH)
    while not both.ready:
        both.step()
    if both.broken:
        os._exit(1)
    gc.freeze()
    me = os.getpid()
    beside = os.fork() if jobs else 0
    if jobs and not beside:
        name_process("equity-warm-job")
        kernels.close()
        _serve_jobs(me, jobs[0], jobs[1], asked["pages"])
    for each in jobs:
        each.close()
    parent = WarmParent(kernels, Preload(preload.KERNELS, asked["then"]), beside)
    parent.end_with_input()
    request = parent.serve()
    if request is None:
        os._exit(0)
    kernel(request)


def _serve_jobs(
    first: int, requests: socket.socket, kernels: socket.socket, pages: Sequence[str]
) -> NoReturn:
    parent = WarmParent(requests, Preload(preload.JOBS, pages))
    parent.end_with(first)
    request = parent.serve()
    if request is None:
        os._exit(0)
    from equity_lib.batch import parents, worker

    parents.inherit(kernels)
    worker.work(request, request.pop("channel"), become)


if __name__ == "__main__":
    main()
