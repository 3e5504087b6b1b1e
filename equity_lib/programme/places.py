"""Places of Thailand: provinces, districts and sub-districts by code and by name, in Thai order."""

import difflib
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Literal

import geothai
from geothai.abolished import abolished_areas
from geothai.types import District, Province, Subdistrict

Level = Literal["province", "district", "sub-district"]

_LEVELS: dict[int, Level] = {2: "province", 4: "district", 6: "sub-district"}
_BANGKOK = "10"
# Words before a name. A short form needs its dot: อ is also the first letter of names.
_PREFIXES: dict[Level, str] = {
    "province": r"จังหวัด|จ\.",
    "district": r"กิ่งอำเภอ|กิ่ง ?อ\.|อำเภอ|อ\.|amphoe ",
    "sub-district": r"ตำบล|ต\.|tambon ",
}
# Levels in Bangkok only: elsewhere "เขตชนบท" means a rural zone, not the district ชนบท.
_BANGKOK_PREFIXES: dict[Level, str] = {"district": "|เขต|khet ", "sub-district": "|แขวง|khwaeng "}
_CAPITAL_NAMES = ("เมือง", "mueang", "muang")
# Marks that only break ties in Thai order: ็, the tones, ์ and the rest of their block.
_MARKS = "็-๎"
_PROVINCE_ALIASES = {"กทม": _BANGKOK, "กรุงเทพ": _BANGKOK, "อยุธยา": "14", "ayutthaya": "14"}


@dataclass(frozen=True, slots=True)
class Place:
    """A province, district or sub-district, with its code of the Department of Provincial Administration.

    `abolished_on` is an ISO date (C.E.), None for a place in use. `successors` are the codes in
    use that took an abolished place over, as far as they are known.
    """

    code: str
    name_th: str
    name_en: str
    abolished_on: str | None = None
    successors: tuple[str, ...] = ()

    @property
    def level(self) -> Level:
        """Kind of place, told by the length of its code."""
        return _LEVELS[len(self.code)]


@cache
def _in_use() -> dict[str, Place]:
    areas: list[Province | District | Subdistrict] = [*geothai.provinces()]
    areas += [district for area in areas for district in geothai.districts(area.code)]
    areas += [subdistrict for area in areas for subdistrict in geothai.subdistricts(area.code)]
    return {area.code: Place(area.code, area.name_th, area.name_en) for area in areas}


@cache
def _abolished() -> dict[str, Place]:
    return {
        area.code: Place(
            area.code, area.name_th, area.name_en or "", area.abolished_on, tuple(area.successors)
        )
        for area in abolished_areas()
    }


def place(code: str) -> Place:
    """Return the place with a code of 2, 4 or 6 digits, in use or abolished.

    Raises
    ------
    ValueError
        If no place has or had this code.

    Source
    ------
    PyPI `geothai`, from the registry of the Department of Provincial Administration.

    Example
    -------
    >>> place("4029").name_en, place("401608").successors
    ('Wiang Kao', ('402903',))
    """
    found = _in_use().get(code) or _abolished().get(code)
    if found is None:
        # Longer than a place code it may be a person's number, so it is not quoted.
        quoted = code if re.fullmatch(r"[0-9]{1,6}", code) else "a text that is not a place code"
        parent = _in_use().get(code[:-2])
        siblings = [other.code for other in _within(parent.code, len(code))] if parent else []
        allowed = "a code of 2, 4 or 6 digits, such as 40 or 4001"
        if parent and siblings:
            allowed = f"one of the {len(siblings)} codes of {parent.name_th}, {siblings[0]} to {siblings[-1]}"
        raise ValueError(f"found {quoted}; allowed: {allowed}")
    return found


def current_place(code: str) -> Place:
    """Return the place in use for a code, which may be that of an abolished place.

    Raises
    ------
    ValueError
        If the code is unknown, or its place was abolished without exactly one known successor.

    Example
    -------
    >>> current_place("401608").code
    '402903'
    """
    found = place(code)
    if found.abolished_on is None:
        return found
    if len(found.successors) != 1:
        allowed = " or ".join(found.successors) or "the code in use today; its successor is not known"
        raise ValueError(f"found {code}, abolished on {found.abolished_on}; allowed: {allowed}")
    return place(found.successors[0])


def districts(province: str) -> tuple[Place, ...]:
    """Return the districts in use of a province (2-digit code), in order of code.

    Raises
    ------
    ValueError
        If no province has this code.

    Example
    -------
    >>> len(districts("40"))
    26
    """
    return _within(_parent(province, "province"), 4)


def subdistricts(district: str) -> tuple[Place, ...]:
    """Return the sub-districts in use of a district (4-digit code), in order of code.

    Raises
    ------
    ValueError
        If no district has this code.

    Example
    -------
    >>> subdistricts("4021")[0].name_th
    'กระนวน'
    """
    return _within(_parent(district, "district"), 6)


def province_by_name(name: str) -> Place:
    """Return the province with a Thai or English name; กทม. and อยุธยา are understood.

    Raises
    ------
    ValueError
        If no province has this name; the message suggests the nearest.

    Example
    -------
    >>> province_by_name("จ.ขอนแก่น").code
    '40'
    """
    if alias := _PROVINCE_ALIASES.get(_key(name, "province", "")):
        return place(alias)
    return _by_name(name, "province", "")


