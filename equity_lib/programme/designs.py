"""Designs declared before the outcomes were looked at: `params/<area>/designs.yaml`, typed and pinned."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from equity_lib.errors import Fault, WrongParameters
from equity_lib.programme.fields import Baht, Count, Day, Number, Pin, Slug, Stated, Text, TwoNames
from equity_lib.programme.reading import Document, read_yaml
from equity_lib.programme.typed import shown, typed

#: Estimands that a way of assignment can identify; one that it can't is refused when the file is read.
ESTIMANDS = {
    "discontinuity": ("at_cutoff",),
    "staged": ("att",),
    "random": ("itt",),
    "observational": ("ate", "att"),
}


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Treatment(_Part):
    """What the question is about, and whose it is: a cut-off of the nation's is no programme's effect."""

    name: TwoNames
    whose: TwoNames


class Outcome(_Part):
    """What is measured, by which instrument and when.

    `column` of `table`, as a share of `over` if that is given; a code counts as 100 if it is one of
    `counts_as`, within `within_days` of `since` if that is given, and as 0 otherwise.
    """

    name: TwoNames
    table: Literal["enrolment", "assessment", "out_of_school"]
    column: Slug
    over: Slug | None = None
    counts_as: list[Slug] = Field(default_factory=list)
    since: Slug | None = None
    until: Slug | None = None
    within_days: Count | None = None
    term: Count | None = None
    instrument: Stated[Text]
    domain: Text | None = None
    years_after: Literal[0, 1] = 0
    unit: Literal["point", "score"]
    learning: bool


class Population(_Part):
    """Whom the estimate is about; ages in whole years on 16 May, when the school year begins."""

    name: TwoNames
    ages: Stated["Ages"]


class Ages(_Part):
    """Both included."""

    from_: Count = Field(alias="from")
    to: Count


class Discontinuity(_Part):
    """Given below the year's cut-off of a score and not above it; the cut-off stands in the year's file."""

    kind: Literal["discontinuity"]
    table: Literal["screening"]
    running: Literal["pmt_score"]
    given_as: Slug
    given_in: Slug


class Staged(_Part):
    """Districts start one after the other: rows of `table` with this role, by the date they start on."""

    kind: Literal["staged"]
    table: Literal["agency"]
    role: Slug
    date: Literal["mou_date"]
    place_after: Text
    period_months: Literal[6, 12]
    control: Literal["never", "not_yet"]


class Random(_Part):
    """Drawn by lot: who was offered, in a column of a table, and the share that the draw intended."""

    kind: Literal["random"]
    table: Slug
    column: Slug
    offered: Slug
    intended_share: Number


class Observational(_Part):
    """Nobody assigned it: children of a stream against children without."""

    kind: Literal["observational"]
    stream: Slug


Assignment = Annotated[Discontinuity | Staged | Random | Observational, Field(discriminator="kind")]


class Covariate(_Part):
    """What was known before the treatment: a column of a table, in the term that is named."""

    key: Slug
    name: TwoNames
    table: Literal["child", "screening", "enrolment", "assessment"]
    column: Slug
    over: Slug | None = None
    counts_as: list[Slug] = Field(default_factory=list)
    term: Count | None = None
    instrument: Text | None = None


class Cost(_Part):
    """Baht a unit treated, with the standard error of that if it is a mean of a sample."""

    baht: Baht
    se: Baht
    source: TwoNames


class Design(_Part):
    """One question with the way it will be answered."""

    key: Slug
    role: Literal["primary", "secondary"]
    question: TwoNames
    treatment: Treatment
    estimand: Literal["at_cutoff", "att", "itt", "ate"]
    outcome: Outcome
    population: Population
    assignment: Assignment
    comparison: TwoNames
    covariates: list[Covariate]
    negative_controls: list[Covariate] = Field(default_factory=list)
    clusters: Literal["none", "district", "school"]
    minimum_effect: Number
    sensitivity: list[
        Literal[
            "bandwidth", "donut", "placebo_cutoffs", "placebo_outcomes", "honest_bounds",
            "two_way_fixed_effects", "e_value", "attrition_bounds",
        ]
    ]  # fmt: skip
    cost: Stated[Cost]
    declared: Day


class Deviation(_Part):
    """A change after the declaration: which pin it departs from, when, in which designs, and why."""

    from_sha256: Pin
    date: Day
    designs: list[Slug]
    reason: TwoNames


class Declared(_Part):
    """The whole file."""

    schema_version: Literal[1]
    designs: list[Design]
    deviations: list[Deviation]


@dataclass(frozen=True)
class Designs:
    """Declared designs of an area with the hash of their file, which each year pins."""

    designs: tuple[Design, ...] = ()
    deviations: tuple[Deviation, ...] = ()
    sha256: str = "none"

    def departures(self, pinned: str) -> tuple[Deviation, ...]:
        """Deviations since the pin of a year; none if the file is the one that was pinned."""
        if pinned == self.sha256:
            return ()
        pins = [deviation.from_sha256 for deviation in self.deviations]
        return self.deviations[pins.index(pinned) :] if pinned in pins else self.deviations


def load_designs(root: Path, area: str) -> Designs:
    """The declared designs of an area; none if it has no such file.

    Raises
    ------
    WrongParameters
        With every fault of the file: its line, its key, what was found and what is allowed.
    """
    path, name = root / "params" / area / "designs.yaml", f"params/{area}/designs.yaml"
    if not path.is_file():
        return Designs()
    document = read_yaml(path, name)
    declared, faults = typed(document, Declared)
    if declared is not None:
        faults += _crossed(document, declared)
    if faults or declared is None:
        raise WrongParameters(f"{name} can't be used; {len(faults)} to mend:", faults)
    pin = hashlib.sha256(path.read_bytes()).hexdigest()
    return Designs(tuple(declared.designs), tuple(declared.deviations), pin)


def deviates(path: Path, pinned: str) -> bool:
    """Whether the file says of itself that, and why, it departs from what was pinned."""
    if not path.is_file():
        return False
    declared, _ = typed(read_yaml(path, path.name), Declared)
    return declared is not None and pinned in {each.from_sha256 for each in declared.deviations}


def _crossed(document: Document, declared: Declared) -> list[Fault]:
    """What only shows when several keys are read together."""
    faults = []

    def fault(key: tuple[str | int, ...], found: object, allowed: str) -> None:
        dotted = ".".join(map(str, key))
        faults.append(Fault(document.name, document.line(key), dotted, shown(found), allowed))

    keys = [design.key for design in declared.designs]
    for i, design in enumerate(declared.designs):
        at = ("designs", i)
        if design.key in keys[:i]:
            fault((*at, "key"), design.key, "each key once")
        if design.estimand not in ESTIMANDS[design.assignment.kind]:
            allowed = " or ".join(ESTIMANDS[design.assignment.kind])
            fault((*at, "estimand"), design.estimand, f"{allowed}, which is what this assignment identifies")
        if design.minimum_effect <= 0:
            fault((*at, "minimum_effect"), design.minimum_effect, "more than 0, in the outcome's unit")
        if design.outcome.unit == "point" and not (design.outcome.over or design.outcome.counts_as):
            fault((*at, "outcome", "unit"), "point", "`over` or `counts_as` beside it, or the unit score")
        if design.outcome.within_days is not None and None in (design.outcome.since, design.outcome.until):
            fault(
                (*at, "outcome", "within_days"), design.outcome.within_days, "`since` and `until` beside it"
            )
        if design.assignment.kind == "staged" and (design.outcome.table, bool(design.outcome.since)) != (
            "out_of_school",
            True,
        ):
            fault((*at, "outcome"), design.outcome.table, "cases of `out_of_school` with `since`")
        for name in _twice([each.key for each in (*design.covariates, *design.negative_controls)]):
            fault((*at, "covariates"), name, "each key once")
    for i, deviation in enumerate(declared.deviations):
        for name in sorted(set(deviation.designs) - set(keys)):
            fault(("deviations", i, "designs"), name, f"keys of designs: {', '.join(keys)}")
    return faults


def _twice(keys: Sequence[str]) -> list[str]:
    return sorted({key for key in keys if keys.count(key) > 1})
