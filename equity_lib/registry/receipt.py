"""What an import says of itself when it is done."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from equity_lib.registry.examine import Account
from equity_lib.registry.grid import Note


@dataclass(frozen=True)
class FileReceipt:
    """What became of one file: every row accounted for, what was noted, rows in each table."""

    file: str
    account: Account
    tables: Mapping[str, int]
    children: tuple[int, int]
    candidates: int
    rules: Mapping[str, int]
    notes: tuple[Note, ...]


@dataclass(frozen=True)
class Receipt:
    """What an import did; `import_id` is empty if every file was known already (A36)."""

    import_id: str
    state: int
    files: tuple[FileReceipt, ...] = ()
    skipped: tuple[str, ...] = ()
    quarantine: Path | None = None

    def __str__(self) -> str:
        lines = [f"{name}: the same file as before, skipped (A36)" for name in self.skipped]
        for one in self.files:
            a = one.account
            declared = sum(a.declared.values())
            lines.append(
                f"{one.file}: {a.read:,} rows read = {a.kept:,} kept + {a.quarantined:,} in quarantine "
                f"+ {declared:,} without data"
            )
            lines.append(
                f"  children: {one.children[0]:,} to {one.children[1]:,}; {one.candidates:,} pairs to look at"
            )
        if self.quarantine:
            lines.append(f"rows to mend: {self.quarantine}")
        return "\n".join(lines)
