"""Executors: `execute(run)`, one executed notebook, whole or absent.

Whatever has `submit` can call it: a pool of threads that wait for worker processes now, a cluster's
executor later. Another way to start a kernel is another `Options.kernel`.
"""

import os
from collections.abc import Callable
from pathlib import Path

from equity_lib.batch.executed import sealed
from equity_lib.batch.failures import Failed, Failure
from equity_lib.batch.fingerprints import Inputs, digest, fingerprint_of
from equity_lib.batch.outputs import Outputs
from equity_lib.batch.plan import Run
from equity_lib.batch.turns import Turn
from equity_lib.batch.workers import Workers
from equity_lib.registry.asked import Asked

_SOCKET_PATH = 60  # bytes for the folder of a Unix socket, whose path may have about 104


def execute(
    run: Run,
    workers: Workers,
    outputs: Outputs,
    inputs: Inputs,
    turn: Turn | None = None,
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
    before = inputs.components(run)
    state = inputs.state(run.area)
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
        "seed": int(digest(run.key)[:8], 16),
        "library": inputs.library,
        "into": str(aside),
    }
    try:
        done = workers.do(request, turn, on_cell)
        asked = [Asked.from_json(each) for each in done["asked"]]
        components = inputs.components(run, asked, state)
        now = Inputs(inputs.root, outputs.hashes)
        if inputs.components(run, (), state) != before or now.components(run, asked) != components:
            raise Failed(Failure("changed"))
        aside.write_text(sealed(aside.read_text("utf-8"), fingerprint_of(components)), "utf-8")
        # The record goes first: dying in between leaves a record that doesn't fit, so a re-run.
        record = {
            "components": components,
            "asked": [each.as_json() for each in asked],
            "sha256": outputs.hashes.of(aside),
        }
        outputs.write(record, run.area, str(run.program_year), f"{run.name}.json")
        aside.replace(target)
    finally:
        aside.unlink(missing_ok=True)
    return target
