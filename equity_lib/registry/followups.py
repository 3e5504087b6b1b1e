"""Hand-over lists: children whose hand-off is not completed, re-identified for the agency that receives them.

They stay in the protected data folder, for the owner only, and are never part of a release. What the
agency fills in comes back by an import like any other file.
"""

import datetime as dt
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import xlsxwriter

from equity_lib.errors import WrongParameters
from equity_lib.programme.dates import format_date
from equity_lib.registry.identity import read_map
from equity_lib.registry.keys import Key, load_key, write_secret
from equity_lib.registry.reading import read
from equity_lib.registry.rewriting import register_folder, settle
from equity_lib.registry.rules import fault, reject
from equity_lib.registry.schema import TableSchema, load
from equity_lib.registry.store import data_dir, lock

FOLDER = Path("private/followups")
LOG = "issued.json"
#: Table that takes the answers → what tells a hand-off (filled in already) and what is asked.
ASKED: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "out_of_school": (("found_date", "referral"), ("outcome", "outcome_date", "follow_up_date")),
    "enrolment": (("academic_year", "term"), ("enrol_status", "school", "grade")),
}
_WHO = ("child_id", "title", "given_name", "surname", "birth_date")
_CONTACT = ("phone", "address", "guardian_name", "guardian_phone")
_NOTE = (
    "ข้อมูลส่วนบุคคล ใช้เพื่อติดตามเด็กเท่านั้น ห้ามเผยแพร่ กรอกเฉพาะช่องสีเหลืองแล้วส่งคืนสำนักงาน",
    "Personal data, to follow up these children only; not to be published. Fill in the yellow cells.",
)


@dataclass(frozen=True)
class Issued:
    """One entry of the log of lists issued; nothing personal."""

    number: int
    date: str
    program_year: int
    agency: str
    children: int
    file: str


def issue(
    root: Path, area: str, program_year: int, agency: str, pending: dict[str, pd.DataFrame], date: dt.date
) -> Issued:
    """Write one agency's list and log it.

    Parameters
    ----------
    agency
        As the hand-offs name it.
    pending
        Table that takes the answer → hand-offs: `child_id` (pseudonym), `birth_date` and what tells the
        hand-off (see `ASKED`).
    date
        Of issue, for the log.

    Returns
    -------
    Issued
        The log's new entry; the workbook is `private/followups/<file>` in the area's protected folder.

    Raises
    ------
    WrongParameters
        There is no hand-off to list.
    EnvironmentProblem
        No register, or a key that isn't to be trusted.
    """
    folder, key = register_folder(root, area), load_key(area, root, data_dir(root))
    children = {child for rows in pending.values() for child in rows["child_id"]}
    if not children:
        raise WrongParameters("There is nothing to follow up.")
    with lock(folder):
        settle(folder)
        log = issued(folder)
        name = f"{program_year}-{len(log) + 1:04d}.xlsx"
        people = _people(folder, key, children)
        place = folder / FOLDER
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_secret(place / name, [_workbook(pending, people)])
        done = Issued(len(log) + 1, date.isoformat(), program_year, agency, len(children), name)
        entries = [vars(entry) for entry in (*log, done)]
        text = json.dumps(entries, ensure_ascii=False, indent=1)
        write_secret(place / LOG, [text.encode()], replace=True)
    return done


def issued(folder: Path) -> list[Issued]:
    """Lists issued so far, from an area's protected folder."""
    path = folder / FOLDER / LOG
    return [Issued(**entry) for entry in json.loads(path.read_text("utf-8"))] if path.exists() else []


