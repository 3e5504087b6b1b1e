"""`equity run`: find what is stale, execute it, publish each area-year whole, then the index pages."""

from collections.abc import Sequence
from concurrent.futures import Executor
from contextlib import nullcontext
from pathlib import Path

from equity_lib.batch.cluster import connected, refuse_open
from equity_lib.batch.fingerprints import Inputs
from equity_lib.batch.interruption import interruptible
from equity_lib.batch.options import Options
from equity_lib.batch.outputs import Outputs
from equity_lib.batch.plan import read_plan
from equity_lib.batch.progress import PlainProgress, Progress
from equity_lib.batch.status import Survey, survey
from equity_lib.registry.mirror import bring


def run(
    root: Path,
    targets: Sequence[str] = (),
    options: Options | None = None,
    progress: Progress | None = None,
    executor: Executor | None = None,
) -> int:
    """Bring the reports of the targets up to date.

    Parameters
    ----------
    root
        The project folder.
    targets
        `AREA` or `AREA/YEAR`; none means all.
    executor
        Does the jobs in place of this machine's processes.

    Returns
    -------
    int
        0, or the exit code of the worst failure; what didn't fail is published.

    Raises
    ------
    WrongParameters
        If the plan doesn't hold; nothing was started.
    EnvironmentProblem
        If the machine doesn't let us work; earlier pages are untouched.
    KeyboardInterrupt
        On Ctrl-C, SIGTERM or SIGHUP, after all workers have been ended.
    """
    options, progress = options or Options(), progress or PlainProgress()
    if options.dask:
        refuse_open(options.dask)
    plan = read_plan(root, targets, options.notebooks)
    outputs = Outputs(root / "outputs")
    bring(root, (area for area, _ in plan.selected))
    with interruptible(), outputs.lock() as scratch:
        inputs = Inputs(root, outputs.hashes)
        state = survey(plan, inputs, outputs, options.languages, options.force)
        try:
            if not state.lines():
                progress.say(f"Nothing to do: {state.count} are up to date.")
                return 0
            from equity_lib.batch.jobs import Batch  # imports what "nothing to do" needn't wait for

            with connected(options) if options.dask else nullcontext((executor, options)) as (who, how):
                return Batch(plan, state, outputs, inputs, how, progress, scratch, who).work()
        finally:
            outputs.hashes.save()


def status(
    root: Path, targets: Sequence[str] = (), options: Options | None = None, remember: bool = True
) -> Survey:
    """What `run` with the same arguments would find stale, and why; nothing is changed.

    Parameters
    ----------
    remember
        Keep the hashes of what was read, if the outputs folder can be written to.
    """
    options = options or Options()
    plan = read_plan(root, targets, options.notebooks)
    outputs = Outputs(root / "outputs")
    bring(root, (area for area, _ in plan.selected))
    found = survey(plan, Inputs(root, outputs.hashes), outputs, options.languages, options.force)
    if remember:
        outputs.hashes.save()
    return found
