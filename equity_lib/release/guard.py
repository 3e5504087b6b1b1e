"""The claim guard: no rendered page says that one thing came from another unless its evidence carries it."""

from collections.abc import Mapping
from pathlib import Path

from equity_lib.errors import Fault, ReportFailed
from equity_lib.release.causal import causal_words
from equity_lib.release.lexicon import LANGUAGES, lexicon
from equity_lib.release.rendered import passages

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
    found = [
        (passage.place, words)
        for passage in passages(page)
        if not passage.exempt
        for words in causal_words(passage.text)
    ]
    return list(dict.fromkeys(found))


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
