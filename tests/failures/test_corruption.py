"""Earlier outputs that were spoilt: noticed, said why, and made again to the same bytes."""

import json
import shutil

import pytest

from equity_lib.batch.run import status
from tests.batch.tiny_project import tree

#: File → what `equity status` says of it, and what is executed again.
FILES = {
    "khon-kaen/2562/01_first.th.html": ("page missing or altered: 01_first.th.html", ()),
    "khon-kaen/2562/manifest.json": ("page missing or altered: manifest.json", ()),
    "index.html": ("index pages: page missing or altered: index.html", ()),
    ".runs/khon-kaen/2562/01_first.ipynb": ("01_first: executed notebook missing or altered", ("01_first",)),
    ".runs/khon-kaen/2562/02_second.json": ("02_second: never run", ("02_second",)),
    ".runs/khon-kaen/2562/published.json": ("pages: never published", ()),
    ".runs/site.json": ("index pages: never made", ()),
}
SPOILS = {
    "cut in half": lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]),
    "zeroed": lambda path: path.write_bytes(bytes(path.stat().st_size)),
    "emptied": lambda path: path.write_bytes(b""),
    "deleted": lambda path: path.unlink(),
    "deeply nested": lambda path: path.write_bytes(b"[" * 200_000),
    "a folder": lambda path: (path.unlink(), path.mkdir()),
    "a link to nowhere": lambda path: (path.unlink(), path.symlink_to("nowhere")),
    "a link to itself": lambda path: (path.unlink(), path.symlink_to(path.name)),
}


@pytest.mark.parametrize("name", [name for name in FILES if "site" not in name and "published" not in name])
def test_corrupted_output_is_made_again_to_the_same_bytes(scene, name):
    executed = FILES[name][1]
    SPOILS["cut in half"](scene.root / "outputs" / name)
    done = scene.equity("run")
    scene.survived(done, 0)
    redone = {line.split()[1].rstrip(":") for line in done.stdout.splitlines() if ": done" in line}
    assert redone - {"pages"} == set(executed)
    assert tree(scene.root / "outputs") == scene.before


@pytest.mark.parametrize("spoil", SPOILS)
@pytest.mark.parametrize("name", [*FILES, ".runs/hashes.json"])
def test_corrupted_output_of_any_kind_is_noticed(scene, name, spoil):
    """In this process, for speed: what `equity run` would do about it."""
    SPOILS[spoil](scene.root / "outputs" / name)
    lines = "\n".join(status(scene.root).lines())
    assert FILES[name][0] in lines or "page missing or altered" in lines if name in FILES else not lines


@pytest.mark.parametrize(
    "name", ["khon-kaen/2562/01_first.json", "khon-kaen/2562/published.json", "site.json"]
)
@pytest.mark.parametrize("value", [None, 5, "x", [], ["x"], [[]], {}, {"x": 5}], ids=str)
def test_corrupted_record_of_any_shape_is_noticed(scene, name, value):
    path = scene.root / "outputs/.runs" / name
    whole = json.loads(path.read_bytes())
    for keys in _paths(whole):
        spoilt = _put(whole, keys, value)
        path.write_text(json.dumps(spoilt), "utf-8")
        assert spoilt == whole or status(scene.root).lines(), keys


@pytest.mark.parametrize("name", [".runs/khon-kaen/2562/01_first.ipynb", ".runs/lock"])
def test_corrupted_to_a_folder_is_left_to_the_user(scene, name):
    path = scene.root / "outputs" / name
    path.unlink()
    path.mkdir()
    scene.before = {each: data for each, data in scene.before.items() if each != name}
    said = f"{path}: a folder stands where a file should be. Move it away, then run again."
    scene.survived(scene.equity("run"), 6, said)
    assert path.is_dir()


def test_corrupted_to_a_file_a_years_folder_is_made_again(scene):
    folder = scene.root / "outputs/khon-kaen/2562"
    shutil.rmtree(folder)
    folder.write_text("x")
    scene.survived(scene.equity("run"), 0, "khon-kaen/2562 pages: done")
    assert tree(scene.root / "outputs") == scene.before


def _paths(value, keys=()):
    yield keys
    for key, inner in value.items() if isinstance(value, dict) else ():
        yield from _paths(inner, (*keys, key))


def _put(value, keys, new):
    if not keys:
        return new
    return {**value, keys[0]: _put(value[keys[0]], keys[1:], new)}
