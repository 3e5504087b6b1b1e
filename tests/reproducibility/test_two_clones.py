"""Byte identity: the same pages whatever the path, time zone, hash seed, threads, order and jobs."""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.years import ROOT


def clone(target: Path) -> Path:
    """The product's files as a clone would hold them, edited ones as they are now."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    for name in listed.stdout.splitlines():
        source = ROOT / name
        if source.is_file() and name.split("/")[0] in (
            "equity_lib",
            "notebooks",
            "params",
            "requirements.lock",
        ):
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target / name)
    return target


def equity(folder: Path, *words: str, **environment: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "equity_lib.cli", *words],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder), **environment},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr + done.stdout


def tree(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    }


def test_run_in_a_clone_elsewhere_gives_the_bytes_of_this_one(published, tmp_path):
    """`published` is made by this clone, in this environment, with as many jobs as there are cores."""
    other = clone(tmp_path / "another place" / "ขอนแก่น")
    odd = {
        "TZ": "America/St_Johns",
        "LANG": "C",
        "LC_ALL": "C",
        "PYTHONHASHSEED": "4242",
        "OPENBLAS_NUM_THREADS": "2",
        "OMP_NUM_THREADS": "2",
        "USER": "somebody",
        "COLUMNS": "40",
    }
    equity(other, "run", "khon-kaen/2563", "--force", "--jobs", "1", **odd)
    equity(other, "run", "khon-kaen/2562", "--force", "--jobs", "1", **odd)
    equity(other, "run", "khon-kaen", "--notebook", "10", "--force", "--jobs", "1", **odd)
    pages, others = tree(published / "outputs"), tree(other / "outputs")
    assert len(pages) >= 28
    assert pages == others
