"""Literal small tables, one a kind of chart, and a language that names their levels."""

import re
from xml.etree import ElementTree

from equity_lib.programme.grid import grid
from equity_lib.programme.places import districts
from equity_lib.report import charts
from equity_lib.report.languages import Words
from equity_lib.results import Chart, Dimension, Name, Statement, Table, cells

OWN = {
    "measure.rate": ("ร้อยละของเด็กที่ยังอยู่ในระบบ", "% of children still in school"),
    "measure.children": ("จำนวนเด็ก (คน)", "Children (persons)"),
    "measure.at_risk": ("จำนวนเด็กที่ยังติดตามอยู่", "Children still followed"),
    "measure.share": ("ร้อยละสะสมของเงินช่วยเหลือ", "Cumulative % of support"),
    "measure.difference": ("ผลต่าง (จุดร้อยละ)", "Difference (percentage points)"),
    "measure.ratio": ("อัตราส่วน (เท่า)", "Ratio (times)"),
    "dimension.district": ("อำเภอ", "District"),
    "dimension.day": ("วันนับจากวันที่ได้รับความช่วยเหลือ", "Days since support"),
    "dimension.fifth": ("กลุ่มรายได้จากน้อยไปมาก", "income fifth, poorest first"),
    "dimension.period": ("ปีนับจากปีที่เริ่ม", "Year relative to the start"),
    "dimension.bin": ("คะแนนความพร้อมเมื่อแรกเข้า", "Readiness score at entry"),
    "dimension.group": ("กลุ่ม", "Group"),
}


class OwnWords(Words):
    """The catalogue, and names for what these tables hold."""

    def text(self, key, **values):
        if key in OWN:
            return OWN[key][self.language == "en"]
        return super().text(key, **values)

    def level(self, dim, level):
        return level if dim.key in ("day", "period", "bin") else super().level(dim, level)


def table(dims, rows, name="shown"):
    return Table(name, tuple(dims), cells(name, [dim.key for dim in dims], rows), sensitivity="personal")


def dimension(key, names, total=None):
    """A dimension by level → (Thai, English)."""
    return Dimension(key, tuple(names), {level: Name(*both) for level, both in names.items()}, None, total)


PLACES = {p.code: (p.name_th, p.name_en) for p in districts("40")}
DISTRICT = dimension("district", PLACES | {"total": ("ทั้งจังหวัด", "Whole province")}, "total")
HIDDEN = {"status": "suppressed"}


def share(n, k, **more):
    return {"measure": "rate", "unit": "percent", "value": 100 * k / n} | more


def by_district():
    rows = []
    for index, code in enumerate(PLACES):
        n = 40 + 35 * ((index * 7) % 11)
        k = round(n * (0.62 if code in ("4005", "4019") else 0.88 if code == "4015" else 0.74 + 0.02 * (index % 5)))
        hide = HIDDEN if code in ("4011", "4029") else {}
        rows.append({"district": code, "measure": "children", "unit": "person", "value": 5 * round(n / 5)} | hide)
        missing = {"status": "missing", "value": None} if code == "4023" else {}
        rows.append({"district": code} | share(n, k) | hide | missing)
    rows.append({"district": "total", "measure": "children", "unit": "person", "value": 5400})
    rows.append({"district": "total"} | share(100, 77))
    return table([DISTRICT], rows)


def flows():
    start = dimension("from", {
        "out": ("เด็กนอกระบบการศึกษา", "Out of school"),
        "risk": ("เด็กที่เสี่ยงหลุดออกจากระบบการศึกษาภาคบังคับ", "At risk of leaving compulsory education"),
        "in": ("เด็กในระบบ", "In school"),
    })
    end = dimension("to", {
        "school": ("โรงเรียนในระบบ", "Formal school"),
        "nfe": ("การศึกษานอกระบบและการศึกษาตามอัธยาศัย", "Non-formal and informal education"),
        "work": ("ฝึกอาชีพหรือทำงาน", "Vocational training or work"),
        "lost": ("ติดตามไม่ได้", "Lost to follow-up"),
    })
    counts = {
        ("out", "school"): 420, ("out", "nfe"): 310, ("out", "work"): 85, ("out", "lost"): 60,
        ("risk", "school"): 640, ("risk", "nfe"): 45, ("risk", "work"): None, ("risk", "lost"): 25,
        ("in", "school"): 905, ("in", "nfe"): 10, ("in", "work"): 0, ("in", "lost"): None,
    }
    rows = [
        {"from": a, "to": b, "measure": "children", "unit": "person", "value": 4 if v is None else v}
        | (HIDDEN if v is None else {})
        for (a, b), v in counts.items()
    ]
    return table([start, end], rows)


DAYS = ("0", "30", "60", "90", "120", "180", "240", "300", "365")


