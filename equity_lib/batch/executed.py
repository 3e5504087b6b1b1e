"""The executed notebook: the same bytes whenever, wherever and by whomever it was executed."""

import json
import re
from collections.abc import Collection
from typing import Any

#: Parts of a text output that differ between two equal runs.
_CHANGING = (
    (re.compile(r" at 0x[0-9a-f]{6,}"), " at 0x0"),
    (re.compile(r"(?:/[^\s'\"<>:/]+)*/ipykernel_\d+/\d+\.py"), "<cell>"),
)
_INJECTED = "injected-parameters"
#: Of the kernel's description of its language: the patch version doesn't change results.
_UNSTABLE_LANGUAGE = ("version", "codemirror_mode")


def normalise(notebook: Any, source_ids: Collection[str], library: str) -> Any:
    """Take from an executed notebook all that differs between two equal runs.

    Papermill's times and paths, execution timestamps, the random id of the injected cell, memory
    addresses and temporary names in text outputs. Results (our MIME type) stay as they are.

    Parameters
    ----------
    source_ids
        Cell ids of the notebook as stored.
    library
        Kept in `metadata.equity`: the content hash of the library.
    """
    notebook.metadata.pop("papermill", None)
    notebook.metadata.pop("widgets", None)
    for key in _UNSTABLE_LANGUAGE:
        notebook.metadata.get("language_info", {}).pop(key, None)
    stored = notebook.metadata.get("equity", {})
    notebook.metadata["equity"] = {**stored, "library": library}
    for number, cell in enumerate(notebook.cells):
        tags = cell.metadata.get("tags", [])
        if cell.get("id") not in source_ids:
            cell["id"] = _INJECTED if _INJECTED in tags else f"cell-{number}"
        for key in ("papermill", "execution"):
            cell.metadata.pop(key, None)
        if not tags:
            cell.metadata.pop("tags", None)
        if "outputs" in cell:
            cell["outputs"] = _joined(cell["outputs"])
        for output in cell.get("outputs", []):
            _normalise_output(output)
    return notebook


def sealed(text: str, fingerprint: str) -> str:
    """The text of an executed notebook with the fingerprint of all that it turned out to depend on."""
    notebook = json.loads(text)
    notebook["metadata"]["equity"]["fingerprint"] = fingerprint
    return json.dumps(notebook, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def cell_number(notebook: Any, index: int) -> int:
    """What JupyterLab would print as `[n]` beside a cell after *Run All* of the notebook as stored."""
    return sum(
        cell.cell_type == "code"
        and bool(cell.source.strip())
        and _INJECTED not in cell.metadata.get("tags", [])
        for cell in notebook.cells[: index + 1]
    )


def _joined(outputs: list[Any]) -> list[Any]:
    """Streams in one piece each, stdout before stderr: how a kernel cuts and mixes them is a matter of time.

    nbclient's own option does that with a pattern that takes minutes for one line of some 100 KB.
    """
    joined: list[Any] = []
    streams: dict[str, list[str]] = {}
    for output in outputs:
        if output.output_type != "stream":
            joined.append(output)
        elif output.name in streams:
            streams[output.name].append(output.text)
        else:
            streams[output.name] = [output.text]
            joined.append(output)
    for at, output in enumerate(joined):
        if output.output_type == "stream":
            output["text"] = "".join(streams[output.name])
            if at and output.name == "stdout" and joined[at - 1].get("name") == "stderr":
                joined[at - 1 : at + 1] = [output, joined[at - 1]]
    return joined


def _normalise_output(output: Any) -> None:
    if output.output_type == "stream":
        output["text"] = _steady(output["text"])
    elif output.output_type == "error":
        return
    else:
        for kind, value in output.get("data", {}).items():
            if kind.startswith("text/") and isinstance(value, str):
                output["data"][kind] = _steady(value)


def _steady(text: str) -> str:
    for pattern, replacement in _CHANGING:
        text = pattern.sub(replacement, text)
    return text
