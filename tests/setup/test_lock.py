"""The locked environment: names no host, is hashed whole, installs with pip; make says what it lacks."""

import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from ruamel.yaml import YAML

ROOT = Path(__file__).parents[2]
LOCKS = ("requirements.lock", "requirements-dev.lock")
MAIN_LIBRARIES = [
    "equity_lib",
    "geothai",
    "great_tables",
    "jupyterlab",
    "matplotlib",
    "nbclient",
    "nbconvert",
    "pandas",
    "papermill",
    "pydantic",
    "pythainlp",
    "ruamel.yaml",
    "seaborn",
    "typer",
]

needs_index = pytest.mark.skipif(
    os.environ.get("EQUITY_NETWORK_TESTS") != "1",
    reason="installs from the package index: set EQUITY_NETWORK_TESTS=1",
)


def read_lock(name: str) -> list[tuple[Requirement, list[str]]]:
    """Each requirement of a lock with its hashes; whatever is not a requirement or a hash fails here."""
    logical_lines = (ROOT / name).read_text(encoding="utf-8").replace("\\\n", " ").splitlines()
    entries = []
    for line in logical_lines:
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        requirement, *hashes = re.split(r"\s+--hash=", line.strip())
        entries.append((Requirement(requirement), hashes))
    return entries


def environment_pip_lines() -> list[str]:
    environment = YAML(typ="safe").load(ROOT / "environment.yml")
    (pip_lines,) = [entry["pip"] for entry in environment["dependencies"] if isinstance(entry, dict)]
    return list(pip_lines)


@pytest.mark.parametrize("name", [*LOCKS, "environment.yml"])
def test_lock_names_no_host_and_no_path(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    found = re.findall(r"\S*://\S*|--\w*(?:index|find-links|trusted-host)\S*| @ \S+|(?:^|\s)[~.]?/\S+", text)
    assert found == []


@pytest.mark.parametrize("name", LOCKS)
def test_lock_pins_one_version_and_hashes_every_requirement(name: str) -> None:
    for requirement, hashes in read_lock(name):
        assert re.fullmatch(r"==[^*,]+", str(requirement.specifier)), requirement
        assert hashes, requirement
        assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", value) for value in hashes), requirement


@pytest.mark.parametrize("name", LOCKS)
def test_lock_pins_the_build_backend_for_every_platform(name: str) -> None:
    assert [r.marker for r, _ in read_lock(name) if canonicalize_name(r.name) == "flit-core"] == [None]


PLATFORMS = [
    {"sys_platform": system, "platform_machine": machine, "python_version": f"3.{minor}",
     "python_full_version": f"3.{minor}.0", "implementation_name": "cpython",
     "platform_python_implementation": "CPython", "os_name": "nt" if system == "win32" else "posix",
     "platform_system": {"linux": "Linux", "darwin": "Darwin", "win32": "Windows"}[system]}
    for system in ("linux", "darwin", "win32")
    for machine in ("x86_64", "arm64", "aarch64", "AMD64")
    for minor in (11, 12, 13, 14)
]  # fmt: skip


@pytest.mark.parametrize("platform", PLATFORMS, ids=lambda p: "-".join(p[k] for k in list(p)[:3]))
def test_dev_lock_is_a_superset_with_the_same_versions(platform: dict[str, str]) -> None:
    """On every platform: whatever is installed for users is there in the same version for development.

    A package may be there for more platforms (a test tool wants psutil everywhere), in no other version.
    """
    whole, dev = (
        {
            (canonicalize_name(r.name), str(r.specifier))
            for r, _ in read_lock(name)
            if r.marker is None or r.marker.evaluate(platform)
        }
        for name in LOCKS
    )
    assert whole
    assert whole - dev == set()


@pytest.mark.parametrize(
    ("name", "groups"), [("requirements.lock", ["build"]), ("requirements-dev.lock", ["build", "dev"])]
)
def test_lock_satisfies_pyproject(name: str, groups: list[str]) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    asked = project["dependencies"] + [r for g in groups for r in project["optional-dependencies"][g]]
    locked: dict[str, list[str]] = {}
    for requirement, _ in read_lock(name):
        version = str(requirement.specifier).removeprefix("==")
        locked.setdefault(canonicalize_name(requirement.name), []).append(version)
    unmet = [
        text
        for text in asked
        for wanted in [Requirement(text)]
        if not all(wanted.specifier.contains(v) for v in locked.get(canonicalize_name(wanted.name), ["0"]))
    ]
    assert unmet == [], "run `make lock`"


def test_environment_file_installs_the_run_lock_and_nothing_else() -> None:
    assert environment_pip_lines() == ["-r requirements.lock"]


def make_with(tmp_path: Path, fake_python: str | None) -> subprocess.CompletedProcess[str]:
    """`make report` where PATH holds at most a python3 of our own: no git, no other tool."""
    shutil.copy(ROOT / "Makefile", tmp_path)
    tools = tmp_path / "bin"
    tools.mkdir()
    if fake_python is not None:
        (tools / "python3").write_text(f"#!/bin/sh\n{fake_python}\n", encoding="utf-8")
        (tools / "python3").chmod(0o755)
    make = shutil.which("make")
    assert make is not None
    return subprocess.run(
        [make, "report"], cwd=tmp_path, env={"PATH": str(tools)}, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize(
    ("fake_python", "said"),
    [
        (None, "python3 is not installed"),
        ('[ "$1" = -V ] && echo Python 3.9.6 || exit 1', "python3 is Python 3.9.6; Python 3.11 or newer"),
        ('case "$2" in *ensurepip*) exit 1;; esac', "sudo apt-get install python3-venv"),
    ],
)
def test_make_says_all_that_is_missing_and_how_to_get_it(
    tmp_path: Path, fake_python: str | None, said: str
) -> None:
    done = make_with(tmp_path, fake_python)
    assert done.returncode == 2
    assert "git is not installed" in done.stderr
    assert said in done.stderr
    assert not (tmp_path / ".venv").exists()


@needs_index
@pytest.mark.network
def test_environment_file_installs_into_an_empty_environment(tmp_path: Path) -> None:
    """What conda does with the pip part: writes it to a file beside the lock, then `pip install -r` it."""
    python = tmp_path / "venv" / "bin" / "python"
    pip = [str(python), "-m", "pip", "--disable-pip-version-check", "--no-input", "-qq"]
    environment = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "PYTHONHOME")}

    def run(*command: str) -> None:
        done = subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{shlex.join(command)}\n{done.stdout}{done.stderr}"

    shutil.copy(ROOT / "requirements.lock", tmp_path)
    (tmp_path / "pip-part.txt").write_text("\n".join(environment_pip_lines()) + "\n", encoding="utf-8")
    run(sys.executable, "-m", "venv", "venv")
    run(*pip, "install", "-r", "pip-part.txt")
    run(*pip, "install", "--no-deps", "--no-build-isolation", "--editable", str(ROOT))
    run(*pip, "check")
    run(str(python), "-c", "import " + ", ".join(MAIN_LIBRARIES))
