"""The claim guard on corpora written before its word lists, on planted pages and on the real ones."""

import re
import tomllib
from types import SimpleNamespace

import pytest

from equity_lib.errors import ReportFailed
from equity_lib.release.causal import causal_words
from equity_lib.release.guard import guard, unclaimed
from equity_lib.release.plain import normalised
from equity_lib.release.rendered import passages
from equity_lib.report.rendering import result_html
from equity_lib.results import Statement
from tests.attack.hostile import Scratch
from tests.pages import ROOT

LANGUAGES = ("th", "en")
HOPEFUL = {"th": "โครงการทำให้เด็กกลับมาเรียนมากขึ้น", "en": "The programme led to higher attendance"}
PAGE = "01_reconciliation"


def corpus(kind, language, stage="corpus"):
    lines = (ROOT / "tests" / "release" / f"{stage}_{kind}_{language}.txt").read_text("utf-8").splitlines()
    assert len(lines) == len(set(lines))
    return lines


@pytest.mark.parametrize("language", LANGUAGES)
def test_guard_catches_at_least_95_in_100_hopeful_sentences(language):
    sentences = corpus("hopeful", language)
    missed = [each for each in sentences if not causal_words(each)]
    assert len(sentences) >= 60
    assert len(missed) <= 0.05 * len(sentences), missed


@pytest.mark.parametrize("language", LANGUAGES)
def test_guard_flags_at_most_5_in_100_honest_sentences(language):
    sentences = corpus("honest", language)
    flagged = [each for each in sentences if causal_words(each)]
    assert len(sentences) >= 60
    assert len(flagged) <= 0.05 * len(sentences), flagged


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("stage", ["later", "second", "third", "fourth"])
def test_guard_keeps_what_later_sentences_taught_it(stage, language):
    """Most were met by the lists since: a regression, no measurement (README.md beside the corpora)."""
    hopeful, honest = corpus("hopeful", language, stage), corpus("honest", language, stage)
    missed = [each for each in hopeful if not causal_words(each)]
    flagged = [each for each in honest if causal_words(each)]
    assert len(missed) <= 0.05 * len(hopeful), missed
    assert len(flagged) <= {"second": 1, "third": 2}.get(stage, 0), flagged


@pytest.mark.parametrize("language", LANGUAGES)
def test_guard_is_as_right_as_said_about_sentences_that_it_never_learned(language):
    """METHODS says 95 and 98 % caught, 8 and 5 % flagged; no list may be widened by these sentences."""
    hopeful, honest = corpus("hopeful", language, "unseen"), corpus("honest", language, "unseen")
    assert sum(map(bool, map(causal_words, hopeful))) >= {"en": 57, "th": 59}[language]
    assert sum(map(bool, map(causal_words, honest))) <= {"en": 5, "th": 3}[language]


@pytest.mark.parametrize(
    ("text", "caught"),
    [
        ("This does not show that the programme led to higher attendance.", False),
        ("The programme did not lead to higher attendance.", False),
        ("Not only did it cost little, it led to higher attendance.", True),
        ("This does not prove much, but the programme led to higher attendance.", True),
        ("Does the transfer raise attendance?", False),
        ("Why did the transfer raise attendance?", True),
        ("The programme aims to reduce dropout.", False),
        ("The programme may have reduced dropout.", True),
        ("Rounding causes small differences.", False),
        ("The programme causes small differences.", True),
        ("The late vouchers of the project led to a delay in the accounts.", False),
        ("The late vouchers of the project led to higher dropout.", True),
        ("The increase in pupils is due to the inclusion of private schools.", False),
        ("The increase in pupils is due to the fund.", True),
        ("ตัวเลขนี้ไม่ได้แสดงว่าโครงการทำให้เด็กกลับมาเรียน", False),
        ("ไม่เพียงทำให้เด็กกลับมาเรียน", True),
        ("ตัวเลขนี้ไม่ใช่ผลของโครงการ แต่โครงการทำให้เด็กกลับมาเรียน", True),
        ("โครงการทำให้เด็กกลับมาเรียนหรือไม่", False),
        ("ทำไมโครงการจึงทำให้เด็กกลับมาเรียน", True),
        ("โครงการมีวัตถุประสงค์เพื่อลดการออกกลางคัน", False),
        ("โครงการลดการออกกลางคัน", True),
        ("การปัดเศษทำให้ผลรวมต่างกัน", False),
        ("ค่าน้ำมันที่สูงขึ้นทำให้ค่าเดินทางต่อครั้งเพิ่มขึ้น", False),
        ("เงินค่าน้ำมันทำให้เด็กมาเรียนเพิ่มขึ้น", True),
    ],
)
def test_causal_words_with_denial_question_aim_and_figures(text, caught):
    assert bool(causal_words(text)) is caught