def answers(file: Path, into: Path) -> Path:
    """The answered rows of a list that came back, as a file to import; the others are still open.

    Parameters
    ----------
    file
        The workbook that an agency filled in.
    into
        Folder for the file, for the owner only; its name says which list it answers.

    Raises
    ------
    InputRejected
        It is no such list, or nothing is filled in.
    """
    tables, kept = load().tables, 0
    target = into / f"answers-{file.stem}.xlsx"
    known = {tables[name].label.th[:31].replace("/", " "): tables[name] for name in ASKED}
    with xlsxwriter.Workbook(target) as book:
        for grid in read(file):
            if grid.sheet not in known or len(grid.rows) < 2:
                continue
            headings = grid.head(1)[0]
            asked = {known[grid.sheet].columns[name].label.th for name in ASKED[known[grid.sheet].name][1]}
            if missing := sorted(asked - set(headings)):
                raise reject(
                    fault("X05", file.name, sheet=grid.sheet, found=f"no column {', '.join(missing)}")
                )
            cells = [column.texts_at(np.arange(1, len(grid.rows))) for column in grid.columns]
            filled = [cells[at] for at, text in enumerate(headings) if text in asked]
            rows = [row for row in range(len(grid.rows) - 1) if any(column[row].strip() for column in filled)]
            page = book.add_worksheet(grid.sheet)
            for at, (text, column) in enumerate(zip(headings, cells, strict=True)):
                page.write_string(0, at, text)
                for line, row in enumerate(rows, start=1):
                    page.write_string(line, at, column[row])
            kept += len(rows)
    if not kept:
        target.unlink()
        raise reject(fault("X08", file.name, found="a list in which nothing is filled in"))
    return target


def _people(folder: Path, key: Key, children: Iterable[str]) -> pd.DataFrame:
    """Latest ID, name and contact of each child in the identity map, by pseudonym."""
    maps = [read_map(path, key) for path in sorted((folder / "private" / "identity").glob("*.map"))]
    known = pd.concat(maps, ignore_index=True) if maps else pd.DataFrame(columns=["pseudonym", "id"])
    own = known[known["pseudonym"].isin(set(children))]
    found = own.groupby("pseudonym", sort=True).last().rename(columns={"id": "child_id"})
    return found.reindex(columns=[c for c in (*_WHO, *_CONTACT) if c != "birth_date"])


def _workbook(pending: dict[str, pd.DataFrame], people: pd.DataFrame) -> bytes:
    """A sheet a table, under the template's headings, so that it is read back without a mapping."""
    from io import BytesIO

    target = BytesIO()
    with xlsxwriter.Workbook(target, {"in_memory": True}) as book:
        style = {
            "head": book.add_format({"bold": True, "bottom": 1}),
            "asked": book.add_format({"bg_color": "#FFF2CC", "border": 1, "num_format": "@"}),
            "text": book.add_format({"num_format": "@"}),
        }
        for table, rows in pending.items():
            if len(rows):
                _sheet(book, load().tables[table], rows, people, style)
        note = book.add_worksheet("อ่านก่อน")
        note.write_column(0, 0, _NOTE)
    return target.getvalue()


def _sheet(
    book: xlsxwriter.Workbook,
    table: TableSchema,
    rows: pd.DataFrame,
    people: pd.DataFrame,
    style: dict[str, object],
) -> None:
    told, asked = ASKED[table.name]
    columns = [*_WHO, *_CONTACT, *told, *asked]
    filled = rows.rename(columns={"child_id": "pseudonym"}).join(people, on="pseudonym")
    filled = filled.sort_values(["surname", "given_name", "child_id"], kind="stable")
    page = book.add_worksheet(table.label.th[:31].replace("/", " "))
    page.freeze_panes(1, 0)
    for at, name in enumerate(columns):
        column = table.columns[name]
        page.set_column(at, at, 18)
        page.write_string(0, at, column.label.th, style["head"])
        cells = filled[name].map(_written) if name in filled and name not in asked else [""] * len(filled)
        for line, text in enumerate(cells, start=1):
            page.write_string(line, at, text, style["asked" if name in asked else "text"])
        if name in asked and column.values:
            choices = [value.th for value in column.values.values()]
            page.data_validation(1, at, len(filled), at, {"validate": "list", "source": choices})


def _written(value: object) -> str:
    """A day in words, so that day and month can't be mixed up; anything else as text; a blank for nothing."""
    if value is None or value != value or value is pd.NaT:
        return ""
    return format_date(value.date(), "th", short=True) if isinstance(value, pd.Timestamp) else str(value)
