"""Dispersion: how unequal amounts are, where they differ at all."""

import math

import numpy as np
import pandas as pd

from equity_lib.indicators.clustering import enough, homes, residence
from equity_lib.indicators.inequality import Theil, gini, limits, theil
from equity_lib.indicators.sheet import Sheet
from equity_lib.indicators.supported import beside, has, people, screened, stream_names, supported, year_end
from equity_lib.registry.year import Year
from equity_lib.results import Dimension, Statement, Table


def support(year: Year) -> Table | Statement:
    """Gini and Theil of baht a child, by stream; refused where every child of a stream gets one rate.

    On flat rates an index would be 0 within a stream, and across streams it would only say who is in
    two of them, which the overlap of streams says better.

    Returns
    -------
    Table or Statement
        `equity.inequality`, by stream whose amounts differ, or `refused.equity.flat_rates`.
    """
    register = year.register
    if register is None or not has(register, "support_payment"):
        return Statement("needs.equity.inequality", names={"area": year.parameters.area_name})
    paid = supported(register)
    varied = [key for key in stream_names(year) if paid.loc[paid["stream"] == key, "amount"].nunique() > 1]
    if not varied:
        return Statement("refused.equity.flat_rates", names={"area": year.parameters.area_name})
    names = stream_names(year)
    dim = Dimension("stream", tuple(varied), {key: names[key] for key in varied})
    sheet = Sheet("equity.inequality", (dim,), lead="gini")
    places = people(register, ["district"])["district"] if has(register, "child") else pd.Series(dtype="str")
    where = residence(register)
    for key in varied:
        own = paid[paid["stream"] == key].set_index("child_id")["amount"]
        _amounts(sheet, key, own, places.reindex(own.index), where.reindex(own.index))
    return sheet.table(year, population="supported_children", as_of=year_end(year))


def income(year: Year) -> Table | Statement:
    """Gini and Theil of income a head in the households of screened children, within and between districts.

    Returns
    -------
    Table or Statement
        `equity.income`, one level `income`: Gini, Theil's T and L and the parts of each within and
        between districts, children with an income above 0, and those without a stated one.
    """
    register = year.register
    if register is None or not has(register, "screening", "child"):
        return Statement("needs.equity.income", names={"area": year.parameters.area_name})
    told = pd.to_numeric(screened(register)["income"]).astype(float)
    if not (told > 0).any():
        return Statement("needs.equity.income", names={"area": year.parameters.area_name})
    sheet = Sheet("equity.income", (Dimension("amount", ("income",)),), lead="gini")
    places = beside(told.index, people(register, ["district"]))["district"]
    _amounts(sheet, "income", told, places, homes(register, told.index))
    return sheet.table(year, population="screened_children", as_of=year_end(year))


def _amounts(sheet: Sheet, level: str, told: pd.Series, places: pd.Series, where: pd.Series) -> None:
    """One row: amounts above 0 count, the others are told as missing."""
    stated = (told > 0).to_numpy()
    own = told[stated]
    amounts = own.to_numpy(float)
    codes, _ = pd.factorize(places[stated].fillna("unknown"), sort=True)
    sheet.count("children", len(own), level)
    sheet.count("without_amount", len(told) - len(own), level)
    missing = len(told) - len(own)
    alike = enough(where[stated])
    found, parts = gini(amounts, clusters=alike), theil(amounts, np.asarray(codes), clusters=alike)
    how = "influence" if alike is None else "influence_clustered"
    groups = None if alike is None else int(alike.max()) + 1
    for measure, value, error in (("gini", found.index, found.se), *_parts(parts)):
        low, high = limits(value, error, groups)
        sheet.put(
            measure, "index", value, level, n=len(own), missing=missing,
            low=low, high=high, method=how if error == error else "",
        )  # fmt: skip


def _parts(found: Theil) -> tuple[tuple[str, float, float], ...]:
    return (
        ("theil_t", found.theil_t, found.se_t),
        ("within_t", found.within_t, math.nan),
        ("between_t", found.between_t, math.nan),
        ("theil_l", found.theil_l, found.se_l),
        ("within_l", found.within_l, math.nan),
        ("between_l", found.between_l, math.nan),
    )
