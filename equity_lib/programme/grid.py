"""Maps of equal tiles: where each district of a province stands, drawn by hand or from its outline."""

import csv
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from equity_lib.errors import Fault, WrongParameters
from equity_lib.programme.places import districts

#: File of a province that an office may bring along, beside its parameters.
OUTLINES = "districts.geojson"
MOST_COLUMNS = 9
Point = tuple[float, float]


@dataclass(frozen=True)
class Tile:
    """Where a district stands, counted from the top left; `short` is its name as set there ("" = its own).

    `|` in a short name is where it may break.
    """

    column: int
    row: int
    short_th: str = ""
    short_en: str = ""


def grid(province: str, outlines: Path | None = None) -> Mapping[str, Tile]:
    """District code → tile; empty if no map of the province is known.

    An office's own outlines go before the layout that comes with the library.

    Parameters
    ----------
    province
        Its 2-digit code.
    outlines
        A GeoJSON of the districts, each with its 4-digit `code`; ignored if there is no such file.

    Raises
    ------
    WrongParameters
        If the outlines can't be used; every fault is named.

    Example
    -------
    >>> grid("40")["4001"].column, len(grid("40"))
    (4, 26)
    """
    if outlines is not None and outlines.is_file():
        return assigned(_centres(outlines, province))
    return _known(province)


@cache
def _known(province: str) -> Mapping[str, Tile]:
    path = files("equity_lib.programme").joinpath("grids", f"{province}.csv")
    if not path.is_file():
        return {}
    rows = csv.DictReader(path.read_text("utf-8").splitlines())
    return {
        row["code"]: Tile(int(row["column"]), int(row["row"]), row["short_th"], row["short_en"]) for row in rows
    }


def assigned(centres: Mapping[str, Point]) -> dict[str, Tile]:
    """Tiles as near as can be to the centres: Σ squared distance is least over all assignments.

    The grid has as many columns and rows as the spread of the centres asks for, with some tiles to spare.

    Parameters
    ----------
    centres
        District code → longitude, latitude in degrees.

    Source
    ------
    Crouse (2016), On implementing 2D rectangular assignment algorithms, IEEE Transactions on
    Aerospace and Electronic Systems 52: 1679-1696 (`scipy.optimize.linear_sum_assignment`).
    """
    import numpy as np
    from scipy.optimize import linear_sum_assignment

    codes = sorted(centres)
    places = np.array([centres[code] for code in codes], dtype=float)
    places[:, 0] *= math.cos(math.radians(places[:, 1].mean()))
    spread = np.maximum(places.max(axis=0) - places.min(axis=0), 1e-9)
    columns, rows = _shape(len(codes), float(spread[0] / spread[1]))
    share = (places - places.min(axis=0)) / spread
    across, down = share[:, 0] * (columns - 1), (1 - share[:, 1]) * (rows - 1)
    free = [(column, row) for row in range(rows) for column in range(columns)]
    cost = [[(x - column) ** 2 + (y - row) ** 2 for column, row in free] for x, y in zip(across, down, strict=True)]
    _, chosen = linear_sum_assignment(np.round(cost, 6))
    taken = [free[index] for index in chosen]
    left, top = min(column for column, _ in taken), min(row for _, row in taken)
    return {
        code: Tile(column - left, row - top) for code, (column, row) in zip(codes, taken, strict=True)
    }


def _shape(count: int, ratio: float) -> tuple[int, int]:
    """Columns and rows of the shape of the province, with about half as many tiles again."""
    wanted = count * 1.5 if count > 1 else 1
    columns = min(max(1, round(math.sqrt(wanted * ratio))), MOST_COLUMNS, count)
    return columns, max(1, math.ceil(wanted / columns))


def _centres(path: Path, province: str) -> dict[str, Point]:
    """Centre of each district's outline, after everything in the file was checked."""
    name = f"{path.parent.name}/{path.name}"
    try:
        features = json.loads(path.read_text("utf-8"))["features"]
        features = [(each["properties"], each["geometry"]) for each in features]
    except (ValueError, KeyError, TypeError):
        fault = Fault(name, 0, "", "no GeoJSON of outlines", "a FeatureCollection with properties and geometry")
        raise WrongParameters("The map of districts can't be used.", [fault]) from None
    known = {place.code for place in districts(province)}
    made: dict[str, Point] = {}
    faults = []
    for number, (properties, geometry) in enumerate(features, start=1):
        code, where = str((properties or {}).get("code", "")), f"feature {number}"
        centre = _centre(geometry or {})
        if code not in known:
            allowed = f"`code`, the 4-digit code of one of the {len(known)} districts of {province}"
            faults.append(Fault(name, 0, where, "no such district", allowed))
        elif code in made:
            faults.append(Fault(name, 0, where, f"{code} a second time", "each district once"))
        elif centre is None:
            faults.append(Fault(name, 0, where, "an outline that can't be used", "Point, Polygon, MultiPolygon in degrees"))
        else:
            made[code] = centre
    if missing := sorted(known - made.keys()) if not faults else []:
        faults.append(Fault(name, 0, "", f"no outline of {', '.join(missing)}", "all districts of the province"))
    if faults:
        raise WrongParameters("The map of districts can't be used.", faults)
    return made


def _centre(geometry: Mapping[str, Any]) -> Point | None:
    """Centre of area of an outline, or None if it isn't one."""
    try:
        kind, given = geometry["type"], geometry["coordinates"]
        if kind == "Point":
            found = (float(given[0]), float(given[1]))
        elif kind in ("Polygon", "MultiPolygon"):
            found = _weighted(given if kind == "MultiPolygon" else [given])
        else:
            return None
    except (KeyError, TypeError, ValueError, IndexError, ZeroDivisionError):
        return None
    return found if abs(found[0]) <= 180 and abs(found[1]) <= 90 else None  # noqa: PLR2004


def _weighted(polygons: Iterable[Sequence[Sequence[Sequence[float]]]]) -> Point:
    """Centre of the outer rings, weighted by area (shoelace formula)."""
    area = x_sum = y_sum = 0.0
    for rings in polygons:
        points = [(float(x), float(y)) for x, y, *_ in rings[0]]
        twice = x_part = y_part = 0.0
        for (x0, y0), (x1, y1) in zip(points, [*points[1:], points[0]], strict=True):
            cross = x0 * y1 - x1 * y0
            twice += cross
            x_part += (x0 + x1) * cross
            y_part += (y0 + y1) * cross
        area += abs(twice) / 2
        x_sum += x_part / (3 * twice) * abs(twice) / 2
        y_sum += y_part / (3 * twice) * abs(twice) / 2
    return x_sum / area, y_sum / area
