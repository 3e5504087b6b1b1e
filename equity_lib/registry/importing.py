"""`equity import`: read, clean, check, pseudonymise, write; all of it or nothing."""

import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace as with_values
from pathlib import Path

import numpy as np

from equity_lib.errors import EnvironmentProblem, Fault, InputRejected
from equity_lib.registry import store
from equity_lib.registry.examine import MOST_QUARANTINED, Examined, examine
from equity_lib.registry.formats import expand
from equity_lib.registry.grid import Grid
from equity_lib.registry.keys import load_key
from equity_lib.registry.mapping import AreaMapping, load_mapping
from equity_lib.registry.quarantine import MOST_LISTED, Origin, fixes_in, write_fixes
from equity_lib.registry.reading import read
from equity_lib.registry.receipt import Receipt
from equity_lib.registry.register import Register
from equity_lib.registry.revision import already_there, difference, is_mostly_in, mended_rows
from equity_lib.registry.rewriting import settle
from equity_lib.registry.rules import fault, reject
from equity_lib.registry.setting import load_setting
from equity_lib.registry.store import Part
from equity_lib.registry.transaction import Transaction


def import_files(
    root: Path, area: str, year: int, files: Sequence[Path], *, replace: bool = False, wait: float = 60.0
) -> Receipt:
    """Bring files into the register of an area and programme year, all of them or none.

    Parameters
    ----------
    root
        The project's folder.
    files
        Files, folders of files, or a workbook of fixes.
    replace
        Whether a revised file (same name, other content) takes the place of the earlier one.
    wait
        Seconds to wait for another import of the area.

    Raises
    ------
    InputRejected
        Something can't be imported; every fault is listed, and nothing was changed. A revised file
        without `replace` is refused too, with the difference.
    EnvironmentProblem
        Key, folder, disk, or another import holding the area.
    """
    store.refuse_copy()
    setting, mapping = load_setting(root, area, year), load_mapping(root, area)
    key = load_key(area, root, store.data_dir(root))
    paths = expand([Path(file) for file in files])
    folder = store.area_folder(root, area)
    with store.lock(folder, wait):
        settle(folder)
        store.sweep(folder)
        before = store.head(folder)
        hashes = {path: _sha256(path) for path in paths}
        new = _new(Register(folder, year), hashes, mapping)
        skipped = tuple(path.name for path in paths if path not in new)
        if not new:
            return Receipt("", before.number, skipped=skipped)
        import_id = _import_id(key, before.number, year, [hashes[path] for path in new])
        transaction = Transaction(folder, setting, mapping, key, before, import_id)
        try:
            _take(transaction, new, hashes, mapping, replace)
            state = transaction.commit(new)
        except OSError as error:
            transaction.discard()
            reason = error.strerror or type(error).__name__
            raise EnvironmentProblem(f"The import failed: {reason}. Nothing was changed.") from None
        except BaseException:
            # Whatever stops an import, what it wrote is not part of any state.
            transaction.discard()
            raise
    return Receipt(import_id, state.number, tuple(transaction.receipts), skipped, transaction.fixes)


def _new(register: Register, hashes: Mapping[Path, str], mapping: AreaMapping) -> list[Path]:
    """Files that the year's register does not hold yet, read with this mapping, each content once (A36)."""
    known = {
        part.sha256
        for part in register.state.parts
        if part.year == register.year and register.manifest(part.import_id)["mapping"] == mapping.digest
    }
    first = {sha256: path for path, sha256 in reversed(list(hashes.items()))}
    return [path for path, sha256 in hashes.items() if sha256 not in known and first[sha256] == path]


def _take(
    transaction: Transaction,
    paths: Sequence[Path],
    hashes: Mapping[Path, str],
    mapping: AreaMapping,
    replace: bool,
) -> None:
    """Examine every file, so that all faults are told at once."""
    faults: list[Fault] = []
    for path in paths:
        try:
            grids = read(path)
            fixes = fixes_in(grids)
            if fixes is None:
                _whole_file(transaction, path, hashes[path], grids, mapping, replace)
            else:
                _fixes(transaction, path, hashes[path], fixes, mapping)
        except InputRejected as error:
            faults += error.faults
    if faults:
        raise reject(faults)


