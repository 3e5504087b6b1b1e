"""Dates as offices write them: two eras, two orders, Thai words, spreadsheet serials."""

import datetime as dt
import re
from collections.abc import Iterable
from typing import Literal

from equity_lib.programme.calendars import CENTURY, ERA_OFFSET
from equity_lib.programme.dates import MONTH_NUMBERS
from equity_lib.registry.parsed import Reader, arabic

Order = Literal["auto", "dmy", "mdy", "ymd"]
Era = Literal["auto", "be", "ce"]

_EPOCH = dt.date(1899, 12, 30)
_TIME = re.compile(r"[ T]\d{1,2}[:.]\d{2}([:.]\d{2}(\.\d+)?)?(\s*น\.?)?$")
_ISO = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})$")
_SLASHED = re.compile(r"(\d{1,2})\s*[-/.\s]\s*(\d{1,2})\s*[-/.\s]\s*(\d{4}|\d{2})$")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})$")
_SERIAL = re.compile(r"\d{5,6}(\.0+)?$")
_WORDS = re.compile(
    r"(?:วันที่|วัน)?\s*(\d{1,2})\s*(?:เดือน)?[-/\s]*([^\d]+?)[-/,\s]*(\d{4}|\d{2})?$", re.IGNORECASE
)
_MONTH_FIRST = re.compile(r"([A-Za-z]+)\.?\s+(\d{1,2}),?\s+(\d{4})$")
_ERA_WORD = re.compile(r"(พ\.?\s?ศ\.?|\bb\.?e\b\.?)|(ค\.?\s?ศ\.?|\bc\.?e\b\.?|\ba\.?d\b\.?)", re.IGNORECASE)
_SEPARATED = re.compile(r"(\d{1,2})\s*[-/.\s]\s*(\d{1,2})\s*[-/.\s]\s*(?:\d{4}|\d{2})$")


def proven_order(texts: Iterable[str]) -> Order:
    """The order of day and month that a column proves by a number above 12, or `auto`.

    Example
    -------
    >>> proven_order(["05/11/2563", "25/11/2563"])
    'dmy'
    """
    first = second = False
    for text in texts:
        found = _SEPARATED.match(_TIME.sub("", arabic(text)[0].strip()))
        if found:
            first |= int(found.group(1)) > 12
            second |= int(found.group(2)) > 12
        if first and second:
            return "auto"
    return "dmy" if first else "mdy" if second else "auto"


def day_reader(texts: Iterable[str], era: Era = "auto", order: Order = "auto") -> Reader:
    """A reader of dates for one column, which first looks at all its texts for proof of their order.

    Example
    -------
    >>> read = day_reader(["29/2/2563"])
    >>> read("29/2/2563")
    (datetime.date(2020, 2, 29), 'A16')
    """
    proven = order if order != "auto" else proven_order(texts)

    def read(text: str) -> tuple[object, str]:
        plain, rule = arabic(text)
        plain = _TIME.sub("", plain.strip())
        found = _numeric(plain, era, proven, order) or _worded(plain, era)
        if found is None:
            return None, "Q09"
        day, own = found
        return day, own or rule

    return read


def _numeric(text: str, era: Era, proven: Order, told: Order) -> tuple[dt.date | None, str] | None:
    if parts := _ISO.match(text) or _COMPACT.match(text):
        year, month, day = map(int, parts.groups())
        return _build(year, month, day, era, "A15" if year >= 2400 and era == "auto" else "")
    if parts := _SLASHED.match(text):
        one, two, year = map(int, parts.groups())
        if proven == "ymd":
            return _build(one, two, year, era, "A17")
        clear = one > 12 or two > 12 or one == two
        if not clear and proven == "auto":
            return None, "Q09"
        day, month = (two, one) if (proven == "mdy" if not clear else two > 12) else (one, two)
        return _build(year, month, day, era, "" if clear or told != "auto" else "A18")
    if _SERIAL.match(text):
        made = _EPOCH + dt.timedelta(int(float(text)))
        return _build(made.year, made.month, made.day, era, "A15" if made.year >= 2400 else "")
    return None


def _worded(text: str, era: Era) -> tuple[dt.date | None, str] | None:
    marked = _ERA_WORD.search(text)
    if marked:
        era = "be" if marked.group(1) else "ce"
        text = " ".join((text[: marked.start()] + " " + text[marked.end() :]).split())
    if parts := _MONTH_FIRST.match(text):
        name, day, year = parts.groups()
    elif parts := _WORDS.match(text):
        day, name, year = parts.groups()
    else:
        return None
    month = MONTH_NUMBERS.get(re.sub(r"[-/.\s]", "", name).lower())
    if month is None or year is None:
        return None
    return _build(int(year), month, int(day), era, "A19")


def _build(year: int, month: int, day: int, era: Era, rule: str) -> tuple[dt.date | None, str]:
    """543 is subtracted before the date is built, so that 29 February B.E. is judged in C.E."""
    if year < 100:
        year += 2000 if era == "ce" else CENTURY
        rule = rule if rule == "A19" else "A17"
    if era == "be" or (era == "auto" and year >= 2400):
        year -= ERA_OFFSET
        rule = "A16" if (month, day) == (2, 29) and not rule else rule
    if not 1850 <= year <= 2150:
        return None, "Q08"
    try:
        return dt.date(year, month, day), rule
    except ValueError:
        return None, "Q08"


def mixed_eras(texts: Iterable[str]) -> bool:
    """Whether a column writes some years in B.E. and others in C.E. (A20)."""
    found = {
        int(year) >= 2400 for text in texts for year in re.findall(r"(?<!\d)\d{4}(?!\d)", arabic(text)[0])
    }
    return len(found) == 2
