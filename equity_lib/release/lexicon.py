"""One language's word lists, and where their phrases stand in a text.

A phrase is written in dictionary form and found in every inflection, which is generated; in Thai, which
doesn't inflect and writes no spaces between words, it is found letter by letter. Looking phrases up by
how they begin keeps a page of thousands of words to some milliseconds.
"""

import re
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import accumulate
from typing import NamedTuple

LANGUAGES = ("th", "en")

_WORD = re.compile(r"[a-z]+(?:'[a-z]+)?|\d[\d.,:/]*|[.,:;?!()…]|[^\sa-z\d]+")
#: Hyphens, and what says whose it is.
_JOINT = re.compile(r"(?<=\w)[-/](?=\w)|'s\b|(?<=s)'(?=\s)")
_STOPS = frozenset(".:;!?()…")
#: Words too short to inflect: "us" isn't the root of "used".
_SHORTEST = 3
#: A Thai phrase begins behind no vowel written before its consonant, and ends before none written after.
_WITHIN = frozenset("เแโใไ")
_FOLLOWED = frozenset(map(chr, [*range(0xE30, 0xE3B), 0xE45, *range(0xE47, 0xE4F)]))
_NOT_FOLLOWED = f"(?![{''.join(sorted(_FOLLOWED))}])"
#: What makes a phrase more than its letters.
_CHOICE = re.compile(r"[()\[\]{}?*+|\\.…]")
_GAP = {"en": r"(?: [^ .]+){0,7}?", "th": ".{0,24}?"}


@dataclass(frozen=True)
class Span:
    """A phrase of a list, from `start` to before `end` in the text as it was searched."""

    start: int
    end: int
    kind: str


class Phrase(NamedTuple):
    """A phrase of the list `kind`: its letters; if it has gaps or choices, those before and what finds it."""

    letters: str
    pattern: re.Pattern[str] | None
    kind: str


@dataclass(frozen=True)
class Lexicon:
    """Lists of one language, by how their phrases begin."""

    language: str
    lemmas: dict[str, str]
    heads: dict[str, list[Phrase]]
    neutral: frozenset[str]
    past: frozenset[str]
    nouns: frozenset[str]

    def spans(self, text: str, starts: Iterable[int]) -> list[Span]:
        """Every phrase of every list, the longest of a list at each place, in order of place."""
        found, thai = [], self.language == "th"
        for at in starts:
            head = text[at : at + 2] if thai else text[at : text.find(" ", at)]
            phrases = self.heads.get(head)
            if phrases is None or (thai and text[at - 1 : at] in _WITHIN):
                continue
            best: dict[str, int] = {}
            for letters, pattern, kind in phrases:
                if not text.startswith(letters, at):
                    continue
                match = pattern and pattern.match(text, at)
                end = match.end() if match else at if pattern else at + len(letters)
                if end > best.get(kind, at) and not (thai and text[end : end + 1] in _FOLLOWED):
                    best[kind] = end
            found += [Span(at, end, kind) for kind, end in best.items()]
        return found


@dataclass(frozen=True)
class Words:
    """An English sentence as words: as they stand, in dictionary form, and where the forms begin."""

    forms: list[str]
    text: str
    starts: list[int]


def words_of(sentence: str, lemmas: dict[str, str]) -> Words:
    """Cut a sentence into words and bring each to its dictionary form; a full stop ends the last."""
    forms: list[str] = []
    for word in _WORD.findall(_JOINT.sub(" ", sentence)):
        if word.endswith("ly") and word not in lemmas:
            continue  # an adverb: "contributed substantially to"
        if word.endswith("n't"):
            forms += [word[:-3], "not"]
        elif word == "cannot":
            forms += ["can", "not"]
        else:
            forms.append("." if word[0] in _STOPS else word.split("'")[0] or word)
    forms.append(".")
    text, starts = [], []
    at = 0
    for form in forms:
        lemma = lemmas.get(form, form)
        starts.append(at)
        text.append(lemma)
        at += len(lemma) + 1
    return Words(forms, " ".join(text) + " ", starts)


