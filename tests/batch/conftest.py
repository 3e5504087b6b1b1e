"""A finished run, made once: tests copy it, which shows as well that no path is in a fingerprint."""

import shutil

import pytest
import tiny_project

from tests.pages import once


@pytest.fixture
def project(tmp_path):
    """A project of one area-year that never ran."""
    return tiny_project.make_project(tmp_path / "project")


@pytest.fixture(scope="session")
def _finished(tmp_path_factory):
    def make(root):
        done = tiny_project.equity_run(tiny_project.make_project(root, years=(2562, 2563)))
        assert done.returncode == 0, done.stdout + done.stderr

    return once(tmp_path_factory, "finished", make)


@pytest.fixture
def finished(_finished, tmp_path):
    """A copy of a project of two area-years that is up to date."""
    return shutil.copytree(_finished, tmp_path / "copy")
