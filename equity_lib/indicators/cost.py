"""Cost of what was done and of what was reached: baht ÷ count, with and without the money handed over."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from equity_lib.indicators.cases import as_of, cases
from equity_lib.indicators.drawings import drawing
from equity_lib.indicators.returns import came_back, days_named, enrolments, stayed
from equity_lib.indicators.sheet import Sheet
from equity_lib.indicators.views import check_view
from equity_lib.programme.parameters import Stream, YearParameters
from equity_lib.registry.year import Year
from equity_lib.relations import Relation
from equity_lib.results import Chart, Dimension, Statement, Table, cells

_BASES = {"itemised": "money.itemised", "stated_total": "money.stated_total", "grant": "money.grant"}
#: The goal whose outcomes are counted: out-of-school children return, or gain vocational skills.
GOAL = "C"
#: What is divided: the money handed over, the administration that goes with it, and both.
PARTS = ("transfers", "overhead", "all_baht")
LASTING = (90, 180, 365)
#: Share of returns whose lasting must be known before money is divided by those that lasted.
FEWEST_KNOWN = 0.8


def cost(year: Year, of: str) -> Table | Statement:
    """Baht per case, child, return or lasting return; every denominator is printed.

    None is the cost of *one more* return: nobody knows how many children would have come back anyway.

    Parameters
    ----------
    year
        An opened programme year.
    of
        `case`: assistance, stated total and grant ÷ cases, from published figures. `stream`: assistance
        and administration by stream. `child`: by stream, per child supported. `return`: goal C, per
        supported child that returned, gained skills, or either. `sustained`: goal C of the year before,
        per supported child whose return lasted 90, 180, 365 days.

    Returns
    -------
    Table or Statement
        `cost.<of>` (`cost.per_case` for `case`). Where figures or the register are missing, what it
        would take and what it would answer.

    Raises
    ------
    WrongParameters
        If there is no such view.

    Source
    ------
    Dhaliwal, Duflo, Glennerster and Tulloch (2013), Comparative cost-effectiveness analysis: the
    treatment of transfers, shown both ways.
    """
    check_view(of, VIEWS)
    return VIEWS[of](year) or Statement(f"needs.cost.{of}", names={"area": year.parameters.area_name})


def _per_case(year: Year) -> Table:
    """Baht per case on three bases: itemised assistance, the stated total, and the whole grant.

    Only the first divides what a case was paid by the cases that were paid; the others spread money
    whose use isn't itemised over the same cases. None is a cost per outcome: outcomes aren't stated.
    """
    given = year.parameters
    streams = given.streams or []
    count = sum(stream.cases or 0 for stream in streams)
    known = bool(streams) and all(s.cases is not None and s.rate is not None for s in streams)
    amounts = {
        "itemised": sum(assistance(s) or 0 for s in streams) if known else None,
        "stated_total": given.stated_total.amount if given.stated_total else None,
        "grant": given.grant.amount,
    }
    rows: list[dict[str, Any]] = []
    relations: list[Relation] = []
    for basis, amount in amounts.items():
        value = None if amount is None or not known or not count else amount / count
        rows.append({"basis": basis, "measure": "baht_per_case", "unit": "baht", "value": value})
        if value is not None:
            terms = (_BASES[basis], "assistance.total")
            relations.append(Relation("ratio", f"cost.per_case.{basis}", terms))
    return Table(
        id="cost.per_case",
        dims=(Dimension("basis", tuple(amounts)),),
        cells=cells("cost.per_case", ["basis"], rows),
        relations=tuple(relations),
        population="cases",
        as_of=given.as_of(streams[0].fact) if streams else "not_stated",
        source=given.source,
    )


def assistance(stream: Stream) -> float | None:
    """Baht handed over in a stream: the amount stated, else rate × cases."""
    if stream.amount is not None:
        return stream.amount
    return None if stream.rate is None or stream.cases is None else stream.rate * stream.cases


def of_goal(given: YearParameters) -> list[Stream]:
    """The year's streams for out-of-school children."""
    return [stream for stream in given.streams or [] if stream.goal == GOAL]


