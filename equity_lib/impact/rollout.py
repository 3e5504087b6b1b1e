"""A staged roll-out's rows: cases by place and period, and when each place started."""

import datetime as dt
from typing import TYPE_CHECKING, Any, cast

import pandas as pd

from equity_lib.programme.designs import Design, Staged
from equity_lib.programme.places import district_by_name

if TYPE_CHECKING:
    from equity_lib.registry.register import Register


def cases_by_place(
    register: "Register", design: Design, years: list[int], first: dt.date, end: dt.date
) -> tuple[pd.DataFrame, dict[str, int]]:
    """Cases with place, period and outcome, of periods whose outcome could be seen to its end.

    Parameters
    ----------
    years
        Programme years whose files are read; the last word on a case that is reported again holds.
    first, end
        First day of the first period, and last day that the files cover: a period counts if its last
        day had all of `within_days` before `end`.
    """
    outcome, rule = design.outcome, cast(Staged, design.assignment)
    found_on = cast(str, outcome.since)
    columns = ["child_id", found_on, outcome.column, *([outcome.until] if outcome.until else [])]
    rows = register.table(outcome.table, [*columns, "program_year"], {"program_year": years})
    rows = rows.sort_values("program_year", kind="stable")
    rows = rows.drop_duplicates(["child_id", found_on], keep="last")
    flow = {"found": len(rows)}
    homes = register.table("child", ["child_id", "district", "program_year"], {"program_year": years})
    homes = homes.dropna().sort_values("program_year", kind="stable").drop_duplicates("child_id")
    since = pd.to_datetime(rows[found_on])
    made = pd.DataFrame({"place": rows["child_id"].map(homes.set_index("child_id")["district"])})
    made["period"] = _period(since, first, rule.period_months)
    good = rows[outcome.column].isin(outcome.counts_as)
    if outcome.until and outcome.within_days is not None:
        good &= (pd.to_datetime(rows[outcome.until]) - since).dt.days <= outcome.within_days
    made["outcome"] = 100.0 * good
    made = made[made["place"].notna() & (made["period"] >= 0)]
    flow["placed"] = len(made)
    seen = _last_seen(first, end, rule.period_months, outcome.within_days or 0)
    made = made[made["period"] <= seen].astype({"period": int})
    flow["followed"] = len(made)
    return made, flow


def starts(
    register: "Register", rule: Staged, years: list[int], province: str, first: dt.date
) -> "pd.Series[Any]":
    """Place code → period in which it started; places that never did are absent."""
    rows = register.table(rule.table, [rule.table, "role", rule.date], {"program_year": years})
    rows = rows[(rows["role"] == rule.role) & rows[rule.date].notna()]
    told = rows[rule.table].fillna("").tolist()
    names = pd.Series([name.partition(rule.place_after)[2].strip() for name in told], rows.index, dtype=str)
    codes = {name: _code(name, province) for name in sorted(set(names) - {""})}
    made = pd.DataFrame(
        {"place": names.map(codes), "period": _period(rows[rule.date], first, rule.period_months)}
    )
    found: pd.Series[Any] = made.dropna().groupby("place")["period"].min()
    return found


def _code(name: str, province: str) -> str | None:
    try:
        return district_by_name(name, province).code
    except ValueError:
        return None


def _period(days: "pd.Series[Any]", first: dt.date, months: int) -> "pd.Series[Any]":
    """Index of the period of so many months, counted from that of `first`."""
    days = pd.to_datetime(days)
    passed = (days.dt.year - first.year) * 12 + days.dt.month - first.month
    return passed // months


def _last_seen(first: dt.date, end: dt.date, months: int, days: int) -> int:
    """The last period whose last day lies `days` before `end` or earlier."""
    period = -1
    while True:
        after = pd.Timestamp(first) + pd.DateOffset(months=months * (period + 2))
        if after - pd.Timedelta(days=1) + pd.Timedelta(days=days) > pd.Timestamp(end):
            return period
        period += 1
