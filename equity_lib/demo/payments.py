"""Who is paid: as many cases as the office claims, drawn in the way each stream draws them."""

import numpy as np
import pandas as pd

from equity_lib.demo.children import age_at, school_day
from equity_lib.demo.persons import CANARIES
from equity_lib.demo.readiness import in_class
from equity_lib.demo.scenario import Scenario

_CODE = {"early_childhood": "EC", "out_of_school": "OS", "covid_aid": "CV"}
#: Reversals a year: a payment made twice and taken back, which adds two rows and no baht.
REVERSED = 2


def pay(
    scenario: Scenario,
    children: pd.DataFrame,
    enrolment: pd.DataFrame,
    screening: pd.DataFrame,
    cases: pd.DataFrame,
) -> pd.DataFrame:
    """All payments of all years, one row each."""
    made = []
    for year in scenario.program_years:
        rng = scenario.rng("payments", year)
        small = in_class(children, enrolment, year, range(2, 7))
        small = small[age_at(children["born"].iloc[small], np.datetime64(f"{year - 542}-03-01")) <= 6]
        # Confounded by design: better centres apply more often, and readiness comes from the centre.
        eager = 0.9 * children["quality"].to_numpy()[small] + rng.gumbel(size=len(small))
        made.append(_rows(scenario, "early_childhood", year, _first(small, eager, scenario, year), rng))
        own = cases[cases["year"] == year]
        age = age_at(children["born"].iloc[own["child"]], school_day(year + 1))
        own = own[
            (age >= 3) & (age <= 20) & (own["found_date"] < np.datetime64(f"{year - 542}-07-15")).to_numpy()
        ]
        picked = own.sample(scenario.cases("out_of_school", year), random_state=rng)
        rows = _rows(scenario, "out_of_school", year, picked["child"].to_numpy(), rng)
        waited = pd.to_timedelta(rng.integers(20, 70, len(rows)), "D")
        rows["date"] = (picked["found_date"] + waited).to_numpy()
        made.append(rows)
        pupils = screening[screening["year"] == year]
        poor = -pupils["pmt_score"].to_numpy() + rng.normal(0, 25, len(pupils))
        chosen = _first(pupils["child"].to_numpy(), poor, scenario, year, "covid_aid")
        made.append(_rows(scenario, "covid_aid", year, chosen, rng))
    return pd.concat(made, ignore_index=True)


def _first(
    at: np.ndarray, key: np.ndarray, scenario: Scenario, year: int, stream: str = "early_childhood"
) -> np.ndarray:
    """As many as there are cases, highest key first; canaries before all, so that there is what to leak."""
    key = np.where(at < len(CANARIES), np.inf, key)
    return np.asarray(np.sort(at[np.argsort(-key, kind="stable")[: scenario.cases(stream, year)]]))


def _rows(
    scenario: Scenario, stream: str, year: int, at: np.ndarray, rng: np.random.Generator
) -> pd.DataFrame:
    rows = pd.DataFrame({"child": at, "year": year, "stream": stream})
    code = f"{_CODE[stream]}{year % 100}"
    rows["payment_id"] = [f"{code}-{i:06d}" for i in range(1, len(at) + 1)]
    rows["amount"] = float(scenario.rate(stream, year))
    # COVID aid is paid in the next calendar year, June to August; support of small children in winter.
    first = f"{year - 542}-06-08" if stream == "covid_aid" else f"{year - 543}-12-02"
    rows["date"] = np.datetime64(first) + rng.integers(0, 80, len(at))
    if stream == "early_childhood":
        rows.loc[:2, "date"] = np.datetime64(f"{year - 542}-03-01") - 1
    payees = {"early_childhood": "guardian", "out_of_school": "child", "covid_aid": "guardian"}
    rows["payee"], rows["status"], rows["reverses"] = payees[stream], "paid", None
    if stream != "early_childhood":
        return rows
    twice = rows.tail(REVERSED).assign(payment_id=[f"{code}-D{i}" for i in range(REVERSED)])
    back = twice.assign(
        payment_id=[f"{code}-R{i}" for i in range(REVERSED)],
        amount=-twice["amount"],
        status="reversal",
        reverses=twice["payment_id"],
    )
    return pd.concat([rows, twice, back], ignore_index=True)
