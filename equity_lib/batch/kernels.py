"""The kernel of a batch: a stock one, bound to the life of the worker that started it."""

import os
import resource
from collections.abc import Callable
from typing import Any

from jupyter_client.kernelspec import NoSuchKernel
from jupyter_client.manager import AsyncKernelManager
from traitlets import Any as AnyTrait
from traitlets import Integer

from equity_lib.batch.lifeline import die_with_parent


class BoundKernelManager(AsyncKernelManager):
    """Starts a kernel that can't outlive its worker, even while it holds the interpreter lock.

    ipykernel itself asks once a second whether its parent is alive, in a thread: a cell in a long
    C call would keep it from asking. With another kernel spec (and so another provisioner) the
    launch arguments are passed on to that provisioner.
    """

    memory = Integer(0, help="Limit of the kernel's address space in bytes; 0 is none.", config=True)
    on_start = AnyTrait(None, help="Called with the kernel's process id.", config=True)

    async def start_kernel(self, **kwargs: Any) -> None:  # type: ignore[override]
        """Start the kernel and tell its process id."""
        try:
            await super().start_kernel(preexec_fn=self._bound(), **kwargs)
        except (FileNotFoundError, PermissionError) as error:
            if self.kernel_spec is None or error.filename != self.kernel_spec.argv[0]:
                raise
            raise NoSuchKernel(self.kernel_name) from None  # its Python was moved or removed
        if self.on_start is not None and self.provisioner is not None:
            self.on_start(getattr(self.provisioner, "pid", 0), getattr(self.provisioner, "process", None))

    def _bound(self) -> Callable[[], None]:
        memory, parent = self.memory, os.getpid()

        def bind() -> None:  # in the child between fork and exec: system calls only
            die_with_parent()
            if os.getppid() != parent:
                os._exit(1)
            if memory:
                resource.setrlimit(resource.RLIMIT_AS, (memory, memory))

        return bind
