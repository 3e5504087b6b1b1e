"""Faults put into a process from outside, so that the command itself is run as it is.

Python imports a module of this name at its start; the folder stands on PYTHONPATH and an
environment variable asks for each fault. Without one this module does nothing.
"""

import os
import signal
import sys
import time

#: What printing notebooks and pages without charts need: seaborn and scipy.stats take longer than all of it.
LIGHT_JOBS = (
    "papermill",
    "equity_lib.batch.execution",
    "equity_lib.batch.executed",
    "equity_lib.batch.kernels",
    "equity_lib.batch.provisioner",
)
LIGHT_KERNELS = ("ipykernel.ipkernel", "ipykernel.kernelapp")
#: What changes a folder, as the interpreter announces it (PEP 578); the exchange of two names is a call of C.
_CHANGES = {
    "os.rename",
    "os.remove",
    "os.rmdir",
    "os.mkdir",
    "os.symlink",
    "os.truncate",
    "os.chmod",
    "shutil.rmtree",
}
_WRITES = os.O_WRONLY | os.O_RDWR


def die_at_change(wanted: int, count_file: str) -> None:
    """Kill this process just before its n-th change to a disk; with a file, count them at its end."""
    seen = 0

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal seen
        if event == "open":
            change = isinstance(arguments[2], int) and bool(arguments[2] & _WRITES)
        else:
            change = event in _CHANGES or (event == "ctypes.dlsym" and arguments[1] == "renameat2")
        if change:
            seen += 1
            if seen == wanted:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)
    if count_file:
        import atexit
        from pathlib import Path

        atexit.register(lambda: Path(count_file).write_text(str(seen), "utf-8"))


def set_clock(offset: float) -> None:
    """Another time of day; it jumps back by an hour again with every hundredth look at it."""
    now, looks = time.time_ns, 0

    def time_ns() -> int:
        nonlocal looks
        looks += 1
        return now() + int((offset - 3600 * (looks // 100)) * 1e9)

    time.time_ns = time_ns
    time.time = lambda: time_ns() / 1e9


def only_kernels_of(folder: str) -> None:
    """Jupyter finds the kernel specs below a folder, and not the one that ipykernel brings along."""
    from jupyter_core import paths

    paths.SYSTEM_JUPYTER_PATH.clear()
    paths.ENV_JUPYTER_PATH[:] = [folder]
    sys.modules["ipykernel"] = None  # type: ignore[assignment]


def warm_lightly() -> None:
    """The warm parent imports what tiny notebooks need, not all that real ones do."""
    from equity_lib.batch import preload

    preload.JOBS, preload.KERNELS, preload.THEN = LIGHT_JOBS, LIGHT_KERNELS, ()


def _asked() -> None:
    if "equity_lib.batch.warm" in sys.orig_argv:
        warm_lightly()
        if "FAULT_WARM_WITHOUT" in os.environ:
            sys.modules[os.environ["FAULT_WARM_WITHOUT"]] = None  # type: ignore[assignment]
    the_command = "equity_lib.cli" in sys.orig_argv
    if the_command and "FAULT_DIE_AT" in os.environ:
        die_at_change(int(os.environ["FAULT_DIE_AT"]), os.environ.get("FAULT_COUNT", ""))
    if "FAULT_CLOCK" in os.environ:
        set_clock(float(os.environ["FAULT_CLOCK"]))
    if "FAULT_KERNELS" in os.environ and {"equity_lib.batch.worker", "equity_lib.batch.warm"} & {
        *sys.orig_argv
    }:
        only_kernels_of(os.environ["FAULT_KERNELS"])


_asked()
