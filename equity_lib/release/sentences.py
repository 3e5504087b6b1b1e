"""A passage cut into sentences, each with the phrases that the word lists find in it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from equity_lib.release.lexicon import Span, Words, lexicon, words_of

_ENGLISH_END = re.compile(r"(?<=[.!?])\s+|(?<=[.!?][\"')])\s+")
#: Thai writes no full stop: a space between two Thai letters parts phrases, unless a word joins them.
_THAI_END = re.compile(
    "(?<=[?!;])\\s+|(?<=[\u0e00-\u0e7f])\\s+(?!(?:หรือ|และ|ที่|ว่า|ซึ่ง|กับ|ของ|ใน|จาก|ต่อ))(?=[\u0e00-\u0e7f])"
)
_THAI_OPEN = re.compile("(?:ว่า|ของ|ที่|หรือ|และ|จาก|ต่อ|ให้|การ|คือ|โดย|ด้วย|เพื่อ|ใน|กับ|เพราะ)$")

#: The sign that repeats a word stands between spaces and parts nothing.
_AGAIN = re.compile(" ?ๆ ?")


@dataclass(frozen=True)
class Sentence:
    """What the lists find in a sentence, by list; spans inside set phrases are gone.

    Parameters
    ----------
    text
        As it was searched: English in dictionary form, Thai without spaces.
    start, end
        The sentence itself within `text`; around it stands what Thai can't be told apart from.
    words
        Of an English sentence.
    """

    text: str
    found: dict[str, list[Span]]
    start: int
    end: int
    words: Words | None = None

    @property
    def language(self) -> str:
        """`th` or `en`."""
        return "th" if self.words is None else "en"

    def of(self, *kinds: str) -> list[Span]:
        """Phrases of some lists, in the sentence or around it."""
        return [span for kind in kinds for span in self.found.get(kind, ())]

    def own(self, *kinds: str) -> list[Span]:
        """Phrases of some lists that begin in the sentence."""
        return [span for span in self.of(*kinds) if self.start <= span.start < self.end]

    def beginning(self, kind: str, start: int, end: int) -> list[Span]:
        """Phrases of a list that begin between two places."""
        return [span for span in self.found.get(kind, ()) if start <= span.start < end]

    def masked(self, at: int) -> bool:
        """Whether a place lies in a set phrase."""
        return any(span.start <= at < span.end for span in self.of("plain"))

    def written(self, span: Span) -> str:
        """The words of a span as they stand in the passage."""
        if self.words is None:
            return self.text[span.start : span.end]
        placed = zip(self.words.forms, self.words.starts, strict=True)
        return " ".join(form for form, at in placed if span.start <= at < span.end).strip(" .")


def inside(span: Span, around: list[Span]) -> bool:
    """Whether a span lies within one of others."""
    return any(each.start <= span.start and span.end <= each.end for each in around)


def english(text: str) -> Iterator[Sentence]:
    """Sentences of a normalised passage in English, questions left out unless they presume an answer."""
    book = lexicon("en")
    for part in _ENGLISH_END.split(text):
        words = words_of(part, book.lemmas)
        found = _by_list(book.spans(words.text, words.starts), words)
        if not part.rstrip("\"')").endswith("?") or "presumed" in found:
            yield Sentence(words.text, found, 0, len(words.text), words)


def thai(text: str) -> Iterator[Sentence]:
    """Phrases of a normalised passage in Thai, each with the one before and the one after it."""
    text = _AGAIN.sub("ๆ", text)
    closed = text.replace(" ", "")
    found = _by_list(lexicon("th").spans(closed, range(len(closed))))
    edges = [0, *_breaks(text), len(closed)]
    for at in range(len(edges) - 1):
        start, end = edges[at], edges[at + 1]
        around = edges[max(at - 1, 0)], edges[min(at + 2, len(edges) - 1)]
        near = {
            kind: [span for span in spans if around[0] <= span.start and span.end <= around[1]]
            for kind, spans in found.items()
        }
        sentence = Sentence(closed, near, start, end)
        if not closed[start:end].endswith("?") or sentence.own("presumed"):
            yield sentence


def _breaks(text: str) -> Iterator[int]:
    """Where phrases part, counted in the text without its spaces."""
    for found in _THAI_END.finditer(text):
        if not _THAI_OPEN.search(text, max(found.start() - 6, 0), found.start()):
            yield found.start() - text.count(" ", 0, found.start())


def _by_list(spans: list[Span], words: Words | None = None) -> dict[str, list[Span]]:
    set_phrases = [span for span in spans if span.kind == "plain"]
    takers = [span for span in spans if span.kind == "recipients"]
    found: dict[str, list[Span]] = {}
    for span in spans:
        if span.kind not in ("plain", "neutral") and _masked(span, set_phrases):
            continue
        if span.kind == "agents" and (inside(span, takers) or (words and _verbal(span, words))):
            continue
        found.setdefault(span.kind, []).append(span)
    return found


def _masked(span: Span, set_phrases: list[Span]) -> bool:
    """Whether a span begins in a set phrase, and isn't the whole of it."""
    here = (span.start, span.end)
    return any(each.start <= span.start < each.end and (each.start, each.end) != here for each in set_phrases)


def _verbal(span: Span, words: Words) -> bool:
    """ "Supported" and "funded" are no support and no fund, and what is followed up no follow-up."""
    form = words.forms[words.starts.index(span.start)]
    return form.endswith("ed") and not words.text.startswith(f"{form} ", span.start)
