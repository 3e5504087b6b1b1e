"""Progress: what was agreed and what came of it, and the same figure year on year with its breaks."""

from itertools import pairwise
from typing import Any

import pandas as pd

from equity_lib.indicators.cases import cases, in_hand
from equity_lib.indicators.sheet import Sheet
from equity_lib.indicators.views import check_view
from equity_lib.registry.year import Year
from equity_lib.relations import Relation
from equity_lib.results import Chart, Dimension, Statement, Table, cells

#: Indicators of the agreement that the register counts, and the outcome of a case that each counts.
COUNTED = {"supported_children": "", "returned_to_education": "returned", "vocational_skills": "skills"}


def progress(year: Year, of: str = "grants") -> Table | Statement:
    """One view of the programme over time.

    Parameters
    ----------
    year
        An opened programme year.
    of
        `grants`: the grant of each programme year. `agreed`: targets of the agreement. `actual`:
        what the register holds beside them. `series`: children supported, by programme year.

    Returns
    -------
    Table or Statement
        `grant`, `progress.agreed`, `progress.actual` or `progress.series`; a Statement where a
        register is needed.

    Raises
    ------
    WrongParameters
        If there is no such view.
    """
    check_view(of, VIEWS)
    return VIEWS[of](year)


def _agreed(year: Year) -> Table | Statement:
    """Targets of the agreement that the register can count, as the office's file states them."""
    agreed = _targets_of(year)
    if agreed is None:
        return Statement("needs.progress.targets", names={"area": year.parameters.area_name})
    sheet = Sheet("progress.agreed", _by(year, agreed), "agreed")
    for indicator, stream, target in _listed(agreed):
        sheet.put("agreed", "person", target, indicator, stream)
    return sheet.table(year, population="programme", sensitivity="public")


def _actual(year: Year) -> Table | Statement:
    """What became of each target: distinct children paid, by stream; children with the outcome; the target.

    Share of target = 100 × actual ÷ target, of `progress.agreed`.
    """
    agreed = _targets_of(year)
    if agreed is None or year.register is None:
        return Statement("needs.progress.targets", names={"area": year.parameters.area_name})
    paid = year.register.table("support_payment", ["child_id", "stream", "amount", "program_year"])
    found = cases(year)
    own = None if found is None else in_hand(found, year.parameters.program_year)
    outcomes = pd.Series(dtype="str") if own is None else own["outcome"]
    sheet = Sheet("progress.actual", _by(year, agreed), "actual")
    for indicator, stream, target in _listed(agreed):
        aim = f"progress.agreed.{indicator}.{stream}"
        sheet.values[aim] = float(target)
        if indicator == "supported_children":
            reached = len(_supported(_of(paid, stream)))
        else:
            reached = int((outcomes == COUNTED[indicator]).sum())
        sheet.count("actual", reached, indicator, stream)
        # The target stands beside it: the cell of `progress.agreed`, not another word on it.
        beside = Relation("sum", sheet.cell("agreed", indicator, stream), (aim,))
        sheet.follow("agreed", "person", beside, indicator, stream)
        terms = (sheet.cell("actual", indicator, stream), aim)
        share = Relation("ratio", sheet.cell("share_of_target", indicator, stream), terms, scale=100)
        sheet.follow("share_of_target", "percent", share, indicator, stream, method="full_count")
    return sheet.table(year, population="children_supported", as_of=_end(year))


def _targets_of(year: Year) -> pd.Series | None:
    """Target by indicator and stream (`all` for none), in the order of the office's file."""
    rows = (
        None
        if year.register is None
        else year.register.table("target", ["indicator", "stream", "target_value"])
    )
    if rows is None or rows.empty:
        return None
    rows = rows[rows["indicator"].isin(list(COUNTED))].assign(stream=rows["stream"].fillna("all"))
    found = rows.groupby(["indicator", "stream"], sort=False)["target_value"].last()
    return found if len(found) else None


def _listed(agreed: pd.Series) -> list[tuple[str, str, float]]:
    keys = agreed.index.to_list()
    return [(str(key[0]), str(key[1]), float(value)) for key, value in zip(keys, agreed, strict=True)]


def _of(paid: pd.DataFrame, stream: str) -> pd.DataFrame:
    return paid if stream == "all" else paid[paid["stream"] == stream]


