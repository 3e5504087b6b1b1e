"""Fingerprints: what a run depends on, by content, so that only what changed runs again."""

import errno
import hashlib
import json
import os
import re
import stat
import sys
import time
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Any

from equity_lib.batch.plan import Run
from equity_lib.registry import store
from equity_lib.registry.asked import Asked, pieces
from equity_lib.registry.store import State

#: Of disclosure control; the constant until there is a release ledger.
LEDGER_HEAD = "none"
_VERSION = 1
_YEAR = re.compile(r"\d{4}\.yaml")
_PINNED = ("designs.yaml", "mapping.yaml")
#: A file written this recently may change again within the file system's clock tick.
_RACY_NS = 2_000_000_000


def fingerprint(
    notebook: str,
    params: Mapping[str, Any],
    reads: Mapping[str, str],
    library: str,
    lock: str,
    ledger_head: str,
) -> str:
    """SHA-256 over all that decides what an executed notebook holds.

    Parameters
    ----------
    notebook, library, lock
        Content hashes of the notebook, of all files of equity_lib, and of requirements.lock.
    params
        The parameters passed to the notebook.
    reads
        File, relative to the root → content hash, of everything else the run reads.
    ledger_head
        Head of the release ledger that the results are protected against.

    Notes
    -----
    The Python minor version and the architecture are part of it; no path of this machine, no
    modification time and no clock is.
    """
    return digest(
        {
            "notebook": notebook,
            "params": dict(params),
            "reads": dict(reads),
            "library": library,
            "lock": lock,
            "ledger_head": ledger_head,
            "platform": _platform(),
        }
    )


def digest(value: Any) -> str:
    """SHA-256 of a JSON value in canonical form."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


class Hashes:
    """Content hashes of files, remembered by their stat so that an unchanged file isn't read again.

    Parameters
    ----------
    store
        JSON file of what is remembered. If it can't be read or makes no sense, it is ignored.
    """

    def __init__(self, store: Path) -> None:
        self._store = store
        self._changed = False
        self._known: dict[str, list[Any]] = {}
        try:
            stored = json.loads(store.read_bytes())
            entries = {str(name): list(entry) for name, entry in stored["files"].items()}
            self._changed = stored["version"] != _VERSION
            self._known = {} if self._changed else entries
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
            self._changed = True

    def of(self, path: Path) -> str:
        """Content hash of a file; empty if there is no such file, or something else in its place."""
        return self._remembered(path, "", lambda: hashlib.sha256(path.read_bytes()).hexdigest())

    def column(self, path: Path, column: str) -> str:
        """Content hash of a column of a Parquet file, the same in any file with these values in this order.

        Parameters
        ----------
        column
            Its name; empty for the number of rows.
        """
        return self._remembered(path, f"#{column}", lambda: _column(path, column))

    def _remembered(self, path: Path, what: str, compute: Callable[[], str]) -> str:
        try:
            found = path.stat()
        except OSError as error:
            if error.errno in (errno.ENOENT, errno.ENOTDIR, errno.ELOOP):
                return ""
            raise
        if not stat.S_ISREG(found.st_mode):  # a folder, or a pipe that would be waited for
            return ""
        # ctime can't be set by hand: a file copied over with its old mtime is noticed.
        now = [found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_ino]
        known = self._known.get(f"{path}{what}")
        if known is not None and known[:-1] == now:
            return str(known[-1])
        content = compute()
        if abs(time.time_ns() - max(found.st_mtime_ns, found.st_ctime_ns)) > _RACY_NS:
            self._known[f"{path}{what}"] = [*now, content]
            self._changed = True
        return content

    def save(self) -> None:
        """Keep what is remembered; a folder that can't be written to is no obstacle."""
        if not self._changed:
            return
        aside = self._store.with_name(f"{self._store.name}.{os.getpid()}")
        try:
            aside.write_text(json.dumps({"version": _VERSION, "files": self._known}), "utf-8")
            aside.replace(self._store)
        except OSError:
            with suppress(OSError):
                aside.unlink()
            return
        self._changed = False


def _column(path: Path, column: str) -> str:
    import pyarrow as pa  # only when a file is new: "nothing to do" doesn't wait for it
    import pyarrow.parquet as pq

    if not column:
        return str(pq.read_metadata(path).num_rows)
    if column not in pq.read_schema(path).names:
        return "absent"
    values = pq.read_table(path, columns=[column], use_threads=False)[column]
    plain = values.cast(values.type.value_type) if pa.types.is_dictionary(values.type) else values
    sink = hashlib.sha256(str(plain.type).encode())
    with pa.ipc.new_stream(pa.PythonFile(_Sink(sink), "w"), pa.schema([("", plain.type)])) as stream:
        stream.write_table(pa.table([plain.combine_chunks()], names=[""]))
    return sink.hexdigest()


