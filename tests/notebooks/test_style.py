"""Notebooks are thin: short cells, prose in pairs, no code that belongs in the library."""

import ast
import json

import pytest

from tests.years import ROOT

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
IDS = [path.stem for path in NOTEBOOKS]
FORBIDDEN = (
    ast.FunctionDef,
    ast.AsyncFunctionDef,
    ast.ClassDef,
    ast.For,
    ast.While,
    ast.Try,
    ast.With,
    ast.Lambda,
)


def read(path):
    return json.loads(path.read_text("utf-8"))


def source(cell) -> str:
    return "".join(cell["source"])


def code(path):
    return [source(cell) for cell in read(path)["cells"] if cell["cell_type"] == "code"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=IDS)
def test_notebook_is_stored_without_outputs_on_kernel_python3(path):
    notebook = read(path)
    assert notebook["metadata"]["kernelspec"]["name"] == "python3"
    for cell in notebook["cells"]:
        assert not cell.get("outputs")
        assert cell.get("execution_count") is None
        assert cell["id"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=IDS)
def test_notebook_code_cells_are_short_and_hold_no_logic(path):
    for text in code(path):
        assert len(text.splitlines()) <= 10
        for node in ast.walk(ast.parse(text)):
            assert not isinstance(node, FORBIDDEN), text
        assert "open(" not in text.replace("open_year(", "")
        assert "warnings" not in text


@pytest.mark.parametrize("path", NOTEBOOKS, ids=IDS)
def test_notebook_prose_stands_in_thai_and_english_pairs(path):
    prose = [cell for cell in read(path)["cells"] if cell["cell_type"] == "markdown"]
    languages = [[tag for tag in cell["metadata"]["tags"] if tag in ("th", "en")] for cell in prose]
    assert languages == [["th"], ["en"]] * (len(prose) // 2)
    for thai, english in zip(prose[::2], prose[1::2], strict=True):
        assert set(thai["metadata"]["tags"]) - {"th"} == set(english["metadata"]["tags"]) - {"en"}
        assert source(thai).count("#") == source(english).count("#")


@pytest.mark.parametrize("path", NOTEBOOKS, ids=IDS)
def test_notebook_has_one_title_a_language(path):
    prose = [source(cell) for cell in read(path)["cells"] if cell["cell_type"] == "markdown"]
    assert sum(text.startswith("# ") for text in prose) == 2


@pytest.mark.parametrize(
    "path",
    [path for path in NOTEBOOKS if path.stem[0].isdigit()],
    ids=[stem for stem in IDS if stem[0].isdigit()],
)
def test_report_notebook_has_one_typed_parameters_cell(path):
    tagged = [cell for cell in read(path)["cells"] if "parameters" in cell["metadata"].get("tags", [])]
    assert len(tagged) == 1
    for node in ast.parse(source(tagged[0])).body:
        assert isinstance(node, ast.AnnAssign)
        assert isinstance(node.value, ast.Constant)
    assert all("#" in line for line in source(tagged[0]).splitlines())


def test_report_titles_agree_with_their_metadata():
    for path in NOTEBOOKS:
        notebook = read(path)
        if "equity" not in notebook["metadata"]:
            continue
        title = notebook["metadata"]["equity"]["title"]
        assert source(notebook["cells"][0]) == f"# {title['th']}"
        assert source(notebook["cells"][1]) == f"# {title['en']}"
