"""A staged roll-out: effects by group and period after Callaway and Sant'Anna, and their averages.

Points come from diff-diff. Its standard errors divide by n and use normal quantiles, which is too
narrow when districts are few: they are replaced by those of a difference of arm means (below).
"""

import math
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
import pandas as pd
from scipy import stats

from equity_lib.impact.estimates import Estimate, NotEstimable, Point
from equity_lib.impact.panels import Control, Prepared, prepare
from equity_lib.impact.samples import Codes, Floats

Aggregate = Literal["simple", "group", "dynamic"]


@dataclass(frozen=True)
class Staged:
    """Group-time effects and what their averages and tests are made of.

    Attributes
    ----------
    cells
        A row for each group and period but the base one: `group`, `period`, `event` (periods since
        the start), `effect`, `treated` (units), `mass` (units, or their weights, in the group).
    psi
        Cells × clusters: what each cluster contributes to each effect's error.
    arms
        Group of each cluster as a code; −1 if its units belong to several groups.
    periods, starts
        Period labels in order; label of the period in which each group starts.
    control, level, units, treated, rows, missing, always
        Comparison; level of intervals; units, ever-treated units and rows used; rows left out;
        units treated from the first period on, which have no period before and are left out.
    weighted
        Whether units carry weights.
    """

    cells: pd.DataFrame
    psi: Floats
    arms: Codes
    periods: tuple[float, ...]
    starts: Mapping[int, float]
    control: Control
    level: float
    units: int
    treated: int
    rows: int
    missing: int
    always: int
    weighted: bool

    @property
    def clusters(self) -> int:
        """Clusters."""
        return len(self.arms)

    @property
    def treated_clusters(self) -> int:
        """Clusters that start within the window."""
        return int((self.arms != 0).sum())

    def weights(self, aggregate: Aggregate) -> Floats:
        """Weights of the cells in an average of effects after the start.

        `simple`: every treated group and period by the group's size; `group`: each group's mean over
        its periods, groups by size; `dynamic`: each event time's mean by group size, event times alike.
        """
        after = (self.cells["event"] >= 0).to_numpy()
        mass = self.cells["mass"].to_numpy() * after
        if aggregate == "dynamic":
            events = self.cells["event"].to_numpy()
            total = pd.Series(mass).groupby(events).transform("sum").to_numpy()
            count = len(np.unique(events[after]))
            mean = np.divide(mass, total * count, out=np.zeros(len(mass)), where=total > 0)
            return np.asarray(mean, dtype=float)
        if aggregate == "group":
            spread = pd.Series(after.astype(float)).groupby(self.cells["group"].to_numpy()).transform("sum")
            mass = np.divide(mass, spread, out=np.zeros(len(mass)), where=spread.to_numpy() > 0)
        return np.asarray(mass / mass.sum(), dtype=float)

    @cached_property
    def events(self) -> Codes:
        """Event times with an estimate, but for the base period (−1)."""
        return np.unique(self.cells["event"].to_numpy(dtype=np.int64))

    @cached_property
    def event_weights(self) -> Floats:
        """Event times × cells: weights of the event study."""
        rows = []
        for event in self.events:
            mass = self.cells["mass"].to_numpy() * (self.cells["event"] == event).to_numpy()
            rows.append(mass / mass.sum())
        return np.array(rows)

    def value(self, weights: Floats) -> Floats:
        """Linear combinations of the effects: one a row of `weights`."""
        return np.asarray(np.atleast_2d(weights) @ self.cells["effect"].to_numpy(), dtype=float)

    def shares(self, weights: Floats) -> list[tuple[int, Floats]]:
        """Each arm's clusters, and its part of the covariance of linear combinations of the effects."""
        psi = np.atleast_2d(weights) @ self.psi
        parts = []
        for arm in np.unique(self.arms):
            part = psi[:, self.arms == arm]
            count = part.shape[1]
            part -= part.mean(axis=1, keepdims=True)  # a copy, by its boolean index
            parts.append((count, part @ part.T * (count / (count - 1))))
        return parts

    def covariance(self, weights: Floats) -> tuple[Floats, Floats]:
        """Covariance of linear combinations, and the degrees of freedom of each.

        Each effect is a difference of arm means, so a combination θ is a sum over arms a of the mean
        of some contrast over the arm's n_a clusters. Var θ = Σ_a v_a with
        v_a = n_a/(n_a − 1) Σ_{i∈a} (ψ_i − ψ̄_a)² (unbiased, as HC2 is for two arms), and
        Welch–Satterthwaite degrees of freedom (Σ_a v_a)² / Σ_a v_a²/(n_a − 1). Group sizes are
        taken as given.
        """
        parts = self.shares(weights)
        total = np.sum([share for _, share in parts], axis=0)
        squares = np.sum([np.diag(share) ** 2 / (count - 1) for count, share in parts], axis=0)
        spread = np.diag(total) ** 2
        return total, np.divide(spread, squares, out=np.full(len(total), math.nan), where=squares > 0)

    def joint_test(self, weights: Floats) -> tuple[float, float, float]:
        """Test that several linear combinations are all nought: F, its first and second degrees of freedom.

        F = W (ν − k + 1)/(k ν) with W the Wald statistic and k the rank of V = Σ_a V_a;
        ν = (k + k²) / Σ_a [tr((V_a V⁻)²) + tr(V_a V⁻)²]/(n_a − 1). NaN if ν leaves nothing.

        Source
        ------
        Krishnamoorthy & Yu 2004, Statistics & Probability Letters 66 (several means, unequal covariances).
        """
        parts = self.shares(weights)
        total = np.sum([share for _, share in parts], axis=0)
        rank = int(np.linalg.matrix_rank(total, hermitian=True)) if total.any() else 0
        inverse = np.linalg.pinv(total, hermitian=True)
        values = self.value(weights)
        below = 0.0
        for count, share in parts:
            ratio = share @ inverse
            below += float(np.trace(ratio @ ratio) + np.trace(ratio) ** 2) / (count - 1)
        degrees = (rank + rank**2) / below if below > 0 else 0.0
        if not rank or degrees - rank + 1 <= 0:
            return math.nan, float(rank), math.nan
        wald = float(values @ inverse @ values)
        return wald * (degrees - rank + 1) / (rank * degrees), float(rank), degrees - rank + 1


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
        Reasons: `all_missing`, `constant_outcome`, `no_treated`, `no_controls`, `no_pre_period`,
        `repeated_rows`, `changing_start`, `one_treated_cluster`, `one_control_cluster`,
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
        arms=frame.arms,
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
        if key in influence and math.isfinite(cell["effect"]) and key[1] != key[0] - 1
    ]
    psi = np.zeros((len(kept), len(frame.first)))  # filled in place: at 100,000 units memory is what costs
    records = []
    for values, ((group, period), cell) in zip(psi, kept, strict=True):
        part = influence[group, period]
        values[part["treated_idx"]] = part["treated_inf"]
        values[part["control_idx"]] += part["control_inf"]
        records.append(
            {
                "group": int(group),
                "period": int(period),
                "event": int(period - group),
                "effect": float(cell["effect"]),
                "treated": int(cell["n_treated"]),
                "mass": counts[int(group)],
            }
        )
    if len(frame.arms) < len(frame.first):
        sums = [np.bincount(frame.cluster, values, len(frame.arms)) for values in psi]
        psi = np.asarray(sums, dtype=float).reshape(len(kept), len(frame.arms))
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
