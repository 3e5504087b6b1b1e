"""Settings that protect less than usual are printed with the reason for them."""

import datetime as dt
from types import SimpleNamespace

import pytest

from equity_lib.disclosure.gate import gate
from equity_lib.disclosure.rules import NO_LEDGER, rules_of
from equity_lib.programme.parameters import Disclosure, SignedReason
from equity_lib.report.edition import AreaYear, Edition
from equity_lib.report.languages import Words
from equity_lib.report.page import Section, page_context
from equity_lib.results import Name
from tests.years import parameters

REASON = SignedReason(
    reason={"th": "เด็กมีน้อย", "en": "There are few children."},
    signed_by={"th": "ผู้อำนวยการ", "en": "The director"},
    date="2563-01-15",
)


def context(language: str, disclosure: Disclosure) -> dict:
    given = parameters(disclosure=disclosure)
    safe = gate([], rules_of(given), NO_LEDGER)
    edition = Edition(AreaYear(given, (given,), safe, {}), Words(language))
    nb = SimpleNamespace(metadata={"equity": {"title": {"th": "ก", "en": "a"}, "role": "technical"}})
    return page_context(edition, "01", nb, [Section("", [])], {"th": "ก", "en": "A"})


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", ("smallest count shown: 5, usually 10", "There are few children.", "The director")),
        ("th", ("จำนวนน้อยที่สุดที่แสดง 5 (ปกติ 10)", "เด็กมีน้อย", "ผู้อำนวยการ")),
    ],
)
def test_page_with_weaker_rules_says_which_why_and_who_signed(language, said):
    weaker = context(language, Disclosure(threshold=5, base=5, exception=REASON))["weaker"]
    assert all(each in weaker for each in said)
    assert "2563" in weaker


def test_page_with_usual_rules_says_nothing():
    assert context("en", Disclosure(threshold=10, base=5))["weaker"] == ""


def test_signed_reason_is_typed():
    assert REASON.reason == Name("เด็กมีน้อย", "There are few children.")
    assert REASON.date == dt.date(2020, 1, 15)
