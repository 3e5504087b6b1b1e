"""The peers of bench/batch.py, each a whole process: `python batch_peers.py PEER NOTEBOOK… --into FOLDER`.

`papermill_api` and `ploomber` do one notebook after the other in one process, `pool` papermill in two,
`cells` only executes the cells, in this process, into nothing: what no runner can be faster than.
"""

import sys
import time
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path


def papermill_one(into: Path, path: Path) -> None:
    """Execute by papermill in a stock kernel, export by nbconvert."""
    import papermill
    from nbconvert.exporters import HTMLExporter

    out = into / path.name
    papermill.execute_notebook(
        str(path),
        str(out),
        parameters={"area": "bench", "program_year": _year(path)},
        kernel_name="python3",
        progress_bar=False,
    )
    page, _ = HTMLExporter().from_filename(str(out))
    out.with_suffix(".html").write_text(page, "utf-8")


def ploomber_one(into: Path, path: Path) -> None:
    """Execute by ploomber-engine in this process, export by nbconvert."""
    from nbconvert.exporters import HTMLExporter
    from ploomber_engine import execute_notebook

    out = into / path.name
    execute_notebook(
        str(path),
        str(out),
        parameters={"area": "bench", "program_year": _year(path)},
        progress_bar=False,
        log_output=False,
    )
    page, _ = HTMLExporter().from_filename(str(out))
    out.with_suffix(".html").write_text(page, "utf-8")


def cells(paths: list[Path]) -> None:
    """Execute the cells in this process, figures drawn as in a kernel; prints their CPU seconds."""
    import json
    import os

    os.environ["MPLBACKEND"] = "module://matplotlib_inline.backend_inline"
    from IPython.core.interactiveshell import InteractiveShell
    from IPython.utils.capture import capture_output

    spent, drawn = [], 0
    shell = InteractiveShell.instance()
    for path in paths:
        shell.reset(new_session=True)
        before = time.process_time()
        for cell in json.loads(path.read_bytes())["cells"]:
            with capture_output() as out:
                shell.run_cell("".join(cell["source"])).raise_error()
            drawn += sum("image/png" in each.data for each in out.outputs)
        spent.append(time.process_time() - before)
    if drawn != 3 * len(paths):
        sys.exit(f"{drawn} figures drawn")
    print(json.dumps(spent))


def _year(path: Path) -> int:
    return 2500 + int(path.stem[:2])


def main() -> None:
    """Do what the peer does."""
    peer, *names = sys.argv[1:-2]
    into, paths = Path(sys.argv[-1]), [Path(name) for name in names]
    if peer == "cells":
        cells(paths)
    elif peer == "pool":
        with ProcessPoolExecutor(2) as pool:
            list(pool.map(partial(papermill_one, into), paths))
    else:
        one = papermill_one if peer == "papermill_api" else ploomber_one
        for path in paths:
            one(into, path)


if __name__ == "__main__":
    main()
