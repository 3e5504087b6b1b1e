"""The kinds of value a parameter may have; each says what it allows, in one phrase."""

import datetime as dt
import re
from collections.abc import Callable
from typing import Annotated, Any, TypeVar

from pydantic import PlainValidator, ValidatorFunctionWrapHandler, WrapValidator
from pydantic_core import PydanticCustomError

from equity_lib.programme.calendars import COMMON_YEARS, ERA_OFFSET, CalendarYear
from equity_lib.programme.dates import parse_date
from equity_lib.results import Name

NOT_STATED = "not_stated"
T = TypeVar("T")


def refuse(allowed: str, action: str = "") -> PydanticCustomError:
    """The error of a value that isn't what the parameter allows."""
    return PydanticCustomError("equity", "{allowed}", {"allowed": allowed, "action": action})


def _stated(value: Any, check: ValidatorFunctionWrapHandler) -> Any:
    if value is None:
        raise refuse(f"a value, or {NOT_STATED}")
    return None if isinstance(value, str) and value == NOT_STATED else check(value)


#: The value, or None where the file says `not_stated`.
Stated = Annotated[T | None, WrapValidator(_stated)]


def _whole(what: str) -> Callable[[Any], int]:
    def check(value: Any) -> int:
        if type(value) is not int or value < 0:
            raise refuse(f"{what}, 0 or more, in plain digits such as 5500000")
        return value

    return check


def _number(value: Any) -> float:
    if type(value) not in (int, float):
        raise refuse("a number in plain digits, such as 405 or 405.5")
    return float(value)


def _year(value: Any) -> int:
    allowed = "a year of the Buddhist Era, such as 2562"
    if type(value) is not int:
        raise refuse(allowed)
    try:
        return CalendarYear(value).be
    except ValueError:
        in_be = value + ERA_OFFSET
        hint = f"{value} looks like C.E.; in B.E. it is {in_be}." if value in COMMON_YEARS else ""
        raise refuse(allowed, hint) from None


def _day(value: Any) -> dt.date:
    allowed = 'a day of the Buddhist Era in quotes, such as "2562-10-01"'
    if not isinstance(value, str):
        raise refuse(allowed)
    try:
        return parse_date(value)
    except ValueError as error:
        _, _, reason = str(error).partition("; allowed: ")
        raise refuse(reason or allowed) from None


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise refuse("a text (in quotes if it looks like a number)")
    return value.strip()


def _names(value: Any) -> Name:
    good = isinstance(value, dict) and set(value) == {"th", "en"}
    if not good or not all(isinstance(v, str) and v.strip() for v in value.values()):
        raise refuse("a name in both languages, {th: …, en: …}")
    return Name(value["th"].strip(), value["en"].strip())


def _pattern(pattern: str, allowed: str) -> Callable[[Any], str]:
    def check(value: Any) -> str:
        if not isinstance(value, str) or not re.fullmatch(pattern, value):
            raise refuse(allowed)
        return value

    return check


Baht = Annotated[int, PlainValidator(_whole("a whole number of baht"))]
Count = Annotated[int, PlainValidator(_whole("a whole number"))]
Number = Annotated[float, PlainValidator(_number)]
Year = Annotated[int, PlainValidator(_year)]
Day = Annotated[dt.date, PlainValidator(_day)]
Text = Annotated[str, PlainValidator(_text)]
TwoNames = Annotated[Name, PlainValidator(_names)]
Slug = Annotated[
    str, PlainValidator(_pattern(r"[A-Za-z0-9][A-Za-z0-9_-]*", "a key of letters, digits, _ and -"))
]
ProvinceCode = Annotated[str, PlainValidator(_pattern(r"[0-9]{2}", 'two digits in quotes, such as "40"'))]
Pin = Annotated[str, PlainValidator(_pattern(r"none|[0-9a-f]{64}", "none, or a SHA-256 in 64 hex digits"))]
