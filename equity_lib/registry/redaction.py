"""Free text beside a child: what tells a person in it never reaches the register."""

import re
from collections.abc import Set
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from equity_lib.registry.parsed import Parsed, arabic
from equity_lib.registry.rules import index

#: An ID, G-code or telephone number, with or without separators.
_NUMBER = re.compile(r"(?<!\d)(\d[ -]?){12}\d(?!\d)|[Gg]\d{12}|(?<!\d)\+?(66|0)[ -]?\d([ -]?\d){6,8}(?!\d)")
#: A title before a name; district chiefs and mayors are offices, not names.
_TITLED = re.compile(
    r"(เด็กชาย|เด็กหญิง|นางสาว|นาง|ด\.?ช\.|ด\.?ญ\.|น\.ส\.|"
    r"นาย(?!อำเภอ|กเทศ|ก อบ|กองค์|ทะเบียน|จ้าง)|ครู(?!$|ประจำ|แนะแนว|ที่|ใน))"
    r"\s*[ก-ฮเ-ไ]"
)


def tells_a_person(text: str, given: Set[str] = frozenset(), surnames: Set[str] = frozenset()) -> bool:
    """Whether a text holds a person's number, a titled name, or a name of the file.

    Example
    -------
    >>> tells_a_person("โทร 089-123-4567"), tells_a_person("นายอำเภอ"), tells_a_person("อบต.")
    (True, False, False)
    """
    if _NUMBER.search(arabic(text)[0]) or _TITLED.search(text):
        return True
    words = re.split(r"[\s,()/]+", text)
    return any(a in given and b in surnames for a, b in pairwise(words))


def redacted(found: Parsed, given: Set[str], surnames: Set[str]) -> Parsed:
    """The parsed texts without those that tell a person (A37)."""
    hidden = np.array(
        [bool(text) and tells_a_person(text, given, surnames) for text in found.values.to_pylist()],
        dtype=np.bool_,
    )
    if not hidden.any():
        return found
    rules = found.rules.copy()
    rules[hidden] = index()["A37"]
    return Parsed(pc.if_else(pa.array(hidden), None, found.values), rules)
