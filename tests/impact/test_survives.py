"""What a study says must not change with the order of rows or the seed of Python's hashes."""

import hashlib
import os
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from equity_lib.impact.analyses import analyse, effect_alone
from equity_lib.impact.estimates import Estimate
from equity_lib.impact.rows import Rows
from equity_lib.impact.study import Study
from equity_lib.results import Table, to_json
from tests.impact.test_degenerate import DESIGNS, rows_of
from tests.years import ROOT, year

KINDS = tuple(DESIGNS)


def awkward(kind: str) -> pd.DataFrame:
    """Sound rows with ties in the score or the covariate; an unbalanced panel with two-way effects beside."""
    frame = rows_of(kind)
    if kind == "staged":
        return frame.drop(index=[3, 20, 41, 62])
    return frame.assign(score=frame["score"].round(), income=frame["income"].round(1))


def said(kind: str, frame: pd.DataFrame) -> str:
    """A hash of the gates and the picture, and of the estimate to the digits that are kept."""
    own = Study(year(2562), DESIGNS[kind])
    own.__dict__["rows"] = Rows(frame, {}, "2020-09-30")
    own.__dict__["p"] = 0.01
    parts = [own.gates(), own.estimate(), own.picture()]
    assert all(isinstance(part, Table) for part in parts)
    return hashlib.sha256("".join(str(to_json(part)) for part in parts).encode()).hexdigest()


@pytest.mark.parametrize("kind", ["discontinuity", "staged"])
def test_study_shuffled_rows_with_ties_say_the_same(kind: str):
    """The other kinds are sorted by child before they are analysed; here ties keep the order of the files."""
    frame = awkward(kind)
    found = set()
    for seed in range(3):
        rows = frame.iloc[np.random.default_rng(seed).permutation(len(frame))]
        if kind == "discontinuity":
            rows = rows.sort_values("score", kind="stable")
        found.add(said(kind, rows.reset_index(drop=True)))
    assert len(found) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_effect_alone_is_that_of_the_whole_analysis(kind: str):
    """It tells the family's p-values what the design's own page says."""
    found, whole = (way(DESIGNS[kind], awkward(kind), 7) for way in (effect_alone, analyse))
    assert isinstance(found, Estimate)
    assert (found.value, found.se, found.p, found.low, found.high) == (
        whole.result.value,
        whole.result.se,
        whole.result.p,
        whole.result.low,
        whole.result.high,
    )


def test_study_other_numbers_say_something_else():
    """Without this, equal hashes could mean that nothing is hashed."""
    frame = awkward("random")
    assert said("random", frame) != said("random", frame.assign(outcome=frame["outcome"] * 1.5))


def test_study_any_hash_seed_says_the_same():
    code = (
        "from tests.impact.test_survives import KINDS, awkward, said\n"
        "print(*(said(kind, awkward(kind)) for kind in KINDS))"
    )
    told = set()
    for seed in ("0", "1", "77"):
        environment = os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)}
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", code],
            env=environment, cwd=ROOT, capture_output=True, text=True, check=True,
        )  # fmt: skip
        told.add(done.stdout.strip())
    assert len(told) == 1
    assert len(told.pop().split()) == len(KINDS)
