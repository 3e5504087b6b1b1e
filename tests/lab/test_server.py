"""What `equity lab` asks of Jupyter, and what it takes out of a notebook before it is saved."""

import copy
import json

from equity_lib.report.lab import server
from tests.pages import ROOT


def model(content, **changed):
    return {"type": "notebook", "format": "json", "content": content} | changed


def run_notebook():
    """The welcome notebook as JupyterLab holds it after a run."""
    notebook = json.loads((ROOT / server.WELCOME).read_text("utf-8"))
    ran = copy.deepcopy(notebook)
    ran["metadata"]["language_info"] |= {"version": "3.11.7", "file_extension": ".py"}
    ran["metadata"]["widgets"] = {}
    for cell in ran["cells"]:
        if cell["cell_type"] == "code":
            cell["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "1,872"}]
            cell["execution_count"] = 3
            cell["metadata"] |= {"execution": {"iopub.execute_input": "2026"}, "scrolled": True}
    return notebook, ran


def test_strip_outputs_leaves_a_notebook_as_it_was_before_the_run():
    notebook, ran = run_notebook()
    server.strip_outputs(model=model(ran), path="x.ipynb", contents_manager=None)
    assert ran == notebook


def test_strip_outputs_leaves_other_files_alone():
    text = model("outputs", type="file", format="text")
    server.strip_outputs(model=text, path="x.txt", contents_manager=None)
    assert text["content"] == "outputs"
    old = model({"nbformat": 3, "worksheets": []})
    server.strip_outputs(model=old, path="x.ipynb", contents_manager=None)
    assert old["content"] == {"nbformat": 3, "worksheets": []}


def test_start_becomes_jupyterlab_and_changes_no_setting_of_the_user(tmp_path, monkeypatch, capsys):
    became = []
    monkeypatch.setattr(server.os, "execv", lambda program, arguments: became.append((program, arguments)))
    monkeypatch.setattr(server.os, "chdir", lambda _: None)
    monkeypatch.setenv("EQUITY_BATCH", "1")
    monkeypatch.setenv("JUPYTER_CONFIG_PATH", "/theirs")
    server.start(tmp_path, ["--no-browser"])
    (_, arguments), *_ = became
    assert arguments[1:3] == ["-m", "jupyterlab"]
    assert arguments[-1] == "--no-browser"
    assert server.os.environ["JUPYTER_CONFIG_PATH"].endswith(":/theirs")
    assert "EQUITY_BATCH" not in server.os.environ
    assert "Ctrl-C" in capsys.readouterr().out
    assert not list(tmp_path.iterdir())
