"""Children supported by stream, year by year, as one would write it in pandas, polars or duckdb."""

from pathlib import Path

from tables import in_duckdb, in_pandas, in_polars

YEARS = (2562, 2563)


def figures(counts: list[tuple[int, str, int]]) -> dict[str, float]:
    """Cells by id."""
    return {f"progress.series.{year}.{stream}": float(n) for year, stream, n in counts}


def by_pandas(folder: Path) -> dict[str, float]:
    """Sums by child, once by stream and once in all."""
    rows = in_pandas(folder, "support_payment", ["child_id", "stream", "amount"], *YEARS)
    counts = []
    for year, own in rows.groupby("program_year"):
        net = own.groupby(["stream", "child_id"])["amount"].sum()
        counts += [(year, stream, n) for stream, n in net[net > 0].groupby("stream").size().items()]
        counts.append((year, "all", (own.groupby("child_id")["amount"].sum() > 0).sum()))
    return figures(counts)


def by_polars(folder: Path) -> dict[str, float]:
    """The same in polars."""
    import polars as pl

    rows = in_polars(folder, "support_payment", ["child_id", "stream", "amount"], *YEARS)
    found = []
    for each in (rows, rows.with_columns(stream=pl.lit("all"))):
        net = each.group_by("program_year", "stream", "child_id").agg(pl.col("amount").sum())
        found.append(net.filter(pl.col("amount") > 0).group_by("program_year", "stream").len())
    return figures([row for each in pl.collect_all(found) for row in each.iter_rows()])


def by_duckdb(folder: Path) -> dict[str, float]:
    """The same in SQL."""
    import duckdb

    found = []
    for year in YEARS:
        rows = in_duckdb(folder, "support_payment", year)
        for stream in ("stream", "'all'"):
            found += duckdb.sql(f"""
                select {year}, stream, count(*) from (
                    select {stream} as stream, child_id from {rows}
                    group by {"all" if stream == "stream" else "child_id"} having sum(amount) > 0)
                group by all
            """).fetchall()
    return figures(found)
