"""Drawings made smaller for a page: nothing that is seen or said may change."""

import re
from xml.etree import ElementTree

import pytest

from equity_lib.report.compact import compact
from tests.report.drawn import EXAMPLES, draw

#: What a mark inherits from the group around it.
INHERITED = ("fill", "fill-opacity", "stroke", "stroke-opacity", "stroke-width", "font-size", "font-weight")


def marks(drawing: str) -> list[dict[str, str]]:
    """Tag, text and looks of every mark in the order of painting, with what its group hands down."""
    made = []

    def walk(node, above):
        looks = above | {key: value for key, value in node.attrib.items() if key in INHERITED}
        if node.tag in ("path", "text", "use"):
            made.append({"tag": node.tag, "text": node.text or "", **looks})
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


def test_compact_leaves_the_opacity_of_a_mark_that_is_filled_and_outlined():
    both = '<svg class="chart"><path d="M1 2L5 3" fill="red" stroke="blue" opacity="0.5"/></svg>'
    assert compact(both) == both
