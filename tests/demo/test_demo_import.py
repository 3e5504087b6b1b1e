"""The register made of the synthetic files: every row where the truth says, nothing of a canary in sight."""

from collections import Counter
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest
from conftest import Demo
from leaks import disguises, leaks, secrets_of

from equity_lib.demo.building import DEMO_KEY, build
from equity_lib.errors import WrongParameters
from equity_lib.registry import store
from equity_lib.registry.identity import read_map
from equity_lib.registry.keys import Key

YEARS = (2562, 2563, 2564)
PUBLISHED = {
    "early_childhood": (1_872, "early-childhood"),
    "out_of_school": (178, "out-of-school"),
    "covid_aid": (1_580, "covid"),
}
#: Ways of §7 in which the files are dirty and that the import takes off or notes.
DRESS = sorted({*range(1, 36)} - {18, 20, 31, 33})


@pytest.mark.parametrize("year", YEARS)
def test_import_finds_what_was_planted(demo: Demo, year: int) -> None:
    found = {one.file: one for one in demo.built.receipts["demo"][year].files}
    wanted = {told["file"]: told for told in demo.truth["files"][year]}
    assert set(found) == set(wanted)
    for name, told in wanted.items():
        account = found[name].account
        assert account.read == account.kept + account.quarantined + sum(account.declared.values())
        assert (name, account.kept, account.quarantined) == (name, told["kept"], told["quarantined"])
        held = {rule: count for rule, count in found[name].rules.items() if rule.startswith("Q")}
        assert (name, held) == (name, {r: c for r, c in told["rules"].items() if r.startswith("Q")})


def test_dirt_of_many_kinds_is_taken_off(demo: Demo) -> None:
    files = [one for receipt in demo.built.receipts["demo"].values() for one in receipt.files]
    seen = {rule for one in files for rule in one.rules} | {note.rule for one in files for note in one.notes}
    assert {f"A{number:02d}" for number in DRESS} <= seen


def test_wrong_total_is_noticed_once_a_year(demo: Demo) -> None:
    for year in YEARS:
        notes = [
            n
            for one in demo.built.receipts["demo"][year].files
            for n in one.notes
            if n.rule == "A10" and n.detail
        ]
        differ = [note.detail for note in notes if note.detail.startswith("amount differs")]
        assert len(differ) == 1
        assert sum(note.detail == "amount agrees" for note in notes) == 25


def test_first_years_payments_are_the_published_cases(demo: Demo) -> None:
    register = demo.register(2562)
    paid = register.table("support_payment", ["stream", "amount", "status"])
    held = {Path(one.file).stem: one.account.quarantined for one in demo.built.receipts["demo"][2562].files}
    for stream, (cases, file) in PUBLISHED.items():
        own = paid[paid["stream"] == stream]
        reversed_pairs = 2 * int((own["status"] == "reversal").sum())
        assert len(own) - reversed_pairs + held[f"support-{file}-synthetic-2562"] == cases
    ledger = register.table("grant_ledger", ["stream", "spent"]).dropna(subset="stream").set_index("stream")
    assert ledger["spent"].to_dict() == {
        "early_childhood": 1_497_600,
        "out_of_school": 712_000,
        "covid_aid": 948_000,
    }


def test_money_in_question_is_what_was_planted(demo: Demo) -> None:
    for year in YEARS:
        held = demo.register(year).in_question()
        found = held[held["rule"].isin(["Q12", "Q13", "Q15"])].groupby("rule")["amount"].sum()
        planted: Counter[str] = Counter()
        for told in demo.truth["files"][year]:
            for rule, baht in told.get("paid_in_question_baht", {}).items():
                planted[rule] += baht
        assert found.to_dict() == dict(planted)


def test_every_table_has_rows_every_year_in_all_districts(demo: Demo) -> None:
    for year in YEARS:
        assert len(demo.register(year).tables()) == 11
        assert demo.register(year).table("child", ["district"])["district"].nunique() == 26
        people = demo.register(year).table("population", ["district", "persons", "source"])
        assert people.groupby("district")["persons"].sum().min() > 1_000
        assert people["source"].str.contains("synthetic").all()


def test_children_keep_their_pseudonym_over_years_and_forms(demo: Demo) -> None:
    screened = [set(demo.register(year).table("screening", ["child_id"])["child_id"]) for year in YEARS]
    assert len(screened[0] & screened[1] & screened[2]) > 6_000
    enrolled = set(demo.register(2562).table("enrolment", ["child_id"])["child_id"])
    assert len(enrolled & screened[0]) > 0.98 * len(screened[0])


def test_files_and_truth_are_closed_to_others(demo: Demo) -> None:
    folders = [demo.source.parent, demo.source, *(demo.source / str(year) for year in YEARS)]
    assert {folder.stat().st_mode & 0o777 for folder in folders} == {0o700}


