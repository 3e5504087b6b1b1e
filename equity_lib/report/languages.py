"""Words: one catalogue a language, numbers and names as a reader of that language writes them."""

import datetime as dt
import math
import re
import tomllib
from collections.abc import Callable, Mapping
from functools import cache
from importlib.resources import files
from string import Formatter
from typing import Any, Literal

from markupsafe import Markup, escape

from equity_lib.programme.dates import format_date, thai_digits
from equity_lib.results import DECIMALS, Dimension, Name, Statement

LANGUAGES = ("th", "en")
#: Decimals where the declared ones would feign a precision: intervals, and what follows from rounded counts.
SHOWN_DECIMALS = {"percent": 1, "point": 1, "baht": 0, "times": 2, "index": 3, "score": 1}
_ALWAYS_DECIMAL = ("percent", "times", *(f"digits{places}" for places in range(9)))
_THAI = re.compile(r"[\u0e00-\u0e7f]+(?:[\s.()·,0-9-]*[\u0e00-\u0e7f]+)*")


_FOREIGN_END = re.compile(r"[0-9A-Za-z]$")


class Words:
    """The catalogue of one language.

    Parameters
    ----------
    language
        `th` or `en`.
    digits
        `arabic`, or `thai` for Thai digits on Thai pages.
    """

    def __init__(self, language: str, digits: str = "arabic") -> None:
        self.language: Literal["th", "en"] = "th" if language == "th" else "en"
        self._thai_digits = digits == "thai" and language == "th"
        self._texts = catalogue(language)
        self.used: set[str] = set()

    def text(self, key: str, **values: object) -> str:
        """The words under `key`; a missing key is a fault of ours, never shown as a blank."""
        self.used.add(key)
        if key not in self._texts:
            raise LookupError(f"the {self.language} catalogue has no key '{key}'")
        found = self._texts[key]
        return found.format(**values) if values else found

    def find(self, key: str) -> str | None:
        """The words under `key` if the catalogue has any: for labels that only some things need."""
        self.used.add(key)
        return self._texts.get(key)

    def about(self, key: str, tail: str = "") -> str:
        """The words of a result, or of the kind that it is one of: `table.effect.x`, else `table.effect`."""
        parts = key.split(".")
        keys = [".".join(parts[:end]) + tail for end in range(len(parts), 1, -1)]
        return self.text(next((each for each in keys if each in self._texts), keys[0]))

    def date(self, day: dt.date, short: bool = False) -> str:
        """A day as this language writes it, with its Buddhist year."""
        return self.digits(format_date(day, self.language, short=short))

    def name(self, name: Name) -> str:
        """The name in this language."""
        return name.th if self.language == "th" else name.en

    def level(self, dim: Dimension, level: str) -> str:
        """What a level is called: by the office's parameters, else by the catalogue."""
        if level in dim.names:
            return self.name(dim.names[level])
        if dim.key == "year":
            return self.text("level.year", year=self.digits(level))
        return self.text(f"level.{dim.key}.{level}")

    def digits(self, text: str) -> str:
        """`text` in Thai digits where they are asked for."""
        return thai_digits(text) if self._thai_digits else text

    def figure(self, value: float, unit: str, status: str = "not_stated", decimals: int | None = None) -> str:
        """A number without its unit: thousands separated, decimals as declared; without a value, its mark.

        What follows from rounded counts has no more decimals than its interval is shown with.
        """
        if math.isnan(value):
            return self.mark(status)
        if decimals is None and status == "rounded":
            decimals = SHOWN_DECIMALS.get(unit)
        if decimals is not None:
            return self.digits(f"{value:,.{decimals}f}".replace("-", "\u2212"))
        whole = unit not in _ALWAYS_DECIMAL and value == round(value)
        return self.digits(f"{value:,.{0 if whole else DECIMALS[unit]}f}".replace("-", "\u2212"))

    def number(self, value: float, unit: str, status: str = "not_stated", decimals: int | None = None) -> str:
        """A number with its unit, kept on one line; without a value, the mark of its status."""
        if math.isnan(value):
            return self.mark(status)
        key = f"unit_one.{unit}" if value == 1 and f"unit_one.{unit}" in self._texts else f"unit.{unit}"
        return self.text(key, n=self.figure(value, unit, status, decimals)).replace(" ", "\u00a0")

    def heading(self, measure: str, unit: str) -> str:
        """A measure's name with its unit, if it doesn't say it already.

        The catalogue gives the unit, and after it other words (by `|`) that make it superfluous.
        """
        label = self.text(f"measure.{measure}")
        first, *others = (self.find(f"unit_head.{unit}") or "").split("|")
        said = "(" in label or any(each in label.lower() for each in (first, *others))
        return label if said else f"{label} ({first})"

    def mark(self, status: str) -> str:
        """The mark of a cell without a value."""
        return self.text(f"mark.{status}")

    def sentence(self, statement: Statement, shown: Callable[[str, str], Markup]) -> Markup:
        """A statement as HTML: words escaped, numbers by `shown(cell id, format)`."""
        self.used.add(statement.key)
        template = self._texts.get(statement.key)
        if template is None:
            raise LookupError(f"the {self.language} catalogue has no key '{statement.key}'")
        made, name = Markup(""), ""
        for literal, field, spec, _ in Formatter().parse(template):
            # Thai runs on without spaces, but not after a digit or a Latin letter that a name ends with.
            made += self.marked(" " if _FOREIGN_END.search(name) and _THAI.match(literal) else "")
            made += self.marked(literal)
            name = ""
            if field is None:
                continue
            if field in statement.names:
                name = self.name(statement.names[field])
                made += self.marked(name)
            else:
                made += shown(statement.refs[field], spec or "")
        return made

    def marked(self, text: str) -> Markup:
        """Text as HTML; on pages in another language, Thai runs say that they are Thai."""
        if self.language == "th":
            return escape(text)
        made, at = Markup(""), 0
        for run in _THAI.finditer(text):
            made += escape(text[at : run.start()]) + Markup('<span lang="th">{}</span>').format(run.group())
            at = run.end()
        return made + escape(text[at:])


@cache
def catalogue(language: str) -> Mapping[str, str]:
    """Dotted key → words, from all files of the language: one file a topic, no key in two of them."""
    made: dict[str, str] = {}
    folder = files("equity_lib.report").joinpath("words", language)
    for path in sorted(folder.iterdir(), key=lambda path: path.name):
        found = dict(_flat(tomllib.loads(path.read_text("utf-8")), ()))
        if doubles := made.keys() & found.keys():
            raise LookupError(f"{path.name} says again what another file says: {', '.join(sorted(doubles))}")
        made |= found
    return made


def _flat(data: Mapping[str, Any], path: tuple[str, ...]) -> list[tuple[str, str]]:
    made: list[tuple[str, str]] = []
    for key, value in data.items():
        made += _flat(value, (*path, key)) if isinstance(value, dict) else [(".".join((*path, key)), value)]
    return made
