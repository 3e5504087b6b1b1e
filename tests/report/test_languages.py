"""The catalogues agree with each other and with the code, and numbers read as their language writes them."""

import ast
import math
import re
from string import Formatter

import pytest
from markupsafe import Markup

from equity_lib.indicators.intervals import METHODS
from equity_lib.release.causal import causal_words
from equity_lib.report.languages import LANGUAGES, Words, catalogue
from equity_lib.results import Dimension, Name, Statement
from tests.years import ROOT

TH, EN = catalogue("th"), catalogue("en")
SOURCES = [path.read_text("utf-8") for path in (ROOT / "equity_lib").rglob("*.py")]
SOURCES += [path.read_text("utf-8") for path in (ROOT / "equity_lib").rglob("*.j2")]
CODE = "\n".join(SOURCES)
#: First words of keys: a test takes all texts of one, and names those that fail.
TOPICS = sorted({key.partition(".")[0] for key in TH})
#: Starts of keys that the code completes with a value: f"finding.{…}", "page." ~ key.
FAMILIES = tuple(set(re.findall(r"""f["']([a-z_]+[._][a-z_.]*)\{""", CODE)) - {"page."})


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def test_catalogues_have_the_same_keys_but_for_the_english_singular():
    assert {key for key in EN if not key.startswith("unit_one.")} == set(TH)


def of(topic: str) -> list[str]:
    return sorted(key for key in TH if key.partition(".")[0] == topic)


@pytest.mark.parametrize("topic", TOPICS)
def test_catalogue_entry_takes_the_same_values_in_both_languages(topic):
    assert [key for key in of(topic) if fields(TH[key]) != fields(EN[key])] == []
    assert [key for key in of(topic) if not TH[key].strip() == TH[key] != ""] == []
    assert [key for key in of(topic) if not EN[key].strip() == EN[key] != ""] == []


@pytest.mark.parametrize("topic", TOPICS)
def test_catalogue_key_is_used(topic):
    """A key stands in the code whole, or the code asks for its family by an f-string."""

    def used(key: str) -> bool:
        joined = key.startswith("page.") and f'"{key.removeprefix("page.")}"' in CODE
        return key in CODE or joined or key.startswith(FAMILIES)

    assert [key for key in of(topic) if not used(key)] == []


@pytest.mark.parametrize(
    ("language", "value", "unit", "shown"),
    [
        ("th", 875_000, "baht", "875,000\u00a0บาท"),
        ("en", 875_000, "baht", "875,000\u00a0baht"),
        ("th", 57.41, "percent", "ร้อยละ\u00a057.41"),
        ("en", 57.4, "percent", "57.40%"),
        ("en", 1, "case", "1\u00a0case"),
        ("en", 2, "case", "2\u00a0cases"),
        ("en", 869.86, "baht", "869.86\u00a0baht"),
        ("th", 2.0372, "times", "2.0372\u00a0เท่า"),
        ("en", -50, "baht", "\u221250\u00a0baht"),
        ("th", math.nan, "baht", "ไม่ระบุ"),
    ],
)
def test_number_reads_as_the_language_writes_it(language, value, unit, shown):
    assert Words(language).number(value, unit) == shown


def test_number_in_thai_digits_on_thai_pages_only():
    assert Words("th", "thai").number(875_000, "baht") == "๘๗๕,๐๐๐\u00a0บาท"
    assert Words("en", "thai").number(875_000, "baht") == "875,000\u00a0baht"


def test_text_without_a_key_fails_instead_of_showing_a_blank():
    with pytest.raises(LookupError, match=r"no\.such"):
        Words("th").text("no.such")


def test_marked_thai_on_an_english_page_says_that_it_is_thai():
    shown = Words("en").marked("the date “วันนี้ (25 พ.ย.)” <b>")
    assert '<span lang="th">วันนี้' in shown
    assert "<b>" not in shown


def test_sentence_escapes_names_and_leaves_numbers_to_the_page():
    statement = Statement("finding.R03", {"amount": "money.x"}, {"stream": Name("<i>", "<i>")})
    shown = Words("en").sentence(statement, lambda cell, spec: Markup("<a>{}</a>").format(cell + spec))
    assert "&lt;i&gt;" in shown
    assert "<a>money.x</a>" in shown


