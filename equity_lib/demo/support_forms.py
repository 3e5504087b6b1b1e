"""Files about support: payments of the three streams, and children found out of school."""

import datetime as dt
from pathlib import Path

import numpy as np
import pandas as pd

from equity_lib.demo.cells import (
    BORN,
    DISTRICT,
    ID,
    NAME,
    SEX,
    SUBDISTRICT,
    Written,
    dress_person,
    person,
    said,
    wrong_title,
)
from equity_lib.demo.dirt import Dirt, thai_digits, write_days
from equity_lib.demo.payments import REVERSED
from equity_lib.demo.world import World
from equity_lib.demo.writing import Sheet, write_text, write_workbook

STREAM_NAMES = {
    "early_childhood": "เด็กปฐมวัย",
    "out_of_school": "เด็กและเยาวชนนอกระบบ",
    "covid_aid": "เงินช่วยเหลือโควิด",
}
AMOUNT, PAID, STATUS = "จำนวนเงิน", "วันที่จ่าย", "สถานะการจ่าย"
_FORMULA = "=?"
_GROUPS = {**dict.fromkeys((ID, NAME, BORN, SEX, SUBDISTRICT), 1), "การจ่ายเงิน": 7}


def _payments(world: World, stream: str, year: int, form: str) -> pd.DataFrame:
    picked = (world.payments["year"] == year) & (world.payments["stream"] == stream)
    rows = world.payments[picked].reset_index(drop=True)
    cells = person(world, rows["child"].to_numpy(), year)
    cells["เลขที่รายการ"], cells["โครงการย่อย"] = rows["payment_id"], STREAM_NAMES[stream]
    cells[AMOUNT] = [f"{amount:.0f}" for amount in rows["amount"]]
    cells[PAID] = write_days(rows["date"], form)
    cells["ผู้รับเงิน"] = said(rows["payee"], "support_payment", "payee")
    cells[STATUS] = said(rows["status"], "support_payment", "status")
    cells["กลับรายการของ"] = rows["reverses"].fillna("")
    return cells


def early_childhood(world: World, year: int, folder: Path) -> Written:
    """A workbook with a sheet for each district, two header rows, totals (one wrong) and signatures."""
    cells = _payments(world, "early_childhood", year, "words")
    rate = world.scenario.rate("early_childhood", year)
    dirt = Dirt(cells, world.scenario, "early", year, spare=2 * REVERSED)
    dirt.wrong_ids(ID, checks=4, places=2, scientific=2)
    dirt.spoil("Q10", BORN, f"1/01/{year + 3}", 2)
    dirt.spoil("Q11", NAME, wrong_title, 2)
    dirt.spoil("Q12", AMOUNT, str(rate + 50), 4)
    dirt.spoil_all("Q13", [AMOUNT, STATUS], [str(-rate), "กลับรายการ"], 2)
    dirt.spoil("Q14", AMOUNT, "", 3)
    dirt.spoil("Q15", PAID, f"1 ก.ค. {year}", 3)
    dirt.spoil("Q16", SUBDISTRICT, "ต.ไม่มีในอำเภอ", 3)
    dirt.spoil("Q19", AMOUNT, _FORMULA, 1)
    # The cell of a formula without a value is blank as well.
    dirt.counts["Q14"] += dirt.counts["Q19"]
    dirt.dress("A14", PAID, thai_digits, 0.05)
    dirt.dress("A27", AMOUNT, lambda t: f"฿{t}.-" if t.isdigit() else t, 0.1)
    dirt.dress("A14", AMOUNT, lambda t: thai_digits(t) if t.isdigit() else t, 0.05)
    dress_person(dirt)
    sheets: dict[str, Sheet] = {}
    for place in world.scenario.districts:
        own = dirt.rows[dirt.rows[DISTRICT] == place.name_th].drop(columns=DISTRICT).reset_index(drop=True)
        if len(own):
            sheets[place.name_th] = _district_sheet(own, place.name_th, year, wrong=800 * (not sheets))
    name = f"support-early-childhood-synthetic-{year}.xlsx"
    write_workbook(folder / name, sheets)
    return Written.of(name, dirt, Q12=rate + 50, Q13=-rate, Q15=rate)


def _district_sheet(own: pd.DataFrame, district: str, year: int, wrong: int) -> Sheet:
    """The rows of a district; its total is what its amounts add up to, and `wrong` baht."""
    formulas = [(int(i), AMOUNT) for i in np.flatnonzero(own[AMOUNT] == _FORMULA)]
    own[AMOUNT] = own[AMOUNT].replace(_FORMULA, "")
    plain = (
        own[AMOUNT]
        .str.translate(str.maketrans("๐๑๒๓๔๕๖๗๘๙", "0123456789", "฿."))
        .str.replace(r"(\d)-$", r"\1", regex=True)
    )
    total = int(pd.to_numeric(plain).sum()) + wrong
    own[AMOUNT] = [int(text) if text.isascii() and text.isdigit() else text for text in own[AMOUNT]]
    title = f"บัญชีจ่ายเงินช่วยเหลือเด็กปฐมวัย อำเภอ{district} ปี {year}"
    return Sheet(title, own, _GROUPS, {AMOUNT: f"{total:,}"}, formulas=formulas)