class _Sink:
    """A file that only remembers the hash of what is written to it."""

    closed = False

    def __init__(self, sink: Any) -> None:
        self._sink = sink

    def write(self, data: Any) -> int:
        self._sink.update(data)
        return len(memoryview(data))

    def flush(self) -> None:
        """Nothing is held back."""

    def close(self) -> None:
        """Nothing is open."""


class Inputs:
    """What runs of one project folder depend on, read once a command."""

    def __init__(self, root: Path, hashes: Hashes) -> None:
        self.root = root
        self.hashes = hashes
        self._files: dict[str, list[str]] = {}
        self._states: dict[str, State] = {}
        self._answers: dict[tuple[str, int, Asked], str] = {}

    @cached_property
    def library(self) -> str:
        """Content hash of all files of equity_lib: the code version."""
        package = Path(__file__).resolve().parent.parent
        names = {}
        for folder, folders, files in os.walk(package):
            folders[:] = [name for name in folders if name != "__pycache__" and not name.startswith(".")]
            for name in files:
                if not name.endswith(".pyc") and not name.startswith("."):
                    path = Path(folder, name)
                    names[path.relative_to(package).as_posix()] = self.hashes.of(path)
        return digest(names)

    @cached_property
    def lock(self) -> str:
        """Content hash of requirements.lock; empty without one."""
        return self.hashes.of(self.root / "requirements.lock")

    def components(
        self, run: Run, asked: Collection[Asked] = (), state: State | None = None
    ) -> dict[str, Any]:
        """The named parts of a run's fingerprint, so that `equity status` can say what changed.

        Parameters
        ----------
        asked
            What the run asked of the register when it was executed.
        state
            The register's state to ask; None for the present one.
        """
        return {
            "notebook": self.hashes.of(run.notebook),
            "params": dict(run.parameters),
            "reads": {name: self.hashes.of(self.root / name) for name in self._reads(run)}
            | self._register(run, asked, state or self.state(run.area)),
            "library": self.library,
            "lock": self.lock,
            "ledger_head": LEDGER_HEAD,
            "platform": _platform(),
        }

    def _reads(self, run: Run) -> list[str]:
        """The year's parameters, the earlier years' (series), and what they pin."""
        if run.area not in self._files:
            folder = self.root / "params" / run.area
            self._files[run.area] = sorted(path.name for path in folder.glob("*.yaml"))
        last = f"{run.program_year}.yaml"
        return [
            f"params/{run.area}/{name}"
            for name in self._files[run.area]
            if name in _PINNED or (_YEAR.fullmatch(name) and name <= last)
        ]

    def state(self, area: str) -> State:
        """The register of an area as it stood when this command first asked."""
        if area not in self._states:
            folder = store.data_dir(self.root) / area
            there = (folder / "HEAD.json").is_file()
            self._states[area] = store.head(folder) if there else State(0, ())
        return self._states[area]

    def _register(self, run: Run, asked: Collection[Asked], state: State) -> dict[str, str]:
        """Whether there is a register of the year, and what it answers to what the run asked."""
        there = any(part.year == run.program_year for part in state.parts)
        answers = {each.label: self._answer(run.area, state, each) for each in asked}
        return {"register": "there" if there else "none", **answers}

    def _answer(self, area: str, state: State, asked: Asked) -> str:
        key = (area, state.number, asked)
        if key not in self._answers:
            found = []
            for name, path, columns in pieces(store.data_dir(self.root) / area, state, asked):
                hashed = [[column, self.hashes.column(path, column)] for column in columns]
                found.append([name, hashed or (self.hashes.of(path) if path.name else "")])
            once = sorted(found, key=str) if asked.what == "years" else found
            unique = [each for i, each in enumerate(once) if each not in once[:i]]
            self._answers[key] = digest([list(asked.columns), unique])
        return self._answers[key]


def fingerprint_of(components: Mapping[str, Any]) -> str:
    """The fingerprint made of named components."""
    return fingerprint(**{name: part for name, part in components.items() if name != "platform"})


def _platform() -> str:
    return f"python{sys.version_info.major}.{sys.version_info.minor}-{os.uname().machine}"
