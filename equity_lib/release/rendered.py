"""A rendered page as a reader meets it: its passages, each with its place and what exempts it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

#: Elements that stand within a sentence; every other one begins and ends a passage.
_INLINE = frozenset(
    [
        "a",
        "abbr",
        "b",
        "cite",
        "code",
        "em",
        "i",
        "mark",
        "q",
        "s",
        "small",
        "span",
        "strong",
        "sub",
        "sup",
        "u",
        "wbr",
    ]
)
#: Spans that are labels of their own, beside the sentence and not in it.
_LABELS = frozenset(("finding", "measure", "grade", "severity", "status", "unit", "note", "sep"))
_EMPTY = frozenset(
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"]
)
_UNREAD = frozenset(("style", "script"))
_SPOKEN = (
    "alt",
    "title",
    "aria-label",
    "aria-description",
    "aria-roledescription",
    "content",
    "summary",
    "placeholder",
)
#: Grades at which a sentence may say that one thing comes from another.
CAUSAL_GRADES = frozenset(("quasi-experimental", "experimental"))


@dataclass(frozen=True)
class Passage:
    """A paragraph, heading, cell, caption or attribute.

    Parameters
    ----------
    place
        Element or attribute, with the nearest id or result around it.
    exempt
        It belongs to a claim of an upper grade, or is quoted from a published fact.
    """

    place: str
    text: str
    exempt: bool


@dataclass
class _Open:
    tag: str
    within: str
    exempt: bool
    block: bool
    texts: list[str] = field(default_factory=list)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[Passage] = []
        self._stack = [_Open("page", "", False, True)]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        above = self._stack[-1]
        within = given.get("data-result") or given.get("id") or above.within
        exempt = above.exempt or _exempt(tag, given)
        for name in _SPOKEN:
            if given.get(name, "").strip() and not (tag == "meta" and given.get("name") != "description"):
                self.found.append(Passage(_place(f"{name} of <{tag}>", within), given[name], exempt))
        if tag == "tspan":
            self._text().append(" ")
        block = (tag not in _INLINE and tag != "tspan") or bool(_LABELS & set(given.get("class", "").split()))
        if tag == "br" or block:
            self._flush()
        if tag not in _EMPTY:
            self._stack.append(_Open(tag, within, exempt, block))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in _EMPTY:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in (each.tag for each in self._stack[1:]):
            return
        while True:
            if self._stack[-1].block:
                self._flush()
            if self._stack.pop().tag == tag:
                return

    def handle_data(self, data: str) -> None:
        if self._stack[-1].tag in _UNREAD:
            return
        if self._stack[-1].tag == "code" and not any(c.isspace() for c in data.strip()):
            return  # an id or a path: names of results are not prose
        self._text().append(data)

    def close(self) -> None:
        super().close()
        while self._stack:
            self._flush()
            self._stack.pop()

    def _text(self) -> list[str]:
        return self._block().texts

    def _block(self) -> _Open:
        return next(each for each in reversed(self._stack) if each.block)

    def _flush(self) -> None:
        """End the passage of the nearest block: what follows is another one."""
        block = self._block()
        text = "".join(block.texts)
        block.texts.clear()
        if text.strip():
            self.found.append(Passage(_place(f"<{block.tag}>", block.within), text, block.exempt))


def passages(page: str) -> Iterator[Passage]:
    """Everything on a page that is read or read out, in its order."""
    reader = _Reader()
    reader.feed(page)
    reader.close()
    yield from reader.found


def _exempt(tag: str, given: dict[str, str]) -> bool:
    """A claim under a grade that carries it; an official goal or passage quoted by the id of its fact."""
    classes = given.get("class", "").split()
    graded = tag == "div" and "claim" in classes and given.get("data-grade") in CAUSAL_GRADES
    return graded or (tag in ("li", "blockquote") and bool(given.get("data-fact")))


def _place(what: str, within: str) -> str:
    return f"{what} ({within})" if within else what
