"""Cumulative incidence as one would write it straightforwardly in pandas, polars or duckdb."""

import numpy as np
import pandas as pd


def by_pandas(days: np.ndarray, event: np.ndarray) -> float:
    """Incidence of event 1 at the end, by a groupby and two cumulative products."""
    frame = pd.DataFrame({"day": days, "all": event > 0, "own": event == 1})
    by_day = frame.groupby("day").agg(n=("all", "size"), d=("all", "sum"), c=("own", "sum"))
    at_risk = by_day["n"][::-1].cumsum()[::-1]
    alive = (1 - by_day["d"] / at_risk).cumprod()
    return float((alive.shift(fill_value=1) * by_day["c"] / at_risk).sum())


def by_polars(days: np.ndarray, event: np.ndarray) -> float:
    """The same in polars."""
    import polars as pl

    by_day = (
        pl.DataFrame({"day": days, "event": event})
        .group_by("day")
        .agg(n=pl.len(), d=(pl.col("event") > 0).sum(), c=(pl.col("event") == 1).sum())
        .sort("day")
        .with_columns(at_risk=pl.col("n").reverse().cum_sum().reverse())
        .with_columns(alive=(1 - pl.col("d") / pl.col("at_risk")).cum_prod())
    )
    before = by_day["alive"].shift(1, fill_value=1.0)
    return float((before * by_day["c"] / by_day["at_risk"]).sum())


def by_duckdb(days: np.ndarray, event: np.ndarray) -> float:
    """The same in SQL, the product by logarithms (no day ends with nobody left)."""
    import duckdb

    rows = pd.DataFrame({"day": days, "event": event})  # noqa: F841 - read by name in the query
    query = """
        with counted as (
            select day, count(*) n, count(*) filter (event > 0) d, count(*) filter (event = 1) c
            from rows group by day
        ), risk as (
            select *, sum(n) over (order by day desc) at_risk from counted
        ), alive as (
            select *, exp(sum(ln(1 - d / at_risk)) over (
                order by day rows between unbounded preceding and 1 preceding
            )) before from risk
        )
        select sum(coalesce(before, 1) * c / at_risk) from alive
    """
    return float(duckdb.execute(query).fetchall()[0][0])
