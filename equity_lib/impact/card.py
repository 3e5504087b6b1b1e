"""What was declared, as sentences: question, treatment, design, and every change since."""

from equity_lib.programme.dates import format_date
from equity_lib.programme.designs import Design, Deviation
from equity_lib.registry.year import Year
from equity_lib.results import Name, Statement


def card(year: Year, design: Design | None) -> Statement:
    """The declaration of a design, or what declaring one takes.

    Returns
    -------
    Statement
        `declaration`, its items the parts; `needs.designs` in an area that has declared none.
    """
    if design is None:
        return Statement("needs.designs", names={"area": year.parameters.area_name})
    declared = Name(format_date(design.declared, "th"), format_date(design.declared, "en"))
    least = f"{design.minimum_effect:g}"
    items = [
        Statement("declared.question", names={"question": design.question}),
        Statement(
            "declared.treatment", names={"treatment": design.treatment.name, "whose": design.treatment.whose}
        ),
        Statement("declared.outcome", names={"outcome": design.outcome.name}),
        Statement("declared.population", names={"population": design.population.name}),
        Statement("declared.comparison", names={"comparison": design.comparison}),
        Statement(f"declared.{design.assignment.kind}"),
        Statement(f"declared.{design.role}"),
        Statement(f"declared.minimum_{design.outcome.unit}", names={"least": Name(least, least)}),
        Statement("declared.date", names={"date": declared, "pin": _pin(year)}),
    ]
    changes = [
        _deviation(each)
        for each in year.designs.departures(year.parameters.designs_sha256)
        if design.key in each.designs
    ]
    items += changes or [Statement("declared.unchanged")]
    return Statement("declaration", items=tuple(items), called=f"declaration.{design.key}")


def _pin(year: Year) -> Name:
    short = year.parameters.designs_sha256[:12]
    return Name(short, short)


def _deviation(deviation: Deviation) -> Statement:
    date = Name(format_date(deviation.date, "th"), format_date(deviation.date, "en"))
    return Statement(
        "declared.deviation", names={"date": date, "reason": deviation.reason}, severity="warning"
    )
