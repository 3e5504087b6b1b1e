"""The rendered files: safe to open, valid, every link alive, every published figure the same everywhere."""

import re
import shutil
from collections import defaultdict
from urllib.parse import unquote

import pytest

from equity_lib.report.site import METHODS, publish_site
from tests.pages import ROOT, Page, pages

FORBIDDEN_TAGS = {"script", "iframe", "object", "embed", "img", "link", "base", "form", "input", "button"}
CSP = "default-src 'none'; style-src 'unsafe-inline'; font-src data:; base-uri 'none'; form-action 'none'"
CLOCK = re.compile(r"[0-9]{1,2}:[0-9]{2}(?::[0-9]{2})|[0-9]T[0-9]{2}:|(?:19|20)[0-9]{2}-[0-9]{2}-[0-9]{2}")
MACHINE = re.compile(r"/(?:home|root|tmp|usr|work|Users|var|opt)/|site-packages|ipykernel|0x[0-9a-f]{6}")

#: DOMAIN F14–F20 and "Arithmetic": result id → the number as every page writes it.
FIGURES = {
    2562: {
        "money.grant": "5,500,000",
        "money.early_childhood": "1,497,600",
        "money.early_childhood.rate": "800",
        "money.early_childhood.cases": "1,872",
        "money.early_childhood.share_of_stated": "37.14",
        "money.out_of_school": "712,000",
        "money.out_of_school.rate": "4,000",
        "money.out_of_school.cases": "178",
        "money.out_of_school.share_of_stated": "17.66",
        "money.covid_aid": "948,000",
        "money.covid_aid.rate": "600",
        "money.covid_aid.cases": "1,580",
        "money.covid_aid.share_of_stated": "23.51",
        "money.itemised": "3,157,600",
        "money.itemised.share_of_grant": "57.41",
        "money.stated_total": "4,032,600",
        "money.stated_total.share_of_grant": "73.32",
        "money.residual": "875,000",
        "money.residual.share_of_grant": "15.91",
        "money.residual.share_of_stated": "21.70",
        "money.use_not_stated": "1,467,400",
        "assistance.total": "3,630",
        "persons.fewest": "1,872",
        "persons.most": "3,630",
        "cost.per_case.stated_total": "1,110.91",
        "cost.per_case.itemised": "869.86",
        "cost.per_case.grant": "1,515.15",
    },
    2563: {
        "money.grant": "11,204,470",
        "grant.2562": "5,500,000",
        "grant.2563": "11,204,470",
        "grant.2563.times_before": "2.0372",
        "partners.agencies": "347",
        "partners.participants": "400",
        "contributions.working_capital": "200,000",
    },
}
SECRETARIATS = {
    2562: {
        "th": "สำนักงานส่งเสริมการปกครองท้องถิ่นจังหวัดขอนแก่น",
        "en": "Khon Kaen Provincial Office for Local Administration",
    },
    2563: {"th": "สำนักงานศึกษาธิการจังหวัดขอนแก่น", "en": "Khon Kaen Provincial Education Office"},
}
CONDITION = {"th": "หาก", "en": "if each case is one person"}


@pytest.fixture(scope="module")
def site(outputs) -> list[Page]:
    return pages(outputs)


def test_pages_are_well_formed_with_unique_ids(site):
    for page in site:
        assert page.source.startswith("<!DOCTYPE html>\n<html lang="), page.path.name
        assert page.faults == [], page.path.name
        assert len(page.ids) == len(set(page.ids)), page.path.name


def test_pages_hold_nothing_that_runs_loads_or_hides(site):
    for page in site:
        assert {each.tag for each in page.elements} & FORBIDDEN_TAGS == set(), page.path.name
        assert page.comments == [], page.path.name
        assert "/*" not in page.all("style")[0].text, page.path.name
        names = {name for each in page.elements for name in each.attributes}
        assert {name for name in names if name.startswith("on") or name in ("style", "src")} == set()
        assert {name for name in names if name.startswith("data-")} <= {
            "data-result",
            "data-fact",
            "data-grade",
            "data-table",
        }
        assert [each.attributes["content"] for each in page.all("meta", http_equiv=None)] == [CSP]


def test_pages_name_no_outside_address_machine_or_clock(site):
    for page in site:
        text = re.sub(r"base64,[A-Za-z0-9+/=]+", "", page.source)
        assert re.findall(r"https?:|//[a-z]|www\.|javascript:|@import|srcset", text) == [], page.path.name
        assert re.findall(r"url\((?!data:font/woff2;|#)[^)]*\)", text) == [], page.path.name
        assert MACHINE.findall(text) == [], page.path.name
        assert CLOCK.findall(text) == [], page.path.name


def test_pages_name_their_source_site_as_plain_text(site):
    found = [(element, page) for page in site for element, run in page.runs if "kknpeo.moe.go.th" in run]
    assert found
    for element, page in found:
        assert "a" not in {each.tag for each in (*element.path, element)}, page.path.name


def test_links_within_a_page_have_their_target(site):
    for page in site:
        hrefs = {each.attributes["href"] for each in page.all(href=None)}
        inside = {unquote(href[1:]) for href in hrefs if href.startswith("#")}
        assert inside - set(page.ids) == set(), page.path.name


def test_every_page_is_reached_from_the_index_and_no_link_is_dead(outputs):
    todo, seen = [outputs / "index.html"], set()
    while todo:
        path = todo.pop().resolve()
        if path in seen:
            continue
        assert path.is_file(), f"a dead link to {path.relative_to(outputs.resolve())}"
        seen.add(path)
        for link in Page(path).all("a", href=None):
            href = link.attributes["href"].partition("#")[0]
            todo += [path.parent / unquote(href)] if href else []
    assert seen == {page.path.resolve() for page in pages(outputs)}


