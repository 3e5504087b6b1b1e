"""Children of one sub-district resemble each other: populations to draw from, and the library's intervals.

A chance differs between sub-districts by a beta distribution with a given intraclass correlation (ICC),
a hazard by a gamma one with a given variance, so that the truth is known by formula. Sub-districts differ
in size, with a coefficient of variation of one half.
"""

import math
from collections.abc import Callable

import numpy as np
import pandas as pd

from equity_lib.indicators.clustering import Clusters, correlation, curve_effects, share_effect
from equity_lib.indicators.intervals import METHODS
from equity_lib.indicators.means import clustered_mean

Draw = Callable[[np.random.Generator], tuple[float, float]]
#: Sub-districts of the province that a district lies in.
PROVINCE = 199


def sizes(rng: np.random.Generator, clusters: int, mean: float) -> np.ndarray:
    """Children by sub-district: gamma with a coefficient of variation of .5, at least one."""
    return np.maximum(1, np.round(rng.gamma(4, mean / 4, clusters))).astype(int)


def chances(rng: np.random.Generator, p: float, icc: float, clusters: int) -> np.ndarray:
    """The chance in each sub-district."""
    if icc == 0:
        return np.full(clusters, p)
    return rng.beta(p * (1 - icc) / icc, (1 - p) * (1 - icc) / icc, clusters)


def share(p: float, icc: float, clusters: int, mean: float, known: bool = True) -> tuple[float, Draw]:
    """A share of all children of the first so many sub-districts of a province, which lends a few of them
    its correlation; without `known`, the design effect is left out."""

    def draw(rng: np.random.Generator) -> tuple[float, float]:
        m = sizes(rng, PROVINCE, mean)
        y = rng.binomial(m, chances(rng, p, icc, PROVINCE))
        alike = correlation(share_effect(y, m), m)
        y, m = y[:clusters], m[:clusters]
        deff = share_effect(y, m, alike) if known else 1.0
        return METHODS["wilson"]((float(y.sum()), float(m.sum())), deff)

    return p, draw


def unknown_sizes(p: float, icc: float, clusters: int, mean: float) -> tuple[float, Draw]:
    """Coverage of a population that isn't known by sub-district, which are taken as equally large."""

    def draw(rng: np.random.Generator) -> tuple[float, float]:
        m = sizes(rng, clusters, mean)
        y = rng.binomial(m, chances(rng, p, icc, clusters))
        deff = share_effect(y, np.full(clusters, m.sum() / clusters))
        return METHODS["wilson"]((float(y.sum()), float(m.sum())), deff)

    return p, draw


def two_groups(method: str, p: tuple[float, float], icc: float, mean: float) -> tuple[float, Draw]:
    """Gap or ratio of two groups that live in the same sub-districts, whose chances move together."""
    truth = p[0] / p[1] if method.startswith("ratio") else 100 * (p[0] - p[1])

    def draw(rng: np.random.Generator) -> tuple[float, float]:
        m = sizes(rng, 60, mean)
        first = rng.random(m.sum()) < 0.4
        area = np.repeat(np.arange(60), m)
        base = chances(rng, p[0], icc, 60)[area]
        hit = rng.random(len(area)) < np.where(first, base, base * p[1] / p[0])
        gap, ratio = Clusters.of(area).contrast(hit, first, ~first)
        counts = [float(each) for g in (first, ~first) for each in ((hit & g).sum(), g.sum())]
        return METHODS[method]((math.nan, math.nan, *counts), ratio if method.startswith("ratio") else gap)

    return truth, draw


def score(icc: float) -> tuple[float, Draw]:
    """A mean score of the children of 26 districts of 100, clustered by district."""

    def draw(rng: np.random.Generator) -> tuple[float, float]:
        m = sizes(rng, 26, 100)
        area = np.repeat(np.arange(26), m)
        y = 60 + 15 * (math.sqrt(icc) * rng.standard_normal(26)[area])
        y += 15 * math.sqrt(1 - icc) * rng.standard_normal(len(area))
        found = clustered_mean(pd.Series(y), pd.Series(area))
        return found.low, found.high

    return 60.0, draw


def curve(method: str, variance: float, day: int, rates: tuple[float, float]) -> tuple[float, Draw]:
    """A survival curve, or an incidence beside a competing cause, whose hazards differ by sub-district."""
    total = sum(rates)
    gone = 1 - (1 + total * day * variance) ** (-1 / variance)
    truth = rates[0] / total * gone if method == "aalen_johansen" else 1 - gone
    edges = np.array([30, 60, 90, 120, 150, 180])

    def draw(rng: np.random.Generator) -> tuple[float, float]:
        m = sizes(rng, 60, 10)
        area = np.repeat(np.arange(60), m)
        hazard = rng.gamma(1 / variance, variance, 60)[area]
        time = rng.exponential(1 / (total * hazard))
        cause = np.where(rng.random(len(area)) < rates[0] / total, 1, 2)
        # Followed to the end of one of the steps, or beyond them: a life table with few ties to spare.
        end = rng.choice([90, 120, 150, 400], len(area))
        happened = time <= end
        step = np.searchsorted(edges[edges <= day], np.where(happened, time, end), side="left")
        steps = int((edges <= day).sum())
        groups = Clusters.of(area)
        every = groups.table(step, steps + 1)
        events = groups.table(np.where(happened, step, -1), steps + 1)
        own = groups.table(np.where(happened & (cause == 1), step, -1), steps + 1)
        at_risk = every[::-1].cumsum(axis=0)[::-1]
        n, d, c = (each[:steps] for each in (at_risk, events, own))
        columns = [n, d, c] if method == "aalen_johansen" else [n, d]
        terms = np.column_stack([each.sum(axis=1) for each in columns]).ravel().tolist()
        deff = curve_effects(n, d, c if method == "aalen_johansen" else None)[-1]
        return METHODS[method](terms, deff)

    return truth, draw
