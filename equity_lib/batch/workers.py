"""Worker processes: each in a session of its own, with a time limit outside the kernel."""

import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any

from equity_lib.batch.failures import Failed, Failure
from equity_lib.batch.lifeline import kill_group
from equity_lib.batch.options import Options
from equity_lib.registry import store

#: Prefixes of the user's environment that would make a run depend on the user.
_DROPPED = ("JUPYTER", "IPYTHON", "JPY_", "MPL", "COLUMNS", "LINES", "PYTHON", "EQUITY_KEY")
_KEPT = ("PYTHONPATH", "PYTHONHOME", "PYTHONPYCACHEPREFIX", "PYTHONDONTWRITEBYTECODE")


class Workers:
    """The worker processes that are alive; all of them can be ended at once.

    Parameters
    ----------
    scratch
        Folder for sockets and the kernel's own files; removed after the run.
    """

    def __init__(self, root: Path, scratch: Path, options: Options) -> None:
        self.root = root
        self.scratch = scratch
        self.options = options
        self._lock = threading.Lock()
        self._groups: dict[int, list[int]] = {}
        self._folders: dict[int, Path] = {}
        self._started = 0
        self._closed = False

    def do(self, request: Mapping[str, Any], on_cell: Callable[[int], None] = lambda _: None) -> None:
        """Have one job done.

        Raises
        ------
        Failed
            If it failed, for whatever reason.
        """
        process, groups = self._start()
        late = threading.Event()

        def stop() -> None:
            late.set()
            self._kill(groups)

        timer = threading.Timer(self.options.timeout, stop)
        timer.daemon = True
        timer.start()
        cell, reply = 0, None
        try:
            for event in _events(process, request):
                if "kernel" in event:
                    groups.append(event["kernel"])
                elif "cell" in event:
                    cell = event["cell"]
                    on_cell(cell)
                else:
                    reply = event
        finally:
            timer.cancel()
            self._end(process, groups, clean=reply == {"done": True})
        if reply is None and late.is_set():
            raise Failed(Failure("timeout" if cell else "slow", cell, f"{self.options.timeout:g} s"))
        if reply is None:
            raise Failed(Failure("worker", cell, f"exit code {process.returncode}"))
        if "failed" in reply:
            raise Failed(Failure.from_json(reply["failed"]))

    def close(self) -> None:
        """End all workers and their kernels, and let no other start."""
        with self._lock:
            self._closed = True
            alive = list(self._groups.values())
        for groups in alive:
            self._kill(groups)

    def _start(self) -> tuple[subprocess.Popen[bytes], list[int]]:
        with self._lock:
            if self._closed:
                raise Failed(Failure("worker", exception="interrupted", exit_code=130))
            self._started += 1
            folder = self.scratch / str(self._started)
            (folder / "w").mkdir(parents=True)
            process = subprocess.Popen(
                [sys.executable, "-m", "equity_lib.batch.worker", str(os.getpid())],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                cwd=folder / "w",  # empty: what a run reads goes through the library, which names it
                env=environment(self.root, folder),
                start_new_session=True,
            )
            groups = [process.pid]
            self._groups[process.pid] = groups
            self._folders[process.pid] = folder
        return process, groups

    def _end(self, process: subprocess.Popen[bytes], groups: list[int], clean: bool) -> None:
        if not clean:
            self._kill(groups)
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()
        process.wait()
        with self._lock:
            del self._groups[process.pid]
            folder = self._folders.pop(process.pid)
        shutil.rmtree(folder, ignore_errors=True)

    @staticmethod
    def _kill(groups: list[int]) -> None:
        for group in reversed(groups):
            kill_group(group)


def environment(root: Path, folder: Path) -> dict[str, str]:
    """The environment of a worker: the user's, without what would make its result the user's own."""
    kept = {k: v for k, v in os.environ.items() if k in _KEPT or not k.startswith(_DROPPED)}
    package = Path(__file__).resolve().parents[2]
    if "site-packages" not in package.parts:  # the worker runs the same library as we do
        further = [
            str(Path(part).absolute()) for part in kept.get("PYTHONPATH", "").split(os.pathsep) if part
        ]
        kept["PYTHONPATH"] = os.pathsep.join([str(package), *further])
    return kept | {
        "EQUITY_BATCH": "1",
        "EQUITY_ROOT": str(root),
        "EQUITY_DATA_DIR": str(store.data_dir(root).resolve()),
        "MPLBACKEND": "agg",
        "MPLCONFIGDIR": str(root / "outputs" / ".runs" / "matplotlib"),
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
        "IPYTHONDIR": str(folder / "i"),
        "JUPYTER_DATA_DIR": str(folder / "d"),
        "JUPYTER_CONFIG_DIR": str(folder / "c"),
        "JUPYTER_RUNTIME_DIR": str(folder / "r"),
        "JUPYTER_NO_CONFIG": "1",
        "JUPYTER_PREFER_ENV_PATH": "1",
        "PYTHONHASHSEED": "0",
        "PYTHONUTF8": "1",
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
        "TZ": "UTC",
        "LC_ALL": "C.UTF-8" if sys.platform == "linux" else "C",
    }


def _events(process: subprocess.Popen[bytes], request: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    stdin, stdout = _pipes(process)
    try:
        stdin.write(json.dumps(request).encode() + b"\n")
        stdin.flush()
    except BrokenPipeError:  # it died at once; its end says how
        return
    for line in stdout:
        yield json.loads(line)


def _pipes(process: subprocess.Popen[bytes]) -> tuple[IO[bytes], IO[bytes]]:
    if process.stdin is None or process.stdout is None:
        raise RuntimeError("a worker without pipes")
    return process.stdin, process.stdout


def cores() -> int:
    """Cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
