"""The workbook in which a clerk mends rows in question, written and read back."""

import json
import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import xlsxwriter
from numpy.typing import NDArray

from equity_lib.registry.checks import LISTED_ONLY
from equity_lib.registry.cleaning import CleanSheet
from equity_lib.registry.examine import Examined, in_question
from equity_lib.registry.grid import Grid
from equity_lib.registry.rules import fault, reject, rules
from equity_lib.registry.whereabouts import place_hint

#: Name of the hidden sheet by which a workbook of fixes is known.
ABOUT = "equity-fixes"
_FRAME = (
    "แก้: แถวเดิม / row",
    "แก้: กฎ / rule",
    "แก้: เหตุผล",
    "แก้: วิธีแก้",
    "fix: why",
    "fix: what to do",
    "แก้: คอลัมน์ / column",
)
_SHEET_ROWS = 1_000_000
#: A refused file is mended at its source: beyond this many rows the list shows which kinds there are.
MOST_LISTED = 20_000


@dataclass(frozen=True)
class Origin:
    """Where the rows of a sheet of fixes came from."""

    part: str
    file: str
    sheet: str
    number: int


def write_fixes(
    path: Path, import_id: str, parts: Sequence[tuple[str, Examined]], province: str, most: int | None = None
) -> int:
    """Write the rows in question with reason and fix in both languages; the number of rows written.

    Parameters
    ----------
    import_id
        Import they belong to, or empty if it was refused.
    parts
        Name of the part whose rows they are, and the examined file.
    most
        Rows to list of each sheet; None for all.
    """
    about: dict[str, dict[str, object]] = {}
    total = 0
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(str(path), options) as book:
        wrap = book.add_format({"bold": True, "text_wrap": True, "bg_color": "#FFF2CC"})
        for part, examined in parts:
            for sheet, number in zip(examined.sheets, examined.numbers, strict=True):
                grid = sheet.plan.body.grid
                rows, told = reasons(sheet, most)
                for start in range(0, len(rows), _SHEET_ROWS):
                    name = f"{len(about) + 1} {re.sub(r'[^0-9A-Za-zก-๛ ]', ' ', grid.sheet or grid.file)}"[
                        :31
                    ]
                    about[name] = {"part": part, "file": grid.file, "sheet": grid.sheet, "number": number}
                    _sheet(
                        book.add_worksheet(name),
                        sheet,
                        rows[start : start + _SHEET_ROWS],
                        told,
                        province,
                        wrap,
                    )
                total += len(rows)
        page = book.add_worksheet(ABOUT)
        page.write_string(0, 0, json.dumps({"import_id": import_id, "sheets": about}, ensure_ascii=False))
        page.very_hidden()
    path.chmod(0o600)
    return total


def reasons(
    sheet: CleanSheet, most: int | None = None
) -> tuple[NDArray[np.intp], dict[int, list[tuple[str, str]]]]:
    """Rows in question in order (the first `most` of them), and for each the rules and columns."""
    rows = np.flatnonzero(in_question(sheet))[:most]
    told: dict[int, list[tuple[str, str]]] = defaultdict(list)
    for flag in sheet.flags:
        if flag.rule not in LISTED_ONLY:
            for row in np.intersect1d(flag.rows, rows).tolist():
                told[row].append((flag.rule, flag.column))
    return rows, told


def _sheet(
    page: xlsxwriter.worksheet.Worksheet,
    sheet: CleanSheet,
    rows: NDArray[np.intp],
    told: dict[int, list[tuple[str, str]]],
    province: str,
    bold: object,
) -> None:
    grid, headings = sheet.plan.body.grid, sheet.plan.body.headings
    page.freeze_panes(1, len(_FRAME))
    page.set_column(2, 5, 34)
    for at, text in enumerate((*_FRAME, *headings)):
        page.write_string(0, at, text, bold)
    raw = [column.texts_at(rows) for column in grid.columns]
    for line, row in enumerate(rows.tolist(), start=1):
        found = list(dict.fromkeys(told[row]))
        all_rules = [rules()[rule] for rule in dict.fromkeys(rule for rule, _ in found)]
        hints = [h for rule, column in found if rule == "Q16" and (h := _hint(sheet, column, row, province))]
        page.write_number(line, 0, int(grid.rows[row]))
        cells = (
            " ".join(rule.code for rule in all_rules),
            " · ".join(rule.reason.th for rule in all_rules),
            " · ".join([*(rule.fix.th for rule in all_rules), *(f"อาจเป็น {hint}" for hint in hints)]),
            " · ".join(rule.reason.en for rule in all_rules),
            " · ".join([*(rule.fix.en for rule in all_rules), *(f"perhaps {hint}" for hint in hints)]),
            ", ".join(dict.fromkeys(sheet.plan.headings.get(column, column) for _, column in found)),
            *(column[line - 1] for column in raw),
        )
        for at, text in enumerate(cells, start=1):
            if text:
                page.write_string(line, at, text)


def _hint(sheet: CleanSheet, column: str, row: int, province: str) -> str:
    at = sheet.plan.positions.get(column)
    text = sheet.plan.body.grid.columns[at].get(row) if at is not None else ""
    return place_hint(text, province) if text and column == "district" else ""


def fixes_in(grids: Sequence[Grid]) -> list[tuple[Origin, Grid]] | None:
    """The sheets of a workbook of fixes with their origin; None if it is no such workbook.

    Raises
    ------
    InputRejected
        If the workbook was taken apart, or belongs to a refused import.
    """
    about = next((grid for grid in grids if grid.sheet == ABOUT), None)
    if about is None:
        return None
    try:
        told = json.loads(about.head(1)[0][0])
        origins = {name: Origin(**body) for name, body in told["sheets"].items()}
        import_id = str(told["import_id"])
    except (ValueError, TypeError, KeyError, IndexError):
        raise reject(fault("X10", about.file, sheet=ABOUT, found="its hidden sheet was changed")) from None
    if not import_id:
        raise reject(
            fault("X09", about.file, found="the list of fixes of a refused import; mend the file itself")
        )
    made = []
    for grid in grids:
        if grid.sheet in origins and len(grid.rows) > 1:
            made.append((origins[grid.sheet], _restored(grid, origins[grid.sheet])))
    return made


def _restored(grid: Grid, origin: Origin) -> Grid:
    """The clerk's rows under the headings, file and row numbers they had."""
    frame = grid.head(1)[0][: len(_FRAME)]
    if tuple(frame) != _FRAME:
        raise reject(
            fault("X04", grid.file, sheet=grid.sheet, found="the first columns were moved or deleted")
        )
    numbers, faults = [0], []
    for at, text in enumerate(grid.columns[0].texts_at(np.arange(1, len(grid.rows))), start=2):
        if not text.isdigit():
            faults.append(
                fault("X04", grid.file, sheet=grid.sheet, line=at, found="a row without its row number")
            )
        numbers.append(int(text) if text.isdigit() else 0)
    if faults:
        raise reject(faults)
    columns = grid.columns[len(_FRAME) :]
    return replace(
        grid, file=origin.file, sheet=origin.sheet, columns=columns, rows=np.array(numbers), merged=()
    )