@cache
def lexicon(language: str) -> Lexicon:
    """The lists of `release/words`, compiled once a process."""
    source = files("equity_lib").joinpath(f"release/words/{language}.toml").read_text("utf-8")
    lists = {
        kind: [" ".join(each.split()) for each in _apart(text)]
        for kind, text in tomllib.loads(source).items()
    }
    irregular = [each.split() for each in lists.pop("irregular", [])]
    neutral = lists.pop("neutral") if language == "en" else []
    lemmas = _lemmas(irregular, [*neutral, *(each for every in lists.values() for each in every)])
    if language == "th":
        lemmas = {}
    heads: dict[str, list[Phrase]] = {}
    for kind, phrases in lists.items():
        for phrase in (one for each in phrases for one in _spread(each)):
            letters = _letters(phrase, language, lemmas)
            pattern = None
            if choice := _CHOICE.search(letters):
                pattern = _pattern(letters, language)
                letters = letters[: max(0, choice.start() - 1)]  # the last may belong to the choice
            head = re.sub(r"^\(\?[^)]*\)", "", phrase)[:2]
            if language == "en":
                head = lemmas.get(phrase.split()[0], phrase.split()[0])
            heads.setdefault(head, []).append(Phrase(letters, pattern, kind))
    known = frozenset(lemmas.get(each, each) for each in neutral)
    past = frozenset(form for forms in irregular for form in forms[1:] if not form.endswith(("ing", "s")))
    nouns = frozenset(
        lemmas.get(word, word)
        for kind in ("agents", "people", "outcomes", "figures")
        for phrase in lists[kind]
        for word in phrase.split()
    )
    return Lexicon(language, lemmas, heads, known, past, nouns)


def _apart(text: str, at: str = ",\n") -> Iterator[str]:
    """Phrases of a list, parted by commas and line ends outside brackets; or choices, by bars."""
    depth, phrase = 0, ""
    for letter in text:
        depth += (letter in "({") - (letter in ")}")
        if letter in at and depth == 0:
            if phrase.strip():
                yield phrase.strip()
            phrase = ""
        else:
            phrase += letter
    if phrase.strip():
        yield phrase.strip()


def _spread(phrase: str) -> Iterator[str]:
    """A phrase that begins with a choice, as one phrase for each."""
    if not phrase.startswith("(") or phrase.startswith("(?"):
        yield phrase
        return
    depths = accumulate((letter == "(") - (letter == ")") for letter in phrase)
    at = next(at for at, depth in enumerate(depths) if depth == 0)
    choices, rest = phrase[1:at], phrase[at + 1 :]
    for choice in _apart(choices, "|"):
        yield from _spread(f"{choice}{rest.removeprefix('?')}".strip())
    if rest.startswith("?"):
        yield from _spread(rest.removeprefix("?").strip())


def _letters(phrase: str, language: str, lemmas: dict[str, str]) -> str:
    """A phrase as it stands in the texts that are searched, a space behind each English word."""
    if language == "th":
        return phrase.replace(" ", "")
    text = re.sub(r"(?<!\\)[a-z]+(?:'[a-z]+)?", lambda word: lemmas.get(word[0], word[0]), phrase)
    return f"{text} "


def _pattern(letters: str, language: str) -> re.Pattern[str]:
    if language == "th":
        return re.compile(f"{letters.replace('…', _GAP['th'])}{_NOT_FOLLOWED}")
    text = re.sub(r"(?<=[( |])\.(?=[)| ]|$)", r"\\.", letters.removesuffix(" "))
    # A space before an optional or repeated group belongs to the group; a gap brings its own spaces.
    text = re.sub(r" ?(\([^()]*\))(\?|\{\d,\d\})", r"(?: \1)\2", text)
    text = re.sub(r" ?… ?", _GAP["en"].replace("\\", "\\\\") + " ", text).removesuffix(" ")
    return re.compile(f"{text} ")


def _lemmas(irregular: list[list[str]], phrases: list[str]) -> dict[str, str]:
    """Every form of every word of the lists, and of the irregular ones, to its dictionary form."""
    made = {form: forms[0] for forms in irregular for form in forms}
    for listed in dict.fromkeys(word for each in phrases for word in re.findall("[a-z]+", each)):
        made.setdefault(listed, listed)
    for lemma in [each for each, root in made.items() if each == root and len(each) >= _SHORTEST]:
        for form in _inflected(lemma):
            made.setdefault(form, lemma)
    return made


def _inflected(word: str) -> Iterator[str]:
    """Regular forms of a word as a noun and as a verb; one that nobody uses does no harm."""
    if re.search("[^aeiou]y$", word):
        yield from (f"{word[:-1]}ies", f"{word[:-1]}ied", f"{word}ing")
        return
    yield f"{word}es" if re.search("(?:s|x|z|ch|sh|o)$", word) else f"{word}s"
    stem = word.removesuffix("e")
    yield from (f"{stem}ed", f"{stem}ing")
    if re.search("[aeiou][bdgklmnprt]$", word):
        yield from (f"{word}{word[-1]}ed", f"{word}{word[-1]}ing")
