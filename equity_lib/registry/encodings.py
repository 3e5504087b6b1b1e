"""Bytes to Thai text: which encoding a file is in, and text that was once read in the wrong one."""

import codecs
import re
from pathlib import Path

import pyarrow as pa

from equity_lib.registry.rules import fault, reject

_BLOCK = 4 << 20
_THAI = re.compile("[\u0e01-\u0e5b]")
#: What UTF-8 Thai looks like after a wrong reading: as Latin-1/CP1252, and as TIS-620.
_SEEN_AS_LATIN = re.compile("à¸|à¹")
_SEEN_AS_TIS = re.compile("(เธ|เน)[^\u0e2d-\u0e4e ]")
#: TIS-620 Thai read as Latin-1: runs of letters from the upper half that make no European word.
_TIS_AS_LATIN = re.compile("[¡-Úß-û]{3,}")


def detect(path: Path, head: bytes) -> str:
    """The encoding of a text file: `utf-8`, `utf-8-sig`, `utf-16` or `cp874`.

    UTF-8 is told from the head only; a reader that meets bytes which are not UTF-8 further on
    asks `settle`.
    """
    if head.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if head[1:200:2].count(0) > len(head[1:200:2]) // 2:
        return "utf-16-le"
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return settle(path)
    return "utf-8"


def settle(path: Path) -> str:
    """The encoding of a file that is not all UTF-8.

    Raises
    ------
    InputRejected
        X01, with the byte offset of the first line in the other encoding.
    """
    offset, first = 0, ""
    with path.open("rb") as stream:
        for line in stream:
            kind = _line_encoding(line)
            if not kind and not line.isascii():
                raise reject(fault("X01", path.name, found=f"bytes of no Thai encoding at byte {offset}"))
            if kind and first and kind != first:
                raise reject(fault("X01", path.name, found=f"{first}, then {kind} from byte {offset}"))
            first = first or kind
            offset += len(line)
    return first or "utf-8"


def _line_encoding(line: bytes) -> str:
    if line.isascii():
        return ""
    for name in ("utf-8", "cp874"):
        try:
            line.decode(name)
        except UnicodeDecodeError:
            continue
        return name
    return ""


def to_utf8(path: Path, encoding: str) -> pa.Buffer:
    """The file's bytes as UTF-8 without byte order mark.

    Raises
    ------
    InputRejected
        X01 if bytes do not belong to the encoding.
    """
    if encoding in ("utf-8", "utf-8-sig"):
        whole = pa.memory_map(str(path)).read_buffer()
        return whole.slice(3) if encoding == "utf-8-sig" else whole
    decoder = codecs.getincrementaldecoder(encoding)()
    made = pa.BufferOutputStream()
    with path.open("rb") as stream:
        while True:
            block = stream.read(_BLOCK)
            try:
                made.write(decoder.decode(block, final=not block).encode("utf-8"))
            except UnicodeError as error:
                at = getattr(error, "start", 0) + stream.tell() - len(block)
                raise reject(fault("X01", path.name, found=f"not {encoding} near byte {at}")) from None
            if not block:
                return made.getvalue()


def broken_as(sample: str) -> str:
    """How the text was misread, told from its headings: `latin`, `tis`, `tis-latin`, or empty."""
    if len(_SEEN_AS_LATIN.findall(sample)) >= 2:
        return "latin"
    if len(_SEEN_AS_TIS.findall(sample)) >= 3:
        return "tis"
    if not _THAI.search(sample) and len(_TIS_AS_LATIN.findall(sample)) >= 2:
        return "tis-latin"
    return ""


def repair(text: str, broken: str) -> str | None:
    """The text as it was meant, or None if it can't be had back without loss."""
    try:
        raw = b"".join(_byte(char, "cp874" if broken == "tis" else "cp1252") for char in text)
        fixed = raw.decode("cp874" if broken == "tis-latin" else "utf-8")
    except UnicodeError:
        return None
    return fixed


def _byte(char: str, encoding: str) -> bytes:
    if ord(char) < 0x80 or (0x80 <= ord(char) < 0xA0):
        return bytes([ord(char)])
    if encoding == "cp1252" and ord(char) < 0x100:
        return bytes([ord(char)])
    return char.encode(encoding)
