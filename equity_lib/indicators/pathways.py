"""Pathways (goal C): from being found out of school to a return, a vocational skill, or neither."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from equity_lib.indicators.cases import GONE, as_of, cases, in_hand, years_known
from equity_lib.indicators.clustering import Clusters, residence
from equity_lib.indicators.drawings import drawing
from equity_lib.indicators.returns import came_back, days_named, enrolments, stayed
from equity_lib.indicators.sheet import Sheet
from equity_lib.indicators.views import check_view
from equity_lib.indicators.waiting import waiting
from equity_lib.registry.schema import load
from equity_lib.registry.year import Year
from equity_lib.relations import Relation
from equity_lib.results import Chart, Dimension, Statement, Table

#: Days after which it is looked whether a return has lasted.
LASTING = (90, 180, 365)
#: Where a case ends in the flow, in the order of precedence: what helps a child's goal comes first.
ENDS = (
    "formal", "non_formal", "school_unknown", "skills", "working", "still_out", "untraced", "gone",
    "not_recorded",
)  # fmt: skip
SCHOOLS = ENDS[:3]
_END_OF = {
    "skills": "skills", "working": "working", "following": "still_out", "refused": "still_out",
    "lost": "untraced", **dict.fromkeys(GONE, "gone"),
}  # fmt: skip
#: Enrolment statuses of pupils who aren't on the list any more, by what they are.
LEAVERS = {
    "dropout": ("dropped_out", "absent"),
    "not_dropout": ("transferred", "graduated", "abroad", "deceased", "moved"),
    "unknown": ("unknown",),
}


@dataclass(frozen=True)
class _Story:
    """Cases with what became of them, enrolment, the last day on record, and sub-districts by child."""

    all: pd.DataFrame
    seen: pd.DataFrame
    hand: pd.DataFrame
    as_of: str
    homes: pd.Series


def pathways(year: Year, of: str) -> Table | Statement:
    """One view of the way back to learning.

    Parameters
    ----------
    year
        An opened programme year; nothing of later years is read.
    of
        `flow`: children in hand from found over surveyed and referred to where they are now; it adds
        up before disclosure control. `returns`: returned, vocational skills, both, and either.
        `time`: cumulative incidence of a return, and of either outcome, by day since being found, with
        death, moving away and coming over age as competing events. `sustained`: returns that last.
        `reasons`: why children were out of school. `leavers`: pupils recorded as gone from their
        school, dropout apart from what is none.

    Returns
    -------
    Table or Statement
        `pathways.<of>`. Without a register of cases, what it would take and what it would answer.

    Raises
    ------
    WrongParameters
        If there is no such view.
    """
    check_view(of, VIEWS)
    if of == "leavers":
        return _leavers(year)
    found = cases(year)
    if found is None:
        return _needs(year, of)
    seen = enrolments(year, found["child_id"])
    back = came_back(found, seen)
    homes = pd.Series(dtype="str") if year.register is None else residence(year.register, years_known(year))
    story = _Story(back, seen, in_hand(back, year.parameters.program_year), as_of(found), homes)
    return VIEWS[of](year, story)


def _needs(year: Year, of: str) -> Statement:
    return Statement(f"needs.pathways.{of}", names={"area": year.parameters.area_name})


def ended(hand: pd.DataFrame) -> pd.Series:
    """Where each child in hand is now: one of `ENDS`; a return counts before everything else."""
    end = hand["outcome"].map(_END_OF).astype(object).where(hand["outcome"].notna(), "not_recorded")
    return end.where(hand["returned_on"].isna(), hand["school_kind"])


def flow_counts(hand: pd.DataFrame) -> dict[tuple[str, str], int]:
    """Children by link of the flow: found → (not) surveyed → (not) referred → where they are now.

    Surveyed: a day of follow-up or a reason is on record. Referred: an agency is.
    """
    surveyed = hand["follow_up_date"].notna() | hand["reason"].notna()
    frame = pd.DataFrame(
        {
            "first": np.where(surveyed, "surveyed", "not_surveyed"),
            "second": np.where(hand["referral"].notna(), "referred", "not_referred"),
            "end": ended(hand),
        }
    )
    frame["found"] = "found"
    made: dict[tuple[str, str], int] = {}
    for start, stop in (("found", "first"), ("first", "second"), ("second", "end")):
        sizes = frame.groupby([start, stop]).size().reset_index(name="children")
        made |= {(str(a), str(b)): int(n) for a, b, n in sizes.itertuples(index=False, name=None)}
    return made


def _flow(year: Year, story: _Story) -> Table:
    links = flow_counts(story.hand)
    stages: dict[str, tuple[str, ...]] = {
        "found": ("surveyed", "not_surveyed"),
        "surveyed": ("referred", "not_referred"),
        "not_surveyed": ("referred", "not_referred"),
        "referred": ENDS,
        "not_referred": ENDS,
    }
    after = ("surveyed", "not_surveyed", "referred", "not_referred", *ENDS)
    dims = (Dimension("from", tuple(stages)), Dimension("to", (*after, "total"), total="total"))
    sheet = Sheet("pathways.flow", dims, "children")
    for start, stops in stages.items():
        out = tuple(sheet.cell("children", start, stop) for stop in stops)
        for stop in stops:
            sheet.count("children", links.get((start, stop), 0), start, stop)
        whole = sheet.cell("children", start, "total")
        sheet.put(
            "children", "person", sum(sheet.values[each] for each in out), start, "total",
            relation=Relation("sum", whole, out),
        )  # fmt: skip
    # What flows in flows out: each stage's total is the sum of what comes to it.
    for start, sources in (
        ("surveyed", ("found",)),
        ("not_surveyed", ("found",)),
        ("referred", ("surveyed", "not_surveyed")),
        ("not_referred", ("surveyed", "not_surveyed")),
    ):
        first, *rest = (sheet.cell("children", source, start) for source in sources)
        terms = (sheet.cell("children", start, "total"), *rest)
        sheet.relations.append(Relation("sum", first, terms, (1, *(-1 for _ in rest))))
    for start, stops in stages.items():
        for stop in stops if sheet.values[sheet.cell("children", start, "total")] else ():
            terms = (sheet.cell("children", start, stop), sheet.cell("children", start, "total"))
            relation = Relation("ratio", sheet.cell("share_of_stage", start, stop), terms, scale=100)
            sheet.follow("share_of_stage", "percent", relation, start, stop, method="full_count")
    refs = {
        "found": sheet.cell("children", "found", "total"),
        "referred": sheet.cell("children", "referred", "total"),
    }
    chart = _chart(sheet, "flow", "flow", refs, x="children")
    return sheet.table(year, population="children_in_hand", as_of=story.as_of, charts=[chart])


def _returns(year: Year, story: _Story) -> Table:
    hand = story.hand
    back, skills = hand["returned_on"].notna(), hand["skills_on"].notna()
    counts = {"in_hand": len(hand), "returned": int(back.sum())}
    counts |= {kind: int((hand["school_kind"] == kind).sum()) for kind in SCHOOLS}
    counts |= {"skills": int(skills.sum()), "both": int((back & skills).sum())}
    counts |= {"either": int((back | skills).sum())}
    sheet = Sheet("pathways.returns", (Dimension("pathway", tuple(counts)),), "children")
    cell = {level: sheet.cell("children", level) for level in counts}
    identities = {
        "returned": Relation("sum", cell["returned"], tuple(cell[kind] for kind in SCHOOLS)),
        "either": Relation(
            "sum", cell["either"], (cell["returned"], cell["skills"], cell["both"]), (1, 1, -1)
        ),
    }
    for level, count in counts.items():
        sheet.count("children", count, level, relation=identities.get(level))
    missing = float(hand["outcome"].isna().sum() + (hand["outcome"] == "lost").sum())
    had = {"returned": back, "skills": skills, "both": back & skills, "either": back | skills}
    had |= {kind: hand["school_kind"] == kind for kind in SCHOOLS}
    clusters = Clusters(hand["child_id"].map(story.homes))
    for level in [level for level in counts if level != "in_hand"]:
        relation = Relation(
            "ratio", sheet.cell("share_of_hand", level), (cell[level], cell["in_hand"]), scale=100
        )
        deff = clusters.share(had[level])
        sheet.follow("share_of_hand", "percent", relation, level, method="wilson", missing=missing, deff=deff)
    refs = {
        "either": sheet.cell("share_of_hand", "either"),
        "returned": sheet.cell("share_of_hand", "returned"),
    }
    shown = [level for level in counts if level != "in_hand"]
    chart = _chart(sheet, "shares", "forest", refs, x="share_of_hand", y="pathway", levels=",".join(shown))
    return sheet.table(year, population="children_in_hand", as_of=story.as_of, charts=[chart])


def _sustained(year: Year, story: _Story) -> Table:
    """Returns on record, of all programme years so far."""
    back = story.all[story.all["returned_on"].notna()]
    states = stayed(back, story.seen, LASTING, np.datetime64(story.as_of))
    sheet = Sheet(
        "pathways.sustained",
        (Dimension("day", tuple(map(str, LASTING)), days_named(LASTING)),),
        "share_lasting",
    )
    clusters = Clusters(back["child_id"].map(story.homes))
    for n in LASTING:
        level, counts = str(n), states[n].value_counts()
        still, left, gap = (int(counts.get(state, 0)) for state in ("enrolled", "left", "not_found"))
        sheet.count("returns_made", len(back), level, unit="case")
        sheet.count("long_enough", still + left + gap, level, unit="case")
        sheet.count("still_enrolled", still, level, unit="case")
        sheet.count("no_record", gap, level, unit="case")
        sheet.count("still_at_most", still + gap, level, unit="case")
        due = states[n].isin(["enrolled", "left", "not_found"])
        for share, part, lasting in (
            ("share_lasting", "still_enrolled", ["enrolled"]),
            ("share_at_most", "still_at_most", ["enrolled", "not_found"]),
        ):
            deff = clusters.share(states[n].isin(lasting), due)
            sheet.share(share, part, "long_enough", level, missing=float(gap), deff=deff)
    refs = {"share": sheet.cell("share_lasting", "180")}
    chart = _chart(
        sheet, "shares", "forest", refs, x="share_lasting", y="day", levels=",".join(map(str, LASTING))
    )
    return sheet.table(year, population="returns_on_record", as_of=story.as_of, charts=[chart])


def _reasons(year: Year, story: _Story) -> Table:
    """Why children in hand were out of school, as the survey recorded it; one reason a case."""
    known = story.hand["reason"].dropna()
    clusters = Clusters(story.hand.loc[known.index, "child_id"].map(story.homes))
    names = load().tables["out_of_school"].columns["reason"].values
    counts = known.value_counts()
    levels = (*sorted(names, key=lambda code: -int(counts.get(code, 0))), "total")
    sheet = Sheet("pathways.reasons", (Dimension("reason", levels, names, total="total"),), "children")
    for code in levels[:-1]:
        sheet.count("children", int(counts.get(code, 0)), code)
    parts = tuple(sheet.cell("children", code) for code in levels[:-1])
    total = sheet.cell("children", "total")
    sheet.count("children", len(known), "total", relation=Relation("sum", total, parts))
    missing = float(len(story.hand) - len(known))
    for code in levels[:-1]:
        relation = Relation(
            "ratio", sheet.cell("share_of_known", code), (sheet.cell("children", code), total), scale=100
        )
        deff = clusters.share(known == code)
        sheet.follow("share_of_known", "percent", relation, code, method="wilson", missing=missing, deff=deff)
    refs = {"share": sheet.cell("share_of_known", levels[0])}
    chart = _chart(
        sheet, "shares", "bars", refs, x="share_of_known", y="reason", levels=",".join(levels[:-1])
    )
    chart = replace(chart, title=replace(chart.title, names={"reason": names[levels[0]]}))
    made = sheet.table(year, population="children_in_hand", as_of=story.as_of, charts=[chart])
    return replace(made, sensitive=("reason",))


def _leavers(year: Year) -> Table | Statement:
    """Pupils of the year whose last record says that they are gone: dropout, none, or not traced."""
    register = year.register
    columns = ["child_id", "academic_year", "term", "enrol_status"]
    rows = register.table("enrolment", columns) if register else pd.DataFrame(columns=columns)
    if rows.empty:
        return _needs(year, "leavers")
    rows = rows.sort_values(["academic_year", "term"], kind="stable")
    counts = rows.drop_duplicates("child_id", keep="last")["enrol_status"].value_counts()
    levels = [each for group, own in LEAVERS.items() for each in (group, *own) if group not in own]
    levels = [*levels, "unknown", "total"]
    sheet = Sheet("pathways.leavers", (Dimension("leaver", tuple(levels), total="total"),), "children")
    for group, own in LEAVERS.items():
        for status in own:
            sheet.count("children", int(counts.get(status, 0)), status)
        if group not in own:
            parts = tuple(sheet.cell("children", status) for status in own)
            relation = Relation("sum", sheet.cell("children", group), parts)
            sheet.count("children", sum(sheet.values[each] for each in parts), group, relation=relation)
    parts = tuple(sheet.cell("children", group) for group in LEAVERS)
    whole = Relation("sum", sheet.cell("children", "total"), parts)
    sheet.count("children", sum(sheet.values[each] for each in parts), "total", relation=whole)
    refs = {"dropout": sheet.cell("children", "dropout"), "other": sheet.cell("children", "not_dropout")}
    shown = [level for level in levels if level not in ("dropout", "not_dropout", "total")]
    chart = _chart(sheet, "counts", "bars", refs, x="children", y="leaver", levels=",".join(shown))
    given = year.parameters.period.end
    day = given.isoformat() if given else "not_stated"
    return sheet.table(year, population="pupils_gone", as_of=day, charts=[chart])


def _chart(sheet: Sheet, name: str, kind: str, refs: Mapping[str, str], **shown: str) -> Chart:
    return drawing(sheet.id, name, kind, refs, **shown)


VIEWS: dict[str, Callable[[Year, _Story], Table | Statement]] = {
    "flow": _flow,
    "returns": _returns,
    "time": lambda year, story: waiting(year, story.all, story.homes, story.as_of),
    "sustained": _sustained,
    "reasons": _reasons,
    "leavers": lambda year, _: _leavers(year),
}
