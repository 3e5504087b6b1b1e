"""Normalisation of an executed notebook, without a kernel."""

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from equity_lib.batch.executed import cell_number, normalise, sealed

MIME = "application/vnd.equity.result+json"


def notebook():
    injected = new_code_cell(
        "# Parameters", metadata={"tags": ["injected-parameters"], "papermill": {"x": 1}}
    )
    result = new_output(
        "execute_result", {MIME: {"text": " at 0x7f0000000000>"}, "text/plain": "<f at 0x7f12345678>"}
    )
    warning = new_output("stream", name="stderr", text="/tmp/ipykernel_41/3021.py:1: UserWarning: x\n")
    return new_notebook(
        cells=[
            new_markdown_cell("# T", id="t", metadata={"tags": []}),
            new_code_cell("area: str = 'x'", id="p", metadata={"tags": ["parameters"]}),
            injected,
            new_code_cell("", id="empty"),
            new_code_cell("f", id="f", metadata={"execution": {"iopub": "2026"}}, outputs=[result, warning]),
        ],
        metadata={
            "papermill": {"start_time": "2026"},
            "equity": {"order": 1},
            "language_info": {"name": "python", "version": "3.11.7"},
        },
    )


def test_normalise_drops_what_differs_between_runs():
    done = normalise(notebook(), {"t", "p", "f", "empty"}, "def")
    text = nbformat.writes(done)
    for trace in ("papermill", "2026", "ipykernel_41", "0x7f12345678", "3.11.7", 'execution"'):
        assert trace not in text
    assert done.metadata.equity == {"order": 1, "library": "def"}
    assert [cell.id for cell in done.cells] == ["t", "p", "injected-parameters", "empty", "f"]
    nbformat.validate(done)


def test_normalise_leaves_results_as_they_are():
    done = normalise(notebook(), {"t", "p", "f", "empty"}, "def")
    assert done.cells[4].outputs[0].data[MIME] == {"text": " at 0x7f0000000000>"}


def test_normalise_gives_cells_stored_without_id_a_stable_one():
    one, other = notebook(), notebook()
    for made in (one, other):
        made.cells[0].id = nbformat.v4.new_markdown_cell().id
    assert normalise(one, {None}, "b") == normalise(other, {None}, "b")


def test_cell_number_is_the_one_jupyterlab_prints():
    assert [cell_number(notebook(), index) for index in range(5)] == [0, 1, 1, 1, 2]


def test_sealed_only_adds_the_fingerprint_to_what_nbformat_wrote():
    text = nbformat.writes(notebook()) + "\n"
    found = sealed(text, "abc")
    assert nbformat.reads(found, 4).metadata.equity["fingerprint"] == "abc"
    back = nbformat.reads(found, 4)
    del back.metadata.equity["fingerprint"]
    assert nbformat.writes(back) + "\n" == text
