"""Parity of coverage, concentration indices and Gini, as one would write them in pandas, polars or duckdb.

The library's tables hold standard errors too, which none of the three gives; here are the figures alone.
"""

from pathlib import Path

import numpy as np
from large_register import STREAMS
from tables import in_duckdb, in_pandas, in_polars

#: Comparison → (column, disadvantaged, advantaged).
GROUPS = {
    "sex": ("sex", "female", "male"),
    "disability": ("disability", "disabled", "none"),
    "band": ("band", "extremely_poor", "not_poor"),
}


def parity(found: dict[str, dict[str, tuple[int, int]]]) -> dict[str, float]:
    """Cells by id from (reached, children) by comparison and group."""
    made: dict[str, float] = {}
    for name, (_, first, second) in GROUPS.items():
        (x, n), (y, m) = found[name][first], found[name][second]
        cell = f"equity.parity.{name}"
        made |= {f"{cell}.children_disadvantaged": n, f"{cell}.reached_advantaged": y, cell: x / n / (y / m)}
    return made


def indices(level: str, covariance: float, mean: float) -> dict[str, float]:
    """C, W and E of a share from 2 cov(h, R) and the mean."""
    cell = f"equity.concentration.{level}"
    wagstaff = covariance / (mean * (1 - mean))
    return {f"{cell}.index": covariance / mean, f"{cell}.wagstaff": wagstaff, cell: 4 * covariance}


def by_pandas(folder: Path) -> dict[str, float]:
    """Joins on the child, a groupby a comparison, and `rank` with mean ranks for the indices."""
    paid = in_pandas(folder, "support_payment", ["child_id", "stream", "amount", "status"])
    paid = paid[~paid["status"].isin(["pending", "returned"])]
    net = paid.groupby(["child_id", "stream"])["amount"].sum().reset_index()
    net = net[net["amount"] > 0]
    told = in_pandas(folder, "screening", ["child_id", "date", "income", "pmt_score", "band"])
    told = told.sort_values("date").groupby("child_id")[["income", "pmt_score", "band"]].last()
    child = in_pandas(folder, "child", ["child_id", "sex", "disability"]).groupby("child_id").last()
    rows = told.join(child)
    rows["reached"] = rows.index.isin(net["child_id"])
    found = {}
    for name, (column, *_) in GROUPS.items():
        counts = rows.groupby(column)["reached"].agg(["sum", "size"])
        found[name] = {key: (one, both) for key, one, both in counts.itertuples(name=None)}
    made = parity(found)
    place = (rows["pmt_score"].rank() - 0.5) / len(rows)
    for level in (*STREAMS, "any"):
        own = net["child_id"] if level == "any" else net.loc[net["stream"] == level, "child_id"]
        h = rows.index.isin(own)
        made |= indices(level, 2 * np.cov(h, place, ddof=0)[0, 1], h.mean())
    income = np.sort(rows.loc[rows["income"] > 0, "income"].to_numpy())
    n = len(income)
    made["equity.income.income"] = 2 * (np.arange(1, n + 1) @ income) / (n * income.sum()) - (n + 1) / n
    share = income / income.mean()
    return made | {"equity.income.income.theil_t": float((share * np.log(share)).mean())}


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
    columns = ["income", "pmt_score", "band"]
    told = (
        in_polars(folder, "screening", ["child_id", "date", *columns])
        .sort("date", maintain_order=True)
        .group_by("child_id")
        .agg(pl.col(columns).drop_nulls().last())
    )
    child = (
        in_polars(folder, "child", ["child_id", "sex", "disability"])
        .group_by("child_id")
        .agg(pl.col("sex", "disability").drop_nulls().last())
    )
    streams = net.pivot("stream", index="child_id", values="amount").with_columns(any=pl.lit(1.0))
    rows = (
        told.join(child, on="child_id", how="left").join(streams.lazy(), on="child_id", how="left").collect()
    )
    found = {}
    for name, (column, *_) in GROUPS.items():
        counts = rows.group_by(column).agg(pl.col("any").count(), pl.len())
        found[name] = {key: (one, both) for key, one, both in counts.iter_rows()}
    made = parity(found)
    place = (rows["pmt_score"].rank() - 0.5) / len(rows)
    for level in (*STREAMS, "any"):
        h = rows[level].is_not_null().cast(pl.Float64)
        made |= indices(level, 2 * ((h * place).mean() - h.mean() * place.mean()), h.mean())
    income = rows["income"].filter(rows["income"] > 0).sort()
    n = len(income)
    at = pl.int_range(1, n + 1, eager=True)
    made["equity.income.income"] = 2 * (at * income).sum() / (n * income.sum()) - (n + 1) / n
    share = income / income.mean()
    return made | {"equity.income.income.theil_t": float((share * share.log()).mean())}


def by_duckdb(folder: Path) -> dict[str, float]:
    """The same in SQL."""
    import duckdb

    base = duckdb.connect()
    flags = ", ".join(f"max((stream = '{each}')::int) {each}" for each in STREAMS)
    base.execute(f"""
        create table net as select child_id, {flags}, 1 "any" from (
            select child_id, stream from {in_duckdb(folder, "support_payment")}
            where status not in ('pending', 'returned') group by all having sum(amount) > 0)
            group by child_id;
        create table rows as
        with told as (
            select child_id, arg_max(income, date) income, arg_max(pmt_score, date) score,
                arg_max(band, date) band
            from {in_duckdb(folder, "screening")} group by all
        ), child as (
            select child_id, arg_max(sex, filename) sex, arg_max(disability, filename) disability
            from {in_duckdb(folder, "child")} group by all)
        select income, score, band, sex, disability,
            {", ".join(f'coalesce("{s}", 0) "{s}"' for s in (*STREAMS, "any"))}
        from told left join child using (child_id) left join net using (child_id)
    """)
    found = {}
    for name, (column, *_) in GROUPS.items():
        counts = base.execute(f'select {column}, sum("any"), count(*) from rows group by all').fetchall()
        found[name] = {key: (one, both) for key, one, both in counts}
    made = parity(found)
    asked = ", ".join(f'covar_pop("{each}", place), avg("{each}")' for each in (*STREAMS, "any"))
    got = base.execute(f"""
        with ranked as (
            select *, rank() over (order by score) + (count(*) over (partition by score) - 1) / 2 place_of,
                count(*) over () n from rows
        ) select {asked} from (select *, (place_of - 0.5) / n place from ranked)
    """).fetchall()[0]
    for at, level in enumerate((*STREAMS, "any")):
        made |= indices(level, 2 * got[2 * at], got[2 * at + 1])
    gini, theil = base.execute("""
        with own as (
            select income, row_number() over (order by income) nth, count(*) over () n,
                avg(income) over () mean
            from rows where income > 0
        ) select 2 * sum(nth * income) / (max(n) * sum(income)) - (max(n) + 1) / max(n),
            avg(income / mean * ln(income / mean)) from own
    """).fetchall()[0]
    return made | {"equity.income.income": gini, "equity.income.income.theil_t": theil}
