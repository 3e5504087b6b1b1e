"""Each way in which a notebook can fail: told apart by what happened, said without any value."""

import json

import pytest
from tiny_project import equity_run, processes_of, wait_until_gone, write_notebook, write_year

SECRET = "Somchai 1-2345"

CASES = {
    "21_raises": ("import pandas_x", "cell 2 raised ModuleNotFoundError"),
    "22_text": (f"x = 1\nraise KeyError('{SECRET}')", "cell 2 raised KeyError"),
    "23_syntax": ("def", "cell 2 raised SyntaxError"),
    "24_exit": ("import os; os._exit(3)", "the kernel died in cell 2 (exit code 3)"),
    "25_killed": (
        "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
        "the kernel died in cell 2 (SIGKILL, often for want of memory)",
    ),
    "26_memory": ("x = bytearray(1 << 33)", "out of memory in cell 2 (MemoryError)"),
    "27_stops": ("import sys; sys.exit()", "cell 2 raised SystemExit"),
    "28_ours": (
        "from equity_lib.errors import WrongParameters\nraise WrongParameters('grant: found 5.5m')",
        "cell 2 raised WrongParameters: grant: found 5.5m",
    ),
    "29_interrupt": ("raise KeyboardInterrupt", "cell 2 raised KeyboardInterrupt"),
    "30_segfault": ("import ctypes; ctypes.string_at(0)", "the kernel died in cell 2 (SIGSEGV)"),
}


@pytest.fixture(scope="module")
def failed(tmp_path_factory):
    """One run of all cases, each followed by a cell that must not make up for it."""
    root = tmp_path_factory.mktemp("failures")
    for stem, (source, _) in CASES.items():
        write_notebook(root, stem, source, "print('after')")
    write_notebook(root, "01_passes", "print('passes')")
    write_year(root, 2562)
    return root, equity_run(root, keep_going=True, memory=4000)


@pytest.mark.parametrize("stem", CASES)
def test_run_tells_how_a_notebook_failed(failed, stem):
    _, done = failed
    assert f"khon-kaen/2562 {stem}: FAILED, {CASES[stem][1]}\n" in done.stdout


def test_run_publishes_what_passed_and_nothing_half_done(failed):
    root, done = failed
    assert [path.name for path in (root / "outputs/.runs/khon-kaen/2562").glob("*.ipynb")] == [
        "01_passes.ipynb"
    ]
    assert (root / "outputs/khon-kaen/2562/01_passes.th.html").exists()
    assert done.returncode == 2  # one of the failures is a wrong parameter


def test_run_says_no_value_anywhere(failed):
    root, done = failed
    log = (root / "outputs/.runs/log.jsonl").read_text()
    assert SECRET not in done.stdout + done.stderr + log
    assert "Traceback" not in done.stdout + done.stderr
    records = {each["job"]: each for each in map(json.loads, log.splitlines())}
    assert records["khon-kaen/2562 22_text"]["frames"] == ["In[3]:2"]


def test_run_leaves_no_process(failed):
    assert not wait_until_gone(failed[0])


@pytest.mark.parametrize(
    "source",
    ["while True: pass", "import ctypes; ctypes.PyDLL(None).sleep(600)"],
    ids=["python", "holding the lock"],
)
def test_run_stops_a_cell_that_never_ends(project, source):
    write_notebook(project, "02_second", "import subprocess; subprocess.Popen(['sleep', '600'])", source)
    done = equity_run(project, timeout=4, jobs=2)
    assert done.returncode == 1
    assert "02_second: FAILED, stopped by the time limit in cell 3 (4 s); --timeout sets it\n" in done.stdout
    assert "11_fund: FAILED, withheld, because it cites what failed: 02_second\n" in done.stdout
    assert not (project / "outputs/khon-kaen").exists()
    assert not wait_until_gone(project), processes_of(project)


def test_run_without_kernel_spec_ends_with_6(project):
    done = equity_run(project, kernel="nowhere")
    assert done.returncode == 6
    assert "there is no Jupyter kernel 'nowhere'" in done.stderr
    assert "Traceback" not in done.stderr


def test_run_with_too_little_memory_for_a_kernel_says_that_it_did_not_start(project):
    done = equity_run(project, notebooks=["1"], memory=40)
    assert done.returncode == 1
    assert "01_first: FAILED, the kernel died before the first cell" in done.stdout


def test_run_with_a_publisher_that_breaks_is_a_bug_of_ours_and_leaves_pages(finished):
    before = (finished / "outputs/khon-kaen/2562/manifest.json").read_bytes()
    done = equity_run(finished, publisher="no_such_module", force=True, notebooks=["1"])
    assert done.returncode == 70
    assert "khon-kaen/2562 pages: FAILED, a bug of ours (ModuleNotFoundError)\n" in done.stdout
    assert (finished / "outputs/khon-kaen/2562/manifest.json").read_bytes() == before
