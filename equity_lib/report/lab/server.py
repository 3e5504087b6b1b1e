"""`equity lab`: JupyterLab on the project, whose saved notebooks hold no outputs."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

WELCOME = "notebooks/welcome.ipynb"
#: Read beside the user's own configuration: JupyterLab neither offers news nor looks for updates.
_CONFIG = Path(__file__).parent / "jupyter"
#: Metadata of a cell that a run leaves behind.
_RUN = ("execution", "ExecuteTime", "collapsed", "scrolled", "trusted")

_SAID = """\
JupyterLab opens in your browser at {page}.
To open it by hand, use the address with a token that is printed below.
Notebooks are saved without outputs; reports are made by `equity run`.
To stop: Ctrl-C here, then y and Enter; or File > Shut Down in the browser.
"""


def start(root: Path, options: Sequence[str] = ()) -> NoReturn:
    """Become JupyterLab, on the project at `root`.

    The user's own Jupyter settings hold and are not written to.

    Parameters
    ----------
    options
        Further options of `jupyter lab`, such as `--no-browser` or `--port=9999`.
    """
    page = WELCOME if (root / WELCOME).exists() else "notebooks"
    os.environ.pop("EQUITY_BATCH", None)
    paths = [str(_CONFIG), os.environ.get("JUPYTER_CONFIG_PATH", "")]
    os.environ["JUPYTER_CONFIG_PATH"] = os.pathsep.join(filter(None, paths))
    print(_SAID.format(page=page), flush=True)
    os.chdir(root)
    os.execv(sys.executable, [sys.executable, "-m", "jupyterlab", *settings(root, page), *options])


def settings(root: Path, page: str = WELCOME) -> list[str]:
    """Options of `jupyter lab` that make it this project's."""
    return [
        f"--ServerApp.root_dir={root}",
        f"--LabApp.default_url=/lab/tree/{page}",
        f"--ContentsManager.pre_save_hook={__name__}.strip_outputs",
        "--KernelManager.transport_encryption=auto",
        "--log-level=ERROR",
        "--LabApp.log_level=ERROR",
    ]


def strip_outputs(model: dict[str, Any], **_: object) -> None:
    """Take out of a notebook what a run put in, before it is written: Jupyter's pre-save hook.

    Parameters
    ----------
    model
        Jupyter's contents model, changed in place; anything but a notebook stays as it is.
    """
    if model.get("type") != "notebook" or model.get("format", "json") != "json":
        return
    notebook = model.get("content")
    if not isinstance(notebook, dict) or notebook.get("nbformat") != 4:
        return
    for cell in notebook["cells"]:
        for name in _RUN:
            cell["metadata"].pop(name, None)
        if cell["cell_type"] == "code":
            cell["outputs"] = []
            cell["execution_count"] = None
    notebook["metadata"].pop("widgets", None)
    language = notebook["metadata"].get("language_info")
    if language:  # the kernel's own has the version of this machine's Python
        notebook["metadata"]["language_info"] = {"name": language.get("name", "python")}
