"""Registers that lie at a URL: notebooks read a private copy, which follows every change at the source."""

import errno
import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from equity_lib.errors import EnvironmentProblem, EquityError
from equity_lib.registry import store
from equity_lib.registry.addresses import opened, shown

_RECORD = ".source.json"
_IMPORT = re.compile(r"[0-9a-f]{16}")
#: What tells two contents of a file apart, under the names that file systems give it.
_VERSIONS = ("ETag", "etag", "md5Hash", "mtime", "LastModified", "last_modified", "updated", "created")
_OURS = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)  # errors of the disk here
_TRIES, _PATIENCE = 3, 600.0


def bring(root: Path, areas: Iterable[str]) -> None:
    """Bring the copies of some areas' registers up to date, if EQUITY_DATA_URL says where they lie.

    Raises
    ------
    WrongParameters, EnvironmentProblem
        As `mirror`.
    """
    url = os.environ.get(store.URL)
    if url:
        for area in sorted(set(areas)):
            mirror(url, area, store.data_dir(root))


def mirror(url: str, area: str, into: Path) -> Path:
    """Have what notebooks read of an area's register as it is at the source; nothing unchanged is copied.

    Killed at any moment, the copy is the earlier one or the next call completes it. What the source
    doesn't hold any more, such as an import from which a child was erased, goes.

    Parameters
    ----------
    url
        What fsspec understands, such as `s3://bucket/registers`; credentials are those of its configuration.
    into
        The folder of copies, for this user alone.

    Returns
    -------
    Path
        The data folder: `into`.

    Raises
    ------
    WrongParameters
        An address of no known kind, or one on whose way others could listen.
    EnvironmentProblem
        A package that is missing, nothing at the address, no access, or a register that is being rewritten.
    """
    target = into / area
    try:
        system, base = opened(url)
        _make_private(into, target / "states", target / "imports")
        with store.lock(target, _PATIENCE):
            for _ in range(_TRIES):
                with suppress(_Changing):
                    _follow(system, base, area, target)
                    return into
    except EquityError:
        raise
    except Exception as error:  # whatever a file system raises; its words may quote keys
        if isinstance(error, OSError) and error.errno in _OURS:
            raise
        raise _unreadable(url, error) from None
    raise EnvironmentProblem(f"The register at {shown(url)} changes while it is copied. Try again later.")


