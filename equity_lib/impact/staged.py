"""A staged roll-out: effects by group and period after Callaway and Sant'Anna, and their averages.

Points come from diff-diff. Its standard errors divide by n and use normal quantiles, which is too
narrow when districts are few: they are replaced by those of a difference of arm means (below).
"""

import math
import warnings
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from equity_lib.impact.estimates import Estimate, NotEstimable, Point
from equity_lib.impact.group_time import Aggregate, Staged
from equity_lib.impact.panels import Control, Prepared, prepare
from equity_lib.impact.samples import Floats

__all__ = ["Aggregate", "Staged", "effect", "effects_of", "event_study", "fit_staged"]


def fit_staged(
    panel: pd.DataFrame,
    *,
    outcome: str,
    unit: str,
    period: str,
    first: str,
    control: Control = "never",
    clusters: str | None = None,
    weights: str | None = None,
    covariates: tuple[str, ...] = (),
    level: float = 0.95,
) -> Staged | NotEstimable:
    """Group-time effects of a roll-out that reaches groups of units at different times.

    ATT(g, t) = mean change from period g − 1 to t of the units that start in g, minus that of units
    not treated: never (`never`), or not by t (`not_yet`). With covariates doubly robust. In an
    unbalanced panel an effect uses the units seen in both of its periods.

    Parameters
    ----------
    panel
        One row a unit and period. Repeated cross-sections: `collapse` them first.
    outcome, unit, period, first
        Columns; `first` is the label of the period in which a unit starts (missing: never). Periods
        are put in order of their labels and counted, so that a gap in labels is one step.
    clusters, weights
        Columns, or None: clusters coarser than units; weights, averaged over a unit's periods.
    covariates
        Columns of things known before the start.

    Returns
    -------
    Staged or NotEstimable
        Reasons: `all_missing`, `infinite_values`, `negative_weights`, `constant_outcome`, `no_treated`,
        `no_controls`, `no_pre_period`, `repeated_rows`, `changing_start`, `one_treated_cluster`,
        `one_control_cluster`,
        `lone_cohort` (a group of a single cluster: its own variation can't be told from its effect).

    Source
    ------
    Callaway & Sant'Anna 2021, Journal of Econometrics 225.
    """
    frame = prepare(panel, outcome, unit, period, first, clusters, weights, covariates, control)
    if isinstance(frame, NotEstimable):
        return frame
    from diff_diff import CallawaySantAnna, SurveyDesign

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            found = CallawaySantAnna(
                control_group="never_treated" if control == "never" else "not_yet_treated",
                estimation_method="dr" if covariates else "reg",
                base_period="universal",
                rank_deficient_action="silent",
            ).fit(
                frame.rows,
                outcome="outcome",
                unit="unit",
                time="period",
                first_treat="first",
                covariates=list(covariates) or None,
                survey_design=SurveyDesign(weights="weight") if weights else None,
            )
        except (ValueError, np.linalg.LinAlgError):
            return NotEstimable("no_cells", {"rows": len(frame.rows)})
    cells, psi = effects_of(found, frame)
    if not (cells["event"] >= 0).any():
        return NotEstimable("no_cells", {"rows": len(frame.rows)})
    return Staged(
        cells=cells,
        psi=psi,
        arms=np.sort(frame.arms),
        periods=frame.periods,
        starts={group: frame.periods[group - 1] for group in cells["group"].unique()},
        control=control,
        level=level,
        units=len(frame.first),
        treated=int((frame.first > 0).sum()),
        rows=len(frame.rows),
        missing=frame.missing,
        always=frame.always,
        weighted=weights is not None,
    )


