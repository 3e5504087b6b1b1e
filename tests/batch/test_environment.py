"""The machine says no: full disk, no permission. Exit code 6, one sentence, earlier pages untouched."""

import os
import shutil
import subprocess

import pytest
from tiny_project import command, environment, equity_run, pages, processes_of, write_notebook

NOBODY = 65534


def run_as_nobody(root):
    """The same command as a user without rights (CI is root, whom no mode keeps out)."""
    return subprocess.run(
        [*command(root), str(NOBODY)],
        env=environment(EQUITY_ROOT=str(root)),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture
def open_to_all(finished):
    """The finished project where a stranger can read it, but not write to it."""
    for folder in [finished, *finished.parents]:
        if folder.stat().st_uid == os.getuid() and str(folder).count("/") > 1:
            folder.chmod(folder.stat().st_mode | 0o055)
    return finished


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become another user")
def test_run_into_outputs_of_another_user_ends_with_6(open_to_all):
    before = pages(open_to_all)
    write_notebook(open_to_all, "01_first", "print('new')")
    done = run_as_nobody(open_to_all)
    assert done.returncode == 6, done.stderr
    assert "permission denied" in done.stderr
    assert "Traceback" not in done.stderr
    assert pages(open_to_all) == before


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become another user")
def test_run_where_outputs_can_not_be_made_ends_with_6(open_to_all):
    shutil.rmtree(open_to_all / "outputs")
    done = run_as_nobody(open_to_all)
    assert done.returncode == 6, done.stderr
    assert not (open_to_all / "outputs").exists()


def test_run_with_a_file_in_place_of_outputs_ends_with_6(finished):
    shutil.rmtree(finished / "outputs")
    (finished / "outputs").write_text("x")
    done = equity_run(finished)
    assert done.returncode == 6, done.stderr


@pytest.fixture
def small_disk(finished):
    """`outputs/` on a disk of 1 MB that holds the finished pages."""
    outputs, kept = finished / "outputs", finished / "kept"
    outputs.rename(kept)
    outputs.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "none", str(outputs)],
        capture_output=True,
        text=True,
        check=False,
    )
    if made.returncode:
        pytest.skip(f"no mount here: {made.stderr.strip()}")
    shutil.copytree(kept, outputs, dirs_exist_ok=True)
    yield finished
    subprocess.run(["umount", "-l", str(outputs)], check=True)


@pytest.mark.parametrize("left", [0, 40_000])
def test_run_on_a_full_disk_ends_with_6_and_leaves_pages(small_disk, left):
    before = pages(small_disk)
    write_notebook(small_disk, "01_first", "print('new' * 30_000)")
    free = shutil.disk_usage(small_disk / "outputs").free
    (small_disk / "outputs/.filler").write_bytes(b"x" * (free - left))
    done = equity_run(small_disk)
    assert done.returncode == 6, done.stdout + done.stderr
    assert "the disk is full" in done.stderr
    assert "Traceback" not in done.stderr
    assert pages(small_disk) == before
    (small_disk / "outputs/.filler").unlink()
    assert not processes_of(small_disk)
