"""The claim guard: no rendered page says that one thing came from another unless its evidence carries it."""

import re
from collections.abc import Mapping
from pathlib import Path

from equity_lib.errors import Fault, ReportFailed
from equity_lib.release.causal import causal_words
from equity_lib.release.lexicon import LANGUAGES, lexicon
from equity_lib.release.rendered import Passage, passages

#: A full stop, and the ends of a Thai passage; letters of a Thai passage that can be half a sentence.
_ENDED = re.compile(r"[.?!;]$")
_THAI_ENDS, _THAI_BEGINS = re.compile("[\u0e00-\u0e7f]:?$"), re.compile("[\u0e00-\u0e7f]")
_SHORT = 40

#: Findings that one message names of a page; the first ones are enough to mend it.
_MOST = 20

_ALLOWED = (
    "what was counted, compared or asked; causes only in a claim graded quasi-experimental or experimental, "
    "and in official goals quoted by their fact"
)
_ACTION = (
    "Say what was observed, or declare a design in designs.yaml: notebook 07 then says what may be said."
)


def prepare() -> None:
    """Compile the word lists once, in the process that workers are forked from."""
    for language in LANGUAGES:
        lexicon(language)


def unclaimed(page: str) -> list[tuple[str, str]]:
    """The causal wording of a page that no claim carries.

    Parameters
    ----------
    page
        A rendered page in HTML, in either language.

    Returns
    -------
    list
        Place and words of each, in the order of the page; the rest of the sentence isn't repeated.
    """
    found: list[tuple[str, str]] = []
    before: Passage | None = None
    for passage in passages(page):
        if passage.exempt:
            before = None
            continue
        words = causal_words(passage.text)
        if not words and before is not None and _continues(before.text, passage.text):
            together = causal_words(f"{before.text.strip()} {passage.text.strip()}")
            words = tuple(each for each in together if each not in causal_words(before.text))
        found += [(passage.place, each) for each in words]
        before = passage
    return list(dict.fromkeys(found))


def _continues(before: str, text: str) -> bool:
    """Whether a passage goes on with the sentence of the one before it, as list items and cells can.

    English begins sentences with a capital letter; Thai doesn't, so there short passages are read together.
    """
    before, text = before.strip(), text.strip()
    if _ENDED.search(before):
        return False
    if _THAI_ENDS.search(before) and _THAI_BEGINS.match(text):
        return len(before) < _SHORT
    return before.endswith(":") or text[:1].islower()


def guard(folder: Path, shown: str) -> None:
    """Read every page of a folder, before anyone else does.

    Parameters
    ----------
    folder
        Rendered pages; folders behind links are somebody else's.
    shown
        How messages call the folder.

    Raises
    ------
    ReportFailed
        If a page says what no claim carries; all such places are named, none of the pages may be published.
    """
    read(
        {
            f"{shown}/{path.relative_to(folder).as_posix()}": path.read_text("utf-8")
            for path in sorted(folder.rglob("*.html"))
        }
    )


def read(pages: Mapping[str, str]) -> None:
    """Read pages, name → HTML, and refuse them all if one says what no claim carries.

    Raises
    ------
    ReportFailed
        As `guard`.
    """
    faults = [
        Fault(name, 0, place, f"“{words}”", _ALLOWED, _ACTION)
        for name, page in pages.items()
        for place, words in unclaimed(page)[:_MOST]
    ]
    if faults:
        message = (
            "Pages say what no graded claim carries, so they are not published (METHODS, grades and claims)."
        )
        raise ReportFailed(message, faults)
