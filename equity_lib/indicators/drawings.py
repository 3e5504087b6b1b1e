"""Charts of a table that is being made: ids and titles follow from the table's, by rule."""

from collections.abc import Iterable, Mapping

from equity_lib.results import Chart, Statement


def drawing(table: str, name: str, kind: str, refs: Mapping[str, str], **shown: str | Iterable[str]) -> Chart:
    """The chart `table.name` with the title `chart.table.name`.

    Parameters
    ----------
    table, name
        Id of the table, and the chart's own last part.
    kind
        Name of the drawing.
    refs
        Placeholder in the title → cell.
    shown
        Channel → measure, dimension, or levels in order.
    """
    encodings = {key: each if isinstance(each, str) else ",".join(each) for key, each in shown.items()}
    return Chart(f"{table}.{name}", kind, table, encodings, Statement(f"chart.{table}.{name}", refs=refs))
