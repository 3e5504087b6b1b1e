"""The page's style sheet, held to results in the lab: nothing else in JupyterLab changes its look."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from equity_lib.report import fonts

_HERE = Path(__file__).parent
#: Thrice, so that it outweighs JupyterLab's own rules for tables and headings.
_SCOPE = ".equity" * 3
_COMMA = re.compile(r",(?![^(]*\))")
_GLOBAL = ("html", "body")


@cache
def style() -> str:
    """All that a result needs to look as on a page: rules and fonts, without any address."""
    page = (_HERE.parent / "page.css").read_text("utf-8")
    own = (_HERE / "lab.css").read_text("utf-8")
    return "\n".join([fonts.font_css("".join(sorted(fonts.BASIC))), scoped(page), scoped(own)])


def scoped(css: str) -> str:
    """Rules of a page as rules for what stands inside `.equity`.

    The width of the result takes the place of the screen's, the lab's theme that of the system's;
    what is for paper is left out.

    Examples
    --------
    >>> scoped("td, th { padding: 0; } @page { margin: 0; }")
    '.equity.equity.equity td, .equity.equity.equity th { padding: 0; }'
    """
    made = []
    for head, body in _blocks(css):
        if "prefers-color-scheme: dark" in head:
            made.append(scoped(body).replace(_SCOPE, f'[data-jp-theme-light="false"] {_SCOPE}'))
        elif width := re.search(r"\(max-width: [^)]+\)", head):
            made.append(f"@container {width[0]} {{\n{scoped(body)}\n}}")
        elif not head.startswith("@") and (selectors := _inside(head)):
            made.append(f"{selectors} {{{body}}}")
    return "\n".join(made)


def _inside(selectors: str) -> str:
    """Selectors that match only `.equity` (for the page's root) and what stands in it."""
    made = []
    for each in map(str.strip, _COMMA.split(selectors)):
        if each.startswith(":root"):
            made.append(each.replace(":root", _SCOPE))
        elif each not in _GLOBAL:
            made.append(f"{_SCOPE} {each}")
    return ", ".join(made)


def _blocks(css: str) -> Iterator[tuple[str, str]]:
    """What stands before and between the outermost braces."""
    depth, start, head = 0, 0, ""
    css = re.sub(r"/\*.*?\*/", "", css, flags=re.S)
    for at, character in enumerate(css):
        if character == "{":
            if depth == 0:
                head, start = css[start:at].strip(), at + 1
            depth += 1
        elif character == "}":
            depth -= 1
            if depth == 0:
                yield head, css[start:at]
                start = at + 1
