"""An experiment or a lottery for scarce places: differences in means, adjusted, or by randomisation."""

import itertools
import math

import numpy as np
import pandas as pd
from scipy import stats

from equity_lib.impact.clusters import Convention, regress
from equity_lib.impact.estimates import Estimate, Gate, NotEstimable
from equity_lib.impact.samples import Codes, Floats, Sample
from equity_lib.impact.thresholds import judged

#: Assignments drawn when there are too many to try them all.
DRAWS = 9_999


def difference(
    sample: Sample, *, convention: Convention = "cr2_satterthwaite", level: float = 0.95
) -> Estimate | NotEstimable:
    """Difference in means between the arms, as assigned.

    Parameters
    ----------
    sample
        From `complete_rows`; its covariates are not used.
    convention, level
        As in `regress`.

    Source
    ------
    Neyman 1923; without clusters the default is Welch's error.
    """
    return regress(
        sample,
        "difference_in_means",
        "itt",
        np.empty((sample.n, 0)),
        convention=convention,
        level=level,
    )


def lin(
    sample: Sample, *, convention: Convention = "cr2_satterthwaite", level: float = 0.95
) -> Estimate | NotEstimable:
    """Effect adjusted for covariates in each arm of its own: never less precise in large samples.

    Regression on treatment, centred covariates and their products with treatment. Refused if the
    thinner arm has fewer than five rows (clusters, if these were assigned) a covariate: reason
    `many_covariates`.

    Source
    ------
    Lin 2013, Annals of Applied Statistics 7.
    """
    own = sample.covariates.shape[1]
    thinner = min(sample.n_treated, sample.n - sample.n_treated)
    if sample.assigned_by_cluster:
        share = sample.cluster_treatment()
        thinner = int(min((share == 1).sum(), (share == 0).sum()))
    if thinner < 5 * own:
        return NotEstimable("many_covariates", {"covariates": own, "thinner_arm": thinner})
    centred = sample.covariates - np.average(sample.covariates, axis=0, weights=sample.weights)
    design = np.column_stack([centred, centred * sample.treated[:, None]])
    return regress(sample, "lin", "itt", design, convention=convention, level=level)


def cluster_means(sample: Sample) -> tuple[Floats, Floats, Floats]:
    """Outcome mean, treatment and size (or weight) of what was assigned: clusters, or rows."""
    if sample.clusters is None:
        return sample.outcome, sample.treated, sample.weights
    size = np.bincount(sample.clusters, sample.weights)
    total = np.bincount(sample.clusters, sample.weights * sample.outcome)
    return total / size, sample.cluster_treatment(), np.asarray(size, dtype=float)


def assignments(treated: Floats, strata: Codes, draws: int, seed: int) -> tuple[Floats, bool]:
    """Assignments that could have happened: all, if no more than `draws`, else drawn with the observed first.

    Parameters
    ----------
    treated, strata
        0 or 1, and stratum, of each unit that was assigned. The number treated in a stratum is kept.
    """
    blocks = [np.flatnonzero(strata == stratum) for stratum in np.unique(strata)]
    counts = [int(treated[block].sum()) for block in blocks]
    every = math.prod(math.comb(len(block), count) for block, count in zip(blocks, counts, strict=True))
    if every <= draws:
        sets = itertools.product(
            *(itertools.combinations(block, count) for block, count in zip(blocks, counts, strict=True))
        )
        possible = np.zeros((every, len(treated)))
        for row, chosen in enumerate(sets):
            possible[row, [int(unit) for part in chosen for unit in part]] = 1
        return possible, True
    rng = np.random.default_rng(seed)
    possible = np.tile(treated, (draws + 1, 1))
    for block in blocks:
        possible[1:, block] = rng.permuted(possible[1:, block], axis=1)
    return possible, False


def randomisation(
    sample: Sample, *, seed: int, strata: Codes | None = None, draws: int = DRAWS, level: float = 0.95
) -> Estimate | NotEstimable:
    """Test of no effect on anyone, by the assignments that could have happened.

    The statistic is the difference between arms in the mean of what was assigned (cluster totals
    over cluster sizes), over its standard error, so that it also stands for the weak null in large
    samples. p = share of assignments with a statistic at least as large, the observed one among them.
    The interval is that of `difference`; the p-value is exact at any size.

    Parameters
    ----------
    sample
        Complete rows; clusters are taken as what was assigned.
    seed
        Seed of the draws, from the parameters of the year.
    strata
        Code of the stratum of each row within which was assigned, or None.

    Returns
    -------
    Estimate or NotEstimable
        Reason `assigned_within_clusters` if clusters hold both arms and no strata are given.

    Source
    ------
    Fisher 1935; Wu & Ding 2021, Journal of the American Statistical Association 116 (studentised).
    """
    if sample.clusters is not None and not sample.assigned_by_cluster:
        return NotEstimable("assigned_within_clusters", {"clusters": sample.n_clusters})
    plain = difference(sample, level=level)
    if isinstance(plain, NotEstimable):
        return plain
    mean, treated, size = cluster_means(sample)
    rows = np.zeros(sample.n, dtype=np.int64) if strata is None else np.asarray(strata, dtype=np.int64)
    blocks = rows if sample.clusters is None else first_of(sample.clusters, rows)
    possible, exhaustive = assignments(treated, blocks, draws, seed)
    found = np.abs(studentised(possible, mean, size))
    seen = float(np.abs(studentised(treated[None, :], mean, size))[0])
    p = float((found >= seen * (1 - 1e-9)).mean())
    return Estimate(
        estimator="randomisation_inference",
        estimand="itt",
        value=plain.value,
        se=plain.se,
        low=plain.low,
        high=plain.high,
        level=level,
        n=plain.n,
        n_treated=plain.n_treated,
        n_clusters=plain.n_clusters,
        se_method=plain.se_method,
        p=p,
        details={
            **plain.details,
            "draws": float(len(possible) if exhaustive else draws),
            "exhaustive": "yes" if exhaustive else "no",
            "seed": float(seed),
        },
    )


