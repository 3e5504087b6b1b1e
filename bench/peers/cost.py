"""Baht per child by stream, as one would write it in pandas, polars or duckdb."""

from pathlib import Path

from large_register import LAST, STREAMS
from tables import in_duckdb, in_pandas, in_polars

#: Assistance by stream in the demo's parameters, and its administration.
PAID = {"early_childhood": 1_848_000, "out_of_school": 1_680_000, "covid_aid": 1_770_000}
ADMINISTRATION = 3_540_000


def figures(counts: dict[str, int]) -> dict[str, float]:
    """Cells by id, from children by stream and in all."""
    whole, made = sum(PAID.values()), {}
    for stream in (*STREAMS, "total"):
        baht = whole if stream == "total" else PAID[stream]
        cell, n = f"cost.child.{stream}", counts[stream]
        both = baht + ADMINISTRATION * baht / whole
        made |= {cell: n, f"{cell}.transfers_per_child": baht / n, f"{cell}.all_baht_per_child": both / n}
    return made


def by_pandas(folder: Path) -> dict[str, float]:
    """Net payments by child, counted by stream."""
    rows = in_pandas(folder, "support_payment", ["child_id", "stream", "amount"], LAST)
    net = rows.groupby(["stream", "child_id"])["amount"].sum()
    net = net[net > 0].reset_index()
    return figures({**net.groupby("stream").size(), "total": net["child_id"].nunique()})


def by_polars(folder: Path) -> dict[str, float]:
    """The same in polars."""
    import polars as pl

    net = (
        in_polars(folder, "support_payment", ["child_id", "stream", "amount"], LAST)
        .group_by("stream", "child_id")
        .agg(pl.col("amount").sum())
        .filter(pl.col("amount") > 0)
        .collect()
    )
    return figures({**dict(net.group_by("stream").len().iter_rows()), "total": net["child_id"].n_unique()})


def by_duckdb(folder: Path) -> dict[str, float]:
    """The same in SQL."""
    import duckdb

    base = duckdb.connect()
    base.execute(f"""
        create table net as select stream, child_id from {in_duckdb(folder, "support_payment", LAST)}
        group by all having sum(amount) > 0
    """)
    counts = base.execute("""
        select stream, count(*) from net group by all
        union all select 'total', count(distinct child_id) from net
    """).fetchall()
    return figures(dict(counts))