def effects_of(found: Any, frame: Prepared) -> tuple[pd.DataFrame, Floats]:
    """Cells with an estimate, and each cluster's contribution to each (diff-diff's influence values)."""
    influence = found._aggregation_kit.influence
    counts = np.bincount(frame.first, frame.weight)
    kept = [
        (key, cell)
        for key, cell in sorted(found.group_time_effects.items())
        if key in influence and math.isfinite(cell["effect"]) and int(key[1]) != int(key[0]) - 1
    ]
    # Each unit has its column among those of its arm, so that an arm is a slice; filled in place, since at
    # 100,000 units memory is what costs.
    place = np.empty(len(frame.arms), dtype=np.int64)
    place[np.argsort(frame.arms, kind="stable")] = np.arange(len(frame.arms))
    own = place[frame.cluster]
    clustered = len(place) < len(own)
    psi = np.zeros((len(kept), len(place)))
    records = []
    for values, ((group, period), cell) in zip(psi, kept, strict=True):
        part = influence[group, period]
        for side in ("treated", "control"):
            at, given = own[part[f"{side}_idx"]], part[f"{side}_inf"]
            if clustered:
                values += np.bincount(at, given, len(place))
            else:
                values[at] += given
        records.append(
            {
                "group": int(group),
                "period": int(period),
                "event": int(period) - int(group),
                "effect": float(cell["effect"]),
                "treated": int(cell["n_treated"]),
                "mass": counts[int(group)],
            }
        )
    columns = ["group", "period", "event", "effect", "treated", "mass"]
    return pd.DataFrame(records, columns=columns), psi


def effect(fit: Staged, aggregate: Aggregate = "group") -> Estimate | NotEstimable:
    """Average effect after the start, with the event study as its picture.

    Parameters
    ----------
    fit
        From `fit_staged`.
    aggregate
        Which average is printed (see `Staged.weights`): `group`, as Callaway and Sant'Anna advise;
        the other two stand in `details`.

    Returns
    -------
    Estimate or NotEstimable
        `estimand` is `att_<aggregate>`; `series` are event times with the base period −1 at 0.
    """
    names: tuple[Aggregate, ...] = ("simple", "group", "dynamic")
    weights = np.array([*(fit.weights(name) for name in names), *fit.event_weights])
    values = fit.value(weights)
    covariance, degrees = fit.covariance(weights)
    errors = np.sqrt(np.diag(covariance))
    at = names.index(aggregate)
    value, se = float(values[at]), float(errors[at])
    if not se > 1e-12 * max(1.0, abs(value)):
        return NotEstimable("no_residual", {"rows": fit.rows})
    half = float(stats.t.ppf((1 + fit.level) / 2, degrees[at])) * se
    others = {f"att_{name}": float(found) for name, found in zip(names, values[: len(names)], strict=True)}
    return Estimate(
        estimator="callaway_santanna",
        estimand=f"att_{aggregate}",
        value=value,
        se=se,
        low=value - half,
        high=value + half,
        level=fit.level,
        n=fit.units,
        n_treated=fit.treated,
        n_clusters=fit.clusters,
        se_method="arms_satterthwaite" if (fit.arms >= 0).all() else "cr1",
        p=float(2 * stats.t.sf(abs(value / se), degrees[at])),
        details={
            **others,
            "control": fit.control,
            "base_period": "universal",
            "degrees_of_freedom": float(degrees[at]),
            "treated_clusters": fit.treated_clusters,
            "groups": len(fit.starts),
            "rows": fit.rows,
            "missing": fit.missing,
            "always_treated": fit.always,
            "weighted": "yes" if fit.weighted else "no",
        },
        series=event_study(fit, values[len(names) :], errors[len(names) :], degrees[len(names) :]),
    )


def event_study(fit: Staged, values: Floats, errors: Floats, degrees: Floats) -> tuple[Point, ...]:
    """Effect by periods since the start; −1 is the base period, 0 without interval."""
    half = stats.t.ppf((1 + fit.level) / 2, degrees) * errors
    counts = fit.cells.groupby("event")["treated"].sum()
    points = [
        Point(float(event), float(value), float(value - h), float(value + h), float(counts[event]))
        for event, value, h in zip(fit.events, values, half, strict=True)
    ]
    base = Point(-1.0, 0.0, math.nan, math.nan, float(fit.treated))
    return tuple(sorted([*points, base], key=lambda point: point.x))
