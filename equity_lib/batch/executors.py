"""Executors: `execute(run)`, one executed notebook, whole or absent.

Whatever has `submit` can call it: a pool of threads that wait for worker processes now, a cluster's
executor later. Another way to start a kernel is another `Options.kernel`.
"""

import os
from collections.abc import Callable
from pathlib import Path

from equity_lib.batch.failures import Failed, Failure
from equity_lib.batch.fingerprints import Inputs, fingerprint_of
from equity_lib.batch.outputs import Outputs
from equity_lib.batch.plan import Run
from equity_lib.batch.workers import Workers

_SOCKET_PATH = 60  # bytes for the folder of a Unix socket, whose path may have about 104


def execute(
    run: Run,
    workers: Workers,
    outputs: Outputs,
    inputs: Inputs,
    on_cell: Callable[[int], None] = lambda _: None,
) -> Path:
    """Execute one run; its executed notebook is there whole, with its record, or not at all.

    Returns
    -------
    Path
        `outputs/.runs/<area>/<year>/<run>.ipynb`.

    Raises
    ------
    Failed
        With the failure; what an earlier run left stays.
    """
    components = inputs.components(run)
    target = outputs.executed(run.area, run.program_year, run.name)
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    aside = target.with_name(f".{target.name}.aside")
    request = {
        "do": "execute",
        "notebook": str(run.notebook),
        "parameters": dict(run.parameters),
        "kernel": workers.options.kernel,
        "memory": workers.options.memory << 20,
        "transport": "ipc" if len(os.fsencode(workers.scratch)) <= _SOCKET_PATH else "tcp",
        "fingerprint": fingerprint_of(components),
        "into": str(aside),
    }
    try:
        workers.do(request, on_cell)
        if Inputs(inputs.root, outputs.hashes).components(run) != components:
            raise Failed(Failure("changed"))
        # The record goes first: dying in between leaves a record that doesn't fit, so a re-run.
        record = {"components": components, "sha256": outputs.hashes.of(aside)}
        outputs.write(record, run.area, str(run.program_year), f"{run.name}.json")
        aside.replace(target)
    finally:
        aside.unlink(missing_ok=True)
    return target
