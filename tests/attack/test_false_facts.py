"""A number passes the gate by proof, not by label."""

import shutil

import pytest

from equity_lib.errors import DisclosureRefused
from equity_lib.results import MIME
from tests.attack.hostile import Scratch
from tests.pages import equity


@pytest.fixture
def scratch(published, tmp_path):
    return Scratch(published, tmp_path)


def changed(notebook: dict, cell_id: str, **values) -> dict:
    """The notebook with one cell of its result tables changed, as a forger would."""
    found = 0
    for cell in notebook["cells"]:
        for output in cell.get("outputs", []):
            for row in output.get("data", {}).get(MIME, {}).get("cells", []):
                if row["id"] == cell_id:
                    row.update(values)
                    found += 1
    assert found
    return notebook


def test_published_cell_whose_value_is_not_in_the_passage_is_refused_without_its_value(scratch):
    forged = changed(scratch.notebook("01_reconciliation"), "money.stated_total", value=3157600)
    scratch.store("01_reconciliation", forged)
    with pytest.raises(DisclosureRefused, match=r"money\.stated_total") as refused:
        scratch.publish()
    assert "3157600" not in str(refused.value).replace(",", "")
    assert list((scratch.root / "pages").iterdir()) == []


def test_computed_cell_that_does_not_follow_from_its_terms_is_refused(scratch):
    forged = changed(scratch.notebook("01_reconciliation"), "money.residual", value=0)
    scratch.store("01_reconciliation", forged)
    with pytest.raises(DisclosureRefused, match=r"money\.residual"):
        scratch.publish()


def test_passage_that_is_taken_away_takes_its_number_with_it(scratch):
    scratch.parameters["facts"]["F16"]["passage"] = "สามารถช่วยเหลือเด็กปฐมวัย"
    with pytest.raises(DisclosureRefused, match=r"money\.early_childhood\.cases"):
        scratch.publish()


@pytest.mark.parametrize("kind", ["synthetic", "register"])
def test_results_of_one_kind_never_pass_in_an_area_of_another(scratch, kind):
    scratch.parameters["kind"] = kind
    with pytest.raises(DisclosureRefused):
        scratch.publish()


def test_synthetic_results_relabelled_published_are_refused(scratch):
    notebook = scratch.notebook("02_reach")
    for cell in notebook["cells"]:
        for output in cell.get("outputs", []):
            result = output.get("data", {}).get(MIME, {})
            for row in result.get("cells", []):
                if row["id"] == "assistance.out_of_school" and result["source"] == "published":
                    row.update(value=26, status="stated", method="", fact="")
    scratch.store("02_reach", notebook)
    with pytest.raises(DisclosureRefused, match=r"assistance\.out_of_school"):
        scratch.publish()


def test_run_with_a_figure_that_its_passage_does_not_state_exits_4_and_changes_no_page(published, tmp_path):
    root = tmp_path / "project"
    shutil.copytree(published, root, ignore=shutil.ignore_patterns("matplotlib", "*.ipynb"))
    shutil.copy(published / "notebooks/01_reconciliation.ipynb", root / "notebooks")  # one is enough to fail
    before = {path: path.read_bytes() for path in root.glob("outputs/khon-kaen/**/*.html")}
    path = root / "params" / "khon-kaen" / "2562.yaml"
    text = path.read_text("utf-8")
    path.write_text(text.replace("rate: 800", "rate: 900"), "utf-8")
    assert path.read_text("utf-8") != text
    done = equity(root, "run", "khon-kaen/2562", "--language", "th")
    assert done.returncode == 4, done.stdout + done.stderr
    assert "money.early_childhood.rate" in done.stdout + done.stderr
    assert "900" not in done.stdout + done.stderr
    assert {path: path.read_bytes() for path in before} == before
