"""What a file really is, by its first bytes: formats read, and what is refused unopened."""

import re
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from equity_lib.errors import EnvironmentProblem, Fault
from equity_lib.registry.rules import fault, reject

Format = Literal["delimited", "workbook", "parquet", "stata", "spss"]

FORMATS: dict[str, Format] = {
    ".csv": "delimited",
    ".tsv": "delimited",
    ".txt": "delimited",
    ".xlsx": "workbook",
    ".xlsm": "workbook",
    ".xls": "workbook",
    ".ods": "workbook",
    ".parquet": "parquet",
    ".dta": "stata",
    ".sav": "spss",
}
#: A zip that unpacks to more than this, or a part that shrinks better than this, is a bomb.
MAX_UNPACKED = 4 << 30
MAX_RATIO = 250
MAX_PARTS = 5_000
_SMALL_PART = 1 << 20

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED_NAME = "EncryptedPackage".encode("utf-16-le")
_MARKUP = re.compile(rb"^\s*(<!doctype|<html|<table|<head|<meta|<body)", re.IGNORECASE)
_ENTITIES = re.compile(rb"<!(DOCTYPE|ENTITY)", re.IGNORECASE)


def expand(paths: Sequence[Path]) -> list[Path]:
    """The files to read: folders are walked in name order, office lock files left out.

    Raises
    ------
    InputRejected
        If a path does not exist, or a folder holds nothing that can be read.
    """
    found, faults = [], []
    for path in paths:
        if path.is_dir():
            inside = sorted(p for p in path.rglob("*") if p.is_file() and _is_input(p))
            found += inside
            faults += [] if inside else [fault("X08", str(path), found="no file of a known format")]
        elif path.is_file():
            found.append(path)
        else:
            faults.append(fault("X08", str(path), found="no such file"))
    if faults:
        raise reject(faults)
    return list(dict.fromkeys(found))


def _is_input(path: Path) -> bool:
    return path.suffix.lower() in FORMATS and not path.name.startswith(("~$", "."))


def identify(path: Path) -> Format:
    """The format of a file, if its content is what its name says.

    Raises
    ------
    InputRejected
        X02 encrypted, X03 other content than the name says, X08 empty, X10 damaged or a bomb.
    """
    name, suffix = path.name, path.suffix.lower()
    if suffix not in FORMATS:
        allowed = ", ".join(FORMATS)
        raise reject(fault("X03", name, found=f"unknown ending '{suffix}'", allowed=allowed))
    with path.open("rb") as stream:
        head = stream.read(4096)
    if not head.strip(b"\0 \r\n\t\xef\xbb\xbf"):
        raise reject(fault("X08", name))
    wrong = _mismatch(path, suffix, head)
    if wrong:
        raise reject(wrong)
    if head[:4] == b"PK\x03\x04":
        _check_zip(path)
    return FORMATS[suffix]


def _mismatch(path: Path, suffix: str, head: bytes) -> Fault | None:
    name = path.name
    if head.startswith(_OLE):
        if _ENCRYPTED_NAME in path.read_bytes():
            return fault("X02", name)
        return None if suffix == ".xls" else fault("X03", name, found="an old .xls workbook")
    if _MARKUP.match(head.removeprefix(b"\xef\xbb\xbf")):
        return fault("X03", name, found="a web page (HTML)")
    zipped = head[:4] == b"PK\x03\x04"
    expected = {".xlsx": zipped, ".xlsm": zipped, ".ods": zipped, ".parquet": head[:4] == b"PAR1"}
    if suffix == ".parquet" and head[:4] == b"PARE":
        return fault("X02", name)
    if suffix == ".xls" or not expected.get(suffix, not zipped):
        return fault("X03", name, found="a zip archive" if zipped else "other content")
    return None


def _check_zip(path: Path) -> None:
    """Refuse encrypted, damaged or exploding archives before anything is unpacked."""
    name = path.name
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
            if any(part.flag_bits & 1 for part in parts):
                raise reject(fault("X02", name))
            if len(parts) > MAX_PARTS or sum(p.file_size for p in parts) > MAX_UNPACKED:
                raise reject(fault("X10", name, found="it unpacks to too much"))
            for part in parts:
                if part.file_size > _SMALL_PART and part.file_size > MAX_RATIO * max(part.compress_size, 1):
                    raise reject(fault("X10", name, found="a part is squeezed beyond reason"))
                _check_markup(archive, part, name)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, OSError, EOFError, ValueError) as error:
        raise reject(fault("X10", name, found=f"unreadable archive, {type(error).__name__}")) from None


def _check_markup(archive: zipfile.ZipFile, part: zipfile.ZipInfo, name: str) -> None:
    if not part.filename.endswith((".xml", ".rels")):
        return
    with archive.open(part) as stream:
        head = stream.read(8192)
    if _ENTITIES.search(head):
        raise reject(fault("X10", name, found="XML with its own entities"))
    if part.filename == "META-INF/manifest.xml" and b"encryption-data" in head:
        raise reject(fault("X02", name))


def missing_extra(path: Path) -> EnvironmentProblem:
    """The error of a format that needs the extra `formats`."""
    return EnvironmentProblem(
        f"{path.name}: reading {path.suffix} needs the extra `formats`; "
        "install it with `pip install 'equity_lib[formats]'`, or save the file as .xlsx or .csv."
    )
