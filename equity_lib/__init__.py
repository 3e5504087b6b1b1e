"""Reproducible, publishable impact analysis for education-equity programmes.

Open a programme year, call a function, show what it returns: what a notebook cell displays as a
result is published, anything else is not.
"""

import os
from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

# Names are imported when first used: the command must answer "nothing to do" without pandas.
_HOMES = {
    "open_year": "registry.year",
    "reconciliation": "indicators.reconciliation",
    "findings": "indicators.findings",
    "assistance": "indicators.reach",
    "persons": "indicators.reach",
    "quality": "indicators.quality",
    "coverage": "indicators.reach",
    "cost_per_case": "indicators.cost",
    "partners": "indicators.partners",
    "contributions": "indicators.partners",
    "grants": "indicators.progress",
    "heading": "indicators.bulletin",
    "main_points": "indicators.bulletin",
    "goals": "indicators.bulletin",
    "narrative": "indicators.bulletin",
    "cite": "indicators.bulletin",
    "study": "impact.study",
}
__all__ = list(_HOMES)

if TYPE_CHECKING:
    from equity_lib.impact.study import study
    from equity_lib.indicators.bulletin import cite, goals, heading, main_points, narrative
    from equity_lib.indicators.cost import cost_per_case
    from equity_lib.indicators.findings import findings
    from equity_lib.indicators.partners import contributions, partners
    from equity_lib.indicators.progress import grants
    from equity_lib.indicators.quality import quality
    from equity_lib.indicators.reach import assistance, coverage, persons
    from equity_lib.indicators.reconciliation import reconciliation
    from equity_lib.registry.year import open_year


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'equity_lib' has no attribute '{name}'")
    if name == "open_year" and os.environ.get("EQUITY_BATCH") != "1":
        import_module("equity_lib.report.lab").register()
    value = getattr(import_module(f"equity_lib.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(_HOMES)
