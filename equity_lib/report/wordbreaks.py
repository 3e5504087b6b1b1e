"""Thai words that browsers break in two, held together.

Chromium breaks Thai lines by the dictionary of ICU. That one takes some words apart whose first letter
could end the word before (การก·ลับ), and doesn't know others (ร้อย·ละ, โค·วิด). Which ones was found by
comparing its breaks with the words of `pythainlp`, over all text of the pages.
"""

import re

#: Words that are broken wherever they stand, and one that belongs to its number.
_ALWAYS = ("ปีที่(?=\u00a0)", "ร้อยละ", "ทีละ", "โควิด", "ฟีลเลอร์", "แซตเทอร์ทเวต", "ไมเออร์")
#: Words that are broken after another word, by their first letters.
_WITHIN = (
    *("กลับ", "กลุ่ม", "มากกว่า", "หนึ่ง", "อย่าง"),
    *("กระจุก", "กระจาย", "กระโดด", "กระตุ้น", "กระทบ"),
)
_WORDS = re.compile(rf"{'|'.join(_ALWAYS)}|(?<=[\u0e00-\u0e7f])(?:{'|'.join(_WITHIN)})")
#: Tags, what is set by other rules or isn't shown, and numbers: those don't break at all.
_LEFT_ALONE = re.compile(
    r"<(style|svg|title|pre|code)\b.*?</\1>|<(?:a|span)\b[^>]* data-result=[^>]*>[^<]*|<[^>]*>", re.S
)


def held(page: str) -> str:
    """The page with each of these words in an element that doesn't break; a text reads the same as before.

    The element has a name of its own, which means nothing, and is short: there are hundreds on a page.
    """
    at, made = 0, []
    for found in _LEFT_ALONE.finditer(page):
        made += [_WORDS.sub(r"<n-b>\g<0></n-b>", page[at : found.start()]), found[0]]
        at = found.end()
    return "".join([*made, page[at:]])
