"""Rules about a row: needed cells, ages, sex and title, amounts, dates of payment."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from equity_lib.registry.cleaning import Cleaned, CleanSheet, Flag
from equity_lib.registry.names import sex_of_title
from equity_lib.registry.setting import Setting

#: Rules whose rows keep their money in the reconciliation, as "paid, in question".
IN_QUESTION = ("Q12", "Q13", "Q14", "Q15")
#: Rules that only list rows for a person to decide; the rows stay.
LISTED_ONLY = ("Q06",)
#: The date on which a row's service was given, by table.
_SERVICE_DATE = {
    "support_payment": "date",
    "screening": "date",
    "assessment": "date",
    "out_of_school": "found_date",
}


def check(sheet: CleanSheet, setting: Setting) -> None:
    """Add to the sheet's flags what its rows break."""
    for table in sheet.tables:
        sheet.flags += [flag for flag in _row_rules(sheet, table, setting) if len(flag.rows)]
    formulas = sheet.plan.body.grid.no_value
    used = {at: column for column, at in sheet.plan.positions.items()}
    for at in sorted({column for _, column in formulas if column in used}):
        rows = np.array(sorted(row for row, column in formulas if column == at), np.intp)
        sheet.flags.append(Flag("Q19", used[at], rows))
    # Two tables of one sheet see the same row: it breaks a rule once.
    together: dict[tuple[str, str], list[NDArray[np.intp]]] = {}
    for flag in sheet.flags:
        together.setdefault((flag.rule, flag.column), []).append(flag.rows)
    sheet.flags = [Flag(rule, c, np.unique(np.concatenate(parts))) for (rule, c), parts in together.items()]


def _row_rules(sheet: CleanSheet, table: Cleaned, setting: Setting) -> Iterator[Flag]:
    flagged = {(flag.column, flag.rule): flag for flag in sheet.flags}
    for column in table.table.columns.values():
        wanted = column.need == "cell" or column.name == "amount"
        if wanted and column.name in table.fields:
            lacking = table.fields[column.name].is_null() & table.here
            for name, _ in [key for key in flagged if key[0] == column.name]:
                lacking[np.concatenate([f.rows for (c, _), f in flagged.items() if c == name])] = False
            yield Flag("Q14" if column.name == "amount" else "Q00", column.name, np.flatnonzero(lacking))
    if table.table.is_personal:
        yield from _ages(table, setting)
        yield from _title_against_sex(table)
    if table.table.name == "support_payment":
        yield from _payments(table, setting)
    if table.table.name == "enrolment" and {"days_open", "days_present"} <= set(table.fields):
        more = table.fields["days_present"].numpy(np.nan) > table.fields["days_open"].numpy(np.nan)
        yield Flag("Q17", "days_present", np.flatnonzero(more & table.here))


def _ages(table: Cleaned, setting: Setting) -> Iterator[Flag]:
    """Q10: born after the service, or outside the ages of the stream."""
    served = _SERVICE_DATE.get(table.table.name)
    if "birth_date" not in table.fields or served not in table.fields:
        return
    born, day = table.fields["birth_date"].ymd(), table.fields[served].ymd()
    known = (born > 0) & (day > 0) & table.here
    age = (day - born) // 10000
    wrong = known & (day < born)
    stream = table.fields.get("stream")
    if stream is not None:
        for key, rule in setting.streams.items():
            if rule.ages:
                outside = (age < rule.ages[0]) | (age > rule.ages[1])
                wrong |= known & _is(stream.codes, stream.values, key) & outside
    yield Flag("Q10", "birth_date", np.flatnonzero(wrong))


def _title_against_sex(table: Cleaned) -> Iterator[Flag]:
    if "title" not in table.fields or "sex" not in table.fields:
        return
    title, sex = table.fields["title"], table.fields["sex"]
    wrong = np.zeros(len(title.codes), bool)
    for told, other in (("male", "female"), ("female", "male")):
        titles = [name for name, of in sex_of_title().items() if of == told]
        wrong |= _is(title.codes, title.values, *titles) & _is(sex.codes, sex.values, other)
    yield Flag("Q11", "sex", np.flatnonzero(wrong & table.here))


