"""How much wider an interval has to be because children of one sub-district or school resemble each other.

Intervals of shares, gaps and curves are computed from counts alone, as if children were independent.
`inflation` says by how much their variance is too small then: one number a cell, the design effect, with
the t quantile of few clusters in it. It is stored coarsely and rounded up, so that an interval that is
computed again from rounded counts is never narrower than it should be.
"""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from equity_lib.indicators.intervals import Z, coarse_effect, incidence_variance
from equity_lib.indicators.supported import beside
from equity_lib.registry.register import Register

#: With fewer clusters than these (effectively) nothing is estimated: `ASSUMED` stands in.
FEWEST = 5
#: Intraclass correlation assumed where it can't be estimated: the largest that `bench/coverage.py` tries.
ASSUMED = 0.05
#: Pairs of level and cluster up to which they are counted without sorting.
_DENSE = 50_000_000
#: Fewest clusters that a standard error from sums of influence by cluster is trusted with.
FEWEST_SUMS = 30

Floats = NDArray[np.float64]


def inflation(scores: ArrayLike, sizes: ArrayLike, variance: float, assumed: float = ASSUMED) -> float:
    """Design effect of an estimate, never below 1 and rounded up: what its variance is to be multiplied by.

    deff = G ÷ (G − 1) × Σ scores² ÷ variance × (t ÷ z)². The t quantile has as many degrees of freedom
    as clusters of one size would give, G' − 1 with G' = (Σ m)² ÷ Σ m². Where G' is below `FEWEST`, or
    nothing varies, deff = 1 + `assumed` × (Σ m² ÷ Σ m − 1).

    Parameters
    ----------
    scores
        A cluster's sum of what its children add to the estimate less their expectation.
    sizes
        Its children, m.
    variance
        Of the same estimate if children were independent.
    assumed
        Intraclass correlation where it can't be estimated: that of the whole table, or `ASSUMED`.

    Source
    ------
    Korn and Graubard (1998), Survey Methodology 24: 193-201 (t in the effective sample size); Dean and
    Pagano (2015), Journal of Survey Statistics and Methodology 3: 484-503, and Franco, Little, Louis and
    Slud (2019), ibid. 7: 334-364 (Wilson's interval with it); Kish (1965), Survey sampling, 8.2.

    Examples
    --------
    >>> inflation([0.0, 0.0], [10, 10], 0.02)  # two clusters tell nothing: 1 + 0.05 × 9
    1.5
    """
    from scipy.stats import t

    own, m = np.asarray(scores, float), np.asarray(sizes, float)
    own, m = own[m > 0], m[m > 0]
    if not len(m):
        return float("nan")
    alike = m.sum() ** 2 / (m**2).sum()
    if alike < FEWEST - 1e-9 or not variance > 0:
        return coarse_effect(1 + assumed * ((m**2).sum() / m.sum() - 1))
    found = len(m) / (len(m) - 1) * (own**2).sum() / variance
    return coarse_effect(found * (t.ppf(0.975, alike - 1) / Z) ** 2)


def share_effect(hits: ArrayLike, sizes: ArrayLike, assumed: float = ASSUMED) -> float:
    """Design effect of a share, from hits and children of each cluster; NaN without children."""
    y, m = np.asarray(hits, float), np.asarray(sizes, float)
    whole = m.sum()
    if not whole:
        return float("nan")
    p = y.sum() / whole
    return inflation((y - p * m) / whole, m, p * (1 - p) / whole, assumed)


def correlation(deff: float, sizes: ArrayLike) -> float:
    """The intraclass correlation that a design effect stands for: (deff − 1) ÷ (Σ m² ÷ Σ m − 1)."""
    m = np.asarray(sizes, float)
    typical = (m**2).sum() / m.sum() if m.sum() else 1.0
    return min(1.0, (deff - 1) / (typical - 1)) if typical > 1 and deff == deff else ASSUMED


