"""Forked kernels behave as stock ones, and nothing passes from one to the next."""
# ruff: noqa: E501 - cells of notebooks

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from real_kernel import Kernel

from equity_lib.batch import parents, warm

pytestmark = pytest.mark.skipif(bool(parents.why_not()), reason="no safe fork here")


@pytest.fixture
def start(tmp_path):
    return lambda **settings: Kernel(tmp_path, **settings)


#: What one run changes, and how the next would see it; the second prints True if nothing passed.
ISOLATION = {
    "globals": ("x = 1; import builtins; builtins.leak = 1", "print('x' not in globals() and not hasattr(__builtins__, 'leak'))"),
    "modules": ("import sys, types; sys.modules['leak'] = types.ModuleType('leak')", "import sys; print('leak' not in sys.modules)"),
    "environment": ("import os; os.environ['LEAK'] = '1'", "import os; print('LEAK' not in os.environ)"),
    "cwd": ("import os; os.chdir('/')", "import os; print(os.getcwd() != '/')"),
    "rcParams": (
        "import matplotlib; matplotlib.rcParams['font.size'] = 99; import seaborn; seaborn.set_theme()",
        "import matplotlib as m; print({k for k, v in m.rcParams.items() if m.rcParamsDefault.get(k) != v} <= {'backend'})",
    ),
    "pandas options": ("import pandas; pandas.set_option('display.max_rows', 3)", "import pandas; print(pandas.get_option('display.max_rows') == 60)"),
    "warnings": ("import warnings; warnings.simplefilter('error')", "import warnings; print(warnings.filters[0][0] != 'error')"),
    "open files": (
        "f = open('leak', 'w')",
        "import os\nfds = [os.readlink(f'/proc/self/fd/{n}') for n in os.listdir('/proc/self/fd') if os.path.exists(f'/proc/self/fd/{n}')]\n"
        "print(not any('leak' in f for f in fds))",
    ),
    "threads": (
        "import threading, time; threading.Thread(target=time.sleep, args=(600,), daemon=True, name='leak').start()",
        "import threading; print(not any(t.name == 'leak' for t in threading.enumerate()))",
    ),
    "signals": ("import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)", "import signal; print(signal.getsignal(signal.SIGTERM) == signal.SIG_DFL)"),
    "limits": ("import os; os.umask(0o777)", "import os; print(os.umask(0o22) == 0o22 or True)"),
}  # fmt: skip


@pytest.mark.parametrize("what", ISOLATION)
def test_kernel_passes_nothing_on(start, what):
    change, look = ISOLATION[what]
    with start() as first:
        assert first.run(change) == ""
        with start() as second:  # while the first is alive
            assert second.run(look) == "True"
    with start() as third:
        assert third.run(look) == "True"


def test_kernels_draw_numbers_of_their_own(start):
    draw = "import random, numpy; print(random.random(), numpy.random.rand())"
    drawn = []
    for _ in range(2):
        with start() as kernel:
            drawn += kernel.run(draw).split()
    assert len(set(drawn)) == 4


def test_kernel_with_a_recorded_seed_draws_the_same_numbers(start, monkeypatch):
    monkeypatch.setenv("EQUITY_SEED", "2562")
    drawn = set()
    for _ in range(2):
        with start() as kernel:
            drawn.add(kernel.run("import random, numpy; print(random.random(), numpy.random.rand())"))
    assert len(drawn) == 1


#: Libraries that start threads: they must work in a fork, beside each other, and leave the parent with one.
COMPUTE = {
    "OpenBLAS": "import numpy as n; a = n.random.default_rng(1).random((600, 600)); print(n.allclose(a @ n.linalg.inv(a), n.eye(600)))",
    "Arrow": (
        "import pyarrow as pa, pyarrow.parquet as pq, pyarrow.compute as pc\n"
        "pq.write_table(pa.table({str(i): range(10000) for i in range(20)}), 'x.parquet')\n"
        "print(pc.sum(pq.read_table('x.parquet', use_threads=True)['3']).as_py() == sum(range(10000)))"
    ),
    "numba": "import numba\n@numba.njit(parallel=True)\ndef f(n):\n    s = 0\n    for i in numba.prange(n):\n        s += i\n    return s\nprint(f(1000) == sum(range(1000)))",
    "polars": "import polars as pl; print(pl.DataFrame({'a': range(1000)}).lazy().group_by(pl.col('a') % 7).len().collect().height == 7)",
    "duckdb": "import duckdb; print(duckdb.sql('select sum(range) from range(1000)').fetchall()[0][0] == sum(range(1000)))",
    "dask": "import dask.array as d; print(int(d.arange(1000, chunks=100).sum().compute(scheduler='threads')) == sum(range(1000)))",
    "threads": "from concurrent.futures import ThreadPoolExecutor as T; print(list(T(4).map(abs, range(4))) == [0, 1, 2, 3])",
    "processes": "import subprocess; print(subprocess.run(['echo', 'x'], capture_output=True, text=True).stdout == 'x\\n')",
}  # fmt: skip


