"""Any executor does the jobs: the same bytes, whole or absent, failures told apart and said once."""

import json
import os
import shutil
import signal
import threading
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

import pytest
from tiny_project import environment, make_project, tree, write_notebook

from equity_lib.batch import remote
from equity_lib.batch.cluster import private
from equity_lib.batch.options import Options
from equity_lib.batch.progress import PlainProgress
from equity_lib.batch.run import run

OPTIONS = Options(publisher="fake_site", parameters="", jobs=2)


@pytest.fixture(autouse=True, scope="module")
def publisher_within_reach():
    """Workers find the fake publisher."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", environment()["PYTHONPATH"])
        remote._here.clear()
        yield
    for made in remote._here.values():
        if isinstance(made, remote.Workers):
            made.close()


class Lines(PlainProgress):
    def __init__(self):
        self.lines = []

    def say(self, text):
        self.lines.append(text)


@pytest.mark.parametrize("kind", [ThreadPoolExecutor, ProcessPoolExecutor])
def test_run_by_an_executor_gives_the_bytes_of_a_local_run(finished, tmp_path, kind):
    root = make_project(tmp_path / "elsewhere", years=(2562, 2563))
    said = Lines()
    with kind(2) as executor:
        assert run(root, options=OPTIONS, progress=said, executor=executor) == 0, said.lines
    assert tree(root / "outputs") == tree(finished / "outputs")


def test_run_by_an_executor_says_a_failure_as_a_local_run_and_publishes_nothing(project):
    write_notebook(project, "01_first", "raise KeyError('Somchai 1-2345')")
    said = Lines()
    with ThreadPoolExecutor(1) as executor:
        assert run(project, options=OPTIONS, progress=said, executor=executor) == 1
    assert "khon-kaen/2562 01_first: FAILED, cell 2 raised KeyError" in said.lines
    assert not (project / "outputs/khon-kaen").exists()
    assert not list((project / "outputs/.runs").rglob("*.aside"))


class Broken(ThreadPoolExecutor):
    """Loses every job."""

    def submit(self, fn, /, *args, **kwargs):
        del fn, args, kwargs
        return super().submit(lambda: (_ for _ in ()).throw(ConnectionError("value of a child")))


def test_run_by_an_executor_that_loses_jobs_says_so_without_its_words(project):
    said = Lines()
    with Broken(1) as executor:
        assert run(project, options=OPTIONS, progress=said, executor=executor) == 1
    assert "khon-kaen/2562 01_first: FAILED, the process that ran it died (ConnectionError)" in said.lines
    assert "value of a child" not in (project / "outputs/.runs/log.jsonl").read_text()


def test_job_of_another_library_is_refused(project):
    with ThreadPoolExecutor(1) as executor:
        workers = remote.RemoteWorkers(project, project / "s", OPTIONS, executor)
        workers.library = "other"
        with pytest.raises(remote.Failed) as refused:
            workers.do(
                {
                    "do": "execute",
                    "notebook": str(project / "notebooks/01_first.ipynb"),
                    "parameters": {"area": "khon-kaen", "program_year": 2562},
                    "kernel": "equity",
                    "memory": 0,
                    "seed": 1,
                    "library": "other",
                    "into": str(project / "made"),
                }
            )
    assert refused.value.failure.exit_code == 6
    assert not (project / "made").exists()


@pytest.mark.parametrize(
    ("address", "alone"),
    [
        ("tls://10.0.0.1:8786", True),
        ("tcp://127.0.0.1:8786", True),
        ("localhost:8786", True),
        ("tcp://[::1]:8786", True),
        ("tcp://10.0.0.1:8786", False),
        ("tcp://localhost.example.org:8786", False),
        ("10.0.0.1:8786", False),
        ("ws://127.0.0.1:8786", False),
        ("tls://", False),
    ],
)
def test_private_is_tls_or_this_machine(address, alone):
    assert private(address) is alone


@pytest.fixture(scope="module")
def cluster():
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, protocol="tcp://"
    ) as made:
        yield made


def test_run_on_dask_gives_the_bytes_of_a_local_run_and_logs_no_value(finished, tmp_path, cluster):
    root = make_project(tmp_path / "elsewhere", years=(2562, 2563))
    options = Options(publisher="fake_site", parameters="", dask=cluster.scheduler_address)
    said = Lines()
    assert run(root, options=options, progress=said) == 0, said.lines
    assert tree(root / "outputs") == tree(finished / "outputs")
    write_notebook(root, "01_first", "raise KeyError('Somchai 1-2345')")
    assert run(root, options=options, progress=said) == 1
    assert "Somchai" not in json.dumps([str(each) for each in cluster.get_logs().values()])


def test_run_on_dask_with_a_killed_worker_loses_nothing(finished, tmp_path, cluster):
    root = make_project(tmp_path / "elsewhere", years=(2562, 2563))
    write_notebook(root, "01_first", "import time; time.sleep(2); print('first', area, program_year)")
    options = Options(publisher="fake_site", parameters="", dask=cluster.scheduler_address)
    pids = [worker.pid for worker in cluster.workers.values()]
    threading.Timer(4, lambda: os.kill(pids[0], signal.SIGKILL)).start()
    said = Lines()
    assert run(root, options=options, progress=said) == 0, said.lines
    wanted = tree(finished / "outputs")
    for name, data in tree(root / "outputs").items():
        if name.endswith("_second.ipynb") or name.endswith("index.html"):
            assert data == wanted[name]


def test_home_beside_a_worker_that_removes_the_same_leftovers(tmp_path, monkeypatch):
    """Two workers start at once and both find what dead ones left; here the other takes all of it first."""
    left = [tmp_path / f"{remote._OURS}{2**22 + number}-x" for number in (1, 2)]
    for folder in left:
        folder.mkdir()
    real = shutil.rmtree

    def both(path, **named):
        for folder in left:
            real(folder, ignore_errors=True)
        real(path, **named)

    monkeypatch.setattr(remote, "_here", {})
    monkeypatch.setattr(remote.tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(remote.shutil, "rmtree", both)
    assert remote._home().is_dir()
    assert not any(folder.exists() for folder in left)
