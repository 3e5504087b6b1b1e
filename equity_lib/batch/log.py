"""The private log: times, exception types and frames; never a value and never an exception's text."""

import json
import os
import tempfile
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

_LIMIT = 1_000_000
#: Files kept beside the present one.
_KEPT = 5


def log(folder: Path, **record: Any) -> Path:
    """Append a record to `log.jsonl` in a folder, or write a temporary file if that can't be done.

    Returns
    -------
    Path
        The file, to tell the user where to look.
    """
    line = json.dumps({"time": datetime.now(UTC).isoformat(timespec="seconds"), **record}, ensure_ascii=False)
    place = folder / "log.jsonl"
    try:
        if place.exists() and place.stat().st_size > _LIMIT:
            _rotate(place)
        with place.open("a", encoding="utf-8") as file:
            file.write(line + "\n")
    except OSError:
        with suppress(OSError):
            handle, name = tempfile.mkstemp(prefix="equity-log-", suffix=".jsonl")
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(line + "\n")
            return Path(name)
    return place


def _rotate(place: Path) -> None:
    """`log.jsonl` becomes `log.1.jsonl`, that becomes `log.2.jsonl`; the oldest goes."""
    for number in range(_KEPT - 1, 0, -1):
        with suppress(FileNotFoundError):
            place.with_suffix(f".{number}.jsonl").replace(place.with_suffix(f".{number + 1}.jsonl"))
    place.replace(place.with_suffix(".1.jsonl"))
