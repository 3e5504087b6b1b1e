"""The register's tables, declared once in `schema.yaml`: reader, checks, template and DATA.md follow it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from equity_lib.results import Name

Kind = Literal[
    "id", "full_name", "title", "name", "text", "phone", "date", "number", "percent", "integer",
    "year", "code", "stream", "grade", "district", "subdistrict", "school",
]  # fmt: skip
Sensitivity = Literal["identifier", "sensitive", "ordinary"]

#: The pseudonym's column: the only trace of an identifier in what notebooks read.
CHILD = "child_id"


@dataclass(frozen=True)
class Column:
    """One column of a table.

    Parameters
    ----------
    need
        `column`: a file without it is refused; `cell`: a row without it is quarantined too.
    sensitivity
        `identifier` columns never reach the Parquet that notebooks read.
    headings
        Other spellings of the heading, for recognition; both labels count as well.
    values
        Code → its name; `spellings` holds every text that stands for a code.
    """

    name: str
    kind: Kind
    label: Name
    need: Literal["", "column", "cell"] = ""
    sensitivity: Sensitivity = "ordinary"
    unit: str = ""
    low: float | None = None
    high: float | None = None
    headings: tuple[str, ...] = ()
    values: Mapping[str, Name] = field(default_factory=dict)
    spellings: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class TableSchema:
    """A table: its columns in order, and its key.

    A key seen again describes the same thing anew and the later row stands; without a key every row counts.
    """

    name: str
    label: Name
    columns: Mapping[str, Column]
    key: tuple[str, ...] = ()

    @property
    def is_personal(self) -> bool:
        """Whether a row is about one child."""
        return CHILD in self.columns

    @property
    def required(self) -> tuple[str, ...]:
        """Columns a file must have to be read as this table."""
        return tuple(c.name for c in self.columns.values() if c.need)

    @property
    def public(self) -> tuple[str, ...]:
        """Columns that notebooks may read; `child_id` stands for the pseudonym there."""
        return tuple(
            c.name for c in self.columns.values() if c.sensitivity != "identifier" or c.name == CHILD
        )


@dataclass(frozen=True)
class Schema:
    """All tables of one version; `migrations` names the steps that led here, oldest first."""

    version: int
    migrations: tuple[str, ...]
    tables: Mapping[str, TableSchema]


@cache
def load() -> Schema:
    """The schema of this library version.

    Example
    -------
    >>> load().tables["support_payment"].columns["amount"].unit
    'baht'
    """
    from ruamel.yaml import YAML

    raw = YAML(typ="safe", pure=True).load(
        files("equity_lib.registry").joinpath("schema.yaml").read_text("utf-8")
    )
    # Any table about a child may carry a person's columns; only the ID is needed there.
    child = raw["tables"]["child"]["columns"]
    person = {name: {**body, "need": body["need"] if name == CHILD else ""} for name, body in child.items()}
    tables = {}
    for name, body in raw["tables"].items():
        columns = {**person, **body["columns"]} if body.get("person") else body["columns"]
        made = {key: _column(key, value) for key, value in columns.items()}
        tables[name] = TableSchema(name, Name(*body["label"]), made, tuple(body.get("key", ())))
    return Schema(raw["version"], tuple(raw["migrations"]), tables)


def _column(name: str, body: Mapping[str, Any]) -> Column:
    values = {code: Name(texts[0], texts[1]) for code, texts in body.get("values", {}).items()}
    spellings = {
        str(text).casefold(): code for code, texts in body.get("values", {}).items() for text in texts
    }
    return Column(
        name=name,
        kind=body["type"],
        label=Name(*body["label"]),
        need=body.get("need", ""),
        sensitivity=body.get("see", "ordinary"),
        unit=body.get("unit", ""),
        low=body.get("low"),
        high=body.get("high"),
        headings=tuple(body.get("also", ())),
        values=values,
        spellings=spellings | {code: code for code in values},
    )
