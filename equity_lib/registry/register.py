"""Reading the register: tables without identifiers, each read recorded for `explain` and fingerprints."""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from equity_lib.errors import WrongParameters
from equity_lib.registry.asked import ACCOUNT, IMPORTS, TABLES, YEARS, Asked, note
from equity_lib.registry.latest import last_word
from equity_lib.registry.migrations import migrate
from equity_lib.registry.schema import load
from equity_lib.registry.store import SOURCE_COLUMNS, Part, State, head, state

#: Bytes of a table up to which it is kept for who asks again: many cells of a notebook ask for the same rows.
_KEPT = 4 << 20
#: Bytes of all tables that are kept together.
_ALL_KEPT = 64 << 20


def _mergers(pairs: Iterable[tuple[str, str]]) -> int:
    """By how many children fewer there are if both of every pair are one (union of sets)."""
    parent: dict[str, str] = {}

    def root(who: str) -> str:
        while parent.setdefault(who, who) != who:
            parent[who] = parent[parent[who]]
            who = parent[who]
        return who

    merged = 0
    for first, second in pairs:
        one, other = root(first), root(second)
        merged += one != other
        parent[one] = other
    return merged


def _values(value: Any) -> list[Any]:
    """What a `where` asks for, as a list: one value stands for itself."""
    return [value] if isinstance(value, str) or not isinstance(value, Sequence) else list(value)


def _told(rows: pa.Table) -> pa.Table:
    """Rows in which a column that no file has is text, like one that files have and leave blank."""
    blank = [(at, name) for at, name in enumerate(rows.column_names) if pa.types.is_null(rows[name].type)]
    for at, name in blank:
        rows = rows.set_column(at, name, pa.nulls(len(rows), pa.string()))
    return rows


