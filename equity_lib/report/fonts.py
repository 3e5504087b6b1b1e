"""Sarabun, the one typeface of pages and charts: found by path, measured, embedded as a subset."""

import base64
import io
import os
import re
import unicodedata
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from fontTools import subset
from fontTools.ttLib import TTFont
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path

from equity_lib.errors import ReportFailed

#: File of each weight in `fontpkg_sarabun`.
FILES = {400: "Sarabun-Regular.ttf", 600: "Sarabun-SemiBold.ttf"}

#: What a report may be written with; what isn't here is added to the fonts of the page that has it.
BASIC = frozenset(
    chr(code) for block in (range(0x20, 0x7F), range(0xE01, 0xE3B), range(0xE3F, 0xE5C)) for code in block
) | frozenset("\u00a0·°±é–—‘’“”…•×÷−≈≠≤≥←→")
#: What few pages have: all of a set, or none, so that most pages share the same fonts.
SELDOM = (frozenset('!"$*<=>@[\\]^`{|}~°±é—‘←≈≠≥'), frozenset("ฃฅฆฌฦฬฺ฿ๅ๎๏๐๑๒๓๔๕๖๗๘๙๚๛"))

#: What all pages have.
_COMMON = BASIC.difference(*SELDOM)

#: What the style sheet writes itself (page and section numbers), and what browsers make of ำ.
_COUNTERS = frozenset("0123456789 /\u0e4d")

#: Layout that running text needs; without the marks' places, Thai tone marks collide with vowels.
FEATURES = ["ccmp", "kern", "liga", "locl", "mark", "mkmk"]

#: Drawn by the browser without a glyph: line ends, tab, zero-width space, word joiner.
UNDRAWN = frozenset("\n\r\t\u200b\u2060")

#: Where a template wants its fonts; no text of a page can look like it, as `<` is escaped there.
_PLACE = "@FONTS@\n</style>"
_COMPOUND = 10  # characters that a Thai word is taken for a compound from
_MARKUP = re.compile(r"<style>.*?</style>|<[^>]*>", re.S)


class MissingGlyph(ReportFailed):
    """A page holds a character that Sarabun can't draw, or that would change the reading order."""


@cache
def path(weight: int) -> Path:
    """The font file of a weight (400 or 600), whatever fonts the system has.

    Examples
    --------
    >>> path(400).name
    'Sarabun-Regular.ttf'
    """
    return Path(str(files("fontpkg_sarabun"))) / "files" / FILES[weight]


@cache
def face(size: float, weight: int = 400) -> FontProperties:
    """Sarabun for matplotlib, by path: a system font of that name can't shadow it."""
    return FontProperties(fname=str(path(weight)), size=size, weight=weight)


def check(text: str) -> None:
    """Refuse text that Sarabun can't draw.

    Raises
    ------
    MissingGlyph
        Naming every such code point, so that it can be found and replaced.
    """
    missing = sorted(set(text) - UNDRAWN - _drawn())
    if missing:
        codes = ", ".join(f"U+{ord(character):04X}" for character in missing)
        raise MissingGlyph(
            f"Sarabun has no glyph for {codes}. Replace the character in the parameters or the catalogue."
        )


def subset_woff2(weight: int, characters: Iterable[str]) -> bytes:
    """Sarabun cut down to some characters, as WOFF2; the same characters give the same bytes.

    Of the layout tables, `FEATURES` stay.

    Parameters
    ----------
    weight
        400 or 600.
    characters
        What the font must draw; all have a glyph.
    """
    return _subset(weight, frozenset(characters) - UNDRAWN)


def font_css(text: str, own: bool = False) -> str:
    """The two `@font-face` rules of a page, with the fonts in `data:` addresses.

    Parameters
    ----------
    text
        All text of the page; markup does no harm.
    own
        Whether the fonts draw this text alone, not what other pages may need: smaller, and made anew.

    Raises
    ------
    MissingGlyph
        If the text holds a character without a glyph.
    """
    check(text)
    used = frozenset(text) - UNDRAWN
    characters = used | _COUNTERS if own else used.union(_COMMON, *(each for each in SELDOM if each & used))
    return "\n".join(_rule(weight, characters) for weight in sorted(FILES))


def with_fonts(page: str, own: bool = False) -> str:
    """A page with the fonts of its text, as `font_css`; a character without a glyph fails the build."""
    fonts = font_css(_MARKUP.sub(" ", page), own)
    return page.replace(_PLACE, _PLACE.replace("@FONTS@", fonts))


