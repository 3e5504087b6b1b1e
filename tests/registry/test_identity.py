"""Pseudonyms and the sealed identity map. Oracles: RFC 4231, Python's `hmac`, RFC 7914, dictionaries."""

import hmac
import io
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from equity_lib.errors import EnvironmentProblem, InputRejected, WrongParameters
from equity_lib.registry import identity
from equity_lib.registry.identity import (
    LINKS,
    add_link,
    aliases,
    link,
    live_aliases,
    opens,
    pseudonyms,
    read_map,
    rekey,
    seal,
    unseal,
    write_map,
)
from equity_lib.registry.keys import subkey

KEY, OTHER = bytes(range(32)), bytes(range(1, 33))
PASSPHRASE = "ถูกต้อง ม้า แบตเตอรี่"
COLUMNS = ["pseudonym", "id", "names", "contact"]
CANARY = "1409900000018"


def series(*ids: str | None) -> pd.Series:
    return pd.Series(list(ids), dtype="str")


def expected(text: str, key: bytes = KEY) -> str:
    return hmac.digest(subkey(key, "pseudonyms"), text.encode(), "sha256").hex()[:32]


def frame_of(*rows: tuple[str | None, ...], key: bytes = KEY) -> pd.DataFrame:
    frame = pd.DataFrame(list(rows), columns=["id", "names", "contact"], dtype="str")
    return frame.assign(pseudonym=pseudonyms(frame["id"], key))[COLUMNS]


@pytest.fixture
def people() -> pd.DataFrame:
    return frame_of((CANARY, "เด็กหญิง ก ข", "0800000000"), ("G644200000001", "a", None), ("x", None, "y"))


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(identity, "CHUNK", 16)
    monkeypatch.setattr(identity, "SCRYPT_LOG_N", 10)


def whole(content: bytes, secret: bytes | str = KEY, kind: str = "map") -> bytes:
    return b"".join(unseal(io.BytesIO(content), secret, kind))


@pytest.mark.parametrize(
    ("key", "data", "mac"),
    [
        (b"\x0b" * 20, b"Hi There", "b0344c61d8db38535ca8afceaf0bf12b"),
        (b"Jefe", b"what do ya want for nothing?", "5bdcc146bf60754e6a042426089575c7"),
        (bytes(range(1, 26)), b"\xcd" * 50, "82558a389a443c0ea4cc819899f2083a"),
    ],
)
def test_digests_against_rfc4231(key: bytes, data: bytes, mac: str) -> None:
    """Cases 1, 2 and 4; the data of 4 are no text, so it checks `hmac`, the oracle of the other tests."""
    assert hmac.digest(key, data, "sha256").hex()[:32] == mac
    if data.isascii():
        assert identity._digests([data.decode()], key) == [mac]
    assert identity._digests(["ก" * 50], key) == [hmac.digest(key, ("ก" * 50).encode(), "sha256").hex()[:32]]


@given(st.lists(st.none() | st.text(min_size=1, alphabet=st.characters(exclude_categories=["Cs"]))))
def test_pseudonyms_against_hmac(ids: list[str | None]) -> None:
    made = pseudonyms(series(*ids), KEY)
    assert [None if pd.isna(text) else text for text in made] == [text and expected(text) for text in ids]


def test_pseudonyms_keep_index_name_and_missing() -> None:
    ids = pd.Series(["a", None, "a", "b"], index=[7, 3, 5, 1], name="child_id", dtype="str")
    made = pseudonyms(ids, KEY)
    assert list(made.index) == [7, 3, 5, 1]
    assert made.name == "child_id"
    assert made.dtype == "str"
    assert list(made.isna()) == [False, True, False, False]
    assert made.dropna().str.fullmatch("[0-9a-f]{32}").all()
    assert pseudonyms(series(), KEY).empty
    assert pseudonyms(series(None, None), KEY).isna().all()


@pytest.mark.parametrize(
    "ids", [pd.Series([1409900000018]), pd.Series([1.0, None]), series("a", ""), pd.Series(["a", 1])]
)
def test_pseudonyms_refuse_numbers_and_blanks(ids: pd.Series) -> None:
    with pytest.raises(TypeError, match="cleaned text") as caught:
        pseudonyms(ids, KEY)
    assert CANARY not in str(caught.value)


def test_pseudonyms_of_another_key_share_nothing() -> None:
    ids = series(*map(str, range(1000)))
    assert not set(pseudonyms(ids, KEY)) & set(pseudonyms(ids, OTHER))


