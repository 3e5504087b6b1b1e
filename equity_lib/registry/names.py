"""Names of persons: titles taken off, marks put in order; only ever written to the identity map."""

import re
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from equity_lib.registry.parsed import Parsed, tidy
from equity_lib.registry.rules import index

#: Title by its spellings; the sex it tells.
TITLES: dict[str, tuple[str, str]] = {
    "เด็กชาย": ("เด็กชาย", "male"), "ดช": ("เด็กชาย", "male"), "master": ("เด็กชาย", "male"),
    "เด็กหญิง": ("เด็กหญิง", "female"), "ดญ": ("เด็กหญิง", "female"),
    "นาย": ("นาย", "male"), "mr": ("นาย", "male"),
    "นางสาว": ("นางสาว", "female"), "นส": ("นางสาว", "female"),
    "miss": ("นางสาว", "female"), "ms": ("นางสาว", "female"),
    "นาง": ("นาง", "female"), "mrs": ("นาง", "female"),
    "สามเณร": ("สามเณร", "male"), "สณ": ("สามเณร", "male"),
}  # fmt: skip
_GLUED = (
    r"^(?P<title>เด็กชาย|เด็กหญิง|นางสาว|สามเณร|ด\.? ?ช\.|ด\.? ?ญ\.|น\.? ?ส\.|ส\.ณ\.|ดช |ดญ |นส |นาย|นาง|"
    r"(?i:master |miss |mrs\.? ?|mr\.? ?|ms\.? ?))"
    "\\s*(?P<name>[^\\sะ-ฺ็-๎].*)$"
)
#: Split sara am, a tone before its vowel, two sara e for sara ae, a mark twice.
_MISORDERED = "ํ[่-๋]?า|[่-๋][ัิ-ฺ]|เเ|[ัิ-ฺ]{2}|[่-๋]{2}|[่-๋]ํ"
_REPAIRS = tuple(
    (re.compile(wrong), right)
    for wrong, right in (
        ("เเ", "แ"),
        ("([่-๋]?)ํ([่-๋]?)า", r"\1\2ำ"),
        ("([่-๋])([ัิ-ฺ]+)", r"\2\1"),
        ("([ัิ-ฺ็-๎])\\1+", r"\1"),
    )
)
_FORMULA = r"^[=+@\-]"


def sex_of_title() -> dict[str, str]:
    """Canonical title → the sex it tells."""
    return dict(TITLES.values())


def read_title(text: str) -> tuple[object, str]:
    """A title in full; one nobody knows is kept as it is (ranks, monastic titles)."""
    found = TITLES.get(text.casefold().replace(".", "").replace(" ", ""))
    return (found[0], "" if found[0] == text else "A24") if found else (text, "")


def read_text(texts: pa.StringArray, null_words: Sequence[str] = ()) -> Parsed:
    """Free text: Thai marks in order (A25); text that looks like a formula stays text (A35)."""
    tidied = tidy(texts, null_words)
    values, rules = tidied.values, tidied.rules.copy()
    wrong = pc.fill_null(pc.match_substring_regex(values, _MISORDERED), False).to_numpy(zero_copy_only=False)
    if wrong.any():
        picked = values.filter(pa.array(wrong)).to_pylist()
        values = pc.replace_with_mask(values, pa.array(wrong), pa.array([in_order(t) for t in picked]))
        rules[wrong] = index()["A25"]
    formula = pc.fill_null(pc.match_substring_regex(values, _FORMULA), False).to_numpy(zero_copy_only=False)
    rules[formula & (rules == 0)] = index()["A35"]
    return Parsed(values, rules)


def in_order(text: str) -> str:
    """Thai text with sara am whole and marks in order, as `pythainlp.util.normalize` does it.

    Example
    -------
    >>> in_order("น้ํา") == "น้ำ"
    True
    """
    before = ""
    while before != text:
        before = text
        for pattern, right in _REPAIRS:
            text = pattern.sub(right, text)
    return text


def split_title(parsed: Parsed) -> tuple[pa.StringArray, Parsed]:
    """Titles found glued to names (null elsewhere), and the names without them (A24)."""
    struct = pc.extract_regex(parsed.values, _GLUED)
    has = pc.is_valid(struct).to_numpy(zero_copy_only=False)
    if not has.any():
        return pa.nulls(len(has), pa.string()), parsed
    seen = struct.field("title").dictionary_encode()
    full = pa.array([read_title(t.strip())[0] for t in seen.dictionary.to_pylist()], pa.string())
    titles = pc.if_else(pa.array(has), full.take(seen.indices), None)
    rules = parsed.rules.copy()
    rules[has & (rules == 0)] = index()["A24"]
    return titles, Parsed(pc.if_else(pa.array(has), struct.field("name"), parsed.values), rules)


def split_full(parsed: Parsed) -> tuple[pa.StringArray, pa.StringArray, pa.StringArray, Parsed]:
    """Title, given name and surname of full names; the surname starts at the first space."""
    titles, bare = split_title(parsed)
    parts = pc.extract_regex(bare.values, r"^(?P<given>\S+)\s*(?P<surname>.*)$")
    surname = parts.field("surname")
    empty = pc.equal(pc.binary_length(surname), 0)
    return titles, parts.field("given"), pc.if_else(empty, None, surname), bare


def blank_if(parsed: Parsed, mask: np.ndarray) -> Parsed:
    """The same with some values made null."""
    return Parsed(pc.if_else(pa.array(mask), None, parsed.values), parsed.rules)
