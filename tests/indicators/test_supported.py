"""Children by pseudonym: the last word on each, and who is among whom."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from equity_lib.indicators.supported import affiliation, among, beside, last_word
from equity_lib.registry import latest
from tests.literal_register import LiteralRegister

NAMES = st.lists(st.sampled_from([*"abcdef", None]), max_size=12)


@given(NAMES, NAMES)
def test_among_is_isin_of_pandas(children, these):
    told, known = (pd.Series(each, dtype="str") for each in (children, these))
    expected = told.isin(known.dropna()).tolist()
    assert among(told, known).tolist() == expected
    assert among(pd.Index(told), known).tolist() == expected


def test_beside_puts_blanks_where_a_child_has_no_row():
    rows = pd.DataFrame({"sex": ["male", "female"]}, pd.Index(["b", "a"], name="child_id", dtype="str"))
    found = beside(pd.Index(["a", "x", "b"], dtype="str"), rows)
    assert found["sex"].fillna("-").tolist() == ["female", "-", "male"]


@pytest.mark.parametrize("rows", [[], ["a", "b"], ["a", "b", "a"]])
def test_last_word_keeps_what_a_later_row_leaves_blank(rows):
    """Oracle: pandas' `groupby(...).last()`."""
    frame = pd.DataFrame(
        {
            "child_id": pd.Series(rows, dtype="str"),
            "sex": pd.Series(["x", "y", None][: len(rows)], dtype="str"),
        }
    )
    expected = frame.groupby("child_id")["sex"].last()
    assert last_word(frame)["sex"].sort_index().tolist() == expected.tolist()


@given(
    st.lists(
        st.tuples(
            st.sampled_from("abc"),
            st.sampled_from([2562, 2563]),
            st.sampled_from(["x", "y", None]),
            st.integers(0, 3),
        )
    )
)
def test_register_gives_the_last_word_by_key(rows):
    """Oracle: pandas' `groupby(keys, dropna=False).last()`, keys in the order they first come in."""
    frame = pd.DataFrame(rows, columns=["child_id", "program_year", "sex", "day"])
    frame = frame.astype({"child_id": "str", "program_year": "int64", "sex": "str", "day": "int64"})
    keys = ["child_id", "program_year"]
    expected = frame.groupby(keys, sort=False, dropna=False, as_index=False).last()[list(frame)]
    pd.testing.assert_frame_equal(latest.last_word(frame, keys), expected)


def test_affiliation_is_that_of_the_last_term():
    rows = [("a", "1040000001", 2563, 2), ("a", "3040000001", 2563, 1), ("b", "7740000001", 2563, 1)]
    names = ("child_id", "school", "academic_year", "term")
    register = LiteralRegister(enrolment=[dict(zip(names, row, strict=True)) for row in rows])
    assert affiliation(register).to_dict() == {"a": "obec", "b": "other"}  # type: ignore[arg-type]
