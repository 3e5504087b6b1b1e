"""What a reconciliation must raise: rules R01–R17, declared, each with its severity and evidence.

A rule looks at the parameters and answers with the cells it rests on, or with None where it doesn't
apply. Words are in the catalogues under `finding.R01` and so on. No parameter switches a rule off.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from equity_lib.registry.year import Year
from equity_lib.results import Name, Statement

Severity = Literal["error", "warning", "note"]
#: Ages of basic education in Thailand that a stream may be compared with (R05), both included.
BASIC_EDUCATION_AGES = (3, 18)


@dataclass(frozen=True)
class Evidence:
    """The cells and names that a finding's sentence needs."""

    refs: Mapping[str, str]
    names: Mapping[str, Name]


@dataclass(frozen=True)
class Rule:
    """One thing that a report may never hide."""

    key: str
    severity: Severity
    applies: Callable[[Year], Evidence | None]


def _when(condition: bool, refs: Mapping[str, str] | None = None, **names: Name) -> Evidence | None:
    return Evidence(refs or {}, names) if condition else None


def _streams_differ(year: Year) -> Evidence | None:
    given = year.parameters
    if not given.streams or given.stated_total is None:
        return None
    parts = [s.amount if s.amount is not None else (s.rate or 0) * (s.cases or 0) for s in given.streams]
    refs = {"gap": "money.residual", "itemised": "money.itemised", "total": "money.stated_total"}
    return _when(sum(parts) != given.stated_total.amount, refs)


def _rate_times_cases(year: Year) -> Evidence | None:
    for stream in year.parameters.streams or []:
        known = stream.amount is not None and stream.rate is not None and stream.cases is not None
        if known and stream.amount != (stream.rate or 0) * (stream.cases or 0):
            refs = {"amount": f"money.{stream.key}", "product": f"money.{stream.key}.rate_times_cases"}
            return _when(True, refs, stream=stream.name)
    return None


def _two_shares(year: Year) -> Evidence | None:
    given = year.parameters
    refs = {
        "itemised": "money.itemised.share_of_grant",
        "stated": "money.stated_total.share_of_grant",
        "gap": "money.use_not_stated",
    }
    known = given.grant.amount is not None and given.use_of_grant.spent is None
    return _when(known and _streams_differ(year) is not None, refs)


def _unknown_funding(year: Year) -> Evidence | None:
    for stream in year.parameters.streams or []:
        if stream.paid_from_grant is None and stream.goal is None:
            return _when(True, {"amount": f"money.{stream.key}"}, stream=stream.name)
    return None


def _cases_or_persons(year: Year) -> Evidence | None:
    streams = year.parameters.streams or []
    refs = {"cases": "assistance.total", "fewest": "persons.fewest", "most": "persons.most"}
    return _when(any(stream.counted is None for stream in streams), refs)


def _ages(year: Year) -> Evidence | None:
    streams = year.parameters.streams or []
    low, high = BASIC_EDUCATION_AGES
    outside = [s for s in streams if s.ages and (s.ages.from_ < low or s.ages.to > high)]
    open_ended = [s for s in streams if s.ages is None]
    if not outside or not open_ended:
        return None
    return _when(True, {}, stream=outside[0].name, other=open_ended[0].name)


def _impossible_year(year: Year) -> Evidence | None:
    given = year.parameters
    for stream in given.streams or []:
        if stream.not_before and stream.not_before > given.program_year:
            return _when(True, {"amount": f"money.{stream.key}"}, stream=stream.name)
    return None


def _year_from_position(year: Year) -> Evidence | None:
    return _when(year.parameters.results_year == "read_from_position")


def _yearless(year: Year) -> Evidence | None:
    for source in year.parameters.sources.values():
        if source.date_as_written and source.year_from:
            written = source.date_as_written
            return _when(True, {}, written=Name(written, written), reading=source.year_from)
    return None


def _received(year: Year) -> Evidence | None:
    given = year.parameters
    unspent = given.use_of_grant.spent is None and given.stated_total is None
    return _when(given.grant.amount is not None and unspent, {"grant": "money.grant"})


def _secretariat_changed(year: Year) -> Evidence | None:
    before = year.previous
    if before is None or before.secretariat.name == year.parameters.secretariat.name:
        return None
    return _when(True, {}, before=before.secretariat.name, after=year.parameters.secretariat.name)


def _loose(year: Year) -> Evidence | None:
    partners, people = year.parameters.partners, year.parameters.participants
    refs = {"agencies": "partners.agencies", "people": "partners.participants"}
    return _when(bool(partners and partners.loose and people), refs)


def _gift(year: Year) -> Evidence | None:
    gifts = [g for g in year.parameters.contributions if g.kind == "in_kind" and g.amount is None]
    return _when(True, {}, gift=gifts[0].name) if gifts else None


def _revolving(year: Year) -> Evidence | None:
    funds = [g for g in year.parameters.contributions if g.kind == "revolving_fund" and g.amount]
    return _when(True, {"amount": f"contributions.{funds[0].key}"}, gift=funds[0].name) if funds else None


def _spellings(year: Year) -> Evidence | None:
    given = year.parameters
    named = [item for item in (given.project, given.secretariat) if len(item.written_as) > 1]
    if not named:
        return None
    listed = " · ".join(named[-1].written_as)
    return _when(True, {}, name=named[-1].name, spellings=Name(listed, listed))


def _outputs_only(year: Year) -> Evidence | None:
    return _when(year.parameters.outcomes is None, {})


def _payments(year: Year) -> Evidence | None:
    return _when(any(stream.payments_per_case is None for stream in year.parameters.streams or []))


def _two_outcomes(year: Year) -> Evidence | None:
    goals = [goal for goal in year.parameters.goals if len(goal.outcomes) > 1]
    return _when(True, {}, goal=goals[0].text) if goals else None


def _no_breakdown(year: Year) -> Evidence | None:
    return _when(bool(year.parameters.streams) and year.parameters.breakdowns is None)


RULES = (
    Rule("R01", "error", _streams_differ),
    Rule("R01b", "error", _rate_times_cases),
    Rule("R02", "error", _two_shares),
    Rule("R03", "warning", _unknown_funding),
    Rule("R04", "warning", _cases_or_persons),
    Rule("R05", "note", _ages),
    Rule("R06", "warning", _impossible_year),
    Rule("R06b", "warning", _year_from_position),
    Rule("R07", "note", _yearless),
    Rule("R08", "warning", _received),
    Rule("R09", "warning", _secretariat_changed),
    Rule("R10", "note", _loose),
    Rule("R11", "note", _gift),
    Rule("R12", "note", _revolving),
    Rule("R13", "note", _spellings),
    Rule("R14", "warning", _outputs_only),
    Rule("R15", "warning", _payments),
    Rule("R16", "note", _two_outcomes),
    Rule("R17", "warning", _no_breakdown),
)


def findings(year: Year) -> Statement:
    """Everything that doesn't add up or isn't said, most severe first.

    Parameters
    ----------
    year
        An opened programme year.

    Returns
    -------
    Statement
        A list with one sentence a finding; `error` findings also stand in the fund report's
        headline box.
    """
    found = []
    for rule in RULES:
        evidence = rule.applies(year)
        if evidence is not None:
            found.append(
                Statement(f"finding.{rule.key}", evidence.refs, evidence.names, severity=rule.severity)
            )
    order = {"error": 0, "warning": 1, "note": 2}
    return Statement("findings", items=tuple(sorted(found, key=lambda item: order[item.severity])))
