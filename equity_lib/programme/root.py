"""The project's root folder: the one that holds `notebooks/` and `params/`."""

import os
from pathlib import Path

from equity_lib.errors import WrongParameters


def find_root() -> Path:
    """The folder named by EQUITY_ROOT, or the nearest one upwards holding `notebooks/` and `params/`.

    Raises
    ------
    WrongParameters
        If there is none; the message says what to do.
    """
    named = os.environ.get("EQUITY_ROOT", "")
    start = Path(named).expanduser().resolve() if named else Path.cwd()
    for folder in [start] if named else [start, *start.parents]:
        if (folder / "notebooks").is_dir() and (folder / "params").is_dir():
            return folder
    where = f"EQUITY_ROOT names {start}, which" if named else f"Neither {start} nor a folder above it"
    verb = "does not hold" if named else "holds"
    raise WrongParameters(
        f"{where} {verb} `notebooks/` and `params/`. "
        "Change into the project's folder, or set EQUITY_ROOT to its path."
    )
