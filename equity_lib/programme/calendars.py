"""Thai calendars: years of different kinds that don't mix, and dates in the Buddhist Era."""

import calendar
import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import ClassVar, Literal, Self

ERA_OFFSET = 543
# 1900–2099 in C.E.: wide enough for any birth date, and disjoint from the same years in B.E.
COMMON_YEARS = range(1900, 2100)
BUDDHIST_YEARS = range(COMMON_YEARS.start + ERA_OFFSET, COMMON_YEARS.stop + ERA_OFFSET)
# A two-digit year is of the century 25xx (DOMAIN §3: 63 is 2563).
CENTURY = 2500

# Not `calendar.month_name` for English: it follows the locale of the machine.
_MONTHS = (
    ("มกราคม", "ม.ค.", "January"),
    ("กุมภาพันธ์", "ก.พ.", "February"),
    ("มีนาคม", "มี.ค.", "March"),
    ("เมษายน", "เม.ย.", "April"),
    ("พฤษภาคม", "พ.ค.", "May"),
    ("มิถุนายน", "มิ.ย.", "June"),
    ("กรกฎาคม", "ก.ค.", "July"),
    ("สิงหาคม", "ส.ค.", "August"),
    ("กันยายน", "ก.ย.", "September"),
    ("ตุลาคม", "ต.ค.", "October"),
    ("พฤศจิกายน", "พ.ย.", "November"),
    ("ธันวาคม", "ธ.ค.", "December"),
)
MONTHS_TH, MONTHS_TH_SHORT, MONTHS_EN = zip(*_MONTHS, strict=True)
MONTHS_EN_SHORT = tuple(name[:3] for name in MONTHS_EN)
# Month by its name without dots and spaces, in lower case: "พย", "พฤศจิกายน", "nov", "november".
MONTH_NUMBERS: Mapping[str, int] = MappingProxyType(
    {
        name.replace(".", "").lower(): number
        for names in (MONTHS_TH, MONTHS_TH_SHORT, MONTHS_EN, MONTHS_EN_SHORT)
        for number, name in enumerate(names, start=1)
    }
)
# Tables for `str.translate`.
TO_ARABIC_DIGITS = str.maketrans("๐๑๒๓๔๕๖๗๘๙０１２３４５６７８９", "0123456789" * 2)
TO_THAI_DIGITS = str.maketrans("0123456789", "๐๑๒๓๔๕๖๗๘๙")

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


# What a date may look like, Thai months last; a part may be absent, so that it can be named as missing.
_YEAR = r"(?P<year>\d{4}|\d{2})"
_SHAPES = tuple(
    re.compile(shape, re.IGNORECASE | re.ASCII)
    for shape in (
        r"(?P<year>\d{4})(?:(?P<sep>[-/.])(?P<month>\d{1,2})(?:(?P=sep)(?P<day>\d{1,2}))?)?",
        rf"(?P<day>\d{{1,2}})(?P<day_first>[-/.])(?P<month>\d{{1,2}})(?:(?P=day_first){_YEAR})?",
        r"(?P<month>\d{1,2})[-/.](?P<year>\d{4})",
        r"(?:วันที่\s*)?(?P<day>\d{1,2})?\s*(?:เดือน\s*)?(?P<name>[^\d(]+?)"
        rf"\s*(?P<era>[พค]\.?\s?ศ\.?)?\s*{_YEAR}?(?:\s*\(B\.E\.\s*(?P<paired>\d{{4}})\))?",
    )
)


