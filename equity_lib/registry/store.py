"""The register on disk: immutable imports, states that list them, and one file that says which state holds.

An import writes beside what is there; only the rename of `HEAD.json` makes it part of the register.
Killed at any moment, the register is the old one or the new one. Earlier states stay readable.
"""

import fcntl
import hashlib
import json
import os
import re
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from equity_lib.errors import EnvironmentProblem, WrongParameters

if TYPE_CHECKING:
    import pyarrow as pa

#: Names the variable that says at which URL registers lie, if not in a folder.
URL = "EQUITY_DATA_URL"
_IMPORT_ID = re.compile(r"[0-9a-f]{16}(?:\.\w+)?$")
#: Columns of every stored table beside those of the schema: where a row stood in the office's file.
SOURCE_COLUMNS = ("source_sheet", "source_row")


@dataclass(frozen=True, order=True)
class Part:
    """One file of one import; `fixes` names the part whose quarantined rows it mends (`import/part`)."""

    import_id: str
    number: int
    year: int
    file: str
    sha256: str
    fixes: str = ""

    @property
    def name(self) -> str:
        """`import/part`."""
        return f"{self.import_id}/{self.number}"


@dataclass(frozen=True)
class State:
    """A register state: its number and the parts that make it, in order of import."""

    number: int
    parts: tuple[Part, ...]


def data_home(root: Path) -> Path:
    """EQUITY_DATA_DIR, or `data/` in the project."""
    named = os.environ.get("EQUITY_DATA_DIR", "")
    return Path(named).expanduser() if named else root / "data"


def data_dir(root: Path) -> Path:
    """The folder of registers: the data home, or in it the private copy of those at EQUITY_DATA_URL."""
    url = os.environ.get(URL)
    home = data_home(root)
    return home / ".copies" / hashlib.sha256(url.encode()).hexdigest()[:16] if url else home


def refuse_copy() -> None:
    """Refuse to write to a register, or to give it away, of which only a copy is here.

    Raises
    ------
    WrongParameters
        If registers lie at a URL.
    """
    if os.environ.get(URL):
        raise WrongParameters(f"The register is a copy here. Do this where it lies, without {URL}.")


def area_folder(root: Path, area: str) -> Path:
    """The area's protected folder, made with mode 0700 if it is not there.

    Raises
    ------
    EnvironmentProblem
        If it can't be made or is open to others.
    WrongParameters
        If registers lie at a URL: what is here is a copy.
    """
    refuse_copy()
    folder = data_dir(root) / area
    try:
        for made in (folder.parent, folder, folder / "states", folder / "imports", folder / "private"):
            made.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise EnvironmentProblem(f"The data folder can't be made: {error.strerror}.") from None
    if folder.stat().st_mode & 0o077:
        raise EnvironmentProblem("The data folder is open to other users. Close it with `chmod 700`.")
    return folder


@contextmanager
def lock(folder: Path, wait: float = 60.0) -> Iterator[None]:
    """Hold the area alone; another import waits for `wait` seconds, then refuses. A kill frees it."""
    with (folder / ".lock").open("w") as stream:
        until = time.monotonic() + wait
        while True:
            try:
                fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > until:
                    raise EnvironmentProblem(
                        "Another import of this area is running. Try again when it is done."
                    ) from None
                time.sleep(0.05)
        yield


def head(folder: Path) -> State:
    """The state that holds now; state 0 is the empty register."""
    path = folder / "HEAD.json"
    number = json.loads(path.read_text("utf-8"))["state"] if path.exists() else 0
    return state(folder, number)


def state(folder: Path, number: int) -> State:
    """An earlier (or the present) state.

    Raises
    ------
    WrongParameters
        If the register never was in that state.
    """
    if number == 0:
        return State(0, ())
    path = folder / "states" / f"{number}.json"
    if not path.exists():
        raise WrongParameters(f"The register has no state {number}.")
    return State(number, tuple(Part(**part) for part in json.loads(path.read_text("utf-8"))["parts"]))


def states(folder: Path) -> list[State]:
    """All states up to the present one, oldest first."""
    return [state(folder, n) for n in range(1, head(folder).number + 1)]


def commit(folder: Path, parts: Sequence[Part]) -> State:
    """Make `parts` the register's new state: the one step that counts, by rename."""
    new = State(head(folder).number + 1, tuple(parts))
    body = {"state": new.number, "parts": [asdict(part) for part in parts]}
    write_whole(folder / "states" / f"{new.number}.json", json.dumps(body, ensure_ascii=False, indent=1))
    write_whole(folder / "HEAD.json", json.dumps({"state": new.number}))
    return new


def write_whole(path: Path, text: str) -> None:
    """Write a file aside, then give it its name: it is there whole, or not at all."""
    aside = path.with_name(f".{path.name}.new")
    with aside.open("w", encoding="utf-8") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    aside.rename(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make renames and new names in a folder last through a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sweep(folder: Path) -> None:
    """Remove what imports left that never became part of a state (they were killed)."""
    listed = {part.import_id for kept in states(folder) for part in kept.parts}
    for place in ("imports", "private/raw", "private/identity", "private/quarantine"):
        for path in (folder / place).glob("*"):
            if _IMPORT_ID.match(path.name) and path.name[:16] not in listed:
                shutil.rmtree(path) if path.is_dir() else path.unlink()


def write_table(path: Path, rows: "pa.Table") -> None:
    """Write a Parquet file and make it last."""
    import pyarrow.parquet as pq  # here: whoever only asks for the state doesn't wait for it

    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with path.open("wb") as stream:
        pq.write_table(rows, stream, compression="zstd", compression_level=1, row_group_size=1 << 20)
        stream.flush()
        os.fsync(stream.fileno())
