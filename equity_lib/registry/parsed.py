"""Distinct texts and what they mean: one value and one rule for each."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from equity_lib.registry.rules import codes, index

#: Words that offices write in a cell to say that nothing is known (A28).
NULL_WORDS = (
    "-", "–", "—", "--", ".", "..", "...", "n/a", "na", "null", "none", "nil", "nan",
    "ไม่มี", "ไม่ทราบ", "ไม่ระบุ", "ไม่มีข้อมูล", "ไม่พบข้อมูล", "ว่าง",
)  # fmt: skip
_INVISIBLE = "[\u200b-\u200f\u2060\ufeff\u00ad]"
_ODD_SPACE = "[\u00a0\u2000-\u200a\u202f\u3000\t\r\n]+"
_LOST = "\ufffd|\\?{3,}"

#: Reads one text: its value, and the rule that changed it (A…) or refused it (Q…); "" as written.
Reader = Callable[[str], tuple[object, str]]


@dataclass(frozen=True, eq=False)
class Parsed:
    """For each distinct text its value (null if blank or refused) and the index of its rule."""

    values: pa.Array
    rules: NDArray[np.int16]

    @property
    def refused(self) -> NDArray[np.bool_]:
        """Which distinct texts a Q rule refuses."""
        return _IS_REFUSAL()[self.rules]


def _IS_REFUSAL() -> NDArray[np.bool_]:  # noqa: N802
    return np.array([code.startswith("Q") for code in codes()])


def tidy(texts: pa.StringArray, null_words: Sequence[str] = ()) -> Parsed:
    """Space and invisible characters taken off, null words made null, lost characters refused."""
    rules = np.zeros(len(texts), np.int16)
    # Three tests over one joined text are far cheaper than three over each.
    odd = pc.match_substring_regex(texts, f"{_INVISIBLE}|{_ODD_SPACE}|{_LOST}").to_numpy(zero_copy_only=False)
    values = pc.utf8_trim_whitespace(texts)
    if odd.any():
        values = _clear(values, odd, rules)
    words = pa.array([*NULL_WORDS, *(w.casefold() for w in null_words)])
    short = pc.less_equal(pc.binary_length(values), 64)
    null = pc.and_(short, pc.is_in(pc.utf8_lower(pc.if_else(short, values, "")), words)).to_numpy(
        zero_copy_only=False
    )
    if null.any():
        rules[null] = index()["A28"]
    lost = rules == index()["Q18"]
    if null.any() or lost.any():
        values = pc.if_else(pa.array(null | lost), None, values)
    return Parsed(values, rules)


def _clear(values: pa.StringArray, odd: NDArray[np.bool_], rules: NDArray[np.int16]) -> pa.StringArray:
    lost = pc.match_substring_regex(values, _LOST).to_numpy(zero_copy_only=False)
    bare = pc.replace_substring_regex(values, _INVISIBLE, "")
    bare = pc.utf8_trim_whitespace(pc.replace_substring_regex(bare, _ODD_SPACE, " "))
    rules[odd] = index()["A26"]
    rules[lost] = index()["Q18"]
    return bare


def each(
    texts: pa.StringArray,
    read: Callable[..., tuple[object, str]],
    kind: pa.DataType,
    null_words: Sequence[str] = (),
    *beside: Sequence[object],
) -> Parsed:
    """Read distinct texts one by one: for columns that repeat themselves.

    `beside` are sequences as long as the texts, whose values the reader gets after the text.
    """
    tidied = tidy(texts, null_words)
    rules = tidied.rules.copy()
    values: list[object] = []
    for i, text in enumerate(tidied.values.to_pylist()):
        if not text:
            values.append(None)
            continue
        value, rule = read(text, *(other[i] for other in beside))
        values.append(value)
        if rule:
            rules[i] = index()[rule]
    return Parsed(pa.array(values, kind), rules)


_DIGITS = str.maketrans("๐๑๒๓๔๕๖๗๘๙０１２３４５６７８９．，－", "01234567890123456789.,-")


def arabic(text: str) -> tuple[str, str]:
    """The text with Arabic digits, and A14 if it had others."""
    plain = text.translate(_DIGITS)
    return plain, "A14" if plain != text else ""


_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)$")
_GROUPED = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d*)?$")
_MONEY = re.compile(
    r"^(฿|บาท|thb|baht)|(\.-|-|บาท(ถ้วน)?|฿|thb|baht|วัน|คน|ปี|เดือน|ครั้ง|%|ราย)\.?$", re.IGNORECASE
)


def number(text: str) -> tuple[float | None, str]:
    """A number with or without separators, currency and unit.

    Example
    -------
    >>> number("฿1,200.-"), number("๘๐๐"), number("(600)")
    ((1200.0, 'A27'), (800.0, 'A14'), (-600.0, 'A27'))
    """
    plain, rule = arabic(text)
    plain = plain.strip()
    if _NUMBER.match(plain):
        return float(plain), rule
    negative = plain.startswith("(") and plain.endswith(")")
    bare = plain[1:-1] if negative else plain
    bare = bare.replace("−", "-").replace(" ", "")
    while (shorter := _MONEY.sub("", bare)) != bare:
        bare = shorter
    if _GROUPED.match(bare):
        bare = bare.replace(",", "")
    if not _NUMBER.match(bare):
        return None, "Q20"
    return (-float(bare) if negative else float(bare)), "A27"


def integer(text: str) -> tuple[int | None, str]:
    """A whole number; a fraction is refused, not rounded."""
    value, rule = number(text)
    if value is None or not value.is_integer() or abs(value) > 2**53:
        return None, "Q20"
    return int(value), rule


def percent(text: str) -> tuple[float | None, str]:
    """A percentage as a number of percent: "85", "85%", "85.5 %"."""
    return number(text)


def buddhist_year(text: str) -> tuple[int | None, str]:
    """A year in B.E.: "2563", "63", "๒๕๖๓", "พ.ศ. 2563", "2020"; "2563/64" is its first year."""
    plain, rule = arabic(text)
    found = re.search(r"\d{4}|\d{2}", plain)
    if not found or len(re.findall(r"\d", plain)) not in (2, 4, 6, 8):
        return None, "Q20"
    year = int(found.group())
    if year < 100:
        return 2500 + year, "A17"
    if 1900 <= year < 2100:
        return year + 543, "A20"
    return (year, rule) if 2400 <= year < 2700 else (None, "Q20")


_GRADE = re.compile(
    r"(อนุบาล|อ|ประถมศึกษาปีที่|ประถม|ป|มัธยมศึกษาปีที่|มัธยม|ม|ปวช|ปวส|k|p|m|g|grade)(?:ชั้น)?(\d{1,2})(?:/\d+)?$"
)
_LEVEL = {
    "อนุบาล": "k", "อ": "k", "k": "k", "ประถมศึกษาปีที่": "p", "ประถม": "p", "ป": "p", "p": "p",
    "มัธยมศึกษาปีที่": "m", "มัธยม": "m", "ม": "m", "m": "m", "ปวช": "voc", "ปวส": "dip",
}  # fmt: skip
_HIGHEST = {"k": 3, "p": 6, "m": 6, "voc": 3, "dip": 2}
_NO_NUMBER = {
    "กศน": "nfe", "กศนประถม": "nfe_p", "กศนมต้น": "nfe_ml", "กศนมปลาย": "nfe_mu", "สกร": "nfe",
    "ศพด": "care", "ศูนย์พัฒนาเด็กเล็ก": "care", "เตรียมอนุบาล": "care", "เตรียมอ": "care",
}  # fmt: skip


def grade(text: str) -> tuple[str | None, str]:
    """A grade as k1–k3, p1–p6, m1–m6, voc1–3, dip1–2, nfe…, care.

    Example
    -------
    >>> grade("อ.3"), grade("ม.๓"), grade("กศน.")
    (('k3', 'A29'), ('m3', 'A29'), ('nfe', 'A29'))
    """
    plain, _ = arabic(text)
    bare = re.sub(r"^ชั้น|[\s.()]", "", plain.casefold())
    rule = "" if bare == text else "A29"
    if bare in _NO_NUMBER or bare in _NO_NUMBER.values():
        return _NO_NUMBER.get(bare, bare), rule
    if bare in {f"{level}{n}" for level in ("voc", "dip") for n in range(1, _HIGHEST[level] + 1)}:
        return bare, rule
    found = _GRADE.match(bare)
    if not found:
        return None, "Q20"
    word, step = found.group(1), int(found.group(2))
    if word in ("g", "grade"):
        return (f"p{step}" if step <= 6 else f"m{step - 6}", "A29") if 1 <= step <= 12 else (None, "Q20")
    level = _LEVEL[word]
    made = f"{level}{step}"
    return (made, "" if made == text else "A29") if 1 <= step <= _HIGHEST[level] else (None, "Q20")


def one_of(spellings: dict[str, str]) -> Reader:
    """Read a code by any of its spellings (case doesn't matter)."""
    bare = {re.sub(r"[\s.]", "", k): v for k, v in spellings.items()}

    def read(text: str) -> tuple[object, str]:
        key = text.casefold()
        code = spellings.get(key) or bare.get(re.sub(r"[\s.]", "", key))
        return (code, "") if code else (None, "Q20")

    return read
