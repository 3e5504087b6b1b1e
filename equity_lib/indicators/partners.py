"""Partners and contributions: who signed, who refers to whom, and gifts that are never programme money."""

from typing import Any

import pandas as pd

from equity_lib.indicators.sheet import Sheet
from equity_lib.indicators.views import check_view
from equity_lib.programme.places import collate
from equity_lib.registry.names import TITLES
from equity_lib.registry.year import Year
from equity_lib.results import Chart, Dimension, Name, Statement, Table, cells

#: Names of what hands children on are printed only if they stand for a body: one that so many cases name.
FEWEST_CASES = 20
_ROLES = ("signatory", "funder", "implementer", "referral", "other")


def partners(year: Year, of: str = "network") -> Table | Statement:
    """One view of the partner network.

    Parameters
    ----------
    year
        An opened programme year.
    of
        `network`: agencies and participants as stated. `affiliations`: the register's agencies by
        affiliation and role. `referrals`: who hands out-of-school cases on to whom. `contributions`:
        gifts and funds of third parties, in no total of the programme.

    Returns
    -------
    Table or Statement
        `partners`, `partners.affiliations`, `partners.referrals` or `contributions`; a Statement where
        a register is needed and there is none.

    Raises
    ------
    WrongParameters
        If there is no such view.
    """
    check_view(of, VIEWS)
    return VIEWS[of](year)


def _affiliations(year: Year) -> Table | Statement:
    """Agencies of the register by affiliation and role: a count of bodies, not of people."""
    rows = None if year.register is None else year.register.table("agency")
    if rows is None or rows.empty:
        return Statement("needs.partners.affiliations", names={"area": year.parameters.area_name})
    rows = rows.assign(
        affiliation=rows["affiliation"].fillna("not_stated"), role=rows["role"].fillna("not_stated")
    ).drop_duplicates(["agency", "role"])
    stated = [name for name in collate(rows["affiliation"].unique()) if name != "not_stated"]
    levels = {name: f"a{at}" for at, name in enumerate(stated, 1)} | {"not_stated": "not_stated"}
    roles = [role for role in (*_ROLES, "not_stated") if (rows["role"] == role).any()]
    names = {levels[name]: Name(name, name) for name in stated}
    levels = {name: level for name, level in levels.items() if (rows["affiliation"] == name).any()}
    dims = (Dimension("affiliation", tuple(levels.values()), names), Dimension("role", tuple(roles)))
    sheet = Sheet("partners.affiliations", dims, "agencies")
    counts = rows.groupby(["affiliation", "role"]).size()
    for name, level in levels.items():
        for role in roles:
            sheet.put("agencies", "agency", int(counts.get((name, role), 0)), level, role)
    return sheet.table(year, population="network", sensitivity="public")


def _referrals(year: Year) -> Table | Statement:
    """Who found the year's out-of-school cases, and whom they were handed on to."""
    columns = ["child_id", "found_date", "found_by", "referral"]
    rows = None if year.register is None else year.register.table("out_of_school", columns)
    if rows is None or rows.empty:
        return Statement("needs.partners.referrals", names={"area": year.parameters.area_name})
    rows = rows.drop_duplicates(["child_id", "found_date"], keep="last")
    found, names_from = _bodies(rows["found_by"], "f")
    referred, names_to = _bodies(rows["referral"], "t")
    pairs = pd.DataFrame({"from": found, "to": referred}).value_counts()
    dims = tuple(
        Dimension(key, tuple(names), {level: Name(name, name) for level, name in names.items() if name})
        for key, names in (("from", names_from), ("to", names_to))
    )
    sheet = Sheet("partners.referrals", dims, "cases")
    for source in names_from:
        for target in names_to:
            sheet.count("cases", int(pairs.get((source, target), 0)), source, target, unit="case")
    chart = Chart(
        id="partners.referrals.network",
        kind="network",
        table_id="partners.referrals",
        encodings={"x": "cases"},
        title=Statement("chart.partners.referrals.network"),
    )
    return sheet.table(year, population="cases_found", charts=(chart,))


def _bodies(named: pd.Series, letter: str) -> tuple[pd.Series, dict[str, str]]:
    """Level of each case, and name by level; what few cases name, or what may name a person, is `other`."""
    counts = named.value_counts()
    person = counts.index.to_series().str.startswith(tuple(TITLES)).to_numpy()
    kept = collate(counts.index[(counts >= FEWEST_CASES) & ~person])
    level = {name: f"{letter}{at}" for at, name in enumerate(kept, 1)}
    found = named.map(level).where(named.notna(), "not_stated").fillna("other")
    rest = [each for each in ("other", "not_stated") if (found == each).any()]
    return found, {at: name for name, at in level.items()} | dict.fromkeys(rest, "")


def _network(year: Year) -> Table:
    """Agencies of the memorandum and people at the year's event, as loosely as they were counted.

    Parameters
    ----------
    year
        An opened programme year.

    Returns
    -------
    Table
        `partners`: `agencies` and `participants` (a lower bound: `low` is set, `high` isn't).
    """
    given = year.parameters
    agencies, people = given.partners, given.participants
    rows: list[dict[str, Any]] = [
        {
            "who": "agencies",
            "measure": "count",
            "unit": "agency",
            "value": agencies.agencies if agencies else None,
            "fact": given.fact_ref(agencies.fact) if agencies else "",
        },
        {
            "who": "participants",
            "measure": "count",
            "unit": "person",
            "value": people.at_least if people else None,
            "method": "at_least" if people else "",
            "fact": given.fact_ref(people.fact) if people else "",
        },
    ]
    fact = (agencies and agencies.fact) or (people and people.fact) or None
    return Table(
        id="partners",
        dims=(Dimension("who", ("agencies", "participants")),),
        cells=cells("partners", ["who"], rows),
        population="network",
        as_of=given.as_of(fact),
        source=given.source,
    )


def _contributions(year: Year) -> Table:
    """Gifts and funds of third parties; no programme total ever includes them.

    Parameters
    ----------
    year
        An opened programme year.

    Returns
    -------
    Table
        `contributions`, by contribution: stated value in baht and number of items. With none on
        record, one level `none_recorded` whose value is not stated.
    """
    given = year.parameters
    rows: list[dict[str, Any]] = []
    for gift in given.contributions:
        fact = given.fact_ref(gift.fact)
        for measure, unit, value in (("baht", "baht", gift.amount), ("items", "item", gift.items)):
            rows.append(
                {
                    "gift": gift.key,
                    "measure": measure,
                    "unit": unit,
                    "value": value,
                    "method": gift.kind,
                    "fact": fact if value is not None else "",
                }
            )
    if not rows:
        rows = [{"gift": "none_recorded", "measure": "baht", "unit": "baht", "value": None}]
    levels = tuple(dict.fromkeys(row["gift"] for row in rows))
    return Table(
        id="contributions",
        dims=(Dimension("gift", levels, {gift.key: gift.name for gift in given.contributions}),),
        cells=cells("contributions", ["gift"], rows),
        population="contributions",
        as_of=given.as_of(given.contributions[0].fact) if given.contributions else "not_stated",
        source=given.source,
    )


VIEWS = {
    "network": _network,
    "affiliations": _affiliations,
    "referrals": _referrals,
    "contributions": _contributions,
}