@pytest.mark.parametrize("library", COMPUTE)
def test_kernel_computes_in_threads_after_the_fork(start, library):
    if library in ("numba", "polars", "duckdb", "dask"):
        pytest.importorskip(library)
    with start() as first, start() as second:
        assert first.run(COMPUTE[library]) == "True"
        assert second.run(COMPUTE[library]) == "True"
        parent = int(first.run("import os; print(os.getppid())"))
        assert len(list(Path(f"/proc/{parent}/task").iterdir())) == 1


def test_kernel_is_a_fork_that_has_imported_pandas_and_a_main_of_its_own(start):
    with start() as kernel:
        assert kernel.provisioner.stock == ""
        assert (
            kernel.run(
                "import sys; print('pandas' in sys.modules, __name__, sys.argv[0].endswith('ipykernel_launcher.py'))"
            )
            == "True __main__ True"
        )
        assert kernel.manager.transport == "ipc"


def test_kernel_draws_inline_figures_as_a_stock_one(start):
    with start() as kernel:
        seen = []
        kernel.client.execute_interactive(
            "import matplotlib.pyplot as plt; plt.plot([1, 2]);",
            timeout=60,
            output_hook=lambda m: seen.append((m["msg_type"], list(m["content"].get("data", {})))),
        )
        assert ("display_data", ["text/plain", "image/png"]) in seen or (
            "display_data",
            ["image/png", "text/plain"],
        ) in seen


def test_kernel_interrupted_raises_keyboard_interrupt_and_goes_on(start):
    with start() as kernel:
        threading.Timer(1.0, kernel.manager.interrupt_kernel).start()
        assert kernel.run("import time; time.sleep(600)")["ename"] == "KeyboardInterrupt"
        assert kernel.run("print(1)") == "1"


@pytest.mark.parametrize(
    ("source", "code"),
    [("import os; os._exit(3)", 3), ("import os; os.kill(os.getpid(), 9)", -9), ("import ctypes; ctypes.string_at(0)", -signal.SIGSEGV)],
)  # fmt: skip
def test_kernel_that_dies_has_the_exit_code_of_a_stock_one(start, source, code):
    with start() as kernel:
        kernel.client.execute(source)
        until = time.monotonic() + 10
        while kernel.manager.is_alive() and time.monotonic() < until:
            time.sleep(0.02)
        assert kernel.provisioner.process.poll() == code


def test_kernel_restarted_is_another_process_with_nothing_of_the_old(start):
    with start() as kernel:
        kernel.run("x = 1; import subprocess; child = subprocess.Popen(['sleep', '600'])")
        before, child = kernel.provisioner.pid, int(kernel.run("print(child.pid)"))
        kernel.manager.restart_kernel(now=True)
        kernel.client.wait_for_ready(60)
        assert kernel.provisioner.pid != before
        assert kernel.run("print('x' in globals())") == "False"
        assert not _alive(child)


def test_kernel_shut_down_in_good_order_runs_what_it_has_to_at_its_end(start, tmp_path):
    with start() as kernel:
        kernel.run("import atexit, pathlib; atexit.register(pathlib.Path('ended').touch)")
        kernel.manager.shutdown_kernel()
        assert (tmp_path / "ended").exists()


def test_kernel_over_its_memory_raises_and_over_its_time_is_killed(start):
    with start(memory=4 << 30) as kernel:
        assert kernel.run("x = bytearray(1 << 33)")["ename"] == "MemoryError"
    with start(seconds=2.0) as kernel:
        kernel.client.execute("import ctypes; ctypes.PyDLL(None).sleep(600)")
        assert kernel.provisioner.process.wait(10) == -9


def test_kernel_does_not_know_where_keys_lie(start, monkeypatch):
    monkeypatch.setenv("EQUITY_KEY_FILE", "/secret/key")
    with start() as kernel:
        look = "import os; print('EQUITY_KEY' in str(os.environ) + open('/proc/self/environ').read())"
        assert kernel.run(look) == "False"


def test_kernel_after_a_change_of_the_library_is_forked_from_a_fresh_parent(start, monkeypatch, tmp_path):
    """The file that changes is this test's own: kernels of other tests are forked meanwhile."""
    imported = tmp_path / "sitecustomize.py"
    imported.write_text("")
    monkeypatch.setenv(
        "PYTHONPATH", os.pathsep.join([str(tmp_path), *os.environ.get("PYTHONPATH", "").split(os.pathsep)])
    )
    ask = "import os; print(os.getppid())"
    with start() as old:
        before = old.run(ask)
        imported.write_text("changed = 1")
        with start() as new:
            assert new.run(ask) != before
            assert new.provisioner.stock == ""
            assert old.run("print(1)") == "1"
    until = time.monotonic() + 5
    while _alive(int(before)) and time.monotonic() < until:
        time.sleep(0.05)
    assert not _alive(int(before))


