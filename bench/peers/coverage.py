"""Coverage by district and by affiliation, as one would write it in pandas, polars or duckdb."""

from pathlib import Path

import pandas as pd
from large_register import DISTRICTS
from tables import in_duckdb, in_pandas, in_polars

#: Ages that the demo's streams are for, on the day of the population figures.
AGES = (2, 21)
DAY = "2020-12-31"
KINDS = {"10": "obec", "11": "private", "12": "nonformal", "13": "vocational", "30": "local"}


def figures(
    reached: dict[str, int], eligible: dict[str, int], kinds: list[tuple[str, int, int]]
) -> dict[str, float]:
    """Cells by id."""
    made: dict[str, float] = {}
    for district in DISTRICTS:
        one, all_of_it = reached.get(district, 0), eligible[district]
        made[f"coverage.district.{district}"] = one
        made[f"coverage.district.{district}.coverage"] = 100 * one / all_of_it
    for kind, screened, paid in kinds:
        made[f"coverage.affiliation.{kind}"] = paid
        made[f"coverage.affiliation.{kind}.eligible"] = screened
        made[f"coverage.affiliation.{kind}.coverage"] = 100 * paid / screened
    return made


def by_pandas(folder: Path) -> dict[str, float]:
    """The last word on each child, those paid among them, and a groupby a breakdown."""
    paid = in_pandas(folder, "support_payment", ["child_id", "stream", "amount", "status"])
    paid = paid[~paid["status"].isin(["pending", "returned"])]
    net = paid.groupby(["child_id", "stream"])["amount"].sum()
    supported = net[net > 0].index.get_level_values("child_id").unique()
    child = in_pandas(folder, "child", ["child_id", "birth_date", "district"]).groupby("child_id").last()
    child = child[child.index.isin(supported)]
    born, day = pd.to_datetime(child["birth_date"]), pd.Timestamp(DAY)
    before = (born.dt.month > day.month) | ((born.dt.month == day.month) & (born.dt.day > day.day))
    age = day.year - born.dt.year - before
    reached = child[age.between(*AGES)].groupby("district").size().to_dict()
    people = in_pandas(folder, "population", ["district", "age", "persons"])
    eligible = people[people["age"].between(*AGES)].groupby("district")["persons"].sum().to_dict()
    school = in_pandas(folder, "enrolment", ["child_id", "academic_year", "term", "school"])
    last = school.sort_values(["academic_year", "term"]).groupby("child_id")["school"].last()
    screened = in_pandas(folder, "screening", ["child_id"]).drop_duplicates()
    screened["kind"] = screened["child_id"].map(last.astype(str).str[:2].map(KINDS)).fillna("none")
    screened["paid"] = screened["child_id"].isin(supported)
    kinds = screened.groupby("kind")["paid"].agg(["size", "sum"])
    return figures(reached, eligible, list(kinds.itertuples(name=None)))


def by_polars(folder: Path) -> dict[str, float]:
    """The same in polars."""
    import polars as pl

    supported = (
        in_polars(folder, "support_payment", ["child_id", "stream", "amount", "status"])
        .filter(~pl.col("status").is_in(["pending", "returned"]))
        .group_by("child_id", "stream")
        .agg(pl.col("amount").sum())
        .filter(pl.col("amount") > 0)
        .select("child_id")
        .unique()
        .collect()
    )
    born = pl.col("birth_date").dt
    before = pl.lit(DAY[5:]) < born.strftime("%m-%d")
    child = (
        in_polars(folder, "child", ["child_id", "birth_date", "district"])
        .group_by("child_id")
        .agg(pl.col("birth_date", "district").drop_nulls().last())
        .join(supported.lazy(), on="child_id", how="semi")
        .filter((int(DAY[:4]) - born.year() - before.cast(pl.Int32)).is_between(*AGES))
        .group_by("district")
        .len()
        .collect()
    )
    people = (
        in_polars(folder, "population", ["district", "age", "persons"])
        .filter(pl.col("age").is_between(*AGES))
        .group_by("district")
        .agg(pl.col("persons").sum())
        .collect()
    )
    last = (
        in_polars(folder, "enrolment", ["child_id", "academic_year", "term", "school"])
        .sort("academic_year", "term", maintain_order=True)
        .group_by("child_id")
        .agg(kind=pl.col("school").drop_nulls().last().str.head(2).replace_strict(KINDS))
    )
    kinds = (
        in_polars(folder, "screening", ["child_id"])
        .select("child_id")
        .unique()
        .join(last, on="child_id", how="left")
        .join(supported.lazy().with_columns(paid=1), on="child_id", how="left")
        .group_by(pl.col("kind").fill_null("none"))
        .agg(pl.len(), pl.col("paid").sum())
        .collect()
    )
    return figures(dict(child.iter_rows()), dict(people.iter_rows()), list(kinds.iter_rows()))


def by_duckdb(folder: Path) -> dict[str, float]:
    """The same in SQL."""
    import duckdb

    base = duckdb.connect()
    base.execute(f"""
        create table supported as select distinct child_id from (
            select child_id, stream from {in_duckdb(folder, "support_payment")}
            where status not in ('pending', 'returned') group by all having sum(amount) > 0)
    """)
    child = base.execute(f"""
        with told as (
            select child_id, arg_max(birth_date, filename) birth_date, arg_max(district, filename) district
            from {in_duckdb(folder, "child")} group by all)
        select district, count(*) from told semi join supported using (child_id)
        where date_sub('year', birth_date, date '{DAY}') between {AGES[0]} and {AGES[1]} group by all
    """).fetchall()
    people = base.execute(f"""
        select district, sum(persons)::bigint from {in_duckdb(folder, "population")}
        where age between {AGES[0]} and {AGES[1]} group by all
    """).fetchall()
    kinds = base.execute(f"""
        with last as (
            select child_id, arg_max(school, academic_year * 10 + term)[:2] code
            from {in_duckdb(folder, "enrolment")} group by all)
        select coalesce(code, 'none'), count(*), count(s.child_id)
        from (select distinct child_id from {in_duckdb(folder, "screening")})
        left join last using (child_id) left join supported s using (child_id) group by all
    """).fetchall()
    return figures(dict(child), dict(people), [(KINDS.get(code, code), *rest) for code, *rest in kinds])
