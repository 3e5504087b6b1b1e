"""A child is erased from a register: found in every file by pseudonym, ID or name, and taken out."""

import datetime
import io
import json
import re
import unicodedata
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from equity_lib.errors import EnvironmentProblem, WrongParameters
from equity_lib.registry.columns import distinct_texts, text_columns, with_texts
from equity_lib.registry.identity import pseudonyms, read_map, write_map
from equity_lib.registry.keys import Key, load_key, write_secret
from equity_lib.registry.names import TITLES, in_order
from equity_lib.registry.rewriting import Rewriting, register_files, register_folder, settle
from equity_lib.registry.store import data_dir, lock, write_table

LOG = "erasures.json"
_TEXT_FORMS = (".csv", ".tsv", ".txt", ".log", ".jsonl", ".md")
_ID = re.compile(r"(?<!\d)\d{13}(?!\d)|G\d{12}(?!\d)")
_LETTERS = "\\w\u0e31\u0e34-\u0e3a\u0e47-\u0e4e"
_MARKS = "[\u0e31-\u0e3a\u0e47-\u0e4e\u200b-\u200d\ufeff]*"
_BETWEEN = "[\\s\\-–.'’\u200b-\u200d\ufeff]*"
_TITLE = "|".join(r"\.?\s?".join(t) if len(t) == 2 else t for t in sorted(TITLES, key=len, reverse=True))
_THAI, _WIDE = str.maketrans("0123456789", "๐๑๒๓๔๕๖๗๘๙"), str.maketrans("0123456789", "０１２３４５６７８９")
_DIGITS = str.maketrans("๐๑๒๓๔๕๖๗๘๙０１２３４５６７８９", "01234567890123456789", "\u200b\u200c\u200d\ufeff")
_NO_ONE = "Nobody of that pseudonym or ID is in the register."
_NOBODY = pd.DataFrame(columns=["pseudonym", "id", "piece"], dtype="str")


@dataclass(frozen=True)
class Erasure:
    """One entry of the erasure log, without any personal value.

    Parameters
    ----------
    erasure
        Its number: a release of these imports is "not reproducible since erasure n".
    imports
        Imports that held the child.
    rows, dropped, unsure
        Rows taken out; files dropped whole, being of a form that can't be rewritten; rows that hold
        the child's name with somebody's other ID, kept for a person to check.
    """

    erasure: int
    date: str
    imports: tuple[str, ...]
    rows: int
    dropped: int
    unsure: int


def erase(root: Path, area: str, who: str, date: datetime.date) -> Erasure:
    """Take a child out of snapshots, raw files, quarantine, logs and identity map, together or not at all.

    Parameters
    ----------
    who
        Pseudonym or ID, read from a prompt or a file: never an argument that a shell keeps.

    Raises
    ------
    WrongParameters
        Nobody of that pseudonym or ID is in the register.
    EnvironmentProblem
        The register is in use, or a file holds the ID where none may stand: nothing was changed.
    """
    folder, key = register_folder(root, area), load_key(area, root, data_dir(root))
    with lock(folder):
        settle(folder)
        child, rewriting = _Child.find(folder, who, key), Rewriting(folder)
        imports, dropped = set(), 0
        for path in register_files(folder):
            before = child.rows
            kept = _scrub(path, child, key, rewriting)
            dropped += not kept
            if child.rows > before or not kept:
                imports |= set(re.findall(r"[0-9a-f]{16}", path.relative_to(folder).as_posix()))
        if not child.rows and not dropped:
            raise WrongParameters(_NO_ONE)
        log = json.loads((folder / LOG).read_text()) if (folder / LOG).exists() else []
        done = Erasure(
            len(log) + 1, date.isoformat(), tuple(sorted(imports)), child.rows, dropped, child.unsure
        )
        write_secret(rewriting.aside(folder / LOG), [json.dumps([*log, asdict(done)], indent=1).encode()])
        rewriting.commit()
    return done