def first_of(clusters: Codes, values: Codes) -> Codes:
    """Value of each cluster's first row."""
    return values[np.unique(clusters, return_index=True)[1]]


def studentised(possible: Floats, mean: Floats, size: Floats) -> Floats:
    """Difference in weighted means over its Neyman error, for many assignments at once."""
    parts = []
    for arm in (possible, 1 - possible):
        weight = arm * size
        total = weight.sum(axis=1)
        centre = weight @ mean / total
        count = arm.sum(axis=1)
        square = weight**2
        spread = square @ mean**2 - 2 * centre * (square @ mean) + centre**2 * square.sum(axis=1)
        parts.append((centre, np.maximum(spread, 0) / total**2 * count / np.maximum(count - 1, 1)))
    scale = np.sqrt(parts[0][1] + parts[1][1])
    gap = parts[0][0] - parts[1][0]
    tiny = scale <= 1e-12 * (np.abs(mean).max() + 1)
    without = np.where(gap == 0, 0.0, np.copysign(np.inf, gap))
    return np.asarray(np.where(tiny, without, gap / np.where(tiny, 1, scale)), dtype=float)


def sample_ratio(treated: int, controls: int, planned: float) -> Gate:
    """Are the arms as large as planned: exact binomial test of the share treated.

    Counts of what was assigned, as assigned (before anyone was lost); `planned` is the share of
    treated declared. For a lottery of fixed numbers any difference is a fault of records.

    Source
    ------
    Fabijan et al. 2019, KDD (sample ratio mismatch).
    """
    total = treated + controls
    if not total or not 0 < planned < 1:
        return judged("sample_ratio", math.nan, note="no_units")
    return judged("sample_ratio", float(stats.binomtest(treated, total, planned).pvalue), total)


def joint_balance(
    covariates: pd.DataFrame, sample: Sample, *, seed: int, strata: Codes | None = None, draws: int = DRAWS
) -> Gate:
    """Do the arms differ before treatment more than chance: one test of all covariates together.

    Mahalanobis distance between the arms' covariate means, p by re-assignment (of clusters, if these
    were assigned): one test however many covariates there are.

    Parameters
    ----------
    covariates
        Rows as in the sample, known before assignment; missing values are replaced by the mean.

    Source
    ------
    Hansen & Bowers 2008, Statistical Science 23.
    """
    x = covariates.to_numpy(dtype=float)
    x = np.where(np.isfinite(x), x, np.nanmean(x, axis=0)) if len(x) else x
    x = x[:, np.ptp(x, axis=0) > 0] if len(x) else x
    mixed = sample.clusters is not None and not sample.assigned_by_cluster
    if not x.size or len(x) != sample.n or mixed:
        return judged("joint_balance", math.nan, note="no_covariates")
    treated = sample.treated
    if sample.clusters is not None:
        size = np.bincount(sample.clusters)
        x = np.column_stack([np.bincount(sample.clusters, column) / size for column in x.T])
        treated = sample.cluster_treatment()
    rows = np.zeros(sample.n, dtype=np.int64) if strata is None else np.asarray(strata, dtype=np.int64)
    blocks = rows if sample.clusters is None else first_of(sample.clusters, rows)
    possible, _ = assignments(treated, blocks, draws, seed)
    centred = x - x.mean(axis=0)
    white = centred @ whitening(centred)
    other = 1 - possible
    contrast = possible / possible.sum(axis=1, keepdims=True) - other / other.sum(axis=1, keepdims=True)
    distances = ((contrast @ white) ** 2).sum(axis=1)
    shares = treated / treated.sum() - (1 - treated) / (1 - treated).sum()
    seen = float(((shares @ white) ** 2).sum())
    return judged("joint_balance", float((distances >= seen * (1 - 1e-9)).mean()), sample.n)


def whitening(centred: Floats) -> Floats:
    """Matrix that makes columns uncorrelated with variance 1; directions without variance are dropped."""
    values, vectors = np.linalg.eigh(np.atleast_2d(np.cov(centred, rowvar=False)))
    kept = values > 1e-10 * values.max()
    return np.asarray(vectors[:, kept] / np.sqrt(values[kept]), dtype=float)
