"""The plan: order, targets, and what is refused before a kernel starts."""

import json

import pytest
from tiny_project import PARAMETERS, make_project, write_notebook, write_year

from equity_lib.batch.plan import read_plan
from equity_lib.errors import WrongParameters


def refused(root, *targets, only=()):
    with pytest.raises(WrongParameters) as caught:
        read_plan(root, targets, only)
    return [str(fault) for fault in caught.value.faults] or [str(caught.value)]


def test_read_plan_orders_by_order_with_the_fund_report_last(tmp_path):
    write_notebook(tmp_path, "03_fund", cites=("01_late", "02_early"), role="fund_report", order=0)
    write_notebook(tmp_path, "01_late", order=9)
    write_notebook(tmp_path, "02_early", order=2)
    write_year(tmp_path, 2562)
    runs = read_plan(tmp_path).runs("khon-kaen", 2562)
    assert [run.name for run in runs] == ["02_early", "01_late", "03_fund"]
    assert dict(runs[0].parameters) == {"area": "khon-kaen", "program_year": 2562}
    assert runs[0].key == "khon-kaen/2562 02_early"


def test_read_plan_leaves_out_notebooks_without_metadata(project):
    write_notebook(project, "99_explore", "1 / 0", parameters="year = 1", equity=False)
    assert "99_explore" not in [notebook.stem for notebook in read_plan(project).notebooks]


def test_read_plan_takes_every_year_and_no_other_yaml(project):
    write_year(project, 2563)
    write_year(project, 2563, area="demo")
    (project / "params/khon-kaen/designs.yaml").write_text("x: 1")
    (project / "params/khon-kaen/mapping.yaml").write_text("x: 1")
    assert read_plan(project).selected == (("demo", 2563), ("khon-kaen", 2562), ("khon-kaen", 2563))


@pytest.mark.parametrize(
    ("targets", "selected"),
    [
        (["khon-kaen"], [("khon-kaen", 2562), ("khon-kaen", 2563)]),
        (["khon-kaen/2563"], [("khon-kaen", 2563)]),
        (
            ["khon-kaen/2563", "khon-kaen", "demo/"],
            [("demo", 2563), ("khon-kaen", 2562), ("khon-kaen", 2563)],
        ),
    ],
)
def test_read_plan_selects_targets_once_each(project, targets, selected):
    write_year(project, 2563)
    write_year(project, 2563, area="demo")
    assert list(read_plan(project, targets).selected) == selected


@pytest.mark.parametrize("name", ["2", "02", "02_second", "02_second.ipynb"])
def test_read_plan_takes_a_notebook_by_number_or_name(project, name):
    assert read_plan(project, only=[name]).only == {"02_second"}


def test_read_plan_names_all_unknown_targets_at_once_with_those_allowed(project):
    write_year(project, 2563)
    faults = refused(project, "khon-ken", "khon-kaen/2019", "khon-kaen/../x", only=["7", "02_secnd"])
    assert faults == [
        "--notebook: found '02_secnd'; allowed: 01_first, 02_second, 11_fund",
        "--notebook: found '7'; allowed: 01_first, 02_second, 11_fund",
        "area: found 'khon-ken'; allowed: khon-kaen",
        "year of khon-kaen: found '../x'; allowed: 2562, 2563",
        "year of khon-kaen: found '2019'; allowed: 2562, 2563. It looks like C.E.; in B.E. it is 2562.",
    ]


def test_read_plan_refuses_a_year_of_the_common_era(project):
    write_year(project, 2019)
    assert "Did you mean 2562.yaml?" in refused(project)[0]


def test_read_plan_refuses_another_ending(project):
    (project / "params/khon-kaen/2563.yml").write_text("x: 1")
    assert "allowed: 2563.yaml" in refused(project)[0]


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ('area: str = "x"', "program_year: found no such parameter"),
        ('aera: str = "x"\nprogram_year: int = 1', "aera: found an unknown parameter"),
        (PARAMETERS + "\ndepth: int = 1", "depth: found an unknown parameter"),
        (PARAMETERS + "\ndepth = 1", "depth: found an unknown parameter"),
        (
            'area: str = "x"\nprogram_year: str = "2562"',
            "program_year: found type str; allowed: program_year: int",
        ),
        ('area = "x"\nprogram_year: int = 1', "area: found no annotation; allowed: area: str"),
        ("area: str = ", "parameters: found no readable cell"),
    ],
)
def test_read_plan_refuses_parameters_that_are_not_passed(project, parameters, said):
    write_notebook(project, "02_second", "pass", parameters=parameters)
    faults = refused(project)
    assert any(f"notebooks/02_second.ipynb: {said}" in fault for fault in faults), faults


