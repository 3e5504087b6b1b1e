"""A parameter file with faults: each is found, at its line, all at once."""

import hashlib
import re
import shutil
from pathlib import Path

import pytest

from equity_lib.errors import WrongParameters
from equity_lib.programme.loading import known_years, load_year
from tests.years import ROOT

GOOD = (ROOT / "params" / "khon-kaen" / "2562.yaml").read_text("utf-8")


@pytest.fixture
def faults(tmp_path):
    """Load a copy of the published file after replacing text in it; the faults' lines as text."""

    def load(*changes: tuple[str, str], name: str = "2562.yaml") -> list[str]:
        text = GOOD
        for old, new in changes:
            assert old in text, old
            text = text.replace(old, new, 1)
        folder = tmp_path / "params" / "khon-kaen"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")
        with pytest.raises(WrongParameters) as raised:
            load_year(tmp_path, "khon-kaen", int(name.removesuffix(".yaml")))
        assert raised.value.exit_code == 2
        return [str(fault) for fault in raised.value.faults]

    return load


def line_of(text: str) -> int:
    return next(i for i, line in enumerate(GOOD.splitlines(), 1) if text in line)


CASES = [
    (
        ("grant:\n  amount: 5500000", "grant:\n  amount: 5.5m"),
        "grant.amount",
        "found '5.5m'; allowed: a whole number",
    ),
    (
        ("grant:\n  amount: 5500000", "grant:\n  amount: -5"),
        "grant.amount",
        "found -5; allowed: a whole number of baht, 0 or",
    ),
    (
        ("program_year: 2562", "program_year: 2019"),
        "program_year",
        "2019 looks like C.E.; in B.E. it is 2562",
    ),
    (("not_before: 2563", "not_before: 2020"), "streams.2.not_before", "in B.E. it is 2563"),
    (("ordinal: 1", "ordinal: one"), "ordinal", "found 'one'; allowed: a whole number"),
    (("kind: published", "kind: real"), "kind", "'published', 'register' or 'synthetic'"),
    (("    rate: 800", "    rates: 800"), "streams.0.rates", "an unknown key"),
    (("    rate: 800\n", ""), "streams.0.rate", "found nothing; allowed: this key is required"),
    (("ordinal: 1", "ordinal: 1\nordinal: 1"), "ordinal", "the key a second time"),
    (("cases: 1872", "cases: -1"), "streams.0.cases", "found -1"),
    (("cases: 1872", "cases:"), "streams.0.cases", "nothing (write not_stated if it isn't known)"),
    (('release_date: "2569-11-24"', 'release_date: "2564-02-29"'), "release_date", "allowed: "),
    (
        ('release_date: "2569-11-24"', "release_date: 25"),
        "release_date",
        "a day of the Buddhist Era in quotes",
    ),
    (('province: "40"', 'province: "99"'), "province", "the two-digit code of a province"),
    (("threshold: 10", "threshold: 3"), "disclosure.threshold", "found 3; allowed: 10 or more"),
    (("base: 5}", "base: 1}"), "disclosure.base", "found 1; allowed: 5 or more"),
    (("    fact: F16", "    fact: F99"), "streams.0.fact", "a key of `facts`"),
    (("  F19:\n    passage", "  F19x:\n    passage"), "stated_total.fact", "a key of `facts`"),
    (("source: manager_2563", "source: somebody"), "facts.F02.source", "a key of `sources`"),
    (("    goal: A", "    goal: Z"), "streams.0.goal", "one of A, B, C, or not_stated"),
    (("ages: {from: 2, to: 21}", "ages: {from: 21, to: 2}"), "streams.1.ages", "the lower age first"),
    (("key: out_of_school", "key: early_childhood"), "streams.1.key", "each key once"),
    (("start: not_stated", 'start: "2570-01-01"'), "period.start", "a day within a year of 2562"),
    (("en: Khon Kaen province}", "en: 40}"), "area_name", "a name in both languages"),
    (("area: khon-kaen", "area: nan"), "area", "the name of the folder"),
    (("designs_sha256: none", "designs_sha256: abc"), "designs_sha256", "a SHA-256 in 64 hex digits"),
]


