"""A study's tables and its picture: keys and values, from safe statistics with their contributors."""

import math
from typing import Any

from equity_lib.impact.analyses import PICTURES, Analysis, Picture
from equity_lib.impact.cost_effectiveness import Ratio
from equity_lib.impact.estimates import Estimate, NotEstimable
from equity_lib.impact.power import minimum_detectable
from equity_lib.impact.rows import Rows
from equity_lib.indicators.sheet import Sheet
from equity_lib.programme.designs import Design
from equity_lib.registry.year import Year
from equity_lib.results import Chart, Dimension, Name, Statement, Table

#: Gates whose number is a count; all others are p-values, shares or standardised numbers.
COUNTS = {
    "effective_n": "person",
    "clusters": "item",
    "treated_clusters": "item",
    "degrees_of_freedom": "times",
    "honest_bounds": "times",
    "honest_relative": "times",
    "e_value": "times",
}
#: Steps of the flow that count districts, not children.
PLACES = ("units", "units_started")
#: p-values are told down to this one, and as below it then.
FINEST_P = 0.01
_AXES: dict[Picture, str] = {"binned": "bin", "balance": "covariate"}
#: What the periods of a roll-out are called, by their months.
_PERIODS = {6: "half_years", 12: "years_since"}


def flow_table(year: Year, design: Design, rows: Rows) -> Table:
    """`participants.<design>`: children left at each step."""
    sheet = Sheet(f"participants.{design.key}", (Dimension("stage", tuple(rows.flow)),), "children")
    children = max(rows.flow.values())
    for step, count in rows.flow.items():
        if step in PLACES:
            sheet.put("children", "item", count, step, n=children)
        else:
            sheet.count("children", count, step)
    return sheet.table(year, population="study", as_of=rows.as_of)


def gates_table(year: Year, design: Design, analysis: Analysis, as_of: str) -> Table:
    """`gates.<design>`: number, threshold and outcome (the method) of each diagnostic."""
    keys = _distinct([gate.key for gate in analysis.gates])
    sheet = Sheet(f"gates.{design.key}", (Dimension("gate", tuple(keys)),), "number")
    for key, gate in zip(keys, analysis.gates, strict=True):
        unit = COUNTS.get(gate.key, "index")
        outcome = "not_computed" if math.isnan(gate.value) else gate.outcome
        told: dict[str, Any] = {"method": f"gate_{outcome}"}
        if math.isnan(gate.value):
            told["status"] = "not_estimable"
        sheet.put("number", unit, gate.value, key, n=analysis.rows, **told)
        sheet.put("threshold", unit, gate.threshold, key, n=analysis.rows)
    return sheet.table(year, population="study", as_of=as_of)


def _distinct(keys: list[str]) -> list[str]:
    """Keys as levels: a gate met twice (two negative controls) gets a number."""
    return [
        key if key not in keys[:at] else f"{key}_{keys[:at].count(key) + 1}" for at, key in enumerate(keys)
    ]


def effect_table(year: Year, design: Design, analysis: Analysis, as_of: str, p: float) -> Table:
    """`effect.<design>`: the estimate, its error, what it rests on, and other estimates beside it."""
    effect, unit, n = analysis.result, design.outcome.unit, _contributors(design, analysis)
    if isinstance(effect, NotEstimable):
        raise ValueError("a study without estimate has no table of it")
    lines = _lines(design, effect, analysis, p)
    sheet = Sheet(f"effect.{design.key}", (Dimension("part", tuple(lines)),), "value")
    for part, (found_unit, value, more) in lines.items():
        told = {"n": value} if found_unit in ("person", "case") else {"n": n}
        sheet.put("value", found_unit or unit, value, part, **(told | more))
    shown = PICTURES[design.assignment.kind]
    charts = (picture(design, shown),) if analysis.points else ()
    return sheet.table(year, population="study", as_of=as_of, charts=charts)


def _contributors(design: Design, analysis: Analysis) -> int:
    """Whose number decides how coarsely a difference is printed.

    A difference of shares follows from counts, so the smaller side decides; a difference of means of
    something measured gives no count away.
    """
    return analysis.smallest if design.outcome.counts_as else analysis.rows


_Line = tuple[str, float, dict[str, Any]]


def _lines(design: Design, effect: Estimate, analysis: Analysis, p: float) -> dict[str, _Line]:
    """Part → unit ("" for the outcome's), value, further columns; in the order of the page."""
    details = {key: float(value) for key, value in effect.details.items() if not isinstance(value, str)}
    degrees = details.get("degrees_of_freedom", math.inf)
    bounds = {"low": effect.low, "high": effect.high, "method": effect.se_method, "status": "estimated"}
    free = analysis.rows - 2 if math.isinf(degrees) else max(degrees, float(effect.n_clusters - 1))
    lines: dict[str, _Line] = {"estimate": ("", effect.value, bounds | {"dof": free})}
    lines["standard_error"] = ("", effect.se, {})
    for key, found in (("p", effect.p), ("p_adjusted", p)):
        lines[f"{key}_below" if found < FINEST_P else key] = ("index", max(found, FINEST_P), {})
    lines["mde"] = ("", minimum_detectable(effect.se, degrees), {})
    lines["minimum_effect"] = ("", design.minimum_effect, {})
    lines["used"] = ("case" if design.outcome.table == "out_of_school" else "person", analysis.rows, {})
    if "bandwidth" in details:
        lines["bandwidth"] = ("score", details["bandwidth"], {})
        lines["n_below"] = ("person", details["n_below"], {})
        lines["n_above"] = ("person", details["n_above"], {})
    elif "treated_clusters" in details:
        lines["treated_clusters"] = ("item", details["treated_clusters"], {})
    else:
        lines["n_treated"] = ("person", effect.n_treated, {})
    if effect.n_clusters:
        lines["n_clusters"] = ("item", effect.n_clusters, {})
    for key, other in (analysis.beside or {}).items():
        lines[key] = ("", other.value, {"low": other.low, "high": other.high, "status": "estimated"})
    return lines


