"""Thai citizen IDs and G-codes: read in any dress, checked digit by digit."""

import re
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from equity_lib.registry.parsed import Parsed, arabic, tidy
from equity_lib.registry.rules import index

#: Numbers that clerks type where an ID isn't known; all of them pass the checksum (A22).
PLACEHOLDERS = frozenset({"1111111111119", "1234567890121", "0000000000001", "9999999999994"})
_KNOWN_FAKES = frozenset({*(digit * 13 for digit in "0123456789"), "1234567890123"})
_WEIGHTS = np.arange(13, 1, -1)
_DRESS = re.compile(r"[\s\-–'’‘`.,\"]")
_SCIENTIFIC = re.compile(r"\d(\.\d+)?e\+?\d+$", re.IGNORECASE)
_G_CODE = re.compile(r"G(\d{2})(\d{2})(\d{8})$", re.IGNORECASE)


def province_codes() -> NDArray[np.bool_]:
    """Which of 00–99 are codes of provinces."""
    import geothai

    real = np.zeros(100, bool)
    real[[int(area.code) for area in geothai.provinces()]] = True
    return real


def read_ids(texts: pa.StringArray, null_words: Sequence[str] = ()) -> Parsed:
    """Canonical IDs: 13 digits, or G and 12 digits; null where blank, placeholder or refused.

    Raises nothing: Q01 check digit, Q02 province, Q03 scientific notation are rules of the result.
    """
    rules = np.zeros(len(texts), np.int16)
    digits, plain = _thirteen(texts)
    if not plain.all():
        rest = np.flatnonzero(~plain)
        dressed = tidy(texts.take(pa.array(rest)), null_words)
        undressed = [_undress(t) if t else ("", "") for t in dressed.values.to_pylist()]
        whole = texts.to_pylist() if len(rest) > len(texts) // 2 else None
        rules[rest] = [
            index()[own] if own else int(r) for (_, own), r in zip(undressed, dressed.rules, strict=True)
        ]
        texts = _replaced(texts, rest, [value for value, _ in undressed], whole)
        digits, plain = _thirteen(texts)
    good = plain.copy()
    wrong = _faults(digits, rules, plain)
    good[plain] &= ~wrong
    fakes = pc.is_in(texts, pa.array([*PLACEHOLDERS, *_KNOWN_FAKES])).to_numpy(zero_copy_only=False)
    rules[fakes] = index()["A22"]
    coded = np.isin(rules, [index()["A23"]])
    return Parsed(pc.if_else(pa.array((good & ~fakes) | coded), texts, None), rules)


def _replaced(
    texts: pa.StringArray, rest: NDArray[np.intp], new: list[str], whole: list[str] | None
) -> pa.StringArray:
    if whole is not None:
        for i, value in zip(rest.tolist(), new, strict=True):
            whole[i] = value
        return pa.array(whole, pa.string())
    mask = np.zeros(len(texts), bool)
    mask[rest] = True
    return pc.replace_with_mask(texts, pa.array(mask), pa.array(new, pa.string()))


def _thirteen(texts: pa.StringArray) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """Digits of the texts that are 13 ASCII digits, one row each, and which texts those are."""
    plain = pc.equal(pc.binary_length(texts), 13).to_numpy(zero_copy_only=False)
    kept = texts if plain.all() else texts.filter(pa.array(plain))
    kept = pa.concat_arrays([kept]) if kept.offset else kept
    raw = np.frombuffer(kept.buffers()[2] or b"", np.uint8, count=13 * len(kept)).reshape(-1, 13)
    digits = raw - np.uint8(48)
    only = (digits <= 9).all(axis=1)
    if not only.all():
        plain[plain] = only
        digits = digits[only]
    return digits, plain


def _faults(
    digits: NDArray[np.uint8], rules: NDArray[np.int16], plain: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Mark Q01 and Q02 in `rules`; which of the plain IDs are wrong."""
    total = np.zeros(len(digits), np.int32)
    for place, weight in enumerate(_WEIGHTS):
        total += digits[:, place] * np.int32(weight)
    bad_check = (11 - total % 11) % 10 != digits[:, 12]
    # The checksum can't see digit 3 (its weight is 11), so digits 2–3 must be a province.
    province = digits[:, 1].astype(np.int16) * 10 + digits[:, 2]
    bad_place = ~province_codes()[np.minimum(province, 99)]
    found = rules[plain]
    found[bad_place] = index()["Q02"]
    found[bad_check] = index()["Q01"]
    rules[plain] = found
    return np.asarray(bad_check | bad_place)


def _undress(text: str) -> tuple[str, str]:
    """The bare ID of a dressed text, and the rule."""
    plain, rule = arabic(text)
    if plain.endswith(".0") and plain[:-2].isdigit():
        plain = plain[:-2]
    if _SCIENTIFIC.match(plain.replace(" ", "").replace(",", ".")):
        return "", "Q03"
    bare = _DRESS.sub("", plain)
    if len(bare) == 13 and bare.isascii() and bare.isdigit():
        return bare, rule or "A21"
    found = _G_CODE.match(bare)
    if found:
        return (bare.upper(), "A23") if province_codes()[int(found.group(2))] else ("", "Q02")
    return "", "Q01"


def any_ids(texts: pa.StringArray, null_words: Sequence[str] = ()) -> Parsed:
    """IDs of another country: taken as they are, without space and in capitals."""
    tidied = tidy(texts, null_words)
    return Parsed(pc.utf8_upper(pc.replace_substring_regex(tidied.values, r"\s", "")), tidied.rules)
