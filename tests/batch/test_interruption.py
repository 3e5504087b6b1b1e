"""Ctrl-C, SIGTERM, kill -9, two runs at once: pages are the old or the new ones, nobody is left."""

import json
import os
import random
import signal
import subprocess
import time
from pathlib import Path

import pytest
from tiny_project import (
    command,
    environment,
    equity_run,
    make_project,
    pages,
    processes_of,
    tree,
    wait_until_gone,
    write_notebook,
)

from equity_lib.batch.outputs import Outputs


def start(root, **options):
    return subprocess.Popen(
        command(root, **options),
        env=environment(EQUITY_ROOT=str(root)),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def wait_for(condition, seconds=20.0):
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.01)


def named(root, name):
    return [pid for pid in processes_of(root) if _read(f"/proc/{pid}/comm").strip() == name]


def kernels(root):
    return named(root, b"equity-kernel")


def clear(root):
    """What the next run does first: among others, remove the scratch folder of the dead one."""
    scratch = Path(json.loads((root / "outputs/.runs/lock").read_text())["scratch"])
    assert scratch.is_dir()
    with Outputs(root / "outputs").lock():
        assert not scratch.exists()


def _read(name):
    try:
        return Path(name).read_bytes()
    except OSError:
        return b""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_run_interrupted_ends_with_130_and_leaves_the_last_good_state(finished, number):
    before = pages(finished)
    write_notebook(finished, "01_first", "import time; time.sleep(600)")
    process = start(finished)
    wait_for(lambda: kernels(finished))
    process.send_signal(number)
    said = process.communicate(timeout=10)
    assert process.returncode == 130
    assert "Interrupted" in said[1]
    assert "Traceback" not in said[1]
    assert not wait_until_gone(finished, 1)
    assert pages(finished) == before
    assert not list((finished / "outputs").glob(".staging-*"))


@pytest.mark.parametrize(
    "source", ["import time; time.sleep(600)", "import ctypes; ctypes.PyDLL(None).sleep(600)"]
)
def test_run_killed_leaves_no_process_not_even_one_that_holds_the_interpreter(project, source):
    write_notebook(project, "01_first", "import subprocess; subprocess.Popen(['sleep', '600'])", source)
    process = start(project)
    wait_for(lambda: any(b"sleep" in _read(f"/proc/{pid}/cmdline") for pid in processes_of(project)))
    time.sleep(0.2)
    process.kill()
    process.communicate()
    assert not wait_until_gone(project, 3)
    clear(project)


def test_run_with_a_killed_worker_has_another_do_it(project):
    write_notebook(project, "01_first", "import time; time.sleep(3); print('first', area, program_year)")
    process = start(project)
    wait_for(lambda: kernels(project))
    os.kill(named(project, b"equity-job")[0], signal.SIGKILL)
    said = process.communicate(timeout=40)[0]
    assert process.returncode == 0, said
    assert "01_first: done" in said
    assert not wait_until_gone(project, 3)


def test_run_whose_workers_are_killed_again_says_so_once_and_leaves_no_kernel(project):
    write_notebook(project, "01_first", "import time; time.sleep(600)")
    process = start(project, notebooks=["1"])
    for _ in range(2):
        wait_for(lambda: kernels(project))
        os.kill(named(project, b"equity-job")[0], signal.SIGKILL)
        wait_for(lambda: not kernels(project))
    said = process.communicate(timeout=20)[0]
    assert process.returncode == 1
    assert said.count("01_first: FAILED, the process that ran it died (exit code -9)") == 1
    assert not wait_until_gone(project, 3)


@pytest.mark.parametrize("which", [b"equity-warm", b"equity-warm-job"])
def test_run_with_a_killed_warm_parent_goes_on_with_another(project, which):
    write_notebook(
        project,
        "01_first",
        "import subprocess; subprocess.Popen(['sleep', '600'])",
        "import time; time.sleep(2)",
    )
    process = start(project)
    wait_for(lambda: kernels(project))
    os.kill(named(project, which)[0], signal.SIGKILL)
    said = process.communicate(timeout=60)[0]
    assert process.returncode == 0, said
    assert "01_first: done" in said
    assert not wait_until_gone(project, 3)


def test_run_whose_warm_parent_lacks_what_kernels_need_starts_them_one_by_one(project):
    done = equity_run(project, env={"FAULT_WARM_WITHOUT": "ipykernel.kernelapp"})
    assert done.returncode == 0, done.stderr
    said = "not forked from a warm one: ipykernel.kernelapp can't be imported there (ModuleNotFoundError)."
    assert said in done.stderr + done.stdout


def test_run_killed_at_any_moment_is_completed_by_the_next(tmp_path):
    """Seeded moments over a whole run; after each, pages are whole, and a re-run ends in the same bytes."""
    reference = make_project(tmp_path / "reference")
    began = time.perf_counter()
    assert equity_run(reference).returncode == 0
    length = time.perf_counter() - began
    wanted = tree(reference / "outputs")
    chance = random.Random(2562)
    root = make_project(tmp_path / "killed")
    for moment in sorted(chance.uniform(0.1, length) for _ in range(5)):
        process = start(root)
        time.sleep(moment)
        process.kill()
        process.communicate()
        assert not wait_until_gone(root, 3)
        standing = pages(root)
        assert all(wanted[name] == data for name, data in standing.items())
        year = {name for name in standing if name.startswith("khon-kaen/2562/")}
        assert year in (set(), {name for name in wanted if name.startswith("khon-kaen/2562/")})
    done = equity_run(root)
    assert done.returncode == 0, done.stdout + done.stderr
    assert tree(root / "outputs") == wanted


def test_run_killed_between_two_notebooks_runs_only_the_missing_one(project):
    write_notebook(project, "02_second", "import time; time.sleep(600)")
    process = start(project, jobs=1)
    wait_for(lambda: (project / "outputs/.runs/khon-kaen/2562/01_first.ipynb").exists())
    process.kill()
    process.communicate()
    wait_until_gone(project)
    write_notebook(project, "02_second", "print('second', program_year)")
    done = equity_run(project)
    assert done.returncode == 0
    assert "01_first" not in done.stdout
    assert "02_second: done" in done.stdout


def test_run_beside_another_is_refused_and_names_its_process(project):
    write_notebook(project, "01_first", "import time; time.sleep(600)")
    first = start(project)
    try:
        wait_for(lambda: kernels(project))
        second = equity_run(project)
        assert second.returncode == 6
        assert f"(process {first.pid})" in second.stderr
    finally:
        first.kill()
        first.communicate()
    assert not wait_until_gone(project)
    clear(project)


def test_run_is_not_stopped_by_the_lock_file_of_a_dead_process(finished):
    (finished / "outputs/.runs/lock").write_text('{"pid": 1, "scratch": "/etc"}')
    assert equity_run(finished).stdout.startswith("Nothing to do")
    (finished / "outputs/.runs/lock").write_text("\x00garbage")
    assert equity_run(finished).stdout.startswith("Nothing to do")
