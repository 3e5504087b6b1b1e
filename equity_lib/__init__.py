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
    "quality": "indicators.quality",
    "coverage": "indicators.coverage",
    "reach": "indicators.reach",
    "equity": "indicators.equity",
    "readiness": "indicators.readiness",
    "retention": "indicators.retention",
    "pathways": "indicators.pathways",
    "cost": "indicators.cost",
    "partners": "indicators.partners",
    "progress": "indicators.progress",
    "study": "impact.study",
    "heading": "indicators.bulletin",
    "bulletin": "indicators.bulletin",
    "cite": "indicators.bulletin",
}
__all__ = list(_HOMES)

if TYPE_CHECKING:
    from equity_lib.impact.study import study
    from equity_lib.indicators.bulletin import bulletin, cite, heading
    from equity_lib.indicators.cost import cost
    from equity_lib.indicators.coverage import coverage
    from equity_lib.indicators.equity import equity
    from equity_lib.indicators.partners import partners
    from equity_lib.indicators.pathways import pathways
    from equity_lib.indicators.progress import progress
    from equity_lib.indicators.quality import quality
    from equity_lib.indicators.reach import reach
    from equity_lib.indicators.readiness import readiness
    from equity_lib.indicators.reconciliation import reconciliation
    from equity_lib.indicators.retention import retention
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
