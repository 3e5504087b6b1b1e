"""Years and dates. Oracle: DOMAIN §3 and the calendar itself, unless a test names another."""

import datetime as dt
import re
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from equity_lib.programme.calendars import (
    AcademicYear,
    CalendarYear,
    CommonYear,
    FiscalYear,
    ProgrammeYear,
)
from equity_lib.programme.dates import MONTHS_TH, MONTHS_TH_SHORT, format_date, parse_date, thai_digits

MOU_DAY = dt.date(2020, 11, 25)
DATES = st.dates(dt.date(1900, 1, 1), dt.date(2099, 12, 31))


def test_year_of_another_kind_is_unequal_and_not_ordered() -> None:
    kinds = (CalendarYear, FiscalYear, AcademicYear, ProgrammeYear)
    for one in kinds:
        for other in kinds:
            assert (one(2563) == other(2563)) is (one is other)
    with pytest.raises(TypeError):
        _ = FiscalYear(2563) < CalendarYear(2563)  # type: ignore[operator]
    with pytest.raises(TypeError):
        _ = CommonYear(2020) < CalendarYear(2563)  # type: ignore[operator]
    with pytest.raises(TypeError):
        _ = CalendarYear(2563) + 543  # type: ignore[operator]


def test_year_of_same_kind_is_ordered() -> None:
    assert sorted([FiscalYear(2564), FiscalYear(2562)]) == [FiscalYear(2562), FiscalYear(2564)]


@pytest.mark.parametrize("kind", [CalendarYear, FiscalYear, AcademicYear, ProgrammeYear])
def test_year_in_common_era_is_refused_with_its_year_in_the_buddhist(kind: type[CalendarYear]) -> None:
    with pytest.raises(
        ValueError, match=r"found 2019, which looks like C\.E\.; B\.E\. would be 2562; allowed: "
    ):
        kind(2019)


@pytest.mark.parametrize("year", [0, 62, 1899, 2442, 2643, 25630])
def test_year_out_of_range_is_refused(year: int) -> None:
    with pytest.raises(ValueError, match=rf"^found {year}; allowed: a B\.E\. year 2443–2642$"):
        CalendarYear(year)


def test_common_year_converts_both_ways() -> None:
    assert CommonYear(2020).to_buddhist() == CalendarYear(2563)
    assert CalendarYear(2563).to_common() == CommonYear(2020)
    with pytest.raises(ValueError, match=r"^found 2563; allowed: a C\.E\. year 1900–2099$"):
        CommonYear(2563)


def test_calendar_year_ends_with_december() -> None:
    assert (CalendarYear(2563).first, CalendarYear(2563).last) == (dt.date(2020, 1, 1), dt.date(2020, 12, 31))


def test_fiscal_year_starts_in_october_of_the_year_before() -> None:
    assert (FiscalYear(2563).first, FiscalYear(2563).last) == (dt.date(2019, 10, 1), dt.date(2020, 9, 30))


@given(DATES.filter(lambda day: day.year < 2099))
def test_of_a_date_gives_the_year_whose_days_hold_it(day: dt.date) -> None:
    for year in (CalendarYear.of(day), FiscalYear.of(day)):
        assert year.first <= day <= year.last


def test_of_the_mou_day_differs_by_calendar() -> None:
    """R06: 25 November 2563 is already in fiscal 2564."""
    assert CalendarYear.of(MOU_DAY) == CalendarYear(2563)
    assert FiscalYear.of(MOU_DAY) == FiscalYear(2564)
    assert AcademicYear.of(MOU_DAY) == AcademicYear(2563)


@pytest.mark.parametrize(
    ("day", "year"),
    [(dt.date(2019, 6, 1), 2562), (dt.date(2020, 3, 31), 2562), (dt.date(2020, 7, 1), 2563)],
)
def test_academic_year_of_a_school_day(day: dt.date, year: int) -> None:
    assert AcademicYear.of(day) == AcademicYear(year)


