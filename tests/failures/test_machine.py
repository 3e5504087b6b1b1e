"""The machine says no: exit code 6, the folder and what to do; earlier pages stay as they are."""

import json
import os
import shutil
import subprocess
import sys
from contextlib import contextmanager

import pytest

from tests.batch.tiny_project import tree, write_notebook
from tests.failures.scene import YEAR_FILE
from tests.pages import needed

NOBODY = 65534
#: The command as a user who may not even read where Python lies: what it needs is imported before.
AS_NOBODY = """
import concurrent.futures, encodings.idna, os, runpy, sys, typer._click.core, typer.core, unicodedata
from equity_lib.batch import jobs, log, options, progress, run
from equity_lib.programme import loading, parameters, root
from equity_lib import cli
os.setgroups([]); os.setgid(65534); os.setuid(65534)
cli.main()
"""


def locked_out(scene, *arguments):
    """Run the command as a user without rights: root becomes 65534, whom modes keep out."""
    if os.getuid():
        return scene.equity(*arguments)
    for folder in [scene.root, *scene.root.parents]:
        if folder.stat().st_uid == os.getuid() and len(folder.parts) > 2:
            folder.chmod(folder.stat().st_mode | 0o055)
    return scene.equity(argv=[sys.executable, "-c", AS_NOBODY, *arguments])


@contextmanager
def mounted(folder, *options):
    """A small disk at a folder."""
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", ",".join(options), "none", str(folder)],
        capture_output=True,
        check=False,
    )
    needed("the right to mount", made.returncode == 0)
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


@contextmanager
def on_a_disk(scene, size):
    """The project's outputs on a disk of their own."""
    kept = scene.root / "kept"
    (scene.root / "outputs").rename(kept)
    (scene.root / "outputs").mkdir()
    with mounted(scene.root / "outputs", f"size={size}"):
        shutil.copytree(kept, scene.root / "outputs", dirs_exist_ok=True)
        yield


def blocks(folder):
    """KiB that files take in blocks of 4 KiB, as on a tmpfs."""
    return sum(-(-path.stat().st_size // 4096) * 4 for path in folder.rglob("*"))


def make_stale(scene):
    write_notebook(scene.root, "01_first", "print('new')")


def test_outputs_of_another_user_are_said_and_left(scene):
    make_stale(scene)
    for path in (scene.root / "outputs", scene.root / "outputs/.runs"):
        path.chmod(0o555)
    done = locked_out(scene, "run")
    (scene.root / "outputs/.runs").chmod(0o700)
    # Another user can't even take the lock; the owner of a folder that lost its write access gets further.
    where = ".runs" if os.getuid() == 0 else ".staging-"
    scene.survived(
        done, 6, f"{scene.root}/outputs/{where}", "permission denied. Give yourself access", "then run again."
    )


def test_outputs_that_can_not_be_made_are_said(scene):
    shutil.rmtree(scene.root / "outputs")
    scene.before = {}
    scene.root.chmod(0o555)
    done = locked_out(scene, "run")
    scene.survived(done, 6, f"{scene.root}/outputs: permission denied")
    assert not (scene.root / "outputs").exists()


def test_parameter_file_that_may_not_be_read_is_said(scene):
    (scene.root / YEAR_FILE).chmod(0)
    done = locked_out(scene, "run", "--dry-run")
    scene.survived(done, 6, f"{scene.root}/{YEAR_FILE}: permission denied")


def test_outputs_on_a_read_only_mount_are_said_and_left(scene):
    make_stale(scene)
    with on_a_disk(scene, "10m"):
        subprocess.run(["mount", "-o", "remount,ro", str(scene.root / "outputs")], check=True)
        done = scene.equity("run")
        scene.survived(
            done, 6, f"{scene.root}/outputs", "the disk is mounted read-only. Mount it for writing"
        )


@pytest.mark.parametrize("source", ["print('new')", "print('new' * 200_000)"], ids=["pages", "notebook"])
def test_full_disk_is_said_and_pages_stay(scene, source):
    """What is left is half of what a year's pages take: no room for new ones, or for a large notebook."""
    write_notebook(scene.root, "01_first", source)
    outputs = scene.root / "outputs"
    with on_a_disk(scene, f"{blocks(outputs) + blocks(outputs / 'khon-kaen/2562') // 2}k"):
        before = {name: data for name, data in scene.before.items() if not name.startswith(".runs")}
        done = scene.equity("run", "khon-kaen/2562")
        scene.before = before  # the executed notebook may be the new one, whole
        scene.survived(done, 6, "the disk is full. Free some space, then run again.")
        left = tree(scene.root / "outputs")
        assert {name for name in left if name.endswith(".ipynb")} == {
            f".runs/khon-kaen/2562/{stem}.ipynb" for stem in ("01_first", "02_second")
        }


def test_full_disk_without_a_byte_left_is_said_and_everything_stays(scene):
    make_stale(scene)
    with on_a_disk(scene, "1m"):
        (scene.root / "outputs/.filler").write_bytes(b"x" * shutil.disk_usage(scene.root / "outputs").free)
        done = scene.equity("run")
        scene.survived(done, 6, "the disk is full. Free some space, then run again.")


@pytest.mark.parametrize("size", ["size=1m,nr_inodes=6", "size=4k"], ids=["no entry", "no byte"])
def test_full_disk_for_temporary_files_is_said_with_its_folder(scene, tmp_path, size):
    """Room for the first few files only: the kernel itself dies of it without a word."""
    make_stale(scene)
    (tmp_path / "t").mkdir()
    with mounted(tmp_path / "t", size):
        done = scene.equity("run", TMPDIR=str(tmp_path / "t"))
        assert f"{tmp_path}/t/equity-" in done.stderr
        assert done.returncode == 6
        assert "the disk is full. Free some space, then run again. Stopped. Earlier" in done.stderr
        scene.untouched()


def test_no_kernel_spec_is_said_with_what_installs_it(scene, tmp_path):
    make_stale(scene)
    done = scene.equity("run", FAULT_KERNELS=str(tmp_path / "none"))
    scene.survived(done, 6, "there is no Jupyter kernel 'python3'; `make` installs it")


def test_kernel_spec_of_a_python_that_is_gone_is_said_with_what_installs_it(scene, tmp_path):
    spec = tmp_path / "kernels/kernels/python3/kernel.json"
    spec.parent.mkdir(parents=True)
    argv = ["/nowhere/bin/python", "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    spec.write_text(json.dumps({"argv": argv, "display_name": "Python 3", "language": "python"}))
    make_stale(scene)
    done = scene.equity("run", FAULT_KERNELS=str(tmp_path / "kernels"))
    scene.survived(done, 6, "`make` installs it")


@pytest.mark.parametrize("command", ["run", "status"])
def test_register_at_a_url_that_can_not_be_read_is_said(scene, command):
    make_stale(scene)
    away = f"file://{scene.root}/elsewhere"
    done = scene.equity(command, EQUITY_DATA_URL=away)
    scene.survived(done, 6, f"The register at {away} can't be read: nothing is there", "Earlier pages")


def test_register_at_a_url_of_no_known_kind_is_wrong_usage(scene):
    done = scene.equity("run", EQUITY_DATA_URL="nowhere://who:s3cret@host/registers")
    scene.survived(done, 2, "EQUITY_DATA_URL: found 'nowhere://'; allowed: a protocol that fsspec knows")
    assert "s3cret" not in done.stdout + done.stderr
