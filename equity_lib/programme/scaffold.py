"""The next programme year's parameter file, made from the year before."""

import hashlib
import io
import os
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from equity_lib.errors import Fault, WrongParameters
from equity_lib.programme.fields import NOT_STATED
from equity_lib.programme.limits import LIMITS
from equity_lib.programme.loading import known_years, load_year

#: What belongs to one year and starts empty in the next.
_FRESH = (
    "release_date",
    "stated_total",
    "breakdowns",
    "outcomes",
    "targets",
    "partners",
    "participants",
    "cutoff",
)
_STREAM_FIGURES = ("rate", "cases", "amount", "counted", "payments_per_case", "paid_from_grant")


def new_year(root: Path, area: str, program_year: int) -> Path:
    """Write `params/<area>/<year>.yaml` from the area's latest earlier year.

    Names, goals, streams and settings are carried over; every figure becomes `not_stated` and the
    facts and sources are left out, so nothing of the old year can pass for the new one. Settings of
    disclosure control that a signed reason weakened go back to their defaults.

    Parameters
    ----------
    root
        The folder that holds `params/`.
    area, program_year
        As in `params/<area>/<year>.yaml`, the year in B.E.

    Returns
    -------
    Path
        The new file, which can be read as it is.

    Raises
    ------
    WrongParameters
        If the file is there already, or the area has no earlier year to start from.
    """
    path = root / "params" / area / f"{program_year}.yaml"
    if path.exists():
        fault = Fault(
            f"params/{area}/{path.name}", 0, "", "a file", "no file yet", "Edit it, or name another year."
        )
        raise WrongParameters("Nothing is overwritten.", [fault])
    earlier = [year for year in known_years(root, area) if year < program_year]
    if not earlier:
        action = (
            f"Copy a year of another area to params/{area}/ and put in your own names, then run this again."
        )
        fault = Fault(f"params/{area}", 0, "", "no earlier year", "an area with a year to start from", action)
        raise WrongParameters("There is nothing to start from.", [fault])
    load_year(root, area, earlier[-1])
    reader = YAML()
    reader.width = 4096
    reader.preserve_quotes = True
    data = reader.load(path.with_name(f"{earlier[-1]}.yaml").read_text("utf-8"))
    _refresh(data, path.parent, program_year, program_year - earlier[-1])
    written = io.StringIO()
    reader.dump(data, written)
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    aside.write_text(written.getvalue(), "utf-8")
    aside.replace(path)
    return path


def _refresh(data: Any, folder: Path, program_year: int, later: int) -> None:
    data["program_year"] = program_year
    data["ordinal"] += later
    data["period"] = {"start": NOT_STATED, "end": NOT_STATED}
    data["use_of_grant"] = dict.fromkeys(data["use_of_grant"], NOT_STATED)
    data["narrative"] = dict.fromkeys(data["narrative"], NOT_STATED)
    data["results_year"] = "stated"
    for key in _FRESH:
        data[key] = NOT_STATED
    data["grant"] = {"amount": NOT_STATED, "tranches": NOT_STATED, "fact": NOT_STATED}
    if data["streams"] != NOT_STATED:
        for stream in data["streams"]:
            stream.update(dict.fromkeys(_STREAM_FIGURES, NOT_STATED), fact=NOT_STATED)
            stream.pop("not_before", None)
    for named in (data["project"], data["funder"], data["secretariat"], *data["goals"]):
        named["fact"] = NOT_STATED
        named.pop("written_as", None)
    disclosure = data["disclosure"]
    disclosure.pop("exception", None)  # signed for one year
    for name, limit in LIMITS.items():
        if name in disclosure and limit.weaker(disclosure[name], limit.default):
            disclosure[name] = limit.default
    data["contributions"] = []
    data["sources"], data["facts"] = {}, {}
    for name in ("designs", "mapping"):
        pinned = folder / f"{name}.yaml"
        data[f"{name}_sha256"] = (
            hashlib.sha256(pinned.read_bytes()).hexdigest() if pinned.is_file() else "none"
        )
