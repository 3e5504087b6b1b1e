"""Retention (goal B): who stays in school, who is handed on to the next stage, and who attends."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from equity_lib.errors import Fault, WrongParameters
from equity_lib.indicators.cohorts import (
    FATES,
    STAGES,
    STAYED,
    age_on_opening,
    child_years,
    children,
    enrolment,
    followed,
    stage_of,
)
from equity_lib.indicators.handoffs import BINS, NOT_YET, binned, grade_handoffs, readiness_handoff
from equity_lib.indicators.sheet import Sheet
from equity_lib.indicators.survival import steps
from equity_lib.registry.register import Register
from equity_lib.registry.year import Year
from equity_lib.relations import Relation
from equity_lib.results import Chart, Dimension, Name, Statement, Table

#: Ages between which a child is expected in basic education; the curve runs from one to the other.
FROM_AGE, TO_AGE = 6, 17
#: Attendance in per cent that a term has to exceed (condition of the national conditional transfer).
ATTENDED = 80.0
TOTAL = "total"
_FORWARD = ("left", "untraced", "finished", "apart")


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
    if of not in VIEWS:
        raise WrongParameters("There is no such view.", [Fault("", 0, "of", repr(of), ", ".join(VIEWS))])
    register, names = year.register, {"area": year.parameters.area_name}
    if register is None or "enrolment" not in register.tables():
        return Statement("needs.retention.register", names=names)
    last = year.parameters.program_year
    rows = enrolment(register, last)
    if of == "attendance":
        return _attendance(year, enrolment(register, last, ["days_open", "attendance"]))
    years = child_years(rows)
    if not {last - 1, last} <= set(years["year"].unique()):
        return Statement("needs.retention.two_years", names=names)
    return VIEWS[of](year, register, years)


def _transition(year: Year, _: Register, years: pd.DataFrame) -> Table:
    """Enrolled this year ÷ enrolled last year, by the stage of last year; transfers are retained.

    share = stayed ÷ (stayed + left). Children who finished, died or moved out of the area are counted
    apart, untraced ones too (`bounds` says what they could change).
    """
    return _by_stage(year, _fates(years, year.parameters.program_year - 1))


def _by_stage(year: Year, counts: pd.DataFrame) -> Table:
    levels = tuple(str(level) for level in counts.index)
    sheet = Sheet("retention.transition", (Dimension("stage", levels, total=TOTAL),), "enrolled")
    for stage, row in counts.iterrows():
        _put_fates(sheet, row, str(stage))
    best = _refs(share="retention.transition.total.share_stayed", left="retention.transition.total.left")
    chart = _chart("retention.transition", "by_stage", "bars", best, x="share_stayed", y="stage", levels=levels)
    return sheet.table(year, population="enrolled_before", as_of=as_of(year), charts=[chart])


def _put_fates(sheet: Sheet, row: pd.Series, *levels: str) -> None:
    """The children of last year at one level, each in one part; the parts add up to them."""
    stayed = int(row[list(STAYED)].sum())
    sheet.count("enrolled", int(row[list(FATES)].sum()), *levels)
    sheet.count("stayed", stayed, *levels)
    sheet.count("elsewhere", stayed - int(row["same_school"]), *levels)
    for fate in _FORWARD:
        sheet.count(fate, int(row[fate]), *levels)
    sheet.count("followed", stayed + int(row["left"]), *levels)
    sheet.share("share_stayed", "stayed", "followed", *levels, missing=float(row["untraced"]))
    parts = tuple(sheet.cell(part, *levels) for part in ("stayed", *_FORWARD))
    sheet.relations.append(Relation("sum", sheet.cell("enrolled", *levels), parts))


def _bounds(year: Year, _: Register, years: pd.DataFrame) -> Table:
    """The share that stayed if no untraced child did, and if all did.

    worst = confirmed ÷ (followed + untraced), best = (stayed + untraced) ÷ (followed + untraced);
    confirmed leaves out transfers that no other school has confirmed by a record.

    Source: Horowitz and Manski (1998), Journal of Econometrics 84: 37-58 (bounds without assumptions).
    """
    counts = _fates(years, year.parameters.program_year - 1)
    levels = tuple(str(level) for level in counts.index)
    sheet = Sheet("retention.bounds", (Dimension("stage", levels, total=TOTAL),), "expected")
    for stage, row in counts.iterrows():
        level, stayed = str(stage), int(row[list(STAYED)].sum())
        followed_up, lost = stayed + int(row["left"]), int(row["untraced"])
        sheet.count("expected", followed_up + lost, level)
        sheet.count("confirmed", stayed - int(row["transferred"]), level)
        sheet.count("possible", stayed + lost, level)
        sheet.share("share_worst", "confirmed", "expected", level, method="")
        terms = tuple(f"retention.transition.{level}.{name}" for name in ("stayed", "followed"))
        value = 100 * stayed / followed_up if followed_up else None
        relation = Relation("ratio", sheet.cell("share_stayed", level), terms, scale=100)
        sheet.put("share_stayed", "percent", value, level, relation=relation, n=followed_up)
        sheet.share("share_best", "possible", "expected", level, method="")
    return sheet.table(year, population="enrolled_before", as_of=as_of(year))


def _years(year: Year, _: Register, years: pd.DataFrame) -> Table:
    """The share that stayed, by the year into which it is counted, and children back after a gap."""
    last = year.parameters.program_year
    arrivals = [y for y in sorted(years["year"].unique()) if y - 1 in set(years["year"]) and y <= last]
    levels = tuple(str(y) for y in arrivals)
    sheet = Sheet("retention.years", (Dimension("year", levels),), "enrolled")
    back = years[years["back"]].groupby("year").size()
    for arrival in arrivals:
        _put_fates(sheet, _fates(years, arrival - 1).loc[TOTAL], str(arrival))
        sheet.count("back", int(back.get(arrival, 0)), str(arrival))
    refs = _refs(share=f"retention.years.{last}.share_stayed")
    shown = {"x": "year", "y": "share_stayed", "levels": levels, "break_after": secretariat_breaks(year)}
    chart = _chart("retention.years", "by_year", "years", refs, **shown)
    return sheet.table(year, population="enrolled_before", as_of=as_of(year), charts=[chart])


def _stages(year: Year, _: Register, years: pd.DataFrame) -> Table:
    """The share that stayed by stage, year beside year."""
    present = sorted(set(years["year"]))
    arrivals = [y for y in present if y - 1 in present]
    found = {str(y): _fates(years, y - 1) for y in arrivals}
    stages = [stage for stage in STAGES if any(stage in counts.index for counts in found.values())]
    dims = (Dimension("stage", tuple(stages)), Dimension("year", tuple(found)))
    sheet = Sheet("retention.stages", dims, "followed")
    for arrival, counts in found.items():
        for stage in stages:
            row = counts.loc[stage] if stage in counts.index else pd.Series(0, index=list(FATES))
            stayed = int(row[list(STAYED)].sum())
            sheet.count("followed", stayed + int(row["left"]), stage, arrival)
            sheet.count("stayed", stayed, stage, arrival)
            sheet.share("share_stayed", "stayed", "followed", stage, arrival, missing=float(row["untraced"]))
    shown = {"x": "share_stayed", "y": "stage", "panel": "year", "levels": stages}
    chart = _chart("retention.stages", "by_year", "multiples", {}, **shown)
    return sheet.table(year, population="enrolled_before", as_of=as_of(year), charts=[chart])


def _fates(years: pd.DataFrame, sent_in: int) -> pd.DataFrame:
    """Children in school in `sent_in` by stage (rows, with a total) and fate (columns)."""
    cohort = followed(years[years["year"].isin([sent_in, sent_in + 1])])
    stage = cohort["grade"].map({grade: stage_of(grade) for grade in cohort["grade"].cat.categories})
    stage = stage.astype(object).fillna("no_grade")
    table = pd.crosstab(stage, cohort["fate"], dropna=False).reindex(columns=list(FATES), fill_value=0)
    table = table.reindex([stage for stage in STAGES if stage in table.index])
    table.loc[TOTAL] = table.sum()
    return table


def _staying(year: Year, register: Register, years: pd.DataFrame) -> Table:
    """Kaplan-Meier estimate of staying in school from age 6, all years of the register taken together.

    S(a) = Π (1 - d ÷ n) over ages up to a: n children in school a year earlier whose next year is known,
    d of them out of school at age a. Children enter at the age at which the register first has them,
    leave the risk set when they are no longer followed, and enter again when they return.
    """
    cohort = followed(years)
    birth = cohort["child_id"].astype(object).map(children(register, year.parameters.program_year)["birth_date"])
    cohort = cohort.assign(age=age_on_opening(birth, cohort["year"]))
    unknown = int(cohort["age"].isna().sum())
    cohort = cohort[cohort["age"].between(FROM_AGE, TO_AGE - 1)]
    known, worst = (_steps(cohort, lost) for lost in (False, True))
    levels = [str(age) for age in range(FROM_AGE, TO_AGE + 1)]
    sheet = Sheet("retention.staying", (Dimension("age", tuple(levels)),), "staying")
    for place, level in enumerate(levels):
        own = max(place - 1, 0)  # the start repeats the first risk set, before anything has happened
        for suffix, found in (("", known), ("_worst", worst)):
            sheet.count(f"at_risk{suffix}", int(found["at_risk"].iloc[own]), level)
            sheet.count(f"events{suffix}", int(found["events"].iloc[own]) if place else 0, level)
            terms = [sheet.cell(f"{what}{suffix}", each) for each in levels[: place + 1] for what in ("at_risk", "events")]
            relation = Relation("survival", sheet.cell(f"staying{suffix}", level), tuple(terms[2:] or terms), scale=100)
            sheet.follow(f"staying{suffix}", "percent", relation, level, method="greenwood", missing=unknown)
    end = _refs(share=f"retention.staying.{TO_AGE}")
    chart = _chart("retention.staying", "by_age", "survival", end, x="age", y="staying", at_risk="at_risk")
    return sheet.table(year, population="school_age_years", as_of=as_of(year), charts=[chart])


def _steps(cohort: pd.DataFrame, lost: bool) -> pd.DataFrame:
    """Risk sets and departures by age; with `lost`, an untraced child counts as one that left."""
    gone = ["left", "untraced"] if lost else ["left"]
    own = cohort[cohort["fate"].isin([*STAYED, *gone])]
    ages = own["age"].to_numpy(float)
    grid = [float(age) for age in range(FROM_AGE + 1, TO_AGE + 1)]
    return steps(ages + 1, own["fate"].isin(gone), entry=ages, grid=grid)


def _handoffs(year: Year, register: Register, years: pd.DataFrame) -> Table:
    """Children due in the next stage this year: followed by a record there, after how many days, or not yet."""
    sent_in = year.parameters.program_year - 1
    found = grade_handoffs(years, sent_in)
    if "assessment" in register.tables():
        rows = register.table("assessment", ["child_id", "date", "score"], {"program_year": sent_in})
        scored = rows[rows["score"].notna()]
        found = pd.concat([readiness_handoff(scored, years, sent_in), found], ignore_index=True)
    counts = binned(found).reindex(list(dict.fromkeys(found["handoff"])))
    levels = tuple(str(level) for level in counts.index)
    sheet = Sheet("retention.handoffs", (Dimension("handoff", levels),), "due")
    for level, row in counts.iterrows():
        at = str(level)
        sheet.count("due", int(row.sum()), at)
        sheet.count("handed_on", int(row[list(BINS)].sum()), at)
        for name in (*BINS, NOT_YET):
            sheet.count(name, int(row[name]), at)
        sheet.share("share_handed_on", "handed_on", "due", at)
        parts = tuple(sheet.cell(name, at) for name in (*BINS, NOT_YET))
        sheet.relations.append(Relation("sum", sheet.cell("due", at), parts))
    refs = _refs(share=f"retention.handoffs.{levels[0]}.share_handed_on") if levels else {}
    shown = {"x": "share_handed_on", "y": "handoff", "levels": levels}
    chart = _chart("retention.handoffs", "share", "bars", refs, **shown)
    return sheet.table(year, population="due_next_stage", as_of=as_of(year), charts=[chart])


def _attendance(year: Year, rows: pd.DataFrame) -> Table:
    """Children whose attendance exceeded 80 % of the days of a term, of those whose attendance is known."""
    on_roll = rows[rows["enrol_status"].isin(["enrolled", "transferred", "graduated"]) | rows["enrol_status"].isna()]
    share = attended(on_roll)
    keep = pd.DataFrame({"child_id": on_roll["child_id"], "share": share})
    keep["at"] = on_roll["academic_year"].astype(int) * 10 + on_roll["term"].astype(int)
    keep = keep.groupby(["at", "child_id"], sort=True)["share"].max().reset_index()
    found = keep.assign(known=keep["share"].notna(), above=keep["share"] > ATTENDED).groupby("at")
    counts = found.agg(pupils=("share", "size"), known=("known", "sum"), above=("above", "sum"))
    names = {f"{at // 10}_{at % 10}": _term(int(at)) for at in counts.index}
    sheet = Sheet("retention.attendance", (Dimension("term", tuple(names), names),), "pupils")
    for level, row in zip(names, counts.itertuples(index=False), strict=True):
        sheet.count("pupils", int(row.pupils), level)
        sheet.count("attendance_known", int(row.known), level)
        sheet.count("attended", int(row.above), level)
        sheet.share("share_attended", "attended", "attendance_known", level, missing=float(row.pupils - row.known))
    refs = _refs(share=f"retention.attendance.{list(names)[-1]}.share_attended") if names else {}
    chart = _chart("retention.attendance", "by_term", "bars", refs, x="share_attended", y="term")
    return sheet.table(year, population="on_roll", as_of=as_of(year), charts=[chart])


def attended(rows: pd.DataFrame) -> pd.Series:
    """Attendance in per cent: as stated, else 100 × days present ÷ days open; NaN where neither is known."""
    stated = pd.to_numeric(rows["attendance"], errors="coerce").astype(float)
    opened = rows["days_open"].astype(float)
    counted = 100 * rows["days_present"].astype(float) / opened.where(opened > 0, np.nan)
    return stated.fillna(counted)


def _term(at: int) -> Name:
    return Name(f"ภาคเรียนที่ {at % 10} ปีการศึกษา {at // 10}", f"Term {at % 10} of B.E. {at // 10}")


def as_of(year: Year) -> str:
    """Last day of the programme year, up to which its files tell."""
    end = year.parameters.period.end
    return end.isoformat() if end else "not_stated"


def secretariat_breaks(year: Year) -> list[str]:
    """Years after which another secretariat kept the files: forms and definitions may have changed."""
    given = [*year.earlier, year.parameters]
    pairs = zip(given, given[1:], strict=False)
    return [str(a.program_year) for a, b in pairs if a.secretariat.name != b.secretariat.name]


def _refs(**refs: str) -> dict[str, str]:
    return refs


def _chart(table: str, name: str, kind: str, refs: dict[str, str], **shown: str | list[str] | tuple[str, ...]) -> Chart:
    encodings = {key: each if isinstance(each, str) else ",".join(each) for key, each in shown.items()}
    return Chart(f"{table}.{name}", kind, table, encodings, Statement(f"chart.{table}.{name}", refs=refs))


VIEWS: dict[str, Callable[[Year, Register, pd.DataFrame], Table]] = {
    "transition": _transition,
    "bounds": _bounds,
    "years": _years,
    "stages": _stages,
    "staying": _staying,
    "handoffs": _handoffs,
    "attendance": lambda year, _, rows: _attendance(year, rows),
}