def test_read_plan_refuses_a_notebook_without_parameters_cell(project):
    path = project / "notebooks/01_first.ipynb"
    data = json.loads(path.read_text())
    data["cells"][1]["metadata"] = {}
    path.write_text(json.dumps(data))
    assert "no readable cell with that tag" in refused(project)[0]


def test_read_plan_agrees_with_inspect_notebook(project):
    papermill = pytest.importorskip("papermill")
    inferred = papermill.inspect_notebook(project / "notebooks/01_first.ipynb")
    declared = read_plan(project).notebooks[0].parameters
    assert {name: each["inferred_type_name"] for name, each in inferred.items()} == declared


def test_read_plan_collects_faults_of_metadata(project):
    path = write_notebook(project, "03_third")
    data = json.loads(path.read_text())
    data["metadata"]["equity"] = {
        "title": {"th": "x"},
        "order": "3",
        "needs": "persons",
        "cites": [],
        "role": "x",
    }
    path.write_text(json.dumps(data))
    (project / "notebooks/04_broken.ipynb").write_text("{")
    faults = refused(project)
    assert [fault.split(": found")[0] for fault in faults] == [
        "notebooks/03_third.ipynb: metadata.equity.needs",
        "notebooks/03_third.ipynb: metadata.equity.order",
        "notebooks/03_third.ipynb: metadata.equity.role",
        "notebooks/03_third.ipynb: metadata.equity.title",
        "notebooks/04_broken.ipynb",
    ]


def test_read_plan_refuses_to_cite_what_runs_later_or_nowhere(tmp_path):
    make_project(tmp_path)
    write_notebook(tmp_path, "01_first", cites=("02_second", "77_none"))
    assert len(refused(tmp_path)) == 2


def test_read_plan_says_when_there_is_nothing(tmp_path):
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "params").mkdir()
    assert "equity new-year" in refused(tmp_path)[0]


DESIGNS = """# declared
schema_version: 1
designs:
  - key: transfer
    covariates:
      - {key: income, table: screening}
      - key: nested
  - key: "teams"  # the second
other:
  - key: not_one
"""
PER_DESIGN = 'area: str = "x"\nprogram_year: int = 2562\ndesign: str = "x"'


def per_design(root):
    """`07_impact`, once a design, cited by a fund report."""
    path = write_notebook(root, "07_impact", "1", parameters=PER_DESIGN)
    data = json.loads(path.read_text())
    data["metadata"]["equity"]["per"] = "design"
    path.write_text(json.dumps(data))
    write_notebook(root, "11_fund", "1", cites=("07_impact",), role="fund_report")
    write_year(root, 2562)
    return root


def test_plan_runs_a_notebook_once_for_each_design_of_the_area(tmp_path):
    root = per_design(tmp_path)
    write_year(root, 2562, area="without")
    (root / "params/khon-kaen/designs.yaml").write_text(DESIGNS)
    plan = read_plan(root)
    runs = plan.runs("khon-kaen", 2562)
    assert [run.name for run in runs] == ["07_impact-transfer", "07_impact-teams", "11_fund"]
    assert dict(runs[0].parameters) == {"area": "khon-kaen", "program_year": 2562, "design": "transfer"}
    assert [run.name for run in plan.runs("without", 2562)] == ["11_fund"]
    some = read_plan(root, only=["7"])
    assert [run.name for run in runs if some.wanted(run)] == ["07_impact-transfer", "07_impact-teams"]


@pytest.mark.parametrize(
    ("text", "found"),
    [(DESIGNS.replace('"teams"', "transfer"), "a key of its own"), ("designs:\n  - name: x\n", "no key")],
)
def test_plan_refuses_designs_without_or_with_the_same_key(tmp_path, text, found):
    root = per_design(tmp_path)
    (root / "params/khon-kaen/designs.yaml").write_text(text)
    with pytest.raises(WrongParameters) as refused:
        read_plan(root)
    assert found in str(refused.value)


def test_plan_refuses_a_notebook_per_something_else(tmp_path):
    root = per_design(tmp_path)
    path = root / "notebooks/07_impact.ipynb"
    path.write_text(path.read_text().replace('"per": "design"', '"per": "moon"'))
    with pytest.raises(WrongParameters) as refused:
        read_plan(root)
    assert "metadata.equity.per" in str(refused.value)
