"""Figures of a forked kernel are drawn once.

After each cell pyplot draws every open figure on a canvas that nobody sees; then the inline backend draws
it again, into the output, and closes it. Without the first, a typical report takes a twentieth less CPU.
"""

import sys
from typing import Any


def draw_once(shell: Any) -> None:
    """Leave out pyplot's drawing after a cell, of figures that the inline backend draws at once.

    Parameters
    ----------
    shell
        The kernel's IPython shell, before matplotlib has joined it: callbacks run in their order.
    """

    def before_pyplot() -> None:
        inline = sys.modules.get("matplotlib_inline.backend_inline")
        if inline is None or inline.flush_figures not in shell.events.callbacks["post_execute"]:
            return
        if inline.show._draw_called and inline.InlineBackend.instance().close_figures:
            for manager in inline.Gcf.get_all_fig_managers():
                if not _told_by_drawing(manager.canvas.figure):
                    manager.canvas.figure.stale = False  # pyplot draws what is stale, the backend all

    shell.events.register("post_execute", before_pyplot)


def _told_by_drawing(figure: Any) -> bool:
    """Whether a drawing leaves something behind: a layout that the next one starts from, or a listener's."""
    listeners = figure.canvas.callbacks.callbacks.get("draw_event")
    return bool(listeners) or figure.get_layout_engine() is not None