def _is(codes: NDArray[np.int32], values: pa.Array, *wanted: str) -> NDArray[np.bool_]:
    among = pc.is_in(values, pa.array(wanted, pa.string())).to_numpy(zero_copy_only=False)
    return np.asarray(np.append(among, False)[codes])


def _payments(table: Cleaned, setting: Setting) -> Iterator[Flag]:
    """Q12 amount off the rate, Q13 negative without a payment it reverses, Q15 day outside the year."""
    amount, stream = table.fields["amount"].numpy(np.nan), table.fields["stream"]
    rated = np.full(len(amount), np.nan)
    for key, rule in setting.streams.items():
        if rule.rate is not None:
            rated[_is(stream.codes, stream.values, key)] = rule.rate
    known = ~np.isnan(amount) & table.here
    yield Flag("Q12", "amount", np.flatnonzero(known & ~np.isnan(rated) & (np.abs(amount) != rated)))
    yield Flag("Q13", "amount", np.flatnonzero(known & (amount < 0) & ~_is_linked(table)))
    day = table.fields["date"].ymd()
    first = max((d for d in (setting.first, setting.granted) if d), default=None)
    outside = np.zeros(len(day), bool)
    if first:
        outside |= day < first.year * 10000 + first.month * 100 + first.day
    if setting.last:
        outside |= day > setting.last.year * 10000 + setting.last.month * 100 + setting.last.day
    yield Flag("Q15", "date", np.flatnonzero(outside & (day > 0) & table.here))


def _is_linked(table: Cleaned) -> NDArray[np.bool_]:
    """Whether a row names the payment it reverses, and that payment is in the file if they are numbered."""
    if "reverses" not in table.fields:
        return np.zeros(len(table.here), bool)
    reverses = table.fields["reverses"]
    if "payment_id" not in table.fields:
        return ~reverses.is_null()
    known = pc.is_in(reverses.values, table.fields["payment_id"].values).to_numpy(zero_copy_only=False)
    return np.asarray(np.append(known, False)[reverses.codes])


def duplicates(sheet: CleanSheet) -> NDArray[np.bool_]:
    """Rows in which every column that is read repeats an earlier row (A32)."""
    columns = list({id(t): t for feed in sheet.plan.feeds for t in feed.columns.values()}.values())
    mixed = np.zeros(len(sheet.plan.body.grid.rows), np.uint64)
    for column in columns:
        mixed = (mixed ^ column.codes.view(np.uint32)) * np.uint64(0x9E3779B97F4A7C15)
        mixed ^= mixed >> np.uint64(29)
    again = np.zeros(len(mixed), bool)
    maybe = np.flatnonzero(pd.Series(mixed).duplicated(keep=False).to_numpy())
    if len(maybe):
        # The mixing may collide: what it finds is compared column by column.
        exact = pd.DataFrame({i: c.codes[maybe] for i, c in enumerate(columns)})
        again[maybe] = exact.duplicated().to_numpy()
    return again


def wrong_file(sheet: CleanSheet, setting: Setting) -> str:
    """Why the sheet belongs to another province or year (X06), or an empty text.

    More than half of the rows must say so: fewer are rows in question, not another file.
    """
    rows = len(sheet.plan.body.grid.rows)
    for table in sheet.tables:
        if "district" in table.fields and sheet.plan.source.places == "thai":
            away = next((f.rows for f in sheet.flags if f.rule == "Q16" and f.column == "district"), ())
            if 2 * len(away) > rows:
                return "most districts are not of this province"
        if table.table.name == "support_payment":
            day = table.fields["date"].ymd() // 10000 + 543
            # Fiscal, academic and programme years differ by a year at either side.
            far = (day > 543) & (np.abs(day - setting.year) > 1)
            outside = next((f.rows for f in sheet.flags if f.rule == "Q15"), ())
            if 2 * int(far.sum()) > rows or 2 * len(outside) > rows:
                return f"most payments are not of programme year {setting.year}"
    return ""
