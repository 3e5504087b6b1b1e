"""`run` end to end over papermill, with a publisher that is quick: what runs, what is published."""

import os

import pytest
from tiny_project import equity_run, make_small_project, pages, tree, write_notebook, write_year

UP_TO_DATE = "Nothing to do: 6 reports of 2 area-years are up to date.\n"


def test_run_publishes_every_year_and_the_index(finished):
    names = set(pages(finished))
    assert "index.html" in names
    assert {f"khon-kaen/{year}/11_fund.{lang}.html" for year in (2562, 2563) for lang in ("th", "en")} < names
    assert "first khon-kaen 2562" in (finished / "outputs/khon-kaen/2562/01_first.th.html").read_text()
    assert (finished / "outputs/.runs").stat().st_mode & 0o777 == 0o700


def test_run_with_nothing_changed_at_another_path_does_nothing(finished):
    before = tree(finished / "outputs")
    done = equity_run(finished)
    assert (done.returncode, done.stdout) == (0, UP_TO_DATE)
    assert tree(finished / "outputs") == before


def test_run_does_nothing_about_touched_files(finished):
    for path in finished.glob("*/**/*"):
        if path.is_file() and "outputs" not in path.parts:
            os.utime(path)
    assert equity_run(finished).stdout == UP_TO_DATE


def test_run_takes_up_only_what_changed(finished):
    write_year(finished, 2563, text="grant: 2\n")
    done = equity_run(finished)
    assert done.returncode == 0, done.stdout
    assert "khon-kaen/2563 01_first: done" in done.stdout
    assert "khon-kaen/2562 " not in done.stdout
    assert equity_run(finished).stdout == UP_TO_DATE


def test_run_remakes_pages_only_when_a_later_year_is_added(finished):
    write_notebook(finished, "02_second", "raise SystemError")
    write_year(finished, 2564)
    done = equity_run(finished, ["khon-kaen/2564"], notebooks=["1"])
    assert "khon-kaen/2564 01_first: done" in done.stdout
    assert (
        "khon-kaen/2564: no pages made, for want of 02_second (never run), 11_fund (never run)" in done.stdout
    )
    assert not (finished / "outputs/khon-kaen/2564").exists()


def test_run_with_one_language_makes_its_pages_without_executing(finished):
    done = equity_run(finished, languages=["th"])
    assert "01_first" not in done.stdout
    assert not list((finished / "outputs").rglob("*.en.html"))
    assert list((finished / "outputs").rglob("*.th.html"))


def test_run_forced_executes_everything_to_the_same_bytes(finished):
    before = tree(finished / "outputs")
    env = {"TZ": "Pacific/Kiritimati", "LANG": "th_TH.UTF-8", "PYTHONHASHSEED": "77", "OMP_NUM_THREADS": "2"}
    done = equity_run(finished, force=True, jobs=1, env=env)
    assert done.stdout.count(": done") == 8
    assert tree(finished / "outputs") == before


def test_run_of_one_notebook_publishes_when_the_others_are_up_to_date(finished):
    write_notebook(finished, "02_second", "print('changed')")
    done = equity_run(finished, ["khon-kaen/2562"], notebooks=["02_second"])
    assert done.returncode == 0
    assert "changed" in (finished / "outputs/khon-kaen/2562/02_second.th.html").read_text()


@pytest.mark.parametrize(
    "spoilt", ["page", "manifest", "foreign", "index", "executed", "record", "published"]
)
def test_run_mends_what_was_altered(finished, spoilt):
    before = tree(finished / "outputs")
    outputs = finished / "outputs"
    path = {
        "page": outputs / "khon-kaen/2562/01_first.th.html",
        "manifest": outputs / "khon-kaen/2562/manifest.json",
        "foreign": outputs / "khon-kaen/2562/secret.xlsx",
        "index": outputs / "index.html",
        "executed": outputs / ".runs/khon-kaen/2562/01_first.ipynb",
        "record": outputs / ".runs/khon-kaen/2562/01_first.json",
        "published": outputs / ".runs/khon-kaen/2562/published.json",
    }[spoilt]
    path.write_bytes(path.read_bytes()[:-9] + b"<script>" if path.exists() else b"x")
    done = equity_run(finished)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Nothing to do" not in done.stdout
    assert ("01_first: done" in done.stdout) == (spoilt in ("executed", "record"))
    assert tree(outputs) == before
    assert equity_run(finished).stdout == UP_TO_DATE


def test_run_leaves_a_year_with_a_failure_as_it_was_and_publishes_the_other(finished):
    before = pages(finished)
    write_notebook(finished, "01_first", "print('new')\nassert program_year != 2562, 'Somchai 1-2345'")
    done = equity_run(finished)
    after = pages(finished)
    assert done.returncode == 1
    assert "khon-kaen/2562 01_first: FAILED, cell 2 raised AssertionError\n" in done.stdout
    assert "khon-kaen/2562: earlier pages, if any, stay as they are\n" in done.stdout
    assert "Somchai" not in done.stdout + done.stderr + (finished / "outputs/.runs/log.jsonl").read_text()
    assert {n: d for n, d in after.items() if "2562" in n} == {n: d for n, d in before.items() if "2562" in n}
    assert b"new" in after["khon-kaen/2563/01_first.th.html"]


