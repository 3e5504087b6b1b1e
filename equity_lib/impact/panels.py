"""Panels of a roll-out: units and periods counted, starts checked, cross-sections collapsed."""

import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from equity_lib.impact.estimates import NotEstimable
from equity_lib.impact.samples import Codes, Floats, impossible

Control = Literal["never", "not_yet"]


@dataclass(frozen=True)
class Prepared:
    """A panel with counted periods: rows; and first period, cluster and weight of each unit."""

    rows: pd.DataFrame
    first: Codes
    cluster: Codes
    weight: Floats
    arms: Codes
    periods: tuple[float, ...]
    missing: int
    always: int


def prepare(
    panel: pd.DataFrame,
    outcome: str,
    unit: str,
    period: str,
    first: str,
    clusters: str | None,
    weights: str | None,
    covariates: tuple[str, ...],
    control: Control,
) -> Prepared | NotEstimable:
    """A panel with units and periods counted from 0 and 1, or why it holds no roll-out."""
    needed = [outcome, unit, period, *(name for name in (clusters, weights) if name), *covariates]
    complete = np.logical_and.reduce([panel[name].notna().to_numpy() for name in needed])
    used = panel if complete.all() else panel[complete]
    found: dict[str, float | str] = {"rows": len(used), "missing": len(panel) - len(used)}
    if used.empty:
        return NotEstimable("all_missing", found)
    wrong = impossible(
        used[weights].to_numpy(float) if weights else None,
        *(used[name].to_numpy(float) for name in (outcome, period, *covariates)),
    )
    if wrong is not None:
        return wrong
    units, names = counted(used[unit])
    times, labels = counted(used[period])
    starts = used[first].to_numpy(dtype=float, na_value=math.inf)
    own = np.empty(len(names))
    own[units] = starts
    if (own[units] != starts).any():
        return NotEstimable("changing_start", found)
    of_unit = np.where(np.isfinite(own), np.searchsorted(np.asarray(labels, dtype=float), own) + 1, 0)
    of_unit[of_unit > len(labels)] = 0
    if np.bincount(units * len(labels) + times).max() > 1:
        return NotEstimable("repeated_rows", found)
    # Narrow codes: the library hashes and sorts them several times over, at a fifth of its own time.
    narrow = np.int8 if len(labels) < 100 else np.int32
    rows = pd.DataFrame(
        {
            "outcome": used[outcome].to_numpy(float),
            "unit": units.astype(np.int32),
            "period": (times + 1).astype(narrow),
            "first": of_unit.astype(narrow)[units],
        },
        copy=False,
    )
    for name in covariates:
        rows[name] = used[name].to_numpy(float)
    weight = np.ones(len(names))
    if weights:
        weight = np.bincount(units, used[weights].to_numpy(float)) / np.bincount(units)
        rows["weight"] = weight[units]
    cluster = np.arange(len(names))
    if clusters is not None:
        cluster[units] = counted(used[clusters])[0]
    always = of_unit == 1
    if always.any() or (weight <= 0).any():
        stay = ~always & (weight > 0)
        rows = rows[stay[units]].copy()
        rows["unit"] = (np.cumsum(stay) - 1).astype(np.int32)[rows["unit"].to_numpy()]
        of_unit, weight, cluster = of_unit[stay], weight[stay], cluster[stay]
    cluster = counted(pd.Series(cluster))[0]
    prepared = Prepared(
        rows=rows,
        first=of_unit,
        cluster=cluster,
        weight=weight,
        arms=arms_of(of_unit, cluster),
        periods=tuple(float(label) for label in labels),
        missing=len(panel) - len(used),
        always=int(always.sum()),
    )
    return no_roll_out(prepared, control, found) or prepared


def counted(labels: pd.Series) -> tuple[Codes, Any]:
    """Codes 0… of labels in their order, and the labels; small integers without a hash table."""
    values = labels.to_numpy()
    if values.dtype.kind == "f":
        whole = values.astype(np.int64)
        values = whole if np.array_equal(whole, values) else values
    if values.dtype.kind in "iu" and len(values):
        low, high = int(values.min()), int(values.max())
        if high - low < 4 * len(values):
            codes = values.astype(np.int64) - low
            seen = np.bincount(codes) > 0
            if not seen.all():
                codes = (np.cumsum(seen) - 1)[codes]
            return codes, np.flatnonzero(seen) + low
    codes, names = pd.factorize(labels, sort=True)
    return np.asarray(codes, dtype=np.int64), names


def arms_of(first: Codes, cluster: Codes) -> Codes:
    """Start of each cluster's units; −1 where they differ (then all clusters make one arm)."""
    if not len(cluster):
        return np.empty(0, dtype=np.int64)
    low = np.full(cluster.max() + 1, np.iinfo(np.int64).max)
    high = np.full(cluster.max() + 1, -1)
    np.minimum.at(low, cluster, first)
    np.maximum.at(high, cluster, first)
    return np.where((low == high).all(), low, -1).astype(np.int64)


def no_roll_out(prepared: Prepared, control: Control, found: dict[str, float | str]) -> NotEstimable | None:
    """Why there is nothing to compare, or None."""
    first, arms = prepared.first, prepared.arms
    if not (first > 0).any():
        return NotEstimable("no_pre_period" if prepared.always else "no_treated", found)
    if len(prepared.periods) < 2:
        return NotEstimable("one_period", found)
    if np.ptp(prepared.rows["outcome"].to_numpy()) == 0:
        return NotEstimable("constant_outcome", found)
    if control == "never" and not (first == 0).any():
        return NotEstimable("no_controls", found)
    if control == "not_yet" and len(np.unique(first)) < 2:
        return NotEstimable("no_controls", found)
    if (arms < 0).any():
        return NotEstimable("one_cluster", found) if len(arms) < 2 else None
    kinds, counts = np.unique(arms, return_counts=True)
    sizes = dict(zip(kinds.tolist(), counts.tolist(), strict=True))
    if sum(count for arm, count in sizes.items() if arm) < 2:
        return NotEstimable("one_treated_cluster", found)
    if sizes.get(0, 2) < 2:
        return NotEstimable("one_control_cluster", found)
    if min(counts) < 2:
        return NotEstimable("lone_cohort", {**found, "groups": len(kinds) - (0 in sizes)})
    return None


def collapse(
    rows: pd.DataFrame, *, outcome: str, unit: str, period: str, first: str | None = None
) -> pd.DataFrame:
    """Repeated cross-sections (cases found) as a panel of the places where they were found.

    Start is decided by place, so places are what may be compared; the mean over a place's cases in a
    period holds all that cases say about it. `cases` is their number. Used as weights (averaged over
    a place's periods, so that a place's growth is no trend) the effect is that on the average case;
    without weights, that on the average place.

    Returns
    -------
    DataFrame
        `unit`, `period`, `outcome`, `cases`, and `first` if given; only cases with an outcome count.
    """
    known = rows[rows[outcome].notna()]
    by = [unit, period]
    panel = known.groupby(by, sort=True, observed=True)[outcome].agg(["mean", "size"]).reset_index()
    panel.columns = [unit, period, outcome, "cases"]
    if first is None:
        return panel
    starts = rows.groupby(unit, observed=True)[first].first()
    return panel.assign(**{first: panel[unit].map(starts)})
