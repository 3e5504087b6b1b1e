"""An IPython shell as the lab's kernel has it, and the year that most tests look at."""

import pytest

from equity_lib.report import lab
from tests.pages import ROOT


class Shell:
    """Runs cells and gives back what their last line displays."""

    def __init__(self, shell) -> None:
        self.ipython = shell

    def show(self, cell: str) -> dict[str, str]:
        done = self.ipython.run_cell(cell, store_history=True)
        done.raise_error()
        return self.ipython.display_formatter.format(done.result)[0]

    def html(self, cell: str) -> str:
        """The HTML without its style sheet."""
        head, style, rest = self.show(cell)["text/html"].partition("<style>")
        assert style
        return head + rest.split("</style>", 1)[1]


@pytest.fixture
def shell(tmp_path, monkeypatch):
    """A fresh shell in the project's folder, with equity_lib imported as `eq` and results shown richly."""
    from IPython.core.interactiveshell import InteractiveShell

    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    monkeypatch.setenv("EQUITY_ROOT", str(ROOT))
    monkeypatch.setenv("EQUITY_LANGUAGE", "en")
    monkeypatch.delenv("EQUITY_BATCH", raising=False)
    InteractiveShell.clear_instance()
    ipython = InteractiveShell.instance()
    ipython.history_manager.enabled = False
    ipython.display_formatter.active_types = list(ipython.display_formatter.formatters)
    lab.register()
    ipython.run_cell("import equity_lib as eq\nfrom dataclasses import replace")
    yield Shell(ipython)
    InteractiveShell.clear_instance()


@pytest.fixture
def opened(shell):
    """The shell with `year`, the first one of Khon Kaen."""
    shell.ipython.run_cell('year = eq.open_year("khon-kaen", 2562)', store_history=True)
    return shell
