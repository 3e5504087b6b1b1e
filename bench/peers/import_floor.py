"""The floor of any import: the fastest reader alone, plus pandera's checks of the same columns.

python bench/peers/import_floor.py FILE.csv
"""

import sys

import pandera.pandas as pa
import pyarrow.csv as arrow_csv

SCHEMA = pa.DataFrameSchema(
    {
        "เลขประจำตัวประชาชน": pa.Column(nullable=False, checks=pa.Check.str_length(13, 13)),
        "เพศ": pa.Column(checks=pa.Check.isin(["ชาย", "หญิง"])),
        "อำเภอ": pa.Column(checks=pa.Check.str_length(2, 40)),
        "ชื่อ": pa.Column(checks=pa.Check.str_length(1, 80)),
        "นามสกุล": pa.Column(checks=pa.Check.str_length(1, 80)),
        "วันเกิด": pa.Column(checks=pa.Check.str_length(8, 10)),
        "วันที่จ่าย": pa.Column(checks=pa.Check.str_length(8, 10)),
        "โครงการย่อย": pa.Column(checks=pa.Check.isin(["เด็กปฐมวัย"])),
        "จำนวนเงิน": pa.Column(checks=pa.Check.in_range(0, 1_000_000)),
    }
)


def main(source: str) -> None:
    table = arrow_csv.read_csv(
        source, convert_options=arrow_csv.ConvertOptions(column_types={"เลขประจำตัวประชาชน": "string"})
    )
    print(len(SCHEMA.validate(table.to_pandas(), lazy=True)))


if __name__ == "__main__":
    main(sys.argv[1])
