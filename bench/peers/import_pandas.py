"""How an analyst imports such a file today: pandas, pandera, `apply` of python-stdnum, hmac, pythainlp.

    python bench/peers/import_pandas.py FILE.csv OUT.parquet

Written as users of these libraries write it, column by column. It does less than `equity import`: no
quarantine workbook, no row account, no identity map, no cross-row checks beyond duplicates.
"""

import datetime as dt
import hmac
import os
import sys
import tempfile

os.environ.setdefault("PYTHAINLP_DATA", tempfile.gettempdir())

import pandas as pd
import pandera.pandas as pa
from pythainlp.util import normalize, thai_digit_to_arabic_digit
from stdnum.th import pin

KEY = b"0" * 32
DISTRICTS = {
    "เมืองขอนแก่น": "4001", "บ้านฝาง": "4002", "พระยืน": "4003", "หนองเรือ": "4004", "ชุมแพ": "4005",
    "สีชมพู": "4006", "น้ำพอง": "4007", "อุบลรัตน์": "4008", "กระนวน": "4009", "บ้านไผ่": "4010",
}  # fmt: skip
SCHEMA = pa.DataFrameSchema(
    {
        "child_id": pa.Column(str, pa.Check.str_length(64, 64)),
        "sex": pa.Column(str, pa.Check.isin(["male", "female"])),
        "district": pa.Column(str, pa.Check.isin(list(DISTRICTS.values()))),
        "stream": pa.Column(str, pa.Check.isin(["early_childhood"])),
        "amount": pa.Column(float, pa.Check.eq(800)),
        "birth_date": pa.Column(
            "datetime64[ns]", pa.Check.in_range(pd.Timestamp(1990, 1, 1), pd.Timestamp(2020, 12, 31))
        ),
        "date": pa.Column(
            "datetime64[ns]", pa.Check.in_range(pd.Timestamp(2019, 1, 1), pd.Timestamp(2020, 12, 31))
        ),
    }
)


def thai_date(text: str) -> dt.datetime:
    day, month, year = thai_digit_to_arabic_digit(text).split("/")
    return dt.datetime(int(year) - 543, int(month), int(day))


def pseudonym(text: str) -> str:
    return hmac.new(KEY, text.encode(), "sha256").hexdigest()


def main(source: str, target: str) -> None:
    frame = pd.read_csv(source, dtype=str)
    frame.columns = [
        "id", "title", "given_name", "surname", "birth_date", "sex", "district", "stream", "amount", "date",
    ]  # fmt: skip
    frame = frame.drop_duplicates()
    frame = frame[frame["id"].apply(pin.is_valid)].copy()
    for column in ("given_name", "surname"):
        frame[column] = frame[column].apply(normalize)
    frame["sex"] = frame["sex"].map({"ชาย": "male", "หญิง": "female"})
    frame["district"] = frame["district"].apply(normalize).map(DISTRICTS)
    frame["stream"] = frame["stream"].map({"เด็กปฐมวัย": "early_childhood"})
    frame["amount"] = frame["amount"].apply(
        lambda text: float(thai_digit_to_arabic_digit(text).replace(",", ""))
    )
    for column in ("birth_date", "date"):
        frame[column] = frame[column].apply(thai_date).astype("datetime64[ns]")
    frame["child_id"] = frame["id"].apply(pseudonym)
    clean = SCHEMA.validate(frame.drop(columns=["id", "title", "given_name", "surname"]), lazy=True)
    clean.to_parquet(target)
    print(len(clean))


if __name__ == "__main__":
    main(*sys.argv[1:3])
