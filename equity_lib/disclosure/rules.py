"""What the gate decides by: the kind of area, its public passages, and the settings of the year."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from equity_lib.programme.parameters import YearParameters

#: Until releases are recorded, every plan is made at this ledger head.
NO_LEDGER = "none"

_NUMBER = re.compile(r"[0-9]+(?:,[0-9]{3})*(?:\.[0-9]+)?")
_THAI_DIGITS = str.maketrans("๐๑๒๓๔๕๖๗๘๙", "0123456789")


@dataclass(frozen=True)
class Rules:
    """Rules of one area-year.

    Attributes
    ----------
    kind
        `published`, `register` or `synthetic`: never mixed.
    passages
        Fact reference (`2562:F16`) → the public passage, word for word.
    threshold, base
        Smallest publishable count and rounding base of the year's parameters.
    """

    kind: Literal["published", "register", "synthetic"]
    passages: Mapping[str, str]
    threshold: int
    base: int


def rules_of(given: YearParameters, earlier: Iterable[YearParameters] = ()) -> Rules:
    """Rules of a programme year; facts of earlier years may be cited in it."""
    passages = {
        year.fact_ref(name): fact.passage for year in (*earlier, given) for name, fact in year.facts.items()
    }
    return Rules(given.kind, passages, given.disclosure.threshold, given.disclosure.base)


def numbers_in(passage: str) -> set[float]:
    """Every number that a passage states, in Arabic or Thai digits."""
    text = passage.translate(_THAI_DIGITS)
    return {float(found.replace(",", "")) for found in _NUMBER.findall(text)}
