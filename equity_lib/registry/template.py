"""The workbook an office fills in, and DATA.md: made from the schema, so that they can't differ from it."""

from collections.abc import Iterator
from pathlib import Path

import xlsxwriter

from equity_lib.errors import EnvironmentProblem
from equity_lib.programme.places import districts
from equity_lib.registry.schema import CHILD, Column, TableSchema, load
from equity_lib.registry.setting import Setting

#: Rows that carry drop-downs and formats; an office can fill in as many as it likes.
PREPARED_ROWS = 5_000
_PERSON = frozenset(load().tables["child"].columns)
#: Columns of a person that other tables carry only to tell who it is.
_WHO = (CHILD, "given_name", "surname")

_KINDS = {
    "id": ("เลข 13 หลัก หรือรหัส G (จัดรูปแบบเป็นข้อความ)", "13 digits or G-code, as text"),
    "date": ("วันที่ เช่น 25/11/2563 หรือ 25 พ.ย. 2563", "date such as 25/11/2563 (B.E.)"),
    "number": ("ตัวเลข", "number"),
    "percent": ("ร้อยละ 0–100", "percent, 0 to 100"),
    "integer": ("จำนวนเต็ม", "whole number"),
    "year": ("ปี พ.ศ. สี่หลัก", "year in B.E., four digits"),
    "code": ("เลือกจากรายการ", "one of the list"),
    "stream": ("เลือกประเภทของปีโครงการ", "a stream of the programme year"),
    "grade": ("ระดับชั้น เช่น อ.3 ป.1 ม.2 กศน.", "grade such as อ.3, ป.1, ม.2, กศน."),
    "district": ("ชื่ออำเภอ", "name of the district"),
    "subdistrict": ("ชื่อตำบล", "name of the sub-district"),
    "school": ("รหัสสถานศึกษา 10 หลัก", "school code of 10 digits"),
}
_NEED = {"": ("", ""), "column": ("ต้องมีคอลัมน์", "column needed"), "cell": ("ต้องกรอกทุกแถว", "every row")}
_SEE = {
    "identifier": ("ระบุตัวบุคคล: เก็บเข้ารหัส ไม่เข้ารายงาน", "identifier: kept sealed, never in a report"),
    "sensitive": ("อ่อนไหว", "sensitive"),
    "ordinary": ("", ""),
}


def write_template(path: Path, setting: Setting | None = None) -> None:
    """Write the workbook that an office fills in.

    Parameters
    ----------
    setting
        Area and year, whose streams and districts fill the drop-downs; without it they are free.

    Raises
    ------
    EnvironmentProblem
        If the file can't be written.

    Example
    -------
    >>> write_template(Path("template.xlsx"))  # doctest: +SKIP
    """
    try:
        with xlsxwriter.Workbook(str(path)) as book:
            style = {
                "head": book.add_format(
                    {"bold": True, "text_wrap": True, "bg_color": "#DDEBF7", "border": 1}
                ),
                "needed": book.add_format(
                    {"bold": True, "text_wrap": True, "bg_color": "#FCE4D6", "border": 1}
                ),
                "text": book.add_format({"num_format": "@"}),
                "wrap": book.add_format({"text_wrap": True, "valign": "top"}),
            }
            _dictionary(book.add_worksheet("คำอธิบาย"), style)
            lists = _Lists(book)
            for table in load().tables.values():
                _table(book, table, style, lists, setting)
            lists.page.hide()
    except (OSError, xlsxwriter.exceptions.FileCreateError) as error:
        reason = getattr(error, "strerror", None) or "is it open in another program?"
        raise EnvironmentProblem(f"{path.name} can't be written: {reason}") from None


class _Lists:
    """The hidden sheet from which drop-downs take their values."""

    def __init__(self, book: xlsxwriter.Workbook) -> None:
        self.page = book.add_worksheet("รายการ")
        self._known: dict[tuple[str, ...], str] = {}

    def reference(self, values: tuple[str, ...]) -> str:
        """The cells that hold these values, written once."""
        if values not in self._known:
            column = len(self._known)
            self.page.write_column(0, column, values)
            letter = xlsxwriter.utility.xl_col_to_name(column)
            self._known[values] = f"='รายการ'!${letter}$1:${letter}${len(values)}"
        return self._known[values]


