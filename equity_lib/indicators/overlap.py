"""Overlap of streams: children in one, two or three of them, and how many distinct children that makes."""

from collections.abc import Mapping
from itertools import combinations

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from equity_lib.indicators.quality import MONEY_RULES
from equity_lib.indicators.sheet import Sheet
from equity_lib.indicators.supported import has, stream_names, supported, year_end
from equity_lib.registry.register import Register
from equity_lib.registry.year import Year
from equity_lib.relations import Relation
from equity_lib.results import Dimension, Name, Statement, Table


def overlap(year: Year) -> Table | Statement:
    """Children by the number of streams that paid them, and by pair of streams.

    Returns
    -------
    Table or Statement
        `reach.overlap`: children and their share of all supported. Levels `1`, `2`, … add up to the
        total; a pair counts every child in both, whatever else it is in.
    """
    register = year.register
    if register is None or not has(register, "support_payment"):
        return Statement("needs.reach.overlap", names={"area": year.parameters.area_name})
    names = stream_names(year)
    paid = supported(register)
    child, _ = pd.factorize(paid["child_id"])
    member = pd.DataFrame(False, range(child.max() + 1 if len(child) else 0), list(names))
    for name in names:
        member.loc[child[(paid["stream"] == name).to_numpy()], name] = True
    member = member[member.any(axis=1)]
    times = member.sum(axis=1).value_counts()
    numbers = tuple(str(k) for k in range(1, len(names) + 1))
    pairs = {
        f"{one}+{other}": Name(f"{names[one].th} + {names[other].th}", f"{names[one].en} + {names[other].en}")
        for one, other in combinations(names, 2)
    }
    dim = Dimension("streams", (*numbers, *pairs, "total"), pairs, total="total")
    sheet = Sheet("reach.overlap", (dim,), lead="children")
    for number in numbers:
        sheet.count("children", int(times.get(int(number), 0)), number)
    for pair in pairs:
        one, other = pair.split("+")
        sheet.count("children", int((member[one] & member[other]).sum()), pair)
    parts = tuple(sheet.cell("children", number) for number in numbers)
    sheet.count("children", len(member), "total", relation=Relation("sum", "reach.overlap.total", parts))
    for level in (*numbers, *pairs):
        relation = Relation(
            "ratio",
            sheet.cell("share_of_supported", level),
            (sheet.cell("children", level), sheet.cell("children", "total")),
            scale=100,
        )
        sheet.follow("share_of_supported", "percent", relation, level, method="full_count")
    return sheet.table(year, population="supported_children", as_of=year_end(year))


def distinct(year: Year) -> Table | Statement:
    """Fewest and most distinct children supported.

    Fewest: every pair that may be one child is one. Most: none is, and every paid row in question (Q12
    to Q15) is another child, one for each row that names none.

    Returns
    -------
    Table or Statement
        `reach.children`, by bound `fewest` and `most`: children.
    """
    register = year.register
    if register is None or not has(register, "support_payment"):
        return Statement("needs.reach.children", names={"area": year.parameters.area_name})
    bounds = _bounds(register)
    sheet = Sheet("reach.children", (Dimension("bound", tuple(bounds)),), lead="children")
    for bound, count in bounds.items():
        sheet.count("children", count, bound)
    return sheet.table(year, population="supported_children", as_of=year_end(year))


def _bounds(register: Register) -> Mapping[str, int]:
    known = pd.Index(supported(register)["child_id"].unique())
    pairs = register.candidates()
    both = pairs[pairs["first"].isin(known) & pairs["second"].isin(known)]
    ends = known.get_indexer(both["first"]), known.get_indexer(both["second"])
    links = coo_array((np.ones(len(both)), ends), shape=(len(known), len(known)))
    fewest = int(connected_components(links, directed=False)[0]) if len(known) else 0
    held = register.in_question()
    held = held[held["rule"].isin(MONEY_RULES)]
    named = set(held["child_id"].dropna()) - set(known)
    return {"fewest": fewest, "most": len(known) + len(named) + int(held["child_id"].isna().sum())}
