"""Gini's index of the EU-SILC data of R's `laeken`, beside the values that laeken gives.

    python bench/eusilc.py [r-cran-laeken_*.deb]

Needs Debian's package r-cran-laeken (without a path, `apt-get download` fetches it to a temporary folder)
and `dpkg-deb`; R isn't needed. laeken: gini("eqIncome", weights = "rb050", data = eusilc) = 26.48962, and
26.28532 without weights. Alfons and Templ (2013), Journal of Statistical Software 54 (15).
"""

import gzip
import lzma
import struct
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from equity_lib.indicators.inequality import gini

VALUES = {"rb050": 26.48962, "": 26.28532}
#: Types of R's serialisation: symbols, character strings, pairlists, integers and factors, reals, lists.
SYMBOL, TEXT, PAIRS, WHOLE, REAL, LISTS = 1, 9, (2, 6), (10, 13), 14, (16, 19)
REFERENCE, NOTHING = 255, (241, 242, 250, 251, 253, 254)


class RData:
    """Objects of an .RData file in XDR format, as far as a data frame of numbers and factors needs it."""

    def __init__(self, packed: bytes) -> None:
        unpack = gzip.decompress if packed[:2] == b"\x1f\x8b" else lzma.decompress
        self.data = unpack(packed)
        self.at = self.data.index(b"X\n") + 2 + 12  # three versions follow
        self.symbols: list[str] = []

    def whole(self) -> int:
        self.at += 4
        return int(struct.unpack_from(">i", self.data, self.at - 4)[0])

    def numbers(self, kind: str, size: int) -> list[Any]:
        count = self.whole()
        self.at += count * size
        return list(struct.unpack_from(f">{count}{kind}", self.data, self.at - count * size))

    def item(self) -> Any:
        """The next object: a value, or for one with attributes the value and a dictionary of them."""
        flags = self.whole()
        kind = flags & 255
        if kind == REFERENCE:
            return self.symbols[(flags >> 8 or self.whole()) - 1]
        if kind in NOTHING:
            return None
        if kind == SYMBOL:
            self.symbols.append(self.item())
            return self.symbols[-1]
        if kind == TEXT:
            count = max(self.whole(), 0)
            self.at += count
            return self.data[self.at - count : self.at].decode()
        if kind in PAIRS:
            tag = self.item() if flags & 0x400 else None
            return [(tag, self.item()), *(self.item() or [])]
        if kind in WHOLE:
            value = self.numbers("i", 4)
        elif kind == REAL:
            value = self.numbers("d", 8)
        elif kind in LISTS:
            value = [self.item() for _ in range(self.whole())]
        else:
            raise ValueError(f"found an R object of type {kind}; allowed: those of a data frame")
        return (value, dict(self.item())) if flags & 0x200 else value


def columns(package: Path) -> dict[str, Any]:
    """Columns of laeken's `eusilc`, by name."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["dpkg-deb", "-x", package, folder], check=True)
        packed = next(Path(folder).rglob("eusilc.RData")).read_bytes()
    ((_, (found, told)),) = RData(packed).item()
    return dict(zip(told["names"], found, strict=True))


def main() -> int:
    """Print both values beside laeken's; 1 if they differ in a digit that laeken prints."""
    with tempfile.TemporaryDirectory() as folder:
        if len(sys.argv) == 1:
            subprocess.run(["apt-get", "download", "r-cran-laeken"], cwd=folder, check=True)
        package = Path(sys.argv[1]) if len(sys.argv) > 1 else next(Path(folder).glob("*.deb"))
        found = columns(package)
    failed = False
    for weights, expected in VALUES.items():
        value = 100 * gini(found["eqIncome"], found[weights] if weights else None).index
        failed |= round(value, 5) != expected
        print(f"Gini, weights {weights or 'none':<6} {value:.5f}   laeken {expected}")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
