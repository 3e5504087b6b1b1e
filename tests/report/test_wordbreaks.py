"""Thai words that Chromium would break in two stay whole; what is read stays the same."""

import re

import pytest

from equity_lib.report.wordbreaks import held

CSS = "<style>n-b { white-space: nowrap }</style>"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("คิดเป็นร้อยละ 5", "คิดเป็น<n-b>ร้อยละ</n-b> 5"),
        ("การกลับเข้าเรียน", "การ<n-b>กลับ</n-b>เข้าเรียน"),
        ("กลับเข้าเรียน", "กลับเข้าเรียน"),  # nothing before it that could take its first letter
        ("ปีที่\u00a02", "<n-b>ปีที่</n-b>\u00a02"),
        ("ปีที่แล้ว", "ปีที่แล้ว"),
    ],
)
def test_held_wraps_the_words_that_break(text, shown):
    assert held(f"<p>{text}</p>") == f"<p>{shown}</p>"


def test_held_leaves_attributes_drawings_and_numbers_alone():
    page = (
        '<p title="ร้อยละ"><span data-result="a">ร้อยละ\u00a05</span></p><svg><text>ร้อยละ</text></svg>'
        "<title>ร้อยละ</title><code>ร้อยละ</code>"
    )
    assert held(page) == page


def test_held_changes_no_letter():
    page = "<p>เด็กนอกระบบร้อยละ 38.6 กลับเข้าเรียน ความช่วยเหลือกระจายตามฐานะอย่างไร</p>"
    assert re.sub("<[^>]*>", "", held(page)) == re.sub("<[^>]*>", "", page)


@pytest.mark.parametrize("word", ["ร้อยละ", "กระจาย", "กลับ"])
def test_held_words_stand_on_one_line_in_the_browser(browser, word):
    """Each width of a paragraph is tried; without the span, some of them break the word."""
    tab = browser.new_page()
    text = f"การช่วยเหลือ{word}เด็กนอกระบบการศึกษาทุกคนในพื้นที่"
    broken = {}
    for name, page in (("plain", f'<p lang="th">{text}</p>'), ("held", held(f'<p lang="th">{text}</p>'))):
        tab.set_content(CSS + page)
        broken[name] = tab.evaluate(
            """(word) => {
              const at = document.querySelector('p'), found = [];
              const walk = document.createTreeWalker(at, NodeFilter.SHOW_TEXT);
              for (let node = walk.nextNode(); node; node = walk.nextNode()) {
                const start = node.data.indexOf(word);
                if (start < 0) continue;
                for (let wide = 90; wide < 420; wide += 3) {
                  at.style.width = wide + 'px';
                  const range = document.createRange();
                  range.setStart(node, start);
                  range.setEnd(node, start + word.length);
                  const tops = new Set([...range.getClientRects()].map(box => Math.round(box.top)));
                  if (tops.size > 1) found.push(wide);
                }
              }
              return found;
            }""",
            word,
        )
    tab.close()
    assert broken["held"] == []
    if word != "กลับ":
        assert broken["plain"] != []
