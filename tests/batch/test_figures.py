"""Figures of a forked kernel: drawn once, and no different for it."""
# ruff: noqa: E501 - cells of notebooks

import pytest
from real_kernel import Kernel

from equity_lib.batch import parents

pytestmark = [
    pytest.mark.skipif(bool(parents.why_not()), reason="no safe fork here"),
    pytest.mark.xdist_group("drawn"),
]

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


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    """Kind of figure → what a stock kernel and a forked one showed; and how often each drew one."""
    found = {}
    for name in ("python3", "equity"):
        with Kernel(tmp_path_factory.mktemp(name), name=name) as kernel:
            kernel.run("import matplotlib.pyplot as plt, pandas as pd")
            kernel.run(COUNTED)
            found[name] = {"drawings": kernel.run("print(len(drawings)); FigureCanvasAgg.draw = draw")}
            found[name] |= {kind: _outputs(kernel, source) for kind, source in FIGURES.items()}
    return found


@pytest.mark.parametrize("kind", FIGURES)
def test_kernel_shows_figures_as_a_stock_one(drawn, kind):
    """The oracle is a stock kernel: the same bytes."""
    assert drawn["equity"][kind] == drawn["python3"][kind]
    assert any("image" in "".join(each[0]) for each in drawn["equity"][kind] if isinstance(each, tuple))


def test_kernel_leaves_out_the_drawing_that_nobody_sees(drawn):
    """Both draw a figure for its size, and then for its output."""
    assert (drawn["equity"]["drawings"], drawn["python3"]["drawings"]) == ("2", "3")
