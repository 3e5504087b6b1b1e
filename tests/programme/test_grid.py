"""Tile maps: the committed one is faithful, others are assigned the same way each time."""

import json
from itertools import combinations

import pytest

from equity_lib.errors import WrongParameters
from equity_lib.programme.grid import assigned, grid
from equity_lib.programme.places import districts

#: Some pairs of neighbours; must touch, at least by a corner. Not all pairs can on a grid.
NEIGHBOURS = {
    "4001": "4002 4003 4007 4008 4021 4024",
    "4004": "4002 4017",
    "4005": "4020 4029",
    "4006": "4023 4029",
    "4007": "4009 4019",
    "4010": "4011 4018 4024 4025",
    "4012": "4013 4014 4015",
    "4016": "4023 4029",
    "4017": "4003 4018 4022",
}

#: Longitude and latitude of each district's middle: the mean of its sub-districts, as they are listed in
#: https://github.com/tachagon/thailand_seed (th_location.rb, commit 18f2339).
MIDDLES = {
    "4001": (102.82, 16.45),
    "4002": (102.62, 16.47),
    "4003": (102.69, 16.30),
    "4004": (102.45, 16.49),
    "4005": (102.12, 16.58),
    "4006": (102.12, 16.76),
    "4007": (102.88, 16.70),
    "4008": (102.67, 16.78),
    "4009": (103.08, 16.74),
    "4010": (102.76, 16.04),
    "4011": (102.88, 15.89),
    "4012": (102.59, 15.81),
    "4013": (102.46, 15.93),
    "4014": (102.41, 15.80),
    "4015": (102.78, 15.77),
    "4016": (102.45, 16.67),
    "4017": (102.53, 16.21),
    "4018": (102.58, 16.02),
    "4019": (102.79, 16.90),
    "4020": (101.89, 16.70),
    "4021": (103.06, 16.56),
    "4022": (102.39, 16.07),
    "4023": (102.34, 16.80),
    "4024": (102.77, 16.21),
    "4025": (102.67, 15.98),
    "4029": (102.27, 16.70),
}
#: Degrees; districts that are further apart than this (about 8 km) must not change sides on the map.
APART = 0.075


def test_grid_of_khon_kaen_has_each_district_once():
    tiles = grid("40")
    assert set(tiles) == {place.code for place in districts("40")}
    assert len({(tile.column, tile.row) for tile in tiles.values()}) == 26


@pytest.mark.parametrize("code", NEIGHBOURS)
def test_grid_of_khon_kaen_lets_neighbours_touch(code):
    one = grid("40")[code]
    for other in map(grid("40").__getitem__, NEIGHBOURS[code].split()):
        assert max(abs(one.column - other.column), abs(one.row - other.row)) == 1


def test_grid_of_khon_kaen_puts_no_district_on_the_wrong_side_of_another():
    """Oracle: coordinates; a tile may stand level with one that it is east or north of, never beyond it."""
    tiles, wrong = grid("40"), []
    assert set(MIDDLES) == set(tiles)
    for one, other in combinations(sorted(tiles), 2):
        east, north = (b - a for a, b in zip(MIDDLES[one], MIDDLES[other], strict=True))
        right, up = tiles[other].column - tiles[one].column, tiles[one].row - tiles[other].row
        wrong += [(one, other, "across")] if abs(east) > APART and east * right < 0 else []
        wrong += [(one, other, "down")] if abs(north) > APART and north * up < 0 else []
    assert wrong == []


def test_grid_short_names_are_the_names_of_the_places():
    for code, tile in grid("40").items():
        place = next(place for place in districts("40") if place.code == code)
        assert place.name_th.startswith(tile.short_th.replace("|", ""))
        assert place.name_en.startswith(tile.short_en.replace("|", ""))


def test_grid_of_a_province_without_a_map_is_empty():
    assert grid("41") == {}


def test_assigned_keeps_a_square_lattice_as_it_is():
    """Oracle: 3 × 3 points that stand on a lattice already."""
    centres = {f"40{row}{column}": (100 + column, 16 - row) for row in range(3) for column in range(3)}
    tiles = assigned(centres)
    for row in range(3):
        tops = [tiles[f"40{row}{column}"] for column in range(3)]
        assert [tile.column for tile in tops] == sorted(tile.column for tile in tops)
        assert len({tile.row for tile in tops}) == 1
    assert assigned(dict(reversed(centres.items()))) == tiles


def test_assigned_one_district_stands_alone():
    assert assigned({"4001": (102.8, 16.4)})["4001"].column == 0


def feature(code, x, y, size=0.1):
    ring = [[x, y], [x + size, y], [x + size, y + size], [x, y + size], [x, y]]
    return {"properties": {"code": code}, "geometry": {"type": "Polygon", "coordinates": [ring]}}


def write(path, features):
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), "utf-8")
    return path


def test_grid_takes_an_offices_outlines_before_the_committed_map(tmp_path):
    codes = [place.code for place in districts("41")]
    features = [feature(code, 102 + 0.2 * (n % 5), 17 - 0.2 * (n // 5)) for n, code in enumerate(codes)]
    tiles = grid("41", write(tmp_path / "districts.geojson", features))
    assert set(tiles) == set(codes)
    assert len({(tile.column, tile.row) for tile in tiles.values()}) == len(codes)
    assert (tiles[codes[0]].column, tiles[codes[0]].row) == (0, 0)


def test_grid_names_every_fault_of_the_outlines(tmp_path):
    features = [
        feature("4101", 102, 17),
        feature("4101", 102, 17),
        feature("9999", 1, 1),
        feature("4102", 500, 17),
    ]
    with pytest.raises(WrongParameters) as found:
        grid("41", write(tmp_path / "districts.geojson", features))
    message = str(found.value)
    assert "feature 2: found 4101 a second time" in message
    assert "feature 3: found no such district" in message
    assert "feature 4: found an outline that can't be used" in message


def test_grid_needs_all_districts(tmp_path):
    with pytest.raises(WrongParameters, match="found no outline of 4102"):
        grid("41", write(tmp_path / "districts.geojson", [feature("4101", 102, 17)]))


@pytest.mark.parametrize("text", ["", "[]", '{"features": [1]}'])
def test_grid_refuses_what_is_no_geojson(tmp_path, text):
    path = tmp_path / "districts.geojson"
    path.write_text(text)
    with pytest.raises(WrongParameters, match="allowed: a FeatureCollection"):
        grid("41", path)
