"""A scan for canaries in any bytes: as they stand, in other digits, and under the usual encodings."""

import base64
import html
import io
import urllib.parse
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

_THAI = str.maketrans("0123456789", "๐๑๒๓๔๕๖๗๘๙")
_WIDE = str.maketrans("0123456789", "０１２３４５６７８９")


def disguises(text: str) -> Iterator[tuple[str, bytes]]:
    """Every form in which a text could hide, by its kind."""
    written = {"plain": text, "thai digits": text.translate(_THAI), "wide digits": text.translate(_WIDE)}
    for kind, form in written.items():
        raw = form.encode()
        yield kind, raw
        yield f"{kind}, utf-16", form.encode("utf-16-le")
        yield f"{kind}, percent", urllib.parse.quote(form).encode()
        yield f"{kind}, html", "".join(f"&#{ord(c)};" for c in form).encode()
        yield f"{kind}, hex html", "".join(f"&#x{ord(c):x};" for c in form).encode()
        yield f"{kind}, json", form.encode("unicode_escape")
        for shift in range(3):
            # Base64 of the same text differs by where it starts; the outer signs depend on what is around.
            coded = base64.b64encode(b"\0" * shift + raw).rstrip(b"=")
            yield f"{kind}, base64 at {shift}", coded[(0, 2, 3)[shift] : len(coded) - 1]
    if not text.isascii():
        yield "cp874", text.encode("cp874")
    if text.isdigit() and len(text) == 13:
        yield "dashed", f"{text[0]}-{text[1:5]}-{text[5:10]}-{text[10:12]}-{text[12]}".encode()
    yield "html text", html.escape(text).encode()


def secrets_of(canaries: Sequence[Mapping[str, str]]) -> list[str]:
    """What must not be found: IDs, telephones, surnames (none is a word), and full names."""
    found = []
    for canary in canaries:
        found += [canary["child_id"], canary["phone"], canary["surname"]]
        found += [f"{canary['given_name']} {canary['surname']}", canary["guardian_name"]]
    return found


def leaks(content: bytes, secrets: Sequence[str]) -> list[str]:
    """Kinds of disguise in which any of the secrets stands in the content."""
    return sorted({kind for secret in secrets for kind, form in disguises(secret) if form in content})


def contents(path: Path) -> Iterator[tuple[str, bytes]]:
    """A file as it stands, its name, and every member of a workbook or archive, however deep."""
    yield from _unpacked(str(path), path.read_bytes())
    yield f"name of {path}", str(path).encode()


def _unpacked(name: str, content: bytes) -> Iterator[tuple[str, bytes]]:
    yield name, content
    if not zipfile.is_zipfile(io.BytesIO(content)):
        return
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for member in archive.namelist():
            yield from _unpacked(f"{name}!{member}", archive.read(member))


def leaks_below(folder: Path, secrets: Sequence[str]) -> list[tuple[str, list[str]]]:
    """Name and kinds of disguise of everything below a folder in which a secret stands."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    assert files, f"nothing below {folder.name}"
    found = [(name, leaks(content, secrets)) for path in files for name, content in contents(path)]
    return [(name, kinds) for name, kinds in found if kinds]
