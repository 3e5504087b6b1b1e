"""When a job's cells may run, and for how long."""

import math
import threading
from collections.abc import Callable


class Turns:
    """What a job takes before its cells run or its pages are made, and gives back when they have.

    More jobs than turns have their kernels started ahead. Turns are taken in the order of `next`, even if
    a later job is ready first.

    Parameters
    ----------
    count
        How many there are at once.
    """

    def __init__(self, count: float = math.inf) -> None:
        self.free = count
        self.closed = False
        self.changed = threading.Condition()
        #: Numbers of those that were neither taken nor given up.
        self.waiting: set[int] = set()
        self._made = 0

    def next(self, on_taken: Callable[[], None] = lambda: None) -> "Turn":
        """The turn after all those before."""
        with self.changed:
            self._made += 1
            self.waiting.add(self._made)
            return Turn(self, self._made, on_taken)

    def close(self) -> None:
        """Let nobody wait any longer."""
        with self.changed:
            self.closed = True
            self.changed.notify_all()


class Turn:
    """A job's turn: `Turns.next` makes it; it can be taken again, as by a job that is done again."""

    def __init__(self, turns: Turns, number: int, on_taken: Callable[[], None]) -> None:
        self._turns = turns
        self._number = number
        self._on_taken = on_taken
        self._held = False

    def take(self) -> None:
        """Wait for it."""
        turns = self._turns
        with turns.changed:
            if not self._held:
                turns.changed.wait_for(self._comes)
                self._held = True
                turns.free -= 1
                turns.waiting.discard(self._number)
                turns.changed.notify_all()
                self._on_taken()

    def give(self) -> None:
        """Let another have it; nothing if it was given before."""
        turns = self._turns
        with turns.changed:
            turns.free += self._held
            self._held = False
            turns.waiting.discard(self._number)
            turns.changed.notify_all()

    def _comes(self) -> bool:
        turns = self._turns
        first = min(turns.waiting, default=self._number)
        return turns.closed or (turns.free > 0 and self._number <= first)


class Limit:
    """Does something when its seconds are over, unless it was ended before."""

    def __init__(self, seconds: float, stop: Callable[[], None]) -> None:
        self.reached = False
        self._stop = stop
        self._timer = threading.Timer(seconds, self._reach)
        self._timer.daemon = True
        self._timer.start()

    def end(self) -> None:
        """Wait no longer."""
        self._timer.cancel()

    def _reach(self) -> None:
        self.reached = True
        self._stop()
