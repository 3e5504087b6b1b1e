"""Two-way fixed effects beside a staged roll-out, with the share of it that compares treated with treated."""

import math
import warnings

import numpy as np
import pandas as pd
from scipy import stats

from equity_lib.impact.estimates import Estimate, Gate, NotEstimable
from equity_lib.impact.group_time import Staged
from equity_lib.impact.samples import impossible
from equity_lib.impact.thresholds import judged


def two_way(
    panel: pd.DataFrame,
    *,
    outcome: str,
    unit: str,
    period: str,
    treated: str,
    clusters: str | None = None,
    weights: str | None = None,
    covariates: tuple[str, ...] = (),
    level: float = 0.95,
) -> Estimate | NotEstimable:
    """Coefficient of treatment with unit and period effects: known to be biased, shown for comparison.

    Where groups start at different times and effects change with time, it takes units treated
    earlier as controls for those treated later, and can have the wrong sign. Never the estimate that
    a claim rests on.

    Notes
    -----
    Only the units are absorbed and periods are written as columns. With both absorbed, pyfixest's
    clustered standard error changes with PYTHONHASHSEED.

    Source
    ------
    Goodman-Bacon 2021, Journal of Econometrics 225; R's fixest for the standard error's convention.
    """
    import pyfixest

    columns = {"outcome": outcome, "unit": unit, "period": period, "treated": treated}
    frame = pd.DataFrame({name: panel[column].to_numpy() for name, column in columns.items()})
    frame["group"] = panel[clusters or unit].to_numpy()
    names = [f"x{place}" for place in range(len(covariates))]
    for name, column in zip(names, covariates, strict=True):
        frame[name] = panel[column].to_numpy()
    if weights:
        frame["weight"] = panel[weights].to_numpy()
    used = frame.dropna()
    found = {"rows": len(used), "missing": len(frame) - len(used)}
    if used.empty:
        return NotEstimable("all_missing", found)
    wrong = impossible(
        used["weight"].to_numpy(float) if weights else None,
        *(used[name].to_numpy(float) for name in ("outcome", "treated", *names)),
    )
    if wrong is not None:
        return wrong
    used = used.assign(outcome=used["outcome"].astype(float), treated=used["treated"].astype(float))
    if used["treated"].nunique() < 2:
        return NotEstimable("no_controls" if used["treated"].iloc[0] else "no_treated", found)
    if used["outcome"].nunique() < 2:
        return NotEstimable("constant_outcome", found)
    if used["group"].nunique() < 2:
        return NotEstimable("one_cluster", found)
    if any(used.groupby(side)["treated"].nunique().max() == 1 for side in ("period", "unit")):
        return NotEstimable("collinear", found)
    if used.groupby("group")["treated"].max().sum() < 2:
        return NotEstimable("one_treated_cluster", found)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            model = pyfixest.feols(
                f"outcome ~ {' + '.join(['treated', *names])} + C(period) | unit",
                used,
                vcov={"CRV1": "group"},
                weights="weight" if weights else None,
            )
            value, se = float(model.coef()["treated"]), float(model.se()["treated"])
        except (KeyError, ValueError, np.linalg.LinAlgError):
            return NotEstimable("collinear", found)
    if not (math.isfinite(se) and se > 1e-12 * max(1.0, abs(value))):
        return NotEstimable("no_residual", found)
    count = int(used["group"].nunique())
    half = float(stats.t.ppf((1 + level) / 2, count - 1)) * se
    return Estimate(
        estimator="two_way_fixed_effects",
        estimand="weighted_mixture",
        value=value,
        se=se,
        low=value - half,
        high=value + half,
        level=level,
        n=int(used["unit"].nunique()),
        n_treated=int(used.loc[used["treated"] > 0, "unit"].nunique()),
        n_clusters=count,
        se_method="cr1",
        p=float(2 * stats.t.sf(abs(value / se), count - 1)),
        details={"note": "biased_if_effects_differ", "degrees_of_freedom": count - 1, **found},
    )


def forbidden_comparisons(
    fit: Staged, panel: pd.DataFrame, *, outcome: str, unit: str, period: str, first: str
) -> Gate:
    """Share of the two-way estimate that compares units with units treated before them.

    Only computed for a balanced panel without weights. It can warn, never fail: the printed effect
    doesn't rest on these comparisons.

    Source
    ------
    Goodman-Bacon 2021, theorem 1.
    """
    from diff_diff import BaconDecomposition

    units, _ = pd.factorize(panel[unit], sort=True)
    times, labels = pd.factorize(panel[period], sort=True)
    starts = panel[first].to_numpy(dtype=float, na_value=math.inf)
    place = np.where(np.isfinite(starts), np.searchsorted(np.asarray(labels, dtype=float), starts) + 1, 0)
    place[place > len(labels)] = 0
    rows = pd.DataFrame(
        {"y": panel[outcome].to_numpy(float), "u": units, "t": times + 1, "f": place}
    ).dropna()
    if len(rows) != rows["u"].nunique() * rows["t"].nunique() or fit.weighted:
        return judged("forbidden", math.nan, note="unbalanced_panel")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = BaconDecomposition().fit(rows, outcome="y", unit="u", time="t", first_treat="f")
    return judged("forbidden", float(found.total_weight_later_vs_earlier), fit.units)
