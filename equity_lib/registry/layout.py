"""Where the table lies in a sheet: its header, its rows, and the rows that hold no data."""

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pyarrow.compute as pc
from numpy.typing import NDArray

from equity_lib.registry.grid import Grid, Note
from equity_lib.registry.headings import anything_known, plain
from equity_lib.registry.rules import fault, reject
from equity_lib.registry.texts import Texts

_DEEPEST_HEADER = 3
_TOTAL = (
    r"^\s*(รวม|รวมทั้งสิ้น|รวมทั้งหมด|รวมเงิน|ยอดรวม|ผลรวม|(grand |sub)?totals?|sum)"
    r"(\s|:|$|ทั้ง|เป็นเงิน|จำนวน|\()"
)
_FOOT = (
    r"^\s*(ลงชื่อ|\(ลงชื่อ|หมายเหตุ|ผู้รายงาน|ผู้จัดทำ|ผู้ตรวจสอบ|ผู้รับรอง|ตำแหน่ง|วันที่รายงาน|ข้อมูล ณ|ที่มา|"
    r"\*|signed|notes?:|source:|prepared by|\(\s*\.{3,}|\.{5,})"
)


@dataclass(frozen=True)
class Header:
    """The header row(s): index of the first, how many, and the headings they make."""

    first: int
    depth: int
    headings: list[str]


def find_header(head: list[list[str]], wanted: frozenset[str] = frozenset()) -> Header | None:
    """The rows that name the columns, told by how many headings are recognised.

    Parameters
    ----------
    head
        First rows of the sheet.
    wanted
        Reduced headings that the mapping names, known beside those of the schema.
    """
    names = anything_known() | {heading: heading for heading in wanted}
    best: tuple[int, int, int, Header] | None = None
    for first in range(len(head)):
        for depth in range(1, min(_DEEPEST_HEADER, len(head) - first) + 1):
            headings = _joined(head[first : first + depth])
            score = len({names[found] for h in headings if (found := plain(h)) in names})
            if score and (best is None or (score, -depth, -first) > best[:3]):
                best = (score, -depth, -first, Header(first, depth, headings))
    return best[3] if best else None


def _joined(rows: list[list[str]]) -> list[str]:
    """One heading a column: the lowest text that is known with its upper part, or alone."""
    if len(rows) == 1:
        return [text.strip() for text in rows[0]]
    *upper, last = rows
    filled = [_filled(row) for row in upper]
    made = []
    for i, text in enumerate(last):
        above = [row[i] for row in filled if row[i].strip()]
        parts = (
            [*above, text] if text.strip() else [next((r[i] for r in reversed(upper) if r[i].strip()), "")]
        )
        full = " ".join(part.strip() for part in parts if part.strip())
        known_alone = plain(full) not in anything_known() and plain(text) in anything_known()
        made.append(text.strip() if known_alone and text.strip() else full)
    return made


def _filled(row: list[str]) -> list[str]:
    """A merged header cell covers the blanks to its right."""
    made, last = [], ""
    for text in row:
        last = text if text.strip() else last
        made.append(last)
    return made


@dataclass(frozen=True, eq=False)
class Body:
    """The data rows of a sheet under their headings; `grid.rows` still counts rows of the file.

    `totals` holds for each totals row how many data rows stand above it, and its figures by position.
    """

    grid: Grid
    headings: list[str]
    totals: tuple[tuple[int, dict[int, str]], ...] = ()


def cut(grid: Grid, wanted: frozenset[str] = frozenset()) -> Body | None:
    """The rows below the header, without those that hold no data; None if no heading is known.

    Raises
    ------
    InputRejected
        X08 if only a header is there.
    """
    header = find_header(grid.head(40), wanted)
    if header is None:
        return None
    start = header.first + header.depth
    if start >= len(grid.rows):
        raise reject(fault("X08", grid.file, sheet=grid.sheet, found="a header and no rows"))
    notes = list(grid.notes)
    if header.first:
        notes.append(Note("A06", header.first, 1, declared=header.first))
    if header.depth > 1:
        notes.append(Note("A07", header.depth, header.first + 1))
    columns = [Texts(c.codes[start:], c.distinct) for c in grid.columns]
    kinds = _classify(columns, header)
    rows = grid.rows[start:]
    notes.append(Note("header", header.depth, int(grid.rows[header.first]), declared=header.depth))
    for rule, mask in kinds.items():
        if mask.any():
            notes.append(Note(rule, int(mask.sum()), int(rows[mask][0]), declared=int(mask.sum())))
    keep = ~np.logical_or.reduce(list(kinds.values()))
    if not keep.any():
        raise reject(fault("X08", grid.file, sheet=grid.sheet, found="a header and no rows"))
    moved = _moved(start, keep)
    totals = [(int(keep[:at].sum()), _figures(columns, int(at))) for at in np.flatnonzero(kinds["A10"])]
    body = replace(
        grid,
        columns=[c.take(keep) for c in columns],
        rows=rows[keep],
        notes=tuple(notes),
        merged=tuple(m for m in (_shift(*m, moved) for m in grid.merged) if m),
        no_value=tuple((moved(r), c) for r, c in grid.no_value if moved(r) >= 0),
    )
    return Body(body, header.headings, tuple(totals))


