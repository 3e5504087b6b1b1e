"""Ctrl-C and SIGTERM, while a notebook runs and while pages are made; two runs at once; stale locks."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.batch.tiny_project import processes_of, tree, wait_until_gone, write_notebook
from tests.failures.scene import end

INTERRUPTED = "Interrupted. What was published stays; run again to go on."


def until(condition, process, seconds=60.0):
    """Wait for what a run does; it must not have ended before."""
    late = time.monotonic() + seconds
    while not condition():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < late
        time.sleep(0.005)


@pytest.fixture
def endless(scene):
    """A run that has come to a cell without an end."""
    mark = scene.root / "at-work"
    source = f"import pathlib, time; pathlib.Path({str(mark)!r}).touch(); time.sleep(600)"
    write_notebook(scene.root, "01_first", source)
    process = scene.start("run")
    until(mark.exists, process)
    yield scene, process
    end(process)


def ended(process):
    """What a process said, as `subprocess.run` gives it."""
    said = process.communicate(timeout=30)
    return subprocess.CompletedProcess(process.args, process.returncode, *said)


def test_ctrl_c_ends_with_130_and_leaves_everything_as_it_was(endless):
    scene, process = endless
    os.killpg(process.pid, signal.SIGINT)  # a terminal tells the whole group
    scene.survived(ended(process), 130, INTERRUPTED)


def test_sigterm_ends_with_130_and_leaves_everything_as_it_was(endless):
    scene, process = endless
    process.terminate()
    scene.survived(ended(process), 130, INTERRUPTED)


def test_ctrl_c_again_and_again_clears_up_all_the_same(endless):
    scene, process = endless
    while process.poll() is None:
        os.killpg(process.pid, signal.SIGINT)
        time.sleep(0.02)
    scene.survived(ended(process), 130, INTERRUPTED)


def test_ctrl_c_while_a_library_is_imported_ends_with_130(scene):
    """Dataclasses are made by `exec`: an interrupt in it ends CPython by the signal, not with our code."""
    code = "from equity_lib import cli; cli.app = lambda **_: exec('raise KeyboardInterrupt'); cli.main()"
    scene.survived(scene.equity(argv=[sys.executable, "-c", code]), 130, INTERRUPTED)


def test_ctrl_c_swallowed_by_a_library_is_heeded_before_a_notebook_starts(scene):
    """An import that shrugs off whatever goes wrong in it shrugs off an interrupt as well."""
    write_notebook(scene.root, "01_first", "print('new')")
    code = (
        "import signal\nfrom equity_lib import cli\nfrom equity_lib.batch import jobs\n"
        "work = jobs.Batch.work\n"
        "def swallow(batch):\n"
        "    try: signal.raise_signal(signal.SIGINT)\n"
        "    except BaseException: pass\n"
        "    return work(batch)\n"
        "jobs.Batch.work = swallow\ncli.main()"
    )
    scene.survived(scene.equity(argv=[sys.executable, "-c", code, "run"]), 130, INTERRUPTED)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interruption_while_pages_are_made_leaves_pages_as_they_were(scene, number):
    write_notebook(scene.root, "01_first", "print('new')")
    process = scene.start("run")
    try:
        until(lambda: list((scene.root / "outputs").glob(".staging-*/khon-kaen/2562")), process)
        process.send_signal(number)
        done = ended(process)
    finally:
        end(process)
    scene.before = {name: data for name, data in scene.before.items() if not name.startswith(".runs")}
    scene.survived(done, 130, INTERRUPTED)


def test_two_runs_at_once_the_second_names_the_first_and_touches_nothing(endless):
    scene, process = endless
    before = tree(scene.root / "outputs")
    second = scene.equity("run", "--force")
    assert second.returncode == 6
    assert f"Another run is at work in {scene.root}/outputs (process {process.pid}). " in second.stderr
    assert "Wait until it has finished, or stop it." in second.stderr
    assert tree(scene.root / "outputs") == before
    assert processes_of(scene.root), "the first is at work"
    process.terminate()
    scene.survived(ended(process), 130, INTERRUPTED)


def test_two_runs_started_together_one_does_it_and_the_other_says_so(scene):
    write_notebook(scene.root, "01_first", "print('new')")
    both = [scene.start("run") for _ in range(2)]
    try:
        done = sorted((ended(process) for process in both), key=lambda each: each.returncode)
    finally:
        for process in both:
            end(process)
    assert done[0].returncode == 0, done
    assert (done[1].returncode == 6 and "Another run is at work" in done[1].stderr) or (
        done[1].returncode == 0 and "Nothing to do" in done[1].stdout
    ), done
    assert not wait_until_gone(scene.root)


@pytest.mark.parametrize(
    "left",
    [
        '{"pid": 999999999, "scratch": "/nowhere/equity-x"}',
        f'{{"pid": {os.getppid()}, "scratch": "/etc"}}',
        '{"pid": 1, "scratch": 5}',
        "\x00\xff",
        "",
    ],
    ids=["dead", "alive but no run", "init", "garbage", "empty"],
)
def test_stale_lock_is_no_obstacle(scene, left):
    (scene.root / "outputs/.runs/lock").write_text(left, "latin-1")
    scene.survived(scene.equity("run"), 0, "Nothing to do")


def test_stale_lock_of_a_killed_run_is_no_obstacle_and_its_scratch_is_cleared(endless):
    scene, process = endless
    scratch = Path(json.loads((scene.root / "outputs/.runs/lock").read_text())["scratch"])
    process.kill()
    process.communicate()
    assert not wait_until_gone(scene.root)
    assert scratch.is_dir()
    write_notebook(scene.root, "01_first", "print('first', area, program_year)")
    scene.survived(scene.equity("run"), 0, "Nothing to do")
    assert not scratch.exists()
