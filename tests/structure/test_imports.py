"""Imports go down the list of rooms only, and the heavy ones stay out of the command's way."""

import ast
import subprocess
import sys

import pytest

from tests.years import ROOT

LIBRARY = ROOT / "equity_lib"
#: A room may import itself and those after it.
ROOMS = [
    "cli",
    "demo",
    "batch",
    "release",
    "report",
    "disclosure",
    "impact",
    "indicators",
    "registry",
    "programme",
    "results",
    "relations",
    "errors",
]
FILES = sorted(path for path in LIBRARY.rglob("*.py") if path != LIBRARY / "__init__.py")


def room(module: str) -> str:
    return module.removeprefix("equity_lib.").split(".")[0]


def imported(path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("equity_lib."):
            names.add(node.module)
        elif isinstance(node, ast.ImportFrom) and node.level:
            names.add(f"equity_lib.{path.parent.name}.relative")
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names if alias.name.startswith("equity_lib.")}
    return names


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(LIBRARY)))
def test_imports_of_a_module_go_down_only(path):
    own = room(".".join(path.relative_to(ROOT).with_suffix("").parts))
    assert own in ROOMS, f"{own} is no room"
    above = {name for name in imported(path) if ROOMS.index(room(name)) < ROOMS.index(own)}
    assert not above


def test_no_module_is_a_drawer_for_anything():
    assert not {path.stem for path in FILES} & {"utils", "helpers", "common", "misc"}


@pytest.mark.parametrize(
    "module", ["equity_lib", "equity_lib.cli", "equity_lib.batch.run", "equity_lib.programme.root"]
)
def test_import_of_the_command_leaves_the_heavy_libraries_alone(module):
    heavy = "pandas, pydantic, papermill, matplotlib, nbconvert, IPython"
    code = f"import sys, {module}; print([name for name in '{heavy}'.split(', ') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_public_names_have_docstrings_with_numpy_sections():
    import equity_lib as eq

    for name in eq.__all__:
        doc = getattr(eq, name).__doc__
        assert doc, name
        assert doc.splitlines()[0].endswith("."), name


def test_public_names_are_about_a_dozen():
    import equity_lib as eq

    assert 10 <= len(eq.__all__) <= 16
