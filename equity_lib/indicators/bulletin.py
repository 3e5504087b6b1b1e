"""The parts of a fund report: main points, headings, goals, citations. No number of its own."""

import math
from collections.abc import Mapping

from equity_lib.errors import Fault, WrongParameters
from equity_lib.indicators.progress import progress
from equity_lib.indicators.reconciliation import reconciliation
from equity_lib.indicators.views import check_view
from equity_lib.registry.year import Year
from equity_lib.results import Statement, Table

#: A bulletin has at most six main points (ONS).
MOST_POINTS = 6
#: Key figures of published numbers, the most important first.
MONEY = ("money.stated_total", "money.residual", "money.grant", "assistance.total", "money.spent")


def cite(year: Year, *ids: str) -> Statement:
    """Refer to results of this area-year's other notebooks; filled in at export.

    Parameters
    ----------
    year
        An opened programme year.
    ids
        Cell ids (shown as key figures), or ids of tables, charts or statements (shown as they are). Where
        the notebook that makes one of them said what it needs instead, that is shown, once a page: of
        several ids, only if none of them is published.

    Returns
    -------
    Statement
        A reference: the fund report holds no number of its own, so one statistic has one value.

    Raises
    ------
    WrongParameters
        If no id is given. An id that no notebook publishes, nor says what it needs, is refused at export.

    Examples
    --------
    >>> cite(open_year("khon-kaen", 2562), "money.stated_total").refs
    {'0': 'money.stated_total'}
    """
    if not ids:
        where = f"{year.parameters.area}/{year.parameters.program_year}"
        raise WrongParameters("Nothing is cited.", [Fault("", 0, "ids", "nothing", f"ids of {where}", "")])
    return Statement("cite", refs={str(i): each for i, each in enumerate(ids)})


def bulletin(year: Year, of: str) -> Statement:
    """A part of the fund report that is written, not cited.

    Parameters
    ----------
    year
        An opened programme year.
    of
        `main_points`: at most six findings. `key_figures`: three to five numbers set large. `goals`: the
        official goals, quoted. `narrative`: the office's own words. `evidence`: the claims of the
        declared designs.

    Raises
    ------
    WrongParameters
        If there is no such part.
    """
    check_view(of, PARTS)
    return PARTS[of](year)


def heading(year: Year, topic: str) -> Statement:
    """A section's heading that says the finding of this year, or that there is none to say.

    Parameters
    ----------
    year
        An opened programme year.
    topic
        One of `money`, `use`, `reach`, `persons`, `cost`, `partners`, `series`, `register`; from the
        register `coverage`, `equity`, `readiness`, `staying`, `returns`, `targets`.

    Raises
    ------
    WrongParameters
        If there is no such topic.
    """
    if topic not in _HEADINGS:
        fault = Fault("", 0, "topic", repr(topic), ", ".join(_HEADINGS))
        raise WrongParameters("There is no heading on that topic.", [fault])
    return _HEADINGS[topic](year)


def _money(year: Year) -> Statement:
    table = reconciliation(year)
    residual, total = table.value("money.residual"), table.value("money.stated_total")
    if math.isnan(residual):
        key = "heading.money_open" if math.isnan(total) else "heading.money_total"
        return Statement(key, _refs(total="money.stated_total"))
    key = "residual" if residual > 0 else "agrees" if residual == 0 else "exceeds"
    return Statement(
        f"heading.money_{key}",
        _refs(residual="money.residual", total="money.stated_total", itemised="money.itemised"),
    )


def _use(year: Year) -> Statement:
    left = reconciliation(year).value("money.use_not_stated")
    return Statement(
        "heading.use_stated" if left == 0 else "heading.use_not_stated", _refs(gap="money.use_not_stated")
    )


def _reach(year: Year) -> Statement:
    known = _counted(year)
    return Statement(
        "heading.reach" if known else "heading.reach_not_stated",
        _refs(cases="assistance.total") if known else {},
    )