def money(given: YearParameters) -> dict[str, dict[str, float]]:
    """Level → part → baht: by stream, for goal C, and in all; empty where an amount isn't stated.

    Administration is spread over the streams by their share of assistance: overhead = administration ×
    stream ÷ itemised assistance. Without stated administration there are transfers only.
    """
    paid = {stream.key: assistance(stream) for stream in given.streams or []}
    known = {key: amount for key, amount in paid.items() if amount is not None}
    if not known or len(known) < len(paid):
        return {}
    groups = {key: [key] for key in known} | {"goal_c": [s.key for s in of_goal(given)], "total": list(known)}
    whole, administration = sum(known.values()), given.use_of_grant.administration
    made: dict[str, dict[str, float]] = {}
    for level, keys in groups.items():
        if not keys:
            continue
        handed = float(sum(known[key] for key in keys))
        made[level] = {"transfers": handed}
        if administration is not None and whole:
            over = administration * handed / whole
            made[level] |= {"overhead": over, "all_baht": handed + over}
    return made


def _stream(year: Year) -> Table | None:
    """Assistance and administration by stream: what the other views divide. Public figures only."""
    found = money(year.parameters)
    if not found:
        return None
    given, before = year.parameters, _before(year)
    names = {stream.key: stream.name for stream in given.streams or []}
    sheet = Sheet("cost.stream", (Dimension("stream", tuple(found), names, total="total"),), "transfers")
    sheet.values |= {f"money.{key}": found[key]["transfers"] for key in names}
    sheet.values |= {"money.itemised": found["total"]["transfers"]}
    scale = given.use_of_grant.administration or 0
    for level, parts in found.items():
        keys = [s.key for s in of_goal(given)] if level == "goal_c" else [level]
        terms = ("money.itemised",) if level == "total" else tuple(f"money.{key}" for key in keys)
        handed = sheet.cell("transfers", level)
        sheet.follow("transfers", "baht", Relation("sum", handed, terms), level)
        if "overhead" in parts:
            over = sheet.cell("overhead", level)
            share = Relation("ratio", over, (handed, "money.itemised"), scale=scale)
            sheet.put("overhead", "baht", share.evaluate(sheet.values), level, relation=share)
            both = Relation("sum", sheet.cell("all_baht", level), (handed, over))
            sheet.follow("all_baht", "baht", both, level)
    for part, amount in before.items():
        sheet.put(f"{part}_before", "baht", amount, "goal_c", status="stated")
    made = sheet.table(year, population="programme", as_of=_as_of(given), sensitivity="public")
    return Table(**{**vars(made), "source": given.source})


def _before(year: Year) -> dict[str, float]:
    """Goal C's baht of the year before; synthetic areas and registers only: no passage states it here."""
    previous = year.previous
    if previous is None or year.register is None:
        return {}
    return money(previous).get("goal_c", {})


def _as_of(given: YearParameters) -> str:
    streams = given.streams or []
    return given.as_of(streams[0].fact) if streams else "not_stated"


def _supported(year: Year, program_year: int) -> pd.DataFrame | None:
    """Children with a payment that stands, by stream, in a programme year."""
    if year.register is None:
        return None
    rows = year.register.table(
        "support_payment", ["child_id", "stream", "amount"], {"program_year": [program_year]}
    )
    if rows.empty:
        return None
    # A payment and its reversal are two rows that cancel each other.
    net = rows.groupby(["stream", "child_id"], sort=False)["amount"].sum(min_count=0)
    return net[net > 0].reset_index()[["stream", "child_id"]]


def _divide(
    sheet: Sheet, found: Mapping[str, float], suffix: str, level: str, count: str, method: str, *levels: str
) -> None:
    """Every part of the money of `level` ÷ a count that is already put down."""
    for part in PARTS:
        if part not in found:
            continue
        amount = (
            f"cost.stream.{level}" if part + suffix == "transfers" else f"cost.stream.{level}.{part}{suffix}"
        )
        sheet.values[amount] = round(found[part], 2)
        measure = f"{part}_per_child"
        relation = Relation("ratio", sheet.cell(measure, *levels), (amount, sheet.cell(count, *levels)))
        sheet.follow(measure, "baht", relation, *levels, method=method)


def _child(year: Year) -> Table | None:
    """Baht per distinct child supported; a child in two streams counts once in all."""
    found, paid = money(year.parameters), _supported(year, year.parameters.program_year)
    if not found or paid is None:
        return None
    counts = {key: int(count) for key, count in paid.groupby("stream")["child_id"].nunique().items()}
    counts |= {"total": paid["child_id"].nunique()}
    names = {s.key: s.name for s in year.parameters.streams or []}
    levels = tuple(level for level in (*names, "total") if level in counts)
    sheet = Sheet("cost.child", (Dimension("stream", levels, names, total="total"),), "children")
    for level in levels:
        sheet.count("children", counts[level], level)
        _divide(sheet, found[level], "", level, "children", "full_count", level)
    measure = f"{_shown(found['total'])}_per_child"
    refs = {"each": sheet.cell(measure, "total")}
    chart = _chart(sheet, "streams", refs, "bars", x=measure, y="stream", levels=",".join(levels))
    return sheet.table(year, population="children_paid", as_of=_end(year), charts=[chart])


