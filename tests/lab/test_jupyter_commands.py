"""papermill and nbconvert as a Jupyter user calls them, without `equity`."""

import json
import os
import shutil
import subprocess
import sys
import tomllib

import nbformat
import pytest

from equity_lib.errors import ReportFailed
from equity_lib.release.exporter import GuardedExporter
from equity_lib.report.exporter import EquityExporter
from equity_lib.results import MIME
from tests.pages import ROOT

RUNS = "outputs/.runs/khon-kaen/2562"


def jupyter(root, *arguments):
    environment = {name: value for name, value in os.environ.items() if not name.startswith("EQUITY_")}
    return subprocess.run(
        [sys.executable, "-m", *map(str, arguments)],
        env=environment | {"EQUITY_ROOT": str(root)},
        cwd=root,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_plain_papermill_runs_a_notebook_and_keeps_results_and_their_html(tmp_path):
    out = tmp_path / "out.ipynb"
    given = ["-p", "area", "khon-kaen", "-p", "program_year", "2562"]
    done = jupyter(ROOT, "papermill", ROOT / "notebooks/02_reach.ipynb", out, *given)
    assert done.returncode == 0, done.stderr
    cells = json.loads(out.read_text("utf-8"))["cells"]
    shown = [output["data"] for cell in cells for output in cell.get("outputs", []) if "data" in output]
    assert len(shown) >= 8
    assert all(MIME in data and "text/html" in data for data in shown)


def test_nbconvert_makes_the_published_pages_byte_for_byte(published, tmp_path):
    names = ["02_reach", "11_fund_report"]
    done = jupyter(
        published,
        "nbconvert",
        "--to=equity",
        "--EquityExporter.language_code=th",
        f"--output-dir={tmp_path}",
        *(f"{RUNS}/{name}.ipynb" for name in names),
    )
    assert done.returncode == 0, done.stderr
    for name in names:
        page = (published / f"outputs/khon-kaen/2562/{name}.th.html").read_bytes()
        assert (tmp_path / f"{name}.html").read_bytes() == page
        assert b"@font-face" in page


def test_nbconvert_refuses_a_notebook_without_a_plan_in_plain_words(published, tmp_path):
    notebook = "notebooks/02_reach.ipynb"
    done = jupyter(published, "nbconvert", "--to=equity", f"--output-dir={tmp_path}", notebook)
    assert done.returncode == 4
    assert "no plan beside it" in done.stderr
    assert "equity run" in done.stderr
    assert "Traceback" not in done.stderr
    assert not list(tmp_path.iterdir())


def page_of(published, tmp_path, monkeypatch, change):
    """The page of 02 made from a copy of its run in which `change` altered the cells."""
    monkeypatch.setenv("EQUITY_ROOT", str(published))
    runs = shutil.copytree(published / RUNS, tmp_path / "runs")
    path = runs / "02_reach.ipynb"
    notebook = json.loads(path.read_text("utf-8"))
    change({"".join(cell["source"]): cell for cell in notebook["cells"]})
    path.write_text(json.dumps(notebook), "utf-8")
    return GuardedExporter(language_code="en").from_filename(str(path))[0]


def claiming(published, tmp_path):
    """A copy of a run whose prose claims an effect, beside its plan."""
    runs = shutil.copytree(published / RUNS, tmp_path / "runs")
    path = runs / "02_reach.ipynb"
    notebook = json.loads(path.read_text("utf-8"))
    prose = next(cell for cell in notebook["cells"] if "th" in cell["metadata"].get("tags", []))
    prose["source"] = "โครงการทำให้เด็กกลับมาเรียนมากขึ้น"
    path.write_text(json.dumps(notebook), "utf-8")
    return path


def test_nbconvert_refuses_a_page_that_claims_what_no_claim_carries(published, tmp_path):
    path = claiming(published, tmp_path)
    into = tmp_path / "pages"
    done = jupyter(published, "nbconvert", "--to=equity", f"--output-dir={into}", path)
    assert done.returncode == 1
    assert "Pages say what no graded claim carries, so they are not published" in done.stderr
    assert "02_reach.th.html" in done.stderr
    assert "“ทำให้”" in done.stderr
    assert "Traceback" not in done.stderr
    assert not list(into.glob("*"))


def test_page_of_a_notebook_alone_is_read_however_it_is_made(published, tmp_path, monkeypatch):
    monkeypatch.setenv("EQUITY_ROOT", str(published))
    path = claiming(published, tmp_path)
    nb = nbformat.read(path, as_version=4)
    for_lab = {"metadata": {"name": "02_reach", "path": str(path.parent)}}  # as "Export as" of JupyterLab
    with pytest.raises(ReportFailed, match="ทำให้"):
        GuardedExporter(language_code="th").from_notebook_node(nb, for_lab)
    with pytest.raises(ReportFailed, match="Nobody has read"):
        EquityExporter(language_code="en").from_filename(str(path))


def test_entry_point_of_nbconvert_is_the_exporter_that_reads_pages():
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["entry-points"]
    assert declared["nbconvert.exporters"]["equity"] == (
        f"{GuardedExporter.__module__}:{GuardedExporter.__qualname__}"
    )


def test_lab_only_cell_never_reaches_a_page(published, tmp_path, monkeypatch):
    tag = lambda cells: cells['cases.chart("cases")']["metadata"].update(tags=["lab-only"])  # noqa: E731
    assert 'data-result="assistance.cases"' in page_of(published, tmp_path / "a", monkeypatch, lambda _: None)
    assert 'data-result="assistance.cases"' not in page_of(published, tmp_path / "b", monkeypatch, tag)


def test_lab_only_result_can_be_cited_by_no_page(published, tmp_path, monkeypatch):
    tag = lambda cells: cells['eq.reach(year, "persons")']["metadata"].update(tags=["lab-only"])  # noqa: E731
    with pytest.raises(ReportFailed, match="persons"):
        page_of(published, tmp_path, monkeypatch, tag)


def test_lab_view_never_reaches_a_page(published, tmp_path, monkeypatch):
    def view(cells):
        for cell in cells.values():
            for output in cell.get("outputs", []):
                output["data"]["text/html"] = '<div class="equity">LAB VIEW</div>'
            if cell["cell_type"] == "code":
                data = {"text/html": "LAB VIEW", "text/plain": "LAB VIEW"}
                cell["outputs"].append({"output_type": "display_data", "data": data, "metadata": {}})

    page = page_of(published, tmp_path, monkeypatch, view)
    assert "LAB VIEW" not in page
    assert page.encode() == (published / "outputs/khon-kaen/2562/02_reach.en.html").read_bytes()
