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
from equity_lib.impact.samples import Codes, Floats

Control = Literal["never", "not_yet"]
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
            centred = part - part.mean(axis=1, keepdims=True)
            parts.append((count, centred @ centred.T * (count / (count - 1))))
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
    units, names = counted(used[unit])
    times, labels = counted(used[period])
    starts = used[first].to_numpy(dtype=float, na_value=math.inf)
    place = np.where(np.isfinite(starts), np.searchsorted(np.asarray(labels, dtype=float), starts) + 1, 0)
    place[place > len(labels)] = 0
    of_unit = np.zeros(len(names), dtype=np.int64)
    of_unit[units] = place
    if (of_unit[units] != place).any():
        return NotEstimable("changing_start", found)
    if np.bincount(units * len(labels) + times).max() > 1:
        return NotEstimable("repeated_rows", found)
    rows = pd.DataFrame(
        {"outcome": used[outcome].to_numpy(float), "unit": units, "period": times + 1, "first": place}
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
        rows["unit"] = (np.cumsum(stay) - 1)[rows["unit"].to_numpy()]
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
    """Codes 0… of labels in their order, and the labels; small integers need no hash table."""
    values = labels.to_numpy()
    if values.dtype.kind in "iu" and len(values):
        low, high = int(values.min()), int(values.max())
        if high - low < 4 * len(values):
            seen = np.bincount(values - low) > 0
            return (np.cumsum(seen) - 1)[values - low], np.flatnonzero(seen) + low
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


def effects_of(found: Any, frame: Prepared) -> tuple[pd.DataFrame, Floats]:
    """Cells with an estimate, and each cluster's contribution to each (diff-diff's influence values)."""
    influence = found._aggregation_kit.influence
    counts = np.bincount(frame.first, frame.weight)
    records, psi = [], []
    for (group, period), cell in sorted(found.group_time_effects.items()):
        if (group, period) not in influence or not math.isfinite(cell["effect"]) or period == group - 1:
            continue
        part = influence[group, period]
        values = np.zeros(len(frame.first))
        values[part["treated_idx"]] = part["treated_inf"]
        values[part["control_idx"]] += part["control_inf"]
        nested = len(frame.arms) < len(values)
        psi.append(np.bincount(frame.cluster, values, len(frame.arms)) if nested else values)
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
    columns = ["group", "period", "event", "effect", "treated", "mass"]
    return pd.DataFrame(records, columns=columns), np.asarray(psi, dtype=float).reshape(-1, len(frame.arms))


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
    weights = np.array([fit.weights(name) for name in names])
    values = fit.value(weights)
    covariance, degrees = fit.covariance(weights)
    at = names.index(aggregate)
    value, se = float(values[at]), float(np.sqrt(covariance[at, at]))
    if not se > 1e-12 * max(1.0, abs(value)):
        return NotEstimable("no_residual", {"rows": fit.rows})
    half = float(stats.t.ppf((1 + fit.level) / 2, degrees[at])) * se
    others = {f"att_{name}": float(found) for name, found in zip(names, values, strict=True)}
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
        series=event_study(fit),
    )


def event_study(fit: Staged) -> tuple[Point, ...]:
    """Effect by periods since the start; −1 is the base period, 0 without interval."""
    values = fit.value(fit.event_weights)
    covariance, degrees = fit.covariance(fit.event_weights)
    half = stats.t.ppf((1 + fit.level) / 2, degrees) * np.sqrt(np.diag(covariance))
    counts = fit.cells.groupby("event")["treated"].sum()
    points = [
        Point(float(event), float(value), float(value - h), float(value + h), float(counts[event]))
        for event, value, h in zip(fit.events, values, half, strict=True)
    ]
    base = Point(-1.0, 0.0, math.nan, math.nan, float(fit.treated))
    return tuple(sorted([*points, base], key=lambda point: point.x))


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