def test_normalised_text_has_one_form_of_what_looks_alike():
    assert normalised("ทํา\u200bให้  เเละ LED\u00a0to") == "ทำให้ และ led to"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("where", "markup"),
    [
        ("<h2>", "<h2>{}</h2>"),
        ("alt of <img>", '<img alt="{}">'),
        ("aria-label of <svg>", '<svg aria-label="{}"></svg>'),
        ("<title>", "<svg><title>{}</title></svg>"),
        ("<desc>", "<svg><desc>{}</desc></svg>"),
        ("<span>", '<figure><figcaption><span class="finding">{}</span></figcaption></figure>'),
        ("<p>", '<p class="caption">{}</p>'),
        ("<td>", "<table><tr><td>{}</td></tr></table>"),
        ("<li>", '<ul class="narrative" data-result="narrative"><li>{}</li></ul>'),
        ("<div>", '<div class="claim experimental">{}</div>'),
        ("<li>", '<ol class="goals"><li data-fact="">{}</li></ol>'),
        ("<p>", '<p data-fact="2563:F1" data-grade="experimental">{}</p>'),
    ],
)
def test_guard_of_a_page_with_a_planted_claim_fails(outputs, tmp_path, language, where, markup):
    page = (outputs / "khon-kaen" / "2563" / f"{PAGE}.{language}.html").read_text("utf-8")
    planted = page.replace("</main>", markup.format(HOPEFUL[language]) + "</main>")
    (tmp_path / "page.html").write_text(planted, "utf-8")
    with pytest.raises(ReportFailed) as refused:
        guard(tmp_path, "outputs/khon-kaen/2563")
    faults = refused.value.faults
    assert {each.file for each in faults} == {"outputs/khon-kaen/2563/page.html"}
    assert all(each.key.startswith(where) for each in faults)
    assert faults[0].found in ("“ทำให้”", "“led to”")
    assert faults[0].allowed
    assert faults[0].action


def test_guard_reads_a_sentence_through_the_elements_within_it():
    page = '<p>The programme <b>led</b> <a href="#n"><span data-result="x">to</span></a> more.</p>'
    assert unclaimed(page) == [("<p>", "led to")]
    assert unclaimed("<svg><text><tspan>The grant led</tspan><tspan>to more</tspan></text></svg>") == [
        ("<text>", "led to")
    ]


def test_guard_keeps_paragraphs_apart():
    assert unclaimed("<p>The programme led.</p><p>To 5</p>") == []


@pytest.mark.parametrize(
    "page",
    [
        "<p>The grant impro<b>ved</b> attendance.</p>",
        "<p>The grant impro<wbr>ved attendance.</p>",
        "<p>The grant impro&shy;ved attendance.</p>",
        "<p>The grant impro\u200bved attendance.</p>",
        "<p>The grant impro\u2060\ufe0fved attendance.</p>",
        "<p>The grant &#105;mproved attendance.</p>",
        "<p>The grant \u0456mpr\u043eved attendance.</p>",  # Cyrillic
        "<p>The grant \uff49\uff4d\uff50\uff52\uff4f\uff56\uff45\uff44 attendance.</p>",  # full width
        "<p>The grant \U0001d422mproved attendance.</p>",  # mathematical
        "<p>The grant impro\u0301ved attendance.</p>",
        "<p>The grant i m p r o v e d attendance.</p>",
        "<p>The grant\u00a0improved\u2003attendance.</p>",
        "<p>THE GRANT IMPROVED ATTENDANCE</p>",
        "<p>The grant has:</p><ul><li>improved attendance</li></ul>",
        "<ul><li>The grant</li><li>improved attendance</li></ul>",
        "<table><tr><th>The grant</th><td>improved attendance</td></tr></table>",
        "<h2>What the grant</h2><p>improved: attendance</p>",
        "<h2>Grants keep children in school</h2>",
        '<meta name="description" content="The grant improved attendance">',
        "<head><title>The grant improved attendance</title></head>",
        "<figure><figcaption>The grant improved attendance</figcaption></figure>",
        '<svg role="img"><desc>The grant improved attendance</desc></svg>',
        '<input placeholder="The grant improved attendance">',
        "<p>โครงการ<b>ทำ</b>ให้เด็กกลับมาเรียน</p>",
        "<p>โครงการทํ\u0e32ให้เด็กกลับมาเรียน</p>",
        "<p>โครงการทำ ให้ เด็ก กลับ มา เรียน</p>",
        "<p>โครงการส่ง ผล ให้เด็กมาเรียน</p>",
        "<p>โครงการทำ\u200bให้\u200bเด็กกลับมาเรียน</p>",
        "<p>โครงการช\u0e48วยให้\u0e49เด็กเรียนต่อ</p>",
        "<p>โครงการเเก้ปัญหาเด็กนอกระบบ</p>",
        "<ul><li>โครงการ</li><li>ลดการออกกลางคัน</li></ul>",
        "<table><tr><th>โครงการ</th><td>ลดการออกกลางคัน</td></tr></table>",
    ],
)
def test_guard_sees_through_markup_and_spelling(page):
    assert unclaimed(page) != []


