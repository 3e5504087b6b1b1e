"""The office's own book: population, ledger, partners, gifts and targets."""

from pathlib import Path

import pandas as pd

from equity_lib.demo.cells import Written, numbers, places, said
from equity_lib.demo.dirt import write_days
from equity_lib.demo.province import agencies, contributions, ledger, population, targets
from equity_lib.demo.support_forms import STREAM_NAMES
from equity_lib.demo.world import World
from equity_lib.demo.writing import Sheet, write_text, write_workbook

#: The year in which the list of partners went through a program that took Thai for Latin-1 (A04).
GARBLED = 2563


def office_book(world: World, year: int, folder: Path) -> list[Written]:
    """One workbook with five sheets; in one year the partners come apart, garbled but whole."""
    partners = _partners(world, year)
    sheets = {
        "ประชากร": _population(world, year),
        "บัญชีเงินทุน": _ledger(world, year),
        "บริจาค": _contributions(year),
        "เป้าหมาย": _targets(world, year),
    }
    made = []
    if year == GARBLED:
        name = f"partners-synthetic-{year}.csv"
        write_text(folder / name, partners, encoding="utf-8", garble=True)
        made.append(Written(name, len(partners.rows), 0, {}))
    else:
        sheets["ภาคี"] = partners
    name = f"office-synthetic-{year}.xlsx"
    write_workbook(folder / name, sheets)
    kept = sum(len(sheet.rows) for sheet in sheets.values())
    return [*made, Written(name, kept, 0, {})]


def _population(world: World, year: int) -> Sheet:
    rows = population(world.scenario, year)
    cells = pd.DataFrame({"อำเภอ": places(rows["district"]), "อายุ": numbers(rows["age"])})
    cells["เพศ"], cells["จำนวนคน"] = said(rows["sex"], "population", "sex"), rows["persons"]
    cells["แหล่งที่มา"], cells["ณ วันที่"] = rows["source"], write_days(rows["as_of"], "words")
    return Sheet(f"ประชากรสังเคราะห์ ปี {year}", cells, foot=False)


def _ledger(world: World, year: int) -> Sheet:
    rows = ledger(world.scenario, year)
    cells = pd.DataFrame({"วันที่รายการ": write_days(rows["date"], "words"), "งวดที่": numbers(rows["tranche"])})
    cells["รายการบัญชี"], cells["ประเภทความช่วยเหลือ"] = rows["line"], rows["stream"].map(STREAM_NAMES).fillna("")
    for heading, column in (("รับ", "received"), ("จ่าย", "spent"), ("ส่งคืน", "returned")):
        cells[heading] = rows[column]
    totals = {heading: f"{cells[heading].sum():,.2f}" for heading in ("รับ", "จ่าย", "ส่งคืน")}
    return Sheet(f"บัญชีเงินทุน ปี {year}", cells, totals=totals)


def _partners(world: World, year: int) -> Sheet:
    rows = agencies(world.scenario, year)
    cells = pd.DataFrame({"ชื่อหน่วยงาน": rows["agency"], "สังกัด": rows["affiliation"]})
    cells["บทบาท"], cells["วันที่ลงนาม"] = (
        said(rows["role"], "agency", "role"),
        write_days(rows["mou_date"], "words"),
    )
    return Sheet(f"หน่วยงานภาคีสังเคราะห์ ปี {year}", cells)


def _contributions(year: int) -> Sheet:
    rows = contributions(year)
    cells = pd.DataFrame({"ผู้บริจาค": rows["giver"], "วันที่รับบริจาค": write_days(rows["date"], "words")})
    cells["ชนิดการสมทบ"], cells["รายละเอียด"] = said(rows["kind"], "contribution", "kind"), rows["description"]
    cells["จำนวนชิ้น"], cells["มูลค่า"] = numbers(rows["items"]), numbers(rows["value"])
    cells["ผู้รับบริจาค"] = rows["recipient"]
    return Sheet(f"การสมทบและบริจาค ปี {year}", cells)


def _targets(world: World, year: int) -> Sheet:
    rows = targets(world.scenario, year)
    cells = pd.DataFrame({"ตัวชี้วัด": rows["indicator"]})
    cells["ประเภทความช่วยเหลือ"], cells["ค่าเป้าหมาย"] = rows["stream"].map(STREAM_NAMES), rows["target_value"]
    cells["หน่วยนับ"], cells["กำหนดแล้วเสร็จ"] = rows["target_unit"], write_days(rows["due"], "words")
    return Sheet(f"เป้าหมายตามข้อตกลง ปี {year}", cells)