def survivals(hide=()):
    group = dimension("group", {
        "fund": ("ได้รับทุนต่อเนื่อง", "Continuing support"),
        "once": ("ได้รับความช่วยเหลือครั้งเดียวในช่วงสถานการณ์โควิด 19", "One-off support during COVID-19"),
    })
    rows = []
    for level, drop, n in (("fund", 1.4, 320), ("once", 3.1, 180)):
        for index, day in enumerate(DAYS):
            value = 100 - drop * index * (1 + 0.05 * (index % 3))
            risk = n - 5 * round(index * drop * n / 500)
            hidden = HIDDEN if (level, day) in hide else {}
            rows.append({"day": day, "group": level, "measure": "rate", "unit": "percent", "value": value,
                         "low": value - 1.2 * (index > 0) - drop * index / 8, "high": min(100, value + drop * index / 6)} | hidden)
            rows.append({"day": day, "group": level, "measure": "at_risk", "unit": "person", "value": risk} | hidden)
    return table([Dimension("day", DAYS), group], rows)


def one_survival():
    rows = [row for row in survivals().cells.to_dict("records") if row["group"] == "fund"]
    kept = [{k: v for k, v in row.items() if k not in ("id", "group")} for row in rows]
    return table([Dimension("day", DAYS)], kept)


def incidences():
    cause = dimension("group", {
        "left": ("ออกกลางคัน", "Left school"), "moved": ("ย้ายออกนอกจังหวัด", "Moved away"),
    })
    rows = [
        {"day": day, "group": level, "measure": "rate", "unit": "percent", "value": step * (index + 1) ** 0.7,
         "low": step * (index + 1) ** 0.7 * 0.7, "high": step * (index + 1) ** 0.7 * 1.35}
        | (HIDDEN if (level, index) == ("moved", 3) else {})
        for level, step in (("left", 2.3), ("moved", 0.9))
        for index, day in enumerate(DAYS[1:])
    ]
    return table([Dimension("day", DAYS[1:]), cause], rows)


def fifths(hide=()):
    fifth = dimension("fifth", {str(n): (f"กลุ่มที่ {n}", f"Fifth {n}") for n in range(1, 6)})
    rows = [
        {"fifth": str(n), "measure": "share", "unit": "percent", "value": value} | (HIDDEN if n in hide else {})
        for n, value in enumerate((38.25, 61.5, 78, 90.75, 100), start=1)
    ]
    return table([fifth], rows)


def estimates(measure="difference", hide=("c",)):
    group = dimension("group", {
        "a": ("เด็กหญิง", "Girls"), "b": ("เด็กชาย", "Boys"),
        "c": ("เด็กที่มีความต้องการจำเป็นพิเศษทางการศึกษา", "Children with special educational needs"),
        "d": ("อำเภอห่างไกล", "Remote districts"), "e": ("ไม่ระบุสัญชาติ", "Nationality not stated"),
    })
    unit = "point" if measure == "difference" else "times"
    values = {"a": (4.2, 1.1, 7.3), "b": (2.0, -1.2, 5.2), "c": (3, 1, 5), "d": (-1.5, -6.0, 3.0), "e": (None,) * 3}
    if measure == "ratio":
        values = {"a": (1.2, 1.05, 1.4), "b": (0.8, 0.5, 1.3), "c": (2, 1, 4), "d": (2.1, 1.1, 4.0), "e": (None,) * 3}
    rows = [
        {"group": level, "measure": measure, "unit": unit, "value": v, "low": low, "high": high, "method": "x"}
        | (HIDDEN if level in hide else {})
        for level, (v, low, high) in values.items()
    ]
    return table([group], rows)


def agencies(hide=("h2-nfe",)):
    start = dimension("from", {
        "h1": ("สำนักงานส่งเสริมการศึกษานอกระบบและการศึกษาตามอัธยาศัยจังหวัดขอนแก่น", "Provincial office of non-formal education"),
        "h2": ("องค์การบริหารส่วนจังหวัด", "Provincial administrative organisation"),
        "h3": ("โรงพยาบาลส่งเสริมสุขภาพตำบล", "Sub-district health hospital"),
    })
    end = dimension("to", {
        "school": ("โรงเรียน", "Schools"), "nfe": ("กศน.อำเภอ", "District NFE centres"),
        "msdhs": ("สำนักงานพัฒนาสังคมและความมั่นคงของมนุษย์", "Social development and human security office"),
    })
    counts = {"h1-nfe": 240, "h1-school": 30, "h2-school": 125, "h2-nfe": 3, "h2-msdhs": 15, "h3-msdhs": 60, "h3-school": 75}
    rows = [
        dict(zip(("from", "to"), key.split("-"), strict=True)) | {"measure": "children", "unit": "person", "value": v}
        | (HIDDEN if key in hide else {})
        for key, v in counts.items()
    ]
    return table([start, end], rows)


