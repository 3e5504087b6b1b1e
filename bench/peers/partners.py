"""Who refers out-of-school cases to whom, as one would write it in pandas, polars or duckdb."""

from pathlib import Path

from large_register import AGENCIES
from tables import in_duckdb, in_pandas, in_polars


def figures(pairs: list[tuple[str | None, str | None, int]]) -> dict[str, float]:
    """Cells by id, from (source, target, cases)."""
    level = {name: f"{at}" for at, name in enumerate(AGENCIES, 1)}
    made = {}
    for a, b, n in pairs:
        source, target = "f" + level[a] if a else "not_stated", "t" + level[b] if b else "not_stated"
        made[f"partners.referrals.{source}.{target}"] = float(n)
    return made


def by_pandas(folder: Path) -> dict[str, float]:
    """Cases once each, and a count of pairs."""
    rows = in_pandas(folder, "out_of_school", ["child_id", "found_date", "found_by", "referral"])
    rows = rows.drop_duplicates(["child_id", "found_date"], keep="last")
    named = rows[["found_by", "referral"]].astype(object).fillna("")
    return figures([(a, b, n) for (a, b), n in named.value_counts().items()])


def by_polars(folder: Path) -> dict[str, float]:
    """The same in polars."""
    return figures(
        list(
            in_polars(folder, "out_of_school", ["child_id", "found_date", "found_by", "referral"])
            .unique(["child_id", "found_date"], keep="last")
            .group_by("found_by", "referral")
            .len()
            .collect()
            .iter_rows()
        )
    )


def by_duckdb(folder: Path) -> dict[str, float]:
    """The same in SQL."""
    import duckdb

    return figures(
        duckdb.sql(f"""
            select found_by, referral, count(*) from (
                select distinct on (child_id, found_date) found_by, referral
                from {in_duckdb(folder, "out_of_school")}) group by all
        """).fetchall()
    )
