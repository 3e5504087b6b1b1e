"""What many tests share: the published site, made once a session, and a browser a module."""

import shutil
from pathlib import Path

import pytest
from hypothesis import settings

from tests.pages import FLAGS, ROOT, equity, needed, once

# No timed assertion: a busy machine is no failure.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")


def pytest_collection_modifyitems(items):
    """Whatever opens a page in Chromium is marked so."""
    for item in items:
        if "browser" in getattr(item, "fixturenames", ()):
            item.add_marker("browser")


@pytest.fixture(scope="session")
def published(tmp_path_factory):
    """A project folder in which khon-kaen, both years and languages, is executed and published. Read only."""

    def make(root: Path) -> None:
        shutil.copytree(ROOT / "params" / "khon-kaen", root / "params" / "khon-kaen")
        shutil.copytree(ROOT / "notebooks", root / "notebooks", ignore=shutil.ignore_patterns(".*"))
        done = equity(root, "run")
        assert done.returncode == 0, done.stdout + done.stderr

    return once(tmp_path_factory, "published", make)


@pytest.fixture(scope="session")
def synthetic(tmp_path_factory):
    """A project folder with the synthetic area, built, imported and published for 2563. Read only.

    What the commands wrote to the terminal stands in `said.txt`.
    """

    def make(root: Path) -> None:
        shutil.copytree(ROOT / "notebooks", root / "notebooks", ignore=shutil.ignore_patterns(".*"))
        (root / "params").mkdir()
        said = ""
        for arguments in (["demo"], ["run", "demo/2563"]):
            done = equity(root, *arguments, home=root.parent / "synthetic-home")
            assert done.returncode == 0, done.stdout + done.stderr
            said += done.stdout + done.stderr
        (root / "said.txt").write_text(said, "utf-8")

    return once(tmp_path_factory, "synthetic", make)


@pytest.fixture(scope="session")
def outputs(published):
    """The published pages of khon-kaen. Read only."""
    return published / "outputs"


@pytest.fixture(scope="module")
def browser():
    """Chromium. Playwright keeps an event loop running, which tests of other modules can't share."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    needed("chromium", found)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=found, args=list(FLAGS))
        yield running
        running.close()
