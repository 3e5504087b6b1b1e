"""Targeting: whether support went to the poorest of the screened children, and how many of them it missed."""

import pandas as pd

from equity_lib.indicators.clustering import Clusters, homes
from equity_lib.indicators.sheet import Sheet
from equity_lib.indicators.supported import FIFTHS, among, has, screened, stream_names, supported, year_end
from equity_lib.registry.year import Year
from equity_lib.relations import Relation
from equity_lib.results import Dimension, Statement, Table

#: The band that targeting is judged by: the extremely poor of the year's own cut-off.
TARGET = "extremely_poor"
ANY = "any"


def targeting(year: Year) -> Table | Statement:
    """Exclusion, inclusion in both conventions, and the Coady-Grosh-Hoddinott index, by stream.

    The target is the extremely poor band, all within the screened children:

    - exclusion error = target children not reached ÷ target children
    - inclusion error, of those reached = reached outside the target ÷ all reached
    - inclusion error, of those outside = reached outside the target ÷ all outside the target
    - CGH = share of those reached who are in the target ÷ share of all who are in the target. A stream
      pays every child the same, so that this is the share of its baht.

    Returns
    -------
    Table or Statement
        `reach.targeting`, by stream and `any` of them.

    Source: Coady, Grosh and Hoddinott (2004), Targeting of transfers in developing countries, World Bank.
    """
    register = year.register
    if register is None or not has(register, "support_payment", "screening"):
        return Statement("needs.reach.targeting", names={"area": year.parameters.area_name})
    children = screened(register)
    children = children[children["band"].notna().to_numpy()]
    paid = supported(register)
    levels = (*stream_names(year), ANY)
    sheet = Sheet("reach.targeting", (Dimension("stream", levels, stream_names(year)),), lead="reached")
    target = children["band"] == TARGET
    clusters = Clusters(homes(register, children.index))
    for level in levels:
        own = paid["child_id"] if level == ANY else paid.loc[paid["stream"] == level, "child_id"]
        hit = pd.Series(among(children.index, own), children.index)
        _row(sheet, level, target, hit, own.nunique(), clusters)
    return sheet.table(year, population="screened_children", as_of=year_end(year))


def _row(
    sheet: Sheet, level: str, target: pd.Series, reached: pd.Series, paid: int, clusters: Clusters
) -> None:
    counts = {
        "reached": reached.sum(),
        "not_screened": paid - reached.sum(),
        "target": target.sum(),
        "target_reached": (target & reached).sum(),
        "target_missed": (target & ~reached).sum(),
        "outside": (~target).sum(),
        "outside_reached": (~target & reached).sum(),
        "screened": len(target),
    }
    for measure, count in counts.items():
        sheet.count(measure, int(count), level)
    if not reached.any():  # a stream whose children nobody screened: no rate of it would mean anything
        return
    share, among = sheet.share, clusters.share
    share("exclusion", "target_missed", "target", level, deff=among(~reached, target))
    share("inclusion_of_reached", "outside_reached", "reached", level, deff=among(~target, reached))
    share("inclusion_of_outside", "outside_reached", "outside", level, deff=among(reached, ~target))
    share("share_in_target", "target_reached", "reached", level, deff=among(target, reached))
    sheet.share("share_target", "target", "screened", level, method="full_count")
    terms = (sheet.cell("share_in_target", level), sheet.cell("share_target", level))
    sheet.follow("cgh", "times", Relation("ratio", sheet.cell("cgh", level), terms), level)


def incidence(year: Year) -> Table | Statement:
    """Benefit incidence: children and baht by welfare fifth of the screened children.

    Baht = Σ over streams of rate × children, a flat rate a stream.

    Returns
    -------
    Table or Statement
        `reach.incidence`, by fifth: children reached by each stream, baht, share of baht. Refused where a
        stream has no stated rate.

    Source: O'Donnell et al. (2008), Analyzing health equity using household survey data, ch. 14.
    """
    register, streams = year.register, year.parameters.streams or []
    if register is None or not has(register, "support_payment", "screening"):
        return Statement("needs.reach.incidence", names={"area": year.parameters.area_name})
    if not streams or any(stream.rate is None for stream in streams):
        return Statement("needs.reach.rates", names={"area": year.parameters.area_name})
    paid = supported(register)
    fifth = paid["child_id"].map(screened(register)["fifth"])
    counts = paid.groupby([fifth.rename("fifth"), "stream"]).size()
    names = stream_names(year)
    levels = (*FIFTHS, "total")
    sheet = Sheet(
        "reach.incidence",
        (
            Dimension("stream", (*names, "total"), names, total="total"),
            Dimension("fifth", levels, total="total"),
        ),
        lead="children",
    )
    for stream in streams:
        _stream(sheet, stream.key, float(stream.rate or 0), counts)
    keys = tuple(names)
    for level in levels:
        parts = tuple(sheet.cell("baht", key, level) for key in keys)
        relation = Relation("sum", sheet.cell("baht", "total", level), parts)
        sheet.follow("baht", "baht", relation, "total", level)
    for key in (*keys, "total"):
        for level in FIFTHS:
            terms = (sheet.cell("baht", key, level), sheet.cell("baht", key, "total"))
            relation = Relation("ratio", sheet.cell("share_of_baht", key, level), terms, scale=100)
            sheet.follow("share_of_baht", "percent", relation, key, level, method="full_count")
    return sheet.table(year, population="screened_children", as_of=year_end(year))


def _stream(sheet: Sheet, key: str, rate: float, counts: pd.Series) -> None:
    found = {level: float(counts.get((level, key), 0)) for level in FIFTHS}
    found["total"] = sum(found.values())
    price = f"money.{key}.rate"
    sheet.values[price] = rate
    for level, count in found.items():
        sheet.count("children", count, key, level)
        cell = sheet.cell("children", key, level)
        relation = Relation("product", sheet.cell("baht", key, level), (price, cell))
        sheet.follow("baht", "baht", relation, key, level)
    parts = tuple(sheet.cell("children", key, level) for level in FIFTHS)
    sheet.relations.append(Relation("sum", sheet.cell("children", key, "total"), parts))
