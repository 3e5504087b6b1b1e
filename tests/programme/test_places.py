"""Places and Thai order. Oracle: DOMAIN §3 and the registry in geothai, unless a test names another."""

import pytest

from equity_lib.programme.places import (
    collate,
    current_place,
    district_by_name,
    districts,
    place,
    province_by_name,
    subdistrict_by_name,
    subdistricts,
    thai_key,
)

KHON_KAEN = "40"


def message(function: object, *arguments: str) -> str:
    with pytest.raises(ValueError, match=r"^found .*; allowed: ") as caught:
        function(*arguments)  # type: ignore[operator]
    return str(caught.value)


def test_districts_of_khon_kaen_are_26_with_a_gap() -> None:
    codes = [district.code for district in districts(KHON_KAEN)]
    assert codes == [*(f"40{n:02}" for n in range(1, 26)), "4029"]


def test_subdistricts_of_khon_kaen_are_199() -> None:
    assert sum(len(subdistricts(district.code)) for district in districts(KHON_KAEN)) == 199


@pytest.mark.parametrize("code", ["99", "4001", "", "ขอนแก่น"])
def test_districts_of_what_is_no_province_is_refused(code: str) -> None:
    assert (
        message(districts, code) == "found no province with this code; allowed: its code in use, such as 40"
    )


@pytest.mark.parametrize(
    ("code", "name", "level"),
    [("40", "ขอนแก่น", "province"), ("4029", "เวียงเก่า", "district"), ("402101", "กระนวน", "sub-district")],
)
def test_place_at_each_level(code: str, name: str, level: str) -> None:
    assert (place(code).name_th, place(code).level, place(code).abolished_on) == (name, level, None)


def test_place_of_an_abolished_code_has_its_successor() -> None:
    former = place("400903")
    assert (former.name_th, former.abolished_on, former.successors) == ("กระนวน", "2006-01-01", ("402101",))


def test_place_of_an_unknown_code_names_its_siblings() -> None:
    assert message(place, "4026") == "found 4026; allowed: one of the 26 codes of ขอนแก่น, 4001 to 4029"


@pytest.mark.parametrize("text", ["1234567890121", "เด็กหญิงดาว", ""])
def test_place_of_another_text_does_not_quote_it(text: str) -> None:
    assert message(place, text) == (
        "found a text that is not a place code; allowed: a code of 2, 4 or 6 digits, such as 40 or 4001"
    )


def test_current_place_follows_an_abolished_code() -> None:
    assert current_place("400903") == place("402101")
    assert current_place("4001") == place("4001")


def test_current_place_without_known_successor_is_refused() -> None:
    assert message(current_place, "4098") == (
        "found 4098, abolished on 2006-01-01; allowed: the code in use today; its successor is not known"
    )


def test_current_place_of_a_place_that_was_split_names_the_choices() -> None:
    """Bang Na was split in two (geothai's own example)."""
    assert message(current_place, "104701").endswith("allowed: 104702 or 104703")


@pytest.mark.parametrize("name", ["ขอนแก่น", "จ.ขอนแก่น", "จังหวัดขอนแก่น", "Khon Kaen", "KHONKAEN"])
def test_province_by_name_in_every_form(name: str) -> None:
    assert province_by_name(name).code == KHON_KAEN


@pytest.mark.parametrize(("name", "code"), [("กทม.", "10"), ("กรุงเทพมหานคร", "10"), ("อยุธยา", "14")])
def test_province_by_name_with_its_short_form(name: str, code: str) -> None:
    assert province_by_name(name).code == code


def test_province_by_name_misspelt_suggests() -> None:
    assert message(province_by_name, "ขอนแก่") == (
        "found a name that no province has; allowed: a province, perhaps ขอนแก่น"
    )


@pytest.mark.parametrize("name", ["เมือง", "อ.เมือง", "อำเภอเมือง", "อ. เมืองขอนแก่น", "เมือง ขอนแก่น", "Mueang"])
def test_district_by_name_of_the_capital(name: str) -> None:
    assert district_by_name(name, KHON_KAEN).code == "4001"


def test_district_by_name_of_the_capital_depends_on_the_province() -> None:
    assert district_by_name("เมือง", "41").code == "4101"


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("กระนวน", "4009"),
        ("อ.กระนวน", "4009"),
        ("อำเภอ ชนบท", "4018"),
        ("กิ่งอำเภอเวียงเก่า", "4029"),
        ("พล", "4012"),
        ("Khok Pho Chai", "4022"),
    ],
)
def test_district_by_name_in_khon_kaen(name: str, code: str) -> None:
    assert district_by_name(name, KHON_KAEN).code == code


