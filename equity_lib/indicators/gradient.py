"""Gradient: how support lies over the welfare of screened children, poorest to best off."""

import math

import numpy as np
import pandas as pd

from equity_lib.indicators.clustering import Clusters, enough, homes
from equity_lib.indicators.concentration import Concentration, concentration, rank
from equity_lib.indicators.intervals import Z
from equity_lib.indicators.sheet import Sheet
from equity_lib.indicators.supported import (
    FIFTHS,
    among,
    has,
    screened,
    stream_names,
    supported,
    year_end,
)
from equity_lib.registry.register import Register
from equity_lib.registry.year import Year
from equity_lib.relations import Relation
from equity_lib.results import Chart, Dimension, Statement, Table

ANY = "any"


def gradient(year: Year) -> Table | Statement:
    """Concentration indices of being supported over welfare, by stream.

    Returns
    -------
    Table or Statement
        `equity.concentration`, by stream and `any` of them: Erreygers's E (leading), raw C and Wagstaff's
        W, each with its interval, and the children screened and reached. Negative: the poorer are reached
        more. A stream that reached no screened child has no index. Standard errors are clustered by
        sub-district where the register has 30 or more. Chart `forest`.
    """
    register = year.register
    if register is None or not has(register, "support_payment", "screening"):
        return Statement("needs.equity.concentration", names={"area": year.parameters.area_name})
    children = _ranked(register)
    paid = supported(register)
    names = stream_names(year)
    levels = (*names, ANY)
    sheet = Sheet("equity.concentration", (Dimension("stream", levels, names),), lead="erreygers")
    codes = enough(homes(register, children.index))
    ranking = rank(children["welfare"].to_numpy(float))
    for level in levels:
        own = paid["child_id"] if level == ANY else paid.loc[paid["stream"] == level, "child_id"]
        reached = among(children.index, own)
        sheet.count("screened", len(children), level)
        sheet.count("reached", int(reached.sum()), level)
        _indices(sheet, level, concentration(reached.astype(float), ranking, clusters=codes), codes)
    shown = [level for level in levels if not math.isnan(sheet.values[sheet.cell("index", level)])]
    encodings = {"x": "erreygers", "y": "stream", "reference": "0", "levels": ",".join(shown)}
    title = Statement("chart.equity.concentration.forest", {"index": sheet.cell("erreygers", ANY)})
    chart = Chart("equity.concentration.forest", "forest", sheet.id, encodings, title)
    return sheet.table(
        year, population="screened_children", as_of=year_end(year), charts=(chart,) if len(shown) > 1 else ()
    )


def _ranked(register: Register) -> pd.DataFrame:
    """Screened children whose welfare is known."""
    children = screened(register)
    return children[children["welfare"].notna().to_numpy()]


def _indices(sheet: Sheet, level: str, found: Concentration, codes: np.ndarray | None) -> None:
    method = "influence" if codes is None else "influence_clustered"
    # Where nobody was reached there is nothing to rank, whatever the bounded index says.
    none = found.mean == 0
    measures = zip(("erreygers", "index", "wagstaff"), (2, 0, 1), strict=True)
    for measure, at in measures:
        value, error = (math.nan, math.nan) if none else (found.indices[at], found.errors[at])
        more = {"status": "not_estimable"} if math.isnan(value) else {"n": found.n}
        sheet.put(
            measure, "index", value, level,
            low=value - Z * error, high=value + Z * error, method=method, **more,
        )  # fmt: skip


def curve(year: Year) -> Table | Statement:
    """Concentration curve: cumulative share of supported children, from the poorest fifth upwards.

    Returns
    -------
    Table or Statement
        `equity.curve`, by fifth: children screened, reached, coverage, reached up to and with this fifth,
        and its share of all reached. Above the diagonal: the poorer hold more than their share. Chart
        `curve`.
    """
    register = year.register
    if register is None or not has(register, "support_payment", "screening"):
        return Statement("needs.equity.concentration", names={"area": year.parameters.area_name})
    children = _ranked(register)
    reached = among(children.index, supported(register)["child_id"])
    whole = children["fifth"].value_counts().reindex(FIFTHS, fill_value=0)
    own = children.loc[reached, "fifth"].value_counts().reindex(FIFTHS, fill_value=0)
    dim = Dimension("fifth", (*FIFTHS, "total"), total="total")
    sheet = Sheet("equity.curve", (dim,), lead="screened")
    for measure, counts in (("screened", whole), ("reached", own)):
        for fifth in FIFTHS:
            sheet.count(measure, int(counts[fifth]), fifth)
        parts = tuple(sheet.cell(measure, fifth) for fifth in FIFTHS)
        relation = Relation("sum", sheet.cell(measure, "total"), parts)
        sheet.count(measure, int(counts.sum()), "total", relation=relation)
    clusters = Clusters(homes(register, children.index))
    effects = clusters.shares(children["fifth"], reached) | {"total": clusters.share(reached)}
    for fifth in dim.levels:
        sheet.share("coverage", "reached", "screened", fifth, deff=effects.get(fifth))
    for at, fifth in enumerate(FIFTHS):
        parts = tuple(sheet.cell("reached", each) for each in FIFTHS[: at + 1])
        relation = Relation("sum", sheet.cell("up_to", fifth), parts)
        sheet.count("up_to", int(own.iloc[: at + 1].sum()), fifth, relation=relation)
    for fifth in FIFTHS:
        terms = (sheet.cell("up_to", fifth), sheet.cell("reached", "total"))
        relation = Relation("ratio", sheet.cell("cumulative", fifth), terms, scale=100)
        deff = clusters.share(children["fifth"] <= fifth, reached)
        sheet.follow("cumulative", "percent", relation, fifth, method="wilson", deff=deff)
    title = Statement("chart.equity.curve.curve", {"share": sheet.cell("cumulative", "2")})
    encodings = {"x": "fifth", "y": "cumulative", "levels": ",".join(FIFTHS)}
    chart = Chart("equity.curve.curve", "concentration", sheet.id, encodings, title)
    return sheet.table(year, population="screened_children", as_of=year_end(year), charts=(chart,))