@pytest.mark.parametrize("day", [dt.date(2019, 4, 15), dt.date(2020, 5, 20), dt.date(2020, 6, 30)])
def test_academic_year_of_a_day_between_years_is_refused(day: dt.date) -> None:
    """2563 opened on 1 July 2020, so May and June 2020 are in no academic year."""
    with pytest.raises(ValueError, match=r"before academic year 256[23] opened"):
        AcademicYear.of(day)


def test_academic_year_of_a_day_in_may_is_refused_where_the_opening_is_not_stated() -> None:
    assert AcademicYear(2562).opened is None
    with pytest.raises(ValueError, match=r"found a day in May 2562, when .* not stated; allowed: "):
        AcademicYear.of(dt.date(2019, 5, 20))


def test_programme_year_holds_its_first_and_last_day_only() -> None:
    year = ProgrammeYear(2563, dt.date(2020, 9, 1), dt.date(2021, 8, 31))
    assert dt.date(2020, 9, 1) in year
    assert dt.date(2021, 8, 31) in year
    assert dt.date(2021, 9, 1) not in year


def test_programme_year_without_dates_refuses_to_place_a_day() -> None:
    with pytest.raises(
        ValueError, match="found programme year 2562 without its first or last day; allowed: "
    ):
        _ = MOU_DAY in ProgrammeYear(2562)


def test_programme_year_that_ends_before_it_starts_is_refused() -> None:
    with pytest.raises(ValueError, match="found a last day of programme year 2563 before its first"):
        ProgrammeYear(2563, dt.date(2020, 9, 1), dt.date(2020, 8, 31))


@pytest.mark.parametrize(
    "text",
    [
        "2563-11-25",
        "25/11/2563",
        "25/11/63",
        "25.11.2563",
        "２５/１１/２５６３",
        "25 พ.ย. 63",
        "25 พย 63",
        "25-พ.ย.-63",
        "25พ.ย.2563",
        "๒๕ พฤศจิกายน ๒๕๖๓",
        "25 พฤศจิกายน พ.ศ. 2563",
        "วันที่ ๒๕ เดือน พฤศจิกายน พ.ศ.๒๕๖๓",
        "25 พฤศจิกายน ค.ศ. 2020",
        "  25\u00a0พ.ย.  2563 ",
        "25 Nov 2563",
        "25 november 2020 (B.E. 2563)",
    ],
)
def test_parse_date_in_every_accepted_form(text: str) -> None:
    assert parse_date(text) == MOU_DAY


def test_parse_date_of_leap_day_uses_the_common_year() -> None:
    """2020 is a leap year and 2563 is not divisible by 4: 543 goes before the date is built."""
    assert parse_date("29/2/2563") == dt.date(2020, 2, 29)
    with pytest.raises(
        ValueError, match="found '29/2/2564', which does not exist; allowed: a day 1–28 in 2/2564"
    ):
        parse_date("29/2/2564")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("25 พ.ย.", "found '25 พ.ย.', without year; allowed: day, month and year"),
        ("25/11", "found '25/11', without year; allowed: day, month and year"),
        ("พ.ย. 2563", "found 'พ.ย. 2563', without day; allowed: day, month and year"),
        ("11/2563", "found '11/2563', without day; allowed: day, month and year"),
        ("2563-11", "found '2563-11', without day; allowed: day, month and year"),
        ("๒๕๖๓", "found '2563', without day and month; allowed: day, month and year"),
        ("5/11/2563", "found '5/11/2563', where day and month can't be told apart; allowed: "),
        ("11/25/2563", "found '11/25/2563', which does not exist; allowed: a month 1–12, after the day"),
        ("31 เม.ย. 63", "found '31 เม.ย. 63', which does not exist; allowed: a day 1–30 in 4/2563"),
        ("2020-11-25", "found 2020, which looks like C.E.; B.E. would be 2563; allowed: "),
        ("25 November 2020", "found 2020, which looks like C.E.; B.E. would be 2563; allowed: "),
        ("25 Nov 2020 (B.E. 2562)", "found '25 Nov 2020 (B.E. 2562)', whose two years differ; allowed: "),
        ("25 พ.ย. ค.ศ. 63", "found 63; allowed: a C.E. year 1900–2099"),
    ],
)
def test_parse_date_that_can_not_be_read_says_what_is_wrong(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}"):
        parse_date(text)


