"""A register is handed to the next secretariat as one sealed file; a key is backed up the same way."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from itertools import chain
from pathlib import Path, PurePosixPath

from equity_lib.errors import EnvironmentProblem
from equity_lib.registry.identity import read_map
from equity_lib.registry.keys import Key, install_key, load_key, refuse_misplaced, write_secret
from equity_lib.registry.rewriting import settle
from equity_lib.registry.sealing import seal, unseal
from equity_lib.registry.store import data_dir, lock, refuse_copy

#: Of the sealed file's list; a file of another one is refused.
FORMAT = 1


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
    refuse_copy()
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
    listed = {name: (path.stat().st_size, digest_of(path)) for name, path in places.items()}
    maps = [path for path in places.values() if path.suffix == ".map"]
    people: set[str] = set().union(*(read_map(path, key)["pseudonym"] for path in maps))
    kinds = Counter("/".join(PurePosixPath(name).parts[:-1][:3]) for name in places)
    receipt = Receipt(area, dict(kinds), len(people), sum(size for size, _ in listed.values()))
    manifest = json.dumps({"format": FORMAT, "receipt": asdict(receipt), "files": listed}).encode()
    front = [len(manifest).to_bytes(8, "big"), manifest, bytes(key)]
    write_secret(file, seal(chain(front, *map(_blocks, places.values())), passphrase, "handover"))
    return replace(receipt, checksum=digest_of(file))


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


def _blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            yield block


def digest_of(path: Path) -> str:
    """SHA-256 of a file's content."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