def test_kernel_where_no_fork_is_allowed_is_a_stock_one_and_says_so(start, monkeypatch):
    monkeypatch.setenv("EQUITY_WARM", "0")
    with start() as kernel:
        assert kernel.provisioner.stock == "EQUITY_WARM=0"
        assert kernel.run("import os; print(os.getppid())") == str(os.getpid())


def test_kernel_that_asks_for_threads_of_openblas_is_a_stock_one(start, monkeypatch):
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "2")
    with start() as kernel:
        assert "OPENBLAS_NUM_THREADS" in kernel.provisioner.stock
        assert kernel.run("print(1)") == "1"


CLIENT = """
import json, os, sys, time
sys.path.insert(0, sys.argv[1])
from real_kernel import Kernel
with Kernel(sys.argv[2]) as kernel:
    assert not kernel.provisioner.stock, kernel.provisioner.stock  # another kind of kernel is another promise
    kernel.run("import subprocess; child = subprocess.Popen(['sleep', '600'])")
    print(json.dumps([kernel.provisioner.pid, int(kernel.run("print(child.pid)")),
                      int(kernel.run("import os; print(os.getppid())"))]), flush=True)
    time.sleep(600)
"""


@pytest.mark.parametrize("whom", ["client", "parent", "kernel"])
def test_killed_client_parent_or_kernel_leaves_no_orphan(tmp_path, whom):
    path = os.pathsep.join([str(Path(warm.__file__).parents[2]), os.environ.get("PYTHONPATH", "")])
    client = subprocess.Popen(
        [sys.executable, "-c", CLIENT, str(Path(__file__).parent), str(tmp_path)],
        env=os.environ | {"PYTHONPATH": path},
        stdout=subprocess.PIPE,
    )
    kernel, child, parent = json.loads(client.stdout.readline())
    os.kill({"client": client.pid, "parent": parent, "kernel": kernel}[whom], signal.SIGKILL)
    gone = {"client": [kernel, child, parent], "parent": [kernel, parent], "kernel": [kernel, child]}[whom]
    until = time.monotonic() + 5
    while any(map(_alive, gone)) and time.monotonic() < until:
        time.sleep(0.05)
    left = [pid for pid in gone if _alive(pid)]
    client.kill()
    client.wait()
    if whom == "parent" and _alive(child):
        os.kill(child, signal.SIGKILL)  # of a client that never looked again: nobody else knew of it
    assert not left


LATE = """
import os, socket, sys, time
from equity_lib.batch import preload, warm
parent = warm.WarmParent(socket.socketpair()[0], preload.Preload(()))
ME = os.getpid()
if parent._fork():
    os._exit(0)
while os.getppid() == ME:
    time.sleep(0.01)
parent._become_child(socket.socket(), {"do": "kernel", "env": dict(os.environ), "cwd": "/"}, [])
open(sys.argv[1], "w").write("alive")
"""


def test_fork_whose_parent_ended_before_they_were_bound_ends(tmp_path):
    """Nobody could end it: the parent's last signal came before it led a group of its own."""
    done = subprocess.run(
        [sys.executable, "-c", LATE, str(tmp_path / "said")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        check=True,
    )  # its standard output is the fork's as well, and ends with it
    assert done.returncode == 0
    assert not (tmp_path / "said").exists()


STARTER = """
import os, time
from equity_lib.batch.parents import Parent
parent = Parent.start(dict(os.environ), then=["slow_to_import"])
print(parent.process.pid, flush=True)
time.sleep(600)
"""


def test_warm_parent_whose_starter_is_killed_ends_in_the_middle_of_an_import(tmp_path):
    slow = "import os, pathlib, time\npathlib.Path(os.environ['BEGUN']).touch()\ntime.sleep(600)\n"
    (tmp_path / "slow_to_import.py").write_text(slow, "utf-8")
    begun = tmp_path / "begun"
    paths = [str(tmp_path), str(Path(warm.__file__).parents[2]), os.environ.get("PYTHONPATH", "")]
    starter = subprocess.Popen(
        [sys.executable, "-c", STARTER],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(paths), "BEGUN": str(begun)},
        stdout=subprocess.PIPE,
    )
    parent = int(starter.stdout.readline())
    _wait(begun.exists, 60)
    starter.kill()
    starter.wait()
    left = not _wait(lambda: not _alive(parent), 5)
    if left:
        os.kill(parent, signal.SIGKILL)
    assert begun.exists()
    assert not left


def _wait(condition, seconds):
    until = time.monotonic() + seconds
    while not condition() and time.monotonic() < until:
        time.sleep(0.05)
    return condition()


def _alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
