"""A declared design that was changed: said on its page with the reason, or refused before anything runs."""

import hashlib
import re
import shutil
from pathlib import Path

import pytest

from tests.pages import ROOT, equity

GOOD = (ROOT / "params/demo/designs.yaml").read_text("utf-8")
CHANGED = GOOD.replace("minimum_effect: 10.0", "minimum_effect: 5.0")
REASON = """deviations:
  - from_sha256: {pin}
    date: "2563-01-10"
    designs: [case_teams]
    reason: {{th: เขตการปกครองเปลี่ยน, en: the district borders changed}}
"""


def project(root: Path, designs: str) -> Path:
    """The demo's parameters with these designs, which every year pins as they were; no register."""
    shutil.copytree(ROOT / "params/demo", root / "params/demo")
    (root / "params/demo/designs.yaml").write_text(designs, "utf-8")
    (root / "notebooks").mkdir()
    for notebook in (ROOT / "notebooks").glob("07_*.ipynb"):
        shutil.copy(notebook, root / "notebooks")
    return root


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Text of each page of notebook 07 after a change of one design, by name of the file."""
    told = REASON.format(pin=hashlib.sha256(GOOD.encode()).hexdigest())
    root = project(tmp_path_factory.mktemp("changed"), CHANGED.replace("deviations: []\n", told))
    done = equity(root, "run", "demo/2563", "--notebook", "07", "--language", "both")
    assert done.returncode == 0, done.stdout + done.stderr
    found = (root / "outputs/demo/2563").glob("07*.html")
    return {path.name: path.read_text("utf-8") for path in found}


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("th", "แก้ไขเมื่อ 10 มกราคม พ.ศ. 2563: เขตการปกครองเปลี่ยน"),
        ("en", "Changed on 10 January 2020 (B.E. 2563): the district borders changed"),
    ],
)
def test_run_changed_design_is_said_on_its_page_with_date_and_reason(
    pages: dict[str, str], language: str, said: str
):
    text = re.sub(r"<[^>]+>", "", pages[f"07_impact-case_teams.{language}.html"])
    assert said in " ".join(text.replace("\xa0", " ").split())


def test_run_unchanged_design_of_the_same_file_says_nothing_of_it(pages: dict[str, str]):
    others = [text for name, text in pages.items() if "case" not in name and name.startswith("07")]
    assert others
    assert not any("the district borders changed" in text or "เขตการปกครองเปลี่ยน" in text for text in others)


def test_run_change_without_a_reason_is_refused(tmp_path: Path):
    """What was found, where, and what to do next; nothing is written."""
    done = equity(project(tmp_path, CHANGED), "run", "demo/2563", "--notebook", "07")
    assert done.returncode == 2
    for part in ("params/demo/2563.yaml", "designs_sha256", "deviations:", "what was changed and why"):
        assert part in done.stdout + done.stderr
    assert not (tmp_path / "outputs/demo").exists()