@pytest.mark.parametrize(
    "text", ["", "เด็กหญิงดาว 63", "1234567890121", "081-234-5678", "2563-11-25 08:00", "25 พ.บ. 63"]
)
def test_parse_date_of_another_text_does_not_quote_it(text: str) -> None:
    with pytest.raises(
        ValueError, match=r"^found a text that is not a date; allowed: one such as 2563-11-25"
    ):
        parse_date(text)


def test_parse_date_with_equal_day_and_month_is_not_ambiguous() -> None:
    assert parse_date("5/5/2563") == dt.date(2020, 5, 5)


@given(
    DATES,
    st.sampled_from(["th", "en"]),
    st.sampled_from(["arabic", "thai"]),
    st.booleans(),
)
def test_parse_date_reads_back_every_form_of_format_date(
    day: dt.date, language: str, digits: str, short: bool
) -> None:
    assert parse_date(format_date(day, language, digits, short)) == day  # type: ignore[arg-type]


@given(DATES)
def test_parse_date_reads_back_iso_in_buddhist_era(day: dt.date) -> None:
    assert parse_date(f"{day.year + 543}-{day:%m-%d}") == day


@given(st.text(alphabet=st.sampled_from("0123456789๒๕๖３ -/.(พศคยมBE\u0e33")))
def test_parse_date_of_any_text_gives_a_date_or_a_value_error_that_says_what_is_allowed(text: str) -> None:
    message = "; allowed: "
    try:
        parse_date(text)
    except ValueError as error:
        message = str(error)
    assert "; allowed: " in message


@pytest.mark.parametrize(
    ("language", "digits", "short", "text"),
    [
        ("th", "arabic", False, "25 พฤศจิกายน พ.ศ. 2563"),
        ("th", "arabic", True, "25 พ.ย. 2563"),
        ("th", "thai", False, "๒๕ พฤศจิกายน พ.ศ. ๒๕๖๓"),
        ("en", "arabic", False, "25 November 2020 (B.E. 2563)"),
        ("en", "arabic", True, "25 Nov 2020 (B.E. 2563)"),
    ],
)
def test_format_date_in_each_language(language: str, digits: str, short: bool, text: str) -> None:
    assert format_date(MOU_DAY, language, digits, short) == text  # type: ignore[arg-type]


def test_format_date_outside_the_range_is_refused() -> None:
    """The mistake to catch: a date built with the B.E. year."""
    with pytest.raises(ValueError, match=r"^found 2563; allowed: a C\.E\. year 1900–2099$"):
        format_date(dt.date(2563, 11, 25), "th")


def test_thai_digits_leaves_the_rest() -> None:
    assert thai_digits("57.41 % ของ 5,500,000") == "๕๗.๔๑ % ของ ๕,๕๐๐,๐๐๐"


def test_months_th_against_pythainlp(monkeypatch: pytest.MonkeyPatch) -> None:
    """Oracle: the lists of pythainlp."""
    monkeypatch.setenv("PYTHAINLP_READ_ONLY", "1")  # or it makes a folder in the home directory
    from pythainlp.util.date import thai_abbr_months, thai_full_months

    assert list(MONTHS_TH) == thai_full_months
    assert list(MONTHS_TH_SHORT) == thai_abbr_months


def test_import_of_calendars_and_places_is_light() -> None:
    code = "import sys, equity_lib.programme.dates, equity_lib.programme.places; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    assert not {"pandas", "numpy", "pythainlp"} & set(loaded)
