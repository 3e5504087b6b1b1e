"""Group-time effects of a staged roll-out: their averages, covariances and joint tests."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Literal

import numpy as np
import pandas as pd

from equity_lib.impact.panels import Control
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
        Cells × clusters in order of their arms: what each cluster contributes to each effect's error.
    arms
        Group of each cluster as a code, ascending; all −1 if units of a cluster belong to several groups.
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

    @cached_property
    def moments(self) -> tuple[tuple[int, Floats], ...]:
        """Each arm's clusters, and its part of the covariance of the effects; summed over clusters once."""
        edges = np.flatnonzero(np.diff(self.arms, prepend=-2, append=-2))
        return tuple((int(end - start), within(self.psi[:, start:end])) for start, end in pairwise(edges))

    def shares(self, weights: Floats) -> list[tuple[int, Floats]]:
        """Each arm's clusters, and its part of the covariance of linear combinations of the effects."""
        rows = np.atleast_2d(weights)
        return [(count, rows @ moment @ rows.T) for count, moment in self.moments]

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


def within(part: Floats) -> Floats:
    """n/(n − 1) Σ (ψ − ψ̄)(ψ − ψ̄)ᵀ over the n clusters of one arm; nought for effects it has no part in."""
    count = part.shape[1]
    made = np.zeros((len(part), len(part)))
    own = np.flatnonzero(part.any(axis=1))
    centred = part[own]  # a copy, by its index
    centred -= centred.mean(axis=1, keepdims=True)
    made[np.ix_(own, own)] = centred @ centred.T * (count / (count - 1))
    return made
