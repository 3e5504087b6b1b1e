"""What is not about one child: population, partners, gifts, the grant's ledger and targets."""

import numpy as np
import pandas as pd

from equity_lib.demo.scenario import COHORT, FIRST_YEAR, GAP, GRANTS, STARTS, STREAMS, Scenario

SOURCE = "ประมาณการสังเคราะห์ (synthetic estimate)"
#: Persons for each child of the register's cohorts.
PERSONS_A_CHILD = 3.2
AGENCIES = (120, 347, 360, 365, 370)
_AFFILIATIONS = ("องค์กรปกครองส่วนท้องถิ่น", "สพฐ.", "กศน.", "สาธารณสุข", "พัฒนาสังคม", "เอกชน", "มหาวิทยาลัย")
LINES = {
    "administration": "ค่าบริหารโครงการ",
    "other": "ค่าเดินทางและสื่อการเรียน (ไม่แยกโครงการย่อย)",
    "grant": "รับเงินทุนจากผู้ให้ทุน",
    "returned": "ส่งคืนเงินคงเหลือ",
}
STREAM_LINES = {
    "early_childhood": "เงินช่วยเหลือเด็กปฐมวัย",
    "out_of_school": "เงินช่วยเหลือเด็กนอกระบบ",
    "covid_aid": "เงินช่วยเหลือโควิด",
}


def population(scenario: Scenario, year: int) -> pd.DataFrame:
    """Persons by district, age 0–21 and sex at the middle of the programme year."""
    rng = scenario.rng("population")
    codes = [d.code for d in scenario.districts]
    share = np.array([4.0] + [1.0] * (len(codes) - 1))
    size = COHORT * scenario.scale * PERSONS_A_CHILD * share / share.sum()
    grid = pd.MultiIndex.from_product(
        [codes, range(22), ["male", "female"]], names=["district", "age", "sex"]
    )
    rows = grid.to_frame(index=False)
    sexes = np.where(rows["sex"] == "male", 0.515, 0.485)
    drift = 1 + 0.01 * (year - FIRST_YEAR)
    rows["persons"] = np.round(np.repeat(size, 44) * sexes * rng.normal(1, 0.04, len(rows)) * drift).astype(
        int
    )
    rows["source"], rows["as_of"] = SOURCE, pd.Timestamp(f"{year - 542}-03-31")
    return rows


def start_day(half: int) -> pd.Timestamp:
    """First day of a half-year, counted from October of the first programme year."""
    year, second = divmod(half, 2)
    return pd.Timestamp(year=FIRST_YEAR - 543 + year + second, month=4 if second else 10, day=1)


def agencies(scenario: Scenario, year: int) -> pd.DataFrame:
    """Partners of a year; a district's case team is a partner from the day its roll-out starts."""
    rng = scenario.rng("agencies")
    count = AGENCIES[year - FIRST_YEAR]
    kind = rng.integers(0, len(_AFFILIATIONS), 400)[:count]
    rows = pd.DataFrame({"agency": [f"หน่วยงานสังเคราะห์ที่ {i + 1}" for i in range(count)]})
    rows["affiliation"] = np.array(_AFFILIATIONS)[kind]
    rows["role"] = np.where(rng.random(400)[:count] < 0.8, "signatory", "referral")
    rows["mou_date"] = (
        pd.Timestamp("2019-08-13") if year == FIRST_YEAR else pd.Timestamp(f"{year - 543}-11-25")
    )
    teams = []
    for place, group in zip(scenario.districts, scenario.groups, strict=True):
        start = STARTS[group]
        if start is not None and start < 2 * (year - FIRST_YEAR + 1):
            name = f"ทีมติดตามรายกรณีอำเภอ{place.name_th}"
            teams.append((name, "องค์กรปกครองส่วนท้องถิ่น", "implementer", start_day(start)))
    return pd.concat([rows, pd.DataFrame(teams, columns=rows.columns)], ignore_index=True)


