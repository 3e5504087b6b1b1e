"""Hypothesis: what is written in any of the field's ways is read back as what was meant."""

import datetime as dt

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pythainlp.util import normalize
from stdnum.th import pin

from equity_lib.programme.dates import MONTHS_TH, MONTHS_TH_SHORT, thai_digits
from equity_lib.registry.days import day_reader
from equity_lib.registry.encodings import repair
from equity_lib.registry.ids import province_codes, read_ids
from equity_lib.registry.names import in_order, read_text, split_full
from equity_lib.registry.parsed import number
from equity_lib.registry.texts import Texts, stack
from tests.registry.conftest import citizen

DAYS = st.dates(dt.date(1957, 1, 1), dt.date(2056, 12, 31))
PROVINCES = [f"{code:02d}" for code, real in enumerate(province_codes()) if real]
THAI = st.text(alphabet=st.characters(min_codepoint=0x0E01, max_codepoint=0x0E4E), min_size=1, max_size=12)


@given(DAYS, st.sampled_from(["dmy", "iso", "short", "long", "two", "thai", "serial", "time"]))
def test_day_reader_reads_back_every_form(day: dt.date, form: str) -> None:
    be = day.year + 543
    text = {
        "dmy": f"{day.day}/{day.month}/{be}",
        "iso": f"{be}-{day.month:02d}-{day.day:02d}",
        "short": f"{day.day} {MONTHS_TH_SHORT[day.month - 1]} {be % 100:02d}",
        "long": f"{day.day} {MONTHS_TH[day.month - 1]} พ.ศ. {be}",
        "two": f"{day.day:02d}-{day.month:02d}-{be % 100:02d}",
        "thai": thai_digits(f"{day.day}/{day.month}/{be}"),
        "serial": str((day - dt.date(1899, 12, 30)).days),
        "time": f"{day.isoformat()} 00:00:00",
    }[form]
    assert day_reader([text], order="dmy")(text)[0] == day


@given(st.lists(DAYS, min_size=2, max_size=20))
def test_day_reader_never_guesses_an_order(days: list[dt.date]) -> None:
    texts = [f"{day.month}/{day.day}/{day.year}" for day in days]
    read = day_reader(texts)
    for day, text in zip(days, texts, strict=True):
        found, rule = read(text)
        assert found == day or (found is None and rule == "Q09")


@given(st.integers(-(10**9), 10**9), st.sampled_from(["plain", "comma", "baht", "sign", "dash", "thai"]))
def test_number_reads_back_every_form(value: int, form: str) -> None:
    text = {
        "plain": str(value),
        "comma": f"{value:,}",
        "baht": f"{value:,} บาท",
        "sign": f"฿{value:,}",
        "dash": f"{value:,}.-",
        "thai": thai_digits(f"{value:,}"),
    }[form]
    assert number(text)[0] == value


@given(st.text(max_size=30))
def test_number_reads_no_number_into_other_text(text: str) -> None:
    value, rule = number(text)
    assert (value is None) == (rule == "Q20")


@given(
    st.lists(st.tuples(st.integers(0, 10**9 - 1), st.sampled_from(PROVINCES)), min_size=1, max_size=20),
    st.sampled_from(["plain", "dashed", "quoted", "thai", "float"]),
)
def test_read_ids_reads_back_every_dress(children: list[tuple[int, str]], dress: str) -> None:
    ids = [citizen(serial, province) for serial, province in children]
    dressed = {
        "plain": lambda t: t,
        "dashed": lambda t: f"{t[0]}-{t[1:5]}-{t[5:10]}-{t[10:12]}-{t[12]}",
        "quoted": lambda t: f"'{t}",
        "thai": thai_digits,
        "float": lambda t: f"{t}.0",
    }[dress]
    assert read_ids(pa.array([dressed(t) for t in ids])).values.to_pylist() == ids


@given(st.integers(0, 10**9 - 1), st.integers(0, 12), st.integers(0, 9))
def test_read_ids_against_stdnum(serial: int, place: int, shift: int) -> None:
    right = citizen(serial)
    text = right[:place] + str((int(right[place]) + shift) % 10) + right[place + 1 :]
    found = read_ids(pa.array([text])).values.to_pylist()[0]
    # stdnum knows the checksum but not the provinces, and refuses a first digit of 0 or 9.
    if text[0] not in "09":
        assert (found == text) == (pin.is_valid(text) and bool(province_codes()[int(text[1:3])]))


@given(THAI)
def test_in_order_agrees_with_itself(text: str) -> None:
    assert in_order(in_order(text)) == in_order(text)


@pytest.mark.parametrize("text", ["น้ํา", "นํ้า", "เเก้ว", "ก่ี", "กี่่", "น้ำ", "เก่ง", "ผู้ใหญ่", "ทำ", "ซ้ำ"])
def test_in_order_against_pythainlp(text: str) -> None:
    assert in_order(text) == normalize(text)


@given(THAI, st.sampled_from(["latin", "tis", "tis-latin"]))
def test_repair_gives_back_what_a_wrong_reading_broke(text: str, broken: str) -> None:
    seen = {
        "latin": lambda: text.encode("utf-8").decode("latin-1"),
        "tis": lambda: "".join(
            chr(b) if b < 0xA0 else bytes([b]).decode("cp874", "strict") for b in text.encode("utf-8")
        ),
        "tis-latin": lambda: text.encode("cp874").decode("latin-1"),
    }[broken]
    try:
        wrong = seen()
    except UnicodeError:
        return
    assert repair(wrong, broken) == text


@given(
    st.sampled_from(["เด็กชาย", "ด.ช.", "เด็กหญิง", "ด.ญ.", "นาย", "น.ส.", "นางสาว", "สามเณร"]), st.booleans()
)
def test_split_full_takes_titles_off(title: str, spaced: bool) -> None:
    text = f"{title}{' ' if spaced else ''}สมศรี ใจดี"
    titles, given_name, surname, _ = split_full(read_text(pa.array([text])))
    assert (given_name[0].as_py(), surname[0].as_py()) == ("สมศรี", "ใจดี")
    assert titles[0].is_valid


@given(st.lists(st.lists(st.one_of(st.none(), st.text(max_size=5)), max_size=8), max_size=4))
def test_texts_keep_every_cell(parts: list[list[str | None]]) -> None:
    whole = stack([Texts.of(part) for part in parts])
    cells = [cell for part in parts for cell in part]
    kept = [whole.get(at) for at in range(len(whole))]
    blank = [not (cell or "").strip() for cell in cells]
    assert len(kept) == len(cells)
    assert all(k == "" if b else k == c for k, c, b in zip(kept, cells, blank, strict=True))
