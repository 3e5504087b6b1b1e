"""YAML with positions, and everything that is refused before it is understood."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from equity_lib.errors import WrongParameters
from equity_lib.programme.reading import LARGEST_BYTES, read_yaml

BOMB = "a: &a [1,1]\n" + "".join(
    f"{chr(98 + i)}: &{chr(98 + i)} [*{chr(97 + i)},*{chr(97 + i)}]\n" for i in range(20)
)
REFUSED = {
    "a tab": ("a:\n\tb: 1\n", ":2:", "Indent with spaces, not tabs"),
    "an alias bomb": (BOMB, ":2:", "an alias"),
    "a tag": ("a: !!python/object:os.system 1\n", ":1:", "a tag"),
    "an open bracket": ("a: [1,\n", ":2:", "plain YAML"),
    "two documents": ("a: 1\n---\nb: 2\n", ":2:", "plain YAML"),
    "nothing": ("", "", "an empty file"),
    "deep nesting": ("a: " + "[" * 500 + "]" * 500, "", "nested too deeply"),
    "very deep nesting": ("a: " + "[" * 50_000, "", "allowed"),
    "too many bytes": ("a: '" + "x" * LARGEST_BYTES + "'", "", "bytes"),
}


@pytest.fixture
def read(tmp_path):
    def call(text: str):
        path = tmp_path / "file.yaml"
        path.write_text(text, "utf-8")
        return read_yaml(path, "file.yaml")

    return call


@pytest.mark.parametrize("case", REFUSED)
def test_read_yaml_refuses(read, case):
    text, line, said = REFUSED[case]
    with pytest.raises(WrongParameters) as raised:
        read(text)
    assert said in str(raised.value)
    assert f"file.yaml{line}" in str(raised.value)


def test_read_yaml_refuses_a_file_of_50_megabytes_without_reading_it(tmp_path):
    path = tmp_path / "big.yaml"
    with path.open("wb") as file:
        file.truncate(50_000_000)
    with pytest.raises(WrongParameters, match="50,000,000 bytes"):
        read_yaml(path, "big.yaml")


def test_read_yaml_refuses_other_encodings_and_gives_the_offset(tmp_path):
    path = tmp_path / "thai.yaml"
    path.write_bytes("a: ขอนแก่น".encode("cp874"))
    with pytest.raises(WrongParameters, match="a byte at 3 that isn't UTF-8"):
        read_yaml(path, "thai.yaml")


def test_read_yaml_keeps_dates_and_codes_as_text(read):
    data = read('day: 2563-11-25\ncode: "40"\ncount: 1_000\nshare: 1.5\nflag: true\nno: no\nnothing:\n').data
    assert data == {
        "day": "2563-11-25",
        "code": "40",
        "count": 1000,
        "share": 1.5,
        "flag": True,
        "no": "no",
        "nothing": None,
    }


def test_read_yaml_knows_the_line_of_every_key(read):
    document = read("a: 1\nb:\n  c:\n    - x\n    - d: 2\n")
    assert document.line(("b", "c", 1, "d")) == 5
    assert document.line(("b", "missing")) == 2


def test_read_yaml_reports_each_double_key(read):
    document = read("a: 1\nb: {c: 1, c: 2}\na: 3\n")
    assert [(fault.line, fault.key) for fault in document.faults] == [(2, "b.c"), (3, "a")]
    assert document.data["a"] == 1


@given(st.text(max_size=200))
def test_read_yaml_of_any_text_answers_or_refuses_but_never_breaks(tmp_path_factory, text):
    path = tmp_path_factory.mktemp("any") / "any.yaml"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    with contextlib.suppress(WrongParameters):
        read_yaml(path, "any.yaml")
