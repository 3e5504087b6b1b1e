"""`params/<area>/mapping.yaml`: an office's headings, codes, units and calendars, told to the schema."""

import hashlib
from collections.abc import Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from equity_lib.errors import Fault, WrongParameters
from equity_lib.programme.reading import Document, read_yaml
from equity_lib.registry.headings import plain, recognise
from equity_lib.registry.layout import find_header
from equity_lib.registry.reading import read
from equity_lib.registry.schema import load


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _column(value: Any) -> Any:
    return {"from": value} if isinstance(value, str | list) else value


class ColumnMap(_Part):
    """Where a column comes from and how its values are said there.

    Parameters
    ----------
    from_
        Heading, or several of which the first present is taken (versions of one form).
    values
        Text in the file → code or text of the schema.
    scale
        What a number is multiplied by to be in the schema's unit.
    era, order
        Calendar of the years, and order of day, month and year, where the column can't prove them.
    merged
        Whether cells are merged over several rows, so that blanks repeat the cell above.
    """

    from_: Annotated[list[str], BeforeValidator(_listed), Field(alias="from", min_length=1)]
    values: dict[str, str | int] = Field(default_factory=dict)
    scale: float = 1.0
    era: Literal["auto", "be", "ce"] = "auto"
    order: Literal["auto", "dmy", "mdy", "ymd"] = "auto"
    merged: bool = False


Columns = dict[str, Annotated[ColumnMap, BeforeValidator(_column)]]


class Join(_Part):
    """Columns brought from another sheet of the same file, by a heading both have."""

    sheet: str
    on: str
    columns: dict[str, str]


class Unpivot(_Part):
    """One group of columns that becomes rows of its own, with what its rows have in common."""

    constants: dict[str, str | int]
    columns: Columns


class TableMap(_Part):
    """How a sheet becomes rows of one table."""

    columns: Columns = Field(default_factory=dict)
    constants: dict[str, str | int] = Field(default_factory=dict)
    sheet_is: str = ""
    unpivot: list[Unpivot] = Field(default_factory=list)


class Source(_Part):
    """What one kind of file holds; the first source whose patterns fit a sheet is used."""

    files: str = "*"
    sheets: str = "*"
    ids: Literal["thai", "any"] = "thai"
    places: Literal["thai", "any"] = "thai"
    null_words: list[str] = Field(default_factory=list)
    joins: list[Join] = Field(default_factory=list)
    tables: dict[str, TableMap]


class AreaMapping(_Part):
    """All sources of an area. `ids: any` and `places: any` switch the Thai rules off for other countries."""

    schema_version: Literal[1] = 1
    sources: list[Source] = Field(default_factory=list)

    @property
    def digest(self) -> str:
        """SHA-256 of what the mapping says, however it is written."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()

    def source(self, file: str, sheet: str) -> Source | None:
        """The first source that fits a sheet, or None: then headings are recognised."""
        fits = (s for s in self.sources if fnmatchcase(file, s.files) and fnmatchcase(sheet or "*", s.sheets))
        return next(fits, None)


def load_mapping(root: Path, area: str) -> AreaMapping:
    """The mapping of an area; an empty one if the area keeps none.

    Raises
    ------
    WrongParameters
        With every fault: line, key, what was found, what is allowed.
    """
    name = f"params/{area}/mapping.yaml"
    if not (root / name).is_file():
        return AreaMapping()
    document = read_yaml(root / name, name)
    faults = list(document.faults)
    try:
        mapping = AreaMapping.model_validate(document.data)
    except ValidationError as error:
        faults += [_fault(document, p["loc"], p["msg"]) for p in error.errors(include_url=False)]
        raise WrongParameters(f"{name} can't be used.", faults) from None
    faults += _unknown(document, mapping)
    if faults:
        raise WrongParameters(f"{name} can't be used.", faults)
    return mapping


def _fault(document: Document, loc: tuple[str | int, ...], message: str) -> Fault:
    return Fault(document.name, document.line(loc), ".".join(map(str, loc)), "something else", message)


def _unknown(document: Document, mapping: AreaMapping) -> list[Fault]:
    """Tables and columns that the schema does not have."""
    faults = []
    tables = load().tables
    for i, source in enumerate(mapping.sources):
        for name, table in source.tables.items():
            key = ("sources", i, "tables", name)
            if name not in tables:
                allowed = ", ".join(tables)
                faults.append(
                    Fault(document.name, document.line(key), ".".join(map(str, key)), name, allowed)
                )
                continue
            named = {*table.columns, *table.constants, *([table.sheet_is] if table.sheet_is else [])}
            named |= {c for group in table.unpivot for c in (*group.constants, *group.columns)}
            for column in sorted(named - set(tables[name].columns)):
                at = (*key, "constants" if column in table.constants else "columns", column)
                allowed = ", ".join(tables[name].columns)
                faults.append(
                    Fault(document.name, document.line(at), ".".join(map(str, at)), column, allowed)
                )
    return faults


def position(headings: list[str], wanted: list[str]) -> int | None:
    """Where the first of the wanted headings stands, exact text before reduced text."""
    reduced = [plain(h) for h in headings]
    for text in wanted:
        if text in headings:
            return headings.index(text)
        if plain(text) in reduced and plain(text):
            return reduced.index(plain(text))
    return None


def suggest(path: Path) -> str:
    """A first mapping for a file, as YAML, from the headings that are recognised.

    Headings nobody knows are listed in comments, for a person to place; nothing of the rows is shown.
    """
    lines = [
        "# A first mapping, made from headings: correct it, then save it as params/<area>/mapping.yaml.",
        "schema_version: 1",
        "sources:",
    ]
    for grid in read(path):
        header = find_header(grid.head(40))
        if header is None:
            lines.append(f"  # sheet {_quoted(grid.sheet)}: no heading recognised")
            continue
        headings = header.headings
        lines += [
            f"  - files: {_quoted('*' + path.suffix)}",
            f"    sheets: {_quoted(grid.sheet or '*')}",
            "    tables:",
        ]
        used: set[int] = set()
        tables = {name: recognise(headings, t) for name, t in load().tables.items()}
        best = max(len(found) for found in tables.values())
        for name, found in tables.items():
            whole = set(load().tables[name].required) <= set(found)
            if not whole and len(found) < best:
                continue
            used |= set(found.values())
            lines += [f"      {name}:", "        columns:", *_columns(headings, found)]
            missing = sorted(set(load().tables[name].required) - set(found))
            lines += [f"          # {column}: which heading?  (required)" for column in missing]
        unknown = [h for i, h in enumerate(headings) if i not in used and h]
        lines += [f"    # not recognised: {_quoted(heading)}" for heading in unknown]
    return "\n".join(lines) + "\n"


def _columns(headings: list[str], found: Mapping[str, int]) -> list[str]:
    return [f"          {column}: {_quoted(headings[at])}" for column, at in found.items()]


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ") + '"'
