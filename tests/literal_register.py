"""A register of literal rows, for indicators whose every child is known."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from equity_lib.registry.schema import load
from equity_lib.registry.year import Year
from tests.years import parameters

#: Streams of the literal year: (key, rate, first age, last age).
STREAMS = (("early", 800, 2, 6), ("late", 4_000, 7, 21))


class LiteralRegister:
    """Answers like `equity_lib.registry.register.Register`; columns that aren't given are missing."""

    def __init__(self, **tables: Sequence[Mapping[str, Any]]) -> None:
        self._tables = {name: pd.DataFrame(list(rows)) for name, rows in tables.items() if rows}
        self.pairs: list[tuple[str, str]] = []
        self.held: list[dict[str, Any]] = []

    def tables(self) -> dict[str, int]:
        return {name: len(rows) for name, rows in self._tables.items()}

    def put(self, name: str, row: int, **values: Any) -> None:
        """Other values in one row of a table."""
        for column, value in values.items():
            self._tables[name].loc[row, column] = value

    def table(self, name: str, columns: Sequence[str] | None = None) -> pd.DataFrame:
        asked = list(columns or load().tables[name].public)
        frame = self._tables.get(name, pd.DataFrame()).reindex(columns=asked)
        for column in asked:
            if "date" in column or column == "as_of":
                frame[column] = pd.to_datetime(frame[column])
        return frame

    def candidates(self) -> pd.DataFrame:
        return pd.DataFrame(self.pairs, columns=["first", "second"])

    def in_question(self) -> pd.DataFrame:
        return pd.DataFrame(self.held, columns=["rule", "child_id"])


def literal_year(register: LiteralRegister) -> Year:
    """A synthetic year of two streams with rates and ages."""
    one = (parameters().streams or [])[0]
    ages = type((parameters().streams or [])[1].ages)
    own = [
        one.model_copy(update={"key": key, "rate": rate, "ages": ages.model_validate({"from": a, "to": b})})
        for key, rate, a, b in STREAMS
    ]
    return Year(parameters(streams=own, kind="synthetic"), (), register)  # type: ignore[arg-type]


def paid(*children: str, stream: str = "early", amount: float = 800) -> list[dict[str, Any]]:
    return [{"child_id": c, "stream": stream, "amount": amount, "status": "paid"} for c in children]
