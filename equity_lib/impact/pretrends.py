"""Was the roll-out's comparison already drifting apart: tests of the periods before the start."""

import math

import numpy as np
import pandas as pd
from scipy import stats
from statsmodels.stats.multitest import multipletests

from equity_lib.impact.estimates import Gate
from equity_lib.impact.group_time import Staged
from equity_lib.impact.samples import Floats
from equity_lib.impact.thresholds import judged


def pretrend(fit: Staged) -> Gate:
    """Joint test that all effects before the start are nought.

    The test of `Staged.joint_test` on the k effects by event time before the base period.

    Source
    ------
    Callaway & Sant'Anna 2021, §4; its χ² rejects too often when districts are few.
    """
    before = fit.event_weights[np.asarray(fit.events) < -1]
    if not len(before):
        return judged("pretrend", math.nan, note="no_earlier_period")
    statistic, rank, degrees = fit.joint_test(before)
    if math.isnan(statistic):
        return judged("pretrend", math.nan, fit.units, "few_clusters")
    return judged("pretrend", float(stats.f.sf(statistic, rank, degrees)), fit.units)


def group_slopes(fit: Staged) -> pd.DataFrame:
    """How fast each group drifted from its comparison before its start.

    Slope a period of a line through the group's effects before the start and the base period at 0.

    Returns
    -------
    DataFrame
        A row a group with at least one effect before: `group` (label of its start), `slope`, `se`,
        `degrees_of_freedom`, `p`, and `p_holm` over all groups.
    """
    records = []
    for group, start in fit.starts.items():
        mine = (fit.cells["group"] == group).to_numpy() & (fit.cells["event"] < -1).to_numpy()
        if not mine.any():
            continue
        events = fit.cells["event"].to_numpy()
        place = np.append(events[mine], -1).astype(float)
        centred = place - place.mean()
        weights = np.zeros(len(events))
        weights[mine] = centred[:-1] / (centred**2).sum()
        value = float(fit.value(weights)[0])
        covariance, degrees = fit.covariance(weights)
        se = float(np.sqrt(covariance[0, 0]))
        p = float(2 * stats.t.sf(abs(value) / se, degrees[0])) if se > 0 else math.nan
        records.append(
            {"group": start, "slope": value, "se": se, "degrees_of_freedom": float(degrees[0]), "p": p}
        )
    table = pd.DataFrame(records, columns=["group", "slope", "se", "degrees_of_freedom", "p"])
    return table.assign(p_holm=holm(table["p"]))


def holm(p: pd.Series) -> Floats:
    """p-values adjusted by Holm's method; missing ones stay missing."""
    adjusted = np.full(len(p), math.nan)
    known = p.notna().to_numpy()
    if known.any():
        adjusted[known] = multipletests(p[known], method="holm")[1]
    return adjusted


def group_pretrend(fit: Staged) -> Gate:
    """Does any one group drift apart before its start: the smallest p-value after Holm."""
    slopes = group_slopes(fit)["p_holm"]
    if slopes.isna().all():
        return judged("pretrend_group", math.nan, note="no_earlier_period")
    return judged("pretrend_group", float(slopes.min()), fit.units)


def unit_slopes(panel: pd.DataFrame, *, outcome: str, unit: str, period: str, first: str) -> pd.DataFrame:
    """How each unit (district) drifted before anyone started, beside all the others.

    Slope a period over the periods before the earliest start, of outcomes less the period's mean.
    A unit's slope is compared with the mean of the others by the externally studentised residual,
    t on n − 2 degrees of freedom, Holm over units.

    Returns
    -------
    DataFrame
        A row a unit seen in at least three such periods: `unit`, `slope`, `t`, `p`, `p_holm`.

    Source
    ------
    Cook & Weisberg 1982, Residuals and Influence in Regression, §2.2 (outlier test).
    """
    columns = ["unit", "slope", "t", "p", "p_holm"]
    used = panel[panel[outcome].notna()]
    labels = np.sort(used[period].unique())
    starts = pd.to_numeric(used[first], errors="coerce")
    used = used[used[period] < starts.min()] if starts.notna().any() else used
    if used.empty:
        return pd.DataFrame(columns=columns)
    place = pd.Series(np.searchsorted(labels, used[period]).astype(float), index=used.index)
    away = used[outcome].astype(float) - used[outcome].astype(float).groupby(used[period]).transform("mean")
    key = used[unit]
    centred = place - place.groupby(key).transform("mean")
    slopes = (centred * away).groupby(key).sum() / (centred**2).groupby(key).sum()
    slopes = slopes[(key.value_counts().reindex(slopes.index) >= 3)].sort_index()
    n = len(slopes)
    if n < 4 or np.ptp(slopes.to_numpy()) == 0:
        return pd.DataFrame(columns=columns)
    others = (slopes.sum() - slopes) / (n - 1)
    squares = (slopes**2).sum() - slopes**2 - (n - 1) * others**2
    t = (slopes - others) / np.sqrt(squares.clip(lower=0) / (n - 2) * (1 + 1 / (n - 1)))
    table = pd.DataFrame({"unit": slopes.index, "slope": slopes.to_numpy(), "t": t.to_numpy()})
    table["p"] = 2 * stats.t.sf(table["t"].abs(), n - 2)
    return table.assign(p_holm=holm(table["p"]))[columns]


def unit_pretrend(panel: pd.DataFrame, *, outcome: str, unit: str, period: str, first: str) -> Gate:
    """Does any one unit (district) drift apart before the roll-out: the smallest p-value after Holm."""
    table = unit_slopes(panel, outcome=outcome, unit=unit, period=period, first=first)
    if table.empty:
        return judged("pretrend_unit", math.nan, note="no_earlier_period")
    return judged("pretrend_unit", float(table["p_holm"].min()), len(table))
