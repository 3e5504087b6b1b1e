"""Gaps: how the share reached differs between two groups of screened children."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import pandas as pd

from equity_lib.indicators.clustering import Clusters, homes
from equity_lib.indicators.parity import adjusted
from equity_lib.indicators.sheet import Sheet
from equity_lib.indicators.supported import among, beside, has, people, screened, supported, year_end
from equity_lib.registry.year import Year
from equity_lib.relations import Relation
from equity_lib.results import Chart, Dimension, Statement, Table

#: Comparison → (column, the likely disadvantaged group, the other), in the order of the table.
COMPARISONS = {
    "sex": ("sex", "female", "male"),
    "disability": ("disability", "disabled", "none"),
    "band": ("band", "extremely_poor", "not_poor"),
    "place": ("place", "elsewhere", "town"),
}
GROUPS = ("disadvantaged", "advantaged")
COUNTED = ("person",)
#: Who is disabled is nobody else's business: that none or all of them were reached isn't shown.
SENSITIVE = ("comparison.disability",)


def gaps(year: Year) -> Table | Statement:
    """Parity of coverage between groups: ratio, adjusted ratio and absolute gap.

    Groups are girls and boys, children with and without a disability, the extremely poor and the not
    poor, and the other districts and that of the provincial town; all within the screened children.

    Returns
    -------
    Table or Statement
        `equity.parity`, by comparison: for each group the children, those reached and the share; then
        `parity` = share of the first ÷ share of the second, `adjusted_parity` and `gap` in points. A
        comparison that the register can't make is left out.
    """
    register = year.register
    if register is None or not has(register, "support_payment", "screening", "child"):
        return Statement("needs.equity.parity", names={"area": year.parameters.area_name})
    children = screened(register)[["band"]]
    told = people(register, ["sex", "disability", "district"])
    children = pd.concat([children, beside(children.index, told)], axis=1)
    town = f"{year.parameters.province}01"
    in_town = children["district"].eq(town).map({True: "town", False: "elsewhere"})
    children["place"] = in_town.where(children["district"].notna())
    reached = pd.Series(among(children.index, supported(register)["child_id"]), children.index)
    found = list(_groups(children))
    levels = tuple(name for name, *_ in found)
    sheet = Sheet("equity.parity", (Dimension("comparison", levels),), lead="parity")
    for name, first, second in found:
        for group, own in zip(GROUPS, (first, second), strict=True):
            sheet.count(f"children_{group}", int(own.sum()), name)
            sheet.count(f"reached_{group}", int((own & reached).sum()), name)
    clusters = Clusters(homes(register, children.index))
    for name, *groups in found:
        _compare(
            sheet, name, [clusters.share(reached, own) for own in groups], clusters.contrast(reached, *groups)
        )
    sheet.rows.sort(
        key=lambda row: row["unit"] in COUNTED
    )  # what is compared stands before the counts behind
    made = sheet.table(
        year, population="screened_children", as_of=year_end(year), charts=_charts(sheet, levels)
    )
    return replace(made, sensitive=SENSITIVE)


def _groups(children: pd.DataFrame) -> Iterator[tuple[str, pd.Series, pd.Series]]:
    for name, (column, first, second) in COMPARISONS.items():
        one, other = children[column] == first, children[column] == second
        if one.any() and other.any():
            yield name, one, other


def _compare(sheet: Sheet, name: str, own: Sequence[float], between: tuple[float, float]) -> None:
    """Shares of both groups, their ratio and gap, each with its design effect: `own`; gap and ratio."""
    for group, deff in zip(GROUPS, own, strict=True):
        sheet.share(f"coverage_{group}", f"reached_{group}", f"children_{group}", name, deff=deff)
    shares = tuple(sheet.cell(f"coverage_{group}", name) for group in GROUPS)
    # The counts behind the two shares stand after them: their intervals are computed from these.
    counts = tuple(
        sheet.cell(f"{part}_{group}", name) for group in GROUPS for part in ("reached", "children")
    )
    ratio = Relation("ratio", sheet.cell("parity", name), (*shares, *counts))
    sheet.follow("parity", "times", ratio, name, method="ratio_of_shares", deff=between[1])
    # The smaller group decides how coarsely it is printed: the whole would let that group's counts through.
    contributors = min(sheet.values[sheet.cell(f"children_{group}", name)] for group in GROUPS)
    low, high = (sheet.rows[-1][end] for end in ("low", "high"))
    sheet.put(
        "adjusted_parity", "index", adjusted(sheet.values[sheet.cell("parity", name)]), name,
        n=contributors, low=adjusted(low), high=adjusted(high), method="ratio_of_shares", deff=between[1],
    )  # fmt: skip
    gap = Relation("sum", sheet.cell("gap", name), (*shares, *counts), signs=(1, -1, 0, 0, 0, 0))
    sheet.follow("gap", "point", gap, name, method="difference_of_shares", deff=between[0])


def _charts(sheet: Sheet, levels: tuple[str, ...]) -> tuple[Chart, ...]:
    if not levels:
        return ()
    title = Statement("chart.equity.parity.forest", {"parity": sheet.cell("parity", levels[-1])})
    if "band" in levels:
        title = Statement("chart.equity.parity.forest_band", {"parity": sheet.cell("parity", "band")})
    encodings = {"x": "parity", "y": "comparison", "reference": "1", "levels": ",".join(levels)}
    return (Chart("equity.parity.forest", "forest", sheet.id, encodings, title),)
