"""From matplotlib's SVG text to an inline fragment: small, deterministic, coloured by the page."""

import re
from xml.etree import ElementTree

from equity_lib.errors import EquityError

# What the charts are drawn in; each stands for a colour of the page.
INK = "#1f2933"
PAPER = "#ffffff"
COUNTED = "#0b4f8a"
SECOND = "#8a3a7b"
MISSING = "#b85c00"
MUTED = "#52606d"
RULE = "#7b8794"
COLOURS = {
    INK: "currentColor",
    PAPER: "var(--paper)",
    COUNTED: "var(--counted)",
    SECOND: "var(--second)",
    MISSING: "var(--missing)",
    MUTED: "var(--muted)",
    RULE: "var(--rule)",
    "none": "none",
}

#: Values of the page's variables: text 4.5 : 1 and marks 3 : 1 against `paper` (tested).
PALETTE = {
    "light": {
        "paper": PAPER,
        "ink": INK,
        "counted": COUNTED,
        "second": SECOND,
        "missing": MISSING,
        "muted": MUTED,
        "rule": RULE,
    },
    "dark": {
        "paper": "#12181f",
        "ink": "#e6ebf0",
        "counted": "#7db8e8",
        "second": "#d99bc8",
        "missing": "#f2a65a",
        "muted": "#a7b2bd",
        "rule": "#7d8a97",
    },
}

_DEFAULTS = {
    "text-anchor": "start",
    "font-weight": "400",
    "stroke-width": "1",
    "stroke-linecap": "butt",
    "stroke-linejoin": "miter",
}
_UNUSED = ("metadata", "style")
_NUMBER = re.compile(r"-?\d+\.\d+")
_REFERENCE = re.compile(r"url\(#([^)]+)\)")


def clean(
    svg: str, prefix: str, title: str, description: str, language: str, css_class: str = "chart"
) -> str:
    """Make matplotlib's SVG fit to stand in a page.

    Prolog, metadata, comments, unused definitions and fonts go; text stays text in the page's font;
    colours become the page's variables; ids get a prefix of their own.

    Parameters
    ----------
    svg
        SVG text by matplotlib, drawn with `svg.fonttype: none` in the colours of this module.
    prefix
        Start of every id: unique on the page.
    title, description
        What a screen reader says instead of the drawing.
    language
        Language of the texts, `th` or `en`.
    css_class
        Class of the root element.

    Raises
    ------
    EquityError
        If something is drawn in a colour that the page doesn't know.
    """
    source = ElementTree.fromstring(svg)  # drops comments, prolog and DOCTYPE
    _strip(source)
    width, height = source.attrib["viewBox"].split()[2:]
    ids = _ids(source, prefix)
    root = ElementTree.Element(
        "svg",
        {
            "class": css_class,
            "viewBox": f"0 0 {_short(width)} {_short(height)}",
            "role": "img",
            "aria-labelledby": f"{prefix}-t {prefix}-d",
            "lang": language,
        },
    )
    ElementTree.SubElement(root, "title", {"id": f"{prefix}-t"}).text = title
    ElementTree.SubElement(root, "desc", {"id": f"{prefix}-d"}).text = description
    for child in source:
        root.extend(_kept(child, ids))
    return ElementTree.tostring(root, encoding="unicode")


def _strip(element: ElementTree.Element) -> None:
    """Bare tag names: an inline SVG needs no namespace."""
    for node in element.iter():
        node.tag = node.tag.rpartition("}")[2]
        node.attrib = {name.rpartition("}")[2]: value for name, value in node.attrib.items()}
        node.tail = None
        if node.tag != "text" and node.text is not None:
            node.text = node.text.strip() or None


def _ids(source: ElementTree.Element, prefix: str) -> dict[str, str]:
    """The ids that something refers to, with their new names in the order of first use."""
    used: dict[str, str] = {}
    for node in source.iter():
        found = _REFERENCE.findall(" ".join(node.attrib.values()))
        if node.get("href", "").startswith("#"):
            found.append(node.attrib["href"][1:])
        for name in found:
            used.setdefault(name, f"{prefix}-{len(used) + 1}")
    return used


def _kept(node: ElementTree.Element, ids: dict[str, str]) -> list[ElementTree.Element]:
    """A node as it goes to the page: itself, only its children, or nothing."""
    children = [kept for child in node for kept in _kept(child, ids)]
    name = node.get("id", "")
    if node.tag in _UNUSED or (node.tag in ("clipPath", "pattern") and name not in ids):
        return []
    if node.tag == "defs" or (node.tag == "g" and name not in ids and set(node.attrib) <= {"id"}):
        return children
    made = ElementTree.Element(node.tag, _attributes(node, ids))
    made.text = node.text
    made.extend(children)
    return [made]


def _attributes(node: ElementTree.Element, ids: dict[str, str]) -> dict[str, str]:
    given = {name: value for name, value in node.attrib.items() if name not in ("style", "id")}
    for rule in filter(None, node.get("style", "").split(";")):
        name, _, value = rule.partition(":")
        given[name.strip()] = value.strip()
    kept = {"id": ids[node.attrib["id"]]} if node.get("id") in ids else {}
    for name, value in given.items():
        if name in ("font", "font-family") or _DEFAULTS.get(name) == value:
            continue
        if name == "transform" and value.startswith(("rotate(-0 ", "rotate(0 ")):
            continue
        kept[name] = _value(name, value, ids)
    return kept


def _value(name: str, value: str, ids: dict[str, str]) -> str:
    if found := _REFERENCE.fullmatch(value):
        return f"url(#{ids[found[1]]})"
    if name in ("fill", "stroke"):
        if value not in COLOURS:
            raise EquityError(f"a chart is drawn in {value}, which is no colour of the page")
        return COLOURS[value]
    if name == "href" and value.startswith("#"):
        return f"#{ids[value[1:]]}"
    value = _NUMBER.sub(lambda number: _short(number[0]), value.removesuffix("px"))
    return re.sub(r"\s*([MLQCz])\s*", r"\1", value) if name == "d" else value


def _short(number: str) -> str:
    """At most two decimals: a hundredth of a pixel."""
    return f"{round(float(number), 2) + 0:g}"
