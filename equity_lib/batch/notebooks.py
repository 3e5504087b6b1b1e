"""What a report notebook says about itself: `metadata.equity` and its `parameters` cell.

Read as plain JSON: nothing heavy is imported, so that "nothing to do" stays fast, and a wrong
notebook is refused before a kernel starts.
"""

import ast
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from equity_lib.errors import Fault

ROLES = ("report", "fund_report")
#: Role of the report on the methods: of no area, so no part of the plan (`make validation` runs it).
OF_NO_AREA = "validation"
#: What a notebook may be run once for, beside area and year; it names a parameter of the notebook.
PER = ("", "design")


@dataclass(frozen=True)
class Notebook:
    """One report notebook as the plan sees it.

    Parameters
    ----------
    path
        The file; its stem (`02_reach`) is what other notebooks cite it by.
    title
        Language → title.
    needs
        Register tables without which the notebook only says what is missing.
    cites
        Stems of the notebooks whose results it refers to.
    parameters
        Name → annotated type in the `parameters` cell, as papermill's `inspect_notebook` infers it.
    per
        `design`: run once for each declared design of the area, which is passed as a parameter.
    """

    path: Path
    title: Mapping[str, str]
    order: int
    role: str
    needs: tuple[str, ...] = ()
    cites: tuple[str, ...] = ()
    parameters: Mapping[str, str] | None = None
    per: str = ""

    @property
    def stem(self) -> str:
        """The file's name without ending."""
        return self.path.stem


def read_notebooks(folder: Path) -> tuple[list[Notebook], list[Fault]]:
    """Every notebook of a folder that has `metadata.equity`, in order, and what is wrong with them.

    A notebook without that metadata (an exploration) is not part of the plan and no fault.
    """
    found: list[Notebook] = []
    faults: list[Fault] = []
    for path in sorted(folder.glob("*.ipynb")):
        name = f"{folder.name}/{path.name}"
        try:
            data = json.loads(path.read_bytes())
            cells, declared = data["cells"], data.get("metadata", {}).get("equity")
        except (ValueError, KeyError, TypeError, AttributeError):
            faults.append(Fault(name, 0, "", "no notebook", "a Jupyter notebook, format 4"))
            continue
        if declared is None or (isinstance(declared, dict) and declared.get("role") == OF_NO_AREA):
            continue
        wrong = _metadata_faults(name, declared)
        faults += wrong
        if not wrong:
            found.append(
                Notebook(
                    path=path,
                    title=declared["title"],
                    order=declared["order"],
                    role=declared["role"],
                    needs=tuple(declared["needs"]),
                    cites=tuple(declared["cites"]),
                    parameters=_declared_parameters(cells),
                    per=declared.get("per", ""),
                )
            )
    found.sort(key=lambda notebook: (notebook.role == "fund_report", notebook.order, notebook.stem))
    return found, faults + _citation_faults(folder.name, found)


def parameter_faults(notebook: Notebook, given: Mapping[str, Any]) -> list[Fault]:
    """Where the `parameters` cell and the parameters of a run don't agree, by name and type."""
    name = f"{notebook.path.parent.name}/{notebook.path.name}"
    wanted = {key: type(value).__name__ for key, value in given.items()}
    allowed = ", ".join(f"{key}: {kind}" for key, kind in wanted.items())
    if notebook.parameters is None:
        return [Fault(name, 0, "parameters", "no readable cell with that tag, or several", allowed)]
    faults = []
    for key in sorted({*wanted, *notebook.parameters}):
        declared = notebook.parameters.get(key)
        if key not in wanted:
            faults.append(Fault(name, 0, key, "an unknown parameter", allowed, "Is it mistyped?"))
        elif declared is None:
            faults.append(Fault(name, 0, key, "no such parameter", allowed, "Declare it in the cell."))
        elif declared != wanted[key]:
            shown = "no annotation" if declared == "None" else f"type {declared}"
            faults.append(Fault(name, 0, key, shown, f"{key}: {wanted[key]}"))
    return faults


def _metadata_faults(name: str, declared: Any) -> list[Fault]:
    if not isinstance(declared, dict):
        return [
            Fault(name, 0, "metadata.equity", type(declared).__name__, "title, order, needs, cites, role")
        ]
    title = declared.get("title")
    checks = {
        "title": (
            isinstance(title, dict) and set(title) == {"th", "en"} and all(map(_is_text, title.values())),
            "a text each for th and en",
        ),
        "order": (type(declared.get("order")) is int, "a whole number"),
        "role": (declared.get("role") in ROLES, " or ".join(ROLES)),
        "per": (declared.get("per", "") in PER, f"absent, or {PER[1]}"),
        "needs": (_is_texts(declared.get("needs")), "a list of table names"),
        "cites": (_is_texts(declared.get("cites")), "a list of notebook names"),
    }
    return [
        Fault(name, 0, f"metadata.equity.{key}", json.dumps(declared.get(key), ensure_ascii=False), allowed)
        for key, (right, allowed) in checks.items()
        if not right
    ]


def _citation_faults(folder: str, notebooks: list[Notebook]) -> list[Fault]:
    """A cited notebook must run earlier: so there are no unknown ones and no circles."""
    faults = []
    earlier: list[str] = []
    for notebook in notebooks:
        allowed = ", ".join(earlier) or "none, as it is the first"
        faults += [
            Fault(f"{folder}/{notebook.path.name}", 0, "metadata.equity.cites", cited, allowed)
            for cited in notebook.cites
            if cited not in earlier
        ]
        earlier.append(notebook.stem)
    return faults


def _declared_parameters(cells: list[Any]) -> dict[str, str] | None:
    tagged = [
        cell
        for cell in cells
        if cell.get("cell_type") == "code" and "parameters" in cell.get("metadata", {}).get("tags", [])
    ]
    if len(tagged) != 1:
        return None
    try:
        body = ast.parse("".join(tagged[0]["source"])).body
    except (SyntaxError, ValueError):
        return None
    declared: dict[str, str] = {}
    for node in body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            declared[node.target.id] = ast.unparse(node.annotation)
        elif isinstance(node, ast.Assign):
            names = [target.id for target in node.targets if isinstance(target, ast.Name)]
            declared |= dict.fromkeys(names, "None")
    return declared


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and all(map(_is_text, value))
