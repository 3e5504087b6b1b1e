"""Every design × every degenerate input, through `Study`: a reason; no number, traceback or warning."""

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from equity_lib.impact.estimates import Estimate, NotEstimable
from equity_lib.impact.rows import Rows
from equity_lib.impact.study import Study
from equity_lib.programme.designs import Design, Random, load_designs
from equity_lib.report.languages import catalogue
from equity_lib.results import Statement, Table
from tests.years import ROOT, year

Change = Callable[[pd.DataFrame], pd.DataFrame]
DECLARED = {each.key: each for each in load_designs(ROOT, "demo").designs}
LOTTERY = Random(kind="random", table="assessment", column="result", offered="passed", intended_share=0.5)
DESIGNS: dict[str, Design] = {
    "discontinuity": DECLARED["transfer_attendance"],
    "staged": DECLARED["case_teams"],
    "random": DECLARED["early_support"].model_copy(
        update={"assignment": LOTTERY, "estimand": "itt", "negative_controls": []}
    ),
    "observational": DECLARED["early_support"],
}


def rows_of(kind: str) -> pd.DataFrame:
    """Rows from which the design's estimate is made without complaint."""
    rng = np.random.default_rng(7)
    if kind == "staged":
        unit, period = np.repeat(np.arange(14), 6), np.tile(np.arange(6), 14)
        first = np.array([np.nan] * 6 + [2.0] * 4 + [4.0] * 4)[unit]
        frame = pd.DataFrame({"unit": unit, "period": period, "first": first, "cases": 10, "cluster": unit})
        return frame.assign(outcome=rng.normal(size=14)[unit] + (period >= first) + rng.normal(size=84))
    names = [each.key for each in (*DESIGNS[kind].covariates, *DESIGNS[kind].negative_controls)]
    frame = pd.DataFrame(rng.normal(size=(600, len(names))), columns=names)
    frame["score"] = rng.uniform(-50, 50, 600)
    clusters = np.arange(600) // 20
    given = {
        "discontinuity": frame["score"] < 0,
        "random": pd.Series(clusters % 2 == 0),
        "observational": pd.Series(rng.random(600) < 0.5),
    }
    return frame.assign(
        treated=given[kind].astype(float),
        cluster=clusters,
        outcome=lambda rows: 2.0 * rows["treated"] + rng.normal(size=600),
    )