class _Child:
    """What tells a child in a row (pseudonym, IDs, names), and how many rows were found by it."""

    def __init__(self, pseudonym: str, ids: set[str], names: set[tuple[str, str]], imports: set[str]) -> None:
        self.pseudonym, self.imports = pseudonym, imports
        self.rows = self.unsure = 0
        self.ids = {text for text in map(_bare, ids) if _ID.fullmatch(text)}
        given = rf"(?<![{_LETTERS}])(?:(?:{_TITLE})[\s.|]*)?"
        both = [(rf"{given}{re.escape(a)}", re.escape(b)) for a, b in names]
        pairs = [rf"{a}[\s|,;]+{b}|(?<![{_LETTERS}]){b}[\s|,;]+{a}" for a, b in both]
        self._named = re.compile(rf"(?:{'|'.join(pairs)})(?![{_LETTERS}])", re.IGNORECASE) if pairs else None
        hints = [
            _BETWEEN.join(f"[{d}{d.translate(_THAI)}{d.translate(_WIDE)}]" for d in text) for text in self.ids
        ]
        hints += [_MARKS.join(map(re.escape, re.sub(_MARKS, "", b))) for _, b in names]
        self._hint = re.compile("|".join([re.escape(pseudonym), *hints]), re.IGNORECASE)

    @classmethod
    def find(cls, folder: Path, who: str, key: Key) -> "_Child":
        """The child of a pseudonym or ID, with all its IDs and names in the identity map."""
        pieces = {path: read_map(path, key) for path in register_files(folder) if path.suffix == ".map"}
        people = pd.concat([frame.assign(piece=path.stem) for path, frame in pieces.items()] or [_NOBODY])
        known = people.loc[people["pseudonym"].eq(who) | people["id"].isin([who, _bare(who)]), "pseudonym"]
        if known.empty and not _ID.fullmatch(_bare(who)) and not re.fullmatch("[0-9a-f]{32}", who):
            raise WrongParameters(_NO_ONE)
        ids = pd.Series([_bare(who)], dtype="str")
        unknown = pseudonyms(ids, key).item() if _ID.fullmatch(_bare(who)) else who
        pseudonym = unknown if known.empty else str(known.iloc[0])
        own = people[people["pseudonym"] == pseudonym].reindex(
            columns=["id", "given_name", "surname", "piece"]
        )
        names = own[["given_name", "surname"]].dropna().itertuples(index=False)
        pairs = {(_plain(a), _plain(b)) for a, b in names if a and b}
        return cls(pseudonym, {*own["id"].dropna(), who}, pairs, set(own["piece"]))

    def trace(self, row: str) -> str:
        """What of the child a row holds: "id", "name", "name beside another ID" or "" for nothing."""
        if not self._hint.search(row):
            return ""
        text = _plain(row)
        found = set(_ID.findall(_bare(text.replace("\t", "|"))))
        if found & self.ids or self.pseudonym in row:
            return "id"
        if self._named is None or not self._named.search(text):
            return ""
        return "name beside another ID" if found else "name"

    def is_in(self, row: str) -> bool:
        """Whether a row, as it stands in a file or its cells parted by bars, is the child's; counts it."""
        trace = self.trace(row)
        self.unsure += trace == "name beside another ID"
        self.rows += trace in ("id", "name")
        return trace in ("id", "name")


def _plain(text: str) -> str:
    return in_order(unicodedata.normalize("NFC", text.translate(_DIGITS)))


def _bare(text: str) -> str:
    return re.sub(r"\.0+(?!\d)|[\s\-–.'’]", "", _plain(text)).upper()


def _scrub(path: Path, child: _Child, key: Key, rewriting: Rewriting) -> bool:
    """Stage a file without the child's rows, if it has any; False if the file goes whole."""
    parts, form = path.relative_to(rewriting.folder).parts, path.suffix.lower()
    raw = "raw" in parts[:-1]
    whole = raw and child.trace(path.stem.split("-", 1)[-1]) != ""
    if form == ".map":
        frame = read_map(path, key)
        kept = frame[frame["pseudonym"] != child.pseudonym]
        child.rows += len(frame) - len(kept)
        if len(kept) < len(frame):
            write_map(rewriting.aside(path), kept, key)
    elif form == ".parquet" and not raw:
        _scrub_table(path, child, rewriting)
    elif form in _TEXT_FORMS and not whole:
        _scrub_text(path, child, rewriting)
    elif form == ".xlsx" and not whole:
        whole = not _scrub_workbook(path, child, rewriting)
    elif raw:
        whole = whole or bool(child.imports & set(parts))
    elif child.trace(path.read_bytes().decode("utf-8", "replace")):
        raise EnvironmentProblem(f"{path}: it names the child and can't be rewritten. Nothing was changed.")
    if whole:
        rewriting.remove(path)
    return not whole


