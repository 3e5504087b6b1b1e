"""Children who can't be anyone: numbers no office gives out, names from lists, canaries for the leak scan.

Thai citizen IDs start with 0 to 8, and digits 2–5 name a registry office, none of which ends in 00.
Every synthetic ID starts with 9, then province and 00, so it is right by its check digit and can't be a
real person's. Synthetic telephones start with 0600.
"""

from importlib.resources import files

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from equity_lib.demo.scenario import Scenario

BOYS, GIRLS, _LEFT, _RIGHT = (
    tuple(line.split())
    for line in files("equity_lib.demo").joinpath("names.txt").read_text("utf-8").splitlines()[1:]
)
#: Children whose names, IDs and telephones no published or readable file may hold.
CANARIES = (
    ("ขมิ้นอ่อน", "นกคีรีบูนหนึ่ง"), ("เหลืองอ๋อย", "นกคีรีบูนสอง"), ("ปีกทองคำ", "นกคีรีบูนสาม"),
    ("ขับขาน", "นกคีรีบูนสี่"), ("เหมืองลึก", "นกคีรีบูนห้า"), ("กรงเปล่า", "นกคีรีบูนหก"),
)  # fmt: skip
_WEIGHTS = np.arange(13, 1, -1)


def citizen_ids(serials: NDArray[np.int64], province: str) -> list[str]:
    """IDs with a right check digit from the range that no person has; a serial has up to 7 digits."""
    body = [f"9{province}00{serial:07d}" for serial in serials.tolist()]
    digits = np.frombuffer("".join(body).encode(), np.uint8).reshape(-1, 12).astype(np.int64) - 48
    check = (11 - digits @ _WEIGHTS % 11) % 10
    return [left + str(right) for left, right in zip(body, check.tolist(), strict=True)]


def identify(scenario: Scenario, boys: NDArray[np.bool_], born: pd.Series) -> pd.DataFrame:
    """Who the children are: one row a child, of whom the first six are canaries.

    Parameters
    ----------
    boys, born
        Whether each child is a boy, and the birth date. No two children share name and birth date, so
        that all pairs an import should ask about are planted.
    """
    count, rng = len(boys), scenario.rng("persons")
    frame = pd.DataFrame({"child_id": citizen_ids(np.arange(1, count + 1), scenario.province)})
    # About one child in a hundred isn't registered and has a G-code.
    coded = np.flatnonzero(rng.random(count) < 0.01)
    coded = coded[coded >= len(CANARIES)]
    codes = [f"G62{scenario.province}{99_000_000 + i:08d}" for i in range(len(coded))]
    frame.loc[coded, "child_id"] = codes
    given = np.where(boys, rng.choice(BOYS, count), rng.choice(GIRLS, count))
    surname = np.char.add(rng.choice(_LEFT, count), rng.choice(_RIGHT, count)).astype(object)
    while (twins := pd.DataFrame({0: given, 1: surname, 2: born}).duplicated().to_numpy()).any():
        surname[twins] = rng.choice(_LEFT, twins.sum()).astype(object) + surname[twins]
    frame["given_name"], frame["surname"] = given, surname
    for i, (name, family) in enumerate(CANARIES):
        frame.loc[i, ["given_name", "surname"]] = [name, family]
    frame["sex"] = np.where(boys, "male", "female")
    phones = 600_000_000 + np.arange(count) % 1_000_000
    frame["phone"] = [f"0{phone}" for phone in phones.tolist()]
    houses, villages = rng.integers(1, 300, count), rng.integers(1, 16, count)
    frame["address"] = [f"{h} หมู่ {v}" for h, v in zip(houses.tolist(), villages.tolist(), strict=True)]
    parents = np.where(rng.random(count) < 0.6, rng.choice(GIRLS, count), rng.choice(BOYS, count))
    frame["guardian_name"] = [f"{p} {s}" for p, s in zip(parents, surname, strict=True)]
    return frame