def outside(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.assign(score=rows["score"].abs() + 1)


def with_value(column: str, value: float) -> Change:
    return lambda rows: rows.assign(**{column: rows[column].astype(float).where(rows.index != 5, value)})


def off(rows: pd.DataFrame) -> pd.DataFrame:
    """A district stops in its last period."""
    return rows.assign(first=rows["first"].where((rows["unit"] != 13) | (rows["period"] < 5)))


def one_arm(value: float) -> Change:
    return lambda rows: rows[rows["treated"] == value]


def same(**columns: float) -> Change:
    return lambda rows: rows.assign(**columns)


def lone_treated(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.assign(treated=(rows["cluster"] == 3).astype(float))


#: Input → kind → reason and what is done to the rows; each kind has every input that it can meet.
CASES: dict[str, dict[str, tuple[str, Change]]] = {
    "no rows": {kind: ("all_missing", lambda rows: rows.iloc[:0]) for kind in DESIGNS},
    "all missing": {kind: ("all_missing", same(outcome=np.nan)) for kind in DESIGNS},
    "constant outcome": {kind: ("constant_outcome", same(outcome=50.0)) for kind in DESIGNS},
    "an infinite value": {kind: ("infinite_values", with_value("outcome", np.inf)) for kind in DESIGNS},
    "an infinite covariate": {
        "random": ("infinite_values", with_value("income", -np.inf)),
        "observational": ("infinite_values", with_value("income", np.inf)),
        "discontinuity": ("infinite_values", with_value("score", np.inf)),
    },
    "no controls": {
        "discontinuity": ("cutoff_outside", lambda rows: rows[rows["score"] < 0]),
        "staged": ("no_controls", lambda rows: rows[rows["first"].notna()]),
        "random": ("no_controls", one_arm(1.0)),
        "observational": ("no_controls", one_arm(1.0)),
    },
    "all treated from the first": {
        "staged": ("no_pre_period", same(first=0.0)),
        "random": ("no_controls", same(treated=1.0)),
        "observational": ("no_controls", same(treated=1.0)),
    },
    "none treated": {
        "staged": ("no_treated", same(first=np.nan)),
        "random": ("no_treated", same(treated=0.0)),
        "observational": ("no_treated", same(treated=0.0)),
    },
    "one unit": {
        "discontinuity": ("cutoff_outside", lambda rows: rows.iloc[:1]),
        "staged": ("no_controls", lambda rows: rows[rows["unit"] == 13]),
        "random": ("few_rows", lambda rows: rows.iloc[:1]),
        "observational": ("few_rows", lambda rows: rows[rows["treated"] == 1].iloc[:1]),
    },
    "one cluster": {
        "random": ("one_cluster", same(cluster=1)),
        "observational": ("one_cluster", same(cluster=1)),
        "discontinuity": ("one_cluster", same(cluster=1)),
    },
    "few clusters": {"observational": ("few_clusters", lambda rows: rows[rows["cluster"] < 9])},
    "one treated cluster": {
        "staged": ("one_treated_cluster", lambda rows: rows[rows["first"].isna() | (rows["unit"] == 13)]),
        "random": ("one_treated_cluster", lone_treated),
    },
    "one untreated cluster": {
        "staged": ("one_control_cluster", lambda rows: rows[rows["first"].notna() | (rows["unit"] == 0)]),
        "random": (
            "one_control_cluster",
            lambda rows: rows.assign(treated=(rows["cluster"] != 3).astype(float)),
        ),
    },
    "cut-off outside the scores": {"discontinuity": ("cutoff_outside", outside)},
    "few on a side": {
        "discontinuity": ("one_side_empty", lambda rows: rows.sort_values("score").tail(310)),
    },
    "heavy ties": {
        "discontinuity": ("few_scores", lambda rows: rows.assign(score=(rows["score"] / 20).round() * 20)),
    },
    "separation": {
        "observational": (
            "separation",
            lambda rows: rows.assign(treated=(rows["income"] > 0).astype(float)),
        ),
    },
    "duplicate rows": {"staged": ("repeated_rows", lambda rows: pd.concat([rows, rows.iloc[[20]]]))},
    "treatment switching off": {"staged": ("changing_start", off)},
    "negative weights": {"staged": ("negative_weights", with_value("cases", -3))},
    "one period": {"staged": ("no_pre_period", lambda rows: rows[rows["period"] == 4].assign(first=4.0))},
    "two periods, started in the first": {
        "staged": ("no_pre_period", lambda rows: rows[rows["period"].isin([4, 5]) & ~(rows["first"] > 4)]),
    },
    "two periods without noise": {
        "staged": (
            "no_residual",
            lambda rows: rows[rows["period"].isin([1, 2])].assign(
                first=lambda kept: kept["first"].where(kept["first"] == 2),
                outcome=lambda kept: kept["unit"] + kept["period"].astype(float),
            ),
        ),
    },
}
TABLE = [(kind, name, *case) for name, kinds in CASES.items() for kind, case in kinds.items()]


def studied(kind: str, frame: pd.DataFrame, caught: list[Any]) -> tuple[Study, dict[str, Any]]:
    """A study of these rows, all of whose parts were asked for; warnings are kept in `caught`."""
    own = Study(year(2562), DESIGNS[kind])
    own.__dict__["rows"] = Rows(frame.reset_index(drop=True), {}, "2020-09-30")
    with warnings.catch_warnings(record=True) as met:
        warnings.simplefilter("always")
        effect = own.estimate() if isinstance(own.analysis.result, NotEstimable) else None
        parts = {"gates": own.gates, "picture": own.picture, "chart": own.chart, "cost": own.cost}
        made = {name: part() for name, part in parts.items()} if effect is not None else {}
        if effect is not None:
            made |= {"estimate": effect, "claim": own.claim(effect), "doubts": own.doubts()}
    caught += [each for each in met if not issubclass(each.category, DeprecationWarning)]
    return own, made


@pytest.mark.parametrize("kind", DESIGNS)
def test_study_sound_rows_are_estimated(kind: str):
    """Without this the table below could pass on rows from which nothing can ever be estimated."""
    assert isinstance(studied(kind, rows_of(kind), [])[0].analysis.result, Estimate)


@pytest.mark.parametrize(("kind", "name", "reason", "change"), TABLE)
def test_study_degenerate_rows_say_why(
    kind: str, name: str, reason: str, change: Change, capfd: pytest.CaptureFixture[str]
):
    caught: list[Any] = []
    own, made = studied(kind, change(rows_of(kind)), caught)
    result = own.analysis.result
    assert isinstance(result, NotEstimable), name
    assert result.reason == reason
    assert caught == []
    assert capfd.readouterr() == ("", "")
    assert own.grade is None
    assert not any(isinstance(part, Table) for part in made.values())
    said = made["estimate"]
    assert isinstance(said, Statement)
    assert said.key == f"not_estimable.{reason}"
    assert all(said.key in catalogue(language) for language in ("th", "en"))
    assert made["claim"].key == "claim.not_estimable"