def held(folder: Path) -> str:
    """What a copy of an area's register holds, by content: the same wherever the same is; empty for none."""
    try:
        number = json.loads((folder / "HEAD.json").read_bytes())["state"]
        state = (folder / "states" / f"{number}.json").read_bytes()
        records = [_record(folder / "imports" / name) for name in _imports(state)]
    except FileNotFoundError:
        return ""
    files = [{name: entry[1] for name, entry in record.items()} for record in records]
    return hashlib.sha256(state + json.dumps(files, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True)
class _File:
    """A file at the source; without a version, two contents can't be told apart."""

    path: str
    size: int | None
    version: str


class _Changing(Exception):
    """The register was written to while it was read."""


def _make_private(into: Path, *folders: Path) -> None:
    """Make the folders, and those above them, for this user alone."""
    for folder in (into, *folders):
        for each in (*reversed(folder.parents), folder):
            if not each.exists():
                each.mkdir(mode=0o700, exist_ok=True)
    if into.stat().st_mode & 0o077:
        raise EnvironmentProblem(f"{into} is open to other users. Close it with `chmod 700`.")


def _unreadable(url: str, error: Exception) -> EnvironmentProblem:
    why = type(error).__name__
    if isinstance(error, FileNotFoundError):
        why = "nothing is there, or not all of it"
    elif isinstance(error, PermissionError):
        why = "permission denied"
    return EnvironmentProblem(
        f"The register at {shown(url)} can't be read: {why}. Check the address and the access. "
        "Earlier pages are untouched."
    )


def _follow(system: Any, base: str, area: str, target: Path) -> None:
    """Copy what is new; HEAD last, and only if nobody wrote meanwhile."""
    source = f"{base}/{area}"
    _refuse_rewriting(system, source)
    head = _read(system, f"{source}/HEAD.json")
    if head is None:
        system.ls(base, detail=False)  # a register not made yet, or an address that doesn't exist
        (target / "HEAD.json").unlink(missing_ok=True)
        _drop(target, "", [])
        return
    number = int(json.loads(head)["state"])
    state = _read(system, f"{source}/states/{number}.json")
    if state is None:
        raise FileNotFoundError
    names = _imports(state)
    for name in names:
        _follow_import(system, f"{source}/imports/{name}", target / "imports" / name)
    _refuse_rewriting(system, source)
    if _read(system, f"{source}/HEAD.json") != head:
        raise _Changing
    store.write_whole(target / "states" / f"{number}.json", state.decode())
    store.write_whole(target / "HEAD.json", head.decode())
    _drop(target, f"{number}.json", names)


def _refuse_rewriting(system: Any, source: str) -> None:
    if _read(system, f"{source}/.rewriting/journal.json") is not None:
        raise EnvironmentProblem(
            "The register is being rewritten where it lies. Wait, or finish there what was begun."
        )


def _read(system: Any, path: str) -> bytes | None:
    try:
        return bytes(system.cat_file(path))
    except FileNotFoundError:
        return None


def _imports(state: bytes) -> list[str]:
    """Imports of a state; the names become folders here, so they are looked at."""
    names = sorted({str(part["import_id"]) for part in json.loads(state)["parts"]})
    if not all(_IMPORT.fullmatch(name) for name in names):
        raise ValueError
    return names


def _follow_import(system: Any, source: str, target: Path) -> None:
    """Have one import as it is: an erasure or another key rewrites files without another name."""
    files = _listed(system, source)
    known = {name: version for name, (version, _) in _record(target).items()}
    if known == {name: each.version for name, each in files.items()} and all(known.values()):
        return
    aside, old = (target.with_name(f".{target.name}.{what}") for what in ("new", "old"))
    for left in (aside, old):
        shutil.rmtree(left, ignore_errors=True)
    aside.mkdir(mode=0o700)
    record = {}
    for name, each in files.items():
        path = aside / name
        system.get_file(each.path, str(path))
        with path.open("rb+") as stream:
            record[name] = [each.version, hashlib.file_digest(stream, "sha256").hexdigest()]
            os.fsync(stream.fileno())
        if each.size not in (None, path.stat().st_size):
            raise _Changing
    if _listed(system, source) != files:
        raise _Changing
    store.write_whole(aside / _RECORD, json.dumps(record))
    if target.exists():
        target.rename(old)
    aside.rename(target)
    store.sync_folder(target.parent)


def _listed(system: Any, source: str) -> dict[str, _File]:
    """Files of an import at the source, by name."""
    system.invalidate_cache()
    found = {}
    for entry in system.ls(source, detail=True):
        path = str(entry["name"])
        name = path.rpartition("/")[2]
        if entry["type"] == "file" and not name.startswith("."):
            told = [f"{key} {entry[key]}" for key in _VERSIONS if entry.get(key)][:1]
            version = " ".join([str(entry.get("size")), *told]) if told else ""
            found[name] = _File(path, entry.get("size"), version)
    return dict(sorted(found.items()))


def _record(folder: Path) -> dict[str, list[str]]:
    """Version and content hash of each file of an import, as they were copied; empty if that isn't told."""
    try:
        found: dict[str, list[str]] = json.loads((folder / _RECORD).read_bytes())
    except (OSError, ValueError):
        return {}
    return found


def _drop(target: Path, state: str, imports: Iterable[str]) -> None:
    """Remove what the source doesn't hold any more, and what a killed copy left."""
    for path in (target / "states").iterdir():
        if path.name != state:
            path.unlink()
    for path in (target / "imports").iterdir():
        if path.name not in imports:
            shutil.rmtree(path)
