"""Figures of a forked kernel: drawn once, and no different for it."""
# ruff: noqa: E501 - cells of notebooks

import pytest
from real_kernel import Kernel

from equity_lib.batch import parents

pytestmark = pytest.mark.skipif(bool(parents.why_not()), reason="no safe fork here")

#: Cells that make figures, with and without what the first of two drawings leaves for the second.
FIGURES = {
    "lines": "fig, ax = plt.subplots(); ax.plot([1, 3, 2], label='a'); ax.legend();",
    "tight": "fig, ax = plt.subplots(1, 2); ax[0].set_ylabel('a\\nb'); fig.tight_layout();",
    "constrained": "fig, ax = plt.subplots(2, layout='constrained'); ax[0].plot(range(99), [i**9 for i in range(99)]);",
    "equal aspect": "fig, ax = plt.subplots(); ax.plot([0, 9], [0, 1]); ax.set_aspect('equal', adjustable='datalim');",
    "polar": "plt.subplot(projection='polar').plot([0, 1, 2], [1, 2, 1]);",
    "solid": "plt.figure().add_subplot(projection='3d').scatter([1, 2], [2, 1], [1, 1]);",
    "image": "fig, ax = plt.subplots(); fig.colorbar(ax.imshow([[1, 2], [3, 4]]));",
    "dates": "fig, ax = plt.subplots(); ax.plot(pd.date_range('2019', periods=9), range(9)); fig.autofmt_xdate();",
    "mathematics": "plt.plot([1e-9, 2e-9]); plt.title('$\\\\sqrt{x}$');",
    "two": "plt.figure(); plt.plot([1]); plt.figure(); plt.plot([2]);",
    "saved": "plt.plot([1, 2]); plt.savefig('x.png', dpi=30); print(len(open('x.png', 'rb').read()))",
    "shown": "plt.plot([1, 2]); plt.show(); plt.plot([3]);",
    "listened to": "fig, ax = plt.subplots(); fig.canvas.mpl_connect('draw_event', lambda _: print('drawn'));",
    "vectors": "%config InlineBackend.figure_formats = ['svg']\nimport os; os.environ['SOURCE_DATE_EPOCH'] = '0'; plt.rcParams['svg.hashsalt'] = 'a'; plt.plot([1, 2]);",
    "kept": "%config InlineBackend.figure_formats = ['png']\n%config InlineBackend.close_figures = False\nplt.plot([1, 2]);",
    "kept, and drawn on": "plt.plot([2, 1]); plt.gcf()",
}  # fmt: skip
COUNTED = """
from matplotlib.backends.backend_agg import FigureCanvasAgg
drawings, draw = [], FigureCanvasAgg.draw
FigureCanvasAgg.draw = lambda canvas: (drawings.append(1), draw(canvas))[1]
plt.plot([1, 2]);
"""


def _outputs(kernel, source):
    """What a cell showed, and last what it printed, which comes in pieces."""
    seen, text = [], []

    def take(message):
        content = message["content"]
        if message["msg_type"] in ("display_data", "execute_result"):
            seen.append((content["data"], content["metadata"]))
        elif message["msg_type"] == "stream":
            text.append(content["text"])
        elif message["msg_type"] == "error":
            seen.append(content)

    kernel.client.execute_interactive(source, timeout=60, output_hook=take)
    return [*seen, "".join(text)]


def _drawn(folder, name):
    """Kind of figure → what a kernel of that name showed, and how often it drew one."""
    with Kernel(folder, name=name) as kernel:
        kernel.run("import matplotlib.pyplot as plt, pandas as pd")
        kernel.run(COUNTED)
        drawings = kernel.run("print(len(drawings)); FigureCanvasAgg.draw = draw")
        return int(drawings), {kind: _outputs(kernel, source) for kind, source in FIGURES.items()}


def test_kernel_shows_the_figures_of_a_stock_one_and_leaves_out_a_drawing_that_nobody_sees(tmp_path):
    """The oracle is a stock kernel: the same bytes. Both draw once for the size, and once for the output."""
    stock_drawings, stock = _drawn(tmp_path, "python3")
    drawings, ours = _drawn(tmp_path, "equity")
    assert [kind for kind in FIGURES if ours[kind] != stock[kind]] == []
    shown = {
        kind
        for kind, said in ours.items()
        for each in said
        if isinstance(each, tuple) and "image" in "".join(each[0])
    }
    assert shown == {*FIGURES}
    assert (drawings, stock_drawings) == (2, 3)
