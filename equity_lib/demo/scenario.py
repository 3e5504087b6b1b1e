"""What is planted: years, sizes, rates and effects, each a named number that the truth file repeats."""

import zlib
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from equity_lib.programme.places import Place, districts

FIRST_YEAR = 2562
SEED = 2562
#: Children of each single year of age at the start, in one province at scale 1.
COHORT = 750
#: Out-of-school cases found in a programme year, in one province at scale 1.
CASES_FOUND = 1_500
#: The published streams of 2562 and what follows them: [rate in baht, cases] by programme year.
STREAMS: dict[str, list[tuple[int, int]]] = {
    "early_childhood": [(800, 1_872), (800, 2_310), (900, 2_480), (900, 2_500), (900, 2_500)],
    "out_of_school": [(4_000, 178), (4_000, 420), (4_500, 510), (4_500, 520), (4_500, 530)],
    "covid_aid": [(600, 1_580), (600, 2_950), (600, 1_150), (600, 1_000), (600, 900)],
}
GRANTS = (5_500_000, 11_204_470, 9_800_000, 9_800_000, 9_800_000)
#: Baht that the stated total of the first year holds beyond its streams, as published; spent on other lines.
GAP = 875_000

#: Poverty score below which the national transfer is given, by programme year; lower is poorer.
CUTOFFS = (412.0, 405.0, 420.0, 410.0, 415.0)
#: Programme year in which keen households up to HEAP_FROM above the cut-off end up to HEAP_TO below it.
HEAPED = 2564
HEAP_FROM, HEAP_TO, HEAP_SHARE = 10.0, 3.0, 0.9

ATTENDANCE_EFFECT = 5.0
RETENTION_EFFECT = 0.06
RETURN_EFFECT = 0.18
RETURN_DAYS = 180
#: Share of returns within 180 days that the diverging districts gain each half-year, roll-out or not.
DRIFT = 0.09
SUPPORT_EFFECT = 0.0
#: Points of readiness that a standard deviation of the care centre's quality brings (the confounder).
QUALITY_EFFECT = 6.0

#: Half-years (0 = Oct 2562 to Mar 2563) in which groups of districts start case teams; None is never.
Group = Literal["first", "second", "diverging", "never"]
STARTS: dict[Group, int | None] = {"first": 2, "second": 3, "diverging": 4, "never": None}
_SHARES: dict[Group, float] = {"first": 0.27, "second": 0.50, "diverging": 0.69}


@dataclass(frozen=True)
class Scenario:
    """One synthetic area.

    Parameters
    ----------
    area, province
        Name of the area, and the two-digit code of the province whose places it borrows.
    seed, scale, years
        Seed of every draw; multiple of the published size; number of programme years, 1 to 5.
    """

    area: str = "demo"
    province: str = "40"
    seed: int = SEED
    scale: int = 1
    years: int = 3

    @property
    def program_years(self) -> range:
        """Programme years, Buddhist Era."""
        return range(FIRST_YEAR, FIRST_YEAR + self.years)

    @cached_property
    def districts(self) -> tuple[Place, ...]:
        """The province's real districts."""
        return districts(self.province)

    def rng(self, *part: str | int) -> np.random.Generator:
        """A stream of its own for each part, so that parts don't depend on each other's order."""
        name = zlib.crc32("/".join(map(str, part)).encode())
        return np.random.default_rng([self.seed, int(self.province), name])

    def rate(self, stream: str, year: int) -> int:
        """Baht a case."""
        return STREAMS[stream][year - FIRST_YEAR][0]

    def cases(self, stream: str, year: int) -> int:
        """Cases the office claims."""
        return STREAMS[stream][year - FIRST_YEAR][1] * self.scale

    def cutoff(self, year: int) -> float:
        """Score below which a household is extremely poor."""
        return CUTOFFS[year - FIRST_YEAR]

    @cached_property
    def groups(self) -> NDArray[np.str_]:
        """Roll-out group of each district, in order of code."""
        count = len(self.districts)
        place = np.empty(count)
        place[self.rng("groups").permutation(count)] = (np.arange(count) + 0.5) / count
        edges = np.array(list(_SHARES.values()))
        return np.array(list(STARTS))[np.searchsorted(edges, place)]
