"""Pages: made aside, swapped in whole, and checked against their manifest ever after."""

import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from equity_lib.batch import swap
from equity_lib.batch.outputs import Outputs
from equity_lib.batch.plan import AreaYear, Plan
from equity_lib.batch.turns import Turn
from equity_lib.batch.workers import Workers

_MANIFEST = "manifest.json"
_SITE = "site.json"
#: The report on the methods (`equity validation`): no area, but the index of the site links to it.
_METHODS = "methods_validation"


def stage_year(
    workers: Workers,
    outputs: Outputs,
    year: AreaYear,
    page_inputs: Mapping[str, Any],
    staging: Path,
    turn: Turn | None = None,
) -> Path:
    """Have the pages of one area-year made in the staging folder, by a worker.

    Parameters
    ----------
    page_inputs
        `runs` (name → fingerprint) to publish, `failed` (names withheld) and `languages`.

    Returns
    -------
    Path
        The staged folder, for `publish_year`.
    """
    area, program_year = year
    staged = staging / area / str(program_year)
    staged.mkdir(parents=True)
    workers.do(
        {
            "do": "publish",
            "publisher": workers.options.publisher,
            "root": str(workers.root),
            "area": area,
            "program_year": program_year,
            "executed": {
                name: str(outputs.executed(area, program_year, name)) for name in page_inputs["runs"]
            },
            "failed": list(page_inputs["failed"]),
            "languages": list(page_inputs["languages"]),
            "into": str(staged),
        },
        turn,
    )
    return staged


def publish_year(outputs: Outputs, year: AreaYear, page_inputs: Mapping[str, Any], staged: Path) -> None:
    """Swap staged pages in. Dying before the record is written costs making the same pages again."""
    area, program_year = year
    target = outputs.pages(area, program_year)
    swap.publish(staged, target, outputs.folder)
    record = {"inputs": dict(page_inputs), "manifest": outputs.hashes.of(target / _MANIFEST)}
    outputs.write(record, area, str(program_year), "published.json")


def altered_pages(area: str, program_year: int, manifest: str, outputs: Outputs) -> list[str]:
    """What in a year's folder is not what was published there; a manifest names all files with hashes."""
    folder = outputs.pages(area, program_year)
    if outputs.hashes.of(folder / _MANIFEST) != manifest:
        return [f"page missing or altered: {_MANIFEST}"]
    try:
        listed = dict(json.loads((folder / _MANIFEST).read_bytes()))
    except (ValueError, TypeError):
        return [f"page missing or altered: {_MANIFEST}"]
    standing = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir()}
    wrong = [name for name, wanted in listed.items() if outputs.hashes.of(folder / name) != wanted]
    foreign = standing - set(listed) - {_MANIFEST}
    said = [f"page missing or altered: {', '.join(sorted(wrong))}"] if wrong else []
    return said + ([f"not one of its pages: {', '.join(sorted(foreign))}"] if foreign else [])


def altered_site(plan: Plan, outputs: Outputs, languages: Sequence[str], library: str) -> tuple[str, ...]:
    """Why the index pages have to be made again."""
    record = outputs.read(_SITE)
    now = _site_inputs(plan, outputs, languages, library)
    pages = record.get("pages")
    if not isinstance(pages, dict) or not pages:
        return ("never made",)
    reasons = [] if record.get("inputs") == now else ["the pages they list changed"]
    wrong = sorted(
        name for name, wanted in pages.items() if outputs.hashes.of(outputs.folder / name) != wanted
    )
    return tuple(reasons + ([f"page missing or altered: {', '.join(wrong)}"] if wrong else []))


def publish_site(
    workers: Workers, outputs: Outputs, plan: Plan, languages: Sequence[str], library: str, staging: Path
) -> None:
    """Make the index pages from all published years, aside, and put each in its place.

    The publisher sees a folder that looks like `outputs/`, the years being links to the real ones,
    so what it writes can be moved page by page.
    """
    aside = staging / "site"
    for area, program_year in _published(plan, outputs):
        link = aside / area / str(program_year)
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(outputs.pages(area, program_year).resolve(), target_is_directory=True)
    if not aside.exists():
        return
    if (outputs.folder / _METHODS).is_dir():
        (aside / _METHODS).symlink_to((outputs.folder / _METHODS).resolve(), target_is_directory=True)
    workers.do(
        {
            "do": "site",
            "publisher": workers.options.publisher,
            "root": str(workers.root),
            "languages": list(languages),
            "into": str(aside),
        }
    )
    pages = _files(aside)
    swap.sync(aside)
    for path in pages:
        target = outputs.folder / path.relative_to(aside)
        target.parent.mkdir(parents=True, exist_ok=True)
        path.replace(target)
    names = [path.relative_to(aside).as_posix() for path in pages]
    record = {
        "inputs": _site_inputs(plan, outputs, languages, library),
        "pages": {name: outputs.hashes.of(outputs.folder / name) for name in names},
    }
    outputs.write(record, _SITE)
    shutil.rmtree(aside, ignore_errors=True)


def _files(folder: Path) -> list[Path]:
    """Regular files below a folder, without those behind links."""
    found: list[Path] = []
    for path in sorted(folder.iterdir()):
        if path.is_symlink():
            continue
        found += _files(path) if path.is_dir() else [path]
    return found


def _published(plan: Plan, outputs: Outputs) -> list[AreaYear]:
    return [year for year in plan.years if (outputs.pages(*year) / _MANIFEST).exists()]


def _site_inputs(plan: Plan, outputs: Outputs, languages: Sequence[str], library: str) -> dict[str, Any]:
    return {
        _METHODS: sorted(path.name for path in (outputs.folder / _METHODS).glob("*.html")),
        "years": {
            f"{area}/{year}": outputs.hashes.of(outputs.pages(area, year) / _MANIFEST)
            for area, year in _published(plan, outputs)
        },
        "languages": sorted(languages),
        "library": library,
    }
