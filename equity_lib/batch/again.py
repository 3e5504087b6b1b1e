"""One report executed again, aside, of the rows as they are now: what `equity explain` compares with."""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from equity_lib.batch.failures import Failed
from equity_lib.batch.fingerprints import digest
from equity_lib.batch.options import Options
from equity_lib.batch.workers import Workers
from equity_lib.errors import ReportFailed
from equity_lib.registry.mirror import bring


@contextmanager
def executed_again(root: Path, name: str, parameters: Mapping[str, Any]) -> Iterator[Path]:
    """Execute a report in a kernel of its own; nothing in the project folder is changed.

    Parameters
    ----------
    name
        The run, such as `06_retention` or, once a design, `07_impact-transfer`.
    parameters
        What it was given.

    Raises
    ------
    ReportFailed
        If it fails now.
    """
    bring(root, [str(parameters["area"])] if "area" in parameters else [])
    with tempfile.TemporaryDirectory(prefix="equity-again-") as folder:
        workers = Workers(root, Path(folder), Options())
        into = Path(folder) / f"{name}.ipynb"
        request = {
            "do": "execute",
            "notebook": str(root / "notebooks" / f"{name.partition('-')[0]}.ipynb"),
            "parameters": dict(parameters),
            "kernel": workers.options.kernel,
            "memory": 0,
            "transport": "ipc",
            "seed": int(digest(name)[:8], 16),
            "library": "",
            "into": str(into),
        }
        try:
            workers.do(request)
            yield into
        except Failed as error:
            raise ReportFailed(f"{name} can't be executed again: {error.failure}.") from None
        finally:
            workers.close()
