"""Files of schools and care centres: home visits, attendance, development and readiness."""

from pathlib import Path

import numpy as np
import pandas as pd

from equity_lib.demo.cells import (
    BORN,
    DISTRICT,
    ID,
    NAME,
    SUBDISTRICT,
    Written,
    dress_person,
    numbers,
    person,
    said,
    wrong_title,
)
from equity_lib.demo.dirt import Dirt, thai_digits, write_days
from equity_lib.demo.households import ITEMS
from equity_lib.demo.readiness import DEVELOPMENT, READINESS
from equity_lib.demo.scenario import FIRST_YEAR
from equity_lib.demo.world import World
from equity_lib.demo.writing import Sheet, write_text, write_workbook


def screening(world: World, year: int, folder: Path) -> Written:
    """Home visits: a CP874 file with title rows, glued titles, short place names; faults of all kinds."""
    rows = world.screening[world.screening["year"] == year].reset_index(drop=True)
    at, rng = rows["child"].to_numpy(), world.scenario.rng("home visits", year)
    own = world.children.iloc[at].reset_index(drop=True)
    cells = person(world, at, year)
    cells["บ้านเลขที่"], cells["เบอร์โทร"] = (
        own["address"],
        own["phone"].str.replace(r"(\d{3})(\d{3})", r"\1-\2-", regex=True),
    )
    cells["ชื่อผู้ปกครอง"], cells["ความพิการ"] = (
        own["guardian_name"],
        said(own["disability"], "child", "disability"),
    )
    visited = np.datetime64(f"{year - 543}-06-10") + rng.integers(0, 40, len(rows))
    cells["วันที่คัดกรอง"] = write_days(pd.Series(visited), "words")
    cells["แบบคัดกรอง"], cells["รายได้เฉลี่ย"] = "นร.01", numbers(rows["income"])
    cells["จำนวนสมาชิก"] = numbers(own["household_size"])
    for item in ITEMS:
        cells[item] = np.where(rows[item] == 1, "ใช่", "ไม่ใช่")
    cells["คะแนน PMT"], cells["เกณฑ์ปี"] = numbers(rows["pmt_score"], 2), f"PMT-{year}"
    cells["ผลคัดกรอง"] = said(rows["band"], "screening", "band")
    dirt = Dirt(cells, world.scenario, "screening", year)
    dirt.wrong_ids(ID, checks=12, places=6, scientific=4)
    dirt.teacher(ID)
    dirt.two_names(ID, NAME, 3)
    dirt.two_ids(ID)
    dirt.spoil("Q08", BORN, "29/2/2554", 3)
    dirt.spoil("Q09", BORN, "12 มี.ค.", 4)
    dirt.spoil("Q11", NAME, wrong_title, 5)
    dirt.spoil_all("Q16", [DISTRICT, SUBDISTRICT], ["อ.ไม่มีในจังหวัด", ""], 6)
    dirt.spoil("Q17", "คะแนน PMT", "4120", 3)
    dirt.spoil("Q18", NAME, "ด.ช.???? ????", 4)
    dirt.dress("A28", "รายได้เฉลี่ย", lambda _: "ไม่ทราบ", 0.03)
    dirt.dress("A27", "รายได้เฉลี่ย", lambda t: f"{int(t):,} บาท" if t.isdigit() else t, 0.2)
    dirt.dress("A30", DISTRICT, lambda t: f"อ.{t}", 0.2)
    dirt.dress("A30", SUBDISTRICT, lambda t: f"ต.{t}" if not t.startswith("ต.") else t, 0.2)
    dress_person(dirt)
    dirt.repeat(5)
    name = f"screening-synthetic-{year}.csv"
    write_text(folder / name, Sheet(f"แบบคัดกรองนักเรียนยากจน ปีการศึกษา {year}", dirt.rows), encoding="cp874")
    return Written.of(name, dirt)


def attendance(world: World, year: int, folder: Path) -> Written:
    """Attendance by term: the first secretariat's wide UTF-16 form, then another, one row a term."""
    rows = world.enrolment[world.enrolment["year"] == year].sort_values(["child", "term"], ignore_index=True)
    cells = _wide(world, rows, year) if year == FIRST_YEAR else _long(world, rows, year)
    dirt = Dirt(cells, world.scenario, "attendance", year)
    opened, came = (
        ("เวลาเต็ม ภาค 1", "มาเรียน ภาค 1") if year == FIRST_YEAR else ("จำนวนวันเปิดเรียน", "จำนวนวันมาเรียน")
    )
    dirt.spoil("Q17", came, "130", 8)
    dirt.wrong_ids(ID, checks=5, places=3, scientific=0)
    dirt.spoil("Q20", "สถานะ ภาค 1" if year == FIRST_YEAR else "สถานภาพ", "ไม่แน่ใจ", 5)
    dirt.dress("A28", came, lambda _: "-", 0.01)
    dirt.dress("A14", opened, thai_digits, 0.05)
    dress_person(dirt)
    title = f"การมาเรียนรายภาคเรียน ปีการศึกษา {year}"
    if year == FIRST_YEAR:
        name = f"attendance-synthetic-{year}.txt"
        write_text(folder / name, Sheet(title, dirt.rows), encoding="utf-16", delimiter="\t")
    else:
        dirt.dress("A17", "ปีการศึกษา", lambda t: t[2:], 0.05)
        dirt.repeat(7)
        name = f"attendance-synthetic-{year}.csv"
        write_text(folder / name, Sheet(title, dirt.rows, foot=False), encoding="utf-8")
    return Written.of(name, dirt)


