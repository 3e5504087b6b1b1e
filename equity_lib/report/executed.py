"""What an executed notebook published: its results with their provenance, and nothing else."""

import ast
import json
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from equity_lib.errors import Fault, ReportFailed
from equity_lib.results import MIME, Provenance, Result, Table, from_json, with_provenance

#: Tag of a cell whose results no page, gate or citation ever sees.
LAB_ONLY = "lab-only"


def read_notebook(path: Path) -> Any:
    """The notebook at `path` as nbformat's node."""
    import nbformat

    return nbformat.read(path, as_version=4)


def results_of(notebook: Any, name: str) -> list[tuple[str, Result]]:
    """Every displayed result of an executed notebook, with the id of the cell that displayed it.

    A cell tagged `lab-only` publishes nothing, so nothing of it can be cited or explained either.

    Parameters
    ----------
    notebook
        An executed notebook.
    name
        Its file name without ending, such as `01_reconciliation`.

    Raises
    ------
    ReportFailed
        If an output of our type is not a result of the schema: nothing half-understood goes further.
    """
    parameters = parameters_of(notebook)
    library = str(notebook.metadata.get("equity", {}).get("library", ""))
    found = []
    for cell in notebook.cells:
        if LAB_ONLY in cell.metadata.get("tags", []):
            continue
        for output in cell.get("outputs", []):
            data = output.get("data", {}).get(MIME)
            if data is None or output.output_type not in ("execute_result", "display_data"):
                continue
            provenance = Provenance(name, cell["id"], parameters, library)
            found.append((cell["id"], with_provenance(_understood(data, name, cell["id"]), provenance)))
    return found


def _understood(data: Any, name: str, cell: str) -> Result:
    import jsonschema

    try:
        found = _parsed(data if isinstance(data, str) else json.dumps(data))
    except (jsonschema.ValidationError, TypeError, ValueError, KeyError) as error:
        fault = Fault(
            name, 0, f"cell {cell}", f"an output of another schema ({type(error).__name__})", "version 1"
        )
        raise ReportFailed("An output can't be understood as a result.", [fault]) from None
    return replace(found, cells=found.cells.copy()) if isinstance(found, Table) else found


@lru_cache(maxsize=1024)
def _parsed(text: str) -> Result:
    """A result from its text: the gate and the pages of each language read the same ones."""
    return from_json(json.loads(text))


def parameters_of(notebook: Any) -> dict[str, Any]:
    """The plain values that a run was given: the `parameters` cell, overruled by the injected one."""
    found: dict[str, Any] = {}
    for tag in ("parameters", "injected-parameters"):
        for cell in notebook.cells:
            if tag in cell.metadata.get("tags", []):
                found |= dict(_assigned(cell.source))
    return found


def _assigned(source: str) -> list[tuple[str, Any]]:
    made: list[tuple[str, Any]] = []
    for node in ast.parse(source).body:
        targets = (
            node.targets
            if isinstance(node, ast.Assign)
            else [node.target]
            if isinstance(node, ast.AnnAssign)
            else []
        )
        value = getattr(node, "value", None)
        if isinstance(value, ast.Constant) and isinstance(value.value, str | int | bool):
            made += [(target.id, value.value) for target in targets if isinstance(target, ast.Name)]
    return made
