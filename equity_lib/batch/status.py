"""What is stale, and why: executed notebooks, pages of a year, index pages."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from equity_lib.batch.fingerprints import Inputs, fingerprint_of
from equity_lib.batch.options import LANGUAGES
from equity_lib.batch.outputs import Outputs
from equity_lib.batch.plan import AreaYear, Plan, Run
from equity_lib.batch.publishing import altered_pages, altered_site
from equity_lib.registry.asked import Asked


@dataclass(frozen=True)
class RunState:
    """A run, what its executed notebook must carry, and why it has to run again (empty: it has not).

    `wanted` is false for what `--notebook` leaves out.
    """

    run: Run
    fingerprint: str
    reasons: tuple[str, ...]
    wanted: bool = True


@dataclass(frozen=True)
class YearState:
    """An area-year: its runs, what its pages must be made from, and why they have to be made again."""

    area: str
    program_year: int
    runs: tuple[RunState, ...]
    page_inputs: Mapping[str, Any]
    reasons: tuple[str, ...]

    @property
    def name(self) -> str:
        """Such as `khon-kaen/2562`."""
        return f"{self.area}/{self.program_year}"

    @property
    def pair(self) -> AreaYear:
        """Area and programme year."""
        return (self.area, self.program_year)

    @property
    def stale(self) -> tuple[RunState, ...]:
        """The runs that have to run again."""
        return tuple(state for state in self.runs if state.reasons)


@dataclass(frozen=True)
class Survey:
    """The state of everything a command is about."""

    years: tuple[YearState, ...]
    site_reasons: tuple[str, ...]

    def lines(self) -> list[str]:
        """One line for each thing that is stale, with its reasons."""
        said = []
        for year in self.years:
            said += [
                f"{state.run.key}: {'; '.join(state.reasons)}{'' if state.wanted else ' (not asked for)'}"
                for state in year.stale
            ]
            said += [f"{year.name} pages: {'; '.join(year.reasons)}"] if year.reasons else []
        return said + ([f"index pages: {'; '.join(self.site_reasons)}"] if self.site_reasons else [])

    @property
    def count(self) -> str:
        """How much is under watch, such as `6 reports of 2 area-years`."""
        reports, years = sum(len(year.runs) for year in self.years), len(self.years)
        return f"{reports} report{'s' * (reports != 1)} of {years} area-year{'s' * (years != 1)}"


def survey(
    plan: Plan, inputs: Inputs, outputs: Outputs, languages: Sequence[str] = LANGUAGES, force: bool = False
) -> Survey:
    """Compare everything in the plan with what stands in the outputs folder.

    Parameters
    ----------
    force
        Call every run that the command may execute stale.
    """
    years = []
    for area, program_year in plan.selected:
        states = tuple(_run_state(run, plan, inputs, outputs, force) for run in plan.runs(area, program_year))
        page_inputs = {
            "runs": {state.run.name: state.fingerprint for state in states},
            "failed": [],
            "languages": sorted(languages),
            "library": inputs.library,
            "lock": inputs.lock,
            "years of the area": plan.siblings(area),
        }
        reasons = _page_reasons(area, program_year, page_inputs, outputs)
        years.append(YearState(area, program_year, states, page_inputs, reasons))
    return Survey(tuple(years), altered_site(plan, outputs, languages, inputs.library))


def _run_state(run: Run, plan: Plan, inputs: Inputs, outputs: Outputs, force: bool) -> RunState:
    record = outputs.read(run.area, str(run.program_year), f"{run.name}.json")
    asked = _asked(record)
    components = inputs.components(run, asked or ())
    found = fingerprint_of(components)
    reasons = _differences(record.get("components"), components)
    if not reasons and asked is None:
        reasons = ["record of the run makes no sense"]
    if not reasons and record.get("sha256") != outputs.hashes.of(
        outputs.executed(run.area, run.program_year, run.name)
    ):
        reasons = ["executed notebook missing or altered"]
    if not reasons and force and plan.wanted(run):
        reasons = ["forced"]
    return RunState(run, found, tuple(reasons), plan.wanted(run))


def _asked(record: Mapping[str, Any]) -> list[Asked] | None:
    """What a run asked of the register; None if the record doesn't say so as it was written."""
    told = record.get("asked")
    try:
        asked = [Asked.from_json(each) for each in told] if isinstance(told, list) else None
    except (KeyError, TypeError, ValueError):
        return None
    written = json.dumps([each.as_json() for each in asked], sort_keys=True) if asked is not None else ""
    return asked if written == json.dumps(told, sort_keys=True) else None


def _differences(before: Any, now: Mapping[str, Any]) -> list[str]:
    """Which components of a fingerprint changed, in words."""
    if not isinstance(before, dict) or not isinstance(before.get("reads"), dict):
        return ["never run"]
    said = [
        f"{name.replace('_', ' ')} changed"
        for name in ("notebook", "params", "library", "lock", "ledger_head", "platform")
        if before.get(name) != now[name]
    ]
    reads = before["reads"]
    names = {*reads, *now["reads"]}
    for what in ("parameters", "register"):
        own = sorted(name for name in names if name.startswith("register") is (what == "register"))
        changed = [
            name for name in own if name in reads and reads[name] != now["reads"].get(name, reads[name])
        ]
        added, gone = [n for n in own if n not in reads], [n for n in own if n not in now["reads"]]
        for verb, found in (("changed", changed), ("added", added), ("gone", gone)):
            said += [f"{what} {verb}: {', '.join(found)}"] if found else []
    return said


def _page_reasons(area: str, program_year: int, now: Mapping[str, Any], outputs: Outputs) -> tuple[str, ...]:
    record = outputs.read(area, str(program_year), "published.json")
    before = record.get("inputs")
    if not isinstance(before, dict) or not isinstance(before.get("runs"), dict):
        return ("never published",)
    failed = before.get("failed")
    if not isinstance(failed, list) or not all(isinstance(name, str) for name in failed):
        return ("never published",)
    reasons = [
        f"{name} changed"
        for name in ("languages", "library", "lock", "years of the area")
        if before.get(name) != now[name]
    ]
    reasons += [f"withheld: {', '.join(failed)}"] if failed else []
    runs = before["runs"]
    other = sorted(
        name for name in {*runs, *now["runs"]} - set(failed) if runs.get(name) != now["runs"].get(name)
    )
    reasons += [f"reports changed: {', '.join(other)}"] if other else []
    return tuple(reasons + altered_pages(area, program_year, str(record.get("manifest")), outputs))