_GRADES = {"care": "ศพด.", "nfe": "กศน.", "k": "อ.", "p": "ป.", "m": "ม."}


def _grades(codes: pd.Series) -> np.ndarray:
    written = {c: _GRADES[c] if c in _GRADES else _GRADES[c[0]] + c[1:] for c in codes.unique()}
    return codes.map(written).to_numpy(object)


def _long(world: World, rows: pd.DataFrame, year: int) -> pd.DataFrame:
    cells = person(world, rows["child"].to_numpy(), year)[[ID, NAME]]
    cells["รหัสสถานศึกษา"], cells["ระดับชั้น"] = rows["school"].to_numpy(object), _grades(rows["grade"])
    cells["ปีการศึกษา"], cells["เทอม"] = str(year), numbers(rows["term"])
    cells["สถานภาพ"] = said(rows["enrol_status"], "enrolment", "enrol_status")
    cells["จำนวนวันเปิดเรียน"], cells["จำนวนวันมาเรียน"] = (
        numbers(rows["days_open"]),
        numbers(rows["days_present"]),
    )
    cells["เกรดเฉลี่ย"] = numbers(rows["gpa"], 2)
    return cells


def _wide(world: World, rows: pd.DataFrame, year: int) -> pd.DataFrame:
    """One row a child; a blank term is one in which it wasn't in school."""
    first = rows.drop_duplicates("child", ignore_index=True)
    cells = person(world, first["child"].to_numpy(), year)[[ID, NAME]]
    cells["รหัสโรงเรียน"], cells["ชั้น"] = first["school"].to_numpy(object), _grades(first["grade"])
    for term in (1, 2):
        own = rows[rows["term"] == term].set_index("child").reindex(first["child"])
        cells[f"สถานะ ภาค {term}"] = said(own["enrol_status"], "enrolment", "enrol_status")
        cells[f"เวลาเต็ม ภาค {term}"] = numbers(own["days_open"])
        cells[f"มาเรียน ภาค {term}"] = numbers(own["days_present"])
        cells[f"เกรด ภาค {term}"] = numbers(own["gpa"], 2)
    return cells


def development(world: World, year: int, folder: Path) -> Written:
    """Development and readiness: one workbook, a sheet each, a column for each domain."""
    rows = world.development[world.development["year"] == year].reset_index(drop=True)
    cells = person(world, rows["child"].to_numpy(), year)[[ID, NAME]]
    cells["วันที่ประเมิน"], cells["อายุ (เดือน)"] = write_days(rows["date"], "slash"), numbers(rows["age_months"])
    for domain, heading in DEVELOPMENT.items():
        cells[heading] = said(rows[domain], "assessment", "result")
    dspm = Dirt(cells, world.scenario, "development", year)
    dspm.spoil("Q20", DEVELOPMENT["GM"], "ดีมาก", 3)
    dspm.wrong_ids(ID, checks=2, places=0, scientific=2)
    dress_person(dspm)
    rows = world.readiness[world.readiness["year"] == year].reset_index(drop=True)
    cells = person(world, rows["child"].to_numpy(), year)[[ID, NAME]]
    cells["แบบประเมิน"], cells["วันที่ประเมิน"] = rows["instrument"], write_days(rows["date"], "short")
    for domain, heading in READINESS.items():
        cells[heading] = numbers(rows[domain])
    ready = Dirt(cells, world.scenario, "readiness", year)
    ready.spoil("Q09", "วันที่ประเมิน", "15 มี.ค.", 3)
    ready.dress("A28", READINESS["self"], lambda _: "-", 0.03)
    dress_person(ready)
    name = f"development-synthetic-{year}.xlsx"
    write_workbook(
        folder / name,
        {
            "DSPM": Sheet(f"ผลคัดกรองพัฒนาการ ปี {year}", dspm.rows),
            "ความพร้อม": Sheet(f"ความพร้อมก่อนเข้า ป.1 ปี {year}", ready.rows),
        },
    )
    dspm.counts.update(ready.counts)
    both = Written.of(name, dspm)
    return Written(name, both.kept + len(ready.rows) - ready.held, both.quarantined + ready.held, both.rules)
