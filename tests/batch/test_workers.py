"""One driver does many notebooks, each in a kernel, an environment and a folder of its own."""

import json
import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest
from tiny_project import write_notebook

from equity_lib.batch.failures import Failed
from equity_lib.batch.options import Options
from equity_lib.batch.turns import Turns
from equity_lib.batch.workers import Workers

#: Says what a run before it could have left, then leaves it.
LEAVES = """import os, sys
print(sorted(os.listdir(".")), "LEFT" in os.environ, "left" in sys.modules)
os.environ["LEFT"] = "x"
sys.modules["left"] = sys
open("left", "w").close()"""


#: Seconds a notebook may take where kernels wait for their turn.
LIMIT = 5.0


@pytest.fixture
def workers(tmp_path):
    made = Workers(tmp_path, tmp_path / "scratch", Options(publisher="fake_site"))
    if made.stock:
        pytest.skip(made.stock)
    yield made
    made.close()


@pytest.fixture
def timed(tmp_path):
    made = Workers(tmp_path, tmp_path / "scratch", Options(publisher="fake_site", timeout=LIMIT))
    if made.stock:
        pytest.skip(made.stock)
    yield made
    made.close()


def held_and_next(count=1):
    """A turn that somebody has, and the one after it."""
    turns = Turns(count)
    first, second = turns.next(), turns.next()
    first.take()
    return turns, first, second


def until_kernel(workers):
    """Wait until a worker has its kernel: its own process group, and the kernel's."""
    for _ in range(600):
        if any(len(worker.groups) > 1 for worker in workers._alive):
            return
        time.sleep(0.05)
    pytest.fail("no kernel was started ahead")


def execute(workers, source="print(1)", into="made.ipynb", turn=None):
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
        },
        turn,
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


def test_workers_replace_a_driver_that_has_done_its_share(workers, monkeypatch):
    """What papermill leaves of each notebook in memory would add up over a country."""
    monkeypatch.setattr("equity_lib.batch.workers._JOBS", 2)
    execute(workers)
    first = drivers(workers)
    execute(workers)
    assert drivers(workers) == []
    execute(workers)
    assert drivers(workers) not in ([], first)


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


def test_workers_start_a_kernel_ahead_whose_cells_wait_for_their_turn_beyond_the_time_limit(timed):
    ran = timed.root / "ran"
    _, first, second = held_and_next()
    with ThreadPoolExecutor(1) as pool:
        source = f"open({str(ran)!r}, 'w').close(); print('mine')"
        future = pool.submit(execute, timed, source, turn=second)
        until_kernel(timed)
        time.sleep(LIMIT + 0.5)
        assert not ran.exists()
        first.give()
        assert future.result() == "mine\n"


def test_workers_give_a_turn_back_when_the_last_cell_has_run(workers, monkeypatch):
    """Not when the kernel has ended and the notebook is written: the next could run meanwhile."""
    turns = Turns(1)
    seen = []
    whole = Workers._end

    def end(*given, **named):
        seen.append(turns.free)
        whole(*given, **named)

    monkeypatch.setattr(Workers, "_end", end)
    execute(workers, turn=turns.next())
    assert seen == [1]


def test_workers_that_are_closed_end_who_waits_for_a_turn(workers):
    turns, _, second = held_and_next()
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(execute, workers, turn=second)
        until_kernel(workers)
        workers.close()
        turns.close()
        with pytest.raises(Failed):
            future.result(timeout=30)


def test_turns_come_in_the_order_of_next_whoever_is_ready_first():
    turns = Turns(1)
    order = []
    first, second, third = (turns.next(partial(order.append, number)) for number in (1, 2, 3))
    with ThreadPoolExecutor(2) as pool:
        waiting = [pool.submit(each.take) for each in (third, second)]
        time.sleep(0.1)
        assert order == []
        first.take()
        first.give()
        while len(order) < 2:
            time.sleep(0.001)
        second.give()
        for each in waiting:
            each.result(timeout=10)
    assert order == [1, 2, 3]


def test_turns_are_not_held_up_by_one_that_was_given_up():
    turns, first, second = held_and_next()
    third = turns.next()
    first.give()
    second.give()
    third.take()
    assert turns.free == 0
    third.give()
    third.give()
    assert turns.free == 1


def test_turns_taken_again_do_not_wait_for_later_ones():
    turns, first, _ = held_and_next(2)
    first.give()
    first.take()
    assert turns.free == 1
