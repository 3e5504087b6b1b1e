"""Retention (goal B): who stays in school, who is handed on to the next stage, and who attends."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise

import pandas as pd

from equity_lib.indicators.attendance import attendance
from equity_lib.indicators.clustering import Clusters, files_until, residence
from equity_lib.indicators.cohorts import (
    FATES,
    STAGES,
    STAYED,
    as_of,
    child_years,
    enrolment,
    followed,
    stage_of,
)
from equity_lib.indicators.drawings import drawing
from equity_lib.indicators.handoffs import handoffs
from equity_lib.indicators.sheet import Sheet
from equity_lib.indicators.staying import staying
from equity_lib.indicators.views import check_view
from equity_lib.registry.register import Register
from equity_lib.registry.year import Year
from equity_lib.relations import Relation
from equity_lib.results import Dimension, Statement, Table

TOTAL = "total"
#: Fates that are in no share, by the measure that counts them.
_NOT_IN_SHARE = {"untraced": "no_trace", "finished": "graduated", "apart": "not_dropout"}


@dataclass(frozen=True)
class _Fates:
    """Children by stage and fate, and the design effect of the share that stayed, by stage."""

    counts: Mapping[str, Mapping[str, int]]
    effects: Mapping[str, float]


def retention(year: Year, of: str) -> Table | Statement:
    """One view of how children stay in school.

    Parameters
    ----------
    year
        An opened programme year; its number is that of the academic year too.
    of
        `transition`: children of last year by stage, and who is in school this year. `bounds`: the
        same share if every untraced child stayed, and if none did. `years`: the share year by year,
        `stages`: by stage and year. `staying`: Kaplan-Meier by age, with late entry and re-entry.
        `handoffs`: from one stage to the next, and after how many days. `attendance`: by term.

    Returns
    -------
    Table or Statement
        `retention.<of>`. Without a register that has enrolment (of two years, but for attendance), what
        it would take and what it would answer.

    Raises
    ------
    WrongParameters
        If there is no such view.

    Source: UNESCO Institute for Statistics (2009), Education indicators: technical guidelines
    (transition, survival); transfers, graduates and follow-up reasons as in METHODS.
    """
    check_view(of, VIEWS)
    register, names = year.register, {"area": year.parameters.area_name}
    if register is None or "enrolment" not in register.tables():
        return Statement("needs.retention.register", names=names)
    last = year.parameters.program_year
    rows = enrolment(register, last, ["days_open", "attendance"])
    if of == "attendance":
        return attendance(year, rows, residence(register, files_until(register, last)))
    years = child_years(rows)
    if not {last - 1, last} <= set(years["year"].unique()):
        return Statement("needs.retention.two_years", names=names)
    return _OF_YEARS[of](year, register, years)


def _transition(year: Year, register: Register, years: pd.DataFrame) -> Table:
    """Enrolled this year ÷ enrolled last year, by the stage of last year; transfers are retained.

    share = stayed ÷ (stayed + dropped). Children who finished, died or moved out of the area are counted
    apart, untraced ones too (`bounds` says what they could change).
    """
    found = _fates(years, year.parameters.program_year - 1, _homes(year, register))
    levels = tuple(found.counts)
    dim = Dimension("school_stage", levels, total=TOTAL)
    sheet = Sheet("retention.transition", (dim,), "enrolled_before")
    for stage in levels:
        _put_fates(sheet, found, stage, stage)
    refs = {"share": sheet.cell("share_stayed", TOTAL), "dropped": sheet.cell("dropped", TOTAL)}
    shown = {"x": "share_stayed", "y": "school_stage", "levels": levels[:-1]}
    chart = drawing(sheet.id, "by_stage", "bars", refs, **shown)
    return sheet.table(year, population="enrolled_before", as_of=as_of(year), charts=[chart])


def _stayed(row: Mapping[str, int]) -> int:
    return sum(row[fate] for fate in STAYED)


def _put_fates(sheet: Sheet, found: _Fates, stage: str, *levels: str) -> None:
    """The children of last year at one level, each in one part; the parts add up to them."""
    row, deff = found.counts[stage], found.effects.get(stage)
    stayed = _stayed(row)
    sheet.count("enrolled_before", sum(row.values()), *levels)
    sheet.count("stayed", stayed, *levels)
    sheet.count("other_school", stayed - row["same_school"], *levels)
    sheet.count("dropped", row["left"], *levels)
    sheet.count("fate_known", stayed + row["left"], *levels)
    sheet.share("share_stayed", "stayed", "fate_known", *levels, missing=row["untraced"], deff=deff)
    for fate, measure in _NOT_IN_SHARE.items():
        sheet.count(measure, row[fate], *levels)
    _adds_up(sheet, "enrolled_before", ("stayed", "dropped", *_NOT_IN_SHARE.values()), *levels)
    _adds_up(sheet, "fate_known", ("stayed", "dropped"), *levels)


def _adds_up(sheet: Sheet, whole: str, parts: Iterable[str], *levels: str) -> None:
    cells = tuple(sheet.cell(part, *levels) for part in parts)
    sheet.relations.append(Relation("sum", sheet.cell(whole, *levels), cells))


def _bounds(year: Year, register: Register, years: pd.DataFrame) -> Table:
    """The share that stayed if no untraced child did, and if all did.

    worst = confirmed ÷ (stayed + dropped + untraced), best = (stayed + untraced) ÷ the same; confirmed
    leaves out transfers that no other school has confirmed by a record.

    Source: Horowitz and Manski (1998), Journal of Econometrics 84: 37-58 (bounds without assumptions).
    """
    counts = _fates(years, year.parameters.program_year - 1, _homes(year, register)).counts
    levels = tuple(counts)
    sheet = Sheet("retention.bounds", (Dimension("school_stage", levels, total=TOTAL),), "awaited")
    for level, row in counts.items():
        stayed, lost = _stayed(row), row["untraced"]
        known = stayed + row["left"]
        sheet.count("awaited", known + lost, level)
        sheet.count("confirmed", stayed - row["transferred"], level)
        sheet.count("possible", stayed + lost, level)
        sheet.share("share_worst", "confirmed", "awaited", level, method="")
        terms = tuple(f"retention.transition.{level}.{name}" for name in ("stayed", "fate_known"))
        relation = Relation("ratio", sheet.cell("share_stayed", level), terms, scale=100)
        value = 100 * stayed / known if known else None
        sheet.put("share_stayed", "percent", value, level, relation=relation, n=known)
        sheet.share("share_best", "possible", "awaited", level, method="")
    return sheet.table(year, population="enrolled_before", as_of=as_of(year))


def _years(year: Year, register: Register, years: pd.DataFrame) -> Table:
    """The share that stayed, by the year into which it is counted, and children back after a gap."""
    last = year.parameters.program_year
    arrivals = [y for y in sorted(years["year"].unique()) if y - 1 in set(years["year"]) and y <= last]
    levels = tuple(str(y) for y in arrivals)
    sheet = Sheet("retention.years", (Dimension("year", levels),), "enrolled_before")
    homes = _homes(year, register)
    back = years[years["back"]].groupby("year").size()
    for arrival in arrivals:
        _put_fates(sheet, _fates(years, arrival - 1, homes), TOTAL, str(arrival))
        sheet.count("back_in_school", int(back.get(arrival, 0)), str(arrival))
    refs = {"share": f"retention.years.{last}.share_stayed"}
    shown = {"x": "year", "y": "share_stayed", "levels": levels, "break_after": secretariat_breaks(year)}
    chart = drawing(sheet.id, "by_year", "years", refs, **shown)
    return sheet.table(year, population="enrolled_before", as_of=as_of(year), charts=[chart])


def _stages(year: Year, register: Register, years: pd.DataFrame) -> Table:
    """The share that stayed by stage, year beside year."""
    present = sorted(set(years["year"]))
    arrivals = [y for y in present if y - 1 in present]
    homes = _homes(year, register)
    found = {str(y): _fates(years, y - 1, homes) for y in arrivals}
    stages = [stage for stage in STAGES if any(stage in each.counts for each in found.values())]
    dims = (Dimension("school_stage", tuple(stages)), Dimension("year", tuple(found)))
    sheet = Sheet("retention.stages", dims, "fate_known")
    for arrival, each in found.items():
        for stage in stages:
            row = each.counts.get(stage, dict.fromkeys(FATES, 0))
            stayed, lost, deff = _stayed(row), row["untraced"], each.effects.get(stage)
            sheet.count("fate_known", stayed + row["left"], stage, arrival)
            sheet.count("stayed", stayed, stage, arrival)
            sheet.share("share_stayed", "stayed", "fate_known", stage, arrival, missing=lost, deff=deff)
    shown = {"x": "share_stayed", "y": "school_stage", "panel": "year", "levels": stages}
    chart = drawing(sheet.id, "by_year", "multiples", {}, **shown)
    return sheet.table(year, population="enrolled_before", as_of=as_of(year), charts=[chart])


def _homes(year: Year, register: Register) -> pd.Series:
    return residence(register, files_until(register, year.parameters.program_year))


def _fates(years: pd.DataFrame, sent_in: int, homes: pd.Series) -> _Fates:
    """Children in school in `sent_in` by stage, with a total, and fate."""
    cohort = followed(years[years["year"].isin([sent_in, sent_in + 1])])
    stage = cohort["grade"].map({grade: stage_of(grade) for grade in cohort["grade"].cat.categories})
    stage = stage.astype(object).fillna("no_grade")
    table = pd.crosstab(stage, cohort["fate"], dropna=False).reindex(columns=list(FATES), fill_value=0)
    table = table.reindex([stage for stage in STAGES if stage in table.index])
    table.loc[TOTAL] = table.sum()
    counts = {
        str(stage): dict(zip(FATES, row, strict=True))
        for stage, row in zip(table.index, table.to_numpy(int).tolist(), strict=True)
    }
    child = cohort["child_id"].cat
    home = pd.Series(homes.reindex(child.categories).to_numpy()[child.codes], cohort.index)
    clusters, stayed = Clusters(home, cohort["school"]), cohort["fate"].isin(STAYED)
    known = stayed | cohort["fate"].eq("left")
    effects = {str(name): deff for name, deff in clusters.shares(stage.where(known), stayed).items()}
    return _Fates(counts, effects | {TOTAL: clusters.share(stayed, known)})


def secretariat_breaks(year: Year) -> list[str]:
    """Years after which another secretariat kept the files: forms and definitions may have changed."""
    given = [*year.earlier, year.parameters]
    return [str(a.program_year) for a, b in pairwise(given) if a.secretariat.name != b.secretariat.name]


_OF_YEARS: dict[str, Callable[[Year, Register, pd.DataFrame], Table | Statement]] = {
    "transition": _transition,
    "bounds": _bounds,
    "years": _years,
    "stages": _stages,
    "staying": staying,
    "handoffs": handoffs,
}
VIEWS = (*_OF_YEARS, "attendance")
