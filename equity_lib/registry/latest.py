"""The latest word: of what several files and revisions say of one thing, what holds."""

from collections.abc import Sequence

import numpy as np
import pandas as pd


def last_word(rows: pd.DataFrame, keys: Sequence[str]) -> pd.DataFrame:
    """One row a key, as the keys first come: in each column the last that isn't blank."""
    which = np.zeros(len(rows), np.int64)
    for key in keys:
        codes, names = pd.factorize(rows[key], use_na_sentinel=False)
        if len(names) > 1:  # one programme year tells no rows apart
            which = pd.factorize(which * len(names) + codes)[0] if which.any() else codes
    count = int(which.max()) + 1 if len(rows) else 0
    if count == len(rows):
        return rows
    made = {}
    for name in rows.columns:
        told = np.flatnonzero(rows[name].notna().to_numpy())
        last = np.full(count, -1)
        last[which[told]] = told  # of several rows the last one stays
        made[name] = rows[name].array.take(last, allow_fill=True)
    return pd.DataFrame(made)
