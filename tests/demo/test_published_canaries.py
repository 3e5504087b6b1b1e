"""Canary children are nowhere outside the seal: pages, executed notebooks, logs, kernels, error texts."""

import io
import json
import shutil
import zipfile
from pathlib import Path
from typing import Any

import nbformat
import papermill
import pytest
import xlsxwriter
from conftest import truth_of
from leaks import contents, disguises, leaks, leaks_below, secrets_of

from tests.pages import equity

#: Everything a notebook's author could print: tables, logs, environment, and an error over a frame.
CURIOUS = """
import os, traceback
import equity_lib as eq
year = eq.open_year("demo", 2563)
print(dict(os.environ), year, vars(year.register))
for name in year.register.tables():
    frame = year.register.table(name)
    print(name, *frame.columns)
    for column in frame:
        print(frame[column].astype(str).unique().tolist())
register = year.register
for frame in (register.corrections(), register.candidates(), register.in_question(), register.flow()):
    print(frame.to_csv())
for manifest in year.register.import_ids:
    print(year.register.manifest(manifest))
try:
    year.register.table("child", ["full_name"])
except Exception:
    traceback.print_exc()
"""


@pytest.fixture(scope="module")
def secrets(synthetic: Path) -> list[str]:
    return secrets_of(truth_of(synthetic / "data" / "demo-source" / "demo")["canaries"])


def test_outputs_runs_and_logs_hold_no_canary(synthetic: Path, secrets: list[str]) -> None:
    assert (synthetic / "outputs" / ".runs").is_dir()
    assert leaks_below(synthetic / "outputs", secrets) == []
    assert leaks((synthetic / "said.txt").read_bytes(), secrets) == []


def test_parameters_hold_no_canary(synthetic: Path, secrets: list[str]) -> None:
    assert leaks_below(synthetic / "params", secrets) == []


def test_scan_finds_a_canary_in_each_kind_of_file(tmp_path: Path, secrets: list[str]) -> None:
    """The positive control: a page, a notebook, a log, a workbook's member, an archive in an archive."""
    secret = secrets[3]
    (tmp_path / "page.html").write_text(f"<p>{''.join(f'&#{ord(c)};' for c in secret)}</p>", "utf-8")
    (tmp_path / "run.ipynb").write_text(json.dumps({"outputs": [secret]}), "utf-8")
    (tmp_path / "run.log").write_text(f"error near {secret}", "utf-8")
    with xlsxwriter.Workbook(tmp_path / "book.xlsx") as book:
        book.add_worksheet().write(0, 0, secret)
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.txt", secret * 50)
    with zipfile.ZipFile(tmp_path / "outer.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("inner.zip", inner.getvalue())
    for path in sorted(tmp_path.iterdir()):
        assert any(leaks(content, [secret]) for _, content in contents(path)), path.name
    assert len(list(disguises(secret))) > 20


def test_kernel_that_prints_all_it_can_reach_shows_no_canary(
    synthetic: Path, secrets: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Kernel messages as papermill keeps them, of cells that end well and of one that doesn't."""
    monkeypatch.setenv("EQUITY_ROOT", str(synthetic))
    monkeypatch.setenv("HOME", str(synthetic.parent / "synthetic-home"))
    cells = [nbformat.v4.new_code_cell(CURIOUS), nbformat.v4.new_code_cell("raise ValueError(frame, year)")]
    notebook: Any = nbformat.v4.new_notebook(cells=cells)
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(notebook, tmp_path / "curious.ipynb")
    with pytest.raises(papermill.PapermillExecutionError) as failure:
        papermill.execute_notebook(
            tmp_path / "curious.ipynb", tmp_path / "out.ipynb", kernel_name="python3", progress_bar=False
        )
    told = (tmp_path / "out.ipynb").read_bytes() + str(failure.value).encode()
    assert len(told) > 1_000_000, "the whole register was printed"
    assert leaks(told, secrets) == []


def damaged(source: Path) -> dict[str, bytes]:
    """The canaries' own file, broken in ways that make an import speak."""
    path = next(path for path in sorted(source.rglob("attendance*.csv")))
    whole = path.read_bytes()
    head, _, rest = whole.partition(b"\n")
    return {
        "mixed encodings": whole[:5_000] + "ก".encode("cp874") * 40 + whole[5_000:],
        "no header": rest,
        "header twice over": head + b"\n" + head + b"," + head + b"\n" + rest,
        "a column less": b"\n".join(line.rpartition(b",")[2] for line in whole.splitlines()),
        "half a row": whole[: len(whole) // 2 + 7],
        "another format": b"PK\x03\x04" + whole,
    }


@pytest.mark.parametrize(
    "kind",
    ["mixed encodings", "no header", "header twice over", "a column less", "half a row", "another format"],
)
def test_import_of_a_damaged_file_names_no_canary(
    synthetic: Path, secrets: list[str], tmp_path: Path, kind: str
) -> None:
    content = damaged(synthetic / "data" / "demo-source" / "demo" / "2563")[kind]
    name = tmp_path / "attendance.csv"
    name.write_bytes(content)
    root = tmp_path / "project"
    (root / "notebooks").mkdir(parents=True)
    shutil.copytree(synthetic / "params", root / "params")
    done = equity(root, "import", "demo", "2563", str(name), home=synthetic.parent / "synthetic-home")
    said = (done.stdout + done.stderr).encode()
    assert b"Traceback" not in said
    assert done.returncode in (0, 3), said
    assert leaks(said, secrets) == []
    area = root / "data" / "demo"
    for path in sorted(area.rglob("*")) if area.exists() else []:
        private = "quarantine" in path.parts or "private" in path.parts
        if path.is_file() and not private and path.suffix not in (".zip",):
            assert leaks(path.read_bytes(), secrets) == [], path
