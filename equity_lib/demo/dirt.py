"""Dirt as offices make it: rows that must be quarantined, each counted, and dress that must be taken off."""

from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from equity_lib.demo.persons import citizen_ids
from equity_lib.demo.scenario import Scenario

_THAI = str.maketrans("0123456789", "๐๑๒๓๔๕๖๗๘๙")
MONTHS = ("ม.ค.", "ก.พ.", "มี.ค.", "เม.ย.", "พ.ค.", "มิ.ย.", "ก.ค.", "ส.ค.", "ก.ย.", "ต.ค.", "พ.ย.", "ธ.ค.")
#: Serials of IDs that stand for teachers and wrongly typed numbers: no child has one.
_FREE_SERIALS = 9_000_000


def thai_digits(text: str) -> str:
    """The text with Thai digits."""
    return text.translate(_THAI)


def write_days(days: pd.Series, form: str = "slash") -> NDArray[np.object_]:
    """Days as text: `slash` 5/6/2555, `short` 5/6/55, `words` 5 มิ.ย. 2555."""
    forms: dict[str, Callable[[pd.Timestamp], str]] = {
        "slash": lambda d: f"{d.day}/{d.month:02d}/{d.year + 543}",
        "short": lambda d: f"{d.day}/{d.month:02d}/{(d.year + 543) % 100:02d}",
        "words": lambda d: f"{d.day} {MONTHS[d.month - 1]} {d.year + 543}",
    }
    codes, distinct = pd.factorize(pd.Series(days.to_numpy("datetime64[s]")))
    texts = np.array([forms[form](day) for day in pd.DatetimeIndex(distinct)] + [""], object)
    return np.asarray(texts[codes])


class Dirt:
    """Spoils the rows of one form and counts what it did.

    Parameters
    ----------
    rows
        Text cells under the form's headings.
    scenario, part
        Where the choice of rows comes from; all counts of rows to spoil are times its scale.
    spare
        Rows at the end that stay as they are.

    Attributes
    ----------
    counts
        Rule → rows that the rule must hold (Q) or cells it must mend (A).
    held
        Rows that must be in quarantine: no row is spoiled twice.
    """

    def __init__(self, rows: pd.DataFrame, scenario: Scenario, *part: str | int, spare: int = 0) -> None:
        self.rows = rows.reset_index(drop=True)
        self.counts: Counter[str] = Counter()
        self.held = 0
        self.repeated = 0
        self._rng = scenario.rng("dirt", *part)
        self._province, self._times = scenario.province, scenario.scale
        self._spoilt: set[int] = set()
        self._free = list(self._rng.permutation(len(rows) - spare))

    def spoil(self, rule: str, column: str, text: str | Callable[[str], str], count: int) -> None:
        """Put what `rule` quarantines into a column of `count` untouched rows in which something stands."""
        picked = self._pick(count, column)
        old = self.rows.loc[picked, column]
        self.rows.loc[picked, column] = [text(cell) if callable(text) else text for cell in old]
        self._hold(rule, len(picked))

    def dress(self, rule: str, column: str, change: Callable[[str], str], share: float) -> None:
        """Write some cells of a column in another way, which the rule takes off; counted if it changes.

        Spoiled rows stay as they are: dress could mend them.
        """
        values = self.rows[column].to_numpy(object, copy=True)
        chosen = self._rng.random(len(values)) < share
        chosen[list(self._spoilt)] = False
        picked = np.flatnonzero(chosen)
        old = values[picked]
        values[picked] = [change(cell) if cell else cell for cell in old]
        self.rows[column] = values
        self.counts[rule] += int((values[picked] != old).sum())

    def wrong_ids(self, column: str, *, checks: int = 3, places: int = 2, scientific: int = 2) -> None:
        """Q01 wrong check digit, Q02 no such province, Q03 scientific notation."""
        self.spoil("Q01", column, lambda _: self._free_id(self._province, wrong_by=3), checks)
        self.spoil("Q02", column, lambda _: self._free_id("99"), places)
        self.spoil("Q03", column, "9.40000E+12", scientific)

    def _free_id(self, province: str, wrong_by: int = 0) -> str:
        """An ID that is nobody's, with a check digit that is wrong by as much."""
        serial = _FREE_SERIALS + int(self._rng.integers(0, 900_000))
        made = citizen_ids(np.array([serial]), province)[0]
        return made[:-1] + str((int(made[-1]) + wrong_by) % 10)

    def teacher(self, column: str, rows: int = 4) -> None:
        """Q04: a teacher's ID on several children."""
        picked = self._pick(rows, column)
        self.rows.loc[picked, column] = citizen_ids(np.array([_FREE_SERIALS + 950_000]), self._province)[0]
        self._hold("Q04", len(picked))

    def two_names(self, column: str, name: str, count: int = 2) -> None:
        """Q05: a row again under another name; both are in question."""
        picked = self._pick(count, column)
        again = self.rows.loc[picked].copy()
        again[name] = "ชื่ออื่น ไม่ตรงกัน"
        self._append(again)
        self._hold("Q05", 2 * len(picked))

    def two_ids(self, column: str, count: int = 3) -> None:
        """Q06: a child again under another ID; both rows stay, a person decides."""
        picked = self._pick(count, column)
        again = self.rows.loc[picked].copy()
        again[column] = [f"G63{self._province}{99_900_000 + i:08d}" for i in range(len(picked))]
        self._append(again)
        self.counts["Q06"] += len(picked)

    def repeat(self, count: int) -> None:
        """A32: rows that stand there twice, cell by cell; call it last."""
        picked = self._pick(count, self.rows.columns[0])
        self._append(self.rows.loc[picked])
        self.counts["A32"] += len(picked)
        self.repeated += len(picked)

    def spoil_all(self, rule: str, columns: Sequence[str], texts: Sequence[str], count: int) -> None:
        """Like `spoil`, for a fault that takes several cells."""
        picked = self._pick(count, columns[0])
        for column, text in zip(columns, texts, strict=True):
            self.rows.loc[picked, column] = text
        self._hold(rule, len(picked))

    def _pick(self, count: int, column: str) -> list[int]:
        picked: list[int] = []
        while self._free and len(picked) < count * self._times:
            row = int(self._free.pop())
            if self.rows.at[row, column] != "":
                picked.append(row)
        self._spoilt.update(picked)
        return picked

    def _hold(self, rule: str, rows: int) -> None:
        self.counts[rule] += rows
        self.held += rows

    def _append(self, rows: pd.DataFrame) -> None:
        self.rows = pd.concat([self.rows, rows], ignore_index=True)
