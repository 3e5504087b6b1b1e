"""Who is in school a year later, by stage, as one would write it in pandas, polars or duckdb.

Written for the made-up register: two terms a year, one school a child, and only its five statuses.
"""

from pathlib import Path

import numpy as np
import pandas as pd
from large_register import GRADES, LAST
from tables import in_duckdb, in_pandas, in_polars

COLUMNS = ["child_id", "term", "grade", "enrol_status"]
STAGES = {grade: "early" if grade[0] in "ck" else "primary" if grade[0] == "p" else "" for grade in GRADES}
STAGES |= dict.fromkeys(("m1", "m2", "m3"), "lower_secondary")
STAGES = {grade: stage or "upper_secondary" for grade, stage in STAGES.items()}
MEASURES = {
    "stayed": "stayed",
    "left": "dropped",
    "finished": "graduated",
    "apart": "not_dropout",
    "untraced": "no_trace",
}


def figures(counts: list[tuple[str, str, int]]) -> dict[str, float]:
    """Cells by id, from (stage, fate, children)."""
    made: dict[str, float] = {}
    for stage, fate, n in counts:
        for level in (stage, "total"):
            cell = f"retention.transition.{level}.{MEASURES[fate]}"
            made[cell] = made.get(cell, 0.0) + n
    for level in {*STAGES.values(), "total"}:
        cell = f"retention.transition.{level}"
        stayed, dropped = made[f"{cell}.stayed"], made[f"{cell}.dropped"]
        made[f"{cell}.share_stayed"] = 100 * stayed / (stayed + dropped)
    return made


def by_pandas(folder: Path) -> dict[str, float]:
    """Last year's children with their last word, merged with this year's."""
    before, now = (in_pandas(folder, "enrolment", COLUMNS, year) for year in (LAST - 1, LAST))
    before, now = (
        rows.sort_values("term").drop_duplicates("child_id", keep="last") for rows in (before, now)
    )
    met = before.merge(now[["child_id"]], on="child_id", how="left", indicator=True)
    inside, own = met["_merge"] == "both", met["enrol_status"].astype(str)
    fate = np.select(
        [
            inside,
            (own == "enrolled") & (met["grade"] == "m6"),
            own == "transferred",
            own == "dropped_out",
            own == "moved",
        ],
        ["stayed", "finished", "stayed", "left", "apart"],
        "untraced",
    )
    counts = pd.DataFrame({"stage": met["grade"].astype(str).map(STAGES), "fate": fate}).value_counts()
    return figures([(*key, n) for key, n in counts.items()])


def by_polars(folder: Path) -> dict[str, float]:
    """The same in polars."""
    import polars as pl

    before, now = (
        in_polars(folder, "enrolment", COLUMNS, year)
        .sort("term", maintain_order=True)
        .unique("child_id", keep="last", maintain_order=False)
        for year in (LAST - 1, LAST)
    )
    own = pl.col("enrol_status")
    fate = (
        pl.when(pl.col("here") == 1)
        .then(pl.lit("stayed"))
        .when((own == "enrolled") & (pl.col("grade") == "m6"))
        .then(pl.lit("finished"))
        .when(own == "transferred")
        .then(pl.lit("stayed"))
        .when(own == "dropped_out")
        .then(pl.lit("left"))
        .when(own == "moved")
        .then(pl.lit("apart"))
        .otherwise(pl.lit("untraced"))
    )
    counts = (
        before.join(now.select("child_id", here=1), on="child_id", how="left")
        .group_by(pl.col("grade").replace_strict(STAGES), fate.alias("fate"))
        .len()
        .collect()
    )
    return figures(list(counts.iter_rows()))


def by_duckdb(folder: Path) -> dict[str, float]:
    """The same in SQL."""
    import duckdb

    last = "select child_id, arg_max(grade, term) grade, arg_max(enrol_status, term) own from {} group by all"
    before, now = (last.format(in_duckdb(folder, "enrolment", year)) for year in (LAST - 1, LAST))
    counts = duckdb.sql(f"""
        select b.grade, case when n.child_id is not null then 'stayed'
            when b.own = 'enrolled' and b.grade = 'm6' then 'finished'
            when b.own = 'transferred' then 'stayed' when b.own = 'dropped_out' then 'left'
            when b.own = 'moved' then 'apart' else 'untraced' end fate, count(*)
        from ({before}) b left join ({now}) n using (child_id) group by all
    """).fetchall()
    return figures([(STAGES[grade], fate, n) for grade, fate, n in counts])