def _moved(start: int, keep: NDArray[np.bool_]) -> Callable[[int], int]:
    """Old row index → index among the kept rows, −1 if it is gone."""
    places = np.where(keep, np.cumsum(keep) - 1, -1)

    def moved(row: int) -> int:
        return int(places[row - start]) if start <= row < start + len(keep) else -1

    return moved


def _shift(top: int, bottom: int, column: int, moved: Callable[[int], int]) -> tuple[int, int, int] | None:
    rows = [moved(r) for r in range(top, bottom + 1) if moved(r) >= 0]
    return (rows[0], rows[-1], column) if len(rows) > 1 else None


def _classify(columns: list[Texts], header: Header) -> dict[str, NDArray[np.bool_]]:
    """Masks of the rows that hold no data, by rule."""
    filled: NDArray[np.int32] = np.zeros(len(columns[0]), np.int32)
    for column in columns:
        filled += ~column.is_blank()
    blank = filled == 0
    repeated = _repeats(columns, header.headings) & ~blank
    usual = int(np.median(filled[~blank])) if (~blank).any() else 0
    # A totals row has fewer cells than a child's row, and starts with the word.
    few = (filled < max(usual, 2)) & ~blank & ~repeated
    total = _starts(columns, few, _TOTAL)
    foot = _starts(columns, few & ~total & (filled <= max(2, usual // 2)), _FOOT)
    after = np.zeros(len(few), bool)
    if foot.any():
        after[int(np.argmax(foot)) :] = True
    # Below the first signature line, rows with a cell or two belong to it (names, positions).
    foot |= after & few & ~total & (filled <= 2) & (filled < usual)
    return {"blank": blank, "A09": repeated, "A10": total, "A11": foot}


def _repeats(columns: list[Texts], headings: list[str]) -> NDArray[np.bool_]:
    same = np.ones(len(columns[0]), bool)
    told = 0
    for column, heading in zip(columns, headings, strict=False):
        if not heading:
            continue
        texts = pc.utf8_trim_whitespace(column.distinct)
        codes = np.flatnonzero(pc.equal(texts, heading).to_numpy(zero_copy_only=False))
        same &= np.isin(column.codes, codes) if len(codes) else False
        told += 1
        if not same.any():
            break
    return same & (told > 0)


def _starts(columns: list[Texts], among: NDArray[np.bool_], pattern: str) -> NDArray[np.bool_]:
    """Rows of `among` whose first filled cell, or any of the first three, starts with the pattern."""
    found = np.zeros(len(among), bool)
    rows = np.flatnonzero(among)
    if not len(rows):
        return found
    wanted = re.compile(pattern, re.IGNORECASE)
    left = dict.fromkeys(rows.tolist(), 3)
    for column in columns:
        codes = column.codes[rows]
        for row, code in zip(rows.tolist(), codes.tolist(), strict=True):
            if code >= 0 and left[row]:
                left[row] -= 1
                if wanted.match(str(column.distinct[code].as_py())):
                    found[row] = True
    return found


def _figures(columns: list[Texts], row: int) -> dict[int, str]:
    return {i: c.get(row) for i, c in enumerate(columns) if c.codes[row] >= 0}


def fill_merged(body: Body, positions: set[int], declared: set[int]) -> tuple[Body, int]:
    """Merged cells filled down: those the workbook records, and blanks of columns declared merged."""
    columns = list(body.grid.columns)
    filled = 0
    for top, bottom, column in body.grid.merged:
        if column in positions and column not in declared:
            codes = columns[column].codes.copy()
            span = codes[top : bottom + 1]
            filled += int((span < 0).sum())
            codes[top : bottom + 1] = np.where(span < 0, codes[top], span)
            columns[column] = Texts(codes, columns[column].distinct)
    for column in declared:
        codes = columns[column].codes
        last = np.maximum.accumulate(np.where(codes >= 0, np.arange(len(codes)), 0))
        filled += int((codes < 0).sum() - (codes[last] < 0).sum())
        columns[column] = Texts(codes[last], columns[column].distinct)
    return replace(body, grid=replace(body.grid, columns=columns)), filled


def check_headings(body: Body, used: dict[str, int]) -> None:
    """Refuse a table in which a heading that is read stands over two columns (X04)."""
    counts = Counter(plain(h) for h in body.headings if h)
    twice = [name for name, at in used.items() if counts[plain(body.headings[at])] > 1]
    if twice:
        grid = body.grid
        raise reject(
            [
                fault("X04", grid.file, sheet=grid.sheet, key=name, found="two columns named alike")
                for name in twice
            ]
        )