def _whole_file(
    transaction: Transaction,
    path: Path,
    sha256: str,
    grids: Sequence[Grid],
    mapping: AreaMapping,
    replace: bool,
) -> None:
    setting = transaction.setting
    examined = examine(path, grids, setting, mapping)
    _refuse_if_mostly_wrong(transaction, path, examined)
    names = transaction.pseudonyms(examined)
    number = transaction.next_number
    tables = transaction.tables(examined, names)
    for old in transaction.before.parts:
        if old.year != setting.year or old.fixes:
            continue
        folder, place = transaction.folder, transaction.place
        if old.file == path.name or is_mostly_in(folder, old, place, number):
            if not replace:
                raise reject(_revised(path, old, difference(folder, old, place, number)))
            transaction.supersede(old)
    part = Part(transaction.import_id, number, setting.year, path.name, sha256)
    transaction.add(part, examined, names, tables)


def _refuse_if_mostly_wrong(transaction: Transaction, path: Path, examined: Examined) -> None:
    """X09; the list of fixes is written all the same."""
    account = examined.account
    rows = account.kept + account.quarantined
    if account.quarantined <= MOST_QUARANTINED * rows:
        return
    name = re.sub(r"[^0-9A-Za-zก-๛_-]", "_", path.stem)[:80]
    fixes = transaction.folder / "private" / "quarantine" / f"refused-{name}.xlsx"
    listed = write_fixes(fixes, "", [("", examined)], transaction.setting.province, MOST_LISTED)
    found = (
        f"{account.quarantined:,} of {rows:,}; {listed:,} are listed in {fixes.name} in the quarantine folder"
    )
    raise reject(fault("X09", path.name, found=found, allowed="at most 10 % of rows"))


def _revised(path: Path, old: Part, told: str) -> Fault:
    return Fault(
        file=path.name,
        line=0,
        key="",
        found=f"a revision of {old.file}, imported before: {told}",
        allowed="the same file",
        action="If it takes the place of the old file, add `--replace`. · ถ้าใช้แทนไฟล์เดิม ให้เพิ่ม --replace",
    )


def _fixes(
    transaction: Transaction,
    path: Path,
    sha256: str,
    sheets: Sequence[tuple[Origin, Grid]],
    mapping: AreaMapping,
) -> None:
    """Bring in the rows that a clerk mended; those that are in the register already are left out."""
    live = {part.name for part in transaction.before.parts}
    for origin in dict.fromkeys(about.part for about, _ in sheets):
        if origin not in live:
            raise reject(fault("X06", path.name, found="fixes of an import that is not in the register"))
        own = [(about.number, grid) for about, grid in sheets if about.part == origin]
        done = mended_rows(transaction.folder, transaction.before, origin)
        left = [(number, _pending(grid, number, done)) for number, grid in own]
        gone = sum(len(grid.rows) for _, grid in own) - sum(len(grid.rows) for _, grid in left)
        left = [(number, grid) for number, grid in left if len(grid.rows) > 1]
        if not left:
            continue
        numbers, grids = [number for number, _ in left], [grid for _, grid in left]
        examined = examine(path, grids, transaction.setting, mapping, numbers)
        examined.read += gone
        examined.declared |= {"mended before": gone} if gone else {}
        names = transaction.pseudonyms(examined)
        already_there(transaction.folder, origin, examined, names)
        number = transaction.next_number
        part = Part(transaction.import_id, number, transaction.setting.year, path.name, sha256, origin)
        transaction.add(part, examined, names, transaction.tables(examined, names))


def _pending(grid: Grid, number: int, done: set[tuple[int, int]]) -> Grid:
    """The rows of a sheet of fixes that are not in the register yet; its header stays."""
    keep = np.array([(number, int(row)) not in done for row in grid.rows], dtype=np.bool_)
    columns = [column.take(keep) for column in grid.columns]
    return with_values(grid, columns=columns, rows=grid.rows[keep])


def _import_id(key: bytes, state: int, year: int, hashes: Sequence[str]) -> str:
    """Opaque to whoever lacks the key, and the same for the same imports in the same order."""
    told = f"import|{state}|{year}|{'|'.join(hashes)}"
    return hmac.digest(key, told.encode(), "sha256").hex()[:16]


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
