"""`equity verify`: make an area-year again, aside, and compare every byte with what is published."""

import json
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from equity_lib.batch.options import LANGUAGES, Options
from equity_lib.batch.outputs import Outputs
from equity_lib.batch.progress import Progress
from equity_lib.batch.run import run, status
from equity_lib.errors import Fault, NotReproducible, WrongParameters
from equity_lib.registry import store

#: What a published report was made with and is no longer here, and what to do about it.
_OTHER = {
    "library changed": ("made by other code", "Check out the version that made it, or run `equity run`."),
    "lock changed": (
        "made with another lock",
        "Install the requirements.lock that made it, or run `equity run`.",
    ),
    "platform changed": ("made on another Python or architecture", "Verify it there, or run `equity run`."),
    "ledger head changed": ("made at another ledger head", "Verify it at that head, or run `equity run`."),
}
_RERUN = "Put back the file it was made from, or run `equity run`."
_MANIFEST = "manifest.json"
_RESULT = re.compile(rb'data-result="([^"]+)"')
_LINKED = ("notebooks", "params", "requirements.lock")


def verify(root: Path, area: str, program_year: int, progress: Progress | None = None) -> int:
    """Execute every notebook of an area-year aside, make its pages, and compare them byte by byte.

    Parameters
    ----------
    root
        The project folder; nothing in it is changed.
    area, program_year
        What to verify.

    Returns
    -------
    int
        How many files are the same.

    Raises
    ------
    WrongParameters
        If nothing is published of that area-year.
    NotReproducible
        If a byte differs (the first difference and its result are named), or the pages were made
        from something that is no longer here: other code, another lock, changed inputs.
    """
    where = f"{area}/{program_year}"
    found = status(root, [where], remember=False).years[0]
    published = Outputs(root / "outputs").pages(area, program_year)
    if not (published / _MANIFEST).is_file():
        fault = Fault(
            f"outputs/{where}", 0, "", "no pages", "a published area-year", "Run `equity run` first."
        )
        raise WrongParameters("There is nothing to verify.", [fault])
    _made_from_the_same(where, {reason for state in found.runs for reason in state.reasons})
    languages = tuple(each for each in LANGUAGES if any(published.glob(f"*.{each}.html")))
    with _aside(root) as copy:
        code = run(copy, [where], Options(languages=languages), progress)
        if code:
            raise NotReproducible(f"{where} can't be made again: a report failed (exit code {code}).")
        return _compare(where, published, Outputs(copy / "outputs").pages(area, program_year))


def _made_from_the_same(where: str, reasons: set[str]) -> None:
    faults = []
    for reason in sorted(reasons):
        found, action = _OTHER.get(reason, (reason, _RERUN))
        faults.append(Fault(f"outputs/{where}", 0, "", found, "what stands here now", action))
    if faults:
        raise NotReproducible(f"{where} was made from something else, so it can't be compared:", faults)


@contextmanager
def _aside(root: Path) -> Iterator[Path]:
    """A project folder with the same inputs and no outputs."""
    with tempfile.TemporaryDirectory(prefix="equity-verify-") as folder:
        for name in _LINKED:
            if (root / name).exists():
                (Path(folder) / name).symlink_to((root / name).resolve())
        if store.data_home(root).is_dir():
            (Path(folder) / "data").symlink_to(store.data_home(root).resolve())
        yield Path(folder)


def _compare(where: str, published: Path, again: Path) -> int:
    names = sorted({path.name for folder in (published, again) for path in folder.iterdir()})
    listed = json.loads((again / _MANIFEST).read_bytes())
    faults = []
    for name in names:
        one, other = _bytes(published / name), _bytes(again / name)
        if one == other:
            continue
        found = _difference(one, other)
        allowed = "the bytes made again" if name in listed or name == _MANIFEST else "no such file"
        faults.append(Fault(f"outputs/{where}/{name}", 0, "", found, allowed, ""))
    if faults:
        message = f"{where} is not reproducible: {len(faults)} of {len(names)} files differ."
        raise NotReproducible(message, faults)
    return len(names)


def _bytes(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None


def _difference(published: bytes | None, again: bytes | None) -> str:
    """The first byte that differs, and the result that it belongs to: the last one named before it."""
    if published is None or again is None:
        return "a file missing" if published is None else "a file that isn't made again"
    at = next(
        (i for i, (one, other) in enumerate(zip(published, again, strict=False)) if one != other),
        min(len(published), len(again)),
    )
    results = _RESULT.findall(published, 0, at)
    belongs = f", in or after the result {results[-1].decode()}" if results else ", before any result"
    return f"other bytes from byte {at} on{belongs}"
