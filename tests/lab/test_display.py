"""Results in the lab: the page's look, their status, and references that lead to this year or nowhere."""

import os
import re
import subprocess
import sys

import pytest

from tests.pages import ROOT

SECOND = 'second = eq.open_year("khon-kaen", 2563)'
BANNER = "Not for release"


def test_table_is_shown_with_its_status_and_its_id(opened):
    html = opened.html("reach = eq.reach(year, 'assistance')\nreach")
    assert ">1,872<" in html
    assert '<span class="badge published">Published figures</span>' in html
    assert "<code>assistance</code>" in html


@pytest.mark.parametrize(
    "cell",
    ["year", "eq.reach(year, 'assistance')", 'eq.heading(year, "money")', "eq.quality(year, 'findings')"],
)
def test_each_kind_of_result_says_that_it_is_before_disclosure_control(opened, cell):
    html = opened.html(cell)
    assert "before disclosure control" in html
    assert BANNER not in html


def test_year_shows_who_it_is_and_what_data_it_has(opened):
    html = opened.html("year")
    assert "Year 1 (B.E. 2562)" in html
    assert "Khon Kaen Provincial Office for Local Administration" in html
    assert "no register of children" in html


def test_thai_is_the_language_of_the_lab_unless_english_is_asked_for(opened, monkeypatch):
    monkeypatch.delenv("EQUITY_LANGUAGE")
    assert 'lang="th"' in opened.html("year")
    assert "ปีที่\u00a01 (พ.ศ.\u00a02562)" in opened.html("year")


def test_chart_is_drawn_with_its_finding(opened):
    html = opened.html('money = eq.reconciliation(year)\nmoney.chart("parts")')
    assert html.count("<svg") == 2
    assert "875,000\u00a0baht" in html


def test_chart_shown_twice_has_no_id_twice(opened):
    cell = 'eq.reconciliation(year).chart("parts")'
    ids = re.findall(r' id="([^"]+)"', opened.html(cell) + opened.html(cell))
    assert len(ids) == len(set(ids)) > 8


def test_what_a_chart_refers_to_is_in_it(opened):
    html = opened.html('eq.reconciliation(year).chart("parts")')
    ids = set(re.findall(r' id="([^"]+)"', html))
    labels = " ".join(re.findall(r' aria-labelledby="([^"]+)"', html)).split()
    assert {*labels, *re.findall(r"url\(#([^)]+)\)", html)} <= ids


def test_chart_with_too_few_values_says_so(opened):
    opened.ipython.run_cell(SECOND)
    assert "fewer than two values" in opened.html('eq.reach(second, "assistance").chart("cases")')


@pytest.mark.parametrize(
    "cell",
    [
        'replace(eq.reach(year, "assistance"), source="register")',
        'register = replace(eq.reach(year, "assistance"), source="register")\nregister.chart("cases")',
        'replace(year, parameters=year.parameters.model_copy(update={"kind": "register"}))',
        "real = replace(year, parameters=year.parameters.model_copy(update={'kind': 'register'}))\n"
        "eq.heading(real, 'money')",
    ],
    ids=["table", "chart", "year", "statement"],
)
def test_register_results_stand_under_a_banner(opened, cell):
    assert BANNER in opened.html(cell)


def test_synthetic_results_say_so(opened):
    assert '<span class="badge synthetic">' in opened.html(
        'replace(eq.reach(year, "assistance"), source="synthetic")'
    )


def test_citation_is_filled_from_the_years_own_tables(opened):
    html = opened.html('eq.cite(year, "money.residual", "money.spent")')
    assert ">875,000<" in html
    assert "not stated" in html
    assert "<table" in opened.html('eq.cite(year, "money")')
    assert "<svg" in opened.html('eq.cite(year, "money.parts")')
    assert "apart" in opened.html('eq.cite(year, "findings")')


def test_citation_of_what_the_session_does_not_hold_shows_its_id(opened):
    html = opened.html('eq.cite(year, "money.residual", "elsewhere.total")')
    assert ">875,000<" in html
    assert '<code class="later" title="filled in when reports are made">elsewhere.total</code>' in html


