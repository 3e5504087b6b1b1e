"""Files as they come out of offices: text in several encodings, workbooks with titles and totals."""

import csv
import datetime as dt
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

#: Stands in the first row of every sheet and file.
MARK = "ข้อมูลสังเคราะห์ ไม่ใช่เด็กจริง / SYNTHETIC DATA, no real child"
_FOOT = ("ลงชื่อ ............................ ผู้รายงาน", "หมายเหตุ: ข้อมูลสังเคราะห์ทั้งหมด / all data are synthetic")
#: Workbooks bear this time instead of the clock's, so that the same rows give the same bytes.
_MADE = dt.datetime(2019, 8, 13)
_OPTIONS = {"strings_to_formulas": False, "strings_to_urls": False, "default_date_format": "dd/mm/yyyy"}


@dataclass(eq=False)
class Sheet:
    """Rows under headings, with what an office puts around them.

    Parameters
    ----------
    groups
        Heading of the upper of two header rows → how many columns it covers; 1 for a heading that covers
        both rows.
    totals
        Heading → text of the totals row below the rows.
    merged
        Headings whose equal neighbours are written as one merged cell.
    formulas
        (row, heading) of cells that hold a formula without a value.
    hidden
        Rows (from 0) that are hidden.
    """

    title: str
    rows: pd.DataFrame
    groups: Mapping[str, int] = field(default_factory=dict)
    totals: Mapping[str, str] = field(default_factory=dict)
    merged: Sequence[str] = ()
    formulas: Sequence[tuple[int, str]] = ()
    hidden: Sequence[int] = ()
    foot: bool = True


def write_text(
    path: Path,
    sheet: Sheet,
    *,
    encoding: str,
    delimiter: str = ",",
    repeat_header: int = 0,
    garble: bool = False,
) -> None:
    """Write a delimited file; `repeat_header` puts the header again after so many rows.

    `garble` saves it the way a program does that took Thai for Latin-1 (A04).
    """
    width = len(sheet.rows.columns)
    made = io.StringIO(newline="")
    out = csv.writer(made, delimiter=delimiter, lineterminator="\r\n")
    for line in (MARK, sheet.title):
        out.writerow([line, *[""] * (width - 1)])
    body = sheet.rows.to_numpy(object).tolist()
    step = repeat_header or max(len(body), 1)
    for start in range(0, len(body), step):
        out.writerow(sheet.rows.columns)
        out.writerows(body[start : start + step])
    for line in _FOOT if sheet.foot else ():
        out.writerow([line, *[""] * (width - 1)])
    text = made.getvalue()
    if garble:
        text = text.encode("cp874", "replace").decode("latin-1")
    path.write_bytes(text.encode(encoding))


def write_workbook(path: Path, sheets: Mapping[str, Sheet]) -> None:
    """Write a workbook; the same rows give the same bytes."""
    import xlsxwriter

    with xlsxwriter.Workbook(path, _OPTIONS) as book:
        book.set_properties({"created": _MADE, "title": MARK, "comments": "synthetic · ข้อมูลสังเคราะห์"})
        bold = book.add_format({"bold": True, "align": "center"})
        for name, sheet in sheets.items():
            _fill(book.add_worksheet(name), sheet, bold)


def _fill(page: "xlsxwriter.worksheet.Worksheet", sheet: Sheet, bold: "xlsxwriter.format.Format") -> None:  # type: ignore[name-defined]  # noqa: F821
    headings = list(sheet.rows.columns)
    last = len(headings) - 1
    for row, line in enumerate((MARK, sheet.title)):
        page.merge_range(row, 0, row, max(last, 1), line, bold)
    row, column = 2, 0
    for group, width in sheet.groups.items():
        if width > 1:
            page.merge_range(row, column, row, column + width - 1, group, bold)
        else:
            # A heading that is a group of its own spans both rows.
            page.merge_range(row, column, row + 1, column, group, bold)
        column += width
    row += bool(sheet.groups)
    for at, heading in enumerate(headings):
        if heading not in sheet.groups:
            page.write_string(row, at, heading, bold)
    first = row + 1
    for at, heading in enumerate(headings):
        cells = sheet.rows[heading].tolist()
        if heading in sheet.merged:
            _merge(page, first, at, cells)
        else:
            for i, cell in enumerate(cells):
                if cell != "" and cell is not None:
                    page.write(first + i, at, cell)
    for i, heading in sheet.formulas:
        page.write_formula(first + i, headings.index(heading), "=SUM(Z1:Z9)", None, "")
    for i in sheet.hidden:
        page.set_row(first + i, None, None, {"hidden": True})
    row = first + len(sheet.rows)
    if sheet.totals:
        page.write_string(row, 0, "รวม")
        for heading, text in sheet.totals.items():
            page.write(row, headings.index(heading), text)
        row += 1
    for i, line in enumerate(_FOOT if sheet.foot else ()):
        page.write_string(row + 1 + i, 0, line)


def _merge(page: "xlsxwriter.worksheet.Worksheet", first: int, column: int, cells: Sequence[str]) -> None:  # type: ignore[name-defined]  # noqa: F821
    """Equal neighbours as one cell."""
    start = 0
    for i in range(1, len(cells) + 1):
        if i == len(cells) or cells[i] != cells[start]:
            if i - start > 1:
                page.merge_range(first + start, column, first + i - 1, column, cells[start])
            elif cells[start] != "":
                page.write(first + start, column, cells[start])
            start = i
