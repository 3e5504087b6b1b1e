"""Only sourced values in params/khon-kaen: each figure stands in the passage of the fact beside it."""

from collections.abc import Iterator
from typing import Any

import pytest

from equity_lib.disclosure.rules import numbers_in
from equity_lib.programme.reading import read_yaml
from tests.years import ROOT

YEARS = sorted((ROOT / "params" / "khon-kaen").glob("25*.yaml"))
#: Keys that say how this project reads and publishes, not what a source states.
OURS = {
    "schema_version",
    "area",
    "area_name",
    "province",
    "kind",
    "ordinal",
    "program_year",
    "release_date",
    "goal",
    "goal_read_by",
    "not_before",
    "results_year",
    "fund_report",
    "disclosure",
    "designs_sha256",
    "mapping_sha256",
    "sources",
    "facts",
    "key",
    "outcomes",
    "kind_of",
    "loose",
    "fact",
}


def unsourced(value: Any, facts: dict[str, Any], passage: str = "", key: str = "") -> Iterator[str]:
    """Figures and names that the passage beside them doesn't state."""
    if isinstance(value, dict):
        fact = value.get("fact")
        passage = facts[fact]["passage"] if fact in facts else passage
        for name, inner in value.items():
            if name not in OURS:
                yield from unsourced(inner, facts, passage, f"{key}.{name}")
    elif isinstance(value, list):
        for i, inner in enumerate(value):
            yield from unsourced(inner, facts, passage, f"{key}.{i}")
    elif isinstance(value, int | float) and value not in numbers_in(passage):
        yield f"{key}: {value}"


@pytest.mark.parametrize("path", YEARS, ids=lambda path: path.stem)
def test_parameters_of_khon_kaen_hold_only_figures_that_a_passage_states(path):
    data = read_yaml(path, path.name).data
    assert list(unsourced(data, data["facts"])) == []


def test_unsourced_finds_a_made_up_figure():
    facts = {"F1": {"passage": "จำนวน 5,500,000 บาท"}}
    assert list(unsourced({"grant": {"amount": 5_500_000, "fact": "F1"}}, facts)) == []
    assert list(unsourced({"grant": {"amount": 5_500_001, "fact": "F1"}}, facts)) == [
        ".grant.amount: 5500001"
    ]
    assert list(unsourced({"use": {"spent": 12}}, facts)) == [".use.spent: 12"]


@pytest.mark.parametrize("path", YEARS, ids=lambda path: path.stem)
def test_secretariat_and_stream_names_stand_in_their_passages(path):
    data = read_yaml(path, path.name).data
    named = [data["secretariat"], *(data["streams"] if isinstance(data["streams"], list) else [])]
    for each in named:
        assert each["name"]["th"] in data["facts"][each["fact"]]["passage"]


@pytest.mark.parametrize("path", YEARS, ids=lambda path: path.stem)
def test_what_the_source_does_not_say_is_not_stated(path):
    data = read_yaml(path, path.name).data
    silent = [*data["use_of_grant"].values(), *data["period"].values(), *data["narrative"].values()]
    silent += [data[key] for key in ("targets", "outcomes", "breakdowns", "contact", "sign_off")]
    assert set(silent) == {"not_stated"}


@pytest.mark.parametrize("path", YEARS, ids=lambda path: path.stem)
def test_passages_name_no_person(path):
    """Facts F06–F08 are context; officials' and donors' names stay off the pages."""
    for fact in read_yaml(path, path.name).data["facts"].values():
        assert not any(title in fact["passage"] for title in ("นาย", "นาง", "น.ส.", "ดร."))