@pytest.mark.parametrize(("name", "shown"), [("ภาคเรียนที่ 2", "ภาคเรียนที่ 2 กับ"), ("โครงการ", "โครงการกับ")])
def test_sentence_parts_thai_from_a_digit_that_a_name_ends_with(name, shown):
    names = {"treatment": Name("เงินอุดหนุน", "grant"), "outcome": Name("อัตรา", "rate")}
    statement = Statement("claim.not_estimable", names=names | {"treatment": Name(name, "x")})
    assert shown in Words("th").sentence(statement, lambda cell, spec: Markup(cell + spec))


def test_level_is_named_by_the_office_before_the_catalogue():
    dim = Dimension("stream", ("total",), {"total": Name("รวมของเรา", "Ours")})
    assert Words("th").level(dim, "total") == "รวมของเรา"
    assert Words("th").level(Dimension("stream", ("total",)), "total") == TH["level.stream.total"]
    assert Words("en").level(Dimension("year", ("2562",)), "2562") == "B.E. 2562"


@pytest.mark.parametrize("language", LANGUAGES)
def test_chart_titles_are_short(language):
    """LOOK: at most 15 words; Thai has no spaces between words, so its length stands in."""
    for key, text in catalogue(language).items():
        if key.startswith("chart.") and "_sub" not in key:
            assert len(text.split()) <= 15
            assert len(text) <= 90


#: What a real area is called: without "(synthetic)" in it, which ends a sentence for the guard.
AREAS = {
    "th": ("จังหวัดขอนแก่น", "กรุงเทพมหานคร", "แม่ฮ่องสอน"),
    "en": ("Khon Kaen province", "Bangkok", "Mae Hong Son"),
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_words_about_a_real_area_claim_nothing_but_in_claims(language):
    for area in AREAS[language]:
        filled = {
            key: re.sub(r"\{\w*[^}]*\}", "1,670", text.replace("{area}", area))
            for key, text in catalogue(language).items()
            if not key.startswith("claim.")
        }
        flagged = {key: causal_words(text) for key, text in filled.items()}
        assert {key: words for key, words in flagged.items() if words} == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_population_beside_any_note_claims_nothing(language):
    """Under a table they are one passage: the guard must not take "the whole programme" for who did it."""
    words = catalogue(language)
    populations = {key: text for key, text in words.items() if key.startswith("population.")}
    notes = [
        re.sub(r"\{\w+\}", "1,670", text)
        for key, text in words.items()
        if key.startswith(("mark_note.", "interval."))
    ]
    assert populations
    assert notes
    for key, text in populations.items():
        for beside in ([*notes], *([note] for note in notes)):
            assert causal_words(" · ".join([words["badge.synthetic"], text, *beside])) == (), key


@pytest.mark.parametrize("topic", TOPICS)
def test_thai_words_are_thai_and_well_formed(topic):
    """No sara am split in two, no doubled marks, no Latin sentence."""
    texts = {key: TH[key] for key in of(topic) if not key.startswith("page.other_language")}
    assert [key for key, text in texts.items() if "\u0e4d\u0e32" in text] == []
    assert [
        key for key, text in texts.items() if re.search("[\u0e48-\u0e4b]{2}|[\u0e34-\u0e37]{2}", text)
    ] == []


def interval_methods() -> set[str]:
    """Every method that an indicator names an interval by: what the gate computes again, and literals."""
    found = set(METHODS)
    for path in (ROOT / "equity_lib" / "indicators").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.keyword) and node.arg == "method":
                found |= {
                    each.value
                    for each in ast.walk(node.value)
                    if isinstance(each, ast.Constant) and isinstance(each.value, str)
                }
            if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") in ("how", "method"):
                found |= {
                    each.value
                    for each in (getattr(node.value, "body", None), getattr(node.value, "orelse", None))
                    if isinstance(each, ast.Constant)
                }
    return found - {""}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_method_of_an_interval_has_its_words(language):
    methods = interval_methods()
    assert {"influence_clustered", "clustered_t", "ratio_of_shares", "full_count"} <= methods
    assert {each for each in methods if Words(language).find(f"interval.{each}") is None} == set()
