"""Disclosure settings: the safe side is free, weaker takes a signed reason, and floors hold."""

import pytest

from equity_lib.errors import WrongParameters
from equity_lib.programme.limits import LIMITS
from equity_lib.programme.loading import load_year
from tests.years import ROOT

GIVEN = "disclosure: {threshold: 10, base: 5}"
REASON = """
  exception:
    reason: {th: "ทั้งจังหวัดมีเด็กนอกระบบเพียง 178 คน", en: "The province has 178 children out of school."}
    signed_by: {th: "ผู้อำนวยการ", en: "The director"}
    date: "2563-01-15"
"""


@pytest.fixture
def loaded(tmp_path):
    """Parameters of Khon Kaen's 2562 with other disclosure settings."""

    def load(settings: str, reason: str = ""):
        source = (ROOT / "params/khon-kaen/2562.yaml").read_text("utf-8")
        assert GIVEN in source
        lines = "".join(f"\n  {each.strip()}" for each in settings.split(","))
        path = tmp_path / "params/khon-kaen/2562.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source.replace(GIVEN, f"disclosure:{lines}{reason}"), "utf-8")
        return load_year(tmp_path, "khon-kaen", 2562).disclosure

    return load


def test_limits_default_is_what_the_rules_state():
    defaults = {name: limit.default for name, limit in LIMITS.items()}
    assert defaults == {
        "threshold": 10,
        "base": 5,
        "risk_set": 10,
        "degrees_of_freedom": 10,
        "top_two_percent": 90,
        "p_percent": 10,
        "exact_total": 100,
    }


def test_load_year_with_stricter_settings_needs_no_reason(loaded):
    found = loaded(
        "threshold: 20, base: 10, top_two_percent: 80, p_percent: 20, risk_set: 30, exact_total: 500"
    )
    assert found.weakened == {}
    assert (found.threshold, found.top_two_percent, found.degrees_of_freedom) == (20, 80, 10)


@pytest.mark.parametrize(
    "name", ["threshold", "risk_set", "degrees_of_freedom", "top_two_percent", "p_percent"]
)
def test_load_year_with_a_weaker_setting_takes_a_signed_reason(loaded, name):
    limit = LIMITS[name]
    weaker = {"threshold": 10, "base": 5} | {name: limit.floor}
    settings = ", ".join(f"{key}: {value}" for key, value in weaker.items())
    with pytest.raises(WrongParameters, match=f"disclosure.{name}.*disclosure.exception"):
        loaded(settings)
    assert loaded(settings, REASON).weakened == {name: limit.floor}


@pytest.mark.parametrize(
    ("settings", "key"),
    [
        ("threshold: 4, base: 5", "threshold"),
        ("threshold: 10, base: 4", "base"),
        ("threshold: 10, base: 5, risk_set: 4", "risk_set"),
        ("threshold: 10, base: 5, degrees_of_freedom: 4", "degrees_of_freedom"),
        ("threshold: 10, base: 5, top_two_percent: 96", "top_two_percent"),
        ("threshold: 10, base: 5, p_percent: 4", "p_percent"),
        ("threshold: 10, base: 5, exact_total: 99", "exact_total"),
        ("threshold: 10, base: 20", "base"),
    ],
)
def test_load_year_below_a_floor_is_refused_whatever_the_reason(loaded, settings, key):
    with pytest.raises(WrongParameters, match=rf"disclosure\.{key}: found"):
        loaded(settings, REASON)


def test_load_year_with_a_reason_for_nothing_is_refused(loaded):
    with pytest.raises(WrongParameters, match=r"disclosure\.exception"):
        loaded("threshold: 10, base: 5", REASON)


def test_load_year_with_a_reason_that_nobody_signed_is_refused(loaded):
    with pytest.raises(WrongParameters, match=r"disclosure\.exception\.signed_by"):
        loaded("threshold: 8, base: 5", REASON.replace("signed_by", "written_by"))