def parse_date(text: str) -> dt.date:
    """Read a Thai date; its year is B.E. unless marked ค.ศ. or paired with the B.E. year.

    Parameters
    ----------
    text
        Such as "2563-11-25", "25/11/2563", "25 พ.ย. 63", "๒๕ พฤศจิกายน พ.ศ. ๒๕๖๓" or
        "25 November 2020 (B.E. 2563)", in Arabic, Thai or full-width digits.

    Raises
    ------
    ValueError
        If a part is missing, day and month can't be told apart (5/11/2563), the year looks like
        C.E. or the day does not exist. A text without the shape of a date is not quoted: it may
        be a name.

    Source
    ------
    DOMAIN §3: 543 is subtracted before the date is built, so that 29/2/2563 is valid.

    Example
    -------
    >>> parse_date("๒๕ พ.ย. ๖๓")
    datetime.date(2020, 11, 25)
    """
    plain = " ".join(text.translate(TO_ARABIC_DIGITS).split())
    matches = (shape.fullmatch(plain) for shape in _SHAPES)
    parts = next((match.groupdict() for match in matches if match), {})
    if name := parts.get("name"):
        parts["month"] = MONTH_NUMBERS.get(re.sub(r"[-/.\s]", "", name).lower())
    if not parts or (name and not parts["month"]):
        raise ValueError("found a text that is not a date; allowed: one such as 2563-11-25 or 25 พ.ย. 2563")
    if missing := [part for part in ("day", "month", "year") if not parts.get(part)]:
        raise ValueError(f"found '{plain}', without {' and '.join(missing)}; allowed: day, month and year")
    year, month, day = _year(plain, parts), int(parts["month"]), int(parts["day"])
    if parts.get("day_first") and day <= 12 and month <= 12 and day != month:
        order = "where day and month can't be told apart"
        raise ValueError(f"found '{plain}', {order}; allowed: one such as 2563-11-25 or 25 พ.ย. 2563")
    try:
        return dt.date(year.to_common().ce, month, day)
    except ValueError:
        days = calendar.monthrange(year.to_common().ce, month)[1] if 1 <= month <= 12 else 0
        allowed = f"a day 1–{days} in {month}/{year}" if days else "a month 1–12, after the day"
        raise ValueError(f"found '{plain}', which does not exist; allowed: {allowed}") from None


def _year(plain: str, parts: Mapping[str, str | None]) -> CalendarYear:
    year, paired, era = str(parts["year"]), parts.get("paired"), parts.get("era") or ""
    if not paired and not era.startswith("ค"):
        return CalendarYear(int(year) + (CENTURY if len(year) == 2 else 0))
    converted = CommonYear(int(year)).to_buddhist()
    if paired not in (None, str(converted)):
        raise ValueError(f"found '{plain}', whose two years differ; allowed: B.E. = C.E. + {ERA_OFFSET}")
    return converted


def format_date(
    date: dt.date,
    language: Literal["th", "en"],
    digits: Literal["arabic", "thai"] = "arabic",
    short: bool = False,
) -> str:
    """Write a date as a Thai report does; `parse_date` reads every form back.

    Returns
    -------
    str
        Thai "25 พฤศจิกายน พ.ศ. 2563", short "25 พ.ย. 2563"; English "25 November 2020 (B.E. 2563)",
        short "25 Nov 2020 (B.E. 2563)".

    Raises
    ------
    ValueError
        If the date lies outside `COMMON_YEARS`.

    Example
    -------
    >>> format_date(dt.date(2020, 11, 25), "th", digits="thai", short=True)
    '๒๕ พ.ย. ๒๕๖๓'
    """
    be = CommonYear(date.year).to_buddhist()
    if language == "th":
        months = MONTHS_TH_SHORT if short else MONTHS_TH
        text = f"{date.day} {months[date.month - 1]} {'' if short else 'พ.ศ. '}{be}"
    else:
        months = MONTHS_EN_SHORT if short else MONTHS_EN
        text = f"{date.day} {months[date.month - 1]} {date.year} (B.E. {be})"
    return thai_digits(text) if digits == "thai" else text


def thai_digits(text: str) -> str:
    """Write the digits of a text as Thai digits.

    Example
    -------
    >>> thai_digits("875,000 บาท")
    '๘๗๕,๐๐๐ บาท'
    """
    return text.translate(TO_THAI_DIGITS)
