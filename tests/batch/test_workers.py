"""One driver does many notebooks, each in a kernel, an environment and a folder of its own."""

import json
import os
import signal
from pathlib import Path

import pytest
from tiny_project import write_notebook

from equity_lib.batch.failures import Failed
from equity_lib.batch.options import Options
from equity_lib.batch.workers import Workers

#: Says what a run before it could have left, then leaves it.
LEAVES = """import os, sys
print(sorted(os.listdir(".")), "LEFT" in os.environ, "left" in sys.modules)
os.environ["LEFT"] = "x"
sys.modules["left"] = sys
open("left", "w").close()"""


@pytest.fixture
def workers(tmp_path):
    made = Workers(tmp_path, tmp_path / "scratch", Options(publisher="fake_site"))
    if made.stock:
        pytest.skip(made.stock)
    yield made
    made.close()


def execute(workers, source="print(1)", into="made.ipynb"):
    notebook = write_notebook(workers.root, "01_first", source)
    workers.do(
        {
            "do": "execute",
            "notebook": str(notebook),
            "parameters": {"area": "khon-kaen", "program_year": 2562},
            "kernel": "equity",
            "transport": "ipc",
            "memory": 0,
            "seed": 1,
            "library": "none",
            "into": str(workers.root / into),
        }
    )
    cells = json.loads((workers.root / into).read_text())["cells"]
    return "".join(text for cell in cells for out in cell.get("outputs", []) for text in out.get("text", []))


def drivers(workers):
    return [process.pid for process in workers._idle]


def test_workers_give_a_driver_the_next_notebook_and_nothing_of_the_one_before(workers):
    assert execute(workers, LEAVES) == "[] False False\n"
    first = drivers(workers)
    assert execute(workers, LEAVES) == "[] False False\n"
    assert drivers(workers) == first


def test_workers_replace_a_driver_that_died_while_idle(workers):
    execute(workers)
    (first,) = drivers(workers)
    os.kill(first, signal.SIGKILL)
    assert execute(workers, "print('again')") == "again\n"
    assert drivers(workers) != [first]


def test_workers_keep_no_driver_of_a_notebook_that_failed(workers):
    with pytest.raises(Failed):
        execute(workers, "1 / 0")
    assert drivers(workers) == []


def test_workers_drivers_hold_no_more_files_after_many_notebooks(workers):
    counts = []
    for _ in range(6):
        execute(workers)
        (pid,) = drivers(workers)
        counts.append(len(list(Path(f"/proc/{pid}/fd").iterdir())))
    assert counts[-1] <= counts[1]
