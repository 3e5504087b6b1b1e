"""Drawings made smaller for a page: nothing that is seen or said may change."""

import re
from xml.etree import ElementTree

import pytest
from matplotlib.path import Path
from matplotlib.transforms import Affine2D

from equity_lib.report.compact import compact
from tests.report.drawn import EXAMPLES, draw

#: What a mark inherits from the group around it.
INHERITED = ("fill", "fill-opacity", "stroke", "stroke-opacity", "stroke-width", "font-size", "font-weight")
#: What the style sheet fills a drawing with.
FILLED = {"fill": "currentColor"}


def marks(drawing: str) -> list[dict[str, str]]:
    """Tag, text and looks of every mark in the order of painting, with what its group hands down."""
    made = []

    def walk(node, above):
        looks = above | {key: value for key, value in node.attrib.items() if key in INHERITED}
        if node.tag in ("path", "circle", "text", "use"):
            tag = "path" if node.tag == "circle" else node.tag
            looks = {key: re.sub(r"#.*-(\d+)\)", r"#\1)", value) for key, value in looks.items()}
            made.append({"tag": tag, "text": node.text or "", **FILLED, **looks})
        for child in node:
            walk(child, looks)

    for child in ElementTree.fromstring(drawing):
        if child.tag not in ("pattern", "clipPath"):
            walk(child, {})
    return made


def opacity(look: dict[str, str]) -> dict[str, str]:
    return {key: value for key, value in look.items() if not key.endswith("opacity")}


@pytest.mark.parametrize("name", EXAMPLES)
def test_compact_keeps_every_mark_with_its_looks(name):
    before = draw(name, language="th", title="x")
    after = compact(before)
    assert len(after.encode()) < len(before.encode())
    for was, now in zip(before.split("\n"), after.split("\n"), strict=True):
        assert [opacity(each) for each in marks(now)] == [opacity(each) for each in marks(was)]


def test_compact_names_the_narrow_drawing_after_the_wide_one():
    wide, narrow = compact(draw("bars", title="Finding")).split("\n")
    name = re.search('aria-labelledby="([^"]+)"', wide)[1]
    assert f'aria-labelledby="{name}"' in narrow
    assert "<title" in wide
    assert "<title" not in narrow


def test_compact_draws_the_same_lines_with_one_coordinate():
    box, line = '<path d="M1 2L5 2L5 9L1 9z" fill="red" />', '<path d="M1 2L5 3  " fill="none" />'
    drawing = f'<svg class="chart">{box}{line}</svg>'
    assert compact(f"<p>{drawing}</p>") == (
        '<p><svg class="chart"><path d="M1 2H5V9H1z" fill="red"/><path d="M1 2L5 3" fill="none"/></svg></p>'
    )


def test_compact_draws_a_disc_as_a_circle():
    disc = Path.unit_circle().transformed(Affine2D().scale(5).translate(40.02, 7))
    corners = [" ".join(f"{each:.2f}" for each in points) for points, _ in disc.iter_segments()]
    path = f"M{corners[0]}" + "".join(f"C{each}" for each in corners[1:-1]) + "z"
    assert path.count("C") == 8
    made = compact(f'<svg class="chart"><path d="{path}" fill="red"/></svg>')
    assert made == '<svg class="chart"><circle cx="40.02" cy="7" r="5" fill="red"/></svg>'
    bent = path.replace("45.02", "46.5")
    assert "<circle" not in compact(f'<svg class="chart"><path d="{bent}" fill="red"/></svg>')


def test_compact_shortens_names_of_a_drawing_and_no_words():
    drawing = (
        '<svg class="chart" aria-labelledby="a-b-w-t a-b-w-d"><title id="a-b-w-t">a-b-w-t</title>'
        '<rect fill="url(#a-b-w-1)"/></svg>'
    )
    assert compact(drawing) == (
        '<svg class="chart" aria-labelledby="d.1w-t d.1w-d"><title id="d.1w-t">a-b-w-t</title>'
        '<rect fill="url(#d.1w-1)"/></svg>'
    )


def test_compact_makes_a_cell_the_element_of_its_only_number():
    alone, beside = '<td><span data-result="a.b">5</span></td>', '<td><span data-result="a">5</span> (4)</td>'
    assert compact(alone + beside) == '<td data-result="a.b">5</td>' + beside


def test_compact_leaves_the_opacity_of_a_mark_that_is_filled_and_outlined():
    both = '<svg class="chart"><path d="M1 2L5 3" fill="red" stroke="blue" opacity="0.5"/></svg>'
    assert compact(both) == both
