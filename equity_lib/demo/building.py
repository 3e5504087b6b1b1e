"""`equity demo`: write the offices' files, then import them like anyone's.

What is only needed to make an area is imported in bodies: "nothing to do" must not wait for pandas.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from equity_lib.demo.scenario import SEED, Scenario
from equity_lib.errors import EnvironmentProblem, Fault, WrongParameters
from equity_lib.registry import store

if TYPE_CHECKING:
    from equity_lib.registry.receipt import Receipt

#: The key of synthetic areas is published, so that their reports are the same on every machine.
DEMO_KEY = hashlib.sha256(b"equity demo: a published key, for synthetic data only").digest()
_LIMITS = {"scale": (1, 50), "provinces": (1, 77), "years": (1, 5)}


@dataclass(frozen=True)
class Built:
    """What `build` did: receipts by area and programme year; none where nothing was to do."""

    receipts: Mapping[str, "Mapping[int, Receipt]"]
    source: Path

    @property
    def made(self) -> tuple[str, ...]:
        """Areas that were written and imported now."""
        return tuple(area for area, own in self.receipts.items() if own)

    def __str__(self) -> str:
        if not self.made:
            return f"Nothing to do: {', '.join(self.receipts)} as before (synthetic)."
        lines = []
        for area in self.made:
            for year, receipt in self.receipts[area].items():
                accounts = [one.account for one in receipt.files]
                kept, held = sum(a.kept for a in accounts), sum(a.quarantined for a in accounts)
                told = f"{len(accounts)} files, {kept:,} rows kept, {held:,} in quarantine"
                lines.append(f"{area}/{year} (synthetic): {told}")
        return "\n".join([*lines, f"files and truth: {self.source}"])


def build(
    root: Path,
    *,
    scale: int = 1,
    provinces: int = 1,
    years: int = 3,
    seed: int = SEED,
    key_file: Path | None = None,
) -> Built:
    """Make the synthetic areas `demo`, `demo-02`, …; what is there already is left as it is.

    Files and truth go to `demo-source` in the data folder, parameters to `params` where they are not
    there yet. The key is a published one, kept at `~/.config/equity/demo.key` whatever EQUITY_KEY_FILE
    names, so that no real key is touched.

    Parameters
    ----------
    root
        The project's folder; anything but the area `demo` at its usual size needs one of its own.
    scale
        Multiple of the published size (1: about 16,000 children), up to 50. Memory grows with it (about
        100 MB each), not with provinces.
    provinces, years
        How many provinces (up to 77) and programme years (up to 5, from 2562).
    key_file
        Another place for the key.

    Raises
    ------
    WrongParameters
        A size out of range, or parameters or a register of that name that aren't this generator's.
    EnvironmentProblem
        As an import.
    """
    from geothai import provinces as all_provinces

    _check(scale=scale, provinces=provinces, years=years)
    others = sorted(p.code for p in all_provinces() if p.code != "40")
    source = store.data_dir(root) / "demo-source"
    receipts: dict[str, Mapping[int, Receipt]] = {}
    for i, code in enumerate(["40", *others][:provinces]):
        area = "demo" if i == 0 else f"demo-{i + 1:02d}"
        scenario = Scenario(area, code, seed, scale, years)
        receipts[area] = _build_one(root, scenario, source / area, key_file)
    return Built(receipts, source)


def _check(**sizes: int) -> None:
    faults = [
        Fault("", 0, name, str(size), f"{_LIMITS[name][0]} to {_LIMITS[name][1]}")
        for name, size in sizes.items()
        if not _LIMITS[name][0] <= size <= _LIMITS[name][1]
    ]
    if faults:
        raise WrongParameters("The demo can't be made in this size.", faults)


def _build_one(root: Path, scenario: Scenario, folder: Path, key_file: Path | None) -> "dict[int, Receipt]":
    stamp = {
        "version": version(), "seed": scenario.seed, "scale": scenario.scale,
        "years": scenario.years, "province": scenario.province,
    }  # fmt: skip
    area = store.area_folder(root, scenario.area)
    before = _stamp(folder)
    # What was imported, mended or erased since then is the user's: it stays.
    if before.get("made_by") == stamp and 0 < before.get("state", 0) <= store.head(area).number:
        return {}
    if not before and store.head(area).number:
        raise WrongParameters(f"The register '{scenario.area}' isn't a synthetic one; it stays as it is.")
    from equity_lib.demo.offices import write_offices
    from equity_lib.registry.importing import import_files

    write_parameters(root, scenario)
    if before.get("made_by") not in (None, stamp):
        # Another size, seed or version: that register was made here, and is made anew.
        with store.lock(area):
            shutil.rmtree(area)
    for made in (folder.parent, folder):
        made.mkdir(mode=0o700, exist_ok=True)
    store.write_whole(folder / "stamp.json", json.dumps({"made_by": stamp, "state": 0}))
    for old in [*folder.glob("25??")]:
        shutil.rmtree(old)
    write_offices(scenario, folder, stamp)
    receipts = {}
    with _own_key(root, key_file):
        for year in scenario.program_years:
            receipts[year] = import_files(root, scenario.area, year, [folder / str(year)], replace=True)
    state = store.head(store.area_folder(root, scenario.area)).number
    store.write_whole(folder / "stamp.json", json.dumps({"made_by": stamp, "state": state}))
    return receipts


@cache
def version() -> str:
    """Hash of this package's code: other code may write other files."""
    code = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.*")):
        code.update(path.name.encode() + path.read_bytes())
    return code.hexdigest()[:16]


