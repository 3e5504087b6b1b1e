"""Impact: declared designs, estimators, diagnostics as gates, and claims no stronger than these."""
