"""A register that lies at a URL: copied beside the worker that reads it, and nothing of it twice."""

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from equity_lib.errors import EnvironmentProblem


def use_url(root: Path, areas: Iterable[str]) -> None:
    """If EQUITY_DATA_URL names where registers lie, work with a private copy of what notebooks read."""
    url = os.environ.get("EQUITY_DATA_URL")
    if url:
        into = root / "outputs" / ".runs" / "register"
        for area in sorted(set(areas)):
            mirror(url, area, into)
        os.environ["EQUITY_DATA_DIR"] = str(into)


def mirror(url: str, area: str, into: Path) -> Path:
    """Copy what notebooks read of an area's register.

    Imports never change, so each is copied once; the list of those that hold is read every time.

    Parameters
    ----------
    url
        What fsspec understands, such as `s3://bucket/registers`; credentials are those of its configuration.
    into
        A folder of this user alone.

    Returns
    -------
    Path
        The data folder, to be used as EQUITY_DATA_DIR.
    """
    import fsspec  # type: ignore[import-untyped]

    into.mkdir(mode=0o700, parents=True, exist_ok=True)
    system, base = fsspec.core.url_to_fs(url.rstrip("/"))
    source, target = f"{base}/{area}", into / area
    try:
        if not system.exists(f"{source}/HEAD.json"):
            return into
        head = system.cat_file(f"{source}/HEAD.json")
        number = json.loads(head)["state"]
        state = system.cat_file(f"{source}/states/{number}.json")
        for import_id in sorted({part["import_id"] for part in json.loads(state)["parts"]}):
            _copy_import(system, f"{source}/imports/{import_id}", target / "imports" / import_id)
    except (OSError, ValueError, KeyError) as error:
        raise EnvironmentProblem(
            f"The register at {url} can't be read ({type(error).__name__}). Check the address and the access."
        ) from None
    for name, data in ((f"states/{number}.json", state), ("HEAD.json", head)):
        path = target / name
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.write_bytes(data)
    return into


def _copy_import(system: Any, source: str, target: Path) -> None:
    if target.exists():
        return
    aside = target.with_name(f".{target.name}.new")
    aside.mkdir(mode=0o700, parents=True, exist_ok=True)
    for found in system.ls(source, detail=False):
        name = str(found).rstrip("/").rpartition("/")[2]
        (aside / name).write_bytes(system.cat_file(found))
    aside.rename(target)