def catalogue(language):
    path = ROOT / "equity_lib" / "report" / "words" / language / "impact.toml"
    claims = tomllib.loads(path.read_text("utf-8"))["claim"]
    filled = {
        "th": {"treatment": "เงินอุดหนุน", "outcome": "อัตราการมาเรียน", "population": "นักเรียน"},
        "en": {"treatment": "The transfer", "outcome": "attendance", "population": "pupils"},
    }[language]
    for grade in ("described", "associated", "quasi_experimental", "experimental"):
        for direction in ("more", "less", "none"):
            text = re.sub(
                r"\{(\w+)[^}]*\}", lambda name: filled.get(name[1], "4.5"), claims[grade][direction]
            )
            yield grade, direction, text


@pytest.mark.parametrize("language", LANGUAGES)
def test_guard_lets_each_grade_say_its_own_sentences_and_only_there(language):
    for grade, direction, text in catalogue(language):
        shown = grade.replace("_", "-")
        inside = f'<div class="claim {shown}" data-grade="{shown}"><p>{text}</p></div>'
        assert unclaimed(inside) == [], (grade, direction)
        causal = grade in ("quasi_experimental", "experimental") and direction != "none"
        for elsewhere in ("<p>{}</p>", "<h2>{}</h2>", "<td>{}</td>", '<img alt="{}">', "<li>{}</li>"):
            assert bool(unclaimed(elsewhere.format(text))) is causal, (grade, direction, elsewhere)
        for lower in ("described", "associated", ""):
            wrong = f'<div class="claim {lower}" data-grade="{lower}"><p>{text}</p></div>'
            assert bool(unclaimed(wrong)) is causal, (grade, direction, lower)
        assert bool(unclaimed(f'<p data-grade="experimental">{text}</p>')) is causal


def rendered(grade):
    edition = SimpleNamespace(
        words=SimpleNamespace(text=lambda key: key.split(".")[1]),
        sentence=lambda _statement: "The transfer raised attendance.",
    )
    return str(result_html(Statement("claim.any", grade=grade, called="claim.one"), edition))


@pytest.mark.parametrize("grade", ["quasi-experimental", "experimental"])
def test_guard_of_a_claim_with_an_upper_grade_passes(grade):
    assert unclaimed(rendered(grade)) == []


@pytest.mark.parametrize("grade", ["described", "associated"])
def test_guard_of_a_causal_sentence_with_a_lower_grade_fails(grade):
    assert [words for _, words in unclaimed(rendered(grade))] == ["raised"]


def test_guard_of_an_official_goal_quoted_by_its_fact_passes():
    goal = '<ol class="goals"><li data-fact="2563:F10">โครงการลดความเหลื่อมล้ำ</li></ol>'
    assert unclaimed(goal) == []
    assert unclaimed(goal.replace("2563:F10", "")) != []


def test_guard_of_an_exempt_passage_does_not_exempt_what_follows():
    goal = '<ol><li data-fact="2563:F10">quoted</li></ol><p>The programme led to more.</p>'
    assert unclaimed(goal) == [("<p>", "led to")]


def test_guard_of_an_office_narrative_names_the_words_only(published, tmp_path):
    scratch = Scratch(published, tmp_path, program_year=2563)
    written = {"th": f"นางสาวสมมติ {HOPEFUL['th']}", "en": f"Ms Example: {HOPEFUL['en']}"}
    scratch.parameters["narrative"]["problems"] = written
    # The notebook is executed again by `equity run`; here its stored result is given the same words.
    for name in ("11_fund_report",):
        notebook = scratch.notebook(name)
        for cell in notebook["cells"]:
            for output in cell.get("outputs", []):
                for data in output.get("data", {}).values():
                    if isinstance(data, dict) and data.get("key") == "narrative":
                        data["items"][0] |= {"key": "narrative.problems", "names": {"text": written}}
        scratch.store(name, notebook)
    with pytest.raises(ReportFailed) as refused:
        guard(scratch.publish(), "outputs/khon-kaen/2563")
    said = str(refused.value)
    assert "“led to”" in said
    assert "“ทำให้”" in said
    assert "Example" not in said
    assert "สมมติ" not in said


def test_guard_of_the_real_pages_passes(outputs):
    guard(outputs, "outputs")


def test_passages_of_a_real_page_hold_what_is_seen_and_heard(outputs):
    page = (outputs / "khon-kaen" / "2563" / f"{PAGE}.en.html").read_text("utf-8")
    places = {each.place.split(" (")[0] for each in passages(page)}
    assert {"<h1>", "<h2>", "<title>", "<p>", "<td>", "<th>", "<li>", "<dd>"} <= places
    assert any(place.startswith("aria-label of ") for place in places)
