"""Thai calendars: years of different kinds that don't mix."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import ClassVar, Self

ERA_OFFSET = 543
# 1900–2099 in C.E.: wide enough for any birth date, and disjoint from the same years in B.E.
COMMON_YEARS = range(1900, 2100)
BUDDHIST_YEARS = range(COMMON_YEARS.start + ERA_OFFSET, COMMON_YEARS.stop + ERA_OFFSET)
# A two-digit year is of the century 25xx (DOMAIN §3: 63 is 2563).
CENTURY = 2500

# Opening days that a source states; other academic years open in mid-May, day not stated (DOMAIN §3).
ACADEMIC_OPENINGS: Mapping[int, dt.date] = MappingProxyType({2563: dt.date(2020, 7, 1)})
_OPENING_MONTH, _LAST_MONTH = 5, 3


@dataclass(frozen=True, order=True)
class _BuddhistYear:
    """A year numbered in B.E.; equal to and ordered with years of its own kind only.

    Raises
    ------
    ValueError
        If the year is not in `BUDDHIST_YEARS`; the message says so when it looks like C.E.
    """

    be: int

    def __post_init__(self) -> None:
        if self.be not in BUDDHIST_YEARS:
            looks_common = f", which looks like C.E.; B.E. would be {self.be + ERA_OFFSET}"
            raise ValueError(
                f"found {self.be}{looks_common if self.be in COMMON_YEARS else ''}; "
                f"allowed: a B.E. year {BUDDHIST_YEARS.start}–{BUDDHIST_YEARS.stop - 1}"
            )

    def __str__(self) -> str:
        return str(self.be)


@dataclass(frozen=True, order=True)
class _TwelveMonths(_BuddhistYear):
    """A B.E. year that starts on the first of a month: January, or a month of the year before."""

    start_month: ClassVar[int] = 1

    @classmethod
    def of(cls, day: dt.date) -> Self:
        """Return the year that holds `day`."""
        return cls(day.year + ERA_OFFSET + (1 < cls.start_month <= day.month))

    @property
    def first(self) -> dt.date:
        """First day."""
        return dt.date(self.be - ERA_OFFSET - (self.start_month > 1), self.start_month, 1)

    @property
    def last(self) -> dt.date:
        """Last day."""
        return self.first.replace(year=self.first.year + 1) - dt.timedelta(days=1)


@dataclass(frozen=True, order=True)
class CalendarYear(_TwelveMonths):
    """A calendar year in B.E., 1 January to 31 December (so since B.E. 2484).

    Example
    -------
    >>> CalendarYear.of(dt.date(2020, 11, 25)).to_common()
    CommonYear(ce=2020)
    """

    def to_common(self) -> "CommonYear":
        """Return the same year in the Common Era."""
        return CommonYear(self.be - ERA_OFFSET)


@dataclass(frozen=True, order=True)
class FiscalYear(_TwelveMonths):
    """A fiscal year in B.E.: year n is 1 October n-1 to 30 September n.

    Example
    -------
    >>> FiscalYear.of(dt.date(2020, 11, 25))
    FiscalYear(be=2564)
    """

    start_month: ClassVar[int] = 10


@dataclass(frozen=True, order=True)
class CommonYear:
    """A year of the Common Era.

    Example
    -------
    >>> CommonYear(2020).to_buddhist()
    CalendarYear(be=2563)
    """

    ce: int

    def __post_init__(self) -> None:
        if self.ce not in COMMON_YEARS:
            allowed = f"a C.E. year {COMMON_YEARS.start}–{COMMON_YEARS.stop - 1}"
            raise ValueError(f"found {self.ce}; allowed: {allowed}")

    def to_buddhist(self) -> CalendarYear:
        """Return the same year in the Buddhist Era."""
        return CalendarYear(self.ce + ERA_OFFSET)


@dataclass(frozen=True, order=True)
class AcademicYear(_BuddhistYear):
    """An academic year in B.E.: year n is mid-May n to March n+1, unless a source states other days.

    Example
    -------
    >>> AcademicYear(2563).opened
    datetime.date(2020, 7, 1)
    """

    @property
    def opened(self) -> dt.date | None:
        """Opening day, or None where no source states it."""
        return ACADEMIC_OPENINGS.get(self.be)

    @classmethod
    def of(cls, day: dt.date) -> Self:
        """Return the year that holds `day`.

        Raises
        ------
        ValueError
            If `day` lies between two years, or in a May whose opening day is not stated.
        """
        if day.month <= _LAST_MONTH:
            return cls(day.year + ERA_OFFSET - 1)
        year = cls(day.year + ERA_OFFSET)
        if year.opened is None and day.month == _OPENING_MONTH:
            raise ValueError(
                f"found a day in May {year}, when academic year {year} opened on a day not stated; "
                "allowed: a day from June to March, or add the opening day to ACADEMIC_OPENINGS"
            )
        if day < (year.opened or dt.date(day.year, _OPENING_MONTH, 1)):
            raise ValueError(
                f"found a day before academic year {year} opened; allowed: a day of an academic year"
            )
        return year


@dataclass(frozen=True, order=True)
class ProgrammeYear(_BuddhistYear):
    """A programme year in B.E. with its own first and last day, each None where not stated.

    Two programme years are equal when their numbers are: the days describe the year.

    Raises
    ------
    ValueError
        If the last day comes before the first.

    Example
    -------
    >>> dt.date(2020, 11, 25) in ProgrammeYear(2563, dt.date(2020, 10, 1), dt.date(2021, 9, 30))
    True
    """

    first: dt.date | None = field(default=None, compare=False)
    last: dt.date | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.first and self.last and self.last < self.first:
            raise ValueError(
                f"found a last day of programme year {self} before its first; allowed: that day or later"
            )

    def __contains__(self, day: dt.date) -> bool:
        """Tell whether `day` is in the year; a ValueError where its days are not stated."""
        if self.first is None or self.last is None:
            raise ValueError(
                f"found programme year {self} without its first or last day; allowed: a year with both"
            )
        return self.first <= day <= self.last
