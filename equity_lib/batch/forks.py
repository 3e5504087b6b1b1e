"""A fork of a warm parent, handled like a process that we started."""

import json
import os
import select
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

from equity_lib.batch.lifeline import kill_group


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
