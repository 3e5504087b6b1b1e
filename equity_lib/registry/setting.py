"""What the checks know of an area and programme year: province, days, streams with rate and ages."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from equity_lib.results import Name


@dataclass(frozen=True)
class StreamRule:
    """A stream's name, rate in baht, and lowest and highest age in years; None where not stated."""

    name: Name
    rate: int | None = None
    ages: tuple[int, int] | None = None


@dataclass(frozen=True)
class Setting:
    """The programme year that a file must belong to; a check whose limit is not stated is not made."""

    area: str
    province: str
    year: int
    first: dt.date | None = None
    last: dt.date | None = None
    granted: dt.date | None = None
    streams: Mapping[str, StreamRule] = field(default_factory=dict)


def load_setting(root: Path, area: str, year: int) -> Setting:
    """From the area's parameters.

    Raises
    ------
    WrongParameters
        If the parameters of the year don't hold.
    """
    from equity_lib.programme.loading import load_year

    found = load_year(root, area, year)
    streams = {
        stream.key: StreamRule(
            stream.name, stream.rate, (stream.ages.from_, stream.ages.to) if stream.ages else None
        )
        for stream in found.streams or []
    }
    paid = [tranche.date for tranche in found.grant.tranches or [] if tranche.date]
    granted = min(paid) if paid else None
    return Setting(area, found.province, year, found.period.start, found.period.end, granted, streams)
