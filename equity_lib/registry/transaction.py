"""What an import writes, beside the register: nothing of it counts before the one rename at the end."""

import json
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import pandas as pd
import pyarrow as pa

from equity_lib.registry import snapshot, store
from equity_lib.registry.examine import Examined
from equity_lib.registry.identity import live_aliases, pseudonyms, write_map
from equity_lib.registry.mapping import AreaMapping
from equity_lib.registry.quarantine import write_fixes
from equity_lib.registry.receipt import FileReceipt
from equity_lib.registry.schema import load
from equity_lib.registry.setting import Setting
from equity_lib.registry.store import Part, State


class Transaction:
    """The parts of one import, written file by file and committed together.

    Parameters
    ----------
    folder
        The area's protected folder, whose lock the caller holds.
    before
        The state that the import starts from.
    """

    def __init__(
        self, folder: Path, setting: Setting, mapping: AreaMapping, key: bytes, before: State, import_id: str
    ) -> None:
        self.folder, self.setting, self.before, self.import_id = folder, setting, before, import_id
        self.receipts: list[FileReceipt] = []
        self._mapping, self._key = mapping, key
        self._aliases = live_aliases(folder, key)
        self._parts: list[Part] = []
        self._superseded: set[str] = set()
        self._to_mend: list[tuple[str, Examined]] = []
        self._told: list[dict[str, object]] = []
        self._people: list[pd.DataFrame] = []
        self._frames: dict[str, list[pd.DataFrame]] = {"quarantine": [], "corrections": [], "candidates": []}

    @property
    def place(self) -> Path:
        """Where the import's Parquet goes."""
        return self.folder / "imports" / self.import_id

    @property
    def next_number(self) -> int:
        """Number of the next part."""
        return len(self._parts)

    @property
    def fixes(self) -> Path | None:
        """The workbook of rows to mend, if there are any."""
        path = self.folder / "private" / "quarantine" / f"{self.import_id}.xlsx"
        return path if self._to_mend else None

    def pseudonyms(self, examined: Examined) -> pa.Array:
        """One pseudonym a distinct person of the file, in the order of their codes."""
        ids = examined.persons.ids.distinct
        if not len(ids):
            return ids
        return pa.array(pseudonyms(ids.to_pandas(), self._key, self._aliases), pa.string())

    def tables(self, examined: Examined, names: pa.Array) -> dict[str, int]:
        """Write the kept rows of the next part; rows in each table."""
        made = {}
        for name, rows in snapshot.tables(examined, names):
            store.write_table(self.place / f"{self.next_number}-{name}.parquet", rows)
            made[name] = len(rows)
        return made

    def supersede(self, part: Part) -> None:
        """Let an earlier part, and what was mended of it, leave the register."""
        self._superseded.add(part.name)

    def add(self, part: Part, examined: Examined, names: pa.Array, tables: Mapping[str, int]) -> None:
        """Count a part in, and keep what is written once for the whole import."""
        held, changed = snapshot.quarantine_rows(examined, names), snapshot.changes(examined)
        pairs = examined.persons.candidates
        first, second = (pa.array([pair[i] for pair in pairs], pa.int64()) for i in (0, 1))
        found = pd.DataFrame(
            {"first": names.take(first).to_pylist(), "second": names.take(second).to_pylist()}, dtype="str"
        )
        for name, frame in (("quarantine", held), ("corrections", changed), ("candidates", found)):
            self._frames[name].append(frame.assign(part=part.number))
        self._people.append(snapshot.identities(examined, names))
        if len(held):
            self._to_mend.append((part.fixes or part.name, examined))
        rules = snapshot.rule_counts(examined)
        children, notes = examined.children(), tuple(examined.notes)
        receipt = FileReceipt(part.file, examined.account, tables, children, len(pairs), rules, notes)
        self.receipts.append(receipt)
        self._told.append(
            {**asdict(receipt), "year": part.year, "fixes": part.fixes, **_mended(part, examined)}
        )
        self._parts.append(part)

    def commit(self, paths: Sequence[Path]) -> State:
        """Write the rest, then make it the register's state."""
        self._write(paths)
        gone = self._superseded
        kept = [p for p in self.before.parts if p.name not in gone and p.fixes not in gone]
        return store.commit(self.folder, [*kept, *self._parts])

    def discard(self) -> None:
        """Remove what was written, unless it is part of the register by now."""
        if not any(part.import_id == self.import_id for part in store.head(self.folder).parts):
            store.sweep(self.folder)

    def _write(self, paths: Sequence[Path]) -> None:
        """What belongs to the whole import: identity map, logs, fixes, raw files, manifest."""
        private = self.folder / "private"
        for name in ("identity", "raw", "quarantine"):
            (private / name).mkdir(mode=0o700, parents=True, exist_ok=True)
        people = pd.concat(self._people, ignore_index=True).drop_duplicates("pseudonym", keep="last")
        write_map(private / "identity" / f"{self.import_id}.map", people, self._key)
        for name, frames in self._frames.items():
            whole = pa.Table.from_pandas(pd.concat(frames, ignore_index=True), preserve_index=False)
            store.write_table(self.place / f"{name}.parquet", whole)
        if self.fixes:
            write_fixes(self.fixes, self.import_id, self._to_mend, self.setting.province)
        raw = private / "raw" / self.import_id
        raw.mkdir(mode=0o700)
        for number, path in enumerate(paths):
            _copy(path, raw / f"{number}-{path.name}")
        manifest = json.dumps(self._manifest(), ensure_ascii=False, indent=1)
        store.write_whole(self.place / "manifest.json", manifest)
        for made in (
            self.place,
            raw,
            raw.parent,
            self.place.parent,
            *(private / n for n in ("identity", "quarantine")),
        ):
            store.sync_folder(made)

    def _manifest(self) -> dict[str, object]:
        schema = load()
        return {
            "import_id": self.import_id,
            "area": self.setting.area,
            "year": self.setting.year,
            "schema_version": schema.version,
            "migrations": schema.migrations,
            "mapping": self._mapping.digest,
            "parts": self._told,
        }


def _mended(part: Part, examined: Examined) -> dict[str, object]:
    """For a workbook of fixes: the rows it names, and those that are in the register now."""
    if not part.fixes:
        return {}
    named, done = [], []
    for sheet, number, keep in zip(examined.sheets, examined.numbers, examined.keep, strict=True):
        rows = sheet.plan.body.grid.rows
        named += [[number, int(row)] for row in rows]
        done += [[number, int(row)] for row in rows[keep]]
    return {"mends": named, "mended": done}


def _copy(path: Path, target: Path) -> None:
    shutil.copyfile(path, target)
    target.chmod(0o600)
    with target.open("rb") as stream:
        os.fsync(stream.fileno())
