"""Progress of a run: a bar with the notebooks in hand in a terminal, plain lines elsewhere."""

import os
import sys
from typing import Any, Protocol


class Progress(Protocol):
    """What a run tells while it is at work; called from the main thread but for `at_cell`."""

    def begin(self, total: int) -> None:
        """`total` jobs are to do."""

    def started(self, key: str) -> None:
        """A job is in hand."""

    def at_cell(self, key: str, cell: int) -> None:
        """A notebook in hand has come to a cell."""

    def finished(self, key: str) -> None:
        """A job is done."""

    def failed(self, key: str, text: str) -> None:
        """A job failed."""

    def say(self, text: str) -> None:
        """A line for the reader."""

    def end(self) -> None:
        """The last job has ended."""


class PlainProgress:
    """One line an event, for logs and pipes."""

    def begin(self, total: int) -> None:
        """Nothing: the lines say enough."""

    def started(self, key: str) -> None:
        """Nothing: the line comes when the job has ended."""

    def at_cell(self, key: str, cell: int) -> None:
        """Nothing: a log need not know."""

    def finished(self, key: str) -> None:
        """Say so."""
        self.say(f"{key}: done")

    def failed(self, key: str, text: str) -> None:
        """Say so, and why."""
        self.say(f"{key}: FAILED, {text}")

    def say(self, text: str) -> None:
        """Print the line at once; if the reader, such as `head`, has gone, work on in silence."""
        try:
            print(text, flush=True)
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

    def end(self) -> None:
        """Nothing to tidy."""


class BarProgress:
    """One bar, the jobs in hand beside it, failures above it."""

    def __init__(self) -> None:
        from rich.console import Console

        self._console = Console(highlight=False, markup=False, soft_wrap=True)
        self._bar: Any = None
        self._task: Any = None
        self._hand: dict[str, int] = {}

    def begin(self, total: int) -> None:
        """Show the bar."""
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
        from rich.progress import Progress as Bar

        columns = (
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.description}", markup=False),
        )
        self._bar = Bar(*columns, console=self._console, transient=True)
        self._task = self._bar.add_task("", total=total)
        self._bar.start()

    def started(self, key: str) -> None:
        """Show the job beside the bar."""
        self._hand[key] = 0
        self._show()

    def at_cell(self, key: str, cell: int) -> None:
        """Show the cell."""
        if key in self._hand:
            self._hand[key] = cell
            self._show()

    def finished(self, key: str) -> None:
        """Take the job away and move the bar."""
        self._hand.pop(key, None)
        if self._bar is not None:
            self._bar.advance(self._task)
        self._show()

    def failed(self, key: str, text: str) -> None:
        """One line above the bar."""
        self.say(f"{key}: FAILED, {text}")
        self.finished(key)

    def say(self, text: str) -> None:
        """Print above the bar."""
        self._console.print(text)

    def end(self) -> None:
        """Remove the bar."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None

    def _show(self) -> None:
        if self._bar is not None:
            parts = [f"{key} [{cell}]" if cell else key for key, cell in list(self._hand.items())]
            self._bar.update(self._task, description=" · ".join(parts))


def progress() -> Progress:
    """The bar if somebody watches, else lines."""
    return BarProgress() if sys.stdout.isatty() else PlainProgress()
