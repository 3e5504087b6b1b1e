"""Worker processes: each in a session of its own, with a time limit outside the kernel.

They are forks of one warm parent; where there is no safe fork, processes that import for themselves.
"""

import os
import shutil
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, cast

from equity_lib.batch import preload
from equity_lib.batch.failures import Failed, Failure
from equity_lib.batch.forks import Forked, Refused
from equity_lib.batch.lifeline import kill_group
from equity_lib.batch.options import Options
from equity_lib.batch.parents import Parent, why_not
from equity_lib.batch.started import Started
from equity_lib.batch.turns import Limit, Turn, Turns
from equity_lib.batch.worker import again
from equity_lib.registry import store

#: Prefixes of the user's environment that would make a run depend on the user.
_DROPPED = ("JUPYTER", "IPYTHON", "JPY_", "MPL", "COLUMNS", "LINES", "PYTHON", "EQUITY_KEY", store.URL)
_KEPT = ("PYTHONPATH", "PYTHONHOME", "PYTHONPYCACHEPREFIX", "PYTHONDONTWRITEBYTECODE")
#: Notebooks that one fork drives before another takes over: each leaves a little memory behind.
_JOBS = 100


class Workers:
    """The worker processes that are alive; all of them can be ended at once.

    Parameters
    ----------
    scratch
        Folder for sockets and the kernel's own files; removed after the run.
    uses_library
        Whether notebooks use our library; without it the parent is spared 1.5 s of imports.
    """

    def __init__(self, root: Path, scratch: Path, options: Options, uses_library: bool = True) -> None:
        self.root = root
        self.uses_library = uses_library
        self.scratch = scratch
        self.options = options
        #: Why workers and kernels are processes of their own; empty while they are forks.
        self.stock = why_not()
        self._lock = threading.Lock()
        self._alive: list[_Worker] = []
        self._idle: list[Forked] = []
        self._parent: Parent | None = None
        self._started = 0
        self._forks = 0
        self._closed = False

    def do(
        self,
        request: Mapping[str, Any],
        turn: Turn | None = None,
        on_cell: Callable[[int], None] = lambda _: None,
    ) -> dict[str, Any]:
        """Have one job done; a worker that died is replaced once.

        Parameters
        ----------
        turn
            Waited for before its cells run, or its pages are made; given back when they have.
        on_cell
            Told each cell's number.

        Returns
        -------
        dict
            The worker's last word.

        Raises
        ------
        Failed
            If it failed, for whatever reason.
        """
        turn = turn or Turns().next()
        try:
            return self._once(request, turn, on_cell)
        except _Died as died:
            if self._closed:
                raise Failed(died.failure) from None
        try:
            return self._once(request, turn, on_cell)
        except _Died as died:
            raise Failed(died.failure) from None

    def _once(self, request: Mapping[str, Any], turn: Turn, on_cell: Callable[[int], None]) -> dict[str, Any]:
        if not again(request):
            turn.take()
        worker = self._start(request)
        if isinstance(worker.process, Started):
            turn.take()
        limit = Limit(self.options.timeout, partial(self._kill, worker.groups))
        cell, reply = 0, None
        try:
            for event in worker.process.events():
                if "waits" in event:
                    limit.end()
                    turn.take()
                    limit = Limit(self.options.timeout, partial(self._kill, worker.groups))
                    cast(Forked, worker.process).ask({"go": True})
                elif "ran" in event:
                    turn.give()
                elif "kernel" in event:
                    worker.groups.append(event["kernel"])
                elif "cell" in event:
                    cell = event["cell"]
                    on_cell(cell)
                elif "stock" in event:
                    self.stock = self.stock or event["stock"]
                else:
                    reply = event
                    if "done" in reply and again(request):
                        break  # it waits for another job
        finally:
            limit.end()
            self._end(worker, clean="done" in (reply or {}), idle=again(request))
        if reply is None and limit.reached:
            raise Failed(Failure("timeout" if cell else "slow", cell, f"{self.options.timeout:g} s"))
        if reply is None:
            raise _Died(Failure("worker", cell, f"exit code {worker.process.returncode}"))
        if "failed" in reply:
            raise Failed(Failure.from_json(reply["failed"]))
        return dict(reply["done"])

    def close(self) -> None:
        """End all workers and their kernels, and let no other start."""
        with self._lock:
            self._closed = True
            alive = [worker.groups for worker in self._alive]
            idle, self._idle = self._idle, []
            parent, self._parent = self._parent, None
        for process in idle:
            process.close()
        for groups in alive:
            self._kill(groups)
        if parent is not None:
            parent.end()

    def _start(self, request: Mapping[str, Any]) -> "_Worker":
        with self._lock:
            if self._closed:
                raise Failed(Failure("worker", exception="interrupted", exit_code=130))
            self._started += 1
            folder = self.scratch / str(self._started)
            (folder / "w").mkdir(parents=True)
            env = environment(self.root, folder) | _where(request)
            job = {"do": "job", "job": request, "env": env, "cwd": str(folder / "w")}
            idle = self._ask_idle(job)
            forked = idle or (self._fork(job) if not self.stock else None)
            process = forked or Started(request, env, folder / "w")
            worker = _Worker(process, folder)
            self._alive.append(worker)
        if forked and not idle:
            self._await(forked, worker)
        worker.groups.append(process.pid)
        return worker

    def _ask_idle(self, job: Mapping[str, Any]) -> Forked | None:
        """A fork that has done a job and takes this one: to fork another costs a tenth of a second."""
        while again(job["job"]) and self._idle:
            process = self._idle.pop()
            if process.ask(job):
                process.jobs += 1
                return process
            process.close()
        return None

    def _fork(self, job: Mapping[str, Any]) -> Forked | None:
        """A fork of the parent, which is started when first wanted and again if it died."""
        if self._parent is None or not self._parent.alive:
            if self._parent is not None:
                self._parent.end()
            aside = self.scratch / "parent"
            aside.mkdir(exist_ok=True)
            then = preload.THEN if self.uses_library else ()
            pages = ["equity_lib.release.guard:prepare", f"{self.options.publisher}:prepare"]
            self._parent = Parent.start(environment(self.root, aside), str(aside), then, pages)
        try:
            return self._parent.fork(job)
        except Refused:
            return None

    def _await(self, process: Forked, worker: "_Worker") -> None:
        try:
            process.started()
            self._forks += 1
        except Refused as refused:
            if self._forks == 0 or (self._parent is not None and self._parent.alive):
                self.stock = self.stock or str(refused)  # it would refuse again
            process.returncode = process.returncode or -9
            self._end(worker, clean=True)
            raise _Died(Failure("worker", exception=str(refused))) from None

    def _end(self, worker: "_Worker", clean: bool, idle: bool = False) -> None:
        if not clean:
            self._kill(worker.groups)
        process = worker.process
        with self._lock:
            lasting = isinstance(process, Forked) and process.jobs < _JOBS
            kept = clean and idle and lasting and not self._closed
            if kept:
                self._idle.append(cast(Forked, process))
        if not kept:
            process.close()
            process.wait()
        with self._lock:
            self._alive.remove(worker)
        shutil.rmtree(worker.folder, ignore_errors=True)

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


def _where(request: Mapping[str, Any]) -> dict[str, str]:
    """Another project folder than the one workers are started for, if the job names it."""
    named = {"EQUITY_ROOT": request.get("root"), "EQUITY_DATA_DIR": request.get("data")}
    return {name: str(value) for name, value in named.items() if value}


@dataclass(eq=False)
class _Worker:
    """A worker that is alive, its scratch folder, and the process groups that end with it."""

    process: Forked | Started
    folder: Path
    groups: list[int] = field(default_factory=list)


class _Died(Exception):
    """A worker ended without a word."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.kind)
        self.failure = failure
