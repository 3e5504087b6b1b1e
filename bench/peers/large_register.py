"""A register of any number of made-up children, written as an import writes it, for the benches.

Only the tables that are asked for are made. As in offices' files, a child stands in several of them in
another order, payments are repeated and taken back, and some children have moved, left or can't be found.
"""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

#: Programme years of the register, from the last one backwards.
LAST = 2563
STREAMS = {"early_childhood": 800.0, "out_of_school": 4_000.0, "covid_aid": 600.0}
DISTRICTS = [f"40{at:02d}" for at in (*range(1, 26), 29)]
GRADES = ["care", "k2", "k3", *(f"p{at}" for at in range(1, 7)), *(f"m{at}" for at in range(1, 7))]
DOMAINS = ["GM", "FM", "RL", "EL", "PS"]
BANDS = ["extremely_poor", "poor", "near_poor", "not_poor"]
AGENCIES = [f"หน่วยงาน {at:02d}" for at in range(1, 21)]
REASONS = ["poverty", "work", "family", "health", "distance"]
OUTCOMES = ["returned", "skills", "working", "following", "lost", "moved"]
STATUSES = ["enrolled", "dropped_out", "transferred", "moved", "unknown"]
_QUARANTINE = {
    **dict.fromkeys(("sheet", "row", "part"), pa.int64()),
    **dict.fromkeys(("rule", "column", "rules", "stream", "child_id"), pa.string()),
    "amount": pa.float64(),
}


def paths(folder: Path, table: str, year: int = LAST) -> list[str]:
    """The Parquet files that hold a table in a programme year, oldest first."""
    return [str(path) for path in sorted((folder / "imports" / _import(year)).glob(f"*-{table}.parquet"))]


