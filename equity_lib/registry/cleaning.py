"""From raw columns to typed values: each distinct text is read once, every change is logged."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from equity_lib.registry import names, parsed
from equity_lib.registry.days import day_reader, mixed_eras
from equity_lib.registry.ids import any_ids, read_ids
from equity_lib.registry.mapping import ColumnMap
from equity_lib.registry.parsed import Parsed, each
from equity_lib.registry.plan import Feed, SheetPlan
from equity_lib.registry.redaction import redacted
from equity_lib.registry.rules import codes, index
from equity_lib.registry.schema import Column, TableSchema
from equity_lib.registry.setting import Setting
from equity_lib.registry.texts import BLANK, Texts, spread
from equity_lib.registry.whereabouts import district_reader, subdistrict_reader

#: Columns whose faults don't put the row in question: they only serve contact.
_SIDE = frozenset({"guardian_id", "guardian_name", "guardian_phone", "phone", "address"})


@dataclass(frozen=True, eq=False)
class Field:
    """A cleaned column: `values[codes[row]]`, null where blank or refused."""

    codes: NDArray[np.int32]
    values: pa.Array

    def spread(self, rows: NDArray[np.intp] | NDArray[np.bool_] | None = None) -> pa.Array:
        """One value a row."""
        return spread(self.values, self.codes if rows is None else self.codes[rows])

    def is_null(self) -> NDArray[np.bool_]:
        """Whether each row lacks a value."""
        lacking = np.append(pc.is_null(self.values).to_numpy(zero_copy_only=False), True)
        return np.asarray(lacking[self.codes])

    def numpy(self, fill: float) -> NDArray[np.float64]:
        """Numbers, one a row."""
        values = pc.fill_null(self.values.cast(pa.float64()), fill).to_numpy(zero_copy_only=False)
        return np.asarray(np.append(values, fill)[self.codes])

    def ymd(self) -> NDArray[np.int64]:
        """Dates as year × 10000 + month × 100 + day, 0 where there is none."""
        made = [d.year * 10000 + d.month * 100 + d.day if d else 0 for d in self.values.to_pylist()]
        return np.asarray(np.array([*made, 0], np.int64)[self.codes])


@dataclass(frozen=True, eq=False)
class Flag:
    """Rows (by their index in the sheet) that a rule puts in question, and the column it is about."""

    rule: str
    column: str
    rows: NDArray[np.intp]


@dataclass(frozen=True)
class Change:
    """One distinct text that a rule changed: how often, and where first. No value of an identifier."""

    column: str
    rule: str
    raw: str | None
    value: str | None
    count: int
    row: int


@dataclass(eq=False)
class Cleaned:
    """A sheet's rows for one table."""

    table: TableSchema
    fields: dict[str, Field]
    here: NDArray[np.bool_]


@dataclass(eq=False)
class CleanSheet:
    """All that a sheet gives: its tables, the rows in question, the changes."""

    plan: SheetPlan
    tables: list[Cleaned] = field(default_factory=list)
    flags: list[Flag] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    mixed: list[str] = field(default_factory=list)

    def person(self, column: str) -> Field | None:
        """A person's column, from whichever table of the sheet has it."""
        found = (t.fields[column] for t in self.tables if t.table.is_personal and column in t.fields)
        return next(found, None)


