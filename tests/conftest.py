"""What many tests share: the published site, made once a session, and a browser a module."""

import shutil
from pathlib import Path

import pytest
from hypothesis import settings

from tests.pages import FLAGS, ROOT, equity, needed, once

# No timed assertion: a busy machine is no failure.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")


#: What takes longest, or waits for what takes longest, is started first; all else fills the gaps.
FIRST = (
    "tests/setup/test_lock.py::test_environment_file",
    "tests/demo/test_nothing_to_do.py",
    "tests/lab/test_jupyterlab.py",
    "tests/reproducibility",
    "tests/failures/test_kill.py",
    "tests/batch/test_remote.py",
    "tests/batch",
    "tests/failures",
    "tests/demo",
    "tests/report/test_accessibility.py",
    "tests/attack",
    "tests/lab",
    "tests/report",
)


#: What takes long to make and few tests ask for: they go to one worker, and no other waits for it.
SHARED = ("synthetic", "demo")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Order by length; what is made once a module, or opens a page in Chromium, is for one worker."""
    for item in items:
        names = getattr(item, "fixturenames", ())
        if "browser" in names:
            item.add_marker("browser")
        shared = next((each for each in SHARED if each in names), None) or _made_for_a_module(item)
        if shared and not item.get_closest_marker("xdist_group"):
            item.add_marker(pytest.mark.xdist_group(shared))
    items.sort(key=lambda item: next((n for n, each in enumerate(FIRST) if item.nodeid.startswith(each)), 99))


def _made_for_a_module(item):
    """The module, if a fixture lasts as long as it does."""
    made = getattr(item, "_fixtureinfo", None)
    scopes = {each[-1].scope for each in made.name2fixturedefs.values()} if made else set()
    return item.path.stem if "module" in scopes else ""


@pytest.fixture(scope="session")
def published(tmp_path_factory):
    """A project folder in which khon-kaen, both years and languages, is executed and published. Read only."""

    def make(root: Path) -> None:
        shutil.copytree(ROOT / "params" / "khon-kaen", root / "params" / "khon-kaen")
        shutil.copy(ROOT / "requirements.lock", root)
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
