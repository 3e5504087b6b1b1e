"""Child-years: who was in school in an academic year, and what became of them in the next one.

Everything works on sorted arrays, group by group, so that five million rows of enrolment take seconds.
"""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from equity_lib.registry.register import Register
from equity_lib.registry.year import Year

#: Statuses under which a school has the child on its roll in that term.
IN_SCHOOL = ("enrolled", "transferred", "graduated")
#: Gone for a reason that is not dropping out (follow-up list of the Ministry of Education).
APART = ("deceased", "abroad", "moved")
#: Last grades of basic education: who was there isn't expected in the register again.
LAST_GRADES = ("m6", "voc3")
#: 16 May as month × 100 + day.
OPENING_DAY = 516
STAGES = ("early", "primary", "lower_secondary", "upper_secondary", "non_formal", "no_grade")
#: What became of a child in the next academic year; every child in school has exactly one.
FATES = (
    "same_school",
    "other_school",
    "transferred",
    "left",
    "finished",
    "apart",
    "untraced",
)
#: A transfer is no departure, not even where the new school has written no record yet.
STAYED = ("same_school", "other_school", "transferred")

_STATUSES = ("", "unknown", *APART, "absent", "dropped_out", "transferred", "graduated", "enrolled")
_COLUMNS = ["child_id", "academic_year", "term", "school", "grade", "enrol_status", "days_present"]


def stage_of(grade: str | float) -> str:
    """The stage of a grade; vocational certificates belong to upper secondary education.

    Examples
    --------
    >>> [stage_of(grade) for grade in ("care", "k3", "p6", "m3", "voc1", "nfe_upper")]
    ['early', 'early', 'primary', 'lower_secondary', 'upper_secondary', 'non_formal']
    """
    if not isinstance(grade, str):
        return "no_grade"
    if grade.startswith("nfe"):
        return "non_formal"
    if grade == "care" or grade.startswith("k"):
        return "early"
    if grade.startswith("p"):
        return "primary"
    if grade in ("m1", "m2", "m3"):
        return "lower_secondary"
    return "upper_secondary" if grade.startswith(("m", "voc")) else "no_grade"


def enrolment(register: Register, last: int, more: Iterable[str] = ()) -> pd.DataFrame:
    """Enrolment by term of all academic years up to `last`, from the files of those programme years.

    A later report must not change an earlier one, so files of later programme years are left out.

    Parameters
    ----------
    last
        The report's programme year; it names the academic year too.
    more
        Further columns of the enrolment table.
    """
    years = sorted({part.year for part in register.state.parts if part.year <= last})
    rows = register.table("enrolment", [*_COLUMNS, *more], {"program_year": years})
    rows = rows[rows["academic_year"].notna() & rows["term"].notna()]
    return rows[rows["academic_year"].astype(int) <= last].reset_index(drop=True)


def child_years(rows: pd.DataFrame) -> pd.DataFrame:
    """One row a child and academic year, the years of a child one after the other.

    Parameters
    ----------
    rows
        `child_id`, `academic_year`, `term`, `school`, `grade`, `enrol_status`, `days_present`, in any
        order. Where a term has two words on a child, the one that has it in school counts.

    Returns
    -------
    DataFrame
        `child` (a number), `child_id`, `year`, `in_school`, `status` (the last word of the year), `grade`,
        `school` and `term` of the last term in school, `first_grade`, `first_school` and `first_term` of
        the first one (missing where the child was in school in no term); `back`, whether it is in school
        again after a year in which it was not, having been so before.
    """
    frame = _in_order(rows)
    every = frame.drop_duplicates("key", keep="last").set_index("key")
    inside = frame[frame["present"]]
    about = ["grade", "school", "term"]
    last = inside.drop_duplicates("key", keep="last").set_index("key")[about]
    first = inside.drop_duplicates("key").set_index("key")[about].add_prefix("first_")
    made = every[["child", "child_id", "year", "status"]].join([last, first])
    made = made.assign(in_school=made.index.isin(last.index)).reset_index(drop=True)
    return made.assign(back=_back(made))


