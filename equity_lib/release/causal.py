"""Which words of a sentence claim a cause, in Thai and English; the words themselves are data.

A rule book, not a model: the same text gives the same answer everywhere, and each answer names the
words that led to it. Thai is matched without word segmentation, on normalised text: its causal
expressions are long enough to be found as they are, and a segmenter's dictionary would be one more
thing that changes.
"""

import re
import tomllib
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

LANGUAGES = ("th", "en")

_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")
_QUOTES = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "‐": "-", "‑": "-"})
#: Thai spellings that look alike: a vowel typed in two parts, a tone mark before its vowel.
_ALIKE = (("เเ", "แ"), ("\u0e4d\u0e32", "\u0e33"))
_TONE_FIRST = re.compile("([\u0e48-\u0e4b])\u0e4d\u0e32|\u0e4d([\u0e48-\u0e4b])\u0e32")
_ENGLISH_END = re.compile(r"(?<=[.!?;])\s+|(?<=[.!?;][\"')])\s+")
#: Thai writes no full stop: a space between two Thai letters parts phrases, unless a word joins them.
_JOINS_BACK = "ว่า|ของ|ที่|หรือ|และ|จาก|ต่อ|ให้|การ|คือ|โดย|ด้วย|เพื่อ|ใน|กับ|เพราะ"
_THAI_END = re.compile(
    "(?<=[?!;])\\s+|(?<=[\u0e00-\u0e7f])\\s+(?!(?:หรือ|และ|ที่|ว่า|ซึ่ง|กับ|ของ|ใน|จาก|ต่อ))(?=[\u0e00-\u0e7f])"
)
_THAI_OPEN = re.compile(f"(?:{_JOINS_BACK})$")
_PASSIVE = re.compile(r"\b(?:was|were|is|are|be|been|being|gets?|got)(?: \w+ly| not)? $")
_BY = r"\b(?:by|through|with|via|under|from)\b.*\b(?:{agents})\b"
#: Words before a method's noun, and between it and its verb: further away it is not the subject.
_SUBJECT_EN = r"^\W*(?:[\w'-]+ ){{0,3}}(?:{technical})\b(?: [\w',-]+){{0,6}} ?$"


#: Characters between "because of" and whom it names.
_NEAR = 60


@dataclass(frozen=True)
class _Lexicon:
    """One language's word list, compiled once a process."""

    agents: re.Pattern[str]
    by_agent: re.Pattern[str]
    strong: re.Pattern[str]
    weak: re.Pattern[str]
    given: re.Pattern[str]
    changed: re.Pattern[str]
    since: re.Pattern[str]
    without: re.Pattern[str]
    harmless: re.Pattern[str]
    denied: re.Pattern[str]
    not_denied: re.Pattern[str]
    open_after: re.Pattern[str] | None
    presumed: re.Pattern[str]
    purpose: re.Pattern[str]
    technical: re.Pattern[str]
    turn: re.Pattern[str]


def normalised(text: str) -> str:
    """Text as the word lists expect it: one form a letter, single spaces, nothing invisible, lower case.

    >>> normalised("ส่ง\\u200bผลให้  LED to")
    'ส่งผลให้ led to'
    """
    text = _INVISIBLE.sub("", unicodedata.normalize("NFKC", text)).translate(_QUOTES)
    for typed, meant in _ALIKE:
        text = text.replace(typed, meant)
    text = _TONE_FIRST.sub(lambda found: f"{found[1] or found[2]}\u0e33", text)
    return " ".join(text.casefold().split())


@lru_cache(maxsize=1 << 14)  # labels and notes return on every page of an area-year
def causal_words(text: str) -> tuple[str, ...]:
    """The words of a passage that claim a cause, in the order they stand there.

    Parameters
    ----------
    text
        A paragraph, heading or label, in Thai, English or both.

    Returns
    -------
    tuple
        Empty if nothing is claimed: described, counted, denied ("does not show that … led to"),
        asked ("does it raise …?"), aimed at ("in order to reduce"), or said of a figure and not of
        children ("rounding causes …").
    """
    plain = normalised(text)
    return tuple(words for language in LANGUAGES for words in _found(plain, language))


def _found(text: str, language: str) -> Iterator[str]:
    lexicon = _lexicon(language)
    text = lexicon.harmless.sub("", text)
    parts = _sentences(text, language)
    around = ["", *parts, ""] if language == "th" else [""] * (len(parts) + 2)
    for at, sentence in enumerate(parts):
        if not (sentence.endswith("?") and not lexicon.presumed.search(sentence)):
            yield from _in_sentence(sentence, around[at], around[at + 2], lexicon)


def _sentences(text: str, language: str) -> list[str]:
    if language == "en":
        return _ENGLISH_END.split(text)
    made: list[str] = []
    for part in _THAI_END.split(text):
        if made and _THAI_OPEN.search(made[-1]):
            made[-1] += f" {part}"
        else:
            made.append(part)
    return made


