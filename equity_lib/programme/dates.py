"""Dates in the Buddhist Era: read from, and written as, the text of a Thai document."""

import calendar
import datetime as dt
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

from equity_lib.programme.calendars import CENTURY, ERA_OFFSET, CalendarYear, CommonYear

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
