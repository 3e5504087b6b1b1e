"""A tiny project folder for tests: two-cell notebooks, parameters nobody reads, a fake publisher."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).parent
PARAMETERS = 'area: str = "x"\nprogram_year: int = 2562'


def cell(kind, source, number, tags=()):
    made = {
        "cell_type": kind,
        "id": f"c{number}",
        "metadata": {"tags": list(tags)} if tags else {},
        "source": source,
    }
    return made | ({"execution_count": None, "outputs": []} if kind == "code" else {})


def write_notebook(
    root, stem, *sources, cites=(), role="report", order=None, parameters=PARAMETERS, equity=True
):
    """A notebook with a title, the parameters cell and one code cell a source."""
    cells = [cell("markdown", f"# {stem}", 0), cell("code", parameters, 1, ["parameters"])]
    cells += [cell("code", source, number) for number, source in enumerate(sources, 2)]
    metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    if equity:
        metadata["equity"] = {
            "title": {"th": stem, "en": stem},
            "order": int(stem[:2]) if order is None else order,
            "needs": [],
            "cites": list(cites),
            "role": role,
        }
    path = root / "notebooks" / f"{stem}.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        json.dumps({"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}), "utf-8"
    )
    return path


def make_project(root, years=(2562,), area="khon-kaen"):
    """`01_first`, `02_second` and `11_fund` that cites both."""
    write_notebook(root, "01_first", "print('first', area, program_year)")
    write_notebook(root, "02_second", "print('second', program_year)")
    write_notebook(root, "11_fund", "print('fund')", cites=("01_first", "02_second"), role="fund_report")
    for year in years:
        write_year(root, year, area)
    return root


def make_small_project(root, source):
    """One notebook of one cell, one year."""
    write_notebook(root, "01_first", source)
    write_year(root, 2562)
    return root


def write_year(root, year, area="khon-kaen", text="grant: 1\n"):
    path = root / "params" / area / f"{year}.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return path


SCRIPT = """
import json, sys
from pathlib import Path
from equity_lib import cli
from equity_lib.batch.options import Options
from equity_lib.batch.run import run
root, targets, options = json.loads(sys.argv[1])
if len(sys.argv) > 2:  # as a user without rights, who can't even read where Python lies
    import concurrent.futures, ctypes, os, typer._click.core
    from equity_lib.batch import jobs, log, run as _
    os.setgroups([])
    os.setgid(int(sys.argv[2]))
    os.setuid(int(sys.argv[2]))
cli.app = lambda **_: run(Path(root), targets, Options(**options))
cli.main()
"""


def command(root, targets=(), **options):
    """Arguments of a process that does what `equity run` does, with the fake publisher."""
    options = {"publisher": "fake_site", "parameters": ""} | options
    return [sys.executable, "-c", SCRIPT, json.dumps([str(root), list(targets), options])]


def environment(**changes):
    light = HERE.parent / "failures" / "faults"  # a warm parent that imports what these notebooks need
    path = os.pathsep.join([str(HERE), str(HERE.parents[1]), str(light)])
    return os.environ | {"PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"} | changes


def equity_run(root, targets=(), env=None, **options):
    """Run to the end; the finished process."""
    return subprocess.run(
        command(root, targets, **options),
        env=environment(EQUITY_ROOT=str(root), **(env or {})),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def tree(folder):
    """Relative name → bytes of everything below a folder but the locks, caches and logs."""
    skipped = {"lock", "hashes.json", "log.jsonl"}
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name not in skipped and "matplotlib" not in path.parts
    }


def pages(root):
    """The public part of the tree."""
    return {name: data for name, data in tree(root / "outputs").items() if not name.startswith(".")}


def processes_of(root):
    """Processes that have the project's folder in their environment: its workers and kernels."""
    needle = f"EQUITY_ROOT={root}".encode() + b"\0"
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if needle in (entry / "environ").read_bytes() and int(entry.name) != os.getpid():
                found.append(int(entry.name))
        except OSError:
            continue
    return found


def called(processes):
    """What each of the processes that are left calls itself, for the message of a test."""
    found = []
    for pid in processes:
        try:
            found.append(Path(f"/proc/{pid}/comm").read_text("utf-8").strip())
        except OSError:
            continue
    return found


def wait_until_gone(root, seconds=5.0):
    """The processes left after some seconds; empty is right."""
    until = time.monotonic() + seconds
    while (left := processes_of(root)) and time.monotonic() < until:
        time.sleep(0.05)
    return left
