"""Reproducible, publishable impact analysis for education-equity programmes."""

__version__ = "0.1.0"
