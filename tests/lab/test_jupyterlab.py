"""A real JupyterLab, started by `equity lab` on a copy of the project, in Chromium."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import suppress

import pytest

from tests.pages import ROOT

pytestmark = pytest.mark.browser

PATIENCE = 60_000
NOTEBOOK = "notebooks/02_reach.ipynb"
KERNEL_IS_IDLE = "() => jupyterapp.shell.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'"
ALL_CELLS_RAN = """() => [...jupyterapp.shell.currentWidget.content.model.cells].every(
  cell => cell.type !== 'code' || cell.executionCount !== null)"""
ERRORS = """() => [...jupyterapp.shell.currentWidget.content.model.cells].flatMap(
  cell => cell.type === 'code' ? cell.outputs.toJSON() : []).filter(
  output => output.output_type === 'error' || output.name === 'stderr')"""


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """Address of a JupyterLab with settings of its own, and the project folder that it shows."""
    home = tmp_path_factory.mktemp("lab")
    root = home / "project"
    for folder in ("notebooks", "params"):
        shutil.copytree(ROOT / folder, root / folder, ignore=shutil.ignore_patterns(".*"))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    folders = {"JUPYTER_CONFIG_DIR": "config", "JUPYTER_DATA_DIR": "data", "JUPYTER_RUNTIME_DIR": "runtime"}
    environment = os.environ | {name: str(home / folder) for name, folder in folders.items()}
    options = ["--no-browser", "--allow-root", "--expose-app-in-browser", "--IdentityProvider.token=t"]
    with (home / "log").open("w") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "equity_lib.cli", "lab", *options, f"--port={port}"],
            cwd=root,
            env=environment | {"EQUITY_ROOT": str(root), "IPYTHONDIR": str(home / "ipython")},
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            _wait_for(f"http://127.0.0.1:{port}/api?token=t", server, home / "log")
            yield f"http://127.0.0.1:{port}", root
        finally:
            server.terminate()
            server.wait(30)


def _wait_for(address, server, log):
    for _ in range(300):
        with suppress(OSError):
            urllib.request.urlopen(address)
            return
        assert server.poll() is None, log.read_text()
        time.sleep(0.2)
    pytest.fail(log.read_text())


@pytest.fixture
def page(browser):
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    yield page
    context.close()


def open_notebook(page, address, name):
    """Open a notebook in a workspace of its own, and wait for its kernel."""
    page.goto(f"{address}/lab/workspaces/{name}/tree/notebooks/{name}.ipynb?token=t")
    page.wait_for_function("() => globalThis.jupyterapp?.shell.currentWidget?.context?.isReady")
    page.wait_for_function(KERNEL_IS_IDLE)


def run_all(page):
    page.locator(".lm-MenuBar-item", has_text="Run").click()
    page.locator('.lm-Menu-item[data-command="runmenu:run-all"]').click()
    page.wait_for_function(ALL_CELLS_RAN)
    page.wait_for_function(KERNEL_IS_IDLE)


def assert_seen(page, selector, count):
    """So many elements are there and drawn, each scrolled to first."""
    page.wait_for_function(f"() => document.querySelectorAll('{selector}').length === {count}")
    for element in page.locator(selector).all():
        element.scroll_into_view_if_needed()
        box = element.bounding_box()
        assert box is not None
        assert box["width"] > 300
        assert box["height"] > 50


def test_run_all_shows_tables_and_charts_and_saves_no_output(lab, page):
    address, root = lab
    before = json.loads((root / NOTEBOOK).read_text("utf-8"))
    open_notebook(page, address, "02_reach")
    run_all(page)
    assert page.evaluate(ERRORS) == []
    assert_seen(page, ".equity svg.chart-wide", 2)
    assert_seen(page, ".equity table:not(details *)", 3)
    assert page.locator(".equity details table").count() == 2  # the numbers behind each chart, folded
    assert page.locator(".equity .banner").count() == 0
    assert page.locator(".jp-Dialog, .Toastify__toast").count() == 0

    changed = (root / NOTEBOOK).stat().st_mtime_ns
    page.keyboard.press("Control+s")
    page.wait_for_function("() => !jupyterapp.shell.currentWidget.context.model.dirty")
    assert (root / NOTEBOOK).stat().st_mtime_ns > changed
    assert json.loads((root / NOTEBOOK).read_text("utf-8")) == before
    assert page.locator(".equity table:not(details *)").count() == 3


def test_charts_of_a_file_that_is_not_trusted_come_back_on_re_run(lab, page):
    address, root = lab
    code = (
        'import equity_lib as eq\nyear = eq.open_year("khon-kaen", 2562)\n'
        'eq.reach(year, "assistance").chart("cases")'
    )
    stored = (
        '<div class="equity"><style>p {}</style><svg class="chart-wide"></svg><p class="stored">x</p></div>'
    )
    notebook = json.loads((root / "notebooks/welcome.ipynb").read_text("utf-8"))
    output = {
        "output_type": "execute_result",
        "execution_count": 1,
        "metadata": {},
        "data": {"text/html": stored},
    }
    cell = {"cell_type": "code", "id": "c", "metadata": {}, "execution_count": None, "source": code}
    notebook["cells"] = [cell | {"outputs": [output]}]
    (root / "notebooks/received.ipynb").write_text(json.dumps(notebook), "utf-8")
    open_notebook(page, address, "received")
    page.locator(".stored").wait_for()
    assert page.locator(".jp-OutputArea svg.chart-wide").count() == 0
    run_all(page)
    assert_seen(page, ".equity svg.chart-wide", 1)
