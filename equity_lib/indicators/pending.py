"""Hand-offs that are not completed: who still waits for which agency."""

import pandas as pd

from equity_lib.errors import Fault, WrongParameters
from equity_lib.indicators.cases import cases
from equity_lib.indicators.cohorts import child_years, enrolment
from equity_lib.indicators.handoffs import grade_handoffs
from equity_lib.programme.places import collate
from equity_lib.registry.year import Year

#: Outcomes of a case that leave it open.
OPEN = ("following", "lost")


def pending(year: Year, agency: str) -> dict[str, pd.DataFrame]:
    """Children whose hand-off to an agency is not completed, by the table that takes the answer.

    A case is open if its last word is no outcome, `following` or `lost`; its agency is the one it was
    referred to. A child in the last grade of a stage last year is open if no list of this year has it in
    the next stage; its agency is the school it was last in. They are listed for the office alone: no
    page ever shows them.

    Parameters
    ----------
    agency
        As the register spells it: an agency, a school's code, or `none` for cases without an agency.

    Returns
    -------
    dict
        `out_of_school`: `child_id` (pseudonym), `birth_date`, `found_date`, `referral`. `enrolment`:
        `child_id`, `birth_date`, `academic_year`, `term`.

    Raises
    ------
    WrongParameters
        No register, or no open hand-off to that agency; the agencies that have some are named.
    """
    if year.register is None:
        fault = Fault("", 0, "AREA", "no register", "an area with one", "Run `equity import` first.")
        raise WrongParameters("There is nothing to follow up.", [fault])
    open_cases, open_pupils = _cases(year), _pupils(year)
    own = {
        "out_of_school": open_cases[open_cases["agency"] == agency],
        "enrolment": open_pupils[open_pupils["agency"] == agency],
    }
    if all(rows.empty for rows in own.values()):
        counts = open_cases["agency"].value_counts()
        known = [f"{name} ({counts[name]:,})" for name in collate(counts.index)]
        schools = open_pupils["agency"].nunique()
        known += (
            [f"or the code of one of {schools:,} schools ({len(open_pupils):,} pupils)"] if schools else []
        )
        fault = Fault("", 0, "--to", "an agency without open hand-offs", ", ".join(known) or "none is open")
        raise WrongParameters("There is nothing to follow up.", [fault])
    born = year.register.table("child", ["child_id", "birth_date"]).drop_duplicates("child_id", keep="last")
    made = {}
    for table, rows in own.items():
        known_rows = rows.drop(columns="agency").merge(born, on="child_id", how="left")
        made[table] = known_rows.sort_values(list(rows.columns[:2]), ignore_index=True)
    return made


def _cases(year: Year) -> pd.DataFrame:
    """Open cases with the agency they were referred to."""
    found = cases(year)
    if found is None:
        return pd.DataFrame(columns=["child_id", "found_date", "referral", "agency"])
    waiting = found[found["outcome"].isna() | found["outcome"].isin(OPEN)]
    return waiting[["child_id", "found_date", "referral"]].assign(agency=waiting["referral"].fillna("none"))


def _pupils(year: Year) -> pd.DataFrame:
    """Pupils due in the next stage this year whom no list has there, with the school they were last in."""
    columns = ["child_id", "academic_year", "term", "agency"]
    this = year.parameters.program_year
    if year.register is None or "enrolment" not in year.register.tables():
        return pd.DataFrame(columns=columns)
    years = child_years(enrolment(year.register, this))
    sent = grade_handoffs(years, this - 1)
    waiting = sent[sent["days"].isna()][["child"]].drop_duplicates()
    last = years.loc[years["year"] == this - 1, ["child", "child_id", "school"]]
    found = waiting.merge(last, on="child").dropna(subset="school")
    return found.assign(academic_year=this, term=1, agency=found["school"].astype(str))[columns]