def _scrub_table(path: Path, child: _Child, rewriting: Rewriting) -> None:
    """Stage a Parquet file without the child's rows; dictionaries are made anew, or they would keep it."""
    table = pq.read_table(path)
    names = text_columns(table)
    mask, stale = pa.array(np.zeros(len(table), bool)), False
    for text in (child.pseudonym, *child.ids):
        for name in names:
            held = distinct_texts(table[name])
            found = held.filter(pc.fill_null(pc.match_substring(held, text), False))
            stale |= len(found) > 0
            if len(found):
                mask = pc.or_(mask, pc.is_in(table[name].cast(pa.string()).combine_chunks(), found))
    child.rows += pc.sum(mask).as_py() or 0
    if stale:
        kept = table.filter(pc.invert(mask))
        write_table(
            rewriting.aside(path), with_texts(kept, {name: kept[name].cast(pa.string()) for name in names})
        )


def _scrub_text(path: Path, child: _Child, rewriting: Rewriting) -> None:
    """Blank the child's lines; the others, and all line numbers, stay as they are to the byte."""
    raw = path.read_bytes()
    text, coding = _decoded(raw)
    rows = [re.sub(r"[^\r\n]", "", row) if child.is_in(row) else row for row in _records(text)]
    changed = "".join(rows).encode(coding)
    if changed != raw:
        write_secret(rewriting.aside(path), [changed])


def _decoded(raw: bytes) -> tuple[str, str]:
    marks = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}
    for coding in (*([marks[raw[:2]]] if raw[:2] in marks else []), "utf-8", "cp874"):
        with suppress(UnicodeDecodeError):
            return raw.decode(coding), coding
    return raw.decode("latin-1"), "latin-1"


def _records(text: str) -> Iterator[str]:
    """Lines; those within quotes together, unless a stray quote would join more than twenty."""
    held: list[str] = []
    for line in re.findall(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+$", text):
        held.append(line)
        if sum(part.count('"') for part in held) % 2 == 0:
            yield "".join(held)
            held = []
        elif len(held) > 20:
            yield from held
            held = []
    yield from held


def _scrub_workbook(path: Path, child: _Child, rewriting: Rewriting) -> bool:
    """Blank the child's rows in every sheet (formulas become their values); False if a trace is left."""
    try:
        if not _traces(path, child):
            return True
        book = openpyxl.load_workbook(path, data_only=True)
    except (zipfile.BadZipFile, KeyError, ValueError):
        return not child.imports & set(path.parts)
    before = child.rows
    for sheet in book.worksheets:
        for cells in sheet.iter_rows():
            if child.is_in("|".join(_shown(cell.value) for cell in cells if cell.value is not None)):
                for place in [(cell.row, cell.column) for cell in cells if cell.row and cell.column]:
                    sheet._cells.pop(place, None)
    if child.rows > before:
        aside = rewriting.aside(path)
        content = io.BytesIO()
        book.save(content)
        write_secret(aside, [content.getvalue()])
        return "id" not in _traces(aside, child)
    return "id" not in _traces(path, child)


def _traces(path: Path, child: _Child) -> set[str]:
    """What of the child is anywhere in a workbook: cells, comments, properties, hidden parts."""
    with zipfile.ZipFile(path) as book:
        texts = (book.read(name).decode("utf-8", "replace") for name in book.namelist())
        joined = (
            re.sub(r"<[^>]*>", "|", re.sub(r"</t></r><r>(?:<rPr>.*?</rPr>)?<t[^>]*>", "", t)) for t in texts
        )
        return {child.trace(text) for text in joined} - {""}


def _shown(value: object) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