def test_session_table_of_its_own_fills_a_reference(opened):
    opened.ipython.run_cell(
        "own = replace(eq.reach(year, 'persons'), id='own', cells=eq.reach(year, 'persons').cells.replace("
        "{'id': {'persons.most': 'own.most'}}))"
    )
    assert ">3,630<" in opened.html('eq.cite(year, "own.most")')


def test_heading_takes_the_year_named_in_its_cell(opened):
    opened.ipython.run_cell(SECOND)
    assert "5,500,000" in opened.html('eq.cite(year, "money.grant")')
    assert "11,204,470" in opened.html('eq.cite(second, "money.grant")')


def test_heading_of_an_unnamed_year_shows_no_other_years_number(opened):
    opened.ipython.run_cell(SECOND)
    opened.ipython.run_cell('grant = eq.cite(year, "money.grant")')
    html = opened.html("grant")
    assert "5,500,000" not in html
    assert "11,204,470" not in html
    assert "More than one year is open" in html


def test_chart_stays_with_its_own_year_when_another_is_opened(opened):
    opened.ipython.run_cell('reach = eq.reach(year, "assistance")\nyear = eq.open_year("khon-kaen", 2563)')
    html = opened.html('reach.chart("baht")')
    assert "1,497,600" not in html
    assert "<code" in html
    opened.ipython.run_cell('first = eq.open_year("khon-kaen", 2562)')
    assert "1,497,600" in opened.html('reach.chart("baht")')


def test_result_without_words_shows_its_keys(opened):
    html = opened.html("replace(eq.reach(year, 'persons'), id='mine', population='my_children')")
    assert "table.mine" in html
    assert "population.my_children" in html
    opened.ipython.run_cell("from equity_lib.results import Statement")
    assert "no words for mine.sentence" in opened.html("Statement('mine.sentence')")


def test_markup_in_a_name_is_shown_as_text(opened):
    opened.ipython.run_cell(
        "from equity_lib.results import Name\n"
        "name = Name('<script>x</script>', '<script>x</script>')\n"
        "bad = year.parameters.model_copy(update={'area_name': name})"
    )
    html = opened.html("replace(year, parameters=bad)")
    assert "<script" not in html
    assert "&lt;script&gt;" in html


def test_lab_view_asks_for_nothing_and_styles_nothing_but_itself(opened):
    whole = opened.show('eq.reconciliation(year).chart("parts")')["text/html"]
    assert not re.findall(r"(?:src|href|url\(|@import)[=\s\"']*https?:", whole)
    style = re.sub(r"@font-face\{.*?\}", "", whole.split("<style>")[1].split("</style>")[0])
    style = re.sub(r"@container [^{]+\{(.*?\})\s*\}", r"\1", style, flags=re.S)
    selectors = [
        each for head in re.findall(r"([^{}]+)\{", style) for each in re.split(r",(?![^(]*\))", head)
    ]
    assert len(selectors) > 100
    assert all(".equity.equity.equity" in each for each in selectors)


def test_terminal_shows_the_numbers(opened):
    text = opened.show("eq.reach(year, 'assistance')")["text/plain"]
    assert text.startswith("Table assistance (published)")
    assert "1872" in text


def test_completion_lists_exactly_the_public_names(shell):
    from IPython.core.completer import provisionalcompleter

    import equity_lib

    with provisionalcompleter():
        found = [each.text for each in shell.ipython.Completer.completions("eq.", 3)]
    assert sorted(found) == sorted(equity_lib.__all__)


def test_question_mark_shows_the_docstring(shell):
    shown = shell.ipython.object_inspect_text("eq.reconciliation")
    assert "reconciliation(year: equity_lib.registry.year.Year)" in shown
    assert "Returns" in shown
    assert "-------" in shown


def test_batch_emits_data_only_and_loads_no_drawing_library():
    code = """
import sys
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
shell.display_formatter.active_types = list(shell.display_formatter.formatters)
done = shell.run_cell("import equity_lib as eq\\neq.reach(eq.open_year('khon-kaen', 2562), 'assistance')")
formats = shell.display_formatter.format(done.result)[0]
drawing = ("matplotlib", "seaborn", "great_tables")
print("text/html" in formats, [name for name in drawing if name in sys.modules])
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"EQUITY_BATCH": "1", "EQUITY_ROOT": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip().splitlines()[-1] == "False []"
