"""The error family: shown to the user without a traceback, each with its exit code."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Fault:
    """One thing that is wrong, said so that a clerk can mend it.

    Parameters
    ----------
    file, line, key
        Where: path as the user gave it, 1-based line (0 where there is none), and the
        parameter, sheet!cell, column or option.
    found, allowed, action
        What stands there, what may stand there, and what to do next. Never a personal value.
    """

    file: str
    line: int
    key: str
    found: str
    allowed: str
    action: str = ""

    def __str__(self) -> str:
        place = ":".join(part for part in (self.file, str(self.line or "")) if part)
        where = ": ".join(part for part in (place, self.key) if part)
        text = f"{where}: found {self.found}; allowed: {self.allowed}"
        return f"{text}. {self.action}" if self.action else text


class EquityError(Exception):
    """Base of what is shown to a user as plain sentences; `exit_code` is the command's."""

    exit_code = 70

    def __init__(self, message: str, faults: Sequence[Fault] = ()) -> None:
        self.message = message
        self.faults = tuple(sorted(faults))
        super().__init__("\n".join([message, *(f"  {fault}" for fault in self.faults)]))


class ReportFailed(EquityError):
    """Some report failed; the others are published."""

    exit_code = 1


class WrongParameters(EquityError):
    """Wrong usage, or parameters that don't hold."""

    exit_code = 2


class InputRejected(EquityError):
    """A file of an office can't be read as what it is meant to be."""

    exit_code = 3


class DisclosureRefused(EquityError):
    """A result can't be shown to be safe, so nothing of it is published."""

    exit_code = 4


class NotReproducible(EquityError):
    """A re-run gave other bytes."""

    exit_code = 5


class EnvironmentProblem(EquityError):
    """Disk, permission, missing tool, or another run holding the lock."""

    exit_code = 6
