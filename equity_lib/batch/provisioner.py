"""The kernel provisioner: Jupyter's clients ask for a kernel as ever and get a fork of a warm parent."""

import asyncio
import contextlib
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

from jupyter_client.provisioning.local_provisioner import LocalProvisioner
from jupyter_core.paths import jupyter_runtime_dir
from traitlets import Float, Integer, Unicode

from equity_lib.batch import parents
from equity_lib.batch.forks import Forked, Refused

#: Where keys lie is nothing that a notebook needs to know.
_SECRET = "EQUITY_KEY"
_SOCKET_PATH = 100  # bytes; the system allows 107, and a number follows
_LAUNCHER = ("-m", "ipykernel_launcher")


class EquityProvisioner(LocalProvisioner):
    """Starts an ordinary IPython kernel as a fork of a process that has everything imported.

    Signals, exit codes, restarts and files are those of a kernel that was started as a process.
    Where there is no fork to be had, it is started as a process, and a warning says why.
    """

    memory = Integer(0, help="Limit of the kernel's address space in bytes; 0 is none.", config=True)
    seconds = Float(0.0, help="Seconds after which the kernel is killed; 0 is never.", config=True)
    stock = Unicode("", help="Why the kernel is no fork; empty if it is one.")

    async def pre_launch(self, **kwargs: Any) -> dict[str, Any]:
        """Prepare the launch over Unix sockets; what says where keys lie isn't handed on."""
        if self.parent is not None:
            _prefer_sockets(self.parent, self.kernel_id)
        kwargs = await super().pre_launch(**kwargs)
        kwargs["env"] = {k: v for k, v in kwargs["env"].items() if not k.startswith(_SECRET)}
        return kwargs

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> Any:
        """Fork the kernel, or start it as a process."""
        self.stock = parents.why_not() or _why_other(cmd, kwargs["env"])
        if not self.stock:
            try:
                forked = await asyncio.get_running_loop().run_in_executor(None, self._fork, cmd, kwargs)
            except Refused as refused:
                self.stock = str(refused)
        if self.stock:
            self.log.warning("This kernel is started as a process of its own: %s.", self.stock)
            return await super().launch_kernel(cmd, **kwargs)
        self.process = cast(Any, forked)  # it answers as a process of ours would
        self.pid = self.pgid = forked.pid
        self.cwd = kwargs.get("cwd") or os.getcwd()  # noqa: PTH109
        return self.connection_info

    async def kill(self, restart: bool = False) -> None:
        """Kill it, and see it gone at once: who asks then need not wait for the next look."""
        await super().kill(restart)
        until = time.monotonic() + 1.0
        while self.process is not None and self.process.poll() is None and time.monotonic() < until:
            await asyncio.sleep(0.002)

    async def cleanup(self, restart: bool = False) -> None:
        """Let go of a kernel that has ended."""
        await super().cleanup(restart)
        if isinstance(self.process, Forked) and not restart:
            self.process.close()

    def _fork(self, cmd: list[str], kwargs: dict[str, Any]) -> Forked:
        request = {
            "do": "kernel",
            "argv": cmd[3:],
            "env": kwargs["env"],
            "cwd": os.fspath(kwargs.get("cwd") or os.getcwd()),  # noqa: PTH109
            "memory": self.memory,
            "seconds": self.seconds,
            "fresh": not parents.inherited(),
        }
        streams = [_descriptor(kwargs.get("stdout"), 1), _descriptor(kwargs.get("stderr"), 2)]
        parent = parents.parent_for(kwargs["env"])
        try:
            return parent.fork(request, streams, cmd).started()
        except Refused as refused:
            if str(refused) != "stale" and parent.alive:
                raise
            parents.drop(parent)
            return parents.parent_for(kwargs["env"]).fork(request, streams, cmd).started()


def _prefer_sockets(manager: Any, kernel_id: str) -> None:
    """Talk over Unix sockets in the user's own folder, where TCP would be open to every local user."""
    if manager.transport != "tcp" or manager.shell_port:
        return
    file = Path(manager.connection_file or Path(jupyter_runtime_dir()) / f"kernel-{kernel_id}.json")
    address = f"{file.with_suffix('')}-ipc"
    if len(os.fsencode(address)) <= _SOCKET_PATH:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        manager.connection_file = str(file)
        manager.transport, manager.ip = "ipc", address


def _why_other(cmd: Sequence[str], env: dict[str, str]) -> str:
    if cmd[0] != sys.executable or tuple(cmd[1:3]) != _LAUNCHER:
        return "its command is not the one of an IPython kernel of this Python"
    for name in parents.ONE_THREAD:
        if env.get(name, "1") != "1":
            return f"{name} asks for more than one thread"
    return ""


def _descriptor(stream: Any, own: int) -> int:
    if stream is None:
        return own
    if isinstance(stream, int):
        if stream >= 0:
            return stream
        raise Refused("its output goes into a pipe")
    with contextlib.suppress(OSError, AttributeError):
        return int(stream.fileno())
    raise Refused("its output has no file")
