"""Recognising headings: every spelling of a column's name, and the first mapping made from them."""

import re
import unicodedata
from functools import cache

from equity_lib.registry.schema import TableSchema, load

_NOT_WORD = re.compile(r"[^0-9a-z\u0e01-\u0e5b%]+")
_INVISIBLE = re.compile("[\u200b-\u200f\u2060\ufeff\u00ad]")


def plain(heading: str) -> str:
    """A heading reduced to what tells it from others: no case, space, punctuation or stray marks.

    Example
    -------
    >>> plain(" ชื่อ - สกุล* ") == plain("ชื่อ–สกุล")
    True
    """
    text = unicodedata.normalize("NFKC", _INVISIBLE.sub("", heading)).casefold()
    # NFKC splits sara am; the Thai keyboard doesn't.
    return _NOT_WORD.sub("", text.replace("\u0e4d\u0e32", "\u0e33"))


@cache
def known(table: str) -> dict[str, str]:
    """Reduced heading → column, for one table; a label always wins over another column's alias."""
    columns = load().tables[table].columns.values()
    found: dict[str, str] = {}
    for column in columns:
        for text in (column.name, column.label.th, column.label.en):
            found[plain(text)] = column.name
    for column in columns:
        for text in column.headings:
            found.setdefault(plain(text), column.name)
    return found


@cache
def anything_known() -> dict[str, str]:
    """Every reduced heading of every table, and a column that it names."""
    return {heading: column for table in load().tables for heading, column in known(table).items()}


def recognise(headings: list[str], table: TableSchema) -> dict[str, int]:
    """Column → position of the heading that names it; the first of several wins."""
    names = known(table.name)
    found: dict[str, int] = {}
    for position, heading in enumerate(headings):
        column = names.get(plain(heading))
        if column is not None:
            found.setdefault(column, position)
    return found
