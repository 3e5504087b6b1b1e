"""Attendance by term: who was in class on more than four days of five."""

import numpy as np
import pandas as pd

from equity_lib.indicators.clustering import Clusters
from equity_lib.indicators.cohorts import IN_SCHOOL, as_of
from equity_lib.indicators.drawings import drawing
from equity_lib.indicators.sheet import Sheet
from equity_lib.registry.year import Year
from equity_lib.results import Dimension, Name, Table

#: Attendance in per cent that a term has to exceed (condition of the national conditional transfer).
ATTENDED = 80.0


def attendance(year: Year, rows: pd.DataFrame, home: pd.Series) -> Table:
    """Children whose attendance exceeded 80 % of the days of a term, of those whose attendance is known.

    Parameters
    ----------
    rows, home
        Enrolment by term, and the sub-district of each child.
    """
    on_roll = rows[rows["enrol_status"].isin(IN_SCHOOL) | rows["enrol_status"].isna()]
    share = attended(on_roll)
    keep = pd.DataFrame({"child_id": on_roll["child_id"], "share": share, "school": on_roll["school"]})
    keep["at"] = on_roll["academic_year"].astype(int) * 10 + on_roll["term"].astype(int)
    keep = keep.groupby(["at", "child_id"], sort=False).agg({"share": "max", "school": "last"}).reset_index()
    keep = keep.assign(known=keep["share"].notna(), above=keep["share"] > ATTENDED)
    clusters = Clusters(keep["child_id"].map(home), keep["school"])
    effects = clusters.shares(keep["at"].where(keep["known"]), keep["above"])
    found = keep.groupby("at")
    counts = found.agg(pupils=("share", "size"), known=("known", "sum"), above=("above", "sum"))
    names = {f"{at // 10}_{at % 10}": _term(int(at)) for at in counts.index}
    sheet = Sheet("retention.attendance", (Dimension("school_term", tuple(names), names),), "pupils")
    for at, level, (pupils, known, above) in zip(
        counts.index, names, counts.to_numpy(int).tolist(), strict=True
    ):
        sheet.count("pupils", pupils, level)
        sheet.count("attendance_known", known, level)
        sheet.count("attended", above, level)
        lost, deff = pupils - known, effects.get(at)
        sheet.share("share_attended", "attended", "attendance_known", level, missing=lost, deff=deff)
    refs = {"share": sheet.cell("share_attended", list(names)[-1])} if names else {}
    chart = drawing(sheet.id, "by_term", "bars", refs, x="share_attended", y="school_term")
    return sheet.table(year, population="on_roll", as_of=as_of(year), charts=[chart])


def attended(rows: pd.DataFrame) -> pd.Series:
    """Attendance in per cent: as stated, else 100 × days present ÷ days open; NaN where neither is known."""
    stated = pd.to_numeric(rows["attendance"], errors="coerce").astype(float)
    opened = rows["days_open"].astype(float)
    counted = 100 * rows["days_present"].astype(float) / opened.where(opened > 0, np.nan)
    return stated.fillna(counted)


def _term(at: int) -> Name:
    return Name(f"ภาคเรียนที่ {at % 10} ปีการศึกษา {at // 10}", f"Term {at % 10} of B.E. {at // 10}")
