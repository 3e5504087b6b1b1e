"""Jobs done elsewhere, by any `concurrent.futures.Executor`: same plan, same bytes.

A job takes along the notebook, the parameters and what pages are made from; of the machine that does
it it needs the same library and, for an area with one, the register. Files come back whole, in the
reply, or not at all; a reply is data, never an exception: those quote values and source lines.
"""

import atexit
import logging
import os
import shutil
import tempfile
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import CancelledError, Executor, Future
from concurrent.futures import TimeoutError as Late
from contextlib import suppress
from pathlib import Path
from typing import Any

from equity_lib.batch.failures import Failed, Failure, in_worker
from equity_lib.batch.fingerprints import Hashes, Inputs
from equity_lib.batch.options import Options
from equity_lib.batch.turns import Turn
from equity_lib.batch.workers import Workers
from equity_lib.errors import EnvironmentProblem
from equity_lib.registry import store
from equity_lib.registry.mirror import held, mirror

#: What a job needs of the project folder.
_PROJECT = ("params/*/*.yaml", "requirements.lock")
_OURS = "equity-remote-"


class RemoteWorkers(Workers):
    """Has jobs done by an executor; index pages, which only join what is here, are made here.

    Parameters
    ----------
    executor
        Who does the jobs, such as `distributed.Client(…).get_executor()`.
    """

    def __init__(self, root: Path, scratch: Path, options: Options, executor: Executor) -> None:
        super().__init__(root, scratch, options)
        self.executor = executor
        self.library = Inputs(root, Hashes(scratch / "hashes.json")).library

    def do(
        self,
        request: Mapping[str, Any],
        turn: Turn | None = None,
        on_cell: Callable[[int], None] = lambda _: None,
    ) -> dict[str, Any]:
        """Have one job done elsewhere and put its files in their place."""
        if request["do"] == "site":
            return super().do(request, turn, on_cell)
        if turn is not None:
            turn.take()  # there are as many as the executor has places
        job = self._packed(request)
        try:
            reply = self._result(self.executor.submit(perform, job))
        except Failed:
            raise
        except (Exception, CancelledError) as error:  # noqa: BLE001 - whatever an executor raises of its own
            raise Failed(Failure("worker", exception=type(error).__name__)) from None
        if "failed" in reply:
            raise Failed(Failure.from_json(reply["failed"]))
        self.stock = self.stock or reply["stock"]
        _unpack(reply["files"], Path(request["into"]))
        for name, data in reply["beside"].items():  # the plan stands beside the executed notebooks
            for folder in {Path(path).parent for path in request["executed"].values()}:
                aside = folder / f".{name}.aside"
                aside.write_bytes(data)
                aside.replace(folder / name)
        return dict(reply["done"])

    def _result(self, future: "Future[dict[str, Any]]") -> dict[str, Any]:
        while True:
            try:
                return future.result(0.5)
            except Late:
                if future.done():
                    raise
            if self._closed:
                future.cancel()
                raise Failed(Failure("worker", exception="interrupted", exit_code=130))

    def _packed(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """The job with all files that it reads, and nothing that names this machine's folders."""
        files = {
            path.relative_to(self.root).as_posix(): path.read_bytes()
            for pattern in _PROJECT
            for path in sorted(self.root.glob(pattern))
        }
        if request["do"] == "execute":
            notebook = Path(request["notebook"])
            files[f"notebooks/{notebook.name}"] = notebook.read_bytes()
            request = {**request, "notebook": f"notebooks/{notebook.name}"}
        else:
            for path in sorted((self.root / "notebooks").glob("*.ipynb")):
                files[f"notebooks/{path.name}"] = path.read_bytes()
            executed = {name: Path(path) for name, path in request["executed"].items()}
            files |= {f"executed/{name}.ipynb": path.read_bytes() for name, path in executed.items()}
            request = {**request, "executed": {name: f"executed/{name}.ipynb" for name in executed}}
        options = self.options
        return {
            "request": {key: value for key, value in request.items() if key not in ("into", "root")},
            "files": files,
            "library": self.library,
            **self._registers(request),
            "options": {"timeout": options.timeout, "kernel": options.kernel, "publisher": options.publisher},
        }

    def _registers(self, request: Mapping[str, Any]) -> dict[str, str]:
        """Where registers lie, and if others have to copy this one, what the copy here holds."""
        url, folder = os.environ.get(store.URL), store.data_dir(self.root)
        if not url:
            return {"data": str(folder.resolve())}
        return {"url": url, "held": held(folder / _area(request))}


def perform(job: Mapping[str, Any]) -> dict[str, Any]:
    """Do a job here; runs on whatever machine the executor chose.

    Returns
    -------
    dict
        `failed`, or `done` with `files` (name → bytes, all of them), those `beside` executed notebooks,
        and `stock`.
    """
    logging.getLogger("distributed.worker").setLevel(logging.CRITICAL)  # it logs arguments and source lines
    try:
        return _perform(job)
    except Failed as error:
        return {"failed": error.failure.as_json()}
    except BaseException as error:  # noqa: BLE001 - told to who asked, as a kind and frames
        return {"failed": in_worker(error).as_json()}


def _perform(job: Mapping[str, Any]) -> dict[str, Any]:
    home = _home()
    with tempfile.TemporaryDirectory(dir=home) as folder:
        root, into = Path(folder, "p"), Path(folder, "into")
        _unpack(job["files"], root)
        workers = _workers(home, job)
        if Inputs(root, Hashes(home / "hashes.json")).library != job["library"]:
            raise EnvironmentProblem("A worker runs another version of equity_lib. Install the same there.")
        request = dict(job["request"], root=str(root), data=_data(job, home), into=str(into))
        if request["do"] == "execute":
            request["notebook"] = str(root / request["notebook"])
            request["transport"] = "ipc"
        else:
            into.mkdir()
            request["executed"] = {name: str(root / path) for name, path in request["executed"].items()}
        done = workers.do(request)
        if into.is_file():
            files = {"": into.read_bytes()}
        else:
            files = {
                path.relative_to(into).as_posix(): path.read_bytes()
                for path in sorted(into.rglob("*"))
                if path.is_file()
            }
        beside = {path.name: path.read_bytes() for path in (root / "executed").glob("*.json")}
        return {"done": done, "files": files, "beside": beside, "stock": workers.stock}


def _unpack(files: Mapping[str, bytes], into: Path) -> None:
    for name, data in files.items():
        path = into / name if name else into
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.write_bytes(data)


_lock = threading.Lock()
_here: dict[str, Any] = {}
os.register_at_fork(after_in_child=_here.clear)  # a fork has workers and a folder of its own


def _home() -> Path:
    """This process's folder for jobs; what dead ones left behind is removed."""
    with _lock:
        if "home" not in _here:
            for left in Path(tempfile.gettempdir()).glob(f"{_OURS}*"):
                pid = left.name.removeprefix(_OURS).partition("-")[0]
                with suppress(FileNotFoundError):  # another worker, which starts as well, was faster
                    own = left.lstat().st_uid == os.getuid()
                    if own and pid.isdigit() and not Path("/proc", pid).exists():
                        shutil.rmtree(left, ignore_errors=True)
            _here["home"] = Path(tempfile.mkdtemp(prefix=f"{_OURS}{os.getpid()}-"))
            atexit.register(shutil.rmtree, _here["home"], ignore_errors=True)
        return Path(_here["home"])


def _workers(home: Path, job: Mapping[str, Any]) -> Workers:
    """The workers of this process: one warm parent for all jobs that come here."""
    key = repr(sorted(job["options"].items()))
    with _lock:
        if key not in _here:
            _here[key] = Workers(home, home / "s", Options(**job["options"]))
        workers: Workers = _here[key]
        return workers


def _data(job: Mapping[str, Any], home: Path) -> str:
    """Where the registers lie: a path that all machines share, or a copy of what lies at a URL.

    The copy is that of whoever gave the job, or there is no result: it would be taken for one of those rows.
    """
    if "data" in job:
        return str(job["data"])
    area, into = _area(job["request"]), home / "data"
    with _lock:
        if held(into / area) != job["held"]:
            mirror(job["url"], area, into)
        if held(into / area) != job["held"]:
            raise Failed(Failure("changed"))
    return str(into)


def _area(request: Mapping[str, Any]) -> str:
    return str(request.get("parameters", request)["area"])
