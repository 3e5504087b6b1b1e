"""Parity between two groups: the ratio of their indicators, its symmetric form, and the gap."""

import math
from typing import Literal, NamedTuple

#: Ratios in this band count as parity. Source: UNESCO Institute for Statistics, SDG 4.5.1 metadata.
BAND = (0.97, 1.03)
Reading = Literal["parity", "against_disadvantaged", "against_advantaged", "undefined"]


class Parity(NamedTuple):
    """Parity of one indicator; ratio and adjusted are NaN where the advantaged group's value is 0."""

    ratio: float
    adjusted: float
    gap: float


def parity(disadvantaged: float, advantaged: float) -> Parity:
    """Parity index, adjusted parity index and absolute gap.

    Ratio = disadvantaged ÷ advantaged. Adjusted = ratio up to 1, 2 − 1 ÷ ratio above, so that it lies
    between 0 and 2 and swapping the groups mirrors it at 1. Gap = disadvantaged − advantaged, in the
    indicator's own unit: two small values can have a large ratio.

    Source: UNESCO Institute for Statistics, metadata of SDG indicator 4.5.1.

    Examples
    --------
    >>> parity(40.0, 32.0)
    Parity(ratio=1.25, adjusted=1.2, gap=8.0)
    """
    if advantaged == 0 or math.isnan(advantaged) or math.isnan(disadvantaged):
        return Parity(math.nan, math.nan, disadvantaged - advantaged)
    ratio = disadvantaged / advantaged
    return Parity(ratio, adjusted(ratio), disadvantaged - advantaged)


def adjusted(ratio: float) -> float:
    """The parity index made symmetric about 1: 2 − 1 ÷ ratio where it is above 1."""
    return 2 - 1 / ratio if ratio > 1 else ratio


def reading(ratio: float, *, bad: bool = False) -> Reading:
    """Whom a ratio leaves behind; for a `bad` outcome, such as dropping out, more is worse.

    Examples
    --------
    >>> reading(0.8), reading(0.8, bad=True), reading(1.02)
    ('against_disadvantaged', 'against_advantaged', 'parity')
    """
    if math.isnan(ratio):
        return "undefined"
    if BAND[0] <= ratio <= BAND[1]:
        return "parity"
    return "against_disadvantaged" if (ratio < 1) != bad else "against_advantaged"
