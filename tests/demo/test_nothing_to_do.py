"""A register that stays as it is leaves its runs alone. Oracle: the bytes of all files."""

import hashlib
from pathlib import Path

from tests.pages import equity


def contents(folder: Path) -> dict[str, str]:
    skipped = {"lock", "hashes.json", "log.jsonl"}
    files = [path for path in sorted(folder.rglob("*")) if path.is_file() and path.name not in skipped]
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_second_run_of_an_area_with_a_register_does_nothing(synthetic: Path) -> None:
    before = contents(synthetic / "outputs")
    for path in sorted((synthetic / "data" / "demo").rglob("*.parquet")):
        path.touch()
    done = equity(synthetic, "run", "demo/2563", home=synthetic.parent / "synthetic-home")
    assert (done.returncode, done.stderr) == (0, "")
    assert "Nothing to do" in done.stdout
    assert contents(synthetic / "outputs") == before
    told = equity(synthetic, "status", "demo/2563", home=synthetic.parent / "synthetic-home")
    assert "register" not in told.stdout
