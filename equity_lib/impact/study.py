"""A study: one declared question with its flow, gates, estimate, picture and claim."""

import zlib
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from equity_lib.errors import Fault, WrongParameters
from equity_lib.impact import exhibits
from equity_lib.impact.analyses import PICTURES, Analysis, analyse
from equity_lib.impact.card import card
from equity_lib.impact.claims import claim, doubts
from equity_lib.impact.cost_effectiveness import cost_per_effect
from equity_lib.impact.estimates import Estimate, NotEstimable
from equity_lib.impact.family import adjusted_p
from equity_lib.impact.grade import Graded, graded
from equity_lib.impact.rows import Rows, rows_of
from equity_lib.programme.designs import Design
from equity_lib.registry.year import Year
from equity_lib.results import Chart, Statement, Table, bundle


def study(year: Year, design: str) -> "Study":
    """Open a declared design in one programme year.

    Parameters
    ----------
    year
        An opened programme year.
    design
        Key of a design in `params/<area>/designs.yaml`.

    Returns
    -------
    Study
        Shown in a notebook as a card. In an area without designs it says what declaring one takes.

    Raises
    ------
    WrongParameters
        If the area declares designs, but none of this key; the message lists them.
    """
    declared = {each.key: each for each in year.designs.designs}
    if declared and design not in declared:
        fault = Fault("", 0, "design", repr(design), ", ".join(declared), "See designs.yaml of the area.")
        raise WrongParameters("There is no such design.", [fault])
    return Study(year, declared.get(design))


@dataclass(frozen=True, eq=False)
class Study:
    """One design in one programme year; computed when first asked, and once."""

    year: Year
    design: Design | None

    @cached_property
    def rows(self) -> Rows | NotEstimable:
        """The rows of the design, or why there are none."""
        return NotEstimable("no_design") if self.design is None else rows_of(self.year, self.design)

    @cached_property
    def analysis(self) -> Analysis:
        """Estimate, gates and points."""
        if self.design is None or isinstance(self.rows, NotEstimable):
            return Analysis(self.rows if isinstance(self.rows, NotEstimable) else NotEstimable("no_design"))
        given = self.year.parameters
        seed = zlib.crc32(f"{given.area}/{given.program_year}/{self.design.key}".encode())
        return analyse(self.design, self.rows.frame, seed)

    @cached_property
    def grade(self) -> Graded | None:
        """How strong the claim may be; None without an estimate."""
        if self.design is None or isinstance(self.analysis.result, NotEstimable):
            return None
        return graded(self.design.assignment.kind, self.analysis.gates)

    @cached_property
    def p(self) -> float:
        """p-value adjusted for the other outcomes of the same role."""
        assert self.design is not None
        assert isinstance(self.analysis.result, Estimate)
        return adjusted_p(self.year, self.design, self.analysis.result.p)

    def flow(self) -> Table | Statement:
        """How many children were left at each step from the files to the estimate."""
        if self.design is None or isinstance(self.rows, NotEstimable):
            return self._nothing("flow")
        return exhibits.flow_table(self.year, self.design, self.rows)

    def gates(self) -> Table | Statement:
        """Each diagnostic with its number, its threshold and whether it passed."""
        if self._empty or self.design is None or isinstance(self.rows, NotEstimable):
            return self._nothing("gates")
        return exhibits.gates_table(self.year, self.design, self.analysis, self.rows.as_of)

    def estimate(self) -> Table | Statement:
        """The estimate with its interval and all that is printed beside it."""
        if self._empty or self.design is None or isinstance(self.rows, NotEstimable):
            return self._nothing("estimate")
        return exhibits.effect_table(self.year, self.design, self.analysis, self.rows.as_of, self.p)

    def picture(self) -> Table | Statement:
        """The numbers behind the design's picture."""
        if not self.analysis.points or self.design is None or isinstance(self.rows, NotEstimable):
            return self._nothing("picture")
        return exhibits.picture_table(self.year, self.design, self.analysis, self.rows)

    def chart(self) -> Chart | Statement:
        """The design in one picture: bins at the cut-off, event study, or balance."""
        if not self.analysis.points or self.design is None:
            return self._nothing("chart")
        return exhibits.picture(self.design, PICTURES[self.design.assignment.kind])

    def claim(self, effect: Table | Statement) -> Statement:
        """What may be said of the effect, and why no more than that.

        Parameters
        ----------
        effect
            What `estimate` returned: a claim without its estimate on the page has nothing to refer to.
        """
        if self.design is None:
            return self._nothing("claim")
        result = self.analysis.result
        if not isinstance(effect, Table) or isinstance(result, NotEstimable):
            found = result if isinstance(result, NotEstimable) else NotEstimable("not_shown")
            return claim(self.design, found, None, 1.0)
        if effect.id != f"effect.{self.design.key}":
            fault = Fault("", 0, "effect", effect.id, f"effect.{self.design.key}", "Pass study.estimate().")
            raise WrongParameters("That is another study's estimate.", [fault])
        return claim(self.design, result, self.grade, self.p)

    def cost(self) -> Table | Statement:
        """Baht for one unit of outcome, or why there is no such number."""
        if self._empty or self.design is None or isinstance(self.rows, NotEstimable):
            return self._nothing("cost")
        called = f"cost_effect.{self.design.key}"
        if self.design.cost is None:
            return Statement("cost_effect.not_stated", called=called)
        if self.grade is None or not self.grade.causal:
            return Statement("cost_effect.grade", called=called)
        assert isinstance(self.analysis.result, Estimate)
        ratio = cost_per_effect(self.design.cost.baht, self.design.cost.se, self.analysis.result)
        if isinstance(ratio, NotEstimable):
            return Statement(f"cost_effect.{ratio.reason}", called=called)
        return exhibits.cost_table(self.year, self.design, ratio, self.analysis, self.rows.as_of)

    def doubts(self) -> Statement:
        """What would change our mind."""
        return self._nothing("doubts") if self.design is None else doubts(self.design, self.grade)

    @property
    def _empty(self) -> bool:
        return isinstance(self.analysis.result, NotEstimable)

    def _nothing(self, part: str) -> Statement:
        """One sentence in place of what can't be shown: the reason where it is looked for, and once."""
        names = {"area": self.year.parameters.area_name}
        if self.design is None:
            return Statement("silent", called=f"{part}.none")
        called = f"{part}.{self.design.key}"
        result = self.analysis.result
        if part == "chart" or (part == "flow" and not isinstance(self.rows, Rows)):
            return Statement("silent", called=called)
        if part == "estimate" and isinstance(result, NotEstimable):
            return Statement(f"not_estimable.{result.reason}", names=names, called=called)
        return Statement("not_estimable.part", called=called)

    def _repr_mimebundle_(self, **_: object) -> dict[str, Any]:
        return bundle(card(self.year, self.design))
