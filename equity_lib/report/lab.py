"""How results look in JupyterLab: the same tables and charts as on a page, before any gate."""

from typing import Any

from equity_lib.results import Chart, Statement, Table


def register() -> None:
    """Tell IPython how to show results; outside IPython, and in a batch, nothing happens."""
    import sys

    if "IPython" not in sys.modules:
        return
    from IPython import get_ipython

    shell: Any = get_ipython()
    if shell is not None:
        formatter = shell.display_formatter.formatters["text/html"]
        for kind in (Table, Chart, Statement):
            formatter.for_type(kind, lab_html)
