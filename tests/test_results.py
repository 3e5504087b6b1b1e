"""The three results as data: JSON there and back, the schema, and plain pandas."""

import json
import math

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from equity_lib.errors import WrongParameters
from equity_lib.indicators.findings import findings
from equity_lib.indicators.reconciliation import reconciliation
from equity_lib.results import (
    MIME,
    Chart,
    Dimension,
    Name,
    Relation,
    Statement,
    Table,
    bundle,
    cells,
    from_json,
    to_json,
)
from tests.years import year

ROWS = [
    {"line": "a", "measure": "baht", "unit": "baht", "value": 5.005, "fact": "2562:F1"},
    {"line": "b", "measure": "baht", "unit": "baht", "value": None},
    {"line": "a", "measure": "cases", "unit": "case", "value": 3},
]


def table(**changes) -> Table:
    title = Statement("t", refs={"a": "m.a"})
    made = {
        "id": "m",
        "dims": (Dimension("line", ("a", "b"), {"a": Name("ก", "A")}),),
        "cells": cells("m", ["line"], ROWS),
        "relations": (Relation("sum", "m.a", ("m.b", "m.a.cases"), signs=(1, -1)),),
        "charts": (Chart("m.parts", "parts", "m", {"x": "baht"}, title),),
    }
    return Table(**{**made, **changes})


@pytest.mark.parametrize(
    "result", [table(), table().chart("parts"), reconciliation(year()), findings(year())]
)
def test_to_json_and_back_keeps_everything(result):
    stored = json.loads(json.dumps(to_json(result)))
    assert to_json(from_json(stored)) == to_json(result)
    assert type(from_json(stored)) is type(result)


def test_bundle_holds_data_only():
    assert list(bundle(table())) == [MIME]


@pytest.mark.parametrize(
    "change",
    [
        {"schema_version": 2},
        {"type": "frame"},
        {"extra": 1},
        {"cells": []},
        {"source": "rumour"},
        {
            "cells": [
                {"id": "x", "measure": "m", "value": "5", "unit": "baht", "status": "stated", "fact": ""}
            ]
        },
        {"cells": [{"id": "x", "measure": "m", "value": 5, "unit": "baht", "status": "sure", "fact": ""}]},
    ],
)
def test_from_json_of_another_schema_is_refused(change):
    with pytest.raises(jsonschema.ValidationError):
        from_json({**to_json(table()), **change})


def test_cells_round_once_and_say_what_is_not_stated():
    made = table().cells.set_index("id")
    assert made.loc["m.a", "value"] == round(5.005, 2)
    assert list(made["status"]) == ["stated", "not_stated", "computed"]
    assert list(made.index) == ["m.a", "m.b", "m.a.cases"]


def test_frame_is_plain_pandas_in_the_order_of_the_levels():
    frame = table().frame
    assert list(frame.index) == ["a", "b"]
    assert list(frame.columns) == ["baht", "cases"]
    assert frame.loc["a", "cases"] == 3


def test_chart_unknown_lists_the_charts_there_are():
    with pytest.raises(WrongParameters, match="it has: parts"):
        table().chart("pie")


def test_value_of_an_unknown_cell_is_a_key_error():
    with pytest.raises(KeyError):
        table().value("m.z")


def test_relation_ratio_by_zero_is_undefined():
    assert math.isnan(Relation("ratio", "r", ("a", "b"), scale=100).evaluate({"a": 1, "b": 0}))


@given(st.lists(st.integers(-(10**9), 10**9), min_size=1, max_size=8))
def test_relation_sum_is_the_signed_sum(values):
    terms = tuple(f"t{i}" for i in range(len(values)))
    signs = tuple(1 if i % 2 == 0 else -1 for i in range(len(values)))
    found = Relation("sum", "s", terms, signs).evaluate(dict(zip(terms, values, strict=True)))
    assert found == sum(sign * value for sign, value in zip(signs, values, strict=True))
