"""The key is changed: every identity map and every pseudonym is made anew with the next one."""

import secrets
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from equity_lib.errors import EnvironmentProblem
from equity_lib.registry.columns import distinct_texts, text_columns, with_texts
from equity_lib.registry.identity import read_map, rekey, write_map
from equity_lib.registry.keys import Key, key_path, load_key, read_key, waiting_path, write_secret
from equity_lib.registry.rewriting import Rewriting, register_files, register_folder, settle
from equity_lib.registry.sealing import opens
from equity_lib.registry.store import lock, sync_folder, write_table


def rotate_key(root: Path, area: str) -> Key:
    """Replace the key: the identity map is re-keyed and snapshots carry new pseudonyms, so linkage stays.

    The next key waits beside the old one until the register is written with it: whenever this is
    killed, one of the two opens the map and the next call finishes. Older back-ups no longer serve.
    """
    path, folder = key_path(area), register_folder(root, area)
    with lock(folder):
        if waiting_path(path).exists() and _settle_key(folder, path, root):
            return load_key(area, root, folder.parent)
        settle(folder)
        old, new = load_key(area, root, folder.parent), Key(secrets.token_bytes(32))
        maps = {place: read_map(place, old) for place in register_files(folder) if place.suffix == ".map"}
        if not maps:
            raise EnvironmentProblem(f"{folder}: there is no identity map to carry over to another key.")
        _, turned = rekey(
            pd.concat(maps.values()).drop_duplicates(["pseudonym", "id"], ignore_index=True), old, new
        )
        rewriting = Rewriting(folder)
        for place, frame in maps.items():
            write_map(rewriting.aside(place), frame.assign(pseudonym=frame["pseudonym"].map(turned)), new)
        for place in register_files(folder):
            if place.suffix == ".parquet":
                _turn(place, turned, rewriting)
        write_secret(waiting_path(path), [bytes(new)])
        try:
            rewriting.commit()
        finally:
            _settle_key(folder, path, root)
        return load_key(area, root, folder.parent)


def _settle_key(folder: Path, path: Path, root: Path) -> bool:
    """Keep whichever of the two keys opens the identity map; True if it is the next one."""
    settle(folder)
    new = read_key(waiting_path(path), root, folder.parent)
    turned = any(opens(place, new) for place in register_files(folder) if place.suffix == ".map")
    if turned:
        waiting_path(path).replace(path)
    else:
        waiting_path(path).unlink()
    sync_folder(path.parent)
    return turned


def _turn(path: Path, turned: pd.Series, rewriting: Rewriting) -> None:
    """Stage a Parquet file with each old pseudonym, in whatever column, replaced by the new."""
    table = pq.read_table(path)
    old, new = pa.array(turned.index, pa.string()), pa.array(turned, pa.string())
    plain = {name: table[name].cast(pa.string()) for name in text_columns(table)}
    at = {name: pc.index_in(texts, old) for name, texts in plain.items()}
    stale = {name for name in plain if pc.any(pc.is_in(distinct_texts(table[name]), old)).as_py()}
    if stale:
        columns = {name: pc.coalesce(new.take(at[name]), plain[name]) for name in stale}
        write_table(rewriting.aside(path), with_texts(table, columns))
