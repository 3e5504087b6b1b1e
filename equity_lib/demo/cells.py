"""How an office says a child in a row: ID, name with title, birth date, sex and place as text."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache

import numpy as np
import pandas as pd

from equity_lib.demo.children import age_at
from equity_lib.demo.dirt import Dirt, thai_digits, write_days
from equity_lib.demo.world import World
from equity_lib.programme.places import place
from equity_lib.registry.schema import load

ID, NAME, BORN, SEX = "เลขประจำตัวประชาชน", "ชื่อ-สกุล", "วันเกิด", "เพศ"
DISTRICT, SUBDISTRICT = "อำเภอ", "ตำบล"


@dataclass(frozen=True)
class Written:
    """One file, and what an import must find in it.

    Parameters
    ----------
    kept, quarantined
        Rows of children (or other things) that go into the register, and that are held back.
    rules
        Rule → rows held (Q), or cells written in a way that it takes off (A; some are dressed twice).
    money
        Rule → baht of the rows it holds that stay in the reconciliation as "paid, in question".
    """

    file: str
    kept: int
    quarantined: int
    rules: dict[str, int]
    money: dict[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, file: str, dirt: Dirt, **amounts: int) -> "Written":
        """What a form's dirt adds up to; `amounts` are baht a row by rule."""
        kept = len(dirt.rows) - dirt.held - dirt.repeated
        rules = {rule: int(count) for rule, count in sorted(dirt.counts.items()) if count}
        money = {rule: rules[rule] * baht for rule, baht in amounts.items()}
        return cls(file, kept, dirt.held, rules, money)


@cache
def labels(table: str, column: str) -> dict[str, str]:
    """Code → Thai name."""
    return {code: name.th for code, name in load().tables[table].columns[column].values.items()}


def said(codes: pd.Series, table: str, column: str) -> np.ndarray:
    """Codes in Thai, blank where there is none."""
    return codes.map(labels(table, column)).fillna("").to_numpy(object)


def numbers(values: pd.Series, places: int = 0) -> np.ndarray:
    """Numbers as text, blank where there is none."""
    texts = [f"{v:.{places}f}" if v == v else "" for v in values.to_numpy(float).tolist()]
    return np.array(texts, object)


def places(codes: pd.Series) -> np.ndarray:
    """Place codes as Thai names."""
    return codes.map({code: place(code).name_th for code in codes.unique()}).to_numpy(object)


def person(world: World, at: np.ndarray, year: int, form: str = "slash") -> pd.DataFrame:
    """A child's cells, one row each; titles go by age in the middle of the programme year."""
    own = world.children.iloc[at]
    grown = age_at(own["born"], np.datetime64(f"{year - 542}-01-15")) >= 15
    boy = own["boy"].to_numpy()
    title = np.where(boy, np.where(grown, "นาย", "ด.ช."), np.where(grown, "น.ส.", "ด.ญ."))
    rows = pd.DataFrame({ID: own["child_id"].to_numpy(object)})
    rows[NAME] = title + own["given_name"].to_numpy(object) + " " + own["surname"].to_numpy(object)
    rows[BORN] = write_days(own["born"], form)
    rows[SEX] = said(own["sex"], "child", "sex")
    rows[DISTRICT], rows[SUBDISTRICT] = places(own["district"]), places(own["subdistrict"])
    return rows


def dress_person(dirt: Dirt) -> None:
    """IDs with dashes, apostrophe or Thai digits, titles in full, split sara am, no-break spaces."""

    def citizen(change: Callable[[str], str]) -> Callable[[str], str]:
        return lambda text: change(text) if text.isdigit() and len(text) == 13 else text

    dirt.dress("A21", ID, citizen(lambda t: "-".join((t[0], t[1:5], t[5:10], t[10:12], t[12]))), 0.15)
    dirt.dress("A21", ID, citizen(lambda t: f"'{t}"), 0.03)
    dirt.dress("A14", ID, citizen(thai_digits), 0.03)
    dirt.dress("A24", NAME, lambda t: t.replace("ด.ช.", "เด็กชาย").replace("ด.ญ.", "เด็กหญิง "), 0.3)
    dirt.dress("A25", NAME, lambda t: t.replace("ำ", "ํา"), 0.1)
    dirt.dress("A26", NAME, lambda t: t.replace(" ", "\u00a0"), 0.02)


def wrong_title(text: str) -> str:
    """The name under a title of the other sex (Q11)."""
    pairs = {"ด.ช.": "ด.ญ.", "ด.ญ.": "ด.ช.", "นาย": "น.ส.", "น.ส.": "นาย"}
    return next((pairs[old] + text.removeprefix(old) for old in pairs if text.startswith(old)), text)
