"""Text in one spelling: what looks alike to a reader is the same to the claim guard."""

import re
import unicodedata

#: Joiners, direction marks, soft hyphens, variation selectors, fillers: nobody sees them.
_UNSEEN = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    "\u3164\ufe00-\ufe0f\ufeff\uffa0\U000e0000-\U000e01ef]"
)
_BLANK = re.compile("[\u2800\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]")
_QUOTES = str.maketrans(
    {"’": "'", "‘": "'", "ʼ": "'", "`": "'", "´": "'", "“": '"', "”": '"', "«": '"', "»": '"'}
)
_DASHES = re.compile("[\u2010-\u2015\u2212\u2043]")
#: Cyrillic, Greek, Latin and other letters drawn like a Latin one.
_TWINS = str.maketrans(
    "авсԁеѕіјкӏмпоԛрԍтуѡхһղոսցօαβγεηικνορτυχωɑɡɩıⅼƿɴʀꮪꮎнμζ",
    "abcdesijklmnoqpgtywxhnnugoabyenikvoptuxwagiilpnrsohmz",
)
#: Marks over Latin letters; Thai vowels and tones are not among them.
_MARKS = re.compile("(?<=[a-z])[\u0300-\u036f]+")
#: Thai spellings that look alike: a vowel typed in two parts, marks in another order, a mark twice.
_TWICE = re.compile("([\u0e31\u0e34-\u0e3a\u0e47-\u0e4e])\\1+")
_TONE_FIRST = re.compile("([\u0e48-\u0e4b])([\u0e31\u0e34-\u0e3a\u0e4d])")
_AM = re.compile("\u0e4d([\u0e48-\u0e4b]?)\u0e32")
_TONE_AFTER_AM = re.compile("\u0e33([\u0e48-\u0e4b])")
#: "i m p r o v e d": four letters or more, each by itself.
_SPACED = re.compile(r"(?<![a-z0-9])(?:[a-z][ ._*·-]){3,}[a-z](?![a-z0-9])")


def normalised(text: str) -> str:
    """Text as the word lists expect it: one form a letter, single spaces, nothing invisible, lower case.

    >>> normalised("ส่ง\\u200bผลให้  LED to")
    'ส่งผลให้ led to'
    >>> normalised("ｉｍｐｒо\\u00adved")
    'improved'
    """
    text = _BLANK.sub(" ", _UNSEEN.sub("", text))
    text = unicodedata.normalize("NFKC", text).casefold().translate(_QUOTES)
    text = _DASHES.sub("-", _UNSEEN.sub("", text))
    if not text.isascii():
        text = _latin(_thai(text))
    text = " ".join(text.split())
    return _SPACED.sub(lambda found: re.sub("[^a-z]", "", found[0]), text)


def _thai(text: str) -> str:
    text = _TWICE.sub(r"\1", text.replace("เเ", "แ"))
    text = _AM.sub("\\1\u0e33", _TONE_FIRST.sub(r"\2\1", text))
    return _TONE_AFTER_AM.sub("\\1\u0e33", text)


def _latin(text: str) -> str:
    """Letters of other alphabets as the Latin ones they are drawn like, without accents."""
    text = _MARKS.sub("", unicodedata.normalize("NFD", text.translate(_TWINS)))
    return unicodedata.normalize("NFC", text)
