"""Cleaning matplotlib's SVG: small, prefixed, in the page's colours."""

from xml.etree import ElementTree

import pytest

from equity_lib.errors import EquityError
from equity_lib.report import svg

RAW = """<?xml version="1.0" encoding="utf-8" standalone="no"?>
<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">
<svg xmlns:xlink="http://www.w3.org/1999/xlink" width="360pt" height="216pt" viewBox="0 0 360 216.004"
 xmlns="http://www.w3.org/2000/svg" version="1.1">
 <metadata><dc:date xmlns:dc="http://purl.org/dc/elements/1.1/">2563-11-25</dc:date></metadata>
 <defs><style type="text/css">*{stroke-linejoin: round}</style></defs>
 <!-- made by hand -->
 <g id="figure_1"><g id="patch_1">
  <path d="M 1.23456 67.5 &#10;L 198 -0.001 &#10;z&#10;" clip-path="url(#used)"
   style="fill: url(#hatch); stroke: #b85c00; stroke-width: 1"/></g>
  <g id="text_1"><text style="font: 600 14px 'DejaVu Sans'; font-size: 14px; font-family: 'Arial';
   text-anchor: start; fill: #1f2933" x="36.129" y="1" transform="rotate(-0 36 1)">ก &lt;b&gt; {{</text></g>
  <use xlink:href="#hatch"/></g>
 <defs><clipPath id="used"><rect width="1"/></clipPath><clipPath id="unused"><rect/></clipPath>
  <pattern id="hatch"><path style="fill: #0b4f8a"/></pattern></defs>
</svg>"""


def clean(raw: str = RAW, **given: str) -> str:
    values = {"prefix": "money-parts-w", "title": "หัวข้อ", "description": "ก: 1", "language": "th"} | given
    return svg.clean(raw, **values)


def test_clean_drops_prolog_metadata_comments_and_what_is_unused():
    made = clean()
    assert made.startswith('<svg class="chart" viewBox="0 0 360 216" role="img"')
    for gone in (
        "<?",
        "<!",
        "metadata",
        "2563",
        "style",
        "http",
        "font-family",
        "unused",
        "figure_1",
        "rotate",
    ):
        assert gone not in made


def test_clean_prefixes_ids_and_references_alike():
    made = clean()
    assert 'id="money-parts-w-1"' in made
    assert 'clip-path="url(#money-parts-w-1)"' in made
    assert 'href="#money-parts-w-2"' in made
    assert 'fill="url(#money-parts-w-2)"' in made
    assert made.count(' id="') == 4


def test_clean_maps_colours_and_rounds_coordinates():
    made = clean()
    assert 'stroke="var(--missing)"' in made
    assert 'fill="currentColor"' in made
    assert 'd="M1.23 67.5L198 0z"' in made
    assert 'x="36.13"' in made
    assert 'font-size="14"' in made
    assert "#1f2933" not in made


def test_clean_refuses_a_colour_of_no_meaning():
    with pytest.raises(EquityError, match="#ff0000"):
        clean(RAW.replace("#b85c00", "#ff0000"))


def test_clean_escapes_texts_titles_and_descriptions():
    made = clean(title='<script>alert("1")</script>', description="a & b")
    assert "<script" not in made
    assert "ก &lt;b&gt; {{" in made
    root = ElementTree.fromstring(made)
    assert [child.text for child in root[:2]] == ['<script>alert("1")</script>', "a & b"]
    assert root.attrib["aria-labelledby"].split() == [child.attrib["id"] for child in root[:2]]


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_palette_contrast_by_wcag(mode):
    colours = svg.PALETTE[mode]
    paper = luminance(colours["paper"])
    for name, least in {"ink": 4.5, "muted": 4.5, "counted": 3, "missing": 3, "rule": 3}.items():
        light, dark = sorted((luminance(colours[name]), paper), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= least, name
