"""METHODS prints the one table of thresholds, number by number."""

import math

import pytest

from equity_lib.impact.thresholds import THRESHOLDS
from tests.years import ROOT

METHODS = (ROOT / "METHODS.md").read_text("utf-8")


@pytest.mark.parametrize("key", THRESHOLDS)
def test_methods_say_when_each_gate_warns_fails_and_what_it_leaves(key):
    threshold = THRESHOLDS[key]
    sign = "<" if threshold.side == "below" else ">"
    fails = "never" if math.isinf(threshold.fail) else f"{sign} {threshold.fail:g}"
    line = next(line for line in METHODS.splitlines() if line.startswith(f"| `{key}` |"))
    said = f"| {sign} {threshold.warn:g} | {fails} | {threshold.leaves} | {threshold.source} |"
    assert line.endswith(said)
