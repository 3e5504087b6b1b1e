"""A page's drawings with nothing said twice: what a printed or mailed page doesn't need to carry."""

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
_DRAWING = re.compile(r"<svg .*?</svg>", re.S)
_LINE = re.compile(r"([ML])(-?[\d.]+) (-?[\d.]+)")


def compact(page: str) -> str:
    """The page with smaller drawings that look and sound the same.

    A narrow drawing is called what the wide one beside it is called; neighbours that look alike share a
    group; level and upright lines name one coordinate.
    """
    return _DRAWING.sub(lambda found: _smaller(found[0]), page)


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
    """Shorter words for the same mark."""
    if node.get("stroke-dashoffset") == "0":
        del node.attrib["stroke-dashoffset"]
    for name in ("x", "y"):
        if name in node.attrib and node.tag == "text":
            node.set(name, _tenth(node.attrib[name]))
    if "d" in node.attrib:
        node.set("d", _shorter(node.attrib["d"]))
    if "opacity" in node.attrib:
        filled, lined = node.get("fill") != "none", node.get("stroke", "none") != "none"
        if filled != lined:  # of a mark that has both, the two opacities would show where they overlap
            node.set("fill-opacity" if filled else "stroke-opacity", node.attrib.pop("opacity"))


def _tenth(number: str) -> str:
    """A tenth of a pixel is as fine as text is set."""
    return f"{round(float(number), 1) + 0:g}"


def _shorter(path: str) -> str:
    """A path of straight lines with H and V; one with curves as it is, but for blanks."""
    path = path.strip()
    if set(re.findall("[A-Za-z]", path)) - set("MLz"):
        return path
    made, here = "", ("", "")
    for kind, x, y in _LINE.findall(path):
        if kind == "L" and y == here[1]:
            made += f"H{x}"
        elif kind == "L" and x == here[0]:
            made += f"V{y}"
        else:
            made += f"{kind}{x} {y}"
        here = (x, y)
    return made + ("z" if path.endswith("z") else "")


def _grouped(nodes: Sequence[ElementTree.Element]) -> list[ElementTree.Element]:
    """Runs of neighbours that share looks, each in a group; the order of painting stays."""
    made: list[ElementTree.Element] = []
    at = 0
    while at < len(nodes):
        run, shared = [nodes[at]], _looks(nodes[at])
        for other in nodes[at + 1 :]:
            common = dict(shared.items() & _looks(other).items())
            if _size(common) * len(run) < _size(shared) * (len(run) - 1):
                break
            run.append(other)
            shared = common
        if _size(shared) * (len(run) - 1) > _COSTS:
            group = ElementTree.Element("g", {key: shared[key] for key in sorted(shared)})
            for node in run:
                node.attrib = {key: value for key, value in node.attrib.items() if key not in shared}
            group.extend(run)
            made.append(group)
        else:
            run = run[:1]
            made += run
        at += len(run)
    return made


def _looks(node: ElementTree.Element) -> dict[str, str]:
    if node.tag not in ("path", "text"):
        return {}
    return {key: value for key, value in node.attrib.items() if key in _HANDED_DOWN}


def _size(looks: dict[str, str]) -> int:
    """Bytes of attributes as written."""
    return sum(len(key) + len(value) + 4 for key, value in looks.items())
