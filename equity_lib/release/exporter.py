"""The exporter of `jupyter nbconvert --to equity`: pages as of `equity run`, read by the claim guard."""

from equity_lib.release.guard import read
from equity_lib.report.exporter import EquityExporter


class GuardedExporter(EquityExporter):
    """Exports a notebook that `equity run` executed, beside its plan; on any other it refuses.

    `jupyter nbconvert --to equity RUN.ipynb --EquityExporter.language_code=th`. A page with a claim that
    no graded claim carries is refused as in `equity run` (exit 1), and nothing is written.
    """

    def read(self, name: str, page: str) -> None:
        """Let the claim guard read a page before it is written."""
        read({name: page})
