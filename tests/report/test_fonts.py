"""Sarabun: found by path, cut deterministically, complete for what a page says."""

import base64
import io
import re

import pytest
from fontTools.ttLib import TTFont

from equity_lib.report import fonts

THAI = "ศึกษาธิการจังหวัดขอนแก่น ที่ไม่แจกแจงรายการ 4,032,600 บาท “–” …"


def test_face_is_the_packaged_file_whatever_the_system_has():
    assert fonts.face(14, 600).get_file() == str(fonts.path(600))
    assert "fontpkg_sarabun" in str(fonts.path(600))


def test_subset_woff2_keeps_thai_layout_and_the_source_date():
    font = TTFont(io.BytesIO(fonts.subset_woff2(400, THAI)))
    assert {"GSUB", "GPOS"} <= set(font.keys())
    assert {"mark", "mkmk"} <= {record.FeatureTag for record in font["GPOS"].table.FeatureList.FeatureRecord}
    assert set(map(ord, THAI)) <= set(font.getBestCmap())
    assert font["head"].modified == TTFont(fonts.path(400))["head"].modified


def test_subset_woff2_same_characters_in_another_order_gives_the_same_bytes():
    first = fonts.subset_woff2(400, THAI)
    fonts._subset.cache_clear()
    assert fonts.subset_woff2(400, reversed(THAI)) == first


def test_font_css_of_two_pages_embeds_the_same_fonts_of_about_12_kb():
    css = fonts.font_css("หน้าแรก")
    assert css == fonts.font_css("another page\u200b\n")
    sizes = [len(base64.b64decode(data)) for data in re.findall(r"base64,([^)]+)\)", css)]
    assert len(sizes) == 2
    assert all(10_000 < size < 13_000 for size in sizes)
    assert re.findall(r"font-weight:(\d+)", css) == ["400", "600"]
    assert "http" not in css


@pytest.mark.parametrize("seldom", ["๕", "ฬ", "±"])
def test_font_css_of_a_page_with_what_few_have_embeds_all_of_its_kind(seldom):
    kind = next(each for each in fonts.SELDOM if seldom in each)
    data = re.findall(r"base64,([^)]+)\)", fonts.font_css(seldom))[0]
    assert set(map(ord, kind)) <= set(TTFont(io.BytesIO(base64.b64decode(data))).getBestCmap())


def test_font_css_of_its_own_draws_the_text_the_numbers_of_pages_and_sara_am():
    data = re.findall(r"base64,([^)]+)\)", fonts.font_css("คำ", own=True))[0]
    drawn = set(map(chr, TTFont(io.BytesIO(base64.b64decode(data))).getBestCmap()))
    assert drawn == set("คำํ0123456789 /")


def test_font_css_adds_a_letter_beyond_the_basic_set_that_sarabun_has():
    data = re.findall(r"base64,([^)]+)\)", fonts.font_css("Việt ā"))[0]
    assert ord("ệ") in TTFont(io.BytesIO(base64.b64decode(data))).getBestCmap()


@pytest.mark.parametrize(
    ("character", "code"), [("⇄", "U+21C4"), ("漢", "U+6F22"), ("\u202e", "U+202E"), ("\ufeff", "U+FEFF")]
)
def test_font_css_missing_glyph_names_the_code_point(character, code):
    with pytest.raises(fonts.MissingGlyph, match=re.escape(code)):
        fonts.font_css(f"ไทย {character}")


@pytest.mark.parametrize("weight", [400, 600])
def test_subset_woff2_of_common_characters_is_the_same_cut_from_the_whole_font(weight):
    characters = frozenset("ตำบลน้ำพอง 26 อำเภอ, reach 4.5")
    assert characters <= fonts._COMMON
    assert fonts.subset_woff2(weight, characters) == fonts._cut(fonts.path(weight), characters, "woff2")


def test_wrap_breaks_thai_between_words_within_the_room():
    text = "เด็กและเยาวชนนอกระบบการศึกษาอายุ 2–21\u00a0ปีที่ขาดโอกาสทางการศึกษา"
    lines = fonts.wrap(text, 200, 15)
    assert len(lines) == 3
    assert all(fonts.width(line, 15) <= 200 for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert any("2–21\u00a0ปี" in line for line in lines)
    assert not any(line[0] in "ะัาำิีึืฺุู็่้๊๋์" for line in lines)


def test_width_counts_no_zero_width_space():
    assert fonts.width("ขอน\u200bแก่น", 15) == fonts.width("ขอนแก่น", 15)