def panels(years=("2562", "2563", "2564"), places=6, measure="rate", hide=(("4002", "2563"),)):
    some = {code: PLACES[code] for code in list(PLACES)[:places]}
    rows = []
    for y, year in enumerate(years):
        for i, code in enumerate(some):
            value = 60 + 3.5 * y + 2.25 * (i % 7)
            low, high = (value - 5, value + 5) if measure == "rate" else (None, None)
            hidden = HIDDEN if (code, year) in hide else {"status": "missing", "value": None} if (code, year) == ("4004", "2562") else {}
            unit = "percent" if measure == "rate" else "baht"
            scale = 1 if measure == "rate" else 25_000
            rows.append({"district": code, "year": year, "measure": measure, "unit": unit, "value": 0 if (i, y) == (4, 1) else value * scale, "low": low, "high": high} | hidden)
    return table([dimension("district", some), Dimension("year", years)], rows)


def periods(hide=("2",)):
    values = {"-3": (0.4, -1.8, 2.6), "-2": (-0.3, -2.1, 1.5), "-1": (0, None, None), "0": (1.9, -0.2, 4.0),
              "1": (4.1, 1.9, 6.3), "2": (5.0, 2, 8), "3": (5.2, 1.6, 8.8)}
    rows = [
        {"period": p, "measure": "difference", "unit": "point", "value": v, "low": low, "high": high}
        | (HIDDEN if p in hide else {})
        for p, (v, low, high) in values.items()
    ]
    return table([Dimension("period", tuple(values))], rows)


def bins(hide=("-17.5",)):
    middles = [-22.5 + 5 * i for i in range(10)]
    rows = []
    for x in middles:
        level = f"{x:g}"
        value = 52 + 0.35 * x + (9 if x >= 0 else 0) + 1.5 * ((x // 5) % 3)
        hidden = HIDDEN if level in hide else {}
        rows.append({"bin": level, "measure": "rate", "unit": "percent", "value": value} | hidden)
        rows.append({"bin": level, "measure": "children", "unit": "person", "value": 120 - abs(x) * 2} | hidden)
    return table([Dimension("bin", tuple(f"{x:g}" for x in middles))], rows)


#: Name → kind, table, encodings.
EXAMPLES = {
    "bars": ("bars", by_district, {"x": "rate", "y": "district"}),
    "tiles": ("tiles", by_district, {"x": "rate", "y": "district"}),
    "funnel": ("funnel", by_district, {"x": "children", "y": "rate", "by": "district", "total": "total"}),
    "flow": ("flow", flows, {"x": "children"}),
    "survival": ("survival", lambda: survivals({("once", "120")}),
                 {"x": "day", "y": "rate", "at_risk": "at_risk", "colour": "group"}),
    "one_survival": ("survival", one_survival, {"x": "day", "y": "rate", "at_risk": "at_risk"}),
    "incidence": ("survival", incidences, {"x": "day", "y": "rate", "colour": "group"}),
    "concentration": ("concentration", lambda: fifths((4,)), {"x": "fifth", "y": "share"}),
    "forest": ("forest", estimates, {"x": "difference", "y": "group", "reference": "0"}),
    "ratios": ("forest", lambda: estimates("ratio"), {"x": "ratio", "y": "group", "reference": "1"}),
    "network": ("network", agencies, {"x": "children"}),
    "multiples": ("multiples", panels, {"x": "rate", "y": "district", "panel": "year"}),
    "event_study": ("event_study", periods, {"x": "period", "y": "difference"}),
    "binned": ("binned", bins, {"x": "bin", "y": "rate", "n": "children", "cut": "0", "fit": "line"}),
}


def draw(name, made=None, language="th", title="หัวข้อ", **changed):
    """An example as inline SVG, with another table or other encodings if they are given."""
    kind, make, encodings = EXAMPLES[name]
    shown = make() if made is None else made
    kept = {key: value for key, value in (encodings | changed).items() if value}
    chart = Chart(f"{shown.id}.{name}", kind, shown.id, kept, Statement("title"))
    return charts.draw(chart, shown, OwnWords(language), title=title, tiles=grid("40"))


def roots(fragment):
    """The wide and the narrow drawing."""
    return [ElementTree.fromstring(svg) for svg in fragment.split("\n")]


def texts(root):
    """All words of a drawing in the order in which they are written."""
    return [text.text for text in root.iter("text")]


def said(fragment):
    """The description that a screen reader says."""
    return roots(fragment)[0].find("desc").text


def paths(root):
    """Attributes of every path outside patterns."""
    inside = {id(path) for pattern in root.iter("pattern") for path in pattern.iter("path")}
    return [path.attrib for path in root.iter("path") if id(path) not in inside]


def points(path):
    """Corner points of a path without curves."""
    return [(float(x), float(y)) for x, y in re.findall(r"[ML]([-\d.]+) ([-\d.]+)", path["d"])]
