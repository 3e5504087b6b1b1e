"""Child-years: who was in school in an academic year, and what became of them in the next one.

Everything works on sorted arrays, group by group, so that five million rows of enrolment take seconds.
"""

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

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
    key = frame["key"].to_numpy()
    new = np.ones(len(key), bool)
    new[1:] = key[1:] != key[:-1]
    group = np.cumsum(new) - 1
    ends = np.append(np.flatnonzero(new)[1:], len(key))[: group[-1] + 1 if len(key) else 0] - 1
    made = frame.iloc[ends][["child", "child_id", "year", "status"]].reset_index(drop=True)
    inside = np.flatnonzero(frame["present"])
    last, first = (np.full(len(ends), -1) for _ in range(2))
    last[group[inside]] = inside  # of several rows the last one stays
    first[group[inside[::-1]]] = inside[::-1]
    for prefix, at in (("", last), ("first_", first)):
        for name in ("grade", "school", "term"):
            made[prefix + name] = frame[name].array.take(at, allow_fill=True)
    made["in_school"] = last >= 0
    return made.assign(back=_back(made))


def _in_order(rows: pd.DataFrame) -> pd.DataFrame:
    """Coded rows in order of child, year and term; `key` is one number a child and year."""
    child, names = pd.factorize(rows["child_id"])
    status = pd.Categorical(rows["enrol_status"].fillna(""), categories=_STATUSES).codes.astype(np.int64)
    # A blank status with days present is a child at school; a word that no list knows tells nothing.
    came = (status <= 0) & (pd.to_numeric(rows["days_present"]).fillna(0).to_numpy(float) > 0)
    status = np.where(came, _STATUSES.index("enrolled"), np.maximum(status, 0))
    present = np.isin(status, [_STATUSES.index(each) for each in IN_SCHOOL])
    year, term = (rows[name].to_numpy(np.int64) for name in ("academic_year", "term"))
    grade, school = (pd.Categorical(rows[name]) for name in ("grade", "school"))
    key = child * 10_000 + year
    # One number orders child, year, term and the weight of the word; ties are settled by the rest.
    word = ((key * 8 + term) * 2 + present) * 16 + status
    order = np.argsort(word, kind="stable")
    if (np.diff(word[order]) == 0).any():
        order = np.lexsort((school.codes, grade.codes, word))
    frame = {"key": key, "child": child, "year": year, "term": term.astype(float), "present": present}
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
        The rows in school with their `fate`, one of `FATES`.
    """
    child, year = years["child"].to_numpy(), years["year"].to_numpy()
    next_is = (_next(child, -1) == child) & (_next(year, -1) == year + 1)
    inside = next_is & _next(years["in_school"].to_numpy(), False)
    school = years["school"].cat.codes.to_numpy()
    entered = _next(years["first_school"].cat.codes.to_numpy(), -1)
    own = years["status"].cat.codes.to_numpy()
    told = np.where(next_is & ~inside, _next(own, 0), 0)
    final = _is(own, "graduated") | (_is(own, "enrolled") & years["grade"].isin(LAST_GRADES).to_numpy())
    cases = {  # the first that holds
        "same_school": inside & ((entered == school) | (entered < 0) | (school < 0)),
        "other_school": inside,
        "left": _is(told, "dropped_out", "absent"),
        "apart": _is(told, *APART),
        "finished": _is(told, "", "unknown") & final,
        "untraced": _is(told, "unknown"),
        "transferred": _is(own, "transferred"),
        "left ": _is(own, "dropped_out", "absent"),
        "apart ": _is(own, *APART),
    }
    fates = [FATES.index(name.strip()) for name in cases]
    fate = np.select(list(cases.values()), fates, FATES.index("untraced"))
    made = years.assign(fate=pd.Categorical.from_codes(fate, pd.Index(FATES)))
    known: pd.DataFrame = made[made["in_school"] & (made["year"] < made["year"].max())]
    return known.reset_index(drop=True)


def _next(values: NDArray[Any], fill: Any) -> NDArray[Any]:
    """The value of the row below; `fill` below the last."""
    return np.append(values[1:], np.array([fill], values.dtype))[: len(values)]


def _is(codes: NDArray[Any], *statuses: str) -> NDArray[np.bool_]:
    return np.isin(codes, [_STATUSES.index(each) for each in statuses])


def _back(years: pd.DataFrame) -> NDArray[np.bool_]:
    """Whether a child that had been in school before, then out of it, is in school in this year."""
    child, year, inside = (years[name].to_numpy() for name in ("child", "year", "in_school"))
    rows = np.flatnonzero(inside)
    child, year = child[rows], year[rows]
    # Among its years in school: not the child's first one, and not the one after its last.
    back = np.zeros(len(inside), bool)
    back[rows[1:]] = (child[1:] == child[:-1]) & (year[1:] != year[:-1] + 1)
    return back


def age_on_opening(birth: pd.Series, year: pd.Series) -> pd.Series:
    """Whole years of age on 16 May, the day on which an academic year opens by the ministry's rule.

    Source: Ministry of Education, rule on the opening and closing of schools, B.E. 2549.
    """
    had = (birth.dt.month * 100 + birth.dt.day) <= OPENING_DAY
    age: pd.Series = year - 543 - birth.dt.year - (~had).astype(int)
    return age


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
