"""Fingerprints: what a run depends on, by content, so that only what changed runs again."""

import errno
import hashlib
import json
import os
import re
import stat
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Any

from equity_lib.batch.plan import Run
from equity_lib.programme.grid import OUTLINES
from equity_lib.registry import store

#: Of disclosure control; the constant until there is a release ledger.
LEDGER_HEAD = "none"
_VERSION = 1
_YEAR = re.compile(r"\d{4}\.yaml")
#: Read beside the years' files: what they pin, and the map of districts.
_PINNED = ("designs.yaml", "mapping.yaml", OUTLINES)
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
        known = self._known.get(str(path))
        if known is not None and known[:-1] == now:
            return str(known[-1])
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        if abs(time.time_ns() - max(found.st_mtime_ns, found.st_ctime_ns)) > _RACY_NS:
            self._known[str(path)] = [*now, content]
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


class Inputs:
    """What runs of one project folder depend on, read once a command."""

    def __init__(self, root: Path, hashes: Hashes) -> None:
        self.root = root
        self.hashes = hashes
        self._files: dict[str, list[str]] = {}

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

    def components(self, run: Run) -> dict[str, Any]:
        """The named parts of a run's fingerprint, so that `equity status` can say what changed."""
        return {
            "notebook": self.hashes.of(run.notebook),
            "params": dict(run.parameters),
            "reads": {name: self.hashes.of(self.root / name) for name in self._reads(run)}
            | self._register(run),
            "library": self.library,
            "lock": self.lock,
            "ledger_head": LEDGER_HEAD,
            "platform": _platform(),
        }

    def _reads(self, run: Run) -> list[str]:
        """The year's parameters, the earlier years' (series), what they pin, and the map of districts."""
        if run.area not in self._files:
            folder = self.root / "params" / run.area
            found = [*folder.glob("*.yaml"), *folder.glob(OUTLINES)]
            self._files[run.area] = sorted(path.name for path in found)
        last = f"{run.program_year}.yaml"
        return [
            f"params/{run.area}/{name}"
            for name in self._files[run.area]
            if name in _PINNED or (_YEAR.fullmatch(name) and name <= last)
        ]

    def _register(self, run: Run) -> dict[str, str]:
        """Files imported for this and earlier years: opaque import and part → content hash."""
        folder = store.data_dir(self.root) / run.area
        if not (folder / "HEAD.json").is_file():
            return {}
        return {
            f"register {part.name}": part.sha256
            for part in store.head(folder).parts
            if part.year <= run.program_year
        }


def fingerprint_of(components: Mapping[str, Any]) -> str:
    """The fingerprint made of named components."""
    return fingerprint(**{name: part for name, part in components.items() if name != "platform"})


def _platform() -> str:
    return f"python{sys.version_info.major}.{sys.version_info.minor}-{os.uname().machine}"
