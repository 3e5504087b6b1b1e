"""Counts from one set of levels to another, as flows and networks read them."""

from collections.abc import Sequence
from dataclasses import dataclass

from equity_lib.report.charts.reading import Point, Reader


@dataclass(frozen=True)
class Pair:
    """A count from one level to another; the names ready to print."""

    start: str
    end: str
    point: Point


@dataclass(frozen=True)
class Pairs:
    """All pairs of a table that are not zero, and the two ordered lists of names."""

    starts: list[str]
    ends: list[str]
    pairs: list[Pair]

    def largest(self) -> float:
        """The largest shown count."""
        return max((pair.point.value or 0.0 for pair in self.pairs), default=0.0) or 1.0

    def of(self, start: str) -> list[Pair]:
        """What leaves a level, in the order of where it goes."""
        return [pair for pair in self.pairs if pair.start == start]


def pairs(reader: Reader) -> Pairs:
    """The cells of the dimensions `from` and `to`; pairs that the table hasn't, or zero ones, aren't drawn."""
    start, end = reader.dim("from"), reader.dim("to")
    measure = reader.given("x")
    made = []
    for one in _kept(reader, start.levels, start.total, "from"):
        for other in _kept(reader, end.levels, end.total, "to"):
            point = reader.find(measure, **{"from": one, "to": other})
            if point is None or point.value == 0 or point.status == "not_applicable":
                continue
            if point.value is not None and point.value < 0:
                raise reader.fail(f"the value from '{one}' to '{other}' is negative; allowed: counts.")
            made.append(Pair(reader.name(start, one), reader.name(end, other), point))
    if not made:
        raise reader.fail(f"there is no pair with measure '{measure}' to draw.")
    starts, ends = ({pair.start for pair in made}, {pair.end for pair in made})
    return Pairs(
        [name for name in (reader.name(start, level) for level in start.levels) if name in starts],
        [name for name in (reader.name(end, level) for level in end.levels) if name in ends],
        made,
    )


def _kept(reader: Reader, levels: Sequence[str], total: str | None, channel: str) -> list[str]:
    asked = reader.listed(f"{channel}_levels")
    return [level for level in levels if level != total and (not asked or level in asked)]