class Clusters:
    """To which clusters children belong, one grouping or more; the effect of the worst of them counts.

    Parameters
    ----------
    *groupings
        A label a row for each grouping (sub-district, school). A row without a label stands for itself,
        and a grouping without any label is left out.
    """

    def __init__(self, *groupings: pd.Series) -> None:
        self.codes: list[NDArray[np.int64]] = []
        for labels in groupings:
            codes, known = pd.factorize(labels, sort=False)
            if len(known):
                self.codes.append(_alone(np.asarray(codes, np.int64), len(known)))

    @classmethod
    def of(cls, labels: ArrayLike) -> "Clusters":
        """Of one grouping, a label a row."""
        return cls(pd.Series(np.asarray(labels)))

    def share(self, hit: ArrayLike, among: ArrayLike | None = None) -> float:
        """Design effect of the share of rows that are `hit`, of those that are `among`; NaN if unknown."""
        found = _flags(hit)
        inside = np.ones(len(found), bool) if among is None else _flags(among)
        return self._worst(
            share_effect(_sums(codes[inside & found], codes), _sums(codes[inside], codes))
            for codes in self.codes
        )

    def shares(self, level: pd.Series, hit: ArrayLike) -> dict[Any, float]:
        """The same by level, of the rows at each level; rows without a level are in none.

        A level of few clusters takes the intraclass correlation of all rows together.
        """
        at, levels = pd.factorize(level, sort=False)
        found = _flags(hit)
        made = []
        for codes in self.codes:
            inside = at >= 0
            own, sizes, hits = _pairs(at[inside], codes[inside], found[inside])
            every = _sums(codes[inside], codes)
            alike = correlation(share_effect(_sums(codes[inside & found], codes), every), every)
            ends = np.searchsorted(own, np.arange(len(levels) + 1))
            made.append(
                [
                    share_effect(hits[start:end], sizes[start:end], alike)
                    for start, end in pairwise(ends.tolist())
                ]
            )
        return {name: self._worst(each[k] for each in made) for k, name in enumerate(levels)}

    def contrast(self, hit: ArrayLike, first: ArrayLike, second: ArrayLike) -> tuple[float, float]:
        """Design effects of gap and ratio of the shares of two groups, which may live side by side."""
        found = _flags(hit)
        groups = [_flags(group) for group in (first, second)]
        gaps, ratios = [], []
        for codes in self.codes:
            y = [_sums(codes[group & found], codes) for group in groups]
            m = [_sums(codes[group], codes) for group in groups]
            whole = [size.sum() for size in m]
            p = [hits.sum() / n if n else np.nan for hits, n in zip(y, whole, strict=True)]
            own = [(a - b * c) / n for a, b, c, n in zip(y, p, m, whole, strict=True)]
            each = [b * (1 - b) / n for b, n in zip(p, whole, strict=True)]
            gaps.append(inflation(own[0] - own[1], m[0] + m[1], each[0] + each[1]))
            if min(p) > 0:
                both = own[0] / p[0] - own[1] / p[1]
                ratios.append(inflation(both, m[0] + m[1], each[0] / p[0] ** 2 + each[1] / p[1] ** 2))
        return self._worst(gaps), self._worst(ratios)

    def table(self, step: ArrayLike, steps: int) -> Floats:
        """Rows by step (0 … `steps` − 1, others left out) and cluster of the first grouping."""
        at = np.asarray(step)
        codes = self.codes[0] if self.codes else np.zeros(len(at), np.int64)
        width = int(codes.max(initial=-1)) + 1
        inside = (at >= 0) & (at < steps)
        cells = at[inside].astype(np.int64) * width + codes[inside]
        return np.bincount(cells, minlength=steps * width).reshape(steps, width).astype(float)

    def _worst(self, effects: Iterable[float]) -> float:
        return max((each for each in effects if each == each), default=float("nan"))


