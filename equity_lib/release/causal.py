"""Which words of a sentence claim a cause, in Thai and English; the words themselves are data.

A rule book, not a model: the same text gives the same answer everywhere, and each answer names the
words that led to it. A sentence claims a cause if it

- says so by itself, of children or of somebody's work: *led to*, *thanks to*, *success*, *ทำให้*;
- lets somebody who could have done it (a programme, a grant, a team) do something to children or to
  an outcome: *lifted attendance*, *ลดการออกกลางคัน*; of an agent's other verbs only those that are known
  to be an office's business (*paid*, *visited*) pass;
- gives an agent as reason, way or time of a change: *since the grant began, dropout has fallen*;
- says what would have been without.

Nothing is claimed by what is denied, asked, aimed at, left open, or said of figures and methods, or of
accounts and machines where no schooling is named.
"""

import re
from collections.abc import Iterator
from functools import lru_cache

from equity_lib.release.lexicon import Span, Words, lexicon
from equity_lib.release.plain import normalised
from equity_lib.release.sentences import Sentence, english, inside, thai

#: Letters from "because" or "since" to whom it names; from "aims to" to what; from "not" to what.
_NEAR, _AIM, _NOT = {"en": 40, "th": 24}, 60, 16
#: Words between an agent and its verb, and from there to whom it is done.
_TO_VERB, _TO_OBJECT = 4, 9
#: Letters between a strong verb and its object.
_OBJECT = 24
#: Thai letters between "paid" and what was paid.
_GIVEN = 10
_THAI_ONLY = re.compile("[\u0e00-\u0e4e]{2,40}")
_LATIN = re.compile("[a-z]{2}")
_THAI = re.compile("[\u0e00-\u0e7f]")
_BEFORE_VERBS = re.compile(
    "to|will|can|could|may|might|would|must|should|shall|not|that|who|which|we|they|also|really|help"
)
_BE = re.compile(r"(?:^| )(?:be|get)(?: \w+ly| now| also| already| not)? $")


@lru_cache(maxsize=1 << 14)  # labels and notes return on every page of an area-year
def causal_words(text: str) -> tuple[str, ...]:
    """The words of a passage that claim a cause.

    Parameters
    ----------
    text
        A paragraph, heading or label, in Thai, English or both.

    Returns
    -------
    tuple
        Empty if nothing is claimed.
    """
    plain = normalised(text)
    sentences = [
        *(thai(plain) if _THAI.search(plain) else ()),
        *(english(plain) if _LATIN.search(plain) else ()),
    ]
    found = [sentence.written(span) for sentence in sentences for span in _claims(sentence)]
    return tuple(dict.fromkeys(found))


def _claims(sentence: Sentence) -> Iterator[Span]:
    for span in [
        *_said(sentence),
        *_done(sentence),
        *_joined(sentence),
        *_beside(sentence),
        *_unknown(sentence),
    ]:
        if not _excused(sentence, span):
            yield span


def _touched(sentence: Sentence) -> list[Span]:
    return sentence.of("people", "outcomes", "recipients")


def _said(sentence: Sentence) -> Iterator[Span]:
    """Cause, success and proof, said of anybody; better children, said of who takes part."""
    agents, touched = sentence.of("agents"), _touched(sentence)
    for span in sentence.own("causes", "boasts", "unreal"):
        if agents or any(span.kind == "boasts" or not inside(each, [span]) for each in touched):
            yield span
    if agents or sentence.of("recipients"):
        yield from sentence.own("praise")


def _done(sentence: Sentence) -> Iterator[Span]:
    """What is done to children or to an outcome: by an agent, or by anything at all if the verb is strong."""
    agents, touched = sentence.of("agents"), _touched(sentence)
    for span in sentence.own("acts"):
        if (
            touched
            and not _noun(sentence, span)
            and (_by_agent(sentence, span, agents) or _forced(sentence, span, touched))
        ):
            yield span
    yield from (span for span in sentence.own("works") if _by_agent(sentence, span, agents))


def _noun(sentence: Sentence, span: Span) -> bool:
    """Whether a verb of the lists stands where it can be a noun or an adjective as well: "lower income"."""
    if sentence.words is None or not any(each.start == span.start for each in sentence.of("nominal")):
        return False
    at = sentence.words.starts.index(span.start)
    form = sentence.words.forms[at]
    bare = sentence.text.startswith(f"{form} ", span.start)
    return bare and not (at and _BEFORE_VERBS.fullmatch(sentence.words.forms[at - 1]))


def _forced(sentence: Sentence, span: Span, touched: list[Span]) -> bool:
    """Whether a verb that isn't anybody's is done to children or an outcome right behind it."""
    if _passive(sentence, span) or any(each.start == span.start for each in sentence.of("tame")):
        return False
    return any(span.start < each.start < span.end + _OBJECT for each in touched)


def _joined(sentence: Sentence) -> Iterator[Span]:
    """An agent as reason, way or time of a change; what would be without it."""
    agents, touched = sentence.of("agents"), _touched(sentence)
    changes = [each for each in sentence.of("acts", "states", "praise") if not _excused(sentence, each)]
    for span in sentence.own("reasons", "times", "ways", "events") if touched else ():
        changed = changes if span.kind in ("ways", "events") else [*changes, *sentence.of("loose")]
        named = span.kind == "events" or _names(sentence, span, agents)
        if named and any(_apart(each, span) for each in changed):
            yield span
    yield from (span for span in sentence.own("credits") if _names(sentence, span, agents))
    for span in sentence.own("absent"):
        if _names(sentence, span, agents) and sentence.of("would"):
            yield span