def test_child_that_gets_an_id_keeps_its_pseudonym(people: pd.DataFrame) -> None:
    linked = link(people, "1409900000026", "G644200000001")
    linked = link(linked, "1409900000034", "1409900000026")  # and again
    known = aliases(linked, KEY)
    assert known.to_dict() == dict.fromkeys(["1409900000026", "1409900000034"], "G644200000001")
    made = pseudonyms(series("1409900000034", "G644200000001", CANARY), KEY, known)
    assert list(made) == [expected("G644200000001")] * 2 + [expected(CANARY)]


def test_links_of_an_area_are_kept_across_its_imports(tmp_path: Path, people: pd.DataFrame) -> None:
    (tmp_path / LINKS).parent.mkdir(parents=True)
    assert live_aliases(tmp_path, KEY) is None
    write_map(tmp_path / "private/identity/a1.map", people, KEY)
    write_map(tmp_path / "private/identity/a2.map", people.tail(2), KEY)
    add_link(tmp_path, "1409900000026", "G644200000001", KEY)
    add_link(tmp_path, "1409900000034", "1409900000026", KEY)
    add_link(tmp_path, "1409900000042", CANARY, KEY)
    first = {"1409900000026": "G644200000001", "1409900000034": "G644200000001", "1409900000042": CANARY}
    known = live_aliases(tmp_path, KEY)
    assert known is not None
    assert known.to_dict() == first


@pytest.mark.parametrize(("later", "first"), [("new", "unknown"), (CANARY, "G644200000001")])
def test_link_refuses_to_merge(people: pd.DataFrame, later: str, first: str) -> None:
    with pytest.raises(WrongParameters) as caught:
        link(people, later, first)
    assert CANARY not in str(caught.value)


def test_rekey_keeps_linkage(people: pd.DataFrame) -> None:
    linked = link(people, "1409900000026", "G644200000001")
    without = pd.DataFrame([["f" * 32, None, "no ID", None]], columns=COLUMNS, dtype="str")
    before = pd.concat([linked, without], ignore_index=True)
    after, turned = rekey(before, KEY, OTHER)
    assert turned[expected("G644200000001")] == expected("G644200000001", OTHER)
    assert list(after["pseudonym"]) == list(before["pseudonym"].map(turned))
    assert after.drop(columns="pseudonym").equals(before.drop(columns="pseudonym"))
    assert aliases(after, OTHER).equals(aliases(before, KEY))
    assert turned.is_unique
    assert len(turned) == 4


def test_map_round_trip(tmp_path: Path, people: pd.DataFrame) -> None:
    path = tmp_path / "identity.map"
    write_map(path, people, KEY)
    pd.testing.assert_frame_equal(read_map(path, KEY), people)
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]
    for value in (CANARY, "เด็กหญิง", "0800000000", "pseudonym"):
        assert value.encode() not in path.read_bytes()


cell = st.none() | st.text(max_size=20, alphabet=st.characters(exclude_categories=["Cs"]))


@settings(max_examples=50)
@given(
    st.lists(st.tuples(st.text(min_size=1, alphabet="0123456789G"), cell, cell), unique_by=lambda row: row[0])
)
def test_map_round_trip_of_any_text(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, ...]]
) -> None:
    frame, path = frame_of(*rows), tmp_path_factory.mktemp("map") / "identity.map"
    write_map(path, frame, KEY)
    pd.testing.assert_frame_equal(read_map(path, KEY), frame)


