"""Workbooks (XLSX, XLS, ODS): every sheet with its merges, hidden rows and formulas without value."""

import datetime as dt
import posixpath
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetTypeEnum, SheetVisibleEnum

from equity_lib.registry.delimited import repaired
from equity_lib.registry.grid import Grid, Note
from equity_lib.registry.rules import fault, reject
from equity_lib.registry.texts import Texts

_ROW = re.compile(rb'<row\b[^>]*?\br="(\d+)"[^>]*>')
_FORMULA_CELL = re.compile(rb'<c r="([A-Z]+)(\d+)"[^>]*><f\b[^>]*?(?:/>|>.*?</f>)(?:<v\s*/>|<v></v>)?</c>')
_SHEET = re.compile(r'<(?:\w+:)?sheet\b[^>]*?\bname="([^"]*)"[^>]*?\br:id="([^"]*)"')
_RELATION = re.compile(r"<Relationship\b[^>]*>")
#: A sheet with this many filled columns is not a table anyone keeps.
_MAX_COLUMNS = 1_000


def read_workbook(path: Path) -> list[Grid]:
    """Every sheet that holds cells, hidden ones too (noted as A12).

    Raises
    ------
    InputRejected
        X02 with a password, X10 damaged.
    """
    try:
        book = CalamineWorkbook.from_path(str(path))
        return [grid for grid in map(_reader(path, book), book.sheets_metadata) if grid is not None]
    except PasswordError:
        raise reject(fault("X02", path.name)) from None
    except (CalamineError, zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, KeyError) as error:
        raise reject(fault("X10", path.name, found=type(error).__name__)) from None


def _reader(path: Path, book: CalamineWorkbook) -> Callable[[Any], Grid | None]:
    parts = _sheet_parts(path) if path.suffix.lower() in (".xlsx", ".xlsm") else {}

    def read(about: Any) -> Grid | None:
        if about.typ != SheetTypeEnum.WorkSheet:
            return None
        sheet = book.get_sheet_by_name(about.name)
        if sheet.start is None:
            return None
        if sheet.total_width >= _MAX_COLUMNS:
            raise reject(fault("X04", path.name, sheet=about.name, found=f"{sheet.total_width + 1} columns"))
        cells = sheet.to_python(skip_empty_area=False)
        columns = [Texts.of(map(as_text, column)) for column in zip(*cells, strict=True)]
        hidden = [] if about.visible == SheetVisibleEnum.Visible else [Note("A12", 1, detail="sheet")]
        rows, formulas = _scan(path, parts.get(about.name, ""))
        if rows:
            hidden.append(Note("A12", len(rows), row=rows[0], detail="rows"))
        merged = tuple(
            (top, bottom, column)
            for (top, left), (bottom, right) in (sheet.merged_cell_ranges or ())
            for column in range(left, right + 1)
        )
        numbers = np.arange(1, len(cells) + 1)
        return repaired(Grid(path.name, about.name, columns, numbers, tuple(hidden), merged, tuple(formulas)))

    return read


def as_text(value: Any) -> str:
    """A cell's value as the text a person would read in it.

    Example
    -------
    >>> as_text(1100000000001.0), as_text(dt.date(2563, 11, 25)), as_text(0.5)
    ('1100000000001', '2563-11-25', '0.5')
    """
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, dt.datetime):
        return value.date().isoformat() if value.time() == dt.time() else value.isoformat(" ", "minutes")
    return value.isoformat() if isinstance(value, dt.date | dt.time) else str(value)


def _sheet_parts(path: Path) -> dict[str, str]:
    """Sheet name → its XML part, by the workbook's relations."""
    from html import unescape

    with zipfile.ZipFile(path) as archive:
        workbook = archive.read("xl/workbook.xml").decode("utf-8", "replace")
        relations = archive.read("xl/_rels/workbook.xml.rels").decode("utf-8", "replace")
        known = set(archive.namelist())
    targets = {}
    for relation in _RELATION.findall(relations):
        found = dict(re.findall(r'\b(Id|Target)="([^"]*)"', relation))
        targets[found.get("Id", "")] = posixpath.normpath(
            posixpath.join("/xl", found.get("Target", ""))
        ).lstrip("/")
    named = {unescape(name): targets.get(ref, "") for name, ref in _SHEET.findall(workbook)}
    return {name: part for name, part in named.items() if part in known}


def _scan(path: Path, part: str) -> tuple[list[int], list[tuple[int, int]]]:
    """Hidden rows, and cells (row index, column) whose formula holds no value; calamine tells neither."""
    if not part:
        return [], []
    hidden: list[int] = []
    formulas: list[tuple[int, int]] = []
    for text in _windows(path, part):
        if b"hidden=" in text:
            tags = (m for m in _ROW.finditer(text) if re.search(rb'\bhidden="(1|true)"', m.group(0)))
            hidden += [int(m.group(1)) for m in tags]
        if b"<f" in text:
            formulas += [(int(m.group(2)) - 1, _column(m.group(1))) for m in _FORMULA_CELL.finditer(text)]
    return hidden, formulas


def _windows(path: Path, part: str) -> Iterator[bytes]:
    """The sheet's XML in pieces that end with a row."""
    rest = b""
    with zipfile.ZipFile(path) as archive, archive.open(part) as stream:
        while block := stream.read(1 << 22):
            text = rest + block
            cut = text.rfind(b"</row>") + 6
            if cut > 6:
                yield text[:cut]
                rest = text[cut:]
            else:
                rest = text
    yield rest


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number - 1
