"""A published project, made once a session: each test gets a copy to break."""

import shutil
from pathlib import Path

import pytest

from tests.batch.tiny_project import tree
from tests.failures.scene import Scene, make_tiny
from tests.pages import once


@pytest.fixture(scope="session")
def tiny(tmp_path_factory):
    """The tiny project, published. Read only."""

    def make(root: Path) -> None:
        done = Scene(make_tiny(root), {}).equity("run")
        assert done.returncode == 0, done.stdout + done.stderr

    return once(tmp_path_factory, "tiny", make)


@pytest.fixture
def scene(tiny, tmp_path):
    """A copy of the tiny project, published and up to date."""
    root = shutil.copytree(tiny, tmp_path / "project")
    return Scene(root, tree(root / "outputs"))