def _by(year: Year, agreed: pd.Series) -> tuple[Dimension, Dimension]:
    indicators = tuple(dict.fromkeys(indicator for indicator, _, _ in _listed(agreed)))
    streams = tuple(dict.fromkeys(stream for _, stream, _ in _listed(agreed)))
    names = {stream.key: stream.name for stream in year.parameters.streams or [] if stream.key in streams}
    return Dimension("indicator", indicators), Dimension("stream", streams, names)


def _supported(paid: pd.DataFrame) -> pd.Series:
    """Children whose payments, less what was taken back, come to more than nothing."""
    sums = paid.groupby("child_id", sort=False)["amount"].sum()
    return sums[sums > 0]


def _series(year: Year) -> Table | Statement:
    """Children supported by stream, in this and every earlier programme year with a register.

    Where the secretariat changed between two years, forms and definitions may have changed with it.
    """
    years = [each.program_year for each in (*year.earlier, year.parameters)]
    columns = ["child_id", "stream", "amount", "program_year"]
    paid = None
    if year.register is not None:
        paid = year.register.table("support_payment", columns, {"program_year": years})
    if paid is None or paid.empty:
        return Statement("needs.progress.series", names={"area": year.parameters.area_name})
    streams = {stream.key: stream.name for stream in year.parameters.streams or []}
    levels = tuple(str(each) for each in years if (paid["program_year"] == each).any())
    sheet = Sheet(
        "progress.series",
        (Dimension("year", levels), Dimension("stream", (*streams, "all"), streams, total="all")),
        "children",
    )
    for level in levels:
        own = paid[paid["program_year"] == int(level)]
        for stream in (*streams, "all"):
            sheet.count(
                "children",
                len(_supported(_of(own, stream))),
                level,
                stream,
            )
    last = sheet.cell("children", levels[-1], "all")
    chart = Chart(
        id="progress.series.streams",
        kind="multiples",
        table_id="progress.series",
        encodings={"x": "children", "y": "stream", "panel": "year"},
        title=Statement("chart.progress.series.streams", refs={"children": last}),
    )
    return sheet.table(year, population="children_supported", as_of=_end(year), charts=(chart,))


def _end(year: Year) -> str:
    end = year.parameters.period.end
    return end.isoformat() if end else "not_stated"


def _grants(year: Year) -> Table:
    """The grant of this and every earlier programme year, and its ratio to the year before.

    A grant is money received, not spent. Where the secretariat changed between two years the
    series has a break: forms and definitions may have changed with it.

    Parameters
    ----------
    year
        An opened programme year.

    Returns
    -------
    Table
        `grant`, by programme year: baht, times the grant of the year before. Chart: `by_year`.
    """
    given = [*year.earlier, year.parameters]
    levels = tuple(str(each.program_year) for each in given)
    rows: list[dict[str, Any]] = [
        {
            "year": level,
            "measure": "baht",
            "unit": "baht",
            "value": each.grant.amount,
            "fact": each.fact_ref(each.grant.fact) if each.grant.amount is not None else "",
        }
        for level, each in zip(levels, given, strict=True)
    ]
    relations, breaks = [], []
    for before, after in pairwise(given):
        if before.program_year + 1 != after.program_year:
            continue
        if before.secretariat.name != after.secretariat.name:
            breaks.append(str(before.program_year))
        if before.grant.amount and after.grant.amount is not None:
            ratio = after.grant.amount / before.grant.amount
            level = str(after.program_year)
            rows.append({"year": level, "measure": "times_before", "unit": "times", "value": ratio})
            terms = (f"grant.{level}", f"grant.{before.program_year}")
            relations.append(Relation("ratio", f"grant.{level}.times_before", terms))
    return Table(
        id="grant",
        dims=(Dimension("year", levels),),
        cells=cells("grant", ["year"], rows),
        relations=tuple(relations),
        population="programme",
        as_of=year.parameters.as_of(year.parameters.grant.fact),
        source=year.parameters.source,
        charts=(_by_year(levels, breaks, bool(relations)),),
    )


def _by_year(levels: tuple[str, ...], breaks: list[str], compared: bool) -> Chart:
    last = levels[-1]
    refs = {"grant": f"grant.{last}"}
    if compared:
        refs["times"] = f"grant.{last}.times_before"
    return Chart(
        id="grant.by_year",
        kind="years",
        table_id="grant",
        encodings={"x": "year", "y": "baht", "levels": ",".join(levels), "break_after": ",".join(breaks)},
        title=Statement("chart.grant.by_year" if compared else "chart.grant.first_year", refs=refs),
    )


VIEWS = {"grants": _grants, "agreed": _agreed, "actual": _actual, "series": _series}
