"""Reconciliation: streams plus what is not itemised make the stated total; the grant beside it."""

from typing import Any

from equity_lib.programme.parameters import Stream, YearParameters
from equity_lib.registry.year import Year
from equity_lib.relations import Relation
from equity_lib.results import Chart, Dimension, Statement, Table, cells

USES = ("spent", "administration", "returned")


def reconciliation(year: Year) -> Table:
    """Streams, the residual that nobody itemised, the stated total, and the grant with its use.

    The residual is the stated total less the itemised streams; it is printed, never imputed. The
    grant less every stated use is `use_not_stated`: unknown, not unspent.

    Parameters
    ----------
    year
        An opened programme year.

    Returns
    -------
    Table
        `money`, by line: baht, rate, cases, share of the stated total and of the grant (percent).
        Chart: `parts`.

    Source
    ------
    The streams, totals and grant of `params/<area>/<year>.yaml`, each with its passage.
    """
    given = year.parameters
    streams = given.streams or []
    rows: list[dict[str, Any]] = []
    relations: list[Relation] = []
    for stream in streams:
        _stream(given, stream, rows, relations)
    _totals(given, rows, relations)
    _grant(given, rows, relations)
    _shares(rows, relations)
    levels = tuple(dict.fromkeys(row["line"] for row in rows))
    names = {stream.key: stream.name for stream in streams}
    return Table(
        id="money",
        dims=(Dimension("line", levels, names, total="stated_total"),),
        cells=cells("money", ["line"], rows),
        relations=tuple(relations),
        population="programme",
        as_of=given.as_of(given.grant.fact),
        source=given.source,
        charts=(_parts(given, rows),),
    )


def _baht(line: str, value: float | None, fact: str = "") -> dict[str, Any]:
    return {"line": line, "measure": "baht", "unit": "baht", "value": value, "fact": fact}


def _stream(
    given: YearParameters, stream: Stream, rows: list[dict[str, Any]], relations: list[Relation]
) -> None:
    fact, key = given.fact_ref(stream.fact), stream.key
    product = None if stream.rate is None or stream.cases is None else stream.rate * stream.cases
    terms = (f"money.{key}.rate", f"money.{key}.cases")
    if stream.amount is None:
        rows.append(_baht(key, product))
        relations.append(Relation("product", f"money.{key}", terms))
    else:
        rows.append(_baht(key, stream.amount, fact))
        rows.append({**_baht(key, product), "measure": "rate_times_cases"})
        relations.append(Relation("product", f"money.{key}.rate_times_cases", terms))
    rows.append({"line": key, "measure": "rate", "unit": "baht", "value": stream.rate, "fact": fact})
    rows.append({"line": key, "measure": "cases", "unit": "case", "value": stream.cases, "fact": fact})


def _totals(given: YearParameters, rows: list[dict[str, Any]], relations: list[Relation]) -> None:
    streams = tuple(row["line"] for row in rows if row["measure"] == "baht")
    amounts = [row["value"] for row in rows if row["measure"] == "baht"]
    total = given.stated_total.amount if given.stated_total else None
    itemised = sum(amounts) if amounts and None not in amounts else None
    residual = None if total is None or itemised is None else total - itemised
    rows += [_baht("itemised", itemised), _baht("residual", residual)]
    if streams:
        relations.append(Relation("sum", "money.itemised", tuple(f"money.{key}" for key in streams)))
        terms = ("money.stated_total", "money.itemised")
        relations.append(Relation("sum", "money.residual", terms, signs=(1, -1)))
    fact = given.fact_ref(given.stated_total.fact) if given.stated_total else ""
    rows.append(_baht("stated_total", total, fact))


def _grant(given: YearParameters, rows: list[dict[str, Any]], relations: list[Relation]) -> None:
    grant, use = given.grant, given.use_of_grant
    rows.append(_baht("grant", grant.amount, given.fact_ref(grant.fact) if grant.amount is not None else ""))
    stated = {name: getattr(use, name) for name in USES}
    rows += [_baht(name, value) for name, value in stated.items()]
    total = given.stated_total.amount if given.stated_total else None
    # All spending includes the assistance; where it isn't stated, assistance is the part that is known.
    known = {"spent": stated["spent"]} if stated["spent"] is not None else {"stated_total": total}
    known |= {"returned": stated["returned"]}
    if stated["spent"] is None:
        known |= {"administration": stated["administration"]}
    known = {name: value for name, value in known.items() if value is not None}
    left = None if grant.amount is None else grant.amount - sum(known.values())
    rows.append(_baht("use_not_stated", left))
    relations.append(
        Relation(
            "sum",
            "money.use_not_stated",
            ("money.grant", *(f"money.{name}" for name in known)),
            signs=(1, *(-1 for _ in known)),
        )
    )


def _shares(rows: list[dict[str, Any]], relations: list[Relation]) -> None:
    amounts = {row["line"]: row["value"] for row in rows if row["measure"] == "baht"}
    for whole, skip in (("stated_total", {"grant", "use_not_stated", *USES}), ("grant", set(USES))):
        measure = "share_of_stated" if whole == "stated_total" else "share_of_grant"
        for line, value in amounts.items():
            if line == whole or line in skip or value is None or not amounts[whole]:
                continue
            share = 100 * value / amounts[whole]
            rows.append({"line": line, "measure": measure, "unit": "percent", "value": share})
            terms = (f"money.{line}", f"money.{whole}")
            relations.append(Relation("ratio", f"money.{line}.{measure}", terms, scale=100))


def _parts(given: YearParameters, rows: list[dict[str, Any]]) -> Chart:
    amounts = {row["line"]: row["value"] for row in rows if row["measure"] == "baht"}
    parts = [stream.key for stream in given.streams or []]
    residual = amounts.get("residual")
    refs = {"itemised": "money.itemised", "total": "money.stated_total"}
    if residual is None:
        key, refs = "chart.money.parts_open", {"itemised": "money.itemised"}
    elif residual > 0:
        key, refs = (
            "chart.money.parts",
            {"residual": "money.residual", "share": "money.residual.share_of_stated"},
        )
        parts.append("residual")
    else:
        key = "chart.money.parts_agree" if residual == 0 else "chart.money.parts_differ"
    encodings = {
        "x": "baht",
        "y": "line",
        "parts": ",".join(parts),
        "missing": "residual",
        "total": "stated_total",
        "share": "share_of_stated",
    }
    return Chart("money.parts", "parts", "money", encodings, Statement(key, refs))
