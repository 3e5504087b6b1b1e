"""What is stale, and why, in words."""

import pytest
from tiny_project import make_project, write_notebook, write_year

from equity_lib.batch.options import Options
from equity_lib.batch.run import status


def lines(root, *targets, **options):
    return status(root, targets, Options(**options)).lines()


def test_status_of_a_new_project(project):
    assert lines(project) == [
        "khon-kaen/2562 01_first: never run",
        "khon-kaen/2562 02_second: never run",
        "khon-kaen/2562 11_fund: never run",
        "khon-kaen/2562 pages: never published",
        "index pages: never made",
    ]
    assert not (project / "outputs").exists()


def test_status_of_a_finished_project_is_empty(finished):
    assert lines(finished) == []
    assert status(finished).count == "6 reports of 2 area-years"


def test_status_names_a_changed_parameter_file(finished):
    write_year(finished, 2563, text="grant: 2\n")
    assert lines(finished)[0] == "khon-kaen/2563 01_first: parameters changed: params/khon-kaen/2563.yaml"
    assert "khon-kaen/2563 pages: reports changed: 01_first, 02_second, 11_fund" in lines(finished)


def test_status_names_added_and_removed_parameter_files(finished):
    (finished / "params/khon-kaen/designs.yaml").write_text("x: 1")
    assert lines(finished)[0] == "khon-kaen/2562 01_first: parameters added: params/khon-kaen/designs.yaml"
    (finished / "params/khon-kaen/designs.yaml").unlink()
    (finished / "params/khon-kaen/2562.yaml").unlink()
    assert lines(finished)[0] == "khon-kaen/2563 01_first: parameters gone: params/khon-kaen/2562.yaml"


def test_status_names_the_notebook_the_lock_and_the_library(finished, monkeypatch):
    write_notebook(finished, "02_second", "print('x')")
    assert "khon-kaen/2562 02_second: notebook changed" in lines(finished)
    (finished / "requirements.lock").write_text("x")
    assert "khon-kaen/2562 01_first: lock changed" in lines(finished)
    assert "khon-kaen/2562 02_second: notebook changed; lock changed" in lines(finished)
    monkeypatch.setattr("equity_lib.batch.fingerprints.Inputs.library", "other")
    assert "khon-kaen/2562 01_first: library changed; lock changed" in lines(finished)


def test_status_names_altered_pages(finished):
    (finished / "outputs/khon-kaen/2562/01_first.th.html").write_text("x")
    (finished / "outputs/khon-kaen/2563/02_second.en.html").unlink()
    (finished / "outputs/khon-kaen/2563/extra.csv").write_text("x")
    (finished / "outputs/index.html").unlink()
    assert lines(finished) == [
        "khon-kaen/2562 pages: page missing or altered: 01_first.th.html",
        "khon-kaen/2563 pages: page missing or altered: 02_second.en.html; not one of its pages: extra.csv",
        "index pages: page missing or altered: index.html",
    ]


def test_status_names_a_missing_executed_notebook_and_another_language(finished):
    (finished / "outputs/.runs/khon-kaen/2562/01_first.ipynb").unlink()
    assert lines(finished)[0] == "khon-kaen/2562 01_first: executed notebook missing or altered"
    assert "khon-kaen/2563 pages: languages changed" in lines(finished, languages=("th",))


def test_status_of_a_target_and_of_what_is_not_asked_for(project):
    write_year(project, 2563)
    assert all("2562" not in line for line in lines(project, "khon-kaen/2563"))
    said = lines(project, "khon-kaen/2563", notebooks=["1"], force=True)
    assert said[:2] == [
        "khon-kaen/2563 01_first: never run",
        "khon-kaen/2563 02_second: never run (not asked for)",
    ]


@pytest.mark.parametrize("stored", ["{", "[]", '{"components": 3}', '{"components": {"reads": []}}', "\x00"])
def test_status_takes_a_senseless_record_for_none(finished, stored):
    (finished / "outputs/.runs/khon-kaen/2562/01_first.json").write_text(stored)
    assert lines(finished) == ["khon-kaen/2562 01_first: never run"]


def test_survey_counts_in_the_singular(tmp_path):
    make_project(tmp_path)
    for name in ("02_second", "11_fund"):
        (tmp_path / f"notebooks/{name}.ipynb").unlink()
    assert status(tmp_path).count == "1 report of 1 area-year"
