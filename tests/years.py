"""Years for tests: the published ones of Khon Kaen, and variants that change a few keys."""

from pathlib import Path
from typing import Any

from equity_lib.programme.loading import load_year
from equity_lib.programme.parameters import YearParameters
from equity_lib.registry.year import Year

ROOT = Path(__file__).parents[1]


def parameters(program_year: int = 2562, **changes: Any) -> YearParameters:
    """Published parameters of Khon Kaen, with `changes` put in as they are."""
    return load_year(ROOT, "khon-kaen", program_year).model_copy(update=changes)


def year(program_year: int = 2562, **changes: Any) -> Year:
    """An opened year with its earlier ones."""
    earlier = tuple(parameters(each) for each in (2562,) if each < program_year)
    return Year(parameters(program_year, **changes), earlier)


def streams(*figures: tuple[str, int | None, int | None, int | None]) -> list[Any]:
    """Streams from (key, rate, cases, stated amount)."""
    one = (parameters().streams or [])[0]
    return [
        one.model_copy(update={"key": key, "rate": rate, "cases": cases, "amount": amount, "fact": None})
        for key, rate, cases, amount in figures
    ]