def _persons(year: Year) -> Statement:
    refs = _refs(fewest="persons.fewest", most="persons.most")
    return Statement("heading.persons", refs) if _counted(year) else Statement("heading.persons_not_stated")


def _cost(year: Year) -> Statement:
    refs = _refs(itemised="cost.per_case.itemised")
    return Statement("heading.cost", refs) if _counted(year) else Statement("heading.cost_not_stated")


def _partners(year: Year) -> Statement:
    if year.parameters.partners is None:
        return Statement("heading.partners_not_stated")
    return Statement("heading.partners", _refs(agencies="partners.agencies"))


def _series(year: Year) -> Statement:
    before, given = year.previous, year.parameters
    if before is None or not before.grant.amount or given.grant.amount is None:
        return Statement("heading.series_first")
    return Statement("heading.series", _refs(times=f"grant.{given.program_year}.times_before"))


def _register(year: Year) -> Statement:
    if year.register is None:
        return Statement("heading.register_missing")
    return Statement("heading.register", _refs(kept="register.flow.kept", read="register.flow.read"))


def _found(topic: str, refs: Mapping[str, str], otherwise: str = "") -> Statement:
    """A heading from the register; at export, what to say if a number in it is missing or withheld."""
    return Statement(f"heading.{topic}", refs, items=(Statement(otherwise or f"heading.{topic}_open"),))


def _coverage(_: Year) -> Statement:
    total = "coverage.district.total"
    return _found("coverage", _refs(reached=total, eligible=f"{total}.eligible"))


def _equity(_: Year) -> Statement:
    shares = {group: f"equity.parity.band.coverage_{group}" for group in ("disadvantaged", "advantaged")}
    return _found("equity", shares)


def _readiness(year: Year) -> Statement:
    own = f"readiness.series.{year.parameters.program_year}"
    return _found("readiness", _refs(screened=own, passed=f"{own}.passed_all"))


def _staying(_: Year) -> Statement:
    total = "retention.transition.total"
    return _found("staying", _refs(stayed=f"{total}.stayed", known=f"{total}.fate_known"))


def _returns(_: Year) -> Statement:
    return _found("returns", _refs(hand="pathways.returns.in_hand", returned="pathways.returns.returned"))


def _targets(year: Year) -> Statement:
    """The agreed number of returns if there is one, since that is what a fund asks for; else the first."""
    agreed = progress(year, of="agreed")
    if not isinstance(agreed, Table):
        return Statement("silent")
    listed = list(agreed.cells[["indicator", "stream"]].itertuples(index=False, name=None))
    outcomes = [each for each in listed if each[0] != "supported_children"]
    indicator, stream = (outcomes or listed)[0]
    cells = {name: f"progress.{name}.{indicator}.{stream}" for name in ("agreed", "actual")}
    return _found(f"targets_{indicator}", cells, "silent")


def _counted(year: Year) -> bool:
    streams = year.parameters.streams or []
    return bool(streams) and all(stream.cases is not None for stream in streams)


def _refs(**refs: str) -> dict[str, str]:
    return refs


_HEADINGS = {
    "money": _money,
    "use": _use,
    "reach": _reach,
    "persons": _persons,
    "cost": _cost,
    "partners": _partners,
    "series": _series,
    "register": _register,
    "coverage": _coverage,
    "equity": _equity,
    "readiness": _readiness,
    "staying": _staying,
    "returns": _returns,
    "targets": _targets,
}