def _in_order(rows: pd.DataFrame) -> pd.DataFrame:
    """Coded rows in order of child, year and term; `key` is one number a child and year."""
    child, names = pd.factorize(rows["child_id"])
    status = pd.Categorical(rows["enrol_status"].fillna(""), categories=_STATUSES).codes.astype(np.int64)
    # A blank status with days present is a child at school; a word that no list knows tells nothing.
    came = (status <= 0) & (rows["days_present"].fillna(0).to_numpy(float) > 0)
    status = np.where(came, _STATUSES.index("enrolled"), np.maximum(status, 0))
    present = np.isin(status, [_STATUSES.index(each) for each in IN_SCHOOL])
    year, term = (rows[name].to_numpy(np.int64) for name in ("academic_year", "term"))
    grade, school = (pd.Categorical(rows[name]) for name in ("grade", "school"))
    key = child * 10_000 + year
    order = np.lexsort((school.codes, grade.codes, status, present, term, key))
    frame = {"key": key, "child": child, "year": year, "term": term, "present": present}
    coded = {
        "status": pd.Categorical.from_codes(status, pd.Index(_STATUSES)),
        "grade": grade,
        "school": school,
    }
    own = {"child_id": pd.Categorical.from_codes(child, names)}
    return pd.DataFrame(frame | coded | own).iloc[order].reset_index(drop=True)


def followed(years: pd.DataFrame) -> pd.DataFrame:
    """Child-years in school whose next academic year is in the files, each with its fate.

    The last year of the files has no next one and is left out.

    Parameters
    ----------
    years
        As `child_years` gives them.

    Returns
    -------
    DataFrame
        The rows in school with `fate` (one of `FATES`), `next_grade` and `next_term`.
    """
    after = years.shift(-1)
    next_is = (after["child"] == years["child"]) & (after["year"] == years["year"] + 1)
    inside = next_is & after["in_school"].eq(True)
    same = inside & (after["first_school"].astype(object) == years["school"].astype(object))
    unsaid = inside & (after["first_school"].isna() | years["school"].isna())
    told = after["status"].astype(object).where(next_is & ~inside, "")
    own = years["status"].astype(object)
    final = own.eq("graduated") | (own.eq("enrolled") & years["grade"].isin(LAST_GRADES))
    silent = told.isin(["", "unknown"])
    cases = [
        (same | unsaid, "same_school"),
        (inside, "other_school"),
        (told.isin(["dropped_out", "absent"]), "left"),
        (told.isin(APART), "apart"),
        (silent & final, "finished"),
        (told.eq("unknown"), "untraced"),
        (own.eq("transferred"), "transferred"),
        (own.isin(["dropped_out", "absent"]), "left"),
        (own.isin(APART), "apart"),
    ]
    fate = np.select([np.asarray(where, bool) for where, _ in cases], [name for _, name in cases], "untraced")
    made = years.assign(
        fate=pd.Categorical(fate, categories=list(FATES)),
        next_grade=after["first_grade"].where(inside),
        next_term=after["first_term"].where(inside),
    )
    known: pd.DataFrame = made[made["in_school"] & (made["year"] < made["year"].max())]
    return known.reset_index(drop=True)


def _back(years: pd.DataFrame) -> pd.Series:
    """Whether a child that had been in school before, then out of it, is in school in this year."""
    inside = years["in_school"]
    before = inside.astype(int).groupby(years["child"]).cumsum() - inside
    was = years.shift(1)
    running = (
        (was["child"] == years["child"]) & (was["year"] == years["year"] - 1) & was["in_school"].eq(True)
    )
    back: pd.Series = inside & (before > 0) & ~running
    return back


def age_on_opening(birth: pd.Series, year: pd.Series) -> pd.Series:
    """Whole years of age on 16 May, the day on which an academic year opens by the ministry's rule.

    Source: Ministry of Education, rule on the opening and closing of schools, B.E. 2549.
    """
    had = (birth.dt.month * 100 + birth.dt.day) <= OPENING_DAY
    return year - 543 - birth.dt.year - (~had).astype(int)


def children(register: Register, last: int) -> pd.DataFrame:
    """Birth date and district of every child in files up to `last`, by `child_id`: the latest word.

    A column that a later file leaves blank keeps what an earlier one said.
    """
    years = sorted({part.year for part in register.state.parts if part.year <= last})
    rows = register.table(
        "child", ["child_id", "birth_date", "district", "program_year"], {"program_year": years}
    )
    rows = rows.assign(birth_date=pd.to_datetime(rows["birth_date"])).sort_values(
        "program_year", kind="stable"
    )
    return rows.drop(columns="program_year").groupby("child_id", sort=False).last()


def as_of(year: Year) -> str:
    """Last day of the programme year, up to which its files tell."""
    end = year.parameters.period.end
    return end.isoformat() if end else "not_stated"
