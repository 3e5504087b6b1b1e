"""The `equity` command: exit codes, what it says, and how little it imports to say it."""

import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from equity_lib import cli, errors

ROOT = Path(__file__).parents[1]


def project(root):
    """A project with one notebook that is never executed here."""
    parameters = {
        "cell_type": "code",
        "metadata": {"tags": ["parameters"]},
        "source": 'area: str = "x"\nprogram_year: int = 2562',
        "outputs": [],
        "execution_count": None,
        "id": "p",
    }
    equity = {"title": {"th": "ก", "en": "a"}, "order": 1, "needs": [], "cites": [], "role": "report"}
    notebook = {"cells": [parameters], "metadata": {"equity": equity}, "nbformat": 4, "nbformat_minor": 5}
    (root / "notebooks").mkdir()
    (root / "notebooks/01_first.ipynb").write_text(json.dumps(notebook))
    (root / "params/khon-kaen").mkdir(parents=True)
    (root / "params/khon-kaen/2562.yaml").write_text("grant: 1\n")
    return root


def equity(*arguments, **env):
    path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    return subprocess.run(
        [sys.executable, "-m", "equity_lib.cli", *arguments],
        env=os.environ | {"PYTHONPATH": path} | env,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def ending(monkeypatch, capsys, error):
    """Exit code and standard error of `main` when a command raises."""

    def fail(**_):
        raise error

    monkeypatch.setattr(cli, "app", fail)
    with pytest.raises(SystemExit) as caught:
        cli.main()
    return caught.value.code, capsys.readouterr().err


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (errors.ReportFailed, 1),
        (errors.WrongParameters, 2),
        (errors.InputRejected, 3),
        (errors.DisclosureRefused, 4),
        (errors.NotReproducible, 5),
        (errors.EnvironmentProblem, 6),
    ],
)
def test_main_ends_with_the_code_of_an_error_and_its_text(monkeypatch, capsys, kind, code):
    fault = errors.Fault("a.yaml", 3, "grant", "5.5m", "a number")
    assert ending(monkeypatch, capsys, kind("Wrong.", [fault])) == (code, f"Wrong.\n  {fault}\n")


@pytest.mark.parametrize(
    ("number", "said"),
    [(errno.ENOSPC, "disk is full"), (errno.EROFS, "read-only"), (errno.EACCES, "permission denied")],
)
def test_main_says_in_a_sentence_what_the_machine_refused(monkeypatch, capsys, number, said):
    code, text = ending(monkeypatch, capsys, OSError(number, os.strerror(number), "outputs/x"))
    assert code == 6
    assert text.startswith("outputs/x: ")
    assert said in text


def test_main_interrupted_ends_with_130(monkeypatch, capsys):
    assert ending(monkeypatch, capsys, KeyboardInterrupt())[0] == 130


def test_main_calls_anything_else_a_bug_and_logs_no_value(monkeypatch, capsys, tmp_path):
    monkeypatch.setenv("EQUITY_ROOT", str(project(tmp_path)))
    (tmp_path / "outputs/.runs").mkdir(parents=True)
    code, text = ending(monkeypatch, capsys, ValueError("Somchai 1-2345"))
    log = (tmp_path / "outputs/.runs/log.jsonl").read_text()
    assert code == 70
    assert text.count("\n") == 1
    assert "a bug of ours (ValueError)" in text
    assert "log.jsonl" in text
    assert "Somchai" not in text + log
    assert "test_cli.py" in log


def test_main_logs_a_bug_elsewhere_where_there_is_no_project(monkeypatch, capsys, tmp_path):
    monkeypatch.setenv("EQUITY_ROOT", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert ending(monkeypatch, capsys, ValueError("x"))[0] == 70
    assert len(list(tmp_path.glob("equity-log-*.jsonl"))) == 1


def test_help_lists_the_commands_there_are_and_no_other():
    shown = CliRunner().invoke(cli.app, ["--help"]).output
    commands = [line.split()[0] for line in shown.split("Commands:")[1].splitlines() if line.startswith("  ")]
    assert commands == ["run", "status", "new-year"]


@pytest.mark.parametrize(
    "arguments", [["run", "--jobs", "x"], ["run", "--nope"], ["nope"], ["run", "--language", "de"]]
)
def test_wrong_usage_ends_with_2(arguments):
    done = equity(*arguments)
    assert done.returncode == 2
    assert "Error" in done.stderr
    assert "Traceback" not in done.stderr


def test_outside_a_project_the_command_says_what_to_do(tmp_path):
    done = equity("run", EQUITY_ROOT=str(tmp_path))
    assert done.returncode == 2
    assert "set EQUITY_ROOT" in done.stderr


def test_run_refuses_unknown_targets_and_says_what_is_allowed(tmp_path):
    done = equity("run", "khon-ken", "khon-kaen/2019", "--notebook", "7", EQUITY_ROOT=str(project(tmp_path)))
    assert done.returncode == 2
    assert "area: found 'khon-ken'; allowed: khon-kaen" in done.stderr
    assert "year of khon-kaen: found '2019'; allowed: 2562" in done.stderr
    assert "--notebook: found '7'; allowed: 01_first" in done.stderr
    assert not (tmp_path / "outputs").exists()


def test_dry_run_says_what_would_run_and_changes_nothing(tmp_path):
    done = equity("run", "--dry-run", EQUITY_ROOT=str(project(tmp_path)))
    assert done.returncode == 0
    assert "would run: khon-kaen/2562 01_first: never run\n" in done.stdout
    assert not (tmp_path / "outputs").exists()


def test_status_says_why(tmp_path):
    done = equity("status", EQUITY_ROOT=str(project(tmp_path)))
    assert done.returncode == 0
    assert "khon-kaen/2562 01_first: never run\n" in done.stdout


def test_what_says_nothing_to_do_imports_nothing_heavy(tmp_path):
    """`survey` and `run` up to the point where something is to do: no pandas, papermill, pydantic, rich."""
    code = (
        "import sys; from equity_lib import cli; import equity_lib.batch.run, equity_lib.batch.progress\n"
        "from equity_lib.programme.root import find_root; from equity_lib.batch.run import status\n"
        "status(find_root())\n"
        "heavy = {'pandas','numpy','papermill','nbformat','pydantic','rich','asyncio','zmq','ruamel'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"EQUITY_ROOT": str(project(tmp_path)), "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "[]\n"