def main_points(year: Year) -> Statement:
    """At most six findings, each with its number, in the order a fund officer asks for them."""
    given, points = year.parameters, []
    children = _of_children(year)
    total, streams = given.stated_total is not None, bool(given.streams)
    granted, before = given.grant.amount is not None, year.previous
    if granted and not total:
        growth = {"grant": "money.grant"}
        if before and before.grant.amount:
            growth |= {
                "times": f"grant.{given.program_year}.times_before",
                "before": f"grant.{before.program_year}",
            }
        points.append(
            Statement("main.grant_growth" if before and before.grant.amount else "main.grant", growth)
        )
    if total and granted:
        refs = {
            "total": "money.stated_total",
            "share": "money.stated_total.share_of_grant",
            "grant": "money.grant",
        }
        points.append(Statement("main.assistance", refs))
    # The box above the main points says what doesn't add up; with a register there is more to say here.
    points += children
    if total and streams and not children:
        points += _itemisation(year)
    if granted and given.use_of_grant.spent is None:
        key = "main.use_not_stated" if total else "main.use_unknown"
        points.append(Statement(key, {"gap": "money.use_not_stated"}))
    if _counted(year):
        refs = {"cases": "assistance.total", "fewest": "persons.fewest", "most": "persons.most"}
        points.append(Statement("main.persons", refs))
    if given.partners and given.participants:
        refs = {"agencies": "partners.agencies", "people": "partners.participants"}
        points.append(Statement("main.partners", refs))
    if before and before.secretariat.name != given.secretariat.name:
        names = {"before": before.secretariat.name, "after": given.secretariat.name}
        points.append(Statement("main.secretariat", names=names))
    if given.outcomes is None:
        points.append(Statement("main.no_impact"))
    return Statement("main_points", items=tuple(points[:MOST_POINTS]))


def _of_children(year: Year) -> list[Statement]:
    """Coverage and one point a goal, each share with its interval; at export, those that are known."""
    if year.register is None:
        return []
    shares = key_cells(year)
    points = [Statement(f"main.{topic}", {"share": cell}) for topic, cell in shares.items()]
    return [*points, Statement("main.described")]


def key_cells(year: Year) -> dict[str, str]:
    """The share that stands for coverage and for each goal: topic → cell."""
    return {
        "coverage": "coverage.district.total.coverage",
        "readiness": f"readiness.series.{year.parameters.program_year}.share_passed_all",
        "staying": "retention.transition.total.share_stayed",
        "returns": "pathways.time.returned.365",
    }


def key_figures(year: Year) -> Statement:
    """Three to five numbers: the money and what the register says of each goal, else the money in parts."""
    if year.register is None:
        return cite(year, *MONEY)
    return cite(year, MONEY[0], *key_cells(year).values())


def _itemisation(year: Year) -> list[Statement]:
    residual = reconciliation(year).value("money.residual")
    if residual > 0:
        refs = {"residual": "money.residual", "share": "money.residual.share_of_stated"}
        return [Statement("main.residual", refs)]
    refs = {"itemised": "money.itemised", "total": "money.stated_total"}
    return [Statement("main.excess", refs)] if residual < 0 else []


def goals(year: Year) -> Statement:
    """The official goals, quoted with the fact that states each; a quotation is no claim."""
    given = year.parameters
    return Statement(
        "goals",
        items=tuple(
            Statement("goal", {"fact": given.fact_ref(goal.fact)} if goal.fact else {}, {"text": goal.text})
            for goal in given.goals
        ),
    )


def narrative(year: Year) -> Statement:
    """The office's own words on problems and next steps, or that it has not written any."""
    words = year.parameters.narrative
    items = tuple(
        Statement(f"narrative.{part}", names={"text": text})
        if text
        else Statement(f"narrative.{part}_not_stated")
        for part, text in (("problems", words.problems), ("next_steps", words.next_steps))
    )
    return Statement("narrative", items=items)


def evidence(year: Year) -> Statement:
    """The claim of every declared design, cited; without designs, what declaring one takes."""
    designs = year.designs.designs
    if not designs:
        return Statement("needs.designs", names={"area": year.parameters.area_name})
    return Statement("cite", refs={str(at): f"claim.{each.key}" for at, each in enumerate(designs)})


PARTS = {
    "main_points": main_points,
    "key_figures": key_figures,
    "goals": goals,
    "narrative": narrative,
    "evidence": evidence,
}
