"""What each kind of assignment is answered by: its estimator, its gates and the points of its picture."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, cast

import numpy as np
import pandas as pd

from equity_lib.impact import (
    adjusted,
    attrition,
    clusters,
    discontinuity,
    experiment,
    honest,
    pretrends,
    staged,
)
from equity_lib.impact.coverage import coverage_gate
from equity_lib.impact.estimates import Estimate, Gate, NotEstimable, Point
from equity_lib.impact.samples import Sample, complete_rows
from equity_lib.impact.twoway import two_way
from equity_lib.programme.designs import Design, Random, Staged

Picture = Literal["binned", "event_study", "balance"]

#: Kind of assignment → the one picture that shows the design.
PICTURES: Mapping[str, Picture] = {
    "discontinuity": "binned",
    "staged": "event_study",
    "random": "balance",
    "observational": "balance",
}


_COLUMNS: Any = {"outcome": "outcome", "unit": "unit", "period": "period"}


@dataclass(frozen=True)
class Analysis:
    """An estimate with its gates and its picture, or why there is none.

    Attributes
    ----------
    result
        The estimate, or the reason; gates and points are empty without an estimate.
    points
        Label on the axis → point: distance from the cut-off, period since the start, covariate.
    beside
        Other estimates printed beside the declared one, by key; no claim rests on them.
    rows
        Rows that the estimate rests on.
    smallest
        Rows of the smaller of the two sides that it compares.
    """

    result: Estimate | NotEstimable
    gates: tuple[Gate, ...] = ()
    points: Mapping[str, Point] | None = None
    beside: Mapping[str, Estimate] | None = None
    rows: int = 0
    smallest: int = 0


def analyse(design: Design, frame: pd.DataFrame, seed: int) -> Analysis:
    """Answer a declared question from its rows.

    Parameters
    ----------
    design
        As declared; nothing in it is chosen here.
    frame
        From `equity_lib.impact.rows.rows_of`.
    seed
        Of every draw (folds, re-assignments).
    """
    ways: Mapping[str, Callable[[Design, pd.DataFrame, int], Analysis]] = {
        "discontinuity": _discontinuity,
        "staged": _staged,
        "random": _random,
        "observational": _observational,
    }
    made = ways[design.assignment.kind](design, _in_order(design, frame), seed)
    if isinstance(made.result, NotEstimable):
        return made
    return replace(made, gates=(*made.gates, coverage_gate(made.result)))


def effect_alone(design: Design, frame: pd.DataFrame, seed: int) -> Estimate | NotEstimable:
    """The estimate that `analyse` gives, without the gates and the picture, which take most of its time."""
    ordered = _in_order(design, frame)
    if design.assignment.kind == "discontinuity":
        return discontinuity.jump(ordered["outcome"], ordered["score"], clusters=ordered.get("cluster"))
    if design.assignment.kind == "staged":
        fit = _fit(design, ordered)
        return fit if isinstance(fit, NotEstimable) else staged.effect(fit)
    return analyse(design, frame, seed).result


def _in_order(design: Design, frame: pd.DataFrame) -> pd.DataFrame:
    # Equal scores stand in the order of the files, and sums in another order differ in their last
    # digits; the rows of the other kinds come sorted by child, on which their draws rest.
    if design.assignment.kind not in ("discontinuity", "staged"):
        return frame
    leading = [name for name in ("unit", "period", "score") if name in frame]
    rest = [name for name in frame.columns if name not in leading]
    return frame.sort_values([*leading, *rest], kind="stable", ignore_index=True)


def _discontinuity(design: Design, frame: pd.DataFrame, _: int) -> Analysis:
    own = frame.get("cluster")
    effect = discontinuity.jump(frame["outcome"], frame["score"], clusters=own)
    if isinstance(effect, NotEstimable):
        return Analysis(effect)
    before: dict[str, Any] = {each.key: frame[each.key] for each in design.covariates}
    before["followed"] = frame["outcome"].notna().astype(float)  # being lost may jump as well
    found = discontinuity.gates(
        frame["outcome"], frame["score"], effect, treated=frame["treated"], covariates=before
    )
    smallest = int(min(float(effect.details[side]) for side in ("n_below", "n_above")))
    points = {
        f"{point.x:g}": point for point in discontinuity.binned(frame["outcome"], frame["score"], effect)
    }
    return Analysis(effect, found, points, rows=int(effect.details["rows"]), smallest=smallest)


def _fit(design: Design, frame: pd.DataFrame) -> "staged.Staged | NotEstimable":
    control = cast(Staged, design.assignment).control
    return staged.fit_staged(frame, **_COLUMNS, first="first", control=control, weights="cases")


def _staged(design: Design, frame: pd.DataFrame, _: int) -> Analysis:
    fit = _fit(design, frame)
    if isinstance(fit, NotEstimable):
        return Analysis(fit)
    effect = staged.effect(fit)
    if isinstance(effect, NotEstimable):
        return Analysis(effect)
    found = (
        pretrends.pretrend(fit),
        pretrends.group_pretrend(fit),
        pretrends.unit_pretrend(frame, **_COLUMNS, first="first"),
        *honest.honest_bounds(fit),
        *clusters.cluster_gates(
            fit.clusters, fit.treated_clusters, float(effect.details["degrees_of_freedom"]), fit.rows
        ),
    )
    beside: dict[str, Estimate] = {}
    if "two_way_fixed_effects" in design.sensitivity:
        under = frame.assign(under=(frame["period"] >= frame["first"]).astype(float))
        both = two_way(under, **_COLUMNS, treated="under", weights="cases")
        beside |= {"two_way_fixed_effects": both} if isinstance(both, Estimate) else {}
    points = {f"{point.x:g}": point for point in effect.series}
    sides = frame.groupby(frame["first"].notna())["cases"].sum()
    return Analysis(effect, found, points, beside, rows=int(sides.sum()), smallest=int(sides.min()))


def _random(design: Design, frame: pd.DataFrame, seed: int) -> Analysis:
    rule = cast(Random, design.assignment)
    names = [each.key for each in design.covariates]
    filled = frame[names].fillna(frame[names].mean())  # assignment can't depend on them: the mean is safe
    own = frame.get("cluster")
    sample = complete_rows(frame["outcome"], frame["treated"], clusters=own, covariates=filled)
    if isinstance(sample, NotEstimable):
        return Analysis(sample)
    plain = experiment.difference(sample)
    effect = experiment.lin(sample) if names else plain
    effect = plain if isinstance(effect, NotEstimable) else effect
    if isinstance(effect, NotEstimable):
        return Analysis(effect)
    exact = experiment.randomisation(sample, seed=seed)
    effect = replace(effect, p=exact.p) if isinstance(exact, Estimate) else effect
    drawn = frame["treated"].to_numpy(dtype=float)
    used = frame["outcome"].notna().to_numpy()
    found = (
        experiment.sample_ratio(int(drawn.sum()), int((1 - drawn).sum()), rule.intended_share),
        experiment.joint_balance(filled[used], sample, seed=seed),
        attrition.differential_attrition(used.astype(float), drawn),
        *_cluster_gates(sample, effect),
    )
    beside = {"difference_in_means": plain} if isinstance(plain, Estimate) else {}
    if "attrition_bounds" in design.sensitivity and not used.all():
        bounds = attrition.lee_bounds(frame["outcome"].to_numpy(float), used.astype(float), drawn)
        beside |= {"lee_bounds": bounds} if isinstance(bounds, Estimate) else {}
    return Analysis(effect, found, _differences(sample), beside, sample.n, _smaller(sample))


def _observational(design: Design, frame: pd.DataFrame, seed: int) -> Analysis:
    names = [each.key for each in design.covariates]
    own = frame.get("cluster")
    sample = complete_rows(frame["outcome"], frame["treated"], clusters=own, covariates=frame[names])
    if isinstance(sample, NotEstimable):
        return Analysis(sample)
    estimand: adjusted.Estimand = "att" if design.estimand == "att" else "ate"
    effect = adjusted.aipw(sample, seed=seed, estimand=estimand)
    if isinstance(effect, NotEstimable):
        return Analysis(effect)
    scores = adjusted.cross_fitted(sample, seed=seed)
    found: tuple[Gate, ...] = (adjusted.unmeasured(sample, effect),)
    weights = None
    if isinstance(scores, adjusted.Scores):
        weights = adjusted.propensity_weights(sample, scores, estimand)
        found = (
            adjusted.overlap(sample, scores), adjusted.balance(sample, scores, estimand), *found,
        )  # fmt: skip
    found += tuple(_placebo(each.key, frame, names, seed, estimand) for each in design.negative_controls)
    plain = experiment.difference(sample)
    beside = {"difference_in_means": plain} if isinstance(plain, Estimate) else {}
    points = _differences(sample, weights)
    return Analysis(
        effect, (*found, *_cluster_gates(sample, effect)), points, beside, sample.n, _smaller(sample)
    )


def _smaller(sample: Sample) -> int:
    return min(sample.n_treated, sample.n - sample.n_treated)


def _placebo(key: str, frame: pd.DataFrame, names: list[str], seed: int, estimand: adjusted.Estimand) -> Gate:
    """The same estimator on something from before the treatment."""
    sample = complete_rows(
        frame[key], frame["treated"], clusters=frame.get("cluster"), covariates=frame[names]
    )
    found = (
        sample if isinstance(sample, NotEstimable) else adjusted.aipw(sample, seed=seed, estimand=estimand)
    )
    return adjusted.negative_control(found)


def _cluster_gates(sample: Sample, effect: Estimate) -> tuple[Gate, ...]:
    if sample.clusters is None:
        return ()
    treated = int((sample.cluster_treatment() > 0).sum())
    if not sample.assigned_by_cluster:  # both arms in a cluster: no side is thinner
        return clusters.cluster_gates(sample.n_clusters, sample.n_clusters // 2, rows=sample.n)[:1]
    degrees = float(effect.details.get("degrees_of_freedom", np.nan))
    return clusters.cluster_gates(sample.n_clusters, treated, degrees, sample.n)


def _differences(sample: Sample, weights: Any = None) -> dict[str, Point]:
    """Standardised difference of each covariate between the arms, after weighting if weights are given."""
    found = adjusted.standardised_differences(sample, weights)
    # The error of a standardised difference of two equal means: √(1/n₁ + 1/n₀).
    half = 1.96 * np.sqrt(1 / sample.n_treated + 1 / (sample.n - sample.n_treated))
    return {
        name: Point(float(at), value, value - half, value + half, float(sample.n))
        for at, (name, value) in enumerate(found.items())
        if np.isfinite(value)
    }
