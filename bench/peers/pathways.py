"""Returns to learning and the wait for them, as one would write them in pandas, polars or duckdb.

Written for the made-up register: nobody is found twice, and a case stands in the file of one year.
"""

from pathlib import Path

import incidence
import numpy as np
import pandas as pd
from large_register import LAST
from tables import in_duckdb, in_pandas, in_polars

YEARS = (LAST - 1, LAST)
#: First days of the terms, by academic year and term: as a source states them, else by the rule.
OPENS = {(2562, 1): "2019-05-16", (2562, 2): "2019-11-01", (2563, 1): "2020-07-01", (2563, 2): "2020-11-01"}
COLUMNS = ["child_id", "found_date", "outcome", "outcome_date", "follow_up_date"]


def figures(back: pd.DataFrame) -> dict[str, float]:
    """Cells by id from one row a case: year, days, event, and whether it returned or gained skills."""
    own = back[back["year"] == LAST]
    returned, skills = own["returned"].astype(bool), own["skills"].astype(bool)
    made = {"in_hand": len(own), "returned": returned.sum(), "skills": skills.sum()}
    made |= {"both": (returned & skills).sum(), "either": (returned | skills).sum()}
    cells = {f"pathways.returns.{level}": float(n) for level, n in made.items()}
    days, event = back["days"].to_numpy(), back["event"].to_numpy()
    for day in (90, 365):
        early = np.minimum(days, day + 1), np.where(days <= day, event, 0)
        cells[f"pathways.time.returned.{day}"] = 100 * incidence.by_pandas(*early)
    return cells


def by_pandas(folder: Path) -> dict[str, float]:
    """Cases merged with the enrolment of their children, the first term after being found."""
    found = in_pandas(folder, "out_of_school", COLUMNS, *YEARS).rename(columns={"program_year": "year"})
    seen = in_pandas(folder, "enrolment", ["child_id", "academic_year", "term", "enrol_status"], *YEARS)
    seen = seen[seen["enrol_status"].isin(["enrolled", "transferred", "graduated"])]
    seen = seen[seen["child_id"].isin(found["child_id"])]
    opens = pd.Series(OPENS, name="on").rename_axis(["academic_year", "term"]).reset_index()
    seen = seen.merge(opens.assign(on=pd.to_datetime(opens["on"])), on=["academic_year", "term"])
    dates = ["found_date", "outcome_date", "follow_up_date"]
    found[dates] = found[dates].apply(pd.to_datetime)
    found["until"] = pd.to_datetime((found["year"] - 542).astype(str) + "-09-30")
    met = found[["child_id", "found_date", "until"]].merge(seen[["child_id", "on"]], on="child_id")
    first = met[(met["on"] > met["found_date"]) & (met["on"] <= met["until"])].groupby("child_id")["on"].min()
    said = found["outcome_date"].where(found["outcome"] == "returned")
    back = pd.concat([said, found["child_id"].map(first)], axis=1).min(axis=1)
    gone = found["outcome_date"].where(found["outcome"] == "moved")
    last = found["follow_up_date"].where(found["outcome"] == "lost").fillna(found["until"])
    end = pd.concat([back, gone], axis=1).min(axis=1)
    found["event"] = np.where(end.isna(), 0, np.where(end == back, 1, 2))
    found["days"] = (end.fillna(last) - found["found_date"]).dt.days
    found["returned"], found["skills"] = back.notna(), found["outcome"] == "skills"
    return figures(found)


def by_polars(folder: Path) -> dict[str, float]:
    """The same in polars."""
    import polars as pl

    opens = pl.DataFrame(
        [(*key, day) for key, day in OPENS.items()], ["academic_year", "term", "on"], orient="row"
    )
    found = in_polars(folder, "out_of_school", COLUMNS, *YEARS).with_columns(
        until=pl.date(pl.col("program_year") - 542, 9, 30), year=pl.col("program_year")
    )
    first = (
        in_polars(folder, "enrolment", ["child_id", "academic_year", "term", "enrol_status"], *YEARS)
        .filter(pl.col("enrol_status").is_in(["enrolled", "transferred", "graduated"]))
        .join(opens.lazy().with_columns(pl.col("on").str.to_date()), on=["academic_year", "term"])
        .join(found.select("child_id", "found_date", "until"), on="child_id")
        .filter((pl.col("on") > pl.col("found_date")) & (pl.col("on") <= pl.col("until")))
        .group_by("child_id")
        .agg(pl.col("on").min())
    )
    said = pl.when(pl.col("outcome") == "returned").then("outcome_date")
    gone = pl.when(pl.col("outcome") == "moved").then("outcome_date")
    last = pl.coalesce(pl.when(pl.col("outcome") == "lost").then("follow_up_date"), "until")
    back = (
        found.join(first, on="child_id", how="left")
        .with_columns(back=pl.min_horizontal(said, "on"), gone=gone, last=last)
        .with_columns(end=pl.min_horizontal("back", "gone"))
        .select(
            "year",
            days=(pl.coalesce("end", "last") - pl.col("found_date")).dt.total_days(),
            event=pl.when(pl.col("end").is_null())
            .then(0)
            .when(pl.col("end") == pl.col("back"))
            .then(1)
            .otherwise(2),
            returned=pl.col("back").is_not_null(),
            skills=(pl.col("outcome") == "skills").fill_null(False),
        )
        .collect()
    )
    return figures(pd.DataFrame(back.to_dict(as_series=False)))


def by_duckdb(folder: Path) -> dict[str, float]:
    """The same in SQL."""
    import duckdb

    opens = ", ".join(f"({year}, {term}, date '{day}')" for (year, term), day in OPENS.items())
    cases = " union all ".join(
        f"select {', '.join(COLUMNS)}, {year} as year, date '{year - 542}-09-30' as until"
        f" from {in_duckdb(folder, 'out_of_school', year)}"
        for year in YEARS
    )
    back = duckdb.sql(f"""
        with found as ({cases}), first as (
            select child_id, min(d) as on_day from {in_duckdb(folder, "enrolment", *YEARS)}
            join (values {opens}) o(academic_year, term, d) using (academic_year, term)
            join found using (child_id)
            where enrol_status in ('enrolled', 'transferred', 'graduated') and d > found_date and d <= until
            group by child_id
        ), told as (
            select *, least(case when outcome = 'returned' then outcome_date end, on_day) back,
                case when outcome = 'moved' then outcome_date end gone,
                coalesce(case when outcome = 'lost' then follow_up_date end, until) last
            from found left join first using (child_id))
        select year, coalesce(least(back, gone), last) - found_date as days,
            case when least(back, gone) is null then 0
                when least(back, gone) = back then 1 else 2 end as event,
            back is not null as returned, coalesce(outcome = 'skills', false) as skills from told
    """).df()
    return figures(back)
