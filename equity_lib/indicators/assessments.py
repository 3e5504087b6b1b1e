"""Assessments of a year: the last word on a child, by instrument and domain, and what they are called."""

import re
from itertools import pairwise

import pandas as pd

from equity_lib.registry.register import Register
from equity_lib.registry.year import Year
from equity_lib.results import Name

RESULTS = ("passed", "suspected", "delayed")
#: Domains that the catalogue names; any other one keeps the office's own word.
KNOWN_DOMAINS = ("GM", "FM", "RL", "EL", "PS", "language", "number", "self")


def latest(register: Register, program_year: int, column: str) -> pd.DataFrame:
    """The last assessment of a child in each domain and instrument that has a `column`."""
    rows = register.table(
        "assessment",
        ["child_id", "instrument", "domain", "date", "score", "result"],
        {"program_year": program_year},
    )
    rows = rows[rows[column].notna()].assign(domain=rows["domain"].fillna(""))
    rows = rows.sort_values(["date", column], kind="stable")
    return rows.drop_duplicates(["child_id", "instrument", "domain"], keep="last", ignore_index=True)


def all_passed(rows: pd.DataFrame) -> pd.Series:
    """By child: whether every domain with a result was passed."""
    return rows["result"].eq("passed").groupby(rows["child_id"], sort=False).all()


def own_scores(rows: pd.DataFrame) -> pd.Series:
    """By child: the mean of its domains' scores."""
    return rows["score"].astype(float).groupby(rows["child_id"], sort=False).mean()


def changes(register: Register, levels: list[int]) -> dict[str, list[int]]:
    """Years after which another set of instruments was used, by kind: `result` or `score`."""
    found: dict[str, list[int]] = {}
    rows = register.table(
        "assessment",
        ["child_id", "instrument", "domain", "date", "score", "result", "program_year"],
        {"program_year": levels},
    )
    for kind in ("result", "score"):
        told = rows[rows[kind].notna()].groupby("program_year")["instrument"].unique()
        used = {each: frozenset(told.get(each, ())) for each in levels}
        pairs = pairwise(each for each in levels if used[each])
        found[kind] = [before for before, after in pairs if used[before] != used[after]]
    return found


def common(labels: pd.Series, year: Year) -> pd.Series:
    """Labels that enough rows have; what an office wrote of a few children is no heading of a table."""
    size = labels.map(labels.value_counts())
    return labels.where((size >= year.parameters.disclosure.threshold) | labels.isin(KNOWN_DOMAINS), "")


def named(labels: pd.Series) -> tuple[dict[str, str], dict[str, Name]]:
    """Label → level, and names of the levels that the catalogue doesn't know: the office's own words."""
    keys: dict[str, str] = {}
    found = list(labels.unique())
    known = [each for each in KNOWN_DOMAINS if each in found]
    for at, label in enumerate([*known, *sorted(set(found) - set(known))]):
        plain = re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", label)
        keys[label] = label if plain else f"domain_{at}" if label else "other"
    names = {
        level: Name(label, label) for label, level in keys.items() if label and label not in KNOWN_DOMAINS
    }
    return keys, names
