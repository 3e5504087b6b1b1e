"""Notebooks that fail: the notebook, the cell, the kind of error; never what it said about whom."""

import json
import shutil

import pytest

from tests.batch.tiny_project import tree, write_notebook
from tests.failures.scene import PERSON, Scene

SAYS = f"import sys\nprint({PERSON!r})\nprint({PERSON!r}, file=sys.stderr)\n"
#: Notebook → (what its cell does, what the command says).
CASES = {
    "31_raises": (f"{SAYS}raise KeyError({PERSON!r})", "cell 2 raised KeyError"),
    "32_dies": (f"{SAYS}import os; os._exit(3)", "the kernel died in cell 2 (exit code 3)"),
    "33_killed": (
        f"{SAYS}import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
        "the kernel died in cell 2 (SIGKILL, often for want of memory)",
    ),
    "34_memory": (f"{SAYS}x = bytearray(1 << 33)", "out of memory in cell 2 (MemoryError)"),
}


@pytest.fixture(scope="module")
def failed(tiny, tmp_path_factory):
    """One run of all of them, beside the two that are up to date."""
    root = shutil.copytree(tiny, tmp_path_factory.mktemp("failed") / "project")
    scene = Scene(root, tree(root / "outputs"))
    for stem, (source, _) in CASES.items():
        write_notebook(root, stem, source, "print('after')")
    return scene, scene.equity("run", "--memory", "4000")


@pytest.mark.xdist_group("failed")
@pytest.mark.parametrize("stem", CASES)
def test_notebook_that_fails_is_named_with_its_cell_and_kind(failed, stem):
    scene, done = failed
    scene.survived(done, 1, f"khon-kaen/2562 {stem}: FAILED, {CASES[stem][1]}\n")


@pytest.mark.xdist_group("failed")
def test_notebook_that_fails_leaves_pages_and_a_log_without_values(failed):
    scene, done = failed
    scene.survived(done, 1, "khon-kaen/2562: earlier pages, if any, stay as they are\n", "Failed: 4. Log: ")
    log = (scene.root / "outputs/.runs/log.jsonl").read_text("utf-8")
    failures = [told for told in map(json.loads, log.splitlines()) if "exit_code" in told]
    assert failures
    assert {told["exit_code"] for told in failures} == {1}
    assert not [part for part in PERSON.split() if part in log]
    written = {path.stem for path in (scene.root / "outputs/.runs/khon-kaen/2562").glob("*.ipynb")}
    assert written == {"01_first", "02_second"}


def test_cell_that_never_ends_is_stopped_by_the_time_limit(scene):
    child = "import subprocess; subprocess.Popen(['sleep', '600'])"
    write_notebook(scene.root, "01_first", child, "while True: pass")
    done = scene.equity("run", "--timeout", "8")
    scene.survived(
        done, 1, "01_first: FAILED, stopped by the time limit in cell 3 (8 s); --timeout sets it\n"
    )


def test_cell_that_prints_what_patterns_choke_on_ends(scene):
    """One long line and deep paths: patterns over outputs once took minutes for these, or for ever."""
    sources = ["print('x' * 600_000)", "print('see ' + '/a' * 40)", "'see ' + '/a' * 40"]
    write_notebook(scene.root, "01_first", *sources)
    scene.before = {name: data for name, data in scene.before.items() if "01_first" not in name}
    done = scene.equity("run", "--notebook", "1", "--timeout", "60")
    assert done.returncode == 0, done.stdout
    assert "01_first: done" in done.stdout