@cache
def width(text: str, size: float, weight: int = 400) -> float:
    """Width of a text in px, by matplotlib's shaping of Sarabun."""
    if not text:
        return 0.0
    extent = text_to_path.get_text_width_height_descent(plain(text), face(size, weight), ismath=False)
    return float(extent[0])


def wrap(text: str, room: float, size: float) -> tuple[str, ...]:
    """Lines of text no wider than `room` px, broken between words (Thai ones by `pythainlp`).

    A word that is wider than the room by itself is broken wherever the line is full.
    """
    if width(text, size) <= room:
        return (text,)
    lines = [""]
    for word in (piece for whole in _words(text) for piece in _fitting(whole, room, size)):
        if lines[-1] and width((lines[-1] + word).rstrip(), size) > room:
            lines.append("")
        lines[-1] += word
    return tuple(line.strip() for line in lines if line.strip())


def _fitting(word: str, room: float, size: float) -> list[str]:
    if width(word.rstrip(), size) <= room:
        return [word]
    if len(parts := _short_words(word)) > 1:
        return [piece for part in parts for piece in _fitting(part, room, size)]
    most = max(1, int(len(word) * room / width(word, size)))
    while most > 1 and width(word[:most], size) > room:
        most -= 1
    return [word[:most], *_fitting(word[most:], room, size)] if most < len(word) else [word]


def _words(text: str) -> list[str]:
    """What a line may break after; figures, brackets and no-break spaces hold together."""
    found = re.findall(r"[^ \u200b]+[ \u200b]*", text)
    if any(re.search("[ก-๛]{12}", word) for word in found):
        os.environ.setdefault("PYTHAINLP_READ_ONLY", "1")  # else the import makes a folder in the home
        from pythainlp.tokenize import word_tokenize

        found = [str(word) for word in word_tokenize(text)]
    words = [""]
    for word in found:
        joint = words[-1][-1:] + word[0]
        held = "\u00a0" in joint or re.fullmatch(r"[^ \u200bก-๛]{2}|[(“].|.[)”]", joint)
        if words[-1] and not held:
            words.append("")
        words[-1] += word
    return words


@cache
def _short_words(word: str) -> tuple[str, ...]:
    """The words that a Thai compound is made of: การศึกษานอกระบบ breaks before นอก, not within it."""
    if not re.search(f"[ก-๛]{{{_COMPOUND}}}", word):
        return (word,)
    from pythainlp.tokenize import word_tokenize

    return tuple(str(part) for part in word_tokenize(word, custom_dict=_short_dictionary()))


@cache
def _short_dictionary() -> Any:
    from pythainlp.corpus.common import thai_words
    from pythainlp.util.trie import dict_trie

    return dict_trie({word for word in thai_words() if len(word) < _COMPOUND})


def plain(text: str) -> str:
    """Text without what is never drawn: matplotlib would print a box for it."""
    return text.translate(dict.fromkeys(map(ord, UNDRAWN)))


@cache
def _drawn() -> frozenset[str]:
    """The characters that both weights have a glyph for; control characters are none of them."""
    maps = [set(TTFont(path(weight), lazy=True).getBestCmap()) for weight in FILES]
    return frozenset(c for c in map(chr, set.intersection(*maps)) if unicodedata.category(c) != "Cc")


@cache
def _rule(weight: int, characters: frozenset[str]) -> str:
    data = base64.b64encode(_subset(weight, characters)).decode("ascii")
    return (
        f"@font-face{{font-family:'Sarabun';font-style:normal;font-weight:{weight};"
        f"src:url(data:font/woff2;base64,{data}) format('woff2')}}"
    )


@cache
def _subset(weight: int, characters: frozenset[str]) -> bytes:
    # Cut from what most pages need, which is made once a process: the same bytes in two thirds of the time.
    whole = characters <= _COMMON
    return _cut(io.BytesIO(_common(weight)) if whole else path(weight), characters, "woff2")


@cache
def _common(weight: int) -> bytes:
    return _cut(path(weight), _COMMON, None)


def _cut(font: Path | io.BytesIO, characters: frozenset[str], flavor: str | None) -> bytes:
    options = subset.Options(flavor=flavor, hinting=False, layout_features=FEATURES, recalc_timestamp=False)
    cut = TTFont(font, recalcTimestamp=False)
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=sorted(map(ord, characters)))
    cutter.subset(cut)
    cut.flavor = flavor
    target = io.BytesIO()
    cut.save(target)
    return target.getvalue()
