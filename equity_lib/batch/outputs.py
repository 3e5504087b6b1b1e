"""The outputs folder: where executed notebooks, records and pages stand, and who may write there."""

import errno
import fcntl
import json
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from equity_lib.batch import swap
from equity_lib.batch.fingerprints import Hashes
from equity_lib.errors import EnvironmentProblem

#: Errors of the machine, not of a notebook: told to the user as such, exit code 6.
_MACHINE = {
    errno.EACCES: "permission denied. Give yourself access, or run as the folder's owner",
    errno.EPERM: "permission denied. Give yourself access, or run as the folder's owner",
    errno.EROFS: "the disk is mounted read-only. Mount it for writing",
    errno.ENOSPC: "the disk is full. Free some space",
    errno.EDQUOT: "the disk quota is used up. Free some space",
    errno.ENOTDIR: "a file stands where a folder should be. Move it away",
    errno.EEXIST: "a file stands where a folder should be. Move it away",
    errno.EISDIR: "a folder stands where a file should be. Move it away",
    errno.EIO: "the disk doesn't work properly. Check it",
    errno.EMFILE: "too many open files. Raise `ulimit -n`, or use fewer --jobs",
    errno.ENFILE: "too many open files. Close other programs",
    errno.ENOMEM: "the memory is used up. Close other programs, or use fewer --jobs",
    errno.EAGAIN: "no further process can be started. Raise `ulimit -u`, or use fewer --jobs",
}


def machine_problem(error: OSError) -> EnvironmentProblem | None:
    """The plain sentence for an error of the machine; None for any other, which is a bug of ours."""
    said = _MACHINE.get(error.errno or 0)
    if said is None:
        return None
    name = error.filename2 or error.filename  # of a renaming, the target
    where = f"{name}: " if isinstance(name, str) else ""
    return EnvironmentProblem(f"{where}{said}, then run again. Earlier pages are untouched.")


class Outputs:
    """`outputs/` of a project folder.

    Private: `.runs/<area>/<year>/<run>.ipynb` (executed notebook), `<run>.json` beside it (its
    record), `published.json` (what the year's pages were made from). Public: everything else.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.private = folder / ".runs"
        self.hashes = Hashes(self.private / "hashes.json")

    def executed(self, area: str, program_year: int, name: str) -> Path:
        """Where the executed notebook of a run stands."""
        return self.private / area / str(program_year) / f"{name}.ipynb"

    def pages(self, area: str, program_year: int) -> Path:
        """Where the pages of an area-year stand."""
        return self.folder / area / str(program_year)

    def read(self, *names: str) -> dict[str, Any]:
        """A private record; empty if it is missing or can't be understood."""
        try:
            found = json.loads(self.private.joinpath(*names).read_bytes())
        except (OSError, ValueError, RecursionError):
            return {}
        return found if isinstance(found, dict) else {}

    def write(self, record: Mapping[str, Any], *names: str) -> None:
        """Write a private record, whole or not at all."""
        path = self.private.joinpath(*names)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        aside = path.with_name(f".{path.name}.aside")
        try:
            aside.write_text(json.dumps(record, ensure_ascii=False, sort_keys=True, indent=1), "utf-8")
            aside.replace(path)
        finally:
            aside.unlink(missing_ok=True)

    @contextmanager
    def lock(self) -> Iterator[Path]:
        """Hold the folder for this process and clear what an interrupted run left behind.

        The kernel releases the lock when its holder dies, however it dies: a stale lock file is no
        obstacle. Yields a scratch folder with a short path (sockets allow about 100 bytes).

        Raises
        ------
        EnvironmentProblem
            If another process that is alive holds it.
        """
        self.private.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.private.chmod(0o700)
        with (self.private / "lock").open("a+") as held:
            try:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                holder = self._holder(held).get("pid", "?")
                raise EnvironmentProblem(
                    f"Another run is at work in {self.folder} (process {holder}). "
                    "Wait until it has finished, or stop it."
                ) from None
            before = self._holder(held)
            if before.get("scratch"):
                _clear_scratch(Path(str(before["scratch"])))
            self._clear()
            scratch = _scratch()
            try:
                # Noted before it is made: whenever this process dies, the next one finds and clears it.
                self._note(held, {"pid": os.getpid(), "scratch": str(scratch)})
                scratch.mkdir(mode=0o700)
                yield scratch
            finally:
                shutil.rmtree(scratch, ignore_errors=True)
                self._note(held, {})

    def staging(self) -> Path:
        """A folder for pages in the making: on the same disk as the target, cleared at the next start."""
        return Path(tempfile.mkdtemp(prefix=".staging-", dir=self.folder))

    def _clear(self) -> None:
        swap.recover(self.folder)
        left_behind = [
            *self.folder.glob(".staging-*"),
            *self.private.glob(".*.aside"),
            *self.private.glob("*/*/.*.aside"),
            *self.private.glob("*.json.[0-9]*"),  # hashes, and the plans of years, in the making
            *self.private.glob("*/*/*.json.[0-9]*"),
        ]
        for left in left_behind:
            if left.is_dir() and not left.is_symlink():
                shutil.rmtree(left, ignore_errors=True)
            else:
                left.unlink(missing_ok=True)

    @staticmethod
    def _holder(held: Any) -> dict[str, Any]:
        held.seek(0)
        try:
            found = json.loads(held.read() or "{}")
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}

    @staticmethod
    def _note(held: Any, holder: Mapping[str, Any]) -> None:
        held.seek(0)
        held.truncate()
        json.dump(holder, held)
        held.flush()


def _scratch() -> Path:
    """A new name below the folder for temporary files."""
    try:
        return Path(tempfile.gettempdir(), f"equity-{secrets.token_hex(4)}")
    except FileNotFoundError:  # it names every folder that was tried
        raise EnvironmentProblem(
            "No folder for temporary files can be written to. Free some space there, or set TMPDIR to "
            "another folder, then run again. Earlier pages are untouched."
        ) from None


def _clear_scratch(path: Path) -> None:
    """Remove the scratch folder of a dead run, and only if it is one of ours."""
    try:
        ours = (
            path.name.startswith("equity-") and path.lstat().st_uid == os.getuid() and not path.is_symlink()
        )
    except OSError:
        return
    if ours and path.parent == Path(tempfile.gettempdir()):
        shutil.rmtree(path, ignore_errors=True)