def _return(year: Year) -> Table | None:
    """Goal C: baht of its streams ÷ supported children that returned, gained skills, or either."""
    back = _back(year, year.parameters.program_year)
    found = money(year.parameters).get("goal_c")
    if back is None or not found:
        return None
    returned, skills = back["returned_on"].notna(), back["skills_on"].notna()
    counts = {"supported": len(back), "returned": returned.sum(), "skills": skills.sum()}
    counts |= {"either": (returned | skills).sum()}
    sheet = Sheet("cost.return", (Dimension("pathway", tuple(counts)),), "children")
    for level, count in counts.items():
        sheet.count("children", int(count), level)
    for level in ("returned", "either"):
        _divide(sheet, found, "", "goal_c", "children", "per_poisson_count", level)
    refs = {"each": sheet.cell(f"{_shown(found)}_per_child", "returned")}
    chart = _chart(
        sheet, "outcomes", refs, x=f"{_shown(found)}_per_child", y="pathway", levels="returned,either"
    )
    return sheet.table(year, population="children_supported_goal_c", as_of=_end(year), charts=[chart])


def _sustained(year: Year) -> Table | None:
    """Goal C of the year before: its baht ÷ supported children whose return lasted n days.

    The money and the children are of one programme year, and a year has passed to see them stay. Where
    too many came back too late to know, nothing is divided: the cost would look higher than it is.
    """
    previous, found = year.previous, _before(year)
    back = _back(year, previous.program_year) if previous else None
    if back is None or not found or year.register is None:
        return None
    returned = back[back["returned_on"].notna()].reset_index(drop=True)
    states = stayed(returned, enrolments(year, returned["child_id"]), LASTING, np.datetime64(_end(year)))
    sheet = Sheet(
        "cost.sustained", (Dimension("day", tuple(map(str, LASTING)), days_named(LASTING)),), "children"
    )
    for n in LASTING:
        level, own = str(n), states[n]
        sheet.count("children", int((own == "enrolled").sum()), level)
        sheet.count("returned", len(returned), level)
        sheet.count("too_soon", int((own == "too_soon").sum()), level)
        if (own != "too_soon").sum() >= FEWEST_KNOWN * len(own):
            _divide(sheet, found, "_before", "goal_c", "children", "per_poisson_count", level)
        else:
            for part in found:
                sheet.put(f"{part}_per_child", "baht", None, level, status="not_estimable")
    refs = {"each": sheet.cell(f"{_shown(found)}_per_child", "180")}
    chart = _chart(
        sheet, "days", refs, x=f"{_shown(found)}_per_child", y="day", levels=",".join(map(str, LASTING))
    )
    return sheet.table(year, population="children_supported_before", as_of=_end(year), charts=[chart])


def _back(year: Year, program_year: int) -> pd.DataFrame | None:
    """Children supported for goal C in a programme year, with what became of their latest case since."""
    paid, found = _supported(year, program_year), cases(year)
    streams = {stream.key for given in (*year.earlier, year.parameters) for stream in of_goal(given)}
    if paid is None or found is None or not streams:
        return None
    children = paid.loc[paid["stream"].isin(streams), "child_id"].drop_duplicates()
    back = came_back(found, enrolments(year, found["child_id"])).drop_duplicates("child_id", keep="last")
    return children.to_frame().merge(back, on="child_id", how="left")


def _shown(found: Mapping[str, float]) -> str:
    """The part that a chart shows: all of it, if the administration is stated."""
    return "all_baht" if "all_baht" in found else "transfers"


def _end(year: Year) -> str:
    given, found = year.parameters.period.end, None if year.parameters.period.end else cases(year)
    return given.isoformat() if given else as_of(found) if found is not None else "not_stated"


def _chart(sheet: Sheet, name: str, refs: Mapping[str, str], kind: str = "forest", **shown: str) -> Chart:
    return drawing(sheet.id, name, kind, refs, **shown)


VIEWS: dict[str, Callable[[Year], Table | None]] = {
    "case": _per_case,
    "stream": _stream,
    "child": _child,
    "return": _return,
    "sustained": _sustained,
}