def picture_table(year: Year, design: Design, analysis: Analysis, rows: Rows) -> Table:
    """`picture.<design>`: the points of the picture; shares from counts, means as they are."""
    kind = PICTURES[design.assignment.kind]
    axis, points = _axis(design, kind), analysis.points or {}
    names = {label: Name(label.replace("-", "\u2212"), label.replace("-", "\u2212")) for label in points}
    if kind == "balance":
        names = {each.key: each.name for each in design.covariates}
    sheet = Sheet(
        f"picture.{design.key}",
        (Dimension(axis, tuple(points), names),),
        "children" if kind == "binned" else "at",
    )
    for label, point in points.items():
        bounds: dict[str, Any] = {"low": point.low, "high": point.high}
        if kind != "binned":
            unit = "index" if kind == "balance" else design.outcome.unit
            base = kind == "event_study" and point.x == -1  # the base period: 0 by definition
            n = analysis.smallest if kind == "balance" else _contributors(design, analysis)
            told = {"n": n} if base else bounds | {"n": n}
            sheet.put("at", unit, point.value, label, **told)
            continue
        sheet.count("children", point.n, label)
        if design.outcome.counts_as:
            sheet.count("with_outcome", round(point.value * point.n / 100), label)
            sheet.share("at", "with_outcome", "children", label)
        else:
            sheet.put(_height(design, kind), "score", point.value, label, n=point.n, **bounds)
    return sheet.table(year, population="study", as_of=rows.as_of)


def picture(design: Design, kind: Picture) -> Chart:
    """The design in one picture, drawn from `picture.<design>`."""
    axis = _axis(design, kind)
    encodings = {
        "binned": {"x": axis, "y": _height(design, kind), "n": "children", "cut": "0", "fit": "line"},
        "event_study": {"x": axis, "y": "at"},
        "balance": {"x": "at", "y": axis, "reference": "0"},
    }[kind]
    return Chart(
        id=f"effect.{design.key}.{kind}",
        kind="forest" if kind == "balance" else kind,
        table_id=f"picture.{design.key}",
        encodings=encodings,
        title=Statement(
            f"chart.effect.{kind}",
            {} if kind == "balance" else {"effect": f"effect.{design.key}.estimate"},
            {"outcome": design.outcome.name},
        ),
    )


def _height(design: Design, kind: Picture) -> str:
    """Key of what the picture measures; a mean of shares is in per cent, but rounded like any other mean."""
    shares = design.outcome.unit == "point" and not design.outcome.counts_as
    return "mean_share" if kind == "binned" and shares else "at"


def _axis(design: Design, kind: Picture) -> str:
    """Key of the picture's dimension; a roll-out's is named by the length of its periods."""
    rule = design.assignment
    return _PERIODS[rule.period_months] if rule.kind == "staged" else _AXES[kind]


def cost_table(year: Year, design: Design, ratio: Ratio, analysis: Analysis, as_of: str) -> Table:
    """`cost_effect.<design>`: baht a unit treated, and baht for one unit of outcome.

    For a share of children in percentage points, 100 × cost ÷ effect: baht for one child more with the
    outcome. `top1` is what one child moves the number by, so that its precision hides each of them.
    """
    effect = analysis.result
    if design.cost is None or isinstance(effect, NotEstimable):
        raise ValueError("a study without cost or estimate has no cost table")
    share = bool(design.outcome.counts_as)
    part = "cost_per_child" if share else f"cost_per_{design.outcome.unit}"
    scale, span = (100.0, 100.0) if design.outcome.unit == "point" else (1.0, effect.se)
    scale = scale if share else 1.0
    sheet = Sheet(f"cost_effect.{design.key}", (Dimension("part", ("cost", part)),), "baht")
    rate: dict[str, Any] = {"n": analysis.rows, "top1": 0.2, "top2": 0.2}  # a rate is nobody's amount
    sheet.put("baht", "baht", design.cost.baht, "cost", **rate)
    moved = abs(scale * ratio.value) * span / (_contributors(design, analysis) * abs(effect.value))
    told: dict[str, Any] = {"n": analysis.rows, "top1": moved, "top2": moved, "status": "estimated"}
    bounds = {"low": scale * ratio.low, "high": scale * ratio.high, "method": "fieller"}
    sheet.put("baht", "baht", scale * ratio.value, part, **(told | bounds))
    return sheet.table(year, population="study", as_of=as_of)