def write(folder: Path, rows: int, years: int, tables: Iterable[str]) -> None:
    """A register of `rows` child-years over so many programme years, with these tables."""
    wanted, parts = set(tables), []
    own = rows // years
    chance = np.random.default_rng(rows)
    names = _pseudonyms(chance, own + own // 10 * (years - 1))
    birth = chance.integers(0, 16 * 365, len(names))  # days before the youngest can be two
    for back in reversed(range(years)):
        year = LAST - back
        first = own // 10 * (years - 1 - back)  # each year a tenth of the children is new
        at = chance.permutation(np.arange(first, first + own))
        made = _Made(folder / "imports" / _import(year), year, names, at, birth, chance)
        made.write(wanted)
        parts += [
            {
                "import_id": _import(year),
                "number": number,
                "year": year,
                "file": "",
                "sha256": "",
                "fixes": "",
            }
            for number in range(4)
        ]
    (folder / "states").mkdir(parents=True)
    (folder / "states" / "1.json").write_text(json.dumps({"state": 1, "parts": parts}), "utf-8")
    (folder / "HEAD.json").write_text('{"state": 1}', "utf-8")


def _import(year: int) -> str:
    return f"{year:016x}"


def _pseudonyms(chance: np.random.Generator, count: int) -> pa.Array:
    text = pa.py_buffer(chance.bytes(16 * count).hex().encode())
    return pa.LargeStringArray.from_buffers(count, pa.py_buffer(np.arange(count + 1) * 32), text)


class _Made:
    """The tables of one programme year; `at` says which child stands in each row of the list."""

    def __init__(
        self,
        folder: Path,
        year: int,
        names: pa.Array,
        at: np.ndarray,
        birth: np.ndarray,
        chance: np.random.Generator,
    ) -> None:
        self.folder, self.year, self.chance = folder, year, chance
        self.names, self.at = names.cast(pa.string()) if len(names) < 6e7 else names, at
        youngest = np.datetime64(f"{year - 543 - 2}-05-16") - np.timedelta64(0, "D")
        self.born = youngest - birth.astype("timedelta64[D]")
        self.age = (np.datetime64(f"{year - 543}-05-16") - self.born).astype(int) / 365.25
        self.place = np.arange(len(names)) % 7919 % 26  # of each child, for good
        self.group = np.arange(len(names)) * 2654435761 % 1000  # what else stays with a child
        self.paid = at[chance.random(len(at)) < 0.3]

    def write(self, wanted: set[str]) -> None:
        """Files of the year: 0 the list of children, 1 payments, 2 lists of the office, 3 school lists."""
        self.folder.mkdir(parents=True)
        for name in sorted(wanted):
            getattr(self, f"_{name}")()
        told = {"migrations": ["0001_first"], "parts": [{"account": {}, "mends": []}] * 4}
        (self.folder / "manifest.json").write_text(json.dumps(told), "utf-8")
        pq.write_table(
            pa.table({name: pa.array([], kind) for name, kind in _QUARANTINE.items()}),
            self.folder / "quarantine.parquet",
        )
        none = {
            "first": pa.array([], pa.string()),
            "second": pa.array([], pa.string()),
            "part": pa.array([], pa.int64()),
        }
        pq.write_table(pa.table(none), self.folder / "candidates.parquet")

    def _put(self, part: int, table: str, columns: Mapping[str, pa.Array]) -> None:
        rows = pa.table(dict(columns))
        path = self.folder / f"{part}-{table}.parquet"
        pq.write_table(rows, path, compression="zstd", compression_level=1, row_group_size=1 << 20)

    def _who(self, child: np.ndarray) -> pa.Array:
        return self.names.take(pa.array(child))

    def _one_of(self, words: list[str], codes: np.ndarray, blank: np.ndarray | None = None) -> pa.Array:
        return pa.DictionaryArray.from_arrays(pa.array(codes.astype(np.int32), mask=blank), pa.array(words))

    def _drawn(
        self, words: list[str], rows: int, p: list[float] | None = None, blank: float = 0.0
    ) -> pa.Array:
        edges = np.cumsum(p if p is not None else np.full(len(words), 1 / len(words)))
        codes = np.minimum(np.searchsorted(edges, self.chance.random(rows)), len(words) - 1)
        return self._one_of(words, codes, self.chance.random(rows) < blank if blank else None)

    def _days(self, first: str, span: int, rows: int) -> pa.Array:
        return pa.array((np.datetime64(first) + self.chance.integers(0, span, rows)).astype("datetime64[D]"))

    def _child(self) -> None:
        for part, child in ((0, self.at), (1, self.paid)):
            place = self.place[child]
            plot = [f"{district}{at:02d}" for district in DISTRICTS for at in range(1, 9)]
            told = {
                "child_id": self._who(child),
                "birth_date": pa.array(self.born[child]),
                "sex": self._one_of(["male", "female"], self.group[child] % 2),
                "district": self._one_of(DISTRICTS, place),
                "subdistrict": self._one_of(plot, place * 8 + self.group[child] % 8),
            }
            if part == 0:
                told["disability"] = self._one_of(["none", "disabled"], self.group[child] % 33 == 0)
            self._put(part, "child", told)

    def _screening(self) -> None:
        child = self.at[self.group[self.at] >= 300]
        score = np.round(self.chance.normal(450, 80, len(child)).clip(100, 900), 2)
        self._put(
            0,
            "screening",
            {
                "child_id": self._who(child),
                "date": self._days(f"{self.year - 543}-06-01", 60, len(child)),
                "income": pa.array(np.round(self.chance.lognormal(7.5, 0.6, len(child)))),
                "pmt_score": pa.array(score),
                "band": self._one_of(BANDS, np.searchsorted([405, 450, 500], score)),
            },
        )

    def _support_payment(self) -> None:
        stream = self.chance.integers(0, 3, len(self.paid))
        twice = self.chance.random(len(self.paid)) < 0.1
        child = np.concatenate([self.paid, self.paid[twice]])
        stream = np.concatenate([stream, (stream[twice] + self.chance.integers(0, 2, twice.sum())) % 3])
        amount = np.array(list(STREAMS.values()))[stream]
        status = np.minimum(np.searchsorted([0.97, 0.99], self.chance.random(len(child))), 1)
        back = self.chance.random(len(child)) < 0.01
        child, stream = np.concatenate([child, child[back]]), np.concatenate([stream, stream[back]])
        amount = np.concatenate([amount, -amount[back]])
        status = np.concatenate([status, np.full(back.sum(), 2)])
        self._put(
            1,
            "support_payment",
            {
                "child_id": self._who(child),
                "stream": self._one_of(list(STREAMS), stream),
                "amount": pa.array(amount),
                "date": self._days(f"{self.year - 543}-10-01", 360, len(child)),
                "status": self._one_of(["paid", "pending", "reversal"], status),
            },
        )

    def _enrolment(self) -> None:
        listed = self.at[(self.group[self.at] % 20 != 0) | (self.chance.random(len(self.at)) < 0.3)]
        child = np.repeat(listed, 2)
        term = np.tile([1, 2], len(listed))
        once = np.minimum(np.searchsorted([0.94, 0.97, 0.98, 0.99], self.chance.random(len(listed))), 4)
        status = np.where(term == 1, 0, np.repeat(once, 2))
        opened = np.full(len(child), 100.0)
        self._put(
            3,
            "enrolment",
            {
                "child_id": self._who(child),
                "school": self._one_of(
                    [f"{kind}40{at:06d}" for kind in ("10", "30", "11", "13", "12") for at in range(1, 401)],
                    self.place[child] * 76 + self.group[child] % 76,
                ),
                "grade": self._one_of(GRADES, np.clip(self.age[child].astype(int) - 2, 0, len(GRADES) - 1)),
                "academic_year": pa.array(np.full(len(child), self.year)),
                "term": pa.array(term),
                "enrol_status": self._one_of(STATUSES, status),
                "days_open": pa.array(opened),
                "days_present": pa.array(np.round(opened * self.chance.beta(12, 2, len(child)))),
            },
        )

    def _assessment(self) -> None:
        young = self.at[(self.age[self.at] < 6) & (self.group[self.at] >= 200)]
        child = np.repeat(young, len(DOMAINS))
        self._put(
            2,
            "assessment",
            {
                "child_id": self._who(child),
                "instrument": self._one_of(["DSPM"], np.zeros(len(child))),
                "date": self._days(f"{self.year - 543}-08-01", 120, len(child)),
                "domain": self._one_of(DOMAINS, np.tile(np.arange(5), len(young))),
                "score": pa.nulls(len(child), pa.float64()),
                "result": self._drawn(["passed", "suspected", "delayed"], len(child), [0.75, 0.2, 0.05]),
            },
        )

    def _out_of_school(self) -> None:
        child = self.at[self.group[self.at] % 20 == 0]
        child = child[(self.group[child] // 20 + self.year) % 2 == 0]  # nobody is found twice
        rows = len(child)
        found = np.datetime64(f"{self.year - 543}-10-01") + self.chance.integers(0, 330, rows)
        end = np.datetime64(f"{self.year - 542}-09-30")
        code = np.minimum(np.searchsorted([0.25, 0.32, 0.4, 0.8, 0.9], self.chance.random(rows)), 5)
        on = np.minimum(found + self.chance.integers(1, 300, rows), end)
        self._put(
            2,
            "out_of_school",
            {
                "child_id": self._who(child),
                "found_date": pa.array(found),
                "found_by": self._drawn(AGENCIES, rows, blank=0.1),
                "reason": self._drawn(REASONS, rows, blank=0.05),
                "referral": self._drawn(AGENCIES, rows, blank=0.1),
                "outcome": self._one_of(OUTCOMES, code),
                "outcome_date": pa.array(on, mask=~np.isin(code, (0, 1, 5))),
                "follow_up_date": pa.array(np.minimum(found + self.chance.integers(0, 200, rows), end)),
            },
        )

    def _population(self) -> None:
        keys = [
            (district, age, sex) for district in DISTRICTS for age in range(22) for sex in ("male", "female")
        ]
        districts, ages, sexes = zip(*keys, strict=True)
        day = np.full(len(keys), np.datetime64(f"{self.year - 543}-12-31"))
        self._put(
            2,
            "population",
            {
                "district": pa.array(districts),
                "age": pa.array(ages),
                "sex": pa.array(sexes),
                "persons": pa.array(np.full(len(keys), len(self.at) // 1_000 + 1)),
                "as_of": pa.array(day),
            },
        )

    def _target(self) -> None:
        streams = list(STREAMS)
        self._put(
            2,
            "target",
            {
                "indicator": pa.array(["supported_children"] * 3),
                "stream": pa.array(streams),
                "target_value": pa.array([float(len(self.at) // 10)] * 3),
            },
        )
