"""The text columns of a stored table, taken out and put back without what a dictionary would keep."""

import pyarrow as pa
import pyarrow.compute as pc


def text_columns(table: pa.Table) -> list[str]:
    """Names of the columns that hold text, plain or by dictionary."""
    kinds = {field.name: getattr(field.type, "value_type", field.type) for field in table.schema}
    return [
        name for name, kind in kinds.items() if pa.types.is_string(kind) or pa.types.is_large_string(kind)
    ]


def distinct_texts(column: pa.ChunkedArray) -> pa.Array:
    """What a column holds, also what a dictionary keeps of rows that went long ago."""
    if pa.types.is_dictionary(column.type):
        return pa.concat_arrays(
            [chunk.dictionary.cast(pa.string()) for chunk in column.chunks] or [pa.array([], pa.string())]
        )
    return pc.unique(column.cast(pa.string()))


def with_texts(table: pa.Table, columns: dict[str, pa.ChunkedArray]) -> pa.Table:
    """The table with plain text columns put in, each encoded anew to its type."""
    for name, texts in columns.items():
        place = table.column_names.index(name)
        table = table.set_column(place, table.field(name), texts.cast(table.field(name).type))
    return table
