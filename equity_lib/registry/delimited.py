"""CSV, TSV and their relatives: the well-formed body by Arrow, whatever is ragged by the csv module."""

import csv
import io
import itertools
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as arrow_csv

from equity_lib.registry.encodings import broken_as, detect, repair, settle, to_utf8
from equity_lib.registry.grid import Grid, Note
from equity_lib.registry.rules import fault, reject
from equity_lib.registry.texts import Texts, stack

_EDGE = 1 << 16
_DELIMITERS = ",;\t|"
_BATCH = 200_000
_MAX_COLUMNS = 1_000
_DELIMITER_RULE = {".tsv": "\t"}


def read_delimited(path: Path) -> Grid:
    """Read a delimited text file of any Thai encoding.

    Raises
    ------
    InputRejected
        X01 mixed encodings, with the byte offset; X08 nothing in the file.
    """
    with path.open("rb") as stream:
        head = stream.read(_EDGE)
    encoding = detect(path, head)
    data = to_utf8(path, encoding)
    try:
        delimiter, width = _shape(_text(data, 0, _EDGE))
        found = _read_body(path.name, data, delimiter, width)
    except UnicodeDecodeError:
        encoding = settle(path)
        data = to_utf8(path, encoding)
        delimiter, width = _shape(_text(data, 0, _EDGE))
        found = _read_body(path.name, data, delimiter, width)
    columns, rows = found
    notes = (
        [Note({"cp874": "A02", "utf-8-sig": "A01"}.get(encoding, "A03"), 1)] if encoding != "utf-8" else []
    )
    if delimiter != _DELIMITER_RULE.get(path.suffix.lower(), ","):
        notes.append(Note("A05", 1, detail=repr(delimiter)))
    return repaired(Grid(path.name, "", columns, rows, tuple(notes)))


def _text(data: pa.Buffer, start: int, stop: int) -> str:
    """Some of the text, whole lines only unless the piece reaches an end of the file."""
    piece = data.slice(start, max(min(stop, data.size) - start, 0)).to_pybytes()
    if stop < data.size:
        piece = piece[: piece.rfind(b"\n") + 1] or piece
    return str(piece, "utf-8", "strict" if stop >= data.size or piece.endswith(b"\n") else "ignore")


def _shape(text: str) -> tuple[str, int]:
    """The delimiter that splits most lines of the text into one width, and that width."""
    best = (0, 0, ",", 1)
    for rank, delimiter in enumerate(_DELIMITERS):
        widths = Counter(len(row) for row in _parse(text, delimiter) if row)
        for width, lines in widths.items():
            if 1 < width <= _MAX_COLUMNS:
                best = max(best, (lines * (width - 1), -rank, delimiter, width))
    return best[2], best[3]


def _parse(text: str, delimiter: str) -> Iterator[list[str]]:
    csv.field_size_limit(1 << 24)
    try:
        yield from csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    except csv.Error:
        return


def _read_body(name: str, data: pa.Buffer, delimiter: str, width: int) -> tuple[list[Texts], np.ndarray]:
    """All rows; the fast way if every line between a ragged start and end is one row of `width` cells."""
    start, top = _ragged_start(data, delimiter, width)
    stop, foot = _ragged_end(data, delimiter, width, start)
    fast = _read_fast(data.slice(start, stop - start), delimiter, width) if stop > start else None
    if fast is None:
        return _read_slow(name, data, delimiter)
    edges = [_columns(top, width), fast, _columns(foot, width)]
    columns = [stack([edge[i] for edge in edges]) for i in range(width)] if top or foot else fast
    return columns, np.arange(1, len(columns[0]) + 1)


def _ragged_start(data: pa.Buffer, delimiter: str, width: int) -> tuple[int, list[list[str]]]:
    """Bytes and rows before the first line of full width (title lines)."""
    offset, rows = 0, list[list[str]]()
    for line in _text(data, 0, _EDGE).splitlines(keepends=True):
        row = next(_parse(line, delimiter), [])
        if len(row) == width:
            return offset, rows
        rows.append(row)
        offset += len(line.encode("utf-8"))
    return offset, rows


