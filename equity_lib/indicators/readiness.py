"""Readiness (goal A): which children were screened, how they develop, and how ready for school they are."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pandas as pd

from equity_lib.indicators.assessments import RESULTS, all_passed, changes, common, latest, named, own_scores
from equity_lib.indicators.clustering import Clusters, homes, residence
from equity_lib.indicators.cohorts import age_on_opening, as_of
from equity_lib.indicators.drawings import drawing
from equity_lib.indicators.means import Mean, clustered_mean
from equity_lib.indicators.sheet import Sheet
from equity_lib.indicators.supported import among
from equity_lib.indicators.views import check_view
from equity_lib.programme.places import districts
from equity_lib.registry.register import Register
from equity_lib.registry.year import Year
from equity_lib.relations import Relation
from equity_lib.results import Chart, Dimension, Name, Statement, Table

#: Early childhood ends where compulsory schooling begins.
#: Source: Early Childhood Development Act, B.E. 2562, s. 3 (under six years of age).
BELOW_AGE = 6
GOAL = "A"
TOTAL = "total"
_SUPPORT = ("supported", "not_supported")


def readiness(year: Year, of: str) -> Table | Statement:
    """One view of early childhood.

    Parameters
    ----------
    year
        An opened programme year.
    of
        `screened`: children of the age in the register, screened or not, by age; `districts`: the same
        by district. `domains`: results of development screening by domain. `scores`: mean readiness
        scores by domain and instrument. `support`: children whom a stream of goal A supported beside
        the others, which is no comparison of like with like. `series`: year by year. `instrument`:
        whether the instrument changed.

    Returns
    -------
    Table or Statement
        `readiness.<of>`. Without a register that has assessments, what it would take and what it would
        answer.

    Raises
    ------
    WrongParameters
        If there is no such view.

    Source: Department of Health, Developmental Surveillance and Promotion Manual (DSPM), five domains.
    """
    check_view(of, VIEWS)
    register = year.register
    if register is None or "assessment" not in register.tables():
        return Statement("needs.readiness", names={"area": year.parameters.area_name})
    return VIEWS[of](year, register)


def early_children(year: Year, register: Register) -> pd.DataFrame:
    """Children of early-childhood age in this year's register: age, district, supported, screened, home.

    Ages are whole years on 16 May of the academic year, from the youngest that a stream of goal A is
    for up to five.
    """
    given = year.parameters
    own = [stream for stream in given.streams or [] if stream.goal == GOAL]
    youngest = min((stream.ages.from_ for stream in own if stream.ages), default=0)
    frame = register.table("child", ["child_id", "birth_date", "district"])
    birth = pd.to_datetime(frame["birth_date"])
    frame = frame.assign(age=age_on_opening(birth, pd.Series(given.program_year, index=frame.index)))
    frame = frame[frame["age"].between(youngest, BELOW_AGE - 1)].reset_index(drop=True)
    screened = latest(register, given.program_year, "result")["child_id"]
    return frame.assign(
        supported=among(frame["child_id"], _supported(year, register)),
        screened=among(frame["child_id"], screened),
        home=homes(register, pd.Index(frame["child_id"])).array,
    )


def _supported(year: Year, register: Register) -> pd.Series:
    """Children to whom a stream of goal A paid something this year that wasn't taken back."""
    keys = [stream.key for stream in year.parameters.streams or [] if stream.goal == GOAL]
    if not keys or "support_payment" not in register.tables():
        return pd.Series([], dtype=object)
    paid = register.table("support_payment", ["child_id", "amount"], {"stream": keys})
    total = paid.groupby("child_id")["amount"].sum()
    return total[total > 0].index.to_series()


def _screened(year: Year, register: Register) -> Table:
    """Children of the age in the register: screened this year or not; share = screened ÷ children."""
    frame = early_children(year, register)
    ages = [int(age) for age in sorted(frame["age"].unique())]
    names = {str(age): Name(f"{age} ปี", f"Age {age}") for age in ages}
    dim = Dimension("early_age", (*names, TOTAL), names, total=TOTAL)
    sheet = Sheet("readiness.screened", (dim,), "children")
    effects = _effects(frame, frame["age"].astype(int).astype(str))
    for level in names:
        _put_screened(sheet, frame[frame["age"] == int(level)], level, effects.get(level))
    _put_screened(sheet, frame, TOTAL, effects[TOTAL])
    _add_up(sheet, list(names))
    refs = {"share": "readiness.screened.total.share_screened"}
    shown = {"x": "share_screened", "y": "early_age"}
    chart = drawing("readiness.screened", "by_age", "bars", refs, **shown)
    return sheet.table(year, population="early_children", as_of=as_of(year), charts=[chart])