def _beside(sentence: Sentence) -> Iterator[Span]:
    """A change of children or of an outcome in one sentence with an agent: it insinuates."""
    agents, touched = sentence.of("agents"), sentence.of("people", "outcomes")
    if not agents or not touched:
        return
    yield from (span for span in sentence.own("turned") if not _noun(sentence, span))
    for span in sentence.own("acts"):
        before = [each for each in (*agents, *touched) if each.end <= span.start]
        verb = _passive(sentence, span) and not _noun(sentence, span)
        if before and verb and max(before, key=lambda each: each.end) in touched:
            yield span


def _names(sentence: Sentence, span: Span, agents: list[Span]) -> bool:
    return any(
        -1 <= agent.start - span.end < _NEAR[sentence.language] or inside(agent, [span]) for agent in agents
    )


def _apart(one: Span, other: Span) -> bool:
    return one.start >= other.end or one.end <= other.start


def _by_agent(sentence: Sentence, span: Span, agents: list[Span]) -> bool:
    """Whether an agent is said to do it: it stands before the verb, or behind "by" in the passive."""
    if not _passive(sentence, span):
        return any(agent.end <= span.start for agent in agents)
    after = [agent for agent in agents if agent.start >= span.end]
    by = [each for each in sentence.of("reasons", "times", "ways") if each.start >= span.start]
    return any(_names(sentence, each, after) for each in by)


def _passive(sentence: Sentence, span: Span) -> bool:
    if sentence.words is None:
        return False
    form = sentence.words.forms[sentence.words.starts.index(span.start)]
    return bool(_BE.search(sentence.text[: span.start])) and not form.endswith("ing")


def _unknown(sentence: Sentence) -> Iterator[Span]:
    """What an agent does to children or outcomes by a verb of no list: taken for a claim."""
    touched = _touched(sentence)
    if touched and sentence.words:
        yield from _unknown_english(sentence, sentence.words, touched)
    elif touched:
        yield from _unknown_thai(sentence, touched)


def _unknown_english(sentence: Sentence, words: Words, touched: list[Span]) -> Iterator[Span]:
    """A verb of no list, known by its ending, after an agent and before whom it is done to."""
    book = lexicon("en")
    places = {start: at for at, start in enumerate(words.starts)}
    for agent in sentence.of("agents"):
        first = places[agent.end]
        for at in range(first, min(first + _TO_VERB, len(words.forms))):
            form, start = words.forms[at], words.starts[at]
            lemma = sentence.text[start:].split(" ", 1)[0]
            if form in (".", ",") or lemma in ("be", "get", "not", "that", "who") or sentence.masked(start):
                break
            present = at == first and form.endswith("s") and not form.endswith(("ss", "us", "is"))
            if not (form.endswith("ed") or form in book.past or present):
                continue
            if lemma in book.neutral or lemma in book.nouns:
                break
            reach = words.starts[min(at + _TO_OBJECT, len(words.starts) - 1)]
            if any(start < each.start <= reach for each in touched):
                yield Span(start, start + len(lemma) + 1, "unknown")
                return


def _unknown_thai(sentence: Sentence, touched: list[Span]) -> Iterator[Span]:
    """Some letters between an agent and whom it is done to that are nothing an office does."""
    for agent in sentence.own("agents"):
        behind = [each.start for each in touched if each.start >= agent.end]
        if not behind:
            continue
        span = Span(agent.end, min(behind), "unknown")
        before = max(agent.start - _GIVEN, sentence.start)
        known = sentence.beginning("neutral", span.start, span.end) or [
            each for each in sentence.beginning("neutral", before, agent.start) if each.end <= agent.start
        ]
        if not known and _THAI_ONLY.fullmatch(sentence.written(span)):
            yield span


def _excused(sentence: Sentence, span: Span) -> bool:
    """Whether the words are denied, left open, only aimed at, or said of figures or accounts."""
    if span.kind == "acts" and sentence.words and sentence.text[: span.start].endswith(" to "):
        return not any(each.end == span.start for each in sentence.of("really"))
    clause = max([sentence.start, *(each.end for each in sentence.of("turn") if each.end <= span.start)])
    affirmed = sentence.of("not_denied")
    begins = max([clause, *(each.end for each in affirmed if each.end <= span.start)])
    denying = sentence.beginning("denied", begins, span.start)
    if any(not inside(each, affirmed) for each in denying):
        return True
    if any(span.start - each.end < _NOT for each in sentence.beginning("not_so", begins, span.start)):
        return True
    if any(each.start >= span.end for each in sentence.of("left_open")) and not sentence.of("presumed"):
        return True
    if any(span.start - each.end < _AIM for each in sentence.beginning("purpose", clause, span.start)):
        return True
    nobodys = all(inside(each, [span]) for each in _touched(sentence))
    if span.kind != "boasts" and sentence.of("books") and nobodys:
        return True
    about = sentence.beginning("figures", clause, min(span.end + _NEAR[sentence.language], sentence.end))
    return span.kind != "boasts" and bool(about) and not sentence.of("agents")
