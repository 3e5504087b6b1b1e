"""`equity verify`: the same bytes, or the first difference and whose it is, or why it can't be compared."""

import json
import re
import shutil

import pytest

from equity_lib.batch.verify import _compare, verify
from equity_lib.errors import NotReproducible, WrongParameters
from tests.pages import equity


@pytest.fixture
def project(published, tmp_path):
    """A copy of the published project that a test may spoil."""
    return shutil.copytree(published, tmp_path / "project")


def pages(folder, **texts: str):
    folder.mkdir()
    for name, text in texts.items():
        (folder / f"{name}.html").write_text(text, "utf-8")
    (folder / "manifest.json").write_text(json.dumps({f"{name}.html": "" for name in texts}), "utf-8")
    return folder


def test_verify_of_untouched_pages_finds_every_byte_the_same(project):
    before = {path: path.stat().st_mtime_ns for path in (project / "outputs").rglob("*.html")}
    done = equity(project, "verify", "khon-kaen/2563")
    assert done.returncode == 0, done.stderr
    assert re.search(r"\d+ files made again, every byte the same", done.stdout)
    assert before == {path: path.stat().st_mtime_ns for path in (project / "outputs").rglob("*.html")}


def test_verify_of_an_altered_number_names_the_page_and_the_result(project, tmp_path, monkeypatch):
    """Made again to the published bytes, as the test above shows; so here they are copied."""
    again = shutil.copytree(project / "outputs", tmp_path / "again")

    def run(root, *_):
        shutil.copytree(again, root / "outputs")
        return 0

    monkeypatch.setattr("equity_lib.batch.verify.run", run)
    page = project / "outputs" / "khon-kaen" / "2563" / "10_year_on_year.en.html"
    page.write_text(page.read_text("utf-8").replace("11,204,470", "11,204,471", 1), "utf-8")
    with pytest.raises(NotReproducible, match=r"\b1 of \d+ files differ") as raised:
        verify(project, "khon-kaen", 2563)
    assert raised.value.exit_code == 5
    assert "10_year_on_year.en.html: found other bytes from byte" in str(raised.value)
    assert "the result grant" in str(raised.value)


def test_verify_with_changed_parameters_says_so_without_running(project):
    path = project / "params" / "khon-kaen" / "2563.yaml"
    path.write_text(path.read_text("utf-8") + "# a note\n", "utf-8")
    with pytest.raises(NotReproducible, match=r"parameters changed: params/khon-kaen/2563.yaml"):
        verify(project, "khon-kaen", 2563)


@pytest.mark.parametrize(
    ("component", "said"),
    [
        ("library", "made by other code"),
        ("lock", "made with another lock"),
        ("platform", "made on another Python or architecture"),
        ("ledger_head", "made at another ledger head"),
        ("notebook", "notebook changed"),
    ],
)
def test_verify_of_pages_made_from_something_else_says_what(project, component, said):
    for path in (project / "outputs" / ".runs" / "khon-kaen" / "2563").glob("*_*.json"):
        record = json.loads(path.read_bytes())
        record["components"][component] = "another"
        path.write_text(json.dumps(record), "utf-8")
    with pytest.raises(NotReproducible, match=said) as raised:
        verify(project, "khon-kaen", 2563)
    assert raised.value.exit_code == 5
    assert "equity run" in str(raised.value)


def test_verify_of_what_was_never_published_says_what_to_run(project):
    shutil.rmtree(project / "outputs")
    with pytest.raises(WrongParameters, match="Run `equity run` first"):
        verify(project, "khon-kaen", 2563)


def test_compare_names_missing_foreign_and_different_files(tmp_path):
    one = pages(tmp_path / "one", a="<p data-result='x'>1", b='<i data-result="m.a">1</i><i>2</i>', gone="x")
    other = pages(
        tmp_path / "other", a="<p data-result='x'>1", b='<i data-result="m.a">1</i><i>3</i>', new="x"
    )
    with pytest.raises(NotReproducible) as raised:
        _compare("a/2562", one, other)
    said = {fault.file.rsplit("/", 1)[1]: fault.found for fault in raised.value.faults}
    assert said["b.html"] == "other bytes from byte 29 on, in or after the result m.a"
    assert said["gone.html"] == "a file that isn't made again"
    assert said["new.html"] == "a file missing"
    assert "a.html" not in said
