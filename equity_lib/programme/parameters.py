"""What the parameter file of a programme year holds, typed."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from equity_lib.programme.fields import (
    Baht,
    Count,
    Day,
    Number,
    Pin,
    ProvinceCode,
    Slug,
    Stated,
    Text,
    TwoNames,
    Year,
)
from equity_lib.programme.limits import LIMITS


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Period(_Part):
    """First and last day of the programme year."""

    start: Stated[Day]
    end: Stated[Day]


class Named(_Part):
    """A body or project as named by a fact; `written_as` lists the spellings met in the sources."""

    name: TwoNames
    fact: Stated[Slug]
    written_as: list[Text] = Field(default_factory=list)


class Goal(_Part):
    """An official goal, quoted; `outcomes` are the results that would meet it."""

    key: Slug
    text: TwoNames
    outcomes: list[Slug]
    fact: Stated[Slug]


class Tranche(_Part):
    """One payment of the grant."""

    date: Stated[Day]
    amount: Baht


class Grant(_Part):
    """The year's grant from the fund, in baht."""

    amount: Stated[Baht]
    tranches: Stated[list[Tranche]]
    fact: Stated[Slug]


class UseOfGrant(_Part):
    """What became of the grant, in baht; the programme's own accounts, not the streams."""

    spent: Stated[Baht]
    administration: Stated[Baht]
    returned: Stated[Baht]


class Ages(_Part):
    """Ages a stream is meant for, in whole years, both included."""

    from_: Count = Field(alias="from")
    to: Count


class Stream(_Part):
    """One kind of support: `rate` baht for each of `cases`."""

    key: Slug
    name: TwoNames
    goal: Stated[Slug]
    goal_read_by: Literal["us", "office", "source"]
    rate: Stated[Baht]
    cases: Stated[Count]
    amount: Stated[Baht]
    ages: Stated[Ages]
    counted: Stated[Literal["persons", "payments", "cases"]]
    payments_per_case: Stated[Count]
    paid_from_grant: Stated[bool]
    not_before: Year | None = None
    fact: Stated[Slug]


class StatedTotal(_Part):
    """The total of assistance as stated, in baht."""

    amount: Baht
    fact: Slug


class Target(_Part):
    """A number agreed with the fund."""

    key: Slug
    name: TwoNames
    value: Count
    fact: Stated[Slug]


class Partners(_Part):
    """Agencies of the memorandum; `loose` if the source's number can't be taken literally."""

    agencies: Count
    role: Stated[Literal["signatories", "addressees"]]
    loose: bool
    fact: Slug


class Participants(_Part):
    """People at the year's event: a lower bound."""

    at_least: Count
    fact: Slug


class Contribution(_Part):
    """A gift of a third party: never programme money."""

    key: Slug
    name: TwoNames
    kind: Literal["in_kind", "money", "revolving_fund"]
    items: Stated[Count]
    amount: Stated[Baht]
    fact: Slug


class Narrative(_Part):
    """The office's own words."""

    problems: Stated[TwoNames]
    next_steps: Stated[TwoNames]


class FundReport(_Part):
    """What the fund report shows; the headline box can't be left out."""

    sections: list[Literal["goals", "money", "reach", "partners", "series", "evidence", "office"]]
    digits: Literal["arabic", "thai"]


class Contact(_Part):
    """Whom a reader asks: an office, not a person."""

    office: TwoNames
    channel: Text


class SignedReason(_Part):
    """Why a setting is weaker than its default, who answers for it (a role, not a person), and since when."""

    reason: TwoNames
    signed_by: TwoNames
    date: Day


class Disclosure(_Part):
    """Settings of disclosure control within `limits`; what a year leaves out keeps its default."""

    threshold: Count
    base: Count
    risk_set: Count = LIMITS["risk_set"].default
    degrees_of_freedom: Count = LIMITS["degrees_of_freedom"].default
    top_two_percent: Count = LIMITS["top_two_percent"].default
    p_percent: Count = LIMITS["p_percent"].default
    exact_total: Count = LIMITS["exact_total"].default
    exception: SignedReason | None = None

    @property
    def settings(self) -> dict[str, int]:
        """Setting → value, in the order of `LIMITS`."""
        return {name: getattr(self, name) for name in LIMITS}

    @property
    def weakened(self) -> dict[str, int]:
        """The settings that protect less than their default."""
        return {
            name: value
            for name, value in self.settings.items()
            if LIMITS[name].weaker(value, LIMITS[name].default)
        }


class Cutoff(_Part):
    """Poverty score below which the national transfer is given: it changes by year, and sources disagree."""

    score: Number
    valid_from: Day
    valid_to: Day
    source: Slug


class Source(_Part):
    """Where facts come from; `year_from` if the date is written without its year."""

    title: TwoNames
    as_of: Day
    date_as_written: Text | None = None
    year_from: TwoNames | None = None


class Fact(_Part):
    """A published passage, word for word: a clone holds its own evidence."""

    passage: Text
    source: Slug


class YearParameters(_Part):
    """Everything a report needs to know about one area and programme year (B.E.).

    `None` stands for `not_stated`: the source or the office doesn't say.
    """

    schema_version: Literal[1]
    area: Slug
    area_name: TwoNames
    province: ProvinceCode
    kind: Literal["published", "register", "synthetic"]
    program_year: Year
    ordinal: Count
    period: Period
    release_date: Stated[Day]
    project: Named
    funder: Named
    secretariat: Named
    goals: list[Goal]
    grant: Grant
    use_of_grant: UseOfGrant
    streams: Stated[list[Stream]]
    stated_total: Stated[StatedTotal]
    results_year: Literal["stated", "read_from_position"]
    breakdowns: Stated[list[Slug]]
    outcomes: Stated[list[Slug]]
    targets: Stated[list[Target]]
    partners: Stated[Partners]
    participants: Stated[Participants]
    contributions: list[Contribution]
    narrative: Narrative
    fund_report: FundReport
    contact: Stated[Contact]
    sign_off: Stated[list[TwoNames]]
    disclosure: Disclosure
    cutoff: Stated[Cutoff]
    designs_sha256: Pin
    mapping_sha256: Pin
    sources: dict[str, Source]
    facts: dict[str, Fact]

    @property
    def source(self) -> Literal["published", "synthetic"]:
        """What a table made from these parameters comes from: published facts, unless they are made up."""
        return "synthetic" if self.kind == "synthetic" else "published"

    def fact_ref(self, fact: str | None) -> str:
        """`2562:F16`, the way a cell names the fact that states it; empty if none does."""
        return f"{self.program_year}:{fact}" if fact else ""

    def as_of(self, fact: str | None) -> str:
        """ISO date (C.E.) of the source of `fact`, or `not_stated`."""
        return self.sources[self.facts[fact].source].as_of.isoformat() if fact else "not_stated"
