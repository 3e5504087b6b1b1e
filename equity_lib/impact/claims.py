"""Sentences no stronger than their grade: which one, by grade and by what the interval leaves open."""

from equity_lib.impact.estimates import Estimate, NotEstimable
from equity_lib.impact.grade import Graded
from equity_lib.programme.designs import Design
from equity_lib.results import Name, Statement

#: p-value, adjusted for the family of declared outcomes, above which nothing is said to be found.
ALPHA = 0.05


def claim(design: Design, estimate: Estimate | NotEstimable, grade: Graded | None, p: float) -> Statement:
    """What may be said, with the reasons for its grade.

    Parameters
    ----------
    design, estimate, grade
        Of the study; no grade without an estimate.
    p
        Adjusted for the other outcomes of the same role.

    Returns
    -------
    Statement
        `claim.<grade>.<more|less|none>`: causal words at the two upper grades only. With `none`, at
        those grades, "no effect larger than X was detected", X the minimum detectable effect. Its items
        are the reasons. Cited as `claim.<design>`.
    """
    called = f"claim.{design.key}"
    names = _names(design)
    if isinstance(estimate, NotEstimable) or grade is None:
        return Statement("claim.not_estimable", names=names, grade="described", called=called)
    family = grade.grade.replace("-", "_")
    found = not estimate.covers_zero and p < ALPHA
    direction = ("more" if estimate.value > 0 else "less") if found else "none"
    table = f"effect.{design.key}"
    refs = {"effect": f"{table}.estimate"}
    if direction == "none" and grade.causal:
        refs = {"mde": f"{table}.mde"} | refs
    reasons = [Statement(f"reason.{design.assignment.kind}")]
    reasons += [Statement(f"reason.{key}") for key in grade.failed]
    reasons += [Statement(f"untested.{key}") for key in grade.untested]
    if not found and not estimate.covers_zero:
        reasons.append(Statement("reason.multiplicity", {"p": f"{table}.p_adjusted"}))
    if grade.causal:
        reasons.append(Statement("reason.whose", names=names))
    return Statement(
        f"claim.{family}.{direction}", refs, names, grade=grade.grade, items=tuple(reasons), called=called
    )


def _names(design: Design) -> dict[str, Name]:
    return {
        "treatment": design.treatment.name,
        "whose": design.treatment.whose,
        "outcome": design.outcome.name,
        "population": design.population.name,
        "comparison": design.comparison,
    }


def doubts(design: Design, grade: Graded | None) -> Statement:
    """What would change our mind: what the design can't rule out, and what its failed gates ask for."""
    kind = design.assignment.kind
    items = [Statement(f"doubt.{kind}_first"), Statement(f"doubt.{kind}_second")]
    if grade is not None and grade.failed:
        items.append(Statement("doubt.failed"))
    return Statement("doubts", items=tuple(items), called=f"doubts.{design.key}")
