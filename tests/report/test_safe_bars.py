"""A bar betrays no withheld cell: whatever the cell holds, the drawing and its words are the same."""

import pytest

from equity_lib.disclosure.gate import gate
from equity_lib.disclosure.rules import NO_LEDGER, Rules
from equity_lib.relations import Relation
from equity_lib.report.charts import draw
from equity_lib.report.languages import Words
from equity_lib.results import Chart, Dimension, Name, Statement, Table, cells

PLACES = {"a": Name("ก", "a"), "b": Name("ข", "b"), "c": Name("ค", "c"), "t": Name("รวม", "all")}


def drawn(kind: str, measure: str, language: str, **counts: int) -> str:
    """A chart of counts by place, or of each place's share of the whole, through the gate."""
    rows, relations = [], []
    for place, count in counts.items():
        rows.append({"place": place, "measure": "rows", "unit": "row", "value": count, "n": count})
        share = {"value": 100 * count / counts["t"], "low": 1.0, "high": 99.0, "method": "wilson", "n": count}
        rows.append({"place": place, "measure": "share", "unit": "percent", **share})
        relations.append(Relation("ratio", f"x.{place}.share", (f"x.{place}", "x.t"), scale=100))
    encodings = {"x": measure, "y": "place"}
    encodings |= {"parts": "a,b,c", "total": "t"} if kind == "parts" else {"levels": "a,b,c"}
    chart = Chart("x.c", kind, "x", encodings, Statement("c"))
    table = Table(
        "x",
        (Dimension("place", tuple(counts), PLACES, total="t"),),
        cells("x", ["place"], rows),
        tuple(relations),
        source="synthetic",
        sensitivity="personal",
    )
    safe = gate([table, chart], Rules("synthetic", {}), NO_LEDGER)
    return draw(safe.charts["x.c"], safe.tables["x"], Words(language), title="c")


@pytest.mark.parametrize("language", ["th", "en"])
@pytest.mark.parametrize(("kind", "measure"), [("bars", "rows"), ("bars", "share"), ("parts", "rows")])
def test_chart_of_a_withheld_count_is_the_same_whatever_it_holds(kind, measure, language):
    made = {drawn(kind, measure, language, a=60, b=hidden, c=31, t=100) for hidden in (1, 4, 9)}
    assert len(made) == 1


def test_chart_of_shown_counts_is_the_same_for_all_that_round_alike():
    made = {drawn("bars", "rows", "en", a=shown, b=40, c=31, t=150) for shown in (58, 60, 62)}
    assert len(made) == 1


def test_chart_of_shown_counts_tells_those_apart_that_round_otherwise():
    """The test above can fail."""
    assert drawn("bars", "rows", "en", a=60, b=40, c=31, t=150) != drawn(
        "bars", "rows", "en", a=65, b=40, c=31, t=150
    )
