"""From `params/<area>/<year>.yaml` to a `YearParameters`, or to every fault it has, at once."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from geothai import provinces

from equity_lib.errors import Fault, WrongParameters
from equity_lib.programme.calendars import BUDDHIST_YEARS, COMMON_YEARS, ERA_OFFSET
from equity_lib.programme.designs import deviates
from equity_lib.programme.fields import NOT_STATED
from equity_lib.programme.limits import LIMITS
from equity_lib.programme.parameters import Disclosure, YearParameters
from equity_lib.programme.reading import Document, Key, read_yaml
from equity_lib.programme.typed import shown, typed


def load_year(root: Path, area: str, program_year: int) -> YearParameters:
    """The parameters of one area and programme year.

    Parameters
    ----------
    root
        The folder that holds `params/`.
    area, program_year
        Folder under `params/`, and year of the Buddhist Era.

    Raises
    ------
    WrongParameters
        With every fault of the file: its line, its key, what was found and what is allowed.
    """
    name = f"params/{area}/{program_year}.yaml"
    if program_year not in BUDDHIST_YEARS:
        raise WrongParameters("This programme year can't be opened.", [_not_buddhist(program_year)])
    document = read_yaml(root / name, name)
    year, faults = typed(document, YearParameters)
    if year is not None:
        faults += _crossed(document, year, area, program_year)
        faults += _pins(document, year, root / "params" / area)
    if faults or year is None:
        raise WrongParameters(f"{name} can't be used; {len(faults)} to mend:", faults)
    return year


def known_years(root: Path, area: str) -> list[int]:
    """Programme years that have a file, ascending."""
    return sorted(
        int(path.stem) for path in (root / "params" / area).glob("[0-9]*.yaml") if path.stem.isdigit()
    )


def _not_buddhist(program_year: int) -> Fault:
    hint = ""
    if program_year in COMMON_YEARS:
        hint = f"It looks like C.E.; in B.E. it is {program_year + ERA_OFFSET}."
    return Fault("", 0, "program_year", repr(program_year), "a year of the Buddhist Era, such as 2562", hint)


def _crossed(document: Document, year: YearParameters, area: str, program_year: int) -> list[Fault]:
    """What only shows when several keys are read together."""
    faults = []

    def fault(key: Key, found: object, allowed: str, action: str = "") -> None:
        dotted = ".".join(map(str, key))
        faults.append(Fault(document.name, document.line(key), dotted, shown(found), allowed, action))

    if year.area != area:
        fault(("area",), year.area, f"{area!r}, the name of the folder", "Is this another area's file?")
    if year.program_year != program_year:
        fault(("program_year",), year.program_year, f"{program_year}, the name of the file")
    if year.province not in {found.code for found in provinces()}:
        fault(("province",), year.province, "the two-digit code of a province, such as 40 for Khon Kaen")
    for name, found, allowed, action in _unsafe(year.disclosure):
        fault(("disclosure", name), found, allowed, action)
    for key, date, allowed in _dates_outside(year):
        fault(key, f"{date.year + ERA_OFFSET}-{date:%m-%d}", allowed)
    for key, name in _facts_named(document.data, ()):
        if name not in year.facts:
            fault(key, name, "a key of `facts`", "Add the passage that states it, or write not_stated.")
    for name, fact in year.facts.items():
        if fact.source not in year.sources:
            fault(("facts", name, "source"), fact.source, "a key of `sources`")
    if year.cutoff and year.cutoff.source not in year.sources:
        fault(("cutoff", "source"), year.cutoff.source, "a key of `sources`")
    if year.cutoff and year.cutoff.valid_from > year.cutoff.valid_to:
        fault(("cutoff", "valid_to"), year.cutoff.valid_to, "a day after `cutoff.valid_from`")
    goals = {goal.key for goal in year.goals}
    for i, stream in enumerate(year.streams or []):
        if stream.goal is not None and stream.goal not in goals:
            fault(("streams", i, "goal"), stream.goal, f"one of {', '.join(sorted(goals))}, or {NOT_STATED}")
        if stream.ages and stream.ages.from_ > stream.ages.to:
            fault(("streams", i, "ages"), f"{stream.ages.from_} to {stream.ages.to}", "the lower age first")
    for part in ("goals", "streams", "contributions", "targets"):
        keys = [item.key for item in getattr(year, part) or []]
        for i, key in enumerate(keys):
            if key in keys[:i]:
                fault((part, i, "key"), key, "each key once")
    return faults


def _unsafe(disclosure: Disclosure) -> Iterator[tuple[str, object, str, str]]:
    """Settings that protect too little: below the floor, or below the default without a signed reason."""
    for name, value in disclosure.settings.items():
        limit = LIMITS[name]
        if limit.weaker(value, limit.floor):
            yield name, value, limit.allowed(limit.default), ""
        elif name in disclosure.weakened and disclosure.exception is None:
            action = f"From {limit.floor} on it takes `disclosure.exception`: reason, signed_by, date."
            yield name, value, limit.allowed(limit.default), action
    if disclosure.base > disclosure.threshold:
        yield "base", disclosure.base, f"{disclosure.threshold} or less, as `threshold` is", ""
    if disclosure.exception and not disclosure.weakened:
        yield "exception", "a reason", "a reason only where a setting is weaker", "Delete it."


def _dates_outside(year: YearParameters) -> Iterator[tuple[Key, Any, str]]:
    start, end = year.period.start, year.period.end
    if start and end and start > end:
        yield ("period", "end"), end, "a day after `period.start`"
        return
    for name, date in (("start", start), ("end", end)):
        if date and abs(date.year + ERA_OFFSET - year.program_year) > 1:
            yield ("period", name), date, f"a day within a year of {year.program_year}"
    for i, tranche in enumerate(year.grant.tranches or []):
        date = tranche.date
        if date and ((start and date < start) or (end and date > end)):
            yield ("grant", "tranches", i, "date"), date, "a day of the programme year (see `period`)"


def _facts_named(value: Any, key: Key) -> Iterator[tuple[Key, str]]:
    """Every `fact:` of the file that isn't `not_stated`."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, inner in items:
        if name == "fact" and isinstance(inner, str) and inner != NOT_STATED:
            yield (*key, name), inner
        else:
            yield from _facts_named(inner, (*key, name))


def _pins(document: Document, year: YearParameters, folder: Path) -> list[Fault]:
    """A year names the exact designs and mapping it was made with."""
    faults = []
    for name in ("designs", "mapping"):
        path, pinned, key = folder / f"{name}.yaml", getattr(year, f"{name}_sha256"), f"{name}_sha256"
        actual = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "none"
        if pinned != actual and not (name == "designs" and deviates(path, pinned)):
            action = f"Put back the {name}.yaml that was pinned, or pin this one."
            if name == "designs" and "none" not in (pinned, actual):
                action = "Put back what was pinned, or say under its `deviations:` what was changed and why."
            faults.append(Fault(document.name, document.line((key,)), key, shown(pinned), actual, action))
    return faults
