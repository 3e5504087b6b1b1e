"""A whole register is rewritten as one transaction: many files come into force together, or none."""

import json
import shutil
from pathlib import Path

from equity_lib.errors import EnvironmentProblem
from equity_lib.registry.keys import write_secret
from equity_lib.registry.store import data_dir, refuse_copy, sync_folder

_STAGE, _JOURNAL = ".rewriting", "journal.json"


class Rewriting:
    """Changes of many files of a folder that come into force together.

    New contents are staged; the journal, written last, decides: without it nothing has happened,
    with it `settle` puts every file in place, again after a kill.
    """

    def __init__(self, folder: Path) -> None:
        self.folder, self._stage = folder, folder / _STAGE
        self._changes: dict[str, str | None] = {}

    def aside(self, path: Path) -> Path:
        """Where to write the new content of a file; to be its own, for the owner only."""
        self._stage.mkdir(mode=0o700, exist_ok=True)
        name = f"{len(self._changes)}{path.suffix}"
        self._changes[path.relative_to(self.folder).as_posix()] = name
        return self._stage / name

    def remove(self, path: Path) -> None:
        """Let a file go with the others."""
        self._stage.mkdir(mode=0o700, exist_ok=True)
        self._changes[path.relative_to(self.folder).as_posix()] = None

    def commit(self) -> None:
        """Bring all changes into force."""
        if self._changes:
            write_secret(self._stage / _JOURNAL, [json.dumps(self._changes).encode()])
            settle(self.folder)


def pending(folder: Path) -> bool:
    """Whether a rewriting was decided and waits to be finished: until then nothing should be read."""
    return (folder / _STAGE / _JOURNAL).exists()


def settle(folder: Path) -> None:
    """Finish a rewriting that was decided, or clear one that was not; call it once the lock is held."""
    stage = folder / _STAGE
    if pending(folder):
        for name, staged in json.loads((stage / _JOURNAL).read_text()).items():
            if staged is None:
                (folder / name).unlink(missing_ok=True)
            elif (stage / staged).exists():
                (stage / staged).replace(folder / name)
            if (folder / name).parent.exists():
                sync_folder((folder / name).parent)
        (stage / _JOURNAL).unlink()
    if stage.exists():
        shutil.rmtree(stage)


def register_folder(root: Path, area: str) -> Path:
    """Folder of an area's register; EnvironmentProblem if there is none, WrongParameters if it is a copy."""
    refuse_copy()
    folder = data_dir(root) / area
    if not (folder / "HEAD.json").exists():
        raise EnvironmentProblem(f"{folder}: there is no register.")
    return folder


def register_files(folder: Path) -> list[Path]:
    """Every file of a register, without locks and what is staged."""
    found = (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    return sorted(p for p in found if not any(part.startswith(".") for part in p.relative_to(folder).parts))