def shown(table: TableSchema) -> tuple[Column, ...]:
    """Columns of a table in the template: tables about a child ask only who it is, not all of the child."""
    if not table.is_personal or table.name == "child":
        hidden = {"full_name"} if table.name == "child" else set()
        return tuple(c for c in table.columns.values() if c.name not in hidden)
    own = [c for c in table.columns.values() if c.name not in _PERSON]
    extra = ("school", "grade") if table.name == "enrolment" else ()
    return tuple(table.columns[name] for name in (*_WHO, *extra)) + tuple(own)


def _table(
    book: xlsxwriter.Workbook,
    table: TableSchema,
    style: dict[str, object],
    lists: _Lists,
    setting: Setting | None,
) -> None:
    page = book.add_worksheet(table.label.th[:31].replace("/", " "))
    page.freeze_panes(1, 0)
    for at, column in enumerate(shown(table)):
        page.write_string(0, at, column.label.th, style["needed" if column.need else "head"])
        page.write_comment(0, at, f"{column.label.en}\n{_KINDS.get(column.kind, ('', 'text'))[1]}")
        # Text keeps an ID's thirteen digits, and a B.E. date as it is typed.
        page.set_column(
            at, at, 18, style["text"] if column.kind in ("id", "phone", "school", "date") else None
        )
        values = _choices(column, setting)
        if values:
            about = {"validate": "list", "source": lists.reference(values), "error_type": "warning"}
            page.data_validation(1, at, PREPARED_ROWS, at, about)


def _choices(column: Column, setting: Setting | None) -> tuple[str, ...]:
    if column.kind == "code":
        return tuple(name.th for name in column.values.values())
    if setting and column.kind == "stream":
        return tuple(stream.name.th for stream in setting.streams.values())
    if setting and column.kind == "district":
        return tuple(place.name_th for place in districts(setting.province))
    return ()


def _dictionary(page: xlsxwriter.worksheet.Worksheet, style: dict[str, object]) -> None:
    """The data dictionary: one line a column, in both languages."""
    head = (
        "ตาราง",
        "คอลัมน์",
        "รูปแบบ",
        "หน่วย",
        "จำเป็น",
        "ความอ่อนไหว",
        "table",
        "column",
        "format",
        "needed",
        "sensitivity",
    )
    page.set_column(0, len(head), 24, style["wrap"])
    for at, text in enumerate(head):
        page.write_string(0, at, text, style["head"])
    lines = ((table, column) for table in load().tables.values() for column in shown(table))
    for line, (table, column) in enumerate(lines, start=1):
        kind, need, see = (
            _KINDS.get(column.kind, ("ข้อความ", "text")),
            _NEED[column.need],
            _SEE[column.sensitivity],
        )
        values = ", ".join(name.th for name in column.values.values())
        thai = (table.label.th, column.label.th, f"{kind[0]} {values}".strip(), column.unit, need[0], see[0])
        english = (table.label.en, column.label.en, kind[1], need[1], see[1])
        for at, text in enumerate((*thai, *english)):
            page.write_string(line, at, text)


def data_md() -> str:
    """DATA.md: every table and column of the schema, for people who read the register in notebooks."""
    return "\n".join(_markdown()) + "\n"


def _markdown() -> Iterator[str]:
    schema = load()
    yield "# Data of a register"
    yield ""
    yield f"Made from `equity_lib/registry/schema.yaml`, version {schema.version}: change that, not this."
    yield ""
    yield "`identifier` columns are kept in the encrypted identity map and never reach notebooks;"
    yield "`child_id` there is a keyed pseudonym. Every stored table also has `program_year`, `source_sheet`"
    yield "and `source_row`."
    for table in schema.tables.values():
        yield ""
        yield f"## {table.name}: {table.label.en} · {table.label.th}"
        yield ""
        if table.key:
            yield f"One row for each {', '.join(table.key)}."
            yield ""
        yield "| column | ไทย | English | kind | unit | allowed | needed | sensitivity |"
        yield "|---|---|---|---|---|---|---|---|"
        for column in shown(table):
            yield f"| {' | '.join(_cells(column))} |"


def _cells(column: Column) -> tuple[str, ...]:
    allowed = ", ".join(f"`{code}` {name.th}" for code, name in column.values.items())
    if not allowed and column.low is not None and column.high is not None:
        allowed = f"{column.low:,g} to {column.high:,g}"
    need = {"": "", "column": "column", "cell": "every row"}[column.need]
    see = "pseudonym" if column.name == CHILD else column.sensitivity
    return (
        f"`{column.name}`",
        column.label.th,
        column.label.en,
        column.kind,
        column.unit,
        allowed,
        need,
        see,
    )


if __name__ == "__main__":
    print(data_md(), end="")
