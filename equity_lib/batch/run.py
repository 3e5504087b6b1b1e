"""`equity run`: find what is stale, execute it, publish each area-year whole, then the index pages."""

import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from equity_lib.batch.fingerprints import Inputs
from equity_lib.batch.options import Options
from equity_lib.batch.outputs import Outputs
from equity_lib.batch.plan import read_plan
from equity_lib.batch.progress import PlainProgress, Progress
from equity_lib.batch.status import Survey, survey

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def run(
    root: Path, targets: Sequence[str] = (), options: Options | None = None, progress: Progress | None = None
) -> int:
    """Bring the reports of the targets up to date.

    Parameters
    ----------
    root
        The project folder.
    targets
        `AREA` or `AREA/YEAR`; none means all.

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
    plan = read_plan(root, targets, options.notebooks)
    outputs = Outputs(root / "outputs")
    with _interruptible(), outputs.lock() as scratch:
        inputs = Inputs(root, outputs.hashes)
        state = survey(plan, inputs, outputs, options.languages, options.force)
        try:
            if not state.lines():
                progress.say(f"Nothing to do: {state.count} are up to date.")
                return 0
            from equity_lib.batch.jobs import Batch  # imports what "nothing to do" needn't wait for

            return Batch(plan, state, outputs, inputs, options, progress, scratch).work()
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
    found = survey(plan, Inputs(root, outputs.hashes), outputs, options.languages, options.force)
    if remember:
        outputs.hashes.save()
    return found


@contextmanager
def _interruptible() -> Iterator[None]:
    """Let SIGTERM and SIGHUP end the run as Ctrl-C does, and once: clearing up isn't disturbed."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in _SIGNALS}

    def stop(number: int, frame: FrameType | None) -> None:
        del number, frame
        for each in _SIGNALS:
            signal.signal(each, signal.SIG_IGN)
        raise KeyboardInterrupt

    for number in _SIGNALS:
        if before[number] is not signal.SIG_IGN:  # as `nohup` wants it
            signal.signal(number, stop)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
