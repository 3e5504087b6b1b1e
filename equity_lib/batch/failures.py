"""What went wrong in a run: a kind, a place and an exception's type; never its text, which quotes values."""

import re
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from equity_lib import errors
from equity_lib.errors import EnvironmentProblem, EquityError, ReportFailed

_SENTENCES = {
    "raised": "cell {cell} raised {exception}",
    "memory": "out of memory in cell {cell} ({exception})",
    "died": "the kernel died in cell {cell} ({exception})",
    "start": "the kernel died before the first cell ({exception})",
    "timeout": "stopped by the time limit in cell {cell} ({exception}); --timeout sets it",
    "no_kernel": "there is no Jupyter kernel {exception!r}; `make` installs it",
    "slow": "stopped by the time limit ({exception}); --timeout sets it",
    "worker": "the process that ran it died ({exception})",
    "changed": "its inputs changed while it ran; run again",
    "withheld": "withheld, because it cites what failed: {exception}",
    "refused": "{exception}",
    "bug": "a bug of ours ({exception})",
}
_PLACE = re.compile(r"(?:File|Cell) ([^\n,]*?)(?::(\d+)|, line (\d+))")
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True)
class Failure:
    """One run that failed.

    Parameters
    ----------
    kind
        Key of the sentence.
    cell
        Number of the code cell, as JupyterLab counts after *Run All*; 0 where there is none.
    exception
        Type of the exception (or signal, limit, notebook names, by kind).
    message
        Text of one of our own errors: it names files and parameters, never a personal value.
    exit_code
        The command's, if this is the worst that happened.
    frames
        File and line of each frame, for the log.
    """

    kind: str
    cell: int = 0
    exception: str = ""
    message: str = ""
    exit_code: int = ReportFailed.exit_code
    frames: tuple[str, ...] = ()

    def __str__(self) -> str:
        text = _SENTENCES[self.kind].format(cell=self.cell, exception=self.exception)
        return f"{text}: {self.message}" if self.message else text

    def as_json(self) -> dict[str, Any]:
        """For the worker's reply and the log."""
        return asdict(self)

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> "Failure":
        """The failure a worker replied."""
        return Failure(**{**data, "frames": tuple(data["frames"])})


class Failed(Exception):  # noqa: N818 - how a run ended, not an error of ours
    """Carries a failure out of a run."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.kind)
        self.failure = failure


def in_cell(cell: int, exception: str, text: str, traceback_lines: Sequence[str]) -> Failure:
    """The failure of a cell, from what the kernel replied.

    Parameters
    ----------
    exception, text
        The exception's type and text; the text is kept only if the type is one of our errors.
    """
    frames = tuple(_places("\n".join(traceback_lines)))
    if exception.endswith("MemoryError"):
        return Failure("memory", cell, exception, frames=frames)
    own = getattr(errors, exception, None)
    if isinstance(own, type) and issubclass(own, EquityError):
        return Failure("raised", cell, exception, text, own.exit_code, frames)
    return Failure("raised", cell, exception, frames=frames)


def in_worker(error: BaseException) -> Failure:
    """The failure of a worker itself: of the machine, one of our errors, or a bug."""
    if isinstance(error, EquityError):
        return Failure("refused", exception=str(error), exit_code=error.exit_code, frames=frames_of(error))
    if isinstance(error, MemoryError):
        return Failure("refused", exception="out of memory", exit_code=EnvironmentProblem.exit_code)
    return Failure("bug", exception=type(error).__name__, exit_code=70, frames=frames_of(error))


def frames_of(error: BaseException) -> tuple[str, ...]:
    """File, line and function of each frame of an exception."""
    return tuple(
        f"{_short(f.filename)}:{f.lineno} {f.name}" for f in traceback.extract_tb(error.__traceback__)
    )


def _places(text: str) -> list[str]:
    return [f"{_short(m[1])}:{m[2] or m[3]}" for m in _PLACE.finditer(_COLOUR.sub("", text))]


def _short(name: str) -> str:
    """A path without the part that names this machine's folders."""
    parts = Path(name).parts
    for start in ("site-packages", "equity_lib", "notebooks"):
        if start in parts:
            return "/".join(parts[len(parts) - parts[::-1].index(start) - (start != "site-packages") :])
    return parts[-1] if parts else ""
