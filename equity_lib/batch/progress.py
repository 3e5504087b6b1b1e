"""Progress of a run: a bar with the notebooks in hand in a terminal, lines or JSON elsewhere."""

import json
import os
import sys
import threading
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, Protocol


@dataclass(frozen=True)
class YearDone:
    """What became of an area-year, for the table at the end.

    Parameters
    ----------
    done, failed, current
        Reports that were made, that failed, and that were up to date.
    seconds
        Of all its jobs, one after the other.
    published
        Whether its pages are new; else they are as before.
    """

    year: str
    done: int
    failed: int
    current: int
    seconds: float
    published: bool

    @property
    def pages(self) -> str:
        """What became of its pages."""
        return "published" if self.published else "as before"

    def __str__(self) -> str:
        counts = f"{self.done} done, {self.failed} failed, {self.current} up to date"
        return f"{self.year}: {counts}, {self.seconds:.1f} s, pages {self.pages}"


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

    def table(self, years: Sequence[YearDone]) -> None:
        """What became of each area-year."""


#: Cells are told from several threads, and `print` writes a line and its end one after the other.
_whole_lines = threading.Lock()


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
            with _whole_lines:
                print(text, flush=True)
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

    def end(self) -> None:
        """Nothing to tidy."""

    def table(self, years: Sequence[YearDone]) -> None:
        """A line each."""
        for each in years:
            self.say(str(each))


class QuietProgress(PlainProgress):
    """Failures only, for cron: whoever gets a mail has something to do."""

    def finished(self, key: str) -> None:
        """Nothing."""

    def say(self, text: str) -> None:
        """Nothing."""

    def failed(self, key: str, text: str) -> None:
        """Say so, and why."""
        super().say(f"{key}: FAILED, {text}")


class JsonProgress(PlainProgress):
    """One JSON object a line, for machines that watch."""

    def begin(self, total: int) -> None:
        """How many jobs there are."""
        self._event("begin", jobs=total)

    def started(self, key: str) -> None:
        """A job is in hand."""
        self._event("started", job=key)

    def at_cell(self, key: str, cell: int) -> None:
        """A notebook has come to a cell."""
        self._event("cell", job=key, cell=cell)

    def finished(self, key: str) -> None:
        """A job is done."""
        self._event("finished", job=key)

    def failed(self, key: str, text: str) -> None:
        """A job failed."""
        self._event("failed", job=key, why=text)

    def say(self, text: str) -> None:
        """What a person would read."""
        self._event("said", text=text)

    def end(self) -> None:
        """The last job has ended."""
        self._event("end")

    def table(self, years: Sequence[YearDone]) -> None:
        """One event for each area-year."""
        for each in years:
            self._event("year", **asdict(each))

    def _event(self, event: str, **details: Any) -> None:
        time = datetime.now(UTC).isoformat(timespec="milliseconds")
        PlainProgress.say(self, json.dumps({"time": time, "event": event, **details}, ensure_ascii=False))


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
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            TextColumn,
            TimeElapsedColumn,
            TimeRemainingColumn,
        )
        from rich.progress import Progress as Bar

        columns = (
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
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

    def table(self, years: Sequence[YearDone]) -> None:
        """A table."""
        from rich.table import Table

        shown = Table(box=None, pad_edge=False)
        shown.add_column("year")
        for head in ("done", "failed", "up to date", "seconds"):
            shown.add_column(head, justify="right")
        shown.add_column("pages")
        for each in years:
            counts = (each.done, each.failed, each.current)
            shown.add_row(each.year, *map(str, counts), f"{each.seconds:.1f}", each.pages)
        self._console.print(shown)

    def _show(self) -> None:
        if self._bar is not None:
            parts = [f"{key} [{cell}]" if cell else key for key, cell in list(self._hand.items())]
            self._bar.update(self._task, description=" · ".join(parts))


def progress(quiet: bool = False, log_json: bool = False) -> Progress:
    """What was asked for; else the bar if somebody watches, else lines."""
    if log_json:
        return JsonProgress()
    if quiet:
        return QuietProgress()
    return BarProgress() if sys.stdout.isatty() else PlainProgress()
