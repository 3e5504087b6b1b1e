"""A register that was handed over is taken over: every byte verified first, then all of it or nothing."""

import hashlib
import json
import os
import shutil
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path, PurePosixPath

from equity_lib.errors import EnvironmentProblem, Fault, InputRejected, WrongParameters
from equity_lib.registry.handover import FORMAT, Receipt, digest_of
from equity_lib.registry.keys import KEY_BYTES, Key, install_key, key_path, read_key, write_secret
from equity_lib.registry.sealing import unseal
from equity_lib.registry.store import data_dir, lock, refuse_copy, sync_folder

_JOURNAL = "journal.json"


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
    refuse_copy()
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
        elif not there.is_file() or digest_of(there) != digest_of(source):
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
            if path.is_file() and digest_of(path) == digest:
                path.unlink()
        with suppress(OSError):
            (root / "params" / target.name).rmdir()
    if stage.exists():
        shutil.rmtree(stage)


def _walk(file: Path, passphrase: str, stage: Path | None) -> tuple[Receipt, Key]:
    """Verify every byte of a handover; write its files below `stage` if one is given."""
    checksum = digest_of(file)
    with file.open("rb") as source:
        content = _Content(unseal(source, passphrase, "handover"), file)
        manifest = json.loads(content.take(int.from_bytes(content.take(8), "big")))
        if manifest["format"] != FORMAT:
            raise InputRejected(f"{file}: of another format than {FORMAT}: use the version that made it.")
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


def _taken(path: Path, found: str) -> Fault:
    return Fault(str(path), 0, "", found, "nothing, or the same", "Move it away if it is not needed.")


def _hashed(blocks: Iterable[bytes], digest: "hashlib._Hash") -> Iterator[bytes]:
    for block in blocks:
        digest.update(block)
        yield block