def _pairs(
    at: NDArray[np.int64], codes: NDArray[np.int64], hit: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Level, rows and hits of each pair of level and cluster that occurs, in order of level."""
    width = int(codes.max(initial=-1)) + 1
    keys = at * width + codes
    if (int(at.max(initial=-1)) + 1) * width <= _DENSE:
        sizes, hits = np.bincount(keys), np.bincount(keys[hit])
        pairs = np.flatnonzero(sizes)
        return pairs // width, sizes[pairs], np.append(hits, np.zeros(len(sizes) - len(hits), int))[pairs]
    pairs, where = np.unique(keys, return_inverse=True)
    return pairs // width, np.bincount(where), np.bincount(where[hit], minlength=len(pairs))


def _flags(given: ArrayLike) -> NDArray[np.bool_]:
    """As an array; numpy would look every row of a Series up, by a table of all of its labels."""
    plain = given.to_numpy() if isinstance(given, pd.Series) else given
    return np.asarray(plain, bool)


def _alone(codes: NDArray[np.int64], known: int) -> NDArray[np.int64]:
    """Codes in which every row without a cluster is a cluster of its own."""
    lost = codes < 0
    codes[lost] = known + np.arange(lost.sum())
    return codes


def _sums(own: NDArray[np.int64], codes: NDArray[np.int64]) -> Floats:
    return np.bincount(own, minlength=int(codes.max(initial=-1)) + 1).astype(float)


def curve_effects(at_risk: ArrayLike, events: ArrayLike, of_cause: ArrayLike | None = None) -> list[float]:
    """Design effects of a survival or incidence curve after each of its steps.

    A cluster adds Σₖ Sₖ₋₁ (c − h' n) ÷ Nₖ − (F − Fₖ) (d − h n) ÷ (Nₖ (1 − hₖ)) to the curve, where n, d and
    c are its own counts at step k, N those of all, h = D ÷ N and h' = C ÷ N. A survival curve is the
    incidence of every event, turned round.

    Parameters
    ----------
    at_risk, events, of_cause
        One row a step and one column a cluster; every event is of the cause if none is given.

    Source: Andersen, Borgan, Gill and Keiding (1993), Statistical models based on counting processes,
    IV.4; clustered sums as in Ying and Wei (1994), Journal of Multivariate Analysis 50: 17-29.
    """
    n, d = np.asarray(at_risk, float), np.asarray(events, float)
    c = d if of_cause is None else np.asarray(of_cause, float)
    whole, gone, own = (each.sum(axis=1) for each in (n, d, c))
    base = np.maximum(whole, 1)
    alive = np.cumprod(1 - gone / base)
    before = np.concatenate([[1.0], alive[:-1]])
    reached = np.cumsum(before * own / base)
    from_cause = (before / base)[:, None] * (c - (own / base)[:, None] * n)
    left = np.where(whole > gone, base * (1 - gone / base), np.inf)
    from_all = (d - (gone / base)[:, None] * n) / left[:, None]
    made = []
    for k in range(len(whole)):
        rest = reached[k] - reached[: k + 1]
        scores = from_cause[: k + 1].sum(axis=0) - (rest[:, None] * from_all[: k + 1]).sum(axis=0)
        terms = np.column_stack([whole, gone, own])[: k + 1].ravel().tolist()
        made.append(inflation(scores, n.max(axis=0), incidence_variance(terms)[1]))
    return made


def enough(labels: pd.Series) -> NDArray[np.int64] | None:
    """Codes of clusters 0, 1, … without gaps; None where there are fewer than `FEWEST_SUMS`.

    A row whose cluster isn't known stands for itself.
    """
    codes, known = pd.factorize(labels, sort=True)
    if len(known) < FEWEST_SUMS:
        return None
    return _alone(np.asarray(codes, np.int64), len(known))


def residence(register: Register, years: Sequence[int] | None = None) -> pd.Series:
    """Sub-district by child, its district where only that is known: the latest word of these years' files."""
    if "child" not in register.tables():
        return pd.Series(dtype="str", index=pd.Index([], dtype="str"))
    columns = ["child_id", "subdistrict", "district"]
    if years is None:
        rows = register.table("child", columns)
    else:
        rows = register.table("child", [*columns, "program_year"], {"program_year": list(years)})
        rows = rows.sort_values("program_year", kind="stable")
    place = rows["subdistrict"].astype("str").fillna(rows["district"].astype("str"))
    found = pd.DataFrame({"child_id": rows["child_id"], "place": place}).dropna(subset="place")
    if years is not None:  # of one year, the register gives one row a child
        found = found.drop_duplicates("child_id", keep="last")
    made: pd.Series = found.set_index("child_id")["place"].rename(None)
    return made


def homes(register: Register, children: pd.Index) -> pd.Series:
    """`residence` of each of these children, in their order; blank where it isn't known."""
    return beside(children, residence(register).to_frame("home"))["home"]


def files_until(register: Register, last: int) -> list[int]:
    """Programme years whose files a report of the year `last` may read."""
    return sorted({part.year for part in register.state.parts if part.year <= last})