def _districts(year: Year, register: Register) -> Table:
    """Screened or not, by the child's district."""
    frame = early_children(year, register)
    own = {place.code: Name(place.name_th, place.name_en) for place in districts(year.parameters.province)}
    unplaced = ~frame["district"].isin(own)
    apart = {"elsewhere": Name("อำเภออื่นหรือไม่ระบุ", "Another district, or none stated")}
    names = own | (apart if unplaced.any() else {})
    frame = frame.assign(place=frame["district"].where(~unplaced, "elsewhere"))
    dim = Dimension("district", (*names, TOTAL), names, total=TOTAL)
    sheet = Sheet("readiness.districts", (dim,), "children")
    by_place = dict(tuple(frame.groupby("place")))
    effects = _effects(frame, frame["place"])
    for level in names:
        _put_screened(sheet, by_place.get(level, frame.iloc[:0]), level, effects.get(level))
    _put_screened(sheet, frame, TOTAL, effects[TOTAL])
    _add_up(sheet, list(names))
    refs = {"share": "readiness.districts.total.share_screened"}
    chart = drawing("readiness.districts", "map", "tiles", refs, x="share_screened", y="district")
    return sheet.table(year, population="early_children", as_of=as_of(year), charts=[chart])


def _effects(frame: pd.DataFrame, level: pd.Series) -> dict[Any, float]:
    """Design effects of the share screened, by level and in total."""
    clusters = Clusters(frame["home"])
    return clusters.shares(level, frame["screened"]) | {TOTAL: clusters.share(frame["screened"])}


def _put_screened(sheet: Sheet, frame: pd.DataFrame, level: str, deff: float | None) -> None:
    sheet.count("children", len(frame), level)
    sheet.count("screened", int(frame["screened"].sum()), level)
    sheet.count("unscreened", int((~frame["screened"]).sum()), level)
    sheet.share("share_screened", "screened", "children", level, deff=deff)
    parts = tuple(sheet.cell(measure, level) for measure in ("children", "screened"))
    sheet.relations.append(Relation("sum", sheet.cell("unscreened", level), parts, signs=(1, -1)))


def _add_up(sheet: Sheet, levels: list[str]) -> None:
    """The children of these levels, and those of them who were screened, are those of the total."""
    for measure in ("children", "screened"):
        parts = tuple(sheet.cell(measure, level) for level in levels)
        sheet.relations.append(Relation("sum", sheet.cell(measure, TOTAL), parts))


def _domains(year: Year, register: Register) -> Table:
    """Results of development screening by domain: share = result ÷ children with a result in the domain."""
    rows = latest(register, year.parameters.program_year, "result")
    child, children = pd.factorize(rows["child_id"])
    everyone, home = len(children), homes(register, children)
    told = pd.Series(pd.Categorical(rows["result"], RESULTS).codes, child)
    domains = common(rows["domain"], year)
    keys, names = named(domains)
    sheet = Sheet("readiness.domains", (Dimension("domain", tuple(keys.values()), names),), "with_result")
    for domain, level in keys.items():
        each = told[(domains == domain).to_numpy()].groupby(level=0, sort=False).max()  # the worst
        found, clusters = each[each >= 0].value_counts(), Clusters(home.iloc[each.index])
        sheet.count("with_result", int(found.sum()), level)
        for at, result in enumerate(RESULTS):
            sheet.count(result, int(found.get(at, 0)), level)
        sheet.count("no_result", everyone - int(found.sum()), level)
        lost = float(everyone - int(found.sum()))
        for at, result in enumerate(RESULTS):
            deff = clusters.share(each == at)
            sheet.share(f"share_{result}", result, "with_result", level, missing=lost, deff=deff)
        parts = tuple(sheet.cell(result, level) for result in RESULTS)
        sheet.relations.append(Relation("sum", sheet.cell("with_result", level), parts))
    by_share = sorted(keys.values(), key=lambda level: sheet.values[sheet.cell("share_passed", level)])
    ends = {"low": by_share[0], "high": by_share[-1]} if keys else {}
    refs = {name: sheet.cell("share_passed", level) for name, level in ends.items()}
    chart = drawing("readiness.domains", "passed", "bars", refs, x="share_passed", y="domain")
    made = sheet.table(year, population="screened_development", as_of=as_of(year), charts=[chart])
    return replace(made, sensitive=("suspected", "delayed"))  # results tell of a child's health


