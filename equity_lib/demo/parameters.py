"""Parameter files and mapping of a synthetic area, as `params/demo` holds them."""

import hashlib
from importlib.resources import files

from geothai import provinces

from equity_lib.demo.province import tranches, use_of_grant
from equity_lib.demo.readiness import DEVELOPMENT, READINESS
from equity_lib.demo.scenario import FIRST_YEAR, GAP, Scenario
from equity_lib.demo.support_forms import STREAM_NAMES

_AGES = {
    "early_childhood": "{from: 2, to: 6}",
    "out_of_school": "{from: 2, to: 21}",
    "covid_aid": "not_stated",
}
_ENGLISH = {
    "early_childhood": "Early-childhood children",
    "out_of_school": "Out-of-school children and youth",
    "covid_aid": "COVID aid",
}
_GOALS = {"early_childhood": "A", "out_of_school": "C", "covid_aid": "not_stated"}


def mapping_text() -> str:
    """The mapping of the two forms whose columns are terms or domains; headings tell the others."""
    wide = "".join(_term(term) for term in (1, 2))
    domains = "".join(
        f'            - constants: {{instrument: "DSPM", domain: {key}}}\n'
        f"              columns: {{result: {heading}}}\n"
        for key, heading in DEVELOPMENT.items()
    )
    ready = "".join(
        f"            - constants: {{domain: {key}}}\n              columns: {{score: {heading}}}\n"
        for key, heading in READINESS.items()
    )
    person = "          child_id: เลขประจำตัวประชาชน\n          full_name: ชื่อ-สกุล\n"
    return f"""\
# How the synthetic offices' wide forms become rows: terms and domains stand in columns there.
schema_version: 1
sources:
  - files: "attendance-synthetic-{FIRST_YEAR}*"
    tables:
      enrolment:
        columns:
{person}          school: รหัสโรงเรียน
          grade: ชั้น
        unpivot:
{wide}  - files: "development-synthetic-*"
    sheets: "DSPM"
    tables:
      assessment:
        columns:
{person}          date: วันที่ประเมิน
          age_months: อายุ (เดือน)
        unpivot:
{_outdent(domains)}  - files: "development-synthetic-*"
    sheets: "ความพร้อม"
    tables:
      assessment:
        columns:
{person}          instrument: แบบประเมิน
          date: วันที่ประเมิน
        unpivot:
{_outdent(ready)}"""


def _outdent(text: str) -> str:
    return "".join(line[2:] + "\n" for line in text.splitlines())


def _term(term: int) -> str:
    columns = {
        "enrol_status": f"สถานะ ภาค {term}",
        "days_open": f"เวลาเต็ม ภาค {term}",
        "days_present": f"มาเรียน ภาค {term}",
        "gpa": f"เกรด ภาค {term}",
    }
    told = ", ".join(f"{column}: {heading}" for column, heading in columns.items())
    constants = f"{{academic_year: {FIRST_YEAR}, term: {term}}}"
    return f"          - constants: {constants}\n            columns: {{{told}}}\n"


def designs_text() -> str:
    """The declared designs: the same in every synthetic area, whatever its size."""
    return _template("designs")


def year_text(scenario: Scenario, year: int) -> str:
    """The parameter file of a programme year."""
    use, first = use_of_grant(scenario, year), year == FIRST_YEAR
    gap = GAP * scenario.scale if first else 0
    streams = {key: _stream(scenario, key, year) for key in STREAM_NAMES}
    total = sum(use[key] for key in STREAM_NAMES) + gap
    province = next(p for p in provinces() if p.code == scenario.province)
    demo = scenario.area == "demo"
    note = (
        f"The stated total holds {gap:,} baht beyond the streams, on purpose." if gap else "The totals agree."
    )
    return _template("year").format(
        total_note=note,
        area=scenario.area,
        name_th="จังหวัดตัวอย่าง (ข้อมูลสังเคราะห์)" if demo else f"จังหวัดตัวอย่าง {scenario.area[5:]} (ข้อมูลสังเคราะห์)",
        name_en="Demo province (synthetic)" if demo else f"Demo province {scenario.area[5:]} (synthetic)",
        province=province.code,
        year=year,
        next=year + 1,
        ordinal=year - FIRST_YEAR + 1,
        office_th="สำนักงานส่งเสริมการปกครองท้องถิ่นตัวอย่าง" if first else "สำนักงานศึกษาธิการจังหวัดตัวอย่าง",
        office_en="Example local administration office" if first else "Example provincial education office",
        tranches="\n".join(
            f'    - {{date: "{day.year + 543}-{day:%m-%d}", amount: {baht}}}'
            for day, baht in tranches(scenario, year)
        ),
        streams="".join(streams.values()).rstrip("\n"),
        total=total,
        cutoff=scenario.cutoff(year),
        mapping=hashlib.sha256(mapping_text().encode()).hexdigest(),
        designs=hashlib.sha256(designs_text().encode()).hexdigest(),
        **{key: use[key] for key in ("grant", "spent", "administration", "returned")},
    )


def _stream(scenario: Scenario, key: str, year: int) -> str:
    rate, cases = scenario.rate(key, year), scenario.cases(key, year)
    return _template("stream").format(
        key=key, th=STREAM_NAMES[key], en=_ENGLISH[key], goal=_GOALS[key], rate=rate,
        cases=cases, amount=rate * cases, ages=_AGES[key],
    )  # fmt: skip


def _template(name: str) -> str:
    return files("equity_lib.demo").joinpath(f"{name}.yaml.template").read_text("utf-8")