def test_map_is_replaced_whole_or_not(
    tmp_path: Path, people: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "identity.map"
    write_map(path, people, KEY)

    def broken(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("equity_lib.registry.keys.os.fsync", broken)
    with pytest.raises(EnvironmentProblem, match="No space left"):
        write_map(path, people.head(1), KEY)
    pd.testing.assert_frame_equal(read_map(path, KEY), people)
    assert list(tmp_path.iterdir()) == [path]


def test_map_with_a_wrong_shape(tmp_path: Path, people: pd.DataFrame) -> None:
    path = tmp_path / "identity.map"
    with pytest.raises(TypeError):
        write_map(path, people.drop(columns="id"), KEY)
    with pytest.raises(TypeError):
        write_map(path, people.assign(id=1), KEY)
    with pytest.raises(ValueError, match="two of them") as caught:
        write_map(path, pd.concat([people, people.assign(pseudonym="f" * 32)]), KEY)
    assert CANARY not in str(caught.value)
    assert not path.exists()


def test_map_of_another_key_or_missing(tmp_path: Path, people: pd.DataFrame) -> None:
    path = tmp_path / "identity.map"
    with pytest.raises(EnvironmentProblem, match="no identity map"):
        read_map(path, KEY)
    assert not opens(path, KEY)
    write_map(path, people, KEY)
    assert opens(path, KEY)
    assert not opens(path, OTHER)
    with pytest.raises(InputRejected, match="another key"):
        read_map(path, OTHER)


@pytest.mark.usefixtures("small")
@given(st.lists(st.binary(max_size=70)))
def test_seal_round_trip(blocks: list[bytes]) -> None:
    assert whole(b"".join(seal(blocks, KEY, "map"))) == b"".join(blocks)


@pytest.mark.usefixtures("small")
def test_seal_is_fresh_each_time_and_bound_to_its_kind() -> None:
    one, two = (b"".join(seal([b"same"], KEY, "map")) for _ in range(2))
    assert one[41:] != two[41:]
    with pytest.raises(InputRejected, match="not a whole handover"):
        whole(one, KEY, "handover")


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("length", [0, 1, 15, 16, 17, 32, 48, 50])
@pytest.mark.parametrize("secret", [KEY, PASSPHRASE])
def test_sealed_file_cut_at_every_byte(length: int, secret: bytes | str) -> None:
    """Oracle: only the whole file opens. A passphrase is cut at chunk boundaries and their neighbours."""
    content = b"".join(seal([bytes(length)], secret, "map"))
    head = len(content) - length - 16 * max(1, -(-length // 16))
    edges = {head + 32 * n + near for n in range(5) for near in (-1, 0, 1)}
    for cut in range(len(content)):
        if isinstance(secret, bytes) or cut in edges:
            with pytest.raises(InputRejected):
                whole(content[:cut], secret)
    assert whole(content, secret) == bytes(length)


@pytest.mark.usefixtures("small")
def test_sealed_file_changed_at_every_byte() -> None:
    content = b"".join(seal([bytes(50)], KEY, "map"))
    for place in range(len(content)):
        for bit in (0x01, 0x80):
            changed = bytearray(content)
            changed[place] ^= bit
            with pytest.raises(InputRejected):
                whole(bytes(changed))


@pytest.mark.usefixtures("small")
def test_sealed_chunks_moved_dropped_repeated_or_added() -> None:
    content = b"".join(seal([bytes(range(64))], KEY, "map"))
    head, chunks = content[:-128], [content[-128:][n : n + 32] for n in range(0, 128, 32)]
    other = b"".join(seal([bytes(range(64))], KEY, "map"))[-128:]
    orders = [
        [1, 0, 2, 3],
        [0, 2, 1, 3],
        [0, 1, 3],
        [0, 1, 2],
        [1, 2, 3],
        [0, 0, 1, 2, 3],
        [0, 1, 2, 3, 3],
        [3],
        [],
    ]
    for order in orders:
        with pytest.raises(InputRejected):
            whole(head + b"".join(chunks[n] for n in order))
    for swapped in (
        head + other,
        head + b"".join(chunks[:3]) + other[96:],
        content + b"\0",
        content + bytes(32),
    ):
        with pytest.raises(InputRejected):
            whole(swapped)


@pytest.mark.usefixtures("small")
def test_passphrase_that_is_wrong_weak_or_typed_in_another_form() -> None:
    content = b"".join(seal([b"text"], "correct horse café", "map"))
    assert whole(content, "correct horse cafe\u0301") == b"text"  # NFC
    with pytest.raises(InputRejected, match="passphrase"):
        whole(content, "correct horse cafe")
    with pytest.raises(InputRejected, match="way of locking"):
        whole(content, KEY)
    with pytest.raises(WrongParameters, match="12 characters"):
        next(seal([b""], "short", "map"))


def test_passphrase_against_rfc7914() -> None:
    """Test vector 3 of section 12 (N = 16384, r = 8, p = 1), first 32 bytes."""
    made = identity._stretch("pleaseletmein", b"SodiumChloride", 14)
    assert made.hex() == "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2"


@pytest.mark.usefixtures("small")
def test_passphrase_file_can_not_ask_for_any_cost() -> None:
    content = bytearray(b"".join(seal([b"text"], PASSPHRASE, "map")))
    for cost in (0, 21, 40, 255):
        content[16] = cost
        with pytest.raises(InputRejected, match="way of locking"):
            whole(bytes(content), PASSPHRASE)
