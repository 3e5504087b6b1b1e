"""Screening by age and results by domain, as one would write them in pandas, polars or duckdb."""

from pathlib import Path

import pandas as pd
from large_register import LAST
from tables import in_duckdb, in_pandas, in_polars

#: The day on which ages are counted, and the ages of early childhood that a stream of the demo is for.
DAY = f"{LAST - 543}-05-16"
AGES = (2, 5)


def figures(ages: list[tuple[int, int, int]], results: list[tuple[str, str, int]]) -> dict[str, float]:
    """Cells by id, from (age, children, screened) and (domain, result, children)."""
    made: dict[str, float] = {}
    for age, children, screened in ages:
        made |= {f"readiness.screened.{age}": children, f"readiness.screened.{age}.screened": screened}
    made["readiness.screened.total.screened"] = sum(row[2] for row in ages)
    return made | {f"readiness.domains.{domain}.{result}": n for domain, result, n in results}


def by_pandas(folder: Path) -> dict[str, float]:
    """The last word on each child and the last result in each domain, two groupbys."""
    child = in_pandas(folder, "child", ["child_id", "birth_date", "district"]).groupby("child_id").last()
    born = pd.to_datetime(child["birth_date"])
    had = born.dt.month * 100 + born.dt.day <= 516
    child["age"] = LAST - 543 - born.dt.year - (~had).astype(int)
    child = child[child["age"].between(*AGES)]
    rows = in_pandas(folder, "assessment", ["child_id", "instrument", "domain", "date", "result"])
    rows = rows[rows["result"].notna()].sort_values("date")
    rows = rows.drop_duplicates(["child_id", "instrument", "domain"], keep="last")
    child["screened"] = child.index.isin(rows["child_id"])
    ages = child.groupby("age")["screened"].agg(["size", "sum"])
    results = rows.groupby(["domain", "result"]).size()
    return figures(list(ages.itertuples(name=None)), [(*key, n) for key, n in results.items()])


def by_polars(folder: Path) -> dict[str, float]:
    """The same in polars."""
    import polars as pl

    rows = (
        in_polars(folder, "assessment", ["child_id", "instrument", "domain", "date", "result"])
        .drop_nulls("result")
        .sort("date", maintain_order=True)
        .unique(["child_id", "instrument", "domain"], keep="last")
        .collect()
    )
    born = pl.col("birth_date").dt
    had = born.month().cast(pl.Int32) * 100 + born.day() <= 516
    ages = (
        in_polars(folder, "child", ["child_id", "birth_date", "district"])
        .group_by("child_id")
        .agg(pl.col("birth_date", "district").drop_nulls().last())
        .with_columns(age=LAST - 543 - born.year() - (~had).cast(pl.Int32))
        .filter(pl.col("age").is_between(*AGES))
        .join(rows.lazy().select("child_id").unique().with_columns(screened=1), on="child_id", how="left")
        .group_by("age")
        .agg(pl.len(), pl.col("screened").sum())
        .collect()
    )
    results = rows.group_by("domain", "result").len()
    return figures(list(ages.iter_rows()), list(results.iter_rows()))


def by_duckdb(folder: Path) -> dict[str, float]:
    """The same in SQL."""
    import duckdb

    base = duckdb.connect()
    base.execute(f"""
        create table last as select child_id, domain, arg_max(result, date) result
        from {in_duckdb(folder, "assessment")} where result is not null group by child_id, instrument, domain
    """)
    ages = base.execute(f"""
        with told as (
            select child_id, arg_max(birth_date, filename) birth_date
            from {in_duckdb(folder, "child")} group by all
        ), young as (
            select child_id, date_sub('year', birth_date, date '{DAY}') age from told
            where date_sub('year', birth_date, date '{DAY}') between {AGES[0]} and {AGES[1]}
        )
        select age, count(*), count(s.child_id) from young
        left join (select distinct child_id from last) s using (child_id) group by age
    """).fetchall()
    results = base.execute("select domain, result, count(*) from last group by all").fetchall()
    return figures(ages, results)
