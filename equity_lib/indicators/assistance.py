"""Assistance: how many cases each stream supported, and at how many baht."""

from typing import Any

from equity_lib.registry.year import Year
from equity_lib.relations import Relation
from equity_lib.results import Chart, Dimension, Statement, Table, cells


def assistance(year: Year) -> Table:
    """Cases and baht of assistance by stream.

    Parameters
    ----------
    year
        An opened programme year.

    Returns
    -------
    Table
        `assistance`, by stream: cases, share of cases (percent), baht. Charts: `cases`, `baht`.
        A case is a unit of support; whether it is a person is not said by a published figure.
    """
    given = year.parameters
    streams = given.streams or []
    rows: list[dict[str, Any]] = []
    relations: list[Relation] = []
    counts = [stream.cases for stream in streams]
    total = sum(count for count in counts if count is not None) if streams and None not in counts else None
    for stream in streams:
        rows.append({"stream": stream.key, "measure": "cases", "unit": "case", "value": stream.cases})
        relations.append(Relation("sum", f"assistance.{stream.key}", (f"money.{stream.key}.cases",)))
    rows.append({"stream": "total", "measure": "cases", "unit": "case", "value": total})
    if streams:
        parts = tuple(f"assistance.{stream.key}" for stream in streams)
        relations.append(Relation("sum", "assistance.total", parts))
    for stream in streams:
        share = None if not total or stream.cases is None else 100 * stream.cases / total
        rows.append({"stream": stream.key, "measure": "share_of_cases", "unit": "percent", "value": share})
        terms = (f"assistance.{stream.key}", "assistance.total")
        relations.append(Relation("ratio", f"assistance.{stream.key}.share_of_cases", terms, scale=100))
    names = {stream.key: stream.name for stream in streams}
    levels = tuple(stream.key for stream in streams)
    return Table(
        id="assistance",
        dims=(Dimension("stream", (*levels, "total"), names, total="total"),),
        cells=cells("assistance", ["stream"], rows),
        relations=tuple(relations),
        population="cases",
        as_of=given.as_of(streams[0].fact) if streams else "not_stated",
        source=given.source,
        charts=(_chart("cases", levels, streams), _chart("baht", levels, streams)),
    )


def _chart(measure: str, levels: tuple[str, ...], streams: list[Any]) -> Chart:
    """Two sisters: the same streams in the same order, once counted and once in baht."""
    table = "assistance" if measure == "cases" else "money"
    size = {s.key: (s.cases or 0) if measure == "cases" else (s.cases or 0) * (s.rate or 0) for s in streams}
    largest = max(levels, key=lambda level: size[level]) if levels else ""
    suffix = ".share_of_cases" if measure == "cases" else ".share_of_stated"
    refs = {"largest": f"{table}.{largest}", "share": f"{table}.{largest}{suffix}"} if largest else {}
    names = {"stream": next(s.name for s in streams if s.key == largest)} if largest else {}
    return Chart(
        id=f"assistance.{measure}",
        kind="bars",
        table_id=table,
        encodings={
            "x": measure,
            "y": "stream" if measure == "cases" else "line",
            "levels": ",".join(levels),
        },
        title=Statement(f"chart.assistance.{measure}", refs=refs, names=names),
    )
