"""Hand-offs: was the record of one stage followed by a record of the next, and after how many days."""

import datetime as dt

import numpy as np
import pandas as pd

from equity_lib.indicators.clustering import Clusters, files_until, residence
from equity_lib.indicators.cohorts import as_of
from equity_lib.indicators.drawings import drawing
from equity_lib.indicators.sheet import Sheet
from equity_lib.programme.calendars import ACADEMIC_OPENINGS
from equity_lib.registry.register import Register
from equity_lib.registry.year import Year
from equity_lib.relations import Relation
from equity_lib.results import Dimension, Table

#: Hand-offs on the way through basic education: from the last grade of one stage to the first of the next.
HANDOFFS: dict[str, tuple[str, tuple[str, ...]]] = {
    "k3_p1": ("k3", ("p1",)),
    "p6_m1": ("p6", ("m1",)),
    "m3_m4": ("m3", ("m4", "voc1")),
}
#: A readiness assessment, handed on with its child to grade 1.
READINESS = "readiness_p1"
#: Bins of the days from the sending record to the receiving one, by their upper end.
BINS: dict[str, float] = {"handed_30": 30, "handed_90": 90, "handed_180": 180, "handed_later": np.inf}
NOT_YET = "handed_not_yet"
MEASURES = (*BINS, NOT_YET)

_TERMS = {1: (5, 16), 2: (11, 1)}
_CLOSES = (3, 31)


def handoffs(year: Year, register: Register, years: pd.DataFrame) -> Table:
    """Children due in the next stage this year: handed on after how many days, or not yet."""
    sent_in = year.parameters.program_year - 1
    found = grade_handoffs(years, sent_in)
    if "assessment" in register.tables():
        rows = register.table("assessment", ["child_id", "date", "score"], {"program_year": sent_in})
        scored = rows[rows["score"].notna()]
        found = pd.concat([readiness_handoff(scored, years, sent_in), found], ignore_index=True)
    names = years.drop_duplicates("child").set_index("child")["child_id"].astype(object)
    clusters = Clusters(
        found["child"]
        .map(names)
        .map(residence(register, files_until(register, year.parameters.program_year)))
    )
    effects = clusters.shares(found["handoff"], found["days"].notna())
    counts = binned(found).reindex(list(dict.fromkeys(found["handoff"])))
    levels = tuple(str(level) for level in counts.index)
    sheet = Sheet("retention.handoffs", (Dimension("handoff", levels),), "due_next")
    for level, row in counts.iterrows():
        at = str(level)
        sheet.count("due_next", int(row.sum()), at)
        sheet.count("handed_on", int(row[list(BINS)].sum()), at)
        sheet.share("share_handed_on", "handed_on", "due_next", at, deff=effects.get(level))
        for name in MEASURES:
            sheet.count(name, int(row[name]), at)
        parts = tuple(sheet.cell(name, at) for name in MEASURES)
        sheet.relations.append(Relation("sum", sheet.cell("due_next", at), parts))
    refs = {"share": sheet.cell("share_handed_on", "k3_p1")} if "k3_p1" in levels else {}
    chart = drawing(sheet.id, "share", "bars", refs, x="share_handed_on", y="handoff")
    return sheet.table(year, population="due_next_stage", as_of=as_of(year), charts=[chart])


def term_opens(year: int, term: int) -> dt.date:
    """First day of a term (B.E. year): as a source states it, else by the ministry's rule.

    Source: Ministry of Education, rule on the opening and closing of schools, B.E. 2549: 16 May, 1 November.
    """
    if term == 1 and year in ACADEMIC_OPENINGS:
        return ACADEMIC_OPENINGS[year]
    month, day = _TERMS.get(term, (11, 1))
    return dt.date(year - 543, month, day)


def grade_handoffs(years: pd.DataFrame, sent_in: int) -> pd.DataFrame:
    """Children in the last grade of a stage in academic year `sent_in`, and the days until the next stage.

    A sending record dates from the end of that year (31 March), a receiving one from the first day of
    the term in which the child is first on the roll of the next stage.

    Parameters
    ----------
    years
        As `equity_lib.indicators.cohorts.child_years` gives them.

    Returns
    -------
    DataFrame
        One row a child and hand-off: `handoff`, `child`, `days` (NaN: not yet).
    """
    made = []
    for name, (last, firsts) in HANDOFFS.items():
        sent = years[(years["year"] == sent_in) & (years["grade"] == last)]
        made.append(_days(sent.assign(date=_last_day(sent_in)), years, firsts).assign(handoff=name))
    return pd.concat(made, ignore_index=True)


def readiness_handoff(assessed: pd.DataFrame, years: pd.DataFrame, sent_in: int) -> pd.DataFrame:
    """Children with a readiness record in academic year `sent_in` who were due in grade 1 the year after.

    Due is a child on the roll of the last kindergarten grade in that year.

    Parameters
    ----------
    assessed
        `child_id` and `date` of readiness records of that year; the last one of a child counts.
    years
        As `equity_lib.indicators.cohorts.child_years` gives them.
    """
    latest = assessed.groupby("child_id", observed=True)["date"].max()
    sent = years[(years["year"] == sent_in) & (years["grade"] == HANDOFFS["k3_p1"][0])]
    # Not `map`, which can't give dates where no child has a record.
    dates = latest.reindex(sent["child_id"].astype(object)).to_numpy()
    sent = sent.assign(date=dates).dropna(subset=["date"])
    return _days(sent, years, HANDOFFS["k3_p1"][1]).assign(handoff=READINESS)


def _days(sent: pd.DataFrame, years: pd.DataFrame, firsts: tuple[str, ...]) -> pd.DataFrame:
    """Days from each sending record to the first record of the receiving grade in a later year."""
    taken = years[years["in_school"] & years["first_grade"].isin(firsts)]
    taken = taken[taken["child"].isin(sent["child"])][["child", "year", "first_term"]]
    pairs = sent[["child", "year", "date"]].merge(taken, on="child", how="left", suffixes=("", "_after"))
    pairs = pairs[~(pairs["year_after"] <= pairs["year"])].sort_values("year_after", na_position="last")
    one = pairs.drop_duplicates("child").set_index("child").reindex(sent["child"])
    term = one["year_after"] * 10 + one["first_term"]
    opened = {each: pd.Timestamp(term_opens(*divmod(int(each), 10))) for each in term.dropna().unique()}
    received = pd.to_datetime(term.map(opened)).to_numpy("datetime64[D]")
    sent_on = pd.to_datetime(sent["date"]).to_numpy("datetime64[D]")
    days = (received - sent_on) / np.timedelta64(1, "D")
    return pd.DataFrame({"child": sent["child"].to_numpy(), "days": days})


def _last_day(year: int) -> pd.Timestamp:
    """Last day of an academic year (B.E.)."""
    return pd.Timestamp(year - 542, *_CLOSES)


def binned(found: pd.DataFrame) -> pd.DataFrame:
    """Children by hand-off (rows) and bin of days (columns): every child in one bin."""
    edges = [-np.inf, *BINS.values()]
    cut = pd.cut(found["days"], edges, labels=list(BINS)).cat.add_categories(NOT_YET).fillna(NOT_YET)
    table = pd.crosstab(found["handoff"], cut, dropna=False)
    return table.reindex(columns=list(MEASURES), fill_value=0)
