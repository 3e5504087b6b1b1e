"""What a notebook asked of a register: what its result rests on, and no more.

Names and years only, never a value. In a batch each question is noted in the file that
EQUITY_READS names, which becomes part of the run's record: asked again of the register as it is
later, the same questions say whether the run would find the same.
"""

import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from equity_lib.registry.store import State

#: Questions that are not about rows of a table: which imports and years there are, tables and their row
#: counts, and what imports wrote down of themselves.
IMPORTS, YEARS, TABLES, ACCOUNT = "imports", "years", "tables", "account"
#: Files that an import writes beside its tables.
BESIDE = ("quarantine", "corrections", "candidates")


@dataclass(frozen=True, order=True)
class Asked:
    """One question.

    Parameters
    ----------
    what
        `rows`, or one of the names above.
    years
        Programme years whose files were looked at; empty: all there are.
    table, columns
        For `rows`: which columns of which table, keys included.
    """

    what: str
    years: tuple[int, ...] = ()
    table: str = ""
    columns: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """For people: `register rows 2562, 2563 enrolment`."""
        parts = [self.what, ", ".join(map(str, self.years)), self.table]
        return " ".join(["register", *filter(None, parts)])

    def as_json(self) -> dict[str, Any]:
        """For a record."""
        return asdict(self)

    @staticmethod
    def from_json(data: Any) -> "Asked":
        """A question from a record; ValueError, KeyError or TypeError if it is none."""
        return Asked(
            str(data["what"]),
            tuple(int(year) for year in data["years"]),
            str(data["table"]),
            tuple(str(column) for column in data["columns"]),
        )


def note(asked: Asked) -> None:
    """Write a question down, if a batch wants to know."""
    name = os.environ.get("EQUITY_READS")
    if name:
        with Path(name).open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(asked.as_json()) + "\n")


def noted(path: Path) -> list[Asked]:
    """All questions of a run; columns asked at different times are one question."""
    try:
        lines = path.read_text("utf-8").splitlines()
    except FileNotFoundError:
        return []
    return merged(Asked.from_json(json.loads(line)) for line in lines)


def merged(questions: Iterable[Asked]) -> list[Asked]:
    """One question for each table and years, in order."""
    columns: dict[tuple[str, tuple[int, ...], str], set[str]] = {}
    for asked in questions:
        columns.setdefault((asked.what, asked.years, asked.table), set()).update(asked.columns)
    return sorted(Asked(*key, tuple(sorted(names))) for key, names in columns.items())


def pieces(folder: Path, state: State, asked: Asked) -> Iterator[tuple[str, Path, tuple[str, ...]]]:
    """What answers a question: a name, a file, and the columns of it that count (none: all of it).

    Without a file of its own (the names of imports), the path is empty.
    """
    for part in state.parts:
        if asked.years and part.year not in asked.years:
            continue
        home = folder / "imports" / part.import_id
        if asked.what == "rows":
            path = home / f"{part.number}-{asked.table}.parquet"
            if path.exists():
                yield f"{part.year} {part.name}", path, asked.columns
        elif asked.what == TABLES:
            for path in sorted(home.glob(f"{part.number}-*.parquet")):
                yield path.stem.split("-", 1)[1], path, ("",)
        elif asked.what == YEARS:
            yield str(part.year), Path(), ()
        else:
            yield f"{part.name} {part.fixes}", Path(), ()
            if asked.what == ACCOUNT:
                yield "manifest", home / "manifest.json", ()
            elif asked.what in BESIDE:
                yield asked.what, home / f"{asked.what}.parquet", ()
