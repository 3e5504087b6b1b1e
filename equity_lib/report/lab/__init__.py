"""How results look in JupyterLab: the same tables and charts as on a page, before the gate."""

import os
import sys
from typing import Any


def register() -> None:
    """Tell IPython how to show results as HTML; outside IPython, and in a batch, nothing happens.

    The HTML is for the eye only. A page is made from the JSON output beside it, after the gate.
    """
    if os.environ.get("EQUITY_BATCH") == "1" or "IPython" not in sys.modules:
        return
    from IPython import get_ipython

    shell: Any = get_ipython()
    if shell is None:
        return
    from equity_lib.registry.year import Year
    from equity_lib.report.lab.display import lab_html, lab_text
    from equity_lib.results import Chart, Statement, Table

    formatters = shell.display_formatter.formatters
    for kind in (Table, Chart, Statement, Year):
        formatters["text/html"].for_type(kind, lambda result: lab_html(result, shell.user_ns))
        formatters["text/plain"].for_type(kind, lambda result, printer, _: printer.text(lab_text(result)))