def write_parameters(root: Path, scenario: Scenario) -> None:
    """Put the area's parameter files and mapping where none are.

    Raises
    ------
    WrongParameters
        If others are there.
    """
    from equity_lib.demo.parameters import designs_text, mapping_text, year_text

    folder = root / "params" / scenario.area
    texts = {f"{year}.yaml": year_text(scenario, year) for year in scenario.program_years}
    texts |= {"mapping.yaml": mapping_text(), "designs.yaml": designs_text()}
    usual = Scenario(seed=scenario.seed)
    if scenario != usual and (root / ".git").exists():
        raise WrongParameters(
            "Only the area `demo` at its usual size is made inside a clone. "
            "For other sizes set EQUITY_ROOT to a folder of their own, with `notebooks` and `params`."
        )
    found = {path.name: path.read_text("utf-8") for path in folder.glob("*.yaml")}
    other = [name for name, text in texts.items() if name in found and found[name] != text]
    if other:
        faults = [
            Fault(f"params/{scenario.area}/{name}", 0, "", "another content", "the generator's")
            for name in other
        ]
        raise WrongParameters("Parameters of that name are there; they stay as they are.", faults)
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        if name not in found:
            (folder / name).write_text(text, encoding="utf-8")


def _stamp(folder: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads((folder / "stamp.json").read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return found


@contextmanager
def _own_key(root: Path, key_file: Path | None) -> Iterator[None]:
    """The published key in place of whatever EQUITY_KEY_FILE names, made if it isn't there."""
    from equity_lib.registry.keys import Key, install_key

    path = key_file or Path.home() / ".config" / "equity" / "demo.key"
    if not os.path.lexists(path):
        try:
            install_key(Key(DEMO_KEY), path, root, store.data_dir(root))
        except OSError as error:
            raise EnvironmentProblem(
                f"The demo's key can't be written to {path}: {error.strerror}."
            ) from None
    named = os.environ.get("EQUITY_KEY_FILE")
    os.environ["EQUITY_KEY_FILE"] = str(path)
    try:
        yield
    finally:
        if named is None:
            del os.environ["EQUITY_KEY_FILE"]
        else:
            os.environ["EQUITY_KEY_FILE"] = named