def test_run_keeping_going_withholds_what_failed_and_the_fund_report(finished):
    write_notebook(finished, "01_first", "print('new')\n1 / (program_year - 2562)")
    done = equity_run(finished, keep_going=True)
    assert done.returncode == 1
    assert "khon-kaen/2562: withheld 01_first, 11_fund" in done.stdout
    standing = {name for name in pages(finished) if name.startswith("khon-kaen/2562")}
    assert standing == {
        f"khon-kaen/2562/{name}" for name in ("02_second.th.html", "02_second.en.html", "manifest.json")
    }
    assert (
        "failed=['01_first', '11_fund']"
        in (finished / "outputs/khon-kaen/2562/02_second.th.html").read_text()
    )
    write_notebook(finished, "01_first", "print('mended')")
    assert equity_run(finished).returncode == 0
    assert "khon-kaen/2562/11_fund.th.html" in pages(finished)
    assert equity_run(finished).stdout == UP_TO_DATE


def test_run_with_wrong_parameters_starts_no_kernel_for_that_year_and_does_the_other(finished):
    write_year(finished, 2562, text="grant: 5.5m\n")
    done = equity_run(finished, parameters="fake_site")
    assert done.returncode == 2
    assert done.stdout.count("2562.yaml:1: grant: found 5.5m; allowed: a number") == 1
    assert "khon-kaen/2562 0" not in done.stdout
    assert "khon-kaen/2563 pages: done" in done.stdout


def test_run_refused_by_the_gate_publishes_the_other_year_and_ends_with_4(finished):
    before = pages(finished)
    write_notebook(finished, "01_first", "print('new')")
    done = equity_run(finished, env={"FAKE_REFUSES": "khon-kaen/2562"})
    after = pages(finished)
    assert done.returncode == 4
    assert "khon-kaen/2562 pages: FAILED, not safe\n" in done.stdout
    assert after["khon-kaen/2562/manifest.json"] == before["khon-kaen/2562/manifest.json"]
    assert b"new" in after["khon-kaen/2563/01_first.th.html"]


def test_run_refused_by_the_claim_guard_keeps_the_pages_of_that_year_and_ends_with_1(finished):
    before = pages(finished)
    write_notebook(finished, "01_first", "print('The programme led to more.')")
    done = equity_run(finished)
    assert done.returncode == 1
    assert "khon-kaen/2562 pages: FAILED" in done.stdout
    assert "outputs/khon-kaen/2562/01_first.en.html" in done.stdout
    assert "found “led to”; allowed: what was counted" in done.stdout
    assert pages(finished) == before


def test_run_clears_what_an_interrupted_run_left(finished):
    outputs = finished / "outputs"
    before = tree(outputs)
    (outputs / ".staging-x/khon-kaen/2562").mkdir(parents=True)
    (outputs / ".runs/khon-kaen/2562/.01_first.ipynb.aside").write_text("{")
    (outputs / ".old/khon-kaen").mkdir(parents=True)
    (outputs / "khon-kaen/2563").rename(outputs / ".old/khon-kaen/2563")
    assert equity_run(finished).stdout == UP_TO_DATE
    assert tree(outputs) == before
    assert not list(outputs.glob(".staging-*"))


def test_run_leaves_no_scratch_folder(finished, tmp_path):
    write_notebook(finished, "01_first", "print(2)")
    (tmp_path / "tmp").mkdir()
    assert equity_run(finished, ["khon-kaen/2562"], env={"TMPDIR": str(tmp_path / "tmp")}).returncode == 0
    assert not list((tmp_path / "tmp").iterdir())


def test_run_gives_a_kernel_an_empty_folder_and_no_settings_of_the_user(tmp_path):
    home = tmp_path / "home"
    startup = home / ".ipython/profile_default/startup"
    startup.mkdir(parents=True)
    (startup / "00.py").write_text("print('from the startup file')")
    keys = "'EQUITY_BATCH', 'MPLBACKEND', 'OPENBLAS_NUM_THREADS', 'TZ', 'PYTHONSTARTUP'"
    source = f"import os\nprint([os.environ.get(k) for k in ({keys})], os.listdir('.'))"
    project = make_small_project(tmp_path / "project", source)
    env = {"HOME": str(home), "PYTHONSTARTUP": "/x", "MPLBACKEND": "module://nowhere", "TZ": "Asia/Bangkok"}
    assert equity_run(project, env=env).returncode == 0
    page = (project / "outputs/khon-kaen/2562/01_first.th.html").read_text()
    assert "['1', 'module://matplotlib_inline.backend_inline', '1', 'UTC', None] []" in page
    assert "startup file" not in page


def test_run_works_under_a_path_with_braces_spaces_and_thai(tmp_path):
    root = make_small_project(tmp_path / "ขอนแก่น {x} %s & ' 2", "print(1)")
    assert equity_run(root).returncode == 0
    assert equity_run(root).stdout.startswith("Nothing to do")


def test_run_notices_inputs_that_change_while_it_runs(tmp_path):
    project = make_small_project(tmp_path, "")
    path = project / "params/khon-kaen/2562.yaml"
    write_notebook(project, "01_first", f"import pathlib\npathlib.Path({str(path)!r}).write_text('grant: 3')")
    done = equity_run(project)
    assert done.returncode == 1
    assert "its inputs changed while it ran; run again" in done.stdout
    assert not (project / "outputs/.runs/khon-kaen/2562/01_first.ipynb").exists()
