"""Clock set back: nothing here asks what time it is, so nothing is late, early or different."""

import os
import time

import pytest

from tests.batch.tiny_project import tree, write_notebook

YEAR = 366 * 24 * 3600
UP_TO_DATE = "Nothing to do: 2 reports of 1 area-year are up to date."


def date(scene, seconds):
    """Give every file of a project a time of change so many seconds from now."""
    at = time.time() + seconds
    for path in scene.root.rglob("*"):
        os.utime(path, (at, at), follow_symlinks=False)


@pytest.mark.parametrize("seconds", [10 * YEAR, -60 * YEAR], ids=["in 10 years", "before 1970"])
def test_files_of_another_time_are_up_to_date(scene, seconds):
    date(scene, seconds)
    scene.survived(scene.equity("run"), 0, UP_TO_DATE)


def test_clock_set_back_a_change_with_an_older_time_is_noticed(scene):
    date(scene, 10 * YEAR)
    scene.equity("run")  # takes note of the files as they are
    path = write_notebook(scene.root, "01_first", "print('other', area, program_year)")
    os.utime(path, (1, 1))
    assert "would run: khon-kaen/2562 01_first: notebook changed" in scene.equity("run", "--dry-run").stdout


def test_clock_set_back_during_a_run_gives_the_same_bytes(scene):
    """The clock stands a year back and jumps by another hour every hundred looks, kernels included."""
    date(scene, 10 * YEAR)
    done = scene.equity("run", "--force", FAULT_CLOCK=str(-YEAR))
    scene.survived(done, 0, "01_first: done", "02_second: done", "Published khon-kaen/2562")
    assert tree(scene.root / "outputs") == scene.before
    assert UP_TO_DATE in scene.equity("run").stdout
