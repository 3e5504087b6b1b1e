"""The matrix is whole: every failure the project promises to survive has a test that exists."""

import ast
import re
from pathlib import Path

import pytest

HERE = Path(__file__).parent
PROMISED = """missing YAML; tabs; YAML alias bomb; 50 MB YAML; duplicate keys; year 2019; grant "5.5m";
unwritable outputs; full disk; a notebook that raises; a kernel that dies; a cell that never ends;
out of memory; Ctrl-C; SIGTERM; kill -9 at any moment; two runs at once; stale lock of a dead process;
clock set back; no kernel spec; corrupted earlier output;
no register at the URL"""
ROWS = {
    match[1]: re.findall(r"`(test_\w+)`", match[2])
    for match in re.finditer(
        r"^\| ([^|]+) \| [\d–]+ \| ([^|]+) \|$", (HERE / "README.md").read_text("utf-8"), re.M
    )
}
TESTS = {
    node.name
    for path in HERE.glob("test_*.py")
    for node in ast.walk(ast.parse(path.read_text("utf-8")))
    if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
}


def test_matrix_lists_every_failure_that_is_promised():
    assert set(ROWS) == {re.sub(r"\s+", " ", each.strip()) for each in PROMISED.split(";")}


@pytest.mark.parametrize("failure", ROWS)
def test_matrix_names_tests_that_exist(failure):
    assert ROWS[failure]
    assert not set(ROWS[failure]) - TESTS


def test_matrix_leaves_no_test_out():
    named = {name for names in ROWS.values() for name in names}
    assert {name for name in TESTS - named if not name.startswith("test_matrix")} == {
        "test_yaml_that_is_not_utf8_quotes_nothing_of_it",
        "test_faults_are_said_together_and_nothing_else_of_the_file",
    }