def contributions(year: int) -> pd.DataFrame:
    """Gifts of third parties: never programme money."""
    day = pd.Timestamp(f"{year - 543}-11-25")
    rows = [
        ("บริษัทสังเคราะห์ จำกัด", day, "in_kind", "จักรยานยนต์ไฟฟ้า", 1, None, "โรงเรียนแห่งหนึ่ง"),
        ("มูลนิธิสังเคราะห์", day, "money", "=ทุนอาหารกลางวัน", None, 50_000.0, "ศูนย์พัฒนาเด็กเล็ก"),
        ("บริษัทสังเคราะห์ จำกัด", day, "revolving_fund", "เงินทุนหมุนเวียน", None, 200_000.0, "ผู้สนใจ"),
    ]
    columns = ["giver", "date", "kind", "description", "items", "value", "recipient"]
    return pd.DataFrame(rows, columns=columns)


def use_of_grant(scenario: Scenario, year: int) -> dict[str, int]:
    """Baht of the year's grant by what became of it; streams, other lines, administration, returned."""
    grant = GRANTS[year - FIRST_YEAR] * scenario.scale
    streams = {name: scenario.rate(name, year) * scenario.cases(name, year) for name in STREAMS}
    other = GAP * scenario.scale if year == FIRST_YEAR else 0
    administration = (grant - sum(streams.values()) - other) // 10_000 * 6_000
    spent = sum(streams.values()) + other + administration
    return {
        **streams,
        "other": other,
        "administration": administration,
        "spent": spent,
        "grant": grant,
        "returned": grant - spent,
    }


def tranches(scenario: Scenario, year: int) -> list[tuple[pd.Timestamp, int]]:
    """Day and baht of the two payments of the grant."""
    grant = GRANTS[year - FIRST_YEAR] * scenario.scale
    first = grant * 6 // 10
    days = (pd.Timestamp(f"{year - 543}-10-01"), pd.Timestamp(f"{year - 542}-04-01"))
    return [(days[0], first), (days[1], grant - first)]


def ledger(scenario: Scenario, year: int) -> pd.DataFrame:
    """The year's entries: tranches in, each stream and line out, the rest returned."""
    use, last = use_of_grant(scenario, year), pd.Timestamp(f"{year - 542}-09-15")
    rows: list[tuple[object, ...]] = [
        (day, i, LINES["grant"], None, float(baht), 0.0, 0.0)
        for i, (day, baht) in enumerate(tranches(scenario, year), 1)
    ]
    paid = {"early_childhood": "02-28", "out_of_school": "09-10", "covid_aid": "08-31"}
    rows += [
        (pd.Timestamp(f"{year - 542}-{paid[name]}"), 2, line, name, 0.0, float(use[name]), 0.0)
        for name, line in STREAM_LINES.items()
    ]
    for name in ("other", "administration"):
        if use[name]:
            rows.append((last, 2, LINES[name], None, 0.0, float(use[name]), 0.0))
    rows.append((last, 2, LINES["returned"], None, 0.0, 0.0, float(use["returned"])))
    return pd.DataFrame(rows, columns=["date", "tranche", "line", "stream", "received", "spent", "returned"])


def targets(scenario: Scenario, year: int) -> pd.DataFrame:
    """Numbers agreed with the funder, by stream; the second is missed in most years."""
    due = pd.Timestamp(f"{year - 542}-09-30")
    factor = {"early_childhood": 0.95, "out_of_school": 1.25, "covid_aid": 1.0}
    rows = [
        ("supported_children", name, round(scenario.cases(name, year) * factor[name]), "คน", due)
        for name in STREAMS
    ]
    rows.append(("returned_to_education", "out_of_school", 400 * scenario.scale, "คน", due))
    return pd.DataFrame(rows, columns=["indicator", "stream", "target_value", "target_unit", "due"])
