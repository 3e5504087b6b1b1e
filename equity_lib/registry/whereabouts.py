"""Districts and sub-districts as offices write them, read to codes in use."""

import re
from collections.abc import Callable
from typing import Literal

from equity_lib.programme.places import current_place, district_by_name, place, subdistrict_by_name
from equity_lib.registry.parsed import Reader, arabic

Countries = Literal["thai", "any"]


def district_reader(province: str, places: Countries) -> Reader:
    """Reads a district of the province by name, old name or code; `any` takes texts as they are."""

    def read(text: str) -> tuple[object, str]:
        if places == "any":
            return text, ""
        plain, _ = arabic(text)
        try:
            if re.fullmatch(r"\d{4}(00)?", plain):
                return _by_code(plain[:4], province)
            found = district_by_name(text, province)
        except ValueError:
            return None, "Q16"
        return found.code, "" if found.name_th == text else "A30"

    return read


def subdistrict_reader(province: str, places: Countries) -> Callable[[str, str | None], tuple[object, str]]:
    """Reads a sub-district within a district, or within the province where that is unknown."""

    def read(text: str, district: str | None) -> tuple[object, str]:
        if places == "any":
            return text, ""
        plain, _ = arabic(text)
        parent = district or province
        try:
            if re.fullmatch(r"\d{6}", plain):
                return _by_code(plain, parent)
            found = subdistrict_by_name(text, parent)
        except ValueError:
            return None, "Q16"
        return found.code, "" if found.name_th == text else "A30"

    return read


def _by_code(code: str, parent: str) -> tuple[object, str]:
    now = current_place(code)
    if not now.code.startswith(parent[:2]):
        return None, "Q16"
    return now.code, "" if now.code == code else "A31"


def place_hint(text: str, province: str) -> str:
    """The nearest name of the province's districts, for the clerk who mends the row; empty if none."""
    try:
        district_by_name(text, province)
    except ValueError as error:
        found = re.search(r"perhaps (.+)$", str(error))
        return found.group(1) if found else ""
    return place(province).name_th