@pytest.mark.parametrize(
    ("change", "key", "said"), CASES, ids=[f"{key}-{i}" for i, (_, key, _) in enumerate(CASES)]
)
def test_load_year_with_a_fault_names_line_key_found_and_allowed(faults, change, key, said):
    found = [fault for fault in faults(change) if re.search(rf":\d+: {re.escape(key)}: found ", fault)]
    assert any(said in fault for fault in found), faults(change)
    assert all(fault.startswith("params/khon-kaen/2562.yaml:") for fault in found)


def test_load_year_with_many_faults_reports_them_all_at_once(faults):
    found = faults(
        ("grant:\n  amount: 5500000", "grant:\n  amount: 5.5m"),
        ("ordinal: 1", "ordinal: one"),
        ("    rate: 800", "    rates: 800"),
        ("ages: {from: 2, to: 21}", "ages: {from: two, to: 21}"),
    )
    assert {re.search(r": ([\w.]+): found", fault).group(1) for fault in found} >= {
        "grant.amount",
        "ordinal",
        "streams.0.rates",
        "streams.0.rate",
        "streams.1.ages.from",
    }


def test_load_year_names_the_line_of_the_fault(faults):
    assert f":{line_of('ordinal: 1')}: ordinal" in faults(("ordinal: 1", "ordinal: one"))[0]


def test_load_year_under_another_years_name_is_refused(faults):
    assert "2563, the name of the file" in "\n".join(faults(("ordinal: 1", "ordinal: 1"), name="2563.yaml"))


def test_load_year_with_a_period_that_ends_before_it_starts_is_refused(faults):
    change = ("{start: not_stated, end: not_stated}", '{start: "2562-10-01", end: "2562-09-30"}')
    assert "period.end" in faults(change)[0]


def test_load_year_with_a_tranche_outside_the_period_is_refused(faults):
    found = faults(
        ("{start: not_stated, end: not_stated}", '{start: "2562-10-01", end: "2563-09-30"}'),
        ("tranches: not_stated", 'tranches: [{date: "2564-01-15", amount: 5}]'),
    )
    assert "grant.tranches.0.date" in found[0]


def test_load_year_in_christian_era_says_which_year_it_is():
    with pytest.raises(WrongParameters, match="it is 2562"):
        load_year(ROOT, "khon-kaen", 2019)


def test_load_year_without_a_file_says_what_to_run():
    with pytest.raises(WrongParameters, match="equity new-year"):
        load_year(ROOT, "khon-kaen", 2599)


def test_load_year_with_designs_that_were_changed_after_pinning_is_refused(tmp_path):
    folder = tmp_path / "params" / "khon-kaen"
    shutil.copytree(ROOT / "params" / "khon-kaen", folder)
    (folder / "designs.yaml").write_text("designs: []\n", "utf-8")
    with pytest.raises(WrongParameters, match="designs_sha256"):
        load_year(tmp_path, "khon-kaen", 2562)
    pinned = hashlib.sha256((folder / "designs.yaml").read_bytes()).hexdigest()
    (folder / "2562.yaml").write_text(
        GOOD.replace("designs_sha256: none", f"designs_sha256: {pinned}"), "utf-8"
    )
    assert load_year(tmp_path, "khon-kaen", 2562).designs_sha256 == pinned


def test_known_years_ignores_files_that_are_no_year(tmp_path):
    folder = tmp_path / "params" / "a"
    folder.mkdir(parents=True)
    for name in ("2562.yaml", "2563.yaml", "designs.yaml", "2562.yaml.bak"):
        (folder / name).touch()
    assert known_years(tmp_path, "a") == [2562, 2563]


def test_messages_hold_no_path_of_this_machine(faults, tmp_path):
    assert str(tmp_path) not in "\n".join(faults(("ordinal: 1", "ordinal: one")))
    assert str(Path.home()) not in "\n".join(faults(("ordinal: 1", "ordinal: one")))