def _ragged_end(data: pa.Buffer, delimiter: str, width: int, start: int) -> tuple[int, list[list[str]]]:
    """Where the full-width body ends, and the rows after it (signatures, footnotes)."""
    tail = data.slice(max(start, data.size - _EDGE)).to_pybytes()
    lines = tail.splitlines(keepends=True)
    stop, rows = data.size, list[list[str]]()
    while lines:
        row = next(_parse(lines[-1].decode("utf-8", "replace"), delimiter), [])
        if len(row) == width:
            break
        stop -= len(lines.pop())
        rows.insert(0, row)
    return stop, rows


def _read_fast(body: pa.Buffer, delimiter: str, width: int) -> list[Texts] | None:
    """The columns by Arrow, or None if a line is not one row of `width` cells."""
    names = [str(i) for i in range(width)]
    ragged = []

    def refuse(row: object) -> str:
        ragged.append(row)
        return "error"

    try:
        table = arrow_csv.read_csv(
            pa.BufferReader(body),
            arrow_csv.ReadOptions(column_names=names, block_size=8 << 20),
            arrow_csv.ParseOptions(delimiter=delimiter, invalid_row_handler=refuse, ignore_empty_lines=False),
            arrow_csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False
            ),
        )
    except pa.ArrowInvalid as error:
        if not ragged and "UTF8" in str(error):
            raise UnicodeDecodeError("utf-8", b"", 0, 1, "not UTF-8") from None
        return None
    if table.num_rows != _lines(body):
        return None
    return _encode(table)


def _lines(body: pa.Buffer) -> int:
    view = memoryview(body)
    blocks = (view[i : i + (1 << 24)] for i in range(0, len(view), 1 << 24))
    ends = sum(int(np.count_nonzero(np.frombuffer(block, np.uint8) == 10)) for block in blocks)
    return ends + (len(view) > 0 and view[-1] != 10)


def _encode(table: pa.Table) -> list[Texts]:
    """Each column as distinct texts; two at a time, since Arrow works outside the interpreter's lock."""
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(Texts.from_arrow, table.columns))


def _columns(rows: list[list[str]], width: int) -> list[Texts]:
    padded = [row[:width] + [""] * (width - len(row)) for row in rows]
    return [Texts.of(row[i] for row in padded) for i in range(width)]


def _read_slow(name: str, data: pa.Buffer, delimiter: str) -> tuple[list[Texts], np.ndarray]:
    """The csv module: quoted line breaks, ragged rows and blank lines, each row with its line number."""
    stream = io.TextIOWrapper(pa.BufferReader(data), encoding="utf-8", newline="")
    csv.field_size_limit(1 << 24)
    reader = csv.reader(stream, delimiter=delimiter)
    parts: list[list[Texts]] = []
    numbers: list[int] = []
    width, line = 0, 1
    try:
        while batch := list(itertools.islice(reader, _BATCH)):
            width = max(width, *map(len, batch))
            if width > _MAX_COLUMNS:
                raise reject(fault("X04", name, found=f"{width} columns"))
            parts.append(_columns(batch, width))
            numbers += range(line, line + len(batch))
            line += len(batch)
    except csv.Error:
        raise reject(fault("X10", name, line=reader.line_num, found="text that is no table")) from None
    columns = []
    for i in range(width):
        columns.append(stack([p[i] if i < len(p) else Texts.blank(len(p[0])) for p in parts]))
    return columns, np.array(numbers, np.int64)


def repaired(grid: Grid) -> Grid:
    """The grid with Thai text mended that an earlier program had read in a wrong encoding (A04)."""
    sample = " ".join(text for row in grid.head(5) for text in row)
    broken = broken_as(sample)
    if not broken:
        return grid
    changed, columns = 0, []
    for column in grid.columns:
        texts = column.distinct.to_pylist()
        fixed = [t if t.isascii() else repair(t, broken) or t for t in texts]
        changed += sum(a != b for a, b in zip(texts, fixed, strict=True))
        columns.append(Texts(column.codes, pa.array(fixed, pa.string())))
    if not changed:
        return grid
    notes = (*grid.notes, Note("A04", changed))
    return Grid(grid.file, grid.sheet, columns, grid.rows, notes, grid.merged, grid.no_value)