def _scores(year: Year, register: Register) -> Table:
    """Mean readiness score by domain and instrument; scores of two instruments are never pooled."""
    rows = latest(register, year.parameters.program_year, "score")
    where = _places(register)
    several = rows["instrument"].nunique() > 1
    label = common(rows["domain"] + (" · " + rows["instrument"] if several else ""), year)
    keys, names = named(label)
    sheet = Sheet("readiness.scores", (Dimension("domain", tuple(keys.values()), names),), "mean_score")
    for each, level in keys.items():
        own = rows[label == each]
        _put_mean(sheet, clustered_mean(own["score"], own["child_id"].map(where)), level)
        sheet.count("scored", own["child_id"].nunique(), level)
    chart = drawing("readiness.scores", "mean", "bars", {}, x="mean_score", y="domain")
    return sheet.table(year, population="assessed_readiness", as_of=as_of(year), charts=[chart])


def _support(year: Year, register: Register) -> Table:
    """Supported children beside the others: screening in the year, and readiness at its end.

    Who asks for support differs from who doesn't before any is given, so the two rows answer nothing
    about the support.
    """
    frame = early_children(year, register)
    passed = all_passed(latest(register, year.parameters.program_year, "result"))
    score = own_scores(latest(register, year.parameters.program_year, "score"))
    frame = frame.assign(passed=frame["child_id"].map(passed), score=frame["child_id"].map(score))
    sheet = Sheet("readiness.support", (Dimension("support", _SUPPORT),), "children")
    for level, own in zip(_SUPPORT, (frame[frame["supported"]], frame[~frame["supported"]]), strict=True):
        clusters, passed_all = Clusters(own["home"]), own["passed"].eq(True)
        _put_screened(sheet, own, level, clusters.share(own["screened"]))
        sheet.count("passed_all", int(passed_all.sum()), level)
        lost, deff = float((~own["screened"]).sum()), clusters.share(passed_all, own["screened"])
        sheet.share("share_passed_all", "passed_all", "screened", level, missing=lost, deff=deff)
        sheet.count("scored", int(own["score"].notna().sum()), level)
        _put_mean(sheet, clustered_mean(own["score"], own["district"]), level)
    made = sheet.table(year, population="early_children", as_of=as_of(year))
    return replace(made, sensitive=("passed_all",))


def _series(year: Year, register: Register) -> Table:
    """Share that passed all domains and mean readiness score by year, with breaks where a form changed."""
    given = [*year.earlier, year.parameters]
    held = {part.year for part in register.state.parts}
    levels = [each.program_year for each in given if each.program_year in held]
    sheet = Sheet("readiness.series", (Dimension("year", tuple(map(str, levels))),), "screened")
    for each in levels:
        level = str(each)
        passed = all_passed(latest(register, each, "result"))
        score = own_scores(latest(register, each, "score"))
        where = _places(register, each)
        sheet.count("screened", len(passed), level)
        sheet.count("passed_all", int(passed.sum()), level)
        deff = Clusters(passed.index.to_series().map(residence(register, [each]))).share(passed)
        sheet.share("share_passed_all", "passed_all", "screened", level, deff=deff)
        sheet.count("scored", len(score), level)
        _put_mean(sheet, clustered_mean(score, where.reindex(score.index)), level)
    broken = changes(register, levels)
    charts = [
        _by_year("passed_all", "share_passed_all", levels, broken["result"]),
        _by_year("mean_score", "mean_score", levels, broken["score"]),
    ]
    made = sheet.table(year, population="assessed_children", as_of=as_of(year), charts=charts)
    return replace(made, sensitive=("passed_all",))


def _by_year(name: str, measure: str, levels: list[int], breaks: list[int]) -> Chart:
    refs = {"value": f"readiness.series.{levels[-1]}.{measure}"}
    shown = {"x": "year", "y": measure, "levels": map(str, levels), "break_after": map(str, breaks)}
    return drawing("readiness.series", name, "years", refs, break_words="chart.other_instrument", **shown)


def _instrument(year: Year, register: Register) -> Statement:
    """Whether the readiness form of this year is that of the year before: if not, they can't be compared."""
    before = year.previous
    if before is None or before.program_year not in {part.year for part in register.state.parts}:
        return Statement("instrument.first")
    changed = changes(register, [before.program_year, year.parameters.program_year])["score"]
    return Statement("instrument.changed" if changed else "instrument.same")


def _places(register: Register, program_year: int | None = None) -> pd.Series:
    """District by child."""
    where = {} if program_year is None else {"program_year": program_year}
    return register.table("child", ["child_id", "district"], where).set_index("child_id")["district"]


def _put_mean(sheet: Sheet, found: Mean, level: str) -> None:
    more: dict[str, Any] = {"low": found.low, "high": found.high, "n": found.n, "dof": found.dof}
    sheet.put("mean_score", "score", found.value, level, method="clustered_t", **more)


VIEWS: dict[str, Callable[[Year, Register], Table | Statement]] = {
    "screened": _screened,
    "districts": _districts,
    "domains": _domains,
    "scores": _scores,
    "support": _support,
    "series": _series,
    "instrument": _instrument,
}