def _in_sentence(sentence: str, before: str, after: str, lexicon: _Lexicon) -> Iterator[str]:
    """What a sentence claims; in Thai, where phrases are told apart, with those before and after it."""
    clauses = [found.end() for found in lexicon.turn.finditer(sentence)]
    for found in lexicon.strong.finditer(sentence):
        clause = _clause(found.start(), clauses)
        if not _excused(sentence, found, clause, lexicon) and not _of_figures(
            sentence, found, clause, lexicon
        ):
            yield found[0]
    if not lexicon.agents.search(f"{before} {sentence} {after}"):
        return
    for found in lexicon.weak.finditer(sentence):
        clause = _clause(found.start(), clauses)
        if _has_agent(sentence, before, found, lexicon) and not _excused(sentence, found, clause, lexicon):
            yield found[0]
    yield from _joined(sentence, before, after, clauses, lexicon)


def _joined(sentence: str, before: str, after: str, clauses: list[int], lexicon: _Lexicon) -> Iterator[str]:
    """A reason or time that names an agent, beside what changed; and what would be without it."""
    changed = bool(lexicon.changed.search(f"{before} {sentence} {after}"))
    for found in lexicon.given.finditer(sentence):
        agent = lexicon.agents.search(sentence, found.start())
        near = agent is not None and agent.start() - found.end() < _NEAR
        if changed and near and not _excused(sentence, found, _clause(found.start(), clauses), lexicon):
            yield found[0]
    onward = f"{sentence} {after}".rstrip()
    for found in [*lexicon.since.finditer(onward), *lexicon.without.finditer(onward)]:
        if found.start() < len(sentence) and not _excused(
            sentence, found, _clause(found.start(), clauses), lexicon
        ):
            yield found[0]


def _clause(at: int, starts: list[int]) -> int:
    """Where the clause of a place begins: what was denied before a "but" is not denied after it."""
    return max((start for start in starts if start <= at), default=0)


def _has_agent(sentence: str, before: str, found: re.Match[str], lexicon: _Lexicon) -> bool:
    ahead = sentence[: found.start()]
    if _PASSIVE.search(ahead) and not found[0].endswith("ing"):
        return bool(lexicon.by_agent.search(sentence, found.end()))
    return bool(lexicon.agents.search(f"{before} {ahead}"))


def _excused(sentence: str, found: re.Match[str], clause: int, lexicon: _Lexicon) -> bool:
    """Whether the words are denied, left open or only aimed at."""
    ahead = lexicon.not_denied.sub("", sentence[clause : found.start()])
    if lexicon.denied.search(ahead):
        return True
    if lexicon.open_after and lexicon.open_after.search(sentence, min(found.end(), len(sentence))):
        return not lexicon.presumed.search(sentence)
    return any(aim.end() >= len(ahead.rstrip()) for aim in lexicon.purpose.finditer(ahead))


def _of_figures(sentence: str, found: re.Match[str], clause: int, lexicon: _Lexicon) -> bool:
    """Whether the subject is a figure or a method, and nobody acts."""
    ahead = sentence[clause : found.start()]
    return bool(lexicon.technical.search(ahead)) and not lexicon.agents.search(ahead)


@cache
def _lexicon(language: str) -> _Lexicon:
    data = tomllib.loads(files("equity_lib").joinpath(f"release/words/{language}.toml").read_text("utf-8"))
    edge = r"\b" if language == "en" else ""

    def words(key: str) -> str:
        value: Any = data[key]
        return "|".join(value) if isinstance(value, list) else value.replace("\n", "")

    def compiled(key: str) -> re.Pattern[str]:
        return re.compile(f"{edge}(?:{words(key)})(?!\\w)" if edge else f"(?:{words(key)})")

    agents = words("agents")
    changed, time, without = words("changed"), words("time"), words("without")
    subject = _SUBJECT_EN.format(technical=words("technical")) if edge else f"(?:{words('technical')})"
    since = rf"{edge}(?:{time}){edge}.{{0,40}}?{edge}(?:{agents}){edge}.{{0,80}}?{edge}(?:{changed})"
    after = rf"|{edge}(?:{changed}){edge}.{{0,40}}?{edge}(?:{time}){edge}.{{0,30}}?{edge}(?:{agents})"
    absent = (
        rf"{edge}(?:{without}).{{0,30}}?{edge}(?:{agents}){edge}.{{0,80}}?{edge}(?:{words('would')}){edge}"
    )
    return _Lexicon(
        agents=re.compile(f"{edge}(?:{agents}){edge}"),
        by_agent=re.compile(_BY.format(agents=agents)),
        since=re.compile(since + after),
        without=re.compile(absent),
        changed=re.compile(f"{edge}(?:{changed}){edge}"),
        open_after=compiled("open_after") if data["open_after"] else None,
        technical=re.compile(subject),
        purpose=re.compile(f"{edge}(?:{words('purpose')})"),
        turn=re.compile(words("turn")),
        **{
            key: compiled(key)
            for key in ("strong", "weak", "given", "harmless", "denied", "not_denied", "presumed")
        },
    )
