"""A scan for canaries in any bytes: as they stand, in other digits, and under the usual encodings."""

import base64
import html
import urllib.parse
from collections.abc import Iterator, Mapping, Sequence

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