def out_of_school_support(world: World, year: int, folder: Path) -> Written:
    """A small workbook whose dates were typed in the Buddhist Era into date cells."""
    cells = _payments(world, "out_of_school", year, "slash")
    dirt = Dirt(cells, world.scenario, "outside support", year)
    dirt.wrong_ids(ID, checks=1, places=0, scientific=0)
    dirt.spoil("Q12", AMOUNT, "2000", 1)
    dirt.spoil("Q14", AMOUNT, "รอตรวจ", 1)
    dirt.dress("A27", AMOUNT, lambda t: f"{int(t):,} บาท" if t.isdigit() else t, 0.3)
    dress_person(dirt)
    dirt.rows[PAID] = [_typed(text) for text in dirt.rows[PAID]]
    name = f"support-out-of-school-synthetic-{year}.xlsx"
    title = f"บัญชีจ่ายเงินช่วยเหลือเด็กนอกระบบ ปี {year}"
    write_workbook(folder / name, {"จ่ายเงิน": Sheet(title, dirt.rows, hidden=[3, 4])})
    return Written.of(name, dirt, Q12=2_000)


def _typed(text: str) -> dt.date | str:
    """A date cell of the year 2563, as spreadsheets store what clerks type; a day it lacks stays text."""
    day, month, year = (int(part) for part in text.split("/"))
    try:
        return dt.date(year, month, day)
    except ValueError:
        return text


def covid_aid(world: World, year: int, folder: Path) -> Written:
    """A file with semicolons, byte order mark, Thai digits and its header again every 500 rows."""
    cells = _payments(world, "covid_aid", year, "short")
    dirt = Dirt(cells, world.scenario, "covid", year)
    dirt.wrong_ids(ID, checks=5, places=2, scientific=3)
    dirt.spoil("Q09", PAID, "12 มิ.ย.", 3)
    dirt.spoil("Q12", AMOUNT, "1,200", 3)
    dirt.spoil("Q18", NAME, "ด.ญ.มานี \ufffd\ufffd\ufffd", 3)
    dirt.dress("A14", PAID, thai_digits, 0.2)
    dirt.dress("A27", AMOUNT, lambda t: f"{t} บาท" if t.isdigit() else t, 0.3)
    dress_person(dirt)
    dirt.repeat(6)
    name = f"support-covid-synthetic-{year}.csv"
    sheet = Sheet(f"เงินช่วยเหลือโควิด ปี {year}", dirt.rows)
    write_text(folder / name, sheet, encoding="utf-8-sig", delimiter=";", repeat_header=500)
    return Written.of(name, dirt, Q12=1_200)


def out_of_school_cases(world: World, year: int, folder: Path) -> Written:
    """Cases sorted by district, whose name is one merged cell; some IDs are numbers or placeholders."""
    rows = world.reported[world.reported["year"] == year]
    order = np.argsort(world.children["place"].to_numpy()[rows["child"]], kind="stable")
    rows = rows.iloc[order].reset_index(drop=True)
    at = rows["child"].to_numpy()
    cells = person(world, at, year)
    cells.insert(0, DISTRICT, cells.pop(DISTRICT))
    cells["เบอร์โทร"] = world.children["phone"].to_numpy()[at]
    cells["วันที่พบ"] = write_days(rows["found_date"], "slash")
    cells["แหล่งข้อมูล"] = rows["found_by"]
    cells["สาเหตุ"] = said(rows["reason"], "out_of_school", "reason")
    cells["ส่งต่อ"] = rows["referral"].fillna("ไม่ระบุ")
    cells["ผลการช่วยเหลือ"] = said(rows["outcome"], "out_of_school", "outcome")
    cells["วันที่เกิดผล"] = write_days(rows["outcome_date"], "slash")
    cells["วันที่ติดตามล่าสุด"] = write_days(rows["follow_up_date"], "words")
    dirt = Dirt(cells, world.scenario, "cases", year)
    dirt.wrong_ids(ID, checks=4, places=2, scientific=0)
    dirt.spoil("Q08", "วันที่พบ", "29/2/2564", 2)
    dirt.spoil("Q00", "วันที่พบ", "", 3)
    dirt.spoil_all("Q07", [ID, NAME], ["", ""], 3)
    dirt.spoil("Q20", "สาเหตุ", "เหตุผลส่วนตัว", 4)
    dirt.spoil("Q16", SUBDISTRICT, "ต.ไม่มีในอำเภอ", 2)
    dirt.dress("A22", ID, lambda _: "1111111111119", 0.004)
    dress_person(dirt)
    plain = [int(t) if t.isascii() and t.isdigit() and i % 9 == 0 else t for i, t in enumerate(dirt.rows[ID])]
    dirt.rows[ID] = pd.Series(plain, dtype=object)
    name = f"out-of-school-synthetic-{year}.xlsx"
    title = f"ทะเบียนเด็กนอกระบบการศึกษา ปี {year}"
    write_workbook(folder / name, {"รายกรณี": Sheet(title, dirt.rows, merged=[DISTRICT])})
    return Written.of(name, dirt)
