"""The kernel of a batch: bound to the life of the worker that started it, and no slower than it must be."""

import os
import resource
import time
from collections.abc import Callable
from contextlib import suppress
from importlib.metadata import EntryPoint
from queue import Empty
from typing import Any

from jupyter_client.asynchronous.client import AsyncKernelClient
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager, NoSuchKernel
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning.factory import KernelProvisionerFactory
from traitlets import Any as AnyTrait
from traitlets import Integer, default

from equity_lib.batch.lifeline import die_with_parent

#: Name of our kernel spec and of the provisioner that it asks for.
NAME, PROVISIONER = "equity", "equity-provisioner"
_HOME = "equity_lib.batch.provisioner:EquityProvisioner"


class OwnSpecs(KernelSpecManager):
    """Knows our kernel spec even where the package was not installed, as from a copy of the sources."""

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        """The spec of that name."""
        if kernel_name != NAME:
            return super().get_kernel_spec(kernel_name)
        argv = ["python", "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        asked = {"kernel_provisioner": {"provisioner_name": PROVISIONER, "config": {}}}
        return KernelSpec(argv=argv, display_name="Equity", language="python", metadata=asked)


class PromptClient(AsyncKernelClient):
    """Takes a kernel for ready when it has answered and its output channel has said so.

    The stock client then waits 0.2 s for the output channel to fall silent.
    """

    async def wait_for_ready(self, timeout: float | None = None) -> None:
        """Wait for the answer to a first request, on both channels."""
        until = time.monotonic() + (timeout or float("inf"))
        while not await self._answers():
            if not await self.is_alive():
                raise RuntimeError("Kernel died before replying to kernel_info")
            if time.monotonic() > until:
                raise RuntimeError(f"Kernel didn't respond in {timeout} seconds")

    async def _answers(self) -> bool:
        asked = self.kernel_info()
        with suppress(Empty):
            while (await self.get_shell_msg(timeout=1))["parent_header"].get("msg_id") != asked:
                pass
            while True:
                said = await self.get_iopub_msg(timeout=0.2)
                ours = said["parent_header"].get("msg_id") == asked
                if ours and said["content"].get("execution_state") == "idle":
                    return True
        return False


class BoundKernelManager(AsyncKernelManager):
    """Starts a kernel that can't outlive its worker, even while it holds the interpreter lock.

    ipykernel itself asks once a second whether its parent is alive, in a thread: a cell in a long
    C call would keep it from asking. With another kernel spec (and so another provisioner) the
    launch arguments are passed on to that provisioner.
    """

    memory = Integer(0, help="Limit of the kernel's address space in bytes; 0 is none.", config=True)
    on_start = AnyTrait(None, help="Called with the kernel's process id.", config=True)

    @default("client_factory")
    def _client_factory_default(self) -> Any:
        return PromptClient

    @default("kernel_spec_manager")
    def _kernel_spec_manager_default(self) -> KernelSpecManager:
        return OwnSpecs(parent=self, data_dir=self.data_dir)

    async def start_kernel(self, **kwargs: Any) -> None:  # type: ignore[override]
        """Start the kernel and tell its process id."""
        known = KernelProvisionerFactory.instance().provisioners
        known.setdefault(PROVISIONER, EntryPoint(PROVISIONER, _HOME, KernelProvisionerFactory.GROUP_NAME))
        try:
            await super().start_kernel(preexec_fn=self._bound(), **kwargs)
        except (FileNotFoundError, PermissionError) as error:
            if self.kernel_spec is None or error.filename != self.kernel_spec.argv[0]:
                raise
            raise NoSuchKernel(self.kernel_name) from None  # its Python was moved or removed
        if self.on_start is not None and self.provisioner is not None:
            self.on_start(self.provisioner)

    def _bound(self) -> Callable[[], None]:
        memory, parent = self.memory, os.getpid()

        def bind() -> None:  # in the child between fork and exec: system calls only
            die_with_parent()
            if os.getppid() != parent:
                os._exit(1)
            if memory:
                resource.setrlimit(resource.RLIMIT_AS, (memory, memory))

        return bind
