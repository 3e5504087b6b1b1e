"""The secret key of an area: made and loaded; a sub-key for each use."""

import errno
import os
import re
import secrets
import stat
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import NoReturn, SupportsIndex

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from equity_lib.errors import EnvironmentProblem, Fault, WrongParameters
from equity_lib.registry.store import sync_folder

KEY_BYTES = 32


class Key(bytes):
    """A secret that no traceback, log or f-string shows, and no pickle carries to a kernel."""

    def __repr__(self) -> str:
        return "Key(hidden)"

    __str__ = __repr__

    def __reduce_ex__(self, protocol: SupportsIndex) -> NoReturn:
        raise TypeError("a key is not copied or sent to another process")


def key_path(area: str) -> Path:
    """Where an area's key is kept: EQUITY_KEY_FILE, else ~/.config/equity/<area>.key."""
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", area):
        fault = Fault("", 0, "area", "another form of name", "small letters, digits and single hyphens")
        raise WrongParameters("The area's name doesn't hold.", [fault])
    named = os.environ.get("EQUITY_KEY_FILE")
    return Path(named).expanduser() if named else Path.home() / ".config" / "equity" / f"{area}.key"


def waiting_path(path: Path) -> Path:
    """Where the next key stands while a rotation is under way."""
    return path.with_name(f"{path.name}.next")


def init_key(
    area: str, path: Path | None = None, *, root: Path | None = None, data_dir: Path | None = None
) -> Path:
    """Make an area's key, 32 random bytes; an existing one is never overwritten.

    Parameters
    ----------
    path
        Where, if not at `key_path(area)`; its folder is made with mode 0700.
    root, data_dir
        Project and data folder (by default EQUITY_DATA_DIR), which the key stays out of.

    Raises
    ------
    WrongParameters, EnvironmentProblem
        A path that `load_key` would refuse, or where a file is already.
    """
    return install_key(Key(secrets.token_bytes(KEY_BYTES)), path or key_path(area), root, data_dir)


def load_key(area: str, root: Path, data_dir: Path) -> Key:
    """Read an area's key, or say every reason why it can't be trusted.

    Raises
    ------
    WrongParameters
        The key lies in a git repository, the project or the data folder.
    EnvironmentProblem
        No key; a link; another user's, open to others or of a wrong length; a rotation that was
        interrupted; or the caller is a notebook.
    """
    _refuse_in_kernel()
    path = key_path(area)
    if os.path.lexists(waiting_path(path)):
        raise _problem(
            [_fault(waiting_path(path), "a half-done rotation", "none", "Run the rotation again.")]
        )
    return read_key(path, root, data_dir)


def read_key(path: Path, root: Path | None, data_dir: Path | None) -> Key:
    """Read one key file under the checks of `load_key`."""
    refuse_misplaced(path, root, data_dir)
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError as error:
        found = {errno.ENOENT: "nothing", errno.ELOOP: "a link"}.get(error.errno or 0, "what can't be opened")
        fault = _fault(path, found, "a key file", "Run `equity init-key`, or restore a back-up.")
        raise _problem([fault]) from None
    try:
        state = os.fstat(handle)
        raw = os.read(handle, KEY_BYTES + 1) if stat.S_ISREG(state.st_mode) else b""
    finally:
        os.close(handle)
    faults = _open_to_others(path, state) + _open_to_others(path.parent, path.parent.stat())
    if len(raw) != KEY_BYTES:
        faults.append(_fault(path, "a wrong length", f"{KEY_BYTES} bytes", "Restore it from a back-up."))
    if faults:
        raise _problem(faults)
    return Key(raw)


def install_key(key: Key, path: Path, root: Path | None, data_dir: Path | None) -> Path:
    """Put a key where none was, whole or not at all (see `init_key`)."""
    _refuse_in_kernel()
    named = os.environ.get("EQUITY_DATA_DIR")
    refuse_misplaced(path, root, data_dir or (Path(named) if named else None))
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if faults := _open_to_others(path.parent, path.parent.stat()):
        raise _problem(faults)
    write_secret(path, [bytes(key)])
    return path


def subkey(key: bytes, purpose: str) -> bytes:
    """Derive the 32-byte key of one purpose by HKDF-SHA-256, so that the key itself is never used.

    Source: RFC 5869, with an empty salt and `info` "equity/1/" + purpose.
    """
    return HKDF(SHA256(), KEY_BYTES, salt=None, info=f"equity/1/{purpose}".encode()).derive(bytes(key))


def write_secret(path: Path, blocks: Iterable[bytes], *, replace: bool = False) -> None:
    """Write a file for its owner only, whole or not at all; one that is there stays unless `replace`."""
    aside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.writelines(blocks)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(path) if replace else _name(aside, path)
    except FileExistsError:
        fault = _fault(path, "a file already", "none", "It stays as it is: move it, or name another.")
        raise _problem([fault]) from None
    except OSError as error:
        raise EnvironmentProblem(f"{path.parent}: writing failed: {error.strerror}.") from None
    finally:
        aside.unlink(missing_ok=True)
    sync_folder(path.parent)


def _name(aside: Path, path: Path) -> None:
    """Give a file its name unless that is taken, also on a disk without links (a FAT stick)."""
    try:
        os.link(aside, path)
    except OSError:
        if os.path.lexists(path):
            raise FileExistsError from None
        aside.rename(path)


def refuse_misplaced(path: Path, root: Path | None, data_dir: Path | None) -> None:
    """Refuse a secret's path in a git repository, the project or the data folder."""
    folder = path.absolute().parent.resolve()
    around = [folder, *folder.parents]
    where = [
        name
        for name, place in (("project", root), ("data folder", data_dir))
        if place and place.resolve() in around
    ]
    if any((place / ".git").exists() or (place / "objects" / "pack").is_dir() for place in around):
        where.append("git repository")
    action = "Choose a folder of your own outside; EQUITY_KEY_FILE names a key's."
    if where:
        raise WrongParameters(
            "A secret would be misplaced.",
            [_fault(path, f"a path in a {name}", "one apart", action) for name in where],
        )


def _open_to_others(path: Path, state: os.stat_result) -> list[Fault]:
    faults = []
    if state.st_uid != os.geteuid():
        faults.append(_fault(path, "another user's", "your own", "Make a copy of your own."))
    if state.st_mode & 0o077:
        least = "700" if stat.S_ISDIR(state.st_mode) else "600"
        mode = stat.S_IMODE(state.st_mode)
        faults.append(_fault(path, f"mode {mode:04o}", f"0{least}", f"Run: chmod {least} {path}"))
    return faults


def _refuse_in_kernel() -> None:
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    if os.environ.get("EQUITY_BATCH") == "1" or getattr(shell, "kernel", None):
        raise EnvironmentProblem("The key isn't for notebooks: use the `equity` command in a terminal.")


def _fault(path: Path, found: str, allowed: str, action: str) -> Fault:
    return Fault(str(path), 0, "key", found, allowed, action)


def _problem(faults: list[Fault]) -> EnvironmentProblem:
    return EnvironmentProblem("The key can't be used.", faults)
