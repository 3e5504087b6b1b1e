"""The key file and its sub-keys. Oracles: RFC 5869 (HKDF), the mode bits of POSIX."""

import errno
import hashlib
import hmac
import os
import pickle
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from equity_lib.errors import EnvironmentProblem, WrongParameters
from equity_lib.registry import keys
from equity_lib.registry.keys import Key, init_key, key_path, load_key, subkey, write_secret

AREA = "khon-kaen"


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    root, data, folder = tmp_path / "project", tmp_path / "data", tmp_path / "own"
    for made in (root, data):
        made.mkdir()
    monkeypatch.setenv("EQUITY_KEY_FILE", str(folder / "area.key"))
    monkeypatch.delenv("EQUITY_BATCH", raising=False)
    monkeypatch.delenv("EQUITY_DATA_DIR", raising=False)
    return SimpleNamespace(root=root, data=data, folder=folder, key=folder / "area.key")


def load(place: SimpleNamespace) -> Key:
    return load_key(AREA, place.root, place.data)


def extract_and_expand(secret: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    """RFC 5869, section 2, from `hmac` alone."""
    extracted = hmac.digest(salt or bytes(32), secret, "sha256")
    made, block = b"", b""
    for number in range(1, -(-length // 32) + 1):
        block = hmac.digest(extracted, block + info + bytes([number]), "sha256")
        made += block
    return made[:length]


@pytest.mark.parametrize(
    ("secret", "salt", "info", "length", "expected"),
    [
        (
            "0b" * 22,
            "000102030405060708090a0b0c",
            "f0f1f2f3f4f5f6f7f8f9",
            42,
            "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865",
        ),
        (
            "0b" * 22,
            "",
            "",
            42,
            "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8",
        ),
    ],
)
def test_oracle_reproduces_rfc5869(secret: str, salt: str, info: str, length: int, expected: str) -> None:
    made = extract_and_expand(bytes.fromhex(secret), bytes.fromhex(salt), bytes.fromhex(info), length)
    assert made.hex() == expected


def test_subkey_against_rfc5869() -> None:
    secret = bytes(range(32))
    assert subkey(secret, "pseudonyms") == extract_and_expand(secret, b"", b"equity/1/pseudonyms", 32)
    assert len({subkey(secret, purpose) for purpose in ("pseudonyms", "map", "handover")} | {secret}) == 4


def test_init_key_makes_a_private_file(place: SimpleNamespace) -> None:
    assert init_key(AREA) == place.key
    assert place.key.stat().st_mode & 0o777 == 0o600
    assert place.folder.stat().st_mode & 0o777 == 0o700
    assert len(place.key.read_bytes()) == 32
    assert load(place) == place.key.read_bytes()
    assert [path.name for path in place.folder.iterdir()] == ["area.key"]


def test_init_key_under_an_open_umask(place: SimpleNamespace) -> None:
    before = os.umask(0)
    try:
        init_key(AREA)
    finally:
        os.umask(before)
    assert load(place)


def test_init_key_never_overwrites(place: SimpleNamespace) -> None:
    init_key(AREA)
    before = place.key.read_bytes()
    with pytest.raises(EnvironmentProblem, match="stays as it is"):
        init_key(AREA)
    assert place.key.read_bytes() == before


def test_key_path_by_default(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("EQUITY_KEY_FILE", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert key_path("demo") == tmp_path / ".config/equity/demo.key"
    assert init_key("demo").parent.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("area", ["", "../up", "a/b", "A", "a b", "a\n", "-a", "a--b"])
def test_key_path_refuses_other_names(area: str) -> None:
    with pytest.raises(WrongParameters, match="area"):
        key_path(area)


@pytest.mark.parametrize("marker", [".git", "objects/pack"])
def test_key_in_a_git_repository(place: SimpleNamespace, tmp_path: Path, marker: str) -> None:
    init_key(AREA)
    (tmp_path / marker).mkdir(parents=True)
    with pytest.raises(WrongParameters, match="git repository"):
        load(place)
    with pytest.raises(WrongParameters, match="git repository"):
        init_key(AREA, tmp_path / "deep/er/new.key")
    assert not (tmp_path / "deep").exists()


def test_key_in_a_worktree(place: SimpleNamespace, tmp_path: Path) -> None:
    init_key(AREA)
    (tmp_path / ".git").write_text("gitdir: elsewhere")
    with pytest.raises(WrongParameters, match="git repository"):
        load(place)


@pytest.mark.parametrize("name", ["root", "data"])
def test_key_in_project_or_data(
    place: SimpleNamespace, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    inside = getattr(place, name) / "sub"
    inside.mkdir(mode=0o700)
    (tmp_path / "around").symlink_to(inside)  # by a linked folder too
    path = tmp_path / "around" / "area.key"
    with pytest.raises(WrongParameters, match="misplaced"):
        init_key(AREA, path, root=place.root, data_dir=place.data)
    write_secret(path, [bytes(32)])
    monkeypatch.setenv("EQUITY_KEY_FILE", str(path))
    with pytest.raises(WrongParameters, match=r"project|data folder"):
        load(place)


def test_init_key_knows_the_data_folder_by_its_variable(
    place: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EQUITY_DATA_DIR", str(place.data))
    with pytest.raises(WrongParameters, match="data folder"):
        init_key(AREA, place.data / "area.key")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o602, 0o666, 0o610])
def test_key_open_to_others(place: SimpleNamespace, mode: int) -> None:
    init_key(AREA)
    place.key.chmod(mode)
    with pytest.raises(EnvironmentProblem, match=f"mode {mode:04o}.*chmod 600"):
        load(place)


def test_key_folder_open_to_others(place: SimpleNamespace) -> None:
    init_key(AREA)
    place.folder.chmod(0o755)
    with pytest.raises(EnvironmentProblem, match=r"mode 0755.*chmod 700"):
        load(place)
    with pytest.raises(EnvironmentProblem, match="chmod 700"):
        init_key(AREA, place.folder / "second.key")


@pytest.mark.parametrize("length", [0, 31, 33, 64])
def test_key_of_wrong_length(place: SimpleNamespace, length: int) -> None:
    place.folder.mkdir(mode=0o700)
    write_secret(place.key, [bytes(length)])
    with pytest.raises(EnvironmentProblem, match="wrong length"):
        load(place)


def test_all_faults_are_said_at_once(place: SimpleNamespace) -> None:
    place.folder.mkdir(mode=0o755)
    place.key.write_bytes(b"short")
    place.key.chmod(0o644)
    with pytest.raises(EnvironmentProblem) as caught:
        load(place)
    assert len(caught.value.faults) == 3
    assert "short" not in str(caught.value)


def test_key_that_is_no_plain_file(place: SimpleNamespace) -> None:
    with pytest.raises(EnvironmentProblem, match=r"found nothing.*init-key"):
        load(place)
    place.folder.mkdir(mode=0o700)
    write_secret(place.folder / "other.key", [bytes(32)])
    place.key.symlink_to("other.key")
    with pytest.raises(EnvironmentProblem, match="a link"):
        load(place)
    place.key.unlink()
    os.mkfifo(place.key, 0o600)
    with pytest.raises(EnvironmentProblem, match="wrong length"):
        load(place)  # and doesn't hang
    place.key.unlink()
    place.key.mkdir(mode=0o700)
    with pytest.raises(EnvironmentProblem):
        load(place)


def test_key_of_another_user(place: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    init_key(AREA)
    monkeypatch.setattr(keys.os, "geteuid", lambda: 12345)
    with pytest.raises(EnvironmentProblem, match="another user"):
        load(place)


def test_key_is_not_for_notebooks(place: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    init_key(AREA)
    kernel = SimpleNamespace(get_ipython=lambda: SimpleNamespace(kernel=object()))
    monkeypatch.setitem(sys.modules, "IPython", kernel)  # type: ignore[arg-type]
    with pytest.raises(EnvironmentProblem, match="notebooks"):
        load(place)
    monkeypatch.delitem(sys.modules, "IPython")
    monkeypatch.setenv("EQUITY_BATCH", "1")
    with pytest.raises(EnvironmentProblem, match="notebooks"):
        load(place)


def test_key_during_a_rotation(place: SimpleNamespace) -> None:
    init_key(AREA)
    write_secret(keys.waiting_path(place.key), [bytes(32)])
    with pytest.raises(EnvironmentProblem, match="rotation"):
        load(place)


def test_key_shows_and_travels_nowhere() -> None:
    key = Key(b"s3cret" + bytes(26))
    for text in (repr(key), str(key), f"{key}", f"{key!r}", f"{key}", repr([key])):
        assert "s3cret" not in text
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        with pytest.raises(TypeError, match="not copied"):
            pickle.dumps(key, protocol)


def test_write_secret_killed_at_any_moment(tmp_path: Path) -> None:
    """Oracle: the file is absent, the old one or the new one, whatever system call is the last."""
    script = (
        "import os, sys; from pathlib import Path; from equity_lib.registry import keys\n"
        "left = int(sys.argv[2])\n"
        "def dying(call):\n"
        "    def counted(*given, **named):\n"
        "        global left; left -= 1\n"
        "        if left < 0: os._exit(9)\n"
        "        return call(*given, **named)\n"
        "    return counted\n"
        "for name in ('open', 'fsync', 'link', 'replace', 'unlink', 'close'):\n"
        "    setattr(os, name, dying(getattr(os, name)))\n"
        "keys.write_secret(Path(sys.argv[1]), [b'new' * 9], replace=sys.argv[3] == 'r')\n"
    )
    for mode, old in (("r", b"old"), ("n", None)):
        for moment in range(12):
            path = tmp_path / f"{mode}{moment}"
            if old:
                path.write_bytes(old)
            ended = subprocess.run([sys.executable, "-c", script, path, str(moment), mode], check=False)
            now = path.read_bytes() if path.exists() else None
            assert now in (old, b"new" * 9)
            if ended.returncode == 0:
                assert now == b"new" * 9
                break
        else:
            pytest.fail("never finished")


def test_write_secret_on_a_disk_without_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_links(*_: object) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(keys.os, "link", no_links)
    write_secret(tmp_path / "file", [b"once"])
    with pytest.raises(EnvironmentProblem, match="stays as it is"):
        write_secret(tmp_path / "file", [b"twice"])
    assert (tmp_path / "file").read_bytes() == b"once"
    assert len(list(tmp_path.iterdir())) == 1


def test_hkdf_of_a_key_object_is_that_of_its_bytes() -> None:
    assert subkey(Key(bytes(32)), "map") == subkey(bytes(32), "map")
    assert hashlib.sha256(Key(b"x")).digest() == hashlib.sha256(b"x").digest()
