"""The rows an estimator may use, as arrays; and the reasons why there may be too few of them."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from equity_lib.impact.estimates import NotEstimable

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]


@dataclass(frozen=True)
class Sample:
    """Complete rows of a two-armed comparison.

    Attributes
    ----------
    outcome, treated, weights
        One float a row; `treated` is 0 or 1, `weights` are 1 if none were given.
    clusters
        Codes 0 … G − 1 of the groups that were assigned or sampled together, or None.
    covariates
        Rows × covariates, with `names`.
    dropped
        Rows left out since something was missing.
    weighted
        Whether weights were given.
    """

    outcome: Floats
    treated: Floats
    clusters: Codes | None
    covariates: Floats
    names: tuple[str, ...]
    weights: Floats
    dropped: int
    weighted: bool = False

    @property
    def n(self) -> int:
        """Rows used."""
        return len(self.outcome)

    @property
    def n_treated(self) -> int:
        """Treated rows among them."""
        return int(self.treated.sum())

    @property
    def n_clusters(self) -> int:
        """Clusters, 0 if rows are not clustered."""
        return 0 if self.clusters is None else int(self.clusters.max()) + 1

    @property
    def assigned_by_cluster(self) -> bool:
        """Whether every cluster is wholly treated or wholly not."""
        return self.clusters is not None and bool(np.isin(self.cluster_treatment(), (0.0, 1.0)).all())

    def cluster_treatment(self) -> Floats:
        """Share of treated rows in each cluster."""
        codes = np.zeros(self.n, dtype=np.int64) if self.clusters is None else self.clusters
        return np.asarray(np.bincount(codes, self.treated) / np.bincount(codes), dtype=float)


def complete_rows(
    outcome: Any,
    treated: Any,
    *,
    clusters: Any = None,
    covariates: pd.DataFrame | None = None,
    weights: Any = None,
    least_per_arm: int = 2,
) -> Sample | NotEstimable:
    """Rows where nothing is missing, or why no comparison of two arms is possible.

    Parameters
    ----------
    outcome, treated
        One value a row; `treated` boolean or 0/1.
    clusters, weights
        One value a row, or None. A weight of 0 leaves the row out.
    covariates
        One row a row, numeric columns; constant columns are left out.
    least_per_arm
        Fewest rows, and fewest clusters if whole clusters are treated, on either side.

    Returns
    -------
    Sample or NotEstimable
        Reasons: `infinite_values`, `negative_weights`, `all_missing`, `no_treated`, `no_controls`,
        `few_rows`, `constant_outcome`,
        `one_cluster`, `one_treated_cluster`, `one_control_cluster`.
    """
    y = np.asarray(pd.to_numeric(pd.Series(np.asarray(outcome)), errors="coerce"), dtype=float)
    d = np.asarray(pd.to_numeric(pd.Series(np.asarray(treated)), errors="coerce"), dtype=float)
    w = np.ones(len(y)) if weights is None else np.asarray(weights, dtype=float)
    x = np.empty((len(y), 0)) if covariates is None else covariates.to_numpy(dtype=float)
    names = () if covariates is None else tuple(str(name) for name in covariates.columns)
    wrong = impossible(w, y, x)
    if wrong is not None:
        return wrong
    keep = np.isfinite(y) & np.isin(d, (0.0, 1.0)) & np.isfinite(w) & (w > 0) & np.isfinite(x).all(axis=1)
    codes: Codes | None = None
    if clusters is not None:
        keys = pd.Series(np.asarray(clusters))
        keep &= keys.notna().to_numpy()
        codes = np.asarray(pd.factorize(keys[keep], sort=True)[0], dtype=np.int64)
    x = x[keep]
    varies = np.ptp(x, axis=0) > 0 if len(x) else np.zeros(x.shape[1], dtype=bool)
    sample = Sample(
        outcome=y[keep],
        treated=d[keep],
        clusters=codes,
        covariates=x[:, varies],
        names=tuple(name for name, kept in zip(names, varies, strict=True) if kept),
        weights=w[keep],
        dropped=int((~keep).sum()),
        weighted=weights is not None,
    )
    return too_little(sample, least_per_arm) or sample


def impossible(weights: Floats | None, *values: Floats) -> NotEstimable | None:
    """What no record can hold: a fault of the files, for which no row is left out. None if all is well."""
    if any(np.isinf(each).any() for each in values):
        return NotEstimable("infinite_values", {"rows": len(values[0])})
    if weights is not None and (weights < 0).any():
        return NotEstimable("negative_weights", {"rows": len(weights)})
    return None


def too_little(sample: Sample, least_per_arm: int) -> NotEstimable | None:
    """Why a sample allows no comparison, or None."""
    found = {"rows": sample.n, "missing": sample.dropped}
    if not sample.n:
        return NotEstimable("all_missing", found)
    for arm, side in ((1.0, "treated"), (0.0, "controls")):
        rows = int((sample.treated == arm).sum())
        if not rows:
            return NotEstimable(f"no_{side}", found)
        if rows < least_per_arm:
            return NotEstimable("few_rows", {**found, side: rows})
    if np.ptp(sample.outcome) == 0:
        return NotEstimable("constant_outcome", found)
    if sample.clusters is None:
        return None
    if sample.n_clusters < 2:
        return NotEstimable("one_cluster", {**found, "clusters": sample.n_clusters})
    if sample.assigned_by_cluster:
        share = sample.cluster_treatment()
        for arm, side in ((1.0, "treated"), (0.0, "control")):
            if (share == arm).sum() < least_per_arm:
                return NotEstimable(f"one_{side}_cluster", {**found, "clusters": sample.n_clusters})
    return None