def district_by_name(name: str, province: str) -> Place:
    """Return the district of a province (2-digit code) with a Thai or English name.

    อำเภอ, อ. and กิ่งอำเภอ (in Bangkok เขต) before the name are dropped; เมือง alone is the
    capital district. A name marked as a sub-district is refused: กระนวน is both.

    Raises
    ------
    ValueError
        If no district of the province has this name; the message suggests the nearest.

    Example
    -------
    >>> district_by_name("อ.เมือง", "40").code, district_by_name("กระนวน", "40").code
    ('4001', '4009')
    """
    parent = _parent(province, "province")
    if parent != _BANGKOK and _key(name, "district", parent) in _CAPITAL_NAMES:
        return place(f"{parent}01")
    return _by_name(name, "district", parent)


def subdistrict_by_name(name: str, within: str) -> Place:
    """Return the sub-district of a district (4-digit code) or province (2) with a Thai or English name.

    Raises
    ------
    ValueError
        If no sub-district there has this name, or several have; the message names the nearest, or
        the districts to choose from.

    Example
    -------
    >>> subdistrict_by_name("ต.กระนวน", "40").code
    '402101'
    """
    return _by_name(name, "sub-district", _parent(within, "province", "district"))


def thai_key(text: str) -> tuple[str, str, str]:
    """Return a sort key for Thai dictionary order, as ICU sorts `th`.

    Letters decide first, a leading vowel (เ แ โ ใ ไ) after its consonant; then tone and other
    marks, from the left; spaces, punctuation, ๆ and ฯ never. The text itself breaks ties.

    Notes
    -----
    `pythainlp.util.collate` lets a tone mark weigh against letters (it puts กาก before ก่า).

    Example
    -------
    >>> sorted(["ไก่", "กาก", "ก่า", "กา", "เก"], key=thai_key)
    ['กา', 'ก่า', 'กาก', 'เก', 'ไก่']
    """
    folded = unicodedata.normalize("NFC", text).casefold()
    kept = re.sub(rf"(?![{_MARKS}ัิ-ฺ])[\W_ๆฯ]", "", folded)
    swapped = re.sub("([เ-ไ])([ก-ฮ])", r"\2\1", kept)
    # ์ weighs less than the tones; a letter, written as NUL, less than any mark.
    marks = re.sub(f"[^{_MARKS}]", "\0", swapped).replace("์", "\1")
    return re.sub(f"[{_MARKS}]", "", swapped), marks, text


def collate(names: Iterable[str]) -> list[str]:
    """Return names in Thai dictionary order.

    Example
    -------
    >>> collate(["พล", "เปือยน้อย", "ชุมแพ"])
    ['ชุมแพ', 'เปือยน้อย', 'พล']
    """
    return sorted(names, key=thai_key)


def _within(parent: str, digits: int) -> tuple[Place, ...]:
    return tuple(_parts(len(parent), digits).get(parent, ()))


@cache
def _parts(parent: int, digits: int) -> dict[str, list[Place]]:
    """Places whose codes have so many digits, by the first digits, those of what they are parts of."""
    found: dict[str, list[Place]] = {}
    for code, each in _in_use().items():
        if len(code) == digits:
            found.setdefault(code[:parent], []).append(each)
    return found


def _parent(code: str, *levels: Level) -> str:
    if code not in _in_use() or place(code).level not in levels:
        raise ValueError(
            f"found no {' or '.join(levels)} with this code; allowed: its code in use, such as 40"
        )
    return code


def _tidy(text: str) -> str:
    """One spelling for one name: no invisible characters, sara am whole and after its tone mark."""
    plain = "".join(c for c in unicodedata.normalize("NFKC", text) if unicodedata.category(c) != "Cf")
    whole = re.sub("([่-๋]?)ํ([่-๋]?)า([่-๋]?)", r"\1\2\3ำ", plain)
    return " ".join(whole.replace("เเ", "แ").casefold().split())


def _bare(text: str) -> str:
    return re.sub(r"[\s.'’()-]", "", text)


def _key(name: str, level: Level, parent: str) -> str:
    prefixes = _PREFIXES[level] + (_BANGKOK_PREFIXES.get(level, "") if parent.startswith(_BANGKOK) else "")
    return _bare(re.sub(f"^(?:{prefixes})", "", _tidy(name)))


@cache
def _index(level: Level, parent: str) -> dict[str, tuple[Place, ...]]:
    """Places in use by every form of their Thai and English name."""
    digits = next(count for count, known in _LEVELS.items() if known == level)
    index: dict[str, tuple[Place, ...]] = {}
    for found in _within(parent, digits):
        names = (found.name_th, found.name_en)
        # The whole name too: the sub-district จ.ป.ร. begins as a province does.
        for key in {form for name in names for form in (_bare(_tidy(name)), _key(name, level, parent))}:
            index[key] = (*index.get(key, ()), found)
    return index


def _by_name(name: str, level: Level, parent: str) -> Place:
    index, key = _index(level, parent), _key(name, level, parent)
    found = index.get(_bare(_tidy(name))) or index.get(key, ())
    if len(found) == 1:
        return found[0]
    where = f" of {place(parent).name_th}" if parent else ""
    if found:
        choices = ", ".join(f"{p.code} {p.name_th} ({place(p.code[:-2]).name_th})" for p in found)
        raise ValueError(f"found a name that {len(found)} {level}s{where} have; allowed: one of {choices}")
    # The name is not quoted: from a wrong column it could be a person's.
    for other, prefixes in _PREFIXES.items():
        if other != level and re.match(prefixes, _tidy(name)):
            raise ValueError(f"found the name of a {other}; allowed: a {level}{where}")
    nearest = difflib.get_close_matches(key, index, n=1)
    hint = f", perhaps {index[nearest[0]][0].name_th}" if nearest else ""
    raise ValueError(f"found a name that no {level}{where} has; allowed: a {level}{where}{hint}")
