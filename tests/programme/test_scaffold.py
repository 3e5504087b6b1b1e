"""`new_year`: nothing of the old year can pass for the new one."""

import shutil

import pytest

from equity_lib.errors import WrongParameters
from equity_lib.programme.loading import load_year
from equity_lib.programme.scaffold import new_year
from tests.years import ROOT


@pytest.fixture
def root(tmp_path):
    shutil.copytree(ROOT / "params" / "khon-kaen", tmp_path / "params" / "khon-kaen")
    return tmp_path


def test_new_year_can_be_read_as_it_is_and_states_no_figure(root):
    new_year(root, "khon-kaen", 2564)
    made = load_year(root, "khon-kaen", 2564)
    assert (made.program_year, made.ordinal) == (2564, 3)
    assert made.secretariat.name.en == "Khon Kaen Provincial Education Office"
    assert made.grant.amount is None
    assert (made.facts, made.sources, made.contributions) == ({}, {}, [])
    assert made.release_date is None


def test_new_year_keeps_streams_without_their_figures(root):
    (root / "params" / "khon-kaen" / "2563.yaml").unlink()
    new_year(root, "khon-kaen", 2563)
    streams = load_year(root, "khon-kaen", 2563).streams
    assert [stream.key for stream in streams] == ["early_childhood", "out_of_school", "covid_aid"]
    assert {stream.rate for stream in streams} | {stream.cases for stream in streams} == {None}


def test_new_year_puts_back_what_a_signed_reason_weakened(root):
    path = root / "params" / "khon-kaen" / "2563.yaml"
    given = "disclosure: {threshold: 10, base: 5}"
    signed = "reason: {th: ก, en: a}, signed_by: {th: ข, en: b}, date: '2564-01-05'"
    weaker = "disclosure: {threshold: 5, base: 5, top_two_percent: 80, exception: {" + signed + "}}"
    assert given in path.read_text("utf-8")
    path.write_text(path.read_text("utf-8").replace(given, weaker), "utf-8")
    new_year(root, "khon-kaen", 2564)
    made = load_year(root, "khon-kaen", 2564).disclosure
    assert (made.threshold, made.top_two_percent, made.exception) == (10, 80, None)


def test_new_year_overwrites_nothing(root):
    before = (root / "params" / "khon-kaen" / "2563.yaml").read_bytes()
    with pytest.raises(WrongParameters, match="Nothing is overwritten"):
        new_year(root, "khon-kaen", 2563)
    assert (root / "params" / "khon-kaen" / "2563.yaml").read_bytes() == before


def test_new_year_of_an_unknown_area_says_how_to_start(root):
    with pytest.raises(WrongParameters, match="Copy a year of another area"):
        new_year(root, "nan", 2564)


def test_new_year_from_a_file_with_faults_reports_them(root):
    path = root / "params" / "khon-kaen" / "2563.yaml"
    path.write_text(path.read_text("utf-8").replace("ordinal: 2", "ordinal: two"), "utf-8")
    with pytest.raises(WrongParameters, match="ordinal"):
        new_year(root, "khon-kaen", 2564)
