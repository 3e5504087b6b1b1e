"""An office for the tests: its own area, key, data folder and files, all under the test's folder."""

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from equity_lib.registry.importing import import_files
from equity_lib.registry.keys import init_key
from equity_lib.registry.receipt import Receipt
from equity_lib.registry.register import Register

AREA = "test-area"
PATTERN = Path(__file__).parents[2] / "params" / "khon-kaen" / "2562.yaml"
STREAMS = [
    ("early_childhood", "เด็กปฐมวัย", "Early childhood", 800, {"from": 0, "to": 6}),
    ("out_of_school", "เด็กนอกระบบ", "Out of school", 4000, {"from": 2, "to": 21}),
    ("covid_aid", "เงินช่วยเหลือโควิด", "COVID aid", 600, "not_stated"),
]
HEADER = [
    "เลขประจำตัวประชาชน",
    "คำนำหน้า",
    "ชื่อ",
    "นามสกุล",
    "วันเกิด",
    "เพศ",
    "อำเภอ",
    "ตำบล",
    "โครงการย่อย",
    "จำนวนเงิน",
    "วันที่จ่าย",
]
GIVEN = ("สมชาย", "สมหญิง", "ฟ้า", "ดาว", "น้ำ", "มานี", "วิชัย", "กิตติ", "ปิติ", "ชูใจ")
SURNAMES = ("ใจดี", "แก้วมา", "ศรีสุข", "ทองคำ", "พันธ์ดี", "วงศ์ใหญ่", "บุญมี", "คำแพง", "สุขใจ")


def citizen(serial: int, province: str = "40") -> str:
    """A citizen ID with a right check digit; `serial` makes it another child's."""
    body = f"1{province}{serial:09d}"
    total = sum(int(digit) * (13 - place) for place, digit in enumerate(body))
    return body + str((11 - total % 11) % 10)


def row(serial: int, **changes: str) -> list[str]:
    """A clean row of a child of five or so, by heading; `changes` are by the names below."""
    boy = serial % 2 == 1
    values = {
        "id": citizen(serial),
        "title": "เด็กชาย" if boy else "เด็กหญิง",
        "given": GIVEN[serial % 10],
        "surname": SURNAMES[serial // 10 % 9] + "ก" * (serial // 90),
        "born": f"{serial % 16 + 13}/{serial % 12 + 1:02d}/2558",
        "sex": "ชาย" if boy else "หญิง",
        "district": "ชุมแพ",
        "subdistrict": "ชุมแพ",
        "stream": "เด็กปฐมวัย",
        "amount": "800",
        "paid": f"{serial % 16 + 13}/06/2563",
    }
    return list((values | changes).values())


def rows(count: int, start: int = 1) -> list[list[str]]:
    """Clean rows of as many children."""
    return [row(serial) for serial in range(start, start + count)]


def write_csv(
    path: Path, lines: Iterable[Sequence[str]], encoding: str = "utf-8", delimiter: str = ","
) -> Path:
    """A delimited file."""
    with path.open("w", encoding=encoding, newline="") as stream:
        csv.writer(stream, delimiter=delimiter).writerows(lines)
    return path


@dataclass
class Office:
    """A project folder with one area; `take` imports files of its inbox."""

    root: Path

    @property
    def inbox(self) -> Path:
        return self.root / "inbox"

    @property
    def folder(self) -> Path:
        return self.root / "data" / AREA

    def csv(self, name: str, lines: Iterable[Sequence[str]], **options: str) -> Path:
        return write_csv(self.inbox / name, [HEADER, *lines], **options)

    def take(self, *paths: Path, replace: bool = False, wait: float = 5.0) -> Receipt:
        return import_files(self.root, AREA, 2563, paths, replace=replace, wait=wait)

    @property
    def register(self) -> Register:
        return Register(self.folder, 2563)

    def mapping(self, text: str) -> None:
        import hashlib

        folder = self.root / "params" / AREA
        (folder / "mapping.yaml").write_text(text, encoding="utf-8")
        pin = hashlib.sha256(text.encode()).hexdigest()
        (folder / "2563.yaml").write_text(parameters(pin), encoding="utf-8")


def parameters(mapping: str = "none") -> str:
    """The parameter file of the test area: that of a real year, with what the checks look at replaced."""
    yaml = YAML(typ="safe", pure=True)
    data = yaml.load(PATTERN.read_text(encoding="utf-8"))
    pattern = data["streams"][0]
    streams = [
        {
            **pattern,
            "key": key,
            "name": {"th": th, "en": en},
            "rate": rate,
            "ages": ages,
            "goal": "not_stated",
        }
        for key, th, en, rate, ages in STREAMS
    ]
    data |= {
        "area": AREA,
        "kind": "synthetic",
        "program_year": 2563,
        "period": {"start": "2562-10-01", "end": "2563-12-31"},
        "streams": [{**stream, "amount": "not_stated", "fact": "not_stated"} for stream in streams],
        "mapping_sha256": mapping,
    }
    data["grant"]["tranches"] = [{"date": "2562-11-01", "amount": 5500000}]
    made = io.StringIO()
    yaml.dump(data, made)
    return made.getvalue()


def make_office(root: Path) -> Office:
    """The folders, parameters and key of the test area."""
    folder = root / "params" / AREA
    folder.mkdir(parents=True)
    (root / "inbox").mkdir()
    (folder / "2563.yaml").write_text(parameters(), encoding="utf-8")
    init_key(AREA)
    return Office(root)


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Office:
    root = tmp_path / "project"
    root.mkdir()
    monkeypatch.setenv("EQUITY_DATA_DIR", str(root / "data"))
    monkeypatch.setenv("EQUITY_KEY_FILE", str(tmp_path / "keys" / "test.key"))
    monkeypatch.delenv("EQUITY_BATCH", raising=False)
    return make_office(root)


Build = Callable[[Office], Sequence[Path]]