def test_pages_stay_within_their_size(site):
    for page in site:
        most = 250_000 if page.path.name.startswith(("11_", "index")) else 600_000
        assert page.path.stat().st_size <= most, page.path.name


@pytest.mark.parametrize("language", ["th", "en"])
@pytest.mark.parametrize("year", FIGURES)
def test_figures_of_the_source_are_on_the_pages(outputs, year, language):
    shown = defaultdict(set)
    for page in pages(outputs / "khon-kaen" / str(year)):
        if f".{language}." in page.path.name:
            for result, number in page.figures():
                shown[result].add(number)
    assert {result: sorted(shown[result]) for result in FIGURES[year]} == {
        result: [number] for result, number in FIGURES[year].items()
    }


@pytest.mark.parametrize("year", FIGURES)
def test_one_statistic_has_one_value_wherever_it_stands(outputs, year):
    marks = {"ไม่ระบุ": "not stated"}
    shown = defaultdict(set)
    for page in pages(outputs / "khon-kaen" / str(year)):
        for result, number in page.figures():
            shown[result].add(marks.get(number, number))
    assert {result: sorted(numbers) for result, numbers in shown.items() if len(numbers) > 1} == {}
    assert len(shown) > 15


@pytest.mark.parametrize("year", FIGURES)
def test_headline_of_the_fund_report_says_what_does_not_add_up(outputs, year):
    for language in ("th", "en"):
        page = Page(outputs / "khon-kaen" / str(year) / f"11_fund_report.{language}.html")
        boxes = [each for each in page.all("section") if each.attributes.get("class") == "headline"]
        assert len(boxes) == (1 if year == 2562 else 0)
        if boxes:
            box = boxes[0].text
            assert all(number in box for number in ("875,000", "57.41", "73.32", "1,467,400"))
            assert page.text.index("875,000") < page.text.index("3,630")


@pytest.mark.parametrize("language", ["th", "en"])
def test_range_of_persons_never_stands_without_its_condition(outputs, language):
    for page in pages(outputs / "khon-kaen" / "2562"):
        if f".{language}." not in page.path.name:
            continue
        for element in page.all("li"):
            within = [each for each in page.all(data_result="persons.fewest") if element in each.path]
            if within:
                assert CONDITION[language].lower() in element.text.lower(), page.path.name


@pytest.mark.parametrize("year", SECRETARIATS)
@pytest.mark.parametrize("language", ["th", "en"])
def test_reports_name_the_secretariat_of_their_year(outputs, year, language):
    for page in pages(outputs / "khon-kaen" / str(year)):
        if f".{language}." in page.path.name and not page.path.name.startswith("index"):
            assert SECRETARIATS[year][language] in page.text, page.path.name


def test_reports_name_what_they_were_made_with(site):
    for page in site:
        codes = [each.text for each in page.all("code")]
        assert "" not in codes, page.path.name


def test_pages_in_chromium_request_nothing_and_break_no_policy(browser, outputs):
    tab = browser.new_page()
    seen: list[str] = []
    tab.on("request", lambda request: seen.append(request.url))
    tab.on("console", lambda message: seen.append(message.text))
    tab.on("pageerror", lambda error: seen.append(str(error)))
    tab.on("dialog", lambda dialog: seen.append(dialog.message))
    tab.add_init_script(
        "addEventListener('securitypolicyviolation', e => console.error('CSP ' + e.violatedDirective))"
    )
    for page in pages(outputs):
        seen.clear()
        tab.goto(page.path.as_uri())
        drawn = tab.evaluate(
            "document.fonts.ready.then(f => [...f].filter(x => x.status == 'loaded').length)"
        )
        assert drawn == 2, page.path.name
        fetched = [each for each in seen if not each.startswith("data:font/woff2")]
        assert fetched == [page.path.as_uri()], page.path.name
    tab.close()


def test_outputs_hold_every_year_that_has_parameters(outputs):
    years = {path.stem for path in (ROOT / "params" / "khon-kaen").glob("25*.yaml")}
    assert {path.name for path in (outputs / "khon-kaen").iterdir() if path.is_dir()} == years


def test_charts_dont_repeat_the_heading_of_their_section(site):
    """The section on money has one chart; its finding is the heading already."""
    for page in site:
        heads = {re.sub(r"\s", "", each.text) for each in page.all("h2")}
        told = {re.sub(r"\s", "", each.text) for each in page.all("span", **{"class": "finding"})}
        assert not heads & told, page.path.name


def test_names_of_rows_say_nothing_twice(site):
    """What a figure is, such as "(at least)", is added to a name once."""
    for page in site:
        assert re.findall(r"\(([^()<>]+)\)\s*\(\1\)", page.source) == [], page.path.name


def test_index_links_the_report_on_methods_where_it_was_made(published, outputs, tmp_path):
    for name in ("without", "with"):
        shutil.copytree(outputs, tmp_path / name, ignore=shutil.ignore_patterns(".runs"))
    (tmp_path / "with" / METHODS).mkdir()
    (tmp_path / "with" / METHODS / "en.html").touch()
    for name in ("without", "with"):
        publish_site(tmp_path / name, published, ("th", "en"))
    link = f'href="{METHODS}/en.html"'
    assert link in (tmp_path / "with" / "index.en.html").read_text("utf-8")
    assert METHODS not in (tmp_path / "with" / "index.html").read_text("utf-8")  # no Thai page of it
    assert link not in (tmp_path / "without" / "index.en.html").read_text("utf-8")