class Cleaner:
    """Cleans the columns of one sheet; a column that feeds several tables is read once."""

    def __init__(self, plan: SheetPlan, setting: Setting) -> None:
        self._setting = setting
        self._nulls = plan.source.null_words
        self._source = plan.source
        self.sheet = CleanSheet(plan)
        self._done: dict[tuple[int, str, str], Field] = {}
        self._given: set[str] = set()
        self._surnames: set[str] = set()

    def clean(self) -> CleanSheet:
        """Every table of the sheet."""
        for feed in self.sheet.plan.feeds:
            fields = self._names(feed)
            if feed.table.is_personal:
                self._remember(feed, fields)
            for name, texts in feed.columns.items():
                column = feed.table.columns[name]
                if column.kind != "subdistrict" and name not in ("full_name", "given_name"):
                    fields[name] = self._field(column, texts, feed.options.get(name))
            if "subdistrict" in feed.columns:
                fields["subdistrict"] = self._subdistrict(feed, fields.get("district"))
            self.sheet.tables.append(Cleaned(feed.table, fields, feed.here))
        return self.sheet

    def _field(self, column: Column, texts: Texts, about: ColumnMap | None) -> Field:
        key = (id(texts), column.name, column.label.th)
        if key not in self._done:
            found = self._parse(column, texts, about)
            if column.kind == "text" and column.sensitivity != "identifier":
                found = redacted(found, self._given, self._surnames)
            self._log(column, texts, found)
            self._done[key] = Field(texts.codes, found.values)
        return self._done[key]

    def _parse(self, column: Column, texts: Texts, about: ColumnMap | None) -> Parsed:
        if about and about.values:
            texts = Texts(texts.codes, _mapped(texts.distinct, about.values))
        distinct, kind = texts.distinct, column.kind
        if kind == "id":
            return (read_ids if self._source.ids == "thai" else any_ids)(distinct, self._nulls)
        if kind in ("name", "text", "phone", "school", "full_name"):
            return names.read_text(distinct, self._nulls)
        if kind == "date":
            seen = distinct.to_pylist()
            era, order = (about.era, about.order) if about else ("auto", "auto")
            found = each(distinct, day_reader(seen, era, order), pa.date32(), self._nulls)
            if era == "auto" and mixed_eras(seen):
                self.sheet.mixed.append(column.name)
            return found
        if kind in ("number", "percent", "integer"):
            return self._number(column, distinct, about)
        readers = {
            "year": (parsed.buddhist_year, pa.int64()),
            "grade": (parsed.grade, pa.string()),
            "title": (names.read_title, pa.string()),
            "district": (district_reader(self._setting.province, self._source.places), pa.string()),
            "stream": (parsed.one_of(self._streams()), pa.string()),
            "code": (parsed.one_of(dict(column.spellings)), pa.string()),
        }
        read, typed = readers[kind]
        return each(distinct, read, typed, self._nulls)

    def _number(self, column: Column, distinct: pa.StringArray, about: ColumnMap | None) -> Parsed:
        read = parsed.integer if column.kind == "integer" else parsed.number
        found = each(distinct, read, pa.int64() if column.kind == "integer" else pa.float64(), self._nulls)
        if about and about.scale != 1.0:
            scaled = pc.multiply(found.values.cast(pa.float64()), about.scale)
            found = Parsed(pc.round(scaled, 6).cast(found.values.type), found.rules)
        rules = found.rules.copy()
        if column.name == "amount":
            rules[rules == index()["Q20"]] = index()["Q14"]
        values = found.values
        numbers = pc.fill_null(values.cast(pa.float64()), np.nan).to_numpy(zero_copy_only=False)
        low, high = column.low, column.high
        outside = (numbers < low if low is not None else False) | (
            numbers > high if high is not None else False
        )
        outside = np.broadcast_to(outside, numbers.shape)
        rules[outside] = index()["Q17"]
        return Parsed(pc.if_else(pa.array(outside), None, values), rules)

    def _remember(self, feed: Feed, fields: Mapping[str, Field]) -> None:
        """The names of the sheet, by which free text that tells a person is known."""
        if not any(
            c.kind == "text" and c.sensitivity != "identifier" and n in feed.columns
            for n, c in feed.table.columns.items()
        ):
            return
        if "surname" in feed.columns:
            surname = feed.table.columns["surname"]
            fields = {**fields, "surname": self._field(surname, feed.columns["surname"], None)}
        for name, known in (("given_name", self._given), ("surname", self._surnames)):
            if name in fields:
                known.update(fields[name].values.drop_null().to_pylist())

    def _streams(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for key, stream in self._setting.streams.items():
            found |= {text.casefold(): key for text in (key, stream.name.th, stream.name.en)}
        return found

    def _names(self, feed: Feed) -> dict[str, Field]:
        """Title, given name and surname, whichever way the sheet writes them."""
        columns = feed.table.columns
        if "full_name" in feed.columns and "given_name" not in feed.columns:
            texts, about, full = feed.columns["full_name"], columns["full_name"], True
        elif "given_name" in feed.columns:
            texts, about, full = feed.columns["given_name"], columns["given_name"], False
        else:
            return {}
        keys = [(id(texts), name, "names") for name in ("title", "given_name", "surname")]
        if keys[0] not in self._done:
            found = self._parse(about, texts, feed.options.get(about.name))
            if full:
                title, given, surname, bare = names.split_full(found)
            else:
                title, bare = names.split_title(found)
                given, surname = bare.values, pa.nulls(len(bare.values), pa.string())
            self._log(about, texts, bare)
            for key, values in zip(keys, (title, given, surname), strict=True):
                self._done[key] = Field(texts.codes, values)
        made = {
            name: self._done[key] for name, key in zip(("title", "given_name", "surname"), keys, strict=True)
        }
        written = {"title", "surname"} & set(feed.columns)
        return {name: column for name, column in made.items() if name not in written}

    def _subdistrict(self, feed: Feed, district: Field | None) -> Field:
        """Sub-districts are read within their district: many bear one name."""
        texts, column = feed.columns["subdistrict"], feed.table.columns["subdistrict"]
        key = (id(texts), "subdistrict", "")
        if key in self._done:
            return self._done[key]
        parents = len(district.values) + 1 if district else 1
        pair = texts.codes.astype(np.int64) * parents + (district.codes + 1 if district else 0)
        pairs, where = np.unique(np.where(texts.codes >= 0, pair, BLANK), return_inverse=True)
        blank = int((pairs < 0).sum())
        known = [None, *(district.values.to_pylist() if district else [])]
        within = [known[int(p % parents)] for p in pairs[blank:]]
        raw = texts.distinct.take(pa.array(pairs[blank:] // parents))
        paired = Texts((where - blank).astype(np.int32), raw)
        read = subdistrict_reader(self._setting.province, self._source.places)
        found = each(raw, read, pa.string(), self._nulls, within)
        self._log(column, paired, found)
        self._done[key] = Field(paired.codes, found.values)
        return self._done[key]

    def _log(self, column: Column, texts: Texts, found: Parsed) -> None:
        """Flags for refused texts, changes for the others."""
        touched = np.flatnonzero(found.rules)
        if not len(touched):
            return
        counts = np.bincount(texts.codes + 1, minlength=len(texts.distinct) + 1)[1:]
        first = _first_rows(texts.codes, len(texts.distinct))
        rows, refused = self.sheet.plan.body.grid.rows, found.refused
        for rule in np.unique(found.rules[refused & (counts > 0)]):
            if column.name not in _SIDE:
                bad = np.append(found.rules == rule, False)
                self.sheet.flags.append(Flag(codes()[rule], column.name, np.flatnonzero(bad[texts.codes])))
        hide = column.sensitivity == "identifier" or column.kind == "text"
        for at in touched[(counts[touched] > 0)].tolist():
            if not hide and not refused[at]:
                raw, value = texts.distinct[at].as_py(), found.values[at].as_py()
                self._change(
                    column,
                    found.rules[at],
                    raw,
                    None if value is None else str(value),
                    counts[at],
                    rows[first[at]],
                )
        if hide:
            # Identifiers and free text are logged by rule only: not what stood there.
            for rule in np.unique(found.rules[touched]):
                picked = touched[(found.rules[touched] == rule) & (counts[touched] > 0)]
                if len(picked):
                    self._change(column, rule, None, None, counts[picked].sum(), rows[first[picked].min()])

    def _change(
        self, column: Column, rule: int, raw: str | None, value: str | None, count: int, row: int
    ) -> None:
        self.sheet.changes.append(Change(column.name, codes()[rule], raw, value, int(count), int(row)))


def _first_rows(row_codes: NDArray[np.int32], size: int) -> NDArray[np.int64]:
    first = np.zeros(size + 1, np.int64)
    first[row_codes[::-1]] = np.arange(len(row_codes))[::-1]
    return first[:size]


def _mapped(distinct: pa.StringArray, values: Mapping[str, str | int]) -> pa.StringArray:
    """Texts that the mapping translates, the rest as they are."""
    given = {str(k).strip(): str(v) for k, v in values.items()}
    return pa.array([given.get(t.strip(), t) for t in distinct.to_pylist()], pa.string())
