"""Hand-offs that are not completed: who still waits for which agency."""

import pandas as pd

from equity_lib.errors import Fault, WrongParameters
from equity_lib.indicators.cases import cases
from equity_lib.programme.places import collate
from equity_lib.registry.year import Year

#: Outcomes of a case that leave it open.
OPEN = ("following", "lost")


def pending(year: Year, agency: str) -> dict[str, pd.DataFrame]:
    """Children whose hand-off to an agency is not completed, by the table that takes the answer.

    A case is open if its last word is no outcome, `following` or `lost`; its agency is the one it was
    referred to. They are listed for the office alone: no page ever shows them.

    Parameters
    ----------
    agency
        As the register spells it; `none` for cases that no agency was named for.

    Returns
    -------
    dict
        `out_of_school`: `child_id` (pseudonym), `birth_date`, `found_date`, `referral`.

    Raises
    ------
    WrongParameters
        No register of cases, or no open case of that agency; the agencies that have some are named.
    """
    found = cases(year)
    if found is None or year.register is None:
        fault = Fault(
            "", 0, "AREA", "no register of out-of-school cases", "one", "Run `equity import` first."
        )
        raise WrongParameters("There is nothing to follow up.", [fault])
    waiting = found[found["outcome"].isna() | found["outcome"].isin(OPEN)]
    named = waiting["referral"].fillna("none")
    own = waiting[named == agency]
    if own.empty:
        known = [f"{name} ({(named == name).sum():,})" for name in collate(named.unique())]
        fault = Fault("", 0, "--to", "an agency without open hand-offs", ", ".join(known) or "none is open")
        raise WrongParameters("There is nothing to follow up.", [fault])
    born = year.register.table("child", ["child_id", "birth_date"]).drop_duplicates("child_id", keep="last")
    rows = own[["child_id", "found_date", "referral"]].merge(born, on="child_id", how="left")
    return {"out_of_school": rows.sort_values(["child_id", "found_date"], ignore_index=True)}
