"""A register moves to the next secretariat as one sealed file; a key is backed up the same way."""

import hashlib
import json
import os
import shutil
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from itertools import chain
from pathlib import Path, PurePosixPath

from equity_lib.errors import EnvironmentProblem, Fault, InputRejected, WrongParameters
from equity_lib.registry.erasure import settle
from equity_lib.registry.identity import read_map, seal, unseal
from equity_lib.registry.keys import (
    KEY_BYTES,
    Key,
    install_key,
    key_path,
    load_key,
    read_key,
    refuse_misplaced,
    write_secret,
)
from equity_lib.registry.store import data_dir, lock, sync_folder

_FORMAT = 1
_JOURNAL = "journal.json"


@dataclass(frozen=True)
class Receipt:
    """What was handed over, for both agencies to compare and sign; `checksum` is the sealed file's SHA-256.

    Parameters
    ----------
    files
        Number of files by kind (the folder they lie in), the key not counted.
    children
        Distinct pseudonyms in the identity map.
    size
        Bytes of all files.
    """

    area: str
    files: dict[str, int]
    children: int
    size: int
    checksum: str = ""

    def __str__(self) -> str:
        lines = [
            f"ใบรับมอบทะเบียน / Receipt of a register: {self.area}",
            f"จำนวนเด็กในบัญชีตัวตน / children in the identity map: {self.children:,}",
            f"จำนวนแฟ้ม / files: {sum(self.files.values()):,} ({self.size:,} bytes)",
            *(f"  {kind}: {count:,}" for kind, count in sorted(self.files.items())),
            f"SHA-256: {self.checksum}",
            "ผู้มอบ / handed over by: ____________________  วันที่ / date: ____________",
            "ผู้รับ / taken over by: ____________________  วันที่ / date: ____________",
        ]
        return "\n".join(lines)


def backup_key(key: Key, file: Path, passphrase: str) -> None:
    """Write a key to a new file that only the passphrase opens, outside any git repository."""
    refuse_misplaced(file, None, None)
    write_secret(file, seal([bytes(key)], passphrase, "key"))


def restore_key(file: Path, passphrase: str, path: Path, root: Path | None, data_dir: Path | None) -> Path:
    """Put a backed-up key at a path where none is; a damaged file or another passphrase is InputRejected."""
    if not file.is_file():
        raise EnvironmentProblem(f"{file}: no file is there.")
    with file.open("rb") as source:
        raw = b"".join(unseal(source, passphrase, "key"))
    return install_key(Key(raw), path, root, data_dir)


def handover(root: Path, area: str, file: Path, passphrase: str) -> Receipt:
    """Seal register, identity map, quarantine, corrections, parameters, mapping and key into one new file.

    Parameters
    ----------
    file
        Where; neither in a git repository nor in the project or data folder.

    Raises
    ------
    EnvironmentProblem
        No register, a key that isn't to be trusted, a link in the register, or a file there already.
    InputRejected
        The key doesn't open the identity map: nothing is handed over that can't be used.
    """
    data = data_dir(root)
    refuse_misplaced(file, root, data)
    key = load_key(area, root, data)
    if not (data / area / "HEAD.json").exists():
        raise EnvironmentProblem(f"{data / area}: there is no register to hand over.")
    with lock(data / area):
        settle(data / area)  # what was erased must not travel
        return _pack(root, area, file, passphrase, key)


def _pack(root: Path, area: str, file: Path, passphrase: str, key: Key) -> Receipt:
    places = _files_of(root, area)
    listed = {name: (path.stat().st_size, _digest(path)) for name, path in places.items()}
    maps = [path for path in places.values() if path.suffix == ".map"]
    people: set[str] = set().union(*(read_map(path, key)["pseudonym"] for path in maps))
    kinds = Counter("/".join(PurePosixPath(name).parts[:-1][:3]) for name in places)
    receipt = Receipt(area, dict(kinds), len(people), sum(size for size, _ in listed.values()))
    manifest = json.dumps({"format": _FORMAT, "receipt": asdict(receipt), "files": listed}).encode()
    front = [len(manifest).to_bytes(8, "big"), manifest, bytes(key)]
    write_secret(file, seal(chain(front, *map(_blocks, places.values())), passphrase, "handover"))
    return replace(receipt, checksum=_digest(file))


def takeover(file: Path, root: Path, passphrase: str) -> Receipt:
    """Take a register over: all of it or nothing, and nothing before the whole file is verified.

    The register folder is put in place last, by one rename; a takeover that was killed before that is
    undone by the next.

    Raises
    ------
    InputRejected
        Another passphrase; damaged, cut, or not what its list says.
    WrongParameters
        A register, a key or a parameter file of that area is there already and differs.
    """
    if not file.is_file():
        raise EnvironmentProblem(f"{file}: no file is there.")
    receipt, _ = _walk(file, passphrase, None)
    data = data_dir(root)
    target, stage = data / receipt.area, data / f".takeover-{receipt.area}"
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    with lock(data):
        _undo(stage, target, root)
        stage.mkdir(mode=0o700)
        try:
            again, key = _walk(file, passphrase, stage)
            if again != receipt:
                raise InputRejected(f"{file}: it changed while it was read.")
            _install(stage, target, root, key)
        finally:
            _undo(stage, target, root)
    return receipt