@pytest.mark.parametrize(
    "name", ["น\u0e4d\u0e49าพอง", "น\u0e49\u0e4dาพอง", "นำ\u0e49พอง", "น้ำ\u200bพอง", "น้ำ\u00a0พอง"]
)
def test_district_by_name_with_split_sara_am_or_invisible_characters(name: str) -> None:
    """A25 and A26: นิคหิต and า for ำ, marks in the wrong order, zero-width and no-break spaces."""
    assert district_by_name(name, KHON_KAEN).name_th == "น้ำพอง"


def test_district_by_name_marked_as_subdistrict_is_refused() -> None:
    assert message(district_by_name, "ต.กระนวน", KHON_KAEN) == (
        "found the name of a sub-district; allowed: a district of ขอนแก่น"
    )


def test_district_by_name_of_a_rural_zone_is_not_the_district_chonnabot() -> None:
    assert message(district_by_name, "เขตชนบท", KHON_KAEN).startswith(
        "found a name that no district of ขอนแก่น has"
    )


def test_district_by_name_in_bangkok_with_and_without_its_prefix() -> None:
    assert district_by_name("บางรัก", "10") == district_by_name("เขตบางรัก", "10") == place("1004")
    assert message(district_by_name, "เมือง", "10").startswith("found a name that no district")


def test_district_by_name_misspelt_suggests_without_quoting() -> None:
    assert message(district_by_name, "โคกโพธิ์ชัย", KHON_KAEN) == (
        "found a name that no district of ขอนแก่น has; allowed: a district of ขอนแก่น, perhaps โคกโพธิ์ไชย"
    )


def test_district_by_name_that_two_share_in_english_names_both() -> None:
    assert message(district_by_name, "Bang Sai", "14") == (
        "found a name that 2 districts of พระนครศรีอยุธยา have; allowed: one of "
        "1404 บางไทร (พระนครศรีอยุธยา), 1413 บางซ้าย (พระนครศรีอยุธยา)"
    )


def test_district_by_name_finds_every_district_by_its_official_thai_name() -> None:
    for code in range(10, 97):
        try:
            province = place(str(code))
        except ValueError:
            continue
        for district in districts(province.code):
            assert district_by_name(district.name_th, province.code) == district


def test_subdistrict_by_name_that_is_also_a_district() -> None:
    assert (
        subdistrict_by_name("กระนวน", "4021") == subdistrict_by_name("ต.กระนวน", KHON_KAEN) == place("402101")
    )


def test_subdistrict_by_name_that_several_share_names_their_districts() -> None:
    assert message(subdistrict_by_name, "ในเมือง", KHON_KAEN).endswith(
        "allowed: one of 400101 ในเมือง (เมืองขอนแก่น), 401002 ในเมือง (บ้านไผ่), 402901 ในเมือง (เวียงเก่า)"
    )


def test_subdistrict_by_name_that_begins_like_a_province() -> None:
    assert subdistrict_by_name("จ.ป.ร.", "85").name_th == "จ.ป.ร."


def test_collate_against_icu() -> None:
    """Oracle: `Intl.Collator("th")`, ICU 78.2, CLDR 48 (all 6,229 names of geothai agreed with it)."""
    assert collate(
        ["กำ", "ก้าก", "ไก่", "กา", "โก", "กาก", "เก่า", "ก่า", "ใกล้", "กะ", "แก", "เกา", "กก", "ก็"]
    ) == (["ก็", "กก", "กะ", "กา", "ก่า", "กาก", "ก้าก", "กำ", "เกา", "เก่า", "แก", "โก", "ใกล้", "ไก่"])


def test_collate_of_khon_kaen_districts_against_icu() -> None:
    """Oracle: as above. Python's own order puts every leading vowel last."""
    names = collate(district.name_th for district in districts(KHON_KAEN))
    assert " ".join(names) == (
        "กระนวน เขาสวนกวาง โคกโพธิ์ไชย ชนบท ชุมแพ ซำสูง น้ำพอง โนนศิลา บ้านไผ่ บ้านฝาง บ้านแฮด เปือยน้อย "
        "พระยืน พล ภูผาม่าน ภูเวียง มัญจาคีรี เมืองขอนแก่น เวียงเก่า แวงน้อย แวงใหญ่ สีชมพู หนองนาคำ หนองเรือ "
        "หนองสองห้อง อุบลรัตน์"
    )


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        ("แคร์", "แคร่"),
        ("กา", "ก่า"),
        ("กากก้", "กาก้ก"),
        ("ก ข", "กค"),
        ("รวย", "ฤดู"),
        ("ฤดู", "ลา"),
        ("กา9", "กำ"),
    ],
)
def test_thai_key_orders_against_icu(earlier: str, later: str) -> None:
    """Oracle: as above."""
    assert thai_key(earlier) < thai_key(later)
