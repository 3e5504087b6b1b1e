"""A page with nothing said twice: what a printed or mailed page doesn't need to carry."""

import math
import re
from collections.abc import Sequence
from xml.etree import ElementTree

#: Attributes that a group hands down to its members.
_HANDED_DOWN = frozenset(
    [
        *("fill", "fill-opacity", "stroke", "stroke-opacity", "stroke-width", "stroke-dasharray"),
        *("stroke-linecap", "font-size", "font-weight", "text-anchor"),
    ]
)
_COSTS = len("<g></g>")  # bytes of a group without attributes
_HAIR = 0.02  # px that roundings may move a point by
_DRAWING = re.compile(r"<svg .*?</svg>", re.S)
_CURVES = re.compile(r"M[-\d. ]+(?:C[-\d. ]+){8}z")  # a disc, as matplotlib draws it
_NAMED = re.compile(r'aria-labelledby="(\S+)-w-t ')
_PREFIX = "d."  # no id of another part of a page has a dot
_FIGURE = re.compile(r'<td([^>]*)><span( data-result="[^"]*")>([^<]*)</span></td>')
_LINE = re.compile(r"([ML])(-?[\d.]+) (-?[\d.]+)")


def compact(page: str) -> str:
    """The page, smaller, that looks and sounds the same.

    A narrow drawing is called what the wide one beside it is called; neighbours that look alike share a
    group; level and upright lines name one coordinate; a disc is a circle; names that only a drawing itself
    refers to are short. A cell that holds a number alone is itself the number's element.
    """
    numbers: dict[str, int] = {}

    def smaller(found: re.Match[str]) -> str:
        drawing = _smaller(found[0])
        names = _NAMED.search(drawing)
        if names is None:
            return drawing
        number = numbers.setdefault(names[1], len(numbers) + 1)
        return re.sub(rf'(?<=["# ]){re.escape(names[1])}-(?=[wn]-)', f"{_PREFIX}{number}", drawing)

    return _DRAWING.sub(smaller, _FIGURE.sub(r"<td\1\2>\3</td>", page))


def _smaller(drawing: str) -> str:
    root = ElementTree.fromstring(drawing)
    if "chart-narrow" in root.get("class", "").split():
        for name in [child for child in root if child.tag in ("title", "desc")]:
            root.remove(name)
        root.set("aria-labelledby", re.sub(r"-n-([td])\b", r"-w-\1", root.get("aria-labelledby", "")))
    for node in root.iter():
        _plain(node)
    root[:] = _grouped(list(root))
    return ElementTree.tostring(root, encoding="unicode").replace(" />", "/>")


def _plain(node: ElementTree.Element) -> None:
    """Shorter words for the same mark; the style sheet fills drawings with the colour of text."""
    if node.get("fill") == "currentColor":
        del node.attrib["fill"]
    if node.get("stroke-dashoffset") == "0":
        del node.attrib["stroke-dashoffset"]
    for name in ("x", "y"):
        if name in node.attrib and node.tag == "text":
            node.set(name, _tenth(node.attrib[name]))
    if "d" in node.attrib:
        node.set("d", _shorter(node.attrib["d"]))
        if disc := _disc(node.attrib["d"]):
            node.tag = "circle"
            node.attrib = {**disc, **{key: value for key, value in node.attrib.items() if key != "d"}}
    if "opacity" in node.attrib:
        filled, lined = node.get("fill") != "none", node.get("stroke", "none") != "none"
        if filled != lined:  # of a mark that has both, the two opacities would show where they overlap
            node.set("fill-opacity" if filled else "stroke-opacity", node.attrib.pop("opacity"))


def _tenth(number: str) -> str:
    """A tenth of a pixel: as fine as text is set, and finer than a line."""
    return f"{round(float(number), 1) + 0:g}"


def _shorter(path: str) -> str:
    """A path of straight lines with H and V; one with curves as it is, but for blanks."""
    path = path.strip()
    if set(re.findall("[A-Za-z]", path)) - set("MLz"):
        return path
    made, here = "", ("", "")
    for kind, *at in _LINE.findall(path):
        x, y = map(_tenth, at)
        if kind == "L" and y == here[1]:
            made += f"H{x}"
        elif kind == "L" and x == here[0]:
            made += f"V{y}"
        else:
            made += f"{kind}{x} {y}"
        here = (x, y)
    return made + ("z" if path.endswith("z") else "")


def _disc(path: str) -> dict[str, str]:
    """Centre and radius of a path of eight curves around a point; empty if it is none."""
    if not _CURVES.fullmatch(path):
        return {}
    numbers = [float(each) for each in re.findall(r"-?[\d.]+", path)]
    points = list(zip(numbers[::6], numbers[1::6], strict=True))  # between two curves
    (left, right), (top, bottom) = ((min(each), max(each)) for each in zip(*points, strict=True))
    x, y, r = (left + right) / 2, (top + bottom) / 2, (right - left) / 2
    if any(abs(math.hypot(a - x, b - y) - r) > _HAIR for a, b in points):
        return {}
    return {name: f"{round(value, 2) + 0:g}" for name, value in (("cx", x), ("cy", y), ("r", r))}


def _grouped(nodes: Sequence[ElementTree.Element]) -> list[ElementTree.Element]:
    """Runs of neighbours that share looks, each in a group; the order of painting stays."""
    made: list[ElementTree.Element] = []
    looks = [_looks(node) for node in nodes]
    at = 0
    while at < len(nodes):
        shared, size, end = looks[at], _size(looks[at]), at + 1
        for other in looks[at + 1 :]:
            common = shared & other
            left = size if len(common) == len(shared) else _size(common)
            if left * (end - at) < size * (end - at - 1):
                break
            shared, size, end = common, left, end + 1
        if size * (end - at - 1) > _COSTS:
            own = dict(sorted(shared))
            group = ElementTree.Element("g", own)
            for node in nodes[at:end]:
                node.attrib = {key: value for key, value in node.attrib.items() if key not in own}
            group.extend(_grouped(nodes[at:end]))
            made.append(group)
        else:
            end = at + 1
            made.append(nodes[at])
        at = end
    return made


def _looks(node: ElementTree.Element) -> frozenset[tuple[str, str]]:
    if node.tag not in ("path", "circle", "text"):
        return frozenset()
    return frozenset((key, value) for key, value in node.attrib.items() if key in _HANDED_DOWN)


def _size(looks: frozenset[tuple[str, str]]) -> int:
    """Bytes of attributes as written."""
    return sum(len(key) + len(value) + 4 for key, value in looks)