class Register:
    """An area's register in one state, seen from one programme year.

    Parameters
    ----------
    folder
        The area's protected folder.
    year
        Programme year whose files are read unless `where` names others.
    number
        State to read; None for the present one.
    """

    def __init__(self, folder: Path, year: int, number: int | None = None) -> None:
        self._folder = folder
        self.year = year
        self._state = head(folder) if number is None else state(folder, number)
        self.asked: set[Asked] = set()
        self._manifests: dict[str, dict[str, Any]] = {}
        self._frames: dict[tuple[object, ...], pd.DataFrame] = {}
        self._room = _ALL_KEPT

    @property
    def state(self) -> State:
        """All parts of the register as it stands."""
        self._ask(Asked(IMPORTS))
        return self._state

    @property
    def import_ids(self) -> tuple[str, ...]:
        """Imports of this year, oldest first."""
        self._ask(Asked(IMPORTS, (self.year,)))
        return self._imports()

    def years(self) -> tuple[int, ...]:
        """Programme years of which there are files, ascending."""
        self._ask(Asked(YEARS))
        return tuple(sorted({part.year for part in self._state.parts}))

    def holds(self, year: int) -> bool:
        """Whether there is any file of a programme year."""
        self._ask(Asked(YEARS, (year,)))
        return any(part.year == year for part in self._state.parts)

    def _imports(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(p.import_id for p in self._state.parts if p.year == self.year))

    def _ask(self, asked: Asked) -> None:
        if asked not in self.asked:
            self.asked.add(asked)
            note(asked)

    def tables(self) -> dict[str, int]:
        """Tables that have rows this year, with their stored row counts."""
        self._ask(Asked(TABLES, (self.year,)))
        counts: dict[str, int] = {}
        for part in self._parts(None):
            for path in self._paths(part):
                name = path.stem.split("-", 1)[1]
                counts[name] = counts.get(name, 0) + pq.read_metadata(path).num_rows
        return {name: counts[name] for name in load().tables if name in counts}

    def table(
        self, name: str, columns: Sequence[str] | None = None, where: Mapping[str, Any] | None = None
    ) -> pd.DataFrame:
        """Rows of a table; what was asked for is recorded in `asked`.

        Parameters
        ----------
        columns
            Columns of the schema, `program_year`, `source_row`, `source_sheet`; None for the schema's.
        where
            Column → value or values to keep; `program_year` widens or narrows the years. Where later
            files correct earlier ones, it is the latest word that has to match.

        Raises
        ------
        WrongParameters
            If the table or a column is not one that notebooks may read.
        """
        schema = load().tables.get(name)
        if schema is None:
            raise WrongParameters(f"There is no table '{name}'; there are: {', '.join(load().tables)}.")
        where = dict(where or {})
        years = where.pop("program_year", None)
        allowed = (*schema.public, *SOURCE_COLUMNS, "program_year")
        asked = tuple(columns) if columns is not None else (*schema.public, "program_year")
        unknown = sorted({*asked, *where} - set(allowed))
        if unknown:
            raise WrongParameters(
                f"Table '{name}' has no readable column {', '.join(unknown)}; it has: {', '.join(allowed)}."
            )
        needed = tuple(c for c in allowed if c in {*asked, *where, *schema.key} and c != "program_year")
        self._ask(Asked("rows", self._wanted(years), name, needed))
        given = tuple((column, tuple(_values(value))) for column, value in sorted(where.items()))
        wanted = (name, asked, self._wanted(years), given)
        plain = all(isinstance(value, str | int) for _, values in given for value in values)
        if plain and wanted in self._frames:
            return self._frames[wanted].copy(deep=False)  # pandas copies what is written to
        frame = self._rows(name, needed, years, where)[list(asked)]
        size = int(frame.memory_usage(deep=False).sum())
        if plain and size <= min(_KEPT, self._room):
            self._frames[wanted] = frame.copy(deep=False)
            self._room -= size
        return frame

    def _rows(self, name: str, needed: tuple[str, ...], years: Any, where: Mapping[str, Any]) -> pd.DataFrame:
        schema = load().tables[name]
        early = {} if schema.key else where
        pieces = [self._piece(part, name, needed, early) for part in self._parts(years)]
        found = [piece for piece in pieces if piece is not None]
        empty = pa.table({c: pa.array([], pa.string()) for c in (*needed, "program_year")})
        whole = _told(pa.concat_tables(found, promote_options="permissive")) if found else empty
        frame: pd.DataFrame = whole.to_pandas(date_as_object=False)
        if schema.key:
            # A key seen again, in a later file or a revision of the row, stands for the same thing: the
            # latest word holds, column by column, so that a file without a column hides none.
            frame = last_word(frame, [*(c for c in schema.key if c in frame), "program_year"])
            # Only now: a word that a later one took back must neither keep a child nor hide it.
            for column, value in where.items():
                frame = frame[frame[column].isin(pd.Series(_values(value)).astype(frame[column].dtype))]
            frame = frame.reset_index(drop=True)
        return frame

    def _wanted(self, years: Any) -> tuple[int, ...]:
        named = [self.year] if years is None else [years] if isinstance(years, int) else years
        return tuple(sorted({int(year) for year in named}))

    def _parts(self, years: Any) -> list[Part]:
        wanted = self._wanted(years)
        return [part for part in self._state.parts if part.year in wanted]

    def _paths(self, part: Part) -> list[Path]:
        return sorted((self._folder / "imports" / part.import_id).glob(f"{part.number}-*.parquet"))

    def _piece(
        self, part: Part, name: str, columns: tuple[str, ...], where: Mapping[str, Any]
    ) -> pa.Table | None:
        path = self._folder / "imports" / part.import_id / f"{part.number}-{name}.parquet"
        if not path.exists():
            return None
        done = tuple(self._manifest(part.import_id)["migrations"])
        with pq.ParquetFile(path) as file:
            found = file.read([column for column in file.schema_arrow.names if column in columns])
        stored = migrate(name, found, done)
        for column in columns:
            if column not in stored.column_names:
                stored = stored.append_column(column, pa.nulls(len(stored)))
        plain = [c.cast(c.type.value_type) if pa.types.is_dictionary(c.type) else c for c in stored.columns]
        rows = pa.table(dict(zip(stored.column_names, plain, strict=True)))
        for column, value in where.items():
            rows = rows.filter(pc.is_in(rows[column], pa.array(_values(value), rows[column].type)))
        return rows.append_column("program_year", pa.repeat(pa.scalar(part.year, pa.int64()), len(rows)))

    def manifest(self, import_id: str) -> dict[str, Any]:
        """What an import wrote down of itself: counts, rules, notes; nothing personal."""
        self._ask(Asked(ACCOUNT, (self.year,)))
        return self._manifest(import_id)

    def _manifest(self, import_id: str) -> dict[str, Any]:
        if import_id not in self._manifests:  # written once, with the import
            path = self._folder / "imports" / import_id / "manifest.json"
            self._manifests[import_id] = json.loads(path.read_text("utf-8"))
        return self._manifests[import_id]

    def in_question(self) -> pd.DataFrame:
        """Rows still in quarantine this year: rule, column, stream and baht; one row a row of a file.

        A row that was mended and imported again counts as what became of it.
        """
        self._ask(Asked("quarantine", (self.year,)))
        self._ask(Asked(ACCOUNT, (self.year,)))
        held: dict[tuple[str, int, int], tuple[object, ...]] = {}
        names = ["sheet", "row", "rule", "column", "rules", "stream", "amount", "child_id"]
        for part in self._parts(None):
            origin = part.fixes or part.name
            if part.fixes:
                told = self._manifest(part.import_id)["parts"][part.number]["mends"]
                for sheet, row in told:
                    held.pop((origin, sheet, row), None)
            rows = pd.read_parquet(self._folder / "imports" / part.import_id / "quarantine.parquet")
            for values in rows.loc[rows["part"] == part.number, names].itertuples(index=False):
                held[origin, values[0], values[1]] = (part.import_id, *values)
        found = pd.DataFrame(list(held.values()), columns=["import_id", *names])
        return found.astype({"amount": "float64", "stream": "str", "rule": "str", "rules": "str"})

    def flow(self) -> pd.DataFrame:
        """Where every row of every file went: file, step and rows; `read` is the sum of the other steps.

        Steps are `read`, `kept`, `quarantined`, and what was declared to hold no data, by rule.
        """
        self._ask(Asked(ACCOUNT, (self.year,)))
        lines = []
        for part in self._parts(None):
            told = self._manifest(part.import_id)["parts"][part.number]
            account = told["account"]
            steps = {"read": account["read"], "kept": account["kept"], "quarantined": account["quarantined"]}
            for step, rows in {**steps, **account["declared"]}.items():
                lines.append((part.import_id, part.file, bool(part.fixes), step, rows))
        return pd.DataFrame(lines, columns=["import_id", "file", "fixes", "step", "rows"])

    def children(self) -> tuple[int, int]:
        """Lowest and highest number of distinct children of this year's files.

        Low: every pair of candidates is one child. High: no pair is, every child that only rows in
        question name is another one, and so is every such row that names none.
        """
        self._ask(Asked(IMPORTS, (self.year,)))  # whatever they hold may name a child
        known: set[str] = set()
        for part in self._parts(None):
            for path in self._paths(part):
                self._ask(Asked("rows", (self.year,), path.stem.split("-", 1)[1], ("child_id",)))
                if "child_id" in pq.read_schema(path).names:
                    column = pq.read_table(path, columns=["child_id"])["child_id"]
                    known.update(pc.unique(column.cast(pa.string())).to_pylist())
        pairs, held = self.candidates(), self.in_question()
        within = pairs[pairs["first"].isin(known) & pairs["second"].isin(known)]
        joined = _mergers(zip(within["first"], within["second"], strict=True))
        named = set(held["child_id"].dropna()) - known
        return len(known) - joined, len(known) + len(named) + int(held["child_id"].isna().sum())

    def corrections(self) -> pd.DataFrame:
        """The correction log of this year: column, rule, raw text and value (none of identifiers), count."""
        self._ask(Asked("corrections", (self.year,)))
        frames = []
        for import_id in self._imports():
            path = self._folder / "imports" / import_id / "corrections.parquet"
            frames.append(pd.read_parquet(path).assign(import_id=import_id))
        columns = ["part", "sheet", "column", "rule", "raw", "value", "count", "first_row", "import_id"]
        return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=columns)

    def candidates(self) -> pd.DataFrame:
        """Pairs of children that may be one (Q06), by pseudonym, for a person to decide."""
        self._ask(Asked("candidates", (self.year,)))
        frames = []
        for import_id in self._imports():
            path = self._folder / "imports" / import_id / "candidates.parquet"
            frames.append(pd.read_parquet(path).assign(import_id=import_id))
        columns = ["first", "second", "part", "import_id"]
        found = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=columns)
        return found.drop_duplicates(["first", "second"], ignore_index=True)