def _install(stage: Path, target: Path, root: Path, key: Key) -> None:
    """Put key and parameters, then the register, in place; a journal says first what to undo."""
    own, faults = key_path(target.name), []
    made: dict[Path, list[bytes]] = {}
    if target.exists():
        faults.append(_taken(target, "a register"))
    if not os.path.lexists(own):
        made[own] = [bytes(key)]
    elif read_key(own, root, target.parent) != key:
        faults.append(_taken(own, "another key"))
    for source in sorted(path for path in (stage / "params").rglob("*") if path.is_file()):
        there = root / "params" / target.name / source.relative_to(stage / "params")
        if not os.path.lexists(there):
            made[there] = [source.read_bytes()]
        elif not there.is_file() or _digest(there) != _digest(source):
            faults.append(_taken(there, "another file"))
    if faults:
        raise WrongParameters("What is here already stays as it is: nothing was taken over.", faults)
    journal = {str(path): hashlib.sha256(*blocks).hexdigest() for path, blocks in made.items()}
    write_secret(stage / _JOURNAL, [json.dumps(journal).encode()])
    if own in made:
        install_key(key, own, root, target.parent)
        del made[own]
    for path, blocks in made.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        write_secret(path, blocks)
    (stage / "data").rename(target)
    sync_folder(target.parent)


def _undo(stage: Path, target: Path, root: Path) -> None:
    """Clear what a takeover left behind: if its register isn't in place, its key and parameters too."""
    journal = stage / _JOURNAL
    if journal.exists() and not target.exists():
        left = json.loads(journal.read_text())
        for path, digest in ((Path(name), digest) for name, digest in left.items()):
            for stray in path.parent.glob(f".{path.name}.????????"):
                stray.unlink()
            if path.is_file() and _digest(path) == digest:
                path.unlink()
        with suppress(OSError):
            (root / "params" / target.name).rmdir()
    if stage.exists():
        shutil.rmtree(stage)


def _walk(file: Path, passphrase: str, stage: Path | None) -> tuple[Receipt, Key]:
    """Verify every byte of a handover; write its files below `stage` if one is given."""
    checksum = _digest(file)
    with file.open("rb") as source:
        content = _Content(unseal(source, passphrase, "handover"), file)
        manifest = json.loads(content.take(int.from_bytes(content.take(8), "big")))
        if manifest["format"] != _FORMAT:
            raise InputRejected(f"{file}: of another format than {_FORMAT}: use the version that made it.")
        receipt, key = Receipt(**{**manifest["receipt"], "checksum": checksum}), Key(content.take(KEY_BYTES))
        key_path(receipt.area)
        for name, (size, digest) in manifest["files"].items():
            parts = PurePosixPath(name).parts
            if len(parts) < 2 or parts[0] not in ("data", "params") or ".." in parts:
                raise InputRejected(f"{file}: it lists a file that lies outside a register.")
            found = hashlib.sha256()
            pieces = _hashed(content.pieces(size), found)
            if stage:
                for depth in range(1, len(parts)):
                    stage.joinpath(*parts[:depth]).mkdir(mode=0o700, exist_ok=True)
                write_secret(stage.joinpath(*parts), pieces)
            else:
                deque(pieces, maxlen=0)
            if found.hexdigest() != digest:
                raise InputRejected(f"{file}: a file in it isn't what its list says.")
        content.end()
    return receipt, key


class _Content:
    """The bytes within a sealed file, taken in order."""

    def __init__(self, blocks: Iterator[bytes], file: Path) -> None:
        self._blocks, self._file, self._held = blocks, file, memoryview(b"")

    def pieces(self, size: int) -> Iterator[bytes]:
        while size:
            if not self._held:
                self._held = memoryview(next(self._blocks, b""))
                if not self._held:
                    raise InputRejected(f"{self._file}: it holds less than its list says.")
            piece, self._held = self._held[:size], self._held[size:]
            size -= len(piece)
            yield bytes(piece)

    def take(self, size: int) -> bytes:
        return b"".join(self.pieces(size))

    def end(self) -> None:
        if self._held or any(self._blocks):
            raise InputRejected(f"{self._file}: it holds more than its list says.")


def _files_of(root: Path, area: str) -> dict[str, Path]:
    """Every file that is handed over by its name in the list; names with a dot are passing ones."""
    found = {}
    for kind, folder in (("data", data_dir(root) / area), ("params", root / "params" / area)):
        for path in sorted(folder.rglob("*")):
            within = path.relative_to(folder)
            if path.is_symlink():
                raise EnvironmentProblem(f"{path.parent}: a link is in it. Put the file itself there.")
            if path.is_file() and not any(part.startswith(".") for part in within.parts):
                found[f"{kind}/{within.as_posix()}"] = path
    return found


def _taken(path: Path, found: str) -> Fault:
    return Fault(str(path), 0, "", found, "nothing, or the same", "Move it away if it is not needed.")


def _blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            yield block


def _hashed(blocks: Iterable[bytes], digest: "hashlib._Hash") -> Iterator[bytes]:
    for block in blocks:
        digest.update(block)
        yield block


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
