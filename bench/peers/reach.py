"""Overlap of streams and targeting, as one would write them straightforwardly in pandas, polars or duckdb."""

from pathlib import Path

from large_register import STREAMS
from tables import in_duckdb, in_pandas, in_polars


def figures(times: dict[int, int], rows: list[tuple[str, int, int, int, int]]) -> dict[str, float]:
    """Cells by id, from children by number of streams, and a row a stream of those screened."""
    made: dict[str, float] = {f"reach.overlap.{number}": times.get(number, 0) for number in (1, 2, 3)}
    made["reach.overlap.total"] = sum(times.values())
    for stream, reached, in_target, target, screened in rows:
        made[f"reach.targeting.{stream}"] = reached
        made[f"reach.targeting.{stream}.target_reached"] = in_target
        made[f"reach.targeting.{stream}.exclusion"] = 100 * (1 - in_target / target)
        made[f"reach.targeting.{stream}.cgh"] = in_target / reached / (target / screened)
    return made


def by_pandas(folder: Path) -> dict[str, float]:
    """A groupby for payments, one for the last screening, and a merge."""
    paid = in_pandas(folder, "support_payment", ["child_id", "stream", "amount", "status"])
    paid = paid[~paid["status"].isin(["pending", "returned"])]
    net = paid.groupby(["child_id", "stream"])["amount"].sum().reset_index()
    net = net[net["amount"] > 0]
    times = net.groupby("child_id").size().value_counts().to_dict()
    told = in_pandas(folder, "screening", ["child_id", "date", "band"])
    told = told.sort_values("date").groupby("child_id")["band"].last().rename("band")
    met = net.merge(told, left_on="child_id", right_index=True)
    target, rows = int((told == "extremely_poor").sum()), []
    for stream in (*STREAMS, "any"):
        own = met.drop_duplicates("child_id") if stream == "any" else met[met["stream"] == stream]
        rows.append((stream, len(own), int((own["band"] == "extremely_poor").sum()), target, len(told)))
    return figures({int(k): int(v) for k, v in times.items()}, rows)


def by_polars(folder: Path) -> dict[str, float]:
    """The same in polars."""
    import polars as pl

    net = (
        in_polars(folder, "support_payment", ["child_id", "stream", "amount", "status"])
        .filter(~pl.col("status").is_in(["pending", "returned"]))
        .group_by("child_id", "stream")
        .agg(pl.col("amount").sum())
        .filter(pl.col("amount") > 0)
        .collect()
    )
    times = dict(net.group_by("child_id").len().group_by("len").agg(n=pl.len()).iter_rows())
    told = (
        in_polars(folder, "screening", ["child_id", "date", "band"])
        .sort("date", maintain_order=True)
        .group_by("child_id")
        .agg(pl.col("band").last())
        .collect()
    )
    met = net.join(told, on="child_id")
    target, rows = int((told["band"] == "extremely_poor").sum()), []
    for stream in (*STREAMS, "any"):
        own = met.unique("child_id") if stream == "any" else met.filter(pl.col("stream") == stream)
        rows.append((stream, len(own), int((own["band"] == "extremely_poor").sum()), target, len(told)))
    return figures(times, rows)


def by_duckdb(folder: Path) -> dict[str, float]:
    """The same in SQL."""
    import duckdb

    base = duckdb.connect()
    base.execute(f"""
        create table net as select child_id, stream from {in_duckdb(folder, "support_payment")}
        where status not in ('pending', 'returned') group by all having sum(amount) > 0;
        create table told as select child_id, arg_max(band, date) band
        from {in_duckdb(folder, "screening")} group by all;
    """)
    times = dict(
        base.execute(
            "select k, count(*) from (select count(*) k from net group by child_id) group by k"
        ).fetchall()
    )
    target, screened = base.execute(
        "select count(*) filter (band = 'extremely_poor'), count(*) from told"
    ).fetchall()[0]
    found = base.execute("""
        select stream, count(*), count(*) filter (band = 'extremely_poor')
        from net join told using (child_id) group by stream
        union all
        select 'any', count(*), count(*) filter (band = 'extremely_poor')
        from told semi join net using (child_id)
    """).fetchall()
    return figures(times, [(*row, target, screened) for row in found])