def test_building_again_does_nothing(demo: Demo) -> None:
    before = store.head(demo.folder)
    again = build(demo.root, key_file=demo.key)
    assert again.made == ()
    assert "Nothing to do" in str(again)
    assert store.head(demo.folder) == before


def test_interrupted_build_is_completed_without_doubling(demo: Demo) -> None:
    """Files and register are whole but the stamp isn't: the state of a kill after the last import."""
    stamp = demo.source / "stamp.json"
    whole, parts = stamp.read_text(), store.head(demo.folder).parts
    stamp.write_text(whole.replace(f'"state": {store.head(demo.folder).number}', '"state": 0'))
    assert build(demo.root, key_file=demo.key).made == ("demo",)
    assert store.head(demo.folder).parts == parts
    assert stamp.read_text() == whole


def parquet_bytes(folder: Path) -> bytes:
    """Everything that notebooks could read of a register: raw bytes and decoded values."""
    made = [path.read_bytes() for path in sorted((folder / "imports").rglob("*")) if path.is_file()]
    for path in sorted((folder / "imports").rglob("*.parquet")):
        table = pq.read_table(path)
        columns = [column.unique().to_pylist() for column in table.columns]
        made.append(repr(columns).encode() + str(table.schema.metadata).encode())
    return b"\n".join(made)


def test_nothing_of_a_canary_stands_in_what_notebooks_read(demo: Demo) -> None:
    secrets = secrets_of(demo.truth["canaries"])
    assert leaks(parquet_bytes(demo.folder), secrets) == []
    for path in [*(demo.folder / "states").iterdir(), demo.folder / "HEAD.json"]:
        assert leaks(path.read_bytes(), secrets) == []
    for receipt in demo.built.receipts["demo"].values():
        assert leaks(f"{receipt!r} {receipt}".encode(), secrets) == []


def test_the_scan_finds_a_canary_in_every_disguise(demo: Demo) -> None:
    clean = parquet_bytes(demo.folder)[:10_000]
    secrets = secrets_of(demo.truth["canaries"][:1])
    for secret in secrets:
        for kind, form in disguises(secret):
            assert kind in leaks(clean[:50] + form + clean[50:], [secret]), kind


def test_the_canaries_are_in_the_register_under_the_seal(demo: Demo) -> None:
    """The positive control of the import itself: they were read, paid and named in the sealed map."""
    maps = sorted((demo.folder / "private" / "identity").rglob("*"))
    known = pd.concat([read_map(path, Key(DEMO_KEY)) for path in maps if path.is_file()])
    text = "\n".join(map(str, known.itertuples(index=False, name=None))).encode()
    for canary in demo.truth["canaries"]:
        assert canary["child_id"].encode() in text
        assert canary["surname"].encode() in text
    files = b"".join(path.read_bytes() for path in sorted(demo.source.rglob("attendance*.csv")))
    assert "plain" in leaks(files, secrets_of(demo.truth["canaries"]))


@pytest.mark.parametrize("size", [{"scale": 0}, {"provinces": 78}, {"years": 6}])
def test_size_out_of_range_is_refused(tmp_path: Path, size: dict[str, int]) -> None:
    with pytest.raises(WrongParameters, match="size"):
        build(tmp_path, **size)


def test_other_sizes_are_not_made_inside_a_clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EQUITY_DATA_DIR", str(tmp_path / "data"))
    (tmp_path / ".git").mkdir()
    with pytest.raises(WrongParameters, match="EQUITY_ROOT"):
        build(tmp_path, scale=2)
    assert not (tmp_path / "params").exists()


def test_register_that_is_not_synthetic_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EQUITY_DATA_DIR", str(tmp_path / "data"))
    store.commit(store.area_folder(tmp_path, "demo"), [store.Part("0" * 16, 0, 2562, "real.csv", "")])
    with pytest.raises(WrongParameters, match="isn't a synthetic one"):
        build(tmp_path, key_file=tmp_path / "keys" / "demo.key")


def test_provinces_and_machines_have_one_published_key_in_the_home_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = tmp_path / "secret" / "real.key"
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("EQUITY_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("EQUITY_KEY_FILE", str(real))
    built = build(tmp_path / "project", provinces=2, years=1)
    assert built.made == ("demo", "demo-02")
    assert not real.exists()
    assert (tmp_path / "home/.config/equity/demo.key").read_bytes() == DEMO_KEY
    assert (tmp_path / "project/params/demo-02/2562.yaml").exists()
    monkeypatch.setenv("EQUITY_DATA_DIR", str(tmp_path / "other"))
    build(tmp_path / "another", years=1)
    registers = [tmp_path / name / "demo" / "imports" for name in ("data", "other")]
    stored = [{p.relative_to(r): p.read_bytes() for p in r.rglob("*.*")} for r in registers]
    assert stored[0] == stored[1], "a published key: the same register on every machine"
    build(tmp_path / "another", years=1, seed=7)
    assert store.head(tmp_path / "other" / "demo").number == 1, "another seed: made anew, nothing mixed"
