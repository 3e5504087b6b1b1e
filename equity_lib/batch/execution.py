"""Execution of one notebook by papermill, inside a worker, told apart by the errors raised."""

import errno
import json
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

from equity_lib.batch import lifeline
from equity_lib.batch.failures import Failed, Failure, in_cell
from equity_lib.batch.outputs import machine_problem
from equity_lib.errors import EnvironmentProblem
from equity_lib.registry.asked import noted

#: Bytes and files that a kernel makes at its start; with less left on its disk, that is why it died.
_ROOM, _FILES = 1 << 16, 16

Send = Callable[[dict[str, Any]], None]


class _Watch:
    """What the kernel's own replies say about a run; a notebook's metadata are not asked."""

    def __init__(self, send: Send, turn: Callable[[], None]) -> None:
        self.send = send
        self.turn = turn
        self.last = -1
        self.notebook: Any = None
        self.index = -1
        self.failure: Failure | None = None
        self.process: Any = None

    def on_start(self, provisioner: Any) -> None:
        pid, self.process = provisioner.pid or 0, provisioner.process
        lifeline.groups.append(pid)
        self.send({"kernel": pid})
        if getattr(provisioner, "stock", ""):
            self.send({"stock": provisioner.stock})

    def on_notebook_start(self, notebook: Any) -> None:
        self.notebook = notebook
        code = (
            i for i, each in enumerate(notebook.cells) if each.cell_type == "code" and each.source.strip()
        )
        self.last = max(code, default=-1)
        self.turn()

    def on_cell_execute(self, cell: Any, cell_index: int) -> None:
        del cell
        self.index = cell_index
        self.send({"cell": self.cell()})

    def on_cell_executed(self, cell: Any, cell_index: int, execute_reply: dict[str, Any]) -> None:
        del cell, execute_reply
        if cell_index == self.last:
            self.send({"ran": True})

    def on_cell_error(self, cell: Any, cell_index: int, execute_reply: dict[str, Any]) -> None:
        del cell
        if self.failure is None:
            self.index = cell_index  # counted now: papermill adds cells of its own to a notebook that failed
            content = execute_reply["content"]
            lines = content.get("traceback") or []
            self.failure = in_cell(
                self.cell(), content.get("ename", "an error"), content.get("evalue", ""), lines
            )

    def cell(self) -> int:
        from equity_lib.batch.executed import cell_number

        return cell_number(self.notebook, self.index) if self.index >= 0 else 0

    def death(self) -> Failure:
        full = _full_disk() if self.index < 0 else None
        if full is not None:
            return Failure("refused", exception=str(full), exit_code=full.exit_code)
        code = self.process.poll() if self.process is not None else None
        how = f"exit code {code}"
        if code is not None and code < 0:
            how = signal.Signals(-code).name
            how += ", often for want of memory" if code == -signal.SIGKILL else ""
        return Failure(
            "died" if self.index >= 0 else "start", self.cell(), how if code is not None else "no reply"
        )


def execute(request: dict[str, Any], send: Send, turn: Callable[[], None]) -> dict[str, Any]:
    """Execute a notebook by papermill and write it, normalised, to `request["into"]`.

    Parameters
    ----------
    turn
        Called when the kernel is there; returns when cells may run.

    Returns
    -------
    dict
        `asked`: what it asked of the register.
    """
    import nbformat
    from jupyter_client.kernelspec import NoSuchKernel
    from nbclient.exceptions import DeadKernelError
    from papermill.exceptions import PapermillExecutionError

    from equity_lib.batch.executed import normalise

    watch = _Watch(send, turn)
    reads = Path(os.environ["JUPYTER_RUNTIME_DIR"]).with_name("reads")
    os.environ["EQUITY_READS"] = str(reads)
    os.environ["EQUITY_SEED"] = str(request["seed"])
    try:
        notebook = _papermill(request, watch)
    except NoSuchKernel as error:
        raise Failed(Failure("no_kernel", exception=error.name, exit_code=6)) from None
    except PapermillExecutionError as error:
        raise Failed(watch.failure or Failure("raised", watch.cell(), error.ename)) from None
    except (DeadKernelError, RuntimeError) as error:
        if isinstance(error, DeadKernelError) or "Kernel died" in str(error):
            raise Failed(watch.failure or watch.death()) from None
        raise
    # papermill takes `sys.exit()` in a cell for success and leaves out the cells after it.
    if watch.failure is not None:
        raise Failed(watch.failure)
    source = json.loads(Path(request["notebook"]).read_bytes())
    ids = {cell.get("id") for cell in source["cells"]}
    text: str = nbformat.writes(normalise(notebook, ids, request["library"]))
    into = Path(request["into"])
    into.write_text(text + "\n", "utf-8")
    return {"asked": [asked.as_json() for asked in noted(reads)]}


def _full_disk() -> EnvironmentProblem | None:
    """Why a kernel couldn't make its sockets and settings, which it doesn't say itself."""
    folder = os.environ["JUPYTER_RUNTIME_DIR"]
    disk = os.statvfs(folder)
    full = disk.f_bavail * disk.f_frsize < _ROOM or (disk.f_files and disk.f_favail < _FILES)
    return machine_problem(OSError(errno.ENOSPC, "", folder)) if full else None


def _papermill(request: dict[str, Any], watch: _Watch) -> Any:
    import papermill
    from traitlets.config import Config

    from equity_lib.batch.kernels import BoundKernelManager

    def on_start(provisioner: Any) -> None:  # a function: traitlets copies what it configures
        watch.on_start(provisioner)

    runtime = Path(os.environ["JUPYTER_RUNTIME_DIR"])
    runtime.mkdir(mode=0o700, exist_ok=True)
    settings = {
        "transport": request["transport"],
        "connection_file": str(runtime / "k.json"),  # sockets lie beside it, not in the kernel's folder
        "memory": request["memory"],
        "on_start": on_start,
    }
    return papermill.execute_notebook(
        request["notebook"].replace("{", "{{").replace("}", "}}"),  # papermill formats its paths
        None,
        parameters=request["parameters"],
        kernel_name=request["kernel"],
        progress_bar=False,
        log_output=False,
        kernel_manager_class=BoundKernelManager,
        config=Config({"BoundKernelManager": settings, "EquityProvisioner": {"memory": request["memory"]}}),
        extra_arguments=["--HistoryManager.enabled=False"],
        shutdown_kernel="immediate",
        iopub_timeout=60,  # a busy machine is not a failure; the limit of the whole run holds anyway
        record_timing=False,
        on_notebook_start=watch.on_notebook_start,
        on_cell_execute=watch.on_cell_execute,
        on_cell_executed=watch.on_cell_executed,
        on_cell_error=watch.on_cell_error,
    )
