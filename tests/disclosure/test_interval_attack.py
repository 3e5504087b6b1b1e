"""Limits printed to a tenth of a per cent give exact counts back; through the gate they don't.

Nor does the design effect: it is the one number of a cell that is made from exact counts.
"""

import math
import random

import numpy as np

from equity_lib.disclosure.gate import gate
from equity_lib.disclosure.rules import NO_LEDGER, Rules
from equity_lib.indicators.clustering import share_effect
from equity_lib.indicators.intervals import wilson
from equity_lib.relations import Relation
from equity_lib.results import Dimension, Table, cells

RULES = Rules("synthetic", {})
DRAWS = 25
ROUNDED = 0.056  # half of 0.1, and what a rounding to 0.01 before adds


def drawn() -> list[tuple[int, int]]:
    """Counts of persons with something among those of a district: none is a multiple of the base."""
    source, made = random.Random(2562), []
    while len(made) < DRAWS:
        among = source.randrange(40, 200)
        of = source.randrange(12, among - 12)
        if of % 5 and among % 5:
            made.append((of, among))
    return made


#: Every pair of counts that an attacker tries.
AMONG, OF = (grid.ravel() for grid in np.meshgrid(np.arange(10, 260), np.arange(260)))


def limits(of, among):
    """Wilson's limits in per cent, by his formula (1927)."""
    p, z = of / among, 1.959963984540054
    centre = (p + z**2 / (2 * among)) / (1 + z**2 / among)
    half = z / (1 + z**2 / among) * np.sqrt(p * (1 - p) / among + z**2 / (4 * among**2))
    return 100 * (centre - half), 100 * (centre + half)


TRIED = OF <= AMONG
OF, AMONG = OF[TRIED], AMONG[TRIED]
LOW, HIGH = limits(OF, AMONG)


def attack(low: float, high: float) -> list[tuple[int, int]]:
    """Every pair of counts whose limits, to a tenth of a per cent, are these."""
    at = (abs(LOW - low) < ROUNDED) & (abs(HIGH - high) < ROUNDED)
    return list(zip(OF[at].tolist(), AMONG[at].tolist(), strict=True))


def printed(of: int, among: int) -> tuple[float, float]:
    """The interval of a share, as the gate lets it through, to a tenth of a per cent."""
    low, high = wilson((of, among))
    share = {"value": 100 * of / among, "low": 100 * low, "high": 100 * high}
    rows = [
        {"measure": "with", "unit": "person", "value": of},
        {"measure": "all", "unit": "person", "value": among},
        {"measure": "share", "unit": "percent", "method": "wilson", **share},
    ]
    frame = cells("t", ["k"], [{"k": "a", **row} for row in rows])
    relation = Relation("ratio", "t.a.share", ("t.a", "t.a.all"), scale=100)
    dims = (Dimension("k", ("a",)),)
    personal = Table("t", dims, frame, (relation,), source="synthetic", sensitivity="personal")
    cell = gate([personal], RULES, NO_LEDGER).cells["t.a.share"]
    assert not math.isnan(cell.low)
    return round(cell.low, 1), round(cell.high, 1)


def test_attack_on_exact_limits_finds_every_count():
    assert sum(attack(*np.round(limits(*pair), 1)) == [pair] for pair in drawn()) == DRAWS


def test_attack_on_limits_of_the_gate_finds_no_count():
    """What it finds are the rounded counts, which the page prints anyway."""
    for of, among in drawn():
        pairs = attack(*printed(of, among))
        assert (of, among) not in pairs
        assert (5 * round(of / 5), 5 * round(among / 5)) in pairs


def test_design_effect_fits_every_exact_count_that_the_rounded_ones_leave_open():
    """An attacker who knows the children of each of seven sub-districts, and who reads the rounded count and
    the design effect, still can't tell which of the counts that round to it is the true one."""
    chance = np.random.default_rng(6)
    for _ in range(DRAWS):
        sizes = chance.integers(15, 45, 7)
        hits = chance.binomial(sizes, chance.beta(9, 11, 7))
        shown, count = share_effect(hits, sizes), 5 * math.floor(hits.sum() / 5 + 0.5)
        tried = np.clip(hits + chance.integers(-3, 4, (4_000, 7)), 0, sizes)
        near = tried[np.abs(tried.sum(axis=1) - count) <= 2]
        fits = {int(each.sum()) for each in near if share_effect(each, sizes) == shown}
        assert fits == set(range(count - 2, count + 3))
